"""Read the cases of a file: JSON, JSON lines, or CSV with columns of referrals.csv."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NoReturn

from steps_analysis.errors import DataError, refusal
from steps_analysis.pathway.eligibility.cases import OLDEST, case_fields, read_case
from steps_analysis.protocol import Protocol
from steps_analysis.trial_data import CONTRACT, Field, Problem, TableRule
from steps_analysis.trial_data.problems import SHOWN, found
from steps_analysis.trial_data.tables import read_table

_LINES = (".jsonl", ".ndjson")


@dataclass(frozen=True, slots=True, kw_only=True)
class FileCase:
    """
    One case of a file.

    Attributes
    ----------
    name
        What it is called: its ``referral_id``, else its place in the file.
    case
        The case, by the names of ``referrals.csv``.
    """

    name: str
    case: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Placed:
    """A case with its place: its line, or its number in a list, or neither."""

    case: Any
    line: int | None = None
    number: int | None = None


def read_cases(path: str | Path, protocol: Protocol) -> tuple[FileCase, ...]:
    """
    Read the cases of a file, or say all that is wrong with them.

    Parameters
    ----------
    path
        One JSON object, a JSON list of them, JSON lines (an object a line), or CSV (a
        name that ends in ``.csv``).
    protocol
        The protocol whose sites, codes and column names count.

    Returns
    -------
    tuple of FileCase
        At least one, in the order of the file.

    Raises
    ------
    DataError
        If there is no such file, it is none of these, or a case does not fit the
        contract; with file, place, field and rule, and no value.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> from steps_analysis.protocol import load_protocol
    >>> with TemporaryDirectory() as folder:
    ...     path = Path(folder) / "case.json"
    ...     _ = path.write_text('[{"referral_id": "R1"}, {"age_at_referral": 11}]')
    ...     [case.name for case in read_cases(path, load_protocol())]
    ['R1', 'case 2']
    """
    path = Path(path)
    if not path.is_file():
        raise DataError(refusal("case", "name a file of cases", str(path)))
    if path.suffix.casefold() == ".csv":
        placed = _from_csv(path, protocol)
    else:
        placed = list(_from_json(path))
    if not placed:
        raise DataError(f"{path.name}: the file must hold at least one case")
    _refuse(path.name, placed, protocol)
    return tuple(FileCase(name=_name(one), case=one.case) for one in placed)


def _from_csv(path: Path, protocol: Protocol) -> list[_Placed]:
    """Read the rows of a table with some of the columns of referrals.csv."""
    mapping = protocol.columns.get("referrals", {})
    table, problems = read_table(path, _lenient(protocol), mapping, None)
    if table is None or problems:
        _raise([replace(problem, file=path.name) for problem in problems])
    rows = table.frame.to_dict("records")
    return [
        _Placed(case={str(k): v for k, v in row.items()}, line=int(line))
        for row, line in zip(rows, table.lines, strict=True)
    ]


def _lenient(protocol: Protocol) -> TableRule:
    """Take the contract of referrals, every column optional, decimals of ages too."""
    rule = next(rule for rule in CONTRACT if rule.name == "referrals")
    return replace(rule, fields=tuple(map(_eased, case_fields(protocol).values())))


def _eased(field: Field) -> Field:
    """Take what a case may leave out, or say less strictly than a trial's data."""
    if field.unit == "years":
        return replace(field, kind="number", maximum=OLDEST)
    if field.name == "site":  # it need not be one of the trial's
        return replace(field, kind="id", required=False)
    return replace(field, required=False)


def _from_json(path: Path) -> Iterator[_Placed]:
    """Read an object, a list of objects, or an object a line."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise DataError(f"{path.name}: the file must be UTF-8 text") from None
    if path.suffix.casefold() in _LINES or _is_one_a_line(text):
        for number, line in enumerate(text.split("\n"), start=1):
            if line.strip():
                yield _Placed(case=_parsed(line, path.name, number), line=number)
        return
    value = _parsed(text, path.name)
    if isinstance(value, list):
        for number, case in enumerate(value, start=1):
            yield _Placed(case=case, number=number)
    else:
        yield _Placed(case=value)


def _is_one_a_line(text: str) -> bool:
    """Say whether the first of several lines is a whole object."""
    first, *rest = text.strip().split("\n")
    is_whole = first.startswith("{") and first.rstrip().endswith("}")
    return is_whole and any(line.strip() for line in rest)


def _parsed(text: str, name: str, line: int | None = None) -> Any:
    """Parse JSON, or refuse it without repeating it."""
    try:
        return json.loads(text, object_pairs_hook=_once)
    except DataError as error:
        raise DataError(f"{_place(name, line)}: {error}") from None
    except json.JSONDecodeError as error:
        where = _place(name, line or error.lineno)
        raise DataError(f"{where}: the file must be JSON: {error.msg}") from None
    except (ValueError, RecursionError):  # a number or a nesting beyond measure
        raise DataError(f"{_place(name, line)}: the file must be JSON") from None


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Make a mapping of fields that each stand once."""
    fields = dict(pairs)
    if len(fields) < len(pairs):
        raise DataError("every field of a case must stand only once")
    return fields


def _place(name: str, line: int | None) -> str:
    return name if line is None else f"{name}:{line}"


def _refuse(name: str, placed: list[_Placed], protocol: Protocol) -> None:
    """Refuse a file if a case of it does not fit."""
    fields = case_fields(protocol)
    lines: dict[tuple[str, str | None, str, str | None], list[int]] = {}
    for one in placed:
        file = name if one.number is None else f"{name}, case {one.number}"
        for problem in _problems(one.case, fields):
            key = (file, problem.column, problem.rule, problem.hint)
            lines.setdefault(key, []).extend([] if one.line is None else [one.line])
    if lines:
        _raise(
            [
                found(file, column, rule, hint=hint, lines=where)
                for (file, column, rule, hint), where in lines.items()
            ]
        )


def _problems(case: Any, fields: Mapping[str, Any]) -> list[Problem]:
    """List what is wrong with one case."""
    if not isinstance(case, Mapping):
        return [found("", "case", "be an object of fields and values")]
    return read_case(case, fields)[1]


def _raise(problems: list[Problem]) -> NoReturn:
    """Say the first problems and count the others."""
    more = len(problems) - SHOWN
    tail = [f"and {more:,} more"] if more > 0 else []
    raise DataError("\n".join([*map(str, problems[:SHOWN]), *tail]))


def _name(one: _Placed) -> str:
    """Name a case by its referral, else by its place."""
    referral = one.case.get("referral_id")
    if isinstance(referral, str | int) and str(referral).strip():
        return str(referral)
    if one.line is not None:
        return f"line {one.line}"
    return "the case" if one.number is None else f"case {one.number}"
