"""Which figures of referrals and the way to the trial must the world give back?"""

from __future__ import annotations

from functools import partial

import numpy as np

from steps_analysis.boroughs import boroughs
from steps_analysis.protocol import DAYS_PER_MONTH
from steps_analysis.simulation.anchors.anchor import Anchor, Count, share
from steps_analysis.simulation.draw import TrialArrays
from steps_analysis.simulation.world import WORLD

_MONTH_NAMES = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)


def _source(one: TrialArrays, *, source: str) -> Count:
    """Count a source among the referrals of whole calendar years."""
    place = [name for name, _ in WORLD.source_shares].index(source)
    year = one.entry.referrals.date.astype("M8[Y]").astype(np.int64) + 1970
    whole = (year >= 2012) & (year <= 2015)
    return share(one.entry.referrals.source == place, whole)


def _school_month(one: TrialArrays, *, month: int) -> Count:
    """Count the school referrals of a month, and a twelfth of those of whole years."""
    place = [name for name, _ in WORLD.source_shares].index("school")
    date = one.entry.referrals.date[one.entry.referrals.source == place]
    months = date.astype("M8[M]").astype(np.int64)
    whole = (months >= (2012 - 1970) * 12) & (months < (2016 - 1970) * 12)
    in_month = whole & (months % 12 == month - 1)
    days = (31, 28.25, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)[month - 1]
    return float(in_month.sum()) * DAYS_PER_MONTH / days, float(whole.sum()) / 12


def _ramp(one: TrialArrays) -> Count:
    """Count a forum's identifications in its second year and a year before it."""
    here = one.entry.sites.has_forum[one.entry.referrals.site]
    month = one.entry.referrals.date[here].astype("M8[M]")
    since = (month - one.entry.calendar.start.astype("M8[M]")).astype(np.int64)
    after, before = (since >= 12) & (since < 24), (since >= -12) & (since < 0)
    return float(after.sum()), float(before.sum())


def _funnel(
    one: TrialArrays, *, step: str, of: str, forum: bool | None = None
) -> Count:
    """Count one step of the way to the trial among those who came to the one before."""
    pathway = one.entry.pathway
    among = getattr(pathway, of)
    if forum is not None:
        among = among & (one.entry.sites.has_forum[one.entry.referrals.site] == forum)
    return share(getattr(pathway, step), among)


def _randomised(one: TrialArrays) -> Count:
    """Count the families, and how many times as populous as average the sites are."""
    population = one.entry.sites.population
    average = np.mean([place.population_10_17 for place in boroughs()])
    return float(len(one.treated)), float(population.mean() / average)


def _crowding(one: TrialArrays) -> Count:
    """Count pairs of identifications at a site, and what a Poisson world would give."""
    sites = one.entry.sites
    plain = ~sites.has_forum
    counts = np.bincount(one.entry.referrals.site, minlength=len(plain))[plain]
    years = len(one.entry.calendar.months) / 12
    mean = sites.population[plain] / 10_000 * 4.7 * years
    return float(np.sum(counts * (counts - 1.0))), float(np.sum(mean**2))


REFERRALS = (
    *(
        Anchor(
            says=f"referred by {source}",
            mark="P",
            expected=part,
            precision=0.0005,
            counted=partial(_source, source=source),
        )
        for source, part in (("police", 0.239), ("health", 0.14), ("school", 0.131))
    ),
    *(
        Anchor(
            says=f"school referrals of {word}, of an average month",
            mark="A",
            expected=12 * factor / sum(WORLD.school_season),
            precision=0.01,
            counted=partial(_school_month, month=month),
        )
        for month, (word, factor) in enumerate(
            zip(
                _MONTH_NAMES,
                WORLD.school_season,
                strict=True,
            ),
            start=1,
        )
    ),
    Anchor(
        says="identifications a year after a forum starts, of a year before",
        mark="A",
        expected=1.8,
        precision=0.0,
        counted=_ramp,
    ),
    Anchor(
        says="pairs of identifications at a site, of a world without frailty (1 + CV²)",
        mark="A",
        expected=1.25,
        precision=0.0,
        counted=_crowding,
    ),
    Anchor(
        says="eligible, of screened",
        mark="A",
        expected=0.40,
        precision=0.0,
        counted=partial(_funnel, step="is_eligible", of="is_screened"),
    ),
    Anchor(
        says="approached, of eligible",
        mark="A",
        expected=0.85,
        precision=0.0,
        counted=partial(_funnel, step="is_approached", of="is_eligible"),
    ),
    Anchor(
        says="consented, of approached, at undocumented sites",
        mark="A",
        expected=0.65,
        precision=0.0,
        counted=partial(_funnel, step="is_joining", of="is_approached", forum=False),
    ),
    Anchor(
        says="consented, of approached, at documented sites (all, small n)",
        mark="S/A",
        expected=0.95,
        precision=0.0,
        counted=partial(_funnel, step="is_joining", of="is_approached", forum=True),
    ),
    Anchor(
        says="families randomised at boroughs of average population (about 80)",
        mark="A",
        expected=80.0,
        precision=8.0,
        counted=_randomised,
    ),
)
"""Anchors of sources, seasons, the ramp, frailty and the funnel."""

FEWER = Anchor(
    says="families randomised at boroughs of average population (about 40)",
    mark="A",
    expected=40.0,
    precision=4.0,
    counted=_randomised,
)
"""What half the referrals must give."""
