"""How a report becomes a PDF, an XLSX and an ODS file."""

from steps_analysis.reporting.writers.formats import (
    FORMATS,
    available_formats,
    check_formats,
)
from steps_analysis.reporting.writers.ods import ods_workbook
from steps_analysis.reporting.writers.pdf import pdf_report
from steps_analysis.reporting.writers.xlsx import xlsx_workbook

__all__ = [
    "FORMATS",
    "available_formats",
    "check_formats",
    "ods_workbook",
    "pdf_report",
    "xlsx_workbook",
]
