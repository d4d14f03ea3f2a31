"""Firth's penalty on the Cox model."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import brentq, minimize

from steps_analysis.errors import ArgumentError
from steps_analysis.outcomes import cox

ROSSI = ["fin", "age", "race", "wexp", "mar", "paro", "prio"]
TIES = ["efron", "breslow"]


def trial(seed, n=40, tied=True):
    rng = np.random.default_rng(seed)
    x = np.column_stack([rng.integers(0, 2, n), rng.normal(size=n)])
    time = rng.exponential(size=n) * np.exp(-0.7 * x[:, 0]) * 4 + 0.01
    return np.ceil(time) if tied else time, rng.random(n) < 0.5, x


# By hand


def test_two_participants():
    # one event, x = 1 and 0 at risk: log p + log(p (1 - p))/2, p = r/(1 + r), is
    # greatest at p = 3/4, so r = 3; without the penalty r would grow for ever
    fit = cox([1, 2], [1, 0], [1, 0], penalty="firth")
    assert fit.coefficients[0] == pytest.approx(math.log(3), rel=1e-8)
    assert fit.standard_error[0] == pytest.approx(math.sqrt(16 / 3), rel=1e-8)
    assert fit.log_likelihood == pytest.approx(
        1.5 * math.log(0.75) + 0.5 * math.log(0.25)
    )
    assert fit.null_log_likelihood == pytest.approx(2 * math.log(0.5))
    # the upper limit solves 1.5 log p + .5 log(1 - p) = maximum - 1.92
    found = fit.profile_interval("column 1")

    def gap(p):
        own = 1.5 * math.log(p) + 0.5 * math.log(1 - p)
        return fit.log_likelihood - own - 3.841458820694124 / 2

    for limit, ends in ((found.lower, (1e-9, 0.75)), (found.upper, (0.75, 1 - 1e-9))):
        p = brentq(gap, *ends, xtol=1e-14)
        assert limit == pytest.approx(math.log(p / (1 - p)), rel=1e-7)


# Edges


@pytest.mark.parametrize("ties", TIES)
def test_has_a_number_where_the_likelihood_rises_for_ever(ties):
    time, event = [1, 2, 3, 4, 5, 6, 7, 8], [1, 1, 1, 1, 0, 0, 0, 0]
    arm = pd.DataFrame({"arm": [1, 1, 1, 1, 0, 0, 0, 0]})
    assert cox(time, event, arm, ties=ties).not_estimable
    fit = cox(time, event, arm, ties=ties, penalty="firth")
    assert fit.not_estimable is None
    ratio = fit.hazard_ratio("arm")
    assert 1 < ratio.lower < ratio.value < ratio.upper < math.inf
    # its limits and p-value are the profile's, its standard error is Wald's
    found = fit.profile_interval("arm")
    assert ratio.lower == pytest.approx(math.exp(found.lower), rel=1e-12)
    assert ratio.p_value == found.p_value
    assert ratio.standard_error == fit.standard_error[0]
    assert fit.score_test.not_estimable.startswith("the score at 0 is penalised")
    assert fit.robust_score_test.not_estimable
    assert fit.likelihood_ratio_test.p_value == pytest.approx(found.p_value, rel=1e-7)


@pytest.mark.parametrize(
    ("columns", "reason"),
    [
        (([1, 2], [0, 0], [0, 1]), "there is no event"),
        (([1, 2, 3], [1, 1, 0], [1, 1, 1]), "no covariate varies among those at risk"),
        (([1], [1], [1]), "no covariate varies among those at risk"),
    ],
)
def test_no_penalty_makes_a_number_out_of_nothing(columns, reason):
    fit = cox(*columns, penalty="firth")
    assert fit.not_estimable == reason
    assert fit.hazard_ratio("column 1").not_estimable == reason
    assert fit.profile_interval("column 1").not_estimable == reason
    assert fit.likelihood_ratio_test.not_estimable == "there is no fit"


def test_leaves_out_what_is_determined():
    time, event, x = trial(1)
    more = cox(time, event, np.column_stack([x, x[:, 0] + x[:, 1]]), penalty="firth")
    plain = cox(time, event, x, penalty="firth")
    assert more.dropped == ("column 3",)
    assert more.coefficients[:2] == pytest.approx(plain.coefficients, rel=1e-8)


def test_everybody_tied():
    fit = cox([1, 1, 1, 1], [1, 1, 1, 1], [0, 1, 2, 3], penalty="firth")
    assert fit.coefficients[0] == pytest.approx(0, abs=1e-9)


# Properties


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10_000), ties=st.sampled_from(TIES))
def test_order_shift_and_scale_do_not_matter(seed, ties):
    time, event, x = trial(seed)
    one = cox(time, event, x, ties=ties, penalty="firth")
    order = np.random.default_rng(seed).permutation(len(time))
    moved = x[order] * [2.0, 10.0] + 3
    two = cox(time[order], event[order], moved, ties=ties, penalty="firth")
    assert one.coefficients == pytest.approx(
        two.coefficients * [2, 10], rel=1e-6, abs=1e-8
    )
    # the penalty is half the log determinant, which knows the units
    assert one.log_likelihood - one.null_log_likelihood == pytest.approx(
        two.log_likelihood - two.null_log_likelihood, rel=1e-8, abs=1e-9
    )


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_without_ties_efron_is_breslow(seed):
    columns = trial(seed, tied=False)
    efron, breslow = (cox(*columns, ties=ties, penalty="firth") for ties in TIES)
    assert efron.coefficients == pytest.approx(breslow.coefficients, abs=1e-9)


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 10_000), ties=st.sampled_from(TIES))
def test_cutting_spells_in_two_changes_nothing(seed, ties):
    time, event, x = trial(seed)
    cut = np.ceil(time / 2) - 0.5
    whole = cox(time, event, x, ties=ties, penalty="firth")
    halves = cox(
        np.concatenate([cut, time]),
        np.concatenate([np.zeros(len(time)), event]),
        np.vstack([x, x]),
        entry=np.concatenate([np.zeros(len(time)), cut]),
        ties=ties,
        penalty="firth",
    )
    assert whole.coefficients == pytest.approx(halves.coefficients, abs=1e-8)
    assert whole.log_likelihood == pytest.approx(halves.log_likelihood, rel=1e-10)


# Naive twin


def _slow(beta, time, event, x, entry, stratum, weights, ties):
    """Log likelihood and information by a loop over events and their risk sets."""
    total, information = 0.0, np.zeros((x.shape[1], x.shape[1]))
    risk = weights * np.exp(x @ beta)
    for s in sorted(set(stratum)):
        for t in sorted(set(time[event & (stratum == s)])):
            at_risk = (stratum == s) & (entry < t) & (t <= time)
            dead = at_risk & event & (time == t)
            d = int(dead.sum())
            total += float(weights[dead] @ (x[dead] @ beta))
            for k in range(d):
                share = k / d if ties == "efron" else 0.0
                q = risk * at_risk * (1 - share * dead)
                mean = q @ x / q.sum()
                gap = x - mean
                w = weights[dead].mean()
                total -= w * math.log(q.sum())
                information += w * (gap * q[:, None]).T @ gap / q.sum()
    return total, information


def _penalised(beta, *rest):
    total, information = _slow(np.asarray(beta), *rest)
    return total + 0.5 * math.log(np.linalg.det(information))


@pytest.mark.parametrize("ties", TIES)
def test_against_a_slow_loop_and_a_general_optimiser(ties):
    time, event, x = trial(5, n=30)
    rng = np.random.default_rng(5)
    entry = np.floor(time * rng.random(30) * 0.9)
    stratum, weights = rng.integers(0, 2, 30), rng.random(30) + 0.5
    options = {"entry": entry, "stratum": stratum, "weights": weights}
    fit = cox(time, event, x, **options, ties=ties, penalty="firth")
    rest = (time, event, x, entry, stratum, weights, ties)

    def negative(beta):
        return -_penalised(beta, *rest)

    best = minimize(negative, [0.0, 0.0], method="BFGS", options={"gtol": 1e-7})
    assert fit.coefficients == pytest.approx(best.x, rel=1e-5, abs=1e-6)
    assert fit.log_likelihood == pytest.approx(-best.fun, rel=1e-10)
    assert fit.null_log_likelihood == pytest.approx(-negative([0.0, 0.0]), rel=1e-10)
    _, information = _slow(fit.coefficients, *rest)
    assert fit.covariance == pytest.approx(np.linalg.inv(information), rel=1e-8)
    found = fit.profile_interval("column 1", level=0.9)
    for limit in (found.lower, found.upper):
        held = minimize(
            lambda b, at=limit: negative([at, b[0]]), [0.0], options={"gtol": 1e-7}
        )
        drop = 2 * (fit.log_likelihood + held.fun)
        assert drop == pytest.approx(2.705543454095404, rel=1e-6)
    held = minimize(lambda b: negative([0.0, b[0]]), [0.0], options={"gtol": 1e-7})
    p_value = math.erfc(math.sqrt(fit.log_likelihood + held.fun))
    assert found.p_value == pytest.approx(p_value, rel=1e-6)


# R


@pytest.mark.parametrize(
    ("case", "data", "columns", "names"),
    [
        ("firthcox_rossi", "ll_rossi", ["week", "arrest"], ROSSI),
        ("firthcox_monotone", "monotone20", ["time", "status"], ["trt", "age"]),
        ("firthcox_monotone1", "monotone20", ["time", "status"], ["trt"]),
    ],
)
def test_equals_coxphf(case, data, columns, names, figures, table, compare):
    theirs = {
        "firthcox_rossi": figures["firthcox_rossi"],
        "firthcox_monotone": figures["firthcox_monotone"],
        "firthcox_monotone1": figures["firthcox_monotone1"],
    }[case]
    rows = table(data)
    fit = cox(
        *(rows[name] for name in columns), rows[names], ties="breslow", penalty="firth"
    )
    found = {name: fit.profile_interval(name) for name in names}
    # coxphf divides covariates by their standard deviation, which takes its logarithm
    # off both log likelihoods; no test or interval sees it
    units = float(np.log(rows[names].std(ddof=1)).sum())
    ours = {
        "coef": dict(zip(names, fit.coefficients, strict=True)),
        "se": dict(zip(names, fit.standard_error, strict=True)),
        "lower": {name: one.lower for name, one in found.items()},
        "upper": {name: one.upper for name, one in found.items()},
        "p": {name: one.p_value for name, one in found.items()},
        "loglik": [fit.null_log_likelihood - units, fit.log_likelihood - units],
        "method": "Profile Likelihood",
    }
    compare(ours, theirs, rel=1e-6, skip=["iter"])  # ours stops on a stricter rule
    assert "profile likelihood" in found[names[0]].method


def test_the_r_call_is_there_where_coxphf_does_it():
    time, event, x = trial(6)
    frame = pd.DataFrame(x, columns=["arm", "age"])
    fit = cox(time, event, frame, ties="breslow", penalty="firth")
    call = "coxphf::coxphf(survival::Surv(time, event) ~ arm + age, pl = TRUE)"
    assert fit.to_r() == call
    assert fit.hazard_ratio("arm").to_r() == call
    assert "Breslow ties, Firth's penalty" in fit.method
    assert cox(time, event, frame, penalty="firth").to_r() is None  # Efron ties
    options = {"ties": "breslow", "penalty": "firth"}
    assert cox(time, event, frame, stratum=x[:, 0] > 0, **options).to_r() is None
    assert cox(time, event, frame, weights=x[:, 0] + 1, **options).to_r() is None
    spells = cox(time, event, frame, entry=time - 0.5, **options)
    assert "Surv(entry, time, event)" in spells.to_r()


# Errors


def test_refuses_options_that_do_not_go_together():
    columns = ([1, 2, 3], [1, 1, 0], [0, 1, 0])
    with pytest.raises(ArgumentError, match='`ties` must not be "exact" with these'):
        cox(*columns, ties="exact", penalty="firth")
    with pytest.raises(ArgumentError, match="`penalty` must be None with clusters"):
        cox(*columns, cluster=[1, 2, 3], penalty="firth")
