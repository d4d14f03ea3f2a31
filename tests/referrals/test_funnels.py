"""Funnel limits, the places beside them, and over-dispersion."""

import json
import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import optimize, stats

from steps_analysis.errors import ArgumentError, DataError
from steps_analysis.referrals import (
    Dispersion,
    count_limits,
    dispersed_limits,
    dispersion,
    funnel,
    funnel_limits,
    proportion_funnel,
)

REFERENCE = Path(__file__).parents[1] / "reference" / "referrals"
QUICK = settings(max_examples=50, deadline=None)


def files():
    return json.loads((REFERENCE / "funnel.json").read_text())["files"]


def numbers(values):
    return np.array([np.nan if v is None else v for v in values], dtype=float)


# By hand


def test_two_boroughs_of_one_size():
    # 50 in 40,000: 12.5 per 10,000, 25 expected in each.  P(X <= 10 | 25) = .0006 and
    # P(X >= 40 | 25) = .0034: one tail below .001, the other between .001 and .025.
    events = pd.Series({"Borough B": 40, "Borough A": 10})
    result = funnel(events, pd.Series({"Borough A": 20_000, "Borough B": 20_000}))
    assert result.target == 12.5
    assert list(result.points.index) == ["Borough A", "Borough B"]
    assert list(result.points["rate"]) == [5, 20]
    assert list(result.points["expected"]) == [25, 25]
    assert list(result.points["position"]) == ["below 99.8%", "above 95%"]
    assert (result.per, result.levels) == (10_000, (0.95, 0.998))
    assert result.method == "exact Poisson limits"
    assert result.not_estimable is None
    assert result.dispersion is None


def test_one_event_lies_on_the_upper_limit_of_its_own_lower_confidence_limit():
    lower, upper = funnel_limits(-math.log(0.975))
    assert lower == 0
    assert upper == pytest.approx(1, rel=1e-9)


def test_four_boroughs_whose_dispersion_is_worked_out_by_hand():
    # z = 2 (sqrt O - sqrt 25): -2, 0, 0, 2.  10th percentile: -2 + .3 x 2 = -1.4.
    # phi = (1.96 + 0 + 0 + 1.96) / 4 = .98: chance explains it, tau squared:
    # (4 x .98 - 3) / (400 - 100) = .92 / 300.
    extra = dispersion([16, 25, 25, 36], [25, 25, 25, 25])
    assert extra.phi == pytest.approx(0.98)
    assert extra.tau_squared == pytest.approx(0.92 / 300)
    assert extra.n == 4


# Edges


def test_no_event_anywhere_is_not_estimable():
    result = funnel([0, 0], [10, 20])
    assert result.not_estimable == "there is no event"
    assert math.isnan(result.target)
    assert list(result.points["rate"]) == [0, 0]
    assert list(result.points["position"]) == ["not estimable"] * 2
    assert result.limits.empty
    same = funnel([1, 0], [10, 20])
    assert list(result.points.columns) == list(same.points.columns)
    assert list(result.limits.columns) == list(same.limits.columns)


def test_no_event_but_a_given_target_is_a_finding():
    # 20 expected: P(X = 0) = 2e-9.
    result = funnel([0], [20], target=1, per=1)
    assert list(result.points["position"]) == ["below 99.8%"]


@pytest.mark.parametrize("model", [None, "multiplicative", "additive"])
def test_a_place_without_exposure_keeps_its_row_and_no_limits(model):
    result = funnel([5, 0, 7], [100, 0, 90], overdispersion=model)
    empty = result.points.iloc[1]
    assert empty["position"] == "no exposure"
    assert empty[["rate", "lower_95", "upper_99.8"]].isna().all()
    assert result.points["position"].iloc[[0, 2]].tolist() == ["within"] * 2
    assert np.isfinite(result.limits.to_numpy()).all()


def test_no_place_with_exposure_leaves_no_lines():
    result = funnel([0], [0], target=5, overdispersion="additive")
    assert list(result.points["position"]) == ["no exposure"]
    assert result.limits.empty


def test_no_count_is_too_low_where_few_are_expected():
    lower, _ = funnel_limits([0.01, 1, 3.688])
    assert list(lower) == [0, 0, 0]
    lower, _ = funnel_limits(3.69)
    assert lower > 0


def test_limits_hold_from_tiny_to_huge_means():
    lower, upper = funnel_limits([1e-8, 1e7])
    assert np.isfinite([lower, upper]).all()
    assert upper[1] == pytest.approx(1e7 + 1.96 * 1e7**0.5, rel=1e-6)
    assert lower[1] == pytest.approx(1e7 - 1.96 * 1e7**0.5, rel=1e-6)


def test_places_without_names_keep_their_order():
    result = funnel([5, 1, 9], [10, 10, 10])
    assert list(result.points["events"]) == [5, 1, 9]


def test_lines_span_the_places():
    result = funnel([5, 9], [100, 400])
    grid = result.limits["exposure"]
    assert grid.iloc[0] == pytest.approx(50)
    assert grid.iloc[-1] == pytest.approx(420)
    assert grid.is_monotonic_increasing


def test_all_or_none_give_no_funnel_of_proportions():
    for events in ([0, 0], [4, 9]):
        result = proportion_funnel(events, [4, 9])
        assert result.not_estimable == "all places have none, or all"


# Properties


@QUICK
@given(st.integers(0, 400), st.floats(0.05, 400), st.sampled_from([0.8, 0.95, 0.998]))
def test_funnel_and_exact_interval_agree(count, mean, level):
    low, high = funnel_limits(mean, level=level)
    lower, upper = count_limits(count, method="exact", level=level)
    assert (count < low) == (upper < mean)
    assert (count > high) == (lower > mean)


@QUICK
@given(st.lists(st.floats(0.01, 1e4), min_size=2, max_size=20, unique=True))
def test_limits_rise_with_the_mean_and_narrow_round_it(means):
    means = np.sort(means)
    lower, upper = funnel_limits(means)
    assert (np.diff(lower) >= 0).all()
    assert (np.diff(upper) > 0).all()
    assert (np.diff(upper / means) < 1e-9).all()
    assert (lower < means).all()
    outer = funnel_limits(means, level=0.998)
    assert (outer[0] <= lower).all()
    assert (outer[1] >= upper).all()


@QUICK
@given(
    st.lists(st.integers(0, 40), min_size=2, max_size=12),
    st.randoms(use_true_random=False),
)
def test_the_order_of_places_changes_nothing(events, random):
    names = [f"Borough {chr(65 + i)}" for i in range(len(events))]
    counts = pd.Series(events, index=names)
    years = pd.Series(np.arange(1.0, len(events) + 1) * 50, index=names)
    random.shuffle(names)
    one, two = funnel(counts, years), funnel(counts[names], years)
    pd.testing.assert_frame_equal(one.points, two.points)
    pd.testing.assert_frame_equal(one.limits, two.limits)


@QUICK
@given(st.lists(st.integers(0, 60), min_size=3, max_size=12))
def test_over_dispersion_never_narrows_its_own_limits(events):
    means = np.full(len(events), 20.0)
    extra = dispersion(events, means)
    chance = Dispersion(phi=1, tau_squared=0, n=len(events))
    for model in ("multiplicative", "additive"):
        low, high = dispersed_limits(means, extra, model=model)
        low_c, high_c = dispersed_limits(means, chance, model=model)
        assert (low <= low_c).all()
        assert (high >= high_c).all()


def test_without_over_dispersion_both_models_are_close_to_the_exact_limits():
    chance = Dispersion(phi=1, tau_squared=0, n=14)
    exact = np.array(funnel_limits(400.0))
    for model in ("multiplicative", "additive"):
        approximate = np.array(dispersed_limits(400.0, chance, model=model))
        assert approximate == pytest.approx(exact, abs=1.5)


# Naive twins


@pytest.mark.parametrize("mean", [0.5, 3.0, 7.3, 40.0])
@pytest.mark.parametrize("level", [0.95, 0.998])
def test_limits_solve_the_continued_poisson_tails(mean, level):
    tail = (1 - level) / 2
    lower, upper = funnel_limits(mean, level=level)
    # P(X >= k | mean) is the chance that a gamma variable of shape k is below the mean.
    found = optimize.brentq(lambda k: stats.gamma.cdf(mean, k) - tail, 1e-9, 500)
    assert upper == pytest.approx(found, rel=1e-8)
    if math.exp(-mean) < tail:
        found = optimize.brentq(lambda k: stats.gamma.sf(mean, k + 1) - tail, 0, 500)
        assert lower == pytest.approx(found, rel=1e-8)
    else:
        assert lower == 0


def test_dispersion_in_a_slow_loop():
    events, means = [3, 30, 12, 9, 22, 2, 15], [10.0, 14, 11, 9, 16, 8, 12]
    z = [2 * (o**0.5 - e**0.5) for o, e in zip(events, means, strict=True)]
    ordered = sorted(z)
    # Seven places: the 10th percentile lies .6 of the way from the 1st to the 2nd.
    low = ordered[0] + 0.6 * (ordered[1] - ordered[0])
    high = ordered[6] - 0.6 * (ordered[6] - ordered[5])
    pulled = [min(max(value, low), high) for value in z]
    phi = sum(value**2 for value in pulled) / 7
    w = [4 * e for e in means]
    tau = (7 * phi - 6) / (sum(w) - sum(v**2 for v in w) / sum(w))
    extra = dispersion(events, means)
    assert (extra.phi, extra.tau_squared) == pytest.approx((phi, tau))
    assert phi > 1
    for model, variance in (("multiplicative", phi / 40), ("additive", 1 / 40 + tau)):
        lower, upper = dispersed_limits(10.0, extra, model=model)
        reach = 1.959963984540054 * variance**0.5
        assert upper == pytest.approx(10 * (1 + reach) ** 2)
        assert lower == pytest.approx(10 * max(1 - reach, 0) ** 2)


@pytest.mark.parametrize("model", ["multiplicative", "additive"])
def test_the_funnel_uses_the_widened_limits(model):
    events, years = [3, 30, 12, 9, 22, 2, 15], np.array([10.0, 14, 11, 9, 16, 8, 12])
    result = funnel(events, years, target=1, per=1, overdispersion=model)
    lower, upper = dispersed_limits(years, dispersion(events, years), model=model)
    assert result.points["lower_95"].to_numpy() == pytest.approx(lower / years)
    assert result.points["upper_95"].to_numpy() == pytest.approx(upper / years)
    assert result.dispersion == dispersion(events, years)
    assert result.method == f"square-root limits, {model} over-dispersion"
    assert list(result.points["position"])[1] == "within"
    assert (
        list(funnel(events, years, target=1, per=1).points["position"])[1] != "within"
    )


# R, rates


def test_the_target_of_r_is_all_events_over_all_exposure():
    source = files()["testdata_funnel_rate_input_funnels.csv"]
    baseline = set(files()["testdata_funnel_rate_outputs.csv"]["baseline"])
    assert len(baseline) == 1
    # Exposures were derived from printed rates and divided by three years of data.
    result = funnel(
        source["ev"],
        3 * numbers(source["denominator_derived_crude"]),
        per=100_000,
    )
    assert result.target == pytest.approx(baseline.pop(), rel=1e-8)
    for name in ("rate", "rate_chart_crude", "rate_chart_crude_with_denom"):
        assert result.points["rate"].to_numpy() == pytest.approx(
            numbers(source[name]), rel=1e-8
        )
    # One place has no directly standardised rate in R, and keeps its own population
    # where exposures were derived with five years of data; the rest are the same.
    known = ~np.isnan(numbers(source["rate_chart"]))
    assert (
        known.sum() == np.isfinite(numbers(source["denominator_derived"])).sum() == 49
    )
    assert numbers(source["rate_chart"])[known] == pytest.approx(
        result.points["rate"].to_numpy()[known], rel=1e-8
    )
    exposure = result.points["exposure"].to_numpy()
    assert 3 * numbers(source["denominator_derived"])[known] == pytest.approx(
        exposure[known], rel=1e-8
    )
    five_years = 5 * numbers(source["denominator_derived_crude_with_denom"])
    own = np.where(known, exposure, numbers(source["pop"]))
    assert five_years == pytest.approx(own, rel=1e-8)


@pytest.mark.parametrize(("name", "level"), [("2s", 0.95), ("3s", 0.998)])
@pytest.mark.parametrize("side", ["lower", "upper"])
def test_every_limit_of_a_rate_in_r(name, level, side):
    # R tabulates by count: the population at which the count lies on the limit.
    table = files()["testdata_funnel_rate_outputs.csv"]
    assert set(table["method"]) == {"Poisson"}
    assert set(table["statistic"]) == {"rate (dsr per 100,000)"}
    counts, target = numbers(table["Events"]), numbers(table["baseline"])
    population = 3 * numbers(table[f"{side}_{name}_population_1_year"])
    limits = numbers(table[f"{side}_{name}_limit"])
    expected = population * target / 100_000
    # R's search stops within 5e-5 of the tail probability, so the smallest counts are
    # good to five digits only; from two events on the figures agree to 1e-6.
    tolerance = np.where(counts < 2, 5e-5, 1e-6)
    which = ("lower", "upper").index(side)
    ours = funnel_limits(expected, level=level)[which]
    assert (np.abs(ours / counts - 1) < 2 * tolerance).all()
    at_population = ours / population * 100_000
    assert (np.abs(at_population / limits - 1) < 2 * tolerance).all()
    exact = count_limits(counts, method="exact", level=level)[1 - which]
    assert (np.abs(exact / expected - 1) < tolerance).all()


# R, ratios and proportions


def r_words(position):
    """R's words for our positions."""
    return position.map(
        {
            "within": "Not significant",
            "below 95%": "Low (0.025)",
            "below 99.8%": "Low (0.001)",
            "above 95%": "High (0.025)",
            "above 99.8%": "High (0.001)",
        }
    ).tolist()


def test_every_position_of_a_ratio_in_r():
    source = files()["testdata_funnel_ratio_inputs.csv"]
    result = funnel(source["obs"], source["expected"], target=1, per=1)
    assert r_words(result.points["position"]) == source["significance"]


def test_every_position_of_a_proportion_in_r():
    source = files()["testdata_funnel_prop_inputs.csv"]
    result = proportion_funnel(source["numerator"], source["denominator"])
    assert r_words(result.points["position"]) == source["significance"]
    assert len(source["Area"]) == len(result.points) == 303


def test_every_limit_of_a_proportion_in_r():
    source = files()["testdata_funnel_prop_inputs.csv"]
    table = {
        k: numbers(v) for k, v in files()["testdata_funnel_prop_outputs.csv"].items()
    }
    target = sum(source["numerator"]) / sum(source["denominator"])
    n = table["Population"]
    points = proportion_funnel(np.zeros(len(n)), n, target=target).points
    ours = {
        "Lower2s0025limit": points["lower_95"],
        "Upper2s0025limit": points["upper_95"],
        "Lower3s0001limit": points["lower_99.8"],
        "Upper3s0001limit": points["upper_99.8"],
        "Baseline": pd.Series(target, points.index),
    }
    assert set(ours) == set(table) - {"Population"}
    for name, column in ours.items():  # printed with six decimals, in per cent
        assert 100 * column.to_numpy() == pytest.approx(table[name], abs=5.1e-7, rel=0)


def test_a_place_lies_outside_just_when_its_wilson_interval_misses_the_target():
    rows = json.loads((REFERENCE / "byar_wilson.json").read_text())["rows"]
    wilson = [row for row in rows if row["method"] == "Wilson"]
    assert len(wilson) == 4
    for row in wilson:
        level = {"95%": 0.95, "99.8%": 0.998}[row["confidence"]]
        share, word = row["x"] / row["n"], f"{100 * level:g}"
        for target, side in ((row["lowercl"], "upper"), (row["uppercl"], "lower")):
            points = proportion_funnel(
                [row["x"]], [row["n"]], target=target, levels=[level]
            ).points
            assert points[f"{side}_{word}"].iloc[0] == pytest.approx(share, rel=1e-10)


# Errors


def test_repeated_labels_are_refused():
    events = pd.Series([1, 2], index=["A", "A"])
    with pytest.raises(DataError, match="one entry per label"):
        funnel(events, [10, 10])


def test_differing_labels_are_refused():
    with pytest.raises(DataError, match="`exposure` must have the labels of `events`"):
        funnel(pd.Series({"A": 1}), pd.Series({"B": 10}))


def test_differing_lengths_are_refused():
    with pytest.raises(DataError, match="one entry for each of `events`"):
        funnel([1, 2], [10])


@pytest.mark.parametrize("events", [[], 3, [[1, 2]]])
def test_what_is_no_list_of_places_is_refused(events):
    with pytest.raises(DataError, match="must have one entry per place"):
        funnel(events, events)


def test_events_without_exposure_are_refused():
    with pytest.raises(DataError, match="above 0 where there are events"):
        funnel([1, 2], [10, 0])


@pytest.mark.parametrize("target", [0, -1, math.inf, math.nan])
def test_what_is_no_target_is_refused(target):
    with pytest.raises(ArgumentError, match="`target` must be a finite number above 0"):
        funnel([1], [10], target=target)


@pytest.mark.parametrize("levels", [(), (0.95, 0.95)])
def test_no_levels_and_repeated_levels_are_refused(levels):
    with pytest.raises(ArgumentError, match="`levels` must be distinct"):
        funnel([1], [10], levels=levels)


def test_a_level_in_per_cent_is_refused():
    with pytest.raises(ArgumentError, match=r"`level` must lie in \(0, 1\)"):
        funnel([1], [10], levels=(95,))


def test_an_unknown_overdispersion_is_refused():
    with pytest.raises(ArgumentError, match=r"multiplicative, additive.*\nHint"):
        funnel([1], [10], overdispersion="aditive")


def test_a_mean_of_zero_is_refused():
    with pytest.raises(DataError, match="`expected` must hold finite numbers, above 0"):
        funnel_limits([3, 0])


def test_dispersion_of_differing_lengths_is_refused():
    with pytest.raises(DataError, match="one entry per place, like `expected`"):
        dispersion([1, 2], [3])


def test_more_events_than_families_are_refused():
    with pytest.raises(DataError, match="`events` must not exceed `n`"):
        proportion_funnel([5], [4])


@pytest.mark.parametrize("target", [0, 1, 50])
def test_a_target_that_is_no_proportion_is_refused(target):
    with pytest.raises(ArgumentError, match=r"`target` must lie in \(0, 1\)"):
        proportion_funnel([1], [4], target=target)
