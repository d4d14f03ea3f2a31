"""Score tests of interval-censored times."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from steps_analysis.errors import ArgumentError, DataError
from steps_analysis.outcomes import (
    interval_log_rank,
    interval_regression,
    interval_survival,
)

INF = np.inf
SCORES = ["sun", "finkelstein", "wilcoxon"]
VARIANCES = ["permutation", "score"]


def visits(seed, n=60, arms=2):
    rng = np.random.default_rng(seed)
    left = rng.integers(0, 6, n) * 3.0
    right = left + rng.integers(1, 3, n) * 3
    right[rng.random(n) < 0.3] = INF
    return left, right, np.array(list("abc"))[np.arange(n) % arms]


# By hand


def test_drawn_table():
    # all by 3, or all later: S is 1, 1/2, 0; Wilcoxon scores -(1 - 1 - 1/2) ...
    # S(L) + S(R) - 1 = 1/2 and -1/2; sums 1 and -1, variance 4/4 / 3 = 1/3:
    # (1/2 + 1/2) / (1/3) = 3
    columns = [0, 0, 3, 3], [3, 3, 6, 6], list("aabb")
    test = interval_log_rank(*columns, scores="wilcoxon")
    assert test.statistic == pytest.approx(3)
    assert test.p_value == pytest.approx(math.erfc(math.sqrt(1.5)))
    # Finkelstein: (0 - log(1/2) / 2) / (1/2) = log 2 and -log 2; the same distance
    finkelstein = interval_log_rank(*columns, scores="finkelstein")
    assert finkelstein.statistic == pytest.approx(3)


# Edges


@pytest.mark.parametrize("variance", VARIANCES)
@pytest.mark.parametrize("scores", SCORES)
def test_what_cannot_be_tested_is_said(scores, variance):
    options = {"scores": scores, "variance": variance}
    alone = interval_log_rank([0, 3], [3, 6], ["a", "a"], **options)
    assert alone.not_estimable == "only one arm has participants"
    alike = interval_log_rank([3, 6], [INF, INF], ["a", "b"], **options)
    assert alike.not_estimable == "intervals do not tell participants apart"
    same = interval_log_rank([0, 0], [3, 3], ["a", "b"], **options)
    assert same.not_estimable == "intervals do not tell participants apart"


# Properties


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_labels_and_units_of_time_do_not_matter(seed):
    left, right, arm = visits(seed, arms=3)
    for scores in SCORES:
        for variance in VARIANCES:
            options = {"scores": scores, "variance": variance}
            one = interval_log_rank(left, right, arm, **options)
            other = np.array([{"a": "z", "b": "y", "c": "x"}[label] for label in arm])
            two = interval_log_rank(left * 30, right * 30, other, **options)
            assert one.degrees_of_freedom == 2
            assert two.statistic == pytest.approx(one.statistic, rel=1e-6)


def test_the_permutation_variance_is_that_over_permutations():
    left, right, arm = visits(1, 20)
    rng = np.random.default_rng(2)
    drawn = [
        interval_log_rank(left, right, rng.permutation(arm)).statistic
        for _ in range(400)
    ]
    # a chi-squared statistic on one degree of freedom has mean 1 and variance 2
    assert np.mean(drawn) == pytest.approx(1, abs=3 * math.sqrt(2 / 400))


@pytest.mark.parametrize(
    ("scores", "model"), [("finkelstein", "hazards"), ("wilcoxon", "odds")]
)
def test_the_score_test_is_near_the_models_likelihood_ratio(scores, model):
    left, right, arm = visits(3, 300)
    test = interval_log_rank(left, right, arm, scores=scores, variance="score")
    fit = interval_regression(left, right, arm == "b", model=model)
    ratio = fit.likelihood_ratio_test().statistic
    assert test.statistic == pytest.approx(ratio, abs=0.02)


# Naive twin


def moved(scores, free, effect):
    """Change a curve by an effect, straight from each model's definition."""
    if scores == "finkelstein":
        return free ** math.exp(effect)
    if scores == "wilcoxon":
        return free / (free + (1 - free) * math.exp(effect))
    hazard = 1 - free[1:-1] / free[:-2]
    odds = hazard / (1 - hazard) * math.exp(effect)
    return np.concatenate([[1.0], np.cumprod(1 / (1 + odds)), [0.0]])


def information_of(value, size, step=1e-4):
    """Differentiate a function of several arguments twice, at 0."""
    unit, found = np.eye(size), np.zeros((size, size))
    for i in range(size):
        for j in range(size):
            corners = [
                a * b * value(step * (a * unit[i] + b * unit[j]))
                for a in (1, -1)
                for b in (1, -1)
            ]
            found[i, j] = -sum(corners) / (4 * step**2)
    return found


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("scores", SCORES)
def test_equals_derivatives_of_the_likelihood(scores, seed):
    """Differentiate the log-likelihood of effect and curve numerically."""
    left, right, arm = visits(seed, 30)
    found = interval_survival(left, right)
    ends = np.array([0.0, *found.upper])
    free = np.array([1.0, *(1 - np.cumsum(found.mass)[:-1]), 0.0])
    low = np.searchsorted(ends, left, side="right") - 1
    high = np.searchsorted(ends, right, side="right") - 1

    def value(shift):
        curve = free + np.concatenate([[0.0], shift[1:], [0.0]])
        own = np.where(arm == "b", shift[0], 0.0)
        curves = np.array([moved(scores, curve, effect) for effect in own])
        rows = np.arange(len(left))
        return np.sum(np.log(curves[rows, low] - curves[rows, high]))

    size, step = len(free) - 1, np.zeros(len(free) - 1)
    step[0] = 1e-5
    gradient = (value(step) - value(-step)) / 2e-5
    statistic = gradient**2 * np.linalg.inv(information_of(value, size))[0, 0]
    test = interval_log_rank(left, right, arm, scores=scores, variance="score")
    assert test.statistic == pytest.approx(statistic, rel=1e-3, abs=1e-6)


# R


def test_equals_ictest(figures, table, compare):
    ic60, ours = table("ic60").fillna(INF), {}
    for name, scores in zip(("logrank1", "logrank2", "wmw"), SCORES, strict=True):
        options = ic60.left, ic60.right, ic60.treatment
        permuted = interval_log_rank(*options, scores=scores)
        score = interval_log_rank(*options, scores=scores, variance="score")
        ours[name] = {
            "Z": math.sqrt(permuted.statistic),  # the sign is a convention
            "p": permuted.p_value,
            "chi2_score": score.statistic,
            "p_score": score.p_value,
        }
    compare(ours, figures["ictest_ic60"], rel=1e-6)


# Errors


def test_refuses_unknown_options():
    with pytest.raises(ArgumentError, match="`scores` must be one of sun, finkelstein"):
        interval_log_rank([0], [1], ["a"], scores="logrank1")
    with pytest.raises(ArgumentError, match="`variance` must be one of permutation"):
        interval_log_rank([0], [1], ["a"], variance="exact")
    with pytest.raises(DataError, match="`arm` must have 1 rows like `left`"):
        interval_log_rank([0], [1], ["a", "b"])
