"""Which two-by-two tables do the strata of two arms make?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from steps_analysis.errors import ArgumentError, refusal
from steps_analysis.estimates import FloatArray
from steps_analysis.formulas import MissingPolicy
from steps_analysis.outcomes.columns import as_binary, as_groups
from steps_analysis.outcomes.doors import read_columns

Counts = tuple[int, int, int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class StratifiedTables:
    """
    Events of two arms, stratum by stratum.

    Attributes
    ----------
    counts
        Events and number of the arm compared, then of the reference arm; shape (k, 4),
        those strata only in which both arms have participants.
    n
        Participants, those of the other strata included.
    note
        Words for a result's `method`: the reference, and what was left out.
    """

    counts: FloatArray
    n: int
    note: str

    @property
    def tables(self) -> list[Counts]:
        """
        Give the tables as whole numbers.

        Returns
        -------
        list of tuple of int
            Events and number of the arm compared, then of the reference arm.
        """
        whole = self.counts.astype(int).tolist()
        return [(row[0], row[1], row[2], row[3]) for row in whole]

    @property
    def columns(self) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
        """
        Give the four columns.

        Returns
        -------
        tuple of numpy.ndarray
            Events and numbers of the arm compared, then of the reference arm.
        """
        x1, n1, x2, n2 = self.counts.T
        return x1, n1, x2, n2

    @property
    def size(self) -> str:
        """
        Say how many strata there are.

        Returns
        -------
        str
            Words for a result's `method`.
        """
        k = len(self.counts)
        return "1 stratum" if k == 1 else f"{k} strata"

    @property
    def r_array(self) -> str:
        """
        Write the tables as R's array.

        Returns
        -------
        str
            A call of ``array``: events and non-events of the arm compared, then of the
            reference arm, stratum by stratum.
        """
        rows = [(a, n1 - a, c, n2 - c) for a, n1, c, n2 in self.tables]
        cells = ", ".join(str(cell) for row in rows for cell in row)
        return f"array(c({cells}), c(2, 2, {len(rows)}))"

    def empty(self) -> str | None:
        """
        Say whether no stratum compares anything.

        Returns
        -------
        str or None
            The reason, if so.
        """
        if len(self.counts):
            return None
        return "no stratum has participants in both arms"


def stratified_tables(  # the columns and options of every function of strata
    outcome: npt.ArrayLike | str,
    arm: npt.ArrayLike | None,
    stratum: npt.ArrayLike | str | list[str] | None,
    *,
    reference: object,
    missing: MissingPolicy,
    data: pd.DataFrame | None,
) -> StratifiedTables:
    """
    Count events by arm and stratum.

    Parameters
    ----------
    outcome
        True or 1 where the participant had the event, shape (n,); or a formula
        ``"outcome ~ arm"`` with `data`.
    arm
        Arm labels, shape (n,).
    stratum
        Labels of the strata, shape (n,) or (n, k), or names of columns of `data`; None
        for one stratum.
    reference
        The arm compared with; None for the first in sorted order.
    missing
        ``"refuse"`` rows with missing values, or ``"drop"`` them and count them.
    data
        The table a formula speaks of.

    Returns
    -------
    StratifiedTables
        One table for each stratum with both arms.

    Raises
    ------
    ArgumentError
        If there are more than two arms, or `reference` is none of them.
    DataError
        If the columns do not fit together, or values are missing.

    Examples
    --------
    >>> found = stratified_tables([1, 0, 1], ["a", "b", "b"], None, reference="a",
    ...                           missing="refuse", data=None)
    >>> found.tables
    [(1, 2, 1, 1)]
    """
    given = {"outcome": outcome, "arm": arm, "stratum": stratum}
    if arm is None and not isinstance(outcome, str):
        raise ArgumentError(refusal("arm", "be given", None))
    read = read_columns(
        given, right="arm", data=data, missing=missing, responses=("outcome",)
    )
    event = as_binary("outcome", read.columns["outcome"])
    arms = as_groups(read.columns["arm"], n=read.n)
    strata = as_groups(read.columns.get("stratum"), n=read.n)
    if len(arms.labels) > 2:
        rule = "have two labels to contrast"
        raise ArgumentError(refusal("arm", rule, len(arms.labels)))
    first = arms.labels[0] if reference is None else reference
    base = arms.position(first, name="reference")
    cells = np.zeros((len(strata.labels), 4))
    for column, own in ((0, arms.code != base), (2, arms.code == base)):
        np.add.at(cells[:, column], strata.code[own & event], 1)
        np.add.at(cells[:, column + 1], strata.code[own], 1)
    both = (cells[:, 1] > 0) & (cells[:, 3] > 0)
    return StratifiedTables(
        counts=cells[both],
        n=read.n,
        note=f"; reference {first}{_left_out(int(np.sum(~both)))}{read.note}",
    )


def _left_out(n_strata: int) -> str:
    """Say how many strata compare nothing."""
    if not n_strata:
        return ""
    strata = "stratum adds" if n_strata == 1 else "strata add"
    return f"; {n_strata} {strata} nothing: one arm only"
