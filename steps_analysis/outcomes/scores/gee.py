"""What do covariates say about the mean of outcomes that come in clusters?"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from steps_analysis.errors import DataError, refusal
from steps_analysis.estimates import FloatArray, IntArray
from steps_analysis.formulas import MissingPolicy
from steps_analysis.outcomes.columns import (
    LARGEST,
    as_binary,
    as_groups,
    as_numbers,
    as_times,
    check_choice,
)
from steps_analysis.outcomes.doors import Read, read_columns
from steps_analysis.outcomes.scores.marginal_solution import (
    MarginalProblem,
    solve_marginal,
)
from steps_analysis.outcomes.scores.model_fit import Design, ModelFit
from steps_analysis.outcomes.scores.small_sample_sandwich import sandwich

Family = Literal["gaussian", "binomial", "poisson"]
Correlation = Literal["independence", "exchangeable", "ar1"]
Correction = Literal["none", "clusters", "kauermann-carroll", "mancl-derouen"]
Degrees = Literal["satterthwaite", "between", "normal"]

_CORRECTIONS = {
    "none": "sandwich variance (CR0)",
    "clusters": "sandwich variance with m/(m - 1) (CR1)",
    "kauermann-carroll": "Kauermann-Carroll variance (CR2)",
    "mancl-derouen": "Mancl-DeRouen variance (CR3)",
}
_DEGREES = {
    "satterthwaite": "Satterthwaite degrees of freedom",
    "between": "degrees of freedom: clusters less coefficients",
    "normal": "normal limits",
}


def gee(
    outcome: npt.ArrayLike | str,
    covariates: npt.ArrayLike | pd.DataFrame | None = None,
    cluster: npt.ArrayLike | str | None = None,
    *,
    family: Family = "binomial",
    correlation: Correlation = "exchangeable",
    correction: Correction = "kauermann-carroll",
    degrees_of_freedom: Degrees = "satterthwaite",
    position: npt.ArrayLike | str | None = None,
    missing: MissingPolicy = "refuse",
    data: pd.DataFrame | None = None,
) -> ModelFit:
    """
    Fit a marginal model of clustered outcomes by generalised estimating equations.

    Parameters
    ----------
    outcome
        The outcome, shape (n,): true or false, 1 or 0 for ``"binomial"``, at least 0
        for ``"poisson"``; or a formula ``"outcome ~ arm + age"`` with `data`.
    covariates
        Numeric or dummy columns, shape (n,) or (n, p), or a table of them, without
        intercept; None for the intercept alone.
    cluster
        Labels, shape (n,), of rows that hang together: participant, therapist or site.
        None: each row alone.
    family
        ``"gaussian"`` (identity link), ``"binomial"`` (logit) or ``"poisson"`` (log).
    correlation
        Working correlation within clusters: ``"independence"``, ``"exchangeable"`` or
        ``"ar1"``. It need not be true.
    correction
        Of the sandwich variance: ``"none"`` (CR0), ``"clusters"`` (CR1: m/(m - 1)),
        ``"kauermann-carroll"`` (CR2) or ``"mancl-derouen"`` (CR3).
    degrees_of_freedom
        ``"satterthwaite"``, ``"between"`` (clusters less coefficients) or ``"normal"``.
    position
        Place of each row within its cluster, shape (n,), at least 0, for ``"ar1"``:
        correlation alpha^d at d places apart. None: rows follow one another.
    missing
        ``"refuse"`` rows with missing values, or ``"drop"`` them and count them.
    data
        The table a formula speaks of; `cluster` and `position` may then be names of its
        columns.

    Returns
    -------
    ModelFit
        Coefficients on the scale of the link; ``parameters`` holds ``"scale"`` and
        ``"correlation"``. Not estimable with one cluster only, no variation, too few
        rows, separation, an impossible correlation, or (Mancl-DeRouen) a cluster that
        alone fixes a coefficient.

    Raises
    ------
    ArgumentError
        If an option is unknown.
    DataError
        If the columns do not fit together, or hold missing or impossible values.

    Notes
    -----
    Correspondence with the corrections of cluster-robust least squares: with the
    gaussian family and independence, Kauermann-Carroll *is* CR2 of Bell and McCaffrey
    and Mancl-DeRouen *is* CR3, digit for digit with ``clubSandwich``; with another
    working covariance V, the same matrices (I - H)^-1/2 and (I - H)^-1 are applied to
    residuals scaled by V^-1/2. CR2 is unbiased if V is true, CR3 errs towards caution.
    Satterthwaite's degrees of freedom take V for true and the weights for known.

    Scale and correlation are the moment estimates of ``geepack`` 1.3.9: all pairs of a
    cluster, and the scale from the independence fit, without correction for p and kept
    from then on. The equation was read off its source, the scale off its numbers.
    ``statsmodels`` updates the scale and divides by n - p, which moves correlation and
    model covariance a little; its autoregression is another estimator. Negative
    autoregression is set to 0. Limits are Wald's, by Student's t.

    References
    ----------
    .. [1] Liang, K.-Y. and Zeger, S. L. (1986), Biometrika 73, 13-22.
    .. [2] Kauermann, G. and Carroll, R. J. (2001), JASA 96, 1387-1396.
    .. [3] Mancl, L. A. and DeRouen, T. A. (2001), Biometrics 57, 126-134.
    .. [4] Bell, R. M. and McCaffrey, D. F. (2002), Survey Methodology 28, 169-181.
    .. [5] Pustejovsky, J. E. and Tipton, E. (2018), JBES 36, 672-683.

    Examples
    --------
    Three clusters of two with means 1, 2 and 6; their mean is 3, its sandwich variance
    the sum of squared cluster totals of residuals, 16 + 4 + 36, over 36.

    >>> fit = gee([0.0, 2, 1, 3, 5, 7], None, [1, 1, 2, 2, 3, 3], family="gaussian",
    ...           correlation="independence", correction="none")
    >>> round(float(fit.coefficients[0]), 10), round(float(fit.covariance[0, 0]), 4)
    (3.0, 1.5556)
    """
    check_choice("family", family, tuple(_R_FAMILIES))
    check_choice("correlation", correlation, ("independence", "exchangeable", "ar1"))
    check_choice("correction", correction, tuple(_CORRECTIONS))
    check_choice("degrees_of_freedom", degrees_of_freedom, tuple(_DEGREES))
    given = {
        "outcome": outcome,
        "covariates": covariates,
        "cluster": cluster,
        "position": position,
    }
    read = read_columns(
        given,
        right="covariates",
        data=data,
        missing=missing,
        responses=("outcome",),
    )
    problem, design = _problem(read, family, correlation)
    method = f"GEE, {family} family, {correlation} working correlation, "
    method += f"{_CORRECTIONS[correction]}, {_DEGREES[degrees_of_freedom]}"
    method += design.note + read.note
    reason = _reason(problem)
    if reason:
        return ModelFit.missing(design, reason, method)
    return _fit(problem, design, correction, degrees_of_freedom, method)


_R_FAMILIES = {"gaussian": "gaussian", "binomial": "binomial", "poisson": "poisson"}


def _problem(
    read: Read, family: str, correlation: str
) -> tuple[MarginalProblem, Design]:
    """Check the columns and sort them into clusters."""
    label = read.columns.get("cluster", np.arange(read.n))
    code = as_groups(label, n=read.n).code
    design = Design.of(read, int(code.max()) + 1)
    order = np.argsort(code, kind="stable")
    clusters = np.split(order, np.flatnonzero(np.diff(code[order])) + 1)
    place = np.zeros(read.n)
    for own in clusters:
        place[own] = np.arange(len(own))
    if "position" in read.columns:
        place = as_times("position", read.columns["position"])
        _check_places(place, code)
    problem = MarginalProblem(
        design=design.used,
        outcome=_outcome(read, family),
        rows=_alike(clusters, place),
        position=place,
        family=family,
        correlation=correlation,
    )
    return problem, design


def _alike(
    clusters: Sequence[IntArray], place: FloatArray
) -> list[npt.NDArray[np.int64]]:
    """Gather the clusters whose rows have the same positions, in order of these."""
    alike: dict[tuple[float, ...], list[IntArray]] = {}
    for own in clusters:
        ordered = own[np.argsort(place[own], kind="stable")]
        alike.setdefault(tuple(place[ordered]), []).append(ordered)
    return [np.array(members) for members in alike.values()]


def _check_places(place: FloatArray, code: npt.NDArray[np.int64]) -> None:
    """Refuse two rows at one place of a cluster."""
    n_twice = int(pd.DataFrame({"code": code, "place": place}).duplicated().sum())
    if n_twice:
        rule = "differ between the rows of a cluster"
        raise DataError(refusal("position", rule, f"{n_twice} repeats"))


def _outcome(read: Read, family: str) -> FloatArray:
    """Check the outcome for its family."""
    column = read.columns["outcome"]
    if family == "binomial":
        return as_binary("outcome", column).astype(np.float64)
    if family == "poisson":
        return as_times("outcome", column, most=LARGEST)
    return as_numbers("outcome", column)


def _reason(problem: MarginalProblem) -> str | None:
    """Say why a model cannot be fitted."""
    n, p = problem.design.shape
    if sum(map(len, problem.rows)) < 2:
        return "there is only one cluster"
    if np.ptp(problem.outcome) == 0:
        return "the outcome is the same for all"
    return "there are too few rows" if n <= p else None


def _fit(
    problem: MarginalProblem, design: Design, correction: str, degrees: str, method: str
) -> ModelFit:
    """Solve the equations and put uncertainty to the solution."""
    solution = solve_marginal(problem)
    if solution.reason:
        return ModelFit.missing(design, solution.reason, method)
    found = sandwich(problem, solution, correction)
    if found.reason:
        return ModelFit.missing(design, found.reason, method)
    p, m = problem.design.shape[1], sum(map(len, problem.rows))
    free = {
        "satterthwaite": found.degrees_of_freedom,
        "between": np.full(p, float(max(m - p, 0))),
        "normal": np.full(p, math.inf),
    }
    r_corr = f"corstr = '{problem.correlation}'"
    return ModelFit(
        names=design.names,
        coefficients=design.spread(solution.coefficients),
        covariance=design.spread(found.covariance),
        model_covariance=design.spread(found.model_covariance),
        degrees_of_freedom=design.spread(free[degrees]),
        parameters={"scale": solution.scale, "correlation": solution.alpha},
        log_likelihood=math.nan,
        n=len(problem.outcome),
        n_clusters=m,
        method=method,
        r_call=_r_call(problem.family, r_corr, correction, degrees, design.r_terms),
    )


def _r_call(
    family: str, r_corr: str, correction: str, degrees: str, right: str
) -> str | None:
    """Write R's call, where R has one."""
    if correction == "none" and degrees == "normal":
        return f"geepack::geeglm(outcome ~ {right}, {family}, id = cluster, {r_corr})"
    if family == "gaussian" and "independence" in r_corr and degrees != "between":
        kind = _CORRECTIONS[correction][-4:-1]
        test = "Satterthwaite" if degrees == "satterthwaite" else "z"
        return (
            f'clubSandwich::coef_test(lm(outcome ~ {right}), vcov = "{kind}", '
            f'cluster = cluster, test = "{test}")'
        )
    return None
