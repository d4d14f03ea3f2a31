"""The command line: exit codes, what is printed, what is written."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from steps_analysis.cli import main
from steps_analysis.cli.main import COMMANDS
from steps_analysis.protocol import load_protocol
from steps_analysis.simulation import committed, write_synthetic
from steps_analysis.trial_data import STAMP

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    place = tmp_path_factory.mktemp("cli") / "achieved"
    write_synthetic(committed("achieved"), place)
    return place


def test_evaluate_writes_the_report_and_says_what_it_found(data, tmp_path, capsys):
    assert main(["evaluate", str(data), "--out", str(tmp_path / "report")]) == 0
    said = capsys.readouterr().out
    assert said.startswith(STAMP)
    assert "E1  New out-of-home placement: " in said
    manifest = json.loads((tmp_path / "report" / "manifest.json").read_text())
    assert manifest["provenance"] == "synthetic"
    assert (tmp_path / "report" / "index.html").exists()
    assert str(tmp_path) not in (tmp_path / "report" / "index.html").read_text()


def test_evaluate_gives_the_same_numbers_as_json(data, tmp_path, capsys):
    out = str(tmp_path / "report")
    assert main(["evaluate", str(data), "--out", out, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["stamp"] == STAMP
    asked = [estimand.code for estimand in load_protocol().estimands]
    assert list(found["estimands"]) == asked
    effect = found["estimands"]["E1"]["effect"]
    assert effect["lower"] <= effect["value"] <= effect["upper"]


def test_evaluate_refuses_to_write_over_the_data(data, capsys):
    before = sorted(path.name for path in data.iterdir())
    for place in (data, data / "report"):
        assert main(["evaluate", str(data), "--out", str(place)]) == 2
        assert "outside the data folder" in capsys.readouterr().err
    assert sorted(path.name for path in data.iterdir()) == before


def test_evaluate_refuses_a_folder_that_is_not_a_report(data, tmp_path, capsys):
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "thesis.txt").write_text("ten years of work")
    assert main(["evaluate", str(data), "--out", str(mine)]) == 2
    assert (mine / "thesis.txt").read_text() == "ten years of work"
    assert "must be new, empty or a report" in capsys.readouterr().err


def test_wrong_data_give_one_clear_message_and_leave_the_report(data, tmp_path, capsys):
    out = tmp_path / "report"
    main(["evaluate", str(data), "--out", str(out)])
    before = (out / "manifest.json").read_bytes()
    damaged = tmp_path / "damaged"
    write_synthetic(committed("achieved"), damaged)
    text = (damaged / "participants.csv").read_text().replace("Southwark", "southwark ")
    (damaged / "participants.csv").write_text(text)
    capsys.readouterr()
    assert main(["evaluate", str(damaged), "--out", str(out)]) == 2
    said = capsys.readouterr().err
    assert "participants.csv" in said
    assert "did you mean 'Southwark'?" in said
    assert "Traceback" not in said
    assert (out / "manifest.json").read_bytes() == before


def test_a_missing_folder_is_said(capsys):
    assert main(["evaluate", "no/such/folder"]) == 2
    assert "must be a folder with a trial's files" in capsys.readouterr().err


def test_check_passes_the_sound_and_lists_what_is_wrong(data, tmp_path, capsys):
    assert main(["check", str(data)]) == 0
    assert "nothing is wrong" in capsys.readouterr().out
    damaged = tmp_path / "damaged"
    write_synthetic(committed("achieved"), damaged)
    text = (damaged / "events.csv").read_text().replace("placement", "plaecment")
    (damaged / "events.csv").write_text(text)
    assert main(["check", str(damaged)]) == 2
    assert "did you mean 'placement'?" in capsys.readouterr().out
    assert main(["check", str(damaged), "--json"]) == 2
    problems = json.loads(capsys.readouterr().out)["problems"]
    assert problems[0]["file"] == "events.csv"
    assert problems[0]["column"] == "event"


def test_check_reads_the_procedure_and_the_profiles_too(tmp_path, capsys):
    place = tmp_path / "data"
    write_synthetic(committed("achieved"), place)
    text = load_protocol().text
    (place / "protocol.toml").write_text(text.replace("p = 0.8", "p = 1.8"))
    assert main(["check", str(place)]) == 2
    assert "`allocation.p`" in capsys.readouterr().err
    (place / "protocol.toml").write_text(text.replace('"dfe_cin"', '"dfe_cinn"'))
    assert main(["check", str(place)]) == 2
    assert "did you mean 'dfe_cin'?" in capsys.readouterr().err


def test_synthesise_gives_the_same_bytes_twice(tmp_path, capsys):
    for name in ("one", "two"):
        out = str(tmp_path / name)
        assert main(["synthesise", "--n", "12", "--seed", "4", "--out", out]) == 0
    assert STAMP in capsys.readouterr().out
    files = sorted(path.name for path in (tmp_path / "one").iterdir())
    assert files == sorted(path.name for path in (tmp_path / "two").iterdir())
    for name in files:
        one, two = ((tmp_path / d / name).read_bytes() for d in ("one", "two"))
        assert one == two


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["synthesise", "achieved", "--n", "3"], "a preset fixes"),
        (["synthesise", "acheived"], "achieved"),
        (["synthesise", "--scenario", "modets"], "modest"),
        (["synthesise", "--n", "-1"], "`n`"),
    ],
)
def test_synthesise_refuses_what_cannot_be(words, said, tmp_path, capsys):
    out = tmp_path / "out"
    assert main([*words, "--out", str(out)]) == 2
    assert said in capsys.readouterr().err
    assert not out.exists()


def test_help_names_every_command(capsys):
    with pytest.raises(SystemExit) as stop:
        main(["--help"])
    assert stop.value.code == 0
    said = capsys.readouterr().out
    assert all(name in said for name in COMMANDS)


def test_help_and_import_load_nothing_heavy():
    code = (
        "import sys, steps_analysis\n"
        "from steps_analysis.cli import main\n"
        "try: main(['--help'])\n"
        "except SystemExit: pass\n"
        "heavy = {'numpy', 'pandas', 'scipy', 'matplotlib'} & set(sys.modules)\n"
        "sys.exit(repr(heavy) if heavy else 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_python_m_is_the_same_command():
    done = subprocess.run(
        [sys.executable, "-m", "steps_analysis", "--version"],
        capture_output=True,
        text=True,
    )
    assert done.stdout.startswith("steps ")


# Roles: a masked dry run cannot pass for the result


@pytest.mark.parametrize(
    ("role", "name"),
    [
        ("statistician", "achieved"),
        ("masked_statistician", "achieved-masked-statistician"),
        ("commissioner", "achieved-commissioner"),
    ],
)
def test_each_role_writes_to_a_place_of_its_own(
    data, tmp_path, monkeypatch, capsys, role, name
):
    monkeypatch.chdir(tmp_path)
    assert main(["evaluate", str(data), "--role", role]) == 0
    assert [place.name for place in (tmp_path / "reports").iterdir()] == [name]
    assert f"reports/{name}/index.html" in capsys.readouterr().out


def test_a_dry_run_says_so_first_on_the_console_and_in_the_manifest(
    data, tmp_path, capsys
):
    from steps_analysis.evaluation.dry_run import DRY_RUN

    words = ["evaluate", str(data), "--role", "masked_statistician"]
    assert main([*words, "--out", str(tmp_path / "report")]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[:2] == [DRY_RUN, STAMP]
    manifest = json.loads((tmp_path / "report" / "manifest.json").read_text())
    assert manifest["dry_run"] is True
    assert manifest["stamp"] == f"Masked dry run: arms drawn at random. {STAMP}"


def test_a_dry_run_says_so_in_json(data, tmp_path, capsys):
    words = ["evaluate", str(data), "--out", str(tmp_path / "report"), "--json"]
    assert main(words) == 0
    assert json.loads(capsys.readouterr().out)["dry_run"] is False
    assert main([*words, "--role", "masked_statistician"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["dry_run"] is True
    assert found["stamp"].startswith("Masked dry run")
    assert "MST-PSB" not in json.dumps(found["estimands"])


def test_the_manifest_names_the_disclosure_rules(data, tmp_path, capsys):
    main(["evaluate", str(data), "--out", str(tmp_path / "report")])
    manifest = json.loads((tmp_path / "report" / "manifest.json").read_text())
    expected = {"trial_tables": "trial_wide", "borough_table": "dfe_cin"}
    assert manifest["disclosure"] == expected
    assert manifest["dry_run"] is False


def test_a_role_without_arms_is_told_that_nothing_is_compared(data, tmp_path, capsys):
    words = ["evaluate", str(data), "--out", str(tmp_path / "report")]
    assert main([*words, "--role", "research_assistant"]) == 0
    assert "Nothing is compared by arm" in capsys.readouterr().out
