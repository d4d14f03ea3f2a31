"""Do arms differ, whether early, late or throughout?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from steps_analysis.errors import ArgumentError, refusal
from steps_analysis.estimates import FloatArray, TestResult
from steps_analysis.formulas import MissingPolicy
from steps_analysis.outcomes.distributions import normal_p_value
from steps_analysis.outcomes.survival.event_weights import (
    ModestWeighting,
    Weighting,
    check_weighting,
)
from steps_analysis.outcomes.survival.normal_box import (
    MOST_DIMENSIONS,
    box_probability,
    rank_of,
)
from steps_analysis.outcomes.survival.weighted_counts import (
    WeightedCounts,
    weighted_counts,
)

_FOUR = ((0.0, 0.0), (0.0, 1.0), (1.0, 0.0), (1.0, 1.0))


@dataclass(frozen=True, slots=True, kw_only=True)
class Combined:
    """
    Several weighted log-rank statistics of the same two arms.

    Attributes
    ----------
    z
        Observed minus expected in the second arm, in standard errors, shape (w,).
    correlation
        Their correlation if arms do not differ, shape (w, w).
    used
        Positions of the weights that have a variance, shape (w,).
    """

    z: FloatArray
    correlation: FloatArray
    used: tuple[int, ...]


def max_combo(
    time: npt.ArrayLike | str,
    event: npt.ArrayLike | None = None,
    arm: npt.ArrayLike | None = None,
    *,
    weights: Sequence[Weighting] = _FOUR,
    stratum: npt.ArrayLike | str | list[str] | None = None,
    missing: MissingPolicy = "refuse",
    data: pd.DataFrame | None = None,
) -> TestResult:
    """
    Test whether two arms share one hazard by the largest of several log-rank tests.

    Parameters
    ----------
    time
        End of follow-up, shape (n,); or a formula ``"time + event ~ arm"`` with `data`.
    event
        True or 1 where follow-up ended in the event, shape (n,).
    arm
        Arm labels, shape (n,), two of them.
    weights
        Fleming-Harrington pairs (rho, gamma), or other weights of `event_weights`; by
        default equal weights, and those for late, early and middle differences.
    stratum
        Labels, shape (n,) or (n, k): arms are compared within strata only.
    missing
        ``"refuse"`` rows with missing values, or ``"drop"`` them and count them.
    data
        The table a formula speaks of.

    Returns
    -------
    TestResult
        The largest size of a standardised statistic, and the two-sided probability of
        one as large. `method` names the weights that gave it. Not estimable without
        events, or where no weight has a variance.

    Raises
    ------
    ArgumentError
        If there are more than two arms, a power is negative, or more than four weights
        are no sums of the others.
    DataError
        If the arrays do not fit together, or hold missing or impossible values.

    Notes
    -----
    The covariance of two statistics is the sum over event times of the product of their
    weights and the hypergeometric variance [1]_. The p-value is
    1 - P(|Z_j| <= z, all j), Z normal with that correlation, integrated without random
    numbers to 1e-6 or better (`box_probability`). ``nph::logrank.maxtest`` (its
    ``pmult``) and ``simtrial::maxcombo`` (one-sided) integrate by Monte Carlo, and so
    print a slightly different p-value each time. Weights without variance (all events
    at one time, say) are left out, and `method` says how many.

    References
    ----------
    .. [1] Karrison, T. G. (2016), Stata Journal 16, 678-690.
    .. [2] Lin, R. S. et al. (2020), Statistics in Biopharmaceutical Research 12,
       187-198.

    Examples
    --------
    With one weight it is that test: z = 1 has two-sided p = 0.3173.

    >>> one = max_combo([1.0, 2.0], [1, 1], ["a", "b"], weights=[(0, 0)])
    >>> one.statistic, round(one.p_value, 4)
    (1.0, 0.3173)
    """
    if not isinstance(weights, tuple | list) or not weights:
        rule = "hold at least one pair"
        got = len(weights) if isinstance(weights, tuple | list) else weights
        raise ArgumentError(refusal("weights", rule, got))
    for weighting in weights:
        check_weighting(weighting, name="weights")
    given = {"time": time, "event": event, "arm": arm, "stratum": stratum}
    counts = weighted_counts(given, data, missing, weights)
    names = [_name(weighting) for weighting in weights]
    method = f"MaxCombo test, weights {', '.join(names)}"
    method += (", stratified" if stratum is not None else "") + counts.note
    if len(counts.arms) > 2:
        raise ArgumentError(refusal("arm", "have two labels", len(counts.arms)))
    if counts.reason:
        return TestResult.missing(counts.reason, n=counts.n, method=method)
    found = combined(counts)
    rank = rank_of(found.correlation)
    if rank > MOST_DIMENSIONS:
        rule = f"hold at most {MOST_DIMENSIONS} that are no sums of the others"
        raise ArgumentError(refusal("weights", rule, rank))
    largest = float(np.abs(found.z).max())
    left_out = len(weights) - len(found.used)
    method += f"; {left_out} without variance left out" if left_out else ""
    method += f"; largest {names[found.used[int(np.argmax(np.abs(found.z)))]]}"
    # between one test's p-value and Bonferroni's, also where both are below 1e-10
    alone = normal_p_value(largest)
    outside = 1 - box_probability(found.correlation, -largest, largest)
    return TestResult(
        statistic=largest,
        p_value=min(max(outside, alone), len(found.used) * alone, 1.0),
        n=counts.n,
        method=method,
        r_call=_r_call(weights) if stratum is None else None,
    )


def combined(counts: WeightedCounts) -> Combined:
    """
    Standardise several statistics of two arms, and correlate them.

    Parameters
    ----------
    counts
        Counts under every weight.

    Returns
    -------
    Combined
        The statistics of the second arm.

    Examples
    --------
    >>> given = {"time": [1.0, 2.0], "event": [1, 1], "arm": ["a", "b"]}
    >>> combined(weighted_counts(given, None, "refuse", ["log-rank"])).z
    array([-1.])
    """
    covariance = counts.covariance[:, :, 1, 1]
    used = np.flatnonzero(np.diag(covariance) > 1e-12)
    own = covariance[np.ix_(used, used)]
    scale = np.sqrt(np.diag(own))
    return Combined(
        z=counts.distance[used, 1] / scale,
        correlation=own / np.outer(scale, scale),
        used=tuple(map(int, used)),
    )


def _name(weighting: Weighting) -> str:
    """Name the weights in few words."""
    if isinstance(weighting, str | ModestWeighting):
        return getattr(weighting, "words", str(weighting))
    rho, gamma = weighting
    return f"({rho:g}, {gamma:g})"


def _r_call(weights: Sequence[Weighting]) -> str | None:
    """Write R's call, whose p-value is Monte Carlo, where it knows the weights."""
    pairs = [w for w in weights if not isinstance(w, str | ModestWeighting)]
    if len(pairs) < len(weights):
        return None
    rho = ", ".join(f"{pair[0]:g}" for pair in pairs)
    gamma = ", ".join(f"{pair[1]:g}" for pair in pairs)
    return f"nph::logrank.maxtest(time, event, arm, rho = c({rho}), gamma = c({gamma}))"
