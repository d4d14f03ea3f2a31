"""From a file to a checked table: columns typed, faults named with their lines."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from steps_analysis.trial_data.cells import Refused, cell_reader
from steps_analysis.trial_data.contract import NEVER_EMPTY
from steps_analysis.trial_data.fields import Field, Kind, TableRule
from steps_analysis.trial_data.headers import match_header
from steps_analysis.trial_data.problems import Problem, found
from steps_analysis.trial_data.raw_table import RawTable, read_raw


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedTable:
    """
    A table as far as it could be read.

    Attributes
    ----------
    rule
        Its contract.
    frame
        Its columns under their names in the contract; a refused cell is missing.
    lines
        The line of each row, shape (rows,).
    names
        Name in the contract to the name the file uses.
    doubtful
        Columns with a refused cell.
    is_whole
        Whether no row was left out.
    """

    rule: TableRule
    frame: pd.DataFrame
    lines: npt.NDArray[np.int64]
    names: Mapping[str, str]
    doubtful: frozenset[str]
    is_whole: bool

    def is_certain(self, column: str) -> bool:
        """
        Say whether a value not found in a column is surely not in the file.

        Parameters
        ----------
        column
            The column's name in the contract.

        Returns
        -------
        bool
            Whether no row was left out and no cell of the column refused.
        """
        return self.is_whole and column in self.names and column not in self.doubtful


def read_table(
    path: Path,
    rule: TableRule,
    mapping: Mapping[str, str],
    cutoff: date | None,
    listed: Collection[str] = (),
) -> tuple[CheckedTable | None, list[Problem]]:
    """
    Read and check one file by itself.

    Parameters
    ----------
    path
        The file.
    rule
        Its contract.
    mapping
        Names of columns as found to names of the contract.
    cutoff
        The extract date, None where unknown.
    listed
        Columns that ``datapackage.json`` says it has.

    Returns
    -------
    table : CheckedTable or None
        The table; None where it cannot be read as one.
    problems : list of Problem
        Everything wrong with it.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    """
    raw, problems = read_raw(path)
    if raw is None:
        return None, problems
    table, about_table = check_table(raw, rule, mapping, cutoff, listed)
    return table, problems + about_table


def check_table(
    raw: RawTable,
    rule: TableRule,
    mapping: Mapping[str, str],
    cutoff: date | None,
    listed: Collection[str] = (),
) -> tuple[CheckedTable | None, list[Problem]]:
    """
    Check a table's header and cells, wherever their text was read.

    Parameters
    ----------
    raw
        The cells as text, each row with its line.
    rule
        The table's contract.
    mapping
        Names of columns as found to names of the contract.
    cutoff
        The extract date, None where unknown.
    listed
        Columns that it is said to have.

    Returns
    -------
    table : CheckedTable or None
        The table; None where no column is recognised.
    problems : list of Problem
        Everything wrong with it, under the name of the contract's file.
    """
    positions, problems = match_header(raw, rule, mapping, listed)
    if not positions:
        return None, problems
    empty = rule.name in NEVER_EMPTY and raw.is_whole and not len(raw.lines)
    about_rows = [found(rule.file, None, "hold at least one row")] if empty else []
    table, about_cells = _checked(raw, rule, positions, cutoff)
    return table, [*about_rows, *problems, *about_cells, *_repeats(table)]


def _checked(
    raw: RawTable, rule: TableRule, positions: Mapping[str, int], cutoff: date | None
) -> tuple[CheckedTable, list[Problem]]:
    """Type every column, and collect what is wrong in each."""
    fields = [field for field in rule.fields if field.name in positions]
    columns: dict[str, Any] = {}
    problems: list[Problem] = []
    doubtful = set()
    for field in fields:
        texts = raw.columns[positions[field.name]]
        values, wrong = typed_column(field, texts, cutoff)
        columns[field.name] = values
        for refused, rows in wrong.items():
            doubtful.add(field.name)
            header = raw.header[positions[field.name]]
            lines = raw.lines[rows].tolist()
            problems.append(
                found(rule.file, header, refused.rule, hint=refused.hint, lines=lines)
            )
    table = CheckedTable(
        rule=rule,
        frame=pd.DataFrame(columns),
        lines=raw.lines,
        names={field.name: raw.header[positions[field.name]] for field in fields},
        doubtful=frozenset(doubtful),
        is_whole=raw.is_whole,
    )
    return table, problems


def typed_column(
    field: Field, texts: Sequence[str], cutoff: date | None
) -> tuple[Any, dict[Refused, npt.NDArray[np.int64]]]:
    """
    Turn a column's texts into values; each distinct text is read once.

    Parameters
    ----------
    field
        The column's contract.
    texts
        Its cells, shape (n,); an empty text is a missing value.
    cutoff
        The extract date, None where unknown.

    Returns
    -------
    values : array
        The typed values, shape (n,): ``object``, ``datetime64[ns]``, ``Int64``,
        ``float64`` or ``boolean``.
    wrong : dict
        What is wrong to the rows it is wrong in.

    Examples
    --------
    >>> field = Field(name="contacts", kind="whole", title="sessions held", minimum=0)
    >>> values, wrong = typed_column(field, ["4", "", "-1"], None)
    >>> values.tolist(), [(one.rule, rows.tolist()) for one, rows in wrong.items()]
    ([4, <NA>, <NA>], [('be at least 0', [2])])
    """
    place, distinct = _distinct(texts)
    read = cell_reader(field, cutoff)
    empty = Refused("be given") if field.required else None
    results = [read(text) if text else empty for text in distinct]
    wrong: dict[Refused, list[int]] = {}
    for i, result in enumerate(results):
        if isinstance(result, Refused):
            wrong.setdefault(result, []).append(i)
    values = [None if isinstance(value, Refused) else value for value in results]
    rows = {
        refused: np.flatnonzero(np.isin(place, which))
        for refused, which in wrong.items()
    }
    return _typed(field.kind, values)[place], rows


def _distinct(texts: Sequence[str]) -> tuple[npt.NDArray[np.intp], list[str]]:
    """
    Give each text's place among the distinct ones, and those.

    ``pandas.factorize`` takes texts for one that differ only after a nought byte.
    """
    distinct = list(dict.fromkeys(texts))
    place = {text: i for i, text in enumerate(distinct)}
    return np.fromiter(map(place.__getitem__, texts), np.intp, len(texts)), distinct


def _typed(kind: Kind, values: list[Any]) -> Any:
    """Make an array of a kind's type, None being missing."""
    if kind in ("whole", "yes_no"):
        return pd.array(values, dtype="Int64" if kind == "whole" else "boolean")
    if kind == "date":
        return np.array(values, dtype="datetime64[D]").astype("datetime64[ns]")
    if kind == "number":
        return np.array(values, dtype=np.float64)
    filled = np.empty(len(values), dtype=object)
    filled[:] = [np.nan if value is None else value for value in values]
    return filled


def _repeats(table: CheckedTable) -> list[Problem]:
    """Refuse rows whose key, or all of whose cells, stand in an earlier row."""
    key = list(table.rule.key)
    if not set(key) <= set(table.names) or (not key and table.doubtful):
        return []
    if not table.frame.duplicated(subset=key or None).any():
        return []  # the rule for nearly every table, and cheaper than what follows
    known = table.frame[key].dropna() if key else table.frame
    again = known.index[known.duplicated()]
    if not len(again):
        return []  # a missing key repeats nothing
    hint = None
    if len(again) == 1:
        first = known.index[known.duplicated(keep=False)][0]
        hint = f"line {table.lines[first]} has the same"
    columns = ", ".join(table.names[name] for name in key) or None
    lines = table.lines[again].tolist()
    rule = "not repeat an earlier row"
    return [found(table.rule.file, columns, rule, hint=hint, lines=lines)]
