"""
Drawing, exact properties, and the randomisation test, against Python, NumPy and SciPy.

Plain Python is the procedure as the papers state it, one participant after the other,
written here: other packages for minimisation are not among this project's dependencies.
"""

from __future__ import annotations

import random
from collections import Counter
from functools import partial

import numpy as np
from measuring import Row, compare, show
from scipy.stats import permutation_test

from steps_analysis.randomisation import (
    CompleteRandomisation,
    EfronBiasedCoin,
    LinearStatistic,
    Minimisation,
    RandomAllocationRule,
    RandomPermutedBlocks,
    StratifiedBlocks,
    draw_sequences,
    exact_properties,
    randomisation_test,
)

N, N_SEQUENCES, N_DRAWS, REPEATS = 80, 1_000, 9_999, 5
SEED = 20140618


def factors() -> np.ndarray:
    """Draw 80 participants' site (of 14), sex, age group and group of onset."""
    rng = np.random.default_rng(2)
    return np.column_stack([rng.integers(0, levels, N) for levels in (14, 2, 2, 2)])


def plain_minimisation(codes: np.ndarray) -> list[list[int]]:
    """Minimise on the range with p = 0.8, one participant after the other."""
    rng, drawn = random.Random(SEED), []
    people = [list(enumerate(row)) for row in codes.tolist()]
    for _ in range(N_SEQUENCES):
        ahead: Counter[tuple[int, int]] = Counter()
        arms = []
        for levels in people:
            # How far each margin would lie apart, if treated less if not.
            score = sum(
                abs(ahead[level] + 1) - abs(ahead[level] - 1) for level in levels
            )
            p = 0.5 if score == 0 else 0.2 if score > 0 else 0.8
            arm = int(rng.random() < p)
            for level in levels:
                ahead[level] += 2 * arm - 1
            arms.append(arm)
        drawn.append(arms)
    return drawn


def plain_blocks(codes: np.ndarray) -> list[list[int]]:
    """Shuffle blocks of four within each stratum."""
    rng, drawn = random.Random(SEED), []
    strata = [tuple(row) for row in codes[:, :2].tolist()]
    for _ in range(N_SEQUENCES):
        left: dict[tuple[int, ...], list[int]] = {}
        arms = []
        for stratum in strata:
            block = left.get(stratum)
            if not block:
                block = left[stratum] = [0, 0, 1, 1]
                rng.shuffle(block)
            arms.append(block.pop())
        drawn.append(arms)
    return drawn


def permuted_rows() -> np.ndarray:
    """Shuffle equal halves, a row at a time."""
    halves = np.tile(np.repeat([0, 1], N // 2), (N_SEQUENCES, 1))
    return np.random.default_rng(SEED).permuted(halves, axis=1)


def difference(one: np.ndarray, other: np.ndarray, axis: int = -1) -> np.ndarray:
    """Give the distance of two means, for SciPy."""
    return np.abs(one.mean(axis=axis) - other.mean(axis=axis))


def plain_recursion(p: float, n: int) -> tuple[float, float]:
    """Follow (treated, largest |D|) under Efron's coin; give E(D^2), E(max |D|)."""
    law = {(0, 0): 1.0}
    for done in range(n):
        after: dict[tuple[int, int], float] = {}
        for (treated, largest), chance in law.items():
            ahead = 2 * treated - done
            up = 0.5 if ahead == 0 else p if ahead < 0 else 1 - p
            for arm, share in ((1, up), (0, 1 - up)):
                now = treated + arm
                state = now, max(largest, abs(2 * now - done - 1))
                after[state] = after.get(state, 0.0) + chance * share
        law = after
    squared = sum(chance * (2 * t - n) ** 2 for (t, _), chance in law.items())
    return squared, sum(chance * most for (_, most), chance in law.items())


def exact_rows() -> list[Row]:
    """Time exact properties at n = 200, beside the recursion in plain Python; 1000."""
    coin, n = EfronBiasedCoin(2 / 3), 200
    ours, theirs = exact_properties(coin, n), plain_recursion(coin.p, n)
    if not np.allclose(
        [ours.expected_loss * n, ours.expected_maximum_imbalance], theirs, rtol=1e-9
    ):
        raise SystemExit(f"the recursions disagree: {ours} and {theirs}")
    rows = compare(
        f"exact properties, biased coin, n = {n}",
        lambda: exact_properties(coin, n),
        {"plain Python": lambda: plain_recursion(coin.p, n)},
        repeats=REPEATS,
    )
    by_what = {
        "fair coin, n = 200": (CompleteRandomisation(), 200),
        "fair coin, n = 1000": (CompleteRandomisation(), 1000),
        "biased coin, n = 1000": (coin, 1000),
        "random allocation rule, n = 1000": (RandomAllocationRule(), 1000),
        "blocks of 2, 4 or 6, n = 1000": (RandomPermutedBlocks([2, 4, 6]), 1000),
    }
    for what, (procedure, size) in by_what.items():
        rows += compare(
            f"exact properties, {what}",
            partial(exact_properties, procedure, size),
            {},
            repeats=REPEATS,
        )
    return rows


def check_imbalance(ours: np.ndarray, theirs: np.ndarray) -> None:
    """Stop if the two do not leave the same mean imbalance, within chance."""
    apart = [np.abs(2 * arms.sum(axis=1) - N) for arms in (ours, theirs)]
    error = np.sqrt(sum(one.var() / N_SEQUENCES for one in apart))
    if abs(apart[0].mean() - apart[1].mean()) > 4 * error:
        raise SystemExit(f"imbalances differ: {[one.mean() for one in apart]}")


def main() -> None:
    """Time all of it."""
    codes = factors()
    minimised = Minimisation(["site", "sex", "age", "onset"], p=0.8)
    blocks = StratifiedBlocks(["site", "sex"], block_sizes=[4])
    rule = RandomAllocationRule()
    outcome = np.random.default_rng(3).normal(size=N)
    scores = LinearStatistic(outcome)
    arm = draw_sequences(rule, N, 1, seed=SEED)[0]

    def our_test() -> float:
        test = randomisation_test(
            arm, rule, statistic=scores, n_draws=N_DRAWS, seed=SEED
        )
        return test.p_value

    def scipy_test() -> float:
        found = permutation_test(
            (outcome[arm == 1], outcome[arm == 0]),
            difference,
            n_resamples=N_DRAWS,
            alternative="greater",
            vectorized=True,
            rng=np.random.default_rng(SEED),
        )
        return float(found.pvalue)

    # Both estimate one p-value: four standard errors of their difference at most.
    ours, theirs = our_test(), scipy_test()
    error = (2 * ours * (1 - ours) / N_DRAWS) ** 0.5
    if abs(ours - theirs) > 4 * error:
        raise SystemExit(f"the tests disagree: {ours} and {theirs}")

    check_imbalance(
        draw_sequences(minimised, N, N_SEQUENCES, factors=codes, seed=SEED),
        np.array(plain_minimisation(codes)),
    )
    rows = compare(
        f"minimisation, 4 factors, {N_SEQUENCES:,} x {N}",
        lambda: draw_sequences(minimised, N, N_SEQUENCES, factors=codes, seed=SEED),
        {"plain Python": lambda: plain_minimisation(codes)},
        repeats=REPEATS,
    )
    rows += compare(
        f"blocks of 4 in 28 strata, {N_SEQUENCES:,} x {N}",
        lambda: draw_sequences(blocks, N, N_SEQUENCES, factors=codes[:, :2], seed=SEED),
        {"plain Python": lambda: plain_blocks(codes)},
        repeats=REPEATS,
    )
    rows += compare(
        f"random allocation rule, {N_SEQUENCES:,} x {N}",
        lambda: draw_sequences(rule, N, N_SEQUENCES, seed=SEED),
        {"numpy Generator.permuted": permuted_rows},
        repeats=REPEATS,
    )
    rows += compare(
        f"randomisation test, {N_DRAWS:,} draws, n = {N}",
        our_test,
        {"scipy permutation_test": scipy_test},
        repeats=REPEATS,
    )
    rows += exact_rows()
    show(
        f"Randomisation of {N} participants",
        rows,
        [
            "The last compares the one procedure SciPy knows (fixed totals); ours "
            "redraws any procedure.",
            "Exact properties: the whole answer, the largest imbalance included; plain "
            "Python gives two of its figures.",
            "Ours opens one stream per sequence, so that sequence i is the same "
            "however many are drawn; the peers do not.",
        ],
    )


if __name__ == "__main__":
    main()
