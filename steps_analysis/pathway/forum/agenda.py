"""Which cases does a meeting of a forum take, and which must wait for the next?"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from steps_analysis.pathway.forum.meetings import papers_due_dates
from steps_analysis.pathway.forum.site_meetings import SiteMeetings
from steps_analysis.protocol import Forum

HEARD = "heard"
TAKEN = "on the agenda"
AWAITED = "papers awaited"
LATE = "papers not in time"
FULL = "meeting full"
_OUTCOMES = [LATE, FULL, AWAITED]

_COLUMNS = [
    "site",
    "meeting_date",
    "referral_id",
    "outcome",
    "moved_to",
    "referral_date",
    "papers_date",
    "papers_due_date",
    "is_first",
    "age_at_referral",
    "concern",
    "question",
    "co_worker_agency",
    "open_to_agency",
]


def agenda(one: SiteMeetings, forum: Forum, on: pd.Timestamp) -> pd.DataFrame:
    """
    Say what becomes of every case that the meeting asked about might hear.

    Parameters
    ----------
    one
        The meetings of a site, and which is asked about.
    forum
        How the forum works.
    on
        The day this is asked.

    Returns
    -------
    pandas.DataFrame
        One row per case, in order of referral, those taken first: ``outcome``, and in
        ``moved_to`` the next meeting where it must wait. Of a meeting that has been,
        the cases it heard.

    Notes
    -----
    A case whose papers are late, or have not come by the day they were due, goes to the
    next meeting. Where more are ready than the meeting can take, those referred first
    are taken, and the others go to the next, where the same order holds.
    """
    cases, today = one.cases, on.to_datetime64()
    if one.asked < today:
        heard = cases[cases["forum_date"] == one.asked]
        return _listed(heard, [HEARD] * len(heard), one, forum)
    waiting = cases[~cases["is_heard"]].sort_values(["referral_date", "referral_id"])
    for day in one.days[(one.days >= today) & (one.days < one.asked)]:
        waiting = waiting[~_is_taken(_outcomes(waiting, day, forum))]
    waiting = waiting[waiting["forum_date"] <= one.asked]
    return _listed(waiting, _outcomes(waiting, one.asked, forum), one, forum)


def _outcomes(waiting: pd.DataFrame, day: np.datetime64, forum: Forum) -> list[str]:
    """Say what becomes of each waiting case on one day of meeting."""
    due = papers_due_dates([day], forum)[0]
    is_ready = (waiting["forum_date"] <= day) & ~(waiting["papers_by"] > due)
    is_full = is_ready & (is_ready.cumsum() > (forum.capacity or np.inf))
    is_awaited = waiting["papers_date"].isna() & waiting["papers_by"].notna()
    kinds = [~is_ready, is_full, is_awaited]
    found = np.select([kind.to_numpy(bool) for kind in kinds], _OUTCOMES, TAKEN)
    return [str(outcome) for outcome in found]


def _is_taken(outcomes: list[str]) -> npt.NDArray[np.bool_]:
    return np.isin(outcomes, [HEARD, TAKEN, AWAITED])


def _listed(
    cases: pd.DataFrame, outcomes: list[str], one: SiteMeetings, forum: Forum
) -> pd.DataFrame:
    """List cases with their outcomes, those taken first."""
    taken = _is_taken(outcomes)
    following = pd.Timestamp(one.days[one.days > one.asked][0])
    rows = cases.assign(
        meeting_date=pd.Timestamp(one.asked),
        papers_due_date=pd.Timestamp(papers_due_dates([one.asked], forum)[0]),
        outcome=outcomes,
        moved_to=pd.Series(following, index=cases.index).mask(taken),
    )
    order = np.argsort(~taken, kind="stable")
    return rows[_COLUMNS].iloc[order].reset_index(drop=True)
