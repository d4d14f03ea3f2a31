"""A log-linear mean of counts with over-dispersion, past outbreaks weighted down."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from steps_analysis.estimates import FloatArray

MOST_STEPS = 100
DEVIANCE_CHANGE = 1e-12  # relative; R's glm stops at 1e-8
LOWEST_LOG_MEAN = -30.0  # a season without a case drifts to minus infinity


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class QuasiPoisson:
    """
    A fitted log-linear mean.

    Attributes
    ----------
    coefficients
        On the log scale, shape (p,).
    information
        Fisher information without the dispersion, shape (p, p).
    mean
        Fitted means, shape (n,).
    leverage
        Diagonal of the hat matrix, shape (n,).
    pearson
        Pearson's statistic over its degrees of freedom: the dispersion as estimated.
    converged
        Whether the fit settled.

    Examples
    --------
    >>> fit = fit_quasi_poisson(np.ones((2, 1)), np.array([1.0, 3.0]), np.ones(2))
    >>> fit.mean.round(6).tolist(), round(fit.pearson, 6)
    ([2.0, 2.0], 1.0)
    """

    coefficients: FloatArray
    information: FloatArray
    mean: FloatArray
    leverage: FloatArray
    pearson: float
    converged: bool

    @property
    def dispersion(self) -> float:
        """The dispersion used for limits: never below 1."""
        return max(self.pearson, 1.0)


def fit_quasi_poisson(
    design: FloatArray, counts: FloatArray, weights: FloatArray
) -> QuasiPoisson:
    """
    Fit a log-linear mean by iterated weighted least squares.

    Parameters
    ----------
    design
        Columns of the linear predictor, shape (n, p), of full rank, n > p.
    counts
        Counts, shape (n,).
    weights
        Prior weights, above 0, shape (n,).

    Returns
    -------
    QuasiPoisson
        The fit.

    Examples
    --------
    >>> design = np.column_stack([np.ones(3), [0.0, 1.0, 2.0]])
    >>> fit = fit_quasi_poisson(design, np.array([1.0, 2.0, 4.0]), np.ones(3))
    >>> np.exp(fit.coefficients).round(6).tolist()
    [1.0, 2.0]
    """
    mean: FloatArray = counts + 0.1
    linear: FloatArray = np.log(mean)
    before, converged = np.inf, False
    coefficients: FloatArray = np.zeros(design.shape[1])
    for _ in range(MOST_STEPS):
        working = linear + (counts - mean) / mean
        root = np.sqrt(weights * mean)
        coefficients = np.asarray(
            np.linalg.lstsq(design * root[:, None], working * root, rcond=None)[0],
            dtype=np.float64,
        )
        linear = np.maximum(design @ coefficients, LOWEST_LOG_MEAN)
        mean = np.exp(linear)
        deviance = _deviance(counts, mean, weights)
        if abs(deviance - before) < DEVIANCE_CHANGE * (abs(deviance) + 0.1):
            converged = True
            break
        before = deviance
    weighted = weights * mean
    information = design.T @ (design * weighted[:, None])
    inverse = np.linalg.pinv(information, hermitian=True)
    leverage = weighted * np.einsum("ij,jk,ik->i", design, inverse, design)
    squares = float((weights * (counts - mean) ** 2 / mean).sum())
    return QuasiPoisson(
        coefficients=coefficients,
        information=information,
        mean=mean,
        leverage=leverage,
        pearson=squares / (counts.size - design.shape[1]),
        converged=converged and bool(np.isfinite(mean).all()),
    )


def outbreaks_weighted_down(
    fit: QuasiPoisson, counts: FloatArray, threshold: float
) -> FloatArray:
    """
    Give less weight to past counts far above what was expected.

    Parameters
    ----------
    fit
        A fit with equal weights.
    counts
        The counts it was fitted to, shape (n,).
    threshold
        Standardised Anscombe residual above which a count loses weight.

    Returns
    -------
    numpy.ndarray
        Weights that add up to n.

    References
    ----------
    .. [1] Farrington, C. P. et al. (1996), JRSS A 159, 547-563, section 3.5.

    Examples
    --------
    >>> counts = np.array([1.0, 1.0, 2.0, 1.0, 20.0])
    >>> fit = fit_quasi_poisson(np.ones((5, 1)), counts, np.ones(5))
    >>> weights = outbreaks_weighted_down(fit, counts, 1.0)
    >>> bool(weights[4] < weights[0]), round(float(weights.sum()), 9)
    (True, 5.0)
    """
    raw = 1.5 * (counts ** (2 / 3) * fit.mean ** (-1 / 6) - fit.mean**0.5)
    free = np.maximum(1 - fit.leverage, 1e-12)
    residual = raw / np.sqrt(fit.dispersion * free)
    far = residual > threshold
    weights = np.where(far, np.where(far, residual, 1.0) ** -2, 1.0)
    scaled: FloatArray = weights * counts.size / weights.sum()
    return scaled


def _deviance(counts: FloatArray, mean: FloatArray, weights: FloatArray) -> float:
    """Compute the Poisson deviance."""
    some = np.where(counts > 0, counts, 1.0)
    logs = np.where(counts > 0, counts * np.log(some / mean), 0.0)
    return float(2 * (weights * (logs - (counts - mean))).sum())
