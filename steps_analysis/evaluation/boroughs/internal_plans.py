"""How many referrals may come next, and can the services take them?"""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from steps_analysis.evaluation.boroughs.internal_volumes import Volumes
from steps_analysis.referrals import (
    RecruitmentForecast,
    caseload_capacity,
    recruitment_forecast,
)
from steps_analysis.reporting.blocks import Block, Items, Paragraph
from steps_analysis.reporting.document import Section
from steps_analysis.reporting.numerals import number
from steps_analysis.reporting.words import quantity
from steps_analysis.trial_data import TrialData

AHEAD = 12  # months
# Families one therapist sees at a time: recalled, so printed as illustrative.
FAMILIES_PER_THERAPIST = (3, 4)


def referral_forecast(counted: Volumes) -> RecruitmentForecast:
    """
    Forecast the referrals of all sites from their counts so far.

    Parameters
    ----------
    counted
        Referrals of every site.

    Returns
    -------
    RecruitmentForecast
        For the next twelve months; each site's rate borrows from all.
    """
    totals = counted.counts.groupby("site")["referrals"].sum()
    months = pd.Series(float(len(counted.months)), index=totals.index)
    return recruitment_forecast(totals, months, by=AHEAD)


def plans_section(
    trial: TrialData, site: str, forecast: RecruitmentForecast
) -> Section:
    """
    Say what may come to a site in the next year, and what it can take.

    Parameters
    ----------
    trial
        The trial.
    site
        The site.
    forecast
        Of all sites, as `referral_forecast` makes it.

    Returns
    -------
    Section
        Referrals to be expected in a month, with an interval, and therapists.
    """
    blocks: list[Block] = [Items(tuple(_entries(trial, site, forecast)))]
    blocks.append(
        Paragraph(
            "The forecast takes the rate so far to go on unchanged. It foresees no new "
            "forum, no holidays and no change in what is noticed."
        )
    )
    return Section(title="Forecast and capacity", slug="plans", blocks=tuple(blocks))


def _entries(
    trial: TrialData, site: str, forecast: RecruitmentForecast
) -> Iterator[str]:
    """List what is known."""
    if forecast.recruited.not_estimable or site not in forecast.sites.index:
        yield "No forecast: there is nothing to go by yet."
    else:
        row = forecast.sites.loc[site]
        yield (
            f"Referrals to be expected: {number(float(row['rate']), 1)} a month "
            f"({number(float(row['lower']), 1)} to {number(float(row['upper']), 1)}), "
            f"about {number(AHEAD * float(row['rate']), 0)} in the next {AHEAD} months."
        )
    yield _capacity(trial, site)


def _capacity(trial: TrialData, site: str) -> str:
    """Say how many families the therapists of a site can see at a time."""
    sites = trial.need("sites")
    recorded = sites.get("therapists", pd.Series(dtype="float64"))[
        sites["site"] == site
    ]
    if recorded.dropna().empty:
        return "Capacity: the number of therapists is not recorded."
    n = int(recorded.iloc[0])
    low, high = FAMILIES_PER_THERAPIST
    least, most = (
        caseload_capacity(n, families_per_therapist=each) for each in (low, high)
    )
    return (
        f"Capacity: {quantity(n, 'therapist', 'therapists')}, who can see {least} to "
        f"{most} families at a time, at {low} to {high} each (illustrative)."
    )
