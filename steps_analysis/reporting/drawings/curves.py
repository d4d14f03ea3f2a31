"""Step curves of time by arm, with bands and numbers at risk."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from steps_analysis.errors import ArgumentError, refusal
from steps_analysis.estimates import Curve
from steps_analysis.reporting.markers import Value, as_value


@dataclass(frozen=True, slots=True, kw_only=True)
class StepCurve:
    """
    The curve of one arm.

    Attributes
    ----------
    label
        The arm, written at the end of the curve.
    curve
        The curve.
    at_risk
        How many were at risk at each of the drawing's `times`; empty for none shown.
    """

    label: str
    curve: Curve
    at_risk: tuple[Value, ...] = ()

    def __post_init__(self) -> None:
        at_risk = tuple(as_value("at_risk", value) for value in self.at_risk)
        object.__setattr__(self, "at_risk", at_risk)


@dataclass(frozen=True, slots=True, kw_only=True)
class Curves:
    """
    Curves of several arms on one pair of axes.

    Attributes
    ----------
    series
        One to six curves.
    times
        Where the time axis is marked and numbers at risk are given, in `time_unit`,
        from 0 to the end of the axis.
    y_label
        What the curves are, with the unit.
    time_unit
        Unit of the time axis, in the plural.
    x_label
        What time is counted from.
    divisor
        What the curves' own times are divided by: 30.4375 turns days into months.
    percent
        Whether the curves are probabilities, to be drawn in per cent.
    y_top
        Upper end of the value axis, in the unit drawn; None chooses.

    Examples
    --------
    >>> one = np.array([6.0])
    >>> curve = Curve(time=one, value=one / 12, lower=one * 0, upper=one / 6,
    ...               standard_error=one / 24, n_at_risk=one * 2, start=1.0)
    >>> Curves(series=(StepCurve(label="MAU", curve=curve),), times=(0, 6, 12),
    ...        y_label="At home (%)").data()["value"].tolist()
    [100.0, 50.0]
    """

    series: tuple[StepCurve, ...]
    times: tuple[float, ...]
    y_label: str
    time_unit: str = "months"
    x_label: str = "Months from randomisation"
    divisor: float = 1.0
    percent: bool = True
    y_top: float | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "series", tuple(self.series))
        object.__setattr__(self, "times", tuple(float(time) for time in self.times))
        if not 1 <= len(self.series) <= 6:
            raise ArgumentError(refusal("series", "be 1 to 6", len(self.series)))
        if len(self.times) < 2 or np.any(np.diff(self.times) <= 0) or self.times[0]:
            rule = "increase from 0 and be at least two"
            raise ArgumentError(refusal("times", rule, self.times))
        if {len(series.at_risk) for series in self.series} - {0, len(self.times)}:
            rule = f"be {len(self.times)} numbers, one for each of `times`, or none"
            raise ArgumentError(refusal("at_risk", rule, "another number of them"))

    def steps(self, series: StepCurve) -> pd.DataFrame:
        """
        Give one curve as drawn, from 0 to the end of the axis.

        Parameters
        ----------
        series
            One of the series.

        Returns
        -------
        pandas.DataFrame
            Columns time, value, lower and upper, in the units of the axes.
        """
        curve, factor = series.curve, 100.0 if self.percent else 1.0
        kept = curve.time / self.divisor <= self.times[-1]
        columns = {"time": np.append(0.0, curve.time[kept] / self.divisor)}
        for name in ("value", "lower", "upper"):
            columns[name] = factor * np.append(curve.start, getattr(curve, name)[kept])
        return pd.DataFrame(columns)

    def data(self) -> pd.DataFrame:
        """
        Give the numbers behind the figure.

        Returns
        -------
        pandas.DataFrame
            One row per step of each curve, in the units of the axes.
        """
        frames = []
        for series in self.series:
            steps = self.steps(series)
            steps.insert(0, "curve", series.label)
            frames.append(steps)
        frame = pd.concat(frames, ignore_index=True)
        return frame.rename(columns={"time": f"time ({self.time_unit})"})
