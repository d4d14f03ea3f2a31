"""
Are there more than at this time of year in years before: Farrington's limits.

For whole countries and weekly counts over years; a borough's referrals are too few, and
its series too short. Here for totals of all boroughs, and to be compared with R.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from steps_analysis.errors import ArgumentError, refusal
from steps_analysis.estimates import FloatArray, IntArray, check_level
from steps_analysis.referrals.charts.charted_series import ChartedSeries
from steps_analysis.referrals.charts.quasi_poisson import (
    QuasiPoisson,
    fit_quasi_poisson,
    outbreaks_weighted_down,
)
from steps_analysis.referrals.charts.series_checks import check_series
from steps_analysis.referrals.charts.signals import NO_FLAG, OUTSIDE, notes
from steps_analysis.referrals.count_checks import check_choice, check_whole

OutbreakMethod = Literal["farrington", "noufaily"]

TREND_P = {"farrington": 0.05, "noufaily": 1.0}  # the papers': the newer always keeps
TREND_YEARS = 3  # a trend needs as many years
WEIGHT_FROM = {"farrington": 1.0, "noufaily": 2.58}  # standardised residuals
SEASONS = 10  # parts of the year of the newer method, the window one of them


def farrington_limits(
    counts: npt.ArrayLike,
    *,
    method: OutbreakMethod = "farrington",
    at: Sequence[int] | None = None,
    years: int = 5,
    half_window: int = 3,
    periods_per_year: int = 52,
    level: float = 0.95,
    least: tuple[int, int] = (5, 4),
    trend_p: float | None = None,
) -> ChartedSeries:
    """
    Set limits to counts from the same weeks of years before.

    Parameters
    ----------
    counts
        Counts per week (or month) in order of time, shape (n,); whole numbers.
    method
        ``"farrington"``, the windows of the years before alone, limits by the 2/3
        power; ``"noufaily"``, all weeks of those years with a season of 10 parts,
        limits from the negative binomial distribution.
    at
        Positions to set limits at, counted from 0; all with enough years before them
        if not given.
    years, half_window
        How many years before, and how many weeks on either side, are compared.
    periods_per_year
        52 for weeks, 12 for months.
    level
        Level of the limits: two-sided for ``"farrington"`` and of the upper limit alone
        for ``"noufaily"``, as in R.
    least
        Cases, and periods up to now, below which no count is flagged: fewer than 5 in 4
        weeks.
    trend_p
        The trend is kept where its p-value is below this; 0.05 for ``"farrington"`` and
        1 (always) for ``"noufaily"`` if not given.

    Returns
    -------
    ChartedSeries
        One row per position of `at`: ``centre`` is the expected count, ``upper`` the
        limit, NaN where there are fewer than `least` (said in ``remark``), with further
        columns ``dispersion`` and ``trend`` (whether one was kept).

    Raises
    ------
    DataError
        If `counts` are not counts.
    ArgumentError
        If an option breaks its rule, or a position has too few years before it.

    Notes
    -----
    A quasi-Poisson model with a linear trend is fitted, past outbreaks are weighted
    down by their Anscombe residuals, and the model fitted again. The trend is dropped
    unless its p-value is small, there are three years, and it predicts no more than was
    ever seen. Equals R's ``surveillance::algo.farrington`` to five digits (R's fit
    stops at a relative change of 1e-8) and ``farringtonFlexible(noPeriods = 10,
    thresholdMethod = "nbPlugin", pThresholdTrend = 1)``. With another threshold the
    second tests the trend with the wrong dispersion: it reads the weights of past
    outbreaks where the working weights should be (1.20.3: p = 0.010 for 0.095), so R's
    default of 0.05 keeps trends that ours drops. Where R reports a limit of 0 for fewer
    than `least`, ours is missing.

    References
    ----------
    .. [1] Farrington, C. P. et al. (1996), JRSS A 159, 547-563.
    .. [2] Noufaily, A. et al. (2013), Statistics in Medicine 32, 1206-1222.

    Examples
    --------
    Four in every week for six years, then nine; no over-dispersion, se² of the mean is
    4 / 35: limit (4 ** (2/3) + 1.96 sqrt(4/9 4 ** (1/3) (1 + 1/35))) ** (3/2) = 8.575.

    >>> chart = farrington_limits([4] * 312 + [9], at=[312])
    >>> chart.points["upper"].round(3).tolist(), chart.points["flag"].tolist()
    ([8.575], ['above the upper limit'])
    """
    check_choice("method", method, tuple(WEIGHT_FROM))
    series = check_series("counts", counts, whole=True)
    window = _Window(
        years=check_whole("years", years, 1),
        half=check_whole("half_window", half_window, 0),
        year=check_whole("periods_per_year", periods_per_year, 2),
        seasons=SEASONS if method == "noufaily" else 1,
    )
    tail = 1 - check_level(level)
    where = _positions(at, series.size, window)
    if trend_p is not None and not 0 <= trend_p <= 1:
        raise ArgumentError(refusal("trend_p", "lie in [0, 1]", trend_p))
    options = _Options(
        method=method,
        tail=tail,
        trend_p=TREND_P[method] if trend_p is None else float(trend_p),
        least=least,
    )
    value = np.asarray(series, dtype=np.float64)
    rows = [_one(value, k, window, options) for k in where]
    frame = pd.DataFrame(rows, index=series.index[where], columns=_COLUMNS)
    frame.insert(0, "value", value[where])
    frame.insert(0, "observed", value[where])
    over = frame["value"] > frame["upper"]
    frame["flag"] = np.where(over, OUTSIDE[1], NO_FLAG)
    frame["note"] = notes(frame["flag"].tolist(), more_is="high")
    about = {"first": series.index[0], "last": series.index[-1], "n": len(where)}
    return ChartedSeries(
        points=frame,
        segments=pd.DataFrame([{**about, "remark": ""}], index=[1]),
        method=f"{method} limits, {years} years, windows of {2 * half_window + 1}",
        lower_missing="only counts above what was expected are looked for",
        not_estimable=None if len(where) else "there are too few years",
        r_call=_R_CALLS[method].format(
            years, half_window, round(tail, 12), where[0] + 1, where[-1] + 1
        )
        if len(where)
        else None,
    )


_COLUMNS = ("centre", "lower", "upper", "moving_range", "segment", "dispersion",
            "trend", "remark")  # fmt: skip
_R_CALLS = {
    "farrington": "surveillance::algo.farrington(counts, control = list("
    "b = {}, w = {}, alpha = {}, range = {}:{}))",
    "noufaily": "surveillance::farringtonFlexible(counts, control = list(b = {}, "
    'w = {}, alpha = {}, range = {}:{}, noPeriods = 10, thresholdMethod = "nbPlugin", '
    "pThresholdTrend = 1))",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Window:
    """Which weeks are compared with one."""

    years: int
    half: int
    year: int
    seasons: int

    @property
    def reach(self) -> int:
        """How far back the first of them lies."""
        return self.years * self.year + self.half

    def positions(self, k: int) -> tuple[IntArray, IntArray]:
        """List the positions before k that are used, and their part of the year."""
        if self.seasons == 1:
            back = np.arange(self.years, 0, -1)[:, None] * self.year
            near = np.arange(-self.half, self.half + 1)[None, :]
            found = (k - back + near).ravel()
            return found, np.zeros(found.size, dtype=np.int64)
        found = np.arange(k - self.reach, k - self.half)
        return found, np.tile(self._parts(), self.years)[: found.size]

    def _parts(self) -> IntArray:
        """Cut a year into the window and as many nearly equal parts as asked for."""
        width = 2 * self.half + 1
        lengths, rest = divmod(self.year - width, self.seasons - 1)
        sizes = [lengths + (i < rest) for i in range(self.seasons - 1)]
        return np.repeat(np.arange(self.seasons), [width, *sizes])


@dataclass(frozen=True, slots=True, kw_only=True)
class _Options:
    """How limits are made."""

    method: OutbreakMethod
    tail: float
    trend_p: float
    least: tuple[int, int]


def _positions(at: Sequence[int] | None, n: int, window: _Window) -> list[int]:
    """Check the positions, or take all there are."""
    if window.year < 2 * window.half + window.seasons:
        rule = f"be at least {2 * window.half + window.seasons}, for its windows"
        raise ArgumentError(refusal("periods_per_year", rule, window.year))
    if at is None:
        return list(range(window.reach, n))
    wrong = [k for k in at if not window.reach <= k < n or int(k) != k]
    if wrong:
        rule = f"lie in [{window.reach}, {n - 1}], with enough years before"
        raise ArgumentError(refusal("at", rule, wrong[0]))
    return [int(k) for k in at]


def _one(
    value: FloatArray, k: int, window: _Window, options: _Options
) -> dict[str, Any]:
    """Set the limit of one week."""
    positions, parts = window.positions(k)
    dummies = [(parts == part) * 1.0 for part in range(1, window.seasons)]
    design = np.column_stack([np.ones(positions.size), positions - k, *dummies])
    past = value[positions]
    row: dict[str, Any] = {
        "lower": math.nan, "moving_range": math.nan, "segment": 1, "remark": "",
    }  # fmt: skip
    if not past.any():
        reason = "not estimable because there was none in years before"
        return {**row, "centre": math.nan, "upper": math.nan, "trend": False,
                "dispersion": math.nan, "remark": reason}  # fmt: skip
    fit, trend = _fitted(design, past, window.years, options)
    mean, tail, least = math.exp(fit.coefficients[0]), options.tail, options.least
    if options.method == "farrington":
        error = fit.dispersion * np.linalg.inv(fit.information)[0, 0]
        upper = _two_thirds(mean, fit.dispersion, error, tail)
    else:
        upper = _negative_binomial(mean, fit.dispersion, tail)
    few = value[max(k - least[1] + 1, 0) : k + 1].sum() < least[0]
    remark = f"fewer than {least[0]} in {least[1]} periods: too few to tell"
    return {
        **row,
        "centre": mean,
        "upper": math.nan if few else upper,
        "dispersion": fit.dispersion,
        "trend": trend,
        "remark": remark if few else "",
    }


def _fitted(
    design: FloatArray, past: FloatArray, years: int, options: _Options
) -> tuple[QuasiPoisson, bool]:
    """Fit with a trend where it can be believed, and without it elsewhere."""
    threshold = WEIGHT_FROM[options.method]
    fit = _twice(design, past, threshold)
    # Time is counted from the week asked about: its mean is the intercept's.
    here = math.exp(min(fit.coefficients[0], 700.0))
    believed = fit.converged and years >= TREND_YEARS and here <= past.max()
    if believed and _p_value(fit) <= options.trend_p:
        return fit, True
    return _twice(np.delete(design, 1, axis=1), past, threshold), False


def _twice(design: FloatArray, past: FloatArray, threshold: float) -> QuasiPoisson:
    """Fit, weight past outbreaks down, and fit again."""
    fit = fit_quasi_poisson(design, past, np.ones(past.size))
    if not fit.converged:
        return fit
    weights = outbreaks_weighted_down(fit, past, threshold)
    return fit_quasi_poisson(design, past, weights)


def _p_value(fit: QuasiPoisson) -> float:
    """Test the trend, with the dispersion as estimated."""
    from scipy import special

    variance = fit.pearson * np.linalg.pinv(fit.information, hermitian=True)[1, 1]
    if not variance > 0:
        return 1.0
    free = fit.mean.size - fit.coefficients.size
    t = abs(fit.coefficients[1]) / math.sqrt(variance)
    return float(2 * special.stdtr(free, -t))


def _two_thirds(mean: float, dispersion: float, error: float, tail: float) -> float:
    """Limit of a new count whose 2/3 power is nearly normal."""
    from scipy import special

    spread = dispersion + error * mean  # the error of the log mean, times mean squared
    reach = -special.ndtri(tail / 2) * math.sqrt(4 / 9 * mean ** (1 / 3) * spread)
    return float((mean ** (2 / 3) + reach) ** 1.5)


def _negative_binomial(mean: float, dispersion: float, tail: float) -> float:
    """Quantile of a count with this mean and variance `dispersion` times it."""
    from scipy import stats

    if dispersion > 1:
        size = mean / (dispersion - 1)
        return float(stats.nbinom.ppf(1 - tail, size, 1 / dispersion))
    return float(stats.poisson.ppf(1 - tail, mean))
