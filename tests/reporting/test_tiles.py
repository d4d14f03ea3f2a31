"""Tiles: every place the same room, its value printed, nothing by colour alone."""

import pytest

from steps_analysis.boroughs import AUTHORITIES
from steps_analysis.errors import ArgumentError
from steps_analysis.reporting import Tile, TileMap, build


def grid(*values):
    return TileMap(
        tiles=tuple(
            Tile(name=f"Borough {i}", row=1, column=i, value=value)
            for i, value in enumerate(values, start=1)
        ),
        value_label="Rate",
    )


def texts(figure):
    return [text.get_text() for text in figure.axes[0].texts]


def test_the_value_is_printed_in_the_tile():
    assert texts(build(grid(3.25, "[c]", 0))) == [
        *("Borough 1", "3.3", "Borough 2", "[c]", "Borough 3", "0.0"),
    ]


def test_the_table_behind_has_every_place_and_its_mark():
    data = grid(3.25, "[c]", None).data()
    assert data["value"].tolist() == [3.25, "[c]", "[x]"]
    assert data["place"].tolist() == ["Borough 1", "Borough 2", "Borough 3"]


def test_a_hidden_tile_is_hatched_and_has_no_shade():
    shown, _, hidden, _, none, _ = build(grid(3, "[c]", "[z]")).axes[0].patches
    assert hidden.get_hatch()
    assert hidden.get_facecolor() == none.get_facecolor() == (1.0, 1.0, 1.0, 1.0)
    assert not shown.get_hatch()
    assert not none.get_hatch()


def test_shades_are_grey_steps_from_light_to_less_light():
    patches = build(grid(0, 3, 6, 10)).axes[0].patches[::2]
    light = [sum(patch.get_facecolor()[:3]) for patch in patches]
    assert light == sorted(light, reverse=True)
    assert min(light) / 3 > 0.6  # dark letters stay readable


def test_london_fits_with_every_name_inside_its_tile():
    tiles = tuple(
        Tile(name=a.name, row=a.tile_row, column=a.tile_column, value=1.0)
        for a in AUTHORITIES
    )
    figure = build(TileMap(tiles=tiles, value_label="Rate"))
    renderer = figure.canvas.get_renderer()
    rooms = [p.get_window_extent(renderer) for p in figure.axes[0].patches[::2]]
    for text in figure.axes[0].texts:
        box = text.get_window_extent(renderer)
        assert any(
            room.x0 <= box.x0 and box.x1 <= room.x1 and room.y0 <= box.y0 <= room.y1
            for room in rooms
        ), text.get_text()


@pytest.mark.parametrize(
    ("make", "match"),
    [
        (lambda: TileMap(tiles=(), value_label="x"), "`tiles` must hold at least one"),
        (lambda: grid(-1), "`value` must be at least 0"),
        (lambda: Tile(name="A", row=0, column=1, value=1), "`row` must be at least 1"),
        (
            lambda: TileMap(tiles=grid(1).tiles * 2, value_label="x"),
            "`tiles` must stand in different places",
        ),
    ],
)
def test_what_cannot_be_drawn_is_refused(make, match):
    with pytest.raises(ArgumentError, match=match):
        make()
