"""Which arm is compared with which, and how long were both followed?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from steps_analysis.errors import ArgumentError, refusal
from steps_analysis.estimates import IntArray
from steps_analysis.outcomes.repeated.histories import Histories


@dataclass(frozen=True, slots=True, kw_only=True)
class TwoArms:
    """
    Two arms of participants.

    Attributes
    ----------
    reference, other
        Their labels.
    code
        0 for the reference, 1 for the other, one per participant, shape (n,).
    ends
        Last follow-up in the reference arm and in the other.
    reason
        None, or why nothing can be compared.
    """

    reference: object
    other: object
    code: IntArray
    ends: tuple[float, float]
    reason: str | None = None

    @property
    def common_end(self) -> float:
        """Last time at which both arms are at risk."""
        return min(self.ends)

    @property
    def words(self) -> str:
        """Words for a difference, other less reference."""
        return f"{self.other} minus {self.reference}"

    def beyond(self, at: float) -> str | None:
        """
        Say which arm was observed too briefly to speak of a time.

        Parameters
        ----------
        at
            The time.

        Returns
        -------
        str or None
            A reason, worded to follow "not estimable because".
        """
        for label, end in zip((self.reference, self.other), self.ends, strict=True):
            if at > end:
                return f"nobody in arm {label} was followed to {at:g}"
        return None


def two_arms(spells: Histories, reference: object) -> TwoArms:
    """
    Tell two arms apart.

    Parameters
    ----------
    spells
        The spells, read with arms.
    reference
        The arm compared with; None for the first in sorted order.

    Returns
    -------
    TwoArms
        The arms; with a reason where there is one only.

    Raises
    ------
    ArgumentError
        If there are more than two arms, or `reference` is none of them.
    DataError
        If a participant is in two arms.
    """
    arms = spells.arms()
    if len(arms.labels) > 2:
        raise ArgumentError(refusal("arm", "have two labels", len(arms.labels)))
    base = 0 if reference is None else arms.position(reference, name="reference")
    if len(arms.labels) < 2:
        only, code = arms.labels[0], arms.code
        nothing = "only one arm has participants"
        return TwoArms(
            reference=only, other=only, code=code, ends=(0.0, 0.0), reason=nothing
        )
    code = np.where(arms.code == base, 0, 1)
    last = spells.last()
    return TwoArms(
        reference=arms.labels[base],
        other=arms.labels[1 - base],
        code=code,
        ends=(float(last[code == 0].max()), float(last[code == 1].max())),
    )
