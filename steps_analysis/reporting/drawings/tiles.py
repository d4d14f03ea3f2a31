"""Places as tiles of one size on a grid, each with its value; never a ranking."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from steps_analysis.errors import ArgumentError, refusal
from steps_analysis.reporting.markers import Marker, Value, as_value


@dataclass(frozen=True, slots=True, kw_only=True)
class Tile:
    """
    One place.

    Attributes
    ----------
    name
        Name written in the tile.
    row, column
        Where it stands, counted from 1 at the top left.
    value
        Its value, at least 0, or a `Marker` where it may not be shown or there is none.
    """

    name: str
    row: int
    column: int
    value: Value

    def __post_init__(self) -> None:
        object.__setattr__(self, "value", as_value("value", self.value))
        if not isinstance(self.value, Marker) and self.value < 0:
            raise ArgumentError(refusal("value", "be at least 0", "a negative value"))
        for name in ("row", "column"):
            if getattr(self, name) < 1:
                rule = "be at least 1"
                raise ArgumentError(refusal(name, rule, getattr(self, name)))


@dataclass(frozen=True, slots=True, kw_only=True)
class TileMap:
    """
    Places on a grid, the value of each printed in its tile.

    Every place has the same room, so that none looks larger for having more land. The
    shade repeats the number and says nothing that the number does not.

    Attributes
    ----------
    tiles
        The places, in the order of the table behind the figure.
    value_label
        What the values are, with their unit.
    decimals
        Decimals of the values.

    Examples
    --------
    >>> tiles = (Tile(name="Camden", row=1, column=1, value=3.5),
    ...          Tile(name="Islington", row=1, column=2, value="[c]"))
    >>> TileMap(tiles=tiles, value_label="Rate").data()["value"].tolist()
    [3.5, '[c]']
    """

    tiles: tuple[Tile, ...]
    value_label: str
    decimals: int = 1

    def __post_init__(self) -> None:
        object.__setattr__(self, "tiles", tuple(self.tiles))
        if not self.tiles:
            raise ArgumentError(refusal("tiles", "hold at least one place", 0))
        places = [(tile.row, tile.column) for tile in self.tiles]
        if len(set(places)) < len(places):
            rule = "stand in different places"
            n = len(places) - len(set(places))
            raise ArgumentError(refusal("tiles", rule, f"{n} on top of another"))

    def data(self) -> pd.DataFrame:
        """
        Give the numbers behind the figure.

        Returns
        -------
        pandas.DataFrame
            One row per place, in the order given; marks as text.
        """
        rows = [
            (
                tile.name,
                str(tile.value) if isinstance(tile.value, Marker) else tile.value,
            )
            for tile in self.tiles
        ]
        return pd.DataFrame(rows, columns=["place", "value"])
