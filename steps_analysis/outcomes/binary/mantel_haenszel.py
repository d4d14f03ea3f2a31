"""
How large is an effect that is compared within strata only?

Mantel and Haenszel's weighted averages of the strata's differences, ratios or odds
ratios: an effect common to the strata, consistent with few large strata and with many
small ones.
"""

from __future__ import annotations

import math
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from steps_analysis.estimates import Estimate, check_level
from steps_analysis.formulas import MissingPolicy
from steps_analysis.outcomes.binary.conditional_count import (
    ConditionalCount,
    Ordering,
)
from steps_analysis.outcomes.binary.conditional_limits import conditional_limits
from steps_analysis.outcomes.binary.strata import StratifiedTables, stratified_tables
from steps_analysis.outcomes.binary.stratified_scores import (
    stratified_difference_score,
    stratified_difference_score_limits,
)
from steps_analysis.outcomes.columns import check_choice
from steps_analysis.outcomes.distributions import normal_p_value, normal_quantile

StratifiedContrast = Literal["difference", "ratio", "odds_ratio"]
StratifiedMethod = Literal[
    "mantel-haenszel",
    "miettinen-nurminen",
    "conditional",
    "mid-p",
    "minlike",
    "blaker",
]

_MEASURES = {
    "difference": "stratified risk difference",
    "ratio": "stratified risk ratio",
    "odds_ratio": "stratified odds ratio",
}
_ORDERINGS: dict[str, Ordering] = {
    "conditional": "central",
    "mid-p": "mid-p",
    "minlike": "minlike",
    "blaker": "blaker",
}
_OFFERED = {
    "difference": ("mantel-haenszel", "miettinen-nurminen"),
    "ratio": ("mantel-haenszel",),
    "odds_ratio": ("mantel-haenszel", *_ORDERINGS),
}


def mantel_haenszel(  # columns and options, each named as everywhere else
    outcome: npt.ArrayLike | str,
    arm: npt.ArrayLike | None = None,
    stratum: npt.ArrayLike | str | list[str] | None = None,
    *,
    contrast: StratifiedContrast = "difference",
    method: StratifiedMethod = "mantel-haenszel",
    reference: object = None,
    level: float = 0.95,
    missing: MissingPolicy = "refuse",
    data: pd.DataFrame | None = None,
) -> Estimate:
    """
    Contrast the risks of two arms within strata.

    Parameters
    ----------
    outcome
        True or 1 where the participant had the event, shape (n,); or a formula
        ``"outcome ~ arm"`` with `data`.
    arm
        Arm labels, shape (n,).
    stratum
        Labels of the strata, shape (n,) or (n, k), or names of columns of `data`; None
        for one stratum.
    contrast
        ``"difference"``, ``"ratio"`` or ``"odds_ratio"``, arm over `reference`.
    method
        ``"mantel-haenszel"`` (Wald limits, on the log scale for the ratios);
        ``"miettinen-nurminen"`` for the difference (score limits with Mantel-Haenszel
        weights); for the odds ratio the conditional estimate with exact limits,
        ``"conditional"`` (central), ``"mid-p"``, ``"minlike"`` or ``"blaker"``.
    reference
        The arm compared with; by default the first in sorted order.
    level
        Confidence level, in (0, 1).
    missing
        ``"refuse"`` rows with missing values, or ``"drop"`` them and count them.
    data
        The table a formula speaks of; `stratum` may then name its columns.

    Returns
    -------
    Estimate
        The common effect; `standard_error` is on the log scale for the ratios. Not
        estimable where no stratum has both arms, where the effect is infinite or not
        defined, or where its variance is.

    Raises
    ------
    ArgumentError
        If an option is unknown, `method` does not go with `contrast`, or there are more
        than two arms.
    DataError
        If the columns do not fit together, or values are missing.

    Notes
    -----
    With a, b events and non-events of the arm compared, c, d of the other, n1 and n2
    their numbers and N = n1 + n2 in a stratum, sums running over strata::

        difference  sum (a n2 - c n1) / N  over  sum n1 n2 / N
        ratio       sum a n2 / N           over  sum c n1 / N
        odds ratio  sum a d / N            over  sum b c / N

    Variances: Sato for the difference [2]_, Greenland and Robins for the ratio [3]_,
    Robins, Breslow and Greenland for the odds ratio [4]_, as ``metafor::rma.mh`` and
    ``mantelhaen.test``. A stratum with one arm only adds nothing to any of them; it is
    left out and counted in `method`. R's ``mantelhaen.test`` does the same, but refuses
    a stratum of one participant; here it is one of those.

    References
    ----------
    .. [1] Mantel, N. and Haenszel, W. (1959), JNCI 22, 719-748.
    .. [2] Sato, T. (1989), Biometrics 45, 1323-1324.
    .. [3] Greenland, S. and Robins, J. M. (1985), Biometrics 41, 55-68.
    .. [4] Robins, J., Breslow, N. and Greenland, S. (1986), Biometrics 42, 311-323.

    Examples
    --------
    Two strata of two against two, with differences 1/2 and 0, weigh the same.

    >>> placed = [1, 1, 1, 0, 1, 0, 1, 0]
    >>> arm, site = ["b", "b", "a", "a"] * 2, [1] * 4 + [2] * 4
    >>> mantel_haenszel(placed, arm, site).value
    0.25
    """
    check_choice("contrast", contrast, tuple(_OFFERED))
    check_choice("method", method, _OFFERED[contrast])
    check_level(level)
    strata = stratified_tables(
        outcome, arm, stratum, reference=reference, missing=missing, data=data
    )
    found = strata.empty() or _contrast(strata, contrast, method, level)
    if isinstance(found, Estimate):
        return found
    return Estimate.missing(
        _MEASURES[contrast],
        found,
        n=strata.n,
        level=level,
        method=_words(method, strata),
    )


def _words(method: str, strata: StratifiedTables) -> str:
    """Describe the method."""
    return f"{method}, {strata.size}{strata.note}"


def _contrast(
    strata: StratifiedTables, contrast: str, method: str, level: float
) -> Estimate | str:
    """Give the estimate, or why there is none."""
    if method == "miettinen-nurminen":
        return _score_difference(strata, level)
    if method in _ORDERINGS:
        return _conditional(strata, method, level)
    value, variance, reason = _MOMENTS[contrast](strata)
    if reason:
        return reason
    if not variance > 0:
        return "the outcome does not vary within the strata"
    se, log = math.sqrt(variance), contrast != "difference"
    half, centre = normal_quantile(level) * se, math.log(value) if log else value
    back = math.exp if log else float
    return Estimate(
        measure=_MEASURES[contrast],
        value=value,
        lower=back(centre - half),
        upper=back(centre + half),
        level=level,
        standard_error=se,
        p_value=normal_p_value(centre / se),
        n=strata.n,
        method=_words(method, strata),
        r_call=_r_call(strata, contrast),
    )


Moments = tuple[float, float, str | None]


def _difference(strata: StratifiedTables) -> Moments:
    """Give the difference and Sato's variance."""
    a, n1, c, n2 = strata.columns
    n = n1 + n2
    weight = float(np.sum(n1 * n2 / n))
    value = float(np.sum((a * n2 - c * n1) / n)) / weight
    p = c * (n1 / n) ** 2 - a * (n2 / n) ** 2 + n1 * n2 * (n2 - n1) / (2 * n**2)
    q = (a * (n2 - c) + c * (n1 - a)) / (2 * n)
    return value, float(value * np.sum(p) + np.sum(q)) / weight**2, None


def _ratio(strata: StratifiedTables) -> Moments:
    """Give the risk ratio and the variance of its log."""
    a, n1, c, n2 = strata.columns
    n = n1 + n2
    above, below = float(np.sum(a * n2 / n)), float(np.sum(c * n1 / n))
    if reason := _no_ratio(above, below, "the reference arm has no event"):
        return math.nan, math.nan, reason
    inner = (n1 * n2 * (a + c) - a * c * n) / n**2
    return above / below, float(np.sum(inner)) / (above * below), None


def _odds_ratio(strata: StratifiedTables) -> Moments:
    """Give the odds ratio and the variance of its log."""
    a, n1, c, n2 = strata.columns
    b, d, n = n1 - a, n2 - c, n1 + n2
    r, s = a * d / n, b * c / n
    above, below = float(np.sum(r)), float(np.sum(s))
    infinite = "no stratum has an event in the reference arm and a non-event in the"
    if reason := _no_ratio(above, below, f"{infinite} other"):
        return math.nan, math.nan, reason
    p, q = (a + d) / n, (b + c) / n
    variance = float(np.sum(p * r)) / (2 * above**2)
    variance += float(np.sum(p * s + q * r)) / (2 * above * below)
    variance += float(np.sum(q * s)) / (2 * below**2)
    return above / below, variance, None


def _no_ratio(above: float, below: float, infinite: str) -> str | None:
    """Say why a ratio, or the variance of its log, is no number."""
    if not above and not below:
        return "no stratum has both an event and a non-event to compare"
    if not below:
        return f"it is infinite: {infinite}"
    if not above:
        return "the log of a ratio of 0 has no variance"
    return None


_MOMENTS = {"difference": _difference, "ratio": _ratio, "odds_ratio": _odds_ratio}


def _score_difference(strata: StratifiedTables, level: float) -> Estimate:
    """Give the difference with score limits."""
    lower, upper = stratified_difference_score_limits(strata.counts, level)
    return Estimate(
        measure=_MEASURES["difference"],
        value=_difference(strata)[0],
        lower=lower,
        upper=upper,
        level=level,
        p_value=normal_p_value(stratified_difference_score(strata.counts, 0.0)),
        n=strata.n,
        method=_words("miettinen-nurminen", strata),
    )


def _conditional(strata: StratifiedTables, method: str, level: float) -> Estimate | str:
    """Give the conditional odds ratio with exact limits."""
    odds, ordering = ConditionalCount.of_strata(strata.tables), _ORDERINGS[method]
    if len(odds.support) == 1:
        return "no stratum has both an event and a non-event to compare"
    value = odds.estimate()
    if math.isinf(value):
        return "it is infinite: every stratum has as many events as it could"
    lower, upper = conditional_limits(odds, ordering, level)
    return Estimate(
        measure=_MEASURES["odds_ratio"],
        value=value,
        lower=lower,
        upper=upper,
        level=level,
        p_value=odds.p_value(ordering),
        n=strata.n,
        method=_words(method, strata),
        r_call=f"mantelhaen.test({strata.r_array}, exact = TRUE)"
        if method == "conditional"
        else None,
    )


def _r_call(strata: StratifiedTables, contrast: str) -> str:
    """Write R's call for a Mantel-Haenszel estimate."""
    measure = {"difference": "RD", "ratio": "RR", "odds_ratio": "OR"}[contrast]
    columns = zip(["ai", "n1i", "ci", "n2i"], strata.counts.T.astype(int), strict=True)
    words = ", ".join(
        f"{name} = c({', '.join(map(str, column))})" for name, column in columns
    )
    return f'metafor::rma.mh(measure = "{measure}", {words})'
