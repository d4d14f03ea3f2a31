"""What an internal working document says on its page, its tables and its files."""

from __future__ import annotations

import pandas as pd

from steps_analysis.trial_data import TrialData

FORUM_MARK = "Internal: for the members of the forum"
TRIAL_MARK = "Internal: for the trial's own staff"
CONTROLLER_MARK = "Internal: for the staff of the data controller"


def internal_stamp(mark: str, trial: TrialData) -> str:
    """
    Write the stamp of an internal document.

    Parameters
    ----------
    mark
        Whom it is for.
    trial
        The trial it is made from.

    Returns
    -------
    str
        The mark, followed by the stamp of the data themselves where they have one.

    Examples
    --------
    >>> from datetime import date
    >>> from steps_analysis.protocol import load_protocol
    >>> trial = TrialData(protocol=load_protocol(), extract_date=date(2018, 3, 31),
    ...                   provenance="real")
    >>> internal_stamp(FORUM_MARK, trial)
    'Internal: for the members of the forum'
    """
    return ". ".join(words for words in (mark, trial.stamp) if words)


def day_in_words(day: pd.Timestamp) -> str:
    """
    Write a day as it is read aloud.

    Parameters
    ----------
    day
        The day; NaT where there is none.

    Returns
    -------
    str
        Such as ``"14 March 2014"``; ``"[x]"`` where it is not known.

    Examples
    --------
    >>> day_in_words(pd.Timestamp(2014, 3, 4)), day_in_words(pd.NaT)
    ('4 March 2014', '[x]')
    """
    return "[x]" if pd.isna(day) else f"{day.day} {day:%B %Y}"
