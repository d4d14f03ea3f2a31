"""
What would everybody's risk by a time be in one arm?

Three answers, each with the pull of every participant: predictions of a Cox model
averaged (the g-formula), outcomes weighted by how rare such a participant is in the arm
(IPTW), and both together (AIPTW).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from steps_analysis.estimates import BoolArray, FloatArray
from steps_analysis.outcomes.binary.working_model import WorkingModel
from steps_analysis.outcomes.columns import Groups
from steps_analysis.outcomes.hazards.censoring import Censoring
from steps_analysis.outcomes.hazards.cox_fit import CoxFit
from steps_analysis.outcomes.hazards.cox_influence import (
    HazardInfluence,
    hazard_influence,
)


class ArmRisk(NamedTuple):
    """
    A risk and what each participant adds to it.

    Attributes
    ----------
    value
        The risk.
    influence
        How much the risk moves with each row's weight, shape (n,); the sum of squares
        is its variance.
    """

    value: float
    influence: FloatArray


@dataclass(frozen=True, slots=True, kw_only=True)
class RiskSetting:
    """
    What the three estimators need.

    Attributes
    ----------
    time, event
        End of follow-up and whether it ended in the event, shape (n,).
    arms
        The arms.
    design
        Indicators of all arms but the first, then covariates, shape (n, k).
    at
        The time.
    fit
        The Cox model of `design`.
    treatment
        The logistic model of being in the second arm, or None where none is needed.
    """

    time: FloatArray
    event: BoolArray
    arms: Groups
    design: FloatArray
    at: float
    fit: CoxFit
    treatment: WorkingModel | None


class _Prediction(NamedTuple):
    """Risks under one arm, and how they move with the model."""

    risk: FloatArray
    relative: FloatArray
    covariates: FloatArray
    pull: HazardInfluence

    def influence(self, weight: FloatArray) -> FloatArray:
        """Give each row's pull on the weighted mean of the risks, through the model."""
        n = len(self.risk)
        slope = weight * (1 - self.risk) * self.relative / n
        through = (slope * self.pull.cumulative) @ self.covariates
        moved: FloatArray = self.pull.hazard * slope.sum()
        return moved + self.pull.coefficients @ through


def g_formula(setting: RiskSetting, arm: int) -> ArmRisk:
    """
    Average predicted risks with everybody in one arm.

    Parameters
    ----------
    setting
        The setting.
    arm
        Code of the arm.

    Returns
    -------
    ArmRisk
        The mean; its influence has the sampling of covariates and the model's errors.
    """
    predicted = _predict(setting, arm)
    mean = float(predicted.risk.mean())
    n = len(predicted.risk)
    influence = (predicted.risk - mean) / n + predicted.influence(np.ones(n))
    return ArmRisk(mean, influence)


def weighted_risk(setting: RiskSetting, arm: int) -> ArmRisk:
    """
    Weight the outcomes of one arm up to everybody.

    Parameters
    ----------
    setting
        The setting, of two arms.
    arm
        Code of the arm.

    Returns
    -------
    ArmRisk
        The mean of outcome over the probability of the arm, and of still being
        observed by the arm's Kaplan-Meier curve of censoring.
    """
    weight, _ = _weights(setting, arm)
    censoring = _censoring(setting, arm)
    outcome = weight * censoring.outcome
    mean, n = float(outcome.mean()), len(outcome)
    influence = (outcome - mean) / n + _through_treatment(setting, arm, outcome)
    influence += censoring.influence(outcome) / n
    return ArmRisk(mean, influence)


def augmented_risk(setting: RiskSetting, arm: int) -> ArmRisk:
    """
    Correct predicted risks by weighted outcomes, or the reverse.

    Parameters
    ----------
    setting
        The setting, of two arms.
    arm
        Code of the arm.

    Returns
    -------
    ArmRisk
        Right if either the Cox model or the model of the arm (and the curve of
        censoring) is.

    Notes
    -----
    The influence is that of the efficient score; terms for the estimation of the curve
    of censoring and of the model within its correction have mean 0 and are left out.
    """
    weight, n = _weights(setting, arm)
    predicted = _predict(setting, arm)
    censoring = _censoring(setting, arm)
    hazards = _hazard_before(setting, censoring.time)
    seen = censoring.outcome + censoring.augmentation(
        predicted.relative, hazards, predicted.pull.cumulative
    )
    surprise = weight * (seen - predicted.risk)
    values = predicted.risk + surprise
    mean = float(values.mean())
    influence = (values - mean) / n + predicted.influence(1 - weight)
    return ArmRisk(mean, influence + _through_treatment(setting, arm, surprise))


def _predict(setting: RiskSetting, arm: int) -> _Prediction:
    """Predict everybody's risk in one arm."""
    fit = setting.fit
    kept = [name not in fit.dropped for name in fit.names]
    design, n_others = setting.design.copy(), len(setting.arms.labels) - 1
    design[:, :n_others] = 0.0
    if arm:
        design[:, arm - 1] = 1.0
    centred = design[:, kept] - fit.centre
    relative = np.exp(centred @ fit.coefficients[kept])
    pull = hazard_influence(fit, setting.at)
    risk = -np.expm1(-pull.cumulative * relative)
    return _Prediction(risk, relative, centred, pull)


def _hazard_before(setting: RiskSetting, times: FloatArray) -> FloatArray:
    """Read the cumulative baseline hazard of centred covariates at given times."""
    table = setting.fit.baseline_hazard()
    kept = [name not in setting.fit.dropped for name in setting.fit.names]
    scale = np.exp(setting.fit.centre @ setting.fit.coefficients[kept])
    steps = np.concatenate([[0.0], table["hazard"].to_numpy() * scale])
    found: FloatArray = steps[
        np.searchsorted(table["time"].to_numpy(), times, side="right")
    ]
    return found


def _probability(setting: RiskSetting, arm: int) -> FloatArray:
    """Give each participant's probability of being in one of two arms."""
    assert setting.treatment is not None  # the door makes one for weighting
    second = setting.treatment.fitted
    return second if arm else 1 - second


def _weights(setting: RiskSetting, arm: int) -> tuple[FloatArray, int]:
    """Give inverse probability weights, 0 outside the arm, and the number of rows."""
    own = setting.arms.code == arm
    return own / _probability(setting, arm), len(own)


def _through_treatment(
    setting: RiskSetting, arm: int, weighted: FloatArray
) -> FloatArray:
    """Give each row's pull on a weighted mean, through the model of the arm."""
    assert setting.treatment is not None
    design, second = setting.treatment.design, setting.treatment.fitted
    sign, n = (1.0 if arm else -1.0), len(second)
    spread = second * (1 - second)
    slope = -sign * weighted / _probability(setting, arm) * spread / n
    score = design * ((setting.arms.code == 1) - second)[:, None]
    information = (design * spread[:, None]).T @ design
    pull: FloatArray = score @ np.linalg.solve(information, slope @ design)
    return pull


def _censoring(setting: RiskSetting, arm: int) -> Censoring:
    """Follow the censoring of one arm."""
    own = setting.arms.code == arm
    return Censoring.of(setting.time, setting.event, own, setting.at)
