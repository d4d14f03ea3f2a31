"""
From a REDCap export to tables of the contract.

A longitudinal project exports one row per record, event and instance of a repeating
form; the columns of all forms stand side by side, and are empty where a row is not
theirs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from steps_analysis.protocol import Protocol
from steps_analysis.trial_data.extended import contract_for
from steps_analysis.trial_data.importing.columns import read_columns
from steps_analysis.trial_data.importing.redcap_dictionary import (
    Dictionary,
    RedcapField,
    read_dictionary,
)
from steps_analysis.trial_data.importing.redcap_mapping import (
    EVENT,
    RedcapMapping,
    TableMapping,
    load_mapping,
    misfits,
)
from steps_analysis.trial_data.importing.source import Source
from steps_analysis.trial_data.problems import Problem, found
from steps_analysis.trial_data.raw_table import RawTable

INSTRUMENT = "redcap_repeat_instrument"
INSTANCE = "redcap_repeat_instance"


def read_redcap(
    export: str | Path,
    dictionary: str | Path,
    mapping: str | Path,
    *,
    protocol: Protocol,
) -> tuple[list[Source], list[Problem]]:
    """
    Read the tables of a trial from the export of a REDCap project.

    Parameters
    ----------
    export
        The export of all data, as CSV with raw values.
    dictionary
        The project's data dictionary, as CSV.
    mapping
        The TOML file that says which field is which column (`load_mapping`).
    protocol
        The trial's protocol, which extends the contract.

    Returns
    -------
    sources : list of Source
        One per table of the mapping, for `import_tables`.
    problems : list of Problem
        What is wrong with the files and with the mapping, by file and line, and codes
        and events of the export that the mapping does not know.

    Raises
    ------
    DataError
        If a file is not there, or the mapping is no TOML of that form.

    Notes
    -----
    Only the fields that the mapping names are kept; a field that the project marks as
    identifying, or that holds notes, may not be named. A row of the export is a row of
    a table where `when` is filled, or, without it, where any of the form's own fields
    is. A checkbox is true where it is 1, and a date and time gives its date. A coded
    field is read by the mapping's codes, else by its label; codes for missing data are
    empty. Everything else goes as it stands to the checks of the contract.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> from steps_analysis.simulation import committed
    >>> from steps_analysis.trial_data.importing.redcap_example import write_redcap
    >>> trial = committed("achieved")
    >>> with TemporaryDirectory() as folder:
    ...     write_redcap(trial, folder)
    ...     names = ("export.csv", "dictionary.csv", "redcap.toml")
    ...     files = [Path(folder) / name for name in names]
    ...     sources, problems = read_redcap(*files, protocol=trial.protocol)
    >>> len(sources), problems
    (10, [])
    """
    fields, problems = read_dictionary(dictionary)
    terms = load_mapping(mapping)
    if problems:
        return [], problems
    contract = {rule.name: rule for rule in contract_for(protocol)}
    problems = misfits(terms, fields, contract)
    known = terms.fields & {*fields}
    structure = {EVENT, INSTRUMENT, INSTANCE}
    table, wrong = read_columns(export, known | structure, required=sorted(known))
    problems += wrong
    if table is None or problems:
        return [], problems
    rows = _rows(table, terms)
    place = Path(export).name
    problems += _torn_records(table, terms, place)
    sources = []
    for name, one in terms.tables.items():
        source, wrong = _Reading(terms, fields, place).table(name, one, rows)
        sources.append(source)
        problems += wrong
    return sources, problems


Row = tuple[int, dict[str, str]]


def _rows(table: RawTable, terms: RedcapMapping) -> list[Row]:
    """Give each row as a mapping, with what its record carries to all its rows."""
    rows = [
        (int(line), dict(zip(table.header, cells, strict=True)))
        for line, *cells in zip(table.lines, *table.columns, strict=True)
    ]
    for name in terms.carried:
        of_record = {row[terms.record]: row[name] for _, row in rows if row[name]}
        for _, row in rows:
            row[name] = of_record.get(row[terms.record], "")
    return rows


def _torn_records(
    table: RawTable, terms: RedcapMapping, place: str
) -> Iterator[Problem]:
    """Refuse a record that carries two values of a field that holds for all of it."""
    columns = dict(zip(table.header, table.columns, strict=True))
    for name in terms.carried:
        first: dict[str, str] = {}
        pairs = zip(table.lines, columns[terms.record], columns[name], strict=True)
        lines = [
            line
            for line, record, value in pairs
            if value and first.setdefault(record, value) != value
        ]
        if lines:
            rule = "be the same throughout a record: the mapping says it is carried"
            yield found(place, name, rule, lines=lines)


@dataclass(frozen=True, slots=True)
class _Reading:
    """What is needed to read one table after another."""

    terms: RedcapMapping
    dictionary: Dictionary
    place: str

    def table(
        self, name: str, mapping: TableMapping, rows: Sequence[Row]
    ) -> tuple[Source, list[Problem]]:
        """Read one table."""
        own = [row for row in rows if self._counts(mapping, row[1])]
        names = dict(mapping.fields)
        read = [self._column(field, mapping, own) for field in names]
        if mapping.month_of_event:
            names[EVENT] = "visit_month"
            read.append(self._months(mapping, own))
        problems = [problem for _, wrong in read for problem in wrong]
        # A row with an unknown code or event is told of once, here, and left out.
        astray = {line for problem in problems for line in problem.lines}
        kept = [i for i, (line, _) in enumerate(own) if line not in astray]
        raw = RawTable(
            header=tuple(names),
            columns=tuple(tuple(texts[i] for i in kept) for texts, _ in read),
            lines=np.array([own[i][0] for i in kept], dtype=np.int64),
            is_whole=not astray,
        )
        called = f"{name} in {self.place}"
        return (
            Source(table=name, raw=raw, file=self.place, called=called, names=names),
            problems,
        )

    def _counts(self, mapping: TableMapping, row: Mapping[str, str]) -> bool:
        """Say whether a row of the export is a row of a table."""
        if row.get(INSTRUMENT, "") not in ("", mapping.form):
            return False
        if mapping.events and row.get(EVENT, "") not in mapping.events:
            return False
        if mapping.when is not None:
            return self._is_filled(mapping.when, row)
        return any(
            self._is_filled(name, row)
            for name in mapping.fields
            if name not in (self.terms.record, *self.terms.carried)
            and self.dictionary[name].form == mapping.form
        )

    def _is_filled(self, name: str, row: Mapping[str, str]) -> bool:
        """Say whether a field is filled in; an unticked box is not."""
        is_box = self.dictionary[name].kind == "checkbox"
        return row[name] == "1" if is_box else bool(row[name])

    def _column(
        self, name: str, mapping: TableMapping, rows: Sequence[Row]
    ) -> tuple[tuple[str, ...], list[Problem]]:
        """Read one field as its column has it."""
        codes = mapping.codes.get(mapping.fields[name])
        read = _reader(self.dictionary[name], codes)
        texts = [read(self._given(row[name])) for _, row in rows]
        lines = [
            line for (line, _), text in zip(rows, texts, strict=True) if text is None
        ]
        known = tuple(text or "" for text in texts)
        if not lines:
            return known, []
        rule = "be a code that the mapping, or else the data dictionary, knows"
        hint = f"see codes.{mapping.fields[name]} in {self.terms.name}"
        return known, [found(self.place, name, rule, hint=hint, lines=lines)]

    def _given(self, text: str) -> str:
        """Take a code for missing data as nothing."""
        return "" if text in self.terms.missing else text

    def _months(
        self, mapping: TableMapping, rows: Sequence[Row]
    ) -> tuple[tuple[str, ...], list[Problem]]:
        """Read the month of each visit from its event."""
        months = mapping.month_of_event
        events = [row.get(EVENT, "") for _, row in rows]
        texts = tuple(str(months.get(event, "")) for event in events)
        lines = [line for (line, _), text in zip(rows, texts, strict=True) if not text]
        if not lines:
            return texts, []
        rule = "be an event whose month the mapping gives"
        hint = f"it gives {', '.join(months)}"
        return texts, [found(self.place, EVENT, rule, hint=hint, lines=lines)]


Reader = Callable[[str], str | None]


def _reader(field: RedcapField, codes: Mapping[str, str] | None) -> Reader:
    """Give the function that turns a raw value into the contract's; None if unknown."""
    if field.kind in ("yesno", "truefalse", "checkbox"):
        codes = codes or {"1": "true", "0": "false"}
    known = field.choices if codes is None else codes
    if known:
        return {"": "", **known}.get
    if field.validation.startswith("datetime"):
        return lambda text: text[:10]
    return lambda text: text
