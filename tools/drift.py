"""Whether what is committed is what a rebuild gives.

Data, reports and notebooks are made by commands and committed, so that a reader sees
them without running anything. Each entry of `REBUILDS` makes one such folder again, in
a temporary place, and compares it with the committed one: text exactly, numbers outside
data and pages to 1e-8, pictures by their presence (their data lie beside them as CSV).
Workbooks are compared part by part as text, a PDF by what assistive technology is told.

    python -m tools.drift            everything
    python -m tools.drift WORD ...   the entries whose folder contains a word
"""

import hashlib
import io
import json
import math
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatch
from itertools import zip_longest
from pathlib import Path
from zipfile import ZipFile

from tools.commands import BOROUGHS, EVALUATIONS, INTERNAL

ROOT = Path(__file__).resolve().parent.parent
STEPS = str(Path(sys.executable).parent / "steps")
OUT = "{out}"  # stands for the temporary folder in a command
MANIFEST = "manifest.json"
TOLERANCE = 1e-8
PICTURES = {".png"}
PACKED = {".xlsx", ".ods"}  # archives of XML
PDF = {".pdf"}
CLOSE = {".csv", ".json", ".svg"}  # in reports; all else is compared byte for byte
ENVIRONMENT_KEYS = {"python", "packages", "platform"}  # of a manifest
NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Rebuild:
    """A committed folder and the command that makes it.

    Attributes
    ----------
    folder
        Where the result is committed, from the root of the project.
    command
        The words to run at the root; `OUT` in them is the temporary folder. Without
        `OUT` the command compares by itself, and its exit code is the answer.
    exact
        Whether numbers too must agree to the last digit (data do, reports do not).
    by_hand
        Patterns of committed files that the command does not make.
    """

    folder: str
    command: tuple[str, ...]
    exact: bool = False
    by_hand: tuple[str, ...] = ()


# Sealed once, and never made again; a test holds it against the protocol.
SEALED = ("analysis-plan.json",)

REBUILDS = (
    *(
        Rebuild(
            folder=f"data/synthetic/{name}",
            command=(STEPS, "synthesise", name, "--out", OUT),
            exact=True,
            by_hand=SEALED,
        )
        for name in ("planned", "achieved")
    ),
    Rebuild(
        folder="data/public/cgd",
        command=(sys.executable, "data/public/cgd/convert.py", "--out", OUT),
        exact=True,
        by_hand=("convert.py", "protocol.toml", "README.md", "source/*"),
    ),
    *(
        Rebuild(folder=pages, command=(STEPS, "evaluate", data, "--out", OUT))
        for data, pages in EVALUATIONS.items()
    ),
    *(
        Rebuild(folder=pages, command=(STEPS, "boroughs", data, "--out", OUT))
        for data, pages in BOROUGHS.items()
    ),
    *(
        Rebuild(folder=pages, command=(STEPS, *words, "--out", OUT))
        for pages, words in INTERNAL.items()
    ),
    Rebuild(folder="notebooks", command=(STEPS, "notebooks", "--check")),
)


# Two files


def text_differs(committed: str, rebuilt: str, *, tolerance: float) -> str:
    """Return the first line where text differs, or a number by too much, or ''."""
    pairs = zip_longest(committed.splitlines(), rebuilt.splitlines(), fillvalue="(end)")
    for number, (old, new) in enumerate(pairs, start=1):
        if old != new and not (tolerance and _close(old, new, tolerance)):
            return f"line {number}: committed {_short(old)}, rebuilt {_short(new)}"
    return ""


def _close(old: str, new: str, tolerance: float) -> bool:
    """Whether two lines agree in their words and nearly in their numbers."""
    if NUMBER.split(old) != NUMBER.split(new):
        return False
    numbers = zip(NUMBER.findall(old), NUMBER.findall(new), strict=True)
    return all(
        math.isclose(float(a), float(b), rel_tol=tolerance, abs_tol=tolerance)
        for a, b in numbers
    )


def _short(line: str) -> str:
    """Return a line cut to what fits a message."""
    return repr(line if len(line) <= 90 else line[:90] + " ...")


def manifest_text(text: str) -> str:
    """Return a manifest without what may vary: versions, digests of what may."""
    return json.dumps(_pruned(json.loads(text)), indent=1, sort_keys=True)


def _pruned(value: object) -> object:
    """Return a JSON value less versions of the environment and such digests."""
    if isinstance(value, dict):
        return {
            key: _pruned(item)
            for key, item in value.items()
            if key not in ENVIRONMENT_KEYS and not _may_vary(key)
        }
    if isinstance(value, list):
        return [_pruned(item) for item in value]
    return value


def _may_vary(name: str) -> bool:
    """Whether a file of this name is not compared byte for byte."""
    return Path(name).suffix in PICTURES | CLOSE | PACKED | PDF


def file_differs(committed: Path, rebuilt: Path, *, exact: bool) -> str:
    """Return how two files of one name differ, or ''."""
    if committed.read_bytes() == rebuilt.read_bytes():
        return ""
    if committed.suffix in PICTURES:
        return ""
    if committed.suffix in PACKED | PDF:
        read = packed_text if committed.suffix in PACKED else pdf_text
        old, new = (read(path.read_bytes()) for path in (committed, rebuilt))
        return text_differs(old, new, tolerance=0 if exact else TOLERANCE)
    old, new = (path.read_text(encoding="utf-8") for path in (committed, rebuilt))
    if committed.name == MANIFEST:
        return text_differs(manifest_text(old), manifest_text(new), tolerance=0)
    if committed.suffix in CLOSE and not exact:
        return text_differs(old, new, tolerance=TOLERANCE)
    return text_differs(old, new, tolerance=0) or "only the line endings differ"


def packed_text(content: bytes) -> str:
    """Return the parts of a workbook as text, an element to a line."""
    with ZipFile(io.BytesIO(content)) as packed:
        parts = [f"{name}\n{packed.read(name).decode()}" for name in packed.namelist()]
    return "\n".join(parts).replace("><", ">\n<")


def pdf_text(content: bytes) -> str:
    """Return what a PDF tells assistive technology, an element to a line."""
    from tools.pdf_text import Element, read_pdf  # its reader is for development only

    def lines(element: Element) -> Iterator[str]:
        yield f"{element.role} {element.text} {element.alt}"
        for part in element.parts:
            yield from lines(part)

    return "\n".join(lines(read_pdf(content)))


# Two folders


def files_in(folder: Path) -> set[str]:
    """Return the names of all files in a folder, from that folder."""
    return {
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }


def differences(
    committed: Path, rebuilt: Path, *, exact: bool, by_hand: tuple[str, ...] = ()
) -> Iterator[str]:
    """Yield each difference between a committed folder and its rebuilding."""
    old, new = files_in(committed), files_in(rebuilt)
    for name in sorted(old - new):
        if not any(fnmatch(name, pattern) for pattern in by_hand):
            yield f"{name}: committed, but no longer made"
    for name in sorted(new - old):
        yield f"{name}: made, but not committed"
    for name in sorted(old & new):
        fault = file_differs(committed / name, rebuilt / name, exact=exact)
        if fault:
            yield f"{name}: {fault}"


def wrong_digests(folder: Path) -> Iterator[str]:
    """Yield each file whose digest in the folder's manifest is another's."""
    if not (folder / MANIFEST).exists():
        return
    listed = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))["files"]
    for name, digest in listed.items():
        file = folder / name
        if file.exists() and hashlib.sha256(file.read_bytes()).hexdigest() != digest:
            yield f"{name}: not the file that {MANIFEST} describes"


# All of them


def tracked(folder: str) -> bool:
    """Whether git knows a file in the folder; without git, whether there is one."""
    words = ["git", "ls-files", "--", folder]
    try:
        listed = subprocess.run(
            words, cwd=ROOT, capture_output=True, text=True, check=False
        )
    except OSError:
        return (ROOT / folder).exists()
    if listed.returncode != 0:
        return (ROOT / folder).exists()
    return bool(listed.stdout.strip())


def faults(rebuild: Rebuild) -> Iterator[str]:
    """Rebuild one folder and yield what is wrong with the committed one."""
    committed = ROOT / rebuild.folder
    with tempfile.TemporaryDirectory() as place:
        out = Path(place) / committed.name
        words = [str(out) if word == OUT else word for word in rebuild.command]
        code = subprocess.run(words, cwd=ROOT, stdout=subprocess.DEVNULL, check=False)
        if code.returncode != 0:
            yield f"the command exits {code.returncode}: {' '.join(rebuild.command)}"
        elif not committed.is_dir():
            yield "git tracks files there, but the folder is gone"
        elif OUT in rebuild.command:
            yield from differences(
                committed, out, exact=rebuild.exact, by_hand=rebuild.by_hand
            )
            yield from wrong_digests(committed)


def main(words: list[str]) -> int:
    """Compare every entry, or those named; return 0 if nothing drifted, 1 if it did."""
    drifted = False
    for rebuild in REBUILDS:
        if words and not any(word in rebuild.folder for word in words):
            continue
        if not tracked(rebuild.folder):
            print(f"{rebuild.folder}: nothing is committed there yet, not compared")
            continue
        found = list(faults(rebuild))
        print(f"{rebuild.folder}: {'DRIFTED' if found else 'as rebuilt'}", flush=True)
        for fault in found:
            print(f"    {fault}")
        drifted = drifted or bool(found)
    return 1 if drifted else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
