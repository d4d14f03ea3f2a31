"""Which constant effects the randomisation really used does not reject."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from steps_analysis.errors import ArgumentError, DataError, refusal
from steps_analysis.estimates import Estimate, FloatArray, IntArray, check_level
from steps_analysis.randomisation.draw import check_arm, draw_from
from steps_analysis.randomisation.factors import Factors, level_codes
from steps_analysis.randomisation.parameters import check_draws
from steps_analysis.randomisation.procedures import Procedure, n_arms
from steps_analysis.randomisation.sequences import (
    check_enumerable,
    is_possible,
    possible_sequences,
)
from steps_analysis.randomisation.testing.statistics import check_outcome, mean_contrast
from steps_analysis.randomisation.walking import ArmArray
from steps_analysis.randomness import Stream

_TOLERANCE = 1e-9  # differences this close (of their size) are equally extreme
_MEASURE = "mean difference"


def randomisation_interval(
    outcome: npt.ArrayLike,
    arm: npt.ArrayLike,
    procedure: Procedure,
    *,
    factors: Factors = None,
    level: float = 0.95,
    n_draws: int | None = None,
    seed: int | None = None,
) -> Estimate:
    """
    Estimate a difference of means, with an interval from the randomisation itself.

    The interval holds every constant effect that the randomisation test of the
    difference of means does not reject: the effect is taken from the outcomes of the
    treated, and the procedure's other allocations are asked for a difference at least
    as large as the one that is left. No distribution of outcomes is assumed, and
    neither drift over time nor the procedure's restrictions harm it.

    Parameters
    ----------
    outcome
        One number per participant in order of allocation, shape (n,).
    arm
        The arms in order of allocation, 1 = treatment, 0 = control, shape (n,).
    procedure
        The procedure that allocated them, of two arms.
    factors
        Levels in order of allocation; needed by a covariate-adaptive procedure, and
        held fixed. See `level_codes`.
    level
        Confidence level.
    n_draws
        How many allocations to draw. None: every possible one is enumerated, with its
        probability (at most 20 participants).
    seed
        The seed of the draws; required with `n_draws`.

    Returns
    -------
    Estimate
        The difference of means, treatment less control, and its limits, in the unit of
        the outcome; `p_value` is that of no effect. Not estimable where one arm is
        empty, where the procedure could not have given the allocation, or where it has
        so few other allocations that none of them can be rejected at this level.

    Raises
    ------
    ArgumentError
        If `seed` is missing where draws are asked for, `n_draws` where there are too
        many participants to enumerate, or the procedure has more than two arms.
    DataError
        If outcomes, arms or factors break their rules.

    Notes
    -----
    For one allocation a' the difference left under an effect d is u' - d v', with u'
    the difference of the outcomes and v' that of the observed arms; for the observed
    allocation it is u - d, so |u' - d v'| >= |u - d| holds for d between
    (u - u') / (1 - v') and (u + u') / (1 + v'), and u lies between these: the p-value
    falls to either side of the estimate. The limits are therefore order statistics of
    these ends, found by sorting and not by search. One set of allocations serves every
    effect.

    A constant effect makes sense for a score; for an outcome that happens or not it
    describes a shift no participant can have, so there use the test and the estimands'
    own intervals.

    References
    ----------
    .. [1] Garthwaite, P. H. (1996), Biometrics 52, 1387-1393.
    .. [2] Wang, Y. and Rosenberger, W. F. (2020), Statistics in Biopharmaceutical
       Research 12, 470-481.

    Examples
    --------
    >>> from steps_analysis.randomisation import CompleteRandomisation
    >>> score = [4.1, 2.0, 5.5, 3.8, 1.2, 0.7, 6.0, 2.2]
    >>> arm = [1, 0, 1, 1, 0, 0, 1, 0]
    >>> found = randomisation_interval(score, arm, CompleteRandomisation())
    >>> round(found.value, 3), round(found.lower, 3), round(found.upper, 3)
    (3.325, 1.325, 5.325)
    """
    values, arms, codes = _checked(outcome, arm, procedure, factors)
    check_level(level)
    n = len(arms)
    observed = mean_contrast(arms[None, :])[0]
    if not is_possible(procedure, arms, codes):
        reason = "the procedure could not have given the allocation observed"
        return Estimate.missing(_MEASURE, reason, n=n, level=level)
    if np.isnan(observed).any():
        reason = "everybody is in one arm"
        return Estimate.missing(_MEASURE, reason, n=n, level=level)
    others, weight, how = _reference_set(procedure, codes, n_draws, seed)
    ends = _extreme_between(values, arms, others)
    value, unit = float(observed @ values), min(1.0, float(np.abs(values).max()))
    return _between(value, ends, weight, level, n=n, unit=unit, how=how)


def _checked(
    outcome: npt.ArrayLike, arm: npt.ArrayLike, procedure: Procedure, factors: Factors
) -> tuple[FloatArray, ArmArray, IntArray]:
    """Refuse what the interval cannot be computed of."""
    if n_arms(procedure) != 2:
        rule = "have two arms"
        raise ArgumentError(refusal("procedure", rule, procedure))
    arms = check_arm(arm)
    if not len(arms):
        raise DataError(refusal("arm", "hold at least one participant", len(arms)))
    codes = level_codes(procedure, factors, n=len(arms))
    return check_outcome(outcome, n=len(arms)), arms, codes


def _reference_set(
    procedure: Procedure,
    codes: IntArray,
    n_draws: int | None,
    seed: int | None,
) -> tuple[ArmArray, FloatArray, str]:
    """Give allocations with both arms filled, and the weight of each; say how many."""
    if n_draws is None:
        check_enumerable(procedure, len(codes))
        arms, weight = possible_sequences(procedure, codes)
        return _with_both(arms, weight, "exact, {:,} allocations", spare=0)
    own = check_draws(n_draws, seed, drawn="allocations", least=1)
    stream = Stream.RANDOMISATION_TEST
    arms = draw_from(procedure, codes, n_draws, stream=stream, seed=own)
    # The observed allocation counts once more: (b + 1) / (m + 1).
    return _with_both(arms, np.ones(n_draws), "{:,} allocations drawn", spare=1)


def _with_both(
    arms: ArmArray, weight: FloatArray, how: str, *, spare: int
) -> tuple[ArmArray, FloatArray, str]:
    """Keep the allocations that fill both arms; scale their weights up."""
    kept = (arms.min(axis=1) == 0) & (arms.max(axis=1) == 1)
    left = weight[kept]
    return arms[kept], left / (left.sum() + spare), how.format(len(left))


def _extreme_between(
    values: FloatArray, arm: ArmArray, others: ArmArray
) -> tuple[FloatArray, FloatArray]:
    """Between which effects is each other allocation at least as extreme?"""
    u = float(mean_contrast(arm[None, :])[0] @ values)
    weights = mean_contrast(others)
    other_u, other_v = weights @ values, weights @ arm.astype(np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        one = np.where(
            other_v < 1 - _TOLERANCE, (u - other_u) / (1 - other_v), math.nan
        )
        two = np.where(
            other_v > -1 + _TOLERANCE, (u + other_u) / (1 + other_v), math.nan
        )
    # The observed allocation itself, and its mirror image, are extreme for any effect.
    always = np.abs(other_v) >= 1 - _TOLERANCE
    lower = np.where(always, -math.inf, np.fmin(one, two))
    return lower, np.where(always, math.inf, np.fmax(one, two))


def _between(
    value: float,
    ends: tuple[FloatArray, FloatArray],
    weight: FloatArray,
    level: float,
    *,
    n: int,
    unit: float,
    how: str,
) -> Estimate:
    """Read the limits where the p-value falls to 1 - level."""
    lower_ends, upper_ends = ends
    own = max(0.0, 1 - weight.sum())  # the observed allocation, where others are drawn
    lower = -_outermost(-lower_ends, weight, 1 - level - own)
    upper = _outermost(upper_ends, weight, 1 - level - own)
    if math.isinf(lower) or math.isinf(upper):
        reason = "too few allocations differ from the one observed to reject any effect"
        return Estimate.missing(_MEASURE, reason, n=n, level=level)
    slack = _TOLERANCE * max(unit, abs(value))
    is_extreme = (lower_ends <= slack) & (upper_ends >= -slack)
    return Estimate(
        measure=_MEASURE,
        value=value,
        lower=min(lower, value),
        upper=max(upper, value),
        level=level,
        p_value=min(1.0, own + float(weight[is_extreme].sum())),
        n=n,
        method=f"inverted randomisation test, {how}",
    )


def _outermost(ends: FloatArray, weight: FloatArray, allowed: float) -> float:
    """
    Find the largest effect whose p-value still exceeds what may be rejected.

    The p-value of an effect beyond the estimate is the weight of the ends at or beyond
    it: sort from the outside, and stop where the weight first exceeds `allowed`.
    """
    if allowed < 0:
        return math.inf
    order = np.argsort(-ends, kind="stable")
    reached = np.cumsum(weight[order]) > allowed + 1e-12
    return float(ends[order][np.argmax(reached)]) if reached.any() else -math.inf
