"""The commands for internal working documents: forum and monitor."""

import json

import pytest

from steps_analysis.cli import main
from steps_analysis.protocol import load_protocol
from steps_analysis.simulation import committed, write_synthetic
from steps_analysis.trial_data import STAMP

FORUM = f"Internal: for the members of the forum. {STAMP}"
STAFF = f"Internal: for the trial's own staff. {STAMP}"


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    place = tmp_path_factory.mktemp("cli") / "achieved"
    write_synthetic(committed("achieved"), place)
    return place


@pytest.fixture
def out(tmp_path):
    return tmp_path / "out"


def test_forum_writes_the_pack(data, out, capsys):
    words = ["forum", str(data), "--site", "Southwark", "--meeting", "2014-03-14"]
    assert main([*words, "--on", "2014-03-14", "--out", str(out)]) == 0
    said = capsys.readouterr().out.splitlines()
    assert said[:2] == [FORUM, "Forum pack: Southwark. Meeting of 14 March 2014"]
    manifest = json.loads((out / "manifest.json").read_text())
    assert manifest["edition"] == "internal"
    assert manifest["stamp"] == FORUM
    assert manifest["role"] == "commissioner"
    assert manifest["document"] == "forum pack"
    assert str(out) not in (out / "index.html").read_text()


def test_forum_gives_the_same_as_json(data, out, capsys):
    words = ["forum", str(data), "--site", "Southwark", "--meeting", "2014-03-14"]
    assert main([*words, "--out", str(out), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["stamp"], found["meeting"]) == (FORUM, "2014-03-14")
    assert found["papers_due"] == "2014-03-07"
    assert {row["outcome"] for row in found["agenda"]} == {"heard"}
    assert {row["moved_to"] for row in found["agenda"]} == {None}
    assert found["waits_heard"] > 0


def test_forum_needs_no_file_that_shows_an_arm(data, out, tmp_path):
    bare = tmp_path / "bare"
    bare.mkdir()
    tables = ("sites", "referrals", "screening", "forum", "forum_actions")
    for name in ("datapackage.json", *(f"{table}.csv" for table in tables)):
        (bare / name).write_bytes((data / name).read_bytes())
    words = ["forum", str(bare), "--site", "Southwark", "--out", str(out)]
    assert main(words) == 0


def test_monitor_writes_the_report(data, out, capsys):
    assert main(["monitor", str(data), "--on", "2015-06-30", "--out", str(out)]) == 0
    said = capsys.readouterr().out.splitlines()
    assert said[0] == STAFF
    assert said[1].endswith("As the records stood on 30 June 2015")
    manifest = json.loads((out / "manifest.json").read_text())
    assert (manifest["edition"], manifest["role"]) == ("internal", "research_assistant")


@pytest.mark.parametrize(
    ("role", "left_out"),
    [("research_assistant", []), ("commissioner", ["Visits and retention"])],
)
def test_monitor_gives_counts_as_json(data, out, capsys, role, left_out):
    words = ["monitor", str(data), "--role", role, "--out", str(out), "--json"]
    assert main(words) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["stamp"] == STAFF
    assert list(found["left_out"]) == left_out
    assert ("visits" in found) is not left_out
    assert bool(found["unasked"]) is bool(left_out)
    assert sum(found["screening"].values()) > 0


def test_two_runs_give_the_same_bytes(data, tmp_path):
    for command in (["monitor"], ["forum", "--site", "Southwark"]):
        places = [tmp_path / f"{command[0]}-{n}" for n in (1, 2)]
        for place in places:
            assert main([*command, str(data), "--out", str(place)]) == 0
        one, two = (
            {path.relative_to(place): path.read_bytes() for path in place.rglob("*.*")}
            for place in places
        )
        assert one == two


# Errors: one clear message, and exit code 2.


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["forum", "--site", "Borough A"], "one of Southwark, got 'Borough A'"),
        (["forum", "--site", "southwark"], "did you mean 'Southwark'?"),
        (
            ["forum", "--site", "Southwark", "--meeting", "2014-03-15"],
            "`meeting` must be a day on which the forum meets",
        ),
        (["forum", "--site", "Southwark", "--on", "2030-01-01"], "`on` must lie"),
        (["monitor", "--on", "2030-01-01"], "`on` must lie between 1980-01-01"),
    ],
)
def test_what_cannot_be_is_refused(data, out, capsys, words, said):
    assert main([words[0], str(data), *words[1:], "--out", str(out)]) == 2
    error = capsys.readouterr().err
    assert said in error
    assert "Traceback" not in error
    assert not out.exists()


@pytest.mark.parametrize(
    "words",
    [
        ["monitor", "--on", "14 March"],
        ["forum", "--site", "Southwark", "--meeting", "2014-02-30"],
    ],
)
def test_what_is_no_day_is_refused(data, out, capsys, words):
    with pytest.raises(SystemExit) as stop:
        main([words[0], str(data), *words[1:], "--out", str(out)])
    assert stop.value.code == 2
    assert "must be a day such as 2014-03-14" in capsys.readouterr().err


@pytest.mark.parametrize("command", [["monitor"], ["forum", "--site", "Southwark"]])
def test_nothing_is_written_over_the_data(data, capsys, command):
    assert main([*command, str(data), "--out", str(data / "pack")]) == 2
    assert "outside the data folder" in capsys.readouterr().err


def test_a_protocol_without_a_forum_is_refused(data, out, tmp_path, capsys):
    own = tmp_path / "data"
    own.mkdir()
    for path in data.iterdir():
        (own / path.name).write_bytes(path.read_bytes())
    before, _, rest = load_protocol().text.partition("[forum]")
    text = before + "[[outcomes]]" + rest.partition("[[outcomes]]")[2]
    lines = [line for line in text.splitlines() if not line.startswith('"forum')]
    (own / "protocol.toml").write_text("\n".join(lines))
    words = ["forum", str(own), "--site", "Southwark", "--out", str(out)]
    assert main(words) == 2
    assert "`forum` must say how a forum works" in capsys.readouterr().err
    assert main(["monitor", str(own), "--out", str(out)]) == 0
