"""Between which limits each site's own rate lies."""

from __future__ import annotations

import numpy as np

from steps_analysis.estimates import FloatArray
from steps_analysis.referrals.recruitment.plausible_rates import PlausibleRates

_HALVINGS = 60


def rate_limits(
    rates: PlausibleRates, *, level: float = 0.95
) -> tuple[FloatArray, FloatArray]:
    """
    Give the equal-tailed limits of every site's monthly rate.

    Parameters
    ----------
    rates
        What rates the sites could have.
    level
        Level of the limits, in (0, 1).

    Returns
    -------
    tuple of numpy.ndarray
        Lower and upper limits, shape (n_sites,).

    Notes
    -----
    A site's rate has a mixture of gamma laws; its quantiles are found by bisection of
    the logarithm. A member without variation between sites holds one rate only.

    Examples
    --------
    Gamma laws of shape 1: the upper limit is -log(0.025).

    >>> rates = PlausibleRates(weight=np.ones(1), mean=np.ones((1, 1)),
    ...                        scale=np.ones((1, 1)))
    >>> lower, upper = rate_limits(rates)
    >>> upper.round(4)
    array([3.6889])
    """
    tail = (1 - level) / 2
    return _quantile(rates, tail), _quantile(rates, 1 - tail)


def _quantile(rates: PlausibleRates, share: float) -> FloatArray:
    """Bisect the mixture of every site at once."""
    from scipy import special

    mean = np.maximum(rates.mean, 1e-300)
    scale = np.maximum(rates.scale, 1e-9 * mean)
    low, high = np.log(mean.min(axis=0)) - 60, np.log(mean.max(axis=0)) + 60
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        below = rates.weight @ special.gammainc(mean / scale, np.exp(middle) / scale)
        low, high = (
            np.where(below < share, middle, low),
            np.where(below < share, high, middle),
        )
    return np.asarray(np.exp((low + high) / 2), dtype=np.float64)
