"""Which referrals does a monthly forum discuss, and what does it recommend?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from steps_analysis.pathway.forum.meetings import meeting_dates, papers_due_dates
from steps_analysis.protocol import Forum
from steps_analysis.simulation.choices import (
    UNKNOWN,
    AnswerArray,
    BoolArray,
    DateArray,
    IntArray,
    TextArray,
    answer,
    days_later,
    pick_code,
)
from steps_analysis.simulation.world import World

_CONCERNS = (("low", 0.2), ("medium", 0.5), ("high", 0.3))
_QUESTIONS = (
    ("trial_suitability", 0.4),
    ("assessment", 0.2),
    ("safety_planning", 0.15),
    ("co_working", 0.15),
    ("review", 0.1),
)
_AGENCIES = (("camhs", 0.4), ("youth_offending", 0.35), ("social_care", 0.25))
_OTHER_ACTIONS = (
    ("aim", 0.6),
    ("professional_consultation", 0.2),
    ("safety_plan_review", 0.2),
)
_OWNERS = (
    ("social_care", 0.45),
    ("camhs", 0.25),
    ("youth_offending", 0.2),
    ("early_help", 0.1),
)
_FATES = (("done", 0.85), ("overdue", 0.1), ("dropped", 0.05))


@dataclass(frozen=True, slots=True, kw_only=True)
class ForumDraw:
    """
    Presentations at a forum with one recommendation each, in order of referral.

    Attributes
    ----------
    referral
        Position of the referral, shape (f,).
    papers, met, due, review, reviewed
        Dates; NaT where the review has not been, shape (f,).
    concern, question, co_worker, recommendation, owner, status
        Codes; no co-worker is None, shape (f,).
    is_open
        Whether the case is open to the co-worker's agency; -1 without one, shape (f,).
    """

    referral: IntArray
    papers: DateArray
    met: DateArray
    concern: TextArray
    question: TextArray
    co_worker: TextArray
    is_open: AnswerArray
    recommendation: TextArray
    owner: TextArray
    due: DateArray
    status: TextArray
    review: DateArray
    reviewed: DateArray


def draw_forum(
    rng: np.random.Generator,
    date: DateArray,
    at_forum: BoolArray,
    is_screened: BoolArray,
    extract: np.datetime64,
    *,
    forum: Forum,
    world: World,
) -> ForumDraw:
    """
    Draw which referrals a forum discusses, when, and what it recommends.

    A referral made after the day that papers are due, or whose papers are late, is
    discussed a month later.

    Parameters
    ----------
    rng
        Where the numbers come from.
    date
        Days of the referrals, shape (r,).
    at_forum
        Whether a forum meets at the referral's site by then, shape (r,).
    is_screened
        Whether the referral is screened for the trial, shape (r,).
    extract
        The extract date; what comes after it is not in the data.
    forum
        How the forum works.
    world
        The world's constants.

    Returns
    -------
    ForumDraw
        One entry per presentation.
    """
    r = len(date)
    taken = at_forum & (rng.random(r) < world.forum_share)
    late = rng.random(r) < world.late_papers_share
    met = _next_meeting(date, late, forum)
    days = np.floor(rng.random((3, r)) * np.array([3.0, 28.0, 14.0])[:, None])
    due_by = papers_due_dates(met, forum)
    papers = np.maximum(days_later(due_by, -days[0]), date)
    other = pick_code(rng, _OTHER_ACTIONS, r)
    due = days_later(met, 14 + days[1])
    review = meeting_dates(met.astype("M8[M]") + 2, forum)
    status, reviewed = _fate(rng, due, review, extract)
    co_worker, alone = _co_workers(rng, r, world)
    rows = np.flatnonzero(taken & (met <= extract))
    drawn = {
        "papers": papers,
        "met": met,
        "concern": pick_code(rng, _CONCERNS, r),
        "question": pick_code(rng, _QUESTIONS, r),
        "co_worker": co_worker,
        "is_open": np.where(alone, UNKNOWN, answer(rng, 0.5, 0.0, r)).astype(np.int8),
        "recommendation": np.where(is_screened, "trial_referral", other).astype(object),
        "owner": pick_code(rng, _OWNERS, r),
        "due": due,
        "status": status,
        "review": review,
        "reviewed": reviewed,
    }
    return ForumDraw(
        referral=rows, **{name: part[rows] for name, part in drawn.items()}
    )


def _co_workers(
    rng: np.random.Generator, n: int, world: World
) -> tuple[TextArray, BoolArray]:
    """Draw which agency is to co-work, and for whom none is."""
    agency = pick_code(rng, _AGENCIES, n)
    alone = rng.random(n) >= world.co_working_share
    agency[alone] = None
    return agency, alone


def _next_meeting(date: DateArray, late: BoolArray, forum: Forum) -> DateArray:
    """Give the first meeting whose papers can still be sent; a month later if late."""
    month = date.astype("M8[M]")
    due_by = papers_due_dates(meeting_dates(month, forum), forum)
    missed = ((date > due_by).astype(np.int64) + late).astype("m8[M]")
    return meeting_dates(month + missed, forum)


def _fate(
    rng: np.random.Generator, due: DateArray, review: DateArray, extract: np.datetime64
) -> tuple[TextArray, DateArray]:
    """Draw how far actions are on the extract date, and when they were reviewed."""
    status = pick_code(rng, _FATES, len(due))
    status[due >= extract] = "open"
    is_reviewed = (status == "done") & (review <= extract)
    return status, np.where(is_reviewed, review, np.datetime64("NaT", "D"))
