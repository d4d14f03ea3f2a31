"""Which tables and figures show the published counts? One each, for every page."""

from __future__ import annotations

from collections.abc import Sequence

from steps_analysis.evaluation.boroughs.linking import RINGS, SITES
from steps_analysis.evaluation.boroughs.reading import PER, published_rate
from steps_analysis.evaluation.boroughs.released import BoroughRelease
from steps_analysis.evaluation.boroughs.wording import RATE_UNIT, row_label
from steps_analysis.protocol import Protocol
from steps_analysis.referrals import Funnel
from steps_analysis.reporting.blocks import Column, Figure, Table
from steps_analysis.reporting.cells import Cell
from steps_analysis.reporting.drawings import FunnelLimits, FunnelPlot, FunnelPoint
from steps_analysis.reporting.markers import Marker

FROM_PUBLISHED = (
    "Rates are computed from the counts as published here, with Byar's limits. Where a "
    "rounded total can be added up from its parts, the rate uses the parts; where it "
    "cannot, the limits are widened for the rounding."
)


def counts_table(
    found: BoroughRelease,
    table: str,
    *,
    name: str,
    caption: str,
    heading: str,
    notes: Sequence[str] = (),
) -> Table:
    """
    Write one table of the release, with rates where its rows have populations.

    Parameters
    ----------
    found
        The release.
    table
        Which of its tables.
    name, caption
        As for `steps_analysis.reporting.Table`.
    heading
        What a row is.
    notes
        Sentences below it.

    Returns
    -------
    Table
        The counts as printed, with the audit they passed.
    """
    published = found.release.to_frame(table)
    has_rates = table in (SITES, RINGS)
    columns = [Column(key="group", heading=heading)]
    columns += [
        Column(key=f"n_{i}", heading=label)
        for i, label in enumerate(map(str, published.columns), start=1)
    ]
    rows = [
        (row_label(str(row)), *(_cell(value) for value in counts))
        for row, counts in published.iterrows()
    ]
    if has_rates:
        columns.append(Column(key="rate", heading="Rate", decimals=1, unit=RATE_UNIT))
        rows = [
            (*cells, published_rate(found, str(row), found.whole, table=table))
            for cells, row in zip(rows, published.index, strict=True)
        ]
    said = [FROM_PUBLISHED] if has_rates else []
    return Table(
        name=name,
        caption=caption,
        columns=tuple(columns),
        rows=tuple(rows),
        notes=(*found.rounding, *said, *notes),
        breakdown="site",
        audit=found.audit,
    )


def _cell(value: object) -> Cell:
    """Read a published cell: a count, or a marker."""
    text = str(value)
    return int(text) if text.lstrip("-").isdigit() else Marker(text)


def funnel_figure(protocol: Protocol, found: BoroughRelease, places: Funnel) -> Figure:
    """
    Draw the funnel of the published rates.

    Parameters
    ----------
    protocol
        The protocol: what it calls sites.
    found
        The release.
    places
        The funnel made from it.

    Returns
    -------
    Figure
        Sites in one neutral colour; hidden ones are listed with their marker.
    """
    label, plural = protocol.sites.label, protocol.sites.label_plural
    hidden = found.population.index.difference(places.points.index)
    outside = _outside(places, plural)
    return Figure(
        name="referral-funnel",
        caption=f"Referral rate and size of each {label}, with 95% and 99.8% limits",
        alt=f"Funnel plot of {len(places.points)} {plural}, not ranked. {outside}",
        drawing=funnel_plot(
            places,
            target_label=(
                f"All {plural}"
                if found.known(found.everyone, found.whole)
                else f"All {plural} shown"
            ),
            x_label=f"Children aged 10 to 17, times {_years(found.length)}",
            hidden=tuple(str(site) for site in hidden),
        ),
        notes=(limits_note(plural), outside, _made_from(found)),
        breakdown="site",
        audit=found.audit,
    )


def _years(length: float) -> str:
    """Say how many years."""
    return f"{length:g} {'year' if length == 1 else 'years'}"


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


def funnel_plot(
    places: Funnel, *, target_label: str, x_label: str, hidden: tuple[str, ...] = ()
) -> FunnelPlot:
    """
    Draw a funnel of referral rates.

    Parameters
    ----------
    places
        The funnel.
    target_label
        Whose rate the centre line is.
    x_label
        What exposure is counted in.
    hidden
        Sites without a point.

    Returns
    -------
    FunnelPlot
        A point for each site, and the limits of each level.
    """
    return FunnelPlot(
        points=tuple(
            FunnelPoint(name=str(site), exposure=row.exposure, value=row.rate)
            for site, row in places.points.iterrows()
        ),
        target=places.target,
        target_label=target_label,
        limits=tuple(_limits(places, level) for level in places.levels),
        x_label=x_label,
        y_label=f"Referrals per {PER:,} a year",
        hidden=hidden,
    )


def limits_note(plural: str) -> str:
    """
    Say what the limits of a funnel mean.

    Parameters
    ----------
    plural
        What the protocol calls sites.

    Returns
    -------
    str
        A sentence.
    """
    return (
        f"Limits show where about 95% and 99.8% of {plural} would lie if they differed "
        "by chance alone."
    )


def _limits(places: Funnel, level: float) -> FunnelLimits:
    """Give one pair of limits to draw."""
    lower, upper = (f"{side}_{100 * level:g}" for side in ("lower", "upper"))
    return FunnelLimits(
        level=level,
        exposure=tuple(places.limits["exposure"]),
        lower=tuple(places.limits[lower]),
        upper=tuple(places.limits[upper]),
    )
