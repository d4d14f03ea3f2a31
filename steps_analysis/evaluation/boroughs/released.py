"""
Referrals by site, source and ring, as one protected release.

All counts of all pages come from here: they go through `disclosure.protect` once and
are attacked by `disclosure.audit` once. What is computed afterwards reads the protected
release and public populations alone, so it cannot tell more than those do.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby
from typing import Any

import pandas as pd

from steps_analysis.disclosure import (
    TOTAL,
    Audit,
    Cell,
    Profile,
    Release,
    audit,
    from_spec,
    protect,
)
from steps_analysis.disclosure.planning import MOST_HIDDEN, shares_hidden
from steps_analysis.evaluation.boroughs.breakdowns import (
    Breakdown,
    breakdowns,
    why_not_finer,
)
from steps_analysis.evaluation.boroughs.linking import (
    RINGS,
    SITES,
    SOURCE_GROUPS,
    SOURCES,
    YearCounts,
    linked_release,
)
from steps_analysis.evaluation.boroughs.source_groups import (
    groups_in_words,
    source_labels,
)
from steps_analysis.evaluation.boroughs.stretches import (
    Stretch,
    finest_stretches,
    joined,
)
from steps_analysis.referrals import volumes
from steps_analysis.trial_data import TrialData

# Breaks ties between equally good patterns. Published, because the data are synthetic;
# real data need a key of their own, kept out of the release.
SYNTHETIC_KEY = "steps_analysis: the published key for synthetic data"

# Who else reads the pages: each must learn no more than an outsider does.
ATTACKERS = ("outsider", "site", "family")


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """
    What anyone can read off the release about one figure that is shown.

    Attributes
    ----------
    value
        The count to compute with: as printed, or, where the other figures leave only
        some of the counts that are printed so, the nearest of those.
    least, greatest
        The least and greatest count that the release leaves possible.
    """

    value: int
    least: int
    greatest: int


@dataclass(frozen=True, slots=True, kw_only=True)
class BoroughRelease:
    """
    What is published about referrals by site.

    Attributes
    ----------
    release, audit
        The protected counts, and the attack on them.
    stretches
        The columns: years, or several together.
    years
        The financial years, or the one stretch, that they cover.
    why
        Why nothing finer is published, a sentence each.
    population
        Site to children aged 10 to 17, in alphabetical order.
    rings
        Site to ring; empty where they are not shown.
    groups
        Which sources a group stands for, in a sentence; empty where each stands alone.
    figures
        Every figure as it is printed: a count or a marker.
    ranges
        Which counts a rounded figure can still be: the least and the greatest.
    """

    release: Release
    audit: Audit
    stretches: tuple[Stretch, ...]
    years: tuple[str, ...]
    why: tuple[str, ...]
    population: pd.Series[float]
    rings: pd.Series[str]
    groups: str = ""
    figures: Mapping[Cell, int | str] = field(repr=False)
    ranges: Mapping[Cell, tuple[int, int]] = field(default_factory=dict, repr=False)

    @property
    def profile(self) -> Profile:
        """The rule."""
        assert self.release.profile is not None  # it has been protected
        return self.release.profile

    @property
    def published(self) -> pd.DataFrame:
        """The table as printed: sites in rows, stretches and total in columns."""
        return self.release.to_frame(SITES)

    @property
    def whole(self) -> str:
        """The column that covers all years."""
        return TOTAL if len(self.stretches) > 1 else self.stretches[0].label

    @property
    def everyone(self) -> str:
        """The row of all sites together."""
        return TOTAL if len(self.population) > 1 else str(self.population.index[0])

    @property
    def length(self) -> float:
        """How many years are covered in all."""
        return sum(one.years for one in self.stretches)

    @property
    def span(self) -> str:
        """The whole stretch of time, in words."""
        if len(self.years) > 1:
            return f"{self.years[0]} to {self.years[-1]}"
        return self.years[0]

    def printed(self, table: str, row: str, column: str) -> int | str:
        """
        Give a figure as it is printed.

        Parameters
        ----------
        table, row, column
            Where it stands.

        Returns
        -------
        int or str
            A count or a marker.
        """
        return self.figures[Cell(table, row, column)]

    def known(self, row: str, column: str, *, table: str = SITES) -> Known | None:
        """
        Read a figure off the release.

        Parameters
        ----------
        row, column, table
            Where it stands.

        Returns
        -------
        Known or None
            What anyone can know of it; None where it is hidden.
        """
        printed = self.printed(table, row, column)
        if isinstance(printed, str):
            return None
        least, greatest = self.ranges.get(Cell(table, row, column), (printed, printed))
        value = min(max(printed, least), greatest)
        return Known(value=value, least=least, greatest=greatest)

    @property
    def rounding(self) -> tuple[str, ...]:
        """What is rounded, in a sentence; none where nothing is."""
        bases = {
            "Counts": self.profile.round_cells_to,
            "Totals over years": self.profile.round_row_totals_to,
            "Totals over sites": self.profile.round_column_totals_to,
        }
        return tuple(
            f"{what} are rounded to the nearest {base}."
            for what, base in bases.items()
            if base > 1
        )


def borough_release(
    trial: TrialData,
    *,
    key: str | None = None,
    earlier: Sequence[Mapping[str, Any]] = (),
) -> BoroughRelease | str:
    """
    Count referrals by site, source and ring, and protect the counts together.

    Parameters
    ----------
    trial
        The trial.
    key
        Breaks ties between equally good patterns; kept out of the release. Synthetic
        data use a published key.
    earlier
        What the ``release.json`` of each earlier public edition says; readers have
        them all.

    Returns
    -------
    BoroughRelease or str
        The finest breakdown that hides at most a third of the counts of any table,
        attacked; or the reason why there is none, such as a site whose population is
        not recorded.

    Raises
    ------
    DataError
        If an earlier edition is no release.
    DisclosureError
        If an earlier edition covers years that are counted in part only.
    """
    if trial.provenance == "synthetic":
        key = key or SYNTHETIC_KEY
    population = _population(trial)
    if isinstance(population, str):
        return population
    stretches = finest_stretches(trial)
    if isinstance(stretches, str):
        return stretches
    if key is None:
        return "no disclosure key was given, which real data need"
    if not (population > 0).all():
        return "the population of some sites is not recorded"
    rule = from_spec(trial.protocol.disclosure.profile("borough_table"))
    rule = replace(rule, attackers=ATTACKERS)
    if not rule.hidden_up_to:
        return f"its disclosure rule, {rule.name}, would hide no small count"
    attempt = _Attempt(
        counts=_year_counts(trial, stretches),
        years=stretches,
        rule=rule,
        key=key,
        earlier=earlier,
    )
    return _finest(trial, attempt, population)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Attempt:
    """What every attempt to publish a breakdown has in common."""

    counts: YearCounts
    years: tuple[Stretch, ...]
    rule: Profile
    key: str
    earlier: Sequence[Mapping[str, Any]]

    def release(self, ways: Breakdown) -> Release | None:
        """Protect one breakdown; None where it cannot be, or hides too much."""
        tables = _tables(self.counts, self.years, ways)
        beside = [table for name, table in tables.items() if name != SITES]
        if any(len(table) < 2 for table in beside):
            return None  # a single row would repeat the total of the sites
        if any(_is_small(table, self.rule) for table in tables.values()):
            return None
        linked = linked_release(tables, self.counts, self.earlier)
        release = protect(linked, self.rule, key=self.key)
        hides_much = any(share > MOST_HIDDEN for share in shares_hidden(release))
        return None if release.withheld or hides_much else release

    def finest(self, **have: bool) -> tuple[Breakdown, Release] | None:
        """Find the finest breakdown that can be published."""
        every = breakdowns(len(self.years), **have)
        for _, same_columns in groupby(every, key=lambda ways: ways.width):
            *finer, plain = same_columns
            fallback = self.release(plain)
            if fallback is None:
                continue  # with more beside it, no less would be hidden
            for ways in finer:
                release = self.release(ways)
                if release is not None:
                    return ways, release
            return plain, fallback
        return None


def _finest(
    trial: TrialData, attempt: _Attempt, population: pd.Series[float]
) -> BoroughRelease | str:
    """Attack the finest breakdown that can be published, and read its figures."""
    counts, years = attempt.counts, attempt.years
    rings = counts.rings.reindex(population.index)
    codes = counts.sources.index
    have = {"has_sources": len(codes) > 1, "has_rings": len(set(rings.dropna())) > 1}
    found = attempt.finest(**have)
    if found is None:
        return "too few referrals for any breakdown to be safe to publish"
    ways, release = found
    is_grouped = ways.sources == "grouped"
    return as_published(
        release,
        stretches=joined(years, ways.width),
        years=tuple(year.label for year in years),
        why=why_not_finer(ways, len(years), **have),
        population=population,
        rings=rings if ways.rings else rings.iloc[:0],
        groups=groups_in_words(codes, trial.protocol) if is_grouped else "",
    )


def as_published(
    release: Release,
    *,
    stretches: tuple[Stretch, ...],
    years: tuple[str, ...],
    why: tuple[str, ...],
    population: pd.Series[float],
    rings: pd.Series[str],
    groups: str = "",
) -> BoroughRelease:
    """
    Attack a protected release and read its figures: all that pages are made from.

    Parameters
    ----------
    release
        The release, protected.
    stretches, years, why, population, rings, groups
        As for `BoroughRelease`: what is public besides.

    Returns
    -------
    BoroughRelease
        The same for every table of exact counts that would be published so.
    """
    attacked = audit(release)
    return BoroughRelease(
        release=release,
        audit=attacked,
        stretches=stretches,
        years=years,
        why=why,
        population=population,
        rings=rings,
        groups=groups,
        figures=_figures(release),
        ranges=_ranges(attacked),
    )


def _year_counts(trial: TrialData, years: tuple[Stretch, ...]) -> YearCounts:
    """Count referrals by site and by source, in single years."""
    sources = _counts(trial, "source", years) if "source" in _columns(trial) else None
    if sources is None:
        sources = pd.DataFrame()
    codes = [str(code) for code in sources.index]
    labels = {
        grouped: source_labels(sources.index, trial.protocol, grouped=grouped)
        for grouped in (False, True)
    }
    return YearCounts(
        sites=_counts(trial, "site", years),
        sources=sources,
        rings=_rings(trial),
        each=dict(zip(codes, labels[False], strict=True)),
        grouped=dict(zip(codes, labels[True], strict=True)),
    )


def _columns(trial: TrialData) -> list[str]:
    """List the columns of the referrals."""
    return [str(column) for column in trial.need("referrals")]


def _counts(trial: TrialData, by: str, years: tuple[Stretch, ...]) -> pd.DataFrame:
    """Count referrals by one thing and by year."""
    found = {
        year.label: volumes(
            trial,
            by=by,
            period="month",
            start=year.start.date(),
            end=year.end.date(),
        )
        .groupby(by)["referrals"]
        .sum()
        for year in years
    }
    return pd.DataFrame(found).fillna(0).astype("int64").sort_index()


def _tables(
    counts: YearCounts, years: tuple[Stretch, ...], ways: Breakdown
) -> dict[str, pd.DataFrame]:
    """Add the counts up as a breakdown asks."""
    sites = _rolled_up(counts.sites, years, ways.width)
    tables = {SITES: sites}
    if ways.sources != "none":
        by_source = _rolled_up(counts.sources, years, ways.width)
        is_grouped = ways.sources == "grouped"
        labels = by_source.index.map(counts.grouped if is_grouped else counts.each)
        name = SOURCE_GROUPS if is_grouped else SOURCES
        tables[name] = by_source.groupby(labels).sum().sort_index()
    if ways.rings:
        rings = counts.rings.reindex(sites.index)
        tables[RINGS] = sites.groupby(rings).sum().sort_index()
    return tables


def _population(trial: TrialData) -> pd.Series[float] | str:
    """Give the children aged 10 to 17 of each site; NaN where not recorded."""
    if trial.referrals is None or trial.sites is None:
        absent = [n for n in ("referrals", "sites") if getattr(trial, n) is None]
        files = " and ".join(f"{name}.csv" for name in absent)
        return f"{files} {'is' if len(absent) == 1 else 'are'} absent"
    if "population_10_17" not in trial.sites:
        return "the sites' populations are not recorded"
    children = trial.sites.set_index("site")["population_10_17"].sort_index()
    return children.astype(float)


def _rings(trial: TrialData) -> pd.Series[str]:
    """Give the ring of each site; none where any is not recorded."""
    sites = trial.need("sites").set_index("site")
    if "ring" not in sites or sites["ring"].isna().any():
        return pd.Series(dtype=object)
    return sites["ring"].map(lambda ring: f"{str(ring).capitalize()} London")


def _rolled_up(
    counts: pd.DataFrame, years: tuple[Stretch, ...], width: int
) -> pd.DataFrame:
    """Add up neighbouring years, `width` at a time."""
    columns = list(counts.columns)
    names = [stretch.label for stretch in joined(years, width)]
    return pd.DataFrame(
        {
            name: counts[columns[i * width : (i + 1) * width]].sum(axis=1)
            for i, name in enumerate(names)
        }
    )


def _is_small(table: pd.DataFrame, rule: Profile) -> bool:
    """Say whether a table would hide too much for its small counts alone."""
    counts = table.to_numpy()
    is_small = (counts > 0) & (counts <= rule.hidden_up_to)
    return float(is_small.mean()) > MOST_HIDDEN


def _figures(release: Release) -> dict[Cell, int | str]:
    """List every figure of a release as it is printed."""
    page = release.page()
    printed = [table for table in release.tables if table.is_published]
    return {c: page.printed(c) for table in printed for c in table.cells()}


def _ranges(attacked: Audit) -> dict[Cell, tuple[int, int]]:
    """List which counts every rounded figure can still be."""
    return {
        cell: (one.possible.lower, one.possible.upper)
        for one in attacked.found
        if one.state == "rounded" and one.possible.upper is not None
        for cell in one.cells
    }
