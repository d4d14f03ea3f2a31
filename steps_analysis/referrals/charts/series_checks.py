"""What a series over time must be, and where its segments begin."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from steps_analysis.errors import ArgumentError, DataError, refusal
from steps_analysis.estimates import FloatArray, IntArray
from steps_analysis.referrals.count_checks import (
    as_numbers,
    check_pair,
    check_whole,
    refuse_where,
)


def check_series(
    name: str, values: npt.ArrayLike, *, lowest: float | None = 0.0, whole: bool = False
) -> pd.Series[float]:
    """
    Refuse anything but one number per period.

    Parameters
    ----------
    name
        What the argument is called.
    values
        Numbers in order of time, shape (n,); the labels of a Series name the periods.
    lowest
        What no value lies below; None where there is no such bound.
    whole
        Whether the values are counts.

    Returns
    -------
    pandas.Series
        The values as floats, labelled 0, 1, … where they had no labels.

    Raises
    ------
    DataError
        If there is none, they are not one-dimensional, one is missing, infinite, below
        `lowest` or (if counts) not whole, or a label repeats.

    Examples
    --------
    >>> check_series("counts", [3, 0], whole=True).tolist()
    [3.0, 0.0]
    """
    labels = values.index if isinstance(values, pd.Series) else None
    numbers = as_numbers(name, values)
    if numbers.ndim != 1 or not numbers.size:
        raise DataError(refusal(name, "have one entry per period", numbers.shape))
    if labels is not None and labels.has_duplicates:
        raise DataError(refusal(name, "have one entry per label", "a repeat"))
    least = -math.inf if lowest is None else lowest
    wrong = ~np.isfinite(numbers) | (numbers < least)
    if whole:
        wrong |= numbers != np.floor(numbers)
    what = "whole" if whole else "finite"
    bound = "" if lowest is None else f", at least {lowest:g}"
    refuse_where(name, f"hold {what} numbers{bound}", wrong)
    return pd.Series(numbers, index=labels, dtype=np.float64)


def check_exposure(
    counts: pd.Series[float], exposure: npt.ArrayLike | None
) -> tuple[FloatArray, FloatArray]:
    """
    Refuse an exposure that does not fit its counts.

    Parameters
    ----------
    counts
        One count per period.
    exposure
        Person-years (or days) of each period, shape (n,); None for the same in all.

    Returns
    -------
    tuple of numpy.ndarray
        Counts and exposure, which is 1 in all periods if none is given.

    Raises
    ------
    DataError
        If shapes differ, an exposure is negative or missing, or 0 beside a count.

    Examples
    --------
    >>> check_exposure(pd.Series([3.0, 0.0]), None)[1].tolist()
    [1.0, 1.0]
    """
    amounts = np.ones(counts.size) if exposure is None else np.asarray(exposure)
    return check_pair(counts.to_numpy(), amounts)


def segment_numbers(labels: pd.Index, rebase: Sequence[object] | None) -> IntArray:
    """
    Give every period the number of its segment, from 1.

    Parameters
    ----------
    labels
        Labels of the periods, in order of time.
    rebase
        Labels of the periods that begin a new segment; None or none for one segment.

    Returns
    -------
    numpy.ndarray
        The segment of each period, shape (n,).

    Raises
    ------
    ArgumentError
        If a label is not among the periods, or repeats.

    Examples
    --------
    >>> segment_numbers(pd.Index(["2013", "2014", "2015"]), ["2014"]).tolist()
    [1, 2, 2]
    """
    starts = [] if rebase is None else list(rebase)
    unknown = sum(start not in labels for start in starts)
    if isinstance(rebase, str) or unknown or len(set(starts)) < len(starts):
        rule = "be a list of different labels of the series"
        hint = "without labels, periods are numbered from 0"
        raise ArgumentError(refusal("rebase", rule, rebase, hint=hint))
    begins = labels.isin(starts)
    if begins.size:
        begins[0] = True
    return np.cumsum(begins).astype(np.int64)


def check_baseline(baseline: int | None) -> int | None:
    """
    Refuse a baseline of fewer than two points.

    Parameters
    ----------
    baseline
        How many points at the start of each segment make its limits; None for all.

    Returns
    -------
    int or None
        The number.

    Raises
    ------
    ArgumentError
        If it is not a whole number of at least 2.

    Examples
    --------
    >>> check_baseline(24)
    24
    """
    if baseline is None:
        return None
    return check_whole("baseline", baseline, 2, also=", or None")
