"""What is the typical effect, and how much do effects of places differ?"""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist
from typing import Literal

import numpy as np
import numpy.typing as npt

from steps_analysis.errors import DataError, refusal
from steps_analysis.estimates import Estimate, FloatArray, check_level
from steps_analysis.referrals.count_checks import as_numbers, check_choice

HeterogeneityMethod = Literal["reml", "dersimonian_laird"]


@dataclass(frozen=True, slots=True, kw_only=True)
class CommonEffect:
    """
    A mean of effects of places.

    Attributes
    ----------
    effect
        The mean, on the scale the effects were given on.
    variance
        Of the true effects between places; 0 where they differ no more than by chance.
    q
        Weighted sum of squares about the mean (Cochran).
    q_p_value
        Its p-value: whether the effects differ at all.

    Examples
    --------
    >>> common_effect([0.0, 0.0], [1.0, 1.0]).variance
    0.0
    """

    effect: Estimate
    variance: float
    q: float
    q_p_value: float


def common_effect(
    effects: npt.ArrayLike,
    standard_errors: npt.ArrayLike,
    *,
    method: HeterogeneityMethod = "reml",
    level: float = 0.95,
) -> CommonEffect:
    """
    Average effects of places, such as log rate ratios, that may truly differ.

    Parameters
    ----------
    effects
        One per place, shape (n,).
    standard_errors
        Their standard errors, shape (n,), above 0.
    method
        How the variance between places is estimated: ``"reml"``, or
        ``"dersimonian_laird"`` (moments).
    level
        Confidence level, in (0, 1).

    Returns
    -------
    CommonEffect
        Mean with normal limits, variance between places. Not estimable with one place.

    Raises
    ------
    DataError
        If shapes differ, a value is missing, or a standard error is not above 0.
    ArgumentError
        If `method` or `level` breaks its rule.

    Notes
    -----
    Weights are ``1 / (standard_error**2 + variance)``. With few places the normal
    limits are too narrow. As ``metafor::rma(effects, sei = standard_errors)``.

    References
    ----------
    .. [1] DerSimonian, R. and Laird, N. (1986), Controlled Clinical Trials 7, 177-188.
    .. [2] Viechtbauer, W. (2005), Journal of Educational and Behavioral Statistics 30,
       261-293.

    Examples
    --------
    Effects 0 and 4, errors 1: Q = 8, one degree of freedom, (8 - 1) / 1 = 7.

    >>> result = common_effect([0, 4], [1, 1], method="dersimonian_laird")
    >>> result.effect.value, result.q, result.variance
    (2.0, 8.0, 7.0)
    """
    check_choice("method", method, ("reml", "dersimonian_laird"))
    check_level(level)
    y, v = _columns(effects, standard_errors)
    name = "REML" if method == "reml" else "DerSimonian-Laird"
    words = f"random effects, {name} variance, normal limits"
    if len(y) < 2:
        reason = "there is one place: how much effects differ is not known"
        missing = Estimate.missing(_MEASURE, reason, n=len(y), level=level)
        nan = math.nan
        return CommonEffect(effect=missing, variance=nan, q=nan, q_p_value=nan)
    variance = _moments(y, v)
    if method == "reml":
        variance = _reml(y, v)
    weight = 1 / (v + variance)
    mean, error = float(weight @ y / weight.sum()), float(weight.sum() ** -0.5)
    reach = NormalDist().inv_cdf((1 + level) / 2) * error
    effect = Estimate(
        measure=_MEASURE,
        value=mean,
        lower=mean - reach,
        upper=mean + reach,
        level=level,
        standard_error=error,
        p_value=math.erfc(abs(mean) / error / math.sqrt(2)),
        n=len(y),
        method=words,
        r_call=f'metafor::rma(effects, sei = se, method = "{_R_NAMES[method]}")',
    )
    q = _q(y, v)
    return CommonEffect(
        effect=effect, variance=variance, q=q, q_p_value=_tail(q, len(y) - 1)
    )


_MEASURE = "mean effect over places"
_R_NAMES = {"reml": "REML", "dersimonian_laird": "DL"}


def _columns(
    effects: npt.ArrayLike, standard_errors: npt.ArrayLike
) -> tuple[FloatArray, FloatArray]:
    """Refuse what are not effects with standard errors; give effects and variances."""
    y = as_numbers("effects", effects)
    errors = as_numbers("standard_errors", standard_errors)
    if y.ndim != 1 or not len(y):
        raise DataError(refusal("effects", "have one entry per place", y.shape))
    if errors.shape != y.shape:
        rule = "have one entry for each of `effects`"
        raise DataError(refusal("standard_errors", rule, errors.shape))
    if n_wrong := int(np.sum(~np.isfinite(y))):
        raise DataError(refusal("effects", "be finite", f"{n_wrong} that are not"))
    if n_wrong := int(np.sum(~(np.isfinite(errors) & (errors > 0)))):
        rule = "be finite and above 0"
        raise DataError(refusal("standard_errors", rule, f"{n_wrong} that are not"))
    return y, errors**2


def _q(y: FloatArray, v: FloatArray) -> float:
    """Give Cochran's weighted sum of squares."""
    weight = 1 / v
    return float(weight @ (y - weight @ y / weight.sum()) ** 2)


def _moments(y: FloatArray, v: FloatArray) -> float:
    """Estimate the variance between places from Cochran's sum of squares."""
    weight = 1 / v
    spread = float(weight.sum() - (weight**2).sum() / weight.sum())
    return max(0.0, (_q(y, v) - (len(y) - 1)) / spread)


def _reml(y: FloatArray, v: FloatArray) -> float:
    """Find the peak of the restricted likelihood."""
    from scipy.optimize import brentq

    def slope(variance: float) -> float:
        """Differentiate the restricted likelihood, times 2."""
        weight = 1 / (v + variance)
        total = float(weight.sum())
        mean = float(weight @ y) / total
        squares = float(weight**2 @ (y - mean) ** 2)
        return squares - total + float((weight**2).sum()) / total

    if slope(0.0) <= 0:
        return 0.0
    high = float(np.var(y)) + float(v.max())
    while slope(high) > 0:
        high *= 2
    return float(brentq(slope, 0.0, high, xtol=1e-14, rtol=1e-14))


def _tail(q: float, degrees: int) -> float:
    """Give the upper tail of the chi-squared distribution."""
    from scipy.special import chdtrc

    return float(chdtrc(degrees, q))
