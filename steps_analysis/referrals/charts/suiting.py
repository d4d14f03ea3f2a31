"""
Which chart suits so many referrals, said in a sentence.

A chart that is wrong for its volume is worse than none: an XmR chart of a borough with
one referral a month has no lower limit and an upper one that means nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from steps_analysis.referrals.charts.series_checks import (
    check_exposure,
    check_series,
)

ChartName = Literal["none", "time between", "cusum", "counts", "rates", "xmr", "laney"]

FEWEST_PERIODS = 12
FEWEST_REFERRALS = 5
RARE_MEAN = 1.0  # referrals per period, below which months of none are the rule
EVEN_EXPOSURE = 1.25  # largest exposure over smallest that may count as the same
DISPERSED = 0.01  # p-value below which counts vary more than chance


@dataclass(frozen=True, slots=True, kw_only=True)
class ChartChoice:
    """
    A chart, and why it suits.

    Attributes
    ----------
    chart
        ``"time between"`` (`time_between_chart`), ``"cusum"`` (`cusum_chart`),
        ``"counts"`` or ``"rates"`` (`count_chart`), ``"xmr"`` (`control_chart`),
        ``"laney"`` (`count_chart` with those limits), or ``"none"``.
    sentence
        Why, for readers.
    mean
        Referrals per period.
    zero_share
        Share of periods without one.
    dispersion
        How many times as much as chance the counts vary; NaN where there are too few.
    dispersion_p
        Its p-value, NaN where there are too few.
    n
        How many periods there are.

    Examples
    --------
    >>> suited_chart([0, 1] * 12).chart
    'cusum'
    """

    chart: ChartName
    sentence: str
    mean: float
    zero_share: float
    dispersion: float
    dispersion_p: float
    n: int


def suited_chart(
    counts: npt.ArrayLike,
    exposure: npt.ArrayLike | None = None,
    *,
    dates_known: bool = False,
) -> ChartChoice:
    """
    Choose the chart that suits a series of counts.

    Parameters
    ----------
    counts
        Referrals in each period in order of time, shape (n,); whole numbers.
    exposure
        Person-years (or days) of each period, shape (n,); None for the same in all.
    dates_known
        Whether the time between referrals could be charted.

    Returns
    -------
    ChartChoice
        The chart and why.

    Raises
    ------
    DataError
        If `counts` are not counts or an exposure does not fit them.

    Notes
    -----
    In this order. Fewer than 12 periods or 5 referrals: no chart. Fewer than 1 a period
    on average: the time between them, or where that is not known a cumulative sum.
    Counts that vary more than chance (Pearson's chi-squared, p < 0.01): XmR, or Laney's
    limits where the largest exposure is over 1.25 times the smallest. Otherwise counts,
    or rates where exposures differ by as much, with exact limits. A shift inflates the
    dispersion too: such a series goes to XmR, whose limits come from one period to the
    next.

    References
    ----------
    .. [1] Provost, L. P. and Murray, S. K. (2011), The Health Care Data Guide,
       Jossey-Bass, chapters 5 and 7.

    Examples
    --------
    >>> suited_chart([3, 5, 4, 6, 2, 4] * 2).sentence
    'Counts with exact limits: they vary no more than chance.'
    """
    series = check_series("counts", counts, whole=True)
    events, amounts = check_exposure(series, exposure)
    seen = amounts > 0
    uneven = seen.any() and amounts.max() > EVEN_EXPOSURE * amounts[seen].min()
    dispersion, p_value = _dispersion(events[seen], amounts[seen])
    mean = float(events[seen].mean()) if seen.any() else 0.0
    if series.size < FEWEST_PERIODS or events.sum() < FEWEST_REFERRALS:
        chart, why = _NONE
    elif mean < RARE_MEAN:
        chart, why = _BETWEEN if dates_known else _CUSUM
    elif p_value < DISPERSED:
        chart, why = _LANEY if uneven else _XMR
    else:
        chart, why = _RATES if uneven else _COUNTS
    return ChartChoice(
        chart=chart,
        sentence=why,
        mean=mean,
        zero_share=float((events[seen] == 0).mean()) if seen.any() else 1.0,
        dispersion=dispersion,
        dispersion_p=p_value,
        n=series.size,
    )


_Choice = tuple[ChartName, str]

_NONE: _Choice = ("none", "No limits: too few to tell.")
_BETWEEN: _Choice = (
    "time between",
    "Days between referrals: fewer than one in a period, so counts tell little.",
)
_CUSUM: _Choice = (
    "cusum",
    "A cumulative sum: fewer than one in a period, so single counts tell little.",
)
_XMR: _Choice = (
    "xmr",
    "Single values with limits from their moving ranges: "
    "they vary more than counts do by chance.",
)
_LANEY: _Choice = (
    "laney",
    "Rates with widened limits: they vary more than chance, and exposure changes.",
)
_RATES: _Choice = (
    "rates",
    "Rates with exact limits: they vary no more than chance, and exposure changes.",
)
_COUNTS: _Choice = (
    "counts",
    "Counts with exact limits: they vary no more than chance.",
)


def _dispersion(
    events: npt.NDArray[np.float64], exposure: npt.NDArray[np.float64]
) -> tuple[float, float]:
    """Compare the variance of counts with that of chance."""
    from scipy import special

    free = events.size - 1
    if free < 1 or not events.sum():
        return np.nan, np.nan
    expected = exposure * events.sum() / exposure.sum()
    statistic = float(((events - expected) ** 2 / expected).sum())
    return statistic / free, float(special.chdtrc(free, statistic))
