"""How do counts by three characteristics or more become linked tables?"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

import numpy as np
import pandas as pd

from steps_analysis.disclosure.tables import TOTAL, Cell, Table, Terms, table_from
from steps_analysis.errors import DataError, refusal
from steps_analysis.estimates import IntArray


def cube_tables(name: str, counts: pd.Series[int]) -> Iterator[Table]:
    """
    Cut a cube into tables of its first two characteristics, with all margins.

    Parameters
    ----------
    name
        Name of the cube.
    counts
        Counts indexed by three characteristics or more.

    Yields
    ------
    Table
        One for each combination of the further characteristics, then those where one or
        more of them is added up, each linked to tables that came before.

    Raises
    ------
    DataError
        If the index has fewer than three levels or repeats, or counts are no counts.
    """
    if not isinstance(counts, pd.Series) or counts.index.nlevels < 3:
        got = getattr(getattr(counts, "index", None), "nlevels", 0)
        raise DataError(refusal("counts", "be indexed by three levels or more", got))
    if counts.index.has_duplicates:
        rule = "have each combination of labels once"
        n = int(counts.index.duplicated().sum())
        raise DataError(refusal("counts", rule, f"{n} that repeat"))
    labels = [list(dict.fromkeys(level)) for level in zip(*counts.index, strict=True)]
    full = counts.reindex(pd.MultiIndex.from_product(labels), fill_value=0)
    frame = pd.DataFrame({name: full.to_numpy()})
    checked = np.array(table_from(name, frame).counts, dtype=np.int64)
    cube: IntArray = checked.reshape([len(level) for level in labels])
    axes = [[str(label) for label in level] for level in labels]
    if any(TOTAL in level for level in axes):
        hint = "leave totals out: the release computes them"
        rule = f"have no label {TOTAL!r}"
        raise DataError(refusal("counts", rule, TOTAL, hint=hint))
    further = [[*level, TOTAL] if len(level) > 1 else level for level in axes[2:]]
    for where in sorted(product(*further), key=lambda one: one.count(TOTAL)):
        yield _slice(name, axes, cube, where)


def _slice(
    name: str, axes: list[list[str]], cube: IntArray, where: tuple[str, ...]
) -> Table:
    """Make the table of one combination."""
    grid = cube
    for axis, label in reversed(list(enumerate(where, start=2))):
        place = slice(None) if label == TOTAL else [axes[axis].index(label)]
        grid = np.take(grid, np.arange(cube.shape[axis])[place], axis=axis).sum(axis)
    frame = pd.DataFrame(grid, index=axes[0], columns=axes[1])
    title = _title(name, where)
    table = table_from(title, frame)
    if TOTAL not in where:
        return table
    axis = where.index(TOTAL)
    parts = [
        _title(name, (*where[:axis], label, *where[axis + 1 :]))
        for label in axes[axis + 2]
    ]
    links: list[tuple[Cell, Terms]] = [
        (
            Cell(title, row, column),
            tuple((Cell(part, row, column), 1) for part in parts),
        )
        for row in table.rows
        for column in table.columns
    ]
    return Table(
        name=title,
        rows=table.rows,
        columns=table.columns,
        counts=table.counts,
        row_totals=table.row_totals,
        column_totals=table.column_totals,
        links=tuple(links),
    )


def _title(name: str, where: tuple[str, ...]) -> str:
    """Name a table after the labels that are not added up."""
    return ", ".join([name, *(label for label in where if label != TOTAL)])
