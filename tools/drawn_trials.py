"""Do thousands of drawn trials keep the data contract, read back, and add up?

Each is drawn, written as a data folder, read back through every rule of the contract,
compared with what was drawn, and counted into its flow. Nothing is skipped: the folders
are real ones, in memory where the machine has such a place.
"""

import os
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import cache
from itertools import product
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from steps_analysis.protocol import Protocol
    from steps_analysis.trial_data import TrialData

ROOT = Path(__file__).resolve().parent.parent
IN_MEMORY = Path("/dev/shm")
TRIALS, SEED, CHUNK, FAULTS_SHOWN = 10_000, 20140618, 20, 5
PROTOCOLS = (  # STEPS-B, a small one at 2:1, and one at three sites without visits
    "steps_analysis/protocol/steps_b.toml",
    "tests/protocol/small.toml",
    "tests/simulation/three_sites.toml",
)
SIZES = (1, 2, 5, 20, 40, 80)


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What came of one trial: families and rows, and what was wrong, if anything."""

    families: int
    rows: int
    fault: str | None


@cache
def protocol(name: str) -> "Protocol":
    """Read one of the protocols, once in each process."""
    from steps_analysis.protocol import load_protocol

    return load_protocol(ROOT / name)


def design(i: int) -> tuple[str, str, int, int]:
    """Give protocol, scenario, families and replicate of the i-th trial."""
    from steps_analysis.simulation import SCENARIOS

    designs = list(product(PROTOCOLS, SCENARIOS, SIZES))
    return (*designs[i % len(designs)], i // len(designs))


def drawn(i: int) -> "TrialData":
    """Draw the i-th trial."""
    from steps_analysis.simulation import draw_trial

    name, scenario, n, replicate = design(i)
    return draw_trial(protocol(name), scenario, n=n, trial=replicate, seed=SEED)


def fault_of(trial: "TrialData") -> str | None:
    """Say which rule a trial breaks on its way through a folder into its flow."""
    from steps_analysis.errors import StepsError
    from steps_analysis.outcomes import analysis_status
    from steps_analysis.pathway import flow
    from steps_analysis.trial_data import read_trial, write_trial

    place = IN_MEMORY if IN_MEMORY.is_dir() else None
    with TemporaryDirectory(dir=place) as folder:
        write_trial(trial, folder)
        try:
            # The default protocol, read once; a folder's own wins, and is read anew.
            back = read_trial(folder, protocol=protocol(PROTOCOLS[0]))
        except StepsError as error:
            return f"refused: {error}"
    if back != trial:
        return "read back otherwise than it was drawn"
    try:
        flow(back, analysed=analysis_status(back, back.protocol.primary.code))
    except StepsError as error:
        return f"flow: {error}"
    return None


def judged(i: int) -> Verdict:
    """Draw the i-th trial and say what came of it."""
    trial = drawn(i)
    return Verdict(
        families=len(trial.need("participants")),
        rows=sum(len(table) for _, table in trial.tables()),
        fault=fault_of(trial),
    )


def drawn_trials() -> dict[str, Any]:
    """Judge all of them, on every core."""
    with ProcessPoolExecutor(os.cpu_count(), mp_context=get_context("spawn")) as pool:
        return summary(list(pool.map(judged, range(TRIALS), chunksize=CHUNK)))


def summary(verdicts: Sequence[Verdict]) -> dict[str, Any]:
    """Count what came of the trials."""
    from steps_analysis.simulation import SCENARIOS

    faults = Counter(one.fault for one in verdicts if one.fault)
    return {
        "question": "Does every drawn trial pass the checker and add up in its flow?",
        "trials": len(verdicts),
        "protocols": [Path(name).stem for name in PROTOCOLS],
        "scenarios": list(SCENARIOS),
        "families asked for": list(SIZES),
        "families": sum(one.families for one in verdicts),
        "rows": sum(one.rows for one in verdicts),
        "trials with a fault": sum(faults.values()),
        "faults": dict(faults.most_common(FAULTS_SHOWN)),
    }
