"""From screening to randomisation: how far each family came, and why no further."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from itertools import pairwise

import numpy as np
import pandas as pd

from steps_analysis.pathway.flow.boxes import STEPS, though_not
from steps_analysis.trial_data import TrialData, index_child_of
from steps_analysis.trial_data.links import followed

NOT_ELIGIBLE = "not eligible"
NOT_APPROACHED = "eligible, not approached"
ELIGIBLE = "eligible, not randomised"  # where approach and consent are not recorded
DECLINED = "declined"
NO_ANSWER = "approached, no answer recorded"
NOT_RANDOMISED = "consented, not randomised"
NOT_RECORDED = "reason not recorded"


def screened_families(trial: TrialData) -> pd.DataFrame | None:
    """
    Give one screening row a family: where it got furthest; of equals, the last.

    Parameters
    ----------
    trial
        The trial; needs ``participants``.

    Returns
    -------
    pandas.DataFrame or None
        Rows of ``screening`` with ``is_randomised``; None where there is no screening,
        or participants carry no ``referral_id`` to link the two. Without referrals
        nothing says which family a screening is of unless it was randomised, and each
        other counts as one.
    """
    if trial.screening is None:
        return None
    participants = trial.need("participants")
    if "referral_id" not in participants:
        return None  # nothing says which of the screened were randomised
    is_in = trial.screening["referral_id"].isin(participants["referral_id"].dropna())
    return _furthest(trial.screening.assign(is_randomised=is_in), trial)


def steps(screened: pd.DataFrame) -> dict[str, pd.Series[bool]]:
    """
    Say which families came to which box on the way to randomisation.

    Parameters
    ----------
    screened
        One row a family, as `screened_families` gives.

    Returns
    -------
    dict
        "assessed", "eligible", "approached", "consented" and "randomised" to truth
        values, in that order; a box whose column is absent is left out.
    """
    recorded = {
        "assessed": pd.Series(data=True, index=screened.index),
        "eligible": _is_true(screened, "eligible"),
        "approached": _is_approached(screened),
        "consented": _has_consented(screened),
        "randomised": screened["is_randomised"],
    }
    for box, column in (("approached", "approached_date"), ("consented", "consent")):
        if column not in screened:
            del recorded[box]
    return recorded


def departures(reached: dict[str, pd.Series[bool]]) -> dict[str, int]:
    """
    Count the families that came to a box without having been in the one before it.

    Parameters
    ----------
    reached
        Box to truth values, as `steps` gives.

    Returns
    -------
    dict
        "randomised though not eligible" and the like to how many; only what occurs.
        Randomised without consent is none of them: the flow refuses it.
    """
    boxes = [box for box in STEPS if box in reached]
    found = {}
    for earlier, later in pairwise(boxes):
        n = int((reached[later] & ~reached[earlier]).sum())
        if n and (earlier, later) != ("consented", "randomised"):
            found[though_not(later, earlier)] = n
    return found


def excluded_by_reason(
    screened: pd.DataFrame, trial: TrialData
) -> dict[str, dict[str, int]]:
    """
    Group the families who were not randomised by what kept them out.

    Parameters
    ----------
    screened
        One row a family, as `screened_families` gives.
    trial
        The trial, for the words of its protocol.

    Returns
    -------
    dict
        Group to {reason: how many}; only groups that occur.
    """
    out = screened[~screened["is_randomised"]]
    eligible = _is_true(out, "eligible")
    approached = eligible & _is_approached(out)
    consented = approached & _has_consented(out)
    answered = _is_filled(out, "consent") | _is_filled(out, "decline_reason")
    is_recorded = "approached_date" in out or "consent" in out
    groups = {
        NOT_ELIGIBLE: (~eligible, "reason"),
        NOT_APPROACHED if is_recorded else ELIGIBLE: (
            eligible & ~approached,
            "decline_reason",
        ),
        DECLINED: (approached & ~consented & answered, "decline_reason"),
        NO_ANSWER: (approached & ~answered, "decline_reason"),
        NOT_RANDOMISED: (consented, "decline_reason"),
    }
    return {
        group: _reasons(out[rows], column, trial)
        for group, (rows, column) in groups.items()
        if rows.any()
    }


def _furthest(screened: pd.DataFrame, trial: TrialData) -> pd.DataFrame:
    """Keep of each family the screening that got furthest; of equals, the last."""
    order = pd.DataFrame(
        {
            "family": _family(screened["referral_id"], trial),
            "is_randomised": screened["is_randomised"],
            "consented": _has_consented(screened),
            "approached": _is_approached(screened),
            "eligible": _is_true(screened, "eligible"),
            "date": screened["screened_date"],
        }
    )
    order = order.sort_values(list(order.columns[1:]), kind="stable")
    kept = order.index[~order.duplicated("family", keep="last")]
    return screened.loc[screened.index.isin(kept)]


def _family(referral: pd.Series[str], trial: TrialData) -> pd.Series[str]:
    """Name the family of each referral; where unknown, its index child's referral."""
    if trial.referrals is None:
        return _by_index_child(referral, trial)
    known = followed(referral, trial.referrals, "referral_id", "family_id")
    if known.notna().all():
        return known
    return known.where(known.notna(), _by_index_child(referral, trial))


def _by_index_child(referral: pd.Series[str], trial: TrialData) -> pd.Series[str]:
    """Name the referral of each referral's index child; its own if not randomised."""
    people = trial.need("participants").drop_duplicates("participant_id")
    referral_of = people.set_index("participant_id")["referral_id"]
    index_child = index_child_of(trial)
    of_index = index_child.map(referral_of.to_dict())
    leading = np.where(of_index.isna(), referral_of, of_index)  # fillna may warn
    first = dict(zip(referral_of, leading, strict=True))
    return referral.map(lambda own: first.get(own, own))


def _is_approached(table: pd.DataFrame) -> pd.Series[bool]:
    """Say who was offered the trial: who has a date for it, or an answer to it."""
    return _is_filled(table, "approached_date") | _is_filled(table, "consent")


def _has_consented(table: pd.DataFrame) -> pd.Series[bool]:
    return _is_true(table, "consent")


def _is_filled(table: pd.DataFrame, column: str) -> pd.Series[bool]:
    """Say in which rows a column is filled; nowhere if there is no such column."""
    if column not in table:
        return pd.Series(data=False, index=table.index)
    return table[column].notna()


def _is_true(table: pd.DataFrame, column: str) -> pd.Series[bool]:
    """Say in which rows a column says yes."""
    if column not in table:
        return pd.Series(data=False, index=table.index)
    return table[column].fillna(value=False).astype(bool)


def _reasons(rows: pd.DataFrame, column: str, trial: TrialData) -> dict[str, int]:
    """Count rows by reason, in alphabetical order of what a reader sees."""
    codes = rows.get(column, [None] * len(rows))
    return counted(
        NOT_RECORDED if pd.isna(code) else trial.protocol.label(str(code), column)
        for code in codes
    )


def counted(words: Iterable[str]) -> dict[str, int]:
    """
    Count how often each word occurs.

    Parameters
    ----------
    words
        The words.

    Returns
    -------
    dict
        Word to how often, in alphabetical order.

    Examples
    --------
    >>> counted(["moved", "declined", "moved"])
    {'declined': 1, 'moved': 2}
    """
    return dict(sorted(Counter(words).items()))
