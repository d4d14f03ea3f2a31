"""Logistic model with a random intercept."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import integrate, optimize

from steps_analysis.errors import ArgumentError, DataError
from steps_analysis.outcomes import gee, random_intercept_logistic
from steps_analysis.outcomes.scores import random_intercept

SD = "standard_deviation"


def visits(seed, n_clusters=25, size=4, sd=1.5):
    rng = np.random.default_rng(seed)
    cluster = np.repeat(np.arange(n_clusters), size)
    x = rng.normal(size=len(cluster))
    log_odds = 0.5 * x + sd * rng.normal(size=n_clusters)[cluster]
    return (rng.random(len(cluster)) < 1 / (1 + np.exp(-log_odds))) * 1.0, x, cluster


# By hand


def test_pairs_by_hand():
    # Pairs: 3 with both, 3 with neither, 2 mixed. By symmetry the intercept is 0; the
    # pairs' likelihood depends on s alone through q = E[p^2], of which 6 pairs are of
    # probability q each and 2 of probability 1/2 - q each: q = 6/8 / 2 = 3/8.
    y = [1, 1] * 3 + [0, 0] * 3 + [0, 1] * 2
    fit = random_intercept_logistic(y, None, np.repeat(np.arange(8), 2), n_points=100)

    def q(s):
        def f(z):
            return (
                np.exp(-z * z / 2) / math.sqrt(2 * math.pi) / (1 + np.exp(-s * z)) ** 2
            )

        return integrate.quad(f, -12, 12)[0]

    s = optimize.brentq(lambda s: q(s) - 3 / 8, 0.1, 20)
    assert fit.coefficients[0] == pytest.approx(0, abs=1e-6)
    assert fit.parameters[SD] == pytest.approx(s, rel=1e-4)
    assert fit.log_likelihood == pytest.approx(
        6 * math.log(3 / 8) + 2 * math.log(1 / 8)
    )


# Edges


@pytest.mark.parametrize(
    ("y", "x", "cluster", "reason"),
    [
        ([0, 1, 1, 0], [1.0, 2, 3, 4], [1, 2, 3, 4], "no cluster has two rows"),
        ([1, 1, 1, 1], [1.0, 2, 3, 4], [1, 1, 2, 2], "the outcome is the same for all"),
        ([0, 0, 0, 0], [1.0, 2, 3, 4], [1, 1, 2, 2], "the outcome is the same for all"),
        ([0, 0, 1, 1], [1.0, 2, 3, 4], [1, 2, 1, 2], "a coefficient keeps growing"),
        ([0, 0, 1, 1], None, [1, 1, 2, 2], "no cluster has both outcomes"),
    ],
)
def test_what_cannot_be_fitted(y, x, cluster, reason):
    fit = random_intercept_logistic(y, x, cluster)
    assert fit.not_estimable.startswith(reason)
    assert np.isnan(fit.coefficients).all()


def test_clusters_no_more_alike_than_chance():
    y, x, cluster = [1, 0] * 10, np.sin(np.arange(20.0)), np.repeat(np.arange(10), 2)
    fit = random_intercept_logistic(y, x, cluster)
    plain = gee(y, x, correlation="independence")
    assert fit.parameters[SD] == 0
    assert fit.coefficients == pytest.approx(plain.coefficients, abs=1e-8)
    model = np.sqrt(np.diag(plain.model_covariance) / plain.parameters["scale"])
    assert fit.standard_error == pytest.approx(model, rel=1e-5)


# Properties


@given(st.integers(0, 1000))
@settings(max_examples=5, deadline=None)
def test_turned_outcome_and_permuted_rows(seed):
    y, x, cluster = visits(seed)
    one = random_intercept_logistic(y, x, cluster)
    order = np.random.default_rng(seed).permutation(len(y))
    other = random_intercept_logistic(1 - y[order], x[order], cluster[order])
    assert other.coefficients == pytest.approx(-one.coefficients, rel=1e-4, abs=1e-5)
    assert other.parameters[SD] == pytest.approx(one.parameters[SD], rel=1e-3, abs=2e-4)


def test_more_points_change_little():
    y, x, cluster = visits(3)
    few = random_intercept_logistic(y, x, cluster, n_points=15)
    many = random_intercept_logistic(y, x, cluster, n_points=40)
    assert few.coefficients == pytest.approx(many.coefficients, rel=1e-3, abs=1e-4)


# Naive twin


def test_the_likelihood_is_the_integral():
    y, x, cluster = visits(4, n_clusters=5)
    design = np.column_stack([np.ones(len(y)), x])
    integrand = random_intercept._Integrand.of(design, y, cluster, 60)
    at = np.array([0.2, 0.7, 1.3])
    total = 0.0
    for c in range(5):
        own = cluster == c

        def f(z, own=own):
            p = 1 / (1 + np.exp(-(design[own] @ at[:2] + at[2] * z)))
            mass = np.prod(np.where(y[own] == 1, p, 1 - p))
            return mass * np.exp(-z * z / 2) / math.sqrt(2 * math.pi)

        total += math.log(integrate.quad(f, -10, 10, epsabs=1e-13)[0])
    value, gradient = integrand.log_likelihood(at)
    assert value == pytest.approx(total, abs=1e-9)
    moved = [integrand.log_likelihood(at + 1e-5 * e)[0] for e in np.eye(3)]
    assert gradient == pytest.approx((np.array(moved) - value) / 1e-5, abs=1e-3)


# R's figures


def test_equals_lme4(figures, table, compare):
    fit = random_intercept_logistic(
        "resp ~ age + smoke", cluster="id", data=table("ohio")
    )
    ours = {
        "coef": dict(zip(fit.names, fit.coefficients, strict=True)),
        "se": fit.standard_error,
        "sd": fit.parameters[SD],
        "loglik": fit.log_likelihood,
    }
    compare(ours, figures["glmer_ohio"], rel=1e-4)  # mixed models: 1e-4


# Errors


def test_refusals():
    y, x, cluster = visits(5)
    for n_points in (0, 1.5, True):
        with pytest.raises(ArgumentError, match="`n_points` must be a whole number"):
            random_intercept_logistic(y, x, cluster, n_points=n_points)
    with pytest.raises(ArgumentError, match="`cluster` must be given"):
        random_intercept_logistic(y, x)
    with pytest.raises(DataError, match="`outcome` must be true or false"):
        random_intercept_logistic(y * 2, x, cluster)
