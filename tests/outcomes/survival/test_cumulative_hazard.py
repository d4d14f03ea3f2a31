"""Cumulative hazards and the survival they give."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from steps_analysis.errors import ArgumentError, DataError
from steps_analysis.outcomes import cumulative_hazard, fleming_harrington, kaplan_meier

TIES = ["nelson-aalen", "fleming-harrington"]


def columns(seed, n=30):
    rng = np.random.default_rng(seed)
    time = rng.integers(1, 10, n).astype(float)
    return time, rng.random(n) < 0.6, np.floor(time * rng.random(n) * 0.9)


# By hand


def test_drawn_table():
    # time   1   1   2   3+      at 1: 2 of 4; at 2: 1 of 2
    # d / n  2/4     1/2         one by one: 1/4 + 1/3, then 1/2
    time, event = [1, 1, 2, 3], [1, 1, 1, 0]
    nelson = cumulative_hazard(time, event)
    assert nelson.value == pytest.approx([0.5, 1.0])
    assert nelson.standard_error**2 == pytest.approx([2 / 16, 2 / 16 + 1 / 4])
    assert nelson.at([0.5, 1.5]).tolist() == [0.0, 0.5]
    # on the log scale the limits multiply to the square
    assert nelson.lower * nelson.upper == pytest.approx(nelson.value**2)
    fleming = cumulative_hazard(time, event, ties="fleming-harrington")
    assert fleming.value == pytest.approx([7 / 12, 13 / 12])
    assert fleming.standard_error[0] ** 2 == pytest.approx(1 / 16 + 1 / 9)
    curve = fleming_harrington(time, event)
    assert curve.value == pytest.approx(np.exp([-7 / 12, -13 / 12]))


def test_plain_limits_stop_at_nil():
    # H = 1/2, standard error 1/2: 0.5 +- 0.98
    curve = cumulative_hazard([1, 2], [1, 0], transform="plain")
    assert curve.lower.tolist() == [0.0]
    assert curve.upper == pytest.approx([0.5 + 0.5 * 1.959963984540054])


# Edges


@pytest.mark.parametrize("function", [cumulative_hazard, fleming_harrington])
def test_no_event_is_a_curve_without_steps(function):
    curve = function([1, 2], [0, 0])
    assert len(curve.time) == 0
    assert curve.at(1.5) == (0.0 if function is cumulative_hazard else 1.0)


@pytest.mark.parametrize("ties", TIES)
def test_all_at_one_time_and_one_participant_have_limits(ties):
    for time in ([3, 3, 3], [3]):
        curve = fleming_harrington(time, [1] * len(time), ties=ties)
        assert curve.time.tolist() == [3]
        assert 0 < curve.lower[0] < curve.value[0] < curve.upper[0] < 1
    one_by_one = cumulative_hazard([3, 3, 3], [1, 1, 1], ties="fleming-harrington")
    assert one_by_one.value == pytest.approx([1 / 3 + 1 / 2 + 1])


def test_a_formula_and_rows_dropped():
    frame = pd.DataFrame({"t": [1.0, 2, np.nan], "e": [1, 0, 1]})
    curve = cumulative_hazard("t + e ~ 1", data=frame, missing="drop")
    assert curve.value.tolist() == [0.5]
    assert "1 row with missing values left out" in curve.method


# Properties


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_kaplan_meier_lies_below_both_and_order_does_not_matter(seed):
    time, event, entry = columns(seed)
    product = kaplan_meier(time, event, entry=entry).value
    breslow = fleming_harrington(time, event, entry=entry, ties="nelson-aalen").value
    fleming = fleming_harrington(time, event, entry=entry).value
    assert np.all(product <= fleming + 1e-12)
    assert np.all(fleming <= breslow + 1e-12)
    order = np.random.default_rng(seed).permutation(len(time))
    again = cumulative_hazard(time[order], event[order], entry=entry[order])
    assert again.value == pytest.approx(
        cumulative_hazard(time, event, entry=entry).value
    )


def test_without_ties_the_two_agree():
    time, event = np.arange(1.0, 9), [1, 0, 1, 1, 0, 1, 1, 0]
    curves = [cumulative_hazard(time, event, ties=ties) for ties in TIES]
    assert curves[0].value == pytest.approx(curves[1].value)
    assert curves[0].standard_error == pytest.approx(curves[1].standard_error)


# Naive twin


def slow(time, event, entry, when, ties):
    """Add up the hazard person by person, in loops."""
    hazard = variance = 0.0
    for t in sorted({x for x, e in zip(time, event, strict=True) if e and x <= when}):
        at_risk = sum(a < t <= b for a, b in zip(entry, time, strict=True))
        dead = sum(e and b == t for b, e in zip(time, event, strict=True))
        for j in range(dead):
            share = 1 / (at_risk - (j if ties == "fleming-harrington" else 0))
            hazard, variance = hazard + share, variance + share**2
    return hazard, math.sqrt(variance)


@pytest.mark.parametrize("ties", TIES)
@pytest.mark.parametrize("seed", range(4))
def test_equals_a_slow_loop(seed, ties):
    time, event, entry = columns(seed)
    curve = cumulative_hazard(time, event, entry=entry, ties=ties)
    for when in (2.0, 5.0, 9.0):
        hazard, error = slow(time, event, entry, when, ties)
        found = curve.estimate_at(when, measure="hazard")
        assert found.value == pytest.approx(hazard)
        assert found.standard_error == pytest.approx(error)


# R


def test_equals_survfit_ctype_1(figures, table, compare):
    aml, theirs = table("aml"), figures["na_aml"]
    curve = cumulative_hazard(aml.time, aml.status)
    read = [curve.estimate_at(t, measure="hazard") for t in theirs["time"]]
    ours = {
        "time": sorted(set(aml.time)),
        "cumhaz": [found.value for found in read],
        "std_chaz": [found.standard_error for found in read],
    }
    compare(ours, theirs)


def test_equals_survfit_ctype_2(figures, table, compare):
    aml, theirs = table("aml"), figures["km_aml_fh"]
    ours = {"curve": [], "cumhaz": [], "std_chaz": []}
    for arm in ("Maintained", "Nonmaintained"):
        own = aml[aml.x == arm]
        curve = fleming_harrington(own.time, own.status, transform="log")
        for j, t in enumerate(curve.time):
            row = {
                "time": t,
                "n_risk": curve.n_at_risk[j],
                "n_event": own.status[own.time == t].sum(),
                "surv": curve.value[j],
                "se": curve.standard_error[j],
                "lower": curve.lower[j],
                "upper": curve.upper[j],
                "strata": f"x={arm}",
            }
            ours["curve"].append(row)
        hazard = cumulative_hazard(own.time, own.status, ties="fleming-harrington")
        for t in sorted(set(own.time)):
            found = hazard.estimate_at(t, measure="hazard")
            ours["cumhaz"].append(found.value)
            ours["std_chaz"].append(found.standard_error)
    compare(ours, theirs)


# Errors


def test_refuses_unknown_options_and_wrong_columns():
    with pytest.raises(ArgumentError, match="`ties` must be one of nelson-aalen"):
        cumulative_hazard([1], [1], ties="efron")
    with pytest.raises(ArgumentError, match="`ties` must be one of nelson-aalen"):
        fleming_harrington([1], [1], ties="efron")
    with pytest.raises(ArgumentError, match="`transform` must be one of log, plain"):
        cumulative_hazard([1], [1], transform="logit")
    with pytest.raises(ArgumentError, match="`transform` must be one of log-log"):
        fleming_harrington([1], [1], transform="square")
    with pytest.raises(ArgumentError, match=r"`level` must lie in \(0, 1\)"):
        cumulative_hazard([1], [1], level=95)
    with pytest.raises(DataError, match="`event` must have 1 rows like `time`"):
        cumulative_hazard([1], [1, 0])
