"""What the participants of a simulated trial can be like, and drawing them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from steps_analysis.compiling import compiled
from steps_analysis.errors import DataError, refusal
from steps_analysis.estimates import FloatArray, IntArray
from steps_analysis.randomisation.kernels.numbers import NumberArray, thresholds

_31, _LOW = np.uint64(31), np.uint64(2**31 - 1)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Profiles:
    """
    What participants can be like, and how often.

    Attributes
    ----------
    levels
        Codes from 0 of each profile's level of every factor, shape (profiles, factors),
        in the order of the procedure's factors.
    probability
        How probable each profile is, shape (profiles,); None: all equally, so that the
        rows of a table are drawn with replacement.

    Examples
    --------
    >>> Profiles(levels=[[0, 0], [0, 1], [1, 0]]).probability.round(4).tolist()
    [0.3333, 0.3333, 0.3333]
    """

    levels: IntArray
    probability: FloatArray = None  # type: ignore[assignment]  # filled in below

    def __post_init__(self) -> None:
        levels = np.array(self.levels)
        if levels.ndim != 2 or not len(levels) or levels.dtype.kind not in "iu":
            rule = "be whole numbers, one row per profile and one column per factor"
            given = f"{levels.dtype} of shape {levels.shape}"
            raise DataError(refusal("levels", rule, given))
        if levels.size and levels.min() < 0:
            raise DataError(refusal("levels", "be codes from 0", int(levels.min())))
        object.__setattr__(self, "levels", levels.astype(np.int64))
        share = _share(self.probability, n=len(levels))
        object.__setattr__(self, "probability", share)


def _share(probability: npt.ArrayLike | None, *, n: int) -> FloatArray:
    """Read the profiles' probabilities; refuse what does not sum to 1."""
    if probability is None:
        return np.full(n, 1 / n)
    share = np.array(probability, dtype=np.float64)
    if share.shape != (n,) or not (share >= 0).all() or abs(share.sum() - 1) > 1e-9:
        rule = f"be {n} numbers of at least 0 that sum to 1"
        raise DataError(refusal("probability", rule, f"shape {share.shape}"))
    return share


def alias_table(probability: FloatArray) -> tuple[NumberArray, NumberArray]:
    """
    Prepare drawing from probabilities with one number each: Walker's aliases.

    Parameters
    ----------
    probability
        The probabilities, shape (profiles,).

    Returns
    -------
    tuple of numpy.ndarray
        Every profile gets a place of equal size and keeps it up to a threshold; who
        else stands in it, the alias.

    References
    ----------
    .. [1] Vose, M. D. (1991), IEEE Transactions on Software Engineering 17, 972-975.

    Examples
    --------
    Three quarters and one quarter: half of the second's place goes to the first.

    >>> threshold, alias = alias_table(np.array([0.75, 0.25]))
    >>> (threshold / 2**31).round(4).tolist(), alias.tolist()
    ([1.0, 0.5], [0, 0])
    """
    n = len(probability)
    share, alias = probability / probability.sum() * n, np.arange(n)
    small = [i for i in range(n) if share[i] < 1]
    large = [i for i in range(n) if share[i] >= 1]
    while small and large:
        poor, rich = small.pop(), large[-1]
        alias[poor] = rich
        share[rich] -= 1 - share[poor]
        if share[rich] < 1:
            small.append(large.pop())
    share[small + large] = 1  # whoever is left has a full place, but for rounding
    return thresholds(np.clip(share, 0, 1)), alias.astype(np.int32)


@compiled
def draw_profiles(
    numbers: NumberArray, threshold: NumberArray, alias: NumberArray, who: NumberArray
) -> None:
    """
    Draw each participant's profile (Walker's alias method).

    Parameters
    ----------
    numbers
        One number per participant and trial, shape (n, n_trials).
    threshold
        The largest number at which each profile keeps its own place, shape (profiles,).
    alias
        Who else stands in each profile's place, shape (profiles,).
    who
        Where the profiles' numbers go, shape (n, n_trials).
    """
    n, n_trials = numbers.shape
    is_even = threshold.min() == 2147483647  # nobody leaves their place
    n_profiles = np.uint64(np.uint32(len(alias)))
    rest, limit = np.empty(n_trials, np.int32), np.empty(n_trials, np.int32)
    other = np.empty(n_trials, np.int32)
    for step in range(n):
        number, drawn = numbers[step], who[step]
        for j in range(n_trials):
            spread = np.uint64(np.uint32(number[j])) * n_profiles
            drawn[j] = np.int32(spread >> _31)
            rest[j] = np.int32(spread & _LOW)
        if is_even:
            continue
        for j in range(n_trials):
            limit[j] = threshold[np.uint32(drawn[j])]
            other[j] = alias[np.uint32(drawn[j])]
        for j in range(n_trials):
            mask = np.int32(-np.int32(rest[j] > limit[j]))
            drawn[j] ^= (drawn[j] ^ other[j]) & mask
