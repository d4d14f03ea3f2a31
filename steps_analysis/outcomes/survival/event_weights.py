"""How much should a log-rank test listen to an event, by when it comes?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from steps_analysis.errors import ArgumentError, refusal
from steps_analysis.estimates import FloatArray
from steps_analysis.outcomes.columns import check_choice, is_number

_NAMED = (
    "log-rank",
    "gehan-breslow",
    "tarone-ware",
    "peto-peto",
    "prentice",
    "prentice-marek",
    "modified-peto-peto",
    "andersen",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ModestWeighting:
    """
    Weights that grow until a time (or height of the curve), then stay.

    Attributes
    ----------
    t_star
        The time until which 1 / S(t-) may grow; None where `s_star` is given.
    s_star
        The height of the curve below which it grows no more, in (0, 1]; None where
        `t_star` is given.

    Examples
    --------
    >>> ModestWeighting(s_star=0.5).words
    'modest weights, s* = 0.5'
    """

    t_star: float | None = None
    s_star: float | None = None

    def __post_init__(self) -> None:
        if (self.t_star is None) == (self.s_star is None):
            rule, got = "be given, or `s_star`, not both", (self.t_star, self.s_star)
            raise ArgumentError(refusal("t_star", rule, got))
        t_star, s_star = self.t_star, self.s_star
        if t_star is not None and not (is_number(t_star) and t_star >= 0):
            raise ArgumentError(refusal("t_star", "be at least 0", t_star))
        if s_star is not None and not (is_number(s_star) and 0 < s_star <= 1):
            raise ArgumentError(refusal("s_star", "lie in (0, 1]", self.s_star))

    @property
    def words(self) -> str:
        """
        Name the weights.

        Returns
        -------
        str
            Words for a result's `method`.
        """
        at = f"t* = {self.t_star:g}" if self.s_star is None else f"s* = {self.s_star:g}"
        return f"modest weights, {at}"


Weighting: TypeAlias = str | tuple[float, float] | ModestWeighting


def check_weighting(weighting: Weighting, *, name: str = "weighting") -> None:
    """
    Refuse weights that are not known.

    Parameters
    ----------
    weighting
        A name, a pair (rho, gamma) or a `ModestWeighting`.
    name
        The argument it came in, for the message.

    Raises
    ------
    ArgumentError
        If the name is unknown, or a power negative.

    Examples
    --------
    >>> check_weighting("tarone-ware")
    >>> check_weighting((0, 1))
    """
    if isinstance(weighting, ModestWeighting):
        return
    if isinstance(weighting, str):
        check_choice(name, weighting, _NAMED)
        return
    powers = weighting if isinstance(weighting, tuple | list) else ()
    if len(powers) != 2 or not all(is_number(power) and power >= 0 for power in powers):
        hint = f"or one of {', '.join(_NAMED)}"
        rule = "be a pair (rho, gamma) of powers of at least 0"
        raise ArgumentError(refusal(name, rule, weighting, hint=hint))


def words_of(weighting: Weighting) -> str:
    """
    Name the weights, for a result's `method`.

    Parameters
    ----------
    weighting
        A name, a pair (rho, gamma) or a `ModestWeighting`.

    Returns
    -------
    str
        The words; empty for the log-rank test's own.

    Examples
    --------
    >>> words_of((0, 1)), words_of("gehan-breslow"), words_of("log-rank")
    (', Fleming-Harrington weights (0, 1)', ', gehan-breslow weights', '')
    """
    if isinstance(weighting, ModestWeighting):
        return f", {weighting.words}"
    if isinstance(weighting, str):
        return "" if weighting == "log-rank" else f", {weighting} weights"
    rho, gamma = weighting
    return f", Fleming-Harrington weights ({rho:g}, {gamma:g})" if rho or gamma else ""


def event_weights(
    weighting: Weighting, time: FloatArray, n_at_risk: FloatArray, n_events: FloatArray
) -> FloatArray:
    """
    Give each event time its weight.

    Parameters
    ----------
    weighting
        A name, a pair (rho, gamma) or a `ModestWeighting`.
    time
        Distinct event times of one stratum, increasing, shape (k,).
    n_at_risk
        At risk just before each, shape (k,).
    n_events
        Events at each, shape (k,).

    Returns
    -------
    numpy.ndarray
        The weights, shape (k,).

    Notes
    -----
    With n at risk, d events, S the Kaplan-Meier curve and P(t) the product of
    1 - d / (n + 1) up to t [3]_: ``"log-rank"`` 1; ``"gehan-breslow"`` n;
    ``"tarone-ware"`` the root of n; ``"peto-peto"`` S(t-); ``"prentice"`` the product
    of n / (n + d); ``"prentice-marek"`` P(t); ``"modified-peto-peto"``
    P(t) n / (n + 1); ``"andersen"`` P(t-) n / (n + 1); a pair S(t-)^rho
    (1 - S(t-))^gamma [1]_; modest weights 1 / max(S(t-), S(t*-)) or
    1 / max(S(t-), s*) [2]_. The names are those of R's ``coin``; ``survMisc`` calls
    the third last S1 and the second last S2.

    References
    ----------
    .. [1] Harrington, D. P. and Fleming, T. R. (1982), Biometrika 69, 553-566.
    .. [2] Magirr, D. and Burman, C.-F. (2019), Statistics in Medicine 38, 3782-3790.
    .. [3] Leton, E. and Zuluaga, P. (2001), Communications in Statistics: Theory and
       Methods 30, 591-608.

    Examples
    --------
    >>> time, n, d = np.array([1.0, 2.0]), np.array([4.0, 2.0]), np.array([1.0, 1.0])
    >>> event_weights((1, 0), time, n, d)
    array([1.  , 0.75])
    """
    if isinstance(weighting, str):
        return _named_weights(weighting, n_at_risk, n_events)
    after: FloatArray = np.cumprod(1 - n_events / n_at_risk, dtype=np.float64)
    before = _just_before(after)
    if isinstance(weighting, ModestWeighting):
        least = weighting.s_star or _height(weighting.t_star or 0.0, time, after)
        return np.asarray(1 / np.maximum(before, least), dtype=np.float64)
    rho, gamma = weighting
    return np.asarray(before**rho * (1 - before) ** gamma, dtype=np.float64)


def _named_weights(name: str, n: FloatArray, d: FloatArray) -> FloatArray:
    """Compute the weights that have a name."""
    if name == "log-rank":
        return np.ones(len(n))
    if name in ("gehan-breslow", "tarone-ware"):
        return np.array(n if name == "gehan-breslow" else np.sqrt(n), dtype=np.float64)
    if name == "peto-peto":
        return _just_before(np.cumprod(1 - d / n, dtype=np.float64))
    if name == "prentice":
        return np.asarray(np.cumprod(n / (n + d)), dtype=np.float64)
    product = np.asarray(np.cumprod(1 - d / (n + 1)), dtype=np.float64)
    if name == "prentice-marek":
        return product
    curve = product if name == "modified-peto-peto" else _just_before(product)
    weights: FloatArray = curve * n / (n + 1)
    return weights


def _height(at: float, time: FloatArray, curve: FloatArray) -> float:
    """Read a falling curve just before a time."""
    passed = int(np.searchsorted(time, at, side="left"))
    return float(curve[passed - 1]) if passed else 1.0


def _just_before(curve: FloatArray) -> FloatArray:
    """Read a falling curve just before each of its steps."""
    return np.concatenate([[1.0], curve])[: len(curve)]
