"""Who is analysed for an estimand, who is left out, and whose outcome is unknown."""

from __future__ import annotations

import pandas as pd

from steps_analysis.outcomes.events.observation import observation
from steps_analysis.outcomes.events.spells import binary_outcome, days_spent
from steps_analysis.outcomes.events.timing import needed_column
from steps_analysis.protocol import Estimand, Outcome
from steps_analysis.trial_data import TrialData, index_child_of

ANALYSED, EXCLUDED, MISSING = "analysed", "excluded", "missing"
PLACED = "placed away from home at randomisation, described apart"
HOME_UNKNOWN = "not recorded whether placed away from home at randomisation"
WITHDREW = "withdrew their data"
NO_FOLLOW_UP = "no follow-up"
NO_SCORE = "no score at the visit"
SECOND_CHILD = "a second child of a family already in the trial"


def analysis_status(trial: TrialData, estimand: str) -> pd.DataFrame:
    """
    Say for each participant whether an estimand's analysis uses them, and why not.

    Parameters
    ----------
    trial
        The trial; arms are not looked at.
    estimand
        Code of an estimand of the protocol.

    Returns
    -------
    pandas.DataFrame
        Columns ``participant_id``; ``status``: "analysed", "excluded" by the estimand's
        population, or "missing"; ``reason``, empty for the analysed; and ``value``, the
        outcome where it is binary, a score or days, else NaN. One row per randomised
        participant, in their order; of a family with several only the index child, the
        first to be randomised, is ever analysed.

    Raises
    ------
    DataError
        If a table or column it needs is absent or closed to the reader's role.
    KeyError
        If the protocol has no such estimand.
    """
    asked = trial.protocol.estimand(estimand)
    outcome = trial.protocol.outcome(asked.outcome)
    participants = trial.need("participants").set_index("participant_id")
    known = _known(trial, asked, outcome).reindex(participants.index)
    missing = known["reason"].ne("") & known["reason"].notna()
    status = pd.DataFrame(
        {
            "status": missing.map({True: MISSING, False: ANALYSED}),
            "reason": known["reason"].fillna(""),
            "value": known["value"],
        }
    )
    left_out = _left_out(asked, outcome, participants, known)
    is_index = participants.index.isin(index_child_of(trial))
    left_out[SECOND_CHILD] = pd.Series(~is_index, index=participants.index)
    for reason, is_out in left_out.items():
        status.loc[is_out, ["status", "reason"]] = [EXCLUDED, reason]
    status.loc[status["status"] != ANALYSED, "value"] = float("nan")
    return status.rename_axis("participant_id").reset_index()


def _known(trial: TrialData, asked: Estimand, outcome: Outcome) -> pd.DataFrame:
    """Give value, and reason where it is unknown, of each family that left its data."""
    if outcome.kind == "binary":
        return binary_outcome(trial, outcome, asked.at_months)
    if outcome.kind == "days":
        return days_spent(trial, outcome, asked.at_months)
    window = observation(trial, outcome)
    if outcome.kind == "score":
        value = score_at(trial, outcome, asked.at_months).reindex(window.index)
        reason = pd.Series("", index=window.index).mask(value.isna(), NO_SCORE)
    else:
        value = pd.Series(float("nan"), index=window.index)
        reason = pd.Series("", index=window.index).mask(
            window["end"] <= 0, NO_FOLLOW_UP
        )
    return pd.DataFrame({"value": value, "reason": reason})


def score_at(trial: TrialData, outcome: Outcome, month: int) -> pd.Series[float]:
    """
    Give the scores of one visit.

    Parameters
    ----------
    trial
        The trial; needs ``visits``.
    outcome
        An outcome that is a score.
    month
        The visit, in months from randomisation.

    Returns
    -------
    pandas.Series
        Scores, indexed by ``participant_id``; only of visits that were made.

    Raises
    ------
    DataError
        If there are no visits, or they lack the score or the day they were made.
    """
    rows = visit_scores(trial, outcome)
    scores: pd.Series[float] = rows[rows["visit_month"] == month].set_index(
        "participant_id"
    )["score"]
    return scores


def visit_scores(trial: TrialData, outcome: Outcome) -> pd.DataFrame:
    """
    Give the scores of every visit.

    Parameters
    ----------
    trial
        The trial; needs ``visits``.
    outcome
        An outcome that is a score.

    Returns
    -------
    pandas.DataFrame
        Columns ``participant_id``, ``visit_month`` and ``score``, NaN where the visit
        was not made or gave none; one row per visit.

    Raises
    ------
    DataError
        If there are no visits, or they lack the score or the day they were made.
    """
    needed_column(trial, "visits", "completed_date")
    visits = needed_column(trial, "visits", str(outcome.score))
    scores = visits[str(outcome.score)].astype(float)
    return pd.DataFrame(
        {
            "participant_id": visits["participant_id"],
            "visit_month": visits["visit_month"],
            "score": scores.where(visits["completed_date"].notna()),
        }
    )


def _left_out(
    asked: Estimand,
    outcome: Outcome,
    participants: pd.DataFrame,
    known: pd.DataFrame,
) -> dict[str, pd.Series[bool]]:
    """Say whom the estimand's population leaves out, by reason; later reasons win."""
    out = {}
    if asked.population == "fully_observed":
        for reason in known["reason"].dropna().unique():
            if reason:
                out[str(reason)] = known["reason"].eq(reason)
    at_home_only = outcome.at_home_only or asked.population == "at_home"
    if at_home_only:
        # An optional column: where it is absent, nobody's home is known.
        unknown = pd.Series(pd.NA, index=participants.index, dtype="boolean")
        placed = participants.get("placed_at_randomisation", unknown)
        out[PLACED] = placed.fillna(value=False).astype(bool)
        out[HOME_UNKNOWN] = placed.isna()
    out[WITHDREW] = known["reason"].isna()
    return out
