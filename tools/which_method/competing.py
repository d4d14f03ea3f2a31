"""How good are the methods where another event may come first?"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from steps_analysis.estimates import FloatArray, IntArray, TestResult
from steps_analysis.outcomes import (
    cumulative_incidence_difference,
    cumulative_incidence_ratio,
    fine_gray,
    gray_test,
    mean_time_lost_difference,
)
from tools.which_method.answers import DIFFERENCE, RATIO, intervals, p_values
from tools.which_method.cells import Cell, Method, risk_cells
from tools.which_method.sampling import BATCH, Draw, Family
from tools.which_method.survival import LOST

OTHER = 0.1  # risk of the competing event by the horizon, in both arms


@dataclass(frozen=True, slots=True, kw_only=True)
class Trials:
    """A batch: end of follow-up and its cause, (trials, n); arms (n,)."""

    time: FloatArray
    cause: IntArray
    arm: IntArray

    def __iter__(self) -> Iterator[tuple[FloatArray, IntArray, IntArray]]:
        """Give one trial after the other."""
        for time, cause in zip(self.time, self.cause, strict=True):
            yield time, cause, self.arm


def hazards(risk: float) -> tuple[float, float]:
    """Give the hazards of both events that make the risks by the horizon."""
    total = -math.log1p(-risk - OTHER)
    return total * risk / (risk + OTHER), total * OTHER / (risk + OTHER)


def time_lost(risk: float) -> float:
    """Give the mean time lost to the event by the horizon."""
    first, total = hazards(risk)[0], sum(hazards(risk))
    return first / total * (1 + math.expm1(-total) / total)


def truths(cell: Cell) -> dict[str, float]:
    """Give the true effects where treatment halves the risk."""
    lost = time_lost(cell.value / 2) - time_lost(cell.value)
    return {"difference": -cell.value / 2, "ratio": 0.5, "lost": lost}


def draw(which: Draw) -> Trials:
    """Draw a batch of trials."""
    rng, n = which.rng(), which.cell.n
    arm = np.tile([0, 1], n // 2)
    risk = which.cell.value
    control, treated = hazards(risk), hazards(risk / 2 if which.has_effect else risk)
    first, other = (
        rng.exponential(size=(BATCH, n)) / np.where(arm == 1, treated[i], control[i])
        for i in range(2)
    )
    end = np.minimum(rng.exponential(size=(BATCH, n)) / LOST, 1.0)
    time = np.minimum(np.minimum(first, other), end)
    cause = np.where(time < end, np.where(first < other, 1, 2), 0)
    return Trials(time=time, cause=cause, arm=arm)


def _fine_gray(trial: tuple[FloatArray, IntArray, IntArray]) -> TestResult:
    """Give the Wald test of Fine and Gray's model."""
    time, cause, arm = trial
    return fine_gray(time, cause, arm[:, None].astype(np.float64)).wald_test()


def _asked(function: Callable[..., Any], **options: Any) -> Callable[[Any], Any]:
    """Let a function of time, cause and arm answer a trial."""
    return lambda trial: function(*trial, **options)


def competing() -> Family:
    """Give the family: another event may come first."""
    difference = "Difference of cumulative incidences: interval"
    return Family(
        title="Another event may come first",
        model="Two constant hazards; the risk stated is the cumulative incidence of "
        f"the event by the horizon, which treatment halves; that of the other is "
        f"{OTHER:g} in both arms; one in ten is lost.",
        cells=risk_cells(),
        draw=draw,
        truths=truths,
        methods=(
            *(
                Method(
                    name=f"cumulative incidence ({variance})",
                    question=difference,
                    analyse=intervals(
                        _asked(
                            cumulative_incidence_difference, at=1.0, variance=variance
                        )
                    ),
                    scale=DIFFERENCE,
                    truth="difference",
                )
                for variance in ("jackknife", "aalen")
            ),
            Method(
                name="cumulative incidence ratio",
                question="Ratio of cumulative incidences: interval",
                analyse=intervals(_asked(cumulative_incidence_ratio, at=1.0)),
                scale=RATIO,
                truth="ratio",
            ),
            Method(
                name="mean time lost",
                question="Mean time lost: interval",
                analyse=intervals(_asked(mean_time_lost_difference, horizon=1.0)),
                scale=DIFFERENCE,
                truth="lost",
            ),
            Method(
                name="Gray",
                question="Cumulative incidence: test",
                analyse=p_values(_asked(gray_test)),
            ),
            Method(
                name="Fine and Gray, Wald",
                question="Cumulative incidence: test",
                analyse=p_values(_fine_gray),
                most=1000,
                sizes=(20, 40, 80),
            ),
        ),
    )
