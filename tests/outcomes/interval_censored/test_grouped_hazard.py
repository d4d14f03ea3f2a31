"""Grouped-time proportional hazards."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from steps_analysis.errors import ArgumentError, DataError
from steps_analysis.outcomes import grouped_hazard_ratio, interval_regression


def trial(seed, n=80):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=n)
    seen = np.ceil(rng.exponential(4 * np.exp(-0.5 * x), n))
    last = np.minimum(seen, rng.integers(2, 6, n))
    return last.astype(int), seen <= last, x


# By hand


def test_one_period_by_hand():
    # 1 of 4 against 2 of 4: hazards log(4/3) and log 2
    arm = pd.DataFrame({"mst": [1] * 4 + [0] * 4})
    fit = grouped_hazard_ratio([1] * 8, [1, 0, 0, 0, 1, 1, 0, 0], arm)
    ratio = fit.hazard_ratio("mst")
    assert ratio.value == pytest.approx(math.log(4 / 3) / math.log(2))
    # the variance of a log hazard: p / ((1 - p) n (log(1 - p))^2)
    errors = [p / (1 - p) / 4 / math.log(1 - p) ** 2 for p in (1 / 4, 1 / 2)]
    assert ratio.standard_error == pytest.approx(math.sqrt(sum(errors)))
    assert math.exp(fit.coefficients[0]) == pytest.approx(math.log(2))
    assert fit.log_likelihood == pytest.approx(
        math.log(1 / 4) + 3 * math.log(3 / 4) + 4 * math.log(1 / 2)
    )


# Edges


def test_a_period_that_says_nothing_is_left_out():
    # nobody has the event in period 1, everybody left has it in period 3
    last, event = [2, 2, 2, 2, 2, 2, 3, 3], [1, 0, 1, 1, 0, 0, 1, 1]
    x = [0, 0, 0, 1, 1, 1, 0, 1]
    fit = grouped_hazard_ratio(last, event, x)
    assert fit.names == ("intercept", "period 2", "period 3", "column 1")
    assert np.isnan(fit.coefficients).tolist() == [False, True, True, False]
    reason = "in that period nobody, or everybody, had the event"
    assert fit.hazard_ratio("period 3").not_estimable == reason
    # period 2 alone: 2 of 4 against 1 of 4
    found = fit.hazard_ratio("column 1").value
    assert found == pytest.approx(math.log(4 / 3) / math.log(2))


def test_what_has_no_answer_is_said():
    nobody = grouped_hazard_ratio([1, 2], [0, 0], [0, 1])
    assert nobody.hazard_ratio("column 1").not_estimable == "there is no event"
    constant = grouped_hazard_ratio([1, 1, 1], [1, 0, 0], [2, 2, 2])
    reason = "no covariate varies among those at risk when events come"
    assert constant.hazard_ratio("column 1").not_estimable == reason
    everybody = grouped_hazard_ratio([1, 1], [1, 1], [0, 1])
    assert everybody.not_estimable == reason
    split = grouped_hazard_ratio([1] * 4, [1, 0, 0, 0], [0, 0, 1, 1])
    reason = "an effect has no bound: events lie all to one side of it"
    assert split.hazard_ratio("column 1").not_estimable == reason


def test_repeated_covariates_are_left_out_and_rows_dropped():
    last, event, x = trial(1)
    frame = pd.DataFrame({"p": last * 1.0, "e": event, "x": x, "twice": 2 * x})
    frame.loc[0, "p"] = np.nan
    fit = grouped_hazard_ratio("p + e ~ x + twice", data=frame, missing="drop")
    assert fit.dropped == ("twice",)
    reason = "twice is constant or determined by those before it"
    assert fit.hazard_ratio("twice").not_estimable == reason
    assert "1 row with missing values left out" in fit.method


# Properties


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_equals_the_interval_censored_model(seed):
    """With a baseline step each, the two are one likelihood."""
    last, event, x = trial(seed)
    # all those followed for fewer periods than the last with events stay in intervals
    fit = grouped_hazard_ratio(last, event, x)
    left = np.where(event, last - 1, last)
    other = interval_regression(left, np.where(event, last, np.inf), x)
    if fit.not_estimable is None and other.not_estimable is None:
        found = fit.hazard_ratio("column 1").value
        assert found == pytest.approx(other.ratio("column 1").value, rel=1e-5)


# Naive twin: R's glm.fit, with its own start and its own stopping rule


def glm_cloglog(x, y, epsilon):
    mu = (y + 0.5) / 2
    eta = np.log(-np.log(1 - mu))
    before = math.inf
    for _ in range(200):
        slope = np.exp(eta - np.exp(eta))
        weight = slope**2 / (mu * (1 - mu))
        target = eta + (y - mu) / slope
        information = (x * weight[:, None]).T @ x
        beta = np.linalg.solve(information, (x * weight[:, None]).T @ target)
        eta = x @ beta
        mu = -np.expm1(-np.exp(eta))
        deviance = -2 * np.sum(y * np.log(mu) + (1 - y) * np.log(1 - mu))
        if abs(deviance - before) / (abs(deviance) + 0.1) < epsilon:
            break
        before = deviance
    return beta, np.sqrt(np.diag(np.linalg.inv(information))), -deviance / 2


NAMES = ["(Intercept)", "factor(p)2", "factor(p)3", "factor(p)4", "trt"]


def as_r(beta, errors, value):
    return {
        "coef": dict(zip(NAMES, beta, strict=True)),
        "se": dict(zip(NAMES, errors, strict=True)),
        "loglik": value,
    }


def test_equals_glm(figures, table, compare):
    rows, theirs = table("cgd_discrete90"), figures["cloglog_discrete"]
    period = np.minimum(rows.period, 4)
    x = np.column_stack([period > 0, period == 2, period == 3, period == 4, rows.trt])
    x, y = x.astype(float), rows.y.to_numpy(float)
    # R's figures are those of its stopping rule, a relative change of 1e-8
    compare(as_r(*glm_cloglog(x, y, 1e-8)), theirs, rel=1e-9)
    people = rows.groupby("id").agg({"period": "max", "y": "max", "trt": "first"})
    fit = grouped_hazard_ratio(people.period, people.y, people.trt, pool_from=4)
    ours = as_r(fit.coefficients, fit.standard_error, fit.log_likelihood)
    # ours are those of the maximum itself
    compare(ours, as_r(*glm_cloglog(x, y, 0)), rel=1e-8)
    compare(ours, theirs, rel=2e-4)


# Errors


def test_refuses_wrong_options_and_columns():
    with pytest.raises(DataError, match="`period` must hold whole numbers, 1 for the"):
        grouped_hazard_ratio([0, 1.5], [1, 0], [0, 1])
    with pytest.raises(ArgumentError, match="`pool_from` must be at least 1, got 0"):
        grouped_hazard_ratio([1], [1], [1], pool_from=0)
    with pytest.raises(ArgumentError, match="`covariates` must be given, got None"):
        grouped_hazard_ratio([1], [1])
    fit = grouped_hazard_ratio([1, 1, 1], [1, 0, 0], [1, 2, 0])
    with pytest.raises(ArgumentError, match="`name` must be one of intercept, column"):
        fit.hazard_ratio("age")
    with pytest.raises(DataError, match="`event` must be true or false, 1 or 0"):
        grouped_hazard_ratio([1], [2], [1])
