"""Exact Poisson rates and their ratio."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from steps_analysis.errors import ArgumentError, DataError
from steps_analysis.outcomes import exact_rate, exact_rate_ratio

METHODS = ["central", "mid-p", "minlike", "blaker"]
RATIO_METHODS = [*METHODS, "score"]


# By hand


def test_no_event_has_an_upper_limit():
    # exp(-10 rate) = 2.5 %; mid-p: half of it
    assert exact_rate(0, 10.0).upper == pytest.approx(-math.log(0.025) / 10)
    mid = exact_rate(0, 10.0, method="mid-p")
    assert mid.upper == pytest.approx(-math.log(0.05) / 10)


def test_a_ratio_is_a_binomial_share():
    # 1 of 4 events on a third of the exposure: 1/4 : 3/4 over 1/3 gives ratio 1
    found = exact_rate_ratio(1, 5.0, 3, 15.0)
    assert found.value == pytest.approx(1.0)
    # at most 1 of 4 at odds 1/3: (81 + 4 * 27) / 256, at least 1: 175 / 256
    assert found.p_value == pytest.approx(min(1.0, 2 * 175 / 256))
    one = exact_rate_ratio(0, 1.0, 3, 1.0)
    assert one.p_value == pytest.approx(2 / 8)
    # (1 + r)^-3 = 2.5 %
    assert one.upper == pytest.approx(0.025 ** (-1 / 3) - 1)
    assert one.lower == one.value == 0.0


def test_the_score_limits_of_one_event_each():
    # (1 - r)² / (2 r) = z²
    found = exact_rate_ratio(1, 1.0, 1, 1.0, method="score")
    z2 = 1.959963984540054**2
    assert (1 - found.upper) ** 2 / (2 * found.upper) == pytest.approx(z2)
    assert found.lower * found.upper == pytest.approx(1.0)
    assert found.p_value == pytest.approx(1.0)


# Edges


@pytest.mark.parametrize("method", RATIO_METHODS)
def test_what_has_no_ratio_says_why(method):
    def reason(*counts):
        return exact_rate_ratio(*counts, method=method).not_estimable

    assert reason(3, 1.0, 0, 1.0) == "it is infinite: no event in the control arm"
    assert reason(0, 1.0, 0, 1.0) == "no event was seen"
    assert reason(0, 0.0, 1, 1.0) == "the treatment arm has no exposure"
    none = exact_rate_ratio(0, 2.0, 4, 2.0, method=method)
    assert none.value == none.lower == 0.0
    assert 0 < none.upper < math.inf


def test_no_exposure_is_not_estimable():
    assert exact_rate(0, 0.0).not_estimable == "there is no exposure"


# Properties


@settings(max_examples=25, deadline=None)
@given(
    x1=st.integers(1, 30),
    x2=st.integers(1, 30),
    t=st.floats(0.01, 100),
    method=st.sampled_from(RATIO_METHODS),
    level=st.floats(0.5, 0.999),
)
def test_swapping_arms_inverts_and_units_cancel(x1, x2, t, method, level):
    one = exact_rate_ratio(x1, t, x2, 1.0, method=method, level=level)
    other = exact_rate_ratio(x2, 12.0, x1, 12 * t, method=method, level=level)
    assert one.lower <= one.value * (1 + 1e-12)
    assert one.value <= one.upper * (1 + 1e-12)
    assert one.lower == pytest.approx(1 / other.upper, rel=1e-8)
    assert one.upper == pytest.approx(1 / other.lower, rel=1e-8)
    assert one.p_value == pytest.approx(other.p_value)


@settings(max_examples=25, deadline=None)
@given(
    x=st.integers(0, 40), method=st.sampled_from(METHODS), level=st.floats(0.5, 0.99)
)
def test_a_rate_scales_with_its_exposure(x, method, level):
    one = exact_rate(x, 1.0, method=method, level=level)
    ten = exact_rate(x, 10.0, method=method, level=level)
    assert one.lower <= one.value <= one.upper
    assert ten.upper == pytest.approx(one.upper / 10, rel=1e-9)
    assert ten.lower == pytest.approx(one.lower / 10, rel=1e-9)


@settings(max_examples=15, deadline=None)
@given(x1=st.integers(0, 12), x2=st.integers(1, 12), t=st.floats(0.2, 5))
def test_blaker_lies_within_the_central_limits(x1, x2, t):
    central = exact_rate_ratio(x1, t, x2, 1.0)
    blaker = exact_rate_ratio(x1, t, x2, 1.0, method="blaker")
    assert central.lower <= blaker.lower * (1 + 1e-9)
    assert blaker.upper <= central.upper * (1 + 1e-9)


# Naive twin


def _poisson(k, mean):
    return math.exp(k * math.log(mean) - mean - math.lgamma(k + 1))


def _p_value(x, mean, method):
    # the definitions, over counts to 200
    p = [_poisson(k, mean) for k in range(201)]
    if method == "minlike":
        return sum(q for q in p if q <= p[x] * (1 + 1e-7))
    rank = [min(sum(p[: k + 1]), sum(p[k:])) for k in range(201)]
    return sum(q for q, r in zip(p, rank, strict=True) if r <= rank[x] * (1 + 1e-7))


@pytest.mark.parametrize("method", ["minlike", "blaker"])
@pytest.mark.parametrize("x", [1, 2, 4, 9])
def test_limits_are_the_outermost_means_not_rejected_on_a_fine_grid(method, x):
    found = exact_rate(x, 1.0, method=method)
    step, kept = 0.002, []
    for i in range(1, 10_000):
        if _p_value(x, i * step, method) > 0.05:
            kept.append(i * step)
        if i * step > 1.5 * found.upper:
            break
    assert found.lower == pytest.approx(kept[0], abs=1.01 * step)
    assert found.upper == pytest.approx(kept[-1], abs=1.01 * step)


# R


def test_equals_exactci_and_ratesci(figures, compare):
    theirs = figures["rate_exact"]
    counts = (20, 15.3, 56, 33.8)
    ours = {}
    for name in ("central", "minlike", "blaker", "midp"):
        method = "mid-p" if name == "midp" else name
        found = exact_rate_ratio(*counts, method=method)
        ours[name] = {"p": found.p_value, "ci": [found.lower, found.upper]}
        ours[name]["est"] = found.value
    single = exact_rate(3, 12.5)
    ours["one"] = [single.lower, single.upper]
    score = exact_rate_ratio(*counts, method="score")
    m, ratio = 76, score.value
    second = m / (ratio * counts[1] + counts[3])
    ours["score_rr"] = {
        "lower": score.lower,
        "est": score.value,
        "upper": score.upper,
        "level": score.level,
        "x1": counts[0],
        "n1": counts[1],
        "x2": counts[2],
        "n2": counts[3],
        "p1hat": counts[0] / counts[1],
        "p2hat": counts[2] / counts[3],
        "p1mle": ratio * second,
        "p2mle": second,
    }
    compare(ours["central"], theirs["central"])
    compare(ours["one"], theirs["one"])
    compare(ours["score_rr"], theirs["score_rr"], rel=1e-8)
    # exactci finds the other limits with uniroot on the binomial share, to eps^0.25
    for name in ("minlike", "blaker", "midp"):
        compare(ours[name], theirs[name], skip=["ci"])
        for mine, r in zip(ours[name]["ci"], theirs[name]["ci"], strict=True):
            odds, r_odds = (x * counts[1] / counts[3] for x in (mine, r))
            assert odds / (1 + odds) == pytest.approx(r_odds / (1 + r_odds), abs=1.3e-4)
    assert set(theirs) == set(ours)


# Errors


def test_refuses_what_is_no_count_or_exposure():
    with pytest.raises(DataError, match="`events` must be a whole number, at least 0"):
        exact_rate(1.5, 2.0)
    with pytest.raises(DataError, match="`exposure` must be a finite number, at least"):
        exact_rate(1, -2.0)
    with pytest.raises(DataError, match="`exposure_control` must be a finite number"):
        exact_rate_ratio(1, 2.0, 1, math.inf)
    with pytest.raises(ArgumentError, match="`method` must be one of central, mid-p"):
        exact_rate(1, 2.0, method="byar")
    with pytest.raises(ArgumentError, match="`method` must be one of central, mid-p"):
        exact_rate_ratio(1, 2.0, 1, 2.0, method="wald")
    with pytest.raises(ArgumentError, match="`level` must lie in"):
        exact_rate_ratio(1, 2.0, 1, 2.0, level=95)
