"""
The covariates of an adjusted analysis: the allocation factors, sparse levels grouped.

The rule is stated before any outcome is seen and looks at counts only. A level with
fewer participants than the protocol's minimum is sparse. A sparse site is replaced by
its ring, where rings are known; the sparse levels of a factor are then grouped into
one, which joins the factor's commonest level if it is sparse itself. A factor left with
one level drops out.
"""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from steps_analysis.trial_data import TrialData

GROUPED = "other"


def adjustment(
    trial: TrialData, participant_ids: Sequence[str], factors: Sequence[str]
) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """
    Make the columns an adjusted analysis uses.

    Parameters
    ----------
    trial
        The trial; needs ``participants``.
    participant_ids
        The participants analysed, in the order of the rows wanted.
    factors
        Names of the protocol's factors to adjust for.

    Returns
    -------
    tuple
        A data frame of 0/1 columns named ``factor: level``, one for each level but the
        commonest, indexed by participant; and sentences that say what was grouped.
    """
    participants = trial.need("participants").set_index("participant_id")
    rows = participants.loc[list(participant_ids)]
    columns: list[pd.Series[float]] = []
    notes: list[str] = []
    for name in factors:
        values, note = _grouped(trial, rows[name].astype(str), name)
        notes += note
        by_size = values.value_counts().sort_index().sort_values(kind="stable")
        columns += [
            (values == level).astype(float).rename(f"{name}: {level}")
            for level in by_size.index[:-1]
        ]
    table = pd.concat(columns, axis=1) if columns else pd.DataFrame(index=rows.index)
    return table, tuple(notes)


def factors_of(columns: pd.DataFrame) -> tuple[str, ...]:
    """
    Name the factors that the columns of an adjustment are made of.

    Parameters
    ----------
    columns
        What `adjustment` gave.

    Returns
    -------
    tuple of str
        Factor names, in order, once each; a factor that dropped out is not among them.
    """
    return tuple(dict.fromkeys(str(name).partition(": ")[0] for name in columns))


def _grouped(
    trial: TrialData, values: pd.Series[str], name: str
) -> tuple[pd.Series[str], list[str]]:
    """Group a factor's sparse levels, and say so."""
    minimum = trial.protocol.analysis.sparse_level_minimum
    label = trial.protocol.factor(name).label
    before = len(values.unique())
    if name == "site":
        values = _by_ring(trial, values, minimum)
    sparse = _sparse(values, minimum)
    values = values.mask(values.isin(sparse), GROUPED)
    if _sparse(values, minimum) and len(values.unique()) > 1:
        commonest = values.value_counts().sort_index().idxmax()
        values = values.mask(values == GROUPED, commonest)
    after = len(values.unique())
    if after == before:
        return values, []
    if after == 1:
        return values, [f"{label} was not adjusted for: its levels hold too few."]
    said = f"{label}: {before} levels were grouped into {after}, by size alone"
    return values, [f"{said} (those with fewer than {minimum})."]


def _sparse(values: pd.Series[str], minimum: int) -> list[str]:
    counts = values.value_counts()
    return sorted(counts.index[counts < minimum])


def _by_ring(trial: TrialData, sites: pd.Series[str], minimum: int) -> pd.Series[str]:
    """Replace sparse sites by their ring, where rings are known."""
    if trial.sites is None or "ring" not in trial.sites:
        return sites
    ring = sites.map(trial.sites.set_index("site")["ring"])
    is_sparse = sites.isin(_sparse(sites, minimum)) & ring.notna()
    return sites.mask(is_sparse, "other " + ring.astype(str))
