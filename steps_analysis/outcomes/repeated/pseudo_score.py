"""Do two arms differ in how often it happens, over the whole of follow-up?"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from steps_analysis.estimates import FloatArray, IntArray, TestResult
from steps_analysis.formulas import MissingPolicy
from steps_analysis.outcomes.columns import check_choice
from steps_analysis.outcomes.distributions import chi_squared_p_value
from steps_analysis.outcomes.repeated.counting import Counting, event_grid
from steps_analysis.outcomes.repeated.histories import Labels, Times, read_histories
from steps_analysis.outcomes.repeated.two_arms import two_arms

_WEIGHTS = {"constant": "Constant", "linear": "Linear"}


class PseudoScore(NamedTuple):
    """
    What the test is made of.

    Attributes
    ----------
    statistic
        Weighted sum of the reference arm's increments less the other's.
    variance
        Its robust variance.
    n_events
        Events that bear on it: those with both arms at risk.
    """

    statistic: float
    variance: float
    n_events: int


def mean_cumulative_test(
    entry: Times,
    time: npt.ArrayLike | None = None,
    event: npt.ArrayLike | None = None,
    cluster: Labels = None,
    arm: npt.ArrayLike | None = None,
    *,
    weight: str = "constant",
    missing: MissingPolicy = "refuse",
    data: pd.DataFrame | None = None,
) -> TestResult:
    """
    Test whether two arms share one mean cumulative function.

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
    weight
        ``"constant"``, or ``"linear"``: falling to 0 at the last time both arms are
        followed, which looks at early differences.
    missing
        ``"refuse"`` rows with missing values, or ``"drop"`` them and count them.
    data
        The table a formula speaks of.

    Returns
    -------
    TestResult
        A chi-squared statistic on one degree of freedom. Not estimable with one arm,
        without an event while both arms are at risk, or where participants do not
        differ within the arms (variance 0).

    Raises
    ------
    ArgumentError
        If an option is unknown, or there are more than two arms.
    DataError
        If the columns do not fit together, values are missing or impossible, spells of
        one participant overlap, or a participant is in two arms.

    Notes
    -----
    With a and b at risk in the arms at s, the statistic sums ``w(s) a b / (a + b)``
    times the difference of the increments, and its variance sums over participants the
    squares of the same sum of their own residuals, each arm about its own mean. As R's
    ``reda::mcfDiff.test`` (``testVariance = "robust"``), whose linear weight is
    ``1 - s / u`` with u the last time at which both arms are at risk.

    References
    ----------
    .. [1] Cook, R. J., Lawless, J. F. and Nadeau, C. (1996), Biometrics 52, 557-571.
    .. [2] Lawless, J. F. and Nadeau, C. (1995), Technometrics 37, 158-168.

    Examples
    --------
    Two in each arm, all at risk to 3, weights 2 * 2 / 4 = 1. In "a" one of two has an
    event at 1 and at 2: 1/2 + 1/2 = 1, and own parts 1/2 and -1/2: variance 1/2.

    >>> entry, time = [0, 1, 2, 0, 0, 0], [1, 2, 3, 3, 3, 3]
    >>> people, arm = ["p", "p", "p", "q", "r", "s"], ["a"] * 4 + ["b"] * 2
    >>> test = mean_cumulative_test(entry, time, [1, 1, 0, 0, 0, 0], people, arm)
    >>> test.statistic
    2.0
    """
    check_choice("weight", weight, tuple(_WEIGHTS))
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
    arms = two_arms(spells, None)
    method = f"pseudo-score test of mean functions, {weight} weight{spells.note}"
    if arms.reason:
        return TestResult.missing(arms.reason, n=spells.n, method=method)
    counting = Counting.of(spells, event_grid(spells))
    score = pseudo_score(counting, arms.code, weight=weight, end=arms.common_end)
    if score.variance <= 1e-18:
        reason = (
            "participants do not differ within the arms"
            if score.n_events
            else "no event happened while both arms were at risk"
        )
        return TestResult.missing(reason, n=spells.n, method=method)
    statistic = score.statistic**2 / score.variance
    return TestResult(
        statistic=statistic,
        p_value=chi_squared_p_value(statistic, 1),
        n=spells.n,
        degrees_of_freedom=1,
        method=method,
        r_call="reda::mcfDiff.test(reda::mcf(reda::Recur(entry %to% time, cluster, "
        f"event) ~ arm))  # row {_WEIGHTS[weight]} Weight",
    )


def pseudo_score(
    counting: Counting, arm: IntArray, *, weight: str, end: float
) -> PseudoScore:
    """
    Sum the weighted difference of increments, and its robust variance.

    Parameters
    ----------
    counting
        The counting processes of both arms on one grid.
    arm
        0 for the reference, 1 for the other, shape (n,).
    weight
        ``"constant"`` or ``"linear"``.
    end
        Last time both arms are at risk, above 0.

    Returns
    -------
    PseudoScore
        Reference less other, with its variance.
    """
    parts = [counting.of_rows(arm == code) for code in (0, 1)]
    at_risk = [part.n_at_risk for part in parts]
    falling = np.maximum(1 - counting.grid / end, 0.0) if weight == "linear" else 1.0
    total = np.maximum(at_risk[0] + at_risk[1], 1.0)
    pull: FloatArray = falling * at_risk[0] * at_risk[1] / total
    difference = parts[0].increments - parts[1].increments
    own = [
        part.residuals() @ (pull / np.maximum(n, 1.0))
        for part, n in zip(parts, at_risk, strict=True)
    ]
    return PseudoScore(
        statistic=float(pull @ difference),
        variance=float(sum((one**2).sum() for one in own)),
        n_events=int(counting.n_events[pull > 0].sum()),
    )
