"""How evenly allocation spread the factors it balances."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
import pandas as pd

from steps_analysis.evaluation.baseline import characteristics
from steps_analysis.protocol import in_sentence
from steps_analysis.randomisation import balance, standardised_differences
from steps_analysis.reporting.blocks import Column, Figure, Paragraph, Table
from steps_analysis.reporting.document import Section
from steps_analysis.reporting.drawings import Dot, DotPlot
from steps_analysis.reporting.markers import Marker
from steps_analysis.reporting.words import listed
from steps_analysis.trial_data import TrialData


def balance_section(trial: TrialData) -> Section:
    """
    Show the balance of the allocation, trial-wide.

    Parameters
    ----------
    trial
        The trial; needs ``participants`` and ``allocation``.

    Returns
    -------
    Section
        Counts by factor level and arm, and standardised differences as dots.

    Notes
    -----
    The site is not tabled: a count by site and arm is never published (DESIGN section
    7).
    """
    table = characteristics(trial)
    arms = trial.arms().loc[table.index].to_numpy(str)
    factors = [f.name for f in trial.protocol.factors if f.name != "site"]
    words = (
        f"{_meant(trial)}The plot shows how far the arms differ in what was known of "
        "them, in standard deviations; between the dashed lines a difference is small."
    )
    return Section(
        title="How alike the arms are",
        slug="balance",
        blocks=(
            Paragraph(words),
            _figure(trial, table, arms, factors),
            _table(trial, table, arms, factors),
        ),
    )


def _meant(trial: TrialData) -> str:
    """Say what allocation was meant to balance, where that is known."""
    names = trial.protocol.allocation.get("factors", ())
    labels = [in_sentence(trial.protocol.factor(name).label) for name in names]
    if not labels:
        return ""
    return f"Allocation balances the arms on {listed(labels)}. "


def _by_chance(arms: npt.NDArray[np.str_]) -> float:
    """Say how large a standardised difference 95% of chance differences stay below."""
    _, counts = np.unique(arms, return_counts=True)
    return float(1.96 * np.sqrt((1 / counts).sum()))


def _figure(
    trial: TrialData,
    table: pd.DataFrame,
    arms: npt.NDArray[np.str_],
    factors: list[str],
) -> Figure:
    """Draw the standardised differences."""
    numbers = [s.name for s in trial.protocol.visits.scores if s.name in table]
    if "age_at_referral" in table:
        numbers = ["age_at_referral", *numbers]
    measured = table[[*numbers, *factors]].astype(dict.fromkeys(numbers, float))
    found = standardised_differences(
        measured.reset_index(drop=True),
        arms,
        reference=trial.protocol.control.code,
        missing="drop",
    )
    labels = {f.name: f.label for f in trial.protocol.factors}
    labels |= {s.name: s.label for s in trial.protocol.visits.scores}
    labels["age_at_referral"] = "Age at referral"
    dots = []
    for row in found.to_dict("records"):
        level = f": {row['level']}" if row["level"] else ""
        value = float(row["standardised_difference"])
        label = f"{labels[str(row['variable'])]}{level}"
        dots.append(
            Dot(label=label, value=Marker("[x]") if math.isnan(value) else value)
        )
    unit = trial.protocol.trial.unit_label
    shown = [abs(float(dot.value)) for dot in dots if isinstance(dot.value, float)]
    return Figure(
        name="standardised-differences",
        caption="Standardised differences between the arms at randomisation",
        alt=(
            f"Dots for {len(dots)} characteristics of the {unit}; the largest "
            f"difference is {max(shown, default=0):.2f} standard deviations."
        ),
        drawing=DotPlot(
            dots=tuple(dots),
            x_label=(
                f"Standardised difference, {trial.protocol.treatment.label} minus "
                f"{trial.protocol.control.label}"
            ),
        ),
        notes=(
            "The denominator is the pooled standard deviation of the two arms. With so "
            f"many {unit} chance alone gives differences up to about "
            f"{_by_chance(arms):.1f} either way.",
        ),
    )


def _table(
    trial: TrialData,
    table: pd.DataFrame,
    arms: npt.NDArray[np.str_],
    factors: list[str],
) -> Table:
    """Table the counts by factor level and arm."""
    treatment, control = trial.protocol.treatment, trial.protocol.control
    counts = balance(
        table.reset_index(drop=True),
        arms,
        factors,
        ratio=(treatment.share, control.share),
        reference=control.code,
    )
    labels = {f.name: f.label for f in trial.protocol.factors}
    rows = tuple(
        (
            "All"
            if row["factor"] == "all"
            else f"{labels[row['factor']]}: {row['level']}",
            int(row["n_treatment"]),
            int(row["n_reference"]),
            float(row["imbalance"]),
        )
        for row in counts.to_dict("records")
    )
    is_even = treatment.share == control.share
    return Table(
        name="balance",
        caption="Counts by factor and arm",
        columns=(
            Column(key="level", heading="Factor and level"),
            Column(key="treatment", heading=treatment.title),
            Column(key="control", heading=control.title),
            Column(key="imbalance", heading="Imbalance", decimals=0 if is_even else 1),
        ),
        rows=rows,
        notes=(
            "Imbalance is the first count less the second"
            + ("." if is_even else ", each divided by its part of the ratio."),
            f"Counts by {trial.protocol.sites.label} and arm are not published.",
        ),
    )
