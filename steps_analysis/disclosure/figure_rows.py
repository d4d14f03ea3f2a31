"""What does a printed figure tell about the counts it was computed from?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from math import ceil, floor, lcm

import numpy as np
from scipy.sparse import csr_array, hstack, vstack

from steps_analysis.disclosure.figures import Factor, Ratio, Sum
from steps_analysis.disclosure.structure import sparse_rows
from steps_analysis.disclosure.system import NO_LIMIT, System
from steps_analysis.disclosure.tables import Cell
from steps_analysis.estimates import IntArray

_FINE = 10**5
ONE = -1
"""Stands for the number 1 among the quantities of a row."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """
    A figure computed from exact counts, as it stands on the page.

    Attributes
    ----------
    figure
        How it was computed.
    printed
        The number that is printed.
    decimals
        Its decimal places.

    Examples
    --------
    >>> a = Cell("t", "A", "2013")
    >>> rate = Ratio(row="A", column="2013", factors=((Sum(terms=((a, 1),)),
    ...              Sum(constant=Fraction(35_000))),), scale=Fraction(10_000))
    >>> Reading(figure=rate, printed=Fraction("0.9"), decimals=1).limits
    (Fraction(17, 20), Fraction(19, 20))
    """

    figure: Ratio
    printed: Fraction
    decimals: int

    @property
    def limits(self) -> tuple[Fraction, Fraction]:
        """
        Tell between which numbers the figure lies that is printed so.

        Returns
        -------
        tuple of fractions.Fraction
            Both ends are granted, whatever way halves are rounded.
        """
        half = Fraction(1, 2 * 10**self.decimals)
        return self.printed - half, self.printed + half


def informed(
    system: System, number: Mapping[Cell, int], readings: Iterable[Reading]
) -> System:
    """
    Add to an outsider's knowledge figures that were computed from exact counts.

    Parameters
    ----------
    system
        What an outsider can read off the counts.
    number
        Cell to number of its quantity.
    readings
        The figures, as printed.

    Returns
    -------
    System
        With narrower limits and further rows; where a row has a number in it, with one
        more quantity at the end that is 1.

    Notes
    -----
    A printed ratio of sums lies between two numbers, so each is two linear rows, and a
    rate is two limits of its count. A step of a survival curve is its last ratio times
    the step before; what the two printed numbers tell is the last ratio between the
    quotients of their ends, so a little less than both tell together.
    """
    lower, upper = system.lower.copy(), system.upper.copy()
    rows: list[Mapping[int, int]] = []
    seen: dict[tuple[Factor, ...], tuple[Fraction, Fraction]] = {}
    for one in readings:
        ends = _ends(one, seen)
        if ends is None:
            continue
        top, bottom = one.figure.factors[-1]
        if not bottom.terms and len(top.terms) == 1:
            _narrow(lower, upper, number, (top, bottom), ends)
        else:
            rows += _rows(top, bottom, ends, number)
    return _with_rows(replace(system, lower=lower, upper=upper), rows)


def _ends(
    one: Reading, seen: dict[tuple[Factor, ...], tuple[Fraction, Fraction]]
) -> tuple[Fraction, Fraction] | None:
    """Tell between which numbers the last ratio of a figure lies."""
    figure = one.figure
    ends = sorted((end - figure.start) / figure.scale for end in one.limits)
    if len(figure.factors) == 1 and figure.least is None:
        seen[figure.factors] = ends[0], ends[1]
        return ends[0], ends[1]
    least = max(ends[0], Fraction(0)) if figure.least == 0 else ends[0]
    seen[figure.factors] = least, ends[1]
    before = seen.get(figure.factors[:-1], (Fraction(1), Fraction(1)))
    if len(figure.factors) == 1:
        return least, ends[1]
    if before[0] <= 0:
        return None
    low, high = least / before[1], min(ends[1] / before[0], Fraction(1))
    return Fraction(floor(low * _FINE), _FINE), Fraction(ceil(high * _FINE), _FINE)


def _narrow(
    lower: IntArray,
    upper: IntArray,
    number: Mapping[Cell, int],
    factor: Factor,
    ends: tuple[Fraction, Fraction],
) -> None:
    """Turn a ratio with one count and a public denominator into limits, in place."""
    (((cell, weight),), top), below = (factor[0].terms, factor[0].constant), factor[1]
    least, most = sorted((end * below.constant - top) / weight for end in ends)
    quantity = number[cell]
    lower[quantity] = max(lower[quantity], ceil(least))
    upper[quantity] = min(upper[quantity], max(floor(most), -1))


def _rows(
    top: Sum, bottom: Sum, ends: tuple[Fraction, Fraction], number: Mapping[Cell, int]
) -> Iterator[Mapping[int, int]]:
    """Write a ratio between two numbers as sums that are at most 0."""
    for sign, end in ((1, ends[1]), (-1, ends[0])):
        row: dict[int, Fraction] = {}
        for one, weight in ((top, Fraction(sign)), (bottom, -sign * end)):
            for cell, coefficient in one.terms:
                quantity = number[cell]
                row[quantity] = row.get(quantity, Fraction(0)) + coefficient * weight
            row[ONE] = row.get(ONE, Fraction(0)) + one.constant * weight
        whole = lcm(*(value.denominator for value in row.values()))
        yield {key: int(value * whole) for key, value in row.items() if value}


def _with_rows(system: System, rows: list[Mapping[int, int]]) -> System:
    """Add rows to a system, with a quantity that is 1 where they need it."""
    rows = [row for row in rows if max(row.values(), default=0) > 0]  # else it is clear
    if not rows:
        return system
    n = len(system.lower)
    needs_one = any(ONE in row for row in rows)
    placed = [{n if k == ONE else k: w for k, w in row.items()} for row in rows]
    width = n + needs_one
    lower, upper = system.lower, system.upper
    equations, inequalities = system.equations, system.inequalities
    if needs_one:
        lower, upper = np.append(lower, 1), np.append(upper, 1)
        equations, inequalities = _wider(equations), _wider(inequalities)
    return replace(
        system,
        equations=equations,
        inequalities=csr_array(vstack([inequalities, sparse_rows(placed, width)])),
        lower=lower,
        upper=np.minimum(upper, NO_LIMIT),
        is_unimodular=False,
    )


def _wider(matrix: csr_array) -> csr_array:
    """Add a column of zeros."""
    empty = csr_array((matrix.shape[0], 1), dtype=np.int64)
    return csr_array(hstack([matrix, empty]))
