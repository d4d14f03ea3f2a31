"""How families might be allocated: procedures compared for the protocol at hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pandas as pd

from steps_analysis.errors import ArgumentError, refusal
from steps_analysis.evaluation.procedure_words import named
from steps_analysis.protocol import Protocol
from steps_analysis.randomisation import (
    BigStick,
    CompleteRandomisation,
    EfronBiasedCoin,
    Minimisation,
    PermutedBlocks,
    Procedure,
    RandomPermutedBlocks,
    Recommendation,
    StratifiedBlocks,
    compare,
    from_spec,
    recommend,
)
from steps_analysis.simulation import draw_trial

MOST_FAMILIES = 10_000
"""How many families are compared at most: a trial across boroughs, not a register."""
N_CROWDS = 10
"""How many synthetic trials lend their families to a comparison."""
_TRIES = 10  # trials drawn for each that is wanted: some run out of families


@dataclass(frozen=True, slots=True, kw_only=True)
class AllocationComparison:
    """
    Procedures compared on the same synthetic families.

    Attributes
    ----------
    protocol
        The protocol.
    n
        How many families.
    procedures
        The procedures, by the words they are named by.
    table
        What was measured and the score; see `steps_analysis.randomisation.compare`.
    recommendation
        The procedure with the highest score, and why.
    in_protocol
        The name of the procedure the protocol states; None where it states none, or it
        was not compared.
    n_draws
        How many sequences each procedure drew.
    seed
        The seed.
    stamp
        What must stand on everything made of synthetic families.
    """

    protocol: Protocol = field(repr=False)
    n: int
    procedures: Mapping[str, Procedure]
    table: pd.DataFrame = field(repr=False)
    recommendation: Recommendation
    in_protocol: str | None
    n_draws: int
    seed: int
    stamp: str


def compare_allocation(
    protocol: Protocol,
    *,
    n: int | None = None,
    procedures: Sequence[Procedure] | None = None,
    weights: Mapping[str, float] | None = None,
    n_draws: int = 2_000,
    seed: int | None = None,
) -> AllocationComparison:
    """
    Compare how families of a trial might be allocated.

    Parameters
    ----------
    protocol
        The protocol: its sites, factors, ratio and procedure.
    n
        How many families; None for the planned number.
    procedures
        The procedures; None for `candidates`.
    weights
        Weight of each criterion; those left out keep their own.
    n_draws
        How many sequences each procedure draws, over all synthetic trials together.
    seed
        The seed; None for the protocol's.

    Returns
    -------
    AllocationComparison
        What was measured, the recommendation and where it came from.

    Raises
    ------
    ArgumentError
        If a number is impossible, no number is given and the protocol plans none, or a
        procedure looks at a factor the trial does not have.

    Examples
    --------
    >>> from steps_analysis.protocol import load_protocol
    >>> found = compare_allocation(load_protocol(), n=12, n_draws=40)
    >>> found.recommendation.procedure in found.procedures
    True
    """
    families = planned(protocol, n)
    chosen = candidates(protocol) if procedures is None else procedures
    by_name = named(chosen, protocol)
    if len(by_name) < len(chosen):
        rule = "differ from one another"
        raise ArgumentError(refusal("procedures", rule, [*map(repr, chosen)]))
    start = protocol.analysis.seed if seed is None else seed
    n_crowds = min(N_CROWDS, max(1, n_draws // 2))
    people, stamp = synthetic_families(protocol, families, n_crowds, seed=start)
    table = compare(
        by_name, families, weights=weights, factors=people, n_draws=n_draws, seed=start
    )
    return AllocationComparison(
        protocol=protocol,
        n=families,
        procedures=by_name,
        table=table,
        recommendation=recommend(table, weights=weights),
        in_protocol=_in_protocol(protocol, by_name),
        n_draws=n_draws // n_crowds * n_crowds,
        seed=start,
        stamp=stamp,
    )


def planned(protocol: Protocol, n: int | None) -> int:
    """
    Say how many families are to be allocated.

    Parameters
    ----------
    protocol
        The protocol.
    n
        How many are asked about; None for the planned number.

    Returns
    -------
    int
        The number.

    Raises
    ------
    ArgumentError
        If none is given and the protocol plans none, or there are too many.

    Examples
    --------
    >>> from steps_analysis.protocol import load_protocol
    >>> planned(load_protocol(), None), planned(load_protocol(), 40)
    (80, 40)
    """
    families = protocol.trial.planned_n if n is None else n
    if families is None:
        rule = "be given where the protocol plans no number of families"
        raise ArgumentError(refusal("n", rule, n))
    if isinstance(families, int) and families > MOST_FAMILIES:
        raise ArgumentError(refusal("n", f"be at most {MOST_FAMILIES:,}", n))
    return families


def synthetic_families(
    protocol: Protocol, n: int, n_crowds: int, *, seed: int
) -> tuple[list[pd.DataFrame], str]:
    """
    Draw the factors of families, in the order they might come.

    Parameters
    ----------
    protocol
        The protocol.
    n
        How many families in each crowd.
    n_crowds
        How many crowds.
    seed
        The seed.

    Returns
    -------
    tuple of list of pandas.DataFrame and str
        One table a crowd, with one column for each of the protocol's factors; and the
        stamp of synthetic data.

    Raises
    ------
    ArgumentError
        If too few trials of ten drawn for each crowd find so many families.

    Notes
    -----
    A synthetic trial that ran out of families before it had `n` is passed over.

    Examples
    --------
    >>> from steps_analysis.protocol import load_protocol
    >>> crowds, _ = synthetic_families(load_protocol(), 12, 2, seed=1)
    >>> [crowd.shape for crowd in crowds]
    [(12, 4), (12, 4)]
    """
    names = [factor.name for factor in protocol.factors]
    tables: list[pd.DataFrame] = []
    for i in range(_TRIES * n_crowds):
        trial = draw_trial(protocol, "null", n=n, trial=i, seed=seed)
        families = dict(trial.tables())["participants"][names]
        if len(families) == n:
            tables.append(families)
        if len(tables) == n_crowds:
            return tables, str(trial.stamp)
    rule = "be a number of families that synthetic trials reach"
    raise ArgumentError(refusal("n", rule, n))


def candidates(protocol: Protocol) -> list[Procedure]:
    """
    List procedures worth a comparison for a protocol.

    Parameters
    ----------
    protocol
        The protocol.

    Returns
    -------
    list of Procedure
        The one it states, where it does; the coin toss, blocks, biased coins, blocks
        within sites and minimisation, in its ratio where they have one.

    Examples
    --------
    >>> from steps_analysis.protocol import load_protocol
    >>> len(candidates(load_protocol()))
    9
    """
    ratio = tuple(arm.share for arm in protocol.arms)
    unit = sum(ratio)
    factors = tuple(factor.name for factor in protocol.factors)
    found: list[Procedure] = [
        CompleteRandomisation(ratio=ratio),
        PermutedBlocks(2 * unit, ratio=ratio),
        RandomPermutedBlocks((unit, 2 * unit, 3 * unit), ratio=ratio),
    ]
    if len({*ratio}) == 1:
        found += [BigStick(3), EfronBiasedCoin(2 / 3)]
    if "site" in factors:
        sizes = (unit, 2 * unit)
        found.append(StratifiedBlocks(("site",), block_sizes=sizes, ratio=ratio))
    if factors:
        found += [Minimisation(factors, p=p, ratio=ratio) for p in (0.7, 0.8, 0.9)]
    if protocol.allocation["procedure"] != "not_stated":
        stated = from_spec(protocol.allocation)
        found = [stated, *(one for one in found if one != stated)]
    return found


def _in_protocol(protocol: Protocol, by_name: Mapping[str, Procedure]) -> str | None:
    """Find the protocol's own procedure among those compared, setting by setting."""
    if protocol.allocation["procedure"] == "not_stated":
        return None
    own = from_spec(protocol.allocation)
    return next((name for name, one in by_name.items() if one == own), None)
