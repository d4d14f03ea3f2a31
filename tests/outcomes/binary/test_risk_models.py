"""Regressions of risks."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from steps_analysis.errors import ArgumentError, DataError
from steps_analysis.outcomes import (
    identity_binomial,
    linear_probability,
    modified_poisson,
)

MODELS = [modified_poisson, identity_binomial, linear_probability]
OUTCOME, ARM = [1, 1, 0, 0, 1, 0, 0, 0], [0] * 4 + [1] * 4
FORMULA = "arrest ~ fin + age + prio"


def drawn(seed, n=60):
    rng = np.random.default_rng(seed)
    x = np.column_stack([np.arange(n) % 2, rng.uniform(0, 1, n)])
    y = rng.random(n) < 0.2 + 0.2 * x[:, 0] + 0.2 * x[:, 1]
    return y.astype(float), x


# By hand


def test_two_arms_alone():
    # risks 2/4 and 1/4
    ratio = modified_poisson(OUTCOME, ARM).contrast("column 1")
    assert ratio.value == pytest.approx(0.5)
    # Katz: (1 - p) / events in each arm
    assert ratio.standard_error**2 == pytest.approx(0.5 / 2 + 0.75 / 1)
    difference = identity_binomial(OUTCOME, ARM).contrast("column 1")
    assert difference.value == pytest.approx(-0.25)
    assert difference.standard_error**2 == pytest.approx(0.25 / 4 + 0.1875 / 4)
    linear = linear_probability(OUTCOME, ARM).contrast("column 1")
    assert linear.standard_error**2 == pytest.approx(1 / 12 + 1 / 16)


def test_the_intercept_is_a_risk_and_has_no_p_value():
    found = modified_poisson(OUTCOME, ARM).contrast("intercept")
    assert found.value == pytest.approx(0.5)
    assert found.measure == "risk, intercept"
    assert math.isnan(found.p_value)


def test_clusters_of_one_are_none():
    rows = np.arange(8)
    for model in (modified_poisson, linear_probability):
        alone = model(OUTCOME, ARM, cluster=rows)
        plain = model(OUTCOME, ARM, variance="hc0")
        assert alone.covariance == pytest.approx(plain.covariance)
        assert "robust variance by cluster" in alone.method


# Edges


def test_no_event_in_one_arm():
    y = [1, 0, 1, 0, 0, 0, 0, 0]
    reason = modified_poisson(y, ARM).contrast("column 1").not_estimable
    assert reason == "nobody in a group marked off by the covariates had the event"
    reason = identity_binomial(y, ARM).contrast("column 1").not_estimable
    assert reason == "the likelihood is highest with a risk at 0 or 1"
    linear = linear_probability(y, ARM).contrast("column 1")
    assert linear.value == pytest.approx(-0.5)
    assert linear.standard_error**2 == pytest.approx(1 / 12)


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("outcome", [[0] * 8, [1] * 8, [1]])
def test_no_event_only_events_and_one_participant(model, outcome):
    found = model(outcome, ARM[-len(outcome) :]).contrast("intercept")
    assert found.not_estimable
    assert math.isnan(found.value)


def test_constant_and_collinear_covariates_are_left_out():
    table = pd.DataFrame({"arm": ARM, "one": 1.0, "other": 1 - np.array(ARM)})
    for model in MODELS:
        fit = model(OUTCOME, table)
        assert fit.dropped == ("one", "other")
        reason = fit.contrast("other").not_estimable
        assert reason == "other is constant, or determined by those before it"


def test_a_unit_too_large_has_no_ratio():
    y, x = drawn(3)
    found = modified_poisson(y, x * 1e-4).contrast("column 1")
    assert "too large a step" in found.not_estimable


# Properties


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_coding_and_order_do_not_matter(seed):
    y, x = drawn(seed)
    order = np.random.default_rng(seed).permutation(len(y))
    for model in MODELS:
        one = model(y, x)
        two = model(y[order], x[order] * [10.0, -2.0] + 1)
        assert one.not_estimable == two.not_estimable
        if one.not_estimable is None:
            assert two.coefficients[1:] * [10, -2] == pytest.approx(
                one.coefficients[1:], rel=1e-6, abs=1e-9
            )
            assert one.risks.mean() == pytest.approx(y.mean(), abs=0.05)


# Naive twins


def test_identity_binomial_against_a_plain_search():
    from scipy.optimize import minimize

    y, x = drawn(11)
    z = np.column_stack([np.ones(len(y)), x])

    def minus(beta):
        risk = z @ beta
        if (risk <= 0).any() or (risk >= 1).any():
            return 1e9
        return -float(np.sum(np.log(np.where(y > 0, risk, 1 - risk))))

    found = minimize(
        minus,
        [0.3, 0, 0],
        method="Nelder-Mead",
        options={"xatol": 1e-9, "fatol": 1e-12},
    )
    fit = identity_binomial(y, x)
    assert fit.coefficients == pytest.approx(found.x, abs=1e-5)


@pytest.mark.parametrize("kind", ["HC0", "HC1", "HC2", "HC3"])
def test_sandwiches_against_statsmodels(kind):
    import statsmodels.api as sm

    y, x = drawn(12)
    z = sm.add_constant(x)
    linear = sm.OLS(y, z).fit(cov_type=kind)
    ours = linear_probability(y, x, variance=kind.lower())
    assert ours.standard_error == pytest.approx(np.asarray(linear.bse), rel=1e-8)


def test_clusters_against_statsmodels():
    import statsmodels.api as sm

    y, x = drawn(13)
    family = np.arange(len(y)) // 3
    theirs = sm.GLM(y, sm.add_constant(x), family=sm.families.Poisson()).fit(
        tol=1e-14,
        cov_type="cluster",
        cov_kwds={"groups": family, "use_correction": False},
    )
    ours = modified_poisson(y, x, cluster=family)
    assert ours.standard_error == pytest.approx(np.asarray(theirs.bse), rel=1e-6)


# R


def test_equals_sandwich_and_glm(figures, table, compare):
    rossi = table("ll_rossi")

    def named(fit, values):
        return dict(zip(("(Intercept)", *fit.names[1:]), values, strict=True))

    poisson = modified_poisson(FORMULA, data=rossi)
    third = modified_poisson(FORMULA, data=rossi, variance="hc3")
    identity = identity_binomial("arrest ~ fin", data=rossi)
    second = linear_probability(FORMULA, data=rossi)
    last = linear_probability(FORMULA, data=rossi, variance="hc3")
    ours = {
        "pois": named(poisson, poisson.coefficients),
        "hc0": named(poisson, poisson.standard_error),
        "hc3": named(third, third.standard_error),
        "rd": named(identity, identity.coefficients),
        "rd_se": named(identity, identity.standard_error),
        "ols": named(second, second.coefficients),
        "ols_hc2": named(second, second.standard_error),
        "ols_hc3": named(last, last.standard_error),
    }
    compare(ours, figures["poisson_id"], rel=1e-7)


# Errors


def test_refuses_what_does_not_fit():
    with pytest.raises(ArgumentError, match="`variance` must be one of hc0, hc1"):
        modified_poisson(OUTCOME, ARM, variance="model")
    with pytest.raises(ArgumentError, match="`variance` must be one of hc0, hc1"):
        linear_probability(OUTCOME, ARM, variance="hc4")
    with pytest.raises(ArgumentError, match="`name` must be one of intercept, column"):
        modified_poisson(OUTCOME, ARM).contrast("age")
    with pytest.raises(ArgumentError, match="`level` must lie in"):
        modified_poisson(OUTCOME, ARM).contrast("column 1", level=95)
    with pytest.raises(DataError, match="`outcome` must be true or false"):
        identity_binomial([2, 0], [0, 1])
