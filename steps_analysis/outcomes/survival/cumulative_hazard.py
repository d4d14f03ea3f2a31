"""How much hazard has built up by each time?"""

from __future__ import annotations

from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from steps_analysis.estimates import Curve, FloatArray
from steps_analysis.formulas import MissingPolicy
from steps_analysis.outcomes.binary.probability_limits import (
    Transform,
    transformed_limits,
)
from steps_analysis.outcomes.columns import check_choice
from steps_analysis.outcomes.distributions import normal_quantile
from steps_analysis.outcomes.doors import read_columns
from steps_analysis.outcomes.survival.kaplan_meier import (
    event_steps,
    follow_up,
    r_response,
)

HazardTies = Literal["nelson-aalen", "fleming-harrington"]
_CTYPE = {"nelson-aalen": 1, "fleming-harrington": 2}


def cumulative_hazard(
    time: npt.ArrayLike | str,
    event: npt.ArrayLike | None = None,
    *,
    entry: npt.ArrayLike | None = None,
    ties: HazardTies = "nelson-aalen",
    transform: Literal["log", "plain"] = "log",
    level: float = 0.95,
    missing: MissingPolicy = "refuse",
    data: pd.DataFrame | None = None,
) -> Curve:
    """
    Estimate the cumulative hazard of the event.

    Events at a time come before censorings at that time.

    Parameters
    ----------
    time
        End of follow-up, shape (n,), finite and at least 0; or a formula such as
        ``"time + event ~ 1"``, or ``"entry + time + event ~ 1"``, with `data`.
    event
        True or 1 where follow-up ended in the event, shape (n,).
    entry
        Start of follow-up, shape (n,): at risk in (entry, time]. None for the origin.
    ties
        ``"nelson-aalen"`` adds d / n where d of n have the event at one time;
        ``"fleming-harrington"`` takes them one after the other,
        1 / n + … + 1 / (n - d + 1).
    transform
        Scale of the limits: ``"log"``, which keeps them above 0, or ``"plain"``.
    level
        Confidence level, in (0, 1).
    missing
        ``"refuse"`` rows with missing values, or ``"drop"`` them and count them.
    data
        The table a formula speaks of.

    Returns
    -------
    Curve
        One step per distinct event time, starting from 0.

    Raises
    ------
    ArgumentError
        If an option is unknown, or a formula lacks its table.
    DataError
        If the arrays differ in length, or hold missing, negative or impossible values.

    Notes
    -----
    Variance as in R's ``survfit(ctype = 1)`` and ``ctype = 2``: the sum of d / n², or
    of the squared terms one after the other. R prints no limits of the cumulative
    hazard; ours with ``transform="log"`` are H exp(±z se / H).

    References
    ----------
    .. [1] Nelson, W. (1972), Technometrics 14, 945-966.
    .. [2] Aalen, O. O. (1978), Annals of Statistics 6, 701-726.
    .. [3] Fleming, T. R. and Harrington, D. P. (1984), Communications in Statistics:
       Theory and Methods 13, 2469-2486.

    Examples
    --------
    Two of four, then one of two: 2/4, then 2/4 + 1/2.

    >>> cumulative_hazard([1.0, 1.0, 2.0, 3.0], [1, 1, 1, 0]).value
    array([0.5, 1. ])
    """
    check_choice("ties", ties, tuple(_CTYPE))
    check_choice("transform", transform, ("log", "plain"))
    half = normal_quantile(level)
    steps, note, response = _steps(time, event, entry, data, missing)
    value, se = hazard_sums(steps["n_events"], steps["n_at_risk"], ties=ties)
    if transform == "log":
        factor = np.exp(half * se / value)
        lower, upper = value / factor, value * factor
    else:
        lower, upper = np.maximum(value - half * se, 0.0), value + half * se
    name = "Nelson-Aalen" if ties == "nelson-aalen" else "Fleming-Harrington"
    return Curve(
        time=steps["time"],
        value=value,
        lower=lower,
        upper=upper,
        standard_error=se,
        n_at_risk=steps["n_at_risk"],
        level=level,
        start=0.0,
        method=f"{name} cumulative hazard, {transform} limits{note}",
        r_call=f"{_r_call(response, ties)})",
    )


def fleming_harrington(
    time: npt.ArrayLike | str,
    event: npt.ArrayLike | None = None,
    *,
    entry: npt.ArrayLike | None = None,
    ties: HazardTies = "fleming-harrington",
    transform: Transform = "log-log",
    level: float = 0.95,
    missing: MissingPolicy = "refuse",
    data: pd.DataFrame | None = None,
) -> Curve:
    """
    Estimate the probability of staying free of the event from the cumulative hazard.

    Parameters
    ----------
    time
        End of follow-up, shape (n,); or a formula, as for `cumulative_hazard`.
    event
        True or 1 where follow-up ended in the event, shape (n,).
    entry
        Start of follow-up, shape (n,): at risk in (entry, time]. None for the origin.
    ties
        As in `cumulative_hazard`; ``"nelson-aalen"`` gives Breslow's curve.
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
        The curve exp(-H), one step per distinct event time. It never reaches 0, and so
        has a standard error and limits where the Kaplan-Meier curve has none.

    Raises
    ------
    ArgumentError
        If an option is unknown, or a formula lacks its table.
    DataError
        If the arrays differ in length, or hold missing, negative or impossible values.

    Notes
    -----
    R's ``survfit(stype = 2, ctype = 2)``; the standard error is that of H times the
    curve.

    References
    ----------
    .. [1] Fleming, T. R. and Harrington, D. P. (1984), Communications in Statistics:
       Theory and Methods 13, 2469-2486.

    Examples
    --------
    H is 1/2, then 1/2 + 1.

    >>> fleming_harrington([1.0, 2.0], [1, 1]).value.round(4)
    array([0.6065, 0.2231])
    """
    check_choice("ties", ties, tuple(_CTYPE))
    steps, note, response = _steps(time, event, entry, data, missing)
    hazard, error = hazard_sums(steps["n_events"], steps["n_at_risk"], ties=ties)
    value = np.exp(-hazard)
    se = value * error
    lower, upper = transformed_limits(value, se, transform=transform, level=level)
    name = "Breslow" if ties == "nelson-aalen" else "Fleming-Harrington"
    return Curve(
        time=steps["time"],
        value=value,
        lower=lower,
        upper=upper,
        standard_error=se,
        n_at_risk=steps["n_at_risk"],
        level=level,
        method=f"{name} survival, {transform} limits{note}",
        r_call=f'{_r_call(response, ties)}, conf.type = "{transform}", '
        f"conf.int = {level})",
    )


def hazard_sums(
    n_events: FloatArray, n_at_risk: FloatArray, *, ties: HazardTies
) -> tuple[FloatArray, FloatArray]:
    """
    Add up the hazard at each event time.

    Parameters
    ----------
    n_events
        Events at each time, shape (k,).
    n_at_risk
        At risk at each time, shape (k,).
    ties
        As in `cumulative_hazard`.

    Returns
    -------
    tuple of numpy.ndarray
        Cumulative hazard and its standard error, shape (k,).

    Examples
    --------
    >>> value, se = hazard_sums(np.array([2.0]), np.array([4.0]), ties="nelson-aalen")
    >>> float(value[0]), float(se[0].round(4))
    (0.5, 0.3536)
    """
    if ties == "nelson-aalen":
        steps, squares = n_events / n_at_risk, n_events / n_at_risk**2
    else:
        terms = [
            1 / (n - np.arange(d)) for d, n in zip(n_events, n_at_risk, strict=True)
        ]
        steps = np.array([term.sum() for term in terms])
        squares = np.array([(term**2).sum() for term in terms])
    return np.cumsum(steps), np.sqrt(np.cumsum(squares))


def _steps(
    time: npt.ArrayLike | str,
    event: npt.ArrayLike | None,
    entry: npt.ArrayLike | None,
    data: pd.DataFrame | None,
    missing: MissingPolicy,
) -> tuple[dict[str, FloatArray], str, str]:
    """Read the columns; count events and those at risk; write R's response."""
    given = {"time": time, "event": event, "entry": entry}
    read = read_columns(given, right="nothing", data=data, missing=missing)
    stop, is_event, start = follow_up(read.columns)
    return event_steps(stop, is_event, start), read.note, r_response(start)


def _r_call(response: str, ties: str) -> str:
    """Write R's call, still open."""
    kind = f"stype = 2, ctype = {_CTYPE[ties]}"
    return f"survival::survfit({response} ~ 1, {kind}"
