"""The truncated binomial: a fair coin until one arm is full."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from steps_analysis.errors import ArgumentError, refusal
from steps_analysis.estimates import FloatArray
from steps_analysis.randomisation.parameters import check_block_size
from steps_analysis.randomisation.restricted.counts import (
    begin_two_arms,
)


@dataclass(frozen=True, slots=True)
class TruncatedBinomial:
    """
    Toss a fair coin until one arm has its half; the rest go to the other arm.

    Attributes
    ----------
    block_size
        Tosses begin anew after every block of this even number of participants; None
        makes the whole planned trial one block. The last block is cut at the planned
        number.

    Notes
    -----
    Fewest correct guesses of all procedures that end in balance [1]_, but the last
    participants of a block form a run in one arm, known beforehand.

    Two arms, 1:1; preserved at every step, since the arms are treated alike.

    References
    ----------
    .. [1] Blackwell, D. and Hodges, J. L. (1957), Annals of Mathematical Statistics 28,
       449-460.

    Examples
    --------
    >>> coin = TruncatedBinomial()
    >>> float(coin.probability(3, 1, 8)), float(coin.probability(4, 1, 8))
    (0.5, 0.0)
    """

    block_size: int | None = None

    def __post_init__(self) -> None:
        if self.block_size is not None:
            size = check_block_size("block_size", self.block_size, (1, 1))
            object.__setattr__(self, "block_size", size)

    def probability(
        self, n_treatment: npt.ArrayLike, n_control: npt.ArrayLike, n: int
    ) -> FloatArray:
        """
        Give the probability that the next participant is allocated to treatment.

        Parameters
        ----------
        n_treatment, n_control
            How many are in each arm so far; any shapes that broadcast.
        n
            How many participants are planned; even without a block size.

        Returns
        -------
        numpy.ndarray
            One half, or 0 or 1 where one arm has its half.

        Raises
        ------
        ArgumentError
            If `n` cannot be halved and there is no block size.
        """
        size = self.block_size if self.block_size is not None else _even(n)
        treatment, control = np.asarray(n_treatment), np.asarray(n_control)
        full_blocks = (treatment + control) // size
        half = size // 2 * (full_blocks + 1)
        forced = np.where(treatment >= half, 0.0, 1.0)
        return np.where((treatment < half) & (control < half), 0.5, forced)

    begin = begin_two_arms


def _even(n: int) -> int:
    """Refuse a planned number that has no half."""
    if n < 2 or n % 2:
        rule = "be a multiple of 2: a truncated binomial gives each arm half of it"
        raise ArgumentError(refusal("n", rule, n))
    return n
