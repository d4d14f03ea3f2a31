"""How a forum works, as the protocol has it; it may be left out."""

from datetime import date, timedelta
from pathlib import Path

import pytest
from dateutil.easter import easter

from steps_analysis.errors import ProtocolError
from steps_analysis.protocol import Forum, load_protocol, mark_of, parse_protocol

SMALL = (Path(__file__).parent / "small.toml").read_text(encoding="utf-8")


def test_steps_b_holds_what_the_hand_book_says_of_the_forum():
    protocol = load_protocol()
    forum = protocol.forum
    assert (forum.meeting_day, forum.papers_working_days) == (14, 5)
    assert forum.capacity is None
    assert forum.chair == "child-protection expert from quality assurance"
    assert len(forum.members) == 5
    assert len(forum.presenters) == 2
    assert mark_of("forum.papers_working_days", protocol.marks) == "A"
    assert mark_of("forum.members", protocol.marks) == "S"


def bank_holidays(year):
    """
    Work out the bank holidays of England and Wales from their rules.

    New Year, Good Friday, Easter Monday, the first and the last Monday of May, the last
    of August, Christmas and Boxing Day; what falls on a weekend, or on a day already
    taken, moves to the next free working day.
    """
    mondays = [
        day
        for n in range(366)
        if (day := date(year, 1, 1) + timedelta(n)).year == year and day.weekday() == 0
    ]
    may = [day for day in mondays if day.month == 5]
    august = [day for day in mondays if day.month == 8]
    good_friday = easter(year) - timedelta(2)
    days = {good_friday, easter(year) + timedelta(1), may[0], may[-1], august[-1]}
    fixed = [date(year, 1, 1), date(year, 12, 25), date(year, 12, 26)]
    days |= {day for day in fixed if day.weekday() < 5}
    for day in fixed:
        moved = day
        while day.weekday() > 4 and (moved.weekday() > 4 or moved in days):
            moved += timedelta(1)
        days.add(moved)
    return sorted(days)


def test_the_bank_holidays_are_those_the_rules_give():
    listed = load_protocol().forum.bank_holidays
    assert list(listed) == [
        d for year in range(2013, 2019) for d in bank_holidays(year)
    ]
    assert date(2015, 12, 28) in listed  # Boxing Day 2015 was a Saturday


def test_a_protocol_without_a_forum_still_loads():
    assert parse_protocol(SMALL).forum is None


def test_an_empty_forum_has_the_defaults():
    assert parse_protocol(f"{SMALL}\n[forum]\n").forum == Forum()


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("meeting_day = 0", r"`forum\.meeting_day` must be a day that every month has"),
        ("meeting_day = 29", r"`forum\.meeting_day` must be a day that every month"),
        (
            "papers_working_days = -1",
            "working_days` must be at least 0, got -1",
        ),
        ("capacity = 0", r"`forum\.capacity` must be at least 1, or left out"),
        (
            "bank_holidays = [2014-12-25, 2014-12-25]",
            "`forum.bank_holidays` must increase from date to date",
        ),
        (
            "bank_holidays = [2014-12-26, 2014-12-25]",
            "must increase .*, got '2014-12-25 after 2014-12-26'",
        ),
        ('bank_holidays = ["2014-12-25"]', "must be a date such as"),
        ("capasity = 3", "did you mean 'capacity'"),
    ],
)
def test_an_impossible_forum_is_refused(line, said):
    with pytest.raises(ProtocolError, match=said):
        parse_protocol(f"{SMALL}\n[forum]\n{line}\n")
