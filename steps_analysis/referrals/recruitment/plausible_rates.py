"""Which rates could the sites have, given what they have recruited so far?"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from steps_analysis.estimates import FloatArray
from steps_analysis.referrals.recruitment.likelihood import (
    Counts,
    best_mean_rate,
    log_likelihood,
    log_rate_information,
)
from steps_analysis.referrals.recruitment.site_rates import rates_at_best

MOST_VARIATION = 2.0  # coefficient of variation; at most the root of the sites open
_NODES = 14  # in the variation, and within each in the logarithm of the mean rate
_NODES_WITH_FEW = 28  # in the latter where there are fewer recruits than
_FEW = 10
_DROP = 12.0  # log units below the peak where the grid ends
_LEAST_WEIGHT = 1e-6  # of a node, as a share of all
_PRIOR_OF_RATE = 0.5  # the exponent of Jeffreys' density of a Poisson mean


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PlausibleRates:
    """
    A mixture of laws that the sites' rates could have.

    Given a mean rate and a variation, a site's rate has a gamma law: of its `mean` and
    `scale`, the shape is their ratio. At no variation the scale is 0.

    Attributes
    ----------
    weight
        Weight of each member of the mixture, shape (g,), adding up to 1.
    mean
        Posterior mean of each site's monthly rate, shape (g, n).
    scale
        Variance over mean of each site's rate, shape (g, n).

    Examples
    --------
    >>> PlausibleRates(weight=np.ones(1), mean=np.ones((1, 2)),
    ...                scale=np.zeros((1, 2))).mean.shape
    (1, 2)
    """

    weight: FloatArray
    mean: FloatArray
    scale: FloatArray


def likeliest_rates(counts: Counts) -> PlausibleRates:
    """
    Take the most likely mean rate and variation for the true ones.

    Parameters
    ----------
    counts
        Of the sites, at least one of which has been open.

    Returns
    -------
    PlausibleRates
        A mixture of one member.

    Notes
    -----
    ``(alpha + N) / (beta + t)`` is the mean and ``1 / (beta + t)`` the scale of a site
    with N recruits in t months.

    Examples
    --------
    >>> counts = Counts(recruited=np.array([2.0, 4.0]), months=np.array([1.0, 2.0]))
    >>> likeliest_rates(counts).mean
    array([[2., 2.]])
    """
    mean, squared = rates_at_best(counts)
    return _mixture(counts, np.ones(1), mean, squared)


def integrated_rates(counts: Counts) -> PlausibleRates:
    """
    Weigh every mean rate and variation by how likely they make the counts.

    Parameters
    ----------
    counts
        Of the sites, at least one of which has been open.

    Returns
    -------
    PlausibleRates
        Gauss-Legendre nodes in the coefficient of variation and, within each, in the
        logarithm of the mean rate.

    Notes
    -----
    Priors: the mean rate has Jeffreys' density for a Poisson mean, ``1 / sqrt(rate)``;
    the coefficient of variation that of a standard normal, above 0 and below 2 (below
    the square root of the number of sites open, with fewer than four: with so few, more
    variation would leave the mean rate without any upper end). Nodes end where the
    density is e^-12 of its peak.

    Examples
    --------
    Nobody in ten site-months: the rate has about a gamma law of shape 1/2, rate 10.

    >>> counts = Counts(recruited=np.zeros(10), months=np.ones(10))
    >>> rates = integrated_rates(counts)
    >>> bool(0.04 < rates.weight @ rates.mean[:, 0] < 0.07)
    True
    """
    n_sites = int(np.count_nonzero(counts.months > 0))
    most = min(MOST_VARIATION, math.sqrt(n_sites))

    def of_variation(variation: FloatArray) -> FloatArray:
        squared = variation**2
        mean = best_mean_rate(counts, squared, extra=_PRIOR_OF_RATE)
        height = _log_density(counts, np.log(mean), squared)
        width = log_rate_information(counts, mean, squared)
        return np.asarray(height - np.log(width) / 2, dtype=np.float64)

    scan = np.linspace(0.0, most, 81)
    height = of_variation(scan)
    near = np.flatnonzero(height > height.max() - _DROP)
    low, high = scan[max(near[0] - 1, 0)], scan[min(near[-1] + 1, len(scan) - 1)]
    unit, share = np.polynomial.legendre.leggauss(_NODES)
    squared = (low + (high - low) * (unit + 1) / 2) ** 2
    start, end = _ends(counts, squared)
    n_nodes = _NODES if counts.recruited.sum() >= _FEW else _NODES_WITH_FEW
    unit, inner_share = np.polynomial.legendre.leggauss(n_nodes)
    log_mean = start[:, None] + (end - start)[:, None] * (unit + 1) / 2
    spread = np.broadcast_to(squared[:, None], log_mean.shape)
    log_weight = _log_density(counts, log_mean, spread)
    weight = np.exp(log_weight - log_weight.max())
    weight *= share[:, None] * inner_share * (end - start)[:, None]
    weight /= weight.sum()
    kept = weight > _LEAST_WEIGHT
    return _mixture(
        counts, weight[kept] / weight[kept].sum(), np.exp(log_mean[kept]), spread[kept]
    )


def _log_density(
    counts: Counts, log_mean: FloatArray, squared: FloatArray
) -> FloatArray:
    """Give the log-likelihood and the priors, over log rate and variation."""
    likelihood = log_likelihood(counts, np.exp(log_mean), squared)
    return likelihood + _PRIOR_OF_RATE * log_mean - squared / 2


def _ends(counts: Counts, squared: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Find the log rates at either side where the density has dropped away."""
    peak = np.log(best_mean_rate(counts, squared, extra=_PRIOR_OF_RATE))
    least = _log_density(counts, peak, squared) - _DROP

    def is_out(at: FloatArray) -> FloatArray:
        return np.asarray(_log_density(counts, at, squared) < least)

    return _edge(peak, -1.0, is_out), _edge(peak, 1.0, is_out)


def _edge(
    peak: FloatArray, side: float, is_out: Callable[[FloatArray], FloatArray]
) -> FloatArray:
    """Bisect outwards from each peak of a log-concave density."""
    inside, outside = np.zeros_like(peak), np.ones_like(peak)
    while not np.all(out := is_out(peak + side * outside)):
        inside = np.where(out, inside, outside)
        outside = np.where(out, outside, 2 * outside)
    for _ in range(12):
        middle = (inside + outside) / 2
        out = is_out(peak + side * middle)
        inside, outside = np.where(out, inside, middle), np.where(out, middle, outside)
    return peak + side * outside


def _mixture(
    counts: Counts, weight: FloatArray, mean: FloatArray, squared: FloatArray
) -> PlausibleRates:
    """Give the sites' laws under each mean rate and variation."""
    rate, spread = mean[:, None], squared[:, None]
    below = 1 + spread * rate * counts.months
    return PlausibleRates(
        weight=weight,
        mean=rate * (1 + spread * counts.recruited) / below,
        scale=spread * rate / below,
    )
