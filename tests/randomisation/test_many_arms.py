"""Three arms and more: the same procedures, drawn, replayed and enumerated."""

import itertools
import math

import numpy as np
import pytest

from steps_analysis.errors import ArgumentError, DataError
from steps_analysis.randomisation import (
    CompleteRandomisation,
    LinearStatistic,
    Minimisation,
    PermutedBlocks,
    RandomAllocationRule,
    RandomPermutedBlocks,
    StratifiedBlocks,
    allocate,
    draw_sequences,
    enumerate_sequences,
    next_probabilities,
    next_probability,
    randomisation_test,
    sequence_probability,
)

LEVELS = np.array([[0], [1], [0], [0], [1], [0]])
THREE_ARMS = (
    CompleteRandomisation(ratio=(2, 1, 1)),
    RandomAllocationRule(ratio=(1, 1, 1)),
    PermutedBlocks(4, ratio=(2, 1, 1)),
    RandomPermutedBlocks([3, 6], ratio=(1, 1, 1)),
    StratifiedBlocks(["site"], block_sizes=[3], ratio=(1, 1, 1)),
    Minimisation(["site"], ratio=(1, 2, 3), p=0.7),
)


# --- by hand -------------------------------------------------------------------------


def test_one_block_of_three_arms_by_hand():
    # The six orders of A, B, C, each 1/3 x 1/2 x 1.
    orders = {"".join(order): 1 / 6 for order in itertools.permutations("ABC")}
    listed = enumerate_sequences(PermutedBlocks(3, ratio=(1, 1, 1)), 3)
    assert listed == pytest.approx(orders)


def test_the_first_of_the_ratio_is_the_treatment():
    # Places 2:1:1; after A (coded 2) and C (coded 0), one A and one B are left.
    blocks = PermutedBlocks(4, ratio=(2, 1, 1))
    assert next_probabilities(blocks, [2, 0]).tolist() == [1 / 2, 1 / 2, 0]
    assert sequence_probability(blocks, "ACAB") == pytest.approx(1 / 12)


def test_han_by_hand():
    # 1:2:3 with p = 0.7: nobody is allocated, so all three tie but for the ratio; an
    # arm's first participant leaves 1/1, 1/2 or 1/3 of a difference: C is preferred.
    rule = Minimisation(["site"], ratio=(1, 2, 3), p=0.7)
    first = next_probabilities(rule, [], factors=np.array([[0]]))
    assert first == pytest.approx([0.06, 0.12, 0.82])  # Han 2009, C preferred


def test_arms_divide_the_interval_in_the_order_of_the_ratio():
    arms = allocate(
        CompleteRandomisation(ratio=(2, 1, 1)), [[0, 0.49, 0.5, 0.74, 0.75]]
    )
    assert arms.tolist() == [[2, 2, 1, 1, 0]]


# --- edges ---------------------------------------------------------------------------


def test_an_impossible_arm_is_never_taken():
    # Whatever rounding leaves of the sum of the probabilities.
    almost_one = np.full((1, 6), np.nextafter(1.0, 0.0))
    for numbers in (almost_one, 0 * almost_one):
        arms = allocate(PermutedBlocks(6, ratio=(1, 1, 1)), numbers)
        assert np.bincount(arms[0]).tolist() == [2, 2, 2]


# --- properties ----------------------------------------------------------------------


@pytest.mark.parametrize("procedure", THREE_ARMS, ids=repr)
def test_probabilities_sum_to_one_and_multiply(procedure):
    factors = LEVELS if hasattr(procedure, "factors") else None
    listed = enumerate_sequences(procedure, 6, factors=factors)
    assert math.fsum(listed.values()) == pytest.approx(1, abs=1e-12)
    assert list(listed) == sorted(listed)
    for letters in [*listed][:: max(1, len(listed) // 20)]:
        arms = ["CBA".index(letter) for letter in letters]
        product = 1.0
        for i, arm in enumerate(arms):
            levels = None if factors is None else factors[: i + 1]
            chances = next_probabilities(procedure, arms[:i], factors=levels, n=6)
            product *= chances[2 - arm]
        assert product == pytest.approx(listed[letters], rel=1e-12)


@pytest.mark.parametrize("procedure", THREE_ARMS, ids=repr)
def test_drawn_arms_have_their_shares(procedure):
    factors = LEVELS if hasattr(procedure, "factors") else None
    listed = enumerate_sequences(procedure, 6, factors=factors)
    arms = draw_sequences(procedure, 6, 4000, factors=factors, seed=3)
    for code, letter in enumerate("CBA"):
        expected = sum(p * s.count(letter) for s, p in listed.items()) / 6
        error = math.sqrt(expected * (1 - expected) / arms.size)
        assert abs((arms == code).mean() - expected) < 5 * error + 1e-12


def test_two_of_three_arms_are_not_two_arms():
    # Without the third arm's places, blocks of 2 are left: AB or BA.
    listed = enumerate_sequences(PermutedBlocks(3, ratio=(1, 1, 1)), 3)
    without_c = {}
    for letters, chance in listed.items():
        rest = letters.replace("C", "")
        without_c[rest] = without_c.get(rest, 0) + chance
    assert without_c == pytest.approx({"AB": 1 / 2, "BA": 1 / 2})


def test_three_arms_are_tested_by_hand():
    # One block of three: six orders. The largest score lies with A in two of them.
    score = np.array([1.0, 5.0, 2.0])

    def mean_of_a(arm):
        return float(score[arm == 2].mean())

    blocks = PermutedBlocks(3, ratio=(1, 1, 1))
    test = randomisation_test([1, 2, 0], blocks, statistic=mean_of_a)
    assert (test.statistic, test.p_value) == (5, pytest.approx(1 / 3))
    drawn = randomisation_test(
        [1, 2, 0], blocks, statistic=mean_of_a, n_draws=3_000, seed=1
    )
    assert abs(drawn.p_value - 1 / 3) < 4 * math.sqrt(2 / 9 / 3_000)


# --- errors --------------------------------------------------------------------------


def test_refusals():
    three = PermutedBlocks(3, ratio=(1, 1, 1))
    with pytest.raises(ArgumentError, match="two parts where one probability"):
        three.probability(0, 0, 3)
    with pytest.raises(ArgumentError, match="a function of the arms where there are"):
        randomisation_test([0, 1, 2], three, statistic=LinearStatistic([1, 2, 3]))
    with pytest.raises(ArgumentError, match="at most 12 where every sequence"):
        enumerate_sequences(three, 13)
    with pytest.raises(ArgumentError, match="text of the letters ABC"):
        sequence_probability(three, "ABD")
    with pytest.raises(DataError, match="2 for the ratio's first arm down to 0"):
        next_probabilities(three, [3])
    with pytest.raises(ArgumentError, match="`procedure` must have two arms"):
        next_probability(three, [2])
