"""
Which rates make these counts most likely?

Log-linear models of counts with an exposure: Poisson, and negative binomial, whose
rates vary between participants. Newton's steps by weighted least squares; the negative
binomial's theta is where its profile likelihood is flat.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from steps_analysis.estimates import FloatArray

_MAX_STEPS = 60
_CONVERGED = 1e-11
_POISSON_BEYOND = 1e7


@dataclass(frozen=True, slots=True, kw_only=True)
class CountModel:
    """
    A fitted log-linear model of counts.

    Attributes
    ----------
    design
        Shape (n, k).
    events
        The counts, shape (n,).
    coefficients
        Shape (k,).
    fitted
        Expected counts, shape (n,).
    theta
        Shape parameter of the gamma distribution of rates; infinite for Poisson.
    """

    design: FloatArray
    events: FloatArray
    coefficients: FloatArray
    fitted: FloatArray
    theta: float

    @property
    def covariance(self) -> FloatArray:
        """Inverse of the expected information with theta held fixed, shape (k, k)."""
        weight = self.fitted / (1 + self.fitted / self.theta)
        information = (self.design * weight[:, None]).T @ self.design
        return np.asarray(np.linalg.inv(information), dtype=np.float64)

    @property
    def leverage(self) -> FloatArray:
        """How far each participant draws its own fitted value, shape (n,)."""
        weight = self.fitted / (1 + self.fitted / self.theta)
        pull = np.einsum("ij,jk,ik->i", self.design, self.covariance, self.design)
        return np.asarray(weight * pull, dtype=np.float64)

    @property
    def dispersion(self) -> float:
        """Pearson's chi-squared over its degrees of freedom; NaN if there are none."""
        degrees = len(self.events) - self.design.shape[1]
        squares = (self.events - self.fitted) ** 2 / self.fitted
        return float(squares.sum()) / degrees if degrees > 0 else math.nan

    def sandwich(self, *, small_sample: bool) -> FloatArray:
        """
        Give the covariance that does not believe the model's variance.

        Parameters
        ----------
        small_sample
            True for HC3, which divides residuals by 1 - leverage; False for HC0.

        Returns
        -------
        numpy.ndarray
            Shape (k, k); Poisson models only.
        """
        residual = self.events - self.fitted
        if small_sample:
            residual = residual / (1 - self.leverage)
        own = (self.design * residual[:, None]) @ self.covariance
        covariance: FloatArray = own.T @ own
        return covariance

    @property
    def log_likelihood(self) -> float:
        """Its logarithm, with all constants."""
        from scipy.special import gammaln  # special alone, without scipy.stats

        y, mean, theta = self.events, self.fitted, self.theta
        if math.isinf(theta):
            return float(np.sum(y * np.log(mean) - mean - gammaln(y + 1)))
        rising = gammaln(y + theta) - gammaln(theta) - gammaln(y + 1)
        shared = y * np.log(mean / (mean + theta)) - theta * np.log1p(mean / theta)
        return float(np.sum(rising + shared))

    @property
    def theta_standard_error(self) -> float:
        """From the observed information of theta, coefficients held fixed."""
        from scipy.special import polygamma

        y, mean, theta = self.events, self.fitted, self.theta
        curvature = polygamma(1, theta) - polygamma(1, theta + y) - 1 / theta
        curvature += 2 / (mean + theta) - (y + theta) / (mean + theta) ** 2
        total = float(np.sum(curvature))
        return 1 / math.sqrt(total) if total > 0 else math.nan


def fit_counts(
    events: FloatArray,
    exposure: FloatArray,
    design: FloatArray,
    *,
    theta: float = math.inf,
    start: FloatArray | None = None,
) -> CountModel | None:
    """
    Fit rates to counts, theta being known.

    Parameters
    ----------
    events
        Counts, shape (n,).
    exposure
        Exposures, above 0, shape (n,).
    design
        Shape (n, k), its columns independent.
    theta
        Shape of the gamma distribution of rates; infinite for Poisson.
    start
        Expected counts to begin from, shape (n,); None for those observed.

    Returns
    -------
    CountModel or None
        The fit; None where the likelihood rises for ever.

    Examples
    --------
    >>> one = np.ones((2, 1))
    >>> fit = fit_counts(np.array([1.0, 3.0]), np.array([1.0, 1.0]), one)
    >>> float(np.exp(fit.coefficients[0]).round(6))
    2.0
    """
    offset = np.log(exposure)
    predictor = np.log((events + 0.5 if start is None else start) / exposure)
    for step in range(_MAX_STEPS):
        mean = np.exp(offset + predictor)
        weight = mean / (1 + mean / theta)
        information = (design * weight[:, None]).T @ design
        if not np.linalg.cond(information) < 1e14:
            return None
        working = predictor + (events - mean) / mean
        beta = np.linalg.solve(information, design.T @ (weight * working))
        moved = np.clip(design @ beta - predictor, -4, 4)
        predictor = predictor + moved
        if step and np.max(np.abs(moved)) < _CONVERGED:
            return CountModel(
                design=design,
                events=events,
                coefficients=beta,
                fitted=np.exp(offset + predictor),
                theta=theta,
            )
    return None


def fit_negative_binomial(
    events: FloatArray, exposure: FloatArray, design: FloatArray
) -> CountModel | None:
    """
    Fit rates to counts that vary more than Poisson counts.

    Parameters
    ----------
    events
        Counts, shape (n,).
    exposure
        Exposures, above 0, shape (n,).
    design
        Shape (n, k), its columns independent.

    Returns
    -------
    CountModel or None
        The fit, with infinite theta (Poisson) where counts do not vary more than
        Poisson counts; None where the likelihood rises for ever.

    Notes
    -----
    As ``MASS::glm.nb``. Theta is sought on the log scale, going out from its moment
    estimate until the slope of the profile likelihood has changed its sign.

    References
    ----------
    .. [1] Lawless, J. F. (1987), Canadian Journal of Statistics 15, 209-225.

    Examples
    --------
    Counts that do not vary at all are Poisson counts.

    >>> one = np.ones((2, 1))
    >>> fit = fit_negative_binomial(np.array([2.0, 2.0]), np.array([1.0, 1.0]), one)
    >>> fit.theta
    inf
    """
    from scipy.optimize import brentq

    poisson = fit_counts(events, exposure, design)
    if poisson is None:
        return None
    excess = float(np.sum((events - poisson.fitted) ** 2 - events))
    if excess <= 1e-9 * float(events.sum()):
        return poisson

    def fit_at(log_theta: float) -> CountModel | None:
        """Fit with theta fixed, beginning from the Poisson fit."""
        theta, begin = math.exp(log_theta), poisson.fitted
        return fit_counts(events, exposure, design, theta=theta, start=begin)

    def slope(log_theta: float) -> float:
        """Give the profile likelihood's derivative by log theta."""
        fit = fit_at(log_theta)
        return math.nan if fit is None else _slope(fit)

    moment = math.log(float(np.sum(poisson.fitted**2)) / excess)
    low, high = _bracket(slope, moment)
    if high > math.log(_POISSON_BEYOND):
        return poisson
    if math.isnan(slope(low)) or math.isnan(slope(high)):
        return None
    best = low if low == high else brentq(slope, low, high, xtol=1e-13, rtol=1e-14)
    return fit_at(best)


def _bracket(slope: Callable[[float], float], start: float) -> tuple[float, float]:
    """Go out from a start until the slope has changed its sign, or theta is huge."""
    low = high = start
    while slope(low) < 0:
        low -= 1
    while slope(high) > 0 and high <= math.log(_POISSON_BEYOND):
        high += 1
    return low, high


def _slope(fit: CountModel) -> float:
    """Differentiate the likelihood by log theta."""
    from scipy.special import digamma

    y, mean, theta = fit.events, fit.fitted, fit.theta
    rising = digamma(y + theta) - digamma(theta)
    shared = (mean - y) / (mean + theta) - np.log1p(mean / theta)
    return theta * float(np.sum(rising + shared))
