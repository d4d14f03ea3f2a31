"""Which rates make these counts most likely, without effects of places?"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from steps_analysis.estimates import FloatArray
from steps_analysis.referrals.models.count_families import CountFamily

_STEPS = 80
_POISSON_BEYOND = 1e7  # a theta beyond this is no over-dispersion
_TRIED = np.linspace(-12.0, 12.0, 25)  # logarithms of theta looked at first
_ROUNDING = 1e-7, 1e-14  # of a log likelihood: at least, and per event


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Counts:
    """
    Counts and what is to explain them.

    Attributes
    ----------
    events
        Shape (n,).
    exposure
        What the counts are out of, shape (n,), above 0.
    design
        Shape (n, p), the intercept first.

    Examples
    --------
    >>> one = np.ones(2)
    >>> Counts(events=one, exposure=one, design=one[:, None]).n
    2
    """

    events: FloatArray
    exposure: FloatArray
    design: FloatArray

    @property
    def n(self) -> int:
        """How many counts there are."""
        return len(self.events)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CountFit:
    """
    A log-linear (or logistic) model of counts at its maximum.

    Attributes
    ----------
    family
        The distribution, with its theta.
    coefficients
        Shape (p,).
    predictor
        Log rate, or log odds, of each row, shape (n,).
    covariance
        Inverse of the expected information with theta held fixed, shape (p, p).
    log_likelihood
        With all constants.

    Examples
    --------
    >>> one = np.ones(2)
    >>> counts = Counts(events=np.array([1.0, 3.0]), exposure=one,
    ...                 design=one[:, None])
    >>> fit = fit_counts(counts, CountFamily(name="poisson"))
    >>> np.exp(fit.coefficients).round(6)
    array([2.])
    """

    family: CountFamily
    coefficients: FloatArray
    predictor: FloatArray
    covariance: FloatArray
    log_likelihood: float

    def expected(self, counts: Counts) -> FloatArray:
        """
        Give the expected count of each row.

        Parameters
        ----------
        counts
            The rows.

        Returns
        -------
        numpy.ndarray
            Shape (n,).
        """
        return self.family.mean(counts.exposure, self.predictor)


def fit_counts(
    counts: Counts, family: CountFamily, *, start: FloatArray | None = None
) -> CountFit | None:
    """
    Fit a model by Fisher's scoring, theta being known.

    Parameters
    ----------
    counts
        Counts and design.
    family
        The distribution.
    start
        Predictor to begin from, shape (n,); None for the common rate.

    Returns
    -------
    CountFit or None
        The fit; None where the likelihood rises for ever, as where a level of a
        covariate has no event.
    """
    y, e, x = counts.events, counts.exposure, counts.design
    predictor = np.full(counts.n, _common(counts, family)) if start is None else start
    for _ in range(_STEPS):
        weight = family.information(e, predictor)
        information = (x * weight[:, None]).T @ x
        if not np.linalg.cond(information) < 1e15:
            return None
        pull = x.T @ (family.slope(y, e, predictor) + weight * predictor)
        beta = np.asarray(np.linalg.solve(information, pull), dtype=np.float64)
        moved = np.clip(x @ beta - predictor, -3, 3)
        predictor = predictor + moved
        if np.max(np.abs(moved)) < 1e-11:
            return CountFit(
                family=family,
                coefficients=beta,
                predictor=predictor,
                covariance=np.asarray(np.linalg.inv(information), np.float64),
                log_likelihood=float(family.log_likelihood(y, e, predictor).sum()),
            )
    return None


def fit_negative_binomial(counts: Counts) -> CountFit | None:
    """
    Fit a negative binomial model, theta where its profile likelihood is highest.

    Parameters
    ----------
    counts
        Counts and design.

    Returns
    -------
    CountFit or None
        The fit, Poisson with infinite theta where counts vary no more than Poisson
        counts; None where the likelihood rises for ever.

    Notes
    -----
    As ``MASS::glm.nb``, solved further: its theta stops after a change of 1e-4. The
    profile likelihood can have two peaks, one of them at infinite theta: a grid of its
    logarithm is looked at before the highest peak is refined.

    References
    ----------
    .. [1] Lawless, J. F. (1987), Canadian Journal of Statistics 15, 209-225.

    Examples
    --------
    Counts that do not vary at all are Poisson counts.

    >>> one = np.ones(2)
    >>> fit_negative_binomial(
    ...     Counts(events=2 * one, exposure=one, design=one[:, None])).family.theta
    inf
    """
    from scipy.optimize import brentq

    poisson = fit_counts(counts, CountFamily(name="poisson"))
    if poisson is None:
        return None

    def fit_at(log_theta: float) -> CountFit | None:
        """Fit with theta fixed, beginning from the Poisson fit."""
        family = CountFamily(name="negative_binomial", theta=math.exp(log_theta))
        return fit_counts(counts, family, start=poisson.predictor)

    def slope(log_theta: float) -> float:
        """Differentiate the profile likelihood by log theta."""
        fit = fit_at(log_theta)
        if fit is None:
            return math.nan
        by_row = fit.family.theta_slope(counts.events, counts.exposure, fit.predictor)
        return float(by_row.sum())

    start = _start(counts, poisson, fit_at)
    if start is None:
        return poisson
    low, high = _bracket(slope, start)
    if high > math.log(_POISSON_BEYOND):
        return poisson
    if not slope(low) >= 0 >= slope(high):
        return None
    best = low if low == high else brentq(slope, low, high, xtol=1e-13, rtol=1e-14)
    return fit_at(float(best))


def theta_error(counts: Counts, fit: CountFit) -> float:
    """
    Give the standard error of theta, coefficients held fixed.

    Parameters
    ----------
    counts
        Counts and design.
    fit
        A negative binomial fit.

    Returns
    -------
    float
        From the observed information; NaN for a Poisson fit.

    Examples
    --------
    >>> one = np.ones(2)
    >>> counts = Counts(events=2 * one, exposure=one, design=one[:, None])
    >>> theta_error(counts, fit_negative_binomial(counts))
    nan
    """
    theta = fit.family.theta
    if math.isinf(theta):
        return math.nan
    step = 1e-4
    ends = []
    for sign in (-1, 1):
        near = replace(fit.family, theta=theta * math.exp(sign * step))
        by_row = near.theta_slope(counts.events, counts.exposure, fit.predictor)
        ends.append(float(by_row.sum()) / near.theta)
    curvature = (ends[0] - ends[1]) / (theta * 2 * math.sinh(step))
    return 1 / math.sqrt(curvature) if curvature > 0 else math.nan


def _start(
    counts: Counts, poisson: CountFit, fit_at: Callable[[float], CountFit | None]
) -> float | None:
    """Give a log theta near the highest peak, or None where that is the Poisson fit."""
    fits = [fit_at(float(each)) for each in _TRIED]
    heights = [-math.inf if fit is None else fit.log_likelihood for fit in fits]
    best = int(np.argmax(heights))
    total, expected = float(counts.events.sum()), poisson.expected(counts)
    rounding = _ROUNDING[0] + _ROUNDING[1] * total
    if heights[best] > poisson.log_likelihood + rounding:
        return float(_TRIED[best])
    excess = float(np.sum((counts.events - expected) ** 2 - counts.events))
    if excess <= 1e-9 * total:
        return None
    return math.log(float(np.sum(expected**2)) / excess)


def _bracket(slope: Callable[[float], float], start: float) -> tuple[float, float]:
    """Go out from a start until the slope has changed its sign, or theta is huge."""
    low = high = start
    while slope(low) < 0:
        low -= 1
    while slope(high) > 0 and high <= math.log(_POISSON_BEYOND):
        high += 1
    return low, high


def _common(counts: Counts, family: CountFamily) -> float:
    """Give the predictor of all events over all exposure."""
    rate = (counts.events.sum() + 0.5) / (counts.exposure.sum() + 1.0)
    if family.name == "binomial":
        return math.log(rate / (1 - rate))
    return math.log(counts.events.sum() / counts.exposure.sum())
