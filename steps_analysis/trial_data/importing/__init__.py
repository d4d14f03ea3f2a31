"""
Bring one's own data: read what trials have, and write what the contract asks for.

Excel workbooks, a REDCap export, the returns on children looked after (SSDA903) and
children in need. Everything passes the checks of a data folder before anything is
written, and what is wrong is told where its owner finds it.
"""

from steps_analysis.trial_data.importing.added_events import add_events
from steps_analysis.trial_data.importing.assemble import import_tables
from steps_analysis.trial_data.importing.census import (
    Referral,
    census_events,
    census_referrals,
)
from steps_analysis.trial_data.importing.key_file import read_key
from steps_analysis.trial_data.importing.redcap import read_redcap
from steps_analysis.trial_data.importing.redcap_example import write_redcap
from steps_analysis.trial_data.importing.return_examples import write_returns
from steps_analysis.trial_data.importing.source import Source
from steps_analysis.trial_data.importing.ssda903 import placement_spells
from steps_analysis.trial_data.importing.workbook import read_workbook
from steps_analysis.trial_data.importing.workbook_writing import write_workbook

__all__ = [
    "Referral",
    "Source",
    "add_events",
    "census_events",
    "census_referrals",
    "import_tables",
    "placement_spells",
    "read_key",
    "read_redcap",
    "read_workbook",
    "write_redcap",
    "write_returns",
    "write_workbook",
]
