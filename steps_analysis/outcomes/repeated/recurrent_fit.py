"""
What does a fitted model of repeated events say?

`RecurrentFit` is a Cox fit whose rows hang together by participant: it answers in rate
ratios with robust limits and counts participants, not rows.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from steps_analysis.errors import ArgumentError, refusal
from steps_analysis.estimates import Estimate, FloatArray
from steps_analysis.outcomes.hazards.cox_fit import CoxFit
from steps_analysis.outcomes.wald import exponential, position_of, wald_estimate


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RecurrentFit:
    """
    A fitted model of repeated events.

    Attributes
    ----------
    fit
        The fit of the Cox kernel to the model's rows, with robust variance.
    model
        Which model: ``"andersen-gill"``, ``"lwyy"``, ``"pwp-total"``, ``"pwp-gap"``,
        ``"wlw"``, ``"wlw-common"`` or ``"ghosh-lin"``.
    covariates
        Names of the covariates as given; under ``"wlw"`` each has one coefficient per
        number of event, named ``"rx, event 1"``.
    numbers
        The event numbers that have a stratum; empty without strata.
    n
        Participants.
    n_events
        Events.
    method
        Model and options.
    r_call
        The R call that should reproduce the fit.
    """

    fit: CoxFit
    model: str
    covariates: tuple[str, ...]
    numbers: tuple[int, ...]
    n: int
    n_events: int
    method: str
    r_call: str

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the coefficients, p of them."""
        return self.fit.names

    @property
    def coefficients(self) -> FloatArray:
        """Log rate ratios, shape (p,); NaN where there is none."""
        return self.fit.coefficients

    @property
    def standard_error(self) -> FloatArray:
        """Standard errors from the information, which takes rows for independent."""
        return self.fit.standard_error

    @property
    def robust_standard_error(self) -> FloatArray:
        """Standard errors from the sandwich over participants, shape (p,)."""
        return np.sqrt(np.diag(self.robust_covariance))

    @property
    def robust_covariance(self) -> FloatArray:
        """Sandwich over participants, shape (p, p); joint for all coefficients."""
        robust = self.fit.robust_covariance
        return self.fit.covariance if robust is None else robust

    @property
    def covariance(self) -> FloatArray:
        """Inverse of the information, shape (p, p)."""
        return self.fit.covariance

    @property
    def log_likelihood(self) -> float:
        """Log partial likelihood at the maximum."""
        return self.fit.log_likelihood

    @property
    def not_estimable(self) -> str | None:
        """None, or why there is no fit."""
        return self.fit.not_estimable

    def rate_ratio(self, name: str, *, level: float = 0.95) -> Estimate:
        """
        Give one coefficient as a ratio of rates (of hazards, given the model's strata).

        Parameters
        ----------
        name
            Its name, one of `names`.
        level
            Confidence level, in (0, 1).

        Returns
        -------
        Estimate
            Wald limits on the log scale from the robust standard error; from the
            model's own where the robust one is 0 because participants do not differ
            within the arms, and `method` says which. `standard_error` is on the log
            scale, and `n` counts participants.

        Raises
        ------
        ArgumentError
            If no coefficient has that name.
        """
        ratio = replace(
            self.fit.hazard_ratio(name, level=level),
            measure=f"rate ratio, {name}",
            n=self.n,
            r_call=self.r_call,
        )
        if ratio.not_estimable:
            return replace(ratio, method=self.method, r_call=None)
        if ratio.standard_error > 1e-9:
            return replace(ratio, method=f"{self.method}, robust standard error")
        own = float(self.standard_error[self.names.index(name)])
        words = "model standard error: participants do not differ within the arms"
        return _ratio(ratio, math.log(ratio.value), own, f"{self.method}, {words}")

    def average_effect(self, name: str, *, level: float = 0.95) -> AverageEffect:
        """
        Average one covariate's effects over the numbers of events, with best weights.

        Parameters
        ----------
        name
            The covariate, one of `covariates`.
        level
            Confidence level, in (0, 1).

        Returns
        -------
        AverageEffect
            The effects, their joint covariance, the weights and the average.

        Raises
        ------
        ArgumentError
            If the model is not ``"wlw"``, or has no such covariate.

        Notes
        -----
        With effects b and joint robust covariance V, the weights V⁻¹ 1 / (1' V⁻¹ 1)
        give the average the smallest variance, 1 / (1' V⁻¹ 1); some may be negative.

        References
        ----------
        .. [1] Wei, L. J., Lin, D. Y. and Weissfeld, L. (1989), JASA 84, 1065-1073.
        """
        if self.model != "wlw":
            rule = 'be "wlw" to average effects over numbers of events'
            raise ArgumentError(refusal("model", rule, self.model))
        position_of(name, self.covariates)
        own = [
            j
            for j, one in enumerate(self.names)
            if one in {numbered(name, k) for k in self.numbers}
        ]
        return _average(self, name, own, level)

    def to_frame(self, *, level: float = 0.95) -> pd.DataFrame:
        """
        Give all rate ratios as a table.

        Parameters
        ----------
        level
            Confidence level, in (0, 1).

        Returns
        -------
        pandas.DataFrame
            One row per coefficient, the fields of `Estimate` as columns.
        """
        rows = [self.rate_ratio(name, level=level).to_frame() for name in self.names]
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


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class AverageEffect:
    """
    A covariate's effects on the first, second, … event, and their average.

    Attributes
    ----------
    numbers
        The numbers of the events, k of them.
    log_ratios
        Log rate ratios, shape (k,).
    covariance
        Their joint robust covariance, shape (k, k).
    weights
        Weights of the average, shape (k,); they add up to 1.
    ratio
        The average effect as a ratio.
    """

    numbers: tuple[int, ...]
    log_ratios: FloatArray
    covariance: FloatArray
    weights: FloatArray
    ratio: Estimate


def numbered(name: str, number: int) -> str:
    """
    Name a covariate's coefficient for one number of event.

    Parameters
    ----------
    name
        The covariate.
    number
        The number of the event.

    Returns
    -------
    str
        The name.

    Examples
    --------
    >>> numbered("rx", 2)
    'rx, event 2'
    """
    return f"{name}, event {number}"


def _average(
    model: RecurrentFit, name: str, own: list[int], level: float
) -> AverageEffect:
    """Average the coefficients at some positions."""
    effects = model.coefficients[own]
    covariance = model.robust_covariance[np.ix_(own, own)]
    measure = f"average rate ratio, {name}"
    method = f"{model.method}, optimally weighted average"
    weights = np.full(len(own), np.nan)
    reason = model.not_estimable
    if reason is None and not np.isfinite(effects).all():
        reason = f"{name} does not vary among those at risk of every numbered event"
    if reason is None and np.linalg.matrix_rank(covariance) < len(own):
        reason = "the effects' covariance is singular: there are too few participants"
    if reason is not None:
        ratio = Estimate.missing(measure, reason, n=model.n, level=level, method=method)
    else:
        solved = np.linalg.solve(covariance, np.ones(len(own)))
        weights = solved / solved.sum()
        blank = Estimate(
            measure=measure, value=1, lower=1, upper=1, level=level, n=model.n
        )
        se = 1 / math.sqrt(solved.sum())
        ratio = _ratio(blank, float(weights @ effects), se, method)
    return AverageEffect(
        numbers=model.numbers,
        log_ratios=effects,
        covariance=covariance,
        weights=weights,
        ratio=ratio,
    )


def _ratio(like: Estimate, log_ratio: float, se: float, method: str) -> Estimate:
    """Give a ratio with normal limits on the log scale."""
    log = wald_estimate(
        like.measure,
        log_ratio,
        se,
        level=like.level,
        n=like.n,
        method=method,
        r_call=like.r_call,
    )
    return exponential(log, like.measure)
