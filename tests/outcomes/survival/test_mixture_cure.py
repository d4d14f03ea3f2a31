"""The mixture cure model."""

import math

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import minimize

from steps_analysis.errors import ArgumentError, DataError
from steps_analysis.outcomes import mixture_cure
from steps_analysis.outcomes.survival.location_scale import SHAPES

DISTRIBUTIONS = ["weibull", "exponential", "log-normal", "log-logistic"]
EARLY = [1, 1, 2, 2, 2, 3, 3, 4]


def trial(seed, n=200, share=0.4):
    rng = np.random.default_rng(seed)
    time = np.where(rng.random(n) < share, np.inf, rng.weibull(1.5, n) * 8 + 0.1)
    end = rng.uniform(25, 60, n)
    return np.minimum(time, end), time <= end


# By hand


@pytest.mark.parametrize("distribution", DISTRIBUTIONS)
def test_a_curve_that_has_levelled_off_shows_the_share(distribution):
    # 8 of 16 early, the others followed ten times as long: half, and Wald's error of
    # its log odds, sqrt(1/8 + 1/8); the exponential still expects some after 40
    fit = mixture_cure(EARLY + [400] * 8, [1] * 8 + [0] * 8, distribution=distribution)
    assert fit.cured_share.value == pytest.approx(0.5, abs=2e-3)
    assert fit.cured_share.standard_error == pytest.approx(0.5, abs=5e-3)
    odds = math.exp(1.959963984540054 * fit.cured_share.standard_error)
    assert fit.cured_share.upper == pytest.approx(odds / (1 + odds), abs=2e-3)
    assert fit.uncured_median.lower < 2 < fit.uncured_median.upper


# Edges


def test_what_has_no_answer_is_said():
    nobody = mixture_cure([1, 2], [0, 0])
    assert nobody.cured_share.not_estimable == "there is no event"
    assert len(nobody.survival([1.0]).time) == 0
    start = mixture_cure([0, 2, 3], [1, 1, 0], distribution="log-normal")
    reason = "an event at time 0 is impossible for log-normal times"
    assert start.uncured_median.not_estimable == reason


@pytest.mark.parametrize("distribution", DISTRIBUTIONS)
def test_everybody_had_the_event(distribution):
    fit = mixture_cure(EARLY, [1] * 8, distribution=distribution)
    assert (
        fit.cured_share.not_estimable == "the likelihood is largest with nobody cured"
    )


def test_all_at_one_time_and_one_participant_give_a_reason():
    for time, event in (([3, 3, 3], [1, 1, 1]), ([3], [1]), ([3, 3, 9], [1, 1, 0])):
        fit = mixture_cure(time, event)
        assert fit.not_estimable == "all events came at one and the same time"


def test_censorings_at_nil_say_nothing():
    time, event = trial(1)
    one, two = mixture_cure(time, event), mixture_cure([0, *time], [0, *event])
    assert two.cured_share.value == pytest.approx(one.cured_share.value, rel=1e-4)
    assert two.n == one.n + 1


# Properties


def test_the_scale_of_time_carries_through():
    time, event = trial(2)
    one, two = mixture_cure(time, event), mixture_cure(time * 30, event)
    assert two.cured_share.value == pytest.approx(one.cured_share.value)
    assert two.uncured_median.upper == pytest.approx(30 * one.uncured_median.upper)
    gap = one.log_likelihood - two.log_likelihood
    assert gap == pytest.approx(event.sum() * math.log(30))
    assert two.survival([300.0]).lower == pytest.approx(one.survival([10.0]).lower)


def test_the_curve_falls_to_the_share():
    fit = mixture_cure(*trial(3))
    curve = fit.survival([1, 5, 20, 10_000])
    assert np.all(np.diff(curve.value) < 0)
    assert curve.value[-1] == pytest.approx(fit.cured_share.value)
    share = fit.cured_share
    error = share.standard_error * share.value * (1 - share.value)
    assert curve.standard_error[-1] == pytest.approx(error)
    assert curve.n_at_risk.tolist()[-1] == 0


def test_a_formula_and_rows_dropped():
    time, event = trial(4)
    frame = pd.DataFrame({"t": [np.nan, *time], "e": [1, *event]})
    fit = mixture_cure("t + e ~ 1", data=frame, missing="drop")
    assert "1 row with missing values left out" in fit.method
    assert (
        fit.cured_share
        == mixture_cure("t + e ~ 1", data=frame, missing="drop").cured_share
    )


# Naive twin


def slow_loss(parameters, time, event, distribution):
    """Add up the mixture's log-likelihood person by person."""
    share, total = 1 / (1 + math.exp(-parameters[0])), 0.0
    scale = math.exp(parameters[2]) if len(parameters) > 2 else 1.0
    shape = SHAPES[distribution]
    for t, e in zip(time, event, strict=True):
        z = np.array([(math.log(t) - parameters[1]) / scale])
        if e:
            total += math.log((1 - share) / scale / t) + shape.log_density(z)[0]
        else:
            total += math.log(share + (1 - share) * np.exp(shape.log_survival(z))[0])
    return -total


@pytest.mark.parametrize("distribution", DISTRIBUTIONS)
def test_equals_a_slow_maximum(distribution):
    time, event = trial(5, 80)
    fit = mixture_cure(time, event, distribution=distribution)
    size = 2 if distribution == "exponential" else 3
    arguments = (time, event, distribution)
    best = minimize(slow_loss, np.array([0.0, 2.0, 0.0])[:size], args=arguments)
    assert fit.log_likelihood == pytest.approx(-best.fun, abs=1e-5)
    share = fit.cured_share.value
    ours = [math.log(share / (1 - share)), fit.location, math.log(fit.scale)][:size]
    assert ours == pytest.approx(best.x, abs=2e-3)
    information, step, one = np.zeros((size, size)), 1e-3, np.eye(size)
    for i in range(size):
        for j in range(size):
            information[i, j] = sum(
                a * b * slow_loss(ours + step * (a * one[i] + b * one[j]), *arguments)
                for a in (1, -1)
                for b in (1, -1)
            ) / (4 * step**2)
    assert fit.covariance == pytest.approx(np.linalg.inv(information), rel=0.01)


# Errors


def test_refuses_wrong_options_and_columns():
    with pytest.raises(ArgumentError, match="`distribution` must be one of weibull"):
        mixture_cure([1], [1], distribution="gamma")
    with pytest.raises(ArgumentError, match=r"`level` must lie in \(0, 1\)"):
        mixture_cure([1], [1], level=2)
    with pytest.raises(DataError, match="`time` must have no missing values"):
        mixture_cure([math.nan], [1])
    with pytest.raises(DataError, match="`at` must be above 0"):
        mixture_cure(EARLY + [400] * 8, [1] * 8 + [0] * 8).survival([0])
