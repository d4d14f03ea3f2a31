"""
How extreme is a statistic among allocations with the same totals?

Shared by permutation tests. A statistic takes many allocations at once, shape (m, n)
with 1 for the treated, and gives one number each, larger where it speaks more against
no effect. Allocations come in blocks, so that memory does not grow with their number.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from steps_analysis.errors import ArgumentError, DataError, refusal
from steps_analysis.estimates import BoolArray, FloatArray, IntArray
from steps_analysis.randomness import Stream, generator

Allocations = npt.NDArray[np.int8]
Statistic = Callable[[Allocations], FloatArray]

MOST_ENUMERATED = 5_000_000  # a few seconds; beyond it draws tell as much
_BLOCK = 4096  # allocations at a time: their matrix stays in a fast cache
_TOLERANCE = 1e-9  # statistics this close are equally extreme


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """
    A statistic among those of other allocations.

    Attributes
    ----------
    observed
        The statistic of the allocation observed.
    p_value
        The share of allocations at least as extreme; NaN where `observed` is NaN.
    how
        Words for a result's `method`: how many allocations, exact or drawn.
    """

    observed: float
    p_value: float
    how: str


def count_allocations(treated: BoolArray, stratum: IntArray | None = None) -> int:
    """
    Count the allocations with the observed number treated in every stratum.

    Parameters
    ----------
    treated
        Who was treated, shape (n,).
    stratum
        Codes of strata, shape (n,), or None for one.

    Returns
    -------
    int
        Their number, of any size.

    Examples
    --------
    >>> count_allocations(np.array([True, True, False, False]))
    6
    >>> count_allocations(np.array([True, False] * 2), np.array([0, 0, 1, 1]))
    4
    """
    return math.prod(math.comb(len(rows), k) for rows, k in _strata(treated, stratum))


def enumerate_allocations(
    treated: BoolArray, stratum: IntArray | None = None
) -> Iterator[Allocations]:
    """
    Give every allocation with the observed number treated in every stratum, once.

    Parameters
    ----------
    treated
        Who was treated, shape (n,).
    stratum
        Codes of strata, shape (n,), or None for one.

    Yields
    ------
    numpy.ndarray
        Blocks of allocations, shape (m, n), 1 for the treated.

    Raises
    ------
    ArgumentError
        If there are more than `MOST_ENUMERATED`.

    Notes
    -----
    Allocation i is read off its number: i in the mixed base of the strata's counts,
    then each digit in the combinatorial number system, first position first.

    Examples
    --------
    >>> [block.tolist() for block in enumerate_allocations(np.array([True, False]))]
    [[[1, 0], [0, 1]]]
    """
    total = count_allocations(treated, stratum)
    if total > MOST_ENUMERATED:
        rule = f"be given where there are more than {MOST_ENUMERATED:,} allocations"
        hint = f"{write_count(total)} share the observed totals; draw some, with `seed`"
        raise ArgumentError(refusal("n_draws", rule, None, hint=hint))
    strata = _strata(treated, stratum)
    tables = [_choices(len(rows), k) for rows, k in strata]
    for start in range(0, total, _BLOCK):
        number = np.arange(start, min(start + _BLOCK, total), dtype=np.int64)
        block = np.zeros((len(treated), len(number)), dtype=np.int8)
        for (rows, k), table in zip(strata, tables, strict=True):
            number, own = np.divmod(number, math.comb(len(rows), k))
            block[rows] = _unranked(own, k, table)
        yield block.T


def draw_allocations(
    treated: BoolArray, stratum: IntArray | None = None, *, n_draws: int, seed: int
) -> Iterator[Allocations]:
    """
    Draw allocations with the observed number treated in every stratum, all as likely.

    Parameters
    ----------
    treated
        Who was treated, shape (n,).
    stratum
        Codes of strata, shape (n,), or None for one.
    n_draws
        How many to draw.
    seed
        The seed; 2,000 draws begin with the same 1,000.

    Yields
    ------
    numpy.ndarray
        Blocks of allocations, shape (m, n), 1 for the treated.

    Raises
    ------
    ArgumentError
        If `n_draws` or `seed` is no whole number in range.

    Notes
    -----
    Selection sampling [1]_: the next participant is treated with the probability
    (treated left) / (participants left).

    References
    ----------
    .. [1] Fan, C. T., Muller, M. E. and Rezucha, I. (1962), JASA 57, 387-402.

    Examples
    --------
    >>> treated = np.array([True, True, False])
    >>> [b.sum(axis=1) for b in draw_allocations(treated, n_draws=4, seed=1)]
    [array([2, 2, 2, 2])]
    """
    check_draws(n_draws, seed)
    rng = generator(seed, Stream.RANDOMISATION_TEST)
    strata = _strata(treated, stratum)
    for start in range(0, n_draws, _BLOCK):
        block = np.zeros((len(treated), _BLOCK), dtype=np.int8)
        for rows, k in strata:
            left = np.full(_BLOCK, float(k))
            for place, row in enumerate(rows):
                taken = rng.random(_BLOCK) * (len(rows) - place) < left
                block[row] = taken
                left -= taken
        yield block.T[: n_draws - start]


def exact_p_value(
    statistic: Statistic,
    treated: BoolArray,
    stratum: IntArray | None = None,
    *,
    unit: float = 1.0,
) -> Judged:
    """
    Give the share of all allocations with the same totals that are at least as extreme.

    Parameters
    ----------
    statistic
        Takes allocations, shape (m, n), and gives one number each, shape (m,): larger
        speaks against no effect, NaN where it is not defined (such allocations leave
        the reference set).
    treated
        Who was treated, shape (n,).
    stratum
        Codes of strata whose totals are kept, shape (n,), or None for one.
    unit
        The size of the numbers the statistic is made of. Two values are equally extreme
        if they differ by at most 1e-9 of it, or of the one observed if that is larger.

    Returns
    -------
    Judged
        The statistic observed, its p-value and how many allocations there are.

    Raises
    ------
    ArgumentError
        If there are more than `MOST_ENUMERATED` allocations.

    Examples
    --------
    Of the six ways to treat two of four, one has the two largest treated:

    >>> outcome = np.array([1.0, 2.0, 3.0, 4.0])
    >>> treated = np.array([False, False, True, True])
    >>> exact_p_value(lambda arms: arms @ outcome, treated)
    Judged(observed=7.0, p_value=0.16666666666666666, how='exact, 6 allocations')
    """
    observed = _observed(statistic, treated)
    blocks = enumerate_allocations(treated, stratum)
    extreme, defined, undefined = _counts(statistic, blocks, observed, unit)
    how = f"exact, {defined:,} allocations{_left_out(undefined)}"
    p_value = extreme / defined if not math.isnan(observed) else math.nan
    return Judged(observed=observed, p_value=p_value, how=how)


def monte_carlo_p_value(
    statistic: Statistic,
    treated: BoolArray,
    blocks: Iterable[Allocations],
    *,
    unit: float = 1.0,
) -> Judged:
    """
    Count the drawn allocations at least as extreme as observed, that one included.

    Parameters
    ----------
    statistic
        Takes allocations, shape (m, n), and gives one number each; see `exact_p_value`.
    treated
        Who was treated, shape (n,).
    blocks
        The allocations drawn, in blocks of shape (m, n): of `draw_allocations`, or
        (`in_blocks`) of the procedure that was really used.
    unit
        See `exact_p_value`.

    Returns
    -------
    Judged
        The statistic observed; (b + 1) / (m + 1) for b of m draws at least as extreme;
        how many were drawn, and the Monte Carlo standard error.

    References
    ----------
    .. [1] Phipson, B. and Smyth, G. K. (2010), Statistical Applications in Genetics and
       Molecular Biology 9, article 39.

    Examples
    --------
    >>> outcome = np.array([1.0, 2.0, 3.0, 4.0])
    >>> treated = np.array([False, False, True, True])
    >>> drawn = np.array([[1, 1, 0, 0], [0, 1, 0, 1], [0, 0, 1, 1]], dtype=np.int8)
    >>> monte_carlo_p_value(lambda arms: arms @ outcome, treated, [drawn]).p_value
    0.5
    """
    observed = _observed(statistic, treated)
    extreme, m, undefined = _counts(statistic, blocks, observed, unit)
    p_value = (extreme + 1) / (m + 1) if not math.isnan(observed) else math.nan
    error = math.sqrt(max(0.0, p_value * (1 - p_value)) / (m + 1))
    how = f"{m:,} allocations drawn{_left_out(undefined)}"
    how += f", Monte Carlo standard error {error:.2g}"
    return Judged(observed=observed, p_value=p_value, how=how)


def in_blocks(allocations: npt.ArrayLike, *, n: int) -> Iterator[Allocations]:
    """
    Check allocations that a caller drew, and cut them into blocks.

    Parameters
    ----------
    allocations
        Shape (m, n), 1 = treatment and 0 = control, as `randomisation.draw_sequences`
        gives them; columns in the order of the rows of the data.
    n
        How many participants there are.

    Returns
    -------
    iterator of numpy.ndarray
        Blocks of shape (m, n).

    Raises
    ------
    DataError
        If the shape is another, or a number is neither 0 nor 1.

    Examples
    --------
    >>> [block.shape for block in in_blocks([[0, 1], [1, 0], [1, 0]], n=2)]
    [(3, 2)]
    """
    given = np.asarray(allocations)
    if given.ndim != 2 or given.shape[1] != n or not len(given):
        rule = f"have one row a draw and {n} columns, one a participant"
        raise DataError(refusal("allocations", rule, given.shape))
    if given.dtype.kind not in "biu" or given.min() < 0 or given.max() > 1:
        hint = "1 = treatment, 0 = control, as `randomisation.draw_sequences` gives"
        kind = f"others ({given.dtype})"
        raise DataError(refusal("allocations", "hold 0 and 1", kind, hint=hint))
    arms = given.astype(np.int8, copy=False)
    return (arms[start : start + _BLOCK] for start in range(0, len(arms), _BLOCK))


def check_draws(n_draws: int, seed: int | None) -> int:
    """
    Refuse draws of an impossible number, or without a seed.

    Parameters
    ----------
    n_draws
        How many allocations are to be drawn.
    seed
        The seed, if one was given.

    Returns
    -------
    int
        The seed.

    Raises
    ------
    ArgumentError
        If `n_draws` is no whole number of at least 1, or no seed was given.

    Examples
    --------
    >>> check_draws(100, 7)
    7
    """
    is_whole = isinstance(n_draws, int | np.integer) and not isinstance(n_draws, bool)
    if not is_whole or n_draws < 1:
        rule = "be a whole number, at least 1"
        raise ArgumentError(refusal("n_draws", rule, n_draws))
    if seed is None:
        raise ArgumentError(
            refusal("seed", "be given where allocations are drawn", seed)
        )
    return seed


def write_count(number: int) -> str:
    """
    Write a whole number of any size.

    Parameters
    ----------
    number
        The number.

    Returns
    -------
    str
        All its digits, or its order where they are many.

    Examples
    --------
    >>> write_count(924), write_count(2**100)
    ('924', 'about 1e30')
    """
    if number < 10**15:
        return f"{number:,}"
    return f"about 1e{len(str(number)) - 1}"


def _strata(treated: BoolArray, stratum: IntArray | None) -> list[tuple[IntArray, int]]:
    """Give each stratum's rows and how many of them are treated."""
    code = np.zeros(len(treated), np.int64) if stratum is None else stratum
    each = [np.flatnonzero(code == z) for z in np.unique(code)]
    return [(rows, int(treated[rows].sum())) for rows in each]


def _choices(n: int, k: int) -> IntArray:
    """Tell, with j still to treat at position i, how many allocations treat it next."""
    most = 2**62  # never reached where the whole number can be enumerated
    return np.array(
        [
            [min(math.comb(n - 1 - i, j - 1), most) if j else 0 for j in range(k + 1)]
            for i in range(n)
        ],
        dtype=np.int64,
    ).reshape(n, k + 1)


def _unranked(number: IntArray, k: int, table: IntArray) -> Allocations:
    """Read allocations off their numbers, shape (n, m)."""
    block = np.empty((len(table), len(number)), dtype=np.int8)
    left, rest = np.full(len(number), k), number.copy()
    for place, row in enumerate(table):
        first = row[left]
        taken = rest < first
        block[place] = taken
        rest -= np.where(taken, 0, first)
        left -= taken
    return block


def _observed(statistic: Statistic, treated: BoolArray) -> float:
    """Compute the statistic of the allocation observed."""
    return float(statistic(treated.astype(np.int8)[None, :])[0])


def _counts(
    statistic: Statistic, blocks: Iterable[Allocations], observed: float, unit: float
) -> tuple[int, int, int]:
    """Count allocations at least as extreme, those defined, and those not."""
    least = observed - _TOLERANCE * max(unit, abs(observed))
    extreme = defined = total = 0
    for block in blocks:
        values = statistic(block)
        extreme += int(np.count_nonzero(values >= least))
        defined += int(np.count_nonzero(~np.isnan(values)))
        total += len(values)
    return extreme, defined, total - defined


def _left_out(n: int) -> str:
    """Say how many allocations the statistic is not defined for."""
    return f" ({n:,} left out: statistic not defined)" if n else ""
