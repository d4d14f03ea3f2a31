"""The folder of a new trial: everything but the data."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from datetime import date
from pathlib import Path

import pandas as pd

from steps_analysis.errors import ArgumentError, did_you_mean, refusal
from steps_analysis.protocol import parse_protocol
from steps_analysis.protocol.template import protocol_template
from steps_analysis.trial_data.contract import NEEDED_TABLES
from steps_analysis.trial_data.dictionary import field_row, markdown_table
from steps_analysis.trial_data.extended import contract_for
from steps_analysis.trial_data.fields import TableRule
from steps_analysis.trial_data.importing.assemble import refuse_provenance
from steps_analysis.trial_data.importing.workbook_writing import write_workbook
from steps_analysis.trial_data.package import PACKAGE, describe
from steps_analysis.trial_data.reader import PROTOCOL
from steps_analysis.trial_data.replace import replaced_folder
from steps_analysis.trial_data.trial import TABLE_NAMES, Provenance, TrialData

README = "README.md"
WORKBOOK = "trial.xlsx"
CONCEALED_WORKBOOK = "trial-concealed.xlsx"
_NOT_SAID = date(1900, 1, 1)  # stands where a date must, and is never written

_INTRODUCTION = """\
# {name}: the data folder
{stamp}
1. Complete `protocol.toml`: the facts of the trial.
2. Write in `datapackage.json` the `extract_date`, the last date on which the records
   are complete, such as "2018-03-31", and check the `provenance`: "real", "synthetic"
   or "unknown".
3. Fill in the tables below, one row per line.{workbook}
   Delete those you do not have; these must stay:
   {needed}.
4. Run `steps check` on this folder, until nothing is wrong; then `steps evaluate`.

Dates are written 2015-04-03, yes and no `true` and `false`, a missing value is an empty
cell. Identifiers stand for no name. There are no dates of birth, no postcodes and no
free text: ages are in completed years. A column marked *required* must be filled in
every row; any other column may be left out.

Whoever must not know the arms must not open these:
{concealed}.
"""
_WORKBOOK = (
    f" Or fill in `{WORKBOOK}` and\n"
    f"   `{CONCEALED_WORKBOOK}`, which `steps import workbook` reads."
)


def new_trial(
    folder: str | Path,
    *,
    name: str,
    sites: Sequence[str],
    arms: Sequence[str],
    n: int | None = None,
    tables: Collection[str] = TABLE_NAMES,
    provenance: Provenance = "real",
    excel: bool = False,
) -> None:
    """
    Write the folder of a new trial: protocol, tables without rows, and what they hold.

    Parameters
    ----------
    folder
        Where to; new or empty.
    name
        What the trial is called, in short.
    sites
        The names of its sites, which stand in ``sites.csv``.
    arms
        The codes of its arms: the treatment under test, then the control.
    n
        How many families are to be recruited; None if not yet known.
    tables
        The tables to prepare; those that every evaluation needs come with them.
    provenance
        What the data will be: "real", "synthetic" or "unknown".
    excel
        Whether to add workbooks with a sheet per table: one that anybody in the trial
        may open, and one with what could show an arm.

    Raises
    ------
    ArgumentError
        If the folder holds something, or there is no such table or provenance, or as
        for `protocol_template`.
    ProtocolError
        If the names cannot make a protocol.

    Notes
    -----
    The extract date is left to be written, so that `check_trial` reminds of it. The
    README explains each column in the words of the data dictionary.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> from steps_analysis.trial_data import check_trial
    >>> with TemporaryDirectory() as parent:
    ...     place = Path(parent) / "mine"
    ...     new_trial(place, name="MINE", sites=["North"], arms=["new", "usual"])
    ...     [(problem.file, problem.column) for problem in check_trial(place)]
    [('datapackage.json', 'extract_date'), ('participants.csv', None)]
    """
    target = Path(folder)
    _refuse_tables(tables)
    refuse_provenance(provenance, target)
    text = protocol_template(name=name, sites=sites, arms=arms, n=n)
    trial = _blank(text, {*tables, *NEEDED_TABLES}, provenance)
    rules = [
        r for r in contract_for(trial.protocol) if getattr(trial, r.name) is not None
    ]
    package = describe(trial, rules) | {"extract_date": None}
    del package["resources"]  # whoever fills the folder in may leave columns out
    with replaced_folder(target, check=_refuse_filled) as new:
        (new / PROTOCOL).write_text(text, encoding="utf-8")
        described = json.dumps(package, indent=2, ensure_ascii=False) + "\n"
        (new / PACKAGE).write_text(described, encoding="utf-8")
        (new / README).write_text(_readme(trial, rules, excel), encoding="utf-8")
        for rule in rules:
            getattr(trial, rule.name).to_csv(new / rule.file, index=False)
        if excel:
            _write_workbooks(trial, rules, new)


def _refuse_tables(tables: Collection[str]) -> None:
    """Refuse a table that the contract does not have."""
    for table in tables:
        if table not in TABLE_NAMES:
            rule = f"be among {', '.join(TABLE_NAMES)}"
            hint = did_you_mean(table, TABLE_NAMES)
            raise ArgumentError(refusal("tables", rule, table, hint=hint))


def _refuse_filled(folder: Path) -> None:
    """Refuse a folder that holds something."""
    if folder.is_dir() and any(folder.iterdir()):
        raise ArgumentError(refusal("folder", "be new or empty", str(folder)))


def _blank(text: str, tables: Collection[str], provenance: Provenance) -> TrialData:
    """Make a trial of tables without rows, but for the names of the sites."""
    protocol = parse_protocol(text)
    frames = {
        rule.name: pd.DataFrame(columns=list(rule.names), dtype=object)
        for rule in contract_for(protocol)
        if rule.name in tables
    }
    names = pd.DataFrame({"site": protocol.sites.names}, dtype=object)
    frames["sites"] = names.reindex(columns=frames["sites"].columns)
    return TrialData(
        protocol=protocol,
        extract_date=_NOT_SAID,
        provenance=provenance,
        role="statistician",
        **frames,
    )


def _readme(trial: TrialData, rules: Sequence[TableRule], excel: bool) -> str:
    """Explain the folder and each column of its tables."""
    head = ("Column", "Holds", "Kind", "Required", "Accepted")
    concealed = [f"`{rule.file}`" for rule in rules if rule.is_concealed]
    concealed += [f"`{CONCEALED_WORKBOOK}`"] if excel else []
    parts = [
        _INTRODUCTION.format(
            name=trial.protocol.trial.short_name,
            stamp=f"\n{trial.stamp}.\n" if trial.stamp else "",
            workbook=_WORKBOOK if excel else "",
            needed=", ".join(f"`{table}.csv`" for table in NEEDED_TABLES),
            concealed=", ".join(concealed),
        )
    ]
    for rule in rules:
        parts += [f"## {rule.file}\n\nOne row is {rule.title}.\n"]
        parts += [markdown_table(head, map(field_row, rule.fields))]
    return "\n".join(parts)


def _write_workbooks(
    trial: TrialData, rules: Sequence[TableRule], folder: Path
) -> None:
    """Write two workbooks: what anybody may open, and what could show an arm."""
    for file, is_concealed in ((WORKBOOK, False), (CONCEALED_WORKBOOK, True)):
        part = TrialData(
            protocol=trial.protocol,
            extract_date=trial.extract_date,
            provenance=trial.provenance,
            role=trial.role,
            **{
                rule.name: getattr(trial, rule.name)
                for rule in rules
                if rule.is_concealed == is_concealed
            },
        )
        write_workbook(part, folder / file)
