"""The worked case of the founding article travels the whole system, line by line."""

import doctest
import json
from pathlib import Path

from steps_analysis import evaluate, read_trial
from steps_analysis.cli import main
from steps_analysis.trial_data import STAMP, check_trial

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "data" / "synthetic" / "child_a"
PAGE = ROOT / "docs" / "child-a.md"


def test_every_line_of_the_page_is_so(monkeypatch):
    monkeypatch.chdir(ROOT)
    result = doctest.testfile(str(PAGE), module_relative=False, encoding="utf-8")
    assert result.attempted > 25
    assert result.failed == 0


def test_the_record_keeps_its_contract():
    assert check_trial(FOLDER) == ()
    for role in ("masked_statistician", "research_assistant", "commissioner"):
        assert check_trial(FOLDER, role=role) == ()


def test_every_reader_gets_a_report():
    for role in ("statistician", "masked_statistician", "commissioner"):
        document = evaluate(read_trial(FOLDER, role=role)).document
        assert STAMP in document.stamp


def test_the_commands_take_him_too(tmp_path, capsys):
    data = str(FOLDER)
    assert main(["screen", f"{data}/referrals.csv", "--json"]) == 0
    (case,) = json.loads(capsys.readouterr().out)["cases"]
    assert case["services"]["stepping_stones"]["decision"] == "information_needed"
    assert case["services"]["trial"]["decision"] == "accept"
    pack = ["--meeting", "2014-02-14", "--on", "2014-02-10"]
    out = ["--out", str(tmp_path / "pack")]
    assert main(["forum", data, "--site", "Borough A", *pack, *out]) == 0
    assert "R001" in (tmp_path / "pack" / "index.html").read_text(encoding="utf-8")
    assert main(["monitor", data, "--out", str(tmp_path / "monitor")]) == 0
    # One arm is empty: the report is written, and no effect can be estimated.
    assert main(["evaluate", data, "--out", str(tmp_path / "report")]) == 3
