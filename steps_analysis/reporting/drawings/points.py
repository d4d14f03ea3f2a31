"""Named points between two measures, to see what is paid for what."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from steps_analysis.errors import ArgumentError, refusal


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedPoint:
    """
    One point.

    Attributes
    ----------
    name
        Name written beside it.
    x, y
        Where it stands.
    marked
        Whether it is drawn full and its name bold; the others are rings.
    """

    name: str
    x: float
    y: float
    marked: bool = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "x", float(self.x))
        object.__setattr__(self, "y", float(self.y))


@dataclass(frozen=True, slots=True, kw_only=True)
class PointPlot:
    """
    Named points between two measures.

    Attributes
    ----------
    points
        The points, each name once.
    x_label, y_label
        What the measures are, with their units.
    better
        Which way is better, in words, such as ``"better: left and down"``; ``""`` where
        there is no such way.

    Examples
    --------
    >>> coin = NamedPoint(name="coin toss", x=5.0, y=50.0)
    >>> PointPlot(points=(coin,), x_label="Imbalance", y_label="Guesses").data()
            name  Imbalance  Guesses  marked
    0  coin toss        5.0     50.0   False
    """

    points: tuple[NamedPoint, ...]
    x_label: str
    y_label: str
    better: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "points", tuple(self.points))
        names = [point.name for point in self.points]
        if not names or len(set(names)) < len(names):
            rule = "hold at least one point, and each name once"
            raise ArgumentError(refusal("points", rule, names))

    def data(self) -> pd.DataFrame:
        """
        Give the numbers behind the figure.

        Returns
        -------
        pandas.DataFrame
            One row per point, in the order given.
        """
        rows = [(point.name, point.x, point.y, point.marked) for point in self.points]
        return pd.DataFrame(
            rows, columns=["name", self.x_label, self.y_label, "marked"]
        )
