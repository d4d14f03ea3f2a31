"""Cumulative incidence with competing events."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from steps_analysis.errors import ArgumentError, DataError
from steps_analysis.outcomes import (
    cumulative_incidence,
    cumulative_incidence_difference,
    kaplan_meier,
    risk_difference,
)


def trial(seed, n=40):
    rng = np.random.default_rng(seed)
    time = rng.integers(1, 10, n).astype(float)
    return time, rng.choice(3, n, p=[0.3, 0.4, 0.3])


# By hand


def test_drawn_table():
    # time   1  2  2  3+  4
    # cause  1  2  1  0   1
    # risk   5  4     2   1    free before: 1, 4/5, -, 2/5
    # F1: 1/5, + 4/5 * 1/4 = 2/5, + 2/5 * 1/1 = 4/5;  F2: 0, 1/5, 1/5
    time, cause = [1, 2, 2, 3, 4], [1, 2, 1, 0, 1]
    one = cumulative_incidence(time, cause)
    two = cumulative_incidence(time, cause, of=2)
    assert one.time.tolist() == [1, 2, 4]
    assert one.n_at_risk.tolist() == [5, 4, 1]
    assert one.value == pytest.approx([0.2, 0.4, 0.8])
    assert two.value == pytest.approx([0.0, 0.2, 0.2])
    assert two.standard_error[0] == 0
    assert (two.lower[0], two.upper[0]) == (0.0, 0.0)
    assert one.at(0.5) == 0.0


def test_without_censoring_it_is_a_proportion_with_its_variance():
    # 4 of 10 by time 3, 2 of 10 competing
    time, cause = [1, 2, 3, 3, 1, 2] + [5] * 4, [1, 1, 1, 1, 2, 2] + [0] * 4
    found = cumulative_incidence(time, cause).estimate_at(3, measure="risk")
    assert found.value == pytest.approx(0.4)
    assert found.standard_error == pytest.approx(math.sqrt(0.4 * 0.6 / 10))


# Edges


@pytest.mark.parametrize("variance", ["jackknife", "aalen"])
def test_no_event_none_of_this_kind_all_events_one_participant(variance):
    empty = cumulative_incidence([1, 2], [0, 0], variance=variance)
    assert len(empty.time) == 0
    assert empty.at(2) == 0.0
    other = cumulative_incidence([1, 2], [2, 2], variance=variance)
    assert other.value.tolist() == [0.0, 0.0]
    everybody = cumulative_incidence([1, 1], [1, 1], variance=variance)
    assert everybody.value.tolist() == [1.0]
    alone = cumulative_incidence([1], [1], variance=variance)
    assert alone.value.tolist() == [1.0]


def test_beyond_an_arms_follow_up_is_not_estimable():
    found = cumulative_incidence_difference(
        [1, 2, 9, 9], [1, 0, 0, 2], ["a", "a", "b", "b"], at=3
    )
    assert found.not_estimable == "nobody in arm a was followed to 3"


def test_an_arm_whose_last_participants_had_events_is_known_for_ever():
    found = cumulative_incidence_difference(
        [1, 2, 9, 9], [1, 2, 0, 2], ["a", "a", "b", "b"], at=3
    )
    assert found.value == -0.5


def test_one_arm_is_not_estimable():
    found = cumulative_incidence_difference([1, 2], [1, 0], ["a", "a"], at=1)
    assert found.not_estimable == "only one arm has participants"


def test_no_event_in_one_arm_has_wilsons_interval():
    n = 20
    time, cause = [1.0] * 4 + [5] * 36, [1] * 4 + [0] * 36
    arm = ["a"] * n + ["b"] * n
    found = cumulative_incidence_difference(time, cause, arm, at=4)
    assert found.value == pytest.approx(-0.2)
    assert "Wilson limits stand in" in found.method
    newcombe = risk_difference(0, n, 4, n)
    assert found.upper == pytest.approx(newcombe.upper, abs=0.05)
    both = cumulative_incidence_difference([5.0] * 40, [0] * 40, arm, at=4)
    assert both.value == 0
    assert (both.lower, both.upper) == pytest.approx(
        tuple(getattr(risk_difference(0, n, 0, n), k) for k in ("lower", "upper"))
    )


# Properties


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_kinds_and_freedom_add_up_and_order_does_not_matter(seed):
    time, cause = trial(seed)
    one = cumulative_incidence(time, cause)
    two = cumulative_incidence(time, cause, of=2)
    free = kaplan_meier(time, cause > 0)
    assert one.value + two.value + free.value == pytest.approx(1.0)
    assert np.all(np.diff(one.value) >= 0)
    inside = (one.value > 0) & (one.value < 1)
    assert np.all(one.lower[inside] <= one.value[inside])
    assert np.all(one.upper[inside] >= one.value[inside])
    order = np.random.default_rng(seed).permutation(len(time))
    again = cumulative_incidence(time[order], cause[order])
    assert again.value == pytest.approx(one.value, rel=1e-12)


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_with_one_kind_it_is_one_minus_kaplan_meier(seed):
    time, cause = trial(seed)
    found = cumulative_incidence(time, cause > 0)
    free = kaplan_meier(time, cause > 0)
    assert found.value == pytest.approx(1 - free.value, abs=1e-12)
    seen = free.value > 1e-9
    assert found.standard_error[seen] == pytest.approx(
        free.standard_error[seen], rel=1e-8
    )


# Naive twin


@pytest.mark.parametrize("seed", range(4))
def test_jackknife_against_leaving_weight_off_each_participant(seed):
    # the derivative of F by each participant's weight, by central differences
    time, cause = trial(seed, n=25)

    def weighted(weight, at):
        free, incidence = 1.0, 0.0
        for t in sorted(set(time[cause > 0])):
            if t > at:
                break
            n = sum(weight[time >= t])
            incidence += free * sum(weight[(time == t) & (cause == 1)]) / n
            free *= 1 - sum(weight[(time == t) & (cause > 0)]) / n
        return incidence

    curve = cumulative_incidence(time, cause)
    for i, at in enumerate(curve.time):
        if curve.n_at_risk[i] == np.sum((time == at) & (cause > 0)):
            break
        total = 0.0
        for j in range(len(time)):
            step = np.zeros(len(time))
            step[j] = 1e-5
            one = np.ones(len(time))
            slope = (weighted(one + step, at) - weighted(one - step, at)) / 2e-5
            total += slope**2
        assert curve.value[i] == pytest.approx(weighted(np.ones(len(time)), at))
        assert curve.standard_error[i] == pytest.approx(math.sqrt(total), rel=1e-6)


def test_against_statsmodels(table):
    from statsmodels.duration.survfunc import CumIncidenceRight

    mgus = table("mgus2_cr")
    # with weights it leaves out its standard errors, which divide by zero at the end
    weights = np.ones(len(mgus))
    theirs = CumIncidenceRight(mgus.etime, mgus.ev, freq_weights=weights)
    curve = cumulative_incidence(mgus.etime, mgus.ev)
    assert curve.at(theirs.times) == pytest.approx(theirs.cinc[0], abs=1e-12)


# R


@pytest.mark.parametrize("transform", ["log-log", "plain"])
def test_equals_survfit(transform, figures, table, compare):
    mgus, theirs = table("mgus2_cr"), figures[f"aj_mgus2_{transform}"]
    names = ("pstate", "se", "lower", "upper")
    ours = {name: [] for name in names}
    at_risk = []
    for label, at in zip(theirs["strata"], theirs["time"], strict=True):
        own = mgus[mgus.sex == label[-1]]
        states = [kaplan_meier(own.etime, own.ev > 0, transform=transform)]
        states += [
            cumulative_incidence(own.etime, own.ev, of=of, transform=transform)
            for of in (1, 2)
        ]
        found = [curve.estimate_at(at, measure="state") for curve in states]
        for name, field in zip(
            names, ("value", "standard_error", "lower", "upper"), strict=True
        ):
            ours[name].append([getattr(estimate, field) for estimate in found])
        at_risk.append([int((own.etime >= at).sum()), 0, 0])
    ours |= {
        "n_risk": at_risk,
        "time": theirs["time"],
        "strata": theirs["strata"],
        "states": ["(s0)", "pcm", "death"],
    }
    compare(ours, theirs)


def test_equals_cuminc(figures, table, compare):
    mgus, theirs = table("mgus2_cr"), figures["cuminc_mgus2"]
    ours = {"est": [], "var": []}
    for row in theirs["est"]["rows"]:
        sex, of = row.split()
        own = mgus[mgus.sex == sex]
        curve = cumulative_incidence(own.etime, own.ev, of=int(of), variance="aalen")
        found = [
            curve.estimate_at(float(t), measure="incidence")
            for t in theirs["est"]["cols"]
        ]
        ours["est"].append([estimate.value for estimate in found])
        ours["var"].append([estimate.standard_error**2 for estimate in found])
    compare(ours, theirs, skip=["tests"])  # compared in test_gray.py


def test_difference_equals_survfit(figures, table, compare):
    mgus, theirs = table("mgus2_cr"), figures["cif_diff_mgus2"]
    found = [
        cumulative_incidence_difference(mgus.etime, mgus.ev, mgus.sex, at=at)
        for at in theirs["time"]
    ]
    ours = {
        "time": theirs["time"],
        "diff": [estimate.value for estimate in found],
        "se": [estimate.standard_error for estimate in found],
        "lower": [estimate.lower for estimate in found],
        "upper": [estimate.upper for estimate in found],
    }
    compare(ours, theirs)
    assert "M minus F" in found[0].method


# A formula does the same


def test_a_formula_equals_arrays():
    time, cause = trial(5)
    frame = pd.DataFrame({"t": time, "c": cause, "arm": ["a", "b"] * 20})
    one = cumulative_incidence("t + c ~ 1", data=frame)
    assert one == cumulative_incidence(time, cause)
    two = cumulative_incidence_difference("t + c ~ arm", data=frame, at=5)
    assert two == cumulative_incidence_difference(time, cause, frame.arm, at=5)


# Errors


def test_refuses_what_is_no_cause():
    with pytest.raises(DataError, match="`cause` must hold whole numbers, 0 for"):
        cumulative_incidence([1, 2], [0.5, 1])
    with pytest.raises(DataError, match="`cause` must have no missing values"):
        cumulative_incidence([1, 2], [None, 1])
    with pytest.raises(ArgumentError, match="`of` must be a kind of event"):
        cumulative_incidence([1, 2], [0, 1], of=0)
    with pytest.raises(ArgumentError, match="`variance` must be one of jackknife"):
        cumulative_incidence([1, 2], [0, 1], variance="greenwood")
    with pytest.raises(ArgumentError, match="`arm` must have two labels"):
        cumulative_incidence_difference([1, 2, 3], [0, 1, 2], list("abc"), at=1)
