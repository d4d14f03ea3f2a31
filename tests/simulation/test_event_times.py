"""The distributions of event times, against what they are meant to be."""

from dataclasses import replace

import numpy as np
import pytest

from steps_analysis.simulation import WORLD
from steps_analysis.simulation.event_times import (
    first_report_times,
    mean_function,
    other_offence_scale,
    other_offence_times,
    recurrence_risk,
    remaining_risk,
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
    times = sexual_times(np.random.default_rng(1), np.full(N, 0.3), world=WORLD)
    for month in (2, 8, 20, 60):
        _near(times, month, sexual_risk(month, 0.3, world=WORLD))
    _near(times, np.finfo(float).max, 0.3)
    assert np.isinf(
        sexual_times(np.random.default_rng(1), np.zeros(5), world=WORLD)
    ).all()


def test_any_offence_has_its_anchor_at_twelve_months() -> None:
    rng = np.random.default_rng(2)
    sexual = sexual_times(rng, np.full(N, WORLD.sexual_share), world=WORLD)
    other = other_offence_times(rng, np.ones(N), world=WORLD)
    _near(np.minimum(sexual, other), 12, WORLD.offence_risk_12)


def test_the_weibull_scales_of_the_domain_without_sexual_offences() -> None:
    # Printed: F(12) .15 -> 116 months, .25 -> 57, .38 -> 30.2.
    for risk, scale in ((0.15, 116), (0.25, 57), (0.38, 30.2)):
        world = replace(WORLD, offence_risk_12=risk, sexual_share=0.0)
        assert other_offence_scale(world) == pytest.approx(scale, rel=0.005)


def test_a_rate_ratio_multiplies_the_rate() -> None:
    slow = other_offence_times(np.random.default_rng(3), np.ones(N), world=WORLD)
    risk = np.mean(slow <= 24)
    fast = other_offence_times(np.random.default_rng(4), np.full(N, 2.0), world=WORLD)
    _near(fast, 24, 1 - (1 - risk) ** 2)


def test_counts_are_negative_binomial() -> None:
    # First event and repeats together: mean c t^shape, P(0) = (1 + mean / k) ** -k,
    # variance mean + mean^2 / k.
    rng = np.random.default_rng(5)
    coefficient = np.full(N, mean_function(0.3, 20.0, world=WORLD))
    end = np.full(N, 20.0)
    first = first_report_times(rng, coefficient, world=WORLD)
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
    first = first_report_times(rng, nothing, world=WORLD)
    assert np.isinf(first).all()
    assert len(repeat_times(rng, first, np.full(4, 50.0), nothing, world=WORLD)[0]) == 0


def test_reports_and_proven_offences_make_the_recurrence_risk() -> None:
    own = recurrence_risk(1.0, world=WORLD)
    proven = sexual_risk(20, WORLD.sexual_share, world=WORLD)
    assert 1 - (1 - own) * (1 - proven) == pytest.approx(0.15, rel=1e-12)
    assert remaining_risk(0.1, 0.2) == 0.0
