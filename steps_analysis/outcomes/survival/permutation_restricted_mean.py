"""Would arms by chance alone differ as much in time free of the event?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
import numpy.typing as npt
import pandas as pd

from steps_analysis.errors import ArgumentError, refusal
from steps_analysis.estimates import BoolArray, FloatArray, IntArray, TestResult
from steps_analysis.formulas import MissingPolicy
from steps_analysis.outcomes.columns import as_groups, check_choice
from steps_analysis.outcomes.doors import read_columns
from steps_analysis.outcomes.survival.allocations import (
    Allocations,
    Judged,
    Statistic,
    check_draws,
    draw_allocations,
    exact_p_value,
    in_blocks,
    monte_carlo_p_value,
)
from steps_analysis.outcomes.survival.kaplan_meier import follow_up
from steps_analysis.outcomes.survival.restricted_arm import (
    check_horizon,
    horizon_reason,
)
from steps_analysis.outcomes.survival.restricted_contrast import reference_code

_ALTERNATIVES = ("two-sided", "greater", "less")


def permutation_restricted_mean(  # noqa: PLR0913  # the parts of one test, each named as everywhere else
    time: npt.ArrayLike | str,
    event: npt.ArrayLike | None = None,
    arm: npt.ArrayLike | None = None,
    *,
    horizon: float,
    alternative: str = "two-sided",
    stratum: npt.ArrayLike | str | list[str] | None = None,
    reference: object = None,
    n_draws: int | None = None,
    allocations: npt.ArrayLike | None = None,
    missing: MissingPolicy = "refuse",
    data: pd.DataFrame | None = None,
    seed: int | None = None,
) -> TestResult:
    """
    Test the difference in restricted means by permuting the arms.

    Parameters
    ----------
    time
        End of follow-up, shape (n,); or a formula ``"time + event ~ arm"`` with `data`.
    event
        True or 1 where follow-up ended in the event, shape (n,).
    arm
        Arm labels, shape (n,), two of them.
    horizon
        End of the comparison, above 0, on the scale of `time`.
    alternative
        ``"two-sided"`` counts allocations whose difference is at least as large either
        way; ``"greater"`` or ``"less"`` those where the arm's mean is at least as far
        above, or below, that of `reference`.
    stratum
        Labels, shape (n,) or (n, k): arms are permuted within strata only.
    reference
        The arm subtracted; by default the first in sorted order.
    n_draws
        How many allocations to draw; None for all of them.
    allocations
        Allocations that were drawn already, shape (m, n), 1 for the arm and 0 for
        `reference`, as `randomisation.draw_sequences` gives them: the test then rests
        on the procedure that was really used. Without `n_draws`, `stratum` and `seed`.
    missing
        ``"refuse"`` rows with missing values, or ``"drop"`` them and count them (not
        with `allocations`).
    data
        The table a formula speaks of.
    seed
        Seed of the draws, required with `n_draws`.

    Returns
    -------
    TestResult
        The difference observed and its p-value. Not estimable where an arm, as
        observed, was not followed to the horizon, or there is one arm only.

    Raises
    ------
    ArgumentError
        If an option is unknown or does not go with another, there are too many
        allocations to enumerate, or draws come without a seed.
    DataError
        If the columns do not fit together, or hold missing or impossible values.

    Notes
    -----
    Exact over all allocations with the observed totals where neither draws nor
    allocations are given; else (b + 1) / (m + 1) for b of m at least as extreme. Some
    allocations leave an arm whose last follow-up is a censoring before the horizon: its
    curve is carried on at its last height up to the horizon, so that no allocation
    leaves the reference set. R's ``survRM2perm`` offers this as one of six ways.

    References
    ----------
    .. [1] Horiguchi, M. and Uno, H. (2020), Statistics in Medicine 39, 2655-2670.

    Examples
    --------
    Of the six ways to treat two of four, two set the early pair against the late.

    >>> test = permutation_restricted_mean([1, 2, 3, 4], [1, 1, 1, 0],
    ...                                    ["MAU", "MAU", "MST-PSB", "MST-PSB"],
    ...                                    horizon=4)
    >>> test.statistic, round(test.p_value, 6)
    (2.0, 0.333333)
    """
    check_choice("alternative", alternative, _ALTERNATIVES)
    others = {"n_draws": n_draws, "stratum": stratum, "seed": seed}
    _check_ways(allocations, others, missing)
    given = {"time": time, "event": event, "arm": arm, "stratum": stratum}
    read = read_columns(given, right="arm", data=data, missing=missing)
    stop, is_event, _ = follow_up(read.columns)
    arms = as_groups(read.columns["arm"], n=read.n)
    end, base = check_horizon(horizon), reference_code(arms, reference)
    method = f"permutation test of restricted means, horizon {end:g}, {alternative}"
    reason = horizon_reason(stop, is_event, arms, end)
    if len(arms.labels) < 2:
        reason = "only one arm has participants"
    if reason:
        return TestResult.missing(reason, n=read.n, method=method + read.note)
    strata = as_groups(read.columns.get("stratum"), n=read.n)
    treated: BoolArray = arms.code != base
    judged = _judge(
        _extremity(stop, is_event, end, alternative),
        treated,
        strata.code,
        blocks=None if allocations is None else in_blocks(allocations, n=read.n),
        n_draws=n_draws,
        seed=seed,
    )
    words = f"{arms.labels[1 - base]} minus {arms.labels[base]}{read.note}"
    areas = restricted_areas(stop, is_event, end, treated.astype(np.int8)[None, :])
    return TestResult(
        statistic=float(areas[0]),
        p_value=judged.p_value,
        n=read.n,
        method=f"{method}, {judged.how}; {words}",
    )


def restricted_areas(
    time: FloatArray, event: BoolArray, horizon: float, allocations: Allocations
) -> FloatArray:
    """
    Give the difference in restricted means of many allocations at once.

    Parameters
    ----------
    time
        End of follow-up, shape (n,).
    event
        Whether it ended in the event, shape (n,).
    horizon
        The horizon.
    allocations
        Shape (m, n), 1 for the treated.

    Returns
    -------
    numpy.ndarray
        Mean of the treated minus that of the others, shape (m,). A curve is carried on
        at its last height.

    Examples
    --------
    >>> time, event = np.array([1.0, 3.0]), np.array([True, False])
    >>> arms = np.array([[1, 0], [0, 1]], dtype=np.int8)
    >>> restricted_areas(time, event, 3.0, arms)
    array([-2.,  2.])
    """
    steps = np.unique(time[event & (time < horizon)])
    widths = np.diff(np.concatenate([[0.0], steps, [horizon]]))
    at_risk = (time[:, None] >= steps).astype(np.float64)
    has_event = ((time[:, None] == steps) & event[:, None]).astype(np.float64)
    treated = allocations.astype(np.float64)
    areas = [
        _areas(arm @ has_event, arm @ at_risk, widths) for arm in (treated, 1 - treated)
    ]
    return areas[0] - areas[1]


def _areas(events: FloatArray, at_risk: FloatArray, widths: FloatArray) -> FloatArray:
    """Add up the area under each curve."""
    height = np.cumprod(1 - events / np.maximum(at_risk, 1), axis=1)
    area: FloatArray = widths[0] + height @ widths[1:]
    return area


def _extremity(
    time: FloatArray, event: BoolArray, horizon: float, alternative: str
) -> Statistic:
    """Give what is larger where it speaks more against no effect."""

    def statistic(allocations: Allocations) -> FloatArray:
        """Measure many allocations."""
        difference = restricted_areas(time, event, horizon, allocations)
        if alternative == "two-sided":
            return np.abs(difference)
        return difference if alternative == "greater" else -difference

    return statistic


def _judge(
    statistic: Statistic,
    treated: BoolArray,
    stratum: IntArray,
    *,
    blocks: Iterator[Allocations] | None,
    n_draws: int | None,
    seed: int | None,
) -> Judged:
    """Judge by the allocations given, by draws, or by all there are."""
    if blocks is not None:
        return monte_carlo_p_value(statistic, treated, blocks)
    if n_draws is None:
        return exact_p_value(statistic, treated, stratum)
    drawn = draw_allocations(
        treated, stratum, n_draws=n_draws, seed=check_draws(n_draws, seed)
    )
    return monte_carlo_p_value(statistic, treated, drawn)


def _check_ways(
    allocations: npt.ArrayLike | None, others: Mapping[str, object], missing: str
) -> None:
    """Refuse options that do not go with allocations drawn already."""
    if allocations is None:
        return
    for name, given in others.items():
        if given is not None:
            raise ArgumentError(refusal(name, "be None with `allocations`", "one"))
    if missing != "refuse":
        rule = 'be "refuse" with `allocations`'
        raise ArgumentError(refusal("missing", rule, missing))
