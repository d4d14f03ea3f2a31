"""
Which variances and covariances make residuals most likely, and how sure are the means?

Restricted maximum likelihood of a normal model whose covariance is linear in its
parameters, by Fisher scoring, with the Kenward-Roger covariance of the means.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from steps_analysis.estimates import FloatArray

_MAX_STEPS = 100
_CONVERGED = 1e-18  # squared step in standard errors


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Block:
    """
    Units that share one covariance matrix.

    Attributes
    ----------
    outcome
        Shape (m, k): m units of k measurements each.
    design
        Shape (m, k, p).
    pieces
        What each parameter multiplies in the covariance of a unit, shape (r, k, k).
    """

    outcome: FloatArray
    design: FloatArray
    pieces: FloatArray


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RestrictedFit:
    """
    A normal model fitted by restricted maximum likelihood.

    Attributes
    ----------
    coefficients
        Of the means, shape (p,).
    unit
        What the scores are measured in for the four arrays of spread that follow, so
        that no scores are too large or too small.
    covariance
        Covariance of the coefficients, the parameters taken for known, shape (p, p).
    adjusted_covariance
        The same with Kenward and Roger's adjustment, shape (p, p).
    parameters
        Of the covariance, shape (r,).
    parameter_covariance
        Inverse of their expected information, shape (r, r).
    sensitivities
        Derivatives of the precision of the coefficients, shape (r, p, p).
    log_likelihood
        Restricted log likelihood.
    reason
        None, or why there is no fit.
    """

    coefficients: FloatArray
    unit: float
    covariance: FloatArray
    adjusted_covariance: FloatArray
    parameters: FloatArray
    parameter_covariance: FloatArray
    sensitivities: FloatArray
    log_likelihood: float
    reason: str | None = None

    def contrast(self, weights: FloatArray, *, adjusted: bool) -> tuple[float, ...]:
        """
        Give a linear combination of the coefficients.

        Parameters
        ----------
        weights
            Shape (p,).
        adjusted
            Whether by Kenward and Roger's covariance.

        Returns
        -------
        tuple of float
            Its value, standard error and Satterthwaite degrees of freedom.

        Notes
        -----
        For one combination Kenward and Roger's degrees of freedom are Satterthwaite's,
        2 v^2 / Var(v) with v the unadjusted variance, and their scale is 1.
        """
        used = self.adjusted_covariance if adjusted else self.covariance
        inner = self.covariance @ weights
        variance = float(weights @ inner)
        gradient = -np.einsum("i,rij,j->r", inner, self.sensitivities, inner)
        spread = float(gradient @ self.parameter_covariance @ gradient)
        free = 2 * variance**2 / spread if spread > 0 else math.inf
        error = self.unit * math.sqrt(max(float(weights @ used @ weights), 0.0))
        return float(weights @ self.coefficients), error, free


def fit_restricted(blocks: Sequence[Block], start: FloatArray) -> RestrictedFit:
    """
    Maximise the restricted likelihood.

    Parameters
    ----------
    blocks
        The data, by units of equal covariance.
    start
        Parameters to begin with, shape (r,), with positive definite covariances.

    Returns
    -------
    RestrictedFit
        The fit, or why there is none: the design is of less than full rank, or the
        likelihood has no maximum inside.

    Notes
    -----
    With V linear in the parameters, dV/dtheta_r = G_r: score
    -(tr P G_r - y'P G_r P y) / 2 and expected information tr(P G_r P G_s) / 2, where
    P = V^-1 - V^-1 X C X'V^-1 and C = (X'V^-1 X)^-1. Steps are halved until covariances
    are positive definite and the likelihood does not fall. Parameters may be negative
    where the covariances stay positive definite. The adjusted covariance is
    C + 2 C {sum_rs W_rs (Q_rs - P_r C P_s)} C, W the inverse information [1]_; the term
    with second derivatives is 0 here.

    References
    ----------
    .. [1] Kenward, M. G. and Roger, J. H. (1997), Biometrics 53, 983-997.
    """
    p, r = blocks[0].design.shape[2], len(start)
    rows = np.concatenate([b.design.reshape(-1, p) for b in blocks])
    size = np.abs(rows).max(axis=0)
    if not size.all() or np.linalg.matrix_rank(rows / size) < p:
        return _none(p, r, "the design is of less than full rank")
    units = _Units.of(blocks)
    products = [_Products.of(block, units) for block in blocks]
    parameters = start / units.score**2
    state = _state(products, parameters)
    for _ in range(_MAX_STEPS):
        if state is None:
            break
        if not np.linalg.cond(state.information) < 1e14:
            return _none(p, r, "the data do not tell the covariances apart")
        step = np.asarray(np.linalg.solve(state.information, state.score), np.float64)
        moved = _moved(products, parameters, step, state)
        if moved is None:
            break
        parameters, state = moved
        if abs(float(step @ state.information @ step)) < _CONVERGED:
            return _finished(state, parameters, units)
    return _none(p, r, "the restricted likelihood has no maximum inside")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Units:
    """Where outcomes and columns are measured from, and in which units."""

    columns: FloatArray
    coefficients: FloatArray
    score: float
    n: int

    @classmethod
    def of(cls, blocks: Sequence[Block]) -> _Units:
        """Take least squares for the origin and its residuals for the unit."""
        p = blocks[0].design.shape[2]
        x = np.concatenate([b.design.reshape(-1, p) for b in blocks])
        y = np.concatenate([b.outcome.ravel() for b in blocks])
        columns = np.abs(x).max(axis=0)
        beta = np.linalg.lstsq(x / columns, y, rcond=None)[0]
        residual = y - (x / columns) @ beta
        size = float(np.abs(residual).max()) or 1.0
        score = size * math.sqrt(float(np.mean((residual / size) ** 2))) or 1.0
        return cls(columns=columns, coefficients=beta, score=score, n=len(y))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _State:
    """The likelihood and its derivatives at one set of parameters."""

    coefficients: FloatArray
    covariance: FloatArray
    log_likelihood: float
    score: FloatArray
    information: FloatArray
    first: FloatArray
    second: FloatArray


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Products:
    """Sums over the units of a block that the likelihood is made of, taken once."""

    m: int
    pieces: FloatArray
    yy: FloatArray
    xy: FloatArray
    xx: FloatArray

    @classmethod
    def of(cls, block: Block, units: _Units) -> _Products:
        """Sum products of every two measurements: (k k,), (k k, p), (k k, p p)."""
        x = block.design / units.columns
        y = (block.outcome - x @ units.coefficients) / units.score
        m, k, p = x.shape
        flat = x.reshape(m, k * p)
        return cls(
            m=m,
            pieces=block.pieces,
            yy=(y.T @ y).reshape(k * k),
            xy=(y.T @ flat).reshape(k * k, p),
            xx=(flat.T @ flat)
            .reshape(k, p, k, p)
            .transpose(0, 2, 1, 3)
            .reshape(k * k, p * p),
        )


def _moved(
    blocks: Sequence[_Products], parameters: FloatArray, step: FloatArray, state: _State
) -> tuple[FloatArray, _State] | None:
    """Take a step, halved until the likelihood does not fall."""
    slack = 1e-9 * max(1.0, abs(state.log_likelihood))
    for _ in range(30):
        found = _state(blocks, parameters + step)
        if found is not None and found.log_likelihood >= state.log_likelihood - slack:
            return parameters + step, found
        step = step / 2
    return None


def _state(blocks: Sequence[_Products], parameters: FloatArray) -> _State | None:
    """Evaluate the likelihood, or None where a covariance is not positive definite."""
    inverses, log_determinant, n = [], 0.0, 0
    for block in blocks:
        covariance = np.tensordot(parameters, block.pieces, 1)
        value, vector = np.linalg.eigh(covariance)
        if not value[0] > 1e-10 * max(float(value[-1]), 1e-300):
            return None
        inverses.append(np.asarray((vector / value) @ vector.T, np.float64))
        log_determinant += block.m * float(np.sum(np.log(value)))
        n += block.m * len(value)
    pairs = list(zip(blocks, inverses, strict=True))
    p = blocks[0].xy.shape[1]
    precision = np.sum([w.ravel() @ b.xx for b, w in pairs], axis=0).reshape(p, p)
    variance = np.asarray(np.linalg.inv(precision), np.float64)
    beta = variance @ np.sum([w.ravel() @ b.xy for b, w in pairs], axis=0)
    squares = sum(float(w.ravel() @ _squares(b, beta)) for b, w in pairs)
    logs = log_determinant + float(np.linalg.slogdet(precision)[1])
    score, information, first, second = _derivatives(pairs, beta, variance)
    return _State(
        coefficients=beta,
        covariance=variance,
        log_likelihood=-0.5 * (logs + squares + (n - p) * math.log(2 * math.pi)),
        score=score,
        information=information,
        first=first,
        second=second,
    )


def _squares(block: _Products, beta: FloatArray) -> FloatArray:
    """Sum products of every two residuals of a unit, shape (k k,)."""
    k = block.pieces.shape[1]
    crossed = (block.xy @ beta).reshape(k, k)
    squares: FloatArray = (
        block.yy
        - (crossed + crossed.T).ravel()
        + block.xx @ np.outer(beta, beta).ravel()
    )
    return squares


def _derivatives(
    pairs: Sequence[tuple[_Products, FloatArray]],
    beta: FloatArray,
    covariance: FloatArray,
) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    """Give the score, the expected information, and what both are made of."""
    p, r = len(beta), len(pairs[0][0].pieces)
    first, second = np.zeros((r, p * p)), np.zeros((r * r, p * p))
    score, traces = np.zeros(r), np.zeros((r, r))
    for block, inverse in pairs:
        k = len(inverse)
        spun = inverse @ block.pieces  # V^-1 G_r
        single = spun @ inverse
        double = (spun[:, None] @ single[None]).reshape(r * r, k * k)
        score += 0.5 * single.reshape(r, k * k) @ _squares(block, beta)
        score -= 0.5 * block.m * np.trace(spun, axis1=1, axis2=2)
        turned = spun.transpose(0, 2, 1).reshape(r, k * k)
        traces += block.m * spun.reshape(r, k * k) @ turned.T
        first -= single.reshape(r, k * k) @ block.xx
        second += double @ block.xx
    flat = covariance.T.ravel()
    score -= 0.5 * first @ flat
    scaled = first.reshape(r, p, p) @ covariance
    information = 0.5 * traces - (second @ flat).reshape(r, r)
    information += 0.5 * np.einsum("rpq,sqp->rs", scaled, scaled)
    return score, information, first.reshape(r, p, p), second.reshape(r, r, p, p)


def _finished(state: _State, parameters: FloatArray, units: _Units) -> RestrictedFit:
    """Give the fit, in the units of the data, with Kenward and Roger's covariance."""
    inverse = np.asarray(np.linalg.inv(state.information), np.float64)
    inner = np.einsum("rs,rspq->pq", inverse, state.second)
    turned = np.einsum("rs,spq->rpq", inverse, state.first)
    inner -= np.sum(state.first @ state.covariance @ turned, axis=0)
    adjusted = state.covariance + 2 * state.covariance @ inner @ state.covariance
    size, p = units.score, len(units.columns)
    pairs = np.outer(units.columns, units.columns)
    stretch = (units.n - p) * math.log(size) + float(np.sum(np.log(units.columns)))
    return RestrictedFit(
        coefficients=(units.coefficients + size * state.coefficients) / units.columns,
        unit=size,
        covariance=state.covariance / pairs,
        adjusted_covariance=adjusted / pairs,
        parameters=parameters * size**2,
        parameter_covariance=inverse,
        sensitivities=state.first * pairs,
        log_likelihood=state.log_likelihood - stretch,
    )


def _none(p: int, r: int, reason: str) -> RestrictedFit:
    """Give no fit, and why."""
    nan = math.nan
    return RestrictedFit(
        coefficients=np.full(p, nan),
        unit=nan,
        covariance=np.full((p, p), nan),
        adjusted_covariance=np.full((p, p), nan),
        parameters=np.full(r, nan),
        parameter_covariance=np.full((r, r), nan),
        sensitivities=np.full((r, p, p), nan),
        log_likelihood=nan,
        reason=reason,
    )
