"""Allocations with the same totals."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from steps_analysis.errors import ArgumentError, DataError
from steps_analysis.outcomes.survival.allocations import (
    count_allocations,
    draw_allocations,
    enumerate_allocations,
    exact_p_value,
    in_blocks,
    monte_carlo_p_value,
)


def mask(n, k):
    return np.arange(n) < k


def all_of(treated, stratum=None):
    return np.concatenate(list(enumerate_allocations(treated, stratum)))


# By hand


def test_two_of_three():
    found = all_of(mask(3, 2))
    assert found.tolist() == [[1, 1, 0], [1, 0, 1], [0, 1, 1]]


def test_p_value_of_a_tie():
    # sums of two of (1, 1, 2, 4): 2 3 5 3 5 6; observed 5: three of six
    treated = np.array([False, True, False, True])
    found = exact_p_value(lambda arms: arms @ np.array([1.0, 1, 2, 4]), treated)
    assert (found.observed, found.p_value) == (5.0, 0.5)


# Edges


def test_nobody_or_everybody_treated_is_one_allocation():
    assert all_of(mask(3, 0)).tolist() == [[0, 0, 0]]
    assert all_of(mask(3, 3)).tolist() == [[1, 1, 1]]
    assert exact_p_value(lambda arms: arms.sum(axis=1) * 1.0, mask(1, 1)).p_value == 1


def test_undefined_values_leave_the_reference_set():
    def statistic(arms):
        return np.where(arms[:, 0] == 1, arms[:, 1] * 1.0, np.nan)

    # of {1,2} {1,3} {2,3} the last is not defined; one of the two treats the second
    found = exact_p_value(statistic, mask(3, 2))
    assert found.p_value == 0.5
    assert found.how == "exact, 2 allocations (1 left out: statistic not defined)"
    nothing = exact_p_value(statistic, np.array([False, True, True]))
    assert math.isnan(nothing.p_value)
    drawn = draw_allocations(mask(3, 2), n_draws=10, seed=1)
    nothing = monte_carlo_p_value(statistic, np.array([False, True, True]), drawn)
    assert math.isnan(nothing.p_value)


def test_rounding_does_not_part_equals():
    # 0.1 + 0.2 and 0.3 + 0.0 are equally extreme
    scores = np.array([0.1, 0.2, 0.3, 0.0])
    for treated in ([1, 1, 0, 0], [0, 0, 1, 1]):
        found = exact_p_value(lambda arms: arms @ scores, np.array(treated) == 1)
        assert found.p_value == 4 / 6


# Properties and twin


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10_000), n=st.integers(1, 9), k=st.integers(1, 3))
def test_enumerates_what_a_slow_loop_finds(seed, n, k):
    rng = np.random.default_rng(seed)
    treated, stratum = rng.random(n) < 0.5, rng.integers(0, k, n)
    slow = {
        arms
        for arms in itertools.product((0, 1), repeat=n)
        if all(
            np.sum(np.array(arms)[stratum == z]) == treated[stratum == z].sum()
            for z in range(k)
        )
    }
    found = [tuple(row) for row in all_of(treated, stratum).tolist()]
    assert len(found) == len(slow) == count_allocations(treated, stratum)
    assert set(found) == slow


def test_a_few_of_many():
    found = all_of(mask(150, 2))
    assert len(np.unique(found, axis=0)) == len(found) == math.comb(150, 2)
    assert (all_of(~mask(150, 2)).sum(axis=1) == 148).all()


def test_draws_are_uniform_and_keep_totals():
    treated, stratum = mask(7, 3), np.array([0, 1, 0, 1, 0, 1, 1])
    drawn = np.concatenate(
        list(draw_allocations(treated, stratum, n_draws=9_000, seed=3))
    )
    assert drawn.shape == (9_000, 7)
    kinds, times = np.unique(drawn, axis=0, return_counts=True)
    assert len(kinds) == count_allocations(treated, stratum) == 3 * 4
    # chi-squared on 11 degrees: 99.9 % quantile 31.3
    assert ((times - 750) ** 2 / 750).sum() < 31.3
    fewer = np.concatenate(
        list(draw_allocations(treated, stratum, n_draws=5_000, seed=3))
    )
    assert np.array_equal(fewer, drawn[:5_000])


def test_drawn_approaches_exact():
    scores = np.random.default_rng(5).normal(size=12)
    treated = mask(12, 6)

    def statistic(arms):
        return abs(arms @ (scores - scores.mean()))

    exact = exact_p_value(statistic, treated)
    drawn = draw_allocations(treated, n_draws=20_000, seed=2)
    found = monte_carlo_p_value(statistic, treated, drawn)
    error = math.sqrt(exact.p_value * (1 - exact.p_value) / 20_000)
    assert abs(found.p_value - exact.p_value) < 4 * error
    assert found.how.startswith("20,000 allocations drawn, Monte Carlo standard error")


# Errors


def test_refuses_what_is_no_allocation():
    with pytest.raises(DataError, match="`allocations` must have one row a draw and 3"):
        in_blocks([[0, 1]], n=3)
    with pytest.raises(DataError, match="`allocations` must hold 0 and 1"):
        in_blocks([[0, 2]], n=2)
    with pytest.raises(DataError, match="`allocations` must hold 0 and 1"):
        in_blocks([[0.5, 1]], n=2)


def test_refuses_too_many_and_draws_without_seed():
    with pytest.raises(ArgumentError, match="`n_draws` must be given where there are"):
        next(enumerate_allocations(mask(60, 30)))
    with pytest.raises(ArgumentError, match="Hint: 155,117,520 share"):
        next(enumerate_allocations(mask(30, 15)))
    with pytest.raises(ArgumentError, match="`n_draws` must be a whole number"):
        next(draw_allocations(mask(4, 2), n_draws=0, seed=1))
    with pytest.raises(ArgumentError, match="`seed` must be given"):
        next(draw_allocations(mask(4, 2), n_draws=5, seed=None))
