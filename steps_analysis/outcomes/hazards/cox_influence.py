"""
How far does each participant pull the hazard a Cox model predicts?

The influence function of the coefficients and of the cumulative baseline hazard: how
much each would change, to first order, if one row counted a little more.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from steps_analysis.estimates import FloatArray
from steps_analysis.outcomes.hazards.cox_fit import CoxFit
from steps_analysis.outcomes.hazards.cox_kernel import hazard_steps
from steps_analysis.outcomes.hazards.cox_residuals import score_residuals


class HazardInfluence(NamedTuple):
    """
    The cumulative baseline hazard at a time, and each row's pull.

    Attributes
    ----------
    cumulative
        Cumulative hazard where all centred covariates are 0.
    hazard
        Influence of each row on it, shape (n,).
    coefficients
        Influence of each row on the coefficients kept, shape (n, p).
    """

    cumulative: float
    hazard: FloatArray
    coefficients: FloatArray


def hazard_influence(fit: CoxFit, at: float) -> HazardInfluence:
    """
    Give the influence of each row on the hazard up to a time.

    Parameters
    ----------
    fit
        A fit of one stratum, with Efron or Breslow ties and no case weights.
    at
        The time.

    Returns
    -------
    HazardInfluence
        Hazard and influences; their squares add up to the robust variance.

    Notes
    -----
    With total r and mean covariates m of the risk set of step s, weight w, the
    cumulative hazard is Σ w/r over steps up to `at`. A row adds 1/r at its event, takes
    its relative risk times w/r² off at every step at which it is at risk, and moves the
    coefficients, which move the hazard by -Σ m w/r [1]_. Tied events enter as often as
    there are; R's ``riskRegression`` 2022.11.28 counts event times once each in the
    influence of the coefficients, so its standard errors are smaller under ties.

    References
    ----------
    .. [1] Ozenne, B. et al. (2017), The R Journal 9, 440-460.
    """
    problem, spells, n = fit.problem, fit.problem.arrangement, fit.n
    kept = [name not in fit.dropped for name in fit.names]
    beta = fit.coefficients[kept]
    covariance = fit.covariance[np.ix_(kept, kept)]
    steps = hazard_steps(problem, beta)
    scale = float(np.exp(-steps.shift[0]))
    is_before = problem.risk_sets.group_time[spells.group] <= at
    jump = np.where(is_before, spells.weight / steps.total, 0.0) * scale
    taken = steps.relative_risk * spells.collected(jump / steps.total)
    own = spells.by_group(jump) / problem.risk_sets.n_tied
    pull = -taken
    pull[spells.events] += own[spells.until[spells.events] - 1]
    coefficients = score_residuals(problem, beta) @ covariance
    return HazardInfluence(
        cumulative=float(jump.sum()),
        hazard=spells.spread(pull, n) - coefficients @ (steps.mean @ jump),
        coefficients=coefficients,
    )
