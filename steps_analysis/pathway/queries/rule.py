"""A question to a research assistant about a row, as a value."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from steps_analysis.protocol import Protocol

BoolArray = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True)
class Records:
    """
    What the rules for queries read.

    Attributes
    ----------
    frames
        The tables that are there, with every column of their contract.
    protocol
        The trial's protocol.
    extract
        The extract date.
    patience
        How long a next step may take before it is asked about.
    """

    frames: Mapping[str, pd.DataFrame]
    protocol: Protocol
    extract: pd.Timestamp
    patience: pd.Timedelta

    def __getitem__(self, table: str) -> pd.DataFrame:
        return self.frames[table]

    def is_waiting(self, since: pd.Series[Any]) -> pd.Series[bool]:
        """
        Say which steps have waited longer than they should.

        Parameters
        ----------
        since
            When the waiting began.

        Returns
        -------
        pandas.Series
            Truth values; False where the day is unknown.
        """
        return since + self.patience < self.extract

    def of_referral(self, column: str, table: str) -> pd.Series[Any]:
        """
        Give what the referral behind each row of a table says.

        Parameters
        ----------
        column
            A column of ``referrals``.
        table
            A table with a ``referral_id``.

        Returns
        -------
        pandas.Series
            The values, missing where no referral is known.
        """
        known = self["referrals"].drop_duplicates("referral_id")
        values = known.set_index("referral_id")[column]
        return self[table]["referral_id"].map(values)

    def of_site(self, column: str, site: pd.Series[Any]) -> pd.Series[Any]:
        """
        Give what is known of each of a series of sites.

        Parameters
        ----------
        column
            A column of ``sites``.
        site
            The sites.

        Returns
        -------
        pandas.Series
            The values, missing where a site is not known.
        """
        known = self["sites"].drop_duplicates("site").set_index("site")
        return site.map(known[column])

    def of_participant(self, column: str, table: str) -> pd.Series[Any]:
        """
        Give what is known of the participant behind each row of a table.

        Parameters
        ----------
        column
            A column of ``participants``.
        table
            A table with a ``participant_id``.

        Returns
        -------
        pandas.Series
            The values, missing where no participant is known.
        """
        known = self["participants"].drop_duplicates("participant_id")
        values = known.set_index("participant_id")[column]
        return self[table]["participant_id"].map(values)


@dataclass(frozen=True, slots=True, kw_only=True)
class QueryRule:
    """
    One kind of query.

    Attributes
    ----------
    code
        Its code.
    column
        The column it speaks of, as ``table.column``.
    says
        What is odd, in a sentence.
    to_do
        What to do about it, in a sentence.
    needs
        The other columns it reads, as ``table.column``.
    found
        Marks the rows it is about.
    """

    code: str
    column: str
    says: str
    to_do: str
    needs: tuple[str, ...] = ()
    found: Callable[[Records], Any]

    @property
    def table(self) -> str:
        """The table it speaks of."""
        return self.column.partition(".")[0]


def holds(condition: Any) -> BoolArray:
    """
    Turn a condition into plain truth values: what is unknown is not asked about.

    Parameters
    ----------
    condition
        A series of truth values, some perhaps missing.

    Returns
    -------
    numpy.ndarray
        Truth values, shape (rows,).
    """
    mask: BoolArray = condition.fillna(value=False).to_numpy(dtype=bool)
    return mask
