"""Up to a horizon, how much longer does one arm stay free of the event?"""

from __future__ import annotations

import math
from typing import Literal

import numpy.typing as npt
import pandas as pd

from steps_analysis.estimates import Estimate, check_level
from steps_analysis.formulas import MissingPolicy
from steps_analysis.outcomes.columns import as_groups, check_choice
from steps_analysis.outcomes.doors import read_columns
from steps_analysis.outcomes.survival.kaplan_meier import follow_up
from steps_analysis.outcomes.survival.restricted_arm import (
    RestrictedArm,
    check_horizon,
    horizon_reason,
    restricted_arm,
)
from steps_analysis.outcomes.survival.restricted_contrast import (
    MEASURES,
    Contrast,
    compare_arms,
    reference_code,
    stand_in_words,
)
from steps_analysis.outcomes.survival.restricted_mean_model import (
    restricted_mean_model,
)


def restricted_mean(
    time: npt.ArrayLike | str,
    event: npt.ArrayLike | None = None,
    arm: npt.ArrayLike | None = None,
    *,
    horizon: float,
    covariates: npt.ArrayLike | pd.DataFrame | None = None,
    contrast: Contrast = "difference",
    reference: object = None,
    level: float = 0.95,
    missing: MissingPolicy = "refuse",
    data: pd.DataFrame | None = None,
) -> Estimate:
    """
    Compare the mean time free of the event up to a horizon between two arms.

    Parameters
    ----------
    time
        End of follow-up, shape (n,); or a formula ``"time + event ~ arm"`` with `data`.
    event
        True or 1 where follow-up ended in the event, shape (n,).
    arm
        Arm labels, shape (n,), two of them.
    horizon
        End of the comparison, above 0, on the scale of `time`; fixed beforehand.
    covariates
        Numeric columns, shape (n,) or (n, p), or a table of them, to adjust for; with
        `data`, a list of its columns will do. None for none.
    contrast
        ``"difference"`` of the restricted means, their ``"ratio"``, or the
        ``"ratio of time lost"`` (horizon minus restricted mean).
    reference
        The arm compared with; by default the first in sorted order.
    level
        Confidence level, in (0, 1).
    missing
        ``"refuse"`` rows with missing values, or ``"drop"`` them and count them.
    data
        The table a formula speaks of.

    Returns
    -------
    Estimate
        The contrast, arm against `reference`; a difference is in the unit of `time`. Of
        a ratio, limits and `standard_error` are made on the log scale. Not estimable
        where an arm was not followed to the horizon.

    Raises
    ------
    ArgumentError
        If an option is unknown, there are more than two arms, or `reference` is none
        of them.
    DataError
        If the columns do not fit together, or hold missing or impossible values.

    Notes
    -----
    As R's ``survRM2::rmst2``: area under each Kaplan-Meier curve, Greenwood-type
    variance, normal limits; with covariates, the regression of `restricted_mean_model`.
    The horizon may not exceed the last follow-up of an arm that ends in a censoring. An
    arm whose last follow-up ends in the event has a curve that stays at 0, and does not
    bound the horizon; the last follow-up of all does.

    An arm without event before the horizon has no variance, and ``survRM2`` counts it
    as certain. Here the horizon times Wilson's lower limit of the probability of no
    event stands in (time lost is at most the horizon for each event), square-and-add;
    there is then no standard error, and `method` says so.

    The normal limits are short in small arms: without any effect, 5 % tests rejected in
    6.5 % of 3,000 simulated trials with 20 in each arm, 5.8 % with 40, 5.2 % with 100
    (standard error 0.4). `permutation_restricted_mean` keeps its level there.

    References
    ----------
    .. [1] Royston, P. and Parmar, M. K. B. (2013), BMC Medical Research Methodology 13,
       152.
    .. [2] Uno, H. et al. (2014), Journal of Clinical Oncology 32, 2380-2385.
    .. [3] Tian, L., Zhao, L. and Wei, L. J. (2014), Biostatistics 15, 222-233.

    Examples
    --------
    Up to 4: MAU has 1, 2, 3 and 4 free, 2.5 on average; MST-PSB 1, 4, 4 and 4.

    >>> time, event = [1.0, 2, 3, 4, 1, 4, 4, 4], [1, 1, 1, 0, 1, 0, 0, 0]
    >>> arm = ["MAU"] * 4 + ["MST-PSB"] * 4
    >>> restricted_mean(time, event, arm, horizon=4).value
    0.75
    """
    check_choice("contrast", contrast, tuple(MEASURES))
    check_level(level)
    if covariates is not None:
        fit = restricted_mean_model(
            time,
            event,
            arm,
            covariates,
            horizon=horizon,
            contrast=contrast,
            reference=reference,
            missing=missing,
            data=data,
        )
        return fit.effect(level=level)
    given = {"time": time, "event": event, "arm": arm}
    read = read_columns(given, right="arm", data=data, missing=missing)
    stop, is_event, _ = follow_up(read.columns)
    arms = as_groups(read.columns["arm"], n=read.n)
    end, base = check_horizon(horizon), reference_code(arms, reference)
    measure = f"{MEASURES[contrast]}, horizon {end:g}"
    reason = horizon_reason(stop, is_event, arms, end)
    if len(arms.labels) < 2:
        reason = "only one arm has participants"
    if reason:
        return Estimate.missing(
            measure, reason, n=read.n, level=level, method=_METHOD + read.note
        )
    first, second = (
        restricted_arm(
            stop[arms.code == code],
            is_event[arms.code == code],
            horizon=end,
            label=arms.labels[code],
        )
        for code in (1 - base, base)
    )
    return compare_arms(
        first,
        second,
        contrast=contrast,
        measure=measure,
        method=_METHOD + read.note,
        level=level,
    )


def restricted_means(
    time: npt.ArrayLike | str,
    event: npt.ArrayLike | None = None,
    arm: npt.ArrayLike | None = None,
    *,
    horizon: float,
    quantity: Literal["free", "lost"] = "free",
    level: float = 0.95,
    missing: MissingPolicy = "refuse",
    data: pd.DataFrame | None = None,
) -> dict[str, Estimate]:
    """
    Estimate each arm's mean time free of the event up to a horizon.

    Parameters
    ----------
    time
        End of follow-up, shape (n,); or a formula ``"time + event ~ arm"`` with `data`.
    event
        True or 1 where follow-up ended in the event, shape (n,).
    arm
        Arm labels, shape (n,), any number of them.
    horizon
        End of the mean, above 0, on the scale of `time`.
    quantity
        Time ``"free"`` of the event, or time ``"lost"``: the horizon minus that.
    level
        Confidence level, in (0, 1).
    missing
        ``"refuse"`` rows with missing values, or ``"drop"`` them and count them.
    data
        The table a formula speaks of.

    Returns
    -------
    dict of str to Estimate
        One mean per arm, in sorted order, in the unit of `time`; not estimable for an
        arm not followed to the horizon.

    Raises
    ------
    ArgumentError
        If an option is unknown.
    DataError
        If the columns do not fit together, or hold missing or impossible values.

    Notes
    -----
    As R's ``survRM2::rmst1`` and ``survfit`` with ``rmean``. Limits of an arm without
    event as in `restricted_mean`.

    Examples
    --------
    >>> means = restricted_means([1.0, 4], [1, 0], ["MAU", "MAU"], horizon=3)
    >>> means["MAU"].value
    2.0
    """
    check_choice("quantity", quantity, ("free", "lost"))
    check_level(level)
    given = {"time": time, "event": event, "arm": arm}
    read = read_columns(given, right="arm", data=data, missing=missing)
    stop, is_event, _ = follow_up(read.columns)
    arms = as_groups(read.columns["arm"], n=read.n)
    end = check_horizon(horizon)
    means = {}
    for code, label in enumerate(arms.labels):
        own = arms.code == code
        one = restricted_arm(stop[own], is_event[own], horizon=end, label=label)
        reason = horizon_reason(stop, is_event, arms, end, only=code)
        method = _METHOD + read.note
        means[str(label)] = _one_mean(one, quantity, reason, method, level)
    return means


_METHOD = "restricted mean, area under Kaplan-Meier"


def _one_mean(
    one: RestrictedArm, quantity: str, reason: str | None, method: str, level: float
) -> Estimate:
    """Estimate one arm's mean."""
    words = "restricted mean" + (" time lost" if quantity == "lost" else "")
    measure = f"{words}, horizon {one.horizon:g}, {one.label}"
    reason = reason or one.no_spread
    if reason:
        return Estimate.missing(measure, reason, n=one.n, level=level, method=method)
    lower, upper = one.limits(level)
    value = one.mean
    if quantity == "lost":
        end = one.horizon
        value, lower, upper = one.lost, end - upper, end - lower
    return Estimate(
        measure=measure,
        value=value,
        lower=lower,
        upper=upper,
        standard_error=one.standard_error or math.nan,
        level=level,
        n=one.n,
        method=method + stand_in_words(one),
        r_call=f"survRM2:::rmst1(time, event, tau = {one.horizon:g}, "
        f"alpha = {1 - level:g})",
    )
