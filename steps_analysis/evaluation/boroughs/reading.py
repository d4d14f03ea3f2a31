"""
What do the published counts say about a site? Rates, and places in the funnel.

Everything here is computed from the protected release and from public populations: it
cannot tell more than they do.
"""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from steps_analysis.disclosure import TOTAL
from steps_analysis.estimates import Estimate
from steps_analysis.evaluation.boroughs.linking import RINGS, SITES
from steps_analysis.evaluation.boroughs.released import BoroughRelease
from steps_analysis.referrals import Funnel, funnel, rate
from steps_analysis.reporting.markers import Marker

PER = 10_000
FEWEST_PLACES = 3  # a funnel of fewer compares a place with itself
UNCLEAR = "unclear"


def published_rate(
    found: BoroughRelease, row: str, column: str, *, table: str = SITES
) -> Estimate | Marker:
    """
    Give the yearly rate of one published count.

    Parameters
    ----------
    found
        The release.
    row, column, table
        Where the count stands; of sites, or of rings.

    Returns
    -------
    Estimate or Marker
        The rate with Byar's limits; the rule's marker where the count is hidden.

    Notes
    -----
    Where a rounded count leaves several counts possible, the lower limit is that of the
    least and the upper limit that of the greatest of them.
    """
    known = found.known(row, column, table=table)
    if known is None:
        return Marker(found.profile.marker)
    amount = people(found, row, table=table) * length(found, column)
    middle = rate(known.value, amount, per=PER, method="byar")
    if known.least == known.greatest:
        return middle
    lower = rate(known.least, amount, per=PER, method="byar").lower
    upper = rate(known.greatest, amount, per=PER, method="byar").upper
    return replace(
        middle,
        lower=lower,
        upper=upper,
        method=f"{middle.method}, widened for rounding",
        r_call=None,
    )


def people(found: BoroughRelease, row: str, *, table: str = SITES) -> float:
    """
    Count the children of a row of a table.

    Parameters
    ----------
    found
        The release.
    row, table
        A site, a ring, or all.

    Returns
    -------
    float
        Children aged 10 to 17.
    """
    if row == TOTAL:
        return float(found.population.sum())
    if table == RINGS:
        return float(found.population[found.rings == row].sum())
    return float(found.population[row])


def length(found: BoroughRelease, column: str) -> float:
    """
    Tell how many years a column covers.

    Parameters
    ----------
    found
        The release.
    column
        A stretch, or the total.

    Returns
    -------
    float
        Years.
    """
    years = {one.label: one.years for one in found.stretches}
    return years.get(column, found.length)


def published_funnel(found: BoroughRelease) -> Funnel | None:
    """
    Set the published rates against exact limits around the rate of all sites together.

    Parameters
    ----------
    found
        The release.

    Returns
    -------
    Funnel or None
        Its points are the sites whose count over all years is shown; None with fewer
        than three of them, or where there is no rate to compare with.
    """
    return _funnel_at(found, "value")


def positions(found: BoroughRelease) -> dict[str, str]:
    """
    Say where each site lies in the funnel, as far as the published counts tell.

    Parameters
    ----------
    found
        The release.

    Returns
    -------
    dict
        Site to its position as `steps_analysis.referrals.funnel` names it, or
        ``"unclear"`` where rounding leaves more than one; a hidden site is left out.
    """
    places = [_funnel_at(found, end) for end in ("least", "value", "greatest")]
    read = [one.points["position"] for one in places if one is not None]
    if len(read) < len(places):
        return {}
    return {
        str(site): read[1][site]
        if len({position[site] for position in read}) == 1
        else UNCLEAR
        for site in read[1].index
    }


def _funnel_at(found: BoroughRelease, end: str) -> Funnel | None:
    """Make the funnel of the least, likely or greatest counts that are possible."""
    known = {
        site: found.known(str(site), found.whole) for site in found.population.index
    }
    counts = pd.Series(
        {site: getattr(one, end) for site, one in known.items() if one is not None},
        dtype="int64",
    )
    if len(counts) < FEWEST_PLACES:
        return None
    exposure = found.population[counts.index] * found.length
    everyone = published_rate(found, found.everyone, found.whole)
    target = everyone.value if isinstance(everyone, Estimate) else None
    places = funnel(counts, exposure, target=target or None, per=PER)
    return None if places.not_estimable else places
