"""How many have had one kind of event, when another kind can come first?"""

from __future__ import annotations

import numpy.typing as npt
import pandas as pd

from steps_analysis.estimates import Curve
from steps_analysis.formulas import MissingPolicy
from steps_analysis.outcomes.binary.probability_limits import (
    Transform,
    transformed_limits,
)
from steps_analysis.outcomes.columns import as_causes, as_times, check_choice
from steps_analysis.outcomes.competing.steps import (
    IncidenceVariance,
    check_kind,
    incidence_steps,
)
from steps_analysis.outcomes.doors import read_columns


def cumulative_incidence(
    time: npt.ArrayLike | str,
    cause: npt.ArrayLike | None = None,
    *,
    of: int = 1,
    transform: Transform = "log-log",
    variance: IncidenceVariance = "jackknife",
    level: float = 0.95,
    missing: MissingPolicy = "refuse",
    data: pd.DataFrame | None = None,
) -> Curve:
    """
    Estimate the probability of one kind of event as time goes on.

    Parameters
    ----------
    time
        End of follow-up, shape (n,); or a formula ``"time + cause ~ 1"`` with `data`.
    cause
        0 where follow-up was censored, else the kind of event: 1, 2, …; shape (n,).
    of
        The kind of event asked for.
    transform
        Scale of the limits: ``"log-log"``, ``"log"``, ``"plain"``, ``"logit"`` or
        ``"arcsin"``.
    variance
        ``"jackknife"`` (infinitesimal jackknife, as R's ``survfit``) or ``"aalen"`` (as
        ``cmprsk::cuminc``); they differ in the third digit.
    level
        Confidence level, in (0, 1).
    missing
        ``"refuse"`` rows with missing values, or ``"drop"`` them and count them.
    data
        The table a formula speaks of.

    Returns
    -------
    Curve
        One step per distinct time of an event of any kind, starting from 0. For
        several kinds call once for each: the curves and the probability of no event
        add up to 1.

    Raises
    ------
    ArgumentError
        If an option is unknown, or `of` is no kind of event.
    DataError
        If the arrays do not fit together, or hold missing or impossible values.

    Notes
    -----
    The Aalen-Johansen estimator with tied times as they are: ``lifelines`` breaks ties
    at random, which changes the answer on data in days. One minus Kaplan-Meier, which
    censors the other kinds, overstates the probability. The log-log limits are those of
    ``survfit``, made on log(-log F). Before the first event of this kind the curve is 0
    with limits 0; once everybody has had it, it is 1 without standard error or limits.

    References
    ----------
    .. [1] Aalen, O. O. and Johansen, S. (1978), Scand. J. Statistics 5, 141-150.

    Examples
    --------
    Of three, one has event 1 at time 1, then one of the two left has event 2.

    >>> cumulative_incidence([1.0, 2.0, 3.0], [1, 2, 0]).value
    array([0.33333333, 0.33333333])
    >>> cumulative_incidence([1.0, 2.0, 3.0], [1, 2, 0], of=2).value
    array([0.        , 0.33333333])
    """
    check_choice("variance", variance, ("jackknife", "aalen"))
    check_kind("of", of)
    given = {"time": time, "cause": cause}
    read = read_columns(
        given, right="nothing", data=data, missing=missing, responses=("time", "cause")
    )
    stop = as_times("time", read.columns["time"])
    steps = incidence_steps(stop, as_causes("cause", read.columns["cause"]), of)
    se = steps.standard_error(variance)
    lower, upper = transformed_limits(
        steps.incidence, se, transform=transform, level=level
    )
    return Curve(
        time=steps.time,
        value=steps.incidence,
        lower=lower,
        upper=upper,
        standard_error=se,
        n_at_risk=steps.n_at_risk,
        level=level,
        method=f"Aalen-Johansen, {variance} variance, {transform} limits{read.note}",
        start=0.0,
        r_call="survival::survfit(survival::Surv(time, factor(cause)) ~ 1, "
        f'conf.type = "{transform}", conf.int = {level})'
        if variance == "jackknife"
        else "cmprsk::cuminc(time, cause)",
    )
