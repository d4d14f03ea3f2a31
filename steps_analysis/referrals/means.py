"""Between which limits a mean lies."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from steps_analysis.errors import DataError, refusal
from steps_analysis.estimates import Estimate, check_level
from steps_analysis.referrals.count_checks import as_numbers


def mean_interval(
    values: npt.ArrayLike, *, unit: str = "", level: float = 0.95
) -> Estimate:
    """
    Estimate a mean with the limits of Student's t-distribution.

    Parameters
    ----------
    values
        What was measured, shape (n,); finite.
    unit
        Unit of the values.
    level
        Confidence level, in (0, 1).

    Returns
    -------
    Estimate
        The mean, its standard error and limits; `n` is the number of values. Not
        estimable without values; without limits where there is one only.

    Raises
    ------
    DataError
        If values are missing or infinite, or not one row.
    ArgumentError
        If `level` lies outside (0, 1).

    Notes
    -----
    As ``t.test`` and ``PHEindicatormethods::phe_mean`` in R. Waits and counts are skew:
    of few of them a median (`median_wait`) tells more.

    References
    ----------
    .. [1] Student (1908), Biometrika 6, 1-25.

    Examples
    --------
    Mean 2, standard error 1 / sqrt(3), and t of 2 degrees of freedom 4.303:

    >>> estimate = mean_interval([1, 2, 3])
    >>> estimate.value, round(estimate.upper, 3)
    (2.0, 4.484)
    """
    from scipy import special

    check_level(level)
    numbers = _finite(values)
    n, measure = len(numbers), "mean"
    if not n:
        return Estimate.missing(
            measure, "there is no value", n=0, level=level, unit=unit
        )
    error = float(numbers.std(ddof=1)) / math.sqrt(n) if n > 1 else math.nan
    t = float(special.stdtrit(n - 1, (1 + level) / 2)) if n > 1 else math.nan
    mean = float(numbers.mean())
    return Estimate(
        measure=measure,
        value=mean,
        lower=mean - t * error,
        upper=mean + t * error,
        standard_error=error,
        level=level,
        unit=unit,
        n=n,
        method="mean, Student's t limits",
    )


def _finite(values: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """Refuse anything but a row of numbers."""
    numbers = as_numbers("values", values)
    if numbers.ndim != 1:
        raise DataError(refusal("values", "have one entry each", numbers.shape))
    if n_wrong := int(np.count_nonzero(~np.isfinite(numbers))):
        rule = "hold finite numbers"
        raise DataError(refusal("values", rule, f"{n_wrong} that are not"))
    return numbers
