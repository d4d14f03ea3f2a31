"""Whether a statistic is unusual among the allocations that might have been drawn."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from steps_analysis.errors import ArgumentError, DataError, refusal
from steps_analysis.estimates import FloatArray, IntArray, TestResult
from steps_analysis.randomisation.draw import check_arm
from steps_analysis.randomisation.factors import Factors, level_codes
from steps_analysis.randomisation.parameters import check_whole
from steps_analysis.randomisation.procedures import Procedure
from steps_analysis.randomisation.sequences import (
    longest_enumeration,
    possible_sequences,
    probabilities_of,
)
from steps_analysis.randomisation.testing.statistics import GivenTotals, MeanDifference
from steps_analysis.randomisation.walking import ArmArray
from steps_analysis.randomness import Stream

_TOLERANCE = 1e-9  # statistics this close are equally extreme
_NOTHING = 1e-14  # of the largest score: what rounding leaves of equal ones


@dataclass(frozen=True, slots=True, eq=False)
class LinearStatistic:
    """
    The size of a sum of scores over the treated: |sum of (score - mean) x arm|.

    Linear in the allocation, so thousands of allocations are one matrix product.
    Outcomes as scores give, where totals are fixed, the test of a difference in means;
    ranks give the rank-sum test; log-rank scores the log-rank test.

    Attributes
    ----------
    scores
        One score per participant in order of allocation, shape (n,); finite. Kept less
        their mean, so that no constant matters.

    Examples
    --------
    >>> ranks = LinearStatistic([4, 2, 6, 5, 1, 7, 3, 8])
    >>> float(ranks(np.array([1, 0, 0, 1, 1, 0, 1, 0], dtype=np.int8)))
    5.0
    """

    scores: FloatArray

    def __post_init__(self) -> None:
        scores = np.array(self.scores, dtype=np.float64)
        if scores.ndim != 1 or not len(scores) or not np.isfinite(scores).all():
            n_wrong = int((~np.isfinite(scores)).sum())
            given = f"shape {scores.shape} with {n_wrong} not finite"
            rule = "be one finite number per participant"
            raise DataError(refusal("scores", rule, given))
        largest = np.abs(scores).max()
        scores -= scores.mean()
        if np.abs(scores).max() <= _NOTHING * largest:
            scores[:] = 0
        scores.setflags(write=False)
        object.__setattr__(self, "scores", scores)

    def __call__(self, arm: npt.NDArray[np.integer]) -> FloatArray:
        """
        Compute the statistic.

        Parameters
        ----------
        arm
            The arms, 1 = treatment, shape (n,) or (m, n).

        Returns
        -------
        numpy.ndarray
            One number, or m of them.
        """
        return np.abs(arm @ self.scores)


Statistic: TypeAlias = LinearStatistic | Callable[[ArmArray], float]


def randomisation_test(
    arm: npt.ArrayLike,
    procedure: Procedure,
    *,
    statistic: Statistic,
    factors: Factors = None,
    n_draws: int | None = None,
    seed: int | None = None,
) -> TestResult:
    """
    Test no effect on anyone by the randomisation that was really used.

    Outcomes and factors stay with the participants; only the allocation is drawn again,
    by the same procedure. A test that ignores the procedure is a different test.

    Parameters
    ----------
    arm
        The arms in order of allocation, 1 = treatment, 0 = control, shape (n,).
    procedure
        The procedure that allocated them.
    statistic
        A `LinearStatistic`, or a function of the arms (int8, shape (n,)) whose larger
        values speak against no effect. It may return NaN where it is not defined (one
        arm empty, say): such allocations leave the reference set, whose probabilities
        are scaled up. Returning NaN for totals other than the observed ones makes the
        test conditional on them.
    factors
        Levels in order of allocation; needed by a covariate-adaptive procedure, and
        held fixed. See `level_codes`.
    n_draws
        How many allocations to draw. None: every possible one is enumerated, with its
        probability (at most 20 participants).
    seed
        The seed of the draws; required with `n_draws`.

    Returns
    -------
    TestResult
        The statistic as observed, and the p-value: (b + 1) / (m + 1) for b of m draws
        at least as extreme, or their exact probability. `method` states which, and the
        Monte Carlo standard error. Not estimable where the procedure could not have
        given the observed allocation, or the statistic is not defined for it.

    Raises
    ------
    ArgumentError
        If `seed` is missing where draws are asked for, or `n_draws` where there are too
        many participants to enumerate.
    DataError
        If arms or factors break their rules, or the statistic's scores are not one per
        participant.

    Notes
    -----
    "At least as extreme" allows a relative difference of 1e-9 (around 0 it is 1e-9 of
    the largest score or outcome, at most of 1). Draw i comes from trial
    i's numbers of the stream of randomisation tests, so 2,000 draws begin with the same
    1,000. Draws are not kept: memory does not grow with their number but for one value
    each.

    References
    ----------
    .. [1] Rosenberger, W. F. and Lachin, J. M. (2016), Randomization in Clinical
       Trials, 2nd edition, chapter 6.
    .. [2] Phipson, B. and Smyth, G. K. (2010), Statistical Applications in Genetics and
       Molecular Biology 9, article 39.

    Examples
    --------
    Of the six ways to treat two of four, one has the two largest outcomes treated and
    one the two smallest:

    >>> from steps_analysis.randomisation import RandomAllocationRule
    >>> outcome = LinearStatistic([1.0, 2.0, 3.0, 4.0])
    >>> test = randomisation_test(
    ...     [0, 0, 1, 1], RandomAllocationRule(), statistic=outcome)
    >>> round(test.p_value, 6)
    0.333333
    """
    arms = check_arm(arm)
    codes = level_codes(procedure, factors, n=len(arms))
    _check_scores(statistic, n=len(arms))
    _check_reference_set(procedure, n_draws, seed, n=len(arms))
    if not probabilities_of(procedure, arms[None, :], codes)[0] > 0:
        reason = "the procedure could not have given the allocation observed"
        return TestResult.missing(reason, n=len(arms))
    observed = float(_values(statistic, arms[None, :])[0])
    if np.isnan(observed):
        reason = "the statistic is not defined for the allocation observed"
        return TestResult.missing(reason, n=len(arms))
    p_value, how = (
        _exact(procedure, codes, statistic, observed)
        if n_draws is None
        else _drawn(procedure, codes, statistic, observed, n_draws, seed)
    )
    method = f"randomisation test under {procedure!r}, {how}"
    return TestResult(statistic=observed, p_value=p_value, n=len(arms), method=method)


def _exact(
    procedure: Procedure, codes: IntArray, statistic: Statistic, observed: float
) -> tuple[float, str]:
    """Weigh every possible allocation by its probability."""
    arms, probability = possible_sequences(procedure, codes)
    values = _values(statistic, arms)
    defined = ~np.isnan(values)
    is_extreme = _is_extreme(values, observed, unit=_unit(statistic))
    extreme = probability[is_extreme].sum()
    p_value = min(1.0, float(extreme / probability[defined].sum()))
    return p_value, f"exact, {int(defined.sum()):,} allocations{_left_out(defined)}"


def _drawn(
    procedure: Procedure,
    codes: IntArray,
    statistic: Statistic,
    observed: float,
    n_draws: int,
    seed: int | None,
) -> tuple[float, str]:
    """Count the extreme among drawn allocations, the observed one included."""
    assert seed is not None  # refused at the door
    values = _drawn_values(procedure, codes, statistic, n_draws, seed)
    defined = ~np.isnan(values)
    m = int(defined.sum())
    is_extreme = _is_extreme(values, observed, unit=_unit(statistic))
    p_value = float((is_extreme.sum() + 1) / (m + 1))
    error = np.sqrt(p_value * (1 - p_value) / (m + 1))
    how = f"{m:,} allocations drawn{_left_out(defined)}"
    return p_value, f"{how}, Monte Carlo standard error {error:.2g}"


def _drawn_values(
    procedure: Procedure,
    codes: IntArray,
    statistic: Statistic,
    n_draws: int,
    seed: int,
) -> FloatArray:
    """Draw allocations and keep of each its statistic only."""
    # Late: it imports the compiler.
    from steps_analysis.randomisation.kernels.drawing import arm_blocks, draw_sums

    stream = Stream.RANDOMISATION_TEST
    if isinstance(statistic, LinearStatistic):
        scores = statistic.scores
        return np.abs(
            draw_sums(
                procedure, codes, n_draws, scores=scores, stream=stream, seed=seed
            )
        )
    blocks = arm_blocks(procedure, codes, n_draws, stream=stream, seed=seed)
    return np.concatenate([_values(statistic, arms.T) for _, arms in blocks])


def _values(statistic: Statistic, arms: ArmArray) -> FloatArray:
    """Compute every allocation's statistic; the function may not change them."""
    if isinstance(statistic, LinearStatistic):
        return statistic(arms)
    rows = np.ascontiguousarray(arms)
    rows.setflags(write=False)
    return np.array([float(statistic(row)) for row in rows])


def _is_extreme(
    values: FloatArray, observed: float, *, unit: float
) -> npt.NDArray[np.bool_]:
    """At least as large as observed, but for rounding; NaN is not."""
    if np.isinf(observed):  # less a part of itself it would be no number
        return values >= observed
    return values >= observed - _TOLERANCE * max(unit, abs(observed))


def _unit(statistic: Statistic) -> float:
    """Say how large the numbers are that are summed, up to 1; 1 where it is unknown."""
    numbers = _summed(statistic)
    return 1.0 if numbers is None else min(1.0, float(np.abs(numbers).max()))


def _summed(statistic: Statistic) -> FloatArray | None:
    """Give the numbers, one a participant, that a statistic sums; None if unknown."""
    inner = statistic.statistic if isinstance(statistic, GivenTotals) else statistic
    if isinstance(inner, LinearStatistic):
        return inner.scores
    return inner.outcome if isinstance(inner, MeanDifference) else None


def _left_out(defined: npt.NDArray[np.bool_]) -> str:
    """Say how many allocations the statistic is not defined for."""
    n = int((~defined).sum())
    return f" ({n:,} left out: statistic not defined)" if n else ""


def _check_scores(statistic: Statistic, *, n: int) -> None:
    """Refuse scores or outcomes that are not one per participant."""
    numbers = _summed(statistic)
    if numbers is not None and len(numbers) != n:
        rule = f"be one number for each of {n} participants"
        raise DataError(refusal("scores", rule, len(numbers)))


def _check_reference_set(
    procedure: Procedure, n_draws: int | None, seed: int | None, *, n: int
) -> None:
    """Refuse draws without a seed, and enumeration of too many."""
    if n_draws is not None:
        check_whole("n_draws", n_draws, least=1)
        if seed is None:
            rule = "be given where allocations are drawn"
            raise ArgumentError(refusal("seed", rule, seed))
    elif n > (longest := longest_enumeration(procedure)):
        rule = f"be given for more than {longest} participants"
        raise ArgumentError(refusal("n_draws", rule, n_draws, hint="n_draws=10_000"))
