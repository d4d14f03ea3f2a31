"""Constrained clusters: draw among the allocations that are balanced enough."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from steps_analysis.errors import ArgumentError, refusal
from steps_analysis.randomisation.designs.allocations import Sizes
from steps_analysis.randomisation.designs.balanced import balanced_lists, pairs_together
from steps_analysis.randomisation.designs.constraint import settle
from steps_analysis.randomisation.designs.drawing import draw_among, is_among
from steps_analysis.randomisation.designs.whitening import Covariates
from steps_analysis.randomisation.walking import ArmArray
from steps_analysis.randomness import Stream

_SHARE = np.array([0.0, 1.0])  # control is never treated, treatment always


@dataclass(frozen=True, slots=True)
class ConstrainedClusters:
    """
    Allocate clusters at once, by an allocation that is balanced enough.

    Clusters (boroughs, schools) are few, and a plain draw may leave the arms unlike. Of
    all allocations with the totals fixed those are kept whose balance score is small,
    and one of them is drawn; all that are kept are equally likely.

    Attributes
    ----------
    sizes
        How many clusters are treated, and how many are controls.
    accepted
        The share of the best allocations that is kept, in (0, 1]; those as good as the
        last one kept are kept too. Either this or `largest` is given.
    largest
        The largest score that is kept.
    weights
        How much each covariate matters, in the order of the columns; None: all the
        same.
    n_candidates
        Where there are more allocations than this, as many distinct ones are drawn, and
        no other is considered.
    candidate_seed
        The seed of these drawn candidates; they are part of the design, and as public.

    Notes
    -----
    The score is Raab and Butcher's B [1]_: the sum over the covariates of the squared
    difference of the arms' means, each over its variance (denominator k - 1 of k
    clusters). It takes no account of correlation; a covariate named twice counts twice.
    R's ``cvcrand::cvrall`` prints (n_t n_c / k)² times B. What keeping a share of the
    best does to tests is studied in [2]_.

    Where candidates are drawn, a cluster's chance is only nearly its share.

    A constraint can be so tight that two clusters always, or never, are treated alike
    [3]_; `pair_probabilities` says so. Refused is only what leaves no chance: a cluster
    whose arm is certain. Analyse by `design_test`.

    References
    ----------
    .. [1] Raab, G. M. and Butcher, I. (2001), Statistics in Medicine 20, 351-365.
    .. [2] Li, F., Lokhnygina, Y., Murray, D. M., Heagerty, P. J. and DeLong, E. R.
       (2016), Statistics in Medicine 35, 1565-1579.
    .. [3] Moulton, L. H. (2004), Clinical Trials 1, 297-305.

    Examples
    --------
    >>> design = ConstrainedClusters((2, 2), accepted=0.3)
    >>> design.enumerate_lists([[11], [12], [14], [15]]).tolist()
    [[1, 0, 0, 1], [0, 1, 1, 0]]
    """

    sizes: Sizes
    accepted: float | None = None
    largest: float | None = None
    weights: tuple[float, ...] | None = None
    n_candidates: int = 100_000
    candidate_seed: int | None = None

    def __post_init__(self) -> None:
        settle(self)
        if len(self.sizes) != 2:
            rule = "be two numbers of clusters, (treatment, control)"
            raise ArgumentError(refusal("sizes", rule, self.sizes))
        if self.accepted is None and self.largest is None:
            rule = "be given, or `largest`: without a limit nothing is constrained"
            raise ArgumentError(refusal("accepted", rule, None, hint="accepted=0.1"))

    def enumerate_lists(self, covariates: Covariates) -> ArmArray:
        """
        List the allocations that are kept, all equally likely.

        Parameters
        ----------
        covariates
            One row per cluster, one column per covariate; see `standardised`.

        Returns
        -------
        numpy.ndarray
            The arms, int8, shape (n_lists, clusters); 1 = treatment.

        Raises
        ------
        ArgumentError
            If the covariates do not fit the design, no allocation is kept, or a
            cluster's arm would be certain.
        DataError
            If the covariates break their rules.
        """
        return balanced_lists(self, covariates, _SHARE)

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
            One row per cluster, one column per covariate; see `standardised`.
        n_lists
            How many lists, at least 1.
        seed
            The seed. List i is drawn from child i of the stream.
        stream
            What the lists are for.

        Returns
        -------
        numpy.ndarray
            The arms, int8, shape (n_lists, clusters); 1 = treatment.

        Raises
        ------
        ArgumentError
            If `n_lists` is no whole number of at least 1, or as `enumerate_lists` says.
        DataError
            If the covariates break their rules.

        Examples
        --------
        >>> design = ConstrainedClusters((2, 2), largest=0.1)
        >>> arms = design.draw_lists([[11], [12], [14], [15]], 20, seed=1)
        >>> sorted({tuple(arm) for arm in arms.tolist()})
        [(0, 1, 1, 0), (1, 0, 0, 1)]
        """
        lists = self.enumerate_lists(covariates)
        return draw_among(lists, n_lists, stream=stream, seed=seed)

    def allows(self, arm: ArmArray, covariates: Covariates) -> bool:
        """
        Say whether a list could have been drawn.

        Parameters
        ----------
        arm
            The arms, shape (clusters,); 1 = treatment.
        covariates
            One row per cluster, one column per covariate; see `standardised`.

        Returns
        -------
        bool
            Whether it is among the allocations that are kept.
        """
        return is_among(arm, self.enumerate_lists(covariates))

    def pair_probabilities(self, covariates: Covariates) -> pd.DataFrame:
        """
        Say how probable it is that each two clusters share an arm.

        Parameters
        ----------
        covariates
            One row per cluster, one column per covariate; see `standardised`. The index
            of a table names the clusters.

        Returns
        -------
        pandas.DataFrame
            One row per pair: `first`, `second`, `together`. At 0 or 1 the two are never
            or always treated alike, and nothing is learned from comparing them.

        Examples
        --------
        >>> design = ConstrainedClusters((2, 2), accepted=1)
        >>> design.pair_probabilities([[11], [12], [14], [15]]).round(2).head(2)
           first  second  together
        0      0       1      0.33
        1      0       2      0.33
        """
        return pairs_together(self.enumerate_lists(covariates), covariates)
