"""
Which penalty keeps the partial likelihood from rising for ever?

Firth's: half the log determinant of the information, Jeffreys' prior. Its slope needs
third cumulants of the covariates over every risk set, but no more than linear time:
products of a spell's covariates enter with the hazard the spell is exposed to.
"""

from __future__ import annotations

import math

import numpy as np

from steps_analysis.estimates import FloatArray
from steps_analysis.outcomes.hazards.cox_arrangement import Arrangement


def jeffreys_penalty(
    arrangement: Arrangement,
    risk: FloatArray,
    total: FloatArray,
    mean: FloatArray,
    information: FloatArray,
) -> tuple[float, FloatArray]:
    r"""
    Give Jeffreys' penalty and its slope.

    Parameters
    ----------
    arrangement
        The spells and steps, with Efron or Breslow ties.
    risk
        Weighted relative risks of the spells, shape (a,).
    total
        Their sum over the risk set of each step, shape (e,).
    mean
        Mean covariates there, shape (p, e).
    information
        The information, shape (p, p).

    Returns
    -------
    float
        Half the log determinant of the information, minus infinity where it is
        singular.
    numpy.ndarray
        Its derivatives by the coefficients, shape (p,).

    Notes
    -----
    With A the inverse of the information, step s of weight w and mean m, and E the mean
    over its risk set, the slope is half the sum over steps of

    .. math:: w\, E[(x - m)(x - m)' A (x - m)] .

    Under Efron ties the risk set of a step holds tied events with the share not yet
    taken out, so that its third cumulant has the same form. Formula of [1]_, worked out
    for Efron ties by ourselves.

    References
    ----------
    .. [1] Heinze, G. and Schemper, M. (2001), Biometrics 57, 114-119.
    """
    sign, log_determinant = np.linalg.slogdet(information)
    if not (sign > 0 and math.isfinite(log_determinant)):
        return -math.inf, np.zeros(len(information))
    inverse = np.linalg.inv(information)
    x, weight = arrangement.design[1:], arrangement.weight
    jump = weight / total
    size = np.einsum("ij,ij->j", x, inverse @ x)
    turned = inverse @ mean
    mean_size = arrangement.step_sums((risk * size)[None, :])[0] / total
    size_mean = np.einsum("ij,ij->j", mean, turned)
    met = np.einsum("ij,ij->j", x, arrangement.collected(jump * turned))
    spells = risk * (size * arrangement.collected(jump) - 2 * met)
    steps = weight * (mean_size - 2 * size_mean)
    return 0.5 * float(log_determinant), 0.5 * (x @ spells - mean @ steps)
