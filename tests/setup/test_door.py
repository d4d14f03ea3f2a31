"""The door `run`: what it says to the wrong Python, and to someone who asks."""

import ast
import os
import runpy
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
RUN = ROOT / "run"
DOOR = runpy.run_path(str(RUN))


def old_pythons() -> list[str]:
    """Return the Pythons of this machine that are too old."""
    names = ["python2.7", *(f"python3.{minor}" for minor in range(6, 11))]
    places = [*os.environ["PATH"].split(os.pathsep)]
    places += [str(path) for path in Path.home().glob(".pyenv/versions/*/bin")]
    found = [
        shutil.which(name, path=place)
        for name in names
        for place in places
        if "shims" not in place
    ]
    return sorted({path for path in found if path})


@pytest.mark.parametrize("version", [(3, 11, 0), (3, 12, 9), (3, 13), (3, 14, 0)])
def test_suitable_pythons_are_let_in(version):
    assert DOOR["python_problem"](version) == ""


def test_an_old_python_is_told_which_is_needed():
    problem = DOOR["python_problem"]((3, 9, 18))
    assert problem.startswith("Python 3.11 or later is needed, this is 3.9; ")
    assert "\n" not in problem


def test_an_old_python_is_told_of_a_better_one_on_the_machine():
    problem = DOOR["python_problem"]((3, 9, 18), ["python3.12"])
    assert problem.endswith("this machine has one: python3.12 run COMMAND")


def test_a_python_that_the_lock_does_not_know_is_refused():
    assert "Python 3.11 to 3.14 is needed, this is 3.15" in DOOR["python_problem"](
        (3, 15, 0)
    )


def test_the_bounds_are_those_of_the_package():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    (low, high), after = (DOOR["OLDEST"], DOOR["NEWEST"]), DOOR["NEWEST"][1] + 1
    assert project["requires-python"] == f">={low[0]}.{low[1]},<{high[0]}.{after}"


def test_suitable_pythons_are_found_newest_first(tmp_path):
    for name in ("python3.11", "python3.13", "python3.9"):
        (tmp_path / name).touch(mode=0o755)
    (tmp_path / "python3.12").touch(mode=0o644)  # not executable
    assert DOOR["suitable_pythons"]([str(tmp_path)]) == ["python3.13", "python3.11"]


def test_the_door_holds_no_words_that_an_old_python_cannot_read():
    text = RUN.read_text(encoding="ascii")
    tree = ast.parse(text, feature_version=(3, 6))
    newer = (ast.JoinedStr, ast.AnnAssign, ast.NamedExpr, ast.Match, ast.Starred)
    assert not [node for node in ast.walk(tree) if isinstance(node, newer)]
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
    assert not [f.name for f in functions if f.returns or f.args.kwonlyargs]


@pytest.mark.parametrize("python", old_pythons())
def test_real_old_pythons_read_the_door(python):
    done = subprocess.run(
        [python, str(RUN), "test"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.startswith("Python 3.11 or later is needed, this is ")
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize("words", [[], ["-h"], ["--help"], ["help"]])
def test_help_lists_the_commands_and_sets_nothing_up(project, words):
    code, out, err = project.run(*words)
    assert (code, err) == (0, "")
    commands = runpy.run_path(str(ROOT / "tools" / "commands.py"))["COMMANDS"]
    assert all(f"\n  {name} " in out for name in commands)
    assert not (project.root / ".venv").exists()


def test_the_door_can_be_executed_as_it_is():
    assert os.access(RUN, os.X_OK)
    assert RUN.read_text().startswith("#!/usr/bin/env python3\n")
    assert sys.version_info[:2] >= DOOR["OLDEST"]
