"""Which tables might we have seen, had nothing been missing?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

import numpy as np
import numpy.typing as npt
import pandas as pd

from steps_analysis.errors import ArgumentError, DataError, refusal
from steps_analysis.estimates import FloatArray
from steps_analysis.outcomes.columns import Groups, as_groups, as_numbers, check_choice
from steps_analysis.outcomes.doors import complete_rows
from steps_analysis.outcomes.missing_data.imputation_draws import DRAWS, n_needed
from steps_analysis.randomness import Stream, check_seed, generator


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Imputations:
    """
    Several completed copies of a table.

    Attributes
    ----------
    tables
        The copies, each with the rows, columns and index of the table given; empty
        where `not_estimable`.
    arm
        The arms' labels, shape (n,).
    missing
        Where values were missing, as a table of true and false.
    methods
        Column to how it was imputed.
    method
        All that in words.
    not_estimable
        None, or why nothing could be imputed.
    """

    tables: tuple[pd.DataFrame, ...]
    arm: npt.NDArray[np.generic]
    missing: pd.DataFrame
    methods: Mapping[str, str]
    method: str
    not_estimable: str | None


def impute_by_arm(
    table: pd.DataFrame,
    arm: npt.ArrayLike,
    *,
    methods: Mapping[str, str] | None = None,
    n_imputations: int = 20,
    n_cycles: int = 10,
    seed: int,
) -> Imputations:
    """
    Impute scores and yes-or-no outcomes several times, within each arm.

    Parameters
    ----------
    table
        Numeric columns, one row per participant, NaN where missing: outcomes, and
        whatever predicts them or their absence.
    arm
        Arm labels, shape (n,); none missing.
    methods
        Column to ``"normal"``, ``"predictive-mean"`` or ``"logistic"``; columns not
        named: logistic where they hold 0 and 1 only, otherwise predictive mean.
    n_imputations
        How many copies, at least 2; as many as there are per cent missing is common.
    n_cycles
        How often each column is drawn anew where several have missing values.
    seed
        Whole number; imputation i of an arm has a stream of its own.

    Returns
    -------
    Imputations
        The completed tables. Where an arm has too few values of a column to impute
        from, there are none, and `not_estimable` says so.

    Raises
    ------
    ArgumentError
        If a method or column is unknown, or a number is too small.
    DataError
        If the table has no rows, holds what is no number, or an arm is missing.

    Notes
    -----
    Chained equations [1]_, apart for every arm, so that nothing is assumed alike in the
    arms. Each column with missing values, those with fewest first, is drawn given all
    others: from a Bayesian linear model (normal), from the five seen with the nearest
    predictions (predictive mean, matching on one drawn set of coefficients), or from a
    logistic model held finite by weak pseudo-observations [2]_. Right where values are
    missing at random given the columns of the table. As ``mice``, by arm, with
    ``"norm"``, ``"pmm"`` and ``"logreg"``; draws differ. The weights of the
    pseudo-observations are from memory of [2]_.

    References
    ----------
    .. [1] White, I. R., Royston, P. and Wood, A. M. (2011), Statistics in Medicine 30,
       377-399.
    .. [2] White, I. R., Daniel, R. and Royston, P. (2010), Computational Statistics and
       Data Analysis 54, 2267-2275.

    Examples
    --------
    Nobody in arm "a" was placed but the one not seen might have been:

    >>> table = pd.DataFrame({"placed": [0, 0, 0, np.nan, 1, 0, 1, 1.0]})
    >>> found = impute_by_arm(table, ["a"] * 4 + ["b"] * 4, n_imputations=2, seed=1)
    >>> [len(one.dropna()) for one in found.tables]
    [8, 8]
    """
    check_seed(seed)
    for name, number, least in (
        ("n_imputations", n_imputations, 2),
        ("n_cycles", n_cycles, 1),
    ):
        if not isinstance(number, int | np.integer) or number < least:
            rule = f"be a whole number, at least {least}"
            raise ArgumentError(refusal(name, rule, number))
    values = _numbers(table)
    kept, _ = complete_rows({"table": np.arange(len(table)), "arm": arm})
    groups = as_groups(kept["arm"], n=len(values))
    chosen = _methods(table, values, methods or {})
    missing = np.isnan(values)
    words = _words(chosen, n_imputations, n_cycles)
    result = Imputations(
        tables=(),
        arm=kept["arm"],
        missing=pd.DataFrame(missing, index=table.index, columns=table.columns),
        methods=MappingProxyType(chosen),
        method=words,
        not_estimable=_reason(values, groups, chosen),
    )
    if result.not_estimable:
        return result
    methods_by_place = [chosen.get(str(name), "") for name in table.columns]
    tables = []
    for i in range(n_imputations):
        filled = values.copy()
        for code in range(len(groups.labels)):
            rows = groups.code == code
            rng = generator(seed, Stream.IMPUTATIONS, i, code)
            filled[rows] = _chain(filled[rows], methods_by_place, n_cycles, rng)
        tables.append(pd.DataFrame(filled, index=table.index, columns=table.columns))
    return replace(result, tables=tuple(tables))


def _numbers(table: pd.DataFrame) -> FloatArray:
    """Check the table and give its numbers, NaN where missing."""
    if not len(table) or not len(table.columns):
        raise DataError(refusal("table", "have rows and columns", table.shape))
    if not table.columns.is_unique:
        raise DataError(refusal("table", "name each column once", len(table.columns)))
    columns = []
    for name in table.columns:
        column = table[name]
        seen = column.notna().to_numpy()
        values = np.full(len(table), np.nan)
        values[seen] = as_numbers(str(name), column[seen].to_numpy())
        columns.append(values)
    return np.column_stack(columns)


def _methods(
    table: pd.DataFrame, values: FloatArray, given: Mapping[str, str]
) -> dict[str, str]:
    """Choose how each column with missing values is imputed."""
    names = list(map(str, table.columns))
    for name, method in given.items():
        check_choice("methods", name, tuple(names))
        check_choice("methods", method, tuple(DRAWS))
    chosen = {}
    for j, name in enumerate(names):
        column = values[:, j]
        seen = column[~np.isnan(column)]
        is_binary = bool(np.all((seen == 0) | (seen == 1)))
        method = given.get(name, "logistic" if is_binary else "predictive-mean")
        if method == "logistic" and not is_binary:
            rule = "be another than logistic where values are not 0 and 1"
            raise ArgumentError(refusal("methods", rule, name))
        if len(seen) < len(column):
            chosen[name] = method
    return chosen


def _reason(
    values: FloatArray, groups: Groups, chosen: Mapping[str, str]
) -> str | None:
    """Say why a column cannot be imputed."""
    missing = np.isnan(values)
    incomplete = np.flatnonzero(missing.any(axis=0))
    for place, (name, method) in zip(incomplete, chosen.items(), strict=True):
        for code, label in enumerate(groups.labels):
            rows = groups.code == code
            n_seen = int(np.sum(~missing[rows, place]))
            needed = n_needed(method, values.shape[1] - 1)
            if missing[rows, place].any() and n_seen < needed:
                return f"arm {label} has too few values of {name} ({n_seen})"
    return None


def _chain(
    values: FloatArray, methods: list[str], n_cycles: int, rng: np.random.Generator
) -> FloatArray:
    """Fill one arm's rows."""
    missing = np.isnan(values)
    order = [
        j for j in np.argsort(missing.sum(axis=0), kind="stable") if missing[:, j].any()
    ]
    filled = values.copy()
    for j in order:
        seen = values[~missing[:, j], j]
        filled[missing[:, j], j] = rng.choice(seen, int(missing[:, j].sum()))
    for _ in range(n_cycles if len(order) > 1 else 1):
        for j in order:
            seen = ~missing[:, j]
            others = np.delete(filled, j, axis=1)
            filled[~seen, j] = DRAWS[methods[j]](filled[:, j], others, seen, rng)
    return filled


def _words(chosen: Mapping[str, str], n_imputations: int, n_cycles: int) -> str:
    """Describe the imputation."""
    columns = ", ".join(f"{name} {method}" for name, method in chosen.items())
    cycles = f", {n_cycles} cycles" if len(chosen) > 1 else ""
    what = columns or "nothing was missing"
    return f"{n_imputations} imputations by arm (chained equations{cycles}): {what}"
