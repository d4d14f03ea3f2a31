"""Which allocations of clusters are balanced enough to be drawn from?"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Protocol

import numpy as np
import pandas as pd

from steps_analysis.errors import ArgumentError, refusal
from steps_analysis.estimates import FloatArray
from steps_analysis.randomisation.designs.allocations import (
    Sizes,
    every_allocation,
    n_allocations,
    some_allocations,
)
from steps_analysis.randomisation.designs.whitening import Covariates, standardised
from steps_analysis.randomisation.parameters import (
    check_number,
    check_probability,
    check_whole,
    is_whole,
)
from steps_analysis.randomisation.sequences import MOST_SEQUENCES
from steps_analysis.randomisation.walking import ArmArray
from steps_analysis.randomness import Stream, generator

_TOLERANCE = 1e-9  # scores this close (of their size) are equally good


class Constrained(Protocol):
    """A design that draws among the allocations that are balanced enough."""

    @property
    def sizes(self) -> Sizes:
        """How many clusters each group gets."""

    @property
    def accepted(self) -> float | None:
        """The share of the best allocations that is kept, or None."""

    @property
    def largest(self) -> float | None:
        """The largest score that is kept, or None."""

    @property
    def weights(self) -> tuple[float, ...] | None:
        """How much each covariate matters, or None: all the same."""

    @property
    def n_candidates(self) -> int:
        """How many allocations are looked at, at most."""

    @property
    def candidate_seed(self) -> int | None:
        """The seed of the candidates where they are drawn."""


def settle(design: Constrained) -> None:
    """
    Refuse an impossible declaration, and put its values into their plain form.

    Parameters
    ----------
    design
        The design that is being made.

    Raises
    ------
    ArgumentError
        If a value breaks its rule.

    Examples
    --------
    >>> from steps_analysis.randomisation import ConstrainedClusters
    >>> ConstrainedClusters([4, 4], accepted=1, weights=[1, 2])  # settles itself
    ConstrainedClusters(sizes=(4, 4), accepted=1.0, largest=None, weights=(1.0, 2.0), \
n_candidates=100000, candidate_seed=None)
    """
    settled = {
        "sizes": _check_sizes(design.sizes),
        "n_candidates": _check_n_candidates(design.n_candidates),
    }
    if design.accepted is not None:
        why = "of none nothing could be drawn"
        accepted = check_probability("accepted", design.accepted, least=1e-6, why=why)
        settled["accepted"] = accepted
    if design.largest is not None:
        settled["largest"] = check_number("largest", design.largest, may_be_zero=True)
    if design.weights is not None:
        settled["weights"] = _check_weights(design.weights)
    for name, value in settled.items():
        object.__setattr__(design, name, value)
    _check_candidates(design)


def is_constrained(design: Constrained) -> bool:
    """
    Say whether a design has a limit.

    Parameters
    ----------
    design
        The design.

    Returns
    -------
    bool
        Whether `accepted` or `largest` is given.

    Examples
    --------
    >>> from steps_analysis.randomisation import SteppedWedge
    >>> is_constrained(SteppedWedge((2, 2)))
    False
    """
    return design.accepted is not None or design.largest is not None


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


def _check_sizes(given: object) -> Sizes:
    """Refuse sizes that are not two or more whole numbers of at least 1."""
    sizes = tuple(given) if isinstance(given, Iterable) else ()
    is_number = all(is_whole(size) and size >= 1 for size in sizes)
    if not 2 <= len(sizes) <= 100 or not is_number:
        rule = "be two or more whole numbers of at least 1, the first treated most"
        raise ArgumentError(refusal("sizes", rule, given))
    return tuple(int(size) for size in sizes)


def _check_n_candidates(given: object) -> int:
    """Refuse more candidates than memory holds."""
    n = check_whole("n_candidates", given, least=2)
    if n > MOST_SEQUENCES:
        rule = f"be at most {MOST_SEQUENCES:,}"
        raise ArgumentError(refusal("n_candidates", rule, n))
    return n


def _check_weights(given: object) -> tuple[float, ...]:
    """Refuse weights that are not numbers of at least 0, one of them above."""
    weights = tuple(given) if isinstance(given, Iterable) else (given,)
    checked = tuple(check_number("weights", one, may_be_zero=True) for one in weights)
    if not any(checked):
        rule = "hold a number above 0, so that a covariate matters"
        raise ArgumentError(refusal("weights", rule, given))
    return checked


def _check_candidates(design: Constrained) -> None:
    """Refuse two limits at once, and drawn candidates without a seed."""
    if design.accepted is not None and design.largest is not None:
        rule = "be left out where `accepted` is given: each alone is the limit"
        raise ArgumentError(refusal("largest", rule, design.largest))
    n = n_allocations(design.sizes)
    if design.candidate_seed is not None:
        check_whole("candidate_seed", design.candidate_seed, least=0)
    elif is_constrained(design) and n > design.n_candidates:
        rule = f"be given where not all {n:,} allocations are looked at"
        hint = f"n_candidates={n}" if n <= MOST_SEQUENCES else None
        raise ArgumentError(refusal("candidate_seed", rule, None, hint=hint))


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
