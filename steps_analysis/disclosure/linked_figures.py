"""How do the rates and charts of someone else's release derive from its counts?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from steps_analysis.disclosure.derived.changes import Difference
from steps_analysis.disclosure.derived.marks import Marks
from steps_analysis.disclosure.derived.rates import Percentage, Rate
from steps_analysis.disclosure.derived.survival_steps import SurvivalSteps
from steps_analysis.disclosure.figures import Derived, How, figure_dict
from steps_analysis.disclosure.grids import Grid, named_grid, read_grid
from steps_analysis.disclosure.profiles import Profile
from steps_analysis.disclosure.tables import TOTAL, Table
from steps_analysis.errors import DataError, refusal

FIGURES: Mapping[str, tuple[str, ...]] = {
    "rate": ("per", "denominators"),
    "percentage": ("share_of",),
    "difference": ("from", "to"),
    "survival": ("events", "at_risk"),
    "marks": ("per_unit", "start"),
}
"""Part of a links file to the keys that only it has."""


def figures_of(
    path: Path, said: Mapping[str, Any], tables: Mapping[str, Table], profile: Profile
) -> Iterator[dict[str, Any]]:
    """
    Read the derived figures that a links file declares.

    Parameters
    ----------
    path
        The links file.
    said
        What it says.
    tables
        Its tables by name.
    profile
        Its rule, for decimal places that are not given.

    Yields
    ------
    dict
        One derived table, as ``release.json`` would describe it.

    Raises
    ------
    DataError
        If a part names no table, or its file lacks a figure.
    """
    totals = {one["name"]: one for one in said["table"]}
    made: dict[str, Derived] = {}
    for part in FIGURES:
        for one in said.get(part, ()):
            source = made.get(one.get("of", ""))
            of = one.get("of") if source is None else source.of
            if of not in tables:
                rule = f"name a table ({', '.join([*tables, *made])})"
                raise DataError(refusal("of", rule, one.get("of"), file=path))
            grid = named_grid(path, one)
            how = _how(path, part, one)
            derived = how.derive(one["name"], tables[of], source)
            made[one["name"]] = derived
            yield {
                "name": derived.name,
                "of": derived.of,
                "kind": derived.kind,
                "decimals": int(one.get("decimals", derived.places(profile))),
                "rows": list(derived.rows),
                "columns": list(derived.columns),
                "values": _printed(grid, derived, totals[of]),
                "figures": [figure_dict(figure) for figure in derived.figures],
            }


def background_of(
    path: Path, said: Mapping[str, Any], tables: Mapping[str, Table]
) -> Iterator[Table]:
    """
    Make the tables that are not printed but that curves imply.

    Parameters
    ----------
    path
        The links file.
    said
        What it says.
    tables
        Its tables by name.

    Yields
    ------
    Table
        Those who leave between two times of a curve without an event.
    """
    for one in said.get("survival", ()):
        how = _how(path, "survival", one)
        if isinstance(how, SurvivalSteps) and one.get("of") in tables:
            yield how.withdrawn(str(one.get("name")), tables[one["of"]])


def _how(path: Path, part: str, one: Mapping[str, Any]) -> How:
    """Declare one derived table."""
    if part == "rate":
        return Rate(denominator=_exposures(path, one), per=one.get("per", 10_000))
    if part == "percentage":
        return Percentage(of=one.get("share_of", "row"))
    if part == "difference":
        return Difference(
            from_column=str(one.get("from")), to_column=str(one.get("to"))
        )
    given = {key: value for key, value in one.items() if key in FIGURES[part]}
    return Marks(**given) if part == "marks" else SurvivalSteps(**given)


def _exposures(path: Path, one: Mapping[str, Any]) -> pd.Series[float] | pd.DataFrame:
    """Read the denominators of rates."""
    if not isinstance(one.get("denominators"), str):
        rule = "name the file of the denominators"
        raise DataError(refusal("denominators", rule, None, file=path))
    grid = read_grid(path.parent / one["denominators"])
    numbers = [
        [_number(grid.figures[row, column]) for column in grid.columns]
        for row in grid.rows
    ]
    frame = pd.DataFrame(numbers, index=list(grid.rows), columns=list(grid.columns))
    return frame.iloc[:, 0] if frame.shape[1] == 1 else frame


def _printed(
    grid: Grid, derived: Derived, labels: Mapping[str, Any]
) -> list[list[float | str]]:
    """Line the printed figures up with those that are declared."""
    rows = {TOTAL: labels.get("column_total", TOTAL)}
    columns = {TOTAL: labels.get("row_total", TOTAL)}
    found: list[list[float | str]] = []
    for row in derived.rows:
        line: list[float | str] = []
        for column in derived.columns:
            at = rows.get(row, row), columns.get(column, column)
            if at not in grid.figures:
                rule = f"have a figure at {at[0]}, {at[1]}"
                raise DataError(refusal("file", rule, "none", file=grid.place))
            text = grid.figures[at]
            number = _number(text)
            line.append(text if np.isnan(number) else number)
        found.append(line)
    return found


def _number(text: str) -> float:
    """Read one number; what is none is missing."""
    try:
        return float(text.replace(",", "").removesuffix("%"))
    except ValueError:
        return float("nan")
