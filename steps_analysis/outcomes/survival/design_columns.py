"""Which columns of a design say something that those before them do not?"""

from __future__ import annotations

import numpy as np
import pandas as pd

from steps_analysis.errors import ArgumentError, DataError, refusal
from steps_analysis.estimates import FloatArray
from steps_analysis.outcomes.columns import as_numbers
from steps_analysis.outcomes.doors import Read


def numeric_columns(read: Read, given: object) -> tuple[FloatArray, tuple[str, ...]]:
    """
    Give the covariates as a table of numbers, with names.

    Parameters
    ----------
    read
        Columns that passed the door, covariates among them.
    given
        The covariates as handed to the function, which may name them.

    Returns
    -------
    tuple
        Numbers, shape (n, p), and p names.

    Raises
    ------
    ArgumentError
        If there are none.
    DataError
        If there is no column, or one that holds no numbers.

    Examples
    --------
    >>> read = Read(columns={"covariates": np.array([1, 2])}, names=("age",),
    ...             n_dropped=0)
    >>> numeric_columns(read, None)[1]
    ('age',)
    """
    if "covariates" not in read.columns:
        raise ArgumentError(refusal("covariates", "be given", None))
    x = as_numbers("covariates", read.columns["covariates"])
    x = x[:, None] if x.ndim == 1 else x
    if x.ndim != 2 or x.shape[1] == 0:
        raise DataError(refusal("covariates", "have at least one column", x.shape))
    if read.names:
        return x, read.names
    named = getattr(given, "columns", given)
    if isinstance(named, str):
        named = [named]
    if isinstance(named, (list, pd.Index)) and all(isinstance(k, str) for k in named):
        return x, tuple(named)
    return x, tuple(f"column {j + 1}" for j in range(x.shape[1]))


def independent_columns(design: FloatArray) -> list[int]:
    """
    List the columns that those before them do not determine.

    Parameters
    ----------
    design
        Shape (n, p).

    Returns
    -------
    list of int
        Their positions.

    Examples
    --------
    >>> independent_columns(np.array([[1.0, 2.0, 0.0], [1.0, 2.0, 1.0]]))
    [0, 2]
    """
    kept: list[int] = []
    basis = np.zeros((len(design), 0))
    for j in range(design.shape[1]):
        column = design[:, j]
        rest = column - basis @ (basis.T @ column)
        rest = rest - basis @ (basis.T @ rest)
        length = float(np.linalg.norm(rest))
        if length > 1e-9 * float(np.linalg.norm(column)):
            basis = np.column_stack([basis, rest / length])
            kept.append(j)
    return kept


def spread(values: FloatArray, kept: list[int], width: int) -> FloatArray:
    """
    Put numbers of the columns kept in their places, NaN elsewhere.

    Parameters
    ----------
    values
        Shape (q,) or (q, q).
    kept
        Positions, q of them.
    width
        How many places there are.

    Returns
    -------
    numpy.ndarray
        Shape (width,) or (width, width).

    Examples
    --------
    >>> spread(np.array([3.0]), [1], 2)
    array([nan,  3.])
    """
    full = np.full((width,) * values.ndim, np.nan)
    full[np.ix_(*[kept] * values.ndim)] = values
    return full
