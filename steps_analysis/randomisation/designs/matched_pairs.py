"""Matched pairs: pair the most alike, and toss a coin in each pair."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from steps_analysis.estimates import FloatArray, IntArray
from steps_analysis.randomisation.designs.drawing import check_enumerable
from steps_analysis.randomisation.designs.whitening import Covariates, whitened
from steps_analysis.randomisation.parameters import check_whole
from steps_analysis.randomisation.walking import ArmArray
from steps_analysis.randomness import Stream, generator


@dataclass(frozen=True, slots=True)
class MatchedPairs:
    """
    Pair participants so that pairs are as alike as can be; one of each is treated.

    Notes
    -----
    Of all ways to pair, the one with the smallest sum of Mahalanobis distances is taken
    [1]_, found as a whole-number programme (exactly, not greedily). Of several equally
    good ways the solver's is taken, so keep the pairs (`pairs_of`) with the list. Of an
    odd number one participant stays without a partner, the one whose absence leaves the
    others' pairs most alike, and tosses a fair coin. Every participant has an even
    chance of either arm.

    References
    ----------
    .. [1] Greevy, R., Lu, B., Silber, J. H. and Rosenbaum, P. (2004), Biostatistics 5,
       263-275.

    Examples
    --------
    >>> ages = [[10], [14], [10], [14]]
    >>> arms = MatchedPairs().draw_lists(ages, 20, seed=1)
    >>> set((arms[:, 0] + arms[:, 2]).tolist())
    {1}
    """

    def draw_lists(
        self,
        covariates: Covariates,
        n_lists: int,
        *,
        seed: int,
        stream: Stream = Stream.ALLOCATION,
    ) -> ArmArray:
        """
        Pair the participants once, and draw lists.

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
            If `n_lists` is no whole number of at least 1.
        DataError
            If the covariates break their rules.

        Examples
        --------
        >>> arms = MatchedPairs().draw_lists([[10], [14], [11]], 20, seed=1)
        >>> sorted({tuple(arm) for arm in arms.tolist()})
        [(0, 0, 1), (0, 1, 1), (1, 0, 0), (1, 1, 0)]
        """
        check_whole("n_lists", n_lists, least=1)
        pairs = pairs_of(whitened(covariates))
        n = len(np.asarray(covariates))
        children = (generator(seed, stream, i) for i in range(n_lists))
        return np.stack([_toss_in_pairs(pairs, n, rng) for rng in children])

    def enumerate_lists(self, covariates: Covariates) -> ArmArray:
        """
        List all that can be drawn; they are equally likely.

        Parameters
        ----------
        covariates
            One row per participant, one column per covariate; see `whitened`.

        Returns
        -------
        numpy.ndarray
            The arms, int8, shape (n_lists, n); 1 = treatment.

        Raises
        ------
        ArgumentError
            If there are too many participants.
        DataError
            If the covariates break their rules.

        Examples
        --------
        >>> MatchedPairs().enumerate_lists([[10], [14], [11]]).tolist()
        [[0, 0, 1], [1, 0, 0], [0, 1, 1], [1, 1, 0]]
        """
        scaled = whitened(covariates)
        n = len(scaled)
        n_coins = (n + 1) // 2  # one in each pair, one for whoever has no partner
        check_enumerable(2**n_coins, n=n)
        pairs = pairs_of(scaled)
        alone = np.setdiff1d(np.arange(n), pairs)
        coins = np.arange(2**n_coins)[:, None] >> np.arange(n_coins) & 1
        lists = np.zeros((len(coins), n), dtype=np.int8)
        lists[:, np.concatenate([pairs[:, 0], alone])] = coins
        lists[:, pairs[:, 1]] = 1 - lists[:, pairs[:, 0]]
        return lists

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
            Whether one of each pair is treated.

        Examples
        --------
        >>> MatchedPairs().allows(np.array([1, 0, 1, 0]), [[10], [14], [10], [14]])
        False
        """
        pairs = pairs_of(whitened(covariates))
        return bool((arm[pairs[:, 0]] != arm[pairs[:, 1]]).all())


def pairs_of(covariates: FloatArray) -> IntArray:
    """
    Pair the rows so that the sum of the distances within pairs is smallest.

    Parameters
    ----------
    covariates
        Whitened covariates, shape (n, rank); see `whitened`.

    Returns
    -------
    numpy.ndarray
        The pairs' row numbers, shape (n // 2, 2), ascending.

    Examples
    --------
    >>> pairs_of(np.array([[0.0], [9.0], [1.0], [8.0]])).tolist()
    [[0, 2], [1, 3]]
    """
    from scipy.optimize import Bounds, LinearConstraint, milp
    from scipy.sparse import csr_array

    n = len(covariates)
    first, second = np.triu_indices(n, 1)
    length = np.sqrt(((covariates[first] - covariates[second]) ** 2).sum(axis=1))
    number = np.tile(np.arange(len(first)), 2)
    ends = np.concatenate([first, second])
    is_end = csr_array((np.ones(len(ends)), (ends, number)), shape=(n, len(first)))
    chosen = milp(
        length,
        integrality=np.ones(len(first), dtype=np.int64),
        bounds=Bounds(0, 1),
        constraints=[
            LinearConstraint(is_end, n % 2 == 0, 1),
            LinearConstraint(np.ones((1, len(first))), n // 2, n // 2),
        ],
        options={"mip_rel_gap": 0.0},
    ).x
    return np.column_stack([first, second])[np.asarray(chosen) > 0.5]


def _toss_in_pairs(pairs: IntArray, n: int, rng: np.random.Generator) -> ArmArray:
    """Treat one of each pair, and toss a coin for whoever has no partner."""
    arm = rng.integers(0, 2, size=n, dtype=np.int8)
    arm[pairs[:, 1]] = 1 - arm[pairs[:, 0]]
    return arm
