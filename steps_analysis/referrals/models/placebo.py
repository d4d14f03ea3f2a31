"""
How often would boroughs that did not change look as if they had?

Every unchanged borough is taken in turn for one that changed, at the same months. What
is found then is chance, season and drift, and no forum: it gives the interval its
scale, and the randomisation test its p-value.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass

import numpy as np

from steps_analysis.errors import ArgumentError, refusal
from steps_analysis.estimates import FloatArray, IntArray, TestResult
from steps_analysis.referrals.models.two_way import (
    Panel,
    borough_inverse,
    fit_margins,
)

MOST_ASSIGNMENTS = 300_000  # beyond this they are drawn, not listed
N_DRAWN = 20_000


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PlaceboScores:
    """
    What each borough would score, had it changed at each start.

    Attributes
    ----------
    score
        Slope of the likelihood at no effect, shape (n_sites, n_starts).
    information
        Covariance of the scores under Poisson counts, shape
        (n_sites, n_starts, n_sites, n_starts).

    Examples
    --------
    >>> one = PlaceboScores(score=np.ones((1, 1)), information=np.ones((1, 1, 1, 1)))
    >>> one.standardised()
    array([[1.]])
    """

    score: FloatArray
    information: FloatArray

    def standardised(self) -> FloatArray:
        """
        Divide each score by its Poisson standard error.

        Returns
        -------
        numpy.ndarray
            Shape (n_sites, n_starts); NaN where a borough has no information.
        """
        variance = np.einsum("isis->is", self.information)
        root = np.sqrt(np.where(variance > 1e-9, variance, np.nan))
        return np.asarray(self.score / root, dtype=np.float64)

    def of_assignments(self, assigned: IntArray, start: IntArray) -> FloatArray:
        """
        Give the standardised score of sets of boroughs taken for changed.

        Parameters
        ----------
        assigned
            Positions of boroughs, one row per assignment, shape (m, k).
        start
            Position of the start each column has, shape (k,).

        Returns
        -------
        numpy.ndarray
            Shape (m,); 0 where an assignment has no information.
        """
        score = self.score[assigned, start].sum(axis=1)
        variance = np.zeros(len(assigned))
        for a, b in itertools.product(range(len(start)), repeat=2):
            block = self.information[:, start[a], :, start[b]]
            variance += block[assigned[:, a], assigned[:, b]]
        known = variance > 1e-9
        return np.where(known, score / np.sqrt(np.where(known, variance, 1.0)), 0.0)


def placebo_scores(panel: Panel, parts: FloatArray) -> PlaceboScores:
    """
    Score every borough for every start, at no effect.

    Parameters
    ----------
    panel
        The counts.
    parts
        How much of a change each month has had under each start, shape
        (n_starts, n_months).

    Returns
    -------
    PlaceboScores
        Scores and their covariance, levels of boroughs and months taken into account.

    Examples
    --------
    Three boroughs alike: no score.

    >>> panel = Panel(events=np.full((3, 1, 2), 4.0), exposure=np.ones((3, 1, 2)))
    >>> scores = placebo_scores(panel, np.array([[0.0, 1.0]]))
    >>> scores.score.ravel().round(6).tolist()
    [0.0, 0.0, 0.0]
    """
    fitted = fit_margins(panel)
    n, q = panel.n_sites, len(parts)
    score = (panel.events - fitted).sum(axis=1) @ parts.T
    information = np.zeros((n * q, n * q))
    for k in range(fitted.shape[1]):
        information += _information(fitted[:, k], parts)
    return PlaceboScores(score=score, information=information.reshape(n, q, n, q))


def placebo_dispersion(scores: PlaceboScores) -> float:
    """
    Give the mean square of the standardised scores of unchanged boroughs.

    Parameters
    ----------
    scores
        Of the unchanged boroughs alone.

    Returns
    -------
    float
        1 on average where counts are Poisson, more where months of a borough hang
        together; never below 1. NaN where no borough has any information.

    Notes
    -----
    Counts cannot vary less than Poisson counts but by chance, so a mean square below 1
    is taken for 1.

    Examples
    --------
    >>> placebo_dispersion(PlaceboScores(score=np.array([[2.0], [-4.0]]),
    ...     information=4 * np.eye(2).reshape(2, 1, 2, 1)))
    2.5
    """
    squares = scores.standardised() ** 2
    seen = squares[~np.isnan(squares)]
    return max(1.0, float(seen.mean())) if seen.size else math.nan


def count_ways(n: int, start: IntArray) -> int:
    """
    Count the ways to hand starts to boroughs.

    Parameters
    ----------
    n
        How many boroughs there are.
    start
        Position of the start of each that changed, shape (k,).

    Returns
    -------
    int
        How many ways there are; boroughs with the same start are not in order.

    Examples
    --------
    >>> count_ways(14, np.array([0])), count_ways(4, np.array([0, 0]))
    (14, 6)
    """
    ways = math.perm(n, len(start))
    for same in np.unique(start, return_counts=True)[1]:
        ways //= math.factorial(int(same))
    return ways


def smallest_p_value(n: int, start: IntArray) -> float:
    """
    Give the smallest p-value a placebo test can have.

    Parameters
    ----------
    n
        How many boroughs there are.
    start
        Position of the start of each that changed, shape (k,).

    Returns
    -------
    float
        One in the number of ways listed, or drawn.

    Examples
    --------
    >>> smallest_p_value(14, np.array([0])) == 1 / 14
    True
    """
    ways = count_ways(n, start)
    return 1 / ways if ways <= MOST_ASSIGNMENTS else 1 / (N_DRAWN + 1)


def placebo_test(
    scores: PlaceboScores, changed: IntArray, start: IntArray, *, seed: int | None
) -> TestResult:
    """
    Ask how many ways of choosing the changed boroughs look at least as extreme.

    Parameters
    ----------
    scores
        Of all boroughs.
    changed
        Positions of the boroughs that changed, shape (k,).
    start
        Position of the start of each, shape (k,).
    seed
        Seed, needed only where there are more than 300,000 ways.

    Returns
    -------
    TestResult
        Standardised score, two-sided p-value, number of boroughs; `method` says the
        smallest p-value there can be.

    Raises
    ------
    ArgumentError
        If a seed is needed and not given.

    Notes
    -----
    The starts stay, and are handed to other boroughs in every way. The p-value counts
    the ways, the actual one included, whose standardised score is as far from 0. It is
    exact where the boroughs that changed were chosen by lot, which they seldom are: it
    then says only how unusual they are among the boroughs.

    References
    ----------
    .. [1] Abadie, A., Diamond, A. and Hainmueller, J. (2010), JASA 105, 493-505.
    .. [2] Phipson, B. and Smyth, G. K. (2010), Statistical Applications in Genetics
       and Molecular Biology 9, article 39.

    Examples
    --------
    The one that changed scores highest of four: the least p-value is 1 in 4.

    >>> scores = PlaceboScores(score=np.array([[3.0], [-1.0], [-1.0], [-1.0]]),
    ...     information=np.eye(4).reshape(4, 1, 4, 1))
    >>> placebo_test(scores, np.array([0]), np.array([0]), seed=None).p_value
    0.25
    """
    n, k = len(scores.score), len(changed)
    n_ways = count_ways(n, start)
    if n_ways > MOST_ASSIGNMENTS and seed is None:
        rule = f"be given where there are more than {MOST_ASSIGNMENTS:,} placebos"
        raise ArgumentError(refusal("seed", rule, None))
    own = float(scores.of_assignments(changed[None, :], start)[0])
    order = np.argsort(start, kind="stable")
    if n_ways <= MOST_ASSIGNMENTS:
        ways, extra, words = _listed(n, start[order]), 0, f"all {n_ways:,} ways"
    else:
        rng = np.random.default_rng(seed)
        ways = np.argsort(rng.random((N_DRAWN, n)), axis=1)[:, :k]
        extra, words = 1, f"{N_DRAWN:,} of {n_ways:,} ways"
    others = np.abs(scores.of_assignments(ways, start[order]))
    extreme = int(np.sum(others >= abs(own) * (1 - 1e-9))) + extra
    least = smallest_p_value(n, start)
    return TestResult(
        statistic=own,
        p_value=extreme / (len(ways) + extra),
        n=n,
        method=f"placebo boroughs, {words} of choosing {k} of {n}: "
        f"the p-value cannot be below {least:.2g}",
    )


def _listed(n: int, start: IntArray) -> IntArray:
    """List every way; boroughs with the same start stand in rising order."""
    ways = np.zeros((1, 0), dtype=np.int64)
    for size in np.unique(start, return_counts=True)[1]:
        chosen = np.array(list(itertools.combinations(range(n), int(size))))
        left = np.repeat(ways, len(chosen), axis=0)
        right = np.tile(chosen, (len(ways), 1))
        free = ~np.any(left[:, :, None] == right[:, None, :], axis=(1, 2))
        ways = np.hstack([left[free], right[free]])
    return ways


def _information(weight: FloatArray, parts: FloatArray) -> FloatArray:
    """Give the covariance of the scores in one stratum, shape (n q, n q)."""
    n, q = len(weight), len(parts)
    by_month = np.zeros(weight.shape[1])
    np.divide(1, weight.sum(axis=0), out=by_month, where=weight.sum(axis=0) > 0)
    spread = (weight[:, None, :] * parts).reshape(n * q, -1)
    own = np.zeros((n, q, n))
    own[np.arange(n), :, np.arange(n)] = weight @ parts.T
    rest = own.reshape(n * q, n) - (spread * by_month) @ weight.T
    taken = (spread * by_month) @ spread.T
    taken += rest @ borough_inverse(weight) @ rest.T
    full = np.zeros((n, q, n, q))
    full[np.arange(n), :, np.arange(n), :] = np.einsum(
        "it,at,bt->iab", weight, parts, parts
    )
    information: FloatArray = full.reshape(n * q, n * q) - taken
    return information
