"""How many referrals came from where and when, out of how many person-years."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import numpy as np
import pandas as pd

from steps_analysis.errors import ArgumentError, DataError, did_you_mean, refusal
from steps_analysis.referrals.periods import Period, period_starts, period_table
from steps_analysis.referrals.referral_data import (
    ReferralData,
    counting_window,
    referrals_of,
    sites_of,
)

DAYS_PER_YEAR = 365.25

NOT_RECORDED = "not recorded"

_OF_SITES = ("site", "ring")
_OF_CHILDREN = ("referral_id", "family_id")  # would give one group per child


def volumes(
    trial: ReferralData,
    *,
    by: str | Sequence[str] = "site",
    period: Period = "month",
    start: date | str | None = None,
    end: date | str | None = None,
) -> pd.DataFrame:
    """
    Count referrals (identifications, eligible or not) per period and group.

    Every period, site and group has its row, also where nothing happened: a zero is a
    finding. Rows stand in the order of time, then of the alphabet, never of size.

    Parameters
    ----------
    trial
        The trial's tables.
    by
        What to count by: ``"site"``, ``"ring"``, and any column of the referrals
        (``"source"``) or of the screening log (``"eligible"``) that is neither an
        identifier nor a date. Empty for totals.
    period
        ``"month"``, calendar ``"quarter"`` or ``"year"``, or ``"financial_year"``
        (April to March).
    start
        First day counted; the first day of the month of the first referral if not
        given.
    end
        Last day counted; the last day of the month of the last referral if not given,
        but no later than the extract date.

    Returns
    -------
    pandas.DataFrame
        ``period``, ``period_start``, the columns of `by` as text, ``referrals``. A
        value that is missing is counted as ``"not recorded"``, so that groups always
        add up to their total.

    Raises
    ------
    DataError
        If a table that is needed is absent, a date is missing or a referral comes from
        a site that is not among the sites.
    ArgumentError
        If `by` or `period` is unknown, or `start` or `end` is no date, or out of order.

    Notes
    -----
    Exact counts, for the controller's own staff: by borough and month or quarter almost
    every count is 1 to 5, which is not for publication; see
    `steps_analysis.disclosure`. More referrals may mean better identification.

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> trial = SimpleNamespace(
    ...     referrals=pd.DataFrame({"referral_id": ["a", "b"], "site": ["X", "X"],
    ...         "referral_date": pd.to_datetime(["2014-01-05", "2014-03-07"])}),
    ...     screening=None, extract_date=pd.Timestamp("2014-12-31"),
    ...     sites=pd.DataFrame({"site": ["X", "Y"], "ring": ["inner", "outer"]}))
    >>> volumes(trial, by="site")[["period", "site", "referrals"]]
        period site  referrals
    0  2014-01    X          1
    1  2014-01    Y          0
    2  2014-02    X          0
    3  2014-02    Y          0
    4  2014-03    X          1
    5  2014-03    Y          0
    """
    rows = referrals_of(trial)
    groups = _check_groups(trial, by)
    window = counting_window(trial, start, end)
    if window is None:
        return _empty(groups, "referrals", "int64")
    grid = period_table(*window, period).drop(columns="days")
    dates = pd.to_datetime(rows["referral_date"])
    keyed = {"period_start": period_starts(dates, period)}
    words: dict[str, list[str]] = {}
    for name in groups:
        keyed[name], words[name] = _as_text(_column(trial, rows, name))
    for levels in _levels(trial, words):
        grid = grid.merge(levels, how="cross")
    keys = list(keyed)
    inside = dates.dt.normalize().between(*window)
    counts = pd.DataFrame(keyed)[inside].groupby(keys).size()
    table = grid.merge(counts.rename("referrals").reset_index(), how="left", on=keys)
    table["referrals"] = table["referrals"].fillna(0).astype("int64")
    return table[["period", *keys, "referrals"]]


def exposure(
    trial: ReferralData,
    *,
    by: str | Sequence[str] = "site",
    period: Period = "month",
    start: date | str | None = None,
    end: date | str | None = None,
) -> pd.DataFrame:
    """
    Give the person-years in which the referrals of `volumes` could arise.

    Parameters
    ----------
    trial
        The trial's tables.
    by
        ``"site"``, ``"ring"``, both, or empty for all sites together.
    period
        As for `volumes`.
    start, end
        As for `volumes`, with the same defaults.

    Returns
    -------
    pandas.DataFrame
        ``period``, ``period_start``, the columns of `by` as text, ``person_years``: the
        days counted in the period / 365.25 times the population aged 10 to 17. Merges
        with the table of `volumes` on the columns they share.

    Raises
    ------
    DataError
        If there are no sites, or the population of one is missing or not above 0.
    ArgumentError
        If `by` or `period` is unknown, or `start` or `end` is no date, or out of order.

    Notes
    -----
    A population counts for the whole stretch, whether or not the site had opened for
    the trial: identifications are recorded before a site opens, too. The first and the
    last period hold only the days between `start` and `end`.

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> trial = SimpleNamespace(referrals=None, screening=None,
    ...     sites=pd.DataFrame({"site": ["X"], "population_10_17": [36_525]}),
    ...     extract_date=pd.Timestamp("2014-12-31"))
    >>> table = exposure(trial, period="year", start="2014-01-01", end="2014-12-31")
    >>> table[["period", "site", "person_years"]]
      period site  person_years
    0   2014    X       36500.0
    """
    groups = [by] if isinstance(by, str) else list(by)
    for name in groups:
        if name not in _OF_SITES:
            hint = "populations are known by site: merge on site or ring"
            message = refusal("by", "be site, ring or both", name, hint=hint)
            raise ArgumentError(message)
    window = counting_window(trial, start, end)
    populations = _populations(trial, groups)
    if window is None:
        return _empty(groups, "person_years", "float64")
    table = period_table(*window, period).merge(populations, how="cross")
    table["person_years"] = table["days"] / DAYS_PER_YEAR * table["population_10_17"]
    return table[["period", "period_start", *groups, "person_years"]]


def _check_groups(trial: ReferralData, by: str | Sequence[str]) -> list[str]:
    """Refuse groups that no table knows, or that would single out a child."""
    groups = [by] if isinstance(by, str) else list(by)
    known = {"ring"} if trial.sites is not None and "ring" in trial.sites else set()
    for table in (trial.referrals, trial.screening):
        known |= set() if table is None else set(map(str, table.columns))
    known = {n for n in known if n not in _OF_CHILDREN and not n.endswith("_date")}
    for name in groups:
        if name not in known:
            rule = f"be among {', '.join(sorted(known))}"
            hint = did_you_mean(name, known)
            raise ArgumentError(refusal("by", rule, name, hint=hint))
    if len(set(groups)) < len(groups):
        raise ArgumentError(refusal("by", "name each column once", groups))
    return groups


def _column(trial: ReferralData, rows: pd.DataFrame, name: str) -> pd.Series:
    """Find a group's column among the referrals, the sites or the screening log."""
    if name in rows:
        return rows[name]
    if name == "ring":
        return rows["site"].map(sites_of(trial).set_index("site")["ring"])
    assert trial.screening is not None  # `_check_groups` found the column there
    return rows["referral_id"].map(trial.screening.set_index("referral_id")[name])


def _as_text(column: pd.Series) -> tuple[pd.Series, list[str]]:
    """Turn a column into words, and list the words in order, missing ones last."""
    if isinstance(column.dtype, pd.CategoricalDtype):
        codes, values = np.asarray(column.cat.codes), column.cat.categories
    else:
        codes, values = pd.factorize(column, sort=True)
    words = [_word(value) for value in values]
    text = np.array([*words, NOT_RECORDED], dtype=object)[codes]  # a missing code is -1
    missing = [NOT_RECORDED] if (codes < 0).any() else []
    return pd.Series(text, index=column.index), words + missing


def _word(value: object) -> str:
    """Write one value: yes and no for truth values, 12 for 12.0."""
    if isinstance(value, bool | np.bool_):
        return "yes" if value else "no"
    return f"{value:g}" if isinstance(value, float | np.floating) else str(value)


def _levels(trial: ReferralData, words: dict[str, list[str]]) -> list[pd.DataFrame]:
    """List what must have a row: every site, with its own ring only, and every word."""
    of_sites = [name for name in words if name in _OF_SITES]
    parts = []
    if of_sites and trial.sites is not None:
        sites = sites_of(trial)
        units = pd.DataFrame({name: _as_text(sites[name])[0] for name in of_sites})
        parts = [units.drop_duplicates().sort_values(of_sites)]
    elif of_sites:
        parts = [pd.DataFrame({"site": words["site"]})]
    others = [name for name in words if name not in of_sites]
    return parts + [pd.DataFrame({name: words[name]}) for name in others]


def _populations(trial: ReferralData, groups: list[str]) -> pd.DataFrame:
    """Add up the populations of the sites in each group."""
    sites = sites_of(trial)
    for name in ("population_10_17", *groups):
        if name not in sites:
            hint = "without it, give counts and no rates"
            raise DataError(
                refusal("sites", f"have a column {name!r}", "none", hint=hint)
            )
    population = sites["population_10_17"].astype("float64")
    if n_wrong := int((~(population > 0)).sum()):
        rule = "be known, and above 0, for every site"
        value = f"{n_wrong} of {len(population)} that are not"
        raise DataError(refusal("population_10_17", rule, value))
    if not groups:
        return pd.DataFrame({"population_10_17": [population.sum()]})
    units = {name: _as_text(sites[name])[0] for name in groups}
    return (
        population.groupby(list(units.values())).sum().rename_axis(groups).reset_index()
    )


def _empty(groups: list[str], value: str, dtype: str) -> pd.DataFrame:
    """Give the table of a trial with no referral and no dates to count between."""
    columns = {"period": "object", "period_start": "datetime64[ns]"}
    columns |= dict.fromkeys(groups, "object") | {value: dtype}
    return pd.DataFrame({name: pd.Series(dtype=kind) for name, kind in columns.items()})
