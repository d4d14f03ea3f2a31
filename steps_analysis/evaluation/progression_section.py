"""Whether the trial met the criteria it set itself, in a table."""

from __future__ import annotations

from steps_analysis.evaluation.progression import Progress
from steps_analysis.outcomes import risk_difference
from steps_analysis.pathway import Flow
from steps_analysis.protocol import Protocol, mark_of
from steps_analysis.reporting.blocks import Column, Paragraph, Table
from steps_analysis.reporting.cells import Cell
from steps_analysis.reporting.document import Section
from steps_analysis.reporting.markers import Marker
from steps_analysis.reporting.words import listed, phrase


def progression_section(
    protocol: Protocol, judged: tuple[Progress, ...], flow: Flow | None
) -> Section:
    """
    Table the progression criteria.

    Parameters
    ----------
    protocol
        The protocol.
    judged
        Its criteria, judged.
    flow
        The flow, where arms are open to the reader: the arms' gap in loss is shown with
        its interval, and gates nothing.

    Returns
    -------
    Section
        One row per criterion: counts, share with interval, edges, colour in words.
    """
    mark = mark_of("progression", protocol.marks) or ""
    whose = (
        "These criteria are a decision of this package, not of the investigators"
        if "A" in mark
        else "The protocol sets these criteria"
    )
    words = (
        f"{whose}: green to go on to a larger trial, amber to go on with changes, red "
        "to stop and think. A count that stands exactly on an edge takes the better "
        "colour."
    )
    notes = [
        f"{progress.criterion.label}: not judged, because {progress.not_judged}."
        for progress in judged
        if progress.not_judged
    ]
    if any(progress.spans_an_edge for progress in judged):
        notes.append(
            "Where the interval crosses an edge, these numbers alone do not settle the "
            "colour."
        )
    table = Table(
        name="progression",
        caption="Progression criteria",
        columns=(
            Column(key="criterion", heading="Criterion"),
            Column(key="n", heading="Number"),
            Column(key="of", heading="Out of"),
            Column(key="share", heading="Share", unit="%"),
            Column(key="green", heading="Green from", unit="%", decimals=0),
            Column(key="amber", heading="Amber from", unit="%", decimals=0),
            Column(key="colour", heading="Result"),
            Column(key="spans", heading="Interval crosses an edge"),
        ),
        rows=tuple(_row(progress) for progress in judged),
        notes=tuple(notes),
    )
    return Section(
        title="Could a larger trial be run?",
        slug="progression",
        blocks=(Paragraph(words), table, *_gap_in_loss(protocol, flow)),
    )


def _gap_in_loss(protocol: Protocol, flow: Flow | None) -> tuple[Paragraph, ...]:
    """Say how the arms differ in families no longer followed."""
    if flow is None or any(arm.lost is None or not arm.allocated for arm in flow.arms):
        return ()
    lost = [(sum((arm.lost or {}).values()), arm.allocated) for arm in flow.arms]
    gap = risk_difference(*lost[0], *lost[1], level=protocol.analysis.level)
    labels = (protocol.treatment.label, protocol.control.label)
    parts = [f"{n} of {of} with {a}" for (n, of), a in zip(lost, labels, strict=True)]
    said = f"Lost to follow-up: {listed(parts)}; {phrase(gap)}. This gates nothing."
    return (Paragraph(said),)


def _row(progress: Progress) -> tuple[Cell, ...]:
    """Write one criterion."""
    absent = Marker("[x]")
    criterion = progress.criterion
    return (
        criterion.label,
        absent if progress.numerator is None else progress.numerator,
        absent if progress.denominator is None else progress.denominator,
        absent if progress.share is None else progress.share,
        criterion.green,
        criterion.amber,
        absent if progress.colour is None else progress.colour,
        absent if progress.colour is None else progress.spans_an_edge,
    )
