"""The first page: what the trial found, in a few sentences."""

from __future__ import annotations

from collections.abc import Mapping

from steps_analysis.evaluation.estimand_words import reading, statement
from steps_analysis.evaluation.outcome_sections import effects_figure
from steps_analysis.evaluation.progression import Progress
from steps_analysis.outcomes import Answer
from steps_analysis.pathway import Flow
from steps_analysis.reporting.blocks import Block, Callout, Paragraph
from steps_analysis.reporting.document import Section
from steps_analysis.reporting.words import listed, phrase, quantity
from steps_analysis.trial_data import TrialData


def summary_section(
    trial: TrialData,
    *,
    flow: Flow | None,
    answers: Mapping[str, Answer],
    judged: tuple[Progress, ...],
) -> Section:
    """
    Say the main findings in sentences.

    Parameters
    ----------
    trial
        The trial.
    flow
        Its flow, where arms are open to the reader.
    answers
        The estimands answered.
    judged
        The progression criteria, judged.

    Returns
    -------
    Section
        The question, the primary answer with its interval, progression in a sentence,
        and the effects side by side.
    """
    protocol = trial.protocol
    blocks: list[Block] = [Paragraph(protocol.trial.question)]
    if protocol.trial.programme_note:
        blocks.append(Paragraph(protocol.trial.programme_note))
    found = []
    if flow is not None:
        found.append(_recruited(trial, flow))
    if judged:
        found.append(_colours(judged))
    primary = answers.get(protocol.primary.code)
    if primary is not None:
        found += [_effect(trial, primary), reading(primary, protocol)]
        blocks.append(Callout("finding", " ".join(found)))
        asked = statement(protocol, primary.estimand)
        blocks.append(
            Paragraph(f"The primary question, {protocol.primary.code}. {asked}")
        )
    elif found:
        blocks.append(Callout("finding", " ".join(found)))
    figure = effects_figure(protocol, answers)
    if figure is not None:
        blocks.append(figure)
    return Section(title="Main points", slug="summary", blocks=tuple(blocks))


def _recruited(trial: TrialData, flow: Flow) -> str:
    """Say how many were randomised, of how many planned."""
    facts, sites = trial.protocol.trial, trial.protocol.sites
    planned = f" of {facts.planned_n} planned" if facts.planned_n else ""
    return (
        f"{flow.randomised} {facts.unit_label}{planned} were randomised at "
        f"{quantity(flow.n_sites, sites.label, sites.label_plural)}."
    )


def _effect(trial: TrialData, answer: Answer) -> str:
    """Say the counts of the primary outcome and its effect."""
    labels = {arm.code: arm.label for arm in trial.protocol.arms}
    counts = [
        f"{arm.events} of {arm.analysed} with {labels[arm.arm]}"
        for arm in answer.arms
        if arm.events is not None
    ]
    said = f"{answer.outcome.label}: {listed(counts)}; " if counts else ""
    return f"{said}{phrase(answer.effect)}."


def _colours(judged: tuple[Progress, ...]) -> str:
    """Count the criteria by colour."""
    colours = [progress.colour for progress in judged if progress.colour]
    parts = [
        f"{colours.count(colour)} {colour}"
        for colour in ("green", "amber", "red")
        if colour in colours
    ]
    if not parts:
        return "No progression criterion can be judged yet."
    spans = sum(progress.spans_an_edge for progress in judged)
    unsure = f"; for {spans} of them the interval crosses an edge" if spans else ""
    n = quantity(len(colours), "progression criterion", "progression criteria")
    return f"Of {n} judged, {listed(parts)}{unsure}."
