"""The level a referral gives on each allocation factor, beside the one recorded."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from steps_analysis.protocol import Factor
from steps_analysis.trial_data import TrialData


def of_referral(trial: TrialData, table: str, column: str) -> pd.Series | None:
    """
    Give what a table says of the referral each participant came from.

    Parameters
    ----------
    trial
        The trial; needs ``participants``.
    table
        "referrals" or "screening".
    column
        Its column.

    Returns
    -------
    pandas.Series or None
        Its values, indexed by ``participant_id``, missing where nothing is known; None
        where the table, the column or the link to it is absent or closed to the role.
    """
    rows, people = getattr(trial, table), trial.need("participants")
    if rows is None or column not in rows or "referral_id" not in people:
        return None
    values = rows.drop_duplicates("referral_id").set_index("referral_id")[column]
    own: pd.Series = values.reindex(people["referral_id"])
    return own.set_axis(pd.Index(people["participant_id"]))


def level_by_referral(trial: TrialData, factor: Factor) -> pd.Series[str] | None:
    """
    Say which level of a factor each participant's referral gives.

    Parameters
    ----------
    trial
        The trial; needs ``participants``.
    factor
        The factor.

    Returns
    -------
    pandas.Series or None
        Levels, indexed by ``participant_id``, missing where the referral does not say
        or fits no level; None where the factor is not made from the referral, or
        nothing is known of any.
    """
    if factor.source is None or factor.name not in trial.need("participants"):
        return None
    source = of_referral(trial, "referrals", factor.source)
    if source is None:
        return None
    levels = [
        None if is_missing else factor.level_of(value)
        for value, is_missing in zip(source, source.isna(), strict=True)
    ]
    return pd.Series(levels, index=source.index, dtype=object)


def with_levels_by_referral(trial: TrialData) -> TrialData:
    """
    Correct the level of every factor to the one its referral gives.

    Parameters
    ----------
    trial
        The trial; needs ``participants``.

    Returns
    -------
    TrialData
        The same trial, for an analysis beside the one that uses the levels recorded at
        randomisation. A level of which the referral says nothing is left as recorded.
    """
    people = trial.need("participants")
    levels = {}
    for factor in trial.protocol.factors:
        given = level_by_referral(trial, factor)
        if given is not None:
            own = given.set_axis(people.index)
            levels[factor.name] = people[factor.name].mask(own.notna(), own)
    return replace(trial, participants=people.assign(**levels))
