"""
What is the effect on those who take the treatment up if, and only if, offered it?

Allocation is the instrument: the difference it makes to the outcome, over the
difference it makes to the treatment received.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import numpy.typing as npt
import pandas as pd

from steps_analysis.errors import ArgumentError, refusal
from steps_analysis.estimates import Estimate, FloatArray, check_level
from steps_analysis.formulas import MissingPolicy
from steps_analysis.outcomes.columns import (
    as_binary,
    as_groups,
    as_numbers,
    check_choice,
)
from steps_analysis.outcomes.distributions import normal_p_value, normal_quantile
from steps_analysis.outcomes.doors import read_columns

ComplierMethod = Literal["anderson-rubin", "delta"]

_WORDS = {
    "anderson-rubin": "Anderson-Rubin limits",
    "delta": "delta method",
}


def complier_average_effect(
    outcome: npt.ArrayLike | str,
    arm: npt.ArrayLike | None = None,
    received: npt.ArrayLike | str | None = None,
    *,
    method: ComplierMethod = "anderson-rubin",
    reference: object = None,
    level: float = 0.95,
    missing: MissingPolicy = "refuse",
    data: pd.DataFrame | None = None,
) -> Estimate:
    """
    Estimate the complier average causal effect.

    Parameters
    ----------
    outcome
        True or 1 where the participant had the event, or a number such as a score,
        shape (n,); or a formula ``"outcome ~ arm"`` with `data`.
    arm
        Arm labels, shape (n,).
    received
        True or 1 where the participant received the treatment, whatever the arm, shape
        (n,); or the name of its column of `data`.
    method
        Limits: ``"anderson-rubin"`` (the effects whose own test of no difference
        between the arms is not rejected, Fieller's limits of the ratio), right also
        where few take the offer up; or ``"delta"``, symmetric, and misleading there.
    reference
        The arm to which the treatment was not offered; by default the first in sorted
        order.
    level
        Confidence level, in (0, 1).
    missing
        ``"refuse"`` rows with missing values, or ``"drop"`` them and count them.
    data
        The table a formula speaks of.

    Returns
    -------
    Estimate
        Difference of the mean outcome (of the risk, if it is binary) among compliers.
        Its p-value is that of the arms' difference for ``"anderson-rubin"``, Wald's for
        ``"delta"``. Not estimable where an arm is empty, where the offer did not make
        receiving the treatment likelier, where the outcome does not vary, or, for
        ``"anderson-rubin"``, where the offer changed too little for bounded limits.

    Raises
    ------
    ArgumentError
        If an option is unknown, or there are more than two arms.
    DataError
        If the columns do not fit together, or values are missing.

    Notes
    -----
    With D the arms' difference of the outcome, U that of the share treated, the effect
    is D / U (Wald's; Bloom's where nobody of the reference arm is treated). The delta
    method takes the variance of outcome - effect * received within arms, over U². The
    Anderson-Rubin limits solve (D - e U)² = z² (V_D - 2 e C + e² V_U), variances and
    covariance within arms; where U² does not exceed z² V_U the set has no bounds. For
    granted: the offer acts only through the treatment, and nobody is kept from the
    treatment by being offered it.

    References
    ----------
    .. [1] Imbens, G. W. and Angrist, J. D. (1994), Econometrica 62, 467-475.
    .. [2] Bloom, H. S. (1984), Evaluation Review 8, 225-246.
    .. [3] Anderson, T. W. and Rubin, H. (1949), Annals of Mathematical Statistics 20,
       46-63.

    Examples
    --------
    Half of those offered it receive it, and the offer lowers the risk by a quarter.

    >>> arm = ["offered"] * 4 + ["not"] * 4
    >>> happened = [0, 0, 0, 1, 1, 1, 0, 0]
    >>> received = [1, 1, 0, 0, 0, 0, 0, 0]
    >>> complier_average_effect(happened, arm, received, method="delta").value
    -0.5
    """
    check_choice("method", method, get_args(ComplierMethod))
    check_level(level)
    given = {"outcome": outcome, "arm": arm, "received": received}
    for name in ("received",) if isinstance(outcome, str) else ("arm", "received"):
        if given[name] is None:
            raise ArgumentError(refusal(name, "be given", None))
    read = read_columns(
        given, right="arm", data=data, missing=missing, responses=("outcome",)
    )
    kept = read.columns
    value = as_numbers("outcome", kept["outcome"])
    treated = as_binary("received", kept["received"]).astype(np.float64)
    arms = as_groups(kept["arm"], n=len(value))
    if len(arms.labels) > 2:
        rule = "have two labels to contrast"
        raise ArgumentError(refusal("arm", rule, len(arms.labels)))
    first = arms.labels[0] if reference is None else reference
    base = arms.position(first, name="reference")
    is_binary = bool(np.isin(value, (0, 1)).all())
    blank = Estimate.missing(
        f"complier {'risk' if is_binary else 'mean'} difference",
        "only one arm has participants",
        n=len(value),
        level=level,
        method=f"Wald's instrumental-variable estimator, {_WORDS[method]}"
        f"; reference {first}{read.note}",
    )
    if len(arms.labels) < 2:
        return blank
    means = _Means.of(value, treated, arms.code != base)
    return _answer(means, method, blank)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Means:
    """Differences between the arms, and their covariance within arms."""

    outcome: float
    uptake: float
    outcome_variance: float
    uptake_variance: float
    covariance: float

    @classmethod
    def of(
        cls, outcome: FloatArray, treated: FloatArray, offered: npt.NDArray[np.bool_]
    ) -> _Means:
        """Compare those offered the treatment with the others."""
        gaps, spread = np.zeros(2), np.zeros((2, 2))
        for own, sign in ((offered, 1.0), (~offered, -1.0)):
            both = np.column_stack([outcome[own], treated[own]])
            gaps += sign * both.mean(axis=0)
            spread += np.cov(both.T, bias=True) / len(both)
        return cls(
            outcome=float(gaps[0]),
            uptake=float(gaps[1]),
            outcome_variance=float(spread[0, 0]),
            uptake_variance=float(spread[1, 1]),
            covariance=float(spread[0, 1]),
        )

    def variance(self, effect: float) -> float:
        """Give the variance of the arms' difference of outcome less effect."""
        mixed = self.outcome_variance - 2 * effect * self.covariance
        return max(mixed + effect**2 * self.uptake_variance, 0.0)


def _answer(means: _Means, method: str, blank: Estimate) -> Estimate:
    """Give the effect with its limits, or say why there is none."""
    if means.uptake <= 1e-12:
        return _without(blank, _NO_UPTAKE)
    effect = means.outcome / means.uptake
    error = math.sqrt(means.variance(effect)) / means.uptake
    if error <= 1e-12 * max(1.0, abs(effect)):
        return _without(blank, "the outcome does not vary within the arms")
    z = normal_quantile(blank.level)
    lower, upper = effect - z * error, effect + z * error
    p_value = normal_p_value(effect / error)
    if method == "anderson-rubin":
        if means.uptake**2 <= z**2 * means.uptake_variance * (1 + 1e-12):
            return _without(blank, _TOO_WEAK)
        lower, upper = _fieller(means, z)
        null = math.sqrt(means.variance(0.0))
        p_value = normal_p_value(means.outcome / null) if null else math.nan
    return Estimate(
        measure=blank.measure,
        value=effect,
        lower=lower,
        upper=upper,
        standard_error=error,
        p_value=p_value,
        level=blank.level,
        n=blank.n,
        method=blank.method,
        r_call=_R_CALL if method == "delta" else None,
    )


_R_CALL = 'sandwich::vcovHC(ivreg::ivreg(outcome ~ received | arm), type = "HC0")'
_NO_UPTAKE = "being offered the treatment did not make starting it likelier"
_TOO_WEAK = (
    "being offered the treatment changed who received it too little for its limits to "
    "have bounds"
)


def _fieller(means: _Means, z: float) -> tuple[float, float]:
    """Solve (D - e U)² = z² (V_D - 2 e C + e² V_U) for e."""
    a = means.uptake**2 - z**2 * means.uptake_variance
    b = means.outcome * means.uptake - z**2 * means.covariance
    c = means.outcome**2 - z**2 * means.outcome_variance
    reach = math.sqrt(max(b * b - a * c, 0.0))
    return (b - reach) / a, (b + reach) / a


def _without(blank: Estimate, reason: str) -> Estimate:
    """Say why there is no effect."""
    return Estimate.missing(
        blank.measure, reason, n=blank.n, level=blank.level, method=blank.method
    )
