"""Proportional subdistribution hazards."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from steps_analysis.errors import ArgumentError, DataError
from steps_analysis.outcomes import cox, fine_gray


def trial(seed, n=60, p=2):
    rng = np.random.default_rng(seed)
    time = rng.integers(1, 12, n).astype(float)
    cause = rng.choice(3, n, p=[0.3, 0.4, 0.3])
    x = np.column_stack([rng.integers(0, 2, n), rng.normal(size=n)])[:, :p]
    return time, cause, x


METHODS = ("fine-gray", "weighted-cox")


# By hand


@pytest.mark.parametrize("method", METHODS)
def test_a_competing_event_stays_at_risk(method):
    # time 1, x 1: event 2; time 2, x 0: event 1; time 3, x 1 and x 0: event 1
    # nobody is censored. r = exp(b): at 2 at risk r, 1, r, 1; at 3 r, r, 1
    # likelihood 1/(2r + 2) * r/(2r + 1)^2; score at 0: -1/2 + 1 - 4/3
    time, cause, x = [1.0, 2, 3, 3], [2, 1, 1, 1], [1, 0, 1, 0]
    fit = fine_gray(time, cause, x, method=method)
    assert fit.null_log_likelihood == pytest.approx(-math.log(4 * 9))
    assert fit.n_events == 3
    assert fit.n_competing == 1
    # -r/(r + 1) + 1 - 4r/(2r + 1) = 0: 2r + 1 = 4r (r + 1), r = (sqrt(5) - 1)/4
    ratio = (math.sqrt(5) - 1) / 4
    assert fit.hazard_ratio("column 1").value == pytest.approx(ratio)


def test_the_weight_is_of_remaining_uncensored():
    # event 2 at 1 (x 1), censored at 2 (x 0), event 1 at 3 (x 1, x 0)
    # censored at 2: 3 at risk, so the first weighs 2/3 at 3: r*2/3 + r + 1
    fit = fine_gray([1.0, 2, 3, 4], [2, 0, 1, 0], [1, 0, 1, 0])
    assert fit.null_log_likelihood == pytest.approx(-math.log(2 / 3 + 2))


def test_methods_differ_where_an_event_and_a_censoring_share_a_time():
    # event 2 at 1; at 2 one censored and one event 2: at risk of censoring 4, or 3
    time, cause, x = [1.0, 2, 2, 3, 4], [2, 0, 2, 1, 0], [1, 0, 0, 1, 0]
    nulls = [fine_gray(time, cause, x, method=m).null_log_likelihood for m in METHODS]
    assert nulls[0] == pytest.approx(-math.log(2 + 3 / 4 + 3 / 4))
    assert nulls[1] == pytest.approx(-math.log(2 + 2 / 3 + 2 / 3))


def test_predicted_incidence_without_censoring():
    # x has no effect: at 1 of four one event 1, one event 2; at 2 one of three
    time, cause, x = [1.0, 1, 2, 3] * 2, [1, 2, 1, 2] * 2, np.repeat([0.0, 1.0], 4)
    fit = fine_gray(time, cause, x)
    found = fit.predicted_incidence({"column 1": 1.0})
    assert found.time.tolist() == [1, 2]
    hazard = [1 / 4, 1 / 4 + 1 / 3]
    assert found.incidence.to_numpy() == pytest.approx(1 - np.exp(-np.array(hazard)))


# Edges


@pytest.mark.parametrize(
    ("time", "cause", "x", "reason"),
    [
        ([1, 2], [0, 0], [0, 1], "there is no event of this kind"),
        ([1, 2], [2, 0], [0, 1], "there is no event of this kind"),
        ([1], [1], [0], "no covariate varies among those at risk"),
        ([1, 2, 3], [1, 2, 0], [4, 4, 4], "no covariate varies among those at risk"),
        ([1, 2, 3], [1, 2, 0], [1, 0, 0], "the likelihood keeps rising with"),
    ],
)
@pytest.mark.parametrize("method", METHODS)
def test_says_why_there_is_no_fit(time, cause, x, reason, method):
    fit = fine_gray(time, cause, x, method=method)
    assert fit.not_estimable.startswith(reason)
    assert np.isnan(fit.coefficients).all()
    ratio = fit.hazard_ratio("column 1")
    assert ratio.not_estimable == fit.not_estimable
    assert fit.wald_test().not_estimable == fit.not_estimable
    assert len(fit.baseline) == 0


def test_separation_beside_a_covariate_that_is_fine():
    # everybody with event 1 has x 1; Newton's steps go on until information has faded
    time, cause = [1.0, 3, 5, 2, 0, 3, 4, 4, 4, 1], [2, 2, 2, 1, 2, 1, 0, 2, 2, 2]
    x = [[1, 1], [0, 5], [0, 5], [1, 5], [1, 5], [1, 0], [1, 0], [1, 1], [0, 5], [1, 5]]
    fit = fine_gray(time, cause, x)
    reason = "the likelihood keeps rising with the coefficient of column 1 (separation)"
    assert fit.not_estimable == reason
    assert math.isnan(fit.log_likelihood)


def test_a_column_determined_by_others_is_left_out():
    time, cause, x = trial(1)
    fit = fine_gray(time, cause, np.column_stack([x, x[:, 0] * 2]))
    assert fit.dropped == ("column 3",)
    assert np.isnan(fit.coefficients[2])
    alone = fine_gray(time, cause, x)
    assert fit.coefficients[:2] == pytest.approx(alone.coefficients)
    reason = fit.hazard_ratio("column 3").not_estimable
    assert reason == "column 3 is constant, or determined by the covariates before it"
    assert fit.wald_test().degrees_of_freedom == 2


@pytest.mark.parametrize("method", METHODS)
def test_all_tied_and_everybody_with_an_event(method):
    fit = fine_gray([5.0] * 6, [1, 1, 2, 1, 2, 2], [0, 1, 1, 1, 0, 0], method=method)
    assert fit.not_estimable is None
    assert fit.n_events == 3


def test_a_ratio_beyond_writing_says_so():
    time, cause, x = trial(1)
    fit = fine_gray(time, cause, x[:, 1] * 1e-5)
    reason = fit.hazard_ratio("column 1").not_estimable
    assert (
        reason == "the ratio per unit of column 1 is beyond writing: take larger units"
    )
    found = fit.predicted_incidence({"column 1": 1e3 * np.sign(fit.coefficients[0])})
    assert found.incidence.iloc[-1] == 1.0


# Properties


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10_000), method=st.sampled_from(METHODS))
def test_without_a_competing_event_it_is_the_cox_model(seed, method):
    time, cause, x = trial(seed)
    event = (cause == 1).astype(int)
    fit = fine_gray(time, event, x, method=method)
    plain = cox(time, event, x, ties="breslow", cluster=np.arange(len(time)))
    assert fit.coefficients == pytest.approx(plain.coefficients, rel=1e-7, abs=1e-9)
    robust = plain.robust_standard_error
    assert fit.standard_error == pytest.approx(robust, rel=1e-6)
    assert fit.log_likelihood == pytest.approx(plain.log_likelihood)


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10_000), method=st.sampled_from(METHODS))
def test_without_censoring_competing_events_never_end(seed, method):
    time, cause, x = trial(seed)
    cause = np.where(cause == 0, 2, cause)
    fit = fine_gray(time, cause, x, method=method)
    for_ever = np.where(cause == 2, 99.0, time)
    plain = cox(for_ever, cause == 1, x, ties="breslow", cluster=np.arange(len(time)))
    assert fit.coefficients == pytest.approx(plain.coefficients, rel=1e-7, abs=1e-9)
    robust = plain.robust_standard_error
    assert fit.standard_error == pytest.approx(robust, rel=1e-6)


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_order_units_and_origin_of_covariates_do_not_matter(seed):
    time, cause, x = trial(seed)
    fit = fine_gray(time, cause, x)
    order = np.random.default_rng(seed).permutation(len(time))
    again = fine_gray(time[order] * 7, cause[order], 100 - x[order] / 10)
    assert again.coefficients == pytest.approx(fit.coefficients * -10, rel=1e-6)
    assert again.standard_error == pytest.approx(fit.standard_error * 10, rel=1e-6)
    row = fit.predicted_incidence({"column 1": 1.0, "column 2": 0.5})
    same = again.predicted_incidence({"column 1": 99.9, "column 2": 99.95})
    assert same.incidence.to_numpy() == pytest.approx(row.incidence.to_numpy())


def test_clusters_of_one_row_change_nothing_and_doubled_rows_count_once():
    time, cause, x = trial(3)
    alone = fine_gray(time, cause, x)
    single = fine_gray(time, cause, x, cluster=np.arange(60))
    assert single.standard_error == pytest.approx(alone.standard_error)
    rows = np.tile(np.arange(60), 2)
    double = fine_gray(time[rows], cause[rows], x[rows], cluster=rows)
    assert double.coefficients == pytest.approx(alone.coefficients)
    assert double.standard_error == pytest.approx(alone.standard_error, rel=0.02)
    assert "robust variance by cluster" in double.method


def test_memory_is_not_rows_squared():
    import tracemalloc

    rng = np.random.default_rng(5)
    n = 20_000
    time, cause = rng.exponential(size=n), rng.choice(3, n)
    x = rng.normal(size=(n, 2))
    tracemalloc.start()
    fit = fine_gray(time, cause, x)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert fit.not_estimable is None
    assert peak < 60e6  # rows of finegray() would be 2e8


# Naive twins


def remaining(time, cause, t):
    left = 1.0
    for c in sorted(set(time[cause == 0])):
        if c < t:
            left *= 1 - np.sum((time == c) & (cause == 0)) / np.sum(time >= c)
    return left


def weight(time, cause, group, i, t):
    if time[i] >= t:
        return 1.0
    if cause[i] != 2:
        return 0.0
    own = group == group[i]
    now, then = (remaining(time[own], cause[own], u) for u in (t, time[i]))
    return now / then


def slow(time, cause, x, beta, group):
    # Fine and Gray (1999), sections 3 and 4, person by person; pull[i, j] is the part
    # of the score of person i at the event of person j, by the hazard
    n, p = x.shape
    events, r = np.flatnonzero(cause == 1), np.exp(x @ beta)
    parts, pull, information = np.zeros((n, p)), np.zeros((n, n, p)), np.zeros((p, p))
    for j in events:
        weighted = [r[i] * weight(time, cause, group, i, time[j]) for i in range(n)]
        share = np.array(weighted) / np.sum(weighted)
        away = x - share @ x
        information += away.T @ (away * share[:, None])
        parts[j] += away[j]
        pull[:, j] = away * share[:, None]
    score = parts.sum(axis=0)
    parts -= pull.sum(axis=1)
    for g, c in {(group[i], time[i]) for i in np.flatnonzero(cause == 0)}:
        before = (time < c) & (cause == 2) & (group == g)
        q = pull[np.ix_(before, time >= c)].sum(axis=(0, 1))
        risk, gone = (time >= c) & (group == g), (time == c) & (cause == 0)
        parts[gone & risk] += q / risk.sum()
        parts[risk] -= q * (gone & risk).sum() / risk.sum() ** 2
    bread = np.linalg.inv(information)
    return score, bread @ parts.T @ parts @ bread


@pytest.mark.parametrize("groups", [1, 2])
@pytest.mark.parametrize("seed", range(3))
def test_against_fine_and_grays_formulas_person_by_person(seed, groups):
    time, cause, x = trial(seed, 40)
    group = np.arange(40) % groups
    fit = fine_gray(time, cause, x, censoring=None if groups == 1 else group)
    score, covariance = slow(time, cause, x, fit.coefficients, group)
    assert score == pytest.approx([0, 0], abs=1e-8)
    assert fit.covariance == pytest.approx(covariance)


def expanded(frame):
    # the rows of survival::finegray: those with a competing event go on, in a new row
    # whenever the censoring curve has fallen between two event times
    events = np.unique(frame.etime[frame.ev == 1])
    censored = np.unique(frame.etime[frame.ev == 0])
    seen = np.searchsorted(censored, events, side="left")
    left = [1.0]
    for c in censored:
        at_risk = np.sum(frame.etime > c) + np.sum((frame.etime == c) & (frame.ev == 0))
        out = np.sum((frame.etime == c) & (frame.ev == 0))
        left.append(left[-1] * (1 - out / at_risk))
    left, edges = np.array(left), np.append(censored, frame.etime.max())
    kept = np.zeros(len(edges), dtype=bool)
    kept[np.unique(seen)] = True
    rows = []
    for i, row in enumerate(frame.itertuples()):
        j = int(np.searchsorted(edges, row.etime, side="left"))
        if row.ev != 2:
            rows.append((i, 0.0, row.etime, row.ev == 1, 1.0, row.age, row.male))
            continue
        base, start = left[j], row.etime
        rows.append((i, 0.0, edges[j], False, 1.0, row.age, row.male))
        start = edges[j]
        for k in range(j + 1, len(edges)):
            if kept[k]:
                share = left[k] / base
                rows.append((i, start, edges[k], False, share, row.age, row.male))
            start = edges[k]
    names = ["id", "start", "stop", "event", "weight", "age", "male"]
    return pd.DataFrame(rows, columns=names)


# R


def _coxph(fit, names, theirs):
    scale = [fit.hazard_ratio(name) for name in names]
    return {
        "coef": dict(zip(names, fit.coefficients, strict=True)),
        "hr_ci": [[e.value, 1 / e.value, e.lower, e.upper] for e in scale],
        "wald": fit.wald_test().statistic,
        "iter": theirs["iter"],
    }


def test_equals_crr(figures, table, compare):
    mgus = table("mgus2_cr")
    fit = fine_gray(mgus.etime, mgus.ev, mgus[["age", "male"]])
    ours = {
        "coef": dict(zip(fit.names, fit.coefficients, strict=True)),
        "se": fit.standard_error,
        "model_se": fit.model_standard_error,
        "loglik": fit.log_likelihood,
        "null": fit.null_log_likelihood,
    }
    compare(ours, figures["finegray_mgus2_1"], rel=1e-8)


def test_equals_crr_on_its_own_test_data(figures, table, compare):
    small = table("cr_small").assign(g=lambda t: (t.group == "b") * 1.0)
    fit = fine_gray("ftime + fstatus ~ g + x", data=small)
    ours = {
        "crr_coef": dict(zip(fit.names, fit.coefficients, strict=True)),
        "crr_se": fit.standard_error,
        "crr_loglik": fit.log_likelihood,
        "crr_null": fit.null_log_likelihood,
    }
    # curves and Gray's test are compared in test_gray.py
    theirs = figures["cr_cuminc_test_cmprsk"]
    compare(ours, theirs, rel=1e-8, skip=["est", "var", "tests"])


def test_equals_finegray_and_coxph(figures, table, compare):
    mgus, theirs = table("mgus2_cr"), figures["finegray_coxph_pcm"]["robust"]
    names = ["age", "male"]
    fit = fine_gray(mgus.etime, mgus.ev, mgus[names], method="weighted-cox")
    ours = _coxph(fit, names, theirs) | {
        "se": dict(zip(names, fit.model_standard_error, strict=True)),
        "robust_se": dict(zip(names, fit.standard_error, strict=True)),
        "loglik": [fit.null_log_likelihood, fit.log_likelihood],
        "lr": 2 * (fit.log_likelihood - fit.null_log_likelihood),
        "score": fit.model_score_test.statistic,
        "robust_score": fit.score_test.statistic,
        "nevent": fit.n_events,
        "n": len(expanded(mgus)),
    }
    # coxph stops a step early: its coefficient is off in digit 8, the test in 8
    compare(ours, theirs, rel=1e-6)


def test_the_expanded_table_gives_both_fits_of_coxph(figures, table, compare):
    # "naive" takes every row of finegray() as a participant of its own
    rows, both = expanded(table("mgus2_cr")), figures["finegray_coxph_pcm"]
    names, ours = ["age", "male"], {}
    for key, cluster in (("naive", np.arange(len(rows))), ("robust", rows.id)):
        fit = cox(
            rows.stop,
            rows.event,
            rows[names],
            entry=rows.start,
            weights=rows.weight,
            cluster=cluster,
            ties="breslow",
        )
        ours[key] = _coxph(fit, names, both[key]) | {
            "se": dict(zip(names, fit.standard_error, strict=True)),
            "robust_se": dict(zip(names, fit.robust_standard_error, strict=True)),
            "loglik": [fit.null_log_likelihood, fit.log_likelihood],
            "lr": fit.likelihood_ratio_test.statistic,
            "score": fit.score_test.statistic,
            "robust_score": fit.robust_score_test.statistic,
            "nevent": fit.n_events,
            "n": fit.n,
        }
    compare(ours, both, rel=1e-6)


def test_says_the_call_of_r(table):
    mgus = table("mgus2_cr").head(200)
    call = "cmprsk::crr(time, cause, cbind(age, male), failcode = 1, cencode = 0)"
    given = (mgus.etime, mgus.ev, mgus[["age", "male"]])
    assert fine_gray(*given).to_r() == call
    assert fine_gray(*given).hazard_ratio("age").r_call == call
    assert fine_gray(*given).wald_test().r_call == call
    assert "survival::finegray" in fine_gray(*given, method="weighted-cox").to_r()
    assert fine_gray(*given, censoring=mgus.sex).to_r() is None


# A formula does the same


def test_a_formula_equals_arrays():
    time, cause, x = trial(5)
    frame = pd.DataFrame({"t": time, "c": cause, "a": x[:, 0], "b": x[:, 1]})
    one = fine_gray("t + c ~ a + b", data=frame, censoring="a", failure=2)
    two = fine_gray(time, cause, frame[["a", "b"]], censoring=frame.a, failure=2)
    pd.testing.assert_frame_equal(one.to_frame(), two.to_frame())
    assert "censoring by group" in one.method


# Errors


def test_refuses_what_cannot_be():
    with pytest.raises(ArgumentError, match="`method` must be one of fine-gray, weigh"):
        fine_gray([1, 2], [0, 1], [0, 1], method="efron")
    with pytest.raises(ArgumentError, match="`failure` must be a kind of event"):
        fine_gray([1, 2], [0, 1], [0, 1], failure=0)
    with pytest.raises(ArgumentError, match="`covariates` must be given, got None"):
        fine_gray([1, 2], [0, 1])
    with pytest.raises(DataError, match="`covariates` must have at least one column"):
        fine_gray([1, 2], [0, 1], np.empty((2, 0)))
    with pytest.raises(DataError, match="`cause` must hold whole numbers, 0 for"):
        fine_gray([1, 2], [0.5, 1], [0, 1])
    time, cause, x = trial(5)
    fit = fine_gray(time, cause, x)
    with pytest.raises(ArgumentError, match="`name` must be one of column 1, column 2"):
        fit.hazard_ratio("colum 1")
    with pytest.raises(ArgumentError, match="`covariates` must name exactly column 1"):
        fit.predicted_incidence({"column 1": 1.0})
