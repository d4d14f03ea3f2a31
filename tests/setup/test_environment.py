"""Set-up: an empty environment, who fills it, and when it is made again."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tools import environment

ROOT = Path(__file__).parents[2]


def ask(python: Path, code: str) -> list[str]:
    """Return the lines that a Python prints."""
    done = subprocess.run(
        [python, "-c", code], capture_output=True, text=True, check=True
    )
    return done.stdout.splitlines()


# The empty environment


@pytest.mark.parametrize("lay", [environment.lay_by_hand, environment.lay])
def test_an_empty_environment_is_one(tmp_path, lay):
    folder = tmp_path / "env"
    lay(folder)
    question = "import sys, site; print(sys.prefix, sys.base_prefix, sep='\\n');"
    question += "print(*site.getsitepackages(), sep='\\n')"
    prefix, base, *packages = ask(folder / "bin" / "python", question)
    assert Path(prefix) == folder
    assert Path(base) == Path(sys.base_prefix)
    version = f"python{sys.version_info[0]}.{sys.version_info[1]}"
    assert str(folder / "lib" / version / "site-packages") in packages


def test_what_lies_in_it_is_imported_and_the_machines_packages_are_not(tmp_path):
    environment.lay_by_hand(tmp_path / "env")
    (packages,) = tmp_path.glob("env/lib/python*/site-packages")
    (packages / "only_here.py").write_text("answer = 42\n")
    question = "import only_here, importlib.util as u; print(only_here.answer);"
    question += "print(u.find_spec('pip'), u.find_spec('pytest'))"
    python = tmp_path / "env" / "bin" / "python3"
    assert ask(python, question) == ["42", "None None"]


def test_without_the_venv_module_it_is_laid_by_hand(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "venv", None)  # its import then fails
    environment.lay(tmp_path / "env")
    assert "command" not in (tmp_path / "env" / "pyvenv.cfg").read_text()
    assert ask(tmp_path / "env" / "bin" / "python", "print(1)") == ["1"]


def test_what_stood_there_is_replaced(tmp_path):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "kept").touch()
    (tmp_path / "env").symlink_to(elsewhere)
    environment.lay(tmp_path / "env")
    assert not (tmp_path / "env").is_symlink()
    assert (elsewhere / "kept").exists()
    (tmp_path / "env" / "left-over").touch()
    environment.lay(tmp_path / "env")
    assert not (tmp_path / "env" / "left-over").exists()


# Who fills it


@pytest.mark.parametrize(
    ("version", "state"), [(None, "it has none"), ((21, 3), "it has 21.3")]
)
def test_without_uv_and_a_fitting_pip_one_message_says_what_to_install(
    tmp_path, monkeypatch, version, state
):
    monkeypatch.setattr(environment, "pip_version", lambda python: version)
    monkeypatch.setattr(environment, "pip_of_its_own", lambda target: [])
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(environment.SetUpError, match="apt install python3-pip") as told:
        environment.build(tmp_path, None)
    assert state in str(told.value)
    assert not (tmp_path / ".venv" / environment.STAMP).exists()


def test_a_python_without_pip_is_asked_for_the_copy_it_carries(tmp_path, monkeypatch):
    pytest.importorskip("ensurepip")
    monkeypatch.setattr(environment, "pip_version", lambda python: None)
    monkeypatch.setenv("PATH", os.defpath)
    environment.lay(tmp_path / ".venv")
    target = str(environment.venv_program(tmp_path, "python"))
    (installer,) = environment.installers(target)
    assert installer[:3] == [target, "-m", "pip"]
    assert environment.pip_version(target) is None  # as patched; the real one:
    assert "pip" in ask(Path(target), "import pip; print(pip.__name__)")


def test_uv_comes_before_pip(project, monkeypatch):
    monkeypatch.setenv("PATH", str(project.programs))
    monkeypatch.setattr(environment, "pip_version", lambda python: (24, 0))
    first, second = environment.installers("TARGET")
    assert first[:5] == [
        str(project.programs / "uv"),
        "pip",
        "install",
        "--python",
        "TARGET",
    ]
    assert second[1:6] == ["-m", "pip", "--python", "TARGET", "install"]


def test_the_version_of_pip_is_read(tmp_path):
    python = tmp_path / "python"
    python.write_text("#!/bin/sh\necho 'pip 22.3.1 from somewhere (python 3.11)'\n")
    python.chmod(0o755)
    assert environment.pip_version(str(python)) == (22, 3)
    python.write_text("#!/bin/sh\necho 'No module named pip' >&2; exit 1\n")
    assert environment.pip_version(str(python)) is None
    assert environment.pip_version(str(tmp_path / "absent")) is None


# When it is made, and what the installer is told


def test_a_first_command_sets_up_and_then_runs(project):
    code, out, err = project.run("evaluate", "folder of data", STEPS_EXIT="7")
    assert code == 7
    assert out.startswith("steps evaluate folder of data\n")
    assert "installer speaks" not in out  # standard output is the command's alone
    assert err.startswith("Setting up .venv (about two minutes, once) ...\n")
    locked, package = project.calls()
    assert "--require-hashes --only-binary :all: -r requirements.lock" in locked
    assert "--no-deps --no-build-isolation --editable ." in package


def test_a_second_command_sets_nothing_up(project):
    project.run("check-nothing")
    code, out, err = project.run("steps", "check", "x")
    assert (code, err) == (0, "")
    assert out.startswith("steps check x\n")
    assert len(project.calls()) == 2


def test_relative_paths_are_those_of_the_caller(project, tmp_path):
    _, out, _ = project.run("evaluate", cwd=tmp_path)
    assert f"in {tmp_path}\n" in out


def test_variables_that_mislead_python_are_dropped(project, tmp_path):
    _, out, _ = project.run("evaluate", PYTHONPATH=str(tmp_path / "other"))
    assert f"PYTHONPATH= VIRTUAL_ENV={project.root / '.venv'}\n" in out


def test_a_set_up_that_was_killed_is_made_again(project):
    code, _, _ = project.run("evaluate", ON_CALL="kill -9 $PPID")
    assert code == -9
    assert (project.root / ".venv").exists()
    assert not (project.root / ".venv" / environment.STAMP).exists()
    (project.root / ".venv" / "half-made").touch()
    code, _, err = project.run("evaluate")
    assert code == 0
    assert err.startswith("Setting up")
    assert not (project.root / ".venv" / "half-made").exists()


def test_a_failed_set_up_says_so_and_leaves_no_stamp(project, monkeypatch):
    monkeypatch.setattr(environment, "pip_version", lambda python: None)
    monkeypatch.setattr(environment, "pip_of_its_own", lambda target: [])
    monkeypatch.setenv("PATH", f"{project.programs}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("ON_CALL", "exit 3")
    with pytest.raises(environment.SetUpError, match="could not be installed"):
        environment.ensure(project.root)
    assert not environment.is_ready(project.root)
    assert len(project.calls()) == 1


def test_where_uv_fails_pip_is_tried(project, monkeypatch):
    pip = [str(project.programs / "uv"), "as-pip"]
    monkeypatch.setattr(environment, "pip_at_hand", lambda target: pip)
    monkeypatch.setenv("PATH", f"{project.programs}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("ON_CALL", 'case "$1" in pip) exit 1;; esac')
    environment.ensure(project.root)
    assert [call.split()[0] for call in project.calls()] == ["pip", "as-pip", "as-pip"]
    assert environment.is_ready(project.root)


@pytest.mark.parametrize("change", ["lock", "dependency", "python", "place"])
def test_what_decides_the_installation_makes_it_anew(project, monkeypatch, change):
    project.run("evaluate")
    assert environment.is_ready(project.root)
    root = project.root
    if change == "lock":
        (root / "requirements.lock").write_text("numpy==2.1.0\n")
    elif change == "dependency":
        text = (root / "pyproject.toml").read_text()
        (root / "pyproject.toml").write_text(text.replace("numpy>=2.1", "numpy>=2.2"))
    elif change == "python":
        monkeypatch.setattr(sys.implementation, "cache_tag", "another")
    else:
        root = root.rename(root.with_name("moved"))
    assert not environment.is_ready(root)


def test_a_lint_rule_does_not_make_it_anew(project):
    project.run("evaluate")
    with (project.root / "pyproject.toml").open("a") as file:
        file.write("\n[tool.something]\nnew = true\n")
    assert environment.is_ready(project.root)


def test_an_environment_whose_python_is_gone_is_made_anew(project):
    project.run("evaluate")
    (project.root / ".venv" / "bin" / "python").unlink()
    assert not environment.is_ready(project.root)


def test_two_at_once_set_up_once(project):
    first = project.start("evaluate", "1", ON_CALL="sleep 1")
    deadline = time.monotonic() + 30
    while not project.calls() and time.monotonic() < deadline:
        time.sleep(0.02)
    second = project.start("evaluate", "2")
    said = [process.communicate(timeout=60) for process in (first, second)]
    assert [out.splitlines()[0] for out, _ in said] == [
        "steps evaluate 1",
        "steps evaluate 2",
    ]
    assert "Another set-up is at work; waiting for it ..." in said[1][1]
    assert len(project.calls()) == 2


def test_the_next_set_up_waits_for_the_installer_of_a_killed_one(project):
    orphan = "kill -9 $PPID; sleep 1; touch orphan-ended; exit 1"
    process = project.start("evaluate", ON_CALL=orphan)
    assert process.wait(timeout=60) == -9
    code, _, err = project.run("evaluate")
    assert (project.root / "orphan-ended").exists()
    assert code == 0
    assert "waiting for it" in err
    process.communicate(timeout=60)


def test_without_file_locks_it_works_all_the_same(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "fcntl", None)
    with environment.alone(tmp_path) as lock:
        assert lock is None


def test_a_project_that_cannot_be_written_is_one_message(project):
    (project.root / ".venv.lock").mkdir()
    code, out, err = project.run("evaluate")
    assert (code, out) == (2, "")
    assert err.startswith("Set-up failed: ")
    assert len(err.splitlines()) == 1
