"""Hadamard randomisation."""

import itertools

import numpy as np
import pytest

from steps_analysis.randomisation import (
    Hadamard,
    PermutedBlocks,
    draw_sequences,
    enumerate_sequences,
    next_probability,
    sequence_probability,
)
from steps_analysis.randomisation.restricted.hadamard import hadamard_rows

# The matrix of randomizeR 3.0.2 (hadaPar), row by row; 1 = one arm, 0 = the other.
RANDOMIZER = (
    "100100011101",
    "101000111010",
    "110001110100",
    "100011101001",
    "100111010010",
    "101110100100",
    "111101001000",
    "111010010001",
    "110100100011",
    "101001000111",
    "110010001110",
)


def _signs(rows):
    return 2 * rows.astype(int) - 1


# --- by hand -------------------------------------------------------------------------


def test_the_rows_are_those_of_randomizer():
    rows = ["".join("01"[one] for one in row.astype(int)) for row in hadamard_rows()]
    assert tuple(rows[:11]) == RANDOMIZER
    swapped = [row.translate(str.maketrans("01", "10")) for row in RANDOMIZER]
    assert rows[11:] == swapped


def test_next_probability_by_hand():
    # All eleven rows begin with A, as do none of the swapped ones. After A the second
    # place is A in 5 of 11; after AB the third is A in 3 of the 6 rows left (10...).
    assert next_probability(Hadamard(), []) == 1 / 2
    assert next_probability(Hadamard(), [1]) == pytest.approx(5 / 11)
    left = [row for row in RANDOMIZER if row.startswith("10")]
    share = sum(row[2] == "1" for row in left) / len(left)
    assert next_probability(Hadamard(), [1, 0]) == pytest.approx(share) == 1 / 2
    # ABBABB is the first row alone: B is certain, then A.
    assert next_probability(Hadamard(), [1, 0, 0, 1, 0, 0]) == 0
    assert next_probability(Hadamard(), [1, 0, 0, 1, 0, 0, 0]) == 1


# --- edges ---------------------------------------------------------------------------


def test_a_block_has_22_arrangements_and_the_next_begins_anew():
    listed = enumerate_sequences(Hadamard(), 12)
    assert listed == pytest.approx(dict.fromkeys(listed, 1 / 22))
    assert len(listed) == 22
    first = next(iter(listed))
    assert sequence_probability(Hadamard(), first * 2) == pytest.approx(1 / 22**2)
    assert sequence_probability(Hadamard(), first + "A") == pytest.approx(1 / 44)


def test_an_impossible_past_has_no_next_arm_until_its_block_ends():
    past = [1] * 6  # five As in a row occur in no row
    assert next_probability(Hadamard(), past) == 0
    assert sequence_probability(Hadamard(), "A" * 12 + "A") == 0


# --- properties ----------------------------------------------------------------------


def test_rows_are_orthogonal_and_balanced():
    signs = _signs(hadamard_rows()[:11])
    assert (signs @ signs.T == 12 * np.eye(11)).all()
    assert (signs.sum(axis=1) == 0).all()
    assert np.abs(np.cumsum(_signs(hadamard_rows()), axis=1)).max() == 4


def test_after_six_participants_the_rest_of_a_block_is_certain():
    rows = hadamard_rows()
    assert len(np.unique(rows[:, :5], axis=0)) < len(np.unique(rows[:, :6], axis=0))
    assert len(np.unique(rows[:, :6], axis=0)) == len(rows)


def test_two_places_share_an_arm_as_often_as_in_a_permuted_block():
    # Bailey and Nelson's validity: the covariance of the arms is that of the block.
    signs = _signs(hadamard_rows())
    ours = signs.T @ signs / len(signs)
    block = np.zeros((12, 12))
    for chosen in itertools.combinations(range(12), 6):
        arms = -np.ones(12)
        arms[list(chosen)] = 1
        block += np.outer(arms, arms) / 924
    assert ours == pytest.approx(block)
    assert (1 + ours[0, 1]) / 2 == pytest.approx(5 / 11)


def test_every_block_drawn_is_a_row():
    rows = {tuple(row) for row in hadamard_rows().astype(int).tolist()}
    drawn = draw_sequences(Hadamard(), 36, 200, seed=4).reshape(-1, 12).tolist()
    assert {tuple(block) for block in drawn} == rows  # 600 blocks: none is missing
    possible = enumerate_sequences(PermutedBlocks(12), 12)
    assert enumerate_sequences(Hadamard(), 12).keys() < possible.keys()
