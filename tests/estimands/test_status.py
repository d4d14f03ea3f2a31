"""Who is analysed, who is left out and whose outcome is unknown, with the reasons."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from steps_analysis.errors import DataError
from steps_analysis.outcomes import analysis_status
from steps_analysis.protocol import load_protocol
from steps_analysis.simulation import draw_trial

ESTIMANDS = ("E1", "E2", "E3", "E4", "E5", "E6", "E7", "E8")
SEEN = [(0, 0, 0, 15.0), (20, 609, 600, 12.0)]


def said(trial, estimand):
    found = analysis_status(trial, estimand)
    return dict(
        zip(
            found["participant_id"],
            zip(found["status"], found["reason"], strict=True),
            strict=True,
        )
    )


@pytest.fixture(scope="module")
def eight(trial_of):
    """One participant for each way of being in or out."""
    return trial_of(
        {
            "A": {"visits": SEEN},
            "B": {"visits": SEEN, "placed": True},
            "C": {"visits": SEEN, "events": [("withdrew_data", 30)]},
            "D": {"visits": SEEN, "followed": 400},
            "E": {"visits": SEEN[:1], "events": [("moved", 200)]},
            "F": {"visits": [(0, 0, None), (20, 609, None, 9.0)]},
            "G": {"visits": SEEN, "placed": True, "events": [("withdrew_data", 30)]},
            "H": {"visits": SEEN, "placed": pd.NA},
        }
    )


# By hand.


def test_each_population_by_hand(eight):
    analysed = ("analysed", "")
    placed = (
        "excluded",
        "placed away from home at randomisation, described apart",
    )
    withdrew = ("excluded", "withdrew their data")
    unknown = (
        "excluded",
        "not recorded whether placed away from home at randomisation",
    )
    short = "not yet observed for long enough"
    at_home = {
        "A": analysed,
        "B": placed,
        "C": withdrew,
        "D": ("missing", short),
        "E": ("missing", "moved away"),
        "F": analysed,
        "G": withdrew,
        "H": unknown,
    }
    assert said(eight, "E1") == at_home
    assert said(eight, "E5") == at_home
    everybody = dict.fromkeys("ABCDEFGH", analysed)
    assert said(eight, "E2") == {
        **everybody,
        "C": withdrew,
        "E": ("missing", "no follow-up"),
        "F": ("missing", "no follow-up"),
        "G": withdrew,
    }
    assert said(eight, "E3") == {
        **everybody,
        "C": withdrew,
        "D": ("excluded", short),
        "G": withdrew,
    }
    assert said(eight, "E4") == {
        **everybody,
        "C": withdrew,
        "E": ("missing", "no score at the visit"),
        "F": ("missing", "no score at the visit"),
        "G": withdrew,
    }


def test_values_are_those_of_the_analysed_alone(eight):
    scores = analysis_status(eight, "E4").set_index("participant_id")["value"]
    assert scores.dropna().to_dict() == dict.fromkeys("ABDH", 12.0)
    placements = analysis_status(eight, "E1").set_index("participant_id")["value"]
    assert placements.dropna().to_dict() == {"A": 0.0, "F": 0.0}
    assert analysis_status(eight, "E2")["value"].isna().all()


def test_without_the_column_nobody_is_known_to_live_at_home(eight):
    people = eight.participants.drop(columns="placed_at_randomisation")
    found = analysis_status(replace(eight, participants=people), "E1")
    assert set(found["status"]) == {"excluded"}
    assert found["value"].isna().all()


# Properties.


@pytest.fixture(scope="module")
def trials(protocol):
    steps_b = load_protocol()
    drawn = [draw_trial(steps_b, n=30, trial=i, seed=5) for i in range(4)]
    return [replace(trial, protocol=protocol) for trial in drawn]


@pytest.mark.parametrize("estimand", ESTIMANDS)
def test_statuses_partition_the_randomised(trials, estimand):
    for trial in trials:
        found = analysis_status(trial, estimand)
        ids = trial.participants["participant_id"]
        assert found["participant_id"].tolist() == ids.tolist()
        assert set(found["status"]) <= {"analysed", "excluded", "missing"}
        is_used = found["status"] == "analysed"
        assert (found["reason"] == "").tolist() == is_used.tolist()
        assert not found.loc[~is_used, "value"].notna().any()


@pytest.mark.parametrize("estimand", ESTIMANDS)
def test_arms_and_treatment_are_not_looked_at(trials, estimand):
    rng = np.random.default_rng(1)
    for trial in trials:
        shuffled = trial.allocation.assign(arm=rng.permutation(trial.allocation["arm"]))
        found = analysis_status(trial, estimand)
        assert analysis_status(replace(trial, allocation=shuffled), estimand).equals(
            found
        )
        closed = replace(trial, allocation=None, treatment=None, costs=None)
        assert analysis_status(closed, estimand).equals(found)


# Errors.


def test_a_score_needs_visits(eight):
    with pytest.raises(DataError, match=r"visits\.csv. must be present"):
        analysis_status(replace(eight, visits=None), "E4")


@pytest.mark.parametrize("column", ["sdq_total", "completed_date"])
def test_a_score_needs_its_columns(eight, column):
    trial = replace(eight, visits=eight.visits.drop(columns=column))
    with pytest.raises(DataError, match=rf"visits\.{column}. must be present"):
        analysis_status(trial, "E4")


def test_an_unknown_estimand_is_a_key_error(eight):
    with pytest.raises(KeyError, match="E99"):
        analysis_status(eight, "E99")
