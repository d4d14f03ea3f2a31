"""Which ratio does a coefficient on the log scale stand for?"""

from __future__ import annotations

import math

from steps_analysis.estimates import Estimate
from steps_analysis.outcomes.distributions import normal_p_value, normal_quantile

_FAR = 300.0  # a logarithm beyond this is no statement about a ratio


def ratio_of_log(
    measure: str,
    log_ratio: float,
    standard_error: float,
    *,
    level: float,
    n: int,
    method: str,
    r_call: str | None = None,
) -> Estimate:
    """
    Give a ratio with Wald limits made on the log scale.

    Parameters
    ----------
    measure
        What is estimated.
    log_ratio
        Its logarithm.
    standard_error
        Of the logarithm.
    level
        Confidence level, in (0, 1).
    n
        Participants.
    method
        How it was computed.
    r_call
        The R call that should reproduce it.

    Returns
    -------
    Estimate
        The ratio; not estimable where its limits are so far that the data say nothing
        of it, or there is no variance.

    Examples
    --------
    >>> ratio_of_log("ratio", 0.0, 0.5, level=0.95, n=9, method="m").value
    1.0
    """
    half = normal_quantile(level) * standard_error
    if not (standard_error > 0 and abs(log_ratio) + half < _FAR):
        reason = "the data say next to nothing of it"
        return Estimate.missing(measure, reason, n=n, level=level, method=method)
    return Estimate(
        measure=measure,
        value=math.exp(log_ratio),
        lower=math.exp(log_ratio - half),
        upper=math.exp(log_ratio + half),
        level=level,
        standard_error=standard_error,
        p_value=normal_p_value(log_ratio / standard_error),
        n=n,
        method=method,
        r_call=r_call,
    )
