"""Shared frailty in a proportional hazards model."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import integrate, optimize, special

from steps_analysis.errors import ArgumentError, DataError
from steps_analysis.outcomes import cox, gamma_frailty, gaussian_frailty
from steps_analysis.outcomes.hazards.cox_kernel import CoxProblem
from steps_analysis.outcomes.hazards.frailty_likelihood import FrailtyProblem
from steps_analysis.outcomes.hazards.newton import newton
from steps_analysis.outcomes.hazards.risk_sets import RiskSets

BOTH = (gamma_frailty, gaussian_frailty)


def trial(seed, n_clusters=12, size=3):
    rng = np.random.default_rng(seed)
    cluster = np.repeat(np.arange(n_clusters), size)
    factor = rng.gamma(2, 0.5, n_clusters)[cluster]
    x = np.column_stack(
        [rng.integers(0, 2, len(cluster)), rng.normal(size=len(cluster))]
    )
    time = np.ceil(rng.exponential(20 / factor * np.exp(-0.5 * x[:, 0])))
    return np.minimum(time, 40.0), time < 40, x, cluster


# By hand


def test_two_clusters_one_with_both_events():
    # cluster a: events at 1 with x 0 and 1; b: neither. By symmetry no effect. Factors
    # u, v, nu = 1: 2 - 2u/(u + v) = u - 1 and -2v/(u + v) = v - 1: u = 3/2, v = 1/2
    time, event, x, cluster = [1.0, 1, 2, 2], [1, 1, 0, 0], [0, 1, 0, 1], list("aabb")
    fit = gamma_frailty(
        time, event, x, cluster=cluster, ties="breslow", frailty_variance=1.0
    )
    assert fit.coefficients == pytest.approx([0], abs=1e-9)
    assert fit.frailties["frailty"].tolist() == pytest.approx([1.5, 0.5])
    assert fit.frailties["cluster"].tolist() == ["a", "b"]
    assert fit.frailties["n_events"].tolist() == [2, 0]
    assert fit.partial_log_likelihood == pytest.approx(2 * math.log(1.5 / 4))
    # plus log u + log v, plus for a: 2 - 3 log 3 + log 2
    rest = math.log(3 / 4) + 2 - 3 * math.log(3) + math.log(2)
    assert fit.log_likelihood == pytest.approx(2 * math.log(1.5 / 4) + rest)
    assert fit.null_log_likelihood == pytest.approx(2 * math.log(1 / 4))


def test_gaussian_factors_by_hand():
    # the same with b = log v = -log u: 2 - 2u/(u + 1/u) = log(u)/theta
    time, event, x, cluster = [1.0, 1, 2, 2], [1, 1, 0, 0], [0, 1, 0, 1], list("aabb")
    fit = gaussian_frailty(
        time, event, x, cluster=cluster, ties="breslow", frailty_variance=0.5
    )
    u = optimize.brentq(lambda u: 2 - 2 * u / (u + 1 / u) - 2 * math.log(u), 1, 3)
    assert fit.frailties["frailty"].tolist() == pytest.approx([u, 1 / u])
    assert math.isnan(fit.log_likelihood)


# Edges


@pytest.mark.parametrize("fit", BOTH)
@pytest.mark.parametrize(
    ("event", "x", "cluster", "reason"),
    [
        ([0, 0, 0, 0], [0, 1, 0, 1], "aabb", "there is no event"),
        ([1, 1, 0, 1], [0, 1, 0, 1], "abcd", "no cluster has two spells"),
        ([1, 1, 0, 1], [0, 1, 0, 1], "aaaa", "there is one cluster only"),
        ([1, 1, 0, 1], [2, 2, 2, 2], "aabb", "no covariate varies among those at risk"),
        ([1, 1, 0, 0], [1, 1, 0, 0], "abab", "the likelihood keeps rising with the"),
    ],
)
def test_says_why_there_is_no_fit(fit, event, x, cluster, reason):
    found = fit([1.0, 2, 3, 4], event, x, cluster=list(cluster))
    assert found.not_estimable.startswith(reason)
    assert found.frailty_variance.not_estimable == found.not_estimable
    assert found.variance_test.not_estimable == found.not_estimable
    assert found.hazard_ratio("column 1").not_estimable == found.not_estimable


def test_a_variance_of_zero_is_the_plain_cox_model_with_an_upper_limit():
    # clusters that are more alike than chance
    time, event = [1.0, 2, 3, 4, 5, 6] * 4, [1, 1, 1, 1, 0, 0] * 4
    x, cluster = [0, 1, 1, 0, 1, 0] * 4, np.repeat(list("abcd"), 6)
    fit = gamma_frailty(time, event, x, cluster=cluster)
    plain = cox(time, event, x)
    assert fit.frailty_variance.value == 0
    assert fit.frailty_variance.lower == 0
    assert 0 < fit.frailty_variance.upper < 2
    assert fit.method.endswith("its variance is estimated as 0: the plain Cox model")
    assert fit.coefficients == pytest.approx(plain.coefficients)
    assert fit.adjusted_standard_error == pytest.approx(plain.standard_error)
    assert fit.log_likelihood == pytest.approx(plain.log_likelihood)
    assert fit.variance_test.statistic == 0
    assert fit.variance_test.p_value == 1
    assert fit.frailties["frailty"].tolist() == [1, 1, 1, 1]
    normal = gaussian_frailty(time, event, x, cluster=cluster)
    assert normal.frailty_variance.value == 0
    assert normal.coefficients == pytest.approx(plain.coefficients)


def test_a_column_determined_by_others_is_left_out():
    time, event, x, cluster = trial(1)
    both = np.column_stack([x, x[:, 0] * 2])
    fit = gamma_frailty(time, event, both, cluster=cluster)
    assert fit.dropped == ("column 3",)
    alone = gamma_frailty(time, event, x, cluster=cluster)
    assert fit.coefficients[:2] == pytest.approx(alone.coefficients)
    assert "determined by" in fit.hazard_ratio("column 3").not_estimable


def test_a_variance_given_is_not_tested():
    time, event, x, cluster = trial(1)
    fit = gamma_frailty(time, event, x, cluster=cluster, frailty_variance=0.5)
    assert fit.frailty_variance.value == 0.5
    assert math.isnan(fit.frailty_variance.lower)
    assert fit.variance_test.not_estimable == "the frailty's variance was given"
    assert fit.adjusted_standard_error == pytest.approx(fit.standard_error)


# Properties


@settings(max_examples=5, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_order_labels_and_origin_do_not_matter(seed):
    time, event, x, cluster = trial(seed)
    fit = gamma_frailty(time, event, x, cluster=cluster)
    order = np.random.default_rng(seed).permutation(len(time))
    again = gamma_frailty(
        time[order] * 7, event[order], x[order] + 5, cluster=100 - cluster[order]
    )
    if fit.not_estimable is None:
        assert again.coefficients == pytest.approx(fit.coefficients, abs=1e-6)
        value = fit.frailty_variance.value
        assert again.frailty_variance.value == pytest.approx(value, abs=1e-6)


@pytest.mark.parametrize("fit", BOTH)
def test_a_spell_cut_in_two_is_the_same_spell(fit):
    time, event, x, cluster = trial(4)
    once = fit(time, event, x, cluster=cluster)
    cut = np.minimum(time, 7.5)
    later = time > 7.5
    twice = fit(
        np.concatenate([cut, time[later]]),
        np.concatenate([event & ~later, event[later]]),
        np.vstack([x, x[later]]),
        entry=np.concatenate([np.zeros(len(time)), np.full(later.sum(), 7.5)]),
        cluster=np.concatenate([cluster, cluster[later]]),
    )
    assert twice.coefficients == pytest.approx(once.coefficients, rel=1e-7)
    assert twice.standard_error == pytest.approx(once.standard_error, rel=1e-7)
    value = once.frailty_variance.value
    assert twice.frailty_variance.value == pytest.approx(value, rel=1e-6)
    assert "delayed entry" in twice.method


@pytest.mark.parametrize("fit", BOTH)
def test_a_tiny_variance_is_nearly_the_cox_model(fit):
    time, event, x, cluster = trial(2)
    stratum = np.arange(len(time)) % 2
    given_ = {"stratum": stratum}
    tiny = fit(time, event, x, cluster=cluster, frailty_variance=1e-9, **given_)
    plain = cox(time, event, x, **given_)
    assert tiny.coefficients == pytest.approx(plain.coefficients, rel=1e-6)
    assert tiny.standard_error == pytest.approx(plain.standard_error, rel=1e-6)
    assert tiny.partial_log_likelihood == pytest.approx(plain.log_likelihood)
    assert "stratified" in tiny.method


def test_the_likelihood_is_highest_at_the_variance_and_lower_at_its_limits():
    time, event, x, cluster = trial(6)
    fit = gamma_frailty(time, event, x, cluster=cluster)
    found = fit.frailty_variance

    def height(variance):
        return gamma_frailty(
            time, event, x, cluster=cluster, frailty_variance=variance
        ).log_likelihood

    assert height(found.value) == pytest.approx(fit.log_likelihood, abs=1e-9)
    for beside in (0.95, 1.05):
        assert height(found.value * beside) < fit.log_likelihood
    for limit in (found.lower, found.upper):
        drop = fit.log_likelihood - height(limit)
        assert drop == pytest.approx(1.959963984540054**2 / 2, abs=1e-6)
    ratio = 2 * (fit.log_likelihood - fit.null_log_likelihood)
    assert fit.variance_test.statistic == pytest.approx(ratio)
    tail = math.erfc(math.sqrt(ratio / 2)) / 2
    assert fit.variance_test.p_value == pytest.approx(tail)
    narrow = gamma_frailty(time, event, x, cluster=cluster, level=0.8)
    assert narrow.frailty_variance.upper < found.upper


def test_many_clusters_take_cheap_steps_to_the_same_place():
    time, event, x, cluster = trial(3, n_clusters=90, size=2)
    stratum = np.zeros(len(time), dtype=np.int64)
    for distribution in ("gamma", "gaussian"):
        problem = FrailtyProblem(
            plain=CoxProblem(
                covariates=x - x.mean(axis=0),
                weights=np.ones(len(time)),
                offset=np.zeros(len(time)),
                stratum=stratum,
                risk_sets=RiskSets.of(time, event, None, stratum),
                ties="efron",
            ),
            cluster=cluster,
            n_events=np.bincount(cluster, event).astype(float),
            distribution=distribution,
        )
        cheap = problem.maximise(0.7)
        whole = newton(
            lambda at, problem=problem: problem._penalised(0.7, at),
            np.zeros(92),
            np.ones(92),
        )
        assert cheap.position == pytest.approx(whole.coefficients, abs=1e-8)
        assert cheap.log_likelihood == pytest.approx(whole.evaluation.log_likelihood)


# Naive twins


def breslow(time, event, risk):
    steps = np.unique(time[event])
    jump = [np.sum(event & (time == t)) / np.sum(risk[time >= t]) for t in steps]
    return steps, np.array(jump)


def maximised(time, event, x, factor, beta):
    # the Cox model with Breslow ties and a fixed factor on everybody's risk
    for _ in range(8):
        risk, score, information = factor * np.exp(x @ beta), 0.0, 0.0
        for i in np.flatnonzero(event):
            at = time >= time[i]
            share = risk[at] / risk[at].sum()
            away = x[at] - share @ x[at]
            score = score + x[i] - share @ x[at]
            information = information + away.T @ (away * share[:, None])
        beta = beta + np.linalg.solve(information, score)
    return beta


def em(time, event, x, cluster, variance, gain):
    # Nielsen et al. (1992), as frailtyEM goes about it: from the Cox model on, E and M
    # steps in turn until the likelihood gains less than `gain`
    nu, d = 1 / variance, np.bincount(cluster, event)
    ties = np.unique(time[event], return_counts=True)[1]
    factor, beta, old = np.ones(len(d)), np.zeros(x.shape[1]), -np.inf
    while True:
        beta = maximised(time, event, x, factor[cluster], beta)
        risk = np.exp(x @ beta)
        steps, jump = breslow(time, event, factor[cluster] * risk)
        upto = np.concatenate([[0.0], np.cumsum(jump)])
        cumulative = upto[np.searchsorted(steps, time, side="right")]
        a = np.bincount(cluster, cumulative * risk)
        at = np.searchsorted(steps, time[event])
        value = np.sum(np.log(jump[at]) + (x @ beta)[event]) + event.sum()
        value -= np.sum(ties * np.log(ties))
        value += np.sum(nu * math.log(nu) + special.gammaln(nu + d))
        value -= np.sum(special.gammaln(nu) + (nu + d) * np.log(nu + a))
        last, factor = factor, (nu + d) / (nu + a)
        if value - old < gain:
            return beta, value, last, factor, factor / (nu + a)
        old = value


def louis_errors(time, event, x, cluster, ended):
    # Louis (1982): the information of coefficients and hazard steps, were the factors
    # known, less what they hide; as emfrail, with the factors of two successive E steps
    beta, _, last, factor, spread = ended
    weighted, p = last[cluster] * np.exp(x @ beta), x.shape[1]
    steps, jump = breslow(time, event, weighted)
    at_risk = (time[:, None] >= steps).astype(float)
    each = np.column_stack([x * (at_risk @ jump)[:, None], at_risk])
    whole = np.zeros((each.shape[1],) * 2)
    whole[:p, :p] = (each[:, :p] * weighted[:, None]).T @ x
    whole[:p, p:] = x.T @ (weighted[:, None] * at_risk)
    whole[p:, :p] = whole[:p, p:].T
    whole[p:, p:] = np.diag(at_risk.T @ weighted / jump)
    pull = np.zeros((len(factor), each.shape[1]))
    np.add.at(pull, cluster, each * (weighted / factor[cluster])[:, None])
    inverse = np.linalg.inv(whole - pull.T @ (pull * spread[:, None]))
    return np.sqrt(np.diag(inverse)[:p])


@pytest.fixture(scope="module")
def kidney(table):
    data = table("kidney")
    x = data[["age", "sex"]].to_numpy(float)
    cluster = data.id.to_numpy() - 1
    return data.time.to_numpy(float), data.status.to_numpy() == 1, x, cluster


def test_against_em_carried_on_to_its_end():
    time, event, x, cluster = trial(5)
    beta, value, _, factor, _ = em(time, event, x, cluster, 0.6, 1e-13)
    fit = gamma_frailty(
        time, event, x, cluster=cluster, frailty_variance=0.6, ties="breslow"
    )
    assert fit.coefficients == pytest.approx(beta, abs=1e-5)
    assert fit.log_likelihood == pytest.approx(value, abs=1e-9)
    assert fit.frailties["frailty"].to_numpy() == pytest.approx(factor, abs=1e-5)


def test_the_marginal_likelihood_is_an_integral_over_the_factor():
    time, event, x, cluster = trial(6, n_clusters=6)
    fit = gamma_frailty(
        time, event, x, cluster=cluster, frailty_variance=0.8, ties="breslow"
    )
    nu, risk = 1 / 0.8, np.exp(x @ fit.coefficients)
    factor = fit.frailties["frailty"].to_numpy()[cluster]
    steps, jump = breslow(time, event, factor * risk)
    total = event.sum() - sum(
        k * math.log(k) for k in np.unique(time[event], return_counts=True)[1]
    )
    for i in range(6):
        own = cluster == i
        reached = [jump[steps <= t].sum() for t in time[own]]
        at = np.searchsorted(steps, time[own & event])
        own_jump = np.prod(jump[at] * risk[own & event])

        def density(z, own=own, reached=reached, own_jump=own_jump):
            hazard = np.sum(np.array(reached) * risk[own])
            gamma = nu**nu * z ** (nu - 1) * math.exp(-nu * z) / math.gamma(nu)
            return own_jump * z ** (event[own].sum()) * math.exp(-z * hazard) * gamma

        total += math.log(integrate.quad(density, 0, np.inf)[0])
    assert fit.log_likelihood == pytest.approx(total, abs=1e-6)


# R


def test_equals_coxph_where_it_stopped(kidney, figures, compare):
    # coxph reports coefficients, errors and likelihoods at the last variance it tried,
    # and as theta the next it would have tried. Which one that was follows from one
    # coefficient; the other five figures then agree.
    time, event, x, cluster = kidney
    theirs = figures["kidney_frailty_gamma"]

    def at(variance):
        return gamma_frailty(
            time,
            event,
            pd.DataFrame(x, columns=["age", "sex"]),
            cluster=cluster,
            frailty_variance=variance,
            information="sparse",
        )

    def gap(variance):
        return at(variance).coefficients[1] - theirs["coef"]["sex"]

    there = at(optimize.brentq(gap, 0.4, 0.42, xtol=1e-12))
    best = gamma_frailty(time, event, x, cluster=cluster)
    ours = {
        "coef": dict(zip(there.names, there.coefficients, strict=True)),
        "se": there.standard_error,
        "theta": best.frailty_variance.value,
        "c_loglik": there.log_likelihood,
        "loglik": [
            cox(time, event, x).null_log_likelihood,
            there.partial_log_likelihood,
        ],
    }
    compare(ours, theirs, rel=1e-4)
    compare({**ours, "theta": theirs["theta"]}, theirs, rel=2e-5)
    assert best.log_likelihood > theirs["c_loglik"]


def test_equals_frailtyem_where_it_stopped(kidney, figures, compare):
    # emfrail ends its EM when the likelihood gains less than 1e-4, and differentiates
    # over half a standard error; rebuilt here at its variance
    time, event, x, cluster = kidney
    theirs = figures["frailtyEM_kidney"]
    theta = theirs["theta"]["fr_var"]
    ended = em(time, event, x, cluster, theta, 1e-4)
    beta, value = ended[:2]
    se = louis_errors(time, event, x, cluster, ended)
    error = theirs["theta"]["se_fr_var"] / theta
    up, down = (
        em(time, event, x, cluster, theta * math.exp(h), 1e-4)[0]
        for h in (error / 2, -error / 2)
    )
    adjusted = np.sqrt(se**2 + (up - down) ** 2)
    z = beta / adjusted
    null = cox(time, event, x, ties="breslow").log_likelihood
    ratio = 2 * (value - null)
    ours = {
        "coef": {"age": beta[0], "sex": beta[1]},
        "se": np.column_stack(
            [
                beta,
                np.exp(beta),
                se,
                adjusted,
                z,
                [math.erfc(abs(v) / math.sqrt(2)) for v in z],
            ]
        ),
        "logl": [null, value],
        "lrt": {
            "L0": null,
            "L": value,
            "LRT": ratio,
            "pval": math.erfc(math.sqrt(ratio / 2)) / 2,
        },
    }
    compare(ours, theirs, rel=1e-4, skip=["theta"])
    # the variance and its limits, by a search to 1e-4 on a likelihood cut off early
    fit = gamma_frailty(time, event, x, cluster=cluster, ties="breslow")
    found = fit.frailty_variance
    ours = {
        "fr_var": found.value,
        "se_fr_var": found.standard_error,
        "ci_frvar_low": found.lower,
        "ci_frvar_high": found.upper,
    }
    compare(ours, theirs["theta"], rel=3e-3)
    assert fit.log_likelihood > theirs["lrt"]["L"]
    assert fit.adjusted_standard_error == pytest.approx(adjusted, rel=5e-3)
    assert fit.variance_test.p_value == pytest.approx(theirs["lrt"]["pval"], rel=1e-3)


def test_gaussian_equals_coxph(figures, table, compare):
    rats = table("rats").query("sex == 'f'")
    fit = gaussian_frailty(
        "time + status ~ rx", data=rats, cluster="litter", information="sparse"
    )
    ours = {
        "coef": {"rx": fit.coefficients[0]},
        "se": fit.standard_error[0],
        "theta": fit.frailty_variance.value,
        "loglik": [
            cox("time + status ~ rx", data=rats).null_log_likelihood,
            fit.partial_log_likelihood,
        ],
    }
    compare(ours, figures["rats_frailty_gaussian"], rel=1e-4)


def test_says_the_call_of_r():
    time, event, x, cluster = trial(1)
    fit = gamma_frailty(
        time, event, pd.DataFrame(x, columns=["arm", "age"]), cluster=cluster
    )
    assert fit.to_r() == (
        "survival::coxph(survival::Surv(time, event) ~ arm + age + frailty(cluster, "
        'distribution = "gamma", sparse = FALSE), ties = "efron")'
    )
    assert fit.hazard_ratio("arm").r_call == fit.to_r()


# A formula does the same


def test_a_formula_equals_arrays():
    time, event, x, cluster = trial(5)
    frame = pd.DataFrame({"t": time, "e": event, "a": x[:, 0], "id": cluster})
    one = gamma_frailty("t + e ~ a", data=frame, cluster="id")
    two = gamma_frailty(time, event, frame[["a"]], cluster=cluster)
    pd.testing.assert_frame_equal(one.to_frame(), two.to_frame())
    gap = frame.assign(a=frame.a.where(frame.index > 0))
    three = gamma_frailty("t + e ~ a", data=gap, cluster="id", missing="drop")
    assert three.method.endswith("; 1 row with missing values left out")


# Errors


@pytest.mark.parametrize("fit", BOTH)
def test_refuses_what_cannot_be(fit):
    time, event, x, cluster = trial(5)
    with pytest.raises(ArgumentError, match="`ties` must be one of efron, breslow"):
        fit(time, event, x, cluster=cluster, ties="exact")
    with pytest.raises(
        ArgumentError, match="`information` must be one of full, sparse"
    ):
        fit(time, event, x, cluster=cluster, information="dense")
    with pytest.raises(ArgumentError, match="`frailty_variance` must be above 0"):
        fit(time, event, x, cluster=cluster, frailty_variance=0)
    with pytest.raises(ArgumentError, match="`covariates` must be given, got None"):
        fit(time, event, cluster=cluster)
    with pytest.raises(ArgumentError, match="`cluster` must be given, got None"):
        fit(time, event, x, cluster=None)
    with pytest.raises(DataError, match="`covariates` must have at least one column"):
        fit(time, event, np.empty((36, 0)), cluster=cluster)
    with pytest.raises(ArgumentError, match="`name` must be one of column 1, column 2"):
        fit(time, event, x, cluster=cluster).hazard_ratio("age")


def test_refuses_a_level_in_per_cent():
    time, event, x, cluster = trial(5)
    with pytest.raises(ArgumentError, match="`level` must lie in"):
        gamma_frailty(time, event, x, cluster=cluster, level=95)
