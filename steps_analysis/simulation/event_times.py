"""
When do events happen? The distributions of first and repeated times, in months.

First times are made from uniform numbers by the inverse of their distribution, so that
the uniform numbers may be linked to a child's need.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from steps_analysis.simulation.choices import FloatArray, IntArray, shifted_risk
from steps_analysis.simulation.dependence import remaining_risk
from steps_analysis.simulation.world import World

LONGEST_MONTHS = 600.0
GRID = np.geomspace(0.01, LONGEST_MONTHS, 400)


def sexual_risk(months: float, share: float, *, world: World) -> float:
    """
    Give the risk of a proven sexual offence by a time.

    Parameters
    ----------
    months
        The time.
    share
        Share who ever commit one.
    world
        The world's constants.

    Returns
    -------
    float
        The mixture-cure distribution ``share (1 - exp(-(t / scale) ** shape))``.

    Examples
    --------
    >>> [round(100 * sexual_risk(t, 0.0492, world=World()), 1) for t in (8, 20, 60)]
    [2.5, 3.8, 4.8]
    """
    scaled = (months / world.sexual_scale_months) ** world.event_shape
    return float(share * -np.expm1(-scaled))


def sexual_times(uniform: FloatArray, share: FloatArray, *, world: World) -> FloatArray:
    """
    Give first proven sexual offences by the mixture-cure distribution.

    Parameters
    ----------
    uniform
        Uniform numbers, shape (n,).
    share
        Each participant's chance of ever committing one, shape (n,).
    world
        The world's constants.

    Returns
    -------
    numpy.ndarray
        Months from randomisation, infinite for those who never do, shape (n,).
    """
    ever = uniform < share
    part = np.where(ever, uniform, 0.0) / np.where(ever, share, 1.0)
    months = world.sexual_scale_months * (-np.log1p(-part)) ** (1 / world.event_shape)
    return np.where(ever, months, np.inf)


def any_offence_risk(months: FloatArray, *, world: World) -> FloatArray:
    """
    Give the risk of any proven offence by a time.

    Parameters
    ----------
    months
        The times, of any shape.
    world
        The world's constants.

    Returns
    -------
    numpy.ndarray
        The Weibull distribution that is `offence_risk_12` at 12 months.

    Examples
    --------
    >>> any_offence_risk(np.array([12.0, 20.0]), world=World()).round(3).tolist()
    [0.15, 0.217]
    """
    cumulative = -np.log1p(-world.offence_risk_12) * (months / 12) ** world.event_shape
    return np.asarray(-np.expm1(-cumulative))


@lru_cache(maxsize=16)
def _other_offence_risk(world: World) -> FloatArray:
    """Give the risk of an offence that is not sexual at each time of the grid."""
    sexual = [sexual_risk(t, world.sexual_share, world=world) for t in GRID]
    loading = world.loading("offence")
    other = remaining_risk(
        any_offence_risk(GRID, world=world),
        np.array(sexual),
        part_loading=loading,
        loading=loading,
    )
    return np.maximum.accumulate(other)


def other_offence_risk(months: float, *, world: World) -> float:
    """
    Give the risk of a proven offence that is not sexual by a time.

    Parameters
    ----------
    months
        The time, at most 600.
    world
        The world's constants.

    Returns
    -------
    float
        The risk that, with that of a sexual one among the same children, makes the risk
        of any.

    Examples
    --------
    >>> round(other_offence_risk(12, world=World()), 3)
    0.125
    """
    return float(np.interp(months, GRID, _other_offence_risk(world)))


def other_offence_times(
    uniform: FloatArray, rate_ratio: FloatArray, *, world: World
) -> FloatArray:
    """
    Give first offences that are not sexual.

    Parameters
    ----------
    uniform
        Uniform numbers, shape (n,).
    rate_ratio
        Multiplier of each participant's rate, shape (n,).
    world
        The world's constants.

    Returns
    -------
    numpy.ndarray
        Months from randomisation, infinite beyond 600, shape (n,).
    """
    risk = _other_offence_risk(world)
    at_one = -np.expm1(np.log1p(-uniform) / rate_ratio)
    months = np.interp(at_one, risk, GRID)
    return np.where(at_one > risk[-1], np.inf, months)


def mean_function(risk: float, horizon: float, *, world: World) -> float:
    """
    Give the coefficient of a negative binomial process from its risk at a horizon.

    Parameters
    ----------
    risk
        Chance of at least one event by the horizon.
    horizon
        The horizon in months.
    world
        The world's constants.

    Returns
    -------
    float
        The c of the mean number ``c t ** shape``, with
        ``(1 + c horizon ** shape / k) ** -k = 1 - risk``.

    Examples
    --------
    >>> flat = World(count_k=1.0, event_shape=1.0)
    >>> round(mean_function(0.5, 10.0, world=flat), 10)
    0.1
    """
    k = world.count_k
    mean = k * ((1 - risk) ** (-1 / k) - 1)
    return float(mean / horizon**world.event_shape)


def recurrence_risk(odds_ratio: float, *, world: World) -> float:
    """
    Give the risk by the horizon of a report that no proven offence gave rise to.

    Parameters
    ----------
    odds_ratio
        What moves it.
    world
        The world's constants.

    Returns
    -------
    float
        The risk; without an odds ratio it makes, with that of a proven sexual offence
        among the same children, the world's `recurrence_risk`.

    Examples
    --------
    >>> round(recurrence_risk(1.0, world=World()), 3)
    0.119
    """
    return shifted_risk(_recurrence_risk(world), odds_ratio)


@lru_cache(maxsize=16)
def _recurrence_risk(world: World) -> float:
    """Give that risk without an odds ratio."""
    proven = sexual_risk(world.horizon_months, world.sexual_share, world=world)
    rest = remaining_risk(
        np.array([world.recurrence_risk]),
        np.array([proven]),
        part_loading=world.loading("offence"),
        loading=world.loading("report"),
    )
    return float(rest[0])


def first_report_times(
    uniform: FloatArray, coefficient: FloatArray, *, world: World
) -> FloatArray:
    """
    Give the first events of negative binomial processes.

    Parameters
    ----------
    uniform
        Uniform numbers, shape (n,).
    coefficient
        Each participant's c of the mean number ``c t ** shape``, shape (n,).
    world
        The world's constants.

    Returns
    -------
    numpy.ndarray
        Months, infinite where the coefficient is 0, shape (n,).
    """
    k = world.count_k
    mean = k * np.expm1(-np.log1p(-uniform) / k)
    never = coefficient <= 0
    scaled = np.where(never, np.inf, mean / np.where(never, 1.0, coefficient))
    return np.asarray(scaled ** (1 / world.event_shape))


def repeat_times(
    rng: np.random.Generator,
    first: FloatArray,
    end: FloatArray,
    coefficient: FloatArray,
    *,
    world: World,
) -> tuple[IntArray, FloatArray]:
    """
    Draw further events after the first of over-dispersed processes.

    Parameters
    ----------
    rng
        Where the numbers come from.
    first
        Months until the first event, shape (n,).
    end
        Months until observation ends, shape (n,).
    coefficient
        The c of the mean number ``c t ** shape``, shape (n,).
    world
        The world's constants.

    Returns
    -------
    tuple
        Participants and months of the further events.

    Notes
    -----
    The process is Poisson with a gamma frailty of shape k and mean 1. Given a first
    event at t, the frailty is gamma with shape k + 1 and rate k + c t ** shape, and
    what follows is Poisson again.
    """
    k, shape = world.count_k, world.event_shape
    here = np.flatnonzero(first < end)
    start, stop = first[here] ** shape, end[here] ** shape
    rate = coefficient[here] * rng.gamma(k + 1, size=len(here))
    rate = rate / (k + coefficient[here] * start)
    who = np.repeat(np.arange(len(here)), rng.poisson(rate * (stop - start)))
    part = start[who] + rng.random(len(who)) * (stop - start)[who]
    return here[who], np.asarray(part ** (1 / shape))
