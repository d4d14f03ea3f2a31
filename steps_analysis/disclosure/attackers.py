"""From whom is a release kept safe? What each attacker knows besides what is shown."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from steps_analysis.disclosure.page import Page
from steps_analysis.disclosure.structure import Structure
from steps_analysis.disclosure.system import NO_LIMIT, System
from steps_analysis.disclosure.tables import TOTAL
from steps_analysis.estimates import BoolArray


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Attacker:
    """
    Someone who reads a release, with what they know besides.

    Attributes
    ----------
    name
        Who it is, in words: ``"an outsider"``, ``"the staff of Southwark"``, ``"a
        family of Southwark"`` (of one cell, which the name does not tell).
    knows
        Quantity to the least and greatest value it can have for them; `NO_LIMIT` stands
        for no greatest.
    judged
        The primary quantities that must keep every value of the hidden range for them.
    """

    name: str
    knows: Mapping[int, tuple[int, int]] = field(repr=False)
    judged: tuple[int, ...] = field(repr=False)

    def informed(self, system: System) -> System:
        """
        Add what the attacker knows to what anyone can read.

        Parameters
        ----------
        system
            What the page tells, whatever pattern it has.

        Returns
        -------
        System
            The same rows, with narrower limits.

        Examples
        --------
        >>> from scipy.sparse import csr_array
        >>> row = csr_array(np.array([[1, 1, -1]]))
        >>> page = System(equations=row, inequalities=csr_array((0, 3), dtype=np.int64),
        ...               lower=np.array([1, 1, 7]), upper=np.array([9, 9, 7]),
        ...               is_unimodular=True)
        >>> staff = Attacker(name="the staff of A", knows={0: (2, 2)}, judged=(1,))
        >>> staff.informed(page).upper.tolist()
        [2, 9, 7]
        """
        lower, upper = system.lower.copy(), system.upper.copy()
        known = np.fromiter(self.knows, dtype=np.int64)
        limits = np.array(list(self.knows.values()), dtype=np.int64).reshape(-1, 2)
        lower[known] = np.maximum(lower[known], limits[:, 0])
        upper[known] = np.minimum(upper[known], limits[:, 1])
        return replace(system, lower=lower, upper=upper)


def attackers_of(page: Page) -> tuple[Attacker, ...]:
    """
    List everyone that the rule of a page keeps small counts safe from.

    Parameters
    ----------
    page
        A release under a rule; its `Profile.attackers` says who is listed.

    Returns
    -------
    tuple of Attacker
        An outsider, then the staff of each area, then a family of each cell where that
        tells it something; those for whom nothing is judged are left out, save the
        outsider.

    Notes
    -----
    One definition of safe for all: every value of the hidden range remains possible for
    every primary quantity that is judged.

    - An outsider knows the rule, what is printed and how the figures add up, and is
      judged on all primary quantities.
    - The staff of an area know every figure of the rows with its label exactly, in all
      tables of the release, withheld ones too. They are judged on the primary
      quantities that those figures do not settle by addition alone. Labels of tables
      that are public exactly are no areas: there is nothing to know besides.
    - A family knows that one count it is part of is at least 1. That is news only where
      the page lets the count be 0: hidden beneath a hidden total, or in a table that is
      withheld. So one is listed for each such elementary count that is not 0 (its sums
      follow), and is judged on all primary quantities. That it is listed tells that the
      count is not 0, so its name does not say which count it is. A family that is part
      of several tables is taken to know one count of one of them.

    Examples
    --------
    >>> import pandas as pd
    >>> from steps_analysis.disclosure import Release, from_spec
    >>> from steps_analysis.disclosure.publishing import unprotected_page
    >>> counts = pd.DataFrame({"2013": [3, 9], "2014": [6, 7]}, index=["A", "B"])
    >>> rule = from_spec({"profile": "dfe_cin", "attackers": ["outsider", "site"]})
    >>> release = Release().add_table("t", counts)
    >>> page = unprotected_page(release, rule, withheld=())
    >>> [attacker.name for attacker in attackers_of(page)]
    ['an outsider', 'the staff of B']
    """
    primary = tuple(np.flatnonzero(page.reading.is_small).tolist())
    found = [Attacker(name="an outsider", knows={}, judged=primary)]
    if "site" in page.profile.attackers:
        found += _sites(page)
    if "family" in page.profile.attackers and primary:
        found += _families(page, primary)
    return tuple(found)


def areas_of(page: Page) -> dict[str, BoolArray]:
    """
    Find the quantities in the rows of each area.

    Parameters
    ----------
    page
        A release under a rule.

    Returns
    -------
    dict
        Label of the area to its quantities, shape (n,), in the order they come.
    """
    structure = page.structure
    found: dict[str, BoolArray] = {}
    for quantity, cells in enumerate(structure.cells):
        for label in {cell.row for cell in cells} - {TOTAL}:
            mask = np.zeros(len(structure.cells), dtype=np.bool_)
            found.setdefault(label, mask)[quantity] = True
    public = page.reading.is_public
    return {label: own for label, own in found.items() if not public[own].all()}


def _sites(page: Page) -> Iterator[Attacker]:
    """List the staff of each area for whom something is judged."""
    structure = page.structure
    for label, own in areas_of(page).items():
        settled = _settled_by(structure, own)
        judged = np.flatnonzero(page.reading.is_small & ~settled)
        if len(judged):
            exact = structure.value[own].tolist()
            numbers = np.flatnonzero(own).tolist()
            yield Attacker(
                name=f"the staff of {label}",
                knows={q: (v, v) for q, v in zip(numbers, exact, strict=True)},
                judged=tuple(judged.tolist()),
            )


def _settled_by(structure: Structure, known: BoolArray) -> BoolArray:
    """Mark what known quantities settle by adding and subtracting."""
    rows = abs(structure.equations).sign()
    settled = known.copy()
    while True:
        single = rows @ (~settled).astype(np.int64) == 1
        more = np.unique(rows[np.flatnonzero(single)].nonzero()[1])
        if settled[more].all():
            return settled
        settled[more] = True


def _families(page: Page, primary: tuple[int, ...]) -> Iterator[Attacker]:
    """List a family of each count that the page lets be 0 although it is not."""
    structure, lower = page.structure, page.system().lower
    is_sum = np.zeros(len(lower), dtype=np.bool_)
    is_sum[[total for totals in structure.above for total in totals]] = True
    for quantity in np.flatnonzero((lower == 0) & (structure.value > 0) & ~is_sum):
        label = structure.cells[quantity][0].row
        yield Attacker(
            name="a family" if label == TOTAL else f"a family of {label}",
            knows={int(quantity): (1, NO_LIMIT)},
            judged=primary,
        )
