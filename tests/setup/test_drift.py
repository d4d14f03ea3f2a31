"""The comparison of what is committed with what a rebuild gives."""

import hashlib
import json
import subprocess
import sys
from pathlib import Path

import pytest

from tools import drift


def folder(place: Path, **files: str) -> Path:
    """Return a folder with these files; `__` in a name stands for a dot."""
    place.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (place / name.replace("__", ".")).write_text(text)
    return place


def compared(tmp_path: Path, old: dict, new: dict, **options) -> list[str]:
    """Return the differences of two folders given by their files."""
    a, b = folder(tmp_path / "old", **old), folder(tmp_path / "new", **new)
    return list(drift.differences(a, b, **({"exact": False} | options)))


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("t__csv", "site,rate\nA,0.1234567891\n", "site,rate\nA,0.1234567892\n"),
        ("t__csv", "n,1e-3\n", "n,0.001\n"),
        ("t__json", '{"p": 1.0000000001}', '{"p": 1.0}'),
        ("f__svg", "<path d='M 1.5 2.00000000001'/>", "<path d='M 1.5 2'/>"),
        ("f__png", "one picture", "another"),
    ],
)
def test_what_may_differ_in_a_report(tmp_path, name, old, new):
    assert compared(tmp_path, {name: old}, {name: new}) == []


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("t__csv", "site,rate\nA,0.1234\n", "site,rate\nA,0.1235\n"),
        ("t__csv", "site,rate\nA,1\n", "site,rate\nB,1\n"),
        ("t__csv", "a,1\n", "a,1\nb,2\n"),
        ("t__csv", "a,1,2\n", "a,1,\n"),
        ("p__html", "<p>0.12345678912</p>", "<p>0.12345678913</p>"),
        ("p__md", "text\n", "text\r\n"),
        ("f__svg", "<text>north</text>", "<text>south</text>"),
    ],
)
def test_what_may_not_differ_in_a_report(tmp_path, name, old, new):
    (fault,) = compared(tmp_path, {name: old}, {name: new})
    assert fault.startswith(name.replace("__", ".") + ": ")


def test_the_message_shows_the_first_line_that_differs(tmp_path):
    old, new = {"t__csv": "a\nb\nc,1\n"}, {"t__csv": "a\nb\nc,2\n"}
    assert compared(tmp_path, old, new) == [
        "t.csv: line 3: committed 'c,1', rebuilt 'c,2'"
    ]


def test_data_agree_to_the_last_digit(tmp_path):
    old, new = {"t__csv": "1.0000000001\n"}, {"t__csv": "1.0\n"}
    assert compared(tmp_path, old, new) == []
    assert len(compared(tmp_path, old, new, exact=True)) == 1


def test_files_too_many_or_too_few_are_named(tmp_path):
    old, new = {"gone__csv": "", "kept__toml": ""}, {"new__csv": ""}
    assert compared(tmp_path, old, new, by_hand=("*.toml",)) == [
        "gone.csv: committed, but no longer made",
        "new.csv: made, but not committed",
    ]


def manifest(**changes) -> str:
    """Return a manifest as a report has it, with changes."""
    content = {
        "version": "0.1.0",
        "seed": 1,
        "python": "3.11.7",
        "packages": {"numpy": "2.4"},
        "files": {"p.html": "aa", "t.csv": "bb", "f.png": "cc", "f.svg": "dd"},
    }
    return json.dumps(content | changes)


@pytest.mark.parametrize(
    "change",
    [
        {"python": "3.13.0"},
        {"packages": {"numpy": "2.5", "scipy": "1"}},
        {"files": {"p.html": "aa", "t.csv": "0", "f.png": "0", "f.svg": "0"}},
    ],
)
def test_versions_and_what_is_nearly_equal_may_differ_in_a_manifest(tmp_path, change):
    old, new = {"manifest__json": manifest()}, {"manifest__json": manifest(**change)}
    assert compared(tmp_path, old, new) == []


@pytest.mark.parametrize(
    "change", [{"seed": 2}, {"version": "0.2"}, {"files": {"p.html": "ab"}}]
)
def test_nothing_else_may_differ_in_a_manifest(tmp_path, change):
    old, new = {"manifest__json": manifest()}, {"manifest__json": manifest(**change)}
    assert len(compared(tmp_path, old, new)) == 1


def test_an_edited_file_no_longer_fits_its_manifest(tmp_path):
    digest = hashlib.sha256(b"1\n").hexdigest()
    files = {"t__csv": "1\n", "manifest__json": manifest(files={"t.csv": digest})}
    made = folder(tmp_path / "made", **files)
    assert list(drift.wrong_digests(made)) == []
    (made / "t.csv").write_text("1.000000000001\n")
    (fault,) = drift.wrong_digests(made)
    assert fault == "t.csv: not the file that manifest.json describes"
    assert list(drift.wrong_digests(tmp_path)) == []


@pytest.fixture
def repository(tmp_path, monkeypatch):
    """Return a repository of one committed file, in the place of the project."""
    root = folder(tmp_path / "root" / "made", t__csv="1\n").parent
    for words in (["init", "-q"], ["add", "made/t.csv"]):
        subprocess.run(["git", *words], cwd=root, check=True)
    monkeypatch.setattr(drift, "ROOT", root)
    return root


def rebuild(code: str, name: str = "made") -> drift.Rebuild:
    """Return an entry whose command is a line of Python; `out` is its folder."""
    code = f"import sys, pathlib; out = pathlib.Path(sys.argv[1]); {code}"
    command = (sys.executable, "-c", code, drift.OUT)
    return drift.Rebuild(folder=name, command=command)


WRITES_ONE = "out.mkdir(); (out / 't.csv').write_text('1\\n')"


@pytest.mark.parametrize(
    ("code", "exit_code", "said"),
    [
        (WRITES_ONE, 0, "made: as rebuilt"),
        (WRITES_ONE.replace("1", "2"), 1, "t.csv: line 1: committed '1', rebuilt '2'"),
        ("sys.exit(4)", 1, "the command exits 4"),
    ],
)
def test_an_entry_is_rebuilt_and_compared(
    repository, monkeypatch, capfd, code, exit_code, said
):
    monkeypatch.setattr(drift, "REBUILDS", (rebuild(code),))
    assert drift.main([]) == exit_code
    assert said in capfd.readouterr().out


def test_what_is_not_committed_yet_is_no_failure(repository, monkeypatch, capfd):
    monkeypatch.setattr(drift, "REBUILDS", (rebuild("sys.exit(4)", "absent"),))
    assert drift.main([]) == 0
    assert "absent: nothing is committed there yet" in capfd.readouterr().out


def test_what_git_tracks_and_is_gone_is_a_failure(repository, monkeypatch, capfd):
    (repository / "made" / "t.csv").unlink()
    (repository / "made").rmdir()
    monkeypatch.setattr(drift, "REBUILDS", (rebuild(WRITES_ONE),))
    assert drift.main([]) == 1
    assert "the folder is gone" in capfd.readouterr().out


def test_entries_can_be_chosen_by_a_word(repository, monkeypatch, capfd):
    entries = (rebuild("sys.exit(4)"), rebuild(WRITES_ONE, "other"))
    monkeypatch.setattr(drift, "REBUILDS", entries)
    assert drift.main(["oth"]) == 0
    assert "made" not in capfd.readouterr().out


def test_every_entry_is_a_folder_of_the_project():
    folders = [entry.folder for entry in drift.REBUILDS]
    assert len(set(folders)) == len(folders)
    assert {name.split("/")[0] for name in folders} == {"data", "reports", "notebooks"}


def report_with(n, name):
    from steps_analysis.reporting import Column, Document, Section, Table, report_files

    heads = (Column(key="arm", heading="Arm"), Column(key="n", heading="Families"))
    arms = Table(name="arms", caption="Arms", columns=heads, rows=(("A", n),))
    part = Section(title="Tables", blocks=(arms,))
    document = Document(title="STEPS-B", sections=(part,))
    return report_files(document, formats=[name])[f"report.{name}"]


@pytest.mark.parametrize("form", ["xlsx", "ods", "pdf"])
def test_documents_are_compared_by_what_they_say(tmp_path, form):
    old, near, other = (tmp_path / f"{name}.{form}" for name in ("a", "b", "c"))
    old.write_bytes(report_with(20.5, form))
    near.write_bytes(report_with(20.5 + 1e-7, form))
    other.write_bytes(report_with(20.6, form))
    assert drift.file_differs(old, near, exact=False) == ""
    assert "20.5" in drift.file_differs(old, other, exact=False)
    other.write_bytes(old.read_bytes() + (b"" if form != "pdf" else b"\n"))
    assert drift.file_differs(old, other, exact=False) == ""
