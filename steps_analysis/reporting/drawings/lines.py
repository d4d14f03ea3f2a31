"""Volumes over time, drawn as lines."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from steps_analysis.errors import ArgumentError, refusal
from steps_analysis.reporting.markers import Marker, Value, as_value


@dataclass(frozen=True, slots=True, kw_only=True)
class LineSeries:
    """
    One value for each period.

    Attributes
    ----------
    label
        What the line is about; written at its end.
    numbers
        One number per period, or a `Marker`, which leaves a gap.
    """

    label: str
    numbers: tuple[Value, ...]

    def __post_init__(self) -> None:
        numbers = tuple(as_value("numbers", number) for number in self.numbers)
        object.__setattr__(self, "numbers", numbers)


@dataclass(frozen=True, slots=True, kw_only=True)
class Lines:
    """
    One or several series over the same periods.

    Attributes
    ----------
    periods
        Names of the periods in order of time, such as ``"2013-12"``.
    series
        One to six series, each with a value per period.
    y_label
        What is counted, with its unit.
    x_label
        What a period is.
    change
        Period in which something changed, and what, such as
        ``("2013-12", "Forum starts")``; None for no change.

    Examples
    --------
    >>> seen = LineSeries(label="Referrals", numbers=(4, 7))
    >>> Lines(periods=("2013-11", "2013-12"), series=(seen,),
    ...       y_label="Referrals").data().shape
    (2, 2)
    """

    periods: tuple[str, ...]
    series: tuple[LineSeries, ...]
    y_label: str
    x_label: str = "Month"
    change: tuple[str, str] | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "periods", tuple(self.periods))
        object.__setattr__(self, "series", tuple(self.series))
        if len(self.periods) < 2 or not 1 <= len(self.series) <= 6:
            rule = "be 1 to 6 series over at least two periods"
            raise ArgumentError(refusal("series", rule, len(self.series)))
        for series in self.series:
            if len(series.numbers) != len(self.periods):
                rule = f"be {len(self.periods)} values, one per period"
                raise ArgumentError(refusal("numbers", rule, len(series.numbers)))
        if self.change is not None and self.change[0] not in self.periods:
            raise ArgumentError(refusal("change", "be in a period", self.change[0]))

    def data(self) -> pd.DataFrame:
        """
        Give the numbers behind the figure.

        Returns
        -------
        pandas.DataFrame
            One row per period, one column per series; marks as text.
        """
        columns: dict[str, list[object]] = {"period": list(self.periods)}
        for series in self.series:
            columns[series.label] = [
                str(number) if isinstance(number, Marker) else number
                for number in series.numbers
            ]
        return pd.DataFrame(columns)
