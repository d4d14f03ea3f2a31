"""The forum's pack: for its members, in coded fields, without an arm."""

from dataclasses import replace
from datetime import date

import pandas as pd
import pytest

from steps_analysis.errors import ArgumentError, DisclosureError
from steps_analysis.evaluation.forum_pack import NEVER_LEAVES, forum_pack
from steps_analysis.pathway import forum_diary
from steps_analysis.protocol import load_protocol
from steps_analysis.reporting import Paragraph, Table, check_release, report_files
from steps_analysis.trial_data import STAMP, read_trial

ON, MARCH = date(2014, 3, 3), date(2014, 3, 14)
MARK = "Internal: for the members of the forum"


@pytest.fixture(scope="module")
def booked(folder):
    """The synthetic trial as a commissioner reads it, with one case more in March."""
    trial = read_trial(folder, role="commissioner")
    others = trial.forum[trial.forum["forum_date"] < pd.Timestamp(ON)]
    is_new = trial.referrals["referral_date"].between("2014-01-15", "2014-03-01")
    is_new &= ~trial.referrals["referral_id"].isin(others["referral_id"])
    new = trial.referrals[is_new & trial.referrals["site"].eq("Southwark")].head(1)
    case = pd.DataFrame(
        {
            "referral_id": new["referral_id"],
            "papers_date": pd.Timestamp(2014, 3, 3),
            "forum_date": pd.Timestamp(MARCH),
            "concern": "high",
            "question": "co_working",
            "co_worker_agency": "camhs",
            "open_to_agency": pd.array([False], dtype="boolean"),
        }
    )
    return replace(trial, forum=pd.concat([others, case], ignore_index=True))


def packed(trial, **asked):
    asked = {"site": "Southwark", "on": ON, **asked}
    return forum_pack(trial, forum_diary(trial, **asked))


def tables(document):
    return {
        block.name: block
        for section in document.sections
        for block in section.blocks
        if isinstance(block, Table)
    }


def page_of(document):
    return report_files(document)["index.html"].decode()


def test_the_brief_form_is_coded_fields_only(booked):
    form = tables(packed(booked))["cases"]
    assert [column.key for column in form.columns] == [
        "referral_id",
        "age_at_referral",
        "concern",
        "question",
        "co_worker_agency",
        "open_to_agency",
    ]
    assert form.rows[0][2:] == (
        "high",
        "co working",
        "child and adolescent mental health",
        False,
    )


def test_the_agenda_says_how_the_case_came_to_it(booked):
    agenda = tables(packed(booked))["agenda"]
    referral, referred, wait, first, papers, state = agenda.rows[0]
    assert (first, papers, state) == (True, "2014-03-03", "on the agenda")
    assert wait == (MARCH - date.fromisoformat(referred)).days
    assert referral == booked.forum["referral_id"].iloc[-1]


def test_a_full_meeting_shows_who_waits(booked):
    forum = replace(booked.protocol.forum, capacity=1)
    second = booked.forum.tail(1).assign(
        referral_id=booked.referrals.loc[
            booked.referrals["site"].eq("Southwark")
            & booked.referrals["referral_date"].lt("2014-02-01"),
            "referral_id",
        ].iloc[0]
    )
    trial = replace(
        booked,
        protocol=replace(booked.protocol, forum=forum),
        forum=pd.concat([booked.forum, second], ignore_index=True),
    )
    document = packed(trial)
    assert [row[0] for row in tables(document)["agenda"].rows] == [
        second["referral_id"].iloc[0]
    ]
    moved = tables(document)["moved"].rows
    assert [row[-2:] for row in moved] == [("meeting full", "2014-04-14")]
    assert "One meeting takes 1 case at most." in page_of(document)


def test_the_page_and_every_table_say_that_it_is_internal(booked):
    document = packed(booked)
    page = page_of(document)
    assert document.edition == "internal"
    assert NEVER_LEAVES in page
    assert page.count(f"{MARK}. {STAMP}") > len(tables(document))
    for path, content in report_files(document).items():
        if path.endswith(".csv"):
            lines = content.decode().splitlines()
            assert all(f"{MARK}. {STAMP}" in line for line in lines[1:])


def test_real_data_carry_the_mark_and_no_synthetic_stamp(booked):
    page = page_of(packed(replace(booked, provenance="real")))
    assert MARK in page
    assert "Synthetic" not in page


def test_it_cannot_pass_for_a_public_report(booked):
    with pytest.raises(DisclosureError, match="carry a safe disclosure audit"):
        check_release(replace(packed(booked), edition="public"))


@pytest.mark.parametrize("role", ["statistician", "research_assistant"])
def test_no_arm_is_read_whatever_the_role(folder, role):
    one = packed(read_trial(folder, role=role))
    other = packed(read_trial(folder, role="commissioner"))
    assert report_files(one) == report_files(other)
    assert "MAU" not in page_of(one)


def test_absent_tables_and_an_empty_meeting_are_said(booked):
    bare = replace(booked, forum=None, forum_actions=None, screening=None)
    document = packed(bare)
    page = page_of(document)
    assert "Not shown, cases: forum.csv is absent." in page
    assert "Not shown, recommendations: forum_actions.csv is absent." in page
    texts = [
        block.text
        for section in document.sections
        for block in section.blocks
        if isinstance(block, Paragraph)
    ]
    assert texts.count("No case is on the agenda.") == 2
    assert "No review is due." in texts
    assert "No recommendation is outstanding." in texts


def test_years_without_listed_holidays_are_said(booked):
    forum = replace(booked.protocol.forum, bank_holidays=())
    bare = replace(booked, protocol=replace(booked.protocol, forum=forum))
    said = "The protocol lists no bank holidays for 2014"
    assert said in page_of(packed(bare))
    assert said not in page_of(packed(booked))


def test_papers_due_in_a_year_without_listed_holidays_are_said(booked):
    """The papers for 2 January 2015 would be due on Christmas Day."""
    listed = tuple(d for d in booked.protocol.forum.bank_holidays if d.year != 2014)
    forum = replace(booked.protocol.forum, bank_holidays=listed, meeting_day=2)
    bare = replace(booked, protocol=replace(booked.protocol, forum=forum))
    page = page_of(packed(bare, on=date(2014, 12, 20)))
    assert "Papers due: 25 December 2014." in page
    assert "The protocol lists no bank holidays for 2014: check" in page


def test_of_a_past_meeting_the_very_next_ones_are_named(booked):
    page = page_of(packed(booked, meeting=MARCH, on=date(2014, 6, 2)))
    after = "14 April 2014, 14 May 2014 and 16 June 2014"
    assert f"Meetings after that: {after}." in page


def test_recommendations_follow_their_dates(folder):
    """Where the record says otherwise, a note says so."""
    trial = read_trial(folder, role="commissioner")
    actions = trial.forum_actions.assign(status="open")
    document = packed(replace(trial, forum_actions=actions), on=date(2016, 1, 1))
    table = tables(document)["recommendations"]
    assert {row[5] for row in table.rows} == {"overdue"}
    assert {row[6] for row in table.rows} == {"open"}
    assert len(table.notes) == 1
    assert all(row[7] > 0 for row in table.rows)


# Errors.


def test_a_diary_of_several_sites_is_refused(booked):
    diary = forum_diary(booked, on=ON)
    with pytest.raises(ArgumentError, match="`diary` must be of one site"):
        forum_pack(booked, replace(diary, sites=("Borough A", "Southwark")))


def test_synthetic_data_may_not_name_a_real_place(booked):
    sites = replace(booked.protocol.sites, names=("Southwark", "Camden"))
    named = replace(booked, protocol=replace(load_protocol(), sites=sites))
    with pytest.raises(DisclosureError, match=r"`sites\.names` must name no real"):
        packed(named)
