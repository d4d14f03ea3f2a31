"""
Two arms, and a coin that looks at weighted differences between them.

Hu and Hu's procedure and the coins within strata differ only in which differences they
look at (of the whole trial, at a level, in a stratum), and in the coin.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import numpy as np

from steps_analysis.estimates import FloatArray, IntArray
from steps_analysis.randomisation.walking import ArmArray

Coin: TypeAlias = Callable[[FloatArray], FloatArray]
"""Given the lead of treatment in every sequence, the probability of treatment."""


class DifferencesWalk:
    """
    Keep treatment less control in every cell, and toss the coin on their weighted sum.

    Parameters
    ----------
    cells
        The cells each participant belongs to, numbered from 0, shape (steps, cells); no
        cell twice in a row.
    weights
        Weight of each of them, shape (cells,).
    coin
        The probability of treatment, given the weighted sum of the differences.
    n_sequences
        How many sequences walk side by side.
    """

    def __init__(
        self, cells: IntArray, weights: FloatArray, coin: Coin, *, n_sequences: int
    ) -> None:
        self._cells, self._weights, self._coin = cells, weights, coin
        n_cells = int(cells.max(initial=-1)) + 1
        self._difference = np.zeros((n_cells, n_sequences))
        self._place = 0

    def probabilities(self) -> FloatArray:
        """
        Give each arm's probability for the next participant.

        Returns
        -------
        numpy.ndarray
            Shape (2, n_sequences), treatment first.
        """
        lead = self._weights @ self._difference[self._cells[self._place]]
        treatment = self._coin(lead)
        return np.stack([treatment, 1 - treatment])

    def take(self, arm: ArmArray) -> None:
        """
        Move on: the next participant took these arms.

        Parameters
        ----------
        arm
            The arms, shape (n_sequences,).
        """
        self._difference[self._cells[self._place]] += 2.0 * arm - 1
        self._place += 1


def level_cells(codes: IntArray) -> IntArray:
    """
    Give every level of every factor a number of its own.

    Parameters
    ----------
    codes
        Levels of those who take part, shape (steps, factors).

    Returns
    -------
    numpy.ndarray
        The levels numbered through, shape (steps, factors).

    Examples
    --------
    >>> level_cells(np.array([[0, 0], [1, 2]]))
    array([[0, 2],
           [1, 4]])
    """
    n_levels = codes.max(axis=0, initial=-1) + 1
    return np.asarray(codes + np.concatenate([[0], np.cumsum(n_levels)[:-1]]))


def strata_of(codes: IntArray) -> IntArray:
    """
    Give every combination of levels that occurs a number.

    Parameters
    ----------
    codes
        Levels of those who take part, shape (steps, factors).

    Returns
    -------
    numpy.ndarray
        The number of each one's stratum, from 0, shape (steps,).

    Examples
    --------
    >>> strata_of(np.array([[0, 1], [1, 1], [0, 1]]))
    array([0, 1, 0])
    """
    return np.unique(codes, axis=0, return_inverse=True)[1].reshape(-1)


def efron_coin(lead: FloatArray, p: float, *, tied: float) -> FloatArray:
    """
    Favour the arm that is behind, always with the same probability.

    Parameters
    ----------
    lead
        By how much treatment is ahead, shape (n_sequences,).
    p
        Probability of the arm that is behind.
    tied
        Leads up to this are ties, but for rounding.

    Returns
    -------
    numpy.ndarray
        The probability of treatment, one half at a tie.

    Examples
    --------
    >>> efron_coin(np.array([-2.0, 0.0, 1.0]), 0.75, tied=1e-9)
    array([0.75, 0.5 , 0.25])
    """
    behind = np.where(lead < 0, p, 1 - p)
    return np.where(np.abs(lead) <= tied, 0.5, behind)
