"""Which analysis answers which estimand, and what stands beside it?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from steps_analysis.protocol import Estimand, Protocol

Role = Literal["main", "beside", "test", "sensitivity"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedAnalysis:
    """
    One analysis that a protocol plans.

    Attributes
    ----------
    estimand
        Code of the estimand it answers.
    role
        "main" for the estimand's own effect; "beside" for the same comparison on
        another scale or without adjustment; "test" for a test of no effect;
        "sensitivity" for one thing changed.
    analysis
        What is done, in words.
    outcome
        Code of the outcome.
    population
        Whom it is about, as the protocol words it.
    at_months
        When, in months from randomisation.
    adjusted_for
        The factors adjusted for.
    """

    estimand: str
    role: Role
    analysis: str
    outcome: str
    population: str
    at_months: int
    adjusted_for: tuple[str, ...] = ()


def planned_analyses(protocol: Protocol) -> tuple[PlannedAnalysis, ...]:
    """
    List every analysis of a trial's outcomes, from its protocol alone.

    Parameters
    ----------
    protocol
        The protocol.

    Returns
    -------
    tuple of PlannedAnalysis
        Estimand by estimand, the main analysis first.

    Examples
    --------
    >>> from steps_analysis.protocol import load_protocol
    >>> planned_analyses(load_protocol())[0].analysis
    'risk difference standardised over the allocation factors'
    """
    return tuple(
        PlannedAnalysis(
            estimand=asked.code,
            role=role,
            analysis=analysis,
            outcome=asked.outcome,
            population=asked.population,
            at_months=asked.at_months,
            adjusted_for=asked.adjust_for if role == "main" else (),
        )
        for asked in protocol.estimands
        for role, analysis in _of(protocol, asked)
    )


def _of(protocol: Protocol, asked: Estimand) -> Iterator[tuple[Role, str]]:
    """List one estimand's analyses."""
    if asked.summary == "risk_difference" and asked.adjust_for:
        yield from _STANDARDISED
    elif asked.summary == "mean_difference":
        is_days = protocol.outcome(asked.outcome).kind == "days"
        yield "main", _ON_FACTORS if is_days else _ON_START
        yield "beside", "difference of means, not adjusted"
        if not is_days:
            yield "beside", "mixed model for repeated measures, all visits"
            yield "beside", "Hedges' g"
    else:
        yield from _BY_SUMMARY[asked.summary]
    stated = protocol.allocation.get("procedure") != "not_stated"
    if asked.primary and stated and asked.summary in _WITH_VALUES:
        yield "test", "randomisation test by the procedure that allocated"
    for name in asked.sensitivity:
        yield "sensitivity", _SENSITIVITIES[name]


_ON_START = "analysis of covariance on the score at randomisation and the factors"
_ON_FACTORS = "analysis of covariance on the factors"
_WITH_VALUES = ("risk_difference", "mean_difference", "complier_risk_difference")

_FISHER: tuple[Role, str] = ("test", "Fisher's exact test")
_STANDARDISED: tuple[tuple[Role, str], ...] = (
    ("main", "risk difference standardised over the allocation factors"),
    ("beside", "standardised risk ratio"),
    ("beside", "standardised odds ratio"),
    ("beside", "risk difference, not adjusted (Newcombe)"),
    _FISHER,
)
_BY_SUMMARY: dict[str, tuple[tuple[Role, str], ...]] = {
    "risk_difference": (
        ("main", "risk difference (Newcombe)"),
        ("beside", "risk ratio"),
        ("beside", "odds ratio"),
        _FISHER,
    ),
    "cumulative_incidence_difference": (
        ("main", "difference of cumulative incidence (Aalen-Johansen)"),
        ("beside", "ratio of cumulative incidence"),
        ("beside", "hazard ratio (Cox, Efron ties)"),
        ("beside", "difference in the mean time lost to the outcome"),
        ("test", "Gray's test"),
        ("test", "log-rank test"),
    ),
    "complier_risk_difference": (
        ("main", "complier risk difference, allocation as the instrument"),
    ),
    "rate_ratio": (
        ("main", "rate ratio (Andersen-Gill, robust)"),
        ("beside", "rate ratio (negative binomial)"),
        ("beside", "difference in the mean number of events (Lawless-Nadeau)"),
        ("test", "test of the mean cumulative functions"),
    ),
}
_SENSITIVITIES = {
    "censoring_weighted": "those partly followed as well, weighted",
    "detection": "surveillance that differs by arm",
    "imputed": "unknown outcomes imputed within each arm",
    "missing_extremes": "unknown outcomes at their extremes",
    "priors": "posterior distributions under three priors",
    "shifted": "imputed scores of the treatment arm moved up",
    "started": "without those who did not start the treatment",
    "waiting_times": "waiting 3, 6 and 12 months for sanctions",
}
