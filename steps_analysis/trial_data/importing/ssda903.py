"""
Placement spells from the return on children looked after in England (SSDA903).

The return's episodes file has one row per episode; an episode ends whenever the legal
status, the placement or the carer changes. A spell away from home is a run of episodes
of one period of care.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

import numpy as np

from steps_analysis.trial_data.importing.columns import read_columns
from steps_analysis.trial_data.importing.key_file import read_key
from steps_analysis.trial_data.importing.source import Source
from steps_analysis.trial_data.problems import Problem, found
from steps_analysis.trial_data.raw_table import RawTable

COLUMNS = ("CHILD", "DECOM", "LS", "PLACE", "DEC", "REC")
CONTINUES = "X1"
SHORT_BREAKS = ("V3", "V4")
NOT_AWAY = ("P1", "R5")
HEADER = ("participant_id", "event", "event_date", "end_date", "informant")


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
        Where it stands.
    """

    participant: str
    start: date
    end: date | None
    reason: str
    legal: str
    place: str
    file: str
    line: int


def placement_spells(
    episodes: Sequence[str | Path],
    key: str | Path,
    *,
    extract_date: date,
    short_breaks: Collection[str] = SHORT_BREAKS,
    not_away: Collection[str] = NOT_AWAY,
) -> tuple[list[Source], list[Problem]]:
    r"""
    Read the spells of out-of-home placement from SSDA903 episodes.

    Parameters
    ----------
    episodes
        The episodes files, one per year of the return, in any order. An episode that
        stands in two of them is taken once.
    key
        The key file, as for `read_key`. Rows of children who are not in it are passed
        over.
    extract_date
        The trial's extract date: spells that begin after it are left out, one that ends
        after it has not ended.
    short_breaks
        Legal statuses (LS) of respite care, which is no placement.
    not_away
        Types of placement (PLACE) that are no out-of-home placement.

    Returns
    -------
    sources : list of Source
        Rows for ``events``, one source per file that has any.
    problems : list of Problem
        What is wrong, by file and line, with no identifier.

    Raises
    ------
    DataError
        If a file is not there.

    Notes
    -----
    Episodes are one spell where REC is X1 (a new episode follows) and the next begins
    on that day or the day after. Any other REC ends the period of care, and with it the
    spell, even if the child is looked after again the next day.

    Decisions of this package, each a parameter: short breaks (legal statuses V3 and V4)
    are respite, in which the child lives at home; placement with own parents (P1) is at
    home; a prison, for young people or for adults (R5), is custody, which the trial
    records as an event of its own, from another record.

    Of the file's columns only CHILD, DECOM, LS, PLACE, DEC and REC are kept, and CHILD
    only until the key has been looked up. The header file, with dates of birth, is not
    needed. The return says nothing of when a placement was recorded, of custody outside
    the care system, or of children of another authority: each authority's return is
    read with its own key.

    References
    ----------
    .. [1] Department for Education, Children looked after by local authorities in
       England: guide to the SSDA903 collection.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     file, key = Path(folder) / "episodes.csv", Path(folder) / "key.csv"
    ...     _ = key.write_text("child,participant_id\n7001,P001\n")
    ...     _ = file.write_text("CHILD,DECOM,RNE,LS,PLACE,DEC,REC\n"
    ...                         "7001,01/02/2015,S,V2,U1,01/05/2015,X1\n"
    ...                         "7001,01/05/2015,P,V2,K2,09/06/2015,E4A\n")
    ...     (source,), _ = placement_spells([file], key, extract_date=date(2017, 1, 1))
    >>> source.raw.columns[2:4]
    (('2015-02-01',), ('2015-06-09',))
    """
    participants, problems = read_key(key)
    rows: list[Episode] = []
    for path in episodes:
        read, wrong = _episodes(Path(path), participants)
        rows += read
        problems += wrong
    rows, wrong = _once(rows)
    problems += wrong
    spells: list[list[Episode]] = []
    for _, group in groupby(rows, key=lambda episode: episode.participant):
        of_child = list(group)
        problems += _breaches(of_child)
        spells += _joined(of_child, short_breaks, not_away)
    begun = [spell for spell in spells if spell[0].start <= extract_date]
    return list(_sources(begun, extract_date)), problems


def _episodes(
    path: Path, participants: Mapping[str, str]
) -> tuple[list[Episode], list[Problem]]:
    """Read the episodes of the children in the key."""
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
            rows.append(
                Episode(who, first, last, reason, legal, place, path.name, int(line))
            )
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


def _once(rows: Iterable[Episode]) -> tuple[list[Episode], list[Problem]]:
    """Take an episode that stands in two years' files once, as the fuller has it."""
    by_start: dict[tuple[str, date], Episode] = {}
    problems = []
    for row in sorted(rows, key=lambda episode: episode.end is not None):
        place = row.participant, row.start
        other = by_start.setdefault(place, row)
        if other is row:
            continue
        if other.file == row.file or (other.end and other.end != row.end):
            rule = "not begin a second episode of a child on one day"
            problems.append(found(row.file, "DECOM", rule, lines=[row.line]))
        by_start[place] = row
    return sorted(by_start.values(), key=lambda e: (e.participant, e.start)), problems


def _breaches(episodes: Sequence[Episode]) -> Iterator[Problem]:
    """Find what cannot be in one child's episodes, by their order in time."""
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


def _joined(
    episodes: Sequence[Episode],
    short_breaks: Collection[str],
    not_away: Collection[str],
) -> list[list[Episode]]:
    """Join one child's episodes away from home into spells."""
    spells: list[list[Episode]] = []
    is_open = False
    for episode in episodes:
        is_away = episode.legal not in short_breaks and episode.place not in not_away
        if is_away and is_open:
            spells[-1].append(episode)
        elif is_away:
            spells.append([episode])
        is_open = is_away and episode.reason == CONTINUES
    return spells


def _sources(spells: Sequence[list[Episode]], cutoff: date) -> Iterator[Source]:
    """Write spells as rows of events, each where its first episode stands."""
    for file in sorted({spell[0].file for spell in spells}):
        own = [spell for spell in spells if spell[0].file == file]
        rows = [
            (
                spell[0].participant,
                "placement",
                spell[0].start.isoformat(),
                _ended(spell[-1].end, cutoff),
                "record",
            )
            for spell in own
        ]
        yield events_source(file, rows, [spell[0].line for spell in own])


def _ended(end: date | None, cutoff: date) -> str:
    """Write the end of a spell, as far as it is known on the extract date."""
    return "" if end is None or end > cutoff else end.isoformat()


def events_source(
    file: str, rows: Sequence[tuple[str, ...]], lines: Sequence[int]
) -> Source:
    """
    Make rows of events out of a return.

    Parameters
    ----------
    file
        The return.
    rows
        Cells in the order of `HEADER`; at least one row.
    lines
        The line each row stands on.

    Returns
    -------
    Source
        The rows, for `add_events`.

    Examples
    --------
    >>> row = ("P001", "re_referral", "2015-02-01", "", "record")
    >>> events_source("cin.xml", [row], [12]).raw.columns[0]
    ('P001',)
    """
    raw = RawTable(
        header=HEADER,
        columns=tuple(zip(*rows, strict=True)),
        lines=np.array(lines, dtype=np.int64),
        is_whole=True,
    )
    return Source(table="events", raw=raw, file=file, called=file)
