"""Which coefficients make the risks likeliest, and how uncertain are they?"""

from __future__ import annotations

from typing import Literal

import numpy as np

from steps_analysis.estimates import FloatArray, IntArray

Sandwich = Literal["hc0", "hc1", "hc2", "hc3"]

_MAX_STEPS = 200
_SETTLED = 1e-12
_EDGE = 1e-5


def fit_log_risks(design: FloatArray, event: FloatArray) -> FloatArray | None:
    """
    Maximise the Poisson likelihood.

    Parameters
    ----------
    design
        Columns with the intercept first, of full rank, shape (n, k).
    event
        1 for an event, otherwise 0, shape (n,).

    Returns
    -------
    numpy.ndarray or None
        Log risk ratios, shape (k,), or None where there is no maximum.

    Examples
    --------
    >>> half = fit_log_risks(np.ones((2, 1)), np.array([1.0, 0.0]))
    >>> np.exp(half).round(6)
    array([0.5])
    """
    found = np.zeros(design.shape[1])
    if not event.any():
        return None
    found[0] = np.log(event.mean())
    value = -np.inf
    for _ in range(_MAX_STEPS):
        mean = np.exp(np.minimum(design @ found, 500.0))
        root = design * np.sqrt(mean)[:, None]
        if np.linalg.matrix_rank(root, tol=1e-7) < design.shape[1]:
            return None
        step = np.linalg.solve(root.T @ root, design.T @ (event - mean))
        reach = float(np.max(np.abs(design @ step)))
        if reach < _SETTLED:
            return found
        step = step * min(1.0, 2.0 / reach)
        while (new := _poisson_value(design, event, found + step)) < value - 1e-9:
            step = step / 2
        found, value = found + step, new
        if reach < 1e-10:
            return found
    return None


def _poisson_value(design: FloatArray, event: FloatArray, at: FloatArray) -> float:
    """Give the Poisson log likelihood."""
    predictor = design @ at
    return float(event @ predictor - np.sum(np.exp(np.minimum(predictor, 500.0))))


def fit_plain_risks(design: FloatArray, event: FloatArray) -> FloatArray | None:
    """
    Maximise the binomial likelihood over risks inside (0, 1).

    Parameters
    ----------
    design
        Columns with the intercept first, of full rank, shape (n, k).
    event
        1 for an event, otherwise 0, shape (n,).

    Returns
    -------
    numpy.ndarray or None
        Risk differences, shape (k,), or None where the maximum has a risk at 0 or 1.

    Notes
    -----
    A share of an event and of a non-event added to each row keeps the risks inside;
    the share is taken away by degrees, so that the path does not run into a corner.

    Examples
    --------
    >>> fit_plain_risks(np.ones((2, 1)), np.array([1.0, 0.0])).round(6)
    array([0.5])
    """
    found = np.zeros(design.shape[1])
    found[0] = 0.5
    for share in (*_SHARES, 0.0):
        moved = _climb(design, event + share, 1 - event + share, found)
        if moved is None:
            return None
        found = moved
        risk = design @ found
        if share < 1e-6 and float(np.min(np.minimum(risk, 1 - risk))) < _EDGE:
            return None
    return found


_SHARES = tuple(10.0**-power for power in range(10))


def _climb(
    design: FloatArray, events: FloatArray, others: FloatArray, start: FloatArray
) -> FloatArray | None:
    """Maximise a binomial likelihood with fractional counts by Newton's method."""
    found = start
    for _ in range(_MAX_STEPS):
        risk = design @ found
        weight = events / risk**2 + others / (1 - risk) ** 2
        score = design.T @ (events / risk - others / (1 - risk))
        step = np.linalg.lstsq((design.T * weight) @ design, score, rcond=None)[0]
        moved = design @ step
        if float(np.max(np.abs(moved))) < _SETTLED:
            return found
        ahead = np.where(moved > 0, 1 - risk, risk)
        room = float(np.min(ahead / np.maximum(np.abs(moved), 1e-300)))
        step = step * min(1.0, 0.9 * room)
        value = _binomial_value(risk, events, others)
        for _ in range(40):
            trial = _binomial_value(design @ (found + step), events, others)
            if trial >= value - 1e-12 * abs(value):
                break
            step = step / 2
        found = found + step
    return None


def _binomial_value(risk: FloatArray, events: FloatArray, others: FloatArray) -> float:
    """Give the binomial log likelihood of risks inside (0, 1)."""
    return float(events @ np.log(risk) + others @ np.log(1 - risk))


def sandwich(
    design: FloatArray,
    residual: FloatArray,
    weight: FloatArray,
    *,
    kind: Sandwich = "hc0",
    cluster: IntArray | None = None,
) -> FloatArray:
    """
    Give the robust covariance of a regression with canonical link.

    Parameters
    ----------
    design
        Columns, of full rank, shape (n, k).
    residual
        Outcomes less fitted means, shape (n,).
    weight
        Derivatives of the means by their linear predictors, shape (n,).
    kind
        ``"hc0"`` to ``"hc3"``.
    cluster
        Codes of clusters within which scores are summed, shape (n,), or None.

    Returns
    -------
    numpy.ndarray
        Shape (k, k).

    Examples
    --------
    Of a mean alone, with the factor n / (n - 1): the sample variance over n.

    >>> y = np.array([0.0, 0, 1, 1])
    >>> one = np.ones((4, 1))
    >>> sandwich(one, y - 0.5, np.ones(4), kind="hc1").round(6)
    array([[0.083333]])
    """
    x = design
    n, k = x.shape
    bread = np.linalg.inv((x * weight[:, None]).T @ x)
    if cluster is not None:
        sums = np.zeros((int(cluster.max()) + 1, k))
        np.add.at(sums, cluster, x * residual[:, None])
        return (bread @ (sums.T @ sums) @ bread).astype(np.float64)
    squared = residual**2
    if kind == "hc1":
        squared = squared * (n / (n - k) if n > k else np.nan)
    elif kind in {"hc2", "hc3"}:
        leverage = weight * np.einsum("ij,jk,ik->i", x, bread, x)
        free = np.where(leverage < 1 - 1e-10, 1 - leverage, np.inf)
        squared = squared / free ** (1 if kind == "hc2" else 2)
    found: FloatArray = bread @ ((x * squared[:, None]).T @ x) @ bread
    return found
