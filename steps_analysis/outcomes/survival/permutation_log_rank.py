"""Would events have differed as much between arms under another allocation?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal, TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd

from steps_analysis.errors import ArgumentError, DataError, refusal
from steps_analysis.estimates import FloatArray, TestResult
from steps_analysis.formulas import MissingPolicy
from steps_analysis.outcomes.columns import check_choice
from steps_analysis.outcomes.survival.allocations import (
    Allocations,
    Judged,
    check_draws,
    count_allocations,
    draw_allocations,
    exact_p_value,
    in_blocks,
    monte_carlo_p_value,
    write_count,
)
from steps_analysis.outcomes.survival.event_weights import Weighting
from steps_analysis.outcomes.survival.log_rank_scores import Ties
from steps_analysis.outcomes.survival.permuted_statistics import (
    differences,
    risk_sets,
    standardised,
)
from steps_analysis.outcomes.survival.scored_trial import (
    ScoredTrial,
    coin_call,
    scored_trial,
)
from steps_analysis.outcomes.survival.split_up import tails_of_sum

PermutedStatistic: TypeAlias = Literal["score", "standardised"]


def permutation_log_rank(  # noqa: PLR0913  # data, scores and reference set, each named
    time: npt.ArrayLike | str,
    event: npt.ArrayLike | None = None,
    arm: npt.ArrayLike | None = None,
    *,
    stratum: npt.ArrayLike | str | list[str] | None = None,
    weighting: Weighting = "log-rank",
    ties: Ties = "mid-ranks",
    statistic: PermutedStatistic = "score",
    reference: object = None,
    n_draws: int | None = None,
    allocations: npt.ArrayLike | None = None,
    missing: MissingPolicy = "refuse",
    data: pd.DataFrame | None = None,
    seed: int | None = None,
) -> TestResult:
    """
    Test no effect on anyone by the log-rank statistics of other allocations.

    Outcomes stay with the participants; only the arms are dealt again: in every way, or
    in many ways drawn, that keeps the number treated (of each stratum), or as the
    caller drew them from the procedure that was really used.

    Parameters
    ----------
    time
        End of follow-up, shape (n,); or a formula ``"time + event ~ arm"`` with `data`.
    event
        True or 1 where follow-up ended in the event, shape (n,).
    arm
        Arm labels, shape (n,), two of them.
    stratum
        Labels, shape (n,) or (n, k): arms are compared, and numbers treated kept,
        within strata.
    weighting
        A name such as ``"log-rank"``, or a pair (rho, gamma); see `event_weights`.
    ties
        How events at one time are scored; see `log_rank_scores`.
    statistic
        ``"score"``: observed less expected events U; or ``"standardised"``: Z, which is
        U over the root of its hypergeometric variance under the same allocation. These
        are different tests.
    reference
        The arm compared with; by default the first in sorted order.
    n_draws
        How many allocations with equal totals to draw. None: all of them count.
    allocations
        Allocations that were drawn from the procedure really used, shape (m, n),
        1 = treatment, columns in the order of the rows; see
        `randomisation.draw_sequences`. This is the re-randomisation test.
    missing
        ``"refuse"`` rows with missing values, or ``"drop"`` them and count them.
    data
        The table a formula speaks of.
    seed
        The seed of the draws; required with `n_draws`.

    Returns
    -------
    TestResult
        U (less its expectation, which only ``"hothorn-lausen"`` ties have) or Z of the
        arm beside `reference`, and the two-sided p-value: the share of allocations with
        one as large in size, or (b + 1) / (m + 1) for b of m draws, whose Monte Carlo
        standard error `method` names. Not estimable without events, with one arm, where
        all scores are equal, or no other allocation has the same totals.

    Raises
    ------
    ArgumentError
        If an option is unknown or options contradict each other, there are more than
        two arms, or too many allocations to count all.
    DataError
        If the arrays do not fit together, or hold missing or impossible values.

    Notes
    -----
    All allocations are counted, not visited, for ``"score"``: participants with equal
    scores are exchanged for one another and the rest split up [2]_, which carries as
    far as 40 participants with an event each, or a hundred of whom ten had one. For
    ``"standardised"`` they are visited, up to five million. "As large" allows a
    relative difference of 1e-9. R's ``coin::logrank_test(distribution = "exact")`` is
    ``"score"`` without strata; with ``block`` its scores know no strata. Z is 0 where
    its variance is 0, for then U is 0.

    References
    ----------
    .. [1] Rosenberger, W. F. and Lachin, J. M. (2016), Randomization in Clinical
       Trials, 2nd edition, chapter 6.
    .. [2] van de Wiel, M. A. (2001), Computational Statistics 16, 519-538.

    Examples
    --------
    Of the six ways to treat two of four, one has the two longest times and one the two
    shortest:

    >>> found = permutation_log_rank([1.0, 2, 3, 4], [1, 1, 1, 1], ["a", "a", "b", "b"])
    >>> round(found.p_value, 6)
    0.333333
    """
    check_choice("statistic", statistic, ("score", "standardised"))
    _check_together(statistic, ties, n_draws, allocations, seed)
    given: dict[str, Any] = {
        "time": time,
        "event": event,
        "arm": arm,
        "stratum": stratum,
    }
    if allocations is not None:
        given["allocations"] = np.arange(np.shape(allocations)[-1])
    scored = scored_trial(given, data, missing, weighting, ties, reference)
    is_redrawn = allocations is not None
    kind = "re-randomisation" if is_redrawn else "permutation"
    what = "Z" if statistic == "standardised" else "observed less expected"
    method = f"{kind} log-rank test, {what}{scored.words}"
    reason = scored.reason or (None if is_redrawn else scored.alone)
    if reason:
        return TestResult.missing(reason, n=scored.n, method=method)
    blocks = _drawn_blocks(scored, n_draws, allocations, seed)
    judged = _judged(scored, statistic, weighting, blocks)
    call = None
    if statistic == "score" and stratum is None and not is_redrawn:
        drawn = f"coin::approximate(nresample = {n_draws})"
        call = coin_call(weighting, ties, drawn if n_draws else '"exact"')
    return TestResult(
        statistic=judged.observed,
        p_value=judged.p_value,
        n=scored.n,
        method=f"{method}; {judged.how}",
        r_call=call,
    )


def _check_together(
    statistic: str,
    ties: str,
    n_draws: int | None,
    allocations: npt.ArrayLike | None,
    seed: int | None,
) -> None:
    """Refuse options that contradict each other."""
    if n_draws is not None:
        check_draws(n_draws, seed)
        if allocations is not None:
            hint = "`allocations` are draws already"
            raise ArgumentError(refusal("n_draws", "be left out", n_draws, hint=hint))
    if allocations is not None and np.ndim(allocations) != 2:
        rule = "have two dimensions, one row a draw"
        raise DataError(refusal("allocations", rule, np.shape(allocations)))
    if statistic == "standardised" and ties != "mid-ranks":
        rule = "be mid-ranks with a standardised statistic"
        raise ArgumentError(refusal("ties", rule, ties))


def _drawn_blocks(
    scored: ScoredTrial,
    n_draws: int | None,
    allocations: npt.ArrayLike | None,
    seed: int | None,
) -> Iterator[Allocations] | None:
    """Give the allocations drawn, in blocks; None for all of them."""
    if allocations is not None:
        n = int(np.shape(allocations)[1])
        blocks = in_blocks(allocations, n=n)
        if scored.n < n:
            return (block[:, scored.rows] for block in blocks)
        return blocks
    if n_draws is None:
        return None
    drawn_by = check_draws(n_draws, seed)
    return draw_allocations(
        scored.treated, scored.stratum, n_draws=n_draws, seed=drawn_by
    )


def _judged(
    scored: ScoredTrial,
    statistic: str,
    weighting: Weighting,
    blocks: Iterator[Allocations] | None,
) -> Judged:
    """Compare the statistic with those of the other allocations."""
    if statistic == "score" and blocks is None:
        return _counted(scored)
    sets = risk_sets(scored.time, scored.event, scored.stratum, weighting)

    def signed(arms: Allocations) -> FloatArray:
        """Compute the statistic of many allocations."""
        if statistic == "score":
            return differences(scored.scores, arms)
        return standardised(scored.scores, sets, arms)

    def size(arms: Allocations) -> FloatArray:
        """Compute its size."""
        return np.abs(signed(arms))

    unit = scored.unit if statistic == "score" else 1.0
    if blocks is None:
        judged = exact_p_value(size, scored.treated, scored.stratum, unit=unit)
    else:
        judged = monte_carlo_p_value(size, scored.treated, blocks, unit=unit)
    own = signed(scored.treated.astype(np.int8)[None, :])
    return Judged(observed=float(own[0]), p_value=judged.p_value, how=judged.how)


def _counted(scored: ScoredTrial) -> Judged:
    """Count all allocations by the sums they can give."""
    tails = tails_of_sum(scored.scores, scored.treated, scored.stratum)
    if tails is None:
        total = write_count(count_allocations(scored.treated, scored.stratum))
        hint = f"{total} allocations differ too much; draw some, with `seed`"
        rule = "be given where scores take so many values"
        raise ArgumentError(refusal("n_draws", rule, None, hint=hint))
    return Judged(
        observed=float(scored.scores[scored.treated].sum()),
        p_value=tails.two_sided,
        how=f"exact, {write_count(tails.n_allocations)} allocations",
    )
