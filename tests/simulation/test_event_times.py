"""The distributions of event times, against what they are meant to be."""

from dataclasses import replace

import numpy as np
import pytest

from steps_analysis.simulation import WORLD
from steps_analysis.simulation.dependence import linked_uniform
from steps_analysis.simulation.event_times import (
    any_offence_risk,
    first_report_times,
    mean_function,
    other_offence_risk,
    other_offence_times,
    recurrence_risk,
    repeat_times,
    sexual_risk,
    sexual_times,
)

N = 40_000


def _near(times: np.ndarray, month: float, risk: float) -> None:
    """Ask for a share within four binomial standard errors."""
    share = np.mean(times <= month)
    assert abs(share - risk) < 4 * np.sqrt(risk * (1 - risk) / len(times))


def test_the_printed_anchors_of_sexual_reoffence() -> None:
    # The printed line: pi = .0492: 2.5/3.3/3.8/4.4/4.8 % at 8/14/20/36/60 months;
    # pi = .0275: 2.1 % and pi = .08: 6.1 % at 20 months.
    at = [
        round(100 * sexual_risk(t, 0.0492, world=WORLD), 1) for t in (8, 14, 20, 36, 60)
    ]
    assert at == [2.5, 3.3, 3.8, 4.4, 4.8]
    assert round(100 * sexual_risk(20, 0.0275, world=WORLD), 1) == 2.1
    assert round(100 * sexual_risk(20, 0.08, world=WORLD), 1) == 6.1


def test_sexual_times_follow_the_mixture_cure() -> None:
    uniform = np.random.default_rng(1).random(N)
    times = sexual_times(uniform, np.full(N, 0.3), world=WORLD)
    for month in (2, 8, 20, 60):
        _near(times, month, sexual_risk(month, 0.3, world=WORLD))
    _near(times, np.finfo(float).max, 0.3)
    assert np.isinf(sexual_times(uniform[:5], np.zeros(5), world=WORLD)).all()


@pytest.mark.parametrize(
    ("by_twelve", "by_twenty"), [(0.15, 0.217), (0.25, 0.351), (0.38, 0.513)]
)
def test_any_offence_is_weibull_although_it_is_made_of_two(
    by_twelve: float, by_twenty: float
) -> None:
    # The printed line: Weibull of shape 0.8; F(12) .15 -> F(20) .217, .25 -> .351,
    # .38 -> .513, sexual and other offences of a child being linked by its need.
    world = replace(WORLD, offence_risk_12=by_twelve)
    assert any_offence_risk(np.array([20.0]), world=world) == pytest.approx(
        by_twenty, abs=5e-4
    )
    rng = np.random.default_rng(2)
    need, loading = rng.standard_normal(N), world.loading("offence")
    sexual = sexual_times(
        linked_uniform(rng, need, loading),
        np.full(N, world.sexual_share),
        world=world,
    )
    other = other_offence_times(
        linked_uniform(rng, need, loading), np.ones(N), world=world
    )
    first = np.minimum(sexual, other)
    for month in (3.0, 12.0, 20.0, 36.0):
        risk = any_offence_risk(np.array([month]), world=world)
        _near(first, month, float(risk[0]))


def test_the_weibull_scales_of_the_domain() -> None:
    # Printed: F(12) .15 -> 116 months, .25 -> 57, .38 -> 30.2: F(scale) = 1 - 1/e.
    for risk, scale in ((0.15, 116), (0.25, 57), (0.38, 30.2)):
        world = replace(WORLD, offence_risk_12=risk)
        at_scale = any_offence_risk(np.array([scale]), world=world)
        assert at_scale == pytest.approx(1 - np.exp(-1), rel=0.005)


def test_more_sexual_offences_than_any_leave_no_other() -> None:
    world = replace(WORLD, offence_risk_12=0.01)
    assert other_offence_risk(12.0, world=world) == 0
    times = other_offence_times(np.full(3, 1e-9), np.ones(3), world=world)
    assert (times > 12).all()


def test_a_rate_ratio_multiplies_the_rate() -> None:
    uniform = np.random.default_rng(3).random((2, N))
    slow = other_offence_times(uniform[0], np.ones(N), world=WORLD)
    risk = np.mean(slow <= 24)
    fast = other_offence_times(uniform[1], np.full(N, 2.0), world=WORLD)
    _near(fast, 24, 1 - (1 - risk) ** 2)


def test_counts_are_negative_binomial() -> None:
    # First event and repeats together: mean c t^shape, P(0) = (1 + mean / k) ** -k,
    # variance mean + mean^2 / k.
    rng = np.random.default_rng(5)
    coefficient = np.full(N, mean_function(0.3, 20.0, world=WORLD))
    end = np.full(N, 20.0)
    first = first_report_times(rng.random(N), coefficient, world=WORLD)
    who, months = repeat_times(rng, first, end, coefficient, world=WORLD)
    count = np.bincount(who, minlength=N) + (first < end)
    k, mean = WORLD.count_k, coefficient[0] * 20.0**0.8
    _near(first, 20.0, 0.3)
    variance = mean + mean**2 / k
    assert count.mean() == pytest.approx(mean, abs=4 * np.sqrt(variance / N))
    assert count.var() == pytest.approx(variance, rel=0.1)
    assert (months > first[who]).all()
    assert (months <= 20).all()
    # by half the time, the mean is c 10^shape too
    early = (np.sum(months <= 10) + np.sum(first <= 10)) / N
    assert early == pytest.approx(coefficient[0] * 10**0.8, abs=0.02)


def test_no_rate_gives_no_event() -> None:
    rng = np.random.default_rng(6)
    nothing = np.zeros(4)
    first = first_report_times(rng.random(4), nothing, world=WORLD)
    assert np.isinf(first).all()
    assert len(repeat_times(rng, first, np.full(4, 50.0), nothing, world=WORLD)[0]) == 0


def test_reports_and_proven_offences_make_the_recurrence_risk() -> None:
    rng = np.random.default_rng(7)
    need = rng.standard_normal(10 * N)
    proven = sexual_risk(20, WORLD.sexual_share, world=WORLD)
    offended = linked_uniform(rng, need, WORLD.loading("offence")) < proven
    own = linked_uniform(rng, need, WORLD.loading("report"))
    reported = own < recurrence_risk(1.0, world=WORLD)
    _near(np.where(offended | reported, 0.0, 1.0), 0.5, WORLD.recurrence_risk)
