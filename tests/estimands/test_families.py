"""Two children of one family: one is analysed, and every estimand agrees on which."""

from dataclasses import replace

import pandas as pd
import pytest

from steps_analysis.outcomes import analysis_status, answer
from steps_analysis.protocol import load_protocol
from steps_analysis.simulation import draw_trial

SECOND = "a second child of a family already in the trial"
SEEN = [(0, 0, 0, 15.0), (20, 609, 600, 12.0)]
ESTIMANDS = ("E1", "E2", "E3", "E4", "E5", "E6", "E7", "E8")


@pytest.fixture
def siblings(trial_of):
    """
    A and B are children of one family, B randomised first.

    B withdrew its data: its family is left out, and A is not analysed in its place.
    """
    trial = trial_of(
        {
            "A": {"visits": SEEN, "followed": 1400, "placed": True, "arm": "MST-PSB"},
            "B": {"visits": SEEN, "events": [("withdrew_data", 30)], "arm": "MST-PSB"},
            "C": {"visits": SEEN, "arm": "MST-PSB"},
            "D": {"visits": SEEN},
        }
    )
    people = trial.participants.assign(family_id=["F1", "F1", "F2", "F3"])
    return replace(trial, participants=people)


# By hand.


@pytest.mark.parametrize("estimand", ESTIMANDS)
def test_the_second_child_is_described_and_never_analysed(siblings, estimand):
    found = analysis_status(siblings, estimand).set_index("participant_id")
    assert found["status"].tolist() == ["excluded", "excluded", "analysed", "analysed"]
    assert found["reason"].tolist() == [SECOND, "withdrew their data", "", ""]


@pytest.mark.parametrize("estimand", ["E1", "E2", "E3", "E4", "E5", "E6", "E7"])
def test_families_are_counted_not_children(siblings, estimand):
    arms = answer(siblings, estimand).arms
    assert [(arm.randomised, arm.analysed) for arm in arms] == [(2, 1), (1, 1)]


def test_an_empty_arm_is_explained_by_its_families(siblings):
    """Of the family of A and B nobody is analysed, because B withdrew its data."""
    kept = siblings.participants["participant_id"] != "C"
    trial = replace(siblings, participants=siblings.participants[kept])
    effect = answer(trial, "E7").effect
    assert effect.not_estimable == (
        "nobody in MST-PSB could be analysed (withdrew their data)"
    )


# Properties.


@pytest.mark.parametrize("estimand", ["E1", "E2", "E3", "E4", "E5"])
def test_a_second_child_changes_no_answer(estimand):
    """A sibling of each family is added; every estimate stays as it was."""
    alone = draw_trial(load_protocol(), n=40, seed=4)
    doubled = with_siblings(alone)
    before, after = answer(alone, estimand), answer(doubled, estimand)
    assert len(after.status) == 2 * len(before.status)
    assert after.effect == before.effect
    assert after.relative == before.relative
    assert after.arms == before.arms
    assert after.tests == before.tests


def with_siblings(trial):
    """Add to each participant a second child of the family, randomised a day later."""
    tables = {}
    for name in ("participants", "allocation", "treatment", "visits", "events"):
        table = getattr(trial, name)
        second = table.assign(participant_id=table["participant_id"] + "b")
        if name == "participants":
            later = second["randomisation_date"] + pd.Timedelta(days=1)
            second = second.assign(referral_id=None, randomisation_date=later)
        tables[name] = pd.concat([table, second], ignore_index=True)
    return replace(trial, **tables)
