"""How probable is it that fewer come to harm under treatment?"""

from __future__ import annotations

import math
from dataclasses import dataclass

from steps_analysis.errors import ArgumentError, refusal
from steps_analysis.estimates import Estimate, check_level
from steps_analysis.outcomes.bayesian.beta_comparison import (
    Beta,
    difference_below,
    difference_quantile,
)
from steps_analysis.outcomes.binary.counts import TwoByTwo
from steps_analysis.outcomes.columns import is_number

_LARGEST_PRIOR = 1e15
LEAST_PRIOR = 0.5  # Jeffreys' prior: below it the integration loses digits


@dataclass(frozen=True, slots=True, kw_only=True)
class RiskComparison:
    """
    What is believed of two risks once events were counted.

    Attributes
    ----------
    difference
        Posterior mean of the risk difference, treatment minus control, with
        equal-tailed limits; `standard_error` is the posterior standard deviation.
    risk_treatment, risk_control
        The same for each risk.
    probability_of_benefit
        That the risk under treatment is lower by more than the margin.
    probability_of_harm
        That it is higher by more than the margin.
    margin
        The margin.
    """

    difference: Estimate
    risk_treatment: Estimate
    risk_control: Estimate
    probability_of_benefit: float
    probability_of_harm: float
    margin: float


def beta_binomial(
    events_treatment: int,
    n_treatment: int,
    events_control: int,
    n_control: int,
    *,
    prior: tuple[float, float] = (1.0, 1.0),
    margin: float = 0.0,
    level: float = 0.95,
) -> RiskComparison:
    """
    Compare two risks by their posterior distributions.

    Parameters
    ----------
    events_treatment, n_treatment
        Events and participants in the treatment arm; an event is harm.
    events_control, n_control
        Events and participants in the control arm.
    prior
        Parameters of the beta prior of either risk, each at least 0.5: (1, 1) is
        uniform, (0.5, 0.5) is Jeffreys'.
    margin
        A difference that does not count, in [0, 1).
    level
        Probability between the limits, in (0, 1).

    Returns
    -------
    RiskComparison
        The difference, each risk, and the probabilities of benefit and harm. An arm
        without participants leaves its prior.

    Raises
    ------
    ArgumentError
        If the prior, margin or level is outside its range.
    DataError
        If the counts are no whole numbers with ``0 <= events <= n``.

    Notes
    -----
    The risks are independent beta variables with parameters a + events and
    b + n - events. Probabilities and quantiles of their difference are integrals taken
    numerically to 1e-10 or better; nothing is drawn.

    References
    ----------
    .. [1] Spiegelhalter, D. J., Abrams, K. R. and Myles, J. P. (2004), Bayesian
       Approaches to Clinical Trials and Health-Care Evaluation.

    Examples
    --------
    >>> found = beta_binomial(3, 30, 9, 30)
    >>> round(found.difference.value, 4), round(found.probability_of_benefit, 4)
    (-0.1875, 0.9707)
    """
    check_level(level)
    start = as_prior("prior", prior)
    check_margin(margin)
    table = TwoByTwo(events_treatment, n_treatment, events_control, n_control)
    treatment = start.updated(events_treatment, n_treatment)
    control = start.updated(events_control, n_control)
    words = f"beta-binomial, prior Beta({start.a:g}, {start.b:g}), equal-tailed limits"
    tail = (1 - level) / 2
    difference = Estimate(
        measure="risk difference",
        value=treatment.mean - control.mean,
        lower=difference_quantile(treatment, control, tail),
        upper=difference_quantile(treatment, control, 1 - tail),
        level=level,
        standard_error=math.sqrt(treatment.variance + control.variance),
        n=table.n,
        method=f"{words}, treatment minus control",
    )
    return RiskComparison(
        difference=difference,
        risk_treatment=_risk(treatment, n_treatment, level, words),
        risk_control=_risk(control, n_control, level, words),
        probability_of_benefit=difference_below(treatment, control, -margin),
        probability_of_harm=difference_below(control, treatment, -margin),
        margin=float(margin),
    )


def as_prior(name: str, given: tuple[float, float]) -> Beta:
    """
    Check the parameters of a beta prior.

    Parameters
    ----------
    name
        The argument.
    given
        The two parameters.

    Returns
    -------
    Beta
        The prior.

    Raises
    ------
    ArgumentError
        If they are not two finite numbers of at least 0.5.

    Examples
    --------
    >>> as_prior("prior", (1, 1)).mean
    0.5
    """
    is_pair = isinstance(given, tuple | list) and len(given) == 2
    if not is_pair or not all(
        is_number(x) and LEAST_PRIOR <= x <= _LARGEST_PRIOR for x in given
    ):
        rule = f"be two finite numbers of at least {LEAST_PRIOR}"
        rule += f" and at most {_LARGEST_PRIOR:g}"
        raise ArgumentError(refusal(name, rule, given))
    return Beta(a=float(given[0]), b=float(given[1]))


def check_margin(margin: float) -> None:
    """
    Refuse a margin outside [0, 1).

    Parameters
    ----------
    margin
        The margin.

    Raises
    ------
    ArgumentError
        If it lies outside.

    Examples
    --------
    >>> check_margin(0.05)
    """
    if not (is_number(margin) and 0 <= margin < 1):
        raise ArgumentError(refusal("margin", "lie in [0, 1)", margin))


def _risk(posterior: Beta, n: int, level: float, words: str) -> Estimate:
    """Give one risk."""
    tail = (1 - level) / 2
    return Estimate(
        measure="risk",
        value=posterior.mean,
        lower=posterior.quantile(tail),
        upper=posterior.quantile(1 - tail),
        level=level,
        standard_error=math.sqrt(posterior.variance),
        n=n,
        method=words,
        r_call=f"qbeta(c({tail:g}, {1 - tail:g}), {posterior.a:g}, {posterior.b:g})",
    )
