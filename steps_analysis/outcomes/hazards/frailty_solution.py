"""
Which coefficients and which variance of the frailty fit the data best, if any do?

The Cox model without frailty first, then the variance, then what belongs to the fit.
"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pandas as pd

from steps_analysis.estimates import Estimate, FloatArray, TestResult
from steps_analysis.outcomes.distributions import chi_squared_p_value
from steps_analysis.outcomes.hazards.cox_kernel import evaluate
from steps_analysis.outcomes.hazards.frailty_fit import FrailtyFit
from steps_analysis.outcomes.hazards.frailty_likelihood import (
    Distribution,
    FrailtyMaximum,
    FrailtyProblem,
)
from steps_analysis.outcomes.hazards.frailty_model import (
    FrailtyModel,
    empty_fit,
    refused,
)
from steps_analysis.outcomes.hazards.frailty_variance import (
    VarianceFound,
    gamma_variance,
    gaussian_variance,
    profile_limits,
    sensitivity,
)
from steps_analysis.outcomes.hazards.newton import Peak, identified, newton


def solve(
    model: FrailtyModel,
    distribution: Distribution,
    *,
    variance: float | None,
    level: float,
) -> FrailtyFit:
    """
    Fit a frailty model.

    Parameters
    ----------
    model
        The model.
    distribution
        The frailty's.
    variance
        Its variance, or None to estimate it.
    level
        Confidence level of the variance's limits.

    Returns
    -------
    FrailtyFit
        The fit, or the reason why there is none.
    """
    kept, reason = _kept(model)
    shell = empty_fit(model, distribution, variance, kept)
    if reason:
        return refused(shell, reason)
    x = model.covariates[:, kept]
    plain = model.problem(x)
    size = np.max(np.abs(x), axis=0)
    null = newton(lambda at: evaluate(plain, at), np.zeros(len(kept)), size)
    if null.moving:
        return refused(shell, _separation(model, kept, null.moving))
    shell = replace(shell, null_log_likelihood=null.evaluation.log_likelihood)
    code, q = model.clusters.code, len(model.clusters.labels)
    problem = FrailtyProblem(
        plain=plain,
        cluster=code,
        n_events=np.bincount(code, model.sets.event, minlength=q).astype(np.float64),
        distribution=distribution,
    )
    found = _variance(problem, model, distribution, variance)
    if found.reason:
        return refused(shell, found.reason)
    if found.best is None:
        return _without_frailty(shell, problem, model, null, kept, level)
    if found.best.moving:
        return refused(shell, _grown(model, kept, found.best))
    filled = _filled(shell, problem, model, found.best, kept)
    if variance is not None or distribution == "gaussian":
        return filled
    return _with_uncertainty(filled, problem, found.best, kept, level)


def _kept(model: FrailtyModel) -> tuple[list[int], str | None]:
    """Choose the covariates, or say why there is nothing to fit."""
    if not model.sets.n_groups:
        return list(range(len(model.names))), "there is no event"
    if len(model.clusters.labels) < 2:
        return list(range(len(model.names))), "there is one cluster only"
    if np.bincount(model.clusters.code).max() < 2:
        reason = "no cluster has two spells, and nothing tells a frailty"
        return list(range(len(model.names))), reason
    null = evaluate(model.problem(model.covariates), np.zeros(len(model.names)))
    size = model.sets.event.sum() * np.mean(model.covariates**2, axis=0)
    kept = identified(null.information, size)
    return kept, None if kept else "no covariate varies among those at risk"


def _variance(
    problem: FrailtyProblem,
    model: FrailtyModel,
    distribution: Distribution,
    variance: float | None,
) -> VarianceFound:
    """Find the variance, or take the one given."""
    if variance is not None:
        return VarianceFound(best=problem.maximise(variance))
    if distribution == "gamma":
        return gamma_variance(problem)
    return gaussian_variance(problem, model.information)


def _separation(model: FrailtyModel, kept: list[int], moving: tuple[int, ...]) -> str:
    """Say which coefficients grow without end."""
    grown = ", ".join(model.names[kept[j]] for j in moving)
    return f"the likelihood keeps rising with the coefficient of {grown} (separation)"


def _grown(model: FrailtyModel, kept: list[int], at: FrailtyMaximum) -> str:
    """Say what grows without end when frailties are in the model."""
    q = len(model.clusters.labels)
    columns = tuple(j - q for j in at.moving if j >= q)
    if columns:
        return _separation(model, kept, columns)
    return "the predicted frailties grow without end"


def _filled(
    shell: FrailtyFit,
    problem: FrailtyProblem,
    model: FrailtyModel,
    at: FrailtyMaximum,
    kept: list[int],
) -> FrailtyFit:
    """Put the maximum for one variance into the fit."""
    q = problem.n_clusters
    inverse = problem.inverse(at, model.information)[q:, q:]
    is_gamma = problem.distribution == "gamma"
    fit = _with_coefficients(shell, at.position[q:], inverse, kept)
    return replace(
        fit,
        frailty_variance=replace(
            shell.frailty_variance, value=at.variance, not_estimable=None
        ),
        log_likelihood=problem.marginal(at) if is_gamma else math.nan,
        partial_log_likelihood=problem.partial(at),
        frailties=_frailties(model, problem, np.exp(at.position[:q])),
    )


def _with_coefficients(
    shell: FrailtyFit, beta: FloatArray, inverse: FloatArray, kept: list[int]
) -> FrailtyFit:
    """Put coefficients and their covariance into the fit."""
    p = len(shell.names)
    coefficients, covariance = np.full(p, np.nan), np.full((p, p), np.nan)
    coefficients[kept] = beta
    covariance[np.ix_(kept, kept)] = inverse
    errors = np.sqrt(np.diag(covariance))
    return replace(
        shell,
        coefficients=coefficients,
        covariance=covariance,
        standard_error=errors,
        adjusted_covariance=covariance,
        adjusted_standard_error=errors,
    )


def _with_uncertainty(
    fit: FrailtyFit,
    problem: FrailtyProblem,
    at: FrailtyMaximum,
    kept: list[int],
    level: float,
) -> FrailtyFit:
    """Add what the uncertainty of a gamma frailty's variance does."""
    error, moved = sensitivity(problem, at)
    adjusted = fit.covariance.copy()
    adjusted[np.ix_(kept, kept)] += np.outer(moved, moved) * np.nan_to_num(error) ** 2
    ratio = max(2 * (fit.log_likelihood - fit.null_log_likelihood), 0.0)
    lower, upper = profile_limits(problem, at, fit.null_log_likelihood, level)
    return replace(
        fit,
        adjusted_covariance=adjusted,
        adjusted_standard_error=np.sqrt(np.diag(adjusted)),
        frailty_variance=replace(
            fit.frailty_variance,
            lower=lower,
            upper=upper,
            level=level,
            standard_error=at.variance * error,
            method=f"{fit.method}, profile likelihood limits",
        ),
        variance_test=_variance_test(fit, ratio),
    )


def _without_frailty(
    shell: FrailtyFit,
    problem: FrailtyProblem,
    model: FrailtyModel,
    null: Peak,
    kept: list[int],
    level: float,
) -> FrailtyFit:
    """Give the plain Cox model: the variance is estimated as 0."""
    likelihood = null.evaluation.log_likelihood
    inverse = np.asarray(np.linalg.inv(null.evaluation.information), dtype=np.float64)
    is_gamma = problem.distribution == "gamma"
    method = f"{shell.method}; its variance is estimated as 0: the plain Cox model"
    fit = replace(
        _with_coefficients(shell, null.coefficients, inverse, kept),
        method=method,
        log_likelihood=likelihood if is_gamma else math.nan,
        partial_log_likelihood=likelihood,
        frailties=_frailties(model, problem, np.ones(problem.n_clusters)),
    )
    lower = upper = math.nan
    if is_gamma:
        lower, upper = profile_limits(problem, None, likelihood, level)
    return replace(
        fit,
        frailty_variance=Estimate(
            measure="frailty variance",
            value=0.0,
            lower=lower,
            upper=upper,
            level=level,
            n=fit.n,
            method=method,
            r_call=fit.r_call,
        ),
        variance_test=_variance_test(fit, 0.0) if is_gamma else fit.variance_test,
    )


def _variance_test(fit: FrailtyFit, ratio: float) -> TestResult:
    """Test a variance of 0, at the edge of what it can be."""
    tail = chi_squared_p_value(ratio, 1) / 2 if ratio > 0 else 1.0
    return TestResult(
        statistic=ratio,
        p_value=tail,
        n=fit.n,
        degrees_of_freedom=1,
        method=f"likelihood ratio test of no frailty, half the tail, {fit.method}",
        r_call=fit.r_call,
    )


def _frailties(
    model: FrailtyModel, problem: FrailtyProblem, factor: FloatArray
) -> pd.DataFrame:
    """Give each cluster's events and predicted factor."""
    return pd.DataFrame(
        {
            "cluster": list(model.clusters.labels),
            "n_events": problem.n_events.astype(int),
            "frailty": factor,
        }
    )
