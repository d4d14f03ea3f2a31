"""Bring tables found elsewhere into a trial's data folder, or say all that is wrong."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import get_args

from steps_analysis.errors import ArgumentError, DataError, did_you_mean, refusal
from steps_analysis.protocol import Protocol
from steps_analysis.trial_data.agreement import disagreements
from steps_analysis.trial_data.contract import NEEDED_TABLES
from steps_analysis.trial_data.extended import contract_for
from steps_analysis.trial_data.fields import TableRule
from steps_analysis.trial_data.headers import LISTED
from steps_analysis.trial_data.importing.source import Source, placed
from steps_analysis.trial_data.package import PACKAGE, read_package, terms_of
from steps_analysis.trial_data.problems import ContractError, Problem, found
from steps_analysis.trial_data.reader import protocol_for
from steps_analysis.trial_data.tables import CheckedTable, check_table, read_table
from steps_analysis.trial_data.trial import Provenance, TrialData
from steps_analysis.trial_data.writer import write_trial


def import_tables(
    sources: Sequence[Source],
    folder: str | Path,
    *,
    extract_date: date,
    provenance: Provenance = "real",
    protocol: Protocol | str | Path | None = None,
    problems: Sequence[Problem] = (),
) -> TrialData:
    """
    Write tables found elsewhere into a trial's data folder, if nothing is wrong.

    Parameters
    ----------
    sources
        The tables. Each takes the place of the folder's own table of that name; the
        folder's other tables stay, but for those without a row.
    folder
        The folder: new, empty, or a trial's, such as `new_trial` writes.
    extract_date
        The last date on which the records are complete.
    provenance
        "real", "synthetic" or "unknown"; that of the folder, if it has data.
    protocol
        As for `protocol_for`.
    problems
        What was found wrong while the tables were read, in the source's own words.

    Returns
    -------
    TrialData
        The trial as written.

    Raises
    ------
    ContractError
        If anything is wrong, in the sources or between them and the folder's tables:
        everything at once, with the file and line as the owner of the source finds
        them. The folder is then as it was.
    ArgumentError
        If the provenance is not an accepted one, or not the folder's.
    DataError
        If the folder holds other things than a trial's data.
    ProtocolError
        If the protocol contradicts itself.

    Notes
    -----
    Nothing is written before everything has been checked, and then the folder is
    replaced as a whole (`write_trial`). Whoever imports may open every file of the
    folder: this is work for the person who holds the data, not for a masked role.
    """
    target = Path(folder)
    refuse_provenance(provenance, target)
    terms = protocol_for(target, protocol)
    tables, wrong = _checked(sources, target, terms, extract_date)
    wrong += [*_missing(tables, sources), *disagreements(tables, terms)]
    told = [*problems, *placed(wrong, sources)]
    if told:
        raise ContractError(told)
    trial = TrialData(
        protocol=terms,
        extract_date=extract_date,
        provenance=provenance,
        role="statistician",
        **{name: table.frame for name, table in tables.items()},
    )
    write_trial(trial, target, **terms_of(target))
    return trial


def refuse_provenance(provenance: str, folder: Path) -> None:
    """
    Refuse a provenance that is none, or not that of the data already there.

    Parameters
    ----------
    provenance
        What the imported data are said to be.
    folder
        The folder they are to come into.

    Raises
    ------
    ArgumentError
        If it is refused: synthetic and real data must never mix under one name.
    """
    accepted = get_args(Provenance)
    if provenance not in accepted:
        rule = f"be one of {', '.join(accepted)}"
        near = did_you_mean(provenance, accepted)
        raise ArgumentError(refusal("provenance", rule, provenance, hint=near))
    try:
        text = (folder / PACKAGE).read_text(encoding="utf-8-sig")
        there = json.loads(text).get("provenance")
    except (OSError, ValueError, AttributeError, RecursionError):
        return  # no folder yet, or one that the next import makes whole
    if there in accepted and there != provenance:
        rule = f"be that of the folder, {there}"
        hint = "synthetic and real data are kept in folders of their own"
        raise ArgumentError(refusal("provenance", rule, provenance, hint=hint))


def _checked(
    sources: Sequence[Source], folder: Path, terms: Protocol, cutoff: date
) -> tuple[dict[str, CheckedTable], list[Problem]]:
    """Check every table by itself: the source's, else the folder's."""
    by_table = {source.table: source for source in sources}
    if len(by_table) < len(sources):
        names = [source.table for source in sources]
        twice = next(name for name in by_table if names.count(name) > 1)
        message = refusal("sources", "hold each table once", f"{twice} twice")
        raise DataError(message)
    tables: dict[str, CheckedTable] = {}
    problems: list[Problem] = []
    package, _ = read_package(folder)  # what is wrong with it, the import mends
    for rule in contract_for(terms):
        mapping = terms.columns.get(rule.name, {})
        listed = package.listed.get(rule.file)
        source = by_table.get(rule.name)
        table, wrong = _table(rule, source, folder, mapping, cutoff, listed)
        problems += wrong
        if table is not None:
            tables[rule.name] = table
    return tables, problems


def _table(
    rule: TableRule,
    source: Source | None,
    folder: Path,
    mapping: Mapping[str, str],
    cutoff: date,
    listed: tuple[str, ...] | None,
) -> tuple[CheckedTable | None, list[Problem]]:
    """Check one table; None where it is nowhere, or without a row and not needed."""
    if source is not None:
        return check_table(source.raw, rule, {**mapping, **source.names}, cutoff)
    try:
        path = folder / rule.file
        table, problems = read_table(path, rule, mapping, cutoff, listed or ())
    except FileNotFoundError:
        if listed is None or rule.name in NEEDED_TABLES:  # those are told of below
            return None, []
        return None, [found(rule.file, None, "be there", hint=LISTED)]
    is_blank = table is not None and table.is_whole and not len(table.lines)
    if is_blank and rule.name not in NEEDED_TABLES:
        return None, problems
    return table, problems


def _missing(
    tables: Mapping[str, CheckedTable], sources: Sequence[Source]
) -> list[Problem]:
    """Refuse the want of a table that no evaluation can do without."""
    there = {*tables, *(source.table for source in sources)}
    hint = "import it too, or write it into the folder first"
    return [
        found(f"{name}.csv", None, "be there", hint=hint)
        for name in NEEDED_TABLES
        if name not in there
    ]
