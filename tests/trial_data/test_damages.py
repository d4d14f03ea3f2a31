"""Every rule of the data contract broken once: file, lines, column, rule and hint."""

from __future__ import annotations

import json
import os
from dataclasses import replace

import pandas as pd
import pytest

from steps_analysis.simulation import committed
from steps_analysis.trial_data import (
    ContractError,
    check_trial,
    read_trial,
    write_trial,
)

# What is damaged: file, a text in it, what it becomes.
# What is then said: file, lines, column, words of the rule, words of the hint.
P, R, E, S = "participants.csv", "referrals.csv", "events.csv", "screening.csv"
V, A, T, C = "visits.csv", "allocation.csv", "treatment.csv", "costs.csv"
W, F, G = "sites.csv", "forum.csv", "forum_actions.csv"

DAMAGES = {
    # ---- cells
    "padded site": (
        R, "fam-2,South,", "fam-2,South ,",
        (R, (4,), "site", "be one of North, South, West", "did you mean 'South'?")),
    "site in capitals": (
        R, "fam-2,South,", "fam-2,SOUTH,",
        (R, (4,), "site", "be one of North, South, West", "did you mean 'South'?")),
    "misspelt site": (
        P, "kid-3,South", "kid-3,Sout",
        (P, (4,), "site", "be one of North, South, West", "did you mean 'South'?")),
    "unknown site": (
        P, "kid-3,South", "kid-3,Elsewhere",
        (P, (4,), "site", "be one of North, South, West", None)),
    "misspelt code": (
        E, "kid-3,placement", "kid-3,Placements",
        (E, (3,), "event", "be one of offence", "did you mean 'placement'?")),
    "code for missing": (
        R, "female,birth_sibling", "n/a,birth_sibling",
        (R, (4,), "sex", "be one of male, female", "a missing value is an empty cell")),
    "missing required cell": (
        E, "kid-3,offence,2014-07-01", "kid-3,offence,",
        (E, (4,), "event_date", "be given", None)),
    "missing identifier": (
        E, "kid-3,offence", ",offence", (E, (4,), "participant_id", "be given", None)),
    "padded identifier": (
        E, "kid-3,offence", " kid-3,offence",
        (E, (4,), "participant_id", "have no spaces around it", None)),
    "identifier in capitals": (
        E, "kid-3,offence", "KID-3,offence",
        (E, (4,), "participant_id", "be a `participant_id` of participants.csv",
         "only in its capitals")),
    "identifier for missing": (
        T, "kid-3,aim", "NA,aim",
        (T, (3,), "participant_id", "be an identifier", "an empty cell")),
    "free text": (
        R, "fam-4", "the family of the boy who was seen at school and then moved house",
        (R, (6,), "family_id", "have at most 64 characters", "free text")),
    "hidden sign": (
        R, "fam-4", "fam\u200b-4",
        (R, (6,), "family_id", "hold no line breaks and no invisible", None)),
    "nought byte": (
        R, "fam-4", "fam-3\x00",
        (R, (6,), "family_id", "hold no line breaks and no invisible", None)),
    "nought byte where the text stands elsewhere": (
        R, "male,known", "male\x00,known",
        (R, (5,), "sex", "be one of male, female", "did you mean 'male'?")),
    "line break in a cell": (
        R, "fam-4", '"fam\n4"',
        (R, (6,), "family_id", "hold no line breaks and no invisible", None)),
    "nothing but spaces": (
        F, "ref-5,,", "ref-5, ,",
        (F, (3,), "papers_date", "be empty or hold a value", "nothing but spaces")),
    "British date": (
        E, "2014-08-01", "01/08/2014",
        (E, (2,), "event_date", "be a date written year-month-day", "2015-04-03")),
    "date without hyphens": (
        E, "2014-08-01", "20140801",
        (E, (2,), "event_date", "be a date written year-month-day", "with hyphens")),
    "date with a time": (
        E, "2014-08-01", "2014-08-01 00:00:00",
        (E, (2,), "event_date", "be a date written year-month-day", "time of day")),
    "spreadsheet date": (
        E, "2014-08-01", "41852",
        (E, (2,), "event_date", "be a date written year-month-day", "day number")),
    "date in words": (
        E, "2014-08-01", "first of August",
        (E, (2,), "event_date", "be a date written year-month-day", None)),
    "impossible date": (
        E, "2014-08-01", "2014-06-31",
        (E, (2,), "event_date", "be a date that exists", "then month, then day")),
    "day and month swapped": (
        E, "2014-08-10", "2014-13-08",
        (E, (2,), "recorded_date", "be a date that exists", "then month, then day")),
    "date of another age": (
        P, "kid-4,West,2014-05-20", "kid-4,West,0214-05-20",
        (P, (5,), "randomisation_date", "not come before 1980-01-01", None)),
    "future date": (
        E, "2015-01-05", "2016-07-01",
        (E, (2,), "sanction_date", "not come after the extract date 2016-06-30", None)),
    "planned date of another age": (
        W, "2015-12-31", "2105-12-31",
        (W, (2,), "closed_date", "not come after 2099-12-31", None)),
    "more children than a city has": (
        W, "20000", "20000000",
        (W, (3,), "population_10_17", "lie between 0 and 10,000,000 children", None)),
    "more therapists than a site has": (
        W, "2014-01-10,3", "2014-01-10,3000",
        (W, (2,), "therapists", "lie between 0 and 1,000 people", None)),
    "more sessions than days": (
        T, "2014-10-01,,40", "2014-10-01,,40000",
        (T, (2,), "contacts", "lie between 0 and 10,000 sessions", None)),
    "cost beyond measure": (
        C, "1200.5", "1.2e9",
        (C, (2,), "cost", "lie between 0 and 1,000,000,000 pounds", None)),
    "more ledger entries than families": (
        A, "kid-4,usual,3", "kid-4,usual,3000000",
        (A, (5,), "ledger_entry", "lie between 0 and 1,000,000", None)),
    "month of another age": (
        C, "justice,0,12", "justice,0,1200",
        (C, (4,), "month_to", "lie between 0 and 600 months", None)),
    "negative age": (
        R, "health,16,16,16", "health,16,-1,16",
        (R, (5,), "age_at_first_harm", "lie between 0 and 25 years", None)),
    "absurd age": (
        R, "camhs,9", "camhs,90",
        (R, (6,), "age_at_referral", "lie between 0 and 25 years", None)),
    "age with a point": (
        R, "camhs,9", "camhs,9.5",
        (R, (6,), "age_at_referral", "be a whole number", "without a decimal point")),
    "age in words": (
        R, "camhs,9", "camhs,nine",
        (R, (6,), "age_at_referral", "be a whole number", None)),
    "age for missing": (
        R, "camhs,9", "camhs,unknown",
        (R, (6,), "age_at_referral", "be a whole number", "an empty cell")),
    "thousands separator": (
        W, "20000", '"20,000"',
        (W, (3,), "population_10_17", "be a whole number", "thousands separators")),
    "negative count": (
        W, "20000", "-20000",
        (W, (3,), "population_10_17", "lie between 0 and 10,000,000 children", None)),
    "decimal comma": (
        C, "1200.5", '"1200,5"', (C, (2,), "cost", "be a number", "decimal point")),
    "number beyond measure": (
        C, "1200.5", "1e999", (C, (2,), "cost", "be finite", None)),
    "score beyond its scale": (
        V, "12.5", "41", (V, (3,), "scale", "lie between 0 and 40 points", None)),
    "fidelity in per cent": (
        T, "0.85", "85", (T, (2,), "fidelity", "lie between 0 and 1", None)),
    "yes for true": (
        R, "cousin,true", "cousin,Yes",
        (R, (2,), "safety_plan", "be true or false", "did you mean 'true'?")),
    "nought for false": (
        E, "2014-07-10,,false", "2014-07-10,,0",
        (E, (4,), "is_sexual", "be true or false", "did you mean 'false'?")),
    "maybe": (
        R, "cousin,true", "cousin,perhaps",
        (R, (2,), "safety_plan", "be true or false", None)),
    "unknown for true": (
        R, "cousin,true", "cousin,unknown",
        (R, (2,), "safety_plan", "be true or false", "an empty cell")),
    # ---- keys and links
    "duplicate identifier": (
        R, "ref-5,fam-4", "ref-3,fam-4",
        (R, (6,), "referral_id", "not repeat an earlier row", "line 4 has the same"),
        (S, (6,), "referral_id", "be a `referral_id` of referrals.csv", None),
        (F, (3,), "referral_id", "be a `referral_id` of referrals.csv", None),
        (G, (3,), "referral_id", "be a `referral_id` of referrals.csv", None)),
    "duplicate visit": (
        V, "kid-1,6,2014-09-20", "kid-1,0,2014-03-20",
        (V, (3,), "participant_id, visit_month", "not repeat", "line 2 has the same")),
    "duplicate presentation": (
        F, "ref-5,,2014-06-11", "ref-1,,2014-03-14",
        (F, (3,), "referral_id, forum_date", "not repeat", "line 2 has the same"),
        (G, (3,), "forum_date", "be the date of a meeting in forum.csv", None)),
    "duplicate cost": (
        C, "health,6,12", "health,0,12",
        (C, (3,), "participant_id, sector, month_from", "not repeat", "line 2 has")),
    "event of nobody": (
        E, "kid-3,offence", "kid-9,offence",
        (E, (4,), "participant_id", "be a `participant_id` of participants.csv", None)),
    "participant at no site": (
        W, "West,,,,,,\n", "",
        (R, (5, 6), "site", "be a `site` of sites.csv", None),
        (P, (5,), "site", "be a `site` of sites.csv", None)),
    "screening of no referral": (
        S, "ref-5", "ref-9",
        (S, (6,), "referral_id", "be a `referral_id` of referrals.csv", None)),
    # ---- within a row
    "harm after referral": (
        R, "16,16,16", "16,16,17",
        (R, (5,), "age_at_last_harm", "not exceed `age_at_referral`", None)),
    "first harm after referral": (
        R, "16,16,16", "16,17,",
        (R, (5,), "age_at_first_harm", "not exceed `age_at_referral`", None)),
    "first harm after the last": (
        R, "14,11,13", "14,13,11",
        (R, (2,), "age_at_first_harm", "not exceed `age_at_last_harm`", None)),
    "consent before approach": (
        S, "2014-04-06,true,2014-04-10", "2014-04-06,true,2014-04-05",
        (S, (4,), "consent_date", "not come before `approached_date`", None)),
    "an answer that is missing": (
        S, "2014-06-05,false,age,,,,", "2014-06-05,false,age,,,2014-06-06,",
        (S, (6,), "consent_date", "be empty where `consent` is: it is the date of the",
         "what the family answered is missing")),
    "consent without approach": (
        S, "2014-04-06,true,2014-04-10", ",true,2014-04-10",
        (S, (4,), "consent", "not be true where `approached_date` is empty",
         "without an approach")),
    "approached before screened": (
        S, "2014-04-06,true", "2014-04-04,true",
        (S, (4,), "approached_date", "not come before `screened_date`", None)),
    "reason of an eligible case": (
        S, "ref-3,2014-04-05,true,,", "ref-3,2014-04-05,true,age,",
        (S, (4,), "reason", "be empty where `eligible` is true", None)),
    "papers after the forum": (
        F, "2014-03-07", "2014-03-15",
        (F, (2,), "forum_date", "not come before `papers_date`", None)),
    "due before the forum": (
        G, "2014-04-01", "2014-03-01",
        (G, (2,), "due_date", "not come before `forum_date`", None)),
    "review before the forum": (
        G, "2014-09-01", "2014-06-01",
        (G, (3,), "review_date", "not come before `forum_date`", None)),
    "reviewed before the forum": (
        G, "2014-09-02", "2014-06-02",
        (G, (3,), "reviewed_date", "not come before `forum_date`", None)),
    "closed before opened": (
        W, "2014-02-01,,", "2014-02-01,2014-01-01,",
        (W, (3,), "closed_date", "not come before `opened_date`", None)),
    "spell ends before it begins": (
        E, "2014-02-01,2014-09-01", "2014-02-01,2014-01-01",
        (E, (3,), "end_date", "not come before `event_date`", None)),
    "recorded before it happened": (
        E, "2014-08-10", "2014-07-10",
        (E, (2,), "recorded_date", "not come before `event_date`", None)),
    "sanction before offence": (
        E, "2015-01-05", "2014-01-05",
        (E, (2,), "sanction_date", "not come before `event_date`", None)),
    "treatment ends before it starts": (
        T, "2014-10-01", "2014-03-31",
        (T, (2,), "treatment_end_date", "not come before `treatment_start_", None)),
    "empty period": (
        C, "justice,0,12", "justice,12,12",
        (C, (4,), "month_to", "exceed `month_from`", None)),
    # ---- between rows and tables
    "overlapping periods": (
        C, "health,6,12", "health,5,12",
        (C, (3,), "month_from", "not lie within another period", None)),
    "forum before its first meeting": (
        W, "2014-01-10", "2014-03-15",
        (F, (2,), "forum_date", "not come before `forum_start_date` of site",
         "before its first meeting")),
    "screened before referral": (
        S, "ref-3,2014-04-05", "ref-3,2014-03-31",
        (S, (4,), "screened_date", "not come before `referral_date` of referrals.csv",
         None)),
    "forum before referral": (
        F, "ref-5,,2014-06-11", "ref-5,,2014-05-11",
        (F, (3,), "forum_date", "not come before `referral_date` of referrals", None),
        (G, (3,), "forum_date", "be the date of a meeting in forum.csv", None)),
    "action without a meeting": (
        G, "ref-5,2014-06-11", "ref-5,2014-06-12",
        (G, (3,), "forum_date", "be the date of a meeting in forum.csv", None)),
    "randomised before referral": (
        R, "ref-4,fam-3,West,2014-05-01", "ref-4,fam-3,West,2014-05-21",
        (S, (5,), "screened_date", "not come before `referral_date`", None),
        (P, (5,), "randomisation_date", "not come before `referral_date` of", None)),
    "randomised before consent": (
        S, "2014-05-09", "2014-05-21",
        (P, (5,), "randomisation_date", "not come before `consent_date` of screening",
         None)),
    "randomised before screening": (
        S, "ref-4,2014-05-05,true,,2014-05-07,true,2014-05-09",
        "ref-4,2014-05-21,true,,2014-05-21,true,",
        (P, (5,), "randomisation_date", "not come before `screened_date` of screening",
         None)),
    "allocation without consent": (
        S, "2014-05-07,true,", "2014-05-07,false,",
        (P, (5,), "referral_id", "lead to a case whose `consent` of screening.csv is",
         "allocation without consent")),
    "allocation without screening": (
        S, "ref-4,2014-05-05,true,,2014-05-07,true,2014-05-09,\n", "",
        (P, (5,), "referral_id", "lead to a case whose `consent` of screening.csv is",
         "allocation without consent")),
    "route of a randomised case": (
        S, "2014-05-09,", "2014-05-09,aim",
        (S, (5,), "route", "be empty for a randomised case: it would show the arm",
         "stands in allocation.csv")),
    "child randomised twice": (
        P, "kid-2,North,2014-03-20,fam-1,ref-2", "kid-2,North,2014-03-20,fam-1,ref-1",
        (P, (3,), "referral_id", "lead to one participant only", "randomised twice")),
    "another family": (
        P, "fam-2,ref-3", "fam-9,ref-3",
        (P, (4,), "family_id", "be the `family_id` of referrals.csv of its referral",
         "the referral of another family?")),
    "another site": (
        P, "kid-4,West", "kid-4,North",
        (P, (5,), "site", "be the `site` of referrals.csv of its referral",
         "the referral of another child, or of another site?")),
    "participant without allocation": (
        A, "kid-4,usual,3\n", "",
        (P, (5,), "participant_id", "have an arm in allocation.csv",
         "a participant without allocation")),
    "allocation without participant": (
        A, "kid-4,usual,3\n", "kid-4,usual,3\nkid-5,new,4\n",
        (A, (6,), "participant_id", "be a `participant_id` of participants.csv", None)),
    "family split across arms": (
        A, "kid-2,new", "kid-2,usual",
        (A, (2, 3), "arm", "be the same throughout a family", "unit of randomisation")),
    "one ledger entry for two families": (
        A, "kid-4,usual,3", "kid-4,usual,2",
        (A, (4, 5), "ledger_entry", "be that of one family only",
         "allocates one family")),
    "treated before randomisation": (
        T, "2014-04-01,2014-10-01", "2014-01-01,2014-03-19",
        (T, (2,), "treatment_end_date", "not come before `randomisation_date` of",
         "is no treatment of the trial")),
    "left treatment before randomisation": (
        T, "2014-06-01", "2014-04-01",
        (T, (3,), "withdrew_treatment_date", "not come before `randomisation_date` of",
         None)),
    "visit before randomisation": (
        V, "2014-03-21", "2014-03-19",
        (V, (2,), "completed_date", "not come before `randomisation_date` of partic",
         None)),
    "visit due before randomisation": (
        V, "2014-03-20,2014-03-21", "2014-03-10,2014-03-21",
        (V, (2,), "due_date", "not come before `randomisation_date` of partic", None)),
    "unplanned visit": (
        V, "kid-4,6", "kid-4,7",
        (V, (5,), "visit_month", "be one of the protocol's visit months", None)),
    "visit due at another time": (
        V, "2014-11-20", "2014-12-22",
        (V, (5,), "due_date", "lie within the protocol's visit window, `visit_month` "
         "months after `randomisation_date` of participants.csv",
         "of another month or participant?")),
    "score of a visit that never was": (
        V, "2014-04-20,,", "2014-04-20,,7",
        (V, (4,), "completed_date", "be given where the visit has a score", None)),
    "end of what has no duration": (
        E, "2014-08-01,,", "2014-08-01,2014-08-02,",
        (E, (2,), "end_date", "be empty where `event` has no duration",
         "these have no end: case_closed, died")),
    "sanction of no offence": (
        E, "2015-07-02,,", "2015-07-02,2015-08-01,",
        (E, (5,), "sanction_date", "be empty where `event` is no offence", None)),
    "event entered twice": (
        E, "kid-4,died", "kid-3,offence,2014-07-01,,2014-07-10,,false\nkid-4,died",
        (E, (5,), None, "not repeat an earlier row", "line 4 has the same")),
    "dead before randomisation": (
        E, "2015-07-01,,2015-07-02", "2014-05-19,,2015-07-02",
        (E, (5,), "event_date", "not come before `randomisation_date` of participants",
         "such as a placement")),
    "event after death": (
        E, "kid-3,offence", "kid-3,died,2014-06-01,,,,\nkid-3,offence",
        (E, (5,), "event_date", "not come after the child's death", None)),
    # ---- files
    "wrong number of cells": (
        E, "2014-07-10,,false", "2014-07-10,false",
        (E, (4,), None, "hold 7 cells, as the header does", "cut short")),
    "comma in a cell": (
        E, "2014-07-10,,false", "2014-07-10,,false,really",
        (E, (4,), None, "hold 7 cells, as the header does", "quotation marks")),
    "empty line": (
        E, "kid-3,offence", "\nkid-3,offence",
        (E, (4,), None, "hold 7 cells, as the header does", "the line is empty")),
    "open quotation mark": (
        E, "kid-3,offence", '"kid-3,offence',
        (E, (4,), None, "close every quotation mark it opens", None)),
    "repeated column": (
        F, "concern", "forum_date",
        (F, (1,), "forum_date", "stand only once", None)),
    "misspelt column": (
        E, "event_date", "Event Date",
        (E, (1,), "Event Date", "be a column of the contract for events.csv",
         "did you mean 'event_date'?")),
    "unknown column": (
        R, "safety_plan", "postcode",
        (R, (1,), "postcode", "be a column of the contract for referrals.csv",
         "[columns.referrals]")),
    "column without a name": (
        R, "safety_plan", "",
        (R, (1,), None, "name every column", "a comma too many")),
    "no header": (
        F, "referral_id,papers_date,forum_date,concern\n", "",
        (F, (1,), None, "hold the names of the columns",
         "at least `referral_id`, `forum_date`")),
    "provenance misspelt": (
        "datapackage.json", '"real"', '"Reel"',
        ("datapackage.json", (2,), "provenance", "be one of synthetic, real, unknown",
         "did you mean 'real'?")),
    "provenance missing": (
        "datapackage.json", '"provenance"', '"provenence"',
        ("datapackage.json", (), "provenance", "be one of synthetic, real, unknown",
         "`provenence`")),
    "no extract date": (
        "datapackage.json", '"extract_date"', '"date"',
        ("datapackage.json", (), "extract_date", "be a date such as", None)),
    "impossible extract date": (
        "datapackage.json", "2016-06-30", "2016-06-31",
        ("datapackage.json", (3,), "extract_date", "be a date such as", None)),
    "extract date of another age": (
        "datapackage.json", "2016-06-30", "1066-06-30",
        ("datapackage.json", (3,), "extract_date", "lie between 1980-01-01 and", None)),
    "extract date in the future": (
        "datapackage.json", "2016-06-30", "2099-12-31",
        ("datapackage.json", (3,), "extract_date", "not lie in the future", None)),
    "extract date with a time": (
        "datapackage.json", "2016-06-30", "2016-06-30T00:00",
        ("datapackage.json", (3,), "extract_date", "be a date such as", None)),
    "key given twice": (
        "datapackage.json", '"real"', '"real", "provenance": "synthetic"',
        ("datapackage.json", (), None, "name every key once", None)),
    "endless number": (
        "datapackage.json", '"real"', f'"real", "n": {"9" * 5000}',
        ("datapackage.json", (1,), None, "be JSON", "a number too long")),
    "endless brackets": (
        "datapackage.json", '"real"', f'"real", "n": {"[" * 100_000}',
        ("datapackage.json", (1,), None, "be JSON", "brackets too deep")),
    "no JSON": (
        "datapackage.json", '"real",', '"real"',
        ("datapackage.json", (3,), None, "be JSON", "Expecting ',' delimiter")),
}  # fmt: skip


@pytest.mark.parametrize("name", DAMAGES)
def test_damage_is_told(files, written, name):
    file, old, new, *expected = DAMAGES[name]
    assert old in files[file]
    files[file] = files[file].replace(old, new, 1)
    problems = check_trial(written(files))
    told = [(p.file, p.lines, p.column) for p in problems]
    assert told == [row[:3] for row in expected]
    for problem, (*_, rule, hint) in zip(problems, expected, strict=True):
        assert rule in problem.rule
        assert problem.n == max(1, len(problem.lines))
        assert (hint is None) == (problem.hint is None), problem.hint
        assert hint is None or hint in problem.hint


@pytest.mark.parametrize("name", ["padded site", "no JSON", "unknown column"])
def test_reading_raises_what_checking_tells(files, written, name):
    file, old, new, *_ = DAMAGES[name]
    files[file] = files[file].replace(old, new, 1)
    folder = written(files)
    with pytest.raises(ContractError, match=r"1 problem in 1 file\n") as caught:
        read_trial(folder)
    assert caught.value.problems == check_trial(folder)


# ---- what can honestly happen ----------------------------------------------------


def screened(files, decline_reason):
    """Let ref-4 be screened with a reason for not joining."""
    head, *rows = files[S].splitlines()
    reasons = [decline_reason if row.startswith("ref-4") else "" for row in rows]
    rows = [f"{row},{reason}" for row, reason in zip(rows, reasons, strict=True)]
    files[S] = "\n".join([f"{head},decline_reason", *rows])


def test_randomised_though_it_declined_is_told(files, written):
    screened(files, "young_person")
    problem = only_problem(written(files))
    assert (problem.file, problem.lines) == (S, (5,))
    assert problem.rule == "be empty for a randomised case"
    assert problem.hint == "a family that joined did not decline"


def test_a_family_may_consent_and_yet_not_join(files, written):
    """The carer consented, the child did not: no participant, and no contradiction."""
    screened(files, "young_person")
    for name in (P, A, V, E):
        kept = [row for row in files[name].splitlines() if "kid-4" not in row]
        files[name] = "\n".join(kept)
    assert check_trial(written(files)) == ()


def test_an_ineligible_family_may_have_been_approached(files, written):
    files[S] = files[S].replace("false,age,,,", "false,age,2014-06-06,false,2014-06-07")
    assert check_trial(written(files)) == ()


@pytest.mark.parametrize("event", ["case_closed", "withdrew_data"])
def test_what_others_do_may_follow_a_death(files, written, event):
    files[E] += f"kid-4,{event},2015-08-01,,2015-08-02,,\n"
    assert check_trial(written(files)) == ()


@pytest.mark.parametrize("event", ["re_referral", "adverse_event", "custody"])
def test_some_events_may_last(files, written, event):
    files[E] += f"kid-3,{event},2015-08-01,2015-08-05,,,\n"
    assert check_trial(written(files)) == ()


def test_a_visit_may_be_due_by_the_calendar_or_by_mean_months(files, written):
    """Six mean months are 183 days; 28 of the window and 3 of the calendar beside."""
    for due in ("2014-11-20", "2014-11-19", "2014-12-20", "2014-10-19"):
        other = {**files, V: files[V].replace("2014-11-20", due)}
        assert check_trial(written(other, due)) == ()


def test_synthetic_records_may_lie_in_the_future(files, written):
    files["datapackage.json"] = '{"provenance": "synthetic", "extract_date": "%s"}'
    files["datapackage.json"] %= "2099-12-31"
    assert check_trial(written(files)) == ()


def test_two_refused_rows_are_not_called_alike(files, written):
    files[E] += "kid-3,offence,2014-13-01,,,,\nkid-3,offence,2014-14-01,,,,\n"
    problem = only_problem(written(files))
    assert (problem.column, problem.lines) == ("event_date", (6, 7))


# ---- whole files -----------------------------------------------------------------


def only_problem(folder):
    (problem,) = check_trial(folder)
    return problem


@pytest.mark.parametrize("content", ["", "\n", "  \n \r\n", "\ufeff"])
def test_empty_file_is_told(files, written, content):
    files["forum_actions.csv"] = content
    assert str(only_problem(written(files))) == (
        "forum_actions.csv: the file must hold a header line\nHint: it is empty"
    )


@pytest.mark.parametrize(
    ("sign", "word"), [(";", "semicolons"), ("\t", "tabs"), ("|", "bars")]
)
def test_wrong_delimiter_is_told_once(files, written, sign, word):
    files["costs.csv"] = files["costs.csv"].replace(",", sign)
    problem = only_problem(written(files))
    assert (problem.file, problem.lines) == ("costs.csv", (1,))
    assert problem.rule == "be separated by commas"
    assert f"separated by {word}" in problem.hint


def test_decimal_commas_between_semicolons_are_told_once(files, written):
    files["costs.csv"] = files["costs.csv"].replace(",", ";").replace("1200.5", "12,5")
    assert only_problem(written(files)).rule == "be separated by commas"


def test_latin_1_bytes_are_told_with_line_and_column(files, written):
    text = (
        files["referrals.csv"].replace("fam-4", "f\xe4m-4").replace("ref-2", "ref-\xe9")
    )
    files["referrals.csv"] = text.encode("latin-1")
    problems = check_trial(written(files))
    told = [(p.file, p.lines, p.column, p.rule) for p in problems]
    assert told == [
        ("referrals.csv", (3,), "referral_id", "be UTF-8 text"),
        ("referrals.csv", (6,), "family_id", "be UTF-8 text"),
    ]
    assert all("Latin-1" in problem.hint for problem in problems)


@pytest.mark.parametrize(
    ("data", "hint"),
    [
        ("referral_id,forum_date\n".encode("utf-16"), "UTF-16"),
        (b"PK\x03\x04 a workbook", "workbook"),
    ],
)
def test_other_formats_are_told(files, written, data, hint):
    files["forum_actions.csv"] = data
    problem = only_problem(written(files))
    assert problem.rule == "be UTF-8 text"
    assert hint in problem.hint


@pytest.mark.parametrize("name", ["sites", "participants", "allocation", "events"])
def test_want_of_a_needed_table_is_told(files, written, name):
    del files[f"{name}.csv"]
    told = [str(problem) for problem in check_trial(written(files))]
    assert told == [f"{name}.csv: the file must be there"]


def test_commissioner_needs_sites_alone(files, written):
    kept = ("datapackage.json", "protocol.toml", "sites.csv")
    folder = written({name: files[name] for name in kept})
    assert check_trial(folder, role="commissioner") == ()


@pytest.mark.parametrize("name", ["sites", "participants"])
def test_tables_that_may_not_be_empty(files, written, name):
    files[f"{name}.csv"] = files[f"{name}.csv"].splitlines()[0]
    folder = written(files)
    rules = [p.rule for p in check_trial(folder) if p.file == f"{name}.csv"]
    assert rules == ["hold at least one row"]


def test_missing_columns_are_told(files, written):
    files[A] = "participant_id\nkid-1\nkid-2\nkid-3\nkid-4\n"
    files[F], files[G] = "referral_id,concern\nref-1,low\n", "referral_id,forum_date\n"
    told = [str(problem) for problem in check_trial(written(files))]
    assert told == [
        "forum.csv:1: `forum_date` must be there",
        "forum_actions.csv:1: `recommendation` must be there",
        "allocation.csv:1: `arm` must be there",
    ]


def test_misnamed_file_is_told(files, written):
    files["Screenings.csv"] = files.pop("screening.csv")
    files["raw.csv"] = "anything"
    problem = only_problem(written(files))
    assert problem.file == "Screenings.csv"
    assert problem.hint == "did you mean 'screening'?"


def test_misnamed_concealed_file_is_not_told_to_a_masked_role(files, written):
    files["allocations.csv"] = files.pop("allocation.csv")
    folder = written(files)
    assert len(check_trial(folder)) == 2
    assert check_trial(folder, role="masked_statistician") == ()


def test_folder_in_place_of_a_file_is_told(files, written):
    del files["costs.csv"]
    folder = written(files)
    (folder / "costs.csv").mkdir()
    assert only_problem(folder).rule == "be a file that can be read"


@pytest.mark.parametrize("target", ["nowhere", "costs.csv"])  # the other, itself
@pytest.mark.parametrize("name", ["costs.csv", "datapackage.json"])
def test_link_that_leads_nowhere_is_told(files, written, name, target):
    files.pop("costs.csv"), files.pop(name, None)
    folder = written(files)
    (folder / name).symlink_to(folder / target)
    told = [p.rule for p in check_trial(folder) if p.file == name]
    assert told == ["be a file that can be read"]


def test_pipe_in_place_of_a_file_is_told_and_not_waited_for(files, written):
    del files["costs.csv"]
    folder = written(files)
    os.mkfifo(folder / "costs.csv")
    assert only_problem(folder).rule == "be a file that can be read"


def listing(files, *names):
    """List files with their columns in the package, as `write_trial` does."""
    resources = [
        {"path": name, "schema": {"fields": [{"name": column} for column in columns]}}
        for name in names
        for columns in [files[name].splitlines()[0].split(",")]
    ]
    facts = {"provenance": "real", "extract_date": "2016-06-30"}
    files["datapackage.json"] = json.dumps({**facts, "resources": resources})


@pytest.mark.parametrize("name", [V, E])
def test_want_of_a_listed_file_is_told_once(files, written, name):
    listing(files, V, E)
    del files[name]
    problem = only_problem(written(files))
    assert str(problem) == (
        f"{name}: the file must be there\nHint: datapackage.json lists it"
    )


def test_want_of_a_listed_column_is_told_once(files, written):
    listing(files, W, R, P, V)
    files[W] = "site,ring\nNorth,\nSouth,\nWest,\n"
    files[R] = files[R].replace("relationship", "relation_ship")
    files[P] = files[P].replace("participant_id,", "kid,")
    told = [(p.file, p.column, p.hint) for p in check_trial(written(files))]
    where = "the protocol under [columns.participants]"
    lost = ["population_10_17", "opened_date", "closed_date", "forum_start_date"]
    assert told == [
        *((W, name, "datapackage.json lists it") for name in [*lost, "therapists"]),
        (R, "relation_ship", "did you mean 'relationship'?"),
        (P, "kid", f"leave it out, or map it in {where}"),
        (P, "participant_id", None),
    ]


def test_concealed_files_that_are_listed_are_not_missed_by_a_masked_role(
    files, written
):
    listing(files, A, T, C)
    del files[A], files[T], files[C]
    assert check_trial(written(files), role="masked_statistician") == ()


@pytest.mark.parametrize(
    "resources",
    ['"costs.csv"', "[1, null]", '[{"path": ["a"], "schema": "s"}]', '[{"schema": 1}]'],
)
def test_an_illegible_description_is_passed_over(files, written, resources):
    files["datapackage.json"] = files["datapackage.json"].replace(
        '"real",', f'"real", "resources": {resources},'
    )
    assert check_trial(written(files)) == ()


def test_package_must_be_there_and_be_an_object(files, written):
    del files["datapackage.json"]
    assert only_problem(written(files, "a")).rule == "be there"
    files["datapackage.json"] = "[]"
    assert "object" in only_problem(written(files, "b")).hint
    files["datapackage.json"] = b'{"provenance": "r\xe9el"}'
    assert only_problem(written(files, "c")).rule == "be UTF-8 text"


# ---- mapped columns --------------------------------------------------------------


def test_messages_use_the_names_of_the_file(files, written):
    files["protocol.toml"] += (
        '\n[columns.participants]\ncentre = "site"\nzero = "randomisation_date"\n'
        '[columns.visits]\nseen = "completed_date"\n'
    )
    header = "participant_id,centre,zero,"
    files[P] = files[P].replace("participant_id,site,randomisation_date,", header)
    files[P] = files[P].replace("kid-3,South", "kid-3,Sout")
    files[V] = files[V].replace("completed_date", "seen").replace("03-21", "03-19")
    one, two = check_trial(written(files))
    assert str(one).startswith(
        "participants.csv:4: `centre` must be one of North, South, West\nHint: did you"
    )
    assert str(two) == (
        "visits.csv:2: `seen` must not come before `zero` of participants.csv"
    )


def test_mapped_and_own_name_together_are_told(files, written):
    files["protocol.toml"] += '\n[columns.allocation]\ngroup = "arm"\n'
    files[A] = files[A].replace("ledger_entry", "group")
    (problem,) = [p for p in check_trial(written(files)) if p.lines == (1,)]
    assert (problem.column, problem.rule) == ("group", "stand only once")
    assert problem.hint == "it stands for `arm`"


def test_missing_mapped_column_is_told_by_both_names(files, written):
    files["protocol.toml"] += '\n[columns.allocation]\ngroup = "arm"\n'
    files[A] = "participant_id\nkid-1\nkid-2\nkid-3\nkid-4\n"
    problem = only_problem(written(files))
    assert (problem.column, problem.rule) == ("arm", "be there")
    assert problem.hint == "the protocol looks for it as `group`"


# ---- departures, which are no faults


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        (W, "2014-01-01", "2014-03-06"),  # screened before the site opened
        (W, "2014-02-01", "2014-06-01"),  # randomised before the site opened
        (W, "2015-12-31", "2014-03-19"),  # randomised after the site closed
        (T, "2014-04-01", "2014-03-19"),  # the treatment under test begun before
        (T, "2014-05-01", "2014-03-19"),  # other help begun before
    ],
)
def test_a_departure_from_the_protocol_is_accepted(files, written, name, old, new):
    assert old in files[name]
    files[name] = files[name].replace(old, new, 1)
    assert check_trial(written(files)) == ()


# ---- no second telling -----------------------------------------------------------


def test_a_lost_row_is_not_told_by_every_link_to_it(files, written):
    files[P] = files[P].replace("kid-4,West,2014-05-20,fam-3,", "kid-4,West,fam-3,")
    assert only_problem(written(files)).file == P


def test_a_refused_identifier_is_not_told_by_every_link_to_it(files, written):
    files[P] = files[P].replace("kid-4,West", " kid-4,West")
    assert only_problem(written(files)).rule == "have no spaces around it"


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        (V, "2014-03-21,20", "21/03/2014,20"),  # not: a score without its date
        (S, "2014-03-06,true", "06/03/2014,true"),  # not: consent without an approach
        (S, "true,2014-03-08", "yes,2014-03-08"),  # not: an answer that is missing
    ],
)
def test_a_refused_cell_is_not_told_as_an_empty_one(files, written, name, old, new):
    assert old in files[name]
    files[name] = files[name].replace(old, new)
    assert only_problem(written(files)).file == name


def test_rules_are_silent_where_a_table_or_column_is_absent(files, written):
    del files["screening.csv"], files["referrals.csv"], files["forum.csv"]
    assert check_trial(written(files)) == ()


def test_the_youngest_child_involved_is_no_older_than_the_one_referred(tmp_path):
    # On line 2 of the shipped trial the youngest child involved is made a year older
    # than the child who displayed the behaviour, who is one of them.
    folder = tmp_path / "data"
    write_trial(committed("achieved"), folder)
    path = folder / "referrals.csv"
    header, first, *rest = path.read_text().splitlines()
    cells = dict(zip(header.split(","), first.split(","), strict=True))
    cells["youngest_age_at_referral"] = str(int(cells["age_at_referral"]) + 1)
    path.write_text("\n".join([header, ",".join(cells.values()), *rest, ""]))
    (problem,) = check_trial(folder)
    assert (problem.lines, problem.column) == ((2,), "youngest_age_at_referral")
    assert problem.rule == "not exceed `age_at_referral`"
    assert "one of the children involved" in (problem.hint or "")


def test_a_family_in_the_trial_has_no_route_of_a_later_referral(tmp_path):
    # A participant's family is referred again, screened a year after it was randomised,
    # found to be in another service, and a route is written down: it might be its arm.
    folder = tmp_path / "data"
    trial = committed("achieved")
    first = trial.participants.iloc[0]
    joined = trial.referrals["referral_id"] == first["referral_id"]
    day = first["randomisation_date"] + pd.Timedelta(days=365)
    again = trial.referrals[joined].assign(referral_id="R9999", referral_date=day)
    row = trial.screening.iloc[[0]].assign(
        referral_id="R9999",
        screened_date=day,
        eligible=False,
        reason="other_service",
        approached_date=pd.NaT,
        consent=pd.NA,
        consent_date=pd.NaT,
        assent=pd.NA,
        decline_reason=None,
    )
    for route, n_problems in (("aim", 1), (None, 0)):
        later = replace(
            trial,
            referrals=pd.concat([trial.referrals, again], ignore_index=True),
            screening=pd.concat(
                [
                    trial.screening,
                    row.assign(route=route).astype(trial.screening.dtypes),
                ],
                ignore_index=True,
            ),
        )
        write_trial(later, folder)
        problems = check_trial(folder)
        assert len(problems) == n_problems
        for problem in problems:
            assert problem.column == "route"
            assert "a family that is in the trial" in problem.rule
