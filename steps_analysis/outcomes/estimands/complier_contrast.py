"""The effect on those who would start the treatment if offered it."""

from __future__ import annotations

import math

import numpy as np

from steps_analysis.estimates import BoolArray, Estimate, FloatArray, check_level
from steps_analysis.outcomes.distributions import normal_quantile
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
        is_offered = arm == found.treatment
        effect = complier_difference(happened, started, is_offered, level=found.level)
    return Answer(
        estimand=found.estimand,
        outcome=found.outcome,
        status=found.status,
        allocated=found.arms,
        arms=risks_by_arm(found, happened.astype(bool), arm),
        effect=effect,
    )


_MEASURE = "complier risk difference"


def _started(found: Analysed) -> FloatArray:
    """Say who received the treatment under test, whatever arm they were in."""
    treatment = needed_column(found.trial, "treatment", "treatment_received")
    treatment = treatment.set_index("participant_id")
    received = treatment["treatment_received"].reindex(list(found.used))
    accepted = found.trial.protocol.treatment.treatments
    return np.asarray(received.isin(accepted), dtype=np.float64)


def complier_difference(
    outcome: FloatArray,
    started: FloatArray,
    is_offered: BoolArray,
    *,
    level: float = 0.95,
) -> Estimate:
    """
    Divide the effect of the offer by its effect on starting (Wald's estimator).

    Parameters
    ----------
    outcome
        1 where the participant had the outcome, shape (n,).
    started
        1 where the participant started the treatment, shape (n,).
    is_offered
        True where it was offered, shape (n,); both values occur.
    level
        Confidence level.

    Returns
    -------
    Estimate
        Limits by the delta method, the covariance of outcome and start within each arm
        included. Not estimable where the offer made no difference to starting, or
        where nothing varies within the arms.

    Notes
    -----
    Takes for granted that an offer acts only through starting, and that nobody starts
    because it was not offered.

    References
    ----------
    .. [1] Imbens, G. W. and Angrist, J. D. (1994), Econometrica 62, 467-475.

    Examples
    --------
    Half of those offered start, and the offer lowers the risk by a quarter.

    >>> offered = np.array([True] * 4 + [False] * 4)
    >>> outcome = np.array([0, 0, 0, 1, 1, 1, 0, 0.0])
    >>> started = np.array([1, 1, 0, 0, 0, 0, 0, 0.0])
    >>> complier_difference(outcome, started, offered).value
    -0.5
    """
    check_level(level)
    n, groups = len(outcome), (is_offered, ~is_offered)
    offer = [float(outcome[g].mean()) for g in groups]
    uptake = [float(started[g].mean()) for g in groups]
    difference = uptake[0] - uptake[1]
    method = "Wald's instrumental-variable estimator, delta method"
    if difference <= 0 or math.isclose(difference, 0.0, abs_tol=1e-12):
        reason = "being offered the treatment did not make starting it likelier"
        return Estimate.missing(_MEASURE, reason, n=n, level=level, method=method)
    effect = (offer[0] - offer[1]) / difference
    # The residual of each participant's outcome on starting, with slope the effect.
    residual = outcome - effect * started
    variance = sum(float(np.var(residual[g])) / int(g.sum()) for g in groups)
    error = math.sqrt(variance) / difference
    if error <= 1e-12:
        reason = "the outcome does not vary within the arms"
        return Estimate.missing(_MEASURE, reason, n=n, level=level, method=method)
    reach = normal_quantile(level) * error
    return Estimate(
        measure=_MEASURE,
        value=effect,
        lower=effect - reach,
        upper=effect + reach,
        standard_error=error,
        level=level,
        n=n,
        method=method,
    )
