"""How many will have been recruited, how likely is the target, and when is it met?"""

from __future__ import annotations

import math

import numpy as np
import pandas as pd

from steps_analysis.estimates import Estimate, FloatArray
from steps_analysis.referrals.recruitment.future_counts import (
    count_quantiles,
    probability_of,
    waiting_quantiles,
)
from steps_analysis.referrals.recruitment.plausible_rates import PlausibleRates
from steps_analysis.referrals.recruitment.site_plan import SitePlan

RECRUITED = "recruited by then"
REACHES = "probability of reaching the target by then"
MONTHS = "months to the target"
NO_TARGET = "no target was given"
NEVER = "the target is more likely never reached than reached"


def recruited_by_then(
    rates: PlausibleRates, plan: SitePlan, so_far: int, *, method: str, level: float
) -> Estimate:
    """
    Forecast the number recruited.

    Parameters
    ----------
    rates
        What rates the sites could have.
    plan
        When they recruit, and by when the number is wanted.
    so_far
        How many have been recruited.
    method
        What the method is called.
    level
        Level of the interval.

    Returns
    -------
    Estimate
        Median and prediction interval.
    """
    more = count_quantiles(rates, plan.ahead(plan.by), _shares(level))
    lower, value, upper = so_far + more
    return Estimate(
        measure=RECRUITED,
        value=value,
        lower=lower,
        upper=upper,
        level=level,
        n=so_far,
        method=f"{method}; median, prediction interval",
    )


def target_by_then(
    rates: PlausibleRates, plan: SitePlan, so_far: int, *, method: str, level: float
) -> Estimate:
    """
    Forecast whether the target is reached.

    Parameters
    ----------
    rates, plan, so_far, method, level
        As for `recruited_by_then`.

    Returns
    -------
    Estimate
        The probability, without limits: the uncertainty of the rates is in it. Not
        estimable without a target.
    """
    if plan.target is None:
        return Estimate.missing(REACHES, NO_TARGET, n=so_far, level=level)
    return Estimate(
        measure=REACHES,
        value=probability_of(rates, plan.ahead(plan.by), plan.target - so_far),
        lower=math.nan,
        upper=math.nan,
        level=level,
        n=so_far,
        method=method,
    )


def months_to_target(
    rates: PlausibleRates, plan: SitePlan, so_far: int, *, method: str, level: float
) -> Estimate:
    """
    Forecast when the target is reached.

    Parameters
    ----------
    rates, plan, so_far, method, level
        As for `recruited_by_then`.

    Returns
    -------
    Estimate
        Median and prediction interval in months; an end that lies beyond every closing
        date is NaN. Not estimable without a target, or where the median is such an end.
    """

    def missing(reason: str) -> Estimate:
        return Estimate.missing(MONTHS, reason, n=so_far, level=level, unit="months")

    if plan.target is None:
        return missing(NO_TARGET)
    wanted = plan.target - so_far
    lower, value, upper = waiting_quantiles(rates, plan.ahead, wanted, _shares(level))
    if math.isnan(value):
        return missing(NEVER)
    return Estimate(
        measure=MONTHS,
        value=value,
        lower=lower,
        upper=upper,
        level=level,
        unit="months",
        n=so_far,
        method=f"{method}; median, prediction interval",
    )


def recruitment_path(
    rates: PlausibleRates, plan: SitePlan, so_far: int, *, level: float
) -> pd.DataFrame:
    """
    Forecast the number recruited month by month.

    Parameters
    ----------
    rates, plan, so_far, level
        As for `recruited_by_then`.

    Returns
    -------
    pandas.DataFrame
        ``months`` (every whole one, and the last), ``median``, ``lower``, ``upper``.
    """
    months = np.unique([*range(math.floor(plan.by) + 1), plan.by])
    shares = _shares(level)
    rows = [so_far + count_quantiles(rates, plan.ahead(at), shares) for at in months]
    lower, median, upper = np.array(rows).T
    columns = {"months": months, "median": median, "lower": lower, "upper": upper}
    return pd.DataFrame(columns)


def _shares(level: float) -> FloatArray:
    """Give the probabilities of lower limit, median and upper limit."""
    return np.array([(1 - level) / 2, 0.5, (1 + level) / 2])
