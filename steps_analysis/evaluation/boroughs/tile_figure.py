"""Where do the sites lie? On the tile map of London, or on a plain grid."""

from __future__ import annotations

from steps_analysis.boroughs import AUTHORITIES, Authority
from steps_analysis.estimates import Estimate
from steps_analysis.evaluation.boroughs.reading import published_rate
from steps_analysis.evaluation.boroughs.released import BoroughRelease
from steps_analysis.evaluation.boroughs.wording import IDENTIFICATION, RATE_UNIT
from steps_analysis.reporting.blocks import Figure
from steps_analysis.reporting.drawings import Tile, TileMap
from steps_analysis.reporting.markers import Marker, Value
from steps_analysis.trial_data import TrialData

_ACROSS = 5


def tile_figure(trial: TrialData, found: BoroughRelease) -> Figure:
    """
    Draw the published rates as tiles.

    Parameters
    ----------
    trial
        The trial.
    found
        Its release.

    Returns
    -------
    Figure
        The tile map of London where every site is an authority by name or code, the
        data are the user's own and the protocol allows real names; else a plain grid in
        alphabetical order, which says nothing about where a site lies.
    """
    label, plural = trial.protocol.sites.label, trial.protocol.sites.label_plural
    places = _authorities(trial, found)
    tiles = _plain(found) if places is None else _of_london(found, places)
    where = (
        "Tiles stand in alphabetical order, in rows; their places say nothing about "
        f"where a {label} lies."
        if places is None
        else "Every authority has a tile of the same size. The map is a picture: "
        "neighbours on it need not be neighbours on the ground."
    )
    hidden = sum(str(tile.value) == found.profile.marker for tile in tiles)
    return Figure(
        name="referral-tiles",
        caption=f"Referral rate of each {label}, {found.span}",
        alt=(
            f"A grid of {len(tiles)} tiles, one for each place, with its rate printed "
            f"in it; {hidden} of them hidden. The table has the same rates."
        ),
        drawing=TileMap(tiles=tiles, value_label=f"Referrals {RATE_UNIT}"),
        notes=(
            where,
            f"A darker tile repeats a larger number and is no worse. {IDENTIFICATION} "
            f"{plural.capitalize()} are not ranked.",
        ),
        breakdown="site",
        audit=found.audit,
    )


def _authorities(
    trial: TrialData, found: BoroughRelease
) -> dict[str, Authority] | None:
    """Find the authority of each site; None where that may not or cannot be."""
    if trial.provenance == "synthetic" or trial.protocol.sites.naming != "user":
        return None
    known = {key.casefold(): a for a in AUTHORITIES for key in (a.name, a.code)}
    sites = [str(site) for site in found.population.index]
    places = {site: known.get(site.strip().casefold()) for site in sites}
    named = {site: place for site, place in places.items() if place is not None}
    codes = {place.code for place in named.values()}
    return named if len(codes) == len(sites) else None


def _of_london(found: BoroughRelease, places: dict[str, Authority]) -> tuple[Tile, ...]:
    """Put every authority on its tile, those that are no site without a value."""
    site_of = {place.code: site for site, place in places.items()}
    return tuple(
        Tile(
            name=place.name,
            row=place.tile_row,
            column=place.tile_column,
            value=(
                _value(found, site_of[place.code])
                if place.code in site_of
                else Marker("[z]")
            ),
        )
        for place in AUTHORITIES
    )


def _plain(found: BoroughRelease) -> tuple[Tile, ...]:
    """Put the sites on a grid, in alphabetical order."""
    return tuple(
        Tile(
            name=str(site),
            row=i // _ACROSS + 1,
            column=i % _ACROSS + 1,
            value=_value(found, str(site)),
        )
        for i, site in enumerate(found.population.index)
    )


def _value(found: BoroughRelease, site: str) -> Value:
    """Give the published rate of a site."""
    given = published_rate(found, site, found.whole)
    return given.value if isinstance(given, Estimate) else given
