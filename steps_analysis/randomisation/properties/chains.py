"""A procedure as a chain of states: where a trial can stand after each participant."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from steps_analysis.estimates import FloatArray, IntArray
from steps_analysis.randomisation.parameters import Ratio
from steps_analysis.randomisation.properties.judging import (
    AFTER,
    BEFORE,
    distance,
    foresight,
    imbalance_of,
    unit_of,
)

_ROUNDING = 1e-14  # of a probability: what is left of a difference that is 0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Chain:
    """
    Every state a trial can reach, with its probability.

    Attributes
    ----------
    ratio
        Each arm's part.
    step
        How many participants are allocated in the state, shape (m,), ascending from 0.
    scaled
        Scaled counts of the arms, shape (arms, m); see `judging.scaled_counts`.
    law
        Probability that the trial stands in this state at this step, shape (m,).
    probabilities
        Each arm's probability for the next participant, shape (arms, m); not looked at
        where nobody follows.
    reached
        P(|imbalance| >= k at some time up to participant i), in the ratio's unit, shape
        (levels, n + 1); see `recursion.exceedance`.
    """

    ratio: Ratio
    step: IntArray
    scaled: IntArray
    law: FloatArray
    probabilities: FloatArray
    reached: FloatArray


def by_step(chain: Chain) -> pd.DataFrame:
    """
    Say what is to be expected at every participant.

    Parameters
    ----------
    chain
        The chain.

    Returns
    -------
    pandas.DataFrame
        One row per participant: step, `judging.AFTER` after the allocation,
        `judging.BEFORE` before it.
    """
    n = int(chain.step[-1])
    starts = np.searchsorted(chain.step, np.arange(n + 1))
    before, after = slice(0, starts[n]), slice(starts[1], None)
    apart = distance(imbalance_of(chain.scaled[:, after]), unit_of(chain.ratio))
    ahead = foresight(chain.scaled[:, before], chain.probabilities[:, before])
    sums = [
        *_sums(apart, chain.law[after], starts[1:] - starts[1]),
        *_sums(ahead, chain.law[before], starts[:-1]),
    ]
    columns = dict(zip((*AFTER, *BEFORE), sums, strict=True))
    return pd.DataFrame({"step": np.arange(1, n + 1), **columns})


def _sums(
    judged: list[FloatArray], law: FloatArray, starts: npt.NDArray[np.intp]
) -> list[FloatArray]:
    """Average what was judged over the states of every step."""
    return [np.add.reduceat(one * law, starts) for one in judged]


def final_imbalance(chain: Chain) -> dict[float, float]:
    """
    Give the distribution of the imbalance at the end.

    Parameters
    ----------
    chain
        The chain.

    Returns
    -------
    dict
        D to probability, D ascending; impossible values are left out.
    """
    last = chain.step == chain.step[-1]
    values, place = np.unique(imbalance_of(chain.scaled[:, last]), return_inverse=True)
    chances = np.asarray(np.bincount(place, weights=chain.law[last]), dtype=np.float64)
    return in_ratio(values, chances, unit_of(chain.ratio))


def maximum_imbalance(chain: Chain) -> dict[float, float]:
    """
    Give the distribution of the largest imbalance on the way.

    Parameters
    ----------
    chain
        The chain.

    Returns
    -------
    dict
        The maximum over participants of |D| to probability, ascending; values that are
        impossible, or less probable than rounding can tell, are left out.
    """
    reached = chain.reached[:, -1]
    chances = -np.diff(np.append(reached, 0.0))
    chances[chances < _ROUNDING * reached] = 0.0
    return in_ratio(np.arange(len(chances)), chances, unit_of(chain.ratio))


def in_ratio(values: IntArray, chances: FloatArray, unit: int) -> dict[float, float]:
    """
    Write a distribution in participants instead of the ratio's unit.

    Parameters
    ----------
    values
        Imbalances in the ratio's unit, ascending.
    chances
        Their probabilities.
    unit
        The ratio's unit.

    Returns
    -------
    dict
        Value to probability; whole numbers where the ratio is equal.

    Examples
    --------
    >>> in_ratio(np.array([-1, 0, 1]), np.array([0.5, 0.0, 0.5]), 2)
    {-0.5: 0.5, 0.5: 0.5}
    """
    return {
        int(value) if unit == 1 else int(value) / unit: float(chance)
        for value, chance in zip(values, chances, strict=True)
        if chance > 0
    }
