"""How often a t or F test rejects when both its sums of squares are shifted."""

from __future__ import annotations

import numpy as np

from steps_analysis.estimates import FloatArray, IntArray

_TAIL = 34.5  # e^-34.5 = 1e-15 of a Poisson's weight is left out at either end


def f_rejection(
    between: FloatArray,
    within: FloatArray,
    *,
    df_between: int,
    df_within: int,
    alpha: float,
) -> FloatArray:
    """
    Give the probability that an F test rejects.

    Parameters
    ----------
    between
        Non-centrality of the sum of squares between the arms, shape (m,): the sum over
        the arms of n_a (mean_a - mean)^2, in variances of the outcome.
    within
        Non-centrality of the sum of squares within the arms, shape (m,): the sum over
        the participants of (expected outcome - their arm's mean)^2, likewise.
    df_between, df_within
        Degrees of freedom: arms less one, participants less arms; at least 1.
    alpha
        The level of the test, in (0, 1).

    Returns
    -------
    numpy.ndarray
        The probabilities, shape (m,).

    Notes
    -----
    The statistic has the doubly non-central F distribution; of two arms it is the
    square of a doubly non-central t, so that this is the two-sided t test. Each sum of
    squares is a chi-squared with 2j degrees of freedom more than its own, j drawn from
    a Poisson distribution with half its non-centrality for mean; given both j, the
    share of the sum within in the two sums has a beta distribution. The double series
    is summed over all j but 1e-15 of their weight at either end [1]_ (Bernstein's
    bound, not a fixed number of terms).

    References
    ----------
    .. [1] Bulgren, W. G. (1971), Journal of the American Statistical Association 66,
       184-186.

    Examples
    --------
    Without any shift the level is kept; unequal expectations within arms alone make
    the test reject less:

    >>> shifted = np.array([0.0, 8.0])
    >>> f_rejection(
    ...     np.zeros(2), shifted, df_between=1, df_within=6, alpha=0.05).round(4)
    array([0.05  , 0.0056])
    """
    from scipy.special import betainc, betaincinv  # heavy: not at start-up

    critical = betaincinv(df_within / 2, df_between / 2, alpha)
    more_between, more_within = _terms(between / 2), _terms(within / 2)
    rejects = betainc(
        df_within / 2 + more_within, df_between / 2 + more_between[:, None], critical
    )
    weighted = _poisson(between / 2, more_between) @ rejects
    chance = (weighted * _poisson(within / 2, more_within)).sum(axis=1)
    return np.asarray(np.clip(chance, 0.0, 1.0))


def _terms(mean: FloatArray) -> IntArray:
    """List the counts that bear all but 1e-15 of the weight, whichever the mean."""
    least, most = float(mean.min()), float(mean.max())
    first = int(max(0.0, least - np.sqrt(2 * _TAIL * least)))
    # Bernstein: P(X >= m + t) <= exp(-t^2 / (2 m + 2 t / 3)).
    reach = _TAIL / 3 + np.sqrt((_TAIL / 3) ** 2 + 2 * _TAIL * most)
    return np.arange(first, int(np.ceil(most + reach)) + 1)


def _poisson(mean: FloatArray, count: IntArray) -> FloatArray:
    """Give the Poisson weights of the counts, shape (m, counts), summing to 1."""
    from scipy.special import gammaln, xlogy  # heavy: not at start-up

    log_weight = xlogy(count, mean[:, None]) - mean[:, None] - gammaln(count + 1)
    weight = np.exp(log_weight)
    return np.asarray(weight / weight.sum(axis=1, keepdims=True))
