"""Which borough had how much of the change in which month?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal

import numpy as np
import pandas as pd

from steps_analysis.errors import ArgumentError, DataError, did_you_mean, refusal
from steps_analysis.estimates import FloatArray, IntArray
from steps_analysis.referrals.count_checks import check_pair
from steps_analysis.referrals.models.two_way import Panel

Shape = Literal["step", "ramp"]

DAYS_PER_MONTH = 365.25 / 12


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Series:
    """
    Counts of boroughs by months, and when each borough changed.

    Attributes
    ----------
    sites
        The boroughs in alphabetical order.
    months
        First days of the months.
    panel
        Counts and exposures.
    parts
        How much of the change each month has had under each start, shape
        (n_starts, n_months); a start nobody has is not among them.
    start
        Position of the start of each borough, shape (n_sites,); -1 for those unchanged.

    Examples
    --------
    >>> one = np.ones((2, 1, 2))
    >>> Series(sites=("A", "B"), months=pd.DatetimeIndex(["2014-01-01", "2014-02-01"]),
    ...        panel=Panel(events=one, exposure=one), parts=np.array([[0.0, 1.0]]),
    ...        start=np.array([0, -1])).part.tolist()
    [[0.0, 1.0], [0.0, 0.0]]
    """

    sites: tuple[str, ...]
    months: pd.DatetimeIndex
    panel: Panel
    parts: FloatArray
    start: IntArray

    @property
    def part(self) -> FloatArray:
        """How much of the change each borough-month has had, (n_sites, n_months)."""
        none = np.zeros((1, len(self.months)))
        return np.vstack([self.parts.reshape(-1, len(self.months)), none])[self.start]

    @property
    def changed(self) -> IntArray:
        """Positions of the boroughs that changed."""
        return np.flatnonzero(self.start >= 0)

    @property
    def controls(self) -> IntArray:
        """Positions of the boroughs that did not."""
        return np.flatnonzero(self.start < 0)

    def names(self, positions: IntArray) -> tuple[str, ...]:
        """
        Name boroughs.

        Parameters
        ----------
        positions
            Their positions.

        Returns
        -------
        tuple of str
            Their names, in the order of the positions.
        """
        return tuple(self.sites[i] for i in positions)


def read_series(
    table: pd.DataFrame,
    starts: Mapping[str, date | str | None],
    *,
    shape: Shape,
    ramp_months: int,
    stratum: str | None,
) -> Series:
    """
    Read counts of boroughs by months, and how much of the change each month has had.

    Parameters
    ----------
    table
        ``site``, ``period_start``, ``referrals``, ``person_years`` and, if named, the
        column `stratum`: one row for each borough, month and stratum.
    starts
        Borough to first day of the change; None, or absent, for no change. A start
        after the last month is no change yet.
    shape
        ``"step"`` or ``"ramp"``.
    ramp_months
        How long the ramp takes.
    stratum
        Column whose values have months and levels of their own, such as ``"source"``.

    Returns
    -------
    Series
        The counts as an array.

    Raises
    ------
    DataError
        If a column or a row is absent or repeated, months are not whole and in
        sequence, or counts or exposures break their rule.
    ArgumentError
        If `starts` names an unknown borough or holds no date.

    Examples
    --------
    A forum from the middle of a month of 30 days: half of that month has the change.

    >>> table = pd.DataFrame({"site": ["A", "A", "B", "B"], "referrals": [1, 2, 1, 1],
    ...     "period_start": pd.to_datetime(["2014-05-01", "2014-06-01"] * 2),
    ...     "person_years": 1e3})
    >>> series = read_series(table, {"A": "2014-06-16"}, shape="step", ramp_months=12,
    ...                      stratum=None)
    >>> series.part.tolist()
    [[0.0, 0.5], [0.0, 0.0]]
    """
    keys = ["site", *([stratum] if stratum else []), "period_start"]
    for column in (*keys, "referrals", "person_years"):
        if column not in table:
            hint = did_you_mean(column, map(str, table.columns))
            rule = f"have a column {column!r}"
            raise DataError(refusal("table", rule, "none", hint=hint))
    ordered = table.sort_values(keys, ignore_index=True)
    months = _months(ordered["period_start"])
    sites = tuple(map(str, pd.unique(ordered["site"])))
    n_strata = ordered[stratum].nunique() if stratum else 1
    dimensions = (len(sites), n_strata, len(months))
    is_complete = len(ordered) == np.prod(dimensions)
    if not is_complete or ordered.duplicated(keys).any():
        rule = f"have one row for each {', '.join(keys)}"
        got = f"{len(ordered)} rows for {' x '.join(map(str, dimensions))}"
        hint = "`volumes` keeps empty months; fill their exposure in, too"
        raise DataError(refusal("table", rule, got, hint=hint))
    events, exposure = check_pair(ordered["referrals"], ordered["person_years"])
    if not np.all(exposure > 0):
        got = f"{int(np.sum(exposure == 0))} of {len(exposure)} at 0"
        raise DataError(refusal("person_years", "be above 0", got))
    panel = Panel(
        events=events.reshape(dimensions), exposure=exposure.reshape(dimensions)
    )
    parts, start = _starts(starts, sites, months, shape, ramp_months)
    return Series(sites=sites, months=months, panel=panel, parts=parts, start=start)


def _months(column: pd.Series) -> pd.DatetimeIndex:
    """Refuse what are not the first days of whole months in sequence."""
    try:
        months = pd.DatetimeIndex(pd.to_datetime(column).unique()).sort_values()
    except (TypeError, ValueError):
        rule = "hold first days of months"
        raise DataError(refusal("period_start", rule, "something else")) from None
    if not len(months):
        raise DataError(refusal("table", "have at least one row", 0))
    wanted = pd.date_range(months[0].replace(day=1), periods=len(months), freq="MS")
    if months.hasnans or not months.equals(wanted):
        rule = "hold the first days of months, none left out"
        raise DataError(refusal("period_start", rule, "other days"))
    return months


def _starts(
    starts: Mapping[str, date | str | None],
    sites: tuple[str, ...],
    months: pd.DatetimeIndex,
    shape: Shape,
    ramp_months: int,
) -> tuple[FloatArray, IntArray]:
    """Give the part of the change by start and month, and each borough's start."""
    days: dict[str, pd.Timestamp] = {}
    for site, given in starts.items():
        if site not in sites:
            hint = did_you_mean(site, sites)
            raise ArgumentError(
                refusal("starts", "name boroughs of `table`", site, hint=hint)
            )
        day = _day(given)
        if not pd.isna(day) and day < months[-1] + pd.offsets.MonthBegin(1):
            days[site] = day
    distinct = sorted(set(days.values()))
    parts = [_part(day, months, shape, ramp_months) for day in distinct]
    start = [distinct.index(days[site]) if site in days else -1 for site in sites]
    return np.array(parts).reshape(len(distinct), len(months)), np.array(start)


def _day(given: date | str | None) -> pd.Timestamp:
    """Read one start."""
    try:
        return pd.Timestamp(given)  # type: ignore[arg-type]  # None becomes NaT
    except (TypeError, ValueError):
        raise ArgumentError(refusal("starts", "hold dates or None", given)) from None


def _part(
    day: pd.Timestamp, months: pd.DatetimeIndex, shape: Shape, ramp_months: int
) -> FloatArray:
    """Give the part of the change each month has had."""
    length = np.asarray(months.days_in_month, dtype=np.float64)
    to_end = np.asarray((months - day).days, dtype=np.float64) + length
    if shape == "step":
        return np.clip(to_end / length, 0.0, 1.0)
    middle = to_end - length / 2
    return np.clip(middle / DAYS_PER_MONTH / ramp_months, 0.0, 1.0)
