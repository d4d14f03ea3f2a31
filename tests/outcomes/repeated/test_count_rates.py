"""Ratios of rates from counts and exposures."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from steps_analysis.errors import ArgumentError, DataError
from steps_analysis.outcomes import count_rate_ratio
from steps_analysis.outcomes.repeated.count_models import (
    fit_counts,
    fit_negative_binomial,
)

MODELS = ["negative-binomial", "poisson", "quasi-poisson"]
Z = 1.959963984540054


def trial(seed, n=60, spread=1.0):
    rng = np.random.default_rng(seed)
    arm, age = np.arange(n) % 2, rng.normal(size=n)
    years = rng.uniform(0.5, 2, n)
    rate = np.exp(0.5 - 0.6 * arm + 0.3 * age) * rng.gamma(1 / spread, spread, n)
    return pd.DataFrame(
        {"arm": arm, "age": age, "years": years, "events": rng.poisson(rate * years)}
    )


def ratio_of(table, **options):
    return count_rate_ratio("events + years ~ arm", data=table, **options)


# By hand


def test_the_ratio_and_its_poisson_errors_by_hand():
    # arm b: 6 events in 4 years, arm a: 2 in 4 -> 3; model variance 1/6 + 1/2
    events, years = [4, 2, 0, 2], [2.0, 2.0, 2.0, 2.0]
    arm = ["b", "b", "a", "a"]
    found = count_rate_ratio(events, years, arm, model="poisson", variance="model")
    assert found.value == pytest.approx(3)
    assert found.standard_error == pytest.approx(math.sqrt(2 / 3))
    assert found.upper == pytest.approx(3 * math.exp(Z * math.sqrt(2 / 3)))
    # robust: residuals +-1 about 3 and +-1 about 1; sum r^2 / events^2 in each arm
    hc0 = count_rate_ratio(events, years, arm, model="poisson", variance="hc0")
    assert hc0.standard_error == pytest.approx(math.sqrt(2 / 36 + 2 / 4))
    # HC3 doubles the residuals: every leverage is 1/2
    hc3 = count_rate_ratio(events, years, arm, model="poisson")
    assert hc3.standard_error == pytest.approx(2 * hc0.standard_error)
    # quasi: Pearson (1 + 1)/3 + (1 + 1)/1 over 2 degrees of freedom is 4/3
    quasi = count_rate_ratio(events, years, arm, model="quasi-poisson")
    assert quasi.standard_error == pytest.approx(math.sqrt(2 / 3 * 4 / 3))
    assert "dispersion 1.333" in quasi.method


def test_the_negative_binomial_by_hand():
    # equal exposures: the rates are the means, whatever theta; its information in each
    # arm is n mean / (1 + mean / theta)
    events, arm = [0, 0, 6, 2, 0, 0, 1, 3], ["b"] * 4 + ["a"] * 4
    found = count_rate_ratio(events, np.ones(8), arm)
    assert found.value == pytest.approx(2)
    design = np.column_stack([np.ones(8), [1] * 4 + [0] * 4])
    fit = fit_negative_binomial(np.array(events, float), np.ones(8), design)
    each = [(1 + mean / fit.theta) / (4 * mean) for mean in (2, 1)]
    assert found.standard_error == pytest.approx(math.sqrt(sum(each)))
    assert f"theta {fit.theta:.4g}, held fixed" in found.method


# Edges


@pytest.mark.parametrize("model", MODELS)
def test_ugly_inputs_have_their_own_answer(model):
    def reason(*columns, **options):
        found = count_rate_ratio(*columns, model=model, **options)
        assert math.isnan(found.value)
        return found.not_estimable

    assert reason([3], [1.0], ["a"]) == "only one arm has participants"
    assert reason([0, 0], [1.0, 1], ["a", "b"]) == "there is no event"
    nobody = reason([2, 1, 0, 0], [1.0] * 4, list("aabb"))
    assert nobody == "there is no event in arm b"
    # nobody of the second group has an event: its coefficient falls for ever
    group = [0, 0, 1, 0, 0, 1]
    rows = ([2, 1, 0, 3, 1, 0], [1.0] * 6, list("aaabbb"))
    assert "separation" in reason(*rows, covariates=group)


def test_one_participant_in_an_arm():
    rows = ([2, 1, 3], [1.0] * 3, ["a", "b", "b"])
    for model, variance in (
        ("poisson", None),
        ("poisson", "hc0"),
        ("quasi-poisson", None),
    ):
        found = count_rate_ratio(*rows, model=model, variance=variance)
        assert "whose spread cannot be seen" in found.not_estimable
    found = count_rate_ratio(*rows)
    assert found.value == pytest.approx(1)
    assert found.standard_error == pytest.approx(math.sqrt(1 / 2 + 1 / 4))


def test_no_over_dispersion_falls_to_poisson():
    rows = ([1, 2, 1, 2], [1.0] * 4, list("aabb"))
    found = count_rate_ratio(*rows)
    plain = count_rate_ratio(*rows, model="poisson", variance="model")
    assert "no over-dispersion: Poisson" in found.method
    assert (found.lower, found.upper) == (plain.lower, plain.upper)


def test_participants_who_do_not_differ_have_the_models_error():
    rows = ([1, 1, 2, 2], [1.0] * 4, list("aabb"))
    for model in MODELS[1:]:
        found = count_rate_ratio(*rows, model=model)
        assert found.standard_error == pytest.approx(math.sqrt(1 / 2 + 1 / 4))
        assert "participants do not differ within the arms" in found.method


def test_constant_and_collinear_covariates_are_left_out():
    table = trial(1).assign(one=1.0)
    table["twice"] = 2 * table.age
    plain = ratio_of(table, covariates=["age"])
    more = ratio_of(table, covariates=["one", "age", "twice"])
    assert more.value == pytest.approx(plain.value, rel=1e-8)
    assert "2 constant or collinear covariates left out" in more.method


def test_missing_rows_are_counted():
    table = trial(2)
    table.loc[3, "years"] = np.nan
    found = ratio_of(table, missing="drop")
    assert found.n == 59
    assert "1 row with missing values left out" in found.method


# Properties


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10_000), model=st.sampled_from(MODELS))
def test_swapping_arms_units_and_order(seed, model):
    table = trial(seed)
    one = ratio_of(table, model=model)
    two = ratio_of(table, model=model, reference=1)
    assert two.value == pytest.approx(1 / one.value)
    assert (two.lower, two.upper) == pytest.approx((1 / one.upper, 1 / one.lower))
    months = table.assign(years=12 * table.years)
    months = months.iloc[np.random.default_rng(seed).permutation(60)]
    same = ratio_of(months, model=model)
    assert same.value == pytest.approx(one.value, rel=1e-7)
    assert same.standard_error == pytest.approx(one.standard_error, rel=1e-6)


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_theta_is_where_the_likelihood_is_highest(seed):
    table = trial(seed, spread=1.5)
    design = np.column_stack([np.ones(60), table.arm])
    given_ = table.events.to_numpy(float), table.years.to_numpy(float), design
    fit = fit_negative_binomial(*given_)
    if math.isinf(fit.theta):
        return
    for factor in (0.9, 1.1):
        other = fit_counts(*given_, theta=factor * fit.theta)
        assert other.log_likelihood < fit.log_likelihood


# Naive twin


def _slow_likelihood(intercept, slope, theta, table):
    total = 0.0
    for row in table.itertuples():
        mean = row.years * math.exp(intercept + slope * row.arm)
        total += math.lgamma(row.events + theta) - math.lgamma(theta)
        total -= math.lgamma(row.events + 1)
        total += theta * math.log(theta / (theta + mean))
        total += row.events * math.log(mean / (theta + mean))
    return total


def test_likelihood_and_maximum_against_a_slow_loop():
    table = trial(3, n=40, spread=1.5)
    design = np.column_stack([np.ones(40), table.arm])
    fit = fit_negative_binomial(
        table.events.to_numpy(float), table.years.to_numpy(float), design
    )
    at = (*fit.coefficients, fit.theta)
    best = _slow_likelihood(*at, table)
    assert fit.log_likelihood == pytest.approx(best)
    for j in range(3):
        up, down = list(at), list(at)
        up[j], down[j] = at[j] + 1e-4, at[j] - 1e-4
        higher, lower = _slow_likelihood(*up, table), _slow_likelihood(*down, table)
        assert (higher - lower) / 2e-4 == pytest.approx(0, abs=1e-5)
    curvature = (higher + lower - 2 * best) / 1e-8  # of theta, the last
    assert fit.theta_standard_error == pytest.approx((-curvature) ** -0.5, rel=1e-3)


def test_against_statsmodels():
    import statsmodels.api as sm

    table = trial(4, spread=1.2)
    design = np.column_stack([np.ones(60), table.arm, table.age])
    found = ratio_of(table, covariates=["age"])
    fit = fit_negative_binomial(
        table.events.to_numpy(float), table.years.to_numpy(float), design
    )
    family = sm.families.NegativeBinomial(alpha=1 / fit.theta)
    theirs = sm.GLM(table.events, design, family, exposure=table.years).fit(tol=1e-12)
    assert found.value == pytest.approx(math.exp(theirs.params["x1"]), rel=1e-6)
    assert found.standard_error == pytest.approx(theirs.bse["x1"], rel=1e-6)
    poisson = sm.GLM(table.events, design, sm.families.Poisson(), exposure=table.years)
    robust = poisson.fit(cov_type="HC0", tol=1e-12)
    ours = ratio_of(table, covariates=["age"], model="poisson", variance="hc0")
    assert ours.standard_error == pytest.approx(robust.bse["x1"], rel=1e-6)


# R


def _named(values):
    return dict(zip(["(Intercept)", "trt"], values, strict=True))


def test_equals_glm_nb(figures, table, compare):
    cgd = table("cgd_counts")
    design = np.column_stack([np.ones(128), cgd.trt])
    fit = fit_negative_binomial(cgd.n.to_numpy(float), cgd.fu.to_numpy(float), design)
    found = count_rate_ratio("n + fu ~ trt", data=cgd)
    se = np.sqrt(np.diag(fit.covariance))
    ours = {
        "coef": _named([fit.coefficients[0], math.log(found.value)]),
        "se": _named([se[0], found.standard_error]),
        "theta": fit.theta,
        "se_theta": fit.theta_standard_error,
        "loglik": fit.log_likelihood,
    }
    compare(ours, figures["cgd_nb"], rel=1e-6)


def test_equals_glm_and_sandwich(figures, table, compare):
    cgd = table("cgd_counts")
    design = np.column_stack([np.ones(128), cgd.trt])
    fit = fit_counts(cgd.n.to_numpy(float), cgd.fu.to_numpy(float), design)
    robust = {}
    for name in ("hc0", "hc3"):
        options = {"model": "poisson", "variance": name}
        found = count_rate_ratio("n + fu ~ trt", data=cgd, **options)
        own = fit.sandwich(small_sample=name == "hc3")
        robust[name] = _named([math.sqrt(own[0, 0]), found.standard_error])
    plain = count_rate_ratio(
        "n + fu ~ trt", data=cgd, model="poisson", variance="model"
    )
    quasi = count_rate_ratio("n + fu ~ trt", data=cgd, model="quasi-poisson")
    ours = {
        "coef": _named([fit.coefficients[0], math.log(plain.value)]),
        "se": _named([math.sqrt(fit.covariance[0, 0]), plain.standard_error]),
        "quasi_phi": (quasi.standard_error / plain.standard_error) ** 2,
    }
    compare(ours | robust, figures["cgd_pois"], rel=1e-6)


def test_r_calls():
    table = trial(1)
    right = "events ~ arm + offset(log(exposure))"
    assert ratio_of(table).to_r() == f"MASS::glm.nb({right})"
    assert ratio_of(table, model="poisson").to_r() == (
        f'sandwich::vcovHC(glm({right}, family = poisson), type = "HC3")'
    )
    adjusted = ratio_of(table, model="quasi-poisson", covariates=["age"]).to_r()
    assert adjusted == (
        "glm(events ~ arm + covariates + offset(log(exposure)), family = quasipoisson)"
    )


# Errors


def test_refuses_what_cannot_be():
    rows = ([1, 2], [1.0, 1.0], ["a", "b"])
    with pytest.raises(ArgumentError, match="`model` must be one of negative-binomial"):
        count_rate_ratio(*rows, model="gamma")
    with pytest.raises(
        ArgumentError, match="`variance` must be one of hc3, hc0, model"
    ):
        count_rate_ratio(*rows, model="poisson", variance="hc2")
    with pytest.raises(ArgumentError, match='`variance` must be None or "model" for'):
        count_rate_ratio(*rows, variance="hc3")
    with pytest.raises(ArgumentError, match="`arm` must be given, got None"):
        count_rate_ratio(*rows[:2])
    with pytest.raises(ArgumentError, match="`arm` must have two labels, got 3"):
        count_rate_ratio([1, 1, 1], [1.0] * 3, ["a", "b", "c"])
    with pytest.raises(ArgumentError, match="`reference` must be one of a, b, got 'c'"):
        count_rate_ratio(*rows, reference="c")
    with pytest.raises(DataError, match="`exposure` must be above 0, got '1 that are"):
        count_rate_ratio([1, 2], [1.0, 0], ["a", "b"])
    with pytest.raises(DataError, match="`events` must hold whole numbers of at"):
        count_rate_ratio([1, 0.5], [1.0, 1], ["a", "b"])
