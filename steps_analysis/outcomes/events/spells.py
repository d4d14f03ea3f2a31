"""From events to analysis: each participant's time at risk, and what ended it."""

from __future__ import annotations

import numpy as np
import pandas as pd

from steps_analysis.errors import DataError, refusal
from steps_analysis.outcomes.events.observation import (
    NOT_YET,
    counted_events,
    observation,
)
from steps_analysis.outcomes.events.periods import is_within, outside, periods
from steps_analysis.outcomes.events.timing import dated_events, first_day, time_zero
from steps_analysis.protocol import Outcome, days_in
from steps_analysis.trial_data import TrialData

EVENT, COMPETING, CENSORED = 1, 2, 0


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
        time was observed; for an outcome counted in days one row per stay, its event
        being that the stay ended. Families that withdrew their data are left out.

    Raises
    ------
    DataError
        If the outcome is a score, or a table or column it needs is absent or closed to
        the reader's role.
    KeyError
        If the protocol has no such outcome.

    Notes
    -----
    Several events of one participant on one day count as one. Where the outcome names
    events whose spells are out of risk (`Outcome.out_of_risk`), that time is cut out:
    a participant then has a row before and one after, and what happened in between
    does not count, competing events included.
    """
    rule = trial.protocol.outcome(outcome)
    if rule.kind == "score":
        hint = "analysis_status gives its scores, score_intervals when they passed one"
        raise DataError(refusal("outcome", "be made of events", rule.code, hint=hint))
    window = observation(trial, rule)
    if rule.kind == "days":
        return _stays(trial, rule, window)
    events = _counted_at_risk(trial, rule)
    within = events["known_day"] - events["day"] <= days_in(rule.waiting_months)
    events = events[within]
    every = dated_events(trial, trial.need("events"))
    competing = first_day(every, rule.competing, since=1).reindex(window.index)
    kind = _repeated if rule.kind == "repeated" else _first
    rows = kind(window, events, competing)
    if not rule.out_of_risk:
        return rows
    return outside(rows, periods(trial, rule.out_of_risk))


def _counted_at_risk(trial: TrialData, rule: Outcome) -> pd.DataFrame:
    """List the events that count, without those in time out of risk."""
    events = counted_events(trial, rule)
    if not rule.out_of_risk:
        return events
    return events[~is_within(events, periods(trial, rule.out_of_risk))]


def _stays(trial: TrialData, rule: Outcome, window: pd.DataFrame) -> pd.DataFrame:
    """Give the stays of an outcome counted in days, cut where observation ends."""
    stays = periods(trial, rule.events)
    stays = stays[stays["participant_id"].isin(window.index)]
    last = window.loc[stays["participant_id"], "end"].to_numpy(dtype=float)
    seen = stays["end"].to_numpy() <= last
    ended_by = window.loc[stays["participant_id"], "ended_by"].mask(seen, "")
    rows = pd.DataFrame(
        {
            "participant_id": stays["participant_id"].to_numpy(),
            "entry": stays["start"].to_numpy(),
            "time": np.minimum(stays["end"].to_numpy(), last),
            "event": seen,
            "cause": seen * EVENT,
            "ended_by": ended_by.to_numpy(),
        }
    )
    return rows[rows["time"] > rows["entry"]].reset_index(drop=True)


def _first(
    window: pd.DataFrame, events: pd.DataFrame, competing: pd.Series[float]
) -> pd.DataFrame:
    """End each participant's time at the first event, or a competing one before it."""
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
    zero = time_zero(trial).reindex(window.index)
    observed = (trial.cutoff - zero).dt.days
    waiting = days_in(outcome.waiting_months)
    enough = observed >= horizon + waiting
    events = _counted_at_risk(trial, outcome)
    last = events["participant_id"].map(window["end"]).clip(upper=horizon)
    in_time = events["day"].le(last) & events["known_day"].le(horizon + waiting)
    happened = window.index.isin(events.loc[in_time, "participant_id"])
    ended_early = window["end"].lt(horizon) & window["ended_by"].ne(NOT_YET)
    value = pd.Series(happened.astype(float), index=window.index)
    value = value.mask(ended_early & ~happened).mask(~enough)
    reason = window["ended_by"].mask(~enough, NOT_YET).where(value.isna(), "")
    return pd.DataFrame({"value": value, "reason": reason})


def days_spent(trial: TrialData, outcome: Outcome, months: int) -> pd.DataFrame:
    """
    Say how many days each participant spent in a state by a time, or why not known.

    Parameters
    ----------
    trial
        The trial.
    outcome
        An outcome counted in days.
    months
        By when, in months from randomisation.

    Returns
    -------
    pandas.DataFrame
        Indexed by ``participant_id``: ``value`` (days, 0 or more; NaN where unknown)
        and ``reason`` (why unknown, else empty). Known only of those observed all the
        time; of a stay that had begun before randomisation the days after it count.
    """
    window = observation(trial, outcome)
    horizon = float(days_in(months))
    stays = periods(trial, outcome.events)
    length = stays["end"].clip(upper=horizon) - stays["start"].clip(upper=horizon)
    total = length.groupby(stays["participant_id"]).sum()
    value = total.reindex(window.index).fillna(0.0)
    is_known = window["end"].ge(horizon)
    return pd.DataFrame(
        {
            "value": value.where(is_known),
            "reason": window["ended_by"].mask(is_known, ""),
        }
    )


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
