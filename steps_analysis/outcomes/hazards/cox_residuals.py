"""
How far does each spell pull a Cox fit, and how sure are we when spells hang together?

Martingale, score and Schoenfeld residuals in the form that belongs to the treatment of
ties, and the sandwich made of them. The Efron form matters: several libraries use the
Breslow form under Efron ties, and their robust standard errors are too small.
"""

from __future__ import annotations

import numpy as np

from steps_analysis.estimates import FloatArray, IntArray
from steps_analysis.outcomes.hazards.cox_kernel import (
    CoxProblem,
    Hazard,
    exposures,
    hazard_steps,
)


def martingale_residuals(problem: CoxProblem, coefficients: FloatArray) -> FloatArray:
    """
    Give events seen less events expected, per spell.

    Parameters
    ----------
    problem
        The problem, with Efron or Breslow ties.
    coefficients
        Coefficients, shape (p,).

    Returns
    -------
    numpy.ndarray
        Residuals, shape (n,).
    """
    steps = hazard_steps(problem, coefficients)
    expected = steps.relative_risk * exposures(problem, steps)
    return problem.risk_sets.event - expected


def score_residuals(problem: CoxProblem, coefficients: FloatArray) -> FloatArray:
    """
    Give each spell's own part of the score, unweighted.

    Parameters
    ----------
    problem
        The problem, with Efron or Breslow ties.
    coefficients
        Coefficients, shape (p,).

    Returns
    -------
    numpy.ndarray
        Residuals, shape (n, p).
    """
    sets = problem.risk_sets
    steps = hazard_steps(problem, coefficients)
    x, n_groups = problem.covariates, sets.n_groups
    pull = steps.mean * (steps.weight / steps.total)[:, None]
    every = steps.by_group(pull, n_groups)
    gone = steps.by_group(pull * steps.fraction[:, None], n_groups)
    upto = np.vstack([np.zeros((1, x.shape[1])), np.cumsum(every, axis=0)])
    pulled = upto[sets.last] - upto[np.minimum(sets.first, sets.last)]
    at = sets.last[sets.event] - 1
    pulled[sets.event] -= gone[at]
    exposed = x * exposures(problem, steps)[:, None] - pulled
    residual: FloatArray = -steps.relative_risk[:, None] * exposed
    residual[sets.event] += x[sets.event] - mean_covariates(problem, steps)[at]
    return residual


def schoenfeld_residuals(problem: CoxProblem, coefficients: FloatArray) -> FloatArray:
    """
    Give each event's covariates less their mean over the risk set.

    Parameters
    ----------
    problem
        The problem, with Efron or Breslow ties.
    coefficients
        Coefficients, shape (p,).

    Returns
    -------
    numpy.ndarray
        Residuals, one row per event in the order of the spells.
    """
    sets = problem.risk_sets
    mean = mean_covariates(problem, hazard_steps(problem, coefficients))
    residual: FloatArray = problem.covariates[sets.event]
    return residual - mean[sets.last[sets.event] - 1]


def mean_covariates(problem: CoxProblem, steps: Hazard) -> FloatArray:
    """
    Average the mean covariates of an event time's steps.

    Parameters
    ----------
    problem
        The problem.
    steps
        Its steps.

    Returns
    -------
    numpy.ndarray
        Means, shape (m, p).
    """
    n_groups = problem.risk_sets.n_groups
    count = np.bincount(steps.group, minlength=n_groups)
    return steps.by_group(steps.mean, n_groups) / np.maximum(count, 1)[:, None]


def clustered_scores(
    problem: CoxProblem, coefficients: FloatArray, cluster: IntArray
) -> FloatArray:
    """
    Add up weighted score residuals by cluster.

    Parameters
    ----------
    problem
        The problem, with Efron or Breslow ties.
    coefficients
        Coefficients, shape (p,).
    cluster
        Codes, shape (n,).

    Returns
    -------
    numpy.ndarray
        One row per cluster, shape (clusters, p).
    """
    weighted = score_residuals(problem, coefficients) * problem.weights[:, None]
    sums = np.zeros((int(cluster.max()) + 1, weighted.shape[1]))
    np.add.at(sums, cluster, weighted)
    return sums
