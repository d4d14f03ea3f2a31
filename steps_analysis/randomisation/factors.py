"""Each participant's levels, as the codes a procedure works with."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd

from steps_analysis.errors import DataError, did_you_mean, refusal
from steps_analysis.estimates import IntArray
from steps_analysis.randomisation.procedures import Procedure

Factors: TypeAlias = pd.DataFrame | npt.NDArray[np.integer] | None
"""A table with the procedure's factors as columns, or level codes (n, factors)."""


def factor_names(procedure: Procedure) -> tuple[str, ...]:
    """
    Name the factors a procedure looks at.

    Parameters
    ----------
    procedure
        Any procedure.

    Returns
    -------
    tuple of str
        The names; empty for a restricted procedure.

    Examples
    --------
    >>> from steps_analysis.randomisation import BigStick, Minimisation
    >>> factor_names(Minimisation(["site", "sex"])), factor_names(BigStick(3))
    (('site', 'sex'), ())
    """
    names: tuple[str, ...] = getattr(procedure, "factors", ())
    return names


def level_codes(procedure: Procedure, factors: Factors, *, n: int) -> IntArray:
    """
    Code every participant's level of every factor of a procedure.

    Parameters
    ----------
    procedure
        The procedure whose factors are wanted.
    factors
        A table with one row per participant in order of allocation; columns the
        procedure does not name are ignored, but for ``family_id``: the family is the
        unit, and must not stand there twice. Or whole numbers, shape (n, factors), in
        the order of ``procedure.factors``. None for a restricted procedure.
    n
        How many participants there must be.

    Returns
    -------
    numpy.ndarray
        Codes from 0 per factor, shape (n, factors); labels and their order are
        forgotten, so no result can depend on them.

    Raises
    ------
    DataError
        If a factor is absent, stands there twice or has missing values, a family
        stands there twice, or there are not `n` rows.

    Examples
    --------
    >>> from steps_analysis.randomisation import Minimisation
    >>> table = pd.DataFrame({"site": ["Southwark", "Borough A"], "sex": ["f", "f"]})
    >>> level_codes(Minimisation(["site", "sex"]), table, n=2)
    array([[1, 0],
           [0, 0]])
    """
    names = factor_names(procedure)
    if not names and (factors is None or isinstance(factors, pd.DataFrame)):
        return np.empty((n, 0), dtype=np.int64)
    columns = _columns(factors, names)
    if columns.shape != (n, len(names)):
        rule = f"have one row for each of {n} participants and {len(names)} columns"
        raise DataError(refusal("factors", rule, columns.shape))
    if not names:
        return np.empty((n, 0), dtype=np.int64)
    coded = [pd.factorize(column, sort=True)[0] for column in columns.T]
    return np.column_stack([np.asarray(code, dtype=np.int64) for code in coded])


def _columns(factors: Factors, names: tuple[str, ...]) -> npt.NDArray[np.generic]:
    """Read the columns named as levels; codes pass as they are."""
    if isinstance(factors, pd.DataFrame):
        return _named_columns(factors, names)
    codes = np.asarray(factors)
    if factors is None or codes.ndim != 2 or codes.dtype.kind not in "iu":
        rule = "be a table with the procedure's factors, or whole numbers (n, factors)"
        given = "None" if factors is None else f"{codes.dtype} of shape {codes.shape}"
        raise DataError(refusal("factors", rule, given))
    return codes


def _named_columns(
    table: pd.DataFrame, names: tuple[str, ...]
) -> npt.NDArray[np.generic]:
    """Read the factor columns as text; refuse what is absent, missing or double."""
    _refuse_a_family_twice(table)
    for name in names:
        if name not in table.columns:
            hint = did_you_mean(name, map(str, table.columns))
            rule = f"have a column '{name}'"
            raise DataError(refusal("factors", rule, list(table.columns), hint=hint))
        if list(table.columns).count(name) > 1:
            rule = f"have one column '{name}' (a factor twice would count twice)"
            raise DataError(refusal("factors", rule, list(table.columns)))
    _refuse_missing(table.loc[:, list(names)])
    return table.loc[:, list(names)].astype(str).to_numpy(dtype=object)


def _refuse_missing(factors: pd.DataFrame) -> None:
    """Refuse a table in which a level is missing."""
    for name, column in factors.items():
        n_missing = int(column.isna().sum())
        if n_missing:
            rule = "be known for every participant before allocation"
            raise DataError(refusal(str(name), rule, f"{n_missing} missing"))


def check_people(people: pd.DataFrame) -> pd.DataFrame:
    """
    Refuse a table of factors in which a level is missing or a family stands twice.

    Parameters
    ----------
    people
        One row per participant; every column is a factor, but for ``family_id``.

    Returns
    -------
    pandas.DataFrame
        The factors only.

    Raises
    ------
    DataError
        If it is refused.

    Examples
    --------
    >>> table = pd.DataFrame({"family_id": ["F1", "F2"], "sex": ["male", "female"]})
    >>> check_people(table).columns.tolist()
    ['sex']
    """
    _refuse_a_family_twice(people)
    factors = people.drop(columns="family_id", errors="ignore")
    _refuse_missing(factors)
    return factors


def _refuse_a_family_twice(table: pd.DataFrame) -> None:
    """Refuse a table that says which family a row is, and has a second row of one."""
    if "family_id" not in table.columns:
        return
    n_more = int(table["family_id"].dropna().duplicated().sum())
    if n_more:
        rule = "stand in one row each: families are allocated, not their children"
        hint = "keep the index child of each"
        raise DataError(refusal("family_id", rule, f"{n_more} more rows", hint=hint))
