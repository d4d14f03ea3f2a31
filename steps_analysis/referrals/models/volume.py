"""Which rates of referral go with which month, source and place?"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from steps_analysis.errors import ArgumentError, refusal
from steps_analysis.estimates import FloatArray, check_level
from steps_analysis.referrals.count_checks import check_choice
from steps_analysis.referrals.models.count_families import CountFamily
from steps_analysis.referrals.models.count_fit import (
    CountFit,
    fit_counts,
    fit_negative_binomial,
    theta_error,
)
from steps_analysis.referrals.models.random_sites import (
    SiteFit,
    SiteIntegral,
    fit_sites,
)
from steps_analysis.referrals.models.seasons import Season
from steps_analysis.referrals.models.serial_errors import newey_west
from steps_analysis.referrals.models.volume_columns import Rows, read_rows
from steps_analysis.referrals.models.volume_fit import VolumeFit, named_effects

VolumeFamily = Literal["poisson", "quasi_poisson", "negative_binomial", "binomial"]

MOST_POINTS = 100  # enough; from some 370 on the outermost weights are no floats


def volume_model(
    events: npt.ArrayLike | str,
    covariates: npt.ArrayLike | pd.DataFrame | None = None,
    exposure: npt.ArrayLike | str | None = None,
    *,
    family: VolumeFamily = "negative_binomial",
    season: Season | None = None,
    site: npt.ArrayLike | str | None = None,
    newey_west_lags: int | None = None,
    n_points: int = 15,
    level: float = 0.95,
    data: pd.DataFrame | None = None,
) -> VolumeFit:
    """
    Relate counts of referrals to season, source, place and whatever else is known.

    Parameters
    ----------
    events
        Counts, shape (n,); or a formula ``"referrals ~ source + trend"`` with `data`.
    covariates
        Numeric or dummy columns, shape (n,) or (n, p), or a table of them, without
        intercept; None for the intercept alone.
    exposure
        Person-years, shape (n,), above 0, or a column of `data`; None for 1 each. For
        ``"binomial"``, how many the events are out of.
    family
        ``"negative_binomial"``; ``"poisson"``; ``"quasi_poisson"``, Poisson with the
        variance scaled by Pearson's chi-squared; ``"binomial"``.
    season
        Waves over the year, for each source if named; needs `data`.
    site
        Places, shape (n,), or a column of `data`: each has a level of its own, drawn
        from a normal distribution on the logarithmic scale. None for none.
    newey_west_lags
        Limits that allow for dependence of rows up to so many rows back, rows being in
        the order of time; None for the model's own.
    n_points
        Points of the adaptive Gauss-Hermite quadrature over levels of places, 1
        (Laplace) to 100.
    level
        Confidence level, in (0, 1).
    data
        The table a formula speaks of.

    Returns
    -------
    VolumeFit
        Rate ratios with limits, dispersion, spread of places, expected counts. Not
        estimable without any event, with fewer rows than parameters, with columns that
        say the same, where no place has two rows, or where the likelihood rises for
        ever (a level of a covariate without events).

    Raises
    ------
    DataError
        If columns do not fit together, or hold missing or impossible values.
    ArgumentError
        If an option breaks its rule, or options exclude each other.

    Notes
    -----
    Log-linear in the covariates, with log exposure as offset; ``"binomial"`` is
    logistic. The negative binomial has variance ``mean + mean**2 / theta``; theta is at
    its maximum and held fixed in the standard errors, as in ``MASS::glm.nb``, and
    infinite, which is Poisson, where counts vary no more. With levels of places all
    parameters are at their joint maximum and the covariance is from their observed
    information, as in ``lme4::glmer`` and, for the negative binomial, ``glmmTMB``; a
    spread of 0 is on the boundary, and the fit is then the one without levels.

    ``lme4::glmer(nAGQ = 1)`` stops its inner iterations early: its likelihood and
    coefficients differ from the maximum of Laplace's approximation in the fourth digit.

    References
    ----------
    .. [1] McCullagh, P. and Nelder, J. A. (1989), Generalized Linear Models, 2nd
       edition, Chapman and Hall.
    .. [2] Lawless, J. F. (1987), Canadian Journal of Statistics 15, 209-225.
    .. [3] Pinheiro, J. C. and Bates, D. M. (1995), Journal of Computational and
       Graphical Statistics 4, 12-35.

    Examples
    --------
    Two months of 4 in 100 person-years, two of 8:

    >>> fit = volume_model([4, 4, 8, 8], [0, 0, 1, 1], [100] * 4, family="poisson")
    >>> round(fit.effects["x1"].value, 6), fit.expected.round(6).tolist()
    (2.0, [4.0, 4.0, 8.0, 8.0])
    """
    _check(family, site, newey_west_lags, n_points)
    check_level(level)
    rows = read_rows(
        events,
        covariates,
        exposure,
        site=site,
        season=season,
        is_binomial=family == "binomial",
        data=data,
    )
    words = _words(family, site is not None, n_points)
    if (reason := rows.refused()) is not None:
        return VolumeFit.missing(reason, n=rows.counts.n, method=words)
    plain = _plain(rows, family)
    if plain is None:
        return VolumeFit.missing(_NO_PEAK, n=rows.counts.n, method=words)
    how = _How(family=family, words=words, level=level)
    if site is None:
        return _without_sites(rows, plain, how, newey_west_lags)
    start = CountFamily(name="binomial" if family == "binomial" else "poisson")
    if family == "negative_binomial":
        start = CountFamily(name="negative_binomial", theta=10.0)
    found = fit_sites(SiteIntegral.of(rows.counts, rows.site, start, n_points), plain)
    if found is None:
        return VolumeFit.missing(_NO_PEAK, n=rows.counts.n, method=words)
    return _with_sites(rows, found, how, n_points)


_NO_PEAK = "the likelihood rises for ever (a level of a covariate without events)"
_NAMES = {
    "poisson": "Poisson model",
    "quasi_poisson": "quasi-Poisson model, t limits",
    "negative_binomial": "negative binomial model, variance mean + mean^2 / theta",
    "binomial": "logistic model",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _How:
    """Which model, in words, and the level of its limits."""

    family: VolumeFamily
    words: str
    level: float


def _check(family: str, site: object, lags: int | None, n_points: int) -> None:
    """Refuse options that break their rule, or exclude each other."""
    check_choice("family", family, tuple(_NAMES))
    _check_whole("n_points", n_points, 1, MOST_POINTS)
    if lags is not None:
        _check_whole("newey_west_lags", lags, 0, 10_000)
    if site is not None and family == "quasi_poisson":
        rule = "not be quasi_poisson with `site`, which needs a likelihood"
        raise ArgumentError(refusal("family", rule, family))
    if lags is not None and (site is not None or family == "quasi_poisson"):
        rule = "be None with `site`, and with family quasi_poisson"
        raise ArgumentError(refusal("newey_west_lags", rule, lags))


def _check_whole(name: str, value: object, least: int, most: int) -> None:
    """Refuse what is no whole number within bounds."""
    whole = isinstance(value, int | np.integer) and not isinstance(value, bool)
    if not whole or not least <= int(value) <= most:  # type: ignore[call-overload]
        rule = f"be a whole number from {least} to {most}"
        raise ArgumentError(refusal(name, rule, value))


def _words(family: VolumeFamily, has_sites: bool, n_points: int) -> str:
    """Name the model."""
    if not has_sites:
        return _NAMES[family]
    points = f"{n_points} points" if n_points > 1 else "1 point (Laplace)"
    return f"{_NAMES[family]}, normal level of each site, adaptive quadrature, {points}"


def _plain(rows: Rows, family: VolumeFamily) -> CountFit | None:
    """Fit the model without levels of places."""
    if family == "negative_binomial":
        return fit_negative_binomial(rows.counts)
    name: Literal["binomial", "poisson"] = (
        "binomial" if family == "binomial" else "poisson"
    )
    return fit_counts(rows.counts, CountFamily(name=name))


def _dispersion(rows: Rows, family: CountFamily, predictor: FloatArray) -> float:
    """Give Pearson's chi-squared over its degrees of freedom."""
    counts = rows.counts
    degrees = counts.n - counts.design.shape[1]
    mean = family.mean(counts.exposure, predictor)
    variance = family.information(counts.exposure, predictor)
    if family.name == "negative_binomial":
        variance = mean * (1 + mean / family.theta)
    squares = float(np.sum((counts.events - mean) ** 2 / variance))
    return squares / degrees if degrees > 0 else math.nan


def _without_sites(rows: Rows, fit: CountFit, how: _How, lags: int | None) -> VolumeFit:
    """Give the result of a model without levels of places."""
    covariance, degrees, words = fit.covariance, math.inf, how.words
    dispersion = _dispersion(rows, fit.family, fit.predictor)
    if how.family == "quasi_poisson":
        if not dispersion > 0:
            reason = "there is no scatter left to scale the limits by"
            return VolumeFit.missing(reason, n=rows.counts.n, method=words)
        degrees = float(rows.counts.n - rows.counts.design.shape[1])
        covariance = dispersion * covariance
    if lags is not None:
        covariance = newey_west(rows.counts, fit, lags=lags)
        words += f", Newey-West limits, lags up to {lags}"
    if how.family == "negative_binomial" and math.isinf(fit.family.theta):
        words += "; counts vary no more than Poisson counts: theta is infinite"
    return VolumeFit(
        effects=named_effects(
            rows.names,
            fit.coefficients,
            covariance,
            degrees_of_freedom=degrees,
            measure="odds" if how.family == "binomial" else "rate",
            n=int(rows.counts.events.sum()),
            method=words,
            level=how.level,
        ),
        coefficients=fit.coefficients,
        covariance=covariance,
        dispersion=dispersion,
        theta=fit.family.theta,
        theta_standard_error=theta_error(rows.counts, fit),
        site_standard_deviation=math.nan,
        log_likelihood=math.nan
        if how.family == "quasi_poisson"
        else fit.log_likelihood,
        expected=fit.expected(rows.counts),
        n=rows.counts.n,
        n_sites=0,
        has_converged=True,
        method=words,
        r_call=_R_CALLS[how.family],
    )


def _with_sites(rows: Rows, fit: SiteFit, how: _How, n_points: int) -> VolumeFit:
    """Give the result of a model with levels of places."""
    words = how.words
    if fit.standard_deviation == 0:
        words += "; sites differ no more than by chance: their spread is 0, on the"
        words += " boundary, and limits are those of the model without it"
    if how.family == "negative_binomial" and math.isinf(fit.family.theta):
        words += "; counts of a site vary no more than Poisson counts"
    predictor = rows.counts.design @ fit.coefficients + fit.levels[rows.site]
    levels = dict(zip(rows.sites, map(float, fit.levels), strict=True))
    package = "glmmTMB::glmmTMB" if how.family == "negative_binomial" else "lme4::glmer"
    return VolumeFit(
        effects=named_effects(
            rows.names,
            fit.coefficients,
            fit.covariance,
            degrees_of_freedom=math.inf,
            measure="odds" if how.family == "binomial" else "rate",
            n=int(rows.counts.events.sum()),
            method=words,
            level=how.level,
        ),
        coefficients=fit.coefficients,
        covariance=fit.covariance,
        dispersion=_dispersion(rows, fit.family, predictor),
        theta=fit.family.theta,
        theta_standard_error=math.nan,
        site_standard_deviation=fit.standard_deviation,
        site_levels=levels,
        log_likelihood=fit.log_likelihood,
        expected=fit.family.mean(rows.counts.exposure, predictor),
        n=rows.counts.n,
        n_sites=len(rows.sites),
        has_converged=True,
        method=words,
        r_call=f"{package}(events ~ covariates + (1 | site), "
        f"{_R_FAMILIES[how.family]}"
        + (f", nAGQ = {n_points})" if package.startswith("lme4") else ")"),
    )


_R_CALLS = {
    "poisson": "glm(events ~ covariates + offset(log(exposure)), poisson)",
    "quasi_poisson": "glm(events ~ covariates + offset(log(exposure)), quasipoisson)",
    "negative_binomial": "MASS::glm.nb(events ~ covariates + offset(log(exposure)))",
    "binomial": "glm(cbind(events, exposure - events) ~ covariates, binomial)",
}
_R_FAMILIES = {
    "poisson": "poisson, offset = log(exposure)",
    "negative_binomial": "nbinom2, offset = log(exposure)",
    "binomial": "binomial, weights = exposure",
}
