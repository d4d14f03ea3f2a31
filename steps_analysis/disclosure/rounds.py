"""Is a pattern safe from everyone it should be, and what does it break if not?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import NamedTuple

import numpy as np

from steps_analysis.disclosure.attackers import Attacker, attackers_of
from steps_analysis.disclosure.clock import Clock
from steps_analysis.disclosure.cuts import Cut, Slack, capacity_cut, slack_for, slack_of
from steps_analysis.disclosure.page import Page
from steps_analysis.disclosure.programs import GREATEST, LEAST, Extreme, Program
from steps_analysis.disclosure.system import System, beneath, system_of, tighten
from steps_analysis.disclosure.witnesses import met_by_walking
from steps_analysis.estimates import BoolArray, FloatArray

MOST_CUTS = 150
"""A round ends when it has found so many conditions that a pattern breaks."""

_MOST_TABLES = 1000
_WORTH_A_WALK = 1000
_TINY = 1e-6


class Goal(NamedTuple):
    """
    What a primary quantity must be able to reach for one attacker.

    Attributes
    ----------
    quantity
        Its number.
    direction
        `GREATEST` or `LEAST`: which way it is pushed.
    end
        The end of the hidden range on that side.
    """

    quantity: int
    direction: int
    end: int

    def short(self, reached: float) -> float:
        """
        Tell how far from the end a quantity stops.

        Parameters
        ----------
        reached
            Where it stops.

        Returns
        -------
        float
            Above 0 if it does not get there.
        """
        return self.direction * (reached - self.end)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Contest:
    """
    A release whose patterns are attacked, one after another.

    Attributes
    ----------
    page
        The release, with nothing hidden yet.
    slack
        How far each quantity may stray for an outsider.
    program
        The attackers' linear programs, kept open from pattern to pattern.
    tables
        Vertices found on the way: tables, perhaps in fractions, that add up.
    """

    page: Page
    slack: Slack = field(repr=False)
    program: Program = field(repr=False)
    tables: list[FloatArray] = field(default_factory=list, repr=False)

    def remember(self, table: FloatArray) -> None:
        """
        Keep a table that adds up: it may fit later patterns too.

        Parameters
        ----------
        table
            One value per quantity, shape (n,).
        """
        if len(self.tables) >= _MOST_TABLES:
            del self.tables[: _MOST_TABLES // 2]
        self.tables.append(table)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Pattern:
    """
    One choice of hidden quantities, as it looks from outside.

    Attributes
    ----------
    chosen
        Which are hidden for their own sake, shape (n,).
    loose
        Which may be 0, being hidden beneath a hidden total, shape (n,).
    system
        What an outsider reads off the page.
    attackers
        Everyone it should be safe from.
    """

    chosen: BoolArray = field(repr=False)
    loose: BoolArray = field(repr=False)
    system: System = field(repr=False)
    attackers: tuple[Attacker, ...]


def contest_of(page: Page) -> Contest:
    """
    Open the programs of everyone who may attack a release.

    Parameters
    ----------
    page
        The release, with nothing hidden yet.

    Returns
    -------
    Contest
        With limits as wide as the widest pattern leaves them.
    """
    slack = slack_of(page)
    widest = pattern_of(page, slack.can_hide).system
    return Contest(page=page, slack=slack, program=Program(widest))


def with_zeros(page: Page, chosen: BoolArray) -> BoolArray:
    """
    Hide the zeros beneath hidden totals with them.

    Parameters
    ----------
    page
        The release.
    chosen
        Which quantities are hidden for their own sake, shape (n,).

    Returns
    -------
    numpy.ndarray
        Which quantities carry the marker, shape (n,).
    """
    zero = (page.structure.value == 0) & ~page.reading.is_public & ~page.withheld
    hidden: BoolArray = chosen | (zero & beneath(page.structure, chosen))
    return hidden


def pattern_of(page: Page, chosen: BoolArray) -> Pattern:
    """
    Look at a choice of hidden quantities from outside.

    Parameters
    ----------
    page
        The release.
    chosen
        Which quantities are hidden for their own sake, shape (n,).

    Returns
    -------
    Pattern
        What is known of every quantity, and who attacks.
    """
    hidden = with_zeros(page, chosen)
    system = system_of(
        page.structure,
        page.reading,
        hidden,
        withheld=page.withheld,
        hides_zeros=True,
    )
    return Pattern(
        chosen=chosen,
        loose=hidden & beneath(page.structure, chosen),
        system=system,
        attackers=attackers_of(replace(page, hidden=hidden)),
    )


def broken(contest: Contest, chosen: BoolArray, clock: Clock) -> list[Cut]:
    """
    List conditions that a pattern breaks, as far as linear programs tell.

    Parameters
    ----------
    contest
        The release and the programs.
    chosen
        Which quantities are hidden for their own sake, shape (n,).
    clock
        When to give up.

    Returns
    -------
    list of Cut
        None if every end of the hidden range can be reached, in fractions, for every
        judged quantity and every attacker.

    Raises
    ------
    TimeoutError
        If the time ran out.

    Notes
    -----
    Quantities whose limits are too narrow already when every row is used by itself
    (the shuttle) come first. Only a pattern that passes this is attacked in full, one
    attacker after another.
    """
    pattern = pattern_of(contest.page, chosen)
    found: list[Cut] = []
    for one in pattern.attackers:
        flagged = _flagged(contest.page, one, pattern.system)
        found += _cuts(contest, pattern, one, flagged, clock)
    for one in pattern.attackers if not found else ():
        found += _cuts(contest, pattern, one, goals_of(contest.page, one), clock)
        if found:
            break
    left = [cut for cut in found if not cut.is_met(chosen, pattern.loose)]
    return left if left or not found else [any_more(contest.slack, chosen)]


def any_more(slack: Slack, chosen: BoolArray) -> Cut:
    """
    Demand one figure beyond a pattern that is unsafe.

    Parameters
    ----------
    slack
        Who may be hidden.
    chosen
        The unsafe pattern, shape (n,): none of its parts is safe either.

    Returns
    -------
    Cut
        At least one quantity outside it is hidden.
    """
    others = np.flatnonzero(slack.can_hide & ~chosen)
    ones = np.ones(len(others))
    return Cut(quantities=others, hide=ones, loosen=0 * ones, need=1.0)


def goals_of(page: Page, attacker: Attacker) -> list[Goal]:
    """
    List everything that must be reachable for one attacker.

    Parameters
    ----------
    page
        The release.
    attacker
        Whom it should be safe from.

    Returns
    -------
    list of Goal
        Two for each quantity judged.
    """
    counts = page.profile.hidden_range
    ends = (GREATEST, counts[-1]), (LEAST, counts[0])
    return [Goal(quantity, *end) for quantity in attacker.judged for end in ends]


def unreached(
    contest: Contest,
    pattern: Pattern,
    attacker: Attacker,
    goals: Sequence[Goal],
    clock: Clock,
) -> Iterator[tuple[Goal, Extreme]]:
    """
    Push quantities towards the ends they must reach; report where they stop short.

    Parameters
    ----------
    contest
        The release and the programs.
    pattern
        What is hidden.
    attacker
        Who attacks.
    goals
        What must be reached.
    clock
        When to give up.

    Yields
    ------
    tuple
        A goal that cannot be reached, and the extreme in its place.

    Raises
    ------
    TimeoutError
        If the time ran out.

    Notes
    -----
    Every table met on the way is remembered, and those of earlier patterns that fit
    this one count as well; in large releases a walk among whole tables comes first. So
    most programs need not be solved.
    """
    informed = attacker.informed(pattern.system)
    least, most = _seen(contest, informed)
    if len(goals) >= _WORTH_A_WALK:
        value, counts = contest.page.structure.value, contest.page.profile.hidden_range
        met = met_by_walking(informed, value, attacker.judged, counts)
        least, most = np.minimum(least, met[0]), np.maximum(most, met[1])
    contest.program.limits(informed.lower, informed.upper)
    for goal in goals:
        seen = most if goal.direction == GREATEST else least
        if goal.short(seen[goal.quantity]) <= _TINY:
            continue
        clock.check()
        extreme = contest.program.extreme(goal.quantity, goal.direction)
        assert extreme is not None, "the true table fits"
        contest.remember(extreme.point)
        np.minimum(least, extreme.point, out=least)
        np.maximum(most, extreme.point, out=most)
        if goal.short(extreme.value) > _TINY:
            yield goal, extreme


def _seen(contest: Contest, system: System) -> tuple[FloatArray, FloatArray]:
    """Find the least and greatest of each quantity in the truth and known tables."""
    value = contest.page.structure.value.astype(np.float64)
    tables = np.array(contest.tables).reshape(-1, len(value))
    above = np.all(tables >= system.lower - _TINY, axis=1)
    fits = above & np.all(tables <= system.upper + _TINY, axis=1)
    tables = np.vstack([value, tables[fits]])
    return tables.min(axis=0), tables.max(axis=0)


def _flagged(page: Page, attacker: Attacker, system: System) -> list[Goal]:
    """List the goals that single rows already put out of reach, the farthest first."""
    tight = tighten(attacker.informed(system))
    limits = {GREATEST: tight.upper, LEAST: tight.lower}
    short = [
        (goal.short(limits[goal.direction][goal.quantity]), goal)
        for goal in goals_of(page, attacker)
    ]
    return [goal for far, goal in sorted(short, reverse=True) if far > 0]


def _cuts(
    contest: Contest,
    pattern: Pattern,
    attacker: Attacker,
    goals: list[Goal],
    clock: Clock,
) -> list[Cut]:
    """Turn the goals that cannot be reached into conditions."""
    if not goals:
        return []
    slack = slack_for(contest.slack, attacker)
    value = contest.page.structure.value
    everything = np.arange(len(value))
    found = unreached(contest, pattern, attacker, goals, clock)
    cuts = []
    for goal, extreme in islice(found, MOST_CUTS):
        need = float(abs(goal.end - value[goal.quantity]))
        cut = capacity_cut(slack, everything, extreme.prices, need)
        cuts.append(cut or any_more(slack, pattern.chosen))
    return cuts
