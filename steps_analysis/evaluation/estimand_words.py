"""Estimands in sentences: what was asked, and what an answer does and does not say."""

from __future__ import annotations

from dataclasses import replace

from steps_analysis.outcomes import Answer
from steps_analysis.protocol import Estimand, Protocol, in_sentence
from steps_analysis.reporting.numerals import number
from steps_analysis.reporting.words import display_unit, in_unit, listed

_POPULATIONS = {
    "all": "all randomised {unit}",
    "at_home": "{unit} whose child lived at home when they were randomised",
    "fully_observed": "all randomised {unit} that have been followed for long enough",
    "would_start": "{unit} that would start the treatment if offered it",
}
_STRATEGIES = {
    "treatment policy": "counted all the same (treatment policy)",
    "hypothetical": "estimated as if it had not happened (hypothetical)",
    "composite": "counted as having had the outcome (composite)",
    "while on treatment": "counted up to then (while on treatment)",
    "principal stratum": "outside the group asked about (principal stratum)",
}
_SUMMARIES = {
    "risk_difference": "the difference between the arms in the share with the outcome",
    "cumulative_incidence_difference": (
        "the difference between the arms in the share who have had the outcome"
    ),
    "mean_difference": "the difference between the arms in the mean score",
    "complier_risk_difference": (
        "the difference in the share with the outcome that starting treatment makes"
    ),
    "rate_ratio": "the ratio of the arms' rates",
}


def population(protocol: Protocol, asked: Estimand) -> str:
    """
    Name the population of an estimand.

    Parameters
    ----------
    protocol
        The protocol.
    asked
        The estimand.

    Returns
    -------
    str
        A noun phrase.
    """
    return _POPULATIONS[asked.population].format(unit=protocol.trial.unit_label)


def statement(protocol: Protocol, asked: Estimand) -> str:
    """
    State an estimand by the five attributes of ICH E9(R1).

    Parameters
    ----------
    protocol
        The protocol.
    asked
        The estimand.

    Returns
    -------
    str
        Two or three sentences: population, conditions, variable, summary, and what is
        done about what happens after randomisation.

    Examples
    --------
    >>> from steps_analysis.protocol import load_protocol
    >>> steps_b = load_protocol()
    >>> print(statement(steps_b, steps_b.primary)[:74])
    Among families whose child lived at home when they were randomised: the di
    """
    outcome = protocol.outcome(asked.outcome)
    waiting = (
        f", counted once sanctioned within {outcome.waiting_months} more months"
        if outcome.waiting_months
        else ""
    )
    label = in_sentence(outcome.label)
    when = "at" if outcome.kind == "score" else "by"
    by = f" {when} {asked.at_months} months from randomisation"
    by = "" if "within" in label else by
    first = (
        f"Among {population(protocol, asked)}: "
        f"{_SUMMARIES[asked.summary]}, {protocol.treatment.label} offered compared "
        f"with {protocol.control.label} ({label}{by}{waiting})."
    )
    events = [f"{e.event}: {_STRATEGIES[e.strategy]}" for e in asked.intercurrent]
    said = first + (f" If {'; if '.join(events)}." if events else "")
    if outcome.competing and outcome.kind == "time_to_first":
        codes = listed([protocol.label(code) for code in outcome.competing])
        said += (
            f" Competing events ({codes}): counted as not having had the outcome, "
            "because it could no longer happen."
        )
    return said


def reading(answer: Answer, protocol: Protocol) -> str:
    """
    Say what the interval of an effect allows, and never that there is no difference.

    Parameters
    ----------
    answer
        The answer.
    protocol
        The protocol.

    Returns
    -------
    str
        One or two sentences.
    """
    effect = answer.effect
    if effect.not_estimable:
        return (
            "With these data the difference cannot be estimated; that says nothing "
            "about whether there is one."
        )
    null = 1.0 if answer.estimand.summary == "rate_ratio" else 0.0
    arm, other = protocol.treatment.label, protocol.control.label
    reach = f"from {_end(answer, effect.lower)} to {_end(answer, effect.upper)}"
    said = f"The interval reaches {reach} with {arm} than with {other}."
    if effect.lower < null < effect.upper:
        return (
            f"{said} These data are compatible with either, and with little "
            "difference. They do not show that there is no difference."
        )
    return f"{said} A single trial of this size can mislead."


def _end(answer: Answer, limit: float) -> str:
    """Say one end of an interval in words."""
    if answer.estimand.summary == "rate_ratio":
        return f"{number(limit)} times the rate"
    unit = display_unit(answer.effect)
    size, _, _ = in_unit(replace(answer.effect, value=abs(limit)), unit)
    fewer, more = _DIRECTIONS[answer.outcome.kind]
    direction = fewer if limit < 0 else more
    places = 1 if unit == "percentage points" else 2
    return f"{number(size, places)} {unit or 'points'} {direction}"


_DIRECTIONS = {
    "binary": ("fewer with the outcome", "more with the outcome"),
    "time_to_first": ("fewer with the outcome", "more with the outcome"),
    "score": ("lower", "higher"),
}


def assumptions(protocol: Protocol, answer: Answer) -> str:
    """
    Name what the analysis of an estimand adjusts for and takes for granted.

    Parameters
    ----------
    protocol
        The protocol.
    answer
        The answer.

    Returns
    -------
    str
        One or two sentences.
    """
    asked, said = answer.estimand, ""
    if answer.adjusted_for:
        labels = [
            in_sentence(protocol.factor(name).label) for name in answer.adjusted_for
        ]
        said = f"The comparison is adjusted for {listed(labels)}. "
    is_timed = protocol.outcome(asked.outcome).kind in ("time_to_first", "repeated")
    taken = (
        "those no longer followed are like those still followed in the same arm"
        if is_timed
        else "those whose outcome is unknown are like the others in the same arm"
    )
    if asked.summary == "complier_risk_difference":
        taken += ", and an offer acts only through starting the treatment"
    return f"{said}This takes for granted that {taken}."
