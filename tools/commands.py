"""What each command of `run` starts."""

import os
import signal
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path

from tools import environment
from tools.environment import SetUpError, child_environ, say, venv_program

ROOT = Path(__file__).resolve().parent.parent
EVALUATIONS = {  # folder of data: folder of its pages
    "data/synthetic/achieved": "reports/achieved",
    "data/public/cgd": "reports/cgd",
}
BOROUGHS = {  # folder of data: folder of its borough reports, the public edition
    "data/synthetic/achieved": "reports/boroughs",
}
INTERNAL = {  # folder of pages: the command that writes them, of synthetic data only
    "reports/forum-pack": (
        "forum",
        "data/synthetic/child_a",
        *("--site", "Borough A", "--on", "2014-02-10"),
    ),
    "reports/monitoring": (
        "monitor",
        "data/synthetic/achieved",
        *("--on", "2016-12-31"),
    ),
}
REPORTS = (*EVALUATIONS.values(), *BOROUGHS.values(), *INTERNAL)
INTERRUPTED = 130

Words = list[str]


def _module(*words: str) -> Words:
    """Return the words that run a module in the environment."""
    return [str(venv_program(ROOT, "python")), "-m", *words]


def steps(*words: str) -> Words:
    """Return the words that run the package's own command."""
    return [str(venv_program(ROOT, "steps")), *words]


def _report(rest: Words) -> list[Words]:
    """Evaluate both trials and write all other reports; options only evaluate."""
    evaluations = [
        steps("evaluate", data, "--out", pages, *rest)
        for data, pages in EVALUATIONS.items()
    ]
    boroughs = [
        steps("boroughs", data, "--out", pages) for data, pages in BOROUGHS.items()
    ]
    internal = [steps(*words, "--out", pages) for pages, words in INTERNAL.items()]
    return evaluations if rest else evaluations + boroughs + internal


def _test(rest: Words) -> list[Words]:
    """Run all but the slow tests."""
    return [
        _module("pytest", "-n", "auto", "--dist", "loadfile", "-m", "not slow", *rest)
    ]


def _verify(rest: Words) -> list[Words]:
    """Run the slow tests, then measure what is kept in docs/measured."""
    return [_module("pytest", "-m", "slow", *rest), _module("tools.measured")]


def _bench(rest: Words) -> list[Words]:
    """Run every benchmark, or those named."""
    known = {path.stem: path for path in sorted((ROOT / "benchmarks").glob("*.py"))}
    unknown = [name for name in rest if name not in known]
    if unknown or not known:
        asked = f"no benchmark `{unknown[0]}`; " if unknown else ""
        raise SetUpError(f"{asked}benchmarks/ has: {', '.join(known) or 'none yet'}")
    python = str(venv_program(ROOT, "python"))
    return [[python, str(known[name])] for name in rest or known]


def _lab(rest: Words) -> list[Words]:
    """Open JupyterLab at the notebooks, with the project as its root."""
    place = [f"--ServerApp.root_dir={ROOT}", "--LabApp.default_url=/lab/tree/notebooks"]
    return [_module("jupyterlab", *place, *rest)]


def _check(rest: Words) -> list[Words]:
    """Run the checks that come after the tests; of a data folder, those of `steps`."""
    if rest and Path(rest[0]).is_dir():
        return [steps("check", *rest)]
    return [_module("tools.checks", *rest)]


COMMANDS: dict[str, Callable[[Words], list[Words]]] = {
    "report": _report,
    "test": _test,
    "verify": _verify,
    "bench": _bench,
    "lab": _lab,
    "check": _check,
}


def become(words: Words, folder: Path) -> int:
    """Turn this process into another: its signals and exit code are then ours."""
    environ = child_environ(ROOT)
    if os.name != "nt":
        os.chdir(folder)
        os.execve(words[0], words, environ)
    return subprocess.call(words, cwd=folder, env=environ)


def in_turn(plan: Sequence[Words], folder: Path) -> int:
    """Run one after the other up to the first that fails; return its exit code."""
    environ = child_environ(ROOT)
    # Ctrl-C reaches the child as well: let it end in its own way, then stop.
    signal.signal(signal.SIGINT, lambda *_: None)
    for words in plan:
        code = subprocess.Popen(words, cwd=folder, env=environ).wait()
        if code != 0:
            return 128 - code if code < 0 else code
    return 0


def carry_out(command: str, rest: Words) -> int:
    """Plan one command, set up what it needs, and run it."""
    if command not in COMMANDS:
        environment.ensure(ROOT)
        words = rest if command == "steps" else [command, *rest]
        return become(steps(*words), Path.cwd())
    plan = COMMANDS[command](rest)
    environment.ensure(ROOT)
    if len(plan) == 1:
        return become(plan[0], ROOT)
    code = in_turn(plan, ROOT)
    if command == "report" and code == 0:
        for pages in REPORTS:
            for page in sorted((ROOT / pages).glob("*.html")):
                print(f"Page: {page}")
    return code


def main(words: Words) -> int:
    """Carry out the command in `words`; return its exit code."""
    environment.forget_misleading_variables()
    try:
        return carry_out(words[0], words[1:])
    except SetUpError as problem:
        say(str(problem))
        return 2
    except OSError as problem:
        say(f"Set-up failed: {problem}")
        return 2
    except KeyboardInterrupt:
        say("\nInterrupted.")
        return INTERRUPTED
