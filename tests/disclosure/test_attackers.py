import numpy as np
import pandas as pd
import pytest

from steps_analysis.disclosure import Cell, Release, from_spec
from steps_analysis.disclosure.attack import attack_on
from steps_analysis.disclosure.attackers import areas_of, attackers_of
from steps_analysis.disclosure.publishing import published, unprotected_page
from steps_analysis.disclosure.system import NO_LIMIT

EVERYONE = {
    "profile": "threshold",
    "n": 6,
    "attackers": ["outsider", "site", "family"],
}


def laid_out(release, rule=EVERYONE):
    return unprotected_page(release, from_spec(rule), withheld=())


def test_by_hand(frame):
    # B0 holds the only small counts, 3 and its own zero apart: only B1 is asked about
    # them. B0's staff know 3, 9 and 12; nothing small is left that they do not know.
    page = laid_out(Release().add_table("t", frame([3, 9], [6, 7])))
    outsider, staff = attackers_of(page)
    small = page.structure.number[Cell("t", "B0", "y0")]
    assert (outsider.name, dict(outsider.knows)) == ("an outsider", {})
    assert outsider.judged == (small,)
    assert staff.name == "the staff of B1"
    assert staff.judged == (small,)
    number = page.structure.number
    expected = {
        number[Cell("t", "B1", column)]: (value, value)
        for column, value in [("y0", 6), ("y1", 7), ("Total", 13)]
    }
    assert staff.knows == expected


def test_nobody_but_an_outsider_unless_the_rule_says_so(frame):
    page = laid_out(Release().add_table("t", frame([3, 9], [6, 7])), "threshold(6)")
    assert [one.name for one in attackers_of(page)] == ["an outsider"]


def test_nothing_small_leaves_an_outsider_with_nothing_judged(frame):
    page = laid_out(Release().add_table("t", frame([8, 9], [6, 7])))
    (outsider,) = attackers_of(page)
    assert outsider.judged == ()


def test_staff_know_their_rows_in_every_table_withheld_ones_too(frame):
    release = Release().add_table("t", frame([3, 9, 7], [6, 7, 4]))
    release = release.add_sums("s", "t", columns={"a": ["y0", "y1"]})
    page = unprotected_page(release, from_spec(EVERYONE), withheld=("t",))
    own = areas_of(page)["B0"]
    cells = {cell for q in np.flatnonzero(own) for cell in page.structure.cells[q]}
    assert Cell("s", "B0", "a") in cells
    assert {Cell("t", "B0", c) for c in ("y0", "y1", "y2", "Total")} <= cells
    assert not any(cell.row == "B1" for cell in cells)


def test_what_their_own_rows_settle_is_not_judged(frame):
    # "ring one" is B0 alone (the same quantity); "all but B1" follows by subtraction
    # from nothing of B0's: it holds B2 as well, so it is judged.
    release = Release().add_table("t", frame([3, 9], [2, 8], [1, 9]), totals="none")
    ring = pd.DataFrame({"y0": [3, 4]}, index=["ring one", "ring two"])
    parts = {
        ("ring one", "y0"): [Cell("t", "B0", "y0")],
        ("ring two", "y0"): [Cell("t", "B0", "y0"), Cell("t", "B2", "y0")],
    }
    release = release.add_table("r", ring, totals="none", sums_of=parts)
    page = laid_out(release)
    staff = {one.name: one for one in attackers_of(page)}
    number = page.structure.number
    judged = staff["the staff of B0"].judged
    assert number[Cell("r", "ring one", "y0")] not in judged
    assert number[Cell("r", "ring two", "y0")] in judged
    assert number[Cell("t", "B2", "y0")] in judged
    # who knows ring two knows nothing of what B1 has
    assert number[Cell("t", "B1", "y0")] in staff["the staff of ring two"].judged


def test_two_sums_settle_a_third_by_subtraction(frame):
    # the staff of "north" know all of it (B0 and B1) and part of it (B0), so B1 too
    release = Release().add_table("t", frame([3], [4]), totals="none")
    north = pd.DataFrame({"all": [7], "part": [3]}, index=["north"])
    links = {
        ("north", "all"): [Cell("t", "B0", "y0"), Cell("t", "B1", "y0")],
        ("north", "part"): [Cell("t", "B0", "y0")],
    }
    release = release.add_table("n", north, totals="none", sums_of=links)
    names = [one.name for one in attackers_of(laid_out(release))]
    assert names == ["an outsider", "the staff of B0", "the staff of B1"]


def test_rows_of_tables_that_are_public_are_no_areas(frame):
    release = Release().add_table("t", frame([3, 9], [6, 7]))
    flow = pd.DataFrame({"referred": [25]}, index=["all"])
    links = {("all", "referred"): [Cell("t", "Total", "Total")]}
    release = release.add_table("flow", flow, sums_of=links, exact=True)
    assert set(areas_of(laid_out(release))) == {"B0", "B1"}


def test_a_family_is_listed_where_a_zero_would_look_the_same(frame):
    # the total of B0 is hidden, so its 1, 3 and 0 are hidden and might each be 0. A
    # family is part of the 1 or the 3; none is part of the 0.
    release = Release().add_table("t", frame([1, 3, 0], [9, 8, 7], [17, 17, 0]))
    page = laid_out(release)
    before = [one.name for one in attackers_of(page) if "family" in one.name]
    assert before == []
    cells = [Cell("t", "B0", c) for c in ("y0", "y1", "y2", "Total")]
    hidden = page.structure.where(cells)
    page = published(release, page, hidden, hides_zeros=True).page()
    families = [one for one in attackers_of(page) if "family" in one.name]
    numbers = [page.structure.number[cell] for cell in cells]
    assert [one.name for one in families] == ["a family of B0"] * 2
    assert [dict(one.knows) for one in families] == [
        {numbers[0]: (1, NO_LIMIT)},
        {numbers[1]: (1, NO_LIMIT)},
    ]
    assert families[0].judged == attackers_of(page)[0].judged


def test_what_is_known_narrows_what_is_possible(frame):
    # four cells hidden, all totals shown: rows of 12 and 13, columns of 9 and 16. The 3
    # may be 1 to 8 for an outsider; staff of B1, who know the 6 below it, find 9 - 6.
    release = Release().add_table("t", frame([3, 9], [6, 7]))
    page = laid_out(release)
    cells = [Cell("t", r, c) for r in ("B0", "B1") for c in ("y0", "y1")]
    hidden = page.structure.where(cells)
    page = published(release, page, hidden, hides_zeros=True).page()
    outsider, staff = attackers_of(page)
    small = page.structure.number[Cell("t", "B0", "y0")]
    possible = [
        str(attack_on(one.informed(page.system())).possible(small))
        for one in (outsider, staff)
    ]
    assert possible == ["1 to 8", "3"]


@pytest.mark.parametrize("rows", [[[0, 0], [0, 0]], [[3]], [[0]]])
def test_small_and_empty_tables(frame, rows):
    outsider, *others = attackers_of(laid_out(Release().add_table("t", frame(*rows))))
    assert len(outsider.judged) == sum(0 < v < 6 for row in rows for v in row)
    assert others == []
