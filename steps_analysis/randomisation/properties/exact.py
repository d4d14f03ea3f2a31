"""What a procedure does, by the cheapest exact road there is."""

from __future__ import annotations

from typing import cast

from steps_analysis.errors import ArgumentError, refusal
from steps_analysis.randomisation.factors import Factors, level_codes
from steps_analysis.randomisation.parameters import check_whole
from steps_analysis.randomisation.procedures import (
    CountProcedure,
    Procedure,
    ratio_of,
)
from steps_analysis.randomisation.properties.blocks import (
    chain_of_blocks,
    random_block_chain,
)
from steps_analysis.randomisation.properties.chains import (
    Chain,
    by_step,
    final_imbalance,
    maximum_imbalance,
)
from steps_analysis.randomisation.properties.counts import two_arm_chain
from steps_analysis.randomisation.properties.enumeration import enumerated_properties
from steps_analysis.randomisation.properties.many_arms import many_arm_chain
from steps_analysis.randomisation.properties.results import ExactProperties
from steps_analysis.randomisation.properties.rows import row_chain
from steps_analysis.randomisation.properties.strata import (
    Stratified,
    stratified_properties,
)
from steps_analysis.randomisation.restricted.counts import ManyArmCounts
from steps_analysis.randomisation.restricted.hadamard import (
    BLOCK,
    Hadamard,
    hadamard_rows,
)
from steps_analysis.randomisation.restricted.random_blocks import RandomPermutedBlocks

MOST_PARTICIPANTS = 2_000
"""How many participants are followed at most: two million states of two arms."""


def exact_properties(
    procedure: Procedure, n: int, *, factors: Factors = None
) -> ExactProperties:
    """
    Say what a procedure does on average, without drawing.

    Parameters
    ----------
    procedure
        The procedure.
    n
        How many participants are planned, up to 2,000. More than two arms: as many as
        leave 1,000,000 states. A covariate-adaptive procedure: up to 20 (fewer for more
        arms), unless it has two arms and every stratum goes its own way.
    factors
        Levels of the n participants; needed by a covariate-adaptive procedure, and held
        fixed. See `level_codes`.

    Returns
    -------
    ExactProperties
        Imbalance at the end, on the way and at most, correct guesses, certainty and
        entropy.

    Raises
    ------
    ArgumentError
        If `n` is no whole number from 1, too large, or refused by the procedure.
    DataError
        If `factors` breaks its rules.

    Notes
    -----
    Sequences are not listed: the law of the counts is followed from participant to
    participant (about n^2 / 2 states). The largest imbalance comes from the same
    recursion, stopped where it leaves a band, for each width of the band. Under blocks
    of drawn sizes and under stratified blocks `deterministic_share` and `entropy` are
    those of one who knows the drawn sizes; `enumerated_properties` has them for one who
    does not. Under stratified blocks and coins the strata are independent, and their
    imbalances are added.

    Examples
    --------
    >>> from steps_analysis.randomisation import BigStick, EfronBiasedCoin
    >>> exact_properties(BigStick(2), 8).imbalance
    {-2: 0.25, 0: 0.5, 2: 0.25}
    >>> round(exact_properties(EfronBiasedCoin(2 / 3), 8).correct_guesses, 6)
    0.607939
    """
    if check_whole("n", n, least=1) > MOST_PARTICIPANTS:
        rule = f"be at most {MOST_PARTICIPANTS:,} for exact properties"
        hint = "simulate_balance estimates the same figures"
        raise ArgumentError(refusal("n", rule, n, hint=hint))
    codes = level_codes(procedure, factors, n=n)
    if isinstance(procedure, Stratified) and len(ratio_of(procedure)) == 2:
        return stratified_properties(procedure, codes)
    if isinstance(procedure, RandomPermutedBlocks):
        seen_by = "one who knows the drawn block sizes and all earlier arms"
        return _from_chain(procedure, n, random_block_chain(procedure, n), seen_by)
    seen_by = "one who knows the procedure and all earlier arms"
    if isinstance(procedure, Hadamard):
        chain = chain_of_blocks({BLOCK: row_chain(hadamard_rows())}, n)
        return _from_chain(procedure, n, chain, seen_by)
    if isinstance(procedure, CountProcedure):
        return _from_chain(procedure, n, _count_chain(procedure, n), seen_by)
    return enumerated_properties(procedure, n, factors=factors)


def _count_chain(procedure: CountProcedure, n: int) -> Chain:
    """Follow the counts of a procedure that is one function of them."""
    ratio = ratio_of(procedure)
    if len(ratio) == 2:
        return two_arm_chain(procedure, n, ratio=ratio)
    of_many = cast(ManyArmCounts, procedure)  # whatever has more arms has the method
    return many_arm_chain(of_many, n, ratio=ratio)


def _from_chain(
    procedure: Procedure, n: int, chain: Chain, seen_by: str
) -> ExactProperties:
    """Read a chain's properties."""
    return ExactProperties(
        procedure=procedure,
        n=n,
        imbalance=final_imbalance(chain),
        maximum_imbalance=maximum_imbalance(chain),
        by_step=by_step(chain),
        method=f"recursion over {len(chain.law):,} states",
        seen_by=seen_by,
    )
