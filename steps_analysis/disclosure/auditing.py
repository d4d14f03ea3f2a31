"""What can be learnt from a release? The attacks, and what they found."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal, TypeAlias

import numpy as np
import pandas as pd

from steps_analysis.disclosure.attack import Possible, attack_on, shortfalls
from steps_analysis.disclosure.attackers import Attacker, attackers_of
from steps_analysis.disclosure.contradictions import check_agrees
from steps_analysis.disclosure.enumeration import Attacking, with_statistics
from steps_analysis.disclosure.figures import Derived
from steps_analysis.disclosure.page import Page
from steps_analysis.disclosure.profiles import Profile
from steps_analysis.disclosure.published import Published
from steps_analysis.disclosure.release import Release
from steps_analysis.disclosure.system import System
from steps_analysis.disclosure.tables import Cell, Table
from steps_analysis.errors import ArgumentError, refusal

Known: TypeAlias = Mapping[Cell, int | tuple[int, int]]
"""What an attacker knows besides: a cell's value, or its least and greatest."""

Proof: TypeAlias = Literal["integer", "linear"]

OUTSIDER = "an outsider"
"""Who reads what is published, and nothing else."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """
    What an attacker can learn about one figure that is not shown exactly.

    Attributes
    ----------
    cells
        Where the figure stands.
    state
        ``"hidden"``, or ``"rounded"`` where it is shown to the nearest multiple.
    is_primary
        Whether it is hidden for being small; None where the exact counts are not known.
    possible
        The values that cannot be excluded.
    keeps
        Whether every value of the hidden range is among them; None where that is not
        asked, because the figure is not small or is known to the attacker.
    attacker
        Who that is: ``"an outsider"``, or one who knows more.
    """

    cells: tuple[Cell, ...]
    state: Literal["hidden", "rounded"]
    is_primary: bool | None = field(repr=False)
    possible: Possible
    keeps: bool | None = field(repr=False)
    attacker: str = OUTSIDER

    @property
    def proof(self) -> Proof:
        """
        Say what stands behind the values that cannot be excluded.

        Returns
        -------
        str
            ``"integer"`` where whole tables were found for them, ``"linear"`` where of
            some only fractions of counts were.
        """
        return self.possible.proof


@dataclass(frozen=True, slots=True, kw_only=True)
class Audit:
    """
    What an attack on a release found.

    Attributes
    ----------
    profile
        The rule the release is published under.
    found
        One entry per hidden or rounded figure for an outsider, and one for each figure
        that another attacker can learn too much about.
    withheld
        Tables that are not published, each with the reason.
    exact
        Tables that are public exactly as they are, whatever the rule.
    attackers
        Everyone that was tried.
    untested
        Tables of statistics computed from exact counts that were too many to test.

    Examples
    --------
    >>> from steps_analysis.disclosure import threshold
    >>> Audit(profile=threshold(6), found=()).safe
    True
    """

    profile: Profile
    found: tuple[Finding, ...] = field(repr=False)
    withheld: tuple[tuple[str, str], ...] = ()
    exact: tuple[str, ...] = ()
    attackers: tuple[str, ...] = (OUTSIDER,)
    untested: tuple[str, ...] = ()

    @property
    def safe(self) -> bool:
        """
        Say whether every small count keeps every value of the hidden range.

        Returns
        -------
        bool
            True if it does, for every attacker of the rule, and nothing was left
            untested.
        """
        kept = all(one.keeps is not False for one in self.found)
        return kept and not self.untested

    @property
    def findings(self) -> tuple[str, ...]:
        """
        Say in plain words what was found.

        Returns
        -------
        tuple of str
            One sentence each; never a hidden value.
        """
        return tuple(_sentences(self))

    def possible(self, cell: Cell | tuple[str, str, str]) -> Possible:
        """
        Look up the values that an outsider cannot exclude for one figure.

        Parameters
        ----------
        cell
            Table, row and column.

        Returns
        -------
        Possible
            The values.

        Raises
        ------
        ArgumentError
            If the figure is shown exactly, or there is no such cell.
        """
        for one in self.found:
            if Cell(*cell) in one.cells:
                return one.possible
        rule = "be a cell that is hidden or rounded"
        raise ArgumentError(refusal("cell", rule, tuple(cell)))

    def to_frame(self) -> pd.DataFrame:
        """
        Give the findings as a table.

        Returns
        -------
        pandas.DataFrame
            One row per cell that is not shown exactly: table, row, column, attacker,
            state, is_primary, lower, upper (missing where there is no limit), possible
            (in words), keeps, proof. For the controller's own staff: it tells which
            figures are hidden for being small.
        """
        rows = [
            (
                *cell,
                one.attacker,
                one.state,
                one.is_primary,
                one.possible.lower,
                one.possible.upper,
                str(one.possible),
                one.keeps,
                one.proof,
            )
            for one in self.found
            for cell in one.cells
        ]
        frame = pd.DataFrame(rows, columns=list(_COLUMNS))
        return frame.astype({"lower": "Int64", "upper": "Int64"})


_COLUMNS = (
    *("table", "row", "column", "attacker", "state", "is_primary"),
    *("lower", "upper", "possible", "keeps", "proof"),
)


def audit(release: Release | Published, *, known: Known | None = None) -> Audit:
    """
    Attack a release as it is printed, and say what can be learnt from it.

    An outsider knows the rule, everything that is shown, how the figures add up, that
    zeros are shown (except beneath a hidden total, where the release hides them), all
    earlier editions that were added and, where rates and the like were computed from
    exact counts, these too. The rule names further attackers.

    Parameters
    ----------
    release
        A release after `protect` or `suppress_primary`; or one of which only what is
        printed is known.
    known
        What every attacker knows besides: cell to its value, or to (least, greatest).
        The known cells themselves are not judged.

    Returns
    -------
    Audit
        For each hidden or rounded figure the values that cannot be excluded, and
        whether all is safe.

    Raises
    ------
    DisclosureError
        If the release has not been protected.
    ArgumentError
        If `known` names no cell of the release or contradicts what is published.
    DataError
        If what is printed contradicts itself.

    Notes
    -----
    The values are whole numbers: a value is possible if a whole table exists that has
    it and agrees with all that is known. Where the tables make this a network (rows by
    columns, one of them nested) the values have no holes; elsewhere each value up to 25
    is tried, and larger ones are taken as possible between the least and the greatest.
    Only the verdict reads the exact counts, to know which figures are small; an
    outsider's attack itself does not. Where the exact counts are not known, every
    hidden figure is judged, unless what is printed proves it to be outside the hidden
    range; and only an outsider is tried.

    Examples
    --------
    >>> counts = pd.DataFrame({"2013": [3, 9], "2014": [6, 7]}, index=["A", "B"])
    >>> from steps_analysis.disclosure import suppress_primary
    >>> naive = suppress_primary(Release().add_table("t", counts), "threshold(6)")
    >>> audit(naive).safe
    False
    >>> audit(naive).findings
    ('t, A, 2013: the hidden figure can be worked out exactly',)
    """
    page = _as_readers_find(release.page(), release.tables)
    system, is_known = _with_known(page, release.system(), known or {})
    if isinstance(release, Published):
        if not known:
            check_agrees(page, system)
        found = tuple(_found(page, attack_on(system), is_known, knows_small=False))
        return Audit(
            profile=page.profile,
            found=found,
            withheld=release.withheld,
            exact=tuple(table.name for table in release.tables if table.exact),
        )
    attack, untested = with_statistics(attack_on(system), page, _statistics(release))
    found = tuple(_found(page, attack, is_known, knows_small=True))
    others = attackers_of(page)[1:]
    for one in others:
        found += tuple(_learnt(page, system, one, is_known))
    return Audit(
        profile=page.profile,
        found=found,
        withheld=release.withheld,
        exact=tuple(table.name for table in release.tables if table.exact),
        attackers=(OUTSIDER, *dict.fromkeys(one.name for one in others)),
        untested=untested,
    )


def _as_readers_find(page: Page, tables: Iterable[Table]) -> Page:
    """Name each quantity first by a place that is, or was, printed."""
    unseen = {table.name for table in tables if not table.is_published}
    if not unseen:
        return page
    cells = tuple(
        tuple(sorted(group, key=lambda cell: cell.table in unseen))
        for group in page.structure.cells
    )
    return replace(page, structure=replace(page.structure, cells=cells))


def _statistics(release: Release) -> tuple[Derived, ...]:
    """List the statistics that were computed from exact counts."""
    if not release.figures_are_naive:
        return ()
    return tuple(one for one in release.derived if one.kind == "statistic")


def _with_known(
    page: Page, system: System, known: Known
) -> tuple[System, frozenset[int]]:
    """Add what the attacker knows besides."""
    lower, upper = system.lower.copy(), system.upper.copy()
    numbers = []
    for where, fact in known.items():
        cell = Cell(*where)
        if cell not in page.structure.number:
            rule = "name cells of the release"
            raise ArgumentError(refusal("known", rule, tuple(cell)))
        least, most = fact if isinstance(fact, tuple) else (fact, fact)
        quantity = page.structure.number[cell]
        lower[quantity] = max(lower[quantity], least)
        upper[quantity] = min(upper[quantity], most)
        numbers += [quantity] if least == most else []
    return replace(system, lower=lower, upper=upper), frozenset(numbers)


def _found(
    page: Page, attack: Attacking, is_known: frozenset[int], *, knows_small: bool
) -> Iterator[Finding]:
    """Attack every quantity that is not shown exactly."""
    reading, counts = page.reading, page.profile.hidden_range
    is_rounded = (reading.base > 1) & ~page.hidden & ~page.withheld
    is_rounded &= reading.shown_lower < reading.shown_upper
    hidden = page.hidden | (page.was_hidden & reading.is_small)
    for quantity in np.flatnonzero(hidden | is_rounded).tolist():
        possible = attack.possible(quantity)
        judged = bool(reading.is_small[quantity]) and quantity not in is_known
        if not knows_small:
            judged &= any(value in possible for value in counts)
        yield Finding(
            cells=page.structure.cells[quantity],
            state="hidden" if hidden[quantity] else "rounded",
            is_primary=bool(reading.is_small[quantity]) if knows_small else None,
            possible=possible,
            keeps=all(v in possible for v in counts) if judged else None,
        )


def _learnt(
    page: Page, system: System, attacker: Attacker, is_known: frozenset[int]
) -> Iterator[Finding]:
    """List what one who knows more can learn too much about."""
    attack = attack_on(attacker.informed(system))
    judged = [quantity for quantity in attacker.judged if quantity not in is_known]
    missing = shortfalls(attack, judged, page.profile.hidden_range)
    for quantity in dict.fromkeys(quantity for quantity, _ in missing):
        yield Finding(
            cells=page.structure.cells[quantity],
            state="hidden",
            is_primary=True,
            possible=attack.possible(quantity),
            keeps=False,
            attacker=attacker.name,
        )


def _sentences(found: Audit) -> Iterator[str]:
    """Word what was found."""
    profile = found.profile
    if not profile.hidden_up_to and profile.is_exact:
        yield f"profile {profile.name}: exact counts, nothing is hidden"
    for name in found.exact:
        yield f"{name}: public exactly as it is, whatever the rule"
    for name, reason in found.withheld:
        yield f"{name}: withheld, because {reason}"
    for name in found.untested:
        yield f"{name}: too many tables fit to say what its exact statistics tell"
    for one in found.found:
        if one.keeps is False:
            yield f"{', '.join(one.cells[0])}: {_leak(one, profile)}"
    n = sum(one.state == "hidden" for one in found.found)
    if found.safe and profile.hidden_up_to and n:
        yield f"{n} hidden: {_kept(found, profile)}"
    yield from _unproven(found)


def _unproven(found: Audit) -> Iterator[str]:
    """Say that of some values only the linear proof is there."""
    if any(one.keeps and one.proof == "linear" for one in found.found):
        yield (
            "of some hidden figures only tables in fractions were found for some "
            "values: these are not excluded, and not proven possible"
        )


def _kept(found: Audit, profile: Profile) -> str:
    """Word what a safe release keeps; not how many figures are small."""
    every = f"every value from 1 to {profile.hidden_up_to} possible"
    if any(one.is_primary is None for one in found.found):
        return f"each keeps {every}, or is plainly larger"
    return f"those hidden for being small keep {every}"


def _leak(one: Finding, profile: Profile) -> str:
    """Word what leaks about one figure, without its value."""
    who = one.attacker
    if one.possible.is_exact:
        known = "" if who == OUTSIDER else f" by {who}"
        return f"the hidden figure can be worked out exactly{known}"
    n = sum(value not in one.possible for value in profile.hidden_range)
    excluded = f"{who} can exclude {n} of the {profile.hidden_up_to} hidden values"
    unknown = ", should it be one of the small ones"
    return excluded + (unknown if one.is_primary is None else "")
