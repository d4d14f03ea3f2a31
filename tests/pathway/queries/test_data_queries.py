"""Every kind of query is found where it is planted, and nowhere else."""

from dataclasses import replace
from datetime import date

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from steps_analysis.errors import ArgumentError
from steps_analysis.pathway import data_queries, unasked_queries
from steps_analysis.pathway.queries.data_queries import QUERY_COLUMNS, query_rules
from steps_analysis.protocol import Eligibility, Factor, load_protocol
from steps_analysis.simulation import draw_trial
from steps_analysis.trial_data import TrialData, check_trial, read_trial, write_trial

STEPS_B = load_protocol()

# R1 joined as P1 and was heard by the forum; R2 was too young; R3 declined.
TABLES = {
    "sites": """
site,opened_date,closed_date,forum_start_date
Southwark,2013-12-01,2014-12-31,2013-12-01
""",
    "referrals": """
referral_id,family_id,site,referral_date,source,age_at_referral,age_at_first_harm,sex
R1,F1,Southwark,2014-02-01,police,14,11,male
R2,F2,Southwark,2014-02-01,police,9,8,male
R3,F3,Southwark,2014-02-02,school,15,14,female
""",
    "screening": """
referral_id,screened_date,eligible,reason,approached_date,consent,consent_date,assent,\
decline_reason
R1,2014-02-03,true,,2014-02-05,true,2014-02-10,true,
R2,2014-02-03,false,age,,,,,
R3,2014-02-04,true,,2014-02-06,false,2014-02-11,,family
""",
    "forum": """
referral_id,papers_date,forum_date
R1,2014-02-06,2014-02-14
""",
    "forum_actions": """
referral_id,forum_date,recommendation,owner_role,due_date,status
R1,2014-02-14,trial_referral,social_care,2014-03-14,done
R1,2014-02-14,safety_plan_review,camhs,2015-03-14,open
""",
    "participants": """
participant_id,site,randomisation_date,family_id,referral_id,placed_at_randomisation,\
sex,age_group,onset_group
P1,Southwark,2014-02-20,F1,R1,false,male,14 to 17,under 12
""",
    "allocation": "participant_id,arm\nP1,MAU\n",
    "visits": """
participant_id,visit_month,completed_date,sdq_total,psb_scale
P1,0,2014-02-21,20,30
P1,8,2014-10-20,18,25
""",
    "events": """
participant_id,event,event_date,informant,is_sexual
P1,offence,2014-05-01,record,false
P1,reported_harm,2014-06-01,carer,
P1,moved,2014-11-01,,
""",
}


@pytest.fixture(scope="module")
def sound(tmp_path_factory):
    """Three referrals with nothing to ask about, read from files."""
    place = tmp_path_factory.mktemp("queries")
    package = '{"provenance": "real", "extract_date": "2015-01-01"}'
    (place / "datapackage.json").write_text(package)
    for name, text in TABLES.items():
        (place / f"{name}.csv").write_text(text.lstrip("\n"))
    assert check_trial(place) == ()
    return read_trial(place)


def with_cell(trial, table, row, **cells):
    """Change cells of one row; a row past the last repeats it."""
    frame = getattr(trial, table)
    if row == len(frame):
        frame = pd.concat([frame, frame.tail(1)], ignore_index=True)
    frame = frame.copy()
    for column, value in cells.items():
        is_day = pd.api.types.is_datetime64_any_dtype(frame[column])
        frame.loc[row, column] = pd.Timestamp(value) if is_day and value else value
    return replace(trial, **{table: frame})


DAMAGES = [
    ("not_screened", "referrals", 3, {"referral_id": "R4", "age_at_referral": 12}),
    ("referral_twice", "referrals", 2, {"family_id": "F1", "sex": "male",
                                        "referral_date": "2014-02-01",
                                        "age_at_referral": 14}),
    ("screened_before_opening", "screening", 1, {"screened_date": "2013-11-30"}),
    ("reason_missing", "screening", 1, {"reason": None}),
    ("eligible_outside_age", "referrals", 2, {"age_at_referral": 18}),
    ("refused_within_age", "referrals", 1, {"age_at_referral": 10}),
    ("not_approached", "screening", 2, {"approached_date": None, "consent": None,
                                        "consent_date": None, "decline_reason": None}),
    ("no_answer", "screening", 2, {"consent": None, "consent_date": None,
                                   "decline_reason": None}),
    ("consent_date_missing", "screening", 2, {"consent_date": None}),
    ("decline_reason_missing", "screening", 2, {"decline_reason": None}),
    ("assent_missing", "screening", 0, {"assent": None}),
    ("not_randomised", "screening", 2, {"consent": True, "decline_reason": None,
                                        "assent": True}),
    ("papers_late", "forum", 0, {"papers_date": "2014-02-10"}),
    ("no_recommendation", "forum", 1, {"forum_date": "2014-03-14"}),
    ("action_status", "forum_actions", 1, {"due_date": "2014-12-31"}),
    ("action_status", "forum_actions", 1, {"status": "overdue"}),
    ("action_owner_missing", "forum_actions", 1, {"owner_role": None}),
    ("action_due_missing", "forum_actions", 1, {"due_date": None}),
    ("referral_missing", "participants", 1, {"participant_id": "P2",
                                             "referral_id": None, "family_id": "F9"}),
    ("family_missing", "participants", 0, {"family_id": None}),
    ("placed_missing", "participants", 0, {"placed_at_randomisation": None}),
    ("randomised_before_opening", "participants", 1, {
        "participant_id": "P2", "referral_id": "R2", "family_id": "F9",
        "age_group": "10 to 13", "randomisation_date": "2013-11-30"}),
    ("randomised_after_closing", "sites", 0, {"closed_date": "2014-02-19"}),
    ("re_referral_not_recorded", "referrals", 2, {"family_id": "F1",
                                                  "referral_date": "2014-08-01"}),
    ("factor_differs", "participants", 0, {"sex": "female"}),
    ("factor_differs", "participants", 0, {"age_group": "10 to 13"}),
    ("factor_differs", "participants", 0, {"onset_group": "12 and over"}),
    ("factor_source_missing", "referrals", 0, {"sex": None}),
    ("visit_out_of_window", "visits", 1, {"completed_date": "2014-09-01"}),
    ("visit_after_leaving", "visits", 1, {"completed_date": "2014-11-02"}),
    ("score_missing", "visits", 1, {"sdq_total": None}),
    ("score_missing", "visits", 1, {"psb_scale": None}),
    ("informant_missing", "events", 1, {"informant": None}),
    ("flag_missing", "events", 0, {"is_sexual": None}),
]  # fmt: skip


# By hand.


def test_a_sound_trial_has_no_queries(sound):
    found = data_queries(sound)
    assert found.empty
    assert tuple(found.columns) == QUERY_COLUMNS
    assert unasked_queries(sound) == {"score_missing": scores_wanting(sound)}


def scores_wanting(trial):
    """What is said of the scores that the visits of a trial do not hold."""
    scores = [score.name for score in STEPS_B.visits.scores]
    gone = [name for name in scores if name not in trial.visits]
    return "; ".join(f"visits.csv has no {name}" for name in gone)


@pytest.mark.parametrize(
    ("code", "table", "row", "cells"),
    DAMAGES,
    ids=[f"{code}: {', '.join(cells)}" for code, _, _, cells in DAMAGES],
)
def test_a_planted_oddity_is_found_and_nothing_else(sound, code, table, row, cells):
    found = data_queries(with_cell(sound, table, row, **cells))
    assert found["code"].tolist() == [code]
    assert found["site"].tolist() == ["Southwark"]


def test_every_rule_is_planted_once_at_least():
    planted = {code for code, *_ in DAMAGES}
    assert {rule.code for rule in query_rules(STEPS_B)} == planted


def test_a_query_names_the_row_and_what_to_do(sound):
    found = data_queries(with_cell(sound, "visits", 1, sdq_total=None))
    assert found.to_dict("records") == [
        {
            "code": "score_missing",
            "site": "Southwark",
            "table": "visits",
            "line": 3,
            "column": "sdq_total",
            "referral_id": None,
            "participant_id": "P1",
            "says": "The visit took place, and has no Strengths and Difficulties "
            "total.",
            "to_do": "Enter the score, or confirm that it was not taken.",
        }
    ]


def test_sentences_are_whole_and_say_what_to_do():
    for rule in query_rules(STEPS_B):
        assert rule.says[0].isupper()
        assert rule.says.endswith(".")
        assert rule.to_do.endswith(".")


# Edges.


def test_an_age_below_every_level_has_the_lowest(sound):
    """At 9 the level is the lowest; the screening is asked about too."""
    found = data_queries(with_cell(sound, "referrals", 0, age_at_referral=9))
    assert found["code"].tolist() == ["eligible_outside_age", "factor_differs"]


@pytest.mark.parametrize(("age", "differs"), [(13, True), (14, False), (17, False)])
def test_the_edge_of_a_level_is_inclusive(sound, age, differs):
    found = data_queries(with_cell(sound, "referrals", 0, age_at_referral=age))
    assert ("factor_differs" in set(found["code"])) is differs


@pytest.mark.parametrize(("level", "differs"), [("yes", False), ("no", True)])
def test_a_factor_made_of_an_answer_is_compared_as_its_level(sound, level, differs):
    care = Factor(
        name="care", label="Care", levels=("no", "yes"), source="looked_after"
    )
    protocol = replace(sound.protocol, factors=(*sound.protocol.factors, care))
    answers = pd.array([True] * len(sound.referrals), dtype="boolean")
    trial = replace(
        sound,
        protocol=protocol,
        referrals=sound.referrals.assign(looked_after=answers),
        participants=sound.participants.assign(care=level),
    )
    assert ("factor_differs" in set(data_queries(trial)["code"])) is differs


def test_a_step_may_take_as_many_days_as_said(sound):
    """R3 was approached on 6 February: 14 days later is in time, 15 is not."""
    waiting = with_cell(
        sound, "screening", 2, consent=None, consent_date=None, decline_reason=None
    )
    asked = {}
    for day in (20, 21):
        early = replace(waiting, extract_date=date(2014, 2, day))
        codes = set(data_queries(early, patience_days=14)["code"])
        asked[day] = "no_answer" in codes
    assert asked == {20: False, 21: True}


def test_a_re_referral_that_is_recorded_is_not_asked_about(sound):
    again = with_cell(sound, "referrals", 2, family_id="F1", referral_date="2014-08-01")
    known = with_cell(again, "events", 3, event="re_referral", event_date="2014-08-01")
    assert data_queries(known).empty


def test_a_referral_a_year_after_randomisation_is_none_of_ours(sound):
    late = replace(sound, extract_date=date(2016, 1, 1), forum_actions=None)
    for day, n in (("2015-02-19", 1), ("2015-02-20", 0)):
        again = with_cell(late, "referrals", 2, family_id="F1", referral_date=day)
        codes = data_queries(again)["code"]
        assert (codes == "re_referral_not_recorded").sum() == n


def test_rules_without_their_table_or_column_are_said(sound):
    bare = replace(
        sound,
        visits=None,
        screening=sound.screening.drop(columns="assent"),
        role="commissioner",
    )
    unasked = unasked_queries(bare)
    assert unasked["assent_missing"] == "screening.csv has no assent"
    assert unasked["score_missing"] == "visits.csv is closed to this role"
    absent = unasked_queries(replace(bare, role="research_assistant"))
    assert absent["score_missing"] == "visits.csv is absent"
    assert data_queries(bare).empty


@pytest.mark.parametrize("gone", ["sdq_total", "psb_scale"])
def test_every_column_wanting_is_named_for_rules_of_one_code(sound, gone):
    bare = replace(sound, visits=sound.visits.drop(columns=gone))
    said = unasked_queries(bare)["score_missing"]
    assert said == scores_wanting(bare)
    assert said.count("visits.csv has no") == 6


def test_empty_tables_have_no_queries(sound):
    empty = {name: table.iloc[:0] for name, table in sound.tables()}
    assert data_queries(replace(sound, **empty)).empty


def test_a_trial_with_nothing_at_all_has_no_queries(sound):
    bare = TrialData(
        protocol=STEPS_B, extract_date=date(2015, 1, 1), provenance="unknown"
    )
    assert data_queries(bare).empty
    assert len(unasked_queries(bare)) == len({r.code for r in query_rules(STEPS_B)})


def test_a_protocol_without_limits_of_age_asks_nothing_about_them(sound):
    free = replace(STEPS_B, eligibility=Eligibility())
    assert data_queries(replace(sound, protocol=free)).empty
    for age, rule in (
        (9, Eligibility(oldest_age=12)),
        (15, Eligibility(youngest_age=9)),
    ):
        odd = with_cell(sound, "referrals", 1, age_at_referral=age)
        found = data_queries(replace(odd, protocol=replace(STEPS_B, eligibility=rule)))
        assert "refused_within_age" in set(found["code"])


def test_a_protocol_without_a_forum_asks_nothing_about_papers(sound):
    late = with_cell(sound, "forum", 0, papers_date="2014-02-10")
    plain = replace(late, protocol=replace(STEPS_B, forum=None))
    assert data_queries(plain).empty


# Masking and order.


def test_no_concealed_table_is_read(sound):
    odd = with_cell(sound, "visits", 1, sdq_total=None)
    nonsense = pd.DataFrame({"participant_id": ["P1"], "arm": ["?"]})
    bare = replace(odd, allocation=nonsense, treatment=nonsense, costs=nonsense)
    pd.testing.assert_frame_equal(data_queries(bare), data_queries(odd))


@settings(max_examples=5, deadline=None)
@given(st.integers(0, 50))
def test_queries_come_in_order_and_point_at_their_rows(trial_number):
    trial = draw_trial(STEPS_B, "null", n=12, seed=5, trial=trial_number)
    found = data_queries(trial, patience_days=0)
    assert len(found)
    for row in found.itertuples():
        frame = getattr(trial, row.table)
        key = "participant_id" if "participant_id" in frame else "referral_id"
        assert frame[key].iloc[row.line - 2] == getattr(row, key)
    lines = found.groupby("table", sort=False)["line"]
    assert lines.apply(lambda part: part.is_monotonic_increasing).all()


def test_a_folder_read_back_gives_the_same_queries(tmp_path):
    trial = draw_trial(STEPS_B, "null", n=12, seed=5)
    write_trial(trial, tmp_path / "data")
    for role in ("statistician", "masked_statistician", "research_assistant"):
        other = read_trial(tmp_path / "data", role=role)
        pd.testing.assert_frame_equal(data_queries(other), data_queries(trial))


# Errors.


def test_a_negative_patience_is_refused(sound):
    with pytest.raises(ArgumentError, match="`patience_days` must be at least 0"):
        data_queries(sound, patience_days=-1)
