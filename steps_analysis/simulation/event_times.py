"""When do events happen? The distributions of first and repeated times, in months."""

from __future__ import annotations

import numpy as np

from steps_analysis.simulation.choices import FloatArray, IntArray, shifted_risk
from steps_analysis.simulation.world import World


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


def sexual_times(
    rng: np.random.Generator, share: FloatArray, *, world: World
) -> FloatArray:
    """
    Draw first proven sexual offences from the mixture-cure distribution.

    Parameters
    ----------
    rng
        Where the numbers come from.
    share
        Each participant's chance of ever committing one, shape (n,).
    world
        The world's constants.

    Returns
    -------
    numpy.ndarray
        Months from randomisation, infinite for those who never do, shape (n,).
    """
    uniform = rng.random(len(share))
    ever = uniform < share
    part = np.where(ever, uniform, 0.0) / np.where(ever, share, 1.0)
    months = world.sexual_scale_months * (-np.log1p(-part)) ** (1 / world.event_shape)
    return np.where(ever, months, np.inf)


def other_offence_scale(world: World) -> float:
    """
    Give the Weibull scale of other offences.

    Parameters
    ----------
    world
        The world's constants.

    Returns
    -------
    float
        Months, such that any offence, sexual ones included, has risk `offence_risk_12`
        by 12 months.

    Examples
    --------
    >>> round(other_offence_scale(World()))
    151
    """
    risk = remaining_risk(
        world.offence_risk_12, sexual_risk(12, world.sexual_share, world=world)
    )
    return float(12 / (-np.log1p(-risk)) ** (1 / world.event_shape))


def remaining_risk(total: float, part: float) -> float:
    """
    Give the risk that, with an independent one, makes a total.

    Parameters
    ----------
    total
        The risk of either event.
    part
        The risk of one of them.

    Returns
    -------
    float
        The risk of the other; 0 where the one exceeds the total.

    Examples
    --------
    >>> round(remaining_risk(0.28, 0.1), 10)
    0.2
    """
    return max(1 - (1 - total) / (1 - part), 0.0)


def other_offence_times(
    rng: np.random.Generator, rate_ratio: FloatArray, *, world: World
) -> FloatArray:
    """
    Draw first offences that are not sexual, from a Weibull distribution.

    Parameters
    ----------
    rng
        Where the numbers come from.
    rate_ratio
        Multiplier of each participant's rate, shape (n,).
    world
        The world's constants.

    Returns
    -------
    numpy.ndarray
        Months from randomisation, shape (n,).
    """
    waits = rng.exponential(size=len(rate_ratio)) / rate_ratio
    return np.asarray(other_offence_scale(world) * waits ** (1 / world.event_shape))


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
        The risk.
    """
    proven = sexual_risk(world.horizon_months, world.sexual_share, world=world)
    return shifted_risk(remaining_risk(world.recurrence_risk, proven), odds_ratio)


def first_report_times(
    rng: np.random.Generator, coefficient: FloatArray, *, world: World
) -> FloatArray:
    """
    Draw the first events of negative binomial processes.

    Parameters
    ----------
    rng
        Where the numbers come from.
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
    mean = k * np.expm1(rng.exponential(size=len(coefficient)) / k)
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
