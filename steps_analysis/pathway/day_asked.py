"""The day a diary is asked on."""

from __future__ import annotations

from datetime import date

import pandas as pd

from steps_analysis.errors import ArgumentError, refusal
from steps_analysis.trial_data import TrialData
from steps_analysis.trial_data.cells import EARLIEST


def day_asked(trial: TrialData, on: date | None) -> pd.Timestamp:
    """
    Give the day a diary is asked on: by default the extract date.

    Parameters
    ----------
    trial
        The trial.
    on
        The day; None for the extract date.

    Returns
    -------
    pandas.Timestamp
        The day.

    Raises
    ------
    ArgumentError
        If it lies after the extract date, since when nothing is recorded, or before
        1980.
    """
    if on is None:
        return trial.cutoff
    if not EARLIEST <= on <= trial.extract_date:
        rule = f"lie between {EARLIEST} and the extract date, {trial.extract_date}"
        hint = "what happened later is not in these records"
        raise ArgumentError(refusal("on", rule, str(on), hint=hint))
    return pd.Timestamp(on)
