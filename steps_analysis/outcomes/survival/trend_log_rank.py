"""Do events come sooner from one ordered group to the next?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from steps_analysis.errors import ArgumentError, refusal
from steps_analysis.estimates import FloatArray, TestResult
from steps_analysis.formulas import MissingPolicy
from steps_analysis.outcomes.columns import LARGEST, is_number
from steps_analysis.outcomes.distributions import chi_squared_test
from steps_analysis.outcomes.survival.event_weights import (
    Weighting,
    check_weighting,
    words_of,
)
from steps_analysis.outcomes.survival.weighted_counts import weighted_counts


def trend_log_rank(
    time: npt.ArrayLike | str,
    event: npt.ArrayLike | None = None,
    arm: npt.ArrayLike | None = None,
    *,
    codes: Mapping[Any, float] | None = None,
    stratum: npt.ArrayLike | str | list[str] | None = None,
    weighting: Weighting = "log-rank",
    missing: MissingPolicy = "refuse",
    data: pd.DataFrame | None = None,
) -> TestResult:
    """
    Test whether hazards rise or fall over ordered groups.

    Parameters
    ----------
    time
        End of follow-up, shape (n,); or a formula ``"time + event ~ arm"`` with `data`.
    event
        True or 1 where follow-up ended in the event, shape (n,).
    arm
        Group labels, shape (n,), two or more.
    codes
        Each label's place on the scale, such as ``{"low": 1, "high": 3}``; by default
        1, 2, 3, … in sorted order of the labels.
    stratum
        Labels, shape (n,) or (n, k): groups are compared within strata only.
    weighting
        A name such as ``"log-rank"``, or a pair (rho, gamma); see `event_weights`.
    missing
        ``"refuse"`` rows with missing values, or ``"drop"`` them and count them.
    data
        The table a formula speaks of.

    Returns
    -------
    TestResult
        A chi-squared statistic on one degree of freedom. Not estimable without events,
        with one group, or where no two groups are at risk together at an event.

    Raises
    ------
    ArgumentError
        If `codes` lacks a label or says the same of all, or the weights are not known.
    DataError
        If the arrays do not fit together, or hold missing or impossible values.

    Notes
    -----
    With c the codes, (c'(O - E))^2 / c'Vc [1]_, V the hypergeometric covariance of the
    log-rank test, as R's ``survMisc::comp``.

    References
    ----------
    .. [1] Tarone, R. E. (1975), Biometrika 62, 679-682.

    Examples
    --------
    With two groups it is the log-rank test:

    >>> trend_log_rank([1.0, 2.0], [1, 1], ["a", "b"]).statistic
    1.0
    """
    check_weighting(weighting)
    given = {"time": time, "event": event, "arm": arm, "stratum": stratum}
    counts = weighted_counts(given, data, missing, [weighting])
    strata = ", stratified" if stratum is not None else ""
    words = f"log-rank test for trend{words_of(weighting)}{strata}"
    scale = _scale(counts.arms, codes)
    order = ", ".join(f"{a} {c:g}" for a, c in zip(counts.arms, scale, strict=True))
    method = f"{words}; codes {order}{counts.note}"
    if counts.reason:
        return TestResult.missing(counts.reason, n=counts.n, method=method)
    centred = scale - scale.mean()
    variance = float(centred @ counts.covariance[0, 0] @ centred)
    if not variance > 1e-12 * float(np.trace(counts.covariance[0, 0])):
        reason = "groups at risk together have the same code"
        return TestResult.missing(reason, n=counts.n, method=method)
    statistic = float(centred @ counts.distance[0]) ** 2 / variance
    call = None
    if codes is None and stratum is None:
        call = "survMisc::comp(survMisc::ten(survival::Surv(time, event) ~ arm))$tft"
    return chi_squared_test(statistic, 1, counts.n, method, r_call=call)


def _scale(labels: tuple[Any, ...], codes: Mapping[Any, float] | None) -> FloatArray:
    """Give each label its place."""
    if codes is None:
        return np.arange(1.0, len(labels) + 1)
    if not isinstance(codes, Mapping):
        raise ArgumentError(refusal("codes", "map labels to numbers", codes))
    n_absent = sum(label not in codes for label in labels)
    if n_absent:
        rule = f"have a number for each of {len(labels)} labels"
        raise ArgumentError(refusal("codes", rule, f"{n_absent} without"))
    given = [codes[label] for label in labels]
    usable = all(is_number(code) and abs(code) <= LARGEST for code in given)
    if not usable or (len(given) > 1 and len(set(given)) == 1):
        rule = "hold finite numbers that differ"
        raise ArgumentError(refusal("codes", rule, list(dict.fromkeys(given))))
    return np.array(given, dtype=np.float64)
