"""Which rates make counts most likely if every place has a level of its own?"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from steps_analysis.estimates import FloatArray, IntArray
from steps_analysis.referrals.models.count_families import CountFamily
from steps_analysis.referrals.models.count_fit import CountFit, Counts

_NONE = 1e-4  # a standard deviation below this is taken for 0
_FAR = 40.0  # a predictor beyond this is on its way to infinity
_LARGEST_LOG_THETA = math.log(1e7)
_NEWTON_STEPS = 25


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SiteFit:
    """
    A model with normal levels of places at its maximum.

    Attributes
    ----------
    family
        The distribution, with its theta.
    coefficients
        Shape (p,).
    covariance
        Of the coefficients, from the observed information of all parameters.
    standard_deviation
        Of the levels of places; 0 where the likelihood is highest there.
    levels
        Most likely level of each place, shape (n_sites,).
    log_likelihood
        With all constants.

    Examples
    --------
    >>> SiteFit(family=CountFamily(name="poisson"), coefficients=np.zeros(1),
    ...     covariance=np.eye(1), standard_deviation=0.0, levels=np.zeros(2),
    ...     log_likelihood=-1.0).standard_deviation
    0.0
    """

    family: CountFamily
    coefficients: FloatArray
    covariance: FloatArray
    standard_deviation: float
    levels: FloatArray
    log_likelihood: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SiteIntegral:
    """
    The likelihood of places, their levels integrated out.

    Parameters are the coefficients, the standard deviation and, for the negative
    binomial, the logarithm of theta.

    Attributes
    ----------
    counts
        Counts and design.
    site
        Position of the place of each row, shape (n,).
    family
        Name of the distribution is what matters; theta is a parameter.
    points, weights
        Of Gauss-Hermite quadrature for the standard normal distribution.

    Examples
    --------
    Without spread the likelihood is that of the plain model.

    >>> one = np.ones(2)
    >>> counts = Counts(events=one, exposure=one, design=one[:, None])
    >>> integral = SiteIntegral.of(counts, np.array([0, 1]),
    ...                            CountFamily(name="poisson"), 3)
    >>> round(integral.log_likelihood(np.array([0.0, 0.0]))[0], 6)
    -2.0
    """

    counts: Counts
    site: IntArray
    family: CountFamily
    points: FloatArray
    weights: FloatArray

    @classmethod
    def of(
        cls, counts: Counts, site: IntArray, family: CountFamily, n_points: int
    ) -> SiteIntegral:
        """
        Choose the points.

        Parameters
        ----------
        counts
            Counts and design.
        site
            Position of the place of each row, shape (n,).
        family
            The distribution.
        n_points
            How many points; 1 is Laplace's approximation.

        Returns
        -------
        SiteIntegral
            Ready to be evaluated.
        """
        points, weights = np.polynomial.hermite_e.hermegauss(n_points)
        return cls(
            counts=counts,
            site=site,
            family=family,
            points=points,
            weights=weights / math.sqrt(2 * math.pi),
        )

    @property
    def n_coefficients(self) -> int:
        """How many coefficients there are."""
        return int(self.counts.design.shape[1])

    @property
    def has_theta(self) -> bool:
        """Whether theta is among the parameters."""
        return self.family.name == "negative_binomial"

    def family_at(self, parameters: FloatArray) -> CountFamily:
        """
        Give the distribution at some parameters.

        Parameters
        ----------
        parameters
            Coefficients, standard deviation, log theta.

        Returns
        -------
        CountFamily
            With its theta.
        """
        if not self.has_theta:
            return self.family
        return CountFamily(name=self.family.name, theta=math.exp(parameters[-1]))

    def by_site(self, values: FloatArray) -> FloatArray:
        """
        Sum rows over places.

        Parameters
        ----------
        values
            Shape (n,) or (n, q).

        Returns
        -------
        numpy.ndarray
            Shape (n_sites,) or (n_sites, q).
        """
        total = np.zeros((int(self.site.max()) + 1, *values.shape[1:]))
        np.add.at(total, self.site, values)
        return total

    def mode(self, parameters: FloatArray) -> tuple[FloatArray, FloatArray]:
        """
        Find each place's most likely standard level.

        Parameters
        ----------
        parameters
            Coefficients, standard deviation, log theta.

        Returns
        -------
        tuple of numpy.ndarray
            Levels in standard deviations, and the curvature there, shape (n_sites,).
        """
        y, e = self.counts.events, self.counts.exposure
        family, sd = self.family_at(parameters), float(parameters[self.n_coefficients])
        fixed = self.counts.design @ parameters[: self.n_coefficients]
        z = np.zeros(int(self.site.max()) + 1)
        for _ in range(200):
            at = fixed + sd * z[self.site]
            slope = sd * self.by_site(family.slope(y, e, at)) - z
            bend = 1 + sd**2 * self.by_site(family.bend(y, e, at))
            step = np.clip(slope / bend, -1, 1)
            z = z + step
            if float(np.abs(step).max()) < 1e-12:
                break
        return z, bend

    def log_likelihood(self, parameters: FloatArray) -> tuple[float, FloatArray]:
        """
        Give the log likelihood, and the gradient of the integral.

        Parameters
        ----------
        parameters
            Coefficients, standard deviation, log theta.

        Returns
        -------
        float
            The log likelihood.
        numpy.ndarray
            Its gradient as the quadrature gives it, which few points miss by a little.
        """
        p = self.n_coefficients
        family, sd = self.family_at(parameters), float(parameters[p])
        y, e = self.counts.events[:, None], self.counts.exposure[:, None]
        centre, bend = self.mode(parameters)
        z = centre[:, None] + self.points / np.sqrt(bend)[:, None]
        at = (self.counts.design @ parameters[:p])[:, None] + sd * z[self.site]
        rows = family.log_likelihood(y, e, at)
        logs = self.by_site(rows) - z**2 / 2 + self.points**2 / 2
        top = logs.max(axis=1, keepdims=True)
        mass = np.exp(logs - top) * self.weights
        total = mass.sum(axis=1)
        share = (mass / total[:, None])[self.site]  # of a point in its place's integral
        value = float(np.sum(np.log(total) + top[:, 0] - 0.5 * np.log(bend)))
        left = family.slope(y, e, at) * share
        by_beta = self.counts.design.T @ left.sum(axis=1)
        gradient = np.append(by_beta, np.sum(left * z[self.site]))
        if self.has_theta:
            by_theta = family.theta_slope(y, e, at) * share
            gradient = np.append(gradient, by_theta.sum())
        return value, gradient


def fit_sites(integral: SiteIntegral, plain: CountFit) -> SiteFit | None:
    """
    Maximise the likelihood of a model with levels of places.

    Parameters
    ----------
    integral
        The likelihood.
    plain
        The fit without levels, from which to begin, and to which the model falls back
        where places do not differ.

    Returns
    -------
    SiteFit or None
        The fit; None where the likelihood has no peak.

    Notes
    -----
    The points are centred on each place's mode and scaled by its curvature [1]_. What
    L-BFGS-B finds with the integral's gradient is moved to the peak of the quadrature's
    own likelihood by Newton's steps with central differences.

    References
    ----------
    .. [1] Pinheiro, J. C. and Bates, D. M. (1995), Journal of Computational and
       Graphical Statistics 4, 12-35.
    """
    from scipy.optimize import minimize

    def falling(parameters: FloatArray) -> tuple[float, FloatArray]:
        """Turn the likelihood over."""
        value, gradient = integral.log_likelihood(parameters)
        return -value, -gradient

    p = integral.n_coefficients
    start = np.append(plain.coefficients, 0.5)
    bounds: list[tuple[float | None, float | None]] = [(None, None)] * p + [(0.0, None)]
    if integral.has_theta:
        start = np.append(start, min(math.log(plain.family.theta), 3.0))
        bounds.append((-10.0, _LARGEST_LOG_THETA))
    found = minimize(
        falling,
        start,
        jac=True,
        method="L-BFGS-B",
        bounds=bounds,
        options={"ftol": 1e-14, "gtol": 1e-7, "maxiter": 500},
    )
    best = np.asarray(found.x, dtype=np.float64)
    if integral.has_theta and best[-1] > math.log(1e6):
        return fit_sites(_as_poisson(integral), plain)
    if np.abs(integral.counts.design @ best[:p]).max() > _FAR or best[p] > _FAR:
        return None
    if best[p] < _NONE:
        return _without_levels(integral, plain)
    return _peak(integral, best, plain)


def _as_poisson(integral: SiteIntegral) -> SiteIntegral:
    """Leave theta out: counts of one place vary no more than Poisson counts."""
    return SiteIntegral(
        counts=integral.counts,
        site=integral.site,
        family=CountFamily(name="poisson"),
        points=integral.points,
        weights=integral.weights,
    )


def _without_levels(integral: SiteIntegral, plain: CountFit) -> SiteFit:
    """Fall back to the plain model, its likelihood being the highest."""
    return SiteFit(
        family=plain.family,
        coefficients=plain.coefficients,
        covariance=plain.covariance,
        standard_deviation=0.0,
        levels=np.zeros(int(integral.site.max()) + 1),
        log_likelihood=plain.log_likelihood,
    )


def _peak(integral: SiteIntegral, near: FloatArray, plain: CountFit) -> SiteFit | None:
    """Move to the peak by Newton's steps, and take the covariance there."""
    scale = np.full(len(near), 1e-3)
    best, p = near, integral.n_coefficients
    for _ in range(_NEWTON_STEPS):
        gradient, curvature = _differences(integral, best, scale)
        if not np.all(np.linalg.eigvalsh(-curvature) > 0):
            return None
        step = np.linalg.solve(-curvature, gradient)
        if best[p] + step[p] < _NONE:
            return _without_levels(integral, plain)
        best = best + np.clip(step, -0.5, 0.5)
        scale = 0.002 / np.sqrt(np.diag(-curvature))
        if float(step @ -curvature @ step) < 1e-13:
            break
    value = integral.log_likelihood(best)[0]
    if value < plain.log_likelihood and not integral.has_theta:
        return _without_levels(integral, plain)
    inverse = np.asarray(np.linalg.inv(-curvature), dtype=np.float64)
    return SiteFit(
        family=integral.family_at(best),
        coefficients=best[:p],
        covariance=inverse[:p, :p],
        standard_deviation=float(best[p]),
        levels=float(best[p]) * integral.mode(best)[0],
        log_likelihood=value,
    )


def _differences(
    integral: SiteIntegral, at: FloatArray, scale: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Differentiate the log likelihood twice by central differences."""
    q = len(at)
    steps = np.diag(scale)

    def value(*moves: FloatArray) -> float:
        """Give the log likelihood some steps away."""
        return integral.log_likelihood(at + np.sum(moves, axis=0))[0]

    middle = integral.log_likelihood(at)[0]
    gradient, curvature = np.zeros(q), np.zeros((q, q))
    for i, step in enumerate(steps):
        ahead, behind = value(step), value(-step)
        gradient[i] = (ahead - behind) / (2 * scale[i])
        curvature[i, i] = (ahead - 2 * middle + behind) / scale[i] ** 2
        for j, other in enumerate(steps[:i]):
            same = value(step, other) + value(-step, -other)
            crossed = value(step, -other) + value(-step, other)
            mixed = (same - crossed) / (4 * scale[i] * scale[j])
            curvature[i, j] = curvature[j, i] = mixed
    return gradient, curvature
