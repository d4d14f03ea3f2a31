"""Do arms differ in how many come to one kind of event, when another can come first?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from steps_analysis.errors import ArgumentError, refusal
from steps_analysis.estimates import FloatArray, IntArray, TestResult
from steps_analysis.formulas import MissingPolicy
from steps_analysis.outcomes.columns import as_causes, as_groups, as_times, is_number
from steps_analysis.outcomes.competing.steps import check_kind
from steps_analysis.outcomes.distributions import chi_squared_p_value
from steps_analysis.outcomes.doors import read_columns


def gray_test(
    time: npt.ArrayLike | str,
    cause: npt.ArrayLike | None = None,
    arm: npt.ArrayLike | None = None,
    *,
    of: int = 1,
    stratum: npt.ArrayLike | str | list[str] | None = None,
    rho: float = 0,
    missing: MissingPolicy = "refuse",
    data: pd.DataFrame | None = None,
) -> TestResult:
    """
    Test whether arms share one cumulative incidence of one kind of event.

    Parameters
    ----------
    time
        End of follow-up, shape (n,); or a formula ``"time + cause ~ arm"`` with `data`.
    cause
        0 where follow-up was censored, else the kind of event: 1, 2, …; shape (n,).
    arm
        Arm labels, shape (n,), two or more.
    of
        The kind of event asked for.
    stratum
        Labels, shape (n,) or (n, k): arms are compared within strata only.
    rho
        Power of the weight (1 - F(t-))^rho, F the pooled incidence; above 0 looks at
        early, below 0 at late differences.
    missing
        ``"refuse"`` rows with missing values, or ``"drop"`` them and count them.
    data
        The table a formula speaks of.

    Returns
    -------
    TestResult
        A chi-squared statistic on (arms ever at risk beside another - 1) degrees of
        freedom. Not estimable without events of this kind, or with one arm.

    Raises
    ------
    ArgumentError
        If `rho` is no finite number, or `of` no kind of event.
    DataError
        If the arrays do not fit together, or hold missing or impossible values.

    Notes
    -----
    Compares subdistribution hazards: those who had another kind of event stay at risk,
    as far as censoring lets one say, in R_k(t) = n_k(t) (1 - F_k(t-)) / S_k(t-). The
    score of arm k is the sum of (1 - F)^rho (d_k - d R_k / R). Variance and its
    corrections for ties are those of R's ``cmprsk::cuminc``, whose correction can be
    negative at a last time with two events in arms of different survival. An arm in
    which nobody is left without an event of any kind leaves the comparison, and the
    pooled incidence can then pass 1, as in R; weights with a power are 0 from there.
    The log-rank test with other kinds censored asks another thing: whether the rates
    differ among those still free of any event.

    References
    ----------
    .. [1] Gray, R. J. (1988), Annals of Statistics 16, 1141-1154.

    Examples
    --------
    Four at one time, one of them with event 1: O - E = 1 - 1/2 with variance 1/4.

    >>> gray_test([1.0] * 4, [1, 2, 2, 2], ["a", "a", "b", "b"]).statistic
    1.0
    """
    check_kind("of", of)
    if not is_number(rho):
        raise ArgumentError(refusal("rho", "be finite", rho))
    given = {"time": time, "cause": cause, "arm": arm, "stratum": stratum}
    read = read_columns(
        given, right="arm", data=data, missing=missing, responses=("time", "cause")
    )
    causes = as_causes("cause", read.columns["cause"])
    arms = as_groups(read.columns["arm"], n=read.n)
    strata = as_groups(read.columns.get("stratum"), n=read.n)
    method = f"Gray's test of cumulative incidence, kind {of}"
    method += (f", rho {rho:g}" if rho else "") + (
        ", stratified" if stratum is not None else ""
    )
    method += read.note
    r_strata = ", strata = stratum" if stratum is not None else ""
    parts = _over_strata(
        as_times("time", read.columns["time"]), causes, arms.code, strata.code, of, rho
    )
    reason = _reason(len(arms.labels), bool((causes == of).any()), parts)
    if reason:
        return TestResult.missing(reason, n=read.n, method=method)
    score = parts.score[parts.compared][1:]
    covariance = parts.covariance[np.ix_(parts.compared, parts.compared)][1:, 1:]
    statistic = float(score @ np.linalg.lstsq(covariance, score, rcond=None)[0])
    return TestResult(
        statistic=statistic,
        p_value=chi_squared_p_value(statistic, len(score)),
        n=read.n,
        degrees_of_freedom=len(score),
        method=method,
        r_call=f"cmprsk::cuminc(time, cause, arm{r_strata}, rho = {rho:g})$Tests"
        f'["{of}", ]',
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class GrayParts:
    """
    What Gray's test is made of.

    Attributes
    ----------
    score
        Weighted events seen less those expected if arms did not differ, shape (k,).
    covariance
        Its covariance, shape (k, k).
    compared
        Positions of the arms at risk together with another when an event happens.
    """

    score: FloatArray
    covariance: FloatArray
    compared: IntArray


def gray_parts(
    time: FloatArray, cause: IntArray, arm: IntArray, n_arms: int, of: int, rho: float
) -> GrayParts:
    """
    Score and covariance within one stratum.

    Parameters
    ----------
    time
        End of follow-up, shape (n,).
    cause
        0 for censored, else the kind of event, shape (n,).
    arm
        Codes, shape (n,).
    n_arms
        How many arms there are, k.
    of
        The kind asked for.
    rho
        Power of the weight.

    Returns
    -------
    GrayParts
        Score and covariance.

    Notes
    -----
    Names follow [1]_, section 3. The score of arm i is, to first order, a sum over arms
    k of integrals of A_ik against the martingale of own events and of B_ik against that
    of other events of arm k, with

    A_ik = a_ik(t) + (1 - (1 - F)/S_k) (c_ik(end) - c_ik(t)),
    B_ik = (1 - F)/S_k (c_ik(end) - c_ik(t)),

    a_ik = (1 - F(t-))^rho (h_i [i = k] - h_i h_k / h), h_k = n_k / S_k(t-), and c_ik
    the integral of a_ik dF / (1 - F(t-)). Their squares, times the variances of the
    increments, add up.

    References
    ----------
    .. [1] Gray, R. J. (1988), Annals of Statistics 16, 1141-1154.

    Examples
    --------
    Without another kind of event the score is that of the log-rank test.

    >>> parts = gray_parts(np.array([1.0, 2.0]), np.array([1, 1]), np.array([0, 1]),
    ...                    2, 1, 0.0)
    >>> parts.score
    array([ 0.5, -0.5])
    """
    at = _counts(time, cause, arm, n_arms, of)
    h, r = _ratio(at.n, at.before), _ratio(at.n * (1 - at.incidence), at.before)
    n_own, h_sum, r_sum = at.own.sum(axis=1), h.sum(axis=1), r.sum(axis=1)
    rise = n_own / h_sum
    pooled = np.cumsum(rise)
    free_before = 1 - np.concatenate([[0.0], pooled])[: len(pooled)]
    weight = np.where(free_before > 0, free_before, 1.0) ** rho
    weight = np.where((free_before > 0) | (rho == 0), weight, 0.0)
    score = weight @ at.own - (weight * n_own / r_sum) @ r
    a = np.einsum("ti,ij->tij", h, np.eye(n_arms))
    a -= h[:, :, None] * h[:, None, :] / h_sum[:, None, None]
    a *= weight[:, None, None]
    c = np.cumsum(a * _ratio(rise, free_before)[:, None, None], axis=0)
    left = c[-1:] - c if len(c) else c
    free = _ratio((1 - pooled)[:, None], at.after)
    own = _tied(n_own[:, None], h_sum[:, None] * at.before) * _ratio(
        at.before * rise[:, None], at.n
    )
    other = _tied(at.other, at.n) * _ratio(at.before**2 * at.other, at.n**2)
    other = np.where(at.after > 0, other, 0.0)
    pull = a + (1 - free)[:, None, :] * left
    push = free[:, None, :] * left
    covariance = np.einsum("tik,tjk,tk->ij", pull, pull, own)
    covariance += np.einsum("tik,tjk,tk->ij", push, push, other)
    together = (at.n > 0) & (n_own > 0)[:, None] & ((at.n > 0).sum(axis=1) > 1)[:, None]
    return GrayParts(
        score=score,
        covariance=covariance,
        compared=np.flatnonzero(together.any(axis=0)),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Counts:
    """Counts and curves of each arm at each time of any event, shape (t, k)."""

    n: FloatArray
    own: FloatArray
    other: FloatArray
    before: FloatArray
    after: FloatArray
    incidence: FloatArray


def _counts(
    time: FloatArray, cause: IntArray, arm: IntArray, n_arms: int, of: int
) -> _Counts:
    """Count by arm; survival before and after each time, incidence before it."""
    steps = np.unique(time[cause > 0])
    columns: dict[str, list[FloatArray]] = {
        name: [] for name in ("n", "own", "other", "before", "after", "incidence")
    }
    for k in range(n_arms):
        mine, kind = time[arm == k], cause[arm == k]
        n = len(mine) - np.searchsorted(np.sort(mine), steps, "left").astype(float)
        own = _tally(mine[kind == of], steps)
        other = _tally(mine[(kind > 0) & (kind != of)], steps)
        after = np.cumprod(1 - _ratio(own + other, n))
        before = np.concatenate([[1.0], after])[: len(steps)]
        risen = np.cumsum(_ratio(before * own, n))
        incidence = np.concatenate([[0.0], risen])[: len(steps)]
        values = (n, own, other, before, after, incidence)
        for name, value in zip(columns, values, strict=True):
            columns[name].append(value)
    table: dict[str, Any] = {k: np.column_stack(v) for k, v in columns.items()}
    return _Counts(**table)


def _over_strata(
    time: FloatArray,
    cause: IntArray,
    arm: IntArray,
    stratum: IntArray,
    of: int,
    rho: float,
) -> GrayParts:
    """Add up scores and covariances over strata."""
    n_arms = int(arm.max()) + 1
    parts = [
        gray_parts(time[own], cause[own], arm[own], n_arms, of, rho)
        for own in (stratum == z for z in range(int(stratum.max()) + 1))
    ]
    every = np.unique(np.concatenate([part.compared for part in parts]))
    score = np.sum([part.score for part in parts], axis=0)
    covariance = np.sum([part.covariance for part in parts], axis=0)
    return GrayParts(score=score, covariance=covariance, compared=every)


def _tally(times: FloatArray, steps: FloatArray) -> FloatArray:
    """Count events at each step."""
    counts = np.bincount(np.searchsorted(steps, times), minlength=len(steps))
    return counts.astype(np.float64)


def _ratio(above: FloatArray, below: FloatArray) -> FloatArray:
    """Divide; 0 where there is nothing below."""
    shape = np.broadcast_shapes(above.shape, below.shape)
    result = np.zeros(shape)
    np.divide(above, below, out=result, where=np.broadcast_to(below != 0, shape))
    return result


def _tied(events: FloatArray, at_risk: FloatArray) -> FloatArray:
    """Give the finite correction for ties, 1 for a single event."""
    return 1 - _ratio(np.maximum(events - 1, 0.0), at_risk - 1)


def _reason(n_arms: int, has_event: bool, parts: GrayParts) -> str | None:
    """Say why there is no test."""
    if n_arms < 2:
        return "only one arm has participants"
    if not has_event:
        return "there is no event of this kind"
    if len(parts.compared) < 2:
        return "no two arms are at risk together when an event happens"
    inner = parts.covariance[np.ix_(parts.compared, parts.compared)][1:, 1:]
    if not np.linalg.eigvalsh(inner)[0] > 1e-10:
        return "the score has no variance"
    return None
