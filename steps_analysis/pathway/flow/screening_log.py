"""The screening log: how far each screened referral came, and what stopped it."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd

from steps_analysis.pathway.day_asked import day_asked
from steps_analysis.pathway.flow.enrolment import (
    DECLINED,
    NO_ANSWER,
    NOT_APPROACHED,
    NOT_ELIGIBLE,
    NOT_RANDOMISED,
)
from steps_analysis.pathway.full_tables import full_or_empty, full_table
from steps_analysis.trial_data import TrialData

RANDOMISED = "randomised"
OUTCOMES = (
    NOT_ELIGIBLE,
    NOT_APPROACHED,
    NO_ANSWER,
    DECLINED,
    NOT_RANDOMISED,
    RANDOMISED,
)
"""How far a screened referral can have come; each came to exactly one."""

_COLUMNS = ["referral_id", "site", "screened_date", "outcome", "reason", "route"]


def screening_log(trial: TrialData, *, on: date | None = None) -> pd.DataFrame:
    """
    Say of each screened referral how far it came, and what stopped it.

    Parameters
    ----------
    trial
        The trial; needs ``screening``. Sites come from ``referrals``, and who was
        randomised from ``participants``, where they are there. No arm is read.
    on
        The day this is asked; None for the extract date.

    Returns
    -------
    pandas.DataFrame
        One row per referral screened by the day, in the order of the file:
        ``outcome``, one of `OUTCOMES`; ``reason``, the rule that failed or why the
        family did not join; and ``route``, where the case went that was not randomised.

    Raises
    ------
    ArgumentError
        If the day asked lies after the extract date.
    DataError
        If ``screening`` is absent or closed to the role.

    Notes
    -----
    The unit is the referral, not the family: `flow` counts families.

    Examples
    --------
    >>> from steps_analysis.protocol import load_protocol
    >>> screened = pd.DataFrame({"referral_id": ["R1"], "eligible": [False],
    ...                          "screened_date": [pd.Timestamp(2014, 1, 1)],
    ...                          "reason": ["age"], "route": ["aim"]})
    >>> trial = TrialData(protocol=load_protocol(), extract_date=date(2014, 2, 1),
    ...                   provenance="real", screening=screened)
    >>> screening_log(trial)[["outcome", "reason", "route"]].to_numpy().tolist()
    [['not eligible', 'age', 'aim']]
    """
    day = day_asked(trial, on)
    log = full_table(trial, "screening")
    log = log[log["screened_date"] <= day].reset_index(drop=True)
    referrals = full_or_empty(trial, "referrals").drop_duplicates("referral_id")
    is_answered = ~(log["consent_date"] > day)
    declined = log["decline_reason"].where(is_answered)
    outcome = _outcome(trial, log, day)
    # By hand: fillna warns where neither column says anything.
    reason = np.where(log["reason"].isna(), declined, log["reason"])
    return log.assign(
        site=log["referral_id"].map(referrals.set_index("referral_id")["site"]),
        outcome=outcome,
        reason=pd.Series(reason, index=log.index, dtype=object),
        route=log["route"].mask(_is_of_the_randomised(trial, log)),
    )[_COLUMNS]


def _is_of_the_randomised(trial: TrialData, log: pd.DataFrame) -> pd.Series[bool]:
    """Say which rows are of a family ever randomised: a route might show its arm."""
    people = full_or_empty(trial, "participants")
    joined = people["referral_id"].dropna()
    referrals = full_or_empty(trial, "referrals").drop_duplicates("referral_id")
    family_of = referrals.set_index("referral_id")["family_id"]
    families = {*family_of.reindex(joined).dropna(), *people["family_id"].dropna()}
    own = log["referral_id"]
    return own.isin(joined) | own.map(family_of).isin(families)


def _outcome(trial: TrialData, log: pd.DataFrame, on: pd.Timestamp) -> pd.Series[str]:
    """Say how far each came, by a day: the first that holds."""
    people = full_or_empty(trial, "participants")
    joined = people.loc[people["randomisation_date"] <= on, "referral_id"].dropna()
    is_answered = ~(log["consent_date"] > on)
    consent = log["consent"].where(is_answered)
    approached = (log["approached_date"] <= on) | consent.notna()
    declined = approached & is_answered & log["decline_reason"].notna()
    holds = {
        RANDOMISED: log["referral_id"].isin(joined),
        NOT_ELIGIBLE: ~log["eligible"],
        NOT_RANDOMISED: consent.fillna(value=False),
        DECLINED: declined | ~consent.fillna(value=True),
        NO_ANSWER: approached,
    }
    masks = [mask.to_numpy(bool) for mask in holds.values()]
    found = np.select(masks, list(holds), NOT_APPROACHED)
    return pd.Series(found, log.index, dtype=object)
