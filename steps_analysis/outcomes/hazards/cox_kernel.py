"""
What is the partial likelihood, and where is its maximum?

The one Cox kernel: Efron, Breslow and exact ties, strata, (start, stop], case weights.
It works on arrays already checked, in time proportional to n log n.

Spells are sorted by the last event time they reach. At each distinct event time of
each stratum, the sums over the risk set of r, r x (r = weight exp(predictor)) are
suffix sums over those who leave later, less those not yet entered. The second
derivative needs no such sums of x x': every spell's x x' enters with the hazard the
spell is exposed to, so one matrix product gives them all.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from steps_analysis.estimates import FloatArray, IntArray
from steps_analysis.outcomes.hazards.cox_exact import exact_terms
from steps_analysis.outcomes.hazards.risk_sets import RiskSets, risk_set_sums

_MAX_STEPS = 40
_CONVERGED = 1e-9
_SINGULAR = 1e-11


@dataclass(frozen=True, slots=True, kw_only=True)
class CoxProblem:
    """
    A partial likelihood to be maximised.

    Attributes
    ----------
    covariates
        Centred columns, shape (n, p).
    weights
        Case weights, shape (n,).
    offset
        Fixed part of the predictor, shape (n,).
    stratum
        Codes, shape (n,).
    risk_sets
        Who is at risk when.
    ties
        ``"efron"``, ``"breslow"`` or ``"exact"``.
    """

    covariates: FloatArray
    weights: FloatArray
    offset: FloatArray
    stratum: IntArray
    risk_sets: RiskSets
    ties: str

    def without(self, column: int, coefficient: float) -> CoxProblem:
        """
        Fix one coefficient.

        Parameters
        ----------
        column
            Position of its covariate.
        coefficient
            Its value.

        Returns
        -------
        CoxProblem
            The problem of the others.
        """
        fixed = self.offset + coefficient * self.covariates[:, column]
        others = np.delete(self.covariates, column, axis=1)
        return replace(self, covariates=others, offset=fixed)


class Evaluation(NamedTuple):
    """
    The partial likelihood at given coefficients.

    Attributes
    ----------
    log_likelihood
        Its logarithm.
    score
        First derivatives, shape (p,).
    information
        Minus the second derivatives, shape (p, p).
    """

    log_likelihood: float
    score: FloatArray
    information: FloatArray


class Hazard(NamedTuple):
    """
    The steps of the likelihood, one or more per event time.

    Attributes
    ----------
    relative_risk
        exp(predictor), on the scale of each stratum's largest, shape (n,).
    group
        Event time of each step, shape (e,), increasing.
    fraction
        Share of the tied events already taken out of the risk set, shape (e,).
    weight
        Weight of each step, shape (e,).
    total
        Sum of weighted relative risks of each step, shape (e,).
    mean
        Mean covariates of each step's risk set, shape (e, p).
    """

    relative_risk: FloatArray
    group: IntArray
    fraction: FloatArray
    weight: FloatArray
    total: FloatArray
    mean: FloatArray

    def by_group(self, values: FloatArray, n_groups: int) -> FloatArray:
        """
        Add up values of steps by event time.

        Parameters
        ----------
        values
            One row per step, shape (e,) or (e, p).
        n_groups
            How many event times there are.

        Returns
        -------
        numpy.ndarray
            Sums, shape (n_groups,) or (n_groups, p).
        """
        sums = np.zeros((n_groups, *values.shape[1:]))
        np.add.at(sums, self.group, values)
        return sums


class Maximum(NamedTuple):
    """
    Where Newton's method ended.

    Attributes
    ----------
    coefficients
        The last coefficients, shape (p,).
    evaluation
        The likelihood there.
    n_steps
        Steps taken.
    moving
        Positions of coefficients that grow without end; empty at a maximum.
    """

    coefficients: FloatArray
    evaluation: Evaluation
    n_steps: int
    moving: tuple[int, ...]


def hazard_steps(problem: CoxProblem, coefficients: FloatArray) -> Hazard:
    """
    Sum over the risk set of every step of the likelihood.

    Parameters
    ----------
    problem
        The problem.
    coefficients
        Coefficients, shape (p,).

    Returns
    -------
    Hazard
        Totals and means. With exact ties, tied event times have no step here.
    """
    sets, x = problem.risk_sets, problem.covariates
    relative = np.exp(_predictor(problem, coefficients))
    r = problem.weights * relative
    columns = np.column_stack([r, r[:, None] * x])
    sums = risk_set_sums(sets, columns)
    dead = np.zeros_like(sums)
    np.add.at(dead, sets.last[sets.event] - 1, columns[sets.event])
    weight = np.bincount(
        sets.last[sets.event] - 1,
        weights=problem.weights[sets.event],
        minlength=sets.n_groups,
    )
    group, fraction, share = _steps(sets, problem.ties)
    step_sums = sums[group] - fraction[:, None] * dead[group]
    return Hazard(
        relative_risk=relative,
        group=group,
        fraction=fraction,
        weight=weight[group] * share,
        total=step_sums[:, 0],
        mean=step_sums[:, 1:] / step_sums[:, :1],
    )


def evaluate(problem: CoxProblem, coefficients: FloatArray) -> Evaluation:
    """
    Evaluate log partial likelihood, score and information.

    Parameters
    ----------
    problem
        The problem.
    coefficients
        Coefficients, shape (p,).

    Returns
    -------
    Evaluation
        The three.
    """
    sets, x, w = problem.risk_sets, problem.covariates, problem.weights
    steps = hazard_steps(problem, coefficients)
    predictor, event = _predictor(problem, coefficients), sets.event
    likelihood = w[event] @ predictor[event] - steps.weight @ np.log(steps.total)
    score = w[event] @ x[event] - steps.weight @ steps.mean
    exposure = exposures(problem, steps)
    weighted = x * (w * steps.relative_risk * exposure)[:, None]
    means = steps.mean * steps.weight[:, None]
    information = weighted.T @ x - means.T @ steps.mean
    if problem.ties == "exact":
        for g in np.flatnonzero(sets.n_tied > 1):
            at_risk = (sets.first <= g) & (g < sets.last)
            terms = exact_terms(predictor[at_risk], x[at_risk], int(sets.n_tied[g]))
            likelihood -= terms[0]
            score = score - terms[1]
            information = information + terms[2]
    return Evaluation(float(likelihood), score, information)


def exposures(problem: CoxProblem, steps: Hazard) -> FloatArray:
    """
    Give the hazard each spell was exposed to, per unit of its relative risk.

    Parameters
    ----------
    problem
        The problem.
    steps
        Its steps.

    Returns
    -------
    numpy.ndarray
        Sums of baseline hazard over the event times at risk, shape (n,). At its own
        event time a spell counts only with the share of ties it is still present in.
    """
    sets = problem.risk_sets
    jump = steps.weight / steps.total
    every = steps.by_group(jump, sets.n_groups)
    gone = steps.by_group(jump * steps.fraction, sets.n_groups)
    upto = np.concatenate([[0.0], np.cumsum(every)])
    exposure: FloatArray = upto[sets.last] - upto[np.minimum(sets.first, sets.last)]
    exposure[sets.event] -= gone[sets.last[sets.event] - 1]
    return exposure


def maximise(problem: CoxProblem, *, start: Evaluation | None = None) -> Maximum:
    """
    Find the maximum of the partial likelihood by Newton's method.

    Parameters
    ----------
    problem
        The problem, its covariates independent of each other.
    start
        The likelihood with all coefficients 0, where it is known already.

    Returns
    -------
    Maximum
        Coefficients and likelihood; `moving` tells where there is no maximum.

    Notes
    -----
    A fit has converged when the full Newton step changes no predictor by more than
    1e-9. Where the likelihood is monotone, steps keep their length while the
    information fades, and the loop ends on that.
    """
    x = problem.covariates
    beta = np.zeros(x.shape[1])
    now = evaluate(problem, beta) if start is None else start
    scale = 1 / np.sqrt(np.diag(now.information))
    step = beta
    for n_steps in range(1, _MAX_STEPS + 1):
        scaled = now.information * np.outer(scale, scale)
        if not np.linalg.eigvalsh(scaled)[0] > _SINGULAR if len(beta) else False:
            return Maximum(beta, now, n_steps, _moving(step, x))
        step = np.linalg.solve(scaled, now.score * scale) * scale
        if not len(beta) or np.max(np.abs(x @ step)) < _CONVERGED:
            beta = beta + step
            return Maximum(beta, evaluate(problem, beta), n_steps, ())
        beta, now = _ascend(problem, beta, step, now)
    return Maximum(beta, now, _MAX_STEPS, _moving(step, x))


def _ascend(
    problem: CoxProblem, beta: FloatArray, step: FloatArray, now: Evaluation
) -> tuple[FloatArray, Evaluation]:
    """Take the step, halved until the likelihood does not fall."""
    for halving in range(12):
        candidate = beta + step / 2**halving
        then = evaluate(problem, candidate)
        if then.log_likelihood >= now.log_likelihood - 1e-9 * abs(now.log_likelihood):
            break
    return candidate, then


def _moving(step: FloatArray, x: FloatArray) -> tuple[int, ...]:
    """Name the coefficients whose step still moves a predictor."""
    reach = np.abs(step) * np.max(np.abs(x), axis=0, initial=0.0)
    return tuple(np.flatnonzero(reach >= 0.1 * reach.max()).tolist())


def _predictor(problem: CoxProblem, coefficients: FloatArray) -> FloatArray:
    """Give each spell's predictor, less the largest of its stratum."""
    predictor = problem.offset + problem.covariates @ coefficients
    largest = np.full(int(problem.stratum.max()) + 1, -np.inf)
    np.maximum.at(largest, problem.stratum, predictor)
    shifted: FloatArray = predictor - largest[problem.stratum]
    return shifted


def _steps(sets: RiskSets, ties: str) -> tuple[IntArray, FloatArray, FloatArray]:
    """Give group, fraction taken out, and share of weight of every step."""
    groups = np.arange(sets.n_groups)
    if ties == "efron":
        group = np.repeat(groups, sets.n_tied)
        start = np.repeat(np.cumsum(sets.n_tied) - sets.n_tied, sets.n_tied)
        tied = sets.n_tied[group]
        return group, (np.arange(len(group)) - start) / tied, 1.0 / tied
    if ties == "exact":
        groups = groups[sets.n_tied == 1]
    return groups, np.zeros(len(groups)), np.ones(len(groups))
