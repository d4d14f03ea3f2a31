"""How a forum works: when it meets, when papers are due, who sits in it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True, kw_only=True)
class Forum:
    """
    How the monthly forum of a site works.

    Attributes
    ----------
    meeting_day
        The day of the month it meets on, or the next working day after it.
    papers_working_days
        How many working days before a meeting its papers are due.
    capacity
        Cases presented that one meeting can take; None where that is not limited.
        Reviews of what it recommended before come besides.
    chair
        Who chairs it.
    members
        The services that sit in it.
    presenters
        Who presents a case, all of them together.
    bank_holidays
        Public holidays on which nobody works, in order; weekends are not listed.

    Notes
    -----
    A forum is no gate: a case may be referred to the trial whether or not a forum has
    discussed it.
    """

    meeting_day: int = 14
    papers_working_days: int = 5
    capacity: int | None = None
    chair: str = ""
    members: tuple[str, ...] = ()
    presenters: tuple[str, ...] = ()
    bank_holidays: tuple[date, ...] = ()
