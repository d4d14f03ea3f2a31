"""
Colours, line styles, marks and hatches, always used together.

The colours are the categorical palette of the Government Analysis Function, in its
order; no meaning is carried by colour alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

INK = "#1A1F26"
QUIET = "#505A66"
GRID = "#DDE1E6"
NEUTRAL = "#12436D"


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """
    How one series is told from another.

    Attributes
    ----------
    colour
        Its colour.
    ink
        A darker shade of it, for letters on white.
    dash
        Its line style, as matplotlib takes it.
    mark
        Its marker.
    hatch
        Its hatching, where it is an area.
    """

    colour: str
    ink: str
    dash: Any
    mark: str
    hatch: str


LOOKS = (
    Look(colour="#12436D", ink="#12436D", dash="solid", mark="o", hatch=""),
    Look(colour="#28A197", ink="#17706A", dash=(0, (5, 2)), mark="s", hatch="////"),
    Look(colour="#801650", ink="#801650", dash=(0, (1, 1.4)), mark="^", hatch="...."),
    Look(
        colour="#F46A25", ink="#A8430F", dash=(0, (6, 2, 1, 2)), mark="D", hatch="xxxx"
    ),
    Look(colour="#3D3D3D", ink="#3D3D3D", dash=(0, (9, 3)), mark="v", hatch="----"),
    Look(
        colour="#A285D1",
        ink="#6A4AA5",
        dash=(0, (3, 1, 1, 1, 1, 1)),
        mark="P",
        hatch="++++",
    ),
)

STYLE: dict[str, Any] = {
    "font.family": ["DejaVu Sans"],
    "font.size": 9.0,
    "axes.labelsize": 9.0,
    "axes.edgecolor": QUIET,
    "axes.labelcolor": INK,
    "axes.linewidth": 0.8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "axes.unicode_minus": True,
    "grid.color": GRID,
    "grid.linewidth": 0.8,
    "hatch.linewidth": 0.8,
    "lines.linewidth": 2.0,
    "text.color": INK,
    "xtick.color": QUIET,
    "ytick.color": QUIET,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "figure.facecolor": "white",
    "savefig.facecolor": "white",
    "svg.fonttype": "none",
    "svg.hashsalt": "steps_analysis",
    "path.simplify": False,
}
"""Settings of every figure, on top of matplotlib's own defaults."""
