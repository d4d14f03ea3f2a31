"""A data folder to damage, and what is then to be told.

A kind of damage is a function of a `Case`: it changes a file that no other damage has
touched, and gives what the checker must tell, or None where this folder has nothing of
that kind to damage. Every choice is the case's own, seeded.

Not in the catalogue is what nothing can see: a valid value turned into another valid
one (an arm, a yes, a date within its neighbours), a row lost or a file cut at a line's
end where nothing points at what is gone, identifiers exchanged where no other table
speaks of the difference.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from steps_analysis.trial_data import Field, TableRule

TOKEN = "zqx"  # planted in what is damaged; no message may repeat it


@dataclass(frozen=True)
class Told:
    """A problem that must be among those told: None where it may be any."""

    file: str
    line: int | None = None
    column: str | None = None

    def is_met_by(self, problem) -> bool:
        """Whether a problem names this file, line and column."""
        return (
            problem.file == self.file
            and (self.line is None or self.line in problem.lines)
            and (self.column is None or self.column == problem.column)
        )


class Refusal:
    """Instead of problems: the protocol is refused as a whole."""


@dataclass(frozen=True)
class Spot:
    """One cell: where, and its contract."""

    table: TableRule
    row: int  # 0 is the header
    position: int
    field: Field

    @property
    def told(self) -> Told:
        """Damage here is told with file, line and column."""
        return Told(self.table.file, self.row + 1, self.field.name)


@dataclass
class Case:
    """A folder's files, the rules they keep, and who chooses."""

    files: dict[str, bytes]
    rules: dict[str, TableRule]
    rng: np.random.Generator
    ending: frozenset[str] = frozenset()  # the events that end observation
    touched: set[str] = field(default_factory=set)
    # After the files are written: what must be done to the folder itself.
    afterwards: list[Callable] = field(default_factory=list)

    def one_of(self, choices):
        """Choose one, or None where there is none."""
        choices = list(choices)
        return choices[self.rng.integers(len(choices))] if choices else None

    def tables(self) -> list[TableRule]:
        """The tables that are there and not yet damaged."""
        return [
            rule
            for rule in self.rules.values()
            if rule.file in self.files and rule.file not in self.touched
        ]

    def table(self, least_rows: int = 1) -> TableRule | None:
        """Choose a table with so many rows, and mark it as damaged."""
        rule = self.one_of(r for r in self.tables() if len(self.rows(r)) > least_rows)
        return self.touch(rule)

    def touch(self, rule: TableRule | None) -> TableRule | None:
        """Mark a table as damaged."""
        if rule is not None:
            self.touched.add(rule.file)
        return rule

    def rows(self, rule: TableRule | str) -> list[list[str]]:
        """The cells of a table, header first."""
        rule = self.rules[rule] if isinstance(rule, str) else rule
        text = self.files[rule.file].decode()
        return list(csv.reader(io.StringIO(text, newline="")))

    def write(self, rule: TableRule, rows, *, quoting=csv.QUOTE_MINIMAL) -> None:
        """Put rows in a table's file."""
        text = io.StringIO()
        csv.writer(text, lineterminator="\n", quoting=quoting).writerows(rows)
        self.files[rule.file] = text.getvalue().encode()

    def lines(self, rule: TableRule) -> list[str]:
        """The lines of a table's file, header first."""
        return self.files[rule.file].decode().splitlines()

    def write_lines(self, rule: TableRule, lines) -> None:
        """Put lines in a table's file."""
        self.files[rule.file] = "".join(f"{line}\n" for line in lines).encode()

    def spot(self, wanted: Callable[[Field, str], bool], table=None) -> Spot | None:
        """Choose a cell by its field and text, and mark its table as damaged."""
        spots = []
        for rule in self.tables():
            if table not in (None, rule.name):
                continue
            header, *rows = self.rows(rule)
            spots += [
                Spot(rule, i, j, rule.field(name))
                for j, name in enumerate(header)
                for i, row in enumerate(rows, start=1)
                if wanted(rule.field(name), row[j])
            ]
        spot = self.one_of(spots)
        if spot is not None:
            self.touch(spot.table)
        return spot

    def text(self, spot: Spot) -> str:
        """What stands in a cell."""
        return self.rows(spot.table)[spot.row][spot.position]

    def put(self, spot: Spot, text: str) -> Told:
        """Put a text into a cell; it is to be told."""
        rows = self.rows(spot.table)
        rows[spot.row][spot.position] = text
        self.write(spot.table, rows)
        return spot.told

    def columns(self, name: str) -> dict[str, int] | None:
        """The positions of a table's columns; None where absent or damaged already."""
        rule = self.rules[name]
        if rule not in self.tables():
            return None
        return {column: j for j, column in enumerate(self.rows(rule)[0])}


def filled(*kinds: str) -> Callable[[Field, str], bool]:
    """Want a filled cell of one of these kinds."""
    return lambda field, text: field.kind in kinds and bool(text)
