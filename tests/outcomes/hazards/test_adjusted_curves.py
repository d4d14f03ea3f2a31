"""Survival predicted by a Cox model."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from steps_analysis.errors import ArgumentError, DataError
from steps_analysis.outcomes import cox, predicted_survival


def trial(seed, n=50, tied=True):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, 2))
    time = rng.exponential(size=n) * np.exp(-0.5 * x[:, 0]) * 5 + 0.01
    return np.ceil(time) if tied else time, rng.random(n) < 0.7, x


# By hand


def test_drawn_table():
    # x = (1, 0, 1), events at 1 (x = 1) and 2 (x = 0): r = sqrt(1/2), hazards of x = 0
    # are 1/(2r + 1) and 1/(r + 1)
    fit = cox([1, 2, 3], [1, 1, 0], pd.DataFrame({"x": [1, 0, 1]}))
    r = math.sqrt(0.5)
    first, second = 1 / (2 * r + 1), 1 / (r + 1)
    at_0 = predicted_survival(fit, {"x": 0}, transform="plain")
    assert at_0.time.tolist() == [1, 2]
    assert at_0.value == pytest.approx(np.exp([-first, -first - second]))
    at_1 = predicted_survival(fit, [1])
    assert at_1.value == pytest.approx(np.exp([-r * first, -r * (first + second)]))
    assert at_1.n_at_risk.tolist() == [3, 2]
    # variance of the hazard: sum 1/total^2 + (sum mean/total)^2 variance of the slope
    slope = 2 * r / (2 * r + 1) ** 2 + r / (r + 1) ** 2
    lean = first * 2 * r / (2 * r + 1) + second * r / (r + 1)
    se = math.sqrt(first**2 + second**2 + lean**2 / slope)
    assert at_0.standard_error[1] == pytest.approx(at_0.value[1] * se)


# Edges


def test_without_a_fit_there_is_no_curve():
    separated = predicted_survival(cox([1, 2, 3], [1, 0, 0], [1, 0, 0]), [1])
    assert np.isnan(separated.value).all()
    assert len(separated.value) == 1
    assert "not estimable because the likelihood keeps rising" in separated.method
    nothing = predicted_survival(cox([1, 2], [0, 0], [0, 1]), [1])
    assert len(nothing.time) == 0
    assert nothing.at(1.0) == 1.0  # nobody has had the event
    firth = cox([1, 2, 3], [1, 0, 0], [1, 0, 0], penalty="firth")
    curve = predicted_survival(firth, [1])
    assert 0 < curve.value[0] < 1
    assert curve.to_r() is None


def test_each_stratum_has_its_own_baseline():
    time, event, x = trial(3)
    stratum = np.array(["north", "south"])[np.arange(50) % 2]
    fit = cox(time, event, x, stratum=stratum)
    hazard = fit.baseline_hazard()
    for code, label in enumerate(("north", "south")):
        curve = predicted_survival(fit, [0, 0], stratum=label)
        own = hazard[hazard.stratum == code]
        assert curve.time.tolist() == own.time.tolist()
        assert -np.log(curve.value) == pytest.approx(own.hazard.to_numpy(), rel=1e-9)
        assert curve.n_at_risk[0] == np.sum(
            (stratum == label) & (time >= curve.time[0])
        )


def test_a_stratum_without_events_stays_at_one():
    fit = cox(
        [1, 2, 3, 4, 5], [1, 1, 0, 0, 0], [0, 1, 0, 1, 0], stratum=[1, 1, 1, 2, 2]
    )
    assert len(predicted_survival(fit, [0], stratum=2).time) == 0


def test_late_entrants_are_counted_when_at_risk():
    fit = cox([2, 3, 4, 5], [1, 1, 1, 0], [0, 1, 0, 1], entry=[0, 0, 2, 2])
    assert predicted_survival(fit, [0]).n_at_risk.tolist() == [2, 3, 2]


# Properties


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10_000), ties=st.sampled_from(["efron", "breslow"]))
def test_curves_fall_and_do_not_know_the_units(seed, ties):
    time, event, x = trial(seed)
    one = predicted_survival(cox(time, event, x, ties=ties), [0.5, -1])
    fit = cox(time, event, x * [2, 5] + 3, ties=ties)
    two = predicted_survival(fit, [4, -2])
    assert one.value == pytest.approx(two.value, rel=1e-7)
    assert one.standard_error == pytest.approx(two.standard_error, rel=1e-6)
    assert np.all(np.diff(one.value) < 0)
    assert np.all((one.lower < one.value) & (one.value < one.upper))


# Naive twin


def _slow(time, event, x, beta, covariance, point, ties):
    """Breslow's or Efron's hazard and Tsiatis' variance, at the last event time."""
    risk, hazard, noise, lean = np.exp(x @ beta), 0.0, 0.0, np.zeros(x.shape[1])
    for t in sorted(set(time[event])):
        dead = event & (time == t)
        for k in range(dead.sum()):
            share = k / dead.sum() if ties == "efron" else 0.0
            q = risk * (time >= t) * (1 - share * dead)
            hazard += 1 / q.sum()
            noise += 1 / q.sum() ** 2
            lean += (point - q @ x / q.sum()) / q.sum()
    relative = math.exp(point @ beta)
    return relative * hazard, relative * math.sqrt(noise + lean @ covariance @ lean)


@pytest.mark.parametrize("ties", ["efron", "breslow"])
def test_against_a_slow_loop(ties):
    time, event, x = trial(6)
    for cluster in (None, np.arange(50) // 2):
        fit = cox(time, event, x, ties=ties, cluster=cluster)
        point = np.array([0.3, 1.0])
        robust = fit.robust_covariance
        covariance = fit.covariance if robust is None else robust
        hazard, se = _slow(time, event, x, fit.coefficients, covariance, point, ties)
        curve = predicted_survival(fit, point)
        assert curve.value[-1] == pytest.approx(math.exp(-hazard), rel=1e-9)
        assert curve.standard_error[-1] == pytest.approx(
            math.exp(-hazard) * se, rel=1e-9
        )


# R


def test_equals_survfit_of_coxph(figures, table, compare):
    rossi = table("ll_rossi")
    fit = cox("week + arrest ~ fin + age + prio", data=rossi)
    curves = [
        predicted_survival(fit, {"fin": fin, "age": 25, "prio": 3}) for fin in (0, 1)
    ]
    at = [np.searchsorted(c.time, [13, 26, 52], side="right") - 1 for c in curves]

    def columns(name):
        return np.column_stack(
            [getattr(c, name)[i] for c, i in zip(curves, at, strict=True)]
        )

    ours = {
        "surv": columns("value"),
        "se": columns("standard_error"),
        "lower": columns("lower"),
        "upper": columns("upper"),
        "cumhaz": -np.log(columns("value")),
    }
    compare(ours, figures["cox_pred_rossi"], rel=1e-6)
    assert curves[0].to_r() == (
        "survival::survfit(survival::coxph(survival::Surv(time, event) ~ fin + age + "
        'prio, ties = "efron"), newdata, conf.type = "log-log")'
    )


# Errors


def test_refuses_covariates_and_strata_that_are_not_there():
    frame = pd.DataFrame({"age": [1, 0, 1], "arm": [0, 0, 1]})
    fit = cox([1, 2, 3], [1, 1, 1], frame)
    with pytest.raises(ArgumentError, match="`covariates` must give age, arm, got 'ag"):
        predicted_survival(fit, {"age": 1})
    with pytest.raises(DataError, match="`covariates` must have one value for each"):
        predicted_survival(fit, [1])
    with pytest.raises(DataError, match="`covariates` must be finite"):
        predicted_survival(fit, [1, np.nan])
    with pytest.raises(ArgumentError, match="`transform` must be one of log-log"):
        predicted_survival(fit, [1, 1], transform="cube")
    with pytest.raises(ArgumentError, match="`level` must lie in"):
        predicted_survival(fit, [1, 1], level=95)
    strata = cox([1, 2, 1, 2], [1, 0, 1, 0], [0, 1, 1, 0], stratum=["a", "a", "b", "b"])
    with pytest.raises(ArgumentError, match="`stratum` must be one of a, b, got None"):
        predicted_survival(strata, [1])
    exact = cox([1, 2, 3], [1, 1, 0], [0, 1, 0], ties="exact")
    with pytest.raises(ArgumentError, match='`ties` must be "efron" or "breslow" for'):
        predicted_survival(exact, [1])
