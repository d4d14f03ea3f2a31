"""What of the events the records show."""

import numpy as np

from steps_analysis.simulation.event_rows import (
    event_rows,
    known,
    outside_spells,
    stacked,
)
from steps_analysis.simulation.follow_up import ContactDraw

NEVER = np.full(4, np.inf)


def _contact(**days: list[float]) -> ContactDraw:
    kinds = ("withdrew_contact", "withdrew_data", "moved", "died")
    return ContactDraw(**{k: np.array(days.get(k, NEVER)) for k in kinds})


def test_what_is_recorded_after_the_extract_is_not_known() -> None:
    # Four children followed for 100 days. An offence on day 50: recorded on day 60 and
    # sanctioned on day 90; recorded on 60, sanctioned on 130; recorded on 120.
    rows = event_rows(
        "offence",
        np.array([0, 1, 2]),
        np.array([50.0, 50.0, 50.0]),
        recorded=np.array([60.0, 60.0, 120.0]),
        sanctioned=np.array([90.0, 130.0, 140.0]),
        is_sexual=True,
    )
    seen = known(rows, _contact(), np.full(4, 100.0))
    assert seen.participant.tolist() == [0, 1]
    assert seen.sanctioned[0] == 90
    assert np.isnan(seen.sanctioned[1])


def test_nothing_is_known_after_data_are_withdrawn_or_death() -> None:
    days = np.array([10.0, 30.0, 10.0, 30.0])
    rows = event_rows("offence", np.arange(4), days, end=days + 15)
    gone = _contact(withdrew_data=[20, 20, *NEVER[:2]], died=[*NEVER[:2], 20, 20])
    seen = known(rows, gone, np.full(4, 100.0))
    assert seen.participant.tolist() == [0, 2]
    assert np.isnan(seen.end).all()


def test_after_a_move_only_national_records() -> None:
    who, day = np.zeros(3, np.int64), np.array([30.0, 30.0, 10.0])
    parts = [
        event_rows(code, who[:1], day[i : i + 1])
        for i, code in enumerate(("offence", "placement", "re_referral"))
    ]
    seen = known(stacked(parts), _contact(moved=[20] * 4), np.full(4, 100.0))
    assert seen.event.tolist() == ["re_referral", "offence"]


def test_without_contact_no_report_by_the_family() -> None:
    told = np.array(["carer", "self", "professional", "carer"], dtype=object)
    day = np.array([30.0, 30.0, 30.0, 10.0])
    rows = event_rows("reported_harm", np.arange(4), day, informant=told)
    seen = known(rows, _contact(withdrew_contact=[20] * 4), np.full(4, 100.0))
    assert seen.participant.tolist() == [2, 3]


def test_no_placement_in_custody() -> None:
    custody = event_rows(
        "custody", np.array([1]), np.array([20.0]), end=np.array([40.0])
    )
    rows = event_rows(
        "placement", np.array([0, 1, 1, 1]), np.array([30.0, 19.0, 30.0, 41.0])
    )
    left = outside_spells(stacked([rows, custody]), custody, ("placement",))
    assert left.day.tolist() == [30.0, 19.0, 20.0, 41.0]
    assert left.event.tolist() == ["placement", "placement", "custody", "placement"]


def test_no_custody_leaves_all() -> None:
    none = event_rows("custody", np.arange(0), np.zeros(0), end=np.zeros(0))
    rows = event_rows("placement", np.arange(2), np.array([1.0, 2.0]))
    assert len(outside_spells(rows, none, ("placement",)).day) == 2


def test_rows_come_by_participant_then_day() -> None:
    late = event_rows("moved", np.array([1, 0]), np.array([9.0, 9.0]))
    early = event_rows("placement", np.array([1]), np.array([3.0]))
    rows = stacked([late, early])
    assert rows.participant.tolist() == [0, 1, 1]
    assert rows.day.tolist() == [9.0, 3.0, 9.0]
