"""Caseload, forum load, waits and means."""

import json
import math
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from steps_analysis.errors import ArgumentError, DataError
from steps_analysis.referrals import (
    caseload,
    caseload_capacity,
    forum_load,
    mean_interval,
    median_wait,
)

REFERENCE = Path(__file__).parents[2] / "reference" / "referrals"
QUICK = settings(max_examples=40, deadline=None)


# By hand


def test_two_therapists_and_one_start_a_month():
    # 24 randomised in 12 months, half of them to this service: 1 a month, 6 months
    # each: 6 in treatment. Exact limits of 24: 15.377 and 35.710; halved and 6 / 12
    # times: a quarter of them.
    load = caseload(
        24,
        12,
        months_of_work=6,
        capacity=caseload_capacity(2, families_per_therapist=3),
        share=0.5,
    )
    assert (load.starts.value, load.expected.value, load.capacity) == (1, 6, 6)
    assert load.expected.lower == pytest.approx(15.377 / 4, abs=1e-3)
    assert load.expected.upper == pytest.approx(35.710 / 4, abs=1e-3)
    assert load.share_of_capacity.value == 1
    # P(Poisson(6) > 6) = 1 - exp(-6) (1 + 6 + 18 + 36 + 54 + 64.8 + 64.8) = .3937.
    assert load.exceeds.value == pytest.approx(0.3937, abs=5e-5)
    assert load.exceeds.lower < 0.3937 < load.exceeds.upper
    assert (load.expected.unit, load.starts.unit) == ("families", "a month")


def test_four_families_each_make_more_room():
    assert caseload_capacity(2, families_per_therapist=4) == 8
    assert caseload_capacity(0, families_per_therapist=4) == 0


def test_a_forum_that_hears_three():
    # 18 cases in 12 months: 1.5 a month. P(more than 3) = 1 - exp(-1.5) (1 + 1.5 +
    # 1.125 + .5625) = .0656.
    load = forum_load(18, 12, capacity=3)
    assert (load.cases.value, load.share_of_capacity.value) == (1.5, 0.5)
    assert load.exceeds.value == pytest.approx(0.0656, abs=5e-5)
    assert forum_load(18, 12, capacity=3, meetings_per_month=2).capacity == 6
    assert load.cases.measure == "new cases"
    assert load.exceeds.measure == "more cases than can be heard"


def test_the_median_of_nine_waits():
    # P(Binomial(9, 1/2) < 2) = 10 / 512 = .0195, < 3: 46 / 512: ranks 2 and 8.
    estimate = median_wait(np.arange(1, 10) * 10)
    assert (estimate.value, estimate.lower, estimate.upper) == (50, 20, 80)
    assert (estimate.unit, estimate.n) == ("days", 9)


def test_those_who_still_wait_are_not_left_out():
    ended = np.array([True] * 7 + [False] * 2)
    waits = [10, 20, 30, 40, 50, 60, 70, 5, 80]
    # So far at least 5, 10, ..., 80; at most 10, ..., 70 and two without an end.
    estimate = median_wait(waits, has_ended=ended)
    assert (estimate.value, estimate.lower) == (40, 10)
    assert math.isnan(estimate.upper)  # rank 8 may be endless
    assert estimate.method.endswith("2 who still wait count at least so long")
    heard = median_wait(waits[:7])
    assert heard.upper == 70


# Edges


def test_nothing_observed_is_not_estimable():
    load = caseload(0, 0, months_of_work=6, capacity=3)
    for figure in (load.starts, load.expected, load.share_of_capacity, load.exceeds):
        assert figure.not_estimable == "no month was observed"
    assert median_wait([]).not_estimable == "nobody has waited"
    assert mean_interval([]).not_estimable == "there is no value"


def test_nobody_who_starts_leaves_room():
    load = caseload(0, 12, months_of_work=6, capacity=3)
    assert (load.expected.value, load.exceeds.value) == (0, 0)
    assert load.expected.upper == pytest.approx(-math.log(0.025) / 2)
    assert load.exceeds.upper > 0


def test_no_capacity_has_no_share():
    load = caseload(5, 12, months_of_work=6, capacity=0)
    assert load.share_of_capacity.not_estimable == "there is no capacity"
    assert load.exceeds.value == pytest.approx(1 - math.exp(-2.5))


def test_a_forum_without_a_limit():
    load = forum_load(5, 12)
    assert load.capacity is None
    assert load.exceeds.not_estimable == "the forum hears every case"
    assert load.share_of_capacity.not_estimable == "the forum hears every case"


def test_too_few_waits_for_an_interval():
    estimate = median_wait([1, 2, 3, 4, 100])
    assert estimate.value == 3
    assert math.isnan(estimate.lower)
    assert math.isnan(estimate.upper)


def test_half_or_more_still_waiting():
    estimate = median_wait([3, 9], has_ended=[True, False])
    assert estimate.not_estimable == "half or more still wait"


def test_a_mean_of_one_value_has_no_limits():
    estimate = mean_interval([4.0], unit="days")
    assert (estimate.value, estimate.unit, estimate.n) == (4, "days", 1)
    assert math.isnan(estimate.lower)


def test_values_alike_have_no_width():
    estimate = mean_interval([4.0, 4.0])
    assert (estimate.lower, estimate.upper) == (4, 4)


# Properties


@QUICK
@given(st.lists(st.integers(0, 400), min_size=1, max_size=30), st.integers(0, 400))
def test_a_longer_wait_never_shortens_the_median(waits, more):
    one = median_wait(waits)
    two = median_wait([*waits[:-1], waits[-1] + more])
    assert two.value >= one.value
    if not math.isnan(one.lower):
        assert one.lower <= one.value <= one.upper
        assert two.upper >= one.upper


@QUICK
@given(st.lists(st.floats(-1e3, 1e3), min_size=2, max_size=20), st.floats(-50, 50))
def test_a_shift_shifts_the_mean(values, shift):
    one, two = mean_interval(values), mean_interval(np.array(values) + shift)
    for name in ("value", "lower", "upper"):
        moved = getattr(one, name) + shift
        assert getattr(two, name) == pytest.approx(moved, abs=1e-6)


def test_more_room_is_never_worse():
    shares = [
        caseload(20, 10, months_of_work=5, capacity=room).exceeds.value
        for room in range(25)
    ]
    assert all(a > b for a, b in pairwise(shares))


def test_the_interval_of_the_median_keeps_its_level():
    # 2,000 samples of 15 exponential waits: at least .95 - 3 x .0049.
    rng = np.random.default_rng(5)
    inside = [
        found.lower <= math.log(2) <= found.upper
        for found in (median_wait(row) for row in rng.exponential(size=(2_000, 15)))
    ]
    assert np.mean(inside) > 0.95 - 3 * 0.0049


# Naive twin


def test_the_caseload_by_hour_to_hour_simulation():
    # Starts of a Poisson process of 2 a month, work of 2 or 4 months: 6 at once.
    rng = np.random.default_rng(3)
    starts = np.sort(rng.uniform(0, 20_000, rng.poisson(40_000)))
    ends = starts + rng.choice([2.0, 4.0], len(starts))
    at = np.arange(100, 19_900, 5.0)
    there = np.searchsorted(starts, at) - np.searchsorted(np.sort(ends), at)
    load = caseload(2_000, 1_000, months_of_work=3, capacity=8)
    assert there.mean() == pytest.approx(
        load.expected.value, abs=4 * 6**0.5 / 3960**0.5
    )
    share = np.mean(there > 8)
    error = math.sqrt(share * (1 - share) / len(at))
    assert share == pytest.approx(load.exceeds.value, abs=4 * error)
    assert load.exceeds.value == pytest.approx(stats.poisson(6).sf(8))


# R


def test_every_figure_of_the_mean_of_r():
    sheets = json.loads((REFERENCE / "mean_t.json").read_text())["sheets"]
    (row,) = sheets["testdata_Mean_results"]
    values = [each["values"] for each in sheets["testdata_Mean"]]
    assert {each["area"] for each in sheets["testdata_Mean"]} == {row["area"]}
    assert sum(values) == pytest.approx(row["value_sum"], rel=1e-10)
    for suffix, level in (("95_0", 0.95), ("99_8", 0.998)):
        estimate = mean_interval(values, level=level)
        assert estimate.n == row["value_count"]
        assert estimate.value == pytest.approx(row["value"], rel=1e-10)
        deviation = estimate.standard_error * math.sqrt(estimate.n)
        assert deviation == pytest.approx(row["stdev"], rel=1e-10)
        assert estimate.lower == pytest.approx(row[f"lower{suffix}cl"], rel=1e-10)
        assert estimate.upper == pytest.approx(row[f"upper{suffix}cl"], rel=1e-10)
    assert (row["statistic"], row["method"]) == ("mean", "Student's t-distribution")
    assert "Student's t" in estimate.method


# Errors


@pytest.mark.parametrize("value", [-1, 2.5, math.nan, math.inf])
def test_what_is_no_whole_number_is_refused(value):
    with pytest.raises(ArgumentError, match="`therapists` must be a whole number"):
        caseload_capacity(value, families_per_therapist=3)
    with pytest.raises(ArgumentError, match="`capacity` must be a whole number"):
        caseload(1, 1, months_of_work=1, capacity=value)
    with pytest.raises(ArgumentError, match="`capacity` must be a whole number"):
        forum_load(1, 1, capacity=value)


def test_no_family_at_all_is_refused():
    with pytest.raises(ArgumentError, match="`families_per_therapist` must be"):
        caseload_capacity(1, families_per_therapist=0)
    with pytest.raises(ArgumentError, match="`meetings_per_month` must be"):
        forum_load(1, 1, capacity=1, meetings_per_month=0)


@pytest.mark.parametrize("months", [0, -1, math.inf, math.nan])
def test_work_of_no_length_is_refused(months):
    with pytest.raises(ArgumentError, match="`months_of_work` must be a finite"):
        caseload(1, 1, months_of_work=months, capacity=1)


@pytest.mark.parametrize("share", [0, 1.2, math.nan])
def test_what_is_no_share_is_refused(share):
    with pytest.raises(ArgumentError, match=r"`share` must lie in \(0, 1\]"):
        caseload(1, 1, months_of_work=1, capacity=1, share=share)


def test_starts_that_are_no_number_are_refused():
    with pytest.raises(DataError, match="`starts` must be one number"):
        caseload([1, 2], [1, 2], months_of_work=1, capacity=1)
    with pytest.raises(DataError, match="above 0 where there are events"):
        forum_load(3, 0)


def test_waits_that_are_none_are_refused():
    with pytest.raises(DataError, match="`days` must hold finite numbers"):
        median_wait([-1])
    with pytest.raises(DataError, match="`days` must have one entry per wait"):
        median_wait([[1, 2]])
    with pytest.raises(DataError, match="`has_ended` must hold truth values"):
        median_wait([1, 2], has_ended=[1, 0])


def test_values_that_are_none_are_refused():
    with pytest.raises(DataError, match="`values` must hold numbers"):
        mean_interval(["long"])
    with pytest.raises(DataError, match="`values` must hold finite numbers"):
        mean_interval([1, math.nan])
    with pytest.raises(DataError, match="`values` must have one entry each"):
        mean_interval([[1.0]])


def test_levels_in_per_cent_are_refused():
    for call in (
        lambda: mean_interval([1, 2], level=95),
        lambda: median_wait([1, 2], level=95),
        lambda: forum_load(1, 1, level=95),
        lambda: caseload(1, 1, months_of_work=1, capacity=1, level=95),
    ):
        with pytest.raises(ArgumentError, match=r"`level` must lie in \(0, 1\)"):
            call()
