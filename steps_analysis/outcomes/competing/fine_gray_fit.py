"""
What does a fitted Fine-Gray model say?

`FineGrayFit` holds coefficients with their uncertainty and answers in estimates, tests
and predicted incidence.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from steps_analysis.errors import ArgumentError, refusal
from steps_analysis.estimates import Estimate, FloatArray, TestResult, check_level
from steps_analysis.outcomes.distributions import (
    chi_squared_test,
    normal_quantile,
)
from steps_analysis.outcomes.wald import exponential, position_of, wald_estimate

_LARGEST = 700.0  # exp of more is no number


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FineGrayFit:
    """
    A fitted model of proportional subdistribution hazards.

    Attributes
    ----------
    names
        Names of the covariates, p of them.
    coefficients
        Log subdistribution hazard ratios, shape (p,); NaN for a covariate left out, and
        for all where `not_estimable` says why.
    standard_error, covariance
        From the sandwich, shape (p,) and (p, p).
    model_standard_error, model_covariance
        From the inverse of the information, which the weights make no variance; for
        comparison with other programs.
    log_likelihood, null_log_likelihood
        Weighted log partial likelihood at the maximum, and with all coefficients 0. Its
        ratio has no chi-squared distribution.
    score_test
        Test of all coefficients by the score at 0 with its sandwich variance.
    model_score_test
        The same with the information as variance.
    n
        Rows.
    n_events, n_competing
        Events of the kind asked for, and of others.
    dropped
        Covariates left out: constant, or determined by those before them.
    method
        Model and options.
    not_estimable
        None, or why there is no fit.
    baseline
        Cumulative subdistribution hazard where all covariates are at their means:
        columns time and hazard.
    centre
        Those means, shape (p,).
    r_call
        The R call that should reproduce it, where there is one.
    """

    names: tuple[str, ...]
    coefficients: FloatArray
    standard_error: FloatArray
    covariance: FloatArray
    model_standard_error: FloatArray
    model_covariance: FloatArray
    log_likelihood: float
    null_log_likelihood: float
    score_test: TestResult
    model_score_test: TestResult
    n: int
    n_events: int
    n_competing: int
    dropped: tuple[str, ...]
    method: str
    not_estimable: str | None
    baseline: pd.DataFrame
    centre: FloatArray
    r_call: str | None

    def hazard_ratio(self, name: str, *, level: float = 0.95) -> Estimate:
        """
        Give one covariate's subdistribution hazard ratio per unit.

        Parameters
        ----------
        name
            Its name.
        level
            Confidence level, in (0, 1).

        Returns
        -------
        Estimate
            Wald limits on the log scale; `standard_error` is that of the logarithm.

        Raises
        ------
        ArgumentError
            If no covariate has that name.
        """
        check_level(level)
        j = position_of(name, self.names)
        measure = f"subdistribution hazard ratio, {name}"
        reason = self.not_estimable
        if reason is None and name in self.dropped:
            reason = f"{name} is constant, or determined by the covariates before it"
        se, value = float(self.standard_error[j]), float(self.coefficients[j])
        if reason is None and not se > 0:
            reason = "the sandwich variance is 0"
        half = normal_quantile(level) * se
        if reason is None and abs(value) + half > _LARGEST:
            reason = (
                f"the ratio per unit of {name} is beyond writing: take larger units"
            )
        if reason is not None:
            return Estimate.missing(
                measure, reason, n=self.n, level=level, method=self.method
            )
        log_ratio = wald_estimate(
            measure,
            value,
            se,
            level=level,
            n=self.n,
            method=self.method,
            r_call=self.r_call,
        )
        return exponential(log_ratio, measure)

    def wald_test(self) -> TestResult:
        """
        Test all coefficients by their size.

        Returns
        -------
        TestResult
            With the sandwich covariance.
        """
        if self.not_estimable:
            return TestResult.missing(self.not_estimable, n=self.n, method=self.method)
        kept = [j for j, name in enumerate(self.names) if name not in self.dropped]
        beta, inner = self.coefficients[kept], self.covariance[np.ix_(kept, kept)]
        statistic = float(beta @ np.linalg.lstsq(inner, beta, rcond=None)[0])
        found = chi_squared_test(
            statistic, len(kept), self.n, f"Wald test, {self.method}"
        )
        return replace(found, r_call=self.r_call)

    def predicted_incidence(self, covariates: Mapping[str, float]) -> pd.DataFrame:
        """
        Predict the cumulative incidence for given covariates.

        Parameters
        ----------
        covariates
            Name to value, one for each covariate kept.

        Returns
        -------
        pandas.DataFrame
            Columns time and incidence, one row per event time; without limits. Empty
            where there is no fit.

        Raises
        ------
        ArgumentError
            If a covariate is missing or unknown.

        Notes
        -----
        1 - exp(-Lambda(t) exp((x - mean)' beta)), as R's ``cmprsk::predict.crr``.
        """
        kept = [name for name in self.names if name not in self.dropped]
        if set(covariates) != set(kept):
            rule = f"name exactly {', '.join(kept)}"
            raise ArgumentError(refusal("covariates", rule, ", ".join(covariates)))
        places = [self.names.index(name) for name in kept]
        away = np.array([covariates[name] for name in kept]) - self.centre[places]
        predictor = min(float(away @ self.coefficients[places]), _LARGEST)
        hazard = self.baseline["hazard"] * math.exp(predictor)
        return pd.DataFrame(
            {"time": self.baseline["time"], "incidence": -np.expm1(-hazard)}
        )

    def to_frame(self, *, level: float = 0.95) -> pd.DataFrame:
        """
        Give all subdistribution hazard ratios as a table.

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
            A call of ``cmprsk::crr`` or ``survival::coxph``; None with censoring groups
            or clusters.
        """
        return self.r_call
