"""
Which points of a chart are unlikely to be chance alone, and in what words.

Four rules, the first that applies names the point: outside the limits, trend, two of
three near a limit, shift. No direction is called better: a chart of referrals cannot
tell more harm from better identification.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np

from steps_analysis.estimates import BoolArray, FloatArray
from steps_analysis.referrals.count_checks import check_choice, check_whole

RuleName = Literal["nhs", "nhs-spreadsheet", "limits"]

NO_FLAG = "none"
OUTSIDE = ("below the lower limit", "above the upper limit")
TREND = ("falling trend", "rising trend")
NEAR = ("two of three near the lower limit", "two of three near the upper limit")
SHIFT = ("shift below the centre", "shift above the centre")
HIGH_FLAGS = tuple(pair[1] for pair in (OUTSIDE, TREND, NEAR, SHIFT))
LOW_FLAGS = tuple(pair[0] for pair in (OUTSIDE, TREND, NEAR, SHIFT))

MORE = "more referrals may mean better identification"
FEWER = "fewer referrals need not mean less harm"

_POINTS = {"nhs": (7, 7), "nhs-spreadsheet": (6, 7), "limits": (0, 0)}


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRules:
    """
    How many points make a pattern.

    Attributes
    ----------
    trend_points
        Points in a row, each above (or each below) the one before; 0 for no such rule.
    shift_points
        Points in a row on one side of the centre; 0 for no such rule.
    near_limit
        Whether two of three points beyond two thirds of the way to a limit count.

    Examples
    --------
    >>> RunRules(trend_points=6, shift_points=7, near_limit=True).trend_points
    6
    """

    trend_points: int
    shift_points: int
    near_limit: bool


def run_rules(
    rule: RuleName, *, trend_points: int | None = None, shift_points: int | None = None
) -> RunRules:
    """
    Look up a set of rules by its name.

    Parameters
    ----------
    rule
        ``"nhs"``: the rules of NHS England's Making Data Count as the R package
        NHSRplotthedots applies them, trends and shifts of 7; ``"nhs-spreadsheet"``: the
        same with trends of 6, as its spreadsheet; ``"limits"``: the limits alone.
    trend_points, shift_points
        Another number of points than the rule's, at least 3.

    Returns
    -------
    RunRules
        The rules.

    Raises
    ------
    ArgumentError
        If `rule` is unknown or a number is below 3 or not whole.

    Examples
    --------
    >>> run_rules("nhs-spreadsheet")
    RunRules(trend_points=6, shift_points=7, near_limit=True)
    """
    check_choice("rule", rule, tuple(_POINTS))
    trend, shift = _POINTS[rule]
    if trend_points is not None:
        trend = check_whole("trend_points", trend_points, 3, also=", or None")
    if shift_points is not None:
        shift = check_whole("shift_points", shift_points, 3, also=", or None")
    return RunRules(
        trend_points=trend,
        shift_points=shift,
        near_limit=rule != "limits",
    )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Bounds:
    """
    What the points of one segment are compared with.

    Attributes
    ----------
    centre
        Centre line, shape (n,).
    lower, upper
        Limits, shape (n,); NaN where there is none.
    near_lower, near_upper
        Two thirds of the way to the limits (two sigma of three), shape (n,).

    Examples
    --------
    >>> flat = np.ones(2)
    >>> Bounds(centre=flat, lower=flat - 3, upper=flat + 3, near_lower=flat - 2,
    ...        near_upper=flat + 2).upper.tolist()
    [4.0, 4.0]
    """

    centre: FloatArray
    lower: FloatArray
    upper: FloatArray
    near_lower: FloatArray
    near_upper: FloatArray

    @classmethod
    def of(
        cls,
        n: int,
        centre: FloatArray | float = math.nan,
        lower: FloatArray | float = math.nan,
        upper: FloatArray | float = math.nan,
        near_lower: FloatArray | float = math.nan,
        near_upper: FloatArray | float = math.nan,
    ) -> Bounds:
        """
        Give every point its bounds.

        Parameters
        ----------
        n
            How many points there are.
        centre, lower, upper, near_lower, near_upper
            One for each point, or one for all; NaN, which is none, if not given.

        Returns
        -------
        Bounds
            Of all points.

        Examples
        --------
        >>> Bounds.of(2, upper=3.0).upper.tolist()
        [3.0, 3.0]
        """
        return cls(
            centre=np.full(n, centre),
            lower=np.full(n, lower),
            upper=np.full(n, upper),
            near_lower=np.full(n, near_lower),
            near_upper=np.full(n, near_upper),
        )


def flags(value: FloatArray, bounds: Bounds, rules: RunRules) -> list[str]:
    """
    Name the first rule that each point of one segment breaks.

    Parameters
    ----------
    value
        Points in order of time, shape (n,).
    bounds
        What they are compared with.
    rules
        How many points make a pattern.

    Returns
    -------
    list of str
        One of the flags, or ``"none"``, per point.

    Notes
    -----
    As in NHSRplotthedots: all points of a trend or shift are flagged, a value equal to
    the one before breaks a trend, one on the centre breaks a shift; of two in three
    only the points near the limit are flagged, points outside do not count as near, and
    the third must lie on the same side. A turning point in two trends takes the later.

    Examples
    --------
    >>> bounds = Bounds.of(3, centre=0, lower=-3, upper=3, near_lower=-2, near_upper=2)
    >>> flags(np.array([2.5, 1.0, 2.5]), bounds, run_rules("nhs"))[:2]
    ['two of three near the upper limit', 'none']
    """
    side = np.sign(value - bounds.centre)
    outside = (value > bounds.upper) * 1 - (value < bounds.lower) * 1
    found = np.full(value.size, NO_FLAG, dtype=object)
    weakest_first = (
        (SHIFT, side * _in_runs(side, rules.shift_points)),
        (NEAR, _two_of_three(value, bounds, side, outside) * rules.near_limit),
        (TREND, _trends(value, rules.trend_points)),
        (OUTSIDE, outside),
    )
    for (low, high), direction in weakest_first:
        found[direction < 0] = low
        found[direction > 0] = high
    return [str(flag) for flag in found]


def notes(flagged: list[str], *, more_is: Literal["high", "low"]) -> list[str]:
    """
    Say beside every flag what it does not mean.

    Parameters
    ----------
    flagged
        The flags of a chart.
    more_is
        Whether more referrals lie ``"high"`` on the chart, or ``"low"`` as on one of
        the time between them.

    Returns
    -------
    list of str
        A sentence per point, empty where nothing is flagged.

    Examples
    --------
    >>> notes(["none", "rising trend"], more_is="high")
    ['', 'more referrals may mean better identification']
    """
    high, low = (MORE, FEWER) if more_is == "high" else (FEWER, MORE)
    said = dict.fromkeys(HIGH_FLAGS, high) | dict.fromkeys(LOW_FLAGS, low)
    return [said.get(flag, "") for flag in flagged]


def _in_runs(side: FloatArray, length: int) -> BoolArray:
    """Mark what belongs to a row of equal signs of at least this length."""
    found = np.zeros(side.size, dtype=np.bool_)
    if not length or side.size < length:
        return found
    windows = np.lib.stride_tricks.sliding_window_view(side, length)
    whole = (windows == windows[:, :1]).all(axis=1) & (windows[:, 0] != 0)
    for start in np.flatnonzero(whole):
        found[start : start + length] = True
    return found


def _trends(value: FloatArray, points: int) -> FloatArray:
    """Give the direction of the trend each point belongs to, 0 for none."""
    direction = np.zeros(value.size)
    steps = np.sign(np.diff(value))
    if not points or value.size < points:
        return direction
    windows = np.lib.stride_tricks.sliding_window_view(steps, points - 1)
    whole = (windows == windows[:, :1]).all(axis=1) & (windows[:, 0] != 0)
    for start in np.flatnonzero(whole):  # in order: the later trend takes the turn
        direction[start : start + points] = steps[start]
    return direction


def _two_of_three(
    value: FloatArray, bounds: Bounds, side: FloatArray, outside: FloatArray
) -> FloatArray:
    """Mark points near a limit where another of three on that side is near it too."""
    near = (value > bounds.near_upper) | (value < bounds.near_lower)
    near &= outside == 0
    marked = np.zeros(value.size)
    for start in range(value.size - 2):
        three = slice(start, start + 3)
        if near[three].sum() >= 2 and abs(side[three].sum()) == 3:
            marked[three][near[three]] = side[start]
    return marked
