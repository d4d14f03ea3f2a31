"""Accelerated failure time models of interval-censored times."""

import math

import numpy as np
import pytest
from scipy.optimize import minimize
from scipy.stats import logistic, norm

from steps_analysis.errors import ArgumentError, DataError
from steps_analysis.outcomes import interval_parametric_survival, parametric_survival

INF = np.inf
IN_R = {
    "weibull": "weibull",
    "exponential": "exponential",
    "log-normal": "lognormal",
    "log-logistic": "loglogistic",
}


def visits(seed, n=50):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=n)
    left = np.floor(rng.weibull(1.2, n) * 5 * np.exp(0.4 * x)) * 3
    right = left + 3
    right[left > 20], left[left > 20] = INF, 20
    return left, right, x


# By hand


def test_one_visit_by_hand():
    # 3 of 4 by time 2: exp(-2 / mean) = 1/4, the mean is 2 / log 4
    fit = interval_parametric_survival(
        [0, 0, 0, 2], [2, 2, 2, INF], distribution="exponential"
    )
    assert fit.time_ratio("intercept").value == pytest.approx(2 / math.log(4))
    assert fit.survival([2]).value == pytest.approx([0.25])
    # delta method from the proportion's error, sqrt(3) / 8
    assert fit.survival([2]).standard_error == pytest.approx([math.sqrt(3) / 8])
    assert fit.log_likelihood == pytest.approx(3 * math.log(3 / 4) + math.log(1 / 4))


# Edges


@pytest.mark.parametrize("distribution", list(IN_R))
def test_what_has_no_answer_is_said(distribution):
    nobody = interval_parametric_survival([2], [INF], distribution=distribution)
    assert nobody.not_estimable == "nobody is known to have had the event"
    split = interval_parametric_survival(
        [0, 2, 2, 2], [2, 4, INF, INF], [0, 0, 1, 1], distribution=distribution
    )
    reason = "the likelihood has no maximum: times or events lack spread"
    assert split.not_estimable == reason


# Properties


@pytest.mark.parametrize("distribution", list(IN_R))
def test_narrow_intervals_come_close_to_exact_times(distribution):
    rng = np.random.default_rng(1)
    time, event = rng.weibull(1.3, 60) * 10, rng.random(60) < 0.8
    x = rng.normal(size=60)
    exact = parametric_survival(time, event, x, distribution=distribution)
    narrow = interval_parametric_survival(
        np.where(event, time - 1e-4, time),
        np.where(event, time + 1e-4, INF),
        x,
        distribution=distribution,
    )
    assert narrow.coefficients == pytest.approx(exact.coefficients, abs=1e-4)
    same = interval_parametric_survival(
        time, np.where(event, time, INF), x, distribution=distribution
    )
    assert same.coefficients == pytest.approx(exact.coefficients)
    assert same.log_likelihood == pytest.approx(exact.log_likelihood)


# Naive twin


@pytest.mark.parametrize("distribution", ["weibull", "log-normal", "log-logistic"])
def test_equals_a_slow_maximum(distribution):
    left, right, x = visits(3)

    def survival(t, place, scale):
        if t == 0 or np.isinf(t):
            return float(t == 0)
        z = (math.log(t) - place) / scale
        if distribution == "weibull":
            return math.exp(-math.exp(z))
        return (norm if distribution == "log-normal" else logistic).sf(z)

    def loss(parameters):
        total = 0.0
        for low, high, own in zip(left, right, x, strict=True):
            place = parameters[0] + parameters[1] * own
            scale = math.exp(parameters[2])
            fall = survival(low, place, scale) - survival(high, place, scale)
            total -= math.log(fall)
        return total

    best = minimize(loss, [2.0, 0.0, 0.0], method="BFGS", options={"gtol": 1e-4})
    fit = interval_parametric_survival(left, right, x, distribution=distribution)
    assert fit.log_likelihood == pytest.approx(-best.fun, abs=1e-6)
    ours = [*fit.coefficients, math.log(fit.scale)]
    assert ours == pytest.approx(best.x, abs=1e-3)


# R


@pytest.mark.parametrize("distribution", list(IN_R))
def test_equals_survreg(distribution, figures, table, compare):
    ic60 = table("ic60").fillna(INF)
    fit = interval_parametric_survival(
        "left + right ~ treatment", data=ic60, distribution=distribution
    )
    errors = dict(
        zip(
            ("(Intercept)", "treatmentExp", "Log(scale)"),
            fit.standard_error,
            strict=True,
        )
    )
    ours = {
        "coef": dict(
            zip(("(Intercept)", "treatmentExp"), fit.coefficients, strict=True)
        ),
        "scale": fit.scale,
        "se": errors,
        "loglik": [fit.null_log_likelihood, fit.log_likelihood],
    }
    case = IN_R[distribution]
    compare(ours, figures[f"survreg_ic60_{case}"], rel=1e-6)


# Errors


def test_refuses_wrong_options_and_columns():
    with pytest.raises(ArgumentError, match="`distribution` must be one of weibull"):
        interval_parametric_survival([0], [1], distribution="gamma")
    with pytest.raises(DataError, match="`left` must lie before `right`"):
        interval_parametric_survival([2], [1])
