"""
What does a regression of risks say?

`RiskFit` holds coefficients on the log or the plain scale of the risk and answers in
risk ratios or risk differences.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Literal

from steps_analysis.estimates import Estimate, FloatArray, check_level
from steps_analysis.outcomes.wald import exponential, position_of, wald_estimate

Scale = Literal["ratio", "difference"]
INTERCEPT = "intercept"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RiskFit:
    """
    A fitted regression of risks.

    Attributes
    ----------
    names
        ``"intercept"`` and the covariates kept, k of them.
    coefficients
        Log risk ratios, or risk differences, shape (k,); NaN where `not_estimable` says
        why.
    standard_error
        Square roots of the diagonal of `covariance`, shape (k,).
    covariance
        Their covariance, shape (k, k).
    risks
        Fitted risks of the rows, shape (n,); those of a modified Poisson or a linear
        model may leave [0, 1].
    scale
        ``"ratio"`` where coefficients are log risk ratios, else ``"difference"``.
    n, n_events
        Rows, and those with the event.
    dropped
        Covariates left out: constant, or determined by those before them.
    method
        Model and variance.
    not_estimable
        None, or why there is no fit.
    r_call
        The R call that should reproduce it.
    """

    names: tuple[str, ...]
    coefficients: FloatArray
    standard_error: FloatArray
    covariance: FloatArray
    risks: FloatArray
    scale: Scale
    n: int
    n_events: int
    dropped: tuple[str, ...]
    method: str
    not_estimable: str | None
    r_call: str | None

    def contrast(self, name: str, *, level: float = 0.95) -> Estimate:
        """
        Give one covariate's risk ratio or risk difference per unit.

        Parameters
        ----------
        name
            Its name; ``"intercept"`` gives the risk where all covariates are 0.
        level
            Confidence level, in (0, 1).

        Returns
        -------
        Estimate
            With normal limits, on the log scale for a ratio; `standard_error` is on
            that scale. Not estimable where there is no fit, the covariate was left out,
            or nothing is left to estimate the variance from.

        Raises
        ------
        ArgumentError
            If no covariate has that name.
        """
        check_level(level)
        word = "risk" if name == INTERCEPT else f"risk {self.scale}"
        measure = f"{word}, {name}"
        if reason := self._reason(name):
            return Estimate.missing(
                measure, reason, n=self.n, level=level, method=self.method
            )
        column = position_of(name, self.names)
        found = wald_estimate(
            measure,
            float(self.coefficients[column]),
            float(self.standard_error[column]),
            level=level,
            n=self.n,
            method=self.method,
            r_call=self.r_call,
        )
        if name == INTERCEPT:
            found = replace(found, p_value=math.nan)
        return exponential(found, measure) if self.scale == "ratio" else found

    def _reason(self, name: str) -> str | None:
        """Say why a covariate has no contrast, or refuse its name."""
        if name in self.dropped:
            return f"{name} is constant, or determined by those before it"
        column = position_of(name, self.names)
        if self.not_estimable:
            return self.not_estimable
        error = float(self.standard_error[column])
        if not error > _NOTHING or not math.isfinite(error):
            return "nothing varies that a variance could be estimated from"
        if self.scale == "ratio" and error > _LARGEST:
            return f"a unit of {name} is too large a step for a risk ratio"
        return None


_NOTHING, _LARGEST = 1e-9, 100.0
"""A standard error below the first is none; beyond the second a ratio overflows."""
