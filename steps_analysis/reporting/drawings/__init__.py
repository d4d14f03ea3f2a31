"""What a figure shows, as data: the drawing, and the table of numbers behind it."""

from steps_analysis.reporting.drawings.bars import Bars, BarSeries
from steps_analysis.reporting.drawings.control import ControlChart, control_drawing
from steps_analysis.reporting.drawings.curves import Curves, StepCurve
from steps_analysis.reporting.drawings.dots import Dot, DotPlot
from steps_analysis.reporting.drawings.flow import FlowArm, FlowDiagram, Tally
from steps_analysis.reporting.drawings.funnel import (
    FunnelLimits,
    FunnelPlot,
    FunnelPoint,
)
from steps_analysis.reporting.drawings.intervals import Interval, Intervals
from steps_analysis.reporting.drawings.lines import Lines, LineSeries
from steps_analysis.reporting.drawings.points import NamedPoint, PointPlot
from steps_analysis.reporting.drawings.tiles import Tile, TileMap

Drawing = (
    Bars
    | ControlChart
    | Curves
    | DotPlot
    | FlowDiagram
    | FunnelPlot
    | Intervals
    | Lines
    | PointPlot
    | TileMap
)
"""Any drawing; each has ``.data()``, the table behind the figure."""

__all__ = [
    "BarSeries",
    "Bars",
    "ControlChart",
    "Curves",
    "Dot",
    "DotPlot",
    "Drawing",
    "FlowArm",
    "FlowDiagram",
    "FunnelLimits",
    "FunnelPlot",
    "FunnelPoint",
    "Interval",
    "Intervals",
    "LineSeries",
    "Lines",
    "NamedPoint",
    "PointPlot",
    "StepCurve",
    "Tally",
    "Tile",
    "TileMap",
    "control_drawing",
]
