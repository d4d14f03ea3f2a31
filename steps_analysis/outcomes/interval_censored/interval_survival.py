"""How many are still free of the event, if it is known only between visits?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from steps_analysis.estimates import Curve, FloatArray
from steps_analysis.formulas import MissingPolicy
from steps_analysis.outcomes.interval_censored.intervals import (
    innermost_intervals,
    read_intervals,
)
from steps_analysis.outcomes.interval_censored.turnbull import turnbull_masses


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class IntervalSurvival:
    """
    Turnbull's estimate.

    Attributes
    ----------
    lower, upper
        Intervals (lower, upper] that hold the events, shape (m,), increasing; an exact
        time where equal, right of all follow-up where `upper` is infinite.
    mass
        Probability of each, shape (m,), all above 0.
    n
        Participants.
    method
        Which estimator.
    r_call
        The R call that should reproduce it.

    Examples
    --------
    >>> found = interval_survival([0.0, 3.0], [3.0, np.inf])
    >>> found.mass
    array([0.5, 0.5])
    """

    lower: FloatArray
    upper: FloatArray
    mass: FloatArray
    n: int
    method: str
    r_call: str

    def at(self, time: npt.ArrayLike) -> FloatArray:
        """
        Read the probability of being free of the event at given times.

        Parameters
        ----------
        time
            Times, any shape.

        Returns
        -------
        numpy.ndarray
            The values, the shape of `time`; NaN inside an interval, where the data say
            only how much falls in it, not when.
        """
        when = np.asarray(time, dtype=np.float64)
        free = np.concatenate([[1.0], 1 - np.cumsum(self.mass)])
        passed = np.searchsorted(self.upper, when, side="right")
        inside = np.minimum(passed, len(self.lower) - 1)
        unknown = (passed < len(self.lower)) & (when > self.lower[inside])
        return np.where(unknown, np.nan, np.maximum(free[passed], 0.0))

    def curve(self) -> Curve:
        """
        Give the highest curve that fits the estimate: each mass at its upper end.

        Returns
        -------
        Curve
            One step per interval with a finite upper end. Limits, standard error and
            numbers at risk are NaN: the estimate has no normal limits, and who is at
            risk between visits is not known.
        """
        keep = np.isfinite(self.upper)
        unknown = np.full(int(keep.sum()), np.nan)
        return Curve(
            time=self.upper[keep],
            value=np.maximum(1 - np.cumsum(self.mass), 0.0)[keep],
            lower=unknown,
            upper=unknown,
            standard_error=unknown,
            n_at_risk=unknown,
            method=f"{self.method}, steps at the upper ends",
            r_call=self.r_call,
        )

    def to_frame(self) -> pd.DataFrame:
        """
        Give the intervals as a table.

        Returns
        -------
        pandas.DataFrame
            One row per interval: lower, upper, mass, and the probability of being free
            of the event after it.
        """
        free = np.maximum(1 - np.cumsum(self.mass), 0.0)
        return pd.DataFrame(
            {"lower": self.lower, "upper": self.upper, "mass": self.mass, "free": free}
        )


def interval_survival(
    left: npt.ArrayLike | str,
    right: npt.ArrayLike | None = None,
    *,
    missing: MissingPolicy = "refuse",
    data: pd.DataFrame | None = None,
) -> IntervalSurvival:
    """
    Estimate survival from times known to lie in intervals.

    Parameters
    ----------
    left
        Last time known to be free of the event, shape (n,); 0 where there is none. Or a
        formula ``"left + right ~ 1"`` with `data`.
    right
        First time known to have had it, shape (n,); infinite where there is none yet,
        equal to `left` for an exact time.
    missing
        ``"refuse"`` rows with missing values, or ``"drop"`` them and count them.
    data
        The table a formula speaks of.

    Returns
    -------
    IntervalSurvival
        Probabilities of the innermost intervals (lower, upper].

    Raises
    ------
    ArgumentError
        If a formula lacks its table.
    DataError
        If the columns do not fit together, or hold missing or impossible values.

    Notes
    -----
    As R's ``interval::icfit``; ``survival::survfit`` finds the same to some four
    digits and puts each mass at the middle of its interval. With exact and
    right-censored times only, it is the Kaplan-Meier curve. Visits must come for
    reasons that have nothing to do with the event.

    References
    ----------
    .. [1] Turnbull, B. W. (1976), JRSS B 38, 290-295.

    Examples
    --------
    One of four before the first visit at 3, one between 3 and 6, two not by 6.

    >>> found = interval_survival([0, 3, 6, 6], [3, 6, np.inf, np.inf])
    >>> found.at([3, 4, 6])
    array([0.75,  nan, 0.5 ])
    """
    given = {"left": left, "right": right}
    read, low, high = read_intervals(given, right="nothing", data=data, missing=missing)
    inner = innermost_intervals(low, high)
    mass = turnbull_masses(inner.membership())
    keep = mass > 0
    return IntervalSurvival(
        lower=inner.lower[keep],
        upper=inner.upper[keep],
        mass=mass[keep],
        n=read.n,
        method=f"Turnbull estimate{read.note}",
        r_call='interval::icfit(survival::Surv(left, right, type = "interval2") ~ 1)',
    )
