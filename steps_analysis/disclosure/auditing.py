"""What can an outsider learn from a release? The attack, and what it found."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal, TypeAlias

import numpy as np
import pandas as pd

from steps_analysis.disclosure.attack import Attack, Possible, attack_on
from steps_analysis.disclosure.page import Page
from steps_analysis.disclosure.profiles import Profile
from steps_analysis.disclosure.release import Release
from steps_analysis.disclosure.system import System
from steps_analysis.disclosure.tables import Cell
from steps_analysis.errors import ArgumentError, refusal

Known: TypeAlias = Mapping[Cell, int | tuple[int, int]]
"""What an attacker knows besides: a cell's value, or its least and greatest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """
    What an outsider can learn about one figure that is not shown exactly.

    Attributes
    ----------
    cells
        Where the figure stands.
    state
        ``"hidden"``, or ``"rounded"`` where it is shown to the nearest multiple.
    is_primary
        Whether it is hidden for being small.
    possible
        The values that cannot be excluded.
    keeps
        Whether every value of the hidden range is among them; None where that is not
        asked, because the figure is not small or is known to the attacker.
    """

    cells: tuple[Cell, ...]
    state: Literal["hidden", "rounded"]
    is_primary: bool
    possible: Possible
    keeps: bool | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Audit:
    """
    What an attack on a release found.

    Attributes
    ----------
    profile
        The rule the release is published under.
    found
        One entry per hidden or rounded figure.
    withheld
        Tables that are not published, each with the reason.
    exact
        Tables that are public exactly as they are, whatever the rule.

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

    @property
    def safe(self) -> bool:
        """
        Say whether every small count keeps every value of the hidden range.

        Returns
        -------
        bool
            True if it does.
        """
        return all(one.keeps is not False for one in self.found)

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
        Look up the values that cannot be excluded for one figure.

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
            One row per cell that is not shown exactly: table, row, column, state,
            is_primary, lower, upper (missing where there is no limit), possible (in
            words), keeps.
        """
        rows = [
            (
                *cell,
                one.state,
                one.is_primary,
                one.possible.lower,
                one.possible.upper,
                str(one.possible),
                one.keeps,
            )
            for one in self.found
            for cell in one.cells
        ]
        frame = pd.DataFrame(rows, columns=list(_COLUMNS))
        return frame.astype({"lower": "Int64", "upper": "Int64"})


_COLUMNS = (
    *("table", "row", "column", "state", "is_primary"),
    *("lower", "upper", "possible", "keeps"),
)


def audit(release: Release, *, known: Known | None = None) -> Audit:
    """
    Attack a release as it is printed, and say what an outsider can learn.

    The attacker knows the rule, everything that is shown, how the figures add up, that
    zeros are shown (except beneath a hidden total, where the release hides them) and,
    where rates or percentages were computed from exact counts, these too.

    Parameters
    ----------
    release
        A release after `protect` or `suppress_primary`.
    known
        What the attacker knows besides: cell to its value, or to (least, greatest). The
        known cells themselves are not judged.

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

    Notes
    -----
    The values are whole numbers: a value is possible if a whole table exists that has
    it and agrees with all that is known. Where the tables make this a network (rows by
    columns, one of them nested) the values have no holes; elsewhere each value up to 25
    is tried, and larger ones are taken as possible between the least and the greatest.
    Only the verdict reads the exact counts, to know which figures are small; the attack
    itself does not.

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
    page = release.page()
    system, is_known = _with_known(page, release.system(), known or {})
    attack = attack_on(system)
    return Audit(
        profile=page.profile,
        found=tuple(_found(page, attack, is_known)),
        withheld=release.withheld,
        exact=tuple(table.name for table in release.tables if table.exact),
    )


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


def _found(page: Page, attack: Attack, is_known: frozenset[int]) -> Iterator[Finding]:
    """Attack every quantity that is not shown exactly."""
    reading, counts = page.reading, page.profile.hidden_range
    is_rounded = (reading.base > 1) & ~page.hidden & ~page.withheld
    is_rounded &= reading.shown_lower < reading.shown_upper
    for quantity in np.flatnonzero(page.hidden | is_rounded).tolist():
        possible = attack.possible(quantity)
        small = bool(reading.is_small[quantity])
        judged = small and quantity not in is_known
        yield Finding(
            cells=page.structure.cells[quantity],
            state="hidden" if page.hidden[quantity] else "rounded",
            is_primary=small,
            possible=possible,
            keeps=all(v in possible for v in counts) if judged else None,
        )


def _sentences(found: Audit) -> Iterator[str]:
    """Word what was found."""
    profile = found.profile
    judged = [one for one in found.found if one.keeps is not None]
    if not profile.hidden_up_to and profile.is_exact:
        yield f"profile {profile.name}: exact counts, nothing is hidden"
    for name in found.exact:
        yield f"{name}: public exactly as it is, whatever the rule"
    for name, reason in found.withheld:
        yield f"{name}: withheld, because {reason}"
    for one in judged:
        if not one.keeps:
            yield f"{', '.join(one.cells[0])}: {_leak(one, profile)}"
    if found.safe and profile.hidden_up_to:
        kept = f"keep every value from 1 to {profile.hidden_up_to} possible"
        yield f"all {len(judged)} figures hidden for being small {kept}"


def _leak(one: Finding, profile: Profile) -> str:
    """Word what leaks about one figure, without its value."""
    if one.possible.is_exact:
        return "the hidden figure can be worked out exactly"
    n = sum(value not in one.possible for value in profile.hidden_range)
    return f"an outsider can exclude {n} of the {profile.hidden_up_to} hidden values"
