"""Proofs too slow for every test run, measured once and kept with what they measured.

./run verify runs the slow tests and then this, which writes docs/measured/*.json: what
was found, and a digest of the code it speaks of. A fast test refuses a file that is
older than that code.
"""

import hashlib
import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import Any

from tools import allocation_page, calibration_page, which_method_page
from tools.drawn_trials import PROTOCOLS, drawn_trials
from tools.interrupted_series import measure as interrupted_series

ROOT = Path(__file__).resolve().parent.parent
MEASURED = ROOT / "docs" / "measured"
WORLDS, WATCHED_WORLDS, FAMILIES, SEED = 1000, 60, 80, 31
CALIBRATING_TRIALS = 1000
FORECAST_TRIALS = 2000
COMPARED_SIZES, COMPARED_LISTS = (40, 80), 10_000
GROUPS = {  # of outcomes, by the family of methods compared
    "two_by_two": ("binary",),
    "adjusted": ("binary",),
    "survival": ("survival", "hazards", "batched"),
    "competing": ("competing", "survival", "hazards"),
    "events": ("repeated", "binary", "hazards"),
    "scores": ("scores",),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """One proof: what measures it, and the files whose change makes it stale."""

    measure: Callable[[], dict[str, Any]]
    speaks_of: tuple[str, ...]

    def digest(self) -> str:
        """Return one digest of all the files the proof speaks of."""
        found = hashlib.sha256()
        for pattern in self.speaks_of:
            for path in sorted(ROOT.glob(pattern)):
                found.update(path.relative_to(ROOT).as_posix().encode())
                found.update(path.read_bytes())
        return found.hexdigest()


def masked_columns() -> dict[str, Any]:
    """Ask over 1,000 null worlds whether any masked column predicts the arm."""
    from dataclasses import replace

    from steps_analysis.protocol import load_protocol
    from steps_analysis.simulation import WORLD, World, arm_leaks, draw_trial

    protocol = load_protocol()

    def leaks(worlds: int, world: World) -> Any:
        return arm_leaks(
            draw_trial(protocol, "null", n=FAMILIES, trial=i, world=world, seed=SEED)
            for i in range(worlds)
        )

    null = leaks(WORLDS, WORLD)
    watched = leaks(WATCHED_WORLDS, replace(WORLD, detection_ratio=3.0))
    smallest = float(null["p_value"].iloc[0])
    below = float((null["p_value"] < 0.05).mean())
    return {
        "question": "Does a summary of any column of a masked file predict the arm?",
        "null": {
            "worlds": WORLDS,
            "families": FAMILIES,
            "summaries": len(null),
            "smallest p-value": round(smallest, 6),
            "smallest p-value times summaries": round(min(1, smallest * len(null)), 4),
            "share of p-values below 0.05": round(below, 4),
        },
        "one arm watched three times as closely": {
            "worlds": WATCHED_WORLDS,
            "found first": str(watched.index[0]),
            "its p-value times summaries": float(
                f"{watched['p_value'].iloc[0] * len(watched):.3g}"
            ),
        },
    }


def calibration() -> dict[str, Any]:
    """Hold every anchor of the evidence against drawn trials."""
    from steps_analysis.simulation import calibration as anchors_held

    found = anchors_held(n_trials=CALIBRATING_TRIALS, seed=SEED)
    for name in ("expected", "world", "error"):
        found[name] = found[name].map(lambda value: float(f"{value:.6g}"))
    return {
        "question": "Does the synthetic world give the evidence back?",
        "trials in each setting": CALIBRATING_TRIALS,
        "anchors": found.to_dict("records"),
    }


def allocation() -> dict[str, Any]:
    """Compare procedures for STEPS-B as planned and as achieved."""
    from steps_analysis.evaluation.allocation_comparison import compare_allocation
    from steps_analysis.evaluation.allocation_report import HEADINGS, reasons
    from steps_analysis.protocol import load_protocol
    from steps_analysis.randomisation.comparing.criteria import CRITERIA

    protocol, sizes = load_protocol(), []
    for n in COMPARED_SIZES:
        compared = compare_allocation(protocol, n=n, n_draws=COMPARED_LISTS)
        names = [name for name in HEADINGS if name in compared.table]
        figures = compared.table[[*names, "score"]].astype(float).round(4)
        errors = compared.table[[f"{name}_error" for name in names]].to_numpy()
        rows = [{"name": name, **row} for name, row in figures.to_dict("index").items()]
        sizes.append(
            {
                "families": n,
                "reasons": list(reasons(compared)),
                "procedures": rows,
                "largest error": round(float(errors.max()), 4),
            }
        )
    shares = compared.recommendation.weights
    return {
        "question": "Which procedure for STEPS-B?",
        "lists": compared.n_draws,
        "questions": [
            {
                "name": name,
                "heading": HEADINGS[name],
                "question": CRITERIA[name].question,
                "good": CRITERIA[name].good,
                "bad": CRITERIA[name].bad,
                "share": round(shares[name], 4),
            }
            for name in names
        ],
        "sizes": sizes,
    }


def recruitment() -> dict[str, Any]:
    """Hold forecasts of recruitment against the trials they were made of."""
    from tools.recruitment_coverage import recruitment as coverage

    return coverage(FORECAST_TRIALS, SEED)


def which_method(name: str) -> Proof:
    """Give the proof of one family of methods: type I error, coverage, power."""

    def measure() -> dict[str, Any]:
        from tools.which_method.families import measure as measured

        return measured(name)

    parts = {"answers", "cells", "families", name}
    if name != "two_by_two":
        parts.add("sampling")
    return Proof(
        measure=measure,
        speaks_of=(
            "steps_analysis/estimates.py",
            "steps_analysis/outcomes/*.py",
            *(f"steps_analysis/outcomes/{group}/**/*.py" for group in GROUPS[name]),
            *(f"tools/which_method/{module}.py" for module in sorted(parts)),
        ),
    )


PROOFS = {
    "allocation": Proof(
        measure=allocation,
        speaks_of=(
            "steps_analysis/randomisation/**/*.py",
            "steps_analysis/evaluation/allocation_*.py",
            "steps_analysis/evaluation/procedure_words.py",
            "steps_analysis/simulation/**/*.py",
            "steps_analysis/protocol/steps_b.toml",
        ),
    ),
    "calibration": Proof(
        measure=calibration,
        speaks_of=(
            "steps_analysis/simulation/**/*.py",
            "steps_analysis/protocol/steps_b.toml",
            "steps_analysis/outcomes/scores/strengths_difficulties.py",
        ),
    ),
    "drawn_trials": Proof(
        measure=drawn_trials,
        speaks_of=(
            "steps_analysis/simulation/**/*.py",
            "steps_analysis/trial_data/*.py",
            "steps_analysis/pathway/**/*.py",
            "steps_analysis/outcomes/events/*.py",
            "tools/drawn_trials.py",
            *PROTOCOLS,
        ),
    ),
    "interrupted_series": Proof(
        measure=interrupted_series,
        speaks_of=(
            "steps_analysis/referrals/models/placebo.py",
            "steps_analysis/referrals/models/series_*.py",
            "steps_analysis/referrals/models/two_way.py",
            "tools/interrupted_series.py",
        ),
    ),
    "masked_columns": Proof(
        measure=masked_columns,
        speaks_of=(
            "steps_analysis/simulation/**/*.py",
            "steps_analysis/protocol/steps_b.toml",
            "steps_analysis/randomisation/adaptive/preference.py",
            "steps_analysis/trial_data/contract.py",
        ),
    ),
    "recruitment": Proof(
        measure=recruitment,
        speaks_of=(
            *(
                f"steps_analysis/referrals/recruitment/{module}.py"
                for module in (
                    "future_counts",
                    "likelihood",
                    "plausible_rates",
                    "site_rates",
                )
            ),
            "tools/recruitment_coverage.py",
        ),
    ),
    **{f"which_method_{name}": which_method(name) for name in GROUPS},
}


def stale(name: str) -> str | None:
    """Say what is wrong with the kept result of a proof, or nothing."""
    path = MEASURED / f"{name}.json"
    if not path.exists():
        return f"{path.name} is missing: ./run verify"
    if json.loads(path.read_text())["code"] != PROOFS[name].digest():
        return f"{path.name} is older than the code it measured: ./run verify"
    return None


def main(names: Sequence[str] = ()) -> None:
    """Measure every proof, or those named, and keep what was found."""
    MEASURED.mkdir(parents=True, exist_ok=True)
    for name in names or PROOFS:
        proof, start = PROOFS[name], monotonic()
        kept = {"code": proof.digest(), "found": proof.measure()}
        path = MEASURED / f"{name}.json"
        path.write_text(json.dumps(kept, indent=1) + "\n")
        taken = f"{monotonic() - start:.0f} s"
        print(f"{path.relative_to(ROOT)}, {taken}: {json.dumps(kept['found'])[:2000]}")
    allocation_page.main()
    calibration_page.main()
    which_method_page.main()


if __name__ == "__main__":
    main(sys.argv[1:])
