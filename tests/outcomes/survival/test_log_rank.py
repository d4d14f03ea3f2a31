"""Log-rank tests."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from steps_analysis.errors import ArgumentError, DataError
from steps_analysis.outcomes import cox, log_rank
from steps_analysis.outcomes.survival.log_rank import weighted_counts


def parts(time, event, arm, rho=0, gamma=0, stratum=None):
    given_columns = {"time": time, "event": event, "arm": arm, "stratum": stratum}
    return weighted_counts(given_columns, None, "refuse", rho, gamma)


def trial(seed, n=60, k=2):
    rng = np.random.default_rng(seed)
    time = rng.integers(1, 15, n).astype(float)
    return time, rng.random(n) < 0.6, np.array(list("abcd"))[np.arange(n) % k]


# By hand


def test_drawn_table():
    # time 1: a of {a,b,a,b}: E_a = 1/2, V = 1/4
    # time 2: b of {b,a,b}:   E_a = 1/3, V = 2/9
    # time 3: a of {a,b}:     E_a = 1/2, V = 1/4   ->  (2 - 4/3)^2 / (13/18)
    found = log_rank([1, 2, 3, 4], [1, 1, 1, 0], ["a", "b", "a", "b"])
    assert found.statistic == pytest.approx((2 / 3) ** 2 / (13 / 18))
    assert found.degrees_of_freedom == 1
    assert found.n == 4


# Edges


def test_not_estimable_without_events_arms_or_common_risk():
    assert log_rank([1, 2], [0, 0], ["a", "b"]).not_estimable == "there is no event"
    one = log_rank([1, 2], [1, 1], ["a", "a"]).not_estimable
    assert one == "only one arm has participants"
    reason = "no two arms are at risk together when an event happens"
    assert log_rank([1], [1], ["a"]).not_estimable == "only one arm has participants"
    assert log_rank([1, 5], [0, 1], ["a", "b"]).not_estimable == reason
    apart = log_rank([1, 1, 2, 2], [1, 0, 1, 0], list("aabb"), stratum=[1, 1, 2, 2])
    assert apart.not_estimable == reason


def test_everybody_at_one_time():
    # all four at time 1: observed equals expected, no variance
    found = log_rank([1, 1, 1, 1], [1, 1, 1, 1], ["a", "b", "a", "b"])
    assert found.not_estimable is not None


def test_an_arm_censored_before_any_event_costs_no_degree():
    time, event, arm = trial(1)
    alone = log_rank(time, event, arm)
    early = log_rank([*time, 0.5, 0.5], [*event, 0, 0], [*arm, "z", "z"])
    assert early.degrees_of_freedom == 1
    assert early.statistic == pytest.approx(alone.statistic)


# Properties


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10_000), rho=st.sampled_from([0, 0.5, 1]))
def test_names_order_and_monotone_time_do_not_matter(seed, rho):
    time, event, arm = trial(seed)
    one = log_rank(time, event, arm, rho=rho)
    order = np.random.default_rng(seed).permutation(len(time))
    two = log_rank(np.exp(time / 5)[order], event[order], arm[order] == "a", rho=rho)
    assert one.statistic == pytest.approx(two.statistic, rel=1e-9)
    copies = log_rank(np.tile(time, 2), np.tile(event, 2), np.tile(arm, 2), rho=rho)
    assert copies.n == 2 * one.n


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10_000), k=st.integers(2, 4))
def test_equals_the_score_test_of_cox_with_exact_ties(seed, k):
    time, event, arm = trial(seed, n=40, k=k)
    x = (arm[:, None] == np.unique(arm)[1:]).astype(float)
    score = cox(time, event, x, ties="exact").score_test
    found = log_rank(time, event, arm)
    assert found.statistic == pytest.approx(score.statistic, rel=1e-8)
    assert found.degrees_of_freedom == score.degrees_of_freedom == k - 1


# Naive twin


@pytest.mark.parametrize(("rho", "gamma"), [(0, 0), (1, 0), (0, 1), (0.5, 2)])
def test_against_a_slow_loop(rho, gamma):
    time, event, arm = trial(7)
    stratum = np.array([1, 2, 2])[np.arange(60) % 3]
    distance = variance = 0.0
    for s in (1, 2):
        own = stratum == s
        free = 1.0
        for t in sorted(set(time[own & event])):
            risk = own & (time >= t)
            n, n_a = risk.sum(), (risk & (arm == "a")).sum()
            dead = own & event & (time == t)
            d, d_a = dead.sum(), (dead & (arm == "a")).sum()
            w = free**rho * (1 - free) ** gamma
            distance += w * (d_a - d * n_a / n)
            if n > 1:
                share = n_a / n
                variance += w * w * d * share * (1 - share) * (n - d) / (n - 1)
            free *= 1 - d / n
    found = log_rank(time, event, arm, stratum=stratum, rho=rho, gamma=gamma)
    assert found.statistic == pytest.approx(distance**2 / variance, rel=1e-10)
    assert "stratified" in found.method


# R


def _survdiff(time, event, arm, **options):
    found = log_rank(time, event, arm, **options)
    counts = parts(time, event, arm, options.get("rho", 0), 0, options.get("stratum"))
    labels = sorted(set(arm))
    return {
        "n": [int(np.sum(np.asarray(arm) == label)) for label in labels],
        "obs": counts.observed,
        "exp": counts.expected,
        "var": counts.covariance,
        "chisq": found.statistic,
        "df": found.degrees_of_freedom,
        "p": found.p_value,
    }


def test_equals_survdiff_on_aml(figures, table, compare):
    aml = table("aml")
    columns = (aml.time, aml.status, aml.x)
    compare(_survdiff(*columns), figures["lr_aml"])
    compare(_survdiff(*columns, rho=1), figures["lr_aml_rho1"])


def test_equals_survdiff_on_rossi(figures, table, compare):
    rossi = table("ll_rossi")
    columns = (rossi.week, rossi.arrest, rossi.fin)
    strata = rossi[["race", "paro"]]
    compare(_survdiff(*columns), figures["lr_rossi"])
    compare(_survdiff(*columns, rho=1), figures["lr_rossi_rho1"])
    compare(_survdiff(*columns, stratum=strata), figures["lr_rossi_strat"])
    found = _survdiff(*columns, stratum=rossi.wexp, rho=1)
    compare(found, figures["lr_rossi_rho1_strat"])


def test_equals_survdiff_for_one_cause(figures, table, compare):
    mgus = table("mgus2_cr")
    compare(_survdiff(mgus.etime, mgus.ev == 1, mgus.sex), figures["csh_logrank"])


@pytest.mark.parametrize("data", ["aml", "rossi"])
def test_equals_simtrial(data, figures, table, compare):
    if data == "aml":
        frame, experimental = table("aml"), 0
        columns = (frame.time, frame.status, frame.x)
    else:
        frame, experimental = table("ll_rossi"), 1
        columns = (frame.week, frame.arrest, frame.fin)
    ours = {}
    for rho, gamma in ((0, 0), (0, 1), (1, 0), (1, 1), (0, 0.5)):
        counts = parts(*columns, rho, gamma)
        estimate = (counts.observed - counts.expected)[experimental]
        se = math.sqrt(counts.covariance[0, 0])
        z = {"z": -estimate / se, "estimate": estimate, "se": se}
        ours[f"fh_{rho}_{gamma}"] = z
        chi_squared = log_rank(*columns, rho=rho, gamma=gamma).statistic
        assert chi_squared == pytest.approx((estimate / se) ** 2)
    # Magirr-Burman weights and MaxCombo are built in issue 5
    skip = ["mb_delay4", "maxcombo"]
    compare(ours, figures[f"simtrial_fh_{data}"], skip=skip)


def test_equals_survmisc_but_for_its_ties(figures, table):
    # survMisc gives no tie correction where both arms have events at one time, here at
    # week 23, with 7 and 6 at risk and one event each: 2 p (1-p), not 2 p (1-p) 11/12.
    # Its weights n, sqrt(n), S1 and S2 are not offered
    aml = table("aml")
    columns = (aml.time, aml.status, aml.x)
    extra = 2 * 42 / 169 / 12
    free = np.prod([1 - 2 / 23, 1 - 2 / 21, 1 - 1 / 19, 1 - 1 / 18, 1 - 1 / 17])
    free *= 1 - 1 / 14
    rows = {row["W"]: row for row in figures["lr_comp_aml"]}
    offered = {"1": (0, 0)} | {
        f"FH_p={p}_q={q}": (p, q) for p, q in ((0, 1), (1, 0), (1, 1), (0.5, 0.5))
    }
    assert set(rows) - set(offered) == {"n", "sqrtN", "S1", "S2"}
    for name, (rho, gamma) in offered.items():
        counts, theirs = parts(*columns, rho, gamma), rows[name]
        q = (counts.expected - counts.observed)[0]
        variance = counts.covariance[0, 0]
        variance += extra * (free**rho * (1 - free) ** gamma) ** 2
        assert q == pytest.approx(theirs["Q"], rel=1e-10)
        assert variance == pytest.approx(theirs["Var"], rel=1e-10)
        z = q / math.sqrt(variance)
        assert z == pytest.approx(theirs["Z"], rel=1e-10)
        assert z * z == pytest.approx(theirs["chiSq"], rel=1e-10)
        p = math.erfc(z / math.sqrt(2))
        assert p == pytest.approx(theirs["pNorm"], rel=1e-10)
        assert p == pytest.approx(theirs["pChisq"], rel=1e-10)
        assert theirs["df"] == 1


# A formula does the same


def test_a_formula_equals_arrays():
    time, event, arm = trial(3)
    frame = pd.DataFrame({"t": time, "e": event, "arm": arm, "site": arm > "a"})
    one = log_rank("t + e ~ arm", data=frame)
    assert one == log_rank(time, event, arm)
    two = log_rank("t + e ~ arm", data=frame, stratum="site")
    assert two.not_estimable


# Errors


def test_refuses_negative_weights_and_missing_arms():
    with pytest.raises(ArgumentError, match="`rho` must be at least 0, got -1"):
        log_rank([1, 2], [1, 1], ["a", "b"], rho=-1)
    with pytest.raises(ArgumentError, match="`gamma` must be at least 0"):
        log_rank([1, 2], [1, 1], ["a", "b"], gamma=math.nan)
    with pytest.raises(DataError, match="`arm` must have no missing values"):
        log_rank([1, 2], [1, 1], ["a", None])
