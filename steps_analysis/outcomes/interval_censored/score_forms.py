"""
How does survival change if the effect of an arm moves away from nothing?

Three effects, as functions of the survival probabilities s at the ends of the innermost
intervals: their first derivative gives a test's scores, second and mixed ones its
information.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from steps_analysis.estimates import FloatArray


@dataclass(frozen=True, slots=True, kw_only=True)
class Derivatives:
    """
    Of survival, at no effect.

    Attributes
    ----------
    first, second
        In the effect, shape (m + 1,).
    mixed
        Of `first` in the probabilities, shape (m + 1, m + 1).
    """

    first: FloatArray
    second: FloatArray
    mixed: FloatArray


def _proportional_hazards(s: FloatArray) -> Derivatives:
    """Raise s to exp(effect)."""
    log = np.log(np.where(s > 0, s, 1.0))
    return Derivatives(
        first=s * log, second=s * log * (1 + log), mixed=np.diag(1 + log)
    )


def _proportional_odds(s: FloatArray) -> Derivatives:
    """Multiply the odds (1 - s) / s by exp(effect)."""
    first = -s * (1 - s)
    return Derivatives(
        first=first, second=-first * (1 - 2 * s), mixed=np.diag(2 * s - 1)
    )


def _discrete_odds(s: FloatArray) -> Derivatives:
    """Multiply the odds of the event in each interval, if free before it."""
    m = len(s) - 1
    hazard = 1 - s[1:] / s[:-1]
    total = np.concatenate([[0.0], np.cumsum(hazard)])
    spread = np.concatenate([[0.0], np.cumsum(hazard * (1 - hazard))])
    # hazard j falls with s[j] and rises with s[j - 1]
    slopes = np.zeros((m + 1, m + 1))
    for j in range(1, m + 1):
        slopes[j:, j] -= 1 / s[j - 1]
        slopes[j:, j - 1] += s[j] / s[j - 1] ** 2
    return Derivatives(
        first=-s * total,
        second=s * (total**2 - spread),
        mixed=-np.diag(total) - s[:, None] * slopes,
    )


FORMS: dict[str, Callable[[FloatArray], Derivatives]] = {
    "sun": _discrete_odds,
    "finkelstein": _proportional_hazards,
    "wilcoxon": _proportional_odds,
}
