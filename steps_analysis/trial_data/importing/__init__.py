"""
Bring one's own data: read what trials have, and write what the contract asks for.

Excel workbooks, a REDCap export, the returns on children looked after (SSDA903) and
children in need. Everything passes the checks of a data folder before anything is
written, and what is wrong is told where its owner finds it.
"""

from steps_analysis.trial_data.importing.assemble import import_tables
from steps_analysis.trial_data.importing.source import Source
from steps_analysis.trial_data.importing.workbook import read_workbook
from steps_analysis.trial_data.importing.workbook_writing import write_workbook

__all__ = [
    "Source",
    "import_tables",
    "read_workbook",
    "write_workbook",
]
