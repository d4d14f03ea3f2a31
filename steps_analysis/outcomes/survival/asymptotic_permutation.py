"""Is the difference between arms large beside its permutation variance?"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
import pandas as pd

from steps_analysis.estimates import BoolArray, FloatArray, IntArray, TestResult
from steps_analysis.formulas import MissingPolicy
from steps_analysis.outcomes.distributions import normal_p_value
from steps_analysis.outcomes.survival.event_weights import Weighting
from steps_analysis.outcomes.survival.log_rank_scores import Ties
from steps_analysis.outcomes.survival.scored_trial import coin_call, scored_trial


def asymptotic_permutation_log_rank(
    time: npt.ArrayLike | str,
    event: npt.ArrayLike | None = None,
    arm: npt.ArrayLike | None = None,
    *,
    stratum: npt.ArrayLike | str | list[str] | None = None,
    weighting: Weighting = "log-rank",
    ties: Ties = "mid-ranks",
    reference: object = None,
    missing: MissingPolicy = "refuse",
    data: pd.DataFrame | None = None,
) -> TestResult:
    """
    Test no effect on anyone by the normal limit of the permutation distribution.

    Parameters
    ----------
    time
        End of follow-up, shape (n,); or a formula ``"time + event ~ arm"`` with `data`.
    event
        True or 1 where follow-up ended in the event, shape (n,).
    arm
        Arm labels, shape (n,), two of them.
    stratum
        Labels, shape (n,) or (n, k): arms are compared within strata only.
    weighting
        A name such as ``"log-rank"``, or a pair (rho, gamma); see `event_weights`.
    ties
        How events at one time are scored; see `log_rank_scores`.
    reference
        The arm compared with; by default the first in sorted order.
    missing
        ``"refuse"`` rows with missing values, or ``"drop"`` them and count them.
    data
        The table a formula speaks of.

    Returns
    -------
    TestResult
        Observed less expected events of the arm beside `reference` over the root of
        their permutation variance, and its two-sided normal p-value. Not estimable
        without events, with one arm, or where all scores are equal.

    Raises
    ------
    ArgumentError
        If an option is unknown, or there are more than two arms.
    DataError
        If the arrays do not fit together, or hold missing or impossible values.

    Notes
    -----
    The permutation variance of a sum over k of n is k (n - k) / (n (n - 1)) times the
    scores' sum of squares, added over strata [1]_. It takes censoring to be the same in
    both arms, the hypergeometric variance of `log_rank` does not. R's
    ``coin::logrank_test`` is this test.

    References
    ----------
    .. [1] Strasser, H. and Weber, C. (1999), Mathematical Methods of Statistics 8,
       220-250.

    Examples
    --------
    Scores 1/2 and -1/2: the difference 1/2 has the variance 1/4.

    >>> found = asymptotic_permutation_log_rank([1.0, 2.0], [1, 1], ["b", "a"])
    >>> round(found.statistic, 6)
    1.0
    """
    given = {"time": time, "event": event, "arm": arm, "stratum": stratum}
    scored = scored_trial(given, data, missing, weighting, ties, reference)
    method = f"log-rank test with permutation variance{scored.words}"
    reason = scored.reason or scored.alone
    if reason:
        return TestResult.missing(reason, n=scored.n, method=method)
    z = float(scored.scores[scored.treated].sum()) / math.sqrt(
        permutation_variance(scored.scores, scored.treated, scored.stratum)
    )
    call = coin_call(weighting, ties, '"asymptotic"') if stratum is None else None
    return TestResult(
        statistic=z, p_value=normal_p_value(z), n=scored.n, method=method, r_call=call
    )


def permutation_variance(
    scores: FloatArray, treated: BoolArray, stratum: IntArray
) -> float:
    """
    Give the variance of the treated's sum of scores over all allocations.

    Parameters
    ----------
    scores
        One a participant, shape (n,).
    treated
        Who was treated, shape (n,).
    stratum
        Codes of strata whose numbers treated are kept, shape (n,).

    Returns
    -------
    float
        The variance.

    Examples
    --------
    >>> two = np.array([0.5, -0.5])
    >>> permutation_variance(two, np.array([True, False]), np.array([0, 0]))
    0.25
    """
    total = 0.0
    for z in np.unique(stratum):
        own = scores[stratum == z]
        n, k = len(own), int(treated[stratum == z].sum())
        squares = float(np.sum((own - own.mean()) ** 2))
        total += k * (n - k) / (n * max(n - 1, 1)) * squares
    return total
