"""The truncated binomial."""

import math

import pytest

from steps_analysis.errors import ArgumentError
from steps_analysis.randomisation import (
    TruncatedBinomial,
    enumerate_sequences,
    next_probability,
)

# --- by hand -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("procedure", "n_treatment", "n_control", "expected"),
    [
        (TruncatedBinomial(), 3, 1, 1 / 2),
        (TruncatedBinomial(), 4, 1, 0),
        (TruncatedBinomial(), 2, 4, 1),
        (TruncatedBinomial(4), 2, 1, 0),
        (TruncatedBinomial(4), 2, 2, 1 / 2),
        (TruncatedBinomial(4), 2, 4, 1),
        (TruncatedBinomial(4), 7, 1, 0),  # beyond what can be reached
    ],
)
def test_probability_by_hand(procedure, n_treatment, n_control, expected):
    assert float(procedure.probability(n_treatment, n_control, 8)) == expected


def test_every_sequence_of_four_by_hand():
    # AABB: two tosses, then nothing is left to toss. ABAB: three tosses.
    found = enumerate_sequences(TruncatedBinomial(), 4)
    assert found == {
        "AABB": 1 / 4,
        "ABAB": 1 / 8,
        "ABBA": 1 / 8,
        "BAAB": 1 / 8,
        "BABA": 1 / 8,
        "BBAA": 1 / 4,
    }


# --- edges ---------------------------------------------------------------------------


def test_the_last_block_is_cut():
    two = enumerate_sequences(TruncatedBinomial(4), 6)
    assert len(two) == 6 * 4
    assert enumerate_sequences(TruncatedBinomial(4), 1) == {"A": 0.5, "B": 0.5}


def test_one_block_of_all_is_the_whole_trial():
    whole = enumerate_sequences(TruncatedBinomial(), 8)
    assert enumerate_sequences(TruncatedBinomial(8), 8) == whole


# --- naive twin ----------------------------------------------------------------------


def test_a_toss_costs_one_half():
    # A sequence is as probable as its tosses: those before one arm has its half.
    n = 8
    for letters, chance in enumerate_sequences(TruncatedBinomial(), n).items():
        full = min(
            i
            for i in range(n + 1)
            if max(letters[:i].count("A"), letters[:i].count("B")) == n // 2
        )
        assert chance == pytest.approx(0.5**full)


def test_correct_guesses_of_the_paper():
    # Guess the arm behind: n/2 (1 + C(n, n/2) / 2^n) are right on average.
    n = 10
    expected = n / 2 * (1 + math.comb(n, n // 2) / 2**n)
    found = 0.0
    for letters, chance in enumerate_sequences(TruncatedBinomial(), n).items():
        d = 0
        for one in letters:
            step = 1 if one == "A" else -1
            found += chance * (0.5 if d == 0 else float(d * step < 0))
            d += step
    assert found == pytest.approx(expected, rel=1e-12)


# --- errors --------------------------------------------------------------------------


def test_refusals():
    with pytest.raises(ArgumentError, match=r"`n` must be a multiple of 2: .*got 5"):
        enumerate_sequences(TruncatedBinomial(), 5)
    with pytest.raises(ArgumentError, match=r"`n` must be a multiple of 2: .*got 0"):
        TruncatedBinomial().probability(0, 0, 0)
    with pytest.raises(ArgumentError, match="`n` must be a whole number"):
        next_probability(TruncatedBinomial(), [1])
    with pytest.raises(ArgumentError, match="`block_size` must be a multiple of 2"):
        TruncatedBinomial(3)
    with pytest.raises(ArgumentError, match="`block_size` must be a whole number"):
        TruncatedBinomial("4")
