"""
What must agree on the way to the trial: sites, referrals, screening, forum.

A case may be screened before its site opened: the data queries ask about it.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from steps_analysis.protocol import Protocol
from steps_analysis.trial_data.comparison import (
    CrossRule,
    Frames,
    at_site,
    not_above,
    not_before,
    value_of,
    where,
)


def _consented_unasked(frames: Frames, protocol: Protocol) -> npt.NDArray[np.bool_]:
    screening = frames["screening"]
    return where(screening["consent"] & screening["approached_date"].isna())


def _answered_without_answer(
    frames: Frames, protocol: Protocol
) -> npt.NDArray[np.bool_]:
    screening = frames["screening"]
    return where(screening["consent_date"].notna() & screening["consent"].isna())


def _reason_of_the_eligible(
    frames: Frames, protocol: Protocol
) -> npt.NDArray[np.bool_]:
    screening = frames["screening"]
    return where(screening["eligible"] & screening["reason"].notna())


def _declined_and_randomised(
    frames: Frames, protocol: Protocol
) -> npt.NDArray[np.bool_]:
    screening = frames["screening"]
    randomised = screening["referral_id"].isin(_randomised(frames))
    return where(randomised & screening["decline_reason"].notna())


def _route_of_the_randomised(
    frames: Frames, protocol: Protocol
) -> npt.NDArray[np.bool_]:
    screening = frames["screening"]
    randomised = screening["referral_id"].isin(_randomised(frames))
    return where(randomised & screening["route"].notna())


def _route_after_randomisation(
    frames: Frames, protocol: Protocol
) -> npt.NDArray[np.bool_]:
    screening, people = frames["screening"], frames["participants"]
    family = value_of(frames, "referrals.family_id", "screening", "referral_id")
    zero = family.map(people.groupby("family_id")["randomisation_date"].min())
    is_after = screening["screened_date"] >= zero
    return where(screening["route"].notna() & is_after)


def _randomised(frames: Frames) -> Any:
    """List the referrals that led to randomisation."""
    return frames["participants"]["referral_id"].dropna()


def _met_before_the_first(frames: Frames, protocol: Protocol) -> npt.NDArray[np.bool_]:
    first = at_site(frames, "forum_start_date", "forum")
    return where(frames["forum"]["forum_date"] < first)


def _without_meeting(frames: Frames, protocol: Protocol) -> npt.NDArray[np.bool_]:
    key = ["referral_id", "forum_date"]
    actions = frames["forum_actions"][key]
    held = pd.MultiIndex.from_frame(frames["forum"][key].dropna())
    known = pd.MultiIndex.from_frame(actions).isin(held)
    return np.asarray(actions.notna().all(axis=1).to_numpy() & ~known, dtype=bool)


_SITE_OF_REFERRAL = ("referrals.referral_id", "referrals.site", "sites.site")

PATHWAY_RULES = (
    not_before("sites.closed_date", "sites.opened_date"),
    not_above("referrals.age_at_first_harm", "referrals.age_at_last_harm"),
    not_above("referrals.age_at_first_harm", "referrals.age_at_referral"),
    not_above("referrals.age_at_last_harm", "referrals.age_at_referral"),
    not_above(
        "referrals.youngest_age_at_referral",
        "referrals.age_at_referral",
        hint="the child who displayed the behaviour is one of the children involved",
    ),
    not_before(
        "screening.screened_date", "referrals.referral_date", through="referral_id"
    ),
    not_before("screening.approached_date", "screening.screened_date"),
    not_before("screening.consent_date", "screening.approached_date"),
    CrossRule(
        column="screening.consent",
        says="not be true where `screening.approached_date` is empty",
        certain=("screening.approached_date",),
        hint="consent without an approach",
        broken=_consented_unasked,
    ),
    CrossRule(
        column="screening.consent_date",
        says="be empty where `screening.consent` is: it is the date of the answer",
        certain=("screening.consent",),
        hint="what the family answered is missing",
        broken=_answered_without_answer,
    ),
    CrossRule(
        column="screening.reason",
        says="be empty where `screening.eligible` is true",
        needs=("screening.eligible",),
        broken=_reason_of_the_eligible,
    ),
    CrossRule(
        column="screening.decline_reason",
        says="be empty for a randomised case",
        needs=("screening.referral_id", "participants.referral_id"),
        hint="a family that joined did not decline",
        broken=_declined_and_randomised,
    ),
    CrossRule(
        column="screening.route",
        says="be empty for a randomised case: it would show the arm",
        needs=("screening.referral_id", "participants.referral_id"),
        hint="the route of a randomised case stands in allocation.csv",
        broken=_route_of_the_randomised,
    ),
    CrossRule(
        column="screening.route",
        says="be empty for a family that is in the trial: it might show the arm",
        needs=(
            "screening.screened_date",
            "screening.referral_id",
            "referrals.referral_id",
            "referrals.family_id",
            "participants.family_id",
            "participants.randomisation_date",
        ),
        hint="the family was randomised before this screening",
        broken=_route_after_randomisation,
    ),
    not_before("forum.forum_date", "forum.papers_date"),
    not_before("forum.forum_date", "referrals.referral_date", through="referral_id"),
    CrossRule(
        column="forum.forum_date",
        says="not come before `sites.forum_start_date` of the referral's site",
        needs=("forum.referral_id", *_SITE_OF_REFERRAL, "sites.forum_start_date"),
        hint="a forum cannot meet before its first meeting",
        broken=_met_before_the_first,
    ),
    CrossRule(
        column="forum_actions.forum_date",
        says="be the date of a meeting in forum.csv on the same referral",
        needs=("forum_actions.referral_id",),
        certain=("forum.referral_id", "forum.forum_date"),
        broken=_without_meeting,
    ),
    not_before("forum_actions.due_date", "forum_actions.forum_date"),
    not_before("forum_actions.review_date", "forum_actions.forum_date"),
    not_before("forum_actions.reviewed_date", "forum_actions.forum_date"),
)
