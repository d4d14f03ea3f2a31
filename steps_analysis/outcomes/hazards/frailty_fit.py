"""
What does a fitted frailty model say?

`FrailtyFit` holds coefficients, the variance of the frailty and its test, and each
cluster's own factor.
"""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from steps_analysis.estimates import Estimate, FloatArray, TestResult, check_level
from steps_analysis.outcomes.distributions import normal_quantile
from steps_analysis.outcomes.wald import exponential, position_of, wald_estimate

_LARGEST = 700.0  # exp of more is no number


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FrailtyFit:
    """
    A fitted proportional hazards model with a shared frailty.

    Attributes
    ----------
    names
        Names of the covariates, p of them.
    coefficients
        Log hazard ratios between members of one cluster, shape (p,); NaN for a
        covariate left out, and for all where `not_estimable` says why.
    standard_error, covariance
        The frailty's variance taken as known, shape (p,) and (p, p).
    adjusted_standard_error, adjusted_covariance
        With the uncertainty of the frailty's variance; equal to the others where that
        is 0, given, or estimated by REML.
    frailty_variance
        Variance of the frailty (gamma: of the factor; Gaussian: of its logarithm).
    variance_test
        Likelihood ratio test of a variance of 0.
    log_likelihood
        Marginal log likelihood (gamma), on the scale of a log partial likelihood; NaN
        for a Gaussian frailty.
    partial_log_likelihood
        Log partial likelihood with the frailties as they are predicted.
    null_log_likelihood
        Log partial likelihood of the Cox model without frailty.
    frailties
        One row per cluster: its label, its events, and its predicted factor.
    n, n_events, n_clusters
        Rows, events and clusters.
    dropped
        Covariates left out: constant, or determined by those before them.
    method
        Model and options.
    not_estimable
        None, or why there is no fit.
    r_call
        The R call that should reproduce it.
    """

    names: tuple[str, ...]
    coefficients: FloatArray
    standard_error: FloatArray
    covariance: FloatArray
    adjusted_standard_error: FloatArray
    adjusted_covariance: FloatArray
    frailty_variance: Estimate
    variance_test: TestResult
    log_likelihood: float
    partial_log_likelihood: float
    null_log_likelihood: float
    frailties: pd.DataFrame
    n: int
    n_events: int
    n_clusters: int
    dropped: tuple[str, ...]
    method: str
    not_estimable: str | None
    r_call: str

    def hazard_ratio(self, name: str, *, level: float = 0.95) -> Estimate:
        """
        Give one covariate's hazard ratio per unit, within a cluster.

        Parameters
        ----------
        name
            Its name.
        level
            Confidence level, in (0, 1).

        Returns
        -------
        Estimate
            Wald limits on the log scale with the adjusted standard error.

        Raises
        ------
        ArgumentError
            If no covariate has that name.
        """
        check_level(level)
        j = position_of(name, self.names)
        measure, reason = f"hazard ratio, {name}", self.not_estimable
        if reason is None and name in self.dropped:
            reason = f"{name} is constant, or determined by the covariates before it"
        se, value = float(self.adjusted_standard_error[j]), float(self.coefficients[j])
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
        return self.r_call
