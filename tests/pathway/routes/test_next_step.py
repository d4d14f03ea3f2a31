"""DOMAIN section 2b: every case has a next step, and every step its reason."""

from __future__ import annotations

from itertools import product
from typing import get_args

import pytest

from steps_analysis.errors import ArgumentError
from steps_analysis.pathway import Screening, Verdict, next_route
from steps_analysis.pathway.routes.next_step import Route, Stage

DECISIONS = ("accept", "refuse", "discuss_with_service", "information_needed")


def screening(decision, *, remediable=False):
    verdict = Verdict(
        code="x",
        name="a rule",
        fields=("site",),
        outcome=decision,
        remediable=remediable,
        sentence="It says so.",
    )
    return Screening(decision=decision, verdicts=(verdict,))


def step(trial="accept", stones="accept", **facts):
    return next_route(screening(trial), screening(stones), **facts)


# By hand: the table, line by line.


@pytest.mark.parametrize(
    ("stage", "route", "act"),
    [
        ("randomised", "randomised", None),
        ("consented", "trial", "randomise"),
        ("approached", "trial", "await_answer"),
        ("eligible", "trial", "offer"),
        ("not_screened", "trial", "screen"),
        ("not_eligible", "stepping_stones", None),
        ("not_offered", "stepping_stones", None),
        ("declined", "stepping_stones", None),
    ],
)
def test_a_case_goes_on_from_where_it_stands(stage, route, act):
    found = step(stage=stage)
    assert (found.route, found.trial_act) == (route, act)


@pytest.mark.parametrize(
    ("decision", "route"),
    [
        ("accept", "trial"),
        ("information_needed", "information_needed"),
        ("discuss_with_service", "consultation"),
        ("refuse", "aim"),
    ],
)
def test_an_unscreened_case_goes_by_the_rules_of_the_trial(decision, route):
    assert step(decision, forum_pathway=True).route == route


@pytest.mark.parametrize("stage", ["not_eligible", "not_offered", "declined"])
@pytest.mark.parametrize("decision", DECISIONS)
def test_the_forum_pathway_leads_to_aim(stage, decision):
    """Ineligible, not offered or declined: AIM, whatever Stepping Stones says."""
    facts = {"stage": stage, "forum_pathway": True}
    assert step("accept", decision, **facts).route == "aim"
    together = step("accept", decision, **facts, co_working=True)
    assert together.route == "aim_co_working"
    assert "whether or not the case is open to them" in together.why


@pytest.mark.parametrize(
    ("decision", "route"),
    [
        ("accept", "stepping_stones"),
        ("discuss_with_service", "consultation"),
        ("information_needed", "information_needed"),
        ("refuse", "none"),
    ],
)
def test_elsewhere_it_goes_by_the_rules_of_stepping_stones(decision, route):
    assert step("refuse", decision).route == route
    assert step("refuse", decision, co_working=True).route == route


def test_what_can_be_mended_leads_to_a_conversation():
    mendable = screening("refuse", remediable=True)
    found = next_route(screening("refuse"), mendable)
    assert found.route == "consultation"
    assert "may change" in found.why
    assert next_route(mendable, screening("accept")).why.startswith(
        "The rules of the trial do not accept the case, though they may later."
    )


def test_a_trial_that_does_not_recruit_takes_nobody():
    for stage in ("not_screened", "eligible", "approached", "consented"):
        found = step(stage=stage, recruiting=False)
        assert found.route == "stepping_stones"
        assert found.why.startswith("The trial is not recruiting here.")
    declined = step(stage="declined", recruiting=False)
    assert declined.why.startswith("The family did not join the trial.")


# Properties, over everything that can be.


def _all():
    flags = (True, False)
    for trial, stones, stage in product(DECISIONS, DECISIONS, get_args(Stage)):
        for forum, together, recruiting in product(flags, repeat=3):
            facts = {
                "stage": stage,
                "forum_pathway": forum,
                "co_working": together,
                "recruiting": recruiting,
            }
            yield trial, stones, facts


def test_every_case_has_a_step_and_a_reason():
    seen = set()
    for trial, stones, facts in _all():
        found = step(trial, stones, **facts)
        seen.add(found.route)
        assert found.why.endswith(".")
        assert (found.trial_act is not None) == (found.route == "trial")
    assert seen == set(get_args(Route))


def test_only_who_is_randomised_is_said_to_be():
    for trial, stones, facts in _all():
        found = step(trial, stones, **facts)
        is_in = facts["stage"] == "randomised"
        assert (found.route == "randomised") == is_in
        assert not is_in or found == step(stage="randomised")


def test_aim_is_of_the_forum_pathway_and_stepping_stones_of_elsewhere():
    for trial, stones, facts in _all():
        route = step(trial, stones, **facts).route
        assert facts["forum_pathway"] or not route.startswith("aim")
        assert not (facts["forum_pathway"] and route in ("stepping_stones", "none"))


def test_the_words_are_those_of_the_hand_book():
    said = " ".join(step(t, s, **facts).why for t, s, facts in _all()).casefold()
    for word in ("offender", "perpetrator", "abuser", "victim", "southwark", "mst"):
        assert word not in said


# Errors.


def test_an_unknown_stage_is_refused():
    with pytest.raises(ArgumentError, match=r"(?s)`stage` must.*did you mean 'declin"):
        step(stage="decline")
