"""The meetings of one site's forum, and the one that is asked about."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

import numpy as np
import pandas as pd

from steps_analysis.errors import (
    ArgumentError,
    DataError,
    ProtocolError,
    did_you_mean,
    refusal,
)
from steps_analysis.pathway.forum.meetings import (
    DateArray,
    meeting_dates,
    papers_due_dates,
)
from steps_analysis.pathway.forum.presentations import presentations
from steps_analysis.pathway.full_tables import full_or_empty, full_table
from steps_analysis.protocol import Forum
from steps_analysis.trial_data import TrialData

MONTHS_AHEAD = 6
_PLAUSIBLE = pd.DateOffset(years=2)  # a booking beyond is a slip, and plans nothing
BEEN, ASKED, TO_COME = "been", "asked", "to come"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SiteMeetings:
    """
    The meetings of one site's forum.

    Attributes
    ----------
    site
        The site.
    start
        When its forum began.
    cases
        Its presentations, as `presentations` gives them.
    days
        The days of its meetings, in order, some months ahead.
    asked
        The meeting that is asked about.
    """

    site: str
    start: pd.Timestamp
    cases: pd.DataFrame = field(repr=False)
    days: DateArray = field(repr=False)
    asked: np.datetime64


def forum_of(trial: TrialData) -> Forum:
    """
    Give the protocol's word on how a forum works.

    Parameters
    ----------
    trial
        The trial.

    Returns
    -------
    Forum
        How it works.

    Raises
    ------
    ProtocolError
        If the protocol has no such part.
    """
    if trial.protocol.forum is None:
        rule = "say how a forum works before its diary is kept"
        raise ProtocolError(refusal("forum", rule, None))
    return trial.protocol.forum


def sites_with_forum(trial: TrialData) -> tuple[str, ...]:
    """
    List the sites that have a forum.

    Parameters
    ----------
    trial
        The trial; needs ``sites`` and ``referrals``.

    Returns
    -------
    tuple of str
        In alphabetical order: those with a ``forum_start_date``, or with a case in
        ``forum.csv``.
    """
    sites = full_table(trial, "sites")
    started = sites.loc[sites["forum_start_date"].notna(), "site"]
    at_forum = full_or_empty(trial, "forum")["referral_id"]
    referrals = full_table(trial, "referrals")
    recorded = referrals.loc[referrals["referral_id"].isin(at_forum), "site"]
    return tuple(sorted({*started, *recorded}))


def sites_asked(trial: TrialData, site: str | None) -> tuple[str, ...]:
    """
    Choose the sites whose forum is asked about.

    Parameters
    ----------
    trial
        The trial; needs ``sites`` and ``referrals``.
    site
        One site; None for all that have a forum.

    Returns
    -------
    tuple of str
        The sites, in alphabetical order.

    Raises
    ------
    ArgumentError
        If the site asked about has no forum.
    DataError
        If no site has one.
    """
    found = sites_with_forum(trial)
    if not found:
        rule = "be given for a site before its forum's diary is kept"
        raise DataError(refusal("sites.forum_start_date", rule, None))
    if site is not None and site not in found:
        rule = f"be a site with a forum: one of {', '.join(found)}"
        is_known = site in trial.protocol.sites.names  # a true name is no slip
        hint = None if is_known else did_you_mean(site, found)
        raise ArgumentError(refusal("site", rule, site, hint=hint))
    return found if site is None else (site,)


def site_meetings(
    trial: TrialData, site: str, meeting: date | None, on: pd.Timestamp
) -> SiteMeetings:
    """
    Find the meetings of one site's forum, and the one asked about.

    Parameters
    ----------
    trial
        The trial; its protocol says how a forum works.
    site
        The site.
    meeting
        The meeting asked about; None for the next.
    on
        The day this is asked; a meeting on the day itself is still to come.

    Returns
    -------
    SiteMeetings
        The meetings.

    Raises
    ------
    ArgumentError
        If the forum does not meet on the day asked about.
    """
    forum = forum_of(trial)
    cases = presentations(trial, (site,), on)
    sites = full_table(trial, "sites")
    opened = sites.loc[sites["site"] == site, "forum_start_date"]
    known = pd.concat([opened, cases["forum_date"]]).dropna()
    start = known.min() if len(known) else on
    booked = cases["forum_date"][cases["forum_date"] < on + _PLAUSIBLE]
    last = pd.concat([pd.Series([on, start]), booked]).max()
    ahead = last + pd.DateOffset(months=MONTHS_AHEAD)
    days = _days(cases, forum, start, ahead)
    return SiteMeetings(
        site=site, start=start, cases=cases, days=days, asked=_asked(days, meeting, on)
    )


def _days(
    cases: pd.DataFrame, forum: Forum, start: pd.Timestamp, until: pd.Timestamp
) -> DateArray:
    """List the recorded meetings, and the planned ones in months without any."""
    months = np.arange(start.to_datetime64(), until.to_datetime64(), dtype="M8[M]")
    planned = meeting_dates(months, forum)
    recorded = np.unique(cases["forum_date"].to_numpy().astype("M8[D]"))
    moved = np.setdiff1d(recorded, planned).astype("M8[M]")
    stands = ~np.isin(months, moved) & (planned >= start.to_datetime64())
    return np.union1d(planned[stands], recorded)


def _asked(days: DateArray, meeting: date | None, on: pd.Timestamp) -> np.datetime64:
    """Choose the meeting asked about, by default the next; refuse any other day."""
    following = days[days >= on.to_datetime64()][0]
    if meeting is None:
        return np.datetime64(following)
    # The last day is no meeting to ask about: a case it cannot take has no next one.
    if np.datetime64(meeting, "D") not in days[:-1]:
        rule = f"be a day on which the forum meets, from {days[0]} to {days[-2]}"
        hint = f"the next meeting is on {following}"
        raise ArgumentError(refusal("meeting", rule, str(meeting), hint=hint))
    return np.datetime64(meeting, "D")


def meeting_rows(one: SiteMeetings, forum: Forum, on: pd.Timestamp) -> pd.DataFrame:
    """
    Give a site's meetings as rows.

    Parameters
    ----------
    one
        The site's meetings.
    forum
        How the forum works.
    on
        The day this is asked.

    Returns
    -------
    pandas.DataFrame
        Columns ``site``, ``meeting_date``, ``papers_due_date``, ``cases`` (heard, or
        booked) and ``state``: been, asked or to come.
    """
    per_day = one.cases.groupby("forum_date").size()
    dates = pd.DatetimeIndex(one.days.astype("M8[ns]"))
    state = np.where(one.days < on.to_datetime64(), BEEN, TO_COME).astype(object)
    state[one.days == one.asked] = ASKED
    return pd.DataFrame(
        {
            "site": one.site,
            "meeting_date": dates,
            "papers_due_date": papers_due_dates(one.days, forum).astype("M8[ns]"),
            "cases": per_day.reindex(dates, fill_value=0).to_numpy(int),
            "state": state,
        }
    )
