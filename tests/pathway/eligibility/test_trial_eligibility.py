"""The trial's own rules come from its protocol, and from nothing else."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steps_analysis.errors import DataError, ProtocolError
from steps_analysis.pathway import screen_trial
from steps_analysis.protocol import load_protocol, parse_protocol

STEPS_B = load_protocol()
RULES = """
[[eligibility.rules]]
name = "agreement"
field = "family_agrees"
accept = [true]
refuse = [false]
remediable = true
statement = "the family agrees to take part"

[[eligibility.rules]]
name = "tie"
field = "relationship"
accept = ["birth_sibling", "cousin"]
refuse = ["other_child"]
statement = "the children are related"
"""
DECLARED = parse_protocol(STEPS_B.text.replace("\n[visits]", RULES + "\n[visits]", 1))


def outcomes(case, protocol=STEPS_B):
    found = screen_trial(case, protocol)
    return {verdict.code: verdict.outcome for verdict in found.verdicts}


# By hand.


@pytest.mark.parametrize(
    ("age", "outcome"),
    [
        (9, "refuse"),
        (9.99, "refuse"),
        (10, "accept"),
        (17, "accept"),
        (17.99, "accept"),
        (18, "refuse"),
        (None, "information_needed"),
    ],
)
def test_ages_are_completed_years_both_ends_included(age, outcome):
    found = screen_trial({"age_at_referral": age, "site": "Borough C"}, STEPS_B)
    assert found.decision == outcome
    assert found.verdicts[0].outcome == outcome


@pytest.mark.parametrize(
    ("site", "outcome"),
    [("Southwark", "accept"), ("Borough Z", "refuse"), (None, "information_needed")],
)
def test_the_site_must_be_one_of_the_protocol(site, outcome):
    found = screen_trial({"age_at_referral": 12, "site": site}, STEPS_B)
    assert found.decision == outcome
    assert [verdict.code for verdict in found.verdicts] == ["age", "site"]


def test_the_sentences_speak_of_the_protocol():
    found = screen_trial({"age_at_referral": 18}, STEPS_B)
    assert [verdict.sentence for verdict in found.verdicts] == [
        "The child's age at referral is not one the trial takes: 10 to 17.",
        "Please find out where the family lives.",
    ]
    assert found.decision == "refuse"
    assert found.missing == ("site",)


def test_declared_rules_are_read_as_they_stand():
    case = {"age_at_referral": 12, "site": "Southwark"}
    found = screen_trial(
        case | {"family_agrees": False, "relationship": "step_sibling"}, DECLARED
    )
    agreement, tie = found.verdicts[2:]
    assert (agreement.outcome, agreement.remediable) == ("refuse", True)
    assert agreement.sentence == (
        "The trial requires that the family agrees to take part. "
        "The case does not meet this, but may do so later."
    )
    assert found.remediable
    assert (tie.outcome, tie.remediable) == ("discuss_with_service", False)
    assert "discuss with the trial team" in tie.sentence
    stranger = screen_trial({"relationship": "other_child"}, DECLARED).verdicts[3]
    assert (stranger.outcome, stranger.remediable) == ("refuse", False)
    assert stranger.sentence.endswith("The case does not meet this.")
    met = case | {"family_agrees": True, "relationship": "cousin"}
    assert screen_trial(met, DECLARED).decision == "accept"
    assert screen_trial(case, DECLARED).missing == ("family_agrees", "relationship")


# Edges.


@pytest.mark.parametrize(
    "known",
    [{"age_at_last_harm": 18}, {"youngest_age_at_referral": 18}, {"sex": "male"}],
)
def test_an_unknown_age_is_asked_for_whatever_else_is_known(known):
    assert outcomes(known)["age"] == "information_needed"


@pytest.mark.parametrize(
    ("bounds", "words", "ages"),
    [
        ("youngest_age = 10", "10 or over", {9: "refuse", 10: "accept", 99: "accept"}),
        ("oldest_age = 17", "17 or under", {0: "accept", 17: "accept", 18: "refuse"}),
    ],
)
def test_a_protocol_may_bound_ages_on_one_side(bounds, words, ages):
    text = STEPS_B.text.replace("youngest_age = 10\noldest_age = 17", bounds)
    protocol = parse_protocol(text)
    for age, outcome in ages.items():
        verdict = screen_trial({"age_at_referral": age}, protocol).verdicts[0]
        assert verdict.outcome == outcome
        assert words in verdict.sentence


def test_a_protocol_without_ages_has_no_rule_on_them():
    text = STEPS_B.text.replace("youngest_age = 10\noldest_age = 17", "")
    found = screen_trial({"site": "Southwark"}, parse_protocol(text))
    assert [verdict.code for verdict in found.verdicts] == ["site"]
    assert found.decision == "accept"


def test_a_rule_on_the_only_value_left_is_decided_without_it():
    """Where every value is accepted, there is nothing to ask."""
    text = RULES.replace("refuse = [false]\n", "").replace("[true]", "[true, false]", 1)
    protocol = parse_protocol(
        STEPS_B.text.replace("\n[visits]", text + "\n[visits]", 1)
    )
    assert outcomes({}, protocol)["agreement"] == "accept"


# Properties.


@given(
    age=st.none() | st.integers(0, 25),
    site=st.none() | st.sampled_from(["Southwark", "Borough B", "Borough Z"]),
    learning_difficulty=st.none() | st.booleans(),
    looked_after=st.none() | st.booleans(),
    safety_plan=st.none() | st.booleans(),
)
def test_nothing_undeclared_has_an_effect(age, site, **other):
    case = {"age_at_referral": age, "site": site}
    assert screen_trial(case | other, STEPS_B) == screen_trial(case, STEPS_B)


# A naive twin.


def test_every_case_against_the_rules_in_plain_words():
    ages, sites = [None, *range(8, 20)], [None, "Southwark", "Elsewhere"]
    ties = [None, "cousin", "other_child", "step_sibling"]
    for age, site, agrees, tie in product(ages, sites, [None, True, False], ties):
        no = age is not None and not 10 <= age <= 17
        no = no or site == "Elsewhere" or agrees is False or tie == "other_child"
        if no:
            expected = "refuse"
        elif None in (age, site, agrees, tie):
            expected = "information_needed"
        else:
            expected = "discuss_with_service" if tie == "step_sibling" else "accept"
        case = {
            "age_at_referral": age,
            "site": site,
            "family_agrees": agrees,
            "relationship": tie,
        }
        assert screen_trial(case, DECLARED).decision == expected


# Errors.


@pytest.mark.parametrize("slip", ["southwark", "Southwark ", "SOUTHWARK"])
def test_a_site_that_differs_in_its_capitals_is_a_slip(slip):
    with pytest.raises(DataError, match=r"(?s)`site` must be one.*mean 'Southwark'"):
        screen_trial({"site": slip}, STEPS_B)


def test_a_rule_on_what_no_referral_says_is_refused():
    protocol = parse_protocol(DECLARED.text.replace('"family_agrees"', '"sdq_total"'))
    with pytest.raises(
        ProtocolError, match=r"`eligibility\.rules\[agreement\]\.field`"
    ):
        screen_trial({}, protocol)


def test_a_malformed_case_is_refused():
    with pytest.raises(DataError, match="`age_at_referral` must be a number of years"):
        screen_trial({"age_at_referral": "12"}, STEPS_B)
