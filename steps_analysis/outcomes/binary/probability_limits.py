"""
Which limits does a probability with a standard error have?

Five transforms, as R's ``survfit`` names them, shared by Kaplan-Meier and
Aalen-Johansen curves.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import numpy as np

from steps_analysis.estimates import FloatArray
from steps_analysis.outcomes.columns import check_choice
from steps_analysis.outcomes.distributions import normal_quantile

Transform = Literal["log-log", "log", "plain", "logit", "arcsin"]
Limits = tuple[FloatArray, FloatArray]


def transformed_limits(
    value: FloatArray,
    standard_error: FloatArray,
    *,
    transform: Transform = "log-log",
    level: float = 0.95,
) -> Limits:
    """
    Give confidence limits of probabilities, made on a transformed scale.

    Parameters
    ----------
    value
        Probabilities, shape (k,).
    standard_error
        Their standard errors, shape (k,).
    transform
        ``"log-log"``, ``"log"``, ``"plain"``, ``"logit"`` or ``"arcsin"``.
    level
        Confidence level, in (0, 1).

    Returns
    -------
    tuple of numpy.ndarray
        Lower and upper limits in [0, 1]; NaN where the standard error is undefined.

    Raises
    ------
    ArgumentError
        If the transform is none of the five.

    Notes
    -----
    As in R's ``survfit``: a probability of exactly 0 or 1 with no variance has itself
    as limits at 1, and none at 0 once everybody has had the event.

    Examples
    --------
    >>> half, se = np.array([0.5]), np.array([0.1])
    >>> lower, upper = transformed_limits(half, se, transform="plain")
    >>> lower.round(3), upper.round(3)
    (array([0.304]), array([0.696]))
    """
    check_choice("transform", transform, tuple(_TRANSFORMS))
    z = normal_quantile(level)
    inside = (value > 0) & (value < 1)
    p = np.where(inside, value, 0.5)
    lower, upper = _TRANSFORMS[transform](p, z * standard_error)
    settled = np.where(standard_error == 0, value, np.nan)
    return (
        np.where(inside, np.clip(lower, 0, 1), settled),
        np.where(inside, np.clip(upper, 0, 1), settled),
    )


def _plain(p: FloatArray, half: FloatArray) -> Limits:
    """Leave the probability as it is."""
    return p - half, p + half


def _log(p: FloatArray, half: FloatArray) -> Limits:
    """Use log p."""
    return p * np.exp(-half / p), p * np.exp(half / p)


def _log_log(p: FloatArray, half: FloatArray) -> Limits:
    """Use log(-log p)."""
    step = half / (p * np.abs(np.log(p)))
    return p ** np.exp(step), p ** np.exp(-step)


def _logit(p: FloatArray, half: FloatArray) -> Limits:
    """Use the log odds."""
    odds, step = p / (1 - p), half / (p * (1 - p))
    low, high = odds * np.exp(-step), odds * np.exp(step)
    return low / (1 + low), high / (1 + high)


def _arcsin(p: FloatArray, half: FloatArray) -> Limits:
    """Use the arc sine of the square root."""
    angle, step = np.arcsin(np.sqrt(p)), half / (2 * np.sqrt(p * (1 - p)))
    low, high = np.maximum(angle - step, 0), np.minimum(angle + step, np.pi / 2)
    return np.sin(low) ** 2, np.sin(high) ** 2


_TRANSFORMS: dict[str, Callable[[FloatArray, FloatArray], Limits]] = {
    "log-log": _log_log,
    "log": _log,
    "plain": _plain,
    "logit": _logit,
    "arcsin": _arcsin,
}
