"""
What is the odds ratio where few have the event, or none in one group?

Firth's penalised likelihood, and its versions FLIC and FLAC whose predicted risks have
the right mean. All have finite coefficients whatever the data.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from steps_analysis.estimates import FloatArray
from steps_analysis.formulas import MissingPolicy
from steps_analysis.outcomes.binary.logistic_fit import LogisticFit
from steps_analysis.outcomes.binary.logistic_likelihood import LogisticLikelihood
from steps_analysis.outcomes.binary.working_model import independent_columns
from steps_analysis.outcomes.columns import as_binary, as_numbers
from steps_analysis.outcomes.doors import read_columns

INTERCEPT = "intercept"


def firth_logistic(
    outcome: npt.ArrayLike | str,
    covariates: npt.ArrayLike | pd.DataFrame | None = None,
    *,
    missing: MissingPolicy = "refuse",
    data: pd.DataFrame | None = None,
) -> LogisticFit:
    """
    Fit a logistic model by Firth's penalised likelihood.

    Parameters
    ----------
    outcome
        True or 1 where the participant had the event, shape (n,); or a formula
        ``"outcome ~ arm + age"`` with `data`.
    covariates
        Numeric columns, shape (n,) or (n, p), or a table of them, without intercept;
        None for the intercept alone.
    missing
        ``"refuse"`` rows with missing values, or ``"drop"`` them and count them.
    data
        The table a formula speaks of.

    Returns
    -------
    LogisticFit
        Finite coefficients for any data, separated ones and those without an event
        included, with profile penalised-likelihood limits.

    Raises
    ------
    ArgumentError
        If a formula comes without table, or a table without formula.
    DataError
        If the columns do not fit together, or values are missing.

    Notes
    -----
    Maximises log L + log det(X'WX) / 2 [1]_. Limits and p-values come from the profile
    of that function [2]_, with the penalty of the whole design throughout, as R's
    ``logistf`` does. `LogisticFit.covariance` follows ``logistf`` 1.26: the inverse
    information of the data augmented by each row's leverage, W (1 + h);
    `LogisticFit.information_covariance` is that of ``brglm2``, without it. The mean of
    the fitted risks is drawn towards 1/2; for risks use `flic_logistic` or
    `flac_logistic`.

    References
    ----------
    .. [1] Firth, D. (1993), Biometrika 80, 27-38.
    .. [2] Heinze, G. and Schemper, M. (2002), Statistics in Medicine 21, 2409-2419.

    Examples
    --------
    In a two-by-two table the penalty adds 1/2 to each cell: 0/2 against 1/2.

    >>> fit = firth_logistic([0, 0, 1, 0], [1, 1, 0, 0])
    >>> round(fit.odds_ratio("column 1").value, 6)  # (0.5 / 2.5) / (1.5 / 1.5)
    0.2
    """
    return fit_firth(outcome, covariates, missing, data)


def flic_logistic(
    outcome: npt.ArrayLike | str,
    covariates: npt.ArrayLike | pd.DataFrame | None = None,
    *,
    missing: MissingPolicy = "refuse",
    data: pd.DataFrame | None = None,
) -> LogisticFit:
    """
    Fit Firth's logistic model with the intercept corrected (FLIC).

    Parameters
    ----------
    outcome
        As in `firth_logistic`.
    covariates
        As in `firth_logistic`.
    missing
        As in `firth_logistic`.
    data
        As in `firth_logistic`.

    Returns
    -------
    LogisticFit
        The coefficients of `firth_logistic` but for the intercept, which makes the mean
        of the fitted risks the observed share of events. Where nobody or everybody has
        the event no intercept does, and Firth's is kept; `method` says so.

    Raises
    ------
    ArgumentError
        If a formula comes without table, or a table without formula.
    DataError
        If the columns do not fit together, or values are missing.

    Notes
    -----
    As R's ``logistf::flic``: profile limits are Firth's for all but the intercept,
    which has Wald limits from the information at the corrected coefficients; that
    information is the `covariance` of the fit. R writes 1.96 for the normal quantile.

    References
    ----------
    .. [1] Puhr, R. et al. (2017), Statistics in Medicine 36, 2302-2317.

    Examples
    --------
    >>> fit = flic_logistic([0, 0, 1, 0], [1, 1, 0, 0])
    >>> round(float(fit.risks.mean()), 6)
    0.25
    """
    firth = fit_firth(outcome, covariates, missing, data)
    if not 0 < firth.n_events < firth.n:
        return _uncorrected(firth)
    plain = replace(firth.likelihood, penalty=0.0)
    found = plain.maximise(firth.coefficients, np.arange(len(firth.names)) == 0)
    assert found is not None  # one finite coefficient, as both outcomes occur
    return with_coefficients(
        firth,
        found,
        covariance=inverse_information(plain.information(found)),
        method=firth.method.replace("Firth's", "Firth's (FLIC)"),
        r_call="logistf::flic(logistf::logistf(outcome ~ covariates))",
        profiled=firth.names[1:],
    )


def flac_logistic(
    outcome: npt.ArrayLike | str,
    covariates: npt.ArrayLike | pd.DataFrame | None = None,
    *,
    missing: MissingPolicy = "refuse",
    data: pd.DataFrame | None = None,
) -> LogisticFit:
    """
    Fit Firth's logistic model with an added covariate (FLAC).

    Parameters
    ----------
    outcome
        As in `firth_logistic`.
    covariates
        As in `firth_logistic`.
    missing
        As in `firth_logistic`.
    data
        As in `firth_logistic`.

    Returns
    -------
    LogisticFit
        All coefficients differ from Firth's; the mean of the fitted risks is the
        observed share of events. Where nobody or everybody has the event Firth's fit is
        kept; `method` says so.

    Raises
    ------
    ArgumentError
        If a formula comes without table, or a table without formula.
    DataError
        If the columns do not fit together, or values are missing.

    Notes
    -----
    Firth's penalty is the same as adding to each row, with half its leverage as weight,
    a copy with the event and one without. FLAC marks those copies by a covariate of
    their own and maximises the likelihood of all rows [1]_; profile limits are those of
    that likelihood. As R's ``logistf::flac``.

    References
    ----------
    .. [1] Puhr, R. et al. (2017), Statistics in Medicine 36, 2302-2317.

    Examples
    --------
    >>> fit = flac_logistic([0, 0, 1, 0], [1, 1, 0, 0])
    >>> round(float(fit.risks.mean()), 6)
    0.25
    """
    firth = fit_firth(outcome, covariates, missing, data)
    n, k = firth.n, len(firth.names)
    design, y = firth.likelihood.design, firth.likelihood.outcome
    half = firth.likelihood.leverage(firth.coefficients) / 2
    is_copy = np.repeat([0.0, 1.0, 1.0], n)
    likelihood = LogisticLikelihood(
        design=np.column_stack([np.tile(design, (3, 1)), is_copy]),
        outcome=np.concatenate([y, y, 1 - y]),
        weights=np.concatenate([np.ones(n), half, half]),
        penalty=0.0,
    )
    start, free = np.append(firth.coefficients, 0.0), np.ones(k + 1, dtype=np.bool_)
    found = likelihood.maximise(start, free) if 0 < firth.n_events < n else None
    if found is None:
        return _uncorrected(firth)
    moved = with_coefficients(
        firth,
        found[:k],
        covariance=inverse_information(likelihood.information(found))[:k, :k],
        method=firth.method.replace("Firth's", "Firth's (FLAC)"),
        r_call="logistf::flac(logistf::logistf(outcome ~ covariates))",
        profiled=firth.names,
    )
    return replace(moved, likelihood=likelihood, maximum=found)


def fit_firth(
    outcome: npt.ArrayLike | str,
    covariates: npt.ArrayLike | pd.DataFrame | None,
    missing: MissingPolicy,
    data: pd.DataFrame | None,
) -> LogisticFit:
    """
    Check the columns and maximise the penalised likelihood.

    Parameters
    ----------
    outcome, covariates, missing, data
        As in `firth_logistic`.

    Returns
    -------
    LogisticFit
        Firth's fit.

    Examples
    --------
    >>> fit_firth([1, 0], None, "refuse", None).names
    ('intercept',)
    """
    given = {"outcome": outcome, "covariates": covariates}
    read = read_columns(
        given,
        right="covariates",
        data=data,
        missing=missing,
        responses=("outcome",),
    )
    y = as_binary("outcome", read.columns["outcome"]).astype(np.float64)
    table = as_numbers(
        "covariates", read.columns.get("covariates", np.empty((len(y), 0)))
    )
    table = table[:, None] if table.ndim == 1 else table
    one = np.ones((len(y), 1))
    kept = independent_columns(one, table)
    likelihood = LogisticLikelihood(
        design=np.column_stack([one, table[:, kept]]),
        outcome=y,
        weights=np.ones(len(y)),
        penalty=0.5,
    )
    zero, free = np.zeros(len(kept) + 1), np.ones(len(kept) + 1, dtype=np.bool_)
    found = likelihood.maximise(zero, free)
    null = likelihood.maximise(zero, np.arange(len(zero)) == 0)
    assert found is not None  # the penalised likelihood has a maximum
    assert null is not None
    names = (INTERCEPT, *(read.names[j] for j in kept))
    covariance = inverse_information(likelihood.augmented_information(found))
    return LogisticFit(
        names=names,
        coefficients=found,
        standard_error=np.sqrt(np.diag(covariance)),
        covariance=covariance,
        information_covariance=inverse_information(likelihood.information(found)),
        log_likelihood=likelihood.value(found),
        null_log_likelihood=likelihood.value(null),
        risks=likelihood.risks(found),
        n=len(y),
        n_events=int(y.sum()),
        dropped=tuple(n for j, n in enumerate(read.names) if j not in kept),
        method=f"logistic model, Firth's penalised likelihood{read.note}",
        r_call="logistf::logistf(outcome ~ covariates)",
        likelihood=likelihood,
        maximum=found,
        profiled=names,
    )


def with_coefficients(
    firth: LogisticFit,
    coefficients: FloatArray,
    *,
    covariance: FloatArray,
    method: str,
    r_call: str,
    profiled: tuple[str, ...],
) -> LogisticFit:
    """
    Give the fit with other coefficients.

    Parameters
    ----------
    firth
        Firth's fit.
    coefficients, covariance, method, r_call, profiled
        What takes the place of its own.

    Returns
    -------
    LogisticFit
        With standard errors, likelihood and risks that go with the coefficients.

    Examples
    --------
    >>> fit = fit_firth([1, 0], None, "refuse", None)
    >>> one = np.ones(1)
    >>> with_coefficients(fit, 0 * one, covariance=np.eye(1), method="by hand",
    ...                   r_call="", profiled=()).risks
    array([0.5, 0.5])
    """
    likelihood = firth.likelihood
    return replace(
        firth,
        coefficients=coefficients,
        covariance=covariance,
        standard_error=np.sqrt(np.diag(covariance)),
        information_covariance=inverse_information(
            likelihood.information(coefficients)
        ),
        log_likelihood=likelihood.value(coefficients),
        risks=likelihood.risks(coefficients),
        method=method,
        r_call=r_call,
        profiled=profiled,
    )


def _uncorrected(firth: LogisticFit) -> LogisticFit:
    """Keep Firth's fit and say why its mean risk cannot be corrected."""
    why = "the augmented likelihood has no maximum"
    if not 0 < firth.n_events < firth.n:
        why = f"{'everybody' if firth.n_events else 'nobody'} had the event"
    return replace(firth, method=f"{firth.method}, uncorrected: {why}")


def inverse_information(information: FloatArray) -> FloatArray:
    """
    Turn an information into a covariance.

    Parameters
    ----------
    information
        Shape (k, k).

    Returns
    -------
    numpy.ndarray
        Its inverse, shape (k, k).

    Examples
    --------
    >>> inverse_information(np.array([[4.0]]))
    array([[0.25]])
    """
    return np.linalg.inv(information).astype(np.float64)
