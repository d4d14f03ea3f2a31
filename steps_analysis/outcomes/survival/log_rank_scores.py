"""By how much did each participant's events exceed what was expected?"""

from __future__ import annotations

from typing import Literal, TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd

from steps_analysis.errors import ArgumentError, refusal
from steps_analysis.estimates import BoolArray, FloatArray, IntArray
from steps_analysis.outcomes.columns import LARGEST, as_groups, as_numbers, check_choice
from steps_analysis.outcomes.doors import read_columns
from steps_analysis.outcomes.survival.event_weights import (
    Weighting,
    check_weighting,
    event_weights,
)
from steps_analysis.outcomes.survival.kaplan_meier import follow_up
from steps_analysis.outcomes.survival.weighted_counts import event_table

Ties: TypeAlias = Literal["mid-ranks", "average-scores", "hothorn-lausen"]

_TIES = ("mid-ranks", "average-scores", "hothorn-lausen")


def log_rank_scores(
    time: npt.ArrayLike | str,
    event: npt.ArrayLike | None = None,
    covariates: npt.ArrayLike | pd.DataFrame | None = None,
    *,
    stratum: npt.ArrayLike | str | list[str] | None = None,
    weighting: Weighting = "log-rank",
    ties: Ties = "mid-ranks",
    data: pd.DataFrame | None = None,
) -> FloatArray:
    """
    Give each participant a score whose sum over an arm is its log-rank statistic.

    The scores know nothing of the arms, so a randomisation test may hold them fixed and
    draw the arms again: hand them to `randomisation.LinearStatistic`.

    Parameters
    ----------
    time
        End of follow-up, shape (n,); or a formula ``"time + event ~ 1"`` (or with
        covariates on the right) with `data`.
    event
        True or 1 where follow-up ended in the event, shape (n,).
    covariates
        Numeric or dummy columns known before allocation, shape (n, p): what they
        predict of the scores is taken out. None for none.
    stratum
        Labels, shape (n,) or (n, k): expectations are those of the own stratum.
    weighting
        A name such as ``"log-rank"``, or a pair (rho, gamma); see `event_weights`.
    ties
        ``"mid-ranks"``: all events at one time share one risk set, as in the log-rank
        test; ``"average-scores"``: the mean over every order they may have come in;
        ``"hothorn-lausen"``: those at risk are counted after the time, and one.
    data
        The table a formula speaks of.

    Returns
    -------
    numpy.ndarray
        Events less expected events, weighted, shape (n,), in the order of the rows. Of
        each stratum their sum is 0, but for ``"hothorn-lausen"``.

    Raises
    ------
    ArgumentError
        If `weighting` or `ties` is not known, or they do not go together.
    DataError
        If the arrays do not fit together, or hold missing or impossible values.

    Notes
    -----
    Score w(t) event - sum of w d / n over event times up to t [1]_, n at risk and d
    events. R's ``coin::logrank_trafo`` has the opposite sign; its scores know no strata
    (``block``), and its default weight for ``type = "Tarone-Ware"`` is the root of n as
    here.

    With covariates the scores are residuals of their least squares within strata. A
    randomisation test of such scores is exact for any number of participants and any
    covariates [3]_, where `adjusted_log_rank` needs many.

    References
    ----------
    .. [1] Peto, R. and Peto, J. (1972), JRSS A 135, 185-207.
    .. [2] Hothorn, T. and Lausen, B. (2003), Computational Statistics and Data Analysis
       43, 121-137.
    .. [3] Rosenbaum, P. R. (2002), Statistical Science 17, 286-327.

    Examples
    --------
    At time 1 half an event was expected of each of two, at time 2 one of the other:

    >>> log_rank_scores([1.0, 2.0], [1, 1])
    array([ 0.5, -0.5])
    """
    check_scoring(weighting, ties)
    given = {
        "time": time,
        "event": event,
        "covariates": covariates,
        "stratum": stratum,
    }
    read = read_columns(given, right="covariates", data=data)
    stop, is_event, _ = follow_up(read.columns)
    strata = as_groups(read.columns.get("stratum"), n=read.n)
    scores = scores_of(stop, is_event, strata.code, weighting, ties)
    if "covariates" not in read.columns:
        return scores
    return _residuals(
        scores, as_numbers("covariates", read.columns["covariates"]), strata.code
    )


def check_scoring(weighting: Weighting, ties: str) -> None:
    """
    Refuse weights and a rule for ties that are not known, or do not go together.

    Parameters
    ----------
    weighting, ties
        See `log_rank_scores`.

    Raises
    ------
    ArgumentError
        If they are refused.

    Examples
    --------
    >>> check_scoring("log-rank", "hothorn-lausen")
    """
    check_weighting(weighting)
    check_choice("ties", ties, _TIES)
    if ties == "hothorn-lausen" and weighting != "log-rank":
        hint = "its risk sets make no curve that weights could be read off"
        rule = "be log-rank with hothorn-lausen ties"
        raise ArgumentError(refusal("weighting", rule, weighting, hint=hint))


def scores_of(
    time: FloatArray,
    event: BoolArray,
    stratum: IntArray,
    weighting: Weighting,
    ties: Ties,
) -> FloatArray:
    """
    Compute log-rank scores of checked columns.

    Parameters
    ----------
    time, event, stratum
        End of follow-up, whether it ended in the event, codes of strata, shape (n,).
    weighting, ties
        See `log_rank_scores`.

    Returns
    -------
    numpy.ndarray
        The scores, shape (n,).

    Examples
    --------
    >>> time, event = np.array([1.0, 2.0]), np.array([True, True])
    >>> scores_of(time, event, np.array([0, 0]), "log-rank", "mid-ranks")
    array([ 0.5, -0.5])
    """
    scores = np.zeros(len(time))
    for z in np.unique(stratum):
        own = stratum == z
        scores[own] = _one_stratum(time[own], event[own], weighting, ties)
    return scores


def _residuals(
    scores: FloatArray, covariates: FloatArray, stratum: IntArray
) -> FloatArray:
    """Take out of scores what covariates predict of them within strata."""
    table = covariates.reshape(len(scores), -1).copy()
    for z in np.unique(stratum):
        table[stratum == z] -= table[stratum == z].mean(axis=0)
    size = np.abs(table).max(axis=0, initial=0.0)
    varies = size > 1 / LARGEST
    table = table[:, varies] / size[varies]  # the residuals do not mind
    slopes = np.linalg.lstsq(table, scores, rcond=1e-10)[0]
    residuals: FloatArray = scores - table @ slopes
    return residuals


def _one_stratum(
    time: FloatArray, event: BoolArray, weighting: Weighting, ties: Ties
) -> FloatArray:
    """Score the participants of one stratum."""
    table = event_table(time, event, np.zeros(len(time), dtype=np.int64), 1)
    steps, d, n = table.time, table.dead[:, 0], table.at_risk[:, 0]
    if not len(steps):
        return np.zeros(len(time))
    times = d.astype(np.int64) if ties == "average-scores" else np.ones(len(d), int)
    first = np.cumsum(times) - times  # each event time's first step
    if ties == "average-scores":  # one event a step, the earlier ones gone
        n = np.repeat(n, times) - (np.arange(times.sum()) - np.repeat(first, times))
        d = np.ones(len(n))
    elif ties == "hothorn-lausen":
        passed = np.searchsorted(np.sort(time), steps, side="right")
        n = (len(time) - passed + 1).astype(np.float64)
    weight = event_weights(weighting, np.repeat(steps, times), n, d)
    expected = np.cumsum(weight * d / n)
    of_event = np.add.reduceat(weight - expected, first) / times
    begun = np.searchsorted(steps, time, side="right")
    so_far = np.concatenate([[0.0], expected[first + times - 1]])
    scores: FloatArray = -so_far[begun]
    scores[event] = of_event[begun[event] - 1]
    return scores
