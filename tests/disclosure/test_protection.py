from dataclasses import replace
from itertools import chain, combinations, product

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from steps_analysis.disclosure import (
    Cell,
    Profile,
    Rate,
    Release,
    audit,
    dfe_cin,
    dfe_cla,
    nhs_hes,
    protect,
    strict,
    suppress_primary,
    threshold,
    trial_wide,
)
from steps_analysis.disclosure.pricing import loss
from steps_analysis.disclosure.publishing import published, unprotected_page
from steps_analysis.disclosure.system import beneath
from steps_analysis.errors import ArgumentError

TOTALS_TO_5 = Profile(
    name="totals to 5", hidden_up_to=2, round_row_totals_to=5, round_column_totals_to=5
)


def test_by_hand(frame):
    # 3 falls to its row and to its column, so one more figure is hidden in each: the
    # cheapest rectangle is 3, 6, 7, 8 (21 beyond the 3); 9 is not needed.
    release = Release().add_table("t", frame([3, 6, 20], [7, 8, 21], [22, 23, 9]))
    public = protect(release, threshold(6), key="k")
    assert public.to_frame("t").to_numpy().tolist() == [
        ["[c]", "[c]", 20, 29],
        ["[c]", "[c]", 21, 36],
        [22, 23, 9, 54],
        [32, 37, 50, 119],
    ]
    # the 3 stands in a row sum of 9 and a column sum of 10, the 8 in sums of 15 and 14
    assert str(audit(public).possible(("t", "B0", "y0"))) == "1 to 8"
    assert loss(public.page(), public.page().hidden) == 21


def test_rounded_totals_can_be_protection_enough(frame):
    # 3 beside 44 in a row of 47 printed 50 (45 to 54): 1 to 10 fit. 4 beside 40 in a
    # row of 44 printed 40 (35 to 44): only 1 to 4 would fit, so the 40 is hidden too.
    release = Release().add_table("t", frame([3, 44], [4, 40]), totals="rows")
    page = protect(release, dfe_cin, key="k").to_frame("t")
    assert page.to_numpy().tolist() == [["[c]", 44, 50], ["[c]", "[c]", 40]]


def test_zeros_go_with_a_hidden_total(frame):
    # B0 has 4 in all. Were its zero shown, the total would be known to be at least 2.
    release = Release().add_table("t", frame([1, 3, 0], [9, 8, 7], [17, 17, 0]))
    public = protect(release, threshold(6), key="k")
    page = public.to_frame("t")
    assert page.loc["B0"].tolist() == ["[c]"] * 4
    assert page.loc["B2", "y2"] == 0
    assert audit(public).safe
    for one in audit(public).found:
        if one.is_primary:
            assert {1, 2, 3, 4, 5} <= {v for v in range(9) if v in one.possible}


def test_one_label_for_primary_and_secondary_alike(frame):
    release = Release().add_table("t", frame([3, 6, 20], [7, 8, 21], [22, 23, 9]))
    page = protect(release, threshold(6), key="k").to_frame("t")
    texts = {v for v in page.to_numpy().ravel() if isinstance(v, str)}
    assert texts == {"[c]"}


def test_derived_figures_go_with_the_cells_they_read(frame):
    people = pd.Series({"B0": 35_000, "B1": 60_000, "B2": 110_000})
    release = Release().add_table("t", frame([3, 6, 20], [7, 8, 21], [22, 23, 9]))
    release = release.add_derived("r", "t", Rate(denominator=people))
    public = protect(release, threshold(6), key="k")
    counts, rates = public.to_frame("t"), public.to_frame("r")
    assert ((counts == "[c]") == (rates == "[c]")).all(axis=None)


def test_trial_wide_counts_are_exact_and_the_audit_says_so(frame):
    release = Release().add_table("arms", frame([1, 2], [20, 19]))
    public = protect(release, trial_wide, key="k")
    assert public.to_frame("arms").loc["B0"].tolist() == [1, 2, 3]
    assert audit(public).safe
    assert audit(public).findings == (
        "profile trial_wide: exact counts, nothing is hidden",
    )


def test_where_no_pattern_is_safe_the_breakdown_is_withheld(frame):
    # 3 in all is public exactly, so no part of it can be thought to be 4 or 5
    total = pd.DataFrame({"n": [3]}, index=["all"])
    links = {("all", "n"): [Cell("t", "Total", "Total")]}
    release = Release().add_table("t", frame([1, 2], [0, 0]))
    release = release.add_table("flow", total, sums_of=links, exact=True)
    public = protect(release, dfe_cin, key="k")
    (name, reason), *more = public.withheld
    assert (name, more) == ("t", [])
    assert "no pattern of hidden figures keeps every value from 1 to 5" in reason
    assert set(public.to_frame("t").to_numpy().ravel()) == {"[c]"}
    assert public.to_frame("flow").to_numpy().tolist() == [[3]]
    found = audit(public)
    assert found.safe
    assert any(line.startswith("t: withheld, because") for line in found.findings)
    assert any(line.startswith("flow: public exactly") for line in found.findings)


def test_a_table_of_which_nothing_is_left_is_said_to_be_withheld(frame):
    public = protect(Release().add_table("t", frame([1, 0], [1, 1])), dfe_cin, key="k")
    assert dict(public.withheld) == {"t": "every figure of it would have to be hidden"}
    assert audit(public).safe


@pytest.mark.parametrize("rows", [[[0, 0], [0, 0]], [[3]], [[0]], [[9]], [[8, 9]]])
def test_small_and_empty_tables(frame, rows):
    public = protect(Release().add_table("t", frame(*rows)), dfe_cin, key="k")
    expected = [["[c]" if 1 <= v <= 5 else v for v in row] for row in rows]
    inner = public.to_frame("t").iloc[: len(rows), : len(rows[0])]
    assert inner.to_numpy().tolist() == expected
    assert audit(public).safe


def test_the_same_key_gives_the_same_bytes_and_ties_follow_the_key(frame):
    # a 4 x 4 table of equal counts but one: many patterns are equally good
    rows = [[3, 9, 9, 9], *([9, 9, 9, 9] for _ in range(3))]
    release = Release().add_table("t", frame(*rows))
    keys = [f"key {i}" for i in range(6)]
    public = [protect(release, threshold(6), key=key) for key in keys]
    assert {loss(one.page(), one.page().hidden) for one in public} == {27}
    texts = [one.to_json() for one in public]
    assert len(set(texts)) > 1
    assert protect(release, threshold(6), key="key 0").to_json() == texts[0]
    assert protect(release, threshold(6), key=b"key 0").to_json() == texts[0]


def test_the_key_is_fair_to_equals(frame):
    # 3 must be hidden with one of 4 rectangles of 9s, all equally good: over 64 keys
    # each other row and each other column is expected 32 times (SD 4)
    release = Release().add_table("t", frame([3, 9, 9], [9, 9, 9], [9, 9, 9]))
    n = dict.fromkeys(("B1", "B2", "y1", "y2"), 0)
    for i in range(64):
        public = protect(release, threshold(6), key=f"key {i}")
        corner = {(c.row, c.column) for c in public.hidden} - {("B0", "y0")}
        (row,) = {r for r, _ in corner} - {"B0"}
        (column,) = {c for _, c in corner} - {"y0"}
        n[row] += 1
        n[column] += 1
    assert all(abs(times - 32) < 16 for times in n.values())


def test_which_cell_of_a_pattern_is_small_does_not_show(frame):
    # the 3 may stand in any corner of a block of equals: over keys and corners, given
    # where the hidden rectangle lies, every corner is the small one equally often
    n = np.zeros(4, dtype=int)
    for i, (r, c) in enumerate(product(range(3), repeat=2)):
        rows = np.full((3, 3), 9)
        rows[r, c] = 3
        release = Release().add_table("t", frame(*rows.tolist()))
        for j in range(8):
            hidden = protect(release, threshold(6), key=f"{i} {j}").hidden
            corners = sorted((cell.row, cell.column) for cell in hidden)
            n[corners.index((f"B{r}", f"y{c}"))] += 1
    assert n.sum() == 72
    assert all(abs(n - 18) < 4 * 3.7)  # SD of a count of 72 with chance 1/4


def test_the_proof_is_for_the_owner_alone(frame):
    release = Release().add_table("t", frame([3, 6, 20], [7, 8, 21], [22, 23, 9]))
    public = protect(release, threshold(6), key="k")
    assert (public.proof.loss, public.proof.bound) == (21, 21)
    assert public.proof.is_optimal
    assert public.proof.linear_only == ()
    bare = replace(public, proof=None)
    assert bare.to_json() == public.to_json()
    assert bare == public
    assert "21" not in repr(public.proof)
    assert "proof" not in public.to_dict()


def test_one_row_one_column_and_everything_small(frame):
    for rows in ([[1, 2, 3]], [[1], [2], [9]], [[5, 5], [5, 5]], [[2]], [[0, 0, 4]]):
        public = protect(Release().add_table("t", frame(*rows)), threshold(6), key="k")
        assert audit(public).safe
        assert public.proof.is_optimal


def test_huge_counts_beside_a_small_one(frame):
    # 3 and its cheapest rectangle: 3, 90,000, 80,000, 70,000
    big = [[3, 90_000, 99_999], [80_000, 70_000, 99_998], [99_997, 99_996, 99_995]]
    public = protect(Release().add_table("t", frame(*big)), threshold(6), key="k")
    assert public.proof.loss == 240_000
    assert public.proof.is_optimal
    assert audit(public).safe


def is_safe(release, twin, *, largest):
    """Judge a protected release of one table by enumeration alone."""
    counts = release.profile.hidden_range
    possible = twin(release, largest)
    values = release.tables[0].values()
    small = [cell for cell, value in values.items() if value in counts]
    return all(set(counts) <= possible[cell] for cell in small)


@pytest.mark.parametrize("rule", [threshold(3), threshold(4), TOTALS_TO_5])
@pytest.mark.parametrize("seed", range(8))
def test_the_result_is_safe_by_enumeration(frame, twin, rule, seed):
    rng = np.random.default_rng([seed, 17])
    rows = rng.poisson(2.5, (2, 3) if seed % 2 else (3, 2)).clip(max=5).tolist()
    public = protect(Release().add_table("t", frame(*rows)), rule, key="k")
    if not public.withheld:
        assert is_safe(public, twin, largest=max(map(max, rows)) + 2)


@pytest.mark.parametrize("rule", [threshold(3), TOTALS_TO_5])
@pytest.mark.parametrize("seed", range(5))
def test_the_loss_is_least_by_enumeration(frame, twin, rule, seed):
    rng = np.random.default_rng([seed, 19])
    rows = rng.integers(0, 7, (2, 2)).tolist()
    release = Release().add_table("t", frame(*rows))
    public = protect(release, rule, key="k")
    page = unprotected_page(release, rule, withheld=())
    value, small = page.structure.value, page.reading.is_small
    more = np.flatnonzero((value > 0) & ~small).tolist()
    subsets = chain.from_iterable(combinations(more, k) for k in range(len(more) + 1))
    best = None
    for subset in subsets:
        chosen = small.copy()
        chosen[list(subset)] = True
        price = loss(page, chosen)
        if best is not None and price >= best:
            continue
        hidden = chosen | ((value == 0) & beneath(page.structure, chosen))
        tried = published(release, page, hidden, hides_zeros=True)
        if is_safe(tried, twin, largest=max(map(max, rows)) + 6):
            best = price
    chosen = np.isin(
        np.arange(len(value)), [page.structure.number[c] for c in public.hidden]
    )
    assert loss(page, chosen & (value > 0)) == best


@settings(max_examples=25, deadline=None)
@given(
    rows=st.lists(
        st.lists(st.integers(0, 25), min_size=4, max_size=4), min_size=2, max_size=5
    ),
    rule=st.sampled_from([dfe_cin, dfe_cla, nhs_hes, strict, threshold(6)]),
)
def test_every_release_is_safe(rows, rule):
    index = [f"B{i}" for i in range(len(rows))]
    counts = pd.DataFrame(rows, index=index, columns=["q1", "q2", "q3", "q4"])
    release = Release().add_table("q", counts)
    years = {"2013": ["q1", "q2"], "2014": ["q3", "q4"]}
    release = release.add_sums("y", "q", columns=years)
    public = protect(release, rule, key="k")
    assert audit(public).safe
    for name in ("q", "y"):
        page = public.to_frame(name).to_numpy().ravel()
        assert not [
            v for v in page if v != "[c]" and 0 < v <= rule.hidden_up_to and v % 5
        ]


def test_tables_that_overlap_in_every_way_are_protected_too():
    # pairs of columns that overlap: no network, so every value is tried one by one
    rng = np.random.default_rng(23)
    counts = pd.DataFrame(
        rng.poisson(4, (3, 3)), index=list("ABC"), columns=list("xyz")
    )
    release = Release().add_table("t", counts)
    pairs = {"a": ["x", "y"], "b": ["y", "z"], "c": ["x", "z"]}
    release = release.add_sums("p", "t", columns=pairs)
    public = protect(release, threshold(6), key="k")
    assert not public.page().structure.is_unimodular
    assert audit(public).safe
    assert not audit(suppress_primary(release, threshold(6))).safe


def test_what_only_whole_numbers_exclude_is_excluded(frame):
    # v = x + 2y = 21 is shown. With y hidden, x could be anything from 1 to 19 were it
    # not whole; but x is odd, so 2 and 4 are excluded, and v must be hidden instead.
    release = Release().add_table("t", frame([3, 9]), totals="none")
    weights = {("all", "v"): {Cell("t", "B0", "y0"): 1, Cell("t", "B0", "y1"): 2}}
    both = pd.DataFrame({"v": [21]}, index=["all"])
    release = release.add_table("w", both, sums_of=weights)
    cell = Cell("t", "B0", "y1")
    tried = audit(suppress_primary(release, threshold(6), also=[cell]))
    assert str(tried.possible(("t", "B0", "y0"))).startswith("1, 3, 5, 7")
    assert not tried.safe
    public = protect(release, threshold(6), key="k")
    assert public.to_frame("t").to_numpy().tolist() == [["[c]", 9]]
    assert dict(public.withheld).keys() == {"w"}
    assert audit(public).safe


def test_fourteen_boroughs_by_six_years_are_safe_and_mostly_shown():
    rng = np.random.default_rng(29)
    index = [f"Borough {i:02d}" for i in range(14)]
    counts = pd.DataFrame(rng.poisson(9, (14, 6)), index=index, columns=list("abcdef"))
    release = Release().add_table("t", counts)
    for rule in (dfe_cin, threshold(6)):
        public = protect(release, rule, key="k")
        small = int(((counts >= 1) & (counts <= 5)).to_numpy().sum())
        assert audit(public).safe
        assert small <= len(public.hidden) <= 2 * small


def test_what_cannot_be_protected_is_refused(frame):
    release = Release().add_table("t", frame([7, 8]))
    for key in ("", b"", None):
        with pytest.raises(ArgumentError, match="`key` must be a text"):
            protect(release, dfe_cin, key=key)
    with pytest.raises(ArgumentError, match="be protected once"):
        protect(protect(release, dfe_cin, key="k"), dfe_cin, key="k")
    with pytest.raises(ArgumentError, match="have a table"):
        protect(Release(), dfe_cin, key="k")
    with pytest.raises(ArgumentError, match="did you mean 'dfe_cin'"):
        protect(release, "dfe-cin", key="k")
