"""
Drawing, exact properties, and the randomisation test.

First beside plain compiled loops with the same numbers, on one core: what going through
many trials at once gains is a ratio by which machines can be compared. Then beside
NumPy and SciPy, and R's packages where R is there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from tempfile import TemporaryDirectory

import in_r
import numpy as np
import scalars
from measuring import Row, alone, compare, peak_memory, show
from scipy.stats import permutation_test

from steps_analysis.randomisation import (
    BigStick,
    CompleteRandomisation,
    EfronBiasedCoin,
    LinearStatistic,
    Minimisation,
    PermutedBlocks,
    RandomAllocationRule,
    RandomPermutedBlocks,
    draw_sequences,
    exact_properties,
    randomisation_test,
)
from steps_analysis.randomisation.kernels.fresh import draw_fresh_imbalances
from steps_analysis.randomisation.kernels.imbalances import Imbalances, draw_imbalances
from steps_analysis.randomisation.kernels.minimising import minimisation_thresholds
from steps_analysis.randomisation.kernels.numbers import root_of, thresholds
from steps_analysis.randomisation.kernels.profiles import Profiles, alias_table
from steps_analysis.randomness import Stream

N, N_TRIALS, REPEATS = 200, 200_000, 5
FEWER = N_TRIALS // 4  # where the plain loop is slow
SEED = 20140618
ALLOCATION = {"stream": Stream.ALLOCATION, "seed": SEED}
ROOT = root_of(SEED, Stream.ALLOCATION)
FACTORS = ["site", "sex", "age", "onset"]
NOBODY = np.empty((N, 0), dtype=np.int64)
COUNTING = {
    "complete": CompleteRandomisation(),
    "random allocation rule": RandomAllocationRule(),
    "blocks of 4": PermutedBlocks(4),
    "Efron's coin": EfronBiasedCoin(2 / 3),
    "big stick": BigStick(3),
}
Case = tuple[str, int, Callable[[], object], Callable[[], object]]


def participants() -> np.ndarray:
    """Draw 200 participants' site (of 14), sex, age group (of 2) and onset (of 3)."""
    rng = np.random.default_rng(2)
    return np.column_stack([rng.integers(0, levels, N) for levels in (14, 2, 2, 3)])


def table_of(procedure: BigStick) -> np.ndarray:
    """Tabulate the thresholds of a procedure of the counts."""
    table = np.full((N, N + 1), -1, dtype=np.int32)
    for row in range(N):
        treated = np.arange(row + 1)
        chance = procedure.probability(treated, row - treated, N)
        table[row, : row + 1] = thresholds(chance)
    return table


def beside_plain_loops() -> Iterator[Case]:
    """Name what is done, how many trials, and do it in our way and in the plain one."""
    for name, procedure in COUNTING.items():
        table, out = table_of(procedure), np.empty((3, N_TRIALS), dtype=np.int32)
        yield (
            f"{name}, summaries",
            N_TRIALS,
            lambda one=procedure: draw_imbalances(one, NOBODY, N_TRIALS, **ALLOCATION),
            lambda t=table, o=out: plain(scalars.by_table, ROOT, t, N_TRIALS, o),
        )
    shape = N_TRIALS, N
    yield (
        "big stick, arms kept",
        N_TRIALS,
        lambda: draw_sequences(BigStick(3), N, N_TRIALS, seed=SEED),
        lambda: plain(
            scalars.by_table_kept, ROOT, table, N_TRIALS, np.empty(shape, dtype=np.int8)
        ),
    )
    sizes = np.array([2, 4, 6])
    drawn = RandomPermutedBlocks(tuple(sizes.tolist()))
    yield (
        "blocks of 2, 4, 6 drawn, summaries",
        N_TRIALS,
        lambda: draw_imbalances(drawn, NOBODY, N_TRIALS, **ALLOCATION),
        lambda: plain(scalars.by_drawn_blocks, ROOT, sizes, N, N_TRIALS, out),
    )
    yield from minimising()


def minimising() -> Iterator[Case]:
    """Minimise with four factors, the same participants in every trial and fresh."""
    codes, minimised = participants(), Minimisation(FACTORS)
    edges = np.concatenate([[0], np.cumsum(codes.max(axis=0) + 1)])
    rows, n_rows = codes + edges[:-1], int(edges[-1])
    limits = minimisation_thresholds(minimised).astype(np.int64)
    out = np.empty((3, FEWER), dtype=np.int32)
    yield (
        "minimisation, 4 factors, summaries",
        FEWER,
        lambda: draw_imbalances(minimised, codes, FEWER, **ALLOCATION),
        lambda: plain(scalars.by_margins, ROOT, rows, n_rows, limits, FEWER, out),
    )
    shares = np.random.default_rng(4).dirichlet(np.ones(N))
    profiles = Profiles(levels=codes, probability=shares)
    children = root_of(SEED, Stream.CHILDREN), alias_table(profiles.probability)
    fresh = ROOT, *children, rows, n_rows, limits, N, FEWER, out
    yield (
        "the same, fresh participants",
        FEWER,
        lambda: draw_fresh_imbalances(minimised, profiles, N, FEWER, **ALLOCATION),
        lambda: plain(scalars.by_fresh_margins, *fresh),
    )


def plain(loop: Callable[..., None], *arguments: object) -> np.ndarray:
    """Run a plain loop and give what it wrote: its last argument."""
    loop(*arguments)
    return arguments[-1]


def check_same(what: str, ours: object, theirs: np.ndarray) -> None:
    """Stop unless both drew the same arms."""
    if isinstance(ours, Imbalances):
        ours = np.stack([ours.final, ours.largest, ours.n_level])
    if not np.array_equal(ours, theirs):
        raise SystemExit(f"the arms differ: {what}")


def of_the_test() -> list[Row]:
    """Time 100,000 allocations drawn again, and SciPy's permutation of fixed totals."""
    codes, scores = participants(), np.random.default_rng(3).normal(size=N)
    minimised, rule = Minimisation(FACTORS), RandomAllocationRule()
    arm = draw_sequences(minimised, N, 1, factors=codes, seed=SEED)[0]
    linear = LinearStatistic(scores)
    rows = compare(
        f"test, minimisation, 100,000 draws of {N}",
        lambda: randomisation_test(
            arm, minimised, statistic=linear, factors=codes, n_draws=100_000, seed=SEED
        ),
        {},
        repeats=REPEATS,
    )
    equal = draw_sequences(rule, N, 1, seed=SEED)[0]
    groups = scores[equal == 1], scores[equal == 0]

    def ours() -> float:
        options = {"statistic": linear, "n_draws": 9_999, "seed": SEED}
        return randomisation_test(equal, rule, **options).p_value

    def scipy_test() -> float:
        options = {"n_resamples": 9_999, "alternative": "greater", "vectorized": True}
        rng = np.random.default_rng(SEED)
        return permutation_test(groups, difference, rng=rng, **options).pvalue

    # Both estimate one p-value: four standard errors of their difference at most.
    apart, share = abs(ours() - scipy_test()), ours()
    if apart > 4 * (2 * share * (1 - share) / 9_999) ** 0.5:
        raise SystemExit(f"the tests disagree by {apart}")
    peers = {"scipy permutation_test": scipy_test}
    return rows + compare("test, fixed totals, 9,999", ours, peers, repeats=REPEATS)


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


def shuffled_rows() -> np.ndarray:
    """Shuffle equal halves, a row at a time."""
    halves = np.tile(np.repeat(np.array([0, 1], dtype=np.int8), N // 2), (FEWER, 1))
    return np.random.default_rng(SEED).permuted(halves, axis=1)


def beside_r(rows: list[Row]) -> tuple[list[Row], list[str]]:
    """Time R's packages with fewer trials, and scale up to ours."""
    jobs = {
        "randomizeR": ("Efron's coin, summaries", N_TRIALS, 1_000),
        "carat": ("the same, fresh participants", FEWER, 500),
        "Minirand": ("minimisation, 4 factors, summaries", FEWER, 5),
    }
    found, notes, ours = [], [], {row.what: row.ours for row in rows}
    for package, (what, n_trials, fewer) in jobs.items():
        each, why_not = in_r.seconds_per_trial(package, n=N, trials=fewer)
        if why_not:
            notes.append(f"{package}: not timed ({why_not}).")
            continue
        theirs = each * n_trials
        found.append(Row(what=what, ours=ours[what], peer=package, theirs=theirs))
    return found, notes


def of_many() -> None:
    """Draw ten million trials of 80 and print the time and the memory at its peak."""
    nobody = np.empty((80, 0), dtype=np.int64)
    job = compare(
        "10,000,000 x 80, summaries",
        lambda: draw_imbalances(BigStick(3), nobody, 10_000_000, **ALLOCATION),
        {},
        repeats=1,
    )
    print(job[0].ours, peak_memory())


FIRST_DRAW = """
from time import perf_counter
from steps_analysis.randomisation import Minimisation, draw_sequences
import numpy as np
codes, began = np.zeros((80, 1), dtype=np.int64), perf_counter()
draw_sequences(Minimisation(["site"]), 80, 100, factors=codes, seed=1)
print(perf_counter() - began)
"""


def of_processes() -> tuple[list[Row], list[str]]:
    """Time what needs a process of its own: memory, and a first draw."""
    words = alone("import randomisation; randomisation.of_many()")
    rows = [Row(what="10,000,000 x 80, summaries", ours=float(words[0]))]
    with TemporaryDirectory() as folder:
        for what in ("first draw on a machine", "first draw of a process"):
            pause = float(alone(FIRST_DRAW, NUMBA_CACHE_DIR=folder)[0])
            rows.append(Row(what=f"{what}, minimisation", ours=pause))
    return rows, [f"10,000,000 x 80: {float(words[1]):,.0f} MB at its peak."]


def main() -> None:
    """Time all of it."""
    rows, speeds = [], []
    for what, n_trials, ours, theirs in beside_plain_loops():
        check_same(what, ours(), theirs())
        found = compare(what, ours, {"plain loop": theirs}, repeats=REPEATS)
        rows += found
        speeds.append(f"{what}: {n_trials * N / found[0].ours / 1e9:.2f}")
    rule = COUNTING["random allocation rule"]
    rows += compare(
        f"random allocation rule, {FEWER:,} kept",
        lambda: draw_sequences(rule, N, FEWER, seed=SEED),
        {"numpy Generator.permuted": shuffled_rows},
        repeats=REPEATS,
    )
    rows += of_the_test()
    rows += exact_rows()
    in_r_rows, why_not = beside_r(rows)
    other_rows, memory = of_processes()
    notes = [
        "Plain loop: compiled, one participant after the other, the same numbers.",
        "SciPy's is the one procedure it knows (fixed totals); ours redraws any.",
        "R's packages are timed on fewer trials, scaled up.",
        "Exact properties: the whole answer, the largest imbalance included; plain "
        "Python gives two of its figures.",
        *why_not,
        *memory,
        "Allocations per second, in 10^9:",
        *speeds,
    ]
    title = f"Randomisation of {N} participants, {N_TRIALS:,} trials or {FEWER:,}"
    show(title, [*rows, *in_r_rows, *other_rows], notes)


if __name__ == "__main__":
    main()
