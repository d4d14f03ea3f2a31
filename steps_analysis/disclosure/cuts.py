"""What must a safe pattern hide? Conditions read off the attacker's programs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import numpy as np
from scipy.sparse import csc_array, csr_array

from steps_analysis.disclosure.attackers import Attacker
from steps_analysis.disclosure.page import Page
from steps_analysis.disclosure.system import NO_LIMIT
from steps_analysis.estimates import BoolArray, FloatArray, IntArray

_TINY = 1e-7


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Cut:
    """
    One condition that every safe pattern meets.

    Attributes
    ----------
    quantities
        The quantities it speaks of, shape (k,); never a primary one that is hidden
        anyway, unless what matters is whether it may be 0.
    hide
        What hiding each of them adds, shape (k,).
    loosen
        What it adds that each, hidden beneath a hidden total, may be 0, shape (k,).
    need
        What these must add up to.
    """

    quantities: IntArray = field(repr=False)
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
        here = self.quantities
        added = self.hide @ chosen[here] + self.loosen @ loose[here]
        return bool(added >= self.need - _TINY * max(1.0, self.need))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Slack:
    """
    How far each quantity may stray from its true value for one attacker.

    Attributes
    ----------
    value
        The true values, shape (n,).
    shown_down, shown_up
        How far below or above the true value a shown quantity may be, shape (n,).
    hidden_down, hidden_up
        How far a hidden quantity may be, shape (n,).
    loose_down
        How far below a hidden quantity beneath a hidden total may be, shape (n,).
    can_hide
        Which may be hidden on purpose, shape (n,).
    is_forced
        Which are hidden in every pattern, being primary, shape (n,).
    is_loosened
        Which are beneath a total that is hidden in every pattern, shape (n,).
    can_loosen
        Which are beneath a total that may be hidden, shape (n,).
    above
        Pairs (part, sum): hiding the sum lets the part be 0, shape (k, 2).
    """

    value: FloatArray
    shown_down: FloatArray
    shown_up: FloatArray
    hidden_down: FloatArray
    hidden_up: FloatArray
    loose_down: FloatArray
    can_hide: BoolArray
    is_forced: BoolArray
    is_loosened: BoolArray
    can_loosen: BoolArray
    above: IntArray


def slack_of(page: Page) -> Slack:
    """
    Work out how far each quantity may stray for an outsider.

    Parameters
    ----------
    page
        The release, with nothing hidden yet.

    Returns
    -------
    Slack
        Distances to the limits an outsider sees, earlier editions included.
    """
    structure, reading = page.structure, page.reading
    value, n = structure.value, len(structure.value)
    can_hide = (value > 0) & ~reading.is_public & ~page.withheld
    above, is_small = _above(page, can_hide), reading.is_small
    is_loosened, can_loosen = np.zeros(n, dtype=np.bool_), np.zeros(n, dtype=np.bool_)
    can_loosen[above[:, 0]] = True
    is_loosened[above[is_small[above[:, 1]], 0]] = True
    down = (value - reading.known_lower).astype(np.float64)
    has_limit = reading.known_upper < NO_LIMIT
    up = np.where(has_limit, reading.known_upper - value, np.inf)
    return Slack(
        value=value.astype(np.float64),
        shown_down=np.where(page.withheld, down, value - reading.shown_lower),
        shown_up=np.where(page.withheld, up, reading.shown_upper - value),
        hidden_down=np.minimum(value - 1, down),
        hidden_up=up,
        loose_down=down,
        can_hide=can_hide,
        is_forced=is_small,
        is_loosened=is_loosened,
        can_loosen=can_loosen,
        above=above,
    )


def slack_for(slack: Slack, attacker: Attacker) -> Slack:
    """
    Take off an outsider's slack what an attacker knows besides.

    Parameters
    ----------
    slack
        How far each quantity may stray for an outsider.
    attacker
        Someone who may know more.

    Returns
    -------
    Slack
        Distances to the limits this attacker sees.
    """
    if not attacker.knows:
        return slack
    value = slack.value
    least, most = np.zeros(len(value)), np.full(len(value), np.inf)
    for quantity, (lower, upper) in attacker.knows.items():
        least[quantity] = lower
        most[quantity] = np.inf if upper >= NO_LIMIT else upper
    down, up = value - least, most - value
    return replace(
        slack,
        shown_down=np.minimum(slack.shown_down, down),
        shown_up=np.minimum(slack.shown_up, up),
        hidden_down=np.minimum(slack.hidden_down, down),
        hidden_up=np.minimum(slack.hidden_up, up),
        loose_down=np.minimum(slack.loose_down, down),
    )


def _above(page: Page, can_hide: BoolArray) -> IntArray:
    """Pair each quantity with the sums above it that may be hidden."""
    fixed = page.reading.is_public | page.withheld
    pairs = [
        (part, total)
        for part, totals in enumerate(page.structure.above)
        if not fixed[part]
        for total in sorted(totals)
        if can_hide[total]
    ]
    return np.array(pairs, dtype=np.int64).reshape(-1, 2)


def capacity_cut(
    slack: Slack, quantities: IntArray, price: FloatArray, need: float
) -> Cut | None:
    """
    Read a condition off the prices of one attacker's program.

    Parameters
    ----------
    slack
        How far each quantity may stray.
    quantities
        The quantities that have a price, shape (k,).
    price
        What moving each of them down (positive) or up (negative) lets the attacked one
        move, shape (k,): the reduced costs of the program.
    need
        How far the attacked quantity must be able to move.

    Returns
    -------
    Cut or None
        The condition; None where every pattern meets it.

    Notes
    -----
    By weak duality the attacked quantity can move at most by the sum of price times
    stray, for every pattern, so that sum must reach `need` [1]_. Hidden quantities have
    no upper limit; their lower limit is 1, or 0 beneath a hidden sum. What the primary
    quantities give is taken off, and weights beyond what is left are cut back to it.

    References
    ----------
    .. [1] Fischetti, M. and Salazar, J. J. (2001), Solving the cell suppression problem
       on tabular data with linear constraints. Management Science 47, 1008-1027.
    """
    kept = abs(price) > _TINY
    here, price = quantities[kept], price[kept]
    down, up = np.maximum(price, 0.0), np.maximum(-price, 0.0)
    shown = _reach(down, up, slack.shown_down[here], slack.shown_up[here])
    left = need - shown.sum()
    if not left > _TINY:
        return None
    full = _reach(down, up, slack.hidden_down[here], slack.hidden_up[here])
    freed = _reach(down, up, slack.loose_down[here], slack.hidden_up[here])
    can_hide, can_loosen = slack.can_hide[here], slack.can_loosen[here]
    hide = np.where(can_hide, np.minimum(full - shown, left), 0.0)
    base = np.where(can_hide, full, shown)  # a zero is hidden only when it is loosened
    loosen = np.where(can_loosen, np.minimum(freed - base, left), 0.0)
    hide, loosen = np.maximum(hide, 0.0), np.maximum(loosen, 0.0)
    is_forced, is_loosened = slack.is_forced[here], slack.is_loosened[here]
    left -= hide[is_forced].sum() + loosen[is_loosened].sum()
    if not left > _TINY:
        return None
    hide = np.where(is_forced, 0.0, np.minimum(hide, left))
    loosen = np.where(is_loosened, 0.0, np.minimum(loosen, left))
    matters = (hide > 0) | (loosen > 0)
    return Cut(
        quantities=here[matters],
        hide=hide[matters],
        loosen=loosen[matters],
        need=float(left),
    )


def _reach(
    down: FloatArray, up: FloatArray, room_down: FloatArray, room_up: FloatArray
) -> FloatArray:
    """Multiply prices by distances, 0 times infinity being 0; infinity is very far."""
    far = 1e9
    return down * np.minimum(room_down, far) + up * np.minimum(room_up, far)


def line_cuts(page: Page, attacker: Attacker, slack: Slack) -> Iterator[Cut]:
    """
    List the conditions that single sums impose on each small count.

    Parameters
    ----------
    page
        The release.
    attacker
        For whom.
    slack
        How far each quantity may stray for them.

    Yields
    ------
    Cut
        A condition that something in one sum must be hidden too.
    """
    counts, value = page.profile.hidden_range, page.structure.value
    rows = csr_array(page.structure.equations)
    columns = csc_array(rows)
    for quantity in attacker.judged:
        up, down = counts[-1] - value[quantity], value[quantity] - counts[0]
        for line in columns.indices[slice(*columns.indptr[quantity : quantity + 2])]:
            here = slice(*rows.indptr[line : line + 2])
            members, weights = rows.indices[here], rows.data[here].astype(np.float64)
            is_own = members == quantity
            price = weights[~is_own] / weights[is_own][0]
            for sign, need in ((1.0, up), (-1.0, down)):
                cut = capacity_cut(slack, members[~is_own], sign * price, float(need))
                if cut is not None:
                    yield cut


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
        How far each quantity may stray for an outsider.

    Yields
    ------
    Cut
        For a cell and a sum: if the cell is hidden, so is something else in the sum.
    """
    rows = csr_array(page.structure.equations)
    is_exact = (slack.shown_down == 0) & (slack.shown_up == 0)
    has_parts = np.zeros(len(is_exact), dtype=np.bool_)
    has_parts[slack.above[:, 1]] = True
    may_be_vain = slack.can_hide & ~slack.is_forced & ~has_parts
    helps = slack.can_hide | slack.can_loosen
    for line in range(rows.shape[0]):
        members = rows.indices[rows.indptr[line] : rows.indptr[line + 1]]
        if not is_exact[members].all() or slack.is_forced[members].any():
            continue
        partners = members[helps[members]].astype(np.int64)
        if slack.is_loosened[partners].any():
            continue
        hide = slack.can_hide[partners].astype(np.float64)
        for quantity in members[may_be_vain[members]]:
            own = partners == quantity
            yield Cut(
                quantities=partners,
                hide=np.where(own, -1.0, hide),
                loosen=np.where(slack.can_hide[partners], 0.0, 1.0),
                need=0.0,
            )
