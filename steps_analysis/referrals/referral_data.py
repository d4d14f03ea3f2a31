"""What of a trial is needed to count its referrals."""

from __future__ import annotations

from datetime import date
from typing import Protocol

import pandas as pd

from steps_analysis.errors import ArgumentError, DataError, refusal


class ReferralData(Protocol):
    """
    The tables of a trial that hold its referrals; `TrialData` has them.

    Attributes
    ----------
    referrals
        One row per identification, as in ``referrals.csv``, or None.
    screening
        One row per referral screened, as in ``screening.csv``, or None.
    sites
        One row per site, as in ``sites.csv``, or None.
    extract_date
        Last day on which the records are complete.
    """

    @property
    def referrals(self) -> pd.DataFrame | None:
        """
        Table of referrals.

        Returns
        -------
        pandas.DataFrame or None
            ``referral_id``, ``site``, ``referral_date``, ``source`` and more.
        """

    @property
    def screening(self) -> pd.DataFrame | None:
        """
        Screening log.

        Returns
        -------
        pandas.DataFrame or None
            ``referral_id``, ``eligible`` and more.
        """

    @property
    def sites(self) -> pd.DataFrame | None:
        """
        Table of sites.

        Returns
        -------
        pandas.DataFrame or None
            ``site``, ``ring``, ``population_10_17`` and more.
        """

    @property
    def extract_date(self) -> date:
        """
        Last day on which the records are complete.

        Returns
        -------
        datetime.date
            A date or a timestamp.
        """


def referrals_of(trial: ReferralData) -> pd.DataFrame:
    """
    Take the referrals of a trial, or refuse one that has none.

    Parameters
    ----------
    trial
        The trial's tables.

    Returns
    -------
    pandas.DataFrame
        The referrals, each with a date and, where the trial lists its sites, one of
        those sites.

    Raises
    ------
    DataError
        If the table is absent, a date is missing or a site unknown.
    """
    table = trial.referrals
    if table is None:
        raise DataError(refusal("referrals", "be among the trial's tables", "none"))
    if n_missing := int(table["referral_date"].isna().sum()):
        rule = "have no missing date"
        raise DataError(refusal("referral_date", rule, f"{n_missing} missing"))
    if trial.sites is not None:
        n_unknown = int((~table["site"].isin(trial.sites["site"])).sum())
        if n_unknown:
            rule = "be among the sites"
            raise DataError(refusal("site", rule, f"{n_unknown} rows that are not"))
    return table


def sites_of(trial: ReferralData) -> pd.DataFrame:
    """
    Take the sites of a trial, or refuse one that does not list them.

    Parameters
    ----------
    trial
        The trial's tables.

    Returns
    -------
    pandas.DataFrame
        The sites in alphabetical order.

    Raises
    ------
    DataError
        If the table is absent.
    """
    if trial.sites is None:
        raise DataError(refusal("sites", "be among the trial's tables", "none"))
    return trial.sites.sort_values("site")


def counting_window(
    trial: ReferralData, start: date | str | None, end: date | str | None
) -> tuple[pd.Timestamp, pd.Timestamp] | None:
    """
    Find the first and the last day that is counted.

    Whole months round the referrals, whatever the period counted by, so that totals and
    person-years do not depend on it.

    Parameters
    ----------
    trial
        The trial's tables.
    start
        First day; the first of the month of the first referral if None.
    end
        Last day; the last of the month of the last referral if None, but no later than
        the extract date.

    Returns
    -------
    tuple of pandas.Timestamp, or None
        First and last day; None where a day is not given and there is no referral.

    Raises
    ------
    DataError
        If the referrals are needed and break the rules of `referrals_of`.
    ArgumentError
        If a day cannot be read, `end` is later than the extract date or earlier than
        `start`.
    """
    extract = pd.Timestamp(trial.extract_date).normalize()
    first = None if start is None else read_day("start", start)
    last = None if end is None else read_day("end", end)
    if first is None or last is None:
        dates = referrals_of(trial)["referral_date"]
        if dates.empty:
            return None
        first = first or dates.min().to_period("M").start_time
        last = last or min(dates.max().to_period("M").end_time.normalize(), extract)
    if last > extract:
        rule = f"not come after the extract date, {extract.date()}"
        raise ArgumentError(refusal("end", rule, str(last.date())))
    if last < first:
        rule = f"not come before the start, {first.date()}"
        raise ArgumentError(refusal("end", rule, str(last.date())))
    return first, last


def read_day(name: str, value: date | str) -> pd.Timestamp:
    """
    Read a day.

    Parameters
    ----------
    name
        What the option is called.
    value
        A date, or one written out.

    Returns
    -------
    pandas.Timestamp
        Its first moment.

    Raises
    ------
    ArgumentError
        If it is no date.

    Examples
    --------
    >>> read_day("start", "2014-03-31").day_name()
    'Monday'
    """
    try:
        day = pd.Timestamp(value)
    except (TypeError, ValueError):
        day = None
    if day is None or pd.isna(day):
        raise ArgumentError(refusal(name, "be a date such as 2014-03-31", value))
    return day.normalize()
