"""Which two arms are compared, and which way round?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from steps_analysis.errors import ArgumentError, refusal
from steps_analysis.estimates import BoolArray
from steps_analysis.outcomes.columns import Column, as_groups


@dataclass(frozen=True, slots=True, kw_only=True)
class TwoArms:
    """
    Two arms, one of them the reference.

    Attributes
    ----------
    treated
        True for those not in the reference arm, shape (n,).
    label
        The other arm's label; None where there is one arm only.
    reference
        The reference arm's label.
    """

    treated: BoolArray
    label: Any
    reference: Any

    @classmethod
    def of(cls, arm: Column, reference: object = None) -> TwoArms:
        """
        Read arm labels.

        Parameters
        ----------
        arm
            Labels, shape (n,).
        reference
            The arm compared with; None for the first in sorted order.

        Returns
        -------
        TwoArms
            The two arms.

        Raises
        ------
        ArgumentError
            If there are more than two arms, or `reference` is none of them.

        Examples
        --------
        >>> TwoArms.of(np.array(["b", "a"])).treated
        array([ True, False])
        """
        groups = as_groups(arm, n=len(arm))
        if len(groups.labels) > 2:
            rule = "have two labels to contrast"
            raise ArgumentError(refusal("arm", rule, len(groups.labels)))
        first = groups.labels[0] if reference is None else reference
        base = groups.position(first, name="reference")
        others = [label for label in groups.labels if label != first]
        return cls(
            treated=groups.code != base,
            label=others[0] if others else None,
            reference=first,
        )

    @property
    def note(self) -> str:
        """
        Say which way the arms are compared.

        Returns
        -------
        str
            Words for a result's `method`.
        """
        return f"; reference {self.reference}"

    @property
    def counts(self) -> tuple[int, int]:
        """
        Count the arms.

        Returns
        -------
        tuple of int
            How many in the other arm, and how many in the reference.
        """
        n = int(np.sum(self.treated))
        return n, len(self.treated) - n

    def reason(self, least: int = 1) -> str | None:
        """
        Say why the arms cannot be compared.

        Parameters
        ----------
        least
            How many each arm must have.

        Returns
        -------
        str or None
            The reason, or None where they can.
        """
        if self.label is None:
            return "only one arm has participants"
        for label, n in zip((self.label, self.reference), self.counts, strict=True):
            if n < least:
                return f"arm {label} has fewer than {least} participants"
        return None
