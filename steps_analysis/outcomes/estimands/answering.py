"""
Each estimand of a protocol, answered.

`answer` finds the analysis from the estimand's summary; the named functions are the
estimands of STEPS-B. All use the families that `analysis_status` names, in the arm they
were allocated to.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from steps_analysis.outcomes.estimands.answers import Answer
from steps_analysis.outcomes.estimands.complier_contrast import complier_contrast
from steps_analysis.outcomes.estimands.incidence_contrast import incidence_contrast
from steps_analysis.outcomes.estimands.mean_contrast import mean_contrast
from steps_analysis.outcomes.estimands.rate_contrast import rate_contrast
from steps_analysis.outcomes.estimands.risk_contrast import risk_contrast
from steps_analysis.trial_data import TrialData

_ANALYSES: dict[str, Callable[[TrialData, str], Answer]] = {
    "risk_difference": risk_contrast,
    "cumulative_incidence_difference": incidence_contrast,
    "rate_ratio": rate_contrast,
    "mean_difference": mean_contrast,
    "complier_risk_difference": complier_contrast,
}


def answer(trial: TrialData, estimand: str) -> Answer:
    """
    Answer one estimand of the trial's protocol.

    Parameters
    ----------
    trial
        The trial; needs ``participants``, ``allocation`` and ``events``.
    estimand
        Its code, such as ``"E1"``.

    Returns
    -------
    Answer
        Counts by arm, the effect with its interval, ratios, sensitivity analyses.

    Raises
    ------
    DataError
        If a table or column it needs is absent or closed to the reader's role.
    KeyError
        If the protocol has no such estimand.
    """
    return _ANALYSES[trial.protocol.estimand(estimand).summary](trial, estimand)


def unanswerable(trial: TrialData, estimand: str) -> str | None:
    """
    Say why an estimand cannot be answered from the tables that are there.

    Parameters
    ----------
    trial
        The trial.
    estimand
        Its code.

    Returns
    -------
    str or None
        The tables, and columns of those there, that are absent or closed to the role;
        None where it can.
    """
    return _absent(trial, {"allocation": [], **_needed(trial, estimand)})


def unobserved(trial: TrialData, estimand: str) -> str | None:
    """
    Say why it cannot be told who has an estimand's outcome, whatever their arm.

    Parameters
    ----------
    trial
        The trial.
    estimand
        Its code.

    Returns
    -------
    str or None
        As `unanswerable`, without asking for the allocation.
    """
    return _absent(trial, _needed(trial, estimand))


def _absent(trial: TrialData, needed: Mapping[str, list[str]]) -> str | None:
    """Say which of the tables and columns needed are not there."""
    absent = []
    for name, columns in needed.items():
        table = getattr(trial, name)
        if table is None:
            absent.append(f"{name}.csv")
        else:
            absent += [f"{name}.{column}" for column in columns if column not in table]
    if not absent:
        return None
    verb = "is" if len(absent) == 1 else "are"
    return f"{' and '.join(absent)} {verb} absent, or closed to this role"


def _needed(trial: TrialData, estimand: str) -> dict[str, list[str]]:
    """List the tables an estimand needs, each with its columns that are optional."""
    asked = trial.protocol.estimand(estimand)
    outcome = trial.protocol.outcome(asked.outcome)
    needed: dict[str, list[str]] = {"events": [*outcome.flags]}
    if outcome.proven:
        needed["events"].append("sanction_date")
    if outcome.kind == "days" or outcome.out_of_risk:
        needed["events"].append("end_date")
    if outcome.score is not None:
        needed["visits"] = [outcome.score, "completed_date"]
    elif outcome.seen_by == "contact":
        needed["visits"] = ["completed_date"]
    if asked.summary == "complier_risk_difference":
        needed["treatment"] = ["treatment_received"]
    return needed


def primary_placement(trial: TrialData) -> Answer:
    """
    E1: new out-of-home placement by 20 months, among those living at home.

    Parameters
    ----------
    trial
        The trial.

    Returns
    -------
    Answer
        The risk difference standardised over the allocation factors, with ratio and
        odds ratio; unadjusted difference (Newcombe) and Fisher's exact test beside it.
    """
    return answer(trial, "E1")


def reported_recurrence(trial: TrialData) -> Answer:
    """
    E2: reported recurrence by 20 months, custody competing.

    Parameters
    ----------
    trial
        The trial.

    Returns
    -------
    Answer
        The difference of cumulative incidence; Kaplan-Meier, log-rank and Cox beside.
    """
    return answer(trial, "E2")


def proven_reoffence(trial: TrialData) -> Answer:
    """
    E3: any proven reoffence within 12 months, sanctioned within 6 more.

    Parameters
    ----------
    trial
        The trial.

    Returns
    -------
    Answer
        The risk difference among the fully observed.
    """
    return answer(trial, "E3")


def strengths_and_difficulties(trial: TrialData) -> Answer:
    """
    E4: the Strengths and Difficulties total at 20 months.

    Parameters
    ----------
    trial
        The trial.

    Returns
    -------
    Answer
        The mean difference adjusted for the score at randomisation.
    """
    return answer(trial, "E4")


def complier_placement(trial: TrialData) -> Answer:
    """
    E5: new placement among those who would start the treatment if offered.

    Parameters
    ----------
    trial
        The trial.

    Returns
    -------
    Answer
        The complier risk difference, allocation as the instrument.
    """
    return answer(trial, "E5")
