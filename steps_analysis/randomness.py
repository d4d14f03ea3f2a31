"""
Where every random number comes from.

One integer seed, and streams of it named by purpose. A stream's child ``i`` belongs to
replicate ``i``, so results do not depend on order, chunks or the number of workers.
Real allocation never draws from here: its secret lives in the ledger.
"""

from __future__ import annotations

from enum import IntEnum, unique

import numpy as np

from steps_analysis.errors import ArgumentError, refusal


@unique
class Stream(IntEnum):
    """
    What a draw is for.

    Append only: a new purpose must leave the numbers of the others alone.

    Attributes
    ----------
    SITES
        Pseudonymous sites: their ring, population and place in the list.
    REFERRALS
        When, where and from whom referrals come.
    CHILDREN
        The children's and families' characteristics.
    PATHWAY
        Eligibility, approach, consent, forum.
    ALLOCATION
        Allocation in a synthetic trial, and drawn sequences.
    FOLLOW_UP
        Treatment, visits, withdrawal, moves.
    EVENTS
        Placement, custody, reported and proven recurrence.
    DUMMY_ALLOCATION
        The public stand-in for allocation in a masked dry run.
    COSTS
        Costs by sector.
    RANDOMISATION_TEST
        Re-drawn allocations of a randomisation test.
    ASSESSED_OUTCOMES
        Outcomes drawn to see what bias in the allocation does to a test.
    SIMULATED_BALANCE
        Allocation in trials drawn to judge a procedure.
    SIMULATED_PARTICIPANTS
        The participants of such trials, where every trial has its own.
    COMPARED_CROWDS
        Seeds of the allocations that procedures are compared by, one a crowd.
    CANDIDATE_ALLOCATIONS
        Allocations that a constrained design looks at where it cannot look at all.
    IMPUTATIONS
        Values drawn for those that are missing, one child an imputation and arm.
    COST_RESAMPLES
        Participants drawn again to see how far mean costs may lie from the truth.
    """

    SITES = 1
    REFERRALS = 2
    CHILDREN = 3
    PATHWAY = 4
    ALLOCATION = 5
    FOLLOW_UP = 6
    EVENTS = 7
    DUMMY_ALLOCATION = 8
    COSTS = 9
    RANDOMISATION_TEST = 10
    ASSESSED_OUTCOMES = 11
    SIMULATED_BALANCE = 12
    SIMULATED_PARTICIPANTS = 13
    COMPARED_CROWDS = 14
    CANDIDATE_ALLOCATIONS = 15
    IMPUTATIONS = 30
    COST_RESAMPLES = 31


def generator(seed: int, stream: Stream, *key: int) -> np.random.Generator:
    """
    Open one named stream of a seed.

    Parameters
    ----------
    seed
        The seed; a whole number, at least 0.
    stream
        What the draws are for.
    *key
        The replicate, and whatever else separates one child of the stream from another.

    Returns
    -------
    numpy.random.Generator
        A generator that yields the same numbers for the same seed, stream and key.

    Raises
    ------
    ArgumentError
        If `seed` is not a whole number of at least 0.

    Examples
    --------
    >>> one = generator(7, Stream.EVENTS, 0).integers(1_000_000)
    >>> bool(one == generator(7, Stream.EVENTS, 0).integers(1_000_000))
    True
    >>> bool(one == generator(7, Stream.EVENTS, 1).integers(1_000_000))
    False
    """
    whole = check_seed(seed)
    return np.random.default_rng(
        np.random.SeedSequence(whole, spawn_key=(int(stream), *key))
    )


def check_seed(seed: int) -> int:
    """
    Refuse what is no seed.

    Parameters
    ----------
    seed
        A whole number, at least 0, of any size.

    Returns
    -------
    int
        The seed.

    Raises
    ------
    ArgumentError
        If it is another thing.

    Examples
    --------
    >>> check_seed(7)
    7
    """
    if isinstance(seed, bool) or not isinstance(seed, int | np.integer) or seed < 0:
        raise ArgumentError(refusal("seed", "be a whole number, at least 0", seed))
    return int(seed)
