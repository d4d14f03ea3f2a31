"""The world gives the evidence back: a sample of draws here, thousands measured."""

import json
from dataclasses import fields

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from steps_analysis.simulation import SCENARIOS, WORLD, World, calibration
from steps_analysis.simulation.anchors import SETTINGS
from steps_analysis.simulation.calibration import ratio
from tools.calibration_page import MEASURED, PAGE, SWITCHES, holds, page


def test_a_ratio_and_its_error_by_hand() -> None:
    # Units (1, 2), (3, 4), (2, 6): 6 / 12; residuals 0, 1, -1; sqrt(3 / 2 x 2) / 12.
    value, error = ratio(np.array([[1.0, 2.0], [3.0, 4.0], [2.0, 6.0]]))
    assert value == 0.5
    assert error == pytest.approx(np.sqrt(3) / 12)


@settings(deadline=None, max_examples=50)
@given(st.integers(2, 400), st.integers(0, 1000))
def test_single_units_have_the_binomial_error(n: int, seed: int) -> None:
    is_so = np.random.default_rng(seed).random(n) < 0.3
    value, error = ratio(np.column_stack([is_so, np.ones(n)]).astype(float))
    assert value == pytest.approx(is_so.mean())
    assert error == pytest.approx(np.sqrt(value * (1 - value) / (n - 1)))


def test_a_sample_of_draws_keeps_every_anchor() -> None:
    found = calibration(n_trials=24, seed=6)
    far = found[~found.apply(lambda row: holds(row.to_dict()), axis=1)]
    assert far.empty, far.to_string()


def test_the_measured_anchors_hold() -> None:
    rows = json.loads(MEASURED.read_text())["found"]["anchors"]
    assert len(rows) == sum(len(one.anchors) for one in SETTINGS)
    assert [row["anchor"] for row in rows if not holds(row)] == []


def test_every_scenario_has_a_setting() -> None:
    assert {one.scenario for one in SETTINGS} == set(SCENARIOS)


def test_an_anchor_that_is_off_is_seen() -> None:
    row = {"expected": 0.15, "precision": 0.0005, "world": 0.16, "error": 0.001}
    assert not holds(row)
    assert holds(row | {"world": 0.154})


def test_the_page_is_what_was_measured() -> None:
    assert PAGE.read_text() == page(json.loads(MEASURED.read_text())["found"])


def test_every_switch_is_a_constant_of_the_world() -> None:
    known = {part.name for part in fields(World)}
    for _, names, _ in SWITCHES:
        assert set(names) <= known
    assert WORLD.detection_ratio == WORLD.missing_odds_ratio == 1
    assert WORLD.withdrawal_odds_ratio == WORLD.capture_probability == 1
    assert WORLD.therapist_icc == 0
    assert WORLD.adult_records


def test_every_switch_stands_as_the_page_says() -> None:
    """The numbers in words are those of the world."""
    stands = {names[0]: words for _, names, words in SWITCHES}
    not_started = dict(WORLD.received_shares)["none"]
    for name, share in (
        ("score_missing_share", WORLD.score_missing_share),
        ("received_shares", not_started),
        ("crossover_share", WORLD.crossover_share),
    ):
        assert stands[name] == f"on, {100 * share:.0f} %"
    assert stands["record_months"].startswith("on, eight months")
    assert stands["extract_shortfall_months"].startswith("on, three months")
    assert stands["therapists"].startswith("on, four families")
    assert WORLD.sanction_months[1] == 8
    assert WORLD.extract_shortfall_months == 3
    assert WORLD.families_per_therapist == 4
