"""Which outcomes of those not seen would overturn the conclusion?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from steps_analysis.errors import ArgumentError, DataError, refusal
from steps_analysis.estimates import Estimate, TestResult
from steps_analysis.outcomes.binary.counts import TwoByTwo
from steps_analysis.outcomes.binary.exact_tests import exact_test
from steps_analysis.outcomes.binary.proportions import check_whole
from steps_analysis.outcomes.binary.two_by_two import risk_difference
from steps_analysis.outcomes.columns import check_choice, is_number

ExactTest = Literal["fisher", "boschloo", "barnard", "mid-p"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TippingPoint:
    """
    A conclusion under every outcome of those not seen.

    Attributes
    ----------
    p_values
        One row for each number of events among those not seen under treatment, one
        column for each among those under control.
    differences
        The risk difference, treatment minus control, laid out alike.
    tipped
        Where the conclusion is another than that of those seen: significant or not, or
        significant the other way.
    observed
        The test of those seen alone.
    n_tipped
        How many combinations overturn the conclusion.
    n_combinations
        How many there are.
    method
        Test and threshold.
    """

    p_values: pd.DataFrame
    differences: pd.DataFrame
    tipped: pd.DataFrame
    observed: TestResult
    n_tipped: int
    n_combinations: int
    method: str


def tipping_point(
    events_treatment: int,
    n_treatment: int,
    missing_treatment: int,
    events_control: int,
    n_control: int,
    missing_control: int,
    *,
    method: ExactTest = "fisher",
    threshold: float = 0.05,
) -> TippingPoint:
    """
    Repeat an exact test for every outcome that those not seen might have had.

    Parameters
    ----------
    events_treatment, n_treatment, missing_treatment
        Events and participants among those seen in the treatment arm, and how many were
        not seen.
    events_control, n_control, missing_control
        The same in the control arm.
    method
        Test, as in `exact_test`: ``"fisher"``, ``"boschloo"``, ``"barnard"`` or
        ``"mid-p"``.
    threshold
        Largest p-value at which a difference is called significant, in (0, 1).

    Returns
    -------
    TippingPoint
        All combinations, and which overturn the conclusion.

    Raises
    ------
    ArgumentError
        If `method` is unknown or `threshold` outside (0, 1).
    DataError
        If the counts are no whole numbers with ``0 <= events <= n`` and
        ``missing >= 0``.

    Notes
    -----
    Nothing is assumed about why outcomes are missing: the table shows all of them, and
    whoever knows the families judges which are plausible.

    References
    ----------
    .. [1] Yan, X., Lee, S. and Li, N. (2009), Journal of Biopharmaceutical Statistics
       19, 1085-1098.

    Examples
    --------
    >>> found = tipping_point(3, 28, 2, 9, 27, 3)
    >>> found.p_values.shape, round(float(found.p_values.loc[0, 2]), 4)
    ((3, 4), 0.0303)
    >>> found.n_tipped, found.n_combinations
    (3, 12)
    """
    check_choice("method", method, ("fisher", "boschloo", "barnard", "mid-p"))
    if not (is_number(threshold) and 0 < threshold < 1):
        raise ArgumentError(refusal("threshold", "lie in (0, 1)", threshold))
    _check_missing(missing_treatment, missing_control)
    missing_treatment, missing_control = int(missing_treatment), int(missing_control)
    observed = exact_test(
        events_treatment, n_treatment, events_control, n_control, method=method
    )
    n_combinations = (missing_treatment + 1) * (missing_control + 1)
    if n_combinations > _MOST_COMBINATIONS:
        rule = f"leave at most {_MOST_COMBINATIONS:,} combinations of outcomes"
        raise DataError(refusal("missing_treatment", rule, n_combinations))
    size = n_treatment + missing_treatment, n_control + missing_control
    shape = missing_treatment + 1, missing_control + 1
    p_values, differences = np.full(shape, np.nan), np.full(shape, np.nan)
    for i, j in np.ndindex(shape):
        x, y = events_treatment + i, events_control + j
        p_values[i, j] = exact_test(x, size[0], y, size[1], method=method).p_value
        if all(size):
            differences[i, j] = x / size[0] - y / size[1]
    seen = _conclusion(
        observed.p_value,
        _difference(events_treatment, n_treatment, events_control, n_control),
        threshold,
    )
    tipped = _conclusion(p_values, differences, threshold) != seen

    def frame(values: np.ndarray) -> pd.DataFrame:
        """Label a table by the events assumed."""
        rows = pd.RangeIndex(shape[0], name="events among missing, treatment")
        columns = pd.RangeIndex(shape[1], name="events among missing, control")
        return pd.DataFrame(values, index=rows, columns=columns)

    return TippingPoint(
        p_values=frame(p_values),
        differences=frame(differences),
        tipped=frame(tipped),
        observed=observed,
        n_tipped=int(tipped.sum()),
        n_combinations=tipped.size,
        method=f"{observed.method}; every outcome of {sum(shape) - 2} not seen; "
        f"significant at {threshold:g} or below",
    )


def extreme_cases(
    events_treatment: int,
    n_treatment: int,
    missing_treatment: int,
    events_control: int,
    n_control: int,
    missing_control: int,
    *,
    level: float = 0.95,
) -> dict[str, Estimate]:
    """
    Give the risk difference under the best and the worst that may be.

    Parameters
    ----------
    events_treatment, n_treatment, missing_treatment
        Events and participants among those seen in the treatment arm, and how many were
        not seen.
    events_control, n_control, missing_control
        The same in the control arm.
    level
        Confidence level, in (0, 1).

    Returns
    -------
    dict of str to Estimate
        ``"observed"`` (those seen), ``"best"`` for treatment (nobody not seen has the
        event there, everybody under control), ``"worst"`` (the reverse), ``"none"`` and
        ``"all"`` (nobody, everybody not seen, in both arms).

    Raises
    ------
    DataError
        If the counts are no whole numbers with ``0 <= events <= n`` and
        ``missing >= 0``.

    Notes
    -----
    An event is taken to be harm. Newcombe intervals. Best and worst bound the value
    whatever happened to those not seen; their outer limits allow for sampling error.

    References
    ----------
    .. [1] Hollis, S. and Campbell, F. (1999), BMJ 319, 670-674.

    Examples
    --------
    3 of 28 v 9 of 27, two and three not seen: 3/30 - 12/30 and 5/30 - 9/30.

    >>> cases = extreme_cases(3, 28, 2, 9, 27, 3)
    >>> round(cases["best"].value, 10), round(cases["worst"].value, 10)
    (-0.3, -0.1333333333)
    """
    _check_missing(missing_treatment, missing_control)
    TwoByTwo(events_treatment, n_treatment, events_control, n_control)
    x, y = events_treatment, events_control
    n, m = n_treatment + missing_treatment, n_control + missing_control
    more_x, more_y = x + missing_treatment, y + missing_control
    cases = {
        "observed": (x, n_treatment, y, n_control),
        "best": (x, n, more_y, m),
        "worst": (more_x, n, y, m),
        "none": (x, n, y, m),
        "all": (more_x, n, more_y, m),
    }
    return {
        name: risk_difference(*counts, level=level) for name, counts in cases.items()
    }


_MOST_COMBINATIONS = 40_000  # 200 of each arm; each is a test of its own


def _check_missing(*counts: int) -> None:
    """Refuse what is no count of those not seen."""
    for name, count in zip(
        ("missing_treatment", "missing_control"), counts, strict=True
    ):
        check_whole(name, count)


def _difference(x: int, n: int, y: int, m: int) -> float:
    """Give a risk difference, NaN where an arm is empty."""
    return x / n - y / m if n and m else float("nan")


def _conclusion(
    p_value: float | np.ndarray, difference: float | np.ndarray, threshold: float
) -> np.ndarray:
    """Say 0 for not significant, else the sign of the difference."""
    is_significant = np.asarray(p_value) <= threshold
    return np.where(is_significant, np.sign(difference), 0)
