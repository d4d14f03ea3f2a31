"""What a REDCap project's data dictionary says of its fields."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from steps_analysis.trial_data.importing.columns import read_columns
from steps_analysis.trial_data.problems import Problem

NAME = "Variable / Field Name"
FORM = "Form Name"
TYPE = "Field Type"
CHOICES = "Choices, Calculations, OR Slider Labels"
VALIDATION = "Text Validation Type OR Show Slider Number"
IDENTIFIER = "Identifier?"
_CODED = ("radio", "dropdown", "checkbox")


@dataclass(frozen=True, slots=True, kw_only=True)
class RedcapField:
    """
    One column of an export, as the data dictionary describes it.

    Attributes
    ----------
    form
        The form it stands on.
    kind
        Its field type, such as "text", "radio", "yesno" or "checkbox".
    choices
        Code to label, for a coded field.
    validation
        Its text validation type, such as "date_dmy" or "datetime_ymd".
    is_identifier
        Whether the project marks it as identifying.
    """

    form: str
    kind: str
    choices: Mapping[str, str]
    validation: str
    is_identifier: bool


Dictionary = Mapping[str, RedcapField]


def read_dictionary(path: str | Path) -> tuple[dict[str, RedcapField], list[Problem]]:
    r"""
    Read a project's data dictionary.

    Parameters
    ----------
    path
        The CSV file that REDCap offers for download as "data dictionary".

    Returns
    -------
    fields : dict
        Column of an export to what it is; a checkbox field ``f`` gives a column
        ``f___1`` for each of its choices.
    problems : list of Problem
        What is wrong with the file.

    Raises
    ------
    DataError
        If there is no such file.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> head = f'"{NAME}","{FORM}","{TYPE}","{CHOICES}","{VALIDATION}","{IDENTIFIER}"'
    >>> with TemporaryDirectory() as folder:
    ...     file = Path(folder) / "dictionary.csv"
    ...     _ = file.write_text(head + '\nsex,intake,radio,"1, male | 2, female",,\n')
    ...     fields, problems = read_dictionary(file)
    >>> fields["sex"].choices
    {'1': 'male', '2': 'female'}
    """
    wanted = (NAME, FORM, TYPE, CHOICES, VALIDATION, IDENTIFIER)
    table, problems = read_columns(path, wanted, required=wanted)
    if table is None:
        return {}, problems
    columns = dict(zip(table.header, table.columns, strict=True))
    fields: dict[str, RedcapField] = {}
    for name, form, kind, choices, validation, flag in zip(
        *(columns[column] for column in wanted), strict=True
    ):
        one = RedcapField(
            form=form,
            kind=kind,
            choices=_choices(choices) if kind in _CODED else {},
            validation=validation,
            is_identifier=flag.strip().casefold() == "y",
        )
        if kind == "checkbox":
            fields |= {f"{name}___{_plain(code)}": one for code in one.choices}
        else:
            fields[name] = one
    return fields, problems


def _choices(text: str) -> dict[str, str]:
    """Split the choices of a coded field: ``1, male | 2, female``."""
    pairs = (part.partition(",") for part in text.split("|") if part.strip())
    return {code.strip(): label.strip() for code, _, label in pairs}


def _plain(code: str) -> str:
    """Write a choice's code as it stands in the name of a checkbox column."""
    return code.casefold().replace("-", "_")
