"""Which safe pattern loses the least? Covering and attacking by turns."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np

from steps_analysis.disclosure.attackers import attackers_of
from steps_analysis.disclosure.clock import Clock
from steps_analysis.disclosure.covering import Covering, cheapest
from steps_analysis.disclosure.cuts import Cut, line_cuts, partner_cuts
from steps_analysis.disclosure.rounds import Contest, broken
from steps_analysis.estimates import BoolArray, FloatArray

_COARSE, _WHOLE, _EXACT = 0.01, 0.4, 1e-6

Check: TypeAlias = Callable[[BoolArray, Clock], list[Cut]]
"""A last test of a pattern, which lists conditions that it breaks."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Step:
    """
    Where the search has got to.

    Attributes
    ----------
    chosen
        The pattern looked at, shape (n,); None where no pattern is safe.
    bound
        No safe pattern costs less than this beyond the primary quantities.
    is_safe
        Whether the pattern has passed every test.
    """

    chosen: BoolArray | None = field(repr=False)
    bound: float
    is_safe: bool


def steps(
    contest: Contest, secret_cost: FloatArray, clock: Clock, last_check: Check
) -> Iterator[Step]:
    """
    Search for the safe pattern of least cost, telling after each round what is known.

    Parameters
    ----------
    contest
        The release and the programs.
    secret_cost
        What hiding each quantity costs: whole, and a keyed fraction that breaks ties,
        shape (n,).
    clock
        When to give up.
    last_check
        What a pattern must pass that linear programs find safe.

    Yields
    ------
    Step
        One per round. If the last one is safe or has no pattern it is the answer, else
        the time ran out.

    Notes
    -----
    Conditions on single sums are known beforehand; the others come from the attackers'
    programs, as they are needed [1]_. While patterns are still unsafe the covering
    program may be a per cent from its optimum; then the loss is made least, and
    last the keyed fraction, so that the key alone decides between equals.

    References
    ----------
    .. [1] Fischetti, M. and Salazar, J. J. (2001), Solving the cell suppression problem
       on tabular data with linear constraints. Management Science 47, 1008-1027.
    """
    slack, bound = contest.slack, 0.0
    outsider = attackers_of(contest.page)[0]
    cuts = [
        *line_cuts(contest.page, outsider, slack),
        *partner_cuts(contest.page, slack),
    ]
    fractions = secret_cost - np.floor(secret_cost)
    covering = Covering(slack=slack, cost=secret_cost, order=np.argsort(fractions))
    safe: BoolArray | None = None
    gaps = [_COARSE, _WHOLE, _EXACT]
    while gaps:
        gap = gaps[0] if gaps[0] != _COARSE else max(_COARSE * bound, _WHOLE)
        try:
            cover = cheapest(covering, cuts, gap=gap, seconds=clock.left)
        except TimeoutError:
            return
        if cover is None:
            yield Step(chosen=None, bound=np.inf, is_safe=False)
            return
        chosen, bound = cover.chosen, max(bound, cover.bound)
        found: list[Cut] = []
        try:
            if safe is None or not np.array_equal(chosen, safe):
                found = broken(contest, chosen, clock)
                found = found or last_check(chosen, clock)
        except TimeoutError:
            yield Step(chosen=chosen, bound=bound, is_safe=False)
            return
        cuts += found
        if not found:
            safe, gaps = chosen, gaps[1:]
        yield Step(chosen=chosen, bound=bound, is_safe=not found)
