"""How long do families wait, half of them at least?"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from steps_analysis.errors import DataError, refusal
from steps_analysis.estimates import BoolArray, Estimate, check_level
from steps_analysis.referrals.count_checks import check_amounts


def median_wait(
    days: npt.ArrayLike,
    *,
    has_ended: npt.ArrayLike | None = None,
    level: float = 0.95,
) -> Estimate:
    """
    Estimate the median wait, also while some still wait.

    Parameters
    ----------
    days
        Days waited, shape (n,); at least 0. Of those who still wait, the days so far.
    has_ended
        Whether each wait has ended, shape (n,); all have if not given.
    level
        Confidence level, in (0, 1).

    Returns
    -------
    Estimate
        The median, in days, with an interval from order statistics. Not estimable
        without waits, or where half or more still wait. A limit is NaN where there are
        too few waits for one (below six at 95 %), or where it may be any longer wait.

    Raises
    ------
    DataError
        If `days` are negative or missing, or `has_ended` is not one truth value each.
    ArgumentError
        If `level` lies outside (0, 1).

    Notes
    -----
    Order statistics ``l`` and ``n + 1 - l`` hold the median with at least the level, l
    being the largest rank with ``P(Binomial(n, 1/2) < l) <= (1 - level) / 2`` [1]_.
    Those who still wait are not left out, which would make waits look short, and
    nothing is assumed of how long they will: lower limit and value take the days so far
    for the whole wait, the upper limit an endless wait. So the value may be too low
    while some wait, and never too high. `steps_analysis.outcomes.kaplan_meier` assumes
    that those who still wait are like the others, and is sharper.

    References
    ----------
    .. [1] Thompson, W. R. (1936), Annals of Mathematical Statistics 7, 122-128.

    Examples
    --------
    Six waits: shortest and longest hold the median in 31 of 32 cases.

    >>> estimate = median_wait([3, 5, 7, 9, 20, 30])
    >>> estimate.value, estimate.lower, estimate.upper
    (8.0, 3.0, 30.0)
    """
    from scipy import special

    check_level(level)
    waits = np.atleast_1d(check_amounts("days", days))
    if waits.ndim != 1:
        raise DataError(refusal("days", "have one entry per wait", waits.shape))
    ended = _ended(has_ended, waits.shape)
    n, waiting = len(waits), int(np.count_nonzero(~ended))
    measure = "median wait"
    if not n:
        reason = "nobody has waited"
        return Estimate.missing(measure, reason, n=0, level=level, unit="days")
    if 2 * waiting >= n:
        reason = "half or more still wait"
        return Estimate.missing(measure, reason, n=n, level=level, unit="days")
    rank = int(np.count_nonzero(special.bdtr(np.arange(n), n, 0.5) <= (1 - level) / 2))
    at_least, at_most = np.sort(waits), np.sort(np.where(ended, waits, math.inf))
    lower = at_least[rank - 1] if rank else math.nan
    upper = at_most[n - rank] if rank else math.nan
    still = f"; {waiting} who still wait count at least so long" if waiting else ""
    return Estimate(
        measure=measure,
        value=float(np.median(waits)),
        lower=float(lower),
        upper=float(upper) if math.isfinite(upper) else math.nan,
        level=level,
        unit="days",
        n=n,
        method=f"order statistics{still}",
    )


def _ended(has_ended: npt.ArrayLike | None, shape: tuple[int, ...]) -> BoolArray:
    """Check which waits have ended."""
    if has_ended is None:
        return np.ones(shape, dtype=np.bool_)
    ended = np.asarray(has_ended)
    if ended.dtype != np.bool_ or ended.shape != shape:
        rule = f"hold truth values, of shape {shape} like `days`"
        raise DataError(refusal("has_ended", rule, ended.shape))
    return ended
