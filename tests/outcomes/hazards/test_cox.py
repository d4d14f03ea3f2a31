"""The Cox model."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize_scalar

from steps_analysis.errors import ArgumentError, DataError
from steps_analysis.outcomes import cox, log_rank
from steps_analysis.outcomes.hazards import cox_kernel
from steps_analysis.outcomes.hazards.cox_kernel import evaluate

ROSSI = ["fin", "age", "race", "wexp", "mar", "paro", "prio"]
BLADDER = ["rx", "size", "number"]


def trial(seed, n=50, p=2, tied=True):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, p))
    time = rng.exponential(size=n) * np.exp(-0.5 * x[:, 0]) * 5 + 0.01
    time = np.ceil(time) if tied else time
    return time, rng.random(n) < 0.7, x


# By hand


def test_drawn_table():
    # likelihood of x = (1, 0, 1) with events at 1 (x=1) and 2 (x=0):
    # r/(2r+1) * 1/(r+1); score 1 - 2r/(2r+1) - r/(r+1) = 0 -> 2 r^2 = 1
    fit = cox([1, 2, 3], [1, 1, 0], [1, 0, 1])
    r = math.sqrt(0.5)
    assert fit.coefficients[0] == pytest.approx(math.log(r))
    information = 2 * r / (2 * r + 1) ** 2 + r / (r + 1) ** 2
    assert fit.standard_error[0] == pytest.approx(1 / math.sqrt(information))
    assert fit.log_likelihood == pytest.approx(math.log(r / (2 * r + 1) / (r + 1)))
    assert fit.null_log_likelihood == pytest.approx(-math.log(6))
    ratio = fit.hazard_ratio("column 1")
    assert ratio.value == pytest.approx(r)
    assert (fit.n, fit.n_events) == (3, 2)


def test_somebody_who_enters_at_an_event_time_is_not_at_risk_then():
    with_late = cox([1, 2, 3, 4], [1, 1, 0, 1], [1, 0, 1, 0], entry=[0, 0, 0, 1])
    # at time 1 only rows 1 to 3 are at risk: log likelihood at 0 is -log 3 - log 3
    assert with_late.null_log_likelihood == pytest.approx(-math.log(3) - math.log(3))


def test_a_covariate_that_changes_comes_as_spells():
    # A: x = 0 to 1.5, then 1 to the event at 2; B: event at 1, x = 0; C and D: x = 0
    # and 1, no event. Likelihood 1/(3 + r) * r/(1 + 2r), score 0 where 2 r^2 = 3
    entry, time, event = [0, 1.5, 0, 0, 0], [1.5, 2, 1, 3, 3], [0, 1, 1, 0, 0]
    fit = cox(time, event, [0, 1, 0, 0, 1], entry=entry, cluster=list("AABCD"))
    r = math.sqrt(1.5)
    assert fit.coefficients[0] == pytest.approx(math.log(r))
    likelihood = r / (3 + r) / (1 + 2 * r)
    assert fit.log_likelihood == pytest.approx(math.log(likelihood))


# Edges


REASONS = {
    "no event": ([1, 2, 3], [0, 0, 0], [0, 1, 0], "there is no event"),
    "one event": (
        [1, 2, 3],
        [1, 0, 0],
        [1, 0, 0],
        "the likelihood keeps rising with the coefficient of column 1 (separation)",
    ),
    "constant": (
        [1, 2, 3],
        [1, 1, 0],
        [5, 5, 5],
        "no covariate varies among those at risk",
    ),
    "one participant": ([1], [1], [1], "no covariate varies among those at risk"),
    "separation": (
        [1, 2, 3, 4],
        [1, 1, 0, 0],
        [1, 1, 0, 0],
        "the likelihood keeps rising with the coefficient of column 1 (separation)",
    ),
    "varies only where no one is at risk": (
        [1, 2, 3],
        [0, 1, 0],
        [1, 0, 0],
        "no covariate varies among those at risk",
    ),
}


@pytest.mark.parametrize("case", REASONS)
def test_each_want_has_its_own_reason(case):
    *columns, reason = REASONS[case]
    fit = cox(*columns)
    assert fit.not_estimable == reason
    assert fit.hazard_ratio("column 1").not_estimable == reason
    assert fit.profile_interval("column 1").not_estimable == reason
    assert fit.wald_test().not_estimable == reason
    assert fit.likelihood_ratio_test.not_estimable == "there is no fit"
    assert math.isnan(fit.log_likelihood)


def test_one_event_in_the_middle_has_a_number():
    # x = 1 of (0, 1, 3): score 1 - (r + 3 r^3)/(1 + r + r^3) = 0 -> 1 = 2 r^3
    fit = cox([1, 2, 3], [1, 0, 0], [1, 0, 3])
    assert fit.coefficients[0] == pytest.approx(-math.log(2) / 3)


@pytest.mark.parametrize("penalty", [None, "firth"])
def test_newton_stopped_on_its_way_is_said(penalty, monkeypatch):
    monkeypatch.setitem(cox_kernel._MAX_STEPS, penalty, 3)
    time, event, x = trial(1)
    fit = cox(time, event, x, penalty=penalty)
    assert fit.not_estimable == "Newton's method had not converged after 3 steps"


def test_risk_sets_much_smaller_than_their_stratum_keep_their_digits():
    # the last events' risk set is 1e-13 of those who entered later elsewhere in time:
    # a difference of running totals would have lost it
    fit = cox(
        [1, 2, 3, 4, 5, 6],
        [1, 1, 0, 1, 1, 0],
        [0.0, 1, 2, 34, 33, 35],
        entry=[0, 0, 0, 3, 3, 3],
    )
    problem = fit.problem
    beta = np.array([1.0])
    parts = [
        math.exp(0) + math.exp(1) + math.exp(2),
        math.exp(1) + math.exp(2),
        math.exp(34) + math.exp(33) + math.exp(35),
        math.exp(33) + math.exp(35),
    ]
    expected = 0 + 1 + 34 + 33 - sum(map(math.log, parts))
    found = evaluate(problem, beta).log_likelihood
    assert found == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("ties", ["efron", "breslow", "exact"])
def test_ugly_inputs_have_their_own_answer(ties):
    def reason(*columns, **options):
        fit = cox(*columns, ties=ties, **options)
        assert np.all(np.isnan(fit.coefficients))
        assert np.all(np.isnan(fit.standard_error))
        ratio = fit.hazard_ratio(fit.names[0])
        assert ratio.not_estimable == fit.not_estimable
        assert fit.profile_interval(fit.names[0]).not_estimable == fit.not_estimable
        assert fit.wald_test().not_estimable == fit.not_estimable
        assert fit.to_frame().shape[0] == len(fit.names)
        return fit.not_estimable

    constant = "no covariate varies among those at risk"
    assert reason([1, 2], [0, 0], [0, 1]) == "there is no event"
    assert reason([1, 2, 3], [1, 1, 0], [1, 1, 1]) == constant
    assert reason([1], [1], [1]) == constant
    assert reason([1, 1, 2], [1, 0, 1], [0, 0, 1]) == (
        "the likelihood keeps rising with the coefficient of column 1 (separation)"
    )
    if ties == "exact":  # everybody was bound to be among the tied
        assert reason([1, 1, 1], [1, 1, 1], [1, 2, 3]) == constant


def test_everybody_at_one_time_under_efron_ties():
    # all tied: Efron still compares means within the risk set as it empties
    fit = cox([1, 1, 1, 1], [1, 1, 1, 1], [0, 1, 2, 3], ties="efron")
    assert fit.score_test.statistic == pytest.approx(0.0, abs=1e-12)
    assert fit.coefficients[0] == pytest.approx(0.0, abs=1e-9)


@pytest.mark.parametrize("ties", ["efron", "breslow", "exact"])
def test_perfect_separation_leaves_the_score_test(ties):
    time, event = [1, 2, 3, 4, 5, 6, 7, 8], [1, 1, 1, 1, 0, 0, 0, 0]
    arm = [1, 1, 1, 1, 0, 0, 0, 0]
    fit = cox(time, event, pd.DataFrame({"arm": arm}), ties=ties)
    assert "coefficient of arm (separation)" in fit.not_estimable
    assert fit.likelihood_ratio_test.not_estimable
    expected = log_rank(time, event, arm).statistic
    assert fit.score_test.statistic == pytest.approx(expected)
    assert math.isfinite(fit.score_test.p_value)


def test_separation_names_the_covariate_that_separates():
    time, event, x = trial(3, n=40)
    arm = np.where(event, 1.0, 0.0) * (np.arange(40) % 2)
    keep = event | (arm == 0)
    frame = pd.DataFrame({"age": x[:, 0], "arm": arm, "size": x[:, 1]})[keep]
    event = event & (arm == 0)  # no event in arm 1
    fit = cox(time[keep], event[keep], frame)
    assert fit.not_estimable.endswith("the coefficient of arm (separation)")


def test_constant_and_collinear_columns_are_left_out():
    time, event, x = trial(1)
    frame = pd.DataFrame(
        {"one": 1.0, "a": x[:, 0], "b": x[:, 1], "sum": x[:, 0] + x[:, 1]}
    )
    fit = cox(time, event, frame)
    plain = cox(time, event, x)
    assert fit.dropped == ("one", "sum")
    assert fit.coefficients[1:3] == pytest.approx(plain.coefficients)
    assert np.isnan(fit.coefficients[[0, 3]]).all()
    assert "constant, or determined" in fit.hazard_ratio("sum").not_estimable
    assert fit.score_test.degrees_of_freedom == 2
    assert fit.profile_interval("b").value == pytest.approx(plain.coefficients[1])


def test_a_covariate_constant_within_strata_is_left_out():
    time, event, x = trial(1)
    stratum = (x[:, 1] > 0) * 1.0
    fit = cox(time, event, np.column_stack([x[:, 0], stratum]), stratum=stratum)
    assert fit.dropped == ("column 2",)


def test_a_stratum_without_events_and_late_entrants_change_nothing():
    time, event, x = trial(2)
    stratum = np.zeros(50)
    one = cox(time, event, x, stratum=stratum)
    more = cox(
        [*time, 9, 9, 0.5],
        [*event, 0, 0, 0],
        [*x.tolist(), [1, 1], [2, 0], [5, 5]],
        stratum=[*stratum, 1, 1, 0],
    )
    assert more.coefficients == pytest.approx(one.coefficients)


def test_far_apart_covariates_do_not_overflow():
    time, event, x = trial(4)
    fit = cox(time, event, x * 1e6 + 1e9)
    assert fit.coefficients * 1e6 == pytest.approx(
        cox(time, event, x).coefficients, rel=1e-5
    )


# Properties


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000), ties=st.sampled_from(["efron", "breslow", "exact"]))
def test_order_shift_and_monotone_time_do_not_matter(seed, ties):
    time, event, x = trial(seed)
    one = cox(time, event, x, ties=ties)
    order = np.random.default_rng(seed).permutation(50)
    two = cox(np.log(time[order]) + 1, event[order], x[order] + 7, ties=ties)
    assert one.coefficients == pytest.approx(two.coefficients, rel=1e-6, abs=1e-8)
    assert one.log_likelihood == pytest.approx(two.log_likelihood, rel=1e-9)
    flipped = cox(time, event, -x, ties=ties)
    assert one.coefficients == pytest.approx(-flipped.coefficients, abs=1e-8)


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_without_ties_all_three_agree(seed):
    time, event, x = trial(seed, tied=False)
    efron, breslow, exact = (
        cox(time, event, x, ties=ties) for ties in ("efron", "breslow", "exact")
    )
    for other in (breslow, exact):
        assert efron.coefficients == pytest.approx(other.coefficients, abs=1e-9)
        assert efron.log_likelihood == pytest.approx(other.log_likelihood)


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10_000), ties=st.sampled_from(["efron", "breslow"]))
def test_cutting_spells_in_two_changes_nothing(seed, ties):
    time, event, x = trial(seed)
    person = np.arange(50)
    cut = np.ceil(time / 2) - 0.5
    whole = cox(time, event, x, cluster=person, ties=ties)
    halves = cox(
        np.concatenate([cut, time]),
        np.concatenate([np.zeros(50), event]),
        np.vstack([x, x]),
        entry=np.concatenate([np.zeros(50), cut]),
        cluster=np.concatenate([person, person]),
        ties=ties,
    )
    assert whole.coefficients == pytest.approx(halves.coefficients, abs=1e-9)
    assert whole.robust_standard_error == pytest.approx(halves.robust_standard_error)
    assert whole.robust_score_test.statistic == pytest.approx(
        halves.robust_score_test.statistic
    )


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_whole_weights_are_repeated_rows_under_breslow(seed):
    time, event, x = trial(seed)
    weights = np.random.default_rng(seed).integers(1, 4, 50)
    weighted = cox(time, event, x, weights=weights, ties="breslow")
    rows = np.repeat(np.arange(50), weights)
    repeated = cox(time[rows], event[rows], x[rows], ties="breslow")
    assert weighted.coefficients == pytest.approx(repeated.coefficients, abs=1e-9)
    assert weighted.covariance == pytest.approx(repeated.covariance)


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_residuals_add_up(seed):
    time, event, x = trial(seed)
    fit = cox(time, event, x)
    assert fit.martingale_residuals().sum() == pytest.approx(0, abs=1e-9)
    assert fit.score_residuals().sum(axis=0) == pytest.approx([0, 0], abs=1e-8)
    assert fit.schoenfeld_residuals().sum(axis=0) == pytest.approx([0, 0], abs=1e-8)


@pytest.mark.parametrize("penalty", [None, "firth"])
def test_the_profile_interval_is_where_the_likelihood_ratio_says(penalty):
    time, event, x = trial(11)
    fit = cox(time, event, x, penalty=penalty)
    found = fit.profile_interval("column 1", level=0.9)
    for limit in (found.lower, found.upper):

        def negative(other, limit=limit):
            return -evaluate(fit.problem, np.array([limit, other])).log_likelihood

        profile = -minimize_scalar(negative, options={"xtol": 1e-9}).fun
        gap = fit.log_likelihood - profile
        assert 2 * gap == pytest.approx(2.705543454095404, rel=1e-6)
    assert found.lower < found.value < found.upper


# Naive twin


def _slow_likelihood(beta, time, event, x, entry, stratum, weights, ties):
    total = 0.0
    eta = x @ beta
    for s in set(stratum):
        for t in sorted(
            {a for a, e, z in zip(time, event, stratum, strict=True) if e and z == s}
        ):
            risk = [
                i
                for i in range(len(time))
                if stratum[i] == s and entry[i] < t <= time[i]
            ]
            dead = [i for i in risk if event[i] and time[i] == t]
            whole = sum(weights[i] * math.exp(eta[i]) for i in risk)
            tied = sum(weights[i] * math.exp(eta[i]) for i in dead)
            mean = sum(weights[i] for i in dead) / len(dead)
            total += sum(weights[i] * eta[i] for i in dead)
            for k in range(len(dead)):
                part = k / len(dead) if ties == "efron" else 0.0
                total -= mean * math.log(whole - part * tied)
    return total


@pytest.mark.parametrize("ties", ["efron", "breslow"])
def test_likelihood_and_slopes_against_a_slow_loop(ties):
    time, event, x = trial(5, n=40)
    rng = np.random.default_rng(5)
    entry = np.floor(time * rng.random(40) * 0.9)
    stratum, weights = rng.integers(0, 2, 40), rng.random(40) + 0.5
    fit = cox(time, event, x, entry=entry, stratum=stratum, weights=weights, ties=ties)
    rest = (time, event, x, entry, stratum, weights, ties)
    beta = fit.coefficients
    assert fit.log_likelihood == pytest.approx(_slow_likelihood(beta, *rest))
    assert fit.null_log_likelihood == pytest.approx(_slow_likelihood(0 * beta, *rest))
    information = np.empty((2, 2))
    h = 1e-4
    for j in range(2):
        for k in range(2):
            u, v = np.eye(2)[j] * h, np.eye(2)[k] * h
            corner = (
                _slow_likelihood(beta + u + v, *rest)
                - _slow_likelihood(beta + u - v, *rest)
                - _slow_likelihood(beta - u + v, *rest)
                + _slow_likelihood(beta - u - v, *rest)
            )
            information[j, k] = -corner / (4 * h * h)
        step = np.eye(2)[j] * h
        slope = _slow_likelihood(beta + step, *rest)
        slope -= _slow_likelihood(beta - step, *rest)
        assert slope / (2 * h) == pytest.approx(0, abs=1e-5)
    assert fit.covariance == pytest.approx(np.linalg.inv(information), rel=1e-4)


@pytest.mark.parametrize("ties", ["efron", "breslow"])
def test_the_sandwich_against_the_derivative_by_case_weights(ties):
    # the infinitesimal jackknife: d beta / d weight, by central differences.
    # Efron's mean weight of ties moves with each weight too, so untied data there
    time, event, x = trial(8, n=30, tied=ties == "breslow")
    fit = cox(time, event, x, cluster=np.arange(30), ties=ties)
    total = np.zeros((2, 2))
    for i in range(30):
        step = np.zeros(30)
        step[i] = 1e-4
        up = cox(time, event, x, weights=1 + step, ties=ties).coefficients
        down = cox(time, event, x, weights=1 - step, ties=ties).coefficients
        slope = (up - down) / 2e-4
        total += np.outer(slope, slope)
    assert fit.robust_covariance == pytest.approx(total, rel=1e-5)


def test_exact_ties_against_all_choices():
    from itertools import combinations

    x = np.array([0.3, -1.2, 0.8, 0.1, -0.4])
    fit = cox([1, 1, 2, 3, 3], [1, 1, 0, 1, 0], x, ties="exact")
    beta = fit.coefficients[0]

    def value(b):
        pairs = sum(math.exp(b * sum(two)) for two in combinations(x, 2))
        last = math.exp(b * x[3]) + math.exp(b * x[4])
        return b * (x[0] + x[1]) - math.log(pairs) + b * x[3] - math.log(last)

    assert fit.log_likelihood == pytest.approx(value(beta))
    assert value(beta) > max(value(beta + 1e-3), value(beta - 1e-3))
    second = (value(beta + 1e-3) - 2 * value(beta) + value(beta - 1e-3)) / 1e-6
    assert fit.standard_error[0] == pytest.approx(1 / math.sqrt(-second), rel=1e-4)


def test_against_lifelines(table):
    from lifelines import CoxPHFitter

    rossi = table("ll_rossi")
    theirs = CoxPHFitter().fit(rossi, "week", "arrest")
    ours = cox(rossi.week, rossi.arrest, rossi[list(theirs.params_.index)])
    assert ours.coefficients == pytest.approx(theirs.params_.to_numpy(), rel=1e-5)
    assert ours.standard_error == pytest.approx(
        theirs.standard_errors_.to_numpy(), rel=1e-5
    )


# R


def _coxph(fit, names):
    ratios = [fit.hazard_ratio(name) for name in fit.names]
    wald = fit.wald_test().statistic
    ours = {
        "coef": dict(zip(names, fit.coefficients, strict=True)),
        "se": dict(zip(names, fit.standard_error, strict=True)),
        "loglik": [fit.null_log_likelihood, fit.log_likelihood],
        "score": fit.score_test.statistic,
        "lr": fit.likelihood_ratio_test.statistic,
        "wald": {names[0]: wald} if len(names) == 1 else wald,
        "n": fit.n,
        "nevent": fit.n_events,
        "hr_ci": [[r.value, 1 / r.value, r.lower, r.upper] for r in ratios],
    }
    if fit.robust_standard_error is not None:
        robust = dict(zip(names, fit.robust_standard_error, strict=True))
        ours["robust_se"] = robust
        ours["robust_score"] = fit.robust_score_test.statistic
    return ours


STEPS = ["iter"]  # how many Newton steps: ours stops on a stricter rule


@pytest.mark.parametrize("ties", ["efron", "breslow", "exact"])
def test_equals_coxph_on_rossi(ties, figures, table, compare):
    rossi = table("ll_rossi")
    fit = cox(rossi.week, rossi.arrest, rossi[ROSSI], ties=ties)
    theirs = figures[f"cox_rossi_{ties}"]
    compare(_coxph(fit, ROSSI), theirs, rel=1e-6, skip=STEPS)
    alone = cox(rossi.week, rossi.arrest, rossi[["fin"]], ties=ties)
    theirs = figures[f"cox_rossi_fin_{ties}"]
    compare(_coxph(alone, ["fin"]), theirs, rel=1e-6, skip=STEPS)
    if ties == "exact":
        chi_squared = log_rank(rossi.week, rossi.arrest, rossi.fin).statistic
        assert chi_squared == pytest.approx(alone.score_test.statistic, rel=1e-10)


@pytest.mark.parametrize("ties", ["efron", "breslow"])
def test_equals_coxph_on_the_toy_data_with_residuals(ties, figures, table, compare):
    one = table("test1").dropna()
    fit = cox(one.time, one.status, one[["x"]], ties=ties)
    order = np.argsort(one.time[one.status == 1], kind="stable")
    hazard = fit.baseline_hazard()
    at = np.searchsorted(hazard.time, [1, 6, 8, 9], side="right") - 1
    ours = _coxph(fit, ["x"]) | {
        "martingale": fit.martingale_residuals(),
        "score_resid": fit.score_residuals()[:, 0],
        "schoenfeld": fit.schoenfeld_residuals()[order, 0],  # R: in order of time
        "basehaz": [
            {"hazard": hazard.hazard[i], "time": t}
            for i, t in zip(at, (1, 6, 8, 9), strict=True)
        ],
    }
    compare(ours, figures[f"cox_test1_{ties}"], rel=1e-6, skip=STEPS)
    two = table("test2")
    fit = cox(two.stop, two.event, two[["x"]], entry=two.start, ties=ties)
    order = np.argsort(two.stop[two.event == 1], kind="stable")
    ours = _coxph(fit, ["x"]) | {
        "martingale": fit.martingale_residuals(),
        "score_resid": fit.score_residuals()[:, 0],
        "schoenfeld": fit.schoenfeld_residuals()[order, 0],
    }
    compare(ours, figures[f"cox_test2_{ties}"], rel=1e-6, skip=STEPS)
    three = table("testw1")
    fit = cox(three.time, three.status, three[["x"]], weights=three.wt, ties=ties)
    theirs = figures[f"cox_testw1_{ties}"]
    compare(_coxph(fit, ["x"]), theirs, rel=1e-6, skip=STEPS)


def test_says_separation_where_coxph_stops_at_a_large_number(figures, table):
    one, theirs = table("test1").dropna(), figures["cox_test1_exact"]
    fit = cox(one.time, one.status, one[["x"]], ties="exact")
    assert "coefficient of x (separation)" in fit.not_estimable
    assert theirs["coef"]["x"] > 30  # what R prints: no maximum
    assert theirs["se"]["x"] > 1e6
    assert fit.null_log_likelihood == pytest.approx(theirs["loglik"][0], rel=1e-10)
    assert fit.score_test.statistic == pytest.approx(theirs["score"], rel=1e-10)
    assert (fit.n, fit.n_events) == (theirs["n"], theirs["nevent"])


def test_equals_coxph_with_strata_weights_and_sandwich(figures, table, compare):
    rossi = table("ll_rossi").assign(id=range(432))
    rossi["wt"] = np.where(rossi.race == 1, 1, 2)
    names = ["fin", "age", "prio"]
    model = "week + arrest ~ fin + age + prio"
    for case, options in {
        "strat": {"stratum": ["race", "paro"]},
        "robust": {"cluster": "id"},
        "weights": {"cluster": "id", "weights": "wt"},
    }.items():
        fit = cox(model, data=rossi, **options)
        theirs = {
            "strat": figures["cox_rossi_strat"],
            "robust": figures["cox_rossi_robust"],
            "weights": figures["cox_rossi_weights"],
        }[case]
        compare(_coxph(fit, names), theirs, rel=1e-6, skip=STEPS)


def test_profile_interval_equals_uniroot_on_coxph(figures, table, compare):
    rossi = table("ll_rossi")
    fit = cox(rossi.week, rossi.arrest, rossi[["fin", "age", "prio"]])
    found = fit.profile_interval("fin")
    ours = {
        "coef": {"fin": found.value},
        "lower": found.lower,
        "upper": found.upper,
        "lr_p": found.p_value,
    }
    compare(ours, figures["cox_profile_rossi_fin"], rel=1e-5)


def test_equals_coxph_for_one_cause(figures, table, compare):
    mgus = table("mgus2_cr")
    fit = cox("etime + {ev == 1} ~ age + male", data=mgus)
    compare(_coxph(fit, ["age", "male"]), figures["csh_pcm"], rel=1e-6, skip=STEPS)


def test_equals_coxph_for_repeated_events(figures, table, compare):
    two = table("bladder2")
    spells = (two.stop, two.event, two[BLADDER])
    options = {"entry": two.start, "cluster": two.id}
    fit = cox(*spells, **options)
    compare(_coxph(fit, BLADDER), figures["bladder_ag"], rel=1e-6, skip=STEPS)
    fit = cox(*spells, **options, ties="breslow")
    compare(_coxph(fit, BLADDER), figures["bladder_ag_breslow"], rel=1e-6, skip=STEPS)
    fit = cox(*spells, **options, stratum=two.enum)
    compare(_coxph(fit, BLADDER), figures["bladder_pwp_total"], rel=1e-6, skip=STEPS)
    gap = (two.stop - two.start, two.event, two[BLADDER])
    fit = cox(*gap, cluster=two.id, stratum=two.enum)
    compare(_coxph(fit, BLADDER), figures["bladder_pwp_gap"], rel=1e-6, skip=STEPS)


def test_equals_coxph_for_wlw(figures, table, compare):
    wlw = table("bladder")
    model = "stop + event ~ rx + size + number"
    options = {"data": wlw, "cluster": "id", "stratum": "enum"}
    fit = cox(model, **options)
    theirs = figures["bladder_wlw_common"]
    compare(_coxph(fit, BLADDER), theirs, rel=1e-6, skip=STEPS)
    frame, theirs = wlw[BLADDER].copy(), figures["bladder_wlw"]
    for name in BLADDER:
        for k in (2, 3, 4):
            frame[f"{name}:strata(enum)enum={k}"] = wlw[name] * (wlw.enum == k)
    fit = cox(wlw.stop, wlw.event, frame, cluster=wlw.id, stratum=wlw.enum)
    compare(_coxph(fit, list(frame)), theirs, rel=1e-6, skip=STEPS)


# Results and formulas


def test_a_formula_codes_arms_and_equals_arrays():
    time, event, x = trial(6)
    arm = np.array(["MAU", "MST-PSB"])[np.arange(50) % 2]
    frame = pd.DataFrame({"time": time, "event": event, "age": x[:, 0], "arm": arm})
    fit = cox("time + event ~ arm + age", data=frame)
    assert fit.names == ("arm[T.MST-PSB]", "age")
    plain = cox(time, event, np.column_stack([arm == "MST-PSB", x[:, 0]]))
    assert fit.coefficients == pytest.approx(plain.coefficients, rel=1e-12)


def test_missing_rows_are_dropped_with_their_stratum():
    time, event, x = trial(6)
    frame = pd.DataFrame({"t": time, "e": event, "x": x[:, 0], "s": x[:, 1] > 0})
    frame["s"] = frame["s"].astype(object)
    frame.loc[3, "x"], frame.loc[5, "s"] = np.nan, None
    fit = cox("t + e ~ x", data=frame, stratum="s", missing="drop")
    kept = frame.drop(index=[3, 5])
    plain = cox(kept.t, kept.e, kept[["x"]], stratum=kept.s)
    assert fit.coefficients == pytest.approx(plain.coefficients, rel=1e-12)
    assert "2 rows with missing values left out" in fit.method
    assert fit.n == 48


def test_the_r_call_names_the_options():
    time, event, x = trial(6)
    fit = cox(time, event, x[:, 0], stratum=x[:, 1] > 0, cluster=np.arange(50))
    assert fit.to_r() == (
        "survival::coxph(survival::Surv(time, event) ~ covariates + strata(stratum), "
        'cluster = cluster, ties = "efron")'
    )


# Errors


def test_refuses_options_that_do_not_go_together():
    columns = ([1, 2, 3], [1, 1, 0], [0, 1, 0])
    with pytest.raises(ArgumentError, match="`ties` must be one of efron, breslow"):
        cox(*columns, ties="discrete")
    with pytest.raises(ArgumentError, match='`penalty` must be None or "firth", got'):
        cox(*columns, penalty="ridge")
    with pytest.raises(ArgumentError, match='`ties` must not be "exact" with'):
        cox(*columns, ties="exact", weights=[1, 2, 1])
    with pytest.raises(ArgumentError, match="`covariates` must be given"):
        cox([1, 2], [1, 0])


def test_refuses_impossible_columns():
    with pytest.raises(DataError, match="`weights` must be above 0, got '1 that are"):
        cox([1, 2], [1, 0], [0, 1], weights=[1, 0])
    with pytest.raises(DataError, match="`covariates` must have no missing values"):
        cox([1, 2], [1, 0], [np.nan, 1])
    with pytest.raises(DataError, match="`covariates` must be finite"):
        cox([1, 2], [1, 0], [np.inf, 1])
    with pytest.raises(DataError, match="`covariates` must have at least one column"):
        cox([1, 2], [1, 0], np.empty((2, 0)))
    with pytest.raises(DataError, match="`entry` must lie before `time`"):
        cox([1, 2], [1, 0], [0, 1], entry=[1, 0])


def test_refuses_a_covariate_that_is_not_there():
    fit = cox([1, 2, 3], [1, 1, 0], pd.DataFrame({"age": [1, 0, 1]}))
    with pytest.raises(ArgumentError, match=r"(?s)`name` must be one of age.*'age'"):
        fit.hazard_ratio("Age")


def test_residuals_need_a_fit_and_no_exact_ties():
    exact = cox([1, 2, 3], [1, 1, 0], [1, 0, 1], ties="exact")
    with pytest.raises(ArgumentError, match="`ties` must be"):
        exact.martingale_residuals()
    nothing = cox([1, 2, 3], [0, 0, 0], [1, 0, 1])
    with pytest.raises(
        ArgumentError, match="`fit` must be estimable, got 'there is no"
    ):
        nothing.score_residuals()
