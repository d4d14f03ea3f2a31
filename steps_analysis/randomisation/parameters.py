"""Which parameters can a procedure have? The checks every declaration shares."""

from __future__ import annotations

from collections.abc import Iterable
from math import gcd
from typing import TypeAlias

import numpy as np

from steps_analysis.errors import ArgumentError, refusal

Ratio: TypeAlias = tuple[int, ...]
"""Each arm's part, treatment first and control last, in lowest terms."""

_LARGEST = 10**9  # beyond it arithmetic would overflow, or round a part to nothing


def is_whole(value: object) -> bool:
    """
    Say whether something is a whole number (True and False are not).

    Parameters
    ----------
    value
        Anything.

    Returns
    -------
    bool
        True for a Python or NumPy integer.

    Examples
    --------
    >>> is_whole(4), is_whole(4.0), is_whole(True)
    (True, False, False)
    """
    return isinstance(value, int | np.integer) and not isinstance(value, bool)


def check_whole(name: str, value: object, *, least: int) -> int:
    """
    Refuse anything but a whole number from `least` to a thousand million.

    Parameters
    ----------
    name
        The argument, for the message.
    value
        What was given.
    least
        The smallest number accepted.

    Returns
    -------
    int
        The number.

    Raises
    ------
    ArgumentError
        If it is something else.

    Examples
    --------
    >>> check_whole("mti", 3, least=1)
    3
    """
    if not isinstance(value, int | np.integer) or not is_whole(value) or value < least:
        rule = f"be a whole number, at least {least}"
        raise ArgumentError(refusal(name, rule, value))
    return int(value)


def check_draws(n_draws: int, seed: int | None, *, drawn: str, least: int) -> int:
    """
    Refuse draws of an impossible number, or without a seed.

    Parameters
    ----------
    n_draws
        How many are to be drawn.
    seed
        The seed, if one was given.
    drawn
        What is drawn, in the plural, for the message.
    least
        The fewest that make sense.

    Returns
    -------
    int
        The seed.

    Raises
    ------
    ArgumentError
        If the number is impossible, or no seed was given.

    Examples
    --------
    >>> check_draws(100, 7, drawn="sequences", least=2)
    7
    """
    check_whole("n_draws", n_draws, least=least)
    if seed is None:
        rule = f"be given where {drawn} are drawn"
        raise ArgumentError(refusal("seed", rule, seed))
    return seed


def check_probability(name: str, value: object, *, least: float, why: str) -> float:
    """
    Refuse a probability outside [least, 1].

    Parameters
    ----------
    name
        The argument, for the message.
    value
        What was given.
    least
        The smallest probability accepted.
    why
        What a smaller one would do.

    Returns
    -------
    float
        The probability.

    Raises
    ------
    ArgumentError
        If it is no number, or lies outside.

    Examples
    --------
    >>> check_probability("p", 0.8, least=0.5, why="less would favour imbalance")
    0.8
    """
    is_number = isinstance(value, int | float | np.number) and not isinstance(
        value, bool
    )
    if not is_number or not least - 1e-12 <= float(value) <= 1:  # type: ignore[arg-type]  # a number by now
        raise ArgumentError(refusal(name, f"lie in [{least:.4g}, 1] ({why})", value))
    return float(value)  # type: ignore[arg-type]  # a number by now


def check_number(name: str, value: object, *, may_be_zero: bool) -> float:
    """
    Refuse anything but a finite number above 0, or of at least 0.

    Parameters
    ----------
    name
        The argument, for the message.
    value
        What was given.
    may_be_zero
        Whether 0 is accepted.

    Returns
    -------
    float
        The number.

    Raises
    ------
    ArgumentError
        If it is something else.

    Examples
    --------
    >>> check_number("rho", 2, may_be_zero=True)
    2.0
    """
    is_number = isinstance(value, int | float | np.number) and not isinstance(
        value, bool
    )
    number = float(value) if is_number else -1.0  # type: ignore[arg-type]  # a number by now
    if not np.isfinite(number) or number < 0 or (number == 0 and not may_be_zero):
        rule = f"be a finite number, {'at least' if may_be_zero else 'above'} 0"
        raise ArgumentError(refusal(name, rule, value))
    return number


def check_ratio(value: object) -> Ratio:
    """
    Refuse a ratio that is not two or more whole numbers of at least 1; reduce it.

    Parameters
    ----------
    value
        Each arm's part, treatment first, control last.

    Returns
    -------
    tuple of int
        The ratio in lowest terms.

    Raises
    ------
    ArgumentError
        If it is something else.

    Examples
    --------
    >>> check_ratio([4, 2]), check_ratio((2, 2, 1))
    ((2, 1), (2, 2, 1))
    """
    given = tuple(value) if isinstance(value, Iterable) else ()
    if len(given) < 2 or not all(is_whole(part) and part >= 1 for part in given):
        rule = "be two or more whole numbers of at least 1, (treatment, ..., control)"
        raise ArgumentError(refusal("ratio", rule, value))
    if max(given) > _LARGEST:
        rule = f"have no part above {_LARGEST:,}"
        raise ArgumentError(refusal("ratio", rule, value))
    common = gcd(*given)
    return tuple(int(part) // common for part in given)


def check_ratio_of_two(value: object) -> Ratio:
    """
    Refuse a ratio of more than two arms, for procedures that have two.

    Parameters
    ----------
    value
        The parts of treatment and control.

    Returns
    -------
    tuple of int
        The ratio in lowest terms.

    Raises
    ------
    ArgumentError
        If it is something else.

    Examples
    --------
    >>> check_ratio_of_two([4, 2])
    (2, 1)
    """
    given = tuple(value) if isinstance(value, Iterable) else ()
    if len(given) != 2 or not all(is_whole(part) and part >= 1 for part in given):
        rule = "be two whole numbers of at least 1, (treatment, control)"
        raise ArgumentError(refusal("ratio", rule, value))
    return check_ratio(given)


def check_block_size(name: str, value: object, ratio: Ratio) -> int:
    """
    Refuse a block that cannot hold the ratio exactly.

    Parameters
    ----------
    name
        The argument, for the message.
    value
        How many participants one block holds, all arms together.
    ratio
        Each arm's part.

    Returns
    -------
    int
        The block size.

    Raises
    ------
    ArgumentError
        If it is not a positive multiple of the ratio's sum.

    Examples
    --------
    >>> check_block_size("block_size", 6, (2, 1))
    6
    """
    size = check_whole(name, value, least=1)
    if size > _LARGEST:
        raise ArgumentError(refusal(name, f"be at most {_LARGEST:,}", size))
    total = sum(ratio)
    if size % total:
        parts = ":".join(map(str, ratio))
        rule = f"be a multiple of {total}, so that every block holds the ratio {parts}"
        hint = "a block size counts all its participants, not those of one arm"
        raise ArgumentError(refusal(name, rule, size, hint=hint))
    return size


def check_block_sizes(value: object, ratio: Ratio) -> tuple[int, ...]:
    """
    Refuse block sizes of which one is impossible, or given twice.

    Parameters
    ----------
    value
        The sizes; one whole number stands for itself alone.
    ratio
        Each arm's part.

    Returns
    -------
    tuple of int
        The sizes, ascending.

    Raises
    ------
    ArgumentError
        If there is none, one repeats, or one cannot hold the ratio.

    Examples
    --------
    >>> check_block_sizes([6, 4], (1, 1))
    (4, 6)
    """
    given = tuple(value) if isinstance(value, Iterable) else (value,)
    sizes = sorted(check_block_size("block_sizes", size, ratio) for size in given)
    if not sizes or len(set(sizes)) < len(sizes):
        rule = "name at least one size, and each size once (all are equally likely)"
        raise ArgumentError(refusal("block_sizes", rule, value))
    return tuple(sizes)


def check_factors(value: object) -> tuple[str, ...]:
    """
    Refuse factors that are not distinct names.

    Parameters
    ----------
    value
        Names of the factors.

    Returns
    -------
    tuple of str
        The names, in the order given.

    Raises
    ------
    ArgumentError
        If there is none, one is no text, or one stands there twice.

    Examples
    --------
    >>> check_factors(["site", "sex"])
    ('site', 'sex')
    """
    is_list = isinstance(value, Iterable) and not isinstance(value, str)
    names: tuple[str, ...] = tuple(value) if is_list else ()  # type: ignore[arg-type]  # iterable by now
    if not names or not all(isinstance(name, str) and name.strip() for name in names):
        rule = "be a list of at least one factor's name"
        hint = "without factors, use permuted blocks" if not names else None
        raise ArgumentError(refusal("factors", rule, value, hint=hint))
    if len({name.strip().casefold() for name in names}) < len(names):
        rule = "name each factor once (a factor named twice would count twice)"
        raise ArgumentError(refusal("factors", rule, value))
    return names
