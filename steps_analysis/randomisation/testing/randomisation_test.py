"""Whether a statistic is unusual among the allocations that might have been drawn."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from steps_analysis.errors import ArgumentError, refusal
from steps_analysis.estimates import FloatArray, IntArray, TestResult
from steps_analysis.randomisation.draw import check_arm
from steps_analysis.randomisation.factors import Factors, level_codes
from steps_analysis.randomisation.parameters import check_draws
from steps_analysis.randomisation.procedures import Procedure, n_arms
from steps_analysis.randomisation.sequences import (
    check_enumerable,
    is_possible,
    possible_sequences,
)
from steps_analysis.randomisation.testing.judging import (
    among_all,
    among_drawn,
    check_scores,
    unit_of,
    values_of,
)
from steps_analysis.randomisation.testing.statistics import LinearStatistic, Statistic
from steps_analysis.randomness import Stream


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
        The arms in order of allocation, 1 = treatment, 0 = control, shape (n,); of more
        arms, the ratio's first has the highest number.
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

    >>> from steps_analysis.randomisation import LinearStatistic, RandomAllocationRule
    >>> outcome = LinearStatistic([1.0, 2.0, 3.0, 4.0])
    >>> test = randomisation_test(
    ...     [0, 0, 1, 1], RandomAllocationRule(), statistic=outcome)
    >>> round(test.p_value, 6)
    0.333333
    """
    arms = check_arm(arm, n_arms=n_arms(procedure))
    _check_arms_of_sum(statistic, procedure)
    codes = level_codes(procedure, factors, n=len(arms))
    check_scores(statistic, n=len(arms))
    if n_draws is None:
        check_enumerable(procedure, len(arms))
    else:
        check_draws(n_draws, seed, drawn="allocations", least=1)
    if not is_possible(procedure, arms, codes):
        reason = "the procedure could not have given the allocation observed"
        return TestResult.missing(reason, n=len(arms))
    observed = float(values_of(statistic, arms[None, :])[0])
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
    values, unit = values_of(statistic, arms), unit_of(statistic)
    return among_all(values, observed, probability=probability, unit=unit)


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
    return among_drawn(values, observed, unit=unit_of(statistic))


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
    return np.concatenate([values_of(statistic, arms.T) for _, arms in blocks])


def _check_arms_of_sum(statistic: Statistic, procedure: Procedure) -> None:
    """Refuse a sum over the treated where there are several kinds of treated."""
    if isinstance(statistic, LinearStatistic) and n_arms(procedure) != 2:
        rule = "be a function of the arms where there are more than two"
        hint = "such as the largest of the arms' means less the smallest"
        raise ArgumentError(refusal("statistic", rule, "LinearStatistic", hint=hint))
