"""The finest breakdown that can be published, and why no finer one."""

from itertools import product

import numpy as np
import pandas as pd
import pytest

from steps_analysis.disclosure import (
    Release,
    breakdowns,
    plan_release,
    protect,
    suppress_primary,
    threshold,
)
from steps_analysis.errors import ArgumentError, DataError

HALVES = {"Q1": "H1", "Q2": "H1", "Q3": "H2", "Q4": "H2"}
YEAR = dict.fromkeys(HALVES, "year")
LEVELS = {"quarter": {"half": HALVES, "year": YEAR}}
RULE = threshold(3)


def counts_of(grid, names=("site", "quarter")):
    index = pd.MultiIndex.from_product(
        [[f"B{i}" for i in range(len(grid))], list(HALVES)], names=names
    )
    return pd.Series(np.ravel(grid).tolist(), index=index)


# By hand


def test_large_counts_are_published_as_finely_as_asked():
    counts = counts_of([[9, 8, 7, 9], [8, 9, 9, 7]])
    plan = plan_release(breakdowns(counts, rows="site", levels=LEVELS), RULE, key="k")
    assert plan.name == "site by quarter"
    assert plan.refused == ()
    assert plan.why == ""
    assert plan.audit.safe
    assert plan.release.to_frame("counts").loc["B0"].tolist() == [9, 8, 7, 9, 33]


def test_small_counts_are_added_up_until_they_can_be_shown():
    # each quarter is 1 or 2 (hidden up to 2); each half is 3, so nothing is hidden
    counts = counts_of([[1, 2, 2, 1], [2, 1, 1, 2]])
    plan = plan_release(breakdowns(counts, rows="site", levels=LEVELS), RULE, key="k")
    assert plan.name == "site by half"
    assert [name for name, _ in plan.refused] == ["site by quarter"]
    assert plan.release.to_frame("counts").loc["B0"].tolist() == [3, 3, 6]
    assert plan.why.startswith("Not site by quarter: ")


def test_where_nothing_can_be_published_every_reason_is_given():
    counts = counts_of([[1, 0, 0, 0], [0, 1, 0, 0]])
    plan = plan_release(breakdowns(counts, rows="site", levels=LEVELS), RULE, key="k")
    assert plan.name is plan.release is plan.audit is None
    assert len(plan.refused) == 3


def test_sources_and_rings_are_dimensions_like_any_other():
    index = pd.MultiIndex.from_product(
        [["A", "B"], list(HALVES), ["police", "school"]],
        names=["site", "quarter", "source"],
    )
    counts = pd.Series([3, 1] * 8, index=index)
    levels = {
        "site": {"ring": {"A": "inner", "B": "inner"}},
        "quarter": {"year": YEAR},
        "source": {"all": None},
    }
    found = breakdowns(counts, rows="site", levels=levels)
    assert next(iter(found)) == "site by quarter and source"
    assert set(found) == {
        f"{area} by {period}{source}"
        for area, period, source in product(
            ["site", "ring"], ["quarter", "year"], [" and source", ""]
        )
    }
    plan = plan_release(found, RULE, key="k")
    # school's quarters are 1 and would all be hidden; without source each is 4
    assert plan.name == "site by quarter"


# Naive twin: group, protect, judge by enumeration, take the first


@pytest.mark.parametrize("seed", range(6))
def test_the_choice_is_that_of_enumeration(twin, seed):
    rng = np.random.default_rng([seed, 3])
    grid = rng.poisson(1.5, (2, 4)).clip(max=3)
    counts = counts_of(grid.tolist())
    chosen = None
    for name, width in (("quarter", 1), ("half", 2), ("year", 4)):
        table = np.array([row.reshape(-1, width).sum(axis=1) for row in grid])
        release = protect(
            Release().add_table("t", pd.DataFrame(table, index=["B0", "B1"])),
            RULE,
            key="k",
        )
        if release.withheld:
            continue
        shown = release.to_frame("t").iloc[:2, : table.shape[1]].to_numpy()
        possible = twin(release, int(table.max()) + 3)
        values = release.tables[0].values()
        safe = all(
            {1, 2} <= possible[cell] for cell, n in values.items() if n in (1, 2)
        )
        assert safe
        if (shown == "[c]").mean() <= 1 / 3:
            chosen = f"site by {name}"
            break
    plan = plan_release(breakdowns(counts, rows="site", levels=LEVELS), RULE, key="k")
    assert plan.name == chosen


def test_a_larger_share_hidden_may_be_allowed():
    counts = counts_of([[1, 9, 9, 2], [2, 8, 9, 1], [9, 1, 2, 9]])
    found = breakdowns(counts, rows="site", levels=LEVELS)
    assert plan_release(found, RULE, key="k").name != "site by quarter"
    assert plan_release(found, RULE, key="k", most_hidden=1).name == "site by quarter"


# Errors


def test_refuses_no_candidate_and_an_impossible_share():
    with pytest.raises(ArgumentError, match="`candidates` must hold a release"):
        plan_release({}, RULE, key="k")
    found = breakdowns(counts_of([[9] * 4]), rows="site", levels={})
    for share in (0, 1.5, -1):
        with pytest.raises(ArgumentError, match=r"`most_hidden` must lie in \(0, 1\]"):
            plan_release(found, RULE, key="k", most_hidden=share)


def test_refuses_a_candidate_that_is_protected():
    (release,) = breakdowns(counts_of([[9] * 4]), rows="site", levels={}).values()
    with pytest.raises(ArgumentError, match="`release` must be protected once"):
        plan_release({"twice": suppress_primary(release, RULE)}, RULE, key="k")


@pytest.mark.parametrize(
    ("options", "match"),
    [
        ({"rows": "stie", "levels": {}}, "`rows` must name dimensions of `counts`"),
        ({"rows": "site", "levels": {"month": {}}}, "`levels` must name dimensions"),
        ({"rows": "site", "levels": {"site": {"": None}}}, "not leave out the rows"),
    ],
)
def test_refuses_unknown_dimensions(options, match):
    with pytest.raises(ArgumentError, match=match):
        breakdowns(counts_of([[9] * 4]), **options)


def test_refuses_a_label_without_a_group_and_an_index_without_names():
    levels = {"quarter": {"half": {"Q1": "H1"}}}
    with pytest.raises(DataError, match="`levels` must give every label of 'quarter'"):
        breakdowns(counts_of([[9] * 4]), rows="site", levels=levels)
    with pytest.raises(DataError, match="two named dimensions or more"):
        breakdowns(counts_of([[9] * 4], names=(None, None)), rows="site", levels={})
    with pytest.raises(DataError, match="two named dimensions or more"):
        breakdowns(counts_of([[9] * 4]).groupby("site").sum(), rows="site", levels={})
