"""What is kept of drawn blocks, against the arms themselves."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from steps_analysis.errors import ArgumentError
from steps_analysis.randomisation import (
    BigStick,
    CompleteRandomisation,
    LinearStatistic,
    Minimisation,
    PermutedBlocks,
    RandomPermutedBlocks,
    draw_sequences,
    randomisation_test,
)
from steps_analysis.randomisation.kernels import drawing
from steps_analysis.randomisation.kernels.drawing import (
    arm_blocks,
    block_width,
    draw_arms,
    draw_sums,
)
from steps_analysis.randomisation.kernels.imbalances import (
    Imbalances,
    draw_imbalances,
    unknown_imbalances,
)
from steps_analysis.randomisation.kernels.tallies import follow_imbalance
from steps_analysis.randomness import Stream

ALLOCATION = {"stream": Stream.ALLOCATION, "seed": 2}


def nobody(n):
    return np.empty((n, 0), dtype=np.int64)


def plain_imbalance(arms):
    """Follow one sequence: final D, largest |D|, times level, correct guesses."""
    apart, largest, level, correct = 0, 0, 0, 0.0
    for arm in arms:
        level += apart == 0
        correct += 0.5 if apart == 0 else (apart > 0) != arm
        apart += 2 * int(arm) - 1
        largest = max(largest, abs(apart))
    return apart, largest, level, correct


# --- by hand -------------------------------------------------------------------------


def test_imbalance_by_hand():
    # TTCCCT: D = 1, 2, 1, 0, -1, 0; level before the 1st and the 5th. Guessed right:
    # half, no, yes, yes, half, yes.
    arms = np.array([[1, 1, 0, 0, 0, 1]], dtype=np.int8).T.copy()
    final, largest, n_level = np.empty((3, 1), dtype=np.int16)
    follow_imbalance(arms, final, largest, n_level)
    assert (final[0], largest[0], n_level[0]) == (0, 2, 2)
    found = Imbalances(n=6, final=final, largest=largest, n_level=n_level)
    assert found.correct_guesses.tolist() == [4.0]


# --- edges ---------------------------------------------------------------------------


def test_nobody_to_allocate():
    assert draw_arms(BigStick(2), nobody(0), 3, **ALLOCATION).shape == (3, 0)
    found = draw_imbalances(BigStick(2), nobody(0), 3, **ALLOCATION)
    assert found.correct_guesses.tolist() == [0, 0, 0]


def test_imbalances_that_16_bits_cannot_hold():
    arms = np.ones((2**15 + 2, 1), dtype=np.int8)
    found = unknown_imbalances(BigStick(2), n=len(arms), n_sequences=1)
    follow_imbalance(arms, found.final, found.largest, found.n_level)
    assert found.final.tolist() == found.largest.tolist() == [2**15 + 2]


# --- properties ----------------------------------------------------------------------


@pytest.mark.parametrize(
    "procedure",
    [CompleteRandomisation(), BigStick(2), RandomPermutedBlocks((2, 4))],
    ids=lambda p: type(p).__name__,
)
@pytest.mark.parametrize("n", [1, 7, 40])
def test_imbalances_are_those_of_the_arms(procedure, n):
    arms = draw_arms(procedure, nobody(n), 200, **ALLOCATION)
    found = draw_imbalances(procedure, nobody(n), 200, **ALLOCATION)
    figures = [found.final, found.largest, found.n_level, found.correct_guesses]
    ours = list(zip(*(one.tolist() for one in figures), strict=True))
    assert ours == [plain_imbalance(row) for row in arms]


@given(n=st.integers(1, 30), n_sequences=st.integers(1, 40), width=st.integers(1, 16))
@settings(max_examples=40, deadline=None)
def test_nothing_depends_on_the_width_of_blocks(n, n_sequences, width):
    scores = np.arange(n, dtype=np.float64)
    whole = draw_sequences(PermutedBlocks(4), n, n_sequences, seed=2)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(drawing, "_NARROWEST", width)
        patch.setattr(drawing, "_WIDEST", width)
        arms = draw_arms(PermutedBlocks(4), nobody(n), n_sequences, **ALLOCATION)
        sums = draw_sums(
            PermutedBlocks(4), nobody(n), n_sequences, scores=scores, **ALLOCATION
        )
        drawn = arm_blocks(PermutedBlocks(4), nobody(n), n_sequences, **ALLOCATION)
        assert [*range(n_sequences)] == [
            i for block, _ in drawn for i in range(block.start, block.stop)
        ]
    assert (arms == whole).all()
    assert sums.tolist() == (whole @ scores).tolist()


def test_blocks_stay_in_the_cache():
    for n in (1, 5, 80, 200, 255):
        assert n * block_width(n) <= 2**17


def test_the_test_of_a_linear_statistic_is_that_of_a_function():
    """The sums taken while drawing, and the function of every drawn allocation."""
    rng = np.random.default_rng(4)
    factors = rng.integers(0, 3, (50, 2))
    procedure = Minimisation(["site", "sex"])
    linear = LinearStatistic(rng.normal(size=50))
    arm = draw_sequences(procedure, 50, 1, factors=factors, seed=1)[0]
    p_values = [
        randomisation_test(
            arm, procedure, statistic=one, factors=factors, n_draws=5000, seed=3
        ).p_value
        for one in (linear, lambda arms: float(linear(arms)))
    ]
    assert p_values[0] == p_values[1]


# --- errors --------------------------------------------------------------------------


def test_more_arms_have_no_difference():
    three = CompleteRandomisation(ratio=(1, 1, 1))
    with pytest.raises(ArgumentError, match="two arms where their difference is asked"):
        draw_imbalances(three, nobody(4), 2, **ALLOCATION)
