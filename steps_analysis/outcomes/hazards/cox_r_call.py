"""Which call of R should reproduce a Cox fit?"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from steps_analysis.outcomes.columns import r_terms
from steps_analysis.outcomes.hazards.cox_kernel import CoxProblem


def coxph_call(
    names: Sequence[str], problem: CoxProblem, *, is_clustered: bool
) -> str | None:
    """
    Write the call.

    Parameters
    ----------
    names
        The covariates; those that are no names in R are put in backticks.
    problem
        The problem, whose columns say which options are in use: weights all alike are
        none, and so is one stratum.
    is_clustered
        Whether the fit has a robust variance by cluster.

    Returns
    -------
    str or None
        A call of ``survival::coxph`` or ``coxphf::coxphf``, or None where neither does
        it: ``coxphf`` has no strata, no weights, and Breslow ties only.
    """
    left = "time, event" if problem.risk_sets.entry is None else "entry, time, event"
    model = f"survival::Surv({left}) ~ {r_terms(names)}"
    is_weighted = bool(np.any(problem.weights != 1))
    is_stratified = len(np.unique(problem.stratum)) > 1
    if problem.penalty:
        is_efron = problem.arrangement.is_tied
        beyond = is_weighted or is_stratified or is_efron
        return None if beyond else f"coxphf::coxphf({model}, pl = TRUE)"
    strata = " + strata(stratum)" if is_stratified else ""
    weights = ", weights = weights" if is_weighted else ""
    cluster = ", cluster = cluster" if is_clustered else ""
    return (
        f'survival::coxph({model}{strata}{weights}{cluster}, ties = "{problem.ties}")'
    )
