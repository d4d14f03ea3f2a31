"""
Time what is compared in turn, and print it as a table.

Lies in a folder of its own because `./run bench` runs every file beside it.
"""

from __future__ import annotations

import os
import platform
import resource
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from time import perf_counter

Job = Callable[[], object]
HEADINGS = ("what", "ours", "peer", "its time", "ratio")


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """
    One line of the table.

    Attributes
    ----------
    what
        What is done.
    ours
        Seconds ours takes.
    peer
        What it is compared with; "" where it is compared with nothing.
    theirs
        Seconds the peer takes.
    """

    what: str
    ours: float
    peer: str = ""
    theirs: float = 0.0

    def cells(self) -> tuple[str, ...]:
        """Word the line."""
        if not self.peer:
            return self.what, seconds(self.ours), "-", "-", "-"
        ratio = f"{self.theirs / self.ours:.3g} x"
        return self.what, seconds(self.ours), self.peer, seconds(self.theirs), ratio


def compare(
    what: str, ours: Job, peers: Mapping[str, Job], *, repeats: int
) -> list[Row]:
    """Time ours and its peers in turn, after one call each to warm up."""
    jobs = {"ours": ours, **peers}
    taken: dict[str, list[float]] = {name: [] for name in jobs}
    for job in jobs.values():
        job()
    for _ in range(repeats):
        for name, job in jobs.items():
            began = perf_counter()
            job()
            taken[name].append(perf_counter() - began)
    middle = {name: median(times) for name, times in taken.items()}
    if not peers:
        return [Row(what=what, ours=middle["ours"])]
    return [
        Row(what=what, ours=middle["ours"], peer=name, theirs=middle[name])
        for name in peers
    ]


def alone(code: str, **environment: str) -> list[str]:
    """Run code in a new process, with this folder to import from; what it prints."""
    path = os.pathsep.join([*filter(None, sys.path)])
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": path, **environment},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.split()


def peak_memory() -> float:
    """Give the most memory this process has held, in megabytes."""
    # On Linux a new process inherits the peak of the one that made it, but for this.
    if (status := Path("/proc/self/status")).exists():
        return float(status.read_text().split("VmHWM:")[1].split()[0]) / 2**10
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return float(peak / (2**20 if sys.platform == "darwin" else 2**10))


def seconds(time: float) -> str:
    """Word a time with a unit that suits it."""
    for unit, size in (("s", 1.0), ("ms", 1e-3)):
        if time >= size:
            return f"{time / size:.3g} {unit}"
    return f"{time / 1e-6:.3g} µs"


def show(title: str, rows: Sequence[Row], notes: Sequence[str] = ()) -> None:
    """Print the table, and what a reader must know."""
    lines = [HEADINGS, *(row.cells() for row in rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    print(f"{title}\nPython {platform.python_version()}, medians\n")
    for i, line in enumerate(lines):
        cells = zip(line, widths, strict=True)
        print("  ".join(cell.ljust(width) for cell, width in cells).rstrip())
        if i == 0:
            print("  ".join("-" * width for width in widths))
    print("\nratio: the peer's time over ours; below 1 the peer is faster.")
    for note in notes:
        print(note)
    print()
