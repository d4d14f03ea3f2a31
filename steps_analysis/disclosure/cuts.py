"""What must a safe pattern hide? Conditions read off the attacker's programs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import numpy as np
from scipy.sparse import csc_array, csr_array

from steps_analysis.disclosure.page import Page
from steps_analysis.disclosure.system import NO_LIMIT, System
from steps_analysis.estimates import BoolArray, FloatArray, IntArray

_TINY = 1e-7


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Cut:
    """
    One condition that every safe pattern meets.

    Attributes
    ----------
    hide
        What hiding each quantity adds, shape (n,).
    loosen
        What it adds that a quantity beneath a hidden total may be 0, shape (n,).
    need
        What these must add up to.
    """

    hide: FloatArray = field(repr=False)
    loosen: FloatArray = field(repr=False)
    need: float

    def is_met(self, chosen: BoolArray, loose: BoolArray) -> bool:
        """
        Say whether a pattern meets the condition.

        Parameters
        ----------
        chosen
            Which quantities are hidden, shape (n,).
        loose
            Which may be 0, being hidden beneath a hidden total, shape (n,).

        Returns
        -------
        bool
            True if it does.
        """
        added = self.hide[chosen].sum() + self.loosen[loose].sum()
        return bool(added >= self.need - _TINY)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Slack:
    """
    How far each quantity may stray from its true value, shown or hidden.

    Attributes
    ----------
    shown_down, shown_up
        How far below or above the true value a shown quantity may be, shape (n,).
    hidden_down
        How far below a hidden quantity may be, shape (n,).
    can_hide
        Which may be hidden on purpose, shape (n,).
    above
        Pairs (part, sum): hiding the sum lets the part be 0, shape (k, 2).
    """

    shown_down: FloatArray
    shown_up: FloatArray
    hidden_down: FloatArray
    can_hide: BoolArray
    above: IntArray


def slack_of(page: Page) -> Slack:
    """
    Work out how far each quantity may stray.

    Parameters
    ----------
    page
        The release, with nothing hidden yet.

    Returns
    -------
    Slack
        Distances to the limits an outsider sees.
    """
    structure, reading = page.structure, page.reading
    value = structure.value.astype(np.float64)
    free = np.where(page.withheld, np.inf, 0.0)
    can_hide = (structure.value > 0) & ~reading.is_public & ~page.withheld
    pairs = [
        (part, total)
        for part, totals in enumerate(structure.above)
        for total in sorted(totals)
        if can_hide[total] and not reading.is_public[part] and not page.withheld[part]
    ]
    return Slack(
        shown_down=np.where(page.withheld, value, value - reading.shown_lower),
        shown_up=np.maximum(reading.shown_upper - value, free),
        hidden_down=value - 1,
        can_hide=can_hide,
        above=np.array(pairs, dtype=np.int64).reshape(-1, 2),
    )


def capacity_cut(slack: Slack, price: FloatArray, need: float) -> Cut:
    """
    Read a condition off the prices of one attacker's program.

    Parameters
    ----------
    slack
        How far each quantity may stray.
    price
        What moving each quantity down (positive) or up (negative) lets the attacked one
        move, shape (n,): the reduced costs of the program.
    need
        How far the attacked quantity must be able to move.

    Returns
    -------
    Cut
        The condition.

    Notes
    -----
    By weak duality the attacked quantity can move at most by the sum of price times
    stray, for every pattern, so that sum must reach `need` [1]_. Hidden quantities have
    no upper limit; their lower limit is 1, or 0 beneath a hidden sum. Weights beyond
    the need are cut back to it.

    References
    ----------
    .. [1] Fischetti, M. and Salazar, J. J. (2001), Solving the cell suppression problem
       on tabular data with linear constraints. Management Science 47, 1008-1027.
    """
    down, up = np.maximum(price, 0.0), np.maximum(-price, 0.0)
    moves = up > _TINY
    with np.errstate(invalid="ignore"):
        shown = down * slack.shown_down + np.where(moves, up * slack.shown_up, 0.0)
    left = need - shown.sum()
    if left <= _TINY:
        return Cut(hide=np.zeros(len(price)), loosen=np.zeros(len(price)), need=0.0)
    extra = np.where(moves, left, np.maximum(down * slack.hidden_down - shown, 0.0))
    hide = np.where(slack.can_hide, np.minimum(extra, left), 0.0)
    from_one = np.where(slack.can_hide, down, np.where(moves, left, 0.0))
    loosen = np.zeros(len(price))
    part = slack.above[:, 0]
    loosen[part] = np.minimum(from_one, left)[part]
    return Cut(hide=hide, loosen=loosen, need=float(left))


def line_cuts(page: Page, slack: Slack, counts: range) -> Iterator[Cut]:
    """
    List the conditions that single sums impose on each small count.

    Parameters
    ----------
    page
        The release.
    slack
        How far each quantity may stray.
    counts
        The hidden range.

    Yields
    ------
    Cut
        A condition that something in one sum must be hidden too.
    """
    equations = page.structure.equations
    columns = csc_array(equations)
    for quantity in np.flatnonzero(page.reading.is_small):
        value = int(page.structure.value[quantity])
        for line in columns[:, [quantity]].nonzero()[0]:
            row = equations[[line]].toarray()[0].astype(np.float64)
            price = row / row[quantity]
            price[quantity] = 0.0
            yield capacity_cut(slack, price, float(counts[-1] - value))
            yield capacity_cut(slack, -price, float(value - counts[0]))


def partner_cuts(page: Page, slack: Slack) -> Iterator[Cut]:
    """
    List the conditions that no cell is hidden in vain.

    A cell that is the only hidden one of a sum, all others being shown exactly, can be
    worked out, so hiding it protects nothing: a pattern of least loss does not.

    Parameters
    ----------
    page
        The release.
    slack
        How far each quantity may stray.

    Yields
    ------
    Cut
        For a cell and a sum: if the cell is hidden, so is something else in the sum.
    """
    equations = csr_array(page.structure.equations)
    is_exact = (slack.shown_down == 0) & (slack.shown_up == 0)
    has_parts = np.zeros(len(is_exact), dtype=np.bool_)
    has_parts[[total for totals in page.structure.above for total in totals]] = True
    may_be_vain = slack.can_hide & ~page.reading.is_small & ~has_parts
    for start, end in pairwise(equations.indptr):
        members = equations.indices[start:end]
        if not is_exact[members].all():
            continue
        partner = np.zeros(len(is_exact))
        partner[members[slack.can_hide[members]]] = 1.0
        zeros = members[~slack.can_hide[members]]
        partner[slack.above[np.isin(slack.above[:, 0], zeros), 1]] = 1.0
        if partner[page.reading.is_small].any():
            continue
        for quantity in members[may_be_vain[members]]:
            hide = partner.copy()
            hide[quantity] = -1.0
            yield Cut(hide=hide, loosen=np.zeros(len(hide)), need=0.0)


def attacker_prices(
    system: System, quantity: int, direction: int
) -> tuple[float, FloatArray]:
    """
    Solve the linear program of an attacker who pushes one quantity.

    Parameters
    ----------
    system
        What is known, with the limits as printed.
    quantity
        The quantity attacked.
    direction
        1 for its least value, -1 for its greatest.

    Returns
    -------
    tuple
        The extreme value, and the reduced cost of every quantity, shape (n,).
    """
    from scipy.optimize import linprog

    unknown = np.flatnonzero(system.lower < system.upper)
    part = csr_array(system.equations[:, unknown])
    keep = np.flatnonzero(np.diff(part.indptr))
    settled = system.lower.copy()
    settled[unknown] = 0
    cost = np.zeros(len(settled))
    cost[quantity] = direction
    upper = np.where(system.upper >= NO_LIMIT, np.inf, system.upper)[unknown]
    answer: Any = linprog(  # type: ignore[call-overload]  # takes sparse rows too
        cost[unknown],
        A_eq=part[keep],
        b_eq=-(system.equations @ settled)[keep],
        bounds=np.column_stack([system.lower[unknown], upper]),
        method="highs-ds",
    )
    if answer.x is None:
        return -direction * np.inf, np.zeros(len(settled))
    prices = np.zeros(system.equations.shape[0])
    prices[keep] = answer.eqlin.marginals
    return float(direction * answer.fun), cost - system.equations.T @ prices
