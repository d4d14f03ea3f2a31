"""Time spent in a state: as an outcome, and as time out of risk."""

from dataclasses import replace
from importlib.resources import files

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from steps_analysis.errors import DataError, ProtocolError
from steps_analysis.outcomes import analysis_status, answer, spells
from steps_analysis.outcomes.events.periods import OUT_OF_RISK, periods
from steps_analysis.outcomes.events.spells import days_spent
from steps_analysis.protocol import Estimand, load_protocol


def stay(start, end, code="placement"):
    return (code, start, {"end": end})


def with_outcome(protocol, code, **changes):
    changed = replace(protocol.outcome(code), **changes)
    outcomes = [changed if o.code == code else o for o in protocol.outcomes]
    return replace(protocol, outcomes=tuple(outcomes))


# By hand.


def test_periods_by_hand(trial_of):
    """
    A: two that overlap and one that touches: (10, 40]; another (50, 60].
    B: began 30 days before randomisation, ended on day 5: (0, 5].
    C: over before randomisation: none. D: still there: (100, inf].
    """
    trial = trial_of(
        {
            "A": {"events": [stay(30, 40), stay(10, 20), stay(50, 60), stay(15, 30)]},
            "B": {"events": [stay(-30, 5)]},
            "C": {"events": [stay(-30, -2), stay(-1, 0)]},
            "D": {"events": [stay(100, None)]},
        }
    )
    found = periods(trial, ("placement",))
    assert list(found.itertuples(index=False, name=None)) == [
        ("A", 10.0, 40.0, True),
        ("A", 50.0, 60.0, True),
        ("B", 0.0, 5.0, True),
        ("D", 100.0, np.inf, False),
    ]


def test_days_in_placements_by_hand(trial_of, protocol):
    """
    P2 by 20 months (609 days): A 30 + 10; B 5; C none; D 509, still there; E seen for
    300 days only; F moved away on day 200.
    """
    trial = trial_of(
        {
            "A": {"events": [stay(10, 40), stay(50, 60)]},
            "B": {"events": [stay(-30, 5)]},
            "C": {},
            "D": {"events": [stay(100, None)]},
            "E": {"followed": 300, "events": [stay(10, 20)]},
            "F": {"events": [stay(10, 20), ("moved", 200)]},
        }
    )
    found = days_spent(trial, protocol.outcome("P2"), 20)
    assert found["value"].tolist()[:4] == [40, 5, 0, 509]
    assert found["value"].isna().tolist() == [False] * 4 + [True] * 2
    reasons = found["reason"].tolist()
    assert reasons[:4] == [""] * 4
    assert reasons[4:] == ["not yet observed for long enough", "moved away"]


def test_stays_are_spells_that_end_in_a_return(trial_of):
    trial = trial_of(
        {
            "A": {"events": [stay(10, 40), stay(50, 60)]},
            "B": {"followed": 300, "events": [stay(290, 400)]},
            "C": {"events": [stay(600, 700), stay(650, None)]},
        }
    )
    found = spells(trial, "P2")
    columns = ["participant_id", "entry", "time", "event", "cause", "ended_by"]
    assert list(found[columns].itertuples(index=False, name=None)) == [
        ("A", 10, 40, True, 1, ""),
        ("A", 50, 60, True, 1, ""),
        ("B", 290, 300, False, 0, "not yet observed for long enough"),
        ("C", 600, 609, False, 0, "reached the end of follow-up"),
    ]


def test_custody_out_of_risk_by_hand(trial_of, protocol):
    """
    R3 with custody as time out of risk, (100, 200] of each.

    A: nothing else: at risk (0, 100] and (200, 609].
    B: reported on day 150, in custody: does not count; on day 300: counts.
    C: reported on day 100, the day custody began: counts.
    D: died in custody on day 150: at risk (0, 100].
    E: never in custody. F: in custody at randomisation until day 50.
    """
    visits = [(0, 0, 0), (8, 244, 244), (14, 426, 426), (20, 609, 609)]
    away = stay(100, 200, "custody")
    people = {
        "A": [away],
        "B": [away, ("reported_harm", 150), ("reported_harm", 300)],
        "C": [away, ("reported_harm", 100)],
        "D": [away, ("died", 150)],
        "E": [],
        "F": [stay(-9, 50, "custody")],
    }
    changed = with_outcome(
        protocol, "R3", competing=("died",), out_of_risk=("custody",)
    )
    trial = trial_of(
        {name: {"events": e, "visits": visits} for name, e in people.items()},
        protocol=changed,
    )
    found = spells(trial, "R3")
    columns = ["participant_id", "entry", "time", "cause", "ended_by"]
    end = "reached the end of follow-up"
    assert list(found[columns].itertuples(index=False, name=None)) == [
        ("A", 0, 100, 0, OUT_OF_RISK),
        ("A", 200, 609, 0, end),
        ("B", 0, 100, 0, OUT_OF_RISK),
        ("B", 200, 300, 1, ""),
        ("C", 0, 100, 1, ""),
        ("D", 0, 100, 0, OUT_OF_RISK),
        ("E", 0, 609, 0, end),
        ("F", 50, 609, 0, end),
    ]


def test_a_mean_of_days_is_compared_between_arms(trial_of, protocol):
    """Days 10, 20 against 40, 60: difference 15 - 50 = -35."""
    asked = Estimand(
        code="E9",
        outcome="P2",
        population="at_home",
        summary="mean_difference",
        at_months=20,
    )
    trial = trial_of(
        {
            "A": {"arm": "MST-PSB", "events": [stay(10, 20)]},
            "B": {"arm": "MST-PSB", "events": [stay(10, 30)]},
            "C": {"arm": "MAU", "events": [stay(10, 50)]},
            "D": {"arm": "MAU", "events": [stay(10, 70)]},
            "E": {"arm": "MAU", "placed": True, "events": [stay(-10, 70)]},
        },
        protocol=replace(protocol, estimands=(*protocol.estimands, asked)),
    )
    found = answer(trial, "E9")
    assert found.effect.value == pytest.approx(-35)
    assert found.effect.method == "difference of means"
    assert analysis_status(trial, "E9")["status"].tolist()[-1] == "excluded"


# Properties, against a loop over days.


@settings(deadline=None, max_examples=50)
@given(
    stays=st.lists(
        st.tuples(st.integers(-50, 700), st.none() | st.integers(1, 300)), max_size=5
    ),
    reports=st.lists(st.integers(1, 700), max_size=4, unique=True),
)
def test_a_loop_over_days_agrees(trial_of, protocol, stays, reports):
    events = [
        stay(start, None if length is None else start + length, "custody")
        for start, length in stays
    ]
    away = {
        day
        for start, length in stays
        for day in range(1, 701)
        if start < day and (length is None or day <= start + length)
    }
    changed = with_outcome(
        protocol,
        "N1",
        competing=(),
        ends_with=(),
        out_of_risk=("custody",),
    )
    reported = [("reported_harm", day) for day in reports]
    trial = trial_of({"A": {"events": events + reported}}, protocol=changed)
    found = spells(trial, "N1")
    covered = [
        day
        for entry, time in zip(found["entry"], found["time"], strict=True)
        for day in range(int(entry) + 1, int(time) + 1)
    ]
    assert covered == [day for day in range(1, 610) if day not in away]
    seen = found.loc[found["event"], "time"].astype(int).tolist()
    assert seen == sorted(d for d in reports if d <= 609 and d not in away)
    days = days_spent(trial, protocol.outcome("C1d"), 20)["value"].tolist()
    assert days == [sum(day <= 609 for day in away)]


# What is refused.


def test_a_score_has_no_spells(trial_of):
    with pytest.raises(DataError, match="`outcome` must be made of events, got 'R4'"):
        spells(trial_of({"A": {}}), "R4")


def test_events_without_an_end_have_no_periods(trial_of):
    trial = trial_of({"A": {"events": [stay(1, 2)]}})
    trial = replace(trial, events=trial.events.drop(columns="end_date"))
    with pytest.raises(DataError, match=r"`events.end_date` must be present"):
        spells(trial, "P2")


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("reported_harm", "not repeat an event that counts"),
        ("custody", "not repeat a competing event"),
    ],
)
def test_a_protocol_that_contradicts_itself(tmp_path, code, message):
    text = (files("steps_analysis.protocol") / "steps_b.toml").read_text("utf-8")
    line = 'competing = ["custody", "died"]\n'
    path = tmp_path / "protocol.toml"
    path.write_text(text.replace(line, f'{line}out_of_risk = ["{code}"]\n'), "utf-8")
    with pytest.raises(ProtocolError, match=message):
        load_protocol(path)
