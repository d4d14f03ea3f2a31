"""DOMAIN section 2c, rule by rule, and against a twin that knows only its table."""

from __future__ import annotations

from itertools import product

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from steps_analysis.errors import DataError
from steps_analysis.pathway import Screening, screen_stepping_stones
from steps_analysis.pathway.eligibility.cases import case_fields
from steps_analysis.pathway.eligibility.screening import PRECEDENCE, QUESTIONS
from steps_analysis.pathway.eligibility.stepping_stones import RULES
from steps_analysis.protocol import load_protocol, parse_protocol

# Every rule accepts this case.
SOUND = {
    "age_at_referral": 15,
    "age_at_first_harm": 13,
    "age_at_last_harm": 14,
    "youngest_age_at_referral": 8,
    "relationship": "birth_sibling",
    "grew_up_in_same_family": True,
    "safety_plan": True,
    "family_agrees": True,
}
RELATIONSHIPS = case_fields()["relationship"].codes


def outcomes(case):
    found = screen_stepping_stones(case)
    return {verdict.code: verdict.outcome for verdict in found.verdicts}


# By hand.


def test_every_rule_accepts_a_sound_case():
    found = screen_stepping_stones(SOUND)
    assert found.decision == "accept"
    assert [verdict.code for verdict in found.verdicts] == ["1", "2a", "2b", *"345"]
    assert found.missing == ()
    assert found.decided_by == found.verdicts
    assert not found.remediable


def test_child_a_needs_two_answers():
    """
    DOMAIN section 1: a boy of 11 harmed his cousin of 7; the family agrees.
    """
    child_a = {
        "age_at_referral": 11,
        "age_at_first_harm": 11,
        "age_at_last_harm": 11,
        "youngest_age_at_referral": 7,
        "relationship": "cousin",
        "family_agrees": True,
        "sex": "male",
    }
    found = screen_stepping_stones(child_a)
    assert found.decision == "information_needed"
    assert found.missing == ("safety_plan", "grew_up_in_same_family")
    assert [verdict.code for verdict in found.decided_by] == ["3", "5"]
    assert [verdict.sentence for verdict in found.decided_by] == [
        "Please find out whether a safety plan is in place.",
        "Please find out whether the children grew up in the same family.",
    ]
    told = child_a | {"safety_plan": True, "grew_up_in_same_family": True}
    assert screen_stepping_stones(told).decision == "accept"


@pytest.mark.parametrize(
    ("age", "outcome"),
    [(17, "accept"), (17.99, "accept"), (18, "discuss_with_service"),
     (18.5, "discuss_with_service"), (19, "refuse")],
)  # fmt: skip
def test_rule_1_the_youngest_child_at_18(age, outcome):
    case = SOUND | {"age_at_referral": 20, "youngest_age_at_referral": age}
    assert outcomes(case)["1"] == outcome
    assert screen_stepping_stones(case).decision == outcome


@pytest.mark.parametrize(
    ("first", "last", "outcome"),
    [
        (17, 17, "accept"),
        (17, 18, "discuss_with_service"),
        (18, 18, "discuss_with_service"),
        (17, 19, "discuss_with_service"),
        (18, 19, "discuss_with_service"),
        (19, 19, "refuse"),
        (17.9, 17.2, "accept"),  # the same completed years: no contradiction
    ],
)
def test_rule_2a_the_harm_at_18(first, last, outcome):
    harm = {"age_at_first_harm": first, "age_at_last_harm": last, "age_at_referral": 20}
    assert outcomes(SOUND | harm)["2a"] == outcome
    assert screen_stepping_stones(SOUND | harm).decision == outcome


@pytest.mark.parametrize(
    ("age", "outcome"),
    [(20, "accept"), (20.99, "accept"), (21, "discuss_with_service"), (22, "refuse")],
)
def test_rule_2b_the_child_who_harmed_at_21(age, outcome):
    case = SOUND | {"age_at_referral": age}
    assert outcomes(case)["2b"] == outcome
    assert screen_stepping_stones(case).decision == outcome


@pytest.mark.parametrize(
    ("field", "code"), [("safety_plan", "3"), ("family_agrees", "4")]
)
def test_rules_3_and_4_refuse_what_can_be_mended(field, code):
    found = screen_stepping_stones(SOUND | {field: False})
    assert found.decision == "refuse"
    assert [verdict.code for verdict in found.decided_by] == [code]
    assert found.decided_by[0].remediable
    assert found.remediable
    assert "considered again" in found.decided_by[0].sentence
    unknown = screen_stepping_stones(SOUND | {field: None})
    assert (unknown.decision, unknown.missing) == ("information_needed", (field,))
    assert not any(verdict.remediable for verdict in unknown.verdicts)


def test_a_refusal_lists_all_its_rules_and_counts_as_mendable_only_if_all_are():
    wrong = {
        "safety_plan": False,
        "youngest_age_at_referral": 19,
        "family_agrees": None,
    }
    found = screen_stepping_stones(SOUND | {"age_at_referral": 20} | wrong)
    assert found.decision == "refuse"
    assert [verdict.code for verdict in found.decided_by] == ["1", "3"]
    assert [verdict.remediable for verdict in found.decided_by] == [False, True]
    assert not found.remediable
    assert found.missing == ("family_agrees",)


@pytest.mark.parametrize("tie", RELATIONSHIPS)
def test_rule_5_takes_siblings_in_the_wide_sense(tie):
    expected = "discuss_with_service" if tie.endswith("_sibling") else "refuse"
    apart = SOUND | {"relationship": tie, "grew_up_in_same_family": False}
    assert outcomes(apart)["5"] == expected
    assert outcomes(apart | {"grew_up_in_same_family": True})["5"] == "accept"
    unknown = screen_stepping_stones(apart | {"grew_up_in_same_family": None})
    assert unknown.missing == ("grew_up_in_same_family",)


def test_rule_5_without_the_relationship():
    together = SOUND | {"relationship": None}
    assert outcomes(together)["5"] == "accept"
    apart = together | {"grew_up_in_same_family": False}
    assert screen_stepping_stones(apart).missing == ("relationship",)


# What follows from what is known.


@pytest.mark.parametrize(
    ("known", "code", "outcome"),
    [
        # the first harm is no later than the last
        ({"age_at_last_harm": 16}, "2a", "accept"),
        # and the last is no earlier than the first
        ({"age_at_first_harm": 19}, "2a", "refuse"),
        # the first at 18 or before, the last at 18 or after
        ({"age_at_last_harm": 18}, "2a", "discuss_with_service"),
        ({"age_at_first_harm": 18}, "2a", "discuss_with_service"),
        ({"age_at_first_harm": 17}, "2a", "information_needed"),
        ({"age_at_last_harm": 19}, "2a", "information_needed"),
        # another rule's age settles nothing: what is not known is asked for
        ({"age_at_referral": 17}, "2a", "information_needed"),
        ({"age_at_referral": 17}, "1", "information_needed"),
        ({"age_at_first_harm": 22}, "2b", "information_needed"),
        ({"youngest_age_at_referral": 22}, "2b", "information_needed"),
        ({}, "1", "information_needed"),
    ],
)  # fmt: skip
def test_a_rule_is_decided_by_what_is_certain(known, code, outcome):
    assert outcomes(known)[code] == outcome


def test_an_inference_is_said():
    told = {v.code: v.sentence for v in screen_stepping_stones(SOUND).verdicts}
    case = SOUND | {"age_at_first_harm": None}
    inferred = {v.code: v.sentence for v in screen_stepping_stones(case).verdicts}
    assert inferred["2a"] == told["2a"] + " The age that is known makes this certain."
    assert {k: v for k, v in inferred.items() if k != "2a"} == {
        k: v for k, v in told.items() if k != "2a"
    }


# Edges.


@pytest.mark.parametrize("unknown", [None, float("nan"), pd.NA, pd.NaT, np.nan])
def test_what_is_unknown_is_not_no(unknown):
    blank = dict.fromkeys(SOUND, unknown)
    assert screen_stepping_stones(blank) == screen_stepping_stones({})
    assert screen_stepping_stones({}).decision == "information_needed"
    assert set(outcomes({}).values()) == {"information_needed"}


def test_numbers_and_answers_may_come_from_a_table():
    row = pd.DataFrame([SOUND]).iloc[0].to_dict()
    row["age_at_referral"] = np.int64(15)
    row["safety_plan"] = np.bool_(True)
    assert screen_stepping_stones(row) == screen_stepping_stones(SOUND)


def test_a_relationship_that_a_protocol_adds_is_asked_about():
    text = (
        load_protocol().text + '\n[codes]\n"referrals.relationship" = ["neighbour"]\n'
    )
    protocol = parse_protocol(text)
    apart = SOUND | {"relationship": "neighbour", "grew_up_in_same_family": False}
    assert screen_stepping_stones(apart, protocol=protocol).missing == ("relationship",)
    together = apart | {"grew_up_in_same_family": True}
    assert screen_stepping_stones(together, protocol=protocol).decision == "accept"
    with pytest.raises(DataError, match="`relationship` must be one of birth_sibling"):
        screen_stepping_stones(apart)


# Properties.

answers = st.none() | st.booleans()
cases = st.fixed_dictionaries(
    {
        "age_at_referral": st.none() | st.integers(14, 25),
        "age_at_first_harm": st.none() | st.integers(0, 14),
        "age_at_last_harm": st.just(14) | st.none(),
        "youngest_age_at_referral": st.none() | st.integers(0, 14),
        "relationship": st.none() | st.sampled_from(RELATIONSHIPS),
        "grew_up_in_same_family": answers,
        "safety_plan": answers,
        "family_agrees": answers,
    }
)
irrelevant = st.fixed_dictionaries(
    {},
    optional={
        "learning_difficulty": answers,
        "looked_after": answers,
        "sex": st.none() | st.sampled_from(["male", "female"]),
        "ethnic_group": st.none() | st.sampled_from(["asian", "black", "white"]),
        "deprivation_quintile": st.none() | st.integers(1, 5),
        "source": st.none() | st.sampled_from(["school", "police"]),
        "site": st.none() | st.text(),
        "referral_id": st.text(),
        "family_id": st.text(),
        "referral_date": st.dates(),
    },
)


@given(case=cases, other=irrelevant)
def test_nothing_else_has_an_effect(case, other):
    """Learning difficulty, looked after, sex, place, source: not a word changes."""
    assert screen_stepping_stones(case | other) == screen_stepping_stones(case)


def test_no_rule_reads_anything_else():
    """No field of a referral says who lives with whom, or who is in contact."""
    assert {name for rule in RULES for name in rule.fields} == set(SOUND)
    assert set(SOUND) <= set(QUESTIONS)


@given(case=cases, field=st.sampled_from(sorted(SOUND)))
def test_knowing_less_never_turns_a_verdict_round(case, field):
    """A verdict that stands without an answer stands with it."""
    full, less = outcomes(case), outcomes(case | {field: None})
    for code, outcome in less.items():
        assert outcome in (full[code], "information_needed")


@given(case=cases)
def test_the_decision_is_the_first_in_precedence(case):
    found = screen_stepping_stones(case)
    ends = {verdict.outcome for verdict in found.verdicts}
    assert found.decision == next(d for d in PRECEDENCE if d in ends)
    assert found.decided_by
    for verdict in found.verdicts:
        assert bool(verdict.missing) == (verdict.outcome == "information_needed")
        assert verdict.remediable == (
            verdict.outcome == "refuse" and verdict.code in ("3", "4")
        )
        assert verdict.sentence.endswith(".")


anything = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(),
    st.lists(st.integers(), max_size=2),
    st.complex_numbers(),
    st.sampled_from([np.int8(3), np.float32(17.5), pd.NA, pd.Timestamp(0), b"x", {}]),
)


@given(case=st.dictionaries(st.sampled_from(sorted(case_fields())), anything))
def test_whatever_is_given_is_screened_or_refused_by_name(case):
    said = _decision_or_refusal(case)
    assert said in PRECEDENCE or any(f"`{name}` must" in said for name in case)


def _decision_or_refusal(case):
    try:
        return screen_stepping_stones(case).decision
    except DataError as error:
        return str(error)


# A naive twin, from the table: all ages 16 to 22 with all unknowns.

AGES = ("age_at_first_harm", "age_at_last_harm", "age_at_referral")


def _by_table(first, last, age, youngest):
    """DOMAIN 2c, rows 1, 2a and 2b, an unknown being worth every age it could be."""
    rows = {"1": set(), "2a": set(), "2b": set()}
    for one in [youngest] if youngest else range(10, 30):
        rows["1"].add("A" if one < 18 else "R" if one > 18 else "D")
    for one in [age] if age else range(10, 30):
        rows["2b"].add("A" if one < 21 else "R" if one > 21 else "D")
    for f in [first] if first else range(10, 30):
        for one in [last] if last else range(10, 30):
            if f <= one:
                rows["2a"].add("A" if one < 18 else "R" if f > 18 else "D")
    return {code: ends.pop() if len(ends) == 1 else "?" for code, ends in rows.items()}


def test_all_ages_16_to_22_and_all_unknowns():
    letters = {"accept": "A", "refuse": "R", "discuss_with_service": "D"}
    n = 0
    for values in product([None, *range(16, 23)], repeat=4):
        case = dict(zip([*AGES, "youngest_age_at_referral"], values, strict=True))
        in_order = [case[name] for name in AGES if case[name] is not None]
        age, youngest = values[2:]
        too_old = age is not None and youngest is not None and youngest > age
        if in_order != sorted(in_order) or too_old:
            with pytest.raises(DataError, match="must not exceed"):
                screen_stepping_stones(case)
            continue
        n += 1
        found = outcomes(case)
        for code, expected in _by_table(*values).items():
            assert letters.get(found[code], "?") == expected, (case, code)
    # With the r-th of 7 ages at referral, first and last harm are none, one or both of
    # r ages in order, and the youngest is unknown or one of r; without it, of all 7.
    ways = [(1 + 2 * r + r * (r + 1) // 2) * (1 + r) for r in range(1, 8)]
    assert n == sum(ways) + ways[-1] == 1261


def test_every_pattern_of_verdicts_keeps_the_precedence():
    """Rows of the table written out: one case for each end of each rule."""
    d, i = "discuss_with_service", "information_needed"
    harm = {"accept": (14, 14), d: (17, 18), "refuse": (19, 19), i: (None, None)}
    youngest = {"accept": 8, d: 18, "refuse": 19, i: None}
    age = {"accept": 20, d: 21, "refuse": 22, i: None}
    yes = {"accept": True, "refuse": False, i: None}
    family = {"accept": True, d: False, i: None}
    for ends in product(youngest, harm, age, yes, yes, family):
        first, last = harm[ends[1]]
        case = {
            "youngest_age_at_referral": youngest[ends[0]],
            "age_at_first_harm": first,
            "age_at_last_harm": last,
            "age_at_referral": age[ends[2]],
            "safety_plan": yes[ends[3]],
            "family_agrees": yes[ends[4]],
            "grew_up_in_same_family": family[ends[5]],
            "relationship": "foster_sibling",
        }
        found = screen_stepping_stones(case)
        assert tuple(verdict.outcome for verdict in found.verdicts) == ends
        if "refuse" in ends:
            assert found.decision == "refuse"
        elif i in ends:
            assert found.decision == i
        else:
            assert found.decision == (d if d in ends else "accept")


# Errors: the field and the rule, never the value.


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"age_at_referal": 4711}, r"(?s)`age_at_referal` must.*'age_at_referral'"),
        ({"Anna Smith": 4711}, r"`#9` must be a column of referrals\.csv"),
        ({8: 4711}, r"`#9` must be a column of referrals\.csv"),
        ({"age_at_referral": "4711"}, "`age_at_referral` must be a number of years"),
        ({"age_at_referral": True}, "`age_at_referral` must be a number of years"),
        ({"age_at_referral": [4711]}, "`age_at_referral` must be a number of years"),
        ({"age_at_referral": 4711}, "`age_at_referral` must lie between 0 and 120"),
        ({"age_at_referral": -0.5}, "`age_at_referral` must lie between 0 and 120"),
        ({"age_at_referral": 10**400}, "`age_at_referral` must lie between 0 and 120"),
        ({"age_at_referral": np.inf}, "`age_at_referral` must lie between 0 and 120"),
        ({"deprivation_quintile": 2.5}, "`deprivation_quintile` must be a whole"),
        ({"deprivation_quintile": 4711}, "`deprivation_quintile` must lie between 1"),
        ({"safety_plan": "4711"}, "`safety_plan` must be true or false"),
        ({"safety_plan": 1}, "`safety_plan` must be true or false"),
        ({"relationship": "coussin"}, r"(?s)`relationship` must be one.*'cousin'"),
        ({"relationship": {"a": 4711}}, "`relationship` must be one of birth_sibling"),
        ({"site": 4711}, "`site` must be text"),
        ({"youngest_age_at_referral": 16},
         "`youngest_age_at_referral` must not exceed `age_at_referral`"),
        ({"age_at_first_harm": 15, "age_at_last_harm": 14},
         "`age_at_first_harm` must not exceed `age_at_last_harm`"),
        ({"age_at_last_harm": 16}, "`age_at_last_harm` must not exceed `age_at_ref"),
        ({"age_at_first_harm": 16, "age_at_last_harm": None},
         "`age_at_first_harm` must not exceed `age_at_referral`"),
    ],
)  # fmt: skip
def test_what_is_malformed_is_refused_without_its_value(wrong, message):
    with pytest.raises(DataError, match=message) as caught:
        screen_stepping_stones(SOUND | wrong)
    assert "4711" not in str(caught.value)


def test_all_that_is_wrong_is_told_at_once():
    with pytest.raises(DataError, match=r"(?s)`sex`.*`safety_plan`") as caught:
        screen_stepping_stones({"safety_plan": "yes", "sex": "boy"})
    assert "boy" not in str(caught.value)


def test_a_case_must_be_a_mapping():
    with pytest.raises(DataError, match="`case` must map fields to values, got 'list'"):
        screen_stepping_stones([SOUND])


def test_a_screening_cannot_be_changed():
    assert isinstance(screen_stepping_stones(SOUND), Screening)
    with pytest.raises(AttributeError):
        screen_stepping_stones(SOUND).decision = "refuse"
