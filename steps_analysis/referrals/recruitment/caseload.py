"""How many families are in treatment at once, and is there room for them?"""

from __future__ import annotations

from dataclasses import dataclass

from steps_analysis.errors import ArgumentError, DataError, refusal
from steps_analysis.estimates import Estimate, check_level
from steps_analysis.referrals.count_checks import (
    check_pair,
    check_positive,
    check_whole,
)
from steps_analysis.referrals.count_limits import count_limits

_NO_MONTHS = "no month was observed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Caseload:
    """
    How many families are expected in treatment, beside how many there is room for.

    Attributes
    ----------
    starts
        Families who start, a month.
    expected
        Families in treatment at any time, once the service runs steadily.
    capacity
        Families there is room for at once.
    share_of_capacity
        `expected` over `capacity`.
    exceeds
        Probability that more would be in treatment than there is room for.

    Examples
    --------
    >>> from steps_analysis.referrals import caseload
    >>> load = caseload(12, 12, months_of_work=6, capacity=8)
    >>> load.expected.value, load.share_of_capacity.value
    (6.0, 0.75)
    """

    starts: Estimate
    expected: Estimate
    capacity: int
    share_of_capacity: Estimate
    exceeds: Estimate


def caseload_capacity(therapists: int, *, families_per_therapist: int) -> int:
    """
    Give how many families there is room for at once.

    Parameters
    ----------
    therapists
        How many therapists there are; at least 0.
    families_per_therapist
        How many families one therapist sees at once; at least 1. Where a range is
        known, such as three to four, ask for both ends and show both.

    Returns
    -------
    int
        Families.

    Raises
    ------
    ArgumentError
        If a number is not whole, or too small.

    Examples
    --------
    >>> caseload_capacity(2, families_per_therapist=3)
    6
    """
    each = check_whole("families_per_therapist", families_per_therapist, 1)
    return check_whole("therapists", therapists, 0) * each


def caseload(
    starts: int,
    months: float,
    *,
    months_of_work: float,
    capacity: int,
    share: float = 1.0,
    level: float = 0.95,
) -> Caseload:
    """
    Set the families expected in treatment beside those there is room for.

    Parameters
    ----------
    starts
        Families who started (or were randomised, with their `share` below); a whole
        number, at least 0.
    months
        Months in which they did; 0 only without them.
    months_of_work
        Mean length of the work with a family, in months; above 0.
    capacity
        Families there is room for at once; at least 0. See `caseload_capacity`.
    share
        Share of `starts` that come to this service, in (0, 1]: of randomised families,
        the share allocated to it.
    level
        Confidence level, in (0, 1).

    Returns
    -------
    Caseload
        Expected families, with exact limits from the count of starts. Not estimable
        without months.

    Raises
    ------
    DataError
        If `starts` is no count, `months` is negative or missing, or there are starts
        without months.
    ArgumentError
        If an option breaks its rule.

    Notes
    -----
    Little's law [1]_: the number in treatment is, on average, the starts a month times
    the months each stays, whatever the law of either. That it exceeds a number takes
    more for granted: starts come at random (a Poisson process) and steadily, nobody has
    to wait, and lengths do not depend on them; then the number in treatment has a
    Poisson law whatever the law of the lengths (the queue M/G/∞). Where there is no
    room families wait instead, so `exceeds` is the share of time in which some would
    have to. Limits carry the chance of the count of starts only, not that of
    `months_of_work`.

    References
    ----------
    .. [1] Little, J. D. C. (1961), Operations Research 9, 383-387.

    Examples
    --------
    One start a month, one month each, no room: somebody waits unless nobody is there,
    1 - exp(-1).

    >>> round(caseload(12, 12, months_of_work=1, capacity=0).exceeds.value, 4)
    0.6321
    """
    check_level(level)
    room = check_whole("capacity", capacity, 0)
    check_positive("months_of_work", months_of_work)
    if not 0 < share <= 1:
        raise ArgumentError(refusal("share", "lie in (0, 1]", share))
    monthly = _monthly(starts, months, share, level, "families who start")
    expected = _scaled(monthly, months_of_work, "families in treatment", "families")
    if not room:
        reason = "there is no capacity"
        load = Estimate.missing("share of capacity", reason, n=expected.n, level=level)
    else:
        load = _scaled(expected, 1 / room, "share of capacity", "")
    return Caseload(
        starts=monthly,
        expected=expected,
        capacity=room,
        share_of_capacity=load,
        exceeds=more_than(expected, room, "more in treatment than there is room for"),
    )


def more_than(mean: Estimate, limit: int, measure: str) -> Estimate:
    """
    Give the probability that a Poisson count exceeds a number.

    Parameters
    ----------
    mean
        Its mean, with limits.
    limit
        The number.
    measure
        What the probability is called.

    Returns
    -------
    Estimate
        The probability; its limits are those at the limits of the mean. Not estimable
        where the mean is not.

    Examples
    --------
    >>> mean = Estimate(measure="mean", value=1, lower=0, upper=2, n=1)
    >>> round(more_than(mean, 0, "any").value, 4)
    0.6321
    """
    from scipy import special

    if mean.not_estimable is not None:
        return Estimate.missing(measure, mean.not_estimable, n=mean.n, level=mean.level)
    value, lower, upper = (
        float(special.pdtrc(limit, at)) if at else 0.0
        for at in (mean.value, mean.lower, mean.upper)
    )
    return Estimate(
        measure=measure,
        value=value,
        lower=lower,
        upper=upper,
        level=mean.level,
        n=mean.n,
        method="Poisson probability, at the mean and its limits",
    )


def _monthly(
    count: int, months: float, share: float, level: float, measure: str
) -> Estimate:
    """Give a monthly number with exact limits."""
    counts, amounts = check_pair(count, months)
    if counts.ndim:
        raise DataError(refusal("starts", "be one number", "an array"))
    n, unit = int(counts), "a month"
    if not amounts:
        return Estimate.missing(measure, _NO_MONTHS, n=n, level=level, unit=unit)
    lower, upper = count_limits(counts, method="exact", level=level)
    scale = share / float(amounts)
    return Estimate(
        measure=measure,
        value=n * scale,
        lower=float(lower) * scale,
        upper=float(upper) * scale,
        level=level,
        unit=unit,
        n=n,
        method="Poisson count, exact limits",
    )


def _scaled(estimate: Estimate, factor: float, measure: str, unit: str) -> Estimate:
    """Multiply an estimate and its limits."""
    if estimate.not_estimable is not None:
        return Estimate.missing(
            measure,
            estimate.not_estimable,
            n=estimate.n,
            level=estimate.level,
            unit=unit,
        )
    return Estimate(
        measure=measure,
        value=estimate.value * factor,
        lower=estimate.lower * factor,
        upper=estimate.upper * factor,
        level=estimate.level,
        unit=unit,
        n=estimate.n,
        method=estimate.method,
    )
