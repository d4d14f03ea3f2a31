"""
Turn a parsed TOML table into a frozen value, refusing what does not fit its type.

The types of the dataclass are the grammar: an unknown key, a missing key or a value of
the wrong type is refused with its dotted key, the rule and the value.
"""

from __future__ import annotations

import dataclasses
import types
from collections.abc import Callable, Mapping
from datetime import date
from functools import cache
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from steps_analysis.errors import did_you_mean

Value = TypeVar("Value")
Refuse = Callable[[str, str, object, str | None], Exception]

_PLAIN = {
    str: "be text",
    int: "be a whole number",
    float: "be a number",
    bool: "be true or false",
    date: "be a date such as 2013-12-01",
}


def build(
    kind: type[Value], table: Mapping[str, Any], key: str, refuse: Refuse
) -> Value:
    """
    Build a dataclass from a table.

    Parameters
    ----------
    kind
        The dataclass.
    table
        The parsed table.
    key
        The table's dotted key, for messages; ``""`` at the top.
    refuse
        Makes the error from dotted key, rule, value and hint.

    Returns
    -------
    object
        A value of `kind`.

    Raises
    ------
    Exception
        Whatever `refuse` makes, at the first thing that does not fit.
    """
    hints = _hints(kind)  # type: ignore[arg-type]  # a class is hashable
    parts = {part.name: part for part in dataclasses.fields(kind)}  # type: ignore[arg-type]  # callers pass dataclasses
    for name in table:
        if name not in parts:
            rule = f"be one of {', '.join(sorted(parts))}"
            raise refuse(_dotted(key, name), rule, name, did_you_mean(name, parts))
    values = {}
    for name, part in parts.items():
        if name in table:
            where = _dotted(key, name)
            values[name] = _value(hints[name], table[name], where, refuse)
        elif part.default is part.default_factory is dataclasses.MISSING:
            raise refuse(_dotted(key, name), "be given", None, None)
    return kind(**values)


@cache
def _hints(kind: type) -> Mapping[str, Any]:
    """Read a dataclass's types out of their text: slow, so once for each class."""
    return get_type_hints(kind)


def _value(hint: Any, value: Any, key: str, refuse: Refuse) -> Any:
    """Fit one value to one type."""
    origin, inner = get_origin(hint), get_args(hint)
    if origin in (Union, types.UnionType):
        return _value(_fitting(inner, value), value, key, refuse)
    if origin is Literal:
        return _choice(inner, value, key, refuse)
    if origin is tuple:
        return _sequence(inner[0], value, key, refuse)
    if dataclasses.is_dataclass(hint) or origin is not None:
        if not isinstance(value, Mapping):
            raise refuse(key, "be a table", value, None)
        if dataclasses.is_dataclass(hint):
            return build(hint, value, key, refuse)  # type: ignore[arg-type]  # a class
        return {
            k: _value(inner[1], v, _dotted(key, k), refuse) for k, v in value.items()
        }
    return _plain(hint, value, key, refuse)


def _fitting(hints: tuple[Any, ...], value: Any) -> Any:
    """Choose among several types: the one of tables for a table, else the first."""
    given = [hint for hint in hints if hint is not type(None)]
    tables = [hint for hint in given if get_origin(hint) is Mapping]
    return tables[0] if tables and isinstance(value, Mapping) else given[0]


def _choice(accepted: tuple[str, ...], value: Any, key: str, refuse: Refuse) -> Any:
    """Accept one of the listed words."""
    if value not in accepted:
        rule = "be one of " + ", ".join(repr(word) for word in accepted)
        raise refuse(key, rule, value, did_you_mean(value, accepted))
    return value


def _sequence(hint: Any, value: Any, key: str, refuse: Refuse) -> tuple[Any, ...]:
    """Accept a list, each item of one type."""
    if not isinstance(value, list):
        raise refuse(key, "be a list", value, None)
    return tuple(
        _value(hint, item, f"{key}[{name_of(item, i)}]", refuse)
        for i, item in enumerate(value)
    )


def _plain(hint: Any, value: Any, key: str, refuse: Refuse) -> Any:
    """Accept text, number, truth value or date."""
    if hint is Any:
        return value
    if hint is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if type(value) is not hint:
        raise refuse(key, _PLAIN[hint], value, None)
    return value


def name_of(item: Any, index: int) -> str:
    """
    Name an item of a list: by its code or name, else by its position.

    Parameters
    ----------
    item
        The item.
    index
        Its position, from 0.

    Returns
    -------
    str
        What stands between the brackets of its key.
    """
    if isinstance(item, Mapping):
        for key in ("code", "name", "topic"):
            if isinstance(item.get(key), str):
                return str(item[key])
    return str(index + 1)


def _dotted(key: str, name: str) -> str:
    """Join a key and a name."""
    return f"{key}.{name}" if key else name
