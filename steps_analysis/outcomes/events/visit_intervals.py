"""
Between which two visits did it happen, where only visits could show it?

Times known only from visits are interval-censored: the outcome came after the last
visit without it and by the first visit with it.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from steps_analysis.errors import DataError, refusal
from steps_analysis.estimates import FloatArray
from steps_analysis.outcomes.events.observation import counted_events, withdrew_data
from steps_analysis.outcomes.events.timing import needed_column, time_zero
from steps_analysis.protocol import Outcome
from steps_analysis.trial_data import TrialData


def event_intervals(trial: TrialData, outcome: str) -> pd.DataFrame:
    """
    Give the visits between which each participant's first event came to light.

    Parameters
    ----------
    trial
        The trial; needs ``participants``, ``events`` and ``visits``.
    outcome
        Code of an outcome made of events.

    Returns
    -------
    pandas.DataFrame
        Columns ``participant_id``, ``left`` and ``right``: days from randomisation; the
        first event lies in (left, right]. ``left`` is the last visit made before it, 0
        where there is none; ``right`` the first visit made on its day or later,
        infinite where there is none or no event is known. One row per participant whose
        data may be used, in the order of ``participants``.

    Raises
    ------
    DataError
        If the outcome is a score, or a table or column is absent or closed.
    KeyError
        If the protocol has no such outcome.

    See Also
    --------
    steps_analysis.outcomes.spells : The exact days, where records give them.
    """
    rule = trial.protocol.outcome(outcome)
    if rule.kind == "score":
        raise DataError(refusal("outcome", "be made of events", rule.code))
    first = counted_events(trial, rule).groupby("participant_id")["day"].min()
    days = _visit_days(trial)
    seen = days["day"].ge(days["participant_id"].map(first))
    return _intervals(trial, days.assign(seen=seen))


def score_intervals(
    trial: TrialData, outcome: str, *, threshold: float
) -> pd.DataFrame:
    """
    Give the visits between which each participant's score first reached a threshold.

    Parameters
    ----------
    trial
        The trial; needs ``participants``, ``events`` and ``visits``.
    outcome
        Code of an outcome that is a score.
    threshold
        The score that counts, or any higher one.

    Returns
    -------
    pandas.DataFrame
        As `event_intervals`. Visits without the score tell nothing. Who had reached it
        at the first visit, at randomisation, has ``left`` and ``right`` 0: they were
        never at risk, and an analysis of first times leaves them out.

    Raises
    ------
    DataError
        If the outcome is no score, or a table or column is absent or closed.
    KeyError
        If the protocol has no such outcome.
    """
    rule = trial.protocol.outcome(outcome)
    if rule.kind != "score":
        raise DataError(refusal("outcome", "be a score", rule.code))
    days = _visit_days(trial, rule)
    return _intervals(trial, days.assign(seen=days["score"].ge(threshold)))


def _visit_days(trial: TrialData, scored: Outcome | None = None) -> pd.DataFrame:
    """List the visits made, with their day and perhaps a score."""
    visits = needed_column(trial, "visits", "completed_date")
    columns = {"participant_id": visits["participant_id"]}
    if scored is not None:
        visits = needed_column(trial, "visits", str(scored.score))
        columns["score"] = visits[str(scored.score)].astype(float)
    zero = visits["participant_id"].map(time_zero(trial))
    day = (visits["completed_date"] - zero).dt.days.astype(float)
    return pd.DataFrame({**columns, "day": day.clip(lower=0.0)}).dropna()


def _intervals(trial: TrialData, days: pd.DataFrame) -> pd.DataFrame:
    """Find the first visit that shows it, and the last one before."""
    everybody = trial.need("participants")["participant_id"]
    people = pd.Index(everybody[~everybody.isin(withdrew_data(trial))])
    right = days[days["seen"]].groupby("participant_id")["day"].min()
    before = days[days["day"].lt(days["participant_id"].map(right).fillna(np.inf))]
    left = before.groupby("participant_id")["day"].max()
    return pd.DataFrame(
        {
            "participant_id": people.to_numpy(),
            "left": _of(left, people, 0.0),
            "right": _of(right, people, np.inf),
        }
    )


def _of(found: pd.Series[float], people: pd.Index[str], empty: float) -> FloatArray:
    """Give each person's value, or what stands for none."""
    return np.asarray(found.reindex(people).fillna(empty), dtype=np.float64)
