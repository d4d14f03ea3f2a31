"""Estimates with their intervals side by side, drawn as in a forest plot."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import pandas as pd

from steps_analysis.errors import ArgumentError, refusal
from steps_analysis.estimates import Estimate
from steps_analysis.reporting.words import display_unit, in_unit


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """
    One estimate on its own line.

    Attributes
    ----------
    label
        What it is of.
    estimate
        The estimate; one without a number is drawn as words, and where none has one,
        no axis is drawn.
    """

    label: str
    estimate: Estimate


@dataclass(frozen=True, slots=True, kw_only=True)
class Intervals:
    """
    Estimates by name, in the order given.

    Attributes
    ----------
    rows
        The estimates, from top to bottom, all in one unit.
    x_label
        What the axis is, with unit and direction.
    reference
        Where "no difference" is; None for no line.
    scale
        ``"linear"``, or ``"log"`` for ratios.
    unit
        Unit of the axis; None takes that of the first estimate with a value, turning
        proportions into percentages.
    sides
        What it means to lie left and right of the reference, such as
        ``("Fewer with MST-PSB", "More with MST-PSB")``; None for nothing.
    decimals
        Decimals of the numbers written beside the lines; None chooses by unit.

    Examples
    --------
    >>> rd = Estimate(
    ...     measure="risk difference", value=-0.05, lower=-0.25, upper=0.15, n=40
    ... )
    >>> row = Interval(label="Placement", estimate=rd)
    >>> Intervals(rows=(row,), x_label="Points").data()["lower"].tolist()
    [-25.0]
    """

    rows: tuple[Interval, ...]
    x_label: str
    reference: float | None = None
    scale: Literal["linear", "log"] = "linear"
    unit: str | None = None
    sides: tuple[str, str] | None = None
    decimals: int | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "rows", tuple(self.rows))
        if not self.rows:
            raise ArgumentError(refusal("rows", "hold at least one estimate", 0))
        if self.scale not in ("linear", "log"):
            raise ArgumentError(refusal("scale", "be 'linear' or 'log'", self.scale))
        if self.scale == "log" and self.reference is not None and self.reference <= 0:
            rule = "be above 0 on a log scale"
            raise ArgumentError(refusal("reference", rule, self.reference))

    def axis_unit(self) -> str:
        """
        Give the unit of the axis.

        Returns
        -------
        str
            The unit all rows are drawn in.
        """
        if self.unit is not None:
            return self.unit
        return display_unit(self.rows[0].estimate)

    def data(self) -> pd.DataFrame:
        """
        Give the numbers behind the figure.

        Returns
        -------
        pandas.DataFrame
            One row per estimate, in the unit of the axis.
        """
        rows = [
            (
                row.label,
                *in_unit(row.estimate, self.axis_unit()),
                row.estimate.level,
                row.estimate.measure,
            )
            for row in self.rows
        ]
        names = ["label", "value", "lower", "upper", "level", "measure"]
        return pd.DataFrame(rows, columns=names)
