"""The flow reconciles, or says which sum fails and by how much."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from steps_analysis.errors import DataError
from steps_analysis.pathway import ArmFlow, Flow, broken_identities, flow

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
        referred=10,
        assessed=9,
        approached=7,
        consented=5,
        excluded={
            "not eligible": {"age outside 10 to 17": 1},
            "eligible, not approached": {"reason not recorded": 1},
            "declined": {"declined by the family": 1},
            "approached, no answer recorded": {"reason not recorded": 1},
            "consented, not randomised": {"reason not recorded": 1},
        },
        randomised=4,
        n_sites=3,
        arms=(
            ArmFlow(
                arm="MST-PSB",
                allocated=2,
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


def test_the_frame_has_every_box_and_reason_once(tiny, status):
    frame = flow(tiny, analysed=status).to_frame()
    assert not frame.duplicated(["arm", "box", "reason"]).any()
    before = frame[frame["arm"] == ""].set_index("box")["families"]
    assert before.to_dict() == {
        "referred since recruitment opened": 10,
        "assessed for eligibility": 9,
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
        ("referrals", ["referred"], []),
        ("screening", ["assessed", "approached", "consented"], []),
        ("treatment", [], ["received", "discontinued"]),
        ("events", [], ["lost"]),
    ],
)
def test_an_absent_table_leaves_its_boxes_out(tiny, status, table, boxes, of_arms):
    full = flow(tiny, analysed=status)
    found = flow(replace(tiny, **{table: None}), analysed=status)
    every = ("referred", "assessed", "approached", "consented")
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
    return Flow(
        assessed=randomised + out,
        consented=randomised + draw(counts),
        excluded=excluded,
        randomised=randomised,
        arms=tuple(arms),
        n_sites=1,
    )


@given(sound_flows(), st.integers(1, 20), st.sampled_from(["new", "usual"]))
@settings(max_examples=50, deadline=None)
def test_each_identity_is_checked_and_measured(found, by, code):
    assert broken_identities(found) == []
    arm = next(one for one in found.arms if one.arm == code)

    def with_arm(**more):
        arms = tuple(replace(a, **more) if a.arm == code else a for a in found.arms)
        return replace(found, arms=arms)

    more = found.assessed + by
    assert broken_identities(replace(found, assessed=more)) == [
        f"assessed ({more}) must equal excluded + randomised ({found.assessed}): "
        f"off by {by}"
    ]
    short = replace(found, consented=found.randomised - by)
    assert broken_identities(short) == [
        f"consented must be at least randomised: {by} too few"
    ]
    parts = arm.allocated + by
    assert broken_identities(with_arm(received=arm.received + by)) == [
        f"allocated to {code} ({arm.allocated}) must equal received + not received "
        f"({parts}): off by {-by}"
    ]
    assert broken_identities(with_arm(analysed=arm.analysed + by)) == [
        f"allocated to {code} ({arm.allocated}) must equal analysed + excluded + "
        f"missing ({parts}): off by {-by}"
    ]
    assert len(broken_identities(with_arm(allocated=arm.allocated + by))) == 3


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
