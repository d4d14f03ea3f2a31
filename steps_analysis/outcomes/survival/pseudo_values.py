"""What does each participant contribute to a probability or a mean under censoring?"""

from __future__ import annotations

from typing import Literal

import numpy as np
import numpy.typing as npt

from steps_analysis.errors import DataError, refusal
from steps_analysis.estimates import BoolArray, FloatArray
from steps_analysis.outcomes.columns import as_numbers, check_choice
from steps_analysis.outcomes.doors import read_columns
from steps_analysis.outcomes.survival.contrast_at import beyond_follow_up
from steps_analysis.outcomes.survival.kaplan_meier import (
    event_steps,
    follow_up,
    product_limit,
)

Quantity = Literal["survival", "restricted mean"]


def pseudo_values(
    time: npt.ArrayLike,
    event: npt.ArrayLike,
    *,
    at: npt.ArrayLike,
    quantity: Quantity = "survival",
) -> FloatArray:
    """
    Give each participant's pseudo-value, an outcome free of censoring.

    Parameters
    ----------
    time
        End of follow-up, shape (n,), finite and at least 0.
    event
        True or 1 where follow-up ended in the event, shape (n,).
    at
        The time, or times of any shape, to speak of; finite and above 0.
    quantity
        ``"survival"``: the probability of being free of the event at each time;
        ``"restricted mean"``: the mean time free of it up to each.

    Returns
    -------
    numpy.ndarray
        Shape (n,) followed by that of `at`; their mean is the Kaplan-Meier estimate
        itself. Without censoring before a time, ``"survival"`` gives 1 for those free
        of the event then and 0 for the others, and ``"restricted mean"`` the time
        itself. NaN for a time beyond the last follow-up, where there is no estimate.

    Raises
    ------
    ArgumentError
        If `quantity` is neither word.
    DataError
        If the arrays do not fit together, or hold missing or impossible values: each
        value belongs to its row, so none is left out.

    Notes
    -----
    The infinitesimal jackknife of R's ``survival::pseudo``: the estimate plus n times
    its derivative in the participant's weight. The classical pseudo-value [1]_, n times
    the estimate minus n - 1 times that without the participant, replaces the derivative
    by leaving one out; it differs by terms of order 1/n, can be larger than 1 by more,
    and does not have the estimate as its mean exactly. Both serve as outcomes of a
    regression of means, with robust standard errors.

    They rest on censoring that has nothing to do with the covariates of that
    regression.

    References
    ----------
    .. [1] Andersen, P. K., Klein, J. P. and Rosthøj, S. (2003), Biometrika 90, 15-27.
    .. [2] Parner, E. T., Andersen, P. K. and Overgaard, M. (2023), Lifetime Data
       Analysis 29, 654-671.

    Examples
    --------
    Nobody is censored before 2: the values are what was seen.

    >>> pseudo_values([1.0, 2.0, 3.0, 4.0], [1, 0, 1, 0], at=1.5)
    array([0., 1., 1., 1.])
    """
    check_choice("quantity", quantity, ("survival", "restricted mean"))
    read = read_columns({"time": time, "event": event}, right="nothing")
    stop, is_event, _ = follow_up(read.columns)
    when = _check_at(at)
    values = np.full((read.n, when.size), np.nan)
    for j, end in enumerate(when.ravel()):
        if not beyond_follow_up(stop, is_event, end):
            values[:, j] = _pseudo(stop, is_event, end, quantity)
    return values.reshape(read.n, *when.shape)


def _pseudo(time: FloatArray, event: BoolArray, at: float, quantity: str) -> FloatArray:
    """Give the values at one time."""
    steps = event_steps(time, event, None)
    # an event at the very horizon takes nothing from the area before it
    is_mean = quantity == "restricted mean"
    before = steps["time"] < at if is_mean else steps["time"] <= at
    when, n_events = steps["time"][before], steps["n_events"][before]
    at_risk = steps["n_at_risk"][before]
    height, _ = product_limit(n_events, at_risk)
    change = _weight_derivative(time, event, when, n_events, at_risk) * height
    if not is_mean:
        last = len(when) - 1
        if last < 0:
            return np.ones(len(time))
        return np.asarray(height[last] + len(time) * change[:, last])
    widths = np.diff(np.concatenate([when, [at]]))
    area = (when[0] if len(when) else at) + float(height @ widths)
    values: FloatArray = area + len(time) * (change @ widths)
    return values


def _weight_derivative(
    time: FloatArray,
    event: BoolArray,
    when: FloatArray,
    n_events: FloatArray,
    at_risk: FloatArray,
) -> FloatArray:
    """Derive the logarithm of the curve in each participant's weight, shape (n, k)."""
    dead = (time[:, None] == when) & event[:, None]
    expected = (time[:, None] >= when) * (n_events / at_risk)
    # a curve that has reached 0 stays there, whatever the weights
    free = at_risk - n_events
    share = np.divide(1.0, free, out=np.zeros(len(free)), where=free > 0)
    derivative: FloatArray = -np.cumsum((dead - expected) * share, axis=1)
    return derivative


def _check_at(at: npt.ArrayLike) -> FloatArray:
    """Refuse times that are not finite and above 0."""
    when = as_numbers("at", np.asarray(at))
    n_wrong = int(np.sum(when <= 0))
    if n_wrong:
        raise DataError(refusal("at", "be above 0", f"{n_wrong} that are not"))
    return when
