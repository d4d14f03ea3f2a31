"""What did a method answer, and was it right?

Intervals come as limits, shape (k, 2), tests as p-values, shape (k,); NaN where the
method gave none. A test that gives none rejects nothing, an interval that is not given
excludes nothing and counts as long as the whole scale.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np

from steps_analysis.estimates import Estimate, FloatArray, TestResult

ALPHA = 0.05
_SLACK = 1e-9  # limits that touch a value contain it
_Trial = TypeVar("_Trial")


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """Where limits lie: what no effect is, and how lengths are compared."""

    null: float
    whole: float
    bounded: Callable[[FloatArray], FloatArray]


def _share(ratio: FloatArray) -> FloatArray:
    """Give r / (1 + r): a ratio from 0 to infinity on a scale from 0 to 1."""
    return 1 - 1 / (1 + ratio)


def _same(value: FloatArray) -> FloatArray:
    """Give the value: the scale has ends already, or needs none."""
    return value


def _of_log(value: FloatArray) -> FloatArray:
    """Give the same share from the log of a ratio."""
    return _share(np.exp(value))


RISK = Scale(null=math.nan, whole=1.0, bounded=_same)
DIFFERENCE = Scale(null=0.0, whole=2.0, bounded=_same)
RATIO = Scale(null=1.0, whole=1.0, bounded=_share)
LOG_RATIO = Scale(null=0.0, whole=1.0, bounded=_of_log)
SCORE = Scale(null=0.0, whole=math.nan, bounded=_same)


def limits(estimate: Estimate) -> tuple[float, float]:
    """Give an estimate's limits, NaN where it has none."""
    if estimate.not_estimable is not None:
        return math.nan, math.nan
    return estimate.lower, estimate.upper


def p_value(result: TestResult | Estimate) -> float:
    """Give a p-value, NaN where there is none."""
    return math.nan if result.not_estimable is not None else result.p_value


def intervals(
    analyse: Callable[[_Trial], Estimate],
) -> Callable[[Iterable[_Trial]], FloatArray]:
    """Analyse trial by trial; give the limits."""

    def of_all(trials: Iterable[_Trial]) -> FloatArray:
        return np.array([limits(analyse(trial)) for trial in trials])

    return of_all


def p_values(
    analyse: Callable[[_Trial], TestResult | Estimate],
) -> Callable[[Iterable[_Trial]], FloatArray]:
    """Analyse trial by trial; give the p-values."""

    def of_all(trials: Iterable[_Trial]) -> FloatArray:
        return np.array([p_value(analyse(trial)) for trial in trials])

    return of_all


def summary(
    found: FloatArray, *, scale: Scale | None, truth: float, weights: FloatArray
) -> dict[str, Any]:
    """Give the shares given, rejecting and missing the truth, and the mean length."""
    if scale is None:
        rejects = np.nan_to_num(found, nan=1.0) <= ALPHA + _SLACK
        shares = {"given": ~np.isnan(found), "rejects": rejects}
        return {name: _rounded(weights @ share) for name, share in shares.items()}
    null = truth if math.isnan(scale.null) else scale.null
    given = ~np.isnan(found).any(axis=1)
    ends = scale.bounded(found[given])
    length = np.full(len(found), scale.whole)
    length[given] = ends[:, 1] - ends[:, 0]
    if math.isnan(scale.whole):
        length = np.where(given, length, 0.0) / max(float(weights @ given), 1e-300)
    return {
        "given": _rounded(weights @ given),
        "rejects": _rounded(weights @ _excluded(found, null)),
        "misses": _rounded(weights @ _excluded(found, truth)),
        "length": _rounded(weights @ length),
    }


def _excluded(found: FloatArray, value: float) -> FloatArray:
    """Say which limits leave a value out."""
    below, above = found[:, 0] > value + _SLACK, found[:, 1] < value - _SLACK
    return (below | above).astype(np.float64)


def _rounded(value: FloatArray | float) -> float:
    """Keep what says something."""
    return round(float(value), 5)
