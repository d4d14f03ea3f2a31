"""
Which risk does a working model give each participant under each arm?

A logistic model by Newton's method, or the linear one where the logistic has no finite
estimate. The model need not be true: standardisation only borrows its precision.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from steps_analysis.estimates import FloatArray, IntArray

_MAX_STEPS = 30
_CONVERGED = 1e-10


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkingModel:
    """
    A fitted working model.

    Attributes
    ----------
    design
        Intercept, arms but the first, covariates kept; shape (n, k).
    coefficients
        Their coefficients, shape (k,).
    fitted
        Fitted risks, shape (n,).
    is_logistic
        False where the linear model had to do.
    dropped
        Names of covariates left out because they are constant or collinear.
    n_arms
        How many arms there are.
    """

    design: FloatArray
    coefficients: FloatArray
    fitted: FloatArray
    is_logistic: bool
    dropped: tuple[str, ...]
    n_arms: int

    def design_under(self, arm: int) -> FloatArray:
        """
        Give the design with everybody in one arm.

        Parameters
        ----------
        arm
            Code of the arm.

        Returns
        -------
        numpy.ndarray
            Design, shape (n, k).
        """
        design = self.design.copy()
        design[:, 1 : self.n_arms] = 0.0
        if arm:
            design[:, arm] = 1.0
        return design

    def risks_under(self, arm: int) -> FloatArray:
        """
        Predict everybody's risk in one arm.

        Parameters
        ----------
        arm
            Code of the arm.

        Returns
        -------
        numpy.ndarray
            Predicted risks, shape (n,).
        """
        predictor = self.design_under(arm) @ self.coefficients
        return _expit(predictor) if self.is_logistic else predictor

    def slope(self, risk: FloatArray) -> FloatArray:
        """
        Differentiate the risk by its linear predictor.

        Parameters
        ----------
        risk
            Risks, shape (n,).

        Returns
        -------
        numpy.ndarray
            Derivatives, shape (n,).
        """
        return risk * (1 - risk) if self.is_logistic else np.ones_like(risk)


def fit_working_model(
    outcome: FloatArray,
    arm: IntArray,
    covariates: FloatArray,
    *,
    names: Sequence[str],
    n_arms: int,
) -> WorkingModel:
    """
    Fit risks on arm and covariates.

    Parameters
    ----------
    outcome
        1 for an event, otherwise 0, shape (n,).
    arm
        Codes of the arms, shape (n,).
    covariates
        Numbers, shape (n, p).
    names
        Their names, p of them.
    n_arms
        How many arms there are.

    Returns
    -------
    WorkingModel
        Logistic where its likelihood has a maximum, else linear.

    Notes
    -----
    Columns are taken from left to right; one that the columns before it determine is
    dropped. Where the outcome is separated, Newton's steps keep their length for ever
    (the linear predictor moves by about 1 each time), so a fit whose predictor has not
    settled to 1e-10 after 30 steps is taken to have no maximum.

    Examples
    --------
    >>> outcome, arm = np.array([0.0, 1, 0, 1, 1, 1]), np.array([0, 0, 0, 1, 1, 1])
    >>> age = np.array([[11.0], [12], [13], [11], [12], [13]])
    >>> fit_working_model(outcome, arm, age, names=["age"], n_arms=2).is_logistic
    False
    """
    indicators = (arm[:, None] == np.arange(1, n_arms)).astype(np.float64)
    fixed = np.column_stack([np.ones(len(arm)), indicators])
    kept = independent_columns(fixed, covariates)
    design = np.column_stack([fixed, covariates[:, kept]])
    logistic = _fit_logistic(design, outcome)
    if logistic is None:
        coefficients = np.linalg.lstsq(design, outcome, rcond=None)[0]
        fitted = design @ coefficients
    else:
        coefficients = logistic
        fitted = _expit(design @ coefficients)
    return WorkingModel(
        design=design,
        coefficients=coefficients,
        fitted=fitted,
        is_logistic=logistic is not None,
        dropped=tuple(n for j, n in enumerate(names) if j not in kept),
        n_arms=n_arms,
    )


def independent_columns(fixed: FloatArray, candidates: FloatArray) -> list[int]:
    """
    Choose, from left to right, the columns not determined by those before.

    Parameters
    ----------
    fixed
        Columns that stay, shape (n, k); they may be dependent themselves.
    candidates
        Columns to choose from, shape (n, p).

    Returns
    -------
    list of int
        Positions of the columns kept.

    Examples
    --------
    >>> one = np.ones((3, 1))
    >>> independent_columns(one, np.array([[2.0, 1], [2, 2], [2, 4]]))
    [1]
    """
    basis = np.linalg.qr(fixed)[0]
    kept = []
    for j, column in enumerate(candidates.T):
        rest = column - basis @ (basis.T @ column)
        rest -= basis @ (basis.T @ rest)
        size = float(np.linalg.norm(rest))
        if size > 1e-9 * max(float(np.linalg.norm(column)), 1e-300):
            kept.append(j)
            basis = np.column_stack([basis, rest / size])
    return kept


def _fit_logistic(design: FloatArray, outcome: FloatArray) -> FloatArray | None:
    """Maximise the logistic likelihood, or say that it has no maximum."""
    coefficients = np.zeros(design.shape[1])
    predictor = np.zeros(len(outcome))
    likelihood = _log_likelihood(predictor, outcome)
    for _ in range(_MAX_STEPS):
        risk = _expit(predictor)
        weight = risk * (1 - risk)
        root = np.sqrt(weight)[:, None]
        if np.linalg.matrix_rank(design * root, tol=1e-8) < design.shape[1]:
            return None
        information = (design * weight[:, None]).T @ design
        step = np.linalg.solve(information, design.T @ (outcome - risk))
        moved = design @ step
        while _log_likelihood(predictor + moved, outcome) < likelihood - 1e-9:
            step, moved = step / 2, moved / 2
        coefficients, predictor = coefficients + step, predictor + moved
        likelihood = _log_likelihood(predictor, outcome)
        if np.max(np.abs(moved)) < _CONVERGED:
            return coefficients
    return None


def _log_likelihood(predictor: FloatArray, outcome: FloatArray) -> float:
    """Give the logistic log likelihood."""
    return float(np.sum(outcome * predictor - np.logaddexp(0, predictor)))


def _expit(predictor: FloatArray) -> FloatArray:
    """Turn log odds into risks."""
    risk: FloatArray = 0.5 * (1 + np.tanh(predictor / 2))
    return risk
