"""Time at risk, and what ended it: by hand, at its edges, and what it refuses."""

from dataclasses import replace

import numpy as np
import pytest

from steps_analysis.errors import DataError
from steps_analysis.outcomes import spells, unanswerable
from steps_analysis.protocol import days_in

MADE = [(0, 0, 0), (8, 244, 244), (14, 426, 426), (20, 609, 609)]


def rows(trial, code):
    """(participant, entry, time, cause) of every spell, and why the censored ended."""
    found = spells(trial, code)
    columns = ["participant_id", "entry", "time", "cause"]
    return list(found[columns].itertuples(index=False, name=None)), dict(
        zip(found["participant_id"], found["ended_by"], strict=True)
    )


def test_months_are_the_days_the_tables_below_count_in():
    assert [days_in(months) for months in (6, 8, 14, 20)] == [183, 244, 426, 609]


# By hand.


def test_a_proven_offence_by_hand(trial_of):
    """
    R1: observed to the sooner of day 609 and the extract date less 183 days.

    name  extract  offence  sanctioned         counts?
    A     1000     100      283 (183 later)    yes, at 100
    B     1000     100      284 (184 later)    no: sanctioned too late
    C      600     417      600                yes: on the last day, 600 - 183
    D      600     418      500                no: committed after it
    E     1000     0        50                 no: on the day of randomisation
    F     1000     50       -                  no: never sanctioned
                   200      300                yes, at 200
    G     1000     50       60, not sexual     no; died on day 300
    H     1000     100      150                not used: withdrew its data
    """

    def offence(day, sanction, *, sexual=True):
        return ("offence", day, {"sanction": sanction, "sexual": sexual})

    trial = trial_of(
        {
            "A": {"followed": 1000, "events": [offence(100, 283)]},
            "B": {"followed": 1000, "events": [offence(100, 284)]},
            "C": {"followed": 600, "events": [offence(417, 600)]},
            "D": {"followed": 600, "events": [offence(418, 500)]},
            "E": {"followed": 1000, "events": [offence(0, 50)]},
            "F": {"followed": 1000, "events": [offence(50, None), offence(200, 300)]},
            "G": {
                "followed": 1000,
                "events": [offence(50, 60, sexual=False), ("died", 300)],
            },
            "H": {
                "followed": 1000,
                "events": [offence(100, 150), ("withdrew_data", 900)],
            },
        }
    )
    found, why = rows(trial, "R1")
    assert found == [
        ("A", 0, 100, 1),
        ("B", 0, 609, 0),
        ("C", 0, 417, 1),
        ("D", 0, 417, 0),
        ("E", 0, 609, 0),
        ("F", 0, 200, 1),
        ("G", 0, 300, 0),
    ]
    assert why == {
        "A": "",
        "B": "reached the end of follow-up",
        "C": "",
        "D": "not yet observed for long enough",
        "E": "reached the end of follow-up",
        "F": "",
        "G": "died",
    }


def test_a_recurrence_known_by_contact_by_hand(trial_of):
    """
    R3: observed while the family is seen, custody competing.

    name  visits made on day                  happened          ends
    A     0, 250, 430, 600                    -                 609: 600 is in time
    B     0, 250                              -                 250
    C     0, 230 (due 244)                    report 240        240: accounted for
    D     0, 200 (due 244, 44 days before)    report 220        200: out of the window
    E     all                                 custody 100,      custody at 100
                                              report 150
    F     all                                 both on 150       report at 150
    G     all                                 left contact 90,  90
                                              report 120
    H     none                                report 30         0
    """
    trial = trial_of(
        {
            "A": {"visits": [(0, 0, 0), (8, 244, 250), (14, 426, 430), (20, 609, 600)]},
            "B": {"visits": [(0, 0, 0), (8, 244, 250), (14, 426, None)]},
            "C": {
                "visits": [(0, 0, 0), (8, 244, 230)],
                "events": [("reported_harm", 240)],
            },
            "D": {
                "visits": [(0, 0, 0), (8, 244, 200)],
                "events": [("reported_harm", 220)],
            },
            "E": {
                "visits": MADE,
                "events": [("custody", 100), ("reported_harm", 150)],
            },
            "F": {
                "visits": MADE,
                "events": [("custody", 150), ("reported_harm", 150)],
            },
            "G": {
                "visits": MADE,
                "events": [("withdrew_contact", 90), ("reported_harm", 120)],
            },
            "H": {"visits": [(0, 0, None)], "events": [("reported_harm", 30)]},
        }
    )
    found, why = rows(trial, "R3")
    assert found == [
        ("A", 0, 609, 0),
        ("B", 0, 250, 0),
        ("C", 0, 240, 1),
        ("D", 0, 200, 0),
        ("E", 0, 100, 2),
        ("F", 0, 150, 1),
        ("G", 0, 90, 0),
        ("H", 0, 0, 0),
    ]
    unseen = "not seen after the last visit made"
    assert why == {
        "A": "reached the end of follow-up",
        "B": unseen,
        "C": "",
        "D": unseen,
        "E": "",
        "F": "",
        "G": "withdrew from contact",
        "H": unseen,
    }


def test_a_placement_by_hand(trial_of):
    """P1: a new spell after the day of randomisation, by day 609, in the records."""
    trial = trial_of(
        {
            "A": {"events": [("placement", 0)]},
            "B": {"events": [("placement", -30), ("placement", 40)]},
            "C": {"events": [("placement", 609)]},
            "D": {"events": [("placement", 610)]},
            "E": {"events": [("moved", 300), ("placement", 301)]},
            "F": {"events": [("moved", 300), ("placement", 300)]},
            "G": {"followed": 500},
            "H": {"events": [("withdrew_contact", 10)]},
        }
    )
    found, why = rows(trial, "P1")
    assert found == [
        ("A", 0, 609, 0),
        ("B", 0, 40, 1),
        ("C", 0, 609, 1),
        ("D", 0, 609, 0),
        ("E", 0, 300, 0),
        ("F", 0, 300, 1),
        ("G", 0, 500, 0),
        ("H", 0, 609, 0),
    ]
    assert why["E"] == "moved away"
    assert why["G"] == "not yet observed for long enough"
    assert why["H"] == "reached the end of follow-up"


def test_repeated_outcomes_are_cut_at_each_event_by_hand(trial_of):
    """N1: two reports on one day are one; the last day may have one."""
    reports = [("reported_harm", day) for day in (10, 50, 10)]
    trial = trial_of(
        {
            "A": {"events": reports},
            "B": {"events": [("reported_harm", 609)]},
            "C": {"events": [*reports, ("died", 400)]},
            "D": {"events": [("died", 50), *reports]},
            "E": {"followed": 0},
            "F": {},
        }
    )
    found, _ = rows(trial, "N1")
    assert found == [
        ("A", 0, 10, 1),
        ("A", 10, 50, 1),
        ("A", 50, 609, 0),
        ("B", 0, 609, 1),
        ("C", 0, 10, 1),
        ("C", 10, 50, 1),
        ("C", 50, 400, 2),
        ("D", 0, 10, 1),
        ("D", 10, 50, 1),
        ("F", 0, 609, 0),
    ]


# Edges.


@pytest.mark.parametrize(("code", "last"), [("P1", 609), ("R2", 365), ("N1", 609)])
def test_leaving_on_the_day_of_randomisation_leaves_nothing_to_observe(
    trial_of, code, last
):
    trial = trial_of(
        {
            "A": {"events": [("withdrew_contact", 0), ("moved", 0), ("died", 0)]},
            "B": {"events": [("withdrew_contact", -9), ("moved", -9), ("died", -9)]},
        }
    )
    ends = spells(trial, code).groupby("participant_id")["time"].max()
    assert ends.get("A", 0) == 0
    assert ends["B"] == last


def test_the_first_of_several_reasons_for_leaving_ends_observation(trial_of):
    events = [("withdrew_contact", 200), ("moved", 150), ("withdrew_contact", 90)]
    trial = trial_of({"A": {"events": events, "visits": MADE}})
    assert rows(trial, "R3") == ([("A", 0, 90, 0)], {"A": "withdrew from contact"})


@pytest.mark.parametrize(
    ("followed", "end"), [(183, 0), (184, 1), (100, 0), (792, 609)]
)
def test_observation_of_a_proven_outcome_ends_a_waiting_time_before_the_extract_date(
    trial_of, followed, end
):
    trial = trial_of({"A": {"followed": followed}})
    assert spells(trial, "R1")["time"].tolist() == [end]


def test_everybody_withdrawn_leaves_an_empty_table(trial_of):
    trial = trial_of({"A": {"events": [("withdrew_data", 5)]}})
    for code in ("P1", "R1", "R3", "N1"):
        assert spells(trial, code).empty


# Properties.


def test_the_order_of_rows_does_not_matter(trial_of):
    rng = np.random.default_rng(3)
    events = [("offence", int(d), {"sanction": int(d) + 20}) for d in range(5, 600, 60)]
    events += [("reported_harm", 70), ("custody", 300), ("moved", 500)]
    people = {name: {"events": events, "visits": MADE} for name in "ABCD"}
    trial = trial_of(people)
    shuffled = replace(
        trial,
        events=trial.events.sample(frac=1, random_state=rng),
        visits=trial.visits.sample(frac=1, random_state=rng),
    )
    for code in ("P1", "R1", "R2", "R3", "N1"):
        assert spells(shuffled, code).equals(spells(trial, code))


def test_a_longer_waiting_time_never_lengthens_observation(trial_of):
    people = {f"P{day}": {"followed": day} for day in range(0, 1200, 50)}
    trial = trial_of(people)
    outcome = trial.protocol.outcome("R1")
    previous = None
    for months in (0, 3, 6, 12):
        changed = replace(outcome, waiting_months=months)
        protocol = replace(trial.protocol, outcomes=(changed,), estimands=())
        time = spells(replace(trial, protocol=protocol), "R1")["time"]
        assert previous is None or (time <= previous).all()
        previous = time
    assert previous.max() == 609


# Errors.


def test_an_outcome_known_by_contact_needs_visits(trial_of):
    trial = replace(trial_of({"A": {}}), visits=None)
    with pytest.raises(DataError, match=r"visits\.csv. must be present"):
        spells(trial, "R3")
    assert unanswerable(trial, "E2") == "visits.csv is absent, or closed to this role"
    assert spells(trial, "P1")["time"].tolist() == [609]
    assert unanswerable(trial, "E1") is None


@pytest.mark.parametrize("column", ["sanction_date", "is_sexual"])
def test_an_outcome_needs_the_columns_it_rests_on(trial_of, column):
    trial = trial_of({"A": {"events": [("offence", 5, {"sexual": True})]}})
    trial = replace(trial, events=trial.events.drop(columns=column))
    with pytest.raises(DataError, match=rf"events\.{column}. must be present"):
        spells(trial, "R1")
    said = f"events.{column} is absent, or closed to this role"
    assert unanswerable(trial, "E8") == said


def test_events_are_needed(trial_of):
    trial = replace(trial_of({"A": {}}), events=None)
    with pytest.raises(DataError, match=r"events\.csv. must be present"):
        spells(trial, "P1")


def test_an_unknown_outcome_is_a_key_error(trial_of):
    with pytest.raises(KeyError, match="P9"):
        spells(trial_of({"A": {}}), "P9")
