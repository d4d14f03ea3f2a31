"""How far did the referrals of a site come on the way to the trial, and no further?"""

from __future__ import annotations

import pandas as pd

from steps_analysis.evaluation.absences import not_open
from steps_analysis.pathway.flow.enrolment import steps
from steps_analysis.reporting.blocks import Block, Column, Paragraph, Table
from steps_analysis.reporting.cells import NOT_AVAILABLE, Cell
from steps_analysis.reporting.document import Section
from steps_analysis.trial_data import TrialData

_BOXES = {
    "assessed": "Screened for the trial",
    "eligible": "Eligible",
    "approached": "Approached",
    "consented": "Parent or carer consented",
}
_NOTES = (
    "Not available, because participants.csv is closed to this role. The consents are "
    "as far as the screening records go.",
    "A row counts referrals; a family may be referred more than once.",
)


def pathway_section(trial: TrialData, site: str) -> Section:
    """
    Count a site's referrals by how far they came: randomised at most, never an arm.

    Parameters
    ----------
    trial
        The trial, read as a commissioner.
    site
        The site.

    Returns
    -------
    Section
        Identified, screened, eligible, approached, consented, randomised; what a table
        is absent for is left out, and the section says so.
    """
    closed = not_open(trial, "screening")
    if closed:
        blocks: tuple[Block, ...] = (Paragraph(f"Not shown: {closed}."),)
    else:
        blocks = (_table(trial, site),)
    return Section(title="From referral to the trial", slug="pathway", blocks=blocks)


def _table(trial: TrialData, site: str) -> Table:
    """Write how many came how far."""
    referrals = trial.need("referrals")
    own = referrals.loc[referrals["site"] == site, "referral_id"]
    rows: list[tuple[Cell, ...]] = [("Identified and referred", len(own))]
    screened = trial.need("screening")
    screened = screened[screened["referral_id"].isin(own)]
    rows += [(_BOXES[box], n) for box, n in _reached(screened).items()]
    rows.append(("Randomised [note 1]", NOT_AVAILABLE))
    return Table(
        name="pathway",
        caption=f"Referrals of {site}, by how far they came",
        columns=(
            Column(key="step", heading="How far"),
            Column(key="referrals", heading="Referrals"),
        ),
        rows=tuple(rows),
        notes=_NOTES,
        breakdown="site",
    )


def _reached(screened: pd.DataFrame) -> dict[str, int]:
    """Count who came to each step that the records tell of."""
    reached = steps(screened.assign(is_randomised=False))
    counts, still = {}, pd.Series(data=True, index=screened.index)
    for box in _BOXES:
        if box in reached:
            still &= reached[box]
            counts[box] = int(still.sum())
    return counts
