"""
How large is an effect in a two-by-two table?

Four counts in, one estimate out: difference, ratio, odds ratio, always treatment
against control. Zero cells have an answer: a number where one exists, otherwise the
reason.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Literal, get_args

from steps_analysis.estimates import Estimate, check_level
from steps_analysis.outcomes.binary.conditional_count import (
    MOST_SEGMENTS,
    MOST_VALUES,
    ConditionalCount,
    Ordering,
    too_many,
)
from steps_analysis.outcomes.binary.conditional_limits import conditional_limits
from steps_analysis.outcomes.binary.corrected_scores import (
    debiased_odds_ratio_score,
    skewed_difference_score,
)
from steps_analysis.outcomes.binary.counts import TwoByTwo
from steps_analysis.outcomes.binary.difference_limits import DIFFERENCE_LIMITS
from steps_analysis.outcomes.binary.score_limits import (
    difference_score,
    odds_ratio_score,
    ratio_score,
    ratio_score_limits,
)
from steps_analysis.outcomes.binary.unconditional_limits import unconditional_p_value
from steps_analysis.outcomes.columns import check_choice
from steps_analysis.outcomes.distributions import normal_p_value, normal_quantile

Interval = tuple[float, float]


RiskDifferenceMethod = Literal[
    "newcombe",
    "miettinen-nurminen",
    "exact",
    "mee",
    "scas",
    "agresti-caffo",
    "newcombe-corrected",
]
RiskRatioMethod = Literal["koopman", "miettinen-nurminen", "katz"]
OddsRatioMethod = Literal[
    "score",
    "miettinen-nurminen",
    "debiased",
    "woolf",
    "conditional",
    "mid-p",
    "minlike",
    "blaker",
]


def risk_difference(
    events_treatment: int,
    n_treatment: int,
    events_control: int,
    n_control: int,
    *,
    method: RiskDifferenceMethod = "newcombe",
    level: float = 0.95,
) -> Estimate:
    """
    Estimate the difference of two risks, treatment minus control.

    Parameters
    ----------
    events_treatment, n_treatment
        Events and participants in the treatment arm.
    events_control, n_control
        Events and participants in the control arm.
    method
        ``"newcombe"`` (square-and-add of Wilson limits), ``"miettinen-nurminen"``
        (score, with N/(N-1)), ``"exact"`` (unconditional, by the score statistic),
        ``"mee"`` (score without N/(N-1)), ``"scas"`` (score with it and corrected for
        skewness), ``"agresti-caffo"`` or ``"newcombe-corrected"`` (Wilson limits with
        continuity correction).
    level
        Confidence level, in (0, 1).

    Returns
    -------
    Estimate
        The difference; not estimable where an arm is empty. The score methods and
        the exact one carry the p-value of their own test of no difference.

    Raises
    ------
    DataError
        If the counts are no whole numbers with ``0 <= events <= n``.
    ArgumentError
        If `method` is none of those above.

    Notes
    -----
    The value is the plain difference for every method. ``statsmodels`` 0.15 gives
    wrong Miettinen-Nurminen limits for a difference; these follow [2]_ and agree with
    R's ``ratesci``. The exact limits are Chan and Zhang's [3]_: each one-sided test is
    exact, whatever the risks, at the price of width (for 3/30 against 9/30: -0.409 to
    0.008 against Miettinen and Nurminen's -0.400 to 0.004); see `unconditional_limits`.
    ``ratesci`` moves the estimate too where it corrects for skewness; here it stays the
    plain difference.

    References
    ----------
    .. [1] Newcombe, R. G. (1998), Statistics in Medicine 17, 873-890, method 10.
    .. [2] Miettinen, O. and Nurminen, M. (1985), Statistics in Medicine 4, 213-226.
    .. [3] Chan, I. S. F. and Zhang, Z. (1999), Biometrics 55, 1202-1209.
    .. [4] Laud, P. J. (2017), Pharmaceutical Statistics 16, 334-348.

    Examples
    --------
    >>> effect = risk_difference(2, 24, 11, 24)
    >>> [round(x, 4) for x in (effect.value, effect.lower, effect.upper)]
    [-0.375, -0.5752, -0.1243]
    """
    check_choice("method", method, tuple(DIFFERENCE_LIMITS))
    table = TwoByTwo(events_treatment, n_treatment, events_control, n_control)
    measure, words = "risk difference", f"{method} interval, treatment minus control"
    size = (n_treatment + 1) * (n_control + 1) if method == "exact" else 0
    if reason := table.empty_arm() or too_many(size, most=_MOST_TABLES):
        return Estimate.missing(measure, reason, n=table.n, level=level, method=words)
    lower, upper = DIFFERENCE_LIMITS[method](table, check_level(level))
    return Estimate(
        measure=measure,
        value=table.risks[0] - table.risks[1],
        lower=max(lower, -1.0),
        upper=min(upper, 1.0),
        level=level,
        p_value=_difference_p_value(table.counts, method),
        n=table.n,
        method=words,
        r_call=_difference_call(table, method, level),
    )


def risk_ratio(
    events_treatment: int,
    n_treatment: int,
    events_control: int,
    n_control: int,
    *,
    method: RiskRatioMethod = "koopman",
    level: float = 0.95,
) -> Estimate:
    """
    Estimate the ratio of two risks, treatment over control.

    Parameters
    ----------
    events_treatment, n_treatment
        Events and participants in the treatment arm.
    events_control, n_control
        Events and participants in the control arm.
    method
        ``"koopman"`` (score), ``"miettinen-nurminen"`` (the same with N/(N-1)) or
        ``"katz"`` (Wald on the log scale; needs an event in each arm).
    level
        Confidence level, in (0, 1).

    Returns
    -------
    Estimate
        The ratio. No event in the treatment arm gives 0 with a finite upper limit; no
        event in the control arm makes the ratio infinite and so not estimable.

    Raises
    ------
    DataError
        If the counts are no whole numbers with ``0 <= events <= n``.
    ArgumentError
        If `method` is none of those above.

    Notes
    -----
    Where the ratio is infinite its lower limit exists all the same: call the function
    with the arms swapped, which gives 0 with an upper limit, and take the reciprocal.

    References
    ----------
    .. [1] Koopman, P. A. R. (1984), Biometrics 40, 513-517.

    Examples
    --------
    >>> effect = risk_ratio(3, 30, 9, 30)
    >>> [round(x, 4) for x in (effect.value, effect.lower, effect.upper)]
    [0.3333, 0.1041, 1.0119]
    >>> risk_ratio(5, 56, 0, 29).not_estimable
    'it is infinite: no event in the control arm'
    """
    check_choice("method", method, ("koopman", "miettinen-nurminen", "katz"))
    table = TwoByTwo(events_treatment, n_treatment, events_control, n_control)
    words = f"{method} interval, treatment over control"
    reason = table.empty_arm() or _infinite_ratio(table)
    if not reason and method == "katz" and not events_treatment:
        reason = "the log of a ratio of 0 has no variance: no event under treatment"
    if reason:
        return Estimate.missing(
            "risk ratio", reason, n=table.n, level=level, method=words
        )
    value = table.risks[0] / table.risks[1]
    if method == "katz":
        variance = 1 / events_treatment - 1 / n_treatment
        variance += 1 / events_control - 1 / n_control
        found = _log_scale("risk ratio", value, variance, table, level, words)
        return replace(found, r_call=_ratio_call(table, method, level))
    correct = method == "miettinen-nurminen"
    limits = ratio_score_limits(ratio_score, table.counts, value, level, correct)
    p_value = normal_p_value(ratio_score(table.counts, 1.0, correct=correct))
    found = _ratio("risk ratio", value, limits, table, level, words, p_value)
    return replace(found, r_call=_ratio_call(table, method, level))


def odds_ratio(
    events_treatment: int,
    n_treatment: int,
    events_control: int,
    n_control: int,
    *,
    method: OddsRatioMethod = "score",
    level: float = 0.95,
) -> Estimate:
    """
    Estimate the ratio of two odds, treatment over control.

    Parameters
    ----------
    events_treatment, n_treatment
        Events and participants in the treatment arm.
    events_control, n_control
        Events and participants in the control arm.
    method
        ``"score"``, ``"miettinen-nurminen"`` (the same with N/(N-1)), ``"debiased"``
        (that corrected for bias), ``"woolf"`` (Wald on the log scale; needs four
        non-zero cells), ``"conditional"`` (conditional
        maximum likelihood with exact central limits, as R's ``fisher.test``), or the
        same value with other limits: ``"mid-p"`` (less conservative), ``"minlike"`` or
        ``"blaker"`` (exact, inside the central ones or nearly, and in keeping with the
        p-values of `exact_test` by ``"fisher"`` and ``"blaker"``).
    level
        Confidence level, in (0, 1).

    Returns
    -------
    Estimate
        The odds ratio, a value of 0 with a finite upper limit included. Not estimable
        where it is infinite, or where both arms have no event or no non-event.

    Raises
    ------
    DataError
        If the counts are no whole numbers with ``0 <= events <= n``.
    ArgumentError
        If `method` is none of those above.

    Notes
    -----
    The last four give the conditional estimate, which is nearer to 1 than the sample
    odds ratio of the others. Where the ratio is infinite its lower limit exists all the
    same: call the function with the arms swapped, which gives 0 with an upper limit,
    and take the reciprocal. ``"miettinen-nurminen"`` is ``PropCIs::orscoreci``;
    ``"debiased"`` has the limits of ``ratesci``, which moves the estimate too. R's
    ``fisher.test`` solves for its limits to four digits only; these are exact.

    References
    ----------
    .. [1] Cornfield, J. (1956), Proc. 3rd Berkeley Symposium 4, 135-148.
    .. [2] Woolf, B. (1955), Annals of Human Genetics 19, 251-253.
    .. [3] Fay, M. P. (2010), R Journal 2(1), 53-58.

    Examples
    --------
    >>> round(odds_ratio(2, 24, 11, 24).value, 4)
    0.1074
    >>> odds_ratio(5, 56, 0, 29).not_estimable
    'it is infinite: no event in the control arm'
    """
    check_choice("method", method, get_args(OddsRatioMethod))
    table = TwoByTwo(events_treatment, n_treatment, events_control, n_control)
    words = f"{method} interval, treatment over control"
    reason = table.empty_arm() or _infinite_odds(table)
    cells = (
        events_treatment,
        n_treatment - events_treatment,
        events_control,
        n_control - events_control,
    )
    if not reason and method == "woolf" and 0 in cells:
        reason = "the log odds ratio has no variance: a cell of the table is 0"
    if reason:
        return Estimate.missing(
            "odds ratio", reason, n=table.n, level=level, method=words
        )
    if method in _ORDERINGS:
        found = _conditional_odds_ratio(table, _ORDERINGS[method], level, words)
        return replace(found, r_call=_odds_call(table, method, level))
    value = cells[0] * cells[3] / (cells[1] * cells[2])
    if method == "woolf":
        variance = sum(1 / cell for cell in cells)
        found = _log_scale("odds ratio", value, variance, table, level, words)
        return replace(found, r_call=_odds_call(table, method, level))
    score = debiased_odds_ratio_score if method == "debiased" else odds_ratio_score
    correct = method != "score"
    limits = ratio_score_limits(score, table.counts, value, level, correct)
    p_value = normal_p_value(score(table.counts, 1.0, correct=correct))
    found = _ratio("odds ratio", value, limits, table, level, words, p_value)
    return replace(found, r_call=_odds_call(table, method, level))


_MOST_TABLES = 250_000  # ten seconds, as each of many differences sums over all


def _difference_p_value(counts: tuple[int, int, int, int], method: str) -> float:
    """Give the p-value of the test of no difference that a method inverts."""
    if method == "exact":
        return unconditional_p_value(counts)
    if method == "scas":
        return normal_p_value(skewed_difference_score(counts, 0.0))
    if method in {"miettinen-nurminen", "mee"}:
        correct = method == "miettinen-nurminen"
        return normal_p_value(difference_score(counts, 0.0, correct=correct))
    return math.nan


def _infinite_ratio(table: TwoByTwo) -> str | None:
    """Say why a risk ratio is no number."""
    if table.events_control:
        return None
    if table.events_treatment:
        return "it is infinite: no event in the control arm"
    return "neither arm has an event"


def _infinite_odds(table: TwoByTwo) -> str | None:
    """Say why an odds ratio is no number."""
    everybody = table.events_treatment == table.n_treatment
    if everybody and table.events_control == table.n_control:
        return "everybody in both arms has the event"
    if everybody:
        return "it is infinite: everybody in the treatment arm has the event"
    return _infinite_ratio(table)


def _log_scale(
    measure: str,
    value: float,
    variance: float,
    table: TwoByTwo,
    level: float,
    words: str,
) -> Estimate:
    """Give Wald limits made on the log scale."""
    se = math.sqrt(variance)
    half = normal_quantile(level) * se
    return Estimate(
        measure=measure,
        value=value,
        lower=value * math.exp(-half),
        upper=value * math.exp(half),
        level=level,
        standard_error=se,
        p_value=normal_p_value(math.log(value) / se) if se else math.nan,
        n=table.n,
        method=words,
    )


def _ratio(
    measure: str,
    value: float,
    limits: Interval,
    table: TwoByTwo,
    level: float,
    words: str,
    p_value: float,
) -> Estimate:
    """Give a ratio with limits, unless the data set no upper limit."""
    if math.isinf(limits[1]):
        reason = "there are too few participants for an upper limit"
        return Estimate.missing(measure, reason, n=table.n, level=level, method=words)
    return Estimate(
        measure=measure,
        value=value,
        lower=limits[0],
        upper=limits[1],
        level=level,
        p_value=p_value,
        n=table.n,
        method=words,
    )


_ORDERINGS: dict[str, Ordering] = {
    "conditional": "central",
    "mid-p": "mid-p",
    "minlike": "minlike",
    "blaker": "blaker",
}


def _conditional_odds_ratio(
    table: TwoByTwo, ordering: Ordering, level: float, words: str
) -> Estimate:
    """Give the conditional estimate with exact limits."""
    size = min(table.n_treatment, table.events_treatment + table.events_control) + 1
    most = MOST_SEGMENTS if ordering == "minlike" else MOST_VALUES
    if reason := too_many(size, most=most):
        return Estimate.missing(
            "odds ratio", reason, n=table.n, level=level, method=words
        )
    odds = ConditionalCount.of_table(table.counts)
    limits = conditional_limits(odds, ordering, check_level(level))
    p_value = odds.p_value(ordering)
    return _ratio("odds ratio", odds.estimate(), limits, table, level, words, p_value)


def _difference_call(table: TwoByTwo, method: str, level: float) -> str | None:
    """Write R's call for a difference of risks."""
    x1, n1, x2, n2 = table.counts
    counts = f"{x1}, {n1}, {x2}, {n2}"
    calls = {
        "newcombe": f'ratesci::moverci({counts}, type = "wilson", level = {level})',
        "miettinen-nurminen": f"ratesci::scoreci({counts}, skew = FALSE, "
        f"level = {level})",
        "exact": f"exact2x2::uncondExact2x2({x2}, {n2}, {x1}, {n1}, "
        f'method = "score", conf.int = TRUE, conf.level = {level})',
        "scas": f"ratesci::scoreci({counts}, level = {level})",
        "mee": f"ratesci::scoreci({counts}, skew = FALSE, bcf = FALSE, "
        f"level = {level})",
        "agresti-caffo": f'PropCIs::wald2ci({counts}, {level}, adjust = "AC")',
    }
    return calls.get(method)


def _ratio_call(table: TwoByTwo, method: str, level: float) -> str:
    """Write R's call for a ratio of risks."""
    counts = ", ".join(map(str, table.counts))
    if method == "katz":
        return (
            f"DescTools::BinomRatioCI({counts}, conf.level = {level}, "
            'method = "katz.log")'
        )
    factor = "" if method == "miettinen-nurminen" else ", bcf = FALSE"
    return (
        f'ratesci::scoreci({counts}, contrast = "RR", skew = FALSE{factor}, '
        f"level = {level})"
    )


def _odds_call(table: TwoByTwo, method: str, level: float) -> str:
    """Write R's call for a ratio of odds."""
    x1, n1, x2, n2 = table.counts
    counts, cells = f"{x1}, {n1}, {x2}, {n2}", f"{x1}, {n1 - x1}, {x2}, {n2 - x2}"
    matrix, limits = f"matrix(c({cells}), 2)", f"conf.level = {level}"
    exact = f"exact2x2::exact2x2({matrix}, tsmethod"
    calls = {
        "score": f'ratesci::scoreci({counts}, contrast = "OR", skew = FALSE, '
        f"bcf = FALSE, ORbias = FALSE, level = {level})",
        "miettinen-nurminen": f"PropCIs::orscoreci({counts}, {level})",
        "debiased": f'ratesci::scoreci({counts}, contrast = "OR", skew = FALSE, '
        f"level = {level})",
        "woolf": f'DescTools::OddsRatio({matrix}, method = "wald", {limits})',
        "conditional": f"fisher.test({matrix}, {limits})",
        "mid-p": f'{exact} = "central", midp = TRUE, {limits})',
        "minlike": f'{exact} = "minlike", {limits})',
        "blaker": f'{exact} = "blaker", {limits})',
    }
    return calls[method]
