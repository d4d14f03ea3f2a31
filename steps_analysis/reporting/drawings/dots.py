"""Differences between arms at baseline, drawn as dots (a "love plot")."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from steps_analysis.errors import ArgumentError, refusal
from steps_analysis.reporting.markers import Marker, Value, as_value


@dataclass(frozen=True, slots=True, kw_only=True)
class Dot:
    """
    One dot on its own line.

    Attributes
    ----------
    label
        What the dot is about.
    value
        Where it stands, or a `Marker` where it cannot be drawn.
    """

    label: str
    value: Value

    def __post_init__(self) -> None:
        object.__setattr__(self, "value", as_value("value", self.value))


@dataclass(frozen=True, slots=True, kw_only=True)
class DotPlot:
    """
    Dots by characteristic, in the order given.

    Attributes
    ----------
    dots
        The dots, from top to bottom.
    x_label
        What the position of a dot is, with the direction of the difference.
    guides
        Guide lines on either side of 0.

    Examples
    --------
    >>> DotPlot(dots=(Dot(label="Age", value=-0.12),)).data().columns.tolist()
    ['characteristic', 'standardised difference']
    """

    dots: tuple[Dot, ...]
    x_label: str = "Standardised difference"
    guides: tuple[float, float] = (-0.1, 0.1)

    def __post_init__(self) -> None:
        object.__setattr__(self, "dots", tuple(self.dots))
        if not self.dots:
            raise ArgumentError(refusal("dots", "hold at least one dot", 0))

    def data(self) -> pd.DataFrame:
        """
        Give the numbers behind the figure.

        Returns
        -------
        pandas.DataFrame
            One row per dot; marks as text.
        """
        values = [
            str(dot.value) if isinstance(dot.value, Marker) else dot.value
            for dot in self.dots
        ]
        labels = [dot.label for dot in self.dots]
        return pd.DataFrame(
            {"characteristic": labels, "standardised difference": values}
        )
