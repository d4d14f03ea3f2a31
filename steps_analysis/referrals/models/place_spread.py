"""How much do the rates of places truly differ?"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np

from steps_analysis.estimates import FloatArray
from steps_analysis.referrals.models.count_fit import Counts, fit_negative_binomial

SpreadMethod = Literal["moments", "maximum_likelihood"]

_HUGE = 1e6  # a shape beyond this is no difference between places


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceSpread:
    """
    A gamma distribution of rates over places.

    Attributes
    ----------
    mean
        Mean rate, per person-year.
    variance
        Variance of the rates between places; 0 where they do not differ.

    Examples
    --------
    >>> spread = PlaceSpread(mean=0.5, variance=0.25)
    >>> spread.shape, spread.rate
    (1.0, 2.0)
    """

    mean: float
    variance: float

    @property
    def shape(self) -> float:
        """Shape of the gamma distribution; infinite where places do not differ."""
        return self.mean**2 / self.variance if self.variance > 0 else math.inf

    @property
    def rate(self) -> float:
        """Rate of the gamma distribution, in person-years; infinite likewise."""
        return self.mean / self.variance if self.variance > 0 else math.inf


def moment_spread(events: FloatArray, exposure: FloatArray) -> PlaceSpread:
    """
    Estimate mean and spread of rates by Marshall's moments.

    Parameters
    ----------
    events
        Counts, shape (n,), some above 0.
    exposure
        Person-years, shape (n,), above 0.

    Returns
    -------
    PlaceSpread
        With variance 0 where rates vary no more than Poisson counts make them.

    Notes
    -----
    With m all events over all exposure: ``sum(n (y/n - m)**2) / sum(n) - m / mean(n)``.

    References
    ----------
    .. [1] Marshall, R. J. (1991), Applied Statistics 40, 283-294.

    Examples
    --------
    Rates 1 and 3 in 1 person-year each: variance 1, less a mean of 2: none.

    >>> moment_spread(np.array([1.0, 3.0]), np.ones(2))
    PlaceSpread(mean=2.0, variance=0.0)
    """
    mean = float(events.sum() / exposure.sum())
    squares = float(np.sum(exposure * (events / exposure - mean) ** 2))
    variance = squares / float(exposure.sum()) - mean / float(exposure.mean())
    return PlaceSpread(mean=mean, variance=max(0.0, variance))


def likelihood_spread(events: FloatArray, exposure: FloatArray) -> PlaceSpread:
    """
    Estimate mean and spread of rates by maximum likelihood.

    Parameters
    ----------
    events
        Counts, shape (n,), some above 0.
    exposure
        Person-years, shape (n,), above 0.

    Returns
    -------
    PlaceSpread
        With variance 0 where the likelihood is highest there.

    Notes
    -----
    Counts are then negative binomial, and theta is the shape: the model of counts with
    an intercept alone.

    References
    ----------
    .. [1] Clayton, D. and Kaldor, J. (1987), Biometrics 43, 671-681.

    Examples
    --------
    >>> likelihood_spread(np.array([2.0, 2.0]), np.ones(2)).variance
    0.0
    """
    counts = Counts(events=events, exposure=exposure, design=np.ones((len(events), 1)))
    fit = fit_negative_binomial(counts)
    if fit is None or fit.family.theta > _HUGE:
        pooled = float(events.sum() / exposure.sum())
        return PlaceSpread(mean=pooled, variance=0.0)
    mean = math.exp(fit.coefficients[0])
    return PlaceSpread(mean=mean, variance=mean**2 / fit.family.theta)
