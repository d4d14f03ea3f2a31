"""
How much faster do events come in one arm, when clusters differ in ways nobody saw?

A proportional hazards model in which all spells of a cluster (a participant's, a
family's, a site's) share a random factor of their hazard.
"""

from __future__ import annotations

from typing import Any

import numpy.typing as npt
import pandas as pd

from steps_analysis.errors import ArgumentError, refusal
from steps_analysis.estimates import check_level
from steps_analysis.formulas import MissingPolicy
from steps_analysis.outcomes.columns import check_choice, is_number
from steps_analysis.outcomes.doors import read_columns
from steps_analysis.outcomes.hazards.frailty_fit import FrailtyFit
from steps_analysis.outcomes.hazards.frailty_likelihood import Information
from steps_analysis.outcomes.hazards.frailty_model import FrailtyModel
from steps_analysis.outcomes.hazards.frailty_solution import solve


def gamma_frailty(  # noqa: PLR0913  # the parts of one model, each named as everywhere else
    time: npt.ArrayLike | str,
    event: npt.ArrayLike | None = None,
    covariates: npt.ArrayLike | pd.DataFrame | None = None,
    *,
    cluster: npt.ArrayLike | str,
    entry: npt.ArrayLike | str | None = None,
    stratum: npt.ArrayLike | str | list[str] | None = None,
    ties: str = "efron",
    frailty_variance: float | None = None,
    information: Information = "full",
    level: float = 0.95,
    missing: MissingPolicy = "refuse",
    data: pd.DataFrame | None = None,
) -> FrailtyFit:
    """
    Fit a proportional hazards model with a gamma frailty shared within clusters.

    Parameters
    ----------
    time
        End of each spell, shape (n,), finite and at least 0; or a formula such as
        ``"time + event ~ arm + age"`` or ``"entry + time + event ~ arm"`` with `data`.
    event
        True or 1 where the spell ended in the event, shape (n,).
    covariates
        Numeric columns, shape (n,) or (n, p), or a table of them; no intercept.
    cluster
        Labels, shape (n,), of spells that share a frailty.
    entry
        Start of each spell, shape (n,): at risk in (entry, time]. None for everybody
        from the origin.
    stratum
        Labels, shape (n,) or (n, k): each stratum has its own baseline hazard.
    ties
        ``"efron"`` or ``"breslow"``.
    frailty_variance
        The variance of the frailty, above 0, if it is not to be estimated.
    information
        ``"full"`` standard errors, or ``"sparse"`` ones that leave out the information
        between clusters, as R's ``coxph`` does with more than five.
    level
        Confidence level of the limits of the frailty's variance, in (0, 1).
    missing
        ``"refuse"`` rows with missing values, or ``"drop"`` them and count them.
    data
        The table a formula speaks of; `cluster`, `entry` and `stratum` may then be
        names of its columns.

    Returns
    -------
    FrailtyFit
        The fit. `FrailtyFit.not_estimable` says why where there is none: no event, no
        covariate that varies, separation, no cluster with two spells, or a variance
        that grows without end. A variance estimated as 0 is the plain Cox model, which
        `method` says.

    Raises
    ------
    ArgumentError
        If an option is unknown, or there are no covariates.
    DataError
        If the columns do not fit together, or hold missing or impossible values.

    Notes
    -----
    The hazard of a spell is its cluster's factor, of mean 1, times that of a Cox model;
    ratios compare members of one cluster. Coefficients and factors maximise the
    penalised partial likelihood [1]_; for a gamma frailty and Breslow ties they are
    those of the EM algorithm. The variance maximises the marginal likelihood, its
    limits are those of the profile likelihood, and its test against 0 halves the
    chi-squared tail, 0 being at the edge [2]_. The adjusted standard errors add what
    the variance's uncertainty does to the coefficients.

    R stops earlier: ``survival::coxph`` reports coefficients at the last variance it
    tried and prints the next one it would have tried, ``frailtyEM::emfrail`` ends when
    the log likelihood gains less than 1e-4. Both differ from the maximum in the third
    digit of a coefficient, and have the lower likelihood. Late entry is not taken to
    select clusters by their frailty, as in ``coxph``. Time and memory grow with the
    square of the number of clusters.

    References
    ----------
    .. [1] Therneau, T. M., Grambsch, P. M. and Pankratz, V. S. (2003), Journal of
       Computational and Graphical Statistics 12, 156-175.
    .. [2] Nielsen, G. G. et al. (1992), Scand. J. Statistics 19, 25-43.

    Examples
    --------
    Two clusters with the same history do not differ: the plain Cox model.

    >>> fit = gamma_frailty([1.0, 2, 3, 4] * 2, [1, 1, 1, 0] * 2, [0, 1, 0, 1] * 2,
    ...                     cluster=[1] * 4 + [2] * 4)
    >>> fit.frailty_variance.value
    0.0
    """
    _check_variance(frailty_variance)
    given = {
        "time": time,
        "event": event,
        "covariates": covariates,
        "cluster": cluster,
        "entry": entry,
        "stratum": stratum,
    }
    model = _model(given, ties, information, missing, data)
    return solve(model, "gamma", variance=frailty_variance, level=check_level(level))


def gaussian_frailty(  # noqa: PLR0913  # the parts of one model, each named as everywhere else
    time: npt.ArrayLike | str,
    event: npt.ArrayLike | None = None,
    covariates: npt.ArrayLike | pd.DataFrame | None = None,
    *,
    cluster: npt.ArrayLike | str,
    entry: npt.ArrayLike | str | None = None,
    stratum: npt.ArrayLike | str | list[str] | None = None,
    ties: str = "efron",
    frailty_variance: float | None = None,
    information: Information = "full",
    missing: MissingPolicy = "refuse",
    data: pd.DataFrame | None = None,
) -> FrailtyFit:
    """
    Fit a proportional hazards model with a log-normal frailty shared within clusters.

    Parameters
    ----------
    time
        End of each spell, shape (n,), finite and at least 0; or a formula such as
        ``"time + event ~ arm + age"`` or ``"entry + time + event ~ arm"`` with `data`.
    event
        True or 1 where the spell ended in the event, shape (n,).
    covariates
        Numeric columns, shape (n,) or (n, p), or a table of them; no intercept.
    cluster
        Labels, shape (n,), of spells that share a frailty.
    entry
        Start of each spell, shape (n,): at risk in (entry, time]. None for everybody
        from the origin.
    stratum
        Labels, shape (n,) or (n, k): each stratum has its own baseline hazard.
    ties
        ``"efron"`` or ``"breslow"``.
    frailty_variance
        The variance of the log frailty, above 0, if it is not to be estimated.
    information
        ``"full"``, or ``"sparse"`` without the information between clusters, as R's
        ``coxph`` with more than five; the estimated variance depends on it.
    missing
        ``"refuse"`` rows with missing values, or ``"drop"`` them and count them.
    data
        The table a formula speaks of; `cluster`, `entry` and `stratum` may then be
        names of its columns.

    Returns
    -------
    FrailtyFit
        The fit, without likelihood, and without limits or test of the variance.

    Raises
    ------
    ArgumentError
        If an option is unknown, or there are no covariates.
    DataError
        If the columns do not fit together, or hold missing or impossible values.

    Notes
    -----
    The variance solves the REML-type equation of [1]_, as R's
    ``frailty(distribution = "gaussian")``: the mean of the squared log frailties and
    their variances. With ``information="sparse"`` it is R's; the full information
    gives a variance some per cent larger (.425 against .413 on R's rats).

    References
    ----------
    .. [1] McGilchrist, C. A. (1993), Biometrics 49, 221-225.

    Examples
    --------
    Two clusters with the same history do not differ: the plain Cox model.

    >>> fit = gaussian_frailty([1.0, 2, 3, 4] * 2, [1, 1, 1, 0] * 2, [0, 1, 0, 1] * 2,
    ...                        cluster=[1] * 4 + [2] * 4, frailty_variance=0.5)
    >>> [round(float(factor), 6) for factor in fit.frailties["frailty"]]
    [1.0, 1.0]
    """
    _check_variance(frailty_variance)
    given = {
        "time": time,
        "event": event,
        "covariates": covariates,
        "cluster": cluster,
        "entry": entry,
        "stratum": stratum,
    }
    model = _model(given, ties, information, missing, data)
    return solve(model, "gaussian", variance=frailty_variance, level=0.95)


def _check_variance(variance: float | None) -> None:
    """Refuse a variance that is none, or no different from one of 0."""
    if variance is not None and not (is_number(variance) and 1e-10 <= variance <= 1e10):
        rule = "be above 0 and finite, between 1e-10 and 1e10"
        raise ArgumentError(refusal("frailty_variance", rule, variance))


def _model(
    given: dict[str, Any],
    ties: str,
    information: Information,
    missing: MissingPolicy,
    data: pd.DataFrame | None,
) -> FrailtyModel:
    """Read the columns."""
    check_choice("ties", ties, ("efron", "breslow"))
    check_choice("information", information, ("full", "sparse"))
    read = read_columns(given, right="covariates", data=data, missing=missing)
    for name in ("covariates", "cluster"):
        if name not in read.columns:
            raise ArgumentError(refusal(name, "be given", None))
    return FrailtyModel.of(read, ties=ties, information=information)
