"""What to ask about cases at the forum, and what became of its recommendations."""

from __future__ import annotations

from typing import Any

import pandas as pd

from steps_analysis.pathway.forum.meetings import papers_due_dates
from steps_analysis.pathway.forum.recommendations import OPEN, OVERDUE, status_on_day
from steps_analysis.pathway.queries.rule import QueryRule, Records


def _papers_late(of: Records) -> Any:
    """Mark cases heard although their papers came after the day they were due."""
    forum, spec = of["forum"], of.protocol.forum
    if spec is None:
        return pd.Series(data=False, index=forum.index)
    due = papers_due_dates(forum["forum_date"].to_numpy(), spec).astype("M8[ns]")
    return (forum["papers_date"] > due) & _is_heard(of)


def _is_heard(of: Records) -> pd.Series[bool]:
    """Say which presentations have been; the others are booked."""
    return of["forum"]["forum_date"] < of.extract


def _without_recommendation(of: Records) -> Any:
    key = ["referral_id", "forum_date"]
    made = pd.MultiIndex.from_frame(of["forum_actions"][key])
    return _is_heard(of) & ~pd.MultiIndex.from_frame(of["forum"][key]).isin(made)


def _status_disagrees(of: Records) -> Any:
    """Mark actions recorded as open or overdue where their dates say the other."""
    recorded = of["forum_actions"]["status"]
    by_date = status_on_day(of["forum_actions"], of.extract)
    return recorded.notna() & (recorded != by_date)


def _is_unfinished(of: Records) -> pd.Series[bool]:
    status = status_on_day(of["forum_actions"], of.extract)
    return status.isin([OPEN, OVERDUE])


ABOUT_FORUM = (
    QueryRule(
        code="papers_late",
        column="forum.papers_date",
        says="Heard although its papers came after the day they were due.",
        to_do="Check the dates; members need the form before the meeting.",
        needs=("forum.forum_date",),
        found=_papers_late,
    ),
    QueryRule(
        code="no_recommendation",
        column="forum.referral_id",
        says="Heard by the forum, and no recommendation is recorded.",
        to_do="Enter what the forum recommended.",
        needs=("forum_actions.referral_id",),
        found=_without_recommendation,
    ),
    QueryRule(
        code="action_status",
        column="forum_actions.status",
        says="The status does not agree with the due date.",
        to_do="Ask the owner, and record done, dropped, open or overdue.",
        needs=("forum_actions.due_date",),
        found=_status_disagrees,
    ),
    QueryRule(
        code="action_owner_missing",
        column="forum_actions.owner_role",
        says="The recommendation is not done, and nobody owns it.",
        to_do="Ask the chair who is to do it.",
        found=lambda of: _is_unfinished(of) & of["forum_actions"]["owner_role"].isna(),
    ),
    QueryRule(
        code="action_due_missing",
        column="forum_actions.due_date",
        says="The recommendation is not done, and has no due date.",
        to_do="Ask the chair by when it is to be done.",
        found=lambda of: _is_unfinished(of) & of["forum_actions"]["due_date"].isna(),
    ),
)
