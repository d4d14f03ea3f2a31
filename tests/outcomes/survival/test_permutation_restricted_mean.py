"""The permutation test of restricted means."""

from itertools import combinations, pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from steps_analysis.errors import ArgumentError, DataError
from steps_analysis.outcomes import (
    kaplan_meier,
    permutation_restricted_mean,
    restricted_mean,
)

ARM = ["MAU", "MAU", "MST-PSB", "MST-PSB"]


def trial(seed, n=12):
    rng = np.random.default_rng(seed)
    time, event = rng.integers(1, 12, n) * 1.0, rng.random(n) < 0.7
    time[:2], event[:2] = 12, False
    return time, event, np.array(["a", "b"])[np.arange(n) % 2]


# By hand


def test_drawn_table():
    # 1, 2, 3 and 4+ up to 4: of six pairs, the last two have mean 3.5 against 1.5
    one = permutation_restricted_mean([1, 2, 3, 4], [1, 1, 1, 0], ARM, horizon=4)
    assert one.statistic == 2
    assert one.p_value == pytest.approx(2 / 6)
    assert "exact, 6 allocations; MST-PSB minus MAU" in one.method
    for alternative, p_value in (("greater", 1 / 6), ("less", 1)):
        side = permutation_restricted_mean(
            [1, 2, 3, 4], [1, 1, 1, 0], ARM, horizon=4, alternative=alternative
        )
        assert side.p_value == pytest.approx(p_value)


def test_strata_are_kept():
    # within each stratum of two there are two allocations, four in all
    found = permutation_restricted_mean(
        [1, 2, 3, 4], [1, 1, 1, 0], ["a", "b"] * 2, horizon=4, stratum=[1, 1, 2, 2]
    )
    assert "exact, 4 allocations" in found.method
    # +1 +1, +1 -1, -1 +1, -1 -1 halved: two are as extreme as 1
    assert found.statistic == 1
    assert found.p_value == pytest.approx(1 / 2)


# Edges


def test_no_event_one_arm_and_a_horizon_out_of_reach():
    none = permutation_restricted_mean([5] * 4, [0] * 4, ARM, horizon=5)
    assert (none.statistic, none.p_value) == (0, 1)
    alone = permutation_restricted_mean([1, 2], [1, 0], ["a", "a"], horizon=1)
    assert alone.not_estimable == "only one arm has participants"
    far = permutation_restricted_mean([1, 2, 3, 4], [1, 1, 1, 0], ARM, horizon=5)
    assert far.not_estimable == "nobody in arm MST-PSB was followed to 5"


# Properties


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_the_statistic_is_the_restricted_means_and_arms_can_be_swapped(seed):
    time, event, arm = trial(seed)
    one = permutation_restricted_mean(time, event, arm, horizon=9)
    plain = restricted_mean(time, event, arm, horizon=9)
    if plain.not_estimable is None:
        assert one.statistic == pytest.approx(plain.value)
    two = permutation_restricted_mean(time, event, arm, horizon=9, reference="b")
    assert two.statistic == pytest.approx(-one.statistic)
    assert two.p_value == pytest.approx(one.p_value)


def test_draws_and_given_allocations_come_close_to_all():
    time, event, arm = trial(3)
    exact = permutation_restricted_mean(time, event, arm, horizon=9)
    options = {"horizon": 9, "n_draws": 4000, "seed": 1}
    drawn = permutation_restricted_mean(time, event, arm, **options)
    error = 3 * np.sqrt(exact.p_value * (1 - exact.p_value) / 4000)
    assert drawn.p_value == pytest.approx(exact.p_value, abs=error)
    assert permutation_restricted_mean(time, event, arm, **options) == drawn
    every = [[int(i in own) for i in range(12)] for own in combinations(range(12), 6)]
    given_ones = permutation_restricted_mean(
        time, event, arm, horizon=9, allocations=every
    )
    # those given count the observed one once more
    count = round(exact.p_value * 924)
    assert given_ones.p_value == pytest.approx((count + 1) / 925)


# Naive twin


def slow_mean(time, event, horizon):
    curve = kaplan_meier(time, event)
    edges = [0.0, *[t for t in curve.time if t < horizon], horizon]
    return sum((b - a) * float(curve.at(a)) for a, b in pairwise(edges))


@pytest.mark.parametrize("seed", range(2))
def test_equals_a_slow_loop_over_curves(seed):
    time, event, arm = trial(seed, 8)
    found = permutation_restricted_mean(time, event, arm, horizon=9)
    differences = []
    for own in combinations(range(8), 4):
        mask = np.isin(np.arange(8), own)
        one, other = (slow_mean(time[m], event[m], 9.0) for m in (mask, ~mask))
        differences.append(one - other)
    p_value = np.mean(np.abs(differences) >= abs(found.statistic) - 1e-9)
    assert found.p_value == pytest.approx(p_value)


# R


def test_equals_all_924_in_r(figures, table, compare):
    perm12 = table("perm12")
    columns = perm12.time, perm12.status, perm12.g
    both = permutation_restricted_mean(*columns, horizon=20)
    greater = permutation_restricted_mean(*columns, horizon=20, alternative="greater")
    assert "exact, 924 allocations" in both.method
    ours = {
        "obs": both.statistic,
        "p_two": both.p_value,
        "p_greater": greater.p_value,
    }
    compare(ours, figures["perm_rmst_12"])


# Errors


def test_refuses_what_does_not_go_together():
    columns = [1, 2, 3, 4], [1, 1, 1, 0], ARM
    every = [[1, 1, 0, 0], [0, 0, 1, 1]]
    with pytest.raises(ArgumentError, match="`alternative` must be one of two-sided"):
        permutation_restricted_mean(*columns, horizon=4, alternative="both")
    with pytest.raises(ArgumentError, match="`seed` must be given where allocations"):
        permutation_restricted_mean(*columns, horizon=4, n_draws=10)
    for name, value in (("n_draws", 9), ("stratum", ARM), ("seed", 1)):
        with pytest.raises(ArgumentError, match=f"`{name}` must be None with `alloc"):
            permutation_restricted_mean(
                *columns, horizon=4, allocations=every, **{name: value}
            )
    with pytest.raises(ArgumentError, match='`missing` must be "refuse" with `alloc'):
        permutation_restricted_mean(
            *columns, horizon=4, allocations=every, missing="drop"
        )
    with pytest.raises(DataError, match="`allocations` must have one row a draw and 4"):
        permutation_restricted_mean(*columns, horizon=4, allocations=[[1, 0]])
    with pytest.raises(DataError, match="`horizon` must be finite and above 0"):
        permutation_restricted_mean(*columns, horizon=-1)
    with pytest.raises(ArgumentError, match="`arm` must have two labels, got 4"):
        permutation_restricted_mean([1] * 4, [1] * 4, list("abcd"), horizon=1)
