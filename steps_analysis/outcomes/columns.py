"""
Does this column hold what it should?

Each check turns one column into the type the statistics trust, or refuses it. Messages
name the column and count its rows, never a value.
"""

from __future__ import annotations

import math
import re
import sys
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Any, TypeGuard

import numpy as np
import numpy.typing as npt
import pandas as pd

from steps_analysis.errors import ArgumentError, DataError, refusal
from steps_analysis.estimates import BoolArray, FloatArray, IntArray

Column = npt.NDArray[Any]
MOST_COUNTED = 2**53
"""Floats count one by one up to here."""

LARGEST = 1e50
"""Numbers beyond this cannot be squared, summed and squared again as floats."""

LARGEST_SUM = 1e250
"""Numbers beyond this cannot be summed as floats; some methods need no more."""

_DAYS_HINT = "days of a duration are numbers: (date - start).dt.days"


@dataclass(frozen=True, slots=True, kw_only=True)
class Groups:
    """
    Labels turned into codes.

    Attributes
    ----------
    labels
        The distinct labels, sorted.
    code
        Position of each row's label in `labels`, shape (n,).
    """

    labels: tuple[Any, ...]
    code: IntArray

    def position(self, label: object, *, name: str) -> int:
        """
        Find a label, or refuse it.

        Parameters
        ----------
        label
            The label.
        name
            The argument it came in, for the message.

        Returns
        -------
        int
            Its position in `labels`.

        Raises
        ------
        ArgumentError
            If it is none of the labels.
        """
        places = {own: i for i, own in enumerate(self.labels)}
        if not isinstance(label, Hashable) or label not in places:
            accepted = ", ".join(map(str, self.labels))
            raise ArgumentError(refusal(name, f"be one of {accepted}", label))
        return places[label]


def check_choice(name: str, given: object, accepted: tuple[str, ...]) -> None:
    """
    Refuse a word that is not among the accepted ones.

    Parameters
    ----------
    name
        The argument.
    given
        The word given.
    accepted
        The words accepted.

    Raises
    ------
    ArgumentError
        If `given` is not among them.

    Examples
    --------
    >>> check_choice("ties", "efron", ("efron", "breslow"))
    """
    if not isinstance(given, str) or given not in accepted:
        rule = f"be one of {', '.join(accepted)}"
        raise ArgumentError(refusal(name, rule, given))


def is_number(value: object) -> TypeGuard[int | float]:
    """
    Say whether an option is a finite number; True and False are not.

    Parameters
    ----------
    value
        What was given.

    Returns
    -------
    bool
        False for text, arrays, decimals and what is missing, too.

    Examples
    --------
    >>> is_number(0.5), is_number("0.5")
    (True, False)
    """
    if isinstance(value, bool):
        return False
    if isinstance(value, (int, float, np.integer, np.floating)):
        size: Any = abs(value)
        return bool(size <= sys.float_info.max)  # an int may lie beyond all floats
    return False


def as_times(name: str, column: Column, *, most: float = math.inf) -> FloatArray:
    """
    Check times: finite and at least 0.

    Parameters
    ----------
    name
        The argument, for the message.
    column
        Its values, shape (n,).
    most
        The largest value that can be used.

    Returns
    -------
    numpy.ndarray
        The values as floats.

    Raises
    ------
    DataError
        If a value is negative, infinite or not a number.

    Examples
    --------
    >>> as_times("time", np.array([0, 3]))
    array([0., 3.])
    """
    values = as_numbers(name, column, most=most)
    n_wrong = int(np.sum(values < 0))
    if n_wrong:
        raise DataError(refusal(name, "be at least 0", f"{n_wrong} below"))
    return values


def as_time(name: str, value: object) -> float:
    """
    Check one time: finite and at least 0.

    Parameters
    ----------
    name
        The argument, for the message.
    value
        The time.

    Returns
    -------
    float
        The time.

    Raises
    ------
    DataError
        If it is no number, negative or infinite.

    Examples
    --------
    >>> as_time("at", 365)
    365.0
    """
    if is_number(value) and value >= 0:
        return float(value)
    raise DataError(refusal(name, "be finite and at least 0", value))


def as_horizon(name: str, value: object) -> float:
    """
    Check a time after the start that something is divided by.

    Parameters
    ----------
    name
        The argument, for the message.
    value
        The time.

    Returns
    -------
    float
        The time.

    Raises
    ------
    DataError
        If it is no number, or not above 0, infinite, or beyond all use as a divisor.

    Examples
    --------
    >>> as_horizon("horizon", 12)
    12.0
    """
    if not is_number(value) or value <= 0:
        raise DataError(refusal(name, "be finite and above 0", value))
    if not 1 / LARGEST <= value <= LARGEST:
        rule = f"lie between {1 / LARGEST:g} and {LARGEST:g}"
        raise DataError(refusal(name, rule, value))
    return float(value)


def as_numbers(name: str, column: Column, *, most: float = LARGEST) -> FloatArray:
    """
    Check that a column holds finite numbers.

    Parameters
    ----------
    name
        The argument, for the message.
    column
        Its values, any shape.
    most
        The largest size that can be used.

    Returns
    -------
    numpy.ndarray
        The values as floats.

    Raises
    ------
    DataError
        If a value is infinite, not a number, or larger than `most`.

    Examples
    --------
    >>> as_numbers("age", np.array([11, 14]))
    array([11., 14.])
    """
    kind = column.dtype.kind
    if kind not in "biufO" or (kind == "O" and _holds_text(column)):
        hint = _DAYS_HINT if kind in "mM" else None
        raise DataError(refusal(name, "hold numbers", str(column.dtype), hint=hint))
    try:
        values = np.asarray(column, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise DataError(refusal(name, "hold numbers", str(column.dtype))) from error
    n_wrong = int(np.sum(~np.isfinite(values)))
    if n_wrong:
        raise DataError(refusal(name, "be finite", f"{n_wrong} infinite"))
    n_wrong = int(np.sum(np.abs(values) > most))
    if n_wrong:
        raise DataError(refusal(name, f"be at most {most:g} in size", f"{n_wrong} not"))
    return values


def as_binary(name: str, column: Column) -> BoolArray:
    """
    Check a yes-or-no column: booleans, or 0 and 1.

    Parameters
    ----------
    name
        The argument, for the message.
    column
        Its values, shape (n,).

    Returns
    -------
    numpy.ndarray
        The values as booleans.

    Raises
    ------
    DataError
        If it holds anything else.

    Examples
    --------
    >>> as_binary("event", np.array([1, 0]))
    array([ True, False])
    """
    values = as_numbers(name, column, most=math.inf)
    n_wrong = int(np.sum((values != 0) & (values != 1)))
    if n_wrong:
        coded = bool(np.isin(values, (1, 2)).all())
        hint = f"where 2 means yes, hand over {name} == 2" if coded else None
        got, rule = f"{n_wrong} others", "be true or false, 1 or 0"
        raise DataError(refusal(name, rule, got, hint=hint))
    is_one: BoolArray = values == 1
    return is_one


def as_causes(name: str, column: Column) -> IntArray:
    """
    Check causes of ending: 0 for censored, then 1, 2, … for kinds of event.

    Parameters
    ----------
    name
        The argument, for the message.
    column
        Its values, shape (n,).

    Returns
    -------
    numpy.ndarray
        The values as integers.

    Raises
    ------
    DataError
        If a value is no whole number of at least 0.

    Examples
    --------
    >>> as_causes("cause", np.array([0.0, 2.0]))
    array([0, 2])
    """
    values = as_numbers(name, column, most=math.inf)
    whole = (values >= 0) & (values == np.floor(values)) & (values < MOST_COUNTED)
    n_wrong = int(np.sum(~whole))
    if n_wrong:
        rule = "hold whole numbers, 0 for censored"
        raise DataError(refusal(name, rule, f"{n_wrong} others"))
    return values.astype(np.int64)


def r_terms(names: Sequence[str]) -> str:
    """
    Write covariates as the right side of a formula in R.

    Parameters
    ----------
    names
        Their names.

    Returns
    -------
    str
        The terms; ``covariates``, a matrix, where they came without names.

    Examples
    --------
    >>> r_terms(["age", "arm[T.b]"]), r_terms(["column 1"]), r_terms([])
    ('age + `arm[T.b]`', 'covariates', '1')
    """
    if not names:
        return "1"
    if all(re.fullmatch(r"column \d+", name) for name in names):
        return "covariates"
    return " + ".join(
        name if re.fullmatch(r"[A-Za-z.][\w.]*", name) else f"`{name}`"
        for name in names
    )


def as_groups(column: Column | None, *, n: int) -> Groups:
    """
    Turn labels into codes; no labels are one group.

    Parameters
    ----------
    column
        Labels, shape (n,), or a table of them, shape (n, k), or None.
    n
        How many rows there are.

    Returns
    -------
    Groups
        The sorted labels and each row's code.

    Examples
    --------
    >>> groups = as_groups(np.array(["b", "a", "b"]), n=3)
    >>> groups.labels, groups.code
    (('a', 'b'), array([1, 0, 1]))
    """
    if column is None:
        return Groups(labels=("all",), code=np.zeros(n, dtype=np.int64))
    if column.ndim == 2:
        column = pd.MultiIndex.from_arrays(list(column.T)).to_flat_index().to_numpy()
    code, labels = pd.factorize(column, sort=True)
    plain = tuple(label.item() if hasattr(label, "item") else label for label in labels)
    return Groups(labels=plain, code=code.astype(np.int64))


def check_entry(entry: FloatArray, time: FloatArray) -> None:
    """
    Refuse a spell that ends before it has begun.

    Parameters
    ----------
    entry
        Start of each spell, shape (n,).
    time
        Its end, shape (n,).

    Raises
    ------
    DataError
        If a spell has no length.

    Examples
    --------
    >>> check_entry(np.array([0.0]), np.array([2.0]))
    """
    n_wrong = int(np.sum(entry >= time))
    if n_wrong:
        hint = "spells are (start, stop]; drop those without length"
        got = f"{n_wrong} that do not"
        raise DataError(refusal("entry", "lie before `time`", got, hint=hint))


def _holds_text(column: Column) -> bool:
    """Say whether there is text among objects: "2" would pass for a number."""
    return any(isinstance(value, (str, bytes)) for value in column.flat)
