"""What can be read off a release by someone who has only what is printed?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Any, TypeAlias

import numpy as np

from steps_analysis.disclosure.editions import Edition, edition_from
from steps_analysis.disclosure.figure_rows import Reading as Told
from steps_analysis.disclosure.figure_rows import informed
from steps_analysis.disclosure.figures import Ratio, Sum
from steps_analysis.disclosure.page import Page, page_of
from steps_analysis.disclosure.profiles import Profile, from_spec
from steps_analysis.disclosure.rounded import Rounded
from steps_analysis.disclosure.system import NO_LIMIT, System
from steps_analysis.disclosure.tables import Cell, Table
from steps_analysis.errors import DataError, refusal
from steps_analysis.estimates import BoolArray, IntArray

Shown: TypeAlias = int | str | None
"""A number or a marker as printed; None where nothing is."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Published:
    """
    A release as others can read it: printed figures, and how they add up.

    Attributes
    ----------
    profile
        The rule it is said to follow.
    tables
        The tables; their counts are not known and read 0.
    values
        Cell to what is printed.
    markers
        Marker to the least and greatest count that it stands for.
    hides_zeros
        Whether zeros beneath a hidden total are hidden with it.
    told
        Rates, percentages and the like that were computed from exact counts.
    editions
        Earlier editions, as far as they add up with this one.
    rounded
        How figures are rounded, where all are rounded together.
    withheld
        Tables that are not published, each with the reason.

    Examples
    --------
    >>> said = {"profile": "threshold(6)", "tables": [{"name": "t", "rows": ["A"],
    ...         "columns": ["x", "y", "Total"], "row_totals": True,
    ...         "values": [["[c]", 7, 12]]}]}
    >>> tight = published_from(said).system()
    >>> tight.lower.tolist(), tight.upper.tolist()[1:]
    ([1, 7, 12], [7, 12])
    """

    profile: Profile
    tables: tuple[Table, ...]
    values: Mapping[Cell, Shown] = field(repr=False)
    markers: Mapping[str, tuple[int, int]]
    hides_zeros: bool = False
    told: tuple[Told, ...] = field(default=(), repr=False)
    editions: tuple[Edition, ...] = ()
    rounded: Rounded | None = None
    withheld: tuple[tuple[str, str], ...] = ()

    def page(self) -> Page:
        """
        Lay the release out as it is printed.

        Returns
        -------
        Page
            Every figure, shown or hidden. The exact values in it are unknown; every
            hidden figure counts as one that may be small.
        """
        page = page_of(
            self.tables,
            self.profile,
            withheld=dict(self.withheld).keys(),
            hides_zeros=self.hides_zeros,
            editions=self.editions,
        )
        hidden, printed, lower, upper = self._as_printed(page)
        known_lower = np.where(printed & hidden, lower, page.reading.known_lower)
        known_lower = np.maximum(known_lower, page.reading.known_lower)
        known_upper = np.minimum(
            np.where(printed, upper, NO_LIMIT), page.reading.known_upper
        )
        reading = replace(
            page.reading,
            shown=np.where(hidden, 0, lower),
            shown_lower=np.maximum(lower, page.reading.known_lower),
            shown_upper=np.minimum(upper, page.reading.known_upper),
            is_small=hidden | (page.was_hidden & ~printed),
            is_public=np.zeros_like(hidden),
            known_lower=known_lower,
            known_upper=known_upper,
        )
        return replace(page, reading=reading, hidden=hidden, withheld=~printed)

    def _as_printed(
        self, page: Page
    ) -> tuple[BoolArray, BoolArray, IntArray, IntArray]:
        """Mark what is hidden and what is printed, with the limits of each."""
        n = len(page.structure.cells)
        hidden, printed = np.zeros(n, dtype=np.bool_), np.zeros(n, dtype=np.bool_)
        lower, upper = np.zeros(n, dtype=np.int64), np.full(n, NO_LIMIT)
        for cell, value in self.values.items():
            quantity = page.structure.number[cell]
            if value is None or cell.table in dict(self.withheld):
                continue
            printed[quantity] = True
            if isinstance(value, str):
                hidden[quantity] = True
                least, most = self.markers[value]
                least = 0 if self.hides_zeros else least
            else:
                least, most = self._limits(value, int(page.reading.base[quantity]))
            lower[quantity] = max(lower[quantity], least)
            upper[quantity] = min(upper[quantity], most)
        return hidden & ~self._also_shown(page), printed, lower, upper

    def _also_shown(self, page: Page) -> BoolArray:
        """Mark the quantities that stand as a number somewhere."""
        shown = np.zeros(len(page.structure.cells), dtype=np.bool_)
        for cell, value in self.values.items():
            shown[page.structure.number[cell]] |= isinstance(value, int)
        return shown

    def _limits(self, value: int, base: int) -> tuple[int, int]:
        """Tell which counts are printed as a number."""
        if self.rounded is not None:
            return self.rounded.limits(value)
        return (value, value) if value % base else self.profile.interval(value, base)

    def system(self) -> System:
        """
        Write down all that can be read off the release.

        Returns
        -------
        System
            Limits of every quantity, and how they add up.
        """
        page = self.page()
        system = page.system()
        if not self.hides_zeros:  # then the markers say what may be 0
            known = page.reading.known_lower
            lower = np.where(page.hidden, known, system.lower)
            system = replace(system, lower=lower)
        return informed(system, page.structure.number, self.told)


def published_from(said: Mapping[str, Any]) -> Published:
    """
    Read a release from what its ``release.json`` says.

    Parameters
    ----------
    said
        As `Release.to_dict` writes it; of its keys ``profile`` and ``tables`` are
        needed.

    Returns
    -------
    Published
        The release, as others can read it.

    Raises
    ------
    DataError
        If something is missing, or a figure is neither a number nor a known marker.

    Examples
    --------
    >>> published_from({"profile": "strict", "tables": []}).profile.name
    'strict'
    """
    profile = _profile(said)
    markers = {profile.marker: (1, NO_LIMIT)} | {
        marker: (int(least), NO_LIMIT if most is None else int(most))
        for marker, (least, most) in said.get("markers", {}).items()
    }
    tables = tuple(_table(one, said.get("links", ())) for one in _need(said, "tables"))
    values: dict[Cell, Shown] = {}
    for table, one in zip(tables, said["tables"], strict=True):
        values |= _values(table, one.get("values"), markers)
    is_exact = said.get("figures_from") == "exact counts"
    rounding = said.get("rounded")
    told = [told for one in said.get("derived", ()) for told in _told(one)]
    return Published(
        profile=profile,
        tables=tables,
        values=values,
        markers=markers,
        hides_zeros=bool(said.get("hides_zeros", False)),
        told=tuple(told) if is_exact else (),
        editions=tuple(edition_from(one) for one in said.get("editions", ())),
        rounded=None if rounding is None else Rounded(**rounding),
        withheld=tuple(dict(said.get("withheld", {})).items()),
    )


def _profile(said: Mapping[str, Any]) -> Profile:
    """Read the rule, given by name or field by field."""
    given = _need(said, "profile")
    if isinstance(given, Mapping) and "name" in given:
        facts = dict(given)
        if isinstance(facts.get("attackers"), list):
            facts["attackers"] = tuple(facts["attackers"])
        try:
            return Profile(**facts)
        except TypeError:
            rule = "be a profile, field by field"
            raise DataError(refusal("profile", rule, sorted(facts))) from None
    return from_spec(given)


def _need(said: Mapping[str, Any], key: str) -> Any:
    """Refuse a description that lacks something."""
    if key not in said:
        raise DataError(refusal(key, "be there", "nothing"))
    return said[key]


def _table(one: Mapping[str, Any], links: Sequence[Mapping[str, Any]]) -> Table:
    """Read the shape of one table, and how it adds up."""
    name = _need(one, "name")
    rows, columns = list(_need(one, "rows")), list(_need(one, "columns"))
    row_totals = bool(one.get("row_totals", False))
    column_totals = bool(one.get("column_totals", False))
    inner_rows = tuple(rows[:-1] if column_totals else rows)
    inner_columns = tuple(columns[:-1] if row_totals else columns)
    own = tuple(
        (Cell(*link["cell"]), tuple((Cell(*t[:3]), int(t[3])) for t in link["sum_of"]))
        for link in links
        if link["cell"][0] == name
    )
    return Table(
        name=name,
        rows=inner_rows,
        columns=inner_columns,
        counts=tuple((0,) * len(inner_columns) for _ in inner_rows),
        row_totals=row_totals,
        column_totals=column_totals,
        links=own,
        exact=bool(one.get("exact", False)),
        is_published=bool(one.get("published", True)),
    )


def _values(
    table: Table, printed: Any, markers: Mapping[str, object]
) -> dict[Cell, Shown]:
    """Line printed figures up with the cells of a table."""
    cells = list(table.cells())
    if printed is None:
        return dict.fromkeys(cells)
    flat = [value for row in printed for value in row]
    if len(flat) != len(cells):
        rule = f"have {len(cells)} figures in table {table.name!r}"
        raise DataError(refusal("values", rule, len(flat)))
    for cell, value in zip(cells, flat, strict=True):
        is_count = isinstance(value, int) and not isinstance(value, bool) and value >= 0
        if not is_count and value is not None and value not in markers:
            rule = f"be a count or a marker ({', '.join(markers)}) at {tuple(cell)}"
            raise DataError(refusal("values", rule, value))
    return dict(zip(cells, flat, strict=True))


def _told(one: Mapping[str, Any]) -> Iterator[Told]:
    """Read what the figures of one derived table tell."""
    rows, columns = list(one["rows"]), list(one["columns"])
    for figure in one.get("figures", ()):
        if "ratio" not in figure:
            continue
        i, j = rows.index(figure["row"]), columns.index(figure["column"])
        printed = one["values"][i][j]
        if isinstance(printed, int | float):
            yield Told(
                figure=_ratio(figure),
                printed=Fraction(str(printed)),
                decimals=int(one["decimals"]),
            )


def _ratio(said: Mapping[str, Any]) -> Ratio:
    """Read one ratio."""
    return Ratio(
        row=said["row"],
        column=said["column"],
        factors=tuple((_sum(top), _sum(bottom)) for top, bottom in said["ratio"]),
        scale=Fraction(said.get("scale", 1)),
        start=Fraction(said.get("start", 0)),
        least=None if said.get("least") is None else Fraction(said["least"]),
    )


def _sum(said: Sequence[Any]) -> Sum:
    """Read a sum: cells with their coefficients, the number last."""
    terms = tuple((Cell(*term[:3]), int(term[3])) for term in said[:-1])
    return Sum(terms=terms, constant=Fraction(str(said[-1])))
