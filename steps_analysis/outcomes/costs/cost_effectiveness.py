"""What is had for the money, and is it worth it?"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from steps_analysis.errors import ArgumentError, DataError, refusal
from steps_analysis.estimates import Estimate, FloatArray, check_level
from steps_analysis.formulas import MissingPolicy
from steps_analysis.outcomes.columns import LARGEST, as_numbers, as_times
from steps_analysis.outcomes.costs.resampling import (
    Resampled,
    caveat,
    resample,
    spread_reason,
)
from steps_analysis.outcomes.distributions import normal_quantile
from steps_analysis.outcomes.doors import read_columns
from steps_analysis.outcomes.scores.two_arms import TwoArms
from steps_analysis.randomness import check_seed


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CostEffectiveness:
    """
    Costs and effects of two arms side by side.

    Attributes
    ----------
    cost_difference, effect_difference
        Differences of means with percentile limits, arm minus reference.
    ratio
        Cost of one more unit of effect (incremental cost-effectiveness ratio) with
        Fieller's limits. Only where it means something: not under dominance, nor where
        the effect might be none.
    plane
        Resampled differences, columns ``effect`` and ``cost``: the points of the
        cost-effectiveness plane. Empty where nothing is estimable.
    quadrants
        Share of the points that cost more and do more, cost more and do less (the arm
        is dominated), cost less and do less, cost less and do more (it dominates).
    """

    cost_difference: Estimate
    effect_difference: Estimate
    ratio: Estimate
    plane: pd.DataFrame
    quadrants: dict[str, float]


def cost_effectiveness(
    cost: npt.ArrayLike | str,
    effect: npt.ArrayLike | None = None,
    arm: npt.ArrayLike | None = None,
    *,
    n_resamples: int = 5000,
    unit: str = "pounds",
    reference: object = None,
    level: float = 0.95,
    missing: MissingPolicy = "refuse",
    data: pd.DataFrame | None = None,
    seed: int,
) -> CostEffectiveness:
    """
    Set the difference in cost against the difference in effect.

    Parameters
    ----------
    cost
        Total cost of each participant, shape (n,), at least 0; or a formula
        ``"cost + effect ~ arm"`` with `data`.
    effect
        Effect on each participant, shape (n,), counted so that more is better: quality
        of life, or 1 for a placement avoided.
    arm
        Arm labels, shape (n,); two of them.
    n_resamples
        Bootstrap resamples, at least 200.
    unit
        Unit of the costs.
    reference
        The arm compared with; by default the first in sorted order.
    level
        Confidence level, in (0, 1).
    missing
        ``"refuse"`` rows with missing values, or ``"drop"`` them and count them.
    data
        The table a formula speaks of.
    seed
        Whole number.

    Returns
    -------
    CostEffectiveness
        Both differences, their ratio where it means something, and the plane.

    Raises
    ------
    ArgumentError
        If an option is out of range, or there are more than two arms.
    DataError
        If the columns do not fit together, or a value is missing or a cost negative.

    Notes
    -----
    A ratio of differences has one sign in two quadrants of opposite meaning: a negative
    one is dominance by either arm, a positive one is the price of more effect or what
    is saved by less. So its quadrant is named in `method`; under dominance there is no
    ratio. Fieller's limits [1]_ exist where the effect's difference is more than a
    normal quantile of standard errors from 0. Cost and effect are drawn together.

    References
    ----------
    .. [1] Willan, A. R. and O'Brien, B. J. (1996), Health Economics 5, 297-305.
    .. [2] Black, W. C. (1990), Medical Decision Making 10, 212-214.

    Examples
    --------
    >>> found = cost_effectiveness([10.0, 20, 30, 40, 60, 80], [1.0, 2, 3, 7, 8, 9],
    ...                            ["c"] * 3 + ["t"] * 3, seed=1)
    >>> found.cost_difference.value, found.effect_difference.value
    (40.0, 6.0)
    >>> round(found.ratio.value, 4)
    6.6667
    """
    given = {"cost": cost, "effect": effect, "arm": arm}
    pairs = _pairs(given, data, reference, missing, level, seed)
    words = f"bootstrap within arms, {n_resamples} resamples{pairs.words}"
    if pairs.reason:
        return _nothing(pairs, level, unit, words)
    drawn = resample(pairs.points, pairs.arms, n_resamples=n_resamples, seed=seed)
    plane = pd.DataFrame({"effect": drawn.drawn[:, 1], "cost": drawn.drawn[:, 0]})
    return CostEffectiveness(
        cost_difference=_one(drawn, 0, pairs, level, unit, f"percentile {words}"),
        effect_difference=_one(drawn, 1, pairs, level, "", f"percentile {words}"),
        ratio=_ratio(pairs, drawn.seen, level, unit),
        plane=plane,
        quadrants=_quadrants(drawn.drawn),
    )


def acceptability_curve(
    cost: npt.ArrayLike | str,
    effect: npt.ArrayLike | None = None,
    arm: npt.ArrayLike | None = None,
    *,
    willingness: npt.ArrayLike,
    n_resamples: int = 5000,
    reference: object = None,
    level: float = 0.95,
    missing: MissingPolicy = "refuse",
    data: pd.DataFrame | None = None,
    seed: int,
) -> pd.DataFrame:
    """
    Give the probability that an arm is worth its cost, by what one would pay.

    Parameters
    ----------
    cost, effect, arm
        As in `cost_effectiveness`.
    willingness
        What one would pay for one unit of effect, shape (k,), at least 0.
    n_resamples
        Bootstrap resamples, at least 200.
    reference
        The arm compared with; by default the first in sorted order.
    level
        Confidence level of the net benefit, in (0, 1).
    missing
        ``"refuse"`` rows with missing values, or ``"drop"`` them and count them.
    data
        The table a formula speaks of.
    seed
        Whole number.

    Returns
    -------
    pandas.DataFrame
        One row per willingness: ``willingness_to_pay``; ``probability`` that the net
        benefit is above 0; ``net_benefit``, willingness times effect less cost, with
        ``lower`` and ``upper`` percentile limits. ``attrs`` holds ``method`` and
        ``not_estimable``; where that has a reason the numbers are NaN.

    Raises
    ------
    ArgumentError
        If an option is out of range, or there are more than two arms.
    DataError
        If the columns do not fit together, or a value is missing or negative.

    Notes
    -----
    The share of resamples in which the arm is worth it, ties counted half [1]_: a
    bootstrap stand-in for a posterior probability, not a p-value. Same points as
    `cost_effectiveness` with the same seed. With few participants, see there.

    References
    ----------
    .. [1] Fenwick, E., O'Brien, B. J. and Briggs, A. (2004), Health Economics 13,
       405-415.

    Examples
    --------
    >>> curve = acceptability_curve([10.0, 20, 30, 40, 60, 80], [1.0, 2, 3, 7, 8, 9],
    ...                             ["c"] * 3 + ["t"] * 3, willingness=[0, 50], seed=1)
    >>> curve["net_benefit"].tolist()
    [-40.0, 260.0]
    """
    pay = np.atleast_1d(as_times("willingness", np.asarray(willingness), most=LARGEST))
    if pay.ndim != 1 or not len(pay):
        raise DataError(refusal("willingness", "have one dimension", pay.shape))
    given = {"cost": cost, "effect": effect, "arm": arm}
    pairs = _pairs(given, data, reference, missing, level, seed)
    table = pd.DataFrame({"willingness_to_pay": pay})
    columns = ("probability", "net_benefit", "lower", "upper")
    numbers = np.full((len(pay), 4), math.nan)
    if not pairs.reason:
        drawn = resample(pairs.points, pairs.arms, n_resamples=n_resamples, seed=seed)
        tail = (1 - level) / 2
        for k, price in enumerate(pay):
            net = price * drawn.drawn[:, 1] - drawn.drawn[:, 0]
            worth = np.mean(net > 0) + np.mean(net == 0) / 2
            middle = price * drawn.seen[1] - drawn.seen[0]
            numbers[k] = worth, middle, *np.quantile(net, [tail, 1 - tail])
    for j, name in enumerate(columns):
        table[name] = numbers[:, j]
    words = f"net benefit, percentile bootstrap within arms, {n_resamples} resamples"
    table.attrs = {"method": words + pairs.words, "not_estimable": pairs.reason}
    return table


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Pairs:
    """Cost and effect of every participant, checked."""

    points: FloatArray
    arms: TwoArms
    words: str
    reason: str | None


def _pairs(
    given: Mapping[str, object],
    data: pd.DataFrame | None,
    reference: object,
    missing: MissingPolicy,
    level: float,
    seed: int,
) -> _Pairs:
    """Check the columns."""
    check_level(level)
    check_seed(seed)
    read = read_columns(
        given,
        right="arm",
        data=data,
        missing=missing,
        responses=("cost", "effect"),
    )
    if "arm" not in read.columns:
        raise ArgumentError(refusal("arm", "be given", None))
    arms = TwoArms.of(read.columns["arm"], reference)
    costs = as_times("cost", read.columns["cost"], most=LARGEST)
    effects = as_numbers("effect", read.columns["effect"])
    if costs.ndim != 1 or effects.ndim != 1:
        rule = "have one dimension"
        raise DataError(refusal("cost", rule, max(costs.ndim, effects.ndim)))
    reason = arms.reason(2)
    if reason is None:
        reason = spread_reason(costs, arms, "costs")
    if reason is None:
        reason = spread_reason(effects, arms, "effects")
    return _Pairs(
        points=np.column_stack([costs, effects]),
        arms=arms,
        words=f"{caveat(arms)}{arms.note}{read.note}",
        reason=reason,
    )


def _one(
    drawn: Resampled, column: int, pairs: _Pairs, level: float, unit: str, words: str
) -> Estimate:
    """Give one difference with percentile limits."""
    lower, upper = drawn.limits(column, level, "percentile")
    return Estimate(
        measure=f"difference in mean {('cost', 'effect')[column]}",
        value=float(drawn.seen[column]),
        lower=lower,
        upper=upper,
        level=level,
        standard_error=drawn.standard_error(column),
        unit=unit,
        n=len(pairs.points),
        method=words,
    )


_RATIO = "incremental cost-effectiveness ratio"


def _ratio(pairs: _Pairs, seen: FloatArray, level: float, unit: str) -> Estimate:
    """Give cost over effect with Fieller's limits, where it means something."""
    parts = pairs.points[pairs.arms.treated], pairs.points[~pairs.arms.treated]
    spread = np.sum([np.cov(part.T) / len(part) for part in parts], axis=0)
    more_cost, more_effect = (float(x) for x in seen)
    z2 = normal_quantile(level) ** 2
    a = more_effect**2 - z2 * spread[1, 1]
    b = more_cost * more_effect - z2 * spread[0, 1]
    c = more_cost**2 - z2 * spread[0, 0]
    where = (
        "more cost for more effect" if more_cost > 0 else "less cost for less effect"
    )
    words = f"Fieller limits; {where}{pairs.words}"
    reason = None
    if more_cost <= 0 < more_effect or more_effect < 0 <= more_cost:
        arm = pairs.arms.label if more_effect > 0 else pairs.arms.reference
        reason = f"arm {arm} dominates: it costs no more and does more"
    elif a <= 0:
        reason = (
            "the difference in effect may be none, which leaves the ratio without "
            "bounds: read the plane and the acceptability curve"
        )
    if reason:
        return Estimate.missing(
            _RATIO,
            reason,
            n=len(pairs.points),
            level=level,
            unit=f"{unit} per unit of effect",
            method=f"Fieller limits{pairs.words}",
        )
    root = math.sqrt(max(b * b - a * c, 0.0))
    return Estimate(
        measure=_RATIO,
        value=more_cost / more_effect,
        lower=(b - root) / a,
        upper=(b + root) / a,
        level=level,
        unit=f"{unit} per unit of effect",
        n=len(pairs.points),
        method=words,
    )


def _quadrants(drawn: FloatArray) -> dict[str, float]:
    """Give the share of points in each quadrant; points on an axis count as more."""
    dearer, better = drawn[:, 0] >= 0, drawn[:, 1] >= 0
    return {
        "more cost, more effect": float(np.mean(dearer & better)),
        "more cost, less effect": float(np.mean(dearer & ~better)),
        "less cost, less effect": float(np.mean(~dearer & ~better)),
        "less cost, more effect": float(np.mean(~dearer & better)),
    }


def _nothing(pairs: _Pairs, level: float, unit: str, words: str) -> CostEffectiveness:
    """Say why nothing can be estimated."""

    def gone(measure: str, unit: str) -> Estimate:
        """Give no number."""
        return Estimate.missing(
            measure,
            pairs.reason or "",
            n=len(pairs.points),
            level=level,
            unit=unit,
            method=words,
        )

    return CostEffectiveness(
        cost_difference=gone("difference in mean cost", unit),
        effect_difference=gone("difference in mean effect", ""),
        ratio=gone(_RATIO, f"{unit} per unit of effect"),
        plane=pd.DataFrame({"effect": [], "cost": []}, dtype=float),
        quadrants={},
    )
