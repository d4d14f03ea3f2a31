"""Which limits does a difference of two risks have?"""

from __future__ import annotations

import math
from collections.abc import Callable

from steps_analysis.outcomes.binary.corrected_scores import skewed_difference_limits
from steps_analysis.outcomes.binary.counts import TwoByTwo
from steps_analysis.outcomes.binary.proportions import (
    corrected_wilson_limits,
    wilson_limits,
)
from steps_analysis.outcomes.binary.score_limits import difference_score_limits
from steps_analysis.outcomes.binary.unconditional_limits import unconditional_limits
from steps_analysis.outcomes.distributions import normal_quantile

Interval = tuple[float, float]


def _newcombe(table: TwoByTwo, level: float, *, corrected: bool = False) -> Interval:
    """Square and add the distances to Wilson's limits."""
    limits = corrected_wilson_limits if corrected else wilson_limits
    p1, p2 = table.risks
    l1, u1 = limits(table.events_treatment, table.n_treatment, level)
    l2, u2 = limits(table.events_control, table.n_control, level)
    lower = p1 - p2 - math.hypot(p1 - l1, u2 - p2)
    upper = p1 - p2 + math.hypot(u1 - p1, p2 - l2)
    return lower, upper


def _agresti_caffo(table: TwoByTwo, level: float) -> Interval:
    """Wald's limits after adding one event and one non-event to each arm."""
    n1, n2 = table.n_treatment + 2, table.n_control + 2
    p1, p2 = (table.events_treatment + 1) / n1, (table.events_control + 1) / n2
    se = math.sqrt(p1 * (1 - p1) / n1 + p2 * (1 - p2) / n2)
    half = normal_quantile(level) * se
    return p1 - p2 - half, p1 - p2 + half


DIFFERENCE_LIMITS: dict[str, Callable[[TwoByTwo, float], Interval]] = {
    "newcombe": _newcombe,
    "miettinen-nurminen": lambda table, level: difference_score_limits(
        table.counts, level, correct=True
    ),
    "mee": lambda table, level: difference_score_limits(
        table.counts, level, correct=False
    ),
    "agresti-caffo": _agresti_caffo,
    "scas": lambda table, level: skewed_difference_limits(table.counts, level),
    "exact": lambda table, level: unconditional_limits(table.counts, level),
    "newcombe-corrected": lambda table, level: _newcombe(table, level, corrected=True),
}
