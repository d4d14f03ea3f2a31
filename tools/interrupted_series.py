"""Does the interval of the interrupted series keep its level?

Fourteen boroughs, 48 months, about one referral in a borough-month: Poisson counts with
a gamma level for each borough (DOMAIN 5.5), a season, and a forum from month 24 on in
one borough, or from months 24, 27, 30, 33 and 36 on in five. Beside independent months,
months with a gamma factor of their own, and months that hang together.
"""

from __future__ import annotations

import itertools
import math
from time import process_time
from typing import Any

import numpy as np
import pandas as pd

from steps_analysis.estimates import FloatArray
from steps_analysis.referrals.models.placebo import placebo_scores, placebo_test
from steps_analysis.referrals.models.series_effect import series_effect
from steps_analysis.referrals.models.series_scale import SeriesVariance
from steps_analysis.referrals.models.series_table import Series
from steps_analysis.referrals.models.two_way import Panel

SITES, MONTHS, SEED = 14, 48, 31
SERIES = 1000  # of each setting, by the default interval
COMPARED = 300  # of those, by the other intervals
TESTED = 60  # of those, by the placebo test, where it has 240,240 ways
ALPHA, RATIO, RAMP = 0.05, 1.8, 12
STARTS = {"1 borough": (24,), "5 boroughs, staggered": (24, 27, 30, 33, 36)}
NOISES = ("independent months", "gamma factor of each month", "months that cling")
SCHOOL = np.array([1.05, 0.9, 1.15, 0.75, 1, 1.15, 0.95, 0.15, 1.15, 1.05, 1.3, 0.85])
FROM_SCHOOL, YEARLY = 0.35, 4.7  # share, and referrals a year per 10,000
MONTH_CV = 0.5  # of the months' own gamma factors
CLINGING, SD = 0.7, 0.4  # correlation of neighbouring months, and size, of log factors


def draw_series(
    starts: tuple[int, ...], shape: str, ratio: float, noise: str, *, seed: int
) -> Series:
    """Draw one series; the first boroughs are those that change."""
    rng = np.random.default_rng(seed)
    month = np.arange(MONTHS)
    population = rng.uniform(12_000, 37_000, SITES)
    season = 1 + FROM_SCHOOL * (SCHOOL / SCHOOL.mean() - 1)
    level = population / 10_000 * YEARLY / 12 * rng.gamma(4, 1 / 4, SITES)
    since = month - np.array(starts)[:, None]
    parts = (
        np.clip((since + 0.5) / RAMP, 0, 1) if shape == "ramp" else 1.0 * (since >= 0)
    )
    start = np.append(np.arange(len(starts)), np.full(SITES - len(starts), -1))
    part = np.vstack([parts, np.zeros((1, MONTHS))])[start]
    mean = level[:, None] * season[month % 12] * (1 + (ratio - 1) * part)
    events = rng.poisson(mean * _factors(noise, rng))
    exposure = np.repeat(population[:, None] / 12, MONTHS, axis=1)
    return Series(
        sites=tuple(f"Borough {chr(65 + i)}" for i in range(SITES)),
        months=pd.date_range("2012-01-01", periods=MONTHS, freq="MS"),
        panel=Panel(events=events[:, None].astype(float), exposure=exposure[:, None]),
        parts=parts,
        start=start,
    )


def _factors(noise: str, rng: np.random.Generator) -> FloatArray:
    """Draw what multiplies the mean of each borough-month."""
    if noise == NOISES[0]:
        return np.ones((SITES, MONTHS))
    if noise == NOISES[1]:
        return rng.gamma(MONTH_CV**-2, MONTH_CV**2, (SITES, MONTHS))
    logs = rng.standard_normal((SITES, MONTHS))
    for t in range(1, MONTHS):
        fresh = math.sqrt(1 - CLINGING**2) * logs[:, t]
        logs[:, t] = CLINGING * logs[:, t - 1] + fresh
    factors: FloatArray = np.exp(SD * logs - SD**2 / 2)
    return factors


def interval(
    variance: SeriesVariance, drawn: list[Series], ratio: float
) -> dict[str, Any]:
    """Count how often an interval misses the ratio, and excludes no effect."""
    effects = [series_effect(series, variance=variance)[0] for series in drawn]
    known = [effect for effect in effects if effect.not_estimable is None]
    below = np.mean([ratio < effect.lower for effect in known])
    above = np.mean([ratio > effect.upper for effect in known])
    excluded = np.mean([effect.p_value <= ALPHA for effect in known])
    return {
        "series": len(drawn),
        "not estimable": len(drawn) - len(known),
        "coverage": round(float(1 - below - above), 4),
        "ratio below the interval": round(float(below), 4),
        "ratio above the interval": round(float(above), 4),
        "no effect excluded": round(float(excluded), 4),
    }


def placebo(drawn: list[Series], level: float) -> dict[str, Any]:
    """Count how often the placebo test rejects."""
    p_values = []
    for series in drawn:
        scores, own = placebo_scores(series.panel, series.parts), series.changed
        p_values.append(placebo_test(scores, own, own, seed=None).p_value)
    rejected = np.mean(np.array(p_values) <= level + 1e-9)
    return {
        "series": len(drawn),
        "level": round(level, 4),
        "rejected": round(float(rejected), 4),
    }


def setting(
    changed: str, shape: str, ratio: float, noise: str, *, n_series: int
) -> dict[str, Any]:
    """Measure one setting."""
    starts = STARTS[changed]
    drawn = [
        draw_series(starts, shape, ratio, noise, seed=SEED * 100_000 + i)
        for i in range(n_series)
    ]
    alone = len(starts) == 1
    return {
        "changed": changed,
        "shape": shape,
        "ratio": ratio,
        "between months": noise,
        "placebo": interval("placebo", drawn, ratio),
        "quasi_poisson": interval("quasi_poisson", drawn[:COMPARED], ratio),
        "newey_west": interval("newey_west", drawn[:COMPARED], ratio),
        "placebo test": placebo(drawn[: None if alone else TESTED], 1 / SITES),
    }


def measure(n_series: int = SERIES) -> dict[str, Any]:
    """Measure every setting."""
    begun = process_time()
    cells = itertools.product(STARTS, ("step", "ramp"), (1.0, RATIO), NOISES)
    settings = [setting(*cell, n_series=n_series) for cell in cells]
    return {
        "question": "Does the interval of the interrupted series keep its level?",
        "boroughs": SITES,
        "months": MONTHS,
        "level": 1 - ALPHA,
        "settings": settings,
        "processor seconds": round(process_time() - begun),
    }
