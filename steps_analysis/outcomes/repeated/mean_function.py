"""How many events has a participant had on average, as time goes on?"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from steps_analysis.estimates import Curve, FloatArray, check_level
from steps_analysis.formulas import MissingPolicy
from steps_analysis.outcomes.columns import check_choice
from steps_analysis.outcomes.distributions import normal_quantile
from steps_analysis.outcomes.repeated.counting import Counting, event_grid
from steps_analysis.outcomes.repeated.histories import Labels, Times, read_histories

VARIANCES = {"lawless-nadeau": "LawlessNadeau", "poisson": "Poisson"}


def mean_cumulative_function(
    entry: Times,
    time: npt.ArrayLike | None = None,
    event: npt.ArrayLike | None = None,
    cluster: Labels = None,
    *,
    variance: str = "lawless-nadeau",
    transform: str = "log",
    level: float = 0.95,
    missing: MissingPolicy = "refuse",
    data: pd.DataFrame | None = None,
) -> Curve:
    """
    Estimate the mean number of events per participant as time goes on.

    Parameters
    ----------
    entry
        Start of each spell, shape (rows,): at risk in (entry, time]; None for the
        origin; or a formula ``"entry + time + event ~ 1"`` with `data`.
    time
        Its end, shape (rows,), finite and at least 0.
    event
        True or 1 where the spell ended in an event, shape (rows,).
    cluster
        Labels of the participants, shape (rows,), or the name of a column of `data`.
    variance
        ``"lawless-nadeau"``, which lets participants differ, or ``"poisson"``, which
        takes them for alike.
    transform
        Scale of the limits: ``"log"``, or ``"plain"`` (no lower than 0).
    level
        Confidence level, in (0, 1).
    missing
        ``"refuse"`` rows with missing values, or ``"drop"`` them and count them.
    data
        The table a formula speaks of.

    Returns
    -------
    Curve
        One step per distinct time of an event, starting from 0. Where the variance is 0
        (one participant, or all at risk alike) there are no standard error and limits,
        and `method` says so.

    Raises
    ------
    ArgumentError
        If an option is unknown, or there is no `cluster`.
    DataError
        If the columns do not fit together, values are missing or impossible, or spells
        of one participant overlap.

    Notes
    -----
    Nelson's estimator, the sum over event times of d / Y, d events among Y at risk.
    Lawless and Nadeau's variance at t is the sum over participants of the square of
    ``sum over s <= t of (d_i - Y_i d / Y) / Y``; the Poisson variance is the sum of
    d / Y^2. As R's ``reda::mcf``, whose limits are plain unless ``logConfInt = TRUE``
    and then may fall below 0, and which refuses an event at a participant's last
    follow-up. The first variance equals that of ``survival::survfit(..., id, cluster)``
    (infinitesimal jackknife). Follow-up must end for reasons that tell nothing of
    later events; where death ends all events, see `ghosh_lin`.

    References
    ----------
    .. [1] Nelson, W. (1988), Journal of Quality Technology 20, 24-35.
    .. [2] Lawless, J. F. and Nadeau, C. (1995), Technometrics 37, 158-168.

    Examples
    --------
    Two are followed to 4 and 3; one has events at 1 and 3: 1/2, then 1/2 + 1/2.

    >>> curve = mean_cumulative_function([0, 1, 3, 0], [1, 3, 4, 3], [1, 1, 0, 0],
    ...                                  ["a", "a", "a", "b"])
    >>> curve.time, curve.value
    (array([1., 3.]), array([0.5, 1. ]))
    """
    check_choice("variance", variance, tuple(VARIANCES))
    spells = read_histories(entry, time, event, cluster, missing=missing, data=data)
    counting = Counting.of(spells, event_grid(spells))
    value = np.cumsum(counting.increments)
    se = standard_errors(counting, variance)
    lower, upper = mean_limits(value, se, transform=transform, level=level)
    lacking = "; no limits where participants do not differ"
    return Curve(
        time=counting.grid,
        value=value,
        lower=lower,
        upper=upper,
        standard_error=se,
        n_at_risk=counting.n_at_risk,
        level=level,
        method=f"mean cumulative function, {variance} variance, {transform} limits"
        f"{lacking if np.isnan(se).any() else ''}{spells.note}",
        start=0.0,
        r_call="reda::mcf(reda::Recur(entry %to% time, cluster, event) ~ 1, variance = "
        f'"{VARIANCES[variance]}", logConfInt = {str(transform == "log").upper()}, '
        f"level = {level})",
    )


def standard_errors(counting: Counting, variance: str) -> FloatArray:
    """
    Give the standard error of the mean at each time.

    Parameters
    ----------
    counting
        The counting processes on the grid of events.
    variance
        ``"lawless-nadeau"`` or ``"poisson"``.

    Returns
    -------
    numpy.ndarray
        Shape (k,); NaN where the variance is 0 although events happened.

    Examples
    --------
    >>> spells = read_histories([0, 0], [1, 3], [1, 0], ["a", "b"])
    >>> counting = Counting.of(spells, event_grid(spells))
    >>> standard_errors(counting, "poisson")
    array([0.5])
    """
    at_risk = np.maximum(counting.n_at_risk, 1.0)
    if variance == "poisson":
        squares = np.cumsum(counting.n_events / at_risk**2)
    else:
        own = np.cumsum(counting.residuals() / at_risk, axis=1)
        squares = np.asarray((own**2).sum(axis=0), dtype=np.float64)
    happened = np.cumsum(counting.n_events) > 0
    unknown = happened & (squares <= 1e-24)
    se: FloatArray = np.where(unknown, np.nan, np.sqrt(squares))
    return se


def mean_limits(
    value: FloatArray, se: FloatArray, *, transform: str, level: float
) -> tuple[FloatArray, FloatArray]:
    """
    Give the limits of means that cannot be negative.

    Parameters
    ----------
    value
        Means, shape (k,).
    se
        Their standard errors, shape (k,).
    transform
        ``"log"`` or ``"plain"``.
    level
        Confidence level.

    Returns
    -------
    tuple of numpy.ndarray
        Lower and upper limits, shape (k,); both 0 where the mean is 0.

    Raises
    ------
    ArgumentError
        If `transform` is neither word.

    Examples
    --------
    >>> mean_limits(np.array([1.0]), np.array([0.0]), transform="log", level=0.9)
    (array([1.]), array([1.]))
    """
    check_choice("transform", transform, ("log", "plain"))
    half = normal_quantile(check_level(level)) * se
    if transform == "plain":
        return np.maximum(value - half, 0.0), value + half
    spread = np.exp(half / np.where(value > 0, value, 1.0))
    return value / spread, value * spread
