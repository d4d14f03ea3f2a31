"""Pseudo-values: participants' contributions under censoring."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from steps_analysis.errors import ArgumentError, DataError
from steps_analysis.outcomes import kaplan_meier, pseudo_values, restricted_means

QUANTITIES = ["survival", "restricted mean"]


def estimate(time, event, at, quantity):
    if quantity == "survival":
        return float(kaplan_meier(time, event).at(at))
    found = restricted_means(time, event, ["a"] * len(time), horizon=at)
    return found["a"].value


def columns(seed, n=30):
    rng = np.random.default_rng(seed)
    time, event = rng.integers(1, 15, n) * 1.0, rng.random(n) < 0.6
    time[0], event[0] = 20, False
    return time, event


# By hand


def test_drawn_table():
    # 1+ 2 3+ : S(2) = 1/2; the derivative of log(1 - d/n) in a weight at 2 is
    # -(1 - 1/2) / 1 for the one with the event, 1/2 / 1 for the one who stays, so
    # 1/2 + 3 * 1/2 * -(1/2) = -1/4 and 1/2 + 3/4 = 5/4; the censored one keeps 1/2
    found = pseudo_values([1, 2, 3], [0, 1, 0], at=2)
    assert found == pytest.approx([0.5, -0.25, 1.25])
    # area up to 3: 2 + 1/2; its derivative is that of the height times the width of 1
    found = pseudo_values([1, 2, 3], [0, 1, 0], at=3, quantity="restricted mean")
    assert found == pytest.approx([2.5, 2.5 - 0.75, 2.5 + 0.75])


def test_without_censoring_they_are_the_outcomes():
    time, event = [1.0, 2, 2, 5, 7], [1, 1, 1, 1, 0]
    assert pseudo_values(time, event, at=2) == pytest.approx([0, 0, 0, 1, 1])
    mean = pseudo_values(time, event, at=6, quantity="restricted mean")
    assert mean == pytest.approx([1, 2, 2, 5, 6])


# Edges


def test_no_event_all_events_one_participant():
    assert pseudo_values([3, 4], [0, 0], at=2).tolist() == [1, 1]
    mean = pseudo_values([3, 4], [0, 0], at=2, quantity="restricted mean")
    assert mean.tolist() == [2, 2]
    assert pseudo_values([3, 3], [1, 1], at=5).tolist() == [0, 0]
    assert pseudo_values([3], [1], at=2).tolist() == [1]


def test_many_times_at_once_and_none_beyond_follow_up():
    found = pseudo_values([1, 2, 3], [1, 0, 0], at=[[0.5, 1], [2, 9]])
    assert found.shape == (3, 2, 2)
    assert np.isnan(found[:, 1, 1]).all()
    assert found[:, 0, 1] == pytest.approx(pseudo_values([1, 2, 3], [1, 0, 0], at=1))


# Properties


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_their_mean_is_the_estimate(seed):
    time, event = columns(seed)
    for quantity in QUANTITIES:
        found = pseudo_values(time, event, at=9, quantity=quantity)
        assert found.mean() == pytest.approx(estimate(time, event, 9, quantity))


@pytest.mark.parametrize("quantity", QUANTITIES)
def test_leave_one_out_values_come_close_as_n_grows(quantity):
    # their difference is of order 1/n: four times smaller with four times as many
    gaps = []
    for n in (50, 200):
        time, event = columns(3, n)
        whole = estimate(time, event, 9, quantity)
        left = np.arange(n)
        out = [
            n * whole - (n - 1) * estimate(*_without(time, event, i), 9, quantity)
            for i in left
        ]
        found = pseudo_values(time, event, at=9, quantity=quantity)
        gaps.append(np.abs(found - out).max())
        # the same on average, up to the order of the jackknife's bias
        assert np.mean(out) == pytest.approx(whole, abs=0.3 * gaps[-1])
    assert gaps[1] < gaps[0] / 3


def _without(time, event, i):
    return np.delete(time, i), np.delete(event, i)


# Naive twin


@pytest.mark.parametrize("quantity", QUANTITIES)
@pytest.mark.parametrize("seed", range(4))
def test_equals_a_difference_quotient_in_the_weight(seed, quantity):
    time, event = columns(seed)
    found = pseudo_values(time, event, at=8, quantity=quantity)
    for i in range(0, len(time), 3):
        step = 1e-6
        heights = []
        for sign in (1, -1):
            weight = np.ones(len(time))
            weight[i] += sign * step
            heights.append(slow(time, event, weight, 8.0, quantity))
        slope = (heights[0] - heights[1]) / (2 * step)
        expected = estimate(time, event, 8, quantity) + len(time) * slope
        assert found[i] == pytest.approx(expected, abs=1e-6)


def slow(time, event, weight, at, quantity):
    """Give a weighted curve's height or area, in loops."""
    area, height, last = 0.0, 1.0, 0.0
    for t in sorted({x for x, e in zip(time, event, strict=True) if e and x <= at}):
        area, last = area + height * (t - last), t
        n = sum(w for x, w in zip(time, weight, strict=True) if x >= t)
        d = sum(w for x, e, w in zip(time, event, weight, strict=True) if x == t and e)
        height *= 1 - d / n
    return height if quantity == "survival" else area + height * (at - last)


# R


def test_equals_pseudo(figures, table, compare):
    aml, ours = table("aml"), {}
    for key, quantity in (("surv", "survival"), ("rmst", "restricted mean")):
        ours[key] = pseudo_values(aml.time, aml.status, at=24, quantity=quantity)
    compare(ours, figures["pseudo_aml"])


# Errors


def test_refuses_wrong_options_and_columns():
    with pytest.raises(ArgumentError, match="`quantity` must be one of survival, rest"):
        pseudo_values([1], [1], at=1, quantity="median")
    with pytest.raises(DataError, match="`at` must be above 0, got '1 that are not'"):
        pseudo_values([1], [1], at=[0, 1])
    with pytest.raises(DataError, match="`at` must be finite"):
        pseudo_values([1], [1], at=math.inf)
    with pytest.raises(DataError, match="`time` must have no missing values"):
        pseudo_values([math.nan, 1], [1, 1], at=1)
