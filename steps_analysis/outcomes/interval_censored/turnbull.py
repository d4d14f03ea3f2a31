"""Which probabilities of the innermost intervals make the data most likely?"""

from __future__ import annotations

import numpy as np

from steps_analysis.estimates import BoolArray, FloatArray


def turnbull_masses(membership: BoolArray) -> FloatArray:
    """
    Maximise the likelihood of interval-censored times without any model.

    Parameters
    ----------
    membership
        Which innermost interval lies in whose, shape (n, m); at least one in each row.

    Returns
    -------
    numpy.ndarray
        Probability of each innermost interval, shape (m,); exactly 0 where it has none.

    Notes
    -----
    Constrained Newton method [1]_: the quadratic approximation of the log-likelihood is
    maximised over probabilities by non-negative least squares, with halved steps. It
    ends when no direction promises more than 1e-9 of an observation's log-likelihood,
    while the EM algorithm (R's ``survfit``, ``interval::icfit``) stops earlier.

    References
    ----------
    .. [1] Wang, Y. (2007), JRSS B 69, 185-198.
    .. [2] Gentleman, R. and Geyer, C. J. (1994), Biometrika 81, 618-623.

    Examples
    --------
    Three of four certain, one either way: thirds of the whole.

    >>> inside = np.array([[1, 0], [1, 0], [0, 1], [1, 1]], dtype=bool)
    >>> turnbull_masses(inside).round(6)
    array([0.666667, 0.333333])
    """
    from scipy.optimize import nnls  # half a second

    rows, alike = np.unique(membership, axis=0, return_counts=True)
    inside, counts = rows.astype(np.float64), alike.astype(np.float64)
    weight = np.sqrt(counts)
    m, n = inside.shape[1], len(membership)
    masses = np.full(m, 1.0 / m)
    for _ in range(500):
        chance = inside @ masses
        slopes = inside / chance[:, None]
        if (counts @ slopes).max() <= n * (1 + 1e-9):
            break
        # Dax: least squares over probabilities as non-negative least squares
        system = np.vstack([(slopes - 2) * weight[:, None], np.ones((1, m))])
        target = np.zeros(len(rows) + 1)
        target[-1] = 1.0
        aim = nnls(system, target)[0]
        masses = _towards(masses, aim / aim.sum(), inside, counts)
    masses = np.where(masses > 1e-9, masses, 0.0)
    return np.asarray(masses / masses.sum(), dtype=np.float64)


def _towards(
    masses: FloatArray, aim: FloatArray, inside: FloatArray, counts: FloatArray
) -> FloatArray:
    """Go as far towards the aim as the likelihood rises (Armijo)."""
    here = counts @ np.log(inside @ masses)
    promised = counts @ ((inside @ (aim - masses)) / (inside @ masses))
    share = 1.0
    while share > 1e-12:
        moved = masses + share * (aim - masses)
        chance = inside @ moved
        if chance.min() > 0 and (
            counts @ np.log(chance) >= here + share * promised / 3
        ):
            return moved
        share /= 2
    return masses
