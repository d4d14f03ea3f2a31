"""Hedges' g."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import integrate, special, stats

from steps_analysis.errors import ArgumentError, DataError
from steps_analysis.outcomes import hedges_g
from steps_analysis.outcomes.scores.effect_size import (
    noncentral_limits,
    small_sample_factor,
)

# By hand


def test_six_scores():
    # Means 2 and 4, both variances 1: d = 2; J(4) = Gamma(2) / (sqrt 2 Gamma(3/2))
    g = hedges_g([1.0, 2, 3, 3, 4, 5], ["a"] * 3 + ["b"] * 3)
    factor = 1 / (math.sqrt(2) * math.sqrt(math.pi) / 2)
    assert g.value == pytest.approx(2 * factor)
    assert g.p_value == pytest.approx(stats.ttest_ind([1, 2, 3], [3, 4, 5]).pvalue)
    t, size = 2 * math.sqrt(1.5), 1.5  # t = d sqrt(n1 n0 / n)
    assert stats.nct.sf(t, 4, g.lower * math.sqrt(size)) == pytest.approx(0.025)
    assert stats.nct.cdf(t, 4, g.upper * math.sqrt(size)) == pytest.approx(0.025)
    variance = factor**2 * 4 / 2 * (1 + g.value**2 * size) / size - g.value**2
    assert g.standard_error == pytest.approx(math.sqrt(variance))
    assert "reference a" in g.method


# Edges


@pytest.mark.parametrize(
    ("score", "arm", "reason"),
    [
        ([1.0, 2, 3, 4], ["a"] * 4, "only one arm has participants"),
        ([1.0, 2, 3], ["a", "a", "b"], "there are fewer than four scores"),
        (
            [1.0, 1, 3, 3],
            ["a", "a", "b", "b"],
            "the scores do not vary within the arms",
        ),
    ],
)
def test_what_cannot_be_estimated(score, arm, reason):
    assert hedges_g(score, arm).not_estimable == reason


@pytest.mark.parametrize("t", [-80.0, -3.0, 0.0, 1e-300, 0.1, 30.0])
@pytest.mark.parametrize("free", [2, 38])
def test_limits_by_another_rule(t, free):
    # naive twin: Simpson's rule for the average of Phi(t s - ncp) over s
    s = np.linspace(1e-9, 6, 200_001)
    density = stats.chi(free, scale=1 / math.sqrt(free)).pdf(s)
    for limit, below in zip(
        noncentral_limits(t, free, 0.95), (0.975, 0.025), strict=True
    ):
        got = integrate.simpson(density * special.ndtr(t * s - limit), x=s)
        assert got == pytest.approx(below, abs=1e-8)


@pytest.mark.parametrize("t", [-1e5, 1e5])
def test_limits_far_out_are_those_of_the_standard_deviation_alone(t):
    limits = np.sort(np.array(noncentral_limits(t, 12, 0.95)) / t)
    assert limits == pytest.approx(
        np.sqrt(stats.chi2.ppf([0.025, 0.975], 12) / 12), rel=1e-3
    )


# Properties


@given(st.integers(0, 10_000))
@settings(max_examples=15, deadline=None)
def test_scale_shift_and_swap(seed):
    rng = np.random.default_rng(seed)
    score, arm = rng.normal(size=12), ["a", "b"] * 6
    one = hedges_g(score, arm)
    moved = hedges_g(10 + 3 * score, arm)
    swapped = hedges_g(score, arm, reference="b")
    assert moved.value == pytest.approx(one.value)
    assert swapped.value == pytest.approx(-one.value)
    assert swapped.upper == pytest.approx(-one.lower, abs=1e-9)
    assert (one.p_value < 0.05) == (one.lower > 0 or one.upper < 0)


def test_scores_of_any_size():
    score, arm = np.random.default_rng(1).normal(size=12), ["a", "b"] * 6
    one, other = hedges_g(score, arm), hedges_g(1e200 * score, arm)
    assert other.value == pytest.approx(one.value)


def test_it_is_unbiased():
    # 4,000 trials of 8, true difference 0.8: mean within three standard errors
    rng = np.random.default_rng(4)
    score = rng.normal(size=(4000, 8))
    score[:, 4:] += 0.8
    arm = ["a"] * 4 + ["b"] * 4
    means = score[:, 4:].mean(axis=1) - score[:, :4].mean(axis=1)
    pooled = (score[:, 4:].var(axis=1, ddof=1) + score[:, :4].var(axis=1, ddof=1)) / 2
    g = small_sample_factor(6) * means / np.sqrt(pooled)
    assert hedges_g(score[0], arm).value == pytest.approx(g[0])
    assert abs(g.mean() - 0.8) < 3 * g.std() / math.sqrt(4000)


def test_the_exact_factor_is_close_to_the_common_one():
    assert small_sample_factor(38) == pytest.approx(1 - 3 / (4 * 38 - 1), abs=5e-5)


# Errors


def test_refusals():
    with pytest.raises(ArgumentError, match="`arm` must have two labels"):
        hedges_g([1.0, 2, 3], ["a", "b", "c"])
    with pytest.raises(ArgumentError, match="`arm` must be given"):
        hedges_g([1.0, 2, 3])
    with pytest.raises(DataError, match="`score` must have no missing values"):
        hedges_g([1.0, np.nan, 3], ["a", "b", "a"])
