"""Contrasts of cumulative incidence at one time."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from steps_analysis.errors import ArgumentError
from steps_analysis.outcomes import (
    cumulative_incidence,
    cumulative_incidence_difference,
    cumulative_incidence_ratio,
)


def trial(seed, n=60):
    rng = np.random.default_rng(seed)
    time = rng.integers(1, 10, n).astype(float)
    return time, rng.choice(3, n, p=[0.3, 0.4, 0.3]), rng.integers(0, 2, n)


# By hand


def test_without_censoring_it_is_a_ratio_of_proportions():
    # 4 of 10 and 2 of 10 by time 3, 3 of each competing
    time = ([1, 2, 3, 3, 1, 2, 3] + [5] * 3) + ([2, 3, 1, 2, 3] + [5] * 5)
    cause = ([1] * 4 + [2] * 3 + [0] * 3) + ([1, 1, 2, 2, 2] + [0] * 5)
    arm = ["new"] * 10 + ["a usual"] * 10
    found = cumulative_incidence_ratio(time, cause, arm, at=3)
    assert found.value == pytest.approx(2.0)
    se = math.sqrt(0.6 / 4 + 0.8 / 2)
    assert found.standard_error == pytest.approx(se)
    assert found.upper == pytest.approx(2 * math.exp(1.959964 * se), rel=1e-6)
    assert found.p_value == pytest.approx(math.erfc(math.log(2) / se / math.sqrt(2)))
    assert "new over a usual" in found.method


# Edges


def test_no_event_or_everybody_or_nobody_followed():
    arm = list("aabb")
    none = cumulative_incidence_ratio([1, 2, 3, 3], [1, 0, 2, 0], arm, at=2)
    assert none.not_estimable == "nobody in arm b has had the event by then"
    everybody = cumulative_incidence_ratio([1, 2, 2, 3], [1, 1, 1, 0], arm, at=2)
    assert everybody.not_estimable == "everybody in arm a has had the event by then"
    short = cumulative_incidence_ratio([1, 2, 9, 9], [1, 0, 1, 0], arm, at=5)
    assert short.not_estimable == "nobody in arm a was followed to 5"
    alone = cumulative_incidence_ratio([1, 2], [1, 0], ["a", "a"], at=1)
    assert alone.not_estimable == "only one arm has participants"


# Properties


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_swapping_the_reference_inverts_the_ratio(seed):
    time, cause, arm = trial(seed)
    one = cumulative_incidence_ratio(time, cause, arm, at=6)
    two = cumulative_incidence_ratio(time, cause, arm, at=6, reference=1)
    assert one.value * two.value == pytest.approx(1)
    assert one.lower * two.upper == pytest.approx(1)
    assert one.p_value == pytest.approx(two.p_value)


# Naive twin


@pytest.mark.parametrize("variance", ["jackknife", "aalen"])
@pytest.mark.parametrize("seed", range(3))
def test_both_contrasts_follow_from_the_two_curves(seed, variance):
    time, cause, arm = trial(seed)
    b, a = (
        cumulative_incidence(
            time[arm == k], cause[arm == k], variance=variance
        ).estimate_at(6, measure="risk")
        for k in (1, 0)
    )
    difference = cumulative_incidence_difference(
        time, cause, arm, at=6, variance=variance
    )
    assert difference.value == pytest.approx(b.value - a.value)
    se = math.hypot(a.standard_error, b.standard_error)
    assert difference.standard_error == pytest.approx(se)
    z = difference.value / se
    assert difference.p_value == pytest.approx(math.erfc(abs(z) / math.sqrt(2)))
    ratio = cumulative_incidence_ratio(time, cause, arm, at=6, variance=variance)
    assert ratio.value == pytest.approx(b.value / a.value)
    se = math.hypot(a.standard_error / a.value, b.standard_error / b.value)
    assert ratio.standard_error == pytest.approx(se)


# R


def test_ratio_follows_from_survfit(figures, table):
    # the same figures as of the curves, which test_incidence.py compares in full
    mgus, theirs = table("mgus2_cr"), figures["aj_mgus2_plain"]
    for i, at in enumerate(theirs["time"][:5]):
        (f, m), (se_f, se_m) = (
            (theirs[key]["matrix"][i][1], theirs[key]["matrix"][i + 5][1])
            for key in ("pstate", "se")
        )
        found = cumulative_incidence_ratio(mgus.etime, mgus.ev, mgus.sex, at=at)
        assert found.value == pytest.approx(m / f, rel=1e-10)
        se = math.hypot(se_m / m, se_f / f)
        assert found.standard_error == pytest.approx(se, rel=1e-10)


def test_says_the_call_of_r():
    time, cause, arm = trial(1)
    found = cumulative_incidence_difference(time, cause, arm, at=6)
    assert 'times = 6, extend = TRUE), diff(pstate[, states == "1"]))' in found.to_r()
    swapped = cumulative_incidence_difference(time, cause, arm, at=6, reference=1)
    assert "-diff(pstate" in swapped.to_r()
    ratio = cumulative_incidence_ratio(time, cause, arm, at=6)
    assert 'exp(diff(log(pstate[, states == "1"]))))' in ratio.to_r()
    aalen = cumulative_incidence_difference(time, cause, arm, at=6, variance="aalen")
    assert aalen.to_r() == "cmprsk::timepoints(cmprsk::cuminc(time, cause, arm), 6)"


# A formula does the same


def test_a_formula_equals_arrays():
    time, cause, arm = trial(5)
    frame = pd.DataFrame({"t": time, "c": cause, "arm": arm})
    found = cumulative_incidence_ratio("t + c ~ arm", data=frame, at=5, of=2)
    assert found == cumulative_incidence_ratio(time, cause, arm, at=5, of=2)


# Errors


def test_refuses_what_cannot_be():
    with pytest.raises(ArgumentError, match="`variance` must be one of jackknife"):
        cumulative_incidence_ratio([1, 2], [0, 1], list("ab"), at=1, variance="ij")
    with pytest.raises(ArgumentError, match="`of` must be a kind of event"):
        cumulative_incidence_ratio([1, 2], [0, 1], list("ab"), at=1, of=1.5)
    with pytest.raises(ArgumentError, match="`arm` must have two labels"):
        cumulative_incidence_ratio([1, 2, 3], [0, 1, 2], list("abc"), at=1)
    with pytest.raises(ArgumentError, match="`reference` must be one of a, b, got 'c'"):
        cumulative_incidence_ratio([1, 2], [0, 1], list("ab"), at=1, reference="c")
