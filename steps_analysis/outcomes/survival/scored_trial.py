"""
Two arms and their log-rank scores, ready to be allocated anew.

Shared by the permutation tests.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from steps_analysis.errors import ArgumentError, refusal
from steps_analysis.estimates import BoolArray, FloatArray, IntArray
from steps_analysis.formulas import MissingPolicy
from steps_analysis.outcomes.columns import as_groups
from steps_analysis.outcomes.doors import read_columns
from steps_analysis.outcomes.survival.allocations import count_allocations
from steps_analysis.outcomes.survival.event_weights import (
    ModestWeighting,
    Weighting,
    words_of,
)
from steps_analysis.outcomes.survival.kaplan_meier import follow_up
from steps_analysis.outcomes.survival.log_rank_scores import (
    Ties,
    check_scoring,
    scores_of,
)

_COIN = {
    "log-rank": "logrank",
    "gehan-breslow": "Gehan-Breslow",
    "tarone-ware": "Tarone-Ware",
    "peto-peto": "Peto-Peto",
    "prentice": "Prentice",
    "prentice-marek": "Prentice-Marek",
    "andersen": "Andersen-Borgan-Gill-Keiding",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoredTrial:
    """
    Checked columns of two arms, with scores.

    Attributes
    ----------
    time, event, stratum
        End of follow-up, whether it ended in the event, codes of strata, shape (n,).
    treated
        Who is in the arm beside the reference, shape (n,).
    scores
        Log-rank scores less the stratum's mean, shape (n,).
    rows
        Which of the rows given these are, shape (n,).
    words
        Weights, ties, strata, arms and rows left out, for a result's `method`.
    reason
        None, or why there is no test.
    """

    time: FloatArray
    event: BoolArray
    stratum: IntArray
    treated: BoolArray
    scores: FloatArray
    rows: IntArray
    words: str
    reason: str | None

    @property
    def n(self) -> int:
        """
        Count the participants.

        Returns
        -------
        int
            Their number.
        """
        return len(self.time)

    @property
    def unit(self) -> float:
        """
        Say how large the scores are, up to 1.

        Returns
        -------
        float
            The size equal statistics are measured by.
        """
        return min(1.0, float(np.abs(self.scores).max()))

    @property
    def alone(self) -> str | None:
        """
        Say that nothing could have been otherwise.

        Returns
        -------
        str or None
            A reason worded to follow "not estimable because".
        """
        is_alone = count_allocations(self.treated, self.stratum) == 1
        return "no other allocation has the same totals" if is_alone else None


def scored_trial(
    given: Mapping[str, Any],
    data: pd.DataFrame | None,
    missing: MissingPolicy,
    weighting: Weighting,
    ties: Ties,
    reference: object,
) -> ScoredTrial:
    """
    Check the columns of two arms, and score the participants.

    Parameters
    ----------
    given
        Time, event, arm and stratum as handed to the test; ``"allocations"`` may number
        the rows.
    data
        The table a formula speaks of.
    missing
        ``"refuse"`` or ``"drop"``.
    weighting, ties
        See `log_rank_scores`.
    reference
        The arm compared with; None for the first.

    Returns
    -------
    ScoredTrial
        The columns and scores.

    Raises
    ------
    ArgumentError
        If an option is unknown, or there are more than two arms.
    DataError
        If the arrays do not fit together, or hold missing or impossible values.

    Examples
    --------
    >>> given = {"time": [1.0, 2.0], "event": [1, 1], "arm": ["a", "b"]}
    >>> scored_trial(given, None, "refuse", "log-rank", "mid-ranks", None).scores
    array([ 0.5, -0.5])
    """
    check_scoring(weighting, ties)
    read = read_columns(given, right="arm", data=data, missing=missing)
    time, event, _ = follow_up(read.columns)
    arms = as_groups(read.columns["arm"], n=read.n)
    if len(arms.labels) > 2:
        raise ArgumentError(refusal("arm", "have two labels", len(arms.labels)))
    base = 0 if reference is None else arms.position(reference, name="reference")
    strata = as_groups(read.columns.get("stratum"), n=read.n)
    raw = scores_of(time, event, strata.code, weighting, ties)
    size = np.bincount(strata.code)
    scores = raw - (np.bincount(strata.code, weights=raw) / size)[strata.code]
    other = arms.labels[-1 if base == 0 else 0]
    words = f"{words_of(weighting)}{'' if ties == 'mid-ranks' else f', {ties} ties'}"
    words += f"{', stratified' if len(strata.labels) > 1 else ''}; "
    words += f"arm {other}, reference {arms.labels[base]}{read.note}"
    reason = "only one arm has participants" if len(arms.labels) < 2 else None
    reason = reason or ("there is no event" if not event.any() else None)
    if not np.abs(scores).max() > 1e-12 * max(1.0, float(np.abs(raw).max())):
        reason = reason or "all scores are equal"
    return ScoredTrial(
        time=time,
        event=event,
        stratum=strata.code,
        treated=arms.code != base,
        scores=scores,
        rows=np.asarray(read.columns.get("allocations", np.arange(read.n))),
        words=words,
        reason=reason,
    )


def coin_call(weighting: Weighting, ties: str, distribution: str) -> str | None:
    """
    Write coin's call, where it knows the weights.

    Parameters
    ----------
    weighting, ties
        See `log_rank_scores`.
    distribution
        R's argument of that name.

    Returns
    -------
    str or None
        The call.

    Examples
    --------
    >>> coin_call("modified-peto-peto", "mid-ranks", "exact") is None
    True
    """
    if isinstance(weighting, ModestWeighting):
        return None
    if isinstance(weighting, str):
        if weighting not in _COIN:
            return None
        kind = f'type = "{_COIN[weighting]}"'
    else:
        rho, gamma = weighting
        kind = f'type = "Fleming-Harrington", rho = {rho:g}, gamma = {gamma:g}'
    rule = "Hothorn-Lausen" if ties == "hothorn-lausen" else ties
    return (
        "coin::logrank_test(survival::Surv(time, event) ~ factor(arm), "
        f'distribution = {distribution}, {kind}, ties.method = "{rule}")'
    )
