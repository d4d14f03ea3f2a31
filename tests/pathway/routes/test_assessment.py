"""The assessment of DOMAIN section 2c as a plan, and what comes of it."""

from __future__ import annotations

from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steps_analysis.errors import ArgumentError
from steps_analysis.pathway import (
    AssessmentPlan,
    AssessmentReport,
    Recommendation,
    plan_assessment,
)
from steps_analysis.pathway.routes.assessment import Kind, Whom

# By hand.


def test_a_family_of_one_home_that_comes_together():
    plan = plan_assessment()
    assert plan == AssessmentPlan(
        professionals_meetings=1,
        home_visits=1,
        planned_sessions=2,
        groups=1,
        apart=None,
        other_siblings=False,
    )
    assert plan.sentences == (
        "First, one meeting of the professionals who work with the family.",
        "Then one home visit.",
        "Then two half-day sessions at the service's office; more can be added.",
        "Sessions together are a choice: nobody has to share one.",
        "Parents or carers and the siblings involved are each offered sessions of "
        "their own.",
        "No child is made to speak about what happened.",
    )


@pytest.mark.parametrize(
    ("apart", "words"),
    [("unsafe", "is not safe"), ("unwanted", "is not what they want")],
)
def test_a_family_that_comes_apart_has_more_sessions(apart, words):
    plan = plan_assessment(homes=2, apart=apart, other_siblings=True)
    assert (plan.home_visits, plan.groups, plan.planned_sessions) == (2, 2, 4)
    assert words in plan.sentences[3]
    assert "two groups" in plan.sentences[3]
    assert "and the other siblings are each offered" in plan.sentences[4]


def test_the_recommendations_are_one_for_each_person_or_network():
    report = AssessmentReport(
        risk_judgement=True,
        recommendations=(
            Recommendation(kind="ongoing_intervention", whom="child_who_harmed"),
            Recommendation(kind="alternative_support", whom="child_harmed"),
            Recommendation(
                kind="professional_consultation", whom="professional_network"
            ),
        ),
    )
    assert report.sentences == (
        "The assessment ends with a report, which holds a structured risk judgement "
        "(AIM3).",
        "For the child who displayed harmful sexual behaviour: continuing work with "
        "the service.",
        "For the child who was harmed: support from another service.",
        "For the professionals around the family: consultation with the service.",
    )


# Edges.


def test_there_is_no_maximum():
    assert plan_assessment(planned_sessions=40).planned_sessions == 40
    assert "Then 40 half-day" in plan_assessment(planned_sessions=40).sentences[2]
    assert plan_assessment(apart="unsafe", planned_sessions=3).planned_sessions == 3


def test_a_report_may_recommend_nothing():
    assert AssessmentReport().sentences == ("The assessment ends with a report.",)


def test_every_recommendation_can_be_said():
    for kind in get_args(Kind):
        for whom in get_args(Whom):
            assert Recommendation(kind=kind, whom=whom).sentence.startswith("For the ")


# Properties.


@given(
    homes=st.integers(1, 9),
    apart=st.sampled_from([None, "unwanted", "unsafe"]),
    other_siblings=st.booleans(),
)
def test_every_plan_keeps_the_leaflet(homes, apart, other_siblings):
    plan = plan_assessment(homes=homes, apart=apart, other_siblings=other_siblings)
    assert plan.professionals_meetings == 1
    assert plan.home_visits == homes
    assert plan.planned_sessions >= 2
    assert (plan.planned_sessions > 2) == (apart is not None)
    assert plan.sentences[-1].startswith("No child is made to speak")


# Errors.


@pytest.mark.parametrize(
    ("facts", "message"),
    [
        ({"homes": 0}, "`homes` must be a whole number of at least 1, got 0"),
        ({"homes": True}, "`homes` must be a whole number"),
        ({"planned_sessions": 1}, "`planned_sessions` must be .* of at least 2, got 1"),
        ({"planned_sessions": 2.5}, "`planned_sessions` must be a whole number"),
        ({"apart": "unsafe", "planned_sessions": 2}, "of at least 3, got 2"),
        ({"apart": "unsafe", "groups": 1}, "`groups` must be .* of at least 2, got 1"),
        ({"groups": 2}, "`groups` must be 1 where the family may come together"),
        ({"apart": "usafe"}, r"(?s)`apart` must be one of unwanted.*'unsafe'"),
    ],
)
def test_a_plan_that_cannot_be_is_refused(facts, message):
    with pytest.raises(ArgumentError, match=message):
        plan_assessment(**facts)


def test_an_unknown_recommendation_is_refused():
    with pytest.raises(ArgumentError, match="`kind` must be one of ongoing_interv"):
        Recommendation(kind="ongoing", whom="family")
    with pytest.raises(ArgumentError, match=r"(?s)`whom` must be one.*'child_harmed'"):
        Recommendation(kind="alternative_support", whom="child_harm")


def test_a_recommendation_stands_once():
    one = Recommendation(kind="alternative_support", whom="family")
    with pytest.raises(ArgumentError, match="`recommendations` must name each"):
        AssessmentReport(recommendations=(one, one))
