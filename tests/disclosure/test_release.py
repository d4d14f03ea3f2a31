import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from steps_analysis.disclosure import (
    Cell,
    Percentage,
    Rate,
    Release,
    dfe_cin,
    protect,
    suppress_primary,
    trial_wide,
)
from steps_analysis.errors import ArgumentError, DataError, DisclosureError


def test_a_table_is_printed_by_the_rule(frame):
    # B0: 3 + 8 + 0 = 11 -> 10;  B1: 20 + 6 + 9 = 35 -> 40 (halves up);
    # columns 23, 14, 9 -> 20, 10, 10;  all 46 -> 50
    release = Release().add_table("t", frame([3, 8, 0], [20, 6, 9]))
    page = suppress_primary(release, dfe_cin).to_frame("t")
    assert page.to_numpy().tolist() == [
        ["[c]", 8, 0, 10],
        [20, 6, 9, 40],
        [20, 10, 10, 50],
    ]
    assert list(page.index) == ["B0", "B1", "Total"]
    assert list(page.columns) == ["y0", "y1", "y2", "Total"]


def test_steps_leave_the_release_they_start_from_alone(frame):
    start = Release()
    one = start.add_table("t", frame([7, 8]))
    assert start.names == ()
    assert one.names == ("t",)


def test_a_total_over_one_row_or_column_is_not_made(frame):
    release = Release().add_table("t", frame([7], [8]))
    page = protect(release, trial_wide, key="k").to_frame("t")
    assert page.to_numpy().tolist() == [[7], [8], [15]]


@pytest.mark.parametrize(
    ("totals", "shape"),
    [("both", (3, 4)), ("rows", (2, 4)), ("columns", (3, 3)), ("none", (2, 3))],
)
def test_totals_are_those_asked_for(frame, totals, shape):
    release = Release().add_table("t", frame([7, 8, 9], [9, 8, 7]), totals=totals)
    assert protect(release, dfe_cin, key="k").to_frame("t").shape == shape


def test_one_quantity_is_never_printed_exactly_and_rounded(frame):
    # The year 43 is the row total of the quarters: rounded there, so rounded here.
    release = Release().add_table("q", frame([10, 11, 12, 10], [9, 9, 9, 9]))
    release = release.add_sums("y", "q", columns={"2013": [f"y{j}" for j in range(4)]})
    public = protect(release, dfe_cin, key="k")
    assert public.to_frame("q").loc["B0", "Total"] == 40
    assert public.to_frame("y").loc["B0", "2013"] == 40
    assert public.to_frame("y").loc["Total", "2013"] == 80


def test_what_is_public_exactly_is_printed_exactly_everywhere(frame):
    flow = pd.DataFrame({"referred": [46]}, index=["all"])
    links = {("all", "referred"): [Cell("t", "Total", "Total")]}
    release = Release().add_table("t", frame([13, 8, 0], [10, 6, 9]))
    release = release.add_table("flow", flow, sums_of=links, exact=True)
    public = protect(release, dfe_cin, key="k")
    assert public.to_frame("t").loc["Total", "Total"] == 46
    assert public.to_frame("flow").loc["all", "referred"] == 46


def test_rates_and_percentages_are_computed_from_what_is_known(frame):
    # B0: 12 + 11 = 23 is printed 20, but both parts are shown, so 23 is known.
    # B1: 3 and 14 stand in a total printed 20, and 17 is not known.
    people = pd.Series({"B0": 10_000, "B1": 20_000})
    release = Release().add_table("t", frame([12, 11], [3, 14]), totals="rows")
    release = release.add_derived("rates", "t", Rate(denominator=people))
    release = release.add_derived("shares", "t", Percentage(of="row"))
    naive = suppress_primary(release, dfe_cin)
    assert naive.to_frame("rates").to_numpy().tolist() == [
        [12.0, 11.0, 11.5],
        ["[c]", 7.0, 5.0],
    ]
    assert naive.to_frame("shares").to_numpy().tolist() == [
        [52.2, 47.8, 100.0],
        ["[c]", 70.0, 100.0],
    ]
    exact = suppress_primary(release, dfe_cin, figures="exact")
    assert exact.to_frame("rates").loc["B1"].tolist() == [1.5, 7.0, 4.3]  # 4.25 up
    assert exact.to_frame("shares").loc["B1"].tolist() == [17.6, 82.4, 100.0]


def test_a_share_of_nothing_does_not_apply_and_one_above_100_is_hidden(frame):
    # B1: 21 in a total of 23 printed 20, which an outsider knows to be 23 or 24.
    release = Release().add_table("t", frame([0, 0, 0], [21, 1, 1]), totals="rows")
    release = release.add_derived("shares", "t", Percentage(of="row"))
    page = suppress_primary(release, dfe_cin).to_frame("shares")
    assert page.to_numpy().tolist() == [
        ["[z]", "[z]", "[z]", "[z]"],
        ["[c]", "[c]", "[c]", 100.0],
    ]


def test_exposures_of_totals_are_sums(frame):
    people = pd.DataFrame([[100, 300], [200, 400]], ["B0", "B1"], ["y0", "y1"])
    release = Release().add_table("t", frame([10, 20], [30, 40]))
    release = release.add_derived("r", "t", Rate(denominator=people, per=100))
    page = protect(release, trial_wide, key="k").to_frame("r")
    assert page.to_numpy().tolist() == [
        [10.0, 6.7, 7.5],
        [15.0, 10.0, 11.7],
        [13.3, 8.6, 10.0],
    ]


def test_release_json_holds_what_is_public_and_no_more(frame):
    people = pd.Series({"B0": 10_000, "B1": 20_000})
    release = Release().add_table("t", frame([3, 8, 0], [20, 4444, 9]))
    release = release.add_derived("rates", "t", Rate(denominator=people))
    release = release.add_sums("y", "t", columns={"early": ["y0", "y1"]})
    public = protect(release, "strict", key="secret key")
    text = public.to_json()
    written = json.loads(text)
    assert written["profile"]["name"] == "strict"
    page = public.to_frame("t")
    assert written["tables"][0]["values"] == page.to_numpy().tolist()
    assert written["tables"][0]["values"][0][0] == "[c]"
    assert written["derived"][0]["values"][0][0] == "[c]"
    assert written["links"][0] == {
        "cell": ["y", "B0", "early"],
        "sum_of": [["t", "B0", "y0", 1], ["t", "B0", "y1", 1]],
    }
    assert "4444" not in text
    assert "secret" not in text
    assert "4444" not in repr(public)


@settings(max_examples=25, deadline=None)
@given(
    st.lists(
        st.lists(st.integers(0, 60), min_size=3, max_size=3), min_size=2, max_size=4
    )
)
def test_printed_values_are_within_their_rounding(rows):
    index = [f"B{i}" for i in range(len(rows))]
    counts = pd.DataFrame(rows, index=index, columns=list("xyz"))
    naive = suppress_primary(Release().add_table("t", counts), "strict").to_frame("t")
    inner = naive.loc[index, list("xyz")]
    for i, row in enumerate(rows):
        for j, count in enumerate(row):
            seen = inner.iloc[i, j]
            assert seen == "[c]" if 1 <= count <= 5 else abs(seen - count) <= 2


def test_nothing_is_shown_of_an_unprotected_release(frame):
    release = Release().add_table("t", frame([7, 8]))
    for look in (lambda: release.to_frame("t"), release.to_json, release.system):
        with pytest.raises(DisclosureError, match="be protected before anything"):
            look()


@pytest.mark.parametrize(
    ("counts", "match"),
    [
        (pd.DataFrame({"x": [1.5]}, ["A"]), "whole numbers.*1 cells"),
        (pd.DataFrame({"x": [-1, 2]}, ["A", "B"]), "whole numbers"),
        (pd.DataFrame({"x": [np.nan]}, ["A"]), "none missing"),
        (pd.DataFrame({"x": [10**6]}, ["A"]), "0 to 100,000"),
        (pd.DataFrame({"x": ["many"]}, ["A"]), "whole numbers"),
        (pd.DataFrame({"x": [1, 2]}, ["A", "A"]), "all different"),
        (pd.DataFrame({"Total": [1]}, ["A"]), "leave totals out"),
        (pd.DataFrame(), "have rows and columns"),
    ],
)
def test_counts_that_are_none_are_refused_without_their_values(counts, match):
    with pytest.raises(DataError, match=match) as caught:
        Release().add_table("t", counts)
    assert "1000000" not in str(caught.value)
    assert "many" not in str(caught.value)


def test_what_cannot_be_added_is_refused(frame):
    release = Release().add_table("t", frame([7, 8], [9, 10]), totals="rows")
    public = protect(release, trial_wide, key="k")
    people = pd.Series({"B0": 10_000, "B1": 0})
    with pytest.raises(ArgumentError, match="no other table"):
        release.add_table("t", frame([7, 8]))
    with pytest.raises(ArgumentError, match="be one of both, rows, columns, none"):
        release.add_table("u", frame([7, 8]), totals="all")
    with pytest.raises(ArgumentError, match="not empty"):
        release.add_table(" ", frame([7, 8]))
    with pytest.raises(ArgumentError, match="did you mean 't'"):
        release.add_sums("u", "T", columns={})
    with pytest.raises(ArgumentError, match="did you mean 'y1'"):
        release.add_sums("u", "t", columns={"early": ["y1 "]})
    with pytest.raises(ArgumentError, match="before it is protected"):
        public.add_table("u", frame([7, 8]))
    with pytest.raises(ArgumentError, match="totals that table 't' has"):
        release.add_derived("p", "t", Percentage(of="column"))
    with pytest.raises(ArgumentError, match="Rate\\(denominator"):
        release.add_derived("p", "t", "rate")
    with pytest.raises(ArgumentError, match="at least 1"):
        release.add_derived("p", "t", Rate(denominator=people, per=0))
    with pytest.raises(DataError, match="1 missing or not above 0"):
        release.add_derived("p", "t", Rate(denominator=people))
    with pytest.raises(ArgumentError, match="'as shown' or 'exact'"):
        suppress_primary(release, dfe_cin, figures="both")
    with pytest.raises(ArgumentError, match="have a table"):
        suppress_primary(Release(), dfe_cin)


def test_links_that_do_not_hold_are_refused(frame):
    release = Release().add_table("t", frame([7, 8], [9, 10]))
    other = frame([16])
    right = {("B0", "y0"): [Cell("t", "Total", "y0")]}
    assert release.add_table("u", other, sums_of=right).tables[1].links
    wrong = {("B0", "y0"): [Cell("t", "Total", "y1")]}
    with pytest.raises(DataError, match="1 sums that do not hold"):
        release.add_table("u", other, sums_of=wrong)
    for lost in (
        {("B0", "y0"): [Cell("t", "B7", "y0")]},
        {("B0", "x"): [Cell("t", "B0", "y0")]},
    ):
        with pytest.raises(DataError, match="of this table and of earlier ones"):
            release.add_table("u", other, sums_of=lost)
