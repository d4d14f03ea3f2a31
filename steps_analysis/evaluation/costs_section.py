"""What did each arm cost, sector by sector, and what does the difference buy?"""

from __future__ import annotations

from dataclasses import replace
from typing import cast

import numpy as np
import numpy.typing as npt
import pandas as pd

from steps_analysis.estimates import FloatArray
from steps_analysis.outcomes import (
    Answer,
    acceptability_curve,
    cost_difference_by_sector,
    cost_effectiveness,
)
from steps_analysis.protocol import in_sentence
from steps_analysis.reporting.blocks import (
    Block,
    Callout,
    Column,
    Paragraph,
    Subheading,
    Table,
)
from steps_analysis.reporting.cells import Cell
from steps_analysis.reporting.document import Section
from steps_analysis.reporting.numerals import number
from steps_analysis.trial_data import TrialData, index_child_of

WILLINGNESS = (0, 5_000, 10_000, 20_000, 40_000, 80_000)
"""Pounds that one might pay for one child more without the outcome."""
_FEW = 50


def costs_section(trial: TrialData, primary: Answer) -> Section:
    """
    Compare the costs of the arms, and set them against the primary outcome.

    Parameters
    ----------
    trial
        The trial; needs ``costs`` and ``allocation``.
    primary
        The answer to the primary estimand.

    Returns
    -------
    Section
        Mean cost by arm and sector with the difference; where the primary outcome is
        binary the cost-effectiveness plane in words and the acceptability curve. The
        caveat about small numbers stands first.
    """
    rows = _rows(trial)
    blocks: list[Block] = [Callout("limitation", _caveat(trial, rows))]
    without = [a.label for a in trial.protocol.arms if a.code not in set(rows["arm"])]
    if without:
        said = f"No cost is known of any family with {' or '.join(without)}"
        blocks.append(Paragraph(f"{said}, so that there is nothing to compare."))
        return Section(title="Costs", slug="costs", blocks=tuple(blocks))
    blocks.append(_sectors(trial, rows))
    if primary.outcome.kind == "binary":
        blocks += _effectiveness(trial, rows, primary)
    return Section(title="Costs", slug="costs", blocks=tuple(blocks))


def _rows(trial: TrialData) -> pd.DataFrame:
    """Give the cost rows of the index children, with their arm."""
    rows = trial.need("costs")
    rows = rows[rows["participant_id"].isin(set(index_child_of(trial)))]
    return rows.assign(arm=trial.arms().loc[rows["participant_id"]].to_numpy())


def _caveat(trial: TrialData, rows: pd.DataFrame) -> str:
    """Say how far costs of so few participants can be trusted."""
    by_arm = rows.groupby("arm")["participant_id"].nunique()
    unit = trial.protocol.trial.unit_label
    smallest = int(by_arm.min()) if len(by_arm) else 0
    said = (
        "Costs are skewed: a few high ones carry the mean. They are compared by means "
        "all the same, because totals are what a budget pays, with bootstrap limits. "
    )
    if smallest < _FEW:
        return said + (
            f"With {smallest} {unit} in the smaller arm the bootstrap cannot show "
            "costs that nobody here had: take the limits as a guide, and no more."
        )
    return said + "A bootstrap cannot show costs that nobody here had."


def _sectors(trial: TrialData, rows: pd.DataFrame) -> Table:
    """Table the mean cost of each arm and the difference, by sector and in all."""
    protocol = trial.protocol
    differences = cost_difference_by_sector(
        rows["cost"].to_numpy(dtype=float),
        rows["arm"].to_numpy(dtype=str),
        rows["sector"].to_numpy(dtype=str),
        cluster=rows["participant_id"].to_numpy(dtype=str),
        reference=protocol.control.code,
        level=protocol.analysis.level,
        seed=protocol.analysis.seed,
    )
    arms = protocol.arms
    by_arm = {arm.code: _means(rows[rows["arm"] == arm.code]) for arm in arms}
    cells: list[tuple[Cell, ...]] = [
        (
            "All sectors" if name == "total" else protocol.label(name).capitalize(),
            *(by_arm[arm.code].get(name) for arm in arms),
            replace(estimate, unit="£"),
            estimate.n,
        )
        for name, estimate in sorted(
            differences.items(), key=lambda item: (item[0] == "total", item[0])
        )
    ]
    treatment, control = protocol.treatment.label, protocol.control.label
    return Table(
        name="costs-sectors",
        caption=f"Mean cost by sector, {treatment} and {control}",
        columns=(
            Column(key="sector", heading="Sector"),
            *(
                Column(key=arm.code, heading=arm.title, unit="£", decimals=0)
                for arm in arms
            ),
            Column(key="difference", heading="Difference", unit="£", decimals=0),
            Column(key="n", heading="n"),
        ),
        rows=tuple(cells),
        notes=(
            "Over all the time for which costs were recorded, not discounted. Limits: "
            "bias-corrected and accelerated bootstrap within the arms.",
        ),
    )


def _means(rows: pd.DataFrame) -> dict[str, float]:
    """Give one arm's mean cost by sector, and in all."""
    n = rows["participant_id"].nunique()
    sums = rows.groupby("sector")["cost"].sum() / n
    means = {str(sector): float(mean) for sector, mean in sums.items()}
    return {**means, "total": float(rows["cost"].sum() / n)}


def _effectiveness(
    trial: TrialData, rows: pd.DataFrame, primary: Answer
) -> list[Block]:
    """Set costs against one child more without the primary outcome."""
    cost, effect, arm = _pairs(trial, rows, primary)
    protocol = trial.protocol
    outcome, unit = in_sentence(primary.outcome.label), protocol.trial.unit_label
    title = Subheading(f"Costs and the primary outcome: {outcome}")
    if len(set(arm)) < 2:
        return [title, Paragraph(f"Too few {unit} have both a cost and an outcome.")]
    found = cost_effectiveness(
        cost,
        effect,
        arm,
        reference=protocol.control.code,
        level=protocol.analysis.level,
        seed=protocol.analysis.seed,
    )
    if found.plane.empty:
        reason = found.cost_difference.not_estimable
        reason = reason or found.effect_difference.not_estimable
        return [title, Paragraph(f"Not estimable: {reason}.")]
    shares = _quadrants(trial, found.quadrants, outcome)
    curve = acceptability_curve(
        cost,
        effect,
        arm,
        willingness=np.array(WILLINGNESS, dtype=np.float64),
        reference=protocol.control.code,
        level=protocol.analysis.level,
        seed=protocol.analysis.seed,
    )
    return [title, Paragraph(shares), _acceptability(trial, curve, len(cost))]


def _pairs(
    trial: TrialData, rows: pd.DataFrame, primary: Answer
) -> tuple[FloatArray, FloatArray, npt.NDArray[np.str_]]:
    """Give cost, freedom from the outcome and arm of everybody who has both."""
    known = primary.status[primary.status["status"] == "analysed"]
    value = known.set_index("participant_id")["value"]
    cost = rows.groupby("participant_id")["cost"].sum().reindex(value.index).dropna()
    free = 1.0 - value.loc[cost.index].to_numpy(dtype=np.float64)
    arm = trial.arms().loc[cost.index].to_numpy(dtype=str)
    return cost.to_numpy(dtype=np.float64), free, arm


_QUADRANTS = (
    "cost more and prevent more",
    "cost more and prevent less",
    "cost less and prevent less",
    "cost less and prevent more",
)


def _quadrants(trial: TrialData, shares: dict[str, float], outcome: str) -> str:
    """Say how the resampled differences lie on the cost-effectiveness plane."""
    parts = [
        f"{words} in {100 * share:.0f}%"
        for words, share in zip(_QUADRANTS, shares.values(), strict=True)
    ]
    return (
        f"Of the trials one gets by drawing these {trial.protocol.trial.unit_label} "
        "again, "
        f"{trial.protocol.treatment.label} would {'; '.join(parts)} (of {outcome})."
    )


def _acceptability(trial: TrialData, curve: pd.DataFrame, n: int) -> Table:
    """Table the probability of being worth the cost by what one would pay."""
    payments = cast("list[float]", curve["willingness_to_pay"].tolist())
    probabilities = cast("list[float]", curve["probability"].tolist())
    return Table(
        name="costs-acceptability",
        caption=f"Probability that {trial.protocol.treatment.label} is worth its cost",
        columns=(
            Column(
                key="willingness",
                heading="What one would pay for one child more without the outcome",
                unit="£",
                decimals=0,
            ),
            Column(key="probability", heading="Probability", decimals=2),
        ),
        rows=tuple(zip(payments, probabilities, strict=True)),
        notes=(
            f"From {number(n, 0)} {trial.protocol.trial.unit_label} with costs and "
            "outcome known. The sums are "
            "a scale to read the curve by, not what anybody has said they would pay.",
        ),
    )
