"""
Protecting and attacking a table of 14 boroughs by 6 years.

`protect` is set against the usual way (hide what is small, then the next smallest of
its line), which is fast and not safe; `audit` against an attacker of two linear
programs per hidden figure, written here with scipy's `linprog`.
"""

from __future__ import annotations

from collections.abc import Callable
from statistics import fmean

import numpy as np
import pandas as pd
from measuring import Row, compare, show
from scipy.optimize import linprog

from steps_analysis.disclosure import (
    Release,
    audit,
    protect,
)
from steps_analysis.evaluation.leaks import next_smallest

N_AREAS, N_YEARS, REPEATS = 14, 6, 7
RULE, KEY, MEAN = "threshold(6)", "a published key", 9


def release_of(seed: int) -> Release:
    """Draw a table with its totals."""
    drawn = np.random.default_rng(seed).poisson(MEAN, (N_AREAS, N_YEARS))
    index = [f"Borough {i:02d}" for i in range(N_AREAS)]
    columns = [str(2010 + j) for j in range(N_YEARS)]
    counts = pd.DataFrame(drawn, index=index, columns=columns)
    return Release().add_table("referrals", counts)


def attacked_by_programs(public: Release) -> list[tuple[float, float]]:
    """Find the least and greatest of each hidden figure, two programs for each."""
    (table,) = public.tables
    value, cells = table.values(), list(table.cells())
    place = {cell: i for i, cell in enumerate(cells)}
    equations = np.zeros((0, len(cells)))
    for total, parts in table.sums():
        row = np.zeros((1, len(cells)))
        row[0, place[total]] = -1
        row[0, [place[part] for part in parts]] = 1
        equations = np.vstack([equations, row])
    bounds = [(1, None) if c in public.hidden else (value[c],) * 2 for c in cells]
    found = []
    for cell in sorted(public.hidden):
        ends = []
        for sign in (1, -1):
            cost = np.zeros(len(cells))
            cost[place[cell]] = sign
            answer = linprog(
                cost, A_eq=equations, b_eq=np.zeros(len(equations)), bounds=bounds
            )
            ends.append(sign * answer.fun)
        found.append((ends[0], ends[1]))
    return found


def check_attackers(public: Release) -> None:
    """Stop if the two attackers do not find the same."""
    possible = audit(public)
    for cell, ends in zip(
        sorted(public.hidden), attacked_by_programs(public), strict=True
    ):
        ours = possible.possible(cell)
        np.testing.assert_allclose(ends, (ours.lower, ours.upper), atol=1e-6)


def verdict(name: str, made: Callable[[Release], Release]) -> str:
    """Count over 20 tables how often a way is safe, and what it hides."""
    public = [made(release_of(seed)) for seed in range(20)]
    safe = sum(audit(one).safe for one in public)
    hidden = fmean(len(one.hidden) for one in public)
    return (
        f"{name}: safe for {safe} of 20 tables, {hidden:.1f} figures hidden on average"
    )


def main() -> None:
    """Check the attackers against each other, then time both halves."""
    release = release_of(1)

    def ours(one: Release) -> Release:
        return protect(one, RULE, key=KEY)

    def usual(one: Release) -> Release:
        return next_smallest(one, RULE)

    public = ours(release)
    check_attackers(public)
    rows: list[Row] = compare(
        "protect",
        lambda: ours(release),
        {"next smallest (not safe)": lambda: usual(release)},
        repeats=REPEATS,
    )
    rows += compare(
        "audit",
        lambda: audit(public),
        {"scipy linprog, 2 a figure": lambda: attacked_by_programs(public)},
        repeats=REPEATS,
    )
    rows += compare(
        "protect + audit", lambda: audit(ours(release)), {}, repeats=REPEATS
    )
    show(
        f"{N_AREAS} boroughs x {N_YEARS} years with totals, rule {RULE}, "
        f"{len(public.hidden)} figures hidden",
        rows,
        [
            verdict("protect", ours),
            verdict("next smallest", usual),
            "Both attackers were checked to find the same limits.",
        ],
    )


if __name__ == "__main__":
    main()
