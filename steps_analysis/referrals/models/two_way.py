"""
What is left of counts once every borough and every month has its own level?

Poisson counts of boroughs by months (and strata, such as sources) with one effect for
each borough and one for each month in each stratum. Everything that all boroughs share
(season, trend, a law, a holiday) is in the effects of the months; everything lasting
about one borough is in its own.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from steps_analysis.estimates import FloatArray

_SWEEPS = 500  # of fitting margins; with exposures that factorise two are enough
_STEPS = 60
_CLOSE = 1e-11
_FAR = 12.0  # a log rate ratio beyond this is on its way to infinity


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Panel:
    """
    Counts of boroughs by months.

    Attributes
    ----------
    events
        Counts, shape (n_sites, n_strata, n_months).
    exposure
        Person-years of the same shape, above 0.

    Examples
    --------
    >>> Panel(events=np.ones((2, 1, 3)), exposure=np.ones((2, 1, 3))).n_months
    3
    """

    events: FloatArray
    exposure: FloatArray

    @property
    def n_sites(self) -> int:
        """How many boroughs there are."""
        return int(self.events.shape[0])

    @property
    def n_months(self) -> int:
        """How many months there are."""
        return int(self.events.shape[2])

    def of(self, sites: npt.ArrayLike) -> Panel:
        """
        Keep some boroughs.

        Parameters
        ----------
        sites
            Their positions, or True for each one kept.

        Returns
        -------
        Panel
            Of those boroughs alone.
        """
        kept = np.asarray(sites)
        return Panel(events=self.events[kept], exposure=self.exposure[kept])


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class EffectFit:
    """
    A fitted common effect of changed boroughs.

    Attributes
    ----------
    log_ratio
        Natural logarithm of the rate ratio.
    information
        Its information, the levels of boroughs and months taken into account.
    fitted
        Expected counts, shape (n_sites, n_strata, n_months).
    leftover
        The derivative of the predictor by the effect, cleared of the levels of boroughs
        and months, the same shape.

    Examples
    --------
    >>> one = np.ones((1, 1, 1))
    >>> EffectFit(log_ratio=0.0, information=4.0, fitted=one, leftover=one).log_ratio
    0.0
    """

    log_ratio: float
    information: float
    fitted: FloatArray
    leftover: FloatArray


def fit_margins(panel: Panel, ratio: FloatArray | float = 1.0) -> FloatArray:
    """
    Fit the levels of boroughs and months, the ratio of each cell being known.

    Parameters
    ----------
    panel
        The counts.
    ratio
        Known rate ratio of each cell, the shape of the counts, or one for all.

    Returns
    -------
    numpy.ndarray
        Expected counts with the margins of those observed, in each stratum.

    Notes
    -----
    Iterative proportional fitting, which climbs the Poisson likelihood. Where
    exposures are a population times days, the first sweep is already the answer: row
    total times column total over the grand total of the stratum.

    References
    ----------
    .. [1] Deming, W. E. and Stephan, F. F. (1940), Annals of Mathematical Statistics
       11, 427-444.

    Examples
    --------
    >>> events = np.array([[[1.0, 3.0]], [[3.0, 1.0]]])
    >>> fit_margins(Panel(events=events, exposure=np.ones((2, 1, 2))))[:, 0]
    array([[2., 2.],
           [2., 2.]])
    """
    rows, columns = panel.events.sum(axis=2), panel.events.sum(axis=0)
    fitted = panel.exposure * ratio
    for _ in range(_SWEEPS):
        fitted = fitted * _over(rows, fitted.sum(axis=2))[:, :, None]
        fitted = fitted * _over(columns, fitted.sum(axis=0))
        gap = np.abs(fitted.sum(axis=2) - rows).max(initial=0.0)
        if gap <= _CLOSE * max(1.0, float(rows.max(initial=0.0))):
            break
    return fitted


def fit_effect(panel: Panel, part: FloatArray) -> EffectFit | None:
    """
    Fit one rate ratio common to all changed boroughs.

    Parameters
    ----------
    panel
        The counts.
    part
        How much of the change each borough-month has had, from 0 to 1, shape
        (n_sites, n_months).

    Returns
    -------
    EffectFit or None
        The fit; None where the likelihood rises for ever or does not know the effect.

    Notes
    -----
    The rate of a cell is its level times ``1 + (ratio - 1) * part``: a month in which a
    forum sat for half the days has half of the growth, and a ramp is a straight line.
    Newton's steps on the profile likelihood of the logarithm of the ratio.

    Examples
    --------
    The changed borough doubles while the other stays the same.

    >>> events = np.array([[[5.0, 10.0]], [[5.0, 5.0]]])
    >>> panel = Panel(events=events, exposure=np.ones((2, 1, 2)))
    >>> fit = fit_effect(panel, np.array([[0.0, 1.0], [0.0, 0.0]]))
    >>> round(math.exp(fit.log_ratio), 6)
    2.0
    """
    log_ratio = 0.0
    share = part[:, None, :]
    for _ in range(_STEPS):
        change = 1 + math.expm1(log_ratio) * share
        fitted = fit_margins(panel, change)
        slope = math.exp(log_ratio) * share / change + np.zeros_like(fitted)
        leftover = clear(slope, fitted)
        information = float(np.sum(fitted * leftover**2))
        if not information > 1e-9:
            return None
        step = float(np.sum((panel.events - fitted) * slope)) / information
        if abs(step) < 1e-10:
            return EffectFit(
                log_ratio=log_ratio,
                information=information,
                fitted=fitted,
                leftover=leftover,
            )
        log_ratio += min(max(step, -1.0), 1.0)
        if abs(log_ratio) > _FAR:
            return None
    return None


def clear(values: FloatArray, weight: FloatArray) -> FloatArray:
    """
    Take the levels of boroughs and months out of values, by weighted least squares.

    Parameters
    ----------
    values
        Shape (n_sites, n_strata, n_months).
    weight
        Weights of the same shape, at least 0.

    Returns
    -------
    numpy.ndarray
        What is left, of the same shape.

    Examples
    --------
    >>> cleared = clear(np.array([[[0.0, 1.0]], [[0.0, 0.0]]]), np.ones((2, 1, 2)))
    >>> cleared[:, 0]
    array([[-0.25,  0.25],
           [ 0.25, -0.25]])
    """
    left = np.empty_like(values)
    for k in range(values.shape[1]):
        w, x = weight[:, k], values[:, k]
        by_month = _over(np.ones(w.shape[1]), w.sum(axis=0))
        rest = (w * x).sum(axis=1) - (w * by_month) @ (w * x).sum(axis=0)
        of_site = borough_inverse(w) @ rest
        of_month = by_month * ((w * (x - of_site[:, None])).sum(axis=0))
        left[:, k] = x - of_site[:, None] - of_month
    return left


def borough_inverse(weight: FloatArray) -> FloatArray:
    """
    Invert the normal equations of boroughs' levels, those of months eliminated.

    Parameters
    ----------
    weight
        Shape (n_sites, n_months).

    Returns
    -------
    numpy.ndarray
        Generalised inverse, shape (n_sites, n_sites); one level is arbitrary.

    Examples
    --------
    >>> borough_inverse(np.ones((2, 2)))
    array([[ 0.25, -0.25],
           [-0.25,  0.25]])
    """
    by_month = _over(np.ones(weight.shape[1]), weight.sum(axis=0))
    normal = np.diag(weight.sum(axis=1)) - (weight * by_month) @ weight.T
    return np.asarray(np.linalg.pinv(normal, rcond=1e-10, hermitian=True), np.float64)


def _over(above: FloatArray, below: FloatArray) -> FloatArray:
    """Divide, 0 where there is nothing to divide by."""
    return np.divide(above, below, out=np.zeros_like(above), where=below > 0)
