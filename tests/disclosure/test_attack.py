"""The attack against the naive twin: exactly the same values, whatever the pattern."""

import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csr_array

from steps_analysis.disclosure import (
    Cell,
    Possible,
    Profile,
    Release,
    audit,
    protect,
    suppress_primary,
    threshold,
)
from steps_analysis.disclosure.attack import attack_on
from steps_analysis.disclosure.system import NO_LIMIT, System, tighten
from steps_analysis.errors import ArgumentError

TOTALS_TO_5 = Profile(
    name="totals to 5", hidden_up_to=2, round_row_totals_to=5, round_column_totals_to=5
)
ALL_TO_5 = Profile(
    name="all to 5",
    hidden_up_to=0,
    round_cells_to=5,
    round_row_totals_to=5,
    round_column_totals_to=5,
)


def system(rows, lower, upper, *, at_most=(), unimodular=False):
    n = len(lower)
    return System(
        equations=csr_array(np.array(rows, dtype=np.int64).reshape(-1, n)),
        inequalities=csr_array(np.array(at_most, dtype=np.int64).reshape(-1, n)),
        lower=np.array(lower),
        upper=np.array(upper),
        is_unimodular=unimodular,
    )


def test_by_hand():
    # x + y = 7, both at least 1: 1 to 6
    attack = attack_on(system([[1, 1, -1]], [1, 1, 7], [99, 99, 7], unimodular=True))
    assert attack.possible(0) == Possible(lower=1, upper=6)
    assert attack.possible(2).is_exact


def test_holes_are_found():
    # 2x + 2y = z, z from 3 to 9: z is even
    attack = attack_on(system([[2, 2, -1]], [0, 0, 3], [9, 9, 9]))
    assert attack.possible(2) == Possible(lower=4, upper=8, excluded=frozenset({5, 7}))
    assert str(attack.possible(2)) == "4, 6, 8"
    assert 5 not in attack.possible(2)
    assert 6 in attack.possible(2)


def test_a_half_is_no_value():
    # x + y, y + z, x + z all 3 has the one solution 1.5, 1.5, 1.5
    rows = [[1, 1, 0], [0, 1, 1], [1, 0, 1]]
    sums = np.hstack([np.array(rows), -np.eye(3, dtype=int)])
    with pytest.raises(ArgumentError, match="facts that no table fits"):
        attack_on(system(sums, [0, 0, 0, 3, 3, 3], [9, 9, 9, 3, 3, 3]))


def test_no_limit_is_said():
    attack = attack_on(system([[1, 1, -1]], [1, 1, 1], [NO_LIMIT] * 3))
    assert attack.possible(0) == Possible(lower=1, upper=None)
    assert str(attack.possible(0)) == "1 or more"
    assert 10**9 in attack.possible(0)


def test_tightening_is_never_too_tight():
    rng = np.random.default_rng(1)
    for _ in range(40):
        truth = rng.integers(0, 9, (3, 3))
        rows = np.hstack([np.kron(np.eye(3), np.ones(3)), -np.eye(3)]).astype(int)
        value = np.concatenate([truth.ravel(), truth.sum(axis=1)])
        lower = value - rng.integers(0, 4, 12)
        upper = value + rng.integers(0, 4, 12)
        tight = tighten(system(rows, lower, upper))
        assert np.all((tight.lower <= value) & (value <= tight.upper))
        assert np.all((tight.lower >= lower) & (tight.upper <= upper))


def compare(release, twin, *, largest):
    """Require the sets of the audit to be those of the twin, up to `largest`."""
    found = audit(release)
    expected = twin(release, largest)
    values = {c: v for t in release.tables for c, v in t.values().items()}
    hidden = {cell for one in found.found for cell in one.cells}
    for cell, possible in expected.items():
        kept = found.possible(cell) if cell in hidden else None
        for value in range(largest + 1):
            known = value in kept if kept is not None else value == values[cell]
            assert known == (value in possible), (cell, value)


@pytest.mark.parametrize("rule", [threshold(3), threshold(4), TOTALS_TO_5])
@pytest.mark.parametrize("seed", range(6))
def test_the_sets_equal_enumeration(frame, twin, rule, seed):
    rng = np.random.default_rng([seed, 11])
    rows = rng.poisson(3, (2, 3) if seed % 2 else (3, 2)).tolist()
    release = Release().add_table("t", frame(*rows))
    largest = max(map(max, rows)) + 6
    naive = suppress_primary(release, rule)
    if rng.random() < 0.5:
        cells = [c for c in release.tables[0].cells() if rng.random() < 0.3]
        naive = suppress_primary(release, rule, also=cells)
    compare(naive, twin, largest=largest)
    compare(protect(release, rule, key="k"), twin, largest=largest)


@pytest.mark.parametrize("totals", ["none", "rows", "columns"])
def test_fewer_totals_equal_enumeration_too(frame, twin, totals):
    release = Release().add_table("t", frame([1, 5, 0], [3, 0, 4]), totals=totals)
    compare(protect(release, threshold(4), key="k"), twin, largest=12)


def test_rounding_alone_equals_enumeration(frame, twin):
    release = Release().add_table("t", frame([2, 7], [4, 8]))
    compare(suppress_primary(release, ALL_TO_5), twin, largest=16)


@pytest.mark.parametrize("seed", range(4))
def test_linked_tables_with_possible_holes_equal_enumeration(frame, seed):
    # one row of three, whose sums by pairs are a second table; both without totals
    rng = np.random.default_rng([seed, 13])
    row = rng.integers(0, 7, 3).tolist()
    pairs = {"a": ["y0", "y1"], "b": ["y1", "y2"], "c": ["y0", "y2"]}
    release = Release().add_table("t", frame(row))
    release = release.add_sums("p", "t", columns=pairs, totals="none")
    naive = suppress_primary(release, threshold(4))
    page = {c: naive.page().printed(c) for t in release.tables for c in t.cells()}
    found = audit(naive)
    possible = {cell: set() for cell in page}
    for x, y, z in np.ndindex(15, 15, 15):
        values = dict(zip(page, [x, y, z, x + y + z, x + y, y + z, x + z], strict=True))
        if all(
            values[c] >= 1 if seen == "[c]" else values[c] == seen
            for c, seen in page.items()
        ):
            for cell, value in values.items():
                possible[cell].add(value)
    for one in found.found:
        for cell in one.cells:
            assert {v for v in range(15) if v in one.possible} == {
                v for v in possible[cell] if v < 15
            }


def test_known_facts_are_used(frame):
    release = Release().add_table("t", frame([3, 4, 12], [9, 8, 7]), totals="rows")
    naive = suppress_primary(release, threshold(6))
    cell, other = Cell("t", "B0", "y0"), Cell("t", "B0", "y1")
    assert str(audit(naive).possible(cell)) == "1 to 6"
    assert str(audit(naive, known={other: 4}).possible(cell)) == "3"
    assert str(audit(naive, known={other: (1, 4)}).possible(cell)) == "3 to 6"
    assert not audit(naive, known={other: 4}).safe
    assert audit(naive, known={other: 4, cell: 3}).safe  # nothing left to learn
    with pytest.raises(ArgumentError, match="facts that no table fits"):
        audit(naive, known={other: 40})
    with pytest.raises(ArgumentError, match="name cells of the release"):
        audit(naive, known={("t", "B9", "y0"): 3})


def test_permuting_rows_and_columns_changes_nothing():
    rng = np.random.default_rng(2)
    counts = pd.DataFrame(
        rng.poisson(4, (5, 4)), index=list("ABCDE"), columns=list("wxyz")
    )
    turned = counts.loc[list("DBECA"), list("zxwy")]
    one, other = (
        audit(suppress_primary(Release().add_table("t", c), threshold(6)))
        for c in (counts, turned)
    )
    keys = ["row", "column"]
    expected = one.to_frame().sort_values(keys, ignore_index=True)
    pd.testing.assert_frame_equal(
        other.to_frame().sort_values(keys, ignore_index=True), expected
    )
