"""
Which differences of two risks does an exact unconditional test not reject?

Only the arms' sizes are fixed. Tables are ordered by their score statistic at the
difference tested, and the probability of those as extreme as the observed one is
maximised over the risk that is left open.
"""

from __future__ import annotations

import math

import numpy as np

from steps_analysis.estimates import BoolArray, FloatArray
from steps_analysis.outcomes.binary.binomials import binomial_probabilities
from steps_analysis.outcomes.binary.score_limits import difference_score_limits

Counts = tuple[int, int, int, int]
Interval = tuple[float, float]

_STEP = 0.005
"""Distance of the differences scanned from outside for the first not rejected."""
_REMOTE, _MARGIN = 1e-3, 0.1
"""The scan starts so far outside the score limits for so small a share of the error."""
_GRID = 101
_ZOOMS = 3
_TIE = 1e-9


def unconditional_limits(counts: Counts, level: float) -> Interval:
    """
    Give exact unconditional limits of a difference of risks.

    Parameters
    ----------
    counts
        Events and number of arm 1, then of arm 2.
    level
        Confidence level.

    Returns
    -------
    tuple of float
        The smallest and the largest difference that neither one-sided test rejects at
        half the error.

    Notes
    -----
    Chan and Zhang's interval. Its p-value as a function of the difference jumps and is
    not monotone; the outermost differences kept are looked for in steps of 0.005 from
    far outside, then bisected to 1e-7. R's ``exact2x2::uncondExact2x2`` with
    ``method = "score"`` maximises on a coarser grid and agrees to 1e-4 or so.

    References
    ----------
    .. [1] Chan, I. S. F. and Zhang, Z. (1999), Biometrics 55, 1202-1209.

    Examples
    --------
    One of one against none of one says next to nothing.

    >>> [round(limit, 3) for limit in unconditional_limits((1, 1, 0, 1), 0.95)]
    [-0.684, 1.0]
    """
    x1, n1, x2, n2 = counts
    lower = _lower(counts, (1 - level) / 2)
    upper = -_lower((x2, n2, x1, n1), (1 - level) / 2)
    return lower, upper


def unconditional_p_value(counts: Counts) -> float:
    """
    Give twice the smaller one-sided p-value of no difference.

    Parameters
    ----------
    counts
        Events and number of arm 1, then of arm 2.

    Returns
    -------
    float
        The p-value that goes with `unconditional_limits`.
    """
    x1, n1, x2, n2 = counts
    tails = (
        _largest_tail(counts, 0.0, math.nan),
        _largest_tail((x2, n2, x1, n1), 0.0, math.nan),
    )
    return min(1.0, 2 * min(tails))


def _lower(counts: Counts, alpha: float) -> float:
    """Scan from far below for the first difference kept, then bisect."""
    x1, n1, x2, n2 = counts
    value = x1 / n1 - x2 / n2
    far = difference_score_limits(counts, 1 - 2 * alpha * _REMOTE, correct=False)[0]
    outside, inside = max(far - _MARGIN, -1.0), value
    if outside == -1.0 and value == -1.0:
        return -1.0
    for effect in np.arange(outside + _STEP, value, _STEP).tolist():
        if _largest_tail(counts, effect, alpha) > alpha:
            inside = effect
            break
        outside = effect
    while inside - outside > 1e-7:
        middle = (inside + outside) / 2
        if _largest_tail(counts, middle, alpha) > alpha:
            inside = middle
        else:
            outside = middle
    return inside


def _largest_tail(counts: Counts, effect: float, alpha: float) -> float:
    """
    Maximise the probability of so large a statistic over the risk of arm 2.

    The grid is narrowed around its peak only where that may matter to the comparison
    with alpha.
    """
    x1, n1, x2, n2 = counts
    scores = difference_scores(n1, n2, effect)
    extreme = scores >= scores[x1, x2] - _TIE
    low, high = max(0.0, -effect), min(1.0, 1 - effect)
    best = 0.0
    for _ in range(_ZOOMS):
        risks = np.linspace(low, high, _GRID)
        chance = _tail(extreme, effect, risks)
        peak = int(np.argmax(chance))
        best = max(best, float(chance[peak]))
        if best > alpha or best < alpha / 2:
            return best
        low = float(risks[max(peak - 1, 0)])
        high = float(risks[min(peak + 1, _GRID - 1)])
    return best


def _tail(extreme: BoolArray, effect: float, risk: FloatArray) -> FloatArray:
    """
    Give the probability of the extreme tables at risks of arm 2, shape (k,).

    More events in arm 1 are more extreme, so that a column of tables is extreme from
    some count on.
    """
    n1, n2 = (size - 1 for size in extreme.shape)
    p1 = binomial_probabilities(n1, np.clip(risk + effect, 0.0, 1.0))
    p2 = binomial_probabilities(n2, risk)
    at_least = np.zeros((len(risk), n1 + 2))
    at_least[:, :-1] = np.cumsum(p1[:, ::-1], axis=1)[:, ::-1]
    first = n1 + 1 - extreme.sum(axis=0)
    total: FloatArray = np.sum(at_least[:, first] * p2, axis=1)
    return total


def difference_scores(n1: int, n2: int, effect: float) -> FloatArray:
    """
    Give the score statistic of a difference for every table with these arm sizes.

    Parameters
    ----------
    n1, n2
        Participants of the arms.
    effect
        The difference tested, in (-1, 1).

    Returns
    -------
    numpy.ndarray
        As `difference_score` without correction, shape (n1 + 1, n2 + 1).

    Examples
    --------
    >>> round(float(difference_scores(30, 30, 0.0)[3, 9]), 6)
    -1.936492
    """
    p1 = np.arange(n1 + 1.0)[:, None] / n1
    p2 = np.arange(n2 + 1.0)[None, :] / n2
    ratio = n2 / n1
    a = 1 + ratio
    b = -(1 + ratio + p1 + ratio * p2 + effect * (ratio + 2))
    c = effect**2 + effect * (2 * p1 + ratio + 1) + p1 + ratio * p2
    d = -p1 * effect * (1 + effect)
    v = b**3 / (27 * a**3) - b * c / (6 * a**2) + d / (2 * a)
    size = np.sqrt(np.maximum(b**2 / (9 * a**2) - c / (3 * a), 0.0))
    u = np.copysign(size, v)
    cosine = np.where(u != 0, v / np.where(u != 0, u, 1.0) ** 3, 0.0)
    angle = (np.pi + np.arccos(np.clip(cosine, -1, 1))) / 3
    r1 = np.clip(
        2 * u * np.cos(angle) - b / (3 * a), max(effect, 0), min(1 + effect, 1)
    )
    r2 = np.clip(r1 - effect, 0.0, 1.0)
    variance = r1 * (1 - r1) / n1 + r2 * (1 - r2) / n2
    distance = p1 - p2 - effect
    is_near: BoolArray = np.abs(distance) < 1e-12
    scores = distance / np.sqrt(np.maximum(variance, 1e-300))
    return np.where(is_near, 0.0, scores)
