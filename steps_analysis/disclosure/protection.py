"""Which further figures must be hidden, so that no small count can be worked out?"""

from __future__ import annotations

import hmac
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from steps_analysis.disclosure.attack import attack_on, shortfalls
from steps_analysis.disclosure.cuts import (
    Cut,
    Slack,
    attacker_prices,
    capacity_cut,
    line_cuts,
    partner_cuts,
    slack_of,
)
from steps_analysis.disclosure.page import Page
from steps_analysis.disclosure.profiles import Profile, from_spec
from steps_analysis.disclosure.publishing import published, unprotected_page
from steps_analysis.disclosure.release import Release
from steps_analysis.disclosure.structure import sparse_rows
from steps_analysis.disclosure.system import System, beneath, system_of
from steps_analysis.errors import ArgumentError, refusal
from steps_analysis.estimates import BoolArray, FloatArray, IntArray

if TYPE_CHECKING:
    from scipy.optimize import LinearConstraint

_TINY = 1e-6
_WIDEST_GAP = 0.005


def protect(
    release: Release, rule: Profile | str | Mapping[str, Any], *, key: bytes | str
) -> Release:
    """
    Hide the least that keeps every small count safe, or withhold what cannot be kept.

    Primary: every figure in the hidden range, totals too. Secondary: further figures,
    until every value of the hidden range remains possible for every primary one. Zeros
    are shown, except beneath a hidden total: then they are hidden with the other parts.
    Rates and percentages go with the counts they read.

    Parameters
    ----------
    release
        Tables and derived figures that are published together.
    rule
        A profile, or what `from_spec` makes one of.
    key
        A secret that breaks ties between equally good patterns; it leaves no trace in
        the release. The same data, rule and key give the same release.

    Returns
    -------
    Release
        What may be published. Where no pattern is safe, or everything would be hidden,
        its `withheld` names the table and says why.

    Raises
    ------
    ArgumentError
        If `key` is empty, the rule unknown, or the release protected already.

    Notes
    -----
    The loss of a pattern is the sum of the counts it hides beyond the primary ones,
    plus one for each zero beneath a total so hidden. The pattern of least loss is a set
    covering problem whose conditions come from the attacker's linear programs [1]_. A
    pattern is accepted only when the attacker of `audit` finds a whole table for every
    value; what can be excluded becomes the next condition. Zeros must go beneath a
    hidden total, because one of three non-zero parts would be known to be at least 3.

    References
    ----------
    .. [1] Fischetti, M. and Salazar, J. J. (2001), Solving the cell suppression problem
       on tabular data with linear constraints. Management Science 47, 1008-1027.

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
    secret = _secret(key)
    profile = from_spec(rule)
    withheld: dict[str, str] = {}
    while True:
        page = unprotected_page(release, profile, withheld=withheld)
        hidden = _least_loss(page, _costs(page, secret))
        if hidden is not None:
            break
        withheld[_finest(release, withheld)] = _reason(profile)
    withheld |= _all_hidden(release, page, hidden, withheld)
    return published(
        release, page, hidden, hides_zeros=True, withheld=tuple(withheld.items())
    )


def loss(page: Page, hidden: BoolArray) -> int:
    """
    Count what a pattern hides beyond the primary figures.

    Parameters
    ----------
    page
        The release.
    hidden
        Which quantities are hidden, shape (n,).

    Returns
    -------
    int
        The sum of their values, plus one per zero beneath each of them.
    """
    return int(_values_lost(page)[hidden & ~page.reading.is_small].sum())


def _values_lost(page: Page) -> FloatArray:
    """Price each quantity: its value, and one for each zero that goes with it."""
    lost = page.structure.value.astype(np.float64)
    for part, totals in enumerate(page.structure.above):
        if page.structure.value[part] == 0 and not page.withheld[part]:
            lost[list(totals)] += page.structure.value[list(totals)] > 0
    return lost


def _costs(page: Page, secret: bytes) -> FloatArray:
    """Price each quantity, with a keyed fraction that can only break ties."""
    names = ["\x1f".join(cells[0]).encode() for cells in page.structure.cells]
    digests = [hmac.digest(secret, name, "sha256")[:6] for name in names]
    tie = np.array([int.from_bytes(digest) / 2**48 for digest in digests])
    return _values_lost(page) + tie / (4 * len(names))


def _secret(key: bytes | str) -> bytes:
    """Refuse a key that is none."""
    if not isinstance(key, bytes | str) or not key:
        raise ArgumentError(refusal("key", "be a text that is not empty", "none"))
    return key.encode() if isinstance(key, str) else key


def _least_loss(page: Page, cost: FloatArray) -> BoolArray | None:
    """Find the safe pattern of least cost; None where there is none."""
    slack, counts = slack_of(page), page.profile.hidden_range
    if not page.reading.is_small.any():
        return page.reading.is_small
    cuts = [*line_cuts(page, slack, counts), *partner_cuts(page, slack)]
    while True:
        chosen = _cheapest(page, slack, cuts, cost)
        if chosen is None:
            return None
        hidden = _with_zeros(page, chosen)
        found = _broken(page, slack, chosen, hidden)
        if not found:
            return hidden
        cuts += found


def _cheapest(
    page: Page, slack: Slack, cuts: Sequence[Cut], cost: FloatArray
) -> BoolArray | None:
    """Solve the covering problem for the conditions known so far."""
    from scipy.optimize import LinearConstraint
    from scipy.sparse import csr_array

    is_small, n = page.reading.is_small, len(cost)
    chosen: BoolArray = is_small.copy()
    free = np.flatnonzero(slack.can_hide & ~is_small)
    loose = np.unique(slack.above[:, 0])
    hide = np.array([cut.hide for cut in cuts]).reshape(-1, n)
    loosen = np.array([cut.loosen for cut in cuts]).reshape(-1, n)
    rows = np.hstack([hide[:, free], loosen[:, loose]])
    need = np.array([cut.need for cut in cuts]) - hide[:, is_small].sum(axis=1)
    is_open = need > np.minimum(rows, 0.0).sum(axis=1) + _TINY
    if np.any(need[is_open] > np.maximum(rows[is_open], 0.0).sum(axis=1) + _TINY):
        return None
    if is_open.any():
        conditions = [LinearConstraint(csr_array(rows[is_open]), need[is_open], np.inf)]
        conditions += _loosening(slack, is_small, free, loose)
        price = np.concatenate([cost[free], np.zeros(len(loose))])
        best = _cover(price, conditions)
        if best is None:
            return None
        chosen[free] = best[: len(free)]
    return chosen


def _cover(price: FloatArray, conditions: list[LinearConstraint]) -> BoolArray | None:
    """Find the cheapest choice; ties in the whole part are broken by the rest."""
    from scipy.optimize import Bounds, milp

    gap = _WIDEST_GAP
    while True:
        answer: Any = milp(
            price,
            constraints=conditions,
            bounds=Bounds(0, 1),
            integrality=np.ones(len(price), dtype=np.int64),
            options={"mip_rel_gap": gap},
        )
        if answer.x is None:
            return None
        if gap * answer.fun <= 0.5:  # with ties below 1/4, nothing cheaper is left
            chosen: BoolArray = np.rint(answer.x) > 0
            return chosen
        gap = 0.4 / answer.fun


def _loosening(
    slack: Slack, is_small: BoolArray, free: IntArray, loose: IntArray
) -> list[LinearConstraint]:
    """Let a figure be 0 only where it is hidden, beneath a hidden total."""
    from scipy.optimize import LinearConstraint

    column = {int(q): k for k, q in enumerate(free)}
    beneath_small = set(slack.above[is_small[slack.above[:, 1]], 0].tolist())
    totals: dict[int, list[int]] = {int(q): [] for q in loose}
    for part, total in slack.above.tolist():
        if total in column:
            totals[part].append(column[total])
    rows: list[dict[int, int]] = []
    for k, part in enumerate(loose.tolist(), start=len(free)):
        if part in column:
            rows.append({k: 1, column[part]: -1})
        if part not in beneath_small:
            rows.append({k: 1} | dict.fromkeys(totals[part], -1))
    if not rows:
        return []
    matrix = sparse_rows(rows, len(free) + len(loose)).astype(np.float64)
    return [LinearConstraint(matrix, -np.inf, 0.0)]


def _with_zeros(page: Page, chosen: BoolArray) -> BoolArray:
    """Hide the zeros beneath hidden totals with them."""
    zero = (page.structure.value == 0) & ~page.reading.is_public & ~page.withheld
    hidden: BoolArray = chosen | (zero & beneath(page.structure, chosen))
    return hidden


def _outlook(page: Page, hidden: BoolArray) -> System:
    """Write down what a pattern leaves an outsider."""
    return system_of(
        page.structure,
        page.reading,
        hidden,
        withheld=page.withheld,
        hides_zeros=True,
    )


def _broken(
    page: Page, slack: Slack, chosen: BoolArray, hidden: BoolArray
) -> list[Cut]:
    """List conditions that a pattern breaks: none if it is safe."""
    system, counts = _outlook(page, hidden), page.profile.hidden_range
    small = np.flatnonzero(page.reading.is_small).tolist()
    missing = shortfalls(attack_on(system), small, counts)
    cuts = [_capacity(page, slack, system, excluded) for excluded in missing]
    loose = hidden & beneath(page.structure, chosen)
    broken = [cut for cut in cuts if not cut.is_met(chosen, loose)]
    if missing and not broken:
        return [_any_more(page, slack, chosen, missing[0])]
    return broken


def _capacity(
    page: Page, slack: Slack, system: System, excluded: tuple[int, int]
) -> Cut:
    """Read off the attacker's program what must be hidden to allow a value again."""
    quantity, count = excluded
    value, counts = int(page.structure.value[quantity]), page.profile.hidden_range
    direction, limit = (1, counts[0]) if count < value else (-1, counts[-1])
    _, price = attacker_prices(system, quantity, direction)
    return capacity_cut(slack, price, float(abs(value - limit)))


def _any_more(
    page: Page, slack: Slack, chosen: BoolArray, excluded: tuple[int, int]
) -> Cut:
    """Demand one figure beyond a largest pattern that still excludes a value."""
    largest = chosen.copy()
    for quantity in np.flatnonzero(slack.can_hide & ~chosen):
        largest[quantity] = True
        attack = attack_on(_outlook(page, _with_zeros(page, largest)))
        largest[quantity] = not attack.allows(*excluded)
    hide = (slack.can_hide & ~largest).astype(np.float64)
    return Cut(hide=hide, loosen=np.zeros(len(hide)), need=1.0)


def _reason(profile: Profile) -> str:
    """Say why a table is withheld."""
    first, last = profile.hidden_range[0], profile.hidden_range[-1]
    return (
        "no pattern of hidden figures keeps every value from "
        f"{first} to {last} possible beside the figures that are public already"
    )


def _finest(release: Release, withheld: Mapping[str, str]) -> str:
    """Name the table with the most cells that may still be withheld."""
    left = [t for t in release.tables if not t.exact and t.name not in withheld]
    return max(left, key=lambda table: len(table.rows) * len(table.columns)).name


def _all_hidden(
    release: Release, page: Page, hidden: BoolArray, withheld: Mapping[str, str]
) -> dict[str, str]:
    """Name the tables of which nothing would be left."""
    return {
        table.name: "every figure of it would have to be hidden"
        for table in release.tables
        if table.name not in withheld
        and all(hidden[page.structure.number[cell]] for cell in table.cells())
    }
