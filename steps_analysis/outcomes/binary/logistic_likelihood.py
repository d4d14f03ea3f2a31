"""
Where is a logistic likelihood highest?

With or without Firth's penalty, over all coefficients or with some of them held. The
penalty is Jeffreys' prior, half the log determinant of the information; it keeps the
maximum finite whatever the data.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from steps_analysis.estimates import BoolArray, FloatArray

_MAX_STEPS = 500
_SETTLED = 1e-10
_FURTHEST = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class LogisticLikelihood:
    """
    A weighted logistic likelihood.

    Attributes
    ----------
    design
        Columns with the intercept, of full rank, shape (n, k).
    outcome
        1 for an event, otherwise 0, shape (n,).
    weights
        Case weights, shape (n,).
    penalty
        Share of the log determinant added: 0.5 for Firth's penalty, 0 for none.
    """

    design: FloatArray
    outcome: FloatArray
    weights: FloatArray
    penalty: float

    def risks(self, coefficients: FloatArray) -> FloatArray:
        """
        Give the fitted risks.

        Parameters
        ----------
        coefficients
            Shape (k,).

        Returns
        -------
        numpy.ndarray
            Shape (n,).
        """
        risk: FloatArray = 0.5 * (1 + np.tanh(self.design @ coefficients / 2))
        return risk

    def information(self, coefficients: FloatArray) -> FloatArray:
        """
        Give the Fisher information.

        Parameters
        ----------
        coefficients
            Shape (k,).

        Returns
        -------
        numpy.ndarray
            Shape (k, k).
        """
        risk = self.risks(coefficients)
        weight = self.weights * risk * (1 - risk)
        found: FloatArray = (self.design * weight[:, None]).T @ self.design
        return found

    def augmented_information(self, coefficients: FloatArray) -> FloatArray:
        """
        Give the information of the data augmented by each row's leverage.

        Parameters
        ----------
        coefficients
            Shape (k,).

        Returns
        -------
        numpy.ndarray
            X'W(1 + h)X under Firth's penalty, shape (k, k); the Fisher information
            without penalty.
        """
        risk = self.risks(coefficients)
        extra = 2 * self.penalty * self.leverage(coefficients)
        weight = (self.weights + extra) * risk * (1 - risk)
        found: FloatArray = (self.design * weight[:, None]).T @ self.design
        return found

    def leverage(self, coefficients: FloatArray) -> FloatArray:
        """
        Give the diagonal of the hat matrix.

        Parameters
        ----------
        coefficients
            Shape (k,).

        Returns
        -------
        numpy.ndarray
            Shape (n,), with sum k.
        """
        risk = self.risks(coefficients)
        weight = self.weights * risk * (1 - risk)
        root = self.design * np.sqrt(weight)[:, None]
        orthogonal = np.linalg.qr(root)[0]
        found: FloatArray = np.sum(orthogonal**2, axis=1)
        return found

    def value(self, coefficients: FloatArray) -> float:
        """
        Give the (penalised) log likelihood.

        Parameters
        ----------
        coefficients
            Shape (k,).

        Returns
        -------
        float
            Its value; minus infinity where the information has no determinant.
        """
        predictor = self.design @ coefficients
        each = self.outcome * predictor - np.logaddexp(0, predictor)
        plain = float(self.weights @ each)
        if not self.penalty:
            return plain
        sign, log_determinant = np.linalg.slogdet(self.information(coefficients))
        if sign <= 0:
            return -np.inf
        return plain + self.penalty * float(log_determinant)

    def score(self, coefficients: FloatArray) -> FloatArray:
        """
        Give the gradient of the (penalised) log likelihood.

        Parameters
        ----------
        coefficients
            Shape (k,).

        Returns
        -------
        numpy.ndarray
            Shape (k,).
        """
        risk = self.risks(coefficients)
        residual = self.weights * (self.outcome - risk)
        if self.penalty:
            leverage = self.leverage(coefficients)
            residual = residual + 2 * self.penalty * leverage * (0.5 - risk)
        found: FloatArray = self.design.T @ residual
        return found

    def maximise(self, start: FloatArray, free: BoolArray) -> FloatArray | None:
        """
        Find the maximum over some coefficients, the others held.

        Parameters
        ----------
        start
            Where to begin, shape (k,).
        free
            True for the coefficients to move, shape (k,).

        Returns
        -------
        numpy.ndarray or None
            The coefficients, or None where the steps did not settle: a likelihood
            without penalty that rises for ever.
        """
        found, best = start.copy(), self.value(start)
        if not free.any():
            return found
        for _ in range(_MAX_STEPS):
            inner = self.augmented_information(found)[np.ix_(free, free)]
            try:
                step = np.linalg.solve(inner, self.score(found)[free])
            except np.linalg.LinAlgError:
                return None
            moved = self.design[:, free] @ step
            reach = float(np.max(np.abs(moved)))
            if reach < _SETTLED:
                return found
            step = step * min(1.0, _FURTHEST / reach)
            trial = found.copy()
            for _ in range(40):
                trial[free] = found[free] + step
                value = self.value(trial)
                if value >= best - 1e-11 * (1 + abs(best)):
                    break
                step = step / 2
            found, best = trial, value
        return None
