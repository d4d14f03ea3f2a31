"""The main job: from a trial's data to the whole evaluation report."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from steps_analysis.evaluation.about_section import about_section, limitations_section
from steps_analysis.evaluation.balance_section import balance_section
from steps_analysis.evaluation.baseline import baseline_section
from steps_analysis.evaluation.borough_section import borough_section
from steps_analysis.evaluation.dry_run import DRY_RUN, with_dummy_allocation
from steps_analysis.evaluation.flow_section import flow_section
from steps_analysis.evaluation.outcome_sections import outcome_section
from steps_analysis.evaluation.progression import Progress, progression
from steps_analysis.evaluation.progression_section import progression_section
from steps_analysis.evaluation.sensitivity import with_randomisation_test
from steps_analysis.evaluation.summary_section import summary_section
from steps_analysis.outcomes import Answer, analysis_status, answer, unanswerable
from steps_analysis.pathway import Flow, flow
from steps_analysis.reporting.blocks import Callout
from steps_analysis.reporting.document import Document, Section
from steps_analysis.trial_data import TrialData


@dataclass(frozen=True, slots=True, kw_only=True)
class Results:
    """
    The numbers of an evaluation.

    Attributes
    ----------
    flow
        The flow, None where arms are closed to the reader.
    answers
        Estimand code to answer.
    progression
        The progression criteria, judged.
    left_out
        Section or estimand to the reason it is not there.
    """

    flow: Flow | None
    answers: Mapping[str, Answer]
    progression: tuple[Progress, ...]
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
    """

    results: Results
    document: Document


def evaluate(trial: TrialData, *, disclosure_key: str | None = None) -> Evaluation:
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

    Returns
    -------
    Evaluation
        Results and document. What a role may not see, or whose table is absent, is left
        out, and the report says so. A masked statistician gets a dry run, in which arms
        are drawn at random; a research assistant and a commissioner get no arms at all.

    Raises
    ------
    DataError
        If the flow does not add up.

    Examples
    --------
    >>> from steps_analysis.simulation import draw_trial
    >>> from steps_analysis.protocol import load_protocol
    >>> evaluation = evaluate(draw_trial(load_protocol(), "null", n=40, seed=1))
    >>> evaluation.results.flow.randomised
    40
    """
    is_dry_run = trial.role == "masked_statistician"
    if is_dry_run:
        trial = with_dummy_allocation(trial)
    results = _results(trial)
    sections = list(_sections(trial, results, disclosure_key))
    if is_dry_run:
        first = sections[0]
        warned = (Callout("note", DRY_RUN), *first.blocks)
        sections[0] = Section(title=first.title, slug=first.slug, blocks=warned)
    return Evaluation(results=results, document=_document(trial, sections, is_dry_run))


def _results(trial: TrialData) -> Results:
    """Compute what the tables that are open allow."""
    left_out: dict[str, str] = {}
    answers = {}
    is_open = trial.participants is not None and trial.allocation is not None
    for asked in trial.protocol.estimands:
        why = unanswerable(trial, asked.code)
        if why is None and is_open:
            answers[asked.code] = answer(trial, asked.code)
        else:
            left_out[f"Estimand {asked.code}"] = why or "arms are not open to this role"
    primary = trial.protocol.primary.code
    if primary in answers:
        answers[primary] = with_randomisation_test(trial, answers[primary])
    judged = progression(trial) if trial.participants is not None else ()
    found = None
    if is_open and unanswerable(trial, primary) is None:
        found = flow(trial, analysed=analysis_status(trial, primary))
    return Results(flow=found, answers=answers, progression=judged, left_out=left_out)


def _sections(trial: TrialData, results: Results, key: str | None) -> Iterator[Section]:
    """Give the report's sections in order, those that can be made."""
    left_out = dict(results.left_out)
    yield summary_section(
        trial, flow=results.flow, answers=results.answers, judged=results.progression
    )
    if results.flow is not None:
        yield flow_section(trial, results.flow)
        yield baseline_section(trial)
        yield balance_section(trial)
    else:
        left_out["Flow, characteristics and balance by arm"] = (
            "arms are not open to this role"
        )
    if results.progression:
        yield progression_section(trial.protocol, results.progression)
    if results.answers:
        yield outcome_section(trial, results.answers)
    boroughs = borough_section(trial, key=key)
    if isinstance(boroughs, str):
        title = f"Referrals by {trial.protocol.sites.label}"
        left_out[title] = boroughs
    else:
        yield boroughs
    yield limitations_section(trial)
    yield about_section(trial, left_out)


_SUBTITLES: dict[bool, str] = {
    False: "Evaluation report",
    True: "Masked dry run of the evaluation report",
}


def _document(trial: TrialData, sections: list[Section], is_dry_run: bool) -> Document:
    """Bind the sections into a report."""
    protocol = trial.protocol
    return Document(
        title=f"{protocol.trial.short_name}: {protocol.trial.title}",
        subtitle=_SUBTITLES[is_dry_run],
        sections=tuple(sections),
        stamp=trial.stamp or "",
        meta={
            "Design": protocol.trial.design,
            "Records complete to": f"{trial.extract_date:%B %Y}",
            "Read as": trial.role.replace("_", " "),
            "Protocol": f"version {protocol.digest[:12]}",
        },
    )
