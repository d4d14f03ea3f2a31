"""Drawing: one stream per sequence, certain arms always taken."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from steps_analysis.errors import ArgumentError, DataError
from steps_analysis.randomisation import (
    BigStick,
    CompleteRandomisation,
    EfronBiasedCoin,
    Minimisation,
    PermutedBlocks,
    RandomAllocationRule,
    RandomPermutedBlocks,
    StratifiedBlocks,
    allocate,
    draw_sequences,
    enumerate_sequences,
    next_probability,
    sequence_probability,
)
from steps_analysis.randomisation.kernels import drawing
from steps_analysis.randomisation.kernels.numbers import numbers, root_of
from steps_analysis.randomness import Stream

FACTORS = np.array([[0, 1], [1, 1], [0, 0], [2, 1], [0, 1], [1, 0], [2, 0], [0, 1]])
PROCEDURES = (
    CompleteRandomisation(ratio=(2, 1)),
    RandomAllocationRule(),
    PermutedBlocks(4),
    RandomPermutedBlocks((2, 4)),
    EfronBiasedCoin(0.8),
    BigStick(2),
    StratifiedBlocks(["a", "b"], block_sizes=(2, 4)),
    Minimisation(["a", "b"], ratio=(2, 1)),
)


def _factors(procedure):
    return FACTORS if hasattr(procedure, "factors") else None


# --- by hand -------------------------------------------------------------------------


def test_allocation_by_hand():
    # Block of 4, treated where the number lies below P: 1/2, 1/3, 1/2, then certain.
    uniforms = [[0.49, 0.33, 0.0, 0.0], [0.5, 0.7, 0.9, 0.999]]
    arms = allocate(PermutedBlocks(4), uniforms)
    assert arms.tolist() == [[1, 1, 0, 0], [0, 0, 1, 1]]


# --- edges ---------------------------------------------------------------------------


def test_forced_arms_are_never_missed():
    almost_one = np.full((1, 6), np.nextafter(1, 0))
    assert allocate(BigStick(1), almost_one).tolist() == [[0, 1, 0, 1, 0, 1]]
    assert allocate(BigStick(1), 0 * almost_one).tolist() == [[1, 0, 1, 0, 1, 0]]


def test_one_site_one_participant():
    only = pd.DataFrame({"site": ["Southwark"]})
    arms = draw_sequences(Minimisation(["site"]), 1, 200, factors=only, seed=1)
    assert arms.shape == (200, 1)
    assert 60 < arms.sum() < 140


# --- properties ----------------------------------------------------------------------


@pytest.mark.parametrize("procedure", PROCEDURES, ids=lambda p: type(p).__name__)
def test_same_numbers_whatever_the_chunks(procedure, monkeypatch):
    factors = _factors(procedure)
    whole = draw_sequences(procedure, 8, 15, factors=factors, seed=4)
    assert whole.dtype == np.int8
    fewer = draw_sequences(procedure, 8, 10, factors=factors, seed=4)
    monkeypatch.setattr(drawing, "_NARROWEST", 4)
    monkeypatch.setattr(drawing, "_WIDEST", 4)
    monkeypatch.setattr(drawing, "_WIDTH_OF_WALK", 4)
    chunked = draw_sequences(procedure, 8, 15, factors=factors, seed=4)
    assert whole.tolist() == chunked.tolist()
    assert whole[:10].tolist() == fewer.tolist()
    other = draw_sequences(procedure, 8, 15, factors=factors, seed=5)
    assert whole.tolist() != other.tolist()


def test_sequence_i_comes_from_the_numbers_of_trial_i():
    arms = draw_sequences(CompleteRandomisation(), 9, 3, seed=21)
    for i in range(3):
        own = numbers(root_of(21, Stream.ALLOCATION), i, 1, 9)[:, 0]
        assert arms[i].tolist() == (own < 2**30).astype(int).tolist()


@pytest.mark.parametrize("procedure", PROCEDURES, ids=lambda p: type(p).__name__)
def test_drawn_sequences_follow_their_exact_law(procedure):
    factors = _factors(procedure)
    listed = enumerate_sequences(procedure, 8, factors=factors)
    arms = draw_sequences(procedure, 8, 6000, factors=factors, seed=31)
    counts = dict.fromkeys(listed, 0)
    for row in arms:
        counts["".join("BA"[one] for one in row)] += 1  # a KeyError: impossible
    expected = np.array([*listed.values()]) * len(arms)
    chi_square = ((np.array([*counts.values()]) - expected) ** 2 / expected).sum()
    # Pearson's statistic: mean k - 1, variance 2(k - 1) + (sum of 1/p - ...) / m.
    k, m = len(listed), len(arms)
    extra = ((1 / np.array([*listed.values()])).sum() - k**2 - 2 * k + 2) / m
    assert abs(chi_square - (k - 1)) < 4.5 * np.sqrt(2 * (k - 1) + max(extra, 0))


@given(arm=st.lists(st.integers(0, 1), min_size=8, max_size=8))
@settings(max_examples=40, deadline=None)
def test_next_probabilities_multiply_to_the_sequence(arm):
    letters = "".join("BA"[one] for one in arm)
    for procedure in PROCEDURES:
        factors = _factors(procedure)
        product = 1.0
        for i, taken in enumerate(arm):
            levels = None if factors is None else factors[: i + 1]
            p = next_probability(procedure, arm[:i], factors=levels, n=8)
            product *= p if taken else 1 - p
        whole = sequence_probability(procedure, letters, factors=factors)
        assert whole == pytest.approx(product, abs=1e-15)


# --- errors --------------------------------------------------------------------------


@pytest.mark.parametrize("n", [0, -1, 2.0, True])
def test_impossible_numbers_are_refused(n):
    with pytest.raises(ArgumentError, match="`n` must be a whole number, at least 1"):
        draw_sequences(BigStick(2), n, 1, seed=1)
    with pytest.raises(ArgumentError, match="`n_sequences` must be a whole number"):
        draw_sequences(BigStick(2), 1, n, seed=1)
    with pytest.raises(ArgumentError, match="`n` must be a whole number"):
        enumerate_sequences(BigStick(2), n)


def test_other_refusals():
    with pytest.raises(ArgumentError, match="`seed` must be a whole number"):
        draw_sequences(BigStick(2), 2, 2, seed=0.5)
    with pytest.raises(ArgumentError, match="`n` must be a whole number, at least 2"):
        next_probability(RandomAllocationRule(), [1])
    with pytest.raises(ArgumentError, match="at least 3, got 2"):
        next_probability(BigStick(2), [1, 0], n=2)
    with pytest.raises(ArgumentError, match="multiple of 2: a random allocation rule"):
        draw_sequences(RandomAllocationRule(), 7, 1, seed=1)
    with pytest.raises(ArgumentError, match="at most 20 where every sequence"):
        enumerate_sequences(BigStick(2), 21)
    with pytest.raises(ArgumentError, match=r"text of A .treatment. and B"):
        sequence_probability(BigStick(2), "ABC")
    with pytest.raises(ArgumentError, match=r"text of A .treatment. and B"):
        sequence_probability(BigStick(2), "")
    with pytest.raises(ArgumentError, match=r"matrix .* of numbers in"):
        allocate(BigStick(2), [[0.5, 1.0]])
    with pytest.raises(ArgumentError, match=r"matrix .* of numbers in"):
        allocate(BigStick(2), [0.5, 0.9])
    with pytest.raises(DataError, match=r"whole numbers .n, factors."):
        draw_sequences(BigStick(2), 2, 1, factors=np.array([0.1, 0.2]), seed=1)


@pytest.mark.parametrize(
    "arm", [["A", "B"], [0, 2], [[0, 1]], [0.5, 1], [float("nan")]]
)
def test_arms_that_are_not_zero_one_are_refused(arm):
    with pytest.raises(
        DataError, match=r"hold 1 for treatment and 0 for control.*\nHint"
    ):
        next_probability(BigStick(2), arm)


def test_no_factors_may_come_as_a_table_without_columns():
    nothing = np.empty((6, 0), dtype=np.int64)
    drawn = draw_sequences(PermutedBlocks(2), 6, 5, factors=nothing, seed=1)
    assert np.array_equal(drawn, draw_sequences(PermutedBlocks(2), 6, 5, seed=1))
    with pytest.raises(DataError, match="one row for each of 6 participants"):
        draw_sequences(PermutedBlocks(2), 6, 5, factors=nothing[:5], seed=1)
