"""Analysis of covariance."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from steps_analysis.errors import ArgumentError, DataError
from steps_analysis.outcomes import ancova


def trial(seed, n=24, effect=1.0):
    rng = np.random.default_rng(seed)
    start = rng.normal(20, 5, n).round(1)
    arm = np.array(["MAU", "MST-PSB"] * (n // 2))
    end = 0.6 * start + effect * (arm == "MST-PSB") + rng.normal(0, 3, n)
    return end, start, arm


# By hand


def test_two_parallel_lines():
    # Within each arm end = start + (1 or -1) + e, e = (.1, -.1, -.1, .1): orthogonal to
    # 1 and start, so slope 1, difference -2, residuals e: 8 x .01 over 8 - 3 = 5.
    start = [1.0, 2, 3, 4] * 2
    end = [2.1, 2.9, 3.9, 5.1, 0.1, 0.9, 1.9, 3.1]
    arm = ["MAU"] * 4 + ["MST-PSB"] * 4
    found = ancova(end, start, arm, variance="classical")
    assert found.value == pytest.approx(-2)
    assert found.standard_error == pytest.approx(np.sqrt(0.08 / 5 * (1 / 4 + 1 / 4)))
    assert found.n == 8
    assert "on baseline, classical variance; reference MAU" in found.method
    reach = stats.t.ppf(0.975, 5) * found.standard_error
    assert found.upper - found.value == pytest.approx(reach)
    # HC3: leverage 1/4 + (start - 2.5)^2 / 10; the weight of each score is 1/4
    leverage = 0.25 + (np.array(start) - 2.5) ** 2 / 10
    hc3 = np.sqrt(np.sum((0.1 / 4 / (1 - leverage)) ** 2))
    assert ancova(end, start, arm).standard_error == pytest.approx(hc3)


def test_a_constant_baseline_leaves_the_t_test():
    end, _, arm = trial(1)
    found = ancova(end, np.full(24, 9.0), arm, variance="classical")
    test = stats.ttest_ind(end[arm == "MST-PSB"], end[arm == "MAU"])
    assert found.p_value == pytest.approx(test.pvalue)
    assert "on nothing" in found.method
    assert "dropped as constant or collinear: baseline" in found.method


def test_with_interaction_it_is_the_distance_of_two_lines_at_the_mean():
    end, start, arm = trial(2)
    lines = [np.polyfit(start[arm == a], end[arm == a], 1) for a in ("MST-PSB", "MAU")]
    apart = np.polyval(lines[0], start.mean()) - np.polyval(lines[1], start.mean())
    found = ancova(end, start, arm, interaction=True)
    assert found.value == pytest.approx(apart)
    assert "baseline by arm" in found.method


# Edges


@pytest.mark.parametrize(
    ("end", "start", "arm", "reason"),
    [
        ([1.0, 2, 3], [1.0, 2, 4], ["a"] * 3, "only one arm has participants"),
        ([1.0, 2, 3], [1.0, 2, 4], ["a", "b", "b"], "there are too few scores"),
        ([5.0] * 6, [1.0, 2, 3, 5, 8, 9], ["a", "b"] * 3, "do not vary about their"),
        ([1.0, 2, 4, 3], [0.0, 0, 1, 1], ["a", "a", "b", "b"], "differ in nothing"),
        ([1.0, 2, 7, 3, 9], [1.0, 2, 4, 3, 5], ["a"] * 4 + ["b"], "leverage 1"),
        ([3.0], [3.0], ["a"], "only one arm"),
    ],
)
def test_what_cannot_be_estimated(end, start, arm, reason):
    found = ancova(end, start, arm)
    assert reason in found.not_estimable
    assert np.isnan(found.value)


# Properties


@given(st.integers(0, 10_000), st.sampled_from(["hc3", "classical"]))
@settings(max_examples=15, deadline=None)
def test_swapped_arms_and_permuted_rows(seed, variance):
    end, start, arm = trial(seed)
    one = ancova(end, start, arm, variance=variance)
    other = ancova(end, start, arm, variance=variance, reference="MST-PSB")
    assert other.value == pytest.approx(-one.value)
    assert other.p_value == pytest.approx(one.p_value)
    order = np.random.default_rng(seed).permutation(len(end))
    mixed = ancova(end[order], start[order], arm[order], variance=variance)
    assert mixed.value == pytest.approx(one.value)
    shifted = ancova(end - 2 * start, start, arm, variance=variance)
    assert shifted.value == pytest.approx(one.value)  # change scores: the same


@pytest.mark.parametrize("scale", [1e200, 1e-200])
def test_scores_of_any_size(scale):
    end, start, arm = trial(4)
    one = ancova(end, start, arm)
    other = ancova(scale * end, scale * start, arm)
    assert other.value == pytest.approx(scale * one.value)
    assert other.p_value == pytest.approx(one.p_value)


# Another program


@pytest.mark.parametrize("variance", ["hc3", "classical"])
def test_statsmodels_agrees(variance):
    from statsmodels.formula.api import ols

    end, start, arm = trial(5)
    age = np.random.default_rng(3).normal(13, 2, 24)
    table = pd.DataFrame({"end": end, "start": start, "arm": arm, "age": age})
    kind = {"hc3": "HC3", "classical": "nonrobust"}[variance]
    model = ols("end ~ start + age + arm", table).fit(cov_type=kind, use_t=True)
    name = "arm[T.MST-PSB]"
    found = ancova(
        "end + start ~ arm", covariates=["age"], data=table, variance=variance
    )
    assert found.value == pytest.approx(model.params[name])
    assert found.standard_error == pytest.approx(model.bse[name])
    assert found.p_value == pytest.approx(model.pvalues[name])
    arrays = ancova(end, start, arm, covariates=age, variance=variance)
    assert arrays.value == pytest.approx(found.value)


# Errors


def test_refusals():
    end, start, arm = trial(6)
    with pytest.raises(ArgumentError, match="`variance` must be one of hc3"):
        ancova(end, start, arm, variance="hc9")
    with pytest.raises(ArgumentError, match="`arm` must be given"):
        ancova(end, start)
    with pytest.raises(ArgumentError, match="`arm` must have two labels"):
        ancova(end, start, ["a", "b", "c"] * 8)
    with pytest.raises(ArgumentError, match="`reference` must be one of"):
        ancova(end, start, arm, reference="x")
    with pytest.raises(ArgumentError, match="`level` must lie in"):
        ancova(end, start, arm, level=95)
    with pytest.raises(DataError, match="`baseline` must have one dimension"):
        ancova(end, start[:, None], arm)
    start[0] = np.nan
    with pytest.raises(DataError, match="`baseline` must have no missing values"):
        ancova(end, start, arm)
    assert "; 1 row with" in ancova(end, start, arm, missing="drop").method
