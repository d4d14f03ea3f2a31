"""Which column of a file is which column of the contract?"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from difflib import get_close_matches

from steps_analysis.errors import did_you_mean
from steps_analysis.trial_data.fields import TableRule
from steps_analysis.trial_data.problems import Problem, found
from steps_analysis.trial_data.raw_table import RawTable, wrong_delimiter

LISTED = "datapackage.json lists it"


def match_header(
    table: RawTable,
    rule: TableRule,
    mapping: Mapping[str, str],
    listed: Collection[str] = (),
) -> tuple[dict[str, int], list[Problem]]:
    """
    Match a file's header to the contract.

    A name that is not recognised is quoted only where another one is, so that the first
    row of a file without a header is never taken for names.

    Parameters
    ----------
    table
        The file's cells.
    rule
        The table's contract.
    mapping
        Names as found to names of the contract, from the protocol.
    listed
        Columns that ``datapackage.json`` says the file has.

    Returns
    -------
    positions : dict
        Name of the contract to position in the header; empty where the first line is no
        header.
    problems : list of Problem
        Unknown, missing, repeated and unnamed columns.
    """
    accepted = {**{name: name for name in rule.names}, **mapping}
    names = [accepted.get(text) for text in table.header]
    if not any(names):
        refusal = _no_header(table, rule, accepted)
        if refusal:
            return {}, [refusal]
    positions = {name: i for i, name in reversed(list(enumerate(names))) if name}
    wanted = {accepted.get(name) for name in listed}
    problems = [
        *_unnamed(table, rule),
        *_repeated(table, rule, names),
        *_unknown(table, rule, accepted),
        *_missing(table, rule, accepted, positions, wanted),
    ]
    return positions, problems


def _no_header(
    table: RawTable, rule: TableRule, accepted: Mapping[str, str]
) -> Problem | None:
    """Refuse a first line in which no column is recognised."""
    separator = wrong_delimiter(table)
    if separator:
        hint = f"its cells are separated by {separator}: save it with commas"
        return found(rule.file, None, "be separated by commas", hint=hint, lines=[1])
    if any(_plain(text) in map(_plain, accepted) for text in table.header):
        return None
    needed = [field.name for field in rule.fields if field.required]
    columns = ", ".join(f"`{name}`" for name in needed or rule.names[:3])
    hint = f"it needs at least {columns}" if needed else f"such as {columns}"
    return found(rule.file, None, "hold the names of the columns", hint=hint, lines=[1])


def _unnamed(table: RawTable, rule: TableRule) -> list[Problem]:
    """Refuse a column without a name."""
    if all(text.strip() for text in table.header):
        return []
    hint = "a comma too many at the end of the line?"
    return [found(rule.file, None, "name every column", hint=hint, lines=[1])]


def _repeated(
    table: RawTable, rule: TableRule, names: list[str | None]
) -> list[Problem]:
    """Refuse two columns that are one of the contract's."""
    return [
        found(
            rule.file, text, "stand only once", hint=_stands_for(text, name), lines=[1]
        )
        for i, (text, name) in enumerate(zip(table.header, names, strict=True))
        if name and name in names[:i]
    ]


def _unknown(
    table: RawTable, rule: TableRule, accepted: Mapping[str, str]
) -> list[Problem]:
    """Refuse columns the contract does not have."""
    known = f"be a column of the contract for {rule.file}"
    other = f"leave it out, or map it in the protocol under [columns.{rule.name}]"
    return [
        found(
            rule.file,
            _shown(text, i),
            known,
            hint=did_you_mean(text, accepted) or other,
            lines=[1],
        )
        for i, text in enumerate(table.header, start=1)
        if text.strip() and text not in accepted
    ]


def _missing(
    table: RawTable,
    rule: TableRule,
    accepted: Mapping[str, str],
    positions: Mapping[str, int],
    wanted: Collection[str | None],
) -> list[Problem]:
    """Refuse the want of a column, unless a misspelt one was named already."""
    misspelt = {
        accepted[word]
        for text in table.header
        if text not in accepted
        for word in _closest(text, accepted)
    }
    problems = []
    for field in rule.fields:
        name = field.name
        if name in positions or name in misspelt:
            continue
        if field.required or name in wanted:
            other = [word for word, meant in accepted.items() if meant == name != word]
            hint = None if field.required else LISTED
            hint = f"the protocol looks for it as `{other[0]}`" if other else hint
            problems.append(found(rule.file, name, "be there", hint=hint, lines=[1]))
    return problems


def _closest(text: str, accepted: Iterable[str]) -> list[str]:
    """Find the accepted name that `did_you_mean` would suggest."""
    by_plain = {_plain(word): word for word in accepted}
    return [by_plain[word] for word in get_close_matches(_plain(text), by_plain, n=1)]


def _plain(text: str) -> str:
    """Take a name without its capitals and the spaces around it."""
    return text.strip().casefold()


def _shown(text: str, position: int) -> str:
    """Quote a column's name where it reads like one."""
    plain = text.strip()
    return plain if re.fullmatch(r"[^\W\d][\w .-]{0,40}", plain) else f"#{position}"


def _stands_for(text: str, name: str) -> str | None:
    """Say which column of the contract a mapped one stands for."""
    return None if text == name else f"it stands for `{name}`"
