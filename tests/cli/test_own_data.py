"""``steps new-trial`` and ``steps import``: exit codes, words, and what is written."""

from __future__ import annotations

import argparse
import json

import pytest

from steps_analysis.cli import main
from steps_analysis.cli.import_data import add_arguments
from steps_analysis.simulation import committed
from steps_analysis.trial_data import STAMP, read_trial, write_trial
from steps_analysis.trial_data.importing import (
    write_redcap,
    write_returns,
    write_workbook,
)
from steps_analysis.trial_data.importing.ssda903 import NOT_AWAY, SHORT_BREAKS

NEW = ["--name", "MINE", "--sites", "North, South", "--arms", "new,usual"]


@pytest.fixture(scope="module")
def owned(tmp_path_factory):
    """The synthetic trial as a folder and as its owners would keep it."""
    place = tmp_path_factory.mktemp("owned")
    trial = committed("achieved")
    write_trial(trial, place / "trial")
    write_workbook(trial, place / "own.xlsx")
    write_redcap(trial, place)
    write_returns(trial, place)
    return place


def dated(*words):
    cutoff = committed("achieved").extract_date
    return ["import", *words, "--extract-date", cutoff.isoformat()]


SYNTHETIC = ["--provenance", "synthetic"]


def test_a_new_trial_is_written_and_its_check_is_helpful(tmp_path, capsys):
    place = str(tmp_path / "mine")
    assert main(["new-trial", place, *NEW, "--n", "40", "--excel"]) == 0
    assert f"steps check {place}" in capsys.readouterr().out
    assert main(["check", place]) == 2
    said = capsys.readouterr().out
    assert said.startswith("2 problems in 2 files")
    assert "must hold at least one row" in said


def test_a_new_trial_never_overwrites(tmp_path, capsys):
    (tmp_path / "thesis.txt").write_text("ten years of work")
    assert main(["new-trial", str(tmp_path), *NEW]) == 2
    assert "must be new or empty" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


def test_a_new_trial_as_json(tmp_path, capsys):
    words = ["new-trial", str(tmp_path / "mine"), *NEW, "--tables", "visits", "--json"]
    assert main(words) == 0
    files = json.loads(capsys.readouterr().out)["files"]
    assert {"README.md", "visits.csv", "protocol.toml"} <= {*files}
    assert "costs.csv" not in files


def test_a_workbook_is_imported_with_its_stamp(owned, tmp_path, capsys):
    out = str(tmp_path / "new")
    book = str(owned / "own.xlsx")
    assert main([*dated("workbook", book, "--into", out), *SYNTHETIC]) == 0
    said = capsys.readouterr().out
    assert said.startswith(STAMP)
    assert said.endswith("Nothing is wrong.\n")
    assert read_trial(out) == read_trial(owned / "trial")


def test_data_are_real_unless_one_says_otherwise(owned, tmp_path, capsys):
    out = str(tmp_path / "new")
    words = dated("workbook", str(owned / "own.xlsx"), "--into", out, "--json")
    assert main(words) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["stamp"] is None
    assert said["rows"]["participants"] == 40
    assert read_trial(out).provenance == "real"


def copied(owned, tmp_path):
    write_trial(read_trial(owned / "trial"), tmp_path / "trial")
    return str(tmp_path / "trial")


def test_a_redcap_export_is_imported(owned, tmp_path, capsys):
    out = copied(owned, tmp_path)
    files = [str(owned / "export.csv"), "--dictionary", str(owned / "dictionary.csv")]
    words = dated("redcap", *files, "--mapping", str(owned / "redcap.toml"))
    assert main([*words, "--into", out, *SYNTHETIC]) == 0
    assert "participants 40" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("name", "file", "kinds"),
    [
        ("ssda903", "ssda903_episodes.csv", ["placement"]),
        ("cin", "cin_census.xml", ["re_referral", "case_closed"]),
    ],
)
def test_returns_are_imported_once(owned, tmp_path, capsys, name, file, kinds):
    out = copied(owned, tmp_path)
    words = dated(name, str(owned / file), "--key", str(owned / "key.csv"))
    words += ["--into", out, *SYNTHETIC]
    assert main(words) == 2
    assert "before they are imported" in capsys.readouterr().err
    assert main([*words, "--replace"]) == 0
    counts = [
        read_trial(place).events["event"].isin(kinds).sum()
        for place in (owned / "trial", out)
    ]
    assert counts[0] == counts[1] > 0


def test_ssda903_takes_its_decisions_as_options(owned, tmp_path):
    out = copied(owned, tmp_path)
    words = dated("ssda903", str(owned / "ssda903_episodes.csv"), "--into", out)
    words += ["--key", str(owned / "key.csv"), *SYNTHETIC, "--replace"]
    assert main([*words, "--not-away", "U1,K2"]) == 0
    assert "placement" not in set(read_trial(out).events["event"])


def test_what_is_wrong_is_one_clear_message(owned, tmp_path, capsys):
    (tmp_path / "own.xlsx").write_text("no workbook")
    words = dated("workbook", str(tmp_path / "own.xlsx"), "--into", str(tmp_path / "a"))
    assert main(words) == 2
    said = capsys.readouterr().err
    assert said.startswith("steps import: `workbook` must be an Excel workbook")
    assert main([*words, "--json"]) == 2
    assert json.loads(capsys.readouterr().out)["exit_code"] == 2
    assert not (tmp_path / "a").exists()


@pytest.mark.parametrize(
    "words",
    [
        ["import"],
        ["import", "odt"],
        ["import", "workbook", "a.xlsx", "--into", "b"],
        ["import", "workbook", "a", "--into", "b", "--extract-date", "31/12/2017"],
        ["import", "ssda903", "a", "--into", "b", "--extract-date", "2017-12-31"],
        ["new-trial", "x"],
    ],
)
def test_a_command_line_that_says_too_little_is_refused(words, capsys):
    with pytest.raises(SystemExit) as stop:
        main(words)
    assert stop.value.code == 2
    assert "usage: steps" in capsys.readouterr().err


def test_the_codes_left_out_are_those_of_the_package():
    """The command names them by itself, so that its help needs no heavy import."""
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    words = ["x.csv", "--into", "y", "--key", "k.csv", "--extract-date", "2018-03-31"]
    options = parser.parse_args(["ssda903", *words])
    assert tuple(options.short_breaks) == SHORT_BREAKS
    assert tuple(options.not_away) == NOT_AWAY
