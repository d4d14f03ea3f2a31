"""What somebody guesses the next arm to be who has seen the earlier ones."""

from __future__ import annotations

from math import lcm
from typing import Literal, TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd

from steps_analysis.errors import ArgumentError, did_you_mean, refusal
from steps_analysis.estimates import FloatArray, IntArray
from steps_analysis.randomisation.adaptive.minimisation import Minimisation
from steps_analysis.randomisation.factors import Factors, factor_names, level_codes
from steps_analysis.randomisation.parameters import Ratio
from steps_analysis.randomisation.procedures import Procedure
from steps_analysis.randomisation.walking import ArmArray

Strategy: TypeAlias = Literal["convergence", "divergence"]
"""Guess the arm furthest behind its share, or the one furthest ahead."""


def guesses(
    arms: ArmArray,
    *,
    ratio: Ratio = (1, 1),
    strategy: Strategy = "convergence",
    seen: npt.ArrayLike | None = None,
) -> FloatArray:
    """
    Give the guess before every allocation.

    Parameters
    ----------
    arms
        The sequences, shape (n_sequences, n); 1 = treatment, 0 = control (of more arms,
        the ratio's first has the highest number).
    ratio
        Each arm's part, treatment first.
    strategy
        ``"convergence"`` guesses the arm furthest behind, ``"divergence"`` the one
        furthest ahead, by its count over its part of the ratio.
    seen
        One whole number per participant, shape (n,): the guesser has seen the earlier
        allocations of those with the same number. None: all earlier ones.

    Returns
    -------
    numpy.ndarray
        How surely each arm is guessed, shape (arms, n_sequences, n), treatment first: 1
        for the arm guessed, and equal parts where several are level.

    References
    ----------
    .. [1] Blackwell, D. and Hodges, J. L. (1957), Annals of Mathematical Statistics 28,
       449-460.

    Examples
    --------
    Level; treatment ahead; level again:

    >>> guesses(np.array([[1, 0, 0]], dtype=np.int8))[0]
    array([[0.5, 0. , 0.5]])
    """
    counts = _earlier_counts(arms, n_arms=len(ratio), seen=seen)
    multiple = lcm(*ratio)
    parts = np.array([multiple // part for part in ratio])[:, None, None]
    relative = counts * parts  # whole numbers, so that level is exactly level
    sought = np.min if strategy == "convergence" else np.max
    is_sought = relative == sought(relative, axis=0)
    return np.asarray(is_sought / is_sought.sum(axis=0), dtype=np.float64)


def correct_guesses(
    arms: ArmArray,
    *,
    ratio: Ratio = (1, 1),
    strategy: Strategy = "convergence",
    seen: npt.ArrayLike | None = None,
) -> FloatArray:
    """
    Count the allocations of each sequence that are guessed.

    Parameters
    ----------
    arms
        The sequences, shape (n_sequences, n).
    ratio
        Each arm's part, treatment first.
    strategy
        What is guessed; see `guesses`.
    seen
        Which earlier allocations the guesser has seen; see `guesses`.

    Returns
    -------
    numpy.ndarray
        The number expected to be right, shape (n_sequences,); a guess between two arms
        that are level is right with one half.

    Examples
    --------
    >>> pairs = np.array([[1, 0, 0, 1], [1, 1, 0, 0]], dtype=np.int8)
    >>> correct_guesses(pairs), correct_guesses(pairs, strategy="divergence")
    (array([3. , 2.5]), array([1. , 1.5]))
    """
    guess = guesses(arms, ratio=ratio, strategy=strategy, seen=seen)
    taken = _is_taken(arms, n_arms=len(ratio))
    return np.asarray((guess * taken).sum(axis=(0, 2)))


def _is_taken(arms: ArmArray, *, n_arms: int) -> npt.NDArray[np.bool_]:
    """Say of each arm, treatment first, whether it was taken."""
    numbers = np.arange(n_arms - 1, -1, -1)[:, None, None]
    return np.asarray(arms == numbers)


def _earlier_counts(
    arms: ArmArray, *, n_arms: int, seen: npt.ArrayLike | None
) -> IntArray:
    """Count each arm among the earlier allocations that were seen."""
    taken = _is_taken(arms, n_arms=n_arms).astype(np.int64)
    groups = np.zeros(arms.shape[1]) if seen is None else np.asarray(seen)
    counts = np.empty_like(taken)
    for group in np.unique(groups):
        here = groups == group
        within = taken[:, :, here]
        counts[:, :, here] = within.cumsum(axis=2) - within
    return counts


def seen_together(
    looks_at: str | None, procedure: Procedure, factors: Factors, *, n: int
) -> IntArray:
    """
    Say whose allocations are seen together.

    Parameters
    ----------
    looks_at
        The factor within whose levels allocations are seen (a site sees its own); None
        where all are.
    procedure
        The procedure.
    factors
        Levels of the participants in order of allocation: a table with the factor as a
        column, whether or not the procedure looks at it, or the codes of the
        procedure's factors.
    n
        How many participants there are.

    Returns
    -------
    numpy.ndarray
        One number per participant, shape (n,): the same number is seen together.

    Raises
    ------
    ArgumentError
        If codes are given and the procedure has no such factor.
    DataError
        If the factor is absent or missing for someone.

    Examples
    --------
    >>> from steps_analysis.randomisation import BigStick
    >>> sites = pd.DataFrame({"site": ["A", "B", "A"]})
    >>> seen_together("site", BigStick(2), sites, n=3)
    array([0, 1, 0])
    """
    if looks_at is None:
        return np.zeros(n, dtype=np.int64)
    if factors is None or isinstance(factors, pd.DataFrame):
        # Any procedure of this one factor reads it, and refuses what is wrong.
        return level_codes(Minimisation((looks_at,)), factors, n=n)[:, 0]
    names = factor_names(procedure)
    if looks_at not in names:
        rule = f"be one of the procedure's factors ({', '.join(names) or 'none'})"
        hint = did_you_mean(looks_at, names)
        raise ArgumentError(refusal("looks_at", rule, looks_at, hint=hint))
    return level_codes(procedure, factors, n=n)[:, names.index(looks_at)]
