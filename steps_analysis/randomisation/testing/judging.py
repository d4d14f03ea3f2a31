"""How extreme is a statistic among those of other allocations?"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from steps_analysis.errors import DataError, refusal
from steps_analysis.estimates import FloatArray
from steps_analysis.randomisation.testing.statistics import LinearStatistic, Statistic
from steps_analysis.randomisation.walking import ArmArray

_TOLERANCE = 1e-9  # statistics this close are equally extreme


def check_scores(statistic: Statistic, *, n: int) -> None:
    """
    Refuse scores that are not one per participant.

    Parameters
    ----------
    statistic
        Any statistic; only a `LinearStatistic` has scores.
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
    if isinstance(statistic, LinearStatistic) and len(statistic.scores) != n:
        rule = f"be one number for each of {n} participants"
        raise DataError(refusal("scores", rule, len(statistic.scores)))


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
    values: FloatArray, observed: float, *, probability: FloatArray
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
    extreme = probability[_is_extreme(values, observed)].sum()
    p_value = min(1.0, float(extreme / probability[defined].sum()))
    return p_value, f"exact, {int(defined.sum()):,} allocations{_left_out(defined)}"


def among_drawn(values: FloatArray, observed: float) -> tuple[float, str]:
    """
    Count the drawn allocations at least as extreme as observed, that one included.

    Parameters
    ----------
    values
        The statistic of the allocations drawn, NaN where it is not defined.
    observed
        The statistic observed.

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
    p_value = float((_is_extreme(values, observed).sum() + 1) / (m + 1))
    error = np.sqrt(p_value * (1 - p_value) / (m + 1))
    how = f"{m:,} allocations drawn{_left_out(defined)}"
    return p_value, f"{how}, Monte Carlo standard error {error:.2g}"


def _is_extreme(values: FloatArray, observed: float) -> npt.NDArray[np.bool_]:
    """At least as large as observed, but for rounding; NaN is not."""
    return values >= observed - _TOLERANCE * max(1.0, abs(observed))


def _left_out(defined: npt.NDArray[np.bool_]) -> str:
    """Say how many allocations the statistic is not defined for."""
    n = int((~defined).sum())
    return f" ({n:,} left out: statistic not defined)" if n else ""
