"""How many are still free of the event, and when have half of them had it?"""

from __future__ import annotations

from numbers import Real
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from steps_analysis.errors import ArgumentError, refusal
from steps_analysis.estimates import BoolArray, Curve, Estimate, FloatArray
from steps_analysis.formulas import MissingPolicy
from steps_analysis.outcomes.binary.probability_limits import (
    Transform,
    transformed_limits,
)
from steps_analysis.outcomes.columns import (
    as_binary,
    as_numbers,
    as_times,
    check_entry,
)
from steps_analysis.outcomes.doors import complete_rows, read_columns


def kaplan_meier(
    time: npt.ArrayLike | str,
    event: npt.ArrayLike | None = None,
    *,
    entry: npt.ArrayLike | None = None,
    transform: Transform = "log-log",
    level: float = 0.95,
    missing: MissingPolicy = "refuse",
    data: pd.DataFrame | None = None,
) -> Curve:
    """
    Estimate the probability of staying free of the event.

    Events at a time come before censorings at that time. An event at the last
    follow-up is allowed.

    Parameters
    ----------
    time
        End of follow-up, shape (n,), finite and at least 0; or a formula such as
        ``"time + event ~ 1"``, or ``"entry + time + event ~ 1"``, with `data`.
    event
        True or 1 where follow-up ended in the event, shape (n,).
    entry
        Start of follow-up, shape (n,): at risk in (entry, time]. None for the origin.
    transform
        Scale of the limits: ``"log-log"``, ``"log"``, ``"plain"``, ``"logit"`` or
        ``"arcsin"``.
    level
        Confidence level, in (0, 1).
    missing
        ``"refuse"`` rows with missing values, or ``"drop"`` them and count them.
    data
        The table a formula speaks of.

    Returns
    -------
    Curve
        One step per distinct event time; none where nobody had the event, and the
        curve then stays at 1.

    Raises
    ------
    ArgumentError
        If an option is unknown, or a formula lacks its table.
    DataError
        If the arrays differ in length, or hold missing, negative or impossible values.

    Notes
    -----
    Greenwood's variance. R's ``survfit`` defaults to ``conf.type = "log"``; ask it for
    ``"log-log"`` to compare. Once everybody at risk has had the event, standard error
    and limits are undefined (NaN), as in R. The curve says nothing beyond the last
    follow-up, where `Curve.at` repeats its last value.

    References
    ----------
    .. [1] Kaplan, E. L. and Meier, P. (1958), JASA 53, 457-481.

    Examples
    --------
    >>> kaplan_meier([2.0, 3.0, 3.0], [True, True, False]).value
    array([0.66666667, 0.33333333])
    """
    given = {"time": time, "event": event, "entry": entry}
    read = read_columns(given, right="nothing", data=data, missing=missing)
    stop, is_event, start = follow_up(read.columns)
    steps = event_steps(stop, is_event, start)
    value, se = product_limit(steps["n_events"], steps["n_at_risk"])
    lower, upper = transformed_limits(value, se, transform=transform, level=level)
    return Curve(
        time=steps["time"],
        value=value,
        lower=lower,
        upper=upper,
        standard_error=se,
        n_at_risk=steps["n_at_risk"],
        level=level,
        method=f"Kaplan-Meier, {transform} limits{read.note}",
        r_call=f"survival::survfit({r_response(start)} ~ 1, "
        f'conf.type = "{transform}", conf.int = {level})',
    )


def r_response(entry: FloatArray | None) -> str:
    """
    Write the left side of a formula in R.

    Parameters
    ----------
    entry
        Start of follow-up, or None where everybody is there from 0 on.

    Returns
    -------
    str
        A call of ``survival::Surv``.

    Examples
    --------
    >>> r_response(None)
    'survival::Surv(time, event)'
    """
    columns = "time, event" if entry is None else "entry, time, event"
    return f"survival::Surv({columns})"


def numbers_at_risk(
    time: npt.ArrayLike, *, at: npt.ArrayLike, entry: npt.ArrayLike | None = None
) -> npt.NDArray[np.int64]:
    """
    Count who is still under observation just before given times.

    Parameters
    ----------
    time
        End of follow-up, shape (n,).
    at
        Times to count at, shape (k,).
    entry
        Start of follow-up, shape (n,): at risk in (entry, time].

    Returns
    -------
    numpy.ndarray
        Numbers at risk, shape (k,).

    Raises
    ------
    DataError
        If the arrays differ in length, or hold missing or negative values, or `at`
        holds no times.

    Examples
    --------
    >>> numbers_at_risk([2.0, 3.0, 5.0], at=[0, 3, 4])
    array([3, 2, 1])
    """
    columns, _ = complete_rows({"time": time, "entry": entry})
    stop = np.sort(as_times("time", columns["time"]))
    when = as_numbers("at", np.asarray(at))
    count = len(stop) - np.searchsorted(stop, when, side="left")
    if entry is not None:
        start = np.sort(as_times("entry", columns["entry"]))
        count = count - (len(start) - np.searchsorted(start, when, side="left"))
    return np.asarray(count, dtype=np.int64)


def survival_quantile(curve: Curve, probability: float = 0.5) -> Estimate:
    """
    Read off the time by which a share of participants has had the event.

    Parameters
    ----------
    curve
        A survival curve of `kaplan_meier`.
    probability
        Share with the event, in (0, 1); 0.5 for the median.

    Returns
    -------
    Estimate
        The time, with limits where the curve's own limits pass the same height; the
        upper limit is NaN where they do not. Not estimable where the curve stays above.

    Raises
    ------
    ArgumentError
        If `probability` lies outside (0, 1).

    Notes
    -----
    As R's ``quantile.survfit``: where the curve equals the height over an interval, its
    midpoint is taken.

    References
    ----------
    .. [1] Brookmeyer, R. and Crowley, J. (1982), Biometrics 38, 29-41.

    Examples
    --------
    >>> survival_quantile(kaplan_meier([2.0, 3.0, 4.0], [1, 1, 1])).value
    3.0
    """
    if not (isinstance(probability, Real) and 0 < probability < 1):
        raise ArgumentError(refusal("probability", "lie in (0, 1)", probability))
    n = int(curve.n_at_risk[0]) if len(curve.time) else 0
    height = 1 - probability
    measure = "median time to event" if probability == 0.5 else "quantile of time"
    value = _crossing(curve.time, curve.value, height)
    if np.isnan(value):
        reason = "too few have had the event for the curve to fall that far"
        return Estimate.missing(
            measure, reason, n=n, level=curve.level, method=curve.method
        )
    return Estimate(
        measure=measure,
        value=value,
        lower=_crossing(curve.time, curve.lower, height),
        upper=_crossing(curve.time, curve.upper, height),
        level=curve.level,
        n=n,
        method=curve.method,
        r_call=_quantile_call(curve.r_call, probability),
    )


def _quantile_call(call: str | None, probability: float) -> str | None:
    """Write R's call for a quantile of a curve."""
    if call is None or not call.startswith("survival::survfit("):
        return None
    return f"quantile({call}, probs = {probability:g})"


def follow_up(
    columns: dict[str, npt.NDArray[Any]],
) -> tuple[FloatArray, BoolArray, FloatArray | None]:
    """
    Check time, event and entry together.

    Parameters
    ----------
    columns
        Arrays under those names; entry may be absent.

    Returns
    -------
    tuple of numpy.ndarray
        Time, event, and entry or None.

    Raises
    ------
    DataError
        If a value is impossible.

    Examples
    --------
    >>> follow_up({"time": np.array([1, 2]), "event": np.array([0, 1])})
    (array([1., 2.]), array([False,  True]), None)
    """
    time = as_times("time", columns["time"])
    event = as_binary("event", columns["event"])
    if "entry" not in columns:
        return time, event, None
    entry = as_times("entry", columns["entry"])
    check_entry(entry, time)
    return time, event, entry


def event_steps(
    time: FloatArray, event: BoolArray, entry: FloatArray | None
) -> dict[str, FloatArray]:
    """
    Count events and those at risk at each distinct event time.

    Parameters
    ----------
    time
        End of follow-up, shape (n,).
    event
        Whether it ended in the event, shape (n,).
    entry
        Start of follow-up, shape (n,), or None.

    Returns
    -------
    dict of str to numpy.ndarray
        ``time``, ``n_events`` and ``n_at_risk``, shape (k,).

    Examples
    --------
    >>> steps = event_steps(np.array([2.0, 2, 3]), np.array([True, True, False]), None)
    >>> steps["n_events"], steps["n_at_risk"]
    (array([2.]), array([3.]))
    """
    steps, n_events = np.unique(time[event], return_counts=True)
    at_risk = len(time) - np.searchsorted(np.sort(time), steps, side="left")
    if entry is not None:
        later = np.searchsorted(np.sort(entry), steps, side="left")
        at_risk = at_risk - (len(time) - later)
    return {
        "time": steps,
        "n_events": n_events.astype(np.float64),
        "n_at_risk": at_risk.astype(np.float64),
    }


def product_limit(
    n_events: FloatArray, n_at_risk: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """
    Multiply the shares that stay free of the event.

    Parameters
    ----------
    n_events
        Events at each time, shape (k,).
    n_at_risk
        At risk at each time, shape (k,).

    Returns
    -------
    tuple of numpy.ndarray
        Probability and its Greenwood standard error, shape (k,); the latter NaN once
        the probability is 0.

    Examples
    --------
    >>> value, se = product_limit(np.array([1.0]), np.array([4.0]))
    >>> value, se.round(4)
    (array([0.75]), array([0.2165]))
    """
    free = n_at_risk - n_events
    value = np.asarray(np.cumprod(free / n_at_risk), dtype=np.float64)
    safe = np.where(free > 0, n_at_risk * free, np.nan)
    standard_error: FloatArray = value * np.sqrt(np.cumsum(n_events / safe))
    return value, standard_error


def _crossing(time: FloatArray, height_at: FloatArray, height: float) -> float:
    """Find where a falling step function passes a height."""
    slack = 1e-9
    below = np.flatnonzero(height_at <= height + slack)
    if not len(below):
        return float("nan")
    first = below[0]
    under = np.flatnonzero(height_at < height - slack)
    if abs(height_at[first] - height) <= slack and len(under):
        return float(time[first] + time[under[0]]) / 2
    return float(time[first])
