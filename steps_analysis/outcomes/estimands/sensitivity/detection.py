"""What if the harm of one arm's children comes to light more often?"""

from __future__ import annotations

import math

from steps_analysis.estimates import Estimate
from steps_analysis.outcomes.distributions import normal_quantile
from steps_analysis.outcomes.estimands.answers import Answer
from steps_analysis.outcomes.estimands.sensitivity.variation import (
    Sensitivity,
    Variation,
)
from steps_analysis.trial_data import TrialData

DETECTION_RATIOS = (0.8, 1.0, 1.25, 1.5, 2.0)
"""How many times as likely harm is to be reported with the treatment under test."""


def detection(trial: TrialData, known: Answer) -> Sensitivity:
    """
    Correct an effect on a reported outcome for surveillance that differs by arm.

    Parameters
    ----------
    trial
        The trial.
    known
        The answer as planned, to an estimand that compares shares with the outcome.

    Returns
    -------
    Sensitivity
        The difference if harm came to light in the treatment arm 0.8 to 2 times as
        often as in the control arm; then, among the labels, the ratio at which the
        difference would vanish.

    Notes
    -----
    With detection ratio r the treatment arm's share is divided by r, its standard error
    too: the difference as it would be with everybody watched as the control arm is.
    Nothing in the data tells r: it is a question to those who know the services.
    """
    variations = [
        Variation(label=_label(ratio), effect=_corrected(known, ratio))
        for ratio in DETECTION_RATIOS
    ]
    return Sensitivity(
        name="detection",
        question=(
            "What if families in one arm are watched more closely, so that more of the "
            "harm comes to light?"
        ),
        variations=tuple(variations),
        note=(
            "More contact with a family may bring more to light. " + _vanishing(known)
        ),
    )


def _label(ratio: float) -> str:
    """Say in words what a ratio means."""
    if ratio == 1:
        return "Harm equally likely to be reported in both arms"
    return f"Reported {ratio:g} times as often with the treatment under test"


def _corrected(found: Answer, ratio: float) -> Estimate:
    """Divide the treatment arm's share by the ratio."""
    treated, control = (arm.summary for arm in found.arms)
    whole = found.effect
    if whole.not_estimable or ratio == 1:
        return whole
    parts = treated.standard_error / ratio, control.standard_error
    reason = None
    if treated.value / ratio > 1:
        reason = "more than all would then have had the outcome"
    elif not math.isfinite(sum(parts)):
        reason = "nobody, or everybody, in one arm had the outcome"
    if reason:
        return Estimate.missing(whole.measure, reason, n=whole.n, level=whole.level)
    value, error = treated.value / ratio - control.value, math.hypot(*parts)
    reach = normal_quantile(whole.level) * error
    return Estimate(
        measure=whole.measure,
        value=value,
        lower=value - reach,
        upper=value + reach,
        standard_error=error,
        level=whole.level,
        n=whole.n,
        method=f"shares of the arms, the first divided by {ratio:g}",
    )


def _vanishing(found: Answer) -> str:
    """Say at which ratio the difference would vanish."""
    treated, control = (arm.summary.value for arm in found.arms)
    if found.effect.not_estimable or not treated > 0 or not control > 0:
        return "At which ratio the difference would vanish cannot be told."
    return (
        "The difference would vanish if harm came to light "
        f"{treated / control:.2f} times as often with the treatment under test."
    )
