"""How fast do sites recruit, and how much do they differ from one another?"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from steps_analysis.errors import DataError, refusal
from steps_analysis.estimates import Estimate, FloatArray, check_level
from steps_analysis.referrals.count_checks import check_pair
from steps_analysis.referrals.recruitment.likelihood import (
    Counts,
    best_mean_rate,
    log_likelihood,
    variation_score,
)

_SCAN = np.geomspace(1e-4, 1e2, 121)  # squared coefficients of variation looked at
_NOBODY = "nobody has been recruited"
_NOT_OPEN = "no site has been open"


@dataclass(frozen=True, slots=True, kw_only=True)
class RecruitmentRates:
    """
    The most likely law of the sites' rates.

    Attributes
    ----------
    alpha, beta
        Shape and rate (in months) of the gamma law of the sites' monthly rates; NaN
        where sites differ no more than chance, or nothing can be said.
    mean_rate
        Mean rate, in recruits per site and month, with limits on the log scale.
    variation
        Coefficient of variation of the rates between sites, ``1 / sqrt(alpha)``, 0
        where they differ no more than chance, with profile-likelihood limits.
    log_likelihood
        Of the counts, at its maximum; NaN where nobody has been recruited.
    n_sites
        How many sites have been open.

    Examples
    --------
    >>> from steps_analysis.referrals import recruitment_rates
    >>> recruitment_rates([4, 4], [2, 2]).mean_rate.value
    2.0
    """

    alpha: float
    beta: float
    mean_rate: Estimate
    variation: Estimate
    log_likelihood: float
    n_sites: int


def recruitment_rates(
    recruited: npt.ArrayLike, months_open: npt.ArrayLike, *, level: float = 0.95
) -> RecruitmentRates:
    """
    Estimate the rates of sites that have been open for different lengths of time.

    Parameters
    ----------
    recruited
        Recruits of each site so far, shape (n,); whole numbers, at least 0.
    months_open
        Months each site has been open so far, shape (n,); 0 for a site not yet open.
    level
        Confidence level, in (0, 1).

    Returns
    -------
    RecruitmentRates
        Maximum likelihood estimates. Not estimable before the first recruit; the
        variation not with fewer than two sites open.

    Raises
    ------
    DataError
        If arrays differ in shape, hold no counts or months, or a site has recruits and
        has not been open.
    ArgumentError
        If `level` lies outside (0, 1).

    Notes
    -----
    A site recruits by a Poisson process whose rate is drawn from a gamma law with shape
    `alpha` and rate `beta` [1]_, so its count is negative binomial with mean
    ``months_open * alpha / beta`` and ``theta = alpha``. The fit is that of R's
    ``MASS::glm.nb`` with the logarithm of the months as offset, ``beta = theta / mean
    rate``; its standard error, too, holds theta fixed. Where the likelihood is highest
    at no variation (``glm.nb`` warns and stops at some large theta), sites have one
    common rate.

    References
    ----------
    .. [1] Anisimov, V. V. and Fedorov, V. V. (2007), Statistics in Medicine 26,
       4958-4975.

    Examples
    --------
    Twelve recruits in six site-months, and sites alike:

    >>> rates = recruitment_rates([2, 4, 6], [1, 2, 3])
    >>> rates.mean_rate.value, rates.variation.value
    (2.0, 0.0)
    """
    check_level(level)
    counts = site_counts(recruited, months_open)
    n_sites = int(np.count_nonzero(counts.months > 0))
    if not counts.recruited.sum():
        return _nothing_known(_NOBODY if n_sites else _NOT_OPEN, n_sites, level)
    squared = most_likely_variation(counts)
    mean = float(best_mean_rate(counts, squared))
    alpha = 1 / squared if squared else math.nan
    return RecruitmentRates(
        alpha=alpha,
        beta=alpha / mean,
        mean_rate=_mean_rate(counts, mean, squared, n_sites, level),
        variation=_variation(counts, squared, n_sites, level),
        log_likelihood=float(log_likelihood(counts, mean, squared)),
        n_sites=n_sites,
    )


def site_counts(recruited: npt.ArrayLike, months_open: npt.ArrayLike) -> Counts:
    """
    Check the counts of sites and the months they were open.

    Parameters
    ----------
    recruited, months_open
        As for `recruitment_rates`.

    Returns
    -------
    Counts
        The two, checked, of every site.

    Raises
    ------
    DataError
        If they break their rules, or there is no site.
    """
    events, exposure = check_pair(recruited, months_open)
    if events.ndim != 1 or not events.size:
        raise DataError(refusal("recruited", "have one entry per site", events.shape))
    return Counts(recruited=events, months=exposure)


def most_likely_variation(counts: Counts) -> float:
    """
    Find the squared coefficient of variation at which the counts are most likely.

    Parameters
    ----------
    counts
        Of the sites, with at least one recruit.

    Returns
    -------
    float
        ``1 / alpha``; 0 where sites differ no more than chance, or only one was open.
    """
    from scipy import optimize

    if np.count_nonzero(counts.months > 0) < 2:
        return 0.0
    at = np.concatenate([[0.0], _SCAN])
    best = int(np.argmax(log_likelihood(counts, best_mean_rate(counts, at), at)))
    low, high = at[max(best - 1, 0)], at[min(best + 1, len(at) - 1)]

    def slope(squared: float) -> float:
        mean = best_mean_rate(counts, squared)
        return float(variation_score(counts, mean, squared))

    if slope(low) <= 0:
        return float(low)
    if slope(high) >= 0:
        return float(high)
    return float(optimize.brentq(slope, low, high, xtol=1e-14, rtol=1e-13))


def _nothing_known(reason: str, n_sites: int, level: float) -> RecruitmentRates:
    """Say why there are no rates."""
    mean = Estimate.missing(
        "mean rate", reason, n=0, level=level, unit="per site and month"
    )
    spread = Estimate.missing("variation between sites", reason, n=n_sites, level=level)
    return RecruitmentRates(
        alpha=math.nan,
        beta=math.nan,
        mean_rate=mean,
        variation=spread,
        log_likelihood=math.nan,
        n_sites=n_sites,
    )


def _mean_rate(
    counts: Counts, mean: float, squared: float, n_sites: int, level: float
) -> Estimate:
    """Give the mean rate with normal limits of its logarithm."""
    from scipy import special

    expected = mean * counts.months
    information = float((expected / (1 + squared * expected)).sum())
    standard_error = 1 / math.sqrt(information)
    reach = math.exp(-special.ndtri((1 - level) / 2) * standard_error)
    call = "MASS::glm.nb(recruited ~ 1 + offset(log(months_open)))"
    return Estimate(
        measure="mean rate",
        value=mean,
        lower=mean / reach,
        upper=mean * reach,
        standard_error=standard_error,
        level=level,
        unit="per site and month",
        n=int(counts.recruited.sum()),
        method="negative binomial, maximum likelihood, limits on the log scale",
        r_call=call if squared else None,
    )


def _variation(counts: Counts, squared: float, n_sites: int, level: float) -> Estimate:
    """Give the coefficient of variation with its profile-likelihood limits."""
    from scipy import optimize, special

    measure = "variation between sites"
    if n_sites < 2:
        reason = "only one site has been open"
        return Estimate.missing(measure, reason, n=n_sites, level=level)

    def profile(at: float) -> float:
        return float(log_likelihood(counts, best_mean_rate(counts, at), at))

    allowed = profile(squared) - float(special.chdtri(1, 1 - level)) / 2

    def height(at: float) -> float:
        return profile(at) - allowed

    lower, top = 0.0, max(4 * squared, 1e-3)
    if squared and height(0.0) < 0:
        lower = optimize.brentq(height, 0.0, squared, xtol=1e-12)
    while height(top) > 0 and top < _SCAN[-1] ** 2:
        top *= 4
    upper = optimize.brentq(height, squared, top) if height(top) < 0 else math.nan
    return Estimate(
        measure=measure,
        value=math.sqrt(squared),
        lower=math.sqrt(lower),
        upper=math.sqrt(upper),
        level=level,
        n=n_sites,
        method="1/sqrt(alpha), profile-likelihood limits",
    )


def rates_at_best(counts: Counts) -> tuple[FloatArray, FloatArray]:
    """
    Give mean and squared variation at which the counts are most likely.

    Parameters
    ----------
    counts
        Of the sites.

    Returns
    -------
    tuple of numpy.ndarray
        Mean rate and squared coefficient of variation, each of shape (1,); both 0
        where nobody has been recruited.
    """
    squared = most_likely_variation(counts) if counts.recruited.any() else 0.0
    mean = best_mean_rate(counts, squared)
    return np.atleast_1d(mean), np.atleast_1d(squared)
