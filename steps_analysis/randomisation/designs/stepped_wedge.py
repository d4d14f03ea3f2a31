"""Stepped wedge: when does each cluster begin treatment?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from steps_analysis.errors import ArgumentError, refusal
from steps_analysis.estimates import FloatArray
from steps_analysis.randomisation.designs.allocations import (
    Sizes,
    every_allocation,
    n_allocations,
)
from steps_analysis.randomisation.designs.balanced import balanced_lists, pairs_together
from steps_analysis.randomisation.designs.constraint import is_constrained, settle
from steps_analysis.randomisation.designs.drawing import (
    check_enumerable,
    draw_among,
    is_among,
)
from steps_analysis.randomisation.designs.whitening import Covariates, n_rows
from steps_analysis.randomisation.parameters import check_whole
from steps_analysis.randomisation.walking import ArmArray
from steps_analysis.randomness import Stream, generator


@dataclass(frozen=True, slots=True)
class SteppedWedge:
    """
    Allocate clusters to the step at which they begin treatment.

    In the first period nobody is treated; at each step the next group of clusters
    begins; in the last period all are treated. Of s steps the first has number s - 1
    and the last 0: the higher a cluster's number, the longer it is treated.

    Attributes
    ----------
    sizes
        How many clusters begin at each step, the first step first.
    accepted
        The share of the best allocations that is kept, in (0, 1]; those as good as the
        last one kept are kept too. At most one of this and `largest` is given; without
        either, every allocation is equally likely.
    largest
        The largest score that is kept.
    weights
        How much each covariate matters, in the order of the columns; None: all the
        same.
    n_candidates
        Under a constraint, where there are more allocations than this, as many distinct
        ones are drawn, and no other is considered.
    candidate_seed
        The seed of these drawn candidates; they are part of the design, and as public.

    Notes
    -----
    The score is that of `ConstrainedClusters` with each cluster counted in both
    conditions by the periods it spends there (at step j of s it is treated in
    s + 1 - j of s + 1 periods): the squared difference of the covariates' means while
    treated and while not, over their variances. With equal steps it is (2 / k)² times
    the score of [1]_. It sees whether a covariate goes along with the time under
    treatment, and nothing else: a cluster that is treated half the time does not count.

    References
    ----------
    .. [1] Chaussee, E. L. (2019), SW-CCR, a program in R for her paper with Dickinson
       and Fairclough on constrained stepped wedges.

    Examples
    --------
    >>> wedge = SteppedWedge((1, 1, 1))
    >>> len(wedge.enumerate_lists())
    6
    >>> alike = SteppedWedge((1, 2, 1), largest=0.01)
    >>> alike.enumerate_lists([[11], [12], [12], [11]]).tolist()
    [[2, 1, 1, 0], [1, 2, 0, 1], [1, 0, 2, 1], [0, 1, 1, 2]]
    """

    sizes: Sizes
    accepted: float | None = None
    largest: float | None = None
    weights: tuple[float, ...] | None = None
    n_candidates: int = 100_000
    candidate_seed: int | None = None

    def __post_init__(self) -> None:
        settle(self)

    def enumerate_lists(self, covariates: Covariates = None) -> ArmArray:
        """
        List the allocations that are kept, all equally likely.

        Parameters
        ----------
        covariates
            One row per cluster, one column per covariate (see `standardised`); may be
            left out where there is no constraint.

        Returns
        -------
        numpy.ndarray
            The steps, int8, shape (n_lists, clusters); the first step is the highest.

        Raises
        ------
        ArgumentError
            If a constraint has no covariates, they do not fit the design, no allocation
            is kept, a cluster's step would be certain, or there are too many lists.
        DataError
            If the covariates break their rules.
        """
        self._check_covariates(covariates)
        if is_constrained(self):
            return balanced_lists(self, covariates, self._share())
        check_enumerable(n_allocations(self.sizes), n=sum(self.sizes))
        return every_allocation(self.sizes)

    def draw_lists(
        self,
        covariates: Covariates,
        n_lists: int,
        *,
        seed: int,
        stream: Stream = Stream.ALLOCATION,
    ) -> ArmArray:
        """
        Draw among the allocations that are kept.

        Parameters
        ----------
        covariates
            One row per cluster, one column per covariate (see `standardised`); may be
            None where there is no constraint.
        n_lists
            How many lists, at least 1.
        seed
            The seed. List i is drawn from child i of the stream.
        stream
            What the lists are for.

        Returns
        -------
        numpy.ndarray
            The steps, int8, shape (n_lists, clusters); the first step is the highest.

        Raises
        ------
        ArgumentError
            If `n_lists` is no whole number of at least 1, or as `enumerate_lists` says
            of a constraint.
        DataError
            If the covariates break their rules.

        Examples
        --------
        >>> steps = SteppedWedge((1, 2)).draw_lists(None, 50, seed=1)
        >>> sorted({tuple(step) for step in steps.tolist()})
        [(0, 0, 1), (0, 1, 0), (1, 0, 0)]
        """
        if is_constrained(self):
            lists = self.enumerate_lists(covariates)
            return draw_among(lists, n_lists, stream=stream, seed=seed)
        self._check_covariates(covariates)
        check_whole("n_lists", n_lists, least=1)
        children = (generator(seed, stream, i) for i in range(n_lists))
        return np.stack([rng.permuted(self._ordered()) for rng in children])

    def allows(self, arm: ArmArray, covariates: Covariates = None) -> bool:
        """
        Say whether a list could have been drawn.

        Parameters
        ----------
        arm
            The steps, shape (clusters,); the first step is the highest.
        covariates
            One row per cluster, one column per covariate (see `standardised`); may be
            left out where there is no constraint.

        Returns
        -------
        bool
            Whether it is among the allocations that are kept.

        Examples
        --------
        >>> SteppedWedge((1, 2)).allows(np.array([1, 1, 0]))
        False
        """
        if is_constrained(self):
            return is_among(arm, self.enumerate_lists(covariates))
        return bool(np.array_equal(np.sort(arm), np.sort(self._ordered())))

    def pair_probabilities(self, covariates: Covariates) -> pd.DataFrame:
        """
        Say how probable it is that each two clusters begin at the same step.

        Parameters
        ----------
        covariates
            One row per cluster, one column per covariate; see `standardised`. The index
            of a table names the clusters.

        Returns
        -------
        pandas.DataFrame
            One row per pair: `first`, `second`, `together`.

        Examples
        --------
        >>> wedge = SteppedWedge((2, 2))
        >>> wedge.pair_probabilities([[11], [12], [14], [15]]).round(2).head(1)
           first  second  together
        0      0       1      0.33
        """
        return pairs_together(self.enumerate_lists(covariates), covariates)

    def _share(self) -> FloatArray:
        """Give the share of all periods for which each group is treated."""
        n_steps = len(self.sizes)
        return np.arange(1, n_steps + 1) / (n_steps + 1)

    def _ordered(self) -> ArmArray:
        """Give one list, in the order of the steps."""
        groups = np.arange(len(self.sizes) - 1, -1, -1, dtype=np.int8)
        return np.repeat(groups, self.sizes)

    def _check_covariates(self, covariates: Covariates) -> None:
        """Refuse a constraint without covariates, and covariates of other clusters."""
        if covariates is None:
            if is_constrained(self):
                rule = "be given where `accepted` or `largest` is"
                raise ArgumentError(refusal("covariates", rule, None))
        elif (n := n_rows(covariates)) != sum(self.sizes):
            rule = f"have a row for each of {sum(self.sizes)} clusters"
            raise ArgumentError(refusal("covariates", rule, f"{n} rows"))
