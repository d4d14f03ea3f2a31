"""Rates against size with control limits, drawn as a funnel; never a ranking."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from steps_analysis.errors import ArgumentError, refusal
from steps_analysis.estimates import check_level
from steps_analysis.reporting.numerals import level


@dataclass(frozen=True, slots=True, kw_only=True)
class FunnelPoint:
    """
    One site.

    Attributes
    ----------
    name
        Name written beside the point.
    exposure
        Its size, such as child-years; above 0.
    value
        Its rate or proportion.
    """

    name: str
    exposure: float
    value: float

    def __post_init__(self) -> None:
        object.__setattr__(self, "exposure", float(self.exposure))
        object.__setattr__(self, "value", float(self.value))
        if not self.exposure > 0:
            raise ArgumentError(refusal("exposure", "be above 0", self.exposure))


@dataclass(frozen=True, slots=True, kw_only=True)
class FunnelLimits:
    """
    One pair of limits around the target.

    Attributes
    ----------
    level
        Share of sites expected within them, such as 0.95 or 0.998.
    exposure
        Sizes the limits are given at, increasing.
    lower, upper
        The limits at those sizes.
    """

    level: float
    exposure: tuple[float, ...]
    lower: tuple[float, ...]
    upper: tuple[float, ...]

    def __post_init__(self) -> None:
        check_level(self.level)
        for name in ("exposure", "lower", "upper"):
            values = tuple(float(value) for value in getattr(self, name))
            object.__setattr__(self, name, values)
        lengths = {len(self.exposure), len(self.lower), len(self.upper)}
        if len(lengths) > 1:
            rule = "be as many as `lower` and `upper`"
            raise ArgumentError(refusal("exposure", rule, sorted(lengths)))
        if not self.exposure:
            raise ArgumentError(refusal("exposure", "hold at least one size", 0))
        if list(self.exposure) != sorted(self.exposure):
            raise ArgumentError(refusal("exposure", "increase", "a step back"))


@dataclass(frozen=True, slots=True, kw_only=True)
class FunnelPlot:
    """
    Sites by size and rate, all in one colour.

    Attributes
    ----------
    points
        The sites; listed by name in the table behind the figure.
    target
        The value the limits stand around.
    limits
        Usually those for 0.95 and 0.998.
    x_label, y_label
        What size and value are, with their units.
    exposure_scale
        ``"linear"`` or ``"log"``.
    hidden
        Names of sites that may not be drawn.
    target_label
        What the target is, such as ``"All boroughs"``.

    Examples
    --------
    >>> point = FunnelPoint(name="Southwark", exposure=22.5, value=9)
    >>> plot = FunnelPlot(points=(point,), target=5, limits=(),
    ...                   x_label="Children", y_label="Rate",
    ...                   hidden=("Borough A",))
    >>> plot.data()["value"].tolist()
    ['[c]', 9.0]
    """

    points: tuple[FunnelPoint, ...]
    target: float
    limits: tuple[FunnelLimits, ...]
    x_label: str
    y_label: str
    exposure_scale: Literal["linear", "log"] = "linear"
    hidden: tuple[str, ...] = ()
    target_label: str = "Target"

    def __post_init__(self) -> None:
        for name in ("points", "limits", "hidden"):
            object.__setattr__(self, name, tuple(getattr(self, name)))
        if not self.points:
            raise ArgumentError(refusal("points", "hold at least one site", 0))
        if self.exposure_scale not in ("linear", "log"):
            rule = "be 'linear' or 'log'"
            raise ArgumentError(refusal("exposure_scale", rule, self.exposure_scale))

    def data(self) -> pd.DataFrame:
        """
        Give the numbers behind the figure.

        Returns
        -------
        pandas.DataFrame
            One row per site, by name, with the limits at its size; hidden sites carry
            ``[c]``.

        Notes
        -----
        Limits between the sizes they are given at are interpolated; beyond those sizes
        the nearest is given.
        """
        names = ["site", "exposure", "value"]
        for limits in self.limits:
            names += [f"{level(limits.level)} {end}" for end in ("lower", "upper")]
        rows: list[list[object]] = [
            [point.name, point.exposure, point.value, *self._limits_at(point.exposure)]
            for point in self.points
        ]
        rows += [[name, *["[c]"] * (len(names) - 1)] for name in self.hidden]
        rows.sort(key=lambda row: str(row[0]))
        return pd.DataFrame(rows, columns=names)

    def _limits_at(self, exposure: float) -> list[float]:
        """Read all limits at one size."""
        return [
            float(np.interp(exposure, limits.exposure, ends))
            for limits in self.limits
            for ends in (limits.lower, limits.upper)
        ]
