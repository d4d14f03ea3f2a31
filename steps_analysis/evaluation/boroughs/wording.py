"""How are referrals put into words? Plainly, and never as a ranking."""

from __future__ import annotations

from collections.abc import Mapping

from steps_analysis.disclosure import TOTAL
from steps_analysis.estimates import Estimate
from steps_analysis.evaluation.boroughs.linking import SITES
from steps_analysis.evaluation.boroughs.reading import (
    PER,
    UNCLEAR,
    published_rate,
)
from steps_analysis.evaluation.boroughs.released import BoroughRelease
from steps_analysis.protocol import Protocol
from steps_analysis.reporting.numerals import count, number
from steps_analysis.reporting.words import quantity

IDENTIFICATION = "More referrals may mean better identification."
TOO_FEW = "too few to say"
RATE_UNIT = f"per {PER:,} aged 10 to 17 a year"


def count_in_words(found: BoroughRelease, row: str, column: str) -> str:
    """
    Say how many referrals there were, as far as that is published.

    Parameters
    ----------
    found
        The release.
    row, column
        Where the count of sites stands.

    Returns
    -------
    str
        Such as ``"23 referrals"``, ``"about 40 referrals"``, ``"no referral"`` or
        ``"too few to say how many"``.
    """
    printed, known = found.printed(SITES, row, column), found.known(row, column)
    if isinstance(printed, str) or known is None:
        return f"{TOO_FEW} how many"
    if printed == 0:
        return "no referral"
    about = "" if known.least == known.greatest == printed else "about "
    return f"{about}{quantity(printed, 'referral', 'referrals')}"


def rate_in_words(found: BoroughRelease, row: str, column: str) -> str:
    """
    Say what a count comes to per 10,000 children and year.

    Parameters
    ----------
    found
        The release.
    row, column
        Where the count of sites stands.

    Returns
    -------
    str
        The rate with its limits, in words; ``""`` where the count is hidden.
    """
    given = published_rate(found, row, column)
    if not isinstance(given, Estimate) or given.not_estimable:
        return ""
    return estimate_in_words(given)


def estimate_in_words(given: Estimate) -> str:
    """
    Write a rate with its limits.

    Parameters
    ----------
    given
        The rate, per 10,000 and year.

    Returns
    -------
    str
        Value, unit and interval.

    Examples
    --------
    >>> from steps_analysis.referrals import rate
    >>> estimate_in_words(rate(9, 20_000))
    '4.5 per 10,000 aged 10 to 17 a year (95% CI 2.1 to 8.5)'
    """
    return (
        f"{number(given.value, 1)} {RATE_UNIT} "
        f"(95% CI {number(given.lower, 1)} to {number(given.upper, 1)})"
    )


def place_in_words(
    found: BoroughRelease,
    site: str,
    places: Mapping[str, str],
    protocol: Protocol,
) -> str:
    """
    Say where a site lies among the others, without a rank.

    Parameters
    ----------
    found
        The release.
    site
        The site.
    places
        Where each site lies, as `positions` says.
    protocol
        The protocol: what it calls sites.

    Returns
    -------
    str
        One or two sentences.
    """
    plural = protocol.sites.label_plural
    if found.known(site, found.whole) is None:
        return (
            f"There are {TOO_FEW} whether the rate differs from that of all {plural} "
            "together by more than chance."
        )
    place = places.get(site)
    if place is None:
        return f"There are too few {plural} to compare this one with."
    limits = (
        f"the limits within which about 95% of {plural} would lie if they differed by "
        "chance alone"
    )
    if place == UNCLEAR:
        return (
            f"The rate lies near {limits}: rounding does not let one say on which side."
            f" {IDENTIFICATION}"
        )
    if place.startswith("above"):
        wider = " and beyond the 99.8% limits" if "99.8" in place else ""
        return f"The rate lies above {limits}{wider}. {IDENTIFICATION}"
    if place.startswith("below"):
        wider = " and beyond the 99.8% limits" if "99.8" in place else ""
        return (
            f"The rate lies below {limits}{wider}. Fewer referrals need not mean less "
            "harm: it may mean that less is seen."
        )
    return f"The rate lies within {limits}."


def row_label(row: str) -> str:
    """
    Name a row for readers.

    Parameters
    ----------
    row
        Its label in the release.

    Returns
    -------
    str
        ``"All"`` for the total.

    Examples
    --------
    >>> row_label("Total"), row_label("Borough A")
    ('All', 'Borough A')
    """
    return "All" if row == TOTAL else row


def children(found: BoroughRelease, site: str) -> str:
    """
    Say how many children live in a site.

    Parameters
    ----------
    found
        The release.
    site
        The site.

    Returns
    -------
    str
        Such as ``"22,500 children aged 10 to 17"``.
    """
    return f"{count(round(float(found.population[site])))} children aged 10 to 17"
