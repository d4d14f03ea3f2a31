"""Statistics to judge an allocation by."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from steps_analysis.errors import DataError, refusal
from steps_analysis.estimates import FloatArray
from steps_analysis.randomisation.parameters import check_whole
from steps_analysis.randomisation.walking import ArmArray

_NOTHING = 1e-14  # of the largest score: what rounding leaves of equal ones

OneStatistic: TypeAlias = Callable[[ArmArray], float]


def check_outcome(outcome: npt.ArrayLike, *, n: int | None = None) -> FloatArray:
    """
    Refuse outcomes that are not one finite number per participant.

    Parameters
    ----------
    outcome
        The outcomes in order of allocation.
    n
        How many there must be; None: at least one.

    Returns
    -------
    numpy.ndarray
        The outcomes, shape (n,).

    Raises
    ------
    DataError
        If one is missing, infinite or no number, or there are not `n`.

    Examples
    --------
    >>> check_outcome([3, 1, 2])
    array([3., 1., 2.])
    """
    given = np.asarray(outcome)
    is_number = given.dtype.kind in "biuf" and given.ndim == 1
    if not is_number or len(given) != (len(given) if n is None else n):
        rule = f"be {'one number' if n is None else f'{n} numbers'}, one a participant"
        raise DataError(
            refusal("outcome", rule, f"{given.dtype} of shape {given.shape}")
        )
    n_wrong = int((~np.isfinite(given)).sum())
    if n_wrong or not len(given):
        rule = "be known and finite for every participant, and for at least one"
        hint = (
            "a randomisation test holds outcomes fixed: impute before, or say why not"
        )
        wrong = f"{n_wrong} not finite of {len(given)}"
        raise DataError(refusal("outcome", rule, wrong, hint=hint))
    return given.astype(np.float64)


@dataclass(frozen=True, slots=True, eq=False)
class LinearStatistic:
    """
    The size of a sum of scores over the treated: |sum of (score - mean) x arm|.

    Linear in the allocation, so thousands of allocations are one matrix product.
    Outcomes as scores give, where totals are fixed, the test of a difference in means;
    ranks give the rank-sum test; log-rank scores the log-rank test.

    Attributes
    ----------
    scores
        One score per participant in order of allocation, shape (n,); finite. Kept less
        their mean, so that no constant matters.

    Examples
    --------
    >>> ranks = LinearStatistic([4, 2, 6, 5, 1, 7, 3, 8])
    >>> float(ranks(np.array([1, 0, 0, 1, 1, 0, 1, 0], dtype=np.int8)))
    5.0
    """

    scores: FloatArray

    def __post_init__(self) -> None:
        scores = np.array(self.scores, dtype=np.float64)
        if scores.ndim != 1 or not len(scores) or not np.isfinite(scores).all():
            n_wrong = int((~np.isfinite(scores)).sum())
            given = f"shape {scores.shape} with {n_wrong} not finite"
            rule = "be one finite number per participant"
            raise DataError(refusal("scores", rule, given))
        largest = np.abs(scores).max()
        scores -= scores.mean()
        if np.abs(scores).max() <= _NOTHING * largest:
            scores[:] = 0
        scores.setflags(write=False)
        object.__setattr__(self, "scores", scores)

    def __call__(self, arm: npt.NDArray[np.integer]) -> FloatArray:
        """
        Compute the statistic.

        Parameters
        ----------
        arm
            The arms, 1 = treatment, shape (n,) or (m, n).

        Returns
        -------
        numpy.ndarray
            One number, or m of them.
        """
        return np.abs(arm @ self.scores)


@dataclass(frozen=True, slots=True, eq=False)
class MeanDifference:
    """
    The size of the difference of the arms' means: |treated less control|.

    Not defined, and NaN, where one arm is empty. Where the totals are fixed it orders
    allocations as `LinearStatistic` of the outcomes does; where they vary it does not.

    Attributes
    ----------
    outcome
        One number per participant in order of allocation, shape (n,).

    Examples
    --------
    >>> difference = MeanDifference([1.0, 2.0, 6.0])
    >>> difference(np.array([0, 0, 1], dtype=np.int8))
    4.5
    """

    outcome: FloatArray

    def __post_init__(self) -> None:
        outcome = check_outcome(self.outcome)
        outcome.setflags(write=False)
        object.__setattr__(self, "outcome", outcome)

    def __call__(self, arm: ArmArray) -> float:
        """
        Compute the statistic.

        Parameters
        ----------
        arm
            The arms, 1 = treatment, shape (n,).

        Returns
        -------
        float
            The size of the difference, NaN where one arm is empty.
        """
        difference = mean_contrast(np.asarray(arm)[None, :]) @ self.outcome
        return abs(float(difference[0]))


@dataclass(frozen=True, slots=True, eq=False)
class GivenTotals:
    """
    A statistic that is defined for one total of treated participants only.

    Makes a randomisation test conditional on the totals that were observed: allocations
    with another number of treated leave the reference set, whose probabilities are
    scaled up.

    Attributes
    ----------
    statistic
        A function of the arms.
    n_treated
        How many must be treated.

    References
    ----------
    .. [1] Rosenberger, W. F. and Lachin, J. M. (2016), Randomization in Clinical
       Trials, 2nd edition, section 6.4.

    Examples
    --------
    >>> conditional = GivenTotals(MeanDifference([1.0, 2.0, 6.0]), n_treated=1)
    >>> conditional(np.array([0, 0, 1])), conditional(np.array([0, 1, 1]))
    (4.5, nan)
    """

    statistic: OneStatistic
    n_treated: int

    def __post_init__(self) -> None:
        n_treated = check_whole("n_treated", self.n_treated, least=0)
        object.__setattr__(self, "n_treated", n_treated)

    def __call__(self, arm: ArmArray) -> float:
        """
        Compute the statistic.

        Parameters
        ----------
        arm
            The arms, 1 = treatment, shape (n,).

        Returns
        -------
        float
            The statistic, NaN where another number is treated.
        """
        return self.statistic(arm) if arm.sum() == self.n_treated else math.nan


Statistic: TypeAlias = LinearStatistic | OneStatistic
"""Whose larger values speak against no effect; NaN where it is not defined."""


def mean_contrast(arms: ArmArray) -> FloatArray:
    """
    Give the weights that make a difference of means a sum over participants.

    Parameters
    ----------
    arms
        Allocations, shape (m, n); 1 = treatment.

    Returns
    -------
    numpy.ndarray
        1 / (number treated) for the treated, -1 / (number of controls) for the others,
        shape (m, n); NaN in a row of which one arm is empty.

    Examples
    --------
    >>> mean_contrast(np.array([[1, 0, 0]], dtype=np.int8))
    array([[ 1. , -0.5, -0.5]])
    """
    treated = np.asarray(arms, dtype=np.float64)
    n_treated = treated.sum(axis=1, keepdims=True)
    n_control = treated.shape[1] - n_treated
    is_empty = (n_treated == 0) | (n_control == 0)
    n_treated[is_empty], n_control[is_empty] = math.nan, math.nan
    return np.asarray(treated / n_treated - (1 - treated) / n_control)
