"""
Read and check a trial's data folder, one role at a time.

A folder of CSV files with a ``datapackage.json``; the contract they keep is data
(`contract`), a breach is reported with file, line, rule and hint.
"""

from steps_analysis.trial_data.contract import (
    CONTRACT,
    ROLE_TABLES,
    Field,
    TableRule,
    contract_for,
)
from steps_analysis.trial_data.trial import STAMP, TABLE_NAMES, TrialData

__all__ = [
    "CONTRACT",
    "ROLE_TABLES",
    "STAMP",
    "TABLE_NAMES",
    "Field",
    "TableRule",
    "TrialData",
    "contract_for",
]
