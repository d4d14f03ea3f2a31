"""The data queries as tables: what to ask, how often, and of which row."""

from __future__ import annotations

import pandas as pd

from steps_analysis.evaluation.frame_table import frame_table
from steps_analysis.pathway import data_queries, unasked_queries
from steps_analysis.reporting.blocks import Block, Items, Paragraph, Subheading
from steps_analysis.reporting.document import Section
from steps_analysis.trial_data import TrialData


def queries_section(trial: TrialData) -> Section:
    """
    Table the data queries.

    Parameters
    ----------
    trial
        The trial.

    Returns
    -------
    Section
        What to ask and how often, then each row; and what could not be asked.
    """
    found = data_queries(trial)
    protocol = trial.protocol
    blocks: list[Block] = [
        Paragraph(
            "A query is a question, not a fault: the record may be right. Queries are "
            "about the whole records, to the day on which they are complete."
        ),
        frame_table(
            _counted(found),
            {"says": "What is odd", "to_do": "What to do", "queries": "Queries"},
            name="queries-by-kind",
            caption="Queries, by kind",
            protocol=protocol,
            empty="No query was found.",
        ),
    ]
    if len(found):
        blocks.append(
            frame_table(
                found,
                {
                    "table": "Table",
                    "line": "Line",
                    "column": "Column",
                    "site": protocol.sites.label.capitalize(),
                    "referral_id": "Referral",
                    "participant_id": "Participant",
                    "says": "What is odd",
                },
                name="queries",
                caption="Each query",
                protocol=protocol,
                empty="No query was found.",
                where_it_applies=("referral_id", "participant_id"),
            )
        )
    unasked = unasked_queries(trial)
    if unasked:
        blocks += [Subheading("What could not be asked"), Items(_unasked(unasked))]
    return Section(title="Data queries", slug="queries", blocks=tuple(blocks))


def _counted(found: pd.DataFrame) -> pd.DataFrame:
    """Count the queries of each kind, in the order of the tables they are about."""
    counts = found.groupby(["says", "to_do"], sort=False).size()
    return counts.reset_index(name="queries")


def _unasked(unasked: dict[str, str]) -> tuple[str, ...]:
    """Say for each reason which rules it kept from being applied."""
    by_reason: dict[str, list[str]] = {}
    for code, why in unasked.items():
        by_reason.setdefault(why, []).append(code.replace("_", " "))
    return tuple(f"{why}: {', '.join(codes)}." for why, codes in by_reason.items())
