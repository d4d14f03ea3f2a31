"""Forecasts keep what they promise: what was measured, and a small sample of it."""

import json
from pathlib import Path

import numpy as np
import pytest

from tools.recruitment_coverage import LEVELS, LOOKS, SETTINGS, WAYS, judged, row

FILE = Path(__file__).parents[3] / "docs" / "measured" / "recruitment.json"
FOUND = json.loads(FILE.read_text())["found"]
FALLS = "14 sites, rates fall by a quarter after the forecast"
OF_THE_MODEL = [
    setting.name
    for setting in SETTINGS
    if setting.later == 1 and setting.law == "gamma"
]


def rows(parameters, names):
    found = [
        each
        for each in FOUND["rows"]
        if each["parameters"] == parameters and each["setting"] in names
    ]
    assert len(found) == len(names) * len(LOOKS)
    return found


def error(share, n):
    return (share * (1 - share) / n) ** 0.5


def test_every_setting_was_measured_over_2_000_trials():
    assert FOUND["trials"] >= 2_000
    measured = {(r["setting"], r["forecast"], r["parameters"]) for r in FOUND["rows"]}
    assert len(measured) == len(FOUND["rows"])
    assert measured == {
        (setting.name, look, way)
        for setting in SETTINGS
        for look in LOOKS
        for way in WAYS
    }


@pytest.mark.parametrize("level", LEVELS)
def test_intervals_keep_their_level_where_the_model_is_true(level):
    for each in rows("integrated", OF_THE_MODEL):
        coverage = each["coverage"][f"{100 * level:g} %"]
        margin = 3 * error(level, FOUND["trials"])
        # Counts are whole, so their interval may hold more than its level; months are
        # not, and may hold less by what the priors cost.
        assert coverage["recruited by the end"] > level - margin, each["setting"]
        assert coverage["months to the target"] > level - margin - 0.01, each["setting"]


def test_the_most_likely_parameters_alone_do_not():
    early = [
        each["coverage"]["95 %"]["recruited by the end"]
        for each in rows("plug-in", OF_THE_MODEL)
        if each["forecast"] == "a third of the way"
    ]
    assert max(early) < 0.9


def test_probabilities_come_true_over_trials_of_many_kinds():
    for each in rows("integrated", ["14 sites, trials of many kinds"]):
        for band in each["probability of the target"]:
            if band["trials"] < 30:
                continue
            margin = 3 * error(band["said"], band["trials"])
            assert abs(band["said"] - band["came true"]) < margin + 0.05


def test_a_slowing_of_recruitment_is_not_foreseen():
    for each in rows("integrated", [FALLS]):
        coverage = each["coverage"]["95 %"]
        assert coverage["recruited by the end"] < 0.92
        assert coverage["fewer than the interval"] > 0.05


def test_a_small_sample_agrees():
    setting = SETTINGS[1]
    sample = judged(setting, LOOKS["half way"], "integrated", 60, 7)
    inside = np.mean([one.count_inside[1] for one in sample])
    assert inside > 0.95 - 3 * error(0.95, 60)


def test_the_sample_is_the_same_again():
    setting = SETTINGS[4]
    one, two = (row(setting, "half way", "plug-in", 5, 3) for _ in range(2))
    assert one == two
