"""How much do the rates of places truly differ?"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np

from steps_analysis.estimates import FloatArray

SpreadMethod = Literal["moments", "maximum_likelihood"]

_STEPS = 200
_HUGE = 1e6  # a shape beyond this is no difference between places
_GRID = np.linspace(-12.0, 16.0, 29)  # logarithms of shapes tried first


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
    Counts are then negative binomial; the mean is profiled out, and the shape sought on
    a grid of its logarithm before it is refined, for the profile may have two peaks.

    References
    ----------
    .. [1] Clayton, D. and Kaldor, J. (1987), Biometrics 43, 671-681.

    Examples
    --------
    >>> likelihood_spread(np.array([2.0, 2.0]), np.ones(2)).variance
    0.0
    """
    from scipy.optimize import minimize_scalar

    def profile(log_shape: float) -> float:
        """Give the likelihood with the best mean for a shape, turned over."""
        shape = math.exp(log_shape)
        mean = _mean_given(shape, events, exposure)
        return -gamma_likelihood(shape, mean, events, exposure)

    heights = [profile(each) for each in _GRID]
    best = int(np.argmin(heights))
    ends = float(_GRID[max(best - 1, 0)]), float(_GRID[min(best + 1, len(_GRID) - 1)])
    found = minimize_scalar(
        profile, bounds=ends, method="bounded", options={"xatol": 1e-9}
    )
    shape = math.exp(_refined(float(found.x), events, exposure))
    pooled = float(events.sum() / exposure.sum())
    flat = poisson_likelihood(pooled, events, exposure)
    if shape > _HUGE or -float(found.fun) <= flat + 1e-10 * abs(flat):
        return PlaceSpread(mean=pooled, variance=0.0)
    mean = _mean_given(shape, events, exposure)
    return PlaceSpread(mean=mean, variance=mean**2 / shape)


def gamma_likelihood(
    shape: float, mean: float, events: FloatArray, exposure: FloatArray
) -> float:
    """
    Give the log likelihood of counts whose rates are gamma distributed.

    Parameters
    ----------
    shape
        Shape of the gamma distribution.
    mean
        Its mean, per person-year.
    events
        Counts, shape (n,).
    exposure
        Person-years, shape (n,).

    Returns
    -------
    float
        With all constants.

    Examples
    --------
    No event in 1 person-year, shape 1, mean 1: a chance of 1/2.

    >>> float(np.exp(gamma_likelihood(1.0, 1.0, np.zeros(1), np.ones(1))).round(6))
    0.5
    """
    from scipy.special import gammaln, xlogy

    expected = mean * exposure
    rising = gammaln(events + shape) - gammaln(shape) - gammaln(events + 1)
    shared = xlogy(events, expected / (expected + shape))
    return float(np.sum(rising + shared - shape * np.log1p(expected / shape)))


def poisson_likelihood(mean: float, events: FloatArray, exposure: FloatArray) -> float:
    """
    Give the log likelihood of counts whose rates are all the same.

    Parameters
    ----------
    mean
        The rate, per person-year.
    events
        Counts, shape (n,).
    exposure
        Person-years, shape (n,).

    Returns
    -------
    float
        With all constants.

    Examples
    --------
    >>> poisson_likelihood(2.0, np.zeros(1), np.ones(1))
    -2.0
    """
    from scipy.special import gammaln, xlogy

    expected = mean * exposure
    return float(np.sum(xlogy(events, expected) - expected - gammaln(events + 1)))


def _mean_given(shape: float, events: FloatArray, exposure: FloatArray) -> float:
    """Find the most likely mean for a shape, by Newton's steps on its logarithm."""
    log_mean = math.log(float(events.sum() / exposure.sum()))
    for _ in range(_STEPS):
        expected = math.exp(log_mean) * exposure
        share = shape / (shape + expected)
        slope = float(np.sum((events - expected) * share))
        bend = float(np.sum(share * expected * (shape + events) / (shape + expected)))
        step = slope / bend
        log_mean += min(max(step, -1.0), 1.0)
        if abs(step) < 1e-12:
            break
    return math.exp(log_mean)


def _refined(log_shape: float, events: FloatArray, exposure: FloatArray) -> float:
    """Find where the profile likelihood is flat, close to a shape."""
    from scipy.optimize import brentq
    from scipy.special import digamma

    def slope(log_shape: float) -> float:
        """Differentiate the profile likelihood by the shape."""
        shape = math.exp(log_shape)
        expected = _mean_given(shape, events, exposure) * exposure
        rising = digamma(events + shape) - digamma(shape)
        shared = (expected - events) / (expected + shape) - np.log1p(expected / shape)
        return float(np.sum(rising + shared))

    low, high = log_shape - 0.01, log_shape + 0.01
    if not slope(low) > 0 > slope(high):
        return log_shape
    return float(brentq(slope, low, high, xtol=1e-13, rtol=1e-14))
