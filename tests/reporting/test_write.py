import hashlib
import json
import math
import os
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import pytest

from steps_analysis.errors import ArgumentError
from steps_analysis.reporting import (
    Document,
    Figure,
    Paragraph,
    Section,
    write_report,
    write_reports,
)
from steps_analysis.trial_data import STAMP, replace

FACTS = {"seed": 20131201, "protocol_digest": "abc", "provenance": "synthetic"}


def small(text):
    return Document(
        title=text, sections=(Section(title="All", blocks=(Paragraph(text),)),)
    )


def contents(folder):
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


# By hand


def test_the_folder_holds_every_format_and_a_digest_of_each(make_document, tmp_path):
    document = make_document(stamp=STAMP)
    folder = write_report(document, tmp_path / "new" / "report", manifest_facts=FACTS)
    held = contents(folder)
    manifest = json.loads(held.pop("manifest.json"))
    assert manifest["files"] == {
        path: hashlib.sha256(content).hexdigest() for path, content in held.items()
    }
    assert len(held) == 1 + 1 + 3 + 3 * 9
    assert {key: manifest[key] for key in FACTS} == FACTS
    assert manifest["stamp"] == STAMP
    assert manifest["packages"]["matplotlib"] == metadata.version("matplotlib")
    assert manifest["version"] == metadata.version("steps-analysis")
    assert list(manifest) == sorted(manifest)
    assert str(tmp_path) not in json.dumps(manifest)
    for path, content in held.items():
        if not path.endswith(".png"):
            assert STAMP in content.decode(), path


def test_two_runs_write_the_same_bytes(make_document, tmp_path):
    document = make_document(stamp=STAMP)
    first = write_report(document, tmp_path / "first", manifest_facts=FACTS)
    again = write_report(make_document(stamp=STAMP), tmp_path / "second",
                         manifest_facts=FACTS)  # fmt: skip
    assert contents(first) == contents(again)


def test_an_older_report_is_replaced_with_all_its_files(drawings, tmp_path):
    folder = tmp_path / "report"
    figure = Figure(name="bars", caption="A", alt="A.", drawing=drawings["bars"])
    older = Document(title="A", sections=(Section(title="All", blocks=(figure,)),))
    write_report(older, folder, manifest_facts=FACTS)
    assert (folder / "figures" / "bars.png").exists()
    write_report(small("Smaller"), folder, manifest_facts=FACTS)
    assert set(contents(folder)) == {"index.html", "tables/notes.csv", "manifest.json"}
    assert [path.name for path in tmp_path.iterdir()] == ["report"]


def test_an_empty_folder_or_a_link_will_do(tmp_path):
    real, link = tmp_path / "real", tmp_path / "link"
    real.mkdir()
    link.symlink_to(real)
    for text in ("One", "Two"):
        write_report(small(text), link, manifest_facts={})
        assert link.is_symlink()
        assert f"<h1>{text}</h1>" in (real / "index.html").read_text()


def test_without_the_system_call_two_renames_do_it(tmp_path, monkeypatch):
    monkeypatch.setattr(replace, "exchange", lambda first, second: False)
    folder = tmp_path / "report"
    for text in ("One", "Two"):
        write_report(small(text), folder, manifest_facts={})
        assert f"<h1>{text}</h1>" in (folder / "index.html").read_text()
    assert [path.name for path in tmp_path.iterdir()] == ["report"]


@pytest.mark.skipif(sys.platform != "linux", reason="the call is Linux's")
def test_the_system_call_exchanges_two_folders(tmp_path):
    first, second = tmp_path / "a", tmp_path / "b"
    for folder in (first, second):
        folder.mkdir()
        (folder / folder.name).touch()
    if not replace.exchange(first, second):
        pytest.skip("this file system cannot exchange two folders")
    assert (first / "b").exists()
    assert (second / "a").exists()
    with pytest.raises(FileNotFoundError):
        replace.exchange(first, tmp_path / "none")


# Refusals


def test_a_strangers_folder_is_left_alone(tmp_path):
    folder = tmp_path / "photos"
    folder.mkdir()
    (folder / "one.jpg").touch()
    with pytest.raises(ArgumentError, match="`folder` must be new, empty or a report"):
        write_report(small("A"), folder, manifest_facts={})
    (folder / "manifest.json").write_text('{"package": "another"}')
    with pytest.raises(ArgumentError, match="`folder` must be new, empty or a report"):
        write_report(small("A"), folder, manifest_facts={})
    assert (folder / "one.jpg").exists()
    file = tmp_path / "file"
    file.touch()
    with pytest.raises(ArgumentError, match="`target` must be a folder"):
        write_report(small("A"), file, manifest_facts={})
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "photos"]


def test_a_readers_own_file_inside_a_report_is_not_lost(tmp_path):
    folder = write_report(small("A"), tmp_path / "report", manifest_facts={})
    (folder / ".DS_Store").touch()
    write_report(small("B"), folder, manifest_facts={})
    (folder / "my notes.txt").write_text("mine")
    with pytest.raises(ArgumentError, match="no other files than its manifest"):
        write_report(small("C"), folder, manifest_facts={})
    assert (folder / "my notes.txt").read_text() == "mine"
    assert "<h1>B</h1>" in (folder / "index.html").read_text()


def test_facts_must_be_json_and_keep_off_the_manifests_own_names(tmp_path):
    with pytest.raises(ArgumentError, match="other names than the manifest's own"):
        write_report(small("A"), tmp_path / "a", manifest_facts={"files": {}})
    for fact in (math.nan, object()):
        with pytest.raises(ArgumentError, match="`manifest_facts` must be texts"):
            write_report(small("A"), tmp_path / "a", manifest_facts={"seed": fact})
    assert not list(tmp_path.iterdir())


# Sets of reports


def page(title, **options):
    return Document(title=title, sections=(), **options)


def test_a_set_lies_in_one_folder_with_one_manifest_of_all(tmp_path):
    pages = {"": page("All"), "sites/a": page("A")}
    out = write_reports(pages, tmp_path / "o", manifest_facts={}, files={"x.json": "1"})
    held = sorted(p.relative_to(out).as_posix() for p in out.rglob("*") if p.is_file())
    assert held == [
        *("index.html", "manifest.json", "sites/a/index.html"),
        *("sites/a/manifest.json", "sites/a/tables/notes.csv", "tables/notes.csv"),
        "x.json",
    ]
    again = write_reports({"": page("All")}, out, manifest_facts={})
    assert not (again / "sites").exists()


@pytest.mark.parametrize(
    "pages",
    [{"a": page("A")}, {"": page("A"), "b": page("B", edition="internal")}],
)
def test_a_set_of_no_one_edition_is_refused(tmp_path, pages):
    with pytest.raises(ArgumentError, match="`documents` must have one in the folder"):
        write_reports(pages, tmp_path / "o", manifest_facts={})


def test_a_folder_with_something_else_is_left_alone(tmp_path):
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(ArgumentError, match="`folder` must be new, empty or a report"):
        write_reports({"": page("All")}, tmp_path, manifest_facts={})
    assert (tmp_path / "mine.txt").read_text() == "mine"


def test_related_pages_are_linked(tmp_path):
    document = page("All", related={"Borough A": "sites/a/index.html"})
    out = write_report(document, tmp_path / "o", manifest_facts={})
    assert (
        '<a href="sites/a/index.html">Borough A</a>' in (out / "index.html").read_text()
    )


# Leftovers


def test_leftovers_of_dead_processes_are_swept_and_others_stay(tmp_path):
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    stale = tmp_path / f".report.{dead.pid}.0123abcd.tmp"
    alive = tmp_path / f".report.{os.getppid()}.0123abcd.tmp"
    other = tmp_path / f".report.2.{dead.pid}.0123abcd.tmp"
    for folder in (stale, alive, other):
        folder.mkdir()
        (folder / "index.html").touch()
    write_report(small("A"), tmp_path / "report", manifest_facts={})
    names = {path.name for path in tmp_path.iterdir()}
    assert names == {"report", alive.name, other.name}


def test_an_old_report_moved_aside_by_a_dead_process_comes_back(tmp_path):
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    folder = write_report(small("Old"), tmp_path / "report", manifest_facts={})
    folder.rename(tmp_path / f".report.{dead.pid}.0123abcd.old")
    replace.sweep(folder)
    assert "<h1>Old</h1>" in (folder / "index.html").read_text()
    assert [path.name for path in tmp_path.iterdir()] == ["report"]


# Kill -9 at every step: one process forks a child for each file-system event of a write

DRIVER = """
import hashlib, json, os, signal, sys
from pathlib import Path
from steps_analysis.reporting import Document, Paragraph, Section, write_report
from steps_analysis.trial_data import replace

place, way = Path(sys.argv[1]) / "report", sys.argv[2]
if way == "renames":
    replace.exchange = lambda first, second: False

def small(text):
    blocks = (Paragraph(text),)
    return Document(title=text, sections=(Section(title="All", blocks=blocks),))

def write(text):
    write_report(small(text), place, manifest_facts={})

def state():
    try:
        manifest = json.loads((place / "manifest.json").read_text())
    except FileNotFoundError:
        return "none" if not place.exists() else "half"
    held = {p.relative_to(place).as_posix() for p in place.rglob("*") if p.is_file()}
    good = held == {*manifest["files"], "manifest.json"} and all(
        hashlib.sha256((place / name).read_bytes()).hexdigest() == digest
        for name, digest in manifest["files"].items()
    )
    return manifest["title"] if good else "half"

def concerns(event, arguments):
    if event.startswith("ctypes."):
        return True
    here = str(place.parent)
    return event.startswith(("os.", "open", "shutil.")) and here in repr(arguments)

def child(kill_at):
    seen = 0
    def hook(event, arguments):
        nonlocal seen
        if concerns(event, arguments):
            seen += 1
            if seen == kill_at:
                os.kill(os.getpid(), signal.SIGKILL)
    sys.addaudithook(hook)
    write("new")
    os._exit(0)

write("old")
write("old")
found, kill_at, finished = [], 0, False
while not finished:
    kill_at += 1
    write("old")
    process = os.fork()
    if process == 0:
        child(kill_at)
    _, status = os.waitpid(process, 0)
    finished = os.WIFEXITED(status)
    after = state()
    replace.sweep(place)
    found.append([after, state(), sorted(p.name for p in place.parent.iterdir())])
print(json.dumps(found))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="needs fork and kill -9")
@pytest.mark.parametrize("way", ["exchange", "renames"])
def test_a_kill_at_any_moment_leaves_the_old_report_or_the_new(tmp_path, way):
    ran = subprocess.run(
        [sys.executable, "-c", DRIVER, str(tmp_path), way],
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    found = json.loads(ran.stdout)
    at_once = {after for after, _, _ in found}
    later = [swept for _, swept, _ in found]
    assert len(found) > 20
    assert at_once <= ({"old", "new"} if way == "exchange" else {"old", "new", "none"})
    assert {"old", "new"} <= at_once
    assert set(later) == {"old", "new"}
    assert later == sorted(later, reverse=True)  # old, then new: one instant
    assert all(names == ["report"] for _, _, names in found)


WRITER = """
import sys
from steps_analysis.reporting import Document, Paragraph, Section, write_report
for turn in range(15):
    blocks = (Paragraph(f"{sys.argv[2]} {turn}"),)
    section = Section(title="A", blocks=blocks)
    document = Document(title=sys.argv[2], sections=(section,))
    write_report(document, sys.argv[1], manifest_facts={})
"""


def test_two_at_once_are_safe(tmp_path):
    folder = tmp_path / "report"
    write_report(small("first"), folder, manifest_facts={})
    writers = [
        subprocess.Popen(
            [sys.executable, "-c", WRITER, str(folder), name],
            stderr=subprocess.PIPE,
            text=True,
        )
        for name in ("one", "two")
    ]
    missing = 0
    while any(writer.poll() is None for writer in writers):
        missing += not (folder / "manifest.json").exists()
    errors = [writer.communicate()[1] for writer in writers]
    assert [writer.returncode for writer in writers] == [0, 0], errors
    held = contents(folder)
    manifest = json.loads(held.pop("manifest.json"))
    assert manifest["title"] in ("one", "two")
    assert manifest["files"] == {
        path: hashlib.sha256(content).hexdigest() for path, content in held.items()
    }
    assert [path.name for path in tmp_path.iterdir()] == ["report"]
    if replace.exchange(*_two(tmp_path)):
        assert missing == 0


def _two(folder: Path) -> tuple[Path, Path]:
    made = (folder / "x", folder / "y")
    for path in made:
        path.mkdir()
    return made
