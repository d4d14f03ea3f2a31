"""What share will never have the event, and when do the others have it?"""

from __future__ import annotations

import math
import warnings
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from steps_analysis.errors import DataError, refusal
from steps_analysis.estimates import BoolArray, Curve, Estimate, FloatArray, check_level
from steps_analysis.formulas import MissingPolicy
from steps_analysis.outcomes.binary.probability_limits import transformed_limits
from steps_analysis.outcomes.columns import as_times, check_choice
from steps_analysis.outcomes.distributions import normal_quantile
from steps_analysis.outcomes.doors import read_columns
from steps_analysis.outcomes.survival.kaplan_meier import follow_up
from steps_analysis.outcomes.survival.location_scale import SHAPES
from steps_analysis.outcomes.survival.parametric_survival import (
    DISTRIBUTIONS,
    Distribution,
)
from steps_analysis.outcomes.wald import wald_ratio


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class MixtureCureFit:
    """
    A fitted mixture of those who will never have the event, and the others.

    Attributes
    ----------
    cured_share
        Share that will never have the event, with limits made on the log-odds scale.
    uncured_median
        Median time to the event of the others, with limits made on the log scale.
    location, scale
        Of the logarithm of the others' times, as in `parametric_survival`.
    covariance
        Of the log odds of the share, the location, and log scale, shape (3, 3), or
        (2, 2) for exponential times.
    log_likelihood
        At the maximum.
    distribution
        Of the others' times.
    n, n_events
        Participants and events.
    followed
        End of each participant's follow-up, shape (n,).
    level
        Confidence level of the limits.
    method
        Model and options.
    not_estimable
        None, or why there is no fit.

    Examples
    --------
    >>> fit = mixture_cure([1.0, 2.0], [0, 0])
    >>> fit.not_estimable
    'there is no event'
    """

    cured_share: Estimate
    uncured_median: Estimate
    location: float
    scale: float
    covariance: FloatArray
    log_likelihood: float
    distribution: str
    n: int
    n_events: int
    followed: FloatArray
    level: float
    method: str
    not_estimable: str | None

    def survival(self, at: npt.ArrayLike) -> Curve:
        """
        Give the modelled probability of being free of the event, the cured included.

        Parameters
        ----------
        at
            Times, shape (k,), increasing and above 0.

        Returns
        -------
        Curve
            At those times, with limits made on the log-log scale by the delta method;
            no step where the model is not estimable.

        Raises
        ------
        DataError
            If `at` is not above 0.
        """
        when = as_times("at", np.atleast_1d(np.asarray(at)))
        n_wrong = int(np.sum(when <= 0))
        if n_wrong:
            raise DataError(refusal("at", "be above 0", f"{n_wrong} that are not"))
        if self.not_estimable:
            when = when[:0]
        z = np.clip((np.log(when) - self.location) / self.scale, -600, 600)
        shape, share = SHAPES[self.distribution], self.cured_share.value
        free, density = np.exp(shape.log_survival(z)), np.exp(shape.log_density(z))
        value = share + (1 - share) * free
        slopes = np.column_stack(
            [
                share * (1 - share) * (1 - free),
                (1 - share) * density / self.scale,
                (1 - share) * density * z,
            ]
        )[:, : len(self.covariance)]
        se = np.sqrt(np.einsum("ki,ij,kj->k", slopes, self.covariance, slopes))
        lower, upper = transformed_limits(value, se, level=self.level)
        return Curve(
            time=when,
            value=value,
            lower=lower,
            upper=upper,
            standard_error=se,
            n_at_risk=np.array([np.sum(self.followed >= t) for t in when], float),
            level=self.level,
            method=self.method,
        )


def mixture_cure(
    time: npt.ArrayLike | str,
    event: npt.ArrayLike | None = None,
    *,
    distribution: Distribution = "weibull",
    level: float = 0.95,
    missing: MissingPolicy = "refuse",
    data: pd.DataFrame | None = None,
) -> MixtureCureFit:
    """
    Fit a mixture of participants who will never have the event, and the others.

    Parameters
    ----------
    time
        End of follow-up, shape (n,), finite and at least 0; or a formula
        ``"time + event ~ 1"`` with `data`.
    event
        True or 1 where follow-up ended in the event, shape (n,).
    distribution
        Of the others' times: ``"weibull"``, ``"exponential"``, ``"log-normal"`` or
        ``"log-logistic"``.
    level
        Confidence level, in (0, 1).
    missing
        ``"refuse"`` rows with missing values, or ``"drop"`` them and count them.
    data
        The table a formula speaks of.

    Returns
    -------
    MixtureCureFit
        The cured share, the others' median time, and the curve. Not estimable where
        there is no event, one at time 0, or all came at one time; where the likelihood
        is largest with nobody or everybody cured, or the optimiser finds no maximum.

    Raises
    ------
    ArgumentError
        If an option is unknown.
    DataError
        If the columns do not fit together, or hold missing or impossible values.

    Notes
    -----
    S(t) = c + (1 - c) S0(t), fitted by ``lifelines.MixtureCureFitter`` to times divided
    by their mean. The share is identified by a curve that has levelled off: with
    follow-up too short for that, it rests on the distribution alone, and the fits of
    different distributions should be compared. In R, ``flexsurvcure`` and ``smcure``
    fit such models.

    References
    ----------
    .. [1] Berkson, J. and Gage, R. P. (1952), JASA 47, 501-515.
    .. [2] Maller, R. A. and Zhou, X. (1996), Survival Analysis with Long-Term
       Survivors.

    Examples
    --------
    Eight of sixteen have the event within 4 months, nobody in the 36 after that.

    >>> fit = mixture_cure([1, 1, 2, 2, 2, 3, 3, 4] + [40] * 8, [1] * 8 + [0] * 8)
    >>> round(fit.cured_share.value, 3)
    0.5
    """
    check_choice("distribution", distribution, DISTRIBUTIONS)
    check_level(level)
    given = {"time": time, "event": event}
    read = read_columns(given, right="nothing", data=data, missing=missing)
    stop, is_event, _ = follow_up(read.columns)
    reason = _impossible(stop, is_event, distribution)
    nothing = _Solved(math.nan, math.nan, math.nan, math.nan, np.full((3, 3), math.nan))
    solved: _Solved | str = reason or _solve(stop, is_event, distribution)
    if isinstance(solved, str):
        reason, solved = solved, nothing
    method = f"mixture cure model, {distribution} times (lifelines){read.note}"
    return MixtureCureFit(
        cured_share=_share(
            solved, distribution, reason, n=read.n, level=level, method=method
        ),
        uncured_median=_median(
            solved, distribution, reason, n=read.n, level=level, method=method
        ),
        location=solved.location,
        scale=solved.scale,
        covariance=solved.covariance,
        log_likelihood=solved.log_likelihood,
        distribution=distribution,
        n=read.n,
        n_events=int(is_event.sum()),
        followed=stop,
        level=level,
        method=method,
        not_estimable=reason,
    )


@dataclass(frozen=True, slots=True)
class _Solved:
    """What lifelines found, on the scales used here."""

    share: float
    location: float
    scale: float
    log_likelihood: float
    covariance: FloatArray


def _impossible(time: FloatArray, event: BoolArray, distribution: str) -> str | None:
    """Say why no model can be fitted."""
    if not event.any():
        return "there is no event"
    if np.any(event & (time == 0)):
        return f"an event at time 0 is impossible for {distribution} times"
    if len(np.unique(time[event])) < 2:
        return "all events came at one and the same time"
    return None


def _solve(time: FloatArray, event: BoolArray, distribution: str) -> _Solved | str:
    """Have lifelines fit the model, or say why it cannot."""
    import lifelines  # two seconds
    from lifelines.exceptions import ConvergenceError

    base = getattr(lifelines, _FITTERS[distribution])()
    informative = time > 0  # a censoring at 0 says nothing
    stop, longest = time[informative], float(time.max())
    unit = float((stop / longest).mean()) * longest  # a sum of times may overflow
    fitter = lifelines.MixtureCureFitter(base_fitter=base)
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")  # what they speak of is looked at below
        try:
            fitter.fit(stop / unit, event[informative])
        except (ConvergenceError, ValueError, np.linalg.LinAlgError):
            return _NO_MAXIMUM
    solved = _ours(
        np.asarray(fitter.params_, dtype=np.float64),
        np.asarray(fitter.variance_matrix_, dtype=np.float64),
        distribution,
    )
    n_events = int(event[informative].sum())
    return _trouble(solved) or replace(
        solved,
        location=solved.location + math.log(unit),
        log_likelihood=float(fitter.log_likelihood_) - n_events * math.log(unit),
    )


def _ours(natural: FloatArray, variance: FloatArray, distribution: str) -> _Solved:
    """Turn lifelines' parameters into log odds, location and log scale."""
    share, place = natural[0], natural[1]
    spread = natural[2] if len(natural) > 2 else 1.0
    is_log = distribution == "log-normal"
    slopes = [1 / (share * (1 - share)), 1.0 if is_log else 1 / place]
    if len(natural) > 2:
        slopes.append(1 / spread if is_log else -1 / spread)
    return _Solved(
        share=float(share),
        location=float(place if is_log else math.log(place)),
        scale=float(spread if is_log else 1 / spread),
        log_likelihood=math.nan,
        covariance=variance * np.outer(slopes, slopes),
    )


def _trouble(solved: _Solved) -> str | None:
    """Say why what was found is no maximum inside."""
    if solved.share < 1e-4:
        return "the likelihood is largest with nobody cured"
    if solved.share > 1 - 1e-4:
        return "the likelihood is largest with everybody cured"
    variances = np.diag(solved.covariance)
    if not np.all(np.isfinite(variances)) or np.any(variances <= 0):
        return _NO_MAXIMUM
    return None


def _share(
    solved: _Solved,
    distribution: str,
    reason: str | None,
    *,
    n: int,
    level: float,
    method: str,
) -> Estimate:
    """Give the cured share."""
    if reason:
        return Estimate.missing("cured share", reason, n=n, level=level, method=method)
    se = math.sqrt(solved.covariance[0, 0])
    middle, half = _log_odds(solved.share), normal_quantile(level) * se
    return Estimate(
        measure="cured share",
        value=solved.share,
        lower=_risk(middle - half),
        upper=_risk(middle + half),
        level=level,
        standard_error=se,
        n=n,
        method=method,
        r_call=_r_call(distribution, level),
    )


def _r_call(distribution: str, level: float) -> str:
    """Write R's call; its limits are on the same scale."""
    return (
        "flexsurvcure::flexsurvcure(survival::Surv(time, event) ~ 1, "
        f'dist = "{_IN_R[distribution]}", link = "logistic", cl = {level})'
    )


def _median(
    solved: _Solved,
    distribution: str,
    reason: str | None,
    *,
    n: int,
    level: float,
    method: str,
) -> Estimate:
    """Give the others' median time."""
    measure = "median time to event of those not cured"
    if reason:
        return Estimate.missing(measure, reason, n=n, level=level, method=method)
    # the error's median: log(log 2) for the extreme value, 0 for the symmetric ones
    middle = 0.0 if distribution.startswith("log") else math.log(math.log(2))
    slopes = np.array([0.0, 1.0, middle * solved.scale])[: len(solved.covariance)]
    se = math.sqrt(float(slopes @ solved.covariance @ slopes))
    log_median = solved.location + middle * solved.scale
    found = wald_ratio(measure, log_median, se, level=level, n=n, method=method)
    return replace(found, p_value=math.nan)


_NO_MAXIMUM = "the optimiser found no maximum of the likelihood"
_FITTERS = {
    "weibull": "WeibullFitter",
    "exponential": "ExponentialFitter",
    "log-normal": "LogNormalFitter",
    "log-logistic": "LogLogisticFitter",
}


_IN_R = {
    "weibull": "weibull",
    "exponential": "exp",
    "log-normal": "lnorm",
    "log-logistic": "llogis",
}


def _log_odds(share: float) -> float:
    """Give the log odds of a share."""
    return math.log(share / (1 - share))


def _risk(log_odds: float) -> float:
    """Give the share of log odds."""
    return 1 / (1 + math.exp(-log_odds))
