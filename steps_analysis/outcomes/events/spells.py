"""
From events to analysis: who was observed for how long, and what happened first.

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

from steps_analysis.errors import DataError, refusal
from steps_analysis.protocol import Outcome, days_in
from steps_analysis.trial_data import TrialData
from steps_analysis.trial_data.links import followed

EVENT, COMPETING, CENSORED = 1, 2, 0
FOLLOW_UP_ENDED = "reached the end of follow-up"
NOT_YET = "not yet observed for long enough"
LAST_VISIT = "not seen after the last visit made"


def spells(trial: TrialData, outcome: str) -> pd.DataFrame:
    """
    Give each participant's time at risk and what ended it.

    Parameters
    ----------
    trial
        The trial; needs ``participants`` and ``events``, and ``visits`` for an outcome
        that is known only through contact.
    outcome
        Code of an outcome of the protocol that is made of events.

    Returns
    -------
    pandas.DataFrame
        Columns ``participant_id``, ``entry`` and ``time`` (days from randomisation; a
        spell is the half-open interval (entry, time]), ``event`` (bool), ``cause``
        (0 censored, 1 the outcome, 2 a competing event) and ``ended_by`` (why a
        censored spell ended, else empty). One row per participant; for a repeated
        outcome one row per event and one for the time after the last, none where no
        time was observed. Families that withdrew their data are left out.

    Raises
    ------
    DataError
        If a table or column it needs is absent or closed to the reader's role.
    KeyError
        If the protocol has no such outcome.

    Notes
    -----
    Several events of one participant on one day count as one.
    """
    rule = trial.protocol.outcome(outcome)
    window = observation(trial, rule)
    events = counted_events(trial, rule)
    within = events["known_day"] - events["day"] <= days_in(rule.waiting_months)
    events = events[within]
    every = _dated(trial, trial.need("events"))
    competing = _first_day(every, rule.competing, since=1).reindex(window.index)
    if rule.kind == "repeated":
        return _repeated(window, events, competing)
    first = events.groupby("participant_id")["day"].min().reindex(window.index)
    seen = first.le(window["end"]) & ~competing.lt(first)
    competed = ~seen & competing.le(window["end"])
    time = window["end"].astype(float)
    time = time.mask(seen, first).mask(competed, competing)
    cause = seen * EVENT + competed * COMPETING
    return pd.DataFrame(
        {
            "participant_id": window.index,
            "entry": 0.0,
            "time": time.to_numpy(),
            "event": seen.to_numpy(),
            "cause": cause.to_numpy(),
            "ended_by": window["ended_by"].mask(seen | competed, "").to_numpy(),
        }
    )


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
    zero = _time_zero(trial)
    horizon = days_in(outcome.follow_up_months)
    waiting = days_in(outcome.waiting_months)
    limits = pd.DataFrame({FOLLOW_UP_ENDED: float(horizon)}, index=zero.index)
    limits[NOT_YET] = (trial.cutoff - zero).dt.days - waiting
    events = _dated(trial, trial.need("events"))
    for code in outcome.ends_with:
        limits[trial.protocol.label(code)] = _first_day(events, (code,), since=0)
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
    events = _dated(trial, events)
    known = events["day"]
    if outcome.proven:
        needed_column(trial, "events", "sanction_date")
        known = known + (events["sanction_date"] - events["event_date"]).dt.days
    events = events.assign(known_day=known)[["participant_id", "day", "known_day"]]
    return events[events["day"] > 0]


def needed_column(trial: TrialData, table: str, column: str) -> pd.DataFrame:
    """
    Give a table of which an analysis needs a column that is optional in the contract.

    Parameters
    ----------
    trial
        The trial.
    table, column
        The table and its column.

    Returns
    -------
    pandas.DataFrame
        The table.

    Raises
    ------
    DataError
        If the trial has no such table or column, or this role may not open it.
    """
    rows = trial.need(table)
    if column not in rows:
        raise DataError(refusal(f"{table}.{column}", "be present", None))
    return rows


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


def binary_outcome(trial: TrialData, outcome: Outcome, months: int) -> pd.DataFrame:
    """
    Say whether an outcome happened to each participant by a time, or why it is unknown.

    Parameters
    ----------
    trial
        The trial.
    outcome
        The outcome.
    months
        By when, in months from randomisation.

    Returns
    -------
    pandas.DataFrame
        Indexed by ``participant_id``: ``value`` (1.0, 0.0, or NaN where unknown) and
        ``reason`` (why unknown, else empty). A participant is known only once followed
        for `months` and the waiting time, whether or not anything happened before:
        otherwise those with an event would be known sooner than those without. For the
        same reason an event after the participant's observation ended does not count.
    """
    window = observation(trial, outcome)
    horizon = days_in(months)
    zero = _time_zero(trial).reindex(window.index)
    observed = (trial.cutoff - zero).dt.days
    waiting = days_in(outcome.waiting_months)
    enough = observed >= horizon + waiting
    events = counted_events(trial, outcome)
    last = events["participant_id"].map(window["end"]).clip(upper=horizon)
    in_time = events["day"].le(last) & events["known_day"].le(horizon + waiting)
    happened = window.index.isin(events.loc[in_time, "participant_id"])
    ended_early = window["end"].lt(horizon) & window["ended_by"].ne(NOT_YET)
    value = pd.Series(happened.astype(float), index=window.index)
    value = value.mask(ended_early & ~happened).mask(~enough)
    reason = window["ended_by"].mask(~enough, NOT_YET).where(value.isna(), "")
    return pd.DataFrame({"value": value, "reason": reason})


def _time_zero(trial: TrialData) -> pd.Series[pd.Timestamp]:
    """Give each participant's randomisation date."""
    participants = trial.need("participants")
    return participants.set_index("participant_id")["randomisation_date"]


def _dated(trial: TrialData, events: pd.DataFrame) -> pd.DataFrame:
    """Give events their day from randomisation."""
    people, key = trial.need("participants"), "participant_id"
    zero = followed(events[key], people, key, "randomisation_date")
    return events.assign(day=(events["event_date"] - zero).dt.days)


def _first_day(
    events: pd.DataFrame, codes: tuple[str, ...], *, since: int
) -> pd.Series[float]:
    """Give the first day of any of some events, from a day on."""
    events = events[events["event"].isin(codes) & (events["day"] >= since)]
    return events.groupby("participant_id")["day"].min().astype(float)


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


def _repeated(
    window: pd.DataFrame, events: pd.DataFrame, competing: pd.Series[float]
) -> pd.DataFrame:
    """Cut each participant's time at each event, and end it at a competing one."""
    competed = competing.le(window["end"])
    window = pd.DataFrame(
        {
            "end": window["end"].mask(competed, competing),
            "ended_by": window["ended_by"].mask(competed, ""),
            "cause": competed * COMPETING,
        }
    )
    events = events.drop_duplicates(["participant_id", "day"])
    events = events[events["day"] <= events["participant_id"].map(window["end"])]
    stops = pd.DataFrame(
        {
            "participant_id": window.index,
            "time": window["end"].to_numpy(),
            "event": False,
            "cause": window["cause"].to_numpy(),
            "ended_by": window["ended_by"].to_numpy(),
        }
    )
    cuts = events.rename(columns={"day": "time"})[["participant_id", "time"]]
    cuts = cuts.assign(event=True, cause=EVENT, ended_by="")
    rows = pd.concat([cuts, stops], ignore_index=True)
    rows = rows.sort_values(
        ["participant_id", "time", "event"],
        ascending=[True, True, False],
        kind="stable",
    )
    rows["entry"] = rows.groupby("participant_id")["time"].shift(fill_value=0.0)
    rows = rows[rows["time"] > rows["entry"]]
    columns = ["participant_id", "entry", "time", "event", "cause", "ended_by"]
    return rows[columns].reset_index(drop=True)
