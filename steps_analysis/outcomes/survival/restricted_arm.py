"""
How long does one arm stay free of the event, up to a horizon?

The area under an arm's Kaplan-Meier curve, with its variance, and the rule on how far
the curve may be followed.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from steps_analysis.estimates import BoolArray, FloatArray
from steps_analysis.outcomes.binary.proportions import wilson_limits
from steps_analysis.outcomes.columns import Groups, as_horizon
from steps_analysis.outcomes.distributions import normal_quantile
from steps_analysis.outcomes.survival.contrast_at import beyond_follow_up, n_known
from steps_analysis.outcomes.survival.kaplan_meier import event_steps, product_limit


@dataclass(frozen=True, slots=True, kw_only=True)
class RestrictedArm:
    """
    One arm up to a horizon.

    Attributes
    ----------
    label
        The arm.
    mean
        Its restricted mean, in the unit of time.
    standard_error
        Standard error of `mean`; 0 where the arm has no spread.
    horizon
        The horizon.
    n
        Its participants.
    n_known
        Those followed to the horizon, or with an event before.
    """

    label: object
    mean: float
    standard_error: float
    horizon: float
    n: int
    n_known: int

    @property
    def lost(self) -> float:
        """
        Give the restricted mean time lost.

        Returns
        -------
        float
            Horizon minus mean.
        """
        return self.horizon - self.mean

    @property
    def no_spread(self) -> str | None:
        """
        Say why a standard error of 0 is no statement of certainty.

        Returns
        -------
        str or None
            None where there is a standard error, or nobody has had the event.
        """
        if self.standard_error > 0 or self.lost == 0:
            return None
        return f"everybody in arm {self.label} had the event at one and the same time"

    def limits(self, level: float) -> tuple[float, float]:
        """
        Give confidence limits of the mean.

        Parameters
        ----------
        level
            Confidence level.

        Returns
        -------
        tuple of float
            Normal limits; for an arm without event, the horizon and below it the
            horizon times Wilson's lower limit of the probability of none.
        """
        if self.lost == 0:
            none, known = self.n_known, max(self.n_known, 1)
            return self.horizon * wilson_limits(none, known, level)[0], self.horizon
        half = normal_quantile(level) * self.standard_error
        return self.mean - half, self.mean + half


def restricted_arm(
    time: FloatArray, event: BoolArray, *, horizon: float, label: object
) -> RestrictedArm:
    """
    Measure the area under one arm's curve.

    Parameters
    ----------
    time
        End of follow-up, shape (n,).
    event
        Whether it ended in the event, shape (n,).
    horizon
        Where the area ends.
    label
        The arm.

    Returns
    -------
    RestrictedArm
        Area and Greenwood-type variance: the sum over event times before the horizon
        of d / n (n - d) times the square of the area still to come.

    Examples
    --------
    One time unit at height 1, two at 1/2.

    >>> one = np.array([1.0, 4.0])
    >>> restricted_arm(one, np.array([True, False]), horizon=3, label="a").mean
    2.0
    """
    steps = event_steps(time, event, None)
    before = steps["time"] < horizon
    n_events, at_risk = steps["n_events"][before], steps["n_at_risk"][before]
    height, _ = product_limit(n_events, at_risk)
    widths = np.diff(np.concatenate([[0.0], steps["time"][before], [horizon]]))
    areas = widths * np.concatenate([[1.0], height])
    to_come = np.cumsum(areas[::-1])[::-1][1:]
    free = at_risk - n_events
    share = np.divide(n_events, at_risk * free, out=np.zeros(len(free)), where=free > 0)
    return RestrictedArm(
        label=label,
        mean=float(areas.sum()) if len(free) else float(horizon),
        standard_error=math.sqrt(float(share @ to_come**2)),
        horizon=float(horizon),
        n=len(time),
        n_known=n_known(time, event, horizon),
    )


def check_horizon(horizon: float) -> float:
    """
    Refuse a horizon that is no time after the start.

    Parameters
    ----------
    horizon
        The horizon.

    Returns
    -------
    float
        The horizon.

    Raises
    ------
    DataError
        If it is not finite and above 0, or beyond all use.

    Examples
    --------
    >>> check_horizon(12)
    12.0
    """
    return as_horizon("horizon", horizon)


def horizon_reason(
    time: FloatArray,
    event: BoolArray,
    arms: Groups,
    horizon: float,
    *,
    only: int | None = None,
) -> str | None:
    """
    Say why arms cannot be followed to a horizon.

    Parameters
    ----------
    time
        End of follow-up, shape (n,).
    event
        Whether it ended in the event, shape (n,).
    arms
        The arms.
    horizon
        The horizon.
    only
        Code of the one arm in question; None for all of them.

    Returns
    -------
    str or None
        None where each arm was followed that far, or everybody still followed in it
        then had the event and somebody elsewhere was followed that far.

    Notes
    -----
    The rule of R's ``survRM2``: an arm whose last follow-up ends in a censoring bounds
    the horizon there; one whose last follow-up ends in the event does not, as its curve
    stays at 0; but no horizon lies beyond the last follow-up of all.

    Examples
    --------
    >>> arms = Groups(labels=("a", "b"), code=np.array([0, 1]))
    >>> time, event = np.array([2.0, 3.0]), np.array([False, True])
    >>> horizon_reason(time, event, arms, 2.5)
    'nobody in arm a was followed to 2.5'
    """
    for code, label in enumerate(arms.labels):
        own = arms.code == code
        if only in (None, code) and beyond_follow_up(time[own], event[own], horizon):
            return f"nobody in arm {label} was followed to {horizon:g}"
    if horizon > time.max():
        return f"nobody was followed to {horizon:g}"
    return None
