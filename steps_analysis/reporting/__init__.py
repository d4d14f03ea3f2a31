"""
How a report is composed, put into words, drawn and written.

A report is one frozen `Document`; the HTML page, the CSV files, the figures, the PDF,
XLSX and ODS files and the manifest are made from it alone, so that a number cannot
differ between them.
"""

from steps_analysis.reporting.blocks import (
    Callout,
    Column,
    Figure,
    Items,
    Paragraph,
    Subheading,
    Table,
)
from steps_analysis.reporting.cells import Share, Spread
from steps_analysis.reporting.document import (
    Document,
    Section,
    check_release,
)
from steps_analysis.reporting.drawings import (
    Bars,
    BarSeries,
    ControlChart,
    Curves,
    Dot,
    DotPlot,
    FlowArm,
    FlowDiagram,
    FunnelLimits,
    FunnelPlot,
    FunnelPoint,
    Interval,
    Intervals,
    Lines,
    LineSeries,
    NamedPoint,
    PointPlot,
    StepCurve,
    Tally,
    Tile,
    TileMap,
    control_drawing,
)
from steps_analysis.reporting.figures import build, render
from steps_analysis.reporting.markers import Marker
from steps_analysis.reporting.notebook_display import excerpt, show, show_plot
from steps_analysis.reporting.numerals import (
    count,
    count_of,
    level,
    limits,
    number,
    p_value,
    percent,
)
from steps_analysis.reporting.page import html_page
from steps_analysis.reporting.tables import data_csv, table_csv
from steps_analysis.reporting.words import (
    listed,
    not_estimable,
    p_phrase,
    phrase,
    quantity,
)
from steps_analysis.reporting.write import report_files, write_report, write_reports
from steps_analysis.reporting.writers import (
    FORMATS,
    available_formats,
    ods_workbook,
    pdf_report,
    xlsx_workbook,
)

__all__ = [
    "FORMATS",
    "BarSeries",
    "Bars",
    "Callout",
    "Column",
    "ControlChart",
    "Curves",
    "Document",
    "Dot",
    "DotPlot",
    "Figure",
    "FlowArm",
    "FlowDiagram",
    "FunnelLimits",
    "FunnelPlot",
    "FunnelPoint",
    "Interval",
    "Intervals",
    "Items",
    "LineSeries",
    "Lines",
    "Marker",
    "NamedPoint",
    "Paragraph",
    "PointPlot",
    "Section",
    "Share",
    "Spread",
    "StepCurve",
    "Subheading",
    "Table",
    "Tally",
    "Tile",
    "TileMap",
    "available_formats",
    "build",
    "check_release",
    "control_drawing",
    "count",
    "count_of",
    "data_csv",
    "excerpt",
    "html_page",
    "level",
    "limits",
    "listed",
    "not_estimable",
    "number",
    "ods_workbook",
    "p_phrase",
    "p_value",
    "pdf_report",
    "percent",
    "phrase",
    "quantity",
    "render",
    "report_files",
    "show",
    "show_plot",
    "table_csv",
    "write_report",
    "write_reports",
    "xlsx_workbook",
]
