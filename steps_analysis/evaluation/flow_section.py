"""The flow of families, drawn and tabled."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pandas as pd

from steps_analysis.evaluation.departures_section import departures_in_words
from steps_analysis.pathway import ArmFlow, Flow
from steps_analysis.protocol import in_sentence
from steps_analysis.reporting.blocks import Column, Figure, Paragraph, Table
from steps_analysis.reporting.cells import Cell
from steps_analysis.reporting.document import Section
from steps_analysis.reporting.drawings import FlowArm, FlowDiagram, Tally
from steps_analysis.reporting.markers import Marker
from steps_analysis.reporting.numerals import count_of
from steps_analysis.reporting.words import quantity
from steps_analysis.trial_data import TrialData, index_children


def flow_section(
    trial: TrialData, flow: Flow, departures: pd.DataFrame | None = None
) -> Section:
    """
    Show how families moved through the trial.

    Parameters
    ----------
    trial
        The trial.
    flow
        Its flow, reconciled.
    departures
        What departed from the protocol, where that can be told and shown.

    Returns
    -------
    Section
        The diagram, and every number of it as a table.
    """
    facts, sites = trial.protocol.trial, trial.protocol.sites
    outcome = trial.protocol.outcome(trial.protocol.primary.outcome)
    words = (
        f"{_on_the_way(trial, flow)}{flow.randomised} {facts.unit_label} were "
        f"randomised at {quantity(flow.n_sites, sites.label, sites.label_plural)}"
        f"{_with_children(flow)}; "
        f"{count_of(flow.n_analysed, flow.randomised)} are in the analysis of the "
        "primary outcome, each in the arm they were allocated to."
    )
    figure = Figure(
        name="flow",
        caption=f"Flow of {facts.unit_label} through the trial",
        alt=_spoken(trial, flow),
        drawing=_diagram(trial, flow, in_sentence(outcome.label)),
        notes=tuple(_notes(trial, flow, departures)),
    )
    return Section(
        title=f"How {facts.unit_label} moved through the trial",
        slug="flow",
        blocks=(Paragraph(words), figure, _table(trial, flow), *_treatments(trial)),
    )


def _on_the_way(trial: TrialData, flow: Flow) -> str:
    """Say who was referred, approached and consented, where that is recorded."""
    unit, sites = trial.protocol.trial.unit_label, trial.protocol.sites
    said = ""
    if flow.sites_opened is not None:
        opened = quantity(flow.sites_opened, sites.label, sites.label_plural)
        said = f"{opened} opened to the trial. "
    if flow.referred is not None:
        by = ""
        if flow.sites_referred is not None:
            n = quantity(flow.sites_referred, sites.label, sites.label_plural)
            by = f", from {n}"
        referrals = quantity(flow.referrals or 0, "referral", "referrals")
        said += f"{flow.referred} {unit} were referred in {referrals}{by}. "
    if flow.eligible is not None:
        said += f"Of {flow.assessed} assessed {flow.eligible} were eligible. "
    if flow.approached is not None and flow.consented is not None:
        said += (
            f"{flow.approached} {unit} were approached and {flow.consented} of them "
            "consented. "
        )
    return said


def _with_children(flow: Flow) -> str:
    """Say how many children the families are, where that differs."""
    children = _more(flow.children, flow.randomised)
    return "" if children is None else f", {children} children in all"


def _notes(
    trial: TrialData, flow: Flow, departures: pd.DataFrame | None
) -> Iterator[str]:
    """Say below the diagram what its boxes do not show."""
    facts = trial.protocol.trial
    for what, n in flow.departures.items():
        families = quantity(n, facts.unit, facts.unit_label)
        yield (
            f"{what.capitalize()}: {families}, counted from there on, so that a box "
            "may hold more than the one before it."
        )
    if _more(flow.children, flow.randomised) is not None:
        yield (
            "Each box counts a family once, by the child of it who was randomised "
            "first; only that child is analysed."
        )
    labels = {arm.code: arm.title for arm in trial.protocol.arms}
    for arm in flow.arms:
        if arm.providers:
            yield f"{labels[arm.arm]}: {_seen_by(arm.providers, facts.unit_label)}."
    if departures is not None:
        yield departures_in_words(trial, departures)


def _seen_by(providers: tuple[int, ...], unit: str) -> str:
    """Say how many therapists saw how many families."""
    fewest, most = providers[0], providers[-1]
    each = f"{fewest} to {most}" if most > fewest else f"{fewest}"
    therapists = quantity(len(providers), "therapist", "therapists")
    return f"{sum(providers)} {unit} were seen by {therapists}, {each} each"


def _diagram(trial: TrialData, flow: Flow, outcome: str) -> FlowDiagram:
    """Give the boxes to draw."""
    excluded = None
    if flow.assessed is not None:
        reasons = [(group, sum(why.values())) for group, why in flow.excluded.items()]
        excluded = Tally(n=flow.n_excluded, reasons=tuple(reasons))
    labels = {arm.code: arm.title for arm in trial.protocol.arms}
    return FlowDiagram(
        referred=flow.referred,
        assessed=flow.assessed,
        eligible=flow.eligible,
        approached=flow.approached,
        consented=flow.consented,
        excluded=excluded,
        randomised=flow.randomised,
        children=_more(flow.children, flow.randomised),
        arms=tuple(_arm(labels[arm.arm], arm) for arm in flow.arms),
        unit=trial.protocol.trial.unit_label,
        outcome=outcome,
    )


def _arm(label: str, arm: ArmFlow) -> FlowArm:
    """Give one arm's boxes to draw."""
    is_recorded = arm.received is not None
    stopped = arm.discontinued
    return FlowArm(
        name=label,
        allocated=arm.allocated,
        children=_more(arm.children, arm.allocated),
        received=arm.received,
        not_received=_tally(arm.not_received) if is_recorded else None,
        lost=None if arm.lost is None else _tally(arm.lost),
        discontinued=None if stopped is None else Tally(n=stopped),
        analysed=arm.analysed,
        not_analysed=_tally({**arm.excluded, **arm.missing}),
    )


def _more(children: int | None, families: int) -> int | None:
    """Give the number of children where it is not that of their families."""
    return None if children == families else children


def _tally(reasons: Mapping[str, int]) -> Tally:
    return Tally(n=sum(reasons.values()), reasons=tuple(reasons.items()))


def _spoken(trial: TrialData, flow: Flow) -> str:
    """Say the flow in sentences, for a reader who cannot see the diagram."""
    unit = trial.protocol.trial.unit_label
    labels = {arm.code: arm.label for arm in trial.protocol.arms}
    counts = [
        (flow.referred, "referred"),
        (flow.assessed, "assessed for eligibility"),
        (flow.eligible, "eligible"),
        (flow.approached, "approached"),
    ]
    said = [f"{n} {unit} were {what}." for n, what in counts if n is not None]
    if flow.consented is not None:
        said.append(f"{flow.consented} consented.")
    if flow.assessed is not None:
        said.append(f"{flow.n_excluded} of those assessed were not randomised.")
    said.append(f"{flow.randomised} were randomised{_with_children(flow)}.")
    said += [
        f"{arm.allocated} were allocated to {labels[arm.arm]}; {arm.analysed} are "
        "analysed."
        for arm in flow.arms
    ]
    return " ".join(said)


def _table(trial: TrialData, flow: Flow) -> Table:
    """Give every box and reason as a row."""
    labels = {arm.code: arm.title for arm in trial.protocol.arms}
    unit = trial.protocol.trial.unit_label
    frame = flow.to_frame()
    boxes = frame["box"].where(
        frame["reason"] == "", frame["box"] + ": " + frame["reason"]
    )
    boxes = boxes.str[:1].str.upper() + boxes.str[1:]  # abbreviations stay as they are
    arms = frame["arm"].map(labels).fillna("All")
    columns = [
        Column(key="box", heading="Box"),
        Column(key="arm", heading="Arm"),
        Column(key="n", heading=unit.capitalize()),
    ]
    counts: list[list[Cell]] = [[int(n) for n in frame["families"]]]
    if _more(flow.children, flow.randomised) is not None:
        columns.append(Column(key="children", heading="Children"))
        of_children = frame["children"].astype(object)
        counts.append([Marker("[z]") if pd.isna(n) else int(n) for n in of_children])
    return Table(
        name="flow-table",
        caption=f"Every box of the flow, in {unit}",
        columns=tuple(columns),
        rows=tuple(zip(boxes, arms, *counts, strict=True)),
    )


def _treatments(trial: TrialData) -> tuple[Table, ...]:
    """Table what each arm received, whatever it was allocated to."""
    treatment = trial.treatment
    if treatment is None or "treatment_received" not in treatment:
        return ()
    families = index_children(trial)["participant_id"]
    received = treatment.set_index("participant_id")["treatment_received"]
    received = received.reindex(families).fillna("not recorded")
    counts = pd.crosstab(received.to_numpy(), trial.arms().loc[families].to_numpy())
    arms = trial.protocol.arms
    rows: tuple[tuple[Cell, ...], ...] = tuple(
        (
            trial.protocol.label(str(code), "treatment_received"),
            *(int(counts.loc[code].get(arm.code, 0)) for arm in arms),
        )
        for code in counts.index
    )
    unit = trial.protocol.trial.unit_label
    columns = (
        Column(key="treatment", heading="Received"),
        *(Column(key=f"arm_{i}", heading=a.title) for i, a in enumerate(arms, start=1)),
    )
    caption = f"What the {unit} received, by the arm they were allocated to"
    return (Table(name="received", caption=caption, columns=columns, rows=rows),)
