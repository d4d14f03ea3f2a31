"""Which four counts make a two-by-two table?"""

from __future__ import annotations

from dataclasses import dataclass

from steps_analysis.outcomes.binary.proportions import check_counts


@dataclass(frozen=True, slots=True)
class TwoByTwo:
    """
    Events among participants of two arms.

    Attributes
    ----------
    events_treatment, n_treatment
        Counts of the treatment arm.
    events_control, n_control
        Counts of the control arm.
    """

    events_treatment: int
    n_treatment: int
    events_control: int
    n_control: int

    def __post_init__(self) -> None:
        check_counts(self.events_treatment, self.n_treatment, arm="_treatment")
        check_counts(self.events_control, self.n_control, arm="_control")

    @property
    def n(self) -> int:
        """
        Count all participants.

        Returns
        -------
        int
            Both arms together.
        """
        return self.n_treatment + self.n_control

    @property
    def risks(self) -> tuple[float, float]:
        """
        Give the observed risks.

        Returns
        -------
        tuple of float
            Of treatment and control.
        """
        return (
            self.events_treatment / self.n_treatment,
            self.events_control / self.n_control,
        )

    @property
    def counts(self) -> tuple[int, int, int, int]:
        """
        Give the counts in the order of the arguments.

        Returns
        -------
        tuple of int
            Events and number of treatment, then of control.
        """
        return (
            self.events_treatment,
            self.n_treatment,
            self.events_control,
            self.n_control,
        )

    def empty_arm(self) -> str | None:
        """
        Say whether an arm has no participants.

        Returns
        -------
        str or None
            The reason why nothing can be compared, if so.
        """
        for arm, n in (("treatment", self.n_treatment), ("control", self.n_control)):
            if n == 0:
                return f"the {arm} arm has no participants"
        return None
