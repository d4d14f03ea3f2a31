"""Semiparametric models of interval-censored times."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize

from steps_analysis.errors import ArgumentError, DataError
from steps_analysis.outcomes import (
    interval_hazard_ratio,
    interval_regression,
    interval_survival,
)

INF = np.inf
MODELS = ["hazards", "odds"]
# by the one visit at 3: 2 of 4 against 3 of 4
LEFT, RIGHT = [0, 0, 3, 3, 0, 0, 0, 3], [3, 3, INF, INF, 3, 3, 3, INF]
ARM = ["MAU"] * 4 + ["MST-PSB"] * 4


def visits(seed, n=60):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=n)
    seen = rng.weibull(1.2, n) * 12 * np.exp(-0.5 * x)
    left = np.maximum(0, np.floor(seen - rng.integers(0, 4, n)))
    right = np.ceil(seen + 0.01 + rng.integers(0, 4, n))
    late = seen > 15
    left[late], right[late] = rng.integers(8, 15, int(late.sum())), INF
    return left, right, x


# By hand


def test_one_visit_is_a_two_by_two_table():
    odds = interval_hazard_ratio(LEFT, RIGHT, ARM, model="odds")
    assert odds.value == pytest.approx(3)  # (3 / 1) / (2 / 2)
    assert odds.standard_error == pytest.approx(math.sqrt(1 / 3 + 1 + 1 / 2 + 1 / 2))
    assert "MST-PSB over MAU" in odds.method
    hazards = interval_hazard_ratio(LEFT, RIGHT, ARM)
    assert hazards.value == pytest.approx(math.log(4) / math.log(2))
    # the limits are where the log-likelihood has dropped by 1.92
    fit = interval_regression(LEFT, RIGHT, pd.DataFrame({"x": [0] * 4 + [1] * 4}))

    def dropped(effect):
        def loss(baseline):
            total = 0.0
            for arm, k in ((0, 2), (1, 3)):
                hazard = math.exp(baseline[0] + effect * arm)
                total -= k * math.log(-math.expm1(-hazard)) - (4 - k) * hazard
            return total

        return fit.log_likelihood + minimize(loss, [0.0], tol=1e-10).fun

    for limit in (hazards.lower, hazards.upper):
        assert dropped(math.log(limit)) == pytest.approx(1.920729410347062, abs=1e-6)


# Edges


@pytest.mark.parametrize("model", MODELS)
def test_what_has_no_answer_is_said(model):
    alone = interval_hazard_ratio([0, 3], [3, INF], ["a", "a"], model=model)
    assert alone.not_estimable == "only one arm has participants"
    nobody = interval_hazard_ratio([3, 3], [INF, INF], ["a", "b"], model=model)
    assert nobody.not_estimable == "intervals do not tell participants apart"
    split = interval_hazard_ratio(
        [0, 0, 3, 3, 3, 3], [3, 3, INF, INF, INF, INF], list("aaabbb"), model=model
    )
    reason = "an effect has no bound, or intervals say nothing of it"
    assert split.not_estimable == reason
    fit = interval_regression(LEFT, RIGHT, [1] * 8, model=model)
    assert fit.ratio("column 1").not_estimable == "no covariate varies"
    assert fit.likelihood_ratio_test().not_estimable == "no covariate varies"
    assert len(fit.survival([1]).mass) == 0


def test_repeated_covariates_are_left_out():
    left, right, x = visits(1)
    table = pd.DataFrame({"x": x, "one": 2.0, "twice": 2 * x})
    fit = interval_regression(left, right, table)
    assert fit.dropped == ("one", "twice")
    alone = interval_regression(left, right, x)
    assert fit.ratio("x").value == pytest.approx(alone.ratio("column 1").value)
    reason = "one is constant or determined by those before it"
    assert fit.ratio("one").not_estimable == reason


# Properties


@settings(max_examples=5, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_units_and_the_order_of_arms_do_not_matter(seed):
    left, right, x = visits(seed)
    arm = np.where(x > 0, "a", "b")
    for model in MODELS:
        one = interval_hazard_ratio(left, right, arm, model=model)
        two = interval_hazard_ratio(
            left * 30, right * 30, arm, model=model, reference="b"
        )
        if one.not_estimable is None:
            assert two.value == pytest.approx(1 / one.value, rel=1e-5)
            assert two.lower == pytest.approx(1 / one.upper, rel=1e-5)
        fit = interval_regression(left, right, x, model=model)
        moved = interval_regression(left, right, 100 + 5 * x, model=model)
        assert moved.coefficients * 5 == pytest.approx(fit.coefficients, rel=1e-5)
        here, there = fit.survival([0.5]), moved.survival([102.5])
        assert there.mass == pytest.approx(here.mass, abs=1e-5)


def test_without_effect_the_curve_is_turnbulls():
    # each interval in both arms alike: the effect is nil
    left, right, _ = visits(4, 30)
    both = np.tile(left, 2), np.tile(right, 2)
    fit = interval_regression(*both, np.repeat([0.0, 1.0], 30))
    assert fit.coefficients == pytest.approx([0.0], abs=1e-6)
    pooled = interval_survival(left, right)
    assert fit.survival([1]).mass == pytest.approx(pooled.mass, abs=1e-5)
    assert fit.log_likelihood == pytest.approx(fit.null_log_likelihood)


# Naive twin


def chances(curve, left, right):
    """Add up the masses within each interval."""
    total = []
    for low, high in zip(left, right, strict=True):
        own = (curve.lower >= low) & (curve.upper <= high)
        total.append(curve.mass[own].sum())
    return np.array(total)


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("model", MODELS)
def test_no_slow_search_finds_anything_more_likely(model, seed):
    left, right, x = visits(seed, 25)
    fit = interval_regression(left, right, x, model=model)
    ends = np.unique(np.concatenate([left[left > 0], right[np.isfinite(right)]]))

    def free(when, heights, shift):
        """Read the curve at times, 1 at the start and 0 at the end of all."""
        inside = (when > 0) & np.isfinite(when)
        z = heights[np.where(inside, np.searchsorted(ends, when), 0) % len(ends)]
        z = np.clip(z + shift, -50, 50)
        curve = np.exp(-np.exp(z)) if model == "hazards" else 1 / (1 + np.exp(z))
        return np.where(inside, curve, when == 0)

    def loss(parameters):
        heights = np.cumsum([parameters[0], *np.exp(parameters[1:-1])])
        shift = parameters[-1] * x
        fall = free(left, heights, shift) - free(right, heights, shift)
        return -np.sum(np.log(np.maximum(fall, 1e-300)))

    # the value claimed is that of the curves claimed
    own = [
        chances(fit.survival([x[i]]), left[i : i + 1], right[i : i + 1])[0]
        for i in range(len(x))
    ]
    assert np.log(own).sum() == pytest.approx(fit.log_likelihood)
    start = np.concatenate([[-2.0], np.full(len(ends) - 1, -2.0), [0.3]])
    best = minimize(loss, start, method="L-BFGS-B", options={"maxfun": 50_000})
    assert fit.log_likelihood >= -best.fun - 1e-6
    assert fit.log_likelihood == pytest.approx(-best.fun, abs=0.2)
    assert fit.coefficients[0] == pytest.approx(best.x[-1], abs=0.1)


# R


@pytest.mark.parametrize(("model", "case"), [("hazards", "ph"), ("odds", "po")])
def test_equals_ic_sp(model, case, figures, table, compare):
    ic60 = table("ic60").fillna(INF)
    fit = interval_regression("left + right ~ treatment", model=model, data=ic60)
    # ic_sp's odds are of survival
    sign = 1 if model == "hazards" else -1
    ours = {
        "coef": {"treatmentExp": sign * fit.coefficients[0]},
        "llk": fit.log_likelihood,
    }
    compare(ours, figures[f"icsp_ic60_{case}"], rel=1e-4)


# Errors


def test_refuses_wrong_options_and_columns():
    with pytest.raises(ArgumentError, match="`model` must be one of hazards, odds"):
        interval_regression([0], [1], [1], model="ph")
    with pytest.raises(ArgumentError, match="`covariates` must be given, got None"):
        interval_regression([0], [1])
    with pytest.raises(ArgumentError, match="`arm` must have two labels, got 3"):
        interval_hazard_ratio([0] * 3, [1] * 3, list("abc"))
    with pytest.raises(ArgumentError, match="`reference` must be one of MAU, MST-PSB"):
        interval_hazard_ratio(LEFT, RIGHT, ARM, reference="AIM")
    with pytest.raises(DataError, match="`left` must lie before `right`"):
        interval_hazard_ratio([2], [1], ["a"])
    fit = interval_regression(LEFT, RIGHT, [0] * 4 + [1] * 4)
    with pytest.raises(ArgumentError, match="`name` must be one of column 1"):
        fit.ratio("age")
    with pytest.raises(DataError, match=r"`covariates` must have shape \(1,\)"):
        fit.survival([1, 2])
