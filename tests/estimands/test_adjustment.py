"""The covariates of the adjusted analysis: grouped by counts alone, outcomes unseen."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from steps_analysis.outcomes.binary.adjustment import adjustment


def people_at(sites, **facts):
    """{"Southwark": 8} to eight participants there."""
    names = [site for site, n in sites.items() for _ in range(n)]
    return {f"P{i:03d}": {"site": site, **facts} for i, site in enumerate(names)}


def columns_of(trial, factors):
    ids = trial.participants["participant_id"].tolist()
    table, notes = adjustment(trial, ids, factors)
    assert table.index.tolist() == ids
    return {name: int(table[name].sum()) for name in table}, notes


# By hand; the minimum is 8.


def test_levels_of_eight_stand_and_seven_are_grouped(trial_of):
    """8 and 9 stand; 7 + 2 make an "other" of 9, and the commonest is left out."""
    sites = {"Southwark": 10, "Borough A": 8, "Borough B": 7, "Borough C": 2}
    found, notes = columns_of(trial_of(people_at(sites)), ["site"])
    assert found == {"site: Borough A": 8, "site: other": 9}
    assert notes == (
        "Borough: 4 levels were grouped into 3, by size alone "
        "(those with fewer than 8).",
    )


def test_a_sparse_group_joins_the_commonest(trial_of):
    """7 alone are too few even together: they join the 10."""
    sites = {"Southwark": 10, "Borough A": 8, "Borough B": 7}
    found, _ = columns_of(trial_of(people_at(sites)), ["site"])
    assert found == {"site: Borough A": 8}


def test_a_factor_of_sparse_levels_drops_out(trial_of):
    """4 + 3 are one group, so there is nothing to adjust for."""
    found, notes = columns_of(
        trial_of(people_at({"Southwark": 4, "Borough A": 3})), ["site"]
    )
    assert found == {}
    assert notes == ("Borough was not adjusted for: its levels hold too few.",)


def test_a_sparse_site_becomes_its_ring(trial_of):
    """Inner 3 + 5 = 8 stand as a ring; outer 4 are sparse, and join the commonest."""
    sites = {"Southwark": 9, "Borough A": 3, "Borough B": 5, "Borough C": 4}
    trial = trial_of(people_at(sites))
    ring = trial.sites["site"].map(
        lambda site: "outer" if site == "Borough C" else "inner"
    )
    trial = replace(trial, sites=trial.sites.assign(ring=ring))
    found, _ = columns_of(trial, ["site"])
    assert found == {"site: other inner": 8}


def test_a_factor_with_one_level_says_nothing(trial_of):
    trial = trial_of(people_at({"Southwark": 12}))
    assert columns_of(trial, ["site", "sex"]) == ({}, ())


def test_two_factors_give_their_columns_in_order(trial_of):
    people = people_at({"Southwark": 10, "Borough A": 9})
    for name in list(people)[:8]:
        people[name]["sex"] = "female"
    found, notes = columns_of(trial_of(people), ["sex", "site"])
    assert list(found) == ["sex: female", "site: Borough A"]
    assert found["sex: female"] == 8
    assert notes == ()


def test_the_rows_are_those_asked_for_in_their_order(trial_of):
    trial = trial_of(people_at({"Southwark": 10, "Borough A": 9}))
    ids = trial.participants["participant_id"].tolist()[::-1]
    table, _ = adjustment(trial, ids[:18], ["site"])
    assert table.index.tolist() == ids[:18]
    assert table["site: Borough A"].tolist() == [1.0] * 9 + [0.0] * 9


# Properties.


@given(st.lists(st.integers(0, 14), min_size=1, max_size=14))
@settings(max_examples=30, deadline=None)
def test_every_column_that_is_left_holds_enough(trial_of, sizes):
    sites = ["Southwark", *(f"Borough {letter}" for letter in "ABCDEFGHIJKLM")]
    counts = {site: n for site, n in zip(sites, sizes, strict=False) if n}
    if not counts:
        return
    trial = trial_of(people_at(counts))
    ids = trial.participants["participant_id"].tolist()
    table, _ = adjustment(trial, ids, ["site"])
    if table.shape[1]:
        reference = len(ids) - table.to_numpy().sum()
        assert table.sum().ge(8).all()
        assert reference >= table.sum().max(), "the commonest level is left out"
        assert np.isin(table.to_numpy(), (0.0, 1.0)).all()
        assert table.sum(axis=1).le(1).all()
    assert sum(n >= 8 for n in counts.values()) - 1 <= table.shape[1]


def test_outcomes_and_arms_are_not_looked_at(trial_of):
    rng = np.random.default_rng(0)
    people = people_at({"Southwark": 9, "Borough A": 4, "Borough B": 6})
    before = None
    for _ in range(5):
        for facts in people.values():
            facts["arm"] = str(rng.choice(["MAU", "MST-PSB"]))
            facts["events"] = [("placement", 50)] if rng.random() < 0.5 else []
        trial = trial_of(people)
        ids = trial.participants["participant_id"].tolist()
        table, notes = adjustment(trial, ids, ["site", "sex", "age_group"])
        assert before is None or (table.equals(before[0]) and notes == before[1])
        before = table, notes


# Errors.


def test_a_factor_the_protocol_does_not_have_is_a_key_error(trial_of):
    trial = trial_of(people_at({"Southwark": 2}))
    with pytest.raises(KeyError, match="colour"):
        adjustment(trial, ["P000"], ["colour"])
