"""Rates drawn towards the common one."""

import json
import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import integrate, optimize, stats

from steps_analysis.errors import ArgumentError, DataError
from steps_analysis.referrals import count_limits
from steps_analysis.referrals.models import shrunken_rates

REFERENCE = Path(__file__).parents[2] / "reference" / "referrals"
QUICK = settings(max_examples=15, deadline=None)


def figures(block):
    return json.loads((REFERENCE / f"{block}.json").read_text())["values"]


# By hand


def test_two_boroughs_keep_half_of_their_own():
    # m = 4/2 = 2; mean square 4; less m / 1 = 2: a = 2.  shape 2**2/2 = 2, rate 1.
    # No event: gamma(2, rate 2), mean 1; four events: gamma(6, rate 2), mean 3.
    events = pd.Series({"Borough B": 4, "Borough A": 0})
    result = shrunken_rates(events, [1, 1], per=1)
    places = result.places
    assert list(places.index) == ["Borough A", "Borough B"]
    assert places["rate"].to_numpy() == pytest.approx([1, 3])
    assert (result.mean, result.standard_deviation) == (2, pytest.approx(math.sqrt(2)))
    assert (result.shape, result.n, result.not_estimable) == (2, 2, None)
    for row, shape in (("Borough A", 2), ("Borough B", 6)):
        low, high = stats.gamma(shape, scale=1 / 2).ppf([0.025, 0.975])
        assert places.loc[row, "lower"] == pytest.approx(low, rel=1e-10)
        assert places.loc[row, "upper"] == pytest.approx(high, rel=1e-10)


# Edges


def test_no_variance_between_places_gives_the_common_rate_to_all():
    result = shrunken_rates([1, 3], [1, 1], per=1)
    assert result.places["rate"].tolist() == [2, 2]
    low, high = count_limits(4, method="exact")
    assert result.places["lower"].tolist() == pytest.approx([low / 2] * 2)
    assert result.places["upper"].tolist() == pytest.approx([high / 2] * 2)
    assert result.places["weight"].tolist() == [0, 0]
    assert (result.standard_deviation, result.shape) == (0, math.inf)
    assert "no variance between places" in result.method


@pytest.mark.parametrize("method", ["moments", "maximum_likelihood"])
@pytest.mark.parametrize(
    ("events", "exposure", "reason"),
    [
        ([0, 0, 0], [5, 6, 7], "there are no events in any place"),
        ([4], [100], "there is one place"),
        ([4, 0], [100, 0], "there is one place"),
        ([0], [0], "there are no events in any place"),
    ],
)
def test_nothing_to_learn_from(method, events, exposure, reason):
    result = shrunken_rates(events, exposure, method=method)
    assert result.not_estimable.startswith(reason)
    assert result.places[["rate", "lower", "upper", "weight"]].isna().all(axis=None)
    assert math.isnan(result.mean)


def test_a_place_without_exposure_has_the_distribution_of_rates():
    result = shrunken_rates([0, 4, 0], [1, 1, 0], per=1)
    last = result.places.iloc[2]
    assert last["rate"] == pytest.approx(result.mean)
    assert last["weight"] == 0
    assert math.isnan(last["raw"])
    assert last["upper"] == pytest.approx(stats.gamma(2, scale=1).ppf(0.975))


def test_huge_counts_keep_their_own_rates():
    result = shrunken_rates([1e9, 3e9], [1e6, 1e6], per=1, method="maximum_likelihood")
    assert result.places["rate"].to_numpy() == pytest.approx([1000, 3000], rel=1e-6)


# Properties


places = st.lists(
    st.tuples(st.integers(0, 30), st.integers(100, 50_000)), min_size=2, max_size=8
)


@QUICK
@given(places, st.sampled_from(["moments", "maximum_likelihood"]))
def test_a_rate_lies_between_its_own_and_the_common_one(drawn, method):
    events, exposure = zip(*drawn, strict=True)
    result = shrunken_rates(events, exposure, method=method)
    if result.not_estimable is None:
        p = result.places
        near = np.minimum(p["raw"], result.mean) * (1 - 1e-9) - 1e-12
        far = np.maximum(p["raw"], result.mean) * (1 + 1e-9) + 1e-12
        assert ((p["rate"] >= near) & (p["rate"] <= far)).all()
        # a mean may lie beyond the quantiles of a gamma distribution of tiny shape
        inside = (p["lower"] <= p["rate"]) & (p["rate"] <= p["upper"])
        assert (inside | (result.shape + p["events"] < 0.5)).all()
        assert p["weight"].between(0, 1).all()


# Naive twin


def test_the_posterior_mean_is_the_integral_it_says_it_is():
    events, exposure = [2, 9, 0, 4], [1.0, 2.0, 1.5, 1.0]
    result = shrunken_rates(events, exposure, per=1)
    prior = stats.gamma(result.shape, scale=result.mean / result.shape)
    for y, n, found in zip(events, exposure, result.places["rate"], strict=True):

        def weight(rate, y=y, n=n):
            return prior.pdf(rate) * stats.poisson.pmf(y, rate * n)

        above = integrate.quad(lambda r, w=weight: r * w(r), 0, 60, limit=200)[0]
        below = integrate.quad(weight, 0, 60, limit=200)[0]
        assert found == pytest.approx(above / below, rel=1e-7)


def test_maximum_likelihood_is_the_top_of_the_negative_binomial():
    rng = np.random.default_rng(4)
    exposure = rng.uniform(1, 5, 14)
    events = rng.poisson(exposure * rng.gamma(4, 0.5, 14))

    def falling(logs):
        shape, mean = np.exp(logs)
        p = shape / (shape + mean * exposure)
        return -stats.nbinom.logpmf(events, shape, p).sum()

    best = optimize.minimize(falling, [0, 0], method="Nelder-Mead", tol=1e-12)
    result = shrunken_rates(events, exposure, per=1, method="maximum_likelihood")
    assert [result.shape, result.mean] == pytest.approx(np.exp(best.x), rel=1e-4)


# Figures


def test_every_figure_of_spdep_ebest():
    values = figures("models/eb_ncsids")
    assert set(values) == {"SID74", "BIR74", "name", "raw", "est", "a", "b"}
    order = values["name"]
    events = pd.Series(values["SID74"], index=order)
    result = shrunken_rates(events, pd.Series(values["BIR74"], index=order), per=1)
    places = result.places.loc[order]
    assert places["raw"].to_numpy() == pytest.approx(values["raw"], abs=5.1e-10)
    assert places["rate"].to_numpy() == pytest.approx(values["est"], abs=5.1e-10)
    assert result.mean == pytest.approx(values["b"], abs=5.1e-10)
    variance = result.standard_deviation**2
    assert variance == pytest.approx(values["a"], rel=1e-9)


def test_figures_of_glm_nb_in_the_recruitment_block():
    # loglik, and what is predicted from the fit, belong to the forecast
    values = figures("recruit_poisson_gamma")
    result = shrunken_rates(
        values["N"], values["tau"], per=1, method="maximum_likelihood"
    )
    assert result.shape == pytest.approx(values["alpha"], rel=1e-6)
    assert result.shape / result.mean == pytest.approx(values["beta"], rel=1e-6)
    assert result.mean == pytest.approx(values["mean_rate"], rel=1e-6)
    rates = result.places["rate"].to_numpy()
    assert rates == pytest.approx(values["post_mean_rate"], rel=1e-6)


# Coverage


def test_limits_hold_true_rates_a_little_less_often_than_they_say():
    # 100 x 14 rates, where a spread is found: it is taken as known, so below .95; where
    # none is found the limits are those of the common rate, and no place is claimed
    rng = np.random.default_rng(8)
    hits = []
    for _ in range(100):
        exposure = rng.uniform(12_000, 37_000, 14)
        true = 4.7 * rng.gamma(4, 1 / 4, 14)
        events = rng.poisson(true * exposure / 10_000)
        result = shrunken_rates(events, exposure)
        p = result.places
        if result.standard_deviation > 0:
            hits.append(((p["lower"] <= true) & (true <= p["upper"])).mean())
    assert 0.88 < np.mean(hits) < 0.96


# Errors


@pytest.mark.parametrize(
    ("options", "match"),
    [
        ({"method": "james_stein"}, "`method` must be one of moments"),
        ({"per": 0}, "`per` must be a finite number above 0"),
        ({"level": 95}, "`level` must lie in"),
    ],
)
def test_options_that_break_their_rule(options, match):
    with pytest.raises(ArgumentError, match=match):
        shrunken_rates([1, 2], [1, 1], **options)


@pytest.mark.parametrize(
    ("events", "exposure", "match"),
    [
        ([1.5], [1], "`events` must hold whole numbers"),
        ([1, 2], [1, 0], "`exposure` must be above 0"),
        ([1, 2], [1], "`exposure` must have one entry for each"),
        (pd.Series([1, 2], index=["A", "A"]), [1, 1], "`events` must have one entry"),
    ],
)
def test_columns_that_break_their_rule(events, exposure, match):
    with pytest.raises(DataError, match=match):
        shrunken_rates(events, exposure)
