"""
By what factor, or by how much, does a risk change with each covariate?

Regressions whose coefficients are risk ratios (modified Poisson) or risk differences
(binomial with identity link, linear), each conditional on the other covariates.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import get_args

import numpy as np
import numpy.typing as npt
import pandas as pd

from steps_analysis.estimates import FloatArray, IntArray
from steps_analysis.formulas import MissingPolicy
from steps_analysis.outcomes.binary.risk_fit import INTERCEPT, RiskFit, Scale
from steps_analysis.outcomes.binary.risk_likelihoods import (
    Sandwich,
    fit_log_risks,
    fit_plain_risks,
    sandwich,
)
from steps_analysis.outcomes.binary.working_model import independent_columns
from steps_analysis.outcomes.columns import (
    as_binary,
    as_groups,
    as_numbers,
    check_choice,
)
from steps_analysis.outcomes.doors import read_columns

Covariates = npt.ArrayLike | pd.DataFrame | None


def modified_poisson(
    outcome: npt.ArrayLike | str,
    covariates: Covariates = None,
    *,
    variance: Sandwich = "hc0",
    cluster: npt.ArrayLike | str | None = None,
    missing: MissingPolicy = "refuse",
    data: pd.DataFrame | None = None,
) -> RiskFit:
    """
    Estimate risk ratios by Poisson regression with a robust variance.

    Parameters
    ----------
    outcome
        True or 1 where the participant had the event, shape (n,); or a formula
        ``"outcome ~ arm + age"`` with `data`.
    covariates
        Numeric columns, shape (n,) or (n, p), or a table of them, without intercept;
        None for the intercept alone.
    variance
        ``"hc0"`` (Zou's), or ``"hc1"`` to ``"hc3"`` for the small-sample versions.
    cluster
        Labels, shape (n,), of rows that hang together: the sandwich of the scores
        summed within clusters then takes the place of `variance`, and `method` says so.
    missing
        ``"refuse"`` rows with missing values, or ``"drop"`` them and count them.
    data
        The table a formula speaks of; `cluster` may then name its column.

    Returns
    -------
    RiskFit
        Log risk ratios. `RiskFit.not_estimable` says why where there is none: nobody
        had the event, or nobody in a group that the covariates mark off.

    Raises
    ------
    ArgumentError
        If an option is unknown.
    DataError
        If the columns do not fit together, or values are missing.

    Notes
    -----
    The Poisson likelihood gives consistent log risk ratios for a binary outcome; its
    own variance is too large, and the sandwich puts it right [1]_. As R's
    ``sandwich::vcovHC`` of a Poisson ``glm``. Fitted risks may exceed 1.

    References
    ----------
    .. [1] Zou, G. (2004), American Journal of Epidemiology 159, 702-706.

    Examples
    --------
    One covariate of 0 and 1 gives the plain ratio, here 1/4 over 2/4.

    >>> fit = modified_poisson([1, 1, 0, 0, 1, 0, 0, 0], [0] * 4 + [1] * 4)
    >>> round(fit.contrast("column 1").value, 10)
    0.5
    """
    check_choice("variance", variance, get_args(Sandwich))
    setting = _read(outcome, covariates, cluster, missing, data)
    words = f"modified Poisson regression, {_named(setting, variance)}"
    coefficients = fit_log_risks(setting.design, setting.event)
    if coefficients is None:
        reason = "nobody had the event"
        if setting.event.any():
            reason = "nobody in a group marked off by the covariates had the event"
        return _unfitted(setting, "ratio", words, reason)
    risk = np.exp(setting.design @ coefficients)
    covariance = _robust(setting, risk, risk, variance)
    call = _robust_call("glm(outcome ~ covariates, poisson)", setting, variance)
    return _fitted(setting, "ratio", coefficients, covariance, risk, words, call)


def identity_binomial(
    outcome: npt.ArrayLike | str,
    covariates: Covariates = None,
    *,
    missing: MissingPolicy = "refuse",
    data: pd.DataFrame | None = None,
) -> RiskFit:
    """
    Estimate risk differences by binomial regression with identity link.

    Parameters
    ----------
    outcome
        As in `modified_poisson`.
    covariates
        As in `modified_poisson`.
    missing
        As in `modified_poisson`.
    data
        As in `modified_poisson`.

    Returns
    -------
    RiskFit
        Risk differences with the variance of the model. `RiskFit.not_estimable` says so
        where the likelihood is highest with a risk at 0 or 1: the variance means
        nothing there. `linear_probability` answers then, or `risk_difference` for two
        arms alone.

    Raises
    ------
    ArgumentError
        If a formula comes without table, or a table without formula.
    DataError
        If the columns do not fit together, or values are missing.

    Notes
    -----
    Newton's method inside the region in which all risks lie between 0 and 1, from its
    middle; a risk within 1e-5 of 0 or 1 is taken to be there. As R's ``glm`` with
    ``binomial(link = "identity")``, which needs starting values there.

    References
    ----------
    .. [1] Wacholder, S. (1986), American Journal of Epidemiology 123, 174-184.

    Examples
    --------
    >>> fit = identity_binomial([1, 1, 0, 0, 1, 0, 0, 0], [0] * 4 + [1] * 4)
    >>> round(fit.contrast("column 1").value, 10)
    -0.25
    """
    setting = _read(outcome, covariates, None, missing, data)
    words = f"binomial regression, identity link, model-based variance{setting.note}"
    coefficients = fit_plain_risks(setting.design, setting.event)
    if coefficients is None:
        reason = "the likelihood is highest with a risk at 0 or 1"
        return _unfitted(setting, "difference", words, reason)
    risk = setting.design @ coefficients
    weight = 1 / (risk * (1 - risk))
    inner = (setting.design * weight[:, None]).T @ setting.design
    covariance = np.linalg.inv(inner).astype(np.float64)
    call = 'glm(outcome ~ covariates, binomial(link = "identity"))'
    return _fitted(setting, "difference", coefficients, covariance, risk, words, call)


def linear_probability(
    outcome: npt.ArrayLike | str,
    covariates: Covariates = None,
    *,
    variance: Sandwich = "hc2",
    cluster: npt.ArrayLike | str | None = None,
    missing: MissingPolicy = "refuse",
    data: pd.DataFrame | None = None,
) -> RiskFit:
    """
    Estimate risk differences by least squares with a robust variance.

    Parameters
    ----------
    outcome
        As in `modified_poisson`.
    covariates
        As in `modified_poisson`.
    variance
        ``"hc0"`` to ``"hc3"``; ``"hc2"`` is unbiased where nothing differs.
    cluster
        As in `modified_poisson`.
    missing
        As in `modified_poisson`.
    data
        As in `modified_poisson`.

    Returns
    -------
    RiskFit
        Risk differences; exist for any data.

    Raises
    ------
    ArgumentError
        If an option is unknown.
    DataError
        If the columns do not fit together, or values are missing.

    Notes
    -----
    As R's ``sandwich::vcovHC`` of ``lm``. With a binary arm alone and ``"hc2"`` the
    standard error is that of two sample variances, each over its arm's size. A row that
    the model fits perfectly (leverage 1) adds nothing to ``"hc2"`` and ``"hc3"``.

    References
    ----------
    .. [1] MacKinnon, J. G. and White, H. (1985), Journal of Econometrics 29, 305-325.

    Examples
    --------
    Sample variances 1/3 and 1/4, each over 4.

    >>> fit = linear_probability([1, 1, 0, 0, 1, 0, 0, 0], [0] * 4 + [1] * 4)
    >>> round(fit.contrast("column 1").standard_error ** 2, 10)  # 1/12 + 1/16
    0.1458333333
    """
    check_choice("variance", variance, get_args(Sandwich))
    setting = _read(outcome, covariates, cluster, missing, data)
    words = f"linear probability model, {_named(setting, variance)}"
    least = np.linalg.lstsq(setting.design, setting.event, rcond=None)
    solved = least[0].astype(np.float64)
    risk: FloatArray = setting.design @ solved
    covariance = _robust(setting, risk, np.ones_like(risk), variance)
    call = _robust_call("lm(outcome ~ covariates)", setting, variance)
    return _fitted(setting, "difference", solved, covariance, risk, words, call)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Setting:
    """The columns of a regression, checked."""

    event: FloatArray
    design: FloatArray
    cluster: IntArray | None
    names: tuple[str, ...]
    dropped: tuple[str, ...]
    note: str


def _read(
    outcome: npt.ArrayLike | str,
    covariates: Covariates,
    cluster: npt.ArrayLike | str | None,
    missing: MissingPolicy,
    data: pd.DataFrame | None,
) -> _Setting:
    """Check the columns and choose those that are not determined by others."""
    given = {"outcome": outcome, "covariates": covariates, "cluster": cluster}
    read = read_columns(
        given, right="covariates", data=data, missing=missing, responses=("outcome",)
    )
    event = as_binary("outcome", read.columns["outcome"]).astype(np.float64)
    empty = np.empty((read.n, 0))
    table = as_numbers("covariates", read.columns.get("covariates", empty))
    table = table[:, None] if table.ndim == 1 else table
    one = np.ones((read.n, 1))
    kept = independent_columns(one, table)
    labels = read.columns.get("cluster")
    return _Setting(
        event=event,
        design=np.column_stack([one, table[:, kept]]),
        cluster=None if labels is None else as_groups(labels, n=read.n).code,
        names=(INTERCEPT, *(read.names[j] for j in kept)),
        dropped=tuple(n for j, n in enumerate(read.names) if j not in kept),
        note=read.note,
    )


def _robust(
    setting: _Setting, risk: FloatArray, weight: FloatArray, variance: Sandwich
) -> FloatArray:
    """Give the robust covariance of a regression with canonical link."""
    residual = setting.event - risk
    return sandwich(
        setting.design, residual, weight, kind=variance, cluster=setting.cluster
    )


def _named(setting: _Setting, variance: str) -> str:
    """Name the variance."""
    if setting.cluster is not None:
        return f"robust variance by cluster{setting.note}"
    return f"robust variance ({variance.upper()}){setting.note}"


def _robust_call(model: str, setting: _Setting, variance: str) -> str:
    """Write R's call for a robust variance."""
    if setting.cluster is not None:
        return f'sandwich::vcovCL({model}, cluster, type = "HC0", cadjust = FALSE)'
    return f'sandwich::vcovHC({model}, type = "{variance.upper()}")'


def _fitted(
    setting: _Setting,
    scale: Scale,
    coefficients: FloatArray,
    covariance: FloatArray,
    risk: FloatArray,
    words: str,
    call: str,
) -> RiskFit:
    """Put a fit together."""
    return RiskFit(
        names=setting.names,
        coefficients=coefficients,
        standard_error=np.sqrt(np.maximum(np.diag(covariance), 0.0)),
        covariance=covariance,
        risks=risk,
        scale=scale,
        n=len(setting.event),
        n_events=int(setting.event.sum()),
        dropped=setting.dropped,
        method=words,
        not_estimable=None,
        r_call=call,
    )


def _unfitted(setting: _Setting, scale: Scale, words: str, reason: str) -> RiskFit:
    """Say why there is no fit."""
    k = len(setting.names)
    return RiskFit(
        names=setting.names,
        coefficients=np.full(k, np.nan),
        standard_error=np.full(k, np.nan),
        covariance=np.full((k, k), np.nan),
        risks=np.full(len(setting.event), np.nan),
        scale=scale,
        n=len(setting.event),
        n_events=int(setting.event.sum()),
        dropped=setting.dropped,
        method=words,
        not_estimable=reason,
        r_call=None,
    )
