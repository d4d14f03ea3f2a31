"""How far a forum's recommendations are, and which reviews are due."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from steps_analysis.pathway.full_tables import full_or_empty, full_table
from steps_analysis.trial_data import TrialData

OPEN, OVERDUE, DROPPED = "open", "overdue", "dropped"
REVIEWED, NOT_NEEDED, NOT_SET = "reviewed", "not needed", "no date set"
DUE, UPCOMING = "due", "upcoming"


def recommendations(
    trial: TrialData, on: pd.Timestamp, meetings: Mapping[str, pd.Timestamp]
) -> pd.DataFrame:
    """
    List the recommendations made by a day, each with its status and its review.

    Parameters
    ----------
    trial
        The trial; needs ``referrals``. Without ``forum_actions``, there is none.
    on
        The day.
    meetings
        Each site to the meeting that its reviews are due at.

    Returns
    -------
    pandas.DataFrame
        The columns of ``forum_actions.csv`` with ``site``; ``status`` as
        `status_on_day` has it and ``status_recorded`` as recorded, ``days_overdue``,
        and ``review`` as `review_on_day` has it. In order of site, meeting and
        referral.
    """
    referrals = full_table(trial, "referrals").drop_duplicates("referral_id")
    site = referrals.set_index("referral_id")["site"]
    actions = full_or_empty(trial, "forum_actions").join(site, on="referral_id")
    actions = actions[actions["site"].isin(meetings) & (actions["forum_date"] <= on)]
    order = ["site", "forum_date", "referral_id", "recommendation"]
    actions = actions.sort_values(order, kind="stable").reset_index(drop=True)
    status = status_on_day(actions, on)
    late = (on - actions["due_date"]).dt.days.where(status == OVERDUE)
    return actions.assign(
        status_recorded=actions["status"],
        status=status,
        days_overdue=late.astype("Int64"),
        review=review_on_day(actions, on, actions["site"].map(meetings)),
    )


def status_on_day(actions: pd.DataFrame, on: pd.Timestamp) -> pd.Series[str]:
    """
    Say how far recommendations are, by the dates rather than by what is written.

    Parameters
    ----------
    actions
        Rows with ``status`` and ``due_date``.
    on
        The day.

    Returns
    -------
    pandas.Series
        What is recorded as done or dropped stays so. Anything else is overdue if it was
        due before the day, and open if not.

    Examples
    --------
    >>> rows = pd.DataFrame({
    ...     "status": ["open", "open", "overdue", "done", None],
    ...     "due_date": pd.to_datetime(["2014-03-01", "2014-02-28", "2014-03-02",
    ...                                 "2014-01-01", None])})
    >>> status_on_day(rows, pd.Timestamp("2014-03-01")).tolist()
    ['open', 'overdue', 'open', 'done', 'open']
    """
    recorded = actions["status"]
    by_date = (actions["due_date"] < on).map({True: OVERDUE, False: OPEN})
    is_closed = recorded.notna() & ~recorded.isin([OPEN, OVERDUE])
    return recorded.where(is_closed, by_date)


def review_on_day(
    actions: pd.DataFrame, on: pd.Timestamp, meeting: pd.Series[pd.Timestamp]
) -> pd.Series[str]:
    """
    Say of each recommendation whether its review has been, is due, or is overdue.

    Parameters
    ----------
    actions
        Rows with ``status``, ``review_date`` and ``reviewed_date``.
    on
        The day.
    meeting
        The meeting that the review of each is due at.

    Returns
    -------
    pandas.Series
        The first that holds: reviewed, by the day; not needed, where the recommendation
        was dropped; no date set; overdue, before the day; due, by the meeting;
        upcoming.
    """
    date = actions["review_date"]
    kinds = {
        REVIEWED: actions["reviewed_date"] <= on,
        NOT_NEEDED: actions["status"] == DROPPED,
        NOT_SET: date.isna(),
        OVERDUE: date < on,
        DUE: date <= meeting,
    }
    holds = [kind.to_numpy(bool) for kind in kinds.values()]
    found = np.select(holds, list(kinds), UPCOMING)
    return pd.Series(found, index=actions.index, dtype=object)
