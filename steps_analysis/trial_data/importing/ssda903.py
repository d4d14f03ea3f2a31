"""
Placement spells from the return on children looked after in England (SSDA903).

The return's episodes file has one row per episode; an episode ends whenever the legal
status, the placement or the carer changes. A spell away from home is a run of episodes
of one period of care.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from datetime import date
from itertools import groupby
from pathlib import Path

from steps_analysis.trial_data.importing.episodes import (
    CONTINUES,
    Episode,
    each_once,
    impossible,
    read_episodes,
)
from steps_analysis.trial_data.importing.event_rows import events_source
from steps_analysis.trial_data.importing.key_file import read_key
from steps_analysis.trial_data.importing.source import Source
from steps_analysis.trial_data.problems import Problem

SHORT_BREAKS = ("V3", "V4")
NOT_AWAY = ("P1", "R5")


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
        read, wrong = read_episodes(Path(path), participants)
        rows += read
        problems += wrong
    rows, wrong = each_once(rows)
    problems += wrong
    spells: list[list[Episode]] = []
    for _, group in groupby(rows, key=lambda episode: episode.participant):
        of_child = list(group)
        problems += impossible(of_child)
        spells += _joined(of_child, short_breaks, not_away)
    begun = [spell for spell in spells if spell[0].start <= extract_date]
    return list(_sources(begun, extract_date)), problems


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
