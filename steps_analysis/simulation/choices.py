"""Drawing from closed lists, and turning months into days."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from steps_analysis.protocol import DAYS_PER_MONTH

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]
AnswerArray = npt.NDArray[np.int8]
TextArray = npt.NDArray[np.object_]
DateArray = npt.NDArray[np.datetime64]

UNKNOWN = -1
NO_DATE = np.datetime64("NaT", "D")


def placed(uniform: FloatArray, shares: Sequence[float]) -> IntArray:
    """
    Turn uniform numbers into positions in a list, each with its share.

    Parameters
    ----------
    uniform
        Uniform numbers, shape (n,); the smallest come first in the list.
    shares
        Chance of each position; their sum is 1.

    Returns
    -------
    numpy.ndarray
        Positions, shape (n,).

    Examples
    --------
    >>> placed(np.array([0.1, 0.3, 0.9]), [0.25, 0.5, 0.25]).tolist()
    [0, 1, 2]
    """
    edges = np.cumsum(shares)[:-1]
    return np.searchsorted(edges, uniform, side="right").astype(np.int64)


def pick_code(
    rng: np.random.Generator, shares: Sequence[tuple[str, float]], n: int
) -> TextArray:
    """
    Draw codes, each with its share.

    One uniform number is used for each draw, whatever the shares.

    Parameters
    ----------
    rng
        Where the numbers come from.
    shares
        Codes and their chances, which sum to 1.
    n
        How many to draw.

    Returns
    -------
    numpy.ndarray
        Codes, shape (n,), of objects.
    """
    codes = np.array([code for code, _ in shares], dtype=object)
    return codes[placed(rng.random(n), [share for _, share in shares])]


def answer(
    rng: np.random.Generator, yes: float | FloatArray, unknown: float, n: int
) -> AnswerArray:
    """
    Draw yes-or-no answers, some of them unknown.

    Parameters
    ----------
    rng
        Where the numbers come from.
    yes
        Chance of yes where the answer is known, one or one each.
    unknown
        Chance that it is not known.
    n
        How many to draw.

    Returns
    -------
    numpy.ndarray
        1 for yes, 0 for no, -1 for unknown, shape (n,).
    """
    return known_to_some(rng, rng.random(n) < yes, unknown)


def known_to_some(
    rng: np.random.Generator, is_yes: BoolArray, unknown: float
) -> AnswerArray:
    """
    Hide some of what is so, as forms do.

    Parameters
    ----------
    rng
        Where the numbers come from.
    is_yes
        What is so, shape (n,).
    unknown
        Chance that it is not known.

    Returns
    -------
    numpy.ndarray
        1 for yes, 0 for no, -1 for unknown, shape (n,).
    """
    is_unknown = rng.random(len(is_yes)) < unknown
    return np.where(is_unknown, UNKNOWN, is_yes).astype(np.int8)


def is_given(codes: TextArray) -> BoolArray:
    """
    Say where there is a code.

    Parameters
    ----------
    codes
        Codes, None where there is none, shape (n,).

    Returns
    -------
    numpy.ndarray
        True where there is one, shape (n,).
    """
    return np.array([code is not None for code in codes], dtype=bool)


def days_later(date: DateArray, days: npt.ArrayLike) -> DateArray:
    """
    Add whole days to dates; a missing number of days gives a missing date.

    Parameters
    ----------
    date
        Dates.
    days
        Days to add; NaN is missing.

    Returns
    -------
    numpy.ndarray
        Dates to the day.

    Examples
    --------
    >>> days_later(np.array(["2014-01-31"], "M8[D]"), [1.0]).astype(str).tolist()
    ['2014-02-01']
    """
    days = np.asarray(days, dtype=np.float64)
    known = np.isfinite(days)
    steps = np.where(known, days, 0).astype("timedelta64[D]")
    later: DateArray = np.where(known, date.astype("M8[D]") + steps, NO_DATE)
    return later


def days_between(
    start: DateArray | np.datetime64, end: DateArray | np.datetime64
) -> FloatArray:
    """
    Count the days from one date to another.

    Parameters
    ----------
    start, end
        Dates to the day; one of them an array, shape (n,).

    Returns
    -------
    numpy.ndarray
        Days, shape (n,).

    Examples
    --------
    >>> march = np.array(["2014-03-01"], "M8[D]")
    >>> days_between(np.datetime64("2014-02-27"), march).tolist()
    [2.0]
    """
    return (end - start).astype("timedelta64[D]").astype(np.float64)


def whole_days(months: FloatArray) -> FloatArray:
    """
    Turn positive lengths in months into days, at least one.

    Parameters
    ----------
    months
        Lengths; NaN and infinity pass through.

    Returns
    -------
    numpy.ndarray
        Days, rounded up, as floats.

    Examples
    --------
    >>> whole_days(np.array([0.0, 20.0])).tolist()
    [1.0, 609.0]
    """
    return np.maximum(np.ceil(months * DAYS_PER_MONTH), 1.0)


def shifted_risk(risk: float, odds_ratio: float) -> float:
    """
    Move a risk by an odds ratio.

    Parameters
    ----------
    risk
        The risk, in [0, 1).
    odds_ratio
        The odds ratio, above 0.

    Returns
    -------
    float
        The other risk.

    Examples
    --------
    >>> round(shifted_risk(0.46, (0.08 / 0.92) / (0.46 / 0.54)), 10)
    0.08
    """
    if odds_ratio == 1:  # exactly, so that no digit shows an arm under the null
        return risk
    odds = odds_ratio * risk / (1 - risk)
    return odds / (1 + odds)
