"""The checks that follow the tests, run to the last whatever fails.

./run check            all of them
./run check types ...  those named
"""

import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PROGRAMS = Path(sys.executable).parent


def program(name: str, *words: str) -> list[str]:
    """Return the words that run a program of the environment."""
    return [str(PROGRAMS / name), *words]


def checks() -> dict[str, list[str]]:
    """Return each check's name and what it runs."""
    return {
        "style": program("ruff", "check", "."),
        "format": program("ruff", "format", "--check", "."),
        "types": program("mypy"),
        "floors": program("lint-imports"),
        "docstrings": [sys.executable, "-m", "tools.docstrings", "steps_analysis"],
        "drift": [sys.executable, "-m", "tools.drift"],
    }


def passes(name: str, words: list[str]) -> bool:
    """Run one check, say how it went, and return whether it passed."""
    print(f"--- {name}", flush=True)
    began = time.monotonic()
    code = subprocess.run(words, cwd=ROOT, check=False).returncode
    verdict = "passed" if code == 0 else f"FAILED (exit code {code})"
    print(f"--- {name} {verdict}, {time.monotonic() - began:.1f} s", flush=True)
    return code == 0


def main(names: list[str]) -> int:
    """Run every check, or those named; return 0 if all passed, 1 if not."""
    known = checks()
    unknown = [name for name in names if name not in known]
    if unknown:
        print(f"no check `{unknown[0]}`; there are: {', '.join(known)}")
        return 2
    failed = [name for name in names or known if not passes(name, known[name])]
    print(f"checks that failed: {', '.join(failed) or 'none'}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
