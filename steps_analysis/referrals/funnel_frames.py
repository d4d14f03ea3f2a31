"""
A funnel as a value: places, limits, and on which side of them each place lies.

`funnel` and `proportion_funnel` say what the limits are; here every place, and a grid
of exposures to draw lines over, is set against them.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from steps_analysis.estimates import FloatArray
from steps_analysis.referrals.overdispersion import Dispersion

GRID_POINTS = 200  # enough for smooth lines across a page

# From exposures and a level to the lower and upper limits of the rate.
RateLimits = Callable[[FloatArray, float], tuple[FloatArray, FloatArray]]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Funnel:
    """
    Places, and the limits they are compared with.

    Attributes
    ----------
    points
        One row per place, indexed by its label: ``events``, ``exposure``, ``rate``,
        ``expected`` (events at the target), ``lower_95``, ``upper_95`` and so on for
        each level, and ``position``: ``"within"``, the widest limit passed (``"above
        99.8%"``), ``"no exposure"`` or ``"not estimable"``.
    limits
        The lines to draw: ``exposure``, ``expected`` and the same limits, over a grid.
    target
        The centre line, in the unit of the rates; NaN where not estimable.
    per
        What rates and limits are expressed for.
    levels
        Levels of the limits, ascending.
    dispersion
        How much the places vary beyond chance, where this was asked for.
    method
        How the limits were made.
    not_estimable
        None, or the reason why there is no target and so no limits.

    Examples
    --------
    >>> from steps_analysis.referrals import funnel
    >>> result = funnel([4, 9], [10_000, 20_000])
    >>> round(result.target, 2), list(result.points["position"])
    (4.33, ['within', 'within'])
    """

    points: pd.DataFrame
    limits: pd.DataFrame
    target: float
    per: float
    levels: tuple[float, ...]
    dispersion: Dispersion | None = None
    method: str = ""
    not_estimable: str | None = None


def compare_places(
    points: pd.DataFrame,
    target: float,
    per: float,
    levels: tuple[float, ...],
    limits: RateLimits,
    method: str,
    extra: Dispersion | None,
) -> Funnel:
    """
    Set every place, and a grid of exposures, against the limits.

    Parameters
    ----------
    points
        One row per place, with ``events`` and ``exposure``.
    target
        The centre line, per `per`.
    per
        What rates and limits are expressed for.
    levels
        Levels of the limits, ascending.
    limits
        Limits of the rate at given exposures and level.
    method
        What the limits are called.
    extra
        Over-dispersion, where it was asked for.

    Returns
    -------
    Funnel
        Points and lines.
    """
    points = points.copy()
    amounts = points["exposure"].to_numpy(dtype=np.float64)
    points["rate"] = _rates(points, per)
    lines = pd.DataFrame({"exposure": _grid(amounts)})
    for frame in (points, lines):
        frame["expected"] = frame["exposure"] * target / per
        seen = frame["exposure"].to_numpy(dtype=np.float64)
        for level in levels:
            pair = limits(np.where(seen > 0, seen, 1.0), level)
            for name, column in zip(_names(level), pair, strict=True):
                frame[name] = np.where(seen > 0, column, np.nan)
    points["position"] = _position(points, levels)
    return Funnel(
        points=points,
        limits=lines,
        target=target,
        per=per,
        levels=levels,
        dispersion=extra,
        method=method,
    )


def places_alone(
    points: pd.DataFrame, levels: tuple[float, ...], per: float, reason: str
) -> Funnel:
    """
    Show the places alone where there is nothing to compare them with.

    Parameters
    ----------
    points
        One row per place, with ``events`` and ``exposure``.
    levels
        Levels the limits would have had.
    per
        What rates are expressed for.
    reason
        Why there is no target, worded to follow "not estimable because".

    Returns
    -------
    Funnel
        One without target and lines.
    """
    points = points.copy()
    columns = ["expected", *(name for level in levels for name in _names(level))]
    points["rate"] = _rates(points, per)
    points[columns] = math.nan
    points["position"] = "not estimable"
    return Funnel(
        points=points,
        limits=pd.DataFrame(columns=["exposure", *columns], dtype=np.float64),
        target=math.nan,
        per=per,
        levels=levels,
        method="none",
        not_estimable=reason,
    )


def _rates(points: pd.DataFrame, per: float) -> pd.Series[float]:
    """Divide events by exposure, leaving NaN where there is none."""
    return points["events"] / points["exposure"].where(points["exposure"] > 0) * per


def _names(level: float) -> tuple[str, str]:
    """Name the columns of a level's limits: lower_99.8, upper_99.8."""
    return f"lower_{100 * level:g}", f"upper_{100 * level:g}"


def _grid(exposure: FloatArray) -> FloatArray:
    """Spread exposures over the width of the plot, closer where limits bend most."""
    seen = exposure[exposure > 0]
    if not seen.size:
        return np.empty(0)
    return (
        np.linspace((seen.min() / 2) ** 0.5, (1.05 * seen.max()) ** 0.5, GRID_POINTS)
        ** 2
    )


def _position(points: pd.DataFrame, levels: tuple[float, ...]) -> list[str]:
    """Name the widest limit each place has passed."""
    position = np.where(points["exposure"] > 0, "within", "no exposure").astype(object)
    for level in levels:
        lower, upper = _names(level)
        position[points["rate"] < points[lower]] = f"below {100 * level:g}%"
        position[points["rate"] > points[upper]] = f"above {100 * level:g}%"
    return [str(word) for word in position]
