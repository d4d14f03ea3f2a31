"""Controlled rounding: every table still adds up, and nothing is exact."""

import json
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from steps_analysis.disclosure import (
    Cell,
    Profile,
    Release,
    audit,
    controlled_rounding,
    published_from,
    suppress_primary,
    threshold,
)
from steps_analysis.errors import ArgumentError

HERE = Path(__file__).parents[1] / "reference" / "disclosure"
RULE = threshold(5)


def release_of(grid):
    counts = pd.DataFrame(grid, index=[f"r{i}" for i in range(len(grid))])
    return Release().add_table("t", counts.rename(columns=lambda j: f"c{j}"))


def rounded(grid, **options):
    release = release_of(grid)
    return release, controlled_rounding(release, RULE, key="k", **options)


# By hand


def test_one_way_goes_to_the_rounding_with_the_least_distance():
    # 2 + 2 + 2 = 6: 6 goes to 5 (1) or 10 (4); one 2 goes up (3), two go down (2 each)
    # for 5, sum 1 + 3 + 2 + 2 = 8; for 10: 4 + 3 + 3 + 2 = 12; 0 is no neighbour of 6
    _, found = rounded([[2, 2, 2]])
    printed = found.to_frame("t").loc["r0"]
    assert printed["Total"] == 5
    assert sorted(printed[["c0", "c1", "c2"]]) == [0, 0, 5]


def test_multiples_stay_and_so_does_zero():
    _, found = rounded([[0, 5], [10, 20]])
    assert found.to_frame("t").loc["r1"].tolist() == [10, 20, 30]
    assert found.to_frame("t").loc["r0"].tolist() == [0, 5, 5]


def test_another_key_gives_another_of_equally_good_roundings():
    release = release_of([[2, 2, 2]])
    seen = {
        tuple(controlled_rounding(release, RULE, key=f"k{i}").to_frame("t").iloc[0])
        for i in range(12)
    }
    assert len(seen) == 3
    one, same = (controlled_rounding(release, RULE, key="k") for _ in range(2))
    assert one.to_json() == same.to_json()


# Properties


grids = st.integers(1, 4).flatmap(
    lambda width: st.lists(
        st.lists(st.integers(0, 40), min_size=width, max_size=width),
        min_size=1,
        max_size=4,
    )
)


@settings(max_examples=40)
@given(grids, st.sampled_from([2, 3, 5, 10]))
def test_it_adds_up_and_goes_to_neighbouring_multiples(grid, base):
    release, found = rounded(grid, base=base)
    (table,) = release.tables
    printed = found.to_frame("t")
    for cell, count in table.values().items():
        shown = printed.loc[cell.row, cell.column]
        assert shown % base == 0
        assert abs(shown - count) < base
    for total, parts in table.sums():
        assert printed.loc[total.row, total.column] == sum(
            printed.loc[part.row, part.column] for part in parts
        )


def test_three_dimensions_add_up_too():
    rng = np.random.default_rng(7)
    places = pd.MultiIndex.from_product([list("AB"), list("xyz"), list("pq")])
    places = places.set_names(["site", "period", "source"])
    counts = pd.Series(rng.poisson(3, len(places)), index=places)
    release = Release().add_cube("t", counts)
    found = controlled_rounding(release, RULE, key="k")
    page = found.page()
    assert not (page.structure.equations @ page.reading.shown).any()
    reach = found.rounded.reach
    assert np.abs(page.reading.shown - page.structure.value).max() <= reach


# Naive twin: every rounding to neighbours, tried


def twin(grid, base):
    grid = np.array(grid)
    full = np.vstack([grid, grid.sum(axis=0)])
    full = np.hstack([full, full.sum(axis=1, keepdims=True)])

    def ways(count):
        low = count // base * base
        return {low, low if count % base == 0 else low + base}

    best = np.inf
    for inner in product(*(ways(c) for c in grid.ravel())):
        tried = np.array(inner).reshape(grid.shape)
        tried = np.vstack([tried, tried.sum(axis=0)])
        tried = np.hstack([tried, tried.sum(axis=1, keepdims=True)])
        if (np.abs(tried - full) < base).all():
            if ((full % base == 0) & (tried != full)).any():
                continue
            best = min(best, np.abs(tried - full).sum())
    return best


@pytest.mark.parametrize("seed", range(6))
def test_the_distance_is_the_least_there_is(seed):
    grid = np.random.default_rng(seed).integers(0, 15, (2, 3))
    _, found = rounded(grid.tolist(), base=5)
    page = found.page()
    distance = np.abs(page.reading.shown - page.structure.value).sum()
    assert distance == twin(grid, 5)


# Reference


def test_the_benchmark_table():
    figures = json.loads((HERE / "sdc_benchmark.json").read_text())
    said = figures["controlled rounding to 5"]
    counts = pd.read_csv(HERE / "sdc_dense.csv", index_col=0)
    found = controlled_rounding(
        Release().add_table("quarters", counts), RULE, key="k", base=5
    )
    inner = found.to_frame("quarters").iloc[:-1, :-1].to_numpy(dtype=int)
    error = np.abs(inner - counts.to_numpy())
    assert error.max() == said["largest_error"]
    assert round(error.mean(), 1) == said["mean_error"]
    assert audit(found).safe


# What can be worked out


def test_rounding_each_figure_by_itself_can_be_worked_out_and_this_cannot():
    drawn = np.random.default_rng(43).integers(0, 12, (3, 3)).tolist()
    alone = Profile(
        name="independent",
        hidden_up_to=0,
        round_cells_to=5,
        round_row_totals_to=5,
        round_column_totals_to=5,
    )
    naive = audit(suppress_primary(release_of(drawn), alone))
    n_naive = sum(one.possible.is_exact for one in naive.found)
    ours = audit(rounded(drawn)[1])
    assert ours.safe
    assert n_naive >= sum(one.possible.is_exact for one in ours.found)


def test_a_base_within_the_hidden_range_is_found_unsafe():
    release = release_of([[1, 8, 2], [7, 9, 12]])
    found = controlled_rounding(release, threshold(6), key="k", base=2)
    assert not audit(found).safe


def test_a_reader_of_the_published_figures_finds_the_same():
    _, found = rounded([[3, 9, 8], [16, 7, 12]])
    said = json.loads(found.to_json())
    assert said["rounded"] == {"base": 5, "reach": 4}
    outside, inside = published_from(said).system(), found.system()
    assert outside.lower.tolist() == inside.lower.tolist()
    assert outside.upper.tolist() == inside.upper.tolist()


def test_nothing_printed_tells_the_counts():
    _, found = rounded([[3, 9, 8], [16, 7, 12]])
    assert all(
        value % 5 == 0 for row in found.to_frame("t").to_numpy() for value in row
    )
    assert "printed" not in repr(found.rounded)


# Errors


@pytest.mark.parametrize("base", [1, 0, -5, 2.5, True, "5"])
def test_refuses_an_impossible_base(base):
    with pytest.raises(ArgumentError, match="`base` must be a whole number, at least"):
        rounded([[3, 9]], base=base)


def test_refuses_what_is_public_exactly():
    counts = pd.DataFrame({"n": [30]}, index=["all"])
    release = Release().add_table("flow", counts, exact=True)
    with pytest.raises(ArgumentError, match="`release` must have no exact table"):
        controlled_rounding(release, RULE, key="k")


def test_refuses_no_key_and_a_protected_release():
    release = release_of([[3, 9]])
    with pytest.raises(ArgumentError, match="`key` must be a text"):
        controlled_rounding(release, RULE, key="")
    with pytest.raises(ArgumentError, match="`release` must be protected once"):
        controlled_rounding(suppress_primary(release, RULE), RULE, key="k")


def test_cells_are_looked_up_by_name():
    _, found = rounded([[2, 2, 2]])
    assert Cell("t", "r0", "c0") in dict(found.rounded.printed)
