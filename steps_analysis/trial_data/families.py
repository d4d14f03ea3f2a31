"""
Which child stands for a family: the first of it to be randomised.

The family is the unit: two children of one family share an arm, and one of them, the
index child, is analysed. The others are counted and described, never analysed.
"""

from __future__ import annotations

import pandas as pd

from steps_analysis.trial_data.links import followed
from steps_analysis.trial_data.trial import TrialData


def index_child_of(trial: TrialData) -> pd.Series[str]:
    """
    Name the index child of each participant's family.

    Parameters
    ----------
    trial
        The trial; needs ``participants``.

    Returns
    -------
    pandas.Series
        The ``participant_id`` of the index child, indexed by ``participant_id`` in the
        order of ``participants``. It is the first of the family to be randomised; of
        several on one day, the first in the file.

    Raises
    ------
    DataError
        If this role may not see the participants.

    Notes
    -----
    The family is that of ``participants.csv``, else that of the referral. A participant
    of whom neither is known is its own family.

    Examples
    --------
    >>> from datetime import date
    >>> from steps_analysis.protocol import load_protocol
    >>> people = pd.DataFrame({"participant_id": ["P1", "P2", "P3"],
    ...                        "family_id": ["F1", "F1", None]})
    >>> trial = TrialData(
    ...     protocol=load_protocol(), extract_date=date(2018, 3, 31),
    ...     provenance="synthetic", participants=people.assign(
    ...         randomisation_date=pd.to_datetime(["2015-02-01"] * 3)))
    >>> index_child_of(trial).to_dict()
    {'P1': 'P1', 'P2': 'P1', 'P3': 'P3'}
    """
    people = trial.need("participants")
    people = people.drop_duplicates("participant_id", ignore_index=True)
    people = people.assign(family=_family(trial, people))
    by_day = people.sort_values("randomisation_date", kind="stable")
    first = followed(people["family"], by_day, "family", "participant_id")
    ids = people["participant_id"]
    return first.where(first.notna(), ids).set_axis(ids)


def index_children(trial: TrialData) -> pd.DataFrame:
    """
    List the index children: one participant of each family.

    Parameters
    ----------
    trial
        The trial; needs ``participants``.

    Returns
    -------
    pandas.DataFrame
        Their rows of ``participants``, in that order.

    Raises
    ------
    DataError
        If this role may not see the participants.
    """
    people = trial.need("participants")
    return people[people["participant_id"].isin(index_child_of(trial))]


def _family(trial: TrialData, people: pd.DataFrame) -> pd.Series[str]:
    """Give each participant's family, else that of its referral."""
    nothing = pd.Series(index=people.index, dtype=object)
    family = people.get("family_id", nothing)
    if trial.referrals is None or "referral_id" not in people:
        return family
    referred = followed(
        people["referral_id"], trial.referrals, "referral_id", "family_id"
    )
    return family.mask(family.isna(), referred)
