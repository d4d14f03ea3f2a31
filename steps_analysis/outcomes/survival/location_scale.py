"""
Which log-location-scale model fits times seen exactly, after, before or between?

log T = x'beta + scale * error, with an error of extreme-value (Weibull), normal or
logistic shape. In the parameters beta / scale and 1 / scale the likelihood is concave
[1]_, so Newton's method with halved steps finds its maximum, or shows there is none.

.. [1] Burridge, J. (1981), JRSS B 43, 41-45.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from steps_analysis.estimates import BoolArray, FloatArray

_FAR = 600.0  # beyond this the exponential of an error overflows
_LEAST = 1e-100  # a share of probability that is not quite nothing


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """
    The distribution of the error.

    Attributes
    ----------
    log_survival
        Logarithm of the probability of lying above.
    log_density
        Logarithm of the density.
    slope, curvature
        First and second derivative of `log_density`.
    """

    log_survival: Callable[[FloatArray], FloatArray]
    log_density: Callable[[FloatArray], FloatArray]
    slope: Callable[[FloatArray], FloatArray]
    curvature: Callable[[FloatArray], FloatArray]


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoints:
    """
    Where the logarithm of each time lies.

    Attributes
    ----------
    log_left, log_right
        It lies above the one, and not above the other, shape (n,); -inf and inf where
        there is no bound; equal where it was seen exactly.
    design
        Covariates with an intercept, shape (n, p).
    has_scale
        False where the scale is fixed at 1 (exponential times).
    """

    log_left: FloatArray
    log_right: FloatArray
    design: FloatArray
    has_scale: bool

    @property
    def exact(self) -> BoolArray:
        """
        Say which times were seen exactly.

        Returns
        -------
        numpy.ndarray
            Shape (n,).
        """
        exact: BoolArray = self.log_left == self.log_right
        return exact

    def rows(self, log_time: FloatArray, design: FloatArray) -> FloatArray:
        """
        Give the rows that turn parameters into standardised errors at times.

        Parameters
        ----------
        log_time
            Shape (n,), finite.
        design
            Rows of the design that go with them, shape (n, p).

        Returns
        -------
        numpy.ndarray
            Shape (n, p), or (n, p + 1) with the scale.
        """
        columns = [-design] + ([log_time[:, None]] if self.has_scale else [])
        return np.hstack(columns)


@dataclass(frozen=True, slots=True, kw_only=True)
class Maximum:
    """
    A maximum of the likelihood.

    Attributes
    ----------
    parameters
        beta / scale, then 1 / scale unless it is fixed.
    covariance
        Of the parameters: inverse of the observed information.
    log_likelihood
        Of the times, densities included.
    """

    parameters: FloatArray
    covariance: FloatArray
    log_likelihood: float


def maximise(points: Endpoints, shape: Shape) -> Maximum | None:
    """
    Find the maximum of the likelihood.

    Parameters
    ----------
    points
        The times and the design, of full rank.
    shape
        The error.

    Returns
    -------
    Maximum or None
        None where the likelihood rises for ever: no event, an arm without any, or
        times without spread.

    Examples
    --------
    Exponential times 1 and 3: the rate is a half.

    >>> times = np.log([1.0, 3.0])
    >>> points = Endpoints(log_left=times, log_right=times, design=np.ones((2, 1)),
    ...                    has_scale=False)
    >>> float(np.exp(-maximise(points, SHAPES["weibull"]).parameters[0]).round(6))
    0.5
    """
    parameters = _start(points)
    value, gradient, hessian = log_likelihood(points, shape, parameters)
    for _ in range(80):
        if not (np.isfinite(value) and np.all(np.isfinite(hessian))):
            return None
        step = np.linalg.lstsq(-hessian, gradient, rcond=1e-14)[0]
        share = 1.0
        while True:
            moved = parameters + share * step
            found = log_likelihood(points, shape, moved)
            if found[0] >= value - 1e-10 * (1 + abs(value)) or share < 1e-8:
                break  # a step so short is no step: the rule below says none
            share /= 2
        parameters, (value, gradient, hessian) = moved, found
        if np.all(np.abs(share * step) <= 1e-9 * (1 + np.abs(parameters))):
            return _maximum(parameters, value, hessian) if share == 1 else None
    return None


def log_likelihood(
    points: Endpoints, shape: Shape, parameters: FloatArray
) -> tuple[float, FloatArray, FloatArray]:
    """
    Give the logarithm of the likelihood and its derivatives.

    Parameters
    ----------
    points
        The times and the design.
    shape
        The error.
    parameters
        The values of beta / scale, then 1 / scale unless it is fixed.

    Returns
    -------
    tuple
        The value (-inf where 1 / scale is not above 0, or no spread is left), gradient
        and Hessian.

    Examples
    --------
    >>> points = Endpoints(log_left=np.zeros(1), log_right=np.zeros(1),
    ...                    design=np.ones((1, 1)), has_scale=False)
    >>> log_likelihood(points, SHAPES["weibull"], np.zeros(1))[0]
    -1.0
    """
    p = len(parameters)
    inverse_scale = parameters[-1] if points.has_scale else 1.0
    if not 0 < inverse_scale < 1e8:
        return -np.inf, np.zeros(p), -np.eye(p)
    value, gradient, hessian = _seen(points, shape, parameters)
    open_ones = ~points.exact
    sides = []
    for bound in (points.log_left[open_ones], points.log_right[open_ones]):
        there = np.isfinite(bound)
        when = np.where(there, bound, 0.0)
        rows = points.rows(when, points.design[open_ones])
        z = rows @ parameters + (0.0 if points.has_scale else when)
        sides.append(Side(z=np.clip(z, -_FAR, _FAR), rows=rows, there=there))
    parts = between(shape, *sides)
    return value + parts[0], gradient + parts[1], hessian + parts[2]


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """
    One end of what is known of each time, on the scale of the standardised error.

    Attributes
    ----------
    z
        The error at that end, shape (n,); any number where there is no end.
    rows
        Its derivative in the parameters, shape (n, p).
    there
        Whether there is an end, shape (n,).
    """

    z: FloatArray
    rows: FloatArray
    there: BoolArray


def between(
    shape: Shape, low: Side, high: Side
) -> tuple[float, FloatArray, FloatArray]:
    """
    Sum the log-likelihood of times known to lie between two ends.

    Parameters
    ----------
    shape
        The error.
    low, high
        The ends.

    Returns
    -------
    tuple
        The value, gradient and Hessian in the parameters.

    Examples
    --------
    Above an error of 0, an extreme value has log survival -1.

    >>> side = Side(z=np.zeros(1), rows=np.ones((1, 1)), there=np.array([True]))
    >>> none = Side(z=np.zeros(1), rows=np.ones((1, 1)), there=np.array([False]))
    >>> between(SHAPES["weibull"], side, none)[0]
    -1.0
    """
    log_low = np.where(low.there, shape.log_survival(low.z), 0.0)
    log_high = np.where(high.there, shape.log_survival(high.z), -np.inf)
    gap = np.minimum(log_high - log_low, -_LEAST)
    log_mass = log_low + np.log(-np.expm1(gap))
    # derivatives of log(S(low) - S(high)) in the two errors
    a, b = (
        np.exp(np.where(end.there, shape.log_density(end.z) - log_mass, -np.inf))
        for end in (low, high)
    )
    a = -a
    aa, bb = a * shape.slope(low.z) - a**2, b * shape.slope(high.z) - b**2
    gradient = low.rows.T @ a + high.rows.T @ b
    cross = (low.rows * (-a * b)[:, None]).T @ high.rows
    hessian = (low.rows * aa[:, None]).T @ low.rows + cross + cross.T
    hessian = hessian + (high.rows * bb[:, None]).T @ high.rows
    return float(log_mass.sum()), gradient, hessian


def _seen(
    points: Endpoints, shape: Shape, parameters: FloatArray
) -> tuple[float, FloatArray, FloatArray]:
    """Sum over the times seen exactly."""
    exact = points.exact
    log_time = points.log_left[exact]
    rows = points.rows(log_time, points.design[exact])
    z = rows @ parameters + (0.0 if points.has_scale else log_time)
    z = np.clip(z, -_FAR, _FAR)
    value = float(np.sum(shape.log_density(z) - log_time))
    gradient = rows.T @ shape.slope(z)
    hessian = (rows * shape.curvature(z)[:, None]).T @ rows
    if points.has_scale:
        n, inverse_scale = len(log_time), parameters[-1]
        value += n * float(np.log(inverse_scale))
        gradient[-1] += n / inverse_scale
        hessian[-1, -1] -= n / inverse_scale**2
    return value, gradient, hessian


def _start(points: Endpoints) -> FloatArray:
    """Begin with the spread of the middles of what is known."""
    low, high = points.log_left, points.log_right
    middle = np.where(np.isfinite(low), low, high)
    both = np.isfinite(low) & np.isfinite(high)
    middle[both] = (low[both] + high[both]) / 2
    middle = middle[np.isfinite(middle)]
    centre = float(middle.mean()) if len(middle) else 0.0
    scale = max(float(middle.std()), 0.1) if points.has_scale and len(middle) else 1.0
    start = np.zeros(points.design.shape[1] + points.has_scale)
    start[0] = centre / scale
    if points.has_scale:
        start[-1] = 1 / scale
    return start


def _maximum(
    parameters: FloatArray, value: float, hessian: FloatArray
) -> Maximum | None:
    """Invert the information, if it can be."""
    spread = np.sqrt(np.maximum(-np.diag(hessian), 0.0))
    if not np.all(spread > 1e-8):
        return None
    scaled = -hessian / np.outer(spread, spread)
    if np.linalg.eigvalsh(scaled)[0] < 1e-10:
        return None
    covariance = np.linalg.inv(scaled) / np.outer(spread, spread)
    return Maximum(
        parameters=parameters, covariance=covariance, log_likelihood=float(value)
    )


def _normal_log_survival(z: FloatArray) -> FloatArray:
    """Give log(1 - Phi), far out too."""
    from scipy.special import log_ndtr  # special alone, without scipy.stats

    return np.asarray(log_ndtr(-z), dtype=np.float64)


def _logistic(z: FloatArray) -> FloatArray:
    """Give the logistic distribution function."""
    return 1 / (1 + np.exp(-z))


SHAPES = {
    "weibull": Shape(
        log_survival=lambda z: -np.exp(z),
        log_density=lambda z: z - np.exp(z),
        slope=lambda z: 1 - np.exp(z),
        curvature=lambda z: -np.exp(z),
    ),
    "log-normal": Shape(
        log_survival=_normal_log_survival,
        log_density=lambda z: -(z**2) / 2 - np.log(2 * np.pi) / 2,
        slope=lambda z: -z,
        curvature=lambda z: -np.ones(len(z)),
    ),
    "log-logistic": Shape(
        log_survival=lambda z: -np.logaddexp(0, z),
        log_density=lambda z: z - 2 * np.logaddexp(0, z),
        slope=lambda z: 1 - 2 * _logistic(z),
        curvature=lambda z: -2 * _logistic(z) * _logistic(-z),
    ),
}
SHAPES["exponential"] = SHAPES["weibull"]
