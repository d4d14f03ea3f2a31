"""What the trial says about each estimand: counts, effect, ratios, curves, limits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from steps_analysis.estimates import Curve, Estimate, FloatArray, TestResult
from steps_analysis.evaluation.estimand_words import assumptions, reading, statement
from steps_analysis.outcomes import Answer, numbers_at_risk
from steps_analysis.protocol import DAYS_PER_MONTH, Protocol, days_in
from steps_analysis.reporting.blocks import (
    Block,
    Callout,
    Column,
    Figure,
    Paragraph,
    Subheading,
    Table,
)
from steps_analysis.reporting.cells import Cell
from steps_analysis.reporting.document import Section
from steps_analysis.reporting.drawings import Curves, Interval, Intervals, StepCurve
from steps_analysis.reporting.words import phrase
from steps_analysis.trial_data import TrialData


def outcome_section(trial: TrialData, answers: Mapping[str, Answer]) -> Section:
    """
    Report every estimand that could be answered.

    Parameters
    ----------
    trial
        The trial.
    answers
        Estimand code to answer, in the protocol's order.

    Returns
    -------
    Section
        For each: the question in words, counts by arm, the effect absolute and
        relative, curves where the outcome is a time, and what the interval allows.
    """
    blocks: list[Block] = [
        Paragraph(
            "Each question below is stated first and answered second. Read the "
            "interval before anything else: it holds the differences that the data "
            "are compatible with."
        )
    ]
    for answer in answers.values():
        blocks += _blocks(trial, answer)
    return Section(title="Outcomes", slug="outcomes", blocks=tuple(blocks))


def _blocks(trial: TrialData, answer: Answer) -> list[Block]:
    """Report one estimand."""
    protocol = trial.protocol
    primary = " (primary)" if answer.estimand.primary else ""
    blocks: list[Block] = [
        Subheading(f"{title(answer)}{primary}"),
        Paragraph(statement(protocol, answer.estimand)),
        _arms_table(protocol, answer),
        _effects_table(protocol, answer),
    ]
    # A curve that nobody's event bends says no more than the table.
    if any(len(curve.time) for curve in answer.incidence.values()):
        blocks.append(_incidence_figure(protocol, answer))
    if any(len(curve.time) for curve in answer.survival.values()):
        blocks.append(_survival_figure(protocol, answer))
    if any(len(curve.time) for curve in answer.mean_events.values()):
        blocks.append(_mean_events_figure(protocol, answer))
    said = [reading(answer, protocol), *answer.notes]
    blocks.append(Callout("note", " ".join(said)))
    blocks.append(Paragraph(assumptions(protocol, answer)))
    return blocks


def _arms_table(protocol: Protocol, answer: Answer) -> Table:
    """Table each arm's counts and its own risk, incidence, mean or rate."""
    labels = {arm.code: arm.title for arm in protocol.arms}
    unit = protocol.trial.unit_label
    is_count = any(arm.events is not None for arm in answer.arms)
    repeated = answer.outcome.kind == "repeated"
    columns = [
        Column(key="arm", heading="Arm"),
        Column(key="randomised", heading=f"{unit.capitalize()} randomised"),
        Column(key="analysed", heading="In this analysis"),
    ]
    if is_count:
        heading = "Events" if repeated else "With the outcome"
        if answer.outcome.kind == "time_to_first":
            heading += f" by {answer.estimand.at_months} months"
        columns.append(Column(key="events", heading=heading))
    measure = answer.arms[0].summary.measure
    columns.append(
        Column(
            key="summary",
            heading=measure[0].upper() + measure[1:],
            unit=answer.arms[0].summary.unit,
        )
    )
    rows: list[tuple[Cell, ...]] = []
    for arm in answer.arms:
        counts: list[Cell] = [labels[arm.arm], arm.randomised, arm.analysed]
        if is_count:
            counts.append(arm.events)
        rows.append((*counts, arm.summary))
    return Table(
        name=f"{answer.estimand.code.lower()}-arms",
        caption=f"{answer.outcome.label}, by allocated arm",
        columns=tuple(columns),
        rows=tuple(rows),
        notes=_not_analysed(protocol, answer),
    )


def _not_analysed(protocol: Protocol, answer: Answer) -> tuple[str, ...]:
    """Say of each arm how many are not in the analysis, and why."""
    status = answer.status.assign(arm=answer.allocated.to_numpy())
    status = status[status["status"] != "analysed"]
    notes = []
    for arm in protocol.arms:
        reasons = status.loc[status["arm"] == arm.code, "reason"].value_counts()
        notes += [
            f"{arm.title}: {int(n)} not in this analysis, {reason}."
            for reason, n in reasons.sort_index().items()
        ]
    return tuple(notes)


def _effects_table(protocol: Protocol, answer: Answer) -> Table:
    """Table the effect, absolute and relative, with what stands beside it."""
    rows: list[tuple[Cell, ...]] = []
    estimates = [answer.effect, *answer.relative, *answer.beside]
    for estimate in estimates:
        rows.append((_measure(estimate), estimate, estimate.n, _method(estimate)))
    for test in answer.tests:
        rows.append(("p-value of a test of no effect", *_tested(test)))
    treatment, control = protocol.treatment.label, protocol.control.label
    return Table(
        name=f"{answer.estimand.code.lower()}-effects",
        caption=f"{answer.outcome.label}: {treatment} compared with {control}",
        columns=(
            Column(key="measure", heading="Measure"),
            Column(key="estimate", heading="Estimate"),
            Column(key="n", heading="n"),
            Column(key="method", heading="How it was computed"),
        ),
        rows=tuple(rows),
    )


def _tested(test: TestResult) -> tuple[Cell, Cell, Cell]:
    return test, test.n, _method(test)


def _method(result: Estimate | TestResult) -> str:
    """Say how a number was computed, as it stands alone."""
    method = result.method or "not stated"
    return method[0].upper() + method[1:]


def _measure(estimate: Estimate) -> str:
    return estimate.measure[0].upper() + estimate.measure[1:]


def title(answer: Answer) -> str:
    """
    Name an answer by its code, its outcome and whom it is about if not all.

    Parameters
    ----------
    answer
        The answer.

    Returns
    -------
    str
        Such as ``"E5: New placement (complier effect)"``.
    """
    whom = " (complier effect)"
    is_complier = answer.estimand.population == "would_start"
    named = f"{answer.estimand.code}: {answer.outcome.label}"
    return named + (whom if is_complier else "")


def _incidence_figure(protocol: Protocol, answer: Answer) -> Figure:
    """Draw the share of each arm who have had the outcome."""
    unit = protocol.trial.unit_label
    return Figure(
        name=f"{answer.estimand.code.lower()}-incidence",
        caption=f"{answer.outcome.label}: share of {unit} who have had it, by arm",
        alt="Step curves of the share who have had the outcome; "
        + _read(protocol, answer, answer.incidence),
        drawing=_steps(protocol, answer, answer.incidence),
        notes=(_BANDS,),
    )


def _survival_figure(protocol: Protocol, answer: Answer) -> Figure:
    """Draw the share of each arm still free of the outcome."""
    unit = protocol.trial.unit_label
    label = answer.outcome.label
    return Figure(
        name=f"{answer.estimand.code.lower()}-survival",
        caption=f"{label}: share of {unit} still free of it (Kaplan-Meier)",
        alt="Step curves of the share who have not had the outcome; "
        + _read(protocol, answer, answer.survival),
        drawing=_steps(protocol, answer, answer.survival),
        notes=(_BANDS,),
    )


def _mean_events_figure(protocol: Protocol, answer: Answer) -> Figure:
    """Draw the mean number of events in each arm."""
    unit = protocol.trial.unit_label
    label, code = answer.outcome.label, answer.estimand.code.lower()
    labels = {arm.code: arm.label for arm in protocol.arms}
    ends = [
        f"{labels[arm]} {float(curve.value[-1]):.2f}"
        for arm, curve in answer.mean_events.items()
        if len(curve.value)
    ]
    drawn = _steps(protocol, answer, answer.mean_events)
    return Figure(
        name=f"{code}-mean-events",
        caption=f"{label}: mean number of events for each of the {unit}, by arm",
        alt="Step curves of the mean number of events; at the end of follow-up: "
        + f"{', '.join(ends)}.",
        drawing=replace(drawn, percent=False, y_label="Mean number of events"),
        notes=(_BANDS,),
    )


_BANDS = "Bands are pointwise confidence intervals."


def _read(protocol: Protocol, answer: Answer, curves: Mapping[str, Curve]) -> str:
    """Say what the curves read at the estimand's time."""
    at = answer.estimand.at_months
    labels = {arm.code: arm.label for arm in protocol.arms}
    ends = [
        f"{labels[code]} {100 * float(curve.at(days_in(at))):.0f}%"
        for code, curve in curves.items()
    ]
    return f"at {at} months: {', '.join(ends)}."


def _steps(protocol: Protocol, answer: Answer, curves: Mapping[str, Curve]) -> Curves:
    """Give the curves to draw, with the numbers at risk."""
    labels = {arm.code: arm.title for arm in protocol.arms}
    last = answer.outcome.follow_up_months
    parts = 6 if last % 5 == 0 else 5
    ticks = tuple(float(month) for month in np.linspace(0, last, parts))
    return Curves(
        series=tuple(
            StepCurve(
                label=labels[code],
                curve=curve,
                at_risk=_at_risk(answer.follow_up[code], ticks),
            )
            for code, curve in curves.items()
        ),
        times=ticks,
        y_label=f"Share of {protocol.trial.unit_label} (%)",
        divisor=DAYS_PER_MONTH,
    )


def _at_risk(time: FloatArray, months: tuple[float, ...]) -> tuple[int, ...]:
    """Count those at risk just before each time; days are whole, months are not."""
    days = [days_in(month) for month in months]
    return tuple(int(n) for n in numbers_at_risk(time, at=days))


def effects_figure(protocol: Protocol, answers: Mapping[str, Answer]) -> Figure | None:
    """
    Draw the absolute effects of all estimands side by side.

    Parameters
    ----------
    protocol
        The protocol.
    answers
        Estimand code to answer.

    Returns
    -------
    Figure or None
        None where no effect is a difference of shares.
    """
    kinds = ("binary", "time_to_first")
    rows = [
        Interval(
            label=title(answer),
            estimate=answer.effect,
        )
        for answer in answers.values()
        if answer.outcome.kind in kinds
    ]
    if not rows:
        return None
    arm, other = protocol.treatment.label, protocol.control.label
    return Figure(
        name="effects",
        caption=f"Differences between the arms, {arm} minus {other}",
        alt=" ".join(f"{row.label}: {phrase(row.estimate)}." for row in rows),
        drawing=Intervals(
            rows=tuple(rows),
            x_label="Difference in percentage points",
            reference=0.0,
            sides=(f"Fewer with {arm}", f"More with {arm}"),
        ),
    )
