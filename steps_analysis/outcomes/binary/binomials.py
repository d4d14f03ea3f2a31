"""How probable is each binomial count?"""

from __future__ import annotations

import numpy as np

from steps_analysis.estimates import FloatArray


def binomial_probabilities(n: int, risk: FloatArray) -> FloatArray:
    """
    Give the probabilities of 0 to n events.

    Parameters
    ----------
    n
        How many trials.
    risk
        Probabilities of an event, shape (k,), in [0, 1].

    Returns
    -------
    numpy.ndarray
        One row per risk, shape (k, n + 1).

    Examples
    --------
    >>> binomial_probabilities(2, np.array([0.5])).round(10)
    array([[0.25, 0.5 , 0.25]])
    """
    from scipy.special import gammaln, xlog1py, xlogy  # without scipy.stats

    x = np.arange(n + 1.0)
    log_choose = gammaln(n + 1) - gammaln(x + 1) - gammaln(n - x + 1)
    column = risk[:, None]
    p: FloatArray = np.exp(log_choose + xlogy(x, column) + xlog1py(n - x, -column))
    return p
