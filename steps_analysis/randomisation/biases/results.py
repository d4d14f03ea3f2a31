"""What comes out: how often a test rejects, over all the sequences."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np

from steps_analysis.estimates import FloatArray, comparable

Untestable: TypeAlias = Literal["left-out", "not-rejected"]
"""What a sequence counts as in which the test is not possible."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RejectionProbability:
    """
    How often a test rejects under a procedure.

    Attributes
    ----------
    value
        The probability of rejecting: the type I error where there is no effect, else
        the power; NaN where not estimable.
    standard_error
        Monte Carlo standard error of `value`; 0 where every sequence is enumerated, and
        where all draws agree.
    sd, smallest, largest
        Standard deviation and range, over the sequences, of the probability given the
        sequence; NaN where outcomes were drawn, one per sequence.
    untestable
        Probability that the test is not possible, as where an arm is empty.
    n
        How many participants.
    n_sequences
        How many sequences were enumerated, or drawn.
    method
        Test, level, procedure, bias and effect, and how it was computed.
    not_estimable
        None, or the reason why there is no number.

    Examples
    --------
    >>> from steps_analysis.randomisation import PermutedBlocks, rejection_probability
    >>> fair = rejection_probability(PermutedBlocks(4), 8)
    >>> round(fair.value, 6), fair.standard_error, fair.n_sequences
    (0.05, 0.0, 36)
    """

    value: float
    standard_error: float
    sd: float
    smallest: float
    largest: float
    untestable: float
    n: int
    n_sequences: int
    method: str
    not_estimable: str | None = None

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, RejectionProbability):
            return NotImplemented
        return comparable(self) == comparable(other)

    def __hash__(self) -> int:
        return hash(comparable(self))


def weighed(
    chance: FloatArray,
    weight: FloatArray,
    *,
    untestable: Untestable,
    is_drawn: bool,
    is_given_sequence: bool,
    n: int,
    method: str,
) -> RejectionProbability:
    """
    Weigh the sequences; those without a test by the rule chosen.

    Parameters
    ----------
    chance
        Each sequence's probability of rejecting, or 1 and 0 for rejected and not, shape
        (m,); NaN where the test is not possible.
    weight
        Each sequence's probability, shape (m,), summing to 1.
    untestable
        What a sequence counts as in which the test is not possible.
    is_drawn
        Whether the sequences were drawn, so that there is a Monte Carlo error.
    is_given_sequence
        Whether `chance` holds probabilities, so that their spread has a meaning.
    n
        How many participants.
    method
        How it was computed, in words.

    Returns
    -------
    RejectionProbability
        The weighted mean and its spread.

    Examples
    --------
    >>> empty_arm = np.array([0.1, np.nan])
    >>> even = np.array([0.5, 0.5])
    >>> options = {"is_drawn": False, "is_given_sequence": True, "n": 4, "method": ""}
    >>> weighed(empty_arm, even, untestable="not-rejected", **options).value
    0.05
    >>> weighed(empty_arm, even, untestable="left-out", **options).value
    0.1
    """
    possible = ~np.isnan(chance)
    counted = possible | (untestable == "not-rejected")
    nan = math.nan
    value = error = sd = smallest = largest = nan
    if counted.any():
        chances = np.where(possible, chance, 0.0)[counted]
        shares = weight[counted] / weight[counted].sum()
        value = float(shares @ chances)
        sd = float(np.sqrt(shares @ (chances - value) ** 2))
        error = sd / math.sqrt(max(len(chances) - 1, 1)) if is_drawn else 0.0
        smallest, largest = float(chances.min()), float(chances.max())
    return RejectionProbability(
        value=value,
        standard_error=error,
        sd=sd if is_given_sequence else nan,
        smallest=smallest if is_given_sequence else nan,
        largest=largest if is_given_sequence else nan,
        untestable=float(weight[~possible].sum()),
        n=n,
        n_sequences=len(chance),
        method=method,
        not_estimable=None if counted.any() else "no sequence allows the test",
    )
