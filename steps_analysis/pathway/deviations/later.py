"""Departures after randomisation: of the treatment, and of the visits."""

from __future__ import annotations

import pandas as pd

from steps_analysis.pathway.deviations.rule import (
    STAYS,
    DeviationRule,
    Months,
    randomised_on,
    whole_months,
)
from steps_analysis.pathway.visits import visit_windows
from steps_analysis.trial_data import TrialData


def _not_as_allocated(trial: TrialData) -> Months | None:
    """Find those who received nothing, or something else than was allocated."""
    treatment = trial.treatment
    if trial.allocation is None or treatment is None:
        return None
    if "treatment_received" not in treatment:
        return None
    own = treatment.set_index("participant_id").reindex(randomised_on(trial).index)
    received = own["treatment_received"]
    departed = pd.Series(data=False, index=own.index)
    for arm in trial.protocol.arms:
        in_arm = trial.arms().eq(arm.code).to_numpy() & bool(arm.treatments)
        departed |= in_arm & received.notna() & ~received.isin(arm.treatments)
    started = own.get("treatment_start_date", pd.Series(pd.NaT, index=own.index))
    return whole_months(started - randomised_on(trial))[departed]


def _treated_before(trial: TrialData) -> Months | None:
    """Find those who had begun the treatment arm's treatment when randomised."""
    treatment, under_test = trial.treatment, trial.protocol.treatment.treatments
    needed = {"treatment_received", "treatment_start_date"}
    if treatment is None or not under_test or not needed <= set(treatment):
        return None
    own = treatment.set_index("participant_id")
    own = own[own["treatment_received"].isin(under_test)]
    zero = randomised_on(trial).reindex(own.index)
    months = whole_months(own["treatment_start_date"] - zero)
    return months[months < 0]


def _out_of_window(trial: TrialData) -> Months | None:
    """Find the visits made outside their window."""
    visits = trial.visits
    if visits is None or "completed_date" not in visits:
        return None
    zero = randomised_on(trial).reindex(visits["participant_id"]).set_axis(visits.index)
    window = visit_windows(zero, visits["visit_month"], trial.protocol.visits)
    made = visits["completed_date"]
    outside = (made < window["opens_date"]) | (made > window["closes_date"])
    months = whole_months(made - zero).set_axis(visits["participant_id"])
    return months[outside.to_numpy(bool)]


_OTHER_TREATMENT = DeviationRule(
    code="not_as_allocated",
    concerns="treatment",
    what="Did not receive the treatment allocated",
    handling=STAYS,
    rests_on="the treatment received",
    months=_not_as_allocated,
)
_TREATED_BEFORE = DeviationRule(
    code="treated_before",
    concerns="treatment",
    what="Had begun the treatment under test before being randomised",
    handling=STAYS,
    rests_on="the day treatment started",
    months=_treated_before,
)
_OUT_OF_WINDOW = DeviationRule(
    code="out_of_window",
    concerns="visits",
    what="Seen outside the window of a visit",
    handling="kept: its scores count as those of the visit planned",
    rests_on="the day of each visit",
    months=_out_of_window,
)

LATER_RULES = (_OTHER_TREATMENT, _TREATED_BEFORE, _OUT_OF_WINDOW)
"""The rules of treatment and visits."""
