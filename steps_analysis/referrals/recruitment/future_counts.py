"""How many more will be recruited, and when is a target reached?"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from steps_analysis.estimates import FloatArray
from steps_analysis.referrals.recruitment.plausible_rates import PlausibleRates

LONGEST_MONTHS = 1_200.0  # a target not reached in a hundred years is not reached
MOST_COUNTS = 2**17

_DAMPING = 1e-7  # what a count beyond those asked for weighs
_BLOCK = 32  # points of the circle taken at once
_NEGLIGIBLE = 1e-13


def count_probabilities(
    rates: PlausibleRates, months_ahead: FloatArray, n: int
) -> FloatArray:
    """
    Give the probabilities of 0, 1, … more recruits from all sites together.

    Parameters
    ----------
    rates
        What rates the sites could have.
    months_ahead
        For how long each site will recruit, shape (n_sites,).
    n
        How many probabilities are wanted; a power of 2.

    Returns
    -------
    numpy.ndarray
        Probabilities of the counts below `n`, shape (n,).

    Notes
    -----
    Given a mean rate and a variation, what a site recruits in s months is negative
    binomial, with the generating function ``(1 + d (1 - z))^(-m/d)``, m being its mean
    rate times s and d its scale times s. The product over sites, averaged over the
    mixture, is inverted by the fast Fourier transform on a circle of a radius below 1,
    which leaves less than 1e-7 of counts beyond `n` in any sum [1]_.

    References
    ----------
    .. [1] Abate, J. and Whitt, W. (1992), Operations Research Letters 12, 245-251.

    Examples
    --------
    One site of rate 2 without variation, a month: a Poisson law.

    >>> rates = PlausibleRates(weight=np.ones(1), mean=np.full((1, 1), 2.0),
    ...                        scale=np.zeros((1, 1)))
    >>> count_probabilities(rates, np.ones(1), 16)[:3].round(4)
    array([0.1353, 0.2707, 0.2707])
    """
    radius = _DAMPING ** (1 / n)
    open_ = months_ahead > 0
    # A scale so small is none: the Poisson law is its limit.
    scale = np.maximum(rates.scale[:, open_] * months_ahead[open_], 1e-9)
    size = rates.mean[:, open_] * months_ahead[open_] / scale
    # Sites open for the same months have one scale: together they are as one site.
    scale, group = np.unique(scale, axis=1, return_inverse=True)
    size = size @ np.eye(scale.shape[1])[group.ravel()]
    damped = np.fft.irfft(_transform(rates.weight, size, scale, radius, n), n)
    return np.asarray(np.clip(damped * radius ** -np.arange(n), 0.0, 1.0))


def count_quantiles(
    rates: PlausibleRates, months_ahead: FloatArray, shares: FloatArray
) -> FloatArray:
    """
    Give quantiles of how many more all sites will recruit.

    Parameters
    ----------
    rates
        What rates the sites could have.
    months_ahead
        For how long each site will recruit, shape (n_sites,).
    shares
        Probabilities, shape (k,).

    Returns
    -------
    numpy.ndarray
        The smallest counts that are not exceeded with at least these probabilities,
        shape (k,); NaN where that is more than 131,072.

    Examples
    --------
    >>> rates = PlausibleRates(weight=np.ones(1), mean=np.full((1, 1), 2.0),
    ...                        scale=np.zeros((1, 1)))
    >>> count_quantiles(rates, np.ones(1), np.array([0.025, 0.5, 0.975]))
    array([0., 2., 5.])
    """
    likely = float(rates.weight @ (rates.mean @ months_ahead))
    n = 1 << max(5, math.ceil(math.log2(min(2 * likely + 32, MOST_COUNTS))))
    while True:
        below = np.cumsum(count_probabilities(rates, months_ahead, n))
        if below[-1] > shares.max() or n >= MOST_COUNTS:
            break
        n *= 2
    at = np.searchsorted(below, shares - 1e-9)
    return np.where(at < n, at, np.nan).astype(np.float64)


def probability_of(
    rates: PlausibleRates, months_ahead: FloatArray, wanted: int
) -> float:
    """
    Give the probability that all sites together recruit so many more.

    Parameters
    ----------
    rates
        What rates the sites could have.
    months_ahead
        For how long each site will recruit, shape (n_sites,).
    wanted
        How many more.

    Returns
    -------
    float
        Probability of at least `wanted`; 1 where none is.

    Examples
    --------
    >>> rates = PlausibleRates(weight=np.ones(1), mean=np.full((1, 1), 2.0),
    ...                        scale=np.zeros((1, 1)))
    >>> round(probability_of(rates, np.ones(1), 1), 4)
    0.8647
    """
    if wanted <= 0:
        return 1.0
    if not months_ahead.any():
        return 0.0
    n = 1 << max(4, math.ceil(math.log2(wanted)))
    fewer = float(count_probabilities(rates, months_ahead, n)[:wanted].sum())
    return min(max(1 - fewer, 0.0), 1.0)


def waiting_quantiles(
    rates: PlausibleRates,
    months_ahead: Callable[[float], FloatArray],
    wanted: int,
    shares: FloatArray,
) -> FloatArray:
    """
    Give quantiles of the months until so many more have been recruited.

    Parameters
    ----------
    rates
        What rates the sites could have.
    months_ahead
        For how long each site will have recruited, after some months.
    wanted
        How many more.
    shares
        Probabilities, shape (k,).

    Returns
    -------
    numpy.ndarray
        Months, shape (k,); NaN where the target is not reached with that probability,
        however long one waits (a hundred years at most).

    Notes
    -----
    The target is reached within t months just when the recruits of t months are at
    least as many, so the quantile is a root in t.

    Examples
    --------
    One site of rate 2: half of all first recruits come within log(2) / 2 months.

    >>> rates = PlausibleRates(weight=np.ones(1), mean=np.full((1, 1), 2.0),
    ...                        scale=np.zeros((1, 1)))
    >>> waiting_quantiles(rates, lambda t: np.array([t]), 1, np.array([0.5])).round(3)
    array([0.347])
    """
    from scipy import optimize

    if wanted <= 0:
        return np.zeros(len(shares))

    def within(months: float) -> float:
        return probability_of(rates, months_ahead(months), wanted)

    found, low, reached = [], 0.0, 0.0
    for share in np.sort(shares):
        high = max(low, 1.0)
        while reached < share and (reached := within(high)) < share:
            if high >= LONGEST_MONTHS:
                break
            low, high = high, min(2 * high, LONGEST_MONTHS)
        if reached < share:
            found.append(math.nan)
            continue
        root = optimize.brentq(
            lambda t, share=share: within(t) - share, low, high, xtol=1e-4
        )
        found.append(float(root))
        low, reached = float(root), share
    return np.array(found)[np.argsort(np.argsort(shares))]


def _transform(
    weight: FloatArray, size: FloatArray, scale: FloatArray, radius: float, n: int
) -> npt.NDArray[np.complex128]:
    """
    Evaluate the generating function round half a circle.

    Its size falls all the way from the real axis, so a member of the mixture that has
    become too small to count is left out from there on.
    """
    found = np.zeros(n // 2 + 1, dtype=complex)
    for start in range(0, len(found), _BLOCK):
        here = np.arange(start, min(start + _BLOCK, len(found)))
        gap = 1 - radius * np.exp(-2j * np.pi * here / n)
        logs = np.log(1 + scale[:, :, None] * gap)
        values = weight[:, None] * np.exp(-np.einsum("gs,gsp->gp", size, logs))
        found[here] = values.sum(axis=0)
        counts = np.abs(values[:, -1]) > _NEGLIGIBLE
        if not counts.any():
            break
        weight, size, scale = weight[counts], size[counts], scale[counts]
    return found
