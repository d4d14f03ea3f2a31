"""Which survival does a Cox model predict for given covariates?"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from steps_analysis.errors import ArgumentError, DataError, refusal
from steps_analysis.estimates import Curve, FloatArray, check_level
from steps_analysis.outcomes.binary.probability_limits import (
    Transform,
    transformed_limits,
)
from steps_analysis.outcomes.columns import as_numbers, check_choice
from steps_analysis.outcomes.hazards.cox_fit import CoxFit
from steps_analysis.outcomes.hazards.cox_kernel import hazard_steps


def predicted_survival(
    fit: CoxFit,
    covariates: Mapping[str, float] | npt.ArrayLike,
    *,
    stratum: object = None,
    transform: Transform = "log-log",
    level: float = 0.95,
) -> Curve:
    r"""
    Predict the survival curve of a participant with given covariates.

    Parameters
    ----------
    fit
        A Cox fit with Efron or Breslow ties.
    covariates
        Values by the names of `fit`, or in their order, shape (p,).
    stratum
        Label of the stratum whose baseline hazard it is; needed where there are
        several.
    transform
        Scale on which limits are made: ``"log-log"``, ``"log"``, ``"plain"``,
        ``"logit"`` or ``"arcsin"``.
    level
        Confidence level, in (0, 1).

    Returns
    -------
    Curve
        One step per event time, with its standard error. Where the fit has no maximum
        all values are NaN, and `method` says why.

    Raises
    ------
    ArgumentError
        If a covariate or the stratum is unknown or absent, or the fit has exact ties.
    DataError
        If a value is not finite.

    Notes
    -----
    Survival is exp(-H), H the cumulative hazard in the form that belongs to the ties
    of the fit. With steps of weight w, risk-set total r and mean m, and a the
    covariates, the variance of H is that of R's ``survfit.coxph`` [1]_,

    .. math:: e^{2ab} (\sum w/r^2 + d' V d), \quad d = \sum (a - m) w/r,

    V being the covariance of the coefficients b, robust where the fit has clusters
    (the baseline hazard's own part stays that of the model). It is the curve of one
    such participant, not of a group with these means: see `standardised_risks_at`.

    References
    ----------
    .. [1] Tsiatis, A. A. (1981), Annals of Statistics 9, 93-108.

    Examples
    --------
    Two pairs alike in x: no effect, so at time 1 the hazard is 2/4 under Breslow.

    >>> from steps_analysis.outcomes import cox
    >>> fit = cox([1, 1, 2, 2], [1, 1, 0, 0], [0, 1, 0, 1], ties="breslow")
    >>> curve = predicted_survival(fit, {"column 1": 1})
    >>> round(float(-np.log(curve.value[0])), 6)
    0.5
    """
    check_choice("transform", transform, ("log-log", "log", "plain", "logit", "arcsin"))
    if fit.problem.ties == "exact":
        rule = 'be "efron" or "breslow" for curves'
        raise ArgumentError(refusal("ties", rule, "exact"))
    point = _point(fit, covariates)
    sets, spells = fit.problem.risk_sets, fit.problem.arrangement
    is_own = sets.group_stratum == _stratum(fit, stratum)
    at_risk = _numbers_at_risk(spells.since, spells.until, sets.n_groups)[is_own]
    method = f"survival predicted by {fit.method}, {transform} limits"
    if fit.not_estimable:
        method = f"{method}; not estimable because {fit.not_estimable}"
        value = se = np.full(int(is_own.sum()), np.nan)
    else:
        hazard, se = _cumulative(fit, point, is_own)
        value = np.exp(-hazard)
        se = value * se
    lower, upper = transformed_limits(
        value, se, transform=transform, level=check_level(level)
    )
    return Curve(
        time=sets.group_time[is_own],
        value=value,
        lower=lower,
        upper=upper,
        standard_error=se,
        n_at_risk=at_risk,
        level=level,
        method=method,
        r_call=_call(fit, transform),
    )


def _point(fit: CoxFit, covariates: object) -> FloatArray:
    """Check the covariates and centre those the fit has kept."""
    values = covariates
    if isinstance(covariates, Mapping):
        if set(covariates) != set(fit.names):
            rule = f"give {', '.join(fit.names)}"
            given = ", ".join(map(str, covariates))
            raise ArgumentError(refusal("covariates", rule, given))
        values = [covariates[name] for name in fit.names]
    point = as_numbers("covariates", np.asarray(values))
    if point.shape != (len(fit.names),):
        rule = f"have one value for each of {', '.join(fit.names)}"
        raise DataError(refusal("covariates", rule, point.shape))
    kept = [name not in fit.dropped for name in fit.names]
    centred: FloatArray = point[kept] - fit.centre
    return centred


def _stratum(fit: CoxFit, label: object) -> int:
    """Find the code of a stratum."""
    if len(fit.strata) == 1 and label is None:
        return 0
    if label not in fit.strata:
        rule = f"be one of {', '.join(map(str, fit.strata))}"
        raise ArgumentError(refusal("stratum", rule, label))
    return fit.strata.index(label)


def _cumulative(
    fit: CoxFit, point: FloatArray, is_own: npt.NDArray[np.bool_]
) -> tuple[FloatArray, FloatArray]:
    """Give cumulative hazard and its standard error at each event time."""
    spells = fit.problem.arrangement
    kept = [name not in fit.dropped for name in fit.names]
    beta = fit.coefficients[kept]
    robust = fit.robust_covariance
    covariance = (fit.covariance if robust is None else robust)[np.ix_(kept, kept)]
    steps = hazard_steps(fit.problem, beta)
    own = np.flatnonzero(is_own)
    shift = steps.shift[spells.stratum[spells.leaving[own[0]]]] if len(own) else 0.0
    relative = float(np.exp(point @ beta - shift))
    jump = spells.weight / steps.total
    rise = jump * (point[:, None] - steps.mean)
    hazard = np.cumsum(spells.by_group(jump)[is_own])
    noise = np.cumsum(spells.by_group(jump / steps.total)[is_own])
    lean = np.cumsum(spells.by_group(rise)[:, is_own], axis=1)
    variance = noise + np.einsum("ij,ij->j", lean, covariance @ lean)
    return relative * hazard, relative * np.sqrt(variance)


def _numbers_at_risk(
    since: npt.NDArray[np.int64], until: npt.NDArray[np.int64], n_groups: int
) -> FloatArray:
    """Count the spells at risk at each event time."""
    change = np.bincount(since, minlength=n_groups + 1).astype(np.float64)
    change -= np.bincount(until, minlength=n_groups + 1)
    count: FloatArray = np.cumsum(change)[:n_groups]
    return count


def _call(fit: CoxFit, transform: str) -> str | None:
    """Write the R call, where R has the scale and the fit."""
    if fit.problem.penalty or transform == "arcsin":
        return None
    return f'survival::survfit({fit.to_r()}, newdata, conf.type = "{transform}")'
