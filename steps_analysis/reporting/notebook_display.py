"""How tables, figures and texts of a report are shown in a notebook, stamp and all."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import TYPE_CHECKING

from steps_analysis.errors import ArgumentError, did_you_mean, refusal
from steps_analysis.reporting.blocks import Block
from steps_analysis.reporting.document import (
    Document,
    Section,
    check_release,
    exhibits,
)
from steps_analysis.reporting.figures.render import DOTS_PER_INCH
from steps_analysis.reporting.notebook_outputs import (
    Output,
    block_outputs,
    figure_outputs,
    joined,
    remarks,
)

if TYPE_CHECKING:
    import matplotlib.figure
    import pandas as pd


@dataclass(frozen=True, slots=True)
class Shown:
    """
    What a notebook displays where a cell ends with it.

    Attributes
    ----------
    outputs
        The outputs, in reading order.
    """

    outputs: tuple[Output, ...]

    def _ipython_display_(self) -> None:
        """Display every output; called by the notebook."""
        from IPython.display import display  # there wherever a notebook is

        for output in self.outputs:
            display(  # type: ignore[no-untyped-call]  # IPython has no types here
                output.data, raw=True, metadata=output.metadata
            )


def show(*blocks: Block, stamp: str | None) -> Shown:
    """
    Show parts of a report in a notebook.

    Parameters
    ----------
    *blocks
        Tables, figures and texts, in reading order.
    stamp
        What must stand under every table and figure: the trial's or the document's
        ``stamp``. None or empty only for data that are not synthetic.

    Returns
    -------
    Shown
        Texts and tables as HTML, each figure as PNG with its data as CSV. A notebook
        displays it where a cell ends with it.

    Raises
    ------
    DisclosureError
        If a table or figure by site has no audit, or an audit that is not safe: what
        a notebook shows is published with it.

    Examples
    --------
    >>> from steps_analysis.reporting.blocks import Paragraph
    >>> show(Paragraph("Too few to tell."), stamp="").outputs[0].data["text/plain"]
    'Too few to tell.'
    """
    part = Section(title="Shown", blocks=blocks)
    document = Document(title="Notebook", sections=(part,), stamp=stamp or "")
    check_release(document)
    outputs = [one for block in blocks for one in block_outputs(block, document.stamp)]
    if document.stamp and not exhibits(document):
        outputs.append(remarks([], document.stamp))
    return Shown(tuple(joined(outputs)))


def show_plot(
    figure: matplotlib.figure.Figure,
    *,
    caption: str,
    alt: str,
    data: pd.DataFrame,
    stamp: str | None,
) -> Shown:
    r"""
    Show a figure of one's own, drawn with matplotlib or seaborn, in a notebook.

    Parameters
    ----------
    figure
        The figure; best made without pyplot, which would display it a second time.
    caption
        What it shows, where and when, without a full stop.
    alt
        What a reader who cannot see it needs to know.
    data
        The numbers drawn, for those who check or reuse them.
    stamp
        What must stand under it; see `show`.

    Returns
    -------
    Shown
        The figure as PNG with its data as CSV, caption above, stamp below.

    Notes
    -----
    For numbers of the whole trial. What is about single sites is a `Figure` for `show`,
    which asks for its disclosure audit.

    Examples
    --------
    >>> import pandas as pd
    >>> from matplotlib.figure import Figure
    >>> ages = pd.DataFrame({"age": [12, 14]})
    >>> axes = Figure().subplots()
    >>> bars = axes.bar(ages["age"], 1)
    >>> shown = show_plot(axes.figure, caption="Ages", alt="Two.", data=ages, stamp="")
    >>> shown.outputs[1].data["text/csv"]
    'age\n12\n14\n'
    """
    image = io.BytesIO()
    said = figure.text(0.01, -0.02, stamp or "", va="top", size=7.5, style="italic")
    facts = {"Software": None}
    figure.savefig(image, dpi=DOTS_PER_INCH, bbox_inches="tight", metadata=facts)
    said.remove()
    stamped = data.assign(stamp=stamp) if stamp else data
    outputs = figure_outputs(
        image.getvalue(),
        caption,
        alt,
        csv=stamped.to_csv(index=False, float_format="%.8g", lineterminator="\n"),
        said=[("In words", alt)],
        stamp=stamp or "",
    )
    return Shown(tuple(outputs))


def excerpt(report: Document | Section, *names: str) -> tuple[Block, ...]:
    """
    Pick parts of a report by name.

    Parameters
    ----------
    report
        The report, or one section of it.
    *names
        Names of tables and figures, and slugs of sections for all their blocks; where
        both have a name, the table or figure is meant.

    Returns
    -------
    tuple of Block
        The blocks, in the order asked for.

    Raises
    ------
    ArgumentError
        If the report has no part of such a name.

    Examples
    --------
    >>> from steps_analysis.reporting.blocks import Paragraph
    >>> part = Section(title="Main points", blocks=(Paragraph("Too few to tell."),))
    >>> excerpt(Document(title="STEPS-B", sections=(part,)), "main-points")
    (Paragraph(text='Too few to tell.'),)
    """
    if isinstance(report, Section):
        report = Document(title=report.title, sections=(report,))
    parts = {block.name: (block,) for block in exhibits(report)}
    known = {**{part.slug: part.blocks for part in report.sections}, **parts}
    for name in names:
        if name not in known:
            rule = f"be one of {', '.join(known)}"
            hint = did_you_mean(name, known)
            raise ArgumentError(refusal("name", rule, name, hint=hint))
    return tuple(block for name in names for block in known[name])
