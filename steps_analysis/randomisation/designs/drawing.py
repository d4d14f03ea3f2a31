"""Lists that are all equally likely: may they be listed, draw some, find one."""

from __future__ import annotations

from steps_analysis.errors import ArgumentError, refusal
from steps_analysis.randomisation.parameters import check_whole
from steps_analysis.randomisation.sequences import MOST_SEQUENCES
from steps_analysis.randomisation.walking import ArmArray
from steps_analysis.randomness import Stream, generator


def check_enumerable(n_lists: int, *, n: int) -> None:
    """
    Refuse to list more than can be held.

    Parameters
    ----------
    n_lists
        How many lists there are.
    n
        How many participants or clusters there are.

    Raises
    ------
    ArgumentError
        If there are more than 1,048,576 lists.

    Examples
    --------
    >>> check_enumerable(184_756, n=20)
    """
    if n_lists > MOST_SEQUENCES:
        rule = (
            f"be so few that there are at most {MOST_SEQUENCES:,} lists to go through"
        )
        hint = "draw some instead, in a test by n_draws=10_000"
        raise ArgumentError(refusal("covariates", rule, f"{n} rows", hint=hint))


def draw_among(lists: ArmArray, n_lists: int, *, stream: Stream, seed: int) -> ArmArray:
    """
    Draw lists, every one with the same probability.

    Parameters
    ----------
    lists
        The lists that may be drawn, shape (ways, n).
    n_lists
        How many to draw, at least 1.
    stream
        What the lists are for.
    seed
        The seed. List i is drawn from child i of the stream.

    Returns
    -------
    numpy.ndarray
        The lists drawn, shape (n_lists, n).

    Raises
    ------
    ArgumentError
        If `n_lists` is no whole number of at least 1.

    Examples
    --------
    >>> import numpy as np
    >>> both = np.array([[1, 0], [0, 1]], dtype=np.int8)
    >>> drawn = draw_among(both, 20, stream=Stream.ALLOCATION, seed=1)
    >>> sorted({tuple(row) for row in drawn.tolist()})
    [(0, 1), (1, 0)]
    """
    check_whole("n_lists", n_lists, least=1)
    children = (generator(seed, stream, i) for i in range(n_lists))
    return lists[[int(rng.integers(len(lists))) for rng in children]]


def is_among(arm: ArmArray, lists: ArmArray) -> bool:
    """
    Say whether a list is one of those that may be drawn.

    Parameters
    ----------
    arm
        The list, shape (n,).
    lists
        Those that may be drawn, shape (ways, n).

    Returns
    -------
    bool
        Whether one row is the same.

    Examples
    --------
    >>> import numpy as np
    >>> is_among(np.array([1, 1]), np.array([[1, 0], [0, 1]]))
    False
    """
    return bool((lists == arm).all(axis=1).any())
