"""Every kind of damage, and the drawing of one seeded case."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from steps_analysis.trial_data import TableRule, TrialData
from tests.trial_data.damage.case import Case, Refusal, Told
from tests.trial_data.damage.harmless import HARMLESS
from tests.trial_data.damage.in_bytes import BYTES
from tests.trial_data.damage.in_cells import CELLS
from tests.trial_data.damage.in_folders import FOLDERS
from tests.trial_data.damage.in_headers import HEADERS
from tests.trial_data.damage.in_rows import ROWS

HARMFUL = {**BYTES, **HEADERS, **CELLS, **ROWS, **FOLDERS}
KINDS = {**HARMFUL, **HARMLESS}
# What is told whatever else is damaged elsewhere. The others need a second table, the
# package or the protocol to be sound, and so come alone, or with what is harmless.
LINKS = ("nobody", "somebody in capitals")
ANYWHERE = {n: k for n, k in {**BYTES, **CELLS}.items() if n not in LINKS}
BESIDE = {
    n: k for n, k in HARMLESS.items() if not n.startswith(("package", "protocol"))
}


@dataclass(frozen=True)
class Base:
    """A sound folder: its files, the rules it keeps, and what it reads to."""

    files: dict[str, bytes]
    rules: dict[str, TableRule]
    trial: TrialData


@dataclass(frozen=True)
class Drawn:
    """A damaged case: what was done, and what must be told of it."""

    case: Case
    base: Base
    names: tuple[str, ...]
    told: tuple[Told, ...]
    is_refused: bool

    def write(self, folder: Path) -> Path:
        """Write the folder."""
        folder.mkdir()
        for name, data in self.case.files.items():
            (folder / name).write_bytes(data)
        for change in self.case.afterwards:
            change(folder)
        return folder


def draw_case(bases: list[Base], first: str, *, seed: int) -> Drawn | None:
    """Damage a folder in one way by name, and in up to two further ways by chance."""
    rng = np.random.default_rng(seed)
    for place in rng.permutation(len(bases)):
        base = bases[place]
        outcomes = base.trial.protocol.outcomes
        ending = frozenset(code for one in outcomes for code in one.ends_with)
        case = Case(files=dict(base.files), rules=base.rules, rng=rng, ending=ending)
        result = KINDS[first](case)
        if result:
            return _with_more(case, base, first, result)
    return None


def _with_more(case: Case, base: Base, first: str, result) -> Drawn:
    """Add up to two further kinds to a case."""
    further = ANYWHERE if first in {**ANYWHERE, **HARMLESS} else BESIDE
    results = {first: result}
    for _ in range(case.rng.choice([0, 0, 1, 2])):
        name = case.one_of(further if case.rng.random() < 0.5 else BESIDE)
        if name not in results and not isinstance(result, Refusal):
            results[name] = KINDS[name](case)
    return Drawn(
        case=case,
        base=base,
        names=tuple(name for name, one in results.items() if one),
        told=tuple(one for one in results.values() if isinstance(one, Told)),
        is_refused=isinstance(result, Refusal),
    )
