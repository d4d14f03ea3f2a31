"""The main job: what a report holds, for whom, and from what."""

import re
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from steps_analysis.errors import DataError
from steps_analysis.evaluation import evaluate
from steps_analysis.protocol import load_protocol, parse_protocol
from steps_analysis.reporting import Figure, Table
from steps_analysis.reporting.write import report_files
from steps_analysis.simulation import draw_trial
from steps_analysis.trial_data import STAMP, read_trial

ROOT = Path(__file__).parents[2]
MASKED = ("masked_statistician", "research_assistant", "commissioner")


@pytest.fixture(scope="module")
def evaluation(trial):
    return evaluate(trial)


@pytest.fixture(scope="module")
def seen_by(folder):
    """What each role gets of the folder, evaluated once for all tests."""
    return cache(lambda role: evaluate(read_trial(folder, role=role)))


@pytest.fixture(scope="module")
def files_for(seen_by):
    """The files of each role's report, made once for all tests."""
    return cache(lambda role: report_files(seen_by(role).document))


def slugs(document):
    return [section.slug for section in document.sections]


def blocks(document, kind):
    return [b for s in document.sections for b in s.blocks if isinstance(b, kind)]


def text_of(document):
    files = report_files(document)
    return files["index.html"].decode()


def test_every_section_of_the_synthetic_trial_is_there(evaluation):
    assert slugs(evaluation.document) == [
        "summary",
        "flow",
        "departures",
        "who-took-part",
        "balance",
        "progression",
        "outcomes",
        "sensitivity",
        "costs",
        "plan",
        "referrals",
        "limitations",
        "about",
    ]
    assert list(evaluation.results.answers) == ["E1", "E2", "E2b", "E3", "E4", "E5"]
    assert not evaluation.results.left_out


def test_the_stamp_comes_from_provenance_and_from_nothing_else(trial, evaluation):
    assert evaluation.document.stamp == STAMP
    real = evaluate(replace(trial, provenance="real"), disclosure_key="a secret")
    assert real.document.stamp == ""
    assert "Synthetic" not in text_of(real.document)
    unknown = evaluate(replace(trial, provenance="unknown"))
    assert unknown.document.stamp == ""


def test_real_data_without_a_key_show_no_counts_by_site(trial):
    real = evaluate(replace(trial, provenance="real"))
    assert "referrals" not in slugs(real.document)
    assert "key" in text_of(real.document)


def test_effects_are_absolute_and_relative_with_n_analysed(evaluation):
    tables = {table.name: table for table in blocks(evaluation.document, Table)}
    effects = tables["e1-effects"]
    measures = [row[0] for row in effects.rows]
    assert "Standardised risk difference" in measures
    assert "Standardised risk ratio" in measures
    n = [row[2] for row in effects.rows]
    assert n[0] == evaluation.results.flow.n_analysed


def test_the_baseline_note_speaks_of_means_and_scores_where_there_are_any(evaluation):
    tables = {table.name: table for table in blocks(evaluation.document, Table)}
    (note,) = tables["baseline"].notes
    assert "means with standard deviation" in note
    assert "Scores are those of the visit at month 0" in note


def test_the_baseline_table_has_no_p_value(evaluation):
    tables = {table.name: table for table in blocks(evaluation.document, Table)}
    words = repr(tables["baseline"]).lower()
    assert "p-value" not in words
    assert "testresult" not in words


def test_the_interval_stands_before_the_p_value(evaluation):
    for table in blocks(evaluation.document, Table):
        if not table.name.endswith("-effects"):
            continue
        kinds = [type(row[1]).__name__ for row in table.rows]
        assert kinds == sorted(kinds, key=["Estimate", "TestResult"].index)


def test_nothing_says_that_there_is_no_difference(evaluation):
    text = re.sub(r"<[^>]+>", " ", text_of(evaluation.document))
    text = re.sub(r"\s+", " ", text).lower()
    said = text.replace("do not show that there is no difference", "")
    said = said.replace("is not finding that there is none", "")
    assert "no difference" not in said
    assert "not significant" not in said
    for word in ("offender", "perpetrator", "abuser"):
        assert word not in text


def test_only_figures_and_tables_by_site_carry_and_need_an_audit(evaluation):
    for block in blocks(evaluation.document, Table | Figure):
        if block.breakdown == "site":
            assert block.audit is not None
            assert block.audit.safe
    by_site = {
        b.name
        for b in blocks(evaluation.document, Table | Figure)
        if b.breakdown == "site"
    }
    assert by_site == {"referrals-by-site", "referral-funnel"}


def test_no_table_pairs_a_site_with_an_arm_or_an_outcome(evaluation, trial):
    sites = set(trial.protocol.sites.names)
    for table in blocks(evaluation.document, Table):
        first = {str(row[0]) for row in table.rows}
        if first & sites:
            assert table.name == "referrals-by-site"


def test_two_runs_give_the_same_bytes(trial, evaluation):
    again = evaluate(trial)
    assert report_files(again.document) == report_files(evaluation.document)


@pytest.mark.parametrize("role", MASKED)
def test_masked_output_does_not_change_when_arms_are_permuted(
    role, folder, files_for, tmp_path
):
    other = tmp_path / "permuted"
    other.mkdir()
    rng = np.random.default_rng(5)
    for file in folder.iterdir():
        (other / file.name).write_bytes(file.read_bytes())
    for name in ("allocation", "treatment", "costs"):
        table = pd.read_csv(folder / f"{name}.csv", dtype=str, keep_default_na=False)
        columns = [c for c in table if c != "participant_id"]
        table[columns] = table[columns].to_numpy()[rng.permutation(len(table))]
        table.to_csv(other / f"{name}.csv", index=False)
    assert (other / "allocation.csv").read_bytes() != (
        folder / "allocation.csv"
    ).read_bytes()
    after = report_files(evaluate(read_trial(other, role=role)).document)
    assert after == files_for(role)


def test_a_masked_statistician_gets_a_dry_run_that_says_so(seen_by):
    evaluation = seen_by("masked_statistician")
    assert "dry run" in evaluation.document.subtitle.lower()
    assert "Masked dry run" in text_of(evaluation.document)
    assert "E5" not in evaluation.results.answers  # needs the concealed treatment


@pytest.mark.parametrize("role", ["research_assistant", "commissioner"])
def test_others_see_no_arm_at_all(role, seen_by, trial):
    evaluation = seen_by(role)
    assert not evaluation.results.answers
    assert evaluation.results.flow is None
    names = {table.name for table in blocks(evaluation.document, Table)}
    assert not names & {"baseline", "balance", "flow-table"}
    assert not any(name.endswith("-arms") for name in names)


def test_the_real_trial_goes_through_the_same_code_without_absent_sections():
    trial = read_trial(ROOT / "data" / "public" / "cgd")
    evaluation = evaluate(trial)
    assert trial.provenance == "real"
    assert evaluation.document.stamp == ""
    assert list(evaluation.results.answers) == ["G1", "G2", "G3"]
    assert "referrals" not in slugs(evaluation.document)
    assert "progression" not in slugs(evaluation.document)
    assert "Left out of this report" in text_of(evaluation.document)
    assert evaluation.results.flow.randomised == 128
    assert "Synthetic data" not in text_of(evaluation.document)
    tables = {table.name: table for table in blocks(evaluation.document, Table)}
    (note,) = tables["baseline"].notes
    assert note.startswith("Counts with per cent of those known. Levels with nobody")
    assert "Scores" not in note
    figures = {figure.name: figure for figure in blocks(evaluation.document, Figure)}
    # R's mean cumulative functions end at 1.511 and 0.701 (tests/reference/survival).
    assert "gamma interferon 0.70, placebo 1.51" in figures["g2-mean-events"].alt


THREE_SITES = """
[trial]
short_name = "Small"
title = "Three schools, two to one"
question = "Does the offer help?"
design = "randomised trial"
population = "families"
planned_n = 30

[[arms]]
code = "offer"
label = "the offer"
role = "treatment"
share = 2

[[arms]]
code = "usual"
label = "usual care"
role = "control"

[sites]
names = ["North", "South", "West"]
label = "school"
label_plural = "schools"

[[factors]]
name = "site"
label = "School"

[[factors]]
name = "size"
label = "Family size"
levels = ["small", "large"]

[allocation]
procedure = "minimisation"
factors = ["site", "size"]
p = 0.8
ratio = [2, 1]

[visits]
months = [0, 6]

[[outcomes]]
code = "O1"
label = "New placement"
kind = "binary"
events = ["placement"]
follow_up_months = 6

[[estimands]]
code = "Q1"
outcome = "O1"
population = "all"
summary = "risk_difference"
at_months = 6
adjust_for = ["site", "size"]
primary = true

[analysis]
seed = 5
"""


def test_three_sites_and_two_to_one_work_end_to_end(tmp_path):
    from steps_analysis.reporting import write_report
    from steps_analysis.trial_data import write_trial

    protocol = parse_protocol(THREE_SITES)
    write_trial(draw_trial(protocol, "null", seed=5), tmp_path / "data")
    trial = read_trial(tmp_path / "data")
    evaluation = evaluate(trial)
    flow = evaluation.results.flow
    assert flow.randomised == 30
    assert 18 <= flow.arms[0].allocated <= 22
    assert evaluation.results.answers["Q1"].effect.n == flow.n_analysed
    page = write_report(evaluation.document, tmp_path / "report", manifest_facts={})
    text = (page / "index.html").read_text()
    assert "3 schools" in text
    assert "borough" not in text.replace("family or borough", "")


def test_a_trial_of_one_family_gets_a_report():
    one = draw_trial(load_protocol(), "null", n=1, seed=9)
    evaluation = evaluate(one)
    assert evaluation.results.flow.randomised == 1
    assert evaluation.results.answers["E1"].effect.not_estimable
    assert report_files(evaluation.document)


def test_a_trial_without_any_event_gets_a_report(drawn):
    quiet = replace(drawn, events=drawn.events.iloc[:0])
    evaluation = evaluate(quiet)
    first = evaluation.results.answers["E1"]
    assert [arm.events for arm in first.arms] == [0, 0]
    assert report_files(evaluation.document)


def test_an_arm_that_withdrew_gets_a_report(drawn):
    arms = drawn.arms()
    gone = arms.index[arms == "MAU"]
    rows = pd.DataFrame({"participant_id": gone, "event": "withdrew_data"})
    rows["event_date"] = pd.Timestamp(drawn.extract_date)
    events = pd.concat([drawn.events, rows], ignore_index=True)
    evaluation = evaluate(replace(drawn, events=events))
    answers = evaluation.results.answers
    assert all(answer.effect.not_estimable for answer in answers.values())
    assert "nobody in MAU" in answers["E1"].effect.not_estimable
    assert report_files(evaluation.document)


def test_a_flow_that_does_not_add_up_is_refused(drawn):
    broken = replace(drawn, screening=drawn.screening.iloc[:-1])
    lost = drawn.screening["referral_id"].iloc[-1]
    if lost in set(drawn.participants["referral_id"]):
        with pytest.raises(DataError, match="assessed"):
            evaluate(broken)
    kept = drawn.screening["referral_id"].isin(drawn.participants["referral_id"])
    first = drawn.screening.index[kept][0]
    with pytest.raises(DataError, match=r"assessed .* off by"):
        evaluate(replace(drawn, screening=drawn.screening.drop(index=first)))


# Dry runs: every exhibit names its arms as dummies


@pytest.fixture(scope="module")
def dry_run(seen_by):
    return seen_by("masked_statistician")


def test_every_exhibit_of_a_dry_run_says_so(dry_run, files_for, evaluation):
    assert dry_run.is_dry_run
    assert not evaluation.is_dry_run
    stamp = f"Masked dry run: arms drawn at random. {STAMP}"
    assert dry_run.document.stamp == stamp
    for path, content in files_for("masked_statistician").items():
        if path.endswith((".csv", ".svg", ".html")):
            assert stamp in content.decode(), path


def test_a_dry_run_of_real_data_has_no_synthetic_stamp(folder):
    real = replace(read_trial(folder, role="masked_statistician"), provenance="real")
    found = evaluate(real, disclosure_key="a secret").document
    assert found.stamp == "Masked dry run: arms drawn at random"


def test_no_exhibit_of_a_dry_run_names_a_real_arm(dry_run, files_for):
    # Criteria and sources are the protocol's own words, about the trial as planned.
    own_words = ("progression", "conflicts", "notes")
    for path, content in files_for("masked_statistician").items():
        if path.endswith((".csv", ".svg")) and Path(path).stem not in own_words:
            text = content.decode()
            assert "MST-PSB" not in text, path
            assert "MAU" not in text, path
            assert "anagement as usual" not in text, path
    arms = [row[0] for t in blocks(dry_run.document, Table) for row in t.rows]
    assert {"Dummy arm A", "Dummy arm B"} <= set(arms)


# What is left out, and why


def left_out(trial, **changes):
    evaluation = evaluate(replace(trial, **changes))
    assert report_files(evaluation.document)
    return evaluation.results.left_out


def test_each_absent_table_leaves_out_its_part_and_says_so(trial):
    found = left_out(trial, screening=None, treatment=None, visits=None, referrals=None)
    assert found["Enrolment, in the flow"] == "screening.csv is absent"
    assert found["Treatment received, in the flow"] == "treatment.csv is absent"
    scores = "Scores at randomisation, in the characteristics"
    assert found[scores] == "visits.csv is absent"
    assert found["Referrals by borough"] == "referrals.csv is absent"
    assert set(found) & {"Estimand E4", "Estimand E5"}


def test_only_the_absent_file_is_named(trial):
    assert left_out(trial, sites=None)["Referrals by borough"] == "sites.csv is absent"
    both = left_out(trial, sites=None, referrals=None)["Referrals by borough"]
    assert both == "referrals.csv and sites.csv are absent"


def test_what_is_closed_is_not_called_absent(seen_by):
    masked = seen_by("masked_statistician").results.left_out
    words = "treatment.csv is closed to this role"
    assert masked["Treatment received, in the flow"] == words
    seen = seen_by("commissioner").results.left_out
    assert seen["Progression"] == "participants.csv is closed to this role"
    arms = "Flow, characteristics and balance by arm"
    assert seen[arms] == "arms are not open to this role"


def test_no_criteria_are_said(trial):
    protocol = replace(trial.protocol, progression=())
    found = left_out(trial, protocol=protocol)
    assert found == {"Progression": "the protocol sets no progression criteria"}


def test_all_that_is_left_out_is_on_the_page_and_in_the_results(trial):
    evaluation = evaluate(replace(trial, screening=None, referrals=None))
    text = text_of(evaluation.document)
    for name, why in evaluation.results.left_out.items():
        assert f"{name}: {why}." in text


def test_screening_that_cannot_be_linked_leaves_out_enrolment_only(trial):
    participants = trial.participants.drop(columns="referral_id")
    evaluation = evaluate(replace(trial, participants=participants))
    words = "participants.csv has no referral_id, which links it to screening.csv"
    assert evaluation.results.left_out == {"Enrolment, in the flow": words}
    assert evaluation.results.flow.assessed is None
    assert evaluation.results.flow.randomised == 40


def test_a_primary_outcome_that_is_not_recorded_leaves_out_the_flow_only(trial):
    estimands = tuple(
        replace(asked, primary=asked.code == "E4") for asked in trial.protocol.estimands
    )
    protocol = replace(trial.protocol, estimands=estimands)
    evaluation = evaluate(replace(trial, protocol=protocol, visits=None))
    assert evaluation.results.flow is None
    assert "visits.csv" in evaluation.results.left_out["Flow"]
    assert {"who-took-part", "balance", "outcomes"} <= set(slugs(evaluation.document))
    assert "flow" not in slugs(evaluation.document)


def test_a_protocol_without_factors_gets_a_report_without_balance(trial):
    estimands = tuple(replace(e, adjust_for=()) for e in trial.protocol.estimands)
    protocol = replace(
        trial.protocol,
        factors=(),
        estimands=estimands,
        allocation={"procedure": "not_stated"},
    )
    found = left_out(trial, protocol=protocol)
    assert list(found) == ["Balance of the arms"]


def test_a_trial_that_has_randomised_nobody_gets_a_report(trial):
    nobody = {
        name: getattr(trial, name).iloc[:0]
        for name in ("participants", "allocation", "treatment", "visits", "events")
    }
    found = left_out(trial, **nobody)
    assert set(found.values()) == {"nobody has been randomised yet"}


# The protocol's disclosure rule for trial tables


def ruled(trial, **rules):
    from steps_analysis.protocol import Disclosure

    protocol = replace(trial.protocol, disclosure=Disclosure(**rules))
    return evaluate(replace(trial, protocol=protocol))


@pytest.mark.parametrize(
    "rules",
    [
        {"outputs": {"trial_tables": "dfe_cin"}},
        {"outputs": {"trial_tables": "threshold(5)"}},  # hides, and rounds nothing
        {"default": "strict"},
    ],
)
def test_a_rule_that_is_not_exact_leaves_out_all_counts_by_arm(trial, rules):
    evaluation = ruled(trial, **rules)
    name = next(iter(rules.get("outputs", {"": rules.get("default")}).values()))
    why = (
        f"the protocol's disclosure rule for trial tables, {name}, does not allow "
        "exact counts by arm, and no other way of showing them is built yet"
    )
    assert evaluation.results.flow is None
    assert not evaluation.results.answers
    left = evaluation.results.left_out
    assert left["Flow, characteristics and balance by arm"] == why
    assert left["Estimand E1"] == why
    kept = ["summary", "progression", "referrals", "limitations", "about"]
    assert [slug for slug in slugs(evaluation.document) if slug != "referrals"] == [
        slug for slug in kept if slug != "referrals"
    ]
    started = [
        progress
        for progress in evaluation.results.progression
        if progress.criterion.code == "started_in_time"
    ]
    assert [progress.not_judged for progress in started] == [why]


@pytest.mark.parametrize("rules", [{}, {"outputs": {"trial_tables": "trial_wide"}}])
def test_exact_counts_by_arm_are_shown_where_the_rule_allows_them(trial, rules):
    evaluation = ruled(trial, **rules)
    assert evaluation.results.flow.randomised == 40
    assert not evaluation.results.left_out


def test_a_curve_that_nobody_bends_is_not_drawn(drawn, evaluation):
    quiet = replace(drawn, events=drawn.events.iloc[:0])
    names = {f.name for f in blocks(evaluate(quiet).document, Figure)}
    assert not {"e2-incidence", "e2-survival"} & names
    names = {f.name for f in blocks(evaluation.document, Figure)}
    assert {"e2-incidence", "e2-survival"} <= names
