"""How extreme is a statistic among those of other allocations?"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from steps_analysis.errors import DataError, refusal
from steps_analysis.estimates import FloatArray
from steps_analysis.randomisation.testing.statistics import (
    GivenTotals,
    LinearStatistic,
    MeanDifference,
    Statistic,
)
from steps_analysis.randomisation.walking import ArmArray

_TOLERANCE = 1e-9  # statistics this close are equally extreme


def check_scores(statistic: Statistic, *, n: int) -> None:
    """
    Refuse scores or outcomes that are not one per participant.

    Parameters
    ----------
    statistic
        Any statistic; of a function nothing is known.
    n
        How many there must be.

    Raises
    ------
    DataError
        If there is another number of scores.

    Examples
    --------
    >>> check_scores(LinearStatistic([1, 2, 3]), n=3)
    """
    numbers = _summed(statistic)
    if numbers is not None and len(numbers) != n:
        rule = f"be one number for each of {n} participants"
        raise DataError(refusal("scores", rule, len(numbers)))


def unit_of(statistic: Statistic) -> float:
    """
    Say how large the numbers are that a statistic sums, up to 1.

    Parameters
    ----------
    statistic
        Any statistic.

    Returns
    -------
    float
        The largest size, so that what counts as equal but for rounding does not depend
        on the unit; 1 where it is larger or not known.

    Examples
    --------
    >>> unit_of(LinearStatistic([0.0, 0.004])), unit_of(np.sum)
    (0.002, 1.0)
    """
    numbers = _summed(statistic)
    return 1.0 if numbers is None else min(1.0, float(np.abs(numbers).max()))


def _summed(statistic: Statistic) -> FloatArray | None:
    """Give the numbers, one a participant, that a statistic sums; None if unknown."""
    inner = statistic.statistic if isinstance(statistic, GivenTotals) else statistic
    if isinstance(inner, LinearStatistic):
        return inner.scores
    return inner.outcome if isinstance(inner, MeanDifference) else None


def values_of(statistic: Statistic, arms: ArmArray) -> FloatArray:
    """
    Compute every allocation's statistic; the function may not change them.

    Parameters
    ----------
    statistic
        The statistic.
    arms
        The allocations, shape (m, n).

    Returns
    -------
    numpy.ndarray
        The values, shape (m,).

    Examples
    --------
    >>> values_of(np.sum, np.array([[1, 0], [1, 1]], dtype=np.int8)).tolist()
    [1.0, 2.0]
    """
    if isinstance(statistic, LinearStatistic):
        return statistic(arms)
    rows = np.ascontiguousarray(arms)
    rows.setflags(write=False)
    return np.array([float(statistic(row)) for row in rows])


def among_all(
    values: FloatArray, observed: float, *, probability: FloatArray, unit: float = 1.0
) -> tuple[float, str]:
    """
    Give the exact probability of a statistic at least as extreme as observed.

    Parameters
    ----------
    values
        The statistic of every possible allocation, NaN where it is not defined.
    observed
        The statistic observed.
    probability
        Each allocation's probability.
    unit
        See `unit_of`.

    Returns
    -------
    tuple of float and str
        The p-value, and how it was had.

    Examples
    --------
    >>> among_all(np.array([1.0, 2.0]), 2.0, probability=np.array([0.5, 0.5]))
    (0.5, 'exact, 2 allocations')
    """
    defined = ~np.isnan(values)
    extreme = probability[_is_extreme(values, observed, unit)].sum()
    p_value = min(1.0, float(extreme / probability[defined].sum()))
    return p_value, f"exact, {int(defined.sum()):,} allocations{_left_out(defined)}"


def among_drawn(
    values: FloatArray, observed: float, *, unit: float = 1.0
) -> tuple[float, str]:
    """
    Count the drawn allocations at least as extreme as observed, that one included.

    Parameters
    ----------
    values
        The statistic of the allocations drawn, NaN where it is not defined.
    observed
        The statistic observed.
    unit
        See `unit_of`.

    Returns
    -------
    tuple of float and str
        The p-value, and how it was had.

    Examples
    --------
    >>> among_drawn(np.array([1.0, 2.0, 1.0]), 2.0)
    (0.5, '3 allocations drawn, Monte Carlo standard error 0.25')
    """
    defined = ~np.isnan(values)
    m = int(defined.sum())
    p_value = float((_is_extreme(values, observed, unit).sum() + 1) / (m + 1))
    error = np.sqrt(p_value * (1 - p_value) / (m + 1))
    how = f"{m:,} allocations drawn{_left_out(defined)}"
    return p_value, f"{how}, Monte Carlo standard error {error:.2g}"


def _is_extreme(
    values: FloatArray, observed: float, unit: float
) -> npt.NDArray[np.bool_]:
    """At least as large as observed, but for rounding; NaN is not."""
    if np.isinf(observed):  # less a part of itself it would be no number
        return values >= observed
    return values >= observed - _TOLERANCE * max(unit, abs(observed))


def _left_out(defined: npt.NDArray[np.bool_]) -> str:
    """Say how many allocations the statistic is not defined for."""
    n = int((~defined).sum())
    return f" ({n:,} left out: statistic not defined)" if n else ""
