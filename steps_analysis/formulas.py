"""
How does a formula become columns?

``"time + event ~ arm + age"`` names responses on the left and a model on the right.
The left gives columns as they stand (or expressions of them, such as ``cause == 2``);
the right gives either one column of labels or a numeric design matrix without the
intercept, in the treatment coding of `formulaic`. Nothing here knows any statistics.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from steps_analysis.errors import ArgumentError, DataError, did_you_mean, refusal

if TYPE_CHECKING:
    from formulaic import Formula

MissingPolicy = Literal["refuse", "drop"]


@dataclass(frozen=True, slots=True, kw_only=True)
class FormulaColumns:
    """
    What a formula says about a table.

    Attributes
    ----------
    responses
        The terms on the left by what they mean, such as ``"time"``.
    beside
        Further columns asked for, such as ``"stratum"``, of the same rows.
    table
        The rows kept, under a fresh index.
    n_dropped
        How many rows were left out because a column used is missing there.
    formula
        The formula as written.
    """

    responses: dict[str, npt.NDArray[np.generic]]
    beside: dict[str, npt.NDArray[np.generic]]
    table: pd.DataFrame
    n_dropped: int
    formula: str

    def labels(self) -> npt.NDArray[np.generic] | None:
        """
        Read the right side as one column of labels.

        Returns
        -------
        numpy.ndarray or None
            The column, or None where the right side is ``1``.

        Raises
        ------
        ArgumentError
            If the right side names more than one column.
        """
        names = _terms(_parse(self.formula), "rhs")
        if not names:
            return None
        if len(names) > 1:
            rule = "name one column on the right, or 1"
            raise ArgumentError(refusal("formula", rule, self.formula))
        return _evaluate(names[0], self.table)

    def design(self) -> pd.DataFrame:
        """
        Build the numeric design of the right side.

        Returns
        -------
        pandas.DataFrame
            One numeric column per coefficient, without the intercept.

        Raises
        ------
        ArgumentError
            If `formulaic` cannot evaluate the right side.
        """
        plain = _numeric_columns(_terms(_parse(self.formula), "rhs"), self.table)
        if plain is not None:
            return plain
        from formulaic import model_matrix
        from formulaic.errors import FormulaicError

        right = self.formula.split("~", maxsplit=1)[1]
        try:
            matrix = model_matrix(right, self.table, context=None)
        except (FormulaicError, TypeError, ValueError, SyntaxError) as error:
            # what follows " [" quotes the values the column holds
            is_ours = isinstance(error, FormulaicError)
            hint = str(error).split(" [")[0] if is_ours else None
            rule = "have a right side that can be evaluated"
            message = refusal("formula", rule, self.formula, hint=hint)
            raise ArgumentError(message) from None
        frame = pd.DataFrame(matrix)
        return frame.drop(columns="Intercept", errors="ignore").astype(np.float64)


def read_formula(
    formula: str,
    data: pd.DataFrame,
    *,
    responses: Sequence[str],
    optional: Sequence[str] = (),
    beside: Mapping[str, object] | None = None,
    missing: MissingPolicy = "refuse",
) -> FormulaColumns:
    """
    Read the columns a formula names from a table.

    Parameters
    ----------
    formula
        Such as ``"time + event ~ arm + age"``.
    data
        The table, one row per participant or spell.
    responses
        What the terms on the left mean, in order; their number is checked.
    optional
        What terms before those mean, where there are more, such as ``"entry"``.
    beside
        Further columns under the names they shall have: a column name, several, or an
        array with one row per row of `data`; a None is left out.
    missing
        ``"refuse"`` a missing value, or ``"drop"`` its row and count it.

    Returns
    -------
    FormulaColumns
        The responses, and the table for the right side.

    Raises
    ------
    ArgumentError
        If the formula has no ``~``, a wrong number of responses, or an unknown column.
    DataError
        If a value is missing and `missing` is ``"refuse"``, or an array has another
        number of rows than `data`.

    Notes
    -----
    Missing values are looked for in the columns the formula names, before any coding:
    a missing category would otherwise turn silently into the reference category.

    Examples
    --------
    >>> table = pd.DataFrame({"time": [3.0, 5.0], "event": [True, False],
    ...                       "arm": ["MAU", "MST-PSB"]})
    >>> parts = read_formula("time + event ~ arm", table, responses=("time", "event"))
    >>> parts.design()
       arm[T.MST-PSB]
    0             0.0
    1             1.0
    >>> [str(label) for label in parts.labels()]
    ['MAU', 'MST-PSB']
    """
    parsed = _parse(formula)
    left = _terms(parsed, "lhs")
    names = [*optional, *responses][-len(left) :]
    if not len(responses) <= len(left) <= len(responses) + len(optional):
        rule = f"have {' + '.join(responses)} on the left"
        raise ArgumentError(refusal("formula", rule, formula))
    used = sorted(map(str, parsed.required_variables))
    _check_names(used, data)
    extra = {
        name: _beside(name, given, data)
        for name, given in (beside or {}).items()
        if given is not None
    }
    keep = _complete(data[used], extra, missing)
    table = data.loc[keep].reset_index(drop=True)
    return FormulaColumns(
        responses={
            name: _evaluate(term, table) for name, term in zip(names, left, strict=True)
        },
        beside={name: array[keep] for name, array in extra.items()},
        table=table,
        n_dropped=int(np.sum(~keep)),
        formula=formula,
    )


def _beside(name: str, given: object, data: pd.DataFrame) -> npt.NDArray[np.generic]:
    """Fetch a column given by name, by names, or as an array."""
    if isinstance(given, str):
        _check_names([given], data)
        return np.asarray(data[given])
    if isinstance(given, list) and set(map(str, given)) <= set(data.columns):
        return np.asarray(data[given])
    array: npt.NDArray[np.generic] = np.asarray(given)
    if array.ndim == 0 or len(array) != len(data):
        got = "a single value" if array.ndim == 0 else len(array)
        rule = f"have {len(data)} rows like `data`"
        raise DataError(refusal(name, rule, got))
    return array


def _complete(
    table: pd.DataFrame,
    extra: Mapping[str, npt.NDArray[np.generic]],
    missing: MissingPolicy,
) -> npt.NDArray[np.bool_]:
    """Find the rows without a missing value, or refuse those with one."""
    is_missing = table.isna()
    for name, array in extra.items():
        cells = np.asarray(pd.isna(array), dtype=bool)
        rows = cells if cells.ndim == 1 else np.any(cells, axis=1)
        is_missing[f"`{name}`"] = pd.Series(rows, index=table.index)
    incomplete = is_missing.any(axis="columns").to_numpy(bool)
    if incomplete.any() and missing != "drop":
        names = ", ".join(map(str, is_missing.columns[is_missing.any()]))
        hint = 'missing="drop" leaves those rows out and counts them'
        got = f"{int(incomplete.sum())} rows with one"
        rule = f"have no missing values in {names}"
        raise DataError(refusal("data", rule, got, hint=hint))
    return ~incomplete


@lru_cache(maxsize=256)
def _parse(formula: str) -> Formula:
    """Parse a formula of two sides."""
    from formulaic import Formula
    from formulaic.errors import FormulaicError

    try:
        parsed = Formula(formula)
    except (FormulaicError, SyntaxError) as error:
        rule = "be of the form 'time + event ~ arm'"
        raise ArgumentError(refusal("formula", rule, formula)) from error
    if not hasattr(parsed, "lhs"):
        rule = "have responses, ~, and a model"
        raise ArgumentError(refusal("formula", rule, formula))
    return parsed


def _terms(parsed: Formula, side: str) -> list[str]:
    """List the terms of one side as text, without intercept."""
    return [str(term) for term in getattr(parsed, side) if str(term) not in {"0", "1"}]


def _numeric_columns(terms: Sequence[str], table: pd.DataFrame) -> pd.DataFrame | None:
    """Take a right side of numeric columns alone as it stands: it needs no coding."""
    is_plain = terms and all(
        term.isidentifier()
        and term in table.columns
        and table[term].dtype.kind in "iufb"
        for term in terms
    )
    return table[list(terms)].astype(np.float64) if is_plain else None


def _check_names(names: Sequence[str], data: pd.DataFrame) -> None:
    """Refuse a name that is no column, with the closest one."""
    for name in names:
        if name not in data.columns:
            hint = did_you_mean(name, map(str, data.columns))
            rule = "name columns of `data`"
            raise ArgumentError(refusal("formula", rule, name, hint=hint))


def _evaluate(term: str, table: pd.DataFrame) -> npt.NDArray[np.generic]:
    """Read a column, or evaluate an expression of columns."""
    if term in table.columns:
        return np.asarray(table[term])
    return np.asarray(table.eval(term.strip("{}"), engine="python"))
