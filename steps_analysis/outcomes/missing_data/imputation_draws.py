"""What might a missing value have been, given those seen?"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from steps_analysis.estimates import BoolArray, FloatArray
from steps_analysis.outcomes.binary.working_model import independent_columns

Draw = Callable[[FloatArray, FloatArray, BoolArray, np.random.Generator], FloatArray]
N_DONORS = 5


def draw_normal(
    y: FloatArray, x: FloatArray, seen: BoolArray, rng: np.random.Generator
) -> FloatArray:
    """
    Draw from a normal linear model whose parameters are drawn first.

    Parameters
    ----------
    y
        The column, shape (n,); what stands where it is not seen does not matter.
    x
        The other columns, shape (n, p).
    seen
        Where `y` is known, shape (n,).
    rng
        The generator.

    Returns
    -------
    numpy.ndarray
        Values for the rows not seen.
    """
    design = _design(x, seen)
    size = float(np.abs(y[seen]).max()) or 1.0
    _, drawn, deviation = _draw_coefficients(y[seen] / size, design[seen], rng)
    noise = deviation * rng.standard_normal(int(np.sum(~seen)))
    return size * (design[~seen] @ drawn + noise)


def draw_predictive_mean(
    y: FloatArray, x: FloatArray, seen: BoolArray, rng: np.random.Generator
) -> FloatArray:
    """
    Take the value of one of the five seen whose predictions are nearest.

    Parameters
    ----------
    y
        The column, shape (n,).
    x
        The other columns, shape (n, p).
    seen
        Where `y` is known, shape (n,).
    rng
        The generator.

    Returns
    -------
    numpy.ndarray
        Values for the rows not seen, all of them values seen.
    """
    design = _design(x, seen)
    size = float(np.abs(y[seen]).max()) or 1.0
    fitted, drawn, _ = _draw_coefficients(y[seen] / size, design[seen], rng)
    donors, near = y[seen], design[seen] @ fitted
    apart = np.abs((design[~seen] @ drawn)[:, None] - near)
    n_donors = min(N_DONORS, len(donors))
    closest = np.argsort(apart, axis=1, kind="stable")[:, :n_donors]
    chosen = rng.integers(n_donors, size=len(closest))
    return donors[closest[np.arange(len(closest)), chosen]]


def draw_logistic(
    y: FloatArray, x: FloatArray, seen: BoolArray, rng: np.random.Generator
) -> FloatArray:
    """
    Draw yes or no from a logistic model whose coefficients are drawn first.

    Parameters
    ----------
    y
        The column of 0 and 1, shape (n,).
    x
        The other columns, shape (n, p).
    seen
        Where `y` is known, shape (n,).
    rng
        The generator.

    Returns
    -------
    numpy.ndarray
        0 or 1 for the rows not seen.

    Notes
    -----
    Pseudo-observations of total weight p + 1, one standard deviation to either side of
    each column's mean with either outcome, keep the fit finite under separation.
    """
    design = _design(x, seen)
    rows, outcome, weight = _augmented(design[seen], y[seen])
    beta = np.zeros(design.shape[1])
    for _ in range(50):
        risk = _expit(rows @ beta)
        spread = weight * risk * (1 - risk)
        information = (rows * spread[:, None]).T @ rows
        step = np.linalg.solve(information, rows.T @ (weight * (outcome - risk)))
        beta = beta + np.clip(step, -2, 2)
        if float(np.abs(step).max()) < 1e-9:
            break
    root = np.linalg.cholesky(np.linalg.inv(information))
    drawn = beta + root @ rng.standard_normal(len(beta))
    risks = _expit(design[~seen] @ drawn)
    return (rng.random(len(risks)) < risks).astype(np.float64)


DRAWS: dict[str, Draw] = {
    "normal": draw_normal,
    "predictive-mean": draw_predictive_mean,
    "logistic": draw_logistic,
}


def n_needed(method: str, n_columns: int) -> int:
    """
    Say how many values must be seen.

    Parameters
    ----------
    method
        How values are drawn.
    n_columns
        How many other columns they are predicted from.

    Returns
    -------
    int
        Coefficients and one more, but for the logistic model, which is held finite.

    Examples
    --------
    >>> n_needed("normal", 2)
    4
    """
    return 2 if method == "logistic" else n_columns + 2


def _design(x: FloatArray, seen: BoolArray) -> FloatArray:
    """Give an intercept and the standardised columns that differ among those seen."""
    x = x / np.maximum(np.abs(x).max(axis=0, initial=0.0), 1e-300)
    centre, spread = x[seen].mean(axis=0), x[seen].std(axis=0)
    scaled = (x - centre) / np.where(spread > 0, spread, 1.0)
    kept = independent_columns(np.ones((int(seen.sum()), 1)), scaled[seen])
    return np.column_stack([np.ones(len(x)), scaled[:, kept]])


def _draw_coefficients(
    y: FloatArray, design: FloatArray, rng: np.random.Generator
) -> tuple[FloatArray, FloatArray, float]:
    """Give coefficients fitted, coefficients drawn, and a standard deviation drawn."""
    n, p = design.shape
    inverse = np.linalg.inv(design.T @ design)
    beta = inverse @ design.T @ y
    left = float(np.sum((y - design @ beta) ** 2))
    deviation = float(np.sqrt(left / rng.chisquare(n - p)))
    root = np.linalg.cholesky(inverse)
    return beta, beta + deviation * (root @ rng.standard_normal(p)), deviation


def _augmented(
    design: FloatArray, y: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Add pseudo-observations to keep a logistic fit finite."""
    p = design.shape[1] - 1
    centre = np.zeros(design.shape[1])
    centre[0] = 1.0
    points = [centre]
    for j in range(1, p + 1):
        step = np.zeros(p + 1)
        step[j] = 1.0
        points += [centre + step, centre - step]
    if p:
        points = points[1:]
    rows = np.repeat(np.array(points), 2, axis=0)
    outcome = np.tile([0.0, 1.0], len(points))
    weight = np.full(len(rows), (p + 1) / len(rows))
    return (
        np.concatenate([design, rows]),
        np.concatenate([y, outcome]),
        np.concatenate([np.ones(len(y)), weight]),
    )


def _expit(predictor: FloatArray) -> FloatArray:
    """Turn log odds into risks."""
    risk: FloatArray = 0.5 * (1 + np.tanh(predictor / 2))
    return risk
