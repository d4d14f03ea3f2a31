"""Every compiled loop against the walk, fed the very same numbers."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from steps_analysis.randomisation import (
    BigStick,
    CompleteRandomisation,
    EfronBiasedCoin,
    Minimisation,
    PermutedBlocks,
    RandomAllocationRule,
    RandomPermutedBlocks,
    StratifiedBlocks,
    allocate,
    draw_sequences,
    enumerate_sequences,
)
from steps_analysis.randomisation.kernels import programs
from steps_analysis.randomisation.kernels.minimising import has_whole_scores
from steps_analysis.randomisation.kernels.numbers import numbers, root_of, uniforms
from steps_analysis.randomisation.kernels.programs import program_for
from steps_analysis.randomisation.procedures import (
    PROCEDURES,
    CountProcedure,
    n_arms,
)
from steps_analysis.randomness import Stream

FACTORS = ["site", "sex", "age"]
WHOLE = {"site": 3, "sex": 1, "age": 2}
PARTS = {"site": 0.1, "sex": 0.2, "age": 0.3}
COMPILED = {
    "complete": CompleteRandomisation(),
    "complete 2:1": CompleteRandomisation(ratio=(2, 1)),
    "rule": RandomAllocationRule(),
    "rule 1:3": RandomAllocationRule(ratio=(1, 3)),
    "blocks": PermutedBlocks(6),
    "blocks 2:1": PermutedBlocks(6, ratio=(2, 1)),
    "coin": EfronBiasedCoin(2 / 3),
    "certain coin": EfronBiasedCoin(1),
    "stick": BigStick(3),
    "strata": StratifiedBlocks(FACTORS, block_sizes=[4]),
    "strata 1:2": StratifiedBlocks(FACTORS, block_sizes=[3], ratio=(1, 2)),
} | {
    f"{imbalance}, {name}, {p}": Minimisation(
        FACTORS, imbalance=imbalance, weights=weights, p=p
    )
    for imbalance in ("range", "standard-deviation", "variance", "marginal-balance")
    for name, weights in (("equal", None), ("whole", WHOLE), ("parts", PARTS))
    for p in (0.8, 1)
}
WALKED = {
    "three arms": CompleteRandomisation(ratio=(1, 1, 1)),
    "three arms in blocks": RandomPermutedBlocks((3, 6), ratio=(1, 1, 1)),
    "three arms in strata": StratifiedBlocks(FACTORS, block_sizes=[3], ratio=(1, 1, 1)),
    "minimisation 2:1": Minimisation(FACTORS, ratio=(2, 1)),
    "minimisation of three arms": Minimisation(FACTORS, ratio=(1, 1, 1)),
}


def participants(n, seed=3):
    rng = np.random.default_rng(seed)
    return np.column_stack([rng.integers(0, levels, n) for levels in (14, 2, 3)])


def factors_of(procedure, n):
    return participants(n) if hasattr(procedure, "factors") else None


def plain_blocks(own, stratum, sizes, ratio):
    """Draw a block's size where it opens: two numbers a participant, one trial."""
    left, arms = {}, []
    for place, mine in enumerate(stratum):
        number, size_number = own[2 * place], own[2 * place + 1]
        if not any(left.get(mine, [0])):
            size = sizes[int((size_number + 0.5) / 2**31 * len(sizes))]
            left[mine] = [size // sum(ratio) * part for part in ratio]
        treatment, control = left[mine]
        treated = (number + 0.5) / 2**31 < treatment / (treatment + control)
        left[mine][0 if treated else 1] -= 1
        arms.append(int(treated))
    return arms


# --- by hand -------------------------------------------------------------------------


def test_blocks_with_sizes_drawn_by_hand():
    # Sizes 2 and 4, each half of the numbers. The first opens a block of 4 (upper
    # half) and takes treatment (below 1/2); then 1/3, 1/2 and certain; the fifth opens
    # a block of 2 (lower half). In between a size's number does not matter.
    low, high = 0, 2**31 - 1
    third = 2**31 // 3
    column = [low, high, third + 2, low, low, high, high, low, high, low, low, high]
    column = np.array(column, dtype=np.int32)[:, None]
    arms = np.empty((6, 1), dtype=np.int8)
    codes = np.empty((6, 0), dtype=np.int64)
    program_for(RandomPermutedBlocks((2, 4)), codes).take(column, arms)
    assert arms[:, 0].tolist() == [1, 0, 1, 0, 0, 1]


# --- properties: the naive twin is the walk ------------------------------------------


@pytest.mark.parametrize("n", [1, 12, 48, 96])
@pytest.mark.parametrize("procedure", COMPILED.values(), ids=COMPILED)
def test_loop_and_walk_take_the_same_arms(procedure, n):
    if isinstance(procedure, RandomAllocationRule):
        n = max(n, 4) // 4 * 4
    factors = factors_of(procedure, n)
    codes = np.empty((n, 0), dtype=np.int64) if factors is None else factors
    assert program_for(procedure, codes).is_compiled
    drawn = draw_sequences(procedure, n, 700, factors=factors, seed=5)
    own = numbers(root_of(5, Stream.ALLOCATION), 0, 700, n)
    walked = allocate(procedure, uniforms(own).T, factors=factors)
    assert (drawn == walked).all()


@pytest.mark.parametrize("procedure", WALKED.values(), ids=WALKED)
def test_what_no_loop_knows_is_walked_with_the_same_numbers(procedure):
    factors = factors_of(procedure, 24)
    codes = np.empty((24, 0), dtype=np.int64) if factors is None else factors
    assert not program_for(procedure, codes).is_compiled
    drawn = draw_sequences(procedure, 24, 50, factors=factors, seed=5)
    own = numbers(root_of(5, Stream.ALLOCATION), 0, 50, 24)
    walked = allocate(procedure, uniforms(own).T, factors=factors)
    assert (drawn == walked).all()


@pytest.mark.parametrize("sizes", [(2, 4), (4,), (2, 6, 8)])
@pytest.mark.parametrize("ratio", [(1, 1), (1, 3)])
def test_blocks_with_sizes_drawn_as_written(sizes, ratio):
    n, n_trials = 40, 300
    sizes = tuple(size * sum(ratio) // 2 for size in sizes)
    codes = participants(n)[:, :2]
    stratum = [tuple(row) for row in codes.tolist()]
    cases = [(RandomPermutedBlocks(sizes, ratio=ratio), None, [0] * n)]
    if len(sizes) > 1:
        strata = StratifiedBlocks(FACTORS[:2], block_sizes=sizes, ratio=ratio)
        cases.append((strata, codes, stratum))
    own = numbers(root_of(8, Stream.ALLOCATION), 0, n_trials, 2 * n)
    for procedure, factors, apart in cases:
        drawn = draw_sequences(procedure, n, n_trials, factors=factors, seed=8)
        for i in range(n_trials):
            assert drawn[i].tolist() == plain_blocks(own[:, i], apart, sizes, ratio)


@given(
    codes=st.lists(
        st.tuples(st.integers(0, 20), st.integers(0, 3)), min_size=1, max_size=30
    ),
    weights=st.tuples(
        *[st.one_of(st.integers(1, 400), st.floats(0.01, 50, allow_nan=False))] * 2
    ),
    imbalance=st.sampled_from(["range", "variance", "marginal-balance"]),
    p=st.floats(0.5, 1),
)
@settings(max_examples=60, deadline=None)
def test_minimisation_whatever_its_settings(codes, weights, imbalance, p):
    procedure = Minimisation(["a", "b"], weights=weights, imbalance=imbalance, p=p)
    codes = np.array(codes)
    drawn = draw_sequences(procedure, len(codes), 20, factors=codes, seed=1)
    own = numbers(root_of(1, Stream.ALLOCATION), 0, 20, len(codes))
    walked = allocate(procedure, uniforms(own).T, factors=codes)
    assert (drawn == walked).all()


def test_every_count_procedure_has_a_loop():
    codes = np.empty((8, 0), dtype=np.int64)
    listed = [*COMPILED.values(), *WALKED.values()]
    for procedure in listed:
        if isinstance(procedure, CountProcedure) and n_arms(procedure) == 2:
            assert program_for(procedure, codes).is_compiled
    assert {type(one) for one in listed} <= {*PROCEDURES.values()}


# --- edges ---------------------------------------------------------------------------


def test_a_table_too_long_is_walked(monkeypatch):
    before = draw_sequences(BigStick(2), 12, 9, seed=1)
    monkeypatch.setattr(programs, "_LONGEST_TABLE", 11)
    codes = np.empty((12, 0), dtype=np.int64)
    assert not program_for(BigStick(2), codes).is_compiled
    assert (draw_sequences(BigStick(2), 12, 9, seed=1) == before).all()


def test_scores_that_16_bits_cannot_hold_are_not_held_in_them():
    # One level, weight 400: 82 participants reach 32,800 and would turn the sign.
    heavy = Minimisation(["a"], weights=[400], imbalance="variance", p=0.5)
    assert has_whole_scores(heavy, n=81)
    assert not has_whole_scores(heavy, n=82)
    heavy = Minimisation(["site", "sex"], weights=(1e308, 1e308))
    assert not has_whole_scores(heavy, n=1)  # without a warning of overflow


@pytest.mark.parametrize(
    ("imbalance", "weight"), [("variance", 4e-10), ("standard-deviation", 6e-10)]
)
def test_scores_are_tied_where_the_walk_ties_them(imbalance, weight):
    # Both arms leave the same at the second one's site, where nobody was before. One
    # ahead of their sex scores 2 w (variance) or 1.41 w more: within 1e-9, a tie.
    procedure = Minimisation(
        ["site", "sex"], weights=[1, weight], imbalance=imbalance, p=1
    )
    factors = np.array([[0, 0], [1, 0]])
    drawn = draw_sequences(procedure, 2, 200, factors=factors, seed=1)
    own = numbers(root_of(1, Stream.ALLOCATION), 0, 200, 2)
    assert (drawn == allocate(procedure, uniforms(own).T, factors=factors)).all()
    assert 60 < (drawn[:, 0] == drawn[:, 1]).sum() < 140


# --- the law -------------------------------------------------------------------------


def test_loops_of_drawn_sizes_follow_the_law_of_the_walk():
    """Chi-square against the enumeration: mean k - 1, and its exact variance."""
    factors = np.array([[0], [1], [0], [0], [1], [0], [1], [1]])
    for procedure, levels in (
        (RandomPermutedBlocks((2, 4)), None),
        (StratifiedBlocks(["a"], block_sizes=(2, 4)), factors),
    ):
        listed = enumerate_sequences(procedure, 8, factors=levels)
        arms = draw_sequences(procedure, 8, 20_000, factors=levels, seed=13)
        counts = dict.fromkeys(listed, 0)
        for row in arms:
            counts["".join("BA"[one] for one in row)] += 1  # a KeyError: impossible
        share = np.array([*listed.values()])
        expected = share * len(arms)
        observed = np.array([*counts.values()])
        chi_square = ((observed - expected) ** 2 / expected).sum()
        k, m = len(listed), len(arms)
        variance = 2 * (k - 1) + ((1 / share).sum() - k**2 - 2 * k + 2) / m
        assert abs(chi_square - (k - 1)) < 4 * np.sqrt(variance)
