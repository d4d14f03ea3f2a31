"""Whole allocations with fixed totals."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from steps_analysis.randomisation.designs.allocations import (
    every_allocation,
    n_allocations,
    some_allocations,
)

# --- by hand -------------------------------------------------------------------------


def test_two_of_three_by_hand():
    assert every_allocation((2, 1)).tolist() == [[1, 1, 0], [1, 0, 1], [0, 1, 1]]


def test_three_groups_by_hand():
    # 3! orders of three clusters.
    found = {tuple(row) for row in every_allocation((1, 1, 1)).tolist()}
    assert found == {
        (2, 1, 0), (2, 0, 1), (1, 2, 0), (0, 2, 1), (1, 0, 2), (0, 1, 2)
    }  # fmt: skip


# --- properties, and the naive twin --------------------------------------------------


@given(st.lists(st.integers(1, 3), min_size=2, max_size=3).map(tuple))
@settings(max_examples=25, deadline=None)
def test_every_way_once(sizes):
    found = every_allocation(sizes)
    assert found.dtype == np.int8
    factorials = math.prod(math.factorial(size) for size in sizes)
    n = math.factorial(sum(sizes)) // factorials
    assert len(found) == len(np.unique(found, axis=0)) == n == n_allocations(sizes)


@pytest.mark.parametrize("sizes", [(1, 1), (3, 2), (1, 2, 2), (1, 1, 1, 1)])
def test_every_way_is_what_a_plain_search_finds(sizes, every_way):
    assert {tuple(row) for row in every_allocation(sizes).tolist()} == every_way(sizes)


def test_some_are_distinct_keep_the_totals_and_can_be_all():
    found = some_allocations((2, 2, 1), 30, np.random.default_rng(3))
    assert {tuple(row) for row in found.tolist()} == {
        tuple(row) for row in every_allocation((2, 2, 1)).tolist()
    }


def test_every_way_is_as_often_among_some():
    # 2 of 6 ways in 3,000 draws: each way is among them with probability 1/3.
    n_draws = 3000
    rng = np.random.default_rng(4)
    drawn = [some_allocations((2, 2), 2, rng) for _ in range(n_draws)]
    _, count = np.unique(np.concatenate(drawn), axis=0, return_counts=True)
    error = math.sqrt(1 / 3 * 2 / 3 / n_draws)
    assert count / n_draws == pytest.approx(np.full(6, 1 / 3), abs=4 * error)
