"""``steps check``: a data folder against its contract."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from steps_analysis.cli.evaluate import ROLES


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """
    Describe the options.

    Parameters
    ----------
    parser
        The command's parser.
    """
    parser.add_argument("data", type=Path, help="the trial's data folder")
    parser.add_argument("--protocol", type=Path, help="its protocol.toml")
    parser.add_argument("--role", default="statistician", choices=ROLES)
    parser.add_argument("--json", action="store_true", help="print problems as JSON")


def run(options: argparse.Namespace) -> int:
    """
    List everything that is wrong with a data folder.

    Parameters
    ----------
    options
        What the command line said.

    Returns
    -------
    int
        0 where nothing is, 2 where something is.

    Raises
    ------
    StepsError
        If there is no such folder, the protocol is wrong, or its allocation procedure
        or a disclosure profile is impossible.
    """
    from steps_analysis.disclosure import from_spec as profile_from
    from steps_analysis.protocol import load_protocol
    from steps_analysis.randomisation import from_spec as procedure_from
    from steps_analysis.trial_data import check_trial
    from steps_analysis.trial_data.problems import report

    problems = check_trial(options.data, protocol=options.protocol, role=options.role)
    own = options.data / "protocol.toml"
    protocol = load_protocol(own if own.exists() else options.protocol)
    if protocol.allocation["procedure"] != "not_stated":
        procedure_from(protocol.allocation)
    for name in (protocol.disclosure.default, *protocol.disclosure.outputs.values()):
        profile_from(name)
    if options.json:
        rows = [
            {
                "file": problem.file,
                "lines": list(problem.lines),
                "column": problem.column,
                "rule": problem.rule,
                "hint": problem.hint,
                "n": problem.n,
            }
            for problem in problems
        ]
        print(json.dumps({"problems": rows}, indent=1, ensure_ascii=False))
    elif problems:
        print(report(problems))
    else:
        print(f"{options.data}: nothing is wrong")
    return 2 if problems else 0
