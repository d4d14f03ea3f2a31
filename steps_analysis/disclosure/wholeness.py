"""Do whole tables reach what tables in fractions reach?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from steps_analysis.disclosure.attack import attack_on, shortfalls
from steps_analysis.disclosure.attackers import Attacker
from steps_analysis.disclosure.clock import Clock
from steps_analysis.disclosure.cuts import Cut
from steps_analysis.disclosure.rounds import Contest, Pattern, any_more, pattern_of
from steps_analysis.disclosure.witnesses import met_by_walking
from steps_analysis.estimates import BoolArray

LARGEST = 1500
"""With more unknown quantities than this, whole tables are met by walking, or not."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Wholeness:
    """
    What whole tables say about a pattern that linear programs find safe.

    Attributes
    ----------
    cuts
        Conditions it breaks: for each value that no whole table has, one.
    unproven
        Quantities of which it is not known.
    """

    cuts: tuple[Cut, ...] = ()
    unproven: frozenset[int] = frozenset()


def wholeness(contest: Contest, chosen: BoolArray, clock: Clock) -> Wholeness:
    """
    Look for whole tables that have every value of the hidden range.

    Parameters
    ----------
    contest
        The release.
    chosen
        A pattern that linear programs find safe, shape (n,).
    clock
        When to give up.

    Returns
    -------
    Wholeness
        Nothing where the tables are a network: every vertex is whole then.

    Raises
    ------
    TimeoutError
        If the time ran out.
    """
    page = contest.page
    if page.structure.is_unimodular:
        return Wholeness()
    pattern = pattern_of(page, chosen)
    if (pattern.system.lower < pattern.system.upper).sum() > LARGEST:
        return Wholeness(unproven=_not_met(contest, pattern))
    counts, cuts = page.profile.hidden_range, []
    for one in pattern.attackers:
        attack = attack_on(one.informed(pattern.system))
        for quantity in one.judged:
            clock.check()
            for excluded in shortfalls(attack, [quantity], counts)[:1]:
                cuts.append(_beyond(contest, chosen, (one, *excluded), clock))
    return Wholeness(cuts=tuple(cuts))


def _not_met(contest: Contest, pattern: Pattern) -> frozenset[int]:
    """List the quantities of which a walk does not meet every value."""
    page, missed = contest.page, set[int]()
    for one in pattern.attackers:
        informed, judged = one.informed(pattern.system), np.array(one.judged, dtype=int)
        met = met_by_walking(
            informed, page.structure.value, one.judged, page.profile.hidden_range
        )
        missed |= set(judged[~met[2][judged].all(axis=1)].tolist())
    return frozenset(missed)


def _beyond(
    contest: Contest,
    chosen: BoolArray,
    excluded: tuple[Attacker, int, int],
    clock: Clock,
) -> Cut:
    """Demand one figure beyond a largest pattern that still excludes a value."""
    attacker, quantity, count = excluded
    largest = chosen.copy()
    for more in np.flatnonzero(contest.slack.can_hide & ~chosen):
        clock.check()
        largest[more] = True
        system = pattern_of(contest.page, largest).system
        attack = attack_on(attacker.informed(system))
        largest[more] = not attack.allows(quantity, count)
    return any_more(contest.slack, largest)
