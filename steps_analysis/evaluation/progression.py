"""Whether a feasibility trial met the criteria set for going on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from steps_analysis.estimates import Estimate
from steps_analysis.outcomes import (
    analysis_status,
    proportion_interval,
    unobserved,
)
from steps_analysis.outcomes.events.observation import NOT_YET
from steps_analysis.pathway import screened_families
from steps_analysis.protocol import Criterion, days_in
from steps_analysis.trial_data import TrialData, index_children

Colour = Literal["green", "amber", "red"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """
    One criterion, judged.

    Attributes
    ----------
    criterion
        The criterion.
    numerator, denominator
        The counts it compares; None where it cannot be judged.
    share
        Their ratio with a Wilson interval; None where it cannot be judged.
    colour
        "green", "amber" or "red"; None where it cannot be judged.
    spans_an_edge
        Whether the interval reaches into another colour.
    not_judged
        Why not, where it cannot be judged.
    """

    criterion: Criterion
    numerator: int | None = None
    denominator: int | None = None
    share: Estimate | None = None
    colour: Colour | None = None
    spans_an_edge: bool = False
    not_judged: str | None = None


def colour_of(numerator: int, denominator: int, criterion: Criterion) -> Colour:
    """
    Judge a share against a criterion, in whole numbers and with inclusive edges.

    Parameters
    ----------
    numerator, denominator
        The counts; the denominator above 0.
    criterion
        The criterion.

    Returns
    -------
    str
        "green" from its green edge on, "amber" from its amber edge on, else "red".

    Examples
    --------
    >>> edge = Criterion(code="recruited", label="Recruited", green=80, amber=50)
    >>> [colour_of(n, 80, edge) for n in (64, 63, 40, 39)]
    ['green', 'amber', 'amber', 'red']
    """
    if 100 * numerator >= criterion.green * denominator:
        return "green"
    return "amber" if 100 * numerator >= criterion.amber * denominator else "red"


def progression(trial: TrialData) -> tuple[Progress, ...]:
    """
    Judge every progression criterion of the protocol.

    Parameters
    ----------
    trial
        The trial.

    Returns
    -------
    tuple of Progress
        In the protocol's order, each family counted by its index child; a criterion
        whose table is absent, or closed to the reader's role, says so.
    """
    return tuple(_judged(trial, criterion) for criterion in trial.protocol.progression)


def _judged(trial: TrialData, criterion: Criterion) -> Progress:
    """Judge one criterion."""
    counts = _COUNTS[criterion.code](trial, criterion)
    if isinstance(counts, str):
        return Progress(criterion=criterion, not_judged=counts)
    numerator, denominator = counts
    if denominator == 0:
        reason = "there is nobody to count yet"
        return Progress(criterion=criterion, not_judged=reason)
    level = trial.protocol.analysis.level
    share = proportion_interval(min(numerator, denominator), denominator, level=level)
    edges = (criterion.amber / 100, criterion.green / 100)
    return Progress(
        criterion=criterion,
        numerator=numerator,
        denominator=denominator,
        share=share,
        colour=colour_of(numerator, denominator, criterion),
        spans_an_edge=any(share.lower < edge <= share.upper for edge in edges),
    )


Counts = tuple[int, int] | str


def _recruited(trial: TrialData, _: Criterion) -> Counts:
    if trial.protocol.trial.planned_n is None:
        return "the protocol states no planned size"
    return len(index_children(trial)), trial.protocol.trial.planned_n


def _consented(trial: TrialData, _: Criterion) -> Counts:
    families = screened_families(trial)
    if families is None or not {"approached_date", "consent"} <= set(families):
        return "approach and consent are not recorded"
    approached = families["approached_date"].notna()
    agreed = families["consent"].fillna(value=False).astype(bool)
    return int((approached & agreed).sum()), int(approached.sum())


def _primary_outcome(trial: TrialData, _: Criterion) -> Counts:
    primary = trial.protocol.primary.code
    why = unobserved(trial, primary)
    if why is not None:
        return why
    status = analysis_status(trial, primary)
    known = status["status"] == "analysed"
    # Those not yet followed for long enough are not due, as with the visits.
    unknown = (status["status"] == "missing") & (status["reason"] != NOT_YET)
    return int(known.sum()), int((known | unknown).sum())


def _retained(trial: TrialData, criterion: Criterion) -> Counts:
    if trial.visits is None or "completed_date" not in trial.visits:
        return "visits are not recorded"
    month = criterion.at_months or max(trial.protocol.visits.months)
    window = days_in(month) + 7 * trial.protocol.visits.window_weeks
    participants = index_children(trial)
    observed = (trial.cutoff - participants["randomisation_date"]).dt.days >= window
    due = participants.loc[observed, "participant_id"]
    visits = trial.visits
    made = visits["completed_date"].notna() & visits["visit_month"].eq(month)
    seen = due.isin(visits.loc[made, "participant_id"])
    return int(seen.sum()), len(due)


def _started_in_time(trial: TrialData, criterion: Criterion) -> Counts:
    treatment, arm = trial.treatment, trial.protocol.treatment
    needed = {"treatment_start_date", "treatment_received"}
    if trial.allocation is None or treatment is None or not needed <= set(treatment):
        return "treatment is not recorded, or not open to this reader"
    participants = index_children(trial).set_index("participant_id")
    zero = participants["randomisation_date"]
    within = criterion.within_days or 0
    due = (trial.cutoff - zero).dt.days >= within
    ids = due.index[due & (trial.arms().loc[due.index] == arm.code)]
    treatment = treatment.set_index("participant_id").reindex(ids)
    wait = (treatment["treatment_start_date"] - zero.reindex(ids)).dt.days
    in_time = wait <= within  # treatment may have begun before randomisation
    if arm.treatments:  # starting something else is not starting this
        in_time &= treatment["treatment_received"].isin(arm.treatments)
    return int(in_time.sum()), len(ids)


_COUNTS: dict[str, Callable[[TrialData, Criterion], Counts]] = {
    "recruited": _recruited,
    "consented": _consented,
    "primary_outcome": _primary_outcome,
    "retained": _retained,
    "started_in_time": _started_in_time,
}
