"""Sensitivity analyses: each by hand on a trial small enough to count."""

import math
from dataclasses import replace
from importlib.resources import files

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from steps_analysis.errors import ProtocolError
from steps_analysis.outcomes import (
    answer,
    leave_one_site_out,
    risk_difference,
    sensitivity_analyses,
)
from steps_analysis.outcomes.estimands import planned
from steps_analysis.outcomes.estimands.sensitivity import analyses
from steps_analysis.protocol import load_protocol
from steps_analysis.protocol.questions import SENSITIVITIES

VISITS = [(0, 0, 0), (8, 244, 244), (14, 426, 426), (20, 609, 609)]


def only(trial, estimand, name):
    (found,) = [s for s in sensitivity_analyses(trial, estimand) if s.name == name]
    return found


def effects(found):
    return [variation.effect for variation in found.variations]


def unadjusted(protocol, code):
    """Without adjustment, so that the effect is a plain difference of shares."""
    return replace(
        protocol,
        estimands=tuple(
            replace(asked, adjust_for=()) if asked.code == code else asked
            for asked in protocol.estimands
        ),
    )


def people(events, *, arm, **more):
    return [{"arm": arm, "events": own, **more} for own in events]


def named(rows):
    return {f"P{i:02}": row for i, row in enumerate(rows)}


# By hand.


def test_missing_outcomes_at_their_extremes(trial_of, protocol):
    """
    Placed / known: treatment 1 of 3, control 2 of 3; one more in each moved away.
    """
    away, moved = [("placement", 50)], [("moved", 60)]
    trial = trial_of(
        named(
            people([away, [], [], moved], arm="MST-PSB")
            + people([away, away, [], moved], arm="MAU")
        ),
        protocol=unadjusted(protocol, "E1"),
    )
    found = only(trial, "E1", "missing_extremes")
    counts = [(1, 3, 2, 3), (1, 4, 2, 4), (2, 4, 3, 4), (1, 4, 3, 4), (2, 4, 2, 4)]
    assert [v.effect for v in found.variations[1:]] == [
        risk_difference(*four) for four in counts[1:]
    ]
    assert effects(found)[0].value == pytest.approx(1 / 3 - 2 / 3)
    assert "1 with MST-PSB and 1 with" in found.note


def test_non_starters_are_left_out_of_their_arm_alone(trial_of, protocol):
    """Treatment: 1 placed of 3, of whom 2 started, 1 of them placed; control 0 of 2."""
    away = [("placement", 50)]
    trial = trial_of(
        named(
            people([away], arm="MST-PSB", received="mst_psb")
            + people([[]], arm="MST-PSB", received="mst_psb")
            + people([[]], arm="MST-PSB", received="none")
            + people([[], []], arm="MAU", received="aim")
        ),
        protocol=unadjusted(protocol, "E1"),
    )
    first, second = effects(only(trial, "E1", "started"))
    assert (first.value, first.n) == (pytest.approx(1 / 3), 5)
    assert (second.value, second.n) == (pytest.approx(1 / 2), 4)
    closed = replace(trial, treatment=None)
    names = [s.name for s in sensitivity_analyses(closed, "E1")]
    assert names == ["missing_extremes", "imputed", "priors"]


def test_waiting_longer_counts_more_and_leaves_out_more(trial_of):
    """
    E3: an offence sanctioned by day 365 + W counts; known if followed 365 + W days.

    A: offence on 100, sanctioned on 500 (365 + 135): within 6 and 12 months, not 3.
    B: followed 600 days: known with 3 and 6 months (457, 548), not with 12 (731).
    """

    def offence(day, sanction):
        return ("offence", day, {"sanction": sanction, "sexual": False})

    trial = trial_of(
        {
            "A": {"arm": "MST-PSB", "followed": 1500, "events": [offence(100, 500)]},
            "B": {"arm": "MST-PSB", "followed": 600},
            "C": {"arm": "MAU", "followed": 1500},
            "D": {"arm": "MAU", "followed": 1500},
        }
    )
    found = effects(only(trial, "E3", "waiting_times"))
    assert [(e.value, e.n) for e in found] == [(0, 4), (0.5, 4), (1, 3)]


def test_the_weighted_risk_is_that_of_the_product_limit(trial_of):
    """
    Treatment: an offence on day 100; one followed (183 of waiting off) to day 50, one
    to the end: 1 - 1/2. Control: an offence on day 200 of three followed to the end.
    """

    def offence(day):
        return ("offence", day, {"sanction": day + 9, "sexual": False})

    trial = trial_of(
        {
            "A": {"arm": "MST-PSB", "events": [offence(100)]},
            "B": {"arm": "MST-PSB", "followed": 50 + 183},
            "C": {"arm": "MST-PSB"},
            "D": {"arm": "MAU", "events": [offence(200)]},
            "E": {"arm": "MAU"},
            "F": {"arm": "MAU"},
        }
    )
    planned, weighted = effects(only(trial, "E3", "censoring_weighted"))
    assert (planned.value, planned.n) == (pytest.approx(1 / 2 - 1 / 3), 5)
    assert (weighted.value, weighted.n) == (pytest.approx(1 / 2 - 1 / 3), 6)


def reported(shares):
    """Families of each arm, `shares` = (with a report, without) of each."""
    rows = []
    for arm, (with_one, without) in zip(("MST-PSB", "MAU"), shares, strict=True):
        reports = [[("reported_harm", 30 + i)] for i in range(with_one)]
        rows += people(reports + [[]] * without, arm=arm, visits=VISITS)
    return named(rows)


def test_detection_by_hand(trial_of):
    """Shares 4/8 and 2/8: at ratio 2 they are equal, with standard error halved."""
    trial = trial_of(reported(((4, 4), (2, 6))))
    found = only(trial, "E2", "detection")
    by_label = {v.label: v.effect for v in found.variations}
    equal = by_label["Harm equally likely to be reported in both arms"]
    assert equal == answer(trial, "E2").effect
    twice = by_label["Reported 2 times as often with the treatment under test"]
    assert twice.value == pytest.approx(0)
    errors = math.sqrt(1 / 4 / 8) / 2, math.sqrt(3 / 16 / 8)
    assert twice.standard_error == pytest.approx(math.hypot(*errors))
    assert "vanish if harm came to light 2.00 times" in found.note


def test_ways_that_would_tip_the_test_are_counted(trial_of, protocol):
    """
    Treatment 0 of 4, control 4 of 5 and one unknown: Fisher's p 6/126 = .048 with those
    known; with the unknown placed 5 of 6 against 0 of 4: 6/210 = .048... unplaced
    4 of 6: 15/210 = .071, which tips it.
    """
    away, moved = [("placement", 50)], [("moved", 60)]
    trial = trial_of(
        named(
            people([[]] * 4, arm="MST-PSB")
            + people([away] * 4 + [[], moved], arm="MAU")
        ),
        protocol=unadjusted(protocol, "E1"),
    )
    found = only(trial, "E1", "missing_extremes")
    assert "Of the 2 ways the unknown may have gone, 1 would move" in found.note


def test_imputation_of_nothing_changes_nothing(trial_of, protocol):
    away = [("placement", 50)]
    trial = trial_of(
        named(
            people([away, away, [], []], arm="MST-PSB")
            + people([away, [], [], []], arm="MAU")
        ),
        protocol=unadjusted(protocol, "E1"),
    )
    planned, pooled = effects(only(trial, "E1", "imputed"))
    assert planned.value == pytest.approx(1 / 4)
    assert pooled.value == pytest.approx(1 / 4)
    assert pooled.n == 8


def test_imputed_outcomes_are_those_of_the_arm(trial_of, protocol):
    """All known of either arm agree: placed with treatment, none with control."""
    away, moved = [("placement", 50)], [("moved", 60)]
    trial = trial_of(
        named(
            people([away] * 12 + [moved] * 3, arm="MST-PSB")
            + people([[]] * 12 + [moved] * 3, arm="MAU")
        ),
        protocol=unadjusted(protocol, "E1"),
    )
    found = only(trial, "E1", "imputed")
    assert "Unknown are 6 of 30 outcomes" in found.note
    pooled = effects(found)[1]
    assert pooled.not_estimable or pooled.value > 0.6


def scored(trial_of, protocol, *, gone):
    """Scores 10, 12, 14, … of each arm, 5 lower with treatment; some without one."""
    rows = {}
    for arm, less in (("MST-PSB", 5), ("MAU", 0)):
        for i in range(8):
            last = None if i in gone else 10.0 + 2 * i - less + (i % 3)
            visits = [(0, 0, 0, 10.0 + 2 * i), (20, 609, 609 if last else None, last)]
            rows[f"{arm}{i}"] = {"arm": arm, "visits": visits}
    return trial_of(rows, protocol=unadjusted(protocol, "E4"))


def test_shifts_move_the_pooled_mean_by_their_share(trial_of, protocol):
    """Two of eight scores of the treatment arm imputed: a shift of d moves it d/4."""
    trial = scored(trial_of, protocol, gone=(1, 2))
    found = effects(only(trial, "E4", "shifted"))
    steps = [effect.value - found[0].value for effect in found]
    assert steps == pytest.approx([0, 1 / 4, 2 / 4, 4 / 4], abs=0.05)
    planned, pooled = effects(only(trial, "E4", "imputed"))
    assert pooled == found[0]
    assert pooled.value == pytest.approx(planned.value, abs=1.5)


def test_priors_by_hand(trial_of, protocol):
    """1 of 2 against 0 of 2: flat posterior means 2/4 and 1/4, difference 1/4."""
    away = [("placement", 50)]
    trial = trial_of(
        named(people([away, []], arm="MST-PSB") + people([[], []], arm="MAU")),
        protocol=unadjusted(protocol, "E1"),
    )
    found = only(trial, "E1", "priors")
    assert effects(found)[1].value == pytest.approx(1 / 4)
    assert "Were 76 more families to be analysed, up to the 80 planned" in found.note


# Edges.


def test_detection_where_an_arm_has_no_report(trial_of):
    found = only(trial_of(reported(((0, 4), (2, 6)))), "E2", "detection")
    assert found.variations[0].effect.not_estimable == (
        "nobody, or everybody, in one arm had the outcome"
    )
    assert "cannot be told" in found.note


def test_detection_cannot_exceed_everybody(trial_of):
    found = only(trial_of(reported(((7, 1), (2, 6)))), "E2", "detection")
    assert found.variations[0].effect.not_estimable == (
        "more than all would then have had the outcome"
    )


def test_an_arm_with_nobody(trial_of):
    trial = trial_of(named(people([[], []], arm="MAU", received="aim", visits=VISITS)))
    for code in ("E1", "E2", "E2b", "E3"):
        for found in sensitivity_analyses(trial, code):
            assert all(e.not_estimable for e in effects(found)), found.name


def test_sites_are_left_out_in_turn(trial_of, protocol):
    away = [("placement", 50)]
    other = next(name for name in protocol.sites.names if name != "Southwark")
    trial = trial_of(
        named(
            people([away, []], arm="MST-PSB", site="Southwark")
            + people([[], []], arm="MAU", site="Southwark")
            + people([away], arm="MST-PSB", site=other)
            + people([[]], arm="MAU", site=other)
        ),
        protocol=unadjusted(protocol, "E1"),
    )
    found = leave_one_site_out(trial, "E1")
    values = {v.label: v.effect.value for v in found.variations}
    assert values == {
        "All sites": pytest.approx(2 / 3),
        f"Without {other}": pytest.approx(1 / 2),
        "Without Southwark": pytest.approx(1),
    }
    assert "never public" in found.note


# Properties.


@settings(deadline=None, max_examples=20)
@given(
    shares=st.tuples(
        st.tuples(st.integers(1, 4), st.integers(1, 4)),
        st.tuples(st.integers(1, 4), st.integers(1, 4)),
    )
)
def test_the_more_is_detected_the_lower_the_corrected_difference(trial_of, shares):
    found = only(trial_of(reported(shares)), "E2", "detection")
    values = [e.value for e in effects(found) if e.not_estimable is None]
    assert values == sorted(values, reverse=True)


# What a protocol may not ask for.


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('["detection"]', '["detecton"]', "did you mean 'detection'"),
        ('["detection"]', '["started"]', "suit the summary cumulative"),
        ('["detection"]', '["waiting_times"]', "only where the outcome is proven"),
        ('["detection"]', '["detection", "detection"]', "sensitivity"),
    ],
)
def test_a_protocol_names_analyses_that_suit(tmp_path, old, new, message):
    text = (files("steps_analysis.protocol") / "steps_b.toml").read_text("utf-8")
    path = tmp_path / "protocol.toml"
    path.write_text(
        text.replace(f"sensitivity = {old}", f"sensitivity = {new}"), "utf-8"
    )
    with pytest.raises(ProtocolError, match=message):
        load_protocol(path)


def test_every_name_a_protocol_may_use_is_planned_and_carried_out():
    assert set(analyses._ANALYSES) == set(SENSITIVITIES)
    assert set(planned._SENSITIVITIES) == set(SENSITIVITIES)
