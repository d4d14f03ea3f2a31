"""
When was a participant in a state that lasts, such as a placement or custody?

A period is the half-open interval (start, end] in days from randomisation: on the day
it begins the participant was still where they had been.
"""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

import numpy as np
import pandas as pd

from steps_analysis.estimates import BoolArray
from steps_analysis.outcomes.events.timing import dated_events, needed_column
from steps_analysis.trial_data import TrialData

OUT_OF_RISK = "not at risk for a time"

_Row = dict[Hashable, Any]


def periods(trial: TrialData, codes: tuple[str, ...]) -> pd.DataFrame:
    """
    Give the time each participant spent in spells of some events.

    Parameters
    ----------
    trial
        The trial; needs ``events`` with ``end_date``.
    codes
        Codes of events that last.

    Returns
    -------
    pandas.DataFrame
        Columns ``participant_id``, ``start``, ``end`` (days from randomisation) and
        ``is_over``. A spell that had begun before starts at 0; one without an end goes
        on for ever; spells that overlap or touch are one. Ordered by participant and
        start; those over by randomisation are left out.

    Raises
    ------
    DataError
        If the events have no ``end_date``, or are closed to the reader's role.
    """
    events = needed_column(trial, "events", "end_date")
    events = dated_events(trial, events[events["event"].isin(codes)])
    length = (events["end_date"] - events["event_date"]).dt.days
    end = (events["day"] + length).astype(float).fillna(np.inf)
    found = pd.DataFrame(
        {
            "participant_id": events["participant_id"],
            "start": events["day"].astype(float).clip(lower=0.0),
            "end": end,
        }
    )
    return _merged(found[found["end"] > found["start"]])


def _merged(found: pd.DataFrame) -> pd.DataFrame:
    """Join the periods of one participant that overlap or touch."""
    found = found.sort_values(["participant_id", "start"], kind="stable")
    person = found["participant_id"]
    reached = found.groupby("participant_id")["end"].cummax()
    before = reached.groupby(person).shift(fill_value=-np.inf)
    number = (found["start"] > before).cumsum()
    joined = found.groupby(number).agg(
        participant_id=("participant_id", "first"),
        start=("start", "first"),
        end=("end", "max"),
    )
    return joined.assign(is_over=np.isfinite(joined["end"])).reset_index(drop=True)


def is_within(days: pd.DataFrame, away: pd.DataFrame) -> BoolArray:
    """
    Say which days fall into a period of the same participant.

    Parameters
    ----------
    days
        Columns ``participant_id`` and ``day``.
    away
        Periods, as `periods` gives them.

    Returns
    -------
    numpy.ndarray
        One truth value for each row of `days`.
    """
    rows = days[["participant_id", "day"]].reset_index(drop=True).reset_index()
    both = rows.merge(away, on="participant_id")
    inside = both.loc[(both["start"] < both["day"]) & (both["day"] <= both["end"])]
    found: BoolArray = rows["index"].isin(inside["index"]).to_numpy(dtype=bool)
    return found


def outside(rows: pd.DataFrame, away: pd.DataFrame) -> pd.DataFrame:
    """
    Cut periods out of time at risk.

    Parameters
    ----------
    rows
        Spells with ``participant_id``, ``entry``, ``time``, ``event``, ``cause`` and
        ``ended_by``; an event never falls into a period.
    away
        Periods, as `periods` gives them.

    Returns
    -------
    pandas.DataFrame
        The spells without those times, in the same order: what follows a period enters
        when it ends. A piece that a period cuts short is censored.
    """
    by_person = dict(tuple(away.groupby("participant_id")))
    pieces: list[_Row] = []
    for row in rows.to_dict("records"):
        own = by_person.get(row["participant_id"])
        pieces += [row] if own is None else _pieces(row, own)
    return pd.DataFrame(pieces, columns=rows.columns).astype(rows.dtypes)


def _pieces(row: _Row, own: pd.DataFrame) -> list[_Row]:
    """Cut one spell at one participant's periods."""
    pieces, since, until = [], float(row["entry"]), float(row["time"])
    cut_short: _Row = {"event": False, "cause": 0, "ended_by": OUT_OF_RISK}
    for start, end in zip(own["start"], own["end"], strict=True):
        if since < start < until:
            pieces.append({**row, "entry": since, "time": start, **cut_short})
        if start < until:
            since = max(since, end)
    if since < until:
        pieces.append({**row, "entry": since})
    return pieces
