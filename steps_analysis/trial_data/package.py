"""What ``datapackage.json`` says of a folder: read, and written from the contract."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, get_args

from steps_analysis.errors import did_you_mean
from steps_analysis.trial_data.fields import Field, TableRule
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
    """

    extract_date: date | None = None
    provenance: Provenance | None = None


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
    try:
        text = (folder / PACKAGE).read_text(encoding="utf-8-sig")
        table = json.loads(text)
    except FileNotFoundError:
        hint = (
            'as little as {"provenance": "real", "extract_date": "2018-03-31"} will do'
        )
        return Package(), [found(PACKAGE, None, "be there", hint=hint)]
    except UnicodeDecodeError:
        return Package(), [found(PACKAGE, None, "be UTF-8 text")]
    except OSError:
        return Package(), [found(PACKAGE, None, "be a file that can be read")]
    except json.JSONDecodeError as error:
        return Package(), [_not_json(error.msg, error.lineno)]
    if not isinstance(table, dict):
        return Package(), [_not_json("it must be an object in braces", 1)]
    extract, extract_problems = _extract_date(table, text)
    provenance, provenance_problems = _provenance(table, text)
    package = Package(extract_date=extract, provenance=provenance)
    return package, extract_problems + provenance_problems


def _not_json(why: str, line: int) -> Problem:
    """Refuse what cannot be parsed."""
    return found(PACKAGE, None, "be JSON", hint=why, lines=[line])


def _extract_date(
    table: Mapping[str, Any], text: str
) -> tuple[date | None, list[Problem]]:
    """Read the extract date."""
    value = table.get("extract_date")
    if isinstance(value, str) and re.fullmatch(r"\d{4}-\d{2}-\d{2}", value, re.ASCII):
        try:
            return date.fromisoformat(value), []
        except ValueError:
            pass
    rule = 'be a date such as "2018-03-31", the last on which the records are complete'
    return None, [_wrong_key("extract_date", rule, table, text)]


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
    except (OSError, ValueError, TypeError, AttributeError):
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
