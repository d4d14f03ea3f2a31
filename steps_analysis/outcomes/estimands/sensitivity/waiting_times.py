"""How much does it matter how long one waits for sanctions?"""

from __future__ import annotations

from dataclasses import replace

from steps_analysis.outcomes.estimands.answering import answer
from steps_analysis.outcomes.estimands.answers import Answer
from steps_analysis.outcomes.estimands.sensitivity.variation import (
    Sensitivity,
    Variation,
)
from steps_analysis.protocol import Protocol
from steps_analysis.trial_data import TrialData

WAITING_MONTHS = (3, 6, 12)
"""A short wait, the official one, and one that catches nearly every sexual offence."""


def waiting_times(trial: TrialData, known: Answer) -> Sensitivity:
    """
    Answer an estimand on a proven outcome with other waiting times.

    Parameters
    ----------
    trial
        The trial.
    known
        The answer as planned, to an estimand whose outcome is proven.

    Returns
    -------
    Sensitivity
        The effect with 3, 6 and 12 months. A longer wait counts more offences, and
        leaves out more families who were randomised late.
    """
    code = known.estimand.code
    return Sensitivity(
        name="waiting_times",
        question="Does it matter how long one waits for sanctions to arrive?",
        variations=tuple(
            Variation(
                label=f"Sanctioned within {months} months",
                effect=answer(
                    replace(trial, protocol=_waiting(trial.protocol, code, months)),
                    code,
                ).effect,
            )
            for months in WAITING_MONTHS
        ),
        note=(
            "A longer wait finds more of the offences, and leaves out more of the "
            "families who joined late, so that the lines differ in whom they speak of."
        ),
    )


def _waiting(protocol: Protocol, estimand: str, months: int) -> Protocol:
    """Change the waiting time of an estimand's outcome."""
    code = protocol.estimand(estimand).outcome
    outcomes = (
        replace(outcome, waiting_months=months) if outcome.code == code else outcome
        for outcome in protocol.outcomes
    )
    return replace(protocol, outcomes=tuple(outcomes))
