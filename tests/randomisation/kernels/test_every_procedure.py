"""Every procedure there is draws what the walk takes from the same numbers."""

import numpy as np
import pytest

from steps_analysis.randomisation import (
    AdjustableBiasedCoin,
    AdjustableCovariateBiasedCoin,
    AtkinsonBiasedCoin,
    BayesianBiasedCoin,
    BiasedCoinWithTolerance,
    BigStick,
    BlockUrn,
    BrickTunnel,
    CompleteRandomisation,
    EfronBiasedCoin,
    EhrenfestUrn,
    GeneralisedBiasedCoin,
    Hadamard,
    HuHu,
    MaximalProcedure,
    Minimisation,
    PermutedBlocks,
    RandomAllocationRule,
    RandomPermutedBlocks,
    StratifiedBiasedCoin,
    StratifiedBlocks,
    TruncatedBinomial,
    WeiUrn,
    allocate,
    draw_sequences,
    enumerate_sequences,
)
from steps_analysis.randomisation.kernels.numbers import numbers, root_of, uniforms
from steps_analysis.randomisation.kernels.programs import program_for
from steps_analysis.randomisation.procedures import PROCEDURES, CountProcedure
from steps_analysis.randomness import Stream

FACTORS = ["site", "sex"]
EVERY_KIND = (
    AdjustableBiasedCoin(2),
    AdjustableCovariateBiasedCoin(FACTORS, a=2),
    AtkinsonBiasedCoin(FACTORS),
    BayesianBiasedCoin(0.1),
    BiasedCoinWithTolerance(3, 2 / 3),
    BigStick(3),
    BlockUrn(2),
    BrickTunnel(ratio=(3, 2)),
    CompleteRandomisation(),
    EfronBiasedCoin(0.7),
    EhrenfestUrn(6),
    GeneralisedBiasedCoin(2),
    Hadamard(),
    HuHu(FACTORS),
    MaximalProcedure(3),
    Minimisation(FACTORS),
    PermutedBlocks(4),
    RandomAllocationRule(),
    StratifiedBiasedCoin(FACTORS),
    StratifiedBlocks(FACTORS, block_sizes=[4]),
    TruncatedBinomial(),
    WeiUrn(0, 1),
    WeiUrn(1, 1),
)
SIZES_DRAWN = RandomPermutedBlocks((2, 4))
OTHER_MINIMISATION = (
    Minimisation(FACTORS, rule="rank-based", q=0.6),
    Minimisation(FACTORS, rule="imbalance-proportional", t=0.5),
    Minimisation(FACTORS, burn_in=5),
)


def people(procedure, n):
    if not hasattr(procedure, "factors"):
        return None
    rng = np.random.default_rng(1)
    return np.column_stack([rng.integers(0, levels, n) for levels in (5, 2)])


@pytest.mark.parametrize("n", [2, 48])
@pytest.mark.parametrize("procedure", [*EVERY_KIND, *OTHER_MINIMISATION], ids=repr)
def test_loop_and_walk_take_the_same_arms(procedure, n):
    factors = people(procedure, n)
    drawn = draw_sequences(procedure, n, 200, factors=factors, seed=3)
    own = numbers(root_of(3, Stream.ALLOCATION), 0, 200, n)
    assert (drawn == allocate(procedure, uniforms(own).T, factors=factors)).all()


@pytest.mark.parametrize("procedure", [*EVERY_KIND, SIZES_DRAWN], ids=repr)
def test_nothing_impossible_is_drawn(procedure):
    factors = people(procedure, 6)
    listed = enumerate_sequences(procedure, 6, factors=factors)
    drawn = draw_sequences(procedure, 6, 300, factors=factors, seed=3)
    assert {"".join("BA"[arm] for arm in row) for row in drawn} <= {*listed}


def test_no_kind_is_left_out():
    kinds = {type(one) for one in (*EVERY_KIND, SIZES_DRAWN)}
    assert kinds == {*PROCEDURES.values()}
    codes = np.empty((8, 0), dtype=np.int64)
    for procedure in EVERY_KIND:
        if isinstance(procedure, CountProcedure | Hadamard):
            assert program_for(procedure, codes).is_compiled


@pytest.mark.parametrize("procedure", OTHER_MINIMISATION, ids=repr)
def test_settings_no_loop_knows_are_walked(procedure):
    assert not program_for(procedure, people(procedure, 8)).is_compiled
