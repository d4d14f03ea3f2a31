"""What would the unknown outcomes add, had they been like those of others alike?"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pandas as pd

from steps_analysis.estimates import Estimate
from steps_analysis.outcomes.binary.adjustment import adjustment
from steps_analysis.outcomes.binary.standardisation import standardised_risk
from steps_analysis.outcomes.estimands.analysed import Analysed, analysed
from steps_analysis.outcomes.estimands.answers import Answer
from steps_analysis.outcomes.estimands.mean_contrast import mean_difference
from steps_analysis.outcomes.estimands.sensitivity.variation import (
    Sensitivity,
    Variation,
)
from steps_analysis.outcomes.events.status import EXCLUDED, visit_scores
from steps_analysis.outcomes.missing_data.delta_adjustment import delta_adjustment
from steps_analysis.outcomes.missing_data.imputation import Imputations, impute_by_arm
from steps_analysis.outcomes.missing_data.pooling import pool_imputations
from steps_analysis.trial_data import TrialData

N_IMPUTATIONS = 20
SHIFTS = (0.0, 1.0, 2.0, 4.0)
"""By how many points the imputed scores of the treatment arm are moved up."""


def imputed(trial: TrialData, known: Answer) -> Sensitivity:
    """
    Impute the unknown outcomes several times, within each arm.

    Parameters
    ----------
    trial
        The trial.
    known
        The answer as planned, to an estimand whose summary is a risk or a mean
        difference.

    Returns
    -------
    Sensitivity
        The effect as planned; then that of the pooled imputations, analysed in the same
        way. Imputed from the factors adjusted for and, for a score, the other visits.

    Notes
    -----
    Draws come from the protocol's analysis seed.
    """
    tables = _imputed(analysed(trial, known.estimand.code))
    return Sensitivity(
        name="imputed",
        question="What if the unknown outcomes were like those of others alike?",
        variations=(
            Variation(label="As planned: those known", effect=known.effect),
            Variation(
                label=f"Unknown ones imputed within each arm, {N_IMPUTATIONS} times",
                effect=tables.pooled(0.0),
            ),
        ),
        note=(
            f"Unknown are {tables.n_missing} of {tables.n} "
            "outcomes. Imputation takes for granted that, given what is known of a "
            "family, whether its outcome is known has nothing to do with what it is."
        ),
    )


def shifted(trial: TrialData, known: Answer) -> Sensitivity:
    """
    Suppose that those without a score fared worse than others like them.

    Parameters
    ----------
    trial
        The trial.
    known
        The answer as planned, to an estimand whose summary is a mean difference.

    Returns
    -------
    Sensitivity
        The pooled effect with the imputed scores of the treatment arm moved up by 0, 1,
        2 and 4 points, those of the control arm left.
    """
    found = analysed(trial, known.estimand.code)
    tables = _imputed(found)
    unit = found.outcome.unit or "points"
    return Sensitivity(
        name="shifted",
        question="What if those of one arm without a score fared worse?",
        variations=tuple(
            Variation(
                label=f"Imputed scores of the treatment arm {points:g} {unit} higher",
                effect=tables.pooled(points),
            )
            for points in SHIFTS
        ),
        note=(
            "The data cannot tell how those without a score fared. The first line "
            "takes them to be like others like them; the next move away from that."
        ),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Tables:
    """The imputed tables of an estimand, and how each is analysed."""

    found: Analysed = field(repr=False)
    imputations: Imputations | None = field(repr=False)
    adjusted: tuple[str, ...]
    n: int
    n_missing: int

    def pooled(self, shift: float) -> Estimate:
        """Pool the analyses of all tables, the treatment arm's imputed values moved."""
        measure, moved = "risk difference", self.imputations
        if self.found.outcome.kind != "binary":
            measure = "mean difference"
        reason = self.found.empty_arm()
        level, unit = self.found.level, self.found.outcome.unit
        if moved is None or moved.not_estimable or reason:
            reason = (
                reason or (moved and moved.not_estimable) or "nobody is in question"
            )
            return Estimate.missing(measure, reason, n=self.n, level=level, unit=unit)
        if shift:
            by_arm: dict[object, float] = {self.found.treatment: shift}
            moved = delta_adjustment(moved, "value", delta=by_arm)
        effects = [self.effect(table, moved.arm) for table in moved.tables]
        free = self.n - 2 - len(self.adjusted)
        return pool_imputations(effects, complete_df=free, level=level)

    def effect(self, table: pd.DataFrame, arm: npt.NDArray[np.generic]) -> Estimate:
        """Analyse one table as planned."""
        found = self.found
        covariates = table[list(self.adjusted)]
        value = table["value"].to_numpy(dtype=float)
        if found.outcome.kind == "binary":
            return standardised_risk(
                value,
                arm,
                covariates if self.adjusted else None,
                variance="ye-t",
                reference=found.control,
                level=found.level,
            )
        return mean_difference(
            value,
            (arm == found.treatment).astype(float),
            covariates.to_numpy(dtype=float) if self.adjusted else None,
            level=found.level,
            unit=found.outcome.unit,
        )


def _imputed(found: Analysed) -> _Tables:
    """Impute the outcomes of everybody the estimand is about."""
    status = found.status[found.status["status"] != EXCLUDED]
    people = tuple(status["participant_id"])
    value = status.set_index("participant_id")["value"]
    factors, _ = adjustment(found.trial, people, found.estimand.adjust_for)
    scores = _other_scores(found, people)
    start = [name for name in scores if name == _START]
    table = value.to_frame("value").join(factors).join(scores).reset_index(drop=True)
    arm: npt.NDArray[np.str_] = found.arm_of(people).to_numpy(dtype=str)
    return _Tables(
        found=found,
        imputations=None
        if table.empty
        else impute_by_arm(
            table,
            arm,
            n_imputations=N_IMPUTATIONS,
            seed=found.trial.protocol.analysis.seed,
        ),
        adjusted=(*start, *map(str, factors.columns)),
        n=len(table),
        n_missing=int(value.isna().sum()),
    )


_START = "score at month 0"


def _other_scores(found: Analysed, people: tuple[str, ...]) -> pd.DataFrame:
    """Give the scores of the other visits up to the one asked about, a column each."""
    if found.outcome.kind != "score":
        return pd.DataFrame(index=list(people))
    rows = visit_scores(found.trial, found.outcome)
    rows = rows[rows["visit_month"] < found.estimand.at_months]
    wide = rows.pivot_table(
        index="participant_id", columns="visit_month", values="score"
    )
    wide.columns = [f"score at month {month}" for month in wide.columns]
    return wide.reindex(list(people)).dropna(axis=1, how="all")
