"""Risks by a time, standardised by a Cox model, by weighting, or by both."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from steps_analysis.errors import ArgumentError, DataError
from steps_analysis.outcomes import (
    cox,
    kaplan_meier,
    standardised_risk_at,
    standardised_risks_at,
)

ESTIMATORS = ["g-formula", "iptw", "aiptw"]


def trial(seed, n=60, censored=True, tied=False):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, 2))
    arm = (rng.random(n) < 1 / (1 + np.exp(-0.5 * x[:, 0]))).astype(int)
    event_time = rng.exponential(size=n) * np.exp(-0.6 * x[:, 0] + 0.5 * arm) * 3
    lost = rng.exponential(size=n) * 6 if censored else np.full(n, 9.0)
    time = np.minimum(event_time, np.minimum(lost, 9.0)) + 0.01
    time = np.ceil(time * 2) if tied else time
    return time, event_time <= np.minimum(lost, 9.0), arm, x


# By hand


def test_g_formula_on_a_drawn_table():
    # arms b, a, b, events at 1 (b) and 2 (a): the hazard ratio r of b is the root of a
    # half, hazards of a are 1/(2r + 1) and 1/(r + 1)
    r = math.sqrt(0.5)
    hazard = 1 / (2 * r + 1) + 1 / (r + 1)
    risks = standardised_risks_at([1, 2, 3], [1, 1, 0], ["b", "a", "b"], None, at=2.5)
    assert list(risks) == ["a", "b"]
    assert risks["a"].value == pytest.approx(1 - math.exp(-hazard))
    assert risks["b"].value == pytest.approx(1 - math.exp(-r * hazard))
    both = ([1, 2, 3], [1, 1, 0], ["b", "a", "b"], None)
    difference = standardised_risk_at(*both, at=2.5)
    assert difference.value == pytest.approx(risks["b"].value - risks["a"].value)
    ratio = standardised_risk_at(*both, at=2.5, contrast="ratio")
    assert ratio.value == pytest.approx(risks["b"].value / risks["a"].value)
    assert "reference a" in difference.method


def test_weighting_by_the_share_of_an_arm_is_kaplan_meier():
    # outcomes over the probability of not being censored add up to 1 - KM
    time, event, arm, _ = trial(1, tied=True)
    for estimator in ("iptw", "aiptw"):
        risks = standardised_risks_at(time, event, arm, None, at=6, estimator=estimator)
        for label in (0, 1):
            curve = kaplan_meier(time[arm == label], event[arm == label])
            risk = risks[str(label)]
            if estimator == "iptw":
                assert risk.value == pytest.approx(1 - curve.at(6), rel=1e-10)
            natural = risk.standard_error * risk.value * (1 - risk.value)
            greenwood = curve.estimate_at(6, measure="free").standard_error
            assert natural == pytest.approx(greenwood, rel=0.1)


# Edges


def test_ugly_inputs_have_their_own_answer():
    def reason(*columns, at=2.0, **options):
        found = standardised_risk_at(*columns, at=at, **options)
        assert math.isnan(found.value)
        each = standardised_risks_at(
            *columns, at=at, estimator=options.get("estimator", "g-formula")
        )
        assert {risk.not_estimable for risk in each.values()} == {found.not_estimable}
        return found.not_estimable

    arms = ["a", "b", "a", "b"]
    assert reason([1, 2, 3], [1, 1, 0], ["a"] * 3, None) == (
        "only one arm has participants"
    )
    assert reason([1, 2, 3, 4], [0, 0, 0, 0], arms, None) == "there is no event by 2"
    assert reason([3, 4, 3, 4], [1, 1, 1, 0], arms, None) == "there is no event by 2"
    assert reason([1, 2, 3, 4], [1, 1, 0, 0], arms, None, at=5) == (
        "nobody is followed to 5"
    )
    assert reason([1, 2, 3, 4], [1, 0, 1, 0], arms, None).endswith("(separation)")
    assert (
        reason([1, 2, 1.5, 4], [1, 1, 0, 0], arms, None, at=3, estimator="iptw")
        == "nobody of arm a is followed to 3"
    )
    columns = ([1, 2, 3, 4], [1, 1, 1, 0], arms, [0.0, 1, 0, 1])
    assert reason(*columns, estimator="iptw") == "the covariates separate the arms"


def test_an_arm_without_event_has_no_ratio():
    columns = ([1, 2, 3, 4], [1, 0, 1, 0], ["a", "b", "a", "b"], None)
    ratio = standardised_risk_at(*columns, at=2, contrast="ratio", estimator="iptw")
    assert ratio.not_estimable == "a standardised risk is 0 or below"
    risks = standardised_risks_at(*columns, at=2, estimator="iptw")
    assert risks["b"].not_estimable == "the standardised risk is not between 0 and 1"
    assert risks["a"].not_estimable is None


def test_three_arms_have_a_g_formula_and_no_weights():
    time, event, _, x = trial(2)
    three = np.array(["a", "b", "c"])[np.arange(60) % 3]
    risks = standardised_risks_at(time, event, three, x, at=4)
    assert [risk.not_estimable for risk in risks.values()] == [None] * 3
    weighted = standardised_risks_at(time, event, three, x, at=4, estimator="iptw")
    assert weighted["a"].not_estimable == "weighting compares two arms"


@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_a_constant_covariate_is_left_out_and_named(estimator):
    time, event, arm, x = trial(3)
    frame = pd.DataFrame({"one": 1.0, "age": x[:, 0]})
    with_one = standardised_risk_at(time, event, arm, frame, at=4, estimator=estimator)
    plain = standardised_risk_at(
        time, event, arm, frame[["age"]], at=4, estimator=estimator
    )
    assert with_one.value == pytest.approx(plain.value, rel=1e-9)
    assert "dropped as constant or collinear: one" in with_one.method


def test_missing_rows_are_dropped_and_counted():
    time, event, arm, x = trial(4)
    x[3, 0] = np.nan
    found = standardised_risk_at(time, event, arm, x, at=4, missing="drop")
    assert found.n == 59
    assert "1 row with missing values left out" in found.method


# Properties


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 10_000), estimator=st.sampled_from(ESTIMATORS))
def test_order_units_and_reference_do_not_matter(seed, estimator):
    time, event, arm, x = trial(seed)
    options = {"at": 4, "estimator": estimator}
    one = standardised_risk_at(time, event, arm, x, **options)
    order = np.random.default_rng(seed).permutation(60)
    columns = (time[order], event[order], arm[order], x[order] * [3, -5] + 2)
    two = standardised_risk_at(*columns, **options, reference=1)
    assert one.not_estimable == two.not_estimable
    assert one.value == pytest.approx(-two.value, rel=1e-6, abs=1e-9, nan_ok=True)
    errors = one.standard_error, two.standard_error
    assert errors[0] == pytest.approx(errors[1], rel=1e-6, nan_ok=True)
    ratios = [
        standardised_risk_at(*columns, **options, contrast="ratio", reference=arm)
        for arm in (0, 1)
    ]
    assert ratios[0].not_estimable == ratios[1].not_estimable
    if ratios[0].not_estimable is None:
        assert ratios[0].value * ratios[1].value == pytest.approx(1)
        assert ratios[0].lower * ratios[1].upper == pytest.approx(1)


# Naive twin


def _weighted_logistic(design, second, weights):
    gamma = np.zeros(design.shape[1])
    for _ in range(40):
        p = 1 / (1 + np.exp(-design @ gamma))
        information = (design * (weights * p * (1 - p))[:, None]).T @ design
        gamma = gamma + np.linalg.solve(
            information, design.T @ (weights * (second - p))
        )
    return 1 / (1 + np.exp(-design @ gamma))


def _slow(time, event, arm, x, weights, label, at, estimator):
    """Give the risk with case weights, everything fitted anew."""
    fit = cox(time, event, np.column_stack([arm, x]), weights=weights)
    table = fit.baseline_hazard()
    hazard = table.hazard[table.time <= at].iloc[-1]
    own = np.column_stack([np.full(len(arm), label), x]) @ fit.coefficients
    predicted = 1 - np.exp(-hazard * np.exp(own))
    if estimator == "g-formula":
        return np.average(predicted, weights=weights)
    design = np.column_stack([np.ones(len(arm)), x])
    p = _weighted_logistic(design, arm, weights)
    weight = (arm == label) / np.where(label, p, 1 - p)
    free = np.ones(len(arm))
    for i in np.flatnonzero(event & (arm == label) & (time <= at)):
        for c in np.unique(time[~event & (arm == label) & (time < time[i])]):
            lost = (time == c) & ~event & (arm == label)
            left = (time >= c) & (arm == label) & ~(event & (time == c))
            free[i] *= 1 - weights[lost].sum() / weights[left].sum()
    outcome = (event & (time <= at)) / free
    if estimator == "iptw":
        return np.average(weight * outcome, weights=weights)
    value = predicted + weight * (outcome - predicted)
    return np.average(value, weights=weights)


@pytest.mark.parametrize(
    ("estimator", "censored"),
    [("g-formula", True), ("iptw", True), ("iptw", False), ("aiptw", False)],
)
def test_standard_errors_against_derivatives_by_case_weights(estimator, censored):
    # the infinitesimal jackknife, everything fitted anew; no ties, whose mean weight
    # moves under Efron
    time, event, arm, x = trial(5, n=30, censored=censored)
    risks = standardised_risks_at(time, event, arm, x, at=4, estimator=estimator)
    for label in (0, 1):
        risk = risks[str(label)]
        rest = (time, event, arm, x)
        slow = _slow(*rest, np.ones(30), label, 4, estimator)
        assert risk.value == pytest.approx(slow, rel=1e-8)
        total = 0.0
        for i in range(30):
            step = np.zeros(30)
            step[i] = 1e-4
            up = _slow(*rest, 1 + step, label, 4, estimator)
            down = _slow(*rest, 1 - step, label, 4, estimator)
            total += ((up - down) / 2e-4) ** 2
        natural = risk.standard_error * risk.value * (1 - risk.value)
        assert natural == pytest.approx(math.sqrt(total), rel=1e-5)


def test_augmentation_for_censoring_against_a_slow_loop():
    time, event, arm, x = trial(6, n=40, tied=True)
    at, label = 8, 1
    fit = cox(time, event, np.column_stack([arm, x]))
    table = fit.baseline_hazard()
    own = np.exp(np.column_stack([np.full(40, label), x]) @ fit.coefficients)

    def risk(i, t):
        before = table.hazard[table.time <= t]
        return 1 - math.exp(-own[i] * (before.iloc[-1] if len(before) else 0.0))

    p = _weighted_logistic(np.column_stack([np.ones(40), x]), arm, np.ones(40))
    lost = sorted(set(time[~event & (arm == label) & (time < at)]))
    values = []
    for i in range(40):
        free, seen = 1.0, 0.0
        for c in lost:
            left = (time >= c) & (arm == label) & ~(event & (time == c))
            gone = left & (time == c)
            share = gone.sum() / left.sum()
            if event[i] and time[i] <= min(c, at):
                break
            if time[i] < c:
                break
            free *= 1 - share
            ahead = 1 - (1 - risk(i, at)) / (1 - risk(i, c))
            seen += ahead / free * ((time[i] == c and not event[i]) - share)
        if event[i] and time[i] <= at:
            seen += 1 / free
        weight = (arm[i] == label) / p[i]
        values.append(risk(i, at) + weight * (seen - risk(i, at)))
    risks = standardised_risks_at(time, event, arm, x, at=at, estimator="aiptw")
    assert risks["1"].value == pytest.approx(np.mean(values), rel=1e-8)


def test_finds_the_difference_that_was_drawn():
    # exponential times, hazard exp(x / 2 - arm / 2) / 4, arms and censoring depending
    # on x and on the arm: the crude difference is wrong, the three are right
    rng = np.random.default_rng(20)
    n = 4000
    x = rng.normal(size=n)
    arm = (rng.random(n) < 1 / (1 + np.exp(-x))).astype(int)
    draw = rng.exponential(size=n)
    rate = {a: np.exp(x / 2 - a / 2) / 4 for a in (0, 1)}
    time = draw / np.where(arm, rate[1], rate[0])
    lost = rng.exponential(size=n) * np.where(arm, 6, 12)
    event, stop = time <= lost, np.minimum(time, lost)
    truth = np.mean(np.exp(-rate[0] * 2)) - np.mean(np.exp(-rate[1] * 2))
    for estimator in ESTIMATORS:
        found = standardised_risk_at(stop, event, arm, x, at=2, estimator=estimator)
        assert abs(found.value - truth) < 3.5 * found.standard_error
        assert found.standard_error < 0.02
    crude = standardised_risk_at(stop, event, arm, None, at=2)
    assert abs(crude.value - truth) > 5 * crude.standard_error


# R


def _row(difference, ratio, first, second, labels):
    """Lay one comparison out as riskRegression does, its limits on the plain scale."""
    z = 1.959963984540054
    rows = {}
    for name, value, se, null in (
        ("diff", difference.value, difference.standard_error, 0.0),
        ("ratio", ratio.value, ratio.standard_error * ratio.value, 1.0),
    ):
        rows[name] = {
            **labels,
            "A": "0",
            "estimate.A": first.value,
            "B": "1",
            "estimate.B": second.value,
            "estimate": value,
            "se": se,
            "lower": value - z * se,
            "upper": value + z * se,
            "p.value": math.erfc(abs(value - null) / se / math.sqrt(2)),
        }
    return rows


def _ours(rossi, estimators, covariates=("age", "prio")):
    ours = {"mean": [], "diff": [], "ratio": []}
    columns = (rossi.week, rossi.arrest, rossi.fin, rossi[list(covariates)])
    z = 1.959963984540054
    for theirs, estimator in estimators:
        risks = {}
        for at in (26, 51):
            options = {"at": at, "estimator": estimator}
            risks[at] = standardised_risks_at(*columns, **options)
            rows = _row(
                standardised_risk_at(*columns, **options),
                standardised_risk_at(*columns, **options, contrast="ratio"),
                risks[at]["0"],
                risks[at]["1"],
                {"estimator": theirs, "time": at},
            )
            for name, row in rows.items():
                ours[name].append(row)
        for label in ("0", "1"):
            for at in (26, 51):
                risk = risks[at][label]
                se = risk.standard_error * risk.value * (1 - risk.value)
                ours["mean"].append(
                    {
                        "estimator": theirs,
                        "time": at,
                        "treatment": label,
                        "estimate": risk.value,
                        "se": se,
                        "lower": risk.value - z * se,
                        "upper": risk.value + z * se,
                    }
                )
    return ours


# riskRegression counts tied event times once in the influence of the coefficients: its
# standard errors of models with ties are another definition (next test), but not those
# of weighting alone
TIED = ["se", "lower", "upper", "p.value"]


def _only(figures, *, weighting):
    return {
        table: [row for row in rows if (row["estimator"] == "IPTW") == weighting]
        for table, rows in figures.items()
    }


def test_equals_ate_of_riskregression(figures, table, compare):
    rossi = table("ll_rossi")
    ours = _ours(rossi, [("GFORMULA", "g-formula")])
    compare(ours, figures["ate_rossi_cox"], rel=1e-6, skip=TIED)
    theirs = figures["aiptw_rossi"]
    ours = _ours(rossi, [("IPTW", "iptw")])
    compare(ours, _only(theirs, weighting=True), rel=1e-6)
    ours = _ours(rossi, [("GFORMULA", "g-formula"), ("AIPTW", "aiptw")])
    rest = _only(theirs, weighting=False)
    compare(_sorted(ours), _sorted(rest), rel=1e-6, skip=TIED)
    for mine, row in zip(_sorted(ours)["diff"], _sorted(rest)["diff"], strict=True):
        larger = mine["se"] / row["se"] - 1
        assert 0 < larger < (0.055 if row["estimator"] == "GFORMULA" else 0.001)


def _sorted(tables):
    return {
        name: sorted(
            rows, key=lambda r: (r["estimator"], r["time"], r.get("treatment", ""))
        )
        for name, rows in tables.items()
    }


def test_their_standard_errors_follow_from_counting_tied_times_once(figures, table):
    # riskRegression's influence functions, written out: Breslow totals, every event
    # time once in the compensator of the score, Efron's hazard
    rossi = table("ll_rossi")
    names = ["fin", "age", "prio"]
    fit = cox(rossi.week, rossi.arrest, rossi[names])
    time, event = rossi.week.to_numpy(float), rossi.arrest.to_numpy(bool)
    x = rossi[names].to_numpy(float) - fit.centre
    r, times = np.exp(x @ fit.coefficients), np.unique(time[event])
    total = np.array([r[time >= t].sum() for t in times])
    mean = np.array([r[time >= t] @ x[time >= t] for t in times]) / total[:, None]
    scale = math.exp(fit.centre @ fit.coefficients)
    jump = np.diff(fit.baseline_hazard().hazard, prepend=0.0) * scale
    past = time[:, None] >= times
    is_own = (time[:, None] == times) & event[:, None]
    score = event[:, None] * x - is_own @ mean
    score -= r[:, None] * (
        x * (past @ (1 / total))[:, None] - past @ (mean.T / total).T
    )
    slopes = score @ fit.covariance
    for row in figures["ate_rossi_cox"]["diff"]:
        upto = times <= row["time"]
        pull = is_own @ (upto / total) - r * (past @ (upto * jump / total))
        pull -= slopes @ (mean.T @ (jump * upto))
        hazard, influences = float(jump @ upto), []
        for label in (0, 1):
            own = x.copy()
            own[:, 0] = label - fit.centre[0]
            relative = np.exp(own @ fit.coefficients)
            free = np.exp(-hazard * relative)
            through = slopes @ ((free * relative * hazard) @ own / 432)
            risk = 1 - free
            influence = (risk - risk.mean()) / 432 + pull * np.mean(free * relative)
            influences.append(influence + through)
        difference = influences[1] - influences[0]
        se = math.sqrt(difference @ difference)
        assert se == pytest.approx(row["se"], rel=1e-6)


# Errors


def test_refuses_impossible_options():
    columns = ([1, 2, 3, 4], [1, 1, 1, 0], ["a", "b", "a", "b"], None)
    with pytest.raises(ArgumentError, match="`contrast` must be one of difference"):
        standardised_risk_at(*columns, at=2, contrast="odds_ratio")
    with pytest.raises(ArgumentError, match="`estimator` must be one of g-formula"):
        standardised_risk_at(*columns, at=2, estimator="tmle")
    with pytest.raises(ArgumentError, match="`reference` must be one of a, b, got 'c'"):
        standardised_risk_at(*columns, at=2, reference="c")
    with pytest.raises(DataError, match="`at` must be finite and at least 0, got -1"):
        standardised_risk_at(*columns, at=-1)
    with pytest.raises(ArgumentError, match=r"`level` must lie in \(0, 1\), got 95"):
        standardised_risks_at(*columns, at=2, level=95)
    with pytest.raises(ArgumentError, match="`arm` must be given"):
        standardised_risk_at([1, 2], [1, 0], None, None, at=2)
    three = ([1, 2, 3], [1, 1, 0], ["a", "b", "c"], None)
    with pytest.raises(ArgumentError, match="`arm` must have two labels to contrast"):
        standardised_risk_at(*three, at=2)
