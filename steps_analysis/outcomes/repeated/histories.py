"""
Who was followed from when to when, and which of their events is this?

The door of the group: spells (entry, time] of participants who may have the event more
than once. A participant's spells may touch and may leave gaps, but not overlap.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from steps_analysis.errors import ArgumentError, DataError, refusal
from steps_analysis.estimates import BoolArray, FloatArray, IntArray
from steps_analysis.formulas import MissingPolicy
from steps_analysis.outcomes.columns import (
    MOST_COUNTED,
    Column,
    Groups,
    as_binary,
    as_causes,
    as_groups,
    as_numbers,
    as_times,
    check_entry,
)
from steps_analysis.outcomes.doors import Read, read_columns

Times = npt.ArrayLike | str | None
Labels = npt.ArrayLike | str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Histories:
    """
    The spells of some participants.

    Attributes
    ----------
    entry, time
        Start and end of each spell, shape (rows,).
    event
        Whether it ended in the event, shape (rows,).
    death
        Whether it ended in what stops all further events, shape (rows,).
    cluster
        Code of the participant, shape (rows,).
    n
        How many participants there are.
    read
        The columns as read, with covariates or arms.
    """

    entry: FloatArray
    time: FloatArray
    event: BoolArray
    death: BoolArray
    cluster: IntArray
    n: int
    read: Read

    @property
    def note(self) -> str:
        """Words on rows left out."""
        return self.read.note

    def arms(self) -> Groups:
        """
        Give each participant's arm.

        Returns
        -------
        Groups
            Labels, and one code per participant, shape (n,).

        Raises
        ------
        DataError
            If a participant has rows in two arms.
        """
        rows = as_groups(self.read.columns["arm"], n=len(self.time))
        code = np.full(self.n, -1, dtype=np.int64)
        code[self.cluster] = rows.code
        n_wrong = len(np.unique(self.cluster[code[self.cluster] != rows.code]))
        if n_wrong:
            got = f"{n_wrong} with two"
            raise DataError(refusal("arm", "be one per participant", got))
        return Groups(labels=rows.labels, code=code)

    def last(self) -> FloatArray:
        """
        Give the end of each participant's follow-up.

        Returns
        -------
        numpy.ndarray
            Times, shape (n,).
        """
        end = np.zeros(self.n)
        np.maximum.at(end, self.cluster, self.time)
        return end


def read_histories(
    entry: Times,
    time: npt.ArrayLike | None,
    event: npt.ArrayLike | None,
    cluster: Labels,
    *,
    right: str = "nothing",
    more: Mapping[str, object] | None = None,
    ending: str = "event",
    overlapping: bool = False,
    missing: MissingPolicy = "refuse",
    data: pd.DataFrame | None = None,
) -> Histories:
    """
    Read spells from arrays, or from a formula and its table.

    Parameters
    ----------
    entry
        Start of each spell, shape (rows,), or None for the origin; or a formula
        ``"entry + time + event ~ ..."``.
    time
        Its end, shape (rows,).
    event
        How it ended, shape (rows,).
    cluster
        Labels of participants, shape (rows,), or the name of a column of `data`.
    right
        What the right side of a formula is: ``"nothing"``, ``"arm"`` or
        ``"covariates"``.
    more
        Further columns, such as the arm where no formula gives it.
    ending
        ``"event"`` (yes or no), or ``"cause"``: 0 for neither, 1 for the event, 2 for
        the end of all events.
    overlapping
        Whether a participant's spells may overlap, as in the layout of WLW.
    missing
        ``"refuse"`` rows with missing values, or ``"drop"`` them and count them.
    data
        The table a formula speaks of.

    Returns
    -------
    Histories
        The spells.

    Raises
    ------
    ArgumentError
        If there is no `cluster`, or a formula without table.
    DataError
        If the columns do not fit together, a value is missing or impossible, or spells
        of one participant overlap.

    Examples
    --------
    >>> spells = read_histories([0, 2], [2, 5], [1, 0], ["a", "a"])
    >>> spells.n, spells.event
    (1, array([ True, False]))
    """
    if cluster is None:
        hint = "labels of participants; with a formula, the name of their column"
        raise ArgumentError(refusal("cluster", "be given", None, hint=hint))
    spoken = isinstance(entry, str)
    given: dict[str, object] = {
        "time": entry if spoken else time,
        ending: event,
        "entry": None if spoken else entry,
        "cluster": cluster,
        **(more or {}),
    }
    read = read_columns(
        given, right=right, data=data, missing=missing, responses=("time", ending)
    )
    return _histories(read, right, ending, overlapping)


def _histories(read: Read, right: str, ending: str, overlapping: bool) -> Histories:
    """Check the columns together."""
    if right != "nothing" and right not in read.columns:
        raise ArgumentError(refusal(right, "be given", None))
    time = as_times("time", read.columns["time"])
    entry = as_times("entry", read.columns.get("entry", np.zeros(read.n)))
    check_entry(entry, time)
    event, death = _endings(ending, read)
    people = as_groups(read.columns["cluster"], n=read.n)
    if not overlapping:
        _check_overlap(entry, time, people.code)
        _check_end(time, death, people.code)
    return Histories(
        entry=entry,
        time=time,
        event=event,
        death=death,
        cluster=people.code,
        n=len(people.labels),
        read=read,
    )


def as_counts(name: str, column: Column, *, least: int = 0) -> IntArray:
    """
    Check that a column holds whole numbers.

    Parameters
    ----------
    name
        The argument, for the message.
    column
        Its values, shape (n,).
    least
        The smallest allowed.

    Returns
    -------
    numpy.ndarray
        The values as integers.

    Raises
    ------
    DataError
        If a value is no whole number, or below `least`.

    Examples
    --------
    >>> as_counts("events", np.array([0.0, 2.0]))
    array([0, 2])
    """
    values = as_numbers(name, column)
    whole = (values >= least) & (values == np.floor(values)) & (values <= MOST_COUNTED)
    n_wrong = int(np.sum(~whole))
    if n_wrong:
        rule = f"hold whole numbers of at least {least}"
        raise DataError(refusal(name, rule, f"{n_wrong} others"))
    return values.astype(np.int64)


def event_numbers(entry: FloatArray, event: BoolArray, cluster: IntArray) -> IntArray:
    """
    Count which of their events each spell waits for, from 1 on.

    Parameters
    ----------
    entry
        Start of each spell, shape (rows,).
    event
        Whether it ended in the event, shape (rows,).
    cluster
        Code of the participant, shape (rows,).

    Returns
    -------
    numpy.ndarray
        Numbers from 1 on, shape (rows,).

    Examples
    --------
    >>> entry, event = np.array([0.0, 2, 5]), np.array([True, False, True])
    >>> event_numbers(entry, event, np.array([0, 0, 0]))
    array([1, 2, 2])
    """
    order = np.lexsort((entry, cluster))
    own, happened = cluster[order], event[order].astype(np.int64)
    before = np.cumsum(happened) - happened
    first = np.searchsorted(own, own)
    number = np.empty(len(entry), dtype=np.int64)
    number[order] = before - before[first] + 1
    return number


def gap_origins(
    entry: FloatArray, time: FloatArray, event: BoolArray, cluster: IntArray
) -> FloatArray:
    """
    Find when each spell's clock was set to 0: at the participant's event before.

    Parameters
    ----------
    entry, time
        Start and end of each spell, shape (rows,).
    event
        Whether it ended in the event, shape (rows,).
    cluster
        Code of the participant, shape (rows,).

    Returns
    -------
    numpy.ndarray
        Time of the event before, or of the first entry, shape (rows,).

    Examples
    --------
    >>> entry, time = np.array([0.0, 2, 5]), np.array([2.0, 5, 6])
    >>> gap_origins(entry, time, np.array([True, False, True]), np.array([0, 0, 0]))
    array([0., 2., 2.])
    """
    order = np.lexsort((entry, cluster))
    rows = pd.DataFrame({"own": cluster, "entry": entry, "at": time})
    rows["at"] = rows["at"].where(event)
    rows = rows.iloc[order]
    rows["at"] = rows.groupby("own")["at"].shift()
    rows["at"] = rows.groupby("own")["at"].ffill()
    first = rows.groupby("own")["entry"].transform("first")
    origin = np.empty(len(entry))
    origin[order] = rows["at"].fillna(first)
    return origin


def _endings(ending: str, read: Read) -> tuple[BoolArray, BoolArray]:
    """Tell events from what ends them all."""
    if ending == "event":
        event = as_binary("event", read.columns["event"])
        return event, np.zeros(read.n, dtype=np.bool_)
    cause = as_causes("cause", read.columns["cause"])
    n_wrong = int(np.sum(cause > 2))
    if n_wrong:
        rule = "be 0 (neither), 1 (the event) or 2 (the end of all events)"
        raise DataError(refusal("cause", rule, f"{n_wrong} others"))
    return cause == 1, cause == 2


def _check_overlap(entry: FloatArray, time: FloatArray, cluster: IntArray) -> None:
    """Refuse a participant who is at risk twice at one time."""
    order = np.lexsort((entry, cluster))
    same = cluster[order][1:] == cluster[order][:-1]
    n_wrong = int(np.sum(same & (entry[order][1:] < time[order][:-1])))
    if n_wrong:
        rule = "not lie before the end of the participant's spell before"
        hint = "are all of a participant's rows counted from the origin?"
        got = f"{n_wrong} that do"
        raise DataError(refusal("entry", rule, got, hint=hint))


def _check_end(time: FloatArray, death: BoolArray, cluster: IntArray) -> None:
    """Refuse follow-up after the end of all events."""
    end = np.full(int(cluster.max()) + 1, np.inf)
    end[cluster[death]] = time[death]
    n_wrong = int(np.sum(time > end[cluster]))
    if n_wrong:
        rule = "hold 2 in a participant's last spell only"
        raise DataError(refusal("cause", rule, f"{n_wrong} spells after it"))
