"""Whole allocations with fixed totals: how many, every one, or some of them."""

from __future__ import annotations

import math
from itertools import combinations

import numpy as np

from steps_analysis.randomisation.walking import ArmArray

Sizes = tuple[int, ...]
"""How many clusters each group gets; the first group is the one treated most."""


def n_allocations(sizes: Sizes) -> int:
    """
    Count the ways to divide clusters into groups of fixed sizes.

    Parameters
    ----------
    sizes
        How many clusters each group gets.

    Returns
    -------
    int
        The multinomial coefficient.

    Examples
    --------
    >>> n_allocations((2, 2)), n_allocations((2, 2, 2))
    (6, 90)
    """
    return math.prod(
        math.comb(sum(sizes[place:]), size) for place, size in enumerate(sizes)
    )


def every_allocation(sizes: Sizes) -> ArmArray:
    """
    List every way to divide clusters into groups of fixed sizes.

    Parameters
    ----------
    sizes
        How many clusters each group gets.

    Returns
    -------
    numpy.ndarray
        The groups, int8, shape (ways, clusters): of m groups the first has number
        m - 1, the last 0.

    Examples
    --------
    >>> every_allocation((1, 2)).tolist()
    [[1, 0, 0], [0, 1, 0], [0, 0, 1]]
    """
    n_left = sum(sizes)
    lists = np.zeros((1, n_left), dtype=np.int8)
    for place, size in enumerate(sizes[:-1]):
        chosen = np.array([*combinations(range(n_left), size)])
        free = np.nonzero(lists == 0)[1].reshape(len(lists), n_left)
        taken = free[:, chosen].reshape(-1, size)
        lists = np.repeat(lists, len(chosen), axis=0)
        np.put_along_axis(lists, taken, np.int8(len(sizes) - 1 - place), axis=1)
        n_left -= size
    return lists


def some_allocations(sizes: Sizes, n: int, rng: np.random.Generator) -> ArmArray:
    """
    Draw distinct ways to divide clusters into groups of fixed sizes.

    Parameters
    ----------
    sizes
        How many clusters each group gets.
    n
        How many ways; no more than there are.
    rng
        Where the draws come from.

    Returns
    -------
    numpy.ndarray
        The groups, int8, shape (n, clusters), no two rows alike; every set of n ways
        is equally likely.

    Examples
    --------
    >>> some = some_allocations((3, 3), 15, np.random.default_rng(1))
    >>> len({tuple(row) for row in some.tolist()})
    15
    """
    groups = np.arange(len(sizes) - 1, -1, -1, dtype=np.int8)
    copies = np.tile(np.repeat(groups, sizes), (n, 1))
    as_text = f"S{copies.shape[1]}"  # one list, one text: quickly told apart
    found: dict[bytes, None] = {}  # in the order drawn, or not all would be as likely
    while len(found) < n:
        more = rng.permuted(copies, axis=1)
        found |= dict.fromkeys(more.view(as_text).ravel().tolist())
    return np.array([*found][:n], dtype=as_text).view(np.int8).reshape(n, -1)
