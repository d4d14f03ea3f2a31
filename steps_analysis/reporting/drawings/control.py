"""Values over time with centre, limits and flags; neutral, whichever way they point."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from steps_analysis.errors import ArgumentError, refusal
from steps_analysis.reporting.markers import Marker, Value, as_value
from steps_analysis.reporting.numerals import compact

FLAGS = (
    "above the upper limit",
    "below the lower limit",
    "rising trend",
    "falling trend",
    "two of three near the upper limit",
    "two of three near the lower limit",
    "shift above the centre",
    "shift below the centre",
)
"""The words of `steps_analysis.referrals.charts`, in the order of their rules."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ControlChart:
    """
    One series with the limits it is compared with.

    Attributes
    ----------
    periods
        Names of the points in order of time, such as ``"2013-12"``.
    values
        One number per point, or a `Marker`, which leaves a gap.
    centre, lower, upper
        Centre line and limits at each point; None where there is none.
    flags
        ``"none"`` or one of `FLAGS` per point.
    segment
        Number of the segment of each point; lines break where it changes.
    y_label
        What is charted, with its unit.
    x_label
        What a point is.
    note
        What a flag does not mean; written in the words for readers who cannot see it.

    Examples
    --------
    >>> chart = ControlChart(
    ...     periods=("2013-11", "2013-12"), values=(1, 9), centre=(2, 2),
    ...     lower=(None, None), upper=(7, 7),
    ...     flags=("none", "above the upper limit"), segment=(1, 1),
    ...     y_label="Referrals")
    >>> chart.data()["lower limit"].tolist()
    ['[z]', '[z]']
    """

    periods: tuple[str, ...]
    values: tuple[Value, ...]
    centre: tuple[float | None, ...]
    lower: tuple[float | None, ...]
    upper: tuple[float | None, ...]
    flags: tuple[str, ...]
    segment: tuple[int, ...]
    y_label: str
    x_label: str = "Month"
    note: str = "More referrals may mean better identification."

    def __post_init__(self) -> None:
        values = tuple(as_value("values", value) for value in self.values)
        object.__setattr__(self, "values", values)
        for name in ("centre", "lower", "upper"):
            found = tuple(_known(end) for end in getattr(self, name))
            object.__setattr__(self, name, found)
        for name in ("periods", "flags", "segment"):
            object.__setattr__(self, name, tuple(getattr(self, name)))
        if len(self.periods) < 2:
            rule = "be at least two points"
            raise ArgumentError(refusal("periods", rule, len(self.periods)))
        for name in ("values", "centre", "lower", "upper", "flags", "segment"):
            if len(getattr(self, name)) != len(self.periods):
                rule = f"be {len(self.periods)} entries, one per period"
                raise ArgumentError(refusal(name, rule, len(getattr(self, name))))
        unknown = set(self.flags) - {"none", *FLAGS}
        if unknown:
            rule = f"be 'none' or one of {', '.join(FLAGS)}"
            raise ArgumentError(refusal("flags", rule, min(unknown)))

    def data(self) -> pd.DataFrame:
        """
        Give the numbers behind the figure.

        Returns
        -------
        pandas.DataFrame
            One row per point; ``[z]`` where there is no centre or limit.
        """
        columns: dict[str, list[object]] = {
            "period": list(self.periods),
            "value": [str(v) if isinstance(v, Marker) else v for v in self.values],
        }
        ends = {"centre": self.centre, "lower limit": self.lower,
                "upper limit": self.upper}  # fmt: skip
        for name, line in ends.items():
            columns[name] = ["[z]" if end is None else end for end in line]
        columns["segment"] = list(self.segment)
        columns["flag"] = list(self.flags)
        return pd.DataFrame(columns)

    def words(self) -> str:
        """
        Say in words what the chart shows, for readers who cannot see it.

        Returns
        -------
        str
            Span, last centre and limits, every flag, and what flags do not mean.
        """
        said = [f"{self.y_label} from {self.periods[0]} to {self.periods[-1]}."]
        ends = (("Centre", self.centre), ("lower limit", self.lower),
                ("upper limit", self.upper))  # fmt: skip
        last = [
            f"{name} {compact(line[-1]) if line[-1] is not None else 'none'}"
            for name, line in ends
        ]
        said.append(f"{', '.join(last)} at the end.")
        flagged = [
            f"{period} ({flag})"
            for period, flag in zip(self.periods, self.flags, strict=True)
            if flag != "none"
        ]
        if flagged:
            said.append(f"Flagged: {', '.join(flagged)}. {self.note}".strip())
        else:
            said.append("No point is flagged.")
        return " ".join(said)


def control_drawing(
    points: pd.DataFrame,
    *,
    y_label: str,
    x_label: str = "Month",
    periods: Sequence[str] | None = None,
    note: str | None = None,
) -> ControlChart:
    """
    Draw the points of a charted series.

    Parameters
    ----------
    points
        Columns ``value``, ``centre``, ``lower``, ``upper``, ``flag``, ``note`` and
        ``segment``, one row per point, as in ``ChartedSeries.points``; NaN where there
        is none.
    y_label
        What is charted, with its unit.
    x_label
        What a point is.
    periods
        Names of the points; the labels of `points` if not given.
    note
        What a flag does not mean; the notes of `points` if not given.

    Returns
    -------
    ControlChart
        The drawing.

    Examples
    --------
    >>> points = pd.DataFrame({"value": [1, 2], "centre": 1.5, "lower": math.nan,
    ...                        "upper": 6.6, "flag": "none", "note": "",
    ...                        "segment": 1})
    >>> control_drawing(points, y_label="Referrals").lower
    (None, None)
    """
    names = points.index if periods is None else periods
    if note is None:
        said = {each.capitalize() + "." for each in points["note"] if each}
        note = " ".join(sorted(said))
    return ControlChart(
        periods=tuple(str(name) for name in names),
        values=tuple(
            Marker("[x]") if pd.isna(value) else value for value in points["value"]
        ),
        centre=tuple(points["centre"]),
        lower=tuple(points["lower"]),
        upper=tuple(points["upper"]),
        flags=tuple(points["flag"]),
        segment=tuple(int(number) for number in points["segment"]),
        y_label=y_label,
        x_label=x_label,
        note=note,
    )


def _known(end: float | None) -> float | None:
    """Turn what is no number into None."""
    return None if end is None or not math.isfinite(end) else float(end)
