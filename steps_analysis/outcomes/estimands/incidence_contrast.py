"""Compare how many have had an outcome by a time, other events preventing it."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from steps_analysis.estimates import (
    BoolArray,
    Estimate,
    FloatArray,
    IntArray,
    TestResult,
)
from steps_analysis.outcomes.binary.proportions import wilson_limits
from steps_analysis.outcomes.competing.gray import gray_test
from steps_analysis.outcomes.competing.incidence import cumulative_incidence
from steps_analysis.outcomes.competing.incidence_contrasts import (
    cumulative_incidence_difference,
    cumulative_incidence_ratio,
)
from steps_analysis.outcomes.competing.time_lost import mean_time_lost_difference
from steps_analysis.outcomes.estimands.analysed import Analysed, analysed
from steps_analysis.outcomes.estimands.answers import Answer
from steps_analysis.outcomes.events.spells import spells
from steps_analysis.outcomes.hazards.cox import cox
from steps_analysis.outcomes.survival.contrast_at import beyond_follow_up, n_known
from steps_analysis.outcomes.survival.kaplan_meier import kaplan_meier
from steps_analysis.outcomes.survival.log_rank import log_rank
from steps_analysis.protocol import days_in
from steps_analysis.trial_data import TrialData


def incidence_contrast(trial: TrialData, estimand: str) -> Answer:
    """
    Compare the share who have had an outcome by a time.

    Parameters
    ----------
    trial
        The trial; needs ``participants``, ``allocation`` and ``events``.
    estimand
        Code of an estimand whose summary is a cumulative-incidence difference.

    Returns
    -------
    Answer
        The difference of cumulative incidence (Aalen-Johansen) at the estimand's time;
        as ratios that of the incidences and the Cox hazard ratio (Efron ties); beside
        it the mean time lost to the outcome; Gray's and the log-rank test, and
        Kaplan-Meier curves.

    Notes
    -----
    For log-rank, Cox and Kaplan-Meier a competing event is a censoring: they describe
    the rate of the outcome among those still able to have it, not how many had it.
    """
    found = analysed(trial, estimand)
    rows = spells(trial, found.outcome.code)
    rows = rows[rows["participant_id"].isin(found.used)]
    both = _Times(
        time=rows["time"].to_numpy(dtype=float),
        event=rows["event"].to_numpy(dtype=bool),
        cause=rows["cause"].to_numpy(dtype=int),
        arm=found.arm_of(rows["participant_id"]).to_numpy(dtype=str),
    )
    own = {code: both.of(code) for code in (found.treatment, found.control)}
    seen = {code: times for code, times in own.items() if len(times.time)}
    level, at = found.level, days_in(found.estimand.at_months)
    incidence = {
        code: cumulative_incidence(times.time, times.cause, level=level)
        for code, times in seen.items()
    }
    survival = {
        code: kaplan_meier(times.time, times.event, level=level)
        for code, times in seen.items()
    }
    effect, relative, tests = _contrasts(found, both, at)
    beside = _time_lost(found, both, at, effect)
    return Answer(
        estimand=found.estimand,
        outcome=found.outcome,
        status=found.status,
        allocated=found.arms,
        arms=tuple(
            found.summary(code, times.events_by(at), _at(found, code, times, at))
            for code, times in own.items()
        ),
        effect=effect,
        relative=relative,
        beside=beside,
        tests=tests,
        incidence=incidence,
        survival=survival,
        follow_up={code: times.time for code, times in seen.items()},
        notes=(
            f"The difference speaks of {found.estimand.at_months} months; hazard ratio "
            "and tests use all the follow-up.",
        ),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Times:
    """Time at risk, event, cause and arm of each participant."""

    time: FloatArray
    event: BoolArray
    cause: IntArray
    arm: npt.NDArray[np.str_]

    def events_by(self, at: int) -> int:
        """Count the participants who have had the outcome by a day."""
        return int((self.event & (self.time <= at)).sum())

    def of(self, arm: str) -> _Times:
        """Give one arm's participants."""
        own = self.arm == arm
        return _Times(
            time=self.time[own],
            event=self.event[own],
            cause=self.cause[own],
            arm=self.arm[own],
        )


def _at(found: Analysed, arm: str, own: _Times, at: int) -> Estimate:
    """Read one arm's cumulative incidence at the estimand's time."""
    measure, n, level = "cumulative incidence", len(own.time), found.level
    if not n:
        return found.nobody(measure)
    happened = own.cause > 0
    if beyond_follow_up(own.time, happened, at):
        reason = _unfollowed(found, arm)
        return Estimate.missing(measure, reason, n=n, level=level)
    curve = cumulative_incidence(own.time, own.cause, level=level)
    read = replace(curve.estimate_at(at, measure=measure), n=n)
    if 0 < read.value < 1:
        return read
    # Nobody or everybody: no variance, so Wilson's limits, as in the difference.
    known = n_known(own.time, happened, at)
    lower, upper = wilson_limits(read.value * known, known, level)
    method = "Aalen-Johansen; Wilson limits stand in for an arm without variance"
    nan = math.nan
    return replace(read, lower=lower, upper=upper, standard_error=nan, method=method)


def _unfollowed(found: Analysed, arm: str) -> str:
    """Say that an arm's follow-up ends before the estimand's time."""
    return f"nobody in arm {arm} was followed for {found.estimand.at_months} months"


def _contrasts(
    found: Analysed, both: _Times, at: int
) -> tuple[Estimate, tuple[Estimate, ...], tuple[TestResult, ...]]:
    """Give the difference at the estimand's time, the hazard ratio and the log-rank."""
    empty, level = found.empty_arm(), found.level
    if empty:
        name, n = "cumulative incidence difference", len(found.used)
        return Estimate.missing(name, empty, n=n, level=level), (), ()
    measure = f"cumulative incidence difference at {found.estimand.at_months} months"
    difference = cumulative_incidence_difference(
        both.time, both.cause, both.arm, at=at, reference=found.control, level=level
    )
    for code in (found.control, found.treatment):  # the treatment's is said, if both
        own = both.of(code)
        if beyond_follow_up(own.time, own.cause > 0, at):
            difference = replace(difference, not_estimable=_unfollowed(found, code))
    is_treated = (both.arm == found.treatment).astype(float)
    fit = cox(both.time, both.event, is_treated)
    ratio = fit.hazard_ratio(fit.names[0], level=level)
    why = found.arm_without_outcome(both.arm, both.event) or ratio.not_estimable
    ratio = replace(ratio, measure="hazard ratio", not_estimable=why)
    difference = replace(difference, measure=measure)
    relative = cumulative_incidence_ratio(
        both.time, both.cause, both.arm, at=at, reference=found.control, level=level
    )
    relative = replace(
        relative,
        measure=f"cumulative incidence ratio at {found.estimand.at_months} months",
        not_estimable=difference.not_estimable
        or (relative.not_estimable and (why or relative.not_estimable)),
    )
    gray = gray_test(both.time, both.cause, both.arm)
    gray = replace(gray, method="Gray's test of cumulative incidence")
    tests = (gray, log_rank(both.time, both.event, both.arm))
    return difference, (relative, ratio), tests


def _time_lost(
    found: Analysed, both: _Times, at: int, effect: Estimate
) -> tuple[Estimate, ...]:
    """Compare the mean time lost to the outcome up to the estimand's time."""
    if effect.not_estimable:
        return ()
    lost = mean_time_lost_difference(
        both.time,
        both.cause,
        both.arm,
        horizon=at,
        reference=found.control,
        level=found.level,
    )
    months = found.estimand.at_months
    measure = f"difference in the mean time lost to the outcome by {months} months"
    return (replace(lost, measure=measure, unit="days"),)
