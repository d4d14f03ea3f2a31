"""Restricted procedures: P(next is treatment), and what follows from it exactly."""

import dataclasses
import math
import pickle
from collections import defaultdict

import numpy as np
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
    draw_sequences,
    enumerate_sequences,
    next_probability,
    sequence_probability,
)

COUNT_PROCEDURES = (
    CompleteRandomisation(),
    CompleteRandomisation(ratio=(2, 1)),
    RandomAllocationRule(),
    RandomAllocationRule(ratio=(2, 1)),
    PermutedBlocks(4),
    PermutedBlocks(6, ratio=(2, 1)),
    EfronBiasedCoin(2 / 3),
    BigStick(2),
)


# --- by hand -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("procedure", "n_treatment", "n_control", "expected"),
    [
        (CompleteRandomisation(), 7, 0, 1 / 2),
        (CompleteRandomisation(ratio=(2, 1)), 7, 0, 2 / 3),
        (RandomAllocationRule(), 3, 1, 3 / 8),  # 3 of 8 places left of 6 + 6
        (RandomAllocationRule(ratio=(2, 1)), 3, 1, 5 / 8),  # 5 of 8 left of 8 + 4
        (PermutedBlocks(4), 2, 1, 0),
        (PermutedBlocks(4), 1, 2, 1),
        (PermutedBlocks(4), 3, 2, 1 / 3),  # second block: 1 of 2 treated, 3 places left
        (PermutedBlocks(6, ratio=(2, 1)), 4, 1, 0),
        (PermutedBlocks(6, ratio=(2, 1)), 5, 2, 3 / 5),
        (EfronBiasedCoin(2 / 3), 3, 2, 1 / 3),
        (EfronBiasedCoin(2 / 3), 2, 3, 2 / 3),
        (EfronBiasedCoin(2 / 3), 3, 3, 1 / 2),
        (BigStick(2), 3, 2, 1 / 2),
        (BigStick(2), 4, 2, 0),
        (BigStick(2), 2, 4, 1),
    ],
)
def test_probability_by_hand(procedure, n_treatment, n_control, expected):
    found = procedure.probability(n_treatment, n_control, 12)
    assert float(found) == pytest.approx(expected, abs=1e-15)


def test_random_block_sizes_by_hand():
    # Sizes 2 and 4, each 1/2. After "A": a block of 2 (weight 1/2) must go on with B, a
    # block of 4 has 1 of 3 places for A: P(A) = (0 + 1/3) / 2.
    procedure = RandomPermutedBlocks([2, 4])
    assert next_probability(procedure, [1]) == pytest.approx(1 / 6)
    # "AA" happens in a block of 4 only: 1/2 x 1/2 x 1/3; then B is certain.
    assert sequence_probability(procedure, "AA") == pytest.approx(1 / 12)
    assert next_probability(procedure, [1, 1]) == 0
    assert next_probability(procedure, [1, 1, 0]) == 0
    assert next_probability(procedure, [1, 1, 0, 0]) == pytest.approx(1 / 2)


# --- edges ---------------------------------------------------------------------------


def test_last_block_is_cut():
    assert len(enumerate_sequences(PermutedBlocks(4), 6)) == 6 * 4


def test_smallest_trials():
    assert enumerate_sequences(BigStick(1), 1) == {"A": 0.5, "B": 0.5}
    assert enumerate_sequences(EfronBiasedCoin(1), 2) == {"AB": 0.5, "BA": 0.5}
    assert enumerate_sequences(PermutedBlocks(1000), 1) == {"A": 0.5, "B": 0.5}


def test_declarations_are_values():
    one = RandomPermutedBlocks([4, 2], ratio=(2, 2))
    assert one == RandomPermutedBlocks((2, 4)) == pickle.loads(pickle.dumps(one))
    assert len({one, RandomPermutedBlocks((2, 4))}) == 1
    with pytest.raises(dataclasses.FrozenInstanceError):
        one.ratio = (1, 2)


def test_printing_draws_nothing():
    state = np.random.get_state()  # noqa: NPY002  (the global stream is what must rest)
    printed = [repr(procedure) for procedure in COUNT_PROCEDURES]
    assert printed == [repr(procedure) for procedure in COUNT_PROCEDURES]
    after = np.random.get_state()  # noqa: NPY002  (as above)
    assert state[1].tolist() == after[1].tolist()


# --- properties ----------------------------------------------------------------------


@pytest.mark.parametrize("procedure", COUNT_PROCEDURES, ids=repr)
@pytest.mark.parametrize("n", [3, 6, 12])
def test_probabilities_sum_to_one(procedure, n):
    if isinstance(procedure, RandomAllocationRule) and n % sum(procedure.ratio):
        with pytest.raises(ArgumentError, match="must be a multiple of 2"):
            enumerate_sequences(procedure, n)
        return
    listed = enumerate_sequences(procedure, n)
    assert math.fsum(listed.values()) == pytest.approx(1, abs=1e-12)
    assert list(listed) == sorted(listed)
    assert all(sequence_probability(procedure, s) == listed[s] for s in [*listed][:9])


@given(arm=st.lists(st.integers(0, 1), max_size=11), mirror=st.sampled_from("CREB2P"))
@settings(max_examples=50, deadline=None)
def test_swapped_labels_mirror_the_probability(arm, mirror):
    ratio, reverse = (2, 1), (1, 2)
    pair = {
        "C": (CompleteRandomisation(ratio=ratio), CompleteRandomisation(ratio=reverse)),
        "R": (RandomAllocationRule(ratio=ratio), RandomAllocationRule(ratio=reverse)),
        "E": (EfronBiasedCoin(0.7),) * 2,
        "B": (BigStick(3),) * 2,
        "2": (PermutedBlocks(6, ratio=ratio), PermutedBlocks(6, ratio=reverse)),
        "P": (RandomPermutedBlocks((2, 4)),) * 2,
    }[mirror]
    swapped = [1 - one for one in arm]
    if mirror == "P" and sequence_probability(pair[0], _letters(arm)) == 0:
        return  # an impossible past has no future
    if mirror in "R2" and not 0 <= _treated_in_urn(arm, mirror) <= 1:
        return
    first = next_probability(pair[0], arm, n=12)
    second = next_probability(pair[1], swapped, n=12)
    assert first == pytest.approx(1 - second, abs=1e-12)


def _letters(arm):
    return "".join("BA"[one] for one in arm) or "A"


def _treated_in_urn(arm, kind):
    size = 12 if kind == "R" else 6
    block = arm[len(arm) // size * size :]
    treated, other = sum(block), len(block) - sum(block)
    return max(treated / (size * 2 // 3), other / (size // 3))


@given(
    block=st.sampled_from([2, 4, 6]), seed=st.integers(0, 1000), n=st.integers(1, 30)
)
@settings(max_examples=30, deadline=None)
def test_blocks_drift_at_most_half_a_block(block, seed, n):
    arms = draw_sequences(PermutedBlocks(block), n, 5, seed=seed)
    drift = np.abs(np.cumsum(2 * arms.astype(int) - 1, axis=1))
    assert drift.max() <= block // 2
    assert (drift[:, block - 1 :: block] == 0).all()


# --- naive twin ----------------------------------------------------------------------


def _random_blocks_twin(sizes, share, n):
    """Draw sizes first, then places: sum over every way to fill n places."""
    total = defaultdict(float)

    def fill(start, chance):
        if len(start) >= n:
            total[start[:n]] += chance
            return
        for size in sizes:
            block = enumerate_sequences(PermutedBlocks(size, ratio=share), size)
            for arms, inner in block.items():
                fill(start + arms, chance * inner / len(sizes))

    fill("", 1.0)
    return total


@pytest.mark.parametrize(
    ("sizes", "ratio", "n"),
    [
        ((2, 4), (1, 1), 7),
        ((3, 6), (2, 1), 8),
        ((2, 4, 6), (1, 1), 6),
        ((4,), (1, 1), 6),
    ],
)
def test_random_blocks_agree_with_twin(sizes, ratio, n):
    twin = _random_blocks_twin(sizes, ratio, n)
    ours = enumerate_sequences(RandomPermutedBlocks(sizes, ratio=ratio), n)
    assert ours.keys() == twin.keys()
    assert ours == pytest.approx(dict(twin), rel=1e-12)


# --- errors --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: PermutedBlocks(4, ratio=(2, 1)), "must be a multiple of 3, so that"),
        (lambda: PermutedBlocks(3), "block_size` must be a multiple of 2.*got 3\nHint"),
        (lambda: PermutedBlocks(0), "must be a whole number, at least 1, got 0"),
        (lambda: PermutedBlocks(4.0), "must be a whole number, at least 1, got 4.0"),
        (lambda: RandomPermutedBlocks([]), "name at least one size"),
        (lambda: RandomPermutedBlocks([2, 2]), "each size once"),
        (lambda: RandomPermutedBlocks([2, 5]), "must be a multiple of 2.*got 5"),
        (lambda: EfronBiasedCoin(0.4), r"must lie in \[0.5, 1\] .*favour the arm"),
        (lambda: EfronBiasedCoin(1.1), r"must lie in \[0.5, 1\].*got 1.1"),
        (lambda: EfronBiasedCoin("2/3"), "must lie in"),
        (lambda: EfronBiasedCoin(float("nan")), "must lie in"),
        (lambda: BigStick(0), "`mti` must be a whole number, at least 1, got 0"),
        (lambda: BigStick(True), "must be a whole number"),
        (
            lambda: CompleteRandomisation(ratio=(1, 0)),
            "two or more whole numbers of at least 1",
        ),
        (lambda: CompleteRandomisation(ratio=(1,)), "two or more whole numbers"),
        (lambda: CompleteRandomisation(ratio=2), "two or more whole numbers"),
        (lambda: CompleteRandomisation(ratio=(0.5, 0.5)), "two or more whole numbers"),
    ],
)
def test_impossible_parameters_are_refused(build, message):
    with pytest.raises(ArgumentError, match=message):
        build()
