"""Two risks by their posteriors."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import integrate, stats

from steps_analysis.errors import ArgumentError, DataError
from steps_analysis.outcomes import beta_binomial
from steps_analysis.outcomes.bayesian.beta_comparison import (
    Beta,
    difference_below,
    difference_quantile,
)

# By hand


def test_one_participant_in_each_arm():
    # 0/1 v 1/1, uniform priors: densities 2(1 - x) and 2y; P(x < y) =
    # integral of 2y (2y - y^2) = 4/3 - 1/2; means 1/3 and 2/3, variances 1/18
    found = beta_binomial(0, 1, 1, 1)
    assert found.probability_of_benefit == pytest.approx(5 / 6, rel=1e-12)
    assert found.probability_of_harm == pytest.approx(1 / 6, rel=1e-12)
    assert found.difference.value == pytest.approx(-1 / 3)
    assert found.difference.standard_error == pytest.approx(1 / 3)
    assert found.risk_control.value == pytest.approx(2 / 3)
    assert found.risk_control.lower == pytest.approx(math.sqrt(0.025))  # F = y^2
    assert "treatment minus control" in found.difference.method


def test_triangles():
    uniform = Beta(a=1, b=1)
    for bound in (-0.9, -0.3, 0.0, 0.4, 0.99):
        corner = (1 - abs(bound)) ** 2 / 2
        exact = corner if bound < 0 else 1 - corner
        assert difference_below(uniform, uniform, bound) == pytest.approx(exact, 1e-12)
        assert difference_quantile(uniform, uniform, exact) == pytest.approx(bound)
    assert difference_below(uniform, uniform, -1) == 0
    assert difference_below(uniform, uniform, 1.5) == 1


# Edges


def test_no_events_all_events_nobody():
    none = beta_binomial(0, 30, 0, 30)
    assert none.difference.value == pytest.approx(0)
    assert none.probability_of_benefit == pytest.approx(0.5)
    everybody = beta_binomial(30, 30, 30, 30)
    assert everybody.difference.upper == pytest.approx(none.difference.upper)
    nobody = beta_binomial(0, 0, 0, 0)
    assert nobody.difference.lower == pytest.approx(-(1 - math.sqrt(0.05)))
    far = beta_binomial(0, 3000, 3000, 3000)
    assert far.probability_of_benefit == pytest.approx(1)
    assert far.probability_of_harm == pytest.approx(0, abs=1e-12)


# Properties


@given(
    st.integers(0, 12),
    st.integers(0, 12),
    st.sampled_from([(1.0, 1.0), (0.5, 0.5), (0.5, 20.0), (3.0, 7.0)]),
    st.floats(0, 0.3),
)
@settings(max_examples=30, deadline=None)
def test_swap_mirror_and_whole(x, y, prior, margin):
    one = beta_binomial(x, 12, y, 12, prior=prior, margin=margin)
    other = beta_binomial(y, 12, x, 12, prior=prior, margin=margin)
    assert one.probability_of_benefit == pytest.approx(other.probability_of_harm)
    assert one.difference.upper == pytest.approx(-other.difference.lower, abs=1e-10)
    turned = beta_binomial(12 - x, 12, 12 - y, 12, prior=prior[::-1], margin=margin)
    assert one.probability_of_benefit == pytest.approx(
        turned.probability_of_harm, abs=1e-10
    )
    total = one.probability_of_benefit + one.probability_of_harm
    assert total == pytest.approx(1, abs=1e-10) if margin == 0 else total <= 1 + 1e-10


# Naive twin


@pytest.mark.parametrize(
    ("a", "b", "c", "d"), [(4, 28, 10, 22), (0.5, 20.5, 4.5, 16.5), (9, 143, 20, 132)]
)
def test_adaptive_integration_agrees(a, b, c, d):
    first, second = stats.beta(a, b), stats.beta(c, d)
    for bound in (-0.2, -0.05, 0.0, 0.1):
        low, high = max(0.0, -bound), min(1.0, 1 - bound)
        inside = integrate.quad(
            lambda y: first.cdf(y + bound) * second.pdf(y),  # noqa: B023
            low,
            high,
            epsabs=1e-13,
            points=[min(max(second.mean(), low), high)],
        )[0]
        exact = inside + second.sf(high)
        ours = difference_below(Beta(a=a, b=b), Beta(a=c, b=d), bound)
        assert ours == pytest.approx(exact, abs=1e-10)


# R's figures


@pytest.mark.parametrize(
    ("case", "counts", "prior"),
    [
        ("p1", (3, 30, 9, 30), (1, 1)),
        ("p2", (0, 20, 4, 20), (1, 1)),
        ("p5", (8, 150, 19, 150), (1, 1)),
        ("p1_jeff", (3, 30, 9, 30), (0.5, 0.5)),
    ],
)
def test_equals_integration_in_r(case, counts, prior, figures, compare):
    found = beta_binomial(*counts, prior=prior)
    ours = {
        "p_trt_lower": found.probability_of_benefit,
        "rd_mean": found.difference.value,
        "rd_ci": [found.difference.lower, found.difference.upper],
    }
    # closed forms to 1e-10; R solved its limits to 1e-11 or so
    compare(ours, figures["bayes_betabin"][case], absolute=1e-11)


# Errors


def test_refusals():
    for prior in ((1,), (0.3, 1), (1, math.inf), (1, math.nan), 1.0):
        with pytest.raises(ArgumentError, match="`prior` must be two finite numbers"):
            beta_binomial(1, 10, 2, 10, prior=prior)
    for margin in (-0.1, 1, np.nan):
        with pytest.raises(ArgumentError, match=r"`margin` must lie in \[0, 1\)"):
            beta_binomial(1, 10, 2, 10, margin=margin)
    with pytest.raises(ArgumentError, match="`level` must lie in"):
        beta_binomial(1, 10, 2, 10, level=95)
    with pytest.raises(DataError, match="events_treatment"):
        beta_binomial(11, 10, 2, 10)
