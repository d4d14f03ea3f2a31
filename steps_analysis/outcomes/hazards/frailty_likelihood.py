"""
How likely are the data when clusters differ in an unseen factor of their hazard?

The penalised partial likelihood of [1]_: each cluster has a coefficient of its own,
held back by a penalty that the distribution of the factor sets.

References
----------
.. [1] Therneau, T. M., Grambsch, P. M. and Pankratz, V. S. (2003), Journal of
   Computational and Graphical Statistics 12, 156-175.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal, NamedTuple

import numpy as np

from steps_analysis.estimates import FloatArray, IntArray
from steps_analysis.outcomes.hazards.cox_kernel import CoxProblem, Evaluation, evaluate
from steps_analysis.outcomes.hazards.cox_residuals import (
    martingale_residuals,
    schoenfeld_residuals,
    score_residuals,
)
from steps_analysis.outcomes.hazards.newton import newton

Distribution = Literal["gamma", "gaussian"]
Information = Literal["full", "sparse"]
_MAX_STEPS = 200
_CONVERGED = 1e-10
_LARGEST = 50.0
_FEW_CLUSTERS = 80  # below, Newton's method with the whole matrix is as fast


class FrailtyMaximum(NamedTuple):
    """
    Where the penalised likelihood is highest, for one variance of the frailty.

    Attributes
    ----------
    variance
        The variance.
    position
        Log frailties, then coefficients, shape (q + p,).
    log_likelihood
        The penalised log likelihood there.
    moving
        Positions that grow without end; empty at a maximum.
    """

    variance: float
    position: FloatArray
    log_likelihood: float
    moving: tuple[int, ...]


class _Local(NamedTuple):
    """
    The penalised likelihood near a point.

    Blocks of its second derivatives that cost time proportional to rows: the diagonal
    of the clusters' (without what is between clusters), theirs with the covariates, and
    the covariates'.
    """

    log_likelihood: float
    score: FloatArray
    expected: FloatArray
    curve: FloatArray
    between: FloatArray
    within: FloatArray


@dataclass(frozen=True, slots=True, kw_only=True)
class FrailtyProblem:
    """
    A partial likelihood with a penalised coefficient for each cluster.

    Attributes
    ----------
    plain
        The partial likelihood of the p covariates.
    cluster
        Codes of q clusters, shape (n,).
    n_events
        Events of each, shape (q,).
    distribution
        ``"gamma"`` (mean 1) or ``"gaussian"`` (of the logarithm, mean 0).
    """

    plain: CoxProblem
    cluster: IntArray
    n_events: FloatArray
    distribution: Distribution

    @property
    def n_clusters(self) -> int:
        """
        Count the clusters.

        Returns
        -------
        int
            Their number, q.
        """
        return len(self.n_events)

    def maximise(
        self, variance: float, *, start: FloatArray | None = None
    ) -> FrailtyMaximum:
        """
        Maximise the penalised likelihood for a given variance.

        Parameters
        ----------
        variance
            Variance of the frailty, above 0.
        start
            Where to begin, shape (q + p,); 0 if None.

        Returns
        -------
        FrailtyMaximum
            The maximum.

        Notes
        -----
        Steps of Newton's method with the information between clusters replaced by
        a a' / sum(a), a the events expected of each cluster, which is right where every
        risk set looks alike: each costs time proportional to rows. Where they do not
        arrive, the full method takes over.
        """
        q, x = self.n_clusters, self.plain.covariates
        at = np.zeros(q + x.shape[1]) if start is None else start
        size = np.concatenate([np.ones(q), np.max(np.abs(x), axis=0)])
        if q > _FEW_CLUSTERS:
            at, height = self._climb(variance, at, size)
            if height is not None:
                return FrailtyMaximum(variance, at, height, ())
        found = newton(lambda there: self._penalised(variance, there), at, size)
        return FrailtyMaximum(
            variance,
            found.coefficients,
            found.evaluation.log_likelihood,
            found.moving,
        )

    def _climb(
        self, variance: float, at: FloatArray, size: FloatArray
    ) -> tuple[FloatArray, float | None]:
        """Take cheap steps; the height is None where they did not arrive."""
        now = self._local(variance, at)
        for _ in range(_MAX_STEPS):
            step = _step(now)
            if step is None:
                break
            at, then = self._ascend(variance, at, step, now)
            if then is None:
                break
            now = then
            if np.max(np.abs(step) * size) < _CONVERGED:
                return at, now.log_likelihood
        return at, None

    def marginal(self, at: FrailtyMaximum) -> float:
        """
        Give the likelihood of a gamma frailty, the frailty integrated out.

        Parameters
        ----------
        at
            The maximum for one variance.

        Returns
        -------
        float
            Log likelihood, comparable with the log partial likelihood of the Cox model,
            to which it comes as the variance falls to 0.

        Notes
        -----
        With nu = 1/variance and d events of a cluster, the penalised likelihood plus
        the sum of d + nu log nu - (nu + d) log(nu + d) + log Gamma(nu + d)/Gamma(nu).
        """
        from scipy.special import gammaln

        nu, d = 1 / at.variance, self.n_events
        rest = d + gammaln(nu + d) - gammaln(nu)
        rest += nu * np.log(nu) - (nu + d) * np.log(nu + d)
        return at.log_likelihood + float(rest.sum())

    def marginal_slope(self, at: FrailtyMaximum) -> float:
        """
        Differentiate the marginal likelihood by the log variance.

        Parameters
        ----------
        at
            The maximum for one variance.

        Returns
        -------
        float
            The slope, coefficients following their maximum.
        """
        from scipy.special import digamma

        nu, d = 1 / at.variance, self.n_events
        by_nu = at.position[: self.n_clusters] + np.log(nu / (nu + d))
        by_nu += digamma(nu + d) - digamma(nu)
        return -nu * float(by_nu.sum())

    def reml_gap(self, at: FrailtyMaximum, information: Information) -> float:
        """
        Give how far a Gaussian variance is from its REML-type equation.

        Parameters
        ----------
        at
            The maximum for one variance.
        information
            ``"full"`` or ``"sparse"``.

        Returns
        -------
        float
            Mean squared log frailty plus its mean variance, less the variance.

        References
        ----------
        .. [1] McGilchrist, C. A. (1993), Biometrics 49, 221-225.
        """
        q = self.n_clusters
        spread = np.trace(self.inverse(at, information)[:q, :q])
        squares = np.sum(at.position[:q] ** 2)
        return float((squares + spread) / q) - at.variance

    def inverse(self, at: FrailtyMaximum, information: Information) -> FloatArray:
        """
        Invert the penalised information.

        Parameters
        ----------
        at
            The maximum for one variance.
        information
            ``"full"``; or ``"sparse"``, without the terms between clusters, as R's
            ``coxph`` with more than five clusters.

        Returns
        -------
        numpy.ndarray
            The inverse, shape (q + p, q + p).
        """
        q = self.n_clusters
        matrix = self._penalised(at.variance, at.position).information
        if information == "sparse":
            matrix[:q, :q] = np.diag(np.diag(matrix)[:q])
        inverse: FloatArray = np.asarray(np.linalg.inv(matrix), dtype=np.float64)
        return inverse

    def partial(self, at: FrailtyMaximum) -> float:
        """
        Give the partial likelihood without penalty.

        Parameters
        ----------
        at
            The maximum for one variance.

        Returns
        -------
        float
            Log partial likelihood, the frailties as they are predicted.
        """
        return evaluate(self._offset(at.position), self._beta(at.position))[0]

    def _beta(self, at: FloatArray) -> FloatArray:
        """Give the coefficients of the covariates."""
        return at[self.n_clusters :]

    def _offset(self, at: FloatArray) -> CoxProblem:
        """Give the partial likelihood of the covariates, log frailties fixed."""
        return replace(self.plain, offset=at[: self.n_clusters][self.cluster])

    def _penalty(
        self, variance: float, at: FloatArray
    ) -> tuple[float, FloatArray, FloatArray]:
        """Give the penalty with its first and second derivatives."""
        w = at[: self.n_clusters]
        if self.distribution == "gamma":
            grown = np.exp(np.minimum(w, _LARGEST))
            total = float(np.sum(grown - w - 1))
            return total / variance, (grown - 1) / variance, grown / variance
        total = float(np.sum(w * w)) / 2
        return total / variance, w / variance, np.full_like(w, 1 / variance)

    def _local(self, variance: float, at: FloatArray) -> _Local:
        """Evaluate the penalised likelihood, its score and cheap second derivatives."""
        problem, beta, q = self._offset(at), self._beta(at), self.n_clusters
        likelihood, score, within = evaluate(problem, beta)
        seen = self.plain.risk_sets.event
        expected = np.bincount(
            self.cluster, seen - martingale_residuals(problem, beta), minlength=q
        )
        pull = -score_residuals(problem, beta)
        pull[seen] += schoenfeld_residuals(problem, beta)
        between = np.zeros((q, pull.shape[1]))
        np.add.at(between, self.cluster, pull)
        penalty, slope, curve = self._penalty(variance, at)
        return _Local(
            likelihood - penalty,
            np.concatenate([self.n_events - expected - slope, score]),
            np.maximum(expected, 0.0),
            curve,
            between,
            within,
        )

    def _ascend(
        self, variance: float, at: FloatArray, step: FloatArray, now: _Local
    ) -> tuple[FloatArray, _Local | None]:
        """Take the step, halved until the likelihood does not fall."""
        for halving in range(12):
            candidate = at + step / 2**halving
            then = self._local(variance, candidate)
            allowed = 1e-10 * (1 + abs(now.log_likelihood))
            if then.log_likelihood >= now.log_likelihood - allowed:
                return candidate, then
        return at, None

    def _penalised(self, variance: float, at: FloatArray) -> Evaluation:
        """Evaluate with all second derivatives, between clusters too."""
        q = self.n_clusters
        columns = np.column_stack([np.eye(q)[self.cluster], self.plain.covariates])
        plain = evaluate(replace(self.plain, covariates=columns), at)
        penalty, slope, curve = self._penalty(variance, at)
        score, information = plain.score.copy(), plain.information.copy()
        score[:q] -= slope
        information[np.arange(q), np.arange(q)] += curve
        return Evaluation(plain.log_likelihood - penalty, score, information)


def _step(now: _Local) -> FloatArray | None:
    """Solve for a step; None where the matrix is not positive."""
    a, q = now.expected, len(now.expected)
    diagonal = a + now.curve
    left = a.sum() - a @ (a / diagonal)
    right = np.column_stack([now.score[:q], now.between])
    solved = right / diagonal[:, None]
    solved += np.outer(a / diagonal, a @ solved) / left
    rest = now.within - now.between.T @ solved[:, 1:]
    if not np.linalg.eigvalsh(rest)[0] > 0:
        return None
    beta = np.linalg.solve(rest, now.score[q:] - now.between.T @ solved[:, 0])
    return np.concatenate([solved[:, 0] - solved[:, 1:] @ beta, beta])
