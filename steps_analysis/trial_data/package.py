"""What ``datapackage.json`` says of a folder: read, and written from the contract."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, get_args

from steps_analysis.errors import did_you_mean
from steps_analysis.trial_data.cells import EARLIEST, LATEST
from steps_analysis.trial_data.fields import Field, TableRule
from steps_analysis.trial_data.files import content
from steps_analysis.trial_data.problems import Problem, found
from steps_analysis.trial_data.trial import Provenance, TrialData

PACKAGE = "datapackage.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Package:
    """
    What a reader takes from ``datapackage.json``.

    Attributes
    ----------
    extract_date
        The last date on which the records are complete; None where not said properly.
    provenance
        "synthetic", "real" or "unknown"; None where not said properly.
    listed
        The files it describes, each with its columns; a file or a column that it lists
        has to be there.
    """

    extract_date: date | None = None
    provenance: Provenance | None = None
    listed: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def read_package(folder: Path) -> tuple[Package, list[Problem]]:
    """
    Read a folder's ``datapackage.json``.

    Parameters
    ----------
    folder
        The folder.

    Returns
    -------
    package : Package
        What it says.
    problems : list of Problem
        What is wrong with it.
    """
    text, problem = _text(folder / PACKAGE)
    if problem is None:
        table, problem = _object(text)
    if problem is not None:
        return Package(), [problem]
    provenance, provenance_problems = _provenance(table, text)
    extract, extract_problems = _extract_date(table, text, provenance)
    package = Package(
        extract_date=extract, provenance=provenance, listed=_listed(table)
    )
    return package, extract_problems + provenance_problems


def _text(path: Path) -> tuple[str, Problem | None]:
    """Read the file as text, or say why it cannot be."""
    try:
        data = content(path)
        if data is None:
            return "", found(PACKAGE, None, "be a file that can be read")
        return data.decode("utf-8-sig"), None
    except FileNotFoundError:
        hint = (
            'as little as {"provenance": "real", "extract_date": "2018-03-31"} will do'
        )
        return "", found(PACKAGE, None, "be there", hint=hint)
    except UnicodeDecodeError:
        return "", found(PACKAGE, None, "be UTF-8 text")


def _object(text: str) -> tuple[dict[str, Any], Problem | None]:
    """Read the text as a JSON object, or say why it is none."""
    try:
        table = json.loads(text, object_pairs_hook=_each_once)
    except json.JSONDecodeError as error:
        return {}, _not_json(error.msg, error.lineno)
    except _RepeatedKeyError:
        return {}, found(PACKAGE, None, "name every key once")
    except (ValueError, RecursionError):
        return {}, _not_json("it has a number too long, or brackets too deep", 1)
    if not isinstance(table, dict):
        return {}, _not_json("it must be an object in braces", 1)
    return table, None


class _RepeatedKeyError(Exception):
    """An object that says two things under one key."""


def _each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Make an object of its pairs, unless a key repeats."""
    table = dict(pairs)
    if len(table) < len(pairs):
        raise _RepeatedKeyError
    return table


def _not_json(why: str, line: int) -> Problem:
    """Refuse what cannot be parsed."""
    return found(PACKAGE, None, "be JSON", hint=why, lines=[line])


def _listed(table: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    """List the files that are described, each with its columns, so far as legible."""
    files = {}
    for resource in _objects(table.get("resources")):
        schema = resource.get("schema")
        fields = schema.get("fields") if isinstance(schema, dict) else None
        columns = tuple(str(column.get("name")) for column in _objects(fields))
        files[str(resource.get("path"))] = columns
    return files


def _objects(value: object) -> list[dict[str, Any]]:
    """Keep of a list the objects; nothing of what is no list."""
    items = value if isinstance(value, list) else []
    return [item for item in items if isinstance(item, dict)]


def _extract_date(
    table: Mapping[str, Any], text: str, provenance: Provenance | None
) -> tuple[date | None, list[Problem]]:
    """Read the extract date, which only what was drawn may have in the future."""
    value = _date(table.get("extract_date"))
    rule = None
    if value is None:
        rule = (
            'be a date such as "2018-03-31", the last on which the records are complete'
        )
    elif not EARLIEST <= value <= LATEST:
        rule = f"lie between {EARLIEST} and {LATEST}"
    elif value > date.today() and provenance != "synthetic":
        rule = "not lie in the future: records are not complete before they are made"
    if rule:
        return None, [_wrong_key("extract_date", rule, table, text)]
    return value, []


def _date(value: object) -> date | None:
    """Read a date written year-month-day."""
    if isinstance(value, str) and re.fullmatch(r"\d{4}-\d{2}-\d{2}", value, re.ASCII):
        try:
            return date.fromisoformat(value)
        except ValueError:
            return None
    return None


def _provenance(
    table: Mapping[str, Any], text: str
) -> tuple[Provenance | None, list[Problem]]:
    """Read the provenance."""
    value = table.get("provenance")
    accepted = get_args(Provenance)
    for word in accepted:
        if value == word:
            return word, []
    rule = f"be one of {', '.join(accepted)}"
    near = did_you_mean(value, accepted) if isinstance(value, str) else None
    return None, [_wrong_key("provenance", rule, table, text, near)]


def _wrong_key(
    key: str, rule: str, table: Mapping[str, Any], text: str, hint: str | None = None
) -> Problem:
    """Refuse a key that is missing or says what it may not."""
    if key in table:
        lines = text.splitlines()
        line = next((i for i, one in enumerate(lines, 1) if f'"{key}"' in one), 1)
        return found(PACKAGE, key, rule, hint=hint, lines=[line])
    near = next((k for k in table if did_you_mean(k, [key])), None)
    return found(
        PACKAGE, key, rule, hint=f"did you mean it by `{near}`?" if near else None
    )


def terms_of(folder: Path) -> dict[str, list[dict[str, str]]]:
    """
    Find the licences and sources that a folder's ``datapackage.json`` names.

    Parameters
    ----------
    folder
        The folder, which need not be there.

    Returns
    -------
    dict
        ``licences`` and ``sources``, as `describe` takes them; empty where none are
        named, or not properly.
    """
    try:
        table = json.loads((folder / PACKAGE).read_text(encoding="utf-8-sig"))
        return {
            "licences": [dict(one) for one in table.get("licenses", [])],
            "sources": [dict(one) for one in table.get("sources", [])],
        }
    except (OSError, ValueError, TypeError, AttributeError, RecursionError):
        return {"licences": [], "sources": []}


_TYPES = {
    "id": "string",
    "code": "string",
    "date": "date",
    "whole": "integer",
    "number": "number",
    "yes_no": "boolean",
}


def describe(
    trial: TrialData,
    contract: Sequence[TableRule],
    *,
    licences: Sequence[Mapping[str, str]] = (),
    sources: Sequence[Mapping[str, str]] = (),
) -> dict[str, Any]:
    """
    Describe a trial's tables as a Frictionless data package.

    Nothing in it depends on the cells, so that it cannot show an arm.

    Parameters
    ----------
    trial
        The trial.
    contract
        The contract its protocol extends.
    licences, sources
        The data's licences and sources, as the data package standard has them.

    Returns
    -------
    dict
        The content of ``datapackage.json``.
    """
    facts = trial.protocol.trial
    tables = dict(trial.tables())
    name = re.sub(r"[^a-z0-9._-]+", "-", facts.short_name.lower()).strip("-") or "trial"
    package: dict[str, Any] = {
        "profile": "tabular-data-package",
        "name": name,
        "title": f"{facts.short_name}: {facts.title}",
        "provenance": trial.provenance,
        "extract_date": trial.extract_date.isoformat(),
    }
    if trial.stamp:
        package["description"] = trial.stamp
    if licences:
        package["licenses"] = [dict(licence) for licence in licences]
    if sources:
        package["sources"] = [dict(source) for source in sources]
    package["resources"] = [
        _resource(rule, list(tables[rule.name].columns), tuple(tables))
        for rule in contract
        if rule.name in tables
    ]
    return package


def _resource(
    rule: TableRule, columns: list[str], present: tuple[str, ...]
) -> dict[str, Any]:
    """Describe one table."""
    fields = [field for field in rule.fields if field.name in columns]
    schema: dict[str, Any] = {
        "fields": [_described(field) for field in fields],
        "missingValues": [""],
    }
    if rule.key:
        schema["primaryKey"] = list(rule.key)
    links = [
        {"fields": field.name, "reference": {"resource": other, "fields": name}}
        for field in fields
        if field.target
        for other, name in [field.target]
        if other in present
    ]
    if links:
        schema["foreignKeys"] = links
    return {
        "name": rule.name,
        "title": f"one row is {rule.title}",
        "path": rule.file,
        "profile": "tabular-data-resource",
        "format": "csv",
        "mediatype": "text/csv",
        "encoding": "utf-8",
        "is_concealed": rule.is_concealed,
        "schema": schema,
    }


def _described(field: Field) -> dict[str, Any]:
    """Describe one column."""
    limits: dict[str, Any] = {}
    if field.required:
        limits["required"] = True
    if field.codes:
        limits["enum"] = list(field.codes)
    for key, limit in (("minimum", field.minimum), ("maximum", field.maximum)):
        if limit is not None:
            limits[key] = int(limit) if limit == int(limit) else limit
    return {
        "name": field.name,
        "type": _TYPES[field.kind],
        "title": field.title,
        **({"unit": field.unit} if field.unit else {}),
        **({"constraints": limits} if limits else {}),
    }
