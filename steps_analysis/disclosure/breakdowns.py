"""In which ways can one table of counts be broken down, from the finest on?"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product

import pandas as pd

from steps_analysis.disclosure.release import Release
from steps_analysis.errors import ArgumentError, DataError, did_you_mean, refusal

Level = Mapping[str, str] | None
"""Label to the group it falls into; None to add all labels up."""

_NAME = "counts"


def breakdowns(
    counts: pd.Series[int],
    *,
    rows: str,
    levels: Mapping[str, Mapping[str, Level]],
) -> dict[str, Release]:
    """
    List the releases that one table of counts can be rolled up to, finest first.

    Parameters
    ----------
    counts
        Whole numbers indexed by two or more named dimensions, such as site, period and
        source; every combination once.
    rows
        The dimension that stands in rows: the areas.
    levels
        For each dimension that may be rolled up: name of the coarser level to the group
        of each label, or None to leave the dimension out. Rows cannot be left out.

    Returns
    -------
    dict of str to Release
        One release per combination of levels, not protected, by a name such as ``"site
        by year and source"``. Those with more counts come first; where equal, in the
        order of `levels`.

    Raises
    ------
    ArgumentError
        If `rows` or a dimension is unknown, or rows would be left out.
    DataError
        If the index has fewer than two named dimensions, or a label has no group.

    Examples
    --------
    >>> index = pd.MultiIndex.from_product([["A", "B"], ["Q1", "Q2"], ["x", "y"]],
    ...                                    names=["site", "period", "source"])
    >>> counts = pd.Series(9, index=index)
    >>> levels = {"period": {"half": {"Q1": "H1", "Q2": "H1"}}, "source": {"": None}}
    >>> list(breakdowns(counts, rows="site", levels=levels))
    ['site by period and source', 'site by period', 'site by half and source', \
'site by half']
    """
    names = _names(counts, rows, levels)
    choices: list[dict[str, Level]] = [
        {name: {}} | dict(levels.get(name, {})) for name in names
    ]
    found = [
        _rolled_up(counts, dict(zip(names, chosen, strict=True)))
        for chosen in product(*(choice.items() for choice in choices))
    ]
    found.sort(key=lambda one: -one.size)  # stable
    return {_title(one): _release(one) for one in found}


def _names(
    counts: pd.Series[int], rows: str, levels: Mapping[str, Mapping[str, Level]]
) -> list[str]:
    """Check the dimensions, and list them, rows first."""
    given = list(counts.index.names) if isinstance(counts, pd.Series) else []
    names = [name for name in given if isinstance(name, str)]
    if len(names) < max(2, len(given)) or counts.index.has_duplicates:
        rule = "be indexed by two named dimensions or more, each combination once"
        raise DataError(refusal("counts", rule, given))
    for argument, asked in (("rows", [rows]), ("levels", list(levels))):
        for name in asked:
            if name not in names:
                rule = f"name dimensions of `counts` ({', '.join(names)})"
                hint = did_you_mean(name, names)
                raise ArgumentError(refusal(argument, rule, name, hint=hint))
    if None in dict(levels.get(rows, {})).values():
        raise ArgumentError(refusal("levels", "not leave out the rows", rows))
    return [rows, *(name for name in names if name != rows)]


def _rolled_up(
    counts: pd.Series[int], chosen: Mapping[str, tuple[str, Level]]
) -> pd.Series[int]:
    """Add counts up to one level of each dimension; its index names the levels."""
    keys = []
    for dimension, (name, groups) in chosen.items():
        if groups is None:
            continue
        labels = counts.index.get_level_values(dimension)
        if groups:
            missing = set(labels) - set(groups)
            if missing:
                rule = f"give every label of {dimension!r} a group at {name!r}"
                raise DataError(refusal("levels", rule, sorted(missing)[0]))
            labels = labels.map(groups)
        keys.append(pd.Series(labels, index=counts.index, name=name))
    return counts.groupby(keys, sort=False).sum()


def _title(counts: pd.Series[int]) -> str:
    """Name a breakdown by its levels."""
    rows, *others = map(str, counts.index.names)
    return f"{rows} by {' and '.join(others)}" if others else rows


def _release(counts: pd.Series[int]) -> Release:
    """Put counts into the tables of a release."""
    if counts.index.nlevels > 2:
        return Release().add_cube(_NAME, counts)
    if counts.index.nlevels == 1:
        return Release().add_table(_NAME, counts.to_frame(_NAME))
    table = counts.unstack(fill_value=0, sort=False)  # noqa: PD010  # keeps its order
    return Release().add_table(_NAME, table)
