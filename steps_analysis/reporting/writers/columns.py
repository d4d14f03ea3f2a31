"""How wide the columns of a table are on paper, and whether the page is turned."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from steps_analysis.reporting.figures.sheet import text_width
from steps_analysis.reporting.present import Presented
from steps_analysis.reporting.writers.letters import MAY_BREAK, breakable, showable

INSET = 3.5
"""Points left free at each side of a cell."""

_PORTRAIT, _LANDSCAPE = 493.0, 740.0  # points between the margins of A4
_TRIED = (
    (False, 8.5),
    (False, 7.5),
    (True, 8.5),
    (True, 7.5),
    (True, 6.5),
    (True, 5.5),
)
_SLACK = 1.03  # letters are set a little wider than they are measured
_ROOM = 60.0  # points that a long text is given before the page is turned


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """
    The columns of a table on paper.

    Attributes
    ----------
    widths
        The width of each, in points.
    size
        The size of the letters, in points.
    is_landscape
        Whether the page is turned.
    """

    widths: tuple[float, ...]
    size: float
    is_landscape: bool


def columns(shown: Presented) -> Columns:
    """
    Fit a table to the page.

    Parameters
    ----------
    shown
        The table as texts.

    Returns
    -------
    Columns
        The largest letters with which no number and no word is broken: upright if that
        is possible at 7.5 points or more, else on a turned page.

    Examples
    --------
    >>> from steps_analysis.reporting.blocks import Column, Table
    >>> from steps_analysis.reporting.present import present_table
    >>> names = (Column(key="arm", heading="Arm"), Column(key="n", heading="Families"))
    >>> arms = Table(name="arms", caption="Arms", columns=names, rows=(("A", 20),))
    >>> columns(present_table(arms)).size
    8.5
    """
    least, wished = zip(*_needs(shown), strict=True)
    for is_landscape, size in _TRIED:
        room = _LANDSCAPE if is_landscape else _PORTRAIT
        free = room - 2 * INSET * len(least)
        if size * sum(least) <= free:
            break
    widths = _shared([size * n for n in least], [size * n for n in wished], free)
    return Columns(
        widths=tuple(round(width + 2 * INSET, 2) for width in widths),
        size=size,
        is_landscape=is_landscape,
    )


def _needs(shown: Presented) -> list[tuple[float, float]]:
    """Measure, in sizes of a letter, the least and the wished width of each column."""
    needs = []
    for place, (heading, *texts) in enumerate(
        zip(shown.headings, *shown.rows, strict=True)
    ):
        words = max(_width(word, "bold") for word in _words(heading))
        whole = max(map(_width, texts))
        if shown.numeric[place]:
            least = whole
        else:
            word = max(_width(word) for text in texts for word in _words(text))
            least = max(word, min(whole, _ROOM / 8.5))
        least = max(least, words)
        needs.append((least, max(least, whole, min(_width(heading, "bold"), 12.0))))
    return needs


def _shared(least: list[float], wished: list[float], room: float) -> list[float]:
    """Give each column what it needs, and share what is left by what is wished."""
    needed, asked = sum(least), sum(wished)
    if asked <= room:
        return wished
    if needed >= room:
        return [width * room / needed for width in least]
    share = (room - needed) / (asked - needed)
    pairs = zip(least, wished, strict=True)
    return [few + share * (many - few) for few, many in pairs]


def _words(text: str) -> list[str]:
    """Part a text where a line may end."""
    return breakable(text).replace(MAY_BREAK, " ").split() or [""]


@lru_cache(maxsize=20_000)
def _width(text: str, weight: str = "normal") -> float:
    """Measure the longest line of a text, in sizes of its letters."""
    lines = showable(text).replace("\t", " ").replace(MAY_BREAK, "").split("\n")
    widest = max(text_width(line, 10.0, weight) for line in lines)
    return _SLACK * widest * 72 / 10.0
