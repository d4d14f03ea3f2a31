"""``steps audit``: exit codes and what is said."""

import json

import pandas as pd
import pytest

from steps_analysis.cli import main
from steps_analysis.disclosure import Release, protect, write_release

COUNTS = pd.DataFrame({"2013": [3, 9, 8], "2014": [16, 7, 12]}, index=list("ABC"))
LINKS = (
    'rule = "threshold(6)"\n[[table]]\nname = "t"\nfile = "t.csv"\nrow_total = "All"\n'
)


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "links.toml").write_text(LINKS, encoding="utf-8")
    (tmp_path / "t.csv").write_text("borough,x,y,z,All\nA,[c],[c],9,17\n")
    return tmp_path


def test_our_own_safe_release_passes(tmp_path, capsys):
    public = protect(Release().add_table("t", COUNTS), "dfe_cin", key="k")
    write_release(public, tmp_path / "out")
    assert main(["audit", str(tmp_path / "out")]) == 0
    said = capsys.readouterr().out
    assert "t, A, 2013: hidden, may be 1 " in said
    assert "Safe: nothing small can be narrowed down" in said


def test_a_release_that_leaks_does_not_pass(folder, capsys):
    (folder / "t.csv").write_text("borough,x,y,z,All\nA,[c],7,9,18\n")
    assert main(["audit", str(folder)]) == 1
    said = capsys.readouterr().out
    assert "t, A, x: the hidden figure can be worked out exactly" in said
    assert "judged as if it were small" in said


def test_findings_can_be_had_as_json(folder, capsys):
    assert main(["audit", str(folder), "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["safe"]
    assert said["figures"][0] == {
        "cells": [["t", "A", "x"]],
        "state": "hidden",
        "possible": "1 to 7",
        "keeps_every_small_value": True,
        "attacker": "an outsider",
        "proof": "integer",
    }


def test_what_an_attacker_knows_besides_is_used(folder, capsys):
    known = folder / "known.csv"
    known.write_text("table,row,column,least,greatest\nt,A,y,6,\n")
    assert main(["audit", str(folder), "--known", str(known)]) == 1
    assert "t, A, x: hidden, may be 2  <- not safe" in capsys.readouterr().out
    known.write_text("table,row,column,least,greatest\nt,A,y,1,3\n")
    assert main(["audit", str(folder), "--known", str(known)]) == 1
    assert "t, A, x: hidden, may be 5 to 7" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("table,row,column,value\n", "known.csv:1: `known` must have the columns"),
        ("table,row,column,least,greatest\nt,A,y,six,\n", "known.csv:2: `least, gr"),
        ("table,row,column,least,greatest\nt,A,w,6,\n", "must name cells of the rel"),
        ("table,row,column,least,greatest\nt,A,y,60,\n", "agree with what is publ"),
        (None, "`known` must be a file"),
    ],
)
def test_wrong_knowledge_is_refused(folder, capsys, text, message):
    known = folder / "known.csv"
    if text is not None:
        known.write_text(text)
    assert main(["audit", str(folder), "--known", str(known)]) == 2
    assert message in capsys.readouterr().err


def test_figures_that_contradict_each_other_are_reported(folder, capsys):
    (folder / "t.csv").write_text("borough,x,y,z,All\nA,10,7,9,30\n")
    assert main(["audit", str(folder)]) == 2
    said = capsys.readouterr().err
    assert "so that some table fits, got figures that do not agree: t, A" in said
    assert "Hint: say in the rule what each figure is rounded to" in said
    assert "Traceback" not in said


def test_what_is_no_release_is_refused(tmp_path, capsys):
    assert main(["audit", str(tmp_path), "--json"]) == 2
    out = capsys.readouterr()
    assert json.loads(out.out)["exit_code"] == 2
    assert "Hint: write a links file" in out.err
