"""
How do two arms' probabilities at one time compare?

Shared by survival and cumulative incidence: each arm brings its probability, standard
error and how many have a known status by then.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from steps_analysis.errors import ArgumentError, refusal
from steps_analysis.estimates import BoolArray, Estimate, FloatArray
from steps_analysis.outcomes.binary.proportions import wilson_limits
from steps_analysis.outcomes.columns import Groups, as_time
from steps_analysis.outcomes.distributions import normal_p_value, normal_quantile


@dataclass(frozen=True, slots=True, kw_only=True)
class ArmAt:
    """
    One arm at one time.

    Attributes
    ----------
    label
        The arm.
    value
        Its probability.
    standard_error
        Standard error of `value`; 0 where nobody or everybody has had the event.
    n_known
        Participants whose status at that time is known: not censored before it.
    reason
        None, or why there is no probability.
    """

    label: object
    value: float
    standard_error: float
    n_known: int
    reason: str | None = None

    def distances(self, level: float) -> tuple[float, float]:
        """
        Give how far the limits lie below and above the value.

        Parameters
        ----------
        level
            Confidence level.

        Returns
        -------
        tuple of float
            Distances down and up: normal, or Wilson's where there is no variance.
        """
        if self.standard_error > 0:
            half = normal_quantile(level) * self.standard_error
            return half, half
        lower, upper = wilson_limits(self.value * self.n_known, self.n_known, level)
        return self.value - lower, upper - self.value


def arms_at(
    time: FloatArray,
    arms: Groups,
    *,
    at: float,
    reference: object,
    read: Callable[[BoolArray], ArmAt],
) -> tuple[ArmAt, ArmAt]:
    """
    Read two arms at one time.

    Parameters
    ----------
    time
        End of follow-up, shape (n,).
    arms
        The arms.
    at
        The time.
    reference
        The arm compared with; None for the first.
    read
        Reads one arm, given which rows are its.

    Returns
    -------
    tuple of ArmAt
        The other arm, then the reference.

    Raises
    ------
    ArgumentError
        If there are more than two arms, or `reference` is none of them.
    DataError
        If `at` is negative.

    Examples
    --------
    >>> arms = Groups(labels=("a", "b"), code=np.array([0, 1]))
    >>> one = lambda own: ArmAt(label="?", value=0.5, standard_error=0.1, n_known=1)
    >>> len(arms_at(np.array([1.0, 2.0]), arms, at=1.0, reference="a", read=one))
    2
    """
    as_time("at", at)
    if len(arms.labels) > 2:
        raise ArgumentError(refusal("arm", "have two labels", len(arms.labels)))
    base = 0 if reference is None else arms.position(reference, name="reference")
    if len(arms.labels) < 2:
        nobody = "only one arm has participants"
        nan = math.nan
        one = ArmAt(
            label=arms.labels[0],
            value=nan,
            standard_error=nan,
            n_known=0,
            reason=nobody,
        )
        return one, one
    both = [read(arms.code == code) for code in (1 - base, base)]
    return both[0], both[1]


def beyond_follow_up(time: FloatArray, is_event: BoolArray, at: float) -> bool:
    """
    Say whether an arm was observed too briefly to speak of a time.

    Parameters
    ----------
    time
        End of follow-up, shape (n,).
    is_event
        Whether it ended in an event of any kind, shape (n,).
    at
        The time.

    Returns
    -------
    bool
        True if `at` lies beyond the last follow-up, unless everybody still followed
        then had an event: there is nothing left to observe.

    Examples
    --------
    >>> beyond_follow_up(np.array([1.0, 2.0]), np.array([True, False]), 3.0)
    True
    """
    last = time.max()
    return bool(at > last and not is_event[time == last].all())


def difference_at(
    arm: ArmAt, reference: ArmAt, *, measure: str, method: str, n: int, level: float
) -> Estimate:
    """
    Subtract the reference arm's probability.

    Parameters
    ----------
    arm, reference
        The two arms.
    measure
        What the difference is called.
    method
        How the probabilities were computed.
    n
        How many participants there are.
    level
        Confidence level.

    Returns
    -------
    Estimate
        The difference with normal limits. An arm without variance lends its Wilson
        limits instead (square-and-add), and there is then no standard error.

    Examples
    --------
    >>> a = ArmAt(label="a", value=0.5, standard_error=0.1, n_known=20)
    >>> b = ArmAt(label="b", value=0.7, standard_error=0.1, n_known=20)
    >>> effect = difference_at(b, a, measure="d", method="m", n=40, level=0.95)
    >>> round(effect.value, 10), round(effect.standard_error, 4)
    (0.2, 0.1414)
    """
    words = f"{method}; {arm.label} minus {reference.label}"
    if reason := arm.reason or reference.reason:
        return Estimate.missing(measure, reason, n=n, level=level, method=words)
    value = arm.value - reference.value
    down, up = arm.distances(level)
    reference_down, reference_up = reference.distances(level)
    se, p_value = math.nan, math.nan
    if arm.standard_error > 0 and reference.standard_error > 0:
        se = math.hypot(arm.standard_error, reference.standard_error)
        p_value = normal_p_value(value / se)
    else:
        words += "; Wilson limits stand in for an arm without variance"
    return Estimate(
        measure=measure,
        value=value,
        lower=max(value - math.hypot(down, reference_up), -1.0),
        upper=min(value + math.hypot(up, reference_down), 1.0),
        level=level,
        standard_error=se,
        p_value=p_value,
        n=n,
        method=words,
    )


def n_known(time: FloatArray, is_event: BoolArray, at: float) -> int:
    """
    Count those whose status at a time is known.

    Parameters
    ----------
    time
        End of follow-up, shape (n,).
    is_event
        Whether it ended in an event of any kind, shape (n,).
    at
        The time.

    Returns
    -------
    int
        Those followed to `at`, or with an event before.

    Examples
    --------
    >>> n_known(np.array([1.0, 2, 3]), np.array([True, False, False]), 3.0)
    2
    """
    return int(np.sum(is_event | (time >= at)))
