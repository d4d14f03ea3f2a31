"""``steps evaluate``: the whole evaluation report."""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from steps_analysis.cli.formats import add_format_argument, chosen_formats, first_file
from steps_analysis.errors import ArgumentError, refusal

if TYPE_CHECKING:
    from steps_analysis.evaluation import Evaluation
    from steps_analysis.evaluation.sealed_plan import SealedPlan
    from steps_analysis.trial_data import TrialData

KEY_VARIABLE = "STEPS_DISCLOSURE_KEY"
ROLES = ("statistician", "masked_statistician", "research_assistant", "commissioner")


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
        default=Path("data/synthetic/achieved"),
        help="the trial's data folder (default: the synthetic trial)",
    )
    parser.add_argument("--protocol", type=Path, help="its protocol.toml")
    parser.add_argument(
        "--role",
        default="statistician",
        choices=ROLES,
        help="who reads the data (default: statistician)",
    )
    parser.add_argument(
        "--out",
        type=Path,
        help="where to write the report (default: reports/NAME of the data folder, "
        "with -ROLE after it for any role but statistician)",
    )
    add_format_argument(parser)
    parser.add_argument("--json", action="store_true", help="print the results as JSON")
    parser.epilog = (
        "Counts by site of real data need a key, kept secret, in the environment "
        f"variable {KEY_VARIABLE}: it breaks ties between equally good patterns of "
        "hiding. Exit code 0: done; 2: the input is wrong; 3: written, but the primary "
        "effect is not estimable."
    )


def run(options: argparse.Namespace) -> int:
    """
    Evaluate a trial and write its report.

    Parameters
    ----------
    options
        What the command line said.

    Returns
    -------
    int
        0, or 3 where the primary effect is not estimable.

    Raises
    ------
    StepsError
        If the data or the protocol are wrong, or the report may not be written.
    """
    from steps_analysis.evaluation import evaluate
    from steps_analysis.trial_data import read_trial

    out = options.out or _default_out(options.data, options.role)
    check_out(out, options.data)
    formats = chosen_formats(options)
    trial = read_trial(options.data, protocol=options.protocol, role=options.role)
    evaluation = evaluate(
        trial,
        disclosure_key=os.environ.get(KEY_VARIABLE) or None,
        sealed_plan=_sealed(options.data),
    )
    page = write(trial, evaluation, out, formats=formats)
    if options.json:
        print(json.dumps(summary(trial, evaluation), indent=1, ensure_ascii=False))
    else:
        print(_said(trial, evaluation, page))
    primary = evaluation.results.answers.get(trial.protocol.primary.code)
    return 3 if primary is not None and primary.effect.not_estimable else 0


def _sealed(data: Path) -> SealedPlan | None:
    """Read the plan sealed beside the data, if there is one."""
    from steps_analysis.evaluation.sealed_plan import PLAN_FILE, read_plan

    path = data / PLAN_FILE
    return read_plan(path) if path.is_file() else None


def _default_out(data: Path, role: str) -> Path:
    """Choose where a report goes: each role has a place of its own."""
    ending = "" if role == "statistician" else f"-{role.replace('_', '-')}"
    return Path("reports") / f"{data.resolve().name}{ending}"


def check_out(out: Path, data: Path) -> None:
    """
    Refuse to write a report over the data, or inside them.

    Parameters
    ----------
    out
        Where to write.
    data
        The data folder.

    Raises
    ------
    ArgumentError
        If that is the data folder, or lies in it.
    """
    if out.resolve() == data.resolve() or data.resolve() in out.resolve().parents:
        raise ArgumentError(refusal("--out", "lie outside the data folder", str(out)))


def write(
    trial: TrialData,
    evaluation: Evaluation,
    out: Path,
    *,
    formats: Sequence[str] = ("html",),
) -> Path:
    """
    Write an evaluation's report.

    Parameters
    ----------
    trial
        The trial.
    evaluation
        Its evaluation.
    out
        The folder.
    formats
        The formats to write.

    Returns
    -------
    Path
        The page, or the first file where there is no page.
    """
    from steps_analysis.evaluation.publication import profile_names
    from steps_analysis.reporting import write_report

    facts = {
        "protocol_digest": trial.protocol.digest,
        "seed": trial.protocol.analysis.seed,
        "provenance": trial.provenance,
        "extract_month": f"{trial.extract_date:%Y-%m}",
        "role": trial.role,
        "dry_run": evaluation.is_dry_run,
        "disclosure": profile_names(trial.protocol),
    }
    folder = write_report(
        evaluation.document, out, manifest_facts=facts, formats=formats
    )
    return folder / first_file(formats)


def summary(trial: TrialData, evaluation: Evaluation) -> dict[str, Any]:
    """
    Give the results as plain values.

    Parameters
    ----------
    trial
        The trial.
    evaluation
        Its evaluation.

    Returns
    -------
    dict
        Trial, stamp, whether the arms are dummies, effects by estimand, progression,
        what was left out.
    """
    results = evaluation.results
    return {
        "trial": trial.protocol.trial.short_name,
        "stamp": evaluation.document.stamp or None,
        "dry_run": evaluation.is_dry_run,
        "estimands": {
            code: {
                "outcome": answer.outcome.label,
                "effect": answer.effect.to_dict(),
                "relative": [estimate.to_dict() for estimate in answer.relative],
                "tests": [test.to_dict() for test in answer.tests],
            }
            for code, answer in results.answers.items()
        },
        "progression": [
            {
                "criterion": progress.criterion.code,
                "numerator": progress.numerator,
                "denominator": progress.denominator,
                "colour": progress.colour,
                "not_judged": progress.not_judged,
            }
            for progress in results.progression
        ],
        "left_out": dict(results.left_out),
    }


def _said(trial: TrialData, evaluation: Evaluation, page: Path) -> str:
    """Say in a few lines what was found and where it is."""
    from steps_analysis.evaluation.dry_run import DRY_RUN
    from steps_analysis.reporting import phrase

    warning = DRY_RUN if evaluation.is_dry_run else None
    lines = [words for words in (warning, trial.stamp) if words]
    for code, answer in evaluation.results.answers.items():
        lines.append(f"{code}  {answer.outcome.label}: {phrase(answer.effect)}")
    left_out = ", ".join(evaluation.results.left_out)
    if left_out:
        lines.append(f"Left out: {left_out}. The section 'About this report' says why.")
    lines.append(f"The report: {page}")
    if not evaluation.results.answers:
        lines.insert(-1, "Nothing is compared by arm.")
    return "\n".join(lines)
