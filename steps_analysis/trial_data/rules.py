"""
What must agree between the cells of a row, the rows of a table, and the tables.

A rule whose columns are absent, or closed to the reader's role, is not applied. That
an ineligible child was randomised is no fault of the data: it happened, and the flow
says so.
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
    not_above,
    not_before,
    value_of,
    where,
)


def _randomised_after_closing(
    frames: Frames, protocol: Protocol
) -> npt.NDArray[np.bool_]:
    closed = value_of(frames, "sites.closed_date", "participants", "site")
    return where(frames["participants"]["randomisation_date"] > closed)


def _consented_unasked(frames: Frames, protocol: Protocol) -> npt.NDArray[np.bool_]:
    screening = frames["screening"]
    return where(screening["consent"] & screening["approached_date"].isna())


def _reason_of_the_eligible(
    frames: Frames, protocol: Protocol
) -> npt.NDArray[np.bool_]:
    screening = frames["screening"]
    return where(screening["eligible"] & screening["reason"].notna())


def _route_of_the_randomised(
    frames: Frames, protocol: Protocol
) -> npt.NDArray[np.bool_]:
    screening = frames["screening"]
    randomised = screening["referral_id"].isin(_randomised(frames))
    return where(randomised & screening["route"].notna())


def _randomised(frames: Frames) -> Any:
    """List the referrals that led to randomisation."""
    return frames["participants"]["referral_id"].dropna()


def _randomised_unasked(frames: Frames, protocol: Protocol) -> npt.NDArray[np.bool_]:
    referral = frames["participants"]["referral_id"]
    screening = frames["screening"]
    consented = screening.loc[where(screening["consent"]), "referral_id"]
    return where(referral.notna() & ~referral.isin(consented.dropna()))


def _child_twice(frames: Frames, protocol: Protocol) -> npt.NDArray[np.bool_]:
    referral = frames["participants"]["referral_id"]
    return where(referral.notna() & referral.duplicated())


def _other_family(frames: Frames, protocol: Protocol) -> npt.NDArray[np.bool_]:
    family = frames["participants"]["family_id"]
    referred = value_of(frames, "referrals.family_id", "participants", "referral_id")
    return where(family.notna() & referred.notna() & (family != referred))


def _without_arm(frames: Frames, protocol: Protocol) -> npt.NDArray[np.bool_]:
    participant = frames["participants"]["participant_id"]
    allocated = frames["allocation"]["participant_id"].dropna()
    return where(participant.notna() & ~participant.isin(allocated))


def _split_family(frames: Frames, protocol: Protocol) -> npt.NDArray[np.bool_]:
    arm = frames["allocation"]["arm"]
    family = value_of(frames, "participants.family_id", "allocation", "participant_id")
    arms_of = arm.groupby(family).nunique()
    return where(family.isin(arms_of.index[arms_of > 1]))


def _unplanned_month(frames: Frames, protocol: Protocol) -> npt.NDArray[np.bool_]:
    month = frames["visits"]["visit_month"]
    planned = protocol.visits.months
    return where(month.notna() & ~month.isin(planned) & bool(planned))


def _ended_before_it_began(frames: Frames, protocol: Protocol) -> npt.NDArray[np.bool_]:
    events = frames["events"]
    ending = {code for outcome in protocol.outcomes for code in outcome.ends_with}
    start = "participants.randomisation_date"
    zero = value_of(frames, start, "events", "participant_id")
    return where(events["event"].isin(ending) & (events["event_date"] < zero))


def _after_death(frames: Frames, protocol: Protocol) -> npt.NDArray[np.bool_]:
    events = frames["events"]
    deaths = events[events["event"] == "died"]
    death = deaths.groupby("participant_id")["event_date"].min()
    of_row = death.reindex(events["participant_id"]).set_axis(events.index)
    return where(events["event_date"] > of_row)


def _empty_period(frames: Frames, protocol: Protocol) -> npt.NDArray[np.bool_]:
    costs = frames["costs"]
    return where(costs["month_to"] <= costs["month_from"])


def _overlap(frames: Frames, protocol: Protocol) -> npt.NDArray[np.bool_]:
    costs = frames["costs"].sort_values("month_from", kind="stable")
    by = costs.groupby(["participant_id", "sector"])
    latest = costs.assign(month_to=by["month_to"].cummax())
    before = latest.groupby(["participant_id", "sector"])["month_to"].shift()
    apart = costs["month_from"] != by["month_from"].shift()
    return where((apart & (costs["month_from"] < before)).sort_index())


def _without_meeting(frames: Frames, protocol: Protocol) -> npt.NDArray[np.bool_]:
    key = ["referral_id", "forum_date"]
    actions = frames["forum_actions"][key]
    held = pd.MultiIndex.from_frame(frames["forum"][key].dropna())
    known = pd.MultiIndex.from_frame(actions).isin(held)
    return np.asarray(actions.notna().all(axis=1).to_numpy() & ~known, dtype=bool)


_RANDOMISED = "participants.randomisation_date"

RULES = (
    not_before("sites.closed_date", "sites.opened_date"),
    not_above("referrals.age_at_first_harm", "referrals.age_at_last_harm"),
    not_above("referrals.age_at_first_harm", "referrals.age_at_referral"),
    not_above("referrals.age_at_last_harm", "referrals.age_at_referral"),
    not_before(
        "screening.screened_date", "referrals.referral_date", through="referral_id"
    ),
    not_before("screening.approached_date", "screening.screened_date"),
    not_before("screening.consent_date", "screening.approached_date"),
    CrossRule(
        column="screening.consent",
        says="not be true where `screening.approached_date` is empty",
        needs=("screening.approached_date",),
        hint="consent without an approach",
        broken=_consented_unasked,
    ),
    CrossRule(
        column="screening.reason",
        says="be empty where `screening.eligible` is true",
        needs=("screening.eligible",),
        broken=_reason_of_the_eligible,
    ),
    CrossRule(
        column="screening.route",
        says="be empty for a randomised case: it would show the arm",
        needs=("screening.referral_id", "participants.referral_id"),
        hint="the route of a randomised case stands in allocation.csv",
        broken=_route_of_the_randomised,
    ),
    not_before("forum.forum_date", "forum.papers_date"),
    not_before("forum.forum_date", "referrals.referral_date", through="referral_id"),
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
    not_before(_RANDOMISED, "sites.opened_date", through="site"),
    CrossRule(
        column=_RANDOMISED,
        says="not come after `sites.closed_date`",
        needs=("participants.site", "sites.site", "sites.closed_date"),
        broken=_randomised_after_closing,
    ),
    not_before(_RANDOMISED, "referrals.referral_date", through="referral_id"),
    not_before(_RANDOMISED, "screening.screened_date", through="referral_id"),
    not_before(_RANDOMISED, "screening.consent_date", through="referral_id"),
    CrossRule(
        column="participants.referral_id",
        says="lead to a case whose `screening.consent` is true",
        certain=("screening.referral_id", "screening.consent"),
        hint="allocation without consent",
        broken=_randomised_unasked,
    ),
    CrossRule(
        column="participants.referral_id",
        says="lead to one participant only",
        hint="a child randomised twice",
        broken=_child_twice,
    ),
    CrossRule(
        column="participants.family_id",
        says="be the `referrals.family_id` of its referral",
        needs=(
            "participants.referral_id",
            "referrals.referral_id",
            "referrals.family_id",
        ),
        broken=_other_family,
    ),
    CrossRule(
        column="participants.participant_id",
        says="have an arm in allocation.csv",
        certain=("allocation.participant_id",),
        hint="a participant without allocation",
        broken=_without_arm,
    ),
    CrossRule(
        column="allocation.arm",
        says="be the same throughout a family",
        needs=(
            "allocation.participant_id",
            "participants.participant_id",
            "participants.family_id",
        ),
        hint="the family is the unit of randomisation",
        broken=_split_family,
    ),
    not_before("treatment.treatment_end_date", "treatment.treatment_start_date"),
    not_before("treatment.treatment_start_date", _RANDOMISED, through="participant_id"),
    not_before("treatment.treatment_end_date", _RANDOMISED, through="participant_id"),
    not_before(
        "treatment.withdrew_treatment_date", _RANDOMISED, through="participant_id"
    ),
    CrossRule(
        column="visits.visit_month",
        says="be one of the protocol's visit months",
        broken=_unplanned_month,
    ),
    not_before("visits.due_date", _RANDOMISED, through="participant_id"),
    not_before("visits.completed_date", _RANDOMISED, through="participant_id"),
    not_before("events.end_date", "events.event_date"),
    not_before("events.recorded_date", "events.event_date"),
    not_before("events.sanction_date", "events.event_date"),
    CrossRule(
        column="events.event_date",
        says=f"not come before `{_RANDOMISED}` for an event that ends observation",
        needs=(
            "events.event",
            "events.participant_id",
            "participants.participant_id",
            _RANDOMISED,
        ),
        hint="other events, such as a placement, may lie before randomisation",
        broken=_ended_before_it_began,
    ),
    CrossRule(
        column="events.event_date",
        says="not come after the child's death",
        needs=("events.event", "events.participant_id"),
        broken=_after_death,
    ),
    CrossRule(
        column="costs.month_to",
        says="exceed `costs.month_from`",
        needs=("costs.month_from",),
        broken=_empty_period,
    ),
    CrossRule(
        column="costs.month_from",
        says="not lie within another period of the same participant and sector",
        needs=("costs.participant_id", "costs.sector", "costs.month_to"),
        broken=_overlap,
    ),
)
