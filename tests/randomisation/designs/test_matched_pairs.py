"""Matched pairs."""

import math

import numpy as np
import pytest

from steps_analysis.errors import ArgumentError, DataError
from steps_analysis.randomisation import MatchedPairs
from steps_analysis.randomisation.designs.matched_pairs import pairs_of
from steps_analysis.randomisation.designs.whitening import whitened

# --- by hand -------------------------------------------------------------------------


def test_pairs_by_hand():
    # 10 and 10.5, 14 and 14.5 are nearest; 17 stays alone.
    assert pairs_of(np.array([[10], [14], [10.5], [17], [14.5]])).tolist() == [
        [0, 2],
        [1, 4],
    ]


def test_the_nearest_two_are_not_always_a_pair():
    # 0, 4, 5, 9: the nearest are 4 and 5, but 0-9 would cost 9: 1 + 9 > 4 + 4.
    assert pairs_of(np.array([[0.0], [4], [5], [9]])).tolist() == [[0, 1], [2, 3]]


def test_arms_by_hand():
    arms = MatchedPairs().draw_lists([[10], [14], [10], [14]], 200, seed=1)
    found = {tuple(arm) for arm in arms.tolist()}
    assert found == {(1, 1, 0, 0), (1, 0, 0, 1), (0, 1, 1, 0), (0, 0, 1, 1)}


def test_every_list_by_hand():
    # 10 and 10.5 are a pair, 14 stays alone.
    found = MatchedPairs().enumerate_lists([[10], [14], [10.5]])
    assert {tuple(arm) for arm in found.tolist()} == {
        (1, 0, 0), (0, 0, 1), (1, 1, 0), (0, 1, 1)
    }  # fmt: skip


# --- edges ---------------------------------------------------------------------------


def test_two_participants_are_a_pair():
    arms = MatchedPairs().draw_lists([[1], [5]], 50, seed=1)
    assert {tuple(arm) for arm in arms.tolist()} == {(0, 1), (1, 0)}


def test_equal_participants_are_all_paired():
    pairs = pairs_of(np.zeros((6, 1)))
    assert sorted(pairs.ravel().tolist()) == [0, 1, 2, 3, 4, 5]


# --- properties ----------------------------------------------------------------------


def test_every_participant_has_an_even_chance():
    n_lists = 2000
    ages = np.random.default_rng(1).normal(size=(7, 2))
    arms = MatchedPairs().draw_lists(ages, n_lists, seed=6)
    error = math.sqrt(0.25 / n_lists)
    assert arms.mean(axis=0) == pytest.approx(np.full(7, 0.5), abs=4 * error)
    pairs = pairs_of(whitened(ages))
    assert (arms[:, pairs[:, 0]] + arms[:, pairs[:, 1]] == 1).all()


def test_the_order_of_the_rows_does_not_matter():
    table = np.random.default_rng(8).normal(size=(10, 2))
    order = np.random.default_rng(9).permutation(10)
    pairs = {frozenset(pair) for pair in pairs_of(table).tolist()}
    shuffled = pairs_of(table[order])
    assert {frozenset(order[pair].tolist()) for pair in shuffled} == pairs


# --- naive twin ----------------------------------------------------------------------


def _every_pairing(rows):
    """All ways to pair; of an odd number one stays alone."""
    if len(rows) <= 1:
        yield []
        return
    if len(rows) % 2:
        for alone in rows:
            yield from _every_pairing([row for row in rows if row != alone])
        return
    first, *others = rows
    for partner in others:
        rest = [row for row in others if row != partner]
        for pairing in _every_pairing(rest):
            yield [(first, partner), *pairing]


@pytest.mark.parametrize("n", [2, 3, 6, 7, 8, 9])
def test_pairs_are_the_best_of_all_pairings(n):
    points = np.random.default_rng(n).normal(size=(n, 2))

    def length(pairing):
        return sum(math.dist(points[i], points[j]) for i, j in pairing)

    best = min(_every_pairing([*range(n)]), key=length)
    assert pairs_of(points).tolist() == [list(pair) for pair in sorted(best)]


# --- errors --------------------------------------------------------------------------


def test_refusals():
    with pytest.raises(ArgumentError, match="`n_lists` must be a whole number"):
        MatchedPairs().draw_lists([[1], [2]], 0, seed=1)
    with pytest.raises(DataError, match="`covariates` must be a table of numbers"):
        MatchedPairs().draw_lists([[1]], 1, seed=1)
