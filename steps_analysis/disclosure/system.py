"""What can an outsider read off the page? Limits of quantities, and how they add up."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy.sparse import coo_array, csr_array, vstack

from steps_analysis.disclosure.profiles import Profile
from steps_analysis.disclosure.structure import Structure
from steps_analysis.estimates import BoolArray, IntArray

NO_LIMIT = 10**12
"""Stands for "no upper limit" in whole-number arithmetic."""

_ROUNDS = 60


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class System:
    """
    What is known about the quantities of a release: integers in limits, linear rows.

    Attributes
    ----------
    equations
        Whole coefficients of sums that are 0, shape (m, n).
    inequalities
        Whole coefficients of sums that are at most 0, shape (k, n).
    lower, upper
        Least and greatest value of each quantity, shape (n,).
    is_unimodular
        Whether every linear optimum is a whole table.
    """

    equations: csr_array
    inequalities: csr_array
    lower: IntArray
    upper: IntArray
    is_unimodular: bool


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Reading:
    """
    How each quantity would look, shown or hidden, under one rule.

    Attributes
    ----------
    base
        What it is rounded to where it is shown, shape (n,).
    shown
        What is printed where it is shown, shape (n,).
    shown_lower, shown_upper
        The values that would be printed the same, shape (n,).
    is_small
        Whether the rule hides it: its value is in the hidden range and it is not public
        already, shape (n,).
    is_public
        Whether it is public exactly as it is, shape (n,).
    known_lower, known_upper
        What is known of it whether it is shown or hidden, shape (n,).
    """

    base: IntArray
    shown: IntArray
    shown_lower: IntArray
    shown_upper: IntArray
    is_small: BoolArray
    is_public: BoolArray
    known_lower: IntArray
    known_upper: IntArray


def reading_of(
    structure: Structure,
    profile: Profile,
    bases: IntArray,
    is_public: BoolArray,
) -> Reading:
    """
    Work out how each quantity would look under a rule.

    Parameters
    ----------
    structure
        The quantities.
    profile
        The rule.
    bases
        The coarsest rounding base among the places a quantity stands in, shape (n,).
    is_public
        Which quantities are public exactly as they are, shape (n,).

    Returns
    -------
    Reading
        What is printed and which values would be printed the same.
    """
    value = structure.value
    base = np.where(is_public, 1, bases)
    pairs = list(zip(value.tolist(), base.tolist(), strict=True))
    limits = np.array([profile.interval(v, b) for v, b in pairs]).reshape(-1, 2)
    is_small = (value >= 1) & (value <= profile.hidden_up_to) & ~is_public
    return Reading(
        base=base,
        shown=np.array([profile.rounded(v, b) for v, b in pairs], dtype=np.int64),
        shown_lower=np.where(is_small | is_public, value, limits[:, 0]),
        shown_upper=np.where(is_small | is_public, value, limits[:, 1]),
        is_small=is_small,
        is_public=is_public,
        known_lower=np.zeros_like(value),
        known_upper=np.full_like(value, NO_LIMIT),
    )


def system_of(
    structure: Structure,
    reading: Reading,
    hidden: BoolArray,
    *,
    withheld: BoolArray,
    hides_zeros: bool,
) -> System:
    """
    Write down what a pattern of hidden figures leaves an outsider to work with.

    Parameters
    ----------
    structure
        Quantities and equations.
    reading
        How each would look.
    hidden
        Which carry the marker, shape (n,).
    withheld
        Which are not published at all, shape (n,).
    hides_zeros
        Whether zeros beneath a hidden total are hidden with it. If so a hidden figure
        beneath a hidden total may be 0; any other is at least 1, since zeros are shown.

    Returns
    -------
    System
        The outsider's knowledge.
    """
    lower = np.where(hidden, 1, reading.shown_lower)
    if hides_zeros:
        lower[hidden & beneath(structure, hidden)] = 0
    lower[withheld] = 0
    upper = np.where(hidden | withheld, NO_LIMIT, reading.shown_upper)
    return System(
        equations=structure.equations,
        inequalities=csr_array((0, len(lower)), dtype=np.int64),
        lower=np.maximum(lower, reading.known_lower),
        upper=np.minimum(upper, reading.known_upper),
        is_unimodular=structure.is_unimodular,
    )


def beneath(structure: Structure, hidden: BoolArray) -> BoolArray:
    """
    Mark the quantities that are part of a hidden sum.

    Parameters
    ----------
    structure
        Quantities and equations.
    hidden
        Which are hidden, shape (n,).

    Returns
    -------
    numpy.ndarray
        True for those beneath a hidden one, shape (n,).
    """
    chosen = set(np.flatnonzero(hidden).tolist())
    return np.array([not chosen.isdisjoint(up) for up in structure.above], dtype=bool)


def tighten(system: System) -> System:
    """
    Narrow the limits by going round the rows until nothing moves.

    Parameters
    ----------
    system
        What is known.

    Returns
    -------
    System
        The same with limits that no possible table can exceed; they may still be too
        wide. If no table is possible, some lower limit may exceed its upper one.

    Notes
    -----
    Whole-number arithmetic throughout, so nothing is lost to rounding. Known as the
    shuttle algorithm (Buzzigoli and Giusti 1999).

    Examples
    --------
    >>> row = csr_array(np.array([[1, 1, -1]]))
    >>> known = System(equations=row, inequalities=csr_array((0, 3), dtype=np.int64),
    ...                lower=np.array([1, 1, 7]), upper=np.array([99, NO_LIMIT, 7]),
    ...                is_unimodular=True)
    >>> tighten(known).upper.tolist()
    [6, 6, 7]
    """
    equations = system.equations
    rows = vstack([equations, -equations, system.inequalities]).tocoo()
    lower, upper = system.lower.copy(), system.upper.copy()
    for _ in range(_ROUNDS):
        before = lower.copy(), upper.copy()
        _pass(rows, lower, upper)
        same = np.array_equal(before[0], lower) and np.array_equal(before[1], upper)
        if same or np.any(lower > upper):
            break
    return replace(system, lower=lower, upper=upper)


def _pass(rows: coo_array, lower: IntArray, upper: IntArray) -> None:
    """Use every row (a sum of at most 0) once, in place."""
    i, j, weight = rows.row, rows.col, rows.data
    least = np.where(weight > 0, weight * lower[j], weight * upper[j])
    total = np.zeros(rows.shape[0], dtype=np.int64)
    np.add.at(total, i, least)
    room = least - total[i]  # what this term may reach: weight * x <= room
    up = weight > 0
    np.minimum.at(upper, j[up], room[up] // weight[up])
    np.maximum.at(lower, j[~up], -(room[~up] // -weight[~up]))
    upper[upper > NO_LIMIT // 2] = NO_LIMIT
