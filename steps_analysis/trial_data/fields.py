"""What is said of a column, and of a table, in the data contract."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["id", "code", "date", "whole", "number", "yes_no"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """
    One column of a table.

    Attributes
    ----------
    name
        Its name.
    kind
        "id" (up to 64 visible characters), "code" (one of a closed list), "date",
        "whole" (number), "number" or "yes_no" (written true or false).
    required
        Whether the column must be there and every cell filled.
    codes
        For a code: the closed list.
    minimum, maximum
        For a number: its range.
    unit
        Its unit.
    links_to
        ``table.field`` whose values its own must be among.
    is_planned
        Whether, as a date, it may lie after the extract date.
    title
        What it holds, in a phrase.
    """

    name: str
    kind: Kind
    title: str
    required: bool = False
    codes: tuple[str, ...] = ()
    minimum: float | None = None
    maximum: float | None = None
    unit: str = ""
    links_to: str | None = None
    is_planned: bool = False

    @property
    def target(self) -> tuple[str, str] | None:
        """The table and the field it links to, if any."""
        if self.links_to is None:
            return None
        table, _, name = self.links_to.partition(".")
        return table, name


@dataclass(frozen=True, slots=True, kw_only=True)
class TableRule:
    """
    One table of the contract.

    Attributes
    ----------
    name
        Its name; the file is ``name.csv``.
    title
        What one row is.
    fields
        Its columns, in order.
    key
        The columns that together may not repeat; all of them where it is empty.
    is_concealed
        Whether it could show an arm.
    """

    name: str
    title: str
    fields: tuple[Field, ...]
    key: tuple[str, ...] = ()
    is_concealed: bool = False

    def field(self, name: str) -> Field:
        """
        Find a field by its name.

        Parameters
        ----------
        name
            The name.

        Returns
        -------
        Field
            The field.
        """
        return next(field for field in self.fields if field.name == name)

    @property
    def file(self) -> str:
        """The name of its file."""
        return f"{self.name}.csv"

    @property
    def names(self) -> tuple[str, ...]:
        """The names of its fields, in order."""
        return tuple(field.name for field in self.fields)
