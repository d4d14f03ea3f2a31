"""One child stands for each family: the first of it to be randomised."""

from dataclasses import replace
from datetime import date

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from steps_analysis.errors import DataError
from steps_analysis.protocol import load_protocol
from steps_analysis.trial_data import TrialData, index_child_of, index_children

PROTOCOL = load_protocol()


def trial_of(rows, columns=("participant_id", "family_id", "day"), **tables):
    """A trial of participants, randomised so many days after New Year 2015."""
    people = pd.DataFrame(rows, columns=list(columns))
    days = pd.to_timedelta(people.pop("day"), unit="D")
    people["randomisation_date"] = pd.Timestamp(2015, 1, 1) + days
    return TrialData(
        protocol=PROTOCOL,
        extract_date=date(2018, 1, 1),
        provenance="synthetic",
        participants=people,
        **tables,
    )


# By hand.


def test_the_first_randomised_stands_for_the_family():
    """
    F1: P2 was randomised before P1. F2: both on one day, so the first in the file.

    P5 has no family, and P6 neither, though a family is called as it is.
    """
    trial = trial_of(
        [
            ("P1", "F1", 9),
            ("P2", "F1", 3),
            ("P3", "F2", 5),
            ("P4", "F2", 5),
            ("P5", None, 1),
            ("P6", None, 2),
            ("P7", "P6", 8),
        ]
    )
    assert index_child_of(trial).to_dict() == {
        "P1": "P2",
        "P2": "P2",
        "P3": "P3",
        "P4": "P3",
        "P5": "P5",
        "P6": "P6",
        "P7": "P7",
    }
    kept = index_children(trial)
    assert kept["participant_id"].tolist() == ["P2", "P3", "P5", "P6", "P7"]
    assert kept.columns.tolist() == trial.participants.columns.tolist()


def test_a_family_is_known_by_its_referrals_too():
    """P1 names its family, P2 only its referral; of P3's referral nothing is known."""
    referrals = pd.DataFrame(
        {"referral_id": ["R1", "R2"], "family_id": ["F1", "F1"], "site": "Southwark"}
    )
    rows = [("P1", "F1", "R1", 0), ("P2", None, "R2", 4), ("P3", None, "R9", 5)]
    columns = ("participant_id", "family_id", "referral_id", "day")
    trial = trial_of(rows, columns, referrals=referrals)
    assert index_child_of(trial).tolist() == ["P1", "P1", "P3"]
    no_column = trial.participants.drop(columns="family_id")
    found = index_child_of(replace(trial, participants=no_column))
    assert found.tolist() == ["P1", "P1", "P3"]
    alone = index_child_of(replace(trial, referrals=None))
    assert alone.tolist() == ["P1", "P2", "P3"]


# Edges.


@pytest.mark.parametrize("n", [0, 1, 3])
def test_without_families_each_participant_is_its_own(n):
    ids = [f"P{i}" for i in range(n)]
    rows = [(name, 0) for name in ids]
    trial = trial_of(rows, ("participant_id", "day"))
    assert index_child_of(trial).tolist() == ids
    assert index_children(trial).equals(trial.participants)


def test_nothing_recorded_of_any_family():
    trial = trial_of([("P1", None, 1), ("P2", None, 2)])
    assert index_child_of(trial).tolist() == ["P1", "P2"]


# Properties, and a naive twin.

people = st.lists(
    st.tuples(st.sampled_from(["F1", "F2", "F3", None]), st.integers(0, 3))
)


@given(people)
@settings(max_examples=60, deadline=None)
def test_it_is_what_a_loop_finds(drawn):
    rows = [(f"P{i}", family, day) for i, (family, day) in enumerate(drawn)]
    found = index_child_of(trial_of(rows)).to_dict()
    for name, family, _ in rows:
        own = [row for row in rows if row[1] == family and family is not None]
        first = min(own, key=lambda row: row[2])[0] if own else name
        assert found[name] == first


# Errors.


def test_a_role_without_participants_is_refused():
    trial = replace(trial_of([("P1", "F1", 0)]), participants=None, role="commissioner")
    with pytest.raises(DataError, match=r"participants\.csv. must be present and open"):
        index_children(trial)
