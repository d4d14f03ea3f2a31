"""
What is the partial likelihood, and where is its maximum?

The one Cox kernel: Efron, Breslow and exact ties, strata, (start, stop], case weights,
Firth's penalty. It works on arrays already checked, in time proportional to n log n.

At each distinct event time of each stratum, the sums over the risk set of r, r x (r =
weight exp(predictor)) are running sums over those who leave later, less those not yet
entered. The second derivative needs no such sums of x x': every spell's x x' enters
with the hazard the spell is exposed to, so one matrix product gives them all.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from steps_analysis.estimates import FloatArray, IntArray
from steps_analysis.outcomes.hazards.cox_arrangement import Arrangement, arrange
from steps_analysis.outcomes.hazards.cox_exact import exact_terms
from steps_analysis.outcomes.hazards.cox_firth import jeffreys_penalty
from steps_analysis.outcomes.hazards.risk_sets import RiskSets

_MAX_STEPS = {None: 40, "firth": 400}
_CONVERGED = {None: 1e-6, "firth": 1e-10}
_NEGLIGIBLE = 1e-9
_SINGULAR = 1e-11
_STILL_MOVING = 0.1
_OVERSHOT = 0.3
_LONGEST = 5.0
_FAR_BELOW = -500.0  # a smaller exponential would be 0, and a risk set could be empty


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
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
    penalty
        None, or ``"firth"`` (not with exact ties).
    arrangement
        The same, in the order in which sums are cheap.
    """

    covariates: FloatArray
    weights: FloatArray
    offset: FloatArray
    stratum: IntArray
    risk_sets: RiskSets
    ties: str
    penalty: str | None = None
    arrangement: Arrangement = field(init=False, repr=False)

    def __post_init__(self) -> None:
        arrangement = arrange(
            self.covariates,
            self.weights,
            self.offset,
            risk_sets=self.risk_sets,
            ties=self.ties,
        )
        object.__setattr__(self, "arrangement", arrangement)


class Evaluation(NamedTuple):
    """
    The partial likelihood at given coefficients.

    Attributes
    ----------
    log_likelihood
        Its logarithm, penalised where the problem is.
    score
        First derivatives, shape (p,), penalised where the problem is.
    information
        Minus the second derivatives without penalty, shape (p, p).
    """

    log_likelihood: float
    score: FloatArray
    information: FloatArray


class Hazard(NamedTuple):
    """
    Sums over risk sets at given coefficients.

    Attributes
    ----------
    predictor
        Each spell's, less the largest of its stratum, shape (a,).
    relative_risk
        Its exponential, shape (a,).
    risk
        The same times the case weight, shape (a,).
    total
        Sum of weighted relative risks of each step, shape (e,).
    mean
        Mean covariates of each step's risk set, shape (p, e).
    shift
        The largest predictor of each stratum that has events.
    """

    predictor: FloatArray
    relative_risk: FloatArray
    risk: FloatArray
    total: FloatArray
    mean: FloatArray
    shift: FloatArray


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
    is_maximum
        Whether the likelihood is greatest there.
    moving
        Positions of coefficients that grow without end; empty where none does.
    """

    coefficients: FloatArray
    evaluation: Evaluation
    n_steps: int
    is_maximum: bool
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
    spells = problem.arrangement
    predictor = spells.offset + coefficients @ spells.design[1:]
    shift = np.maximum.reduceat(predictor, spells.strata)
    predictor -= shift[0] if len(shift) == 1 else shift[spells.stratum]
    np.maximum(predictor, _FAR_BELOW, out=predictor)
    relative = np.exp(predictor)
    risk = spells.weights * relative
    sums = spells.step_sums(spells.design * risk)
    total = sums[0]
    return Hazard(predictor, relative, risk, total, sums[1:] / total, shift)


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
    spells = problem.arrangement
    steps = hazard_steps(problem, coefficients)
    events = spells.events
    gain = spells.weights.take(events)
    likelihood = gain @ steps.predictor.take(events) - spells.weight @ np.log(
        steps.total
    )
    score = spells.observed - steps.mean @ spells.weight
    information = information_of(problem, steps, spells.weight)
    now = Evaluation(float(likelihood), score, information)
    if problem.ties == "exact":
        return _with_exact_ties(problem, steps.predictor, now)
    if problem.penalty is None:
        return now
    penalty, slope = jeffreys_penalty(
        spells, steps.risk, steps.total, steps.mean, information
    )
    return Evaluation(now.log_likelihood + penalty, score + slope, information)


def information_of(
    problem: CoxProblem, steps: Hazard, weight: FloatArray
) -> FloatArray:
    """
    Add up the covariance of covariates over the risk sets of steps.

    Parameters
    ----------
    problem
        The problem.
    steps
        Its sums over risk sets.
    weight
        Weight of each step, shape (e,).

    Returns
    -------
    numpy.ndarray
        The sum, shape (p, p); with the steps' own weights it is the information.
    """
    spells = problem.arrangement
    x = spells.design[1:]
    exposed = steps.risk * spells.collected(weight / steps.total)
    information: FloatArray = (x * exposed) @ x.T
    information -= (steps.mean * weight) @ steps.mean.T
    return information


def _with_exact_ties(
    problem: CoxProblem, predictor: FloatArray, now: Evaluation
) -> Evaluation:
    """Add the terms of tied event times."""
    spells, n_tied = problem.arrangement, problem.risk_sets.n_tied
    likelihood, score, information = now
    for g in np.flatnonzero(n_tied > 1):
        at_risk = (spells.since <= g) & (g < spells.until)
        x = np.ascontiguousarray(spells.design[1:, at_risk].T)
        terms = exact_terms(predictor[at_risk], x, int(n_tied[g]))
        likelihood -= terms[0]
        score = score - terms[1]
        information = information + terms[2]
    return Evaluation(likelihood, score, information)


def maximise(
    problem: CoxProblem,
    *,
    start: Evaluation | None = None,
    begin: FloatArray | None = None,
    held: int | None = None,
) -> Maximum:
    """
    Find the maximum of the partial likelihood by Newton's method.

    Parameters
    ----------
    problem
        The problem, its covariates independent of each other.
    start
        The likelihood at `begin`, where it is known already.
    begin
        Where to begin, shape (p,); None for all coefficients 0.
    held
        Position of a coefficient that keeps its value in `begin`, or None.

    Returns
    -------
    Maximum
        Coefficients and likelihood; `is_maximum` and `moving` tell where there is none.

    Notes
    -----
    Newton's method squares its error, so a full step that changes no predictor by more
    than 1e-6 is the last; below 1e-9 the likelihood before it is kept. With a penalty,
    whose own curvature is left out as in R's ``coxphf``, steps shrink by a factor and
    go on to 1e-10. Where the likelihood is monotone, steps keep their length while the
    information fades. No step changes a predictor by more than 5.
    """
    x = problem.arrangement.design[1:]
    beta = np.zeros(len(x)) if begin is None else begin
    now = evaluate(problem, beta) if start is None else start
    free = np.array([j for j in range(len(x)) if j != held], dtype=np.int64)
    scale = 1 / np.sqrt(np.maximum(now.information.diagonal()[free], 1e-300))
    step, limit = np.zeros(len(x)), _MAX_STEPS[problem.penalty]
    for n_steps in range(1, limit + 1):
        direction = _newton_step(now, free, scale)
        if direction is None:
            return Maximum(beta, now, n_steps, False, _moving(problem, step))
        step[free] = direction
        reach = float(np.abs(step @ x).max(initial=0.0))
        if reach < _CONVERGED[problem.penalty]:
            beta = beta + step
            last = now if reach < _NEGLIGIBLE else evaluate(problem, beta)
            return Maximum(beta, last, n_steps, True, ())
        if reach > _LONGEST:
            step *= _LONGEST / reach
        beta, now = _ascend(problem, beta, step, now)
    moving = _moving(problem, step) if reach > _STILL_MOVING else ()
    return Maximum(beta, now, limit, False, moving)


def _newton_step(
    now: Evaluation, free: IntArray, scale: FloatArray
) -> FloatArray | None:
    """Solve for the step, or None where the information has faded."""
    information = now.information
    if len(free) < len(information):
        information = information[free[:, None], free]
    scaled = information * (scale[:, None] * scale)
    try:
        root = np.linalg.cholesky(scaled)
    except np.linalg.LinAlgError:
        return None
    if not root.diagonal().min(initial=1.0) ** 2 > _SINGULAR:
        return None
    step: FloatArray = np.linalg.solve(scaled, now.score[free] * scale) * scale
    return step


def _ascend(
    problem: CoxProblem, beta: FloatArray, step: FloatArray, now: Evaluation
) -> tuple[FloatArray, Evaluation]:
    """Take the step, halved until the likelihood does not fall."""
    for halving in range(12):
        candidate = beta + step / 2**halving
        then = evaluate(problem, candidate)
        if then.log_likelihood >= now.log_likelihood - 1e-9 * abs(now.log_likelihood):
            break
    uphill, onward = float(now.score @ step), float(then.score @ step)
    if problem.penalty is None or onward > -_OVERSHOT * uphill:
        return candidate, then
    # the penalty's own curvature can double the information: stop where the slope along
    # the step would be 0
    candidate = beta + (candidate - beta) * (uphill / (uphill - onward))
    return candidate, evaluate(problem, candidate)


def _moving(problem: CoxProblem, step: FloatArray) -> tuple[int, ...]:
    """Name the coefficients whose step still moves a predictor."""
    if problem.penalty is not None:  # a penalised likelihood does not rise for ever
        return ()
    x = problem.arrangement.design[1:]
    reach = np.abs(step) * np.max(np.abs(x), axis=1, initial=0.0)
    return tuple(np.flatnonzero(reach >= 0.1 * reach.max()).tolist())
