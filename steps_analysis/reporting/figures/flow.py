"""Draw the flow of families as boxes on a fixed grid: one column per arm."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from steps_analysis.reporting.drawings.flow import (
    DASH,
    STAGES,
    FlowArm,
    FlowDiagram,
    Line,
    at_randomisation,
    before_randomisation,
    tallied,
)
from steps_analysis.reporting.figures.palette import INK, NEUTRAL, QUIET
from steps_analysis.reporting.figures.sheet import WIDTH, blank, text_width, wrapped
from steps_analysis.reporting.markers import Marker
from steps_analysis.reporting.numerals import count

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_SIZE = 8.0
_LEAD = 0.165
_PAD = 0.1
_GAP = 0.32
_LEFT = 0.34
_RIGHT = 0.02


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """
    A box with its text, not yet placed.

    Attributes
    ----------
    heading
        The first lines, in bold; empty for none.
    lines
        The lines below it.
    width
        Width in inches.
    """

    heading: tuple[str, ...]
    lines: tuple[str, ...]
    width: float

    @property
    def height(self) -> float:
        """Height in inches."""
        return _LEAD * (len(self.lines) + len(self.heading)) + 2 * _PAD - 0.02


def draw_flow(drawing: FlowDiagram) -> Figure:
    """
    Draw the flow diagram.

    Parameters
    ----------
    drawing
        The numbers in the boxes.

    Returns
    -------
    matplotlib.figure.Figure
        The figure, measured in inches from its lower left corner.
    """
    arms = drawing.arms
    gap = 0.2 if len(arms) < 4 else 0.12
    width = (WIDTH - _LEFT - _RIGHT - gap * (len(arms) - 1)) / len(arms)
    stages = _stages(drawing, width)
    upper = _upper(drawing)
    side = _excluded(drawing)
    tall = [_tallest(stage, boxes) for stage, boxes in stages]
    last = _tallest("Enrolment", upper) if len(upper) == 1 else upper[-1].height
    height = 0.15 + sum(tall) + _GAP * len(tall) + last + 0.1
    if len(upper) > 1:
        height += upper[0].height + _GAP + (side.height + 0.12 if side else 0)
    figure = blank(height)
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set_xlim(0, WIDTH)
    axes.set_ylim(0, height)
    axes.set_axis_off()
    top = _draw_enrolment(axes, upper, side, height - 0.1, last)
    centres = [
        _LEFT + width / 2 + (width + gap) * column for column in range(len(arms))
    ]
    _draw_arms(axes, stages, tall, centres, top)
    return figure


def _tallest(stage: str, boxes: list[Box]) -> float:
    """Choose the height of a row: its tallest box, or the name of its stage."""
    named = text_width(stage, _SIZE, "bold") + 0.16
    return max(named, *(box.height for box in boxes))


def _stages(drawing: FlowDiagram, width: float) -> list[tuple[str, list[Box]]]:
    """Make the rows of boxes below randomisation, leaving out an empty row."""
    rows = []
    for stage, lines_of in STAGES:
        lines = [lines_of(arm) for arm in drawing.arms]
        if any(lines):
            boxes = [
                _box(_heading(stage, arm, drawing), said_, width)
                for arm, said_ in zip(drawing.arms, lines, strict=True)
            ]
            rows.append((stage, boxes))
    return rows


def _heading(stage: str, arm: FlowArm, drawing: FlowDiagram) -> str:
    """Choose the first line of an arm's box."""
    if stage == "Allocation":
        return arm.name
    return f"For {drawing.outcome}" if stage == "Analysis" else ""


def _box(heading: str, lines: Sequence[Line], width: float) -> Box:
    """Fill a box, breaking lines that are too long."""
    room = width - 2 * _PAD
    broken: list[str] = []
    for words, n in lines:
        text = f"{words[0].upper()}{words[1:]} (n = {_written(n)})"
        reason = words.startswith(DASH)
        first, *rest = wrapped(text, room - (0.12 if reason else 0.0), _SIZE)
        indent = "\u2003" if reason else ""
        broken += [indent + first, *(indent + "\u2002" + line for line in rest)]
    return Box(
        heading=tuple(wrapped(heading, room * 0.92, _SIZE)),
        lines=tuple(broken) or ("No numbers",),
        width=width,
    )


def _written(n: int | Marker) -> str:
    """Write the number in a box."""
    return str(n) if isinstance(n, Marker) else count(n)


def _upper(drawing: FlowDiagram) -> list[Box]:
    """Make the boxes above the arms."""
    boxes = []
    before = before_randomisation(drawing)
    if before:
        boxes.append(_counting(drawing.unit, before))
    boxes.append(_counting(drawing.unit, at_randomisation(drawing)))
    return boxes


def _counting(unit: str, lines: list[Line]) -> Box:
    """Make a box whose first line says what is counted."""
    (first, n), *others = lines
    return _box("", [(f"{unit} {first}", n), *others], 2.7)


def _excluded(drawing: FlowDiagram) -> Box | None:
    """Make the box at the side, for those not randomised."""
    if drawing.assessed is None or drawing.excluded is None:
        return None
    return _box("", tallied("not randomised", drawing.excluded), 2.75)


def _draw_enrolment(
    axes: Axes, upper: list[Box], side: Box | None, top: float, last: float
) -> float:
    """Draw the boxes above the arms; return where the last one ends."""
    start, centre = top, _LEFT + (WIDTH - _LEFT - _RIGHT) / 2
    if len(upper) > 1:
        bottom = _draw_box(axes, upper[0], centre, top, upper[0].height)
        room = _GAP + (side.height + 0.12 if side else 0)
        top = bottom - room
        _arrow(axes, (centre, bottom), (centre, top))
        if side is not None:
            middle = bottom - room / 2 + 0.04
            right = WIDTH - _RIGHT - side.width / 2
            _draw_box(axes, side, right, middle + side.height / 2, side.height)
            _arrow(axes, (centre, middle), (right - side.width / 2, middle))
    bottom = _draw_box(axes, upper[-1], centre, top, last, last - upper[-1].height)
    _name_stage(axes, "Enrolment", start, bottom)
    return bottom


def _draw_arms(
    axes: Axes,
    stages: list[tuple[str, list[Box]]],
    tall: list[float],
    centres: list[float],
    top: float,
) -> None:
    """Draw the columns of the arms below the branching line."""
    trunk = _LEFT + (WIDTH - _LEFT - _RIGHT) / 2
    fork = top - _GAP / 2
    axes.plot((trunk, trunk), (top, fork), color=QUIET, linewidth=1)
    axes.plot((centres[0], centres[-1]), (fork, fork), color=QUIET, linewidth=1)
    ends = [fork] * len(centres)
    top -= _GAP
    for (stage, boxes), height in zip(stages, tall, strict=True):
        spare = height - max(box.height for box in boxes)
        for column, (box, centre) in enumerate(zip(boxes, centres, strict=True)):
            _arrow(axes, (centre, ends[column]), (centre, top))
            ends[column] = _draw_box(axes, box, centre, top, height, spare)
        _name_stage(axes, stage, top, top - height)
        top -= height + _GAP


def _draw_box(
    axes: Axes, box: Box, centre: float, top: float, height: float, spare: float = 0.0
) -> float:
    """Draw a box and its text, half the spare room above it; return where it ends."""
    from matplotlib.patches import Rectangle

    left = centre - box.width / 2
    corner = (left, top - height)
    axes.add_patch(
        Rectangle(corner, box.width, height, fc="white", ec=QUIET, lw=1, zorder=2)
    )
    level = top - _PAD - _LEAD / 2 - spare / 2
    for rank, text in enumerate((*box.heading, *box.lines)):
        bold = rank < len(box.heading)
        axes.text(
            left + _PAD, level, text, fontsize=_SIZE, va="center", zorder=3,
            fontweight="bold" if bold else "normal", color=NEUTRAL if bold else INK,
        )  # fmt: skip
        level -= _LEAD
    return top - height


def _arrow(axes: Axes, start: tuple[float, float], end: tuple[float, float]) -> None:
    """Draw an arrow between boxes."""
    axes.annotate(
        "", end, xytext=start, zorder=1,
        arrowprops={"arrowstyle": "-|>", "color": QUIET, "lw": 1, "shrinkA": 0,
                    "shrinkB": 0, "mutation_scale": 9},
    )  # fmt: skip


def _name_stage(axes: Axes, name: str, top: float, bottom: float) -> None:
    """Write the name of a stage along the left edge."""
    from matplotlib.patches import Rectangle

    axes.add_patch(
        Rectangle((0.02, bottom), 0.22, top - bottom, fc="#E8EEF4", ec="none", zorder=0)
    )
    axes.text(
        0.13, (top + bottom) / 2, name, rotation=90, ha="center", va="center",
        fontsize=_SIZE, fontweight="bold", color=NEUTRAL,
    )  # fmt: skip
