"""
The flow a second time, as loops and dictionaries, over drawn trials.

Written from DOMAIN 7 and the data contract. The unit is the family; one screened more
than once counts where it got furthest.
"""

from collections import Counter
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from steps_analysis.outcomes import analysis_status
from steps_analysis.pathway import broken_identities, flow
from steps_analysis.protocol import days_in, load_protocol
from steps_analysis.simulation import draw_trial

LEAVING = {"withdrew_contact", "withdrew_data", "moved", "died"}


def rows_of(table):
    """Rows as dictionaries, nothing as None."""
    rows = []
    for row in table.to_dict("records"):
        rows.append({key: None if pd.isna(cell) else cell for key, cell in row.items()})
    return rows


def before_randomisation(trial):
    """Count families by (box, reason)."""
    found = Counter()
    family = {row["referral_id"]: row["family_id"] for row in rows_of(trial.referrals)}
    randomised = {row["referral_id"] for row in rows_of(trial.participants)}
    of_family = {}
    for row in rows_of(trial.screening):
        of_family.setdefault(family[row["referral_id"]], []).append(row)
    for screenings in of_family.values():
        approached = any(row["approached_date"] for row in screenings)
        found["eligible", ""] += any(row["eligible"] for row in screenings)
        found["approached", ""] += approached
        found["consented", ""] += any(row["consent"] for row in screenings)
        if not any(row["referral_id"] in randomised for row in screenings):
            found[why_not(screenings, trial.protocol)] += 1
    start = pd.Timestamp(trial.protocol.trial.recruitment_start)
    since = {
        row["family_id"]
        for row in rows_of(trial.referrals)
        if row["referral_date"] >= start
    }
    since |= set(of_family)
    box = "referred since recruitment opened, or earlier and assessed"
    found[box, ""] = len(since)
    found["assessed for eligibility", ""] = len(of_family)
    found["randomised", ""] = len(index_children_of(trial))
    return found


def index_children_of(trial):
    """Say who of each family was randomised first; of equals the first in the file."""
    first = {}
    for row in rows_of(trial.participants):
        held = first.setdefault(row["family_id"], row)
        if row["randomisation_date"] < held["randomisation_date"]:
            first[row["family_id"]] = row
    return {row["participant_id"] for row in first.values()}


def why_not(screenings, protocol):
    """Say in which box a family ends that was not randomised, and for what reason."""
    screenings = sorted(screenings, key=lambda row: row["screened_date"])
    for group, reason, reached in (
        ("consented, not randomised", "decline_reason", "consent"),
        ("declined", "decline_reason", "approached_date"),
        ("eligible, not approached", "decline_reason", "eligible"),
        ("not eligible", "reason", "screened_date"),
    ):
        there = [row for row in screenings if row[reached]]
        if there:
            code = there[-1][reason]
            words = protocol.label(code, reason) if code else "reason not recorded"
            return group, words
    raise AssertionError("every screening has a date")


def after_randomisation(trial, status):
    """Count families by (arm, box, reason)."""
    found = Counter()
    treated = {row["participant_id"]: row for row in rows_of(trial.treatment)}
    said = {row["participant_id"]: row for row in rows_of(status)}
    lost, index_children = why_lost(trial), index_children_of(trial)
    for row in rows_of(trial.allocation):
        person, code = row["participant_id"], row["arm"]
        if person not in index_children:
            continue
        found[code, "allocated", ""] += 1
        found[code, *received(trial, code, treated[person])] += 1
        stopped = treated[person]["withdrew_treatment_date"] is not None
        found[code, "stopped treatment early, kept in the analysis", ""] += stopped
        if person in lost:
            found[code, "lost", lost[person]] += 1
        found[code, said[person]["status"], said[person]["reason"]] += 1
    for arm in trial.protocol.arms:
        found[arm.code, "analysed", ""] += 0
        found[arm.code, "received what was allocated", ""] += 0
    return found


def received(trial, code, treatment):
    """Say in which box a participant's treatment stands, and for what reason."""
    arm = next(arm for arm in trial.protocol.arms if arm.code == code)
    had = treatment["treatment_received"]
    if had in arm.treatments:
        return "received what was allocated", ""
    if had == "none":
        return "did not receive", "did not start treatment"
    return "did not receive", f"received {trial.protocol.label(had)}"


def why_lost(trial):
    """Say who left before the last visit, 20 months after randomisation, and why."""
    zero = {
        row["participant_id"]: row["randomisation_date"]
        for row in rows_of(trial.participants)
    }
    found = {}
    for row in sorted(rows_of(trial.events), key=lambda row: row["event_date"]):
        person = row["participant_id"]
        day = (row["event_date"] - zero[person]).days
        if row["event"] in LEAVING and 0 <= day < days_in(20):
            found.setdefault(person, trial.protocol.label(row["event"]))
    return found


def with_siblings(trial, rng):
    """Make one family of each of two pairs in each arm, as if they were siblings."""
    family = {row["family_id"]: row["family_id"] for row in rows_of(trial.participants)}
    for code in trial.arms().unique():
        own = (trial.arms() == code).to_numpy()
        ids = rng.permutation(trial.participants.loc[own, "family_id"])[:4]
        family |= {ids[0]: ids[1], ids[2]: ids[3]}
    merged = {}
    for name in ("participants", "referrals"):
        table = getattr(trial, name)
        merged[name] = table.assign(family_id=table["family_id"].replace(family))
    return replace(trial, **merged)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_drawn_trials_reconcile_and_equal_a_naive_recount(seed):
    protocol = load_protocol()
    rng = np.random.default_rng(seed)
    boxes = set()
    for number in range(8):
        trial = draw_trial(protocol, n=40, trial=number, seed=seed)
        if number % 2:
            trial = with_siblings(trial, rng)
        status = analysis_status(trial, "E1")
        found = flow(trial, analysed=status)
        assert broken_identities(found) == []
        assert found.children == len(trial.participants)
        assert found.children - found.randomised == (4 if number % 2 else 0)
        frame = found.to_frame().set_index(["arm", "box", "reason"])["families"]
        before = before_randomisation(trial)
        theirs = {("", *box): n for box, n in before.items()}
        theirs |= after_randomisation(trial, status)
        assert frame.to_dict() == theirs
        assert found.n_sites == len(set(trial.participants["site"]))
        boxes |= set(frame.index.get_level_values("box"))
    reached = {"not eligible", "declined", "lost", "missing", "excluded"}
    assert reached <= boxes, "the draws do not reach every box"


def test_drawn_trials_reconcile_for_every_estimand():
    protocol = load_protocol()
    for number in range(4):
        trial = draw_trial(protocol, n=40, trial=number, seed=9)
        for estimand in protocol.estimands:
            status = analysis_status(trial, estimand.code)
            found = flow(trial, analysed=status)
            assert found.n_analysed == (status["status"] == "analysed").sum()
