"""When are children identified, where, and by whom?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from steps_analysis.protocol import DAYS_PER_MONTH
from steps_analysis.simulation.choices import (
    BoolArray,
    DateArray,
    FloatArray,
    IntArray,
    days_later,
    placed,
)
from steps_analysis.simulation.world import World


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferralDraw:
    """
    Every identification of a synthetic trial, in order of date.

    Attributes
    ----------
    site
        Position of the site, shape (r,).
    date
        Day of the referral, shape (r,).
    source
        Position in the world's `source_shares`, shape (r,).
    family, child
        Number of the family and of the child, from 0 in order of first referral.
    years_since_first
        Years since the child's first referral, shape (r,).
    """

    site: IntArray
    date: DateArray
    source: IntArray
    family: IntArray
    child: IntArray
    years_since_first: FloatArray


def seasonal_factors(months: DateArray, *, world: World) -> FloatArray:
    """
    Give each month's factor for each source, its number of days allowed for.

    Parameters
    ----------
    months
        First days of months, shape (m,).
    world
        The world's constants.

    Returns
    -------
    numpy.ndarray
        Factors, shape (m, sources); about 1 on average over a year in which schools
        are open.

    Examples
    --------
    >>> august = np.array(["2014-08-01"], "M8[D]")
    >>> seasonal_factors(august, world=World())[0, :2].round(3).tolist()
    [0.98, 0.16]
    """
    starts = months.astype("M8[M]")
    month = starts.astype(np.int64) % 12
    length = ((starts + 1).astype("M8[D]") - starts.astype("M8[D]")).astype(np.float64)
    by_source = np.array(
        [
            world.school_season if source == "school" else world.other_season
            for source, _ in world.source_shares
        ]
    )
    scaled = by_source / by_source.mean(axis=1, keepdims=True)
    factors: FloatArray = scaled.T[month] * (length / DAYS_PER_MONTH)[:, None]
    closed = np.isin(starts, np.array(world.closed_school_months, dtype="M8[M]"))
    schools = np.array([source == "school" for source, _ in world.source_shares])
    factors[np.ix_(closed, schools)] *= world.closed_school_factor
    return factors


def identification_ramp(
    months: DateArray, start: np.datetime64, *, world: World
) -> FloatArray:
    """
    Give how identification grows at a site whose forum starts.

    Parameters
    ----------
    months
        First days of months, shape (m,).
    start
        The day the forum starts.
    world
        The world's constants.

    Returns
    -------
    numpy.ndarray
        Factors, shape (m,): 1 before the start, then rising in a line to
        `ramp_factor`, reached after `ramp_months`.

    Examples
    --------
    >>> months = np.array(["2013-11", "2013-12", "2014-06", "2015-06"], "M8[M]")
    >>> start = np.datetime64("2013-12-01")
    >>> identification_ramp(months, start, world=World()).round(3).tolist()
    [1.0, 1.0, 1.4, 1.8]
    """
    since = (months.astype("M8[M]") - start.astype("M8[M]")).astype(np.float64)
    part = np.clip(since / world.ramp_months, 0, 1)
    factors: FloatArray = 1 + (world.ramp_factor - 1) * part
    return factors


def expected_referrals(
    population: IntArray,
    frailty: FloatArray,
    has_forum: BoolArray,
    months: DateArray,
    start: np.datetime64,
    *,
    rate: float,
    world: World,
) -> FloatArray:
    """
    Give the mean number of identifications in each cell.

    Parameters
    ----------
    population
        Children aged 10 to 17 at each site, shape (s,).
    frailty
        Each site's departure from the average, shape (s,).
    has_forum
        Whether identification ramps up at the site, shape (s,).
    months
        First days of months, shape (m,).
    start
        The day forums start.
    rate
        Identifications per 10,000 children a year where all factors are 1.
    world
        The world's constants.

    Returns
    -------
    numpy.ndarray
        Means, shape (s, m, sources).
    """
    monthly = population / 10_000 * rate / 12 * frailty
    ramp = identification_ramp(months, start, world=world)
    by_month = np.where(has_forum[:, None], ramp, 1.0)
    shares = np.array([share for _, share in world.source_shares])
    season = seasonal_factors(months, world=world) * shares
    means: FloatArray = (monthly[:, None] * by_month)[:, :, None] * season
    return means


def draw_referrals(
    rng: np.random.Generator,
    expected: FloatArray,
    months: DateArray,
    *,
    world: World,
) -> ReferralDraw:
    """
    Draw identifications from their means, with second children and re-referrals.

    Parameters
    ----------
    rng
        Where the numbers come from.
    expected
        Mean number in each cell, shape (s, m, sources).
    months
        First days of the months, shape (m,).
    world
        The world's constants.

    Returns
    -------
    ReferralDraw
        In order of date; none after the last month.

    Notes
    -----
    Poisson counts, days uniform within the month. A share of children is referred again
    within `re_referral_months`; in a share of families a second child is referred
    within six months. Both come on top of the Poisson counts.
    """
    counts = rng.poisson(expected)
    site, month, source = np.nonzero(counts)
    cell = np.repeat(np.arange(len(site)), counts[site, month, source])
    site, month, source = site[cell], month[cell], source[cell]
    starts = months.astype("M8[M]")
    length = ((starts + 1).astype("M8[D]") - months).astype(np.float64)
    day = np.floor(rng.random(len(site)) * length[month])
    first = days_later(months[month], day)
    last = (starts[-1] + 1).astype("M8[D]") - 1
    return _with_repeats(rng, site, first, source, last, world)


def _with_repeats(
    rng: np.random.Generator,
    site: IntArray,
    first: DateArray,
    source: IntArray,
    last: np.datetime64,
    world: World,
) -> ReferralDraw:
    """Append re-referrals and second children, and put all in order of date."""
    n = len(site)
    again = np.flatnonzero(rng.random(n) < world.re_referral_share)
    second = np.flatnonzero(rng.random(n) < world.second_child_share)
    months_again = rng.random(len(again)) * (world.re_referral_months - 1) + 1
    months_second = rng.random(len(second)) * 6
    origin = np.concatenate([np.arange(n), again, second])
    later = np.concatenate([np.zeros(n), months_again, months_second])
    date = days_later(first[origin], np.floor(later * DAYS_PER_MONTH))
    shares = [share for _, share in world.source_shares]
    new_source = placed(rng.random(len(origin) - n), shares)
    is_second = np.arange(len(origin)) >= n + len(again)
    child = np.where(is_second, n + np.arange(len(origin)), origin)
    years = np.where(is_second, 0.0, later / 12)
    order = np.lexsort((origin, site[origin], date))
    order = order[date[order] <= last]
    return ReferralDraw(
        site=site[origin][order],
        date=date[order],
        source=np.concatenate([source, new_source])[order],
        family=_numbered(origin[order]),
        child=_numbered(child[order]),
        years_since_first=years[order],
    )


def _numbered(labels: IntArray) -> IntArray:
    """Give labels numbers from 0 in order of first appearance."""
    _, first, inverse = np.unique(labels, return_index=True, return_inverse=True)
    rank = np.empty(len(first), dtype=np.int64)
    rank[np.argsort(first)] = np.arange(len(first))
    return rank[inverse]


def tuned_rate(
    expected_at_one: FloatArray,
    months: DateArray,
    opened: DateArray,
    end: np.datetime64,
    joining_share: FloatArray,
    *,
    n: int,
    world: World,
) -> float:
    """
    Give the referral rate at which a target is nearly always reached.

    Parameters
    ----------
    expected_at_one
        Mean identifications at a rate of 1, shape (s, m, sources).
    months
        First days of the months, shape (m,).
    opened
        Day each site opens, shape (s,).
    end
        The last day recruiting can be open.
    joining_share
        Mean share of identifications that join, at each site, shape (s,).
    n
        The target.
    world
        The world's constants; a `referral_rate` other than None is returned as it is.

    Returns
    -------
    float
        Identifications per 10,000 children a year.

    Notes
    -----
    The sites' frailties are in the means: they spread the families over the sites, and
    leave their expected number alone.
    """
    if world.referral_rate is not None:
        return world.referral_rate
    is_open = (months >= opened[:, None]) & (months <= end)
    willing = expected_at_one.sum(axis=2) * is_open * joining_share[:, None]
    wanted = n + world.head_room_roots * np.sqrt(n) + world.head_room_more
    return float(wanted / willing.sum())
