"""The forum's pack: what its members read before a meeting, on one site's cases."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pandas as pd

from steps_analysis.errors import ArgumentError, refusal
from steps_analysis.evaluation.forum_reviews_section import reviews_section
from steps_analysis.evaluation.forum_waits_section import waits_section
from steps_analysis.evaluation.frame_table import frame_table
from steps_analysis.evaluation.internal_mark import (
    FORUM_MARK,
    day_in_words,
    internal_stamp,
)
from steps_analysis.evaluation.publication import check_place_names
from steps_analysis.pathway import ForumDiary
from steps_analysis.pathway.forum.agenda import AWAITED, HEARD, TAKEN
from steps_analysis.pathway.forum.recommendations import DUE, OPEN, OVERDUE
from steps_analysis.pathway.forum.site_meetings import ASKED, forum_of
from steps_analysis.protocol import Forum
from steps_analysis.reporting.blocks import Block, Callout, Items, Paragraph
from steps_analysis.reporting.document import Document, Section
from steps_analysis.reporting.words import listed, quantity
from steps_analysis.trial_data import TrialData

NEVER_LEAVES = (
    "This pack holds records of single children, under pseudonymous numbers, with "
    "their days. It is for the members of the forum and never leaves it: nothing in it "
    "may be published, or passed on to anyone else."
)

_TAKEN = (HEARD, TAKEN, AWAITED)
_OUTSTANDING = (OPEN, OVERDUE)
_SHOWN_AHEAD = 3


def forum_pack(trial: TrialData, diary: ForumDiary) -> Document:
    """
    Write the pack of one meeting of a site's forum.

    Parameters
    ----------
    trial
        The trial; a commissioner's tables are enough, and no arm is read.
    diary
        The diary of one site's forum, as `steps_analysis.pathway.forum_diary` keeps it.

    Returns
    -------
    Document
        An internal edition: the meeting, its agenda, the brief referral form of each
        case in coded fields alone, reviews due, recommendations outstanding, waits.

    Raises
    ------
    ArgumentError
        If the diary is of several sites.
    DisclosureError
        If synthetic data name a real place that the protocol does not document.

    Examples
    --------
    >>> from datetime import date
    >>> from steps_analysis.pathway import forum_diary
    >>> from steps_analysis.protocol import load_protocol
    >>> from steps_analysis.simulation import draw_trial
    >>> trial = draw_trial(load_protocol(), "null", n=40, seed=1)
    >>> diary = forum_diary(trial, site="Southwark", on=date(2014, 4, 1))
    >>> forum_pack(trial, diary).subtitle
    'Meeting of 14 April 2014'
    """
    check_place_names(trial)
    if len(diary.sites) != 1:
        rule = "be of one site: a pack never leaves its forum"
        raise ArgumentError(refusal("diary", rule, diary.sites))
    asked = diary.meetings[diary.meetings["state"] == ASKED].iloc[0]
    protocol = trial.protocol
    return Document(
        title=f"Forum pack: {diary.sites[0]}",
        subtitle=f"Meeting of {day_in_words(asked['meeting_date'])}",
        sections=tuple(_sections(trial, diary, asked)),
        stamp=internal_stamp(FORUM_MARK, trial),
        edition="internal",
        meta={
            "Trial": protocol.trial.short_name,
            "Asked on": day_in_words(pd.Timestamp(diary.on)),
            "Records complete to": day_in_words(trial.cutoff),
            "Protocol": f"version {protocol.digest[:12]}",
        },
    )


def _sections(
    trial: TrialData, diary: ForumDiary, asked: pd.Series[Any]
) -> Iterator[Section]:
    """Give the pack's sections in order."""
    yield _meeting(trial, diary, asked)
    yield _agenda(trial, diary)
    yield _cases(trial, diary)
    yield reviews_section(trial, diary)
    yield _outstanding(trial, diary)
    yield waits_section(trial, diary)


def _meeting(trial: TrialData, diary: ForumDiary, asked: pd.Series[Any]) -> Section:
    """Say when the forum meets, who comes, and what stands before it."""
    forum = forum_of(trial)
    days = diary.meetings["meeting_date"]
    later = list(days[days > asked["meeting_date"]])[:_SHOWN_AHEAD]
    shown = [asked["papers_due_date"], asked["meeting_date"], *later]
    entries = [
        f"Meeting: {day_in_words(asked['meeting_date'])}.",
        f"Papers due: {day_in_words(asked['papers_due_date'])}.",
        *_who(forum),
        f"Meetings after that: {listed([day_in_words(day) for day in later])}.",
        *_unlisted_holidays(forum, shown),
        *(f"Not shown, {part}: {why}." for part, why in diary.absent.items()),
    ]
    return Section(
        title="The meeting",
        slug="meeting",
        blocks=(
            Callout("note", NEVER_LEAVES),
            Paragraph(_in_a_sentence(diary)),
            Items(tuple(entries)),
        ),
    )


def _in_a_sentence(diary: ForumDiary) -> str:
    """Say how much stands before the meeting."""
    actions = diary.recommendations
    taken = diary.agenda["outcome"].isin(_TAKEN).sum()
    due = actions["review"].isin([DUE, OVERDUE]).sum()
    late = (actions["status"] == OVERDUE).sum()
    parts = [
        quantity(int(taken), "case", "cases"),
        quantity(int(due), "review due", "reviews due"),
        quantity(int(late), "recommendation overdue", "recommendations overdue"),
    ]
    return f"Before this meeting: {listed(parts)}."


def _who(forum: Forum) -> Iterator[str]:
    """Say who chairs, sits in and presents to the forum."""
    if forum.chair:
        yield f"Chair: {forum.chair}."
    if forum.members:
        yield f"Members: {listed(forum.members)}."
    if forum.presenters:
        yield f"Each case is presented by {listed(forum.presenters)}, together."
    if forum.capacity is not None:
        yield f"One meeting takes {quantity(forum.capacity, 'case', 'cases')} at most."


def _unlisted_holidays(forum: Forum, days: list[pd.Timestamp]) -> Iterator[str]:
    """Warn where the protocol lists no bank holidays for the year of a day shown."""
    known = {day.year for day in forum.bank_holidays}
    years = sorted({day.year for day in days} - known)
    if years:
        yield (
            f"The protocol lists no bank holidays for {listed(list(map(str, years)))}: "
            "check the days above against the calendar."
        )


def _agenda(trial: TrialData, diary: ForumDiary) -> Section:
    """List the cases the meeting hears, and those that must wait for the next."""
    agenda = diary.agenda
    wait = (agenda["meeting_date"] - agenda["referral_date"]).dt.days
    agenda = agenda.assign(wait_days=wait)
    is_taken = agenda["outcome"].isin(_TAKEN)
    headings = {
        "referral_id": "Referral",
        "referral_date": "Referred on",
        "wait_days": "Wait, in days",
        "is_first": "First time",
        "papers_date": "Papers came",
        "outcome": "State",
    }
    blocks: list[Block] = [
        Paragraph(
            "Cases stand in the order in which they were referred. A wait is counted "
            "from referral to this meeting."
        ),
        frame_table(
            agenda[is_taken],
            headings,
            name="agenda",
            caption="Cases on the agenda",
            protocol=trial.protocol,
            empty="No case is on the agenda.",
        ),
    ]
    if not is_taken.all():
        blocks.append(
            frame_table(
                agenda[~is_taken],
                {**headings, "moved_to": "Next meeting"},
                name="moved",
                caption="Cases that wait for the next meeting",
                protocol=trial.protocol,
                empty="No case waits for the next meeting.",
            )
        )
    return Section(title="Agenda", blocks=tuple(blocks))


def _cases(trial: TrialData, diary: ForumDiary) -> Section:
    """Give the brief referral form of each case: coded fields, and nothing else."""
    return Section(
        title="Brief referral forms",
        slug="cases",
        blocks=(
            Paragraph("What each form says, in coded fields only."),
            frame_table(
                diary.agenda[diary.agenda["outcome"].isin(_TAKEN)],
                {
                    "referral_id": "Referral",
                    "age_at_referral": "Age at referral, in years",
                    "concern": "Concern",
                    "question": "Question to the forum",
                    "co_worker_agency": "Agency that would co-work",
                    "open_to_agency": "Open to that agency",
                },
                name="cases",
                caption="Brief referral forms",
                protocol=trial.protocol,
                empty="No case is on the agenda.",
                notes=("An agency may co-work whether or not the case is open to it.",),
            ),
        ),
    )


def _outstanding(trial: TrialData, diary: ForumDiary) -> Section:
    """List the recommendations that are not done."""
    actions = diary.recommendations
    actions = actions[actions["status"].isin(_OUTSTANDING)]
    notes = []
    if (actions["status"] != actions["status_recorded"]).any():
        notes.append(
            "The status follows from the due date. Where the record says otherwise, or "
            "nothing, its owner is asked."
        )
    return Section(
        title="Recommendations outstanding",
        slug="recommendations",
        blocks=(
            frame_table(
                actions,
                {
                    "referral_id": "Referral",
                    "forum_date": "Heard on",
                    "recommendation": "Recommendation",
                    "owner_role": "Owner",
                    "due_date": "Due on",
                    "status": "Status",
                    "status_recorded": "On record",
                    "days_overdue": "Overdue, in days",
                },
                name="recommendations",
                caption="Recommendations that are not done",
                protocol=trial.protocol,
                empty="No recommendation is outstanding.",
                notes=tuple(notes),
                where_it_applies=("days_overdue",),
            ),
        ),
    )
