"""The follow-up diary: which visits are due, done, missed, or no longer expected."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd

from steps_analysis.errors import ArgumentError, DataError, refusal
from steps_analysis.pathway.day_asked import day_asked
from steps_analysis.pathway.full_tables import full_or_empty, full_table
from steps_analysis.protocol import Visits, days_in
from steps_analysis.trial_data import TrialData

COMPLETED, OUT_OF_WINDOW = "completed", "completed_out_of_window"
NOT_EXPECTED, MISSED, OVERDUE = "not_expected", "missed", "overdue"
DUE, UPCOMING = "due", "upcoming"
STATES = (COMPLETED, OUT_OF_WINDOW, NOT_EXPECTED, MISSED, OVERDUE, DUE, UPCOMING)
"""What a planned visit can be; each is exactly one of these."""

LEAVING = ("withdrew_contact", "withdrew_data", "moved", "died")
"""The events after which no visit is expected."""

ALL_SITES = "all sites"

_COLUMNS = [
    "participant_id",
    "site",
    "visit_month",
    "due_date",
    "opens_date",
    "closes_date",
    "completed_date",
    "state",
    "reason",
]


def visit_schedule(trial: TrialData, *, on: date | None = None) -> pd.DataFrame:
    """
    Plan every visit of every participant, and say how it stands.

    Parameters
    ----------
    trial
        The trial; needs ``participants`` and ``visits`` with their dates. No arm is
        read.
    on
        The day this is asked; None for the extract date.

    Returns
    -------
    pandas.DataFrame
        One row per planned visit of those randomised by the day, in order of site,
        participant and month: ``due_date``, the window from ``opens_date`` to
        ``closes_date`` (both included), ``completed_date``, ``state`` and, where a
        visit is not expected, the event that is the ``reason``.

    Raises
    ------
    ArgumentError
        If the day asked lies after the extract date.
    DataError
        If a table it needs is absent or closed to the role, or visits carry no dates.

    Notes
    -----
    Visits are due from randomisation, in both arms, months being counted as everywhere
    in this package. The window of a visit at randomisation opens then. The state is the
    first that holds:

    - completed, or completed_out_of_window, by the day;
    - not_expected, if the family withdrew from contact or withdrew its data, moved
      away, or the child died, before the window closed;
    - missed, once the window has closed; on its last day records are complete, so the
      day itself counts;
    - overdue, after the due date; due, while the window is open; upcoming, before.

    Examples
    --------
    >>> from steps_analysis.protocol import load_protocol
    >>> people = pd.DataFrame({"participant_id": ["P1"], "site": ["Southwark"],
    ...                        "randomisation_date": [pd.Timestamp(2014, 1, 1)]})
    >>> seen = pd.DataFrame({"participant_id": ["P1"], "visit_month": [0],
    ...                      "completed_date": [pd.Timestamp(2014, 1, 5)]})
    >>> trial = TrialData(protocol=load_protocol(), extract_date=date(2014, 9, 10),
    ...                   provenance="real", participants=people, visits=seen)
    >>> visit_schedule(trial)["state"].tolist()
    ['completed', 'overdue', 'upcoming', 'upcoming']
    """
    day = day_asked(trial, on)
    plan = _planned(trial, day)
    plan["completed_date"] = _completed(trial, plan, day)
    left = _left(trial, plan, day)
    plan["state"] = _state(plan, left, day)
    plan["reason"] = left.where(plan["state"] == NOT_EXPECTED)
    order = ["site", "participant_id", "visit_month"]
    return plan.sort_values(order, ignore_index=True)[_COLUMNS]


def visit_windows(
    randomised: pd.Series[pd.Timestamp], month: pd.Series[int], visits: Visits
) -> pd.DataFrame:
    """
    Give the due dates of visits and the windows around them.

    Parameters
    ----------
    randomised
        When each visit's participant was randomised.
    month
        The month of each visit.
    visits
        The protocol's plan of visits.

    Returns
    -------
    pandas.DataFrame
        Columns ``due_date``, ``opens_date`` and ``closes_date``, in the rows of
        `month`; a window opens at randomisation at the earliest.
    """
    days = month.map({m: days_in(m) for m in month.unique()}).astype(float)
    due = randomised + pd.to_timedelta(days, unit="D")
    window = pd.Timedelta(weeks=visits.window_weeks)
    opens = (due - window).clip(lower=randomised)
    return pd.DataFrame(
        {"due_date": due, "opens_date": opens, "closes_date": due + window}
    )


def _planned(trial: TrialData, on: pd.Timestamp) -> pd.DataFrame:
    """Give the visits of those randomised by a day their due dates and windows."""
    visits = trial.protocol.visits
    people = full_table(trial, "participants")
    people = people[["participant_id", "site", "randomisation_date"]]
    people = people[people["randomisation_date"] <= on]
    months = pd.DataFrame({"visit_month": pd.Series(visits.months, dtype="int64")})
    plan = people.merge(months, how="cross")
    windows = visit_windows(plan["randomisation_date"], plan["visit_month"], visits)
    return plan.join(windows)


def _completed(
    trial: TrialData, plan: pd.DataFrame, on: pd.Timestamp
) -> pd.Series[pd.Timestamp]:
    """Find when each planned visit took place, as known on a day."""
    if "completed_date" not in trial.need("visits"):
        rule = "be recorded before the visits' diary is kept"
        raise DataError(refusal("visits.completed_date", rule, None))
    key = ["participant_id", "visit_month"]
    visits = full_table(trial, "visits").astype({"visit_month": "int64"})
    done = visits.drop_duplicates(key)[[*key, "completed_date"]]
    found = plan[key].merge(done, on=key, how="left")["completed_date"]
    return found.where(found <= on)


def _left(trial: TrialData, plan: pd.DataFrame, on: pd.Timestamp) -> pd.Series[str]:
    """Name the event by which each visit's family had left before its window closed."""
    events = full_or_empty(trial, "events")
    is_known = events["event"].isin(LEAVING) & (events["event_date"] <= on)
    events = events[is_known].sort_values("event_date", kind="stable")
    first = events.drop_duplicates("participant_id").set_index("participant_id")
    date_left = plan["participant_id"].map(first["event_date"])
    reason = plan["participant_id"].map(first["event"])
    return reason.where(date_left <= plan["closes_date"])


def _state(
    plan: pd.DataFrame, left: pd.Series[str], on: pd.Timestamp
) -> pd.Series[str]:
    """Say how each planned visit stands: the first state that holds."""
    done = plan["completed_date"]
    holds = {
        COMPLETED: done.between(plan["opens_date"], plan["closes_date"]),
        OUT_OF_WINDOW: done.notna(),
        NOT_EXPECTED: left.notna(),
        MISSED: plan["closes_date"] <= on,
        OVERDUE: plan["due_date"] < on,
        DUE: plan["opens_date"] <= on,
    }
    masks = [mask.to_numpy(bool) for mask in holds.values()]
    return pd.Series(np.select(masks, list(holds), UPCOMING), plan.index, dtype=object)


def retention(
    trial: TrialData, *, month: int | None = None, on: date | None = None
) -> pd.DataFrame:
    """
    Count who is still seen at a visit, at each site and in all.

    Parameters
    ----------
    trial
        As for `visit_schedule`.
    month
        The visit; None for the last one planned.
    on
        The day this is asked; None for the extract date.

    Returns
    -------
    pandas.DataFrame
        One row per site that has randomised, in alphabetical order, and one for all
        sites: ``randomised``; ``reached``, for whom the window of the visit has closed;
        of these ``left``, no longer expected; ``expected``, all others; and ``seen``,
        in or out of the window.

    Raises
    ------
    ArgumentError
        If no such visit is planned, or the day asked lies after the extract date.
    DataError
        As for `visit_schedule`.

    Notes
    -----
    Families who left count against retention: retained is seen of reached. Intervals
    are left to `steps_analysis.evaluation`.
    """
    planned = trial.protocol.visits.months
    month = max(planned, default=None) if month is None else month
    if month not in planned:
        listed = ", ".join(map(str, planned)) or "none, as none is planned"
        raise ArgumentError(refusal("month", f"be one of {listed}", month))
    visits = visit_schedule(trial, on=on)
    visits = visits[visits["visit_month"] == month]
    reached = visits["closes_date"] <= day_asked(trial, on)
    counted = pd.DataFrame(
        {
            "site": visits["site"],
            "randomised": 1,
            "reached": reached,
            "left": reached & (visits["state"] == NOT_EXPECTED),
            "expected": reached & (visits["state"] != NOT_EXPECTED),
            "seen": reached & visits["state"].isin([COMPLETED, OUT_OF_WINDOW]),
        }
    )
    by_site = counted.groupby("site").sum().astype(int)
    by_site.loc[ALL_SITES] = by_site.sum()
    return by_site.reset_index()
