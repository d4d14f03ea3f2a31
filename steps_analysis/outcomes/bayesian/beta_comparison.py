"""
How probable is it that one beta variable lies below another, and by how much?

By numerical integration, to about 1e-12; nothing is drawn.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from steps_analysis.estimates import FloatArray

_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(160)
_TAIL = 1e-16  # probability left out on either side of the second variable


@dataclass(frozen=True, slots=True, kw_only=True)
class Beta:
    """
    A beta distribution.

    Attributes
    ----------
    a, b
        Its parameters, above 0.
    """

    a: float
    b: float

    @property
    def mean(self) -> float:
        """
        The mean.

        Returns
        -------
        float
            Share of a in a + b.
        """
        return self.a / (self.a + self.b)

    @property
    def variance(self) -> float:
        """
        The variance.

        Returns
        -------
        float
            Mean times one less the mean, over a + b + 1.
        """
        return self.mean * (1 - self.mean) / (self.a + self.b + 1)

    def updated(self, events: int, n: int) -> Beta:
        """
        Give the distribution once events were counted.

        Parameters
        ----------
        events
            Events.
        n
            Participants.

        Returns
        -------
        Beta
            With `events` more in a and the others in b.
        """
        return Beta(a=self.a + events, b=self.b + n - events)

    def quantile(self, probability: float) -> float:
        """
        Give a quantile.

        Parameters
        ----------
        probability
            Probability below it.

        Returns
        -------
        float
            The quantile.
        """
        from scipy.special import betaincinv  # special alone, without scipy.stats

        return float(betaincinv(self.a, self.b, probability))


def difference_below(first: Beta, second: Beta, bound: float) -> float:
    """
    Give the probability that first minus second is at most a bound.

    Parameters
    ----------
    first, second
        Two independent beta variables.
    bound
        The bound; probabilities are 0 below -1 and 1 above 1.

    Returns
    -------
    float
        P(first - second <= bound).

    Notes
    -----
    The integral over y of F(y + bound) g(y), F the distribution of the first and g the
    density of the second. It is taken where 0 < y + bound < 1, as elsewhere F is 0 or
    1, over y = low + (high - low) u^4 (35 - 84 u + 70 u^2 - 20 u^3), whose three
    derivatives at either end are 0, so that roots in F and g (Jeffreys' prior) do no
    harm to the Gauss-Legendre rule.

    Examples
    --------
    Two uniform variables: the triangle below the diagonal, and that of side 1/2.

    >>> uniform = Beta(a=1, b=1)
    >>> round(difference_below(uniform, uniform, 0.0), 12)
    0.5
    >>> round(difference_below(uniform, uniform, -0.5), 12)
    0.125
    """
    from scipy.special import betaincc, betaln  # special alone, without scipy.stats

    if bound <= -1:
        return 0.0
    if bound >= 1:
        return 1.0
    low = max(-bound, second.quantile(_TAIL), 0.0)
    high = min(1 - bound, 1 - Beta(a=second.b, b=second.a).quantile(_TAIL), 1.0)
    sure = float(betaincc(second.a, second.b, min(1 - bound, 1.0)))  # here F is 1
    if low >= high:
        return sure if low == -bound else 1.0
    up, slope = _stretched(0.5 + 0.5 * _NODES)
    down, _ = _stretched(0.5 - 0.5 * _NODES)
    width = high - low
    y, rest = low + width * up, (1 - high) + width * down
    log_density = (second.a - 1) * np.log(y) + (second.b - 1) * np.log(rest)
    density = np.exp(log_density - float(betaln(second.a, second.b)))
    below = _below(first, low + bound + width * up, 1 - high - bound + width * down)
    inside = 0.5 * width * float(_WEIGHTS @ (below * density * slope))
    return min(max(inside + sure, 0.0), 1.0)


def _below(beta: Beta, at: FloatArray, rest: FloatArray) -> FloatArray:
    """Give the distribution function at points whose distance from 1 is known too."""
    from scipy.special import betainc, betaincc

    left = betainc(beta.a, beta.b, np.clip(at, 0.0, 1.0))
    right = betaincc(beta.b, beta.a, np.clip(rest, 0.0, 1.0))
    return np.where(at < 0.5, left, right)


def difference_quantile(first: Beta, second: Beta, probability: float) -> float:
    """
    Give a quantile of first minus second.

    Parameters
    ----------
    first, second
        Two independent beta variables.
    probability
        Probability below it, in (0, 1).

    Returns
    -------
    float
        The quantile.

    Examples
    --------
    >>> uniform = Beta(a=1, b=1)
    >>> round(difference_quantile(uniform, uniform, 0.125), 10)
    -0.5
    """
    from scipy.optimize import brentq  # heavy, and not needed to import this module

    return float(
        brentq(
            lambda d: difference_below(first, second, d) - probability,
            -1.0,
            1.0,
            xtol=1e-14,
            rtol=1e-14,
        )
    )


def _stretched(u: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Give a share that begins and ends very gently, and its slope."""
    share = u**4 * (35 - 84 * u + 70 * u**2 - 20 * u**3)
    return share, 140 * (u * (1 - u)) ** 3
