"""
What must agree about those who were randomised, and their arms.

Randomising before a site opened, or after it closed, is a departure from the protocol
and no fault of the data: `steps_analysis.pathway.deviations` lists it.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from steps_analysis.protocol import Protocol
from steps_analysis.trial_data.comparison import (
    RANDOMISED,
    CrossRule,
    Frames,
    not_before,
    value_of,
    where,
)


def _randomised_unasked(frames: Frames, protocol: Protocol) -> npt.NDArray[np.bool_]:
    referral = frames["participants"]["referral_id"]
    screening = frames["screening"]
    consented = screening.loc[where(screening["consent"]), "referral_id"]
    return where(referral.notna() & ~referral.isin(consented.dropna()))


def _child_twice(frames: Frames, protocol: Protocol) -> npt.NDArray[np.bool_]:
    referral = frames["participants"]["referral_id"]
    return where(referral.notna() & referral.duplicated())


def _as_referred(name: str, hint: str) -> CrossRule:
    """Make the rule that a column says what the participant's referral says."""
    column, other = f"participants.{name}", f"referrals.{name}"

    def broken(frames: Frames, protocol: Protocol) -> npt.NDArray[np.bool_]:
        own = frames["participants"][name]
        referred = value_of(frames, other, "participants", "referral_id")
        return where(own.notna() & referred.notna() & (own != referred))

    return CrossRule(
        column=column,
        says=f"be the `{other}` of its referral",
        needs=("participants.referral_id", "referrals.referral_id", other),
        hint=hint,
        broken=broken,
    )


def _without_arm(frames: Frames, protocol: Protocol) -> npt.NDArray[np.bool_]:
    participant = frames["participants"]["participant_id"]
    allocated = frames["allocation"]["participant_id"].dropna()
    return where(participant.notna() & ~participant.isin(allocated))


def _split_family(frames: Frames, protocol: Protocol) -> npt.NDArray[np.bool_]:
    arm = frames["allocation"]["arm"]
    family = value_of(frames, "participants.family_id", "allocation", "participant_id")
    arms_of = arm.groupby(family).nunique()
    return where(family.isin(arms_of.index[arms_of > 1]))


def _shared_entry(frames: Frames, protocol: Protocol) -> npt.NDArray[np.bool_]:
    entry = frames["allocation"]["ledger_entry"]
    family = value_of(frames, "participants.family_id", "allocation", "participant_id")
    families_of = family.groupby(entry).nunique()
    return where(entry.isin(families_of.index[families_of > 1]))


_FAMILY_OF_ALLOCATED = (
    "allocation.participant_id",
    "participants.participant_id",
    "participants.family_id",
)

ALLOCATION_RULES = (
    not_before(RANDOMISED, "referrals.referral_date", through="referral_id"),
    not_before(RANDOMISED, "screening.screened_date", through="referral_id"),
    not_before(RANDOMISED, "screening.consent_date", through="referral_id"),
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
    _as_referred("family_id", "the referral of another family?"),
    _as_referred("site", "the referral of another child, or of another site?"),
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
        needs=_FAMILY_OF_ALLOCATED,
        hint="the family is the unit of randomisation",
        broken=_split_family,
    ),
    CrossRule(
        column="allocation.ledger_entry",
        says="be that of one family only",
        needs=_FAMILY_OF_ALLOCATED,
        hint="an entry of the ledger allocates one family",
        broken=_shared_entry,
    ),
)
