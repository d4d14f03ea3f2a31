"""What does a semiparametric model of interval-censored times say?"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from steps_analysis.errors import DataError, refusal
from steps_analysis.estimates import Estimate, FloatArray, TestResult
from steps_analysis.outcomes.distributions import (
    chi_squared_p_value,
    chi_squared_test,
    normal_quantile,
)
from steps_analysis.outcomes.interval_censored.cumulative_link import (
    LinkMaximum,
    LinkProblem,
    maximise_link,
)
from steps_analysis.outcomes.interval_censored.interval_survival import IntervalSurvival
from steps_analysis.outcomes.wald import position_of


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class IntervalFit:
    """
    A fitted proportional hazards or odds model of interval-censored times.

    Attributes
    ----------
    names
        Of the covariates, p of them.
    coefficients
        Log hazard ratios, or log odds ratios of the event, shape (p,); NaN for a
        covariate left out, and for all where `not_estimable` says why.
    standard_error
        From the information in the effects and the baseline's steps, shape (p,).
    log_likelihood, null_log_likelihood
        At the maximum, and without covariates.
    model
        ``"hazards"`` or ``"odds"``.
    n
        Participants.
    dropped
        Covariates left out, being constant or determined by those before them.
    method
        Model and options.
    r_call
        The R call that should reproduce it.
    not_estimable
        None, or why there is no fit.
    problem
        The likelihood of the covariates kept, less their means.
    centre
        Those means.
    maximum
        Where the likelihood is largest; None where there is no fit.
    """

    names: tuple[str, ...]
    coefficients: FloatArray
    standard_error: FloatArray
    log_likelihood: float
    null_log_likelihood: float
    model: str
    n: int
    dropped: tuple[str, ...]
    method: str
    r_call: str
    not_estimable: str | None
    problem: LinkProblem
    centre: FloatArray
    maximum: LinkMaximum | None

    def ratio(self, name: str, *, level: float = 0.95) -> Estimate:
        """
        Give one covariate's hazard ratio, or odds ratio of the event, per unit.

        Parameters
        ----------
        name
            Its name.
        level
            Confidence level, in (0, 1).

        Returns
        -------
        Estimate
            Profile-likelihood limits and the p-value of the likelihood ratio;
            `standard_error` is that of the logarithm.

        Raises
        ------
        ArgumentError
            If no covariate has that name.
        """
        position = position_of(name, self.names)
        what = "hazard ratio" if self.model == "hazards" else "odds ratio"
        measure, drop = f"{what}, {name}", normal_quantile(level) ** 2 / 2
        reason = self.not_estimable
        if name in self.dropped:
            reason = reason or f"{name} is constant or determined by those before it"
        if reason or self.maximum is None:
            return Estimate.missing(
                measure, reason or "", n=self.n, level=level, method=self.method
            )
        kept = [k for k in self.names if k not in self.dropped].index(name)
        value, se = float(self.coefficients[position]), self.standard_error[position]

        def gap(effect: float) -> float:
            """Give how far the profile lies below the drop allowed."""
            fall = self.log_likelihood - self._profile(kept, effect)
            return min(fall, 1e6) - drop

        reach = normal_quantile(level) * float(se)
        ratio = 2 * (self.log_likelihood - self._profile(kept, 0.0))
        return Estimate(
            measure=measure,
            value=math.exp(value),
            lower=math.exp(_limit(gap, value, -reach)),
            upper=math.exp(_limit(gap, value, reach)),
            level=level,
            standard_error=float(se),
            p_value=chi_squared_p_value(max(ratio, 0.0), 1),
            n=self.n,
            method=f"{self.method}, profile likelihood",
            r_call=self.r_call,
        )

    def likelihood_ratio_test(self) -> TestResult:
        """
        Test all covariates by the likelihood ratio.

        Returns
        -------
        TestResult
            On as many degrees of freedom as covariates were kept.
        """
        method = f"likelihood-ratio test, {self.method}"
        if self.not_estimable:
            return TestResult.missing(self.not_estimable, n=self.n, method=method)
        statistic = max(2 * (self.log_likelihood - self.null_log_likelihood), 0.0)
        degrees = len(self.names) - len(self.dropped)
        return chi_squared_test(statistic, degrees, self.n, method)

    def survival(self, covariates: npt.ArrayLike) -> IntervalSurvival:
        """
        Give the modelled curve of a participant.

        Parameters
        ----------
        covariates
            Values of all covariates, shape (p,).

        Returns
        -------
        IntervalSurvival
            Without intervals where the model is not estimable.

        Raises
        ------
        DataError
            If `covariates` has another length.
        """
        x = np.atleast_1d(np.asarray(covariates, dtype=np.float64))
        if x.shape != (len(self.names),):
            rule = f"have shape ({len(self.names)},)"
            raise DataError(refusal("covariates", rule, x.shape))
        inner, mass = self.problem.inner, np.zeros(0)
        if self.maximum is not None:
            kept = [j for j, k in enumerate(self.names) if k not in self.dropped]
            shift = float((x[kept] - self.centre) @ self.maximum.effects)
            z = np.clip(self.maximum.baseline + shift, -600, 600)
            free = np.exp(self.problem.shape.log_survival(z))
            mass = -np.diff(np.concatenate([[1.0], free, [0.0]]))
        keep = np.flatnonzero(mass > 0)
        return IntervalSurvival(
            lower=inner.lower[keep],
            upper=inner.upper[keep],
            mass=mass[keep],
            n=self.n,
            method=self.method,
            r_call=self.r_call,
        )

    def _profile(self, kept: int, effect: float) -> float:
        """Give the largest log-likelihood with one effect fixed."""
        if self.maximum is None:
            raise AssertionError("asked of a fit only")
        x = self.problem.covariates
        fixed = LinkProblem(
            inner=self.problem.inner,
            covariates=np.delete(x, kept, axis=1),
            offset=self.problem.offset + effect * x[:, kept],
            shape=self.problem.shape,
        )
        found = maximise_link(fixed, self.maximum.baseline)
        return -math.inf if found is None else found.log_likelihood


def _limit(gap: Callable[[float], float], value: float, reach: float) -> float:
    """Find where the profile has dropped far enough, from the Wald limit outwards."""
    from scipy.optimize import brentq  # half a second

    outer = value + reach
    for _ in range(30):
        if gap(outer) > 0:
            return float(brentq(gap, value, outer, xtol=1e-10))
        outer += reach
    return math.copysign(math.inf, reach)
