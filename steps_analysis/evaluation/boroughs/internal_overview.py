"""The overview of the internal edition: all sites, exactly, never ranked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from steps_analysis.evaluation.boroughs.exhibits import funnel_plot, limits_note
from steps_analysis.evaluation.boroughs.internal_page import (
    STAYS_INSIDE,
    internal_facts,
)
from steps_analysis.evaluation.boroughs.internal_volumes import Volumes, month_words
from steps_analysis.evaluation.boroughs.section import READING
from steps_analysis.evaluation.boroughs.wording import RATE_UNIT
from steps_analysis.evaluation.internal_mark import CONTROLLER_MARK, internal_stamp
from steps_analysis.referrals import RecruitmentForecast
from steps_analysis.reporting.blocks import (
    Block,
    Callout,
    Column,
    Figure,
    Paragraph,
    Table,
)
from steps_analysis.reporting.cells import NOT_AVAILABLE, Cell
from steps_analysis.reporting.document import Document, Section
from steps_analysis.reporting.numerals import number
from steps_analysis.trial_data import TrialData


def internal_overview(
    trial: TrialData,
    counted: Volumes,
    forecast: RecruitmentForecast,
    *,
    pages: Mapping[str, str],
) -> Document:
    """
    Write the overview of the internal edition.

    Parameters
    ----------
    trial
        The trial, read as a commissioner.
    counted
        Referrals of every site.
    forecast
        Of all sites.
    pages
        Site to the address of its page.

    Returns
    -------
    Document
        All sites in the last twelve months, and what may come.
    """
    sites = trial.protocol.sites
    return Document(
        title=f"Referrals by {sites.label}: internal edition",
        subtitle=f"Referrals by month, {month_words(counted.months)}",
        sections=tuple(_sections(trial, counted, forecast, list(pages))),
        stamp=internal_stamp(CONTROLLER_MARK, trial),
        edition="internal",
        meta=internal_facts(trial),
        related=pages,
    )


def _sections(
    trial: TrialData,
    counted: Volumes,
    forecast: RecruitmentForecast,
    sites: list[str],
) -> Iterator[Section]:
    """Give the sections in order."""
    plural = trial.protocol.sites.label_plural
    blocks: list[Block] = [_table(trial, counted, sites)]
    if counted.places is not None:
        blocks.append(_funnel(trial, counted))
    yield Section(
        title="About this report",
        slug="about",
        blocks=(Callout("note", STAYS_INSIDE),),
    )
    yield Section(
        title="The last twelve months",
        slug="year",
        blocks=(*blocks, Callout("note", READING)),
    )
    yield Section(
        title="What may come",
        slug="plans",
        blocks=(Paragraph(_expected(forecast, plural)),),
    )


def _table(trial: TrialData, counted: Volumes, sites: list[str]) -> Table:
    """Count the last twelve months of every site."""
    label = trial.protocol.sites.label
    rows: list[tuple[Cell, ...]] = []
    for site in sites:
        n = int(counted.monthly(site).reindex(counted.last_year).sum())
        rows.append((site, n, counted.rate(site) or NOT_AVAILABLE))
    return Table(
        name="last-year",
        caption=f"Referrals by {label}, {month_words(counted.last_year)}",
        columns=(
            Column(key="site", heading=label.capitalize()),
            Column(key="referrals", heading="Referrals"),
            Column(key="rate", heading="Rate", decimals=1, unit=RATE_UNIT),
        ),
        rows=tuple(rows),
        notes=("Rates have Byar's limits.",),
        breakdown="site",
    )


def _funnel(trial: TrialData, counted: Volumes) -> Figure:
    """Draw the funnel of the last twelve months."""
    assert counted.places is not None  # asked before
    places, plural = counted.places, trial.protocol.sites.label_plural
    return Figure(
        name="funnel",
        caption=f"Referral rate and size of {plural}, with 95% and 99.8% limits",
        alt=f"Funnel plot of {len(places.points)} {plural}, not ranked.",
        drawing=funnel_plot(
            places,
            target_label=f"All {plural}",
            x_label="Children aged 10 to 17, times years",
        ),
        notes=(limits_note(plural),),
        breakdown="site",
    )


def _expected(forecast: RecruitmentForecast, plural: str) -> str:
    """Say how many referrals all sites may see."""
    if forecast.recruited.not_estimable:
        return f"No forecast: {forecast.recruited.not_estimable}."
    so_far = int(forecast.sites["recruited"].sum())
    low, middle, high = (
        number(end - so_far, 0)
        for end in (
            forecast.recruited.lower,
            forecast.recruited.value,
            forecast.recruited.upper,
        )
    )
    return (
        f"If nothing changes, all {plural} together may see {middle} referrals in the "
        f"next {forecast.by_months:g} months ({low} to {high})."
    )
