"""Which field of a REDCap project is which column of a trial?"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from steps_analysis.errors import DataError, did_you_mean, refusal
from steps_analysis.protocol import line_of
from steps_analysis.protocol.build import build
from steps_analysis.trial_data.fields import Field, TableRule
from steps_analysis.trial_data.importing.redcap_dictionary import (
    Dictionary,
    RedcapField,
)
from steps_analysis.trial_data.problems import Problem, found

EVENT = "redcap_event_name"
_FREE_TEXT = ("notes", "file", "descriptive")


@dataclass(frozen=True, slots=True, kw_only=True)
class TableMapping:
    """
    Where one table of the contract stands in a REDCap project.

    Attributes
    ----------
    form
        The form (instrument) that holds it, repeating or not.
    fields
        Field of the project to column of the table.
    when
        A field that is filled wherever the form stands for a row; None where any of the
        form's own fields shows that it does.
    events
        The events in which the form counts; all, if empty.
    codes
        Column to (code in REDCap to code of the contract); a coded field without an
        entry is read by its label in the dictionary.
    month_of_event
        For visits: event to months from randomisation.
    """

    form: str
    fields: Mapping[str, str]
    when: str | None = None
    events: tuple[str, ...] = ()
    codes: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    month_of_event: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class RedcapMapping:
    """
    How a REDCap project holds a trial.

    Attributes
    ----------
    tables
        Table of the contract to where it stands.
    record
        The project's first field, which names the record in every row.
    carried
        Fields entered once in a record that hold for all its rows, such as the
        participant's identifier.
    missing
        Codes of missing data, read as empty.
    text
        The text it was read from.
    name
        The name of its file.

    Examples
    --------
    >>> table = TableMapping(form="enrolment", fields={"study_site": "site"})
    >>> RedcapMapping(tables={"participants": table}).record
    'record_id'
    """

    tables: Mapping[str, TableMapping]
    record: str = "record_id"
    carried: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    text: str = ""
    name: str = "redcap.toml"

    @property
    def fields(self) -> set[str]:
        """Every field of the project that is read."""
        named = {self.record, *self.carried}
        for table in self.tables.values():
            named |= {*table.fields, *([table.when] if table.when else [])}
        return named


def load_mapping(path: str | Path) -> RedcapMapping:
    r"""
    Read a mapping from its TOML file.

    Parameters
    ----------
    path
        The file.

    Returns
    -------
    RedcapMapping
        The mapping, as yet unchecked against project and contract.

    Raises
    ------
    DataError
        If there is no such file, it is not TOML, or a key has no place in it; with the
        line.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     file = Path(folder) / "redcap.toml"
    ...     _ = file.write_text('[tables.sites]\nform = "site"\nfields.name = "site"')
    ...     load_mapping(file).tables["sites"].fields
    {'name': 'site'}
    """
    path = Path(path)
    try:
        text = path.read_text(encoding="utf-8-sig")
        table = tomllib.loads(text)
    except (OSError, UnicodeDecodeError, RecursionError):
        rule = "be a TOML file that can be read"
        raise DataError(refusal("mapping", rule, str(path))) from None
    except tomllib.TOMLDecodeError as error:
        raise DataError(f"{path.name}: the file must be TOML: {error}") from None

    def refuse(key: str, rule: str, value: object, hint: str | None) -> DataError:
        line = line_of(key, text)
        message = refusal(key, rule, value, file=path.name, line=line, hint=hint)
        return DataError(message)

    return build(RedcapMapping, {**table, "text": text, "name": path.name}, "", refuse)


def misfits(
    mapping: RedcapMapping, dictionary: Dictionary, contract: Mapping[str, TableRule]
) -> list[Problem]:
    """
    Find what a mapping says that project or contract do not know.

    Parameters
    ----------
    mapping
        The mapping.
    dictionary
        The project's data dictionary.
    contract
        The tables of the contract, by name.

    Returns
    -------
    list of Problem
        By line of the mapping.
    """
    told = [*_stray_fields(mapping, dictionary)]
    for name, table in mapping.tables.items():
        if name not in contract:
            rule = f"name a table: one of {', '.join(contract)}"
            told.append((f"tables.{name}", rule, did_you_mean(name, contract)))
            continue
        told += _about_table(name, table, dictionary, contract[name])
    problems = [
        found(mapping.name, key, rule, hint=hint, lines=_line(key, mapping.text))
        for key, rule, hint in told
    ]
    return sorted(problems, key=lambda problem: problem.lines)


Misfit = tuple[str, str, str | None]


def _line(key: str, text: str) -> list[int]:
    """Find the line of a key."""
    line = line_of(key, text)
    return [] if line is None else [line]


def _stray_fields(mapping: RedcapMapping, dictionary: Dictionary) -> Iterator[Misfit]:
    """Find fields named at the top that the project does not have."""
    for key, names in (("record", [mapping.record]), ("carried", mapping.carried)):
        for name in names:
            if name not in dictionary:
                yield key, _unknown_field(), did_you_mean(name, dictionary)


def _unknown_field() -> str:
    """Word the rule that a field must be the project's."""
    return "name a field of the data dictionary"


def _about_table(
    name: str, table: TableMapping, dictionary: Dictionary, rule: TableRule
) -> Iterator[Misfit]:
    """Find what one table's mapping gets wrong."""
    key = f"tables.{name}"
    forms = {one.form for one in dictionary.values()}
    if table.form not in forms:
        says = "name a form of the data dictionary"
        yield f"{key}.form", says, did_you_mean(table.form, forms)
    if table.when is not None and table.when not in dictionary:
        yield f"{key}.when", _unknown_field(), did_you_mean(table.when, dictionary)
    for source, column in table.fields.items():
        yield from _about_field(f"{key}.fields.{source}", source, dictionary)
        if column not in rule.names:
            hint = did_you_mean(column, rule.names)
            yield f"{key}.fields.{source}", f"lead to a column of {name}", hint
        elif list(table.fields.values()).count(column) > 1:
            yield f"{key}.fields.{source}", "not lead to a column twice", None
    if table.month_of_event and "visit_month" not in rule.names:
        yield f"{key}.month_of_event", "stand under visits only", None
    yield from _about_codes(key, table, dictionary, rule)


def _about_field(key: str, name: str, dictionary: Dictionary) -> Iterator[Misfit]:
    """Refuse a field that is not there, or that may not be read."""
    one = dictionary.get(name)
    if one is None:
        yield key, _unknown_field(), did_you_mean(name, dictionary)
    elif one.is_identifier:
        hint = "REDCap marks it so: a name, a date of birth or the like"
        yield key, "not lead from an identifying field", hint
    elif one.kind in _FREE_TEXT:
        yield key, f"not lead from a field of the type {one.kind}", None


def _about_codes(
    key: str, table: TableMapping, dictionary: Dictionary, rule: TableRule
) -> Iterator[Misfit]:
    """Find codes that the project or the contract do not know."""
    by_column = {column: source for source, column in table.fields.items()}
    for column, codes in table.codes.items():
        place = f"{key}.codes.{column}"
        if column not in by_column or column not in rule.names:
            yield place, "name a column that a field leads to", None
            continue
        accepted = _accepted(rule.field(column))
        choices = dictionary.get(by_column[column], _NO_FIELD).choices
        for code, meant in codes.items():
            if code not in choices:
                says = "name a choice of the field in the data dictionary"
                yield f"{place}.{code}", says, None
            if accepted and meant not in accepted:
                says = f"lead to one of {', '.join(accepted)}"
                yield f"{place}.{code}", says, did_you_mean(meant, accepted)


_NO_FIELD = RedcapField(
    form="", kind="", choices={}, validation="", is_identifier=False
)


def _accepted(column: Field) -> tuple[str, ...]:
    """List what a column accepts; nothing where that is no list."""
    return ("true", "false") if column.kind == "yes_no" else column.codes
