"""Whether it happened by a time, or why that is unknown: boundaries, day by day."""

import math

import pytest

from steps_analysis.outcomes.events.spells import binary_outcome

# R2 within 12 months, 365 days, and sanctioned within 183 more: fully observed at 548.
F, W = 365, 183


def known(trial, code="R2", months=12):
    found = binary_outcome(trial, trial.protocol.outcome(code), months)
    values = [None if math.isnan(v) else int(v) for v in found["value"]]
    return dict(zip(found.index, values, strict=True)), found["reason"].to_dict()


# By hand.


def test_the_boundary_days_belong_inside(trial_of):
    """
    One step from each boundary: observed 548 days, committed on day 365, sanctioned on
    day 548.
    """

    def offence(day, sanction):
        return [("offence", day, {"sanction": sanction})]

    trial = trial_of(
        {
            "A": {"followed": F + W},
            "B": {"followed": F + W - 1},
            "C": {"followed": 900, "events": offence(F, F + 1)},
            "D": {"followed": 900, "events": offence(F + 1, F + 2)},
            "E": {"followed": 900, "events": offence(10, F + W)},
            "F": {"followed": 900, "events": offence(10, F + W + 1)},
            "G": {"followed": F + W - 1, "events": offence(10, 20)},
            "H": {"followed": 900, "events": offence(10, None)},
        }
    )
    values, why = known(trial)
    assert values == {
        "A": 0,
        "B": None,
        "C": 1,
        "D": 0,
        "E": 1,
        "F": 0,
        "G": None,
        "H": 0,
    }
    assert why["B"] == why["G"] == "not yet observed for long enough"
    assert {why[name] for name in "ACDEFH"} == {""}


def test_what_happened_before_leaving_is_known_and_after_it_is_not(trial_of):
    """P1 by 20 months, 609 days; a family that moved is seen no more."""
    trial = trial_of(
        {
            "A": {"events": [("placement", 100), ("moved", 200)]},
            "B": {"events": [("moved", 200)]},
            "C": {"events": [("moved", 200), ("placement", 300)]},
            "D": {"events": [("moved", 200), ("placement", 200)]},
            "E": {"events": [("moved", 609)]},
            "F": {"events": [("moved", 608)]},
            "G": {"events": [("died", 700)]},
            "H": {"followed": 609, "events": [("placement", 609)]},
        }
    )
    values, why = known(trial, "P1", 20)
    assert values == {
        "A": 1,
        "B": None,
        "C": None,
        "D": 1,
        "E": 0,
        "F": None,
        "G": 0,
        "H": 1,
    }
    assert {why[name] for name in "BCF"} == {"moved away"}


def test_a_proven_offence_may_be_sanctioned_after_its_family_left(trial_of):
    """Records are kept of a child who died: what it did before may still be proven."""
    events = [("offence", 50, {"sanction": 120}), ("died", 100)]
    trial = trial_of({"A": {"events": events}, "B": {"events": [("died", 100)]}})
    assert known(trial) == ({"A": 1, "B": None}, {"A": "", "B": "died"})


# Edges.


def test_time_is_asked_for_by_the_estimand_not_by_the_outcome(trial_of):
    trial = trial_of({"A": {"followed": 300, "events": [("placement", 250)]}})
    assert known(trial, "P1", 20)[0] == {"A": None}
    assert known(trial, "P1", 8)[0] == {"A": 0}


def test_whoever_withdrew_their_data_is_not_in_the_table(trial_of):
    trial = trial_of({"A": {"events": [("withdrew_data", 1)]}, "B": {}})
    assert known(trial, "P1", 20)[0] == {"B": 0}


@pytest.mark.parametrize("code", ["P1", "R5", "C1"])
def test_nothing_on_the_day_of_randomisation_counts(trial_of, code):
    event = {"P1": "placement", "R5": "re_referral", "C1": "custody"}[code]
    trial = trial_of({"A": {"events": [(event, 0)]}, "B": {"events": [(event, 1)]}})
    assert known(trial, code, 12)[0] == {"A": 0, "B": 1}
