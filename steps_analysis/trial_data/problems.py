"""
What is wrong with a data folder, said all at once and without a single datum.

A problem names file, lines, column, rule and hint. It has no place for the text of a
cell, so no message can hold a participant's values or identifier.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from steps_analysis.errors import DataError

SHOWN = 20
LINES_SHOWN = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """
    One rule broken in one column of one file, on however many lines.

    Attributes
    ----------
    file
        The file's name.
    lines
        The lines that break the rule, counted from 1 (the header), increasing; empty
        where the file as a whole does.
    column
        The column as the file itself spells it, several joined by commas; None where
        the rule is about a row or a file.
    rule
        The rule, worded to follow "must".
    hint
        The likely slip, if it is known. It may quote an accepted word, never a cell.
    n
        How often the rule is broken.

    Examples
    --------
    >>> print(Problem(file="sites.csv", lines=(3,), column="site", rule="be given"))
    sites.csv:3: `site` must be given
    """

    file: str
    lines: tuple[int, ...] = ()
    column: str | None = None
    rule: str
    hint: str | None = None
    n: int = 1

    def __str__(self) -> str:
        line = f":{self.lines[0]}" if self.lines else ""
        whole = "the line" if self.lines else _WHOLE[", sheet " in self.file]
        subject = f"`{self.column}`" if self.column else whole
        more = _further_lines(self.lines[1:])
        hint = f"\nHint: {self.hint}" if self.hint else ""
        return f"{self.file}{line}: {subject} must {self.rule}{more}{hint}"


_WHOLE = {False: "the file", True: "the sheet"}


def found(
    file: str,
    column: str | None,
    rule: str,
    *,
    hint: str | None = None,
    lines: Iterable[int] = (),
) -> Problem:
    """
    Make a problem from the lines it stands on.

    Parameters
    ----------
    file
        The file's name.
    column
        The column as the file spells it, if the rule is about one.
    rule
        The rule, worded to follow "must".
    hint
        The likely slip, if it is known.
    lines
        The lines that break it, in any order; none where the whole file does.

    Returns
    -------
    Problem
        The problem, its lines sorted and counted.

    Examples
    --------
    >>> found("sites.csv", "site", "be given", lines=[9, 3]).lines
    (3, 9)
    """
    ordered = tuple(sorted(int(line) for line in lines))
    n = max(1, len(ordered))
    return Problem(file=file, lines=ordered, column=column, rule=rule, hint=hint, n=n)


class ContractError(DataError):
    """
    A data folder that breaks its contract, with everything that is wrong in it.

    Parameters
    ----------
    problems
        All problems, by file and line.

    Attributes
    ----------
    problems
        The same.
    """

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__(report(self.problems))

    def __reduce__(self) -> tuple[type[ContractError], tuple[tuple[Problem, ...]]]:
        return type(self), (self.problems,)


def report(problems: Sequence[Problem]) -> str:
    """
    Write problems as one message: the first twenty shown, all counted.

    Parameters
    ----------
    problems
        The problems, by file and line; at least one.

    Returns
    -------
    str
        The message. Where there are more than twenty, every column has its turn before
        a second problem of the same column is shown.

    Examples
    --------
    >>> print(report([found("sites.csv", "site", "be given", lines=[3, 9])]))
    2 problems in 1 file
    sites.csv:3: `site` must be given (also on line 9)
    """
    shown = _fair_choice(problems)
    total = sum(problem.n for problem in problems)
    files = len({problem.file for problem in problems})
    head = f"{_counted(total, 'problem')} in {_counted(files, 'file')}"
    left = total - sum(problem.n for problem in shown)
    tail = [f"and {left:,} more"] if left else []
    return "\n".join([head, *map(str, shown), *tail])


def _fair_choice(problems: Sequence[Problem]) -> list[Problem]:
    """Choose what to show, so that one bad column does not drown the others."""
    turns: dict[tuple[str, str | None], int] = {}
    ranked = []
    for place, problem in enumerate(problems):
        column = (problem.file, problem.column)
        turns[column] = turns.get(column, -1) + 1
        ranked.append((turns[column], place))
    return [problems[place] for _, place in sorted(sorted(ranked)[:SHOWN], key=_second)]


def _second(pair: tuple[int, int]) -> int:
    return pair[1]


def _further_lines(lines: tuple[int, ...]) -> str:
    """Name the next few lines and count the rest."""
    if not lines:
        return ""
    named = [str(line) for line in lines[: LINES_SHOWN - 1]]
    rest = len(lines) - len(named)
    word = "line" if len(lines) == 1 else "lines"
    if rest:
        return f" (also on {word} {', '.join(named)} and {rest:,} more)"
    return f" (also on {word} {' and '.join(_last_two(named))})"


def _last_two(named: list[str]) -> list[str]:
    """Join all but the last, so that 'and' stands before the last alone."""
    return [", ".join(named[:-1]), named[-1]] if len(named) > 1 else named


def _counted(n: int, noun: str) -> str:
    """Put a number before its noun."""
    return f"{n:,} {noun}{'' if n == 1 else 's'}"
