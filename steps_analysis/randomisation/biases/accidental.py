"""How far an unknown characteristic can be out of balance, at worst."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from steps_analysis.estimates import FloatArray, IntArray
from steps_analysis.randomisation.draw import draw_from
from steps_analysis.randomisation.factors import Factors, level_codes
from steps_analysis.randomisation.parameters import check_draws, check_whole
from steps_analysis.randomisation.procedures import (
    CountProcedure,
    Procedure,
    n_arms,
    ratio_of,
)
from steps_analysis.randomisation.sequences import (
    check_enumerable,
    possible_sequences,
)
from steps_analysis.randomness import Stream

_NEGLIGIBLE = 1e-22  # counts this improbable are left out; n of them come to nothing


@dataclass(frozen=True, slots=True, kw_only=True)
class AccidentalBias:
    """
    The largest variance an unknown characteristic's imbalance can have.

    Attributes
    ----------
    value
        The largest variance, 1 for tossing a coin of the same ratio. Where sequences
        were drawn, the middle of `lower` and `upper`.
    lower, upper
        Both the same as `value` where exact. Where sequences were drawn, one is too
        small on average and the other too large; they are no confidence limits.
    n
        How many participants.
    method
        Procedure, and how it was computed.

    Examples
    --------
    >>> from steps_analysis.randomisation import PermutedBlocks
    >>> accidental_bias(PermutedBlocks(2), 40).value
    2.0
    """

    value: float
    lower: float
    upper: float
    n: int
    method: str


def accidental_bias(
    procedure: Procedure,
    n: int,
    *,
    factors: Factors = None,
    n_draws: int | None = None,
    seed: int | None = None,
) -> AccidentalBias:
    """
    Give the largest eigenvalue of the covariance matrix of the allocations.

    An analysis may leave out a characteristic that matters and that nobody knows. If
    its values are scaled to a sum of squares of 1, its imbalance between the arms has
    some variance, which no characteristic can make larger than this number.

    Parameters
    ----------
    procedure
        The procedure.
    n
        How many participants, at least 1.
    factors
        Levels of the n participants; needed by a covariate-adaptive procedure, and held
        fixed. See `level_codes`.
    n_draws
        How many sequences to draw. None: exact. For a procedure of two arms that is one
        function of the counts at any n, for all others by enumeration (at most 20
        participants in two arms).
    seed
        The seed of the draws; required with `n_draws`.

    Returns
    -------
    AccidentalBias
        The eigenvalue, exact or between a lower and an upper figure.

    Raises
    ------
    ArgumentError
        If a number is impossible, `seed` is missing where draws are asked for, or
        `n_draws` where there are too many participants to enumerate.
    DataError
        If `factors` breaks its rules.

    Notes
    -----
    An allocation is 1 for treatment and 0 for any other arm, less its share of the
    ratio, over that share's standard deviation: for 1:1 it is Efron's T = 1 or -1. The
    covariance is about the mean that the procedure gives. Efron's characteristic has
    mean 0; the eigenvalue is over all, and so can only be larger.

    The largest eigenvalue of a covariance estimated from draws is too large on average,
    the more so the fewer the draws (that is `upper`). `lower` takes the direction from
    one half of the draws and its variance from the other, both ways round; it is too
    small on average.

    References
    ----------
    .. [1] Efron, B. (1971), Biometrika 58, 403-417.
    .. [2] Rosenberger, W. F. and Lachin, J. M. (2016), Randomization in Clinical
       Trials, 2nd edition.

    Examples
    --------
    Fixing the totals of 10 makes every two allocations correlate by -1/9:

    >>> from steps_analysis.randomisation import RandomAllocationRule
    >>> round(accidental_bias(RandomAllocationRule(), 10).value, 6)  # 10/9
    1.111111
    """
    check_whole("n", n, least=1)
    codes = level_codes(procedure, factors, n=n)
    parts = ratio_of(procedure)
    share = parts[0] / sum(parts)
    scale = share * (1 - share)
    if n_draws is not None:
        lower, upper = _drawn(procedure, codes, n_draws, seed)
        how = f"{n_draws:,} sequences drawn"
    else:
        lower = upper = _largest(_exact_covariance(procedure, codes))
        how = "exact"
    return AccidentalBias(
        value=(lower + upper) / 2 / scale,
        lower=lower / scale,
        upper=upper / scale,
        n=n,
        method=f"largest eigenvalue under {procedure!r}, {how}",
    )


def _largest(covariance: FloatArray) -> float:
    """Give the largest eigenvalue."""
    return float(np.linalg.eigvalsh(covariance)[-1])


def _exact_covariance(procedure: Procedure, codes: IntArray) -> FloatArray:
    """Give the covariance of the allocations to treatment, shape (n, n)."""
    n = len(codes)
    if isinstance(procedure, CountProcedure) and n_arms(procedure) == 2:
        return _by_counts(procedure, n)
    check_enumerable(procedure, n)
    arms, probability = possible_sequences(procedure, codes)
    treated = (arms == n_arms(procedure) - 1).astype(np.float64)
    centred = treated - probability @ treated
    return np.asarray(centred.T @ (centred * probability[:, None]))


def _by_counts(procedure: CountProcedure, n: int) -> FloatArray:
    """
    Follow the law of the treatments so far, as it is and with each earlier one treated.

    Row i of `joint` is P(participant i treated, k treatments so far).
    """
    law, joint = np.zeros(n + 1), np.zeros((n, n + 1))
    law[0] = 1.0
    mean, product = np.zeros(n), np.zeros((n, n))
    for place in range(n):
        likely = np.flatnonzero(law > _NEGLIGIBLE)
        counts = np.arange(likely[0], likely[-1] + 1)
        here, above = (
            slice(counts[0], counts[-1] + 1),
            slice(counts[0] + 1, counts[-1] + 2),
        )
        chance = procedure.probability(counts, place - counts, n)
        mean[place] = product[place, place] = law[here] @ chance
        product[:place, place] = joint[:place, here] @ chance
        for earlier in (joint[:place], law[None]):
            treated = earlier[:, here] * chance
            earlier[:, here] -= treated
            earlier[:, above] += treated
        joint[place, above] = treated[0]  # of `law`, the last to move
    product = np.triu(product) + np.triu(product, 1).T
    return product - np.outer(mean, mean)


def _drawn(
    procedure: Procedure, codes: IntArray, n_draws: int, seed: int | None
) -> tuple[float, float]:
    """Give a figure too small on average, and one too large."""
    own = check_draws(n_draws, seed, drawn="sequences", least=4)
    arms = draw_from(procedure, codes, n_draws, stream=Stream.ALLOCATION, seed=own)
    treated = (arms == n_arms(procedure) - 1).astype(np.float64)
    halves = [_covariance(treated[start::2]) for start in (0, 1)]
    directions = [np.linalg.eigh(half)[1][:, -1] for half in halves]
    crossed = [
        direction @ other @ direction
        for direction, other in zip(directions, reversed(halves), strict=True)
    ]
    return float(np.mean(crossed)), _largest(_covariance(treated))


def _covariance(treated: FloatArray) -> FloatArray:
    """Estimate the covariance of the allocations, shape (n, n)."""
    return np.atleast_2d(np.cov(treated, rowvar=False))
