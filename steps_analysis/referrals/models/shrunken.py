"""What would the rates of places be if chance did not set the small ones apart?"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from steps_analysis.estimates import FloatArray, check_level
from steps_analysis.referrals.count_checks import (
    check_choice,
    check_pair,
    check_positive,
)
from steps_analysis.referrals.count_limits import count_limits
from steps_analysis.referrals.models.place_spread import (
    PlaceSpread,
    SpreadMethod,
    likelihood_spread,
    moment_spread,
)
from steps_analysis.referrals.places import labelled_places


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ShrunkenRates:
    """
    Rates of places, each drawn towards the common one.

    Attributes
    ----------
    places
        ``events``, ``exposure``, ``raw`` (the place's own rate), ``rate`` (shrunken),
        ``lower``, ``upper``, ``weight`` (how much of the place's own rate is kept, from
        0 to 1); one row per place, in alphabetical order. Rates per `per`.
    mean
        Common rate the places are drawn to, per `per`.
    standard_deviation
        Of the true rates between places, per `per`; 0 where they do not differ.
    shape
        Shape of the gamma distribution of rates; infinite where they do not differ.
    per
        What rates are expressed for.
    level
        Probability inside the limits.
    n
        How many places with exposure it was learnt from.
    method
        How it was computed, and what limit was met.
    not_estimable
        None, or the reason why there are no shrunken rates.
    r_call
        The R call that should reproduce the rates.

    Examples
    --------
    >>> shrunken_rates([0, 0], [10, 10]).not_estimable
    'there are no events in any place'
    """

    places: pd.DataFrame
    mean: float
    standard_deviation: float
    shape: float
    per: float
    level: float
    n: int
    method: str
    not_estimable: str | None = None
    r_call: str | None = None


def shrunken_rates(
    events: npt.ArrayLike,
    exposure: npt.ArrayLike,
    *,
    method: SpreadMethod = "moments",
    per: float = 10_000,
    level: float = 0.95,
) -> ShrunkenRates:
    """
    Draw the rates of places towards the common rate, the more the less is known.

    Places are never ranked. A small place with no event, or with three, is drawn far;
    a large one keeps its own rate. More referrals may mean better identification.

    Parameters
    ----------
    events
        Events in each place, shape (n,); whole numbers, at least 0. The labels of a
        Series name the places.
    exposure
        Person-years in each place, shape (n,), with the labels of `events` if it is a
        Series too; 0 only without events.
    method
        How the spread between places is estimated: ``"moments"`` (Marshall), or
        ``"maximum_likelihood"`` (negative binomial counts).
    per
        What rates are expressed for.
    level
        Probability inside the limits, in (0, 1).

    Returns
    -------
    ShrunkenRates
        Rates and limits. Not estimable with one place (there is no spread to learn), or
        without any event.

    Raises
    ------
    DataError
        If `events` are not counts, an exposure is negative, missing or 0 beside events,
        or labels repeat or differ.
    ArgumentError
        If an option breaks its rule.

    Notes
    -----
    Counts are Poisson, true rates gamma distributed with mean m and variance a. Given y
    events in n person-years a place's rate is gamma distributed with shape ``m**2/a +
    y`` and rate ``m/a + n``: its mean is the shrunken rate, its quantiles the limits.
    The limits take m and a as known, and are too narrow where few places teach them.

    Where places vary no more than chance makes them (a = 0), every place has the common
    rate, with the exact limits of all events together, and `method` says so; their
    level is that of a common rate and not of the place. A mean may lie above its upper
    limit where the shape is far below 1. A place without exposure has
    the distribution of rates itself.

    ``spdep::EBest`` gives ``"moments"``; ``MASS::glm.nb(events ~ offset(log(n)))`` has
    theta = m**2/a of ``"maximum_likelihood"``.

    References
    ----------
    .. [1] Marshall, R. J. (1991), Applied Statistics 40, 283-294.
    .. [2] Clayton, D. and Kaldor, J. (1987), Biometrics 43, 671-681.

    Examples
    --------
    Common rate 2, mean square (2**2 + 2**2) / 2 = 4, less 2 for chance: variance 2.
    Half of each rate is its own: weight 1 / (1 + m / (a n)) = 1/2.

    >>> result = shrunken_rates([0, 4], [1, 1], per=1)
    >>> result.places[["raw", "rate", "weight"]]
       raw  rate  weight
    0  0.0   1.0     0.5
    1  4.0   3.0     0.5
    """
    check_choice("method", method, ("moments", "maximum_likelihood"))
    check_level(level)
    scale = check_positive("per", per)
    places = labelled_places(events, "exposure", exposure)
    counts, amounts = check_pair(places["events"], places["exposure"])
    places["events"], places["exposure"] = counts.astype(np.int64), amounts
    own = np.full(len(counts), np.nan)
    np.divide(counts, amounts, out=own, where=amounts > 0)
    places["raw"] = own * scale
    seen = amounts > 0
    words = f"Poisson-gamma empirical Bayes, {_NAMES[method]}"
    if reason := _refused(counts, seen):
        return _missing(places, reason, words, scale, level)
    find = moment_spread if method == "moments" else likelihood_spread
    spread = find(counts[seen], amounts[seen])
    if spread.variance == 0:
        words += "; no variance between places: all have the common rate"
    rates, lower, upper = _posterior(counts, amounts, spread, level)
    for name, value in (("rate", rates), ("lower", lower), ("upper", upper)):
        places[name] = value * scale
    places["weight"] = amounts / (amounts + spread.rate)
    return ShrunkenRates(
        places=places,
        mean=spread.mean * scale,
        standard_deviation=math.sqrt(spread.variance) * scale,
        shape=spread.shape,
        per=scale,
        level=level,
        n=int(seen.sum()),
        method=words,
        r_call=_R_CALLS[method],
    )


_NAMES = {
    "moments": "Marshall's moments",
    "maximum_likelihood": "maximum likelihood",
}
_R_CALLS = {
    "moments": "spdep::EBest(events, exposure)",
    "maximum_likelihood": "MASS::glm.nb(events ~ offset(log(exposure)))",
}


def _refused(counts: FloatArray, seen: npt.NDArray[np.bool_]) -> str | None:
    """Say why nothing can be learnt about the spread of rates."""
    if not counts.sum():
        return "there are no events in any place"
    if seen.sum() < 2:
        return "there is one place: how much places differ is not known"
    return None


def _posterior(
    counts: FloatArray, amounts: FloatArray, spread: PlaceSpread, level: float
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Give mean and quantiles of the rates, what was counted being known."""
    from scipy import special

    if spread.variance == 0:
        lower, upper = count_limits(counts.sum(), method="exact", level=level)
        ends = [float(end) / float(amounts.sum()) for end in (lower, upper)]
        same = np.ones(len(counts))
        return spread.mean * same, ends[0] * same, ends[1] * same
    shape, rate = spread.shape + counts, spread.rate + amounts
    tail = (1 - level) / 2
    lower = special.gammaincinv(shape, tail) / rate
    upper = special.gammainccinv(shape, tail) / rate
    return shape / rate, np.asarray(lower, float), np.asarray(upper, float)


def _missing(
    places: pd.DataFrame, reason: str, method: str, per: float, level: float
) -> ShrunkenRates:
    """Say why there are no shrunken rates."""
    for name in ("rate", "lower", "upper", "weight"):
        places[name] = np.nan
    return ShrunkenRates(
        places=places,
        mean=math.nan,
        standard_deviation=math.nan,
        shape=math.nan,
        per=per,
        level=level,
        n=int((places["exposure"] > 0).sum()),
        method=method,
        not_estimable=reason,
    )
