"""Add the events of a return to a trial's own."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd

from steps_analysis.errors import ArgumentError, refusal
from steps_analysis.trial_data.agreement import disagreements
from steps_analysis.trial_data.extended import contract_for
from steps_analysis.trial_data.fields import TableRule
from steps_analysis.trial_data.importing.assemble import refuse_provenance
from steps_analysis.trial_data.importing.source import Source, placed
from steps_analysis.trial_data.package import terms_of
from steps_analysis.trial_data.problems import ContractError, Problem
from steps_analysis.trial_data.reader import read_trial
from steps_analysis.trial_data.tables import CheckedTable, check_table, typed_column
from steps_analysis.trial_data.trial import Provenance, TrialData
from steps_analysis.trial_data.writer import write_trial


def add_events(
    sources: Sequence[Source],
    folder: str | Path,
    *,
    kinds: Collection[str],
    complete_to: date,
    provenance: Provenance = "real",
    replacing: bool = False,
    problems: Sequence[Problem] = (),
) -> TrialData:
    """
    Add events to a trial's data folder, if nothing is wrong.

    Parameters
    ----------
    sources
        The events, as `placement_spells` or `census_events` give them.
    folder
        The trial's data folder.
    kinds
        The codes of the events that they are the record of.
    complete_to
        The last date on which the return is complete; not before the trial's extract
        date, or what the return cannot know would look as if it had not happened.
    provenance
        What the return is; that of the folder.
    replacing
        Whether events of those kinds that the folder has are taken out first.
    problems
        What was found wrong while the return was read.

    Returns
    -------
    TrialData
        The trial as written.

    Raises
    ------
    ContractError
        If anything is wrong with the folder or with the events; everything at once. The
        folder is then as it was.
    ArgumentError
        If the return ends too early, the provenance is not the folder's, or the folder
        has such events already and they are not to be replaced.
    DataError
        If there is no such folder.

    Notes
    -----
    Two records of one spell would count it twice, so events of one kind come from one
    record: `replacing` puts the return in the place of what was there.
    """
    target = Path(folder)
    refuse_provenance(provenance, target)
    trial = read_trial(target)
    if complete_to < trial.extract_date:
        rule = f"not come before the trial's extract date, {trial.extract_date}"
        hint = "import the next return too, or set the trial's extract date back"
        message = refusal("complete_to", rule, complete_to.isoformat(), hint=hint)
        raise ArgumentError(message)
    own = _without(trial.need("events"), kinds, replacing)
    rules = {rule.name: rule for rule in contract_for(trial.protocol)}
    tables = {name: _as_read(rules[name], table) for name, table in trial.tables()}
    added, told = [], list(problems)
    for source in sources:
        table, wrong = check_table(source.raw, rules["events"], {}, trial.extract_date)
        if table is not None:
            wrong += disagreements({**tables, "events": table}, trial.protocol)
            added.append(table.frame)
        told += placed(_of_events(wrong), [source])
    if told:
        raise ContractError(told)
    events = _stacked([own, *added], rules["events"])
    whole = {**tables, "events": _as_read(rules["events"], events)}
    wrong = disagreements(whole, trial.protocol)
    if wrong:
        raise ContractError(wrong)
    written = replace(trial, events=events)
    write_trial(written, target, **terms_of(target))
    return written


def _without(
    events: pd.DataFrame, kinds: Collection[str], replacing: bool
) -> pd.DataFrame:
    """Take events of some kinds out, or refuse that there are any."""
    known = events["event"].isin(kinds)
    if known.any() and not replacing:
        rule = f"hold no {' or '.join(sorted(kinds))} before they are imported"
        hint = "say that the return replaces them, or leave it out"
        n = f"{int(known.sum())} of them"
        raise ArgumentError(refusal("events.csv", rule, n, hint=hint))
    return events[~known]


def _as_read(rule: TableRule, frame: pd.DataFrame) -> CheckedTable:
    """Give a sound table the form in which tables are compared."""
    return CheckedTable(
        rule=rule,
        frame=frame.reset_index(drop=True),
        lines=np.arange(2, len(frame) + 2),
        names={name: name for name in frame.columns},
        doubtful=frozenset(),
        is_whole=True,
    )


def _of_events(problems: Sequence[Problem]) -> list[Problem]:
    """Leave out what is said of other tables: they were sound when they were read."""
    return [problem for problem in problems if problem.file == "events.csv"]


def _stacked(frames: Sequence[pd.DataFrame], rule: TableRule) -> pd.DataFrame:
    """Put tables under one another, a column that one lacks being missing there."""
    columns = [n for n in rule.names if any(n in frame.columns for frame in frames)]
    whole = []
    for frame in frames:
        blank = [""] * len(frame)
        filled = {
            name: frame[name].array
            if name in frame.columns
            else typed_column(replace(rule.field(name), required=False), blank, None)[0]
            for name in columns
        }
        whole.append(pd.DataFrame(filled))
    return pd.concat(whole, ignore_index=True)
