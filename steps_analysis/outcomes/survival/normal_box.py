"""
How probable is it that correlated normal statistics all lie between two bounds?

By nested Gauss-Legendre quadrature, without any random number: the same answer always,
to 1e-10 for up to three independent sources, to some 1e-7 for four.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache
from itertools import combinations, product

import numpy as np

from steps_analysis.errors import ArgumentError, refusal
from steps_analysis.estimates import FloatArray

MOST_DIMENSIONS = 4
_FAR = 8.5  # beyond so many standard errors lies less than 2e-17
_SINGULAR = 1e-9  # variance left that is rounding
_NOTHING = math.sqrt(_SINGULAR)  # a coefficient that is
_OUTER = 96  # nodes of an outer variable whose kinks are not sought
_INNER = 12  # nodes between two kinks
_AT_ONCE = 64  # outer points integrated together: memory, not accuracy


@dataclass(frozen=True, slots=True, kw_only=True)
class _Lines:
    """Bounds of the last variable as lines of the last but one, per outer point."""

    slope: FloatArray  # (lines,)
    low: FloatArray  # (points, lines): intercept where the lower bound is met
    high: FloatArray  # (points, lines): where the upper bound is


def box_probability(correlation: FloatArray, lower: float, upper: float) -> float:
    """
    Integrate a multivariate normal density over a cube.

    Parameters
    ----------
    correlation
        Correlation matrix, shape (m, m); it may be singular.
    lower, upper
        Bounds of every statistic; either may be infinite.

    Returns
    -------
    float
        P(lower <= every statistic <= upper).

    Raises
    ------
    ArgumentError
        If the matrix has a rank above `MOST_DIMENSIONS`.

    Notes
    -----
    A pivoted Cholesky factor turns the cube into a polytope around r independent normal
    variables, r the rank. The last variable's share is a difference of two normal
    probabilities, with kinks in the one before wherever two faces meet: these are
    computed, and each piece integrated on its own; so with a third from the last, where
    three faces meet. The first of four has no such corners of note.

    Examples
    --------
    >>> round(box_probability(np.eye(2), -1.959963985, 1.959963985), 8)
    0.9025
    >>> round(box_probability(np.ones((3, 3)), -1.959963985, 1.959963985), 8)
    0.95
    """
    if not upper > lower:
        return 0.0
    factor = _pivoted_cholesky(np.asarray(correlation, dtype=np.float64))
    rank = factor.shape[1]
    if rank > MOST_DIMENSIONS:
        rule = f"have a rank of at most {MOST_DIMENSIONS}"
        raise ArgumentError(refusal("correlation", rule, rank))
    low, high = max(lower, -_FAR), min(upper, _FAR)
    if rank == 1:
        return float(_normal(np.array(high)) - _normal(np.array(low)))
    points, weight = _outer_points(factor, low, high)
    parts = range(0, len(points), _AT_ONCE)
    inner = [_slices(factor, points[i : i + _AT_ONCE], low, high) for i in parts]
    return min(1.0, max(0.0, float(weight @ np.concatenate(inner))))


def rank_of(correlation: FloatArray) -> int:
    """
    Count the statistics that are no sums of the others.

    Parameters
    ----------
    correlation
        Correlation matrix, shape (m, m).

    Returns
    -------
    int
        Its rank.

    Examples
    --------
    >>> rank_of(np.eye(2)), rank_of(np.ones((2, 2)))
    (2, 1)
    """
    factor = _pivoted_cholesky(np.asarray(correlation, dtype=np.float64))
    return int(factor.shape[1])


def _pivoted_cholesky(correlation: FloatArray) -> FloatArray:
    """Factor a correlation matrix, largest variance left first; shape (m, rank)."""
    left = correlation.copy()
    columns: list[FloatArray] = []
    order: list[int] = []
    for _ in range(len(left)):
        pivot = int(np.argmax(np.diag(left)))
        if not left[pivot, pivot] > _SINGULAR:
            break
        column = left[:, pivot] / math.sqrt(left[pivot, pivot])
        column[order] = 0.0
        order.append(pivot)
        columns.append(column)
        left = left - np.outer(column, column)
    rest = [i for i in range(len(left)) if i not in order]
    return np.column_stack(columns)[order + rest]


def _outer_points(
    factor: FloatArray, low: float, high: float
) -> tuple[FloatArray, FloatArray]:
    """Lay nodes over all variables but the last two, with density in their weights."""
    node, share = _nodes(_OUTER)
    points, weight = np.zeros((1, 0)), np.ones(1)
    for j in range(factor.shape[1] - 2):
        start, end = _range(factor, points, j, low, high)
        cut = np.column_stack([start, end])
        if factor.shape[1] == 3:
            node, share = _nodes(_INNER)
            corner = np.clip(_corners(factor, low, high), start[0], end[0])
            even = np.linspace(start[0], end[0], 9)
            cut = np.sort(np.concatenate([even, corner]))[None, :]
        half, middle = np.diff(cut, axis=1) / 2, (cut[:, 1:] + cut[:, :-1]) / 2
        value = (middle[..., None] + half[..., None] * node).reshape(len(points), -1)
        own = (half[..., None] * share).reshape(len(points), -1) * _density(value)
        points = np.repeat(points, value.shape[1], axis=0)
        points = np.column_stack([points, value.ravel()])
        weight = (weight[:, None] * own).ravel()
    kept = weight > 1e-18
    return points[kept], weight[kept]


def _corners(factor: FloatArray, low: float, high: float) -> FloatArray:
    """Find the first coordinate of every point where three faces meet."""
    rows = np.array(list(combinations(range(len(factor)), 3)), dtype=np.int64)
    sides = factor[rows.reshape(-1, 3)]
    sides = sides[np.abs(np.linalg.det(sides)) > _SINGULAR]
    bounds = np.array(list(product((low, high), repeat=3)))
    corners = np.linalg.solve(sides[:, None], bounds[None, :, :, None])
    first: FloatArray = corners[:, :, 0, 0].ravel()
    return first


@cache
def _nodes(n: int) -> tuple[FloatArray, FloatArray]:
    """Give Gauss-Legendre nodes and weights."""
    node, share = np.polynomial.legendre.leggauss(n)
    return node, share


def _slices(
    factor: FloatArray, points: FloatArray, low: float, high: float
) -> FloatArray:
    """Integrate over the last two variables, given the outer ones; shape (points,)."""
    passed = points @ factor[:, :-2].T
    along, across = factor[:, -2], factor[:, -1]
    start, end = _range(factor, points, factor.shape[1] - 2, low, high)
    last = np.abs(across) > _NOTHING
    a, b, p = along[last], across[last], passed[:, last]
    sign = np.sign(b)
    size = np.abs(b)
    lines = _Lines(
        slope=-a / b,
        low=np.where(sign > 0, low - p, p - high) / size,
        high=np.where(sign > 0, high - p, p - low) / size,
    )
    cut = _kinks(lines, start, end)
    node, share = _nodes(_INNER)
    half = np.diff(cut, axis=1) / 2
    middle = (cut[:, 1:] + cut[:, :-1]) / 2
    value = middle[..., None] + half[..., None] * node
    bottom, top = np.full(value.shape, -_FAR), np.full(value.shape, _FAR)
    for j, slope in enumerate(lines.slope):
        tilt = slope * value
        np.maximum(bottom, tilt + lines.low[:, j, None, None], out=bottom)
        np.minimum(top, tilt + lines.high[:, j, None, None], out=top)
    inside = np.maximum(_normal(top) - _normal(bottom), 0.0) * _density(value)
    total: FloatArray = np.einsum("pqs,s,pq->p", inside, share, half)
    return total


def _range(
    factor: FloatArray, points: FloatArray, j: int, low: float, high: float
) -> tuple[FloatArray, FloatArray]:
    """Bound variable j by the statistics that depend on no later one."""
    knows_later = np.any(np.abs(factor[:, j + 1 :]) > _NOTHING, axis=1)
    bounding = ~knows_later & (np.abs(factor[:, j]) > _NOTHING)
    slope = factor[bounding, j]
    passed = points @ factor[bounding, :j].T
    ends = np.stack([(low - passed) / slope, (high - passed) / slope])
    start = np.maximum(ends.min(axis=0).max(axis=1), -_FAR)
    end = np.minimum(ends.max(axis=0).min(axis=1), _FAR)
    return start, np.maximum(start, end)


def _kinks(lines: _Lines, start: FloatArray, end: FloatArray) -> FloatArray:
    """Find where bounds cross, or pass through where the density lives; sorted."""
    flat = np.array([-_FAR, -4.0, -2.0, 0.0, 2.0, 4.0, _FAR])
    n = len(start)
    height = np.column_stack(
        [lines.low, lines.high, np.broadcast_to(flat, (n, len(flat)))]
    )
    slope = np.concatenate([lines.slope, lines.slope, np.zeros(len(flat))])
    one, other = np.triu_indices(len(slope), 1)
    turn = slope[one] - slope[other]
    crosses = np.abs(turn) > 1e-12
    one, other, turn = one[crosses], other[crosses], turn[crosses]
    where = (height[:, other] - height[:, one]) / turn
    steady = start[:, None] + (end - start)[:, None] * np.linspace(0, 1, 9)
    inner = np.clip(where, start[:, None], end[:, None])
    return np.sort(np.column_stack([steady, inner]), axis=1)


def _normal(value: FloatArray) -> FloatArray:
    """Give the normal distribution function."""
    from scipy.special import ndtr  # special alone, without scipy.stats

    found: FloatArray = ndtr(value)
    return found


def _density(value: FloatArray) -> FloatArray:
    """Give the normal density."""
    density: FloatArray = np.exp(-(value**2) / 2) / math.sqrt(2 * math.pi)
    return density
