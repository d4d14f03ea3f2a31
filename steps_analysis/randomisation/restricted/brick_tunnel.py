"""Brick tunnel: as near an unequal ratio as whole participants can be."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from steps_analysis.estimates import FloatArray
from steps_analysis.randomisation.parameters import Ratio, check_ratio_of_two
from steps_analysis.randomisation.restricted.counts import (
    begin_two_arms,
)


@dataclass(frozen=True, slots=True)
class BrickTunnel:
    """
    Keep each arm within one participant of its exact share, at every step.

    Attributes
    ----------
    ratio
        The parts of treatment and control, exactly, after every sum of them.

    Notes
    -----
    The share of treatment after i participants is a fraction of i; its count is the
    whole number below it or the one above, with the probabilities that make the mean
    right [1]_. The ratio is preserved at every step, and no other procedure that
    preserves it stays nearer to it; the price is that many allocations are certain.
    1:1 is permuted blocks of two.

    References
    ----------
    .. [1] Kuznetsova, O. M. and Tymofyeyev, Y. (2011), Statistics in Medicine 30,
       812-824.

    Examples
    --------
    >>> tunnel = BrickTunnel(ratio=(2, 1))
    >>> round(float(tunnel.probability(0, 0, 6)), 4), float(tunnel.probability(1, 0, 6))
    (0.6667, 0.5)
    """

    ratio: Ratio = field(default=(1, 1), kw_only=True)

    def __post_init__(self) -> None:
        object.__setattr__(self, "ratio", check_ratio_of_two(self.ratio))

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
            How many participants are planned; not used.

        Returns
        -------
        numpy.ndarray
            The probability that keeps the mean count at its share; 0 or 1 outside.
        """
        treatment, control = np.asarray(n_treatment), np.asarray(n_control)
        part, whole = self.ratio[0], sum(self.ratio)
        share = part * (treatment + control)
        below, rest = share // whole, share % whole
        at_lower = np.minimum(part / (whole - rest), 1.0)
        at_upper = np.maximum(part - (whole - rest), 0) / np.maximum(rest, 1)
        inside = np.where(treatment == below, at_lower, at_upper)
        is_inside = (treatment >= below) & (treatment <= below + 1)
        return np.where(is_inside, inside, np.where(treatment < below, 1.0, 0.0))

    begin = begin_two_arms
