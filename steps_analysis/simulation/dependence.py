"""
How do a child's needs bind together what happens to it, without moving any risk?

Every child has a need: a standard normal number behind its characteristics and its
later risks. A quantity with a loading l is drawn from the uniform number
Phi(sqrt(1 - l ** 2) e - l need), e standard normal: whatever its own distribution, it
keeps it exactly, and a child of high need is early, placed, missed more often.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import numpy as np

from steps_analysis.simulation.choices import FloatArray

NODES = 41
BOUND = 9.0
HALVINGS = 60


def linked_uniform(
    rng: np.random.Generator, need: FloatArray, loading: float
) -> FloatArray:
    """
    Draw uniform numbers that tend to be small where need is high.

    Parameters
    ----------
    rng
        Where the numbers come from.
    need
        Standard normal numbers, of any shape.
    loading
        Correlation of need and minus the normal score of the result, in (-1, 1).

    Returns
    -------
    numpy.ndarray
        Uniform numbers in (0, 1), of the shape of `need`.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> linked_uniform(rng, np.array([-2.0, 0.0, 2.0]), 0.999).round(1).tolist()
    [1.0, 0.5, 0.0]
    """
    from scipy.special import ndtr

    own = rng.standard_normal(need.shape)
    uniform: FloatArray = ndtr(np.sqrt(1 - loading**2) * own - loading * need)
    return np.clip(uniform, 1e-15, 1 - 1e-15)


def linked_risk(risk: FloatArray, need: FloatArray, loading: float) -> FloatArray:
    """
    Give the risk of a child of known need.

    Parameters
    ----------
    risk
        The risk over all children, in [0, 1].
    need
        Standard normal numbers, of a shape that broadcasts with `risk`.
    loading
        The loading of the event.

    Returns
    -------
    numpy.ndarray
        P(uniform < risk | need).

    Examples
    --------
    >>> linked_risk(np.array([0.1]), np.array([-1.0, 0.0, 1.0]), 0.3).round(3).tolist()
    [0.049, 0.09, 0.152]
    """
    from scipy.special import ndtr, ndtri

    score = (ndtri(risk) + loading * need) / np.sqrt(1 - loading**2)
    return np.asarray(ndtr(score))


def remaining_risk(
    total: FloatArray, part: FloatArray, *, part_loading: float, loading: float
) -> FloatArray:
    """
    Give the risk that, with another one of the same children, makes a total.

    Parameters
    ----------
    total
        The risk of either event, shape (t,).
    part
        The risk of one of them, shape (t,).
    part_loading, loading
        The loadings of the known and of the wanted event.

    Returns
    -------
    numpy.ndarray
        The risk of the other; 0 where the one reaches the total, shape (t,).

    Notes
    -----
    Given need the two are independent. The expectation over need is a Gauss-Hermite
    sum; the risk is found by halving on the normal scale.

    Examples
    --------
    >>> one = remaining_risk(
    ...     np.array([0.28]), np.array([0.1]), part_loading=0.0, loading=0.0
    ... )
    >>> one.round(10).tolist()
    [0.2]
    """
    need, weight = _quadrature()
    free = 1 - linked_risk(part[:, None], need, part_loading)

    def either(risk: FloatArray) -> FloatArray:
        spared = free * (1 - linked_risk(risk[:, None], need, loading))
        return np.asarray(1 - spared @ weight)

    return np.where(part < total, _halved(either, total), 0.0)


def risk_among(
    risk: float, loading: float, present: tuple[tuple[float, float, float], ...]
) -> float:
    """
    Give the risk over all children that is a given one among some of them.

    Parameters
    ----------
    risk
        The risk among those present, in (0, 1).
    loading
        The loading of the event.
    present
        Who is present: (share, loading, chance) for each kind of child, the kinds
        divided by one linked characteristic of that share; the last is the rest, with
        a share of 1. The chance is that of being present.

    Returns
    -------
    float
        The risk.

    Examples
    --------
    >>> everybody = ((1.0, 0.0, 1.0),)
    >>> round(risk_among(0.12, 0.3, everybody), 10)
    0.12

    A quarter, high in need, is half as likely to be there:

    >>> round(risk_among(0.12, 0.3, ((0.25, 0.5, 0.5), (1.0, 0.0, 1.0))), 4)
    0.126
    """
    need, weight = _quadrature()
    chance = np.full_like(need, present[-1][2])
    for share, linked, here in present[:-1]:
        kind = linked_risk(np.array(share), need, linked)
        chance = kind * here + (1 - kind) * chance
    there = weight * chance / (weight @ chance)

    def among(value: FloatArray) -> FloatArray:
        return np.asarray(linked_risk(value[:, None], need, loading) @ there)

    return float(_halved(among, np.array([risk]))[0])


@lru_cache(maxsize=1)
def _quadrature() -> tuple[FloatArray, FloatArray]:
    """Give nodes and weights of the standard normal expectation."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(NODES)
    return nodes, weights / weights.sum()


def _halved(
    rising: Callable[[FloatArray], FloatArray], target: FloatArray
) -> FloatArray:
    """Find where a rising function of a risk meets its target, by halving."""
    from scipy.special import ndtr

    low = np.full(target.shape, -BOUND)
    high = -low
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        below = rising(ndtr(middle)) < target
        low, high = np.where(below, middle, low), np.where(below, high, middle)
    return np.asarray(ndtr((low + high) / 2))
