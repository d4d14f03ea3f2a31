"""How does a covariate change how many come to one kind of event, another competing?"""

from __future__ import annotations

import numpy.typing as npt
import pandas as pd

from steps_analysis.errors import ArgumentError, refusal
from steps_analysis.formulas import MissingPolicy
from steps_analysis.outcomes.columns import check_choice
from steps_analysis.outcomes.competing.fine_gray_fit import FineGrayFit
from steps_analysis.outcomes.competing.fine_gray_model import (
    FineGrayMethod,
    FineGrayModel,
    fit,
)
from steps_analysis.outcomes.competing.steps import check_kind
from steps_analysis.outcomes.doors import read_columns


def fine_gray(
    time: npt.ArrayLike | str,
    cause: npt.ArrayLike | None = None,
    covariates: npt.ArrayLike | pd.DataFrame | None = None,
    *,
    failure: int = 1,
    censoring: npt.ArrayLike | str | None = None,
    cluster: npt.ArrayLike | str | None = None,
    method: FineGrayMethod = "fine-gray",
    missing: MissingPolicy = "refuse",
    data: pd.DataFrame | None = None,
) -> FineGrayFit:
    """
    Fit proportional subdistribution hazards of one kind of event.

    Parameters
    ----------
    time
        End of follow-up, shape (n,), finite and at least 0; or a formula such as
        ``"time + cause ~ arm + age"`` with `data`.
    cause
        0 where follow-up was censored, else the kind of event: 1, 2, …; shape (n,).
    covariates
        Numeric columns, shape (n,) or (n, p), or a table of them; no intercept.
    failure
        The kind of event asked for.
    censoring
        Labels, shape (n,), of groups that are censored at different rates, such as the
        arm; None for one rate.
    cluster
        Labels, shape (n,), of rows that hang together; None if each stands alone.
    method
        ``"fine-gray"``, as ``cmprsk::crr``: those with an event at a time are at risk
        of being censored then, and the sandwich counts that the weights are estimated.
        ``"weighted-cox"``, as R's ``survival::finegray`` followed by ``coxph`` with a
        cluster per participant: events come before censorings, and the sandwich takes
        the weights as known.
    missing
        ``"refuse"`` rows with missing values, or ``"drop"`` them and count them.
    data
        The table a formula speaks of; `censoring` and `cluster` may then be names of
        its columns.

    Returns
    -------
    FineGrayFit
        The fit. `FineGrayFit.not_estimable` says why where there is none: no event of
        this kind, no covariate that varies, or a likelihood that rises for ever.

    Raises
    ------
    ArgumentError
        If an option is unknown, `failure` is no kind of event, or there are no
        covariates.
    DataError
        If the columns do not fit together, or hold missing or impossible values.

    Notes
    -----
    Those with a competing event stay in the risk set, with weight G(t-)/G(T-) where G
    is the Kaplan-Meier curve of censoring and T their time. Ties as Breslow. A
    subdistribution hazard ratio says which group has the higher cumulative incidence
    and not by how much; it is no rate ratio among those still free of events. That is
    ``cox(time, cause == failure, covariates)``, the cause-specific hazard, which needs
    no function of its own. The two methods differ in digit 4 or 5 where events and
    censorings share a time. With several censoring groups each row's weight depends on
    its own group's curve alone, in the variance too, which ``crr`` takes over all
    groups; past a group's last follow-up its curve is carried on, where ``crr`` has 0.

    References
    ----------
    .. [1] Fine, J. P. and Gray, R. J. (1999), JASA 94, 496-509.
    .. [2] Geskus, R. B. (2011), Biometrics 67, 39-49.
    .. [3] Zhou, B. and others (2012), Biostatistics 13, 371-383 (clusters).

    Examples
    --------
    Without a competing event it is the Cox model: two pairs, the score at 0 is 0.

    >>> fit = fine_gray([1.0, 2, 1, 2], [1, 0, 1, 0], [0, 1, 1, 0])
    >>> bool(abs(fit.coefficients[0]) < 1e-12)
    True
    """
    check_choice("method", method, ("fine-gray", "weighted-cox"))
    check_kind("failure", failure)
    given = {
        "time": time,
        "cause": cause,
        "covariates": covariates,
        "censoring": censoring,
        "cluster": cluster,
    }
    read = read_columns(
        given,
        right="covariates",
        data=data,
        missing=missing,
        responses=("time", "cause"),
    )
    if "covariates" not in read.columns:
        raise ArgumentError(refusal("covariates", "be given", None))
    return fit(FineGrayModel.of(read, failure=failure, method=method))
