"""Costs against effects."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from steps_analysis.errors import ArgumentError, DataError
from steps_analysis.outcomes import acceptability_curve, cost_effectiveness

COST = [10.0, 20, 30, 40, 60, 80]
EFFECT = [1.0, 2, 3, 7, 8, 9]
ARM = ["c"] * 3 + ["t"] * 3


def trial(seed, n=40, more_cost=300.0, more_effect=0.2):
    rng = np.random.default_rng(seed)
    arm = np.repeat(["MAU", "MST-PSB"], n // 2)
    treated = arm == "MST-PSB"
    cost = rng.gamma(4, 250, n) + more_cost * treated
    effect = rng.normal(0.5, 0.1, n) + more_effect * treated
    return cost, effect, arm


# By hand


def test_six_participants():
    # Differences 40 and 6; variances of means 100/3 + 400/3 and 1/3 + 1/3, covariance
    # 10/3 + 20/3 = 10: Fieller's quadratic a R^2 - 2 b R + c.
    found = cost_effectiveness(COST, EFFECT, ARM, seed=1)
    assert found.cost_difference.value == pytest.approx(40)
    assert found.effect_difference.value == pytest.approx(6)
    assert found.ratio.value == pytest.approx(40 / 6)
    z2 = 1.959963984540054**2
    a, b, c = 36 - z2 * 2 / 3, 240 - z2 * 10, 1600 - z2 * 500 / 3
    roots = np.sort(np.roots([a, -2 * b, c]))
    assert (found.ratio.lower, found.ratio.upper) == pytest.approx(tuple(roots))
    assert "more cost for more effect" in found.ratio.method
    assert found.ratio.unit == "pounds per unit of effect"
    assert found.plane.shape == (5000, 2)
    assert "take the limits as a guide" in found.cost_difference.method


def test_net_benefit():
    curve = acceptability_curve(COST, EFFECT, ARM, willingness=[0, 5, 50], seed=1)
    assert curve["net_benefit"].tolist() == [-40.0, -10.0, 260.0]
    plane = cost_effectiveness(COST, EFFECT, ARM, seed=1).plane
    worth = 5 * plane["effect"] - plane["cost"]
    expected = (worth > 0).mean() + (worth == 0).mean() / 2
    assert curve["probability"][1] == pytest.approx(expected)
    assert curve["probability"][0] == pytest.approx(0, abs=0.01)
    assert curve.attrs["not_estimable"] is None
    assert curve.attrs["method"].startswith("net benefit, percentile bootstrap")


# Edges


def test_dominance_has_no_ratio():
    cheaper = [80.0, 60, 40, 30, 20, 10]
    found = cost_effectiveness(cheaper, EFFECT, ARM, seed=1)
    reason = "arm t dominates: it costs no more and does more"
    assert found.ratio.not_estimable == reason
    worse = cost_effectiveness(COST, EFFECT[::-1], ARM, seed=1)
    assert worse.ratio.not_estimable == reason.replace("arm t", "arm c")
    assert found.quadrants["less cost, more effect"] > 0.9


def test_an_effect_that_may_be_none_has_no_ratio():
    found = cost_effectiveness(COST, [1.0, 5, 9, 2, 6, 10], ARM, seed=1)
    assert "may be none" in found.ratio.not_estimable
    assert found.effect_difference.value == pytest.approx(1)


def test_less_cost_for_less_effect():
    found = cost_effectiveness(COST[::-1], EFFECT[::-1], ARM, seed=1)
    assert found.ratio.value == pytest.approx(40 / 6)
    assert "less cost for less effect" in found.ratio.method


@pytest.mark.parametrize(
    ("cost", "effect", "arm", "reason"),
    [
        (COST, EFFECT, ["c"] * 6, "only one arm has participants"),
        (COST, EFFECT, ["c"] * 5 + ["t"], "arm t has fewer than 2 participants"),
        ([1.0] * 6, EFFECT, ARM, "costs do not vary within the arms"),
        (COST, [1.0] * 6, ARM, "effects do not vary within the arms"),
    ],
)
def test_what_cannot_be_estimated(cost, effect, arm, reason):
    found = cost_effectiveness(cost, effect, arm, seed=1)
    for one in (found.cost_difference, found.effect_difference, found.ratio):
        assert one.not_estimable == reason
    assert found.plane.empty
    assert found.quadrants == {}
    curve = acceptability_curve(cost, effect, arm, willingness=[1, 2], seed=1)
    assert curve.attrs["not_estimable"] == reason
    assert curve["probability"].isna().all()


# Properties


@given(st.integers(0, 1000))
@settings(max_examples=10, deadline=None)
def test_swapped_arms_and_ends_of_the_curve(seed):
    cost, effect, arm = trial(seed)
    options = {"n_resamples": 500, "seed": seed}
    one = cost_effectiveness(cost, effect, arm, **options)
    other = cost_effectiveness(cost, effect, arm, reference="MST-PSB", **options)
    assert other.cost_difference.value == pytest.approx(-one.cost_difference.value)
    if one.ratio.not_estimable is None:
        assert other.ratio.value == pytest.approx(one.ratio.value)
        assert other.ratio.upper == pytest.approx(one.ratio.upper)
    assert sum(one.quadrants.values()) == pytest.approx(1)
    curve = acceptability_curve(cost, effect, arm, willingness=[0, 1e9], **options)
    cheaper = np.mean(one.plane["cost"] < 0)
    better = np.mean(one.plane["effect"] > 0)
    assert curve["probability"].tolist() == pytest.approx([cheaper, better], abs=0.01)


def test_fieller_covers():
    # 300 trials of 100, ratio 300 / 0.2 = 1500: within three Monte Carlo errors
    covered = []
    for seed in range(300):
        found = cost_effectiveness(*trial(seed, n=100), n_resamples=200, seed=1).ratio
        covered.append(found.not_estimable is None and found.lower < 1500 < found.upper)
    assert abs(np.mean(covered) - 0.95) < 3 * math.sqrt(0.95 * 0.05 / 300) + 0.01


# Errors


def test_refusals():
    with pytest.raises(DataError, match="`cost` must be at least 0"):
        cost_effectiveness([-1.0, *COST[1:]], EFFECT, ARM, seed=1)
    with pytest.raises(DataError, match="`cost` must have one dimension"):
        cost_effectiveness(np.ones((6, 2)), EFFECT, ARM, seed=1)
    with pytest.raises(ArgumentError, match="`effect` must be given"):
        cost_effectiveness(COST, None, ARM, seed=1)
    with pytest.raises(ArgumentError, match="`seed` must be a whole number"):
        cost_effectiveness(COST, EFFECT, ARM, seed=1.5)
    with pytest.raises(ArgumentError, match="`n_resamples` must be"):
        acceptability_curve(COST, EFFECT, ARM, willingness=[1], n_resamples=1, seed=1)
    with pytest.raises(DataError, match="`willingness` must be at least 0"):
        acceptability_curve(COST, EFFECT, ARM, willingness=[-1], seed=1)
    with pytest.raises(DataError, match="`willingness` must have one dimension"):
        acceptability_curve(COST, EFFECT, ARM, willingness=[], seed=1)
    with pytest.raises(ArgumentError, match="`level` must lie in"):
        acceptability_curve(COST, EFFECT, ARM, willingness=[1], level=9, seed=1)
    holed = [np.nan, *EFFECT[1:]]
    with pytest.raises(DataError, match="`effect` must have no missing values"):
        cost_effectiveness(COST, holed, ARM, seed=1)
    found = cost_effectiveness(COST, holed, ARM, missing="drop", seed=1)
    assert found.ratio.n == 5
