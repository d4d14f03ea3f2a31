"""Compare how often a repeated event happens in the arms."""

from __future__ import annotations

import math
from dataclasses import replace

import pandas as pd

from steps_analysis.estimates import Estimate, FloatArray, check_level
from steps_analysis.outcomes.distributions import normal_quantile
from steps_analysis.outcomes.estimands.analysed import Analysed, analysed
from steps_analysis.outcomes.estimands.answers import Answer
from steps_analysis.outcomes.events.spells import spells
from steps_analysis.outcomes.repeated.rate_ratios import recurrent_rate_ratio
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
        in each arm the rate a year.

    References
    ----------
    .. [1] Andersen, P. K. and Gill, R. D. (1982), Annals of Statistics 10, 1100-1120.
    .. [2] Lin, D. Y. and Wei, L. J. (1989), JASA 84, 1074-1078.
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
