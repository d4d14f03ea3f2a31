"""Counts by three characteristics, and the boxes of a flow, as linked tables."""

from itertools import product
from time import perf_counter

import numpy as np
import pandas as pd
import pytest

from steps_analysis.disclosure import (
    Cell,
    Release,
    audit,
    protect,
    suppress_primary,
    threshold,
)
from steps_analysis.errors import ArgumentError, DataError

RULE = threshold(6)


def cube(*shape, seed=1, mean=8.0):
    names = [[f"{'abcde'[axis]}{i}" for i in range(n)] for axis, n in enumerate(shape)]
    index = pd.MultiIndex.from_product(names)
    drawn = np.random.default_rng(seed).poisson(mean, len(index))
    return pd.Series(drawn, index=index)


def test_a_cube_has_all_its_margins():
    # two areas, two years, two sources: 3 x 3 x 3 figures
    counts = cube(2, 2, 2)
    release = protect(Release().add_cube("n", counts), "trial_wide", key="k")
    assert release.names == ("n, c0", "n, c1", "n")
    frames = {name: release.to_frame(name) for name in release.names}
    for i, j, k in product(["a0", "a1", None], ["b0", "b1", None], ["c0", "c1", None]):
        keep = [
            value
            for (a, b, c), value in counts.items()
            if (i in (None, a)) and (j in (None, b)) and (k in (None, c))
        ]
        frame = frames["n" if k is None else f"n, {k}"]
        assert frame.loc[i or "Total", j or "Total"] == sum(keep)
    assert len(release.page().structure.cells) == 27


def test_four_characteristics_are_linked_too():
    counts = cube(2, 2, 2, 3)
    release = protect(Release().add_cube("n", counts), "trial_wide", key="k")
    assert len(release.names) == 3 * 4
    assert release.to_frame("n").loc["Total", "Total"] == counts.sum()
    assert len(release.page().structure.cells) == 3 * 3 * 3 * 4


def test_a_cell_is_known_from_its_margins():
    counts = cube(2, 2, 2, mean=20.0)
    counts.iloc[0] = 3
    naive = suppress_primary(Release().add_cube("n", counts), RULE)
    assert str(audit(naive).possible(("n, c0", "a0", "b0"))) == "3"
    ours = protect(Release().add_cube("n", counts), RULE, key="k")
    assert audit(ours).safe
    assert len(ours.hidden) >= 8


def test_absent_combinations_are_0():
    counts = cube(2, 2, 2).drop(("a0", "b0", "c0"))
    release = protect(Release().add_cube("n", counts), "trial_wide", key="k")
    assert release.to_frame("n, c0").loc["a0", "b0"] == 0


def test_a_large_cube_is_built_within_a_second():
    counts = cube(33, 36, 5)
    start = perf_counter()
    release = Release().add_cube("n", counts)
    assert perf_counter() - start < 1
    assert sum(len(list(table.cells())) for table in release.tables) == 7548


def test_what_is_no_cube_is_refused():
    with pytest.raises(DataError, match="three levels or more"):
        Release().add_cube("n", cube(2, 2))
    twice = pd.concat([cube(2, 2, 2), cube(2, 2, 2)])
    with pytest.raises(DataError, match="8 that repeat"):
        Release().add_cube("n", twice)
    with pytest.raises(DataError, match="whole numbers"):
        Release().add_cube("n", cube(2, 2, 2) - 50)
    with pytest.raises(DataError, match="have no label 'Total'"):
        Release().add_cube("n", cube(2, 2, 2).rename({"c0": "Total"}, level=2))
    with pytest.raises(ArgumentError, match="no other table"):
        Release().add_cube("n", cube(2, 2, 2)).add_cube("n", cube(2, 2, 2))


BOXES = {
    "assessed": 90,
    "excluded": 50,
    "not eligible": 44,
    "declined": 2,
    "other reason": 4,
    "randomised": 40,
}
SUMS = {
    "assessed": ["excluded", "randomised"],
    "excluded": ["not eligible", "declined", "other reason"],
}


def test_a_hidden_reason_is_solved_by_the_identities_of_the_flow():
    # 2 and 4, both hidden, add to 50 - 44 = 6, so neither is above 5; beside a 7 that
    # is shown, 50 - 41 - 7 = 2
    release = Release().add_flow("flow", BOXES, sums=SUMS)
    naive = audit(suppress_primary(release, RULE))
    assert str(naive.possible(("flow", "declined", "n"))) == "1 to 5"
    assert naive.safe
    one = Release().add_flow(
        "flow",
        BOXES | {"other reason": 7, "declined": 2, "not eligible": 41},
        sums=SUMS,
    )
    attacked = audit(suppress_primary(one, RULE))
    assert str(attacked.possible(("flow", "declined", "n"))) == "2"
    ours = protect(one, RULE, key="k")
    assert audit(ours).safe
    assert ours.to_frame("flow, sums 2").loc["assessed", "n"] in (90, "[c]")


def test_a_flow_that_does_not_add_up_is_refused():
    with pytest.raises(DataError, match="1 sums that do not hold"):
        Release().add_flow("flow", BOXES | {"randomised": 41}, sums=SUMS)
    with pytest.raises(ArgumentError, match="did you mean 'declined'"):
        Release().add_flow("flow", BOXES, sums={"excluded": ["declned"]})
    circle = {"assessed": ["excluded"], "excluded": ["assessed"]}
    with pytest.raises(ArgumentError, match="not go round in a circle"):
        Release().add_flow("flow", BOXES, sums=circle)


def test_a_flow_is_linked_to_the_tables_it_counts():
    flow = Release().add_flow("flow", BOXES, sums=SUMS)
    frame = pd.DataFrame({"randomised": [40]}, index=["all"])
    sums = {("all", "randomised"): [Cell("flow", "randomised", "n")]}
    both = flow.add_table("t", frame, sums_of=sums)
    number = protect(both, RULE, key="k").page().structure.number
    same = Cell("t", "all", "randomised")
    assert number[same] == number[Cell("flow", "randomised", "n")]
