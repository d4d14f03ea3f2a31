"""
What one allocation means: how far apart, how foreseeable, how certain.

Every function takes many states of a trial at once, the arms as the first axis,
treatment first. Counts are scaled by the ratio: an arm at its share counts as level.
"""

from __future__ import annotations

from math import lcm

import numpy as np
import numpy.typing as npt

from steps_analysis.estimates import FloatArray, IntArray
from steps_analysis.randomisation.parameters import Ratio

BEFORE = (
    "treatment",
    "deterministic",
    "entropy",
    "correct_guess",
    "correct_guess_divergence",
)
"""What is asked before each allocation, in the order of `foresight`."""

AFTER = ("balanced", "absolute_imbalance", "squared_imbalance")
"""What is asked after each allocation, in the order of `distance`."""


def unit_of(ratio: Ratio) -> int:
    """
    Give the number that makes every imbalance whole.

    Parameters
    ----------
    ratio
        Each arm's part.

    Returns
    -------
    int
        The least common multiple of the parts.

    Examples
    --------
    >>> unit_of((1, 1)), unit_of((3, 2, 1))
    (1, 6)
    """
    return lcm(*ratio)


def scaled_counts(counts: npt.ArrayLike, ratio: Ratio) -> IntArray:
    """
    Divide each arm's count by its part of the ratio, times the ratio's unit.

    Parameters
    ----------
    counts
        How many are in each arm, shape (arms, ...).
    ratio
        Each arm's part.

    Returns
    -------
    numpy.ndarray
        Whole numbers, shape (arms, ...).

    Examples
    --------
    >>> scaled_counts([4, 2], (2, 1))
    array([4, 4])
    """
    given = np.asarray(counts, dtype=np.int64)
    parts = np.reshape(ratio, (-1, *[1] * (given.ndim - 1)))
    return np.asarray(given * (unit_of(ratio) // parts), dtype=np.int64)


def imbalance_of(scaled: IntArray) -> IntArray:
    """
    Say how far apart the arms are.

    Parameters
    ----------
    scaled
        Scaled counts, shape (arms, ...); see `scaled_counts`.

    Returns
    -------
    numpy.ndarray
        Of two arms, treatment less control; of more, the largest less the smallest.
        Shape (...), in the ratio's unit.

    Examples
    --------
    >>> imbalance_of(np.array([[1], [3]])), imbalance_of(np.array([[1], [3], [2]]))
    (array([-2]), array([2]))
    """
    if len(scaled) == 2:
        return np.asarray(scaled[0] - scaled[1])
    return np.asarray(scaled.max(axis=0) - scaled.min(axis=0))


def distance(imbalance: npt.ArrayLike, unit: int) -> list[FloatArray]:
    """
    Judge the state after an allocation.

    Parameters
    ----------
    imbalance
        The imbalance in the ratio's unit, shape (m,).
    unit
        The ratio's unit.

    Returns
    -------
    list of numpy.ndarray
        Each of shape (m,): 1 where balanced, |D|, and D squared.

    Examples
    --------
    >>> distance([0, -2], 1)
    [array([1., 0.]), array([0., 2.]), array([0., 4.])]
    """
    d = np.abs(np.asarray(imbalance, dtype=np.float64)) / unit
    return [(d == 0).astype(np.float64), d, d * d]


def foresight(scaled: IntArray, probabilities: FloatArray) -> list[FloatArray]:
    """
    Judge the next allocation before it is made.

    Parameters
    ----------
    scaled
        Scaled counts so far, shape (arms, m).
    probabilities
        Each arm's probability for the next participant, shape (arms, m).

    Returns
    -------
    list of numpy.ndarray
        Each of shape (m,): P(treatment); 1 where an arm is certain; entropy in nats;
        the probability that the arm furthest behind is taken (convergence strategy),
        and that the arm furthest ahead is (divergence). Tied arms are guessed with
        equal probability, whatever the ratio.

    References
    ----------
    .. [1] Blackwell, D. and Hodges, J. L. (1957), Annals of Mathematical Statistics 28,
       449-460.

    Examples
    --------
    Treatment is one behind and gets two thirds.

    >>> judged = foresight(np.array([[0], [1]]), np.array([[2 / 3], [1 / 3]]))
    >>> np.round(judged, 3).ravel()
    array([0.667, 0.   , 0.637, 0.667, 0.333])
    """
    possible = probabilities > 0
    logs = np.log(probabilities, out=np.zeros_like(probabilities), where=possible)
    return [
        probabilities[0],
        (possible.sum(axis=0) == 1).astype(np.float64),
        -(probabilities * logs).sum(axis=0),
        _guessed(scaled == scaled.min(axis=0), probabilities),
        _guessed(scaled == scaled.max(axis=0), probabilities),
    ]


def _guessed(guesses: npt.NDArray[np.bool_], probabilities: FloatArray) -> FloatArray:
    """Probability that a guess, drawn among the arms marked, is right."""
    return np.asarray((guesses * probabilities).sum(axis=0) / guesses.sum(axis=0))
