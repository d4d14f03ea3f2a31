"""Accelerated failure time models."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize
from scipy.stats import logistic, norm

from steps_analysis.errors import ArgumentError, DataError
from steps_analysis.outcomes import parametric_survival

DISTRIBUTIONS = ["weibull", "exponential", "log-normal", "log-logistic"]
Z = 1.959963984540054


def trial(seed, n=60):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=n)
    time = np.ceil(20 * np.exp(0.4 * x + rng.normal(size=n)))
    end = rng.integers(5, 80, n)
    return np.minimum(time, end), time <= end, x


# By hand


def test_exponential_rates_by_hand():
    # arm 0: 2 events in 8 months, arm 1: 1 in 6; log of the mean, error 1 / sqrt(d)
    fit = parametric_survival(
        [1, 3, 4, 2, 4], [1, 1, 0, 1, 0], [0, 0, 0, 1, 1], distribution="exponential"
    )
    assert fit.coefficients == pytest.approx([math.log(4), math.log(6 / 4)])
    assert fit.standard_error[:2] == pytest.approx([math.sqrt(1 / 2), math.sqrt(1.5)])
    assert fit.scale == 1
    ratio = fit.time_ratio("column 1")
    assert ratio.value == pytest.approx(1.5)
    assert ratio.upper == pytest.approx(1.5 * math.exp(Z * math.sqrt(1.5)))
    hazard = fit.hazard_ratio("column 1")
    assert hazard.value == pytest.approx(1 / 1.5)
    assert hazard.lower == pytest.approx(1 / ratio.upper)
    # log-likelihood: sum of d log(d / t) - d
    assert fit.log_likelihood == pytest.approx(
        2 * math.log(1 / 4) + math.log(1 / 6) - 3
    )
    assert fit.null_log_likelihood == pytest.approx(3 * math.log(3 / 14) - 3)
    test = fit.likelihood_ratio_test()
    gap = 2 * (fit.log_likelihood - fit.null_log_likelihood)
    assert (test.statistic, test.degrees_of_freedom) == (pytest.approx(gap), 1)
    curve = fit.survival([2, 6], covariates=[1])
    assert curve.value == pytest.approx(np.exp([-1 / 3, -1]))
    # standard error of S: S log(1/S) times that of the log mean, which is 1 there
    assert curve.standard_error[1] == pytest.approx(math.exp(-1))
    assert curve.n_at_risk.tolist() == [4, 0]


def test_log_normal_without_censoring_is_mean_and_spread_of_logs():
    logs = np.array([0.0, 1.0, 2.0, 5.0])
    fit = parametric_survival(np.exp(logs), [1] * 4, distribution="log-normal")
    spread = logs.std()
    assert fit.coefficients == pytest.approx([2.0])
    assert fit.scale == pytest.approx(spread)
    assert fit.standard_error == pytest.approx([spread / 2, 1 / math.sqrt(8)])


# Edges


@pytest.mark.parametrize("distribution", DISTRIBUTIONS)
def test_what_has_no_maximum_is_said(distribution):
    nothing = parametric_survival([1, 2], [0, 0], distribution=distribution)
    assert nothing.not_estimable == "there is no event"
    assert len(nothing.survival([1.0]).time) == 0
    start = parametric_survival([0, 2], [1, 1], distribution=distribution)
    reason = f"an event at time 0 is impossible for {distribution} times"
    assert start.time_ratio("intercept").not_estimable == reason
    # an arm without event: its time ratio has no bound
    split = parametric_survival(
        [1, 3, 4, 9, 9, 9],
        [1, 1, 1, 0, 0, 0],
        [0, 0, 0, 1, 1, 1],
        distribution=distribution,
    )
    reason = "the likelihood has no maximum: times or events lack spread"
    assert split.time_ratio("column 1").not_estimable == reason
    assert split.likelihood_ratio_test().not_estimable == reason


@pytest.mark.parametrize("distribution", ["weibull", "log-normal", "log-logistic"])
def test_all_events_at_one_time_have_no_spread(distribution):
    for time in ([3, 3, 3], [3]):
        fit = parametric_survival(time, [1] * len(time), distribution=distribution)
        reason = "the likelihood has no maximum: times or events lack spread"
        assert fit.not_estimable == reason
    exponential = parametric_survival([3], [1], distribution="exponential")
    assert exponential.time_ratio("intercept").value == pytest.approx(3)


def test_a_constant_covariate_is_left_out():
    time, event, x = trial(1)
    table = pd.DataFrame({"one": 1.0, "x": x, "twice": 2 * x})
    fit = parametric_survival(time, event, table)
    assert fit.dropped == ("one", "twice")
    reason = "one is constant or determined by those before it"
    assert fit.time_ratio("one").not_estimable == reason
    alone = parametric_survival(time, event, x)
    assert fit.time_ratio("x").value == pytest.approx(
        alone.time_ratio("column 1").value
    )
    assert fit.survival([9], covariates=[1, 2, 4]).lower == pytest.approx(
        alone.survival([9], covariates=[2]).lower
    )
    bare = parametric_survival(time, event).likelihood_ratio_test()
    assert bare.not_estimable == "there is no covariate"


def test_a_censoring_at_nil_says_nothing():
    time, event, _ = trial(2)
    for distribution in DISTRIBUTIONS:
        one = parametric_survival(time, event, distribution=distribution)
        two = parametric_survival([0, *time], [0, *event], distribution=distribution)
        assert two.coefficients == pytest.approx(one.coefficients)
        assert two.n == one.n + 1


def test_hazards_that_are_not_proportional_have_no_ratio():
    time, event, x = trial(3)
    fit = parametric_survival(time, event, x, distribution="log-logistic")
    reason = "hazards of log-logistic times vary in ratio"
    assert fit.hazard_ratio("column 1").not_estimable == reason


# Properties


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_scale_of_time_and_place_of_covariates_carry_through(seed):
    time, event, x = trial(seed)
    for distribution in DISTRIBUTIONS:
        one = parametric_survival(time, event, x, distribution=distribution)
        two = parametric_survival(
            time * 30, event, 1000 + 5 * x, distribution=distribution
        )
        assert two.scale == pytest.approx(one.scale, rel=1e-6)
        assert two.coefficients[1] * 5 == pytest.approx(one.coefficients[1], rel=1e-6)
        assert two.standard_error[1] * 5 == pytest.approx(
            one.standard_error[1], rel=1e-6
        )
        here = one.survival([12.0], covariates=[0.3])
        there = two.survival([360.0], covariates=[1001.5])
        assert there.value == pytest.approx(here.value, rel=1e-6)
        assert there.lower == pytest.approx(here.lower, rel=1e-6)


def test_a_formula_and_its_table():
    time, event, x = trial(4)
    frame = pd.DataFrame({"t": time, "e": event, "x": x})
    frame.loc[0, "x"] = np.nan
    fit = parametric_survival("t + e ~ x", data=frame, missing="drop")
    assert fit.names == ("intercept", "x")
    assert "1 row with missing values left out" in fit.method
    bare = parametric_survival("t + e ~ 1", data=frame)
    assert bare.names == ("intercept",)
    assert bare.n == 60


# Naive twin


def slow_log_likelihood(parameters, time, event, x, distribution):
    """Add up log densities and survivals person by person."""
    scale, total = math.exp(parameters[2]), 0.0
    for t, e, own in zip(time, event, x, strict=True):
        z = (math.log(t) - parameters[0] - parameters[1] * own) / scale
        if distribution == "weibull":
            density, survival = z - math.exp(z), -math.exp(z)
        else:
            error = norm if distribution == "log-normal" else logistic
            density, survival = error.logpdf(z), error.logsf(z)
        total += density - math.log(scale) - math.log(t) if e else survival
    return total


@pytest.mark.parametrize("distribution", ["weibull", "log-normal", "log-logistic"])
def test_equals_a_slow_maximum(distribution):
    time, event, x = trial(7)
    fit = parametric_survival(time, event, x, distribution=distribution)

    def loss(parameters):
        return -slow_log_likelihood(parameters, time, event, x, distribution)

    best = minimize(loss, [2.0, 0.0, 0.0], method="BFGS", options={"gtol": 1e-4})
    assert fit.log_likelihood == pytest.approx(-best.fun, abs=1e-6)
    ours = [*fit.coefficients, math.log(fit.scale)]
    assert ours == pytest.approx(best.x, abs=1e-4)
    information, step = np.zeros((3, 3)), 1e-4
    for i in range(3):
        for j in range(3):
            ends = [
                a * b * loss(np.add(ours, step * (a * np.eye(3)[i] + b * np.eye(3)[j])))
                for a in (1, -1)
                for b in (1, -1)
            ]
            information[i, j] = sum(ends) / (4 * step**2)
    assert fit.covariance == pytest.approx(np.linalg.inv(information), rel=1e-4)


# lifelines, to its own precision


@pytest.mark.parametrize(
    ("distribution", "fitter", "names"),
    [
        ("weibull", "WeibullAFTFitter", ("lambda_", "rho_")),
        ("log-normal", "LogNormalAFTFitter", ("mu_", "sigma_")),
        ("log-logistic", "LogLogisticAFTFitter", ("alpha_", "beta_")),
    ],
)
def test_lifelines_agrees(distribution, fitter, names, table):
    import lifelines

    rossi = table("ll_rossi")[["week", "arrest", "fin", "age", "prio"]]
    theirs = getattr(lifelines, fitter)().fit(rossi, "week", "arrest")
    fit = parametric_survival(
        "week + arrest ~ fin + age + prio", data=rossi, distribution=distribution
    )
    for name in ("fin", "age", "prio"):
        j = fit.names.index(name)
        key = (names[0], name)
        assert fit.coefficients[j] == pytest.approx(theirs.params_[key], rel=3e-3)
        error = theirs.standard_errors_[key]
        assert fit.standard_error[j] == pytest.approx(error, rel=3e-3)
    # ours is the higher
    assert -1e-9 < fit.log_likelihood - theirs.log_likelihood_ < 1e-3


# Errors


def test_refuses_wrong_options_and_columns():
    with pytest.raises(ArgumentError, match="`distribution` must be one of weibull"):
        parametric_survival([1], [1], distribution="gamma")
    with pytest.raises(DataError, match="`covariates` must have 2 rows like `time`"):
        parametric_survival([1, 2], [1, 1], [1])
    fit = parametric_survival([1, 2, 3], [1, 1, 0])
    with pytest.raises(ArgumentError, match="`name` must be one of intercept, got"):
        fit.time_ratio("age")
    with pytest.raises(DataError, match="`at` must be above 0, got '1 that are not'"):
        fit.survival([0, 1])
    with pytest.raises(DataError, match=r"`covariates` must have shape \(0,\)"):
        fit.survival([1], covariates=[1])
    with pytest.raises(ArgumentError, match=r"`level` must lie in \(0, 1\)"):
        fit.time_ratio("intercept", level=95)
