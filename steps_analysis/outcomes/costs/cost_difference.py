"""How much more does one arm cost than the other, and in which sector?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from steps_analysis.errors import ArgumentError, DataError, refusal
from steps_analysis.estimates import Estimate, FloatArray, check_level
from steps_analysis.formulas import MissingPolicy
from steps_analysis.outcomes.columns import (
    LARGEST_SUM,
    Column,
    as_groups,
    as_times,
    check_choice,
)
from steps_analysis.outcomes.costs.resampling import caveat, resample, spread_reason
from steps_analysis.outcomes.doors import Read, read_columns
from steps_analysis.outcomes.scores.two_arms import TwoArms
from steps_analysis.randomness import check_seed

Interval = Literal["bca", "percentile"]
_INTERVALS = {"bca": "BCa", "percentile": "percentile"}


def cost_difference(  # noqa: PLR0913  # columns and options, each named as everywhere else
    cost: npt.ArrayLike | str,
    arm: npt.ArrayLike | None = None,
    *,
    cluster: npt.ArrayLike | str | None = None,
    interval: Interval = "bca",
    n_resamples: int = 5000,
    unit: str = "pounds",
    reference: object = None,
    level: float = 0.95,
    missing: MissingPolicy = "refuse",
    data: pd.DataFrame | None = None,
    seed: int,
) -> Estimate:
    """
    Estimate the difference in mean total cost between two arms.

    Parameters
    ----------
    cost
        Costs, shape (n,), at least 0; or a formula ``"cost ~ arm"`` with `data`.
    arm
        Arm labels, shape (n,); two of them.
    cluster
        Label of the participant, shape (n,), where one has several rows (sectors,
        periods): they are added up. None: one row each.
    interval
        ``"bca"`` (bias-corrected and accelerated) or ``"percentile"``.
    n_resamples
        Bootstrap resamples, at least 200.
    unit
        Unit of the costs.
    reference
        The arm compared with; by default the first in sorted order.
    level
        Confidence level, in (0, 1).
    missing
        ``"refuse"`` rows with missing values, or ``"drop"`` them and count them. A row
        dropped counts as no cost where others of the participant remain.
    data
        The table a formula speaks of; `cluster` may then be the name of a column.
    seed
        Whole number.

    Returns
    -------
    Estimate
        Difference of arithmetic means, arm minus reference: the budget holder's
        quantity, however skewed the costs. `standard_error` is that of the resamples.
        Not estimable with one arm, fewer than two participants in an arm, or costs that
        do not vary.

    Raises
    ------
    ArgumentError
        If an option is unknown or out of range, or there are more than two arms.
    DataError
        If the columns do not fit together, a cost is negative or missing, or a
        participant is in two arms.

    Notes
    -----
    Participants are drawn again within their arms [1]_. Not adjusted for anything.
    With few participants a bootstrap cannot show the tail that was not seen: `method`
    says so below 50 an arm.

    References
    ----------
    .. [1] Efron, B. and Tibshirani, R. J. (1993), An Introduction to the Bootstrap,
       chapters 8 and 14.
    .. [2] Barber, J. A. and Thompson, S. G. (2000), Statistics in Medicine 19,
       3219-3236.

    Examples
    --------
    >>> found = cost_difference([100.0, 200, 300, 500, 900], ["c"] * 3 + ["t"] * 2,
    ...                         seed=1)
    >>> found.value
    500.0
    """
    given = {"cost": cost, "arm": arm, "cluster": cluster}
    options = _Options(
        interval=interval,
        n_resamples=n_resamples,
        unit=unit,
        reference=reference,
        level=level,
        seed=seed,
    )
    read = _read(given, data, missing)
    return _difference(_totals(read, ("total",), None, options), 0, options, read)


def cost_difference_by_sector(  # noqa: PLR0913  # the parts of one question, each named as everywhere else
    cost: npt.ArrayLike | str,
    arm: npt.ArrayLike | None = None,
    sector: npt.ArrayLike | str | None = None,
    *,
    cluster: npt.ArrayLike | str,
    interval: Interval = "bca",
    n_resamples: int = 5000,
    unit: str = "pounds",
    reference: object = None,
    level: float = 0.95,
    data: pd.DataFrame | None = None,
    seed: int,
) -> dict[str, Estimate]:
    """
    Estimate the difference in mean cost between two arms, sector by sector.

    Parameters
    ----------
    cost
        Costs, shape (n,), at least 0, one row per participant and sector, or finer; or
        a formula ``"cost ~ arm"`` with `data`.
    arm
        Arm labels, shape (n,); two of them.
    sector
        Label of the sector that pays, shape (n,); with a formula perhaps the name of
        its column.
    cluster
        Label of the participant, shape (n,), or the name of its column.
    interval
        ``"bca"`` or ``"percentile"``.
    n_resamples
        Bootstrap resamples, at least 200.
    unit
        Unit of the costs.
    reference
        The arm compared with; by default the first in sorted order.
    level
        Confidence level, in (0, 1).
    data
        The table a formula speaks of.
    seed
        Whole number.

    Returns
    -------
    dict of str to Estimate
        ``"total"`` and every sector, whose values add up to the total. A participant
        without a row in a sector cost it nothing. The same resamples serve all.

    Raises
    ------
    ArgumentError
        If an option is unknown or out of range, there are more than two arms, or a
        sector is called total.
    DataError
        If the columns do not fit together, a cost is negative or missing, or a
        participant is in two arms.

    Notes
    -----
    As `cost_difference`; limits of sectors do not add up.

    References
    ----------
    .. [1] Barber, J. A. and Thompson, S. G. (2000), Statistics in Medicine 19,
       3219-3236.

    Examples
    --------
    >>> found = cost_difference_by_sector(
    ...     [10.0, 5, 20, 40, 60], ["c", "c", "c", "t", "t"],
    ...     ["health", "justice", "health", "health", "justice"],
    ...     cluster=[1, 1, 2, 3, 4], seed=1)
    >>> {name: one.value for name, one in found.items()}
    {'total': 32.5, 'health': 5.0, 'justice': 27.5}
    """
    options = _Options(
        interval=interval,
        n_resamples=n_resamples,
        unit=unit,
        reference=reference,
        level=level,
        seed=seed,
    )
    given = {"cost": cost, "arm": arm, "sector": sector, "cluster": cluster}
    if sector is None:
        raise ArgumentError(refusal("sector", "be given", None))
    read = _read(given, data, "refuse")
    sectors = as_groups(read.columns["sector"], n=read.n)
    names = ("total", *map(str, sectors.labels))
    if "total" in names[1:]:
        raise ArgumentError(refusal("sector", "not be called total", "total"))
    totals = _totals(read, names, sectors.code, options)
    return {name: _difference(totals, j, options, read) for j, name in enumerate(names)}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Options:
    """What both functions are asked for, checked."""

    interval: str
    n_resamples: int
    unit: str
    reference: object
    level: float
    seed: int

    def __post_init__(self) -> None:
        check_choice("interval", self.interval, tuple(_INTERVALS))
        check_level(self.level)
        check_seed(self.seed)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Totals:
    """Costs of every participant, one column for each sum asked for."""

    names: tuple[str, ...]
    costs: FloatArray
    arms: TwoArms


def _read(
    given: dict[str, Any], data: pd.DataFrame | None, missing: MissingPolicy
) -> Read:
    """Take the columns in."""
    read = read_columns(
        given, right="arm", data=data, missing=missing, responses=("cost",)
    )
    if "arm" not in read.columns:
        raise ArgumentError(refusal("arm", "be given", None))
    return read


def _totals(
    read: Read,
    names: tuple[str, ...],
    sector: npt.NDArray[np.int64] | None,
    options: _Options,
) -> _Totals:
    """Add up the costs of every participant."""
    cost = as_times("cost", read.columns["cost"], most=LARGEST_SUM)
    cluster = read.columns.get("cluster", np.arange(read.n))
    code = as_groups(cluster, n=read.n).code
    arm, costs = (
        one_each(read.columns["arm"], code),
        np.zeros((code.max() + 1, len(names))),
    )
    costs[:, 0] = np.bincount(code, cost)
    if sector is not None:
        np.add.at(costs, (code, sector + 1), cost)
    return _Totals(names=names, costs=costs, arms=TwoArms.of(arm, options.reference))


def one_each(arm: Column, code: npt.NDArray[np.int64]) -> Column:
    """
    Give every participant's arm, or refuse one who is in two.

    Parameters
    ----------
    arm
        Labels, shape (n,).
    code
        The participant of each row, shape (n,).

    Returns
    -------
    numpy.ndarray
        One label for each participant.

    Raises
    ------
    DataError
        If a participant has rows in two arms.

    Examples
    --------
    >>> one_each(np.array(["a", "a", "b"]), np.array([0, 0, 1])).tolist()
    ['a', 'b']
    """
    labels = as_groups(arm, n=len(arm)).code
    pairs = np.unique(np.column_stack([code, labels]), axis=0)
    n_wrong = len(pairs) - (int(code.max()) + 1)
    if n_wrong:
        rule = "be the same in all rows of a participant"
        got = f"{n_wrong} participants with several"
        raise DataError(refusal("arm", rule, got))
    first = np.unique(code, return_index=True)[1]
    return arm[first]


def _difference(
    totals: _Totals, column: int, options: _Options, read: Read
) -> Estimate:
    """Give one difference with its limits."""
    name = totals.names[column]
    measure = "difference in mean cost" + ("" if name == "total" else f", {name}")
    arms, values = totals.arms, totals.costs[:, column]
    method = (
        f"{_INTERVALS[options.interval]} bootstrap within arms, {options.n_resamples} "
        f"resamples{caveat(arms)}{arms.note}{read.note}"
    )
    reason = arms.reason(2) or spread_reason(values, arms, "costs")
    resampled = None
    if reason is None:
        resampled = resample(
            totals.costs, arms, n_resamples=options.n_resamples, seed=options.seed
        )
    if resampled is None:
        return Estimate.missing(
            measure,
            reason or "",
            n=len(values),
            level=options.level,
            unit=options.unit,
            method=method,
        )
    lower, upper = resampled.limits(column, options.level, options.interval)
    return Estimate(
        measure=measure,
        value=float(resampled.seen[column]),
        lower=lower,
        upper=upper,
        level=options.level,
        standard_error=resampled.standard_error(column),
        unit=options.unit,
        n=len(values),
        method=method,
    )
