"""What if all the outcomes that are unknown went one way?"""

from __future__ import annotations

import numpy as np

from steps_analysis.outcomes.binary.two_by_two import risk_difference
from steps_analysis.outcomes.estimands.analysed import Analysed, analysed
from steps_analysis.outcomes.estimands.answers import Answer, ArmSummary
from steps_analysis.outcomes.estimands.sensitivity.variation import (
    Sensitivity,
    Variation,
)
from steps_analysis.outcomes.events.status import MISSING
from steps_analysis.outcomes.missing_data.tipping_point import tipping_point
from steps_analysis.trial_data import TrialData


def missing_extremes(trial: TrialData, known: Answer) -> Sensitivity:
    """
    Bound a risk difference by what the unknown outcomes could at most have been.

    Parameters
    ----------
    trial
        The trial.
    known
        The answer as planned, to an estimand whose summary is a risk difference.

    Returns
    -------
    Sensitivity
        The effect as planned; then unadjusted differences (Newcombe) with the unknown
        counted as having had the outcome in neither arm, in both, in the control arm
        alone (best for the treatment) and in the treatment arm alone.
    """
    found = analysed(trial, known.estimand.code)
    unknown = _unknown(found)
    cases = {
        "None of the unknown had the outcome": (0, 0),
        "All of the unknown had it": unknown,
        "Most favourable to the treatment: only the unknown of the control arm": (
            0,
            unknown[1],
        ),
        "Least favourable to it: only the unknown of its own arm": (unknown[0], 0),
    }
    variations = [Variation(label="As planned: those known", effect=known.effect)]
    events = [arm.events or 0 for arm in known.arms]
    sizes = [arm.analysed + more for arm, more in zip(known.arms, unknown, strict=True)]
    if all(sizes):
        variations += [
            Variation(
                label=label,
                effect=risk_difference(
                    events[0] + more[0],
                    sizes[0],
                    events[1] + more[1],
                    sizes[1],
                    level=found.level,
                ),
            )
            for label, more in cases.items()
        ]
    return Sensitivity(
        name="missing_extremes",
        question="What could the outcomes that are unknown change at most?",
        variations=tuple(variations),
        note=(
            f"Unknown are {unknown[0]} with {trial.protocol.treatment.label} and "
            f"{unknown[1]} with {trial.protocol.control.label}. "
            f"{_tipped(events, known.arms, unknown)}The last four lines are not "
            "adjusted. None of these is likely; whatever is true lies between them."
        ),
    )


def _tipped(
    events: list[int], arms: tuple[ArmSummary, ...], unknown: tuple[int, int]
) -> str:
    """Say how many of all ways the unknown may have gone would tip an exact test."""
    (first, second), sizes = events, [arm.analysed for arm in arms]
    if not all(sizes) or not any(unknown):
        return ""
    found = tipping_point(
        first, sizes[0], unknown[0], second, sizes[1], unknown[1], threshold=0.05
    )
    return (
        f"Of the {found.n_combinations} ways the unknown may have gone, "
        f"{found.n_tipped} would move Fisher's p-value across 0.05. "
    )


def _unknown(found: Analysed) -> tuple[int, int]:
    """Count the families of each arm in question whose outcome is unknown."""
    is_missing = found.status["status"].eq(MISSING).to_numpy() & found.of_families
    arms = found.arms.to_numpy(dtype=str)[is_missing]
    return tuple(int(np.sum(arms == a)) for a in (found.treatment, found.control))  # type: ignore[return-value]  # two arms
