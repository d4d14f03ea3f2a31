"""How often do events happen while a participant is alive?"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from steps_analysis.estimates import BoolArray, Estimate, check_level
from steps_analysis.formulas import MissingPolicy
from steps_analysis.outcomes.columns import as_horizon
from steps_analysis.outcomes.distributions import normal_quantile
from steps_analysis.outcomes.repeated.arm_mean import poisson_limits
from steps_analysis.outcomes.repeated.histories import (
    Histories,
    Labels,
    Times,
    read_histories,
)
from steps_analysis.outcomes.repeated.terminal import Terminal
from steps_analysis.outcomes.repeated.two_arms import two_arms
from steps_analysis.outcomes.wald import exponential, wald_estimate


@dataclass(frozen=True, slots=True, kw_only=True)
class WhileAlive:
    """
    One group by one time.

    Attributes
    ----------
    rate
        Mean number of events over mean time lived.
    log_error
        Standard error of its logarithm; NaN where there is no event, or participants
        do not differ.
    n_events
        Events by then.
    exposure
        Time under observation by then.
    """

    rate: float
    log_error: float
    n_events: int
    exposure: float


def while_alive_rate(
    entry: Times,
    time: npt.ArrayLike | None = None,
    cause: npt.ArrayLike | None = None,
    cluster: Labels = None,
    *,
    at: float,
    level: float = 0.95,
    missing: MissingPolicy = "refuse",
    data: pd.DataFrame | None = None,
) -> Estimate:
    """
    Estimate the mean number of events by a time over the mean time lived by then.

    Parameters
    ----------
    entry
        Start of each spell, shape (rows,): at risk in (entry, time]; None for the
        origin; or a formula ``"entry + time + cause ~ 1"`` with `data`.
    time
        Its end, shape (rows,), finite and at least 0.
    cause
        How it ended, shape (rows,): 1 in an event, 2 in what ends all events, else 0.
    cluster
        Labels of the participants, shape (rows,), or the name of a column of `data`.
    at
        The time, above 0.
    level
        Confidence level, in (0, 1).
    missing
        ``"refuse"`` rows with missing values, or ``"drop"`` them and count them.
    data
        The table a formula speaks of.

    Returns
    -------
    Estimate
        Events per unit of time, limits on the log scale, where `standard_error` lies.
        Without an event, or where participants do not differ, exact Poisson limits of
        the events over the time observed. Not estimable beyond the last follow-up,
        unless everybody had died by then.

    Raises
    ------
    ArgumentError
        If there is no `cluster`.
    DataError
        If the columns do not fit together, values are missing or impossible, spells of
        one participant overlap or go on after the end, or `at` is not above 0.

    Notes
    -----
    `ghosh_lin` at `at` over the restricted mean of the time to death: a longer life,
    which leaves more time for events, is not held against an arm. The variance combines
    each participant's pull on both, by the delta method. R's ``WA::LRfit`` and
    ``mets::WA_recurrent`` estimate the same quantity; we have no figure of theirs.

    References
    ----------
    .. [1] Mao, L. (2023), Biometrics 79, 1749-1760.
    .. [2] Wei, J. et al. (2023), Statistics in Biopharmaceutical Research 15, 257-267.

    Examples
    --------
    Two live to 2, with one event between them: 1/2 over 2.

    >>> found = while_alive_rate([0, 1, 0], [1, 2, 2], [1, 0, 0], list("aab"), at=2)
    >>> found.value
    0.25
    """
    at = as_horizon("at", at)
    spells = read_histories(
        entry, time, cause, cluster, ending="cause", missing=missing, data=data
    )
    measure, method = f"while-alive rate by {at:g}", f"while-alive rate{spells.note}"
    everybody = np.ones(spells.n, dtype=np.bool_)
    if not _followed(spells, everybody, at):
        reason = f"nobody was followed to {at:g}"
        return Estimate.missing(
            measure, reason, n=spells.n, level=check_level(level), method=method
        )
    group = _group(spells, everybody, at)
    if math.isnan(group.log_error):
        lower, upper = poisson_limits(group.n_events, check_level(level))
        limits = (lower / group.exposure, upper / group.exposure)
        method += ", exact Poisson limits: participants do not differ"
    else:
        spread = math.exp(normal_quantile(level) * group.log_error)
        limits = (group.rate / spread, group.rate * spread)
    return Estimate(
        measure=measure,
        value=group.rate,
        lower=min(limits[0], group.rate),
        upper=max(limits[1], group.rate),
        level=level,
        standard_error=group.log_error,
        unit="per unit of time",
        n=spells.n,
        method=method,
    )


def while_alive_rate_ratio(
    entry: Times,
    time: npt.ArrayLike | None = None,
    cause: npt.ArrayLike | None = None,
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
    Estimate the ratio of two arms' while-alive rates by a time.

    Parameters
    ----------
    entry
        Start of each spell, shape (rows,): at risk in (entry, time]; None for the
        origin; or a formula ``"entry + time + cause ~ arm"`` with `data`.
    time
        Its end, shape (rows,), finite and at least 0.
    cause
        How it ended, shape (rows,): 1 in an event, 2 in what ends all events, else 0.
    cluster
        Labels of the participants, shape (rows,), or the name of a column of `data`.
    arm
        Arm labels, shape (rows,), two of them, one per participant.
    at
        The time, above 0.
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
        Rate over that of `reference`, limits on the log scale, where `standard_error`
        lies. Not estimable with one arm, beyond an arm's last follow-up, or where an
        arm has no event by then, or participants who do not differ.

    Raises
    ------
    ArgumentError
        If there is no `cluster`, more than two arms, or `reference` is none of them.
    DataError
        If the columns do not fit together, values are missing or impossible, spells of
        one participant overlap or go on after the end, a participant is in two arms, or
        `at` is not above 0.

    References
    ----------
    .. [1] Mao, L. (2023), Biometrics 79, 1749-1760.
    .. [2] Wei, J. et al. (2023), Statistics in Biopharmaceutical Research 15, 257-267.

    Examples
    --------
    One event among two who live to 2, against two among two.

    >>> entry, time, cause = [0, 1, 0, 0, 1, 1.5, 0], [1, 2, 2, 1, 1.5, 2, 2], [
    ...     1, 0, 0, 1, 1, 0, 0]
    >>> while_alive_rate_ratio(
    ...     entry, time, cause, list("aabcccd"), list("xxxyyyy"), at=2).value
    2.0
    """
    at = as_horizon("at", at)
    spells = read_histories(
        entry,
        time,
        cause,
        cluster,
        right="arm",
        more={"arm": arm},
        ending="cause",
        missing=missing,
        data=data,
    )
    arms = two_arms(spells, reference)
    measure = f"while-alive rate ratio by {at:g}"
    method = f"while-alive rates{spells.note}; {arms.other} over {arms.reference}"
    parts, reason = [], arms.reason
    for code, label in enumerate((arms.reference, arms.other)):
        own = arms.code == code
        if reason is None and not _followed(spells, own, at):
            reason = f"nobody in arm {label} was followed to {at:g}"
        if reason is None:
            parts.append(_group(spells, own, at))
            reason = _no_error(parts[-1], label)
    if reason is not None:
        return Estimate.missing(
            measure, reason, n=spells.n, level=check_level(level), method=method
        )
    log_ratio = math.log(parts[1].rate / parts[0].rate)
    se = math.hypot(parts[0].log_error, parts[1].log_error)
    log = wald_estimate(measure, log_ratio, se, level=level, n=spells.n, method=method)
    return exponential(log, measure)


def _followed(spells: Histories, own: BoolArray, at: float) -> bool:
    """Say whether a group was observed to a time, or had died out by then."""
    end = spells.last()[own].max()
    last = own[spells.cluster] & (spells.time == end)
    return bool(at <= end or spells.death[last].all())


def _group(spells: Histories, own: BoolArray, at: float) -> WhileAlive:
    """Read one group by a time."""
    group = Terminal.of(spells, own)
    passed = int(np.searchsorted(group.counting.grid, at, side="right"))
    mean = float(group.mean[passed - 1]) if passed else 0.0
    lived, lived_pull = group.lived(at)
    rate, log_error = mean / lived, math.nan
    if mean > 0:
        pull = group.mean_influence()[:, passed - 1] / mean - lived_pull / lived
        spread = math.sqrt(float(pull @ pull))
        log_error = spread if spread > 1e-12 else math.nan
    within = np.clip(spells.time, None, at) - np.clip(spells.entry, None, at)
    return WhileAlive(
        rate=rate,
        log_error=log_error,
        n_events=int(group.counting.n_events[:passed].sum()),
        exposure=float(within[own[spells.cluster]].sum()),
    )


def _no_error(group: WhileAlive, label: object) -> str | None:
    """Say why an arm's rate has no standard error."""
    if not group.n_events:
        return f"there is no event in arm {label} by then"
    if math.isnan(group.log_error):
        return f"participants in arm {label} do not differ"
    return None
