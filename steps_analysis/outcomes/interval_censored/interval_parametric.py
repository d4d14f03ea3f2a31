"""Which smooth distribution do times follow, if they are known only between visits?"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from steps_analysis.formulas import MissingPolicy
from steps_analysis.outcomes.columns import check_choice
from steps_analysis.outcomes.interval_censored.intervals import read_intervals
from steps_analysis.outcomes.survival.design_columns import numeric_columns
from steps_analysis.outcomes.survival.parametric_fit import ParametricFit
from steps_analysis.outcomes.survival.parametric_survival import (
    DISTRIBUTIONS,
    Distribution,
    Times,
    fit_times,
)


def interval_parametric_survival(
    left: npt.ArrayLike | str,
    right: npt.ArrayLike | None = None,
    covariates: npt.ArrayLike | pd.DataFrame | None = None,
    *,
    distribution: Distribution = "weibull",
    missing: MissingPolicy = "refuse",
    data: pd.DataFrame | None = None,
) -> ParametricFit:
    """
    Fit an accelerated failure time model to interval-censored times.

    Parameters
    ----------
    left
        Last time known to be free of the event, shape (n,); 0 where there is none. Or a
        formula such as ``"left + right ~ arm"`` with `data`.
    right
        First time known to have had it, shape (n,); infinite where there is none yet,
        equal to `left` for an exact time.
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
        As of `parametric_survival`. Not estimable where nobody has had the event, or
        the likelihood rises for ever.

    Raises
    ------
    ArgumentError
        If an option is unknown.
    DataError
        If the columns do not fit together, or hold missing or impossible values.

    Notes
    -----
    As R's ``survival::survreg`` with ``Surv(type = "interval2")``. An interval adds the
    logarithm of its probability, an exact time that of its density: the two are on
    different scales, and so is a log-likelihood with both.

    References
    ----------
    .. [1] Kalbfleisch, J. D. and Prentice, R. L. (2002), The Statistical Analysis of
       Failure Time Data, 2nd edition, section 3.6.

    Examples
    --------
    One of two by 3: a rate of log(2) / 3.

    >>> fit = interval_parametric_survival([0, 3], [3, np.inf],
    ...                                    distribution="exponential")
    >>> round(float(np.log(2)) * fit.time_ratio("intercept").value, 6)
    3.0
    """
    check_choice("distribution", distribution, DISTRIBUTIONS)
    given = {"left": left, "right": right, "covariates": covariates}
    plain = covariates is None and not isinstance(left, str)
    read, low, high = read_intervals(
        given, right="covariates", data=data, missing=missing
    )
    x, names = np.zeros((read.n, 0)), tuple[str, ...]()
    if not plain and np.size(read.columns["covariates"]):
        x, names = numeric_columns(read, covariates)
    n_events = int(np.sum(np.isfinite(high)))
    times = Times(
        left=low,
        right=high,
        n_events=n_events,
        reason=None if n_events else "nobody is known to have had the event",
        words=f", interval-censored{read.note}",
        left_side='survival::Surv(left, right, type = "interval2")',
    )
    return fit_times(times, x, names, distribution)
