"""Compare how often a repeated event happens in the arms."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from steps_analysis.estimates import (
    BoolArray,
    Curve,
    Estimate,
    FloatArray,
    TestResult,
    check_level,
)
from steps_analysis.outcomes.distributions import normal_quantile
from steps_analysis.outcomes.estimands.analysed import Analysed, analysed
from steps_analysis.outcomes.estimands.answers import Answer
from steps_analysis.outcomes.events.spells import spells
from steps_analysis.outcomes.repeated.count_rates import count_rate_ratio
from steps_analysis.outcomes.repeated.mean_difference import (
    mean_cumulative_difference_at,
)
from steps_analysis.outcomes.repeated.mean_function import mean_cumulative_function
from steps_analysis.outcomes.repeated.pseudo_score import mean_cumulative_test
from steps_analysis.outcomes.repeated.rate_ratios import recurrent_rate_ratio
from steps_analysis.protocol import days_in
from steps_analysis.trial_data import TrialData

DAYS_PER_YEAR = 365.25


def rate_contrast(trial: TrialData, estimand: str) -> Answer:
    """
    Compare the rates of a repeated event.

    Parameters
    ----------
    trial
        The trial; needs ``participants``, ``allocation`` and ``events``.
    estimand
        Code of an estimand whose summary is a rate ratio.

    Returns
    -------
    Answer
        The rate ratio of the Andersen-Gill model with a standard error robust to
        repeats within a participant (Efron ties), or the model's own where that is 0;
        in each arm the rate a year. Beside it the negative binomial rate ratio, and the
        difference of the mean number of events by the estimand's time, with its test
        and curves (Lawless-Nadeau).

    References
    ----------
    .. [1] Andersen, P. K. and Gill, R. D. (1982), Annals of Statistics 10, 1100-1120.
    .. [2] Lin, D. Y. and Wei, L. J. (1989), JASA 84, 1074-1078.
    .. [3] Lawless, J. F. and Nadeau, C. (1995), Technometrics 37, 158-168.
    """
    found = analysed(trial, estimand)
    rows = spells(trial, found.outcome.code)
    rows = rows[rows["participant_id"].isin(found.used)]
    arm = found.arm_of(rows["participant_id"]).to_numpy(dtype=str)
    rows = rows.assign(arm=arm, days=rows["time"] - rows["entry"])
    people = rows.groupby("participant_id").agg(
        arm=("arm", "first"), events=("event", "sum"), days=("days", "sum")
    )
    summaries = []
    for code in (found.treatment, found.control):
        own = people[people["arm"] == code]
        if own.empty:
            summaries.append(found.summary(code, 0, found.nobody("rate")))
            continue
        events = own["events"].to_numpy(dtype=float)
        years = own["days"].to_numpy(dtype=float) / DAYS_PER_YEAR
        rate = event_rate(events, years, level=found.level)
        summaries.append(found.summary(code, int(events.sum()), rate))
    return Answer(
        estimand=found.estimand,
        outcome=found.outcome,
        status=found.status,
        allocated=found.arms,
        arms=tuple(summaries),
        effect=_ratio(found, rows),
        relative=_negative_binomial(found, people),
        beside=_mean_difference(found, rows),
        tests=_mean_test(found, rows),
        mean_events=_mean_events(found, rows),
        follow_up={
            code: people.loc[people["arm"] == code, "days"].to_numpy(dtype=float)
            for code in set(people["arm"])
        },
    )


def _negative_binomial(found: Analysed, people: pd.DataFrame) -> tuple[Estimate, ...]:
    """Compare the counts, some people having more events than others."""
    if found.empty_arm():
        return ()
    ratio = count_rate_ratio(
        people["events"].to_numpy(dtype=float),
        people["days"].to_numpy(dtype=float) / DAYS_PER_YEAR,
        people["arm"].to_numpy(dtype=str),
        reference=found.control,
        level=found.level,
    )
    return (ratio,)


def _mean_difference(found: Analysed, rows: pd.DataFrame) -> tuple[Estimate, ...]:
    """Compare the mean number of events by the estimand's time."""
    if found.empty_arm():
        return ()
    asked = days_in(found.estimand.at_months)
    at = min(asked, rows.groupby("arm")["time"].max().min())
    difference = mean_cumulative_difference_at(
        *_columns(rows),
        rows["arm"].to_numpy(dtype=str),
        at=at,
        reference=found.control,
        level=found.level,
    )
    if at == asked:
        when = f"{found.estimand.at_months} months"
    else:
        when = f"day {at:.0f}, up to which both arms were followed"
    measure = f"difference in the mean number of events by {when}"
    return (replace(difference, measure=measure),)


def _mean_test(found: Analysed, rows: pd.DataFrame) -> tuple[TestResult, ...]:
    """Test whether the mean numbers of events are one function of time."""
    if found.empty_arm():
        return ()
    return (mean_cumulative_test(*_columns(rows), rows["arm"].to_numpy(dtype=str)),)


def _mean_events(found: Analysed, rows: pd.DataFrame) -> dict[str, Curve]:
    """Give each arm's mean number of events as time goes on."""
    return {
        code: mean_cumulative_function(*_columns(own), level=found.level)
        for code in (found.treatment, found.control)
        if len(own := rows[rows["arm"] == code])
    }


def _columns(
    rows: pd.DataFrame,
) -> tuple[FloatArray, FloatArray, BoolArray, npt.NDArray[np.str_]]:
    """Give entry, time, event and participant of some spells."""
    return (
        rows["entry"].to_numpy(dtype=np.float64),
        rows["time"].to_numpy(dtype=np.float64),
        rows["event"].to_numpy(dtype=np.bool_),
        rows["participant_id"].to_numpy(dtype=str),
    )


def _ratio(found: Analysed, rows: pd.DataFrame) -> Estimate:
    """Fit the Andersen-Gill model; robust, unless participants do not differ."""
    measure, n, level = "rate ratio", len(found.used), found.level
    if empty := found.empty_arm():
        return Estimate.missing(measure, empty, n=n, level=level)
    arm, happened = rows["arm"].to_numpy(dtype=str), rows["event"].to_numpy(dtype=bool)
    if without := found.arm_without_outcome(arm, happened):
        return Estimate.missing(measure, without, n=n, level=level)
    fit = recurrent_rate_ratio(
        rows["entry"].to_numpy(dtype=float),
        rows["time"].to_numpy(dtype=float),
        happened,
        rows["participant_id"].to_numpy(dtype=str),
        (arm == found.treatment).astype(float),
    )
    ratio = fit.rate_ratio(fit.names[0], level=level)
    return replace(ratio, measure=measure, n=n)


def event_rate(
    events: FloatArray, years: FloatArray, *, level: float = 0.95
) -> Estimate:
    """
    Estimate how often an event happens in a year, some people having it more often.

    Parameters
    ----------
    events
        Events of each participant, shape (n,).
    years
        Years each was observed, shape (n,), with a positive sum.
    level
        Confidence level.

    Returns
    -------
    Estimate
        Events per person-year; limits on the log scale, with a variance that allows
        participants to differ (sum of squared residuals). Where that variance is 0 (no
        event, one participant, or all with the same rate) exact Poisson limits instead.

    Notes
    -----
    The variance of the rate r is the sum of (events - r years)^2 over the square of all
    years: the robust variance of a Poisson model with an intercept alone.

    Examples
    --------
    >>> import numpy as np
    >>> event_rate(np.array([1.0, 1.0]), np.array([1.0, 1.0])).value
    1.0
    """
    from scipy import stats  # heavy, and not needed to import this module

    check_level(level)
    total, n = float(years.sum()), len(events)
    count = float(events.sum())
    rate = count / total
    error = math.sqrt(float(((events - rate * years) ** 2).sum())) / total
    if error <= 1e-12 * rate:
        tail = (1 - level) / 2
        lower = float(stats.chi2.ppf(tail, 2 * count)) / 2 / total if count else 0.0
        upper = float(stats.chi2.isf(tail, 2 * count + 2)) / 2 / total
        method = "exact Poisson limits: participants do not differ"
        limits = (rate, lower, upper, math.nan)
    else:
        spread = math.exp(normal_quantile(level) * error / rate)
        method = "robust to differences between participants"
        limits = (rate, rate / spread, rate * spread, error)
    value, lower, upper, se = limits
    return Estimate(
        measure="rate",
        value=value,
        lower=lower,
        upper=upper,
        standard_error=se,
        level=level,
        unit="a year",
        n=n,
        method=method,
    )
