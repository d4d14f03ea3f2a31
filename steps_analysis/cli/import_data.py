"""``steps import``: data as their owners keep them, into a trial's data folder."""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from steps_analysis.cli.internal import day
from steps_analysis.cli.new_trial import listed

if TYPE_CHECKING:
    from steps_analysis.trial_data import TrialData

FORMATS: Mapping[str, str] = {
    "workbook": "Excel workbooks with a sheet per table",
    "redcap": "the raw export of a REDCap project",
    "ssda903": "placement spells from the return on children looked after",
    "cin": "re-referrals and closures from the children in need census",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """
    Describe the options.

    Parameters
    ----------
    parser
        The command's parser.
    """
    formats = parser.add_subparsers(dest="format", required=True, metavar="FORMAT")
    for name, line in FORMATS.items():
        one = formats.add_parser(name, help=line, description=line)
        several = None if name == "redcap" else "+"
        one.add_argument("files", nargs=several, type=Path, help="what to read")
        one.add_argument(
            "--into", type=Path, required=True, help="the trial's data folder"
        )
        one.add_argument(
            "--extract-date",
            type=day,
            required=True,
            help="the last date on which these records are complete: 2018-03-31",
        )
        one.add_argument(
            "--provenance",
            default="real",
            help="real (default), synthetic or unknown; the folder's, if it has one",
        )
        one.add_argument("--json", action="store_true", help="print what was written")
        _OPTIONS[name](one)


def _of_tables(parser: argparse.ArgumentParser) -> None:
    """Add what only the import of whole tables needs."""
    parser.add_argument(
        "--protocol", type=Path, help="for a folder without a protocol.toml"
    )


def _of_redcap(parser: argparse.ArgumentParser) -> None:
    """Add what only a REDCap project needs."""
    _of_tables(parser)
    parser.add_argument(
        "--dictionary", type=Path, required=True, help="the data dictionary, CSV"
    )
    parser.add_argument(
        "--mapping", type=Path, required=True, help="which field is which: TOML"
    )


def _of_returns(parser: argparse.ArgumentParser) -> None:
    """Add what only the returns of local authorities need."""
    parser.add_argument(
        "--key", type=Path, required=True, help="CSV: child,participant_id"
    )
    parser.add_argument(
        "--replace",
        action="store_true",
        help="take out events of these kinds that the folder has",
    )


def _of_ssda903(parser: argparse.ArgumentParser) -> None:
    """Add what only SSDA903 needs."""
    _of_returns(parser)
    parser.add_argument(
        "--short-breaks",
        type=listed,
        default=["V3", "V4"],
        help="legal statuses of respite, no placement (default: V3,V4)",
    )
    parser.add_argument(
        "--not-away",
        type=listed,
        default=["P1", "R5"],
        help="types of placement that are none out of home (default: P1,R5)",
    )


_OPTIONS = {
    "workbook": _of_tables,
    "redcap": _of_redcap,
    "ssda903": _of_ssda903,
    "cin": _of_returns,
}


def run(options: argparse.Namespace) -> int:
    """
    Read the files, check everything, and write the folder if nothing is wrong.

    Parameters
    ----------
    options
        What the command line said.

    Returns
    -------
    int
        0.

    Raises
    ------
    StepsError
        If anything is wrong; the folder is then as it was.
    """
    trial = _RUNS[options.format](options)
    rows = {name: len(table) for name, table in trial.tables()}
    if options.json:
        print(json.dumps({"stamp": trial.stamp, "rows": rows}, indent=1))
        return 0
    tables = ", ".join(f"{name} {n}" for name, n in rows.items())
    said = f"{options.into}: {tables}\nNothing is wrong."
    print(f"{trial.stamp}\n{said}" if trial.stamp else said)
    return 0


def _workbook(options: argparse.Namespace) -> TrialData:
    """Import Excel workbooks."""
    from steps_analysis.trial_data.importing import import_tables, read_workbook

    read = [read_workbook(path) for path in options.files]
    return import_tables(
        [source for sources, _ in read for source in sources],
        options.into,
        extract_date=options.extract_date,
        provenance=options.provenance,
        protocol=options.protocol,
        problems=[problem for _, problems in read for problem in problems],
    )


def _redcap(options: argparse.Namespace) -> TrialData:
    """Import a REDCap export."""
    from steps_analysis.trial_data.importing import import_tables, read_redcap
    from steps_analysis.trial_data.reader import protocol_for

    protocol = protocol_for(options.into, options.protocol)
    files = (options.files, options.dictionary, options.mapping)
    sources, problems = read_redcap(*files, protocol=protocol)
    return import_tables(
        sources,
        options.into,
        extract_date=options.extract_date,
        provenance=options.provenance,
        protocol=protocol,
        problems=problems,
    )


def _ssda903(options: argparse.Namespace) -> TrialData:
    """Import placement spells."""
    from steps_analysis.trial_data import read_trial
    from steps_analysis.trial_data.importing import add_events, placement_spells

    sources, problems = placement_spells(
        options.files,
        options.key,
        extract_date=read_trial(options.into).extract_date,
        short_breaks=options.short_breaks,
        not_away=options.not_away,
    )
    return add_events(
        sources,
        options.into,
        kinds=["placement"],
        complete_to=options.extract_date,
        provenance=options.provenance,
        replacing=options.replace,
        problems=problems,
    )


def _cin(options: argparse.Namespace) -> TrialData:
    """Import re-referrals and closures."""
    from steps_analysis.trial_data import read_trial
    from steps_analysis.trial_data.importing import (
        add_events,
        census_events,
        census_referrals,
    )
    from steps_analysis.trial_data.importing.census import KINDS

    trial = read_trial(options.into)
    zero = trial.need("participants").set_index("participant_id")["randomisation_date"]
    referrals, problems = census_referrals(options.files, options.key)
    return add_events(
        census_events(
            referrals, zero.dt.date.to_dict(), extract_date=trial.extract_date
        ),
        options.into,
        kinds=KINDS,
        complete_to=options.extract_date,
        provenance=options.provenance,
        replacing=options.replace,
        problems=problems,
    )


_RUNS = {"workbook": _workbook, "redcap": _redcap, "ssda903": _ssda903, "cin": _cin}
