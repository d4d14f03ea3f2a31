"""What to ask about referrals, screening and consent."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from steps_analysis.pathway.queries.rule import QueryRule, Records


def _not_screened(of: Records) -> Any:
    """Mark referrals made while the site recruited that nobody has screened."""
    referrals = of["referrals"]
    made = referrals["referral_date"]
    opened = of.of_site("opened_date", referrals["site"])
    closed = of.of_site("closed_date", referrals["site"])
    begun = made >= pd.Timestamp(of.protocol.trial.recruitment_start or 0)
    is_recruiting = begun & ~(made < opened) & ~(made > closed)
    is_screened = referrals["referral_id"].isin(of["screening"]["referral_id"])
    return is_recruiting & ~is_screened & of.is_waiting(made)


def _like_twice(of: Records) -> Any:
    """Mark referrals like an earlier one in family, day, sex and age."""
    alike = ["family_id", "referral_date", "sex", "age_at_referral"]
    return of["referrals"].duplicated(alike) & of["referrals"][alike].notna().all(
        axis=1
    )


def _screened_before_opening(of: Records) -> Any:
    """Mark cases screened for the trial before their site opened to it."""
    opened = of.of_site("opened_date", of.of_referral("site", "screening"))
    return of["screening"]["screened_date"] < opened


def _is_in_age(of: Records) -> Any:
    """Say whose age lies within the protocol's limits; unknown where it sets none."""
    age, rule = of.of_referral("age_at_referral", "screening"), of.protocol.eligibility
    if rule.youngest_age is None and rule.oldest_age is None:
        return pd.Series(pd.NA, index=age.index, dtype="boolean")
    is_old_enough = age >= (rule.youngest_age or 0)
    return is_old_enough & (age <= (rule.oldest_age or np.inf))


def _not_approached(of: Records) -> Any:
    screening = of["screening"]
    unasked = screening["approached_date"].isna() & screening["consent"].isna()
    declined = screening["decline_reason"].notna()
    waits = of.is_waiting(screening["screened_date"])
    return screening["eligible"] & unasked & ~declined & waits


def _no_answer(of: Records) -> Any:
    screening = of["screening"]
    unanswered = screening["consent"].isna() & screening["decline_reason"].isna()
    return unanswered & of.is_waiting(screening["approached_date"])


def _not_randomised(of: Records) -> Any:
    screening = of["screening"]
    randomised = screening["referral_id"].isin(of["participants"]["referral_id"])
    waits = of.is_waiting(screening["consent_date"])
    return screening["consent"] & ~randomised & waits


ABOUT_REFERRALS = (
    QueryRule(
        code="not_screened",
        column="referrals.referral_id",
        says="Referred while the site recruited, and not screened.",
        to_do="Screen the referral, or record why it could not be.",
        needs=("screening.referral_id", "sites.site"),
        found=_not_screened,
    ),
    QueryRule(
        code="referral_twice",
        column="referrals.family_id",
        says="Referred twice in one day: one family, children alike in sex and age.",
        to_do="Check whether it is one child, entered twice.",
        needs=("referrals.sex", "referrals.age_at_referral"),
        found=_like_twice,
    ),
)

ABOUT_SCREENING = (
    QueryRule(
        code="screened_before_opening",
        column="screening.screened_date",
        says="Screened before the site opened to the trial.",
        to_do="Check both dates; if they are right, leave them.",
        needs=("sites.opened_date", "referrals.site"),
        found=_screened_before_opening,
    ),
    QueryRule(
        code="reason_missing",
        column="screening.reason",
        says="Not eligible, and no reason is recorded.",
        to_do="Record which rule failed.",
        found=lambda of: (
            ~of["screening"]["eligible"] & of["screening"]["reason"].isna()
        ),
    ),
    QueryRule(
        code="eligible_outside_age",
        column="screening.eligible",
        says="Found eligible at an age that the protocol does not admit.",
        to_do="Check the age at referral; if it is right, tell the trial manager.",
        needs=("referrals.age_at_referral",),
        found=lambda of: of["screening"]["eligible"] & ~_is_in_age(of),
    ),
    QueryRule(
        code="refused_within_age",
        column="screening.reason",
        says="Found not eligible by age, at an age that the protocol admits.",
        to_do="Check the age at referral, and the reason.",
        needs=("referrals.age_at_referral",),
        found=lambda of: (of["screening"]["reason"] == "age") & _is_in_age(of),
    ),
    QueryRule(
        code="not_approached",
        column="screening.approached_date",
        says="Eligible for a while, and not approached.",
        to_do="Approach the family, or record why not.",
        found=_not_approached,
    ),
)

ABOUT_CONSENT = (
    QueryRule(
        code="no_answer",
        column="screening.consent",
        says="Approached a while ago, and no answer is recorded.",
        to_do="Ask the family, and record what it says; it may take its time.",
        needs=("screening.approached_date",),
        found=_no_answer,
    ),
    QueryRule(
        code="consent_date_missing",
        column="screening.consent_date",
        says="An answer is recorded without its date.",
        to_do="Take the date from the consent form.",
        needs=("screening.consent",),
        found=lambda of: (
            of["screening"]["consent"].notna() & of["screening"]["consent_date"].isna()
        ),
    ),
    QueryRule(
        code="decline_reason_missing",
        column="screening.decline_reason",
        says="The family did not join, and no reason is recorded.",
        to_do="Record the reason if the family gave one.",
        needs=("screening.consent",),
        found=lambda of: (
            ~of["screening"]["consent"] & of["screening"]["decline_reason"].isna()
        ),
    ),
    QueryRule(
        code="assent_missing",
        column="screening.assent",
        says="A parent or carer consented; whether the child assented is not recorded.",
        to_do="Take the child's answer from the form.",
        needs=("screening.consent",),
        found=lambda of: of["screening"]["consent"] & of["screening"]["assent"].isna(),
    ),
    QueryRule(
        code="not_randomised",
        column="screening.consent",
        says="The family agreed a while ago, and has not been randomised.",
        to_do="Randomise the family, or record what happened.",
        needs=("screening.consent_date", "participants.referral_id"),
        found=_not_randomised,
    ),
)
