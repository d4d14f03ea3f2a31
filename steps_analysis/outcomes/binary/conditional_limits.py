"""
Which effects does a two-sided exact test of a count not reject?

Limits by inversion of the tests of `ConditionalCount.p_value`: central and mid-p limits
are zeros of one tail; the sets of the minimum-likelihood and Blaker tests have gaps and
jumps, and their outermost points are found segment by segment.
"""

from __future__ import annotations

import math

import numpy as np

from steps_analysis.outcomes.binary.conditional_count import (
    ConditionalCount,
    Ordering,
    root,
)

Interval = tuple[float, float]


def conditional_limits(
    count: ConditionalCount, ordering: Ordering, level: float
) -> Interval:
    """
    Give the smallest and the largest effect a two-sided exact test does not reject.

    Parameters
    ----------
    count
        The distribution of the count.
    ordering
        ``"central"``, ``"mid-p"``, ``"minlike"`` or ``"blaker"``, as in
        `ConditionalCount.p_value`.
    level
        Confidence level.

    Returns
    -------
    tuple of float
        Lower and upper limit; 0 and infinity at the ends of the support.

    Notes
    -----
    Below the estimate the p-value of effect b is P(X >= x) + P(X <= y), y the largest
    count below x that is as extreme at b. As b falls, y falls, at effects c(y) where y
    and x are equally extreme: closed for the minimum-likelihood order, a zero for
    Blaker's. Between two of them the p-value is 1 less the probability of y < X < x,
    which rises and falls once, so that it exceeds alpha at an end of the segment if
    anywhere, or from one zero on. The first such point from below is the limit: no
    grid, and no gap of the set is overlooked. R's ``exactci`` and ``exact2x2`` take the
    same hull of the set.

    References
    ----------
    .. [1] Fay, M. P. (2010), R Journal 2(1), 53-58.
    .. [2] Blaker, H. (2000), Canadian Journal of Statistics 28, 783-798.

    Examples
    --------
    No event of 3: the upper limit of the odds is where (1 + odds)^-3 is 2.5 %.

    >>> none = ConditionalCount.of_binomial(0, 3)
    >>> lower, upper = conditional_limits(none, "central", 0.95)
    >>> lower, round((1 + upper) ** -3, 10)
    (0.0, 0.025)
    """
    lower = _lower(count, ordering, level)
    if count.observed == len(count.support) - 1:
        return lower, math.inf
    return lower, 1 / _lower(count.mirrored(), ordering, level)


def _lower(count: ConditionalCount, ordering: Ordering, level: float) -> float:
    """Give the lower limit."""
    if count.observed == 0:
        return 0.0
    if ordering in {"central", "mid-p"}:
        mid_p, tail = ordering == "mid-p", (1 - level) / 2
        return math.exp(root(lambda b: count.tails(b, mid_p=mid_p)[1] - tail))
    return math.exp(_outermost(count, ordering, 1 - level))


def _outermost(count: ConditionalCount, ordering: Ordering, alpha: float) -> float:
    """Give the smallest log effect whose p-value exceeds alpha."""
    x = count.observed

    def excess(b: float, y: int) -> float:
        """Give the p-value less alpha where the counts up to y are as extreme."""
        p = count.probabilities(b)
        return float(p[x:].sum() + p[: y + 1].sum()) - alpha

    start, first = (
        (-50.0, -1) if ordering == "minlike" else _where_to_begin(count, alpha)
    )
    for y in range(first, x):
        if y > first and excess(start, y) > 0:
            break
        end = _equally_extreme(count, y + 1, ordering)
        if excess(end, y) > 0:
            return root(lambda b, y=y: excess(b, y), start, end)  # type: ignore[misc]  # y is bound now
        start = end
    return start


def _where_to_begin(count: ConditionalCount, alpha: float) -> tuple[float, int]:
    """
    Give the central limit, and the largest count as extreme there by Blaker's order.

    The counts as extreme have a lower tail no larger than the upper one, so that below
    the central limit the p-value is at most alpha: nothing is to be looked for there.
    """
    start = root(lambda b: count.tails(b)[1] - alpha / 2)
    lower_tails = np.cumsum(count.probabilities(start)[: count.observed])
    first = int(np.searchsorted(lower_tails, alpha / 2, side="right")) - 1
    return start, first


def _equally_extreme(count: ConditionalCount, y: int, ordering: Ordering) -> float:
    """Give the log effect at which a count y below the observed is as extreme."""
    x, weight = count.observed, count.log_weight
    if ordering == "minlike":
        return float(weight[y] - weight[x]) / (x - y)

    def gap(b: float) -> float:
        """Give the upper tail of the observed count less the lower tail of y."""
        p = count.probabilities(b)
        return float(p[x:].sum() - p[: y + 1].sum())

    return root(gap)
