"""``steps boroughs``: what is asked for, and what is refused."""

import json
import os
import signal
import subprocess
import sys
from dataclasses import replace

import pytest

from steps_analysis.cli.main import main
from steps_analysis.protocol import load_protocol
from steps_analysis.simulation import draw_trial
from steps_analysis.trial_data import write_trial

INTERNAL = "internal"


@pytest.fixture(scope="module")
def trial():
    return draw_trial(load_protocol(), "null", n=40, seed=20140618)


@pytest.fixture(scope="module")
def data(trial, tmp_path_factory):
    place = tmp_path_factory.mktemp("boroughs") / "data"
    write_trial(trial, place)
    return place


def run(*words):
    return main(["boroughs", *map(str, words), "--format", "html"])


def test_public_and_internal_never_share_a_folder(data, tmp_path, capsys):
    public, inside = tmp_path / "public", tmp_path / "inside"
    assert run(data, "--out", public) == 0
    assert "attacked: safe" in capsys.readouterr().out
    assert run(data, "--edition", INTERNAL, "--out", inside) == 0
    assert "Nothing in it may be published" in capsys.readouterr().out
    assert run(data, "--edition", INTERNAL, "--out", public) == 2
    assert run(data, "--out", inside) == 2
    assert "`--out` must hold no other edition" in capsys.readouterr().err
    # Every internal page is marked, and each writing is logged after the last.
    for page in inside.rglob("index.html"):
        assert "Internal: for the staff of the data controller" in page.read_text()
        assert "Not for publication" in page.read_text()
    assert not (inside / "release.json").exists()
    assert run(data, "--edition", INTERNAL, "--out", inside) == 0
    log = json.loads((inside / "manifest.json").read_text())["log"]
    assert len(log) == 2


def test_json_of_the_public_edition(data, tmp_path, capsys):
    assert run(data, "--out", tmp_path / "o", "--json") == 0
    said = json.loads(capsys.readouterr().out)
    assert said["edition"] == "public"
    assert said["safe"] is True
    assert said["pages"]["Southwark: referrals"] == "sites/southwark/index.html"


def test_json_names_the_files_that_are_written(data, tmp_path, capsys):
    words = [str(data), "--out", str(tmp_path / "o"), "--json", "--format", "ods"]
    assert main(["boroughs", *words]) == 0
    pages = json.loads(capsys.readouterr().out)["pages"]
    assert pages["Southwark: referrals"] == "sites/southwark/report.ods"
    assert all((tmp_path / "o" / place).is_file() for place in pages.values())


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--edition", INTERNAL], "`--out` must be given for an internal edition"),
        (
            ["--edition", INTERNAL, "--out", "x", "--previous", "y"],
            "`--previous` must be left out of an internal edition",
        ),
        (["--out", "x", "--previous", "nowhere"], "`--previous` must be the folder"),
        (["--out", "x", "--key-file", "nowhere"], "`--key-file` must be a text file"),
    ],
)
def test_wrong_words_are_refused(data, tmp_path, monkeypatch, capsys, words, message):
    monkeypatch.chdir(tmp_path)
    assert run(data, *words) == 2
    assert message in capsys.readouterr().err
    assert not (tmp_path / "x").exists()


def test_real_data_need_a_key_file(trial, tmp_path, capsys, monkeypatch):
    monkeypatch.delenv("STEPS_DISCLOSURE_KEY", raising=False)
    place = tmp_path / "data"
    write_trial(replace(trial, provenance="real"), place)
    assert run(place, "--out", tmp_path / "o") == 2
    assert "`--key-file` must be given" in capsys.readouterr().err
    key = tmp_path / "key.txt"
    key.write_text("a long random text\n")
    assert run(place, "--out", tmp_path / "o", "--key-file", key) == 0
    for path in (tmp_path / "o").rglob("*"):
        if path.is_file():
            assert b"a long random text" not in path.read_bytes()


def test_a_folder_that_holds_something_else_is_left_alone(data, tmp_path, capsys):
    (tmp_path / "o").mkdir()
    (tmp_path / "o" / "mine.txt").write_text("mine")
    assert run(data, "--out", tmp_path / "o") == 2
    assert "must be new, empty or a report" in capsys.readouterr().err
    assert [p.name for p in (tmp_path / "o").iterdir()] == ["mine.txt"]


def test_too_few_is_no_error(trial, tmp_path, capsys):
    place = tmp_path / "data"
    few = trial.referrals.groupby("site").head(1)
    keep = few["referral_id"]
    tables = {
        name: getattr(trial, name)[getattr(trial, name)["referral_id"].isin(keep)]
        for name in ("screening", "forum", "forum_actions")
        if getattr(trial, name) is not None
    }
    closed = dict.fromkeys(
        ("participants", "allocation", "treatment", "visits", "events", "costs")
    )
    write_trial(replace(trial, referrals=few, **tables, **closed), place)
    assert run(place, "--out", tmp_path / "o") == 3
    assert "Nothing is published: too few referrals" in capsys.readouterr().out
    assert not (tmp_path / "o").exists()


@pytest.mark.skipif(os.name != "posix", reason="needs SIGKILL")
def test_killed_midway_the_old_edition_stays(data, tmp_path):
    out = tmp_path / "o"
    assert run(data, "--out", out) == 0
    before = {p: p.read_bytes() for p in out.rglob("*") if p.is_file()}
    words = [sys.executable, "-m", "steps_analysis", "boroughs", str(data), "--out"]
    process = subprocess.Popen([*words, str(out)], stdout=subprocess.DEVNULL)
    for _ in range(3000):
        if any(tmp_path.glob(".o.*.tmp")) or process.poll() is not None:
            break
        try:
            process.wait(timeout=0.02)
        except subprocess.TimeoutExpired:
            continue
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert {p: p.read_bytes() for p in out.rglob("*") if p.is_file()} == before
