"""The rows an estimand's analysis uses, with the arm each was allocated to."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pandas as pd

from steps_analysis.estimates import BoolArray, Estimate
from steps_analysis.outcomes.estimands.answers import ArmSummary
from steps_analysis.outcomes.events.status import (
    ANALYSED,
    SECOND_CHILD,
    analysis_status,
)
from steps_analysis.protocol import Estimand, Outcome
from steps_analysis.trial_data import TrialData


@dataclass(frozen=True, slots=True, kw_only=True)
class Analysed:
    """
    An estimand, and who its analysis uses.

    Attributes
    ----------
    trial
        The trial.
    estimand, outcome
        What is asked.
    status
        See `steps_analysis.outcomes.analysis_status`.
    arms
        Everybody's allocated arm, indexed by participant.
    used
        The participants analysed.
    """

    trial: TrialData = field(repr=False)
    estimand: Estimand
    outcome: Outcome
    status: pd.DataFrame = field(repr=False)
    arms: pd.Series[str] = field(repr=False)
    used: tuple[str, ...] = field(repr=False)

    @property
    def treatment(self) -> str:
        """The code of the arm under test."""
        return self.trial.protocol.treatment.code

    @property
    def control(self) -> str:
        """The code of the arm it is compared with."""
        return self.trial.protocol.control.code

    @property
    def level(self) -> float:
        """The confidence level."""
        return self.trial.protocol.analysis.level

    def arm_of(
        self, participant_ids: pd.Series[str] | tuple[str, ...]
    ) -> pd.Series[str]:
        """
        Give the arms of some participants.

        Parameters
        ----------
        participant_ids
            The participants.

        Returns
        -------
        pandas.Series
            Their arms, in that order.
        """
        return self.arms.loc[list(participant_ids)]

    @property
    def of_families(self) -> BoolArray:
        """Which rows of `status` stand for a family: those of its index child."""
        return self.status["reason"].ne(SECOND_CHILD).to_numpy(dtype=bool)

    def empty_arm(self) -> str | None:
        """
        Say which arm has nobody to analyse.

        Returns
        -------
        str or None
            A reason, worded to follow "not estimable because"; None where both have.
        """
        present = set(self.arm_of(self.used))
        empty = [arm for arm in (self.treatment, self.control) if arm not in present]
        if not empty:
            return None
        is_out = self.arms.isin(empty).to_numpy(dtype=bool) & self.of_families
        out = self.status.loc[is_out, "reason"]
        reasons = out.value_counts().sort_index()
        why = f" ({reasons.idxmax()})" if len(reasons) else ""
        return f"nobody in {' and '.join(empty)} could be analysed{why}"

    def arm_without_outcome(
        self, arm: npt.NDArray[np.str_], happened: BoolArray
    ) -> str | None:
        """
        Say which arm's people never had the outcome, so that no ratio can be had.

        Parameters
        ----------
        arm
            The arm of each row, shape (rows,).
        happened
            Whether the row ends with the outcome, shape (rows,).

        Returns
        -------
        str or None
            A reason, worded to follow "not estimable because"; None where the outcome
            was met in both.
        """
        met = set(arm[happened])
        without = [code for code in (self.treatment, self.control) if code not in met]
        if not without:
            return None
        return f"nobody in {' or '.join(without)} had the outcome"

    def nobody(self, measure: str) -> Estimate:
        """
        Say that an arm's own number cannot be had, because nobody in it is analysed.

        Parameters
        ----------
        measure
            What the number would have been.

        Returns
        -------
        Estimate
            Not estimable.
        """
        reason = "nobody in this arm could be analysed"
        return Estimate.missing(
            measure, reason, n=0, level=self.level, unit=self.outcome.unit
        )

    def summary(self, arm: str, events: int | None, estimate: Estimate) -> ArmSummary:
        """
        Sum up one arm.

        Parameters
        ----------
        arm
            Its code.
        events
            How many had the outcome; None for a score.
        estimate
            Its own risk, incidence, mean or rate.

        Returns
        -------
        ArmSummary
            With the numbers of families randomised and analysed.
        """
        return ArmSummary(
            arm=arm,
            randomised=int((self.arms[self.of_families] == arm).sum()),
            analysed=int((self.arm_of(self.used) == arm).sum()),
            events=events,
            summary=estimate,
        )


def analysed(trial: TrialData, estimand: str) -> Analysed:
    """
    Find out who an estimand's analysis uses.

    Parameters
    ----------
    trial
        The trial; needs ``participants``, ``allocation`` and ``events``.
    estimand
        Code of an estimand of the protocol.

    Returns
    -------
    Analysed
        The estimand with its participants and their arms.

    Raises
    ------
    DataError
        If a table it needs is absent or closed to the reader's role.
    """
    asked = trial.protocol.estimand(estimand)
    status = analysis_status(trial, estimand)
    is_used = status["status"] == ANALYSED
    return Analysed(
        trial=trial,
        estimand=asked,
        outcome=trial.protocol.outcome(asked.outcome),
        status=status,
        arms=trial.arms(),
        used=tuple(status.loc[is_used, "participant_id"]),
    )
