"""Draw places as tiles on a grid, each with its name and its value."""

from __future__ import annotations

from typing import TYPE_CHECKING

from steps_analysis.reporting.drawings.tiles import Tile, TileMap
from steps_analysis.reporting.figures.palette import GRID, INK, QUIET
from steps_analysis.reporting.figures.sheet import WIDTH, blank, text_width, wrapped
from steps_analysis.reporting.markers import Marker
from steps_analysis.reporting.numerals import number

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# The light end of the sequential palette, on which dark letters are read easily.
_SHADES = ("#F2F2F2", "#DCE6F0", "#C3D6E8", "#A9C5E0")
_HATCHED = "#C9CFD6"
_WIDEST, _TALLEST, _GAP, _TOP = 1.35, 0.9, 0.05, 0.42
_NAME, _VALUE = 7.0, 10.5
_Room = tuple[float, float, float, float]  # left, top, width, height


def draw_tiles(drawing: TileMap) -> Figure:
    """
    Draw a tile map.

    Parameters
    ----------
    drawing
        The places.

    Returns
    -------
    matplotlib.figure.Figure
        The figure.
    """
    columns = max(tile.column for tile in drawing.tiles)
    rows = max(tile.row for tile in drawing.tiles)
    size = min(_WIDEST, (WIDTH - 0.1) / columns)
    tall = min(size, _TALLEST)
    height = tall * rows + _TOP + 0.05
    figure = blank(height)
    box = (0.05 / WIDTH, 0.05 / height, size * columns / WIDTH, tall * rows / height)
    axes = figure.add_axes(box)
    axes.set_xlim(0, size * columns)
    axes.set_ylim(tall * rows, 0)
    axes.axis("off")
    figure.text(0.05 / WIDTH, 1 - 0.2 / height, drawing.value_label, va="center")
    shown = [t.value for t in drawing.tiles if not isinstance(t.value, Marker)]
    for tile in drawing.tiles:
        room = ((tile.column - 1) * size, (tile.row - 1) * tall, size, tall)
        _draw_room(axes, tile, room, max(shown, default=0.0))
        _write(axes, tile, room, drawing.decimals)
    return figure


def _draw_room(axes: Axes, tile: Tile, room: _Room, most: float) -> None:
    """Draw the room of one place: shaded, hatched where hidden, empty where none."""
    from matplotlib.patches import Rectangle

    left, top, width, height = room
    corner = (left + _GAP / 2, top + _GAP / 2)
    value = tile.value
    fill = "white" if isinstance(value, Marker) else _shade(value, most)
    axes.add_patch(
        Rectangle(
            corner, width - _GAP, height - _GAP, facecolor=fill, edgecolor=_HATCHED,
            linewidth=0.0, hatch="////" if _is_hidden(tile) else None,
        )
    )  # fmt: skip
    axes.add_patch(
        Rectangle(
            corner, width - _GAP, height - _GAP, facecolor="none", linewidth=0.8,
            edgecolor=GRID if _is_outside(tile) else QUIET,
        )
    )  # fmt: skip


def _write(axes: Axes, tile: Tile, room: _Room, decimals: int) -> None:
    """Write name and value of one place."""
    left, top, width, height = room
    value, colour = tile.value, QUIET if _is_outside(tile) else INK
    behind = {"facecolor": "white", "edgecolor": "none", "pad": 1.0}
    box = behind if _is_hidden(tile) else None
    for line, name in enumerate(wrapped(tile.name, width - 0.14, _NAME)):
        axes.text(
            left + width / 2, top + 0.16 + 0.125 * line, name, ha="center",
            va="center", color=colour, fontsize=_fitting(name, width - 0.1), bbox=box,
        )  # fmt: skip
    is_marked = isinstance(value, Marker)
    text = str(value) if isinstance(value, Marker) else number(value, decimals)
    axes.text(
        left + width / 2, top + height - 0.2, text, ha="center", va="center",
        color=colour, fontsize=_NAME if _is_outside(tile) else _VALUE,
        fontweight="normal" if is_marked else "bold", bbox=box,
    )  # fmt: skip


def _is_outside(tile: Tile) -> bool:
    """Say whether a place has no value to show."""
    return str(tile.value) == "[z]"


def _is_hidden(tile: Tile) -> bool:
    """Say whether the value of a place may not be shown."""
    return isinstance(tile.value, Marker) and not _is_outside(tile)


def _shade(value: float, most: float) -> str:
    """Choose a shade in proportion to the value."""
    last = len(_SHADES) - 1
    return _SHADES[min(int(len(_SHADES) * value / most), last) if most else 0]


def _fitting(name: str, width: float) -> float:
    """Find letters small enough for a word that is wider than its tile."""
    return _NAME * min(1.0, width / text_width(name, _NAME))
