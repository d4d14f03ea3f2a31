"""Are a thousand random releases safe, and do they hide little more than they must?

Sparse and dense tables, nested periods, rates and percentages, cubes, and second
editions beside a first; each protected under a random rule and attacked as it is
printed, by an outsider or by everyone a rule can list.
"""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import Any

import numpy as np
import pandas as pd

from steps_analysis.disclosure import (
    Percentage,
    Profile,
    Rate,
    Release,
    audit,
    dfe_cin,
    from_spec,
    protect,
    strict,
    threshold,
)

RELEASES, SEED = 1_000, 20140618
RULES: tuple[Profile, ...] = (dfe_cin, strict, threshold(6), threshold(5))
EVERYONE = ["outsider", "site", "family"]
MOST = 0.1  # loss above the least there is


def table(rng: np.random.Generator, mean: float) -> pd.DataFrame:
    """Draw a table of sites by quarters."""
    sites, quarters = int(rng.integers(2, 9)), 4 * int(rng.integers(1, 3))
    size = rng.gamma(2, mean / 2, (sites, 1))
    return pd.DataFrame(
        rng.poisson(size, (sites, quarters)),
        index=[f"Borough {i}" for i in range(sites)],
        columns=[f"{2012 + j // 4} Q{j % 4 + 1}" for j in range(quarters)],
    )


def plain(rng: np.random.Generator, mean: float) -> Release:
    """Make one table with its totals."""
    return Release().add_table("quarters", table(rng, mean))


def nested(rng: np.random.Generator, mean: float) -> Release:
    """Put years beside their quarters."""
    counts = table(rng, mean)
    years: dict[str, list[str]] = {}
    for quarter in counts:
        years.setdefault(str(quarter)[:4], []).append(str(quarter))
    release = Release().add_table("quarters", counts)
    return release.add_sums("years", "quarters", columns=years)


def derived(rng: np.random.Generator, mean: float) -> Release:
    """Add rates and percentages to a table."""
    counts = table(rng, mean)
    people = pd.Series(
        rng.integers(8_000, 40_000, len(counts)).tolist(), index=counts.index
    )
    release = Release().add_table("quarters", counts)
    release = release.add_derived("rates", "quarters", Rate(denominator=people))
    return release.add_derived("shares", "quarters", Percentage(of="row"))


def cube(rng: np.random.Generator, mean: float) -> Release:
    """Make sites by periods by sources, with all margins."""
    shape = [int(n) for n in rng.integers(2, 4, 3)]
    index = pd.MultiIndex.from_product(
        [
            [f"{letter}{i}" for i in range(n)]
            for letter, n in zip("sqt", shape, strict=True)
        ],
        names=["site", "quarter", "source"],
    )
    counts = pd.Series(rng.poisson(mean, len(index)), index=index)
    return Release().add_cube("counts", counts)


KINDS: dict[str, tuple[Callable[[np.random.Generator, float], Release], float]] = {
    "sparse": (plain, 1.5),
    "dense": (plain, 9.0),
    "nested": (nested, 4.0),
    "rates and percentages": (derived, 5.0),
    "three dimensions": (cube, 5.0),
}


def second_edition(rng: np.random.Generator, rule: Profile) -> Release:
    """Publish the first half of the quarters, then all of them beside it."""
    counts = table(rng, 6.0)
    first = counts.iloc[:, : counts.shape[1] // 2]
    earlier = protect(Release().add_table("quarters", first), rule, key="the first")
    return Release().add_table("quarters", counts).add_edition(earlier)


def drawn(i: int) -> tuple[str, Release, Profile]:
    """Draw the i-th release with its rule."""
    rng = np.random.default_rng(np.random.SeedSequence(SEED, spawn_key=(i,)))
    rule = RULES[int(rng.integers(len(RULES)))]
    if rng.random() < 0.5:
        rule = from_spec({"profile": rule.name, "attackers": EVERYONE})
    names = [*KINDS, "second edition"]
    kind = names[i % len(names)]
    if kind == "second edition":
        return kind, second_edition(rng, rule), rule
    make, mean = KINDS[kind]
    return kind, make(rng, mean), rule


def outcome(i: int) -> dict[str, Any]:
    """Protect and attack the i-th release."""
    kind, release, rule = drawn(i)
    public = protect(release, rule, key=f"key {i}")
    proof = public.proof
    page = public.page()
    value = page.structure.value
    all_hidden = int(value[~page.reading.is_small & ~page.reading.is_public].sum())
    return {
        "kind": kind,
        "safe": audit(public).safe,
        "withheld": bool(public.withheld),
        "optimal": proof is not None and proof.is_optimal,
        "gap": 0.0 if proof is None else proof.gap,
        "linear only": 0 if proof is None else len(proof.linear_only),
        "share": 0.0 if proof is None or not all_hidden else proof.loss / all_hidden,
    }


def random_releases(n: int = RELEASES) -> dict[str, Any]:
    """
    Protect and attack many random releases.

    Parameters
    ----------
    n
        How many.

    Returns
    -------
    dict
        How many were safe, withheld and proven optimal, by kind.
    """
    context = get_context("spawn")  # no solver is handed on
    with ProcessPoolExecutor(mp_context=context) as pool:
        found = list(pool.map(outcome, range(n), chunksize=5))
    by_kind = {}
    for kind in dict.fromkeys(one["kind"] for one in found):
        own = [one for one in found if one["kind"] == kind]
        shown = [one for one in own if not one["withheld"]]
        count = Counter(
            flag for one in own for flag in ("safe", "withheld", "optimal") if one[flag]
        )
        by_kind[kind] = {
            "releases": len(own),
            "safe": count["safe"],
            "withheld in part or whole": count["withheld"],
            "proven to lose least": count["optimal"],
            "largest gap": round(max(one["gap"] for one in own), 4),
            "cells with a linear proof only": sum(one["linear only"] for one in own),
            "mean share of what hiding everything loses": round(
                float(np.mean([one["share"] for one in shown])) if shown else 0.0, 3
            ),
        }
    return {
        "question": "Are random releases safe, and do they hide little more than "
        "they must?",
        "releases": n,
        "safe": sum(one["safe"] for one in found),
        "within 10 % of the least loss": sum(one["gap"] <= MOST for one in found),
        "by kind": by_kind,
    }
