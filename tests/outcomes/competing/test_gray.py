"""Gray's test of cumulative incidence."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from steps_analysis.errors import ArgumentError, DataError
from steps_analysis.outcomes import cumulative_incidence, gray_test, log_rank
from steps_analysis.outcomes.competing.gray import gray_parts
from steps_analysis.outcomes.survival.weighted_counts import weighted_counts


def trial(seed, n=40, n_arms=2):
    rng = np.random.default_rng(seed)
    time = rng.integers(1, 10, n).astype(float)
    return time, rng.choice(3, n, p=[0.3, 0.4, 0.3]), rng.integers(0, n_arms, n)


# By hand


def test_all_at_one_time():
    # two in each arm at risk, one event 1 in arm a, three events 2, nobody left
    # O - E = 1 - 1/2; the variance of a's share 1/2 of one event: 1/4
    found = gray_test([1.0] * 4, [1, 2, 2, 2], ["a", "a", "b", "b"])
    assert found.statistic == pytest.approx(1.0)
    assert found.degrees_of_freedom == 1
    assert found.n == 4


def test_a_competing_event_stays_at_risk():
    # time  1  2  3+ 3+      1  2  3+ 3+
    # cause 2  1  0  0       1  1  0  0      arm a, then b
    # at 1: own event in b, expected in a 4/8
    # at 2: own in a and b; at risk a 3/(3/4) * 1 = 4, b 3/(3/4) * 3/4 = 3: a's 4/7
    time, cause = [1, 2, 3, 3.0] * 2, [2, 1, 0, 0, 1, 1, 0, 0]
    arm = np.repeat([0, 1], 4)
    parts = gray_parts(np.array(time), np.array(cause), arm, 2, 1, 0.0)
    assert parts.score[0] == pytest.approx(1 - 1 / 2 - 2 * 4 / 7)
    assert parts.score.sum() == pytest.approx(0)


def test_weights_are_of_the_incidence_before():
    # as above; F(2-) is 1/8, so rho = 1 takes the second time by 7/8
    time, cause = np.array([1, 2, 3, 3.0] * 2), np.array([2, 1, 0, 0, 1, 1, 0, 0])
    parts = gray_parts(time, cause, np.repeat([0, 1], 4), 2, 1, 1.0)
    assert parts.score[0] == pytest.approx(-1 / 2 + 7 / 8 * (1 - 2 * 4 / 7))


# Edges


@pytest.mark.parametrize(
    ("time", "cause", "arm", "reason"),
    [
        ([1, 2], [1, 0], "aa", "only one arm has participants"),
        ([1, 2], [2, 0], "ab", "there is no event of this kind"),
        ([1, 2], [0, 0], "ab", "there is no event of this kind"),
        ([1, 2], [0, 1], "ab", "no two arms are at risk together when an event"),
    ],
)
def test_says_why_there_is_no_test(time, cause, arm, reason):
    found = gray_test(time, cause, list(arm))
    assert found.not_estimable.startswith(reason)
    assert math.isnan(found.p_value)


@pytest.mark.parametrize("rho", [-1, 0, 1])
def test_an_arm_used_up_by_events_leaves_the_comparison(rho):
    time, cause = [1, 1, 2, 3, 4, 5.0], [1, 1, 1, 1, 1, 2]
    found = gray_test(time, cause, list("aabbbb"), rho=rho)
    assert found.not_estimable is None
    assert found.statistic > 0
    again = gray_test([*time, 9], [*cause, 1], list("aabbbbb"), rho=rho)
    assert again.not_estimable is None


def test_everybody_has_the_event_at_once():
    found = gray_test([1, 1, 1, 1], [1, 1, 1, 1], list("aabb"))
    assert found.not_estimable == "the score has no variance"


def test_an_arm_that_left_before_costs_no_degree_of_freedom():
    time, cause = [1, 2, 3, 4, 5, 6, 1], [1, 1, 0, 1, 2, 1, 0]
    time = [t + 1 for t in time[:6]] + [1]
    with_third = gray_test(time, cause, list("abababc"))
    without = gray_test(time[:6], cause[:6], list("ababab"))
    assert with_third.degrees_of_freedom == 1
    assert with_third.statistic == pytest.approx(without.statistic)


# Properties


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10_000), n_arms=st.integers(2, 4))
def test_order_and_names_do_not_matter(seed, n_arms):
    time, cause, arm = trial(seed, 50, n_arms)
    found = gray_test(time, cause, arm)
    order = np.random.default_rng(seed).permutation(len(time))
    names = np.array(["w", "c", "x", "b"])[arm]
    again = gray_test(time[order] * 7, cause[order], names[order])
    assert again.statistic == pytest.approx(found.statistic, rel=1e-8)
    assert found.statistic >= 0


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_without_another_kind_the_score_is_that_of_the_log_rank_test(seed):
    time, cause, arm = trial(seed)
    event = cause > 0
    parts = gray_parts(time, event.astype(int), arm, 2, 1, 0.0)
    columns = {"time": time, "event": event, "arm": arm}
    counts = weighted_counts(columns, None, "refuse", [(0, 0)])
    assert parts.score == pytest.approx(counts.distance[0])


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_strata_add_up(seed):
    time, cause, arm = trial(seed)
    once = gray_parts(time, cause, arm, 2, 1, 0.0)
    twice = gray_test(
        np.tile(time, 2),
        np.tile(cause, 2),
        np.tile(arm, 2),
        stratum=np.repeat([1, 2], 40),
    )
    statistic = once.score[1] ** 2 / once.covariance[1, 1]
    assert twice.statistic == pytest.approx(2 * statistic)
    assert "stratified" in twice.method


def test_it_sees_incidence_where_the_log_rank_test_sees_rates():
    # the same rates of event 1 among those free; arm b loses many to event 2 first
    rng = np.random.default_rng(3)
    n = 1500
    arm = np.repeat([0, 1], n)
    one = rng.exponential(10.0, 2 * n)
    two = rng.exponential(np.where(arm == 1, 2.0, 20.0))
    time = np.ceil(np.minimum(np.minimum(one, two), 8.0) * 30)
    cause = np.where(np.minimum(one, two) > 8, 0, np.where(one < two, 1, 2))
    assert gray_test(time, cause, arm).p_value < 1e-6
    assert log_rank(time, cause == 1, arm).p_value > 0.01


def test_keeps_its_level():
    # 300 trials under the null: 0.05 with Monte Carlo error 0.0126
    rng = np.random.default_rng(11)
    rejected = 0
    for _ in range(300):
        n = 80
        one, two = rng.exponential(10.0, n), rng.exponential(12.0, n)
        censored = rng.uniform(4, 12, n)
        time = np.ceil(np.minimum(np.minimum(one, two), censored) * 4)
        first = np.where(one < two, 1, 2)
        cause = np.where(np.minimum(one, two) > censored, 0, first)
        rejected += gray_test(time, cause, rng.permutation(n) % 2).p_value < 0.05
    assert rejected / 300 == pytest.approx(0.05, abs=3 * 0.0126)


# Naive twin


def curves(time, cause, t):
    free, incidence = 1.0, 0.0
    for u in sorted(set(time[(cause > 0) & (time < t)])):
        n = np.sum(time >= u)
        incidence += free * np.sum((time == u) & (cause == 1)) / n
        free *= 1 - np.sum((time == u) & (cause > 0)) / n
    return free, incidence


def tied(events, at_risk):
    return 1 - (events - 1) / (at_risk - 1) if events > 1 else 1.0


def twin(time, cause, arm, n_arms, rho):
    # Gray (1988), section 3, by loops: every integral is a sum over later times
    score, covariance, pooled, seen = np.zeros(n_arms), 0.0, 0.0, []
    members = [arm == k for k in range(n_arms)]
    for t in sorted(set(time[cause > 0])):
        n, own, other = (
            np.array([np.sum(mine & at) for mine in members])
            for at in (
                time >= t,
                (time == t) & (cause == 1),
                (time == t) & (cause == 2),
            )
        )
        both = [curves(time[mine], cause[mine], t) for mine in members]
        free, had = np.array(both).T
        h = np.array([n[k] / free[k] if n[k] else 0.0 for k in range(n_arms)])
        r, weight = h * (1 - had), (1 - pooled) ** rho
        score += weight * (own - own.sum() * r / r.sum())
        a, rise = weight * (np.diag(h) - np.outer(h, h) / h.sum()), own.sum() / h.sum()
        seen.append((n, own, other, free, h, a, rise / (1 - pooled), pooled + rise))
        pooled += rise
    for i, (n, own, other, free, h, a, _, risen) in enumerate(seen):
        ahead = sum((later[5] * later[6] for later in seen[i + 1 :]), np.zeros_like(a))
        for k in np.flatnonzero(n):
            after = free[k] * (1 - (own[k] + other[k]) / n[k])
            gap = (1 - risen) / after if after > 0 else 0.0
            pull, push = a[:, k] + (1 - gap) * ahead[:, k], gap * ahead[:, k]
            spread = tied(own.sum(), h.sum() * free[k]) * own.sum() / h.sum()
            covariance += np.outer(pull, pull) * spread * free[k] / n[k]
            spread = tied(other[k], n[k]) * free[k] ** 2 * other[k] / n[k] ** 2
            covariance += np.outer(push, push) * spread * (after > 0)
    return score, covariance


@pytest.mark.parametrize("n_arms", [2, 3])
@pytest.mark.parametrize("rho", [0, 1, -0.5])
@pytest.mark.parametrize("seed", range(3))
def test_against_loops_over_the_papers_formulas(n_arms, rho, seed):
    time, cause, arm = trial(seed, 30, n_arms)
    parts = gray_parts(time, cause, arm, n_arms, 1, rho)
    score, covariance = twin(time, cause, arm, n_arms, rho)
    assert parts.score == pytest.approx(score)
    assert parts.covariance == pytest.approx(covariance)


# R


def _tests(time, cause, arm, theirs):
    rows = []
    for of in theirs["rows"]:
        found = gray_test(time, cause, arm, of=int(of))
        rows.append([found.statistic, found.p_value, found.degrees_of_freedom])
    return rows


def test_equals_cuminc_on_mgus2(figures, table, compare):
    mgus, theirs = table("mgus2_cr"), figures["cuminc_mgus2"]
    ours = {"tests": _tests(mgus.etime, mgus.ev, mgus.sex, theirs["tests"])}
    # the curves are compared in test_incidence.py
    compare(ours, theirs, skip=["est", "var"])


def test_equals_cuminc_on_its_own_test_data(figures, table, compare):
    small, theirs = table("cr_small"), figures["cr_cuminc_test_cmprsk"]
    ours = {
        "est": [],
        "var": [],
        "tests": _tests(small.ftime, small.fstatus, small.group, theirs["tests"]),
    }
    for row in theirs["est"]["rows"]:
        group, of = row.split()
        own = small[small.group == group]
        curve = cumulative_incidence(
            own.ftime, own.fstatus, of=int(of), variance="aalen"
        )
        found = [
            curve.estimate_at(float(t), measure="incidence")
            for t in theirs["est"]["cols"]
        ]
        ours["est"].append([estimate.value for estimate in found])
        ours["var"].append([estimate.standard_error**2 for estimate in found])
    # the regression is compared in test_fine_gray.py
    skip = ["crr_coef", "crr_se", "crr_loglik", "crr_null"]
    compare(ours, theirs, skip=skip)


def test_says_the_call_of_r():
    found = gray_test([1.0] * 4, [1, 2, 2, 2], list("aabb"), of=2, stratum=[1] * 4)
    assert found.to_r() == (
        'cmprsk::cuminc(time, cause, arm, strata = stratum, rho = 0)$Tests["2", ]'
    )


# A formula does the same


def test_a_formula_equals_arrays():
    time, cause, arm = trial(5)
    centre = np.arange(40) % 3
    frame = pd.DataFrame({"t": time, "c": cause, "arm": arm, "centre": centre})
    found = gray_test("t + c ~ arm", data=frame, stratum="centre")
    assert found == gray_test(time, cause, arm, stratum=centre)


# Errors


def test_refuses_what_cannot_be():
    with pytest.raises(DataError, match="`cause` must hold whole numbers, 0 for"):
        gray_test([1, 2], [0.5, 1], list("ab"))
    with pytest.raises(ArgumentError, match="`of` must be a kind of event"):
        gray_test([1, 2], [0, 1], list("ab"), of=0)
    with pytest.raises(ArgumentError, match="`rho` must be finite"):
        gray_test([1, 2], [0, 1], list("ab"), rho=math.inf)
    with pytest.raises(DataError, match="`time` must be at least 0"):
        gray_test([-1, 2], [0, 1], list("ab"))
