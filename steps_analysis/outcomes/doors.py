"""
Are these columns complete, and where do they come from?

The one door of the package: arrays, or a formula with its table, come in; columns of
one length without missing values come out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from steps_analysis.errors import ArgumentError, DataError, refusal
from steps_analysis.estimates import BoolArray
from steps_analysis.formulas import MissingPolicy, read_formula
from steps_analysis.outcomes.columns import Column, check_choice

_MAY_BE_TABLES = ("covariates", "stratum", "cluster", "censoring", "table")


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """
    Columns that passed the door.

    Attributes
    ----------
    columns
        Name to array, all of one length and without missing values.
    names
        Names of the columns of ``"covariates"``.
    n_dropped
        How many rows were left out.
    """

    columns: dict[str, Column]
    names: tuple[str, ...]
    n_dropped: int

    @property
    def n(self) -> int:
        """
        Count the rows.

        Returns
        -------
        int
            Their number.
        """
        return len(next(iter(self.columns.values())))

    @property
    def note(self) -> str:
        """
        Say how many rows were left out.

        Returns
        -------
        str
            Words for a result's `method`; empty where there are none.
        """
        return dropped_note(self.n_dropped)


def complete_rows(
    columns: Mapping[str, object], *, missing: MissingPolicy = "refuse"
) -> tuple[dict[str, Column], int]:
    """
    Give columns of equal length without missing values.

    Parameters
    ----------
    columns
        Name to array-like of shape (n,) or (n, p); a None is left out.
    missing
        ``"refuse"`` a missing value, or ``"drop"`` its row from every column.

    Returns
    -------
    dict
        Name to array, all of one length.
    int
        How many rows were left out.

    Raises
    ------
    ArgumentError
        If `missing` is neither word, or no column is given.
    DataError
        If lengths differ, no row is left, or a value is missing and refused.

    Examples
    --------
    >>> kept, n_dropped = complete_rows({"time": [1.0, np.nan]}, missing="drop")
    >>> kept["time"], n_dropped
    (array([1.]), 1)
    """
    check_choice("missing", missing, ("refuse", "drop"))
    arrays = {k: _as_array(k, v) for k, v in columns.items() if v is not None}
    if not arrays:
        raise ArgumentError(refusal(next(iter(columns)), "be given", None))
    _check_lengths(arrays)
    is_missing = {name: _missing_rows(array) for name, array in arrays.items()}
    for name, rows in is_missing.items():
        if rows.any() and missing == "refuse":
            hint = 'missing="drop" leaves those rows out and counts them'
            got = f"{int(rows.sum())} missing"
            raise DataError(refusal(name, "have no missing values", got, hint=hint))
    drop = np.logical_or.reduce(list(is_missing.values()))
    kept = {name: array[~drop] for name, array in arrays.items()}
    if not len(next(iter(kept.values()))):
        raise DataError(refusal(next(iter(kept)), "have at least one row", 0))
    return kept, int(drop.sum())


def read_columns(
    given: Mapping[str, object],
    *,
    right: str,
    data: pd.DataFrame | None = None,
    missing: MissingPolicy = "refuse",
    responses: tuple[str, ...] = ("time", "event"),
) -> Read:
    """
    Take columns from arrays, or from a formula and its table.

    Parameters
    ----------
    given
        Name to array-like; the first response may be a formula instead.
    right
        What the right side of a formula is: ``"nothing"`` (1), ``"arm"`` (one column of
        labels) or ``"covariates"`` (a design).
    data
        The table a formula speaks of.
    missing
        ``"refuse"`` a missing value, or ``"drop"`` its row.
    responses
        What the terms on the left of a formula mean; an ``entry`` may stand before.

    Returns
    -------
    Read
        The columns.

    Raises
    ------
    ArgumentError
        If a formula comes without table, a table without formula, or a column that
        the formula names beside it.
    DataError
        If lengths differ or a value is missing and refused.

    Examples
    --------
    >>> table = pd.DataFrame({"t": [1.0, 2.0], "e": [1, 0], "arm": ["a", "b"]})
    >>> given = {"time": "t + e ~ arm", "event": None, "arm": None}
    >>> sorted(read_columns(given, right="arm", data=table).columns)
    ['arm', 'event', 'time']
    """
    check_choice("missing", missing, ("refuse", "drop"))
    formula = given[responses[0]]
    if not isinstance(formula, str):
        needed = (*responses, "arm") if right == "arm" else responses
        _refuse_stray_table(data, given, needed)
        kept, n_dropped = complete_rows(given, missing=missing)
        names = _column_names(given.get("covariates"), kept.get("covariates"))
        return Read(columns=kept, names=names, n_dropped=n_dropped)
    spoken = {*responses, right}
    _refuse_beside({k: v for k, v in given.items() if k in spoken - {responses[0]}})
    if not isinstance(data, pd.DataFrame):
        rule = "be given with a formula" if data is None else "be a DataFrame"
        got = None if data is None else type(data).__name__
        raise ArgumentError(refusal("data", rule, got))
    read = read_formula(
        formula,
        data,
        responses=responses,
        optional=("entry",),
        beside={k: v for k, v in given.items() if k not in spoken},
        missing=missing,
    )
    columns: dict[str, Column] = {**read.responses, **read.beside}
    if not len(read.table):
        raise DataError(refusal("data", "have at least one complete row", 0))
    if right == "covariates":
        design = read.design()
        columns[right] = design.to_numpy()
        names = tuple(map(str, design.columns))
        return Read(columns=columns, names=names, n_dropped=read.n_dropped)
    labels = read.labels()
    if (labels is None) != (right == "nothing"):
        rule = "have 1 on the right" if right == "nothing" else "name the arm"
        raise ArgumentError(refusal("formula", rule, formula))
    if labels is not None:
        columns[right] = labels
    return Read(columns=columns, names=(), n_dropped=read.n_dropped)


def dropped_note(n_dropped: int) -> str:
    """
    Say how many rows were left out, for a result's `method`.

    Parameters
    ----------
    n_dropped
        How many.

    Returns
    -------
    str
        The words, empty where there are none.

    Examples
    --------
    >>> dropped_note(2)
    '; 2 rows with missing values left out'
    """
    rows = "row" if n_dropped == 1 else "rows"
    return f"; {n_dropped} {rows} with missing values left out" if n_dropped else ""


def _refuse_stray_table(
    data: pd.DataFrame | None, given: Mapping[str, object], needed: tuple[str, ...]
) -> None:
    """Refuse a table without formula, and arrays that are not there."""
    if data is not None:
        hint = 'write the columns as a formula: "time + event ~ arm"'
        raise ArgumentError(refusal("data", "come with a formula", "arrays", hint=hint))
    for name in needed:
        if given[name] is None:
            raise ArgumentError(refusal(name, "be given", None))


def _refuse_beside(spoken: Mapping[str, object]) -> None:
    """Refuse columns beside a formula that speaks of them."""
    for name, column in spoken.items():
        if column is not None:
            rule = "not be given beside a formula, which names it"
            raise ArgumentError(refusal(name, rule, type(column).__name__))


def _column_names(given: object, kept: Column | None) -> tuple[str, ...]:
    """Name the columns of a table of covariates."""
    if kept is None:
        return ()
    named = getattr(given, "columns", None)
    if named is None:
        named = [getattr(given, "name", None)] if kept.ndim == 1 else []
    if len(named) and named[0] is not None:
        return tuple(map(str, named))
    width = 1 if kept.ndim == 1 else kept.shape[1]
    return tuple(f"column {j + 1}" for j in range(width))


def _check_lengths(arrays: Mapping[str, Column]) -> None:
    """Refuse scalars, arrays of different length, and tables where one column goes."""
    first, n = "", -1
    for name, array in arrays.items():
        if array.ndim == 0:
            raise DataError(refusal(name, "be an array", "a single value"))
        most = 2 if name in _MAY_BE_TABLES else 1
        if array.ndim > most:
            rule = f"have {'one dimension' if most == 1 else 'one or two dimensions'}"
            raise DataError(refusal(name, rule, array.ndim))
        if n < 0:
            first, n = name, len(array)
        if len(array) != n:
            rule = f"have {n} rows like `{first}`"
            raise DataError(refusal(name, rule, len(array)))


def _as_array(name: str, column: object) -> Column:
    """Give an array in which what was masked is missing."""
    if not isinstance(column, np.ma.MaskedArray):
        try:
            return np.asarray(column)
        except ValueError as error:  # rows of different length
            got = type(column).__name__
            raise DataError(refusal(name, "be an array", got)) from error
    array = np.array(column.data, dtype=object)
    array[np.ma.getmaskarray(column)] = None
    return array


def _missing_rows(array: Column) -> BoolArray:
    """Find the rows with a missing value."""
    cells: BoolArray = np.asarray(pd.isna(array), dtype=np.bool_)
    rows: BoolArray = np.any(cells, axis=tuple(range(1, cells.ndim)))
    return rows
