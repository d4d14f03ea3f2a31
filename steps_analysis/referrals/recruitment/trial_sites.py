"""What has each site of a trial recruited, and for how long was it open?"""

from __future__ import annotations

from datetime import date
from typing import Protocol

import numpy as np
import pandas as pd

from steps_analysis.errors import ArgumentError, DataError, refusal
from steps_analysis.protocol import DAYS_PER_MONTH
from steps_analysis.referrals.recruitment.forecast import (
    ParameterMethod,
    RecruitmentForecast,
    recruitment_forecast,
)
from steps_analysis.referrals.referral_data import read_day


class RecruitmentData(Protocol):
    """
    The tables of a trial that hold its recruitment; `TrialData` has them.

    Attributes
    ----------
    participants
        One row per participant, as in ``participants.csv``, or None.
    sites
        One row per site, as in ``sites.csv``, or None.
    extract_date
        Last day on which the records are complete.
    """

    @property
    def participants(self) -> pd.DataFrame | None:
        """
        Table of participants.

        Returns
        -------
        pandas.DataFrame or None
            ``site``, ``randomisation_date`` and, where known, ``family_id``.
        """

    @property
    def sites(self) -> pd.DataFrame | None:
        """
        Table of sites.

        Returns
        -------
        pandas.DataFrame or None
            ``site``, ``opened_date`` and, where known, ``closed_date``.
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


def site_recruitment(
    trial: RecruitmentData, *, on: date | str | None = None
) -> pd.DataFrame:
    """
    Count what each site has recruited by a day, and the months it was open.

    Parameters
    ----------
    trial
        The trial's tables; no arm is read.
    on
        The day; the extract date if not given. It counts as a whole day.

    Returns
    -------
    pandas.DataFrame
        By site, in alphabetical order: ``recruited`` (families, each on the day of its
        first child), ``months_open`` so far, and the months from now at which it
        ``opens`` and ``closes``, infinite where no day is known for the latter.

    Raises
    ------
    DataError
        If a table or a day is missing, a site is unknown, or families were randomised
        before their site had opened.
    ArgumentError
        If `on` is no date, or after the extract date.

    Notes
    -----
    A site without an opening day that has recruited nobody is taken not to join, and
    left out. Closing days that lie ahead are those planned. A month is 365.25 / 12
    days.

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> days = pd.to_datetime(["2014-01-10", "2014-02-10"])
    >>> trial = SimpleNamespace(
    ...     participants=pd.DataFrame({"site": ["X", "X"], "randomisation_date": days}),
    ...     sites=pd.DataFrame({"site": ["X"],
    ...                         "opened_date": pd.to_datetime(["2014-01-01"])}),
    ...     extract_date=date(2014, 12, 31))
    >>> site_recruitment(trial, on="2014-01-31")["recruited"].tolist()
    [1]
    """
    day = _day(trial, on)
    sites = _table(trial.sites, "sites", ("site", "opened_date"))
    sites = sites.drop_duplicates("site").sort_values("site").set_index("site")
    people = _families(trial, day)
    if n_unknown := int((~people["site"].isin(sites.index)).sum()):
        raise DataError(
            refusal("site", "be among the sites", f"{n_unknown} rows that are not")
        )
    recruited = people["site"].value_counts().reindex(sites.index, fill_value=0)
    opened = pd.to_datetime(sites["opened_date"])
    if n_undated := int((opened.isna() & (recruited > 0)).sum()):
        rule = "be known of every site that has recruited"
        raise DataError(refusal("opened_date", rule, f"{n_undated} missing"))
    joins = opened.notna().to_numpy()
    sites, recruited, opened = sites[joins], recruited[joins], opened[joins]
    closed = pd.to_datetime(sites.get("closed_date", pd.Series(index=sites.index)))
    until = closed.where(closed < day, day)  # a missing closing day compares as later
    months_open = ((until - opened).dt.days + 1).clip(lower=0) / DAYS_PER_MONTH
    if n_early := int(recruited[months_open == 0].sum()):
        rule = "not come after the first family of the site"
        raise DataError(refusal("opened_date", rule, f"{n_early} families before it"))
    closes = ((closed - day).dt.days / DAYS_PER_MONTH).fillna(np.inf)
    return pd.DataFrame(
        {
            "recruited": recruited.astype("int64"),
            "months_open": months_open,
            "opens": ((opened - day).dt.days - 1) / DAYS_PER_MONTH,
            "closes": closes,
        }
    )


def trial_recruitment_forecast(
    trial: RecruitmentData,
    *,
    by: date | str,
    target: int | None = None,
    on: date | str | None = None,
    parameters: ParameterMethod = "integrated",
    level: float = 0.95,
) -> RecruitmentForecast:
    """
    Forecast the recruitment of a trial from its tables.

    Parameters
    ----------
    trial
        The trial's tables; no arm is read.
    by
        The day for which the number recruited is forecast, not before `on`.
    target
        How many families are wanted in all.
    on
        The day of the forecast; the extract date if not given.
    parameters, level
        As for `recruitment_forecast`.

    Returns
    -------
    RecruitmentForecast
        The forecast, with `on`, so that its months have days.

    Raises
    ------
    DataError
        If the tables break the rules of `site_recruitment`, or no site has an opening
        day.
    ArgumentError
        If an option breaks its rule.

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> days = pd.to_datetime(["2014-01-10", "2014-02-10"])
    >>> trial = SimpleNamespace(
    ...     participants=pd.DataFrame({"site": ["X", "X"], "randomisation_date": days}),
    ...     sites=pd.DataFrame({"site": ["X"],
    ...                         "opened_date": pd.to_datetime(["2014-01-01"])}),
    ...     extract_date=date(2014, 2, 28))
    >>> forecast = trial_recruitment_forecast(trial, by="2014-06-30", target=2)
    >>> forecast.day_after(forecast.months_to_target.value)
    datetime.date(2014, 2, 28)
    """
    day, then = _day(trial, on), read_day("by", by)
    if then < day:
        rule = f"not come before the day of the forecast, {day.date()}"
        raise ArgumentError(refusal("by", rule, str(then.date())))
    sites = site_recruitment(trial, on=day)
    if sites.empty:
        raise DataError(refusal("opened_date", "be known of a site", "none"))
    return recruitment_forecast(
        sites["recruited"],
        sites["months_open"],
        by=(then - day).days / DAYS_PER_MONTH,
        target=target,
        opens=sites["opens"],
        closes=sites["closes"],
        parameters=parameters,
        level=level,
        on=day.date(),
    )


def _day(trial: RecruitmentData, on: date | str | None) -> pd.Timestamp:
    """Give the day asked, no later than the extract date."""
    extract = pd.Timestamp(trial.extract_date).normalize()
    day = extract if on is None else read_day("on", on)
    if day > extract:
        rule = f"not come after the extract date, {extract.date()}"
        raise ArgumentError(refusal("on", rule, str(day.date())))
    return day


def _table(
    table: pd.DataFrame | None, name: str, columns: tuple[str, ...]
) -> pd.DataFrame:
    """Take a table with some columns, or refuse."""
    if table is None:
        raise DataError(refusal(name, "be among the trial's tables", "none"))
    for column in columns:
        if column not in table:
            raise DataError(refusal(name, f"have a column {column!r}", "none"))
    return table


def _families(trial: RecruitmentData, day: pd.Timestamp) -> pd.DataFrame:
    """Take the first child of each family, of those randomised by a day."""
    columns = ("site", "randomisation_date")
    people = _table(trial.participants, "participants", columns)
    dates = pd.to_datetime(people["randomisation_date"])
    if n_missing := int(dates.isna().sum()):
        rule = "have no missing date"
        raise DataError(refusal("randomisation_date", rule, f"{n_missing} missing"))
    people = people.assign(day=dates)[dates <= day].sort_values("day", kind="stable")
    if "family_id" not in people:
        return people
    family = people["family_id"]
    return people[family.isna() | ~family.duplicated()]
