"""Exact properties, against hands, every sequence and every reference figure."""

import json
import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from steps_analysis import randomisation
from steps_analysis.errors import ArgumentError, DataError
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
    enumerated_properties,
    exact_properties,
)
from steps_analysis.randomisation.procedures import PROCEDURES

REFERENCE = Path(__file__).parents[2] / "reference" / "randomisation"
FIGURES = (
    "expected_absolute_imbalance",
    "expected_loss",
    "expected_maximum_imbalance",
    "correct_guesses",
    "correct_guesses_divergence",
    "expected_excess_correct_guesses",
    "deterministic_share",
    "entropy",
)


def read(name):
    return json.loads((REFERENCE / f"{name}.json").read_text(encoding="utf-8"))


# --- by hand -------------------------------------------------------------------------


def test_two_tosses_by_hand():
    # AA, AB, BA, BB, a quarter each; |D| reaches 2 in AA and BB.
    two = exact_properties(CompleteRandomisation(), 2)
    assert two.imbalance == {-2: 0.25, 0: 0.5, 2: 0.25}
    assert two.maximum_imbalance == {1: 0.5, 2: 0.5}
    assert two.expected_loss == (4 * 0.25 + 4 * 0.25) / 2
    assert two.by_step["balanced"].tolist() == [0, 0.5]
    assert two.entropy == pytest.approx(math.log(2))


def test_a_stick_of_one_by_hand():
    # A toss, then the other arm: half of the allocations are certain, and guessed.
    stick = exact_properties(BigStick(1), 2)
    assert stick.imbalance == {0: 1.0}
    assert stick.maximum_imbalance == {1: 1.0}
    assert stick.deterministic_share == 0.5
    assert stick.correct_guesses == 0.75
    assert stick.correct_guesses_divergence == 0.25
    assert stick.expected_excess_correct_guesses == 0.5
    assert stick.entropy == pytest.approx(math.log(2) / 2)


def test_two_to_one_by_hand():
    # AAB, ABA, BAA, a third each. D = n_A / 2 - n_B: 1/2 1 0, 1/2 -1/2 0, -1 -1/2 0.
    # The arm behind its share: level (1/2 right); B after A (1/2), A after B (1); 1.
    blocks = exact_properties(PermutedBlocks(3, ratio=(2, 1)), 3)
    assert blocks.imbalance == {0.0: pytest.approx(1.0)}
    assert blocks.maximum_imbalance == pytest.approx({0.5: 1 / 3, 1.0: 2 / 3})
    assert blocks.by_step["correct_guess"].tolist() == pytest.approx([1 / 2, 2 / 3, 1])
    assert blocks.by_step["treatment"].tolist() == pytest.approx([2 / 3] * 3)
    assert blocks.deterministic_share == pytest.approx((0 + 1 / 3 + 1) / 3)


def test_three_arms_by_hand():
    # The six orders of A, B, C: one apart after one and after two, level after three.
    # Guesses: any (1/3); one of the two behind (1/2 x 1); the last (1).
    block = exact_properties(PermutedBlocks(3, ratio=(1, 1, 1)), 3)
    assert block.imbalance == {0: pytest.approx(1.0)}
    assert block.maximum_imbalance == {1: pytest.approx(1.0)}
    assert block.by_step["correct_guess"].tolist() == pytest.approx([1 / 3, 1 / 2, 1])
    assert block.expected_excess_correct_guesses == pytest.approx(1 / 3 + 1 / 2 + 1 - 1)
    entropy = [math.log(3), math.log(2), 0]
    assert block.by_step["entropy"].tolist() == pytest.approx(entropy)


def test_drawn_blocks_by_hand():
    # n = 2. In a block of 2 (1/2) the second is certain, in one of 4 it has 2 of 3.
    blocks = exact_properties(RandomPermutedBlocks([2, 4]), 2)
    apart = 1 / 2 * 1 / 3
    assert blocks.imbalance == pytest.approx(
        {-2: apart / 2, 0: 1 - apart, 2: apart / 2}
    )
    assert blocks.maximum_imbalance == pytest.approx({1: 1 - apart, 2: apart})
    assert blocks.deterministic_share == (0 + 1 / 2) / 2
    assert "drawn block sizes" in blocks.seen_by


def test_two_strata_by_hand():
    # Pairs in two strata, one child each, then the second child of the first stratum.
    # Who sees all: tie; D = +-1, no help (1/2); D = +-2 (1/2): right, D = 0: 1/2.
    pairs = StratifiedBlocks(["site"], block_sizes=[2])
    found = exact_properties(pairs, 3, factors=np.array([[0], [1], [0]]))
    assert found.imbalance == {-1: 0.5, 1: 0.5}
    assert found.by_step["absolute_imbalance"].tolist() == [1, 1, 1]
    assert found.by_step["balanced"].tolist() == [0, 0.5, 0]
    assert found.by_step["correct_guess"].tolist() == [0.5, 0.5, 0.75]
    assert found.by_step["deterministic"].tolist() == [0, 0, 1]
    assert found.maximum_imbalance is None
    assert math.isnan(found.expected_maximum_imbalance)
    assert "simulate_balance" in found.not_estimable


# --- edges ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "procedure", [CompleteRandomisation(), BigStick(3), RandomPermutedBlocks([2, 4])]
)
def test_one_participant(procedure):
    one = exact_properties(procedure, 1)
    assert one.imbalance == {-1: 0.5, 1: 0.5}
    assert one.maximum_imbalance == {1: 1.0}
    assert one.correct_guesses == 0.5
    assert len(one.by_step) == 1


def test_what_cannot_be_reached_has_no_probability():
    stick = exact_properties(BigStick(3), 200)
    assert [*stick.imbalance] == [-2, 0, 2]
    assert [*stick.maximum_imbalance] == [2, 3]  # 1: 2^-100, below rounding


def test_a_thousand_participants():
    found = exact_properties(CompleteRandomisation(), 1000)
    assert sum(found.imbalance.values()) == pytest.approx(1, rel=1e-12)
    assert found.expected_loss == pytest.approx(1, rel=1e-12)  # Var D = n
    assert sum(found.maximum_imbalance.values()) == pytest.approx(1, rel=1e-12)


def test_everything_can_be_written_as_json():
    pairs = StratifiedBlocks(["site"], block_sizes=[2])
    for found in (
        exact_properties(BigStick(2), 4),
        exact_properties(pairs, 3, factors=np.array([[0], [1], [0]])),
    ):
        written = json.loads(json.dumps(found.to_dict(), allow_nan=False))
        assert written["by_step"][0]["step"] == 1
        assert found.to_frame()["figure"].tolist() == [*FIGURES]


# --- against every sequence ----------------------------------------------------------

SITES = np.array([[0], [1], [0], [2], [1], [0], [0], [1], [2], [0]])
TWO_ARMS = (
    AdjustableBiasedCoin(2),
    BayesianBiasedCoin(0.1),
    BiasedCoinWithTolerance(2, 0.7),
    BigStick(2),
    BlockUrn(2),
    BlockUrn(2, ratio=(2, 1)),
    BrickTunnel(ratio=(3, 2)),
    CompleteRandomisation(),
    CompleteRandomisation(ratio=(3, 1)),
    EfronBiasedCoin(0.7),
    EhrenfestUrn(4),
    GeneralisedBiasedCoin(2),
    Hadamard(),
    PermutedBlocks(4),
    PermutedBlocks(3, ratio=(1, 2)),
    PermutedBlocks(5, ratio=(3, 2)),
    TruncatedBinomial(4),
    WeiUrn(0, 1),
    WeiUrn(1, 1, ratio=(2, 1)),
)
FIXED_TOTALS = (MaximalProcedure(2), RandomAllocationRule(), TruncatedBinomial())
DRAWN_BLOCKS = (
    RandomPermutedBlocks([2, 4]),
    RandomPermutedBlocks([2, 4, 8]),
    RandomPermutedBlocks([3, 6], ratio=(2, 1)),
    RandomPermutedBlocks([3, 6], ratio=(1, 1, 1)),
)
STRATIFIED = (
    AdjustableCovariateBiasedCoin(["site"], a=2),
    StratifiedBiasedCoin(["site"], p=0.7),
    StratifiedBlocks(["site"], block_sizes=[4]),
    StratifiedBlocks(["site"], block_sizes=[2, 4]),
    StratifiedBlocks(["site"], block_sizes=[3], ratio=(2, 1)),
)
MANY_ARMS = (
    CompleteRandomisation(ratio=(1, 1, 1)),
    CompleteRandomisation(ratio=(3, 2, 1)),
    BlockUrn(2, ratio=(1, 1, 1)),
    PermutedBlocks(4, ratio=(2, 1, 1)),
    PermutedBlocks(4, ratio=(1, 1, 1, 1)),
    WeiUrn(1, 2, ratio=(2, 1, 1)),
)
SEEN_BY_EDGES = ("deterministic", "entropy")


def _assert_same(ours, listed, *, but=()):
    columns = [name for name in listed.by_step if name not in but]
    pd.testing.assert_frame_equal(
        ours.by_step[columns], listed.by_step[columns], rtol=0, atol=1e-13
    )
    assert ours.imbalance == pytest.approx(listed.imbalance, abs=1e-13)
    if ours.maximum_imbalance is not None:
        assert ours.maximum_imbalance == pytest.approx(
            listed.maximum_imbalance, abs=1e-13
        )


@pytest.mark.parametrize("n", range(1, 11))
def test_every_sequence_of_two_arms(n):
    for procedure in TWO_ARMS:
        _assert_same(
            exact_properties(procedure, n), enumerated_properties(procedure, n)
        )
    if n % 2 == 0:
        for rule in FIXED_TOTALS:
            _assert_same(exact_properties(rule, n), enumerated_properties(rule, n))


def test_every_kind_of_procedure_is_compared():
    # What looks at factors across strata has no road of its own: it is enumerated.
    compared = {*TWO_ARMS, *FIXED_TOTALS, *DRAWN_BLOCKS, *STRATIFIED, *MANY_ARMS}
    kinds = {type(one) for one in compared}
    enumerated = {AtkinsonBiasedCoin, HuHu, Minimisation}
    assert {*PROCEDURES.values()} - kinds == enumerated


@pytest.mark.parametrize("n", [13, 16])
def test_hadamard_over_an_edge(n):
    _assert_same(exact_properties(Hadamard(), n), enumerated_properties(Hadamard(), n))


@pytest.mark.parametrize("n", range(1, 9))
def test_every_sequence_of_many_arms(n):
    for procedure in MANY_ARMS:
        if n <= 6:
            listed = enumerated_properties(procedure, n)
            _assert_same(exact_properties(procedure, n), listed)
    if n % 3 == 0:
        rule = RandomAllocationRule(ratio=(1, 1, 1))
        _assert_same(exact_properties(rule, n), enumerated_properties(rule, n))


@pytest.mark.parametrize("n", range(1, 11))
def test_every_sequence_of_drawn_blocks(n):
    for procedure in DRAWN_BLOCKS[: 4 if n <= 8 else 3]:
        ours, listed = (
            exact_properties(procedure, n),
            enumerated_properties(procedure, n),
        )
        _assert_same(ours, listed, but=SEEN_BY_EDGES)
        # Who knows more is never less certain.
        assert ours.entropy <= listed.entropy + 1e-13
        assert ours.deterministic_share >= listed.deterministic_share - 1e-13


@pytest.mark.parametrize("n", range(1, 11))
def test_every_sequence_of_stratified_blocks(n):
    for procedure in STRATIFIED:
        ours = exact_properties(procedure, n, factors=SITES[:n])
        listed = enumerated_properties(procedure, n, factors=SITES[:n])
        but = SEEN_BY_EDGES if "drawn" in ours.seen_by else ()
        _assert_same(ours, listed, but=but)


def test_one_stratum_is_no_stratum():
    alike = np.zeros((37, 1), dtype=int)
    blocks = StratifiedBlocks(["site"], block_sizes=[2, 4])
    _assert_same(
        exact_properties(blocks, 37, factors=alike),
        exact_properties(RandomPermutedBlocks([2, 4]), 37),
    )


def test_one_size_is_no_draw():
    _assert_same(
        exact_properties(RandomPermutedBlocks([6]), 100),
        exact_properties(PermutedBlocks(6), 100),
    )


def test_minimisation_of_eight():
    listed = read("minimisation_exact")
    rule = Minimisation(["one", "two"], p=0.85, imbalance="variance")
    found = exact_properties(rule, 8, factors=np.array(listed["cov"]))
    _assert_distribution(found.imbalance, listed["design"]["final_D"])
    expected = listed["design"]["E_abs_D"]
    assert found.expected_absolute_imbalance == pytest.approx(expected, rel=1e-12)


def test_minimisation_by_hand():
    rule = Minimisation(["site"], p=1)
    found = exact_properties(rule, 3, factors=np.array([[0], [1], [0]]))
    # Certain only where the site has had somebody: the third participant.
    assert found.by_step["deterministic"].tolist() == [0, 0, 1]
    assert found.imbalance == {-1: 0.5, 1: 0.5}
    assert found.maximum_imbalance == {1: 0.5, 2: 0.5}


# --- properties ----------------------------------------------------------------------


@given(st.integers(1, 60), st.floats(0.5, 1.0))
def test_arms_are_treated_alike(n, p):
    found = exact_properties(EfronBiasedCoin(p), n)
    assert sum(found.imbalance.values()) == pytest.approx(1, abs=1e-12)
    assert sum(found.maximum_imbalance.values()) == pytest.approx(1, abs=1e-12)
    for d, chance in found.imbalance.items():
        assert found.imbalance[-d] == pytest.approx(chance, rel=1e-9)
    both = found.correct_guesses + found.correct_guesses_divergence
    assert both == pytest.approx(1)
    assert found.expected_absolute_imbalance <= found.expected_maximum_imbalance + 1e-12
    assert np.allclose(found.by_step["treatment"], 0.5)


@given(st.integers(1, 30), st.integers(1, 5), st.integers(1, 5))
def test_unequal_totals_are_binomial(n, a, b):
    ratio = CompleteRandomisation(ratio=(a, b)).ratio
    found = exact_properties(CompleteRandomisation(ratio=ratio), n)
    p = ratio[0] / sum(ratio)
    binomial = {
        t / ratio[0] - (n - t) / ratio[1]: math.comb(n, t) * p**t * (1 - p) ** (n - t)
        for t in range(n + 1)
    }
    assert [*found.imbalance] == pytest.approx(sorted(binomial))
    assert [*found.imbalance.values()] == pytest.approx(
        [binomial[d] for d in sorted(binomial)], rel=1e-9
    )


# --- every reference figure ----------------------------------------------------------

BY_NAME = {
    "CR": ("CompleteRandomisation", ()),
    "RAR": ("RandomAllocationRule", ()),
    "PBR_bc4": ("PermutedBlocks", (4,)),
    "PBR_bc2": ("PermutedBlocks", (2,)),
    "EBC_2_3": ("EfronBiasedCoin", (2 / 3,)),
    "BSD_2": ("BigStick", (2,)),
    "BSD_3": ("BigStick", (3,)),
    "CHEN_mti2_p23": ("BiasedCoinWithTolerance", (2, 2 / 3)),
    "CHEN_mti3_p23": ("BiasedCoinWithTolerance", (3, 2 / 3)),
    "ABCD_a2": ("AdjustableBiasedCoin", (2,)),
    "ABCD_a1": ("AdjustableBiasedCoin", (1,)),
    "GBCD_rho2": ("GeneralisedBiasedCoin", (2,)),
    "GBCD_rho5": ("GeneralisedBiasedCoin", (5,)),
    "BBCD_a01": ("BayesianBiasedCoin", (0.1,)),
    "BBCD_a05": ("BayesianBiasedCoin", (0.5,)),
    "UD_0_1": ("WeiUrn", (0, 1)),
    "UD_1_1": ("WeiUrn", (1, 1)),
    "UD_2_1": ("WeiUrn", (2, 1)),
    "TBD": ("TruncatedBinomial", ()),
    "TBD_bc4": ("TruncatedBinomial", (4,)),
    "MP_2": ("MaximalProcedure", (2,)),
    "MP_3": ("MaximalProcedure", (3,)),
}
BY_CLASS = {
    "CR": "CompleteRandomisation",
    "RAR": "RandomAllocationRule",
    "EBC": "EfronBiasedCoin",
    "BSD": "BigStick",
    "PBR": "PermutedBlocks",
    "BCDWIT": "BiasedCoinWithTolerance",
    "ABCD": "AdjustableBiasedCoin",
    "GBCD": "GeneralisedBiasedCoin",
    "BBCD": "BayesianBiasedCoin",
    "UD": "WeiUrn",
    "EUD": "EhrenfestUrn",
    "BUD": "BlockUrn",
    "TBD": "TruncatedBinomial",
    "MP": "MaximalProcedure",
}
SHORTER_LAST_BLOCK = ("PBR_bc4_N6", "TBD_bc4_N6")  # a block of 4, then one of 2


def _assert_distribution(found, expected):
    """The reference leaves out the least probable."""
    found = {str(value): chance for value, chance in found.items()}
    assert expected.keys() <= found.keys()
    assert all(found[d] < 1e-12 for d in found.keys() - expected.keys())
    kept = {d: found[d] for d in expected}
    assert kept == pytest.approx(expected, rel=1e-10, abs=1e-13)


@pytest.mark.parametrize(
    "entry",
    read("exact_dp")["entries"],
    ids=lambda entry: f"{entry['procedure']}-{entry['params']}-{entry['n']}",
)
def test_every_figure_of_the_reference_programme(entry):
    declare = getattr(randomisation, BY_CLASS[entry["procedure"]])
    procedure = declare(*entry["params"].values())
    found = exact_properties(procedure, entry["n"])
    _assert_distribution(found.imbalance, entry["imbalance_dist"])
    _assert_distribution(found.maximum_imbalance, entry["max_abs_imbalance_dist"])
    variance = found.expected_loss * entry["n"]
    ours = {
        "P_final_balance": found.imbalance.get(0, 0.0),
        "var_final_imbalance": variance,
        "sd_final_imbalance": math.sqrt(variance),
        "E_abs_imbalance": found.expected_absolute_imbalance,
        "E_loss": found.expected_loss,
        "E_max_abs_imbalance": found.expected_maximum_imbalance,
        "E_propCG_CS": found.correct_guesses,
        "expected_excess_correct_guesses": found.expected_excess_correct_guesses,
        "mean_exact_balance_over_steps": found.by_step["balanced"].mean(),
        "prop_deterministic": found.deterministic_share,
        "mean_entropy_nats": found.entropy,
    }
    others = {"procedure", "params", "n", "imbalance_dist", "max_abs_imbalance_dist"}
    assert entry.keys() - others == ours.keys()
    expected = {name: entry[name] for name in ours}
    assert ours == pytest.approx(expected, rel=1e-10, abs=1e-12)


@pytest.mark.parametrize(
    ("key", "entry"), [*read("exact_sequences")["entries"].items()], ids=str
)
def test_every_figure_of_randomizer(key, entry):
    if key in SHORTER_LAST_BLOCK:
        assert entry["design"].endswith("(4,2)")  # tested where sequences are listed
        return
    name, n = key.rsplit("_N", 1)
    declare, parameters = BY_NAME[name]
    found = exact_properties(getattr(randomisation, declare)(*parameters), int(n))
    _assert_distribution(found.imbalance, entry["imbalance_dist"])
    _assert_distribution(found.maximum_imbalance, entry["max_abs_imbalance_dist"])
    ours = {
        "E_propCG_CS": found.correct_guesses,
        "E_propCG_DS": found.correct_guesses_divergence,
        "E_loss": found.expected_loss,
        "E_absImb": found.expected_absolute_imbalance,
        "var_imb": found.expected_loss * int(n),
    }
    expected = {name: entry[name] for name in ours}
    assert ours == pytest.approx(expected, rel=1e-12, abs=1e-14)


ZHAO = {
    "BSD(4)": ("BigStick", (4,)),
    "PBD(10)": ("PermutedBlocks", (10,)),
    "PBD(2)": ("PermutedBlocks", (2,)),
    "BCD(.65)": ("EfronBiasedCoin", (0.65,)),
    "Wei UD(1,0,5)": ("WeiUrn", (1, 5)),
}


def _zhao_columns(found):
    return [
        found.by_step["balanced"].mean(),
        math.sqrt(found.expected_loss * found.n),
        found.expected_maximum_imbalance,
        found.entropy,
        found.deterministic_share,
        found.correct_guesses,
    ]


@pytest.mark.parametrize("name", ZHAO)
def test_zhao_table_iv(name):
    declare, parameters = ZHAO[name]
    found = exact_properties(getattr(randomisation, declare)(*parameters), 100)
    printed = read("zhao_2012")["table_IV"]["exact_by_dp"][name]
    assert _zhao_columns(found) == pytest.approx(printed, abs=0.51e-5)


def test_zhao_table_iii():
    for n, printed in read("zhao_2012")["table_III"]["exact_BCD07"].items():
        found = exact_properties(EfronBiasedCoin(0.7), int(n))
        assert _zhao_columns(found) == pytest.approx(printed, abs=0.51e-5)


def test_closed_forms():
    by_name = {entry["what"]: entry for entry in read("closed_forms")["entries"]}
    for n in (4, 40, 200):  # n/2 + (n/2) C(n, n/2) / 2^n
        right = exact_properties(TruncatedBinomial(), n).correct_guesses * n
        closed = n / 2 + n / 2 * math.comb(n, n // 2) / 2**n
        assert right == pytest.approx(closed, rel=1e-12)
    for n in (4, 40, 200):  # n/2 + 2^(n-1)/C(n, n/2) - 1/2
        right = exact_properties(RandomAllocationRule(), n).correct_guesses * n
        closed = n / 2 + 2 ** (n - 1) / math.comb(n, n // 2) - 1 / 2
        assert right == pytest.approx(closed, rel=1e-12)
    block = exact_properties(PermutedBlocks(4), 400).correct_guesses * 4
    printed = by_name["PBR(m even) per block"]["m4"]
    assert block == pytest.approx(printed, rel=1e-12)
    efron = exact_properties(EfronBiasedCoin(2 / 3), 1000)
    limit = by_name["Efron BCD stationary, even n, r=p/q"]["p_2_3"]
    assert efron.imbalance[0] == pytest.approx(limit["P0"], rel=1e-10)
    assert efron.expected_loss * 1000 == pytest.approx(limit["ED2"], rel=1e-10)
    per_patient = by_name["Efron asymptotic excess correct guesses per patient"]
    last = efron.by_step["correct_guess"].tail(2).mean() - 1 / 2
    assert last == pytest.approx(per_patient["p_2_3"], rel=1e-10)


def test_figures_at_n_100():
    efron = exact_properties(EfronBiasedCoin(2 / 3), 100)
    assert efron.expected_loss * 100 == pytest.approx(4.443404, abs=5e-7)
    assert efron.expected_maximum_imbalance == pytest.approx(5.16263, abs=5e-6)
    stick = exact_properties(BigStick(3), 100)
    assert stick.expected_loss * 100 == pytest.approx(8 / 3, abs=5e-7)


# --- errors --------------------------------------------------------------------------


@pytest.mark.parametrize("n", [0, -1, 2.0, True])
def test_no_participants(n):
    for judge in (exact_properties, enumerated_properties):
        with pytest.raises(ArgumentError, match="`n` must be a whole number, at least"):
            judge(BigStick(2), n)


def test_what_is_too_large():
    with pytest.raises(ArgumentError, match=r"at most 2,000.*\n.*simulate_balance"):
        exact_properties(BigStick(2), 2001)
    with pytest.raises(ArgumentError, match="at most 12 where every sequence is gone"):
        exact_properties(
            StratifiedBlocks(["site"], block_sizes=[3], ratio=(1, 1, 1)),
            13,
            factors=np.zeros((13, 1), int),
        )
    with pytest.raises(ArgumentError, match=r"3 arms: above 1,000,000 .*\n.*simul"):
        exact_properties(CompleteRandomisation(ratio=(1, 1, 1)), 300)
    many = CompleteRandomisation(ratio=(1,) * 30)
    with pytest.raises(ArgumentError, match="30 arms: above"):
        exact_properties(many, 10)
    with pytest.raises(ArgumentError, match=r"at most 20 where every.*\n.*simulate"):
        exact_properties(Minimisation(["site"]), 21, factors=np.zeros((21, 1), int))


def test_what_the_procedure_refuses():
    with pytest.raises(ArgumentError, match="multiple of 2: a random allocation rule"):
        exact_properties(RandomAllocationRule(), 5)
    with pytest.raises(DataError, match="`factors` must be a table"):
        exact_properties(StratifiedBlocks(["site"], block_sizes=[2]), 4)
