"""The flow reconciles, or says which sum fails and by how much."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from steps_analysis.errors import DataError
from steps_analysis.pathway import ArmFlow, Flow, broken_identities, flow

NOW = pd.Timestamp(2014, 6, 1)

# By hand.


def test_every_box_by_hand(tiny, status):
    """
    Ten families referred, nine screened: five out, each for its own reason; four in.

    P1 started and stopped MST-PSB, then moved: lost on day 200. P2 did not start; it
    moved before randomisation and on the last day, 609, and so was never lost. P3 had
    AIM. Of P4 no treatment is recorded; it left contact on day 100, before it moved.
    """
    found = flow(tiny, analysed=status)
    assert found == Flow(
        referrals=12,
        referred=10,
        assessed=9,
        eligible=8,
        approached=7,
        consented=5,
        not_randomised=5,
        excluded={
            "not eligible": {"age outside 10 to 17": 1},
            "eligible, not approached": {"reason not recorded": 1},
            "declined": {"declined by the family": 1},
            "approached, no answer recorded": {"reason not recorded": 1},
            "consented, not randomised": {"reason not recorded": 1},
        },
        randomised=4,
        children=4,
        n_sites=3,
        arms=(
            ArmFlow(
                arm="MST-PSB",
                allocated=2,
                children=2,
                received=1,
                not_received={"did not start treatment": 1},
                lost={"moved away": 1},
                discontinued=1,
                analysed=1,
                missing={"moved away": 1},
            ),
            ArmFlow(
                arm="MAU",
                allocated=2,
                children=2,
                received=1,
                not_received={"reason not recorded": 1},
                lost={"withdrew from contact": 1},
                discontinued=0,
                analysed=1,
                excluded={"placed": 1},
            ),
        ),
    )
    assert (found.n_excluded, found.n_analysed) == (5, 2)
    assert broken_identities(found) == []


def test_the_families_of_each_therapist_are_counted(tiny, status):
    # P1 and P2 (MST-PSB) are both of T1; of P3 and P4 (usual) only P3 has anybody.
    seen_by = {"P1": "T1", "P2": "T1", "P3": "T2"}
    therapist = tiny.treatment["participant_id"].map(seen_by).astype(object)
    treatment = tiny.treatment.assign(therapist_id=therapist)
    found = flow(replace(tiny, treatment=treatment), analysed=status)
    assert [arm.providers for arm in found.arms] == [(2,), (1,)]
    assert [arm.providers for arm in flow(tiny, analysed=status).arms] == [None, None]


def test_the_frame_has_every_box_and_reason_once(tiny, status):
    frame = flow(tiny, analysed=status).to_frame()
    assert not frame.duplicated(["arm", "box", "reason"]).any()
    before = frame[frame["arm"] == ""].set_index("box")["families"]
    assert before.to_dict() == {
        "referred since recruitment opened, or earlier and assessed": 10,
        "assessed for eligibility": 9,
        "eligible": 8,
        "approached": 7,
        "consented": 5,
        "not eligible": 1,
        "eligible, not approached": 1,
        "declined": 1,
        "approached, no answer recorded": 1,
        "consented, not randomised": 1,
        "randomised": 4,
    }
    new = frame[frame["arm"] == "MST-PSB"].set_index("box")["families"]
    assert new.to_dict() == {
        "allocated": 2,
        "received what was allocated": 1,
        "did not receive": 1,
        "lost": 1,
        "stopped treatment early, kept in the analysis": 1,
        "analysed": 1,
        "missing": 1,
    }


# Edges.


def test_a_family_is_counted_where_it_got_furthest(tiny, status):
    """Without referrals nothing says that two screenings are of one family."""
    found = flow(replace(tiny, referrals=None), analysed=status)
    assert found.referred is None
    assert found.assessed == 11
    assert found.excluded["not eligible"] == {
        "acute need came first": 1,
        "age outside 10 to 17": 1,
        "reason not recorded": 1,
    }


@pytest.mark.parametrize(
    ("table", "boxes", "of_arms"),
    [
        ("referrals", ["referrals", "referred"], []),
        ("screening", ["assessed", "eligible", "approached", "consented"], []),
        ("treatment", [], ["received", "discontinued"]),
        ("events", [], ["lost"]),
    ],
)
def test_an_absent_table_leaves_its_boxes_out(tiny, status, table, boxes, of_arms):
    full = flow(tiny, analysed=status)
    found = flow(replace(tiny, **{table: None}), analysed=status)
    every = ("referrals", "referred", "assessed", "eligible", "approached", "consented")
    assert [box for box in every if getattr(found, box) is None] == boxes
    for arm, whole in zip(found.arms, full.arms, strict=True):
        for box in ("received", "discontinued", "lost"):
            expected = None if box in of_arms else getattr(whole, box)
            assert getattr(arm, box) == expected
    if table == "screening":
        assert found.excluded == {}
    kept = set(found.to_frame()["box"])
    assert kept < set(full.to_frame()["box"]) or table == "referrals"


@pytest.mark.parametrize(
    ("table", "column", "box"),
    [
        ("screening", "approached_date", "approached"),
        ("screening", "consent", "consented"),
        ("treatment", "treatment_received", "received"),
        ("treatment", "withdrew_treatment_date", "discontinued"),
    ],
)
def test_an_absent_column_leaves_its_box_out(tiny, status, table, column, box):
    rows = getattr(tiny, table).drop(columns=column)
    found = flow(replace(tiny, **{table: rows}), analysed=status)
    where = found if table == "screening" else found.arms[0]
    assert getattr(where, box) is None
    assert broken_identities(found) == []


def test_without_approach_and_consent_nobody_is_said_to_have_declined(tiny, status):
    rows = tiny.screening[["referral_id", "screened_date", "eligible", "reason"]]
    found = flow(replace(tiny, screening=rows), analysed=status)
    groups = {group: sum(why.values()) for group, why in found.excluded.items()}
    assert groups == {"not eligible": 1, "eligible, not randomised": 4}


def test_a_control_arm_that_may_get_nothing_received_it(tiny, status):
    """In STEPS-B "none" is among the treatments of management as usual."""
    treatment = tiny.treatment.assign(treatment_received="none")
    new, usual = flow(replace(tiny, treatment=treatment), analysed=status).arms
    assert new.not_received == {"did not start treatment": 2}
    assert usual.received == 1


def test_the_wrong_treatment_is_named(tiny, status):
    treatment = tiny.treatment.assign(treatment_received=["aim", "other", "mst_psb"])
    new, usual = flow(replace(tiny, treatment=treatment), analysed=status).arms
    assert new.not_received == {"received AIM": 1, "received other": 1}
    assert usual.not_received == {"reason not recorded": 1, "received MST-PSB": 1}


def test_nothing_recorded_of_any_treatment(tiny, status):
    treatment = tiny.treatment.assign(treatment_received=None)
    for rows in (treatment, treatment.astype({"treatment_received": float})):
        new, _ = flow(replace(tiny, treatment=rows), analysed=status).arms
        assert (new.received, new.not_received) == (0, {"reason not recorded": 2})


def test_an_arm_without_families_has_empty_boxes(tiny, status):
    rows = tiny.allocation.assign(arm="MAU")
    new, usual = flow(replace(tiny, allocation=rows), analysed=status).arms
    assert (new.allocated, new.received, new.analysed, new.lost) == (0, 0, 0, {})
    assert (usual.allocated, usual.analysed) == (4, 2)


# Families with several children.


@pytest.fixture
def siblings(tiny, status):
    """
    P5 is a second child of P1's family, F6: referred as R13, randomised a day later.

    Its own screening found it not eligible, so it was randomised against the rules; its
    treatment, its leaving and its being left out are described nowhere in the flow.
    """
    day = pd.Timestamp(2015, 1, 2)
    new = {
        "participants": {"site": "Borough C", "randomisation_date": day},
        "allocation": {"arm": "MST-PSB"},
        "treatment": {"treatment_received": "aim", "withdrew_treatment_date": day},
        "events": {"event": "died", "event_date": day},
        "referrals": {"family_id": "F6", "referral_date": NOW},
        "screening": {"screened_date": NOW, "eligible": False, "consent": True},
    }
    tables = {}
    for name, row in new.items():
        key = "referral_id" if name in ("referrals", "screening") else "participant_id"
        row = {**row, key: "R13" if key == "referral_id" else "P5"}
        row |= {"referral_id": "R13"} if name == "participants" else {}
        table = getattr(tiny, name)
        frame = pd.DataFrame([row]).reindex(columns=table.columns)
        tables[name] = pd.concat([table, frame.astype(table.dtypes)], ignore_index=True)
    second = {"participant_id": "P5", "status": "excluded", "reason": "a second child"}
    status = pd.concat([status, pd.DataFrame([second])], ignore_index=True)
    return replace(tiny, **tables), status


def test_a_second_child_is_counted_beside_its_family(tiny, status, siblings):
    """Every box in families stays as it was; children, sites and referrals grow."""
    alone = flow(tiny, analysed=status)
    trial, with_second = siblings
    found = flow(trial, analysed=with_second)
    assert (found.randomised, found.children, found.n_sites) == (4, 5, 4)
    assert found.referrals == alone.referrals + 1
    assert [(arm.allocated, arm.children) for arm in found.arms] == [(2, 3), (2, 2)]
    as_before = replace(found, children=4, n_sites=3, referrals=alone.referrals)
    arms = tuple(replace(arm, children=2) for arm in found.arms)
    assert replace(as_before, arms=arms) == alone
    frame = found.to_frame()
    counted = frame[frame["children"].notna()]
    assert counted["box"].tolist() == ["randomised", "allocated", "allocated"]
    assert counted["children"].tolist() == [5, 3, 2]


@pytest.mark.parametrize("absent", ["referrals", "screening"])
def test_a_family_is_known_without_its_referrals(siblings, absent):
    """Screening says twice that F6 came; the participants that it is one family."""
    trial, status = siblings
    people = trial.participants.assign(family_id=["F6", "F7", "F8", "F9", "F6"])
    found = flow(replace(trial, participants=people, **{absent: None}), analysed=status)
    assert (found.randomised, found.children) == (4, 5)
    assert found.assessed == (11 if absent == "referrals" else None)


def test_two_children_of_a_family_may_not_both_be_analysed(siblings):
    trial, status = siblings
    status = status.assign(
        status=status["status"].where(status["participant_id"] != "P5", "analysed")
    )
    with pytest.raises(DataError, match="one child of a family may be analysed: 1 mor"):
        flow(trial, analysed=status)


def test_a_family_in_both_arms_is_refused(siblings):
    trial, status = siblings
    split = trial.allocation.assign(arm=["MST-PSB", "MST-PSB", "MAU", "MAU", "MAU"])
    with pytest.raises(DataError) as error:
        flow(replace(trial, allocation=split), analysed=status)
    said = "randomised (4) must equal the sum of the arms (5): off by -1"
    assert said in str(error.value)


# Departures, sites and early referrals.


def test_a_family_randomised_against_the_rules_is_counted_and_kept(tiny, status):
    """F6 and F7 were approached, and randomised, though found not eligible."""
    rows = tiny.screening.set_index("referral_id")
    rows.loc[["R07", "R08"], "eligible"] = False
    found = flow(replace(tiny, screening=rows.reset_index()), analysed=status)
    assert (found.eligible, found.approached, found.randomised) == (6, 7, 4)
    assert found.departures == {"approached though not eligible": 2}
    bare = rows[["screened_date", "eligible", "reason"]].reset_index()
    found = flow(replace(tiny, screening=bare), analysed=status)
    assert found.departures == {"randomised though not eligible": 2}
    no_answer = rows.drop(columns="consent").reset_index()
    no_answer["approached_date"] = pd.NaT
    found = flow(replace(tiny, screening=no_answer), analysed=status)
    assert found.departures == {"randomised though not approached": 4}


def test_sites_that_opened_and_referred_are_counted(tiny, status):
    """Borough D opens after the records end. R00 came before recruitment opened."""
    names = ["Southwark", "Borough A", "Borough B", "Borough C", "Borough D"]
    opened = pd.to_datetime(["2013-12-01"] * 4 + ["2019-01-01"])
    sites = pd.DataFrame({"site": names, "opened_date": opened})
    where = ["Borough M"] + ["Borough A"] * 5 + ["Southwark"] * 7
    referrals = tiny.referrals.assign(site=where)
    found = flow(replace(tiny, sites=sites, referrals=referrals), analysed=status)
    assert (found.sites_opened, found.sites_referred, found.n_sites) == (4, 2, 3)
    unknown = sites.assign(opened_date=opened.where(sites["site"] != "Borough A"))
    assert flow(replace(tiny, sites=unknown), analysed=status).sites_opened is None
    bare = sites[["site"]]
    assert flow(replace(tiny, sites=bare), analysed=status).sites_opened is None


def test_a_family_assessed_after_an_early_referral_is_among_the_referred(tiny, status):
    early = tiny.referrals["referral_date"].mask(
        tiny.referrals["referral_id"].isin(["R01", "R11"]), pd.Timestamp("2013-06-01")
    )
    referrals = tiny.referrals.assign(referral_date=early)
    found = flow(replace(tiny, referrals=referrals), analysed=status)
    assert (found.referred, found.assessed) == (9, 9)


# Properties: which sum fails, and by how much.

counts = st.integers(0, 50)
reasons = st.dictionaries(st.sampled_from(["a", "b", "c"]), st.integers(1, 9))


@st.composite
def sound_flows(draw):
    """Draw a flow whose identities hold."""
    arms = []
    for arm in ("new", "usual"):
        not_received, excluded, missing = draw(reasons), draw(reasons), draw(reasons)
        least = sum(excluded.values()) + sum(missing.values())
        allocated = max(least, sum(not_received.values())) + draw(counts)
        arms.append(
            ArmFlow(
                arm=arm,
                allocated=allocated,
                children=allocated + draw(counts),
                received=allocated - sum(not_received.values()),
                not_received=not_received,
                analysed=allocated - least,
                excluded=excluded,
                missing=missing,
            )
        )
    randomised = sum(arm.allocated for arm in arms)
    excluded = {"not eligible": draw(reasons), "declined": draw(reasons)}
    out = sum(sum(group.values()) for group in excluded.values())
    consented, approached, eligible = sorted(
        randomised + draw(st.integers(0, out)) for _ in range(3)
    )
    referred = randomised + out + draw(counts)
    return Flow(
        referrals=referred + draw(counts),
        referred=referred,
        assessed=randomised + out,
        eligible=eligible,
        approached=approached,
        consented=consented,
        not_randomised=out,
        excluded=excluded,
        randomised=randomised,
        children=sum(arm.children for arm in arms),
        arms=tuple(arms),
        n_sites=2,
        sites_opened=2 + draw(counts),
    )


@given(sound_flows(), st.integers(1, 20))
@settings(max_examples=50, deadline=None)
def test_each_sum_is_checked_and_measured(found, by):
    assert broken_identities(found) == []
    whole = found.assessed
    assert broken_identities(replace(found, assessed=whole + by))[0] == (
        f"assessed ({whole + by}) must equal excluded + randomised ({whole}): "
        f"off by {by}"
    )
    out = found.not_randomised
    assert broken_identities(replace(found, not_randomised=out + by)) == [
        f"excluded ({out + by}) must equal the sum of its reasons ({out}): off by {by}"
    ]
    more = found.randomised + by
    bare = replace(found, assessed=None, consented=None, approached=None, eligible=None)
    assert broken_identities(replace(bare, randomised=more, children=None)) == [
        f"randomised ({more}) must equal the sum of the arms ({more - by}): off by {by}"
    ]
    more = found.children + by
    assert broken_identities(replace(found, children=more)) == [
        f"children randomised ({more}) must equal the sum of the arms ({more - by}): "
        f"off by {by}"
    ]


@given(sound_flows(), st.integers(1, 20), st.sampled_from(["new", "usual"]))
@settings(max_examples=50, deadline=None)
def test_each_sum_of_an_arm_is_checked_and_measured(found, by, code):
    arm = next(one for one in found.arms if one.arm == code)

    def broken_with(**more):
        arms = tuple(replace(a, **more) if a.arm == code else a for a in found.arms)
        return broken_identities(replace(found, children=None, arms=arms))

    parts = arm.allocated + by
    assert broken_with(received=parts - sum(arm.not_received.values())) == [
        f"allocated to {code} ({arm.allocated}) must equal received + not received "
        f"({parts}): off by {-by}"
    ]
    assert broken_with(analysed=arm.analysed + by) == [
        f"allocated to {code} ({arm.allocated}) must equal analysed + excluded + "
        f"missing ({parts}): off by {-by}"
    ]
    assert broken_with(children=arm.allocated - by) == [
        f"children allocated to {code} must be at least their families: {by} too few"
    ]
    allocated = broken_with(allocated=arm.allocated + by, children=None)
    assert len(allocated) == 3


@given(sound_flows(), st.integers(1, 20))
@settings(max_examples=50, deadline=None)
def test_each_box_is_at_least_the_next(found, by):
    boxes = ("assessed", "eligible", "approached", "consented", "randomised")
    for earlier, later in pairwise(boxes[1:]):
        short = replace(found, **{earlier: getattr(found, later) - by})
        said = f"{earlier} must be at least {later}: {by} too few"
        assert said in broken_identities(short)
        if later != "randomised":
            excused = {f"{later} though not {earlier}": by}
            assert broken_identities(replace(short, departures=excused)) == []
        excused = {f"{later} though not {earlier}": by - 1}
        if by > 1:
            but = f"{earlier} must be at least {later}, but for {by - 1}: 1 too few"
            assert but in broken_identities(replace(short, departures=excused))
    many = found.assessed + by
    assert broken_identities(replace(found, eligible=many)) == [
        f"assessed must be at least eligible: {by} too few"
    ]
    assert broken_identities(replace(found, referred=found.assessed - by)) == [
        f"referred must be at least assessed: {by} too few"
    ]
    assert broken_identities(replace(found, referrals=found.referred - by)) == [
        f"referrals must be at least families referred: {by} too few"
    ]
    assert broken_identities(replace(found, sites_opened=found.n_sites - by)) == [
        f"sites opened must be at least randomising: {by} too few"
    ]


@given(sound_flows())
@settings(max_examples=20, deadline=None)
def test_a_flow_is_sound_whatever_is_not_recorded(found):
    """Of every box but the randomised and the arms nothing need be known."""
    for box in ("referrals", "referred", "eligible", "approached", "consented"):
        assert broken_identities(replace(found, **{box: None})) == []
    bare = Flow(randomised=found.randomised, arms=found.arms, n_sites=2)
    assert broken_identities(bare) == []


def test_the_order_of_rows_does_not_matter(tiny, status):
    rng = np.random.default_rng(1)
    mixed = {
        name: table.sample(frac=1, random_state=rng) for name, table in tiny.tables()
    }
    shuffled = replace(tiny, **mixed)
    assert flow(shuffled, analysed=status[::-1]) == flow(tiny, analysed=status)


# Errors.


def test_arms_that_may_not_be_seen_refuse_the_flow(tiny, status):
    masked = replace(tiny, allocation=None, role="masked_statistician")
    with pytest.raises(DataError, match=r"allocation\.csv. must be present and open"):
        flow(masked, analysed=status)


def test_screening_that_cannot_be_linked_leaves_its_boxes_out(tiny, status):
    people = tiny.participants.drop(columns="referral_id")
    found = flow(replace(tiny, participants=people), analysed=status)
    assert (found.assessed, found.approached, found.consented) == (None, None, None)
    assert found.randomised == 4
