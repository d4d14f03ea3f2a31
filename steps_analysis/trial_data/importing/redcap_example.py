"""A synthetic trial as a REDCap project would export it, with its mapping."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from steps_analysis.trial_data.extended import contract_for
from steps_analysis.trial_data.fields import Field, TableRule
from steps_analysis.trial_data.importing import redcap_dictionary as columns
from steps_analysis.trial_data.importing.redcap import INSTANCE, INSTRUMENT
from steps_analysis.trial_data.importing.redcap_mapping import EVENT
from steps_analysis.trial_data.importing.return_examples import (
    STAMP_FILE,
    refuse_unless_synthetic,
    write_rows,
)
from steps_analysis.trial_data.replace import replace_file
from steps_analysis.trial_data.trial import STAMP, TrialData

EXPORT = "export.csv"
DICTIONARY = "dictionary.csv"
MAPPING = "redcap.toml"
_RECORD = "record_id"
_CARRIED = ("referral_id", "participant_id")
_HEAD = (_RECORD, EVENT, INSTRUMENT, INSTANCE)
_REPEATING = ("forum", "forum_actions", "events", "costs")
_FIRST_EVENT = "referral_arm_1"
_BASELINE = "randomisation_arm_1"
_INTRODUCTION = """\
# How the fields of a REDCap project become the tables of a trial.
#
# record   the project's first field
# carried  fields entered once in a record that hold for all its rows
# missing  codes of missing data, read as empty
#
# For each table: its form; `when`, a field that is filled wherever the form stands for
# a row (without it, any of the form's own fields will do); `events`, if the form counts
# in some events only; field = "column"; and, for a coded field, code = "our code". A
# coded field without codes here is read by its label in the data dictionary.
"""


def write_redcap(trial: TrialData, folder: str | Path) -> None:
    """
    Write a synthetic trial as the export of a REDCap project, with its mapping.

    Parameters
    ----------
    trial
        A synthetic trial with referrals.
    folder
        Where to; files of these names are replaced.

    Raises
    ------
    ArgumentError
        If the trial is not synthetic.
    DataError
        If it has no participants.

    Notes
    -----
    The project is longitudinal: a record is a referral, visits are events, and forum,
    events and costs are repeating forms. ``export.csv`` holds raw codes,
    ``dictionary.csv`` their labels, and ``redcap.toml`` is the mapping, to be changed
    for a project of one's own. The sites are the protocol's, not the project's.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> from steps_analysis.simulation import committed
    >>> with TemporaryDirectory() as folder:
    ...     write_redcap(committed("achieved"), folder)
    ...     sorted(path.name for path in Path(folder).iterdir())
    ['README.txt', 'dictionary.csv', 'export.csv', 'redcap.toml']
    """
    refuse_unless_synthetic(trial)
    place = Path(folder)
    place.mkdir(parents=True, exist_ok=True)
    forms = _forms(trial)
    write_rows(place / DICTIONARY, [_DICTIONARY, *_described(forms)])
    write_rows(place / EXPORT, _exported(trial, forms))
    text = _INTRODUCTION + "\n".join(_mapping(trial, forms))
    replace_file(place / MAPPING, text.encode("utf-8"))
    replace_file(place / STAMP_FILE, f"{STAMP}.\n".encode())


@dataclass(frozen=True, slots=True, kw_only=True)
class _Form:
    """A table as a form: its contract, its rows, and its columns' field names."""

    rule: TableRule
    table: pd.DataFrame
    names: dict[str, str]

    @property
    def fields(self) -> list[tuple[str, Field]]:
        """The form's own fields under their names in the project."""
        named = [(name, self.rule.field(column)) for column, name in self.names.items()]
        return [(name, field) for name, field in named if name not in _CARRIED]


def _forms(trial: TrialData) -> list[_Form]:
    """List the tables that a project holds, each as a form."""
    return [
        _Form(
            rule=rule,
            table=table,
            names={
                column: column if column in _CARRIED else f"{rule.name}_{column}"
                for column in table.columns
                if (rule.name, column) != ("visits", "visit_month")
            },
        )
        for rule in contract_for(trial.protocol)
        for table in [getattr(trial, rule.name)]
        if table is not None and rule.name != "sites"
    ]


_DICTIONARY = (
    columns.NAME,
    columns.FORM,
    columns.TYPE,
    "Field Label",
    columns.CHOICES,
    columns.VALIDATION,
    columns.IDENTIFIER,
)
_TYPES = {"code": "radio", "yes_no": "yesno"}
_VALIDATIONS = {"date": "date_dmy", "whole": "integer", "number": "number"}


def _described(forms: Sequence[_Form]) -> Iterator[tuple[str, ...]]:
    """Write the rows of the data dictionary."""
    first = forms[0].rule.name
    yield _RECORD, first, "text", "record", "", "", ""
    for name, place in zip(_CARRIED, (first, "participants"), strict=True):
        yield name, place, "text", name.replace("_", " "), "", "", ""
    for form in forms:
        for name, field in form.fields:
            kind = _TYPES.get(field.kind, "text")
            choices = " | ".join(f"{i}, {c}" for i, c in enumerate(field.codes, 1))
            check = _VALIDATIONS.get(field.kind, "")
            title = field.title
            yield name, form.rule.name, kind, title, choices, check, ""


def _exported(trial: TrialData, forms: Sequence[_Form]) -> list[list[str]]:
    """Write the rows of the export: by record, event, form and instance."""
    own = [name for form in forms for name, _ in form.fields]
    done = [f"{form.rule.name}_complete" for form in forms]
    names = [*_CARRIED, *own, *done]
    record_of = _records(trial)
    rows: dict[_Place, dict[str, str]] = {}
    for form in forms:
        for place, cells in _placed(form, record_of):
            rows.setdefault(place, {}).update(_filled(form, cells))
    ordered = sorted(rows.items(), key=lambda pair: (int(pair[0][0]), *pair[0][1:]))
    return [
        [*_HEAD, *names],
        *(
            [*place[:3], str(place[3] or ""), *(row.get(name, "") for name in names)]
            for place, row in ordered
        ),
    ]


_Place = tuple[str, str, str, int]  # record, event, repeating form, instance


def _placed(
    form: _Form, record_of: dict[str, str]
) -> Iterator[tuple[_Place, dict[Any, Any]]]:
    """Say where in the export each row of a form stands."""
    instances: dict[str, int] = {}
    for cells in form.table.to_dict("records"):
        record = record_of[_identity(cells)]
        event = _event(form, cells)
        if form.rule.name in _REPEATING:
            instances[record] = instances.get(record, 0) + 1
            yield (record, event, form.rule.name, instances[record]), cells
        else:
            yield (record, event, "", 0), cells


def _filled(form: _Form, cells: dict[Any, Any]) -> dict[str, str]:
    """Fill in a form from a row of its table."""
    filled = {name: _raw(cells[field.name], field) for name, field in form.fields}
    filled[f"{form.rule.name}_complete"] = "2"
    if form.rule.name in ("referrals", "participants"):
        filled |= {name: cells[name] for name in _CARRIED if name in cells}
    return filled


def _records(trial: TrialData) -> dict[str, str]:
    """Give each referral a record, which is its participant's too."""
    participants = trial.need("participants")
    referrals = trial.need("referrals")["referral_id"]
    records = {str(name): str(i) for i, name in enumerate(referrals, start=1)}
    pairs = zip(
        participants["participant_id"], participants["referral_id"], strict=True
    )
    return records | {str(who): records[str(referral)] for who, referral in pairs}


def _identity(cells: dict[Any, Any]) -> str:
    """Name whom a row is about."""
    return str(cells.get("participant_id", cells.get("referral_id")))


def _event(form: _Form, cells: dict[Any, Any]) -> str:
    """Name the event in which a row of a form is entered."""
    if form.rule.name == "visits":
        return _visit_event(cells["visit_month"])
    is_before = form.rule.name in ("referrals", "screening", "forum", "forum_actions")
    return _FIRST_EVENT if is_before else _BASELINE


def _visit_event(month: int) -> str:
    """Name the event of a visit."""
    return f"month_{month}_arm_1"


def _raw(value: Any, field: Field) -> str:
    """Write a value as REDCap stores it."""
    if pd.isna(value):
        return ""
    if field.kind == "code":
        return str(field.codes.index(value) + 1)
    if field.kind == "yes_no":
        return str(int(value))
    if field.kind == "date":
        return f"{value:%Y-%m-%d}"
    return str(value)


def _mapping(trial: TrialData, forms: Sequence[_Form]) -> Iterator[str]:
    """Write the mapping, line by line."""
    yield f'record = "{_RECORD}"'
    yield f"carried = {json.dumps(_CARRIED)}"
    for form in forms:
        table = f"tables.{form.rule.name}"
        yield f'\n[{table}]\nform = "{form.rule.name}"'
        required = [name for name, field in form.fields if field.required]
        if required:
            yield f'when = "{required[0]}"'
        yield f"\n[{table}.fields]"
        for column, name in form.names.items():
            yield f'{name} = "{column}"'
        if form.rule.name == "visits":
            yield f"\n[{table}.month_of_event]"
            for month in trial.protocol.visits.months:
                yield f"{_visit_event(month)} = {month}"
        for name, field in form.fields:
            if field.kind == "code" and field.required:
                yield f"\n[{table}.codes.{field.name}]  # the choices of {name}"
                yield from (f'{i} = "{c}"' for i, c in enumerate(field.codes, 1))
    yield ""
