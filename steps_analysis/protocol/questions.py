"""What a trial asks: outcomes, estimands and the criteria for going on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

SENSITIVITIES: Mapping[str, tuple[str, ...]] = {
    "censoring_weighted": ("risk_difference",),
    "detection": ("risk_difference", "cumulative_incidence_difference"),
    "imputed": ("risk_difference", "mean_difference"),
    "missing_extremes": ("risk_difference",),
    "priors": ("risk_difference",),
    "shifted": ("mean_difference",),
    "started": ("risk_difference",),
    "waiting_times": ("risk_difference", "cumulative_incidence_difference"),
}
"""Each sensitivity analysis, and the summaries of estimands that it suits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """
    What is counted, and over what time.

    Attributes
    ----------
    code
        Short name: ``P1``.
    label
        What a reader sees, as a noun phrase.
    kind
        "binary" (by the end of follow-up), "time_to_first", "repeated", "score" or
        "days" (spent in spells of the events, such as in custody).
    events
        Codes of ``events.csv`` that count.
    flags
        Flags an event must carry as well: ``{is_sexual = true}``.
    score
        For a score: its column in ``visits.csv``.
    follow_up_months
        How long after randomisation an event counts.
    waiting_months
        How long after the end of follow-up its sanction may still come.
    competing
        Event codes after which the outcome can no longer occur.
    ends_with
        Event codes that end a participant's observation.
    out_of_risk
        Event codes whose spells are no time at risk, such as custody: what happens in
        them does not count, and observation goes on after them.
    seen_by
        "records", kept whether or not the family is seen, or "contact": known only
        while the family is seen, so that observation ends with the last visit made.
    at_home_only
        Whether only a child living at home at randomisation can have it.
    unit
        Unit of a score or count.
    proven
        Whether it rests on official sanction (then `waiting_months` applies).
    """

    code: str
    label: str
    kind: Literal["binary", "time_to_first", "repeated", "score", "days"]
    events: tuple[str, ...] = ()
    flags: Mapping[str, bool] = field(default_factory=dict)
    score: str | None = None
    follow_up_months: int
    waiting_months: int = 0
    competing: tuple[str, ...] = ()
    ends_with: tuple[str, ...] = ()
    out_of_risk: tuple[str, ...] = ()
    seen_by: Literal["records", "contact"] = "records"
    at_home_only: bool = False
    unit: str = ""
    proven: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class IntercurrentEvent:
    """
    What may happen after randomisation, and how the estimand treats it.

    Attributes
    ----------
    event
        The event, in words.
    strategy
        One of the five strategies of ICH E9(R1).
    """

    event: str
    strategy: Literal[
        "treatment policy",
        "hypothetical",
        "composite",
        "while on treatment",
        "principal stratum",
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimand:
    """
    One question the trial answers, by the five attributes of ICH E9(R1).

    Attributes
    ----------
    code
        Short name: ``E1``.
    outcome
        Code of the outcome it is about.
    population
        "all" randomised, "at_home" (living at home then), "fully_observed" or
        "would_start" (compliers).
    summary
        How the arms are compared.
    at_months
        When.
    adjust_for
        Factors the analysis adjusts for.
    intercurrent
        Intercurrent events and their strategies.
    sensitivity
        Sensitivity analyses planned for it, by name; see `SENSITIVITIES`.
    primary
        Whether it is the trial's primary estimand.
    """

    code: str
    outcome: str
    population: Literal["all", "at_home", "fully_observed", "would_start"]
    summary: Literal[
        "risk_difference",
        "cumulative_incidence_difference",
        "mean_difference",
        "complier_risk_difference",
        "rate_ratio",
    ]
    at_months: int
    adjust_for: tuple[str, ...] = ()
    intercurrent: tuple[IntercurrentEvent, ...] = ()
    sensitivity: tuple[str, ...] = ()
    primary: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Criterion:
    """
    One progression criterion, in whole per cent, edges on the better side.

    Attributes
    ----------
    code
        Which count it looks at.
    label
        What a reader sees.
    green, amber
        Per cent from which it is green, or amber; below `amber` it is red.
    within_days, at_months
        The time it speaks of, where it speaks of one.
    """

    code: Literal[
        "recruited", "consented", "primary_outcome", "retained", "started_in_time"
    ]
    label: str
    green: int
    amber: int
    within_days: int | None = None
    at_months: int | None = None
