"""The follow-up diary, day by day."""

from dataclasses import replace
from datetime import date

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from steps_analysis.errors import ArgumentError, DataError
from steps_analysis.evaluation import progression
from steps_analysis.pathway import retention, visit_schedule
from steps_analysis.pathway.visits import ALL_SITES, LEAVING, STATES
from steps_analysis.protocol import load_protocol
from steps_analysis.simulation import draw_trial
from steps_analysis.trial_data import ROLE_TABLES, TrialData, read_trial, write_trial

STEPS_B = load_protocol()
ZERO = pd.Timestamp(2014, 1, 1)
LONG_AFTER = date(2018, 1, 1)


def day(n):
    return None if n is None else ZERO + pd.Timedelta(days=n)


def trial_of(people):
    """A trial of people given as (site, day of the 8-month visit, event, its day)."""
    ids = [f"P{i}" for i in range(1, len(people) + 1)]
    events = [
        (i, event, day(when))
        for i, (_, _, event, when) in zip(ids, people, strict=True)
        if event is not None
    ]
    return TrialData(
        protocol=STEPS_B,
        extract_date=LONG_AFTER,
        provenance="real",
        participants=pd.DataFrame(
            {
                "participant_id": ids,
                "site": [person[0] for person in people],
                "randomisation_date": ZERO,
            }
        ),
        visits=pd.DataFrame(
            {
                "participant_id": ids,
                "visit_month": 8,
                "completed_date": pd.to_datetime([day(person[1]) for person in people]),
            }
        ),
        events=pd.DataFrame(events, columns=["participant_id", "event", "event_date"]),
    )


def state_of_month_8(completed, event, when, asked):
    trial = trial_of([("Southwark", completed, event, when)])
    visits = visit_schedule(trial, on=day(asked).date())
    return visits.set_index("visit_month").loc[8, "state"]


# By hand: the visit of month 8 is due on day 244, its window days 216 to 272.


@pytest.mark.parametrize(
    ("completed", "event", "when", "asked", "state"),
    [
        (230, None, None, 300, "completed"),
        (216, None, None, 300, "completed"),
        (272, None, None, 300, "completed"),
        (215, None, None, 300, "completed_out_of_window"),
        (273, None, None, 300, "completed_out_of_window"),
        (None, None, None, 215, "upcoming"),
        (None, None, None, 216, "due"),
        (None, None, None, 244, "due"),
        (None, None, None, 245, "overdue"),
        (None, None, None, 271, "overdue"),
        (None, None, None, 272, "missed"),
        (260, None, None, 250, "overdue"),  # on day 250 nobody knows of day 260
        (None, "moved", 272, 300, "not_expected"),
        (None, "moved", 273, 300, "missed"),
        (None, "moved", 260, 250, "overdue"),
        (None, "withdrew_contact", 3, 10, "not_expected"),
        (None, "withdrew_data", 3, 10, "not_expected"),
        (None, "died", 3, 10, "not_expected"),
        (None, "placement", 3, 300, "missed"),
        (230, "moved", 100, 300, "completed"),
    ],
)
def test_the_state_of_a_visit_by_hand(completed, event, when, asked, state):
    assert state_of_month_8(completed, event, when, asked) == state


def test_dates_and_windows_by_hand():
    """The window of the visit at randomisation opens then, not four weeks before."""
    visits = visit_schedule(trial_of([("Southwark", 230, None, None)]))
    assert visits["visit_month"].tolist() == [0, 8, 14, 20]
    days = [
        (visits[name] - ZERO).dt.days.tolist() for name in visits if "s_date" in name
    ]
    assert days == [[0, 216, 398, 581], [28, 272, 454, 637]]
    assert (visits["due_date"] - ZERO).dt.days.tolist() == [0, 244, 426, 609]


def test_the_first_reason_for_leaving_is_given():
    trial = trial_of([("Southwark", None, "moved", 50)])
    died = trial.events.assign(event="died", event_date=day(40))
    trial = replace(trial, events=pd.concat([trial.events, died]))
    visits = visit_schedule(trial)
    assert visits["state"].tolist() == ["missed"] + ["not_expected"] * 3
    assert visits["reason"].tolist()[1:] == ["died"] * 3
    assert visits["reason"].isna().tolist() == [True, False, False, False]


def test_retention_by_hand():
    """
    Southwark: one seen, one missed, one moved. Borough A: one seen out of the window.

    On day 271 the window of the visit at 8 months is open still, and nobody counts.
    """
    people = [
        ("Southwark", 240, None, None),
        ("Southwark", None, None, None),
        ("Southwark", None, "moved", 100),
        ("Borough A", 290, None, None),
    ]
    found = retention(trial_of(people), month=8)
    assert found.to_numpy().tolist() == [
        ["Borough A", 1, 1, 0, 1, 1],
        ["Southwark", 3, 3, 1, 2, 1],
        [ALL_SITES, 4, 4, 1, 3, 2],
    ]
    early = retention(trial_of(people), month=8, on=day(271).date())
    assert early[["reached", "left", "expected", "seen"]].to_numpy().sum() == 0


# Edges.


def test_without_participants_or_planned_visits_the_diary_is_empty():
    nobody = trial_of([])
    assert visit_schedule(nobody).empty
    assert retention(nobody).to_numpy().tolist() == [[ALL_SITES, 0, 0, 0, 0, 0]]
    none = replace(STEPS_B, visits=replace(STEPS_B.visits, months=()))
    trial = trial_of([("Southwark", 1, None, None)])
    assert visit_schedule(replace(trial, protocol=none)).empty


def test_a_family_randomised_later_has_no_visits_yet():
    trial = trial_of([("Southwark", None, None, None), ("Borough A", None, None, None)])
    trial.participants["randomisation_date"] = [day(0), day(50)]
    assert set(visit_schedule(trial, on=day(49).date())["site"]) == {"Southwark"}
    found = retention(trial, month=0, on=day(49).date())
    assert found["randomised"].tolist() == [1, 1]


def test_a_window_of_no_weeks_is_its_day():
    narrow = replace(STEPS_B, visits=replace(STEPS_B.visits, window_weeks=0))
    trial = replace(trial_of([("Southwark", None, None, None)]), protocol=narrow)
    states = [
        visit_schedule(trial, on=day(n).date())["state"].tolist()[1] for n in (243, 244)
    ]
    assert states == ["upcoming", "missed"]


def test_no_events_recorded_means_nobody_known_to_have_left():
    trial = trial_of([("Southwark", None, "moved", 1)])
    assert "not_expected" not in set(
        visit_schedule(replace(trial, events=None))["state"]
    )


# Roles.


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    place = tmp_path_factory.mktemp("visits") / "data"
    write_trial(draw_trial(STEPS_B, "null", n=40, seed=3), place)
    return place


@pytest.mark.parametrize(
    "role", [role for role in ROLE_TABLES if role != "commissioner"]
)
def test_every_role_that_may_open_visits_sees_the_same(folder, role):
    one, other = read_trial(folder, role=role), read_trial(folder)
    pd.testing.assert_frame_equal(visit_schedule(one), visit_schedule(other))
    pd.testing.assert_frame_equal(retention(one), retention(other))


def test_a_commissioner_may_not_open_them(folder):
    trial = read_trial(folder, role="commissioner")
    with pytest.raises(DataError, match="open to the role commissioner"):
        visit_schedule(trial)


def test_retention_agrees_with_the_progression_criterion(folder):
    trial = read_trial(folder)
    judged = {p.criterion.code: p for p in progression(trial)}["retained"]
    whole = retention(trial).set_index("site").loc[ALL_SITES]
    assert (whole["seen"], whole["reached"]) == (judged.numerator, judged.denominator)
    assert whole["seen"] > 0


# Properties, and a naive twin.

PEOPLE = st.lists(
    st.tuples(
        st.sampled_from(["Southwark", "Borough A", "Borough B"]),
        st.none() | st.integers(0, 320),
        st.none() | st.sampled_from([*LEAVING, "placement"]),
        st.integers(0, 320),
    ),
    max_size=8,
)


def naive_state(completed, event, when, asked):
    if completed is not None and completed <= asked:
        return "completed" if 216 <= completed <= 272 else "completed_out_of_window"
    if event in LEAVING and when <= asked and when <= 272:
        return "not_expected"
    if asked >= 272:
        return "missed"
    if asked > 244:
        return "overdue"
    return "due" if asked >= 216 else "upcoming"


@settings(max_examples=25, deadline=None)
@given(PEOPLE, st.integers(0, 320))
def test_every_visit_has_one_state_and_the_sums_agree(people, asked):
    trial, on = trial_of(people), day(asked).date()
    visits = visit_schedule(trial, on=on)
    assert len(visits) == 4 * len(people)
    assert visits["state"].isin(STATES).all()
    month_8 = visits[visits["visit_month"] == 8].set_index("participant_id")["state"]
    for i, (_, completed, event, when) in enumerate(people, start=1):
        assert month_8[f"P{i}"] == naive_state(completed, event, when, asked)
    found = retention(trial, month=8, on=on)
    assert (found["reached"] == found["left"] + found["expected"]).all()
    assert (found["seen"] <= found["expected"]).all()
    sites = found.set_index("site").drop(ALL_SITES)
    assert list(sites.index) == sorted({person[0] for person in people})
    assert (sites.sum() == found.set_index("site").loc[ALL_SITES]).all()


# Errors.


@pytest.mark.parametrize("table", ["participants", "visits"])
def test_an_absent_table_is_refused(table):
    trial = trial_of([("Southwark", 1, None, None)])
    with pytest.raises(DataError, match=f"`{table}.csv` must be present and open"):
        visit_schedule(replace(trial, **{table: None}))


def test_visits_without_dates_are_refused():
    trial = trial_of([("Southwark", 1, None, None)])
    bare = replace(trial, visits=trial.visits.drop(columns="completed_date"))
    with pytest.raises(DataError, match=r"`visits\.completed_date` must be recorded"):
        visit_schedule(bare)


def test_a_month_without_a_visit_is_refused():
    trial = trial_of([("Southwark", 1, None, None)])
    with pytest.raises(ArgumentError, match="`month` must be one of 0, 8, 14, 20"):
        retention(trial, month=9)
    none = replace(STEPS_B, visits=replace(STEPS_B.visits, months=()))
    with pytest.raises(ArgumentError, match="none, as none is planned"):
        retention(replace(trial, protocol=none))


def test_a_day_after_the_records_end_is_refused():
    trial = trial_of([("Southwark", 1, None, None)])
    with pytest.raises(ArgumentError, match="the extract date, 2018-01-01"):
        visit_schedule(trial, on=date(2018, 1, 2))
