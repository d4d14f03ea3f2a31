"""The diary of the forum: its meetings, cases, recommendations, reviews and waits."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date

import pandas as pd

from steps_analysis.pathway.day_asked import day_asked
from steps_analysis.pathway.forum.agenda import agenda
from steps_analysis.pathway.forum.presentations import referrals_at
from steps_analysis.pathway.forum.recommendations import recommendations
from steps_analysis.pathway.forum.site_meetings import (
    SiteMeetings,
    forum_of,
    meeting_rows,
    site_meetings,
    sites_asked,
)
from steps_analysis.pathway.forum.waits import (
    forum_waits,
    wait_distribution,
    wait_summary,
    ways_taken,
)
from steps_analysis.trial_data import TrialData


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ForumDiary:
    """
    What the forums of some sites have done, and what their next meeting is to do.

    Attributes
    ----------
    sites
        The sites, in alphabetical order.
    on
        The day it is asked; a meeting on the day itself is still to come.
    meetings
        A row per meeting: ``site``, ``meeting_date``, ``papers_due_date``, ``cases``
        (heard, or booked), and ``state``: been, asked (the one the agenda is of) or to
        come.
    agenda
        A row per case that the meeting asked about hears, or might have: see
        `pathway.forum.agenda`.
    recommendations
        A row per recommendation made, with its status on the day and its review.
    waits
        A row per case heard or booked: ``wait_days`` from referral to the forum, or
        until the day.
    wait_summary, wait_distribution
        The waits of each site: their number, median and ends, and how many by band.
    ways
        Referrals since each site's forum began, by the way they took: to the forum, to
        the trial, both or neither.
    absent
        What cannot be told, with the reason.

    Notes
    -----
    It holds cases of single children, and is for the members of the forum alone.
    """

    sites: tuple[str, ...]
    on: date
    meetings: pd.DataFrame = field(repr=False)
    agenda: pd.DataFrame = field(repr=False)
    recommendations: pd.DataFrame = field(repr=False)
    waits: pd.DataFrame = field(repr=False)
    wait_summary: pd.DataFrame = field(repr=False)
    wait_distribution: pd.DataFrame = field(repr=False)
    ways: pd.DataFrame = field(repr=False)
    absent: Mapping[str, str] = field(default_factory=dict)


def forum_diary(
    trial: TrialData,
    *,
    site: str | None = None,
    meeting: date | None = None,
    on: date | None = None,
) -> ForumDiary:
    """
    Keep the diary of the forum: of one site, or of every site that has one.

    Parameters
    ----------
    trial
        The trial; needs ``sites`` and ``referrals``. Without ``forum`` or
        ``forum_actions`` the diary says so, and holds the rest. No arm is read: any
        role that may open these tables will do.
    site
        The site; None for all that have a forum.
    meeting
        The meeting that the agenda is of; None for each site's next.
    on
        The day this is asked; None for the extract date.

    Returns
    -------
    ForumDiary
        The diary.

    Raises
    ------
    ArgumentError
        If the site has no forum, the forum does not meet on that day, or the day this
        is asked lies after the extract date.
    ProtocolError
        If the protocol does not say how a forum works.
    DataError
        If ``sites`` or ``referrals`` is absent or closed to the role, or no site has a
        forum.

    Notes
    -----
    What was recorded after the day asked is left out, so that a past meeting can be
    prepared again; but the records keep no history, so a case booked anew or an action
    closed since then stands as it is now.

    Examples
    --------
    >>> from steps_analysis.protocol import load_protocol
    >>> from steps_analysis.simulation import draw_trial
    >>> trial = draw_trial(load_protocol(), "null", n=40, seed=1)
    >>> diary = forum_diary(trial, site="Southwark", on=date(2014, 4, 1))
    >>> asked = diary.meetings.loc[diary.meetings["state"] == "asked", "meeting_date"]
    >>> asked.dt.date.tolist()
    [datetime.date(2014, 4, 14)]
    """
    forum, day = forum_of(trial), day_asked(trial, on)
    sites = sites_asked(trial, site)
    met = [site_meetings(trial, name, meeting, day) for name in sites]
    waits = forum_waits(pd.concat([one.cases for one in met]), day)
    return ForumDiary(
        sites=sites,
        on=day.date(),
        meetings=_stacked(meeting_rows(one, forum, day) for one in met),
        agenda=_stacked(agenda(one, forum, day) for one in met),
        recommendations=recommendations(
            trial, day, {one.site: pd.Timestamp(one.asked) for one in met}
        ),
        waits=waits,
        wait_summary=wait_summary(waits, sites),
        wait_distribution=wait_distribution(waits, sites),
        ways=_stacked(_ways(trial, one, day) for one in met),
        absent=_absent(trial),
    )


def _stacked(frames: Iterable[pd.DataFrame]) -> pd.DataFrame:
    """Put the rows of several sites below one another."""
    return pd.concat(list(frames), ignore_index=True)


def _ways(trial: TrialData, one: SiteMeetings, on: pd.Timestamp) -> pd.DataFrame:
    """Count the referrals of a site since its forum began by the way they took."""
    referrals = referrals_at(trial, (one.site,), on)
    since = referrals[referrals["referral_date"] >= one.start].reset_index(drop=True)
    screening = trial.screening
    if screening is None:
        return ways_taken(since, one.cases, None)
    screened = screening.loc[screening["screened_date"] <= on, "referral_id"]
    return ways_taken(since, one.cases, screened)


def _absent(trial: TrialData) -> dict[str, str]:
    """Say what cannot be told because it is not recorded."""
    found = {}
    if trial.forum is None:
        found["cases"] = "forum.csv is absent"
    elif "papers_date" not in trial.forum:
        found["papers"] = "forum.csv has no papers_date: all count as in time"
    if trial.forum_actions is None:
        found["recommendations"] = "forum_actions.csv is absent"
    if trial.screening is None:
        found["ways to the trial"] = "screening.csv is absent"
    return found
