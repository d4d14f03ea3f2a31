"""How much more places vary than chance explains."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from steps_analysis.errors import DataError, refusal
from steps_analysis.estimates import FloatArray, check_level
from steps_analysis.referrals.count_checks import (
    check_amounts,
    check_choice,
    check_counts,
)

OverdispersionModel = Literal["multiplicative", "additive"]

WINSORISED = 0.1  # share of z-scores pulled in at each end (Spiegelhalter 2005)


@dataclass(frozen=True, slots=True, kw_only=True)
class Dispersion:
    """
    How much places vary beyond chance.

    Attributes
    ----------
    phi
        Mean square of the Winsorised z-scores: 1 where chance explains everything.
    tau_squared
        Variance between places of the square root of observed over expected; 0 where
        chance explains everything.
    n
        How many places it was estimated from.

    Examples
    --------
    >>> Dispersion(phi=1.0, tau_squared=0.0, n=14).phi
    1.0
    """

    phi: float
    tau_squared: float
    n: int


def dispersion(events: npt.ArrayLike, expected: npt.ArrayLike) -> Dispersion:
    """
    Estimate how much places vary beyond chance, from Winsorised z-scores.

    Parameters
    ----------
    events
        Events in each place, shape (n,), n at least 1; whole numbers, at least 0.
    expected
        Events expected in each place at the target, shape (n,); above 0.

    Returns
    -------
    Dispersion
        Multiplicative and additive over-dispersion.

    Raises
    ------
    DataError
        If `events` are not counts, `expected` are not above 0, or shapes differ.

    Notes
    -----
    z-scores on the square-root scale, ``z = 2 (sqrt(O) - sqrt(E))``; those beyond the
    10th and 90th percentile (linear interpolation between order statistics) are pulled
    in to it, so that truly outlying places do not hide themselves. ``phi`` is the mean
    square; ``tau_squared`` is the moment estimate of DerSimonian and Laird with weights
    ``w = 4 E``, ``(n phi - (n - 1)) / (sum(w) - sum(w^2) / sum(w))``, at least 0 [1]_.

    References
    ----------
    .. [1] Spiegelhalter, D. J. (2005), Quality and Safety in Health Care 14, 347-351.

    Examples
    --------
    Two places with z-scores 2 and -2; Winsorising pulls them in to 1.6 and -1.6:

    >>> round(dispersion([16, 4], [9, 9]).phi, 2)
    2.56
    """
    counts = check_counts("events", events)
    means = check_amounts("expected", expected, allow_zero=False)
    if counts.ndim != 1 or not counts.size or means.shape != counts.shape:
        rule = "have one entry per place, like `expected`"
        raise DataError(refusal("events", rule, f"{counts.shape} and {means.shape}"))
    z = 2 * (np.sqrt(counts) - np.sqrt(means))
    z = np.clip(z, *np.quantile(z, [WINSORISED, 1 - WINSORISED]))
    n, weights = len(z), 4 * means
    phi = float(np.mean(z**2))
    spread = weights.sum() - (weights**2).sum() / weights.sum()
    excess = n * phi - (n - 1)
    tau_squared = excess / spread if n > 1 and excess > 0 else 0.0
    return Dispersion(phi=phi, tau_squared=float(tau_squared), n=n)


def dispersed_limits(
    expected: npt.ArrayLike,
    extra: Dispersion,
    *,
    model: OverdispersionModel,
    level: float = 0.95,
) -> tuple[FloatArray, FloatArray]:
    """
    Give funnel limits of counts that vary beyond chance.

    Parameters
    ----------
    expected
        Events expected at the target, above 0, a number or shape (n,).
    extra
        How much the places vary beyond chance.
    model
        ``"multiplicative"``: every limit is sqrt(phi) times as wide (never narrower
        than chance); ``"additive"``: places differ truly, by `tau_squared`, whatever
        their size.
    level
        Level of the limits, in (0, 1).

    Returns
    -------
    tuple of numpy.ndarray
        Lower and upper limits as counts, the shape of `expected`.

    Raises
    ------
    DataError
        If `expected` is missing or not above 0.
    ArgumentError
        If `model` is unknown or `level` lies outside (0, 1).

    Notes
    -----
    Normal limits on the square-root scale, turned back: ``E (1 ± z s)^2`` with ``s^2``
    of ``phi / (4 E)`` or ``1 / (4 E) + tau_squared``; a negative root gives 0. Without
    over-dispersion they are close to the exact limits of `funnel_limits`, not equal.

    References
    ----------
    .. [1] Spiegelhalter, D. J. (2005), Quality and Safety in Health Care 14, 347-351.

    Examples
    --------
    >>> twice = Dispersion(phi=4.0, tau_squared=0.0, n=14)
    >>> lower, upper = dispersed_limits(100, twice, model="multiplicative")
    >>> round(float(lower), 2), round(float(upper), 2)
    (64.64, 143.04)
    """
    from scipy import special

    check_choice("model", model, ("multiplicative", "additive"))
    means = check_amounts("expected", expected, allow_zero=False)
    z = -special.ndtri((1 - check_level(level)) / 2)
    chance = 1 / (4 * means)
    if model == "multiplicative":
        variance = chance * max(extra.phi, 1.0)
    else:
        variance = chance + extra.tau_squared
    reach = z * np.sqrt(variance)
    return means * np.maximum(1 - reach, 0) ** 2, means * (1 + reach) ** 2
