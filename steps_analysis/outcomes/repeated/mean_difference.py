"""How many more events, on average, has a participant of one arm had?"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
import pandas as pd

from steps_analysis.estimates import Curve, Estimate, FloatArray, check_level
from steps_analysis.formulas import MissingPolicy
from steps_analysis.outcomes.columns import as_horizon, check_choice
from steps_analysis.outcomes.distributions import normal_p_value, normal_quantile
from steps_analysis.outcomes.repeated.arm_mean import ArmMean, arm_mean
from steps_analysis.outcomes.repeated.counting import Counting, event_grid
from steps_analysis.outcomes.repeated.histories import (
    Histories,
    Labels,
    Times,
    read_histories,
)
from steps_analysis.outcomes.repeated.mean_function import VARIANCES, standard_errors
from steps_analysis.outcomes.repeated.two_arms import TwoArms, two_arms


def mean_cumulative_difference(
    entry: Times,
    time: npt.ArrayLike | None = None,
    event: npt.ArrayLike | None = None,
    cluster: Labels = None,
    arm: npt.ArrayLike | None = None,
    *,
    variance: str = "lawless-nadeau",
    reference: object = None,
    level: float = 0.95,
    missing: MissingPolicy = "refuse",
    data: pd.DataFrame | None = None,
) -> Curve:
    """
    Estimate the difference of two arms' mean cumulative functions.

    Parameters
    ----------
    entry
        Start of each spell, shape (rows,): at risk in (entry, time]; None for the
        origin; or a formula ``"entry + time + event ~ arm"`` with `data`.
    time
        Its end, shape (rows,), finite and at least 0.
    event
        True or 1 where the spell ended in an event, shape (rows,).
    cluster
        Labels of the participants, shape (rows,), or the name of a column of `data`.
    arm
        Arm labels, shape (rows,), two of them, one per participant.
    variance
        ``"lawless-nadeau"`` or ``"poisson"``, as in `mean_cumulative_function`.
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
    Curve
        One step per distinct time of an event in either arm, as long as both arms are
        followed, with normal limits; `n_at_risk` counts both arms. With one arm there
        are no steps, `Curve.at` gives NaN, and `method` says why.

    Raises
    ------
    ArgumentError
        If an option is unknown, there are more than two arms, or `reference` is none.
    DataError
        If the columns do not fit together, values are missing or impossible, spells of
        one participant overlap, or a participant is in two arms.

    Notes
    -----
    Variances of the arms add up, as in R's ``reda::mcfDiff``, which goes on beyond an
    arm's last follow-up. While an arm has had no event its variance is 0, so limits
    would be too narrow: there are none (NaN) until both arms have a variance. For an
    interval at a chosen time that allows for this, see
    `mean_cumulative_difference_at`.

    References
    ----------
    .. [1] Lawless, J. F. and Nadeau, C. (1995), Technometrics 37, 158-168.

    Examples
    --------
    >>> entry, time = [0, 1, 0, 0, 2, 0], [1, 3, 3, 2, 3, 3]
    >>> people, arm = ["p", "p", "q", "r", "r", "s"], ["a"] * 3 + ["b"] * 3
    >>> mean_cumulative_difference(entry, time, [1, 0, 0, 1, 0, 0], people, arm).value
    array([-0.5,  0. ])
    """
    check_choice("variance", variance, tuple(VARIANCES))
    spells, arms = _read(entry, time, event, cluster, arm, reference, missing, data)
    method = f"difference of mean cumulative functions, {variance} variance"
    if arms.reason:
        said = f"{method}: not estimable because {arms.reason}"
        return _nothing(said + spells.note, level)
    counting = Counting.of(spells, event_grid(spells))
    keep = counting.grid <= arms.common_end
    means, errors = [], []
    for code in (0, 1):
        own = counting.of_rows(arms.code == code)
        means.append(np.cumsum(own.increments)[keep])
        errors.append(_known(own, variance)[keep])
    value, se = means[1] - means[0], np.hypot(errors[0], errors[1])
    half = normal_quantile(check_level(level)) * se
    return Curve(
        time=counting.grid[keep],
        value=value,
        lower=value - half,
        upper=value + half,
        standard_error=se,
        n_at_risk=counting.n_at_risk[keep],
        level=level,
        method=f"{method}; {arms.words}{spells.note}",
        start=0.0,
        r_call="reda::mcfDiff(reda::mcf(reda::Recur(entry %to% time, cluster, event) "
        f'~ arm, variance = "{VARIANCES[variance]}"), level = {level})',
    )


def mean_cumulative_difference_at(
    entry: Times,
    time: npt.ArrayLike | None = None,
    event: npt.ArrayLike | None = None,
    cluster: Labels = None,
    arm: npt.ArrayLike | None = None,
    *,
    at: float,
    reference: object = None,
    level: float = 0.95,
    missing: MissingPolicy = "refuse",
    data: pd.DataFrame | None = None,
) -> Estimate:
    """
    Estimate the difference in the mean number of events by one time.

    Parameters
    ----------
    entry
        Start of each spell, shape (rows,): at risk in (entry, time]; None for the
        origin; or a formula ``"entry + time + event ~ arm"`` with `data`.
    time
        Its end, shape (rows,), finite and at least 0.
    event
        True or 1 where the spell ended in an event, shape (rows,).
    cluster
        Labels of the participants, shape (rows,), or the name of a column of `data`.
    arm
        Arm labels, shape (rows,), two of them, one per participant.
    at
        The time to compare at, above 0.
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
        Mean number of events less that of `reference`. Not estimable where `at` lies
        beyond an arm's last follow-up, or there is one arm only.

    Raises
    ------
    ArgumentError
        If there are more than two arms, or `reference` is none of them.
    DataError
        If the columns do not fit together, values are missing or impossible, spells of
        one participant overlap, a participant is in two arms, or `at` is not above 0.

    Notes
    -----
    Normal limits from Lawless and Nadeau's standard errors. An arm in which they are 0
    (no event, or all participants alike) lends exact Poisson limits of its number of
    events instead, its time under observation by then counted in multiples of `at`;
    they are squared and added, and there is then no standard error and no p-value.

    References
    ----------
    .. [1] Lawless, J. F. and Nadeau, C. (1995), Technometrics 37, 158-168.
    .. [2] Zou, G. Y. and Donner, A. (2008), Statistics in Medicine 27, 1693-1702.

    Examples
    --------
    >>> entry, time = [0, 1, 0, 0, 2, 0], [1, 3, 3, 2, 3, 3]
    >>> people, arm = ["p", "p", "q", "r", "r", "s"], ["a"] * 3 + ["b"] * 3
    >>> mean_cumulative_difference_at(
    ...     entry, time, [1, 0, 0, 1, 0, 0], people, arm, at=1.5).value
    -0.5
    """
    at = as_horizon("at", at)
    spells, arms = _read(entry, time, event, cluster, arm, reference, missing, data)
    measure = f"difference in mean number of events by {at:g}"
    method = f"mean cumulative functions, lawless-nadeau variance{spells.note}"
    if reason := arms.reason or arms.beyond(at):
        return Estimate.missing(
            measure, reason, n=spells.n, level=check_level(level), method=method
        )
    base, other = (arm_mean(spells, arms.code == code, at=at) for code in (0, 1))
    return _difference(
        other, base, level=level, measure=measure, n=spells.n, words=(method, arms)
    )


def _difference(
    other: ArmMean,
    base: ArmMean,
    *,
    level: float,
    measure: str,
    n: int,
    words: tuple[str, TwoArms],
) -> Estimate:
    """Subtract one arm's mean, adding up squared distances to the limits."""
    value = other.value - base.value
    down, up = other.distances(level)
    base_down, base_up = base.distances(level)
    se, p_value, method = math.nan, math.nan, f"{words[0]}; {words[1].words}"
    if other.standard_error > 0 and base.standard_error > 0:
        se = math.hypot(other.standard_error, base.standard_error)
        p_value = normal_p_value(value / se)
    else:
        method += "; exact Poisson limits stand in for an arm without variance"
    return Estimate(
        measure=measure,
        value=value,
        lower=value - math.hypot(down, base_up),
        upper=value + math.hypot(up, base_down),
        level=level,
        standard_error=se,
        p_value=p_value,
        n=n,
        method=method,
    )


def _read(
    entry: Times,
    time: npt.ArrayLike | None,
    event: npt.ArrayLike | None,
    cluster: Labels,
    arm: npt.ArrayLike | None,
    reference: object,
    missing: MissingPolicy,
    data: pd.DataFrame | None,
) -> tuple[Histories, TwoArms]:
    """Read the spells of two arms."""
    spells = read_histories(
        entry,
        time,
        event,
        cluster,
        right="arm",
        more={"arm": arm},
        missing=missing,
        data=data,
    )
    return spells, two_arms(spells, reference)


def _known(own: Counting, variance: str) -> FloatArray:
    """Give an arm's standard errors, NaN while it has had no event."""
    se = standard_errors(own, variance)
    known: FloatArray = np.where(se > 0, se, np.nan)
    return known


def _nothing(method: str, level: float) -> Curve:
    """Give a curve that says nothing."""
    empty = np.empty(0)
    return Curve(
        time=empty,
        value=empty,
        lower=empty,
        upper=empty,
        standard_error=empty,
        n_at_risk=empty,
        level=level,
        method=method,
        start=math.nan,
    )
