"""The overview of the public edition: all sites side by side, never ranked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from steps_analysis.evaluation.boroughs.exhibits import counts_table, funnel_figure
from steps_analysis.evaluation.boroughs.explained import (
    limits_section,
    protection_section,
)
from steps_analysis.evaluation.boroughs.linking import RINGS, SOURCE_GROUPS, SOURCES
from steps_analysis.evaluation.boroughs.reading import published_funnel
from steps_analysis.evaluation.boroughs.released import BoroughRelease
from steps_analysis.evaluation.boroughs.section import READING, covered, sites_table
from steps_analysis.evaluation.boroughs.tile_figure import tile_figure
from steps_analysis.evaluation.boroughs.wording import count_in_words, rate_in_words
from steps_analysis.reporting.blocks import Block, Callout, Paragraph
from steps_analysis.reporting.document import Document, Section
from steps_analysis.reporting.words import quantity
from steps_analysis.trial_data import TrialData


def overview(
    trial: TrialData, found: BoroughRelease, *, pages: Mapping[str, str]
) -> Document:
    """
    Write the overview of the public edition.

    Parameters
    ----------
    trial
        The trial.
    found
        Its release.
    pages
        Site to the address of its page.

    Returns
    -------
    Document
        Main points, all sites, sources, rings, protection, limits.
    """
    protocol = trial.protocol
    plural = protocol.sites.label_plural
    return Document(
        title=f"Referrals by {protocol.sites.label}",
        subtitle=f"Children referred for harmful sexual behaviour, {found.span}",
        sections=tuple(_sections(trial, found)),
        stamp=trial.stamp or "",
        meta=facts(trial, found) | {plural.capitalize(): str(len(found.population))},
        related=pages,
    )


def facts(trial: TrialData, found: BoroughRelease) -> dict[str, str]:
    """
    Give the facts that stand below the title of every public page.

    Parameters
    ----------
    trial
        The trial.
    found
        Its release.

    Returns
    -------
    dict
        Trial, years, month of the extract, protocol, rule.
    """
    return {
        "Trial": trial.protocol.trial.short_name,
        "Covers": found.span,
        "Records complete to": f"{trial.cutoff:%B %Y}",
        "Protocol": f"version {trial.protocol.digest[:12]}",
        "Disclosure rule": found.profile.name,
    }


def _sections(trial: TrialData, found: BoroughRelease) -> Iterator[Section]:
    """Give the sections in order."""
    label = trial.protocol.sites.label
    places = published_funnel(found)
    yield _summary(trial, found)
    yield Section(
        title=f"Every {label}", slug="sites", blocks=tuple(_sites(trial, found))
    )
    for name in (SOURCES, SOURCE_GROUPS):
        if name in found.release.names:
            yield _sources(trial, found, name)
    if RINGS in found.release.names:
        yield _rings(found)
    yield protection_section(found, trial.protocol)
    yield limits_section(trial, found, has_limits=places is not None)


def _summary(trial: TrialData, found: BoroughRelease) -> Section:
    """Say what there is to say in a few sentences."""
    sites = trial.protocol.sites
    number = count_in_words(found, found.everyone, found.whole)
    rate = rate_in_words(found, found.everyone, found.whole)
    everyone = quantity(len(found.population), sites.label, sites.label_plural)
    words = (
        f"In {covered(found)}, there were {number} of a child for harmful sexual "
        f"behaviour from {everyone}"
    )
    hidden = sum(
        found.known(str(site), found.whole) is None for site in found.population.index
    )
    entries = [f"That is {rate}."] if rate else []
    if hidden:
        few = quantity(hidden, sites.label, sites.label_plural)
        entries.append(
            f"For {few} too few were referred, or showing them would reveal too few "
            "elsewhere, to say how many."
        )
    entries.append(
        f"{sites.label_plural.capitalize()} stand in alphabetical order. They are not "
        "ranked, because a count of referrals is a count of what was seen."
    )
    return Section(
        title="Main points",
        blocks=(Callout("finding", f"{words}.", tuple(entries)),),
    )


def _sites(trial: TrialData, found: BoroughRelease) -> Iterator[Block]:
    """Show all sites: table, funnel and tiles."""
    yield Paragraph(
        "All referrals are counted, whether or not the family joined the trial."
    )
    yield sites_table(trial, found)
    places = published_funnel(found)
    if places is not None:
        yield funnel_figure(trial.protocol, found, places)
    yield Callout("note", READING)
    yield tile_figure(trial, found)


def _sources(trial: TrialData, found: BoroughRelease, name: str) -> Section:
    """Show where referrals came from, all sites together."""
    plural = trial.protocol.sites.label_plural
    return Section(
        title="Where referrals come from",
        slug="sources",
        blocks=(
            Paragraph(
                f"All {plural} together. Referrals by source are not shown for one "
                f"{trial.protocol.sites.label}: almost every count would be hidden."
            ),
            counts_table(
                found,
                name,
                name=name,
                caption=f"Referrals by source, all {plural} together, {found.span}",
                heading="Source of referral",
                notes=(found.groups,) if found.groups else (),
            ),
        ),
    )


def _rings(found: BoroughRelease) -> Section:
    """Show inner and outer London."""
    return Section(
        title="Inner and outer London",
        slug="rings",
        blocks=(
            counts_table(
                found,
                RINGS,
                name=RINGS,
                caption=f"Referrals in inner and outer London, {found.span}",
                heading="Part of London",
            ),
        ),
    )
