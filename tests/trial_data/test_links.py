"""A link from one table into another: where it leads, and where it leads nowhere."""

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from steps_analysis.trial_data.links import followed

SITES = pd.DataFrame(
    {
        "site": ["Ealing", None, "Brent", "Ealing"],  # the second row has no name
        "opened": pd.to_datetime(["2014-01-01", "2014-02-01", None, "2014-04-01"]),
        "therapists": pd.array([3, 9, None, 8], dtype="Int64"),
        "ring": ["outer", "nowhere", None, "inner"],
    }
)


@pytest.mark.parametrize(
    ("column", "expected"),
    [("opened", pd.Timestamp("2014-01-01")), ("therapists", 3), ("ring", "outer")],
)
def test_by_hand(column, expected):
    """Of two rows called Ealing the first is meant; Brent has no value; Kent no row."""
    links = pd.Series(["Brent", "Ealing", "Kent", None], index=[4, 1, 7, 7])
    found = followed(links, SITES, "site", column)
    assert found.dtype == SITES[column].dtype
    assert list(found.index) == [4, 1, 7, 7]
    assert found.iloc[1] == expected
    assert found.isna().tolist() == [True, False, True, True]


@pytest.mark.parametrize("column", ["opened", "therapists", "ring"])
@pytest.mark.parametrize("links", [[], ["Ealing", None]])
def test_into_an_empty_table(links, column):
    links = pd.Series(links, dtype=object)
    found = followed(links, SITES.iloc[:0], "site", column)
    assert len(found) == len(links)
    assert found.isna().all()
    assert found.dtype == SITES[column].dtype


NAMES = st.lists(st.sampled_from(["A", "B", "C", None]), max_size=6)


@given(links=NAMES, names=NAMES)
def test_as_a_naive_search_finds(links, names):
    table = pd.DataFrame({"name": names, "row": range(len(names))}, dtype=object)
    found = followed(pd.Series(links, dtype=object), table, "name", "row")
    expected = [
        names.index(link) if link is not None and link in names else None
        for link in links
    ]
    assert [None if pd.isna(row) else row for row in found] == expected
