"""Forecasts of recruitment."""

import json
import math
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from steps_analysis.errors import ArgumentError, DataError
from steps_analysis.referrals import recruitment_forecast
from steps_analysis.referrals.recruitment.future_counts import (
    count_probabilities,
    count_quantiles,
    waiting_quantiles,
)
from steps_analysis.referrals.recruitment.plausible_rates import (
    PlausibleRates,
    integrated_rates,
    likeliest_rates,
)
from steps_analysis.referrals.recruitment.site_rates import site_counts

REFERENCE = Path(__file__).parents[2] / "reference" / "referrals"
QUICK = settings(max_examples=8, deadline=None)
LIMITS = [0.025, 0.5, 0.975]


def one_site(mean, scale):
    return PlausibleRates(
        weight=np.ones(1), mean=np.array([[mean]]), scale=np.array([[scale]])
    )


# By hand


def test_sites_alike_in_time_need_no_variation():
    # Two sites open for two months, both to go on for six: their common total has,
    # whatever the variation, a Poisson law whose mean has Jeffreys' prior. With 4
    # recruits in 4 site-months, 12 to come: negative binomial, 4.5 and 4 / 16.
    exact = stats.nbinom(4.5, 0.25)
    forecast = recruitment_forecast([3, 1], [2, 2], by=6, target=20)
    limits = forecast.recruited
    assert [limits.lower, limits.value, limits.upper] == list(4 + exact.ppf(LIMITS))
    assert forecast.reaches_target.value == pytest.approx(exact.sf(15), rel=2e-3)


def test_one_site_alone():
    # 2 in 2 months, 6 to come: negative binomial with 2.5 and 2 / 8.
    exact = stats.nbinom(2.5, 0.25)
    forecast = recruitment_forecast([2], [2], by=6, target=22)
    assert forecast.recruited.upper == 2 + exact.ppf(0.975)
    assert forecast.reaches_target.value == pytest.approx(exact.sf(19), rel=2e-3)


def test_nobody_yet_in_two_months():
    # Negative binomial with 0.5 and 2 / 8: the chance of at least one is 1 - .25^.5.
    forecast = recruitment_forecast([0], [2], by=6, target=1)
    assert forecast.reaches_target.value == pytest.approx(0.5, rel=5e-3)
    assert forecast.rates.mean_rate.not_estimable == "nobody has been recruited"
    assert (forecast.mean, forecast.variance) == (0, 0)  # at the most likely rate, 0


def test_plug_in_without_variation_is_poisson():
    # 12 in 6 site-months: rate 2. Three sites, two months: mean 12.
    forecast = recruitment_forecast(
        [2, 4, 6], [1, 2, 3], by=2, target=20, parameters="plug-in"
    )
    law = stats.poisson(12)
    limits = forecast.recruited
    assert [limits.lower, limits.value, limits.upper] == list(12 + law.ppf(LIMITS))
    assert forecast.reaches_target.value == pytest.approx(law.sf(7), abs=1e-6)
    assert (forecast.mean, forecast.variance) == pytest.approx((24, 12))
    # Eight more at a rate of 6 a month: a gamma law of shape 8.
    wait = forecast.months_to_target
    expected = stats.gamma(8, scale=1 / 6).ppf(LIMITS)
    assert [wait.lower, wait.value, wait.upper] == pytest.approx(expected, abs=1e-3)


def test_sites_that_open_late_or_close_early_recruit_in_between():
    forecast = recruitment_forecast(
        pd.Series([4, 2, 0, 3], index=list("ABCD")),
        [3, 3, 0, 2],
        by=6,
        opens=[-3, -3, 2, -8],
        closes=[6, 4, np.inf, -6],
    )
    assert forecast.sites["months_ahead"].to_dict() == {"A": 6, "B": 4, "C": 4, "D": 0}


# Edges


def test_no_site_has_been_open():
    forecast = recruitment_forecast([0, 0], [0, 0], by=6, target=10, opens=[1, 2])
    for figure in (
        forecast.recruited,
        forecast.reaches_target,
        forecast.months_to_target,
    ):
        assert figure.not_estimable == "no site has been open"
    assert forecast.path.empty
    assert forecast.sites["rate"].isna().all()


def test_plug_in_says_nothing_before_the_first_recruit():
    forecast = recruitment_forecast([0], [3], by=6, target=9, parameters="plug-in")
    assert forecast.recruited.not_estimable == "nobody has been recruited"


def test_all_closed():
    forecast = recruitment_forecast([3, 5], [3, 2], by=6, target=20, closes=0)
    limits = forecast.recruited
    assert (limits.lower, limits.value, limits.upper) == (8, 8, 8)
    assert forecast.reaches_target.value == 0
    reason = "the target is more likely never reached than reached"
    assert forecast.months_to_target.not_estimable == reason


def test_a_target_reached_already():
    forecast = recruitment_forecast([3, 5], [3, 2], by=6, target=8, closes=0)
    assert forecast.reaches_target.value == 1
    wait = forecast.months_to_target
    assert (wait.lower, wait.value, wait.upper) == (0, 0, 0)


def test_a_target_that_may_be_missed_has_no_upper_limit():
    forecast = recruitment_forecast([9, 9], [3, 3], by=6, target=40, closes=6)
    assert 0.5 < forecast.reaches_target.value < 0.975
    assert forecast.months_to_target.value < 6
    assert math.isnan(forecast.months_to_target.upper)


def test_without_a_target():
    forecast = recruitment_forecast([3, 5], [3, 2], by=6)
    assert forecast.reaches_target.not_estimable == "no target was given"
    assert forecast.months_to_target.not_estimable == "no target was given"


def test_a_thousand_recruits_and_a_hundred_sites():
    n = np.arange(100) % 7 + 7
    forecast = recruitment_forecast(n, np.full(100, 10.0), by=10, target=1_500)
    assert forecast.recruited.lower < 2 * n.sum() < forecast.recruited.upper
    assert forecast.recruited.upper - forecast.recruited.lower < 200


def test_days_of_months():
    forecast = recruitment_forecast(
        [3, 5], [3, 2], by=6, target=8, on=date(2014, 6, 30)
    )
    assert forecast.day_after(0) == date(2014, 6, 30)
    assert forecast.day_after(12) == date(2015, 7, 1)  # 365.25 days, a day begun
    assert forecast.day_after(math.nan) is None
    assert recruitment_forecast([3], [3], by=6).day_after(1) is None


# Properties


@QUICK
@given(
    st.lists(st.tuples(st.integers(0, 9), st.floats(0.5, 12)), min_size=1, max_size=6),
    st.floats(0.5, 12),
)
def test_more_time_is_never_worse_and_the_path_rises(sites, by):
    n, months = map(np.array, zip(*sites, strict=True))
    target = int(n.sum()) + 5
    one = recruitment_forecast(n, months, by=by, target=target)
    two = recruitment_forecast(n, months, by=2 * by, target=target)
    assert two.reaches_target.value >= one.reaches_target.value - 1e-6
    assert two.recruited.value >= one.recruited.value
    for name in ("median", "lower", "upper"):
        assert one.path[name].is_monotonic_increasing
    assert (one.path["lower"] <= one.path["median"]).all()
    assert (one.path["median"] <= one.path["upper"]).all()
    assert one.path.iloc[0].tolist() == [0, n.sum(), n.sum(), n.sum()]
    last = one.path.iloc[-1]
    assert last["upper"] == one.recruited.upper
    assert (one.sites["lower"] < one.sites["upper"]).all()


def test_the_order_of_sites_changes_nothing():
    n, months = np.array([3, 9, 0, 4]), np.array([2.0, 6, 1, 3])
    order = [2, 0, 3, 1]
    one = recruitment_forecast(n, months, by=9, target=40)
    two = recruitment_forecast(n[order], months[order], by=9, target=40)
    assert one.recruited == two.recruited
    assert one.reaches_target.value == pytest.approx(two.reaches_target.value)


def test_months_and_probability_tell_the_same():
    n, months = [3, 9, 0, 4], [2, 6, 1, 3]
    wait = recruitment_forecast(n, months, by=9, target=40).months_to_target
    for share, at in zip(LIMITS, (wait.lower, wait.value, wait.upper), strict=True):
        then = recruitment_forecast(n, months, by=at, target=40)
        assert then.reaches_target.value == pytest.approx(share, abs=1e-3)


def test_the_integrated_forecast_is_the_wider_one():
    n, months = [3, 1, 0, 4, 2], [2, 3, 1, 3, 2]
    wide = recruitment_forecast(n, months, by=20).recruited
    narrow = recruitment_forecast(n, months, by=20, parameters="plug-in").recruited
    assert wide.lower < narrow.lower
    assert wide.upper > narrow.upper


def test_the_same_data_give_the_same_bytes():
    one, two = (recruitment_forecast([3, 1], [2, 5], by=7, target=9) for _ in range(2))
    assert one.recruited.to_dict() == two.recruited.to_dict()
    pd.testing.assert_frame_equal(one.path, two.path, check_exact=True)


# Naive twins


def test_the_sum_of_negative_binomials_is_their_convolution():
    counts = site_counts([27, 3, 0], [12, 5, 0])
    rates, ahead = likeliest_rates(counts), np.array([6.0, 2.5, 4.0])
    law = np.ones(1)
    for i in range(3):
        scale = rates.scale[0, i] * ahead[i]
        size = rates.mean[0, i] / rates.scale[0, i]
        pmf = stats.nbinom(size, 1 / (1 + scale)).pmf(np.arange(256))
        law = np.convolve(law, pmf)[:256]
    found = count_probabilities(rates, ahead, 256)
    assert found == pytest.approx(law, abs=1e-8)
    # Cut short, what lies beyond does not come back in.
    assert count_probabilities(rates, ahead, 16) == pytest.approx(law[:16], abs=1e-7)


def test_the_integral_over_rates_by_brute_force():
    n, months = np.array([3, 1, 0, 2, 0]), np.array([5.0, 5, 3, 4, 1])
    rates = integrated_rates(site_counts(n, months))
    log_mean = np.linspace(-9, 5, 561)[:, None]
    variation = np.linspace(0.005, 1.995, 200)[None, :]
    mean, alpha = np.exp(log_mean), 1 / variation**2
    weight = log_mean / 2 - variation**2 / 2
    for k, t in zip(n, months, strict=True):
        weight = weight + stats.nbinom.logpmf(k, alpha, alpha / (alpha + mean * t))
    weight = np.exp(weight - weight.max())
    weight /= weight.sum()
    ahead, none = np.full(5, 4.0), np.ones_like(weight)
    for k, t in zip(n, months, strict=True):
        beta = alpha / mean + t
        none = none * (beta / (beta + 4)) ** (alpha + k)
    expected = float((weight * none).sum())
    assert count_probabilities(rates, ahead, 64)[0] == pytest.approx(expected, rel=3e-3)
    posterior = float((weight * (alpha + 3) / (alpha / mean + 5)).sum())
    assert rates.weight @ rates.mean[:, 0] == pytest.approx(posterior, rel=3e-3)


@pytest.mark.parametrize("scale", [0.0, 0.4, 5.0])
def test_quantiles_of_one_site(scale):
    law = stats.nbinom(3 / scale, 1 / (1 + scale)) if scale else stats.poisson(3)
    found = count_quantiles(one_site(3.0, scale), np.ones(1), np.array(LIMITS))
    assert list(found) == list(law.ppf(LIMITS))


def test_waits_in_any_order_of_shares():
    rates = one_site(2.0, 0.0)
    found = waiting_quantiles(
        rates, lambda t: np.array([t]), 3, np.array([0.9, 0.1, 0.5])
    )
    assert found == pytest.approx(
        stats.gamma(3, scale=0.5).ppf([0.9, 0.1, 0.5]), abs=1e-3
    )


# R


def test_every_forecast_of_the_reference():
    case = json.loads((REFERENCE / "recruit_poisson_gamma.json").read_text())["values"]
    forecast = recruitment_forecast(
        case["N"], case["tau"], by=case["predict_h"], parameters="plug-in"
    )
    assert forecast.mean - sum(case["N"]) == pytest.approx(
        case["predict_mean"], rel=1e-6
    )
    assert forecast.variance == pytest.approx(case["predict_var"], rel=1e-6)
    rate = forecast.sites["rate"].to_numpy()
    assert rate == pytest.approx(np.array(case["post_mean_rate"]), rel=1e-6)
    assert forecast.rates.alpha == pytest.approx(case["alpha"], rel=1e-6)
    assert set(case) == {
        *("N", "tau", "alpha", "beta", "mean_rate", "loglik", "post_mean_rate"),
        *("predict_h", "predict_mean", "predict_var", "note"),
    }  # the rest in test_site_rates.py


# Errors


@pytest.mark.parametrize("by", [-1, math.nan, 5_000])
def test_a_day_that_is_no_day_ahead_is_refused(by):
    with pytest.raises(ArgumentError, match="`by` must be a number of months"):
        recruitment_forecast([1], [1], by=by)


@pytest.mark.parametrize("target", [0, 2.5, math.nan, math.inf])
def test_what_is_no_target_is_refused(target):
    with pytest.raises(ArgumentError, match="`target` must be a whole number"):
        recruitment_forecast([1], [1], by=1, target=target)


def test_months_of_other_sites_are_refused():
    with pytest.raises(DataError, match="`opens` must hold months"):
        recruitment_forecast([1], [1], by=1, opens=[1, 2])
    with pytest.raises(DataError, match="`closes` must have no missing month"):
        recruitment_forecast([1], [1], by=1, closes=[math.nan])


def test_an_unknown_way_is_refused():
    with pytest.raises(ArgumentError, match="integrated, plug-in"):
        recruitment_forecast([1], [1], by=1, parameters="bootstrap")
