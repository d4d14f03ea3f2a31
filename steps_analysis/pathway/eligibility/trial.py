"""May a family be randomised? The rules of a protocol, as data."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from steps_analysis.pathway.eligibility.cases import Value, case_fields, known_of
from steps_analysis.pathway.eligibility.screening import (
    Decision,
    Rule,
    Screening,
    screen,
)
from steps_analysis.protocol import EligibilityRule, Protocol


def screen_trial(case: Mapping[str, Any], protocol: Protocol) -> Screening:
    """
    Say whether the rules of a trial accept a case.

    Parameters
    ----------
    case
        One referral, by the names of ``referrals.csv``; what is absent, None, NaN or NA
        is unknown. Ages are completed years, and decimals are floored.
    protocol
        The trial's protocol.

    Returns
    -------
    Screening
        The decision, and the verdict of each rule: age at referral where the protocol
        bounds it, site, and whatever rules it declares.

    Raises
    ------
    DataError
        If a field is unknown, a value does not fit it, or the ages contradict each
        other. No value is repeated.
    ProtocolError
        If a rule of the protocol reads what no referral says.

    Notes
    -----
    A site that is none of the trial's is refused; one that differs from one of them in
    capitals or spaces only is taken for a slip. A value that a declared rule neither
    accepts nor refuses is to be discussed with the trial team.

    Examples
    --------
    >>> from steps_analysis.protocol import load_protocol
    >>> case = {"age_at_referral": 17.9, "site": "Borough A"}
    >>> screen_trial(case, load_protocol()).decision
    'accept'
    """
    fields = case_fields(protocol)
    return screen(known_of(case, fields), trial_rules(protocol), fields)


def trial_rules(protocol: Protocol) -> tuple[Rule, ...]:
    """
    Make the rules of eligibility that a protocol states.

    Parameters
    ----------
    protocol
        The protocol.

    Returns
    -------
    tuple of Rule
        Age, site, then the declared rules in their order.

    Examples
    --------
    >>> from steps_analysis.protocol import load_protocol
    >>> [rule.code for rule in trial_rules(load_protocol())]
    ['age', 'site']
    """
    declared = map(_declared, protocol.eligibility.rules)
    return (*_age(protocol), _site(protocol), *declared)


def _age(protocol: Protocol) -> tuple[Rule, ...]:
    """Make the rule on age, where the protocol bounds it."""
    youngest = protocol.eligibility.youngest_age
    oldest = protocol.eligibility.oldest_age
    if youngest is None and oldest is None:
        return ()
    takes = f"the trial takes: {youngest} to {oldest}."
    if youngest is None or oldest is None:
        bound = f"{youngest} or over" if oldest is None else f"{oldest} or under"
        takes = f"the trial takes: {bound}."

    def decide(age: int) -> Decision:
        is_old_enough = youngest is None or age >= youngest
        is_young_enough = oldest is None or age <= oldest
        return "accept" if is_old_enough and is_young_enough else "refuse"

    rule = Rule(
        code="age",
        name="age at referral",
        fields=("age_at_referral",),
        decide=decide,
        sentences={
            "accept": f"The child's age at referral is one {takes}",
            "refuse": f"The child's age at referral is not one {takes}",
        },
    )
    return (rule,)


def _site(protocol: Protocol) -> Rule:
    """Make the rule on the site."""
    sites = protocol.sites

    def decide(site: str) -> Decision:
        return "accept" if site in sites.names else "refuse"

    return Rule(
        code="site",
        name=f"the family's {sites.label}",
        fields=("site",),
        decide=decide,
        sentences={
            "accept": f"The family's {sites.label} takes part in the trial.",
            "refuse": f"The family's {sites.label} does not take part in the trial.",
        },
    )


def _declared(rule: EligibilityRule) -> Rule:
    """Make a rule that the protocol declares."""
    head = f"The trial requires that {rule.statement}."
    later = ", but may do so later" if rule.remediable else ""
    return Rule(
        code=rule.name,
        name=rule.name.replace("_", " "),
        fields=(rule.field,),
        decide=partial(_listed, rule),
        remediable=rule.remediable,
        sentences={
            "accept": f"{head} The case meets this.",
            "refuse": f"{head} The case does not meet this{later}.",
            "discuss_with_service": f"{head} Please discuss with the trial team "
            "whether the case meets this.",
        },
    )


def _listed(rule: EligibilityRule, value: Value) -> Decision:
    """Say in which of a declared rule's lists a value stands."""
    if value in rule.accept:
        return "accept"
    return "refuse" if value in rule.refuse else "discuss_with_service"
