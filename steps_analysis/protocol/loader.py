"""Read a protocol from its TOML file, or refuse it with key, rule, value and line."""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections.abc import Iterator
from importlib import resources
from pathlib import Path
from typing import Any

from steps_analysis.errors import ProtocolError, refusal
from steps_analysis.protocol.build import build
from steps_analysis.protocol.consistency import breaches, fact_keys, mark_of
from steps_analysis.protocol.model import Protocol

SHIPPED = "steps_b.toml"


def load_protocol(path: str | Path | None = None) -> Protocol:
    """
    Read a trial's protocol.

    Parameters
    ----------
    path
        The TOML file, or a folder with a ``protocol.toml``; None for STEPS-B, which
        ships with the package.

    Returns
    -------
    Protocol
        The protocol, checked against itself.

    Raises
    ------
    ProtocolError
        If there is no such file, it is not TOML, or it contradicts itself; all
        contradictions are named at once, each with key, rule, value and line.

    Examples
    --------
    >>> protocol = load_protocol()
    >>> protocol.trial.short_name, len(protocol.sites.names), protocol.primary.outcome
    ('STEPS-B', 14, 'P1')
    """
    if path is None:
        return parse_protocol(_shipped_text(), SHIPPED)
    path = Path(path)
    if path.is_dir():
        path = path / "protocol.toml"
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        rule = "name a file, or a folder with a protocol.toml"
        raise ProtocolError(refusal("protocol", rule, str(path))) from None
    except UnicodeDecodeError:
        rule = "be UTF-8 text"
        message = refusal("protocol", rule, "other bytes", file=path.name)
        raise ProtocolError(message) from None
    except OSError:
        message = refusal("protocol", "be a file that can be read", path.name)
        raise ProtocolError(message) from None
    return parse_protocol(text, path.name)


def parse_protocol(text: str, name: str = "protocol.toml") -> Protocol:
    """
    Read a protocol from the text of its TOML file.

    Parameters
    ----------
    text
        The text.
    name
        What messages call the file.

    Returns
    -------
    Protocol
        The protocol, checked against itself.

    Raises
    ------
    ProtocolError
        If the text is not TOML, or the protocol contradicts itself.
    """
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ProtocolError(f"{name}: the file must be TOML: {error}") from None
    except RecursionError:
        why = "brackets within brackets, too deep"
        raise ProtocolError(f"{name}: the file must be TOML: {why}") from None

    def refuse(
        key: str, rule: str, value: object, hint: str | None = None
    ) -> ProtocolError:
        line = line_of(key, text)
        return ProtocolError(refusal(key, rule, value, file=name, line=line, hint=hint))

    for reserved in ("digest", "text"):
        if reserved in table:
            raise refuse(reserved, "not be given: it is computed", table[reserved])
    computed = {"digest": _digest(text), "text": text}
    protocol = build(Protocol, {**table, **computed}, "", refuse)
    found = [refuse(*breach) for breach in breaches(protocol)]
    found += _stray_marks(table, refuse)
    if found:
        raise ProtocolError("\n".join(str(error) for error in found))
    return protocol


def is_shipped(protocol: Protocol) -> bool:
    """
    Say whether a protocol is the STEPS-B that ships with the package.

    Parameters
    ----------
    protocol
        The protocol.

    Returns
    -------
    bool
        Whether it was read from the same text.

    Examples
    --------
    >>> is_shipped(load_protocol())
    True
    """
    return protocol.digest == _digest(_shipped_text())


def _shipped_text() -> str:
    """Read the text of STEPS-B."""
    shipped = resources.files("steps_analysis.protocol") / SHIPPED
    return shipped.read_text(encoding="utf-8")


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def unmarked(protocol: Protocol) -> list[str]:
    """
    List the facts of a protocol that carry no source mark.

    Parameters
    ----------
    protocol
        A protocol that was read from text.

    Returns
    -------
    list of str
        Their dotted keys.

    Examples
    --------
    >>> unmarked(load_protocol())
    []
    """
    table = tomllib.loads(protocol.text)
    table.pop("marks", None)
    return [key for key in fact_keys(table) if mark_of(key, protocol.marks) is None]


def _stray_marks(table: dict[str, Any], refuse: Any) -> list[ProtocolError]:
    """Refuse a mark that marks nothing."""
    marks = table.get("marks", {})
    keys = list(fact_keys({k: v for k, v in table.items() if k != "marks"}))
    stray = [m for m in marks if not any(k == m or k.startswith(m + ".") for k in keys)]
    rule = "mark a key of this protocol"
    return [refuse(f"marks.{mark}", rule, marks[mark]) for mark in stray]


def line_of(key: str, text: str) -> int | None:
    r"""
    Find the line a dotted key stands in.

    Parameters
    ----------
    key
        The key, list items in brackets: ``"outcomes[P1].kind"``.
    text
        The TOML text.

    Returns
    -------
    int or None
        The line, counted from 1; that of the nearest key or table above, where the key
        itself is missing; None where nothing fits.

    Examples
    --------
    >>> line_of("sites.names", "[sites]\nlabel = 'x'\nnames = []")
    3
    """
    lines = dict(reversed(list(_keyed_lines(text))))  # the first of several wins
    while key:
        if key in lines:
            return lines[key]
        key = re.sub(r"\[[^\[\]]*\]$|(^|\.)[^.\[\]]+$", "", key)
    return None


_HEADER = re.compile(r"\s*\[+\s*([^\]]+?)\s*\]+\s*(?:#.*)?$")
_ENTRY = re.compile(r"\s*[\"']?([\w.-]+)[\"']?\s*=\s*(.*)")
_NAMING = ("code", "name", "topic")


def _keyed_lines(text: str) -> Iterator[tuple[str, int]]:
    """List the keys of a TOML text with their lines; items of lists by their name."""
    table, start = "", 0
    held: list[tuple[str, str, int]] = []
    for number, line in enumerate([*text.splitlines(), "[]"], start=1):
        if (match := _HEADER.match(line)) or line == "[]":
            yield from _table_lines(table, start, held)
            table, start, held = (match[1] if match else ""), number, []
        elif match := _ENTRY.match(line):
            held.append((match[1], match[2], number))


def _table_lines(
    table: str, start: int, held: list[tuple[str, str, int]]
) -> Iterator[tuple[str, int]]:
    """List the keys of one table, under its own key and under that of its item."""
    named = [
        (value.strip("\"'"), line) for name, value, line in held if name in _NAMING
    ]
    items = [(f"{table}[{name}]", line) for name, line in named[:1]]
    for prefix, number in [(table, start), *items]:
        if prefix:
            yield prefix, number
        for name, _, line in held:
            yield (f"{prefix}.{name}" if prefix else name), line
