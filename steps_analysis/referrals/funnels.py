"""
Which places lie further from the average than chance explains.

A funnel plot shows it without a league table: limits round one target widen as
exposure falls. Here they are calculated; `steps_analysis.reporting` draws them.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from steps_analysis.errors import ArgumentError, DataError, refusal
from steps_analysis.estimates import FloatArray, check_level
from steps_analysis.referrals.count_checks import (
    check_amounts,
    check_choice,
    check_pair,
    check_positive,
)
from steps_analysis.referrals.count_limits import funnel_limits
from steps_analysis.referrals.funnel_frames import Funnel, compare_places, places_alone
from steps_analysis.referrals.overdispersion import (
    OverdispersionModel,
    dispersed_limits,
    dispersion,
)
from steps_analysis.referrals.places import labelled_places


def funnel(
    events: npt.ArrayLike,
    exposure: npt.ArrayLike,
    *,
    target: float | None = None,
    levels: Sequence[float] = (0.95, 0.998),
    overdispersion: OverdispersionModel | None = None,
    per: float = 10_000,
) -> Funnel:
    """
    Compare the rates of places with a common target.

    Places are never ranked: points stand in alphabetical order of their labels (in the
    order given, where labels are not words), and colours are neutral. Beside every
    point above its limits belongs the sentence "more referrals may mean better
    identification"; where counts are small, "too few to tell".

    Parameters
    ----------
    events
        Events in each place, shape (n,); whole numbers, at least 0. The labels of a
        Series name the places.
    exposure
        Person-years in each place, shape (n,), with the labels of `events` if it is a
        Series too; 0 only without events.
    target
        The centre line, in events per `per`; all events over all exposure if not given.
    levels
        Levels of the limits, each in (0, 1).
    overdispersion
        None for exact Poisson limits; ``"multiplicative"`` or ``"additive"`` to widen
        them by what the places vary beyond chance; see `dispersed_limits`.
    per
        What rates, target and limits are expressed for.

    Returns
    -------
    Funnel
        Points and lines. Not estimable where there is no event and no `target`.

    Raises
    ------
    DataError
        If `events` are not counts, an exposure is negative, missing or 0 beside events,
        or labels repeat or differ.
    ArgumentError
        If an option breaks its rule.

    Notes
    -----
    A target made from the places themselves holds each of them: with few places an
    outlying one pulls the line towards itself. Of 14 places that differ by chance
    alone, one or more pass their 95 % limits in up to half of all funnels, their 99.8 %
    limits in up to one of 36. Places that truly differ pass them more often: see
    `overdispersion`.

    References
    ----------
    .. [1] Spiegelhalter, D. J. (2005), Statistics in Medicine 24, 1185-1202.
    .. [2] Spiegelhalter, D. J. (2005), Quality and Safety in Health Care 14, 347-351.

    Examples
    --------
    >>> events = pd.Series({"Borough B": 40, "Borough A": 10})
    >>> exposure = pd.Series({"Borough B": 20_000, "Borough A": 20_000})
    >>> funnel(events, exposure).points[["rate", "expected", "position"]]
               rate  expected     position
    Borough A   5.0      25.0  below 99.8%
    Borough B  20.0      25.0    above 95%
    """
    widths, scale = _check_levels(levels), check_positive("per", per)
    if overdispersion is not None:
        check_choice("overdispersion", overdispersion, ("multiplicative", "additive"))
    points = labelled_places(events, "exposure", exposure)
    counts, points["exposure"] = check_pair(points["events"], points["exposure"])
    points["events"] = counts.astype(np.int64)
    centre = _target(points, target, scale)
    if math.isnan(centre):
        return places_alone(points, widths, scale, "there is no event")
    per_exposure, seen = centre / scale, points["exposure"] > 0
    extra = None
    if overdispersion is not None and seen.any():
        here = points[seen]
        extra = dispersion(here["events"], here["exposure"] * per_exposure)

    def limits(amounts: FloatArray, level: float) -> tuple[FloatArray, FloatArray]:
        means = amounts * per_exposure
        if extra is None or overdispersion is None:
            low, high = funnel_limits(means, level=level)
        else:
            low, high = dispersed_limits(
                means, extra, model=overdispersion, level=level
            )
        return low / amounts * scale, high / amounts * scale

    name = (
        "exact Poisson limits"
        if extra is None
        else f"square-root limits, {overdispersion} over-dispersion"
    )
    return compare_places(points, centre, scale, widths, limits, name, extra)


def proportion_funnel(
    events: npt.ArrayLike,
    n: npt.ArrayLike,
    *,
    target: float | None = None,
    levels: Sequence[float] = (0.95, 0.998),
) -> Funnel:
    """
    Compare proportions of places, such as consents of families approached.

    As in `funnel`, places are never ranked.

    Parameters
    ----------
    events
        How many of `n` in each place, shape (n,); at least 0, whole unless adjusted.
    n
        How many there are in each place, shape (n,); at least `events`.
    target
        The centre line, a proportion in (0, 1); all events over all `n` if not given.
    levels
        Levels of the limits, each in (0, 1).

    Returns
    -------
    Funnel
        Points and lines with `n` as ``exposure`` and 1 as `per`. Not estimable where
        the target would be 0 or 1.

    Raises
    ------
    DataError
        If `events` are negative, missing or more than `n`, or labels repeat or differ.
    ArgumentError
        If an option breaks its rule.

    Notes
    -----
    Limits ``target ± z sqrt(target (1 - target) / n)``, kept within 0 and 1: a place
    lies outside just when its Wilson interval misses the target. R's
    ``PHEindicatormethods::calculate_funnel_limits`` gives the same.

    References
    ----------
    .. [1] Wilson, E. B. (1927), JASA 22, 209-212.

    Examples
    --------
    Half of 100 in both of two places; limits 0.5 ± 1.96 / 20:

    >>> result = proportion_funnel([50, 50], [100, 100])
    >>> result.points["lower_95"].round(3).tolist()
    [0.402, 0.402]
    """
    from scipy import special

    widths = _check_levels(levels)
    if target is not None and not 0 < target < 1:
        raise ArgumentError(refusal("target", "lie in (0, 1)", target))
    points = labelled_places(events, "n", n)
    points["events"] = check_amounts("events", points["events"])
    points["exposure"] = check_amounts("n", points["exposure"])
    if (points["events"] > points["exposure"]).any():
        raise DataError(refusal("events", "not exceed `n`", "more"))
    centre = _target(points, target, 1.0)
    if not 0 < centre < 1:
        return places_alone(points, widths, 1.0, "all places have none, or all")

    def limits(amounts: FloatArray, level: float) -> tuple[FloatArray, FloatArray]:
        z = -special.ndtri((1 - level) / 2)
        reach = z * np.sqrt(centre * (1 - centre) / amounts)
        return np.maximum(centre - reach, 0), np.minimum(centre + reach, 1)

    return compare_places(points, centre, 1.0, widths, limits, "score limits", None)


def _check_levels(levels: Sequence[float]) -> tuple[float, ...]:
    """Refuse levels that are none, repeated or outside (0, 1)."""
    widths = tuple(sorted(check_level(level) for level in levels))
    if not widths or len(set(widths)) < len(widths):
        raise ArgumentError(refusal("levels", "be distinct, and at least one", levels))
    return widths


def _target(points: pd.DataFrame, target: float | None, per: float) -> float:
    """Take the given target, or all events over all exposure; NaN without events."""
    if target is None:
        events = float(points["events"].sum())
        return events / float(points["exposure"].sum()) * per if events else math.nan
    if not 0 < target < math.inf:
        raise ArgumentError(refusal("target", "be a finite number above 0", target))
    return float(target)
