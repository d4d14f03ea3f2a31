"""When a forum meets, and when papers are due, against a count day by day."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steps_analysis.pathway.forum.meetings import meeting_dates, papers_due_dates
from steps_analysis.protocol import Forum, load_protocol
from steps_analysis.simulation import draw_trial

STEPS_B = load_protocol().forum


def met(month, forum=STEPS_B):
    return meeting_dates([month], forum).tolist()[0]


def due(day, forum=STEPS_B):
    return papers_due_dates([day], forum).tolist()[0]


# By hand.


@pytest.mark.parametrize(
    ("month", "meets"),
    [
        ("2014-01", date(2014, 1, 14)),  # a Tuesday
        ("2014-06", date(2014, 6, 16)),  # the 14th was a Saturday
        ("2014-09", date(2014, 9, 15)),  # the 14th was a Sunday
        ("2017-04", date(2017, 4, 18)),  # Good Friday, then Easter Monday
    ],
)
def test_the_day_of_a_meeting_by_hand(month, meets):
    assert met(month) == meets


@pytest.mark.parametrize(
    ("meets", "papers"),
    [
        (date(2014, 1, 14), date(2014, 1, 7)),  # Mon, Fri, Thu, Wed, Tue
        (date(2014, 3, 14), date(2014, 3, 7)),
        (date(2017, 4, 18), date(2017, 4, 7)),  # 13, 12, 11, 10, 7: Easter left out
        (date(2014, 4, 19), date(2014, 4, 11)),  # a Saturday: 17, 16, 15, 14, 11
    ],
)
def test_the_day_papers_are_due_by_hand(meets, papers):
    assert due(meets) == papers


# Edges.


def test_without_days_of_notice_papers_are_due_at_the_meeting():
    none = Forum(papers_working_days=0)
    assert due(date(2014, 3, 14), none) == date(2014, 3, 14)
    assert due(date(2014, 3, 15), none) == date(2014, 3, 15)  # though a Saturday


def test_a_meeting_may_move_into_the_next_month():
    assert met("2015-02", Forum(meeting_day=28)) == date(2015, 3, 2)


def test_the_synthetic_world_keeps_the_same_calendar():
    """Its meetings are those of the protocol, and papers came in time."""
    trial = draw_trial(load_protocol(), "null", n=40, seed=2)
    met = trial.forum["forum_date"].to_numpy()
    assert len(met)
    assert (meeting_dates(met, STEPS_B) == met).all()
    assert (trial.forum["papers_date"] <= papers_due_dates(met, STEPS_B)).all()


# Naive twin: day by day.

DAYS = st.dates(date(2013, 1, 1), date(2018, 12, 31))
FORUMS = st.builds(
    Forum,
    meeting_day=st.integers(1, 28),
    papers_working_days=st.integers(0, 12),
    bank_holidays=st.lists(DAYS, max_size=12, unique=True).map(sorted).map(tuple),
)


def works(day, forum):
    return day.weekday() < 5 and day not in forum.bank_holidays


@given(DAYS, FORUMS)
def test_a_meeting_is_on_the_first_working_day_from_its_day_on(day, forum):
    expected = day.replace(day=forum.meeting_day)
    while not works(expected, forum):
        expected += timedelta(1)
    assert met(day, forum) == expected


@given(DAYS, FORUMS)
def test_papers_are_due_so_many_working_days_before(day, forum):
    expected, left = day, forum.papers_working_days
    while left:
        expected -= timedelta(1)
        left -= works(expected, forum)
    assert due(day, forum) == expected
