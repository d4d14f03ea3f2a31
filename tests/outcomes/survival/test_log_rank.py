"""Log-rank tests."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from steps_analysis.errors import ArgumentError, DataError
from steps_analysis.outcomes import (
    ModestWeighting,
    cox,
    event_weights,
    log_rank,
    modest_log_rank,
    trend_log_rank,
)
from steps_analysis.outcomes.columns import as_groups
from steps_analysis.outcomes.survival.max_combo import combined
from steps_analysis.outcomes.survival.normal_box import box_probability
from steps_analysis.outcomes.survival.weighted_counts import (
    event_table,
    weighted_counts,
)


class Parts:
    """Counts under one weight."""

    def __init__(self, counts):
        self.observed, self.expected = counts.observed[0], counts.expected[0]
        self.covariance = counts.covariance[0, 0]
        self.distance = counts.distance[0]


def parts(time, event, arm, weighting=(0, 0), stratum=None):
    given_columns = {"time": time, "event": event, "arm": arm, "stratum": stratum}
    return Parts(weighted_counts(given_columns, None, "refuse", [weighting]))


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


def test_trend_of_three_groups():
    # time 1: low of {low, mid, high}: mean code 2, variance 2/3, O - E = 1 - 2
    # time 2: mid of {mid, high}: mean 5/2, variance 1/4, O - E = 2 - 5/2
    # time 3: high alone            ->  (3/2)^2 / (11/12)
    codes = {"low": 1, "mid": 2, "high": 3}
    found = trend_log_rank([1, 2, 3], [1, 1, 1], ["low", "mid", "high"], codes=codes)
    assert found.statistic == pytest.approx((3 / 2) ** 2 / (11 / 12))
    assert "codes high 3, low 1, mid 2" in found.method


def test_modest_weights_grow_and_stay():
    # S(t-) is 1, 3/4, 1/2, 1/4; until t* = 3 it is followed, then stays at 1/2
    time, n = np.array([1.0, 2, 3, 4]), np.array([4.0, 3, 2, 1])
    found = event_weights(ModestWeighting(t_star=3), time, n, np.ones(4))
    assert found == pytest.approx([1, 4 / 3, 2, 2])
    found = event_weights(ModestWeighting(s_star=0.6), time, n, np.ones(4))
    assert found == pytest.approx([1, 4 / 3, 5 / 3, 5 / 3])


# Edges


def test_trend_not_estimable_where_codes_do_not_differ_at_risk():
    assert trend_log_rank([1, 2], [0, 0], ["a", "b"]).not_estimable
    assert trend_log_rank([1, 2], [1, 1], ["a", "a"]).not_estimable
    codes = {"a": 1, "b": 1, "c": 2}
    found = trend_log_rank([2, 3, 1], [1, 1, 0], ["a", "b", "c"], codes=codes)
    assert found.not_estimable == "groups at risk together have the same code"


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


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_trend_of_two_groups_and_modest_without_growth_are_the_log_rank(seed):
    time, event, arm = trial(seed)
    plain = log_rank(time, event, arm).statistic
    codes = {"a": -2.0, "b": 7.5}
    trend = trend_log_rank(time, event, arm, codes=codes).statistic
    assert trend == pytest.approx(plain, rel=1e-9)
    for star in ({"t_star": 0}, {"s_star": 1}):
        found = modest_log_rank(time, event, arm, **star).statistic
        assert found == pytest.approx(plain, rel=1e-9)


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
    counts = parts(time, event, arm, (options.get("rho", 0), 0), options.get("stratum"))
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
        counts = parts(*columns, (rho, gamma))
        estimate = (counts.observed - counts.expected)[experimental]
        se = math.sqrt(counts.covariance[0, 0])
        z = {"z": -estimate / se, "estimate": estimate, "se": se}
        ours[f"fh_{rho}_{gamma}"] = z
        chi_squared = log_rank(*columns, rho=rho, gamma=gamma).statistic
        assert chi_squared == pytest.approx((estimate / se) ** 2)
    modest = log_rank(*columns, weighting=ModestWeighting(t_star=4))
    ours["mb_delay4"] = math.sqrt(modest.statistic)
    pairs = ((0, 0), (0, 1), (1, 0), (1, 1))
    given_columns = dict(zip(("time", "event", "arm"), columns, strict=True))
    four = combined(weighted_counts(given_columns, None, "refuse", pairs))
    z = four.z if experimental else -four.z
    names = ("v1", "v2", "v3", "v4")
    ours["maxcombo"] = {
        "method": "MaxCombo",
        "parameter": " + ".join(f"FH({rho}, {gamma})" for rho, gamma in pairs),
        "z": z,
        "corr": [dict(zip(names, row, strict=True)) for row in four.correlation],
    }
    # simtrial integrates by Monte Carlo, one-sided: compared below
    compare(ours, figures[f"simtrial_fh_{data}"], skip=["p_value"])
    one_sided = 1 - box_probability(four.correlation, -math.inf, -z.min())
    theirs = figures[f"simtrial_fh_{data}"]["maxcombo"]["p_value"]
    assert one_sided == pytest.approx(theirs, abs=2e-5)


def _survmisc_variance(time, event, arm, weighting):
    """Give survMisc's variance: no tie correction where both arms have events."""
    groups = as_groups(np.asarray(arm), n=len(arm))
    when, is_event = np.asarray(time, float), np.asarray(event) == 1
    steps = event_table(when, is_event, groups.code, 2)
    n, d = steps.at_risk.sum(axis=1), steps.dead.sum(axis=1)
    weight = event_weights(weighting, steps.time, n, d)
    several = (steps.dead > 0).sum(axis=1) > 1
    spread = np.where(several, d, d * (n - d) / np.maximum(n - 1, 1))
    return float(weight**2 * spread @ np.prod(steps.at_risk / n[:, None], axis=1))


OFFERED = {
    "1": "log-rank",
    "n": "gehan-breslow",
    "sqrtN": "tarone-ware",
    "S1": "prentice-marek",
    "S2": "modified-peto-peto",
} | {f"FH_p={p}_q={q}": (p, q) for p, q in ((0, 1), (1, 0), (1, 1), (0.5, 0.5))}


def _as_survmisc(q, variance):
    z = q / math.sqrt(variance)
    p = math.erfc(abs(z) / math.sqrt(2))
    found = {"Q": q, "Var": variance, "Z": z, "pNorm": p, "chiSq": z * z}
    return found | {"df": 1, "pChisq": p}


def test_equals_survmisc_but_for_its_ties(figures, table, compare):
    # survMisc gives no tie correction where both arms have events at one time, here at
    # week 23, with 7 and 6 at risk and one event each: 2 p (1-p), not 2 p (1-p) 11/12.
    aml = table("aml")
    columns = (aml.time, aml.status, aml.x)
    ours = [
        {"W": name}
        | _as_survmisc(
            -parts(*columns, weighting).distance[0],
            _survmisc_variance(*columns, weighting),
        )
        for name, weighting in OFFERED.items()
    ]
    compare(ours, figures["lr_comp_aml"])
    for name in ("gehan-breslow", "tarone-ware", "prentice-marek"):
        counts = parts(*columns, name)
        chi_squared = counts.distance[0] ** 2 / counts.covariance[0, 0]
        found = log_rank(*columns, weighting=name)
        assert found.statistic == pytest.approx(chi_squared, rel=1e-10)
        assert f"{name} weights" in found.method


def test_modest_weights_equal_nphrct(figures, table, compare):
    aml = table("aml")
    columns = (aml.time, aml.status, aml.x)
    ours = {}
    for name, weighting in (
        ("mw_t12", ModestWeighting(t_star=12)),
        ("mw_s.5", ModestWeighting(s_star=0.5)),
        ("lr", (0, 0)),
        ("fh01", (0, 1)),
    ):
        counts = parts(*columns, weighting)
        u, v = counts.distance[1], counts.covariance[1, 1]
        row = {"u": u, "v_u": v, "z": u / math.sqrt(v), "trt_group": "Nonmaintained"}
        ours[name] = [row]
    compare(ours, figures["modest_aml"])
    for found, name in (
        (modest_log_rank(*columns, t_star=12), "mw_t12"),
        (modest_log_rank(*columns, s_star=0.5), "mw_s.5"),
    ):
        assert found.statistic == pytest.approx(ours[name][0]["z"] ** 2, rel=1e-10)
        assert "nphRCT::wlrt" in found.to_r()


def test_trend_and_k_samples_on_larynx(figures, table, compare):
    larynx = table("larynx")
    columns = (larynx.time, larynx.delta, larynx.stage)
    codes = np.arange(1.0, 5)
    names = ["1", "n", "sqrtN", "S1", "S2", "FH_p=1_q=1"]
    each = []
    for name in names:
        counts = parts(*columns, OFFERED[name])
        q, variance = -counts.distance @ codes, codes @ counts.covariance @ codes
        each.append(_as_survmisc(q, variance))
        found = trend_log_rank(*columns, weighting=OFFERED[name])
        assert found.statistic == pytest.approx(each[-1]["chiSq"], rel=1e-10)
        assert found.p_value == pytest.approx(each[-1]["pChisq"], rel=1e-10)
        assert found.degrees_of_freedom == 1
    trend = {"W": names} | {key: [row[key] for row in each] for key in each[0]}
    ours = {"trend": trend, "lr": _survdiff(*columns)}
    compare(ours, figures["trend_logrank_larynx"])


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


def test_refuses_unknown_weights_and_codes():
    two = ([1, 2], [1, 1], ["a", "b"])
    with pytest.raises(ArgumentError, match="`weighting` must be one of log-rank, geh"):
        log_rank(*two, weighting="peto")
    with pytest.raises(ArgumentError, match="`weighting` must come without powers"):
        log_rank(*two, weighting="prentice", rho=1)
    with pytest.raises(ArgumentError, match="`weighting` must be a pair"):
        trend_log_rank(*two, weighting=(0, -1))
    with pytest.raises(ArgumentError, match="`codes` must have a number for each of 2"):
        trend_log_rank(*two, codes={"a": 1})
    with pytest.raises(ArgumentError, match="`codes` must hold finite numbers that di"):
        trend_log_rank(*two, codes={"a": 1, "b": 1})
    with pytest.raises(ArgumentError, match="`t_star` must be given, or `s_star`, not"):
        modest_log_rank(*two)
    with pytest.raises(ArgumentError, match="`t_star` must be at least 0"):
        modest_log_rank(*two, t_star=-1)
    with pytest.raises(ArgumentError, match=r"`s_star` must lie in \(0, 1\]"):
        modest_log_rank(*two, s_star=0)


def test_r_calls_say_what_r_has():
    two = ([1, 2, 3, 4], [1] * 4, list("abab"))
    assert log_rank(*two).to_r().endswith("~ arm, rho = 0)")
    assert log_rank(*two, rho=1, stratum=[1] * 4).to_r().endswith("rho = 1)")
    assert "nphRCT" in log_rank(*two, gamma=1).to_r()
    assert log_rank(*two, weighting="tarone-ware").to_r() is None
    assert log_rank([1, 2, 3, 4], [1] * 4, list("abca"), gamma=1).to_r() is None
    assert "survMisc" in trend_log_rank(*two).to_r()
