from dataclasses import replace

import pandas as pd
import pytest

from steps_analysis.disclosure import Release, suppress_primary
from steps_analysis.disclosure.attack import attack_on
from steps_analysis.disclosure.structure import structure_of
from steps_analysis.disclosure.tables import Cell


def two_tables(frame, *, shared):
    """Two tables of the same boroughs, linked by `shared` of their row totals."""
    one, other = frame([10, 11, 12], [9, 9, 15]), frame([20, 13], [30, 3])
    links = {(b, "Total"): [Cell("one", b, "Total")] for b in one.index[:shared]}
    release = Release().add_table("one", one)
    return release.add_table("other", other, sums_of=links)


def test_equal_sums_are_one_quantity(frame):
    release = Release().add_table("q", frame([10, 11, 12, 10], [9, 9, 9, 9]))
    years = {"2013": ["y0", "y1"], "2014": ["y2", "y3"]}
    structure = structure_of(release.add_sums("y", "q", columns=years).tables)
    number = structure.number
    assert number["q", "B0", "Total"] == number["y", "B0", "Total"]
    assert number["q", "Total", "Total"] == number["y", "Total", "Total"]
    # 8 quarters, 4 years, 2 row totals, 4 + 2 column totals, 1 grand total
    assert len(structure.cells) == 21
    assert number["y", "B0", "2013"] in structure.above[number["q", "B0", "y0"]]
    assert number["q", "Total", "Total"] in structure.above[number["q", "B0", "y0"]]


def test_linked_totals_are_one_quantity(frame):
    number = structure_of(two_tables(frame, shared=2).tables).number
    assert number["one", "B1", "Total"] == number["other", "B1", "Total"]
    assert number["one", "B1", "y0"] != number["other", "B1", "y0"]


def test_every_equation_holds_for_the_exact_counts(frame):
    structure = structure_of(two_tables(frame, shared=2).tables)
    assert structure.equations.shape[0] == (3 + 4) + (3 + 3)
    assert not (structure.equations @ structure.value).any()


@pytest.mark.parametrize("shared", [0, 1, 2])
def test_two_tables_that_share_totals_have_no_holes(frame, shared):
    assert structure_of(two_tables(frame, shared=shared).tables).is_unimodular


def test_columns_may_nest(frame):
    release = Release().add_table("q", frame([10, 11, 12, 10], [9, 9, 9, 9]))
    years = {"2013": ["y0", "y1"], "2014": ["y2", "y3"]}
    assert structure_of(release.add_sums("y", "q", columns=years).tables).is_unimodular


def test_columns_that_overlap_may_have_holes(frame):
    release = Release().add_table("q", frame([10, 11, 12], [9, 9, 9]))
    pairs = {"a": ["y0", "y1"], "b": ["y1", "y2"], "c": ["y0", "y2"]}
    release = release.add_sums("y", "q", columns=pairs, totals="none")
    assert not structure_of(release.tables).is_unimodular


@pytest.mark.parametrize("shared", [0, 2])
def test_trying_every_value_finds_no_hole_where_there_is_none(frame, shared):
    release = two_tables(frame, shared=shared)
    cells = [c for t in release.tables for c in t.cells() if "Total" not in c]
    system = suppress_primary(release, "threshold(4)", also=cells).system()
    quick, slow = attack_on(system), attack_on(replace(system, is_unimodular=False))
    for quantity in range(len(system.lower)):
        assert quick.possible(quantity) == slow.possible(quantity)


def test_labels_are_text():
    counts = pd.DataFrame({2013: [7], 2014: [8]}, index=["A"])
    number = structure_of(Release().add_table("t", counts).tables).number
    assert ("t", "A", "2013") in number
