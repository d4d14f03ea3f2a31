"""What do covariates do to a participant's own odds, visit after visit?"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from steps_analysis.errors import ArgumentError, refusal
from steps_analysis.estimates import FloatArray, IntArray
from steps_analysis.formulas import MissingPolicy
from steps_analysis.outcomes.columns import as_binary, as_groups
from steps_analysis.outcomes.doors import read_columns
from steps_analysis.outcomes.scores.marginal_solution import (
    MarginalProblem,
    solve_marginal,
)
from steps_analysis.outcomes.scores.model_fit import Design, ModelFit


def random_intercept_logistic(
    outcome: npt.ArrayLike | str,
    covariates: npt.ArrayLike | pd.DataFrame | None = None,
    cluster: npt.ArrayLike | str | None = None,
    *,
    n_points: int = 15,
    missing: MissingPolicy = "refuse",
    data: pd.DataFrame | None = None,
) -> ModelFit:
    """
    Fit a logistic model with a normal random intercept for each cluster.

    Parameters
    ----------
    outcome
        True or 1 where there was an event, shape (n,); or a formula
        ``"outcome ~ arm + age"`` with `data`.
    covariates
        Numeric or dummy columns, shape (n,) or (n, p), or a table of them, without
        intercept; None for the intercept alone.
    cluster
        Labels, shape (n,), of rows that hang together.
    n_points
        Points of the adaptive Gauss-Hermite quadrature, at least 1 (Laplace).
    missing
        ``"refuse"`` rows with missing values, or ``"drop"`` them and count them.
    data
        The table a formula speaks of; `cluster` may then be the name of a column.

    Returns
    -------
    ModelFit
        Log odds ratios *within* a cluster (further from 0 than marginal ones), normal
        limits; ``parameters["standard_deviation"]`` of the intercepts. Not estimable
        where no cluster has two rows, the outcome is the same for all, or the
        likelihood has no maximum, as under separation.

    Raises
    ------
    ArgumentError
        If `n_points` is below 1, or `cluster` is not given.
    DataError
        If the columns do not fit together, or hold missing or impossible values.

    Notes
    -----
    The points of each cluster are centred on the mode of its integrand and scaled by
    its curvature [1]_. Coefficients and standard deviation are found together, and the
    covariance is from the observed information of both. A standard deviation that
    tends to 0 is given as 0, with the covariance of the plain model. As
    ``lme4::glmer(..., nAGQ = n_points)``.

    References
    ----------
    .. [1] Pinheiro, J. C. and Bates, D. M. (1995), Journal of Computational and
       Graphical Statistics 4, 12-35.

    Examples
    --------
    Clusters no more alike than chance: the plain log odds of 4 in 8, which is 0.

    >>> fit = random_intercept_logistic([1, 0] * 4, None, [1, 1, 2, 2, 3, 3, 4, 4])
    >>> round(float(fit.coefficients[0]), 6), fit.parameters["standard_deviation"]
    (0.0, 0.0)
    """
    if (
        isinstance(n_points, bool)
        or not isinstance(n_points, int | np.integer)
        or not 1 <= n_points <= _MOST_POINTS
    ):
        rule = f"be a whole number, 1 or more, up to {_MOST_POINTS}"
        raise ArgumentError(refusal("n_points", rule, n_points))
    read = read_columns(
        {"outcome": outcome, "covariates": covariates, "cluster": cluster},
        right="covariates",
        data=data,
        missing=missing,
        responses=("outcome",),
    )
    if "cluster" not in read.columns:
        raise ArgumentError(refusal("cluster", "be given", None))
    y = as_binary("outcome", read.columns["outcome"]).astype(np.float64)
    code = as_groups(read.columns["cluster"], n=read.n).code
    design = Design.of(read, int(code.max()) + 1)
    method = "logistic model with a normal random intercept, adaptive quadrature, "
    method += f"{n_points} points{design.note}{read.note}"
    start, reason = _start(design.used, y, code)
    if reason is not None:
        return ModelFit.missing(design, reason, method)
    return _fit(_Integrand.of(design.used, y, code, n_points), start, design, method)


_MOST_POINTS = 100  # from some 200 on the outermost weights are no longer floats


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Integrand:
    """The likelihood of the clusters, given coefficients and standard deviation."""

    design: FloatArray
    outcome: FloatArray
    code: IntArray
    n_clusters: int
    points: FloatArray
    weights: FloatArray

    @classmethod
    def of(
        cls, design: FloatArray, outcome: FloatArray, code: IntArray, n_points: int
    ) -> _Integrand:
        """Choose the points."""
        points, weights = np.polynomial.hermite_e.hermegauss(n_points)
        return cls(
            design=design,
            outcome=outcome,
            code=code,
            n_clusters=int(code.max()) + 1,
            points=points,
            weights=weights / math.sqrt(2 * math.pi),
        )

    def by_cluster(self, values: FloatArray) -> FloatArray:
        """Sum rows over clusters, shape (n,) or (n, q)."""
        total = np.zeros((self.n_clusters, *values.shape[1:]))
        np.add.at(total, self.code, values)
        return total

    def mode(self, predictor: FloatArray, sd: float) -> tuple[FloatArray, FloatArray]:
        """Find each cluster's most likely standard intercept, and its curvature."""
        z = np.zeros(self.n_clusters)
        for _ in range(100):
            risk = _expit(predictor + sd * z[self.code])
            slope = sd * self.by_cluster(self.outcome - risk) - z
            bend = 1 + sd**2 * self.by_cluster(risk * (1 - risk))
            step = slope / bend
            z = z + np.clip(step, -1, 1)
            if float(np.abs(step).max()) < 1e-12:
                break
        return z, bend

    def log_likelihood(self, parameters: FloatArray) -> tuple[float, FloatArray]:
        """Give the log likelihood and its gradient by coefficients and deviation."""
        predictor, sd = self.design @ parameters[:-1], float(parameters[-1])
        centre, bend = self.mode(predictor, sd)
        z = centre[:, None] + self.points / np.sqrt(bend)[:, None]
        at = predictor[:, None] + sd * z[self.code]
        rows = self.outcome[:, None] * at - np.logaddexp(0, at)
        logs = self.by_cluster(rows) - z**2 / 2 + self.points**2 / 2
        top = logs.max(axis=1, keepdims=True)
        mass = np.exp(logs - top) * self.weights
        total = mass.sum(axis=1)
        share = mass / total[:, None]  # of each point in its cluster's integral
        value = float(np.sum(np.log(total) + top[:, 0] - 0.5 * np.log(bend)))
        left = (self.outcome[:, None] - _expit(at)) * share[self.code]
        by_beta = self.design.T @ left.sum(axis=1)
        by_sd = float(np.sum(left * z[self.code]))
        return value, np.append(by_beta, by_sd)


def _start(
    design: FloatArray, y: FloatArray, code: IntArray
) -> tuple[FloatArray, str | None]:
    """Give the plain model's coefficients, or why there can be no fit."""
    nothing = np.empty(0)
    if np.bincount(code).max() < 2:
        return nothing, "no cluster has two rows"
    if np.ptp(y) == 0:
        return nothing, "the outcome is the same for all"
    share = np.bincount(code, y) / np.bincount(code)
    if np.all((share == 0) | (share == 1)):
        return nothing, "no cluster has both outcomes: the likelihood keeps rising"
    problem = MarginalProblem(
        design=design,
        outcome=y,
        rows=[np.arange(len(y))[:, None]],
        position=np.zeros(len(y)),
        family="binomial",
        correlation="independence",
    )
    solution = solve_marginal(problem)
    return solution.coefficients, solution.reason


def _fit(
    integrand: _Integrand, start: FloatArray, design: Design, method: str
) -> ModelFit:
    """Maximise the likelihood and take the covariance from its curvature."""
    from scipy.optimize import minimize  # heavy, and not needed to import this module

    def falling(parameters: FloatArray) -> tuple[float, FloatArray]:
        """Turn the likelihood over."""
        value, gradient = integrand.log_likelihood(parameters)
        return -value, -gradient

    p = len(start)
    found = minimize(
        falling,
        np.append(start, 1.0),
        jac=True,
        method="L-BFGS-B",
        bounds=[(None, None)] * p + [(0.0, None)],
        options={"ftol": 1e-15, "gtol": 1e-8, "maxiter": 500},
    )
    best, is_zero = found.x, bool(found.x[-1] < _NONE)
    if not np.all(np.abs(integrand.design @ best[:-1]) < _FAR) or best[-1] > _FAR:
        reason = "the likelihood keeps rising (separation, or clusters all alike)"
        return ModelFit.missing(design, reason, method)
    if is_zero:
        best = np.append(start, 0.0)
    free = p if is_zero else p + 1
    information = -_curvature(integrand, best, free)
    if not np.all(np.linalg.eigvalsh(information) > 0):
        return ModelFit.missing(design, "the likelihood has no peak", method)
    if not is_zero:
        best, information = _polished(integrand, best, information)
    inverse = np.asarray(np.linalg.inv(information), np.float64)
    covariance = design.spread(inverse[:p, :p])
    return ModelFit(
        names=design.names,
        coefficients=design.spread(best[:-1]),
        covariance=covariance,
        model_covariance=covariance,
        degrees_of_freedom=design.spread(np.full(p, math.inf)),
        parameters={"standard_deviation": float(best[-1])},
        log_likelihood=integrand.log_likelihood(best)[0],
        n=len(integrand.outcome),
        n_clusters=integrand.n_clusters,
        method=method,
        r_call=f"lme4::glmer(outcome ~ {design.r_terms} + (1 | cluster), binomial, "
        f"nAGQ = {len(integrand.points)})",
    )


_NONE = 1e-4  # a standard deviation below this is taken for 0
_FAR = 40.0  # log odds beyond this are on their way to infinity


def _polished(
    integrand: _Integrand, best: FloatArray, information: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """
    Move to the peak of the quadrature's own likelihood, with its information there.

    The gradient above is that of the integral, which few points miss by a little.
    """
    for _ in range(_POLISHING):
        scale = 0.002 / np.sqrt(np.diag(information))
        gradient, curvature = _differences(integrand, best, scale)
        if not np.all(np.linalg.eigvalsh(-curvature) > 0):
            break
        information = -curvature
        step = np.linalg.solve(information, gradient)
        best = best + step
        if float(step @ information @ step) < 1e-12:
            break
    return best, information


_POLISHING = 6


def _differences(
    integrand: _Integrand, at: FloatArray, scale: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Differentiate the log likelihood twice by central differences."""
    q = len(at)
    steps = np.diag(scale)

    def value(*moves: FloatArray) -> float:
        """Give the log likelihood some steps away."""
        return integrand.log_likelihood(at + np.sum(moves, axis=0))[0]

    middle = integrand.log_likelihood(at)[0]
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


def _curvature(integrand: _Integrand, at: FloatArray, free: int) -> FloatArray:
    """Differentiate the gradient by central differences."""
    columns = []
    for j in range(free):
        step = np.zeros(len(at))
        step[j] = 1e-4 * max(1.0, abs(float(at[j])))
        ahead = integrand.log_likelihood(at + step)[1]
        behind = integrand.log_likelihood(at - step)[1]
        columns.append((ahead - behind)[:free] / (2 * step[j]))
    table = np.array(columns)
    half: FloatArray = 0.5 * (table + table.T)
    return half


def _expit(predictor: FloatArray) -> FloatArray:
    """Turn log odds into risks."""
    risk: FloatArray = 0.5 * (1 + np.tanh(predictor / 2))
    return risk
