"""By one time, how many more in one arm than in the other had one kind of event?"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy.typing as npt
import pandas as pd

from steps_analysis.estimates import (
    BoolArray,
    Estimate,
    FloatArray,
    IntArray,
    check_level,
)
from steps_analysis.formulas import MissingPolicy
from steps_analysis.outcomes.columns import (
    Groups,
    as_causes,
    as_groups,
    as_times,
    check_choice,
)
from steps_analysis.outcomes.competing.steps import (
    IncidenceVariance,
    check_kind,
    incidence_steps,
)
from steps_analysis.outcomes.distributions import normal_p_value, normal_quantile
from steps_analysis.outcomes.doors import read_columns
from steps_analysis.outcomes.survival.contrast_at import (
    ArmAt,
    arms_at,
    beyond_follow_up,
    difference_at,
    n_known,
)


def cumulative_incidence_difference(
    time: npt.ArrayLike | str,
    cause: npt.ArrayLike | None = None,
    arm: npt.ArrayLike | None = None,
    *,
    at: float,
    of: int = 1,
    reference: object = None,
    variance: IncidenceVariance = "jackknife",
    level: float = 0.95,
    missing: MissingPolicy = "refuse",
    data: pd.DataFrame | None = None,
) -> Estimate:
    """
    Estimate the difference in the probability of one kind of event by one time.

    Parameters
    ----------
    time
        End of follow-up, shape (n,); or a formula ``"time + cause ~ arm"`` with `data`.
    cause
        0 where follow-up was censored, else the kind of event: 1, 2, …; shape (n,).
    arm
        Arm labels, shape (n,), two of them.
    at
        The time to compare at, on the scale of `time`.
    of
        The kind of event asked for.
    reference
        The arm subtracted; by default the first in sorted order.
    variance
        ``"jackknife"`` (infinitesimal jackknife, as R's ``survfit``) or ``"aalen"`` (as
        ``cmprsk::cuminc``).
    level
        Confidence level, in (0, 1).
    missing
        ``"refuse"`` rows with missing values, or ``"drop"`` them and count them.
    data
        The table a formula speaks of.

    Returns
    -------
    Estimate
        Aalen-Johansen probability minus that of `reference`. Not estimable where `at`
        lies beyond an arm's last follow-up, or there is one arm only.

    Raises
    ------
    ArgumentError
        If there are more than two arms, `reference` is none of them, or `of` is no kind
        of event.
    DataError
        If the arrays do not fit together, or hold missing or impossible values.

    Notes
    -----
    Normal limits and a Wald test. An arm in which nobody has had the
    event has no variance; its Wilson limits, on those with known status, are squared
    and added instead, and `method` says so.

    Examples
    --------
    >>> time, cause = [1.0, 2, 3, 4, 1, 2, 3, 4], [1, 2, 1, 0, 2, 1, 0, 0]
    >>> arm = ["MAU"] * 4 + ["MST-PSB"] * 4
    >>> cumulative_incidence_difference(time, cause, arm, at=4).value
    -0.25
    """
    given = {"time": time, "cause": cause, "arm": arm}
    both = _read(given, at, of, reference, variance, data, missing)
    found = difference_at(
        both.arm,
        both.reference,
        measure=f"difference in cumulative incidence by {at:g}",
        method=f"Aalen-Johansen, {variance} variance{both.note}",
        n=both.n,
        level=check_level(level),
    )
    return replace(found, r_call=_r_call(both, variance, at, of, is_ratio=False))


def cumulative_incidence_ratio(
    time: npt.ArrayLike | str,
    cause: npt.ArrayLike | None = None,
    arm: npt.ArrayLike | None = None,
    *,
    at: float,
    of: int = 1,
    reference: object = None,
    variance: IncidenceVariance = "jackknife",
    level: float = 0.95,
    missing: MissingPolicy = "refuse",
    data: pd.DataFrame | None = None,
) -> Estimate:
    """
    Estimate the ratio of the probabilities of one kind of event by one time.

    Parameters
    ----------
    time
        End of follow-up, shape (n,); or a formula ``"time + cause ~ arm"`` with `data`.
    cause
        0 where follow-up was censored, else the kind of event: 1, 2, …; shape (n,).
    arm
        Arm labels, shape (n,), two of them.
    at
        The time to compare at, on the scale of `time`.
    of
        The kind of event asked for.
    reference
        The arm divided by; by default the first in sorted order.
    variance
        ``"jackknife"`` (infinitesimal jackknife, as R's ``survfit``) or ``"aalen"`` (as
        ``cmprsk::cuminc``).
    level
        Confidence level, in (0, 1).
    missing
        ``"refuse"`` rows with missing values, or ``"drop"`` them and count them.
    data
        The table a formula speaks of.

    Returns
    -------
    Estimate
        Aalen-Johansen probability over that of `reference`, limits and test on the log
        scale. Not estimable where an arm has no event of this kind by then, where `at`
        lies beyond an arm's last follow-up, or there is one arm only.

    Raises
    ------
    ArgumentError
        If there are more than two arms, `reference` is none of them, or `of` is no kind
        of event.
    DataError
        If the arrays do not fit together, or hold missing or impossible values.

    Examples
    --------
    >>> time, cause = [1.0, 2, 3, 4, 1, 2, 3, 4], [1, 2, 1, 0, 2, 1, 0, 0]
    >>> arm = ["MAU"] * 4 + ["MST-PSB"] * 4
    >>> cumulative_incidence_ratio(time, cause, arm, at=4).value
    0.5
    """
    given = {"time": time, "cause": cause, "arm": arm}
    both = _read(given, at, of, reference, variance, data, missing)
    measure = f"ratio of cumulative incidences by {at:g}"
    method = f"Aalen-Johansen, {variance} variance{both.note}"
    method += f"; {both.arm.label} over {both.reference.label}"
    reason = both.arm.reason or both.reference.reason or _no_variance(both)
    if reason:
        return Estimate.missing(
            measure, reason, n=both.n, level=check_level(level), method=method
        )
    p, q = both.arm, both.reference
    se = math.hypot(p.standard_error / p.value, q.standard_error / q.value)
    ratio, half = p.value / q.value, normal_quantile(level) * se
    return Estimate(
        measure=measure,
        value=ratio,
        lower=ratio * math.exp(-half),
        upper=ratio * math.exp(half),
        level=level,
        standard_error=se,
        p_value=normal_p_value(math.log(ratio) / se),
        n=both.n,
        method=method,
        r_call=_r_call(both, variance, at, of, is_ratio=True),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Both:
    """Two arms at one time, and the rows they come from."""

    arm: ArmAt
    reference: ArmAt
    arms: Groups
    n: int
    note: str


def _read(
    given: Mapping[str, object],
    at: float,
    of: int,
    reference: object,
    variance: IncidenceVariance,
    data: pd.DataFrame | None,
    missing: MissingPolicy,
) -> _Both:
    """Read both arms."""
    check_kind("of", of)
    check_choice("variance", variance, ("jackknife", "aalen"))
    read = read_columns(
        given, right="arm", data=data, missing=missing, responses=("time", "cause")
    )
    stop = as_times("time", read.columns["time"])
    causes = as_causes("cause", read.columns["cause"])
    arms = as_groups(read.columns["arm"], n=read.n)

    def one(own: BoolArray) -> ArmAt:
        """Read one arm."""
        label = arms.labels[int(arms.code[own][0])]
        return _arm_at(stop[own], causes[own], at, of, variance, label)

    first, second = arms_at(stop, arms, at=at, reference=reference, read=one)
    return _Both(arm=first, reference=second, arms=arms, n=read.n, note=read.note)


def _arm_at(
    time: FloatArray,
    cause: IntArray,
    at: float,
    of: int,
    variance: IncidenceVariance,
    label: object,
) -> ArmAt:
    """Read one arm's cumulative incidence at a time."""
    steps = incidence_steps(time, cause, of)
    passed = int((steps.time <= at).sum())
    value = float(steps.incidence[passed - 1]) if passed else 0.0
    error = float(steps.standard_error(variance)[passed - 1]) if passed else 0.0
    reason = None
    if beyond_follow_up(time, cause > 0, at):
        reason = f"nobody in arm {label} was followed to {at:g}"
    is_certain = value in {0.0, 1.0}
    return ArmAt(
        label=label,
        value=value,
        standard_error=0.0 if is_certain else error,
        n_known=n_known(time, cause > 0, at),
        reason=reason,
    )


def _no_variance(both: _Both) -> str | None:
    """Say which arm has no variance."""
    for arm in (both.arm, both.reference):
        if not arm.standard_error > 0:
            nobody = f"nobody in arm {arm.label} has had the event by then"
            everybody = f"everybody in arm {arm.label} has had the event by then"
            return nobody if arm.value == 0 else everybody
    return None


def _r_call(
    both: _Both, variance: IncidenceVariance, at: float, of: int, *, is_ratio: bool
) -> str:
    """Write R's call: of the contrast, or of its parts."""
    if variance == "aalen":
        return f"cmprsk::timepoints(cmprsk::cuminc(time, cause, arm), {at:g})"
    sign = "" if both.reference.label == both.arms.labels[0] else "-"
    state = f'pstate[, states == "{of}"]'
    contrast = f"exp({sign}diff(log({state})))" if is_ratio else f"{sign}diff({state})"
    return (
        "with(summary(survival::survfit(survival::Surv(time, factor(cause)) ~ arm), "
        f"times = {at:g}, extend = TRUE), {contrast})"
    )
