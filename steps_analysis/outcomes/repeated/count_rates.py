"""How much more often does it happen in one arm, from counts and exposures alone?"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from steps_analysis.errors import ArgumentError, DataError, refusal
from steps_analysis.estimates import Estimate, FloatArray, check_level
from steps_analysis.formulas import MissingPolicy
from steps_analysis.outcomes.binary.working_model import independent_columns
from steps_analysis.outcomes.columns import (
    LARGEST,
    Groups,
    as_groups,
    as_numbers,
    check_choice,
)
from steps_analysis.outcomes.doors import Read, read_columns
from steps_analysis.outcomes.repeated.count_models import (
    CountModel,
    fit_counts,
    fit_negative_binomial,
)
from steps_analysis.outcomes.repeated.histories import as_counts
from steps_analysis.outcomes.wald import exponential, wald_estimate

_MODELS = ("negative-binomial", "poisson", "quasi-poisson")
_VARIANCES = ("hc3", "hc0", "model")
_NEVER_ENDS = "the likelihood keeps rising with a coefficient (separation)"
_LONE = (
    "a participant is the only one of a group, whose spread cannot be seen "
    '(model="negative-binomial" or variance="model" takes it from the model)'
)


@dataclass(frozen=True, slots=True, kw_only=True)
class CountColumns:
    """
    Counts that passed the door.

    Attributes
    ----------
    events, exposure
        Shape (n,).
    arms
        The arms.
    base
        Position of the reference arm.
    design
        Intercept, the other arm, covariates kept; shape (n, k).
    note
        Words on what was left out.
    """

    events: FloatArray
    exposure: FloatArray
    arms: Groups
    base: int
    design: FloatArray
    note: str


def count_rate_ratio(
    events: npt.ArrayLike | str,
    exposure: npt.ArrayLike | None = None,
    arm: npt.ArrayLike | None = None,
    *,
    model: str = "negative-binomial",
    covariates: npt.ArrayLike | pd.DataFrame | list[str] | None = None,
    variance: str | None = None,
    reference: object = None,
    level: float = 0.95,
    missing: MissingPolicy = "refuse",
    data: pd.DataFrame | None = None,
) -> Estimate:
    """
    Estimate the ratio of two arms' rates from each participant's count.

    Parameters
    ----------
    events
        Number of events of each participant, shape (n,); or a formula
        ``"events + exposure ~ arm"`` with `data`.
    exposure
        Time each was observed, above 0, shape (n,).
    arm
        Arm labels, shape (n,), two of them.
    model
        ``"negative-binomial"`` (participants' rates vary as a gamma distribution),
        ``"poisson"`` (robust standard error), or ``"quasi-poisson"`` (variance
        proportional to the mean).
    covariates
        Numeric columns, shape (n, p), or a table of them; with `data` also names of
        its columns. None for none.
    variance
        For ``"poisson"``: ``"hc3"`` (the sandwich for small samples), ``"hc0"``, or
        ``"model"``. None for ``"hc3"``; the other models have one variance each.
    reference
        The arm compared with; by default the first in sorted order.
    level
        Confidence level, in (0, 1).
    missing
        ``"refuse"`` rows with missing values, or ``"drop"`` them and count them.
    data
        The table a formula speaks of.

    Returns
    -------
    Estimate
        Rate over that of `reference`, normal limits on the log scale, where
        `standard_error` lies. Not estimable with one arm, without an event in an arm,
        where a covariate separates, or where a robust variance would rest on one
        participant.

    Raises
    ------
    ArgumentError
        If an option is unknown or goes with another model, there are more than two
        arms, or `reference` is none of them.
    DataError
        If columns do not fit together, or hold missing or impossible values.

    Notes
    -----
    The negative binomial's standard error holds theta fixed, as ``MASS::glm.nb``; a
    joint Hessian is slightly larger. Where counts vary no more than Poisson counts,
    theta is infinite, so the Poisson model with its own standard error takes its place
    and `method` says so; ``glm.nb`` warns and stops at a large theta. Robust variances
    as ``sandwich::vcovHC``; where they are 0 because participants do not differ, the
    model's own stands in. An arm without events has an exact Poisson interval, not one
    of these models'. With covariates the ratio is conditional on them.

    References
    ----------
    .. [1] Lawless, J. F. (1987), Canadian Journal of Statistics 15, 209-225.
    .. [2] Long, J. S. and Ervin, L. H. (2000), American Statistician 54, 217-224.

    Examples
    --------
    Three events in 3 years against one in 2, counts no more varied than Poisson's.

    >>> found = count_rate_ratio([1, 2, 1, 0], [1.0, 2, 1, 1], ["b", "b", "a", "a"])
    >>> round(found.value, 6)
    2.0
    """
    check_choice("model", model, _MODELS)
    variance = _variance(model, variance)
    given = {
        "events": events,
        "exposure": exposure,
        "arm": arm,
        "covariates": covariates,
    }
    read = read_columns(
        given,
        right="arm",
        data=data,
        missing=missing,
        responses=("events", "exposure"),
    )
    columns = count_columns(read, reference)
    words = f"{columns.note}; reference {columns.arms.labels[columns.base]}"
    reason, log_ratio, se, method = _answer(columns, model, variance)
    if reason is not None:
        return Estimate.missing(
            "rate ratio",
            reason,
            n=read.n,
            level=check_level(level),
            method=f"{method}{words}",
        )
    log = wald_estimate(
        "log rate ratio",
        log_ratio,
        se,
        level=level,
        n=read.n,
        method=f"{method}{words}",
        r_call=_r_call(model, variance, covariates is not None),
    )
    return exponential(log, "rate ratio")


def count_columns(read: Read, reference: object = None) -> CountColumns:
    """
    Check counts, exposures and arms, and lay out the design.

    Parameters
    ----------
    read
        The columns ``events``, ``exposure`` and ``arm``, and maybe ``covariates``.
    reference
        The arm compared with; None for the first.

    Returns
    -------
    CountColumns
        The columns; covariates that others determine are left out, and counted.

    Raises
    ------
    ArgumentError
        If there are more than two arms, or `reference` is none of them.
    DataError
        If a value is impossible.
    """
    if "arm" not in read.columns:
        raise ArgumentError(refusal("arm", "be given", None))
    events = as_counts("events", read.columns["events"]).astype(np.float64)
    exposure = as_numbers("exposure", read.columns["exposure"])
    if n_wrong := int(np.sum(exposure < 1 / LARGEST)):
        got = f"{n_wrong} that are not"
        raise DataError(refusal("exposure", "be above 0", got))
    arms = as_groups(read.columns["arm"], n=read.n)
    if len(arms.labels) > 2:
        raise ArgumentError(refusal("arm", "have two labels", len(arms.labels)))
    base = 0 if reference is None else arms.position(reference, name="reference")
    x = as_numbers("covariates", read.columns.get("covariates", np.empty((read.n, 0))))
    x = x[:, None] if x.ndim == 1 else x
    fixed = np.column_stack([np.ones(read.n), (arms.code != base).astype(np.float64)])
    kept = independent_columns(fixed, x)
    n_left = x.shape[1] - len(kept)
    left = f"; {n_left} constant or collinear covariates left out" if n_left else ""
    return CountColumns(
        events=events,
        exposure=exposure,
        arms=arms,
        base=base,
        design=np.column_stack([fixed, x[:, kept]]),
        note=f"{left}{read.note}",
    )


def _variance(model: str, variance: str | None) -> str:
    """Choose the variance, or refuse one that belongs to another model."""
    if variance is None:
        return "hc3" if model == "poisson" else "model"
    check_choice("variance", variance, _VARIANCES)
    if model != "poisson" and variance != "model":
        rule = f'be None or "model" for model "{model}"'
        raise ArgumentError(refusal("variance", rule, variance))
    return variance


def _answer(
    columns: CountColumns, model: str, variance: str
) -> tuple[str | None, float, float, str]:
    """Fit, and give why not, log ratio, standard error and words."""
    nothing, label = (math.nan, math.nan), model.replace("-", " ")
    if reason := _no_ratio(columns):
        return reason, *nothing, label
    given = columns.events, columns.exposure, columns.design
    fit = fit_negative_binomial(*given) if model[0] == "n" else fit_counts(*given)
    if fit is None:
        return _NEVER_ENDS, *nothing, label
    lone = bool(np.max(fit.leverage) > 1 - 1e-9)
    if lone and (variance != "model" or model == "quasi-poisson"):
        return _LONE, *nothing, label
    se, words = _standard_error(fit, model, variance)
    return None, float(fit.coefficients[1]), se, f"{label}, {words}"


def _no_ratio(columns: CountColumns) -> str | None:
    """Say why no model can have a ratio."""
    if len(columns.arms.labels) < 2:
        return "only one arm has participants"
    if not columns.events.any():
        return "there is no event"
    for code, label in enumerate(columns.arms.labels):
        if not columns.events[columns.arms.code == code].any():
            return f"there is no event in arm {label}"
    return None


def _standard_error(fit: CountModel, model: str, variance: str) -> tuple[float, str]:
    """Give the log ratio's standard error and how it was had."""
    own = math.sqrt(fit.covariance[1, 1])
    if model == "negative-binomial":
        if math.isinf(fit.theta):
            return own, "no over-dispersion: Poisson, model standard error"
        return own, f"theta {fit.theta:.4g}, held fixed in the standard error"
    if model == "quasi-poisson":
        se, words = own * math.sqrt(fit.dispersion), f"dispersion {fit.dispersion:.4g}"
    elif variance == "model":
        return own, "model standard error"
    else:
        robust = fit.sandwich(small_sample=variance == "hc3")
        se = math.sqrt(robust[1, 1])
        words = f"{variance.upper()} robust standard error"
    if not se > 1e-9:
        return own, "model standard error: participants do not differ within the arms"
    return se, words


def _r_call(model: str, variance: str, adjusted: bool) -> str:
    """Write R's call."""
    right = f"arm{' + covariates' if adjusted else ''} + offset(log(exposure))"
    if model == "negative-binomial":
        return f"MASS::glm.nb(events ~ {right})"
    family = "poisson" if model == "poisson" else "quasipoisson"
    fit = f"glm(events ~ {right}, family = {family})"
    if variance == "model":
        return fit
    return f'sandwich::vcovHC({fit}, type = "{variance.upper()}")'
