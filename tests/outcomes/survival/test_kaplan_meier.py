"""Survival curves, numbers at risk, quantiles."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from steps_analysis.errors import ArgumentError, DataError
from steps_analysis.outcomes import (
    kaplan_meier,
    numbers_at_risk,
    restricted_means,
    survival_quantile,
)

TRANSFORMS = ["log-log", "log", "plain", "logit", "arcsin"]


def spells_of(seed, n=25):
    rng = np.random.default_rng(seed)
    time = rng.integers(1, 12, n).astype(float)
    return time, rng.random(n) < 0.6, np.floor(time * rng.random(n) * 0.9)


# By hand


def test_drawn_table():
    # time   1+  2   3   3+  5      (+ censored)
    # risk   5   4   3       1
    # free       3/4 2/3     0   ->  0.75, 0.5, 0
    curve = kaplan_meier([1, 2, 3, 3, 5], [0, 1, 1, 0, 1])
    assert curve.time.tolist() == [2, 3, 5]
    assert curve.n_at_risk.tolist() == [4, 3, 1]
    assert curve.value == pytest.approx([0.75, 0.5, 0.0])
    # Greenwood's sums of d / n (n - d): a twelfth, then a twelfth and a sixth
    assert curve.standard_error[:2] == pytest.approx([0.75 / math.sqrt(12), 0.25])
    assert np.isnan(curve.standard_error[2])
    assert np.isnan(curve.lower[2])
    assert curve.at([0.0, 1.9, 2.0, 4.9]).tolist() == [1.0, 1.0, 0.75, 0.5]


def test_delayed_entry_counts_only_those_who_have_entered():
    # at 2: rows 1, 2 (row 3 enters at 2, so not yet); at 4: rows 2, 3
    curve = kaplan_meier([2, 5, 4], [1, 0, 1], entry=[0, 1, 2])
    assert curve.n_at_risk.tolist() == [2, 2]
    assert curve.value.tolist() == [0.5, 0.25]


# Edges


def test_no_events_is_a_curve_without_steps():
    curve = kaplan_meier([1, 2], [0, 0])
    assert len(curve.time) == 0
    assert curve.at(1.5) == 1.0
    reason = survival_quantile(curve).not_estimable
    assert reason == "too few have had the event for the curve to fall that far"


def test_all_events_at_one_time_and_one_participant():
    for time, event in (([3, 3, 3], [1, 1, 1]), ([3], [1])):
        curve = kaplan_meier(time, event)
        assert curve.value.tolist() == [0.0]
        assert survival_quantile(curve).value == 3.0


def test_an_event_at_time_zero_and_at_last_follow_up_count():
    curve = kaplan_meier([0, 4, 4], [1, 1, 0])
    assert curve.value == pytest.approx([2 / 3, 1 / 3])


def test_the_median_on_a_flat_step_is_its_midpoint():
    assert survival_quantile(kaplan_meier([2, 4], [1, 1])).value == 3.0


def test_numbers_at_risk_with_entry():
    found = numbers_at_risk([2, 5, 4], at=[1, 2, 3, 6], entry=[0, 1, 2])
    assert found.tolist() == [1, 2, 2, 0]


def test_rows_with_missing_values_are_dropped_on_request():
    curve = kaplan_meier([1, 2, np.nan], [1, 0, 1], missing="drop")
    assert curve.value.tolist() == [0.5]
    assert "1 row with missing values left out" in curve.method


# Properties


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10_000), transform=st.sampled_from(TRANSFORMS))
def test_curves_fall_within_their_limits_and_order_does_not_matter(seed, transform):
    time, event, entry = spells_of(seed)
    curve = kaplan_meier(time, event, transform=transform)
    assert np.all(np.diff(curve.value) < 0)
    seen = curve.value > 0
    assert np.all(curve.lower[seen] <= curve.value[seen])
    assert np.all(curve.value[seen] <= curve.upper[seen])
    assert np.all((curve.lower[seen] >= 0) & (curve.upper[seen] <= 1))
    order = np.random.default_rng(seed).permutation(len(time))
    assert curve == kaplan_meier(time[order], event[order], transform=transform)
    later = kaplan_meier(time, event, entry=entry, transform=transform)
    order_free = kaplan_meier(
        time[order], event[order], entry=entry[order], transform=transform
    )
    assert later == order_free


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_without_censoring_it_is_the_plain_proportion(seed):
    time, _, _ = spells_of(seed)
    curve = kaplan_meier(time, np.ones(len(time)))
    for t, value, se in zip(curve.time, curve.value, curve.standard_error, strict=True):
        share = np.mean(time > t)
        assert value == pytest.approx(share)
        if share:
            assert se == pytest.approx(math.sqrt(share * (1 - share) / len(time)))


# Naive twin


@pytest.mark.parametrize("seed", range(5))
def test_against_a_slow_loop(seed):
    time, event, entry = spells_of(seed)
    curve = kaplan_meier(time, event, entry=entry)
    free, greenwood, i = 1.0, 0.0, 0
    for t in sorted({t for t, e in zip(time, event, strict=True) if e}):
        at_risk = sum(b < t <= a for a, b in zip(time, entry, strict=True))
        d = sum(a == t and e for a, e in zip(time, event, strict=True))
        free *= 1 - d / at_risk
        greenwood += d / (at_risk * (at_risk - d)) if at_risk > d else math.nan
        assert curve.time[i] == t
        assert curve.n_at_risk[i] == at_risk
        assert curve.value[i] == pytest.approx(free)
        if free:
            expected = free * math.sqrt(greenwood)
            assert curve.standard_error[i] == pytest.approx(expected)
        i += 1
    assert i == len(curve.time)


def test_against_lifelines(table):
    from lifelines import KaplanMeierFitter

    rossi = table("ll_rossi")
    fitter = KaplanMeierFitter().fit(rossi.week, rossi.arrest)
    curve = kaplan_meier(rossi.week, rossi.arrest)
    theirs = fitter.survival_function_at_times(curve.time).to_numpy()
    assert curve.value == pytest.approx(theirs, rel=1e-12)


# R


@pytest.mark.parametrize("transform", TRANSFORMS)
def test_equals_survfit_on_aml(transform, figures, table, compare):
    aml = table("aml")
    rows, summary = [], []
    # survfit's common horizon: the last follow-up of all
    means = restricted_means(aml.time, aml.status, aml.x, horizon=161)
    for arm in ("Maintained", "Nonmaintained"):
        own = aml[aml.x == arm]
        curve = kaplan_meier(own.time, own.status, transform=transform)
        events = [int(own.status[own.time == t].sum()) for t in curve.time]
        rows += [
            {
                "time": curve.time[i],
                "n_risk": curve.n_at_risk[i],
                "n_event": events[i],
                "surv": curve.value[i],
                "se": curve.standard_error[i],
                "lower": curve.lower[i],
                "upper": curve.upper[i],
                "strata": f"x={arm}",
            }
            for i in range(len(events))
        ]
        median = survival_quantile(curve)
        n = len(own)
        mean = means[arm]
        row = [n, n, n, sum(events), mean.value, mean.standard_error]
        summary.append([*row, median.value, median.lower, median.upper])
    theirs = figures[f"km_aml_{transform}"]
    compare(rows, theirs["curve"])
    compare(summary, theirs["table"]["matrix"])


@pytest.mark.parametrize("transform", TRANSFORMS)
def test_equals_survfit_on_rossi(transform, figures, table, compare):
    rossi, rows = table("ll_rossi"), []
    for fin in (0, 1):
        own = rossi[rossi.fin == fin]
        curve = kaplan_meier(own.week, own.arrest, transform=transform)
        before = 0
        for t in (13, 26, 39, 52):
            found = curve.estimate_at(t, measure="survival")
            rows.append(
                {
                    "time": t,
                    "n_risk": int(numbers_at_risk(own.week, at=t)),
                    "n_event": int(
                        own.arrest[(own.week > before) & (own.week <= t)].sum()
                    ),
                    "surv": found.value,
                    "se": found.standard_error,
                    "lower": found.lower,
                    "upper": found.upper,
                    "strata": f"fin={fin}",
                }
            )
            before = t
    compare(rows, figures[f"km_rossi_{transform}"])


# A formula does the same


def test_a_formula_equals_arrays():
    frame = pd.DataFrame({"start": [0, 1, 2], "stop": [2, 5, 4], "e": [1, 0, 1]})
    one = kaplan_meier("start + stop + e ~ 1", data=frame)
    assert one == kaplan_meier(frame.stop, frame.e, entry=frame.start)
    two = kaplan_meier("stop + e ~ 1", data=frame, entry="start")
    assert two == one


# Errors


def test_refuses_impossible_columns():
    with pytest.raises(DataError, match="`time` must be at least 0, got '1 below'"):
        kaplan_meier([-1, 2], [1, 0])
    with pytest.raises(DataError, match="`time` must be finite"):
        kaplan_meier([math.inf, 2], [1, 0])
    with pytest.raises(DataError, match="`time` must hold numbers"):
        kaplan_meier(["one", "two"], [1, 0])
    with pytest.raises(DataError, match="`event` must be true or false, 1 or 0"):
        kaplan_meier([1, 2], [2, 0])
    with pytest.raises(DataError, match="`event` must have 2 rows like `time`, got 3"):
        kaplan_meier([1, 2], [1, 0, 1])
    with pytest.raises(DataError, match="`entry` must lie before `time`"):
        kaplan_meier([1, 2], [1, 0], entry=[1, 0])
    with pytest.raises(DataError, match="`time` must have at least one row"):
        kaplan_meier([], [])
    with pytest.raises(DataError, match="`time` must be an array"):
        kaplan_meier(3, 1)


def test_refuses_missing_values_without_printing_them():
    with pytest.raises(DataError, match="`time` must have no missing values") as error:
        kaplan_meier([17.25, np.nan], [1, 0])
    assert "17.25" not in str(error.value)
    assert 'missing="drop"' in str(error.value)


def test_refuses_unknown_options_and_half_given_columns():
    with pytest.raises(ArgumentError, match="`transform` must be one of log-log, log"):
        kaplan_meier([1], [1], transform="loglog")
    with pytest.raises(ArgumentError, match="`missing` must be one of refuse, drop"):
        kaplan_meier([1], [1], missing="omit")
    with pytest.raises(ArgumentError, match="`event` must be given"):
        kaplan_meier([1])
    with pytest.raises(ArgumentError, match="`data` must be given with a formula"):
        kaplan_meier("time + event ~ 1")
    frame = pd.DataFrame({"time": [1], "event": [1], "arm": ["a"]})
    with pytest.raises(ArgumentError, match="`data` must come with a formula"):
        kaplan_meier([1], [1], data=frame)
    with pytest.raises(ArgumentError, match="`formula` must have 1 on the right"):
        kaplan_meier("time + event ~ arm", data=frame)
    with pytest.raises(ArgumentError, match="`level` must lie in"):
        kaplan_meier([1], [1], level=95)


def test_refuses_an_impossible_share():
    with pytest.raises(ArgumentError, match="`probability` must lie in"):
        survival_quantile(kaplan_meier([1], [1]), 50)
