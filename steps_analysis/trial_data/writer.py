"""Write a trial as a data folder: the old one or the new one, never half of either."""

from __future__ import annotations

import csv
import json
import shutil
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from steps_analysis.errors import DataError, did_you_mean, refusal
from steps_analysis.protocol import is_shipped
from steps_analysis.trial_data.contract import ROLE_TABLES
from steps_analysis.trial_data.extended import contract_for
from steps_analysis.trial_data.fields import Kind, TableRule
from steps_analysis.trial_data.package import PACKAGE, describe
from steps_analysis.trial_data.reader import PROTOCOL
from steps_analysis.trial_data.replace import replaced_folder
from steps_analysis.trial_data.trial import TrialData


def write_trial(
    trial: TrialData,
    folder: str | Path,
    *,
    licences: Sequence[Mapping[str, str]] = (),
    sources: Sequence[Mapping[str, str]] = (),
) -> None:
    """
    Write a trial as a data folder.

    The folder is replaced as a whole: whoever reads it, and whenever this is killed, it
    is the old one or the new one. What it holds beside a trial's files is kept.

    Parameters
    ----------
    trial
        The trial.
    folder
        Where to; new, empty, or a trial's data folder.
    licences, sources
        The data's licences and sources, as the Frictionless standard has them:
        ``{"name": …, "title": …, "path": …}`` and ``{"title": …, "path": …}``.

    Raises
    ------
    DataError
        If a table has a column that the contract does not, the protocol was not read
        from text, or the folder holds other things.

    Notes
    -----
    The same trial gives the same bytes: columns in the order of the contract, dates as
    2014-03-31, true and false, whole numbers without a point, other numbers in as many
    digits as give back the same number, lines ended by LF. ``protocol.toml`` is written
    unless the protocol is the shipped STEPS-B.

    Examples
    --------
    >>> from datetime import date
    >>> from tempfile import TemporaryDirectory
    >>> from steps_analysis.protocol import load_protocol
    >>> sites = pd.DataFrame({"site": ["Southwark"], "therapists": [3]})
    >>> trial = TrialData(protocol=load_protocol(), extract_date=date(2018, 3, 31),
    ...                   provenance="synthetic", sites=sites)
    >>> with TemporaryDirectory() as folder:
    ...     write_trial(trial, folder)
    ...     print((Path(folder) / "sites.csv").read_text(), end="")
    site,therapists
    Southwark,3
    """
    contract = contract_for(trial.protocol)
    shipped = is_shipped(trial.protocol)
    _refuse_unwritable(trial, contract, Path(folder), shipped)
    package = describe(trial, contract, licences=licences, sources=sources)
    target = Path(folder)
    with replaced_folder(target) as new:
        if target.is_dir():
            _keep_the_rest(target, new, contract)
        text = json.dumps(package, indent=2, ensure_ascii=False) + "\n"
        (new / PACKAGE).write_text(text, encoding="utf-8", newline="\n")
        if not shipped:
            (new / PROTOCOL).write_bytes(trial.protocol.text.encode())
        for rule in contract:
            table = getattr(trial, rule.name)
            if table is not None:
                _write_table(table, rule, new / rule.file)


def _refuse_unwritable(
    trial: TrialData, contract: Sequence[TableRule], folder: Path, shipped: bool
) -> None:
    """Refuse what could not be read back, and a folder that is something else."""
    rules = {rule.name: rule for rule in contract}
    for name, table in trial.tables():
        for column in table.columns:
            if column not in rules[name].names:
                rule = f"be a column of the contract for {name}.csv"
                hint = did_you_mean(column, rules[name].names)
                raise DataError(refusal("column", rule, column, hint=hint))
    if not trial.protocol.text and not shipped:
        rule = "have been read from text, which is written beside the data"
        raise DataError(refusal("protocol", rule, trial.protocol.trial.short_name))
    if folder.is_dir() and not _is_ours(folder):
        rule = "be new, empty or a trial's data folder"
        raise DataError(refusal("folder", rule, str(folder)))
    open_to_role = ROLE_TABLES[trial.role]
    closed = [name for name in rules if name not in open_to_role]
    if any((folder / rules[name].file).exists() for name in closed):
        rule = f"hold no file that is closed to a {trial.role.replace('_', ' ')}"
        hint = "those files would be lost: write to a new folder"
        raise DataError(refusal("folder", rule, str(folder), hint=hint))


def _is_ours(folder: Path) -> bool:
    """Say whether a folder is empty or a trial's."""
    names = {path.name for path in folder.iterdir()}
    return not names or bool(names & {PACKAGE, PROTOCOL})


def _keep_the_rest(old: Path, new: Path, contract: Sequence[TableRule]) -> None:
    """Copy what a folder holds beside a trial's files."""
    written = {PACKAGE, PROTOCOL, *(rule.file for rule in contract)}
    for path in old.iterdir():
        if path.name in written:
            continue
        if path.is_dir() and not path.is_symlink():
            shutil.copytree(path, new / path.name, symlinks=True)
        else:
            shutil.copy2(path, new / path.name, follow_symlinks=False)


def _write_table(table: pd.DataFrame, rule: TableRule, path: Path) -> None:
    """Write one table."""
    fields = [field for field in rule.fields if field.name in table.columns]
    columns = [_texts(table[field.name], field.kind) for field in fields]
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(field.name for field in fields)
        writer.writerows(zip(*columns, strict=True))


def _texts(column: Any, kind: Kind) -> list[str]:
    """Write the cells of one column, each distinct value once."""
    if kind == "date":
        column = pd.to_datetime(column, cache=False)
    place, distinct = pd.factorize(column)
    texts = [*map(_WRITERS[kind], distinct), ""]
    return [texts[i] for i in place]  # a missing value's place is -1, the last


_WRITERS: dict[Kind, Callable[[Any], str]] = {
    "id": str,
    "code": str,
    "date": lambda value: str(value.date().isoformat()),
    "whole": lambda value: str(int(value)),
    "number": lambda value: repr(float(value)),
    "yes_no": lambda value: "true" if value else "false",
}
