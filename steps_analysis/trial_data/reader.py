"""Read a trial's data folder through one role, or say all that is wrong with it."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

from steps_analysis.errors import ArgumentError, DataError, did_you_mean, refusal
from steps_analysis.protocol import Protocol, load_protocol
from steps_analysis.trial_data.agreement import disagreements
from steps_analysis.trial_data.contract import NEEDED_TABLES, ROLE_TABLES
from steps_analysis.trial_data.extended import contract_for
from steps_analysis.trial_data.headers import LISTED
from steps_analysis.trial_data.package import PACKAGE, Package, read_package
from steps_analysis.trial_data.problems import ContractError, Problem, found
from steps_analysis.trial_data.tables import CheckedTable, read_table
from steps_analysis.trial_data.trial import TABLE_NAMES, Role, TrialData

PROTOCOL = "protocol.toml"


def read_trial(
    folder: str | Path,
    *,
    protocol: Protocol | str | Path | None = None,
    role: Role = "statistician",
) -> TrialData:
    """
    Read a trial's data folder.

    Only the files that the role may open are touched. Of sites, participants,
    allocation and events those must be there; any other table may be absent.

    Parameters
    ----------
    folder
        The folder: CSV files and ``datapackage.json``.
    protocol
        The protocol, or where it is, for a folder that has no ``protocol.toml`` of its
        own; None for STEPS-B.
    role
        Who reads: "statistician" (everything), "masked_statistician" or
        "research_assistant" (nothing that could show an arm), or "commissioner" (sites,
        referrals, screening and forum).

    Returns
    -------
    TrialData
        The tables under their names; None where absent or closed to the role.

    Raises
    ------
    ContractError
        If the folder breaks its contract: a `DataError` that names everything wrong in
        all files, with file, line, column, rule and hint, and no participant's value.
    DataError
        If there is no such folder.
    ArgumentError
        If there is no such role.
    ProtocolError
        If the protocol contradicts itself or does not fit the contract.

    Notes
    -----
    A file may have a byte order mark, and lines ended by CRLF. Columns keep the order
    of the contract and rows that of the file; an optional column that is absent stays
    so. The types are those of `TrialData`.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     read_trial(folder, role="commissioner")
    Traceback (most recent call last):
        ...
    steps_analysis.trial_data.problems.ContractError: 2 problems in 2 files
    datapackage.json: the file must be there
    Hint: as little as {"provenance": "real", "extract_date": "2018-03-31"} will do
    sites.csv: the file must be there
    """
    reading = _read(Path(folder), protocol, role)
    package = reading.package
    if reading.problems or package.extract_date is None or package.provenance is None:
        raise ContractError(reading.problems)
    return TrialData(
        protocol=reading.protocol,
        extract_date=package.extract_date,
        provenance=package.provenance,
        role=role,
        **{name: table.frame for name, table in reading.tables.items()},
    )


def check_trial(
    folder: str | Path,
    *,
    protocol: Protocol | str | Path | None = None,
    role: Role = "statistician",
) -> tuple[Problem, ...]:
    """
    List everything that is wrong with a trial's data folder.

    Parameters
    ----------
    folder
        The folder.
    protocol
        As for `read_trial`.
    role
        As for `read_trial`.

    Returns
    -------
    tuple of Problem
        By file and line; empty where the folder keeps its contract.

    Raises
    ------
    DataError
        If there is no such folder.
    ArgumentError
        If there is no such role.
    ProtocolError
        If the protocol contradicts itself or does not fit the contract.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     [problem.file for problem in check_trial(folder, role="commissioner")]
    ['datapackage.json', 'sites.csv']
    """
    return _read(Path(folder), protocol, role).problems


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reading:
    """What came of reading a folder."""

    protocol: Protocol
    package: Package
    tables: dict[str, CheckedTable]
    problems: tuple[Problem, ...]


def _read(folder: Path, protocol: Protocol | str | Path | None, role: Role) -> _Reading:
    """Read all that a role may open, and collect what is wrong."""
    if role not in get_args(Role):
        near = did_you_mean(role, ROLE_TABLES)
        rule = f"be one of {', '.join(ROLE_TABLES)}"
        raise ArgumentError(refusal("role", rule, role, hint=near))
    if not folder.is_dir() or not os.access(folder, os.R_OK | os.X_OK):
        rule = "be a folder with a trial's files"
        raise DataError(refusal("folder", rule, str(folder)))
    terms = protocol_for(folder, protocol)
    open_to_role = [t for t in contract_for(terms) if t.name in ROLE_TABLES[role]]
    package, problems = read_package(folder)
    tables: dict[str, CheckedTable] = {}
    absent: list[str] = []
    for table in open_to_role:
        mapping = terms.columns.get(table.name, {})
        try:
            path, listed = folder / table.file, package.listed.get(table.file, ())
            checked, wrong = read_table(
                path, table, mapping, package.extract_date, listed
            )
        except FileNotFoundError:
            absent.append(table.name)
            continue
        problems += wrong
        if checked is not None:
            tables[table.name] = checked
    problems += [*_absent(folder, absent, package), *disagreements(tables, terms)]
    return _Reading(
        protocol=terms,
        package=package,
        tables=tables,
        problems=tuple(sorted(problems, key=_place)),
    )


def protocol_for(
    folder: str | Path, protocol: Protocol | str | Path | None = None
) -> Protocol:
    """
    Find the protocol of a data folder.

    Parameters
    ----------
    folder
        The folder, which need not be there yet.
    protocol
        The protocol, or where it is, for a folder without a ``protocol.toml``; None for
        STEPS-B.

    Returns
    -------
    Protocol
        The folder's own protocol, else the one given, else STEPS-B.

    Raises
    ------
    ProtocolError
        If the protocol contradicts itself.

    Examples
    --------
    >>> protocol_for("no/such/folder").trial.short_name
    'STEPS-B'
    """
    own = Path(folder) / PROTOCOL
    if os.path.lexists(own):  # and is refused where it is a link that leads nowhere
        return load_protocol(own)
    return protocol if isinstance(protocol, Protocol) else load_protocol(protocol)


def _absent(folder: Path, absent: Sequence[str], package: Package) -> list[Problem]:
    """Refuse the want of a table that is needed or listed, and almost-names of any."""
    problems = []
    # Names only: a role must not look closer at a file it may not open.
    for file in sorted(path.name for path in folder.iterdir()):
        stem, dot, ending = file.rpartition(".")
        if dot and ending.casefold() == "csv" and stem not in TABLE_NAMES:
            hint = did_you_mean(stem, absent)
            if hint:
                problems.append(found(file, None, "have a table's name", hint=hint))
    for name in absent:
        listed = f"{name}.csv" in package.listed
        if name in NEEDED_TABLES or listed:
            hint = LISTED if listed else None
            problems.append(found(f"{name}.csv", None, "be there", hint=hint))
    return problems


_FILES = {
    name: i for i, name in enumerate((PACKAGE, *(f"{n}.csv" for n in TABLE_NAMES)))
}


def _place(problem: Problem) -> tuple[int, str, int]:
    """Order problems by file and line."""
    line = problem.lines[0] if problem.lines else 0
    return _FILES.get(problem.file, len(_FILES)), problem.file, line
