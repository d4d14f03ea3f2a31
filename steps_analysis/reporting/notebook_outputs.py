"""What a cell of a notebook puts out for a table, a figure or a text."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from itertools import groupby
from typing import TYPE_CHECKING

from steps_analysis.reporting.blocks import Block, Figure, Table
from steps_analysis.reporting.figures import render
from steps_analysis.reporting.figures.render import DOTS_PER_INCH
from steps_analysis.reporting.present import Presented, present_data, present_table
from steps_analysis.reporting.tables import data_csv

if TYPE_CHECKING:
    from jinja2.environment import TemplateModule

SCREEN_DOTS_PER_INCH = 90
"""How large an inch of a figure is on screen; its pixels are finer."""

Said = list[tuple[str, str]]
"""What stands below a table or figure: words that lead in, maybe empty, and a text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Output:
    """
    One output of a notebook's cell.

    Attributes
    ----------
    data
        Media type to content; pictures in base 64.
    metadata
        Media type to facts about it, such as the width.
    """

    data: dict[str, str] = field(repr=False)
    metadata: dict[str, dict[str, str | int]] = field(default_factory=dict)


def block_outputs(block: Block, stamp: str) -> Iterator[Output]:
    r"""
    Give the outputs of one block of a report.

    Parameters
    ----------
    block
        The block.
    stamp
        What stands under it where it is a table or a figure; empty for nothing.

    Yields
    ------
    Output
        HTML for texts and tables; for a figure its caption, its picture, and what
        stands below.

    Examples
    --------
    >>> from steps_analysis.reporting.blocks import Items
    >>> [output.data["text/plain"] for output in block_outputs(Items(("a", "b")), "")]
    ['- a\n- b']
    """
    if isinstance(block, Table):
        shown = present_table(block)
        plain = "\n".join((block.caption, *_aligned(shown)))
        yield _text("table", plain, block, shown)
        yield remarks(_notes(shown), stamp)
    elif isinstance(block, Figure):
        said = [("In words", block.alt), *_notes(present_data(block))]
        yield from figure_outputs(
            _png(block, stamp),
            block.caption,
            block.alt,
            csv=data_csv(block, stamp=stamp),
            said=said,
            stamp=stamp,
        )
    else:
        yield _text(type(block).__name__.lower(), _plain(block), block)


def figure_outputs(
    png: bytes, caption: str, alt: str, *, csv: str, said: Said, stamp: str
) -> Iterator[Output]:
    """
    Give the outputs of a picture.

    Parameters
    ----------
    png
        The picture.
    caption, alt
        What it shows, in short and in words.
    csv
        The data behind it.
    said
        What stands below it.
    stamp
        What stands below that; empty for nothing.

    Yields
    ------
    Output
        The caption, the picture with its data, and what stands below.
    """
    pixels = int.from_bytes(png[16:20], "big")  # the width, in the header of a PNG
    width = round(pixels * SCREEN_DOTS_PER_INCH / DOTS_PER_INCH)
    yield _text("caption", caption, caption)
    yield Output(
        data={
            "image/png": b64encode(png).decode(),
            "text/csv": csv,
            "text/plain": f"Figure: {caption}. {alt}",
        },
        metadata={"image/png": {"width": width, "alt": alt}},
    )
    yield remarks(said, stamp)


def remarks(said: Said, stamp: str) -> Output:
    """
    Write what stands below a table or figure, the stamp last.

    Parameters
    ----------
    said
        The remarks.
    stamp
        The stamp; empty for none.

    Returns
    -------
    Output
        One paragraph; without content where there is nothing to say.

    Examples
    --------
    >>> remarks([("Note", "too few to tell")], "").data["text/plain"]
    'Note: too few to tell'
    """
    lines = [f"{lead}: {text}" if lead else text for lead, text in said]
    plain = "\n".join([*lines, *([stamp] if stamp else [])])
    return _text("remarks", plain, said, stamp)


def joined(outputs: Iterable[Output]) -> Iterator[Output]:
    r"""
    Join neighbouring outputs of text into one.

    Parameters
    ----------
    outputs
        The outputs, in reading order.

    Yields
    ------
    Output
        The same, with no two texts side by side.

    Examples
    --------
    >>> pair = remarks([("", "one")], ""), remarks([("", "two")], "")
    >>> [output.data["text/plain"] for output in joined(pair)]
    ['one\ntwo']
    """
    for is_text, group in groupby(outputs, key=lambda one: "text/html" in one.data):
        if not is_text:
            yield from group
            continue
        texts = [output.data for output in group]
        kinds = ("text/html", "text/plain")
        data = {k: "\n".join(t[k] for t in texts if t[k]) for k in kinds}
        yield Output(data=data)


def _notes(shown: Presented) -> Said:
    """List the marks explained and the notes of a table or figure."""
    meanings = "; ".join(f"{mark} {meaning}" for mark, meaning in shown.marks)
    shorthand = [("Shorthand", f"{meanings}.")] if meanings else []
    return [*shorthand, *(("", note) for note in shown.notes)]


def _png(block: Figure, stamp: str) -> bytes:
    """Draw a figure of the report."""
    title, spoken = block.caption, block.alt
    return render(
        block.drawing, name=block.name, title=title, description=spoken, stamp=stamp
    ).png


def _text(kind: str, plain: str, *parts: object) -> Output:
    """Write an output of HTML by the template's macro of that name."""
    html = str(getattr(_template(), kind)(*parts)).strip()
    return Output(data={"text/html": html, "text/plain": plain})


def _aligned(shown: Presented) -> list[str]:
    """Write headings and rows in columns of plain text."""
    lines = [shown.headings, *shown.rows]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    ends = ["rjust" if numeric else "ljust" for numeric in shown.numeric]
    return [
        "  ".join(
            getattr(text, end)(width)
            for text, end, width in zip(line, ends, widths, strict=True)
        ).rstrip()
        for line in lines
    ]


def _plain(block: Block) -> str:
    """Write a block of text without markup."""
    entries = [f"- {entry}" for entry in getattr(block, "entries", ())]
    heading = [f"{block.heading}:"] if hasattr(block, "heading") else []
    text = getattr(block, "text", "")
    return "\n".join(filter(None, (*heading, text, *entries)))


@cache
def _template() -> TemplateModule:
    """Prepare the macros, once."""
    from jinja2 import Environment, StrictUndefined

    place = files("steps_analysis.reporting") / "templates" / "notebook.html.j2"
    environment = Environment(
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.from_string(place.read_text(encoding="utf-8")).module
