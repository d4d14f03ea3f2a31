"""The largest of several log-rank tests, and the integral behind its p-value."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import ndtr

from steps_analysis.errors import ArgumentError
from steps_analysis.outcomes import ModestWeighting, log_rank, max_combo
from steps_analysis.outcomes.survival.max_combo import combined
from steps_analysis.outcomes.survival.normal_box import box_probability, rank_of
from steps_analysis.outcomes.survival.weighted_counts import weighted_counts

FOUR = ((0, 0), (0, 1), (1, 0), (1, 1))


def trial(seed, n=60):
    rng = np.random.default_rng(seed)
    time = rng.integers(1, 15, n).astype(float)
    return time, rng.random(n) < 0.6, np.array(["a", "b"])[np.arange(n) % 2]


def exchangeable(m, rho):
    return np.full((m, m), rho) + (1 - rho) * np.eye(m)


# By hand


def test_two_statistics_of_three_events():
    # times 1 to 4 of a, b, a, b; S(t-): 1, 3/4, 1/2, 1/4; variances 1/4, 2/9, 1/4, 0
    # weight 1: (2 - 4/3)^2 / (13/18); weight 1 - S: 0, 1/4, 1/2
    # O - E of b: -1/2, 2/3 -> 1 - 2/3 = 1/3, -1/2
    given_columns = {"time": [1, 2, 3, 4], "event": [1, 1, 1, 1], "arm": list("abab")}
    found = combined(weighted_counts(given_columns, None, "refuse", [(0, 0), (0, 1)]))
    v00, v11 = 1 / 4 + 2 / 9 + 1 / 4, 2 / 9 / 16 + 1 / 4 / 4
    v01 = 2 / 9 / 4 + 1 / 4 / 2
    assert found.z[0] == pytest.approx((-1 / 2 + 1 / 3 - 1 / 2) / math.sqrt(v00))
    assert found.z[1] == pytest.approx((1 / 12 - 1 / 4) / math.sqrt(v11))
    assert found.correlation[0, 1] == pytest.approx(v01 / math.sqrt(v00 * v11))


def test_integral_of_independent_and_of_equal_statistics():
    for m in (1, 2, 3, 4):
        one = 2 * ndtr(1.3) - 1
        assert box_probability(np.eye(m), -1.3, 1.3) == pytest.approx(one**m, abs=1e-12)
        same = box_probability(np.ones((m, m)), -1.3, 1.3)
        assert same == pytest.approx(one, abs=1e-12)


def test_quadrant():
    # P(X > 0, Y > 0) = 1/4 + arcsin(rho) / (2 pi)
    for rho in (-0.9, -0.3, 0.0, 0.5, 0.99):
        found = box_probability(exchangeable(2, rho), 0, math.inf)
        assert found == pytest.approx(1 / 4 + math.asin(rho) / math.tau, abs=1e-12)


# Edges


def test_not_estimable_without_events_or_arms():
    assert max_combo([1, 2], [0, 0], ["a", "b"]).not_estimable == "there is no event"
    reason = "only one arm has participants"
    assert max_combo([1, 2], [1, 0], ["a", "a"]).not_estimable == reason
    reason = "no two arms are at risk together when an event happens"
    assert max_combo([1, 5], [0, 1], ["a", "b"]).not_estimable == reason


def test_weights_without_variance_are_left_out():
    # one event time: S(t-) = 1, so that 1 - S and S (1 - S) have no weight
    found = max_combo([1, 2, 2, 2], [1, 0, 0, 0], list("abab"))
    plain = log_rank([1, 2, 2, 2], [1, 0, 0, 0], list("abab"))
    assert found.statistic == pytest.approx(math.sqrt(plain.statistic))
    assert found.p_value == pytest.approx(plain.p_value)
    assert "2 without variance left out; largest (0, 0)" in found.method


def test_an_empty_range_has_no_probability():
    assert box_probability(np.eye(2), 0.0, 0.0) == 0.0
    no_difference = max_combo([1, 1, 2, 2], [1, 1, 0, 0], list("abab"))
    assert (no_difference.statistic, no_difference.p_value) == (0.0, 1.0)


def test_a_tiny_p_value_lies_between_one_test_and_bonferroni():
    time = np.concatenate([np.arange(1, 101), np.arange(301, 401)])
    found = max_combo(time, np.ones(200), np.repeat(["a", "b"], 100))
    alone = math.erfc(found.statistic / math.sqrt(2))
    assert found.statistic > 8
    assert alone <= found.p_value <= 4 * alone


# Properties


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_between_the_smallest_p_value_and_bonferroni(seed):
    time, event, arm = trial(seed)
    found = max_combo(time, event, arm)
    each = [log_rank(time, event, arm, rho=r, gamma=g) for r, g in FOUR]
    smallest = min(one.p_value for one in each)
    largest = max(one.statistic for one in each)
    assert found.statistic == pytest.approx(math.sqrt(largest))
    assert smallest - 1e-9 <= found.p_value <= min(1, 4 * smallest) + 1e-9
    swapped = max_combo(time, event, np.where(arm == "a", "b", "a"))
    assert swapped.p_value == pytest.approx(found.p_value, abs=1e-9)


def test_one_weight_is_that_test_and_strata_are_added():
    time, event, arm = trial(3)
    stratum = np.arange(60) % 3
    found = max_combo(time, event, arm, weights=[(0, 1)], stratum=stratum)
    plain = log_rank(time, event, arm, gamma=1, stratum=stratum)
    assert found.statistic == pytest.approx(math.sqrt(plain.statistic))
    assert found.p_value == pytest.approx(plain.p_value, abs=1e-12)
    assert "stratified" in found.method
    named = max_combo(
        time, event, arm, weights=["tarone-ware", ModestWeighting(t_star=5)]
    )
    assert named.to_r() is None
    assert "tarone-ware, modest weights, t* = 5" in named.method


def test_order_of_the_statistics_does_not_matter():
    time, event, arm = trial(5)
    weights = [(0, 0), (0, 1), (1, 0), (0, 0.5), (0.5, 0.5)]
    given_columns = {"time": time, "event": event, "arm": arm}
    found = combined(weighted_counts(given_columns, None, "refuse", weights))
    assert rank_of(found.correlation) == 4
    one = box_probability(found.correlation, -1.7, 1.7)
    back = found.correlation[::-1, ::-1]
    assert box_probability(back, -1.7, 1.7) == pytest.approx(one, abs=1e-6)


# Twins of the integral


@pytest.mark.parametrize("m", [3, 4])
@pytest.mark.parametrize("rho", [0.3, 0.95])
def test_against_one_dimension_where_correlations_are_equal(m, rho):
    node, share = np.polynomial.legendre.leggauss(400)
    shared = 9 * node
    low, high = -1.1, 2.0
    inside = ndtr((high - math.sqrt(rho) * shared) / math.sqrt(1 - rho))
    inside = inside - ndtr((low - math.sqrt(rho) * shared) / math.sqrt(1 - rho))
    density = np.exp(-(shared**2) / 2) / math.sqrt(math.tau)
    twin = float(9 * share @ (density * inside**m))
    found = box_probability(exchangeable(m, rho), low, high)
    assert found == pytest.approx(twin, abs=1e-10)


def test_against_draws_of_unequal_correlations():
    rng = np.random.default_rng(11)
    root = rng.normal(size=(4, 3))
    root /= np.linalg.norm(root, axis=1)[:, None]
    drawn = rng.normal(size=(400_000, 3)) @ root.T
    share = np.mean(np.all((drawn >= -0.8) & (drawn <= 1.9), axis=1))
    error = math.sqrt(share * (1 - share) / 400_000)
    assert abs(box_probability(root @ root.T, -0.8, 1.9) - share) < 4 * error


# R


@pytest.mark.parametrize("data", ["aml", "rossi"])
def test_equals_nph_and_an_accurate_integral(data, figures, table, compare):
    frame = table("aml" if data == "aml" else "ll_rossi")
    columns = (
        (frame.time, frame.status, frame.x)
        if data == "aml"
        else (frame.week, frame.arrest, frame.fin)
    )
    given_columns = dict(zip(("time", "event", "arm"), columns, strict=True))
    four = combined(weighted_counts(given_columns, None, "refuse", FOUR))
    z = np.abs(four.z)  # nph's sign is that of the arm with more events
    assert len(set(np.sign(four.z))) == 1
    p = [math.erfc(one / math.sqrt(2)) for one in z]
    ours = {
        "p_bonf": min(1, 4 * min(p)),
        "tests": [{"Test": j + 1, "z": z[j], "p": p[j]} for j in range(4)],
        "korr": {"matrix": four.correlation, "rows": None, "cols": None},
        "stat": None,
    }
    # pmult is a Monte Carlo integral, compared with its error below
    compare(ours, figures[f"maxcombo_{data}"], skip=["pmult"])
    found = max_combo(*columns)
    precise = figures[f"maxcombo_precise_{data}"]
    ours = {"z": z, "zmax": found.statistic}
    compare(ours, precise, skip=["p", "mvn_error", "nph_pmult"])
    assert found.p_value == pytest.approx(precise["p"], abs=2 * precise["mvn_error"])
    assert found.p_value == pytest.approx(precise["nph_pmult"], abs=5e-4)
    pmult = figures[f"maxcombo_{data}"]["pmult"]
    assert found.p_value == pytest.approx(pmult, abs=5e-4)
    assert found.to_r() == (
        "nph::logrank.maxtest(time, event, arm, rho = c(0, 0, 1, 1), "
        "gamma = c(0, 1, 0, 1))"
    )


# Errors


def test_refuses_three_arms_no_weights_and_too_many():
    with pytest.raises(ArgumentError, match="`arm` must have two labels, got 3"):
        max_combo([1, 2, 3], [1, 1, 1], ["a", "b", "c"])
    with pytest.raises(ArgumentError, match="`weights` must hold at least one pair"):
        max_combo([1, 2], [1, 1], ["a", "b"], weights=[])
    with pytest.raises(ArgumentError, match="`weights` must be a pair"):
        max_combo([1, 2], [1, 1], ["a", "b"], weights=[(0, -1)])
    many = [(0, 0), (0, 1), (0, 2), (0, 3), (0, 4), (0, 5)]
    with pytest.raises(ArgumentError, match="`weights` must hold at most 4"):
        max_combo(*trial(1), weights=many)
    with pytest.raises(
        ArgumentError, match="`correlation` must have a rank of at most"
    ):
        box_probability(np.eye(5), -1, 1)
