"""
Where does a log likelihood have its maximum, and does it have one?

Newton's method for likelihoods that are not the plain partial likelihood: weighted risk
sets, penalties. The rules are those of `cox_kernel.maximise`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from steps_analysis.estimates import FloatArray
from steps_analysis.outcomes.hazards.cox_kernel import Evaluation

_MAX_STEPS = 60
_CONVERGED = 1e-10
_SINGULAR = 1e-11


class Peak(NamedTuple):
    """
    Where the climb ended.

    Attributes
    ----------
    coefficients
        The last coefficients, shape (p,).
    evaluation
        Value and derivatives there.
    n_steps
        Steps taken.
    moving
        Positions of coefficients that grow without end; empty at a maximum.
    """

    coefficients: FloatArray
    evaluation: Evaluation
    n_steps: int
    moving: tuple[int, ...]


def newton(
    evaluate: Callable[[FloatArray], Evaluation], start: FloatArray, size: FloatArray
) -> Peak:
    """
    Climb to the maximum of a smooth function.

    Parameters
    ----------
    evaluate
        Gives value, first derivatives and minus the second at coefficients, shape (p,).
    start
        Where to begin, shape (p,).
    size
        How far each coefficient moves a predictor per unit, shape (p,).

    Returns
    -------
    Peak
        Coefficients and derivatives; `moving` names the coefficients that grow without
        end, where there is no maximum.

    Notes
    -----
    A step that lowers the value is halved, up to twelve times. Converged means that the
    full step would move no predictor by more than 1e-10. Where the value keeps rising,
    steps keep their length while the second derivatives fade beside those at the start,
    and the loop ends on that.

    Examples
    --------
    The maximum of -(b - 2)²/2.

    >>> def parabola(b):
    ...     return Evaluation(-0.5 * float((b[0] - 2) ** 2), 2 - b, np.eye(1))
    >>> newton(parabola, np.zeros(1), np.ones(1)).coefficients
    array([2.])
    """
    beta, now, step = start, evaluate(start), np.zeros_like(start)
    scale = 1 / np.sqrt(np.maximum(np.diag(now.information), 1e-300))
    for n_steps in range(1, _MAX_STEPS + 1):
        scaled = now.information * np.outer(scale, scale)
        if not np.linalg.eigvalsh(scaled)[0] > _SINGULAR:
            return Peak(beta, now, n_steps, _moving(step, size))
        step = np.linalg.solve(scaled, now.score * scale) * scale
        if np.max(np.abs(step) * size) < _CONVERGED:
            return Peak(beta + step, evaluate(beta + step), n_steps, ())
        beta, now = _ascend(evaluate, beta, step, now)
    return Peak(beta, now, _MAX_STEPS, _moving(step, size))


def identified(information: FloatArray, size: FloatArray) -> list[int]:
    """
    Choose, from left to right, the covariates that the data tell apart.

    Parameters
    ----------
    information
        Minus the second derivatives at 0, shape (p, p).
    size
        What the diagonal would be of the order of, shape (p,).

    Returns
    -------
    list of int
        Positions of the covariates kept.

    Examples
    --------
    >>> identified(np.array([[1.0, 2.0], [2.0, 4.0]]), np.array([1.0, 4.0]))
    [0]
    """
    kept: list[int] = []
    for j in range(len(information)):
        left = information[j, j]
        if kept:
            inner = information[np.ix_(kept, kept)]
            left -= information[j, kept] @ np.linalg.solve(inner, information[kept, j])
        if left > 1e-10 * size[j]:
            kept.append(j)
    return kept


def _ascend(
    evaluate: Callable[[FloatArray], Evaluation],
    beta: FloatArray,
    step: FloatArray,
    now: Evaluation,
) -> tuple[FloatArray, Evaluation]:
    """Take the step, halved until the value does not fall."""
    for halving in range(12):
        candidate = beta + step / 2**halving
        then = evaluate(candidate)
        if then.log_likelihood >= now.log_likelihood - 1e-9 * abs(now.log_likelihood):
            break
    return candidate, then


def _moving(step: FloatArray, size: FloatArray) -> tuple[int, ...]:
    """Name the coefficients whose step still moves a predictor."""
    reach = np.abs(step) * size
    return tuple(np.flatnonzero(reach >= 0.1 * reach.max()).tolist())
