"""
How much do clusters differ in their hazard, and might they not differ at all?

The variance of the frailty by its profile likelihood (gamma) or by a REML-type equation
(Gaussian), found on the scale of its logarithm.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from steps_analysis.estimates import FloatArray
from steps_analysis.outcomes.distributions import normal_quantile
from steps_analysis.outcomes.hazards.frailty_likelihood import (
    FrailtyMaximum,
    FrailtyProblem,
    Information,
)

_GRID = (1e-4, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0)
_STEP = 1e-3
_LARGEST = 1e4


@dataclass(frozen=True, slots=True, kw_only=True)
class VarianceFound:
    """
    The variance of the frailty.

    Attributes
    ----------
    best
        The maximum at the variance found, or None where the variance is 0.
    reason
        None, or why there is none.
    """

    best: FrailtyMaximum | None
    reason: str | None = None


def gamma_variance(problem: FrailtyProblem) -> VarianceFound:
    """
    Find where the marginal likelihood of a gamma frailty is highest.

    Parameters
    ----------
    problem
        The problem.

    Returns
    -------
    VarianceFound
        The maximum; none if the likelihood falls from a variance of 0 on.
    """
    fits = _along_grid(problem)
    if moving := next((fit for fit in fits if fit.moving), None):
        return VarianceFound(best=moving)
    height = [problem.marginal(fit) for fit in fits]
    top = int(np.argmax(height))

    def slope(log_variance: float) -> float:
        """Differentiate the profile likelihood."""
        return problem.marginal_slope(_at(problem, log_variance, fits[top]))

    low = top if slope(math.log(_GRID[top])) > 0 else max(top - 1, 0)
    return _between(problem, slope, low, fits[top])


def gaussian_variance(
    problem: FrailtyProblem, information: Information
) -> VarianceFound:
    """
    Solve the REML-type equation for the variance of a Gaussian frailty.

    Parameters
    ----------
    problem
        The problem.
    information
        ``"full"`` or ``"sparse"``.

    Returns
    -------
    VarianceFound
        The solution; none if the equation always asks for less.
    """
    fits = _along_grid(problem)
    if moving := next((fit for fit in fits if fit.moving), None):
        return VarianceFound(best=moving)
    gaps = [problem.reml_gap(fit, information) / fit.variance for fit in fits]
    rising = [i for i, gap in enumerate(gaps) if gap > 0]
    low = max(rising, default=0)

    def gap(log_variance: float) -> float:
        """Give how far the equation is from holding."""
        fit = _at(problem, log_variance, fits[low])
        return problem.reml_gap(fit, information) / fit.variance

    return _between(problem, gap, low, fits[low])


def profile_limits(
    problem: FrailtyProblem, best: FrailtyMaximum | None, null: float, level: float
) -> tuple[float, float]:
    """
    Give limits of a gamma frailty's variance by its profile likelihood.

    Parameters
    ----------
    problem
        The problem.
    best
        The maximum; None at a variance of 0.
    null
        Log likelihood with a variance of 0.
    level
        Confidence level.

    Returns
    -------
    tuple of float
        The limits; the lower is 0 where 0 is not excluded, the upper NaN beyond 10,000.
    """
    from scipy.optimize import brentq

    height = null if best is None else problem.marginal(best)
    least = height - normal_quantile(level) ** 2 / 2
    start = problem.maximise(_GRID[0]) if best is None else best

    def above(log_variance: float) -> float:
        """Give how far the profile likelihood lies above the least allowed."""
        return problem.marginal(_at(problem, log_variance, start)) - least

    low, middle = math.log(_GRID[0]), math.log(start.variance)
    lower = 0.0
    if null < least and above(low) < 0:
        lower = math.exp(brentq(above, low, middle, xtol=1e-10))
    end = middle + 1
    while above(end) > 0:
        if end > math.log(_LARGEST):
            return lower, math.nan
        end += 1
    return lower, math.exp(brentq(above, middle, end, xtol=1e-10))


def sensitivity(
    problem: FrailtyProblem, best: FrailtyMaximum
) -> tuple[float, FloatArray]:
    """
    Say how sure the log variance of a gamma frailty is, and what hangs on it.

    Parameters
    ----------
    problem
        The problem.
    best
        The maximum.

    Returns
    -------
    float
        Standard error of the log variance; NaN where the likelihood is flat.
    numpy.ndarray
        Derivatives of the coefficients by the log variance, shape (p,).
    """
    middle, q = math.log(best.variance), problem.n_clusters
    up, down = (_at(problem, middle + step, best) for step in (_STEP, -_STEP))
    slopes = problem.marginal_slope(up) - problem.marginal_slope(down)
    curve = -slopes / (2 * _STEP)
    moved = (up.position[q:] - down.position[q:]) / (2 * _STEP)
    return 1 / math.sqrt(curve) if curve > 0 else math.nan, moved


def _along_grid(problem: FrailtyProblem) -> list[FrailtyMaximum]:
    """Maximise along a grid of variances, each from where the last one ended."""
    fits: list[FrailtyMaximum] = []
    for variance in _GRID:
        start = fits[-1].position if fits else None
        fits.append(problem.maximise(variance, start=start))
        if fits[-1].moving:
            break
    return fits


def _at(
    problem: FrailtyProblem, log_variance: float, near: FrailtyMaximum
) -> FrailtyMaximum:
    """Maximise at a variance, beginning near."""
    return problem.maximise(math.exp(log_variance), start=near.position)


def _between(
    problem: FrailtyProblem,
    slope: Callable[[float], float],
    cell: int,
    near: FrailtyMaximum,
) -> VarianceFound:
    """Find where a slope falls through 0, in one cell of the grid."""
    from scipy.optimize import brentq

    if slope(math.log(_GRID[cell])) <= 0:
        if cell == 0:
            return VarianceFound(best=None)
        reason = "the likelihood of the frailty's variance has several maxima"
        return VarianceFound(best=None, reason=reason)
    if cell + 1 == len(_GRID) or slope(math.log(_GRID[cell + 1])) >= 0:
        reason = "the frailty's variance grows without end"
        return VarianceFound(best=None, reason=reason)
    ends = math.log(_GRID[cell]), math.log(_GRID[cell + 1])
    root = brentq(slope, *ends, xtol=1e-11)
    return VarianceFound(best=_at(problem, root, near))
