"""What counts and exposures must be, before anything is computed from them."""

from __future__ import annotations

from numbers import Real

import numpy as np
import numpy.typing as npt

from steps_analysis.errors import ArgumentError, DataError, did_you_mean, refusal
from steps_analysis.estimates import FloatArray


def check_counts(name: str, values: npt.ArrayLike) -> FloatArray:
    """
    Refuse anything but counts.

    Parameters
    ----------
    name
        What the argument is called.
    values
        Counts, a number or shape (n,).

    Returns
    -------
    numpy.ndarray
        The counts as floats, same shape.

    Raises
    ------
    DataError
        If any is missing, negative or not whole.

    Examples
    --------
    >>> check_counts("events", [3, 0])
    array([3., 0.])
    """
    counts = as_numbers(name, values)
    wrong = ~np.isfinite(counts) | (counts < 0) | (counts != np.floor(counts))
    refuse_where(name, "hold whole numbers, at least 0", wrong)
    return counts


def check_amounts(
    name: str, values: npt.ArrayLike, *, allow_zero: bool = True
) -> FloatArray:
    """
    Refuse anything but amounts: person-years, populations, expected counts.

    Parameters
    ----------
    name
        What the argument is called.
    values
        Amounts, a number or shape (n,).
    allow_zero
        Whether an amount may be 0.

    Returns
    -------
    numpy.ndarray
        The amounts as floats, same shape.

    Raises
    ------
    DataError
        If any is missing, infinite, negative, or 0 where that is not allowed.

    Examples
    --------
    >>> check_amounts("exposure", 22_500)
    array(22500.)
    """
    amounts = as_numbers(name, values)
    wrong = ~np.isfinite(amounts) | (amounts < 0)
    if not allow_zero:
        wrong |= amounts == 0
    least = "at least 0" if allow_zero else "above 0"
    refuse_where(name, f"hold finite numbers, {least}", wrong)
    return amounts


def check_pair(
    events: npt.ArrayLike, exposure: npt.ArrayLike
) -> tuple[FloatArray, FloatArray]:
    """
    Refuse events without an exposure in which they could have happened.

    Parameters
    ----------
    events
        Counts, a number or shape (n,).
    exposure
        Person-years or population, the shape of `events`; 0 only where `events` is 0.

    Returns
    -------
    tuple of numpy.ndarray
        Events and exposure as floats.

    Raises
    ------
    DataError
        If shapes differ, or events stand beside no exposure.

    Examples
    --------
    >>> check_pair([0, 2], [0, 10])
    (array([0., 2.]), array([ 0., 10.]))
    """
    counts, amounts = (
        check_counts("events", events),
        check_amounts("exposure", exposure),
    )
    if counts.shape != amounts.shape:
        rule = f"have the shape {counts.shape} of `events`"
        raise DataError(refusal("exposure", rule, amounts.shape))
    refuse_where(
        "exposure", "be above 0 where there are events", (amounts == 0) & (counts > 0)
    )
    return counts, amounts


def check_choice(name: str, value: object, accepted: tuple[str, ...]) -> None:
    """
    Refuse an option that is not on the list.

    Parameters
    ----------
    name
        What the option is called.
    value
        What was given.
    accepted
        What is accepted.

    Raises
    ------
    ArgumentError
        If `value` is not among `accepted`.

    Examples
    --------
    >>> check_choice("period", "month", ("month", "year"))
    """
    if value not in accepted:
        hint = did_you_mean(value, accepted)
        raise ArgumentError(
            refusal(name, f"be one of {', '.join(accepted)}", value, hint=hint)
        )


def check_positive(name: str, value: float) -> float:
    """
    Refuse an option that is not above 0.

    Parameters
    ----------
    name
        What the option is called.
    value
        What was given, such as how many person-years a rate is expressed for.

    Returns
    -------
    float
        The number.

    Raises
    ------
    ArgumentError
        If it is not a finite number above 0.

    Examples
    --------
    >>> check_positive("per", 10_000)
    10000.0
    """
    if not 0 < value < np.inf:
        raise ArgumentError(refusal(name, "be a finite number above 0", value))
    return float(value)


def check_whole(name: str, value: float, least: int, *, also: str = "") -> int:
    """
    Refuse an option that is no whole number of at least so many.

    Parameters
    ----------
    name
        What the option is called.
    value
        What was given.
    least
        The smallest number accepted.
    also
        What else is accepted, in words that follow the rule.

    Returns
    -------
    int
        The number.

    Raises
    ------
    ArgumentError
        If it is not whole, or too small.

    Examples
    --------
    >>> check_whole("capacity", 3.0, 1)
    3
    """
    is_number = isinstance(value, Real) and least <= value < np.inf
    if not is_number or not float(value).is_integer():
        rule = f"be a whole number, at least {least}{also}"
        raise ArgumentError(refusal(name, rule, value))
    return int(value)


def as_numbers(name: str, values: npt.ArrayLike) -> FloatArray:
    """
    Turn into floats what can be turned, and refuse the rest.

    Parameters
    ----------
    name
        What the argument is called.
    values
        A number or an array.

    Returns
    -------
    numpy.ndarray
        The numbers, same shape.

    Raises
    ------
    DataError
        If they are no numbers.

    Examples
    --------
    >>> as_numbers("values", [1, 2])
    array([1., 2.])
    """
    try:
        return np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError):
        raise DataError(refusal(name, "hold numbers", "something else")) from None


def refuse_where(name: str, rule: str, wrong: npt.NDArray[np.bool_]) -> None:
    """
    Say how many values break a rule, and never which.

    Parameters
    ----------
    name
        What the argument is called.
    rule
        What it must be, worded to follow "must".
    wrong
        True for each value that breaks it.

    Raises
    ------
    DataError
        If any does.

    Examples
    --------
    >>> refuse_where("events", "be above 0", np.array([False]))
    """
    if np.any(wrong):
        n_wrong = f"{np.count_nonzero(wrong)} of {np.size(wrong)} that do not"
        raise DataError(refusal(name, rule, n_wrong))
