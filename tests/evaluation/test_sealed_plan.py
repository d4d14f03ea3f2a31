"""A plan sealed before unmasking, and a report that says where it departs from it."""

import json
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from steps_analysis.cli.main import main
from steps_analysis.errors import ArgumentError, DataError
from steps_analysis.evaluation import evaluate
from steps_analysis.evaluation.sealed_plan import (
    plan_changes,
    read_plan,
    seal_plan,
    write_plan,
)
from steps_analysis.outcomes import answer, planned_analyses, sensitivity_analyses
from steps_analysis.protocol import load_protocol
from steps_analysis.reporting.blocks import Paragraph, Table
from steps_analysis.simulation import committed

DAY = date(2014, 3, 31)
ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def protocol():
    return load_protocol()


@pytest.fixture(scope="module")
def trial():
    return committed("achieved")


def with_estimand(protocol, code, **changes):
    changed = (
        replace(asked, **changes) if asked.code == code else asked
        for asked in protocol.estimands
    )
    return replace(protocol, estimands=tuple(changed))


def said(changes):
    return [(c.estimand, c.analysis, c.change) for c in changes]


def test_every_result_was_planned_and_every_plan_gives_a_result(trial):
    """Counted by estimand and role, on a trial where all can be estimated."""
    for asked in trial.protocol.estimands:
        found = answer(trial, asked.code)
        own = [p for p in planned_analyses(trial.protocol) if p.estimand == asked.code]
        roles = [p.role for p in own]
        assert roles.count("main") == 1
        assert roles.count("beside") == len(found.relative) + len(found.beside)
        tests = [p for p in own if p.role == "test" and "procedure" not in p.analysis]
        assert len(tests) == len(found.tests)
        assert roles.count("sensitivity") == len(
            sensitivity_analyses(trial, asked.code)
        )


def test_the_sealed_plan_comes_back(tmp_path, protocol):
    plan = seal_plan(protocol, on=DAY)
    write_plan(plan, tmp_path / "plan.json")
    assert read_plan(tmp_path / "plan.json") == plan
    assert plan_changes(plan, protocol, left_out={}) == ()


def test_another_day_or_plan_has_another_digest(protocol):
    plan = seal_plan(protocol, on=DAY)
    assert seal_plan(protocol, on=date(2014, 4, 1)).digest != plan.digest
    fewer = replace(plan, analyses=plan.analyses[1:])
    assert fewer.digest != plan.digest


def test_what_changed_is_said(protocol):
    """One analysis added, one changed, one gone, one that could not be done."""
    before = with_estimand(protocol, "E2", sensitivity=())
    before = with_estimand(before, "E4", adjust_for=("sex",))
    before = with_estimand(before, "E3", sensitivity=("waiting_times", "started"))
    before = with_estimand(
        before, "E3", sensitivity=("waiting_times", "censoring_weighted", "started")
    )
    plan = seal_plan(before, on=DAY)
    left_out = {"Estimand E5": "treatment.csv is absent, or closed to this role"}
    assert said(plan_changes(plan, protocol, left_out=left_out)) == [
        (
            "E2",
            "surveillance that differs by arm",
            "Added after the plan was sealed.",
        ),
        (
            "E4",
            "analysis of covariance on the score at randomisation and the factors",
            "Adjustment was sex, now sex, age_group.",
        ),
        (
            "E5",
            "complier risk difference, allocation as the instrument",
            "Planned, and not done: treatment.csv is absent, or closed to this role.",
        ),
        (
            "E3",
            "without those who did not start the treatment",
            "Planned, and no longer in the protocol.",
        ),
    ]


def blocks(evaluation, slug):
    (section,) = [s for s in evaluation.document.sections if s.slug == slug]
    return section.blocks


def test_the_report_tables_the_plan_and_what_changed(trial):
    before = with_estimand(trial.protocol, "E2", sensitivity=())
    found = blocks(evaluate(trial, sealed_plan=seal_plan(before, on=DAY)), "plan")
    tables = {block.name: block for block in found if isinstance(block, Table)}
    assert [row[0][:2] for row in tables["plan"].rows] == [
        "E1",
        "E2",
        "E2",
        "E3",
        "E4",
        "E5",
    ]
    assert tables["plan-changes"].rows == (
        ("E2", "Surveillance that differs by arm", "Added after the plan was sealed."),
    )


def test_the_report_says_that_nothing_changed_or_nothing_was_sealed(trial):
    plan = seal_plan(trial.protocol, on=DAY)
    words = {
        sealed: " ".join(
            block.text
            for block in blocks(evaluate(trial, sealed_plan=sealed_plan), "plan")
            if isinstance(block, Paragraph)
        )
        for sealed, sealed_plan in ((True, plan), (False, None))
    }
    assert "sealed on 31 March 2014" in words[True]
    assert "does what was planned, and nothing else" in words[True]
    assert "No plan sealed before unmasking" in words[False]


# What is refused.


def test_a_sealed_plan_is_never_replaced(tmp_path, protocol):
    path = tmp_path / "plan.json"
    write_plan(seal_plan(protocol, on=DAY), path)
    before = path.read_bytes()
    with pytest.raises(ArgumentError, match="`path` must be a file that is not there"):
        write_plan(seal_plan(protocol, on=date(2015, 1, 1)), path)
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    ("old", "new"),
    [('"sealed_on": "2014-03-31"', '"sealed_on": "2014-03-30"'), ("E2b", "E2c")],
)
def test_a_plan_touched_after_sealing_is_refused(tmp_path, protocol, old, new):
    text = seal_plan(protocol, on=DAY).to_json()
    assert old in text
    (tmp_path / "plan.json").write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(DataError, match="must have the digest it was sealed with"):
        read_plan(tmp_path / "plan.json")


@pytest.mark.parametrize(
    "text",
    ["", "{}", "[]", '{"format": "other"}', "\ufeffnonsense"],
)
def test_what_is_no_plan_is_refused(tmp_path, text):
    (tmp_path / "plan.json").write_text(text, encoding="utf-8")
    with pytest.raises(DataError, match=r"`plan\.json` must be a sealed plan"):
        read_plan(tmp_path / "plan.json")


def test_a_plan_with_another_field_is_refused(tmp_path, protocol):
    whole = json.loads(seal_plan(protocol, on=DAY).to_json())
    whole["analyses"][0]["more"] = 1
    (tmp_path / "plan.json").write_text(json.dumps(whole), encoding="utf-8")
    with pytest.raises(DataError, match="must be a sealed plan of this version"):
        read_plan(tmp_path / "plan.json")


# The command.


def test_the_command_seals_once(tmp_path, capsys):
    assert main(["plan", str(tmp_path), "--seal", "--on", "2014-03-31"]) == 0
    assert "digest" in capsys.readouterr().out
    assert main(["plan", str(tmp_path), "--seal"]) == 2
    assert "not there" in capsys.readouterr().err
    assert main(["plan", str(tmp_path)]) == 0
    assert "Sealed on 2014-03-31" in capsys.readouterr().out


def test_the_command_tells_that_the_protocol_moved_on(tmp_path, protocol, capsys):
    before = with_estimand(protocol, "E2", sensitivity=())
    write_plan(seal_plan(before, on=DAY), tmp_path / "analysis-plan.json")
    assert main(["plan", str(tmp_path)]) == 1
    assert "Added after the plan was sealed" in " ".join(
        capsys.readouterr().out.split()
    )


def test_the_command_prints_json(capsys):
    assert main(["plan", "--json"]) == 0
    first = json.loads(capsys.readouterr().out)[0]
    assert (first["estimand"], first["role"]) == ("E1", "main")


def test_the_command_needs_a_folder_to_seal_in(tmp_path, capsys):
    assert main(["plan", "--seal"]) == 2
    assert "`DATA` must be a folder to seal in" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["achieved", "planned"])
def test_the_committed_plans_are_those_of_the_protocol(protocol, name):
    plan = read_plan(ROOT / "data" / "synthetic" / name / "analysis-plan.json")
    assert plan_changes(plan, protocol, left_out={}) == ()
