"""What to ask about participants, their visits and what happened to them."""

from __future__ import annotations

from typing import Any

import pandas as pd

from steps_analysis.pathway.queries.rule import QueryRule, Records
from steps_analysis.pathway.visits import LEAVING, visit_windows
from steps_analysis.protocol import Factor, Score, days_in, in_sentence

RE_REFERRAL = "re_referral"
RE_REFERRAL_MONTHS = 12
"""How long after randomisation a further referral is a re-referral."""


def _out_of_window(of: Records) -> Any:
    """Mark visits completed before their window opened or after it closed."""
    visits = of["visits"]
    zero = of.of_participant("randomisation_date", "visits")
    window = visit_windows(zero, visits["visit_month"], of.protocol.visits)
    done = visits["completed_date"]
    return (done < window["opens_date"]) | (done > window["closes_date"])


def _after_leaving(of: Records) -> Any:
    """Mark visits completed after the family withdrew, moved or the child died."""
    events = of["events"]
    left = events[events["event"].isin(LEAVING)]
    first = left.groupby("participant_id")["event_date"].min()
    return of["visits"]["completed_date"] > of["visits"]["participant_id"].map(first)


def _re_referral_unrecorded(of: Records) -> Any:
    """Mark a family's referrals in the year after randomisation that are no event."""
    referrals, events = of["referrals"], of["events"]
    people = of["participants"].dropna(subset=["family_id"])
    people = people.sort_values("randomisation_date", kind="stable")
    people = people.drop_duplicates("family_id").set_index("family_id")
    zero = referrals["family_id"].map(people["randomisation_date"])
    days = (referrals["referral_date"] - zero).dt.days
    is_within = (days > 0) & (days < days_in(RE_REFERRAL_MONTHS))
    recorded = events[events["event"] == RE_REFERRAL]
    known = pd.MultiIndex.from_frame(recorded[["participant_id", "event_date"]])
    who = referrals["family_id"].map(people["participant_id"])
    pairs = pd.MultiIndex.from_arrays([who, referrals["referral_date"]])
    return is_within & ~pairs.isin(known)


def _before_opening(of: Records) -> Any:
    """Mark those randomised before their site opened."""
    people = of["participants"]
    return people["randomisation_date"] < of.of_site("opened_date", people["site"])


def _after_closing(of: Records) -> Any:
    """Mark those randomised after their site closed."""
    people = of["participants"]
    return people["randomisation_date"] > of.of_site("closed_date", people["site"])


def _empty(table: str, column: str) -> Any:
    """Make the rule that finds the empty cells of a column."""
    return lambda of: of[table][column].isna()


ABOUT_PARTICIPANTS = (
    QueryRule(
        code="referral_missing",
        column="participants.referral_id",
        says="Randomised, and not linked to a referral.",
        to_do="Find the referral, and enter its identifier.",
        found=_empty("participants", "referral_id"),
    ),
    QueryRule(
        code="family_missing",
        column="participants.family_id",
        says="Randomised, and not linked to a family.",
        to_do="Enter the family's identifier: the family is the unit of randomisation.",
        found=_empty("participants", "family_id"),
    ),
    QueryRule(
        code="placed_missing",
        column="participants.placed_at_randomisation",
        says="Whether the child lived at home at randomisation is not recorded.",
        to_do="Ask the social worker: an analysis of those at home needs it.",
        found=_empty("participants", "placed_at_randomisation"),
    ),
    QueryRule(
        code="randomised_before_opening",
        column="participants.randomisation_date",
        says="Randomised before the site opened to the trial.",
        to_do="Check both dates; if they are right, tell the trial manager.",
        needs=("sites.opened_date",),
        found=_before_opening,
    ),
    QueryRule(
        code="randomised_after_closing",
        column="participants.randomisation_date",
        says="Randomised after the site closed to recruitment.",
        to_do="Check both dates; if they are right, tell the trial manager.",
        needs=("sites.closed_date",),
        found=_after_closing,
    ),
    QueryRule(
        code="re_referral_not_recorded",
        column="referrals.referral_id",
        says="The family was referred again within a year of randomisation, and no "
        "re-referral stands among the events on that day.",
        to_do="If it is the same child, record the re-referral as an event.",
        needs=(
            "events.event",
            "participants.family_id",
            "participants.randomisation_date",
        ),
        found=_re_referral_unrecorded,
    ),
)

ABOUT_VISITS = (
    QueryRule(
        code="visit_out_of_window",
        column="visits.completed_date",
        says="The visit took place outside its window.",
        to_do="Check the date; if it is right, leave it: the visit still counts.",
        needs=("participants.randomisation_date",),
        found=_out_of_window,
    ),
    QueryRule(
        code="visit_after_leaving",
        column="visits.completed_date",
        says="The visit took place after the family had left follow-up.",
        to_do="Check both dates, and whether the family was content to be seen.",
        needs=("events.event", "events.event_date"),
        found=_after_leaving,
    ),
)

ABOUT_EVENTS = (
    QueryRule(
        code="informant_missing",
        column="events.informant",
        says="Harm was reported, and who told is not recorded.",
        to_do="Record who told: carer, professional or the child.",
        found=lambda of: (
            (of["events"]["event"] == "reported_harm")
            & of["events"]["informant"].isna()
        ),
    ),
)


def score_rule(score: Score) -> QueryRule:
    """
    Make the rule that a completed visit has a score.

    Parameters
    ----------
    score
        The score.

    Returns
    -------
    QueryRule
        The rule.
    """
    return QueryRule(
        code="score_missing",
        column=f"visits.{score.name}",
        says=f"The visit took place, and has no {score.label}.",
        to_do="Enter the score, or confirm that it was not taken.",
        needs=("visits.completed_date",),
        found=lambda of: (
            of["visits"]["completed_date"].notna() & of["visits"][score.name].isna()
        ),
    )


def flag_rule(event: str, flag: str) -> QueryRule:
    """
    Make the rule that an event carries a flag which an outcome counts by.

    Parameters
    ----------
    event
        The event.
    flag
        The column.

    Returns
    -------
    QueryRule
        The rule.
    """
    return QueryRule(
        code="flag_missing",
        column=f"events.{flag}",
        says=f"An outcome needs to know {flag.replace('_', ' ')} of this event.",
        to_do="Record yes or no from the source of the event.",
        needs=("events.event",),
        found=lambda of: (of["events"]["event"] == event) & of["events"][flag].isna(),
    )


def factor_rules(factor: Factor) -> tuple[QueryRule, QueryRule]:
    """
    Make the rules that a factor agrees with the referral it is made from.

    Parameters
    ----------
    factor
        A factor with a source.

    Returns
    -------
    tuple of QueryRule
        That the level is the one the referral gives, and that the referral gives one.
    """
    source = str(factor.source)
    word, label = source.replace("_", " "), in_sentence(factor.label)
    differs = QueryRule(
        code="factor_differs",
        column=f"participants.{factor.name}",
        says=f"The level of {label} is not the one that the referral's {word} gives.",
        to_do="Find out which is right. Allocation used the level as entered: correct "
        "the record, and tell the trial manager, but do not randomise again.",
        needs=(f"referrals.{source}", "participants.referral_id"),
        found=lambda of: _level_differs(of, factor),
    )
    missing = QueryRule(
        code="factor_source_missing",
        column=f"participants.{factor.name}",
        says=f"The referral has no {word}, from which {label} is made.",
        to_do="Enter it on the referral, so that the level can be checked.",
        needs=(f"referrals.{source}", "participants.referral_id"),
        found=lambda of: (
            of["participants"]["referral_id"].notna()
            & of.of_referral(source, "participants").isna()
        ),
    )
    return differs, missing


def _level_differs(of: Records, factor: Factor) -> Any:
    """Mark participants whose level is not the one their referral gives."""
    given = of.of_referral(str(factor.source), "participants")
    known = given.notna()
    expected = given[known].map(factor.level_of)
    astray = expected.notna() & (of["participants"].loc[known, factor.name] != expected)
    return astray.reindex(given.index, fill_value=False)
