"""``steps synthesise``: a synthetic trial, or the two this project ships."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING

from steps_analysis.errors import ArgumentError, refusal

if TYPE_CHECKING:
    from steps_analysis.trial_data import TrialData


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """
    Describe the options.

    Parameters
    ----------
    parser
        The command's parser.
    """
    parser.add_argument(
        "preset",
        nargs="?",
        help="planned or achieved; without it, a trial by the options below",
    )
    parser.add_argument("--out", type=Path, required=True, help="the folder to write")
    parser.add_argument(
        "--protocol", type=Path, help="protocol.toml (default: STEPS-B)"
    )
    parser.add_argument(
        "--scenario",
        default="null",
        help="how it acts: null, uk_start, modest, us_efficacy or harm",
    )
    parser.add_argument("--n", type=int, help="families to recruit")
    parser.add_argument("--trial", type=int, default=0, help="which replicate")
    parser.add_argument("--seed", type=int, help="default: the protocol's")
    parser.add_argument("--json", action="store_true", help="print what was written")


def run(options: argparse.Namespace) -> int:
    """
    Draw a synthetic trial and write its data folder.

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
        If preset, protocol, scenario or numbers are impossible, or the folder holds
        something else.
    """
    from steps_analysis.simulation import write_synthetic

    trial = _drawn(options)
    write_synthetic(trial, options.out)
    rows = {name: len(table) for name, table in trial.tables()}
    if options.json:
        print(json.dumps({"stamp": trial.stamp, "rows": rows}, indent=1))
    else:
        tables = ", ".join(f"{name} {n}" for name, n in rows.items())
        print(f"{trial.stamp}\n{options.out}: {tables}")
    return 0


def _drawn(options: argparse.Namespace) -> TrialData:
    """Draw the preset, or the trial that the options describe."""
    from steps_analysis.protocol import load_protocol
    from steps_analysis.simulation import committed, draw_trial

    if options.preset is not None:
        if options.protocol or options.n is not None or options.seed is not None:
            rule = "stand alone: a preset fixes protocol, size and seed"
            raise ArgumentError(refusal("preset", rule, options.preset))
        return committed(options.preset)
    protocol = load_protocol(options.protocol)
    seed = protocol.analysis.seed if options.seed is None else options.seed
    return draw_trial(
        protocol, options.scenario, n=options.n, trial=options.trial, seed=seed
    )
