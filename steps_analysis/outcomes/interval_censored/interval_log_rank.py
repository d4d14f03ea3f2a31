"""Do arms differ in how soon events come, if these are known only between visits?"""

from __future__ import annotations

from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from steps_analysis.estimates import FloatArray, TestResult
from steps_analysis.formulas import MissingPolicy
from steps_analysis.outcomes.columns import Groups, as_groups, check_choice
from steps_analysis.outcomes.distributions import chi_squared_p_value
from steps_analysis.outcomes.interval_censored.intervals import (
    Innermost,
    innermost_intervals,
    read_intervals,
)
from steps_analysis.outcomes.interval_censored.score_forms import FORMS, Derivatives
from steps_analysis.outcomes.interval_censored.turnbull import turnbull_masses

Scores = Literal["sun", "finkelstein", "wilcoxon"]
_IN_R = {"sun": "logrank1", "finkelstein": "logrank2", "wilcoxon": "wmw"}
_WORDS = {
    "sun": "log-rank test, Sun's scores",
    "finkelstein": "log-rank test, Finkelstein's scores",
    "wilcoxon": "Wilcoxon-Mann-Whitney test",
}


def interval_log_rank(
    left: npt.ArrayLike | str,
    right: npt.ArrayLike | None = None,
    arm: npt.ArrayLike | None = None,
    *,
    scores: Scores = "sun",
    variance: Literal["permutation", "score"] = "permutation",
    missing: MissingPolicy = "refuse",
    data: pd.DataFrame | None = None,
) -> TestResult:
    """
    Test whether arms share one distribution of interval-censored times.

    Parameters
    ----------
    left
        Last time known to be free of the event, shape (n,); 0 where there is none. Or a
        formula ``"left + right ~ arm"`` with `data`.
    right
        First time known to have had it, shape (n,); infinite where there is none yet.
    arm
        Arm labels, shape (n,), two or more.
    scores
        ``"sun"``: log-rank, effective against proportional odds of the event in each
        interval; ``"finkelstein"``: log-rank, against proportional hazards;
        ``"wilcoxon"``: Wilcoxon-Mann-Whitney, against proportional odds.
    variance
        ``"permutation"``: of the scores over all allocations with the observed totals,
        which asks that arms share one pattern of visits; ``"score"``: from the
        information, which does not, but treats the innermost intervals as few.
    missing
        ``"refuse"`` rows with missing values, or ``"drop"`` them and count them.
    data
        The table a formula speaks of.

    Returns
    -------
    TestResult
        A chi-squared statistic on one degree of freedom fewer than arms; of two arms,
        the square of R's Z.

    Raises
    ------
    ArgumentError
        If an option is unknown.
    DataError
        If the columns do not fit together, or hold missing or impossible values.

    Notes
    -----
    As R's ``interval::ictest``, whose names for the scores are ``"logrank1"``,
    ``"logrank2"`` and ``"wmw"``. Scores are derivatives of the log-likelihood at the
    pooled Turnbull estimate [2]_; innermost intervals without probability are left out
    of the information.

    References
    ----------
    .. [1] Finkelstein, D. M. (1986), Biometrics 42, 845-854; Sun, J. (1996), Statistics
       in Medicine 15, 1387-1395.
    .. [2] Fay, M. P. and Shaw, P. A. (2010), Journal of Statistical Software 36(2).

    Examples
    --------
    Both of one arm by 3, both of the other later: scores of 1/2 each way.

    >>> test = interval_log_rank([0, 0, 3, 3], [3, 3, 6, 6], ["a", "a", "b", "b"],
    ...                          scores="wilcoxon")
    >>> round(test.statistic, 6)
    3.0
    """
    check_choice("scores", scores, tuple(FORMS))
    check_choice("variance", variance, ("permutation", "score"))
    given = {"left": left, "right": right, "arm": arm}
    read, low, high = read_intervals(given, right="arm", data=data, missing=missing)
    arms = as_groups(read.columns["arm"], n=read.n)
    method = f"interval-censored {_WORDS[scores]}, {variance} variance{read.note}"
    inner = innermost_intervals(low, high)
    masses = turnbull_masses(inner.membership())
    inner, masses = inner.keep(masses > 0), masses[masses > 0]
    if len(arms.labels) < 2 or len(masses) < 2:
        alike = "intervals do not tell participants apart"
        reason = "only one arm has participants" if len(arms.labels) < 2 else alike
        return TestResult.missing(reason, n=read.n, method=method)
    free = np.maximum(1 - np.concatenate([[0.0], np.cumsum(masses)]), 0.0)
    free[-1] = 0.0
    form = FORMS[scores](free)
    weigh = _permutation if variance == "permutation" else _information
    statistic = weigh(inner, free, form, arms)
    if statistic is None:
        reason = "the scores do not vary"
        return TestResult.missing(reason, n=read.n, method=method)
    degrees = len(arms.labels) - 1
    form_in_r = "" if variance == "permutation" else ', method = "scoretest"'
    return TestResult(
        statistic=statistic,
        p_value=chi_squared_p_value(statistic, degrees),
        n=read.n,
        degrees_of_freedom=degrees,
        method=method,
        r_call='interval::ictest(survival::Surv(left, right, type = "interval2") ~ '
        f'arm, scores = "{_IN_R[scores]}"{form_in_r})',
    )


def _permutation(
    inner: Innermost, free: FloatArray, form: Derivatives, arms: Groups
) -> float | None:
    """Compare the arms' mean scores with what allocations would give."""
    scores = _drop(form.first, inner) / _drop(free, inner)
    n, centred = len(scores), scores - scores.mean()
    spread = float(centred @ centred) / (n - 1)
    if not spread > 1e-12:
        return None
    sums = np.bincount(arms.code, weights=centred)
    return float(np.sum(sums**2 / np.bincount(arms.code))) / spread


def _information(
    inner: Innermost, free: FloatArray, form: Derivatives, arms: Groups
) -> float | None:
    """Compare the scores with their information, the curve being estimated."""
    chance, k, m = _drop(free, inner), len(arms.labels), len(free)
    first, second = _drop(form.first, inner), _drop(form.second, inner)
    ends = np.eye(m)[inner.first] - np.eye(m)[inner.last + 1]
    scores = first / chance
    own = scores**2 - second / chance
    mixed = (form.mixed[inner.first] - form.mixed[inner.last + 1]) / chance[:, None]
    crossed = scores[:, None] * ends / chance[:, None] - mixed
    # the curve is free at all ends but the first (1) and the last (0)
    ends, crossed = ends[:, 1:-1] / chance[:, None], crossed[:, 1:-1]
    arm = np.eye(k)[arms.code][:, 1:]
    cross = arm.T @ crossed
    inner_information = np.linalg.pinv(ends.T @ ends)
    information = np.diag(arm.T @ own) - cross @ inner_information @ cross.T
    total = arm.T @ scores
    if not np.linalg.eigvalsh(information)[0] > 1e-12:
        return None
    return float(total @ np.linalg.solve(information, total))


def _drop(height: FloatArray, inner: Innermost) -> FloatArray:
    """Give how much a function falls over each participant's interval."""
    fall: FloatArray = height[inner.first] - height[inner.last + 1]
    return fall
