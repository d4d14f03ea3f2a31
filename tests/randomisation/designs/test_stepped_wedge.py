"""Stepped wedges."""

import math
import pickle

import numpy as np
import pytest

from steps_analysis.errors import ArgumentError, DataError
from steps_analysis.randomisation import SteppedWedge
from steps_analysis.randomisation.designs.balanced import balance_score
from steps_analysis.randomisation.designs.whitening import standardised

# --- by hand -------------------------------------------------------------------------


def test_two_steps_by_hand():
    # Four clusters of 11, 12, 14 and 15 children: variance 10/3. Begun at the first of
    # two steps a cluster is treated for 2 of 3 periods, at the second for 1.
    #
    #   first   treated for 2, 2, 1, 1 periods of 12    means          B
    #   1 2     (22 + 24 + 14 + 15) / 6 = 12.5          12.5 and 13.5  1 / (10/3)
    #   1 3     (22 + 12 + 28 + 15) / 6 = 12.833        1/3 apart      1/9 / (10/3)
    #   1 4     (22 + 12 + 14 + 30) / 6 = 13            none           0
    wedge = SteppedWedge((2, 2))
    lists = np.array([[1, 1, 0, 0], [1, 0, 1, 0], [1, 0, 0, 1]], dtype=np.int8)
    children = standardised([[11], [12], [14], [15]])
    found = balance_score(lists, children, np.array([1 / 3, 2 / 3]))
    assert found == pytest.approx([0.3, 1 / 30, 0])
    near = SteppedWedge((2, 2), largest=0.04).enumerate_lists([[11], [12], [14], [15]])
    assert {tuple(row) for row in near.tolist()} == {
        (1, 0, 0, 1), (0, 1, 1, 0), (1, 0, 1, 0), (0, 1, 0, 1)
    }  # fmt: skip
    assert len(wedge.enumerate_lists()) == 6


def test_the_middle_step_does_not_count():
    # Of three steps the middle one is treated half the time: 12 may stand there.
    wedge = SteppedWedge((1, 1, 1), accepted=1)
    lists = wedge.enumerate_lists([[1], [2], [3]])
    found = balance_score(
        lists, standardised([[1], [2], [3]]), np.array([0.25, 0.5, 0.75])
    )
    middle = [row.index(1) for row in lists.tolist()]
    # Means while treated 2 -+ (0.75 - 0.25) x distance / 1.5, untreated the opposite.
    by_middle = {0: 4 / 9 * 0.25, 1: 4 / 9, 2: 4 / 9 * 0.25}
    assert found == pytest.approx([by_middle[one] for one in middle])


# --- edges ---------------------------------------------------------------------------


def test_without_a_constraint_no_covariates_are_needed():
    wedge = SteppedWedge((4, 5, 4))
    steps = wedge.draw_lists(None, 20, seed=3)
    assert {tuple(np.bincount(row)) for row in steps} == {(4, 5, 4)}
    assert all(wedge.allows(row) for row in steps)
    assert not wedge.allows(np.zeros(13, dtype=np.int8))


def test_one_cluster_at_each_step_may_come_in_any_order(every_way):
    steps = SteppedWedge((1, 1, 1)).draw_lists(None, 200, seed=1)
    assert {tuple(row) for row in steps.tolist()} == every_way((1, 1, 1))


def test_it_is_a_value():
    one = SteppedWedge([2, 2, 2], accepted=0.5)
    assert one == SteppedWedge((2, 2, 2), accepted=0.5)
    assert pickle.loads(pickle.dumps(one)) == one


def test_drawn_candidates():
    covariates = np.random.default_rng(2).normal(size=(12, 2))
    wedge = SteppedWedge((3, 3, 3, 3), accepted=0.2, n_candidates=500, candidate_seed=1)
    kept = wedge.enumerate_lists(covariates)
    assert len(kept) == len(np.unique(kept, axis=0)) == 100
    assert wedge.allows(kept[7], covariates)


# --- properties ----------------------------------------------------------------------


def test_every_order_is_equally_likely():
    n_lists = 3000
    steps = SteppedWedge((1, 2)).draw_lists(None, n_lists, seed=6)
    _, counts = np.unique(steps, axis=0, return_counts=True)
    error = math.sqrt(1 / 3 * 2 / 3 / n_lists)
    assert counts / n_lists == pytest.approx(np.full(3, 1 / 3), abs=4 * error)


def test_the_first_lists_stay_the_same():
    wedge = SteppedWedge((2, 2))
    many = wedge.draw_lists(None, 9, seed=4)
    assert (wedge.draw_lists(None, 4, seed=4) == many[:4]).all()


def test_pairs_begin_together_as_often_as_counting_says():
    # Two of six places at each of three steps: 3 x C(2, 2) of C(6, 2) pairs, 3/15.
    found = SteppedWedge((2, 2, 2)).pair_probabilities(np.arange(6)[:, None])
    assert len(found) == 15
    assert found["together"].to_numpy() == pytest.approx(np.full(15, 0.2))


# --- naive twin ----------------------------------------------------------------------


def _score_of_sw_ccr(order, z):
    """Chaussee's B: z summed by share of periods treated, less the same untreated."""
    n_steps = len(order)
    total = 0.0
    for column in z.T:
        difference = 0.0
        for place, cluster in enumerate(order):  # place 0 begins first
            treated = (n_steps - place) / (n_steps + 1)
            difference += column[cluster] * treated - column[cluster] * (1 - treated)
        total += difference**2
    return total


def test_the_score_is_that_of_sw_ccr_on_another_scale(every_way):
    z = standardised(np.random.default_rng(6).normal(size=(5, 3)))
    for word in every_way((1,) * 5):
        order = sorted(range(5), key=lambda cluster: -word[cluster])  # used at once
        steps = np.array([word], dtype=np.int8)
        ours = balance_score(steps, z, np.arange(1, 6) / 6)[0]
        assert ours == pytest.approx((2 / 5) ** 2 * _score_of_sw_ccr(order, z))


# --- errors --------------------------------------------------------------------------


def test_refusals():
    wedge = SteppedWedge((2, 2), accepted=0.5)
    with pytest.raises(ArgumentError, match="`covariates` must be given where"):
        wedge.draw_lists(None, 1, seed=1)
    with pytest.raises(ArgumentError, match="`covariates` must be given where"):
        wedge.allows(np.array([1, 1, 0, 0]))
    with pytest.raises(ArgumentError, match="`covariates` must have a row for each"):
        wedge.enumerate_lists([[1], [2], [3]])
    with pytest.raises(ArgumentError, match="`covariates` must have a row for each"):
        SteppedWedge((2, 2)).draw_lists([[1], [2], [3]], 1, seed=1)
    with pytest.raises(DataError, match="`covariates` must differ between clusters"):
        wedge.enumerate_lists(np.ones((4, 1)))
    with pytest.raises(ArgumentError, match="`n_lists` must be a whole number"):
        SteppedWedge((2, 2)).draw_lists(None, 0, seed=1)
    with pytest.raises(ArgumentError, match="`sizes` must be two or more"):
        SteppedWedge((4,))
    with pytest.raises(ArgumentError, match="`candidate_seed` must be given"):
        SteppedWedge((3, 3, 3, 3), accepted=0.2)
    with pytest.raises(ArgumentError, match="`largest` must be left out"):
        SteppedWedge((2, 2), accepted=0.2, largest=1)


def test_too_many_orders_cannot_be_listed():
    # 369,600 orders of 12 clusters in four steps can, 12! cannot.
    assert len(SteppedWedge((3, 3, 3, 3)).enumerate_lists()) == 369_600
    with pytest.raises(ArgumentError, match=r"at most 1,048,576 lists.*'12 rows'"):
        SteppedWedge((1,) * 12).enumerate_lists()
