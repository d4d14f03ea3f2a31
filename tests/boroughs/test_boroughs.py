"""The 33 London authorities."""

import dataclasses
import json
from pathlib import Path

import pytest

from steps_analysis.boroughs import AUTHORITIES, authority, boroughs
from steps_analysis.errors import ArgumentError

GRID = Path(__file__).parents[1] / "reference" / "referrals" / "london_tile_grid.json"


def test_there_are_33_authorities_of_which_32_are_boroughs():
    assert len(AUTHORITIES) == 33
    assert len(boroughs()) == 32
    assert [a.name for a in AUTHORITIES if not a.is_borough] == ["City of London"]


def test_codes_run_from_1_to_33_in_alphabetical_order_of_names():
    assert [a.code for a in AUTHORITIES] == [f"E090000{i:02d}" for i in range(1, 34)]
    names = [a.name for a in boroughs()]
    assert names == sorted(names)


def test_inner_london_is_13_boroughs_and_the_city():
    assert sum(a.ring == "inner" for a in AUTHORITIES) == 14
    assert sum(a.ring == "inner" for a in boroughs()) == 13


def test_population_is_given_in_thousands_and_in_persons():
    southwark = authority("Southwark")
    assert southwark.population_thousands == 22.5
    assert southwark.population_10_17 == 22_500
    # Left and right column of the hand-book's table: 412.3 and 327.5.
    left = sum(a.population_10_17 for a in AUTHORITIES[:17])
    right = sum(a.population_10_17 for a in AUTHORITIES[17:])
    assert (left, right) == (412_300, 327_500)


def test_every_tile_equals_the_published_grid():
    published = {
        row["code"]: (row["name"], row["row"], row["col"])
        for row in json.loads(GRID.read_text())["grid"]
    }
    ours = {a.code: (a.name, a.tile_row, a.tile_column) for a in AUTHORITIES}
    assert ours == published
    assert len({(a.tile_row, a.tile_column) for a in AUTHORITIES}) == 33


@pytest.mark.parametrize("place", AUTHORITIES, ids=lambda place: place.code)
def test_name_and_code_find_the_same_authority(place):
    assert authority(place.name) is place
    assert authority(place.code) is place


def test_an_authority_cannot_be_changed():
    with pytest.raises(dataclasses.FrozenInstanceError):
        authority("Camden").name = "Elsewhere"


@pytest.mark.parametrize("given", ["southwark", " Southwark", "Southwrk"])
def test_a_slip_in_the_name_is_refused_with_the_closest_name(given):
    with pytest.raises(ArgumentError, match="did you mean 'Southwark'"):
        authority(given)


def test_what_is_like_no_name_is_refused_without_a_hint():
    with pytest.raises(ArgumentError, match="must name a London authority") as caught:
        authority("Q")
    assert "Hint" not in str(caught.value)


def test_what_is_no_word_at_all_is_refused():
    with pytest.raises(ArgumentError, match="must name a London authority"):
        authority(["Camden"])
