"""The main job: what a report holds, for whom, and from what."""

import re
from dataclasses import replace
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
        "who-took-part",
        "balance",
        "progression",
        "outcomes",
        "referrals",
        "limitations",
        "about",
    ]
    assert list(evaluation.results.answers) == ["E1", "E2", "E3", "E4", "E5"]
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
def test_masked_output_does_not_change_when_arms_are_permuted(role, folder, tmp_path):
    before = report_files(evaluate(read_trial(folder, role=role)).document)
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
    assert after == before


def test_a_masked_statistician_gets_a_dry_run_that_says_so(folder):
    evaluation = evaluate(read_trial(folder, role="masked_statistician"))
    assert "dry run" in evaluation.document.subtitle.lower()
    assert "Masked dry run" in text_of(evaluation.document)
    assert "E5" not in evaluation.results.answers  # needs the concealed treatment


@pytest.mark.parametrize("role", ["research_assistant", "commissioner"])
def test_others_see_no_arm_at_all(role, folder, trial):
    evaluation = evaluate(read_trial(folder, role=role))
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
