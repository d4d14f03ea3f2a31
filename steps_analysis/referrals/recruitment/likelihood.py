"""How likely are the sites' counts, whatever their mean rate and its variation?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from steps_analysis.estimates import FloatArray

_STEPS = 200  # of a safeguarded Newton search; a dozen are enough


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Counts:
    """
    What every site has recruited, and for how long it has been open.

    Attributes
    ----------
    recruited
        Recruits, shape (n,).
    months
        Months open, shape (n,).
    """

    recruited: FloatArray
    months: FloatArray


def log_likelihood(
    counts: Counts, mean_rate: npt.ArrayLike, squared_variation: npt.ArrayLike
) -> FloatArray:
    """
    Give the log-likelihood of mean rates and variations.

    Parameters
    ----------
    counts
        Of the sites.
    mean_rate
        Mean rates, any shape; above 0 where anybody was recruited.
    squared_variation
        Squared coefficients of variation between sites, ``1 / alpha``, at least 0, of a
        shape that broadcasts with `mean_rate`.

    Returns
    -------
    numpy.ndarray
        Log-likelihoods, the broadcast shape.

    Notes
    -----
    ``gamma(N + alpha) / (gamma(alpha) alpha^N)`` is the product of ``1 + j / alpha``
    over j below N: the sum of its logarithms holds for no variation too, where the
    negative binomial is a Poisson law.

    Examples
    --------
    One site, two recruits where two are expected: Poisson, ``2^2 exp(-2) / 2``.

    >>> one = Counts(recruited=np.array([2.0]), months=np.array([1.0]))
    >>> round(float(np.exp(log_likelihood(one, 2.0, 0.0))), 6)
    0.270671
    """
    from scipy import special

    mean, squared = np.broadcast_arrays(
        np.asarray(mean_rate, float), np.asarray(squared_variation, float)
    )
    known = counts.months > 0
    n, months = counts.recruited[known], counts.months[known]
    expected = mean[..., None] * months
    spread = squared[..., None]
    terms = special.xlogy(n, expected) - special.gammaln(n + 1)
    terms = terms - n * np.log1p(spread * expected) - _log1p_over(spread, expected)
    return np.asarray(terms.sum(axis=-1) + _rising(n, squared), dtype=np.float64)


def best_mean_rate(
    counts: Counts, squared_variation: npt.ArrayLike, *, extra: float = 0.0
) -> FloatArray:
    """
    Find the mean rate at which the counts are most likely, at given variations.

    Parameters
    ----------
    counts
        Of the sites, at least one of which has been open.
    squared_variation
        Squared coefficients of variation, any shape.
    extra
        Added to the score of the logarithm of the rate: one half for the mode under a
        prior with density ``1 / sqrt(rate)``.

    Returns
    -------
    numpy.ndarray
        Mean rates, the shape of `squared_variation`.

    Notes
    -----
    Solves ``sum((N - m t) / (1 + c m t)) + extra = 0`` for m; the left side falls in m.
    """
    n, months = counts.recruited, counts.months
    squared = np.asarray(squared_variation, dtype=np.float64)
    spread = squared[..., None]
    total = n.sum() + extra
    mean = np.full(squared.shape, total / months.sum())
    for _ in range(_STEPS if total else 0):
        below = 1 + spread * mean[..., None] * months
        score = ((n - mean[..., None] * months) / below).sum(axis=-1) + extra
        slope = (months * (1 + spread * n) / below**2).sum(axis=-1)
        step = score / slope
        following = np.clip(mean + step, mean / 10, mean * 10)
        done = np.all(np.abs(following - mean) <= 1e-14 * mean)
        mean = following
        if done:
            break
    return np.asarray(mean, dtype=np.float64)


def log_rate_information(
    counts: Counts, mean_rate: npt.ArrayLike, squared_variation: npt.ArrayLike
) -> FloatArray:
    """
    Give the observed information on the logarithm of the mean rate.

    Parameters
    ----------
    counts
        Of the sites.
    mean_rate, squared_variation
        Of the same shape.

    Returns
    -------
    numpy.ndarray
        Minus the second derivative of the log-likelihood, the same shape.
    """
    mean = np.asarray(mean_rate, float)[..., None]
    spread = np.asarray(squared_variation, float)[..., None]
    below = (1 + spread * mean * counts.months) ** 2
    parts = mean * counts.months * (1 + spread * counts.recruited) / below
    return np.asarray(parts.sum(axis=-1), dtype=np.float64)


def variation_score(
    counts: Counts, mean_rate: npt.ArrayLike, squared_variation: npt.ArrayLike
) -> FloatArray:
    """
    Give the slope of the log-likelihood in the squared coefficient of variation.

    Parameters
    ----------
    counts
        Of the sites.
    mean_rate, squared_variation
        Numbers.

    Returns
    -------
    numpy.ndarray
        The slope; at no variation its limit ``sum((N - m t)^2 - N) / 2``.
    """
    mean, squared = float(np.asarray(mean_rate)), float(np.asarray(squared_variation))
    n, expected = counts.recruited, mean * counts.months
    product = squared * expected
    order = np.arange(int(n.max(initial=0)))
    above = (n[:, None] > order).sum(axis=0)
    rising = (above * order / (1 + squared * order)).sum()
    # (log(1 + x) - x / (1 + x)) / c^2, whose numerator is x^2 / 2 - 2 x^3 / 3 + ...
    small = product < 1e-4
    series = expected**2 * (0.5 - 2 * product / 3 + 0.75 * product**2)
    safe = np.where(small, 1.0, product)
    exact = (np.log1p(safe) - safe / (1 + safe)) * expected**2 / safe**2
    curved = np.where(small, series, exact)
    return np.asarray(rising + (curved - n * expected / (1 + product)).sum())


def _rising(recruited: FloatArray, squared: FloatArray) -> FloatArray:
    """Sum log(1 + c j) over the recruits j = 0, 1, ... of every site."""
    order = np.arange(int(recruited.max(initial=0)))
    above = (recruited[:, None] > order).sum(axis=0)
    return np.asarray((above * np.log1p(squared[..., None] * order)).sum(axis=-1))


def _log1p_over(spread: FloatArray, expected: FloatArray) -> FloatArray:
    """Give log(1 + c m) / c, which is m at no variation."""
    spread, expected = np.broadcast_arrays(spread, expected)
    product = spread * expected
    small = product < 1e-8
    safe = np.where(small, 1.0, spread)
    return np.where(small, expected * (1 - product / 2), np.log1p(product) / safe)
