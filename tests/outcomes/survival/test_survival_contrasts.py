"""Arms compared at one time."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from steps_analysis.errors import ArgumentError, DataError
from steps_analysis.outcomes import (
    risk_difference,
    risk_ratio_at,
    survival_difference,
    survival_difference_test,
)

TIME = [1.0, 2, 3, 4, 1, 2, 3, 4]
EVENT = [1, 1, 1, 0, 1, 0, 0, 0]
ARM = ["MAU"] * 4 + ["MST-PSB"] * 4
ALL = [survival_difference, risk_ratio_at, survival_difference_test]


# By hand


def test_drawn_table():
    # at 3: MAU 1/4 free (3 of 4 had it); MST-PSB 3/4 free
    found = survival_difference(TIME, EVENT, ARM, at=3)
    assert found.value == pytest.approx(0.5)
    assert found.standard_error == pytest.approx(math.sqrt(2 * 3 / 64))
    assert "MST-PSB minus MAU" in found.method
    assert risk_ratio_at(TIME, EVENT, ARM, at=3).value == pytest.approx(1 / 3)
    plain = survival_difference_test(TIME, EVENT, ARM, at=3, transform="plain")
    assert plain.statistic == pytest.approx(0.25 / (6 / 64))
    assert plain.p_value == pytest.approx(found.p_value)


# Edges


@pytest.mark.parametrize("function", ALL)
def test_beyond_an_arms_follow_up_is_not_estimable(function):
    found = function(TIME, EVENT, ARM, at=5)
    assert found.not_estimable == "nobody in arm MST-PSB was followed to 5" or (
        found.not_estimable == "nobody in arm MAU was followed to 5"
    )


@pytest.mark.parametrize("function", ALL)
def test_one_arm_is_not_estimable(function):
    found = function([1, 2], [1, 0], ["MAU", "MAU"], at=1)
    assert found.not_estimable == "only one arm has participants"


def test_an_arm_in_which_all_had_the_event_is_known_for_ever():
    found = survival_difference([1, 2, 5, 5], [1, 1, 0, 0], ["a", "a", "b", "b"], at=4)
    assert found.value == 1.0
    assert found.not_estimable is None


@pytest.mark.parametrize("n", [5, 20])
def test_an_arm_without_events_has_an_interval_all_the_same(n):
    time, event = [5.0] * 2 * n, [1.0] * (n // 2) + [0] * (2 * n - n // 2)
    time[: n // 2] = [1.0] * (n // 2)
    arm = ["a"] * n + ["b"] * n
    found = survival_difference(time, event, arm, at=4)
    newcombe = risk_difference(n, n, n - n // 2, n)
    assert found.value == pytest.approx(newcombe.value)
    assert math.isnan(found.standard_error)
    assert "Wilson limits stand in" in found.method
    # Wilson's distance on the empty arm, Greenwood's on the other
    assert found.lower < found.value < found.upper
    wilson = 1 - n / (n + 1.959963984540054**2)
    p = n // 2 / n
    half = 1.959963984540054 * math.sqrt(p * (1 - p) / n)
    assert found.lower == pytest.approx(found.value - math.hypot(wilson, half))
    assert found.upper == pytest.approx(min(found.value + half, 1.0))
    reason = "nobody in arm b has had the event by then"
    assert risk_ratio_at(time, event, arm, at=4).not_estimable == reason
    assert survival_difference_test(time, event, arm, at=4).not_estimable == reason


def test_no_event_at_all_gives_nil_with_an_interval():
    found = survival_difference([5] * 8, [0] * 8, ARM, at=4)
    assert found.value == 0.0
    assert found.lower == pytest.approx(-found.upper)
    assert found.upper > 0.3


def test_everybody_has_had_the_event():
    found = risk_ratio_at([1, 2, 1, 2], [1, 1, 1, 0], ["a", "a", "b", "b"], at=2)
    assert found.not_estimable == "everybody followed in arm a has had the event"


# Properties


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_swapping_arms_mirrors(seed):
    rng = np.random.default_rng(seed)
    time, event = rng.integers(1, 30, 40) * 1.0, rng.random(40) < 0.7
    arm = np.array(["a", "b"])[np.arange(40) % 2]
    time[:2], event[:2] = 40, False
    one = survival_difference(time, event, arm, at=15)
    two = survival_difference(time, event, arm, at=15, reference="b")
    assert one.value == pytest.approx(-two.value)
    assert one.lower == pytest.approx(-two.upper)
    ratio = risk_ratio_at(time, event, arm, at=15)
    inverse = risk_ratio_at(time, event, arm, at=15, reference="b")
    if ratio.not_estimable is None:
        assert ratio.value == pytest.approx(1 / inverse.value)
        assert ratio.lower == pytest.approx(1 / inverse.upper)


# R


def test_equals_r_on_rossi(figures, table, compare):
    rossi, theirs = table("ll_rossi"), figures["km_diff_rossi"]
    columns = (rossi.week, rossi.arrest, rossi.fin)
    ours = {name: [] for name in theirs}
    for at in (13, 26, 39, 52):
        difference = survival_difference(*columns, at=at)
        ratio = risk_ratio_at(*columns, at=at)
        plain = survival_difference_test(*columns, at=at, transform="plain")
        cloglog = survival_difference_test(*columns, at=at)
        for name, value in {
            "time": at,
            "diff": difference.value,
            "se": difference.standard_error,
            "lower": difference.lower,
            "upper": difference.upper,
            "chisq_plain": plain.statistic,
            "chisq_cloglog": cloglog.statistic,
            "p_cloglog": cloglog.p_value,
            "ratio_risk": ratio.value,
            "se_log_rr": ratio.standard_error,
        }.items():
            ours[name].append(value)
    compare(ours, theirs)


# A formula does the same


def test_a_formula_equals_arrays():
    frame = pd.DataFrame({"t": TIME, "e": EVENT, "arm": ARM})
    for function in ALL:
        formula = function("t + e ~ arm", data=frame, at=3)
        assert formula.to_dict() == function(TIME, EVENT, ARM, at=3).to_dict()


# Errors


@pytest.mark.parametrize("function", ALL)
def test_refuses_three_arms_and_impossible_times(function):
    with pytest.raises(ArgumentError, match="`arm` must have two labels, got 3"):
        function([1, 2, 3], [1, 0, 1], ["a", "b", "c"], at=1)
    with pytest.raises(DataError, match="`at` must be finite and at least 0"):
        function(TIME, EVENT, ARM, at=-1)


def test_refuses_unknown_options():
    with pytest.raises(ArgumentError, match="`reference` must be one of MAU, MST-PSB"):
        survival_difference(TIME, EVENT, ARM, at=3, reference="control")
    with pytest.raises(
        ArgumentError, match="`transform` must be one of log-log, plain"
    ):
        survival_difference_test(TIME, EVENT, ARM, at=3, transform="logit")
    frame = pd.DataFrame({"t": TIME, "e": EVENT})
    with pytest.raises(ArgumentError, match="`formula` must name the arm"):
        survival_difference("t + e ~ 1", data=frame, at=3)
