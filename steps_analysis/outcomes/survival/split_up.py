"""
What sums of scores could the treated have had, over all allocations with equal totals?

Exact far beyond what can be enumerated: participants with equal scores are exchanged
for one another, and the rest split up into two halves whose sums are sorted and met.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from steps_analysis.estimates import BoolArray, FloatArray, IntArray
from steps_analysis.outcomes.survival.allocations import count_allocations

MOST_SUMS = 2_200_000  # of one half: some seconds, some hundred megabytes
_TOLERANCE = 1e-9  # of the largest score, as elsewhere


@dataclass(frozen=True, slots=True, kw_only=True)
class Tails:
    """
    How the observed sum lies among all.

    Attributes
    ----------
    less, greater, two_sided
        Shares of allocations whose sum, less its expectation, is at most the one
        observed, at least, or at least as large in size.
    n_allocations
        How many allocations there are.
    """

    less: float
    greater: float
    two_sided: float
    n_allocations: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _Alike:
    """Participants of one stratum with the same score."""

    stratum: int
    score: float
    n: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sums:
    """What one half can give: treated in its open stratum, sum, number of ways."""

    treated: IntArray
    total: FloatArray
    ways: FloatArray
    stratum: int
    n_passed: int

    @property
    def size(self) -> int:
        """Count the sums."""
        return len(self.total)


def tails_of_sum(
    scores: FloatArray, treated: BoolArray, stratum: IntArray
) -> Tails | None:
    """
    Place the treated's sum of scores among those of all allocations.

    Parameters
    ----------
    scores
        One score a participant, shape (n,), of mean 0 in every stratum.
    treated
        Who was treated, shape (n,).
    stratum
        Codes of strata whose numbers treated are kept, shape (n,).

    Returns
    -------
    Tails or None
        The shares; None where a half would have more than `MOST_SUMS` sums.

    Notes
    -----
    The split-up algorithm [1]_, with ways counted by binomial coefficients where scores
    are equal. Two sums are equal if they differ by at most 1e-9 of the largest score.

    References
    ----------
    .. [1] van de Wiel, M. A. (2001), Computational Statistics 16, 519-538.

    Examples
    --------
    Of the six ways to treat two of four, one has the largest sum and one the smallest:

    >>> scores, treated = np.array([-2.0, -1, 1, 2]), np.array([False, True]).repeat(2)
    >>> tails_of_sum(scores, treated, np.zeros(4, dtype=np.int64)).two_sided
    0.3333333333333333
    """
    n_allocations = count_allocations(treated, stratum)
    wanted = {int(z): int(treated[stratum == z].sum()) for z in np.unique(stratum)}
    sizes = {int(z): int(np.sum(stratum == z)) for z in np.unique(stratum)}
    halves = _halves(_alike(scores, stratum), wanted, sizes)
    if halves is None or n_allocations > 10**290:
        return None
    left, right = halves
    target = wanted[left.stratum]
    if left.stratum != right.stratum:
        left, right = _closed(left, wanted), _closed(right, wanted)
        target = 0
    observed = float(scores[treated].sum())
    slack = _TOLERANCE * max(float(np.abs(scores).max()), abs(observed))
    less = _share(left, right, target, observed + slack, sign=-1)
    greater = _share(left, right, target, observed - slack, sign=1)
    size = abs(observed) - slack
    both = 1.0
    if size > 0:
        both = _share(left, right, target, size, sign=1)
        both += _share(left, right, target, -size, sign=-1)
    return Tails(
        less=min(1.0, less / n_allocations),
        greater=min(1.0, greater / n_allocations),
        two_sided=min(1.0, both / n_allocations) if size > 0 else 1.0,
        n_allocations=n_allocations,
    )


def _alike(scores: FloatArray, stratum: IntArray) -> list[_Alike]:
    """Group participants by stratum and score."""
    groups = []
    for z in np.unique(stratum):
        values, times = np.unique(scores[stratum == z], return_counts=True)
        groups += [
            _Alike(stratum=int(z), score=float(value), n=int(n))
            for value, n in zip(values, times, strict=True)
        ]
    return groups


def _halves(
    groups: list[_Alike], wanted: dict[int, int], sizes: dict[int, int]
) -> tuple[_Sums, _Sums] | None:
    """Grow sums from both ends, the smaller half first, until they meet."""
    front, back = 0, len(groups) - 1
    left = _nothing(groups[front].stratum)
    right = _nothing(groups[back].stratum)
    while front <= back:
        if left.size <= right.size:
            left = _grown(left, groups[front], wanted, sizes)
            front += 1
        else:
            right = _grown(right, groups[back], wanted, sizes)
            back -= 1
        if max(left.size, right.size) > MOST_SUMS:
            return None
    return left, right


def _nothing(stratum: int) -> _Sums:
    """Begin a half: nobody treated in one way."""
    return _Sums(
        treated=np.zeros(1, dtype=np.int64),
        total=np.zeros(1),
        ways=np.ones(1),
        stratum=stratum,
        n_passed=0,
    )


def _grown(
    sums: _Sums, group: _Alike, wanted: dict[int, int], sizes: dict[int, int]
) -> _Sums:
    """Add a group, treating any number of it that can still reach the total."""
    if group.stratum != sums.stratum:
        sums = _closed(sums, wanted, opened=group.stratum)
    n_passed = sums.n_passed + group.n
    most, left = wanted[group.stratum], sizes[group.stratum] - n_passed
    parts = []
    for x in range(min(group.n, most) + 1):
        treated = sums.treated + x
        kept = (treated <= most) & (treated + left >= most)
        total = sums.total[kept] + x * group.score
        ways = sums.ways[kept] * float(math.comb(group.n, x))
        parts.append((treated[kept], total, ways))
    treated, total, ways = (np.concatenate(part) for part in zip(*parts, strict=True))
    return _Sums(
        treated=treated,
        total=total,
        ways=ways,
        stratum=group.stratum,
        n_passed=n_passed,
    )


def _closed(sums: _Sums, wanted: dict[int, int], opened: int = -1) -> _Sums:
    """Keep what treats the wanted number of a stratum, and open the next."""
    kept = sums.treated == wanted[sums.stratum]
    return _Sums(
        treated=np.zeros(int(kept.sum()), dtype=np.int64),
        total=sums.total[kept],
        ways=sums.ways[kept],
        stratum=opened,
        n_passed=0,
    )


def _share(left: _Sums, right: _Sums, target: int, bound: float, *, sign: int) -> float:
    """Count the ways whose sum is at least (sign 1) or at most (-1) the bound."""
    found = 0.0
    for k in np.unique(left.treated):
        own, other = left.treated == k, right.treated == target - k
        if not other.any():
            continue
        total = sign * right.total[other]
        order = np.argsort(total, kind="stable")
        beyond = np.concatenate([np.cumsum(right.ways[other][order][::-1])[::-1], [0]])
        least = sign * bound - sign * left.total[own]
        place = np.searchsorted(total[order], least, side="left")
        found += float(left.ways[own] @ beyond[place])
    return found
