"""Proportional means of repeated events that death ends."""

import itertools
import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from steps_analysis.errors import ArgumentError, DataError
from steps_analysis.outcomes import ghosh_lin_rate_ratio, recurrent_rate_ratio


def trial(seed, n=30, tied=True, deaths=True, censored=True):
    rng = np.random.default_rng(seed)
    rows = []
    for person in range(n):
        arm, age = person % 2, rng.normal()
        death = rng.exponential(12) + 1 if deaths else 99.0
        end = rng.uniform(4, 15) if censored else 20.0
        last = min(death, end)
        marks = np.cumsum(rng.exponential(4 - arm, 12))
        marks = marks[marks < last - 0.6]
        if tied:
            marks, last = np.unique(np.ceil(marks)), math.ceil(last)
            marks = marks[marks < last]
        edges = [0.0, *marks.tolist(), float(last)]
        for k, (a, b) in enumerate(itertools.pairwise(edges)):
            cause = 1 if k < len(marks) else 2 * int(death <= end)
            rows.append((person, arm, age, a, b, cause))
    names = ["id", "arm", "age", "start", "stop", "cause"]
    return pd.DataFrame(rows, columns=names)


def fitted(table, right="arm + age"):
    model = f"start + stop + cause ~ {right}"
    return ghosh_lin_rate_ratio(model, cluster="id", data=table)


# By hand


def test_the_dead_stay_at_risk_for_their_share():
    # x = 1 dies at 1; one of x = 0 is censored at 2 of the two left; an event of x = 0
    # at 3 compares with the dead for 1/2; one of x = 1 at 0.5 with all three.
    # Likelihood r / (r + 2) * 1 / (r / 2 + 1): score 1 - r / (r + 2) - r / (r + 2) = 0
    # at r = 2
    fit = ghosh_lin_rate_ratio(
        [0, 0.5, 0, 0, 3],
        [0.5, 1, 2, 3, 4],
        [1, 2, 0, 1, 0],
        list("aabcc"),
        [1, 1, 0, 0, 0],
    )
    assert math.exp(fit.coefficients[0]) == pytest.approx(2)
    # information: twice p (1 - p) with p = 1/2
    assert fit.standard_error[0] == pytest.approx(math.sqrt(2))
    assert (fit.n, fit.n_events) == (3, 2)


# Edges


def test_ugly_inputs_have_their_own_answer():
    def reason(*columns):
        fit = ghosh_lin_rate_ratio(*columns)
        assert fit.rate_ratio(fit.names[0]).not_estimable == fit.not_estimable
        return fit.not_estimable

    assert reason([0, 0], [1, 2], [2, 0], ["a", "b"], [0, 1]) == "there is no event"
    constant = "no covariate varies among those at risk"
    assert reason([0, 1], [1, 2], [1, 2], ["a", "a"], [1, 1]) == constant
    assert "separation" in reason(
        [0, 0, 1], [2, 1, 3], [0, 1, 0], list("abb"), [0, 1, 1]
    )
    everybody = fitted(trial(1, deaths=False).replace({"cause": {0: 2}}))
    assert everybody.not_estimable is None  # all die at the end, nobody is censored


def test_a_determined_covariate_is_left_out():
    table = trial(2).assign(two=lambda t: 2 * t.arm)
    fit, plain = fitted(table, "arm + two"), fitted(table, "arm")
    assert np.isnan(fit.coefficients[1])
    assert fit.robust_standard_error[0] == pytest.approx(plain.robust_standard_error[0])


# Properties


@settings(max_examples=8, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_without_death_it_is_andersen_gill(seed):
    table = trial(seed, deaths=False)
    fit = fitted(table)
    model = "start + stop + cause ~ arm + age"
    plain = recurrent_rate_ratio(model, cluster="id", data=table, ties="breslow")
    assert fit.coefficients == pytest.approx(plain.coefficients)
    assert fit.robust_standard_error == pytest.approx(plain.robust_standard_error)


@settings(max_examples=8, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_without_censoring_the_dead_are_followed_to_the_end(seed):
    table = trial(seed, censored=False)
    fit = fitted(table)
    last = table.groupby("id").last().reset_index()
    dead = last[(last.cause == 2) & (last.stop < 99)]
    after = dead.assign(start=dead.stop, stop=99.0, cause=0)
    whole = pd.concat([table.replace({"cause": {2: 0}}), after])
    model = "start + stop + cause ~ arm + age"
    plain = recurrent_rate_ratio(model, cluster="id", data=whole, ties="breslow")
    assert fit.coefficients == pytest.approx(plain.coefficients)
    assert fit.robust_standard_error == pytest.approx(plain.robust_standard_error)


@settings(max_examples=8, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_order_and_cuts_do_not_matter(seed):
    table = trial(seed)
    rng = np.random.default_rng(seed)
    long = table[(table.stop - table.start > 1) & (rng.random(len(table)) < 0.5)]
    rest = table.copy()
    rest.loc[long.index, "start"] += 1
    cut = pd.concat([long.assign(stop=long.start + 1, cause=0), rest])
    one = fitted(table)
    for other in (table.iloc[rng.permutation(len(table))], cut):
        two = fitted(other)
        assert two.coefficients == pytest.approx(one.coefficients, abs=1e-8)
        assert two.robust_standard_error == pytest.approx(one.robust_standard_error)


# Naive twin


def _people(table):
    """Last follow-up, death and age of each, event times, and events at each."""
    people = [own for _, own in table.groupby("id")]
    last = np.array([own.stop.max() for own in people])
    died = np.array([(own.cause == 2).any() for own in people])
    x = np.array([own.age.iloc[0] for own in people])
    times = sorted(set(table.stop[table.cause == 1]))
    counts = np.array(
        [[((o.stop == t) & (o.cause == 1)).sum() for t in times] for o in people]
    )

    return last, died, x, times, counts


def _slow_root(people, weights):
    """Solve the weighted score equation for one covariate, by loops and bisection."""
    last, died, x, times, counts = people
    free, now = {}, 1.0  # not censored before each time
    for u in sorted({*last, *times}):
        free[u] = now
        left = (last == u) & ~died
        now *= 1 - weights @ left / max(weights @ ((last > u) | left), 1e-9)
    w = np.ones(counts.shape)
    for i, k in itertools.product(range(len(x)), range(len(times))):
        if times[k] > last[i]:
            w[i, k] = free[times[k]] / free[last[i]] if died[i] else 0.0

    def score(beta):
        risk = (weights * np.exp(beta * x))[:, None] * w
        mean = (risk * x[:, None]).sum(0) / risk.sum(0)
        return float((weights[:, None] * counts * (x[:, None] - mean)).sum())

    low, high = -5.0, 5.0
    while high - low > 1e-11:
        middle = (low + high) / 2
        low, high = (middle, high) if score(middle) > 0 else (low, middle)
    return low


def test_coefficient_and_sandwich_against_derivatives_by_weights():
    # the infinitesimal jackknife, censoring curve included; Kaplan-Meier's derivative
    # is 1/(Y - c) where the martingale form has 1/Y, so they agree to about 1/Y
    table = trial(4, n=24, tied=False)
    fit, people = fitted(table, "age"), _people(table)
    assert fit.coefficients[0] == pytest.approx(
        _slow_root(people, np.ones(24)), rel=1e-6
    )
    total = 0.0
    for i in range(24):
        step = np.zeros(24)
        step[i] = 1e-3
        up, down = _slow_root(people, 1 + step), _slow_root(people, 1 - step)
        total += ((up - down) / 2e-3) ** 2
    assert fit.robust_standard_error[0] == pytest.approx(math.sqrt(total), rel=5e-3)


def test_the_r_call():
    assert fitted(trial(1), "arm").to_r() == (
        "mets::recreg(mets::Event(entry, time, cause) ~ arm + cluster(cluster), "
        "cause = 1, death.code = 2)"
    )


# Errors


def test_refuses_impossible_rows():
    with pytest.raises(ArgumentError, match="`covariates` must be given, got None"):
        ghosh_lin_rate_ratio([0], [1], [1], ["a"])
    with pytest.raises(DataError, match="`cause` must hold 2 in a participant's last"):
        ghosh_lin_rate_ratio([0, 1], [1, 2], [2, 0], ["a", "a"], [0, 1])
    with pytest.raises(ArgumentError, match='`model` must be "wlw" to average effects'):
        fitted(trial(1)).average_effect("arm")
