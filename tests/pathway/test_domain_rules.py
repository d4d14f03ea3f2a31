"""
Rules of DOMAIN sections 2 and 3 that no other test names.

The rules of Stepping Stones (2c) have tests of their own in ``eligibility`` and
``routes``, those of the forum in ``forum``; here are the others of the trial (2a) and
of the Southwark model (2b), and the conflicts of section 3 with their decisions.
"""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from steps_analysis.evaluation import evaluate
from steps_analysis.pathway import (
    data_queries,
    forum_diary,
    next_route,
    screen_stepping_stones,
    screen_trial,
    visit_schedule,
)
from steps_analysis.protocol import load_protocol, mark_of
from steps_analysis.simulation import WORLD, draw_arrays, draw_trial
from steps_analysis.trial_data import check_trial, contract_for, read_trial, write_trial

PROTOCOL = load_protocol()
CHILD_A = Path(__file__).parents[2] / "data" / "synthetic" / "child_a"
SOUTHWARK = PROTOCOL.sites.names.index("Southwark")


@pytest.fixture(scope="module")
def drawn():
    return draw_trial(PROTOCOL, "null", n=80, seed=20140618)


@pytest.fixture(scope="module")
def arrays():
    return [draw_arrays(PROTOCOL, "null", n=80, trial=i, seed=5) for i in range(12)]


# 2a. The trial.


def test_the_comparator_may_have_no_start(drawn):
    """Visits of both arms are counted from randomisation all the same."""
    arms = drawn.allocation.set_index("participant_id")["arm"]
    treatment = drawn.treatment.set_index("participant_id")
    unstarted = treatment.index[treatment["treatment_start_date"].isna()]
    assert "MAU" in set(arms[unstarted])
    due = visit_schedule(drawn).groupby("participant_id")["visit_month"].apply(tuple)
    assert set(due[unstarted]) == {(0, 8, 14, 20)}


def test_two_children_of_one_family_who_harmed_share_an_arm(drawn, tmp_path):
    people, arms = drawn.participants, drawn.allocation["arm"]
    one = people.index[arms == "MST-PSB"][0]
    for arm, n_problems in (("MST-PSB", 0), ("MAU", 1)):
        other = people.loc[people.index[arms == arm][1], "family_id"]
        joined = {other: people.loc[one, "family_id"]}
        in_one_family = replace(
            drawn,
            participants=people.replace({"family_id": joined}),
            referrals=drawn.referrals.replace({"family_id": joined}),
            allocation=drawn.allocation.drop(columns="ledger_entry"),
        )
        write_trial(in_one_family, tmp_path / arm)
        split = [p for p in check_trial(tmp_path / arm) if p.column == "arm"]
        assert len(split) == n_problems


# 2b. The Southwark model.


def test_every_eligible_case_is_referred_to_the_trial_whatever_else_is_known():
    """No answer on the form but age and site, and no service, keeps a case from it."""
    answers = (True, False, None)
    kept = product(answers, answers, answers, answers, (None, "cousin", "step_sibling"))
    for plan, agrees, difficulty, looked_after, tie in kept:
        case = {
            "site": "Southwark",
            "age_at_referral": 12,
            "safety_plan": plan,
            "family_agrees": agrees,
            "learning_difficulty": difficulty,
            "looked_after": looked_after,
            "relationship": tie,
        }
        rules = screen_trial(case, PROTOCOL), screen_stepping_stones(case)
        for co_working in (True, False):
            step = next_route(*rules, forum_pathway=True, co_working=co_working)
            assert step.route == "trial"


def test_the_family_decides(drawn):
    """Nobody is randomised who did not consent; who declines has a route elsewhere."""
    consent = drawn.screening.set_index("referral_id")["consent"]
    assert consent[drawn.participants["referral_id"]].eq(True).all()
    declined = drawn.screening[drawn.screening["consent"].eq(False).fillna(value=False)]
    assert len(declined)
    assert declined["route"].notna().all()


def test_consent_in_southwark_is_high_not_certain_and_nobody_elses(arrays):
    """All agreed by June 2014, of a small number: a beta prior centred high."""
    a, b = WORLD.documented_consent
    assert a / (a + b) >= 0.9
    assert b > 0
    told = np.zeros((2, 2))
    for one in arrays:
        here = one.entry.referrals.site == SOUTHWARK
        for i, rows in enumerate((here, ~here)):
            asked = one.entry.pathway.is_approached & rows
            told[i] += asked.sum(), (one.entry.pathway.is_joining & asked).sum()
    southwark, others = told[:, 1] / told[:, 0]
    assert told[0, 1] < told[0, 0], "declining is exercised in Southwark too"
    # 12 trials: four standard errors of the share elsewhere, the sites' own luck
    # (13 x 12 draws of a beta prior with standard deviation .10) included.
    error = np.sqrt(0.65 * 0.35 / told[1, 0] + 0.10**2 / (13 * 12))
    assert others == pytest.approx(0.65, abs=4 * error)
    assert southwark > others


def test_who_is_not_allocated_the_treatment_has_aim_in_southwark(drawn):
    own = drawn.treatment.merge(drawn.allocation, on="participant_id")
    own = own.merge(drawn.participants[["participant_id", "site"]], on="participant_id")
    usual = own[own["arm"] == "MAU"]
    here = usual["site"] == "Southwark"
    assert here.any()
    assert set(usual.loc[here, "comparator_received"]) == {"aim"}


def test_other_boroughs_record_what_the_comparator_was(drawn):
    own = drawn.treatment.merge(drawn.allocation, on="participant_id")
    own = own.merge(drawn.participants[["participant_id", "site"]], on="participant_id")
    elsewhere = own[(own["arm"] == "MAU") & (own["site"] != "Southwark")]
    assert elsewhere["comparator_received"].notna().all()
    assert len(set(elsewhere["comparator_received"])) > 1
    assert own.loc[own["arm"] == "MST-PSB", "comparator_received"].isna().all()


def test_any_agency_may_co_work_whether_or_not_the_case_is_open_to_it(tmp_path):
    """Neither column constrains the other, and no combination is asked about."""
    child_a = read_trial(CHILD_A)
    agencies = ("camhs", "social_care", "youth_offending")
    usual = set(data_queries(child_a)["code"])
    for i, (agency, is_open) in enumerate(product(agencies, (True, False, None))):
        answer = pd.array([is_open], dtype="boolean")
        forum = child_a.forum.assign(co_worker_agency=agency, open_to_agency=answer)
        trial = replace(child_a, forum=forum)
        write_trial(trial, tmp_path / str(i))
        assert check_trial(tmp_path / str(i)) == ()
        assert set(data_queries(trial)["code"]) == usual


def test_the_forum_hears_coded_fields_only():
    """A number without a name, age, concern, agencies and question; no free text."""
    rules = {rule.name: rule for rule in contract_for(PROTOCOL)}
    kinds = {field.name: field.kind for field in rules["forum"].fields}
    assert set(kinds.values()) == {"id", "code", "date", "yes_no"}
    heard = {name for name in kinds if kinds[name] in ("code", "yes_no")}
    assert heard == {"concern", "question", "co_worker_agency", "open_to_agency"}


def test_trial_entry_and_the_forum_date_from_december_2013(drawn):
    start = PROTOCOL.trial.recruitment_start
    assert (start.year, start.month) == (2013, 12)
    sites = drawn.sites.set_index("site")
    assert sites["forum_start_date"].dropna().index.tolist() == ["Southwark"]
    began = sites.loc["Southwark", "forum_start_date"]
    assert (began.year, began.month) == (2013, 12)
    first = forum_diary(drawn, site="Southwark").meetings["meeting_date"].min()
    assert (first.year, first.month) == (2013, 12)


def test_identification_grows_by_the_ramp_in_southwark_only(arrays):
    """From 1 to 1.8 over 12 months from December 2013, after 24 months without it."""
    assert (WORLD.ramp_factor, WORLD.ramp_months) == (1.8, 12)
    for one in arrays:
        when = one.entry.calendar
        assert str(when.start)[:7] == "2013-12"
        assert (when.months < when.start).sum() == 24
        assert np.flatnonzero(one.entry.sites.has_forum).tolist() == [SOUTHWARK]
    month = [one.entry.referrals.date.astype("M8[M]") for one in arrays]
    site = [one.entry.referrals.site for one in arrays]
    since = np.concatenate(month) - np.datetime64("2013-12")
    here = np.concatenate(site) == SOUTHWARK
    months = since.astype(np.int64)
    ratio = {}
    for name, rows in (("Southwark", here), ("elsewhere", ~here)):
        before = (rows & (months >= -12) & (months < 0)).sum()
        after = (rows & (months >= 12) & (months < 24)).sum()
        ratio[name] = after / before, 1 / before + 1 / after
    # Poisson counts: the variance of a log ratio is the sum of the reciprocals.
    for name, factor in (("Southwark", 1.8), ("elsewhere", 1.0)):
        found, variance = ratio[name]
        assert abs(np.log(found / factor)) < 4 * np.sqrt(variance), name


def test_the_ramp_moves_identification_and_not_harm():
    """With a steeper ramp more are identified there, and no more come to harm."""
    told, there = {}, {}
    for factor in (1.8, 4.0):
        world = replace(WORLD, ramp_factor=factor)
        drawn = [draw_arrays(PROTOCOL, trial=i, world=world, seed=8) for i in range(6)]
        site = np.concatenate([one.entry.referrals.site for one in drawn])
        there[factor] = np.mean(site == SOUTHWARK)
        reported = [one.events.event == "reported_harm" for one in drawn]
        ever = [
            len(set(one.events.participant[rows]))
            for one, rows in zip(drawn, reported, strict=True)
        ]
        n = sum(len(one.treated) for one in drawn)
        told[factor] = sum(ever) / n
    assert there[4.0] > there[1.8]
    # A share's standard error is .5 / sqrt(n) at most, and there are two.
    assert abs(told[4.0] - told[1.8]) < 4 * np.sqrt(2) * 0.5 / np.sqrt(n)


# 3. Facts of the trial, and conflicts.


@pytest.mark.parametrize(
    ("topic", "quoted", "decided"),
    [
        ("number of boroughs", ("14", "five"), "quote both"),
        ("the comparator", ("alternative", "management as usual"), "MST-PSB and MAU"),
        ("time zero of visits", ("randomisation", "start of treatment"), "both arms"),
        ("size", ("80", "40"), "planned_n = 80 and achieved_n = 40"),
        ("masking", ("not established", "START masked assessors"), "no arm"),
        ("allocation", ("not established", "minimisation"), "can be chosen"),
        ("publication", ("2018",), "No publication date"),
        ("consent", ("every Southwark family", "unknown elsewhere"), "65% elsewhere"),
    ],
)
def test_every_conflict_is_quoted_and_decided(topic, quoted, decided):
    (conflict,) = [one for one in PROTOCOL.conflicts if one.topic == topic]
    for words in quoted:
        assert any(words in reading for reading in conflict.readings), words
    assert decided in conflict.decision


def test_no_conflict_is_left_out_of_the_list():
    assert len(PROTOCOL.conflicts) == 8


def test_what_is_not_established_is_not_invented():
    trial = PROTOCOL.trial
    assert (trial.registration, trial.masking) == ("not established",) * 2
    assert not re.search(r"ISRCTN|NCT\d", PROTOCOL.text)


def test_minimisation_is_the_default_and_reads_no_conviction():
    assert PROTOCOL.allocation["procedure"] == "minimisation"
    factors = ["site", "sex", "age_group", "onset_group"]
    assert PROTOCOL.allocation["factors"] == factors
    assert [factor.name for factor in PROTOCOL.factors] == factors
    assert mark_of("allocation", PROTOCOL.marks) == "A"


def test_the_primary_outcome_is_placement_at_twenty_months():
    primary = PROTOCOL.primary
    outcome = PROTOCOL.outcome(primary.outcome)
    assert outcome.events == ("placement",)
    assert (outcome.follow_up_months, primary.at_months) == (20, 20)


def test_the_trial_takes_children_of_ten_to_seventeen():
    """10 to 17.5 in the programme: in completed years, 17 at the most."""
    rule = PROTOCOL.eligibility
    assert (rule.youngest_age, rule.oldest_age) == (10, 17)
    ages = {9: "refuse", 10: "accept", 17: "accept", 17.5: "accept", 18: "refuse"}
    for age, decision in ages.items():
        case = {"site": "Southwark", "age_at_referral": age}
        assert screen_trial(case, PROTOCOL).decision == decision


def test_the_report_quotes_every_conflict(drawn):
    document = evaluate(drawn).document
    tables = {
        block.name: block
        for section in document.sections
        for block in section.blocks
        if hasattr(block, "rows")
    }
    topics = [row[0].lower() for row in tables["conflicts"].rows]
    assert topics == [conflict.topic for conflict in PROTOCOL.conflicts]


def test_funders_are_named_as_the_protocol_paper_names_them():
    assert list(PROTOCOL.trial.funders) == [
        "Department of Health",
        "Department for Education",
        "Youth Justice Board",
    ]
