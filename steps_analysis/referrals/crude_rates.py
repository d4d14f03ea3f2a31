"""How many events there are per 10,000, and between which limits."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from steps_analysis.errors import DataError, did_you_mean, refusal
from steps_analysis.estimates import Estimate, check_level
from steps_analysis.referrals.count_checks import check_pair, check_positive
from steps_analysis.referrals.count_limits import LimitMethod, count_limits

NO_EXPOSURE = "there is no exposure"


def rate(
    events: int,
    exposure: float,
    *,
    per: float = 10_000,
    method: LimitMethod = "byar",
    level: float = 0.95,
) -> Estimate:
    """
    Estimate a rate with its confidence limits.

    Parameters
    ----------
    events
        How many events there were; a whole number, at least 0.
    exposure
        Person-years (or population) in which they happened; 0 only without events.
    per
        What the rate is expressed for: 10,000 persons by default.
    method
        Limits of the count: ``"byar"``, ``"exact"``, or ``"ohid"`` (exact below 10
        events, Byar from 10 on); see `count_limits`.
    level
        Confidence level, in (0, 1).

    Returns
    -------
    Estimate
        The rate; `n` is the number of events. Not estimable without exposure.

    Raises
    ------
    DataError
        If `events` is not a count, `exposure` is negative or missing, or there are
        events without exposure.
    ArgumentError
        If `per`, `method` or `level` breaks its rule.

    Notes
    -----
    Few events make wide limits, and that is the finding: "too few to tell".
    A rate of referrals says how much is identified, not how much harm there is.

    References
    ----------
    .. [1] Breslow, N. E. and Day, N. E. (1987), Statistical Methods in Cancer Research,
       volume II, IARC, section 2.3.

    Examples
    --------
    Nine referrals in 20,000 person-years:

    >>> estimate = rate(9, 20_000)
    >>> estimate.value
    4.5
    """
    check_positive("per", per)
    counts, amounts = check_pair(events, exposure)
    if counts.ndim:
        hint = "for many places at once there is `rates`"
        raise DataError(refusal("events", "be one number", "an array", hint=hint))
    n, unit = int(counts), f"per {per:,g}"
    lower, upper = count_limits(counts, method=method, level=level)
    name = f"Poisson count, {_METHOD_NAMES[method]} limits"
    if amounts == 0:
        return Estimate.missing(
            "rate", NO_EXPOSURE, n=n, level=level, unit=unit, method=name
        )
    scale = per / float(amounts)
    return Estimate(
        measure="rate",
        value=n * scale,
        lower=float(lower) * scale,
        upper=float(upper) * scale,
        level=level,
        unit=unit,
        n=n,
        method=name,
        r_call=_r_call(n, float(amounts), per=per, method=method, level=level),
    )


def rates(
    table: pd.DataFrame,
    *,
    by: str | Sequence[str] = "site",
    events: str = "referrals",
    exposure: str = "person_years",
    per: float = 10_000,
    method: LimitMethod = "byar",
    level: float = 0.95,
) -> pd.DataFrame:
    """
    Give the rate of every group of a table, with limits.

    Rows stand in the alphabetical order of their group, never in the order of the
    rates.

    Parameters
    ----------
    table
        One row per cell, with its events and exposure, such as `volumes` joined to
        `exposure` on site and period.
    by
        Column or columns that make a group; their cells are added up.
    events
        Column of counts.
    exposure
        Column of person-years.
    per
        What the rates are expressed for.
    method
        Limits of the count; see `count_limits`.
    level
        Confidence level, in (0, 1).

    Returns
    -------
    pandas.DataFrame
        One row per group: the columns of `by`, events, exposure, ``rate``, ``lower``,
        ``upper``. A group without exposure has NaN in the last three.

    Raises
    ------
    DataError
        If a column is absent, or events and exposure break the rules of `rate`.
    ArgumentError
        If `per`, `method` or `level` breaks its rule.

    Examples
    --------
    >>> table = pd.DataFrame({"site": ["B", "A", "A"], "referrals": [5, 1, 2],
    ...                       "person_years": [1e4, 5e3, 5e3]})
    >>> rates(table)[["site", "referrals", "rate"]]
      site  referrals  rate
    0    A          3   3.0
    1    B          5   5.0
    """
    check_positive("per", per)
    check_level(level)
    groups = [by] if isinstance(by, str) else list(by)
    for column in (*groups, events, exposure):
        if column not in table:
            hint = did_you_mean(column, map(str, table.columns))
            raise DataError(
                refusal("table", f"have a column {column!r}", "none", hint=hint)
            )
    check_pair(table[events], table[exposure])
    result = table.groupby(groups, observed=True, sort=True, dropna=False)[
        [events, exposure]
    ].sum()
    lower, upper = count_limits(result[events], method=method, level=level)
    amounts = result[exposure].to_numpy(dtype=float)
    scale = np.divide(
        per, amounts, out=np.full(len(amounts), np.nan), where=amounts > 0
    )
    result["rate"], result["lower"], result["upper"] = (
        result[events] * scale,
        lower * scale,
        upper * scale,
    )
    return result.reset_index()


_METHOD_NAMES = {
    "byar": "Byar",
    "exact": "exact",
    "ohid": "OHID (exact below 10, else Byar)",
}


def _r_call(
    events: int, exposure: float, *, per: float, method: str, level: float
) -> str:
    """Write the R call that gives the same limits."""
    if method == "exact":
        scale = f"{per:.15g} * " if per != 1 else ""
        return (
            f"{scale}poisson.test({events}, {exposure:.15g},"
            f" conf.level = {level:.15g})$conf.int"
        )
    package = "PHEindicatormethods"
    if method == "byar":
        limits = ", ".join(
            f"{package}:::byars_{side}({events}, {level:.15g})"
            for side in ("lower", "upper")
        )
        return f"c({limits}) * {per:.15g} / {exposure:.15g}"
    return (
        f"{package}::phe_rate(data.frame(x = {events}, n = {exposure:.15g}), x, n,"
        f" confidence = {level:.15g}, multiplier = {per:.15g})"
    )
