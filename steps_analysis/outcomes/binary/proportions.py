"""How sure are we of one proportion?"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Literal

from steps_analysis.errors import DataError, refusal
from steps_analysis.estimates import Estimate, check_level
from steps_analysis.outcomes.binary.conditional_count import ConditionalCount, too_many
from steps_analysis.outcomes.binary.conditional_limits import conditional_limits
from steps_analysis.outcomes.columns import MOST_COUNTED, check_choice, is_number
from steps_analysis.outcomes.distributions import normal_quantile

ProportionMethod = Literal[
    "wilson",
    "exact",
    "agresti-coull",
    "jeffreys",
    "mid-p",
    "blaker",
    "wilson-corrected",
]
Interval = tuple[float, float]


def proportion_interval(
    events: int, n: int, *, method: ProportionMethod = "wilson", level: float = 0.95
) -> Estimate:
    """
    Estimate a proportion with its interval.

    Parameters
    ----------
    events
        How many had the event; from 0 to `n`.
    n
        How many were observed.
    method
        ``"wilson"`` (score), ``"exact"`` (Clopper-Pearson), ``"agresti-coull"``,
        ``"jeffreys"`` (equal-tailed, with the ends 0 and 1 where no or all had the
        event), ``"mid-p"``, ``"blaker"`` (exact, inside Clopper and
        Pearson's) or ``"wilson-corrected"`` (with continuity correction).
    level
        Confidence level, in (0, 1).

    Returns
    -------
    Estimate
        The proportion; not estimable where `n` is 0.

    Raises
    ------
    DataError
        If the counts are no whole numbers with ``0 <= events <= n``.

    Notes
    -----
    The same as ``DescTools::BinomCI`` with methods "wilson", "clopper-pearson",
    "agresti-coull", "jeffreys", "midp", "blaker" and "wilsoncc"; it solves for "midp"
    and "blaker" to four digits only.

    References
    ----------
    .. [1] Newcombe, R. G. (1998), Statistics in Medicine 17, 857-872.
    .. [2] Blaker, H. (2000), Canadian Journal of Statistics 28, 783-798.

    Examples
    --------
    >>> none = proportion_interval(0, 20, method="exact")
    >>> none.value, none.lower, round(none.upper, 3)
    (0.0, 0.0, 0.168)
    """
    check_choice("method", method, tuple(_METHODS))
    check_counts(events, n)
    check_level(level)
    call = f'DescTools::BinomCI({events}, {n}, {level}, method = "{_R_NAMES[method]}")'
    if n == 0:
        reason = "nobody was observed"
        return Estimate.missing("proportion", reason, n=0, level=level, method=method)
    if method == "blaker" and (too_long := too_many(n + 1)):
        return Estimate.missing("proportion", too_long, n=n, level=level, method=method)
    lower, upper = _METHODS[method](events, n, level)
    return Estimate(
        measure="proportion",
        value=events / n,
        lower=max(lower, 0.0) if events else 0.0,
        upper=min(upper, 1.0) if events < n else 1.0,
        level=level,
        n=n,
        method=f"{method} interval",
        r_call=call,
    )


def check_counts(events: int, n: int, *, arm: str = "") -> None:
    """
    Refuse counts that cannot be events among participants.

    Parameters
    ----------
    events
        How many had the event.
    n
        How many were observed.
    arm
        Ending of the arguments' names, such as ``"_control"``.

    Raises
    ------
    DataError
        If they are no whole numbers with ``0 <= events <= n``.

    Examples
    --------
    >>> check_counts(2, 24)
    """
    check_whole(f"events{arm}", events)
    check_whole(f"n{arm}", n)
    if events > n:
        hint = f"the order is events{arm}, n{arm}"
        rule = f"not exceed `n{arm}`"
        raise DataError(refusal(f"events{arm}", rule, (events, n), hint=hint))


def check_whole(name: str, count: int) -> None:
    """
    Refuse what is no count.

    Parameters
    ----------
    name
        The argument, for the message.
    count
        What was given.

    Raises
    ------
    DataError
        If it is no whole number of at least 0, or beyond what floats count.

    Examples
    --------
    >>> check_whole("events", 2)
    """
    if not (is_number(count) and count == int(count) >= 0):
        raise DataError(refusal(name, "be a whole number, at least 0", count))
    if count > MOST_COUNTED:
        rule = f"be at most {MOST_COUNTED}, as floats count"
        raise DataError(refusal(name, rule, count))


def wilson_limits(events: float, n: float, level: float) -> Interval:
    """
    Give Wilson's score limits of a proportion.

    Parameters
    ----------
    events
        How many had the event.
    n
        How many were observed, at least 1.
    level
        Confidence level.

    Returns
    -------
    tuple of float
        Lower and upper limit.

    Examples
    --------
    >>> tuple(round(limit, 3) for limit in wilson_limits(1, 2, 0.95))
    (0.095, 0.905)
    """
    z2 = normal_quantile(level) ** 2
    p = events / n
    middle = (p + z2 / (2 * n)) / (1 + z2 / n)
    half = math.sqrt(z2 * (p * (1 - p) + z2 / (4 * n)) / n) / (1 + z2 / n)
    return max(middle - half, 0.0), min(middle + half, 1.0)


def corrected_wilson_limits(events: float, n: float, level: float) -> Interval:
    """
    Give Wilson's limits with continuity correction.

    Parameters
    ----------
    events
        How many had the event.
    n
        How many were observed, at least 1.
    level
        Confidence level.

    Returns
    -------
    tuple of float
        Lower and upper limit.

    Examples
    --------
    >>> tuple(round(limit, 3) for limit in corrected_wilson_limits(1, 2, 0.95))
    (0.027, 0.973)
    """
    z = normal_quantile(level)
    p = events / n

    def distance(sign: float) -> float:
        """Give the root in the limit on one side."""
        inner = z * z + sign * (2 - 4 * p) - 1 / n + 4 * n * p * (1 - p)
        return z * math.sqrt(max(inner, 0.0))

    centre, below = 2 * n * p + z * z, 2 * (n + z * z)
    lower = (centre - 1 - distance(-1)) / below if events else 0.0
    upper = (centre + 1 + distance(1)) / below if events < n else 1.0
    return max(lower, 0.0), min(upper, 1.0)


def _exact_limits(events: int, n: int, level: float) -> Interval:
    """Clopper and Pearson's limits, from beta quantiles."""
    from scipy.special import betaincinv  # special alone, without scipy.stats

    tail = (1 - level) / 2
    lower = betaincinv(events, n - events + 1, tail) if events else 0.0
    upper = betaincinv(events + 1, n - events, 1 - tail) if events < n else 1.0
    return float(lower), float(upper)


def _agresti_coull_limits(events: int, n: int, level: float) -> Interval:
    """Wald's limits after adding z²/2 events and z²/2 non-events."""
    z = normal_quantile(level)
    more = n + z * z
    p = (events + z * z / 2) / more
    half = z * math.sqrt(p * (1 - p) / more)
    return p - half, p + half


def _jeffreys_limits(events: int, n: int, level: float) -> Interval:
    """Equal-tailed limits of the posterior under the Jeffreys prior."""
    from scipy.special import betaincinv  # special alone, without scipy.stats

    tail = (1 - level) / 2
    lower, upper = betaincinv(events + 0.5, n - events + 0.5, [tail, 1 - tail])
    return float(lower), float(upper)


def _mid_p_limits(events: int, n: int, level: float) -> Interval:
    """Limits at which one-sided mid-p-values equal half the error."""
    from scipy.optimize import brentq
    from scipy.special import bdtr  # special alone, without scipy.stats

    def at_most(p: float) -> float:
        """Give the mid-p probability of so few events."""
        below = bdtr(events - 1, n, p) if events else 0.0
        return float(below + bdtr(events, n, p)) / 2

    tail = (1 - level) / 2
    lower = (
        brentq(lambda p: at_most(p) - 1 + tail, 0, events / n, xtol=1e-14)
        if events
        else 0.0
    )
    upper = (
        brentq(lambda p: at_most(p) - tail, events / n, 1, xtol=1e-14)
        if events < n
        else 1.0
    )
    return float(lower), float(upper)


def _blaker_limits(events: int, n: int, level: float) -> Interval:
    """Limits of the odds that Blaker's test does not reject, as proportions."""
    odds = ConditionalCount.of_binomial(events, n)
    lower, upper = conditional_limits(odds, "blaker", level)
    return lower / (1 + lower), upper / (1 + upper) if events < n else 1.0


_METHODS: dict[str, Callable[[int, int, float], Interval]] = {
    "wilson": wilson_limits,
    "exact": _exact_limits,
    "agresti-coull": _agresti_coull_limits,
    "jeffreys": _jeffreys_limits,
    "mid-p": _mid_p_limits,
    "blaker": _blaker_limits,
    "wilson-corrected": corrected_wilson_limits,
}
_R_NAMES = {
    "wilson": "wilson",
    "exact": "clopper-pearson",
    "agresti-coull": "agresti-coull",
    "jeffreys": "jeffreys",
    "mid-p": "midp",
    "blaker": "blaker",
    "wilson-corrected": "wilsoncc",
}
