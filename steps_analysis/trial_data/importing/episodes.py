"""The episodes of being looked after, as the SSDA903 return lists them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import NamedTuple

from steps_analysis.trial_data.importing.columns import read_columns
from steps_analysis.trial_data.problems import Problem, found

COLUMNS = ("CHILD", "DECOM", "LS", "PLACE", "DEC", "REC")
CONTINUES = "X1"  # REC: a new episode follows


class Episode(NamedTuple):
    """
    One episode of being looked after, of a child in the key.

    Attributes
    ----------
    participant
        The participant.
    start, end
        DECOM and DEC; None where it has not ended.
    reason
        REC, why it ended.
    legal
        LS, the legal status.
    place
        PLACE, the type of placement.
    file, line
        Where it stands, as messages say it.
    path
        The file, to tell files of one name apart.
    """

    participant: str
    start: date
    end: date | None
    reason: str
    legal: str
    place: str
    file: str
    line: int
    path: Path = Path()


def read_episodes(
    path: Path, participants: Mapping[str, str]
) -> tuple[list[Episode], list[Problem]]:
    """
    Read the episodes of the children in the key.

    Parameters
    ----------
    path
        An episodes file.
    participants
        CHILD to participant.

    Returns
    -------
    episodes : list of Episode
        In the order of the file; rows with a date that is none are left out.
    problems : list of Problem
        What is wrong with the file and its cells.

    Raises
    ------
    DataError
        If there is no such file.
    """
    table, problems = read_columns(path, COLUMNS, required=COLUMNS)
    if table is None:
        return [], problems
    columns = dict(zip(table.header, table.columns, strict=True))
    rows: list[Episode] = []
    wrong: dict[tuple[str, str, str | None], list[int]] = {}
    for line, *cells in zip(table.lines, *(columns[n] for n in COLUMNS), strict=True):
        child, start, legal, place, end, reason = (cell.strip() for cell in cells)
        if child not in participants:
            continue
        first, last = british_date(start), british_date(end)
        for column, text, day in (("DECOM", start, first), ("DEC", end, last)):
            if day is None and (text or column == "DECOM"):
                rule = "be a date that exists, written day/month/year"
                wrong.setdefault((column, rule, "01/04/2015"), []).append(int(line))
        if bool(end) != bool(reason):
            rule = "be given where `DEC` is, and only there"
            wrong.setdefault(("REC", rule, None), []).append(int(line))
        if first is not None and (last is not None or not end):
            who = participants[child]
            where = path.name, int(line), path
            rows.append(Episode(who, first, last, reason, legal, place, *where))
    problems += [
        found(path.name, column, rule, hint=hint and f"such as {hint}", lines=lines)
        for (column, rule, hint), lines in wrong.items()
    ]
    return rows, problems


def british_date(text: str) -> date | None:
    """
    Read a date as the returns write it.

    Parameters
    ----------
    text
        Such as 01/04/2015.

    Returns
    -------
    date or None
        The date; None if it is none.

    Examples
    --------
    >>> british_date("01/04/2015"), british_date("2015-04-01")
    (datetime.date(2015, 4, 1), None)
    """
    match = re.fullmatch(r"([0-9]{2})/([0-9]{2})/([0-9]{4})", text)
    if match is None:
        return None
    try:
        return date(int(match[3]), int(match[2]), int(match[1]))
    except ValueError:
        return None


def each_once(rows: Iterable[Episode]) -> tuple[list[Episode], list[Problem]]:
    """
    Take an episode that stands in two years' files once, as the fuller has it.

    Parameters
    ----------
    rows
        The episodes of all files.

    Returns
    -------
    episodes : list of Episode
        By participant and start.
    problems : list of Problem
        Episodes of one child and day that differ, or stand in one file.
    """
    by_start: dict[tuple[str, date], Episode] = {}
    problems = []
    for row in sorted(rows, key=lambda episode: episode.end is not None):
        place = row.participant, row.start
        other = by_start.setdefault(place, row)
        if other is row:
            continue
        if other.path == row.path or (other.end and other.end != row.end):
            rule = "not begin a second episode of a child on one day"
            problems.append(found(row.file, "DECOM", rule, lines=[row.line]))
        by_start[place] = row
    return sorted(by_start.values(), key=lambda e: (e.participant, e.start)), problems


def impossible(episodes: Sequence[Episode]) -> Iterator[Problem]:
    """
    Find what cannot be in one child's episodes.

    Parameters
    ----------
    episodes
        The episodes of one participant, by start.

    Yields
    ------
    Problem
        An end that is missing or too early, an overlap, or an episode that is said to
        be followed by another and is not.
    """
    for this, after in zip(episodes, [*episodes[1:], None], strict=True):
        if this.end is None:
            if after is not None:
                rule = "be given: a later episode of the child begins"
                yield found(this.file, "DEC", rule, lines=[this.line])
            continue
        if this.end < this.start:
            yield found(this.file, "DEC", "not come before `DECOM`", lines=[this.line])
        if after is not None and after.start < this.end:
            rule = "not lie before the end of the child's earlier episode"
            yield found(after.file, "DECOM", rule, lines=[after.line])
        if this.reason == CONTINUES and not _follows(this.end, after):
            rule = "be followed by an episode that begins on that day or the next"
            hint = "give the return of the following year too"
            yield found(this.file, "REC", rule, hint=hint, lines=[this.line])


def _follows(end: date, after: Episode | None) -> bool:
    """Say whether an episode begins where the one before it ended."""
    return after is not None and after.start - end <= timedelta(days=1)
