"""
How uncertain are coefficients when there are few clusters?

The sandwich takes residuals for errors, which is too small in small samples; the
corrections blow each cluster's residuals up by its leverage. Degrees of freedom follow
from what the working covariance says about the variance's own variance.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from steps_analysis.estimates import FloatArray
from steps_analysis.outcomes.scores.marginal_solution import (
    MarginalProblem,
    MarginalSolution,
)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Sandwich:
    """
    A sandwich covariance with its degrees of freedom.

    Attributes
    ----------
    covariance
        Shape (p, p).
    model_covariance
        Inverse of the information: right where the working covariance is, shape (p, p).
    degrees_of_freedom
        Satterthwaite's for each coefficient, shape (p,).
    reason
        None, or why there is no covariance.
    """

    covariance: FloatArray
    model_covariance: FloatArray
    degrees_of_freedom: FloatArray
    reason: str | None = None


def sandwich(
    problem: MarginalProblem, solution: MarginalSolution, correction: str
) -> Sandwich:
    """
    Give the sandwich covariance of a solution of estimating equations.

    Parameters
    ----------
    problem
        What the equations are made of.
    solution
        Their solution.
    correction
        ``"none"``, ``"clusters"``, ``"kauermann-carroll"`` or ``"mancl-derouen"``.

    Returns
    -------
    Sandwich
        The covariance, or why there is none.

    Notes
    -----
    With D the derivative of the mean, V the working covariance, M the inverse of
    sum D'V^-1 D and H = D M D'V^-1, all scaled by V^-1/2 so that H is symmetric: the
    meat is the sum over clusters of (D'V^-1 A r)(D'V^-1 A r)', A the identity,
    (I - H)^-1/2 or (I - H)^-1. Degrees of freedom of c'beta: (tr G)^2 / tr(G^2), G the
    covariance of the clusters' parts of the variance under V.
    """
    parts = _parts(problem, solution)
    information = np.sum([x.T @ x for x, _ in parts], axis=0)
    bread = np.asarray(np.linalg.inv(information), np.float64)
    p, m = len(bread), len(parts)
    scores, loadings, weights = np.zeros((m, p)), np.zeros((m, p, p)), np.zeros((m, p))
    for i, (x, residual) in enumerate(parts):
        adjusted = _adjusted(x, bread, correction)
        if adjusted is None:
            reason = "one cluster alone fixes a coefficient"
            return Sandwich(
                covariance=np.full((p, p), math.nan),
                model_covariance=bread * solution.scale,
                degrees_of_freedom=np.full(p, math.nan),
                reason=reason,
            )
        scores[i] = adjusted.T @ residual
        pull = adjusted @ bread  # one column for each coefficient
        weights[i] = np.sum(pull**2, axis=0)
        loadings[i] = x.T @ pull
    factor = m / (m - 1) if correction == "clusters" else 1.0
    half = scores @ bread
    return Sandwich(
        covariance=factor * half.T @ half,
        model_covariance=bread * solution.scale,
        degrees_of_freedom=np.array(
            [_satterthwaite(weights[:, j], loadings[:, :, j], bread) for j in range(p)]
        ),
    )


def _parts(
    problem: MarginalProblem, solution: MarginalSolution
) -> list[tuple[FloatArray, FloatArray]]:
    """Give each cluster's V^-1/2 D and V^-1/2 (y - mean), V without the scale."""
    mean = problem.mean(problem.design @ solution.coefficients)
    spread = problem.variance(mean)
    alpha = 0.0 if math.isnan(solution.alpha) else solution.alpha
    parts = []
    for rows in (own for alike in problem.rows for own in alike):
        root = np.sqrt(spread[rows])
        covariance = problem.working(rows, alpha) * np.outer(root, root)
        value, vector = np.linalg.eigh(covariance)
        inverse_root = (vector / np.sqrt(value)) @ vector.T
        derivative = problem.design[rows] * spread[rows, None]
        residual = problem.outcome[rows] - mean[rows]
        parts.append((inverse_root @ derivative, inverse_root @ residual))
    return parts


def _adjusted(x: FloatArray, bread: FloatArray, correction: str) -> FloatArray | None:
    """Give A' X of a cluster, X scaled; None where its leverage is 1 and may not be."""
    if correction in {"none", "clusters"}:
        return x
    value, vector = np.linalg.eigh(np.eye(len(x)) - x @ bread @ x.T)
    is_one = value < 1e-10
    if correction == "mancl-derouen":
        if is_one.any():
            return None
        power = 1 / value
    else:
        power = np.where(is_one, 0.0, 1 / np.sqrt(np.maximum(value, 1e-10)))
    adjusted: FloatArray = (vector * power) @ (vector.T @ x)
    return adjusted


def _satterthwaite(
    weights: FloatArray, loadings: FloatArray, bread: FloatArray
) -> float:
    """Match two moments of the variance of one coefficient to a chi-squared."""
    shared = loadings @ bread @ loadings.T
    covariance = np.diag(weights) - shared
    squares = float(np.sum(covariance**2))
    return float(np.trace(covariance)) ** 2 / squares if squares > 0 else math.nan
