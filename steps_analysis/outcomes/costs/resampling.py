"""How far may a difference of means lie from the truth when values are skewed?"""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from steps_analysis.errors import ArgumentError, refusal
from steps_analysis.estimates import FloatArray
from steps_analysis.outcomes.scores.two_arms import TwoArms
from steps_analysis.randomness import Stream, generator

_AT_ONCE = 2_000_000  # draws held in memory together
FEW = 50  # participants an arm below which bootstrap limits are known to be narrow


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Resampled:
    """
    Differences of means, seen and drawn again.

    Attributes
    ----------
    seen
        The differences seen, shape (k,).
    drawn
        The differences in every resample, shape (b, k).
    influence
        How much each participant's values move the differences, shape (n, k).
    """

    seen: FloatArray
    drawn: FloatArray
    influence: FloatArray

    def limits(self, column: int, level: float, interval: str) -> tuple[float, float]:
        """
        Give bootstrap limits of one difference.

        Parameters
        ----------
        column
            Which.
        level
            Confidence level, in (0, 1).
        interval
            ``"bca"`` or ``"percentile"``.

        Returns
        -------
        tuple of float
            Lower and upper limit.

        Notes
        -----
        BCa: bias from the share of resamples below the value seen, ties counted half;
        acceleration sum(l^3) / (6 sum(l^2)^1.5) of the influence values l of both arms.
        """
        drawn, tail = self.drawn[:, column], (1 - level) / 2
        shares = [tail, 1 - tail]
        if interval == "bca":
            shares = self._corrected(column, tail)
        lower, upper = np.quantile(drawn, shares)
        return float(lower), float(upper)

    def standard_error(self, column: int) -> float:
        """
        Give the standard deviation of one difference over the resamples.

        Parameters
        ----------
        column
            Which.

        Returns
        -------
        float
            Its standard error.
        """
        drawn = self.drawn[:, column]
        size = float(np.abs(drawn).max()) or 1.0
        return size * float((drawn / size).std(ddof=1))

    def _corrected(self, column: int, tail: float) -> list[float]:
        """Give the shares below which BCa limits lie."""
        drawn, seen = self.drawn[:, column], self.seen[column]
        below = float(np.mean(drawn < seen) + np.mean(drawn == seen) / 2)
        edge = 0.5 / len(drawn)
        normal = NormalDist()
        bias = normal.inv_cdf(min(max(below, edge), 1 - edge))
        pull = self.influence[:, column]
        pull = pull / (float(np.abs(pull).max()) or 1.0)
        squares = float(np.sum(pull**2))
        bend = float(np.sum(pull**3)) / (6 * squares**1.5) if squares > 0 else 0.0
        shares = []
        for share in (tail, 1 - tail):
            moved = bias + normal.inv_cdf(share)
            left = 1 - bend * moved
            shares.append(normal.cdf(bias + moved / left) if left > 0 else share)
        return sorted(shares)


def resample(
    values: FloatArray, arms: TwoArms, *, n_resamples: int, seed: int
) -> Resampled:
    """
    Draw participants again within their arms.

    Parameters
    ----------
    values
        One row per participant, shape (n, k).
    arms
        Their arms.
    n_resamples
        How many resamples.
    seed
        The seed; each arm has a stream of its own.

    Returns
    -------
    Resampled
        Differences, arm minus reference.

    Raises
    ------
    ArgumentError
        If there are fewer than 200 resamples.

    Examples
    --------
    >>> arms = TwoArms.of(np.array(["a", "a", "b", "b"]))
    >>> costs = np.array([[1.0], [1], [3], [3]])
    >>> found = resample(costs, arms, n_resamples=200, seed=1)
    >>> found.seen, float(found.drawn.std())
    (array([2.]), 0.0)
    """
    if not isinstance(n_resamples, int | np.integer) or n_resamples < 200:
        rule = "be a whole number, at least 200"
        raise ArgumentError(refusal("n_resamples", rule, n_resamples))
    influence = np.zeros_like(values)
    seen, drawn = np.zeros(values.shape[1]), np.zeros((n_resamples, values.shape[1]))
    for code, sign in ((1, 1.0), (0, -1.0)):
        own = arms.treated == bool(code)
        part = values[own]
        mean = part.mean(axis=0)
        influence[own] = sign * (part - mean) / len(part)
        seen += sign * mean
        rng = generator(seed, Stream.COST_RESAMPLES, code)
        drawn += sign * _means(part, n_resamples, rng)
    return Resampled(seen=seen, drawn=drawn, influence=influence)


def _means(
    values: FloatArray, n_resamples: int, rng: np.random.Generator
) -> FloatArray:
    """Give the means of resamples, shape (b, k)."""
    n = len(values)
    at_once = max(1, _AT_ONCE // n)
    found = []
    for first in range(0, n_resamples, at_once):
        rows = rng.integers(n, size=(min(at_once, n_resamples - first), n))
        found.append(values[rows].mean(axis=1))
    return np.concatenate(found)


def caveat(arms: TwoArms) -> str:
    """
    Warn of bootstrap limits from few participants.

    Parameters
    ----------
    arms
        The arms.

    Returns
    -------
    str
        Words for a result's `method`; empty where there are enough.

    Examples
    --------
    >>> caveat(TwoArms.of(np.array(["a", "b"])))[:42]
    '; fewer than 50 participants in an arm: ta'
    """
    if min(arms.counts) >= FEW:
        return ""
    return (
        f"; fewer than {FEW} participants in an arm: take the limits as a guide, with "
        "skewed costs they cover less than they say"
    )


def spread_reason(values: FloatArray, arms: TwoArms, what: str) -> str | None:
    """
    Say why a difference has no bootstrap limits.

    Parameters
    ----------
    values
        One value per participant, shape (n,).
    arms
        Their arms.
    what
        What the values are.

    Returns
    -------
    str or None
        The reason, or None where it has.
    """
    parts = [values[arms.treated], values[~arms.treated]]
    if all(math.isclose(float(np.ptp(p)), 0.0, abs_tol=1e-12) for p in parts):
        return f"{what} do not vary within the arms"
    return None
