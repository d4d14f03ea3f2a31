"""When a forum meets, and when the papers for a meeting are due."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from steps_analysis.protocol import Forum

DateArray: TypeAlias = npt.NDArray[np.datetime64]


def meeting_dates(months: npt.ArrayLike, forum: Forum) -> DateArray:
    """
    Give the day a forum meets in each of some months.

    Parameters
    ----------
    months
        Any days of the months, as dates.
    forum
        How the forum works.

    Returns
    -------
    numpy.ndarray
        The forum's day of the month, or the next working day; ``datetime64[D]``.

    Examples
    --------
    The 14th of June 2014 was a Saturday; the 14th of April 2017 was Good Friday, and
    the Monday after it a holiday too.

    >>> from steps_analysis.protocol import load_protocol
    >>> meeting_dates(["2014-06-01", "2017-04-01"], load_protocol().forum).tolist()
    [datetime.date(2014, 6, 16), datetime.date(2017, 4, 18)]
    """
    first = np.asarray(months, dtype="M8[M]").astype("M8[D]")
    return _working_day(first + (forum.meeting_day - 1), 0, forum)


def papers_due_dates(meetings: npt.ArrayLike, forum: Forum) -> DateArray:
    """
    Give the day the papers for each of some meetings are due.

    Parameters
    ----------
    meetings
        The days of the meetings.
    forum
        How the forum works.

    Returns
    -------
    numpy.ndarray
        So many working days before, the meeting's own day not counted;
        ``datetime64[D]``.

    Examples
    --------
    Easter stands between the papers and the meeting of 22 April 2014: of the days
    before it, Easter Monday and Good Friday do not count.

    >>> from steps_analysis.protocol import load_protocol
    >>> papers_due_dates(["2014-04-22"], load_protocol().forum).tolist()
    [datetime.date(2014, 4, 11)]
    """
    days = np.asarray(meetings, dtype="M8[D]")
    due = _working_day(days, -forum.papers_working_days, forum)
    noticed: DateArray = np.minimum(
        due, days
    )  # no day's notice, and a meeting on a holiday
    return noticed


def _working_day(days: DateArray, offset: int, forum: Forum) -> DateArray:
    """Move from days, or the next working days, by so many working days."""
    holidays = np.array(forum.bank_holidays, dtype="M8[D]")
    return np.asarray(np.busday_offset(days, offset, roll="forward", holidays=holidays))
