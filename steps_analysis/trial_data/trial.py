"""The data of one trial, as tables under their files' names."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, fields
from datetime import date
from typing import Literal

import pandas as pd

from steps_analysis.errors import DataError, refusal
from steps_analysis.protocol import Protocol
from steps_analysis.trial_data.contract import CONTRACT

Provenance = Literal["synthetic", "real", "unknown"]
Role = Literal[
    "statistician", "masked_statistician", "research_assistant", "commissioner"
]

TABLE_NAMES = tuple(rule.name for rule in CONTRACT)
STAMP = "Synthetic data: not about any real child, family or borough"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TrialData:
    """
    One trial's tables, read through one role.

    Text and codes are ``object`` columns, dates ``datetime64[ns]``, whole numbers
    ``Int64``, numbers ``float64``, yes-or-no ``boolean``; missing is NaN, NaT or NA.
    Two trials are equal if all their parts are, types included.

    Attributes
    ----------
    protocol
        The trial's protocol.
    extract_date
        The last date on which the records are complete.
    provenance
        "synthetic", "real" or "unknown"; unknown is treated as real.
    role
        The role it was read through; tables closed to it are None.
    sites, referrals, screening, forum, forum_actions
        Where the trial runs, and the way to it; None where absent.
    participants, allocation, treatment, visits, events, costs
        The randomised, and what happened to them; None where absent.

    Examples
    --------
    >>> from steps_analysis.protocol import load_protocol
    >>> trial = TrialData(protocol=load_protocol(), extract_date=date(2018, 3, 31),
    ...                   provenance="synthetic")
    >>> trial.stamp
    'Synthetic data: not about any real child, family or borough'
    """

    protocol: Protocol = field(repr=False)
    extract_date: date
    provenance: Provenance
    role: Role = "statistician"
    sites: pd.DataFrame | None = field(default=None, repr=False)
    referrals: pd.DataFrame | None = field(default=None, repr=False)
    screening: pd.DataFrame | None = field(default=None, repr=False)
    forum: pd.DataFrame | None = field(default=None, repr=False)
    forum_actions: pd.DataFrame | None = field(default=None, repr=False)
    participants: pd.DataFrame | None = field(default=None, repr=False)
    allocation: pd.DataFrame | None = field(default=None, repr=False)
    treatment: pd.DataFrame | None = field(default=None, repr=False)
    visits: pd.DataFrame | None = field(default=None, repr=False)
    events: pd.DataFrame | None = field(default=None, repr=False)
    costs: pd.DataFrame | None = field(default=None, repr=False)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, TrialData):
            return NotImplemented
        return all(_same(getattr(self, p.name), getattr(other, p.name)) for p in _PARTS)

    __hash__ = None  # type: ignore[assignment]  # tables have no hash

    @property
    def stamp(self) -> str | None:
        """The sentence on everything made from synthetic data; None for any other."""
        return STAMP if self.provenance == "synthetic" else None

    @property
    def cutoff(self) -> pd.Timestamp:
        """The extract date as a time stamp."""
        return pd.Timestamp(self.extract_date)

    def tables(self) -> Iterator[tuple[str, pd.DataFrame]]:
        """
        List the tables that are present.

        Yields
        ------
        tuple
            Name and table, in the order of the data contract.
        """
        for name in TABLE_NAMES:
            table = getattr(self, name)
            if table is not None:
                yield name, table

    def need(self, name: str) -> pd.DataFrame:
        """
        Give a table that an analysis cannot do without.

        Parameters
        ----------
        name
            The table.

        Returns
        -------
        pandas.DataFrame
            The table.

        Raises
        ------
        DataError
            If the trial has no such table, or this role may not open it.
        """
        table: pd.DataFrame | None = getattr(self, name)
        if table is None:
            rule = f"be present and open to the role {self.role}"
            raise DataError(refusal(f"{name}.csv", rule, None))
        return table

    def arms(self) -> pd.Series[str]:
        """
        Give each participant's allocated arm.

        Returns
        -------
        pandas.Series
            Arm codes, indexed by ``participant_id`` in the order of ``participants``.

        Raises
        ------
        DataError
            If this role may not see the allocation.
        """
        by_id = self.need("allocation").set_index("participant_id")["arm"]
        return by_id.reindex(self.need("participants")["participant_id"])


_PARTS = fields(TrialData)


def _same(one: object, other: object) -> bool:
    """Compare two parts of a trial."""
    if isinstance(one, pd.DataFrame) and isinstance(other, pd.DataFrame):
        return one.equals(other)
    if isinstance(one, pd.DataFrame) or isinstance(other, pd.DataFrame):
        return False
    return one == other
