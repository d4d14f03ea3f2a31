"""
Which coefficients solve the estimating equations, and how do rows hang together?

Fisher scoring for the mean, moments for scale and correlation, turn by turn.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from steps_analysis.estimates import FloatArray, IntArray

_MAX_STEPS = 200
_CONVERGED = 1e-11
_IMPOSSIBLE = "the estimated correlation is impossible: independence needs none"
_FAR = 30.0  # log odds or log means further out than this are on their way to infinity


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class MarginalProblem:
    """
    What the estimating equations are made of.

    Attributes
    ----------
    design
        Intercept and covariates, of full rank, shape (n, p).
    outcome
        The outcome, shape (n,).
    rows
        The rows of the clusters, one array for all that have the same positions, each
        of shape (clusters, rows of one).
    position
        Place of each row within its cluster, for an autoregressive correlation,
        shape (n,).
    family
        ``"gaussian"``, ``"binomial"`` or ``"poisson"``, with its canonical link.
    correlation
        ``"independence"``, ``"exchangeable"`` or ``"ar1"``.
    """

    design: FloatArray
    outcome: FloatArray
    rows: Sequence[IntArray]
    position: FloatArray
    family: str
    correlation: str

    def mean(self, predictor: FloatArray) -> FloatArray:
        """
        Turn linear predictors into means.

        Parameters
        ----------
        predictor
            Shape (n,).

        Returns
        -------
        numpy.ndarray
            Shape (n,).
        """
        if self.family == "gaussian":
            return predictor
        if self.family == "poisson":
            means: FloatArray = np.exp(np.minimum(predictor, 2 * _FAR))
            return means
        risks: FloatArray = 0.5 * (1 + np.tanh(predictor / 2))
        return risks

    def variance(self, mean: FloatArray) -> FloatArray:
        """
        Give the variance function, which is the slope of the canonical link too.

        Parameters
        ----------
        mean
            Shape (n,).

        Returns
        -------
        numpy.ndarray
            Shape (n,), above 0.
        """
        if self.family == "gaussian":
            return np.ones_like(mean)
        spread = mean if self.family == "poisson" else mean * (1 - mean)
        return np.maximum(spread, 1e-300)

    def working(self, rows: IntArray, alpha: float) -> FloatArray:
        """
        Give the working correlation of one cluster.

        Parameters
        ----------
        rows
            Its rows, or those of any other with the same positions, shape (m,).
        alpha
            The correlation parameter.

        Returns
        -------
        numpy.ndarray
            Shape (m, m).
        """
        m = len(rows)
        if self.correlation == "independence":
            return np.eye(m)
        if self.correlation == "exchangeable":
            return (1 - alpha) * np.eye(m) + alpha
        place = self.position[rows]
        powers: FloatArray = alpha ** np.abs(place[:, None] - place)
        return powers


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class MarginalSolution:
    """
    The solution of the estimating equations.

    Attributes
    ----------
    coefficients
        Shape (p,).
    scale
        Mean squared Pearson residual of the independence fit.
    alpha
        The correlation parameter; NaN where there is none.
    reason
        None, or why there is no solution.
    """

    coefficients: FloatArray
    scale: float
    alpha: float
    reason: str | None = None


def solve_marginal(problem: MarginalProblem) -> MarginalSolution:
    """
    Solve the estimating equations.

    Parameters
    ----------
    problem
        What they are made of.

    Returns
    -------
    MarginalSolution
        The coefficients, scale and correlation, or why there are none.

    Notes
    -----
    Scale: the mean of the squared Pearson residuals of the independence fit, without
    correction for p. The correlation solves the moment equation of ``geepack``: with z
    the product of two Pearson residuals over the scale, the sum over pairs of
    (z - rho) drho/dalpha is 0, where rho is alpha or, d places apart, alpha^d.
    """
    alone = _iterate(replace(problem, correlation="independence"), _start(problem), 1.0)
    if alone.reason:
        return alone
    _, scale = _pearson(problem, alone.coefficients)
    size = float(np.mean(problem.outcome**2)) if problem.family == "gaussian" else 1.0
    if not scale > 1e-24 * size:
        p = problem.design.shape[1]
        return _none(p, "the outcome does not vary about its fit")
    return _iterate(problem, alone.coefficients, scale)


def _iterate(
    problem: MarginalProblem, beta: FloatArray, scale: float
) -> MarginalSolution:
    """Turn from correlation to coefficients and back until they settle."""
    p = len(beta)
    for _ in range(_MAX_STEPS):
        residual, _ = _pearson(problem, beta)
        alpha = _alpha(problem, residual, scale)
        step = _step(problem, beta, 0.0 if math.isnan(alpha) else alpha)
        if step is None:
            return _none(
                p,
                _IMPOSSIBLE,
            )
        beta = beta + step
        moved = problem.design @ step
        far = float(np.abs(problem.design @ beta).max())
        if problem.family != "gaussian" and far > _FAR:
            return _none(p, "a coefficient keeps growing (separation)")
        if float(np.abs(moved).max()) <= _CONVERGED * max(far, 1.0):
            return MarginalSolution(coefficients=beta, scale=scale, alpha=alpha)
    return _none(p, "the estimating equations did not settle")


def _start(problem: MarginalProblem) -> FloatArray:
    """Begin at the overall mean."""
    beta = np.zeros(problem.design.shape[1])
    mean = float(problem.outcome.mean())
    if problem.family == "binomial" and 0 < mean < 1:
        beta[0] = math.log(mean / (1 - mean))
    elif problem.family == "poisson" and mean > 0:
        beta[0] = math.log(mean)
    elif problem.family == "gaussian":
        beta[0] = mean
    return beta


def _pearson(problem: MarginalProblem, beta: FloatArray) -> tuple[FloatArray, float]:
    """Give the Pearson residuals and their mean square."""
    mean = problem.mean(problem.design @ beta)
    residual = (problem.outcome - mean) / np.sqrt(problem.variance(mean))
    return residual, float(np.mean(residual**2))


def _step(
    problem: MarginalProblem, beta: FloatArray, alpha: float
) -> FloatArray | None:
    """Give one step of Fisher scoring, or None under an impossible correlation."""
    mean = problem.mean(problem.design @ beta)
    root = np.sqrt(problem.variance(mean))
    p = len(beta)
    information, score = np.zeros((p, p)), np.zeros(p)
    scaled = problem.design * root[:, None]
    residual = (problem.outcome - mean) / root
    for rows in problem.rows:
        working = problem.working(rows[0], alpha)
        value, vector = np.linalg.eigh(working)
        if value[0] <= 1e-10:
            return None
        inverse = (vector / value) @ vector.T
        x = scaled[rows]  # clusters, rows of one, columns
        pulled = (inverse @ x).reshape(-1, p)
        information += pulled.T @ x.reshape(-1, p)
        score += pulled.T @ residual[rows].ravel()
    return np.asarray(np.linalg.lstsq(information, score, rcond=None)[0], np.float64)


def _alpha(problem: MarginalProblem, residual: FloatArray, scale: float) -> float:
    """Estimate the correlation from products of residuals."""
    if problem.correlation == "independence":
        return math.nan
    products, apart = [], []
    for rows in problem.rows:
        i, j = np.triu_indices(rows.shape[1], 1)
        first, second = rows[:, i].ravel(), rows[:, j].ravel()
        products.append(residual[first] * residual[second] / scale)
        apart.append(np.abs(problem.position[first] - problem.position[second]))
    z, d = np.concatenate(products), np.concatenate(apart)
    if not len(z):
        return math.nan
    if problem.correlation == "exchangeable":
        return float(z.mean())
    return _autoregression(z, d)


def _autoregression(z: FloatArray, d: FloatArray) -> float:
    """Solve the moment equation for alpha when rho is alpha to the power d."""
    from scipy.optimize import brentq  # heavy, and not needed to import this module

    lags, of = np.unique(d, return_inverse=True)
    total, number = np.bincount(of, z), np.bincount(of)

    def equation(alpha: float) -> float:
        """Sum (z - rho) drho/dalpha over the pairs."""
        slope = lags * alpha ** (lags - 1)
        return float(slope @ (total - number * alpha**lags))

    low, high = 1e-9, 1 - 1e-9  # a negative alpha has no power of half a place
    if equation(low) <= 0:
        return 0.0
    return (
        high if equation(high) >= 0 else float(brentq(equation, low, high, xtol=1e-14))
    )


def _none(p: int, reason: str) -> MarginalSolution:
    """Give no solution, and why."""
    return MarginalSolution(
        coefficients=np.full(p, math.nan), scale=math.nan, alpha=math.nan, reason=reason
    )
