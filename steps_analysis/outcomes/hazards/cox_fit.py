"""
What does a fitted Cox model say?

`CoxFit` holds coefficients with their uncertainty and answers in estimates and tests.
Where the likelihood has no maximum, no number is given.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from steps_analysis.errors import ArgumentError, did_you_mean, refusal
from steps_analysis.estimates import Estimate, FloatArray, TestResult
from steps_analysis.outcomes.distributions import (
    chi_squared_p_value,
    chi_squared_test,
    normal_p_value,
    normal_quantile,
)
from steps_analysis.outcomes.hazards.cox_kernel import (
    CoxProblem,
    hazard_steps,
    maximise,
)
from steps_analysis.outcomes.hazards.cox_residuals import (
    martingale_residuals,
    schoenfeld_residuals,
    score_residuals,
)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CoxFit:
    """
    A fitted Cox model.

    Attributes
    ----------
    names
        Names of the covariates, p of them.
    coefficients
        Log hazard ratios, shape (p,); NaN for a covariate left out, and for all where
        `not_estimable` says why.
    standard_error
        From the information, shape (p,).
    robust_standard_error
        From the sandwich, shape (p,); None without `cluster`.
    covariance
        Inverse of the information, shape (p, p).
    robust_covariance
        The sandwich, shape (p, p); None without `cluster`.
    log_likelihood
        Log partial likelihood at the maximum.
    null_log_likelihood
        The same with all coefficients 0.
    score_test
        Test of all coefficients by the score at 0; exists under separation too. With
        exact ties and one arm it is the log-rank test.
    robust_score_test
        The same with the scores' own covariance over clusters.
    likelihood_ratio_test
        Test of all coefficients by the likelihood ratio.
    n
        Rows (spells).
    n_events
        Events, unweighted.
    n_iterations
        Newton steps taken.
    dropped
        Covariates left out: constant, or determined by those before them.
    method
        Model and options.
    not_estimable
        None, or why there is no fit.
    problem
        The likelihood of the covariates kept.
    centre
        Means taken off the covariates kept.
    """

    names: tuple[str, ...]
    coefficients: FloatArray
    standard_error: FloatArray
    robust_standard_error: FloatArray | None
    covariance: FloatArray
    robust_covariance: FloatArray | None
    log_likelihood: float
    null_log_likelihood: float
    score_test: TestResult
    robust_score_test: TestResult
    likelihood_ratio_test: TestResult
    n: int
    n_events: int
    n_iterations: int
    dropped: tuple[str, ...]
    method: str
    not_estimable: str | None
    problem: CoxProblem
    centre: FloatArray

    def hazard_ratio(self, name: str, *, level: float = 0.95) -> Estimate:
        """
        Give one covariate's hazard ratio per unit.

        Parameters
        ----------
        name
            Its name.
        level
            Confidence level, in (0, 1).

        Returns
        -------
        Estimate
            Wald limits on the log scale, robust where the fit has clusters;
            `standard_error` is that of the log hazard ratio.

        Raises
        ------
        ArgumentError
            If no covariate has that name.
        """
        log_ratio = self._coefficient(name, level)
        if log_ratio.not_estimable:
            return replace(log_ratio, measure=f"hazard ratio, {name}")
        return replace(
            log_ratio,
            measure=f"hazard ratio, {name}",
            value=math.exp(log_ratio.value),
            lower=math.exp(log_ratio.lower),
            upper=math.exp(log_ratio.upper),
        )

    def profile_interval(self, name: str, *, level: float = 0.95) -> Estimate:
        """
        Give one covariate's log hazard ratio with profile-likelihood limits.

        Parameters
        ----------
        name
            Its name.
        level
            Confidence level, in (0, 1).

        Returns
        -------
        Estimate
            The coefficient, on the log scale; the p-value is that of its likelihood
            ratio.

        Raises
        ------
        ArgumentError
            If no covariate has that name.
        """
        wald = self._coefficient(name, level)
        if wald.not_estimable:
            return wald
        column = self._kept.index(self._position(name))
        drop = normal_quantile(level) ** 2 / 2

        def gap(coefficient: float) -> float:
            """Give how far the profile lies below the drop allowed."""
            return self.log_likelihood - self._profile(column, coefficient) - drop

        model = float(self.standard_error[self._position(name)])
        reach = normal_quantile(level) * model
        ratio = 2 * (self.log_likelihood - self._profile(column, 0.0))
        return replace(
            wald,
            lower=_limit(gap, wald.value, -reach),
            upper=_limit(gap, wald.value, reach),
            standard_error=math.nan,
            p_value=chi_squared_p_value(max(ratio, 0.0), 1),
            method=f"{self.method}, profile likelihood",
        )

    def wald_test(self) -> TestResult:
        """
        Test all coefficients by their size.

        Returns
        -------
        TestResult
            With the robust covariance where the fit has clusters.
        """
        if self.not_estimable:
            return TestResult.missing(self.not_estimable, n=self.n, method=self.method)
        robust = self.robust_covariance
        covariance = self.covariance if robust is None else robust
        beta = self.coefficients[self._kept]
        inner = covariance[np.ix_(self._kept, self._kept)]
        statistic = float(beta @ np.linalg.lstsq(inner, beta, rcond=None)[0])
        return chi_squared_test(
            statistic, len(beta), self.n, f"Wald test, {self.method}"
        )

    def martingale_residuals(self) -> FloatArray:
        """
        Give events seen less events expected.

        Returns
        -------
        numpy.ndarray
            One per row, shape (n,).
        """
        return martingale_residuals(self._residual_problem(), self._beta())

    def score_residuals(self) -> FloatArray:
        """
        Give each row's own part of the score.

        Returns
        -------
        numpy.ndarray
            Shape (n, covariates kept).
        """
        return score_residuals(self._residual_problem(), self._beta())

    def schoenfeld_residuals(self) -> FloatArray:
        """
        Give each event's covariates less their mean over the risk set.

        Returns
        -------
        numpy.ndarray
            One row per event, in the order of the rows.
        """
        return schoenfeld_residuals(self._residual_problem(), self._beta())

    def baseline_hazard(self) -> pd.DataFrame:
        """
        Give the cumulative hazard of a participant whose covariates are all 0.

        Returns
        -------
        pandas.DataFrame
            Columns stratum (code), time and hazard; one row per event time.
        """
        problem, beta = self._residual_problem(), self._beta()
        sets, steps = problem.risk_sets, hazard_steps(problem, beta)
        jump = steps.by_group(steps.weight / steps.total, sets.n_groups)
        predictor = problem.covariates @ beta
        largest = np.full(int(problem.stratum.max()) + 1, -np.inf)
        np.maximum.at(largest, problem.stratum, predictor)
        shift = largest[sets.group_stratum] + self.centre @ beta
        table = pd.DataFrame(
            {
                "stratum": sets.group_stratum,
                "time": sets.group_time,
                "hazard": jump * np.exp(-shift),
            }
        )
        table["hazard"] = table.groupby("stratum")["hazard"].cumsum()
        return table

    def to_frame(self, *, level: float = 0.95) -> pd.DataFrame:
        """
        Give all hazard ratios as a table.

        Parameters
        ----------
        level
            Confidence level, in (0, 1).

        Returns
        -------
        pandas.DataFrame
            One row per covariate, the fields of `Estimate` as columns.
        """
        rows = [self.hazard_ratio(name, level=level).to_frame() for name in self.names]
        return pd.concat(rows, ignore_index=True)

    def to_r(self) -> str:
        """
        Write the R call that should reproduce the fit.

        Returns
        -------
        str
            A call of ``survival::coxph``.
        """
        right = " + ".join(self.names)
        extras = [
            f", {part} = {part}"
            for part, word in (("weights", "weighted"), ("cluster", "cluster"))
            if word in self.method
        ]
        if "stratified" in self.method:
            right += " + strata(stratum)"
        left = "entry, time, event" if "delayed entry" in self.method else "time, event"
        return (
            f"survival::coxph(survival::Surv({left}) ~ {right}{''.join(extras)}, "
            f'ties = "{self.problem.ties}")'
        )

    @property
    def _kept(self) -> list[int]:
        """Positions of the covariates kept."""
        return [j for j, name in enumerate(self.names) if name not in self.dropped]

    def _beta(self) -> FloatArray:
        """Give the coefficients kept, refusing where there are none."""
        if self.not_estimable:
            raise ArgumentError(refusal("fit", "be estimable", self.not_estimable))
        return self.coefficients[self._kept]

    def _residual_problem(self) -> CoxProblem:
        """Give the problem, refusing exact ties: residuals are undefined."""
        if self.problem.ties == "exact":
            rule = 'be "efron" or "breslow" for residuals'
            raise ArgumentError(refusal("ties", rule, "exact"))
        return self.problem

    def _position(self, name: str) -> int:
        """Find a covariate."""
        if name not in self.names:
            hint = did_you_mean(name, self.names)
            rule = f"be one of {', '.join(self.names)}"
            raise ArgumentError(refusal("name", rule, name, hint=hint))
        return self.names.index(name)

    def _coefficient(self, name: str, level: float) -> Estimate:
        """Give one log hazard ratio with Wald limits."""
        j = self._position(name)
        measure, reason = f"log hazard ratio, {name}", self.not_estimable
        if reason is None and name in self.dropped:
            reason = f"{name} is constant, or determined by the covariates before it"
        if reason is not None:
            return Estimate.missing(
                measure, reason, n=self.n, level=level, method=self.method
            )
        robust = self.robust_standard_error
        se = float((self.standard_error if robust is None else robust)[j])
        value, half = float(self.coefficients[j]), normal_quantile(level) * se
        return Estimate(
            measure=measure,
            value=value,
            lower=value - half,
            upper=value + half,
            level=level,
            standard_error=se,
            p_value=normal_p_value(value / se) if se > 0 else math.nan,
            n=self.n,
            method=self.method,
            r_call=self.to_r(),
        )

    def _profile(self, column: int, coefficient: float) -> float:
        """Maximise over the other coefficients."""
        problem = self.problem.without(column, coefficient)
        return maximise(problem).evaluation.log_likelihood


def _limit(gap: Callable[[float], float], start: float, reach: float) -> float:
    """Find where the profile has fallen far enough, going from the estimate."""
    from scipy.optimize import brentq

    end = start + reach
    for _ in range(20):
        if gap(end) > 0:
            return float(brentq(gap, start, end, xtol=1e-10))
        end = start + 2 * (end - start)
    return math.nan
