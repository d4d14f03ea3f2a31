"""How far the arms lie apart at the levels of the factors, and within strata."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from steps_analysis.estimates import FloatArray, IntArray
from steps_analysis.randomisation.parameters import Ratio
from steps_analysis.randomisation.properties.judging import (
    imbalance_of,
    scaled_counts,
    unit_of,
)
from steps_analysis.randomisation.walking import ArmArray


def margin_names(
    factors: Sequence[str], levels: Sequence[Sequence[str]]
) -> list[tuple[str, str]]:
    """
    Name the rows of a table of margins.

    Parameters
    ----------
    factors
        The factors' names.
    levels
        Their levels' names.

    Returns
    -------
    list of tuple of str
        Factor and level: the levels of each factor, ``"all"`` of them, and last the
        strata, all together.

    Examples
    --------
    >>> margin_names(["sex"], [["f", "m"]])
    [('sex', 'f'), ('sex', 'm'), ('sex', 'all'), ('stratum', 'all')]
    """
    rows = []
    for factor, names in zip(factors, levels, strict=True):
        rows += [(factor, name) for name in (*names, "all")]
    return [*rows, ("stratum", "all")]


def margin_distances(
    arms: ArmArray, codes: IntArray, n_levels: Sequence[int], ratio: Ratio
) -> FloatArray:
    """
    Measure |D| at every level of every factor, and within strata.

    Parameters
    ----------
    arms
        The sequences, shape (n_sequences, n).
    codes
        Levels of each sequence's participants, shape (n_sequences, n, factors), or (1,
        n, factors) where they are the same in all.
    n_levels
        How many levels each factor has.
    ratio
        Each arm's part.

    Returns
    -------
    numpy.ndarray
        Shape (rows, n_sequences), rows as in `margin_names`; NaN at a level that nobody
        has. ``"all"`` is the mean over the levels, or strata, that somebody has.

    Examples
    --------
    >>> arms = np.array([[1, 1, 0]], dtype=np.int8)
    >>> margin_distances(arms, np.array([[[0], [0], [1]]]), [2], (1, 1)).ravel()
    array([2. , 1. , 1.5, 1.5])
    """
    rows: list[FloatArray] = []
    for factor, size in enumerate(n_levels):
        apart = _distances(arms, codes[:, :, factor], size, ratio)
        rows += [*apart, np.nanmean(apart, axis=0)]
    strata, stratum = np.unique(_combined(codes, n_levels), return_inverse=True)
    within = _distances(arms, stratum.reshape(codes.shape[:2]), len(strata), ratio)
    return np.vstack([*rows, np.nanmean(within, axis=0)])


def _combined(codes: IntArray, n_levels: Sequence[int]) -> IntArray:
    """Give every combination of levels a number."""
    combined = np.zeros(codes.shape[:2], dtype=np.int64)
    for factor, size in enumerate(n_levels):
        combined = combined * size + codes[:, :, factor]
    return combined


def _distances(
    arms: ArmArray, level: IntArray, n_levels: int, ratio: Ratio
) -> FloatArray:
    """Measure |D| at every level, shape (levels, n_sequences); NaN at an empty one."""
    n_sequences, n_arms = len(arms), len(ratio)
    row = n_arms - 1 - arms.astype(np.int64)
    cell = row * n_levels + level
    cell = cell * n_sequences + np.arange(n_sequences)[:, None]
    counts = np.bincount(cell.ravel(), minlength=n_arms * n_levels * n_sequences)
    counts = counts.reshape(n_arms, n_levels, n_sequences)
    apart = np.abs(imbalance_of(scaled_counts(counts, ratio))) / unit_of(ratio)
    return np.where(counts.sum(axis=0) > 0, apart, np.nan)
