"""Whether two executed notebooks say the same."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from itertools import zip_longest
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nbformat import NotebookNode

TOLERANCE = 1e-8
"""By how much numbers in outputs may differ, relative or absolute."""

_NUMBER = re.compile(r"[-+−]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?")
_PICTURE = "a picture"


def notebook_differences(
    committed: NotebookNode, rebuilt: NotebookNode
) -> Iterator[str]:
    """
    List where two executed notebooks differ.

    Parameters
    ----------
    committed, rebuilt
        The notebooks.

    Yields
    ------
    str
        Place and first differing line. Sources are compared exactly; outputs too, but
        for numbers, which may differ by `TOLERANCE`; of pictures only that they are
        there, for their data stand beside them.

    Examples
    --------
    >>> from nbformat.v4 import new_code_cell, new_notebook
    >>> old, new = (new_code_cell(f"rate({n})", id="c000") for n in (1, 2))
    >>> pair = new_notebook(cells=[old]), new_notebook(cells=[new])
    >>> list(notebook_differences(*pair))
    ["cell c000, source, line 1: committed 'rate(1)', rebuilt 'rate(2)'"]
    """
    old, new = _parts(committed), _parts(rebuilt)
    for place in dict.fromkeys([*old, *new]):
        if place not in new:
            yield f"{place}: committed, but no longer made"
        elif place not in old:
            yield f"{place}: made, but not committed"
        else:
            found = _line(old[place], new[place], exact="output" not in place)
            if found:
                yield f"{place}, {found}"


def _parts(notebook: NotebookNode) -> dict[str, str]:
    """Give every part of a notebook as text, by its place."""
    parts = {"metadata": json.dumps(notebook.metadata, sort_keys=True)}
    for number, cell in enumerate(notebook.cells):
        place = f"cell {cell.get('id', number)}"
        facts = (cell.cell_type, cell.metadata, cell.get("execution_count"))
        parts[f"{place}, facts"] = " ".join(map(str, facts))
        parts[f"{place}, source"] = cell.source
        for position, output in enumerate(cell.get("outputs", ()), start=1):
            for kind, text in _contents(output):
                parts[f"{place}, output {position}, {kind}"] = text
    return parts


def _contents(output: NotebookNode) -> Iterator[tuple[str, str]]:
    """Give the contents of an output, by media type or name."""
    if "data" not in output:
        rest = {name: value for name, value in output.items() if name != "text"}
        yield "kind", json.dumps(rest, sort_keys=True)
        yield "text", output.get("text", "")
        return
    yield "kind", f"{output.output_type} {json.dumps(output.metadata, sort_keys=True)}"
    for kind, content in output.data.items():
        text = content if isinstance(content, str) else json.dumps(content)
        yield kind, _PICTURE if kind.startswith("image/") and text else text


def _line(old: str, new: str, *, exact: bool) -> str:
    """Say which is the first line that differs, or nothing."""
    lines = zip_longest(old.splitlines(), new.splitlines(), fillvalue="(end)")
    for number, (was, now) in enumerate(lines, start=1):
        if was != now and (exact or not _close(was, now)):
            return f"line {number}: committed {_short(was)}, rebuilt {_short(now)}"
    return ""


def _close(old: str, new: str) -> bool:
    """Say whether two lines agree in their words, and nearly in their numbers."""
    if _NUMBER.split(old) != _NUMBER.split(new):
        return False
    pairs = zip(_NUMBER.findall(old), _NUMBER.findall(new), strict=True)
    return all(
        math.isclose(_value(a), _value(b), rel_tol=TOLERANCE, abs_tol=TOLERANCE)
        for a, b in pairs
    )


def _value(number: str) -> float:
    """Read a number, whichever its minus sign."""
    return float(number.replace("−", "-"))


def _short(line: str) -> str:
    """Cut a line to what fits a message."""
    return repr(line if len(line) <= 90 else f"{line[:90]} ...")
