"""What must a reader know of the figures? How they are protected, and their limits."""

from __future__ import annotations

from collections.abc import Iterator

from steps_analysis.boroughs import POPULATION_LABEL
from steps_analysis.evaluation.boroughs.released import BoroughRelease
from steps_analysis.evaluation.boroughs.section import covered
from steps_analysis.protocol import Protocol
from steps_analysis.reporting.blocks import Callout, Items, Paragraph, Subheading
from steps_analysis.reporting.document import Section
from steps_analysis.trial_data import TrialData

_ATTACKERS = {
    "outsider": "an outsider who knows the rule and every published figure",
    "site": "the staff of one {label} (who know its own counts besides)",
    "family": "one family (which knows of its own referral)",
}


def protection_section(found: BoroughRelease, protocol: Protocol) -> Section:
    """
    Say how the figures were protected.

    Parameters
    ----------
    found
        The release.
    protocol
        The protocol: what it calls sites.

    Returns
    -------
    Section
        The rule, what is hidden beyond it, who was tried as an attacker, and why
        nothing finer is published.
    """
    return Section(
        title="How the figures are protected",
        slug="protection",
        blocks=(Items(tuple(_protection(found, protocol))),),
    )


def _protection(found: BoroughRelease, protocol: Protocol) -> Iterator[str]:
    """List what was done."""
    rule, label = found.profile, protocol.sites.label
    last = rule.hidden_up_to
    yield (
        f"Counts from 1 to {last} are hidden ({rule.marker}). Further counts carry the "
        "same mark, so that the small ones cannot be worked out by adding and "
        "subtracting. A zero is shown as 0, except beneath a hidden total."
    )
    yield from found.rounding
    who = [
        _ATTACKERS[name].format(label=label)
        for name in rule.attackers
        if name in _ATTACKERS
    ]
    yield (
        "All tables of all pages were protected together, then attacked together, by "
        f"programs that know what these know: {'; '.join(who)}. For every small count, "
        f"each number from 1 to {last} remained possible."
    )
    yield (
        "Rates, limits, charts and sentences were computed from the figures as they "
        "are published and from public populations. They tell nothing beyond them."
    )
    yield from found.why
    yield (
        f"A {label} is never shown by arm of the trial or by outcome, and no page goes "
        "further than referrals."
    )


def limits_section(
    trial: TrialData, found: BoroughRelease, *, has_limits: bool
) -> Section:
    """
    Say what the figures cannot show, and explain the words that are used.

    Parameters
    ----------
    trial
        The trial.
    found
        Its release.
    has_limits
        Whether the page speaks of the limits of the funnel.

    Returns
    -------
    Section
        Limitations, then a glossary of the words used.
    """
    plural = trial.protocol.sites.label_plural
    entries = [
        "A referral is a child identified; it is not a finding about that child. "
        "Reported is not proven.",
        "Referrals count what is seen. More referrals may mean better identification, "
        "fewer may mean that less is seen.",
        f"{plural.capitalize()} differ in more than size. The rates are not adjusted "
        "for age, need or how services work.",
        f"These figures cover {covered(found)} only. Years that the records do not "
        "cover whole are left out.",
    ]
    if trial.provenance == "synthetic":
        entries.insert(
            0, f"The data were drawn by a computer; populations are {POPULATION_LABEL}."
        )
    words = [
        "Referral: a child who displayed harmful sexual behaviour, identified and "
        "referred, whether or not the family joined the trial.",
        "Rate: referrals in a year for every 10,000 children aged 10 to 17 who live "
        "there.",
        "95% CI: confidence interval, the range of rates that agree with the count.",
    ]
    if has_limits:
        words.append(
            "95% and 99.8% limits: where that share of places would lie if they "
            "differed by chance alone."
        )
    return Section(
        title="What the figures cannot show",
        slug="limits",
        blocks=(
            Callout("limitation", "Read these before using a number.", tuple(entries)),
            Subheading("Words used"),
            Items(tuple(words)),
        ),
    )


def where_else(label: str) -> Paragraph:
    """
    Point to the overview from a page.

    Parameters
    ----------
    label
        What the protocol calls a site.

    Returns
    -------
    Paragraph
        The sentence.
    """
    return Paragraph(
        f"The overview shows every {label} beside the others, by source of referral "
        "where that can be published."
    )
