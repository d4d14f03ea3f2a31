"""What holds for every restricted procedure, whatever its definition."""

import inspect
import itertools
import math
import pickle
import re
import tomllib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from steps_analysis import randomisation
from steps_analysis.randomisation import (
    AdjustableBiasedCoin,
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
    MaximalProcedure,
    PermutedBlocks,
    RandomAllocationRule,
    RandomPermutedBlocks,
    TruncatedBinomial,
    WeiUrn,
    draw_sequences,
    enumerate_sequences,
    from_spec,
    next_probabilities,
    next_probability,
    sequence_probability,
    to_spec,
)
from steps_analysis.randomisation.procedures import PROCEDURES, n_arms

EQUAL = (
    AdjustableBiasedCoin(2),
    BayesianBiasedCoin(0.1),
    BiasedCoinWithTolerance(3, 2 / 3),
    BigStick(2),
    BlockUrn(2),
    BrickTunnel(),
    CompleteRandomisation(),
    EfronBiasedCoin(2 / 3),
    EhrenfestUrn(3),
    GeneralisedBiasedCoin(2),
    Hadamard(),
    MaximalProcedure(2),
    PermutedBlocks(4),
    RandomAllocationRule(),
    RandomPermutedBlocks((2, 4)),
    TruncatedBinomial(),
    TruncatedBinomial(4),
    WeiUrn(0, 1),
    WeiUrn(2, 1),
)
PRESERVING = (
    BlockUrn(1, ratio=(2, 1)),
    BrickTunnel(ratio=(2, 1)),
    BrickTunnel(ratio=(3, 2)),
    BrickTunnel(ratio=(1, 4)),
    CompleteRandomisation(ratio=(2, 1)),
    PermutedBlocks(6, ratio=(2, 1)),
    RandomAllocationRule(ratio=(2, 1)),
    RandomPermutedBlocks((3, 6), ratio=(2, 1)),
    WeiUrn(0, 1, ratio=(2, 1)),
    WeiUrn(1, 3, ratio=(3, 2)),
    WeiUrn(1, 1, ratio=(1, 2, 1)),
    PermutedBlocks(4, ratio=(1, 2, 1)),
)
NOT_PRESERVING = (BlockUrn(2, ratio=(2, 1)), BlockUrn(3, ratio=(1, 2)))
TOLERANCE = {
    BiasedCoinWithTolerance(3, 2 / 3): 3,
    BigStick(2): 2,
    BlockUrn(2): 2,
    BrickTunnel(): 1,
    EhrenfestUrn(3): 3,
    Hadamard(): 4,
    MaximalProcedure(2): 2,
    PermutedBlocks(4): 2,
    RandomPermutedBlocks((2, 4)): 2,
    TruncatedBinomial(4): 2,
}
EVERY = EQUAL + PRESERVING + NOT_PRESERVING


def _longest(procedure):
    return 12 if n_arms(procedure) == 2 else 8


def _share_at_every_step(procedure, n):
    """P(the ratio's first arm) of each participant before anything is known."""
    listed = enumerate_sequences(procedure, n)
    return [sum(p for s, p in listed.items() if s[i] == "A") for i in range(n)]


# --- what the list is ----------------------------------------------------------------


def test_no_procedure_is_left_out():
    by_package = {
        one for one in PROCEDURES.values() if ".restricted." in one.__module__
    }
    assert {type(one) for one in EVERY} == by_package


@pytest.mark.parametrize("procedure", EVERY, ids=repr)
def test_every_docstring_says_whether_the_ratio_is_preserved(procedure):
    text = " ".join(inspect.getdoc(type(procedure)).split())
    assert re.search(r"preserved at every step", text)


# --- values --------------------------------------------------------------------------


@pytest.mark.parametrize("procedure", EVERY, ids=repr)
def test_a_procedure_is_a_value(procedure):
    state = np.random.get_state()[1].tolist()  # noqa: NPY002  (the global stream rests)
    assert eval(repr(procedure), vars(randomisation)) == procedure
    assert pickle.loads(pickle.dumps(procedure)) == procedure
    assert len({procedure, pickle.loads(pickle.dumps(procedure))}) == 1
    assert np.random.get_state()[1].tolist() == state  # noqa: NPY002  (as above)


@pytest.mark.parametrize("procedure", EVERY, ids=repr)
def test_there_and_back_through_toml(procedure):
    lines = [f"{key} = {_toml(value)}" for key, value in to_spec(procedure).items()]
    assert from_spec(tomllib.loads("\n".join(lines))) == procedure


def _toml(value):
    return f'"{value}"' if isinstance(value, str) else repr(value)


# --- probabilities -------------------------------------------------------------------


@pytest.mark.parametrize("procedure", EVERY, ids=repr)
def test_probabilities_sum_to_one(procedure):
    for n in (1, 2, 3, 6, _longest(procedure)):
        if _cannot_plan(procedure, n):
            continue
        listed = enumerate_sequences(procedure, n)
        assert math.fsum(listed.values()) == pytest.approx(1, abs=1e-12)


def _cannot_plan(procedure, n):
    """Some fix the totals and need a number that the ratio divides."""
    fixes = isinstance(procedure, RandomAllocationRule) or (
        procedure == TruncatedBinomial()
    )
    return fixes and n % sum(getattr(procedure, "ratio", (1, 1))) > 0


@pytest.mark.parametrize("procedure", EVERY, ids=repr)
def test_a_sequence_is_the_product_of_its_steps(procedure):
    arms = draw_sequences(procedure, 12, 3, seed=8).tolist()
    letters = "BA" if n_arms(procedure) == 2 else "CBA"
    for sequence in arms:
        product = 1.0
        for i, arm in enumerate(sequence):
            chances = next_probabilities(procedure, sequence[:i], n=12)
            assert chances.sum() == pytest.approx(1)
            product *= chances[len(letters) - 1 - arm]
        text = "".join(letters[arm] for arm in sequence)
        assert product > 0
        assert sequence_probability(procedure, text) == pytest.approx(product)


@pytest.mark.parametrize("procedure", EQUAL, ids=repr)
def test_swapping_equal_arms_changes_no_probability(procedure):
    for n in (6, 12):
        listed = enumerate_sequences(procedure, n)
        swap = str.maketrans("AB", "BA")
        mirrored = {s.translate(swap): p for s, p in listed.items()}
        assert mirrored == pytest.approx(listed, rel=1e-12)


@given(st.sampled_from(EQUAL), st.integers(0, 2**31), st.integers(0, 11))
@settings(max_examples=60, deadline=None)
def test_swapping_the_past_mirrors_the_next_probability(procedure, seed, length):
    past = draw_sequences(procedure, 12, 1, seed=seed)[0, :length]
    one = next_probability(procedure, past, n=12)
    other = next_probability(procedure, 1 - past, n=12)
    assert one == pytest.approx(1 - other, abs=1e-12)


# --- ratios and tolerances -----------------------------------------------------------


@pytest.mark.parametrize("procedure", EQUAL + PRESERVING, ids=repr)
def test_the_ratio_is_preserved_at_every_step(procedure):
    ratio = getattr(procedure, "ratio", (1, 1))
    shares = _share_at_every_step(procedure, _longest(procedure))
    assert shares == pytest.approx([ratio[0] / sum(ratio)] * len(shares), abs=1e-12)


@pytest.mark.parametrize("procedure", NOT_PRESERVING, ids=repr)
def test_the_block_urn_does_not_preserve_an_unequal_ratio(procedure):
    ratio = procedure.ratio
    shares = np.array(_share_at_every_step(procedure, 12))
    assert np.abs(shares - ratio[0] / sum(ratio)).max() > 1e-3


def test_how_far_the_block_urn_is_from_its_ratio():
    # The figure in its docstring, and in docs/methods.md.
    shares = _share_at_every_step(BlockUrn(2, ratio=(2, 1)), 5)
    assert shares == pytest.approx([2 / 3] * 4 + [0.64])


@pytest.mark.parametrize("procedure", TOLERANCE, ids=repr)
def test_the_arms_never_lie_further_apart(procedure):
    listed = enumerate_sequences(procedure, 12)
    walks = [itertools.accumulate(2 * (c == "A") - 1 for c in s) for s in listed]
    assert max(max(map(abs, walk)) for walk in walks) == TOLERANCE[procedure]


# --- long trials, impossible counts --------------------------------------------------

BY_COUNTS = tuple(one for one in EVERY if hasattr(one, "probability"))
OF_TWO_ARMS = tuple(one for one in BY_COUNTS if n_arms(one) == 2)


@pytest.mark.parametrize("procedure", OF_TWO_ARMS, ids=repr)
def test_any_counts_broadcast_to_probabilities(procedure):
    counts = np.array([0, 1, 2, 5, 60, 4_000, 5_000, 10_000])
    n = 12_000
    found = procedure.probability(counts[:, None], counts, n)
    assert found.dtype == np.float64
    assert found.shape == (8, 8)
    assert ((found >= 0) & (found <= 1)).all()
    one = procedure.probability(5_000, 4_000, n)
    assert np.shape(one) == ()
    assert float(one) == found[6, 5]


@pytest.mark.parametrize("procedure", BY_COUNTS, ids=repr)
def test_many_participants_neither_overflow_nor_stop(procedure):
    n = 600
    arms = draw_sequences(procedure, n, 2, seed=1)
    share = getattr(procedure, "ratio", (1, 1))
    expected = share[0] / sum(share)
    is_first = arms == n_arms(procedure) - 1
    error = math.sqrt(expected * (1 - expected) / is_first.size)
    assert is_first.mean() == pytest.approx(expected, abs=4 * error)


@pytest.mark.slow
@pytest.mark.parametrize("procedure", BY_COUNTS, ids=repr)
def test_ten_thousand_participants(procedure):
    n = 12_000
    arms = draw_sequences(procedure, n, 1, seed=1)
    assert arms.shape == (1, n)
