"""A rule between cells, as a value, and the two kinds that compare columns."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from steps_analysis.protocol import Protocol
from steps_analysis.trial_data.links import followed

RANDOMISED = "participants.randomisation_date"

Frames = Mapping[str, pd.DataFrame]
Broken = Callable[[Frames, Protocol], npt.NDArray[np.bool_]]


@dataclass(frozen=True, slots=True, kw_only=True)
class CrossRule:
    """
    One rule between cells.

    Attributes
    ----------
    column
        The column it speaks of, as ``table.column``.
    says
        The rule, worded to follow "must"; other columns stand in backquotes.
    needs
        The other columns it reads.
    certain
        Columns of which it must be sure that nothing was left out.
    hint
        The likely slip, if it is known.
    broken
        Marks the rows that break it, from the tables and the protocol.
    """

    column: str
    says: str
    needs: tuple[str, ...] = ()
    certain: tuple[str, ...] = ()
    hint: str | None = None
    broken: Broken

    @property
    def table(self) -> str:
        """The table it speaks of."""
        return self.column.partition(".")[0]


def value_of(frames: Frames, column: str, table: str, through: str | None) -> Any:
    """
    Give another column's values for each row of a table.

    Parameters
    ----------
    frames
        The tables.
    column
        The other column, as ``table.column``.
    table
        The table whose rows are asked for.
    through
        The column of `table` that links to the other table; None within one table.

    Returns
    -------
    pandas.Series
        The values, missing where the link leads nowhere.
    """
    other, _, name = column.partition(".")
    if through is None:
        return frames[other][name]
    links = frames[table][through]
    return followed(links, frames[other], _foreign_key(other), name)


def at_site(frames: Frames, name: str, table: str) -> Any:
    """
    Give a date of the referral's site for each row of a table about referrals.

    Parameters
    ----------
    frames
        The tables; needs ``referrals`` and ``sites``.
    name
        The column of ``sites``.
    table
        The table whose rows are asked for.

    Returns
    -------
    pandas.Series
        The dates, missing where a link leads nowhere.
    """
    site = value_of(frames, "referrals.site", table, "referral_id")
    return followed(site, frames["sites"], "site", name)


def _foreign_key(table: str) -> str:
    """Name the column by which other tables refer to a table."""
    keys = {"sites": "site", "participants": "participant_id"}
    return keys.get(table, "referral_id")


def where(condition: Any) -> npt.NDArray[np.bool_]:
    """
    Turn a condition into plain truth values: what is unknown breaks no rule.

    Parameters
    ----------
    condition
        A series of truth values, some perhaps missing.

    Returns
    -------
    numpy.ndarray
        Truth values, shape (rows,).
    """
    mask: npt.NDArray[np.bool_] = condition.fillna(False).to_numpy(dtype=bool)
    return mask


def _needs(table: str, other: str, through: str | None) -> tuple[str, ...]:
    """List what a comparison reads."""
    if through is None:
        return (other,)
    target = other.partition(".")[0]
    return (f"{table}.{through}", other, f"{target}.{_foreign_key(target)}")


def not_before(
    column: str, other: str, *, through: str | None = None, hint: str | None = None
) -> CrossRule:
    """
    Make the rule that one date may not come before another.

    Parameters
    ----------
    column
        The date, as ``table.column``.
    other
        The date it may not come before, as ``table.column``.
    through
        The column of the first table that links to the second; None within one table.
    hint
        The likely slip, if it is known.

    Returns
    -------
    CrossRule
        The rule.
    """
    table, _, name = column.partition(".")

    def broken(frames: Frames, protocol: Protocol) -> npt.NDArray[np.bool_]:
        return where(frames[table][name] < value_of(frames, other, table, through))

    says = f"not come before `{other}`"
    needs = _needs(table, other, through)
    return CrossRule(column=column, says=says, needs=needs, hint=hint, broken=broken)


def not_above(column: str, other: str, *, hint: str | None = None) -> CrossRule:
    """
    Make the rule that one number may not exceed another in its row.

    Parameters
    ----------
    column
        The number, as ``table.column``.
    other
        The number it may not exceed, as ``table.column``.
    hint
        The likely slip, if it is known.

    Returns
    -------
    CrossRule
        The rule.
    """
    table, _, name = column.partition(".")

    def broken(frames: Frames, protocol: Protocol) -> npt.NDArray[np.bool_]:
        return where(frames[table][name] > value_of(frames, other, table, None))

    return CrossRule(
        column=column,
        says=f"not exceed `{other}`",
        needs=(other,),
        hint=hint,
        broken=broken,
    )
