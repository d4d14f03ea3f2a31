"""What if one had started from another belief about the risks?"""

from __future__ import annotations

from steps_analysis.estimates import Estimate
from steps_analysis.outcomes.bayesian.beta_binomial import RiskComparison, beta_binomial
from steps_analysis.outcomes.bayesian.predictive_success import predictive_success
from steps_analysis.outcomes.estimands.answers import Answer
from steps_analysis.outcomes.estimands.sensitivity.variation import (
    Sensitivity,
    Variation,
)
from steps_analysis.protocol import Protocol
from steps_analysis.trial_data import TrialData

PRIORS = {
    "No risk likelier than another: Beta(1, 1)": (1.0, 1.0),
    "Jeffreys: Beta(0.5, 0.5)": (0.5, 0.5),
    "Rare in both arms, worth twelve families each: Beta(2, 10)": (2.0, 10.0),
}


def priors(trial: TrialData, known: Answer) -> Sensitivity:
    """
    Compare two risks by their posterior distributions under several priors.

    Parameters
    ----------
    trial
        The trial.
    known
        The answer as planned, to an estimand whose summary is a risk difference.

    Returns
    -------
    Sensitivity
        The effect as planned; then posterior means and credible intervals. The note
        gives the probability that the risk is lower, or higher, in the treatment arm,
        and, below the planned number, that of success once it is reached.
    """
    treated, control = known.arms
    counts = (
        treated.events or 0,
        treated.analysed,
        control.events or 0,
        control.analysed,
    )
    variations = [Variation(label="As planned", effect=known.effect)]
    note = (
        "The lines after the first are posterior means with credible intervals, not "
        "adjusted for anything."
    )
    if counts[1] and counts[3]:
        level = known.effect.level
        found = {
            label: beta_binomial(*counts, prior=prior, level=level)
            for label, prior in PRIORS.items()
        }
        variations += [
            Variation(label=label, effect=posterior.difference)
            for label, posterior in found.items()
        ]
        note = f"{_probabilities(trial.protocol, next(iter(found.values())))} {note}"
        note = f"{note}{_predicted(trial.protocol, counts)}"
    return Sensitivity(
        name="priors",
        question="What if one had started from another belief?",
        variations=tuple(variations),
        note=note,
    )


def _probabilities(protocol: Protocol, flat: RiskComparison) -> str:
    """Say how probable benefit and harm are, starting from no belief."""
    return (
        "Starting with no risk likelier than another, the probability that the risk is "
        f"lower with {protocol.treatment.label} is {flat.probability_of_benefit:.2f}, "
        f"and that it is higher {flat.probability_of_harm:.2f}."
    )


def _predicted(protocol: Protocol, counts: tuple[int, int, int, int]) -> str:
    """Say how probable success is once the planned number is reached."""
    planned = protocol.trial.planned_n
    if planned is None or counts[1] + counts[3] >= planned:
        return ""
    shares = protocol.treatment.share, protocol.control.share
    aims = [planned * share // sum(shares) for share in shares]
    further = [max(aim - n, 0) for aim, n in zip(aims, counts[1::2], strict=True)]
    found: Estimate = predictive_success(
        *counts, further_treatment=further[0], further_control=further[1]
    )
    if found.not_estimable:
        return ""
    return (
        f" Were {sum(further)} more families to be analysed, up to the {planned} "
        "planned, the probability that a benefit would then be at least 97.5% sure is "
        f"{found.value:.2f}."
    )
