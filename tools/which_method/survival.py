"""How good are the methods for the time to a first event?

Exponential times, one in ten lost before the horizon, everybody else observed until
then. Log-rank, Wald and plain Kaplan-Meier come from the batched kernel.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from steps_analysis.estimates import BoolArray, Estimate, FloatArray, IntArray
from steps_analysis.outcomes import (
    TrialStatistics,
    analyse_trials,
    asymptotic_permutation_log_rank,
    cox,
    max_combo,
    modest_log_rank,
    permutation_log_rank,
    restricted_mean,
    risk_ratio_at,
    survival_difference,
    survival_difference_test,
)
from steps_analysis.outcomes.distributions import normal_p_value, normal_quantile
from tools.which_method.answers import (
    DIFFERENCE,
    LOG_RATIO,
    RATIO,
    intervals,
    p_values,
)
from tools.which_method.cells import Cell, Method, risk_cells
from tools.which_method.sampling import BATCH, Draw, Family

LOST = -math.log(0.9)  # hazard of loss: one in ten by the horizon, which is 1
BATCHED = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Trials:
    """A batch: ends of follow-up, whether by the event, (trials, n); arms (n,)."""

    time: FloatArray
    event: BoolArray
    arm: IntArray

    def __iter__(self) -> Iterator[tuple[FloatArray, BoolArray, IntArray]]:
        """Give one trial after the other."""
        for time, event in zip(self.time, self.event, strict=True):
            yield time, event, self.arm

    def statistics(self) -> TrialStatistics:
        """Analyse all at once."""
        return analyse_trials(self.time, self.event, self.arm, horizon=1.0)


def hazards(cell: Cell) -> tuple[float, float]:
    """Give the hazards of the risk and of half of it, by the horizon."""
    return -math.log1p(-cell.value), -math.log1p(-cell.value / 2)


def truths(cell: Cell) -> dict[str, float]:
    """Give the true effects where treatment halves the risk."""
    control, treated = hazards(cell)
    return {
        "log hazard ratio": math.log(treated / control),
        "free": cell.value / 2,
        "risk ratio": 0.5,
        "mean": -math.expm1(-treated) / treated + math.expm1(-control) / control,
    }


def draw(which: Draw) -> Trials:
    """Draw a batch of trials."""
    rng, n = which.rng(), which.cell.n
    arm = np.tile([0, 1], n // 2)
    control, treated = hazards(which.cell)
    hazard = np.where((arm == 1) & which.has_effect, treated, control)
    event = rng.exponential(size=(BATCH, n)) / hazard
    end = np.minimum(rng.exponential(size=(BATCH, n)) / LOST, 1.0)
    return Trials(time=np.minimum(event, end), event=event <= end, arm=arm)


def _log_rank(trials: Trials) -> FloatArray:
    """Give the log-rank tests' p-values."""
    z = trials.statistics().log_rank_z
    return np.array([normal_p_value(one) for one in z])


def _wald(trials: Trials) -> FloatArray:
    """Give the Cox models' Wald limits."""
    found = trials.statistics()
    half = normal_quantile(0.95) * found.log_hazard_ratio_se
    middle = found.log_hazard_ratio
    return np.column_stack([middle - half, middle + half])


def _plain(trials: Trials) -> FloatArray:
    """Give Greenwood's limits, none where an arm has no variance."""
    found = trials.statistics()
    half = normal_quantile(0.95) * found.risk_difference_se
    middle = -found.risk_difference
    return np.column_stack([middle - half, middle + half])


def _profile(trial: tuple[FloatArray, BoolArray, IntArray]) -> Estimate:
    """Give the Cox model's profile limits."""
    time, event, arm = trial
    fit = cox(time, event, arm[:, None].astype(np.float64))
    return fit.profile_interval("column 1")


def _asked(function: Callable[..., Any], **options: Any) -> Callable[[Any], Any]:
    """Let a function of time, event and arm answer a trial."""
    return lambda trial: function(*trial, **options)


def survival() -> Family:
    """Give the family: time to a first event."""
    test = "Time to event: test"
    small: dict[str, Any] = {"most": 1000, "sizes": (20, 40, 80)}
    return Family(
        title="Time to a first event",
        model="Exponential times; the risk stated is that of an event by the horizon, "
        "which treatment halves; one in ten is lost by then, all others are observed "
        "until then.",
        cells=risk_cells(),
        draw=draw,
        truths=truths,
        methods=(
            Method(name="log-rank", question=test, analyse=_log_rank, most=BATCHED),
            Method(
                name="log-rank, permutation (asymptotic)",
                question=test,
                analyse=p_values(_asked(asymptotic_permutation_log_rank)),
            ),
            Method(
                name="log-rank, permutation (999 draws)",
                question=test,
                analyse=p_values(_asked(permutation_log_rank, n_draws=999, seed=1)),
                **small,
            ),
            Method(
                name="modestly weighted log-rank (0.5)",
                question=test,
                analyse=p_values(_asked(modest_log_rank, s_star=0.5)),
                **small,
            ),
            Method(
                name="MaxCombo",
                question=test,
                analyse=p_values(_asked(max_combo)),
                **small,
            ),
            Method(
                name="free at the horizon, log-log",
                question=test,
                analyse=p_values(_asked(survival_difference_test, at=1.0)),
            ),
            Method(
                name="Cox, Wald",
                question="Hazard ratio: interval",
                analyse=_wald,
                scale=LOG_RATIO,
                truth="log hazard ratio",
                most=BATCHED,
            ),
            Method(
                name="Cox, profile likelihood",
                question="Hazard ratio: interval",
                analyse=intervals(_profile),
                scale=LOG_RATIO,
                truth="log hazard ratio",
                most=500,
                sizes=(20, 40, 80),
            ),
            Method(
                name="Kaplan-Meier, Greenwood alone",
                question="Difference at the horizon: interval",
                analyse=_plain,
                scale=DIFFERENCE,
                truth="free",
                most=BATCHED,
            ),
            Method(
                name="Kaplan-Meier, Wilson where no variance",
                question="Difference at the horizon: interval",
                analyse=intervals(_asked(survival_difference, at=1.0)),
                scale=DIFFERENCE,
                truth="free",
            ),
            Method(
                name="Kaplan-Meier ratio",
                question="Risk ratio at the horizon: interval",
                analyse=intervals(_asked(risk_ratio_at, at=1.0)),
                scale=RATIO,
                truth="risk ratio",
            ),
            Method(
                name="restricted mean difference",
                question="Mean time free of the event: interval",
                analyse=intervals(_asked(restricted_mean, horizon=1.0)),
                scale=DIFFERENCE,
                truth="mean",
            ),
        ),
    )
