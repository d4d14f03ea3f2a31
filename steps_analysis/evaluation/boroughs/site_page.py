"""One site's page of the public edition: its referrals, in plain words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from steps_analysis.disclosure import TOTAL
from steps_analysis.estimates import Estimate
from steps_analysis.evaluation.boroughs.exhibits import FROM_PUBLISHED
from steps_analysis.evaluation.boroughs.explained import (
    limits_section,
    protection_section,
    where_else,
)
from steps_analysis.evaluation.boroughs.linking import SITES
from steps_analysis.evaluation.boroughs.overview import facts
from steps_analysis.evaluation.boroughs.reading import published_rate
from steps_analysis.evaluation.boroughs.released import BoroughRelease
from steps_analysis.evaluation.boroughs.section import covered, population_note
from steps_analysis.evaluation.boroughs.wording import (
    IDENTIFICATION,
    RATE_UNIT,
    children,
    count_in_words,
    place_in_words,
    rate_in_words,
)
from steps_analysis.reporting.blocks import Block, Callout, Column, Figure, Table
from steps_analysis.reporting.cells import Cell
from steps_analysis.reporting.document import Document, Section
from steps_analysis.reporting.drawings import Interval, Intervals
from steps_analysis.reporting.markers import Marker
from steps_analysis.trial_data import TrialData


def site_page(
    trial: TrialData, found: BoroughRelease, site: str, *, places: Mapping[str, str]
) -> Document:
    """
    Write one site's page of the public edition.

    Parameters
    ----------
    trial
        The trial.
    found
        Its release.
    site
        The site.
    places
        Where each site lies in the funnel, as `positions` says.

    Returns
    -------
    Document
        Main points, referrals by period with rates, protection, limits.
    """
    protocol = trial.protocol
    return Document(
        title=f"{site}: referrals",
        subtitle=f"Children referred for harmful sexual behaviour, {found.span}",
        sections=(
            _summary(trial, found, site, places),
            _over_time(trial, found, site),
            protection_section(found, protocol),
            limits_section(trial, found, has_limits=site in places),
        ),
        stamp=trial.stamp or "",
        meta=facts(trial, found) | {"Population": children(found, site)},
        related={f"All {protocol.sites.label_plural}": "../../index.html"},
    )


def _summary(
    trial: TrialData, found: BoroughRelease, site: str, places: Mapping[str, str]
) -> Section:
    """Say what there is to say in a few sentences."""
    number = count_in_words(found, site, found.whole)
    if number.startswith("too few"):
        words = (
            f"In {covered(found)}, too few children were referred from {site} for "
            "harmful sexual behaviour to say how many."
        )
    else:
        verb = "was" if number.startswith(("no ", "1 ")) else "were"
        words = (
            f"In {covered(found)}, there {verb} {number} of a child from {site} for "
            "harmful sexual behaviour."
        )
    rate = rate_in_words(found, site, found.whole)
    entries = [f"That is {rate}."] if rate else []
    entries.append(place_in_words(found, site, places, trial.protocol))
    if IDENTIFICATION not in entries[-1]:
        entries.append(IDENTIFICATION)
    return Section(
        title="Main points", blocks=(Callout("finding", words, tuple(entries)),)
    )


def _over_time(trial: TrialData, found: BoroughRelease, site: str) -> Section:
    """Show the site's counts and rates by period, beside those of all sites."""
    blocks: list[Block] = [_table(trial, found, site)]
    figure = _figure(trial, found, site)
    if figure is not None:
        blocks.append(figure)
    blocks.append(where_else(trial.protocol.sites.label))
    return Section(title="Referrals over time", slug="time", blocks=tuple(blocks))


def _columns(found: BoroughRelease) -> Iterator[str]:
    """List the periods of the release, and the whole where there are several."""
    yield from (one.label for one in found.stretches)
    if len(found.stretches) > 1:
        yield TOTAL


def _table(trial: TrialData, found: BoroughRelease, site: str) -> Table:
    """Write counts and rates by period."""
    plural = trial.protocol.sites.label_plural
    has_others = len(found.population) > 1
    columns = [
        Column(key="period", heading="Financial years"),
        Column(key="referrals", heading=f"Referrals, {site}"),
        Column(key="rate", heading=f"Rate, {site}", decimals=1, unit=RATE_UNIT),
    ]
    if has_others:
        columns.append(
            Column(
                key="rate_all",
                heading=f"Rate, all {plural}",
                decimals=1,
                unit=RATE_UNIT,
            )
        )
    rows = []
    for column in _columns(found):
        row: list[Cell] = [
            "All years" if column == TOTAL else column,
            _printed(found, site, column),
            published_rate(found, site, column),
        ]
        if has_others:
            row.append(published_rate(found, TOTAL, column))
        rows.append(tuple(row))
    return Table(
        name="referrals",
        caption=f"Referrals from {site}, {found.span}",
        columns=tuple(columns),
        rows=tuple(rows),
        notes=(
            *found.rounding,
            FROM_PUBLISHED,
            *population_note(trial, trial.protocol),
            "Where there are few referrals, they are too few to tell a change from "
            "chance.",
        ),
        breakdown="site",
        audit=found.audit,
    )


def _printed(found: BoroughRelease, site: str, column: str) -> int | Marker:
    """Give a count as printed."""
    value = found.printed(SITES, site, column)
    return Marker(value) if isinstance(value, str) else value


def _figure(trial: TrialData, found: BoroughRelease, site: str) -> Figure | None:
    """Draw the rates with their limits; None where none is shown."""
    plural = trial.protocol.sites.label_plural
    shown = [
        (column, given)
        for column in _columns(found)
        if isinstance(given := published_rate(found, site, column), Estimate)
    ]
    if not shown:
        return None
    hidden = [one.label for one in found.stretches if one.label not in dict(shown)]
    everyone = published_rate(found, found.everyone, found.whole)
    notes = [f"Hidden, because too few to say: {', '.join(hidden)}."] if hidden else []
    if isinstance(everyone, Estimate) and len(found.population) > 1:
        notes.append(f"The line is the rate of all {plural} together over all years.")
    return Figure(
        name="referral-rates",
        caption=f"Referral rate of {site} by period, with 95% confidence intervals",
        alt=(
            f"Rates of {site} for {len(shown)} periods with their intervals; the table "
            "has the same numbers."
        ),
        drawing=Intervals(
            rows=tuple(
                Interval(label="All years" if c == TOTAL else c, estimate=given)
                for c, given in shown
            ),
            x_label=f"Referrals {RATE_UNIT}",
            reference=(
                everyone.value
                if isinstance(everyone, Estimate) and len(found.population) > 1
                else None
            ),
            decimals=1,
        ),
        notes=tuple(notes),
        breakdown="site",
        audit=found.audit,
    )
