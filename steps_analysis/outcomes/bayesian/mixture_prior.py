"""What is to be believed of a risk, given like trials before that may mislead?"""

from __future__ import annotations

import math
from dataclasses import dataclass

from steps_analysis.errors import ArgumentError, refusal
from steps_analysis.estimates import Estimate, check_level
from steps_analysis.outcomes.bayesian.beta_binomial import as_prior
from steps_analysis.outcomes.bayesian.beta_comparison import Beta
from steps_analysis.outcomes.binary.proportions import check_counts
from steps_analysis.outcomes.columns import is_number


@dataclass(frozen=True, slots=True, kw_only=True)
class MixturePosterior:
    """
    A risk as a mixture of beta distributions.

    Attributes
    ----------
    components
        The informative component, then the vague one, both updated.
    weights
        Their weights, which add up to 1; a low first weight says that prior and data
        disagree.
    risk
        Posterior mean with equal-tailed limits.
    """

    components: tuple[Beta, Beta]
    weights: tuple[float, float]
    risk: Estimate

    def below(self, risk: float) -> float:
        """
        Give the probability that the risk is at most some value.

        Parameters
        ----------
        risk
            The value.

        Returns
        -------
        float
            Its probability.
        """
        return _below(self.components, self.weights, risk)


def robust_mixture_prior(
    events: int,
    n: int,
    *,
    informative: tuple[float, float],
    weight: float = 0.8,
    vague: tuple[float, float] = (1.0, 1.0),
    level: float = 0.95,
) -> MixturePosterior:
    """
    Update a prior that borrows from earlier data as far as the new agree with it.

    Parameters
    ----------
    events, n
        Events and participants seen now.
    informative
        Parameters of the beta component from earlier data, each at least 0.5.
    weight
        Its weight beforehand, in [0, 1].
    vague
        Parameters of the component that takes over where they disagree.
    level
        Probability between the limits, in (0, 1).

    Returns
    -------
    MixturePosterior
        Components, weights and the risk.

    Raises
    ------
    ArgumentError
        If a prior or the weight is outside its range.
    DataError
        If the counts are no whole numbers with ``0 <= events <= n``.

    Notes
    -----
    Each component is updated by itself; weights are multiplied by the beta-binomial
    probability of what was seen, B(a + x, b + n - x) / B(a, b), and scaled to 1. As
    ``RBesT::postmix``.

    References
    ----------
    .. [1] Schmidli, H. et al. (2014), Biometrics 70, 1023-1032.

    Examples
    --------
    >>> found = robust_mixture_prior(9, 30, informative=(12, 48))
    >>> round(found.weights[0], 4), round(found.risk.value, 4)
    (0.897, 0.2415)
    """
    check_level(level)
    if not (is_number(weight) and 0 <= weight <= 1):
        raise ArgumentError(refusal("weight", "lie in [0, 1]", weight))
    check_counts(events, n)
    priors = as_prior("informative", informative), as_prior("vague", vague)
    components = priors[0].updated(events, n), priors[1].updated(events, n)
    weights = _weights(priors, components, weight)
    mean = sum(w * c.mean for w, c in zip(weights, components, strict=True))
    square = sum(
        w * (c.variance + c.mean**2) for w, c in zip(weights, components, strict=True)
    )
    tail = (1 - level) / 2
    words = (
        f"mixture of Beta({priors[0].a:g}, {priors[0].b:g}), weight {weight:g}, and "
        f"Beta({priors[1].a:g}, {priors[1].b:g}), updated; equal-tailed limits"
    )
    risk = Estimate(
        measure="risk",
        value=mean,
        lower=_quantile(components, weights, tail),
        upper=_quantile(components, weights, 1 - tail),
        level=level,
        standard_error=math.sqrt(square - mean**2),
        n=n,
        method=words,
        r_call=_r_call(priors, weight, events, n),
    )
    return MixturePosterior(components=components, weights=weights, risk=risk)


def _r_call(priors: tuple[Beta, Beta], weight: float, events: int, n: int) -> str:
    """Write R's call."""
    parts = ", ".join(
        f"c({share:g}, {prior.a:g}, {prior.b:g})"
        for share, prior in zip((weight, 1 - weight), priors, strict=True)
    )
    return f"RBesT::postmix(RBesT::mixbeta({parts}), r = {events}, n = {n})"


def _weights(
    priors: tuple[Beta, Beta], components: tuple[Beta, Beta], weight: float
) -> tuple[float, float]:
    """Weigh the components by how well they foresaw what was seen."""
    from scipy.special import betaln  # special alone, without scipy.stats

    if weight in (0.0, 1.0):
        return float(weight), 1.0 - float(weight)
    logs = [
        float(betaln(after.a, after.b) - betaln(before.a, before.b))
        for before, after in zip(priors, components, strict=True)
    ]
    log_odds = logs[1] - logs[0] + math.log1p(-weight) - math.log(weight)
    odds = math.exp(min(log_odds, 700.0))
    return 1 / (1 + odds), odds / (1 + odds)


def _below(
    components: tuple[Beta, Beta], weights: tuple[float, float], risk: float
) -> float:
    """Give the mixture's distribution function."""
    from scipy.special import betainc  # special alone, without scipy.stats

    at = min(max(risk, 0.0), 1.0)
    return sum(
        w * float(betainc(c.a, c.b, at))
        for w, c in zip(weights, components, strict=True)
    )


def _quantile(
    components: tuple[Beta, Beta], weights: tuple[float, float], probability: float
) -> float:
    """Give a quantile of the mixture."""
    from scipy.optimize import brentq  # heavy, and not needed to import this module

    return float(
        brentq(
            lambda risk: _below(components, weights, risk) - probability,
            0.0,
            1.0,
            xtol=1e-14,
            rtol=1e-14,
        )
    )
