"""How uncertain are coefficients if neighbouring months hang together?"""

from __future__ import annotations

from steps_analysis.estimates import FloatArray
from steps_analysis.referrals.models.count_fit import CountFit, Counts


def newey_west(counts: Counts, fit: CountFit, *, lags: int) -> FloatArray:
    """
    Give the covariance that allows for dependence up to some lag.

    Parameters
    ----------
    counts
        Counts and design, in the order of time.
    fit
        The model.
    lags
        How many months back dependence reaches, at least 0 (the plain sandwich).

    Returns
    -------
    numpy.ndarray
        Covariance of the coefficients, shape (p, p).

    Notes
    -----
    Bartlett's weights ``1 - lag / (lags + 1)``, no correction for few months; as
    ``sandwich::NeweyWest(fit, lag = lags, prewhite = FALSE)``. With few months, or one
    series that changed among many, its limits are too narrow: see `interrupted_series`.

    References
    ----------
    .. [1] Newey, W. K. and West, K. D. (1987), Econometrica 55, 703-708.

    Examples
    --------
    Two months, 1 and 3, mean 2: slopes -1 and 1 add up to a square of 2, over 4**2.

    >>> import numpy as np
    >>> from steps_analysis.referrals.models.count_families import CountFamily
    >>> from steps_analysis.referrals.models.count_fit import fit_counts
    >>> one = np.ones(2)
    >>> counts = Counts(events=np.array([1.0, 3.0]), exposure=one,
    ...                 design=one[:, None])
    >>> newey_west(counts, fit_counts(counts, CountFamily(name="poisson")), lags=0)
    array([[0.125]])
    """
    slope = fit.family.slope(counts.events, counts.exposure, fit.predictor)
    own = counts.design * slope[:, None]
    total = own.T @ own
    for lag in range(1, min(lags, counts.n - 1) + 1):
        product = own[lag:].T @ own[:-lag]
        total = total + (1 - lag / (lags + 1)) * (product + product.T)
    covariance: FloatArray = fit.covariance @ total @ fit.covariance
    return covariance
