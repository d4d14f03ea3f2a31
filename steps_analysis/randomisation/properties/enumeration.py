"""Every sequence of a small trial: any procedure, and what anybody can see."""

from __future__ import annotations

from steps_analysis.errors import ArgumentError, refusal
from steps_analysis.randomisation.factors import Factors, level_codes
from steps_analysis.randomisation.parameters import check_whole
from steps_analysis.randomisation.procedures import Procedure, ratio_of
from steps_analysis.randomisation.properties.judging import unit_of
from steps_analysis.randomisation.properties.replaying import (
    following,
    judge,
    record,
)
from steps_analysis.randomisation.properties.results import ExactProperties
from steps_analysis.randomisation.properties.tallies import Tally
from steps_analysis.randomisation.sequences import (
    longest_enumeration,
    possible_sequences,
)

_CHUNK = 4096  # sequences judged side by side; bounds the memory


def enumerated_properties(
    procedure: Procedure, n: int, *, factors: Factors = None
) -> ExactProperties:
    """
    Judge a procedure by all its sequences.

    Parameters
    ----------
    procedure
        Any procedure.
    n
        How many participants are planned, from 1 to 20 (fewer for more arms).
    factors
        Levels of the n participants; needed by a covariate-adaptive procedure, and held
        fixed. See `level_codes`.

    Returns
    -------
    ExactProperties
        Certainty and entropy are those of somebody who knows the procedure, the factors
        and all earlier arms, but no edge of a drawn block.

    Raises
    ------
    ArgumentError
        If `n` is no whole number from 1, or there would be more than 2^20 sequences.
    DataError
        If `factors` breaks its rules.

    Examples
    --------
    Blocks of two or four: the second of a pair is certain only for one who knows that
    its block holds two.

    >>> from steps_analysis.randomisation import RandomPermutedBlocks, exact_properties
    >>> blocks = RandomPermutedBlocks([2, 4])
    >>> enumerated_properties(blocks, 2).deterministic_share
    0.0
    >>> exact_properties(blocks, 2).deterministic_share
    0.25
    """
    check_whole("n", n, least=1)
    codes = level_codes(procedure, factors, n=n)
    longest = longest_enumeration(procedure)
    if n > longest:
        rule = f"be at most {longest} where every sequence is gone through"
        hint = "simulate_balance estimates the same figures"
        raise ArgumentError(refusal("n", rule, n, hint=hint))
    arms, chances = possible_sequences(procedure, codes)
    ratio, tally = ratio_of(procedure), Tally(n, total=1.0)
    for first in range(0, len(arms), _CHUNK):
        part = slice(first, first + _CHUNK)
        now, weights = arms[part], chances[part]
        seen = record(procedure, following(now), codes=codes, n_sequences=len(now))
        tally.add(judge(seen, ratio, weights), weights)
    return ExactProperties(
        procedure=procedure,
        n=n,
        imbalance=tally.imbalance(unit_of(ratio)),
        maximum_imbalance=tally.maximum_imbalance(unit_of(ratio)),
        by_step=tally.by_step(),
        method=f"all {len(arms):,} possible sequences",
        seen_by="one who knows the procedure and all earlier arms",
    )
