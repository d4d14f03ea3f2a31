"""One row a referral; the route of the randomised is never shown."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pytest

from steps_analysis.errors import DataError
from steps_analysis.pathway import routes
from steps_analysis.protocol import load_protocol
from steps_analysis.simulation import committed, draw_trial
from steps_analysis.trial_data import TrialData, read_trial, write_trial

NOW = pd.Timestamp(2014, 3, 1)
# Accepted by the trial at any of its sites, and by Stepping Stones.
CHILD = {
    "age_at_referral": 13,
    "age_at_last_harm": 13,
    "youngest_age_at_referral": 9,
    "relationship": "step_sibling",
    "grew_up_in_same_family": True,
    "safety_plan": True,
    "family_agrees": True,
}
# Referral, family, site, what differs; then eligible, asked, consent, decline, route.
ROWS = [
    ("R01", "F01", "Borough A", {}, None),
    ("R02", "F02", "Borough A", {"age_at_referral": None}, None),
    ("R03", "F03", "Southwark", {"age_at_referral": 18}, None),
    ("R04", "F04", "Borough A", {"age_at_referral": 18}, None),
    ("R05", "F05", "Southwark", {}, (False, None, None, None, "aim")),
    ("R06", "F06", "Southwark", {}, (True, NOW, False, "family", "consultation")),
    ("R07", "F07", "Borough A", {"safety_plan": False},
     (False, None, None, None, None)),
    ("R08", "F08", "Borough A", {}, (True, None, None, None, None)),
    ("R09", "F09", "Borough A", {}, (True, None, None, "agency", "stepping_stones")),
    ("R10", "F10", "Borough A", {}, (True, NOW, None, None, None)),
    ("R11", "F11", "Borough A", {}, (True, NOW, True, None, None)),
    ("R12", "F12", "Borough A", {}, (True, NOW, True, None, None)),
    ("R13", "F12", "Borough A", {}, (False, None, None, None, "stepping_stones")),
    ("R14", "F14", "Borough B", {}, None),
    ("R15", "F15", "Borough A", {"relationship": "known_child",
     "grew_up_in_same_family": False}, (False, None, None, None, "aim")),
]  # fmt: skip
EXPECTED = [
    ("R01", "trial", "screen", None),
    ("R02", "information_needed", None, None),
    ("R03", "aim", None, None),
    ("R04", "stepping_stones", None, None),
    ("R05", "aim_co_working", None, False),  # the forum named an agency
    ("R06", "aim", None, False),
    ("R07", "consultation", None, None),
    ("R08", "trial", "offer", None),
    ("R09", "stepping_stones", None, True),
    ("R10", "trial", "await_answer", None),
    ("R11", "trial", "randomise", None),
    ("R12", "randomised", None, None),
    ("R13", "randomised", None, None),  # the same family
    ("R14", "stepping_stones", None, None),  # recruiting closed at Borough B
    ("R15", "none", None, None),  # no rule for the record to disagree with
]


@pytest.fixture
def small():
    referrals = [
        {"referral_id": r, "family_id": f, "site": s} | CHILD | other
        for r, f, s, other, _ in ROWS
    ]
    names = ["eligible", "approached_date", "consent", "decline_reason", "route"]
    screening = pd.DataFrame(
        [(row[0], *row[4]) for row in ROWS if row[4]], columns=["referral_id", *names]
    )
    forum = {"referral_id": ["R05", "R06"], "co_worker_agency": ["camhs", None]}
    sites = {
        "site": ["Southwark", "Borough A", "Borough B"],
        "opened_date": [NOW, NOW, NOW],
        "closed_date": [pd.NaT, pd.Timestamp(2016, 1, 1), pd.Timestamp(2014, 5, 1)],
    }
    return TrialData(
        protocol=load_protocol(),
        extract_date=date(2014, 6, 30),
        provenance="synthetic",
        sites=pd.DataFrame(sites),
        referrals=pd.DataFrame(referrals),
        screening=screening.astype({"eligible": "boolean", "consent": "boolean"}),
        forum=pd.DataFrame(forum),
        participants=pd.DataFrame({"participant_id": ["P1"], "referral_id": ["R12"]}),
    )


# By hand.


def test_every_referral_by_hand(small):
    found = routes(small)
    columns = ["referral_id", "next_step", "trial_act", "agrees"]
    rows = [
        (referral, step, act, None if pd.isna(agrees) else agrees)
        for referral, step, act, agrees in found[columns].itertuples(index=False)
    ]
    assert rows == EXPECTED


def test_no_route_is_shown_for_a_randomised_family(small):
    """Not even one that stands in the screening log, where it should not."""
    leaking = small.screening.copy()
    leaking.loc[leaking["referral_id"] == "R12", "route"] = "aim"
    found = routes(replace(small, screening=leaking))
    pd.testing.assert_frame_equal(found, routes(small))
    own = found[found["next_step"] == "randomised"]
    assert own["referral_id"].tolist() == ["R12", "R13"]
    assert own["recorded_route"].isna().all()
    assert len(set(own["why"])) == 1


# Edges.


@pytest.mark.parametrize("table", ["screening", "forum", "sites"])
def test_an_absent_table_is_simply_not_known(small, table):
    found = routes(replace(small, **{table: None})).set_index("referral_id")
    assert found.loc["R12", "next_step"] == "randomised"
    assert (
        found.loc["R05", "next_step"]
        == {
            "screening": "trial",
            "forum": "aim",
            "sites": "aim_co_working",
        }[table]
    )
    assert found.loc["R14", "next_step"] == (
        "trial" if table == "sites" else "stepping_stones"
    )


def test_a_site_that_has_not_opened_does_not_recruit(small):
    later = replace(small, extract_date=date(2014, 2, 1))
    assert routes(later).loc[0, "next_step"] == "stepping_stones"


def test_a_family_known_by_its_own_number_is_in_the_trial(small):
    people = small.participants.assign(referral_id=None, family_id="F01")
    found = routes(replace(small, participants=people))
    assert found.loc[0, "next_step"] == "randomised"


def test_no_referral_gives_no_row(small):
    empty = routes(replace(small, referrals=small.referrals.iloc[:0]))
    assert len(empty) == 0
    assert list(empty) == list(routes(small))
    assert str(empty["agrees"].dtype) == "boolean"


# Masking.


@pytest.fixture(scope="module")
def drawn():
    return draw_trial(load_protocol(), "harm", n=24, seed=3)


def _bytes(trial):
    return routes(trial).to_csv(index=False).encode()


def test_permuted_arms_leave_every_byte_in_place(drawn):
    rng = np.random.default_rng(1)
    for _ in range(3):
        arms = drawn.allocation.assign(arm=rng.permutation(drawn.allocation["arm"]))
        assert _bytes(replace(drawn, allocation=arms)) == _bytes(drawn)


def test_no_concealed_table_is_read(drawn):
    blind = replace(drawn, allocation=None, treatment=None, costs=None)
    assert _bytes(blind) == _bytes(drawn)


def test_a_research_assistant_needs_no_concealed_file(drawn, tmp_path):
    """Read from a folder in which the concealed files cannot be read at all."""
    write_trial(drawn, tmp_path / "data")
    for name in ("allocation", "treatment", "costs"):
        (tmp_path / "data" / f"{name}.csv").write_bytes(b"\xff\xfe")
    assistant = read_trial(tmp_path / "data", role="research_assistant")
    assert _bytes(assistant) == _bytes(drawn)


def test_every_referral_of_a_synthetic_trial_has_a_step():
    trial = committed("achieved")
    found = routes(trial)
    assert found["referral_id"].tolist() == trial.referrals["referral_id"].tolist()
    assert found[["next_step", "why"]].notna().all(axis=None)
    is_in = trial.referrals["referral_id"].isin(trial.participants["referral_id"])
    assert found.loc[is_in.to_numpy(), "next_step"].eq("randomised").all()


# Errors.


@pytest.mark.parametrize("table", ["referrals", "participants"])
def test_a_needed_table_that_is_closed_is_said(small, table):
    with pytest.raises(DataError, match=rf"`{table}\.csv` must be present and open"):
        routes(replace(small, **{table: None}))


def test_participants_without_their_referrals_are_refused(small):
    people = small.participants.drop(columns="referral_id")
    with pytest.raises(DataError, match=r"`participants\.referral_id` must say which"):
        routes(replace(small, participants=people))


def test_a_referral_that_contradicts_itself_is_refused(small):
    wrong = small.referrals.assign(age_at_first_harm=99)
    with pytest.raises(
        DataError, match="`age_at_first_harm` must not exceed"
    ) as caught:
        routes(replace(small, referrals=wrong))
    assert "99" not in str(caught.value)
