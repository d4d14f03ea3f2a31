"""Rerandomisation: draw whole lists until one is balanced enough."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np

from steps_analysis.errors import ArgumentError, refusal
from steps_analysis.estimates import FloatArray
from steps_analysis.randomisation.designs.allocations import (
    every_allocation,
    n_allocations,
)
from steps_analysis.randomisation.designs.drawing import check_enumerable
from steps_analysis.randomisation.designs.whitening import Covariates, whitened
from steps_analysis.randomisation.parameters import (
    Ratio,
    check_probability,
    check_ratio_of_two,
    check_whole,
)
from steps_analysis.randomisation.walking import ArmArray
from steps_analysis.randomness import Stream, generator

_BATCH = 256  # lists tried together
_TRIES = 40  # times the number expected; all are in vain once in e^40 times


@dataclass(frozen=True, slots=True)
class Rerandomisation:
    """
    Draw a list anew until the arms' covariates are near enough.

    A way of *allocating*. Not to be confused with a re-randomisation test, which is a
    way of analysing; the test of a trial allocated so must draw its lists so too, and
    `design_test` does.

    Attributes
    ----------
    accepted
        Share of all lists that is near enough, in [0.001, 1]; 1 accepts the first.
    ratio
        The parts of treatment and control, exactly, in every list.

    Notes
    -----
    The distance of the arms is Mahalanobis's, n_t n_c / n times d' S^-1 d, with d the
    difference of the means and S the covariance of all n [1]_. Over all lists its mean
    is the number of covariates, and it is nearly chi-squared distributed, from which
    the largest accepted distance follows. In a small trial the share really accepted
    may therefore differ from `accepted`. All lists that are near enough are equally
    likely. At 1:1 every participant has an even chance of either arm; at other ratios
    not exactly the ratio's.

    References
    ----------
    .. [1] Morgan, K. L. and Rubin, D. B. (2012), Annals of Statistics 40, 1263-1282.

    Examples
    --------
    >>> round(Rerandomisation(0.1).largest_distance(2), 4)
    0.2107
    """

    accepted: float
    ratio: Ratio = field(default=(1, 1), kw_only=True)

    def __post_init__(self) -> None:
        why = "of fewer lists too little would be left to chance"
        accepted = check_probability("accepted", self.accepted, least=0.001, why=why)
        object.__setattr__(self, "accepted", accepted)
        object.__setattr__(self, "ratio", check_ratio_of_two(self.ratio))

    def largest_distance(self, n_covariates: int) -> float:
        """
        Give the largest distance of the arms that is accepted.

        Parameters
        ----------
        n_covariates
            How many covariates there are (that others do not determine).

        Returns
        -------
        float
            The quantile of the chi-squared distribution; infinite where all lists are
            accepted.

        Examples
        --------
        >>> Rerandomisation(1).largest_distance(3)
        inf
        """
        from scipy.special import chdtri  # special alone, without scipy.stats

        if self.accepted == 1:
            return math.inf
        return float(chdtri(n_covariates, 1 - self.accepted))

    def draw_lists(
        self,
        covariates: Covariates,
        n_lists: int,
        *,
        seed: int,
        stream: Stream = Stream.ALLOCATION,
    ) -> ArmArray:
        """
        Draw lists that are near enough.

        Parameters
        ----------
        covariates
            One row per participant, one column per covariate; see `whitened`.
        n_lists
            How many lists, at least 1.
        seed
            The seed. List i is drawn from child i of the stream.
        stream
            What the lists are for.

        Returns
        -------
        numpy.ndarray
            The arms, int8, shape (n_lists, n); 1 = treatment.

        Raises
        ------
        ArgumentError
            If the participants cannot be divided in the ratio, no list tried is near
            enough, or `n_lists` is no whole number of at least 1.
        DataError
            If the covariates break their rules.

        Examples
        --------
        >>> ages = [[11], [12], [14], [15]]
        >>> arms = Rerandomisation(0.4).draw_lists(ages, 20, seed=1)
        >>> sorted({tuple(arm) for arm in arms.tolist()})
        [(0, 1, 1, 0), (1, 0, 0, 1)]
        """
        check_whole("n_lists", n_lists, least=1)
        scaled = whitened(covariates)
        ordered = _in_ratio(len(scaled), self.ratio)
        largest = self.largest_distance(scaled.shape[1])
        children = (generator(seed, stream, i) for i in range(n_lists))
        return np.stack(
            [self._near_enough(ordered, scaled, largest, rng) for rng in children]
        )

    def enumerate_lists(self, covariates: Covariates) -> ArmArray:
        """
        List all that are near enough; they are equally likely.

        Parameters
        ----------
        covariates
            One row per participant, one column per covariate; see `whitened`.

        Returns
        -------
        numpy.ndarray
            The arms, int8, shape (n_lists, n); 1 = treatment. No row where no list is
            near enough.

        Raises
        ------
        ArgumentError
            If the participants cannot be divided in the ratio, or are too many.
        DataError
            If the covariates break their rules.

        Examples
        --------
        >>> Rerandomisation(0.4).enumerate_lists([[11], [12], [14], [15]]).tolist()
        [[1, 0, 0, 1], [0, 1, 1, 0]]
        """
        scaled = whitened(covariates)
        n_treatment = int(_in_ratio(len(scaled), self.ratio).sum())
        sizes = (n_treatment, len(scaled) - n_treatment)
        check_enumerable(n_allocations(sizes), n=len(scaled))
        lists = every_allocation(sizes)
        largest = self.largest_distance(scaled.shape[1])
        return lists[distance(lists, scaled) <= largest]

    def allows(self, arm: ArmArray, covariates: Covariates) -> bool:
        """
        Say whether a list could have been drawn.

        Parameters
        ----------
        arm
            The arms, shape (n,); 1 = treatment.
        covariates
            One row per participant, one column per covariate; see `whitened`.

        Returns
        -------
        bool
            Whether its totals are right and it is near enough.

        Examples
        --------
        >>> Rerandomisation(0.4).allows(np.array([1, 1, 0, 0]), [[1], [2], [4], [5]])
        False
        """
        scaled = whitened(covariates)
        if arm.sum() != _in_ratio(len(scaled), self.ratio).sum():
            return False
        largest = self.largest_distance(scaled.shape[1])
        return bool(distance(arm[None, :], scaled)[0] <= largest)

    def _near_enough(
        self,
        ordered: ArmArray,
        covariates: FloatArray,
        largest: float,
        rng: np.random.Generator,
    ) -> ArmArray:
        """Try batches of lists; the first that is near enough."""
        n_batches = math.ceil(_TRIES / self.accepted / _BATCH)
        for _ in range(n_batches):
            tried = rng.permuted(np.tile(ordered, (_BATCH, 1)), axis=1)
            is_near = distance(tried, covariates) <= largest
            if is_near.any():
                return np.asarray(tried[is_near.argmax()])
        rule = (
            f"be so large that a list is near enough (none of {n_batches * _BATCH} is)"
        )
        raise ArgumentError(refusal("accepted", rule, self.accepted))


def distance(arms: ArmArray, covariates: FloatArray) -> FloatArray:
    """
    Give the Mahalanobis distance of two arms.

    Parameters
    ----------
    arms
        Lists, shape (n_lists, n); 1 = treatment.
    covariates
        Whitened covariates, shape (n, rank); see `whitened`.

    Returns
    -------
    numpy.ndarray
        The distances, shape (n_lists,).

    Examples
    --------
    >>> both = np.array([[1, 1, 0, 0], [1, 0, 0, 1]])
    >>> ages = np.array([[-3.0], [-1.0], [1.0], [3.0]]) / np.sqrt(20 / 3)
    >>> distance(both, ages).round(6).tolist()
    [2.4, 0.0]
    """
    n = arms.shape[1]
    n_treatment = arms.sum(axis=1, dtype=np.int64)[:, None]
    # The covariates sum to 0 over all: what one arm has, the other lacks.
    difference = arms @ covariates * n / (n_treatment * (n - n_treatment))
    factor = (n_treatment * (n - n_treatment) / n)[:, 0]
    return np.asarray(factor * (difference**2).sum(axis=1))


def _in_ratio(n: int, ratio: Ratio) -> ArmArray:
    """One list with the totals fixed; refuse a number the ratio does not divide."""
    unit, rest = divmod(n, sum(ratio))
    if rest:
        parts = ":".join(map(str, ratio))
        rule = f"have a multiple of {sum(ratio)} rows, to be divided {parts}"
        raise ArgumentError(refusal("covariates", rule, f"{n} rows"))
    return np.repeat(np.array([1, 0], dtype=np.int8), [unit * part for part in ratio])
