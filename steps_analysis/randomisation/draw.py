"""Which arm comes next, and drawing whole sequences."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from steps_analysis.errors import ArgumentError, DataError, refusal
from steps_analysis.estimates import FloatArray, IntArray
from steps_analysis.randomisation.factors import Factors, level_codes
from steps_analysis.randomisation.parameters import check_whole
from steps_analysis.randomisation.procedures import (
    NEEDS_PLANNED_NUMBER,
    Procedure,
    n_arms,
)
from steps_analysis.randomisation.walking import ArmArray, allocate_below, walk
from steps_analysis.randomness import Stream


def check_arm(arm: npt.ArrayLike, *, name: str = "arm", n_arms: int = 2) -> ArmArray:
    """
    Refuse arms that are not coded 0 for control and whole numbers up to treatment.

    Parameters
    ----------
    arm
        The arms, one per participant in order of allocation.
    name
        The argument, for the message.
    n_arms
        How many arms there are.

    Returns
    -------
    numpy.ndarray
        The arms as int8, shape (n,).

    Raises
    ------
    DataError
        If there is another value, or more than one dimension.

    Examples
    --------
    >>> check_arm([True, False])
    array([1, 0], dtype=int8)
    """
    given = np.asarray(arm)
    is_number = given.ndim == 1 and given.dtype.kind in "biuf"
    if not is_number or not np.isin(given, range(n_arms)).all():
        codes = (
            "1 for treatment and 0 for control"
            if n_arms == 2
            else f"{n_arms - 1} for the ratio's first arm down to 0 for its last"
        )
        rule = f"hold {codes}, in order of allocation"
        hint = "compare labels first: arm == 'MST-PSB'"
        shape = f"{given.dtype} of shape {given.shape}"
        raise DataError(refusal(name, rule, shape, hint=hint))
    return given.astype(np.int8)


def next_probabilities(
    procedure: Procedure,
    arm: npt.ArrayLike,
    *,
    factors: Factors = None,
    n: int | None = None,
) -> FloatArray:
    """
    Give every arm's probability for the next participant.

    Parameters
    ----------
    procedure
        The procedure.
    arm
        The arms allocated so far in order, 0 = control, the last of the ratio; may be
        empty.
    factors
        Levels of those allocated *and* of the next participant, who is the last row;
        needed by a covariate-adaptive procedure. See `level_codes`.
    n
        How many participants are planned; needed by the procedures that fix totals over
        the whole trial (`RandomAllocationRule`, `TruncatedBinomial`,
        `MaximalProcedure`).

    Returns
    -------
    numpy.ndarray
        One probability an arm in the order of the ratio, treatment first; shape
        (arms,).

    Raises
    ------
    ArgumentError
        If the planned number is needed and not given, or already reached.
    DataError
        If arms or factors break their rules.

    Examples
    --------
    >>> from steps_analysis.randomisation import PermutedBlocks
    >>> blocks = PermutedBlocks(4, ratio=(2, 1, 1))
    >>> next_probabilities(blocks, [2, 0]).tolist()
    [0.5, 0.5, 0.0]
    """
    history = check_arm(arm, n_arms=n_arms(procedure))
    place_of_next = len(history)
    codes = level_codes(procedure, factors, n=place_of_next + 1)
    answer = np.zeros(n_arms(procedure))

    def choose(place: int, probabilities: FloatArray) -> ArmArray:
        if place < place_of_next:
            return history[place : place + 1]
        answer[:] = probabilities[:, 0]
        return np.zeros(1, dtype=np.int8)

    planned = _planned(procedure, n, n_so_far=place_of_next)
    walk(procedure, choose, codes=codes, n=planned, n_sequences=1)
    return answer


def next_probability(
    procedure: Procedure,
    arm: npt.ArrayLike,
    *,
    factors: Factors = None,
    n: int | None = None,
) -> float:
    """
    Give the probability that the next participant is allocated to treatment.

    Parameters
    ----------
    procedure
        The procedure.
    arm
        The arms allocated so far in order, 1 = treatment, 0 = control; may be empty.
    factors
        Levels of those allocated *and* of the next participant, who is the last row;
        needed by a covariate-adaptive procedure. See `level_codes`.
    n
        How many participants are planned; needed by the procedures that fix totals over
        the whole trial (`RandomAllocationRule`, `TruncatedBinomial`,
        `MaximalProcedure`).

    Returns
    -------
    float
        The probability of treatment.

    Raises
    ------
    ArgumentError
        If the planned number is needed and not given, or already reached, or there are
        more than two arms.
    DataError
        If arms or factors break their rules.

    Examples
    --------
    >>> from steps_analysis.randomisation import RandomAllocationRule
    >>> next_probability(RandomAllocationRule(), [1, 1, 0], n=4)
    0.0
    >>> import pandas as pd
    >>> from steps_analysis.randomisation import Minimisation
    >>> sites = pd.DataFrame({"site": ["A", "A", "B", "A"]})
    >>> by_site = Minimisation(["site"], p=0.75)
    >>> next_probability(by_site, [1, 1, 0], factors=sites)
    0.25
    """
    if n_arms(procedure) != 2:
        rule = "have two arms where one probability is asked for"
        hint = "next_probabilities gives that of every arm"
        raise ArgumentError(refusal("procedure", rule, procedure, hint=hint))
    return float(next_probabilities(procedure, arm, factors=factors, n=n)[0])


def _planned(procedure: Procedure, n: int | None, *, n_so_far: int) -> int:
    """Give the planned number; the one reached where no procedure asks for it."""
    if n is None and not isinstance(procedure, NEEDS_PLANNED_NUMBER):
        return n_so_far + 1
    return check_whole("n", n, least=n_so_far + 1)


def allocate(
    procedure: Procedure, uniforms: npt.ArrayLike, *, factors: Factors = None
) -> ArmArray:
    """
    Turn uniform numbers into allocation sequences.

    Whoever owns the numbers owns the allocation: a simulation hands in its own stream,
    the ledger its secret one.

    Parameters
    ----------
    procedure
        The procedure.
    uniforms
        Numbers in [0, 1), shape (n_sequences, n): one per participant. A participant is
        treated where the number lies below the probability of treatment (more arms
        divide [0, 1) in the order of the ratio), so a certain arm is always taken and
        an impossible one never.
    factors
        Levels of the n participants, the same for every sequence; see `level_codes`.

    Returns
    -------
    numpy.ndarray
        The arms, int8, shape (n_sequences, n); 1 = treatment (of more arms, the ratio's
        first has the highest number), 0 = control.

    Raises
    ------
    ArgumentError
        If `uniforms` is no matrix of numbers in [0, 1).
    DataError
        If `factors` breaks its rules.

    Examples
    --------
    >>> from steps_analysis.randomisation import PermutedBlocks
    >>> allocate(PermutedBlocks(4), [[0.4, 0.4, 0.1, 0.7]])
    array([[1, 0, 1, 0]], dtype=int8)
    """
    given = np.asarray(uniforms, dtype=np.float64)
    if given.ndim != 2 or not np.all((given >= 0) & (given < 1)):
        rule = "be a matrix (n_sequences, n) of numbers in [0, 1)"
        raise ArgumentError(refusal("uniforms", rule, f"shape {given.shape}"))
    codes = level_codes(procedure, factors, n=given.shape[1])
    by_step = np.ascontiguousarray(given.T)
    return np.transpose(allocate_below(procedure, by_step, codes))


def draw_sequences(
    procedure: Procedure,
    n: int,
    n_sequences: int,
    *,
    factors: Factors = None,
    seed: int,
) -> ArmArray:
    """
    Draw allocation sequences.

    Parameters
    ----------
    procedure
        The procedure.
    n
        Participants per sequence, at least 1.
    n_sequences
        How many sequences, at least 1.
    factors
        Levels of the n participants in order of allocation, the same for every
        sequence; needed by a covariate-adaptive procedure. See `level_codes`.
    seed
        The seed. Sequence i is drawn from trial i's numbers of the stream of allocation
        (see `kernels.numbers`): the first 100 of 150 are the 100, and the first 40
        participants of 80 draw the same numbers as 40.

    Returns
    -------
    numpy.ndarray
        The arms, int8, shape (n_sequences, n); 1 = treatment (of more arms, the ratio's
        first has the highest number), 0 = control.

    Raises
    ------
    ArgumentError
        If a number is impossible.
    DataError
        If `factors` breaks its rules.

    Examples
    --------
    >>> from steps_analysis.randomisation import PermutedBlocks
    >>> arms = draw_sequences(PermutedBlocks(4), 8, 100, seed=7)
    >>> arms.shape, set(arms[:, :4].sum(axis=1).tolist())
    ((100, 8), {2})
    """
    check_whole("n", n, least=1)
    check_whole("n_sequences", n_sequences, least=1)
    codes = level_codes(procedure, factors, n=n)
    return draw_from(procedure, codes, n_sequences, stream=Stream.ALLOCATION, seed=seed)


def draw_from(
    procedure: Procedure,
    codes: IntArray,
    n_sequences: int,
    *,
    stream: Stream,
    seed: int,
) -> ArmArray:
    """
    Draw allocation sequences from a named stream.

    Parameters
    ----------
    procedure
        The procedure.
    codes
        Levels of the n participants, shape (n, factors); see `level_codes`.
    n_sequences
        How many sequences.
    stream
        The stream; sequence i is drawn from its trial i's numbers.
    seed
        The seed.

    Returns
    -------
    numpy.ndarray
        The arms, int8, shape (n_sequences, n); 1 = treatment (of more arms, the ratio's
        first has the highest number), 0 = control.

    Examples
    --------
    >>> from steps_analysis.randomisation import PermutedBlocks
    >>> codes = np.empty((4, 0), dtype=np.int64)
    >>> pairs = PermutedBlocks(2)
    >>> draw_from(pairs, codes, 9, stream=Stream.RANDOMISATION_TEST, seed=1).shape
    (9, 4)
    """
    # Late: it imports the compiler.
    from steps_analysis.randomisation.kernels.drawing import draw_arms

    return draw_arms(procedure, codes, n_sequences, stream=stream, seed=seed)
