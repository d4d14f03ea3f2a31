"""
How far does each spell pull a Cox fit, and how sure are we when spells hang together?

Martingale, score and Schoenfeld residuals in the form that belongs to the treatment of
ties, and the sandwich made of them. The Efron form matters: several libraries use the
Breslow form under Efron ties, and their robust standard errors are too small.
"""

from __future__ import annotations

import numpy as np

from steps_analysis.estimates import FloatArray, IntArray
from steps_analysis.outcomes.hazards.cox_kernel import CoxProblem, hazard_steps


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
    spells = problem.arrangement
    steps = hazard_steps(problem, coefficients)
    expected = steps.relative_risk * spells.collected(spells.weight / steps.total)
    return problem.risk_sets.event - spells.spread(expected, len(problem.weights))


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
    spells = problem.arrangement
    steps = hazard_steps(problem, coefficients)
    x, events, jump = spells.design[1:], spells.events, spells.weight / steps.total
    residual = spells.collected(steps.mean * jump) - x * spells.collected(jump)
    residual *= steps.relative_risk
    mean = _mean_covariates(problem, steps.mean)
    residual[:, events] += x[:, events] - mean[:, spells.until[events] - 1]
    return spells.spread(residual, len(problem.weights)).T


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
    mean = _mean_covariates(problem, hazard_steps(problem, coefficients).mean)
    residual: FloatArray = problem.covariates[sets.event]
    return residual - mean.T[sets.last[sets.event] - 1]


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
    return by_cluster(weighted, cluster)


def by_cluster(values: FloatArray, cluster: IntArray) -> FloatArray:
    """
    Add up rows by cluster.

    Parameters
    ----------
    values
        One row per spell, shape (n, q).
    cluster
        Codes, shape (n,).

    Returns
    -------
    numpy.ndarray
        One row per cluster, shape (clusters, q).

    Examples
    --------
    >>> by_cluster(np.array([[1.0], [2.0], [4.0]]), np.array([0, 1, 0]))
    array([[5.],
           [2.]])
    """
    sums = [np.bincount(cluster, weights=column) for column in values.T]
    return np.column_stack(sums)


def _mean_covariates(problem: CoxProblem, mean: FloatArray) -> FloatArray:
    """Average the mean covariates of an event time's steps, shape (p, m)."""
    spells = problem.arrangement
    if not spells.is_tied:
        return mean
    average: FloatArray = spells.by_group(mean) / problem.risk_sets.n_tied
    return average
