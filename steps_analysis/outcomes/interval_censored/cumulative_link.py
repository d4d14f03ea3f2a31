"""
Which covariate effects, with a baseline free of any form, fit interval-censored times?

An increasing baseline at the ends of the innermost intervals, shifted by the
covariates, gives the probability of the event by then. The likelihood is concave in
both, under the order of the baseline alone: Newton's method on the steps that are
apart, tying two that meet and parting those that the likelihood wants apart.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from steps_analysis.estimates import FloatArray, IntArray
from steps_analysis.outcomes.interval_censored.intervals import Innermost
from steps_analysis.outcomes.survival.location_scale import Shape, Side, between

_FAR = 600.0  # beyond this the exponential of an error overflows


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LinkProblem:
    """
    Interval-censored times and covariates.

    Attributes
    ----------
    inner
        The innermost intervals, m of them.
    covariates
        Shape (n, p), of full rank with a constant.
    offset
        Added to the covariates' effects, shape (n,).
    shape
        Extreme value for proportional hazards, logistic for proportional odds.
    """

    inner: Innermost
    covariates: FloatArray
    offset: FloatArray
    shape: Shape

    def terms(
        self, baseline: FloatArray, effects: FloatArray, tied: IntArray
    ) -> tuple[float, FloatArray, FloatArray]:
        """
        Give the log-likelihood, gradient and Hessian.

        Parameters
        ----------
        baseline
            One height per block of ends.
        effects
            Of the covariates, shape (p,).
        tied
            Block of each end between innermost intervals, shape (m - 1,).

        Returns
        -------
        tuple
            Value, and derivatives in baseline, then effects.
        """
        which = np.eye(len(baseline))[tied]
        shift = self.covariates @ effects + self.offset
        # end 0 has survival 1 and end m survival 0, whatever the parameters
        sides = []
        for end in (self.inner.first, self.inner.last + 1):
            there = (end > 0) & (end < len(self.inner.lower))
            rows = which[np.where(there, end - 1, 0)] * there[:, None]
            z = np.clip(rows @ baseline + shift, -_FAR, _FAR)
            rows = np.hstack([rows, self.covariates])
            sides.append(Side(z=z, rows=rows, there=there))
        return between(self.shape, *sides)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LinkMaximum:
    """
    A maximum of the likelihood.

    Attributes
    ----------
    baseline
        Height at each end between innermost intervals, shape (m - 1,).
    effects
        Of the covariates, shape (p,).
    covariance
        Of the effects, from the information in effects and the blocks apart.
    log_likelihood
        At the maximum.
    """

    baseline: FloatArray
    effects: FloatArray
    covariance: FloatArray
    log_likelihood: float


def maximise_link(problem: LinkProblem, start: FloatArray) -> LinkMaximum | None:
    """
    Find the maximum of the likelihood.

    Parameters
    ----------
    problem
        The data.
    start
        Baseline to begin with, shape (m - 1,), not decreasing.

    Returns
    -------
    LinkMaximum or None
        None where the likelihood rises for ever: an effect without bound.

    Examples
    --------
    >>> from steps_analysis.outcomes.interval_censored.intervals import (
    ...     innermost_intervals)
    >>> from steps_analysis.outcomes.survival.location_scale import SHAPES
    >>> inner = innermost_intervals(np.array([0.0, 3]), np.array([3.0, np.inf]))
    >>> problem = LinkProblem(inner=inner, covariates=np.zeros((2, 0)),
    ...                       offset=np.zeros(2), shape=SHAPES["log-logistic"])
    >>> found = maximise_link(problem, np.array([1.0]))
    >>> round(found.log_likelihood, 6), round(abs(float(found.baseline[0])), 6)
    (-1.386294, 0.0)
    """
    heights, tied = np.unique(start, return_inverse=True)
    effects = np.zeros(problem.covariates.shape[1])
    for _ in range(400):
        value, gradient, hessian = problem.terms(heights, effects, tied)
        solved = np.linalg.lstsq(-hessian, gradient, rcond=1e-14)[0]
        step = np.asarray(solved, dtype=np.float64)
        if np.all(np.abs(step) <= 1e-9 * (1 + np.abs(np.append(heights, effects)))):
            parted = _part(problem, heights, effects, tied)
            if parted is None:
                return _maximum(heights, effects, tied, value, hessian)
            heights, tied = parted
            continue
        b = len(heights)
        limit, meets = _room(heights, step[:b])
        share = min(1.0, limit)
        while share > 1e-10:
            moved = heights + share * step[:b], effects + share * step[b:]
            found = problem.terms(*moved, tied)[0]
            if found >= value - 1e-10 * (1 + abs(value)):
                break
            share /= 2
        heights, effects = moved
        if share == limit:
            heights, tied = _tie(heights, tied, meets)
    return None


def _room(heights: FloatArray, step: FloatArray) -> tuple[float, int]:
    """Give how far a step goes until two neighbours meet, and the lower of them."""
    gap, closing = np.diff(heights), -np.diff(step)
    rooms = np.divide(gap, closing, out=np.full(len(gap), np.inf), where=closing > 0)
    if not len(rooms):
        return np.inf, 0
    meets = int(np.argmin(rooms))
    return float(rooms[meets]), meets


def _tie(
    heights: FloatArray, tied: IntArray, lower: int
) -> tuple[FloatArray, IntArray]:
    """Make one block of two that met."""
    return np.delete(heights, lower + 1), np.where(tied > lower, tied - 1, tied)


def _part(
    problem: LinkProblem, heights: FloatArray, effects: FloatArray, tied: IntArray
) -> tuple[FloatArray, IntArray] | None:
    """Part the block whose upper ends the likelihood most wants higher, if any."""
    every = np.arange(len(tied))
    slopes = problem.terms(heights[tied], effects, every)[1][: len(tied)]
    best, at = 1e-7 * len(problem.offset), -1
    for c in range(1, len(tied)):
        if tied[c] == tied[c - 1]:
            pull = float(slopes[c:][tied[c:] == tied[c]].sum())
            if pull > best:
                best, at = pull, c
    if at < 0:
        return None
    again = tied + (every >= at)
    return np.insert(heights, tied[at], heights[tied[at]]), again


def _maximum(
    heights: FloatArray,
    effects: FloatArray,
    tied: IntArray,
    value: float,
    hessian: FloatArray,
) -> LinkMaximum | None:
    """Invert the information, if it can be."""
    b = len(heights)
    inside = np.linalg.pinv(-hessian[:b, :b])
    own = -hessian[b:, b:] - hessian[b:, :b] @ inside @ hessian[:b, b:]
    if len(effects) and not np.linalg.eigvalsh(own)[0] > 1e-10:
        return None
    return LinkMaximum(
        baseline=heights[tied],
        effects=effects,
        covariance=np.asarray(np.linalg.inv(own), dtype=np.float64),
        log_likelihood=value,
    )
