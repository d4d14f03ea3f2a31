"""Bias-reduced logistic models."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from steps_analysis.errors import ArgumentError, DataError
from steps_analysis.outcomes import (
    firth_logistic,
    flac_logistic,
    flic_logistic,
    median_unbiased_logistic,
)

FITS = [firth_logistic, flic_logistic, flac_logistic, median_unbiased_logistic]
RISKS = [flic_logistic, flac_logistic]
FORMULA = "arrest ~ fin + age + prio"


@pytest.fixture
def rossi(table):
    return table("ll_rossi")


def drawn(seed, n=30):
    rng = np.random.default_rng(seed)
    x = np.column_stack([np.arange(n) % 2, rng.integers(0, 4, n)]).astype(float)
    y = rng.random(n) < rng.choice([0.05, 0.3, 0.8])
    return y.astype(float), x


# By hand


def test_a_table_gains_half_an_event_in_each_cell():
    # 0 of 20 v 4 of 20: (0.5 / 20.5) / (4.5 / 16.5)
    y, arm = [0] * 20 + [1] * 4 + [0] * 16, [1] * 20 + [0] * 20
    fit = firth_logistic(y, arm)
    assert fit.odds_ratio("column 1").value == pytest.approx(
        (0.5 / 20.5) / (4.5 / 16.5)
    )
    assert fit.coefficients[0] == pytest.approx(math.log(4.5 / 16.5))
    # information of 21 people in each arm: 1 / (4.5 16.5 / 21) and 1 / (0.5 20.5 / 21)
    control, treated = 21 / (4.5 * 16.5), 21 / (0.5 * 20.5)
    assert fit.standard_error[1] == pytest.approx(math.sqrt(control + treated))
    # log L + log det / 2 with the risks of the augmented table
    p, q = 4.5 / 21, 0.5 / 21
    plain = 4 * math.log(p) + 16 * math.log(1 - p) + 20 * math.log(1 - q)
    half = 0.5 * math.log(20 * p * (1 - p) * 20 * q * (1 - q))
    assert fit.log_likelihood == pytest.approx(plain + half)


def test_an_intercept_alone():
    # x events of n: Firth adds 1/2 to each cell, the median version 1/6
    assert firth_logistic([1, 0, 0, 0, 0]).risks[0] == pytest.approx(1.5 / 6)
    median = median_unbiased_logistic([1, 0, 0, 0, 0])
    assert median.risks[0] == pytest.approx((1 + 1 / 6) / (5 + 2 / 6))
    assert flic_logistic([1, 0, 0, 0, 0]).risks[0] == pytest.approx(0.2)
    assert flac_logistic([1, 0, 0, 0, 0]).risks[0] == pytest.approx(0.2)


# Edges


@pytest.mark.parametrize("fitted", FITS)
@pytest.mark.parametrize("outcome", [[0, 0, 0, 0], [1, 1, 1, 1]])
def test_no_event_or_only_events_are_finite(fitted, outcome):
    fit = fitted(outcome, [1, 0, 1, 0])
    assert fit.odds_ratio("column 1").value == pytest.approx(1.0)
    assert 0 < fit.odds_ratio("column 1").lower < 1
    if fitted in RISKS:
        who = "everybody" if outcome[0] else "nobody"
        assert f"uncorrected: {who} had the event" in fit.method


@pytest.mark.parametrize("fitted", FITS)
def test_perfect_separation_is_finite(fitted):
    fit = fitted([0, 0, 0, 1, 1, 1], [[1.0], [2], [3], [4], [5], [6]])
    found = fit.coefficient("column 1")
    assert found.not_estimable is None
    assert 0 < found.value < found.upper < 50


@pytest.mark.parametrize("fitted", FITS)
def test_one_participant(fitted):
    fit = fitted([1])
    assert math.isfinite(fit.coefficients[0])
    assert fit.n == fit.n_events == 1


def test_a_constant_or_collinear_covariate_is_left_out_by_name():
    y, x = drawn(1)
    frame = pd.DataFrame({"arm": x[:, 0], "one": 1.0, "twice": 2 * x[:, 0]})
    fit = firth_logistic(y, frame)
    assert fit.names == ("intercept", "arm")
    assert fit.dropped == ("one", "twice")
    reason = fit.odds_ratio("twice").not_estimable
    assert reason == "twice is constant, or determined by those before it"


def test_a_unit_too_large_has_no_odds_ratio():
    y, x = drawn(2)
    fit = firth_logistic(y, x * 1e-4)
    assert "is too large a step" in fit.odds_ratio("column 1").not_estimable
    assert fit.coefficient("column 1").not_estimable is None


def test_missing_values_are_dropped_on_request_and_counted():
    fit = firth_logistic([1, 0, 1, None], [0, 1, 1, 1], missing="drop")
    assert fit.n == 3
    assert "1 row with missing values left out" in fit.method


# Properties


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_coding_and_order_do_not_matter_and_the_outcome_mirrors(seed):
    y, x = drawn(seed)
    order = np.random.default_rng(seed).permutation(len(y))
    for fitted in FITS:
        one = fitted(y, x)
        # the median version knows each coefficient by itself, so a shift, which mixes
        # the intercept with the others, does change it
        shift = 0.0 if fitted is median_unbiased_logistic else 3.0
        two = fitted(y[order], x[order] * [10.0, -2.0] + shift)
        other = fitted(1 - y, x)
        assert two.coefficients[1] * 10 == pytest.approx(one.coefficients[1], abs=1e-6)
        assert other.coefficients == pytest.approx(-one.coefficients, abs=1e-6)


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_corrected_risks_have_the_observed_mean(seed):
    y, x = drawn(seed)
    for fitted in RISKS:
        fit = fitted(y, x)
        if 0 < y.sum() < len(y):
            assert fit.risks.mean() == pytest.approx(y.mean(), abs=1e-7)
    firth, flic = firth_logistic(y, x), flic_logistic(y, x)
    assert flic.coefficients[1:] == pytest.approx(firth.coefficients[1:])


def test_limits_are_where_the_likelihood_ratio_is_the_quantile(rossi):
    fit = firth_logistic(FORMULA, data=rossi)
    found = fit.coefficient("prio", level=0.9)
    free = np.arange(4) != 3
    for limit in (found.lower, found.upper):
        start = fit.coefficients.copy()
        start[3] = limit
        held = fit.likelihood.maximise(start, free)
        fall = 2 * (fit.log_likelihood - fit.likelihood.value(held))
        assert fall == pytest.approx(1.6448536269514722**2, rel=1e-8)


# Naive twins


def test_the_penalised_likelihood_against_a_plain_search():
    from scipy.optimize import minimize

    y, x = drawn(5)

    def minus(beta):
        # log L + log det / 2, term by term
        total, inner = 0.0, np.zeros((3, 3))
        for event, row in zip(y, x, strict=True):
            z = np.array([1.0, *row])
            p = 1 / (1 + math.exp(-z @ beta))
            total += math.log(p if event else 1 - p)
            inner += p * (1 - p) * np.outer(z, z)
        return -total - 0.5 * math.log(np.linalg.det(inner))

    found = minimize(minus, np.zeros(3), method="Nelder-Mead", options={"xatol": 1e-9})
    fit = firth_logistic(y, x)
    assert fit.coefficients == pytest.approx(found.x, abs=1e-4)
    assert fit.log_likelihood == pytest.approx(-found.fun, rel=1e-8)


def test_the_median_version_against_its_equations():
    # Kenne Pagui and others: the adjusted scores, written out with third cumulants and
    # solved by search
    from scipy.optimize import fsolve

    y, x = drawn(7)
    z = np.column_stack([np.ones(len(y)), x])

    def adjusted(beta):
        p = 1 / (1 + np.exp(-z @ beta))
        w, skew = p * (1 - p), p * (1 - p) * (1 - 2 * p)
        information = z.T @ (w[:, None] * z)
        inverse = np.linalg.inv(information)
        score = z.T @ (y - p)
        shift = np.zeros(3)
        for r in range(3):
            third = np.einsum("i,ia,ib,ic->abc", skew, z, z, z)
            # modification of the mean: -(1/2) tr(F^-1 (P + Q)), here with Q = 0 for
            # the canonical link, and of the median by h_r h_r' / F^rr
            h = np.outer(inverse[r], inverse[r]) / inverse[r, r]
            mean = 0.5 * np.einsum("ab,abc->c", inverse, third)
            median = np.einsum("ab,abc->c", h, third) / 3
            shift[r] = inverse[r] @ (mean - median)
        return inverse @ score + shift

    found = fsolve(adjusted, np.zeros(3), xtol=1e-12)
    assert median_unbiased_logistic(y, x).coefficients == pytest.approx(found, abs=1e-7)


# R


def _named(fit, values):
    names = ("(Intercept)", *fit.names[1:])
    return dict(zip(names, values, strict=True))


def _like_logistf(fit):
    rows = fit.to_frame()
    return {
        "coef": _named(fit, rows["coefficient"]),
        "se": list(rows["standard_error"]),
        "lower": _named(fit, rows["lower"]),
        "upper": _named(fit, rows["upper"]),
        "p": _named(fit, rows["p_value"]),
        "loglik": {"full": fit.log_likelihood, "null": fit.null_log_likelihood},
        "predict": list(fit.risks[:5]),
    }


def test_equals_logistf_with_a_zero_cell(figures, table, compare):
    fit = firth_logistic("y ~ trt", data=table("zero_cell40"))
    compare(_like_logistf(fit), figures["firthlogit_zero"], rel=1e-9)


def test_equals_logistf(figures, rossi, compare):
    ours = _like_logistf(firth_logistic(FORMULA, data=rossi))
    ours["se"] = _named(firth_logistic(FORMULA, data=rossi), ours["se"])
    compare(ours, figures["firthlogit_rossi"], rel=1e-9)


def test_equals_flic(figures, rossi, compare):
    fit = flic_logistic(FORMULA, data=rossi)
    ours = _like_logistf(fit)
    # R takes 1.96 for the normal quantile of the intercept's limits
    r_level = math.erf(1.96 / math.sqrt(2))
    intercept = fit.coefficient("intercept", level=r_level)
    ours["lower"]["(Intercept)"] = intercept.lower
    ours["upper"]["(Intercept)"] = intercept.upper
    compare(ours, figures["flic_rossi"], rel=1e-8)


def test_equals_flac(figures, rossi, compare):
    fit = flac_logistic(FORMULA, data=rossi)
    compare(_like_logistf(fit), figures["flac_rossi"], rel=1e-9)


@pytest.mark.parametrize("kind", ["mean", "median"])
def test_equals_brglm2(kind, figures, rossi, compare):
    fitted = {"mean": firth_logistic, "median": median_unbiased_logistic}[kind]
    fit = fitted(FORMULA, data=rossi)
    ours = {
        "coef": _named(fit, fit.coefficients),
        "se": _named(fit, np.sqrt(np.diag(fit.information_covariance))),
    }
    compare(ours, figures[f"brglm2_AS_{kind}_rossi"], rel=1e-9)


# Errors


def test_refuses_what_does_not_fit():
    with pytest.raises(DataError, match="`outcome` must be true or false"):
        firth_logistic([2, 0], [0, 1])
    with pytest.raises(DataError, match="`covariates` must have 2 rows like `outcome`"):
        firth_logistic([1, 0], [0, 1, 1])
    with pytest.raises(DataError, match="`covariates` must have no missing values"):
        flic_logistic([1, 0], [None, 1.0])
    with pytest.raises(ArgumentError, match="`name` must be one of intercept, col"):
        firth_logistic([1, 0], [0, 1]).odds_ratio("age")
