"""
How often do events come per unit of exposure, and how do two such rates compare?

Counts are taken to be Poisson: events come independently and at one rate in each arm.
Where participants differ in how often they have the event these limits are too narrow;
a rate model with a robust or negative binomial variance answers then.
"""

from __future__ import annotations

import math
from typing import Literal, get_args

from steps_analysis.errors import DataError, refusal
from steps_analysis.estimates import Estimate, check_level
from steps_analysis.outcomes.binary.conditional_count import (
    MOST_SEGMENTS,
    MOST_VALUES,
    ConditionalCount,
    Ordering,
    too_many,
)
from steps_analysis.outcomes.binary.conditional_limits import conditional_limits
from steps_analysis.outcomes.binary.proportions import check_whole
from steps_analysis.outcomes.columns import LARGEST, check_choice, is_number
from steps_analysis.outcomes.distributions import normal_p_value, normal_quantile

RateRatioMethod = Literal["central", "mid-p", "minlike", "blaker", "score"]


def exact_rate(
    events: int, exposure: float, *, method: Ordering = "central", level: float = 0.95
) -> Estimate:
    """
    Estimate a Poisson rate with exact limits.

    Parameters
    ----------
    events
        How many events were seen.
    exposure
        What they were seen over, such as person-years; above 0 unless nobody was.
    method
        ``"central"`` (half the error in each tail), ``"minlike"`` or ``"blaker"``
        (exact and shorter, the error shared between the tails as the data have it), or
        ``"mid-p"`` (not exact, nearer to the level on average).
    level
        Confidence level, in (0, 1).

    Returns
    -------
    Estimate
        Events per unit of exposure; `n` is the number of events. Not estimable where
        there is no exposure. No event is a rate of 0 with an upper limit.

    Raises
    ------
    DataError
        If `events` is no whole number of at least 0, or `exposure` is negative.
    ArgumentError
        If `method` is none of those above.

    Notes
    -----
    The central limits are the quantiles of gamma distributions [1]_, as R's
    ``poisson.test``. For the others see `conditional_limits`: R's ``exactci`` solves
    for them to four digits, here they are solved to machine precision.

    References
    ----------
    .. [1] Garwood, F. (1936), Biometrika 28, 437-442.
    .. [2] Fay, M. P. (2010), R Journal 2(1), 53-58.

    Examples
    --------
    Without an event the upper limit is -log(0.025) over the exposure.

    >>> none = exact_rate(0, 10.0)
    >>> none.value, none.lower, round(none.upper, 4)
    (0.0, 0.0, 0.3689)
    """
    check_choice("method", method, get_args(Ordering))
    check_whole("events", events)
    _check_exposure("exposure", exposure)
    events = int(events)
    words = f"{method} Poisson interval"
    if not exposure:
        reason = "there is no exposure"
        return Estimate.missing("rate", reason, n=events, level=level, method=words)
    if method != "central" and (too_long := _too_many(events, method)):
        return Estimate.missing("rate", too_long, n=events, level=level, method=words)
    if method == "central":
        lower, upper = _garwood_limits(events, exposure, check_level(level))
    else:
        count = ConditionalCount.of_poisson(events, exposure)
        lower, upper = conditional_limits(count, method, check_level(level))
    return Estimate(
        measure="rate",
        value=events / exposure,
        lower=lower,
        upper=upper,
        level=level,
        n=events,
        method=words,
        r_call=f"exactci::poisson.exact({events}, {exposure}, "
        f"{_r_options(method, level)})",
    )


def exact_rate_ratio(
    events_treatment: int,
    exposure_treatment: float,
    events_control: int,
    exposure_control: float,
    *,
    method: RateRatioMethod = "central",
    level: float = 0.95,
) -> Estimate:
    """
    Estimate the ratio of two Poisson rates, treatment over control.

    Parameters
    ----------
    events_treatment, exposure_treatment
        Events and exposure of the treatment arm.
    events_control, exposure_control
        Events and exposure of the control arm.
    method
        ``"central"``, ``"minlike"``, ``"blaker"`` or ``"mid-p"``, given the total of
        events, as in `exact_rate`; or ``"score"``, a large-sample method without
        conditioning, for comparison.
    level
        Confidence level, in (0, 1).

    Returns
    -------
    Estimate
        The rate ratio with the p-value of the test the limits invert; `n` is the number
        of events. A ratio of 0 has a finite upper limit. Not estimable where it is
        infinite, no event was seen at all, or an arm has no exposure.

    Raises
    ------
    DataError
        If a count is no whole number of at least 0, or an exposure is negative.
    ArgumentError
        If `method` is none of those above.

    Notes
    -----
    Given their total m, the events of the treatment arm are binomial with odds
    ``ratio * exposure_treatment / exposure_control`` [1]_. The score statistic at a
    ratio r is (x1/t1 - r x2/t2) / sqrt(r1/t1 + r² r2/t2) with the likeliest rates
    r2 = m / (r t1 + t2), r1 = r r2 under it, as in ``ratesci``. Where the ratio is
    infinite its lower limit exists: swap the arms and take the reciprocal of the upper.

    References
    ----------
    .. [1] Przyborowski, J. and Wilenski, H. (1940), Biometrika 31, 313-323.
    .. [2] Fay, M. P. (2010), Biostatistics 11, 373-374.

    Examples
    --------
    One event to three over the same time: at most one of four heads has p = 5/16.

    >>> effect = exact_rate_ratio(1, 10.0, 3, 10.0)
    >>> round(effect.value, 10), effect.p_value
    (0.3333333333, 0.625)
    """
    check_choice("method", method, get_args(RateRatioMethod))
    arms = (
        ("treatment", events_treatment, exposure_treatment),
        ("control", events_control, exposure_control),
    )
    for arm, events, exposure in arms:
        check_whole(f"events_{arm}", events)
        _check_exposure(f"exposure_{arm}", exposure)
    events_treatment, events_control = int(events_treatment), int(events_control)
    n, measure = events_treatment + events_control, "rate ratio"
    words = f"{method} interval, treatment over control"
    counts = (events_treatment, exposure_treatment, events_control, exposure_control)
    check_level(level)
    reason = _no_ratio(counts)
    if not reason and method != "score":
        reason = _too_many(n, method) or _too_far(exposure_treatment, exposure_control)
    if reason:
        return Estimate.missing(measure, reason, n=n, level=level, method=words)
    if method == "score":
        (lower, upper), p_value = _score_limits(counts, level), _score_p_value(counts)
    else:
        count = ConditionalCount.of_rates(*counts)
        lower, upper = conditional_limits(count, method, level)
        p_value = count.p_value(method)
    x1, t1, x2, t2 = counts
    return Estimate(
        measure=measure,
        value=(x1 / t1) / (x2 / t2),
        lower=lower,
        upper=upper,
        level=level,
        p_value=p_value,
        n=n,
        method=words,
        r_call=_ratio_call(counts, method, level),
    )


def _too_many(events: int, method: str) -> str | None:
    """Say whether an exact distribution is too long."""
    most = MOST_SEGMENTS if method == "minlike" else MOST_VALUES
    return too_many(int(events) + 1, most=most)


def _too_far(first: float, second: float) -> str | None:
    """Say whether two exposures are beyond comparison."""
    if 1e-15 < first / second < 1e15:
        return None
    return "one exposure is more than 10^15 times the other"


def _garwood_limits(events: int, exposure: float, level: float) -> tuple[float, float]:
    """Give the central limits, from gamma quantiles."""
    from scipy.special import gammaincinv  # special alone, without scipy.stats

    tail = (1 - level) / 2
    lower = float(gammaincinv(events, tail)) if events else 0.0
    return lower / exposure, float(gammaincinv(events + 1, 1 - tail)) / exposure


def _check_exposure(name: str, exposure: float) -> None:
    """Refuse an exposure that is no number of at least 0."""
    if not (is_number(exposure) and exposure >= 0):
        raise DataError(refusal(name, "be a finite number, at least 0", exposure))
    if exposure and not 1 / LARGEST <= exposure <= LARGEST:
        rule = f"be 0, or lie between {1 / LARGEST:g} and {LARGEST:g}"
        raise DataError(refusal(name, rule, exposure))


def _no_ratio(counts: tuple[int, float, int, float]) -> str | None:
    """Say why a rate ratio is no number."""
    x1, t1, x2, t2 = counts
    for arm, exposure in (("treatment", t1), ("control", t2)):
        if not exposure:
            return f"the {arm} arm has no exposure"
    if x2:
        return None
    return "it is infinite: no event in the control arm" if x1 else "no event was seen"


def _score_limits(
    counts: tuple[int, float, int, float], level: float
) -> tuple[float, float]:
    """
    Give the ratios the score test does not reject.

    The square of the statistic simplifies to (x1 t2 - r x2 t1)² / (r m t1 t2), so that
    the limits are the roots of a quadratic in r.
    """
    x1, t1, x2, t2 = counts
    z2 = normal_quantile(level) ** 2
    a, c = (x2 * t1) ** 2, (x1 * t2) ** 2
    half = t1 * t2 * (x1 * x2 + z2 * (x1 + x2) / 2)
    reach = math.sqrt(max(half * half - a * c, 0.0))
    return c / (half + reach), (half + reach) / a


def _score_p_value(counts: tuple[int, float, int, float]) -> float:
    """Give the p-value of the score test of equal rates."""
    x1, t1, x2, t2 = counts
    return normal_p_value((x1 * t2 - x2 * t1) / math.sqrt((x1 + x2) * t1 * t2))


def _r_options(method: str, level: float) -> str:
    """Write R's options for an exact Poisson method."""
    if method == "mid-p":
        return f'tsmethod = "central", midp = TRUE, conf.level = {level}'
    return f'tsmethod = "{method}", conf.level = {level}'


def _ratio_call(
    counts: tuple[int, float, int, float], method: str, level: float
) -> str:
    """Write R's call for a ratio of rates."""
    x1, t1, x2, t2 = counts
    if method == "score":
        cells = f"{x1}, {t1}, {x2}, {t2}"
        return f'ratesci::scoreci({cells}, "poi", "RR", skew = FALSE, level = {level})'
    cells = f"c({x1}, {x2}), c({t1}, {t2})"
    return f"exactci::poisson.exact({cells}, {_r_options(method, level)})"
