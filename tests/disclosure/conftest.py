"""A naive twin of the attack: list every whole table that would print the same."""

from collections.abc import Callable
from functools import cache
from itertools import chain, product

import numpy as np
import pandas as pd
import pytest

from steps_analysis.disclosure import Cell, Profile, Release

Sets = dict[Cell, set[int]]


def _prints(profile: Profile, count: int, base: int, least: int, seen: object) -> bool:
    """Say whether a count would be printed as it was seen."""
    if seen == profile.marker:
        return count >= least
    if count in profile.hidden_range:
        return False
    if base == 1 or (count == 0 and profile.hidden_up_to):
        return count == seen
    return seen == base * int(np.floor(count / base + 0.5))


class Reader:
    """Someone who reads a release of one table and knows its rule."""

    def __init__(self, release: Release) -> None:
        (self.table,), profile = release.tables, release.profile
        assert profile is not None
        self.profile, self.hides_zeros = profile, release.hides_zeros
        self.page = release.to_frame(self.table.name)
        self.hidden = self.page == profile.marker

    def least(self, row: str, column: str) -> int:
        """Zeros are shown, so 1, except beneath a hidden total that hides them too."""
        over = {(row, "Total"), ("Total", column), ("Total", "Total")} - {(row, column)}
        rows, columns = self.page.index, self.page.columns
        known = [(r, c) for r, c in over if r in rows and c in columns]
        beneath = any(self.hidden.loc[r, c] for r, c in known)
        return 0 if self.hides_zeros and beneath else 1

    def fits(self, row: str, column: str, count: int) -> bool:
        role = "cell" if column != "Total" else "row_total"
        base = self.profile.base("column_total" if row == "Total" else role)
        seen, least = self.page.loc[row, column], self.least(row, column)
        return _prints(self.profile, count, base, least, seen)

    def lines(self, row: str, largest: int) -> list[tuple[int, ...]]:
        """List what one row may be, its total included."""
        values, columns = range(largest + 1), self.table.columns
        choices = [[v for v in values if self.fits(row, c, v)] for c in columns]
        lines = product(*choices)
        if self.table.row_totals:
            return [(*x, sum(x)) for x in lines if self.fits(row, "Total", sum(x))]
        return list(lines)

    def bottom_fits(self, bottom: tuple[int, ...]) -> bool:
        columns = self.table.shown_columns
        return all(map(self.fits, ["Total"] * len(columns), columns, bottom))


def brute_force(release: Release, largest: int) -> Sets:
    """List the values that each cell of a release of one table has in some table."""
    reader = Reader(release)
    table, possible_bottom = reader.table, cache(reader.bottom_fits)
    found: Sets = {cell: set() for cell in table.cells()}
    for grid in product(*(reader.lines(row, largest) for row in table.rows)):
        bottom = tuple(map(sum, zip(*grid, strict=True)))
        if table.column_totals and not possible_bottom(bottom):
            continue
        flat = chain(*grid, bottom if table.column_totals else ())
        for possible, value in zip(found.values(), flat, strict=True):
            possible.add(value)
    return found


@pytest.fixture(scope="session")
def twin() -> Callable[[Release, int], Sets]:
    return brute_force


@pytest.fixture(scope="session")
def frame() -> Callable[..., pd.DataFrame]:
    """Make a table of counts from rows of numbers."""

    def make(*rows: list[int]) -> pd.DataFrame:
        columns = [f"y{j}" for j in range(len(rows[0]))]
        index = [f"B{i}" for i in range(len(rows))]
        return pd.DataFrame(list(rows), index=index, columns=columns)

    return make
