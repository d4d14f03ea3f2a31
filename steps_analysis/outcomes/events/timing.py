"""On which day from randomisation did an event happen?"""

from __future__ import annotations

import pandas as pd

from steps_analysis.errors import DataError, refusal
from steps_analysis.trial_data import TrialData
from steps_analysis.trial_data.links import followed


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


def time_zero(trial: TrialData) -> pd.Series[pd.Timestamp]:
    """
    Give each participant's randomisation date.

    Parameters
    ----------
    trial
        The trial.

    Returns
    -------
    pandas.Series
        Dates, indexed by ``participant_id``.
    """
    participants = trial.need("participants")
    return participants.set_index("participant_id")["randomisation_date"]


def dated_events(trial: TrialData, events: pd.DataFrame) -> pd.DataFrame:
    """
    Give events their day from randomisation.

    Parameters
    ----------
    trial
        The trial.
    events
        Rows of its ``events``.

    Returns
    -------
    pandas.DataFrame
        The rows with a column ``day`` more.
    """
    people, key = trial.need("participants"), "participant_id"
    zero = followed(events[key], people, key, "randomisation_date")
    return events.assign(day=(events["event_date"] - zero).dt.days)


def first_day(
    events: pd.DataFrame, codes: tuple[str, ...], *, since: int
) -> pd.Series[float]:
    """
    Give the first day of any of some events, from a day on.

    Parameters
    ----------
    events
        Events with their ``day``.
    codes
        The events meant.
    since
        The first day that counts.

    Returns
    -------
    pandas.Series
        Days, indexed by ``participant_id``; only of those who had one.
    """
    events = events[events["event"].isin(codes) & (events["day"] >= since)]
    return events.groupby("participant_id")["day"].min().astype(float)
