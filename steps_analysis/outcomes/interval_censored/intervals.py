"""
Between which times did each event happen, and where can it have?

Intervals (left, right] are checked here, and cut into the innermost ones, to which
alone a likelihood gives probability (Turnbull).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from steps_analysis.errors import DataError, refusal
from steps_analysis.estimates import BoolArray, FloatArray, IntArray
from steps_analysis.formulas import MissingPolicy
from steps_analysis.outcomes.columns import Column, as_times
from steps_analysis.outcomes.doors import Read, read_columns


@dataclass(frozen=True, slots=True, kw_only=True)
class Innermost:
    """
    The innermost intervals, and which of them each participant's interval holds.

    Attributes
    ----------
    lower, upper
        Each is (lower, upper], shape (m,), increasing; the point itself where equal.
    first, last
        Positions of the first and last one within each participant's, shape (n,).
    """

    lower: FloatArray
    upper: FloatArray
    first: IntArray
    last: IntArray

    def membership(self) -> BoolArray:
        """
        Say which innermost interval lies in whose.

        Returns
        -------
        numpy.ndarray
            Shape (n, m).
        """
        place = np.arange(len(self.lower))
        inside: BoolArray = (place >= self.first[:, None]) & (
            place <= self.last[:, None]
        )
        return inside

    def keep(self, which: BoolArray) -> Innermost:
        """
        Leave out innermost intervals.

        Parameters
        ----------
        which
            Those to keep, shape (m,); each participant must hold at least one.

        Returns
        -------
        Innermost
            The others.
        """
        before = np.concatenate([[0], np.cumsum(which)])
        return Innermost(
            lower=self.lower[which],
            upper=self.upper[which],
            first=before[self.first],
            last=before[self.last + 1] - 1,
        )


def read_intervals(
    given: Mapping[str, object],
    *,
    right: str,
    data: pd.DataFrame | None,
    missing: MissingPolicy,
) -> tuple[Read, FloatArray, FloatArray]:
    """
    Read intervals and what belongs to them.

    Parameters
    ----------
    given
        ``left`` and ``right``, and further columns; ``left`` may be a formula.
    right
        What the right side of a formula is; see `doors.read_columns`.
    data
        The table a formula speaks of.
    missing
        ``"refuse"`` or ``"drop"``.

    Returns
    -------
    tuple
        The columns read, then left and right, shape (n,).

    Raises
    ------
    DataError
        If an interval is impossible.

    Examples
    --------
    >>> given = {"left": [0.0, 3.0], "right": [3.0, np.inf]}
    >>> read_intervals(given, right="nothing", data=None, missing="refuse")[2]
    array([ 3., inf])
    """
    read = read_columns(
        given, right=right, data=data, missing=missing, responses=("left", "right")
    )
    low = as_times("left", read.columns["left"])
    high = _upper(read.columns["right"])
    n_wrong = int(np.sum((low > high) | ((low == high) & (low == 0))))
    if n_wrong:
        hint = "left 0 for an event before the first visit, right inf for none yet"
        rule = "lie before `right`, or equal it for an exact time"
        got = f"{n_wrong} that do not"
        raise DataError(refusal("left", rule, got, hint=hint))
    return read, low, high


def innermost_intervals(left: FloatArray, right: FloatArray) -> Innermost:
    """
    Cut intervals into the innermost ones.

    Parameters
    ----------
    left, right
        Each event lies in (left, right], or at both, shape (n,).

    Returns
    -------
    Innermost
        A left end followed at once by a right end, in order of all ends.

    Notes
    -----
    Ends in order at one time: left of an exact time, right ends, then open left ends.

    References
    ----------
    .. [1] Turnbull, B. W. (1976), JRSS B 38, 290-295.

    Examples
    --------
    >>> inner = innermost_intervals(np.array([0.0, 1, 2]), np.array([2.0, 3, np.inf]))
    >>> inner.lower, inner.upper
    (array([1., 2.]), array([2., 3.]))
    """
    left_rank = np.where(left == right, 0, 2)
    ends = sorted(
        set(zip(left.tolist(), left_rank.tolist(), strict=True))
        | {(end, 1) for end in right.tolist()}
    )
    position = {end: i for i, end in enumerate(ends)}
    starts = [i for i, end in enumerate(ends[:-1]) if end[1] != 1 == ends[i + 1][1]]
    own_left = [
        position[end] for end in zip(left.tolist(), left_rank.tolist(), strict=True)
    ]
    own_right = [position[end, 1] for end in right.tolist()]
    return Innermost(
        lower=np.array([ends[i][0] for i in starts]),
        upper=np.array([ends[i + 1][0] for i in starts]),
        first=np.searchsorted(starts, own_left, side="left").astype(np.int64),
        last=(np.searchsorted(starts, own_right, side="left") - 1).astype(np.int64),
    )


def _upper(column: Column) -> FloatArray:
    """Check right ends: above 0, infinity allowed."""
    endless = np.array([_is_endless(end) for end in column.tolist()], dtype=np.bool_)
    values: FloatArray = np.full(len(column), np.inf)
    values[~endless] = as_times("right", column[~endless])
    return values


def _is_endless(end: object) -> bool:
    """Say whether a right end is infinity."""
    return isinstance(end, float) and end == np.inf
