"""XmR charts: limits, screening, flags in their order, segments; as the NHS's R."""

import json
import math
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from steps_analysis.errors import ArgumentError, DataError
from steps_analysis.referrals import control_chart
from steps_analysis.referrals.charts.signals import (
    FEWER,
    HIGH_FLAGS,
    LOW_FLAGS,
    MORE,
    NEAR,
    NO_FLAG,
    OUTSIDE,
    SHIFT,
    TREND,
)

REFERENCE = Path(__file__).parents[2] / "reference" / "referrals"
QUICK = settings(max_examples=50, deadline=None)
R_WORDS = {  # NHSRplotthedots' words for a flag
    "Common Cause": NO_FLAG,
    "Above UCL": OUTSIDE[1],
    "Below LCL": OUTSIDE[0],
    "7 Point Trend (Increasing)": TREND[1],
    "7 Point Trend (Decreasing)": TREND[0],
    "2 in 3 Above CL": NEAR[1],
    "2 in 3 Below CL": NEAR[0],
    "7 Points Above CL": SHIFT[1],
    "7 Points Below CL": SHIFT[0],
}


def block(name):
    return json.loads((REFERENCE / f"{name}.json").read_text())


def flags_of(values, **options):
    return control_chart(values, **options).points["flag"].tolist()


# By hand


def test_four_months():
    # Mean 4.5; moving ranges 2, 1, 2, mean 5/3; limits 4.5 +- 2.66 x 5/3 = 4.4333.
    chart = control_chart([5, 3, 4, 6])
    assert chart.points["centre"].tolist() == [4.5] * 4
    assert chart.points["upper"].to_numpy() == pytest.approx(4.5 + 2.66 * 5 / 3)
    assert chart.points["lower"].to_numpy() == pytest.approx(4.5 - 2.66 * 5 / 3)
    ranges = chart.points["moving_range"].tolist()
    assert math.isnan(ranges[0])
    assert ranges[1:] == [2, 1, 2]
    row = chart.segments.iloc[0]
    assert (row["n"], row["ranges_dropped"]) == (4, 0)
    assert row["remark"] == "provisional: fewer than 12 points"
    assert chart.not_estimable is None


def test_one_outlying_range_is_dropped_once_and_the_mean_stays():
    # Fifteen moving ranges: thirteen of 1, two of 20 round the one high value; mean
    # 53 / 15 = 3.53, 3.267 times it 11.5.  Both are dropped: mean moving range 1.
    values = [10, 11] * 4 + [31] + [11, 10] * 3 + [11]
    screened = control_chart(values).segments.iloc[0]
    assert screened["ranges_dropped"] == 2
    assert screened["mean_moving_range"] == 1
    plain = control_chart(values, screen_outliers=False).segments.iloc[0]
    assert plain["mean_moving_range"] == pytest.approx(53 / 15)
    assert screened["centre"] == plain["centre"] == np.mean(values)


def test_each_rule_is_named():
    # 7 of alternating 4, 6 round 5, then the pattern; a known mean moving range of 2 or
    # so gives limits near 5 +- 5.
    steady = [4, 6] * 10
    assert flags_of([*steady, 30])[-1] == "above the upper limit"
    assert flags_of([30 - v for v in [*steady, 30]])[-1] == "below the lower limit"
    rising = [*steady, 1, 2, 3, 4, 5, 6, 7]
    assert flags_of(rising)[-7:] == ["rising trend"] * 7
    assert flags_of(rising)[-8] == "none"
    falling = [*steady, 7, 6, 5, 4, 3, 2, 1]
    assert flags_of(falling)[-7:] == ["falling trend"] * 7
    shifted = [*steady, 7, 6, 7, 6, 7, 6, 7]
    assert flags_of(shifted)[-7:] == ["shift above the centre"] * 7
    near = [*steady, 9.5, 6, 9.5]
    assert flags_of(near)[-3:] == [
        "two of three near the upper limit",
        "none",
        "two of three near the upper limit",
    ]
    below_between = [*steady, 9.5, 4, 9.5]  # the third lies on the other side
    assert flags_of(below_between)[-3:] == ["none"] * 3


def test_outside_goes_before_trend_before_near_before_shift():
    steady = [4, 6] * 20
    values = [*steady, 4.0, 4.5, 5.5, 6.5, 9.0, 9.5, 15.0]
    assert flags_of(values)[-7:] == ["rising trend"] * 6 + ["above the upper limit"]
    values = [*steady, 6, 6, 6, 6, 9.5, 9.4, 6]
    assert flags_of(values)[-7:] == (
        ["shift above the centre"] * 4
        + ["two of three near the upper limit"] * 2
        + ["shift above the centre"]
    )


def test_a_repeated_value_breaks_a_trend_and_the_centre_a_shift():
    values = [4, 6] * 10 + [1, 2, 3, 3, 4, 5, 6, 7]
    assert "rising trend" not in flags_of(values)
    for last, flag in ((5, "none"), (6, "shift above the centre")):
        values = [4, 6] * 10 + [6, 6, 6, last, 7, 6, 7]
        assert flags_of(values, baseline=20)[-4] == flag


def test_a_turn_belongs_to_the_later_trend():
    values = [1, 2, 3, 4, 5, 6, 7, 6, 5, 4, 3, 2, 1]
    found = flags_of(values, baseline=2)  # limits 1.5 +- 2.66
    assert found[:4] == ["rising trend"] * 4
    assert found[-4:] == ["falling trend"] * 4
    mild = [0, 9] * 8 + [v + 1 for v in values]
    assert flags_of(mild, baseline=16)[-13:] == (
        ["rising trend"] * 6 + ["falling trend"] * 7
    )


def test_the_spreadsheet_finds_trends_of_six():
    values = [4, 6] * 10 + [2, 3, 4, 5, 6, 7]
    assert flags_of(values)[-1] == "none"
    assert flags_of(values, rule="nhs-spreadsheet")[-6:] == ["rising trend"] * 6
    assert flags_of(values, trend_points=6)[-6:] == ["rising trend"] * 6


def test_limits_alone_flag_nothing_else():
    values = [4, 6] * 10 + [2, 3, 4, 5, 6, 7, 8, 20]
    found = flags_of(values, rule="limits")
    assert found[-1] == "above the upper limit"
    assert found[:-1] == ["none"] * 27
    chart = control_chart(values, rule="limits", shift_points=8)
    assert set(chart.points["flag"]) == {"none", "above the upper limit"}


def test_segments_have_limits_of_their_own():
    values = pd.Series(
        [2, 4] * 6 + [12, 14] * 6, index=[f"m{i:02d}" for i in range(24)]
    )
    chart = control_chart(values, rebase=["m12"])
    assert chart.points["centre"].tolist() == [3] * 12 + [13] * 12
    assert chart.points["segment"].tolist() == [1] * 12 + [2] * 12
    assert math.isnan(chart.points["moving_range"].loc["m12"])
    assert chart.segments["first"].tolist() == ["m00", "m12"]
    assert chart.segments["remark"].tolist() == ["", ""]
    assert set(chart.points["flag"]) == {"none"}
    assert "m12" in chart.to_r()
    whole = control_chart(values)
    assert whole.points["flag"].iloc[-1] != "none"


def test_a_baseline_makes_the_limits_of_later_points():
    values = [4, 6] * 6 + [40] * 3
    chart = control_chart(values, baseline=12)
    assert chart.points["centre"].tolist() == [5] * 15
    assert chart.points["upper"].iloc[0] == pytest.approx(5 + 2.66 * 2)
    assert chart.flagged.index.tolist() == [12, 13, 14]
    assert "fix_after_n_points = 12" in chart.to_r()


def test_beside_every_high_flag_stands_what_it_may_mean():
    points = control_chart([4, 6] * 10 + [30], baseline=20).points
    assert (
        points["note"].iloc[-1]
        == MORE
        == ("more referrals may mean better identification")
    )
    assert (points["note"].iloc[:-1] == "").all()
    low = control_chart([24, 26] * 10 + [2]).points
    assert low["note"].iloc[-1] == FEWER


# Edges


def test_a_lower_limit_below_zero_is_missing_and_said():
    chart = control_chart([1, 0, 2, 0, 3, 1] * 4)
    assert chart.points["lower"].isna().all()
    assert chart.segments["computed_lower"].iloc[0] < 0
    assert chart.lower_missing.startswith("no value lies below 0")
    free = control_chart([1, 0, 2, 0, 3, 1] * 4, lowest=None)
    assert free.lower_missing is None
    assert (free.points["lower"] < 0).all()


@pytest.mark.parametrize(
    ("values", "reason"),
    [([3], "there is one point"), ([3] * 20, "the values do not vary"),
     ([0] * 20, "the values do not vary"),
     ([0, 1, *[0] * 8, 1, *[0] * 8],
      "the values are nearly all the same: no moving range but 0 is left")],
)  # fmt: skip
def test_what_has_no_limits_says_so(values, reason):
    chart = control_chart(values)
    assert chart.not_estimable == reason
    assert chart.points[["lower", "upper"]].isna().all(axis=None)
    assert set(chart.points["flag"]) == {"none"}
    assert chart.segments["remark"].iloc[0] == f"not estimable because {reason}"


def test_one_short_segment_does_not_silence_the_others():
    chart = control_chart([4, 6] * 6 + [9], rebase=[12])
    assert chart.not_estimable is None
    assert chart.segments["remark"].tolist() == [
        "",
        "not estimable because there is one point",
    ]


def test_huge_values():
    chart = control_chart(np.array([1e12, 2e12, 1.5e12] * 6))
    assert np.isfinite(chart.points["upper"]).all()


def test_a_table_is_a_copy():
    chart = control_chart([1, 2, 3])
    chart.to_frame()["value"] = 9
    assert chart.points["value"].tolist() == [1, 2, 3]


# Properties

series = st.lists(st.integers(0, 30), min_size=2, max_size=40)


@QUICK
@given(series)
def test_a_mirrored_series_has_mirrored_flags(values):
    turned = [30 - value for value in values]
    mirror = dict(zip(HIGH_FLAGS + LOW_FLAGS, LOW_FLAGS + HIGH_FLAGS, strict=True))
    one = control_chart(values, lowest=None)
    two = control_chart(turned, lowest=None)
    if one.not_estimable is None:
        # Limits on a value, or a mean on one, may fall either way by rounding.
        close = np.isclose(
            one.points[["centre", "upper", "lower"]].to_numpy(),
            one.points[["value"]].to_numpy(),
        ).any()
        if not close:
            flipped = [mirror.get(flag, flag) for flag in one.points["flag"]]
            assert flipped == two.points["flag"].tolist()


@QUICK
@given(series)
def test_screening_never_widens_the_limits(values):
    screened = control_chart(values).segments.iloc[0]
    plain = control_chart(values, screen_outliers=False).segments.iloc[0]
    if screened["remark"][:3] != "not":
        assert screened["mean_moving_range"] <= plain["mean_moving_range"] + 1e-12
        assert screened["centre"] == plain["centre"]


@QUICK
@given(series, series)
def test_segments_do_not_know_of_each_other(first, second):
    both = control_chart(first + second, rebase=[len(first)])
    alone = control_chart(second)
    columns = ["value", "centre", "upper", "flag"]
    pd.testing.assert_frame_equal(
        both.points[columns].iloc[len(first) :].reset_index(drop=True),
        alone.points[columns],
    )


# Naive twin


def slow_chart(values, trend=7, shift=7):  # noqa: C901 - every rule in one place
    """The rules in words, point by point."""
    n = len(values)
    mean = sum(values) / n
    ranges = [abs(values[i] - values[i - 1]) for i in range(1, n)]
    average = sum(ranges) / len(ranges)
    kept = [r for r in ranges if r < 3.267 * average]
    reach = 2.66 * sum(kept) / len(kept)
    upper, lower = mean + reach, mean - reach
    found = []
    for i, v in enumerate(values):
        flag = NO_FLAG
        for start in range(max(0, i - shift + 1), min(i, n - shift) + 1):
            part = values[start : start + shift]
            if all(x > mean for x in part):
                flag = SHIFT[1]
            if all(x < mean for x in part):
                flag = SHIFT[0]
        for sign, words in ((1, NEAR[1]), (-1, NEAR[0])):
            for start in range(max(0, i - 2), min(i, n - 3) + 1):
                part = [sign * (x - mean) for x in values[start : start + 3]]
                near = [2 * reach / 3 < x <= reach for x in part]
                if all(x > 0 for x in part) and sum(near) >= 2 and near[i - start]:
                    flag = words
        for start in range(max(0, i - trend + 1), min(i, n - trend) + 1):
            part = values[start : start + trend]
            steps = [b - a for a, b in pairwise(part)]
            if all(s > 0 for s in steps):
                flag = TREND[1]
            if all(s < 0 for s in steps):
                flag = TREND[0]
        if v > upper:
            flag = OUTSIDE[1]
        if v < lower:
            flag = OUTSIDE[0]
        found.append(flag)
    return mean, lower, upper, found


@pytest.mark.parametrize("seed", range(12))
def test_equals_a_slow_loop(seed):
    rng = np.random.default_rng(seed)
    values = np.cumsum(rng.normal(0, 1, 80)) + rng.normal(0, 1, 80)
    mean, lower, upper, found = slow_chart(values.tolist())
    chart = control_chart(values, lowest=None)
    row = chart.segments.iloc[0]
    assert (row["centre"], row["computed_lower"], row["computed_upper"]) == (
        pytest.approx((mean, lower, upper))
    )
    assert chart.points["flag"].tolist() == found
    assert len(set(found)) > 1


# R


@pytest.mark.parametrize("name", block("xmr_nhs")["cases"])
def test_every_figure_of_r(name):
    case = block("xmr_nhs")["cases"][name]
    chart = control_chart(case["values"], screen_outliers=case["screen_outliers"])
    row = chart.segments.iloc[0]
    printed = {"abs": 5e-11, "rel": 1e-10}
    assert row["centre"] == pytest.approx(case["mean"], **printed)
    assert row["computed_lower"] == pytest.approx(case["lpl"], **printed)
    assert row["computed_upper"] == pytest.approx(case["upl"], **printed)
    ours = chart.points["flag"].tolist()
    assert ours == [R_WORDS[word] for word in case["flagged_types"]]
    counted = chart.points["flag"].value_counts().to_dict()
    assert counted == {R_WORDS[word]: n for word, n in case["flags"].items()}
    assert case["data"] == name.split()[0]


def test_the_value_of_rs_own_tests():
    # The first twenty normal values of seed 123 in R.
    values = [
        -0.56047565, -0.23017749, 1.55870831, 0.07050839, 0.12928774, 1.71506499,
        0.46091621, -1.26506123, -0.68685285, -0.44566197, 1.22408180, 0.35981383,
        0.40077145, 0.11068272, -0.55584113, 1.78691314, 0.49785048, -1.96661716,
        0.70135590, -0.47279141,
    ]  # fmt: skip
    stored = block("xmr_nhs")["package_test_value"]
    assert stored["series"] == "set.seed(123); rnorm(20)"
    row = control_chart(values, lowest=None).segments.iloc[0]
    assert row["centre"] == pytest.approx(stored["mean"], abs=5e-8)
    assert row["computed_lower"] == pytest.approx(stored["lpl"], abs=5e-6)
    assert row["computed_upper"] == pytest.approx(stored["upl"], abs=5e-7)


def test_the_rules_are_those_of_the_reference():
    rules = block("xmr_nhs")["rules"]
    assert "2.66" in rules["limits"]
    assert "3.267" in rules["screen_outliers"]
    assert rules["precedence"] == "outside > trend > 2-in-3 > shift"
    assert rules["near_limit"] == "2*(2.66/3)"
    assert "7-point trend (all 7 points marked)" in rules["special_cause"]
    assert control_chart([1, 2, 3]).to_r().startswith("NHSRplotthedots::ptd_spc(")
    assert control_chart([1, 2, 3], rule="nhs-spreadsheet").to_r() is None


def test_what_python_packages_give_for_discoveries():
    other = block("xmr_python_disagreement")["discoveries"]
    values = block("xmr_nhs")["cases"]["discoveries TRUE"]["values"]
    for key, screen in (("TRUE", True), ("FALSE", False)):
        row = control_chart(values, screen_outliers=screen).segments.iloc[0]
        ours = [row["computed_lower"], row["computed_upper"]]
        assert ours == pytest.approx(other[f"NHSRplotthedots screen {key}"], abs=5e-7)
    # Theirs: no screening, and 3 / 1.128 in place of 2.66.
    reach = 3 / 1.128 * np.abs(np.diff(values)).mean()
    theirs = [np.mean(values) - reach, np.mean(values) + reach]
    packages = ("abspc 1.1.0", "pyqicharts 2.0.0", "pycontrolcharts 0.1.2")
    for package in packages:
        assert theirs == pytest.approx(other[package], abs=5e-7)
    above = control_chart(values).points["flag"].tolist().count("above the upper limit")
    assert (above, sum(value > theirs[1] for value in values)) == (4, 3)


# Errors


def test_what_is_no_series_is_refused():
    with pytest.raises(DataError, match="`values` must have one entry per period"):
        control_chart([])
    with pytest.raises(DataError, match="`values` must have one entry per period"):
        control_chart([[1, 2]])
    with pytest.raises(DataError, match="`values` must hold numbers"):
        control_chart(["a"])
    with pytest.raises(DataError, match="finite numbers, at least 0, got '2 of 3"):
        control_chart([1, math.nan, -1])
    with pytest.raises(DataError, match="finite numbers, got '1 of 2"):
        control_chart([-1, math.inf], lowest=None)
    with pytest.raises(DataError, match="`values` must have one entry per label"):
        control_chart(pd.Series([1, 2], index=["a", "a"]))


def test_impossible_options_are_refused():
    with pytest.raises(ArgumentError, match="`rule` must be one of nhs, nhs-sp"):
        control_chart([1, 2], rule="nelson")
    for name in ("trend_points", "shift_points"):
        for number in (2, 6.5, math.nan):
            with pytest.raises(ArgumentError, match=f"`{name}` must be a whole"):
                control_chart([1, 2], **{name: number})
    for starts in ([7], [1, 1], "1"):
        with pytest.raises(ArgumentError, match="`rebase` must be a list of"):
            control_chart([1, 2], rebase=starts)
    for number in (1, 2.5, math.nan):
        with pytest.raises(ArgumentError, match="`baseline` must be a whole"):
            control_chart([1, 2], baseline=number)
