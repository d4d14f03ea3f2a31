"""How probable a sequence is, and which sequences are possible."""

from __future__ import annotations

import numpy as np

from steps_analysis.errors import ArgumentError, refusal
from steps_analysis.estimates import FloatArray, IntArray
from steps_analysis.randomisation.covariate_adaptive import Procedure
from steps_analysis.randomisation.factors import Factors, level_codes
from steps_analysis.randomisation.parameters import check_whole
from steps_analysis.randomisation.walk import ArmArray, walk

LARGEST_ENUMERATION = 20
"""The longest sequences enumerated: 2^20, about a million."""


def arms_of(sequence: str) -> ArmArray:
    """
    Read a sequence of letters: the one place where A = treatment = 1.

    Parameters
    ----------
    sequence
        Letters A (treatment) and B (control). The reference figures code A as 0; their
        letters mean the same.

    Returns
    -------
    numpy.ndarray
        The arms, int8; 1 = treatment.

    Raises
    ------
    ArgumentError
        If there is another letter, or none.

    Examples
    --------
    >>> arms_of("ABBA")
    array([1, 0, 0, 1], dtype=int8)
    """
    if not isinstance(sequence, str) or not sequence or set(sequence) - {"A", "B"}:
        rule = "be a text of A (treatment) and B (control)"
        raise ArgumentError(refusal("sequence", rule, sequence))
    return np.array([letter == "A" for letter in sequence], dtype=np.int8)


def sequence_probability(
    procedure: Procedure, sequence: str, *, factors: Factors = None
) -> float:
    """
    Give the probability that a procedure allocates one sequence.

    Parameters
    ----------
    procedure
        The procedure.
    sequence
        The arms in order, A = treatment, B = control; its length is the planned number.
    factors
        Levels of the participants; needed by a covariate-adaptive procedure, and held
        fixed. See `level_codes`.

    Returns
    -------
    float
        The probability.

    Raises
    ------
    ArgumentError
        If there is another letter, or none.
    DataError
        If `factors` breaks its rules.

    Examples
    --------
    >>> from steps_analysis.randomisation import BigStick, PermutedBlocks
    >>> round(sequence_probability(PermutedBlocks(4), "ABBA"), 6)
    0.166667
    >>> sequence_probability(BigStick(2), "AABA")
    0.125
    """
    arms = arms_of(sequence)
    codes = level_codes(procedure, factors, n=len(arms))
    return float(probabilities_of(procedure, arms[None, :], codes)[0])


def probabilities_of(
    procedure: Procedure, arms: ArmArray, codes: IntArray
) -> FloatArray:
    """
    Give the probability of each of many sequences.

    Parameters
    ----------
    procedure
        The procedure.
    arms
        The sequences, shape (n_sequences, n); 1 = treatment.
    codes
        Levels of the n participants, shape (n, factors); see `level_codes`.

    Returns
    -------
    numpy.ndarray
        The probabilities, shape (n_sequences,).

    Examples
    --------
    >>> from steps_analysis.randomisation import BigStick
    >>> both = np.array([[1, 1], [1, 0]], dtype=np.int8)
    >>> probabilities_of(BigStick(1), both, np.empty((2, 0), dtype=np.int64))
    array([0. , 0.5])
    """
    product = np.ones(len(arms))

    def choose(place: int, probability: FloatArray) -> ArmArray:
        taken = arms[:, place]
        np.multiply(
            product, np.where(taken == 1, probability, 1 - probability), product
        )
        return taken

    walk(procedure, choose, codes=codes, n=arms.shape[1], n_sequences=len(arms))
    return product


def enumerate_sequences(
    procedure: Procedure, n: int, *, factors: Factors = None
) -> dict[str, float]:
    """
    List every possible sequence with its probability.

    Parameters
    ----------
    procedure
        The procedure.
    n
        Participants per sequence, from 1 to 20.
    factors
        Levels of the n participants; needed by a covariate-adaptive procedure, and held
        fixed. See `level_codes`.

    Returns
    -------
    dict
        Sequence (A = treatment) to probability, in alphabetical order; impossible
        sequences are left out.

    Raises
    ------
    ArgumentError
        If `n` is no whole number from 1 to 20.
    DataError
        If `factors` breaks its rules.

    Examples
    --------
    >>> from steps_analysis.randomisation import PermutedBlocks
    >>> enumerate_sequences(PermutedBlocks(2), 4)
    {'ABAB': 0.25, 'ABBA': 0.25, 'BAAB': 0.25, 'BABA': 0.25}
    """
    check_whole("n", n, least=1)
    arms, probability = possible_sequences(
        procedure, level_codes(procedure, factors, n=n)
    )
    letters = np.where(arms == 1, "A", "B")
    return {
        "".join(letter): float(chance)
        for letter, chance in zip(letters, probability, strict=True)
    }


def possible_sequences(
    procedure: Procedure, codes: IntArray
) -> tuple[ArmArray, FloatArray]:
    """
    Enumerate the possible sequences as arrays.

    Parameters
    ----------
    procedure
        The procedure.
    codes
        Levels of the n participants, shape (n, factors); see `level_codes`.

    Returns
    -------
    tuple of numpy.ndarray
        The sequences, int8, shape (m, n), treatment first; and their probabilities.

    Raises
    ------
    ArgumentError
        If there are more than 20 participants.

    Examples
    --------
    >>> from steps_analysis.randomisation import RandomAllocationRule
    >>> possible_sequences(RandomAllocationRule(), np.empty((2, 0), dtype=np.int64))
    (array([[1, 0],
           [0, 1]], dtype=int8), array([0.5, 0.5]))
    """
    n = len(codes)
    if n > LARGEST_ENUMERATION:
        rule = f"be at most {LARGEST_ENUMERATION} where every sequence is enumerated"
        raise ArgumentError(refusal("n", rule, n, hint="draw sequences instead"))
    numbers = np.arange(2**n - 1, -1, -1, dtype=np.int64)
    arms = np.empty((n, 2**n), dtype=np.int8).T
    for place in range(n):
        arms[:, place] = numbers >> (n - 1 - place) & 1
    probability = probabilities_of(procedure, arms, codes)
    return arms[probability > 0], probability[probability > 0]
