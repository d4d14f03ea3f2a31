"""
The 33 London authorities, and where each sits on the tile map.

Frozen public facts: code, name, ring, population aged 10 to 17, tile. The populations
are recalled mid-2014 figures, good to about ten per cent: whatever is computed from
them is printed with the label `POPULATION_LABEL`. The tile map is a picture, in which
neighbours need not be neighbours on the ground.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from steps_analysis.errors import ArgumentError, did_you_mean, refusal

Ring = Literal["inner", "outer"]

POPULATION_LABEL = "illustrative"


@dataclass(frozen=True, slots=True, kw_only=True)
class Authority:
    """
    One of the 33 London authorities.

    Attributes
    ----------
    code
        Code of the Office for National Statistics, ``E09000001`` to ``E09000033``.
    name
        Name in full.
    ring
        ``"inner"`` or ``"outer"`` London, as the Office for National Statistics divides
        it (Greenwich is outer, Haringey and Newham are inner).
    population_thousands
        Illustrative population aged 10 to 17 at mid-2014, in thousands.
    tile_row, tile_column
        Place on the tile map, counted from 1 at the top left.

    Examples
    --------
    >>> authority("Southwark").code
    'E09000028'
    """

    code: str
    name: str
    ring: Ring
    population_thousands: float
    tile_row: int
    tile_column: int

    @property
    def population_10_17(self) -> int:
        """
        Illustrative population aged 10 to 17, in persons.

        Returns
        -------
        int
            `population_thousands` times 1,000.
        """
        return round(self.population_thousands * 1000)

    @property
    def is_borough(self) -> bool:
        """
        Whether the authority is a borough: all are, but for the City of London.

        Returns
        -------
        bool
            False for the City of London alone.
        """
        return self.code != _CITY_OF_LONDON


_CITY_OF_LONDON = "E09000001"

# Tiles: geofacet's gb_london_boroughs_grid (MIT), after "London Squared".
_ROWS = """\
01 City of London         inner  0.3 4 5
02 Barking and Dagenham   outer 21.5 4 8
03 Barnet                 outer 35.0 2 4
04 Bexley                 outer 24.5 5 8
05 Brent                  outer 28.5 3 3
06 Bromley                outer 29.5 6 6
07 Camden                 inner 17.3 3 4
08 Croydon                outer 37.3 6 5
09 Ealing                 outer 30.3 3 2
10 Enfield                outer 33.0 1 5
11 Greenwich              outer 24.2 5 7
12 Hackney                inner 21.8 3 6
13 Hammersmith and Fulham inner 12.3 4 2
14 Haringey               inner 23.0 2 5
15 Harrow                 outer 22.8 2 3
16 Havering               outer 23.0 3 8
17 Hillingdon             outer 28.0 3 1
18 Hounslow               outer 23.5 4 1
19 Islington              inner 14.7 3 5
20 Kensington and Chelsea inner 10.9 4 3
21 Kingston upon Thames   outer 14.3 6 3
22 Lambeth                inner 22.5 5 4
23 Lewisham               inner 24.7 5 6
24 Merton                 outer 16.7 6 4
25 Newham                 inner 31.5 4 7
26 Redbridge              outer 30.3 3 7
27 Richmond upon Thames   outer 15.7 5 2
28 Southwark              inner 22.5 5 5
29 Sutton                 outer 18.8 7 4
30 Tower Hamlets          inner 22.7 4 6
31 Waltham Forest         outer 24.7 2 6
32 Wandsworth             inner 18.9 5 3
33 Westminster            inner 15.1 4 4
"""


def _parse(row: str) -> Authority:
    """Read one row of the table above."""
    number, rest = row.split(maxsplit=1)
    name, ring, population, tile_row, tile_column = rest.rsplit(maxsplit=4)
    return Authority(
        code=f"E090000{number}",
        name=name.strip(),
        ring="inner" if ring == "inner" else "outer",
        population_thousands=float(population),
        tile_row=int(tile_row),
        tile_column=int(tile_column),
    )


AUTHORITIES: tuple[Authority, ...] = tuple(map(_parse, _ROWS.splitlines()))

_BY_NAME_OR_CODE = {
    key: place for place in AUTHORITIES for key in (place.name, place.code)
}


def boroughs() -> tuple[Authority, ...]:
    """
    List the 32 boroughs, in alphabetical order.

    The City of London is an authority and no borough: it is left out, and so is never
    drawn as a site.

    Returns
    -------
    tuple of Authority
        The 32 boroughs.

    Examples
    --------
    >>> len(boroughs()), boroughs()[0].name
    (32, 'Barking and Dagenham')
    """
    return tuple(place for place in AUTHORITIES if place.is_borough)


def authority(name_or_code: str) -> Authority:
    """
    Look up one authority by its name or its code.

    Parameters
    ----------
    name_or_code
        The full name or the code, spelt exactly.

    Returns
    -------
    Authority
        The authority.

    Raises
    ------
    ArgumentError
        If there is none; the message names the closest one.

    Examples
    --------
    >>> authority("E09000007").name
    'Camden'
    """
    try:
        return _BY_NAME_OR_CODE[name_or_code]
    except (KeyError, TypeError):
        rule = "name a London authority, or give its code"
        hint = did_you_mean(name_or_code, _BY_NAME_OR_CODE)
        message = refusal("name_or_code", rule, name_or_code, hint=hint)
        raise ArgumentError(message) from None
