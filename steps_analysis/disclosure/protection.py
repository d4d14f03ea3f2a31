"""Which further figures must be hidden, so that no small count can be worked out?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from math import ceil
from typing import Any

from steps_analysis.disclosure.clock import Clock, clock_of
from steps_analysis.disclosure.cuts import Cut
from steps_analysis.disclosure.fallback import in_a_hurry
from steps_analysis.disclosure.page import Page
from steps_analysis.disclosure.pricing import (
    keyed_fractions,
    loss,
    secret_of,
    values_lost,
)
from steps_analysis.disclosure.profiles import Profile, from_spec
from steps_analysis.disclosure.proofs import Proof
from steps_analysis.disclosure.publishing import published, unprotected_page
from steps_analysis.disclosure.release import Release
from steps_analysis.disclosure.rounds import Contest, contest_of, with_zeros
from steps_analysis.disclosure.search import steps
from steps_analysis.disclosure.wholeness import wholeness
from steps_analysis.disclosure.withholding import (
    TOO_LATE,
    all_hidden,
    left_in,
    reason_for,
    to_withhold,
)
from steps_analysis.estimates import BoolArray

_MOST_OF_TIES, _TINY = 0.25, 1e-6


def protect(
    release: Release,
    rule: Profile | str | Mapping[str, Any],
    *,
    key: bytes | str,
    deadline: float | None = None,
) -> Release:
    """
    Hide the least that keeps every small count safe, or withhold what cannot be kept.

    Primary: every figure in the hidden range, totals too. Secondary: further figures,
    until every value of the hidden range remains possible for every primary one and for
    every attacker of the rule. Zeros are shown, except beneath a hidden total: then
    they are hidden with the other parts. Rates and percentages go with the counts they
    read.

    Parameters
    ----------
    release
        Tables and derived figures that are published together.
    rule
        A profile, or what `from_spec` makes one of.
    key
        A secret that breaks ties between equally good patterns; it leaves no trace in
        the release. The same data, rule and key give the same release, if no deadline
        passes.
    deadline
        Seconds after which a safe pattern is returned that need not be the best; None
        to take the time it needs.

    Returns
    -------
    Release
        What may be published. Where no pattern is safe (or is found so in time), or
        everything would be hidden, its `withheld` names the table and says why. Its
        `proof` says whether the loss is proven to be the least; it is for the owner
        and part of nothing that is published.

    Raises
    ------
    ArgumentError
        If `key` is empty, `deadline` no time, the rule unknown, or the release
        protected already.

    Notes
    -----
    The loss of a pattern is the sum of the counts it hides beyond the primary ones,
    plus one for each zero beneath a total so hidden. The pattern of least loss is a set
    covering problem whose conditions come from the attackers' linear programs [1]_.
    Zeros must go beneath a hidden total, because one of three non-zero parts would be
    known to be at least 3. Among patterns of least loss the key decides.

    Where the tables are a network (rows by columns, one of them nested) every linear
    optimum is a whole table. Elsewhere each value must also be found in a whole table;
    in releases too large for that, `Proof.linear_only` lists the cells for which only
    tables in fractions were found.

    When half of the time is over and the best pattern is not found, the last one is
    repaired: each leak is closed along its cheapest detour, and what turns out not to
    be needed is shown again, until the time is over [2]_.

    References
    ----------
    .. [1] Fischetti, M. and Salazar, J. J. (2001), Solving the cell suppression problem
       on tabular data with linear constraints. Management Science 47, 1008-1027.
    .. [2] Kelly, J. P., Golden, B. L. and Assad, A. A. (1992), Cell suppression:
       disclosure protection for sensitive tabular data. Networks 22, 397-417.

    Examples
    --------
    >>> import pandas as pd
    >>> grid = {"2013": [3, 9, 8], "2014": [16, 7, 12]}
    >>> counts = pd.DataFrame(grid, index=["A", "B", "C"])
    >>> release = Release().add_table("referrals", counts)
    >>> protect(release, "threshold(6)", key="test").to_frame("referrals")
          2013 2014 Total
    A      [c]  [c]    19
    B      [c]  [c]    16
    C        8   12    20
    Total   20   35    55
    """
    secret, profile, clock = secret_of(key), from_spec(rule), clock_of(deadline)
    withheld: dict[str, str] = {}
    while True:
        page = unprotected_page(release, profile, withheld=withheld)
        try:
            contest = contest_of(page)
            found = _best(contest, secret, clock)
            if found is not None:
                break
            name = to_withhold(release, contest, withheld, clock)
            withheld[name] = reason_for(profile)
        except TimeoutError:
            withheld |= {t.name: TOO_LATE for t in left_in(release, withheld)}
    hidden, proof = found
    withheld |= all_hidden(release, page, hidden, withheld)
    public = published(
        release, page, hidden, hides_zeros=True, withheld=tuple(withheld.items())
    )
    return replace(public, proof=proof)


def _best(
    contest: Contest, secret: bytes, clock: Clock
) -> tuple[BoolArray, Proof] | None:
    """Find the safe pattern of least cost, or a good one in time; None if none is."""
    page = contest.page
    if not page.reading.is_small.any():
        return page.reading.is_small, Proof(loss=0, bound=0)
    cost = values_lost(page) + keyed_fractions(page, secret)
    check = _LastCheck(contest=contest)
    chosen, bound, is_safe = contest.slack.is_forced, 0.0, False
    for step in steps(contest, cost, clock.half(), check):
        if step.chosen is None:
            return None
        if step.is_safe or not is_safe:
            chosen, is_safe = step.chosen, step.is_safe
        bound = step.bound
    if not is_safe:
        found = in_a_hurry(contest, chosen, cost, clock, check)
        if found is None:
            return None
        chosen = found
    return with_zeros(page, chosen), _proof(page, chosen, bound, check)


def _proof(page: Page, chosen: BoolArray, bound: float, check: _LastCheck) -> Proof:
    """Write down how good a pattern is."""
    unproven = sorted(check.unproven.get(chosen.tobytes(), ()))
    return Proof(
        loss=loss(page, chosen),
        bound=ceil(bound - _MOST_OF_TIES - _TINY),
        linear_only=tuple(page.structure.cells[q][0] for q in unproven),
    )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _LastCheck:
    """Ask for whole tables; remember for which quantities there is no answer."""

    contest: Contest
    unproven: dict[bytes, frozenset[int]] = field(default_factory=dict)

    def __call__(self, chosen: BoolArray, clock: Clock) -> list[Cut]:
        found = wholeness(self.contest, chosen, clock)
        self.unproven[chosen.tobytes()] = found.unproven
        return list(found.cuts)
