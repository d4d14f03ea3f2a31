"""
Does a hazard ratio stay the same as time goes by?

The score test of a coefficient that changes with a function of time, as R's
``cox.zph`` has it since survival 3.0.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from steps_analysis.errors import ArgumentError, refusal
from steps_analysis.estimates import FloatArray, TestResult
from steps_analysis.outcomes.columns import check_choice
from steps_analysis.outcomes.distributions import chi_squared_test
from steps_analysis.outcomes.hazards.cox_fit import CoxFit
from steps_analysis.outcomes.hazards.cox_kernel import hazard_steps, information_of
from steps_analysis.outcomes.hazards.risk_sets import RiskSets
from steps_analysis.outcomes.survival.kaplan_meier import event_steps, product_limit

_NOTHING_LEFT = 1e-10


@dataclass(frozen=True, slots=True, kw_only=True)
class ProportionalHazardsTest:
    """
    Tests of proportional hazards, by covariate and of all together.

    Attributes
    ----------
    names
        Names of the covariates, p of them.
    covariates
        One test for each, of 1 degree of freedom.
    overall
        The test of all at once.

    Examples
    --------
    >>> from steps_analysis.outcomes import cox
    >>> fit = cox([1, 2, 3, 4, 5], [1, 1, 1, 1, 1], [0, 1, 0, 1, 1])
    >>> tests = proportional_hazards_test(fit, transform="identity")
    >>> tests.names, tests.overall == tests.covariates[0]
    (('column 1',), True)
    """

    names: tuple[str, ...]
    covariates: tuple[TestResult, ...]
    overall: TestResult

    def to_frame(self) -> pd.DataFrame:
        """
        Give all tests as a table.

        Returns
        -------
        pandas.DataFrame
            One row per covariate, and a last one named ``"overall"``; the fields of
            `TestResult` as columns.
        """
        rows = [test.to_frame() for test in (*self.covariates, self.overall)]
        table = pd.concat(rows, ignore_index=True)
        table.insert(0, "covariate", [*self.names, "overall"])
        return table


def proportional_hazards_test(
    fit: CoxFit, *, transform: str = "km"
) -> ProportionalHazardsTest:
    """
    Test whether coefficients change with time.

    Parameters
    ----------
    fit
        A Cox fit with Efron or Breslow ties.
    transform
        The function g of time they may change with: ``"km"``, one minus the
        Kaplan-Meier curve just before t; ``"rank"``, the mean rank of t among all
        times, those of censorings included; ``"identity"``; or ``"log"``.

    Returns
    -------
    ProportionalHazardsTest
        One test per covariate, and one of all.

    Raises
    ------
    ArgumentError
        If `transform` is unknown, or the fit has exact ties.

    Notes
    -----
    In the model with log hazard ratios b + c g(t), with steps s of the likelihood
    (several at tied times under Efron), event covariates less their risk set's mean
    u_s and covariance V_s of the risk set, the score of c at c = 0 is U = Σ g u and

    .. math:: U' (Σ g² V - Σ g V (Σ V)^{-1} Σ g V)^{-1} U

    is chi-squared with p degrees of freedom [1]_. It is the exact score test of R's
    ``cox.zph`` (survival 3.0 and later), not the approximation by residuals before it,
    which ``lifelines`` still has: that holds V the same at all times. Case weights and
    strata enter as in the fit; like R's, the test ignores clusters. R gives a factor
    one test of several degrees, we one for each column.

    References
    ----------
    .. [1] Grambsch, P. M. and Therneau, T. M. (1994), Biometrika 81, 515-526.

    Examples
    --------
    Events at 1 (x = 0, one of three at risk with x = 1) and 2 (x = 1, one of two). The
    hazard ratio is √2, shares at risk are √2 - 1 and 2 - √2, both of variance V =
    0.2426. U = 2 (√2 - 1) - (√2 - 1) and the statistic U² / (V/2) is √2.

    >>> from steps_analysis.outcomes import cox
    >>> fit = cox([1, 2, 3], [1, 1, 0], [0, 1, 0])
    >>> test = proportional_hazards_test(fit, transform="identity").overall
    >>> round(test.statistic, 4), test.degrees_of_freedom
    (1.4142, 1.0)
    """
    check_choice("transform", transform, tuple(_TRANSFORMS))
    if fit.problem.ties == "exact":
        rule = 'be "efron" or "breslow" for this test'
        raise ArgumentError(refusal("ties", rule, "exact"))
    method = f"score test of proportional hazards, {transform} of time; {fit.method}"
    g = _TRANSFORMS[transform](fit.problem.risk_sets)
    reason = _obstacle(fit, g)
    if reason is not None:
        missing = TestResult.missing(reason, n=fit.n, method=method)
        tests = (missing,) * len(fit.names)
        return ProportionalHazardsTest(
            names=fit.names, covariates=tests, overall=missing
        )
    score, left, full = _score_and_spread(fit, g)
    call = _call(fit, transform)
    kept = [name for name in fit.names if name not in fit.dropped]
    by_name = {
        name: _test(score[[j]], left[[j]][:, [j]], full[[j]], fit.n, method, call)
        for j, name in enumerate(kept)
    }
    out = TestResult.missing("the covariate is left out", n=fit.n, method=method)
    return ProportionalHazardsTest(
        names=fit.names,
        covariates=tuple(by_name.get(name, out) for name in fit.names),
        overall=_test(score, left, full, fit.n, method, call),
    )


def _obstacle(fit: CoxFit, g: FloatArray) -> str | None:
    """Say why there is no test."""
    if fit.not_estimable:
        return fit.not_estimable
    if fit.problem.penalty:
        return "the score is 0 at the maximum without penalty only"
    if not np.all(np.isfinite(g)):
        return "an event at time 0 has no logarithm"
    return None


def _score_and_spread(
    fit: CoxFit, g: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Give the score, its covariance, and what that was before fitting the ratios."""
    problem, spells = fit.problem, fit.problem.arrangement
    beta = fit.coefficients[[name not in fit.dropped for name in fit.names]]
    steps = hazard_steps(problem, beta)
    g = g - np.average(g, weights=problem.risk_sets.n_tied)
    g = g / max(float(np.abs(g).max()), np.finfo(float).tiny)
    at_event = g[spells.until[spells.events] - 1]
    at_step = g[spells.group]
    x, gain = spells.design[1:, spells.events], spells.weights[spells.events]
    score = x @ (gain * at_event) - steps.mean @ (spells.weight * at_step)
    once = information_of(problem, steps, spells.weight * at_step)
    twice = information_of(problem, steps, spells.weight * at_step**2)
    plain = information_of(problem, steps, spells.weight)
    return score, twice - once @ np.linalg.solve(plain, once), np.diag(plain)


def _test(
    score: FloatArray,
    spread: FloatArray,
    full: FloatArray,
    n: int,
    method: str,
    call: str | None,
) -> TestResult:
    """Measure the score by its covariance, if that is not singular."""
    scale = 1 / np.sqrt(full)
    spread = spread * np.outer(scale, scale)
    if np.linalg.eigvalsh(spread)[0] <= _NOTHING_LEFT:
        reason = "there are too few event times to tell a change from a constant ratio"
        return TestResult.missing(reason, n=n, method=method)
    score = score * scale
    statistic = float(score @ np.linalg.solve(spread, score))
    result = chi_squared_test(statistic, len(score), n, method)
    return TestResult(
        statistic=result.statistic,
        p_value=result.p_value,
        n=n,
        degrees_of_freedom=result.degrees_of_freedom,
        method=method,
        r_call=call,
    )


def _call(fit: CoxFit, transform: str) -> str:
    """Write the R call."""
    return f'survival::cox.zph({fit.to_r()}, transform = "{transform}", terms = FALSE)'


def _just_before(sets: RiskSets) -> FloatArray:
    """Give one minus the Kaplan-Meier curve just before each event time."""
    steps = event_steps(sets.time, sets.event, sets.entry)
    survival, _ = product_limit(steps["n_events"], steps["n_at_risk"])
    before = np.concatenate([[1.0], survival])
    found: FloatArray = 1 - before[np.searchsorted(steps["time"], sets.group_time)]
    return found


def _rank(sets: RiskSets) -> FloatArray:
    """Give the mean rank of each event time among all times."""
    ordered = np.sort(sets.time)
    below = np.searchsorted(ordered, sets.group_time, side="left")
    upto = np.searchsorted(ordered, sets.group_time, side="right")
    return (below + upto + 1) / 2


def _logarithm(sets: RiskSets) -> FloatArray:
    """Give logarithms, minus infinity at 0."""
    with np.errstate(divide="ignore"):
        return np.log(sets.group_time)


_TRANSFORMS: dict[str, Callable[[RiskSets], FloatArray]] = {
    "km": _just_before,
    "rank": _rank,
    "identity": lambda sets: sets.group_time,
    "log": _logarithm,
}
