"""
What does a bias-reduced logistic model say?

`LogisticFit` holds coefficients with their uncertainty and answers in estimates.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import pandas as pd

from steps_analysis.estimates import Estimate, FloatArray
from steps_analysis.outcomes.binary.logistic_likelihood import LogisticLikelihood
from steps_analysis.outcomes.binary.logistic_profile import (
    profile_limits,
    profile_p_value,
)
from steps_analysis.outcomes.wald import exponential, position_of, wald_estimate

_LARGEST_LOG = 500.0
"""Logarithm of the largest odds ratio that is written as a number."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LogisticFit:
    """
    A fitted logistic model.

    Attributes
    ----------
    names
        ``"intercept"`` and the covariates kept, k of them.
    coefficients
        Log odds ratios, shape (k,).
    standard_error
        Square roots of the diagonal of `covariance`, shape (k,).
    covariance
        Their covariance, shape (k, k); `method` and the function that made the fit say
        which.
    information_covariance
        Inverse of the Fisher information at the coefficients, shape (k, k).
    log_likelihood
        (Penalised) log likelihood at the coefficients.
    null_log_likelihood
        The same with all coefficients but the intercept held at 0.
    risks
        Fitted risks of the rows, shape (n,).
    n, n_events
        Rows, and those with the event.
    dropped
        Covariates left out: constant, or determined by those before them.
    method
        Model and options.
    r_call
        The R call that should reproduce it.
    likelihood
        What limits are profiled from; its first k columns are those of `names`.
    maximum
        Where it is highest.
    profiled
        Names whose limits are profile likelihood limits; the others have Wald limits.
    """

    names: tuple[str, ...]
    coefficients: FloatArray
    standard_error: FloatArray
    covariance: FloatArray
    information_covariance: FloatArray
    log_likelihood: float
    null_log_likelihood: float
    risks: FloatArray
    n: int
    n_events: int
    dropped: tuple[str, ...]
    method: str
    r_call: str | None
    likelihood: LogisticLikelihood
    maximum: FloatArray
    profiled: tuple[str, ...]

    def coefficient(self, name: str, *, level: float = 0.95) -> Estimate:
        """
        Give one coefficient, a log odds ratio per unit.

        Parameters
        ----------
        name
            Its name.
        level
            Confidence level, in (0, 1).

        Returns
        -------
        Estimate
            With profile likelihood limits and the p-value of the likelihood ratio where
            the method has one, Wald's otherwise. Not estimable where the covariate was
            left out, or where the profile sets no limit.

        Raises
        ------
        ArgumentError
            If no covariate has that name.
        """
        measure = f"log odds ratio, {name}"
        if name in self.dropped:
            reason = f"{name} is constant, or determined by those before it"
            return Estimate.missing(
                measure, reason, n=self.n, level=level, method=self.method
            )
        column = position_of(name, self.names)
        wald = wald_estimate(
            measure,
            float(self.coefficients[column]),
            float(self.standard_error[column]),
            level=level,
            n=self.n,
            method=f"{self.method}, Wald limits",
            r_call=self.r_call,
        )
        if name not in self.profiled:
            return wald
        return self._profile(wald, column)

    def odds_ratio(self, name: str, *, level: float = 0.95) -> Estimate:
        """
        Give one covariate's odds ratio per unit.

        Parameters
        ----------
        name
            Its name.
        level
            Confidence level, in (0, 1).

        Returns
        -------
        Estimate
            As `coefficient`, with `standard_error` that of the log odds ratio.

        Raises
        ------
        ArgumentError
            If no covariate has that name.
        """
        log_ratio = self.coefficient(name, level=level)
        measure = f"odds ratio, {name}"
        furthest = max(abs(log_ratio.lower), abs(log_ratio.upper))
        if not log_ratio.not_estimable and furthest > _LARGEST_LOG:
            reason = f"a unit of {name} is too large a step for an odds ratio"
            return Estimate.missing(
                measure, reason, n=self.n, level=level, method=log_ratio.method
            )
        return exponential(log_ratio, measure)

    def to_frame(self, *, level: float = 0.95) -> pd.DataFrame:
        """
        Give all coefficients as a table.

        Parameters
        ----------
        level
            Confidence level, in (0, 1).

        Returns
        -------
        pandas.DataFrame
            One row per name: coefficient, standard_error, lower, upper, p_value.
        """
        found = [self.coefficient(name, level=level) for name in self.names]
        return pd.DataFrame(
            {
                "coefficient": [one.value for one in found],
                "standard_error": [one.standard_error for one in found],
                "lower": [one.lower for one in found],
                "upper": [one.upper for one in found],
                "p_value": [one.p_value for one in found],
            },
            index=pd.Index(self.names, name="name"),
        )

    def _profile(self, wald: Estimate, column: int) -> Estimate:
        """Replace Wald limits and p-value by those of the profile."""
        best, error = self.maximum, wald.standard_error
        lower, upper = profile_limits(
            self.likelihood, best, column, error=error, level=wald.level
        )
        method = f"{self.method}, profile likelihood limits"
        if math.isinf(lower) or math.isinf(upper):
            reason = "the profile likelihood sets no limit"
            return Estimate.missing(
                wald.measure, reason, n=self.n, level=wald.level, method=method
            )
        p_value = profile_p_value(self.likelihood, best, column)
        return replace(wald, lower=lower, upper=upper, p_value=p_value, method=method)
