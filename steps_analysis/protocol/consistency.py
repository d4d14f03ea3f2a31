"""
What must agree within a protocol: each rule a function that yields what breaks it.

A breach is a dotted key, the rule worded to follow "must", the value, and a hint.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from steps_analysis.errors import did_you_mean
from steps_analysis.protocol.build import name_of
from steps_analysis.protocol.model import Protocol
from steps_analysis.protocol.questions import SENSITIVITIES, Estimand, Outcome

Breach = tuple[str, str, object, str | None]
MARKS = ("S", "P", "M", "A")
OUTPUTS = ("trial_tables", "borough_table")


def breaches(protocol: Protocol) -> Iterator[Breach]:
    """
    List where a protocol contradicts itself.

    Parameters
    ----------
    protocol
        The protocol.

    Yields
    ------
    tuple
        Dotted key, rule, value, hint.
    """
    for rule in (
        _names,
        _arms,
        _allocation,
        _factors,
        _eligibility,
        _visits,
        _forum,
        _outcomes,
        _estimands,
        _progression,
        _disclosure,
        _analysis,
        _marks,
    ):
        yield from rule(protocol)


def _names(protocol: Protocol) -> Iterator[Breach]:
    yield from _unique("arms", "code", [arm.code for arm in protocol.arms])
    yield from _unique("sites", "names", protocol.sites.names)
    yield from _unique("factors", "name", [f.name for f in protocol.factors])
    yield from _unique("outcomes", "code", [o.code for o in protocol.outcomes])
    yield from _unique("estimands", "code", [e.code for e in protocol.estimands])
    yield from _unique("progression", "code", [c.code for c in protocol.progression])
    scores = [score.name for score in protocol.visits.scores]
    yield from _unique("visits.scores", "name", scores)
    if not protocol.sites.names:
        yield "sites.names", "name at least one site", [], None
    for name in protocol.sites.documented:
        yield from _known("sites.documented", name, protocol.sites.names)
    yield from _unique("sites", "forum_pathway", protocol.sites.forum_pathway)
    for name in protocol.sites.forum_pathway:
        yield from _known("sites.forum_pathway", name, protocol.sites.names)


def _disclosure(protocol: Protocol) -> Iterator[Breach]:
    for name in protocol.disclosure.outputs:
        yield from _known("disclosure.outputs", name, OUTPUTS)


def _arms(protocol: Protocol) -> Iterator[Breach]:
    yield from _unique("arms", "label", [arm.label for arm in protocol.arms])
    roles = [arm.role for arm in protocol.arms]
    if sorted(roles) != ["control", "treatment"]:
        yield "arms", "be one treatment and one control", roles, None
    for arm in protocol.arms:
        if arm.share < 1:
            yield f"arms[{arm.code}].share", "be at least 1", arm.share, None


def _allocation(protocol: Protocol) -> Iterator[Breach]:
    spec = protocol.allocation
    if "procedure" not in spec:
        yield "allocation.procedure", "be given ('not_stated' if unknown)", None, None
    for key in ("key", "secret", "seed"):
        if key in spec:
            rule = "not be in a protocol: the allocation secret lives in the ledger"
            yield f"allocation.{key}", rule, "a value", None
    unlisted = [
        k for k in ("ratio", "factors") if not isinstance(spec.get(k, []), list)
    ]
    if unlisted:
        yield from ((f"allocation.{k}", "be a list", spec[k], None) for k in unlisted)
        return
    shares = [arm.share for arm in protocol.arms]
    ratio = spec.get("ratio", shares)
    if ratio != shares:
        rule = f"be the shares of the arms, {shares}, in their order"
        yield "allocation.ratio", rule, ratio, None
    for name in spec.get("factors", ()):
        yield from _known("allocation.factors", name, _factor_names(protocol))


def _factors(protocol: Protocol) -> Iterator[Breach]:
    for factor in protocol.factors:
        key = f"factors[{factor.name}]"
        if factor.name == "site":
            if factor.levels:
                rule = "be left out for site, whose levels are the sites"
                yield f"{key}.levels", rule, list(factor.levels), None
            continue
        if len(factor.levels) < 2:
            yield f"{key}.levels", "name at least two levels", list(factor.levels), None
        yield from _unique(key, "levels", factor.levels)
        bounds = factor.lower_bounds
        if bounds and (
            len(bounds) != len(factor.levels) or list(bounds) != sorted(set(bounds))
        ):
            rule = "increase, one for each level"
            yield f"{key}.lower_bounds", rule, list(bounds), None


def _eligibility(protocol: Protocol) -> Iterator[Breach]:
    ages = (protocol.eligibility.youngest_age, protocol.eligibility.oldest_age)
    if None not in ages and ages != tuple(sorted(ages)):  # type: ignore[type-var]  # no None here
        yield "eligibility.youngest_age", "not exceed oldest_age", ages[0], None
    rules = protocol.eligibility.rules
    yield from _unique("eligibility.rules", "name", [rule.name for rule in rules])
    for rule in rules:
        key = f"eligibility.rules[{rule.name}]"
        if not rule.accept:
            yield f"{key}.accept", "name at least one value", [], None
        both = [value for value in rule.refuse if value in rule.accept]
        if both:
            yield f"{key}.refuse", "not repeat an accepted value", both, None


def _visits(protocol: Protocol) -> Iterator[Breach]:
    if protocol.visits.window_weeks < 0:
        weeks = protocol.visits.window_weeks
        yield "visits.window_weeks", "be at least 0", weeks, None
    months = list(protocol.visits.months)
    if months != sorted(set(months)) or any(month < 0 for month in months):
        yield "visits.months", "increase from at least 0", months, None
    for score in protocol.visits.scores:
        if not score.minimum < score.maximum:
            rule = "be below its maximum"
            yield f"visits.scores[{score.name}].minimum", rule, score.minimum, None
        for limit in ("minimum", "maximum"):
            if math.isinf(getattr(score, limit)):
                key = f"visits.scores[{score.name}].{limit}"
                yield key, "be finite", getattr(score, limit), None


def _forum(protocol: Protocol) -> Iterator[Breach]:
    forum = protocol.forum
    if forum is None:
        return
    if not 1 <= forum.meeting_day <= 28:
        rule = "be a day that every month has, 1 to 28"
        yield "forum.meeting_day", rule, forum.meeting_day, None
    if forum.papers_working_days < 0:
        days = forum.papers_working_days
        yield "forum.papers_working_days", "be at least 0", days, None
    if forum.capacity is not None and forum.capacity < 1:
        rule = "be at least 1, or left out where it is not limited"
        yield "forum.capacity", rule, forum.capacity, None
    later = zip(forum.bank_holidays, forum.bank_holidays[1:], strict=False)
    for day, following in later:
        if following <= day:
            rule = "increase from date to date"
            yield "forum.bank_holidays", rule, f"{following} after {day}", None


def _outcomes(protocol: Protocol) -> Iterator[Breach]:
    for outcome in protocol.outcomes:
        key = f"outcomes[{outcome.code}]"
        yield from _measured(protocol, outcome, key)
        if outcome.follow_up_months < 1:
            rule = "be at least 1"
            yield f"{key}.follow_up_months", rule, outcome.follow_up_months, None
        if outcome.waiting_months < 0:
            yield f"{key}.waiting_months", "be at least 0", outcome.waiting_months, None
        if outcome.waiting_months and not outcome.proven:
            rule = "be 0 unless the outcome is proven by a sanction"
            yield f"{key}.waiting_months", rule, outcome.waiting_months, None
        for name in ("competing", "ends_with", "out_of_risk"):
            both = sorted(set(outcome.events) & set(getattr(outcome, name)))
            if both:
                yield f"{key}.{name}", "not repeat an event that counts", both, None
        both = sorted(set(outcome.competing) & set(outcome.out_of_risk))
        if both:
            yield f"{key}.out_of_risk", "not repeat a competing event", both, None


def _measured(protocol: Protocol, outcome: Outcome, key: str) -> Iterator[Breach]:
    """Say whether an outcome names what it is measured by."""
    if outcome.kind == "score":
        scores = [score.name for score in protocol.visits.scores]
        yield from _known(f"{key}.score", outcome.score, scores)
        months = protocol.visits.months
        if months and outcome.follow_up_months not in months:
            rule = f"be one of the visit months {list(months)}"
            yield f"{key}.follow_up_months", rule, outcome.follow_up_months, None
    elif not outcome.events:
        yield f"{key}.events", "name at least one event", [], None


_SUMMARIES = {
    "risk_difference": ("binary",),
    "complier_risk_difference": ("binary",),
    "cumulative_incidence_difference": ("time_to_first",),
    "mean_difference": ("score", "days"),
    "rate_ratio": ("repeated",),
}


def _estimands(protocol: Protocol) -> Iterator[Breach]:
    by_code = {outcome.code: outcome for outcome in protocol.outcomes}
    primary = [estimand.code for estimand in protocol.estimands if estimand.primary]
    if len(primary) != 1:
        yield "estimands", "have exactly one primary", primary, None
    for estimand in protocol.estimands:
        key = f"estimands[{estimand.code}]"
        yield from _unique(key, "adjust_for", estimand.adjust_for)
        yield from _asked(estimand, key)
        for name in estimand.adjust_for:
            yield from _known(f"{key}.adjust_for", name, _factor_names(protocol))
        if estimand.outcome not in by_code:
            yield from _known(f"{key}.outcome", estimand.outcome, by_code)
            continue
        outcome = by_code[estimand.outcome]
        if outcome.kind not in _SUMMARIES[estimand.summary]:
            rule = f"suit the {outcome.kind} outcome {outcome.code}"
            yield f"{key}.summary", rule, estimand.summary, None
        if estimand.at_months > outcome.follow_up_months:
            limit = outcome.follow_up_months
            rule = f"not exceed the {limit} months {outcome.code} is followed for"
            yield f"{key}.at_months", rule, estimand.at_months, None
        if "waiting_times" in estimand.sensitivity and not outcome.proven:
            rule = "name waiting_times only where the outcome is proven by a sanction"
            yield f"{key}.sensitivity", rule, outcome.code, None


def _asked(estimand: Estimand, key: str) -> Iterator[Breach]:
    """Say whether an estimand agrees with itself."""
    if estimand.at_months < 1:
        yield f"{key}.at_months", "be at least 1", estimand.at_months, None
    is_complier = estimand.summary == "complier_risk_difference"
    if (estimand.population == "would_start") != is_complier:
        rule = "be would_start with complier_risk_difference, and only with it"
        yield f"{key}.population", rule, estimand.population, None
    yield from _unique(key, "sensitivity", estimand.sensitivity)
    for name in estimand.sensitivity:
        yield from _known(f"{key}.sensitivity", name, SENSITIVITIES)
        if estimand.summary not in SENSITIVITIES.get(name, (estimand.summary,)):
            rule = f"suit the summary {estimand.summary}"
            yield f"{key}.sensitivity", rule, name, None


def _progression(protocol: Protocol) -> Iterator[Breach]:
    for criterion in protocol.progression:
        if not 0 <= criterion.amber <= criterion.green <= 100:
            rule = "satisfy 0 <= amber <= green <= 100"
            value = f"amber {criterion.amber}, green {criterion.green}"
            yield f"progression[{criterion.code}]", rule, value, None
        if criterion.code == "started_in_time" and (criterion.within_days or 0) < 1:
            key = f"progression[{criterion.code}].within_days"
            yield key, "be at least 1", criterion.within_days, None
        months = protocol.visits.months
        if criterion.at_months is not None and criterion.at_months not in months:
            rule = f"be one of the visit months {list(months)}"
            key = f"progression[{criterion.code}].at_months"
            yield key, rule, criterion.at_months, None


def _analysis(protocol: Protocol) -> Iterator[Breach]:
    if protocol.analysis.seed < 0:
        yield "analysis.seed", "be at least 0", protocol.analysis.seed, None
    if protocol.analysis.sparse_level_minimum < 1:
        minimum = protocol.analysis.sparse_level_minimum
        yield "analysis.sparse_level_minimum", "be at least 1", minimum, None
    if not 0 < protocol.analysis.level < 1:
        yield "analysis.level", "lie in (0, 1)", protocol.analysis.level, None
    if protocol.trial.planned_n is not None and protocol.trial.planned_n < 2:
        yield "trial.planned_n", "be at least 2", protocol.trial.planned_n, None
    months = protocol.trial.recruitment_months
    if months is not None and months < 1:
        yield "trial.recruitment_months", "be at least 1", months, None


def _marks(protocol: Protocol) -> Iterator[Breach]:
    for key, mark in protocol.marks.items():
        if not mark or any(part not in MARKS for part in mark.split("/")):
            yield f"marks.{key}", f"be made of {', '.join(MARKS)}", mark, None


def fact_keys(table: Mapping[str, Any], prefix: str = "") -> Iterator[str]:
    """
    List the dotted keys of every fact in a parsed protocol.

    Parameters
    ----------
    table
        The parsed protocol.
    prefix
        Dotted key of the table itself.

    Yields
    ------
    str
        Keys such as ``"outcomes.P1.label"``; items of lists go by their code or name.
    """
    for name, value in table.items():
        key = f"{prefix}.{name}" if prefix else name
        if isinstance(value, Mapping):
            yield from fact_keys(value, key)
        elif isinstance(value, list) and value and _are_tables(value):
            for index, item in enumerate(value):
                yield from fact_keys(item, f"{key}.{name_of(item, index)}")
        else:
            yield key


def _are_tables(items: list[Any]) -> bool:
    """Say whether every item of a list is a table."""
    return all(isinstance(item, Mapping) for item in items)


def mark_of(key: str, marks: Mapping[str, str]) -> str | None:
    """
    Find the mark of one fact: that of its own key, or of the nearest key above it.

    Parameters
    ----------
    key
        Dotted key of the fact.
    marks
        Dotted key to mark.

    Returns
    -------
    str or None
        The mark, None where the fact has none.

    Examples
    --------
    >>> mark_of("visits.months", {"visits": "A", "visits.months": "P"})
    'P'
    """
    while key not in marks and "." in key:
        key = key.rpartition(".")[0]
    return marks.get(key)


def _factor_names(protocol: Protocol) -> list[str]:
    return [factor.name for factor in protocol.factors]


def _known(key: str, value: object, accepted: Iterable[str]) -> Iterator[Breach]:
    """Yield a breach if a name is not among those declared."""
    accepted = list(accepted)
    if value not in accepted:
        rule = f"be one of {', '.join(accepted) or 'none, as none is declared'}"
        yield key, rule, value, did_you_mean(value, accepted)


def _unique(key: str, part: str, names: Iterable[str]) -> Iterator[Breach]:
    """Yield a breach if a name stands twice."""
    twice = sorted(name for name, count in Counter(names).items() if count > 1)
    if twice:
        yield f"{key}.{part}", "be unique", twice, None
