import argparse
import sys

import pytest

from steps_analysis.cli import main
from steps_analysis.cli.formats import add_format_argument, chosen_formats


def chosen(*words):
    parser = argparse.ArgumentParser()
    add_format_argument(parser)
    return chosen_formats(parser.parse_args(words))


def test_the_formats_asked_for_are_written():
    assert chosen("--format", "ods", "--format", "html") == ("ods", "html")
    assert chosen("--format", "ods", "--format", "ods") == ("ods",)


def test_all_that_can_be_written_are_the_default(capsys, monkeypatch):
    assert chosen() == ("html", "pdf", "xlsx", "ods")
    assert capsys.readouterr().err == ""
    monkeypatch.setattr(
        "steps_analysis.reporting.writers.formats.find_spec",
        lambda name: None if name == "typst" else name,
    )
    assert chosen() == ("html", "xlsx", "ods")
    said = capsys.readouterr().err
    assert said == (
        'Not written: PDF; for these, pip install "steps-analysis[documents]"\n'
    )


def test_what_cannot_be_written_is_refused_before_the_work(monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "typst", None)
    for command in ("evaluate", "boroughs"):
        assert main([command, "no such folder", "--format", "pdf"]) == 2
        assert "(typst is not)" in capsys.readouterr().err


def test_an_evaluation_without_a_page_says_where_it_is(tmp_path, capsys):
    out = tmp_path / "report"
    words = ["evaluate", "--out", str(out), "--format", "xlsx", "--format", "ods"]
    assert main(words) == 0
    assert sorted(path.name for path in out.iterdir()) == [
        *("manifest.json", "report.ods", "report.xlsx")
    ]
    assert str(out / "report.xlsx") in capsys.readouterr().out


def test_an_unknown_format_is_refused(capsys):
    with pytest.raises(SystemExit):
        chosen("--format", "docx")
    assert "invalid choice: 'docx'" in capsys.readouterr().err
