"""
Given what else differs, how much longer does one arm stay free of the event?

Regression of the time up to a horizon on arm and covariates, with the censored weighted
away (Tian, Zhao and Wei).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from steps_analysis.estimates import (
    BoolArray,
    Estimate,
    FloatArray,
    IntArray,
    check_level,
)
from steps_analysis.formulas import MissingPolicy
from steps_analysis.outcomes.columns import Groups, as_groups, check_choice
from steps_analysis.outcomes.doors import Read, read_columns
from steps_analysis.outcomes.survival.censoring_weights import (
    censoring_weights,
    score_influence,
)
from steps_analysis.outcomes.survival.design_columns import (
    independent_columns,
    numeric_columns,
    spread,
)
from steps_analysis.outcomes.survival.kaplan_meier import follow_up
from steps_analysis.outcomes.survival.restricted_arm import (
    check_horizon,
    horizon_reason,
)
from steps_analysis.outcomes.survival.restricted_contrast import (
    MEASURES,
    Contrast,
    reference_code,
)
from steps_analysis.outcomes.wald import position_of, wald_estimate, wald_ratio


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RestrictedMeanFit:
    """
    A fitted model of the restricted mean.

    Attributes
    ----------
    names
        ``"intercept"``, ``"arm"``, then the covariates; p of them.
    coefficients
        On the identity scale for a difference, else on the log scale, shape (p,); NaN
        for a covariate left out, and for all where `not_estimable` says why.
    covariance
        Sandwich covariance, shape (p, p).
    contrast
        ``"difference"``, ``"ratio"`` or ``"ratio of time lost"``.
    horizon
        The horizon.
    n
        Participants.
    dropped
        Covariates left out, being constant or determined by those before them.
    method
        Model and options; it names the arms.
    not_estimable
        None, or why there is no fit.

    Examples
    --------
    >>> time, event = [1.0, 2, 3, 4, 1, 4, 4, 4], [1, 1, 1, 0, 1, 0, 0, 0]
    >>> arm, age = ["MAU"] * 4 + ["MST-PSB"] * 4, [11, 12, 13, 14] * 2
    >>> fit = restricted_mean_model(time, event, arm, age, horizon=4)
    >>> round(fit.effect().value, 6)
    0.75
    """

    names: tuple[str, ...]
    coefficients: FloatArray
    covariance: FloatArray
    contrast: Contrast
    horizon: float
    n: int
    dropped: tuple[str, ...]
    method: str
    not_estimable: str | None

    @property
    def standard_error(self) -> FloatArray:
        """
        Give the standard errors of the coefficients.

        Returns
        -------
        numpy.ndarray
            Shape (p,).
        """
        # a variance of nothing may be computed as a little less
        error: FloatArray = np.sqrt(np.maximum(np.diag(self.covariance), 0.0))
        return error

    def effect(self, *, level: float = 0.95) -> Estimate:
        """
        Give the adjusted contrast of the arms.

        Parameters
        ----------
        level
            Confidence level, in (0, 1).

        Returns
        -------
        Estimate
            A difference, or a ratio with its limits made on the log scale.
        """
        return self.estimate("arm", level=level)

    def estimate(self, name: str, *, level: float = 0.95) -> Estimate:
        """
        Give one term of the model.

        Parameters
        ----------
        name
            One of `names`.
        level
            Confidence level, in (0, 1).

        Returns
        -------
        Estimate
            The coefficient, or its exponential for a ratio; normal limits.

        Raises
        ------
        ArgumentError
            If no term has that name.
        """
        check_level(level)
        j = position_of(name, self.names)
        what = "" if name == "arm" else f", {name}"
        measure = f"adjusted {MEASURES[self.contrast]}, horizon {self.horizon:g}{what}"
        reason = self.not_estimable
        if name in self.dropped:
            reason = reason or f"{name} is constant or determined by those before it"
        if not reason and not self.standard_error[j] > 0:
            reason = "times do not vary with it"
        if reason:
            return Estimate.missing(
                measure, reason, n=self.n, level=level, method=self.method
            )
        value, se = float(self.coefficients[j]), float(self.standard_error[j])
        r_call = (
            f"survRM2::rmst2(time, event, arm, tau = {self.horizon:g}, "
            f"covariates = covariates, alpha = {1 - level:g})"
        )
        answer = wald_estimate if self.contrast == "difference" else wald_ratio
        return answer(
            measure,
            value,
            se,
            level=level,
            n=self.n,
            method=self.method,
            r_call=r_call,
        )


def restricted_mean_model(
    time: npt.ArrayLike | str,
    event: npt.ArrayLike | None = None,
    arm: npt.ArrayLike | None = None,
    covariates: npt.ArrayLike | pd.DataFrame | None = None,
    *,
    horizon: float,
    contrast: Contrast = "difference",
    reference: object = None,
    missing: MissingPolicy = "refuse",
    data: pd.DataFrame | None = None,
) -> RestrictedMeanFit:
    """
    Regress the time free of the event up to a horizon on arm and covariates.

    Parameters
    ----------
    time
        End of follow-up, shape (n,); or a formula ``"time + event ~ arm"`` with `data`.
    event
        True or 1 where follow-up ended in the event, shape (n,).
    arm
        Arm labels, shape (n,), two of them.
    covariates
        Numeric columns, shape (n,) or (n, p), or a table of them; with `data`, a list
        of its columns will do.
    horizon
        End of the mean, above 0, on the scale of `time`.
    contrast
        ``"difference"`` models the mean itself, ``"ratio"`` its logarithm, and
        ``"ratio of time lost"`` that of the mean time lost.
    reference
        The arm coded 0; by default the first in sorted order.
    missing
        ``"refuse"`` rows with missing values, or ``"drop"`` them and count them.
    data
        The table a formula speaks of.

    Returns
    -------
    RestrictedMeanFit
        Coefficients and sandwich covariance. Not estimable where an arm was not
        followed to the horizon, nobody lost time, or a ratio has no finite estimate.

    Raises
    ------
    ArgumentError
        If an option is unknown, there are more than two arms, or `reference` is none
        of them.
    DataError
        If the columns do not fit together, or hold missing or impossible values.

    Notes
    -----
    As R's ``survRM2::rmst2`` with ``covariates``. Times known up to the horizon are
    weighted by the inverse of the Kaplan-Meier probability of not having been censored,
    estimated in each arm; the sandwich takes the estimation of the weights into
    account. Events come before censorings at the same time, so the probability is that
    just before each time and a constant model gives the area under the Kaplan-Meier
    curve; ``survRM2`` takes the probability at each time, which differs where an event
    and a censoring of one arm share a time.

    References
    ----------
    .. [1] Tian, L., Zhao, L. and Wei, L. J. (2014), Biostatistics 15, 222-233.

    Examples
    --------
    >>> time, event = [1.0, 2, 3, 4, 1, 4, 4, 4], [1, 1, 1, 0, 1, 0, 0, 0]
    >>> arm, age = ["MAU"] * 4 + ["MST-PSB"] * 4, [11, 12, 13, 14] * 2
    >>> restricted_mean_model(time, event, arm, age, horizon=4).names
    ('intercept', 'arm', 'column 1')
    """
    check_choice("contrast", contrast, tuple(MEASURES))
    given = {"time": time, "event": event, "arm": arm, "covariates": covariates}
    read = read_columns(given, right="arm", data=data, missing=missing)
    stop, is_event, _ = follow_up(read.columns)
    arms = as_groups(read.columns["arm"], n=read.n)
    end, base = check_horizon(horizon), reference_code(arms, reference)
    x, own_names = numeric_columns(read, covariates)
    names = ("intercept", "arm", *own_names)
    design = np.column_stack([np.ones(read.n), arms.code != base, x])
    reason = horizon_reason(stop, is_event, arms, end)
    kept = independent_columns(design)
    if reason is None and 1 not in kept:
        reason = "only one arm has participants"
    beta, covariance = np.full(len(kept), np.nan), np.full((len(kept),) * 2, np.nan)
    if reason is None:
        problem = _Problem(
            response=np.minimum(stop, end),
            known=is_event | (stop >= end),
            arm=arms.code,
            design=design[:, kept],
            horizon=end,
        )
        solved = problem.solve(contrast)
        if isinstance(solved, str):
            reason = solved
        else:
            beta, covariance = solved
    return RestrictedMeanFit(
        names=names,
        coefficients=spread(beta, kept, len(names)),
        covariance=spread(covariance, kept, len(names)),
        contrast=contrast,
        horizon=end,
        n=read.n,
        dropped=tuple(name for j, name in enumerate(names) if j not in kept),
        method=_words(arms, base, contrast, read),
        not_estimable=reason,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Problem:
    """Times up to the horizon, who is known, arms, and the design."""

    response: FloatArray
    known: BoolArray
    arm: IntArray
    design: FloatArray
    horizon: float

    def solve(self, contrast: str) -> tuple[FloatArray, FloatArray] | str:
        """Give coefficients and covariance, or say why there are none."""
        if np.all(self.response == self.horizon):
            return "nobody had the event before the horizon"
        if len(self.response) <= self.design.shape[1]:
            return "there are no more participants than coefficients"
        beta = self._coefficients(contrast)
        if beta is None:
            return "a ratio of the model is nil or without bound"
        covariance = self._covariance(beta, contrast)
        if not covariance[1, 1] > 1e-20:
            return "times do not vary within arms"
        return beta, covariance

    def _target(self, contrast: str) -> FloatArray:
        """Give what is modelled: time free, or time lost."""
        lost = contrast == "ratio of time lost"
        return self.horizon - self.response if lost else self.response

    def _weights(self) -> FloatArray:
        """Weight the known by one over the probability of being known, by arm."""
        weights = np.zeros(len(self.response))
        for code in np.unique(self.arm):
            own = self.arm == code
            weights[own] = censoring_weights(self.response[own], self.known[own])
        return weights

    def _coefficients(self, contrast: str) -> FloatArray | None:
        """Solve the weighted score equation; None where it has no solution."""
        x, y, weights = self.design, self._target(contrast), self._weights()
        if contrast != "difference":
            return _log_linear(x, y, weights)
        root = np.sqrt(weights)
        solved = np.linalg.lstsq(x * root[:, None], y * root, rcond=None)[0]
        return np.asarray(solved, dtype=np.float64)

    def _covariance(self, beta: FloatArray, contrast: str) -> FloatArray:
        """Give the sandwich, the weights being estimated."""
        x, y = self.design, self._target(contrast)
        fitted, slope = x @ beta, np.ones(len(y))
        if contrast != "difference":
            fitted = slope = np.exp(fitted)
        scores = x * (self._weights() * (y - fitted))[:, None]
        for code in np.unique(self.arm):
            own = self.arm == code
            scores[own] = score_influence(
                self.response[own], self.known[own], scores[own]
            )
        bread = np.linalg.pinv((x * slope[:, None]).T @ x)
        return np.asarray(bread @ (scores.T @ scores) @ bread, dtype=np.float64)


def _log_linear(x: FloatArray, y: FloatArray, weights: FloatArray) -> FloatArray | None:
    """Solve the weighted log-linear score equation; None where it has no solution."""
    spread = np.maximum(np.abs(x).max(axis=0), 1e-300)
    z = x / spread
    beta, total = np.zeros(x.shape[1]), float(weights @ y)
    if not total > 0:
        return None
    beta[0] = math.log(total / float(weights.sum()))
    for _ in range(60):
        fitted = np.exp(np.clip(z @ beta, -700, 700))
        score = z.T @ (weights * (y - fitted))
        hessian = (z * (weights * fitted)[:, None]).T @ z
        step = np.linalg.lstsq(hessian, score, rcond=None)[0]
        beta = beta + step * min(1.0, 2.0 / max(float(np.abs(z @ step).max()), 1e-300))
        if np.abs(step).max() < 1e-11:
            seen = fitted[weights > 0]
            return beta / spread if seen.min() > 1e-8 * seen.max() else None
    return None


def _words(arms: Groups, base: int, contrast: str, read: Read) -> str:
    """Say which model, and which arm is compared with which."""
    other = arms.labels[1 - base] if len(arms.labels) == 2 else "nobody"
    between = "minus" if contrast == "difference" else "over"
    return (
        "regression of the restricted time weighted for censoring by arm"
        f"{read.note}; {other} {between} {arms.labels[base]}"
    )
