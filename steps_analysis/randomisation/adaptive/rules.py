"""How do minimisation's scores become probabilities?"""

from __future__ import annotations

import numpy as np

from steps_analysis.estimates import FloatArray
from steps_analysis.randomisation.adaptive.preference import best_arms, is_close


def shared_by_best(scores: FloatArray, p: float) -> FloatArray:
    """
    Share `p` among the arms that tie for best: best-only rule, ties by ``"share"``.

    Parameters
    ----------
    scores
        Imbalance each arm would leave, shape (arms, ...).
    p
        Probability of the best arms together.

    Returns
    -------
    numpy.ndarray
        Probability of each arm, shape (arms, ...); all tied: one over the arms.

    Notes
    -----
    This is what ``Minirand`` 0.1.3 means to do. It knows no ratio but 1:...:1.

    Examples
    --------
    >>> shared_by_best(np.array([1.0, 1.0, 2.0]), 0.8).round(12)
    array([0.4, 0.4, 0.2])
    """
    is_best = best_arms(scores)
    n_best = is_best.sum(axis=0)
    n_others = len(scores) - n_best
    of_others = (1 - p) / np.maximum(n_others, 1)
    shared = np.where(is_best, p / n_best, of_others)
    return np.where(n_others > 0, shared, 1 / len(scores))


def rank_based(scores: FloatArray, q: float) -> FloatArray:
    """
    Give the arm of rank k, the best first, ``q - 2 (N q - 1) k / (N (N + 1))``.

    Parameters
    ----------
    scores
        Imbalance each arm would leave, shape (arms, ...).
    q
        In [1/N, 2/(N - 1)] for N arms: from equal probabilities to none for the last.

    Returns
    -------
    numpy.ndarray
        Probability of each arm, shape (arms, ...). Tied arms take the mean of their
        ranks, which is what ordering them at random comes to.

    References
    ----------
    .. [1] Pocock, S. J. and Simon, R. (1975), Biometrics 31, 103-115, section 3.

    Examples
    --------
    >>> rank_based(np.array([4.0, 2.0, 3.0, 9.0]), 0.5).round(12)
    array([0.2, 0.4, 0.3, 0.1])
    """
    n_arms = len(scores)
    is_level = is_close(scores[:, None], scores[None, :])
    is_behind = (scores[:, None] > scores[None, :]) & ~is_level
    rank = is_behind.sum(axis=1) + (is_level.sum(axis=1) + 1) / 2
    return np.asarray(q - 2 * (n_arms * q - 1) * rank / (n_arms * (n_arms + 1)))


def imbalance_proportional(scores: FloatArray, t: float) -> FloatArray:
    """
    Give arm k the probability ``(1 - t G_k / sum(G)) / (N - t)``.

    Parameters
    ----------
    scores
        Imbalance G each of N arms would leave, shape (arms, ...). They cannot all be 0:
        a participant who levels the counts in one arm unlevels them in another.
    t
        In [0, 1]: from equal probabilities to none for an arm that would be the only
        one to leave an imbalance.

    Returns
    -------
    numpy.ndarray
        Probability of each arm, shape (arms, ...); equal scores have equal ones.

    References
    ----------
    .. [1] Pocock, S. J. and Simon, R. (1975), Biometrics 31, 103-115, section 3.

    Examples
    --------
    >>> imbalance_proportional(np.array([0.0, 3.0]), 0.75)
    array([0.8, 0.2])
    """
    share = scores / scores.sum(axis=0)
    return np.asarray((1 - t * share) / (len(scores) - t))
