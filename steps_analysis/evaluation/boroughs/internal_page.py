"""One site's page of the internal edition: exact figures, for the staff alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from steps_analysis.evaluation.absences import not_open
from steps_analysis.evaluation.boroughs.internal_chart import monthly_chart
from steps_analysis.evaluation.boroughs.internal_pathway import pathway_section
from steps_analysis.evaluation.boroughs.internal_plans import plans_section
from steps_analysis.evaluation.boroughs.internal_volumes import (
    Volumes,
    month_words,
    sources_in_order,
)
from steps_analysis.evaluation.boroughs.wording import IDENTIFICATION, estimate_in_words
from steps_analysis.evaluation.forum_reviews_section import reviews_section
from steps_analysis.evaluation.forum_waits_section import waits_section
from steps_analysis.evaluation.internal_mark import (
    CONTROLLER_MARK,
    day_in_words,
    internal_stamp,
)
from steps_analysis.pathway import forum_diary
from steps_analysis.pathway.forum.site_meetings import sites_with_forum
from steps_analysis.protocol import Protocol
from steps_analysis.referrals import RecruitmentForecast
from steps_analysis.referrals.counting import NOT_RECORDED
from steps_analysis.reporting.blocks import Block, Callout, Column, Paragraph, Table
from steps_analysis.reporting.document import Document, Section
from steps_analysis.reporting.words import quantity
from steps_analysis.trial_data import TrialData

STAYS_INSIDE = (
    "This page holds exact small counts, and lists records of single children under "
    "pseudonymous numbers where reviews are due. It is for the staff of the data "
    "controller alone, and nothing in it may be published. It shows no arm, no "
    "treatment and no outcome, and depends on none."
)


def internal_page(
    trial: TrialData, counted: Volumes, forecast: RecruitmentForecast, site: str
) -> Document:
    """
    Write one site's page of the internal edition.

    Parameters
    ----------
    trial
        The trial, read as a commissioner.
    counted
        Referrals of every site, as `site_volumes` counts them.
    forecast
        Of all sites, as `referral_forecast` makes it.
    site
        The site.

    Returns
    -------
    Document
        Main points, months by source with their chart, pathway, forum, forecast.
    """
    return Document(
        title=f"{site}: referrals",
        subtitle=f"Referrals by month, {month_words(counted.months)}",
        sections=tuple(_sections(trial, counted, forecast, site)),
        stamp=internal_stamp(CONTROLLER_MARK, trial),
        edition="internal",
        meta=internal_facts(trial),
        related={f"All {trial.protocol.sites.label_plural}": "../../index.html"},
    )


def internal_facts(trial: TrialData) -> Mapping[str, str]:
    """
    Give the facts that stand below the title of every internal page.

    Parameters
    ----------
    trial
        The trial.

    Returns
    -------
    dict
        Trial, day of the extract, role, protocol.
    """
    return {
        "Trial": trial.protocol.trial.short_name,
        "Records complete to": day_in_words(trial.cutoff),
        "Read as": trial.role.replace("_", " "),
        "Protocol": f"version {trial.protocol.digest[:12]}",
    }


def _sections(
    trial: TrialData, counted: Volumes, forecast: RecruitmentForecast, site: str
) -> Iterator[Section]:
    """Give the sections in order."""
    yield _summary(trial, counted, site)
    yield Section(
        title="Referrals by month",
        slug="months",
        blocks=tuple(_months(trial, counted, site)),
    )
    yield pathway_section(trial, site)
    yield from _forum(trial, site)
    yield plans_section(trial, site, forecast)


def _summary(trial: TrialData, counted: Volumes, site: str) -> Section:
    """Say how many there were in the last year, and what that comes to."""
    n = int(counted.monthly(site).reindex(counted.last_year).sum())
    when = month_words(counted.last_year)
    found = quantity(n, "referral", "referrals")
    entries = [place_in_words(counted, site, trial.protocol)]
    estimate = counted.rate(site)
    if estimate is not None:
        entries.insert(0, f"That is {estimate_in_words(estimate)}.")
    else:
        entries.insert(0, "No rate is given: a population is not recorded.")
    return Section(
        title="Main points",
        blocks=(
            Callout("note", STAYS_INSIDE),
            Callout(
                "finding",
                f"{found} of a child from {site} for harmful sexual behaviour in "
                f"{when}.",
                tuple(entries),
            ),
        ),
    )


def place_in_words(counted: Volumes, site: str, protocol: Protocol) -> str:
    """
    Say where a site lies in the funnel of the last twelve months.

    Parameters
    ----------
    counted
        Referrals of every site.
    site
        The site.
    protocol
        The protocol: what it calls sites.

    Returns
    -------
    str
        One or two sentences, never a rank.
    """
    plural = protocol.sites.label_plural
    if counted.places is None:
        return f"There is nothing to compare it with: too few {plural}, or no rate."
    position = str(counted.places.points.loc[site, "position"])
    if position == "within":
        return f"That lies within the 95% limits around the rate of all {plural}."
    meaning = (
        IDENTIFICATION
        if position.startswith("above")
        else "Fewer referrals may mean that less is seen."
    )
    side, limit = position.split()
    where = f"{side} the {limit} limits around the rate of all {plural}"
    return f"That lies {where}. {meaning}"


def _months(trial: TrialData, counted: Volumes, site: str) -> Iterator[Block]:
    """Show the months: chart, then table by source."""
    yield from monthly_chart(counted.monthly(site), site)
    table = counted.by_source(site)
    codes = list(sources_in_order(table))
    label = trial.protocol.label
    names = [code if code == NOT_RECORDED else label(code, "source") for code in codes]
    yield Table(
        name="months",
        caption=f"Referrals from {site} by month and source",
        columns=(
            Column(key="month", heading="Month"),
            *(
                Column(key=code.replace(" ", "_"), heading=name[:1].upper() + name[1:])
                for code, name in zip(codes, names, strict=True)
            ),
            Column(key="all_sources", heading="All sources"),
        ),
        rows=tuple(
            (str(month), *(int(row[c]) for c in codes), int(row.sum()))
            for month, row in table.iterrows()
        ),
        notes=("Every referral is counted, eligible for the trial or not.",),
        breakdown="site",
    )


def _forum(trial: TrialData, site: str) -> Iterator[Section]:
    """Show waits for the forum and reviews due, where the site has one."""
    closed = not_open(trial, "sites")
    if closed is None and trial.protocol.forum is None:
        closed = "the protocol does not say how a forum works"
    if closed is None and site not in sites_with_forum(trial):
        closed = f"{site} has no forum"
    if closed:
        words = f"Waits and reviews are not shown: {closed}."
        yield Section(title="Forum", slug="forum", blocks=(Paragraph(words),))
        return
    diary = forum_diary(trial, site=site)
    yield waits_section(trial, diary)
    yield reviews_section(trial, diary)
