"""By one time, how much more often is one arm free of the event than the other?"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from steps_analysis.estimates import (
    BoolArray,
    Estimate,
    FloatArray,
    TestResult,
    check_level,
)
from steps_analysis.formulas import MissingPolicy
from steps_analysis.outcomes.columns import as_groups, check_choice
from steps_analysis.outcomes.distributions import (
    chi_squared_p_value,
    normal_p_value,
    normal_quantile,
)
from steps_analysis.outcomes.doors import read_columns
from steps_analysis.outcomes.survival.contrast_at import (
    ArmAt,
    arms_at,
    beyond_follow_up,
    difference_at,
    n_known,
)
from steps_analysis.outcomes.survival.kaplan_meier import (
    event_steps,
    follow_up,
    product_limit,
)


def survival_difference(
    time: npt.ArrayLike | str,
    event: npt.ArrayLike | None = None,
    arm: npt.ArrayLike | None = None,
    *,
    at: float,
    reference: object = None,
    level: float = 0.95,
    missing: MissingPolicy = "refuse",
    data: pd.DataFrame | None = None,
) -> Estimate:
    """
    Estimate the difference in the probability of being free of the event at one time.

    Parameters
    ----------
    time
        End of follow-up, shape (n,); or a formula ``"time + event ~ arm"`` with `data`.
    event
        True or 1 where follow-up ended in the event, shape (n,).
    arm
        Arm labels, shape (n,), two of them.
    at
        The time to compare at, on the scale of `time`.
    reference
        The arm subtracted; by default the first in sorted order.
    level
        Confidence level, in (0, 1).
    missing
        ``"refuse"`` rows with missing values, or ``"drop"`` them and count them.
    data
        The table a formula speaks of.

    Returns
    -------
    Estimate
        Kaplan-Meier probability minus that of `reference`. Not estimable where `at`
        lies beyond an arm's last follow-up, or there is one arm only.

    Raises
    ------
    ArgumentError
        If there are more than two arms, or `reference` is none of them.
    DataError
        If the arrays do not fit together, or hold missing or impossible values.

    Notes
    -----
    Normal limits from Greenwood's standard errors. An arm in which nobody or everybody
    has had the event has no Greenwood variance; its Wilson limits, on those with known
    status, are squared and added instead, and `method` says so.

    Examples
    --------
    >>> time, event = [1.0, 2, 3, 4, 1, 2, 3, 4], [1, 1, 1, 0, 1, 0, 0, 0]
    >>> arm = ["MAU"] * 4 + ["MST-PSB"] * 4
    >>> survival_difference(time, event, arm, at=3).value
    0.5
    """
    first, second, n, note = _read(time, event, arm, at, reference, data, missing)
    found = difference_at(
        first,
        second,
        measure=f"difference in probability free of the event at {at:g}",
        method=f"Kaplan-Meier, Greenwood{note}",
        n=n,
        level=check_level(level),
    )
    if found.not_estimable:
        return found
    return replace(found, r_call=_r_call(at, f"{_sign(first, second)}diff(surv)"))


def risk_ratio_at(
    time: npt.ArrayLike | str,
    event: npt.ArrayLike | None = None,
    arm: npt.ArrayLike | None = None,
    *,
    at: float,
    reference: object = None,
    level: float = 0.95,
    missing: MissingPolicy = "refuse",
    data: pd.DataFrame | None = None,
) -> Estimate:
    """
    Estimate the ratio of the risks of the event by one time.

    Parameters
    ----------
    time
        End of follow-up, shape (n,); or a formula ``"time + event ~ arm"`` with `data`.
    event
        True or 1 where follow-up ended in the event, shape (n,).
    arm
        Arm labels, shape (n,), two of them.
    at
        The time to compare at.
    reference
        The arm divided by; by default the first in sorted order.
    level
        Confidence level, in (0, 1).
    missing
        ``"refuse"`` rows with missing values, or ``"drop"`` them and count them.
    data
        The table a formula speaks of.

    Returns
    -------
    Estimate
        Ratio of one minus Kaplan-Meier, with limits made on the log scale. Not
        estimable where an arm has no event by then, or everybody has had it.

    Raises
    ------
    ArgumentError
        If there are more than two arms, or `reference` is none of them.
    DataError
        If the arrays do not fit together, or hold missing or impossible values.

    Examples
    --------
    >>> time, event = [1.0, 2, 3, 4, 1, 2, 3, 4], [1, 1, 1, 0, 1, 0, 0, 0]
    >>> arm = ["MAU"] * 4 + ["MST-PSB"] * 4
    >>> round(risk_ratio_at(time, event, arm, at=3).value, 6)
    0.333333
    """
    first, second, n, note = _read(time, event, arm, at, reference, data, missing)
    measure = f"ratio of risks by {at:g}"
    method = f"Kaplan-Meier, Greenwood{note}; {first.label} over {second.label}"
    reason = first.reason or second.reason or _no_variance(first, second)
    if reason:
        return Estimate.missing(
            measure, reason, n=n, level=check_level(level), method=method
        )
    p, q = 1 - first.value, 1 - second.value
    se = math.hypot(first.standard_error / p, second.standard_error / q)
    half = normal_quantile(level) * se
    sign = _sign(first, second)
    return Estimate(
        measure=measure,
        value=p / q,
        lower=p / q * math.exp(-half),
        upper=p / q * math.exp(half),
        level=level,
        standard_error=se,
        p_value=normal_p_value(math.log(p / q) / se),
        n=n,
        method=method,
        r_call=_r_call(at, f"exp({sign}diff(log(1 - surv)))"),
    )


def survival_difference_test(
    time: npt.ArrayLike | str,
    event: npt.ArrayLike | None = None,
    arm: npt.ArrayLike | None = None,
    *,
    at: float,
    transform: str = "log-log",
    missing: MissingPolicy = "refuse",
    data: pd.DataFrame | None = None,
) -> TestResult:
    """
    Test equal probabilities of being free of the event at one time.

    Parameters
    ----------
    time
        End of follow-up, shape (n,); or a formula ``"time + event ~ arm"`` with `data`.
    event
        True or 1 where follow-up ended in the event, shape (n,).
    arm
        Arm labels, shape (n,), two of them.
    at
        The time to compare at.
    transform
        ``"log-log"``, which keeps its error best in small samples, or ``"plain"``.
    missing
        ``"refuse"`` rows with missing values, or ``"drop"`` them and count them.
    data
        The table a formula speaks of.

    Returns
    -------
    TestResult
        A chi-squared statistic on one degree of freedom. Not estimable where an arm has
        no event by then, or everybody has had it.

    Raises
    ------
    ArgumentError
        If an option is unknown, or there are more than two arms.
    DataError
        If the arrays do not fit together, or hold missing or impossible values.

    References
    ----------
    .. [1] Klein, J. P. et al. (2007), Statistics in Medicine 26, 4505-4519.

    Examples
    --------
    >>> time, event = [1.0, 2, 3, 4, 1, 2, 3, 4], [1, 1, 1, 0, 1, 0, 0, 0]
    >>> arm = ["MAU"] * 4 + ["MST-PSB"] * 4
    >>> test = survival_difference_test(time, event, arm, at=3, transform="plain")
    >>> round(test.statistic, 6)
    2.666667
    """
    check_choice("transform", transform, ("log-log", "plain"))
    first, second, n, note = _read(time, event, arm, at, None, data, missing)
    method = f"Kaplan-Meier at {at:g}, {transform}{note}"
    reason = first.reason or second.reason or _no_variance(first, second)
    if reason:
        return TestResult.missing(reason, n=n, method=method)
    if transform == "plain":
        values = [first.value, second.value]
        errors = [first.standard_error, second.standard_error]
    else:
        values = [math.log(-math.log(a.value)) for a in (first, second)]
        errors = [
            a.standard_error / (a.value * math.log(a.value)) for a in (first, second)
        ]
    statistic = ((values[0] - values[1]) / math.hypot(*errors)) ** 2
    return TestResult(
        statistic=statistic,
        p_value=chi_squared_p_value(statistic, 1),
        n=n,
        degrees_of_freedom=1,
        method=method,
    )


def _read(
    time: npt.ArrayLike | str,
    event: npt.ArrayLike | None,
    arm: npt.ArrayLike | None,
    at: float,
    reference: object,
    data: pd.DataFrame | None,
    missing: MissingPolicy,
) -> tuple[ArmAt, ArmAt, int, str]:
    """Read both arms at the time, the number of rows, and a note on those dropped."""
    given = {"time": time, "event": event, "arm": arm}
    read = read_columns(given, right="arm", data=data, missing=missing)
    stop, is_event, _ = follow_up(read.columns)
    arms = as_groups(read.columns["arm"], n=read.n)

    def one(own: BoolArray) -> ArmAt:
        """Read one arm."""
        label = arms.labels[int(arms.code[own][0])]
        return _arm_at(stop[own], is_event[own], at, label)

    first, second = arms_at(stop, arms, at=at, reference=reference, read=one)
    return first, second, read.n, read.note


def _arm_at(time: FloatArray, event: BoolArray, at: float, label: object) -> ArmAt:
    """Read one arm's Kaplan-Meier curve at a time."""
    steps = event_steps(time, event, None)
    value, se = product_limit(steps["n_events"], steps["n_at_risk"])
    passed = int((steps["time"] <= at).sum())
    survival = float(value[passed - 1]) if passed else 1.0
    error = float(se[passed - 1]) if passed and survival > 0 else 0.0
    reason = None
    if beyond_follow_up(time, event, at):
        reason = f"nobody in arm {label} was followed to {at:g}"
    return ArmAt(
        label=label,
        value=survival,
        standard_error=error,
        n_known=n_known(time, event, at),
        reason=reason,
    )


def _no_variance(first: ArmAt, second: ArmAt) -> str | None:
    """Say which arm has no variance."""
    for arm in (first, second):
        if not arm.standard_error > 0:
            nobody = f"nobody in arm {arm.label} has had the event by then"
            everybody = f"everybody followed in arm {arm.label} has had the event"
            return nobody if arm.value == 1 else everybody
    return None


def _sign(first: ArmAt, second: ArmAt) -> str:
    """Give the sign that turns R's order of the arms, the sorted one, into ours."""
    labels = np.array([first.label, second.label], dtype=object)
    return "-" if as_groups(labels, n=2).code[0] == 0 else ""


def _r_call(at: float, contrast: str) -> str:
    """Write R's call for a contrast of two curves at one time."""
    return (
        "with(summary(survival::survfit(survival::Surv(time, event) ~ arm), "
        f"times = {at:g}, extend = TRUE), {contrast})"
    )
