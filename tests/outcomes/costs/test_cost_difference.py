"""Differences in mean cost."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from steps_analysis.errors import ArgumentError, DataError
from steps_analysis.outcomes import cost_difference, cost_difference_by_sector


def trial(seed, n=40):
    rng = np.random.default_rng(seed)
    arm = np.array(["MAU", "MST-PSB"] * (n // 2))
    return rng.lognormal(7, 1, n) * np.where(arm == "MAU", 1.0, 1.5), arm


# By hand


def test_two_participants_an_arm():
    # Resampled means of (0, 2): 0, 1, 2 with 1/4, 1/2, 1/4; of (10, 14): 10, 12, 14.
    # The difference runs from 8 to 14; each end has probability 1/16 > 2.5 %.
    found = cost_difference(
        [0.0, 2, 10, 14], ["c", "c", "t", "t"], interval="percentile", seed=1
    )
    assert found.value == 11
    assert (found.lower, found.upper) == (8, 14)
    # its variance is 1/2 + 4/2
    assert found.standard_error == pytest.approx(math.sqrt(2.5), rel=0.03)
    assert "take the limits as a guide" in found.method
    assert found.method.endswith("; reference c")
    assert found.unit == "pounds"


def test_rows_of_a_participant_are_added_up():
    cost, arm = trial(1)
    parts = np.concatenate([cost * 0.3, cost * 0.7])
    ids = np.tile(np.arange(40), 2)
    whole = cost_difference(cost, arm, seed=2)
    split = cost_difference(parts, np.tile(arm, 2), cluster=ids, seed=2)
    assert split.value == pytest.approx(whole.value)
    assert split.lower == pytest.approx(whole.lower)
    assert split.n == 40


def test_sectors_add_up_and_absence_is_no_cost():
    cost = [10.0, 5, 20, 40, 60]
    arm = ["c", "c", "c", "t", "t"]
    sector = ["health", "justice", "health", "health", "justice"]
    found = cost_difference_by_sector(
        cost, arm, sector, cluster=[1, 1, 2, 3, 4], seed=1
    )
    values = {name: one.value for name, one in found.items()}
    # for health 40 over two less 30 over two; for justice 60 over two less 5 over two
    assert values == {"total": 32.5, "health": 5.0, "justice": 27.5}
    assert found["justice"].measure == "difference in mean cost, justice"
    assert all(one.n == 4 for one in found.values())
    alone = cost_difference(cost, arm, cluster=[1, 1, 2, 3, 4], seed=1)
    assert found["total"] == alone


# Edges


@pytest.mark.parametrize(
    ("cost", "arm", "reason"),
    [
        ([1.0, 2, 3], "aaa", "only one arm has participants"),
        ([1.0, 2, 3], "aab", "arm b has fewer than 2 participants"),
        ([5.0, 5, 7, 7], "aabb", "costs do not vary within the arms"),
        ([0.0, 0, 0, 0], "aabb", "costs do not vary within the arms"),
    ],
)
def test_what_cannot_be_estimated(cost, arm, reason):
    assert cost_difference(cost, list(arm), seed=1).not_estimable == reason


def test_a_sector_nobody_used():
    found = cost_difference_by_sector(
        [1.0, 2, 3, 4, 0],
        list("aabba"),
        ["x"] * 4 + ["y"],
        cluster=[1, 2, 3, 4, 1],
        seed=1,
    )
    assert found["y"].not_estimable == "costs do not vary within the arms"
    assert found["x"].value == 2


# Properties


@given(st.integers(0, 1000), st.sampled_from(["bca", "percentile"]))
@settings(max_examples=10, deadline=None)
def test_seed_scale_and_swap(seed, interval):
    cost, arm = trial(seed)
    options = {"interval": interval, "n_resamples": 400}
    one = cost_difference(cost, arm, seed=seed, **options)
    assert cost_difference(cost, arm, seed=seed, **options) == one
    scaled = cost_difference(3 * cost, arm, seed=seed, **options)
    assert scaled.upper == pytest.approx(3 * one.upper)
    swapped = cost_difference(cost, arm, reference="MST-PSB", seed=seed, **options)
    assert swapped.value == pytest.approx(-one.value)
    assert one.lower < one.value < one.upper


def test_costs_of_any_size():
    cost, arm = trial(3)
    one = cost_difference(cost, arm, seed=1)
    other = cost_difference(1e200 * cost, arm, seed=1)
    assert other.lower == pytest.approx(1e200 * one.lower)
    assert other.standard_error == pytest.approx(1e200 * one.standard_error)


# Another program


def test_scipy_agrees_on_bca():
    # its acceleration weighs the jackknives of the two samples otherwise: a guide
    cost, arm = trial(5)
    parts = cost[arm == "MST-PSB"], cost[arm == "MAU"]
    other = stats.bootstrap(
        parts,
        lambda x, y, axis: x.mean(axis=axis) - y.mean(axis=axis),
        n_resamples=20_000,
        rng=np.random.default_rng(1),
    )
    found = cost_difference(cost, arm, n_resamples=20_000, seed=1)
    interval = other.confidence_interval
    width = interval.high - interval.low
    assert found.lower == pytest.approx(interval.low, abs=0.03 * width)
    assert found.upper == pytest.approx(interval.high, abs=0.03 * width)
    assert found.standard_error == pytest.approx(other.standard_error, rel=0.03)


def test_coverage_of_normal_costs_with_many():
    # 150 trials of 100: within three Monte Carlo errors of 95 %
    covered = 0
    for seed in range(150):
        rng = np.random.default_rng(seed)
        arm = np.repeat(["a", "b"], 50)
        cost = rng.normal(100, 10, 100) + 5 * (arm == "b")
        found = cost_difference(cost, arm, n_resamples=600, seed=seed)
        covered += found.lower < 5 < found.upper
        assert "guide" not in found.method
    error = math.sqrt(0.95 * 0.05 / 150)
    assert abs(covered / 150 - 0.95) < 3 * error


# Errors


def test_refusals():
    cost, arm = trial(6)
    for options, match in [
        ({"interval": "t"}, "`interval` must be one of bca"),
        ({"n_resamples": 10}, "`n_resamples` must be a whole number, at least 200"),
        ({"level": 95}, "`level` must lie in"),
        ({"seed": -1}, "`seed` must be a whole number"),
        ({"reference": "x"}, "`reference` must be one of"),
    ]:
        with pytest.raises(ArgumentError, match=match):
            cost_difference(cost, arm, **{"seed": 1, **options})
    with pytest.raises(ArgumentError, match="`arm` must be given"):
        cost_difference(cost, seed=1)
    with pytest.raises(DataError, match="`cost` must be at least 0"):
        cost_difference(-cost, arm, seed=1)
    with pytest.raises(DataError, match="`arm` must be the same in all rows"):
        cost_difference(cost, arm, cluster=np.repeat(np.arange(20), 2), seed=1)
    with pytest.raises(ArgumentError, match="`sector` must not be called total"):
        cost_difference_by_sector(
            cost, arm, ["total"] * 40, cluster=np.arange(40), seed=1
        )
    holed = pd.DataFrame({"cost": cost, "arm": arm})
    holed.loc[0, "cost"] = np.nan
    with pytest.raises(DataError, match="no missing values in cost"):
        cost_difference("cost ~ arm", data=holed, seed=1)
    found = cost_difference("cost ~ arm", data=holed, missing="drop", seed=1)
    assert found.n == 39
    assert found.method.endswith("1 row with missing values left out")
