"""How far would the effect stray if nothing had changed?"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np

from steps_analysis.estimates import FloatArray
from steps_analysis.referrals.models.placebo import placebo_dispersion, placebo_scores
from steps_analysis.referrals.models.series_table import Series
from steps_analysis.referrals.models.two_way import EffectFit

SeriesVariance = Literal["placebo", "quasi_poisson", "newey_west"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """
    What multiplies the Poisson variance of an effect.

    Attributes
    ----------
    dispersion
        The multiplier.
    degrees_of_freedom
        On which it is known; infinite for a normal interval.
    method
        Where it comes from.

    Examples
    --------
    >>> Scale(dispersion=1.0, degrees_of_freedom=12, method="by hand").dispersion
    1.0
    """

    dispersion: float
    degrees_of_freedom: float
    method: str


def series_scale(series: Series, fit: EffectFit, variance: SeriesVariance) -> Scale:
    """
    Find the scale of an effect's variance.

    Parameters
    ----------
    series
        The counts and starts.
    fit
        The effect.
    variance
        ``"placebo"``, from the scores of unchanged boroughs at the same starts;
        ``"quasi_poisson"``, Pearson's chi-squared over its degrees of freedom, at least
        1; ``"newey_west"``, products of scores of one borough up to a lag of
        ``floor(4 (n_months / 100) ** (2 / 9))`` months, Bartlett weights.

    Returns
    -------
    Scale
        With its degrees of freedom.

    References
    ----------
    .. [1] Newey, W. K. and West, K. D. (1987), Econometrica 55, 703-708.
    """
    if variance == "placebo":
        scores = placebo_scores(series.panel.of(series.controls), series.parts)
        return Scale(
            dispersion=placebo_dispersion(scores),
            degrees_of_freedom=len(series.controls) - 1,
            method="t limits scaled by the unchanged boroughs",
        )
    residual = series.panel.events - fit.fitted
    if variance == "quasi_poisson":
        return _quasi_poisson(fit, residual)
    gradient = (fit.leftover * residual).sum(axis=1)
    lags = int(4 * (len(series.months) / 100) ** (2 / 9))
    total = float(np.sum(gradient**2))
    for lag in range(1, lags + 1):
        product = float(np.sum(gradient[:, lag:] * gradient[:, :-lag]))
        total += 2 * (1 - lag / (lags + 1)) * product
    return Scale(
        dispersion=total / fit.information,
        degrees_of_freedom=math.inf,
        method=f"Newey-West limits, lags up to {lags}",
    )


def _quasi_poisson(fit: EffectFit, residual: FloatArray) -> Scale:
    """Compare squared residuals with what Poisson counts would have."""
    seen = fit.fitted > 0
    rows, columns = np.sum(seen.any(axis=2)), np.sum(seen.any(axis=0))
    degrees = int(seen.sum() - rows - columns + seen.shape[1] - 1)
    squares = float(np.sum(residual[seen] ** 2 / fit.fitted[seen]))
    return Scale(
        dispersion=max(1.0, squares / degrees) if degrees > 0 else math.nan,
        degrees_of_freedom=max(degrees, 1),
        method="quasi-Poisson t limits",
    )
