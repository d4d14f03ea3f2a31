"""By how much did the changed boroughs grow, and between which limits?"""

from __future__ import annotations

import math

from steps_analysis.estimates import Estimate
from steps_analysis.referrals.models.series_scale import (
    Scale,
    SeriesVariance,
    series_scale,
)
from steps_analysis.referrals.models.series_table import Series
from steps_analysis.referrals.models.two_way import fit_effect

MEASURE = "rate ratio after against before, relative to unchanged boroughs"


def series_effect(
    series: Series,
    *,
    variance: SeriesVariance = "placebo",
    method: str = "",
    level: float = 0.95,
) -> tuple[Estimate, Scale | None]:
    """
    Estimate the common rate ratio of the boroughs that changed.

    Parameters
    ----------
    series
        Counts and starts of a design that supports the claim.
    variance
        Where the scale of the interval comes from; see `interrupted_series`.
    method
        Words for the model.
    level
        Confidence level, in (0, 1).

    Returns
    -------
    Estimate
        Rate ratio with limits on the logarithmic scale; `n` is the number of referrals
        in the boroughs that changed. Not estimable where the likelihood rises for ever,
        or no scale is found.
    Scale or None
        The scale of its limits.
    """
    n = int(series.panel.events[series.changed].sum())
    fit = fit_effect(series.panel, series.part)
    if fit is None:
        reason = "the likelihood has no peak"
        missing = Estimate.missing(MEASURE, reason, n=n, level=level, method=method)
        return missing, None
    scale = series_scale(series, fit, variance)
    if not scale.dispersion > 0:
        reason = "the scatter of the boroughs is not known"
        missing = Estimate.missing(MEASURE, reason, n=n, level=level, method=method)
        return missing, None
    error = math.sqrt(scale.dispersion / fit.information)
    lower, upper, p_value = _t_limits(fit.log_ratio, error, scale, level)
    effect = Estimate(
        measure=MEASURE,
        value=math.exp(fit.log_ratio),
        lower=lower,
        upper=upper,
        level=level,
        standard_error=error,
        p_value=p_value,
        n=n,
        method=f"{method}; {scale.method}",
    )
    return effect, scale


def _t_limits(
    log_ratio: float, error: float, scale: Scale, level: float
) -> tuple[float, float, float]:
    """Give limits of the ratio and the p-value, from the t distribution."""
    from scipy import special

    degrees = scale.degrees_of_freedom
    reach = float(special.stdtrit(degrees, (1 + level) / 2)) * error
    tail = float(special.stdtr(degrees, -abs(log_ratio) / error))
    ends = [math.exp(min(log_ratio + end, 700.0)) for end in (-reach, reach)]
    return ends[0], ends[1], 2 * tail
