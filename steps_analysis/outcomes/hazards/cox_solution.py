"""
Which coefficients maximise the partial likelihood, if any do?

From a problem to a `CoxFit`: covariates that are not identified are left out, the
maximum is sought, and what belongs to the fit is collected.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from steps_analysis.estimates import FloatArray, IntArray
from steps_analysis.outcomes.hazards.cox_fit import CoxFit
from steps_analysis.outcomes.hazards.cox_kernel import (
    CoxProblem,
    Evaluation,
    Maximum,
    evaluate,
    maximise,
)
from steps_analysis.outcomes.hazards.cox_residuals import clustered_scores
from steps_analysis.outcomes.hazards.newton import identified


def solve(
    problem: CoxProblem,
    *,
    names: Sequence[str],
    centre: FloatArray,
    cluster: IntArray | None,
    strata: tuple[object, ...],
    method: str,
) -> CoxFit:
    """
    Maximise a partial likelihood and collect what belongs to the fit.

    Parameters
    ----------
    problem
        The problem, with all covariates.
    names
        Their names.
    centre
        Means taken off them.
    cluster
        Codes of clusters, shape (n,), or None.
    strata
        Labels of the strata, in the order of their codes.
    method
        Words for the model and its options.

    Returns
    -------
    CoxFit
        The fit, or the reason why there is none.
    """
    p = len(names)
    problem, kept, null = _identified(problem)
    found, reason = None, _empty_reason(problem)
    if null is not None:
        found = maximise(problem, start=null)
        reason = _failure(found, [names[j] for j in kept])
    coefficients, covariance = np.full(p, np.nan), np.full((p, p), np.nan)
    robust = None if cluster is None else covariance.copy()
    if found is not None and reason is None:
        inner = np.linalg.inv(found.evaluation.information)
        coefficients[kept] = found.coefficients
        covariance[np.ix_(kept, kept)] = inner
        if robust is not None and cluster is not None:
            pull = clustered_scores(problem, found.coefficients, cluster) @ inner
            robust[np.ix_(kept, kept)] = pull.T @ pull
    return CoxFit(
        names=tuple(names),
        coefficients=coefficients,
        covariance=covariance,
        robust_covariance=robust,
        maximum=None if found is None or reason else found.evaluation,
        null=null,
        n_iterations=0 if found is None else found.n_steps,
        dropped=tuple(name for j, name in enumerate(names) if j not in kept),
        method=method,
        not_estimable=reason,
        problem=problem,
        centre=centre[kept],
        cluster=cluster,
        strata=strata,
    )


def _identified(
    problem: CoxProblem,
) -> tuple[CoxProblem, list[int], Evaluation | None]:
    """Keep, from left to right, the covariates that vary within risk sets."""
    p = problem.covariates.shape[1]
    if not problem.risk_sets.n_groups:
        return replace(problem, covariates=problem.covariates[:, []]), [], None
    plain = problem if problem.penalty is None else replace(problem, penalty=None)
    null = evaluate(plain, np.zeros(p))
    kept = _independent(null.information, _size(problem))
    if len(kept) == p and problem.penalty is None:
        return problem, kept, null
    if len(kept) < p:
        problem = replace(problem, covariates=problem.covariates[:, kept])
    if not kept:
        return problem, kept, None
    return problem, kept, evaluate(problem, np.zeros(len(kept)))


def _size(problem: CoxProblem) -> FloatArray:
    """Give what each covariate's information would be without risk sets."""
    weights = problem.arrangement.weights[problem.arrangement.events].sum()
    x = problem.covariates
    size: FloatArray = weights / len(x) * np.einsum("ij,ij->j", x, x)
    return size


def _independent(information: FloatArray, size: FloatArray) -> list[int]:
    """Choose columns with something left after those before them."""
    try:
        left = np.diag(np.linalg.cholesky(information)) ** 2
    except np.linalg.LinAlgError:
        left = np.zeros(len(size))
    if np.all(left > 1e-10 * size):
        return list(range(len(size)))
    return identified(information, size)


def _empty_reason(problem: CoxProblem) -> str | None:
    """Say why there is nothing to fit."""
    if not problem.risk_sets.n_groups:
        return "there is no event"
    if not problem.covariates.shape[1]:
        return "no covariate varies among those at risk"
    return None


def _failure(found: Maximum, names: list[str]) -> str | None:
    """Say why there is no maximum."""
    if found.is_maximum:
        return None
    if not found.moving:
        return f"Newton's method had not converged after {found.n_steps} steps"
    grown = ", ".join(names[j] for j in found.moving)
    return f"the likelihood keeps rising with the coefficient of {grown} (separation)"
