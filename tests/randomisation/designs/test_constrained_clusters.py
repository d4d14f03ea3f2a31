"""Constrained clusters."""

import itertools
import math
import pickle
import statistics

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from steps_analysis.errors import ArgumentError, DataError
from steps_analysis.randomisation import ConstrainedClusters
from steps_analysis.randomisation.designs.balanced import balance_score, candidates
from steps_analysis.randomisation.designs.whitening import standardised

# Four clusters: performance at baseline, and a second rate. The example of Moulton
# (2004) as tabled in PMC3503622, table 4:
#
#   treated   difference of means   over the variances 1325/3 and 218.75/3     B
#   1 2       30    2.5             900 / 441.67 + 6.25 / 72.917            2.1235
#   1 3       20   12.5             400 / 441.67 + 156.25 / 72.917          3.0485
#   1 4        5    7.5              25 / 441.67 + 56.25 / 72.917           0.8280
#   2 3        5    7.5                                                     0.8280
#   2 4       20   12.5                                                     3.0485
#   3 4       30    2.5                                                     2.1235
FOUR = pd.DataFrame(
    {"performance": [25, 50, 60, 75], "rate": [80, 60, 75, 70]},
    index=["Borough A", "Borough B", "Borough C", "Borough D"],
)
PLAIN = np.array([0.0, 1.0])


def _scores(design, covariates):
    lists = candidates(design)
    found = balance_score(lists, standardised(covariates), PLAIN, design.weights)
    return {
        tuple(np.flatnonzero(row) + 1): score
        for row, score in zip(lists, found, strict=True)
    }


# --- by hand -------------------------------------------------------------------------


def test_scores_by_hand():
    found = _scores(ConstrainedClusters((2, 2), accepted=1), FOUR)
    assert found == pytest.approx(
        {
            (1, 2): 900 / (1325 / 3) + 6.25 / (218.75 / 3),
            (1, 3): 400 / (1325 / 3) + 156.25 / (218.75 / 3),
            (1, 4): 25 / (1325 / 3) + 56.25 / (218.75 / 3),
            (2, 3): 25 / (1325 / 3) + 56.25 / (218.75 / 3),
            (2, 4): 400 / (1325 / 3) + 156.25 / (218.75 / 3),
            (3, 4): 900 / (1325 / 3) + 6.25 / (218.75 / 3),
        }
    )


@pytest.mark.parametrize(
    "limit",
    # A sixth is one of the six, and its mirror image is as good.
    [{"accepted": 1 / 3}, {"accepted": 1 / 6}, {"largest": 0.829}],
)
def test_the_best_two_by_hand(limit):
    design = ConstrainedClusters((2, 2), **limit)
    expected = [[1, 0, 0, 1], [0, 1, 1, 0]]
    assert design.enumerate_lists(FOUR).tolist() == expected


def test_weights_by_hand():
    # The second rate alone: 12.5 is worst, 7.5 between, 2.5 best.
    design = ConstrainedClusters((2, 2), accepted=1 / 3, weights=(0, 1))
    assert design.enumerate_lists(FOUR).tolist() == [[1, 1, 0, 0], [0, 0, 1, 1]]


def test_pairs_by_hand():
    # Of the four lists kept, 12|34 twice and 14|23 twice: 1 and 3 never meet.
    design = ConstrainedClusters((2, 2), largest=2.2)
    found = design.pair_probabilities(FOUR)
    assert found["first"].tolist()[:3] == ["Borough A"] * 3
    assert found["second"].tolist()[:3] == ["Borough B", "Borough C", "Borough D"]
    assert found["together"].tolist() == [0.5, 0, 0.5, 0.5, 0, 0.5]


# --- edges ---------------------------------------------------------------------------


def test_two_clusters_are_a_coin():
    arms = ConstrainedClusters((1, 1), accepted=0.1).draw_lists([[1], [2]], 40, seed=1)
    assert {tuple(arm) for arm in arms.tolist()} == {(1, 0), (0, 1)}


def test_odd_numbers_have_their_sizes():
    design = ConstrainedClusters((3, 2), accepted=0.5)
    assert set(design.enumerate_lists(np.arange(5)[:, None]).sum(axis=1)) == {3}


def test_a_covariate_that_is_the_same_for_all_says_nothing():
    design = ConstrainedClusters((2, 2), accepted=1 / 3)
    both = FOUR.assign(same=7)
    assert (design.enumerate_lists(both) == design.enumerate_lists(FOUR)).all()


def test_it_is_a_value():
    one = ConstrainedClusters([4, 4], accepted=1, weights=[1, 2])
    again = ConstrainedClusters((4, 4), accepted=1.0, weights=(1.0, 2.0))
    assert one == again == pickle.loads(pickle.dumps(one))
    assert hash(one) == hash(again)


def test_drawn_candidates_are_distinct_and_always_the_same():
    covariates = np.random.default_rng(1).normal(size=(12, 2))
    design = ConstrainedClusters(
        (7, 5), accepted=0.1, n_candidates=200, candidate_seed=3
    )
    looked_at = candidates(design)
    assert len(np.unique(looked_at, axis=0)) == 200
    kept = design.enumerate_lists(covariates)
    assert len(kept) == 20
    assert (kept == design.enumerate_lists(covariates)).all()
    arms = design.draw_lists(covariates, 30, seed=5)
    assert all(design.allows(arm, covariates) for arm in arms)
    assert not design.allows(np.repeat([1, 0], [7, 5]), np.arange(12)[:, None])


# --- against R -----------------------------------------------------------------------


@pytest.fixture
def dickinson(reference):
    return reference("cvcrand_dickinson")


@pytest.fixture
def counties(dickinson):
    table = pd.DataFrame(dickinson["counties"])
    factors = pd.get_dummies(table, columns=["location", "incomecat"], dtype=float)
    return factors.drop(columns=["location_Rural", "incomecat_High"])


def test_every_score_printed_by_cvcrand(dickinson, counties):
    design = ConstrainedClusters((8, 8), accepted=0.1)
    found = 16 * np.array([*_scores(design, counties).values()])
    printed = {
        "mean": found.mean(),
        "standard_deviation": found.std(ddof=1),
        "least": found.min(),
        "largest": found.max(),
    }
    assert len(found) == dickinson["n_allocations"]
    for name, value in printed.items():
        assert value == pytest.approx(dickinson[name], abs=0.0005), name
    for share, value in dickinson["quantiles"].items():
        assert np.quantile(found, float(share)) == pytest.approx(value, abs=0.0005)
    selected = np.array([dickinson["selected"]], dtype=np.int8)
    score = 16 * balance_score(selected, standardised(counties), PLAIN)[0]
    assert score == pytest.approx(dickinson["score_of_selected"], abs=0.0005)


def test_the_mirror_image_of_the_last_one_kept_is_kept_too(dickinson, counties):
    # cvcrand keeps 1,287, an odd number: one list without its mirror image.
    kept = ConstrainedClusters((8, 8), accepted=0.1).enumerate_lists(counties)
    assert len(kept) == dickinson["n_accepted"] + 1
    assert kept.mean(axis=0).tolist() == [0.5] * 16
    assert [*dickinson["selected"]] in kept.tolist()


# --- properties ----------------------------------------------------------------------


@given(st.integers(4, 8), st.integers(1, 3), st.integers(0, 999), st.floats(0.1, 1))
@settings(max_examples=30, deadline=None)
def test_the_kept_are_the_best_and_mirror_images_stay_together(k, n, seed, accepted):
    k -= k % 2
    covariates = np.random.default_rng(seed).normal(size=(k, n))
    design = ConstrainedClusters((k // 2, k // 2), accepted=accepted)
    kept = {tuple(row) for row in design.enumerate_lists(covariates).tolist()}
    assert len(kept) >= accepted * math.comb(k, k // 2) - 1e-6
    assert {tuple(1 - arm for arm in row) for row in kept} == kept


@given(st.integers(0, 999), st.floats(-50, 50), st.floats(0.01, 100))
@settings(max_examples=20, deadline=None)
def test_units_do_not_matter(seed, shift, factor):
    covariates = np.random.default_rng(seed).normal(size=(8, 2))
    design = ConstrainedClusters((4, 4), accepted=0.2)
    moved = covariates * factor + shift
    assert (design.enumerate_lists(moved) == design.enumerate_lists(covariates)).all()


def test_the_kept_are_equally_likely():
    n_lists = 4000
    design = ConstrainedClusters((3, 3), accepted=0.3)
    covariates = np.random.default_rng(7).normal(size=(6, 2))
    kept = design.enumerate_lists(covariates)
    arms = design.draw_lists(covariates, n_lists, seed=8)
    drawn, counts = np.unique(arms, axis=0, return_counts=True)
    assert {*map(tuple, drawn.tolist())} == {*map(tuple, kept.tolist())}
    share = 1 / len(kept)
    error = math.sqrt(share * (1 - share) / n_lists)
    assert counts / n_lists == pytest.approx(np.full(len(kept), share), abs=4 * error)


def test_the_first_lists_stay_the_same():
    design = ConstrainedClusters((2, 2), accepted=1)
    many = design.draw_lists(FOUR, 9, seed=4)
    assert (design.draw_lists(FOUR, 4, seed=4) == many[:4]).all()


# --- naive twin ----------------------------------------------------------------------


def _naive_score(treated, covariates, weights):
    """The score from the paper's words, with plain lists."""
    total = 0.0
    for column, weight in zip(zip(*covariates, strict=True), weights, strict=True):
        ours = [value for i, value in enumerate(column) if i in treated]
        theirs = [value for i, value in enumerate(column) if i not in treated]
        difference = statistics.mean(ours) - statistics.mean(theirs)
        total += weight * difference**2 / statistics.variance(column)
    return total


@pytest.mark.parametrize("sizes", [(2, 3), (3, 3), (5, 2)])
def test_what_is_kept_is_what_a_plain_search_keeps(sizes):
    k, weights = sum(sizes), (1.0, 0.3, 2.0)
    covariates = np.random.default_rng(k).normal(size=(k, 3)).round(2).tolist()
    score = {
        treated: _naive_score(treated, covariates, weights)
        for treated in itertools.combinations(range(k), sizes[0])
    }
    limit = sorted(score.values())[int(0.8 * len(score))]
    expected = {treated for treated, value in score.items() if value <= limit + 1e-9}
    design = ConstrainedClusters(sizes, largest=limit, weights=weights)
    found = design.enumerate_lists(covariates)
    assert {tuple(np.flatnonzero(row).tolist()) for row in found} == expected


# --- errors --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sizes", "more", "message"),
    [
        ((2, 2), {}, "`accepted` must be given, or `largest`"),
        ((2, 2), {"accepted": 0.1, "largest": 1}, "`largest` must be left out where"),
        ((2, 2), {"accepted": 0}, r"`accepted` must lie in \[1e-06, 1\]"),
        ((2, 2), {"accepted": 1.2}, r"`accepted` must lie in \[1e-06, 1\]"),
        ((2, 2), {"largest": -1}, "`largest` must be a finite number, at least 0"),
        ((2, 2), {"largest": math.nan}, "`largest` must be a finite number"),
        ((2, 2), {"accepted": 1, "weights": (0, 0)}, "`weights` must hold a number ab"),
        ((2, 2), {"accepted": 1, "weights": ()}, "`weights` must hold a number above"),
        ((2, 2), {"accepted": 1, "weights": (1, -1)}, "`weights` must be a finite num"),
        ((2, 2), {"accepted": 1, "weights": "ab"}, "`weights` must be a finite number"),
        ((2, 2), {"accepted": 1, "n_candidates": 1}, "`n_candidates` must be a whole"),
        ((2, 2), {"accepted": 1, "n_candidates": 10**7}, "must be at most 1,048,576"),
        ((2, 2), {"accepted": 1, "candidate_seed": -1}, "`candidate_seed` must be a w"),
        ((4,), {"accepted": 1}, "`sizes` must be two or more whole numbers"),
        (4, {"accepted": 1}, "`sizes` must be two or more whole numbers"),
        ((4, 0), {"accepted": 1}, "`sizes` must be two or more whole numbers"),
        ((2.0, 2), {"accepted": 1}, "`sizes` must be two or more whole numbers"),
        ((2, 2, 2), {"accepted": 1}, "`sizes` must be two numbers of clusters"),
        ((1,) * 101, {"accepted": 1}, "`sizes` must be two or more whole numbers"),
    ],
)
def test_an_impossible_declaration_is_refused(sizes, more, message):
    with pytest.raises(ArgumentError, match=message):
        ConstrainedClusters(sizes, **more)


def test_drawn_candidates_need_a_seed():
    # 184,756 ways to treat 10 of 20.
    message = r"(?s)`candidate_seed` must be given where 100,000 of.*=184756 looks at"
    with pytest.raises(ArgumentError, match=message):
        ConstrainedClusters((10, 10), accepted=0.1)
    with pytest.raises(ArgumentError, match=r"where 100,000 of more .*, got None$"):
        ConstrainedClusters((1000, 1000), accepted=0.1)


@pytest.mark.parametrize(
    ("design", "covariates", "error", "message"),
    [
        ({"largest": 0.1}, FOUR, ArgumentError, "is kept .the best has 0.828"),
        ({"accepted": 1}, FOUR[:3], ArgumentError, "a row for each of 2 . 2 = 4 clus"),
        ({"accepted": 1, "weights": (1,)}, FOUR, ArgumentError, "one for each of 2"),
        ({"accepted": 1}, np.ones((4, 2)), DataError, "must differ between clusters"),
        ({"accepted": 1}, [["x"]] * 4, DataError, "must be a table of numbers"),
        ({"accepted": 1}, None, DataError, "must be a table of numbers"),
        ({"accepted": 1}, [], DataError, "must be a table of numbers"),
    ],
)
def test_covariates_that_do_not_fit_are_refused(design, covariates, error, message):
    with pytest.raises(error, match=message):
        ConstrainedClusters((2, 2), **design).enumerate_lists(covariates)


def test_a_certain_arm_is_refused():
    # One of four treated: the two in the middle are best, 11 and 20 never treated.
    design = ConstrainedClusters((1, 3), accepted=0.5)
    message = "no cluster's group is certain .2 of 4 are, among 2 kept"
    with pytest.raises(ArgumentError, match=message):
        design.enumerate_lists([[11], [15], [16], [20]])


def test_a_number_of_lists_is_needed():
    with pytest.raises(ArgumentError, match="`n_lists` must be a whole number"):
        ConstrainedClusters((2, 2), accepted=1).draw_lists(FOUR, 0, seed=1)
