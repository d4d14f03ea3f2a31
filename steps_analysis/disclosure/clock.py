"""How much time is left?"""

from __future__ import annotations

import math
import time
from dataclasses import dataclass

from steps_analysis.errors import ArgumentError, refusal


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """
    A time to be ready by.

    Attributes
    ----------
    ends
        When, in seconds of the monotonic clock; infinite where there is no hurry.

    Examples
    --------
    >>> Clock().left
    inf
    """

    ends: float = math.inf

    @property
    def left(self) -> float:
        """
        Tell how many seconds are left.

        Returns
        -------
        float
            At least 0.
        """
        return max(self.ends - time.monotonic(), 0.0)

    def half(self) -> Clock:
        """
        Set a clock to half of what is left.

        Returns
        -------
        Clock
            It ends earlier.
        """
        return Clock(ends=self.ends - self.left / 2) if self.left < math.inf else self

    def check(self) -> None:
        """
        Stop if the time is over.

        Raises
        ------
        TimeoutError
            If nothing is left.
        """
        if not self.left:
            raise TimeoutError


def clock_of(deadline: float | None) -> Clock:
    """
    Set a clock.

    Parameters
    ----------
    deadline
        Seconds from now; None for no hurry.

    Returns
    -------
    Clock
        The clock.

    Raises
    ------
    ArgumentError
        If `deadline` is not a number above 0.
    """
    if deadline is None:
        return Clock()
    is_number = isinstance(deadline, int | float) and not isinstance(deadline, bool)
    if not is_number or not deadline > 0:
        rule = "be a number of seconds above 0, or None"
        raise ArgumentError(refusal("deadline", rule, deadline))
    return Clock(ends=time.monotonic() + deadline)
