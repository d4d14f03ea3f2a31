"""
What does a fitted Cox model say?

`CoxFit` holds coefficients with their uncertainty and answers in estimates and tests.
Where the likelihood has no maximum, no number is given.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from steps_analysis.errors import ArgumentError, refusal
from steps_analysis.estimates import Estimate, FloatArray, IntArray, TestResult
from steps_analysis.outcomes.distributions import (
    chi_squared_test,
)
from steps_analysis.outcomes.hazards.cox_kernel import (
    CoxProblem,
    Evaluation,
    hazard_steps,
)
from steps_analysis.outcomes.hazards.cox_profile import profile
from steps_analysis.outcomes.hazards.cox_r_call import coxph_call
from steps_analysis.outcomes.hazards.cox_residuals import (
    clustered_scores,
    martingale_residuals,
    schoenfeld_residuals,
    score_residuals,
)
from steps_analysis.outcomes.wald import exponential, position_of, wald_estimate


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
    covariance
        Inverse of the information, shape (p, p).
    robust_covariance
        The sandwich, shape (p, p); None without `cluster`.
    maximum
        The likelihood at the maximum; None where there is none.
    null
        The likelihood with all coefficients 0; None where no covariate is left.
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
    cluster
        Codes of the clusters, shape (n,), or None.
    strata
        Labels of the strata, in the order of their codes.
    """

    names: tuple[str, ...]
    coefficients: FloatArray
    covariance: FloatArray
    robust_covariance: FloatArray | None
    maximum: Evaluation | None
    null: Evaluation | None
    n_iterations: int
    dropped: tuple[str, ...]
    method: str
    not_estimable: str | None
    problem: CoxProblem
    centre: FloatArray
    cluster: IntArray | None
    strata: tuple[object, ...]

    @property
    def n(self) -> int:
        """
        Count the rows (spells).

        Returns
        -------
        int
            Their number.
        """
        return len(self.problem.weights)

    @property
    def n_events(self) -> int:
        """
        Count the events, unweighted.

        Returns
        -------
        int
            Their number.
        """
        return int(np.count_nonzero(self.problem.risk_sets.event))

    @property
    def standard_error(self) -> FloatArray:
        """
        Give standard errors from the information.

        Returns
        -------
        numpy.ndarray
            Shape (p,).
        """
        return np.sqrt(np.diag(self.covariance))

    @property
    def robust_standard_error(self) -> FloatArray | None:
        """
        Give standard errors from the sandwich.

        Returns
        -------
        numpy.ndarray or None
            Shape (p,); None without `cluster`.
        """
        robust = self.robust_covariance
        return None if robust is None else np.sqrt(np.diag(robust))

    @property
    def log_likelihood(self) -> float:
        """
        Give the log partial likelihood at the maximum, penalised where the fit is.

        Returns
        -------
        float
            NaN where there is no maximum.
        """
        return math.nan if self.maximum is None else self.maximum.log_likelihood

    @property
    def null_log_likelihood(self) -> float:
        """
        Give the same with all coefficients 0.

        Returns
        -------
        float
            NaN where no covariate is left.
        """
        return math.nan if self.null is None else self.null.log_likelihood

    @property
    def score_test(self) -> TestResult:
        """
        Test all coefficients by the score at 0.

        Returns
        -------
        TestResult
            Exists under separation too. With exact ties and one arm it is the log-rank
            test.
        """
        if self.null is None or self.problem.penalty:
            return self._no_score_test()
        statistic = _quadratic(self.null.score, self.null.information)
        degrees, method = len(self.null.score), f"score test, {self.method}"
        call = self._r_summary("sctest")
        return chi_squared_test(statistic, degrees, self.n, method, r_call=call)

    @property
    def robust_score_test(self) -> TestResult:
        """
        Test all coefficients by the scores' own covariance over clusters.

        Returns
        -------
        TestResult
            Not estimable without `cluster`.
        """
        if self.null is None or self.problem.penalty:
            return self._no_score_test()
        reason, p = "no clusters were given", len(self.null.score)
        if self.cluster is not None:
            scores = clustered_scores(self.problem, np.zeros(p), self.cluster)
            spread, reason = scores.T @ scores, "there are too few clusters"
            if np.linalg.matrix_rank(spread) == p:
                statistic = _quadratic(scores.sum(axis=0), spread)
                method = f"robust score test, {self.method}"
                call = self._r_summary("robscore")
                return chi_squared_test(statistic, p, self.n, method, r_call=call)
        return TestResult.missing(reason, n=self.n, method=self.method)

    @property
    def likelihood_ratio_test(self) -> TestResult:
        """
        Test all coefficients by the likelihood ratio.

        Returns
        -------
        TestResult
            By penalised likelihoods where the fit is penalised.
        """
        if self.maximum is None:
            return TestResult.missing("there is no fit", n=self.n, method=self.method)
        ratio = max(2 * (self.log_likelihood - self.null_log_likelihood), 0.0)
        method = f"likelihood ratio test, {self.method}"
        call = None if self.problem.penalty else self._r_summary("logtest")
        degrees = len(self._kept)
        return chi_squared_test(ratio, degrees, self.n, method, r_call=call)

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
            Wald limits on the log scale, robust where the fit has clusters; with a
            penalty, profile limits and the p-value of the likelihood ratio, as R's
            ``coxphf``. `standard_error` is that of the log hazard ratio.

        Raises
        ------
        ArgumentError
            If no covariate has that name.
        """
        log_ratio = self._coefficient(name, level)
        if self.problem.penalty:
            se = log_ratio.standard_error
            profiled = self.profile_interval(name, level=level)
            log_ratio = replace(profiled, standard_error=se)
        return exponential(log_ratio, f"hazard ratio, {name}")

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
            ratio. Likelihoods are penalised where the fit is; those of robust fits
            know nothing of the clusters.

        Raises
        ------
        ArgumentError
            If no covariate has that name.
        """
        wald = self._coefficient(name, level)
        if wald.not_estimable:
            return wald
        column = self._kept.index(position_of(name, self.names))
        inner = self.covariance[np.ix_(self._kept, self._kept)]
        found = profile(self.problem, self._beta(), inner, column, level=level)
        return replace(
            wald,
            lower=found.lower,
            upper=found.upper,
            standard_error=math.nan,
            p_value=found.p_value,
            method=f"{self.method}, profile likelihood",
            r_call=self.to_r() if self.problem.penalty else None,
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
        beta = self._beta()
        statistic = float(beta @ np.linalg.lstsq(self._inner(), beta, rcond=None)[0])
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
        sets, spells = problem.risk_sets, problem.arrangement
        steps = hazard_steps(problem, beta)
        jump = spells.by_group(spells.weight / steps.total)
        stratum = np.unique(sets.group_stratum, return_inverse=True)[1]
        shift = steps.shift[stratum] + self.centre @ beta
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

    def to_r(self) -> str | None:
        """
        Write the R call that should reproduce the fit.

        Returns
        -------
        str or None
            A call of ``survival::coxph``, or with a penalty of ``coxphf::coxphf``,
            which has no strata, no weights and Breslow ties only: None otherwise.
        """
        is_clustered = self.cluster is not None
        return coxph_call(self.names, self.problem, is_clustered=is_clustered)

    def _r_summary(self, part: str) -> str | None:
        """Write R's call for one part of the summary of the fit."""
        call = self.to_r()
        return None if call is None else f"summary({call})${part}"

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

    def _coefficient(self, name: str, level: float) -> Estimate:
        """Give one log hazard ratio with Wald limits."""
        j = position_of(name, self.names)
        measure, reason = f"log hazard ratio, {name}", self.not_estimable
        if reason is None and name in self.dropped:
            reason = f"{name} is constant, or determined by the covariates before it"
        if reason is not None:
            return Estimate.missing(
                measure, reason, n=self.n, level=level, method=self.method
            )
        robust = self.robust_standard_error
        se = float((self.standard_error if robust is None else robust)[j])
        return wald_estimate(
            measure,
            float(self.coefficients[j]),
            se,
            level=level,
            n=self.n,
            method=self.method,
            r_call=self.to_r(),
        )

    def _inner(self) -> FloatArray:
        """Give the covariance of the covariates kept, robust where there is one."""
        robust = self.robust_covariance
        covariance = self.covariance if robust is None else robust
        inner: FloatArray = covariance[np.ix_(self._kept, self._kept)]
        return inner

    def _no_score_test(self) -> TestResult:
        """Say why there is no score test."""
        reason = "there is no fit"
        if self.null is not None:
            reason = "the score at 0 is penalised; the fit without penalty has the test"
        return TestResult.missing(reason, n=self.n, method=self.method)


def _quadratic(score: FloatArray, spread: FloatArray) -> float:
    """Measure a score by its covariance."""
    return float(score @ np.linalg.solve(spread, score))
