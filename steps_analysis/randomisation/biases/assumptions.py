"""What biases an outcome: somebody who guesses, or the passing of time."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, TypeAlias, get_args

import numpy as np

from steps_analysis.errors import ArgumentError, did_you_mean, refusal
from steps_analysis.estimates import FloatArray
from steps_analysis.randomisation.biases.guesses import (
    Strategy,
    guesses,
    seen_together,
)
from steps_analysis.randomisation.factors import Factors
from steps_analysis.randomisation.parameters import check_whole
from steps_analysis.randomisation.procedures import Procedure, ratio_of
from steps_analysis.randomisation.walking import ArmArray

Trend: TypeAlias = Literal["linear", "logarithmic", "step"]
_LARGEST = 10.0  # ten standard deviations: more is a slip of the unit


def check_shift(name: str, value: float) -> float:
    """
    Refuse a shift that is no number, or too large to be meant.

    Parameters
    ----------
    name
        The argument, for the message.
    value
        The shift, in standard deviations of the outcome or as a log hazard ratio.

    Returns
    -------
    float
        The shift.

    Raises
    ------
    ArgumentError
        If it is no number from -10 to 10.

    Examples
    --------
    >>> check_shift("size", 0.5)
    0.5
    """
    is_number = isinstance(value, int | float | np.integer | np.floating)
    if isinstance(value, bool) or not is_number or not abs(value) <= _LARGEST:
        rule = "be a number from -10 to 10 (standard deviations, or a log hazard ratio)"
        raise ArgumentError(refusal(name, rule, value))
    return float(value)


@dataclass(frozen=True, slots=True)
class SelectionBias:
    """
    Somebody guesses the next arm and chooses whom to enrol accordingly.

    Nobody need intend it: to approach a family today or next week is enough.

    Attributes
    ----------
    size
        How much the outcome of a participant is shifted who was enrolled in the guess
        that treatment is next; as much the other way where control is guessed, and not
        at all where the guesser cannot tell. In standard deviations of the outcome, or
        as a log hazard ratio; from -10 to 10.
    strategy
        ``"convergence"`` guesses the arm furthest behind its share, ``"divergence"``
        the one furthest ahead.
    looks_at
        The factor within whose levels the guesser has seen earlier allocations:
        ``"site"`` for a site that knows its own. None: all of them.

    Notes
    -----
    Of three or more arms, the guess that shifts an outcome up is the ratio's first, the
    one that shifts it down is its last; a guess between level arms counts in parts.

    References
    ----------
    .. [1] Proschan, M. (1994), Statistica Sinica 4, 219-231.
    .. [2] Kennes, L. N., Cramer, E., Hilgers, R.-D. and Heussen, N. (2011), Statistics
       in Medicine 30, 2573-2581.

    Examples
    --------
    Level, so no guess; then control is behind, so control is guessed:

    >>> from steps_analysis.randomisation import PermutedBlocks
    >>> arms = np.array([[1, 0]], dtype=np.int8)
    >>> SelectionBias(0.5).shifts(arms, procedure=PermutedBlocks(2), factors=None)
    array([[ 0. , -0.5]])
    """

    size: float
    strategy: Strategy = field(default="convergence", kw_only=True)
    looks_at: str | None = field(default=None, kw_only=True)

    def __post_init__(self) -> None:
        object.__setattr__(self, "size", check_shift("size", self.size))
        _check_word("strategy", self.strategy, get_args(Strategy))
        is_name = isinstance(self.looks_at, str) and self.looks_at.strip()
        if self.looks_at is not None and not is_name:
            rule = "be a factor's name, or None for all earlier allocations"
            raise ArgumentError(refusal("looks_at", rule, self.looks_at))

    def shifts(
        self, arms: ArmArray, *, procedure: Procedure, factors: Factors
    ) -> FloatArray:
        """
        Give each participant's expected shift.

        Parameters
        ----------
        arms
            The sequences, shape (n_sequences, n).
        procedure
            The procedure that allocates.
        factors
            Levels of the participants; needed where the guesser looks at a factor.

        Returns
        -------
        numpy.ndarray
            The shifts, shape (n_sequences, n).
        """
        seen = seen_together(self.looks_at, procedure, factors, n=arms.shape[1])
        guess = guesses(
            arms, ratio=ratio_of(procedure), strategy=self.strategy, seen=seen
        )
        return np.asarray(self.size * (guess[0] - guess[-1]))


@dataclass(frozen=True, slots=True)
class ChronologicalBias:
    """
    Outcomes drift while a trial recruits, whoever is treated how.

    Attributes
    ----------
    size
        How much the last participant's outcome is shifted against the first's; in
        standard deviations, or as a log hazard ratio; from -10 to 10.
    trend
        Participant i of n (from 1) is shifted by `size` times (i - 1)/(n - 1) if
        ``"linear"``, log(i)/log(n) if ``"logarithmic"``, and 0 up to `change_after`, 1
        from then on, if ``"step"``.
    change_after
        How many participants come before the step; given with ``"step"`` only.

    References
    ----------
    .. [1] Tamm, M. and Hilgers, R.-D. (2014), Methods of Information in Medicine 53,
       501-510.

    Examples
    --------
    >>> from steps_analysis.randomisation import PermutedBlocks
    >>> arms = np.array([[1, 0, 0]], dtype=np.int8)
    >>> drift = ChronologicalBias(1.0, trend="linear")
    >>> drift.shifts(arms, procedure=PermutedBlocks(2), factors=None)
    array([[0. , 0.5, 1. ]])
    """

    size: float
    trend: Trend = field(default="linear", kw_only=True)
    change_after: int | None = field(default=None, kw_only=True)

    def __post_init__(self) -> None:
        object.__setattr__(self, "size", check_shift("size", self.size))
        _check_word("trend", self.trend, get_args(Trend))
        if self.trend == "step":
            before = check_whole("change_after", self.change_after, least=1)
            object.__setattr__(self, "change_after", before)
        elif self.change_after is not None:
            rule = 'be left out unless trend="step"'
            raise ArgumentError(refusal("change_after", rule, self.change_after))

    def shifts(
        self, arms: ArmArray, *, procedure: Procedure, factors: Factors
    ) -> FloatArray:
        """
        Give each participant's expected shift.

        Parameters
        ----------
        arms
            The sequences, shape (n_sequences, n).
        procedure
            Not used: time passes for all alike.
        factors
            Not used.

        Returns
        -------
        numpy.ndarray
            The shifts, shape (n_sequences, n); every sequence has the same.
        """
        return np.broadcast_to(self.size * self._course(arms.shape[1]), arms.shape)

    def _course(self, n: int) -> FloatArray:
        """Go from 0 to 1 in the way of the trend."""
        place = np.arange(1.0, n + 1)
        if self.trend == "step":
            assert self.change_after is not None  # refused when it was declared
            return np.asarray(place > self.change_after, dtype=np.float64)
        if self.trend == "linear":
            return (place - 1) / max(n - 1, 1)
        return np.asarray(np.log(place) / np.log(max(n, 2)))


Bias: TypeAlias = ChronologicalBias | SelectionBias
"""An assumption about what shifts outcomes; several add up."""


def _check_word(name: str, given: object, accepted: tuple[str, ...]) -> None:
    """Refuse a word that is not among the accepted ones."""
    if given not in accepted:
        hint = did_you_mean(given, accepted)
        rule = f"be one of {', '.join(accepted)}"
        raise ArgumentError(refusal(name, rule, given, hint=hint))
