"""Adding up what sequences have shown, batch by batch."""

from __future__ import annotations

from collections import defaultdict

import numpy as np
import pandas as pd

from steps_analysis.estimates import FloatArray, IntArray
from steps_analysis.randomisation.properties.chains import in_ratio
from steps_analysis.randomisation.properties.replaying import COLUMNS, Judged


class Tally:
    """
    The sums of all batches so far.

    Parameters
    ----------
    n
        Participants per sequence.
    total
        What the weights of all sequences sum to.
    """

    def __init__(self, n: int, *, total: float) -> None:
        self._total = total
        self._steps = np.zeros((2, len(COLUMNS), n))
        self._final: dict[int, float] = defaultdict(float)
        self._largest: dict[int, float] = defaultdict(float)

    def add(self, judged: Judged, weights: FloatArray) -> None:
        """
        Add a batch.

        Parameters
        ----------
        judged
            What its sequences have shown.
        weights
            The weights they were judged with.
        """
        self._steps += np.stack([judged.by_step, judged.by_step_squares])
        _count(self._final, judged.final, weights)
        _count(self._largest, judged.largest, weights)

    def by_step(self) -> pd.DataFrame:
        """
        Give the means by step.

        Returns
        -------
        pandas.DataFrame
            One row per participant: step and `replaying.COLUMNS`.
        """
        return _frame(self._steps[0] / self._total)

    def by_step_standard_error(self) -> pd.DataFrame:
        """
        Give the standard errors of the means by step, if every sequence weighs 1.

        Returns
        -------
        pandas.DataFrame
            Columns as in `by_step`.
        """
        mean, squares = self._steps / self._total
        return _frame(standard_error(mean, squares, self._total))

    def imbalance(self, unit: int) -> dict[float, float]:
        """
        Give the distribution of the imbalance at the end.

        Parameters
        ----------
        unit
            The ratio's unit.

        Returns
        -------
        dict
            D to weight, ascending.
        """
        return self._distribution(self._final, unit)

    def maximum_imbalance(self, unit: int) -> dict[float, float]:
        """
        Give the distribution of the largest imbalance on the way.

        Parameters
        ----------
        unit
            The ratio's unit.

        Returns
        -------
        dict
            Largest |D| to weight, ascending.
        """
        return self._distribution(self._largest, unit)

    def _distribution(self, sums: dict[int, float], unit: int) -> dict[float, float]:
        """Write shares by value, ascending, in participants."""
        values = np.array(sorted(sums), dtype=np.int64)
        weights = np.array([sums[int(value)] for value in values])
        return in_ratio(values, weights / self._total, unit)


def standard_error(
    mean: FloatArray, mean_of_squares: FloatArray, n: float | FloatArray
) -> FloatArray:
    """
    Give the standard error of a mean of n independent values.

    Parameters
    ----------
    mean, mean_of_squares
        Mean of the values and of their squares.
    n
        How many values, at least 2.

    Returns
    -------
    numpy.ndarray
        The standard error; 0 where all values are equal (or differ by rounding only).

    Examples
    --------
    >>> standard_error(np.array([1.0]), np.array([2.0]), 5)
    array([0.5])
    """
    variance = mean_of_squares - mean**2
    is_rounding = variance <= 1e-14 * mean_of_squares
    return np.asarray(np.sqrt(np.where(is_rounding, 0.0, variance) / (n - 1)))


def _count(sums: dict[int, float], values: IntArray, weights: FloatArray) -> None:
    """Add the weights of equal values."""
    distinct, place = np.unique(values, return_inverse=True)
    added = np.bincount(place, weights=weights)
    for value, weight in zip(distinct.tolist(), added.tolist(), strict=True):
        sums[value] += weight


def _frame(columns: FloatArray) -> pd.DataFrame:
    """Write columns by step as a table."""
    steps = {"step": np.arange(1, columns.shape[1] + 1)}
    return pd.DataFrame({**steps, **dict(zip(COLUMNS, columns, strict=True))})
