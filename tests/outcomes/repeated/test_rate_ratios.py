"""Models of repeated events."""

import itertools
import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from steps_analysis.errors import ArgumentError, DataError
from steps_analysis.outcomes import RecurrentFit, cox, recurrent_rate_ratio

BLADDER = ["rx", "size", "number"]
MODEL = "start + stop + event ~ rx + size + number"
MODELS = ["andersen-gill", "lwyy", "pwp-total", "pwp-gap", "wlw", "wlw-common"]
STEPS = ["iter"]  # how many Newton steps: ours stops on a stricter rule


def trial(seed, n=30):
    """Draw up to three events each, in days, with an arm and an age."""
    rng = np.random.default_rng(seed)
    rows = []
    for person in range(n):
        arm, age, end = person % 2, rng.normal(), rng.integers(20, 40)
        marks = np.unique(rng.integers(1, end, rng.poisson(1.0 + 0.7 * arm)))[:3]
        edges = [0, *marks.tolist(), int(end)]
        for k, (a, b) in enumerate(itertools.pairwise(edges)):
            rows.append((person, arm, age, a, b, int(k < len(marks))))
    names = ["id", "arm", "age", "start", "stop", "event"]
    return pd.DataFrame(rows, columns=names)


def fitted(table, right="arm + age", **options):
    model = f"start + stop + event ~ {right}"
    return recurrent_rate_ratio(model, data=table, cluster="id", **options)


# By hand


def test_andersen_gill_by_hand():
    # arm 1: events at 1 and 3, arm 0: one at 2; both at risk at all three, so the
    # likelihood is r^2 / (1 + r)^3: r = 2, information 3 r / (1 + r)^2 = 2/3
    fit = recurrent_rate_ratio(
        [0, 1, 3, 0, 2],
        [1, 3, 4, 2, 4],
        [1, 1, 0, 1, 0],
        list("pppqq"),
        [1, 1, 1, 0, 0],
    )
    assert fit.rate_ratio("column 1").value == pytest.approx(2)
    assert fit.standard_error[0] == pytest.approx(math.sqrt(1.5))
    assert (fit.n, fit.n_events) == (2, 3)
    # With one participant in each arm the score residuals, and so the sandwich, are 0:
    # the model's own standard error stands in
    ratio = fit.rate_ratio("column 1")
    assert ratio.standard_error == pytest.approx(math.sqrt(1.5))
    assert ratio.method.endswith("participants do not differ within the arms")


def test_the_strata_are_the_number_of_the_event_waited_for():
    rows = ([0, 1, 3, 0, 2], [1, 3, 4, 2, 4], [1, 1, 0, 1, 0], list("pppqq"))
    fit = recurrent_rate_ratio(*rows, [1, 1, 1, 0, 0], model="pwp-total")
    # at 1 both wait for a first: r / (1 + r); at 2 only q does: 1;
    # at 3 both wait for a second: r / (1 + r): rises for ever
    assert "separation" in fit.not_estimable
    assert fit.numbers == (1, 2, 3)
    gap = recurrent_rate_ratio(*rows, [1, 1, 1, 0, 0], model="pwp-gap")
    # gaps: first after 1 (arm 1) and 2 (arm 0), second after 2 (arm 1; q left at 2)
    problem = gap.fit.problem.risk_sets
    assert problem.group_stratum.tolist() == [0, 0, 1]
    assert problem.group_time.tolist() == [1, 2, 2]


def test_wlw_lays_out_one_row_for_each_number():
    rows = ([0, 2, 0], [2, 5, 4], [1, 1, 0], ["a", "a", "b"])
    fit = recurrent_rate_ratio(*rows, [1.0, 1.0, 0.0], model="wlw-common")
    # two numbers for two participants; a has events at 2 and 5, b left at 4: at 2 both
    # are at risk of a first, at 5 only a of a second
    assert (fit.fit.n, fit.n, fit.n_events) == (4, 2, 2)
    sets = fit.fit.problem.risk_sets
    assert sets.group_time.tolist() == [2, 5]
    assert fit.numbers == (1, 2)


# Edges


@pytest.mark.parametrize("model", MODELS)
def test_ugly_inputs_have_their_own_answer(model):
    def reason(*columns):
        fit = recurrent_rate_ratio(*columns, model=model)
        ratio = fit.rate_ratio(fit.names[0])
        assert ratio.not_estimable == fit.not_estimable
        assert fit.to_frame().shape[0] == len(fit.names)
        if model == "wlw":
            average = fit.average_effect("column 1").ratio
            assert average.not_estimable == fit.not_estimable
        return fit.not_estimable

    nothing = reason([0, 0], [1, 2], [0, 0], [1, 2], [0, 1])
    assert nothing == "there is no event"
    constant = "no covariate varies among those at risk"
    assert reason([0, 0, 1], [1, 3, 3], [1, 0, 0], [1, 2, 1], [1, 1, 1]) == constant
    assert reason([0, 1], [1, 3], [1, 0], ["a", "a"], [1, 1]) == constant
    alone = reason([0, 1, 0], [1, 3, 3], [1, 0, 0], [1, 1, 2], [1, 1, 0])
    assert "separation" in alone


def test_everybody_at_one_time():
    rows = ([0] * 4, [5] * 4, [1] * 4, list("abcd"), [0, 0, 1, 1])
    for model in MODELS:
        fit = recurrent_rate_ratio(*rows, model=model)
        assert fit.coefficients[0] == pytest.approx(0, abs=1e-9)


def test_a_separated_late_event_can_be_left_out():
    table = trial(1)
    late = fitted(table[table.arm == 1].assign(arm=0), last_number=2)  # one arm only
    assert late.fit.dropped[0] == "arm"
    fit = fitted(table, model="wlw", last_number=1)
    first = table.groupby("id").first().reset_index()
    plain = cox("stop + event ~ arm + age", data=first, cluster="id")
    assert fit.coefficients == pytest.approx(plain.coefficients, rel=1e-8)
    assert fit.robust_standard_error == pytest.approx(plain.robust_standard_error)
    assert "events after number 1 left out" in fit.method
    average = fit.average_effect("arm")
    assert average.weights.tolist() == [1.0]
    assert average.ratio.value == pytest.approx(fit.rate_ratio("arm, event 1").value)


def test_no_average_of_an_effect_that_is_not_there():
    table = trial(2)
    table["both"] = table.arm  # determined by the arm before it
    fit = fitted(table, "arm + both", model="wlw", last_number=2)
    said = fit.average_effect("both").ratio.not_estimable
    assert said == "both does not vary among those at risk of every numbered event"
    assert fit.average_effect("arm").ratio.not_estimable is None


def test_missing_rows_are_counted():
    table = trial(3)
    table.loc[4, "age"] = np.nan
    fit = fitted(table, missing="drop")
    assert fit.method.endswith("; 1 row with missing values left out")


# Properties


@settings(max_examples=12, deadline=None)
@given(seed=st.integers(0, 10_000), model=st.sampled_from(MODELS))
def test_order_names_and_cuts_do_not_matter(seed, model):
    table = trial(seed)
    one = fitted(table, model=model)
    order = np.random.default_rng(seed).permutation(len(table))
    again = fitted(table.iloc[order], model=model)
    named = fitted(table.assign(id="p" + table.id.astype(str)), model=model)
    long = table[table.stop - table.start > 1]
    middle = (long.start + 1).to_numpy()
    rest = table.assign(start=np.where(table.index.isin(long.index), 1, 0))
    rest["start"] += table.start
    cut = pd.concat([rest, long.assign(stop=middle, event=0)])
    halved = fitted(cut, model=model)
    if one.not_estimable:
        assert halved.not_estimable == one.not_estimable
        return
    for other in (again, named, halved):
        assert other.coefficients == pytest.approx(one.coefficients, abs=1e-8)
        assert other.robust_standard_error == pytest.approx(one.robust_standard_error)


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_swapping_arms_inverts_the_ratio(seed):
    table = trial(seed)
    one = fitted(table, "arm").rate_ratio("arm")
    two = fitted(table.assign(arm=1 - table.arm), "arm").rate_ratio("arm")
    assert two.value == pytest.approx(1 / one.value)
    assert (two.lower, two.upper) == pytest.approx((1 / one.upper, 1 / one.lower))


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 10_000), model=st.sampled_from(MODELS))
def test_first_events_alone_are_the_cox_model(seed, model):
    first = trial(seed).groupby("id").first().reset_index()
    fit = fitted(first, model=model)
    plain = cox("stop + event ~ arm + age", data=first, cluster="id")
    assert fit.coefficients == pytest.approx(plain.coefficients, abs=1e-8)
    assert fit.robust_standard_error == pytest.approx(plain.robust_standard_error)


def test_lwyy_is_andersen_gill():
    table = trial(5)
    one, two = fitted(table), fitted(table, model="lwyy")
    assert one.coefficients.tolist() == two.coefficients.tolist()
    assert one.robust_covariance.tolist() == two.robust_covariance.tolist()
    assert "Lin-Wei-Yang-Ying" in two.method


# Naive twin


def _slow_score(beta, table, arm, number, gap):
    """Breslow's score of one covariate, and each participant's part of it."""
    events = table[table.event == 1]
    own = dict.fromkeys(table.id.unique(), 0.0)
    information = 0.0
    for _, happened in events.iterrows():
        at = happened.stop - happened.start if gap else happened.stop
        risk = [
            row
            for _, row in table.iterrows()
            if (not number or row.number == happened.number)
            and ((at <= row.stop - row.start) if gap else row.start < at <= row.stop)
        ]
        weight = np.array([math.exp(beta * row[arm]) for row in risk])
        x = np.array([row[arm] for row in risk])
        mean = (weight @ x) / weight.sum()
        information += (weight @ x**2) / weight.sum() - mean**2
        own[happened.id] += happened[arm] - mean
        for row, w in zip(risk, weight, strict=True):
            own[row.id] -= w * (row[arm] - mean) / weight.sum()
    return sum(own.values()), information, own


@pytest.mark.parametrize("model", ["andersen-gill", "pwp-total", "pwp-gap"])
def test_score_information_and_sandwich_against_a_slow_loop(model):
    table = trial(7, n=16)
    table["number"] = table.groupby("id").cumcount() + 1
    fit = fitted(table, "age", model=model, ties="breslow")
    score, information, own = _slow_score(
        fit.coefficients[0], table, "age", model != "andersen-gill", "gap" in model
    )
    assert score == pytest.approx(0, abs=1e-8)
    assert fit.standard_error[0] == pytest.approx(information**-0.5)
    squares = sum(part**2 for part in own.values())
    robust = math.sqrt(squares) / information
    assert fit.robust_standard_error[0] == pytest.approx(robust)


def test_the_joint_covariance_against_separate_fits():
    # each number's own Cox model; the joint sandwich is the cross-product of the
    # participants' influences on each
    table = trial(9, n=40)
    joint = fitted(table, "arm", model="wlw", last_number=2)
    pulls = []
    for number in (1, 2):
        rows = []
        for person, own in table.groupby("id"):
            marks = own[own.event == 1].stop.tolist()
            has = len(marks) >= number
            end = marks[number - 1] if has else own.stop.max()
            rows.append((person, own.arm.iloc[0], end, has))
        one = pd.DataFrame(rows, columns=["id", "arm", "stop", "event"])
        fit = cox("stop + event ~ arm", data=one, cluster="id")
        pulls.append(fit.score_residuals()[:, 0] * fit.covariance[0, 0])
        assert joint.coefficients[number - 1] == pytest.approx(fit.coefficients[0])
    assert joint.robust_covariance == pytest.approx(np.array(pulls) @ np.array(pulls).T)


# R


def _coxph(model, names):
    fit = model.fit
    ratios = [model.rate_ratio(name) for name in model.names]
    robust = model.robust_standard_error
    return {
        "coef": dict(zip(names, model.coefficients, strict=True)),
        "se": dict(zip(names, model.standard_error, strict=True)),
        "loglik": [fit.null_log_likelihood, model.log_likelihood],
        "score": fit.score_test.statistic,
        "lr": fit.likelihood_ratio_test.statistic,
        "wald": fit.wald_test().statistic,
        "n": fit.n,
        "nevent": model.n_events,
        "hr_ci": [[r.value, 1 / r.value, r.lower, r.upper] for r in ratios],
        "robust_se": dict(zip(names, robust, strict=True)),
        "robust_score": fit.robust_score_test.statistic,
    }


@pytest.mark.parametrize(
    ("case", "options"),
    [
        ("ag", {}),
        ("ag", {"model": "lwyy"}),
        ("ag_breslow", {"ties": "breslow"}),
        ("pwp_total", {"model": "pwp-total"}),
        ("pwp_gap", {"model": "pwp-gap"}),
        ("wlw_common", {"model": "wlw-common"}),
    ],
)
def test_equals_coxph(case, options, figures, table, compare):
    fit = recurrent_rate_ratio(MODEL, data=table("bladder2"), cluster="id", **options)
    theirs = figures[f"bladder_{case}"]
    compare(_coxph(fit, BLADDER), theirs, rel=1e-6, skip=STEPS)
    assert fit.n == 85


def test_numbers_given_and_counted_are_the_same(table):
    rows = table("bladder2")
    for model in ("pwp-total", "pwp-gap"):
        options = {"data": rows, "cluster": "id", "model": model}
        counted = recurrent_rate_ratio(MODEL, **options)
        given_ = recurrent_rate_ratio(MODEL, **options, event_number="enum")
        assert counted.coefficients.tolist() == given_.coefficients.tolist()


@pytest.mark.parametrize("laid_out", [False, True])
def test_equals_coxph_for_wlw(laid_out, figures, table, compare):
    if laid_out:
        marginal = "stop + event ~ rx + size + number"
        options = {"data": table("bladder"), "event_number": "enum"}
        fit = recurrent_rate_ratio(marginal, cluster="id", model="wlw", **options)
    else:
        options = {"data": table("bladder2")}
        fit = recurrent_rate_ratio(MODEL, cluster="id", model="wlw", **options)
    # R's coefficients: the first event's effect, then differences from it
    to_r = np.zeros((12, 12))
    names = []
    for j, name in enumerate(BLADDER):
        to_r[j, 4 * j] = 1
        names.append(name)
    for j, name in enumerate(BLADDER):
        for k in (2, 3, 4):
            to_r[len(names), 4 * j + k - 1], to_r[len(names), 4 * j] = 1, -1
            names.append(f"{name}:strata(enum)enum={k}")
    coefficients = to_r @ fit.coefficients
    se = np.sqrt(np.diag(to_r @ fit.covariance @ to_r.T))
    robust = np.sqrt(np.diag(to_r @ fit.robust_covariance @ to_r.T))
    z = 1.959963984540054
    ours = _coxph(fit, names) | {
        "coef": dict(zip(names, coefficients, strict=True)),
        "se": dict(zip(names, se, strict=True)),
        "robust_se": dict(zip(names, robust, strict=True)),
        "hr_ci": [
            [math.exp(b), math.exp(-b), math.exp(b - z * s), math.exp(b + z * s)]
            for b, s in zip(coefficients, robust, strict=True)
        ],
    }
    compare(ours, figures["bladder_wlw"], rel=1e-6, skip=STEPS)


def test_equals_the_optimally_weighted_average(figures, table, compare):
    fit = recurrent_rate_ratio(
        MODEL, data=table("bladder2"), cluster="id", model="wlw", by_number=["rx"]
    )
    found = fit.average_effect("rx")
    keys = [f"rx:strata(enum)enum={k}" for k in found.numbers]
    ours = {
        "rx": dict(zip(keys, found.log_ratios, strict=True)),
        "V": found.covariance,
        "weights": found.weights,
        "avg": math.log(found.ratio.value),
        "se": found.ratio.standard_error,
    }
    compare(ours, figures["bladder_wlw_avg"], rel=1e-6)


def test_the_r_call_names_the_model():
    table = trial(4)
    left = 'cluster = cluster, ties = "efron")'
    calls = {
        "andersen-gill": "Surv(entry, time, event) ~ arm, ",
        "pwp-total": "Surv(entry, time, event) ~ arm + strata(number), ",
        "pwp-gap": "Surv(time - entry, event) ~ arm + strata(number), ",
        "wlw": "Surv(time, event) ~ arm:strata(number) + strata(number), ",
        "wlw-common": "Surv(time, event) ~ arm + strata(number), ",
    }
    for model, call in calls.items():
        fit = fitted(table, "arm", model=model)
        assert fit.to_r() == f"survival::coxph(survival::{call}{left}"
        assert isinstance(fit, RecurrentFit)


# Errors


def test_refuses_options_that_do_not_go_together():
    columns = ([0, 1], [1, 3], [1, 0], ["a", "a"], [1, 1])
    with pytest.raises(ArgumentError, match="`model` must be one of andersen-gill, lw"):
        recurrent_rate_ratio(*columns, model="frailty")
    with pytest.raises(ArgumentError, match="`ties` must be one of efron, breslow"):
        recurrent_rate_ratio(*columns, ties="exact")
    with pytest.raises(
        ArgumentError, match="`by_number` must be None unless `model` i"
    ):
        recurrent_rate_ratio(*columns, by_number=["column 1"])
    with pytest.raises(ArgumentError, match="`by_number` must name one or more of col"):
        recurrent_rate_ratio(*columns, model="wlw", by_number=["arm"])
    with pytest.raises(ArgumentError, match="`last_number` must be at least 1, got 0"):
        recurrent_rate_ratio(*columns, last_number=0)
    with pytest.raises(ArgumentError, match="`cluster` must be given, got None"):
        recurrent_rate_ratio(*columns[:3], covariates=[1, 1])
    with pytest.raises(ArgumentError, match="`covariates` must be given, got None"):
        recurrent_rate_ratio(*columns[:4])


def test_refuses_impossible_rows():
    with pytest.raises(DataError, match="`entry` must not lie before the end of the"):
        recurrent_rate_ratio([0, 0], [1, 3], [1, 0], ["a", "a"], [1, 1])
    with pytest.raises(DataError, match="`event_number` must hold whole numb"):
        recurrent_rate_ratio(
            [0, 1], [1, 3], [1, 0], ["a", "a"], [1, 1], event_number=[0, 1]
        )
    with pytest.raises(DataError, match="`event_number` must be given once per partic"):
        recurrent_rate_ratio(
            [0, 0], [1, 3], [1, 0], [1, 1], [1, 1], event_number=[1, 1], model="wlw"
        )
    with pytest.raises(DataError, match="`event_number` must not all exceed `last_n"):
        recurrent_rate_ratio([0], [1], [1], [1], [1], event_number=[2], last_number=1)
    with pytest.raises(DataError, match="`entry` must lie before `time`"):
        recurrent_rate_ratio([1], [1], [1], ["a"], [1])


def test_refuses_effects_that_are_not_there():
    fit = fitted(trial(4), "arm")
    with pytest.raises(ArgumentError, match='`model` must be "wlw" to average'):
        fit.average_effect("arm")
    with pytest.raises(ArgumentError, match="`name` must be one of arm, got 'Arm'"):
        fit.rate_ratio("Arm")
    wlw = fitted(trial(4), "arm", model="wlw")
    with pytest.raises(ArgumentError, match="`name` must be one of arm, got 'age'"):
        wlw.average_effect("age")
