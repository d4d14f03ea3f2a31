"""Compare the risks of a binary outcome between the arms."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from steps_analysis.estimates import BoolArray, Estimate
from steps_analysis.outcomes.binary.adjustment import adjustment, factors_of
from steps_analysis.outcomes.binary.exact_tests import exact_test
from steps_analysis.outcomes.binary.proportions import proportion_interval
from steps_analysis.outcomes.binary.standardisation import standardised_risk
from steps_analysis.outcomes.binary.two_by_two import (
    odds_ratio,
    risk_difference,
    risk_ratio,
)
from steps_analysis.outcomes.estimands.analysed import Analysed, analysed
from steps_analysis.outcomes.estimands.answers import Answer, ArmSummary
from steps_analysis.outcomes.events.spells import binary_outcome
from steps_analysis.outcomes.events.status import PLACED
from steps_analysis.trial_data import TrialData

Counts = tuple[int, int, int, int]


def risk_contrast(trial: TrialData, estimand: str) -> Answer:
    """
    Compare the risks of a binary outcome.

    Parameters
    ----------
    trial
        The trial; needs ``participants``, ``allocation`` and ``events``.
    estimand
        Code of an estimand whose summary is a risk difference.

    Returns
    -------
    Answer
        Where the estimand names factors to adjust for: risk difference, ratio and odds
        ratio standardised over them (g-computation, sparse levels grouped by size
        alone), with the unadjusted difference (Newcombe) beside. Else the unadjusted
        ones. Fisher's exact test in either case.

    See Also
    --------
    steps_analysis.outcomes.standardised_risk : The adjusted analysis.
    """
    found = analysed(trial, estimand)
    value = found.status.set_index("participant_id").loc[list(found.used), "value"]
    happened = value.to_numpy(dtype=bool)
    arm = found.arm_of(found.used).to_numpy(dtype=str)
    counts = _counts(found, arm, happened)
    plain = _unadjusted(counts, found)
    columns, notes = adjustment(trial, found.used, found.estimand.adjust_for)
    effects, beside = plain, plain[:0]
    adjusted_for: tuple[str, ...] = ()
    if columns.shape[1] and not found.empty_arm():
        standardised = _standardised(found, happened, arm, columns)
        if standardised[0].not_estimable:
            beside, notes = standardised[:1], (*notes, _UNADJUSTED)
        else:
            effects, beside = standardised, plain[:1]
            adjusted_for = factors_of(columns)
    return Answer(
        estimand=found.estimand,
        outcome=found.outcome,
        status=found.status,
        allocated=found.arms,
        arms=risks_by_arm(found, happened, arm),
        effect=effects[0],
        relative=effects[1:],
        beside=beside,
        tests=() if found.empty_arm() else (exact_test(*counts),),
        adjusted_for=adjusted_for,
        notes=(*notes, *_placed_apart(found)),
    )


_UNADJUSTED = (
    "Nobody, or everybody, in one arm had the outcome, so that nothing can be "
    "adjusted: the effect is the plain difference."
)


def _placed_apart(found: Analysed) -> tuple[str, ...]:
    """Describe apart those who were placed at randomisation, of an outcome of home."""
    placed = found.status[found.status["reason"] == PLACED]
    if placed.empty or not found.outcome.at_home_only:
        return ()
    known = binary_outcome(found.trial, found.outcome, found.estimand.at_months)
    ids = list(placed["participant_id"])
    again, arms = known["value"].reindex(ids).eq(1).to_numpy(), found.arms.loc[ids]
    parts = []
    for arm in found.trial.protocol.arms:
        own = (arms == arm.code).to_numpy()
        parts.append(f"{int(again[own].sum())} of {int(own.sum())} with {arm.label}")
    return (
        "Described apart, those who lived away from home when they were randomised: "
        f"{' and '.join(parts)} had a further placement by "
        f"{found.estimand.at_months} months.",
    )


def _counts(found: Analysed, arm: npt.NDArray[np.str_], happened: BoolArray) -> Counts:
    """Count events and participants in the treatment arm, then in the control arm."""
    is_in = [arm == code for code in (found.treatment, found.control)]
    first, second = ((int(happened[own].sum()), int(own.sum())) for own in is_in)
    return (*first, *second)


def risks_by_arm(
    found: Analysed, happened: BoolArray, arm: npt.NDArray[np.str_]
) -> tuple[ArmSummary, ...]:
    """
    Sum up the risk in each arm.

    Parameters
    ----------
    found
        The estimand and who its analysis uses.
    happened
        Whether each of them had the outcome, shape (n,).
    arm
        Their arms, shape (n,).

    Returns
    -------
    tuple of ArmSummary
        Treatment first; risks with Wilson limits.
    """
    counts = _counts(found, arm, happened)
    by_arm = ((found.treatment, *counts[:2]), (found.control, *counts[2:]))
    return tuple(
        found.summary(code, events, _risk(found, events, n))
        for code, events, n in by_arm
    )


def _risk(found: Analysed, events: int, n: int) -> Estimate:
    """Give one arm's own risk."""
    if n == 0:
        return found.nobody("risk")
    return replace(proportion_interval(events, n, level=found.level), measure="risk")


def _unadjusted(counts: Counts, found: Analysed) -> tuple[Estimate, ...]:
    """Give difference, ratio and odds ratio from the counts alone."""
    empty, level = found.empty_arm(), found.level
    if empty:
        names = ("risk difference", "risk ratio", "odds ratio")
        n = len(found.used)
        return tuple(Estimate.missing(m, empty, n=n, level=level) for m in names)
    return (
        risk_difference(*counts, level=level),
        risk_ratio(*counts, level=level),
        odds_ratio(*counts, level=level),
    )


def _standardised(
    found: Analysed,
    happened: BoolArray,
    arm: npt.NDArray[np.str_],
    columns: pd.DataFrame,
) -> tuple[Estimate, ...]:
    """Give difference, ratio and odds ratio standardised over the factors."""

    def contrast(kind: str) -> Estimate:
        return standardised_risk(
            happened.astype(float),
            arm,
            columns.reset_index(drop=True),
            contrast=kind,  # type: ignore[arg-type]  # one of the three below
            variance="ye-t",
            reference=found.control,
            level=found.level,
        )

    return tuple(contrast(kind) for kind in ("difference", "ratio", "odds_ratio"))
