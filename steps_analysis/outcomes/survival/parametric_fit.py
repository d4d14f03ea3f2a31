"""What does a fitted parametric model of times say?"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from steps_analysis.errors import DataError, refusal
from steps_analysis.estimates import (
    Curve,
    Estimate,
    FloatArray,
    TestResult,
    check_level,
)
from steps_analysis.outcomes.columns import as_times
from steps_analysis.outcomes.distributions import (
    chi_squared_test,
    normal_quantile,
)
from steps_analysis.outcomes.survival.location_scale import SHAPES
from steps_analysis.outcomes.wald import position_of, wald_ratio


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ParametricFit:
    """
    A fitted accelerated failure time model: log T = x'beta + scale * error.

    Attributes
    ----------
    names
        ``"intercept"``, then the covariates; p of them.
    coefficients
        Log time ratios, shape (p,); NaN for a covariate left out, and for all where
        `not_estimable` says why.
    scale
        The error's scale: one over Weibull's shape; 1 for exponential times.
    covariance
        Of `coefficients` and log `scale`, shape (p + 1, p + 1), from the observed
        information; the last row is NaN for exponential times.
    log_likelihood, null_log_likelihood
        At the maximum, and with an intercept (and a scale) only.
    distribution
        ``"weibull"``, ``"exponential"``, ``"log-normal"`` or ``"log-logistic"``.
    n, n_events
        Participants, and those whose event has an upper bound.
    followed
        Until when each was known to be free of the event, shape (n,).
    dropped
        Covariates left out, being constant or determined by those before them.
    method
        Model and options.
    r_call
        The R call that should reproduce it.
    not_estimable
        None, or why there is no fit.
    """

    names: tuple[str, ...]
    coefficients: FloatArray
    scale: float
    covariance: FloatArray
    log_likelihood: float
    null_log_likelihood: float
    distribution: str
    n: int
    n_events: int
    followed: FloatArray
    dropped: tuple[str, ...]
    method: str
    r_call: str
    not_estimable: str | None

    @property
    def standard_error(self) -> FloatArray:
        """
        Give the standard errors of the coefficients and of log scale.

        Returns
        -------
        numpy.ndarray
            Shape (p + 1,).
        """
        error: FloatArray = np.sqrt(np.diag(self.covariance))
        return error

    def time_ratio(self, name: str, *, level: float = 0.95) -> Estimate:
        """
        Give by what factor a covariate stretches times, per unit.

        Parameters
        ----------
        name
            Its name; of ``"intercept"``, the time that goes with error 0.
        level
            Confidence level, in (0, 1).

        Returns
        -------
        Estimate
            Above 1 where events come later; Wald limits made on the log scale.

        Raises
        ------
        ArgumentError
            If no covariate has that name.
        """
        return self._ratio("time ratio", name, 1.0, level)

    def hazard_ratio(self, name: str, *, level: float = 0.95) -> Estimate:
        """
        Give one covariate's hazard ratio per unit, where hazards are proportional.

        Parameters
        ----------
        name
            Its name.
        level
            Confidence level, in (0, 1).

        Returns
        -------
        Estimate
            The value of exp(-beta / scale), with limits made on the log scale by the
            delta method. Not estimable for log-normal and log-logistic times, whose
            hazards are not proportional.

        Raises
        ------
        ArgumentError
            If no covariate has that name.
        """
        return self._ratio("hazard ratio", name, -1.0 / self.scale, level)

    def likelihood_ratio_test(self) -> TestResult:
        """
        Test all covariates by the likelihood ratio.

        Returns
        -------
        TestResult
            On as many degrees of freedom as covariates were kept.
        """
        degrees = len(self.names) - 1 - len(self.dropped)
        method = f"likelihood-ratio test, {self.method}"
        reason = self.not_estimable or (None if degrees else "there is no covariate")
        if reason:
            return TestResult.missing(reason, n=self.n, method=method)
        statistic = max(2 * (self.log_likelihood - self.null_log_likelihood), 0.0)
        return chi_squared_test(statistic, degrees, self.n, method)

    def survival(
        self,
        at: npt.ArrayLike,
        *,
        covariates: npt.ArrayLike | None = None,
        level: float = 0.95,
    ) -> Curve:
        """
        Give the modelled probability of being free of the event.

        Parameters
        ----------
        at
            Times, shape (k,), increasing and above 0.
        covariates
            Values of the covariates, shape (p - 1,); None where there are none.
        level
            Confidence level, in (0, 1).

        Returns
        -------
        Curve
            At those times, with limits made on the scale of the standardised error; no
            step where the model is not estimable. `n_at_risk` counts those known to be
            free of the event just before each time.

        Raises
        ------
        DataError
            If `at` is not above 0 and increasing, or `covariates` has another length.
        """
        when = as_times("at", np.atleast_1d(np.asarray(at)))
        n_wrong = int(np.sum(when <= 0))
        if n_wrong:
            raise DataError(refusal("at", "be above 0", f"{n_wrong} that are not"))
        x = self._at_covariates(covariates)
        if self.not_estimable:
            when = when[:0]
        z, error = self._standardised(when, x)
        half = normal_quantile(level) * error
        shape = SHAPES[self.distribution]
        value, lower, upper = (np.exp(shape.log_survival(u)) for u in _three(z, half))
        return Curve(
            time=when,
            value=value,
            lower=lower,
            upper=upper,
            standard_error=np.exp(shape.log_density(z)) * error,
            n_at_risk=np.array([np.sum(self.followed >= t) for t in when], float),
            level=level,
            method=self.method,
        )

    def _at_covariates(self, covariates: npt.ArrayLike | None) -> FloatArray:
        """Give a row of the design."""
        given = np.zeros(0) if covariates is None else np.asarray(covariates, float)
        given = np.atleast_1d(given)
        if given.shape != (len(self.names) - 1,):
            rule = f"have shape ({len(self.names) - 1},)"
            raise DataError(refusal("covariates", rule, given.shape))
        return np.concatenate([[1.0], given])

    def _standardised(
        self, when: FloatArray, x: FloatArray
    ) -> tuple[FloatArray, FloatArray]:
        """Give the standardised error at times, and its standard error."""
        beta = np.nan_to_num(self.coefficients)
        z = np.clip((np.log(when) - x @ beta) / self.scale, -600, 600)
        slopes = np.column_stack([np.tile(-x / self.scale, (len(when), 1)), -z])
        covariance = np.nan_to_num(self.covariance)
        error = np.sqrt(np.einsum("ki,ij,kj->k", slopes, covariance, slopes))
        return z, error

    def _ratio(self, what: str, name: str, factor: float, level: float) -> Estimate:
        """Give the exponential of a coefficient times a factor of the scale."""
        measure, j = f"{what}, {name}", position_of(name, self.names)
        check_level(level)
        reason = self.not_estimable
        if name in self.dropped:
            reason = reason or f"{name} is constant or determined by those before it"
        if what == "hazard ratio" and self.distribution.startswith("log"):
            reason = reason or f"hazards of {self.distribution} times vary in ratio"
        if reason:
            return Estimate.missing(
                measure, reason, n=self.n, level=level, method=self.method
            )
        value = factor * float(self.coefficients[j])
        slopes = np.zeros(len(self.covariance))
        slopes[j] = factor
        if what == "hazard ratio" and self.distribution == "weibull":
            slopes[-1] = -value
        se = math.sqrt(float(slopes @ np.nan_to_num(self.covariance) @ slopes))
        return wald_ratio(
            measure,
            value,
            se,
            level=level,
            n=self.n,
            method=self.method,
            r_call=self.r_call,
        )


def _three(z: FloatArray, half: FloatArray) -> tuple[FloatArray, ...]:
    """Give a standardised error, and the two that make the limits."""
    return tuple(np.clip(u, -600, 600) for u in (z, z + half, z - half))
