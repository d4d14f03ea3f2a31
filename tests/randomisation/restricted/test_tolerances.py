"""Coins that stop at a tolerance, and the maximal procedure."""

import itertools
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from steps_analysis.errors import ArgumentError
from steps_analysis.randomisation import (
    BiasedCoinWithTolerance,
    BigStick,
    EfronBiasedCoin,
    MaximalProcedure,
    PermutedBlocks,
    RandomAllocationRule,
    draw_sequences,
    enumerate_sequences,
    next_probability,
)

# --- by hand -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("procedure", "n_treatment", "n_control", "expected"),
    [
        (BiasedCoinWithTolerance(2, 0.75), 3, 3, 1 / 2),
        (BiasedCoinWithTolerance(2, 0.75), 4, 3, 1 / 4),
        (BiasedCoinWithTolerance(2, 0.75), 3, 4, 3 / 4),
        (BiasedCoinWithTolerance(2, 0.75), 5, 3, 0),
        (BiasedCoinWithTolerance(2, 0.75), 3, 5, 1),
        (BiasedCoinWithTolerance(2, 0.75), 9, 3, 0),  # beyond what can be reached
        (MaximalProcedure(2), 0, 0, 1 / 2),
        (MaximalProcedure(2), 2, 0, 0),
        (MaximalProcedure(2), 2, 2, 1 / 2),  # two left, level: AB or BA
        (MaximalProcedure(2), 2, 1, 1 / 3),  # three left, A ahead: ABB, BAB or BBA
        (MaximalProcedure(1), 2, 1, 0),
        (MaximalProcedure(2), 2, 3, 1),
        (MaximalProcedure(2), 9, 0, 0),  # beyond what can be reached
    ],
)
def test_probability_by_hand(procedure, n_treatment, n_control, expected):
    found = float(procedure.probability(n_treatment, n_control, 6))
    assert found == pytest.approx(expected, abs=1e-15)


def test_every_maximal_sequence_by_hand():
    # Of 6 balanced arrangements of 4, AABB and BBAA reach 2.
    within_one = dict.fromkeys(("ABAB", "ABBA", "BAAB", "BABA"), 1 / 4)
    assert enumerate_sequences(MaximalProcedure(1), 4) == pytest.approx(within_one)
    within_two = within_one.keys() | {"AABB", "BBAA"}
    found = enumerate_sequences(MaximalProcedure(2), 4)
    assert found == pytest.approx(dict.fromkeys(within_two, 1 / 6))


# --- edges ---------------------------------------------------------------------------


def test_an_odd_number_ends_one_apart():
    assert enumerate_sequences(MaximalProcedure(1), 1) == {"A": 0.5, "B": 0.5}
    three = dict.fromkeys(("AAB", "ABA", "ABB", "BAA", "BAB", "BBA"), 1 / 6)
    assert enumerate_sequences(MaximalProcedure(2), 3) == pytest.approx(three)
    within_one = dict.fromkeys(("ABA", "ABB", "BAA", "BAB"), 1 / 4)  # not AAB, BBA
    assert enumerate_sequences(MaximalProcedure(1), 3) == pytest.approx(within_one)


def test_a_wide_tolerance_binds_nothing():
    rule = enumerate_sequences(RandomAllocationRule(), 8)
    for mti in (4, 5, 1_000_000):
        assert enumerate_sequences(MaximalProcedure(mti), 8) == pytest.approx(rule)


def test_neighbours_of_the_tolerant_coin():
    stick, efron = BigStick(3), EfronBiasedCoin(0.7)
    assert enumerate_sequences(BiasedCoinWithTolerance(3, 0.5), 8) == pytest.approx(
        enumerate_sequences(stick, 8)
    )
    assert enumerate_sequences(BiasedCoinWithTolerance(9, 0.7), 8) == pytest.approx(
        enumerate_sequences(efron, 8)
    )
    pairs = enumerate_sequences(PermutedBlocks(2), 8)
    for pair in (BigStick(1), BiasedCoinWithTolerance(1, 0.6), MaximalProcedure(1)):
        assert enumerate_sequences(pair, 8) == pytest.approx(pairs)


def test_the_planned_number_is_needed():
    with pytest.raises(ArgumentError, match="`n` must be a whole number"):
        next_probability(MaximalProcedure(2), [1])
    assert next_probability(MaximalProcedure(2), [1], n=2) == 0


# --- naive twin ----------------------------------------------------------------------


@pytest.mark.parametrize("n", range(1, 10))
@pytest.mark.parametrize("mti", [1, 2, 3, 7])
def test_the_maximal_procedure_is_uniform(n, mti):
    allowed = []
    for letters in itertools.product("AB", repeat=n):
        d = np.cumsum([1 if one == "A" else -1 for one in letters])
        if np.abs(d).max() <= mti and abs(d[-1]) == n % 2:
            allowed.append("".join(letters))
    found = enumerate_sequences(MaximalProcedure(mti), n)
    assert found == pytest.approx(dict.fromkeys(allowed, 1 / len(allowed)), rel=1e-12)


@pytest.mark.parametrize(("n", "mti"), [(200, 3), (201, 4), (1000, 5), (1000, 120)])
def test_shares_agree_with_counted_ways(n, mti):
    """Count every way as an exact whole number, hundreds of digits long."""
    ways = [{0: 1} if n % 2 == 0 else {-1: 1, 1: 1}]
    for _ in range(n):
        last = ways[-1]
        ways.append(
            {
                d: last.get(d + 1, 0) + last.get(d - 1, 0)
                for d in range(-mti, mti + 1)
                if last.get(d + 1, 0) + last.get(d - 1, 0)
            }
        )
    worst = 0.0
    for done in range(0, n, 29):
        left = n - done
        for d, all_ways in ways[left].items():
            if (d + done) % 2 == 0 and abs(d) <= done:
                up = Fraction(ways[left - 1].get(d + 1, 0), all_ways)
                treatment, control = (done + d) // 2, (done - d) // 2
                found = MaximalProcedure(mti).probability(treatment, control, n)
                worst = max(worst, abs(float(found) - float(up)) / max(float(up), 1e-9))
    assert worst < 1e-12


# --- properties ----------------------------------------------------------------------


@given(st.integers(1, 6), st.integers(1, 40), st.integers(0, 10_000))
@settings(max_examples=30, deadline=None)
def test_maximal_sequences_stay_within_and_end_in_balance(mti, n, seed):
    arms = draw_sequences(MaximalProcedure(mti), n, 3, seed=seed).astype(int)
    d = np.cumsum(2 * arms - 1, axis=1)
    assert np.abs(d).max() <= mti
    assert (np.abs(d[:, -1]) == n % 2).all()


# --- errors --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (
            lambda: BiasedCoinWithTolerance(0, 0.7),
            "`mti` must be a whole number.*got 0",
        ),
        (lambda: BiasedCoinWithTolerance(2.0, 0.7), "`mti` must be a whole number"),
        (
            lambda: BiasedCoinWithTolerance(2, 0.4),
            r"`p` must lie in \[0.5, 1\] .*ahead",
        ),
        (
            lambda: MaximalProcedure(0),
            "`mti` must be a whole number, at least 1, got 0",
        ),
        (lambda: MaximalProcedure("3"), "`mti` must be a whole number.*got '3'"),
    ],
)
def test_impossible_parameters_are_refused(build, message):
    with pytest.raises(ArgumentError, match=message):
        build()
