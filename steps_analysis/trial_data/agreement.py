"""Do the tables agree with one another, and the cells of a row among themselves?"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

import numpy as np

from steps_analysis.protocol import Protocol
from steps_analysis.trial_data.comparison import CrossRule
from steps_analysis.trial_data.problems import Problem, found
from steps_analysis.trial_data.rules import RULES
from steps_analysis.trial_data.tables import CheckedTable

Tables = Mapping[str, CheckedTable]


def disagreements(tables: Tables, protocol: Protocol) -> list[Problem]:
    """
    Find links that lead nowhere and rules between cells that are broken.

    Parameters
    ----------
    tables
        The tables as far as they could be read, by name.
    protocol
        The trial's protocol.

    Returns
    -------
    list of Problem
        What is wrong. A refused cell takes part in no rule, and a link into a table
        that could not be read in full is not followed, so that one slip is not told
        twice.
    """
    frames = {name: table.frame for name, table in tables.items()}
    problems = [
        problem for table in tables.values() for problem in _dead_links(table, tables)
    ]
    for rule in RULES:
        if _applies(rule, tables):
            rows = np.flatnonzero(rule.broken(frames, protocol))
            if len(rows):
                problems.append(_breach(rule, rows.tolist(), tables))
    return problems


def _dead_links(table: CheckedTable, tables: Tables) -> Iterator[Problem]:
    """Yield the values that should stand in another table, and do not."""
    for field in table.rule.fields:
        if field.name not in table.names or field.target is None:
            continue
        other, name = field.target
        if other not in tables or not tables[other].is_certain(name):
            continue
        values = table.frame[field.name].dropna()
        known = tables[other].frame[name]
        is_known = values.isin(known)
        if is_known.all():
            continue
        astray = values[~is_known]
        cased = astray.str.casefold().isin(known.str.casefold())
        rule = f"be a `{tables[other].names[name]}` of {other}.csv"
        for hint, rows in (
            (None, astray.index[~cased]),
            ("it differs from one only in its capitals", astray.index[cased]),
        ):
            if len(rows):
                column = table.names[field.name]
                lines = table.lines[rows].tolist()
                yield found(table.rule.file, column, rule, hint=hint, lines=lines)


def _applies(rule: CrossRule, tables: Tables) -> bool:
    """Say whether all that a rule reads is there."""
    for column in (rule.column, *rule.needs, *rule.certain):
        table, _, name = column.partition(".")
        if table not in tables or name not in tables[table].names:
            return False
        if column in rule.certain and not tables[table].is_certain(name):
            return False
    return True


def _breach(rule: CrossRule, rows: list[int], tables: Tables) -> Problem:
    """Word a broken rule in the file's own names."""
    table = tables[rule.table]

    def own_name(match: re.Match[str]) -> str:
        other, name = match[1], match[2]
        where = "" if other == rule.table else f" of {other}.csv"
        return f"`{tables[other].names[name]}`{where}"

    says = re.sub(r"`(\w+)\.(\w+)`", own_name, rule.says)
    column = table.names[rule.column.partition(".")[2]]
    lines = table.lines[rows].tolist()
    return found(table.rule.file, column, says, hint=rule.hint, lines=lines)
