"""
What must agree about treatment, visits, events and costs.

Treatment may begin before randomisation: usual help often does, and where it is the
treatment arm's, `steps_analysis.pathway.deviations` lists it as a departure.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from steps_analysis.protocol import Protocol, days_in
from steps_analysis.trial_data.comparison import (
    RANDOMISED,
    CrossRule,
    Frames,
    not_before,
    value_of,
    where,
)

# Events of a moment: they have no end. A re-referral or an adverse event may last, and
# a code that a protocol adds may mean anything.
_LEAVING = ("withdrew_contact", "withdrew_data", "moved", "died")
_MOMENTS = frozenset((*_LEAVING, "offence", "reported_harm", "case_closed"))
_LASTING = frozenset(("re_referral", "placement", "custody", "adverse_event"))
_UNSANCTIONED = (_MOMENTS | _LASTING) - {"offence"}
# What others do, and may do after a child has died.
_AFTER_DEATH = frozenset(("case_closed", "withdrew_data"))
# Months of a calendar and mean months differ by no more days than this.
_UNEVEN_DAYS = 3


def _unplanned_month(frames: Frames, protocol: Protocol) -> npt.NDArray[np.bool_]:
    month = frames["visits"]["visit_month"]
    planned = protocol.visits.months
    return where(month.notna() & ~month.isin(planned) & bool(planned))


def _due_elsewhen(frames: Frames, protocol: Protocol) -> npt.NDArray[np.bool_]:
    visits = frames["visits"]
    zero = value_of(frames, RANDOMISED, "visits", "participant_id")
    months = visits["visit_month"].dropna().unique()
    planned = visits["visit_month"].map({month: days_in(month) for month in months})
    days = (visits["due_date"] - zero).dt.days
    allowed = 7 * protocol.visits.window_weeks + _UNEVEN_DAYS
    return where((days >= 0) & ((days - planned).abs() > allowed))


def _scored_unseen(frames: Frames, protocol: Protocol) -> npt.NDArray[np.bool_]:
    visits = frames["visits"]
    names = [s.name for s in protocol.visits.scores if s.name in visits]
    scored = visits[names].notna().any(axis=1)
    return where(scored & visits["completed_date"].isna())


def _ended_before_it_began(frames: Frames, protocol: Protocol) -> npt.NDArray[np.bool_]:
    events = frames["events"]
    ending = {code for outcome in protocol.outcomes for code in outcome.ends_with}
    zero = value_of(frames, RANDOMISED, "events", "participant_id")
    return where(events["event"].isin(ending) & (events["event_date"] < zero))


def _ending_moment(frames: Frames, protocol: Protocol) -> npt.NDArray[np.bool_]:
    events = frames["events"]
    return where(events["event"].isin(_MOMENTS) & events["end_date"].notna())


def _sanctioned_no_offence(frames: Frames, protocol: Protocol) -> npt.NDArray[np.bool_]:
    events = frames["events"]
    return where(events["event"].isin(_UNSANCTIONED) & events["sanction_date"].notna())


def _after_death(frames: Frames, protocol: Protocol) -> npt.NDArray[np.bool_]:
    events = frames["events"]
    deaths = events[events["event"] == "died"]
    death = deaths.groupby("participant_id")["event_date"].min()
    of_row = death.reindex(events["participant_id"]).set_axis(events.index)
    late = events["event_date"] > of_row
    return where(late & ~events["event"].isin(_AFTER_DEATH))


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


FOLLOW_UP_RULES = (
    not_before("treatment.treatment_end_date", "treatment.treatment_start_date"),
    not_before(
        "treatment.treatment_end_date",
        RANDOMISED,
        through="participant_id",
        hint="what ended before is no treatment of the trial",
    ),
    not_before(
        "treatment.withdrew_treatment_date", RANDOMISED, through="participant_id"
    ),
    CrossRule(
        column="visits.visit_month",
        says="be one of the protocol's visit months",
        broken=_unplanned_month,
    ),
    not_before("visits.due_date", RANDOMISED, through="participant_id"),
    CrossRule(
        column="visits.due_date",
        says=f"lie within the protocol's visit window, `visits.visit_month` months "
        f"after `{RANDOMISED}`",
        needs=(
            "visits.participant_id",
            "visits.visit_month",
            "participants.participant_id",
            RANDOMISED,
        ),
        hint="the visit of another month or participant?",
        broken=_due_elsewhen,
    ),
    not_before("visits.completed_date", RANDOMISED, through="participant_id"),
    CrossRule(
        column="visits.completed_date",
        says="be given where the visit has a score",
        certain=("visits.completed_date",),
        broken=_scored_unseen,
    ),
    not_before("events.end_date", "events.event_date"),
    not_before("events.recorded_date", "events.event_date"),
    not_before("events.sanction_date", "events.event_date"),
    CrossRule(
        column="events.end_date",
        says="be empty where `events.event` has no duration",
        needs=("events.event",),
        hint=f"these have no end: {', '.join(sorted(_MOMENTS))}",
        broken=_ending_moment,
    ),
    CrossRule(
        column="events.sanction_date",
        says="be empty where `events.event` is no offence",
        needs=("events.event",),
        broken=_sanctioned_no_offence,
    ),
    CrossRule(
        column="events.event_date",
        says=f"not come before `{RANDOMISED}` for an event that ends observation",
        needs=(
            "events.event",
            "events.participant_id",
            "participants.participant_id",
            RANDOMISED,
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
