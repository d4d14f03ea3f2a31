"""What the tables of a flow must say besides its sums."""

from __future__ import annotations

import pandas as pd

from steps_analysis.trial_data import CONTRACT, TrialData

_REASONS = (
    ("screening", "reason"),
    ("screening", "decline_reason"),
    ("treatment", "treatment_received"),
)


def strangers(name: str, table: pd.DataFrame, participants: pd.DataFrame) -> list[str]:
    """
    Say how many rows of a table speak of somebody who was not randomised.

    Parameters
    ----------
    name
        What the table says of them.
    table
        Any table with ``participant_id``.
    participants
        The randomised.

    Returns
    -------
    list of str
        A sentence, or none.
    """
    known = table["participant_id"].isin(participants["participant_id"])
    n = int((~known).sum())
    return [f"{name} must be among the randomised: {n} are not"] if n else []


def not_as_randomised(
    trial: TrialData, analysed: pd.DataFrame, index_child: pd.Series[str]
) -> list[str]:
    """
    Say where an analysis does not use each family once, in the arm allocated.

    Parameters
    ----------
    trial
        The trial.
    analysed
        Who was analysed: ``participant_id``, ``status``, ``reason``, and ``arm`` where
        the analysis says which arm it used.
    index_child
        The index child of each participant's family.

    Returns
    -------
    list of str
        A sentence for each rule that is broken, with how many break it.
    """
    broken = []
    is_used = analysed["status"].eq("analysed")
    others = set(index_child.index) - set(index_child)
    further = int((is_used & analysed["participant_id"].isin(others)).sum())
    if further:
        broken.append(f"one child of a family may be analysed: {further} more are")
    silent = int((~is_used & analysed["reason"].fillna("").eq("")).sum())
    if silent:
        sentence = f"each of those not analysed must have a reason: {silent} have none"
        broken.append(sentence)
    moved = _moved(trial, analysed)
    if moved:
        broken.append(f"analysed must be in the arm allocated: {moved} are in another")
    return broken


def _moved(trial: TrialData, analysed: pd.DataFrame) -> int:
    """Count those whom an analysis puts in another arm than the one allocated."""
    if "arm" not in analysed:
        return 0
    allocated = trial.need("allocation").drop_duplicates("participant_id")
    arm = allocated.set_index("participant_id")["arm"].to_dict()
    own = analysed["participant_id"].map(arm)
    return int((own.notna() & own.ne(analysed["arm"])).sum())


def open_reasons(trial: TrialData) -> list[str]:
    """
    Say which reasons do not come from their closed list.

    Parameters
    ----------
    trial
        The trial.

    Returns
    -------
    list of str
        A sentence for each column with how many of its cells do not; never what they
        say.
    """
    tables = {rule.name: rule for rule in CONTRACT}
    found = []
    for name, column in _REASONS:
        table = getattr(trial, name)
        if table is None or column not in table:
            continue
        more = trial.protocol.codes.get(f"{name}.{column}", ())
        codes = {*tables[name].field(column).codes, *more}
        n = int((table[column].notna() & ~table[column].isin(codes)).sum())
        if n:
            found.append(f"{name}.{column} must be of its closed list: {n} are not")
    return found
