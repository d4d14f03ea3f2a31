"""Every benchmark figure that is defined as ours is; the file says which are not."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from steps_analysis.disclosure import (
    Cell,
    Percentage,
    Profile,
    Rate,
    Release,
    audit,
    protect,
    suppress_primary,
    threshold,
)

HERE = Path(__file__).parents[1] / "reference" / "disclosure"
FIGURES = json.loads((HERE / "sdc_benchmark.json").read_text())
COUNTS = pd.read_csv(HERE / "sdc_dense.csv", index_col=0)
RELEASE = Release().add_table("quarters", COUNTS)
RULE = threshold(5)
NEAREST_5 = Profile(
    name="independent",
    hidden_up_to=0,
    round_cells_to=5,
    round_row_totals_to=5,
    round_column_totals_to=5,
)


def figures_of(found, *, values):
    primary = [one for one in found.found if one.is_primary]
    extra = [one for one in found.found if not one.is_primary]
    return {
        "primary": len(primary),
        "suppressed": len(found.found),
        "extra_value_hidden": sum(values[one.cells[0]] for one in extra),
        "exactly_disclosed": sum(one.possible.is_exact for one in primary),
    }


@pytest.fixture(scope="module")
def values():
    return RELEASE.tables[0].values()


@pytest.fixture(scope="module")
def naive(values):
    """Hide the next smallest figure of every line with a single hidden one."""
    (table,), hidden = RELEASE.tables, set(suppress_primary(RELEASE, RULE).hidden)
    lines = [[Cell(table.name, r, c) for c in table.columns] for r in table.rows]
    lines += [[Cell(table.name, r, c) for r in table.rows] for c in table.columns]
    while single := [x for x in lines if len(hidden.intersection(x)) == 1]:
        left = [c for c in single[0] if c not in hidden and values[c] > 0]
        hidden.add(min(left, key=values.__getitem__))
    return suppress_primary(RELEASE, RULE, also=hidden)


def test_the_table_is_the_one(values):
    assert values["quarters", "Total", "Total"] == FIGURES["total"]
    assert len(values) == 255
    flagged = sum(1 <= value < 10 for value in values.values())
    assert flagged == FIGURES["acro, threshold 10"]["cells_flagged"]


def test_primary_only(values):
    found = audit(suppress_primary(RELEASE, RULE))
    assert figures_of(found, values=values) == FIGURES["primary only"]
    assert not found.safe


def test_naive_next_smallest(values, naive):
    found = audit(naive)
    assert figures_of(found, values=values) == FIGURES["naive next-smallest"]
    below_5 = [o for o in found.found if o.is_primary and (o.possible.upper or 99) < 5]
    assert len(below_5) == FIGURES["naive, reader knows hidden >= 1"]["known_below_5"]


def test_naive_with_primaries_labelled(values, naive):
    told = {cell: (1, 4) for cell in naive.hidden if values[cell] < 5}
    exact = figures_of(audit(naive, known=told), values=values)["exactly_disclosed"]
    assert exact == FIGURES["naive, primaries labelled"]["exactly_disclosed"]


def test_ours_is_safe_alone_and_with_years():
    public = protect(RELEASE, RULE, key="k")
    assert audit(public).safe
    years = {
        y: [q for q in COUNTS if q.startswith(y)] for y in ("2021", "2022", "2023")
    }
    both = RELEASE.add_sums("years", "quarters", columns=years)
    later = audit(suppress_primary(both, RULE, also=public.hidden))
    assert not later.safe
    everything = {c: v for table in both.tables for c, v in table.values().items()}
    assert figures_of(later, values=everything)["exactly_disclosed"] >= 1
    assert audit(protect(both, RULE, key="k")).safe


def test_independent_rounding_is_not_additive():
    expected = FIGURES["independent rounding to 5"]
    page = suppress_primary(RELEASE, NEAREST_5).to_frame("quarters").astype(int)
    inner = page.iloc[:-1, :-1]
    rows = inner.sum(axis=1) - page["Total"].iloc[:-1]
    columns = inner.sum() - page.iloc[-1, :-1]
    assert int((rows != 0).sum()) == expected["rows_not_additive"]
    assert int((columns != 0).sum()) == expected["columns_not_additive"]
    assert max(rows.abs().max(), columns.abs().max()) == expected["max_gap"]
    assert inner.to_numpy().sum() == expected["sum_of_rounded_cells"]


def test_rates_and_percentages_give_small_counts_away():
    expected = FIGURES["derived"]
    rng = np.random.default_rng(41)
    index, columns = [f"B{i}" for i in range(14)], list("12345")
    grid = pd.DataFrame([[1, 2, 3, 4, 5]] * 14, index=index, columns=columns)
    people = pd.Series(rng.integers(35_000, 110_000, 14), index=index)
    release = Release().add_table("t", grid, totals="none")
    release = release.add_derived("r", "t", Rate(denominator=people))
    found = audit(suppress_primary(release, "dfe_cin", figures="exact")).found
    assert len(found) == expected["rates_tried"]
    assert sum(one.possible.is_exact for one in found) == expected["rates_recovered"]

    index = [f"B{i}" for i in range(26)]
    small = np.array([[1, 2, 3, 4, 5]] * 26)
    rest = rng.integers(20, 200, 26) - small.sum(axis=1)
    grid = pd.DataFrame(small, index=index, columns=columns)
    grid["rest"] = np.maximum(rest, 6)
    release = Release().add_table("t", grid, totals="rows")
    release = release.add_derived("p", "t", Percentage(of="row"))
    found = audit(suppress_primary(release, threshold(6), figures="exact")).found
    small_ones = [one for one in found if one.is_primary]
    assert len(small_ones) == expected["percentages_tried"]
    exact = sum(one.possible.is_exact for one in small_ones)
    assert exact == expected["percentages_recovered"]
