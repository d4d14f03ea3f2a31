"""The effect among those who take the offer up."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from steps_analysis.errors import ArgumentError, DataError
from steps_analysis.outcomes import complier_average_effect

OUTCOME = [0, 0, 0, 1, 1, 1, 0, 0]
ARM = ["offered"] * 4 + ["not"] * 4
RECEIVED = [1, 1, 0, 0, 0, 0, 0, 0]
METHODS = ["anderson-rubin", "delta"]


def drawn(seed, n=60, uptake=0.8):
    rng = np.random.default_rng(seed)
    offered = rng.permutation(np.arange(n) % 2 == 0)
    received = rng.random(n) < np.where(offered, uptake, 0.1)
    outcome = rng.random(n) < 0.4 - 0.1 * received
    return outcome.astype(float), offered, received.astype(float)


# By hand


def test_half_take_up_and_the_risk_falls_by_a_quarter():
    found = complier_average_effect(OUTCOME, ARM, RECEIVED, method="delta")
    assert found.value == pytest.approx(-0.5)
    # residuals y + r/2: .5 .5 0 1 (variance 1/8) and 1 1 0 0 (1/4), over 4, over 1/2
    error = math.sqrt(1 / 32 + 1 / 16) / 0.5
    assert found.standard_error == pytest.approx(error)
    assert found.measure == "complier risk difference"
    assert "reference not" in found.method


def test_full_take_up_is_the_difference_of_the_arms():
    received = [1] * 4 + [0] * 4
    both = [complier_average_effect(OUTCOME, ARM, received, method=m) for m in METHODS]
    for found in both:
        assert found.value == pytest.approx(-0.25)
        half = 1.959963984540054 * math.sqrt(0.1875 / 4 + 0.25 / 4)
        assert found.lower == pytest.approx(-0.25 - half)
        assert found.upper == pytest.approx(-0.25 + half)
    assert both[0].p_value == pytest.approx(both[1].p_value)


# Edges


@pytest.mark.parametrize("method", METHODS)
def test_what_has_no_effect_says_why(method):
    def reason(outcome, received):
        found = complier_average_effect(outcome, ARM, received, method=method)
        assert math.isnan(found.value)
        return found.not_estimable

    assert "did not make starting it likelier" in reason(OUTCOME, [0] * 8)
    assert "did not make starting it likelier" in reason(OUTCOME, [0] * 4 + [1] * 4)
    assert "does not vary" in reason([0] * 8, RECEIVED)
    assert "does not vary" in reason([1] * 8, RECEIVED)


def test_a_weak_offer_has_no_bounded_limits():
    # 1 of 4 take it up: 1/4 is less than 1.96 standard errors of it
    weak = [1, 0, 0, 0, 0, 0, 0, 0]
    found = complier_average_effect(OUTCOME, ARM, weak)
    assert "too little for its limits to have bounds" in found.not_estimable
    delta = complier_average_effect(OUTCOME, ARM, weak, method="delta")
    assert delta.value == pytest.approx(-1.0)


def test_one_arm_and_one_participant():
    for outcome, arm, received in ((OUTCOME, ["a"] * 8, RECEIVED), ([1], ["a"], [1])):
        found = complier_average_effect(outcome, arm, received)
        assert found.not_estimable == "only one arm has participants"
    two = complier_average_effect([1, 0], ["a", "b"], [0, 1])
    assert "does not vary" in two.not_estimable


def test_a_score_and_missing_values():
    scores = [3.0, 4.0, 5.0, np.nan, 6.0, 8.0, 7.0, 9.0]
    found = complier_average_effect(
        scores, ARM, [1, 1, 1, 0, 0, 0, 0, 0], missing="drop"
    )
    assert found.value == pytest.approx(4.0 - 7.5)
    assert found.measure == "complier mean difference"
    assert "1 row with missing values left out" in found.method


def test_a_formula_is_the_same_as_columns():
    table = pd.DataFrame({"y": OUTCOME, "arm": ARM, "took": [1, 1, 1, *RECEIVED[3:]]})
    found = complier_average_effect("y ~ arm", received="took", data=table)
    assert found == complier_average_effect(OUTCOME, ARM, table["took"])
    assert found.not_estimable is None


# Properties


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_limits_are_those_the_test_does_not_reject(seed):
    outcome, offered, received = drawn(seed)
    found = complier_average_effect(outcome, offered, received)
    if found.not_estimable:
        return
    assert found.lower <= found.value <= found.upper
    for limit in (found.lower, found.upper):
        # the arms' difference of outcome - effect * received, at exactly z errors
        rest = outcome - limit * received
        gap = rest[offered].mean() - rest[~offered].mean()
        spread = rest[offered].var() / offered.sum() + rest[~offered].var() / (
            (~offered).sum()
        )
        assert abs(gap) == pytest.approx(1.959963984540054 * math.sqrt(spread))


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_order_does_not_matter_and_scores_scale(seed):
    outcome, offered, received = drawn(seed)
    order = np.random.default_rng(seed).permutation(len(outcome))
    for method in METHODS:
        one = complier_average_effect(outcome, offered, received, method=method)
        two = complier_average_effect(
            10 * outcome[order] + 3, offered[order], received[order], method=method
        )
        if one.not_estimable:
            assert two.not_estimable
            continue
        assert two.value == pytest.approx(10 * one.value, abs=1e-9)
        assert two.upper == pytest.approx(10 * one.upper, abs=1e-9)
        assert two.p_value == pytest.approx(one.p_value)


def test_limits_cover_where_the_instrument_is_moderate():
    # effect -0.1 among compliers; 400 draws of 80, three Monte Carlo errors of 1.1 %;
    # a set without bounds covers
    hits = 0
    for seed in range(400):
        found = complier_average_effect(*drawn(seed, n=80, uptake=0.5))
        hits += bool(found.not_estimable) or found.lower <= -0.1 <= found.upper
    assert hits / 400 == pytest.approx(0.95, abs=0.033)


# Naive twin


def test_against_two_stage_least_squares():
    outcome, offered, received = drawn(20)
    z = np.column_stack([np.ones(60), offered])
    x = np.column_stack([np.ones(60), received])
    fitted = z @ np.linalg.solve(z.T @ z, z.T @ x)
    bread = np.linalg.inv(fitted.T @ fitted)
    slope = bread @ fitted.T @ outcome
    residual = outcome - x @ slope
    meat = fitted.T @ (fitted * residual[:, None] ** 2)
    error = math.sqrt((bread @ meat @ bread)[1, 1])
    found = complier_average_effect(outcome, offered, received, method="delta")
    assert found.value == pytest.approx(slope[1])
    assert found.standard_error == pytest.approx(error)


# Errors


def test_refuses_what_does_not_fit():
    with pytest.raises(ArgumentError, match="`method` must be one of anderson-rubin"):
        complier_average_effect(OUTCOME, ARM, RECEIVED, method="fieller")
    with pytest.raises(ArgumentError, match="`arm` must have two labels"):
        complier_average_effect([1, 0, 1], ["a", "b", "c"], [0, 1, 1])
    with pytest.raises(ArgumentError, match="`reference` must be one of not, offered"):
        complier_average_effect(OUTCOME, ARM, RECEIVED, reference="MAU")
    with pytest.raises(ArgumentError, match="`received` must be given"):
        complier_average_effect(OUTCOME, ARM)
    with pytest.raises(ArgumentError, match="`arm` must be given"):
        complier_average_effect(OUTCOME)
    with pytest.raises(DataError, match="`received` must be true or false"):
        complier_average_effect(OUTCOME, ARM, [2, *RECEIVED[1:]])
    with pytest.raises(DataError, match="`outcome` must have no missing values"):
        complier_average_effect([None, *OUTCOME[1:]], ARM, RECEIVED)
