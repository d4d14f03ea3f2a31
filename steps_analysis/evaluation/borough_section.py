"""Referrals by borough: the protected table, and a funnel made from it."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from steps_analysis.disclosure import TOTAL
from steps_analysis.estimates import Estimate
from steps_analysis.evaluation.borough_release import BoroughRelease, borough_release
from steps_analysis.protocol import Protocol
from steps_analysis.referrals import Funnel, funnel, rate
from steps_analysis.reporting.blocks import (
    Block,
    Callout,
    Column,
    Figure,
    Paragraph,
    Table,
)
from steps_analysis.reporting.cells import Cell
from steps_analysis.reporting.document import Section
from steps_analysis.reporting.drawings import FunnelLimits, FunnelPlot, FunnelPoint
from steps_analysis.reporting.markers import Marker
from steps_analysis.trial_data import TrialData

PER = 10_000


def borough_section(trial: TrialData, *, key: str | None = None) -> Section | str:
    """
    Report referrals by borough: a protected table, and a funnel made from it.

    Parameters
    ----------
    trial
        The trial.
    key
        As for `borough_release`.

    Returns
    -------
    Section or str
        The section, or the reason why there is none.
    """
    found = borough_release(trial, key=key)
    if isinstance(found, str):
        return found
    protocol = trial.protocol
    label = protocol.sites.label
    words = (
        f"Children identified and referred for harmful sexual behaviour, by {label}, "
        f"in the financial years {found.years[0]} to {found.years[-1]}. These are all "
        "referrals, whether or not the family joined the trial. "
        f"{protocol.sites.label_plural.capitalize()} stand in alphabetical order; "
        "they are not ranked."
    )
    is_illustrative = trial.provenance == "synthetic"
    sources = () if is_illustrative else ("Rates use the populations in sites.csv.",)
    blocks: list[Block] = [Paragraph(words), _table(protocol, found, sources)]
    places = _funnel(found)
    if places is not None:
        blocks.append(_figure(protocol, found, places))
    blocks.append(
        Callout(
            "note",
            "More referrals may mean better identification. A high point is not a bad "
            "one, and a low point is not a good one; where there are few referrals, "
            "they are too few to tell.",
        )
    )
    return Section(
        title=f"Referrals by {label}", slug="referrals", blocks=tuple(blocks)
    )


def _table(
    protocol: Protocol, found: BoroughRelease, sources: tuple[str, ...]
) -> Table:
    """Write the protected counts, with rates made from them."""
    label = protocol.sites.label
    published = found.published
    columns = [Column(key="site", heading=label.capitalize())]
    columns += [
        Column(key=f"n_{i}", heading=str(name))
        for i, name in enumerate(published.columns, start=1)
    ]
    columns.append(
        Column(
            key="rate",
            heading="Rate",
            decimals=1,
            unit=f"per {PER:,} aged 10 to 17 a year",
        )
    )
    notes = [
        *found.rounding,
        "Rates are computed from the counts as published here, with Byar's limits.",
        *sources,
        found.why,
        "What can be worked out from this table was tested: every hidden count could "
        "still be any number in the hidden range.",
    ]
    return Table(
        name="referrals-by-site",
        caption=f"Referrals by {label} and financial year",
        columns=tuple(columns),
        rows=tuple(_rows(found, published)),
        notes=tuple(note for note in notes if note),
        breakdown="site",
        audit=found.audit,
    )


def _rows(found: BoroughRelease, published: pd.DataFrame) -> Iterator[tuple[Cell, ...]]:
    """Write one row per site, and the total."""
    for site, counts in published.iterrows():
        cells = [_cell(value) for value in counts]
        name = "All" if site == TOTAL else str(site)
        yield name, *cells, _rate(found, str(site))


def _cell(value: object) -> Cell:
    """Read a published cell: a count, or a marker."""
    text = str(value)
    return int(text) if text.lstrip("-").isdigit() else Marker(text)


def _rate(found: BoroughRelease, site: str) -> Estimate | Marker:
    """Give a yearly rate from a published count over all years."""
    if site not in found.totals:
        return Marker(found.release.page().profile.marker)
    everyone = found.population.sum()
    people = everyone if site == TOTAL else found.population[site]
    exposure = float(people) * len(found.years)
    return rate(int(found.totals[site]), exposure, per=PER, method="byar")


def _funnel(found: BoroughRelease) -> Funnel | None:
    """
    Set the published rates against exact limits around the rate of all sites together.

    None with fewer than three sites, or where there is no rate to compare with.
    """
    totals = found.totals.drop(TOTAL, errors="ignore")
    if len(totals) < 3:
        return None
    exposure = found.population.reindex(totals.index) * len(found.years)
    everyone = _rate(found, TOTAL)
    target = everyone.value if isinstance(everyone, Estimate) else None
    places = funnel(totals, exposure, target=target or None, per=PER)
    return None if places.not_estimable else places


def _figure(protocol: Protocol, found: BoroughRelease, places: Funnel) -> Figure:
    """Draw the funnel."""
    label, plural = protocol.sites.label, protocol.sites.label_plural
    hidden = tuple(
        str(s) for s in found.population.index.difference(places.points.index)
    )
    outside = _outside(places, plural)
    return Figure(
        name="referral-funnel",
        caption=f"Referral rate and size of each {label}, with 95% and 99.8% limits",
        alt=f"Funnel plot of {len(places.points)} {plural}, not ranked. {outside}",
        drawing=FunnelPlot(
            points=tuple(
                FunnelPoint(name=str(site), exposure=row.exposure, value=row.rate)
                for site, row in places.points.iterrows()
            ),
            target=places.target,
            target_label=(
                f"All {plural}" if TOTAL in found.totals else f"All {plural} shown"
            ),
            limits=tuple(_limits(places, level) for level in places.levels),
            x_label=f"Children aged 10 to 17, times {len(found.years)} years",
            y_label=f"Referrals per {PER:,} a year",
            hidden=hidden,
        ),
        notes=(
            f"Limits show where about 95% and 99.8% of {plural} would lie if they "
            "differed by chance alone.",
            outside,
            _made_from(found),
        ),
        breakdown="site",
        audit=found.audit,
    )


def _outside(places: Funnel, plural: str) -> str:
    """Count the points that lie outside the narrower limits."""
    n, of = int((places.points["position"] != "within").sum()), len(places.points)
    if n == 0:
        return f"All {of} {plural} shown lie within the 95% limits."
    verb = "lies" if n == 1 else "lie"
    return f"{n} of the {of} {plural} shown {verb} outside the 95% limits."


def _made_from(found: BoroughRelease) -> str:
    """Say what the points rest on."""
    said = "Points and centre line are made from the counts as published"
    if not found.rounding:
        return f"{said}."
    return f"{said}; these are rounded, and rounding moves points."


def _limits(places: Funnel, level: float) -> FunnelLimits:
    """Give one pair of limits to draw."""
    lower, upper = (f"{side}_{100 * level:g}" for side in ("lower", "upper"))
    return FunnelLimits(
        level=level,
        exposure=tuple(places.limits["exposure"]),
        lower=tuple(places.limits[lower]),
        upper=tuple(places.limits[upper]),
    )
