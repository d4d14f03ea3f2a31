"""Departures from the protocol: found in the tables, told without a child's values."""

import re
from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pytest

from steps_analysis.errors import DataError
from steps_analysis.pathway import (
    data_queries,
    deviation_rules,
    deviations,
    with_levels_by_referral,
)
from steps_analysis.protocol import days_in, load_protocol
from steps_analysis.simulation import WORLD, draw_trial
from steps_analysis.trial_data import (
    ROLE_TABLES,
    TrialData,
    check_trial,
    read_trial,
    write_trial,
)

ZERO = pd.Timestamp(2015, 1, 1)
MASKED = {"eligibility", "consent", "randomisation", "visits"}


def day(n):
    return None if n is None else ZERO + pd.Timedelta(days=n)


@pytest.fixture
def eight():
    """
    One departure each, but for P1, who has none.

    P2 is 18; P3 was found not eligible, and did not agree; P4 is a second child of P1's
    family; P5's sex and age group are not those of its referral; P6 was randomised
    before its borough opened, P7 after it closed and P8 before the trial opened. P2 got
    the other arm's treatment, and P6 began its own two months early; that P7's usual
    help had begun a month before is no departure. P1 was seen on the last day of a
    window and P8 on the day after it.
    """
    ids = [f"P{i}" for i in range(1, 9)]
    referral = [f"R{i}" for i in range(1, 9)]
    randomised = [0, 0, 0, 9, 0, -40, 400, -500]
    site = ["Southwark"] * 5 + ["Borough A", "Borough B", "Southwark"]
    people = {
        "participant_id": ids,
        "site": site,
        "randomisation_date": [day(n) for n in randomised],
        "referral_id": referral,
        "sex": ["male"] * 8,
        "age_group": ["14 to 17"] * 4 + ["10 to 13", "10 to 13", None, "10 to 13"],
        "onset_group": ["12 and over"] * 8,
    }
    referrals = {
        "referral_id": referral,
        "family_id": ["F1", "F2", "F3", "F1", "F5", "F6", "F7", "F8"],
        "site": site,
        "age_at_referral": pd.array([17, 18, 14, 15, 14, 10, 14, None], dtype="Int64"),
        "age_at_first_harm": pd.array([12, 17, 12] + [None] * 5, dtype="Int64"),
        "sex": ["male"] * 4 + ["female"] + ["male"] * 3,
    }
    screening = {
        "referral_id": referral,
        "eligible": pd.array([True, True, False] + [True] * 5, dtype="boolean"),
        "assent": pd.array([True, None, False] + [True] * 5, dtype="boolean"),
    }
    sites = {
        "site": ["Southwark", "Borough A", "Borough B"],
        "opened_date": [None, day(0), day(-100)],
        "closed_date": pd.to_datetime([None, None, day(300)]),
    }
    treatment = {
        "participant_id": ids[:3] + ids[5:],
        "treatment_received": ["mst_psb", "aim", "none", "mst_psb", "aim", None],
        "treatment_start_date": [day(3), day(70), pd.NaT, day(-85), day(369), pd.NaT],
    }
    due = days_in(8)
    visits = {
        "participant_id": ["P1", "P2", "P8", "P8"],
        "visit_month": pd.array([8, 8, 8, 20], dtype="Int64"),
        "completed_date": [day(due + 28), pd.NaT, day(due + 29 - 500), day(109)],
    }
    arms = ["MST-PSB"] * 2 + ["MAU"] + ["MST-PSB"] * 3 + ["MAU", "MAU"]
    return TrialData(
        protocol=load_protocol(),
        extract_date=date(2018, 1, 1),
        provenance="synthetic",
        sites=pd.DataFrame(sites),
        referrals=pd.DataFrame(referrals),
        screening=pd.DataFrame(screening),
        participants=pd.DataFrame(people),
        allocation=pd.DataFrame({"participant_id": ids, "arm": arms}),
        treatment=pd.DataFrame(treatment),
        visits=pd.DataFrame(visits),
    )


def told(found, *columns):
    return [tuple(row) for row in found[[*columns]].to_numpy().tolist()]


# By hand.


def test_every_departure_by_hand(eight):
    found = deviations(eight)
    assert told(found, "participant_id", "code", "concerns", "month") == [
        ("P2", "age_out_of_range", "eligibility", 0),
        ("P3", "screened_not_eligible", "eligibility", 0),
        ("P3", "no_assent", "consent", 0),
        ("P4", "family_twice", "randomisation", 0),
        ("P5", "factor_level", "randomisation", 0),  # sex
        ("P5", "factor_level", "randomisation", 0),  # age group
        ("P8", "before_recruitment", "randomisation", 0),
        ("P6", "before_opening", "randomisation", 0),
        ("P7", "after_closing", "randomisation", 0),
        ("P2", "not_as_allocated", "treatment", 2),
        ("P6", "treated_before", "treatment", -2),
        ("P8", "out_of_window", "visits", 8),
    ]
    of_factors = found.loc[found["code"] == "factor_level", "what"].tolist()
    assert of_factors == [
        "Sex recorded otherwise at randomisation than on the referral",
        "Age at referral recorded otherwise at randomisation than on the referral",
    ]


def test_only_a_second_child_is_not_analysed(eight):
    found = deviations(eight).drop_duplicates("code").set_index("code")["handling"]
    stays = "stays in the arm allocated, and is analysed there"
    assert found.to_dict() == {
        "age_out_of_range": stays,
        "screened_not_eligible": stays,
        "no_assent": stays,
        "family_twice": (
            "the later child is described, not analysed: the first stands for both"
        ),
        "factor_level": "analysed with the level recorded at randomisation",
        "before_recruitment": stays,
        "before_opening": stays,
        "after_closing": stays,
        "not_as_allocated": stays,
        "treated_before": stays,
        "out_of_window": "kept: its scores count as those of the visit planned",
    }


def test_levels_are_corrected_where_the_referral_gives_one(eight):
    """P5 and P7 gain a level; of P8's age, and five first harms, nothing is known."""
    people = with_levels_by_referral(eight).participants
    assert people["sex"].tolist() == ["male"] * 4 + ["female"] + ["male"] * 3
    new = ["14 to 17"] * 5 + ["10 to 13", "14 to 17", "10 to 13"]
    assert people["age_group"].tolist() == new
    assert people["onset_group"].tolist() == ["12 and over"] * 8
    others = ["participant_id", "site", "randomisation_date", "referral_id"]
    assert people[others].equals(eight.participants[others])


# Edges.


def test_the_oldest_and_the_youngest_age_are_both_in(eight):
    for ages, out in (((10, 17), []), ((9, 18), ["P1", "P2"]), ((17.9, 9.9), ["P2"])):
        both = pd.Series(ages, dtype=float)
        age = both.reindex(range(8))
        referrals = eight.referrals.assign(age_at_referral=age)
        found = deviations(replace(eight, referrals=referrals))
        found = found.loc[found["code"] == "age_out_of_range", "participant_id"]
        assert found.tolist() == out


def test_one_end_of_the_range_of_ages_may_be_open(eight):
    rule = replace(eight.protocol.eligibility, youngest_age=None, oldest_age=16)
    protocol = replace(eight.protocol, eligibility=rule)
    found = deviations(replace(eight, protocol=protocol))
    found = found.loc[found["code"] == "age_out_of_range", "participant_id"]
    assert found.tolist() == ["P1", "P2"]
    rule = replace(rule, youngest_age=11, oldest_age=None)
    protocol = replace(protocol, eligibility=rule)
    found = deviations(replace(eight, protocol=protocol))
    found = found.loc[found["code"] == "age_out_of_range", "participant_id"]
    assert found.tolist() == ["P6"]


def test_a_protocol_that_states_nothing_has_fewer_rules():
    protocol = load_protocol()
    silent = replace(
        protocol,
        factors=(protocol.factor("site"),),
        eligibility=replace(protocol.eligibility, youngest_age=None, oldest_age=None),
        trial=replace(protocol.trial, recruitment_start=None),
    )
    codes = {rule.code for rule in deviation_rules(protocol)}
    fewer = {rule.code for rule in deviation_rules(silent)}
    assert codes - fewer == {"age_out_of_range", "factor_level", "before_recruitment"}


@pytest.mark.parametrize(
    ("table", "gone"),
    [
        ("referrals", {"age_out_of_range", "factor_level", "family_twice"}),
        ("screening", {"screened_not_eligible", "no_assent"}),
        ("sites", {"before_opening", "after_closing"}),
        ("treatment", {"not_as_allocated", "treated_before"}),
        ("allocation", {"not_as_allocated"}),
        ("visits", {"out_of_window"}),
    ],
)
def test_what_a_table_does_not_say_is_not_checked(eight, table, gone):
    without = replace(eight, **{table: None})
    assert set(deviations(eight)["code"]) - set(deviations(without)["code"]) == gone
    unchecked = {
        rule.code
        for rule in deviation_rules(eight.protocol)
        if not checked(rule, without)
    }
    assert unchecked == gone


def checked(rule, trial):
    return rule.months(trial) is not None


@pytest.mark.parametrize(
    ("table", "column", "gone"),
    [
        ("referrals", "age_at_referral", "age_out_of_range"),
        ("screening", "eligible", "screened_not_eligible"),
        ("screening", "assent", "no_assent"),
        ("sites", "opened_date", "before_opening"),
        ("sites", "closed_date", "after_closing"),
        ("treatment", "treatment_start_date", "treated_before"),
        ("visits", "completed_date", "out_of_window"),
    ],
)
def test_an_absent_column_is_not_checked(eight, table, column, gone):
    rows = getattr(eight, table).drop(columns=column)
    found = deviations(replace(eight, **{table: rows}))
    assert gone not in set(found["code"])
    kept = set(deviations(eight)["code"]) - {gone, "factor_level"}
    assert kept <= set(found["code"])


def test_without_the_link_to_referrals_only_families_and_sites_are_told(eight):
    people = eight.participants.drop(columns="referral_id")
    people["family_id"] = ["F1", "F2", "F3", "F1", "F5", "F6", "F7", "F8"]
    found = deviations(replace(eight, participants=people))
    assert set(found.loc[found["concerns"] == "eligibility", "code"]) == set()
    assert "family_twice" in set(found["code"])
    assert "factor_level" not in set(found["code"])


def test_nobody_randomised_has_departed_from_nothing(eight):
    nobody = {
        name: getattr(eight, name).iloc[:0]
        for name in ("participants", "allocation", "treatment", "visits")
    }
    found = deviations(replace(eight, **nobody))
    assert found.empty
    assert found.columns.tolist() == deviations(eight).columns.tolist()


def test_treatment_that_is_not_named_is_not_known_to_be_the_one_under_test(eight):
    unnamed = replace(
        eight, treatment=eight.treatment.drop(columns="treatment_received")
    )
    gone = {"not_as_allocated", "treated_before"}
    assert set(deviations(eight)["code"]) - set(deviations(unnamed)["code"]) == gone


@pytest.mark.parametrize(("days", "found"), [(-1, True), (0, False), (1, False)])
def test_treatment_may_begin_on_the_day_of_randomisation(eight, days, found):
    start = eight.treatment["treatment_start_date"].mask(
        [True] + [False] * 5, day(days)
    )
    treatment = eight.treatment.assign(treatment_start_date=start)
    rows = deviations(replace(eight, treatment=treatment))
    early = rows.loc[rows["code"] == "treated_before", "participant_id"]
    assert ("P1" in set(early)) is found


def test_an_arm_that_admits_any_treatment_has_none_under_test(eight):
    arms = tuple(replace(arm, treatments=()) for arm in eight.protocol.arms)
    free = replace(eight, protocol=replace(eight.protocol, arms=arms))
    assert set(deviations(free)["concerns"]) == MASKED


# Read from files: the checker leaves departures to us.


@pytest.fixture
def early_and_late(tmp_path):
    """
    A drawn trial, written with three families that departed.

    The first family's borough is said to have opened the day after it was randomised,
    and the last family's to have closed the day before. One family of MST-PSB had begun
    it the day before it was randomised, one of usual services had begun AIM.
    """
    trial = draw_trial(load_protocol(), "null", n=40, seed=20140618)
    people, sites = trial.participants, trial.sites.set_index("site")
    one_day = pd.Timedelta(days=1)
    dates = people.sort_values("randomisation_date").groupby("site")
    first, last = (getattr(dates["randomisation_date"], k)() for k in ("min", "max"))
    early, late = first.idxmin(), last.drop(first.idxmin()).idxmax()
    sites["opened_date"] = sites["opened_date"].mask(
        sites.index == early, first[early] + one_day
    )
    sites["closed_date"] = sites["closed_date"].mask(
        sites.index == late, last[late] - one_day
    )
    zero = people.set_index("participant_id")["randomisation_date"]
    treatment = trial.treatment.set_index("participant_id")
    moved = {}
    for received in ("mst_psb", "aim"):
        who = treatment.index[treatment["treatment_received"] == received][0]
        treatment.loc[who, "treatment_start_date"] = zero[who] - one_day
        moved[received] = who
    changed = replace(
        trial, sites=sites.reset_index(), treatment=treatment.reset_index()
    )
    write_trial(changed, tmp_path / "data")
    whose = people.set_index("participant_id")
    expected = {
        "before_opening": set(
            zero.index[(zero == first[early]) & (whose["site"] == early)]
        ),
        "after_closing": set(
            zero.index[(zero == last[late]) & (whose["site"] == late)]
        ),
        "treated_before": {moved["mst_psb"]},
    }
    return tmp_path / "data", expected


def test_a_folder_that_departed_is_accepted_and_told(early_and_late):
    folder, expected = early_and_late
    assert check_trial(folder) == ()
    found = deviations(read_trial(folder))
    for code, who in expected.items():
        assert set(found.loc[found["code"] == code, "participant_id"]) == who


def test_the_research_assistant_asks_about_the_days_and_not_the_treatment(
    early_and_late,
):
    folder, expected = early_and_late
    found = data_queries(read_trial(folder, role="research_assistant"))
    for code in ("before_opening", "after_closing"):
        rows = found[found["code"] == f"randomised_{code}"]
        assert set(rows["participant_id"]) == expected[code]
    assert "screened_before_opening" in set(found["code"])
    assert not found["says"].str.contains("treatment").any()


# Properties.


@pytest.mark.parametrize("role", ["masked_statistician", "research_assistant"])
def test_a_masked_role_is_told_the_same_without_treatment(eight, role):
    opened = set(ROLE_TABLES[role])
    closed = {name: None for name, _ in eight.tables() if name not in opened}
    masked = deviations(replace(eight, role=role, **closed))
    full = deviations(eight)
    assert set(masked["concerns"]) == MASKED
    masked_part = full[full["concerns"].isin(MASKED)].reset_index(drop=True)
    assert masked.equals(masked_part)


def test_the_masked_part_does_not_change_when_arms_are_permuted(eight):
    full = deviations(eight)
    rng = np.random.default_rng(3)
    moved = 0
    for _ in range(5):
        arms = rng.permutation(eight.allocation["arm"])
        mixed = eight.treatment["participant_id"].sample(frac=1, random_state=rng)
        other = replace(
            eight,
            allocation=eight.allocation.assign(arm=arms),
            treatment=eight.treatment.assign(participant_id=mixed.to_numpy()),
        )
        found = deviations(other)
        moved += not found.equals(full)
        masked = [f[f["concerns"] != "treatment"].to_csv() for f in (found, full)]
        assert re.sub(r"(?m)^\d+", "", masked[0]) == re.sub(r"(?m)^\d+", "", masked[1])
    assert moved, "the permutation changes something"


def test_no_sentence_holds_a_value_of_a_child(eight):
    for rule in deviation_rules(eight.protocol):
        words = f"{rule.what} {rule.handling} {rule.rests_on}"
        assert not re.search(r"\d|male|Southwark|Borough", words)


def test_the_order_of_rows_does_not_matter(eight):
    rng = np.random.default_rng(2)
    mixed = {
        name: table.sample(frac=1, random_state=rng) for name, table in eight.tables()
    }
    keys = ["participant_id", "code", "what"]
    one = deviations(eight).sort_values(keys, ignore_index=True)
    other = deviations(replace(eight, **mixed)).sort_values(keys, ignore_index=True)
    assert other.equals(one)


# A naive twin over drawn trials that are made to depart.


def departed(trial, rng):
    """Damage what was recorded of some families, at random."""
    people, referrals = trial.participants.copy(), trial.referrals.copy()
    screening = trial.screening.copy()
    n = len(people)
    some = rng.random(n) < 0.2
    people.loc[some, "sex"] = "female"
    ids = people["referral_id"].to_numpy()
    old = referrals["referral_id"].isin(ids[rng.random(n) < 0.15])
    referrals.loc[old, "age_at_referral"] = rng.integers(8, 20, int(old.sum()))
    no = screening["referral_id"].isin(ids[rng.random(n) < 0.15])
    screening.loc[no, "eligible"] = False
    pair = rng.permutation(people["family_id"])[:2]
    for table in (people, referrals):
        table["family_id"] = table["family_id"].replace(pair[0], pair[1])
    visits = trial.visits.copy()
    late = pd.to_timedelta(rng.integers(0, 40, len(visits)), unit="D")
    visits["completed_date"] = visits["completed_date"] + late
    return replace(
        trial,
        participants=people,
        referrals=referrals,
        screening=screening,
        visits=visits,
    )


def recount(trial):
    """Go through families one by one, with the rules written out for STEPS-B."""
    people = trial.participants.to_dict("records")
    zero = {row["participant_id"]: row["randomisation_date"] for row in people}
    arms = dict(trial.allocation[["participant_id", "arm"]].to_numpy())
    found = set(at_randomisation(trial, people))
    for row in trial.treatment.to_dict("records"):
        name, had = row["participant_id"], row["treatment_received"]
        if had not in {"MST-PSB": ["mst_psb"]}.get(
            arms[name], ["aim", "other", "none"]
        ):
            month = months_since(zero[name], row["treatment_start_date"])
            found.add((name, "not_as_allocated", month))
    for row in trial.visits.to_dict("records"):
        name, made = row["participant_id"], row["completed_date"]
        due = zero[name] + pd.Timedelta(days=days_in(row["visit_month"]))
        if not pd.isna(made) and abs((made - due).days) > 28:
            found.add((name, "out_of_window", months_since(zero[name], made)))
    return found


def months_since(zero, then):
    return None if pd.isna(then) else ((then - zero).days + 0.5) // 30.4375


def at_randomisation(trial, people):
    """Go through what departed on the day of randomisation."""
    referrals = {row["referral_id"]: row for row in trial.referrals.to_dict("records")}
    screened = {row["referral_id"]: row for row in trial.screening.to_dict("records")}
    for i, row in enumerate(people):
        name, referral = row["participant_id"], referrals[row["referral_id"]]
        if not 10 <= referral["age_at_referral"] <= 17:
            yield name, "age_out_of_range", 0
        if not screened[row["referral_id"]]["eligible"]:
            yield name, "screened_not_eligible", 0
        older = "14 to 17" if referral["age_at_referral"] >= 14 else "10 to 13"
        if row["sex"] != referral["sex"] or row["age_group"] != older:
            yield name, "factor_level", 0
        for j, other in enumerate(people):
            sooner = (other["randomisation_date"], j) < (row["randomisation_date"], i)
            if other["family_id"] == row["family_id"] and sooner:
                yield name, "family_twice", 0


@pytest.mark.parametrize("number", range(6))
def test_a_loop_finds_the_same(number):
    rng = np.random.default_rng(number)
    trial = draw_trial(load_protocol(), n=40, trial=number, seed=8)
    trial = departed(trial, rng)
    found = deviations(trial)
    rows = {
        (row.participant_id, row.code, None if row.month is pd.NA else row.month)
        for row in found.itertuples()
    }
    assert rows == recount(trial)
    assert {"factor_level", "family_twice", "out_of_window"} <= set(found["code"])


def test_a_drawn_trial_departs_as_the_world_says():
    careful = replace(WORLD, screening_error_share=0.0, wrong_level_share=0.0)
    careless = replace(WORLD, screening_error_share=0.9, wrong_level_share=0.2)
    seen = set()
    for number in range(5):
        trial = draw_trial(load_protocol(), n=40, trial=number, world=careful, seed=6)
        assert set(deviations(trial)["concerns"]) <= {"treatment"}
        trial = draw_trial(load_protocol(), n=40, trial=number, world=careless, seed=6)
        seen |= set(deviations(trial)["code"])
    assert {"age_out_of_range", "factor_level"} <= seen


# Errors.


def test_a_role_without_participants_is_refused(eight):
    closed = replace(eight, participants=None, role="commissioner")
    with pytest.raises(DataError, match=r"participants\.csv. must be present and open"):
        deviations(closed)
