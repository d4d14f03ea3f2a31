"""How much does each answer depend on what was decided, or is not known?"""

from __future__ import annotations

from collections.abc import Mapping

from steps_analysis.outcomes import Sensitivity
from steps_analysis.protocol import Protocol
from steps_analysis.reporting.blocks import (
    Block,
    Column,
    Paragraph,
    Subheading,
    Table,
)
from steps_analysis.reporting.cells import Cell
from steps_analysis.reporting.document import Section


def sensitivity_section(
    protocol: Protocol, found: Mapping[str, tuple[Sensitivity, ...]]
) -> Section:
    """
    Report the sensitivity analyses that the protocol plans.

    Parameters
    ----------
    protocol
        The protocol.
    found
        Estimand code to its sensitivity analyses.

    Returns
    -------
    Section
        For each the question, a table of the effect with one thing changed at a time,
        and what it takes for granted.
    """
    blocks: list[Block] = [
        Paragraph(
            "Each table changes one thing and leaves all else as planned. If the lines "
            "agree, the answer does not hang on that one thing."
        )
    ]
    for code, analyses in found.items():
        label = protocol.outcome(protocol.estimand(code).outcome).label
        for analysis in analyses:
            blocks += [
                Subheading(f"{code}: {analysis.question}"),
                _table(code, label, analysis),
            ]
    return Section(
        title="How much the answers depend on choices",
        slug="sensitivity",
        blocks=tuple(blocks),
    )


def _table(code: str, label: str, analysis: Sensitivity) -> Table:
    """Table one analysis."""
    rows: list[tuple[Cell, ...]] = [
        (variation.label, variation.effect, variation.effect.n)
        for variation in analysis.variations
    ]
    measure = analysis.variations[0].effect.measure
    return Table(
        name=f"{code.lower()}-{analysis.name.replace('_', '-')}",
        caption=f"{label}: {measure}, with one thing changed",
        columns=(
            Column(key="case", heading="What was changed"),
            Column(key="effect", heading="Estimate"),
            Column(key="n", heading="n"),
        ),
        rows=tuple(rows),
        notes=(analysis.note,),
    )
