"""How probable a sequence is, and which sequences are possible."""

from __future__ import annotations

from string import ascii_uppercase

import numpy as np

from steps_analysis.errors import ArgumentError, refusal
from steps_analysis.estimates import FloatArray, IntArray
from steps_analysis.randomisation.factors import Factors, level_codes
from steps_analysis.randomisation.parameters import check_whole
from steps_analysis.randomisation.procedures import Procedure, n_arms
from steps_analysis.randomisation.walking import ArmArray, walk

MOST_SEQUENCES = 2**20
"""How many sequences are enumerated at most: all of 20 participants in two arms."""


def arms_of(sequence: str, n_arms: int = 2) -> ArmArray:
    """
    Read a sequence of letters: the one place where A = treatment = 1.

    Parameters
    ----------
    sequence
        Letters: A (treatment) and B (control); of more arms, A to the last letter in
        the order of the ratio. The reference figures code A as 0; their letters mean
        the same.
    n_arms
        How many arms there are.

    Returns
    -------
    numpy.ndarray
        The arms, int8; the last letter is 0.

    Raises
    ------
    ArgumentError
        If there is another letter, or none.

    Examples
    --------
    >>> arms_of("ABBA"), arms_of("CA", 3)
    (array([1, 0, 0, 1], dtype=int8), array([0, 2], dtype=int8))
    """
    letters = ascii_uppercase[:n_arms]
    if not isinstance(sequence, str) or not sequence or set(sequence) - {*letters}:
        rule = (
            "be a text of A (treatment) and B (control)"
            if n_arms == 2
            else f"be a text of the letters {letters}"
        )
        raise ArgumentError(refusal("sequence", rule, sequence))
    codes = [n_arms - 1 - letters.index(letter) for letter in sequence]
    return np.array(codes, dtype=np.int8)


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
        The arms in order, A = treatment, B = control (of more arms, A to the last
        letter in the order of the ratio); its length is the planned number.
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

    Notes
    -----
    Below about 5e-324 there is no number but 0: more than 1,074 tosses of a coin come
    out as impossible. Tests ask `is_possible`.

    Examples
    --------
    >>> from steps_analysis.randomisation import BigStick, PermutedBlocks
    >>> round(sequence_probability(PermutedBlocks(4), "ABBA"), 6)
    0.166667
    >>> sequence_probability(BigStick(2), "AABA")
    0.125
    """
    arms = arms_of(sequence, n_arms(procedure))
    codes = level_codes(procedure, factors, n=len(arms))
    return float(probabilities_of(procedure, arms[None, :], codes)[0])


def longest_enumeration(procedure: Procedure) -> int:
    """
    Say up to which number of participants every sequence is enumerated.

    Parameters
    ----------
    procedure
        Any procedure.

    Returns
    -------
    int
        20 for two arms, 12 for three, 10 for four.

    Examples
    --------
    >>> from steps_analysis.randomisation import BigStick
    >>> longest_enumeration(BigStick(2))
    20
    """
    return int(np.log2(MOST_SEQUENCES) / np.log2(n_arms(procedure)) + 1e-9)


def check_enumerable(procedure: Procedure, n: int) -> None:
    """
    Refuse to go through every sequence where there are too many.

    Parameters
    ----------
    procedure
        Any procedure.
    n
        How many participants.

    Raises
    ------
    ArgumentError
        If sequences have to be drawn instead.

    Examples
    --------
    >>> from steps_analysis.randomisation import BigStick
    >>> check_enumerable(BigStick(2), 20)
    """
    longest = longest_enumeration(procedure)
    if n > longest:
        rule = f"be given for more than {longest} participants under this procedure"
        raise ArgumentError(refusal("n_draws", rule, None, hint="n_draws=10_000"))


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
    product, every = np.ones(len(arms)), np.arange(len(arms))

    def choose(place: int, probabilities: FloatArray) -> ArmArray:
        taken = arms[:, place]
        row = len(probabilities) - 1 - taken
        np.multiply(product, probabilities[row, every], out=product)
        return taken

    walk(procedure, choose, codes=codes, n=arms.shape[1], n_sequences=len(arms))
    return product


def is_possible(procedure: Procedure, arms: ArmArray, codes: IntArray) -> bool:
    """
    Say whether a procedure could have allocated one sequence, however long.

    Parameters
    ----------
    procedure
        The procedure.
    arms
        The sequence, shape (n,); 1 = treatment.
    codes
        Levels of the n participants, shape (n, factors); see `level_codes`.

    Returns
    -------
    bool
        True where every arm taken had a probability above 0 when it was taken.

    Examples
    --------
    >>> from steps_analysis.randomisation import CompleteRandomisation
    >>> tosses, nobody = np.ones(2_000, dtype=np.int8), np.empty((2_000, 0), dtype=int)
    >>> is_possible(CompleteRandomisation(), tosses, nobody)
    True
    >>> sequence_probability(CompleteRandomisation(), "A" * 2_000)
    0.0
    """
    chances = np.empty(len(arms))

    def choose(place: int, probabilities: FloatArray) -> ArmArray:
        taken = arms[place : place + 1]
        chances[place] = probabilities[len(probabilities) - 1 - taken[0], 0]
        return taken

    walk(procedure, choose, codes=codes, n=len(arms), n_sequences=1)
    return bool((chances > 0).all())


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
        Participants per sequence, from 1 to 20 (fewer for more arms).
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
        If `n` is no whole number from 1, or there would be more than 2^20 sequences.
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
    letters = np.array([*ascii_uppercase])[n_arms(procedure) - 1 - arms]
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
        If there are more than 2^20 sequences: 20 participants in two arms.

    Examples
    --------
    >>> from steps_analysis.randomisation import RandomAllocationRule
    >>> possible_sequences(RandomAllocationRule(), np.empty((2, 0), dtype=np.int64))
    (array([[1, 0],
           [0, 1]], dtype=int8), array([0.5, 0.5]))
    """
    n = len(codes)
    longest = longest_enumeration(procedure)
    if n > longest:
        rule = f"be at most {longest} where every sequence is enumerated"
        raise ArgumentError(refusal("n", rule, n, hint="draw sequences instead"))
    many = n_arms(procedure)
    numbers = np.arange(many**n - 1, -1, -1, dtype=np.int64)
    arms = np.empty((n, many**n), dtype=np.int8).T
    for place in range(n):
        arms[:, place] = numbers // many ** (n - 1 - place) % many
    probability = probabilities_of(procedure, arms, codes)
    return arms[probability > 0], probability[probability > 0]
