"""Counts by category, drawn as horizontal bars."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from steps_analysis.errors import ArgumentError, refusal
from steps_analysis.reporting.markers import Marker, Value, as_value


@dataclass(frozen=True, slots=True, kw_only=True)
class BarSeries:
    """
    One bar for each category.

    Attributes
    ----------
    label
        What the bars of this series are about, such as an arm.
    numbers
        Length of each bar, at least 0, or a `Marker` where it may not be drawn.
    """

    label: str
    numbers: tuple[Value, ...]

    def __post_init__(self) -> None:
        numbers = tuple(as_value("numbers", number) for number in self.numbers)
        object.__setattr__(self, "numbers", numbers)
        if any(not isinstance(n, Marker) and n < 0 for n in numbers):
            raise ArgumentError(refusal("numbers", "be at least 0", "a negative value"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Bars:
    """
    Horizontal bars by category, in the order given.

    Attributes
    ----------
    categories
        Names of the categories, from top to bottom.
    series
        One to six series, each with a value per category.
    x_label
        What the length of a bar is, with its unit.
    decimals
        Decimals of the number written beside a bar.

    Examples
    --------
    >>> made = BarSeries(label="Referrals", numbers=(40, "[c]"))
    >>> Bars(categories=("Police", "School"), series=(made,),
    ...      x_label="Referrals").data()["Referrals"].tolist()
    [40.0, '[c]']
    """

    categories: tuple[str, ...]
    series: tuple[BarSeries, ...]
    x_label: str
    decimals: int = 0

    def __post_init__(self) -> None:
        object.__setattr__(self, "categories", tuple(self.categories))
        object.__setattr__(self, "series", tuple(self.series))
        if not self.categories or not 1 <= len(self.series) <= 6:
            rule = "be 1 to 6 series of at least one category"
            raise ArgumentError(refusal("series", rule, len(self.series)))
        for series in self.series:
            if len(series.numbers) != len(self.categories):
                rule = f"be {len(self.categories)} values, one per category"
                raise ArgumentError(refusal("numbers", rule, len(series.numbers)))

    def data(self) -> pd.DataFrame:
        """
        Give the numbers behind the figure.

        Returns
        -------
        pandas.DataFrame
            One row per category, one column per series; marks as text.
        """
        columns: dict[str, list[object]] = {"category": list(self.categories)}
        for series in self.series:
            columns[series.label] = [
                str(number) if isinstance(number, Marker) else number
                for number in series.numbers
            ]
        return pd.DataFrame(columns)
