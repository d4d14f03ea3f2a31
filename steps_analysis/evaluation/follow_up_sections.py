"""Visits and retention as tables: what is due, what is overdue, who is still seen."""

from __future__ import annotations

from datetime import date
from typing import Any

import pandas as pd

from steps_analysis.evaluation.frame_table import frame_table
from steps_analysis.outcomes import proportion_interval
from steps_analysis.pathway import retention, visit_schedule
from steps_analysis.pathway.visits import DUE, OVERDUE, STATES
from steps_analysis.reporting.blocks import Column, Paragraph, Table
from steps_analysis.reporting.cells import Cell
from steps_analysis.reporting.document import Section
from steps_analysis.reporting.words import listed, quantity
from steps_analysis.trial_data import TrialData

_COUNTS = {
    "randomised": "Randomised",
    "reached": "Window closed",
    "left": "Left before",
    "expected": "Expected",
    "seen": "Seen",
}


def visits_section(trial: TrialData, on: date) -> Section:
    """
    List the visits due and overdue, and count all planned ones by state.

    Parameters
    ----------
    trial
        The trial; needs ``participants`` and ``visits``.
    on
        The day this is asked.

    Returns
    -------
    Section
        The list, those overdue first, and the counts.
    """
    visits = visit_schedule(trial, on=on)
    open_now = visits[visits["state"].isin([DUE, OVERDUE])]
    plan = trial.protocol.visits
    words = (
        f"Visits are planned {listed([str(month) for month in plan.months])} months "
        f"after randomisation, {quantity(plan.window_weeks, 'week', 'weeks')} either "
        "way. A family that withdrew from contact or withdrew its data, moved away, or "
        "whose child died, is not expected."
    )
    return Section(
        title="Visits",
        blocks=(
            Paragraph(words),
            frame_table(
                open_now.sort_values(["state", "closes_date"], ascending=[False, True]),
                {
                    "participant_id": "Participant",
                    "site": trial.protocol.sites.label.capitalize(),
                    "visit_month": "Visit, in months",
                    "due_date": "Due on",
                    "closes_date": "Window closes",
                    "state": "State",
                },
                name="visits-open",
                caption="Visits overdue and due",
                protocol=trial.protocol,
                empty="No visit is due or overdue.",
            ),
            _states(visits, plan.months),
        ),
    )


def _states(visits: pd.DataFrame, months: tuple[int, ...]) -> Table:
    """Count the planned visits of each month by state."""
    counts = visits.groupby(["visit_month", "state"]).size()
    rows: list[tuple[Cell, ...]] = [
        (_visit(month), *(int(counts.get((month, state), 0)) for state in STATES))
        for month in months
    ]
    names = [state.replace("_", " ").capitalize() for state in STATES]
    headings = zip(STATES, names, strict=True)
    return Table(
        name="visits-by-state",
        caption="Planned visits, by state",
        columns=(
            Column(key="visit", heading="Visit"),
            *(Column(key=key, heading=heading) for key, heading in headings),
        ),
        rows=tuple(rows),
        breakdown="site",
    )


def retention_section(trial: TrialData, on: date) -> Section:
    """
    Table who is still seen: at each visit in all, and by site at the last.

    Parameters
    ----------
    trial
        The trial; needs ``participants`` and ``visits``.
    on
        The day this is asked.

    Returns
    -------
    Section
        Two tables with Wilson intervals; sites in alphabetical order, not ranked.
    """
    protocol = trial.protocol
    level, months = protocol.analysis.level, protocol.visits.months
    unit = protocol.trial.unit_label
    in_all = [(m, retention(trial, month=m, on=on).iloc[-1]) for m in months]
    at_last = retention(trial, on=on)
    names = [*at_last["site"][:-1], f"All {protocol.sites.label_plural}"]
    at_site = zip(names, at_last.to_dict("records"), strict=True)
    return Section(
        title="Retention",
        blocks=(
            Paragraph(
                "Retained are those seen, in or out of the window, of all for whom the "
                f"window has closed; {unit} who left count against it. "
                f"{protocol.sites.label_plural.capitalize()} stand in "
                f"alphabetical order and are not ranked: few {unit} are too few to "
                "tell one from another."
            ),
            _retained(
                [_row(_visit(month), row, level) for month, row in in_all],
                Column(key="visit", heading="Visit"),
                name="retention",
                caption=f"{unit.capitalize()} retained at each visit",
            ),
            _retained(
                [_row(name, row, level) for name, row in at_site],
                Column(key="site", heading=protocol.sites.label.capitalize()),
                name="retention-by-site",
                caption=f"{unit.capitalize()} retained at {max(months)} months",
            ),
        ),
    )


def _visit(month: int) -> str:
    """Name a visit."""
    return quantity(month, "month", "months") if month else "At randomisation"


def _row(head: str, counts: Any, level: float) -> tuple[Cell, ...]:
    """Write the counts of one site or visit, with the share retained."""
    reached, seen = int(counts["reached"]), int(counts["seen"])
    share = proportion_interval(seen, reached, level=level)
    shown = [int(counts[key]) for key in _COUNTS]
    return head, *shown, share


def _retained(
    rows: list[tuple[Cell, ...]], first: Column, *, name: str, caption: str
) -> Table:
    """Table the counts with the share retained."""
    counts = [Column(key=key, heading=heading) for key, heading in _COUNTS.items()]
    return Table(
        name=name,
        caption=caption,
        columns=(first, *counts, Column(key="retained", heading="Retained", unit="%")),
        rows=tuple(rows),
        breakdown="site",
    )
