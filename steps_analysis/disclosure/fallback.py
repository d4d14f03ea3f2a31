"""Which pattern is safe when there is no time for the best one?"""

from __future__ import annotations

import numpy as np

from steps_analysis.disclosure.attackers import Attacker
from steps_analysis.disclosure.clock import Clock
from steps_analysis.disclosure.cuts import Slack, slack_for
from steps_analysis.disclosure.detours import Detours
from steps_analysis.disclosure.page import Page
from steps_analysis.disclosure.rounds import (
    Contest,
    Goal,
    Pattern,
    goals_of,
    pattern_of,
    unreached,
)
from steps_analysis.disclosure.search import Check
from steps_analysis.estimates import BoolArray, FloatArray

_NEARLY_FREE = 1e-3
_TINY = 1e-6


def in_a_hurry(
    contest: Contest,
    chosen: BoolArray,
    cost: FloatArray,
    clock: Clock,
    last_check: Check,
) -> BoolArray | None:
    """
    Make a pattern safe, then show again what need not be hidden.

    Parameters
    ----------
    contest
        The release and the programs.
    chosen
        A pattern that need not be safe, shape (n,).
    cost
        What hiding each quantity costs, shape (n,).
    clock
        When to be ready.
    last_check
        What a pattern must pass that linear programs find safe.

    Returns
    -------
    numpy.ndarray or None
        A safe pattern, not always the best, shape (n,); None where none is safe.

    Raises
    ------
    TimeoutError
        If the time ran out before a pattern was safe.
    """
    safe = repaired(contest, chosen, cost, clock)
    while safe is not None and (cuts := last_check(safe, clock)):
        for cut in cuts:
            if not len(cut.quantities):
                return None
            safe[cut.quantities[np.argmin(cost[cut.quantities])]] = True
    if safe is None:
        return None
    return trimmed(contest, safe, cost, clock, last_check)


def repaired(
    contest: Contest, chosen: BoolArray, cost: FloatArray, clock: Clock
) -> BoolArray | None:
    """
    Hide more, one leak after another, until a pattern is safe.

    Parameters
    ----------
    contest
        The release and the programs.
    chosen
        A pattern that need not be safe, shape (n,).
    cost
        What hiding each quantity costs, shape (n,).
    clock
        When to give up.

    Returns
    -------
    numpy.ndarray or None
        A pattern that holds `chosen` and that linear programs find safe for every
        attacker; None where none is.

    Raises
    ------
    TimeoutError
        If the time ran out.

    Notes
    -----
    For each end that cannot be reached the cheapest detour is found along which the
    quantity does reach it, and everything on it is hidden [1]_. Patterns only grow, so
    this ends; the full attack is then repeated until it finds nothing.

    References
    ----------
    .. [1] Kelly, J. P., Golden, B. L. and Assad, A. A. (1992), Cell suppression:
       disclosure protection for sensitive tabular data. Networks 22, 397-417.
    """
    detours, chosen = Detours(contest.page.structure), chosen.copy()
    while True:
        pattern, before = pattern_of(contest.page, chosen), chosen.copy()
        for one in pattern.attackers:
            goals = goals_of(contest.page, one)
            leaks = [g for g, _ in unreached(contest, pattern, one, goals, clock)]
            for goal in leaks:
                clock.check()
                more = _detour(contest, detours, (chosen, one, goal), cost)
                if more is None:
                    return None
                chosen |= more
        if np.array_equal(before, chosen):
            return chosen


def _detour(
    contest: Contest,
    detours: Detours,
    leak: tuple[BoolArray, Attacker, Goal],
    cost: FloatArray,
) -> BoolArray | None:
    """Find what to hide besides so that one goal is reached."""
    chosen, attacker, goal = leak
    page, slack = contest.page, slack_for(contest.slack, attacker)
    loose = _loosened(page, slack, chosen)
    by = float(goal.end - page.structure.value[goal.quantity])
    for may_be_loose in (loose, loose | slack.can_loosen):
        down, up = _room(slack, may_be_loose)
        detours.open(down, up, np.where(chosen, _NEARLY_FREE, cost))
        moved = detours.move(goal.quantity, by)
        if moved is not None:
            return _along(slack, chosen, moved, cost)
    return None


def _loosened(page: Page, slack: Slack, chosen: BoolArray) -> BoolArray:
    """Mark what may be 0: hidden, or a zero, beneath a hidden total."""
    below = np.zeros_like(chosen)
    below[slack.above[chosen[slack.above[:, 1]], 0]] = True
    loose: BoolArray = below & (chosen | (page.structure.value == 0))
    return loose


def _room(slack: Slack, loose: BoolArray) -> tuple[FloatArray, FloatArray]:
    """Tell how far each quantity may go if whatever can be hidden is."""
    is_free = slack.can_hide | loose
    down = np.where(slack.can_hide, slack.hidden_down, slack.shown_down)
    down = np.where(loose, slack.loose_down, np.maximum(down, slack.shown_down))
    up = np.where(is_free, slack.hidden_up, slack.shown_up)
    return down, np.maximum(up, slack.shown_up)


def _along(
    slack: Slack, chosen: BoolArray, moved: FloatArray, cost: FloatArray
) -> BoolArray:
    """List what must be hidden for a detour to fit, sums above included."""
    strays = (moved > slack.shown_up + _TINY) | (moved < -slack.shown_down - _TINY)
    hidden = chosen | (strays & slack.can_hide)
    below = moved < -slack.hidden_down - _TINY
    for part in np.flatnonzero(strays & (below | ~slack.can_hide)):
        totals = slack.above[slack.above[:, 0] == part, 1]
        if len(totals) and not hidden[totals].any():
            hidden[totals[np.argmin(cost[totals])]] = True
    return hidden


def trimmed(
    contest: Contest,
    chosen: BoolArray,
    cost: FloatArray,
    clock: Clock,
    last_check: Check,
) -> BoolArray:
    """
    Show again what need not be hidden, the dearest first.

    Parameters
    ----------
    contest
        The release and the programs.
    chosen
        A safe pattern, shape (n,).
    cost
        What hiding each quantity costs, shape (n,).
    clock
        When to stop.
    last_check
        What a pattern must pass that linear programs find safe.

    Returns
    -------
    numpy.ndarray
        A safe pattern within it, shape (n,); if the time sufficed, no single quantity
        of it can be shown.
    """
    extra = np.flatnonzero(chosen & ~contest.slack.is_forced)
    for quantity in extra[np.argsort(-cost[extra])]:
        fewer = chosen.copy()
        fewer[quantity] = False
        try:
            if _is_safe(contest, pattern_of(contest.page, fewer), clock):
                chosen = chosen if last_check(fewer, clock) else fewer
        except TimeoutError:
            break
    return chosen


def _is_safe(contest: Contest, pattern: Pattern, clock: Clock) -> bool:
    """Say whether every goal of every attacker is reached."""
    page = contest.page
    return not any(
        True
        for one in pattern.attackers
        for _ in unreached(contest, pattern, one, goals_of(page, one), clock)
    )
