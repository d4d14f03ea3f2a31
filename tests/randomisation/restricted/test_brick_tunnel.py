"""Brick tunnel randomisation."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from steps_analysis.errors import ArgumentError
from steps_analysis.randomisation import (
    BrickTunnel,
    PermutedBlocks,
    draw_sequences,
    enumerate_sequences,
)

# --- by hand -------------------------------------------------------------------------


def test_every_path_of_two_to_one_by_hand():
    # Shares 2/3, 4/3, 2: after one 0 or 1, after two 1 or 2 (mean 4/3), after three 2.
    # From 0 the next must be A; from 1 it is A with 1/2, so that 2/3 x 1/2 = 1/3.
    found = enumerate_sequences(BrickTunnel(ratio=(2, 1)), 3)
    assert found == pytest.approx({"AAB": 1 / 3, "ABA": 1 / 3, "BAA": 1 / 3})


@pytest.mark.parametrize(
    ("n_treatment", "n_control", "expected"),
    [
        (0, 0, 3 / 5),
        (1, 0, 1 / 3),  # of 2, the mean is 6/5: P(2) = 1/5 = 3/5 x 1/3
        (0, 1, 1),
        (1, 1, 3 / 4),  # of 3, the mean is 9/5: P(2) = 4/5 = 1/5 + 4/5 x 3/4
        (2, 0, 0),
        (3, 2, 3 / 5),
        (9, 0, 0),  # beyond what can be reached
        (0, 9, 1),
    ],
)
def test_probability_of_three_to_two_by_hand(n_treatment, n_control, expected):
    found = BrickTunnel(ratio=(3, 2)).probability(n_treatment, n_control, 10)
    assert float(found) == pytest.approx(expected, abs=1e-15)


# --- edges ---------------------------------------------------------------------------


def test_one_to_one_is_blocks_of_two():
    pairs = enumerate_sequences(PermutedBlocks(2), 7)
    assert enumerate_sequences(BrickTunnel(), 7) == pytest.approx(pairs)


# --- properties ----------------------------------------------------------------------


@given(st.integers(1, 9), st.integers(1, 9), st.integers(0, 10_000))
@settings(max_examples=40, deadline=None)
def test_counts_are_the_share_rounded_down_or_up(treatment, control, seed):
    tunnel = BrickTunnel(ratio=(treatment, control))
    counts = np.cumsum(draw_sequences(tunnel, 60, 4, seed=seed), axis=1, dtype=int)
    part, whole = tunnel.ratio[0], sum(tunnel.ratio)
    exact = part * np.arange(1, 61)
    assert (counts >= exact // whole).all()
    assert (counts <= -(-exact // whole)).all()


# --- naive twin ----------------------------------------------------------------------


@pytest.mark.parametrize("ratio", [(2, 1), (3, 2), (1, 4), (5, 3)])
def test_the_mean_count_is_the_share_exactly(ratio):
    """Follow the law of the count through the tunnel and compare its mean."""
    tunnel, n = BrickTunnel(ratio=ratio), 40
    law = {0: 1.0}
    for done in range(n):
        after = {}
        for treated, chance in law.items():
            p = float(tunnel.probability(treated, done - treated, n))
            for step, q in ((1, p), (0, 1 - p)):
                if q > 0:
                    after[treated + step] = after.get(treated + step, 0) + chance * q
        law = after
        mean = sum(treated * chance for treated, chance in law.items())
        assert mean == pytest.approx(float(Fraction(ratio[0], sum(ratio)) * (done + 1)))


# --- errors --------------------------------------------------------------------------


@pytest.mark.parametrize("ratio", [(1, 0), (1, 1, 1), (0.5, 0.5), 2])
def test_impossible_ratios_are_refused(ratio):
    with pytest.raises(ArgumentError, match="`ratio` must be two whole numbers"):
        BrickTunnel(ratio=ratio)
