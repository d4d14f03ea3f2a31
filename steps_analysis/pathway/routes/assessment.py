"""What a Stepping Stones assessment consists of, and what comes of it, in words."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, get_args

from steps_analysis.errors import ArgumentError, did_you_mean, refusal

Apart = Literal["unwanted", "unsafe"]
Kind = Literal[
    "ongoing_intervention", "alternative_support", "professional_consultation"
]
Whom = Literal[
    "child_who_harmed",
    "child_harmed",
    "other_siblings",
    "parents_or_carers",
    "family",
    "professional_network",
]

FEWEST_SESSIONS = 2  # half-days at the office; there is no maximum

_WHOM = {
    "child_who_harmed": "the child who displayed harmful sexual behaviour",
    "child_harmed": "the child who was harmed",
    "other_siblings": "the other siblings",
    "parents_or_carers": "the parents or carers",
    "family": "the family as a whole",
    "professional_network": "the professionals around the family",
}
_KIND = {
    "ongoing_intervention": "continuing work with the service",
    "alternative_support": "support from another service",
    "professional_consultation": "consultation with the service",
}
_COUNTED = {1: "one", 2: "two", 3: "three", 4: "four", 5: "five", 6: "six"}
_NO_CHILD_SPEAKS = "No child is made to speak about what happened."


@dataclass(frozen=True, slots=True, kw_only=True)
class AssessmentPlan:
    """
    What a family is offered in one assessment.

    Attributes
    ----------
    professionals_meetings
        Meetings of the professionals around the family: one.
    home_visits
        Visits, one for each home.
    planned_sessions
        Half-day sessions at the office, at least two.
    groups
        In how many groups the family comes to them: one where it comes together.
    apart
        Why it does not come together: "unwanted" or "unsafe"; None where it does.
    other_siblings
        Whether there are siblings who were not involved.
    """

    professionals_meetings: int = 1
    home_visits: int
    planned_sessions: int
    groups: int
    apart: Apart | None
    other_siblings: bool

    @property
    def sentences(self) -> tuple[str, ...]:
        """The plan in plain words, first what happens, then who is offered what."""
        return (
            f"First, {_counted(self.professionals_meetings, 'meeting')} of the "
            "professionals who work with the family.",
            f"Then {_counted(self.home_visits, 'home visit')}"
            f"{', one for each home' * (self.home_visits > 1)}.",
            f"Then {_counted(self.planned_sessions, 'half-day session')} at the "
            "service's office; more can be added.",
            *self._together(),
            f"{self._invited()} are each offered sessions of their own.",
            _NO_CHILD_SPEAKS,
        )

    def _together(self) -> tuple[str, ...]:
        """Say how the family comes to the sessions."""
        if self.apart is None:
            return ("Sessions together are a choice: nobody has to share one.",)
        reason = "is not safe" if self.apart == "unsafe" else "is not what they want"
        groups = f"the family comes in {_counted(self.groups, 'group')}"
        return (f"As coming together {reason}, {groups}, and not at the same time.",)

    def _invited(self) -> str:
        """List who is offered sessions."""
        if self.other_siblings:
            return "Parents or carers, the siblings involved and the other siblings"
        return "Parents or carers and the siblings involved"


def plan_assessment(
    *,
    homes: int = 1,
    apart: Apart | None = None,
    groups: int | None = None,
    planned_sessions: int | None = None,
    other_siblings: bool = False,
) -> AssessmentPlan:
    """
    Plan the assessment of one family.

    Parameters
    ----------
    homes
        In how many homes the family lives.
    apart
        Why the family is not to come together: "unwanted" or "unsafe"; None where it
        may.
    groups
        In how many groups it comes then; None for two.
    planned_sessions
        Half-day sessions at the office; None for two a group.
    other_siblings
        Whether there are siblings who were not involved.

    Returns
    -------
    AssessmentPlan
        The plan, which says itself in plain sentences.

    Raises
    ------
    ArgumentError
        If a number is too small, or groups and `apart` do not go together.

    Notes
    -----
    The leaflet has one professionals' meeting, a visit to each home and two half-day
    sessions, more where coming together is unwanted or unsafe. How many more it does
    not say: two for each group is a design decision, and any number above two may be
    given instead. There is no maximum.

    Examples
    --------
    >>> plan = plan_assessment(homes=2, apart="unsafe")
    >>> plan.home_visits, plan.planned_sessions
    (2, 4)
    >>> plan.sentences[1]
    'Then two home visits, one for each home.'
    """
    if apart is not None:
        _check_choice("apart", apart, get_args(Apart))
    _check_least("homes", homes, 1)
    groups = (1 if apart is None else 2) if groups is None else groups
    _check_least("groups", groups, 1 if apart is None else 2)
    if apart is None and groups > 1:
        rule = "be 1 where the family may come together (`apart` says why not)"
        raise ArgumentError(refusal("groups", rule, groups))
    fewest = FEWEST_SESSIONS if apart is None else FEWEST_SESSIONS + 1
    sessions = (
        FEWEST_SESSIONS * groups if planned_sessions is None else planned_sessions
    )
    _check_least("planned_sessions", sessions, fewest)
    return AssessmentPlan(
        home_visits=homes,
        planned_sessions=sessions,
        groups=groups,
        apart=apart,
        other_siblings=other_siblings,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Recommendation:
    """
    One recommendation of an assessment, for one person or for a network.

    Attributes
    ----------
    kind
        "ongoing_intervention", "alternative_support" or "professional_consultation".
    whom
        "child_who_harmed", "child_harmed", "other_siblings", "parents_or_carers",
        "family" or "professional_network".

    Examples
    --------
    >>> Recommendation(kind="alternative_support", whom="child_harmed").sentence
    'For the child who was harmed: support from another service.'
    """

    kind: Kind
    whom: Whom

    def __post_init__(self) -> None:
        _check_choice("kind", self.kind, get_args(Kind))
        _check_choice("whom", self.whom, get_args(Whom))

    @property
    def sentence(self) -> str:
        """The recommendation in plain words."""
        return f"For {_WHOM[self.whom]}: {_KIND[self.kind]}."


@dataclass(frozen=True, slots=True, kw_only=True)
class AssessmentReport:
    """
    What comes of an assessment: a report with its recommendations.

    Attributes
    ----------
    recommendations
        As many as there are, each once.
    risk_judgement
        Whether the report holds a structured risk judgement (AIM3).

    Examples
    --------
    >>> wanted = Recommendation(kind="professional_consultation",
    ...                         whom="professional_network")
    >>> for sentence in AssessmentReport(recommendations=(wanted,)).sentences:
    ...     print(sentence)
    The assessment ends with a report.
    For the professionals around the family: consultation with the service.
    """

    recommendations: tuple[Recommendation, ...] = ()
    risk_judgement: bool = False

    def __post_init__(self) -> None:
        twice = len(self.recommendations) - len(set(self.recommendations))
        if twice:
            rule = "name each recommendation once"
            raise ArgumentError(refusal("recommendations", rule, f"{twice} again"))

    @property
    def sentences(self) -> tuple[str, ...]:
        """The report in plain words."""
        judged = ", which holds a structured risk judgement (AIM3)"
        head = f"The assessment ends with a report{judged * self.risk_judgement}."
        return (head, *(one.sentence for one in self.recommendations))


def _counted(n: int, noun: str) -> str:
    """Put a number before its noun."""
    return f"{_COUNTED.get(n, n)} {noun}{'' if n == 1 else 's'}"


def _check_least(name: str, value: int, least: int) -> None:
    """Refuse a number below its least."""
    if type(value) is not int or value < least:
        raise ArgumentError(
            refusal(name, f"be a whole number of at least {least}", value)
        )


def _check_choice(name: str, value: str, accepted: Iterable[str]) -> None:
    """Refuse a word that is not on a list."""
    accepted = tuple(accepted)
    if value not in accepted:
        rule = f"be one of {', '.join(accepted)}"
        hint = did_you_mean(value, accepted)
        raise ArgumentError(refusal(name, rule, value, hint=hint))
