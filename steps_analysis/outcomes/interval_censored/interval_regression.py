"""How much faster do events come in one arm, if these are known only between visits?"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from steps_analysis.errors import ArgumentError, refusal
from steps_analysis.estimates import Estimate, FloatArray, check_level
from steps_analysis.formulas import MissingPolicy
from steps_analysis.outcomes.columns import as_groups, check_choice, r_terms
from steps_analysis.outcomes.interval_censored.cumulative_link import (
    LinkMaximum,
    LinkProblem,
    maximise_link,
)
from steps_analysis.outcomes.interval_censored.interval_fit import IntervalFit
from steps_analysis.outcomes.interval_censored.intervals import (
    Innermost,
    innermost_intervals,
    read_intervals,
)
from steps_analysis.outcomes.interval_censored.turnbull import turnbull_masses
from steps_analysis.outcomes.survival.design_columns import (
    independent_columns,
    numeric_columns,
    spread,
)
from steps_analysis.outcomes.survival.location_scale import SHAPES

Model = Literal["hazards", "odds"]
_SHAPE = {"hazards": "weibull", "odds": "log-logistic"}
_LINK: dict[str, Callable[[FloatArray], FloatArray]] = {
    "hazards": lambda free: np.log(-np.log(free)),
    "odds": lambda free: np.log((1 - free) / free),
}


def interval_regression(
    left: npt.ArrayLike | str,
    right: npt.ArrayLike | None = None,
    covariates: npt.ArrayLike | pd.DataFrame | None = None,
    *,
    model: Model = "hazards",
    missing: MissingPolicy = "refuse",
    data: pd.DataFrame | None = None,
) -> IntervalFit:
    """
    Fit a proportional hazards or odds model to interval-censored times.

    Parameters
    ----------
    left
        Last time known to be free of the event, shape (n,); 0 where there is none. Or a
        formula such as ``"left + right ~ arm + age"`` with `data`.
    right
        First time known to have had it, shape (n,); infinite where there is none yet.
    covariates
        Numeric columns, shape (n,) or (n, p), or a table of them.
    model
        ``"hazards"``: covariates multiply the hazard; ``"odds"``: the odds of having
        had the event by any time.
    missing
        ``"refuse"`` rows with missing values, or ``"drop"`` them and count them.
    data
        The table a formula speaks of.

    Returns
    -------
    IntervalFit
        The fit. Not estimable where no covariate varies, intervals do not tell
        participants apart, or an effect has no bound (an arm without event, say).

    Raises
    ------
    ArgumentError
        If an option is unknown, or there are no covariates.
    DataError
        If the columns do not fit together, or hold missing or impossible values.

    Notes
    -----
    The baseline is free of any form: steps at the innermost intervals. As R's
    ``icenReg::ic_sp``, which reports log odds ratios of *survival* under its
    ``model = "po"``, so with the other sign, and standard errors by the bootstrap. Ours
    are of the information in effects and steps, which suits visits on a common grid;
    limits and p-values come from the likelihood ratio.

    References
    ----------
    .. [1] Finkelstein, D. M. (1986), Biometrics 42, 845-854.
    .. [2] Rossini, A. J. and Tsiatis, A. A. (1996), JASA 91, 713-721.
    .. [3] Anderson-Bergman, C. (2017), Journal of Statistical Software 81(12).

    Examples
    --------
    By the one visit, 2 of 4 had the event in one arm and 3 of 4 in the other: the odds
    ratio is 3.

    >>> inf = np.inf
    >>> left, right = [0, 0, 3, 3, 0, 0, 0, 3], [3, 3, inf, inf, 3, 3, 3, inf]
    >>> arm = pd.DataFrame({"mst": [0] * 4 + [1] * 4})
    >>> fit = interval_regression(left, right, arm, model="odds")
    >>> round(fit.ratio("mst").value, 6)
    3.0
    """
    check_choice("model", model, tuple(_LINK))
    given = {"left": left, "right": right, "covariates": covariates}
    read, low, high = read_intervals(
        given, right="covariates", data=data, missing=missing
    )
    x, names = numeric_columns(read, covariates)
    kept = [j - 1 for j in independent_columns(np.column_stack([np.ones(read.n), x]))]
    kept = [j for j in kept if j >= 0]
    centre = x[:, kept].mean(axis=0)
    problem = LinkProblem(
        inner=innermost_intervals(low, high),
        covariates=x[:, kept] - centre,
        offset=np.zeros(read.n),
        shape=SHAPES[_SHAPE[model]],
    )
    reason, maximum, null = _solve(problem, model)
    effects = np.full(len(kept), np.nan)
    errors, value = effects, np.nan
    if maximum is not None:
        effects, value = maximum.effects, maximum.log_likelihood
        errors = np.sqrt(np.diag(maximum.covariance))
    kind = "ph" if model == "hazards" else "po"
    return IntervalFit(
        names=names,
        coefficients=spread(effects, kept, len(names)),
        standard_error=spread(errors, kept, len(names)),
        log_likelihood=value,
        null_log_likelihood=null,
        model=model,
        n=read.n,
        dropped=tuple(k for j, k in enumerate(names) if j not in kept),
        method=f"semiparametric proportional {model} model, interval-censored"
        f"{read.note}",
        r_call='icenReg::ic_sp(survival::Surv(left, right, type = "interval2") ~ '
        f'{r_terms(names)}, model = "{kind}")',
        not_estimable=reason,
        problem=problem,
        centre=centre,
        maximum=maximum,
    )


def interval_hazard_ratio(
    left: npt.ArrayLike | str,
    right: npt.ArrayLike | None = None,
    arm: npt.ArrayLike | None = None,
    *,
    model: Model = "hazards",
    reference: object = None,
    level: float = 0.95,
    missing: MissingPolicy = "refuse",
    data: pd.DataFrame | None = None,
) -> Estimate:
    """
    Compare two arms by the hazard ratio of interval-censored times.

    Parameters
    ----------
    left
        Last time known to be free of the event, shape (n,); 0 where there is none. Or a
        formula ``"left + right ~ arm"`` with `data`.
    right
        First time known to have had it, shape (n,); infinite where there is none yet.
    arm
        Arm labels, shape (n,), two of them.
    model
        ``"hazards"``, or ``"odds"`` for the odds ratio of the event by any time.
    reference
        The arm divided by; by default the first in sorted order.
    level
        Confidence level, in (0, 1).
    missing
        ``"refuse"`` rows with missing values, or ``"drop"`` them and count them.
    data
        The table a formula speaks of.

    Returns
    -------
    Estimate
        The ratio with profile-likelihood limits; see `interval_regression`. A limit is
        infinite nowhere: an arm without event makes the ratio not estimable.

    Raises
    ------
    ArgumentError
        If an option is unknown, there are more than two arms, or `reference` is none
        of them.
    DataError
        If the columns do not fit together, or hold missing or impossible values.

    References
    ----------
    .. [1] Finkelstein, D. M. (1986), Biometrics 42, 845-854.

    Examples
    --------
    >>> inf = np.inf
    >>> left, right = [0, 0, 3, 3, 0, 0, 0, 3], [3, 3, inf, inf, 3, 3, 3, inf]
    >>> arm = ["MAU"] * 4 + ["MST-PSB"] * 4
    >>> round(interval_hazard_ratio(left, right, arm, model="odds").value, 6)
    3.0
    """
    check_level(level)
    given = {"left": left, "right": right, "arm": arm}
    read, low, high = read_intervals(given, right="arm", data=data, missing=missing)
    arms = as_groups(read.columns["arm"], n=read.n)
    if len(arms.labels) > 2:
        raise ArgumentError(refusal("arm", "have two labels", len(arms.labels)))
    base = 0 if reference is None else arms.position(reference, name="reference")
    other_arm = pd.DataFrame({"arm": arms.code != base})
    fit = interval_regression(low, high, other_arm, model=model)
    found = fit.ratio(fit.names[0], level=level)
    other = arms.labels[1 - base] if len(arms.labels) == 2 else "nobody"
    words = f"{found.method}{read.note}; {other} over {arms.labels[base]}"
    measure = found.measure.partition(",")[0]
    alone = "only one arm has participants"
    reason = alone if len(arms.labels) < 2 else found.not_estimable
    return replace(found, measure=measure, method=words, not_estimable=reason)


def _solve(
    problem: LinkProblem, model: str
) -> tuple[str | None, LinkMaximum | None, float]:
    """Give why there is no fit, or the maximum, and the log-likelihood without."""
    if not problem.covariates.shape[1]:
        return "no covariate varies", None, np.nan
    if len(problem.inner.lower) < 2:
        return "intervals do not tell participants apart", None, np.nan
    start, null = _start(problem.inner, model)
    maximum = maximise_link(problem, start)
    if maximum is None:
        return "an effect has no bound, or intervals say nothing of it", None, null
    return None, maximum, null


def _start(inner: Innermost, model: str) -> tuple[FloatArray, float]:
    """Begin with Turnbull's estimate of all, and give its log-likelihood."""
    masses = turnbull_masses(inner.membership())
    free = np.clip(1 - np.cumsum(masses)[:-1], 1e-12, 1 - 1e-12)
    null = float(np.sum(np.log(inner.membership() @ masses)))
    # ends that no probability lies between begin as one
    return np.maximum.accumulate(_LINK[model](free)), null
