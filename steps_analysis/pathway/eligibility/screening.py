"""
Screen a case by rules, each with its own verdict, and put the verdicts together.

What is unknown is never taken for a "no". A rule looks at its own fields alone, and is
decided when every value that the unknown among them could have leads to the same
verdict.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any, Literal

from steps_analysis.pathway.eligibility.cases import (
    NEVER_ABOVE,
    OLDEST,
    Fields,
    Known,
    Value,
)

Decision = Literal["accept", "refuse", "discuss_with_service", "information_needed"]

# The first of these that any rule ends in is the decision on the case.
PRECEDENCE: tuple[Decision, ...] = (
    "refuse",
    "information_needed",
    "discuss_with_service",
    "accept",
)

# What each field asks, worded to follow "Please find out".
QUESTIONS = {
    "age_at_referral": "how old the child who displayed harmful sexual behaviour was "
    "at referral",
    "age_at_first_harm": "at what age the child first displayed the behaviour",
    "age_at_last_harm": "at what age the child last displayed the behaviour",
    "youngest_age_at_referral": "how old the youngest child involved was at referral",
    "relationship": "how the children are related",
    "grew_up_in_same_family": "whether the children grew up in the same family",
    "safety_plan": "whether a safety plan is in place",
    "family_agrees": "whether the family agrees to take part",
    "site": "where the family lives",
    "learning_difficulty": "whether the child has a learning difficulty",
    "looked_after": "whether the child is looked after",
    "sex": "the child's sex",
    "source": "who made the referral",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """
    One rule of eligibility.

    Attributes
    ----------
    code
        Its number or short name.
    name
        What it is about, in a few words.
    fields
        The fields of a case it reads.
    decide
        From their values, all known and in that order, to "accept", "refuse" or
        "discuss_with_service".
    sentences
        What to say of each of these.
    remediable
        Whether a family that breaks the rule today may meet it later.
    """

    code: str
    name: str
    fields: tuple[str, ...]
    decide: Callable[..., Decision]
    sentences: Mapping[Decision, str]
    remediable: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """
    What one rule says of one case.

    Attributes
    ----------
    code, name
        The rule.
    fields
        The fields it read.
    outcome
        "accept", "refuse", "discuss_with_service" or "information_needed".
    missing
        The fields that are to be found out; empty where the rule is decided.
    remediable
        Whether what it refuses can be mended.
    sentence
        The verdict in words for a family or a social worker.
    """

    code: str
    name: str
    fields: tuple[str, ...]
    outcome: Decision
    missing: tuple[str, ...] = ()
    remediable: bool = False
    sentence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Screening:
    """
    What all rules of a service say of one case.

    Attributes
    ----------
    decision
        "refuse" where any rule refuses, else "information_needed" where any is not
        decided, else "discuss_with_service" where any falls in a gap, else "accept".
    verdicts
        One for each rule, in the order of the rules.
    """

    decision: Decision
    verdicts: tuple[Verdict, ...]

    @property
    def decided_by(self) -> tuple[Verdict, ...]:
        """The verdicts that the decision rests on: all that end as it does."""
        return tuple(v for v in self.verdicts if v.outcome == self.decision)

    @property
    def missing(self) -> tuple[str, ...]:
        """The fields that some rule still needs, each once."""
        return tuple(dict.fromkeys(f for v in self.verdicts for f in v.missing))

    @property
    def remediable(self) -> bool:
        """Whether the case is refused, and by nothing that cannot be mended."""
        return self.decision == "refuse" and all(v.remediable for v in self.decided_by)


def screen(known: Known, rules: Sequence[Rule], fields: Fields) -> Screening:
    """
    Apply rules to what is known of a case.

    Parameters
    ----------
    known
        What is known, as `pathway.eligibility.cases.known_of` gives it.
    rules
        The rules; at least one.
    fields
        The fields a case may have.

    Returns
    -------
    Screening
        The decision and each rule's verdict.
    """
    verdicts = tuple(_judge(rule, known, fields) for rule in rules)
    outcomes = [verdict.outcome for verdict in verdicts]
    return Screening(decision=min(outcomes, key=PRECEDENCE.index), verdicts=verdicts)


def _judge(rule: Rule, known: Known, fields: Fields) -> Verdict:
    """Give one rule's verdict."""
    outcomes = (rule.decide(*values) for values in _completions(rule, known, fields))
    first = next(outcomes)
    is_certain = all(outcome == first for outcome in outcomes)
    missing = tuple(name for name in rule.fields if name not in known)
    return Verdict(
        code=rule.code,
        name=rule.name,
        fields=rule.fields,
        outcome=first if is_certain else "information_needed",
        missing=() if is_certain else missing,
        remediable=rule.remediable and is_certain and first == "refuse",
        sentence=_sentence(rule, first if is_certain else None, missing),
    )


def _completions(
    rule: Rule, known: Known, fields: Fields
) -> Iterator[tuple[Value, ...]]:
    """List what the fields of a rule may hold together."""
    options = [_possible(name, known, fields) for name in rule.fields]
    pairs = [
        (rule.fields.index(earlier), rule.fields.index(later))
        for earlier, later in NEVER_ABOVE
        if {earlier, later} <= set(rule.fields)
    ]
    for values in product(*options):
        if all(values[earlier] <= values[later] for earlier, later in pairs):
            yield values


def _possible(name: str, known: Known, fields: Fields) -> Sequence[Any]:
    """List what one field may hold."""
    if name in known:
        return (known[name],)
    field = fields[name]
    if field.kind == "yes_no":
        return (True, False)
    if field.kind == "code":
        elsewhere = ("",) if name == "site" else ()
        return field.codes + elsewhere
    least = int(field.minimum or 0)
    most = OLDEST if field.unit == "years" else int(field.maximum or least)
    return range(least, most + 1)


def _sentence(rule: Rule, outcome: Decision | None, missing: Sequence[str]) -> str:
    """Word a verdict; that it is certain all the same, where an age is missing."""
    if outcome is None:
        asked = " and ".join(QUESTIONS.get(f, f.replace("_", " ")) for f in missing)
        return f"Please find out {asked}."
    if any("age_at" in name for name in missing):
        return f"{rule.sentences[outcome]} The age that is known makes this certain."
    return rule.sentences[outcome]
