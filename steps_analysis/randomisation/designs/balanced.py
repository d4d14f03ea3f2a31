"""Which allocations of clusters are balanced enough to be drawn from?"""

from __future__ import annotations

import math

import numpy as np
import pandas as pd

from steps_analysis.errors import ArgumentError, refusal
from steps_analysis.estimates import FloatArray
from steps_analysis.randomisation.designs.allocations import (
    every_allocation,
    n_allocations,
    some_allocations,
)
from steps_analysis.randomisation.designs.constraint import Constrained
from steps_analysis.randomisation.designs.whitening import Covariates, standardised
from steps_analysis.randomisation.walking import ArmArray
from steps_analysis.randomness import Stream, generator

_TOLERANCE = 1e-9  # scores this close (of their size) are equally good


def balance_score(
    arms: ArmArray,
    covariates: FloatArray,
    share: FloatArray,
    weights: tuple[float, ...] | None = None,
) -> FloatArray:
    """
    Say how far treated and untreated clusters are apart: Raab and Butcher's B.

    Parameters
    ----------
    arms
        Allocations, shape (n_lists, clusters).
    covariates
        Standardised covariates, shape (clusters, covariates); see `standardised`.
    share
        The share of the trial for which each group is treated, by its number.
    weights
        How much each covariate matters; None: all the same.

    Returns
    -------
    numpy.ndarray
        For each list the weighted sum, over the covariates, of the squared difference
        of their means while treated and while not; shape (n_lists,).

    Examples
    --------
    >>> z = np.array([[-1.0], [0.0], [0.0], [1.0]])
    >>> both = np.array([[1, 1, 0, 0], [1, 0, 0, 1]], dtype=np.int8)
    >>> balance_score(both, z, np.array([0.0, 1.0])).tolist()
    [1.0, 0.0]
    """
    treated = share[arms]
    n_treated = treated[0].sum()
    n = arms.shape[1]
    # The covariates sum to 0: what the treated have, the others lack.
    difference = treated @ covariates * n / (n_treated * (n - n_treated))
    given = np.ones(covariates.shape[1]) if weights is None else np.array(weights)
    return np.asarray(difference**2 @ given)


def balanced_lists(
    design: Constrained, covariates: Covariates, share: FloatArray
) -> ArmArray:
    """
    List the allocations that are balanced enough.

    Parameters
    ----------
    design
        The design.
    covariates
        One row per cluster, one column per covariate; see `standardised`.
    share
        The share of the trial for which each group is treated, by its number.

    Returns
    -------
    numpy.ndarray
        The groups, int8, shape (n_lists, clusters); any of them may be drawn.

    Raises
    ------
    ArgumentError
        If the covariates do not fit the design, or a cluster's group would be certain.
    DataError
        If the covariates break their rules.

    Examples
    --------
    >>> from steps_analysis.randomisation import ConstrainedClusters
    >>> design = ConstrainedClusters((2, 2), largest=0.1)
    >>> children = [[11], [12], [14], [15]]
    >>> balanced_lists(design, children, np.array([0.0, 1.0])).tolist()
    [[1, 0, 0, 1], [0, 1, 1, 0]]
    """
    scaled = standardised(covariates)
    _check_shape(design, scaled)
    lists = candidates(design)
    score = balance_score(lists, scaled, share, design.weights)
    limit = _limit(design, score)
    kept = lists[score <= limit + _TOLERANCE * max(1.0, limit)]
    _check_kept(design, kept, score)
    return kept


def candidates(design: Constrained) -> ArmArray:
    """
    List the allocations that a design looks at: every one, or as many as it says.

    Parameters
    ----------
    design
        The design.

    Returns
    -------
    numpy.ndarray
        The groups, int8, shape (n_lists, clusters), no two rows alike.

    Examples
    --------
    >>> from steps_analysis.randomisation import ConstrainedClusters
    >>> len(candidates(ConstrainedClusters((3, 3), accepted=0.1)))
    20
    """
    if n_allocations(design.sizes) <= design.n_candidates:
        return every_allocation(design.sizes)
    assert design.candidate_seed is not None  # refused at the door
    rng = generator(design.candidate_seed, Stream.CANDIDATE_ALLOCATIONS)
    return some_allocations(design.sizes, design.n_candidates, rng)


def pairs_together(lists: ArmArray, covariates: Covariates) -> pd.DataFrame:
    """
    Say how often each two clusters are in the same group.

    Parameters
    ----------
    lists
        The equally likely allocations, shape (n_lists, clusters).
    covariates
        The table the clusters' names are taken from (its index; numbers from 0 for
        plain arrays).

    Returns
    -------
    pandas.DataFrame
        One row per pair: `first`, `second`, `together`, a probability.

    Examples
    --------
    >>> lists = np.array([[1, 0, 0, 1], [0, 1, 1, 0]])
    >>> pairs_together(lists, [[11], [12], [14], [15]])["together"].tolist()
    [0.0, 0.0, 1.0, 1.0, 0.0, 0.0]
    """
    n = lists.shape[1]
    names = covariates.index if isinstance(covariates, pd.DataFrame) else np.arange(n)
    first, second = np.triu_indices(n, 1)
    together = (lists[:, first] == lists[:, second]).mean(axis=0)
    return pd.DataFrame(
        {"first": names[first], "second": names[second], "together": together}
    )


def _limit(design: Constrained, score: FloatArray) -> float:
    """Give the largest score that is kept."""
    if design.largest is not None:
        return design.largest
    assert design.accepted is not None  # a constraint has one of the two
    n_kept = math.ceil(design.accepted * len(score) - 1e-9)
    return float(np.sort(score)[n_kept - 1])


def _check_shape(design: Constrained, scaled: FloatArray) -> None:
    """Refuse covariates of other clusters, or weights of other covariates."""
    n, n_covariates = scaled.shape
    if n != sum(design.sizes):
        parts = " + ".join(map(str, design.sizes))
        rule = f"have a row for each of {parts} = {sum(design.sizes)} clusters"
        raise ArgumentError(refusal("covariates", rule, f"{n} rows"))
    if design.weights is not None and len(design.weights) != n_covariates:
        rule = f"be one for each of {n_covariates} covariates"
        raise ArgumentError(refusal("weights", rule, design.weights))


def _check_kept(design: Constrained, kept: ArmArray, score: FloatArray) -> None:
    """Refuse to keep no allocation, or to make any cluster's group certain."""
    name = "largest" if design.largest is not None else "accepted"
    value = design.largest if design.largest is not None else design.accepted
    if not len(kept):
        rule = (
            f"be so large that an allocation is kept (the best has {score.min():.4g})"
        )
        raise ArgumentError(refusal(name, rule, value))
    n_certain = int((kept == kept[0]).all(axis=0).sum())
    if n_certain:
        rule = (
            f"be so large that no cluster's group is certain ({n_certain} of "
            f"{kept.shape[1]} are, among {len(kept)} kept)"
        )
        raise ArgumentError(refusal(name, rule, value))
