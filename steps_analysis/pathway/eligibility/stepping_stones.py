"""Does Stepping Stones accept a case? Its leaflet's rules, as data."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from steps_analysis.pathway.eligibility.cases import (
    Fields,
    Known,
    case_fields,
    known_of,
)
from steps_analysis.pathway.eligibility.screening import (
    Decision,
    Rule,
    Screening,
    screen,
)
from steps_analysis.protocol import Protocol

SIBLING_TIES = ("birth_sibling", "step_sibling", "foster_sibling", "adoptive_sibling")
_TIES = case_fields()["relationship"].codes  # those the leaflet's rules speak of
_TALK = "The service's leaflet does not settle this: please talk to the service."


def _below(limit: int, age: int) -> Decision:
    """Accept under a limit, refuse over it; the limit itself is in neither list."""
    if age == limit:
        return "discuss_with_service"
    return "accept" if age < limit else "refuse"


def _youngest(age: int) -> Decision:
    return _below(18, age)


def _harm(first: int, last: int) -> Decision:
    if last < 18:
        return "accept"
    return "refuse" if first > 18 else "discuss_with_service"


def _who_harmed(age: int) -> Decision:
    return _below(21, age)


def _wanted(answer: bool) -> Decision:
    return "accept" if answer else "refuse"


def _family(grew_up: bool, relationship: str) -> Decision:
    if grew_up:
        return "accept"
    return "discuss_with_service" if relationship in SIBLING_TIES else "refuse"


RULES = (
    Rule(
        code="1",
        name="the youngest child's age",
        fields=("youngest_age_at_referral",),
        decide=_youngest,
        sentences={
            "accept": "The youngest child involved was under 18 at referral.",
            "refuse": "All the children involved were over 18 at referral.",
            "discuss_with_service": "The youngest child involved was 18 at referral. "
            f"{_TALK}",
        },
    ),
    Rule(
        code="2a",
        name="age when the harm took place",
        fields=("age_at_first_harm", "age_at_last_harm"),
        decide=_harm,
        sentences={
            "accept": "All the reported harm took place while the child who displayed "
            "the behaviour was under 18.",
            "refuse": "All the reported harm took place when the person who displayed "
            "the behaviour was over 18.",
            "discuss_with_service": "The reported harm began when the person who "
            "displayed the behaviour was 18 or younger, and some of it took place at "
            f"18 or later. {_TALK}",
        },
    ),
    Rule(
        code="2b",
        name="age at referral of the child who displayed the behaviour",
        fields=("age_at_referral",),
        decide=_who_harmed,
        sentences={
            "accept": "The child who displayed harmful sexual behaviour was under 21 "
            "at referral.",
            "refuse": "The person who displayed harmful sexual behaviour was over 21 "
            "at referral.",
            "discuss_with_service": "The person who displayed harmful sexual behaviour "
            f"was 21 at referral. {_TALK}",
        },
    ),
    Rule(
        code="3",
        name="safety plan",
        fields=("safety_plan",),
        decide=_wanted,
        remediable=True,
        sentences={
            "accept": "A safety plan is in place; the service can help to refine it.",
            "refuse": "No safety plan is in place yet. Once there is one, the case can "
            "be considered again.",
        },
    ),
    Rule(
        code="4",
        name="the family's agreement",
        fields=("family_agrees",),
        decide=_wanted,
        remediable=True,
        sentences={
            "accept": "The family agrees to the service.",
            "refuse": "The family does not agree to the service, which works by "
            "consent only. If the family decides otherwise, the case can be considered "
            "again.",
        },
    ),
    Rule(
        code="5",
        name="growing up in the same family",
        fields=("grew_up_in_same_family", "relationship"),
        decide=_family,
        sentences={
            "accept": "The children grew up in the same family.",
            "refuse": "The children did not grow up in the same family, and are not "
            "siblings by birth, step-family, fostering or adoption.",
            "discuss_with_service": "The children are siblings, but did not grow up in "
            f"the same family. {_TALK}",
        },
    ),
)


def screen_stepping_stones(
    case: Mapping[str, Any], *, protocol: Protocol | None = None
) -> Screening:
    """
    Say whether Stepping Stones accepts a case.

    Parameters
    ----------
    case
        One referral, by the names of ``referrals.csv``; what is absent, None, NaN or NA
        is unknown. Ages are completed years, and decimals are floored.
    protocol
        A protocol whose further codes a case may hold; None for the contract's alone.
        A relationship that a protocol adds is to be asked about where it matters.

    Returns
    -------
    Screening
        The decision, and the verdict of each of the six rules.

    Raises
    ------
    DataError
        If a field is unknown, a value does not fit it, or the ages contradict each
        other. No value is repeated.

    Notes
    -----
    The leaflet accepts "under" and refuses "over" an age, so that the age itself is in
    neither list and is to be discussed with the service. An age that is not known is
    asked for, even where another age bounds it: the service wants to know who was
    involved, and when. But the first harm is no later than the last, so that a last
    harm under 18 settles rule 2a, as does a first harm over 18.

    Nothing else is read: learning difficulty, being looked after, sex, source or place
    change nothing, nor do living in one home or apart, or being in contact or not, for
    which a referral has no field.

    Examples
    --------
    >>> cousins = {"age_at_referral": 11, "youngest_age_at_referral": 7,
    ...            "age_at_first_harm": 10, "age_at_last_harm": 11,
    ...            "relationship": "cousin", "family_agrees": True}
    >>> screening = screen_stepping_stones(cousins)
    >>> screening.decision, screening.missing
    ('information_needed', ('safety_plan', 'grew_up_in_same_family'))
    """
    fields = case_fields(protocol)
    return by_the_leaflet(known_of(case, fields), fields)


def by_the_leaflet(known: Known, fields: Fields) -> Screening:
    """
    Apply the leaflet's rules to what is known of a case.

    Parameters
    ----------
    known
        What is known, as `pathway.eligibility.cases.known_of` gives it.
    fields
        The fields a case may have.

    Returns
    -------
    Screening
        As `screen_stepping_stones` gives it.
    """
    tie = known.get("relationship")
    if tie is not None and tie not in _TIES:
        known = {name: value for name, value in known.items() if name != "relationship"}
    return screen(known, RULES, fields)
