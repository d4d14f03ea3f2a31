"""The score test of proportional hazards."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from steps_analysis.errors import ArgumentError
from steps_analysis.outcomes import cox, proportional_hazards_test

ROSSI = ["fin", "age", "race", "wexp", "mar", "paro", "prio"]
TRANSFORMS = ["km", "rank", "identity", "log"]


def trial(seed, n=50, tied=True):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, 2))
    time = rng.exponential(size=n) * np.exp(-0.5 * x[:, 0]) * 5 + 0.01
    return np.ceil(time) if tied else time, rng.random(n) < 0.7, x


# By hand


def test_drawn_table():
    # events at 1 (x = 0, risk set 0 1 0) and 2 (x = 1, risk set 1 0): r = sqrt 2, means
    # sqrt 2 - 1 and 2 - sqrt 2, both of variance V; the score of g(t) x is
    # (g2 - g1)(sqrt 2 - 1), its variance V (g2 - g1)^2 / 2, whatever g is
    fit = cox([1, 2, 3], [1, 1, 0], [0, 1, 0])
    mean = math.sqrt(2) - 1
    expected = mean**2 / (mean * (1 - mean) / 2)
    assert expected == pytest.approx(math.sqrt(2))
    for transform in TRANSFORMS:
        tests = proportional_hazards_test(fit, transform=transform)
        assert tests.overall.statistic == pytest.approx(expected, rel=1e-8)
        assert tests.overall == tests.covariates[0]
        assert tests.overall.degrees_of_freedom == 1
        assert f"{transform} of time" in tests.overall.method


# Edges


def _reason(*columns, **options):
    tests = proportional_hazards_test(cox(*columns, **options))
    assert {t.not_estimable for t in tests.covariates} == {tests.overall.not_estimable}
    return tests.overall.not_estimable


def test_ugly_inputs_have_their_own_answer():
    few = "there are too few event times to tell a change from a constant ratio"
    assert _reason([1, 2], [0, 0], [0, 1]) == "there is no event"
    assert _reason([1, 2, 3], [1, 1, 0], [1, 1, 1]).startswith("no covariate varies")
    assert _reason([1, 1, 2], [1, 0, 1], [0, 0, 1]).endswith("(separation)")
    assert _reason([1, 1, 1, 1], [1, 1, 1, 1], [0, 1, 2, 3]) == few
    assert _reason([1, 1, 2, 2], [1, 1, 0, 0], [0, 1, 0, 1]) == few
    penalised = _reason([1, 2, 3], [1, 1, 0], [0, 1, 0], penalty="firth")
    assert penalised == "the score is 0 at the maximum without penalty only"


def test_an_event_at_the_start_has_no_logarithm():
    fit = cox([0, 1, 2, 3], [1, 1, 1, 0], [0, 1, 0, 1])
    test = proportional_hazards_test(fit, transform="log").overall
    assert test.not_estimable == "an event at time 0 has no logarithm"
    assert proportional_hazards_test(fit, transform="rank").overall.p_value > 0


def test_a_covariate_left_out_has_no_test():
    time, event, x = trial(1)
    frame = pd.DataFrame({"one": 1.0, "a": x[:, 0], "b": x[:, 1]})
    tests = proportional_hazards_test(cox(time, event, frame))
    assert tests.covariates[0].not_estimable == "the covariate is left out"
    plain = proportional_hazards_test(cox(time, event, frame[["a", "b"]]))
    assert tests.overall.statistic == pytest.approx(plain.overall.statistic)
    table = tests.to_frame()
    assert table.covariate.tolist() == ["one", "a", "b", "overall"]
    assert table.degrees_of_freedom.tolist()[1:] == [1, 1, 2]


# Properties


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10_000), transform=st.sampled_from(TRANSFORMS))
def test_order_and_units_do_not_matter(seed, transform):
    time, event, x = trial(seed)
    one = proportional_hazards_test(cox(time, event, x), transform=transform)
    order = np.random.default_rng(seed).permutation(50)
    fit = cox(time[order] * 7, event[order], x[order] * [2, -30] + 7)
    two = proportional_hazards_test(fit, transform=transform)
    for a, b in zip(
        (*one.covariates, one.overall), (*two.covariates, two.overall), strict=True
    ):
        assert a.statistic == pytest.approx(b.statistic, rel=1e-5, abs=1e-8)


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 10_000), ties=st.sampled_from(["efron", "breslow"]))
def test_cutting_spells_in_two_changes_nothing(seed, ties):
    time, event, x = trial(seed)
    cut = np.ceil(time / 2) - 0.5
    whole = cox(time, event, x, ties=ties)
    halves = cox(
        np.concatenate([cut, time]),
        np.concatenate([np.zeros(50), event]),
        np.vstack([x, x]),
        entry=np.concatenate([np.zeros(50), cut]),
        ties=ties,
    )
    for transform in ("km", "identity", "log"):  # cutting adds times to rank
        a = proportional_hazards_test(whole, transform=transform).overall
        b = proportional_hazards_test(halves, transform=transform).overall
        assert a.statistic == pytest.approx(b.statistic, rel=1e-6)


# Naive twin


def _expanded(time, event, x, stratum, g):
    """Write each risk set out as a stratum with x and x g(t) as its covariates."""
    rows, at, dead, sets = [], [], [], []
    for s in np.unique(stratum):
        for t in np.unique(time[event & (stratum == s)]):
            for i in np.flatnonzero((stratum == s) & (time >= t)):
                rows.append([*x[i], *(x[i] * g(t))])
                at.append(1.0)
                dead.append(event[i] and time[i] == t)
                sets.append(f"{s} {t}")
    return np.array(at), np.array(dead), np.array(rows), np.array(sets)


@pytest.mark.parametrize("ties", ["efron", "breslow"])
def test_is_the_score_test_of_a_model_with_covariates_that_change(ties):
    # the interaction with g(t) as a covariate, every risk set by itself; its score test
    # given the others from the likelihood's own numerical derivatives
    time, event, x = trial(4, n=30)
    stratum = np.arange(30) % 2
    fit = cox(time, event, x, stratum=stratum, ties=ties)
    test = proportional_hazards_test(fit, transform="identity")
    columns = _expanded(time, event, x, stratum, lambda t: t)
    big = cox(*columns[:3], stratum=columns[3], ties=ties)
    at, h = np.array([*fit.coefficients, 0.0, 0.0]), 1e-4

    def likelihood(beta):
        total = 0.0
        for s in np.unique(columns[3]):
            own = columns[3] == s
            eta, dead = columns[2][own] @ beta, columns[1][own]
            r, d = np.exp(eta), int(dead.sum())
            total += eta[dead].sum()
            for k in range(d):
                share = k / d if ties == "efron" else 0.0
                total -= math.log(r.sum() - share * r[dead].sum())
        return total

    unit = np.eye(4) * h
    score = np.array([likelihood(at + u) - likelihood(at - u) for u in unit]) / (2 * h)
    second = np.array(
        [
            [
                likelihood(at + u + v)
                - likelihood(at + u - v)
                - likelihood(at - u + v)
                + likelihood(at - u - v)
                for v in unit
            ]
            for u in unit
        ]
    ) / (4 * h * h)
    assert big.not_estimable is None
    statistic = score @ np.linalg.solve(-second, score)
    assert test.overall.statistic == pytest.approx(statistic, rel=1e-4)
    for j, one in enumerate(test.covariates):
        some = [0, 1, 2 + j]
        own = score[some] @ np.linalg.solve(-second[np.ix_(some, some)], score[some])
        assert one.statistic == pytest.approx(own, rel=1e-4)


# R


@pytest.mark.parametrize("transform", TRANSFORMS)
def test_equals_cox_zph(transform, figures, table, compare):
    rossi = table("ll_rossi")
    fit = cox(rossi.week, rossi.arrest, rossi[ROSSI])
    tests = proportional_hazards_test(fit, transform=transform)
    ours = [
        [test.statistic, test.degrees_of_freedom, test.p_value]
        for test in (*tests.covariates, tests.overall)
    ]
    # R stops Newton's method at 1e-9 of the likelihood, ours goes on
    compare(ours, figures[f"zph_rossi_{transform}"], rel=1e-6)
    call = tests.overall.to_r()
    assert call.startswith("survival::cox.zph(survival::coxph(survival::Surv(time, ")
    assert call.endswith(f'transform = "{transform}", terms = FALSE)')


def test_lifelines_has_the_older_approximation(table):
    from lifelines import CoxPHFitter
    from lifelines.statistics import proportional_hazard_test

    rossi = table("ll_rossi")
    theirs = CoxPHFitter().fit(rossi, "week", "arrest")
    summary = proportional_hazard_test(theirs, rossi, time_transform="km").summary
    tests = proportional_hazards_test(cox(rossi.week, rossi.arrest, rossi[ROSSI]))
    assert summary.loc["age", "test_statistic"] == pytest.approx(11.03, abs=0.005)
    assert tests.covariates[1].statistic == pytest.approx(5.974, abs=0.0005)


# Errors


def test_refuses_what_it_does_not_know():
    fit = cox([1, 2, 3], [1, 1, 0], [0, 1, 0])
    with pytest.raises(ArgumentError, match="`transform` must be one of km, rank"):
        proportional_hazards_test(fit, transform="sqrt")
    exact = cox([1, 2, 3], [1, 1, 0], [0, 1, 0], ties="exact")
    with pytest.raises(ArgumentError, match='`ties` must be "efron" or "breslow" for'):
        proportional_hazards_test(exact)
