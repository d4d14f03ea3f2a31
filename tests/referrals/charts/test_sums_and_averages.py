"""CUSUM and EWMA: by hand, and run lengths against simulation."""

import math

import numpy as np
import pytest
from scipy import stats

from steps_analysis.errors import ArgumentError, DataError
from steps_analysis.referrals import (
    CusumDesign,
    cusum_chart,
    cusum_design,
    cusum_run_length,
    ewma_chart,
    ewma_run_length,
)
from steps_analysis.referrals.charts.signals import FEWER, MORE

SERIES, SEED = 4000, 20261201


# By hand


def test_sums_of_a_rise():
    # k = 1.4375, h = 5.5625: 1 - k < 0; 3 - k = 1.5625; + 2.5625; + 1.5625 = 5.6875.
    chart = cusum_chart([1, 3, 4, 3, 4, 0], target=1.0)
    row = chart.segments.iloc[0]
    assert (row["reference"], row["decision"]) == (1.4375, 5.5625)
    assert chart.points["value"].tolist() == [0, 1.5625, 4.125, 5.6875, 2.5625, 1.125]
    assert chart.flagged.index.tolist() == [3]
    assert chart.flagged["note"].tolist() == [MORE]
    assert chart.points["upper"].tolist() == [5.5625] * 6
    on = cusum_chart([1, 3, 4, 3, 4, 0], target=1.0, restart=False)
    assert on.points["value"].tolist()[3:] == [5.6875, 8.25, 6.8125]
    assert on.flagged.index.tolist() == [3, 4, 5]


def test_sums_of_a_fall_lie_below():
    chart = cusum_chart([4, 0, 0, 0, 0], target=4.0, ratio=0.5)
    k = chart.segments["reference"].iloc[0]
    assert k == round(2 / math.log(2) * 16) / 16
    assert chart.points["value"].tolist()[:3] == [0, -k, -2 * k]
    assert chart.points["lower"].iloc[0] == -chart.segments["decision"].iloc[0]
    assert chart.points["upper"].isna().all()
    assert chart.points["flag"].iloc[-1] in ("below the lower limit", "none")
    assert FEWER in chart.points["note"].tolist()


def test_the_mean_may_come_from_the_data_or_their_start():
    counts = [1, 0, 2, 1] * 3 + [5] * 4
    assert cusum_chart(counts).segments["mean"].iloc[0] == 2
    assert cusum_chart(counts, baseline=12).segments["mean"].iloc[0] == 1
    two = cusum_chart(counts, rebase=[12])
    assert two.segments["mean"].tolist() == [1, 5]
    assert two.segments["remark"].tolist() == ["", "provisional: fewer than 12 points"]
    assert cusum_chart([1, 0], target=1).segments["remark"].tolist() == [""]


def test_averages():
    # From 4, weight 1/2: (6 + 4) / 2 = 5, (4 + 5) / 2 = 4.5, (2 + 4.5) / 2 = 3.25;
    # variances 4 / 4 = 1, 1 + 1 / 4, 1 + 1.25 / 4.
    chart = ewma_chart([6, 4, 2], weight=0.5, sigmas=2)
    assert chart.points["value"].tolist() == [5, 4.5, 3.25]
    widths = (chart.points["upper"] - 4).to_numpy() / 2
    assert widths**2 == pytest.approx([1, 1.25, 1.3125])


def test_averages_of_rates():
    chart = ewma_chart([2, 12], [1000, 2000], weight=0.5, target=4, per=1000)
    assert chart.points["value"].tolist() == pytest.approx([3, 4.5])
    spread = ((chart.points["upper"] - 4) / 2.86).to_numpy() ** 2
    assert spread == pytest.approx([4 / 4, 4 / 4 / 2 + 1 / 4])


def test_averages_settle_at_the_textbooks_limits():
    chart = ewma_chart([3] * 200, weight=0.2, sigmas=2.86)
    reach = 2.86 * math.sqrt(3 * 0.2 / 1.8)
    assert chart.points["upper"].iloc[-1] == pytest.approx(3 + reach)
    assert chart.points["upper"].is_monotonic_increasing


def test_all_weight_on_the_newest_count_is_a_textbook_c_chart():
    p = stats.poisson.sf(4, 1.0)
    assert ewma_run_length(1.0, weight=1.0, sigmas=3.0) == pytest.approx(1 / p)


def test_a_sum_that_sounds_at_once_is_geometric():
    for mean in (0.1, 1.0, 5.0):
        found = cusum_run_length(mean, reference=3.0, decision=0.0)
        assert found == pytest.approx(1 / stats.poisson.sf(3, mean))
        fall = cusum_run_length(mean, reference=3.0, decision=0.0, rise=False)
        assert fall == pytest.approx(1 / stats.poisson.cdf(2, mean))


# Edges


def test_no_referral_has_no_sum_and_no_average():
    chart = cusum_chart([0] * 12)
    assert "the mean lies outside 0.02 to 200" in chart.not_estimable
    assert chart.points["value"].isna().all()
    assert set(chart.points["flag"]) == {"none"}
    chart = ewma_chart([0] * 12)
    assert chart.not_estimable == "there is no referral"
    assert ewma_chart([0] * 12, target=1).not_estimable is None


@pytest.mark.parametrize("mean", [0.02, 0.3, 1.0, 200.0])
@pytest.mark.parametrize("ratio", [2.0, 0.5])
def test_every_design_keeps_its_promise_and_is_the_tightest(mean, ratio):
    design = cusum_design(mean, ratio=ratio, run_length=100)
    assert design.run_length >= 100
    assert design.run_length_changed < design.run_length
    assert (design.reference > mean) == (ratio > 1)
    step = 1 / 16 if mean >= 0.5 else 1 / 64 if mean >= 0.1 else 1 / 256
    if design.decision > 0:
        tighter = cusum_run_length(
            mean,
            reference=design.reference,
            decision=design.decision - step,
            rise=ratio > 1,
        )
        assert tighter < 100


# Run lengths by simulation


def simulated(step, start, mean, rng):
    """Average run length of 4,000 series, and its standard error."""
    state, length = np.full(SERIES, start), np.zeros(SERIES)
    running, period = np.ones(SERIES, bool), 0
    while running.any():
        period += 1
        state, out = step(state, rng.poisson(mean, SERIES))
        length[running & out] = period
        running &= ~out
    return length.mean(), length.std() / math.sqrt(SERIES)


@pytest.mark.parametrize(
    ("mean", "ratio", "true"),
    [(1.0, 2.0, 1.0), (1.0, 2.0, 2.0), (3.0, 0.5, 3.0), (0.3, 2.0, 0.3)],
)
def test_run_lengths_of_sums_are_those_simulated(mean, ratio, true):
    design = cusum_design(mean, ratio=ratio, run_length=100)
    sign = 1 if ratio > 1 else -1

    def step(total, count):
        total = np.maximum(total + sign * (count - design.reference), 0)
        return total, total > design.decision

    found, error = simulated(step, 0.0, true, np.random.default_rng(SEED))
    exact = cusum_run_length(
        true,
        reference=design.reference,
        decision=design.decision,
        rise=ratio > 1,
    )
    assert exact == pytest.approx(found, abs=4 * error)
    if true == mean:
        assert exact == design.run_length


@pytest.mark.parametrize(("mean", "true"), [(1.0, 1.0), (8.0, 8.0), (3.0, 4.5)])
def test_run_lengths_of_averages_are_those_simulated(mean, true):
    reach = 2.3 * math.sqrt(mean * 0.2 / 1.8)

    def step(average, count):
        average = 0.2 * count + 0.8 * average
        return average, np.abs(average - mean) > reach

    found, error = simulated(step, mean, true, np.random.default_rng(SEED))
    exact = ewma_run_length(mean, weight=0.2, sigmas=2.3, true_mean=true)
    assert exact == pytest.approx(found, abs=4 * error)


def test_the_chart_sounds_as_often_as_its_design_says():
    # Counts of mean 1 for 40,000 periods; alarms are geometric enough: about 400 of
    # them, whose number has a standard error of 5 %.
    counts = np.random.default_rng(SEED).poisson(1.0, 40_000)
    chart = cusum_chart(counts, target=1.0, run_length=100)
    promised = chart.segments["run_length"].iloc[0]
    assert 40_000 / len(chart.flagged) == pytest.approx(promised, rel=0.2)


# Errors


def test_impossible_designs_are_refused():
    for ratio in (1.0, 1.1, 0.9, 0.0, -1.0, math.inf, math.nan):
        with pytest.raises(ArgumentError, match=r"`ratio` must be at least 1\.2"):
            cusum_design(1.0, ratio=ratio)
    for mean in (0.01, 201, math.nan):
        with pytest.raises(ArgumentError, match="`mean` must lie in"):
            cusum_design(mean)
        with pytest.raises(ArgumentError, match="`target` must lie in"):
            cusum_chart([1], target=mean)
    with pytest.raises(ArgumentError, match="`run_length` must lie in"):
        cusum_chart([0], run_length=1)
    with pytest.raises(ArgumentError, match="`mean` must be a finite number"):
        cusum_run_length(0, reference=1, decision=1)
    for name in ("reference", "decision"):
        for value in (0.3, 1 / 512, -1, math.nan, math.inf):
            options = {"reference": 1.0, "decision": 1.0, name: value}
            with pytest.raises(ArgumentError, match=f"`{name}` must be a multiple"):
                cusum_run_length(1, **options)
    with pytest.raises(ArgumentError, match="`decision` must be at most 250 with"):
        cusum_run_length(1, reference=1 / 16, decision=300)
    with pytest.raises(ArgumentError, match="`reference` must be above 0 for a fall"):
        cusum_run_length(1, reference=0, decision=1, rise=False)
    assert isinstance(cusum_design(1.0), CusumDesign)


def test_impossible_averages_are_refused():
    for weight in (0, 1.1):
        with pytest.raises(ArgumentError, match="`weight` must lie in"):
            ewma_chart([1], weight=weight)
    for sigmas in (0, math.inf):
        with pytest.raises(ArgumentError, match="`sigmas` must be a finite"):
            ewma_run_length(1, weight=0.2, sigmas=sigmas)
    with pytest.raises(ArgumentError, match="`target` must be a finite"):
        ewma_chart([1], target=0)
    with pytest.raises(ArgumentError, match="`mean` must be a finite"):
        ewma_run_length(0, weight=0.2, sigmas=3)
    with pytest.raises(DataError, match="`exposure` must hold finite numbers, above"):
        ewma_chart([1, 0], [1, 0])
    with pytest.raises(DataError, match="`counts` must hold whole"):
        cusum_chart([0.5])
