"""Charts of counts, rates and times between: exact limits, and what they promise."""

import math
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from steps_analysis.errors import ArgumentError, DataError
from steps_analysis.referrals import (
    count_chart,
    count_limits,
    number_between_chart,
    suited_chart,
    time_between_chart,
)
from steps_analysis.referrals.charts.count_charts import THREE_SIGMA, TWO_SIGMA
from steps_analysis.referrals.charts.rare_events import NEAR_TAIL, TAIL
from steps_analysis.referrals.charts.signals import FEWER, MORE

QUICK = settings(max_examples=40, deadline=None)


# By hand


def test_a_mean_of_four():
    # Three sigma: 4 +- 3 x 2.  Exact: P(X >= 12 | 4) = .00092, P(X >= 11 | 4) = .0028.
    counts = [4, 2, 6, 4] * 3
    textbook = count_chart(counts, limits="three-sigma")
    assert textbook.points["upper"].tolist() == [10] * 12
    assert textbook.points["lower"].isna().all()
    assert textbook.lower_missing.startswith("no value lies below 0")
    exact = count_chart(counts).points["upper"].iloc[0]
    assert 11 < exact < 12
    assert exact == pytest.approx(11.66, abs=0.01)
    assert textbook.segments["remark"].tolist() == [""]
    assert exact == count_chart(counts, target=4).points["upper"].iloc[0]


def test_rates_of_a_changing_exposure():
    # 20 in 10,000: .002; three sigma at 1,000 is .002 + 3 sqrt(.002 / 1000).
    counts, children = [2, 8, 10], [1000, 4000, 5000]
    chart = count_chart(counts, children, limits="three-sigma", per=1000)
    assert chart.points["value"].tolist() == [2, 2, 2]
    upper = chart.points["upper"].to_numpy()
    assert upper == pytest.approx([2 + 3 * 1000 * (0.002 / e) ** 0.5 for e in children])
    assert chart.method == "u chart, three-sigma limits, rule limits"
    assert count_chart(counts).method.startswith("c chart")


def test_laney_by_hand():
    # Mean 4: z = 0, -1, 1, 0; moving ranges 1, 2, 1, mean 4/3, over 1.128.
    chart = count_chart([4, 2, 6, 4], limits="laney")
    spread = 4 / 3 / 1.128
    assert chart.segments["spread"].iloc[0] == pytest.approx(spread)
    assert chart.points["upper"].iloc[0] == pytest.approx(4 + 3 * spread * 2)
    assert chart.method == "c' chart, laney limits, rule limits"


def test_a_mean_of_thirty_days():
    chart = time_between_chart([10, 50, 30], limits="exponential")
    row = chart.points.iloc[0]
    assert row["centre"] == pytest.approx(30 * math.log(2))
    assert row["upper"] == pytest.approx(-30 * math.log(TAIL))
    assert row["lower"] == pytest.approx(-30 * math.log(1 - TAIL))
    assert chart.segments["mean"].iloc[0] == 30


def test_one_period_between_on_average():
    # P(X >= x) = 2 ** -x: median 1, upper limit log2(1 / .00135).
    row = number_between_chart([0, 2, 1]).points.iloc[0]
    assert row["centre"] == pytest.approx(1)
    assert row["upper"] == pytest.approx(-math.log2(TAIL))
    assert math.isnan(row["lower"])


def test_nelsons_times_are_xmr_limits_of_a_power():
    days = np.array([3.0, 30, 12, 7, 60, 22])
    power = days ** (1 / 3.6)
    reach = 2.66 * np.abs(np.diff(power)).mean()
    row = time_between_chart(days, limits="nelson").points.iloc[0]
    assert row["centre"] == pytest.approx(power.mean() ** 3.6)
    assert row["upper"] == pytest.approx((power.mean() + reach) ** 3.6)


def test_short_times_are_where_more_referrals_are():
    days = [30, 10, 50, 20, 40] * 4 + [1, 1, 2, 1, 1, 2, 1]
    points = time_between_chart(days).points
    assert points["flag"].iloc[-1] == "shift below the centre"
    assert points["note"].iloc[-1] == MORE
    long = time_between_chart([*[30, 10, 50, 20, 40] * 4, 900], baseline=20).points
    assert long["flag"].iloc[-1] == "above the upper limit"
    assert long["note"].iloc[-1] == FEWER


def test_days_with_dates_do_not_flag_every_second_child_of_a_day():
    # 1 of 31 referrals falls on the day of the one before; exponential limits for
    # times of day call each of them too soon.
    days = [30] * 20 + [0]
    assert number_between_chart(days).points["flag"].iloc[-1] == "none"
    assert time_between_chart(days).points["flag"].iloc[-1] == "none"
    wrong = time_between_chart(days, limits="exponential").points["flag"].iloc[-1]
    assert wrong == "below the lower limit"


# Edges


def test_no_referral_is_not_estimable_without_a_target():
    chart = count_chart([0] * 12)
    assert chart.not_estimable == "there is no referral"
    assert chart.points["upper"].isna().all()
    known = count_chart([0] * 12, target=10)
    assert known.not_estimable is None
    assert known.points["flag"].tolist() == ["below the lower limit"] * 12


def test_a_period_without_exposure_has_no_value_and_no_flag():
    chart = count_chart([3, 0, 4, 2], [10, 0, 10, 10])
    row = chart.points.iloc[1]
    assert row[["value", "lower", "upper", "centre"]].isna().all()
    assert row["flag"] == "none"
    assert chart.segments["centre"].iloc[0] == pytest.approx(9 / 30)


def test_counts_that_do_not_vary():
    chart = count_chart([4] * 12, limits="laney")
    assert chart.not_estimable == "the counts do not vary"
    assert count_chart([4]).points["upper"].iloc[0] > 4
    assert count_chart([4], limits="laney").not_estimable == "the counts do not vary"


def test_times_of_zero_or_one_time():
    assert time_between_chart([0, 0]).not_estimable == "all numbers are 0"
    chart = time_between_chart([0, 0], limits="exponential")
    assert chart.not_estimable == "all times are 0"
    chart = time_between_chart([5], limits="nelson")
    assert chart.not_estimable == "there is one time"
    chart = time_between_chart([5, 5], limits="nelson")
    assert chart.not_estimable == "the times do not vary"
    assert time_between_chart([5]).segments["remark"].iloc[0].startswith("provisional")


def test_a_fall_of_very_rare_numbers_can_be_seen():
    chart = number_between_chart([1000] * 12 + [0], baseline=12, rule="limits")
    assert chart.points["lower"].iloc[0] > 0
    assert chart.flagged.index.tolist() == [12]


def test_means_from_tiny_to_huge():
    for mean in (0.01, 1e6):
        chart = count_chart([1, 0, 2], target=mean)
        assert np.isfinite(chart.points["upper"]).all()
    assert np.isfinite(number_between_chart([10**9, 10**9 + 1]).points["upper"]).all()


# Properties


@QUICK
@given(st.integers(0, 60), st.floats(0.05, 60))
def test_a_count_is_flagged_just_when_its_interval_misses_the_centre(count, mean):
    chart = count_chart([count], target=mean, rule="limits")
    low, high = count_limits(count, method="exact", level=THREE_SIGMA)
    expected = (
        "above the upper limit"
        if low > mean
        else "below the lower limit"
        if high < mean
        else "none"
    )
    assert chart.points["flag"].tolist() == [expected]


@QUICK
@given(st.floats(0.05, 60))
def test_exact_limits_keep_their_promise_and_no_more(mean):
    row = count_chart([1], target=mean).points.iloc[0]
    beyond = stats.poisson.sf(math.floor(row["upper"]), mean)
    assert beyond <= TAIL + 1e-12
    assert stats.poisson.sf(math.ceil(row["upper"]) - 2, mean) > TAIL
    if not math.isnan(row["lower"]):
        assert stats.poisson.cdf(math.ceil(row["lower"]) - 1, mean) <= TAIL + 1e-12


@QUICK
@given(st.floats(0.1, 2000))
def test_geometric_limits_keep_their_promise(mean):
    share = 1 / (mean + 1)
    chart = number_between_chart([math.floor(mean), math.floor(mean) + 1])
    m = chart.segments["mean"].iloc[0]
    share = 1 / (m + 1)
    row = chart.points.iloc[0]
    # scipy counts from 1: P(X >= k) = sf(k).
    first_over = math.floor(row["upper"]) + 1
    assert stats.geom.sf(first_over, share) <= TAIL + 1e-12
    if not math.isnan(row["lower"]):
        last_under = math.ceil(row["lower"]) - 1
        assert stats.geom.cdf(last_under + 1, share) <= TAIL + 1e-12


@QUICK
@given(st.lists(st.integers(0, 30), min_size=2, max_size=30), st.floats(0.1, 1000))
def test_a_common_exposure_changes_nothing_but_the_unit(counts, exposure):
    one = count_chart(counts)
    two = count_chart(counts, np.full(len(counts), exposure))
    assert one.points["upper"].to_numpy() / exposure == pytest.approx(
        two.points["upper"].to_numpy(), nan_ok=True
    )


def test_tails_are_those_of_three_and_two_sigma():
    for share, sigmas in ((THREE_SIGMA, 3), (TWO_SIGMA, 2)):
        assert math.isclose(share, 1 - 2 * stats.norm.sf(sigmas))
    assert pytest.approx((stats.norm.sf(3), stats.norm.sf(2))) == (TAIL, NEAR_TAIL)


# Naive twin


def test_laney_in_a_slow_loop():
    counts, exposure = [3, 9, 4, 12, 2, 7, 15, 5], [10, 20, 15, 18, 9, 21, 16, 11]
    rate = sum(counts) / sum(exposure)
    z = [
        (c / e - rate) / (rate / e) ** 0.5
        for c, e in zip(counts, exposure, strict=True)
    ]
    moved = [abs(b - a) for a, b in pairwise(z)]
    spread = sum(moved) / len(moved) / 1.128
    chart = count_chart(counts, exposure, limits="laney")
    for e, upper in zip(exposure, chart.points["upper"], strict=True):
        assert upper == pytest.approx(rate + 3 * spread * (rate / e) ** 0.5)


# Which chart suits


@pytest.mark.parametrize(
    ("counts", "exposure", "dates", "chart"),
    [
        ([3] * 11, None, False, "none"),
        ([1] * 4 + [0] * 20, None, True, "none"),
        ([1, 0, 0] * 8, None, True, "time between"),
        ([1, 0, 0] * 8, None, False, "cusum"),
        ([1, 3, 2, 0, 4, 2] * 4, None, False, "counts"),
        ([1, 3, 2, 0, 4, 2] * 4, [1, 2] * 12, False, "rates"),
        ([1, 3, 2, 0, 4, 2] * 4, [28, 31] * 12, False, "counts"),
        ([1, 12, 2, 0, 20, 2] * 4, None, False, "xmr"),
        ([1, 12, 2, 0, 20, 2] * 4, [1, 2] * 12, False, "laney"),
    ],
)
def test_the_chart_follows_the_volume(counts, exposure, dates, chart):
    choice = suited_chart(counts, exposure, dates_known=dates)
    assert choice.chart == chart
    assert choice.sentence.endswith(".")
    assert choice.mean == pytest.approx(np.mean(counts))
    assert choice.zero_share == pytest.approx(np.mean(np.array(counts) == 0))
    assert choice.n == len(counts)


def test_dispersion_is_pearsons():
    counts = np.array([1, 12, 2, 0, 20, 2] * 4)
    choice = suited_chart(counts)
    found = stats.chisquare(counts)
    assert choice.dispersion == pytest.approx(found.statistic / 23)
    assert choice.dispersion_p == pytest.approx(found.pvalue)


def test_too_little_for_a_choice():
    for counts, exposure in (([0], None), ([0, 0], [0, 0]), ([2], [5])):
        choice = suited_chart(counts, exposure)
        assert choice.chart == "none"
        assert "too few to tell" in choice.sentence
        assert math.isnan(choice.dispersion)
    assert suited_chart([0], [0]).zero_share == 1


def test_chance_alone_is_sent_to_wider_limits_one_time_in_a_hundred():
    # 2,000 series, standard error sqrt(.01 x .99 / 2000) = .0022.
    rng = np.random.default_rng(6)
    found = [suited_chart(row).chart for row in rng.poisson(5, (2000, 36))]
    assert found.count("xmr") / 2000 == pytest.approx(0.01, abs=4 * 0.0022)


# Errors


def test_what_cannot_be_charted_is_refused():
    with pytest.raises(ArgumentError, match="`limits` must be one of exact"):
        count_chart([1], limits="wald")
    with pytest.raises(ArgumentError, match="`limits` must be one of geometric"):
        time_between_chart([1], limits="wald")
    for target in (0, math.inf, math.nan):
        with pytest.raises(ArgumentError, match="`target` must be a finite"):
            count_chart([1], target=target)
    with pytest.raises(ArgumentError, match="`per` must be a finite"):
        count_chart([1], [1], per=0)
    with pytest.raises(DataError, match="`counts` must hold whole numbers"):
        count_chart([1.5])
    with pytest.raises(DataError, match="`exposure` must have the shape"):
        count_chart([1], [1, 2])
    with pytest.raises(DataError, match="`exposure` must be above 0 where"):
        count_chart([1], [0])
    with pytest.raises(DataError, match="`days` must hold whole"):
        time_between_chart([0.5])
    with pytest.raises(DataError, match="`days` must hold finite"):
        time_between_chart([-1], limits="nelson")
    with pytest.raises(DataError, match="`numbers` must hold whole"):
        number_between_chart(pd.Series([0.5]))
    with pytest.raises(DataError, match="`counts` must hold whole"):
        suited_chart([-1])
