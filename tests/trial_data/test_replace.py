"""A folder is replaced as a whole: whenever killed, it is the old or the new one."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from steps_analysis.errors import ArgumentError
from steps_analysis.trial_data import replace, replaced_folder


def contents(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text() for path in sorted(folder.iterdir())}


@pytest.fixture
def old(tmp_path) -> Path:
    folder = tmp_path / "reports"
    folder.mkdir()
    (folder / "a.txt").write_text("old a")
    (folder / "b.txt").write_text("old b")
    return folder


@pytest.fixture(params=["exchange", "two renames"])
def way(request, monkeypatch):
    """Both ways of taking the old folder's place."""
    if request.param == "two renames":
        monkeypatch.setattr(replace, "exchange", lambda one, other: False)
    return request.param


# ---- by hand ---------------------------------------------------------------------


@pytest.mark.usefixtures("way")
def test_new_folder_takes_the_place_of_the_old(old, tmp_path):
    with replaced_folder(old) as new:
        (new / "a.txt").write_text("new a")
        assert contents(old) == {"a.txt": "old a", "b.txt": "old b"}
        assert new.parent == old.parent
        assert new.name.startswith(f".reports.{os.getpid()}.")
        assert new.name.endswith(".tmp")
    assert contents(old) == {"a.txt": "new a"}
    assert [path.name for path in tmp_path.iterdir()] == ["reports"]


def test_a_folder_that_was_not_there_is_made(tmp_path):
    with replaced_folder(tmp_path / "a" / "b") as new:
        (new / "x").write_text("x")
    assert contents(tmp_path / "a" / "b") == {"x": "x"}
    assert [path.name for path in (tmp_path / "a").iterdir()] == ["b"]


@pytest.mark.usefixtures("way")
def test_permissions_stay(old):
    old.chmod(0o750)
    with replaced_folder(old) as new:
        (new / "x").write_text("x")
    assert old.stat().st_mode & 0o777 == 0o750


@pytest.mark.usefixtures("way")
def test_a_link_keeps_pointing(old, tmp_path):
    link = tmp_path / "latest"
    link.symlink_to(old)
    with replaced_folder(link) as new:
        (new / "x").write_text("x")
    assert link.is_symlink()
    assert contents(old) == {"x": "x"}


# ---- what goes wrong -------------------------------------------------------------


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_what_fails_leaves_the_old_folder(old, tmp_path, error):
    def fail():
        with replaced_folder(old) as new:
            (new / "a.txt").write_text("new a")
            raise error

    with pytest.raises(error):
        fail()
    assert contents(old) == {"a.txt": "old a", "b.txt": "old b"}
    assert [path.name for path in tmp_path.iterdir()] == ["reports"]


def test_a_second_rename_that_fails_is_undone(old, tmp_path, monkeypatch):
    monkeypatch.setattr(replace, "exchange", lambda one, other: False)
    rename = Path.rename

    def failing(self, target):
        if self.name.endswith(".tmp"):
            raise PermissionError
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", failing)
    with pytest.raises(PermissionError), replaced_folder(old):
        pass
    assert contents(old) == {"a.txt": "old a", "b.txt": "old b"}
    assert [path.name for path in tmp_path.iterdir()] == ["reports"]


def test_a_file_is_no_folder(tmp_path):
    (tmp_path / "file").write_text("x")
    with (
        pytest.raises(ArgumentError, match="`target` must be a folder"),
        replaced_folder(tmp_path / "file"),
    ):
        pass


# ---- killed ----------------------------------------------------------------------

PROGRAM = """
import os, shutil, signal, sys
from pathlib import Path
from steps_analysis.trial_data import replace

def die(*args, **more):
    os.kill(os.getpid(), signal.SIGKILL)

moment = sys.argv[2]
if moment == "while cleaning":
    shutil.rmtree = die
if moment.endswith("renames"):
    replace.exchange = lambda one, other: False
    rename = Path.rename
    def once(self, target):
        if self.name.endswith(".tmp"):
            die()
        return rename(self, target)
    Path.rename = once
with replace.replaced_folder(sys.argv[1]) as new:
    (new / "a.txt").write_text("new a")
    if moment == "while writing":
        die()
    (new / "b.txt").write_text("new b")
"""
OLD, NEW = {"a.txt": "old a", "b.txt": "old b"}, {"a.txt": "new a", "b.txt": "new b"}


def killed(folder: Path, moment: str) -> None:
    """Let another process write the folder and be killed at a moment of it."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(folder), moment],
        check=False,
        capture_output=True,
    )
    assert done.returncode == -signal.SIGKILL, done.stderr


@pytest.mark.skipif(sys.platform != "linux", reason="exchange is Linux's")
@pytest.mark.parametrize(
    ("moment", "left"), [("while writing", OLD), ("while cleaning", NEW)]
)
def test_killed_at_any_moment_the_folder_is_whole(old, tmp_path, moment, left):
    killed(old, moment)
    assert contents(old) == left
    assert len(list(tmp_path.iterdir())) == 2  # what the dead writer left
    with replaced_folder(old) as new:
        (new / "c.txt").write_text("c")
        assert sorted(path.name for path in tmp_path.iterdir()) == [new.name, old.name]
    assert contents(old) == {"c.txt": "c"}
    assert [path.name for path in tmp_path.iterdir()] == ["reports"]


def test_killed_between_two_renames_the_old_folder_comes_back(old, tmp_path):
    killed(old, "between the renames")
    assert not old.exists()
    with replaced_folder(old):
        assert contents(old) == OLD
    assert [path.name for path in tmp_path.iterdir()] == ["reports"]


def test_what_a_living_writer_builds_is_not_swept_away(old, tmp_path):
    with replaced_folder(old) as one:
        (one / "x").write_text("one")
        with replaced_folder(old) as two:
            (two / "x").write_text("two")
            assert one.exists()
            assert one != two
        assert contents(old) == {"x": "two"}
    assert contents(old) == {"x": "one"}  # the last to finish wins
    other = tmp_path / f".reports.{os.getppid()}.00000000.tmp"
    other.mkdir()
    with replaced_folder(old):
        assert other.exists()


def test_files_of_other_names_are_not_swept_away(old, tmp_path):
    stranger = tmp_path / ".reports.4194305.00000000.tmp.bak"
    stranger.mkdir()
    with replaced_folder(old):
        pass
    assert stranger.exists()


# ---- one file --------------------------------------------------------------------


def test_a_file_is_replaced_at_one_instant(tmp_path):
    place = tmp_path / "plan.json"
    replace.replace_file(place, b"one")
    replace.replace_file(place, b"two")
    assert contents(tmp_path) == {"plan.json": "two"}


def test_a_file_that_cannot_be_written_stays(tmp_path, monkeypatch):
    place = tmp_path / "plan.json"
    place.write_bytes(b"old")

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(replace.os, "replace", full)
    with pytest.raises(OSError, match="No space left"):
        replace.replace_file(place, b"new")
    assert contents(tmp_path) == {"plan.json": "old"}


def test_what_a_dead_writer_left_beside_a_file_is_swept_away(tmp_path):
    place = tmp_path / "plan.json"
    (tmp_path / ".plan.json.999999999.0123abcd.tmp").write_bytes(b"half")
    replace.replace_file(place, b"whole")
    assert contents(tmp_path) == {"plan.json": "whole"}
