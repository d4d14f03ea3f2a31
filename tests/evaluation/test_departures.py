"""Departures and second children in the report: told to each role what it may know."""

from dataclasses import replace
from functools import cache

import numpy as np
import pandas as pd
import pytest

from steps_analysis.evaluation import evaluate, progression
from steps_analysis.evaluation.sensitivity import with_levels_corrected
from steps_analysis.outcomes import answer
from steps_analysis.protocol import Disclosure
from steps_analysis.reporting import Figure, Paragraph, Table
from steps_analysis.reporting.write import report_files
from steps_analysis.trial_data import read_trial, write_trial

MASKED = ("masked_statistician", "research_assistant")


@pytest.fixture(scope="module")
def departed(drawn):
    """
    Two second children, one in each arm; then, among the families of MST-PSB, one found
    not eligible and two whose age was recorded otherwise than on the referral.
    """
    people, arms = drawn.participants.copy(), drawn.arms()
    of_arm = {code: people[(arms == code).to_numpy()].index for code in set(arms)}
    family = {}
    for rows in of_arm.values():
        family |= {people.loc[rows[1], "family_id"]: people.loc[rows[0], "family_id"]}
    referrals = drawn.referrals.assign(
        family_id=drawn.referrals["family_id"].replace(family)
    )
    people["family_id"] = people["family_id"].replace(family)
    treated = of_arm["MST-PSB"]
    out = people.loc[treated[2], "referral_id"]
    screening = drawn.screening.copy()
    screening.loc[screening["referral_id"] == out, "eligible"] = False
    other = {"10 to 13": "14 to 17", "14 to 17": "10 to 13"}
    ages = people.loc[treated[3:5], "age_group"]
    people.loc[treated[3:5], "age_group"] = ages.map(other)
    return replace(drawn, participants=people, referrals=referrals, screening=screening)


@pytest.fixture(scope="module")
def folder(departed, tmp_path_factory):
    """The reader accepts it: what departed is no fault of the data."""
    place = tmp_path_factory.mktemp("departed") / "data"
    write_trial(departed, place)
    return place


@pytest.fixture(scope="module")
def evaluation(folder):
    return evaluate(read_trial(folder))


@pytest.fixture(scope="module")
def seen_by(folder):
    """What each role gets of the folder, evaluated once for all tests."""
    return cache(lambda role: evaluate(read_trial(folder, role=role)))


@pytest.fixture(scope="module")
def files_for(seen_by):
    """The files of each role's report, made once for all tests."""
    return cache(lambda role: report_files(seen_by(role).document))


@pytest.fixture(scope="module")
def undeparted(drawn):
    return evaluate(drawn)


def exhibits(evaluation, kind):
    found = [b for s in evaluation.document.sections for b in s.blocks]
    return {b.name: b for b in found if isinstance(b, kind)}


def said_of_departures(evaluation):
    section = next(s for s in evaluation.document.sections if s.slug == "departures")
    return [b.text for b in section.blocks if isinstance(b, Paragraph)]


def rows_of(evaluation):
    table = exhibits(evaluation, Table)["departures"]
    return {row[0]: row[2:-1] for row in table.rows if row[1] != "Treatment"}


# By hand.


def test_the_statistician_sees_families_by_arm(evaluation):
    age = "Age at referral recorded otherwise at randomisation than on the referral"
    assert rows_of(evaluation) == {
        "Randomised although the screening says not eligible": (1, 0, 1),
        "Randomised although the family was in the trial already": (1, 1, 2),
        age: (2, 0, 2),
    }
    notes = exhibits(evaluation, Figure)["flow"].notes
    words = said_of_departures(evaluation)[0]
    assert words in notes
    assert " with MST-PSB and " in words
    assert notes[0].startswith("Approached though not eligible: 1 family, counted")


@pytest.mark.parametrize("role", MASKED)
def test_others_see_totals_only_and_no_treatment(seen_by, role):
    found = seen_by(role)
    table = exhibits(found, Table)["departures"]
    headings = ["What happened", "Concerns", "Families", "In the analysis"]
    assert [column.heading for column in table.columns] == headings
    assert "Treatment" not in {row[1] for row in table.rows}
    assert [row[2] for row in table.rows] == [1, 2, 2]
    first, *_, last = said_of_departures(found)
    assert "with" not in first
    assert last == (
        "Not checked, because the tables open here do not say: the treatment received "
        "and the day treatment started."
    )


@pytest.mark.parametrize("role", MASKED)
def test_masked_output_does_not_change_when_arms_are_permuted(
    folder, role, files_for, tmp_path
):
    rng = np.random.default_rng(5)
    for file in folder.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    for name in ("allocation", "treatment"):
        table = pd.read_csv(folder / f"{name}.csv", dtype=str, keep_default_na=False)
        columns = [c for c in table if c != "participant_id"]
        table[columns] = table[columns].to_numpy()[rng.permutation(len(table))]
        table.to_csv(tmp_path / f"{name}.csv", index=False)
    after = report_files(evaluate(read_trial(tmp_path, role=role)).document)
    assert after == files_for(role)


def test_every_part_of_the_report_counts_38_families(evaluation, seen_by):
    flow = evaluation.results.flow
    assert (flow.randomised, flow.children) == (38, 40)
    tables = exhibits(evaluation, Table)
    assert tables["baseline"].rows[0][1:] == (
        *(arm.allocated for arm in flow.arms),
        38,
    )
    further = "Further children, randomised with them and not analysed"
    assert tables["baseline"].rows[1] == (further, 1, 1, 2)
    assert sum(tables["balance"].rows[0][1:3]) == 38
    judged = {p.criterion.code: p for p in evaluation.results.progression}
    assert judged["recruited"].numerator == 38
    assert judged["retained"].denominator <= 38
    assert judged["started_in_time"].denominator == flow.arms[0].allocated
    received = tables["received"].rows
    assert sum(sum(row[1:]) for row in received) == 38
    for one in evaluation.results.answers.values():
        assert [arm.randomised for arm in one.arms] == [a.allocated for a in flow.arms]
    masked = seen_by("masked_statistician")
    assert masked.results.flow.randomised == 38


def test_the_flow_table_counts_children_where_they_differ(evaluation, undeparted):
    table = exhibits(evaluation, Table)["flow-table"]
    assert [column.heading for column in table.columns][-1] == "Children"
    randomised = [row for row in table.rows if row[0] in ("Randomised", "Allocated")]
    flow = evaluation.results.flow
    assert [row[-2:] for row in randomised] == [
        (38, 40),
        *((arm.allocated, arm.children) for arm in flow.arms),
    ]
    assert flow.arms[0].children == flow.arms[0].allocated + 1
    alone = exhibits(undeparted, Table)["flow-table"]
    assert [column.heading for column in alone.columns][-1] == "Families"


def test_a_site_that_was_closed_and_treatment_begun_before_are_reported(
    drawn, tmp_path
):
    """
    Read from files: one borough is said to have closed before anybody was randomised,
    and every family that received MST-PSB to have begun the day before.
    """
    people, one_day = drawn.participants, pd.Timedelta(days=1)
    site = people["site"].iloc[0]
    closed = people["randomisation_date"].min() - one_day
    sites = drawn.sites.copy()
    sites.loc[sites["site"] == site, ["opened_date", "closed_date"]] = pd.NaT, closed
    zero = people.set_index("participant_id")["randomisation_date"]
    treatment = drawn.treatment.copy()
    had = treatment["treatment_received"] == "mst_psb"
    before = treatment.loc[had, "participant_id"].map(zero) - one_day
    treatment.loc[had, "treatment_start_date"] = before
    write_trial(replace(drawn, sites=sites, treatment=treatment), tmp_path / "data")
    trial = read_trial(tmp_path / "data")
    found = evaluate(trial)
    rows = {row[0]: row for row in exhibits(found, Table)["departures"].rows}
    stays = "Stays in the arm allocated, and is analysed there"
    late = rows["Randomised after the site closed to recruitment"]
    assert (late[-2], late[-1]) == (int((people["site"] == site).sum()), stays)
    early = rows["Had begun the treatment under test before being randomised"]
    assert (early[-2], early[-1]) == (int(had.sum()), stays)
    assert said_of_departures(found)[0] in exhibits(found, Figure)["flow"].notes
    assert found.results.flow.n_analysed == evaluate(drawn).results.flow.n_analysed
    # What had begun before has started in time.
    (judged,) = [p for p in progression(trial) if p.criterion.code == "started_in_time"]
    arm = (drawn.arms() == "MST-PSB").to_numpy()
    in_arm = treatment["participant_id"].isin(people.loc[arm, "participant_id"])
    assert (judged.numerator, judged.denominator) == (
        int((had & in_arm).sum()),
        arm.sum(),
    )


# The effect with corrected levels.


def test_the_effect_with_corrected_levels_stands_beside(evaluation, departed):
    first = evaluation.results.answers["E1"]
    assert first.effect == answer(departed, "E1").effect
    beside = first.beside[-1]
    assert beside.method.endswith(", levels as on the referral")
    age = departed.referrals.set_index("referral_id")["age_at_referral"]
    people = departed.participants
    is_older = people["referral_id"].map(age).ge(14)
    group = is_older.map({True: "14 to 17", False: "10 to 13"})
    people = people.assign(age_group=group)
    by_hand = answer(replace(departed, participants=people), "E1").effect
    assert (beside.value, beside.lower, beside.upper) == (
        by_hand.value,
        by_hand.lower,
        by_hand.upper,
    )
    assert beside.value != first.effect.value
    assert any("not the one the referral gives" in note for note in first.notes)


def test_nothing_stands_beside_where_every_level_is_the_referrals(undeparted):
    found = undeparted.results.answers["E1"]
    assert not any("levels as on" in one.method for one in found.beside)


def test_a_level_that_neither_says_is_no_other_level(drawn):
    """One analysed child, whose sex stands nowhere."""
    found = answer(drawn, "E1")
    row = found.status.index[found.status["status"].eq("analysed")][0]
    people, referrals = drawn.participants.copy(), drawn.referrals.copy()
    people.loc[row, "sex"] = None
    own = referrals["referral_id"].eq(people.loc[row, "referral_id"])
    referrals.loc[own, "sex"] = None
    other = replace(drawn, participants=people, referrals=referrals)
    found = answer(other, "E1")
    assert found.adjusted_for
    beside = with_levels_corrected(other, found)
    assert (beside.beside, beside.notes) == (found.beside, found.notes)


# Edges.


def test_no_departure_is_said_with_what_was_checked(drawn):
    quiet = replace(drawn, treatment=None)
    found = evaluate(quiet)
    assert "departures" not in exhibits(found, Table)
    first, second, third = said_of_departures(found)
    assert first == (
        "Nothing is known to have departed from the protocol for any families."
    )
    assert second.startswith("Checked, and none found: randomised although the age")
    assert third.endswith("the treatment received and the day treatment started.")


def test_an_abbreviation_keeps_its_capitals_in_the_table_of_the_flow(drawn):
    treated = drawn.arms().eq("MST-PSB").to_numpy()
    who = drawn.participants["participant_id"][treated].iloc[0]
    own = drawn.treatment["participant_id"].eq(who)
    received = drawn.treatment["treatment_received"].mask(own, "aim")
    changed = replace(
        drawn, treatment=drawn.treatment.assign(treatment_received=received)
    )
    boxes = [row[0] for row in exhibits(evaluate(changed), Table)["flow-table"].rows]
    assert "Did not receive: received AIM" in boxes


def test_an_abbreviation_keeps_its_capitals_within_a_sentence(drawn):
    labels = {"age_group": "AIM at referral"}
    factors = tuple(
        replace(f, label=labels.get(f.name, f.label)) for f in drawn.protocol.factors
    )
    trial = replace(drawn, protocol=replace(drawn.protocol, factors=factors))
    said = " ".join(said_of_departures(evaluate(trial)))
    assert "; AIM at referral recorded otherwise at randomisation than on" in said
    assert "; sex recorded otherwise" in said
    closed = " ".join(said_of_departures(evaluate(replace(trial, referrals=None))))
    assert "what the referral says of AIM at referral" in closed
    assert "what the referral says of sex" in closed


def test_departures_that_cannot_be_told_or_shown_are_left_out(drawn):
    name = "Departures from the protocol"
    rules = Disclosure(outputs={"trial_tables": "dfe_cin"})
    ruled = replace(drawn, protocol=replace(drawn.protocol, disclosure=rules))
    closed = evaluate(replace(drawn, participants=None, role="commissioner"))
    bare = replace(
        drawn,
        protocol=replace(
            drawn.protocol, trial=replace(drawn.protocol.trial, recruitment_start=None)
        ),
        participants=drawn.participants.drop(columns=["referral_id", "family_id"]),
        **dict.fromkeys(("sites", "screening", "referrals", "treatment", "visits")),
    )
    for found, why in (
        (closed, "participants.csv is closed to this role"),
        (evaluate(ruled), "dfe_cin, does not allow exact counts by arm"),
        (evaluate(bare), "none could be told from the tables that are here"),
    ):
        assert why in found.results.left_out[name]
        assert found.results.departures is None
        assert "departures" not in {s.slug for s in found.document.sections}


def test_the_progression_of_two_children_is_that_of_one_family(departed):
    """A second child who was not seen at 20 months is nobody's missing visit."""
    second = departed.participants["family_id"].duplicated()
    ids = departed.participants.loc[second, "participant_id"]
    unseen = departed.visits["participant_id"].isin(ids)
    visits = departed.visits.assign(
        completed_date=departed.visits["completed_date"].mask(unseen)
    )
    before, after = (
        {p.criterion.code: (p.numerator, p.denominator) for p in progression(one)}
        for one in (departed, replace(departed, visits=visits))
    )
    assert after == before
