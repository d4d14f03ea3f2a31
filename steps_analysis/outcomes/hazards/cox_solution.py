"""
Which coefficients maximise the partial likelihood, if any do?

From a problem to a `CoxFit`: covariates that are not identified are left out, the
maximum is sought, and what belongs to the fit is collected.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from steps_analysis.estimates import FloatArray, IntArray, TestResult
from steps_analysis.outcomes.distributions import chi_squared_test
from steps_analysis.outcomes.hazards.cox_fit import CoxFit
from steps_analysis.outcomes.hazards.cox_kernel import (
    CoxProblem,
    Evaluation,
    Maximum,
    evaluate,
    maximise,
)
from steps_analysis.outcomes.hazards.cox_residuals import clustered_scores


def solve(
    problem: CoxProblem,
    *,
    names: Sequence[str],
    centre: FloatArray,
    cluster: IntArray | None,
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
    method
        Words for the model and its options.

    Returns
    -------
    CoxFit
        The fit, or the reason why there is none.
    """
    sets, n, p = problem.risk_sets, len(problem.weights), len(names)
    null = evaluate(problem, np.zeros(p)) if sets.n_groups else None
    kept = [] if null is None else _identified(problem, null.information)
    reduced = replace(problem, covariates=problem.covariates[:, kept])
    nothing = TestResult.missing("there is no fit", n=n, method=method)
    shell = CoxFit(
        names=tuple(names),
        coefficients=np.full(p, np.nan),
        standard_error=np.full(p, np.nan),
        robust_standard_error=None if cluster is None else np.full(p, np.nan),
        covariance=np.full((p, p), np.nan),
        robust_covariance=None if cluster is None else np.full((p, p), np.nan),
        log_likelihood=math.nan,
        null_log_likelihood=math.nan,
        score_test=nothing,
        robust_score_test=nothing,
        likelihood_ratio_test=nothing,
        n=n,
        n_events=int(sets.event.sum()),
        n_iterations=0,
        dropped=tuple(name for j, name in enumerate(names) if j not in kept),
        method=method,
        not_estimable=None if kept else _empty_reason(sets.n_groups),
        problem=reduced,
        centre=centre[kept],
    )
    if null is None or not kept:
        return shell
    inner = null.information[np.ix_(kept, kept)]
    null = null._replace(score=null.score[kept], information=inner)
    shell = replace(
        shell,
        null_log_likelihood=null.log_likelihood,
        score_test=_score_test(null, n, method),
        robust_score_test=_robust_score_test(reduced, cluster, n, method),
    )
    found = maximise(reduced, start=null)
    if found.moving:
        grown = ", ".join(names[kept[j]] for j in found.moving)
        reason = f"the likelihood keeps rising with the coefficient of {grown}"
        return replace(shell, not_estimable=f"{reason} (separation)")
    return _filled(shell, found, kept, cluster)


def _empty_reason(n_groups: int) -> str:
    """Say why there is nothing to fit."""
    return (
        "no covariate varies among those at risk" if n_groups else "there is no event"
    )


def _filled(
    shell: CoxFit, found: Maximum, kept: list[int], cluster: IntArray | None
) -> CoxFit:
    """Put the maximum into the fit."""
    p, now = len(shell.names), found.evaluation
    inverse = np.asarray(np.linalg.inv(now.information), dtype=np.float64)
    ratio = max(2 * (now.log_likelihood - shell.null_log_likelihood), 0.0)
    more: dict[str, Any] = {}
    if cluster is not None:
        pull = clustered_scores(shell.problem, found.coefficients, cluster) @ inverse
        sandwich = _spread(pull.T @ pull, kept, p)
        more["robust_covariance"] = sandwich
        more["robust_standard_error"] = np.sqrt(np.diag(sandwich))
    coefficients = np.full(p, np.nan)
    coefficients[kept] = found.coefficients
    covariance = _spread(inverse, kept, p)
    return replace(
        shell,
        coefficients=coefficients,
        covariance=covariance,
        standard_error=np.sqrt(np.diag(covariance)),
        log_likelihood=now.log_likelihood,
        likelihood_ratio_test=chi_squared_test(
            ratio, len(kept), shell.n, f"likelihood ratio test, {shell.method}"
        ),
        n_iterations=found.n_steps,
        **more,
    )


def _identified(problem: CoxProblem, information: FloatArray) -> list[int]:
    """Choose, from left to right, the covariates that vary within risk sets."""
    weights = problem.weights[problem.risk_sets.event].sum()
    size = weights * np.mean(problem.covariates**2, axis=0)
    kept: list[int] = []
    for j in range(len(information)):
        left = information[j, j]
        if kept:
            inner = information[np.ix_(kept, kept)]
            left -= information[j, kept] @ np.linalg.solve(inner, information[kept, j])
        if left > 1e-10 * size[j]:
            kept.append(j)
    return kept


def _spread(inner: FloatArray, kept: list[int], p: int) -> FloatArray:
    """Put a matrix of the covariates kept into one of all, NaN elsewhere."""
    whole = np.full((p, p), np.nan)
    whole[np.ix_(kept, kept)] = inner
    return whole


def _score_test(null: Evaluation, n: int, method: str) -> TestResult:
    """Test by score and information at 0."""
    statistic = float(null.score @ np.linalg.solve(null.information, null.score))
    return chi_squared_test(statistic, len(null.score), n, f"score test, {method}")


def _robust_score_test(
    problem: CoxProblem, cluster: IntArray | None, n: int, method: str
) -> TestResult:
    """Test by the scores' own covariance over clusters."""
    if cluster is None:
        return TestResult.missing("no clusters were given", n=n, method=method)
    p = problem.covariates.shape[1]
    scores = clustered_scores(problem, np.zeros(p), cluster)
    spread, total = scores.T @ scores, scores.sum(axis=0)
    if np.linalg.matrix_rank(spread) < p:
        reason = "there are too few clusters"
        return TestResult.missing(reason, n=n, method=method)
    statistic = float(total @ np.linalg.solve(spread, total))
    return chi_squared_test(statistic, p, n, f"robust score test, {method}")
