"""Covariate-adjusted log-rank test and hazard ratio."""

import math
import re

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import brentq

from steps_analysis.errors import ArgumentError, DataError
from steps_analysis.outcomes import (
    adjusted_hazard_ratio,
    adjusted_log_rank,
    cox,
    log_rank,
)
from steps_analysis.outcomes.survival.hazard_score import HazardScore


def trial(seed, n=60, strata=1):
    rng = np.random.default_rng(seed)
    age, stratum = rng.normal(size=(n, 2)), rng.integers(0, strata, n)
    time = np.ceil(8 * rng.exponential(size=n) * np.exp(-0.7 * age[:, 0]))
    event = rng.random(n) < 0.7
    return time, event, np.array(["a", "b"])[np.arange(n) % 2], age, stratum


# By hand


def test_covariate_of_four():
    # events of b, a, b at 1, 2, 3, a censored at 4; at risk (a, b): 2 2, 2 1, 1 1
    # share of b: 1/2, 1/3, 1/2; O - E of b: 1/2 - 1/3 + 1/2 = 2/3
    time, event, treated = [1.0, 2, 3, 4], [1, 1, 1, 0], [True, False, True, False]
    score = HazardScore.of(
        np.array(time), np.array(event) == 1, np.array(treated), np.zeros(4, np.int64)
    )
    # b: weight 2/3 at 2 and so on; hazards 1/4, 1/3, 1/2
    # b at 1: 1/2 - 1/8; b at 3: 1/2 - 1/8 - 2/9 - 1/4
    # a at 2: 1/3 - 1/8 - 1/9; a at 4: -1/8 - 1/9 - 1/4
    found = score.derived_outcomes(0.0)
    expected = [3 / 8, 1 / 3 - 17 / 72, 1 / 2 - 43 / 72, -35 / 72]
    assert found == pytest.approx(expected)
    assert score.score(0.0) == pytest.approx(2 / 3)
    assert score.information(0.0, for_ties=True) == pytest.approx(1 / 4 + 2 / 9 + 1 / 4)
    assert score.limits == (-1.0, 2.0)


def test_ratio_of_a_quadratic():
    # 2 / (1 + r) = r / (2 + r): r^2 - r - 4 = 0
    found = adjusted_hazard_ratio([1, 2, 3, 4], [1, 1, 1, 0], list("baba"))
    assert found.value == pytest.approx((1 + math.sqrt(17)) / 2, rel=1e-10)


# Edges


def test_not_estimable_without_events_arms_or_room():
    def reason(*columns, **options):
        test = adjusted_log_rank(*columns, **options).not_estimable
        assert adjusted_hazard_ratio(*columns, **options).not_estimable == test
        return test

    assert reason([1, 2], [0, 0], ["a", "b"]) == "there is no event"
    assert reason([1, 2], [1, 1], ["a", "a"]) == "only one arm has participants"
    apart = reason([1, 5], [0, 1], ["a", "b"])
    assert apart == "no two arms are at risk together when an event happens"
    few = reason([1, 2, 3, 4], [1] * 4, list("abab"), [[1, 2], [2, 1], [3, 3], [5, 1]])
    assert few == "arm a has too few participants for the covariates"


def test_a_ratio_without_bounds_is_not_estimable():
    time, event, arm, age, _ = trial(1)
    none = event & (arm == "a")
    test = adjusted_log_rank(time, none, arm, age)
    assert test.not_estimable is None
    found = adjusted_hazard_ratio(time, none, arm, age)
    assert found.not_estimable == "an arm has no event while both are at risk"


def test_constant_and_collinear_columns_are_dropped_and_named():
    time, event, arm, age, stratum = trial(2, strata=2)
    wide = np.column_stack([age, age.sum(axis=1), np.ones(60), stratum])
    table = pd.DataFrame(wide, columns=["x", "y", "sum", "one", "site"])
    found = adjusted_log_rank(time, event, arm, table, stratum=stratum)
    plain = adjusted_log_rank(time, event, arm, age, stratum=stratum)
    assert found.statistic == pytest.approx(plain.statistic, rel=1e-9)
    assert found.method.endswith("dropped as constant or collinear: sum, one, site")


# Properties


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10_000), strata=st.integers(1, 3))
def test_without_covariates_it_is_log_rank_and_breslow_cox(seed, strata):
    time, event, arm, _, stratum = trial(seed, strata=strata)
    found = adjusted_log_rank(time, event, arm, stratum=stratum)
    plain = log_rank(time, event, arm, stratum=stratum)
    assert found.statistic**2 == pytest.approx(plain.statistic, rel=1e-9)
    ratio = adjusted_hazard_ratio(time, event, arm, stratum=stratum)
    fit = cox(time, event, (arm == "b") * 1.0, stratum=stratum, ties="breslow")
    assert math.log(ratio.value) == pytest.approx(fit.coefficients[0], abs=1e-7)
    assert ratio.standard_error == pytest.approx(fit.standard_error[0], rel=1e-6)


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10_000), strata=st.integers(1, 2))
def test_units_order_and_reference_do_not_matter(seed, strata):
    time, event, arm, age, stratum = trial(seed, strata=strata)
    one = adjusted_log_rank(time, event, arm, age, stratum=stratum)
    mixed = age @ np.array([[2.0, 1], [0, -3]]) + 5
    order = np.random.default_rng(seed).permutation(60)
    two = adjusted_log_rank(
        time[order], event[order], arm[order], mixed[order], stratum=stratum[order]
    )
    assert two.statistic == pytest.approx(one.statistic, abs=1e-8)
    back = adjusted_log_rank(time, event, arm, age, stratum=stratum, reference="b")
    assert back.statistic == pytest.approx(-one.statistic, abs=1e-8)
    ratio = adjusted_hazard_ratio(time, event, arm, age, stratum=stratum)
    inverse = adjusted_hazard_ratio(
        time, event, arm, age, stratum=stratum, reference="b"
    )
    assert inverse.value == pytest.approx(1 / ratio.value, rel=1e-6)
    assert inverse.standard_error == pytest.approx(ratio.standard_error, rel=1e-6)
    assert ratio.lower < ratio.value < ratio.upper


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10_000), theta=st.sampled_from([-1.0, 0.0, 0.5]))
def test_derived_outcomes_add_up_to_the_score(seed, theta):
    time, event, arm, _, stratum = trial(seed, strata=3)
    treated = arm == "b"
    score = HazardScore.of(time, event, treated, stratum)
    outcomes = score.derived_outcomes(theta)
    found = outcomes[treated].sum() - outcomes[~treated].sum()
    assert found == pytest.approx(score.score(theta), abs=1e-9)


# Naive twin


def slow_outcomes(theta, time, event, treated, stratum):
    """Follow the paper participant by participant, with means over n."""
    n, found = len(time), np.zeros(len(time))
    for i in range(n):
        for t in sorted(set(time[event & (stratum == stratum[i])])):
            own = stratum == stratum[i]
            y1 = np.sum(own & treated & (time >= t)) / n * math.exp(theta)
            y0 = np.sum(own & ~treated & (time >= t)) / n
            dn = np.sum(own & event & (time == t)) / n
            jump = float(event[i] and time[i] == t)
            at_risk = float(time[i] >= t) * (math.exp(theta) if treated[i] else 1)
            weight = (y0 if treated[i] else y1) / (y0 + y1)
            found[i] += weight * (jump - at_risk * dn / (y0 + y1))
    return found


def slow_adjustment(theta, time, event, treated, stratum, x):
    outcomes = slow_outcomes(theta, time, event, treated, stratum)
    slopes = []
    for own in (~treated, treated):
        groups = np.column_stack([own & (stratum == z) for z in np.unique(stratum)])
        groups = groups[:, groups.any(axis=0)]
        design = np.column_stack([groups[own], x[own]]).astype(float)
        fit = np.linalg.lstsq(design, outcomes[own], rcond=None)[0]
        slopes.append(fit[groups.shape[1] :])
    shift, spread, n = 0.0, 0.0, len(time)
    for z in np.unique(stratum):
        own = stratum == z
        mean = x[own].mean(axis=0)
        shift += np.sum((x[own & treated] - mean) @ slopes[1])
        shift -= np.sum((x[own & ~treated] - mean) @ slopes[0])
        both = slopes[0] + slopes[1]
        spread += own.sum() / n * both @ np.cov(x[own].T) @ both
    p = treated.mean()
    return shift, n * p * (1 - p) * spread


@pytest.mark.parametrize("strata", [1, 3])
def test_against_a_slow_loop(strata):
    time, event, arm, x, stratum = trial(9, strata=strata)
    treated = arm == "b"
    tables = []
    for z in np.unique(stratum):
        own = stratum == z
        for t in sorted(set(time[own & event])):
            y1, y0 = (
                np.sum(own & treated & (time >= t)),
                np.sum(own & ~treated & (time >= t)),
            )
            dead = own & event & (time == t)
            tables.append((y0, y1, dead.sum(), (dead & treated).sum()))

    def u(theta):
        r = math.exp(theta)
        return sum(d1 - d * y1 * r / (y1 * r + y0) for y0, y1, d, d1 in tables)

    def g(theta, ties):
        r, total = math.exp(theta), 0.0
        for y0, y1, d, _ in tables:
            n = y0 + y1
            tied = (n - d) / (n - 1) if ties and n > 1 else 1
            total += d * y1 * r * y0 / (y1 * r + y0) ** 2 * tied
        return total

    shift, explained = slow_adjustment(0.0, time, event, treated, stratum, x)
    z = (u(0) - shift) / math.sqrt(g(0, True) - explained)
    found = adjusted_log_rank(time, event, arm, x, stratum=stratum)
    assert found.statistic == pytest.approx(z, rel=1e-9)
    plain = brentq(u, -5, 5, xtol=1e-13)
    shift, explained = slow_adjustment(plain, time, event, treated, stratum, x)
    theta = brentq(lambda t: u(t) - shift, -5, 5, xtol=1e-13)
    ratio = adjusted_hazard_ratio(time, event, arm, x, stratum=stratum)
    assert math.log(ratio.value) == pytest.approx(theta, abs=1e-9)
    se = math.sqrt(g(theta, False) - explained) / g(theta, False)
    assert ratio.standard_error == pytest.approx(se, rel=1e-8)
    assert explained > 0


def test_keeps_its_size_where_allocation_was_stratified():
    # blocks of two within two strata of very different hazard: the statistic of the
    # adjusted test has variance 1, that of the plain one less. 300 trials: SE .08
    rng = np.random.default_rng(3)
    adjusted, plain = [], []
    for _ in range(300):
        stratum = np.repeat([0, 1], 50)
        first = rng.random(50) < 0.5
        treated = np.column_stack([first, ~first]).ravel()
        time = rng.exponential(size=100) * np.exp(-2.0 * stratum)
        arm = np.where(treated, "b", "a")
        seen, late = time < 1.5, np.minimum(time, 1.5)
        adjusted.append(adjusted_log_rank(late, seen, arm, stratum * 1.0).statistic)
        plain.append(adjusted_log_rank(late, seen, arm).statistic)
    assert np.var(adjusted) == pytest.approx(1, abs=4 * 0.082)
    assert np.var(plain) < 0.75


# A formula does the same


def test_a_formula_equals_arrays():
    time, event, arm, age, stratum = trial(4, strata=2)
    frame = pd.DataFrame({"t": time, "e": event, "arm": arm, "site": stratum})
    frame[["x", "y"]] = age
    found = adjusted_log_rank("t + e ~ x + y", arm="arm", stratum="site", data=frame)
    plain = adjusted_log_rank(time, event, arm, age, stratum=stratum)
    assert found.statistic == pytest.approx(plain.statistic, rel=1e-10)
    frame.loc[3, "x"] = np.nan
    found = adjusted_hazard_ratio("t + e ~ x", arm="arm", data=frame, missing="drop")
    assert found.n == 59
    assert "1 row with missing values left out" in found.method


# R


def _printed(lines, contrast):
    """Read RobinCar2's print: the line after the header of one table."""
    start = next(i for i, line in enumerate(lines) if line.startswith(contrast))
    row = next(line for line in lines[start:] if line.startswith("1 v.s. 0"))
    return [text for text in re.split(r"\s+", row.removeprefix("1 v.s. 0")) if text][:4]


def _close(value, text):
    """Agree to half the last printed digit."""
    digits = len(text.partition(".")[2])
    return abs(value - float(text)) <= 0.5 * 10**-digits * (1 + 1e-9)


@pytest.mark.parametrize("model", ["unadj", "adj", "strat"])
def test_equals_robincar2(model, figures, table):
    rossi = table("ll_rossi")
    lines = figures["robincar2_surv_rossi"][model]["print"]
    covariates = None if model == "unadj" else rossi[["age", "prio"]]
    stratum = rossi.race if model == "strat" else None
    columns = (rossi.week, rossi.arrest, rossi.fin, covariates)
    ratio = adjusted_hazard_ratio(*columns, stratum=stratum)
    theirs = _printed(lines, "Contrast")
    log_ratio, se = math.log(ratio.value), ratio.standard_error
    ours = [log_ratio, se, log_ratio / se, ratio.p_value]
    assert len(theirs) == 4
    assert all(_close(a, b) for a, b in zip(ours, theirs, strict=True))
    test = adjusted_log_rank(*columns, stratum=stratum)
    theirs = _printed(lines, "Test ")[:2]
    ours = [test.statistic, test.p_value]
    assert all(_close(a, b) for a, b in zip(ours, theirs, strict=True))
    words = {
        "unadj": "log-rank test;",
        "adj": "covariate-adjusted log-rank test;",
        "strat": "covariate-adjusted stratified log-rank test;",
    }
    assert test.method.startswith(words[model])
    printed = next(line for line in lines if line.startswith("Test  "))
    assert printed.lower().endswith(words[model].removesuffix(" test;"))
    assert set(figures["robincar2_surv_rossi"]) == {"unadj", "adj", "strat"}


# Errors


def test_refuses_three_arms_no_arm_and_words_as_covariates():
    time, event, arm, age, _ = trial(1)
    with pytest.raises(ArgumentError, match="`arm` must be given"):
        adjusted_log_rank(time, event)
    with pytest.raises(ArgumentError, match="`arm` must have two labels, got 3"):
        adjusted_log_rank([1, 2, 3], [1, 1, 1], ["a", "b", "c"])
    with pytest.raises(ArgumentError, match="`reference` must be one of a, b"):
        adjusted_hazard_ratio(time, event, arm, age, reference="c")
    with pytest.raises(ArgumentError, match="`level` must lie in"):
        adjusted_hazard_ratio(time, event, arm, age, level=95)
    with pytest.raises(DataError, match="`covariates` must hold numbers"):
        adjusted_log_rank(time, event, arm, np.full(60, "old"))
