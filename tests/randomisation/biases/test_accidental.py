"""The largest eigenvalue of the allocations' covariance: by hand, exact, drawn."""

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from steps_analysis.errors import ArgumentError
from steps_analysis.randomisation import (
    BigStick,
    CompleteRandomisation,
    EfronBiasedCoin,
    PermutedBlocks,
    RandomAllocationRule,
    RandomPermutedBlocks,
    StratifiedBlocks,
)
from steps_analysis.randomisation.biases.accidental import accidental_bias

SITES = pd.DataFrame({"site": list("ABAABBAB")})


# --- by hand -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("procedure", "n", "expected"),
    [
        # Independent tosses: the identity matrix.
        (CompleteRandomisation(), 1, 1),
        (CompleteRandomisation(), 300, 1),
        (CompleteRandomisation(ratio=(3, 1)), 30, 1),
        (CompleteRandomisation(ratio=(1, 1, 1)), 5, 1),
        # Two that correlate by r have 1 + |r|: -1 in pairs, 1 - 2p for Efron's coin.
        (PermutedBlocks(2), 2, 2),
        (PermutedBlocks(2), 40, 2),
        (EfronBiasedCoin(0.75), 2, 1.5),
        # Fixed totals: all correlate by -1/(n - 1), so 1 + 1/(n - 1); with 2:1 too.
        (RandomAllocationRule(), 4, 4 / 3),
        (RandomAllocationRule(), 80, 80 / 79),
        (RandomAllocationRule(ratio=(2, 1)), 9, 9 / 8),
        (PermutedBlocks(4), 80, 4 / 3),
        # Of three arms in sixes, one against the other two: 6/5.
        (PermutedBlocks(6, ratio=(1, 1, 1)), 6, 6 / 5),
    ],
    ids=repr,
)
def test_by_hand(procedure, n, expected):
    found = accidental_bias(procedure, n)
    assert found.value == pytest.approx(expected, rel=1e-12)
    assert found.lower == found.upper == found.value
    assert found.method == f"largest eigenvalue under {procedure!r}, exact"


def test_pairs_within_sites_are_pairs():
    strata = StratifiedBlocks(["site"], block_sizes=[2])
    assert accidental_bias(strata, 8, factors=SITES).value == pytest.approx(2)


# --- properties ----------------------------------------------------------------------


@given(p=st.floats(0.5, 1), n=st.integers(2, 40))
@settings(max_examples=20, deadline=None)
def test_the_stronger_the_coin_the_larger(p, n):
    found = accidental_bias(EfronBiasedCoin(p), n).value
    assert 1 - 1e-9 <= found <= 2 + 1e-9
    assert found >= 2 * p - 1e-9  # the first two alone give 1 + (2p - 1)


def test_draws_enclose_the_exact_figure_ever_closer():
    exact = accidental_bias(PermutedBlocks(4), 40).value
    few, many = (
        accidental_bias(PermutedBlocks(4), 40, n_draws=n_draws, seed=8)
        for n_draws in (1000, 8000)
    )
    for found in (few, many):
        assert found.lower < exact < found.upper
        assert found.value == pytest.approx((found.lower + found.upper) / 2)
    assert many.upper - many.lower < (few.upper - few.lower) / 2
    assert many.method.endswith("8,000 sequences drawn")


# --- errors --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("procedure", "arguments", "message"),
    [
        (BigStick(2), {"n": 0}, "`n` must be a whole number, at least 1, got 0"),
        (
            RandomPermutedBlocks([2, 4]),
            {"n": 21},
            "`n_draws` must be given for more than 20 participants under this",
        ),
        (BigStick(2), {"n": 4, "n_draws": 9}, "`seed` must be given where sequences"),
        (
            BigStick(2),
            {"n": 4, "n_draws": 3, "seed": 1},
            "`n_draws` must be a whole number, at least 4, got 3",
        ),
    ],
)
def test_impossible_requests_are_refused(procedure, arguments, message):
    with pytest.raises(ArgumentError, match=message):
        accidental_bias(procedure, **arguments)
