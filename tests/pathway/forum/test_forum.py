"""The diary of the forum, as members of it would keep it by hand."""

from dataclasses import replace
from datetime import date

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from steps_analysis.errors import ArgumentError, DataError, ProtocolError
from steps_analysis.pathway import forum_diary
from steps_analysis.pathway.forum.agenda import (
    AWAITED,
    FULL,
    HEARD,
    LATE,
    TAKEN,
    agenda,
)
from steps_analysis.pathway.forum.site_meetings import site_meetings
from steps_analysis.protocol import Forum, load_protocol
from steps_analysis.simulation import draw_trial
from steps_analysis.trial_data import ROLE_TABLES, TrialData, read_trial, write_trial

ON = date(2014, 3, 10)
MARCH, APRIL, MAY = (pd.Timestamp(2014, m, 14) for m in (3, 4, 5))
STARTED = pd.Timestamp(2013, 12, 1)
STEPS_B = load_protocol()


def frame(rows, columns):
    """Read rows, with days such as "03-14" in every column of dates."""
    table = pd.DataFrame(rows, columns=columns.split())
    for name in table:
        if name.endswith("_date"):
            table[name] = pd.to_datetime(table[name].map(lambda d: d and f"2014-{d}"))
    return table


def with_capacity(capacity):
    return replace(STEPS_B, forum=replace(STEPS_B.forum, capacity=capacity))


@pytest.fixture
def small():
    """
    Eight referrals to a forum that takes two cases; asked on 10 March, before it meets.

    R1 and R2 were heard. For March, whose papers were due on the 7th, are booked R4 and
    R5, referred first; R3, ready, but third; R6, whose papers came on the 10th. R7 is
    booked for April, without papers so far. R8 went straight to the trial.
    """
    referrals = [
        ("R1", "01-02"),
        ("R2", "01-20"),
        ("R3", "02-20"),
        ("R4", "02-10"),
        ("R5", "02-12"),
        ("R6", "02-11"),
        ("R7", "02-26"),
        ("R8", "02-01"),
    ]
    forum = [
        ("R1", "01-07", "01-14"),
        ("R2", "02-06", "02-14"),
        ("R3", "03-05", "03-14"),
        ("R4", "03-03", "03-14"),
        ("R5", "03-04", "03-14"),
        ("R6", "03-10", "03-14"),
        ("R7", None, "04-14"),
    ]
    actions = [
        ("R1", "01-14", "aim", "camhs", "02-14", "done", "03-14", None),
        ("R2", "02-14", "trial_referral", "chair", "03-01", "open", "02-28", None),
        ("R2", "02-14", "close", "chair", "03-10", "overdue", "03-01", "03-03"),
        ("R2", "02-14", "aim", "chair", None, "dropped", "02-28", None),
    ]
    columns = (
        "referral_id forum_date recommendation owner_role due_date status review_date "
        "reviewed_date"
    )
    sites = {
        "site": ["Borough A", "Southwark"],
        "forum_start_date": [None, "2013-12-1"],
    }
    screening = [("R1", "01-20", True), ("R8", "02-10", True)]
    return TrialData(
        protocol=with_capacity(2),
        extract_date=date(2014, 3, 31),
        provenance="real",
        sites=pd.DataFrame(sites).astype({"forum_start_date": "datetime64[ns]"}),
        referrals=frame(referrals, "referral_id referral_date").assign(
            site="Southwark", family_id="F", source="police"
        ),
        screening=frame(screening, "referral_id screened_date eligible"),
        forum=frame(forum, "referral_id papers_date forum_date"),
        forum_actions=frame(actions, columns),
    )


# By hand.


def test_the_agenda_of_the_next_meeting_by_hand(small):
    found = forum_diary(small, on=ON).agenda
    assert found[["referral_id", "outcome"]].to_numpy().tolist() == [
        ["R4", TAKEN],
        ["R5", TAKEN],
        ["R6", LATE],
        ["R3", FULL],
    ]
    assert found["moved_to"].isna().tolist() == [True, True, False, False]
    assert set(found["moved_to"].dropna()) == {APRIL}
    assert set(found["papers_due_date"]) == {pd.Timestamp(2014, 3, 7)}


def test_what_is_carried_over_comes_in_order_of_referral(small):
    found = forum_diary(small, on=ON, meeting=APRIL.date()).agenda
    assert found[["referral_id", "outcome"]].to_numpy().tolist() == [
        ["R6", TAKEN],
        ["R3", TAKEN],
        ["R7", FULL],
    ]
    assert found["moved_to"].dropna().tolist() == [MAY]


def test_without_a_limit_papers_alone_decide(small):
    found = forum_diary(replace(small, protocol=with_capacity(None)), on=ON).agenda
    assert found["referral_id"].tolist() == ["R4", "R5", "R3", "R6"]
    april = forum_diary(
        replace(small, protocol=with_capacity(None)), on=ON, meeting=APRIL.date()
    ).agenda
    assert april[["referral_id", "outcome"]].to_numpy().tolist() == [
        ["R6", TAKEN],
        ["R7", AWAITED],
    ]


def test_papers_that_have_not_come_by_the_day_they_are_due_are_late(small):
    """R7's papers are due on 7 April: on that day they may still come."""
    trial = replace(small, extract_date=date(2014, 4, 10), protocol=with_capacity(None))
    for day, outcome in ((7, AWAITED), (8, LATE)):
        diary = forum_diary(trial, on=date(2014, 4, day))
        assert diary.agenda[["referral_id", "outcome"]].to_numpy().tolist() == [
            ["R7", outcome]
        ]


def test_a_meeting_that_has_been_lists_what_it_heard(small):
    found = forum_diary(small, on=ON, meeting=date(2014, 2, 14)).agenda
    assert found[["referral_id", "outcome"]].to_numpy().tolist() == [["R2", HEARD]]
    assert found["moved_to"].isna().all()


def test_the_meetings_by_hand(small):
    meetings = forum_diary(small, on=ON).meetings
    assert meetings["meeting_date"].dt.strftime("%Y-%m-%d").tolist() == [
        "2013-12-16",
        "2014-01-14",
        "2014-02-14",
        "2014-03-14",
        "2014-04-14",
        "2014-05-14",
        "2014-06-16",
        "2014-07-14",
        "2014-08-14",
        "2014-09-15",
    ]
    assert meetings["cases"].tolist() == [0, 1, 1, 4, 1, 0, 0, 0, 0, 0]
    assert meetings["state"].tolist() == ["been"] * 3 + ["asked"] + ["to come"] * 6


def test_the_waits_by_hand(small):
    """Heard: 12 and 25 days. R3 to R7 wait, R4 for 28 days so far."""
    diary = forum_diary(small, on=ON)
    assert diary.wait_summary.to_dict("records") == [
        {
            "site": "Southwark",
            "heard": 2,
            "median_days": 18.5,
            "shortest_days": 12,
            "longest_days": 25,
            "waiting": 5,
            "longest_so_far_days": 28,
        }
    ]
    assert diary.wait_distribution["cases"].tolist() == [1, 1, 0, 0, 0]
    assert diary.wait_distribution["to_days"].tolist()[:4] == [14, 28, 42, 56]


def test_the_forum_is_no_gate(small):
    """R8 went to the trial alone, R2 to the forum alone, R1 to both."""
    small.referrals.loc[8] = [
        "R9",
        pd.Timestamp(2014, 2, 2),
        "Southwark",
        "F9",
        "police",
    ]
    ways = forum_diary(small, on=ON).ways
    assert ways[["forum", "trial", "referrals"]].to_numpy().tolist() == [
        ["booked", False, 5],
        ["heard", False, 1],
        ["heard", True, 1],
        ["not booked", False, 1],
        ["not booked", True, 1],
    ]


def test_recommendations_and_reviews_by_hand(small):
    """Asked on the 10th: due then is not yet overdue, whatever is written."""
    found = forum_diary(small, on=ON).recommendations
    by = found.set_index(["referral_id", "recommendation"])
    assert by["status"].to_dict() == {
        ("R1", "aim"): "done",
        ("R2", "aim"): "dropped",
        ("R2", "close"): "open",
        ("R2", "trial_referral"): "overdue",
    }
    assert by["review"].to_dict() == {
        ("R1", "aim"): "due",
        ("R2", "aim"): "not needed",
        ("R2", "close"): "reviewed",
        ("R2", "trial_referral"): "overdue",
    }
    assert by.loc[("R2", "trial_referral"), "days_overdue"] == 9
    assert (found["status"] != found["status_recorded"]).sum() == 2


# Edges.


def test_what_came_later_is_not_known_yet(small):
    diary = forum_diary(small, on=date(2014, 2, 11))
    assert diary.agenda["referral_id"].tolist() == ["R2"]
    assert diary.recommendations["referral_id"].tolist() == ["R1"]
    assert set(diary.waits["referral_id"]) == {"R1", "R2", "R4", "R6"}


def test_papers_are_not_judged_where_they_are_not_recorded(small):
    trial = replace(small, forum=small.forum.drop(columns="papers_date"))
    diary = forum_diary(trial, on=ON)
    assert diary.agenda["outcome"].tolist() == [TAKEN, TAKEN, FULL, FULL]
    assert diary.absent == {
        "papers": "forum.csv has no papers_date: all count as in time"
    }


def test_absent_tables_are_said_and_the_rest_is_kept(small):
    bare = replace(small, forum=None, forum_actions=None, screening=None)
    diary = forum_diary(bare, on=ON)
    assert list(diary.absent) == ["cases", "recommendations", "ways to the trial"]
    assert diary.agenda.empty
    assert diary.recommendations.empty
    assert diary.wait_summary["heard"].tolist() == [0]
    assert diary.wait_distribution["cases"].sum() == 0
    assert diary.ways["trial"].isna().all()
    assert diary.meetings["meeting_date"].iloc[3] == MARCH


def test_empty_tables_give_an_empty_diary(small):
    bare = replace(
        small,
        referrals=small.referrals.iloc[:0],
        forum=small.forum.iloc[:0],
        forum_actions=small.forum_actions.iloc[:0],
        screening=small.screening.iloc[:0],
    )
    diary = forum_diary(bare, on=ON)
    assert diary.absent == {}
    frames = (diary.agenda, diary.recommendations, diary.waits, diary.ways)
    assert all(found.empty for found in frames)


def test_required_columns_are_enough(small):
    trial = replace(
        small,
        sites=small.sites[["site"]],
        forum=small.forum[["referral_id", "forum_date"]],
        forum_actions=small.forum_actions[
            ["referral_id", "forum_date", "recommendation"]
        ],
    )
    diary = forum_diary(trial, on=ON)
    assert diary.sites == ("Southwark",)
    assert set(diary.recommendations["status"]) == {"open"}
    assert set(diary.recommendations["review"]) == {"no date set"}


def test_a_forum_that_has_yet_to_begin_meets_then(small):
    sites = small.sites.assign(forum_start_date=pd.Timestamp(2015, 1, 1))
    diary = forum_diary(
        replace(small, sites=sites, forum=None), site="Borough A", on=ON
    )
    assert diary.meetings["meeting_date"].iloc[0] == pd.Timestamp(2015, 1, 14)


def test_a_meeting_on_another_day_replaces_the_planned_one(small):
    moved = small.forum.replace({"forum_date": {MARCH: pd.Timestamp(2014, 3, 20)}})
    diary = forum_diary(replace(small, forum=moved), on=ON)
    days = diary.meetings["meeting_date"].dt.day.tolist()
    assert days == [16, 14, 14, 20, 14, 14, 16, 14, 14, 15]
    assert diary.agenda["referral_id"].tolist() == ["R4", "R6", "R5", "R3"]


@pytest.mark.parametrize("far", ["2099-01-14", "2262-04-01"])
def test_a_booking_in_a_far_year_is_listed_and_plans_no_meetings(small, far):
    slip = small.forum.assign(
        forum_date=small.forum["forum_date"].where(
            small.forum["referral_id"] != "R7", pd.Timestamp(far)
        )
    )
    meetings = forum_diary(replace(small, forum=slip), on=ON).meetings
    assert meetings["meeting_date"].iloc[-1] == pd.Timestamp(far)
    assert len(meetings) < 20


# Roles: no arm is read, and a commissioner's tables are enough.


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    place = tmp_path_factory.mktemp("forum") / "data"
    write_trial(draw_trial(STEPS_B, "null", n=40, seed=3), place)
    return place


@pytest.mark.parametrize("role", ROLE_TABLES)
def test_every_role_sees_the_same_diary(folder, role):
    one = forum_diary(read_trial(folder, role=role), on=date(2014, 9, 1))
    other = forum_diary(read_trial(folder), on=date(2014, 9, 1))
    for name in ("meetings", "agenda", "recommendations", "waits", "ways"):
        pd.testing.assert_frame_equal(getattr(one, name), getattr(other, name))
    assert len(one.waits)


def test_a_booked_case_is_read_back(folder, tmp_path):
    """A meeting after the extract date may stand in forum.csv: the case is booked."""
    trial = read_trial(folder)
    rows = trial.forum.tail(1).assign(forum_date=pd.Timestamp(2018, 12, 14))
    booked = replace(trial, forum=pd.concat([trial.forum, rows], ignore_index=True))
    write_trial(booked, tmp_path / "data")
    diary = forum_diary(read_trial(tmp_path / "data"))
    meetings = diary.meetings.set_index("meeting_date")
    assert meetings.loc[pd.Timestamp(2018, 12, 14), "cases"] == 1
    assert meetings["cases"].sum() == len(booked.forum)
    assert diary.wait_summary["waiting"].tolist() == [0]  # it was heard before


# Properties.

CASES = st.lists(
    st.tuples(st.integers(0, 60), st.none() | st.integers(1, 120), st.integers(0, 2)),
    min_size=1,
    max_size=8,
)


@settings(max_examples=25, deadline=None)
@given(CASES, st.none() | st.integers(1, 3))
def test_nobody_is_lost_heard_twice_or_pushed_past_an_earlier_referral(cases, capacity):
    """Asked meeting by meeting, against a queue kept by hand."""
    start = pd.Timestamp(2014, 1, 6)
    months = [pd.Timestamp(2014, m, 14) for m in (3, 4, 5)]
    table = pd.DataFrame(
        {
            "referral_id": [f"R{i}" for i in range(len(cases))],
            "referral_date": [start + pd.Timedelta(days=c[0]) for c in cases],
            "papers_date": pd.to_datetime(
                [c[1] and start + pd.Timedelta(days=c[1]) for c in cases]
            ),
            "forum_date": [months[c[2]] for c in cases],
        }
    )
    trial = TrialData(
        protocol=with_capacity(capacity),
        extract_date=date(2014, 3, 7),
        provenance="real",
        sites=pd.DataFrame({"site": ["Southwark"], "forum_start_date": [STARTED]}),
        referrals=table[["referral_id", "referral_date"]].assign(site="Southwark"),
        forum=table.drop(columns="referral_date"),
    )
    due = {3: "2014-03-07", 4: "2014-04-07", 5: "2014-05-07", 6: "2014-06-09"}
    on = pd.Timestamp(2014, 3, 7)
    queue = sorted(
        (row.referral_date, row.referral_id, row.papers_date, row.forum_date)
        for row in table.itertuples()
    )
    for month in (3, 4, 5, 6):
        ready = [
            case[1]
            for case in queue
            if case[3].month <= month
            and (case[2] if case[2] <= on else on) <= pd.Timestamp(due[month])
        ]
        taken = ready if capacity is None else ready[:capacity]
        meeting = date(2014, month, 16 if month == 6 else 14)
        met = site_meetings(trial, "Southwark", meeting, on)
        found = agenda(met, trial.protocol.forum, on)
        is_taken = found["outcome"].isin([TAKEN, AWAITED])
        assert found.loc[is_taken, "referral_id"].tolist() == taken
        assert len(found) == sum(case[3].month <= month for case in queue)
        assert found["moved_to"].notna().tolist() == (~is_taken).tolist()
        queue = [case for case in queue if case[1] not in taken]


# Errors.


def test_a_site_without_a_forum_is_refused(small):
    said = "one of Southwark, got 'Borough A'"
    with pytest.raises(ArgumentError, match=said) as caught:
        forum_diary(small, site="Borough A")
    assert "Hint" not in str(caught.value)  # Borough A is spelt rightly
    with pytest.raises(ArgumentError, match="did you mean 'Southwark'"):
        forum_diary(small, site="southwark ")


def test_a_trial_without_any_forum_is_refused(small):
    with pytest.raises(DataError, match=r"`sites\.forum_start_date` must be given"):
        forum_diary(replace(small, sites=small.sites[["site"]], forum=None))


@pytest.mark.parametrize(
    "day", [date(2014, 3, 13), date(2099, 1, 14), date(9999, 12, 31), date(1, 1, 1)]
)
def test_a_day_without_a_meeting_is_refused(small, day):
    with pytest.raises(
        ArgumentError, match=r"(?s)meets, from 2013-12-16 to 2014-08-14.*03-14"
    ):
        forum_diary(small, meeting=day, on=ON)


@pytest.mark.parametrize("day", [date(2014, 4, 1), date(9999, 1, 1), date(1, 1, 1)])
def test_a_day_after_the_records_end_is_refused(small, day):
    with pytest.raises(ArgumentError, match="`on` must lie between 1980-01-01 and the"):
        forum_diary(small, on=day)


def test_a_protocol_without_a_forum_is_refused(small):
    trial = replace(small, protocol=replace(STEPS_B, forum=None))
    with pytest.raises(ProtocolError, match="`forum` must say how a forum works"):
        forum_diary(trial)


@pytest.mark.parametrize("table", ["sites", "referrals"])
def test_an_absent_table_that_it_needs_is_refused(small, table):
    with pytest.raises(DataError, match=f"`{table}.csv` must be present"):
        forum_diary(replace(small, **{table: None}))


def test_the_defaults_of_a_forum_are_those_of_the_hand_book():
    assert (
        replace(STEPS_B.forum, chair="", members=(), presenters=(), bank_holidays=())
        == Forum()
    )
