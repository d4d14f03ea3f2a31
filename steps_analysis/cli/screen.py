"""``steps screen``: the eligibility rules, applied to a case or to many."""

from __future__ import annotations

import argparse
import json
import textwrap
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from steps_analysis.pathway import NextRoute, Screening, Verdict
    from steps_analysis.pathway.eligibility.case_files import FileCase
    from steps_analysis.protocol import Protocol

SERVICES = ("trial", "stepping_stones")
WIDTH = 80

_DECIDED = {
    "accept": "the rules accept the case",
    "refuse": "the rules do not accept the case",
    "discuss_with_service": "to be discussed with its team",
    "information_needed": "more information is needed",
}
_OUTCOME = {
    "accept": "met",
    "refuse": "not met",
    "discuss_with_service": "to discuss",
    "information_needed": "not known",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """
    Describe the options.

    Parameters
    ----------
    parser
        The command's parser.
    """
    parser.add_argument(
        "cases",
        type=Path,
        metavar="CASE",
        help="a case or a list of cases in JSON, an object a line, or CSV with columns "
        "of referrals.csv",
    )
    parser.add_argument(
        "--service",
        default="both",
        choices=(*SERVICES, "both"),
        help="whose rules to apply (default: both)",
    )
    parser.add_argument(
        "--protocol", type=Path, help="the trial's protocol.toml (default: STEPS-B)"
    )
    parser.add_argument("--json", action="store_true", help="print verdicts as JSON")
    parser.epilog = (
        "What a case leaves out is unknown, and unknown is not no. The next step is "
        "that of a case that was not screened yet. Exit code 0: done; 1: a single "
        "case, and every service asked refuses it; 2: the input is wrong."
    )


def run(options: argparse.Namespace) -> int:
    """
    Say which services' rules accept a case, and why, and what is next.

    Parameters
    ----------
    options
        What the command line said.

    Returns
    -------
    int
        0, or 1 where there is a single case and every service asked refuses it.

    Raises
    ------
    StepsError
        If a case, its file or the protocol is wrong.
    """
    from steps_analysis.pathway.eligibility.case_files import read_cases

    protocol, stamp = _surroundings(options.cases, options.protocol)
    asked = SERVICES if options.service == "both" else (options.service,)
    cases = read_cases(options.cases, protocol)
    found = [_screened(case, protocol) for case in cases]
    if options.json:
        rows = [
            _as_dict(case, asked, *one) for case, one in zip(cases, found, strict=True)
        ]
        print(json.dumps({"stamp": stamp, "cases": rows}, indent=1, ensure_ascii=False))
    else:
        names = {
            "trial": protocol.trial.short_name,
            "stepping_stones": "Stepping Stones",
        }
        blocks = [] if stamp is None else [stamp]
        for case, (screenings, step) in zip(cases, found, strict=True):
            shown = {names[service]: screenings[service] for service in asked}
            blocks.append(_said(case.name, shown, step, is_only=len(cases) == 1))
        print("\n\n".join(blocks))
    screenings = found[0][0]
    refused = all(screenings[service].decision == "refuse" for service in asked)
    return 1 if len(cases) == 1 and refused else 0


def _surroundings(cases: Path, given: Path | None) -> tuple[Protocol, str | None]:
    """Find the protocol, and the stamp where the cases are those of synthetic data."""
    from steps_analysis.protocol import load_protocol
    from steps_analysis.trial_data import STAMP
    from steps_analysis.trial_data.package import PACKAGE, read_package
    from steps_analysis.trial_data.reader import PROTOCOL

    is_of_a_trial = cases.name == "referrals.csv" and (cases.parent / PACKAGE).is_file()
    if not is_of_a_trial:
        return load_protocol(given), None
    own = cases.parent / PROTOCOL
    package, _ = read_package(cases.parent)
    stamp = STAMP if package.provenance == "synthetic" else None
    return load_protocol(own if own.is_file() else given), stamp


def _screened(
    one: FileCase, protocol: Protocol
) -> tuple[dict[str, Screening], NextRoute]:
    """Apply both services' rules to one case, and find its next step."""
    from steps_analysis.pathway import next_route, screen_stepping_stones, screen_trial

    trial = screen_trial(one.case, protocol)
    stones = screen_stepping_stones(one.case, protocol=protocol)
    pathway = one.case.get("site") in protocol.sites.forum_pathway
    step = next_route(trial, stones, forum_pathway=pathway)
    return {"trial": trial, "stepping_stones": stones}, step


def _as_dict(
    one: FileCase,
    asked: tuple[str, ...],
    screenings: Mapping[str, Screening],
    step: NextRoute,
) -> dict[str, Any]:
    """Give one case's verdicts as plain values."""
    from dataclasses import asdict

    return {
        "case": one.name,
        "services": {
            service: {
                **asdict(screenings[service]),
                "missing": screenings[service].missing,
                "remediable": screenings[service].remediable,
            }
            for service in asked
        },
        "next": asdict(step),
    }


def _said(
    name: str, screenings: Mapping[str, Screening], step: NextRoute, *, is_only: bool
) -> str:
    """Say one case; where it is one of many, only what there is to do about it."""
    lines = [name[:1].upper() + name[1:]]
    for service, screening in screenings.items():
        mended = screening.remediable * ", but that may change"
        lines.append(f"  {service}: {_DECIDED[screening.decision]}{mended}.")
        told = screening.verdicts if is_only else _to_do(screening)
        lines += [line for verdict in told for line in _verdict(verdict)]
    return "\n".join([*lines, *_next(step)])


def _to_do(screening: Screening) -> tuple[Verdict, ...]:
    """List the verdicts that are worth acting on: none need be found out in vain."""
    if screening.decision == "refuse" and not screening.remediable:
        return screening.decided_by
    return tuple(v for v in screening.verdicts if v.outcome != "accept")


def _verdict(verdict: Verdict) -> list[str]:
    """Say one rule's verdict, its sentence wrapped beside its outcome."""
    head = f"    {_OUTCOME[verdict.outcome]:<11} "
    number = verdict.code if verdict.code[0].isdigit() else f"on {verdict.name}"
    return textwrap.wrap(
        f"{verdict.sentence} (rule {number})",
        WIDTH,
        initial_indent=head,
        subsequent_indent=" " * len(head),
    )


def _next(step: NextRoute) -> list[str]:
    """Say the next step."""
    return textwrap.wrap(
        step.why, WIDTH, initial_indent="  Next: ", subsequent_indent=" " * 8
    )
