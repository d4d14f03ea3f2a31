"""How good are the methods that adjust two risks for covariates or strata?

Two binary factors, both prognostic, make four strata. Families come in one after the
other and are allocated simply, in blocks within strata, or by minimisation.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy.optimize import brentq
from scipy.special import expit

from steps_analysis.estimates import BoolArray, Estimate, FloatArray, IntArray
from steps_analysis.outcomes import (
    cochran_mantel_haenszel,
    linear_probability,
    mantel_haenszel,
    modified_poisson,
    standardised_risk,
)
from steps_analysis.outcomes.binary.standardisation import Variance
from steps_analysis.randomisation import (
    CompleteRandomisation,
    Minimisation,
    StratifiedBlocks,
    draw_sequences,
)
from steps_analysis.randomisation.procedures import Procedure
from tools.which_method.answers import DIFFERENCE, RATIO, intervals, p_values
from tools.which_method.cells import Cell, Method, risk_cells
from tools.which_method.sampling import BATCH, Draw, Family

_LOG_ODDS = np.log([3.0, 2.0])  # of the two factors
_LEVELS = np.array([(0, 0), (0, 1), (1, 0), (1, 1)])
_ARM = "column 3"  # after the factors
_TOGETHER = 50  # trials that share their families' factors
_FACTORS = ("first", "second")
_YE: dict[Variance, str] = {"ye": "Ye", "ye-t": "Ye for small trials"}
PROCEDURES: dict[str, Procedure] = {
    "simple": CompleteRandomisation(),
    "blocks": StratifiedBlocks(_FACTORS, block_sizes=(4,)),
    "minimised": Minimisation(_FACTORS, p=0.8),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """One trial: who had the event, arms (1 = treatment), the two factors."""

    event: BoolArray
    arm: IntArray
    factors: FloatArray

    @property
    def stratum(self) -> IntArray:
        """Give the stratum of each participant."""
        found: IntArray = (self.factors @ [2, 1]).astype(np.int64)
        return found

    def design(self) -> FloatArray:
        """Give the columns of a model: factors, then arm."""
        return np.column_stack([self.factors, self.arm])


def log_odds(control: float, treated: float) -> tuple[float, float]:
    """Give intercept and coefficient of treatment that make the two risks."""
    prognosis = _LEVELS @ _LOG_ODDS

    def level(risk: float) -> float:
        return float(brentq(lambda a: expit(a + prognosis).mean() - risk, -20, 10))

    intercept = level(control)
    return intercept, level(treated) - intercept


def truths(cell: Cell) -> dict[str, float]:
    """Give the true effects where treatment halves the risk."""
    return {"difference": -cell.value / 2, "ratio": 0.5}


def draw(which: Draw) -> list[Trial]:
    """Draw a batch of trials."""
    rng, n = which.rng(), which.cell.n
    risk = which.cell.value
    start, effect = log_odds(risk, risk / 2 if which.has_effect else risk)
    trials = []
    for _ in range(BATCH // _TOGETHER):
        factors = _LEVELS[rng.integers(0, 4, n)]
        arms = draw_sequences(
            PROCEDURES[which.world],
            n,
            _TOGETHER,
            factors=pd.DataFrame(factors, columns=_FACTORS)
            if which.world != "simple"
            else None,
            seed=int(rng.integers(2**31)),
        ).astype(np.int64)
        event = rng.random(arms.shape) < expit(
            start + factors @ _LOG_ODDS + effect * arms
        )
        trials += [
            Trial(event=e, arm=a, factors=factors.astype(np.float64))
            for e, a in zip(event, arms, strict=True)
        ]
    return trials


def _standardised(variance: Variance, world: str) -> Callable[[Trial], Estimate]:
    """Standardise as the world's allocation asks: by its strata, or its factors."""

    def contrast(trial: Trial) -> Estimate:
        if world != "blocks":
            return standardised_risk(
                trial.event, trial.arm, trial.factors, variance=variance
            )
        return standardised_risk(
            trial.event,
            trial.arm,
            trial.factors[:, :1],
            variance=variance,
            stratum=trial.stratum,
        )

    return contrast


def _ge(trial: Trial) -> Estimate:
    return standardised_risk(trial.event, trial.arm, trial.factors, variance="ge-hc3")


def _of_risk_model(model: Callable[..., Any]) -> Callable[[Trial], Estimate]:
    def contrast(trial: Trial) -> Estimate:
        fit = model(trial.event, trial.design())
        found: Estimate = fit.contrast(_ARM)
        return found

    return contrast


def adjusted() -> Family:
    """Give the family: risks adjusted for covariates or strata."""
    difference, ratio = (
        "Adjusted risk difference: interval",
        "Adjusted risk ratio: interval",
    )
    common: dict[str, Any] = {"world": "blocks", "scale": DIFFERENCE}
    return Family(
        title="Two risks, adjusted for covariates or strata",
        model="Two binary factors, equally likely and independent, with odds ratios 3 "
        "and 2, make four strata; the risk stated is the control arm's on average, and "
        "treatment halves it (one odds ratio). Allocation simple, in blocks of 4 "
        "within strata, or minimised (p = 0.8); where a row names none, in blocks. "
        "Standardisation by Ye's variance adjusts for the first factor and knows the "
        "strata where these are blocks, and for both factors elsewhere; models adjust "
        "for both factors. Firth's model is measured without "
        "covariates only: with them its profile takes too long.",
        cells=risk_cells(),
        draw=draw,
        truths=truths,
        methods=(
            *(
                Method(
                    name=f"standardised, {name}; {world}",
                    question=difference,
                    analyse=intervals(_standardised(variance, world)),
                    scale=DIFFERENCE,
                    truth="difference",
                    world=world,
                    most=6000,
                )
                for world in PROCEDURES
                for variance, name in _YE.items()
            ),
            Method(
                name="standardised, Ge (HC3)",
                question=difference,
                analyse=intervals(_ge),
                truth="difference",
                most=1000,
                **common,
            ),
            Method(
                name="linear probability (HC2)",
                question=difference,
                analyse=intervals(_of_risk_model(linear_probability)),
                truth="difference",
                **common,
            ),
            Method(
                name="Mantel-Haenszel",
                question=difference,
                analyse=intervals(lambda t: mantel_haenszel(t.event, t.arm, t.stratum)),
                truth="difference",
                **common,
            ),
            Method(
                name="modified Poisson (HC0)",
                question=ratio,
                analyse=intervals(_of_risk_model(modified_poisson)),
                truth="ratio",
                world="blocks",
                scale=RATIO,
                most=2000,
            ),
            Method(
                name="Cochran-Mantel-Haenszel",
                question="Two risks in strata: test",
                analyse=p_values(
                    lambda t: cochran_mantel_haenszel(t.event, t.arm, t.stratum)
                ),
                world="blocks",
            ),
        ),
    )
