"""The main job: from a trial's data to the whole evaluation report."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

import pandas as pd

from steps_analysis.evaluation.about_section import about_section, limitations_section
from steps_analysis.evaluation.absences import (
    BALANCE,
    COSTS,
    DEPARTURES,
    arms_closed,
    enrolment_unknown,
    not_given,
)
from steps_analysis.evaluation.balance_section import balance_section
from steps_analysis.evaluation.baseline import baseline_section
from steps_analysis.evaluation.boroughs.section import borough_section
from steps_analysis.evaluation.costs_section import costs_section
from steps_analysis.evaluation.departures_section import departures_section
from steps_analysis.evaluation.dry_run import (
    DRY_RUN,
    dry_run_stamp,
    with_dummy_allocation,
)
from steps_analysis.evaluation.flow_section import flow_section
from steps_analysis.evaluation.outcome_sections import outcome_section
from steps_analysis.evaluation.plan_section import plan_section
from steps_analysis.evaluation.progression import Progress, progression
from steps_analysis.evaluation.progression_section import progression_section
from steps_analysis.evaluation.publication import (
    check_place_names,
    counts_by_arm_forbidden,
)
from steps_analysis.evaluation.sealed_plan import SealedPlan
from steps_analysis.evaluation.sensitivity import (
    with_levels_corrected,
    with_randomisation_test,
)
from steps_analysis.evaluation.sensitivity_section import sensitivity_section
from steps_analysis.evaluation.summary_section import summary_section
from steps_analysis.outcomes import (
    Answer,
    Sensitivity,
    answer,
    sensitivity_analyses,
)
from steps_analysis.pathway import Flow, deviations, flow
from steps_analysis.reporting.blocks import Callout
from steps_analysis.reporting.document import Document, Section
from steps_analysis.trial_data import TrialData

# What speaks of one arm alone; all other criteria are about the whole trial.
_OF_ONE_ARM = ("started_in_time",)


@dataclass(frozen=True, slots=True, kw_only=True)
class Results:
    """
    The numbers of an evaluation.

    Attributes
    ----------
    flow
        The flow; None where it cannot be drawn, or arms are closed to the reader.
    answers
        Estimand code to answer.
    sensitivity
        Estimand code to its sensitivity analyses.
    progression
        The progression criteria, judged.
    departures
        Departures from the protocol, as `steps_analysis.pathway.deviations` lists them;
        None where they cannot be told, or not shown.
    left_out
        Section, part of one or estimand to the reason it is not there.
    """

    flow: Flow | None
    answers: Mapping[str, Answer]
    sensitivity: Mapping[str, tuple[Sensitivity, ...]] = field(default_factory=dict)
    progression: tuple[Progress, ...]
    departures: pd.DataFrame | None = field(default=None, repr=False)
    left_out: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """
    A trial, evaluated.

    Attributes
    ----------
    results
        The numbers.
    document
        The report made of them.
    is_dry_run
        Whether the arms are dummies, drawn at random for a masked reader.
    """

    results: Results
    document: Document
    is_dry_run: bool = False


def evaluate(
    trial: TrialData,
    *,
    disclosure_key: str | None = None,
    sealed_plan: SealedPlan | None = None,
) -> Evaluation:
    """
    Evaluate a trial: every analysis its tables allow, and the report.

    Parameters
    ----------
    trial
        The trial, as `read_trial` gives it.
    disclosure_key
        Breaks ties between equally good patterns of hiding, and is kept out of the
        report. Real data need one before counts by site are shown; synthetic data do
        not.
    sealed_plan
        The plan of analysis sealed before unmasking, as `read_plan` gives it; the
        report lists what departs from it.

    Returns
    -------
    Evaluation
        Results and document. What a role may not see, or whose table is absent, is left
        out, and the report says so. A masked statistician gets a dry run, in which arms
        are drawn at random and called dummies; a research assistant and a commissioner
        get no arms at all.

    Raises
    ------
    DataError
        If the flow does not add up.
    DisclosureError
        If synthetic data name a real place that the protocol does not document.

    Examples
    --------
    >>> from steps_analysis.simulation import draw_trial
    >>> from steps_analysis.protocol import load_protocol
    >>> evaluation = evaluate(draw_trial(load_protocol(), "null", n=40, seed=1))
    >>> evaluation.results.flow.randomised
    40
    """
    check_place_names(trial)
    is_dry_run = trial.role == "masked_statistician" and trial.participants is not None
    if is_dry_run:
        trial = with_dummy_allocation(trial)
    results = _results(trial)
    referrals = borough_section(trial, key=disclosure_key)
    if isinstance(referrals, str):
        title = f"Referrals by {trial.protocol.sites.label}"
        results = replace(results, left_out={**results.left_out, title: referrals})
    sections = tuple(_sections(trial, results, referrals, sealed_plan))
    if is_dry_run:
        sections = (_warned(sections[0]), *sections[1:])
    return Evaluation(
        results=results,
        document=_document(trial, sections, is_dry_run),
        is_dry_run=is_dry_run,
    )


def _results(trial: TrialData) -> Results:
    """Compute what the tables that are open allow."""
    left_out = dict(not_given(trial))
    if trial.participants is not None and enrolment_unknown(trial):
        trial = replace(trial, screening=None)
    answers = {
        asked.code: answer(trial, asked.code)
        for asked in trial.protocol.estimands
        if f"Estimand {asked.code}" not in left_out
    }
    primary, found = trial.protocol.primary.code, None
    if primary in answers:
        beside = with_levels_corrected(trial, answers[primary])
        answers[primary] = with_randomisation_test(trial, beside)
        found = flow(trial, analysed=_counted_in(answers[primary]))
    return Results(
        flow=found,
        answers=answers,
        sensitivity={code: sensitivity_analyses(trial, code) for code in answers},
        progression=_progression(trial),
        departures=None if DEPARTURES in left_out else deviations(trial),
        left_out=left_out,
    )


def _counted_in(answer: Answer) -> pd.DataFrame:
    """Say who an answer analysed, and in which arm it counted them."""
    return answer.status.assign(arm=answer.allocated.to_numpy())


def _progression(trial: TrialData) -> tuple[Progress, ...]:
    """Judge the progression criteria, without counts by arm that may not be shown."""
    if trial.participants is None:
        return ()
    forbidden = counts_by_arm_forbidden(trial.protocol)
    return tuple(
        Progress(criterion=progress.criterion, not_judged=forbidden)
        if forbidden and progress.criterion.code in _OF_ONE_ARM
        else progress
        for progress in progression(trial)
    )


def _sections(
    trial: TrialData,
    results: Results,
    referrals: Section | str,
    plan: SealedPlan | None,
) -> Iterator[Section]:
    """Give the report's sections in order, those that can be made."""
    yield summary_section(
        trial, flow=results.flow, answers=results.answers, judged=results.progression
    )
    if results.flow is not None:
        yield flow_section(trial, results.flow, results.departures)
    if results.departures is not None:
        yield departures_section(trial, results.departures)
    if arms_closed(trial) is None:
        yield baseline_section(trial)
        if BALANCE not in results.left_out:
            yield balance_section(trial)
    if results.progression:
        yield progression_section(trial.protocol, results.progression, results.flow)
    if results.answers:
        yield from _outcomes(trial, results, plan)
    if isinstance(referrals, Section):
        yield referrals
    yield limitations_section(trial)
    yield about_section(trial, results.left_out)


def _outcomes(
    trial: TrialData, results: Results, plan: SealedPlan | None
) -> Iterator[Section]:
    """Give the sections on outcomes: answers, what they hang on, what was planned."""
    yield outcome_section(trial, results.answers)
    if any(results.sensitivity.values()):
        yield sensitivity_section(trial.protocol, results.sensitivity)
    if COSTS not in results.left_out:
        yield costs_section(trial, results.answers[trial.protocol.primary.code])
    yield plan_section(trial.protocol, plan, results.left_out)


def _warned(section: Section) -> Section:
    """Put before a section that the arms are dummies."""
    return replace(section, blocks=(Callout("note", DRY_RUN), *section.blocks))


_SUBTITLES: dict[bool, str] = {
    False: "Evaluation report",
    True: "Masked dry run of the evaluation report",
}


def _document(
    trial: TrialData, sections: tuple[Section, ...], is_dry_run: bool
) -> Document:
    """Bind the sections into a report."""
    protocol = trial.protocol
    stamp = trial.stamp or ""
    return Document(
        title=f"{protocol.trial.short_name}: {protocol.trial.title}",
        subtitle=_SUBTITLES[is_dry_run],
        sections=sections,
        stamp=dry_run_stamp(stamp) if is_dry_run else stamp,
        meta={
            "Design": protocol.trial.design,
            "Records complete to": f"{trial.extract_date:%B %Y}",
            "Read as": trial.role.replace("_", " "),
            "Protocol": f"version {protocol.digest[:12]}",
        },
    )
