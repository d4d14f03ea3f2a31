"""Costs in the report: means by hand, the caveat, and what is said without any."""

from dataclasses import replace

import pandas as pd
import pytest

from steps_analysis.evaluation import evaluate
from steps_analysis.evaluation.costs_section import WILLINGNESS, costs_section
from steps_analysis.outcomes import answer
from steps_analysis.reporting.blocks import Callout, Paragraph, Table
from steps_analysis.simulation import committed


@pytest.fixture(scope="module")
def trial():
    return committed("achieved")


@pytest.fixture(scope="module")
def section(trial):
    return costs_section(trial, answer(trial, "E1"))


def tables(section):
    return {block.name: block for block in section.blocks if isinstance(block, Table)}


def test_means_are_those_of_the_families_of_each_arm(trial, section):
    """Added up here by hand, from the file."""
    rows = trial.costs.assign(
        arm=trial.costs["participant_id"].map(trial.arms()).astype(str)
    )
    found = {row[0]: row for row in tables(section)["costs-sectors"].rows}
    for sector, label in (("health", "Health"), (None, "All sectors")):
        own = rows if sector is None else rows[rows["sector"] == sector]
        means = [
            own.loc[own["arm"] == arm.code, "cost"].sum()
            / rows.loc[rows["arm"] == arm.code, "participant_id"].nunique()
            for arm in trial.protocol.arms
        ]
        assert found[label][1:3] == pytest.approx(means)
        assert found[label][3].value == pytest.approx(means[0] - means[1])
        assert found[label][3].lower < found[label][3].value < found[label][3].upper


def test_the_whole_stands_last(section):
    names = [row[0] for row in tables(section)["costs-sectors"].rows]
    assert names == [
        "Education",
        "Health",
        "Justice",
        "Children's social care",
        "All sectors",
    ]


def test_the_caveat_comes_before_any_number(section):
    first = section.blocks[0]
    assert isinstance(first, Callout)
    assert "take the limits as a guide, and no more" in first.text


def test_the_acceptability_curve_reads_at_round_sums(section):
    rows = tables(section)["costs-acceptability"].rows
    assert [row[0] for row in rows] == list(WILLINGNESS)
    assert all(0 <= row[1] <= 1 for row in rows)


def test_shares_of_the_plane_make_a_whole(section):
    (said,) = [
        block.text
        for block in section.blocks
        if isinstance(block, Paragraph) and "drawing these families again" in block.text
    ]
    shares = [int(word[:-1]) for word in said.replace(";", " ").split() if "%" in word]
    assert len(shares) == 4
    assert sum(shares) == pytest.approx(100, abs=2)


@pytest.mark.parametrize(("code", "label"), [("MAU", "MST-PSB"), ("MST-PSB", "usual")])
def test_costs_of_one_arm_alone_are_not_compared(trial, code, label):
    only = trial.allocation.loc[trial.allocation["arm"] == code, "participant_id"]
    costs = trial.costs[trial.costs["participant_id"].isin(set(only))]
    found = costs_section(replace(trial, costs=costs), answer(trial, "E1"))
    words = " ".join(b.text for b in found.blocks if isinstance(b, Paragraph))
    assert "No cost is known of any family with" in words
    assert label in words
    assert not tables(found)


def test_costs_of_families_without_an_outcome_are_compared_alone(trial):
    known = answer(trial, "E1").status
    known = known.loc[known["status"] == "analysed", "participant_id"]
    costs = trial.costs[~trial.costs["participant_id"].isin(set(known))]
    found = costs_section(replace(trial, costs=costs), answer(trial, "E1"))
    words = " ".join(b.text for b in found.blocks if isinstance(b, Paragraph))
    assert "Too few families have both a cost and an outcome" in words
    assert "costs-sectors" in tables(found)


def test_no_costs_no_section(trial):
    none = evaluate(replace(trial, costs=None))
    assert "costs.csv" in none.results.left_out["Costs"]
    assert "costs" not in [section.slug for section in none.document.sections]
    empty = evaluate(replace(trial, costs=trial.costs.iloc[:0]))
    assert empty.results.left_out["Costs"] == "no cost was recorded"


def test_a_second_child_of_a_family_has_no_costs_of_its_own(trial, section):
    people = trial.participants
    twin = people.iloc[[0]].assign(participant_id="P999")
    later = twin["randomisation_date"] + pd.Timedelta(days=1)
    twin = twin.assign(randomisation_date=later)
    arm = trial.arms().loc[people["participant_id"].iloc[0]]
    own = trial.costs.iloc[[0]].assign(participant_id="P999", cost=1e6)
    both = replace(
        trial,
        participants=pd.concat([people, twin], ignore_index=True),
        allocation=pd.concat(
            [
                trial.allocation,
                pd.DataFrame({"participant_id": ["P999"], "arm": [arm]}),
            ],
            ignore_index=True,
        ),
        costs=pd.concat([trial.costs, own], ignore_index=True),
    )
    found = costs_section(both, answer(trial, "E1"))
    assert tables(found)["costs-sectors"].rows == tables(section)["costs-sectors"].rows
