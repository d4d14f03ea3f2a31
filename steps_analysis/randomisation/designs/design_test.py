"""Whether a statistic is unusual among the lists that a design might have drawn."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from steps_analysis.errors import DataError, refusal
from steps_analysis.estimates import TestResult
from steps_analysis.randomisation.designs.every_design import Design, n_groups
from steps_analysis.randomisation.designs.whitening import Covariates, n_rows
from steps_analysis.randomisation.draw import check_arm
from steps_analysis.randomisation.parameters import check_draws
from steps_analysis.randomisation.testing.judging import (
    among_all,
    among_drawn,
    check_scores,
    unit_of,
    values_of,
)
from steps_analysis.randomisation.testing.statistics import Statistic
from steps_analysis.randomisation.walking import ArmArray
from steps_analysis.randomness import Stream


def design_test(
    arm: npt.ArrayLike,
    design: Design,
    covariates: Covariates,
    *,
    statistic: Statistic,
    n_draws: int | None = None,
    seed: int | None = None,
) -> TestResult:
    """
    Test no effect on anyone by the design that was really used.

    As `randomisation_test`, for designs that draw whole lists: outcomes and covariates
    stay where they are, and only lists the design might have drawn are compared with.

    Parameters
    ----------
    arm
        The arms in the order of the covariates' rows, 1 = treatment, 0 = control; of a
        stepped wedge the steps, from the highest number (first) to 0; shape (n,).
    design
        The design that drew them.
    covariates
        The covariates it was given.
    statistic
        A `LinearStatistic`, or a function of the arms (int8, shape (n,)) whose larger
        values speak against no effect, NaN where it is not defined. In a trial of
        clusters it takes one number per cluster, such as the cluster's mean outcome.
    n_draws
        How many lists to draw. None: every possible one is looked at (at most
        1,048,576).
    seed
        The seed of the draws; required with `n_draws`.

    Returns
    -------
    TestResult
        The statistic as observed, and the p-value: (b + 1) / (m + 1) for b of m draws
        at least as extreme, or their exact share. Not estimable where the design could
        not have drawn the list observed, or the statistic is not defined for it.

    Raises
    ------
    ArgumentError
        If `seed` is missing where draws are asked for, there are too many lists to look
        at, or the covariates do not fit the design.
    DataError
        If arms or covariates break their rules, or the statistic's scores are not one
        per row.

    Notes
    -----
    With few lists no p-value can be small: of m equally likely ones the smallest is
    1 / m, and 2 / m for a two-sided statistic where each list's mirror image is there
    too.

    References
    ----------
    .. [1] Li, F., Lokhnygina, Y., Murray, D. M., Heagerty, P. J. and DeLong, E. R.
       (2016), Statistics in Medicine 35, 1565-1579.
    .. [2] Morgan, K. L. and Rubin, D. B. (2012), Annals of Statistics 40, 1263-1282.

    Examples
    --------
    Two pairs, four lists; in two of them the difference is as large as this one:

    >>> from steps_analysis.randomisation import LinearStatistic, MatchedPairs
    >>> test = design_test([1, 0, 0, 1], MatchedPairs(), [[10], [10], [14], [14]],
    ...                    statistic=LinearStatistic([5, 3, 4, 8]))
    >>> test.p_value, test.method
    (0.5, 'randomisation test under MatchedPairs(), exact, 4 allocations')
    """
    arms = check_arm(arm, n_arms=n_groups(design))
    _check_rows(covariates, n=len(arms))
    check_scores(statistic, n=len(arms))
    if n_draws is not None:
        check_draws(n_draws, seed, drawn="lists", least=1)
    if not design.allows(arms, covariates):
        reason = "the design could not have drawn the list observed"
        return TestResult.missing(reason, n=len(arms))
    observed = float(values_of(statistic, arms[None, :])[0])
    if np.isnan(observed):
        reason = "the statistic is not defined for the list observed"
        return TestResult.missing(reason, n=len(arms))
    lists = _lists(design, covariates, n_draws, seed)
    values = values_of(statistic, lists)
    p_value, how = (
        among_all(
            values,
            observed,
            probability=np.full(len(lists), 1 / len(lists)),
            unit=unit_of(statistic),
        )
        if n_draws is None
        else among_drawn(values, observed, unit=unit_of(statistic))
    )
    method = f"randomisation test under {design!r}, {how}"
    return TestResult(statistic=observed, p_value=p_value, n=len(arms), method=method)


def _lists(
    design: Design,
    covariates: Covariates,
    n_draws: int | None,
    seed: int | None,
) -> ArmArray:
    """List every one, or draw as many as are asked for."""
    if n_draws is None:
        return design.enumerate_lists(covariates)
    assert seed is not None  # refused at the door
    stream = Stream.RANDOMISATION_TEST
    return design.draw_lists(covariates, n_draws, seed=seed, stream=stream)


def _check_rows(covariates: Covariates, *, n: int) -> None:
    """Refuse covariates of others than those who have an arm."""
    if covariates is not None and (n_given := n_rows(covariates)) != n:
        rule = f"have a row for each of {n} arms"
        raise DataError(refusal("covariates", rule, f"{n_given} rows"))
