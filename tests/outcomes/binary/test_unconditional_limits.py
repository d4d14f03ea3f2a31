"""Exact unconditional limits of a difference of risks."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from steps_analysis.outcomes import risk_difference
from steps_analysis.outcomes.binary.score_limits import difference_score
from steps_analysis.outcomes.binary.unconditional_limits import difference_scores


def exact(*counts, level=0.95):
    return risk_difference(*counts, method="exact", level=level)


# By hand


def test_one_against_one_by_hand():
    # 1/1 v 0/1 is the one most extreme table: its chance (p + d)(1 - p) is largest at
    # p = (1 - d) / 2, ((1 + d) / 2)² = 2.5 %
    found = exact(1, 1, 0, 1)
    assert found.lower == pytest.approx(2 * math.sqrt(0.025) - 1, abs=1e-6)
    assert found.upper == 1.0
    # twice ((1 + 0) / 2)²
    assert found.p_value == pytest.approx(0.5)


# Edges


@pytest.mark.parametrize("x", [0, 20])
def test_no_event_or_only_events(x):
    found = exact(x, 20, x, 20)
    assert found.value == 0
    assert found.lower == pytest.approx(-found.upper, abs=1e-6)
    assert found.p_value == 1.0


def test_opposite_arms_reach_the_end():
    found = exact(20, 20, 0, 20)
    assert found.upper == 1.0
    assert 0.8 < found.lower < 0.85


def test_an_empty_arm_is_not_estimable():
    assert exact(1, 8, 0, 0).not_estimable == "the control arm has no participants"


# Properties


@settings(max_examples=8, deadline=None)
@given(
    n1=st.integers(1, 12), n2=st.integers(1, 12), s1=st.floats(0, 1), s2=st.floats(0, 1)
)
def test_swapping_arms_mirrors_and_the_estimate_lies_within(n1, n2, s1, s2):
    x1, x2 = round(s1 * n1), round(s2 * n2)
    one, other = exact(x1, n1, x2, n2), exact(x2, n2, x1, n1)
    assert one.lower <= one.value <= one.upper
    assert one.lower == pytest.approx(-other.upper, abs=1e-6)
    assert one.p_value == pytest.approx(other.p_value)


@pytest.mark.parametrize(("n1", "n2"), [(1, 3), (8, 8), (5, 13)])
def test_more_events_are_more_extreme(n1, n2):
    # the sums over tails take this for granted
    for effect in np.linspace(-0.97, 0.97, 25):
        scores = difference_scores(n1, n2, effect)
        assert (np.diff(scores, axis=0) >= -1e-12).all()
        assert (np.diff(scores, axis=1) <= 1e-12).all()
        single = difference_score((1, n1, 2, n2), effect, correct=False)
        assert scores[1, 2] == pytest.approx(single)


def test_no_true_difference_is_missed_too_often():
    # 4 v 6: at every pair of risks the intervals that miss the true difference above,
    # and those below, each have at most 2.5 %
    limits = {(a, b): exact(a, 4, b, 6) for a in range(5) for b in range(7)}

    def chance(a, b, p1, p2):
        first = math.comb(4, a) * p1**a * (1 - p1) ** (4 - a)
        return first * math.comb(6, b) * p2**b * (1 - p2) ** (6 - b)

    for p1 in np.linspace(0.01, 0.99, 15):
        for p2 in np.linspace(0.01, 0.99, 15):
            above = below = 0.0
            for (a, b), found in limits.items():
                if found.lower > p1 - p2:
                    above += chance(a, b, p1, p2)
                if found.upper < p1 - p2:
                    below += chance(a, b, p1, p2)
            assert above <= 0.025 + 1e-6
            assert below <= 0.025 + 1e-6


# Naive twin


def test_against_a_slow_loop():
    x1, n1, x2, n2 = 1, 6, 4, 5

    def largest_tail(effect):
        seen = difference_score((x1, n1, x2, n2), effect, correct=False)
        extreme = [
            (a, b)
            for a in range(n1 + 1)
            for b in range(n2 + 1)
            if difference_score((a, n1, b, n2), effect, correct=False) >= seen - 1e-9
        ]
        best = 0.0
        low, high = max(0.0, -effect), min(1.0, 1 - effect)
        for i in range(401):
            p2 = low + (high - low) * i / 400
            p1 = min(max(p2 + effect, 0.0), 1.0)
            total = 0.0
            for a, b in extreme:
                first = math.comb(n1, a) * p1**a * (1 - p1) ** (n1 - a)
                total += first * math.comb(n2, b) * p2**b * (1 - p2) ** (n2 - b)
            best = max(best, total)
        return best

    found = exact(x1, n1, x2, n2)
    assert largest_tail(found.lower - 2e-4) < 0.025 < largest_tail(found.lower + 2e-4)
