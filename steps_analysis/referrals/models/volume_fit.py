"""What does a model of referral counts say?"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np

from steps_analysis.estimates import Estimate, FloatArray


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class VolumeFit:
    """
    A fitted model of referral counts.

    Attributes
    ----------
    effects
        Name of each covariate to its rate ratio (odds ratio for a binomial model) with
        limits; ``"(Intercept)"`` to the rate (odds) where all covariates are 0.
    coefficients
        Their logarithms, shape (p,), in the order of `effects`.
    covariance
        Of the coefficients, shape (p, p).
    dispersion
        Pearson's chi-squared over its degrees of freedom, levels of places taken as
        known; NaN without degrees of freedom.
    theta
        Shape of the negative binomial; infinite where there is no over-dispersion.
    theta_standard_error
        Coefficients held fixed; NaN for other models, and with levels of places.
    site_standard_deviation
        Of the levels of places on the logarithmic scale; 0 on the boundary, where
        places differ no more than by chance; NaN without levels of places.
    site_levels
        Most likely level of each place, in alphabetical order.
    log_likelihood
        With all constants; NaN for a quasi-Poisson model.
    expected
        Expected count of each row, shape (n,), the level of its place included.
    n, n_sites
        Rows, and places with a level (0 without).
    has_converged
        Whether the maximum was found.
    method
        Which model, limits and boundary.
    not_estimable
        None, or the reason why there is no fit.
    r_call
        The R call that should reproduce it, where there is one.

    Examples
    --------
    >>> VolumeFit.missing("there are no referrals", n=2, method="").has_converged
    False
    """

    effects: dict[str, Estimate]
    coefficients: FloatArray
    covariance: FloatArray
    dispersion: float
    theta: float
    theta_standard_error: float
    site_standard_deviation: float
    site_levels: dict[str, float] = field(default_factory=dict)
    log_likelihood: float
    expected: FloatArray
    n: int
    n_sites: int
    has_converged: bool
    method: str
    not_estimable: str | None = None
    r_call: str | None = None

    @classmethod
    def missing(cls, reason: str, *, n: int, method: str) -> VolumeFit:
        """
        Say that there is no fit, and why.

        Parameters
        ----------
        reason
            Why, worded to follow "not estimable because".
        n
            How many rows there are.
        method
            Which model.

        Returns
        -------
        VolumeFit
            One without effects, whose numbers are NaN.
        """
        nan = math.nan
        return cls(
            effects={},
            coefficients=np.empty(0),
            covariance=np.empty((0, 0)),
            dispersion=nan,
            theta=nan,
            theta_standard_error=nan,
            site_standard_deviation=nan,
            log_likelihood=nan,
            expected=np.full(n, nan),
            n=n,
            n_sites=0,
            has_converged=False,
            method=method,
            not_estimable=reason,
        )


def named_effects(
    names: tuple[str, ...],
    coefficients: FloatArray,
    covariance: FloatArray,
    *,
    degrees_of_freedom: float,
    measure: str,
    n: int,
    method: str,
    level: float,
) -> dict[str, Estimate]:
    """
    Turn coefficients into ratios with limits.

    Parameters
    ----------
    names
        Of the coefficients, the intercept first.
    coefficients
        On the logarithmic scale, shape (p,).
    covariance
        Shape (p, p).
    degrees_of_freedom
        Of the t distribution of the limits; infinite for normal ones.
    measure
        ``"rate"`` or ``"odds"``.
    n
        How many referrals they rest on.
    method
        Which model.
    level
        Confidence level, in (0, 1).

    Returns
    -------
    dict
        Name to estimate; the intercept's has no p-value.

    Examples
    --------
    >>> effects = named_effects(("(Intercept)",), np.zeros(1), np.eye(1), n=1,
    ...     degrees_of_freedom=np.inf, measure="rate", method="", level=0.95)
    >>> effects["(Intercept)"].value, round(effects["(Intercept)"].upper, 3)
    (1.0, 7.099)
    """
    from scipy import special

    errors = np.sqrt(np.maximum(np.diag(covariance), 0.0))
    quantile = float(special.stdtrit(degrees_of_freedom, (1 + level) / 2))
    effects = {}
    for j, name in enumerate(names):
        beta, error = float(coefficients[j]), float(errors[j])
        tail = special.stdtr(degrees_of_freedom, -abs(beta) / error) if error else 0.0
        ends = [_ratio(beta + sign * quantile * error) for sign in (-1, 1)]
        effects[name] = Estimate(
            measure=f"{measure} ratio: {name}" if j else measure,
            value=_ratio(beta),
            lower=ends[0],
            upper=ends[1],
            level=level,
            standard_error=error,
            p_value=2 * float(tail) if j else math.nan,
            n=n,
            method=method,
        )
    return effects


def _ratio(logarithm: float) -> float:
    """Take the exponential, without running over."""
    return math.exp(min(max(logarithm, -700.0), 700.0))
