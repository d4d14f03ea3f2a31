"""Procedures as they stand in a protocol."""

import json
import tomllib

import pytest

from steps_analysis.errors import ProtocolError
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
    from_spec,
    to_spec,
)
from steps_analysis.randomisation.procedures import PROCEDURES

EXAMPLES = (
    AdjustableBiasedCoin(2),
    BayesianBiasedCoin(0.1),
    BiasedCoinWithTolerance(3, 2 / 3),
    AdjustableCovariateBiasedCoin(["site", "sex"], a=2.5),
    AtkinsonBiasedCoin(["site", "sex"]),
    BigStick(3),
    BlockUrn(2, ratio=(2, 1)),
    BrickTunnel(ratio=(3, 2)),
    CompleteRandomisation(ratio=(3, 2)),
    EfronBiasedCoin(2 / 3),
    EhrenfestUrn(5),
    GeneralisedBiasedCoin(5),
    Hadamard(),
    MaximalProcedure(3),
    HuHu(["site", "sex"], overall=0.3, weights={"site": 0, "sex": 2}, p=0.9),
    Minimisation(
        ["site", "sex"],
        weights={"site": 1, "sex": 0.5},
        imbalance="variance",
        p=0.75,
        ratio=(2, 1),
    ),
    Minimisation(["site"], rule="rank-based", q=0.5, ratio=(1, 1, 1), burn_in=6),
    Minimisation(["site"], rule="imbalance-proportional", t=0.75),
    Minimisation(["site"], ties="share", ratio=(1, 1, 1)),
    PermutedBlocks(6, ratio=(2, 1)),
    RandomAllocationRule(),
    RandomPermutedBlocks((2, 4)),
    StratifiedBiasedCoin(["site"], p=2 / 3),
    StratifiedBlocks(["site"], block_sizes=(3, 6), ratio=(2, 1)),
    TruncatedBinomial(),
    TruncatedBinomial(4),
    WeiUrn(0, 1, ratio=(2, 1)),
)


def test_minimisation_from_toml_by_hand():
    text = """
        procedure = "minimisation"
        p = 0.8
        imbalance = "range"
        ratio = [1, 1]
        factors = ["site", "sex"]
        weights = { site = 2, sex = 1 }
    """
    expected = Minimisation(("site", "sex"), weights=(2.0, 1.0), p=0.8)
    assert from_spec(tomllib.loads(text)) == expected


def test_a_parameter_without_a_value_is_left_out():
    # TOML has no way to write None.
    assert to_spec(TruncatedBinomial()) == {"procedure": "truncated-binomial"}


def test_rank_based_minimisation_from_toml_by_hand():
    text = """
        procedure = "minimisation"
        factors = ["site"]
        rule = "rank-based"
        q = 0.6
        burn_in = 10
    """
    expected = Minimisation(("site",), rule="rank-based", q=0.6, burn_in=10)
    assert from_spec(tomllib.loads(text)) == expected
    assert not {"p", "t"} & to_spec(expected).keys()  # TOML has no word for nothing


def test_hu_and_hu_from_toml_by_hand():
    text = """
        procedure = "hu-hu"
        factors = ["site", "sex"]
        overall = 1
        weights = { site = 2, sex = 1 }
        stratum = 0.5
        p = 0.85
    """
    expected = HuHu(("site", "sex"), weights=(2.0, 1.0), stratum=0.5, p=0.85)
    assert from_spec(tomllib.loads(text)) == expected


def test_every_procedure_has_an_example():
    assert {type(one) for one in EXAMPLES} == {*PROCEDURES.values()}
    assert sorted(PROCEDURES) == [*PROCEDURES]


@pytest.mark.parametrize("procedure", EXAMPLES, ids=lambda one: type(one).__name__)
def test_there_and_back(procedure):
    spec = to_spec(procedure)
    again = from_spec(json.loads(json.dumps(spec)))
    assert again == procedure
    assert hash(again) == hash(procedure)
    assert to_spec(again) == spec


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        (
            {},
            "`allocation.procedure` must be one of adjustable-b.*, wei-urn, got",
        ),
        ({"procedure": "minimization"}, "\nHint: did you mean 'minimisation'"),
        ({"procedure": "not_stated"}, "must be one of .*got 'not_stated'"),
        ({"procedure": 3}, "must be one of .*got 3"),
        ({"procedure": "permuted-blocks"}, "`allocation.block_size` must be given for"),
        (
            {"procedure": "permuted-blocks", "blocksize": 4},
            "must be one of block_size, ratio, got 'blocksize'\nHint: .*'block_size'",
        ),
        (
            {"procedure": "hadamard", "p": 0.5},
            "`allocation` must have no parameter here, got 'p'",
        ),
        (
            {"procedure": "big-stick", "mti": 1, "ratio": [2, 1]},
            "must be one of mti, got 'ratio'\nHint: this procedure is 1:1",
        ),
        (
            {"procedure": "wei-urn", "alpha": 1},
            "`allocation.beta` must be given for wei-urn",
        ),
        (
            {"procedure": "permuted-blocks", "block_size": 4, "ratio": [2, 1]},
            "`allocation.block_size` must be a multiple of 3",
        ),
        (
            {"procedure": "minimisation", "factors": ["site"], "p": 80},
            r"`allocation.p` must lie in \[0.5, 1\]",
        ),
    ],
)
def test_what_a_protocol_cannot_say_is_refused(spec, message):
    with pytest.raises(ProtocolError, match=f"(?s){message}"):
        from_spec(spec)


def test_what_is_no_table_is_refused():
    with pytest.raises(ProtocolError, match=r"`allocation` must be a table .* 'str'"):
        from_spec("permuted-blocks")
