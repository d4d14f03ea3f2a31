"""Earlier editions: what they tell, what they hide, what was revised."""

import json
from itertools import product

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
from steps_analysis.errors import ArgumentError, DataError, DisclosureError

RULE = threshold(6)
BOROUGHS = list("ABCD")
FIRST = pd.DataFrame({"2013": [3, 9, 8, 20], "2014": [16, 7, 12, 22]}, index=BOROUGHS)
SECOND = FIRST.assign(**{"2015": [9, 8, 30, 11]})


def first(rule=RULE):
    return protect(Release().add_table("t", FIRST), rule, key="k")


# by hand


def test_totals_of_two_editions_do_not_give_away_what_the_first_hid():
    # The total of A was 19 over two years and is 28 over three, so 2015 is 9. A pattern
    # that hides 2013 and 2015 this time is undone by that.
    alone = Release().add_table("t", SECOND)
    both = alone.add_edition(first())
    careless = [Cell("t", b, y) for b in "AB" for y in ("2013", "2015")]
    naive = suppress_primary(alone, RULE, also=careless)
    assert audit(naive).safe
    attacked = audit(suppress_primary(both, RULE, also=careless))
    assert attacked.possible(("t", "A", "2013")).is_exact
    assert not attacked.safe
    ours = protect(both, RULE, key="k")
    assert audit(ours).safe
    assert ours.to_frame("t").loc["A", ["2013", "2014"]].tolist() == ["[c]", "[c]"]


def test_what_was_hidden_and_is_not_printed_again_is_protected_still():
    # Then: the small 2 of B, hidden with 9; rows total 11. Now the table has one column
    # less and no totals, but the 9 alone would give the 2 away.
    counts = pd.DataFrame({"x": [8, 2], "y": [7, 9], "z": [30, 40]}, index=["A", "B"])
    then = protect(Release().add_table("t", counts, totals="rows"), RULE, key="k")
    assert then.to_frame("t").loc["B", "x"] == "[c]"
    hidden = [c for c in counts if then.to_frame("t").loc["B", c] == "[c]"]
    assert len(hidden) == 2
    now = Release().add_table("all", counts, totals="none", published=False)
    other = hidden[1]
    now = now.add_sums("t", "all", columns={other: [other]}, totals="none")
    links = {Cell("t", b, c): [Cell("all", b, c)] for b in "AB" for c in counts}
    attacked = audit(suppress_primary(now.add_edition(then, sums_of=links), RULE))
    assert not attacked.safe
    assert any("edition 1: t" in line for line in attacked.findings)
    ours = protect(now.add_edition(then, sums_of=links), RULE, key="k")
    assert audit(ours).safe
    assert ours.to_frame("t").loc["B", other] == "[c]"


def test_quarters_first_and_their_year_later():
    quarters = ["Q1", "Q2", "Q3", "Q4"]
    rng = np.random.default_rng(8)
    counts = pd.DataFrame(
        rng.poisson(7, (6, 4)), index=list("ABCDEF"), columns=quarters
    )
    plain = Release().add_table("q", counts, totals="none")
    then = protect(plain, RULE, key="k")
    assert audit(then).safe
    background = Release().add_table("q", counts, totals="none", published=False)
    now = background.add_sums("y", "q", columns={"2013": quarters}, totals="none")
    attacked = audit(suppress_primary(now.add_edition(then), RULE))
    assert any(one.possible.is_exact for one in attacked.found if one.is_primary)
    ours = protect(now.add_edition(then), RULE, key="k")
    assert audit(ours).safe
    # and by someone who has both folders only
    told = json.loads(ours.to_json())
    assert "edition 1: q" in {one["name"] for one in told["editions"][0]["tables"]}


def test_a_figure_that_was_shown_stays_public():
    public = first().to_frame("t")
    shown = [(r, c) for r in BOROUGHS for c in FIRST if public.loc[r, c] != "[c]"]
    ours = protect(Release().add_table("t", SECOND).add_edition(first()), RULE, key="k")
    now = ours.to_frame("t")
    assert len(shown) == 4
    assert all(now.loc[r, c] == public.loc[r, c] for r, c in shown)


def test_a_small_figure_that_was_shown_is_not_hidden_in_vain():
    exact = protect(Release().add_table("t", FIRST), "trial_wide", key="k")
    ours = protect(Release().add_table("t", FIRST).add_edition(exact), RULE, key="k")
    assert ours.to_frame("t").loc["A", "2013"] == 3
    assert audit(ours).safe


def test_a_revised_figure_stays_apart():
    then = first().to_dict()
    revised = SECOND.copy()
    revised.loc["D", "2013"] = 25  # was 20
    release = Release().add_table("t", revised).add_edition(then)
    (edition,) = release.editions
    assert Cell("t", "D", "2013") in edition.revised
    assert Cell("t", "C", "2013") not in edition.revised
    # its total then was of the figures of then, so it stays linked: 20 + 22 = 42
    assert Cell("t", "D", "Total") not in edition.revised
    assert audit(protect(release, RULE, key="k")).safe


def test_rounded_figures_of_then_are_known_within_their_rounding():
    then = first("dfe_cin")
    release = Release().add_table("t", SECOND).add_edition(then)
    limits = {cell: (a, b) for cell, a, b in release.editions[0].limits}
    total = Cell("edition 1: t, row totals", "D", "Total")  # 42, printed 40
    assert limits[total] == (35, 44)
    assert audit(protect(release, "dfe_cin", key="k")).safe


def test_an_edition_can_be_read_from_its_json():
    one = Release().add_table("t", SECOND).add_edition(first())
    other = Release().add_table("t", SECOND).add_edition(json.loads(first().to_json()))
    assert one == other


def test_figures_that_cannot_be_linked_get_counts_that_fit():
    # nothing of the new release has the labels of the old
    release = Release().add_table("new", SECOND * 2).add_edition(first())
    (edition,) = release.editions
    values = {c: v for table in edition.tables for c, v in table.values().items()}
    assert all(least <= values[c] <= most for c, least, most in edition.limits)
    assert edition.revised == ()
    assert audit(protect(release, RULE, key="k")).safe


# against enumeration


@pytest.mark.parametrize("seed", range(6))
def test_two_editions_leave_what_enumeration_leaves(seed):
    rng = np.random.default_rng(seed)
    grid = rng.integers(1, 12, (2, 3))
    now = pd.DataFrame(grid, index=["A", "B"], columns=["x", "y", "z"])
    then = now[["x", "y"]]
    hidden = [Cell("t", r, c) for r, c in product("AB", "xy")]
    old = suppress_primary(Release().add_table("t", then), RULE, also=hidden)
    new = Release().add_table("t", now).add_edition(old)
    more = [Cell("t", r, c) for r, c in product("AB", "xyz")]
    found = audit(suppress_primary(new, RULE, also=more))

    def prints(cells):
        table = np.array(cells).reshape(2, 3)
        seen = []
        for part in (table[:, :2], table):
            seen += [*part.sum(axis=0), *part.sum(axis=1), part.sum()]
        return [v if v == 0 or v > 5 else "[c]" for v in seen]

    truth = prints(grid.ravel())
    if "[c]" in truth:
        pytest.skip("a hidden total leaves no limit to enumerate up to")
    # the two row totals of the editions differ by z, which is so known
    (x0, y0, z0), (x1, y1, z1) = grid.tolist()
    alike = [
        (a, x0 + y0 - a, z0, b, x1 + y1 - b, z1)
        for a, b in product(range(1, x0 + y0), range(1, x1 + y1))
        if prints((a, x0 + y0 - a, z0, b, x1 + y1 - b, z1)) == truth
    ]
    for i, (row, column) in enumerate(product("AB", "xyz")):
        possible = found.possible(("t", row, column))
        left = {one[i] for one in alike}
        assert left == {v for v in range(40) if v in possible}


# errors


def test_what_is_no_earlier_edition_is_refused():
    release = Release().add_table("t", SECOND)
    with pytest.raises(DisclosureError, match="be protected before"):
        release.add_edition(Release().add_table("t", FIRST))
    with pytest.raises(DataError, match="`tables` must be there"):
        release.add_edition({"profile": "strict"})
    with pytest.raises(ArgumentError, match="before it is protected"):
        protect(release, RULE, key="k").add_edition(first())
    with pytest.raises(ArgumentError, match="name cells of the earlier edition"):
        release.add_edition(first(), sums_of={Cell("t", "A", "x"): []})
    broken = first().to_dict()
    broken["tables"][0]["values"][-1][-1] += 50
    with pytest.raises(DataError, match="contradicts itself"):
        release.add_edition(broken)


def test_editions_that_give_everything_away_together_are_refused_or_withheld():
    # Two editions, each safe, whose difference is a small count: nothing that this
    # release does can mend it.
    counts = pd.DataFrame({"x": [8, 4], "y": [7, 9]}, index=["A", "B"])
    one = Release().add_table("t", counts, totals="none")
    then = suppress_primary(one, RULE)
    told = Release().add_table("s", counts.sum().to_frame("n").T, totals="none")
    sums = {Cell("s", "0", c): [Cell("t", b, c) for b in "AB"] for c in "xy"}
    also = protect(told.add_table("u", counts[["y"]], totals="none"), RULE, key="k")
    release = Release().add_table("t", counts, totals="none", published=False)
    release = release.add_table("v", counts[["y"]] + 20, totals="none")
    release = release.add_edition(then)
    links = {Cell("s", "n", c): parts for (_, _, c), parts in sums.items()}
    release = release.add_edition(also, sums_of=links)
    attacked = audit(suppress_primary(release, RULE))
    ours = protect(release, RULE, key="k")
    assert audit(ours).safe == attacked.safe
