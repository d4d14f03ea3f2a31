"""
What does a mean of times need so that the censored do not bias it?

Each time known up to the horizon is weighted by one over the probability of not having
been censored before it; what estimating that probability adds to the variance is the
martingale part of each score.
"""

from __future__ import annotations

import numpy as np

from steps_analysis.estimates import BoolArray, FloatArray


def censoring_weights(time: FloatArray, known: BoolArray) -> FloatArray:
    """
    Weight the known times by the inverse probability of being known.

    Parameters
    ----------
    time
        End of follow-up or the horizon, whichever comes first, shape (n,).
    known
        False where a censoring came first, shape (n,).

    Returns
    -------
    numpy.ndarray
        Weights, shape (n,); 0 for the censored. They add up to n where the last time
        is known.

    Notes
    -----
    Product-limit probability just before each time, of a risk set without those whose
    event comes at that very time: events come before censorings. The weighted mean then
    equals the area under the Kaplan-Meier curve.

    Examples
    --------
    >>> time, known = np.array([1.0, 2, 3]), np.array([True, False, True])
    >>> censoring_weights(time, known)
    array([1., 0., 2.])
    """
    at, n_censored, at_risk = _censorings(time, known)
    free = np.concatenate([[1.0], np.cumprod(1 - n_censored / at_risk)])
    before = free[np.searchsorted(at, time, side="left")]
    weights: FloatArray = np.divide(known, before, out=np.zeros(len(time)), where=known)
    return weights


def score_influence(
    time: FloatArray, known: BoolArray, scores: FloatArray
) -> FloatArray:
    """
    Add to weighted scores what estimating the weights contributes.

    Parameters
    ----------
    time
        As in `censoring_weights`, shape (n,).
    known
        As there, shape (n,).
    scores
        Weighted scores, shape (n, p).

    Returns
    -------
    numpy.ndarray
        Influence of each participant on the sum of scores, shape (n, p).

    Examples
    --------
    Without censoring nothing is added.

    >>> time, scores = np.array([1.0, 2.0]), np.array([[1.0], [-1.0]])
    >>> score_influence(time, np.array([True, True]), scores).ravel()
    array([ 1., -1.])
    """
    at, n_censored, at_risk = _censorings(time, known)
    if not len(at):
        return scores
    order = np.argsort(time, kind="stable")
    total = np.concatenate([np.zeros((1, scores.shape[1])), scores[order].cumsum(0)])
    later = total[-1] - total[np.searchsorted(time[order], at, side="right")]
    own = later / at_risk[:, None]
    drift = np.concatenate(
        [
            np.zeros((1, scores.shape[1])),
            (own * (n_censored / at_risk)[:, None]).cumsum(0),
        ]
    )
    passed = np.where(
        known,
        np.searchsorted(at, time, side="left"),
        np.searchsorted(at, time, side="right"),
    )
    influence: FloatArray = scores - drift[passed]
    influence[~known] += own[np.searchsorted(at, time[~known])]
    return influence


def _censorings(
    time: FloatArray, known: BoolArray
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Give the times of censorings, how many, and those then at risk of one."""
    at, n_censored = np.unique(time[~known], return_counts=True)
    later = len(time) - np.searchsorted(np.sort(time), at, side="right")
    return at, n_censored.astype(np.float64), (later + n_censored).astype(np.float64)
