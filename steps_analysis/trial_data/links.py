"""Follow a link from the rows of one table into another."""

from __future__ import annotations

from typing import Any

import pandas as pd


def followed(
    links: pd.Series[Any], table: pd.DataFrame, key: str, column: str
) -> pd.Series[Any]:
    """
    Give another table's value for each row that links to it.

    Parameters
    ----------
    links
        What the rows call the row of the other table, shape (n,); perhaps missing.
    table
        The other table.
    key
        The column by which its rows are called; of repeats, the first is meant.
    column
        The column asked for.

    Returns
    -------
    pandas.Series
        The values, indexed as `links`, of the column's type; missing where a link is,
        or leads nowhere.

    Examples
    --------
    >>> sites = pd.DataFrame({"site": ["Ealing", "Brent"], "therapists": [2.0, 3.0]})
    >>> followed(pd.Series(["Brent", "Kent"]), sites, "site", "therapists").tolist()
    [3.0, nan]
    """
    names = pd.Index(table[key], dtype=object)
    is_first = names.notna() & ~names.duplicated()
    places = names[is_first].get_indexer(pd.Index(links, dtype=object))
    values = table[column].array[is_first].take(places, allow_fill=True)
    return pd.Series(values, index=links.index)
