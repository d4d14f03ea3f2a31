"""Where does the synthetic trial run, how many children live there, and since when?"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np

from steps_analysis.boroughs import AUTHORITIES, Authority, boroughs
from steps_analysis.protocol import Protocol
from steps_analysis.simulation.choices import (
    BoolArray,
    DateArray,
    FloatArray,
    IntArray,
    TextArray,
)
from steps_analysis.simulation.world import World

DEFAULT_START = date(2014, 1, 1)
DEFAULT_MONTHS = 24


@dataclass(frozen=True, slots=True, kw_only=True)
class Calendar:
    """
    The months a synthetic trial spans.

    Attributes
    ----------
    months
        First day of each month in which identifications are drawn, shape (m,).
    start
        The day recruiting opens.
    end
        The last day it can be open.
    """

    months: DateArray
    start: np.datetime64
    end: np.datetime64


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteDraw:
    """
    The sites of a synthetic trial, in the protocol's order.

    Attributes
    ----------
    ring
        "inner" or "outer", shape (s,).
    population
        Children aged 10 to 17, shape (s,).
    has_forum
        Whether the site follows the forum pathway, shape (s,).
    opened
        Day the site opens to the trial, shape (s,).
    therapists
        Therapists of the treatment under test, shape (s,).
    """

    ring: TextArray
    population: IntArray
    has_forum: BoolArray
    opened: DateArray
    therapists: IntArray


def calendar(protocol: Protocol, world: World) -> Calendar:
    """
    Lay out the months of a trial.

    Parameters
    ----------
    protocol
        The protocol; where it is silent, recruiting starts on 1 January 2014 and lasts
        24 months.
    world
        The world's constants.

    Returns
    -------
    Calendar
        From `months_before` the start to the last month of recruiting.

    Examples
    --------
    >>> from steps_analysis.protocol import load_protocol
    >>> months = calendar(load_protocol(), World())
    >>> len(months.months), str(months.start), str(months.end)
    (54, '2013-12-01', '2016-05-31')
    """
    start = np.datetime64(protocol.trial.recruitment_start or DEFAULT_START, "D")
    length = protocol.trial.recruitment_months or DEFAULT_MONTHS
    first = start.astype("M8[M]")
    stop = first + length
    months = np.arange(first - world.months_before, stop).astype("M8[D]")
    return Calendar(months=months, start=start, end=stop.astype("M8[D]") - 1)


def draw_sites(
    rng: np.random.Generator, protocol: Protocol, start: np.datetime64, *, world: World
) -> SiteDraw:
    """
    Draw what is known of each site.

    A documented site that is a London authority keeps its ring and population. Every
    other site is lent those of a borough drawn without replacement (once all are used,
    from all again), jittered and rounded, so that no pseudonym maps to a place.

    Parameters
    ----------
    rng
        Where the numbers come from.
    protocol
        The protocol.
    start
        The day recruiting opens.
    world
        The world's constants.

    Returns
    -------
    SiteDraw
        One entry for each site of the protocol.
    """
    names = protocol.sites.names
    n = len(names)
    is_documented = np.array([name in protocol.sites.documented for name in names])
    real = {place.name: place for place in AUTHORITIES}
    lent = _lent(rng, n, without=protocol.sites.documented)
    jitter = 1 + world.population_jitter * rng.uniform(-1, 1, n)
    length = protocol.trial.recruitment_months or DEFAULT_MONTHS
    spread = min(world.opening_spread_months, length)  # no site opens after the end
    opened_months = rng.integers(0, max(spread, 1), n)
    ring = np.array([place.ring for place in lent], dtype=object)
    population = _rounded(lent, jitter, world.population_rounding)
    for i in np.flatnonzero(is_documented):
        if names[i] in real:
            ring[i] = real[names[i]].ring
            population[i] = real[names[i]].population_10_17
    months = start.astype("M8[M]") + np.where(is_documented, 0, opened_months)
    low, high = world.therapists
    return SiteDraw(
        ring=ring,
        population=population,
        has_forum=np.array([name in protocol.sites.forum_pathway for name in names]),
        opened=np.maximum(months.astype("M8[D]"), start),
        therapists=rng.integers(low, high + 1, n),
    )


def draw_frailty(rng: np.random.Generator, n: int, *, world: World) -> FloatArray:
    """
    Draw how much each site's identification departs from the average.

    Parameters
    ----------
    rng
        Where the numbers come from.
    n
        How many sites.
    world
        The world's constants.

    Returns
    -------
    numpy.ndarray
        Gamma numbers of mean 1, shape (n,).
    """
    if world.frailty_cv == 0:
        return np.ones(n)
    shape = world.frailty_cv**-2
    return rng.gamma(shape, 1 / shape, n)


def _lent(
    rng: np.random.Generator, n: int, *, without: tuple[str, ...]
) -> list[Authority]:
    """Draw boroughs, as few times each as can be, none of those documented."""
    pool = [place for place in boroughs() if place.name not in without]
    rounds = -(-n // len(pool))
    order = np.concatenate([rng.permutation(len(pool)) for _ in range(rounds)])[:n]
    return [pool[i] for i in order]


def _rounded(lent: list[Authority], jitter: FloatArray, to: int) -> IntArray:
    """Jitter and round the lent populations, to at least one unit of rounding."""
    jittered = np.array([place.population_10_17 for place in lent]) * jitter
    return np.maximum(np.round(jittered / to), 1).astype(np.int64) * to
