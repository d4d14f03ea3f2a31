"""Which smooth distribution do the times follow, and what stretches them?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from steps_analysis.estimates import FloatArray
from steps_analysis.formulas import MissingPolicy
from steps_analysis.outcomes.columns import check_choice, r_terms
from steps_analysis.outcomes.doors import read_columns
from steps_analysis.outcomes.survival.design_columns import (
    independent_columns,
    numeric_columns,
    spread,
)
from steps_analysis.outcomes.survival.kaplan_meier import follow_up
from steps_analysis.outcomes.survival.location_scale import (
    SHAPES,
    Endpoints,
    Maximum,
    maximise,
)
from steps_analysis.outcomes.survival.parametric_fit import ParametricFit

Distribution = Literal["weibull", "exponential", "log-normal", "log-logistic"]
DISTRIBUTIONS = ("weibull", "exponential", "log-normal", "log-logistic")


def parametric_survival(
    time: npt.ArrayLike | str,
    event: npt.ArrayLike | None = None,
    covariates: npt.ArrayLike | pd.DataFrame | None = None,
    *,
    distribution: Distribution = "weibull",
    missing: MissingPolicy = "refuse",
    data: pd.DataFrame | None = None,
) -> ParametricFit:
    """
    Fit an accelerated failure time model.

    Parameters
    ----------
    time
        End of follow-up, shape (n,), finite and at least 0; or a formula such as
        ``"time + event ~ arm + age"`` with `data`.
    event
        True or 1 where follow-up ended in the event, shape (n,).
    covariates
        Numeric columns, shape (n,) or (n, p), or a table of them; None for none.
    distribution
        Of the times: ``"weibull"``, ``"exponential"``, ``"log-normal"`` or
        ``"log-logistic"``.
    missing
        ``"refuse"`` rows with missing values, or ``"drop"`` them and count them.
    data
        The table a formula speaks of.

    Returns
    -------
    ParametricFit
        Coefficients, time ratios and the curve. Not estimable where there is no event,
        an event at time 0, or the likelihood rises for ever.

    Raises
    ------
    ArgumentError
        If an option is unknown.
    DataError
        If the columns do not fit together, or hold missing or impossible values.

    Notes
    -----
    As R's ``survival::survreg``: log T = x'beta + scale * error, the log-likelihood
    that of T. Solved by Newton's method in beta / scale and 1 / scale, where it is
    concave. ``lifelines`` fits the same models (its Weibull rho is 1 / scale, its
    log-logistic beta likewise) but stops some two millionths from the maximum, and has
    no exponential one with covariates.

    References
    ----------
    .. [1] Kalbfleisch, J. D. and Prentice, R. L. (2002), The Statistical Analysis of
       Failure Time Data, 2nd edition, section 3.6.
    .. [2] Burridge, J. (1981), JRSS B 43, 41-45.

    Examples
    --------
    Two events in eight months of follow-up: a rate of a quarter, a mean of 4.

    >>> fit = parametric_survival([1.0, 3.0, 4.0], [1, 1, 0],
    ...                           distribution="exponential")
    >>> round(fit.time_ratio("intercept").value, 6)
    4.0
    """
    check_choice("distribution", distribution, DISTRIBUTIONS)
    given = {"time": time, "event": event, "covariates": covariates}
    plain = covariates is None and not isinstance(time, str)
    read = read_columns(given, right="covariates", data=data, missing=missing)
    stop, is_event, _ = follow_up(read.columns)
    x, names = np.zeros((read.n, 0)), tuple[str, ...]()
    if not plain and np.size(read.columns["covariates"]):
        x, names = numeric_columns(read, covariates)
    reason = None if is_event.any() else "there is no event"
    if np.any(is_event & (stop == 0)):
        reason = f"an event at time 0 is impossible for {distribution} times"
    times = Times(
        left=stop,
        right=np.where(is_event, stop, np.inf),
        n_events=int(is_event.sum()),
        reason=reason,
        words=f"{read.note}",
        left_side="survival::Surv(time, event)",
    )
    return fit_times(times, x, names, distribution)


@dataclass(frozen=True, slots=True, kw_only=True)
class Times:
    """
    Times seen exactly, after, before or between.

    Attributes
    ----------
    left, right
        Each time lies in (left, right], shape (n,), or equals both.
    n_events
        How many have a finite right.
    reason
        None, or why no model can be fitted.
    words
        What to add to `method`.
    left_side
        R's response.
    """

    left: FloatArray
    right: FloatArray
    n_events: int
    reason: str | None
    words: str
    left_side: str


def fit_times(
    times: Times, x: FloatArray, names: tuple[str, ...], distribution: str
) -> ParametricFit:
    """
    Fit a model to times of any kind.

    Parameters
    ----------
    times
        The times.
    x
        Covariates, shape (n, p).
    names
        Their names.
    distribution
        One of the four.

    Returns
    -------
    ParametricFit
        The fit, or why there is none.

    Examples
    --------
    >>> one = np.array([1.0, 2.0, 4.0])
    >>> times = Times(left=one, right=one, n_events=3, reason=None, words="",
    ...               left_side="")
    >>> fit = fit_times(times, np.zeros((3, 0)), (), "log-normal")
    >>> round(fit.time_ratio("intercept").value, 6)
    2.0
    """
    design = np.column_stack([np.ones(len(x)), x])
    kept = independent_columns(design)
    q = len(kept)
    beta, covariance = np.full(q, np.nan), np.full((q + 1, q + 1), np.nan)
    scale, values, reason = np.nan, (np.nan, np.nan), times.reason
    if reason is None:
        found = _fit(times, design[:, kept], distribution)
        null = _fit(times, design[:, :1], distribution)
        if found is None or null is None:
            reason = "the likelihood has no maximum: times or events lack spread"
        else:
            beta, scale, covariance = _natural(found, q)
            values = (found.log_likelihood, null.log_likelihood)
    width = design.shape[1]
    all_names = ("intercept", *names)
    return ParametricFit(
        names=all_names,
        coefficients=spread(beta, kept, width),
        scale=scale,
        covariance=spread(covariance, [*kept, width], width + 1),
        log_likelihood=values[0],
        null_log_likelihood=values[1],
        distribution=distribution,
        n=len(x),
        n_events=times.n_events,
        followed=times.left,
        dropped=tuple(k for j, k in enumerate(all_names) if j not in kept),
        method=f"accelerated failure time model, {distribution} times{times.words}",
        r_call=f"survival::survreg({times.left_side} ~ {r_terms(names)}, "
        f'dist = "{distribution.replace("-", "")}")',
        not_estimable=reason,
    )


def _fit(times: Times, design: FloatArray, distribution: str) -> Maximum | None:
    """Maximise with standardised covariates, and turn the answer back."""
    centre, unit = design.mean(axis=0), design.std(axis=0)
    centre[0], unit[0] = 0.0, 1.0
    has_scale = distribution != "exponential"
    # a censoring at time 0, or a left of 0, says nothing
    with np.errstate(divide="ignore"):
        low, high = np.log(times.left), np.log(times.right)
    points = Endpoints(
        log_left=low,
        log_right=high,
        design=(design - centre) / unit,
        has_scale=has_scale,
    )
    found = maximise(points, SHAPES[distribution])
    if found is None:
        return None
    back = np.eye(len(found.parameters))
    p = len(unit)
    back[:p, :p] = np.diag(1 / unit)
    back[0, 1:p] = -centre[1:] / unit[1:]
    return Maximum(
        parameters=back @ found.parameters,
        covariance=back @ found.covariance @ back.T,
        log_likelihood=found.log_likelihood,
    )


def _natural(found: Maximum, p: int) -> tuple[FloatArray, float, FloatArray]:
    """Turn beta / scale and 1 / scale into beta and log scale, by the delta method."""
    full = np.full((p + 1, p + 1), np.nan)
    if len(found.parameters) == p:
        full[:p, :p] = found.covariance
        return found.parameters, 1.0, full
    scale = 1 / float(found.parameters[-1])
    beta = found.parameters[:p] * scale
    slopes = np.zeros((p + 1, p + 1))
    slopes[:p, :p] = np.eye(p) * scale
    slopes[:p, p] = -beta * scale
    slopes[p, p] = -scale
    return beta, scale, slopes @ found.covariance @ slopes.T
