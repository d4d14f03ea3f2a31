"""The effect on those who would start the treatment if offered it."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from steps_analysis.estimates import Estimate, FloatArray
from steps_analysis.outcomes.binary.compliers import complier_average_effect
from steps_analysis.outcomes.estimands.analysed import Analysed, analysed
from steps_analysis.outcomes.estimands.answers import Answer
from steps_analysis.outcomes.estimands.risk_contrast import risks_by_arm
from steps_analysis.outcomes.events.timing import needed_column
from steps_analysis.trial_data import TrialData


def complier_contrast(trial: TrialData, estimand: str) -> Answer:
    """
    Estimate the complier average causal effect on a binary outcome.

    Parameters
    ----------
    trial
        The trial; needs ``participants``, ``allocation``, ``events``, ``treatment``.
    estimand
        Code of an estimand whose summary is a complier risk difference.

    Returns
    -------
    Answer
        The complier risk difference, allocation being the instrument.
    """
    found = analysed(trial, estimand)
    value = found.status.set_index("participant_id").loc[list(found.used), "value"]
    happened = value.to_numpy(dtype=float)
    arm = found.arm_of(found.used).to_numpy(dtype=str)
    started = _started(found)
    empty = found.empty_arm()
    if empty:
        n = len(found.used)
        effect = Estimate.missing(_MEASURE, empty, n=n, level=found.level)
    else:
        effect = complier_average_effect(
            happened,
            arm,
            started,
            method="delta",
            reference=found.control,
            level=found.level,
        )
        effect = replace(effect, p_value=math.nan, method=_METHOD)
    return Answer(
        estimand=found.estimand,
        outcome=found.outcome,
        status=found.status,
        allocated=found.arms,
        arms=risks_by_arm(found, happened.astype(bool), arm),
        effect=effect,
    )


_MEASURE = "complier risk difference"
_METHOD = "Wald's instrumental-variable estimator, delta method"


def _started(found: Analysed) -> FloatArray:
    """Say who received the treatment under test, whatever arm they were in."""
    treatment = needed_column(found.trial, "treatment", "treatment_received")
    treatment = treatment.set_index("participant_id")
    received = treatment["treatment_received"].reindex(list(found.used))
    accepted = found.trial.protocol.treatment.treatments
    return np.asarray(received.isin(accepted), dtype=np.float64)
