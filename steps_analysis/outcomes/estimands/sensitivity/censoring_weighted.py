"""What do the families who are not followed long enough yet add?"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from steps_analysis.estimates import Estimate
from steps_analysis.outcomes.estimands.analysed import Analysed, analysed
from steps_analysis.outcomes.estimands.answers import Answer
from steps_analysis.outcomes.estimands.sensitivity.variation import (
    Sensitivity,
    Variation,
)
from steps_analysis.outcomes.events.spells import spells
from steps_analysis.outcomes.events.status import HOME_UNKNOWN, PLACED, WITHDREW
from steps_analysis.outcomes.survival.survival_contrasts import survival_difference
from steps_analysis.protocol import days_in
from steps_analysis.trial_data import TrialData


def censoring_weighted(trial: TrialData, known: Answer) -> Sensitivity:
    """
    Use the partly followed as well, weighted for those who are not followed.

    Parameters
    ----------
    trial
        The trial.
    known
        The answer as planned, to an estimand whose summary is a risk difference.

    Returns
    -------
    Sensitivity
        The effect as planned; then that of everybody for the time they were observed.

    Notes
    -----
    The Kaplan-Meier risk weights each event by the inverse of the probability of still
    being observed then, estimated from all of the arm [1]_: it is the inverse-
    probability-of-censoring weighted risk.

    References
    ----------
    .. [1] Satten, G. A. and Datta, S. (2001), The American Statistician 55, 207-210.
    """
    return Sensitivity(
        name="censoring_weighted",
        question="Would the families not followed long enough yet change the answer?",
        variations=(
            Variation(
                label="As planned: families followed for long enough",
                effect=known.effect,
            ),
            Variation(
                label="All families for the time observed, weighted",
                effect=_weighted(analysed(trial, known.estimand.code)),
            ),
        ),
        note=(
            "The second line takes for granted that in each arm those randomised late "
            "are like those randomised early."
        ),
    )


def _weighted(found: Analysed) -> Estimate:
    """Compare the Kaplan-Meier risks of the arms, those not followed yet included."""
    measure = "risk difference"
    left_out = found.status["reason"].isin(_NOT_IN_QUESTION)
    people = found.status.loc[~left_out & found.of_families, "participant_id"]
    rows = spells(found.trial, found.outcome.code)
    rows = rows[rows["participant_id"].isin(people) & rows["time"].gt(rows["entry"])]
    arm = found.arm_of(rows["participant_id"]).to_numpy(dtype=str)
    missing = {found.treatment, found.control} - set(arm)
    if missing:
        reason = f"nobody in {' and '.join(sorted(missing))} was observed"
        return Estimate.missing(measure, reason, n=len(rows), level=found.level)
    free = survival_difference(
        rows["time"].to_numpy(dtype=float),
        rows["event"].to_numpy(dtype=bool),
        arm,
        at=days_in(found.estimand.at_months),
        reference=found.control,
        level=found.level,
    )
    # A difference of risks is the difference of survival the other way round.
    return replace(
        free,
        measure=measure,
        value=0.0 - free.value,
        lower=0.0 - free.upper,
        upper=0.0 - free.lower,
        n=int(np.unique(rows["participant_id"]).size),
        method="Kaplan-Meier risks, weighted for the end of observation",
        r_call=None,
    )


_NOT_IN_QUESTION = (PLACED, HOME_UNKNOWN, WITHDREW)
