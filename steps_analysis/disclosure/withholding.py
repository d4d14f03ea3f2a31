"""Which table is withheld where nothing is safe, and why?"""

from __future__ import annotations

from collections.abc import Collection, Mapping

import numpy as np

from steps_analysis.disclosure.clock import Clock
from steps_analysis.disclosure.page import Page
from steps_analysis.disclosure.profiles import Profile
from steps_analysis.disclosure.release import Release
from steps_analysis.disclosure.rounds import Contest, goals_of, pattern_of, unreached
from steps_analysis.disclosure.tables import Table
from steps_analysis.errors import DisclosureError, refusal
from steps_analysis.estimates import BoolArray

TOO_LATE = "no pattern of hidden figures was found safe in the time allowed"
"""Why a table is withheld when a deadline passes."""

NOTHING_LEFT = "every figure of it would have to be hidden"
"""Why a table of which all is hidden is said to be withheld."""


def left_in(release: Release, withheld: Collection[str]) -> list[Table]:
    """
    List the tables that may still be withheld.

    Parameters
    ----------
    release
        The release.
    withheld
        Names of those that are withheld already.

    Returns
    -------
    list of Table
        Those that are published, and not public exactly as they are.
    """
    return [
        table
        for table in release.tables
        if table.is_published and not table.exact and table.name not in withheld
    ]


def to_withhold(
    release: Release, contest: Contest, withheld: Collection[str], clock: Clock
) -> str:
    """
    Choose the table to withhold where no pattern is safe.

    Parameters
    ----------
    release
        The release.
    contest
        Its page and programs.
    withheld
        Names of tables that are withheld already.
    clock
        When to give up.

    Returns
    -------
    str
        The finest table (the one with most cells) that holds a small count which stays
        unsafe even if everything that can be hidden is.

    Raises
    ------
    TimeoutError
        If the time ran out.
    DisclosureError
        If nothing is left to withhold: what is public already discloses by itself.
    """
    doomed = _doomed(contest, clock)
    cells = {cell for q in doomed for cell in contest.page.structure.cells[q]}
    names = {cell.table for cell in cells}
    left = left_in(release, withheld)
    if not left:
        rule = "not add up with what is public already so that small counts come out"
        raise DisclosureError(refusal("release", rule, "one that cannot be mended"))
    hit = [table for table in left if table.name in names] or left
    return max(hit, key=lambda table: len(table.rows) * len(table.columns)).name


def _doomed(contest: Contest, clock: Clock) -> set[int]:
    """List the primary quantities that no pattern keeps safe."""
    everything = contest.slack.can_hide
    pattern = pattern_of(contest.page, everything)
    found: set[int] = set()
    for one in pattern.attackers:
        goals = goals_of(contest.page, one)
        short = unreached(contest, pattern, one, goals, clock)
        found |= {goal.quantity for goal, _ in short}
    return found


def reason_for(profile: Profile) -> str:
    """
    Say why a table is withheld where no pattern is safe.

    Parameters
    ----------
    profile
        The rule.

    Returns
    -------
    str
        A clause that fits after "because".

    Examples
    --------
    >>> from steps_analysis.disclosure import dfe_cin
    >>> reason_for(dfe_cin)[:53]
    'no pattern of hidden figures keeps every value from 1'
    """
    first, last = profile.hidden_range[0], profile.hidden_range[-1]
    who = {
        "site": " for the staff of an area, who know its own figures,",
        "family": " for a family, which knows of its own count,",
    }
    besides = "".join(who[name] for name in profile.attackers if name in who)
    return (
        f"no pattern of hidden figures keeps every value from {first} to {last} "
        f"possible{besides} beside the figures that are public already"
    )


def all_hidden(
    release: Release, page: Page, hidden: BoolArray, withheld: Mapping[str, str]
) -> dict[str, str]:
    """
    Name the tables of which nothing would be left.

    Parameters
    ----------
    release
        The release.
    page
        Its layout.
    hidden
        Which quantities carry the marker, shape (n,).
    withheld
        Tables that are withheld already.

    Returns
    -------
    dict
        Name of the table to the reason.
    """
    number = page.structure.number
    return {
        table.name: NOTHING_LEFT
        for table in left_in(release, withheld)
        if np.all(hidden[[number[cell] for cell in table.cells()]])
    }
