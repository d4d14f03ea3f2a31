"""
Read and check a trial's data folder, one role at a time, and write one.

A folder of CSV files with a ``datapackage.json``; the contract they keep is data
(`contract`), a breach is reported with file, line, rule and hint.
"""

from steps_analysis.trial_data.contract import CONTRACT, NEEDED_TABLES, ROLE_TABLES
from steps_analysis.trial_data.dictionary import data_dictionary
from steps_analysis.trial_data.extended import contract_for
from steps_analysis.trial_data.families import index_child_of, index_children
from steps_analysis.trial_data.fields import Field, TableRule
from steps_analysis.trial_data.problems import ContractError, Problem
from steps_analysis.trial_data.reader import check_trial, read_trial
from steps_analysis.trial_data.replace import replaced_folder
from steps_analysis.trial_data.template_folder import new_trial
from steps_analysis.trial_data.trial import (
    STAMP,
    TABLE_NAMES,
    Provenance,
    Role,
    TrialData,
)
from steps_analysis.trial_data.writer import write_trial

__all__ = [
    "CONTRACT",
    "NEEDED_TABLES",
    "ROLE_TABLES",
    "STAMP",
    "TABLE_NAMES",
    "ContractError",
    "Field",
    "Problem",
    "Provenance",
    "Role",
    "TableRule",
    "TrialData",
    "check_trial",
    "contract_for",
    "data_dictionary",
    "index_child_of",
    "index_children",
    "new_trial",
    "read_trial",
    "replaced_folder",
    "write_trial",
]
