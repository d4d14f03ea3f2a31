"""Therapists in one arm only."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import optimize, stats

from steps_analysis.errors import ArgumentError, DataError
from steps_analysis.outcomes import partially_nested_difference

NONE = [None]


def trial(seed, sizes=(5, 5, 5, 5), n_control=20, between=1.0):
    rng = np.random.default_rng(seed)
    therapist = np.repeat(np.arange(len(sizes)), sizes)
    own = rng.normal(0, 2, len(therapist))
    own = own + rng.normal(0, math.sqrt(between), len(sizes))[therapist]
    score = np.concatenate([own, rng.normal(0, 1, n_control)])
    arm = ["MST-PSB"] * len(therapist) + ["MAU"] * n_control
    return score, arm, [*map(str, therapist), *NONE * n_control]


# By hand


def test_two_therapists_of_two():
    # therapists' means 2 and 6: MSB = 2 (4 + 4) = 16, MSW = (2 + 2) / 2 = 2, so between
    # (16 - 2) / 2 = 7, correlation 7 / 9; the nested mean's variance is 16 / 4, with 1
    # degree of freedom; the other arm's 1 / 3, with 2.
    found = partially_nested_difference(
        [1.0, 3, 5, 7, 0, 1, 2], ["t"] * 4 + ["c"] * 3, [1, 1, 2, 2] + NONE * 3
    )
    assert found.between_variance == pytest.approx(7)
    assert found.within_variance == pytest.approx(2)
    assert found.other_variance == pytest.approx(1)
    assert found.intracluster_correlation == pytest.approx(7 / 9)
    assert found.design_effect == pytest.approx(1 + 7 / 9)
    assert (found.nested_arm, found.n_therapists) == ("t", 2)
    one = found.difference
    assert one.value == pytest.approx(3)
    assert one.standard_error == pytest.approx(math.sqrt(4 + 1 / 3))
    free = (4 + 1 / 3) ** 2 / (16 / 1 + (1 / 3) ** 2 / 2)
    reach = stats.t.ppf(0.975, free) * one.standard_error
    assert one.upper - one.value == pytest.approx(reach, rel=1e-6)
    assert "reference c" in one.method


def test_therapists_more_alike_than_chance():
    # means 3 and 3: MSB = 0 would be singular; means 3 and 4 with MSW 8 give
    # MSB = 1, between (1 - 8) / 2: negative, and kept
    found = partially_nested_difference(
        [1.0, 5, 2, 6, 0, 1, 2], ["t"] * 4 + ["c"] * 3, [1, 1, 2, 2] + NONE * 3
    )
    assert found.between_variance == pytest.approx(-3.5)
    assert found.intracluster_correlation == pytest.approx(-3.5 / 4.5)
    assert found.difference.standard_error == pytest.approx(math.sqrt(1 / 4 + 1 / 3))


# Edges


@pytest.mark.parametrize(
    ("score", "arm", "therapist", "reason"),
    [
        ([1.0, 2], "tt", [1, 2], "only one arm has participants"),
        ([1.0, 2, 3], "ttc", [1, 1, None], "fewer than two participants"),
        ([1.0, 2, 3, 4], "ttcc", [1, 1, None, None], "fewer than two therapists"),
        ([1.0, 2, 3, 4], "ttcc", [1, 2, None, None], "every therapist has one"),
        (
            [1.0, 1, 2, 2, 3, 4],
            "ttttcc",
            [1, 1, 2, 2, None, None],
            "do not vary within",
        ),
        ([1.0, 2, 2, 1, 3, 4], "ttttcc", [1, 1, 2, 2, None, None], "do not tell the"),
    ],
)
def test_what_cannot_be_estimated(score, arm, therapist, reason):
    found = partially_nested_difference(score, list(arm), therapist)
    assert reason in found.difference.not_estimable
    assert math.isnan(found.intracluster_correlation)


# Properties


@given(st.integers(0, 1000))
@settings(max_examples=10, deadline=None)
def test_equal_sizes_have_welch_on_the_mean_squares(seed):
    score, arm, therapist = trial(seed)
    found = partially_nested_difference(score, arm, therapist)
    means = score[:20].reshape(4, 5).mean(axis=1)
    first, second = means.var(ddof=1) / 4, score[20:].var(ddof=1) / 20
    free = (first + second) ** 2 / (first**2 / 3 + second**2 / 19)
    one = found.difference
    if one.not_estimable:
        return
    assert one.standard_error == pytest.approx(math.sqrt(first + second), rel=1e-6)
    p = 2 * stats.t.sf(abs(one.value / one.standard_error), free)
    assert one.p_value == pytest.approx(p, rel=1e-6)
    other = partially_nested_difference(score, arm, therapist, reference="MST-PSB")
    assert other.difference.value == pytest.approx(-one.value)
    assert other.nested_arm == "MST-PSB"


def test_scores_far_from_zero():
    score, arm, therapist = trial(6)
    one = partially_nested_difference(score, arm, therapist)
    other = partially_nested_difference(score + 1e8, arm, therapist)
    assert other.between_variance == pytest.approx(one.between_variance, rel=1e-5)
    assert other.difference.p_value == pytest.approx(one.difference.p_value, rel=1e-5)


# Naive twin


def test_one_big_matrix_agrees_with_unequal_sizes():
    score, arm, therapist = trial(3, sizes=(2, 3, 7, 4), between=3.0)
    found = partially_nested_difference(score, arm, therapist)
    nested = np.array(arm) == "MST-PSB"
    same = np.array([[a is not None and a == b for b in therapist] for a in therapist])
    x = np.column_stack([nested, ~nested]).astype(float)

    def minus_twice(theta):
        v = np.diag(np.where(nested, theta[1], theta[0])) + theta[2] * same
        inverse = np.linalg.inv(v)
        precision = x.T @ inverse @ x
        residual = score - x @ np.linalg.solve(precision, x.T @ inverse @ score)
        logs = np.linalg.slogdet(v)[1] + np.linalg.slogdet(precision)[1]
        return logs + residual @ inverse @ residual

    ours = [found.other_variance, found.within_variance, found.between_variance]
    best = optimize.minimize(
        minus_twice, ours, method="Nelder-Mead", options={"xatol": 1e-9, "fatol": 1e-12}
    )
    assert best.x == pytest.approx(ours, rel=1e-4)


def test_coverage_with_few_therapists():
    # 150 trials of 5 therapists of unequal size: within three Monte Carlo errors
    found = [
        partially_nested_difference(*trial(seed, sizes=(2, 4, 4, 6, 6))).difference
        for seed in range(150)
    ]
    known = [one for one in found if one.not_estimable is None]
    assert len(known) > 140
    covered = np.mean([one.lower < 0 < one.upper for one in known])
    assert abs(covered - 0.95) < 3 * math.sqrt(0.95 * 0.05 / len(known))


# Errors


def test_refusals():
    score, arm, therapist = trial(5)
    for wrong in (["x"] * 40, NONE * 40, [*NONE, *therapist[1:]]):
        with pytest.raises(ArgumentError, match="`therapist` must be given for every"):
            partially_nested_difference(score, arm, wrong)
    with pytest.raises(DataError, match="`therapist` must have 40 rows"):
        partially_nested_difference(score, arm, therapist[:-1])
    with pytest.raises(ArgumentError, match="`level` must lie in"):
        partially_nested_difference(score, arm, therapist, level=5)
    holed = np.where(np.arange(40) == 3, np.nan, score)
    with pytest.raises(DataError, match="`score` must have no missing values"):
        partially_nested_difference(holed, arm, therapist)
    found = partially_nested_difference(holed, arm, therapist, missing="drop")
    assert found.difference.n == 39
