"""The data contract as a page to read."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from steps_analysis.protocol import Protocol
from steps_analysis.trial_data.cells import EARLIEST, LATEST, plain
from steps_analysis.trial_data.comparison import CrossRule
from steps_analysis.trial_data.contract import NEEDED_TABLES, ROLE_TABLES
from steps_analysis.trial_data.extended import contract_for
from steps_analysis.trial_data.fields import Field, TableRule
from steps_analysis.trial_data.rules import RULES

_KINDS = {
    "id": "identifier",
    "code": "code",
    "date": "date",
    "whole": "whole number",
    "number": "number",
    "yes_no": "true or false",
}

_INTRODUCTION = """\
A trial is a folder of CSV files with a `datapackage.json`, and a `protocol.toml` unless
it is STEPS-B. This page is made from the contract that the reader checks
(`steps_analysis.trial_data.data_dictionary`), here for {trial}; another protocol has
its own sites, arms, factors, scores and codes.

- Files are UTF-8, comma-separated, with one header line; a byte order mark and CRLF are
  accepted. An empty cell is a missing value. Nothing else is repaired: what is wrong is
  refused, all of it at once, with file, line, column, rule and hint.
- Dates are written 2015-04-03, from {earliest} to {latest}. None may come after the
  extract date, but those marked *planned*. True and false are written `true` and
  `false`.
- Identifiers have up to 64 characters and stand for no name. There is no free text, no
  date of birth and no postcode anywhere; ages are in completed years.
- A column marked *required* must be there, and filled, wherever the file is present.
  Any other may be left out. A column the contract does not have is refused.
- Names of columns can be mapped in the protocol: `[columns.participants]` with
  `centre = "site"` reads a column `centre` as `site`.

`datapackage.json` must say two things beside: `provenance` ("synthetic", "real" or
"unknown"; unknown is treated as real) and `extract_date`, the last date on which the
records are complete, which only synthetic data may have in the future. The rest of it,
a Frictionless description of the tables, is written for others. If it is there, it is
read for what could be lost: a file or a column that it lists has to be there.
"""


def data_dictionary(protocol: Protocol) -> str:
    """
    Write the data contract of a protocol as a page.

    Parameters
    ----------
    protocol
        The protocol, which extends the contract.

    Returns
    -------
    str
        The page, in Markdown.

    Examples
    --------
    >>> from steps_analysis.protocol import load_protocol
    >>> data_dictionary(load_protocol()).splitlines()[0]
    '# Data dictionary'
    """
    contract = contract_for(protocol)
    parts = [
        "# Data dictionary\n",
        _INTRODUCTION.format(
            trial=protocol.trial.short_name, earliest=EARLIEST, latest=LATEST
        ),
        "## Tables\n",
        markdown_table(
            ("File", "One row is", "Needed to evaluate", "Could show an arm"),
            (
                (
                    f"[`{rule.file}`](#{rule.name}csv)",
                    rule.title,
                    _mark(rule.name in NEEDED_TABLES),
                    _mark(rule.is_concealed),
                )
                for rule in contract
            ),
        ),
        "## Roles\n",
        "A role opens these files and touches no other.\n",
        markdown_table(
            ("Role", "Opens"),
            (
                (role.replace("_", " "), ", ".join(f"`{name}.csv`" for name in names))
                for role, names in ROLE_TABLES.items()
            ),
        ),
        *(_section(rule) for rule in contract),
    ]
    return "\n".join(parts)


def _section(rule: TableRule) -> str:
    """Write one table's section."""
    key = ", ".join(f"`{name}`" for name in rule.key)
    lines = [f"## {rule.file}\n", f"One row is {rule.title}."]
    lines += [f"No two rows share {key}." if key else "No two rows are alike."]
    lines += ["Masked roles do not open it."] if rule.is_concealed else []
    head = ("Column", "Holds", "Kind", "Required", "Accepted")
    parts = ["\n".join(lines), "", markdown_table(head, map(field_row, rule.fields))]
    says = [_said(cross) for cross in RULES if cross.table == rule.name]
    return "\n".join(parts + (["\n".join(says) + "\n"] if says else []))


def _said(rule: CrossRule) -> str:
    """Word a rule between cells as the checker does."""
    says = re.sub(rf"`{rule.table}\.(\w+)`", r"`\1`", rule.says)
    says = re.sub(r"`(\w+)\.(\w+)`", r"`\2` of \1.csv", says)
    return f"- `{rule.column.partition('.')[2]}` must {says}."


def field_row(field: Field) -> tuple[str, ...]:
    """
    Say what a column holds, in the words of the data dictionary.

    Parameters
    ----------
    field
        The column.

    Returns
    -------
    tuple of str
        Its name, what it holds, its kind, whether it is required, what is accepted.

    Examples
    --------
    >>> from steps_analysis.trial_data.contract import CONTRACT
    >>> field_row(CONTRACT[0].field("ring"))
    ('`ring`', 'part of London', 'code', '', '`inner`, `outer`')
    """
    return (
        f"`{field.name}`",
        field.title,
        _KINDS[field.kind],
        _mark(field.required),
        "; ".join(_accepted(field)),
    )


def _accepted(field: Field) -> Iterator[str]:
    """List what limits a column's cells."""
    if field.codes:
        yield ", ".join(f"`{code}`" for code in field.codes)
    low, high = field.minimum, field.maximum
    if low is not None and high is not None:
        yield f"{plain(low)} to {plain(high)}"
    elif low is not None:
        yield f"at least {plain(low)}"
    if field.unit:
        yield f"in {field.unit}"
    if field.is_planned:
        yield "planned"
    if field.target:
        yield f"a `{field.target[1]}` of {field.target[0]}.csv"


def _mark(is_so: bool) -> str:
    """Write yes or nothing."""
    return "yes" if is_so else ""


def markdown_table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    """
    Write a Markdown table.

    Parameters
    ----------
    head
        The headings.
    rows
        The cells of each row.

    Returns
    -------
    str
        The table, with a line break at its end.

    Examples
    --------
    >>> print(markdown_table(("File",), [("`sites.csv`",)]), end="")
    | File |
    | --- |
    | `sites.csv` |
    """
    lines = ["| " + " | ".join(head) + " |", "|" + " --- |" * len(head)]
    lines += ["| " + " | ".join(row) + " |" for row in rows]
    return "\n".join(lines) + "\n"
