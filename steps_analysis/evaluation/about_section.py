"""What a reader must know to read a report fairly: limits, sources, what is absent."""

from __future__ import annotations

from collections.abc import Mapping

from steps_analysis.protocol import Protocol, mark_of
from steps_analysis.reporting.blocks import (
    Block,
    Callout,
    Column,
    Items,
    Paragraph,
    Subheading,
    Table,
)
from steps_analysis.reporting.document import Section
from steps_analysis.trial_data import TrialData

_MARKS = {
    "S": "founding text",
    "P": "published source",
    "M": "recalled, illustrative",
    "A": "decision of this package",
}


def limitations_section(trial: TrialData) -> Section:
    """
    Say in plain words what the trial cannot show.

    Parameters
    ----------
    trial
        The trial.

    Returns
    -------
    Section
        The protocol's limitations, after those every trial shares.
    """
    protocol = trial.protocol
    entries = list(protocol.limitations)
    if trial.provenance == "synthetic":
        entries.insert(
            0,
            "These data were drawn by a computer from the rules in the protocol. They "
            "show what the evaluation looks like, and say nothing about any treatment.",
        )
    else:
        entries.append(
            "Tables by arm show exact counts, as CONSORT asks; whoever controls the "
            "data decides whether they may leave the building."
        )
    entries.append(
        "This software has not been validated for use in a live trial under good "
        "clinical practice."
    )
    return Section(
        title="What this cannot show",
        slug="limitations",
        blocks=(
            Callout("limitation", "Read these before using a number.", tuple(entries)),
        ),
    )


def about_section(trial: TrialData, left_out: Mapping[str, str]) -> Section:
    """
    Say where data, facts and decisions come from, and which sections are left out.

    Parameters
    ----------
    trial
        The trial.
    left_out
        Section to the reason it is not there.

    Returns
    -------
    Section
        Data, sections left out, how the numbers were made, conflicts between sources.
    """
    protocol = trial.protocol
    blocks: list[Block] = [
        Subheading("The trial and its data"),
        Items(tuple(_facts(trial))),
    ]
    if left_out:
        blocks += [
            Subheading("Left out of this report"),
            Items(tuple(f"{name}: {why}." for name, why in left_out.items())),
        ]
    blocks += [
        Subheading("How the numbers were made"),
        Items(tuple(_methods(protocol))),
    ]
    if protocol.conflicts:
        blocks += [
            Subheading("Where the sources disagree"),
            Paragraph("Each source is quoted, with the decision taken here."),
            _conflicts(protocol),
        ]
    return Section(title="About this report", slug="about", blocks=tuple(blocks))


def _facts(trial: TrialData) -> list[str]:
    """List what is known of the trial, each fact with the nature of its source."""
    protocol = trial.protocol
    facts = [
        (f"Design: {protocol.trial.design}.", "trial.design"),
        (f"Sites: {len(protocol.sites.names)} in this protocol.", "sites.names"),
        (f"Sites in the sources: {protocol.trial.sites_stated}.", "trial.sites_stated"),
        (f"Eligible: {protocol.eligibility.statement}", "eligibility.statement"),
        *(
            (f"{arm.title}: {arm.description}", f"arms.{arm.code}.description")
            for arm in protocol.arms
        ),
        (f"Masking: {protocol.trial.masking}.", "trial.masking"),
        (f"Registration: {protocol.trial.registration}.", "trial.registration"),
        (f"Funders: {', '.join(protocol.trial.funders)}.", "trial.funders"),
        (f"Described in: {protocol.trial.data_source}", "trial.data_source"),
    ]
    said = [
        f"{fact} ({_source(protocol, key)})" if "not established" not in fact else fact
        for fact, key in facts
        if not fact.endswith((": .", ": "))
    ]
    if trial.provenance == "synthetic":
        said.append("The data were drawn by this package's synthetic world.")
    return [*said, f"Records are complete to {trial.extract_date:%B %Y}."]


def _source(protocol: Protocol, key: str) -> str:
    """Name the nature of a fact's source."""
    mark = mark_of(key, protocol.marks)
    if mark is None:
        return "source not stated"
    return " and ".join(_MARKS[part] for part in mark.split("/"))


def _methods(protocol: Protocol) -> list[str]:
    """List the rules that hold for every number."""
    analysis = protocol.analysis
    return [
        "Everybody is analysed in the arm they were allocated to.",
        "Time runs from randomisation; a month is 365.25/12 days.",
        f"Intervals are at {100 * analysis.level:g}%. They come before any p-value.",
        "A proven outcome counts once it has been followed for its whole time and the "
        "waiting time after it; later families are left out of it, not counted as free "
        "of it.",
        "The methods and their sources are described in docs/methods.md.",
    ]


def _conflicts(protocol: Protocol) -> Table:
    return Table(
        name="conflicts",
        caption="Where the sources disagree, and what was decided",
        columns=(
            Column(key="topic", heading="About"),
            Column(key="readings", heading="What the sources say"),
            Column(key="decision", heading="Decision here"),
        ),
        rows=tuple(
            (
                conflict.topic[0].upper() + conflict.topic[1:],
                "; ".join(_unmarked(reading) for reading in conflict.readings),
                conflict.decision,
            )
            for conflict in protocol.conflicts
        ),
    )


def _unmarked(reading: str) -> str:
    """Replace a source mark by its meaning: in brackets it would look like a marker."""
    for mark, meaning in _MARKS.items():
        reading = reading.replace(f"[{mark}]", f"({meaning})")
    return reading
