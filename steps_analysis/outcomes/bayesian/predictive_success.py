"""How probable is it that the trial succeeds if it goes on?"""

from __future__ import annotations

import math

import numpy as np

from steps_analysis.errors import ArgumentError, refusal
from steps_analysis.estimates import Estimate, FloatArray
from steps_analysis.outcomes.bayesian.beta_binomial import as_prior, check_margin
from steps_analysis.outcomes.bayesian.beta_comparison import Beta, difference_below
from steps_analysis.outcomes.binary.conditional_count import too_many
from steps_analysis.outcomes.binary.counts import TwoByTwo
from steps_analysis.outcomes.binary.proportions import check_whole
from steps_analysis.outcomes.columns import is_number


def predictive_success(
    events_treatment: int,
    n_treatment: int,
    events_control: int,
    n_control: int,
    *,
    further_treatment: int,
    further_control: int,
    threshold: float = 0.975,
    margin: float = 0.0,
    prior: tuple[float, float] = (1.0, 1.0),
) -> Estimate:
    """
    Give the probability of success once further participants have been seen.

    Parameters
    ----------
    events_treatment, n_treatment
        Events and participants so far in the treatment arm; an event is harm.
    events_control, n_control
        The same in the control arm.
    further_treatment, further_control
        Participants yet to come in each arm.
    threshold
        Success is a posterior probability of benefit of at least this, in (0, 1).
    margin
        A difference that does not count, in [0, 1).
    prior
        Parameters of the beta prior of either risk, each at least 0.5.

    Returns
    -------
    Estimate
        The predictive probability; it has no limits. Not estimable where more than two
        thousand are to come in an arm.

    Raises
    ------
    ArgumentError
        If an option is outside its range.
    DataError
        If the counts are no whole numbers with ``0 <= events <= n``, or those to come
        none of at least 0.

    Notes
    -----
    The exact sum, over all numbers of events to come, of their beta-binomial
    probability given what was seen, where the posterior after both would be a success.
    With nobody to come it is 0 or 1.

    References
    ----------
    .. [1] Spiegelhalter, D. J., Freedman, L. S. and Blackburn, P. R. (1986), Controlled
       Clinical Trials 7, 8-17.

    Examples
    --------
    Nobody yet, and one to come in each arm: only no event under treatment and one under
    control, of probability 1/2 each, gives a probability of benefit of 5/6.

    >>> found = predictive_success(0, 0, 0, 0, further_treatment=1, further_control=1,
    ...                            threshold=0.8)
    >>> round(found.value, 10)
    0.25
    """
    if not (is_number(threshold) and 0 < threshold < 1):
        raise ArgumentError(refusal("threshold", "lie in (0, 1)", threshold))
    check_margin(margin)
    start = as_prior("prior", prior)
    table = TwoByTwo(events_treatment, n_treatment, events_control, n_control)
    check_whole("further_treatment", further_treatment)
    check_whole("further_control", further_control)
    further_treatment, further_control = int(further_treatment), int(further_control)
    words = (
        f"exact beta-binomial prediction, {further_treatment} and {further_control} to "
        f"come, success at a probability of benefit of {threshold:g}"
    )
    words += f", margin {margin:g}, prior Beta({start.a:g}, {start.b:g})"
    measure = "predictive probability of success"
    to_come = max(further_treatment, further_control) + 1
    if reason := too_many(to_come, most=_MOST_TO_COME):
        return Estimate.missing(measure, reason, n=table.n, method=words)
    treatment = start.updated(events_treatment, n_treatment)
    control = start.updated(events_control, n_control)
    under = np.cumsum(_predictive(treatment, further_treatment))
    value = 0.0
    for more, chance in enumerate(_predictive(control, further_control)):
        rival = control.updated(more, further_control)
        most = _most_events(treatment, rival, further_treatment, threshold, margin)
        value += float(chance * under[most]) if most >= 0 else 0.0
    return Estimate(
        measure=measure,
        value=min(value, 1.0),
        lower=math.nan,
        upper=math.nan,
        n=table.n,
        method=words,
    )


_MOST_TO_COME = 2_001  # some ten seconds: one bisection for each number of events


def _predictive(posterior: Beta, n: int) -> FloatArray:
    """Give the beta-binomial probabilities of 0, 1, …, n events to come."""
    from scipy.special import betaln, gammaln  # special alone, without scipy.stats

    x = np.arange(n + 1)
    ways = gammaln(n + 1) - gammaln(x + 1) - gammaln(n - x + 1)
    logs = betaln(posterior.a + x, posterior.b + n - x)
    chances: FloatArray = np.exp(ways + logs - betaln(posterior.a, posterior.b))
    return chances


def _most_events(
    treatment: Beta, control: Beta, n: int, threshold: float, margin: float
) -> int:
    """Find how many events under treatment a success bears; -1 where none."""
    low, high = -1, n  # benefit falls with events, so the last success is bisected
    while low < high:
        middle = (low + high + 1) // 2
        after = treatment.updated(middle, n)
        if difference_below(after, control, -margin) >= threshold:
            low = middle
        else:
            high = middle - 1
    return low
