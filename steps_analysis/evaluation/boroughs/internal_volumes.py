"""How many referrals came to each site, month by month, as the records have them?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import pandas as pd

from steps_analysis.estimates import Estimate
from steps_analysis.evaluation.boroughs.reading import FEWEST_PLACES, PER
from steps_analysis.referrals import Funnel, exposure, funnel, rate, volumes
from steps_analysis.trial_data import TrialData

MONTHS_OF_A_YEAR = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Volumes:
    """
    Exact referrals by site, month and source, and their rates.

    Attributes
    ----------
    counts
        One row per month, site and source: ``period``, ``site``, ``source``,
        ``referrals``.
    person_years
        Site to person-years in the last 12 months; empty where populations are not
        recorded.
    places
        The funnel of the last 12 months; None with fewer than three sites, or where
        nothing can be compared.
    """

    counts: pd.DataFrame = field(repr=False)
    person_years: pd.Series[float] = field(repr=False)
    places: Funnel | None = field(repr=False)

    @property
    def months(self) -> list[str]:
        """The months, in order of time."""
        return [str(month) for month in self.counts["period"].unique()]

    @property
    def last_year(self) -> list[str]:
        """The last twelve months, or as many as there are."""
        return self.months[-MONTHS_OF_A_YEAR:]

    def monthly(self, site: str) -> pd.Series[int]:
        """
        Count the referrals of a site by month.

        Parameters
        ----------
        site
            The site.

        Returns
        -------
        pandas.Series
            Month to referrals, every month present.
        """
        own = self.counts[self.counts["site"] == site]
        return own.groupby("period", sort=False)["referrals"].sum()

    def by_source(self, site: str) -> pd.DataFrame:
        """
        Count the referrals of a site by month and source.

        Parameters
        ----------
        site
            The site.

        Returns
        -------
        pandas.DataFrame
            Months in rows, sources in columns.
        """
        own = self.counts[self.counts["site"] == site]
        return own.pivot_table(
            index="period", columns="source", values="referrals", aggfunc="sum"
        )

    def rate(self, site: str) -> Estimate | None:
        """
        Give the rate of a site in the last twelve months.

        Parameters
        ----------
        site
            The site.

        Returns
        -------
        Estimate or None
            The yearly rate with Byar's limits; None where its population is not
            recorded.
        """
        if site not in self.person_years:
            return None
        events = int(self.monthly(site).reindex(self.last_year).sum())
        amount = float(self.person_years[site])
        return rate(events, amount, per=PER, method="byar")


def site_volumes(trial: TrialData) -> Volumes:
    """
    Count the referrals of every site, month and source.

    Parameters
    ----------
    trial
        The trial; needs ``referrals`` and ``sites``.

    Returns
    -------
    Volumes
        Whole months from the first referral to the last; the months after the last
        referral, to the extract date, are zeros only if the records go on.

    Raises
    ------
    DataError
        If a date is missing or a site unknown.
    """
    by = ["site", "source"] if "source" in trial.need("referrals") else ["site"]
    counts = volumes(trial, by=by, period="month")
    if "source" not in counts:
        counts = counts.assign(source="not recorded")
    months = list(counts["period"].unique())[-MONTHS_OF_A_YEAR:]
    amounts = pd.Series(dtype="float64")
    if _has_populations(trial):
        table = exposure(trial, period="month")
        table = table[table["period"].isin(months)]
        amounts = table.groupby("site")["person_years"].sum()
    recent = counts[counts["period"].isin(months)]
    events = recent.groupby("site")["referrals"].sum().reindex(amounts.index)
    places = None
    if len(amounts) >= FEWEST_PLACES:
        found = funnel(events.astype("int64"), amounts, per=PER)
        places = None if found.not_estimable else found
    return Volumes(counts=counts, person_years=amounts, places=places)


def _has_populations(trial: TrialData) -> bool:
    """Say whether every site has a population to divide by."""
    sites = trial.need("sites")
    if "population_10_17" not in sites:
        return False
    return bool((sites["population_10_17"].astype("float64") > 0).all())


def month_words(months: list[str]) -> str:
    """
    Say which stretch some months make.

    Parameters
    ----------
    months
        Months such as ``"2014-03"``, in order, at least one.

    Returns
    -------
    str
        Such as ``"April 2013 to March 2014"``.

    Examples
    --------
    >>> month_words(["2013-04", "2014-03"]), month_words(["2014-03"])
    ('April 2013 to March 2014', 'March 2014')
    """
    ends = [f"{pd.Timestamp(f'{month}-01'):%B %Y}" for month in (months[0], months[-1])]
    return " to ".join(dict.fromkeys(ends))


def sources_in_order(table: pd.DataFrame) -> Iterator[str]:
    """
    List the sources of a table, in alphabetical order.

    Parameters
    ----------
    table
        As `Volumes.by_source` gives it.

    Yields
    ------
    str
        Codes.
    """
    yield from sorted(map(str, table.columns))
