"""Which call of R should reproduce a Cox fit?"""

from __future__ import annotations

import re
from collections.abc import Sequence

from steps_analysis.outcomes.hazards.cox_kernel import CoxProblem

_SYNTACTIC = re.compile(r"[A-Za-z][A-Za-z0-9._]*")


def coxph_call(names: Sequence[str], problem: CoxProblem, method: str) -> str | None:
    """
    Write the call.

    Parameters
    ----------
    names
        The covariates; those that are no names in R are put in backticks.
    problem
        The problem: its ties and its penalty.
    method
        Words for the options in use.

    Returns
    -------
    str or None
        A call of ``survival::coxph`` or ``coxphf::coxphf``, or None where neither does
        it: ``coxphf`` has no strata, no weights, and Breslow ties only.
    """
    left = "entry, time, event" if "delayed entry" in method else "time, event"
    right = " + ".join(_quoted(name) for name in names)
    model = f"survival::Surv({left}) ~ {right}"
    is_weighted, is_stratified = "weighted" in method, "stratified" in method
    if problem.penalty:
        is_efron = problem.arrangement.is_tied
        beyond = is_weighted or is_stratified or is_efron
        return None if beyond else f"coxphf::coxphf({model}, pl = TRUE)"
    extras = [
        f", {part} = {part}"
        for part, used in (
            ("weights", is_weighted),
            ("cluster", "cluster" in method),
        )
        if used
    ]
    strata = " + strata(stratum)" if is_stratified else ""
    return f'survival::coxph({model}{strata}{"".join(extras)}, ties = "{problem.ties}")'


def _quoted(name: str) -> str:
    """Put a name in backticks where R needs them."""
    return name if _SYNTACTIC.fullmatch(name) else f"`{name}`"
