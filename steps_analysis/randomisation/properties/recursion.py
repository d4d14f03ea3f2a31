"""
The two recursions over counts, compiled.

Imported late: numba is heavy. What is compiled, and all that it calls, must stay in
this one file: the compiler's cache looks for changes in a function's own file only.
"""

from __future__ import annotations

import numpy as np

from steps_analysis.compiling import compiled
from steps_analysis.estimates import FloatArray

_NEGLIGIBLE = 1e-17  # a probability that adds nothing to 1 in double precision


@compiled
def law_of_counts(table: FloatArray) -> FloatArray:
    """
    Give the law of the number in treatment after every participant.

    Parameters
    ----------
    table
        P(next is treatment), shape (n, n + 1): row = how many are allocated, column =
        how many of them to treatment.

    Returns
    -------
    numpy.ndarray
        Probabilities, shape (n + 1, n + 1), rows and columns as in `table`.

    Examples
    --------
    >>> law_of_counts(np.array([[0.5, 0.0, 0.0], [0.25, 0.75, 0.0]]))[2]
    array([0.375, 0.25 , 0.375])
    """
    n = len(table)
    law = np.zeros((n + 1, n + 1))
    law[0, 0] = 1.0
    for done in range(n):
        for treated in range(done + 1):
            up = law[done, treated] * table[done, treated]
            law[done + 1, treated] += law[done, treated] - up
            law[done + 1, treated + 1] += up
    return law


def exceedance(table: FloatArray, a: int, b: int) -> FloatArray:
    """
    Give the probability that the imbalance has reached each level.

    Parameters
    ----------
    table
        P(next is treatment), as in `law_of_counts`.
    a, b
        The ratio's parts of treatment and control, in lowest terms. The imbalance of
        t treated and c controls is b t - a c here, a whole number.

    Returns
    -------
    numpy.ndarray
        Shape (levels, n + 1): row k, column i holds P(|imbalance| >= k at some time up
        to participant i). The last row is 0, or too small to add anything to 1.

    Notes
    -----
    For each level the walk is stopped where it leaves the band |imbalance| < k, and
    what leaves is summed. Summing what leaves, not what stays, gives 0 where a level
    cannot be reached, and small probabilities their digits.

    Examples
    --------
    >>> exceedance(np.full((2, 3), 0.5), 1, 1)
    array([[1. , 1. , 1. ],
           [0. , 1. , 1. ],
           [0. , 0. , 0.5],
           [0. , 0. , 0. ]])
    """
    rows = [np.ones(len(table) + 1)]
    while rows[-1][-1] > _NEGLIGIBLE:
        rows.append(_leaving(table, a, b, len(rows)))
    return np.array(rows)


@compiled
def _leaving(table: FloatArray, a: int, b: int, level: int) -> FloatArray:
    """P(|imbalance| >= level up to participant i), for every i."""
    n = len(table)
    reached = np.zeros(n + 1)
    # Cell t + 2 holds t treated, so that the two cells below the lowest exist.
    old, new = np.zeros(n + 6), np.zeros(n + 6)
    old[2] = 1.0
    left = 0.0
    for done in range(n):
        # Treated counts inside the band after this participant: |(a+b) t - a i| < k.
        centre = a * (done + 1)
        low = max(0, -((level - 1 - centre) // (a + b)))
        high = min(done + 1, (centre + level - 1) // (a + b))
        if low <= 1:
            new[2] = old[2] * (1.0 - table[done, 0])
        first, end = max(low - 1, 1), min(high + 1, done + 1) + 1
        # Slices from 0: the compiler then handles several cells at once.
        stay, up = old[first + 2 : end + 2], old[first + 1 : end + 1]
        p_stay, p_up = table[done, first:end], table[done, first - 1 : end - 1]
        here = new[first + 2 : end + 2]
        for cell in range(end - first):
            here[cell] = stay[cell] * (1.0 - p_stay[cell]) + up[cell] * p_up[cell]
        if low > 0:
            left += new[low + 1]
        if high < done + 1:
            left += new[high + 3]
        # The band moves by one cell at most: beside it, two cells must be empty.
        new[low] = new[low + 1] = new[high + 3] = new[high + 4] = 0.0
        reached[done + 1] = left
        old, new = new, old
    return reached
