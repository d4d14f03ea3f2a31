"""What a rule is whose breaking is a departure from the protocol."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

import pandas as pd

from steps_analysis.protocol import DAYS_PER_MONTH
from steps_analysis.trial_data import TrialData

Concern = Literal["eligibility", "consent", "randomisation", "treatment", "visits"]
Months = pd.Series  # whole months from randomisation, by participant_id

STAYS = "stays in the arm allocated, and is analysed there"
"""What intention to treat does with whatever happened after or at randomisation."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviationRule:
    """
    One rule whose breaking is a departure from the protocol.

    Attributes
    ----------
    code
        Its code; the rules of all factors share one.
    concerns
        "eligibility", "consent", "randomisation", "treatment" or "visits".
    what
        What happened, as a sentence that says nothing recorded of a child.
    handling
        What the analysis does with the family.
    rests_on
        What must be recorded for the rule to be checked, in words.
    months
        Finds who departed, and when: whole months from randomisation by
        ``participant_id``; None where it cannot be told.
    """

    code: str
    concerns: Concern
    what: str
    handling: str
    rests_on: str
    months: Callable[[TrialData], Months | None] = field(repr=False)


def whole_months(time: pd.Series) -> Months:
    """
    Count the months of times from randomisation, rounded down.

    Parameters
    ----------
    time
        Times from randomisation.

    Returns
    -------
    pandas.Series
        Whole months; below 0 before randomisation; missing where the time is.

    Examples
    --------
    >>> whole_months(pd.Series(pd.to_timedelta([-1, 29, 30], unit="D"))).tolist()
    [-1.0, 0.0, 1.0]

    A month begins on the day on which a visit after so many is due:

    >>> whole_months(pd.Series(pd.to_timedelta([425, 426], unit="D"))).tolist()
    [13.0, 14.0]
    """
    months: Months = (time.dt.days + 0.5) // DAYS_PER_MONTH
    return months


def randomised_on(trial: TrialData) -> pd.Series:
    """
    Give the day each participant was randomised.

    Parameters
    ----------
    trial
        The trial; needs ``participants``.

    Returns
    -------
    pandas.Series
        Dates, indexed by ``participant_id``.
    """
    people = trial.need("participants").set_index("participant_id")
    return people["randomisation_date"]
