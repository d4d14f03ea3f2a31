"""
How strongly minimisation prefers each arm.

Pure functions of the margins, for any number of arms, so that they can be compared with
the worked examples of the papers. Arms are the *first* axis everywhere, sequences the
last.
"""

from __future__ import annotations

from typing import Literal, TypeAlias, get_args

import numpy as np

from steps_analysis.estimates import BoolArray, FloatArray

Imbalance: TypeAlias = Literal[
    "range", "standard-deviation", "variance", "marginal-balance"
]
IMBALANCES: tuple[str, ...] = get_args(Imbalance)

_TIE = 1e-9  # scores this close (relative to their size) are equal but for rounding


def spread(counts: FloatArray, imbalance: Imbalance) -> FloatArray:
    """
    Measure how unequal the arms are.

    Parameters
    ----------
    counts
        Participants per arm, each divided by the arm's part of the ratio, shape
        (arms, ...).
    imbalance
        ``"range"`` (largest less smallest), ``"standard-deviation"`` and ``"variance"``
        (divisor: arms less one), or ``"marginal-balance"`` (sum of the absolute
        differences of all pairs over (arms - 1) times the total).

    Returns
    -------
    numpy.ndarray
        The measure, shape (...), 0 where all arms are equal.

    References
    ----------
    .. [1] Pocock, S. J. and Simon, R. (1975), Biometrics 31, 103-115.
    .. [2] Han, B., Enas, N. H. and McEntegart, D. (2009), Statistics in Medicine 28,
       3329-3346.

    Examples
    --------
    >>> float(spread(np.array([41.0, 47.0, 45.0]), "range"))
    6.0
    """
    if imbalance == "range":
        return np.asarray(counts.max(axis=0) - counts.min(axis=0))
    if imbalance == "marginal-balance":
        pairs = np.abs(counts[:, None] - counts[None, :]).sum(axis=(0, 1)) / 2
        return np.asarray(pairs / ((len(counts) - 1) * counts.sum(axis=0)))
    variance = np.asarray(counts.var(axis=0, ddof=1))
    return variance if imbalance == "variance" else np.sqrt(variance)


def arm_scores(
    margins: FloatArray, weights: FloatArray, ratio: FloatArray, imbalance: Imbalance
) -> FloatArray:
    """
    Score every arm by the imbalance it would leave if it took the next participant.

    Parameters
    ----------
    margins
        How many each arm holds at the next participant's level of each factor, shape
        (arms, factors, ...).
    weights
        Weight of each factor, shape (factors,).
    ratio
        Each arm's part of the allocation ratio, shape (arms,); counts are divided by
        it, so that arms at their ratio count as level.
    imbalance
        How inequality is measured; see `spread`.

    Returns
    -------
    numpy.ndarray
        Pocock and Simon's G, shape (arms, ...): the smallest is preferred.

    References
    ----------
    .. [1] Pocock, S. J. and Simon, R. (1975), Biometrics 31, 103-115, section 3.

    Examples
    --------
    One factor, two arms holding 3 and 2: the second arm would level them.

    >>> one = np.ones(1)
    >>> arm_scores(np.array([[3.0], [2.0]]), one, np.ones(2), "range")
    array([2., 0.])
    """
    parts = ratio.reshape(-1, *[1] * (margins.ndim - 1))
    scores = []
    for arm in range(len(ratio)):
        tried = margins / parts
        tried[arm] += 1 / ratio[arm]
        scores.append(np.tensordot(weights, spread(tried, imbalance), axes=1))
    return np.asarray(scores)


def preference_table(ratio: FloatArray, p: float) -> FloatArray:
    """
    Give each arm's probability when one arm is preferred: biased-coin minimisation.

    The preferred arm with the smallest part of the ratio gets `p`; a preferred arm with
    a larger part gets more; the others share the rest in their ratio.

    Parameters
    ----------
    ratio
        Each arm's part of the allocation ratio, shape (arms,).
    p
        Probability of the arm with the smallest part where it is preferred.

    Returns
    -------
    numpy.ndarray
        Shape (arms, arms): row = the preferred arm, column = the arm's probability.

    Notes
    -----
    Had every arm been preferred in proportion to the ratio, the arms would come out in
    the ratio: this is what keeps a:b, where a fixed `p` for every arm would not.

    References
    ----------
    .. [1] Han, B., Enas, N. H. and McEntegart, D. (2009), Statistics in Medicine 28,
       3329-3346.

    Examples
    --------
    >>> preference_table(np.array([2.0, 1.0]), 0.8)
    array([[0.9, 0.1],
           [0.2, 0.8]])
    """
    total, smallest = ratio.sum(), ratio.min()
    preferred = 1 - (1 - p) * (total - ratio) / (total - smallest)
    rest = (1 - preferred)[:, None] * ratio / (total - ratio)[:, None]
    return np.asarray(np.where(np.eye(len(ratio), dtype=bool), preferred, rest))


def is_close(scores: FloatArray, best: FloatArray) -> BoolArray:
    """
    Say which scores are equal but for rounding.

    Parameters
    ----------
    scores, best
        What to compare; any shapes that broadcast.

    Returns
    -------
    numpy.ndarray
        True where they lie within a relative 1e-9, the broadcast shape.

    Examples
    --------
    >>> is_close(np.array([0.3, 0.31]), np.array([0.1 + 0.2]))
    array([ True, False])
    """
    return np.asarray(np.abs(scores - best) <= _TIE * (1 + np.abs(best)))


def best_arms(scores: FloatArray) -> BoolArray:
    """
    Say which arms tie for the smallest score.

    Parameters
    ----------
    scores
        Imbalance each arm would leave, shape (arms, ...); see `arm_scores`.

    Returns
    -------
    numpy.ndarray
        True for the best arm, or the tied ones, shape (arms, ...).

    Examples
    --------
    >>> best_arms(np.array([2.0, 1.0, 1.0]))
    array([False,  True,  True])
    """
    return is_close(scores, scores.min(axis=0))


def arm_probabilities(
    scores: FloatArray, ratio: FloatArray, table: FloatArray
) -> FloatArray:
    """
    Turn scores into probabilities: best-only rule, ties by the ratio.

    Parameters
    ----------
    scores
        Imbalance each arm would leave, shape (arms, ...); see `arm_scores`.
    ratio
        Each arm's part of the allocation ratio, shape (arms,).
    table
        Probabilities under each preferred arm, shape (arms, arms); see
        `preference_table`.

    Returns
    -------
    numpy.ndarray
        Probability of each arm, shape (arms, ...).

    Notes
    -----
    Where arms tie for the smallest score, the preferred one is drawn among them in
    proportion to the ratio, so that two arms all tied get their ratio. With three arms,
    two tied and p = 0.8 this gives (0.45, 0.45, 0.10); ``Minirand`` shares p among the
    tied instead, (0.4, 0.4, 0.2).

    Examples
    --------
    >>> even = np.ones(2)
    >>> table = preference_table(even, 0.8)
    >>> arm_probabilities(np.array([2.0, 0.0]), even, table)
    array([0.2, 0.8])
    >>> arm_probabilities(np.array([1.0, 1.0]), even, table)
    array([0.5, 0.5])
    """
    share = best_arms(scores) * ratio.reshape(-1, *[1] * (scores.ndim - 1))
    return np.asarray(np.tensordot(table.T, share / share.sum(axis=0), axes=1))
