"""Covariates on one scale: how unlike are two participants, or two clusters?"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd

from steps_analysis.errors import DataError, refusal
from steps_analysis.estimates import FloatArray

Covariates: TypeAlias = npt.ArrayLike | pd.DataFrame | None
"""One row per participant or cluster; None only for a design that looks at none."""


def whitened(covariates: Covariates) -> FloatArray:
    """
    Scale covariates so that plain distances are Mahalanobis distances.

    Parameters
    ----------
    covariates
        One row per participant, one column per covariate; numbers (a factor as columns
        of 0 and 1), none missing.

    Returns
    -------
    numpy.ndarray
        Shape (n, rank): means 0, variances 1 (denominator n - 1), no correlation. A
        covariate that others determine, or that is the same for all, adds no column.

    Raises
    ------
    DataError
        If the covariates are no table of numbers, one is missing, or all participants
        are alike.

    Examples
    --------
    >>> age, same = [11.0, 13.0, 15.0], [1.0, 1.0, 1.0]
    >>> np.abs(whitened(np.column_stack([age, same]))).round(6).tolist()
    [[1.0], [0.0], [1.0]]
    """
    scaled = _standardised(covariates, unit="participants")
    left, size, _ = np.linalg.svd(scaled, False)
    return np.asarray(left[:, size > 1e-9 * size[0]] * np.sqrt(len(scaled) - 1))


def standardised(covariates: Covariates) -> FloatArray:
    """
    Scale each covariate by itself.

    Parameters
    ----------
    covariates
        One row per cluster, one column per covariate; numbers (a factor as columns of 0
        and 1), none missing.

    Returns
    -------
    numpy.ndarray
        The same shape: means 0, variances 1 (denominator n - 1). A covariate that is
        the same for all becomes 0.

    Raises
    ------
    DataError
        If the covariates are no table of numbers, one is missing, or all clusters are
        alike.

    Examples
    --------
    >>> standardised([[10, 1], [12, 1], [14, 1]]).round(6).tolist()
    [[-1.0, 0.0], [0.0, 0.0], [1.0, 0.0]]
    """
    return _standardised(covariates, unit="clusters")


def n_rows(covariates: Covariates) -> int:
    """
    Count those the covariates are of.

    Parameters
    ----------
    covariates
        One row each, one column per covariate.

    Returns
    -------
    int
        The number of rows.

    Raises
    ------
    DataError
        If the covariates are no table of numbers, or one is missing.

    Examples
    --------
    >>> n_rows([[10], [12], [14]])
    3
    """
    return len(_numbers(covariates))


def _standardised(covariates: Covariates, *, unit: str) -> FloatArray:
    """Take off each column's mean and divide by its deviation, 0 where it has none."""
    table = _numbers(covariates)
    size = np.abs(table).max(axis=0, initial=0.0)
    table = table / np.where(size > 0, size, 1.0)  # so that no square is too large
    centred = table - table.mean(axis=0)
    spread = centred.std(axis=0, ddof=1)
    varies = spread > 1e-12
    if not varies.any():
        rule = f"differ between {unit}"
        raise DataError(refusal("covariates", rule, f"{len(table)} alike"))
    return np.where(varies, centred / np.where(varies, spread, 1.0), 0.0)


def _numbers(covariates: Covariates) -> FloatArray:
    """Read a table of numbers; refuse anything else without showing a value."""
    rule = "be a table of numbers, one row each (at least 2), none missing"
    try:
        table = np.array(covariates, dtype=np.float64)
    except (TypeError, ValueError):
        hint = "write a factor as columns of 0 and 1"
        raise DataError(
            refusal("covariates", rule, "other values", hint=hint)
        ) from None
    if table.ndim != 2 or len(table) < 2 or not np.isfinite(table).all():
        raise DataError(refusal("covariates", rule, f"shape {table.shape}"))
    return table
