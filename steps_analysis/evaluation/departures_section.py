"""Where the trial departed from its protocol, and what the analysis does about it."""

from __future__ import annotations

import pandas as pd

from steps_analysis.pathway import deviation_rules
from steps_analysis.protocol import in_sentence
from steps_analysis.reporting.blocks import Block, Column, Paragraph, Table
from steps_analysis.reporting.cells import Cell
from steps_analysis.reporting.document import Section
from steps_analysis.reporting.numerals import count_of
from steps_analysis.reporting.words import listed
from steps_analysis.trial_data import TrialData, index_child_of


def departures_section(trial: TrialData, departures: pd.DataFrame) -> Section:
    """
    Table the departures from the protocol.

    Parameters
    ----------
    trial
        The trial; needs ``participants``.
    departures
        What departed, as `steps_analysis.pathway.deviations` lists it.

    Returns
    -------
    Section
        What happened, to how many families, by arm where the reader is the
        statistician, and what the analysis does; then the rules that were checked with
        nothing found, and those the tables do not allow to check.
    """
    blocks: list[Block] = [Paragraph(departures_in_words(trial, departures))]
    if len(departures):
        blocks.append(_table(trial, departures))
    rules = deviation_rules(trial.protocol)
    checked = [rule for rule in rules if rule.months(trial) is not None]
    clear = [
        in_sentence(r.what) for r in checked if r.what not in set(departures["what"])
    ]
    if clear:
        head = "Also checked" if len(departures) else "Checked"
        words = f"{head}, and none found: {'; '.join(clear)}."
        blocks.append(Paragraph(words))
    unsaid = [rule.rests_on for rule in rules if rule not in checked]
    if unsaid:
        said = listed(list(dict.fromkeys(unsaid)))
        blocks.append(
            Paragraph(f"Not checked, because the tables open here do not say: {said}.")
        )
    return Section(
        title="Departures from the protocol", slug="departures", blocks=tuple(blocks)
    )


def departures_in_words(trial: TrialData, departures: pd.DataFrame) -> str:
    """
    Say for how many families something departed from the protocol.

    Parameters
    ----------
    trial
        The trial; needs ``participants``.
    departures
        What departed, as `steps_analysis.pathway.deviations` lists it.

    Returns
    -------
    str
        A sentence or two; by arm where the reader is the statistician.
    """
    unit = trial.protocol.trial.unit_label
    if departures.empty:
        return f"Nothing is known to have departed from the protocol for any {unit}."
    families = _families(trial, departures)
    n = count_of(len(families), index_child_of(trial).nunique())
    by_arm = ""
    if _shows_arms(trial):
        counts = trial.arms().loc[families].value_counts()
        parts = [
            f"{counts.get(arm.code, 0)} with {arm.label}" for arm in trial.protocol.arms
        ]
        by_arm = f", {listed(parts)}"
    return (
        f"{unit.capitalize()} for whom something departed from the protocol: {n}"
        f"{by_arm}. All stay in the arm they were allocated to."
    )


def _table(trial: TrialData, departures: pd.DataFrame) -> Table:
    """Table what happened, to how many, and what the analysis does."""
    arms = trial.protocol.arms if _shows_arms(trial) else ()
    unit = trial.protocol.trial.unit_label
    rows: list[tuple[Cell, ...]] = []
    for what, own in departures.groupby("what", sort=False):
        families = _families(trial, own)
        counts = [int(trial.arms().loc[families].eq(arm.code).sum()) for arm in arms]
        concerns, handling = (_alone(own.iloc[0][c]) for c in ("concerns", "handling"))
        rows.append((str(what), concerns, *counts, len(families), handling))
    return Table(
        name="departures",
        caption=f"Departures from the protocol, in {unit}",
        columns=(
            Column(key="what", heading="What happened"),
            Column(key="concerns", heading="Concerns"),
            *(
                Column(key=f"arm_{i}", heading=arm.title)
                for i, arm in enumerate(arms, start=1)
            ),
            Column(key="n", heading=unit.capitalize()),
            Column(key="handling", heading="In the analysis"),
        ),
        rows=tuple(rows),
        notes=(
            f"The same {unit} can be counted in several rows. Where several children "
            "of one family were randomised, what departed for any of them counts.",
        ),
    )


def _families(trial: TrialData, departures: pd.DataFrame) -> list[str]:
    """Name the families that departures are about, each by its index child."""
    index_child = index_child_of(trial)
    return list(index_child.loc[departures["participant_id"]].unique())


def _shows_arms(trial: TrialData) -> bool:
    """Whether the reader may see counts by arm; dummy arms would say nothing."""
    return trial.role == "statistician" and trial.allocation is not None


def _alone(words: str) -> str:
    """Write words so that they stand alone."""
    return words[:1].upper() + words[1:]
