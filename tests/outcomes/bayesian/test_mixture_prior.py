"""A prior that gives way."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import integrate, stats

from steps_analysis.errors import ArgumentError, DataError
from steps_analysis.outcomes import robust_mixture_prior

# By hand


def test_one_event():
    # Beta(2, 1) foresees an event with 2/3, Beta(1, 1) with 1/2: weights 4 : 3 from 1/2
    found = robust_mixture_prior(1, 1, informative=(2, 1), weight=0.5)
    assert found.weights == pytest.approx((4 / 7, 3 / 7))
    assert [(c.a, c.b) for c in found.components] == [(3, 1), (2, 1)]
    assert found.risk.value == pytest.approx(4 / 7 * 3 / 4 + 3 / 7 * 2 / 3)
    # F(p) = (4 p^3 + 3 p^2) / 7
    assert found.below(0.5) == pytest.approx((4 / 8 + 3 / 4) / 7)
    assert found.below(found.risk.lower) == pytest.approx(0.025)


# Edges


def test_nothing_seen_leaves_the_prior_and_weights_of_0_and_1():
    found = robust_mixture_prior(0, 0, informative=(12, 48))
    assert found.weights == pytest.approx((0.8, 0.2))
    sure = robust_mixture_prior(3, 10, informative=(12, 48), weight=1)
    assert sure.weights == (1, 0)
    assert sure.risk.value == pytest.approx(15 / 70)
    none = robust_mixture_prior(3, 10, informative=(12, 48), weight=0)
    assert none.risk.value == pytest.approx(4 / 12)
    assert (found.below(-1), found.below(2)) == (0, 1)
    against = robust_mixture_prior(5000, 5000, informative=(12, 48000))
    assert against.weights == pytest.approx((0, 1))


# Properties


@given(st.integers(0, 20), st.floats(0.05, 0.95))
@settings(max_examples=25, deadline=None)
def test_limits_and_agreement(events, weight):
    found = robust_mixture_prior(events, 20, informative=(8, 32), weight=weight)
    assert sum(found.weights) == pytest.approx(1)
    assert found.risk.lower < found.risk.value < found.risk.upper
    assert found.below(found.risk.upper) == pytest.approx(0.975)
    mirrored = robust_mixture_prior(20 - events, 20, informative=(32, 8), weight=weight)
    assert mirrored.risk.value == pytest.approx(1 - found.risk.value)


# Naive twin


def test_bayes_theorem_by_integration():
    def joint(p):
        prior = 0.8 * stats.beta(12, 48).pdf(p) + 0.2
        return prior * stats.binom(30, p).pmf(9)

    total = integrate.quad(joint, 0, 1)[0]
    mean = integrate.quad(lambda p: p * joint(p), 0, 1)[0] / total
    square = integrate.quad(lambda p: p * p * joint(p), 0, 1)[0] / total
    found = robust_mixture_prior(9, 30, informative=(12, 48))
    assert found.risk.value == pytest.approx(mean)
    assert found.risk.standard_error == pytest.approx(math.sqrt(square - mean**2))


# R's figures


@pytest.mark.parametrize(("case", "events"), [("a", 9), ("b", 2)])
def test_equals_conjugate_update_in_r(case, events, figures, compare):
    found = robust_mixture_prior(events, 30, informative=(12, 48), weight=0.8)
    ours = {
        "w_post": found.weights[0],
        "mean": found.risk.value,
        "comp": [[c.a, c.b] for c in found.components],
        "cdf_0.2": found.below(0.2),
    }
    compare(ours, figures["bayes_robustmix"][case])


# Errors


def test_refusals():
    with pytest.raises(ArgumentError, match=r"`weight` must lie in \[0, 1\]"):
        robust_mixture_prior(1, 10, informative=(2, 2), weight=2)
    with pytest.raises(ArgumentError, match="`informative` must be two finite"):
        robust_mixture_prior(1, 10, informative=(0, 2))
    with pytest.raises(ArgumentError, match="`vague` must be two finite"):
        robust_mixture_prior(1, 10, informative=(2, 2), vague=(0.1, 1))
    with pytest.raises(DataError, match="events"):
        robust_mixture_prior(11, 10, informative=(2, 2))
