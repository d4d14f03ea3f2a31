"""What each command of `run` starts, and how it ends."""

import signal
import sys

import pytest

from tools import commands
from tools.environment import SetUpError


def written(words: list[str]) -> str:
    """Return a plan without the folder of the environment's programs."""
    program, *rest = words
    return " ".join([program.rsplit("/", 1)[-1], *rest])


@pytest.mark.parametrize(
    ("command", "rest", "plan"),
    [
        (
            "report",
            [],
            [
                "steps evaluate data/synthetic/achieved --out reports/achieved",
                "steps evaluate data/public/cgd --out reports/cgd",
                "steps boroughs data/synthetic/achieved --out reports/boroughs",
                "steps forum data/synthetic/child_a --site Borough A --on 2014-02-10 "
                "--out reports/forum-pack",
                "steps monitor data/synthetic/achieved --on 2016-12-31 "
                "--out reports/monitoring",
            ],
        ),
        (
            "report",
            ["--json"],
            [
                "steps evaluate data/synthetic/achieved --out reports/achieved --json",
                "steps evaluate data/public/cgd --out reports/cgd --json",
            ],
        ),
        (
            "test",
            ["-k", "x"],
            ["python -m pytest -n auto --dist loadfile -m not slow -k x"],
        ),
        ("verify", [], ["python -m pytest -m slow", "python -m tools.measured"]),
        ("check", ["types"], ["python -m tools.checks types"]),
    ],
)
def test_each_command_has_its_plan(command, rest, plan):
    planned = commands.COMMANDS[command](rest)
    assert [written(words) for words in planned] == plan


def test_the_lab_opens_at_the_notebooks():
    (words,) = commands.COMMANDS["lab"](["--no-browser"])
    assert written(words).startswith("python -m jupyterlab ")
    assert "--LabApp.default_url=/lab/tree/notebooks" in words
    assert words[-1] == "--no-browser"


def test_benchmarks_run_in_order_or_by_name(tmp_path, monkeypatch):
    monkeypatch.setattr(commands, "ROOT", tmp_path)
    (tmp_path / "benchmarks").mkdir()
    for name in ("b", "a"):
        (tmp_path / "benchmarks" / f"{name}.py").touch()
    ran = [words[-1].rsplit("/", 1)[-1] for words in commands.COMMANDS["bench"]([])]
    assert ran == ["a.py", "b.py"]
    (only,) = commands.COMMANDS["bench"](["b"])
    assert only[-1].endswith("benchmarks/b.py")
    with pytest.raises(SetUpError, match=r"no benchmark `c`; benchmarks/ has: a, b"):
        commands.COMMANDS["bench"](["c"])


def test_without_benchmarks_it_says_so(tmp_path, monkeypatch):
    monkeypatch.setattr(commands, "ROOT", tmp_path)
    with pytest.raises(SetUpError, match="none yet"):
        commands.COMMANDS["bench"]([])


def test_several_run_in_turn_up_to_the_first_that_fails(tmp_path, capfd):
    def prints(text: str, code: int) -> list[str]:
        return [sys.executable, "-c", f"print({text!r}); raise SystemExit({code})"]

    before = signal.getsignal(signal.SIGINT)
    try:
        plan = [prints("one", 0), prints("two", 5), prints("three", 0)]
        assert commands.in_turn(plan, tmp_path) == 5
        assert commands.in_turn(plan[:1], tmp_path) == 0
    finally:
        signal.signal(signal.SIGINT, before)
    assert capfd.readouterr().out.split() == ["one", "two", "one"]


def test_a_report_ends_with_where_the_pages_are(project):
    pages = [project.root / folder for folder in commands.REPORTS]
    for folder in pages:
        folder.mkdir(parents=True)
        (folder / "report.html").touch()
    code, out, _ = project.run("report")
    assert code == 0
    assert out.splitlines()[-5:] == [f"Page: {p / 'report.html'}" for p in pages]


def test_a_report_that_fails_passes_its_code_on(project):
    code, out, _ = project.run("report", STEPS_EXIT="3")
    assert code == 3
    assert out.count("steps evaluate") == 1


def test_an_interrupted_report_stops_and_says_130(project):
    project.run("anything")
    script = project.root / ".venv" / "bin" / "steps"
    script.write_text("#!/bin/sh\necho begun\nkill -INT $$\nsleep 30\n")
    code, out, err = project.run("report")
    assert (code, err) == (130, "")
    assert out == "begun\n"
