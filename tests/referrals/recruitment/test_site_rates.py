"""The rates of sites, and how much they differ."""

import json
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import optimize, stats

from steps_analysis.errors import ArgumentError, DataError
from steps_analysis.referrals import recruitment_rates
from steps_analysis.referrals.recruitment.likelihood import (
    Counts,
    best_mean_rate,
    log_likelihood,
    log_rate_information,
    variation_score,
)

REFERENCE = Path(__file__).parents[2] / "reference" / "referrals"
QUICK = settings(max_examples=30, deadline=None)
UNEVEN = Counts(
    recruited=np.array([7.0, 0, 3, 12, 1]), months=np.array([3.0, 2, 5, 4, 0.5])
)


# By hand


def test_sites_alike_have_one_rate():
    # 12 recruits in 6 site-months; (2 - 2)^2 - 2 and so on are all below 0.
    rates = recruitment_rates([2, 4, 6], [1, 2, 3])
    assert rates.mean_rate.value == 2
    # The logarithm of a Poisson rate from 12 events: standard error 1 / sqrt(12).
    assert rates.mean_rate.standard_error == pytest.approx(1 / math.sqrt(12))
    reach = math.exp(1.959963984540054 / math.sqrt(12))
    assert rates.mean_rate.lower == pytest.approx(2 / reach)
    assert rates.mean_rate.upper == pytest.approx(2 * reach)
    assert (rates.variation.value, rates.variation.lower) == (0, 0)
    assert rates.variation.upper > 0
    assert math.isnan(rates.alpha)
    assert math.isnan(rates.beta)
    assert rates.log_likelihood == pytest.approx(
        sum(stats.poisson.logpmf(n, n) for n in (2, 4, 6))
    )
    assert rates.mean_rate.to_r() is None
    assert rates.n_sites == 3


# Edges


def test_before_the_first_recruit_there_is_no_rate():
    rates = recruitment_rates([0, 0], [3, 1])
    assert rates.mean_rate.not_estimable == "nobody has been recruited"
    assert rates.variation.not_estimable == "nobody has been recruited"
    assert math.isnan(rates.log_likelihood)


def test_before_a_site_opens_there_is_no_rate():
    rates = recruitment_rates([0], [0])
    assert rates.mean_rate.not_estimable == "no site has been open"
    assert rates.n_sites == 0


def test_one_site_says_nothing_of_variation():
    rates = recruitment_rates([7, 0], [2, 0])
    assert rates.mean_rate.value == 3.5
    assert rates.variation.not_estimable == "only one site has been open"


def test_one_site_that_recruits_everybody():
    rates = recruitment_rates([50, 0, 0, 0, 0, 0], [1] * 6)
    assert rates.variation.value > 2
    assert math.isfinite(rates.variation.upper)
    assert rates.mean_rate.value == pytest.approx(50 / 6)  # months alike: the mean


# Properties


@QUICK
@given(
    st.lists(
        st.tuples(st.integers(0, 30), st.floats(0.1, 24)), min_size=2, max_size=10
    ),
    st.floats(0.1, 10),
)
def test_the_unit_of_time_only_scales(sites, factor):
    n, months = map(np.array, zip(*sites, strict=True))
    one, two = recruitment_rates(n, months), recruitment_rates(n, months * factor)
    if not n.any():
        assert one.mean_rate.not_estimable == two.mean_rate.not_estimable
        return
    assert two.mean_rate.value * factor == pytest.approx(one.mean_rate.value, rel=1e-5)
    assert two.variation.value == pytest.approx(one.variation.value, rel=1e-4, abs=1e-4)
    assert two.log_likelihood == pytest.approx(one.log_likelihood, abs=1e-7)


def test_a_site_not_yet_open_changes_nothing():
    one = recruitment_rates([3, 9, 1], [2, 4, 6])
    two = recruitment_rates([3, 9, 1, 0], [2, 4, 6, 0])
    assert one == two


@pytest.mark.parametrize("squared", [1e-7, 0.01, 0.3, 4.0])
def test_slopes_are_those_of_the_likelihood(squared):
    step = 1e-4 * squared
    at = np.array([squared - step, squared + step])
    low, high = log_likelihood(UNEVEN, 1.7, at)
    slope = float(variation_score(UNEVEN, 1.7, squared))
    assert slope == pytest.approx((high - low) / (2 * step), rel=1e-5, abs=1e-3)
    x = np.log(1.7) + np.array([-1e-3, 0, 1e-3])
    curve = log_likelihood(UNEVEN, np.exp(x), squared)
    second = -(curve[0] - 2 * curve[1] + curve[2]) / 1e-6
    assert log_rate_information(UNEVEN, 1.7, squared) == pytest.approx(second, rel=1e-4)


# Naive twin


def test_no_other_parameters_are_more_likely():
    def negative(logs):  # the negative binomial, as scipy has it
        alpha, mean = np.exp(logs)
        p = alpha / (alpha + mean * UNEVEN.months)
        return -stats.nbinom.logpmf(UNEVEN.recruited, alpha, p).sum()

    found = optimize.minimize(negative, [0, 0], method="Nelder-Mead", tol=1e-12)
    rates = recruitment_rates(UNEVEN.recruited, UNEVEN.months)
    assert rates.log_likelihood == pytest.approx(-found.fun, abs=1e-9)
    assert rates.alpha == pytest.approx(np.exp(found.x[0]), rel=1e-4)
    assert rates.mean_rate.value == pytest.approx(np.exp(found.x[1]), rel=1e-4)


def test_limits_of_the_variation_lie_where_the_profile_has_dropped():
    rates = recruitment_rates(UNEVEN.recruited, UNEVEN.months)
    for limit in (rates.variation.lower, rates.variation.upper):
        profile = log_likelihood(UNEVEN, best_mean_rate(UNEVEN, limit**2), limit**2)
        drop = rates.log_likelihood - float(profile)
        assert drop == pytest.approx(stats.chi2.ppf(0.95, 1) / 2, rel=1e-4)


# R


def test_the_fit_of_glm_nb():
    block = json.loads((REFERENCE / "recruit_poisson_gamma.json").read_text())
    case = block["values"]
    rates = recruitment_rates(case["N"], case["tau"])
    assert rates.alpha == pytest.approx(case["alpha"], rel=1e-6)
    assert rates.beta == pytest.approx(case["beta"], rel=1e-6)
    assert rates.mean_rate.value == pytest.approx(case["mean_rate"], rel=1e-6)
    assert rates.log_likelihood == pytest.approx(case["loglik"], rel=1e-6)
    assert "MASS::glm.nb" in rates.mean_rate.to_r()
    # A search by BFGS in Python, printed with six decimals, agreed to 1e-6 with R.
    assert "alpha 2.723451 beta 0.556254 loglik -60.230838" in block["python_check"]
    printed = (2.723451, 0.556254, -60.230838)
    ours = (rates.alpha, rates.beta, rates.log_likelihood)
    assert ours == pytest.approx(printed, rel=2e-6)


# Errors


def test_recruits_of_a_site_that_was_never_open_are_refused():
    with pytest.raises(DataError, match="above 0 where there are events"):
        recruitment_rates([1, 2], [0, 3])


@pytest.mark.parametrize("recruited", [[], 3])
def test_what_is_no_row_of_sites_is_refused(recruited):
    with pytest.raises(DataError, match="have one entry per site"):
        recruitment_rates(recruited, recruited)


def test_a_level_in_per_cent_is_refused():
    with pytest.raises(ArgumentError, match=r"`level` must lie in \(0, 1\)"):
        recruitment_rates([1], [1], level=95)
