"""Which method to use when? By a rule, from what was measured.

A method keeps a trial size where, in all cells of that size, its type I error is at
most the bound and its intervals miss a true effect no oftener than that, within two
Monte Carlo errors. Of those that keep it, a test with the most power is recommended,
an interval that is shortest; among near equals the one surest to keep it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from typing import Any

BOUND = 0.055
SIZES = (20, 40, 80, 400)
_ERRORS = 2.0  # Monte Carlo errors allowed where an effect is missed
_NEAR_LENGTH, _NEAR_POWER = 0.02, 0.01  # part of the shortest, share of the trials
_USUAL = "blocks"  # allocation of rows that name none
Row = dict[str, Any]


def error(share: float, kept: Row) -> float:
    """
    Give the Monte Carlo error of a share; 0 where it is exact.

    Parameters
    ----------
    share
        The share.
    kept
        What was kept of a run; without trials it was exact.

    Returns
    -------
    float
        Standard error, taking at least one trial to have come out otherwise.

    Examples
    --------
    >>> error(0.5, {"trials": 100}), error(0.5, {})
    (0.05, 0.0)
    """
    trials = kept.get("trials")
    if trials is None:
        return 0.0
    inside = min(max(share, 1 / trials), 1 - 1 / trials)
    return math.sqrt(inside * (1 - inside) / trials)


def cells_at(row: Row, n: int | None) -> list[Row]:
    """Give a method's cells of one trial size, or of all."""
    return [cell for cell in row["cells"] if n in (None, cell["n"])]


def is_measured(row: Row, n: int | None) -> bool:
    """Say whether a method was measured at a trial size, or at all of them."""
    there = {cell["n"] for cell in row["cells"]}
    return n in there if n is not None else there >= set(SIZES)


def best_known(cell: Row) -> Row:
    """Give the run with an effect; for one proportion, which has none, the other."""
    found: Row = cell["effect"] if "effect" in cell else cell["null"]
    return found


def keeps(cell: Row) -> bool:
    """
    Say whether a method keeps its promise in a cell.

    Parameters
    ----------
    cell
        What was measured there.

    Returns
    -------
    bool
        False if type I error exceeds the bound, or a true effect is missed oftener
        than that by more than two Monte Carlo errors.

    Examples
    --------
    >>> keeps({"null": {"rejects": 0.055}}), keeps({"null": {"rejects": 0.0551}})
    (True, False)
    """
    missed = cell.get("effect", {}).get("misses", 0.0)
    allowed = BOUND + _ERRORS * error(missed, cell.get("effect", {}))
    return bool(cell["null"]["rejects"] <= BOUND and missed <= allowed)


def mean_length(row: Row, n: int | None) -> float:
    """Give the mean length of an interval."""
    found = [best_known(cell)["length"] for cell in cells_at(row, n)]
    return float(sum(found) / len(found))


def power_lost(row: Row, n: int | None) -> float:
    """Give how often an effect is not found; without one, 1."""
    found = [
        1 - cell.get("effect", {}).get("rejects", 0.0) for cell in cells_at(row, n)
    ]
    return float(sum(found) / len(found))


def length_or_power(row: Row, n: int | None) -> float:
    """Give what is compared: the mean length of an interval, a test's power lost."""
    return mean_length(row, n) if row["interval"] else power_lost(row, n)


def recommended(
    rows: Iterable[Row],
    n: int | None,
    *,
    cost: Callable[[Row, int | None], float] = length_or_power,
) -> str:
    """
    Name the method to use.

    Parameters
    ----------
    rows
        The methods that answer one question.
    n
        The trial size; None for a method that keeps them all.
    cost
        What should be small.

    Returns
    -------
    str
        Its name, ``"none"`` where none keeps the bound, or a dash where none was
        measured.
    """
    measured = [row for row in rows if is_measured(row, n)]
    if not measured:
        return "–"
    kept = [row for row in measured if all(keeps(cell) for cell in cells_at(row, n))]
    if not kept:
        return "none"
    least = min(cost(row, n) for row in kept)
    by_length = cost is not power_lost and kept[0]["interval"]
    most = least * (1 + _NEAR_LENGTH) if by_length else least + _NEAR_POWER
    near = [row for row in kept if cost(row, n) <= most]
    return str(min(near, key=lambda row: (worst(row, n), cost(row, n)))["name"])


def worst(row: Row, n: int | None) -> float:
    """Give the largest type I error, two Monte Carlo errors added."""
    return max(
        float(cell["null"]["rejects"])
        + _ERRORS * error(cell["null"]["rejects"], cell["null"])
        for cell in cells_at(row, n)
    )


def undecided(rows: Iterable[Row], n: int | None) -> list[str]:
    """
    Name the methods of which more trials might say that they keep the bound.

    Parameters
    ----------
    rows
        The methods that answer one question.
    n
        The trial size; None for all.

    Returns
    -------
    list of str
        Those above the bound somewhere, but nowhere by more than two Monte Carlo
        errors.
    """
    found = []
    for row in rows:
        cells = cells_at(row, n) if is_measured(row, n) else []
        above = [cell for cell in cells if not keeps(cell)]
        if above and not any(map(is_clearly_above, above)):
            found.append(str(row["name"]))
    return found


def is_clearly_above(cell: Row) -> bool:
    """Say whether errors or misses exceed the bound by two Monte Carlo errors."""
    missed = cell.get("effect", {}).get("misses", 0.0)
    missing = missed - _ERRORS * error(missed, cell.get("effect", {})) > BOUND
    return bool(_is_far(cell) or missing)


def _is_far(cell: Row) -> bool:
    """Say whether type I error is above the bound by two Monte Carlo errors."""
    share = cell["null"]["rejects"]
    return bool(share - _ERRORS * error(share, cell["null"]) > BOUND)


def questions(families: Iterable[Row]) -> dict[str, list[Row]]:
    """Gather the methods by the question they answer, allocations apart."""
    found: dict[str, list[Row]] = {}
    for family in families:
        for row in family["methods"]:
            allocation = row["name"].partition("; ")[2]
            other = f"; {allocation}" if allocation not in ("", _USUAL) else ""
            found.setdefault(f"{row['question']}{other}", []).append(row)
    return found


def breaches(rows: Iterable[Row]) -> Iterator[tuple[str, Row, int, bool]]:
    """
    Find the methods whose type I error is above the bound somewhere.

    Parameters
    ----------
    rows
        Methods.

    Yields
    ------
    tuple
        Name, the worst cell, in how many cells, and whether in one of them by more than
        two Monte Carlo errors.
    """
    for row in rows:
        above = [cell for cell in row["cells"] if cell["null"]["rejects"] > BOUND]
        if above:
            first = max(above, key=lambda cell: cell["null"]["rejects"])
            yield row["name"], first, len(above), any(map(_is_far, above))
