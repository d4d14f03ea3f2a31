"""Do the meetings of a forum keep up with the cases that come to it?"""

from __future__ import annotations

from dataclasses import dataclass, replace

from steps_analysis.estimates import Estimate, check_level
from steps_analysis.referrals.count_checks import check_whole
from steps_analysis.referrals.recruitment.caseload import caseload


@dataclass(frozen=True, slots=True, kw_only=True)
class ForumLoad:
    """
    The cases that come to a forum, beside those its meetings can hear.

    Attributes
    ----------
    cases
        New cases a month.
    capacity
        Cases heard a month at most; None where that is not limited.
    share_of_capacity
        Cases over capacity; above 1 a queue grows without end.
    exceeds
        Probability that a month brings more new cases than can be heard.

    Examples
    --------
    >>> from steps_analysis.referrals import forum_load
    >>> load = forum_load(18, 12, capacity=3)
    >>> load.cases.value, load.share_of_capacity.value
    (1.5, 0.5)
    """

    cases: Estimate
    capacity: int | None
    share_of_capacity: Estimate
    exceeds: Estimate


def forum_load(
    cases: int,
    months: float,
    *,
    capacity: int | None = None,
    meetings_per_month: int = 1,
    level: float = 0.95,
) -> ForumLoad:
    """
    Set the cases that come to a forum beside those its meetings can hear.

    Parameters
    ----------
    cases
        Cases brought to the forum for the first time; a whole number, at least 0.
    months
        Months in which they came; 0 only without them.
    capacity
        Cases one meeting can hear, at least 1; None where that is not limited.
    meetings_per_month
        Meetings a month; at least 1.
    level
        Confidence level, in (0, 1).

    Returns
    -------
    ForumLoad
        Cases a month with exact limits, and what follows. Not estimable without months;
        no share or probability without a limit.

    Raises
    ------
    DataError
        If `cases` is no count, `months` is negative or missing, or there are cases
        without months.
    ArgumentError
        If an option breaks its rule.

    Notes
    -----
    Cases are taken to come at random (a Poisson process) and steadily; a sibling group
    brought together counts as the cases it makes. One month with more cases than can be
    heard is no queue: the rest are heard at the next meeting, if it has room.

    Examples
    --------
    One case a month and one heard: more come in 1 - 2 exp(-1) of all months.

    >>> round(forum_load(12, 12, capacity=1).exceeds.value, 4)
    0.2642
    """
    check_level(level)
    meetings = check_whole("meetings_per_month", meetings_per_month, 1)
    heard = None
    if capacity is not None:
        heard = check_whole("capacity", capacity, 1) * meetings
    load = caseload(cases, months, months_of_work=1, capacity=heard or 0, level=level)
    if heard is not None:
        share, exceeds = load.share_of_capacity, load.exceeds
    else:
        reason = "the forum hears every case"
        share, exceeds = (
            Estimate.missing(measure, reason, n=load.starts.n, level=level)
            for measure in ("share of capacity", "more cases than can be heard")
        )
    return ForumLoad(
        cases=_renamed(load.starts, "new cases"),
        capacity=heard,
        share_of_capacity=share,
        exceeds=_renamed(exceeds, "more cases than can be heard"),
    )


def _renamed(estimate: Estimate, measure: str) -> Estimate:
    """Call an estimate something else."""
    return replace(estimate, measure=measure)
