"""Up to a horizon, how much time does one kind of event take, another competing?"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy.typing as npt
import pandas as pd

from steps_analysis.estimates import (
    BoolArray,
    Estimate,
    FloatArray,
    IntArray,
    check_level,
)
from steps_analysis.formulas import MissingPolicy
from steps_analysis.outcomes.columns import as_causes, as_groups, as_horizon, as_times
from steps_analysis.outcomes.competing.steps import check_kind, incidence_steps
from steps_analysis.outcomes.doors import read_columns
from steps_analysis.outcomes.survival.contrast_at import (
    ArmAt,
    arms_at,
    beyond_follow_up,
    difference_at,
    n_known,
)


def mean_time_lost(
    time: npt.ArrayLike | str,
    cause: npt.ArrayLike | None = None,
    *,
    horizon: float,
    of: int = 1,
    level: float = 0.95,
    missing: MissingPolicy = "refuse",
    data: pd.DataFrame | None = None,
) -> Estimate:
    """
    Estimate the mean time lost to one kind of event up to a horizon.

    Parameters
    ----------
    time
        End of follow-up, shape (n,); or a formula ``"time + cause ~ 1"`` with `data`.
    cause
        0 where follow-up was censored, else the kind of event: 1, 2, …; shape (n,).
    horizon
        Time up to which it is counted, on the scale of `time`, above 0.
    of
        The kind of event asked for.
    level
        Confidence level, in (0, 1).
    missing
        ``"refuse"`` rows with missing values, or ``"drop"`` them and count them.
    data
        The table a formula speaks of.

    Returns
    -------
    Estimate
        In the unit of `time`, within 0 and `horizon`. Not estimable where nobody was
        followed to the horizon.

    Raises
    ------
    ArgumentError
        If `of` is no kind of event.
    DataError
        If the arrays do not fit together, or hold missing or impossible values, or
        `horizon` is not above 0.

    Notes
    -----
    The area under the cumulative incidence, with normal limits from the infinitesimal
    jackknife, as R's ``survfit`` prints it as restricted mean time in the state. Times
    lost to all kinds and the restricted mean time free of events add up to the horizon.
    Without an event of this kind the jackknife has no variance; the upper limit is then
    the horizon times Wilson's limit of the probability of the event, which bounds it.

    References
    ----------
    .. [1] Andersen, P. K. (2013), Statistics in Medicine 32, 5278-5285.

    Examples
    --------
    Of two, one has the event at 1 and loses two of three years; the mean is 1.

    >>> mean_time_lost([1.0, 3.0], [1, 0], horizon=3).value
    1.0
    """
    check_kind("of", of)
    horizon = as_horizon("horizon", horizon)
    given = {"time": time, "cause": cause}
    read = read_columns(
        given, right="nothing", data=data, missing=missing, responses=("time", "cause")
    )
    stop = as_times("time", read.columns["time"])
    causes = as_causes("cause", read.columns["cause"])
    share = _share_lost(stop, causes, horizon, of, None)
    measure = f"mean time lost to kind {of} by {horizon:g}"
    method = f"Aalen-Johansen, jackknife variance{read.note}"
    if share.reason:
        return Estimate.missing(
            measure, share.reason, n=read.n, level=check_level(level), method=method
        )
    down, up = share.distances(check_level(level))
    if not share.standard_error > 0:
        method += "; Wilson limits stand in for a curve without variance"
    return Estimate(
        measure=measure,
        value=share.value * horizon,
        lower=max(share.value - down, 0.0) * horizon,
        upper=min(share.value + up, 1.0) * horizon,
        level=level,
        standard_error=share.standard_error * horizon or math.nan,
        n=read.n,
        method=method,
        r_call="summary(survival::survfit(survival::Surv(time, factor(cause)) ~ 1), "
        f"rmean = {horizon:g})$table",
    )


def mean_time_lost_difference(
    time: npt.ArrayLike | str,
    cause: npt.ArrayLike | None = None,
    arm: npt.ArrayLike | None = None,
    *,
    horizon: float,
    of: int = 1,
    reference: object = None,
    level: float = 0.95,
    missing: MissingPolicy = "refuse",
    data: pd.DataFrame | None = None,
) -> Estimate:
    """
    Estimate the difference in mean time lost to one kind of event up to a horizon.

    Parameters
    ----------
    time
        End of follow-up, shape (n,); or a formula ``"time + cause ~ arm"`` with `data`.
    cause
        0 where follow-up was censored, else the kind of event: 1, 2, …; shape (n,).
    arm
        Arm labels, shape (n,), two of them.
    horizon
        Time up to which it is counted, on the scale of `time`, above 0.
    of
        The kind of event asked for.
    reference
        The arm subtracted; by default the first in sorted order.
    level
        Confidence level, in (0, 1).
    missing
        ``"refuse"`` rows with missing values, or ``"drop"`` them and count them.
    data
        The table a formula speaks of.

    Returns
    -------
    Estimate
        Time lost less that of `reference`, in the unit of `time`. Not estimable where
        an arm was not followed to the horizon, or there is one arm only.

    Raises
    ------
    ArgumentError
        If there are more than two arms, `reference` is none of them, or `of` is no kind
        of event.
    DataError
        If the arrays do not fit together, or hold missing or impossible values, or
        `horizon` is not above 0.

    Notes
    -----
    Normal limits and a Wald test. An arm without an event of this kind lends Wilson's
    limits of its probability, times the horizon, as in `mean_time_lost`; they are
    squared and added, and there is then no standard error or test.

    References
    ----------
    .. [1] Andersen, P. K. (2013), Statistics in Medicine 32, 5278-5285.

    Examples
    --------
    >>> time, cause = [1.0, 3, 3, 2, 3, 3], [1, 0, 0, 1, 0, 0]
    >>> arm = ["MAU"] * 3 + ["MST-PSB"] * 3
    >>> found = mean_time_lost_difference(time, cause, arm, horizon=3)
    >>> round(found.value, 6)
    -0.333333
    """
    check_kind("of", of)
    horizon = as_horizon("horizon", horizon)
    given = {"time": time, "cause": cause, "arm": arm}
    read = read_columns(
        given, right="arm", data=data, missing=missing, responses=("time", "cause")
    )
    stop = as_times("time", read.columns["time"])
    causes = as_causes("cause", read.columns["cause"])
    arms = as_groups(read.columns["arm"], n=read.n)

    def one(own: BoolArray) -> ArmAt:
        """Read one arm."""
        label = arms.labels[int(arms.code[own][0])]
        return _share_lost(stop[own], causes[own], horizon, of, label)

    first, second = arms_at(stop, arms, at=horizon, reference=reference, read=one)
    share = difference_at(
        first,
        second,
        measure=f"difference in mean time lost to kind {of} by {horizon:g}",
        method=f"Aalen-Johansen, jackknife variance{read.note}",
        n=read.n,
        level=check_level(level),
    )
    return replace(
        share,
        value=share.value * horizon,
        lower=share.lower * horizon,
        upper=share.upper * horizon,
        standard_error=share.standard_error * horizon,
        r_call="summary(survival::survfit(survival::Surv(time, factor(cause)) ~ arm), "
        f"rmean = {horizon:g})$table",
    )


def _share_lost(
    time: FloatArray, cause: IntArray, horizon: float, of: int, label: object
) -> ArmAt:
    """Give the time lost as a share of the horizon."""
    lost, error = incidence_steps(time, cause, of).time_lost(horizon)
    reason = None
    if beyond_follow_up(time, cause > 0, horizon):
        where = "" if label is None else f"in arm {label} "
        reason = f"nobody {where}was followed to {horizon:g}"
    return ArmAt(
        label=label,
        value=lost / horizon,
        standard_error=error / horizon if error > 1e-12 * horizon else 0.0,
        n_known=n_known(time, cause > 0, horizon),
        reason=reason,
    )
