"""Rerandomisation."""

import itertools
import math
import pickle

import numpy as np
import pytest

from steps_analysis.errors import ArgumentError, DataError
from steps_analysis.randomisation import Rerandomisation
from steps_analysis.randomisation.designs.rerandomisation import distance
from steps_analysis.randomisation.designs.whitening import whitened

AGES = np.array([[11.0], [12.0], [13.0], [15.0], [16.0], [17.0]])


def _every_list(n, n_treatment):
    arms = np.zeros((math.comb(n, n_treatment), n), dtype=np.int8)
    for row, chosen in enumerate(itertools.combinations(range(n), n_treatment)):
        arms[row, list(chosen)] = 1
    return arms


# --- by hand -------------------------------------------------------------------------


def test_distance_by_hand():
    # Ages 11, 12, 14, 15: variance 10 / 3. 11 and 12 beside 14 and 15 differ by 3:
    # 2 x 2 / 4 x 9 / (10 / 3) = 2.7; 11 and 15 beside 12 and 14 by 0.
    ages = whitened([[11], [12], [14], [15]])
    both = np.array([[1, 1, 0, 0], [1, 0, 0, 1]])
    assert distance(both, ages) == pytest.approx([2.7, 0])


def test_the_largest_distance_by_hand():
    # Two covariates: chi-squared with 2 degrees is exponential, 1 - exp(-x / 2).
    found = Rerandomisation(0.1).largest_distance(2)
    assert 1 - math.exp(-found / 2) == pytest.approx(0.1)


# --- edges ---------------------------------------------------------------------------


def test_one_accepts_every_list():
    arms = Rerandomisation(1).draw_lists(AGES, 600, seed=2)
    assert len(np.unique(arms, axis=0)) == math.comb(6, 3)


def test_it_is_a_value():
    one = Rerandomisation(0.2, ratio=(4, 2))
    assert one == Rerandomisation(0.2, ratio=(2, 1)) == pickle.loads(pickle.dumps(one))
    assert repr(one) == "Rerandomisation(accepted=0.2, ratio=(2, 1))"


# --- properties ----------------------------------------------------------------------


@pytest.mark.parametrize("n_treatment", [2, 4])
def test_the_mean_distance_over_all_lists_is_the_number_of_covariates(n_treatment):
    table = np.random.default_rng(5).normal(size=(8, 3))
    found = distance(_every_list(8, n_treatment), whitened(table))
    assert found.mean() == pytest.approx(3, rel=1e-12)


def test_lists_near_enough_are_equally_likely_and_no_other_is_drawn():
    design, n_lists = Rerandomisation(0.4), 4000
    every = _every_list(6, 3)
    is_near = distance(every, whitened(AGES)) <= design.largest_distance(1)
    near = every[is_near]
    drawn, counts = np.unique(
        design.draw_lists(AGES, n_lists, seed=11), axis=0, return_counts=True
    )
    assert {*map(tuple, drawn.tolist())} == {*map(tuple, near.tolist())}
    expected = n_lists / len(near)
    chi_squared = ((counts - expected) ** 2 / expected).sum()
    degrees = len(near) - 1  # four standard deviations of a chi-squared
    assert chi_squared < degrees + 4 * math.sqrt(2 * degrees)


def test_the_distance_that_is_left_is_what_morgan_and_rubin_derive():
    # Of the variance of the means' difference there remains
    # P(chi2 of k + 2 <= a) / P(chi2 of k <= a). For k = 2 and 10 % accepted, with
    # exp(-a / 2) = 0.9: (1 - 0.9 (1 + a / 2)) / 0.1; the mean distance is k times that.
    table, n_lists = np.random.default_rng(12).normal(size=(60, 2)), 500
    left = (1 - 0.9 * (1 - math.log(0.9))) / 0.1
    arms = Rerandomisation(0.1).draw_lists(table, n_lists, seed=13)
    found = distance(arms, whitened(table))
    error = found.std() / math.sqrt(n_lists)
    assert found.mean() == pytest.approx(2 * left, abs=4 * error)


def test_an_unequal_ratio_is_in_every_list():
    arms = Rerandomisation(0.5, ratio=(2, 1)).draw_lists(AGES, 50, seed=3)
    assert set(arms.sum(axis=1).tolist()) == {4}


def test_the_first_lists_stay_the_same():
    design = Rerandomisation(0.3)
    many = design.draw_lists(AGES, 9, seed=4)
    assert (design.draw_lists(AGES, 4, seed=4) == many[:4]).all()


def test_where_no_list_is_near_enough_none_is_listed():
    # Of 0, 1, 2, 9 no two sum to half of 12.
    assert Rerandomisation(0.001).enumerate_lists([[0], [1], [2], [9]]).shape == (0, 4)


# --- errors --------------------------------------------------------------------------


@pytest.mark.parametrize("accepted", [0, 0.0001, 1.5, "0.1", None])
def test_an_impossible_share_is_refused(accepted):
    with pytest.raises(ArgumentError, match=r"`accepted` must lie in \[0.001, 1\]"):
        Rerandomisation(accepted)


def test_refusals():
    with pytest.raises(ArgumentError, match="`covariates` must have a multiple of 2"):
        Rerandomisation(0.5).draw_lists(AGES[:5], 1, seed=1)
    with pytest.raises(ArgumentError, match="`accepted` must be so large that a list"):
        Rerandomisation(0.001).draw_lists([[0], [1], [2], [9]], 1, seed=1)
    with pytest.raises(ArgumentError, match="`n_lists` must be a whole number"):
        Rerandomisation(0.5).draw_lists(AGES, 0, seed=1)
    with pytest.raises(ArgumentError, match="`ratio` must be two whole numbers"):
        Rerandomisation(0.5, ratio=(1, 1, 1))
    with pytest.raises(DataError, match="`covariates` must differ"):
        Rerandomisation(0.5).draw_lists(np.ones((4, 1)), 1, seed=1)
