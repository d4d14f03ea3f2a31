"""
How does a table leak, and how is it stopped?

Ways in which tables are published every day, each tried on made-up counts: what an
outsider can work out from what is printed, and what is left to work out once the whole
release is protected.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from steps_analysis.disclosure import (
    TOTAL,
    Audit,
    Cell,
    Percentage,
    Profile,
    Rate,
    Release,
    audit,
    protect,
    suppress_primary,
    threshold,
)
from steps_analysis.reporting.blocks import Column, Figure, Paragraph, Table
from steps_analysis.reporting.document import Section
from steps_analysis.reporting.drawings import Bars, BarSeries

RULE: Profile = threshold(6)
_KEY = "a published key: the counts are made up"
_AREAS, _QUARTERS, _MEAN = 14, 8, 8.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Leak:
    """
    What one usual way of publishing gives away.

    Attributes
    ----------
    how
        What is published, in words.
    usual, ours
        The attack on it as it is usually done, and once it is protected.
    """

    how: str
    usual: Audit
    ours: Audit

    @property
    def worked_out(self) -> int:
        """How many small counts can be worked out exactly."""
        return _exact(self.usual)

    @property
    def narrowed(self) -> int:
        """How many more lose some of their possible values."""
        return sum(one.keeps is False for one in self.usual.found) - self.worked_out

    @property
    def left(self) -> int:
        """How many small counts lose any possible value once protected."""
        return sum(one.keeps is False for one in self.ours.found)


def _exact(found: Audit) -> int:
    """Count what can be worked out exactly."""
    return sum(one.keeps is False and one.possible.is_exact for one in found.found)


def leaks(*, seed: int) -> tuple[Leak, ...]:
    """
    Try every usual way of publishing on one made-up table of boroughs by quarters.

    Parameters
    ----------
    seed
        Draws the counts.

    Returns
    -------
    tuple of Leak
        One per way, from the plainest on.

    Examples
    --------
    >>> found = leaks(seed=20140618)
    >>> all(leak.ours.safe for leak in found)
    True
    >>> found[0].worked_out > 0
    True
    """
    counts = made_up(seed=seed)
    return tuple(
        Leak(how=how, usual=audit(usual), ours=audit(ours))
        for how, usual, ours in _ways(counts)
    )


def made_up(*, seed: int) -> pd.DataFrame:
    """
    Make up counts by borough and quarter.

    Parameters
    ----------
    seed
        Draws them.

    Returns
    -------
    pandas.DataFrame
        Boroughs in rows, quarters in columns.

    Examples
    --------
    >>> made_up(seed=1).shape
    (14, 8)
    """
    rng = np.random.default_rng(seed)
    return pd.DataFrame(
        rng.poisson(_MEAN, (_AREAS, _QUARTERS)),
        index=[f"Borough {chr(65 + i)}" for i in range(_AREAS)],
        columns=[f"{2013 + j // 4} Q{j % 4 + 1}" for j in range(_QUARTERS)],
    )


def _ways(counts: pd.DataFrame) -> Iterator[tuple[str, Release, Release]]:
    """List the usual ways: in words, as usually published, and protected."""
    table = Release().add_table("quarters", counts)
    safe = protect(table, RULE, key=_KEY)
    usual = suppress_primary(table, RULE)
    yield "Small counts hidden, totals shown", usual, safe
    yield "The next smallest of each line hidden too", next_smallest(table, RULE), safe
    people = pd.Series(np.linspace(9_000, 36_000, _AREAS).round(), index=counts.index)
    rates = table.add_derived("rates", "quarters", Rate(denominator=people))
    yield "Rates shown beside hidden counts", *_with_figures(rates)
    shares = table.add_derived("shares", "quarters", Percentage(of="row"))
    yield "Percentages shown beside hidden counts", *_with_figures(shares)
    years: dict[str, list[str]] = {}
    for quarter in counts:
        years.setdefault(str(quarter)[:4], []).append(str(quarter))
    both = table.add_sums("years", "quarters", columns=years)
    later = suppress_primary(both, RULE, also=safe.hidden)
    yield "Year totals published after safe quarters", later, _protected(both)


def _with_figures(release: Release) -> tuple[Release, Release]:
    """Show all figures from exact counts, the usual way; and protect the release."""
    safe = _protected(release)
    usual = suppress_primary(release, RULE, also=safe.hidden, figures="exact")
    return usual, safe


def _protected(release: Release) -> Release:
    """Protect a release."""
    return protect(release, RULE, key=_KEY)


def next_smallest(release: Release, rule: Profile | str) -> Release:
    """
    Hide small counts, then the next smallest of every line with a single hidden one.

    Parameters
    ----------
    release
        One table with its totals, not protected.
    rule
        A profile, or the name of one.

    Returns
    -------
    Release
        The usual way to hide further counts, with no promise that it is safe.

    Examples
    --------
    >>> counts = pd.DataFrame([[3, 9], [8, 7]], index=["A", "B"], columns=["x", "y"])
    >>> usual = next_smallest(Release().add_table("t", counts), RULE)
    >>> len(usual.hidden)
    4
    """
    (table,), hidden = release.tables, set(suppress_primary(release, rule).hidden)
    value = table.values()
    rows, columns = [*table.rows, TOTAL], [*table.columns, TOTAL]
    lines = [[Cell(table.name, r, c) for c in table.columns] for r in rows]
    lines += [[Cell(table.name, r, c) for r in table.rows] for c in columns]
    while single := [line for line in lines if len(hidden.intersection(line)) == 1]:
        left = [c for c in single[0] if c not in hidden and value[c] > 0]
        hidden.add(min(left, key=value.__getitem__))
    return suppress_primary(release, rule, also=hidden)


def leaks_section(found: tuple[Leak, ...]) -> Section:
    """
    Report what the usual ways of publishing give away.

    Parameters
    ----------
    found
        What `leaks` found.

    Returns
    -------
    Section
        A paragraph, a table and a figure. They count what leaks, and show no count of a
        borough.

    Examples
    --------
    >>> leaks_section(()).title
    'What the usual ways give away'
    """
    rows = tuple((x.how, x.worked_out, x.narrowed, x.left) for x in found)
    words = (
        f"A made-up table of {_AREAS} boroughs by {_QUARTERS} quarters, in which "
        f"counts from 1 to {RULE.hidden_up_to} are hidden. An outsider solves what is "
        "printed as a system of equations."
    )
    blocks = [Paragraph(words)]
    return Section(
        title="What the usual ways give away",
        slug="leaks",
        blocks=(*blocks, _table(rows), _figure(found)) if found else tuple(blocks),
    )


def _table(rows: tuple[tuple[str, int, int, int], ...]) -> Table:
    """Count what leaks, way by way."""
    return Table(
        name="leaks",
        caption="Small counts that an outsider can work out, by how they are published",
        columns=(
            Column(key="how", heading="What is published"),
            Column(key="worked_out", heading="Worked out exactly"),
            Column(key="narrowed", heading="Narrowed down"),
            Column(key="left", heading="Once protected"),
        ),
        rows=rows,
        notes=(
            "Narrowed down: some number of the hidden range can be excluded.",
            "Once protected: either of these. The whole release is protected as one, "
            "so that every hidden count keeps every number of the hidden range.",
        ),
    )


def _figure(found: tuple[Leak, ...]) -> Figure:
    """Draw how many small counts each way gives away."""
    most = max(found, key=lambda leak: leak.worked_out)
    return Figure(
        name="leaks-figure",
        caption="Small counts given away, by how they are published",
        alt=(
            f"Bars for {len(found)} ways of publishing. Most can be worked out with: "
            f"{most.how.lower()}. Once protected, none."
        ),
        drawing=Bars(
            categories=tuple(leak.how for leak in found),
            series=(
                BarSeries(
                    label="Worked out exactly",
                    numbers=tuple(leak.worked_out for leak in found),
                ),
                BarSeries(
                    label="Narrowed down",
                    numbers=tuple(leak.narrowed for leak in found),
                ),
                BarSeries(
                    label="Once protected",
                    numbers=tuple(leak.left for leak in found),
                ),
            ),
            x_label="Small counts",
        ),
    )
