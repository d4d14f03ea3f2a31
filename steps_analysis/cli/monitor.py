"""``steps monitor``: the monitoring report, for the trial's own staff."""

from __future__ import annotations

import argparse
import json
from datetime import date
from typing import TYPE_CHECKING, Any

from steps_analysis.cli.evaluate import ROLES, check_out
from steps_analysis.cli.internal import add_internal_arguments, write_internal

if TYPE_CHECKING:
    import pandas as pd

    from steps_analysis.trial_data import TrialData


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """
    Describe the options.

    Parameters
    ----------
    parser
        The command's parser.
    """
    add_internal_arguments(parser)
    parser.add_argument(
        "--role",
        default="research_assistant",
        choices=ROLES,
        help="who reads the data (default: research_assistant)",
    )
    parser.epilog = (
        "The report lists records of single children and stays with the trial's staff. "
        "It shows no arm, whatever the role. Exit code 0: done; 2: the input is wrong."
    )


def run(options: argparse.Namespace) -> int:
    """
    Write a trial's monitoring report.

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
        If the data or the protocol are wrong, or the day asked lies after the records.
    """
    from steps_analysis.evaluation.monitoring import monitoring
    from steps_analysis.trial_data import read_trial

    check_out(options.out, options.data)
    trial = read_trial(options.data, protocol=options.protocol, role=options.role)
    document = monitoring(trial, on=options.on)
    page = write_internal(trial, document, options.out, "monitoring report")
    if options.json:
        found = {"stamp": document.stamp, **summary(trial, options.on)}
        print(json.dumps(found, indent=1, ensure_ascii=False))
    else:
        print(f"{document.stamp}\n{document.title}. {document.subtitle}")
        print(f"The report: {page}")
    return 0


def summary(trial: TrialData, on: date | None) -> dict[str, Any]:
    """
    Give what is monitored as plain values.

    Parameters
    ----------
    trial
        The trial.
    on
        The day this is asked; None for the extract date.

    Returns
    -------
    dict
        Counts of screening outcomes, visits by state, retention and queries; what is
        left out, and which queries could not be asked.
    """
    from steps_analysis.evaluation.monitoring import SCREENING, VISITS, not_monitored
    from steps_analysis.pathway import (
        data_queries,
        retention,
        screening_log,
        unasked_queries,
        visit_schedule,
    )

    left_out = not_monitored(trial)
    found: dict[str, Any] = {"left_out": left_out}
    if SCREENING not in left_out:
        found["screening"] = _counts(screening_log(trial, on=on)["outcome"])
    if VISITS not in left_out:
        found["visits"] = _counts(visit_schedule(trial, on=on)["state"])
        found["retention"] = retention(trial, on=on).to_dict("records")
    found["queries"] = _counts(data_queries(trial)["code"])
    found["unasked"] = unasked_queries(trial)
    return found


def _counts(values: pd.Series[str]) -> dict[str, int]:
    """Count values, in alphabetical order."""
    return {str(key): int(n) for key, n in values.value_counts().sort_index().items()}
