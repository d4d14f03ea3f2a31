"""
How long until a sum of counts sounds, without a change and with one.

The average run length is what a chart promises: long where nothing has changed (false
alarms), short where something has. For sums on a lattice it is exact: the sum is a
Markov chain.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from steps_analysis.errors import ArgumentError, refusal
from steps_analysis.estimates import FloatArray
from steps_analysis.referrals.count_checks import check_positive

LEAST_MEAN, MOST_MEAN = 0.02, 200.0  # of a design
FINEST = 256  # reference values and sums are multiples of 1/256 of a referral
MOST_STATES = 4000
# Means from which on a coarser step is near enough to the best reference value.
_STEPS = ((0.5, 16), (0.1, 64), (0.0, FINEST))


@dataclass(frozen=True, slots=True, kw_only=True)
class CusumDesign:
    """
    A cumulative sum chart, by what it promises.

    Attributes
    ----------
    mean
        Mean count per period without a change.
    ratio
        The change it is tuned to: the mean becomes `ratio` times what it was.
    reference
        What is taken from every count (k), a multiple of 1/16 (of 1/64 or 1/256 for
        means below 0.5 or 0.1).
    decision
        The sum above which it sounds (h), a multiple of the same.
    run_length
        Average number of periods until a false alarm, without a change.
    run_length_changed
        Average number until it sounds where the change was there from the start.

    Examples
    --------
    >>> design = cusum_design(1.0, run_length=100)
    >>> design.reference, design.run_length >= 100
    (1.4375, True)
    """

    mean: float
    ratio: float
    reference: float
    decision: float
    run_length: float
    run_length_changed: float


def cusum_design(
    mean: float, *, ratio: float = 2.0, run_length: float = 370.0
) -> CusumDesign:
    """
    Choose reference and decision values of a Poisson CUSUM.

    Parameters
    ----------
    mean
        Mean count per period without a change, in [0.02, 200].
    ratio
        The change to find: at least 1.2 for a rise, at most 0.8 for a fall.
    run_length
        The shortest average run length wanted without a change, in [2, 100000].

    Returns
    -------
    CusumDesign
        The smallest decision value that keeps the promise.

    Raises
    ------
    ArgumentError
        If a number lies outside its range.

    Notes
    -----
    The reference value is the best there is for this change [1]_, ``(m1 - m0) /
    log(m1 / m0)``, rounded so that run lengths are exact; run lengths of 370 periods
    are those of three-sigma limits of normal values.

    References
    ----------
    .. [1] Lucas, J. M. (1985), Technometrics 27, 129-144.

    Examples
    --------
    >>> design = cusum_design(4.0, ratio=1.5)
    >>> design.reference, round(design.run_length_changed, 1) < 12
    (4.9375, True)
    """
    _check("mean", mean, LEAST_MEAN, MOST_MEAN)
    check_promise(ratio, run_length)
    step = next(step for least, step in _STEPS if mean >= least)
    reference, rise = _reference(mean, ratio, step), ratio > 1

    def promised(decision: int) -> float:
        return cusum_run_length(
            mean, reference=reference, decision=decision / step, rise=rise
        )

    low, high = 0, step
    while promised(high) < run_length:
        low, high = high, 2 * high
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if promised(middle) >= run_length else (middle, high)
    decision = 0 if promised(0) >= run_length else high
    return CusumDesign(
        mean=float(mean),
        ratio=float(ratio),
        reference=reference,
        decision=decision / step,
        run_length=promised(decision),
        run_length_changed=cusum_run_length(
            mean * ratio, reference=reference, decision=decision / step, rise=rise
        ),
    )


def check_promise(ratio: float, run_length: float) -> None:
    """
    Refuse a change, or a run length, that no chart is designed for.

    Parameters
    ----------
    ratio, run_length
        As for `cusum_design`.

    Raises
    ------
    ArgumentError
        If a number lies outside its range.

    Examples
    --------
    >>> check_promise(2.0, 370)
    """
    _check("run_length", run_length, 2, 100_000)
    if not (0 < ratio <= 0.8 or 1.2 <= ratio < math.inf):
        rule = "be at least 1.2 for a rise, or at most 0.8 (above 0) for a fall"
        raise ArgumentError(refusal("ratio", rule, ratio))


def cusum_run_length(
    mean: float, *, reference: float, decision: float, rise: bool = True
) -> float:
    """
    Compute the average run length of a Poisson CUSUM exactly.

    Parameters
    ----------
    mean
        True mean count per period, above 0.
    reference, decision
        What is taken from every count, and the sum above which the chart sounds;
        multiples of 1/256, at least 0.
    rise
        Whether counts above the reference add to the sum; counts below it otherwise.

    Returns
    -------
    float
        Periods from a sum of 0 until the chart sounds, on average.

    Raises
    ------
    ArgumentError
        If `mean` is not above 0, a value is not such a multiple, `reference` is 0 for a
        fall, or the sum could take more than 4,000 values.

    Notes
    -----
    The sums from 0 to `decision`, in the coarsest steps that hold both values, are the
    states of a Markov chain with transition
    matrix R; run lengths solve ``(I - R) L = 1`` [1]_.

    References
    ----------
    .. [1] Brook, D. and Evans, D. A. (1972), Biometrika 59, 539-549.

    Examples
    --------
    Sounding at the first count of 1 or more, of mean log 2, takes 2 periods:

    >>> round(cusum_run_length(np.log(2), reference=0.0, decision=0.0), 12)
    2.0
    """
    check_positive("mean", mean)
    for name, value in (("reference", reference), ("decision", decision)):
        if not 0 <= value < math.inf or value * FINEST != round(value * FINEST):
            rule = f"be a multiple of 1/{FINEST}, at least 0"
            raise ArgumentError(refusal(name, rule, value))
    if not (rise or reference):
        raise ArgumentError(refusal("reference", "be above 0 for a fall", reference))
    fine = round(reference * FINEST), round(decision * FINEST)
    size = math.gcd(*fine, FINEST)
    top, per_count = fine[1] // size, FINEST // size
    if top > MOST_STATES:
        rule = f"be at most {MOST_STATES / per_count:g} with this reference"
        raise ArgumentError(refusal("decision", rule, decision))
    moves = _transitions(mean, fine[0] // size, per_count, top, rise)
    lengths = np.linalg.solve(np.eye(top + 1) - moves, np.ones(top + 1))
    return float(lengths[0])


def _check(name: str, value: float, low: float, high: float) -> None:
    """Refuse a number outside its range."""
    if not low <= value <= high:
        raise ArgumentError(refusal(name, f"lie in [{low:g}, {high:g}]", value))


def _reference(mean: float, ratio: float, step: int) -> float:
    """Take the best reference value of the lattice, on the far side of the mean."""
    steps = round(mean * (ratio - 1) / math.log(ratio) * step)
    # At or before the mean the sum would run away without a change.
    if ratio > 1:
        return max(steps, math.floor(mean * step) + 1) / step
    return max(min(steps, math.ceil(mean * step) - 1), 1) / step


def _transitions(
    mean: float, reference: int, per_count: int, top: int, rise: bool
) -> FloatArray:
    """Give the probabilities of going from each sum to each, in steps of the sum."""
    from scipy import special

    sums = np.arange(top + 1)
    # A larger count passes the top from any sum, or (fall) brings any sum to 0.
    most = (top + reference) // per_count + 1
    counts = np.arange(most + 1)
    share = np.exp(counts * math.log(mean) - mean - special.gammaln(counts + 1.0))
    moves = np.zeros((top + 1, top + 1))
    step = counts * per_count - reference
    for count, change in zip(counts, step if rise else -step, strict=True):
        after = np.maximum(sums + change, 0)
        stays = after <= top
        moves[sums[stays], after[stays]] += share[count]
    if not rise:
        moves[:, 0] += special.pdtrc(most, mean)
    return moves
