"""Do arms differ in how soon events come?"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from steps_analysis.errors import ArgumentError, refusal
from steps_analysis.estimates import TestResult
from steps_analysis.formulas import MissingPolicy
from steps_analysis.outcomes.columns import is_number
from steps_analysis.outcomes.distributions import chi_squared_test
from steps_analysis.outcomes.survival.event_weights import (
    ModestWeighting,
    Weighting,
    check_weighting,
    words_of,
)
from steps_analysis.outcomes.survival.weighted_counts import (
    WeightedCounts,
    weighted_counts,
)


def log_rank(
    time: npt.ArrayLike | str,
    event: npt.ArrayLike | None = None,
    arm: npt.ArrayLike | None = None,
    *,
    stratum: npt.ArrayLike | str | list[str] | None = None,
    rho: float = 0,
    gamma: float = 0,
    weighting: Weighting | None = None,
    missing: MissingPolicy = "refuse",
    data: pd.DataFrame | None = None,
) -> TestResult:
    """
    Test whether arms share one hazard.

    Parameters
    ----------
    time
        End of follow-up, shape (n,); or a formula ``"time + event ~ arm"`` with `data`.
    event
        True or 1 where follow-up ended in the event, shape (n,).
    arm
        Arm labels, shape (n,), two or more.
    stratum
        Labels, shape (n,) or (n, k): arms are compared within strata only.
    rho, gamma
        Fleming-Harrington weights S(t-)^rho (1 - S(t-))^gamma, at least 0; ``rho=1``
        looks at early, ``gamma=1`` at late differences.
    weighting
        Other weights instead: a name such as ``"gehan-breslow"`` or ``"tarone-ware"``,
        see `event_weights`.
    missing
        ``"refuse"`` rows with missing values, or ``"drop"`` them and count them.
    data
        The table a formula speaks of.

    Returns
    -------
    TestResult
        A chi-squared statistic on (arms with events expected - 1) degrees of freedom.
        Not estimable without events, or with one arm.

    Raises
    ------
    ArgumentError
        If a power is negative, the weights are not known, or powers come beside them.
    DataError
        If the arrays do not fit together, or hold missing or impossible values.

    Notes
    -----
    Hypergeometric variance, as R's ``survdiff``; ``coin`` uses the permutation
    variance, and ``survMisc`` corrects no ties where several arms have events at one
    time, so that both print slightly other p-values. S(t-) is the pooled Kaplan-Meier
    curve of the stratum just before t.

    References
    ----------
    .. [1] Harrington, D. P. and Fleming, T. R. (1982), Biometrika 69, 553-566.

    Examples
    --------
    At time 1, O - E = 1 - 1/2 with variance 1/4; later only one arm is at risk.

    >>> log_rank([1.0, 2.0], [1, 1], ["a", "b"]).statistic
    1.0
    """
    for name, power in (("rho", rho), ("gamma", gamma)):
        if not (is_number(power) and power >= 0):
            raise ArgumentError(refusal(name, "be at least 0", power))
    if weighting is not None and (rho or gamma):
        raise ArgumentError(refusal("weighting", "come without powers", (rho, gamma)))
    used: Weighting = (rho, gamma) if weighting is None else weighting
    check_weighting(used)
    given = {"time": time, "event": event, "arm": arm, "stratum": stratum}
    counts = weighted_counts(given, data, missing, [used])
    is_stratified = stratum is not None
    return _k_sample(counts, used, is_stratified=is_stratified)


def modest_log_rank(
    time: npt.ArrayLike | str,
    event: npt.ArrayLike | None = None,
    arm: npt.ArrayLike | None = None,
    *,
    t_star: float | None = None,
    s_star: float | None = None,
    stratum: npt.ArrayLike | str | list[str] | None = None,
    missing: MissingPolicy = "refuse",
    data: pd.DataFrame | None = None,
) -> TestResult:
    """
    Test whether arms share one hazard, where an effect is expected to come late.

    Parameters
    ----------
    time
        End of follow-up, shape (n,); or a formula ``"time + event ~ arm"`` with `data`.
    event
        True or 1 where follow-up ended in the event, shape (n,).
    arm
        Arm labels, shape (n,), two or more.
    t_star
        The time by which the effect should have come; give it, or `s_star`.
    s_star
        The height of the curve by which it should have come, in (0, 1].
    stratum
        Labels, shape (n,) or (n, k): arms are compared within strata only.
    missing
        ``"refuse"`` rows with missing values, or ``"drop"`` them and count them.
    data
        The table a formula speaks of.

    Returns
    -------
    TestResult
        A chi-squared statistic on (arms with events expected - 1) degrees of freedom.
        Not estimable without events, or with one arm.

    Raises
    ------
    ArgumentError
        If neither or both of `t_star` and `s_star` are given, or impossible.
    DataError
        If the arrays do not fit together, or hold missing or impossible values.

    Notes
    -----
    Weights 1 / max(S(t-), S(t*-)) [1]_, S the pooled Kaplan-Meier curve of the stratum:
    they grow until t* and then stay, so that an early event never speaks for the arm it
    came in, as it may under Fleming-Harrington weights with gamma. The paper writes
    S(t*); where an event falls on t* itself, R's ``nphRCT`` and ``simtrial`` read the
    curve just before, and so do we. Hypergeometric variance, as ``nphRCT::wlrt``, whose
    statistic is the signed root.

    References
    ----------
    .. [1] Magirr, D. and Burman, C.-F. (2019), Statistics in Medicine 38, 3782-3790.

    Examples
    --------
    With t* = 0 no weight grows, and this is the log-rank test:

    >>> modest_log_rank([1.0, 2.0], [1, 1], ["a", "b"], t_star=0).statistic
    1.0
    """
    used = ModestWeighting(t_star=t_star, s_star=s_star)
    given = {"time": time, "event": event, "arm": arm, "stratum": stratum}
    counts = weighted_counts(given, data, missing, [used])
    return _k_sample(counts, used, is_stratified=stratum is not None)


def _k_sample(
    counts: WeightedCounts, used: Weighting, *, is_stratified: bool
) -> TestResult:
    """Test all arms at once."""
    strata = ", stratified" if is_stratified else ""
    method = f"log-rank test{words_of(used)}{strata}{counts.note}"
    if counts.reason:
        return TestResult.missing(counts.reason, n=counts.n, method=method)
    keep = np.flatnonzero(counts.is_compared)[1:]
    distance = counts.distance[0, keep]
    covariance = counts.covariance[0, 0][np.ix_(keep, keep)]
    statistic = float(distance @ np.linalg.lstsq(covariance, distance, rcond=None)[0])
    call = r_call(used, is_stratified=is_stratified, n_arms=len(counts.arms))
    return chi_squared_test(statistic, len(keep), counts.n, method, r_call=call)


def r_call(used: Weighting, *, is_stratified: bool, n_arms: int) -> str | None:
    """
    Write the R call with the same weights and variance.

    Parameters
    ----------
    used
        The weights.
    is_stratified
        Whether arms are compared within strata.
    n_arms
        How many arms there are.

    Returns
    -------
    str or None
        The call, or None where no R package has it.

    Examples
    --------
    >>> r_call("log-rank", is_stratified=False, n_arms=2)
    'survival::survdiff(survival::Surv(time, event) ~ arm, rho = 0)'
    """
    strata = " + strata(stratum)" if is_stratified else ""
    formula = f"survival::Surv(time, event) ~ arm{strata}"
    named: dict[object, tuple[float, float]] = {"log-rank": (0, 0), "peto-peto": (1, 0)}
    if isinstance(used, ModestWeighting):
        star = f"t_star = {used.t_star}" if used.s_star is None else ""
        star = star or f"s_star = {used.s_star}"
        call = f'nphRCT::wlrt({formula}, data, method = "mw", {star})'
        return call if n_arms == 2 else None
    powers = named.get(used) if isinstance(used, str) else used
    if powers is None:
        return None
    rho, gamma = powers
    if not gamma:
        return f"survival::survdiff({formula}, rho = {rho:g})"
    call = f'nphRCT::wlrt({formula}, data, method = "fh", rho = {rho:g}, '
    return f"{call}gamma = {gamma:g})" if n_arms == 2 else None
