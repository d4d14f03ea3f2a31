"""How do two arms' restricted means compare?"""

from __future__ import annotations

import math
from typing import Literal

from steps_analysis.errors import ArgumentError, refusal
from steps_analysis.estimates import Estimate
from steps_analysis.outcomes.columns import Groups
from steps_analysis.outcomes.distributions import normal_p_value
from steps_analysis.outcomes.survival.restricted_arm import RestrictedArm

Contrast = Literal["difference", "ratio", "ratio of time lost"]
MEASURES = {
    "difference": "difference in restricted mean",
    "ratio": "ratio of restricted means",
    "ratio of time lost": "ratio of restricted mean time lost",
}


def reference_code(arms: Groups, reference: object) -> int:
    """
    Find the reference among at most two arms.

    Parameters
    ----------
    arms
        The arms.
    reference
        The label; None for the first.

    Returns
    -------
    int
        Its position.

    Raises
    ------
    ArgumentError
        If there are more than two arms, or `reference` is none of them.

    Examples
    --------
    >>> import numpy as np
    >>> reference_code(Groups(labels=("a", "b"), code=np.array([0, 1])), "b")
    1
    """
    if len(arms.labels) > 2:
        raise ArgumentError(refusal("arm", "have two labels", len(arms.labels)))
    return 0 if reference is None else arms.position(reference, name="reference")


def compare_arms(
    arm: RestrictedArm,
    reference: RestrictedArm,
    *,
    contrast: Contrast,
    measure: str,
    method: str,
    level: float,
) -> Estimate:
    """
    Contrast two arms' restricted means.

    Parameters
    ----------
    arm, reference
        The two arms.
    contrast
        As in `restricted_mean`.
    measure
        What the contrast is called.
    method
        How the means were computed.
    level
        Confidence level.

    Returns
    -------
    Estimate
        Limits by squaring and adding each arm's own distances, which is the normal
        interval where both have a standard error; made on the log scale for a ratio.

    Examples
    --------
    >>> a = RestrictedArm(label="a", mean=8, standard_error=0.3, horizon=10, n=20,
    ...                   n_known=20)
    >>> b = RestrictedArm(label="b", mean=9, standard_error=0.4, horizon=10, n=20,
    ...                   n_known=20)
    >>> effect = compare_arms(b, a, contrast="difference", measure="d", method="m",
    ...                       level=0.95)
    >>> effect.value, effect.standard_error
    (1.0, 0.5)
    """
    n = arm.n + reference.n
    words = f"{method}; {arm.label} {_BETWEEN[contrast]} {reference.label}"
    reason = arm.no_spread or reference.no_spread
    if contrast == "ratio of time lost":
        reason = reason or _nothing_lost(arm) or _nothing_lost(reference)
    if reason:
        return Estimate.missing(measure, reason, n=n, level=level, method=words)
    one, other = _scaled(arm, contrast, level), _scaled(reference, contrast, level)
    value = one[0] - other[0]
    se, p_value = math.nan, math.nan
    if arm.standard_error > 0 and reference.standard_error > 0:
        se = math.hypot(one[3], other[3])
        p_value = normal_p_value(value / se)
    read = float if contrast == "difference" else math.exp
    return Estimate(
        measure=measure,
        value=read(value),
        lower=read(value - math.hypot(one[0] - one[1], other[2] - other[0])),
        upper=read(value + math.hypot(one[2] - one[0], other[0] - other[1])),
        level=level,
        standard_error=se,
        p_value=p_value,
        n=n,
        method=words + (stand_in_words(arm) or stand_in_words(reference)),
        r_call=f"survRM2::rmst2(time, event, arm, tau = {arm.horizon:g}, "
        f"alpha = {1 - level:g})",
    )


def stand_in_words(arm: RestrictedArm) -> str:
    """
    Say that an arm without event has limits of another kind.

    Parameters
    ----------
    arm
        The arm.

    Returns
    -------
    str
        The words, empty where it has an event before the horizon.

    Examples
    --------
    >>> stand_in_words(RestrictedArm(label="a", mean=10, standard_error=0, horizon=10,
    ...                              n=9, n_known=9))
    "; Wilson's limit stands in for the arm without event before the horizon"
    """
    if arm.lost:
        return ""
    return "; Wilson's limit stands in for the arm without event before the horizon"


_BETWEEN = {"difference": "minus", "ratio": "over", "ratio of time lost": "over"}


def _nothing_lost(arm: RestrictedArm) -> str | None:
    """Say that an arm has no time lost to divide by."""
    return None if arm.lost else f"nobody in arm {arm.label} had the event before then"


def _scaled(
    arm: RestrictedArm, contrast: Contrast, level: float
) -> tuple[float, float, float, float]:
    """Give mean, limits and standard error on the scale of the contrast."""
    lower, upper = arm.limits(level)
    if contrast == "difference":
        return arm.mean, lower, upper, arm.standard_error
    value = arm.mean if contrast == "ratio" else arm.lost
    middle, se = math.log(value), arm.standard_error / value
    if arm.lost == 0:
        return middle, math.log(lower), math.log(upper), se
    half = (upper - arm.mean) / value
    return middle, middle - half, middle + half, se
