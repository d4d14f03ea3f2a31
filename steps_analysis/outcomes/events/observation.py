"""
Until when is a participant observed for an outcome, and which events count?

The rules that are easy to get wrong stand here, once (DESIGN section 7):

* time zero is randomisation; what happened on that day or before does not count, but
  a family that left on that day was not observed;
* a proven outcome counts an offence only if it was sanctioned within the waiting time
  of being committed, and observation ends that waiting time before the extract date:
  ending observation at the extract date instead loses about a fifth of the events;
* an outcome known only through contact is observed until the last visit made;
* the records of a family that withdrew its data are not used.
"""

from __future__ import annotations

import pandas as pd

from steps_analysis.outcomes.events.timing import (
    dated_events,
    first_day,
    needed_column,
    time_zero,
)
from steps_analysis.protocol import Outcome, days_in
from steps_analysis.trial_data import TrialData

FOLLOW_UP_ENDED = "reached the end of follow-up"
NOT_YET = "not yet observed for long enough"
LAST_VISIT = "not seen after the last visit made"


def observation(trial: TrialData, outcome: Outcome) -> pd.DataFrame:
    """
    Say until which day each participant is observed for an outcome, and why no longer.

    Parameters
    ----------
    trial
        The trial.
    outcome
        The outcome.

    Returns
    -------
    pandas.DataFrame
        Indexed by ``participant_id``: ``end`` (days from randomisation, at least 0) and
        ``ended_by``. Families that withdrew their data are left out.

    Raises
    ------
    DataError
        If the outcome is known only through contact and there are no visits.
    """
    zero = time_zero(trial)
    horizon = days_in(outcome.follow_up_months)
    waiting = days_in(outcome.waiting_months)
    limits = pd.DataFrame({FOLLOW_UP_ENDED: float(horizon)}, index=zero.index)
    limits[NOT_YET] = (trial.cutoff - zero).dt.days - waiting
    events = dated_events(trial, trial.need("events"))
    for code in outcome.ends_with:
        limits[trial.protocol.label(code)] = first_day(events, (code,), since=0)
    if outcome.seen_by == "contact":
        limits[LAST_VISIT] = _last_contact(trial, zero)
    window = pd.DataFrame(
        {"end": limits.min(axis=1).clip(lower=0), "ended_by": limits.idxmin(axis=1)}
    )
    return window.drop(index=list(withdrew_data(trial)))


def counted_events(trial: TrialData, outcome: Outcome) -> pd.DataFrame:
    """
    List the events after randomisation that an outcome is made of.

    Parameters
    ----------
    trial
        The trial.
    outcome
        The outcome.

    Returns
    -------
    pandas.DataFrame
        Columns ``participant_id``, ``day`` (from randomisation, at least 1) and
        ``known_day``: for a proven outcome the day of its sanction, missing while there
        is none; for any other outcome the same as ``day``.

    Raises
    ------
    DataError
        If the events lack a column the outcome rests on: a flag, or the sanction date.
    """
    events = trial.need("events")
    events = events[events["event"].isin(outcome.events)]
    for flag, value in outcome.flags.items():
        needed_column(trial, "events", flag)
        events = events[events[flag].eq(value).fillna(value=False).astype(bool)]
    events = dated_events(trial, events)
    known = events["day"]
    if outcome.proven:
        needed_column(trial, "events", "sanction_date")
        known = known + (events["sanction_date"] - events["event_date"]).dt.days
    events = events.assign(known_day=known)[["participant_id", "day", "known_day"]]
    return events[events["day"] > 0]


def withdrew_data(trial: TrialData) -> frozenset[str]:
    """
    Name the participants whose records may not be used.

    Parameters
    ----------
    trial
        The trial.

    Returns
    -------
    frozenset of str
        Their ids.
    """
    events = trial.need("events")
    return frozenset(events.loc[events["event"] == "withdrew_data", "participant_id"])


def _last_contact(trial: TrialData, zero: pd.Series[pd.Timestamp]) -> pd.Series[float]:
    """Give the day up to which visits account for each participant, 0 without any."""
    visits = needed_column(trial, "visits", "completed_date")
    made = visits[visits["completed_date"].notna()]
    day = (made["completed_date"] - made["participant_id"].map(zero)).dt.days
    # A visit made within its window accounts for all the time to its due day.
    due = made["visit_month"].astype(float).map(days_in)
    in_window = due - day <= 7 * trial.protocol.visits.window_weeks
    covered = day.mask(in_window & (due > day), due).astype(float)
    last: pd.Series[float] = covered.groupby(made["participant_id"]).max()
    return last.reindex(zero.index).fillna(0.0)
