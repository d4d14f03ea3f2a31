"""What if those who never started the treatment are left out?"""

from __future__ import annotations

from dataclasses import replace

from steps_analysis.estimates import Estimate
from steps_analysis.outcomes.binary.two_by_two import risk_difference
from steps_analysis.outcomes.estimands.analysed import analysed
from steps_analysis.outcomes.estimands.answers import Answer
from steps_analysis.outcomes.estimands.sensitivity.variation import (
    Sensitivity,
    Variation,
)
from steps_analysis.outcomes.events.timing import needed_column
from steps_analysis.trial_data import TrialData


def started(trial: TrialData, known: Answer) -> Sensitivity:
    """
    Leave out the families of the treatment arm that never started the treatment.

    Parameters
    ----------
    trial
        The trial; needs ``treatment``.
    known
        The answer as planned, to an estimand whose summary is a risk difference.

    Returns
    -------
    Sensitivity
        The effect as planned; then the unadjusted difference (Newcombe) between those
        of the treatment arm who started it and the whole control arm.

    Raises
    ------
    DataError
        If the treatment received is absent or closed to the reader's role.
    """
    found = analysed(trial, known.estimand.code)
    received = needed_column(trial, "treatment", "treatment_received")
    taken = received.set_index("participant_id")["treatment_received"]
    table = found.status.set_index("participant_id").loc[list(found.used)]
    arm = found.arm_of(found.used)
    has_started = taken.reindex(table.index).isin(trial.protocol.treatment.treatments)
    treated = table[arm.eq(found.treatment) & has_started]["value"]
    control = table[arm.eq(found.control)]["value"]
    counts = int(treated.sum()), len(treated), int(control.sum()), len(control)
    if counts[1] and counts[3]:
        effect = risk_difference(*counts, level=found.level)
        effect = replace(effect, method=f"{effect.method}, without non-starters")
    else:
        reason = "nobody started the treatment, or the control arm is empty"
        n = counts[1] + counts[3]
        effect = Estimate.missing("risk difference", reason, n=n, level=found.level)
    return Sensitivity(
        name="started",
        question="What if families that never started the treatment are left out?",
        variations=(
            Variation(
                label="As planned: by arm allocated, whatever was received",
                effect=known.effect,
            ),
            Variation(
                label="Without those of the treatment arm who did not start",
                effect=effect,
            ),
        ),
        note=(
            "The second line compares groups that chance did not make: families who "
            "start may differ from those who do not. It is no estimate of the effect "
            "of the treatment; the complier effect is."
        ),
    )
