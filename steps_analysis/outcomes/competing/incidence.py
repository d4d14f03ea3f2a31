"""How many have had one kind of event, when another kind can come first?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from steps_analysis.errors import ArgumentError, refusal
from steps_analysis.estimates import (
    BoolArray,
    Curve,
    Estimate,
    FloatArray,
    IntArray,
    check_level,
)
from steps_analysis.formulas import MissingPolicy
from steps_analysis.outcomes.binary.probability_limits import (
    Transform,
    transformed_limits,
)
from steps_analysis.outcomes.columns import as_causes, as_groups, as_times, check_choice
from steps_analysis.outcomes.doors import read_columns
from steps_analysis.outcomes.survival.contrast_at import (
    ArmAt,
    arms_at,
    beyond_follow_up,
    difference_at,
    n_known,
)

IncidenceVariance = Literal["jackknife", "aalen"]


def cumulative_incidence(
    time: npt.ArrayLike | str,
    cause: npt.ArrayLike | None = None,
    *,
    of: int = 1,
    transform: Transform = "log-log",
    variance: IncidenceVariance = "jackknife",
    level: float = 0.95,
    missing: MissingPolicy = "refuse",
    data: pd.DataFrame | None = None,
) -> Curve:
    """
    Estimate the probability of one kind of event as time goes on.

    Parameters
    ----------
    time
        End of follow-up, shape (n,); or a formula ``"time + cause ~ 1"`` with `data`.
    cause
        0 where follow-up was censored, else the kind of event: 1, 2, …; shape (n,).
    of
        The kind of event asked for.
    transform
        Scale of the limits: ``"log-log"``, ``"log"``, ``"plain"``, ``"logit"`` or
        ``"arcsin"``.
    variance
        ``"jackknife"`` (infinitesimal jackknife, as R's ``survfit``) or ``"aalen"`` (as
        ``cmprsk::cuminc``); they differ in the third digit.
    level
        Confidence level, in (0, 1).
    missing
        ``"refuse"`` rows with missing values, or ``"drop"`` them and count them.
    data
        The table a formula speaks of.

    Returns
    -------
    Curve
        One step per distinct time of an event of any kind, starting from 0. For
        several kinds call once for each: the curves and the probability of no event
        add up to 1.

    Raises
    ------
    ArgumentError
        If an option is unknown, or `of` is no kind of event.
    DataError
        If the arrays do not fit together, or hold missing or impossible values.

    Notes
    -----
    The Aalen-Johansen estimator with tied times as they are: ``lifelines`` breaks ties
    at random, which changes the answer on data in days. One minus Kaplan-Meier, which
    censors the other kinds, overstates the probability. The log-log limits are those of
    ``survfit``, made on log(-log F). Before the first event of this kind the curve is 0
    with limits 0; once everybody has had it, it is 1 without standard error or limits.

    References
    ----------
    .. [1] Aalen, O. O. and Johansen, S. (1978), Scand. J. Statistics 5, 141-150.

    Examples
    --------
    Of three, one has event 1 at time 1, then one of the two left has event 2.

    >>> cumulative_incidence([1.0, 2.0, 3.0], [1, 2, 0]).value
    array([0.33333333, 0.33333333])
    >>> cumulative_incidence([1.0, 2.0, 3.0], [1, 2, 0], of=2).value
    array([0.        , 0.33333333])
    """
    check_choice("variance", variance, ("jackknife", "aalen"))
    _check_of(of)
    given = {"time": time, "cause": cause}
    read = read_columns(
        given, right="nothing", data=data, missing=missing, responses=("time", "cause")
    )
    stop = as_times("time", read.columns["time"])
    steps = incidence_steps(stop, as_causes("cause", read.columns["cause"]), of)
    se = steps.jackknife() if variance == "jackknife" else steps.aalen()
    lower, upper = transformed_limits(
        steps.incidence, se, transform=transform, level=level
    )
    return Curve(
        time=steps.time,
        value=steps.incidence,
        lower=lower,
        upper=upper,
        standard_error=se,
        n_at_risk=steps.n_at_risk,
        level=level,
        method=f"Aalen-Johansen, {variance} variance, {transform} limits{read.note}",
        start=0.0,
        r_call="survival::survfit(survival::Surv(time, factor(cause)) ~ 1, "
        f'conf.type = "{transform}", conf.int = {level})'
        if variance == "jackknife"
        else "cmprsk::cuminc(time, cause)",
    )


def cumulative_incidence_difference(
    time: npt.ArrayLike | str,
    cause: npt.ArrayLike | None = None,
    arm: npt.ArrayLike | None = None,
    *,
    at: float,
    of: int = 1,
    reference: object = None,
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
    Normal limits from jackknife standard errors. An arm in which nobody has had the
    event has no variance; its Wilson limits, on those with known status, are squared
    and added instead, and `method` says so.

    Examples
    --------
    >>> time, cause = [1.0, 2, 3, 4, 1, 2, 3, 4], [1, 2, 1, 0, 2, 1, 0, 0]
    >>> arm = ["MAU"] * 4 + ["MST-PSB"] * 4
    >>> cumulative_incidence_difference(time, cause, arm, at=4).value
    -0.25
    """
    _check_of(of)
    given = {"time": time, "cause": cause, "arm": arm}
    read = read_columns(
        given, right="arm", data=data, missing=missing, responses=("time", "cause")
    )
    stop = as_times("time", read.columns["time"])
    causes = as_causes("cause", read.columns["cause"])
    arms = as_groups(read.columns["arm"], n=read.n)

    def one(own: BoolArray) -> ArmAt:
        """Read one arm."""
        label = arms.labels[int(arms.code[own][0])]
        return _arm_at(stop[own], causes[own], at, of, label)

    first, second = arms_at(stop, arms, at=at, reference=reference, read=one)
    return difference_at(
        first,
        second,
        measure=f"difference in cumulative incidence by {at:g}",
        method=f"Aalen-Johansen, jackknife variance{read.note}",
        n=read.n,
        level=check_level(level),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidenceSteps:
    """
    Counts and probabilities at each time of an event of any kind.

    Attributes
    ----------
    time
        Distinct event times, shape (k,).
    n_at_risk
        At risk just before, shape (k,).
    n_own, n_any
        Events of the kind asked for, and of any kind, shape (k,).
    before
        Probability of no event just before, shape (k,).
    incidence
        Probability of the kind asked for, shape (k,).
    """

    time: FloatArray
    n_at_risk: FloatArray
    n_own: FloatArray
    n_any: FloatArray
    before: FloatArray
    incidence: FloatArray

    def jackknife(self) -> FloatArray:
        """
        Give the infinitesimal jackknife standard error.

        Returns
        -------
        numpy.ndarray
            Standard errors, shape (k,).

        Notes
        -----
        A participant's influence at time s on F(t) is ``A - B`` with an event of the
        kind asked for, ``-B`` with another, where ``A = S(s-)/n`` and
        ``B = (F(t) - F(s)) / (n - d)``, less the mean over those at risk. Influences at
        different times are uncorrelated, so their squares add up; being quadratic in
        F(t), the sum needs only cumulative sums over s.
        """
        n, own, total = self.n_at_risk, self.n_own, self.n_any
        a = self.before / n
        b = np.where(n > total, 1 / np.maximum(n - total, 1), 0.0)
        twos = b * b * total * (n - total) / n
        ones = -2 * a * b * own * (n - total) / n
        zeros = a * a * own * (n - own) / n
        return self._accumulate(zeros, ones, twos)

    def aalen(self) -> FloatArray:
        """
        Give Aalen's standard error, as ``cmprsk::cuminc`` computes it.

        Returns
        -------
        numpy.ndarray
            Standard errors, shape (k,).

        Notes
        -----
        The kinds of event at one time are taken as independent, each with the finite
        correction (n - d) / (n - 1) for ties.
        """
        n, own = self.n_at_risk, self.n_own
        other = self.n_any - own
        after = self.before * (n - self.n_any) / n
        inverse = np.where(after > 0, 1 / np.where(after > 0, after, 1.0), 0.0)
        fewer = np.maximum(n - 1, 1)
        spread = self.before**2 / n**2
        of_own = spread * own * np.where(own > 1, (n - own) / fewer, 1.0)
        of_other = spread * other * np.where(other > 1, (n - other) / fewer, 1.0)
        twos = (of_own + of_other) * inverse**2
        return self._accumulate(of_own, -2 * of_own * inverse, twos)

    def _accumulate(
        self, zeros: FloatArray, ones: FloatArray, twos: FloatArray
    ) -> FloatArray:
        """Sum zeros + ones (F(t) - F(s)) + twos (F(t) - F(s))² over s up to t."""
        now = self.incidence
        variance = (
            np.cumsum(zeros - ones * now + twos * now * now)
            + now * np.cumsum(ones - 2 * twos * now)
            + now * now * np.cumsum(twos)
        )
        variance = np.where(now > 0, np.maximum(variance, 0.0), 0.0)
        se: FloatArray = np.sqrt(np.where(now < 1, variance, np.nan))
        return se


def incidence_steps(time: FloatArray, cause: IntArray, of: int) -> IncidenceSteps:
    """
    Count and multiply at each time of an event of any kind.

    Parameters
    ----------
    time
        End of follow-up, shape (n,).
    cause
        0 for censored, else the kind of event, shape (n,).
    of
        The kind asked for.

    Returns
    -------
    IncidenceSteps
        Counts and probabilities.

    Examples
    --------
    >>> incidence_steps(np.array([1.0, 2.0]), np.array([1, 2]), 1).incidence
    array([0.5, 0.5])
    """
    steps, position = np.unique(time[cause > 0], return_inverse=True)
    kinds = cause[cause > 0]
    n_any = np.bincount(position, minlength=len(steps)).astype(np.float64)
    n_own = np.bincount(position[kinds == of], minlength=len(steps)).astype(np.float64)
    at_risk = len(time) - np.searchsorted(np.sort(time), steps, side="left")
    n = at_risk.astype(np.float64)
    after = np.cumprod((n - n_any) / n)
    before = np.concatenate([[1.0], after[:-1]])[: len(steps)]
    incidence = np.cumsum(before * n_own / n)
    return IncidenceSteps(
        time=steps,
        n_at_risk=n,
        n_own=n_own,
        n_any=n_any,
        before=before,
        incidence=np.where(incidence > 1 - 1e-12, 1.0, incidence),
    )


def _arm_at(
    time: FloatArray, cause: IntArray, at: float, of: int, label: object
) -> ArmAt:
    """Read one arm's cumulative incidence at a time."""
    steps = incidence_steps(time, cause, of)
    passed = int((steps.time <= at).sum())
    value = float(steps.incidence[passed - 1]) if passed else 0.0
    error = float(steps.jackknife()[passed - 1]) if passed else 0.0
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


def _check_of(of: int) -> None:
    """Refuse a kind of event that is none."""
    if isinstance(of, bool) or of != int(of) or of < 1:
        raise ArgumentError(refusal("of", "be a kind of event: 1, 2, …", of))
