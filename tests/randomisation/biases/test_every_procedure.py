"""What holds for every procedure there is: level, power, accidental bias."""

import math

import numpy as np
import pandas as pd
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
    accidental_bias,
    enumerate_sequences,
    rejection_probability,
)
from steps_analysis.randomisation.biases.assumptions import (
    ChronologicalBias,
    SelectionBias,
)
from steps_analysis.randomisation.biases.event_times import LogRankTest
from steps_analysis.randomisation.procedures import PROCEDURES, ratio_of

SITES = pd.DataFrame({"site": list("ABAABBAB"), "sex": list("fmfmffmm")})
EVERY_KIND = [
    AdjustableBiasedCoin(2),
    AdjustableCovariateBiasedCoin(("site",), a=2),
    AtkinsonBiasedCoin(("site",)),
    BayesianBiasedCoin(0.1),
    BiasedCoinWithTolerance(3, 0.7),
    BigStick(2),
    BlockUrn(2),
    BrickTunnel(ratio=(3, 2)),
    CompleteRandomisation(ratio=(2, 1)),
    CompleteRandomisation(ratio=(1, 1, 1)),
    EfronBiasedCoin(0.7),
    EhrenfestUrn(4),
    GeneralisedBiasedCoin(2),
    Hadamard(),
    HuHu(("site", "sex")),
    MaximalProcedure(2),
    Minimisation(("site", "sex"), p=0.8),
    Minimisation(("site",), p=0.9, ratio=(2, 1)),
    PermutedBlocks(4),
    PermutedBlocks(6, ratio=(3, 2, 1)),
    RandomAllocationRule(ratio=(1, 3)),
    RandomPermutedBlocks((2, 4)),
    StratifiedBiasedCoin(("site",), p=0.8),
    StratifiedBlocks(("site",), block_sizes=(2,)),
    TruncatedBinomial(),
    TruncatedBinomial(4),
    WeiUrn(1, 1),
]

every_kind = pytest.mark.parametrize("procedure", EVERY_KIND, ids=repr)


def test_no_procedure_is_left_out():
    assert {type(one) for one in EVERY_KIND} == {*PROCEDURES.values()}


@every_kind
def test_without_bias_every_procedure_keeps_the_level(procedure):
    found = rejection_probability(
        procedure, 8, factors=SITES, alpha=0.1, untestable="left-out"
    )
    assert found.value == pytest.approx(0.1, rel=1e-11)
    assert found.sd == pytest.approx(0, abs=1e-12)


@every_kind
def test_drawn_agrees_with_exact(procedure):
    bias = [SelectionBias(0.8, looks_at="site"), ChronologicalBias(1.0)]
    options = {"bias": bias, "effect": 1.0, "factors": SITES}
    exact = rejection_probability(procedure, 8, **options)
    drawn = rejection_probability(procedure, 8, n_draws=3000, seed=2, **options)
    assert drawn.standard_error == pytest.approx(exact.sd / math.sqrt(3000), rel=0.2)
    assert drawn.value == pytest.approx(exact.value, abs=4 * drawn.standard_error)
    assert drawn.smallest >= exact.smallest - 1e-12
    assert drawn.largest <= exact.largest + 1e-12


@every_kind
def test_the_log_rank_test_is_assessed(procedure):
    found = rejection_probability(
        procedure,
        8,
        bias=SelectionBias(0.8),
        test=LogRankTest(0.9),
        effect=3.0,
        factors=SITES,
        n_draws=200,
        seed=2,
    )
    assert 0.05 < found.value < 1


@every_kind
def test_accidental_bias_agrees_with_every_sequence_weighed(procedure):
    listed = enumerate_sequences(procedure, 8, factors=SITES)
    covariance = np.zeros((8, 8))
    treated = np.array([[*sequence] for sequence in listed]) == "A"
    chance = np.array([*listed.values()])
    for i in range(8):
        for j in range(8):
            both = chance[treated[:, i] & treated[:, j]].sum()
            alone = [chance[treated[:, place]].sum() for place in (i, j)]
            covariance[i, j] = both - alone[0] * alone[1]
    share = ratio_of(procedure)[0] / sum(ratio_of(procedure))
    expected = np.linalg.eigvalsh(covariance).max() / (share * (1 - share))
    found = accidental_bias(procedure, 8, factors=SITES)
    assert found.value == pytest.approx(expected, rel=1e-11)
