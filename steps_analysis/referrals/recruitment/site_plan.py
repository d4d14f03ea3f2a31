"""When will each site recruit, and what is asked of them?"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from steps_analysis.errors import ArgumentError, DataError, refusal
from steps_analysis.estimates import FloatArray
from steps_analysis.referrals.count_checks import check_whole
from steps_analysis.referrals.recruitment.future_counts import LONGEST_MONTHS


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SitePlan:
    """
    When sites open and close, and what is asked of them.

    Attributes
    ----------
    by
        Months from now for which the number recruited is forecast.
    target
        How many are wanted in all, or None.
    opens, closes
        Months from now at which each site opens and closes, shape (n,); 0 or less where
        it has, `closes` infinite where it does not.
    """

    by: float
    target: int | None
    opens: FloatArray
    closes: FloatArray

    def ahead(self, months: float) -> FloatArray:
        """
        Give for how long each site recruits in the months to come.

        Parameters
        ----------
        months
            Months from now.

        Returns
        -------
        numpy.ndarray
            Months, shape (n,).

        Examples
        --------
        >>> plan = SitePlan(by=6, target=None, opens=np.array([-2.0, 3.0, 0.0]),
        ...                 closes=np.array([np.inf, np.inf, 4.0]))
        >>> plan.ahead(6)
        array([6., 3., 4.])
        """
        end = np.minimum(self.closes, months)
        return np.asarray(np.maximum(end - np.maximum(self.opens, 0), 0))


def site_plan(
    shape: tuple[int, ...],
    by: float,
    target: int | None,
    opens: npt.ArrayLike | None,
    closes: npt.ArrayLike | None,
) -> SitePlan:
    """
    Check what is planned.

    Parameters
    ----------
    shape
        Shape of the counts, (n,).
    by, target, opens, closes
        As for `recruitment_forecast`.

    Returns
    -------
    SitePlan
        The plan.

    Raises
    ------
    ArgumentError
        If `by` is no number of months up to a hundred years, or `target` no whole
        number of at least 1.
    DataError
        If `opens` or `closes` hold no months, or not one for each site.
    """
    if not 0 <= by <= LONGEST_MONTHS:
        rule = f"be a number of months from 0 to {LONGEST_MONTHS:,.0f}"
        raise ArgumentError(refusal("by", rule, by))
    return SitePlan(
        by=float(by),
        target=None if target is None else check_whole("target", target, 1),
        opens=_months_from_now("opens", opens, 0.0, shape),
        closes=_months_from_now("closes", closes, math.inf, shape),
    )


def _months_from_now(
    name: str, values: npt.ArrayLike | None, default: float, shape: tuple[int, ...]
) -> FloatArray:
    """Check months from now, one for each site."""
    try:
        months = np.asarray(default if values is None else values, dtype=np.float64)
        months = np.broadcast_to(months, shape)
    except (TypeError, ValueError):
        rule = f"hold months, a number or shape {shape}"
        raise DataError(refusal(name, rule, "something else")) from None
    if np.isnan(months).any():
        n_missing = f"{np.count_nonzero(np.isnan(months))} missing"
        raise DataError(refusal(name, "have no missing month", n_missing))
    return months
