"""``steps plan``: the analyses a protocol plans, and their seal."""

from __future__ import annotations

import argparse
import json
import textwrap
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from steps_analysis.errors import ArgumentError, refusal

if TYPE_CHECKING:
    from steps_analysis.outcomes import PlannedAnalysis
    from steps_analysis.protocol import Protocol


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """
    Describe the options.

    Parameters
    ----------
    parser
        The command's parser.
    """
    parser.add_argument(
        "data",
        nargs="?",
        type=Path,
        help="the trial's data folder, where the seal goes and whose protocol.toml "
        "counts (default: no folder)",
    )
    parser.add_argument(
        "--protocol", type=Path, help="the trial's protocol.toml (default: STEPS-B)"
    )
    parser.add_argument(
        "--seal",
        action="store_true",
        help="write the plan with today's date into DATA/analysis-plan.json",
    )
    parser.add_argument(
        "--on",
        type=_day,
        metavar="YYYY-MM-DD",
        help="another date than today's, for a plan sealed on paper that day",
    )
    parser.add_argument("--json", action="store_true", help="print the plan as JSON")
    parser.epilog = (
        "Seal before anybody sees an arm, and keep the digest elsewhere: the report "
        "lists what changed since. Exit code 0: done; 1: DATA has a sealed plan, and "
        "the protocol has moved away from it; 2: the input is wrong."
    )


def _day(text: str) -> date:
    """Read a date."""
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r} is no date like 2014-03-31") from (
            error
        )


def run(options: argparse.Namespace) -> int:
    """
    Print the plan of analysis, and seal it where asked.

    Parameters
    ----------
    options
        What the command line said.

    Returns
    -------
    int
        0, or 1 where the protocol has moved away from the sealed plan.

    Raises
    ------
    ArgumentError
        If there is nothing to seal into, or a plan is sealed there already.
    StepsError
        If the protocol or the sealed plan are wrong.
    """
    from steps_analysis.evaluation.sealed_plan import (
        PLAN_FILE,
        plan_changes,
        read_plan,
        seal_plan,
        write_plan,
    )

    protocol = _protocol(options)
    plan = seal_plan(protocol, on=options.on or date.today())
    said = [f"{p.estimand} {p.role}: {p.analysis}" for p in plan.analyses]
    changed = False
    if options.seal:
        write_plan(plan, _folder(options) / PLAN_FILE)
        said.append(f"Sealed on {plan.sealed_on}, digest {plan.digest}")
    elif options.data is not None and (options.data / PLAN_FILE).is_file():
        sealed = read_plan(options.data / PLAN_FILE)
        changes = plan_changes(sealed, protocol, left_out={})
        changed = bool(changes)
        said.append(f"Sealed on {sealed.sealed_on}, digest {sealed.digest}")
        said += [f"{c.estimand} {c.analysis}: {c.change}" for c in changes]
    if options.json:
        print(json.dumps(_as_data(plan.analyses), indent=1, ensure_ascii=False))
    else:
        print(
            "\n".join(textwrap.fill(line, 80, subsequent_indent="  ") for line in said)
        )
    return 1 if changed else 0


def _protocol(options: argparse.Namespace) -> Protocol:
    """Load the folder's own protocol, else the one named, else STEPS-B."""
    from steps_analysis.protocol import load_protocol

    own = None if options.data is None else options.data / "protocol.toml"
    if own is not None and own.is_file():
        return load_protocol(own)
    return load_protocol(options.protocol)


def _folder(options: argparse.Namespace) -> Path:
    """Give the folder the seal goes into."""
    folder: Path | None = options.data
    if folder is None or not folder.is_dir():
        given = None if folder is None else str(folder)
        hint = "steps plan DATA --seal"
        raise ArgumentError(refusal("DATA", "be a folder to seal in", given, hint=hint))
    return folder


def _as_data(analyses: tuple[PlannedAnalysis, ...]) -> list[dict[str, object]]:
    return [asdict(analysis) for analysis in analyses]
