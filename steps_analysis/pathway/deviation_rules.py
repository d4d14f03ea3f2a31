"""The rules whose breaking is a departure from the protocol."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Literal

from steps_analysis.pathway.deviation_finders import (
    Months,
    after_closing,
    before_opening,
    before_recruitment,
    found_ineligible,
    not_as_allocated,
    out_of_age_range,
    out_of_window,
    second_of_family,
    treated_before,
    without_assent,
    wrong_level,
)
from steps_analysis.protocol import Factor, Protocol
from steps_analysis.trial_data import TrialData

Concern = Literal["eligibility", "consent", "randomisation", "treatment", "visits"]

_STAYS = "stays in the arm allocated, and is analysed there"


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviationRule:
    """
    One rule whose breaking is a departure from the protocol.

    Attributes
    ----------
    code
        Its code; the rules of all factors share one.
    concerns
        "eligibility", "consent", "randomisation", "treatment" or "visits".
    what
        What happened, as a sentence that says nothing recorded of a child.
    handling
        What the analysis does with the family.
    rests_on
        What must be recorded for the rule to be checked, in words.
    months
        Finds who departed, and when: whole months from randomisation by
        ``participant_id``; None where it cannot be told.
    """

    code: str
    concerns: Concern
    what: str
    handling: str
    rests_on: str
    months: Callable[[TrialData], Months | None] = field(repr=False)


def deviation_rules(protocol: Protocol) -> tuple[DeviationRule, ...]:
    """
    List the rules whose breaking is a departure from a protocol.

    Parameters
    ----------
    protocol
        The protocol.

    Returns
    -------
    tuple of DeviationRule
        The rules; those of ages, factors and the start of recruitment only where the
        protocol says what they are.

    Examples
    --------
    >>> from steps_analysis.protocol import load_protocol
    >>> [rule.code for rule in deviation_rules(load_protocol())][:3]
    ['age_out_of_range', 'screened_not_eligible', 'no_assent']
    """
    return tuple(_rules(protocol))


def _rules(protocol: Protocol) -> Iterator[DeviationRule]:
    """Yield the rules in the order of a family's way through the trial."""
    ages = (protocol.eligibility.youngest_age, protocol.eligibility.oldest_age)
    if ages != (None, None):
        yield _AGE
    yield from (_NOT_ELIGIBLE, _NO_ASSENT, _FAMILY_TWICE)
    yield from (_level_rule(factor) for factor in protocol.factors if factor.source)
    if protocol.trial.recruitment_start is not None:
        yield _BEFORE_RECRUITMENT
    yield from (_BEFORE_OPENING, _AFTER_CLOSING, _OTHER_TREATMENT, _TREATED_BEFORE)
    yield _OUT_OF_WINDOW


_AGE = DeviationRule(
    code="age_out_of_range",
    concerns="eligibility",
    what="Randomised although the age on the referral is outside the trial's range",
    handling=_STAYS,
    rests_on="the age on the referral",
    months=out_of_age_range,
)
_NOT_ELIGIBLE = DeviationRule(
    code="screened_not_eligible",
    concerns="eligibility",
    what="Randomised although the screening says not eligible",
    handling=_STAYS,
    rests_on="the result of the screening",
    months=found_ineligible,
)
_NO_ASSENT = DeviationRule(
    code="no_assent",
    concerns="consent",
    what="Randomised although the child is recorded as not having agreed",
    handling=_STAYS,
    rests_on="whether the child agreed",
    months=without_assent,
)
_FAMILY_TWICE = DeviationRule(
    code="family_twice",
    concerns="randomisation",
    what="Randomised although the family was in the trial already",
    handling="described and not analysed: the family's first child stands for it",
    rests_on="which family a child belongs to",
    months=second_of_family,
)
_BEFORE_RECRUITMENT = DeviationRule(
    code="before_recruitment",
    concerns="randomisation",
    what="Randomised before the trial opened to recruitment",
    handling=_STAYS,
    rests_on="the day of randomisation",
    months=before_recruitment,
)
_BEFORE_OPENING = DeviationRule(
    code="before_opening",
    concerns="randomisation",
    what="Randomised before the site opened to recruitment",
    handling=_STAYS,
    rests_on="the day each site opened",
    months=before_opening,
)
_AFTER_CLOSING = DeviationRule(
    code="after_closing",
    concerns="randomisation",
    what="Randomised after the site closed to recruitment",
    handling=_STAYS,
    rests_on="the day each site closed",
    months=after_closing,
)
_OTHER_TREATMENT = DeviationRule(
    code="not_as_allocated",
    concerns="treatment",
    what="Did not receive the treatment allocated",
    handling=_STAYS,
    rests_on="the treatment received",
    months=not_as_allocated,
)
_TREATED_BEFORE = DeviationRule(
    code="treated_before",
    concerns="treatment",
    what="Started the treatment before being randomised",
    handling=_STAYS,
    rests_on="the day treatment started",
    months=treated_before,
)
_OUT_OF_WINDOW = DeviationRule(
    code="out_of_window",
    concerns="visits",
    what="Seen outside the window of a visit",
    handling="kept: its scores count as those of the visit planned",
    rests_on="the day of each visit",
    months=out_of_window,
)


def _level_rule(factor: Factor) -> DeviationRule:
    """Make the rule that a factor's level is the one the referral gives."""
    name = factor.label[:1].lower() + factor.label[1:]
    return DeviationRule(
        code="factor_level",
        concerns="randomisation",
        what=f"{factor.label} recorded at randomisation otherwise than on the referral",
        handling="analysed with the level recorded at randomisation",
        rests_on=f"what the referral says of {name}",
        months=partial(wrong_level, factor),
    )
